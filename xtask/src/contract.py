"""Ask a serving node everything its OpenAPI document allows and does not, as nobody and as every role.

usage: contract.py URL username:role ...   (the password of all is in BRAIN_DEMO_PASSWORD)

Every operation is asked deeply once, by the first role that may use it (or by nobody, where it is open to all); every
other role asks it a few times, mostly to be refused in the way the document says. What would end the sessions of those
who ask comes last.
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
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
    "negative_data_rejection",
    "unsupported_method",
])
# They would end the session that asks, or speak a protocol of their own (tested in crates/api/tests/it/mcp.rs).
LEFT_OUT = {"session_close", "session_password", "sessions_end_others", "mcp"}
# Schemathesis remembers ids that answers name: these would lock out those who ask.
LAST = {
    "accounts_change", "accounts_end_sessions", "accounts_reset_password", "accounts_reset_second_factor",
    "accounts_role", "sessions_end",
}
# They read a whole log, which grows with every question here: a few times is enough.
COSTLY = {"evidence_verify", "audit_verify"}
# Statuses that refuse what was sent: those that schemathesis knows as such, and the two that say that it is too large. An
# address beyond the limit of heads gets 431 before an operation hears of it.
REFUSED = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "431", "5xx"]
SETTINGS = f"[checks.negative_data_rejection]\nexpected-statuses = {json.dumps(REFUSED)}\n"
SETTINGS_FILE = "schemathesis.toml"
DEEP, LIGHT = ["coverage,fuzzing", "4"], ["fuzzing", "1"]
# Operations that one run asks deeply; runs stand side by side.
DEEP_AT_ONCE = 40
# A session that another program shows is taken for stolen and ended, so all who ask here go by one name.
AGENT = "brain-contract"


def fetch(url, body=None, secret=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", "user-agent": AGENT}
    if secret:
        headers["authorization"] = f"Bearer {secret}"
    with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as reply:
        return json.load(reply)


def token(url, username):
    credentials = {"username": username, "password": os.environ["BRAIN_DEMO_PASSWORD"]}
    return fetch(f"{url}/api/v1/session?token=1", credentials)["token"]


def still_signed_in(url, secret):
    try:
        return fetch(f"{url}/api/v1/session", secret=secret)["party"] is not None
    except urllib.error.HTTPError:
        return False


def operations(document):
    """Operation ids and who may use each."""
    for item in document["paths"].values():
        for operation in item.values():
            if operation["operationId"] not in LEFT_OUT:
                yield operation["operationId"], operation["x-audience"]


def asked(url, label, secret, names, phases, examples, may_end=False):
    """Run schemathesis over these operations; what it said, and whether all was well."""
    started = time.monotonic()
    program = Path(sys.executable).with_name("schemathesis")
    words = [
        program, "--config-file", SETTINGS_FILE, "run", f"{url}/api/v1/openapi.json",
        "--checks", CHECKS, "--phases", phases, "--max-examples", examples, "--seed", SEED, "--suppress-health-check", "all", "--no-shrink",
        "--warnings", "off", "--request-timeout", "60", "--continue-on-failure", "-H", "x-brain-request: 1",
        "-H", f"User-Agent: {AGENT}",
    ]
    if secret:
        words += ["-H", f"Authorization: Bearer {secret}"]
    for name in names:
        words += ["--include-operation-id", name]
    place = Path("target/contract")
    place.mkdir(parents=True, exist_ok=True)
    (place / SETTINGS_FILE).write_text(SETTINGS)
    done = subprocess.run(words, cwd=place, capture_output=True, text=True, check=False)
    code, told = done.returncode, done.stdout + done.stderr
    if secret and not may_end and not still_signed_in(url, secret):
        code, told = code or 1, f"{told}\nThe session ended on the way: what came after was refused and says nothing.\n"
    # For whoever does not want to wait for the end.
    (place / f"{label}, {names[0]}.txt").write_text(told)
    return label, code, told, time.monotonic() - started


def plan(known, people):
    """Who asks what how deeply, as (label, username or None, operations, phases, examples); then what comes last."""
    role_of = dict(people)
    first = {}
    for name, audience in known:
        who = None if "public" in audience else next((u for u, role in people if role in audience), None)
        first[name] = who
    work, last = [], []
    for username in [None, *role_of]:
        label = f"{username} ({role_of[username]})" if username else "nobody"
        own = [name for name, who in first.items() if who == username]
        plain = [name for name in own if name not in LAST | COSTLY]
        for start in range(0, len(plain), DEEP_AT_ONCE):
            work.append((f"{label}, deeply", username, plain[start : start + DEEP_AT_ONCE], *DEEP))
        few = [name for name in own if name in COSTLY]
        few += [name for name, who in first.items() if who not in (None, username) and name not in LAST | COSTLY]
        work.append((label, username, few, *LIGHT))
        own_last = [name for name in own if name in LAST]
        last.append((f"{label}, last", username, own_last, *DEEP, True))
    return [job for job in work if job[2]], [job for job in last if job[2]]


def main():
    url, people = sys.argv[1], [tuple(pair.split(":")) for pair in sys.argv[2:]]
    known = list(operations(fetch(f"{url}/api/v1/openapi.json")))
    work, last = plan(known, people)
    secrets = {username: token(url, username) for username, _ in people}
    fell = []

    def ask(job):
        label, username, *rest = job
        label, code, told, seconds = asked(url, label, secrets.get(username), *rest)
        print(f"{label:<45} {len(rest[0]):>4} operations {seconds:>6.1f} s  {'ok' if code == 0 else 'FAILED'}", flush=True)
        if code != 0:
            fell.append((label, told))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ask, work))
    for job in last:
        ask(job)
    for label, told in fell:
        print(f"\n===== {label}\n{told}")
    sys.exit(1 if fell else 0)


main()
