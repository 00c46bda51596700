//! What lies upstream and downstream, level by level.

use super::{Graph, NodeId, NodeKind};
use crate::kind::{EdgeKind, KindSet};
use rustc_hash::FxHashSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which way to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Towards where values come from (上游).
    Up,
    /// Towards what depends on them (下游).
    Down,
}

/// A question to the graph.
#[derive(Debug, Clone, Copy)]
pub struct Walk {
    /// Which way.
    pub direction: Direction,
    /// How many edges far; from a dataset to its columns costs none.
    pub hops_max: u32,
    /// Edges of which kinds.
    pub kinds: KindSet,
    /// How many nodes at most; the nearest are kept.
    pub nodes_max: usize,
}

impl Walk {
    /// Along all kinds of edges, at most 10,000 nodes.
    pub const fn new(direction: Direction, hops_max: u32) -> Self {
        Self { direction, hops_max, kinds: KindSet::ALL, nodes_max: 10_000 }
    }
}

/// A node that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The node.
    pub node: NodeId,
    /// The fewest edges to it; 0 for a column of the dataset asked for.
    pub hops: u32,
    /// The node it was first reached from, and by which kind of edge.
    pub from: NodeId,
    /// The kind of that edge.
    pub kind: EdgeKind,
    /// Whether a value arrives: a way without filters, joins and their like leads here within the hops.
    pub direct: bool,
}

/// The answer to a walk.
#[derive(Debug, Clone, Default)]
pub struct Reached {
    /// Nodes by distance, then by name; the start is not among them.
    pub nodes: Vec<Reach>,
    /// Whether more were there than the question allowed.
    pub truncated: bool,
}

impl Graph {
    /// What a node depends on, or what depends on it.
    pub fn walk(&self, start: NodeId, walk: &Walk) -> Reached {
        let mut reached = self.levels(start, walk);
        let has_indirect = !walk.kinds.intersection(KindSet::INDIRECT).is_empty();
        if has_indirect && reached.nodes.iter().any(|reach| reach.kind.is_indirect()) {
            let values = KindSet::DIRECT.union(KindSet::STRUCTURE).intersection(walk.kinds);
            let direct = self.levels(start, &Walk { kinds: values, nodes_max: usize::MAX, ..*walk });
            let direct: FxHashSet<NodeId> = direct.nodes.into_iter().map(|reach| reach.node).collect();
            for reach in &mut reached.nodes {
                reach.direct = direct.contains(&reach.node);
            }
        }
        reached.nodes.sort_by_cached_key(|reach| (reach.hops, self.name(reach.node)));
        reached
    }

    /// Breadth first, so that the hops are the fewest.
    fn levels(&self, start: NodeId, walk: &Walk) -> Reached {
        let mut seen: FxHashSet<u32> = FxHashSet::default();
        seen.insert(start.0);
        let mut found = Reached::default();
        let mut frontier = vec![start.0];
        self.step_inside(start.0, 0, walk, &mut seen, &mut frontier, &mut found);
        if walk.direction == Direction::Up && walk.kinds.contains(EdgeKind::Contains) {
            // Who asks where a dataset comes from asks it of its columns; of a dataset met on the way, only of those
            // that lead there.
            for column in self.nodes.members(start.0) {
                let node = NodeId(column);
                let reach = Reach { node, hops: 0, from: start, kind: EdgeKind::Contains, direct: true };
                if found.take(reach, walk) && seen.insert(column) {
                    frontier.push(column);
                }
            }
        }
        for hops in 1..=walk.hops_max {
            let mut next = Vec::new();
            for node in frontier {
                self.each_edge(node, walk.direction, walk.kinds, |edge| {
                    if seen.contains(&edge.node) {
                        return;
                    }
                    let reach = Reach {
                        node: NodeId(edge.node),
                        hops,
                        from: NodeId(node),
                        kind: edge.kind,
                        direct: true,
                    };
                    if found.take(reach, walk) {
                        seen.insert(edge.node);
                        next.push(edge.node);
                        self.step_inside(edge.node, hops, walk, &mut seen, &mut next, &mut found);
                    }
                });
            }
            if next.is_empty() {
                break;
            }
            frontier = next;
        }
        found
    }

    /// What befalls a dataset befalls its columns, so the step between them is free: down into the columns, and up
    /// to the dataset, whose filters and jobs decide about the column too. A page and its numbers likewise.
    fn step_inside(
        &self,
        node: u32,
        hops: u32,
        walk: &Walk,
        seen: &mut FxHashSet<u32>,
        frontier: &mut Vec<u32>,
        found: &mut Reached,
    ) {
        if !walk.kinds.contains(EdgeKind::Contains) {
            return;
        }
        let mut take = |inner: u32| {
            let reach = Reach {
                node: NodeId(inner),
                hops,
                from: NodeId(node),
                kind: EdgeKind::Contains,
                direct: true,
            };
            if !seen.contains(&inner) && found.take(reach, walk) {
                seen.insert(inner);
                frontier.push(inner);
            }
        };
        match walk.direction {
            Direction::Down => self.nodes.members(node).for_each(&mut take),
            Direction::Up => {
                let Some(found) = self.nodes.get(node) else { return };
                if found.kind == NodeKind::Column {
                    take(found.parent);
                }
            }
        }
    }
}

impl Reached {
    /// Keeps a node while there is room; says whether it did.
    fn take(&mut self, reach: Reach, walk: &Walk) -> bool {
        if self.nodes.len() >= walk.nodes_max {
            self.truncated = true;
            return false;
        }
        self.nodes.push(reach);
        true
    }
}
