#!/usr/bin/env python3
"""Checks the curated demonstration set in demo/data. Standard library only.

Part 1 needs nothing but this repository: shapes, references, acyclic inputs,
reachability of final products, GB 32100 check digits, code forms, value ranges.
Part 2 runs when the reference data is present (BRAIN_SHARED_DATA, or
../shared/data beside the repository): every firm's code, names, list date and
province against the exchange list, region and class codes against their tables.
Exit 1 on any failure."""
import csv, datetime, os, re, sys, unicodedata
from collections import Counter, defaultdict

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "data")
SHARED = os.environ.get("BRAIN_SHARED_DATA") or os.path.join(HERE, "..", "..", "shared", "data")
COLUMNS = {
    "chains": "chain,name_zh,name_en,final_products",
    "products": "product,name_en,chain,stage,aliases,essential,gbt4754,note",
    "product_links": "upstream,downstream,relation,essential,confidence,observed,source",
    "enterprises": "code,short_name,full_name,uscc,province,city,region_code,gbt4754,"
                   "listed_on,registered_address,observed,source",
    "enterprise_products": "code,product,role,share,confidence,observed,source",
    "enterprise_links": "supplier,customer,product,observed,confidence,source",
}
MINIMUM = {"chains": 3, "products": 220, "product_links": 320, "enterprises": 420,
           "enterprise_products": 800, "enterprise_links": 60}
failed = 0

def report(name, checked, bad):
    """One line per check: how many were checked, how many failed, the first few failures."""
    global failed
    failed += len(bad)
    print(f"{'ok  ' if not bad else 'FAIL'} {name}: {checked} checked, {len(bad)} bad")
    for b in bad[:10]:
        print("       ", b)

def read(name):
    with open(os.path.join(DATA, name + ".csv"), "rb") as f:
        raw = f.read()
    rows = list(csv.reader(raw.decode("utf-8").splitlines()))
    head, body = COLUMNS[name].split(","), rows[1:]
    bad = [i + 2 for i, r in enumerate(body) if len(r) != len(head)]
    bad += [i + 2 for i, r in enumerate(body) if any(v != v.strip() for v in r)]
    bad += ["header"] if rows[0] != head else []
    bad += ["BOM"] if raw.startswith(b"\xef\xbb\xbf") else []
    bad += [f"only {len(body)} rows"] if len(body) < MINIMUM[name] else []
    report(f"{name}.csv shape", len(body), bad)
    return [dict(zip(head, r)) for r in body]

def is_date(s):
    try:
        return datetime.date.fromisoformat(s) is not None and len(s) == 10
    except ValueError:
        return False

def is_fraction(s):
    return bool(re.fullmatch(r"\d(\.\d+)?", s)) and 0 < float(s) <= 1

def uscc_ok(code):
    """GB 32100-2015: weighted sum of the first 17 signs, modulo 31."""
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
    if len(code) != 18 or any(c not in signs for c in code):
        return False
    total = sum(signs.index(c) * w for c, w in zip(code, weights))
    return signs[(31 - total % 31) % 31] == code[17]

def duplicates(values):
    return [v for v, n in Counter(values).items() if n > 1]

def acyclic(edges):
    """Products left over when every node without an unremoved predecessor is removed."""
    below, waiting = defaultdict(list), Counter()
    nodes = {n for e in edges for n in e}
    for up, down in edges:
        below[up].append(down)
        waiting[down] += 1
    ready = [n for n in nodes if not waiting[n]]
    while ready:
        node = ready.pop()
        nodes.discard(node)
        for down in below[node]:
            waiting[down] -= 1
            if not waiting[down]:
                ready.append(down)
    return sorted(nodes)


chains, products, links = read("chains"), read("products"), read("product_links")
firms, makes, supplies = read("enterprises"), read("enterprise_products"), read("enterprise_links")
chain_ids = {c["chain"] for c in chains}
product = {p["product"]: p for p in products}
firm = {f["code"]: f for f in firms}

report("product names unique", len(products), duplicates(p["product"] for p in products))
names = [n for p in products for n in [p["product"], *filter(None, p["aliases"].split("|"))]]
report("names and aliases never shared", len(names), duplicates(names))
report("product fields", len(products), [
    p["product"] for p in products
    if not set(p["chain"].split("|")) <= chain_ids or p["essential"] not in ("0", "1")
    or p["stage"] not in ("upstream", "midstream", "downstream")
    or not re.fullmatch(r"\d{4}", p["gbt4754"]) or not p["name_en"]])
finals = {c["chain"]: c["final_products"].split("|") for c in chains}
report("final products exist in their chain", sum(map(len, finals.values())), [
    (c, f) for c, fs in finals.items() for f in fs
    if f not in product or c not in product[f]["chain"].split("|")])

# Links between products
report("link ends exist", len(links), [
    (e["upstream"], e["downstream"]) for e in links
    if e["upstream"] not in product or e["downstream"] not in product or e["upstream"] == e["downstream"]])
report("link fields", len(links), [
    (e["upstream"], e["downstream"]) for e in links
    if e["relation"] not in ("input", "kind_of") or e["essential"] not in ("0", "1")
    or not is_fraction(e["confidence"]) or not is_date(e["observed"]) or not e["source"]])
report("links unique", len(links), duplicates((e["upstream"], e["downstream"]) for e in links))
inputs = [(e["upstream"], e["downstream"]) for e in links if e["relation"] == "input"]
report("inputs acyclic", len(inputs), acyclic(inputs))
everything = [(e["upstream"], e["downstream"]) for e in links]
report("inputs and kinds together acyclic", len(everything), acyclic(everything))
above = defaultdict(list)
for up, down in everything:
    above[down].append(up)
reaches = defaultdict(set)
for c, fs in finals.items():
    todo = list(fs)
    while todo:
        node = todo.pop()
        if c not in reaches[node]:
            reaches[node].add(c)
            todo += above[node]
report("every product reaches a final product of each of its chains", len(products), [
    (p["product"], p["chain"]) for p in products if not set(p["chain"].split("|")) <= reaches[p["product"]]])

# Enterprises
report("enterprise codes", len(firms), [f["code"] for f in firms if not re.fullmatch(
    r"(00[0-3]|30[0-2])\d{3}\.SZ|(60[0135]|68[89])\d{3}\.SH|\d{6}\.BJ", f["code"])])
report("enterprise codes and names unique", len(firms),
       duplicates(f["code"] for f in firms) + duplicates(f["full_name"] for f in firms)
       + duplicates(f["uscc"] for f in firms if f["uscc"]))
held = [f for f in firms if f["uscc"]]
report("USCC check digit and province", len(held), [
    (f["code"], f["uscc"]) for f in held if not uscc_ok(f["uscc"]) or f["uscc"][2:4] != f["region_code"][:2]])
report("enterprise fields", len(firms), [
    f["code"] for f in firms if not f["short_name"] or not f["province"] or not f["source"]
    or not re.fullmatch(r"\d{4}00", f["region_code"]) or not re.fullmatch(r"\d{4}", f["gbt4754"])
    or not is_date(f["listed_on"]) or not is_date(f["observed"])])

# What enterprises make and supply
report("make rows", len(makes), [
    (m["code"], m["product"]) for m in makes
    if m["code"] not in firm or m["product"] not in product or m["role"] != "make"
    or (m["share"] and not is_fraction(m["share"])) or not is_date(m["observed"])
    or not is_fraction(m["confidence"]) or not 0.6 <= float(m["confidence"]) <= 0.95 or not m["source"]])
report("make rows unique", len(makes), duplicates((m["code"], m["product"]) for m in makes))
per_firm = Counter(m["code"] for m in makes)
report("1 to 6 products per enterprise", len(firms), [c for c in firm if not 1 <= per_firm[c] <= 6])
made = {(m["code"], m["product"]) for m in makes}
report("supply rows", len(supplies), [
    (s["supplier"], s["customer"], s["product"]) for s in supplies
    if s["supplier"] not in firm or s["customer"] not in firm or s["supplier"] == s["customer"]
    or (s["supplier"], s["product"]) not in made or not is_date(s["observed"])
    or not is_fraction(s["confidence"]) or not s["source"]])
report("supply rows unique", len(supplies),
       duplicates((s["supplier"], s["customer"], s["product"]) for s in supplies))

# Against the reference data
listing = os.path.join(SHARED, "listed_companies", "stock_basic_2026-02.csv")
if not os.path.exists(listing):
    print("skipped: reference data not present (set BRAIN_SHARED_DATA)")
else:
    def table(*path):
        with open(os.path.join(SHARED, *path), encoding="utf-8-sig", newline="") as f:
            return list(csv.DictReader(f))

    same = lambda a, b: unicodedata.normalize("NFKC", a) == unicodedata.normalize("NFKC", b)
    basic = {r["股票代码"]: r for r in table("listed_companies", "stock_basic_2026-02.csv")}
    report("reference: code listed", len(firms), [c for c in firm if c not in basic])
    for column, field in (("short_name", "股票名称"), ("full_name", "公司全称")):
        report(f"reference: {column}", len(firms), [
            (c, f[column]) for c, f in firm.items() if not same(f[column], basic[c][field])])
    report("reference: list date", len(firms), [
        c for c, f in firm.items() if f["listed_on"] != basic[c]["上市日期"][:10]])
    area = lambda f: "深圳" if f["city"] == "深圳市" else f["province"]
    report("reference: province", len(firms), [
        (c, f["province"]) for c, f in firm.items() if not area(f).startswith(basic[c]["地区"])])
    provinces = {r["code"]: r["name"] for r in table("geo", "provinces.csv")}
    cities = {r["code"]: r["name"] for r in table("geo", "cities.csv")}
    report("reference: region code names the province and city", len(firms), [
        (c, f["region_code"], f["city"]) for c, f in firm.items()
        if provinces.get(f["region_code"][:2]) != f["province"]
        or (f["region_code"][2:4] != "00" and cities.get(f["region_code"][:4]) != f["city"])
        or (f["region_code"][2:4] == "00" and f["city"] not in ("", f["province"]))])
    classes = {r["code"] for r in table("gbt4754_2017", "gbt4754_2017.csv") if r["level"] == "4"}
    report("reference: GB/T 4754 class", len(products) + len(firms), [
        r["gbt4754"] for r in products + firms if r["gbt4754"] not in classes])

print("FAILED" if failed else "all checks passed")
sys.exit(1 if failed else 0)
