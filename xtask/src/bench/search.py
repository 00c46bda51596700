"""SQLite's FTS5 over the firms of a register. Usage: search.py REGISTER.csv QUESTIONS.txt DATABASE

Prints JSON as `crates/search/examples/search_speed.rs` does: what indexing cost, then hits, the best twenty and the
median milliseconds of eleven answers for each question the trigram tokenizer can answer: one word of at least three
characters that are not pinyin.
"""
import csv, json, os, sqlite3, statistics, sys, time

register, questions, database = sys.argv[1:4]
csv.field_size_limit(1 << 24)
connection = sqlite3.connect(database)
connection.executescript(
    "PRAGMA journal_mode = WAL; CREATE VIRTUAL TABLE firm USING fts5(name, uscc, tokenize = 'trigram', detail = 'full');"
)
started, before = time.perf_counter(), time.process_time()
with open(register, encoding="utf-8-sig", errors="replace", newline="") as file:
    rows = csv.DictReader(file)
    firms = ((row["name"].strip(), (row.get("uscc") or "").strip()) for row in rows if (row.get("name") or "").strip())
    connection.executemany("INSERT INTO firm VALUES (?, ?)", firms)
connection.execute("INSERT INTO firm(firm) VALUES ('optimize')")
connection.commit()
seconds, processor = time.perf_counter() - started, time.process_time() - before
count = connection.execute("SELECT count(*) FROM firm").fetchone()[0]


def answer(typed):
    phrase = '"' + typed.replace('"', '""') + '"'
    milliseconds = []
    for _ in range(11):
        begun = time.perf_counter()
        total = connection.execute("SELECT count(*) FROM firm WHERE firm MATCH ?", (phrase,)).fetchone()[0]
        hits = connection.execute("SELECT name FROM firm WHERE firm MATCH ? ORDER BY rank LIMIT 20", (phrase,)).fetchall()
        milliseconds.append((time.perf_counter() - begun) * 1e3)
    return {"typed": typed, "total": total, "ms": statistics.median(milliseconds), "first": hits[0][0] if hits else None}


def can_answer(typed):
    return len(typed) >= 3 and " " not in typed and not (typed.isascii() and typed.isalpha())


with open(questions, encoding="utf-8") as file:
    asked = [line.strip() for line in file if line.strip()]
answers = [answer(typed) for typed in asked if can_answer(typed)]
print(json.dumps({"firms": count, "seconds": seconds, "cpu": processor, "bytes": os.path.getsize(database), "answers": answers}, ensure_ascii=False))
