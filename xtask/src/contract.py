"""Ask a serving node everything its OpenAPI document allows and does not, as nobody and as every role.

usage: contract.py URL username:role ...   (the password of all is in BRAIN_DEMO_PASSWORD)

Every operation is asked deeply once, by the first role that may use it (or by nobody, where it is open to all); every
other role asks it a few times, mostly to be refused in the way the document says.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SEED = "20261130"
CHECKS = ",".join([
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
])
# They would end the session that asks, or speak a protocol of their own (tested in crates/api/tests/it/mcp.rs).
LEFT_OUT = {"session_close", "session_password", "sessions_end_others", "mcp"}
DEEP, LIGHT = ["coverage,fuzzing", "4"], ["fuzzing", "1"]


def fetch(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)


def token(url, username):
    credentials = {"username": username, "password": os.environ["BRAIN_DEMO_PASSWORD"]}
    return fetch(f"{url}/api/v1/session?token=1", credentials)["token"]


def operations(document):
    for item in document["paths"].values():
        for operation in item.values():
            if operation["operationId"] not in LEFT_OUT:
                yield operation["operationId"], operation.get("x-audience", [])


def asked(url, label, secret, names, phases, examples):
    """Run schemathesis over these operations; what it said, and whether all was well."""
    if not names:
        return label, 0, "", 0.0
    started = time.monotonic()
    program = Path(sys.executable).with_name("schemathesis")
    words = [
        program, "run", f"{url}/api/v1/openapi.json", "--checks", CHECKS, "--phases", phases,
        "--max-examples", examples, "--seed", SEED, "--suppress-health-check", "all", "--no-shrink",
        "--warnings", "off", "--request-timeout", "60", "-H", "x-brain-request: 1", "--continue-on-failure",
    ]
    if secret:
        words += ["-H", f"Authorization: Bearer {secret}"]
    for name in names:
        words += ["--include-operation-id", name]
    place = Path("target/contract")
    place.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(words, cwd=place, capture_output=True, text=True, check=False)
    return label, done.returncode, done.stdout + done.stderr, time.monotonic() - started


def main():
    url, people = sys.argv[1], [pair.split(":") for pair in sys.argv[2:]]
    document = fetch(f"{url}/api/v1/openapi.json")
    known = list(operations(document))
    first = {}
    for name, audience in known:
        who = "public" if "public" in audience else next((r for _, r in people if r in audience), "public")
        first[name] = who
    work = [("nobody, deeply", None, [n for n, who in first.items() if who == "public"], *DEEP)]
    work.append(("nobody", None, [n for n, who in first.items() if who != "public"], *LIGHT))
    for username, role in people:
        secret = token(url, username)
        deep = [n for n, who in first.items() if who == role]
        if all(role != other for _, other in people[: [u for u, _ in people].index(username)]):
            work.append((f"{username} ({role}), deeply", secret, deep, *DEEP))
        work.append((f"{username} ({role})", secret, [n for n, who in first.items() if who not in (role, "public")], *LIGHT))
    fell = []
    with ThreadPoolExecutor(2) as pool:
        for label, code, told, seconds in pool.map(lambda one: asked(url, *one), work):
            print(f"{label:<45} {seconds:>6.1f} s  {'ok' if code == 0 else 'FAILED'}", flush=True)
            if code != 0:
                fell.append((label, told))
    for label, told in fell:
        print(f"\n===== {label}\n{told}")
    sys.exit(1 if fell else 0)


main()
