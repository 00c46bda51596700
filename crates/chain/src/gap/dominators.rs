//! What every way to a final product must pass through.
//!
//! [`immediate_dominators`]: on a plain directed graph, by Cooper, Harvey & Kennedy, "A Simple, Fast Dominance
//! Algorithm" (2001): node d dominates v when every path from the root to v passes d.
//!
//! [`single_points`]: on the AND–OR product graph. A product needs every one of its essential inputs (AND); of
//! inputs that are not marked, any one is enough (OR); of its makers and of the kinds it comes in, any one (OR).
//! The set every way needs is the greatest solution of
//! `N(v) = {v} ∪ ⋃_{AND} N(u) ∪ ⋂_{OR} N(u)`,
//! which without AND is the set of dominators from the raw materials to v.

#![expect(clippy::indexing_slicing, reason = "node numbers are checked on entry")]

use super::complexity::refuse;
use crate::error::{ChainError, Result};

/// Nodes [`single_points`] accepts: memory is nodes²/8 bytes.
const NODES_MAX: u64 = 20_000;

/// The immediate dominator of every node reached from `root` (the root's is itself); `None` = not reached.
pub fn immediate_dominators(nodes: u32, edges: &[(u32, u32)], root: u32) -> Result<Vec<Option<u32>>> {
    if root >= nodes || edges.iter().any(|&(a, b)| a >= nodes || b >= nodes) {
        return Err(refuse("edges", &format!("root {root}"), "numbers below the number of nodes"));
    }
    let mut next = vec![Vec::new(); nodes as usize];
    let mut before = vec![Vec::new(); nodes as usize];
    for &(from, to) in edges {
        next[from as usize].push(to);
        before[to as usize].push(from);
    }
    let order = postorder(&next, root);
    let mut rank = vec![usize::MAX; nodes as usize];
    for (at, &node) in order.iter().enumerate() {
        rank[node as usize] = at;
    }
    let mut dominator: Vec<Option<u32>> = vec![None; nodes as usize];
    dominator[root as usize] = Some(root);
    let mut changed = true;
    while changed {
        changed = false;
        for &node in order.iter().rev().filter(|&&n| n != root) {
            let known = before[node as usize].iter().copied().filter(|&p| dominator[p as usize].is_some());
            let found = known.reduce(|a, b| meet(&dominator, &rank, a, b));
            if found.is_some() && dominator[node as usize] != found {
                dominator[node as usize] = found;
                changed = true;
            }
        }
    }
    Ok(dominator)
}

/// The nearest node that dominates both.
fn meet(dominator: &[Option<u32>], rank: &[usize], mut a: u32, mut b: u32) -> u32 {
    while a != b {
        let lower = if rank[a as usize] < rank[b as usize] { &mut a } else { &mut b };
        match dominator[*lower as usize] {
            Some(up) if up != *lower => *lower = up,
            _ => break,
        }
    }
    a
}

fn postorder(next: &[Vec<u32>], root: u32) -> Vec<u32> {
    let mut order = Vec::new();
    let mut seen = vec![false; next.len()];
    let mut stack = vec![(root, 0)];
    seen[root as usize] = true;
    while let Some((node, at)) = stack.pop() {
        if let Some(&child) = next[node as usize].get(at) {
            stack.push((node, at + 1));
            if !seen[child as usize] {
                seen[child as usize] = true;
                stack.push((child, 0));
            }
        } else {
            order.push(node);
        }
    }
    order
}

/// One condition of a node: all of them must hold, and one member is enough for each.
pub type AnyOf = Vec<u32>;

/// For each node, the conditions under which it is available. No condition = available by itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AndOr {
    /// Conditions by node.
    pub conditions: Vec<Vec<AnyOf>>,
}

impl AndOr {
    /// A graph of this many nodes without conditions.
    #[must_use]
    pub fn of(nodes: usize) -> Self {
        Self { conditions: vec![Vec::new(); nodes] }
    }

    /// Add a condition; an empty one or an unknown node is left out.
    pub fn require(&mut self, node: u32, any_of: AnyOf) {
        if !any_of.is_empty()
            && let Some(conditions) = self.conditions.get_mut(node as usize)
        {
            conditions.push(any_of);
        }
    }
}

/// Every node without which `target` is not available, ascending, the target itself included.
pub fn single_points(graph: &AndOr, target: u32) -> Result<Vec<u32>> {
    let nodes = graph.conditions.len();
    if nodes as u64 > NODES_MAX {
        return Err(ChainError::TooLarge {
            what: "products + firms",
            actual: nodes as u64,
            limit: NODES_MAX,
        });
    }
    let known = |u: &u32| (*u as usize) < nodes;
    if !known(&target) || !graph.conditions.iter().flatten().flatten().all(known) {
        return Err(refuse("and_or", &target, "numbers below the number of nodes"));
    }
    let words = nodes / 64 + 1;
    // Start from "needs everything" and shrink: the greatest solution, so a loop does not feed itself.
    let mut needs = vec![u64::MAX; nodes * words];
    let mut changed = true;
    while changed {
        changed = false;
        for (node, conditions) in graph.conditions.iter().enumerate() {
            let mut now = vec![0_u64; words];
            for any_of in conditions {
                for word in 0..words {
                    let all = any_of.iter().fold(u64::MAX, |w, &u| w & needs[u as usize * words + word]);
                    now[word] |= all;
                }
            }
            now[node / 64] |= 1 << (node % 64);
            let slot = &mut needs[node * words..(node + 1) * words];
            if slot != now {
                slot.copy_from_slice(&now);
                changed = true;
            }
        }
    }
    let row = &needs[target as usize * words..(target as usize + 1) * words];
    // Bits past the last node vanish only when some way to the target starts outside a loop; where none does
    // (`spare` is still set) there is no way at all, hence no single point but the target.
    let spare = row.get(nodes / 64).is_some_and(|w| w >> (nodes % 64) & 1 == 1);
    if spare {
        return Ok(vec![target]);
    }
    Ok((0..nodes as u32).filter(|&n| row[n as usize / 64] >> (n % 64) & 1 == 1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Lengauer & Tarjan (1979), figure 1: R=0 A=1 B=2 C=3 D=4 E=5 F=6 G=7 H=8 I=9 J=10 K=11 L=12.
    #[test]
    fn the_graph_of_lengauer_and_tarjan_has_its_published_dominator_tree() {
        let edges = [
            (0, 1),
            (0, 2),
            (0, 3),
            (1, 4),
            (2, 1),
            (2, 4),
            (2, 5),
            (3, 6),
            (3, 7),
            (4, 12),
            (5, 8),
            (6, 9),
            (7, 9),
            (7, 10),
            (8, 5),
            (8, 11),
            (9, 11),
            (10, 9),
            (11, 9),
            (11, 0),
            (12, 8),
        ];
        let found = immediate_dominators(13, &edges, 0).unwrap();
        let want = [0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 7, 0, 4].map(Some);
        assert_eq!(found, want);
    }

    #[test]
    fn a_diamond_is_dominated_by_its_root_alone_and_what_is_not_reached_by_nothing() {
        let found = immediate_dominators(5, &[(0, 1), (0, 2), (1, 3), (2, 3)], 0).unwrap();
        assert_eq!(found, [Some(0), Some(0), Some(0), Some(0), None]);
        assert!(immediate_dominators(2, &[(0, 2)], 0).is_err());
    }

    /// Final 0 needs 1 AND 2; 1 can be had from 3 OR 4; both of those need 5; 2 has one maker, 6.
    #[test]
    fn essential_inputs_are_all_needed_and_alternatives_only_where_they_meet() {
        let mut graph = AndOr::of(7);
        graph.require(0, vec![1]);
        graph.require(0, vec![2]);
        graph.require(1, vec![3, 4]);
        graph.require(3, vec![5]);
        graph.require(4, vec![5]);
        graph.require(2, vec![6]);
        assert_eq!(single_points(&graph, 0).unwrap(), [0, 1, 2, 5, 6]);
        graph.require(6, vec![]);
        assert_eq!(single_points(&graph, 5).unwrap(), [5]);
    }

    /// Scrap (1) is made from the product (0) and may replace ore (2): only the way through ore starts anywhere.
    #[test]
    fn a_loop_does_not_feed_itself() {
        let mut graph = AndOr::of(3);
        graph.require(0, vec![1, 2]);
        graph.require(1, vec![0]);
        assert_eq!(single_points(&graph, 0).unwrap(), [0, 2]);
        let mut closed = AndOr::of(2);
        closed.require(0, vec![1]);
        closed.require(1, vec![0]);
        assert_eq!(single_points(&closed, 0).unwrap(), [0]);
    }

    #[test]
    fn without_and_the_single_points_are_the_dominators() {
        let edges = [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4), (4, 5), (3, 5), (5, 6)];
        let mut graph = AndOr::of(7);
        for node in 1..7 {
            graph.require(node, edges.iter().filter(|e| e.1 == node).map(|e| e.0).collect());
        }
        let dominator = immediate_dominators(7, &edges, 0).unwrap();
        let mut chain = vec![6];
        while let Some(up) =
            dominator[chain[chain.len() - 1] as usize].filter(|&u| u != chain[chain.len() - 1])
        {
            chain.push(up);
        }
        chain.reverse();
        assert_eq!(single_points(&graph, 6).unwrap(), chain);
    }
}
