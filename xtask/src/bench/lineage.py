"""sqlglot, sqllineage and networkx. Usage: lineage.py STATEMENTS EDGES
Prints one line each: name, version, figures.
  sqlglot, sqllineage: processor seconds, statements read (all their output columns traced)
  networkx: processor seconds to build, microseconds of processor time of two hops (half and 99 of 100 questions)
"""
import sys, time
from collections import deque
from importlib.metadata import version
import networkx as nx
import sqlglot
from sqlglot import exp
from sqlglot.lineage import lineage
from sqllineage.runner import LineageRunner

SECONDS = 5
statements = [part.strip() for part in open(sys.argv[1], encoding="utf-8").read().split(";") if part.strip()]


def by_sqlglot(sql):
    tree = sqlglot.parse_one(sql)
    select = tree if isinstance(tree, exp.Query) else tree.find(exp.Query)
    for column in select.named_selects:
        for node in lineage(column, select.copy(), schema={}).walk():
            node.name


def by_sqllineage(sql):
    LineageRunner(sql, dialect="ansi").get_column_lineage()


def measured(read):
    read(statements[0])
    begun, count = time.process_time(), 0
    while time.process_time() - begun < SECONDS:
        for sql in statements:
            read(sql)
            count += 1
    return time.process_time() - begun, count


for name, read in (("sqlglot", by_sqlglot), ("sqllineage", by_sqllineage)):
    seconds, count = measured(read)
    print(name, version(name), f"{seconds:.6f}", count)

graph, questions = nx.DiGraph(), []
begun = time.process_time()
for line in open(sys.argv[2], encoding="ascii"):
    source, target = line.split()
    if source == "?":
        questions.append(target)
    else:
        graph.add_edge(source, target)
build = time.process_time() - begun
times = []
for neighbours in (graph.predecessors, graph.successors):
    for question in questions:
        begun = time.perf_counter()
        if question in graph:
            seen, waiting = {question}, deque([(question, 0)])
            while waiting:
                node, hops = waiting.popleft()
                if hops == 2:
                    continue
                for other in neighbours(node):
                    if other not in seen:
                        seen.add(other)
                        waiting.append((other, hops + 1))
            sorted(seen)
        times.append(time.perf_counter() - begun)
times.sort()
print("networkx", version("networkx"), f"{build:.3f}", f"{times[len(times) // 2] * 1e6:.2f}", f"{times[len(times) * 99 // 100] * 1e6:.2f}")
