//! Clusters (聚类): records that are one thing, from pairs.
//!
//! Connected components alone join two firms through one false pair. So inside each component records are merged
//! from the strongest pair on, and two groups only as long as the mean weight of all pairs between them is for it;
//! a pair that was never proposed, or stayed below the threshold, counts against (correlation clustering by mean
//! linkage, in the manner of Bansal, Blum and Chawla 2004).
#![expect(clippy::indexing_slicing, reason = "records and groups are numbered here")]

use crate::link::Pair;
use rustc_hash::FxHashMap;
use std::collections::BinaryHeap;

/// How clusters are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clustering {
    /// Pairs below this probability do not connect.
    pub threshold: f64,
    /// log₂ odds given to a pair inside a component that is not among the pairs.
    pub absent: f64,
    /// Components of more records are not split but returned whole, and told: what joins so many is a key or a
    /// parameter, not a name.
    pub largest: usize,
}

impl Default for Clustering {
    fn default() -> Self {
        Self { threshold: 0.5, absent: -4.0, largest: 2000 }
    }
}

/// Clusters of the records `0..count`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Clusters {
    /// By record, the number of its cluster; clusters are numbered by their first record.
    pub of: Vec<u32>,
    /// How many clusters there are, those of one record counted.
    pub count: usize,
    /// Components that were split.
    pub split: usize,
    /// Components left whole because they were too large.
    pub too_large: usize,
}

/// Make clusters. Of two files, number the right records behind the left ones.
#[must_use]
pub fn clusters(pairs: &[Pair], count: usize, how: Clustering) -> Clusters {
    clusters_apart(pairs, &[], count, how)
}

/// Make clusters in which no two records of `apart` are together: pairs a person has told apart. A component that holds
/// such a pair is split whatever its size.
#[must_use]
pub fn clusters_apart(pairs: &[Pair], apart: &[(u32, u32)], count: usize, how: Clustering) -> Clusters {
    let strong: Vec<&Pair> = pairs
        .iter()
        .filter(|p| p.probability >= how.threshold && (p.left as usize) < count && (p.right as usize) < count)
        .collect();
    let mut union = Union::new(count);
    for pair in &strong {
        union.join(pair.left, pair.right);
    }
    let mut by_component: FxHashMap<u32, Vec<&Pair>> = FxHashMap::default();
    for pair in strong {
        by_component.entry(union.root(pair.left)).or_default().push(pair);
    }
    let mut apart_by_component: FxHashMap<u32, Vec<(u32, u32)>> = FxHashMap::default();
    for (a, b) in apart.iter().copied().filter(|(a, b)| a != b && a.max(b) < &(count as u32)) {
        let root = union.root(a);
        if root == union.root(b) {
            apart_by_component.entry(root).or_default().push((a, b));
        }
    }
    let mut roots: Vec<u32> = (0..count as u32).map(|record| union.root(record)).collect();
    let mut sizes = vec![0_usize; count];
    for root in &roots {
        sizes[*root as usize] += 1;
    }
    let mut out = Clusters::default();
    for (root, inside) in by_component {
        let kept_apart = apart_by_component.remove(&root).unwrap_or_default();
        match sizes[root as usize] {
            0..=2 if kept_apart.is_empty() => {}
            size if size > how.largest && kept_apart.is_empty() => out.too_large += 1,
            _ => {
                let parts = merge(&inside, &kept_apart, how.absent);
                out.split += usize::from(parts.len() > 1);
                for part in parts {
                    let first = part.iter().copied().min().unwrap_or(root);
                    for record in part {
                        roots[record as usize] = first;
                    }
                }
            }
        }
    }
    out.number(&roots);
    out
}

impl Clusters {
    fn number(&mut self, roots: &[u32]) {
        let mut numbers: FxHashMap<u32, u32> = FxHashMap::default();
        self.of = roots
            .iter()
            .map(|root| {
                let next = numbers.len() as u32;
                *numbers.entry(*root).or_insert(next)
            })
            .collect();
        self.count = numbers.len();
    }
}

/// Records joined with records, path halving.
struct Union(Vec<u32>);

impl Union {
    fn new(count: usize) -> Self {
        Self((0..count as u32).collect())
    }

    fn root(&mut self, mut record: u32) -> u32 {
        while self.0[record as usize] != record {
            let parent = self.0[record as usize];
            self.0[record as usize] = self.0[parent as usize];
            record = self.0[record as usize];
        }
        record
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        // The smaller number is the root: the result does not depend on the order of pairs.
        self.0[a.max(b) as usize] = a.min(b);
    }
}

/// A possible merge: the mean weight between two groups, and which they were when it was worked out.
#[derive(PartialEq)]
struct Merge {
    mean: f64,
    groups: (usize, usize),
    ages: (u32, u32),
}

impl Eq for Merge {}
impl PartialOrd for Merge {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Merge {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.mean.total_cmp(&other.mean).then(other.groups.cmp(&self.groups))
    }
}

struct Group {
    records: Vec<u32>,
    /// Sum of weights and number of known pairs with each neighbouring group.
    near: FxHashMap<usize, (f64, u32)>,
    /// Goes up at each merge, so that stale entries of the heap are known.
    age: u32,
}

/// Evidence, in bits, against a pair that a person has told apart: no sum of other pairs makes up for it.
const APART: f64 = -1e12;

fn merge(pairs: &[&Pair], apart: &[(u32, u32)], absent: f64) -> Vec<Vec<u32>> {
    let mut places: FxHashMap<u32, usize> = FxHashMap::default();
    let mut groups: Vec<Group> = Vec::new();
    for pair in pairs {
        let [a, b] = [pair.left, pair.right].map(|record| {
            *places.entry(record).or_insert_with(|| {
                groups.push(Group { records: vec![record], near: FxHashMap::default(), age: 0 });
                groups.len() - 1
            })
        });
        for (from, to) in [(a, b), (b, a)] {
            let known = groups[from].near.entry(to).or_insert((0.0, 0));
            known.0 += f64::from(pair.weight);
            known.1 += 1;
        }
    }
    for (a, b) in apart {
        let (Some(a), Some(b)) = (places.get(a).copied(), places.get(b).copied()) else { continue };
        for (from, to) in [(a, b), (b, a)] {
            let known = groups[from].near.entry(to).or_insert((0.0, 0));
            known.0 += APART;
            known.1 += 1;
        }
    }
    let mut heap: BinaryHeap<Merge> = BinaryHeap::new();
    for a in 0..groups.len() {
        let later: Vec<usize> = groups[a].near.keys().copied().filter(|b| *b > a).collect();
        heap.extend(later.into_iter().map(|b| between(&groups, a, b, absent)));
    }
    while let Some(best) = heap.pop() {
        let (a, b) = best.groups;
        if best.mean <= 0.0 {
            break;
        }
        if (groups[a].age, groups[b].age) != best.ages
            || groups[a].records.is_empty()
            || groups[b].records.is_empty()
        {
            continue;
        }
        absorb(&mut groups, a, b);
        let mut near: Vec<usize> = groups[a].near.keys().copied().collect();
        near.sort_unstable();
        heap.extend(near.into_iter().map(|other| between(&groups, a.min(other), a.max(other), absent)));
    }
    groups.into_iter().map(|group| group.records).filter(|records| !records.is_empty()).collect()
}

fn between(groups: &[Group], a: usize, b: usize, absent: f64) -> Merge {
    let (sum, known) = groups[a].near.get(&b).copied().unwrap_or((0.0, 0));
    let all = (groups[a].records.len() * groups[b].records.len()) as f64;
    let mean = (sum + absent * (all - f64::from(known)).max(0.0)) / all;
    Merge { mean, groups: (a, b), ages: (groups[a].age, groups[b].age) }
}

/// Move group `b` into group `a`.
fn absorb(groups: &mut [Group], a: usize, b: usize) {
    let records = std::mem::take(&mut groups[b].records);
    let near = std::mem::take(&mut groups[b].near);
    groups[b].age += 1;
    groups[a].age += 1;
    groups[a].records.extend(records);
    groups[a].near.remove(&b);
    for (other, (sum, known)) in near {
        groups[other].near.remove(&b);
        if other == a {
            continue;
        }
        for (from, to) in [(a, other), (other, a)] {
            let total = groups[from].near.entry(to).or_insert((0.0, 0));
            total.0 += sum;
            total.1 += known;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::probability;
    use proptest::prelude::*;

    fn pair(left: u32, right: u32, weight: f32) -> Pair {
        Pair { left, right, probability: probability(f64::from(weight)), weight }
    }

    #[test]
    fn one_weak_bridge_does_not_join_two_clusters() {
        let mut pairs = vec![pair(2, 3, 0.5)];
        for group in [[0, 1, 2], [3, 4, 5]] {
            for a in 0..3 {
                for b in a + 1..3 {
                    pairs.push(pair(group[a], group[b], 12.0));
                }
            }
        }
        let found = clusters(&pairs, 7, Clustering::default());
        assert_eq!((found.of, found.count, found.split), (vec![0, 0, 0, 1, 1, 1, 2], 3, 1));
    }

    #[test]
    fn a_chain_of_strong_pairs_stays_together_and_weak_pairs_do_not_connect() {
        let found =
            clusters(&[pair(0, 1, 14.0), pair(1, 2, 14.0), pair(3, 4, -1.0)], 5, Clustering::default());
        assert_eq!(found.of, [0, 0, 0, 1, 2]);
        let whole = clusters(
            &[pair(0, 1, 14.0), pair(1, 2, 14.0)],
            3,
            Clustering { largest: 2, ..Clustering::default() },
        );
        assert_eq!((whole.count, whole.too_large), (1, 1));
    }

    #[test]
    fn what_a_person_told_apart_is_never_together_however_strong_the_rest_is() {
        let pairs = [pair(0, 1, 30.0), pair(1, 2, 29.0), pair(3, 4, 20.0)];
        let found = clusters_apart(&pairs, &[(0, 2)], 5, Clustering::default());
        assert_eq!(found.of, [0, 0, 1, 2, 2]);
        let large = Clustering { largest: 2, ..Clustering::default() };
        assert_eq!(clusters_apart(&pairs, &[(2, 0)], 5, large).of, [0, 0, 1, 2, 2]);
        // Records that are in no component with each other are apart anyway.
        assert_eq!(
            clusters_apart(&pairs, &[(0, 3), (0, 0), (0, 9)], 5, Clustering::default()).of,
            [0, 0, 0, 1, 1]
        );
    }

    proptest! {
        #[test]
        fn pairs_told_apart_stay_apart(
            edges in prop::collection::vec((0..9_u32, 0..9_u32, 0.1..15.0_f32), 0..25),
            apart in prop::collection::vec((0..9_u32, 0..9_u32), 0..4),
        ) {
            let held = |a: u32, b: u32| apart.contains(&(a, b)) || apart.contains(&(b, a));
            let mut pairs: Vec<Pair> =
                edges.iter().filter(|(a, b, _)| a < b && !held(*a, *b)).map(|(a, b, w)| pair(*a, *b, *w)).collect();
            pairs.sort_by_key(|p| (p.left, p.right));
            pairs.dedup_by_key(|p| (p.left, p.right));
            let found = clusters_apart(&pairs, &apart, 9, Clustering::default());
            for (a, b) in apart {
                prop_assert!(a == b || found.of[a as usize] != found.of[b as usize], "{a} {b}");
            }
        }

        #[test]
        fn every_record_is_in_one_cluster_and_order_does_not_matter(
            edges in prop::collection::vec((0..12_u32, 0..12_u32, -3.0..15.0_f32), 0..30),
            turn in 0..30_usize,
        ) {
            let mut pairs: Vec<Pair> = edges.iter().filter(|(a, b, _)| a < b).map(|(a, b, w)| pair(*a, *b, *w)).collect();
            pairs.sort_by_key(|p| (p.left, p.right));
            pairs.dedup_by_key(|p| (p.left, p.right));
            let found = clusters(&pairs, 12, Clustering::default());
            prop_assert_eq!(found.of.len(), 12);
            prop_assert_eq!(found.of.iter().max().map_or(0, |m| *m as usize + 1), found.count);
            let at = if pairs.is_empty() { 0 } else { turn % pairs.len() };
            pairs.rotate_left(at);
            prop_assert_eq!(clusters(&pairs, 12, Clustering::default()).of, found.of);
        }
    }
}
