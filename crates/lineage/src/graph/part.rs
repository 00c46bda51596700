//! What was learned from one place, and is replaced as a whole when that place changes.

use super::name::NodeName;
use crate::error::{LineageError, Result};
use crate::kind::EdgeKind;
use rustc_hash::FxHashMap;

/// The most edges of one part.
pub const PART_EDGES_MAX: usize = 4 << 20;

/// The edges learned from one model, statement, manifest or event.
#[derive(Debug, Clone, Default)]
pub struct Part {
    key: String,
    nodes: Vec<NodeName>,
    index: FxHashMap<NodeName, u32>,
    edges: Vec<(u32, u32, EdgeKind)>,
}

impl Part {
    /// An empty part; the key says where its edges were learned, such as `model:subject.enterprise`.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), ..Self::default() }
    }

    /// Where its edges were learned.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The nodes it names.
    pub fn nodes(&self) -> &[NodeName] {
        &self.nodes
    }

    /// Its edges, as places in [`Self::nodes`].
    pub(super) fn edges(&self) -> &[(u32, u32, EdgeKind)] {
        &self.edges
    }

    /// How many edges it has.
    pub fn len(&self) -> usize {
        self.edges.len()
    }

    /// Whether it has no edge.
    pub fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    /// Names a node that may have no edge, such as a column that nothing reads.
    pub fn declare(&mut self, node: NodeName) {
        self.place(node);
    }

    /// Adds an edge from what is read to what is made of it.
    pub fn edge(&mut self, source: NodeName, target: NodeName, kind: EdgeKind) -> Result<()> {
        if self.edges.len() >= PART_EDGES_MAX {
            return Err(LineageError::TooMany { what: "edges", max: PART_EDGES_MAX });
        }
        let (source, target) = (self.place(source), self.place(target));
        self.edges.push((source, target, kind));
        Ok(())
    }

    fn place(&mut self, node: NodeName) -> u32 {
        if let Some(at) = self.index.get(&node) {
            return *at;
        }
        let at = self.nodes.len() as u32;
        self.nodes.push(node.clone());
        self.index.insert(node, at);
        at
    }
}
