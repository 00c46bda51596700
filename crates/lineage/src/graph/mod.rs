//! The lineage graph: who depends on whom, columns and datasets, jobs, components and the numbers on pages.
//!
//! Edges live in two compressed adjacency arrays, one for each direction, with names interned once. A change
//! replaces the edges of one **part** (the model, statement or event they were learned from): the old ones are
//! masked, the new ones wait in a small overlay, and when both have grown to a quarter of the array it is rebuilt.
//! A [`NodeId`] is good until the graph is changed.

mod bytes;
mod csr;
mod name;
mod part;
mod path;
mod walk;

pub use bytes::FORMAT_VERSION;
pub use name::{NAME_BYTES_MAX, NodeKind, NodeName};
pub use part::{PART_EDGES_MAX, Part};
pub use path::{Path, Step};
pub use walk::{Direction, Reach, Reached, Walk};

use crate::error::{LineageError, Result};
use crate::kind::{EdgeKind, KindSet};
use csr::{Csr, Edge, Overlay};
use name::{Names, Node, Nodes};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The most edges one graph takes.
pub const EDGES_MAX: usize = 64 << 20;

/// A node of one graph, as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

/// The graph.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    names: Names,
    nodes: Nodes,
    forward: Csr,
    backward: Csr,
    /// Edges learned since the arrays were built.
    fresh: Overlay,
    parts: Vec<PartState>,
    part_index: FxHashMap<Arc<str>, u32>,
    /// Edges of the arrays whose part was replaced.
    masked: usize,
}

/// What the graph holds of one part.
#[derive(Debug, Clone)]
struct PartState {
    key: Arc<str>,
    /// All its edges, and the nodes it names without an edge.
    edges: Vec<(u32, u32, EdgeKind)>,
    declared: Vec<u32>,
    /// Whether its edges in the arrays count.
    in_arrays: bool,
    gone: bool,
}

impl Graph {
    /// Puts the edges of a part in the place of those it had before.
    pub fn replace(&mut self, part: &Part) -> Result<()> {
        let kept = self.part_index.get(part.key()).map_or(0, |at| self.edges_of_part(*at));
        if self.edges() - kept + part.edges().len() > EDGES_MAX {
            return Err(LineageError::TooMany { what: "edges", max: EDGES_MAX });
        }
        // Before anything is taken away: a name that is refused leaves the part as it was.
        let mut nodes = Vec::with_capacity(part.nodes().len());
        for name in part.nodes() {
            nodes.push(self.intern(name)?);
        }
        let at = self.part_at(part.key());
        self.clear_part(at);
        let place = |local: u32| nodes.get(local as usize).copied();
        let mut edges = Vec::with_capacity(part.edges().len());
        for (source, target, kind) in part.edges() {
            if let (Some(source), Some(target)) = (place(*source), place(*target)) {
                edges.push((source, target, *kind));
            }
        }
        for (source, target, kind) in &edges {
            self.fresh.insert(*source, *target, *kind, at);
        }
        self.nodes.hold(&nodes);
        if let Some(state) = self.parts.get_mut(at as usize) {
            state.edges = edges;
            state.declared = nodes;
            state.gone = false;
        }
        self.compact_if_due();
        Ok(())
    }

    /// Forgets a part; says whether there was one.
    pub fn remove(&mut self, key: &str) -> bool {
        let Some(at) = self.part_index.get(key).copied() else { return false };
        self.clear_part(at);
        self.compact_if_due();
        true
    }

    /// The parts, in order of their keys.
    pub fn parts(&self) -> Vec<&str> {
        let mut keys: Vec<&str> =
            self.parts.iter().filter(|part| !part.gone).map(|part| &*part.key).collect();
        keys.sort_unstable();
        keys
    }

    /// How many edges there are, without those between a dataset and its columns.
    pub fn edges(&self) -> usize {
        self.forward.len() - self.masked + self.fresh.len()
    }

    /// How many nodes have an edge or were named by a part.
    pub fn nodes(&self) -> usize {
        self.nodes.alive()
    }

    /// The node of this name, when something names it.
    pub fn find(&self, name: &NodeName) -> Option<NodeId> {
        let node = self.names.lookup(name, &self.nodes)?;
        self.nodes.is_alive(node).then_some(NodeId(node))
    }

    /// The name of a node.
    pub fn name(&self, node: NodeId) -> Option<NodeName> {
        self.nodes.name(node.0, &self.names)
    }

    /// The kind of a node.
    pub fn kind(&self, node: NodeId) -> Option<NodeKind> {
        self.nodes.get(node.0).map(|found| found.kind)
    }

    /// The columns known of a dataset, by name.
    pub fn columns(&self, dataset: NodeId) -> Vec<NodeId> {
        let mut columns: Vec<NodeId> = self.nodes.members(dataset.0).map(NodeId).collect();
        columns.sort_by_key(|column| self.name(*column));
        columns
    }

    /// All nodes of a kind, by name.
    pub fn of_kind(&self, kind: NodeKind) -> Vec<NodeId> {
        let mut found: Vec<NodeId> = self.nodes.of_kind(kind).map(NodeId).collect();
        found.sort_by_key(|node| self.name(*node));
        found
    }

    /// All edges that start in a node, or that end there, without those between a dataset and its columns.
    pub fn edges_of(&self, node: NodeId, direction: Direction) -> Vec<(NodeId, EdgeKind)> {
        let mut found = Vec::new();
        self.each_edge(node.0, direction, KindSet::ALL, |edge| found.push((NodeId(edge.node), edge.kind)));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Every edge of a node in one direction that counts and is of one of the kinds.
    fn each_edge(&self, node: u32, direction: Direction, kinds: KindSet, mut take: impl FnMut(Edge)) {
        let (array, fresh) = match direction {
            Direction::Down => (&self.forward, &self.fresh.forward),
            Direction::Up => (&self.backward, &self.fresh.backward),
        };
        for edge in array.of(node) {
            if kinds.contains(edge.kind)
                && self.parts.get(edge.part as usize).is_some_and(|part| part.in_arrays)
            {
                take(*edge);
            }
        }
        for edge in fresh.get(&node).into_iter().flatten() {
            if kinds.contains(edge.kind) {
                take(*edge);
            }
        }
    }

    fn edges_of_part(&self, at: u32) -> usize {
        self.parts.get(at as usize).map_or(0, |part| part.edges.len())
    }

    fn part_at(&mut self, key: &str) -> u32 {
        if let Some(at) = self.part_index.get(key) {
            return *at;
        }
        let at = self.parts.len() as u32;
        let key: Arc<str> = key.into();
        self.part_index.insert(key.clone(), at);
        self.parts.push(PartState {
            key,
            edges: Vec::new(),
            declared: Vec::new(),
            in_arrays: false,
            gone: true,
        });
        at
    }

    fn clear_part(&mut self, at: u32) {
        let Some(state) = self.parts.get_mut(at as usize) else { return };
        let edges = std::mem::take(&mut state.edges);
        let declared = std::mem::take(&mut state.declared);
        if std::mem::replace(&mut state.in_arrays, false) {
            self.masked += edges.len();
        } else {
            self.fresh.remove(&edges, at);
        }
        state.gone = true;
        self.nodes.release(&declared);
    }

    fn intern(&mut self, name: &NodeName) -> Result<u32> {
        let (kind, owner) = match name {
            NodeName::Column { dataset, .. } => {
                (NodeKind::Column, Some((NodeKind::Dataset, dataset.as_str())))
            }
            NodeName::Number { page, .. } => (NodeKind::Number, Some((NodeKind::Page, page.as_str()))),
            other => (other.kind(), None),
        };
        let parent = match owner {
            Some((kind, text)) => {
                let name = self.names.intern(text)?;
                self.nodes.intern(Node { kind, name, parent: name::NONE })?
            }
            None => name::NONE,
        };
        let name = self.names.intern(name.own())?;
        self.nodes.intern(Node { kind, name, parent })
    }

    /// Rebuilds the arrays when what waits beside them is a quarter of them (and worth the work).
    fn compact_if_due(&mut self) {
        let waiting = self.masked + self.fresh.len();
        if waiting > 4096 && waiting * 4 > self.forward.len() {
            self.compact();
        }
    }

    /// Rebuilds the arrays; walks are fastest afterwards.
    pub fn compact(&mut self) {
        let mut edges = Vec::with_capacity(self.edges());
        for (at, part) in self.parts.iter_mut().enumerate() {
            part.in_arrays = !part.gone;
            edges
                .extend(part.edges.iter().map(|(source, target, kind)| (*source, *target, *kind, at as u32)));
        }
        let nodes = self.nodes.len();
        self.forward = Csr::build(nodes, edges.iter().copied());
        self.backward = Csr::build(
            nodes,
            edges.into_iter().map(|(source, target, kind, part)| (target, source, kind, part)),
        );
        self.fresh = Overlay::default();
        self.masked = 0;
    }
}

#[cfg(test)]
mod tests;
