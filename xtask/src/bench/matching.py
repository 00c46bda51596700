"""Splink on two CSV files. Usage: matching.py person LEFT RIGHT | matching.py firm LEFT RIGHT TRUTH COLUMN

Prints one line: version, pairs, precision, recall, F1 at .5, then the best threshold with its F1 (which only the truth
can know). COLUMN is `name` for the raw name or `peer_core` for the name after brain's own normaliser.

The settings of `person` follow Splink's own febrl4 demonstration (comparisons, blocking rules, training), those of
`firm` the same pattern: TF-adjusted names, code and city, u by random sampling, two EM sessions.
"""
import csv, logging, sys
from importlib.metadata import version

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

logging.disable(logging.CRITICAL)
kind, left, right = sys.argv[1:4]
connection = duckdb.connect()


def table(name, path, shown):
    if kind == "person":
        columns = ("given_name", "surname", "street_number", "address_1", "address_2", "suburb", "postcode", "state",
                   "date_of_birth", "soc_sec_id")
        picked = ", ".join(f"nullif(trim({c}), '') as {c}" for c in columns) + ", rec_id as unique_id"
    else:
        picked = (f"id as unique_id, nullif({shown}, '') as name, substr({shown}, 1, 2) as head, "
                  "nullif(city, '') as city, nullif(uscc, '') as uscc")
    connection.execute(f"create table {name} as select {picked} from read_csv('{path}', all_varchar=true, normalize_names=false, names={names(path)}, header=true)")


def names(path):
    with open(path, encoding="utf-8") as file:
        return [column.strip() for column in next(csv.reader(file))]


column = sys.argv[5] if kind == "firm" else ""
table("left_records", left, column)
table("right_records", right, column)
api = DuckDBAPI(connection)
if kind == "person":
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("given_name", "surname"), block_on("soc_sec_id"), block_on("date_of_birth"),
            block_on("street_number", "address_1"), block_on("surname", "postcode"), block_on("given_name", "postcode"),
        ],
    )
    deterministic = ["l.soc_sec_id = r.soc_sec_id", "l.given_name = r.given_name and l.surname = r.surname and l.date_of_birth = r.date_of_birth"]
    sessions = [block_on("date_of_birth"), block_on("postcode")]
else:
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            cl.JaroWinklerAtThresholds("name", [0.95, 0.9, 0.8]).configure(term_frequency_adjustments=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("uscc", [1, 2]),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("name"), block_on("uscc"), block_on("head", "city"), block_on("substr(name, 1, 3)"),
        ],
    )
    deterministic = ["l.uscc = r.uscc", "l.name = r.name and l.city = r.city"]
    sessions = [block_on("uscc"), block_on("name")]
frames = [api.register("left_records"), api.register("right_records")]
linker = Linker(frames, settings)
linker.training.estimate_probability_two_random_records_match(deterministic, recall=0.7)
linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=7)
for session in sessions:
    linker.training.estimate_parameters_using_expectation_maximisation(session)
rows = linker.inference.predict(threshold_match_probability=0.001).as_duckdbpyrelation().select(
    "unique_id_l, unique_id_r, match_probability").fetchall()

if kind == "person":
    key = lambda record: record.split("-")[1]
    total = connection.execute("select count(*) from left_records").fetchone()[0]
    is_true = lambda l, r: key(l) == key(r)
else:
    truth = {tuple(row) for row in list(csv.reader(open(sys.argv[4])))[1:]}
    total = len(truth)
    # Splink may hand the sides over in either order; numbers of both lists start at 0, so the side matters.
    is_true = lambda l, r: (l, r) in truth


def score(threshold):
    found = [(l, r) for l, r, p in rows if p >= threshold]
    good = sum(is_true(l, r) for l, r in found)
    precision, recall = good / max(len(found), 1), good / total
    return len(found), precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


half = score(0.5)
best = max((score(t) + (t,) for t in (0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)), key=lambda s: s[3])
print(version("splink"), half[0], *(f"{x:.5f}" for x in half[1:]), f"{best[4]}", f"{best[3]:.5f}")
