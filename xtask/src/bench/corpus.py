"""datasketch over the texts of bench_corpus. Usage: corpus.py FILE
Prints: processor seconds of shingling, signing and clustering (reading left out), recall of the known duplicates,
documents joined to one of another origin, version.

The same shingles (five characters or words), the same 120 hash functions in 20 bands of 6, the same threshold on the
estimated similarity, and a union of what is above it; its vectorised `update_batch` is used, its fastest way.
"""
import json, re, sys, time
from importlib.metadata import version
from datasketch import MinHash, MinHashLSH

PLACES, BANDS, ROWS, LEAST = 120, 20, 6, 0.8
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
begun = time.process_time()


def shingles(text, zh):
    text = text.lower()
    if zh:
        text = re.sub(r"[\W_]+", "", text)
        return {text[at:at + 5] for at in range(max(1, len(text) - 4))}
    words = re.findall(r"[^\W_]+", text)
    return {" ".join(words[at:at + 5]) for at in range(max(1, len(words) - 4))}


index = MinHashLSH(threshold=LEAST, num_perm=PLACES, params=(BANDS, ROWS))
signatures, parent = [], list(range(len(rows)))


def root(at):
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = parent[at]
    return at


for at, row in enumerate(rows):
    signature = MinHash(num_perm=PLACES)
    signature.update_batch([shingle.encode() for shingle in shingles(row["text"], row["zh"])])
    signatures.append(signature)
    for other in index.query(signature):
        if signature.jaccard(signatures[other]) >= LEAST:
            one, two = sorted((root(at), root(other)))
            parent[two] = one
    index.insert(at, signature)
seconds = time.process_time() - begun
known = [(at, row["of"]) for at, row in enumerate(rows) if row["of"] is not None]
right = sum(root(at) == root(of) for at, of in known)
wrong = sum(row["origin"] != rows[root(at)]["origin"] for at, row in enumerate(rows))
print(f"{seconds:.6f} {right / max(1, len(known)):.6f} {wrong} {version('datasketch')}")
