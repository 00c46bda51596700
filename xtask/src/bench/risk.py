"""ESRI by the dense formula of Diem et al. 2022 in numpy, one thread, for a sample of failing firms.

Usage: risk.py EDGES FIRMS ESSENTIALITY EPSILON SAMPLE...   (positions of firms, counted from 0)
Prints one line per failing firm: position, esri, seconds.
"""
import os, sys, time
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
import numpy as np

edges = np.genfromtxt(sys.argv[1], delimiter=",", skip_header=1)
firms = np.genfromtxt(sys.argv[2], delimiter=",", skip_header=1)
need = np.genfromtxt(sys.argv[3], delimiter=",")
epsilon, sample = float(sys.argv[4]), [int(a) for a in sys.argv[5:]]

place = {int(f): i for i, f in enumerate(firms[:, 0])}
sector = firms[:, 1].astype(int) - 1
n = len(sector)
order = np.argsort(sector, kind="stable")  # rows of one sector lie together, so sums per sector are one reduceat
rank = np.empty(n, int)
rank[order] = np.arange(n)
sector = sector[order]
W = np.zeros((n, n))
for s, b, a in edges:
    W[rank[place[int(s)]], rank[place[int(b)]]] += a
starts = np.flatnonzero(np.r_[True, sector[1:] != sector[:-1]])
present = sector[starts]

sales, bought = W.sum(1), W.sum(0)
of_sector = np.add.reduceat(W, starts, axis=0)                      # what each buyer takes from each sector
block = np.searchsorted(present, sector)
kind = need[sector][:, sector]                                      # E[sector of supplier, sector of buyer]
with np.errstate(divide="ignore", invalid="ignore"):
    essential = np.where(kind == 2, np.nan_to_num(W / of_sector[block]), 0.0)
    other = np.where(kind == 1, np.nan_to_num(W / bought), 0.0)
    upstream = np.nan_to_num(W / sales[:, None])
weight = sales / sales.sum()


def fail(firm):
    psi = np.ones(n)
    psi[firm] = 0.0
    hd, hu = psi.copy(), psi.copy()
    while True:
        left = np.add.reduceat(hd * sales, starts)
        with np.errstate(divide="ignore", invalid="ignore"):
            sigma = np.minimum(1.0, np.nan_to_num(sales / left[block], nan=1.0, posinf=1.0))
        lost = sigma * (1.0 - hd)
        worst = 1.0 - np.add.reduceat(lost[:, None] * essential, starts, axis=0).max(0)
        linear = 1.0 - lost @ other
        down = np.maximum(0.0, np.minimum(psi, np.minimum(worst, linear)))
        up = np.maximum(0.0, np.minimum(psi, 1.0 - upstream @ (1.0 - hu)))
        up = np.where(sales > 0, up, psi)
        moved = max((hd - down).max(), (hu - up).max())
        hd, hu = down, up
        if moved <= epsilon:
            return float((weight * (1.0 - np.minimum(hd, hu))).sum())


for position in sample:
    begun = time.perf_counter()
    value = fail(rank[position])
    print(f"{position},{value!r},{time.perf_counter() - begun:.6f}", flush=True)
