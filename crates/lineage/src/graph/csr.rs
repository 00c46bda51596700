//! Edges by node: compressed arrays, and the overlay of what came since they were built.

use crate::kind::EdgeKind;
use rustc_hash::FxHashMap;

/// The far end of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) node: u32,
    pub(super) part: u32,
    pub(super) kind: EdgeKind,
}

/// Compressed sparse rows: the edges of node `n` lie between `starts[n]` and `starts[n + 1]`.
#[derive(Debug, Clone, Default)]
pub(super) struct Csr {
    starts: Vec<u32>,
    edges: Vec<Edge>,
}

impl Csr {
    /// Builds the rows by counting; edges keep the order they come in.
    pub(super) fn build(
        nodes: usize,
        edges: impl Iterator<Item = (u32, u32, EdgeKind, u32)> + Clone,
    ) -> Self {
        let mut starts = vec![0_u32; nodes + 1];
        for (source, ..) in edges.clone() {
            if let Some(count) = starts.get_mut(source as usize + 1) {
                *count += 1;
            }
        }
        let mut total = 0;
        for start in &mut starts {
            total += *start;
            *start = total;
        }
        let mut next = starts.clone();
        let mut rows = vec![Edge { node: 0, part: 0, kind: EdgeKind::Identity }; total as usize];
        for (source, target, kind, part) in edges {
            let Some(place) = next.get_mut(source as usize) else { continue };
            if let Some(row) = rows.get_mut(*place as usize) {
                *row = Edge { node: target, part, kind };
            }
            *place += 1;
        }
        Self { starts, edges: rows }
    }

    pub(super) fn len(&self) -> usize {
        self.edges.len()
    }

    /// The edges of a node; none for one that is newer than the arrays.
    pub(super) fn of(&self, node: u32) -> &[Edge] {
        let bounds = (self.starts.get(node as usize), self.starts.get(node as usize + 1));
        let (Some(start), Some(end)) = bounds else { return &[] };
        self.edges.get(*start as usize..*end as usize).unwrap_or_default()
    }
}

/// Edges learned since the arrays were built.
#[derive(Debug, Clone, Default)]
pub(super) struct Overlay {
    pub(super) forward: FxHashMap<u32, Vec<Edge>>,
    pub(super) backward: FxHashMap<u32, Vec<Edge>>,
    len: usize,
}

impl Overlay {
    pub(super) fn insert(&mut self, source: u32, target: u32, kind: EdgeKind, part: u32) {
        self.forward.entry(source).or_default().push(Edge { node: target, part, kind });
        self.backward.entry(target).or_default().push(Edge { node: source, part, kind });
        self.len += 1;
    }

    /// Takes the edges of a part out again.
    pub(super) fn remove(&mut self, edges: &[(u32, u32, EdgeKind)], part: u32) {
        for (source, target, _) in edges {
            for (side, node) in [(&mut self.forward, source), (&mut self.backward, target)] {
                if let Some(row) = side.get_mut(node) {
                    row.retain(|edge| edge.part != part);
                    if row.is_empty() {
                        side.remove(node);
                    }
                }
            }
        }
        self.len -= edges.len();
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }
}
