//! The ways from one node to another.

use super::{Direction, Graph, NodeId, Walk};
use crate::kind::{EdgeKind, KindSet};
use rustc_hash::FxHashMap;

/// Edges looked at before the search for paths gives up and says so.
const LOOKS_MAX: usize = 200_000;

/// One edge of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The node the edge leads to.
    pub node: NodeId,
    /// What the edge is.
    pub kind: EdgeKind,
}

/// A way from one node down to another: the steps after the start.
pub type Path = Vec<Step>;

impl Graph {
    /// Ways from `source` down to `target` with at most `hops_max` edges, the shortest first, at most `paths_max`;
    /// the second value says whether there may be more.
    ///
    /// Steps between a dataset and its columns count here, so that a path can be drawn.
    pub fn paths(
        &self,
        source: NodeId,
        target: NodeId,
        kinds: KindSet,
        hops_max: u32,
        paths_max: usize,
    ) -> (Vec<Path>, bool) {
        let back = Walk { direction: Direction::Up, hops_max, kinds, nodes_max: usize::MAX };
        let mut distance: FxHashMap<NodeId, u32> =
            self.walk(target, &back).nodes.iter().map(|reach| (reach.node, reach.hops)).collect();
        distance.insert(target, 0);
        let mut search = Search {
            graph: self,
            target,
            kinds,
            distance: &distance,
            paths_max,
            looks: 0,
            found: Vec::new(),
            trail: Vec::new(),
        };
        let shortest = distance.get(&source).copied().unwrap_or(u32::MAX);
        for length in shortest..=hops_max {
            search.from(source, length);
            if search.is_over() {
                return (search.found, true);
            }
        }
        (search.found, false)
    }
}

/// Depth first with the exact number of hops left, never a step that cannot arrive in time.
struct Search<'a> {
    graph: &'a Graph,
    target: NodeId,
    kinds: KindSet,
    distance: &'a FxHashMap<NodeId, u32>,
    paths_max: usize,
    looks: usize,
    found: Vec<Path>,
    trail: Path,
}

impl Search<'_> {
    fn is_over(&self) -> bool {
        self.found.len() >= self.paths_max || self.looks >= LOOKS_MAX
    }

    /// `hops` bounds the depth of the recursion, and is itself bounded by the caller's limit.
    fn from(&mut self, node: NodeId, hops: u32) {
        if node == self.target {
            if hops == 0 {
                self.found.push(self.trail.clone());
            }
            return;
        }
        for (next, kind, cost) in self.steps(node) {
            self.looks += 1;
            if self.is_over() {
                return;
            }
            let arrives = self.distance.get(&next).is_some_and(|left| left + cost <= hops);
            let again = next == node || self.trail.iter().any(|step| step.node == next);
            if arrives && !again {
                self.trail.push(Step { node: next, kind });
                self.from(next, hops - cost);
                self.trail.pop();
            }
        }
    }

    fn steps(&self, node: NodeId) -> Vec<(NodeId, EdgeKind, u32)> {
        let mut steps = Vec::new();
        self.graph.each_edge(node.0, Direction::Down, self.kinds, |edge| {
            steps.push((NodeId(edge.node), edge.kind, 1));
        });
        if self.kinds.contains(EdgeKind::Contains) {
            steps.extend(
                self.graph.nodes.members(node.0).map(|member| (NodeId(member), EdgeKind::Contains, 0)),
            );
        }
        steps.sort_unstable();
        steps.dedup();
        steps
    }
}
