//! From clusters as they were and groups as they are found now to what changes: which cluster lives on as which group.
//!
//! A cluster lives on as the group that holds most of it. What the caller could not see stays with it. Each change is a
//! set of clusters and groups that share records and nothing with the rest, so that it can be written by itself.

use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};

/// A cluster as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Before {
    pub(super) id: String,
    /// Records that were looked at, or are gone.
    pub(super) seen: Vec<u32>,
    /// Records that the caller may not see.
    pub(super) unseen: Vec<u32>,
}

/// What lives on, or is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct After {
    /// Place of the cluster that lives on; `None` is a new one.
    pub(super) heir: Option<usize>,
    /// All its records, sorted.
    pub(super) records: Vec<u32>,
}

/// Clusters that change together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// Places of the clusters concerned.
    pub(super) before: Vec<usize>,
    /// What there is behind it; clusters concerned that are not here have ended.
    pub(super) after: Vec<After>,
}

/// What changes. Groups have two records or more, and share none.
pub(super) fn changes(before: &[Before], groups: &[Vec<u32>]) -> Vec<Change> {
    let mut cluster_of: FxHashMap<u32, usize> = FxHashMap::default();
    for (place, cluster) in before.iter().enumerate() {
        cluster_of.extend(cluster.seen.iter().map(|record| (*record, place)));
    }
    // Clusters come first, groups behind them.
    let mut links = Links((0..before.len() + groups.len()).collect());
    for (place, group) in groups.iter().enumerate() {
        for cluster in group.iter().filter_map(|record| cluster_of.get(record)) {
            links.join(before.len() + place, *cluster);
        }
    }
    let mut together: BTreeMap<usize, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for place in 0..before.len() {
        together.entry(links.root(place)).or_default().0.push(place);
    }
    for place in 0..groups.len() {
        together.entry(links.root(before.len() + place)).or_default().1.push(place);
    }
    together
        .into_values()
        .filter_map(|(clusters, found)| change(before, groups, clusters, &found, &cluster_of))
        .collect()
}

fn change(
    before: &[Before],
    groups: &[Vec<u32>],
    clusters: Vec<usize>,
    found: &[usize],
    cluster_of: &FxHashMap<u32, usize>,
) -> Option<Change> {
    let mut shared: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for group in found {
        for cluster in groups.get(*group)?.iter().filter_map(|record| cluster_of.get(record)) {
            *shared.entry((*cluster, *group)).or_default() += 1;
        }
    }
    let mut order: Vec<((usize, usize), usize)> = shared.into_iter().collect();
    order.sort_by(|(a, one), (b, other)| other.cmp(one).then(a.cmp(b)));
    let mut heirs: BTreeMap<usize, usize> = BTreeMap::new();
    // Where a cluster's unseen records go: to the group that holds most of it.
    let mut follows: BTreeMap<usize, usize> = BTreeMap::new();
    for ((cluster, group), _) in &order {
        follows.entry(*cluster).or_insert(*group);
        if !heirs.contains_key(group) && !heirs.values().any(|heir| heir == cluster) {
            heirs.insert(*group, *cluster);
        }
    }
    let mut after: Vec<After> = Vec::new();
    for group in found {
        let mut records = groups.get(*group)?.clone();
        for (cluster, _) in follows.iter().filter(|(_, to)| *to == group) {
            records.extend(before.get(*cluster)?.unseen.iter().copied());
        }
        after.push(After { heir: heirs.get(group).copied(), records });
    }
    for cluster in clusters.iter().filter(|cluster| !follows.contains_key(cluster)) {
        // Nothing of what was looked at is together any more; what was not stays as it was.
        let unseen = before.get(*cluster)?.unseen.clone();
        after.push(After { heir: Some(*cluster), records: unseen });
    }
    for one in &mut after {
        one.records.sort_unstable();
        one.records.dedup();
    }
    // One record alone is no cluster.
    after.retain(|one| one.records.len() > 1);
    let same = |one: &After| {
        let Some(cluster) = one.heir.and_then(|heir| before.get(heir)) else { return false };
        let was: BTreeSet<u32> = cluster.seen.iter().chain(&cluster.unseen).copied().collect();
        was.len() == one.records.len() && one.records.iter().all(|record| was.contains(record))
    };
    let unchanged = after.len() == clusters.len() && after.iter().all(same);
    (!unchanged).then_some(Change { before: clusters, after })
}

/// Records of a cluster that are not in it any more.
pub(super) fn left(before: &Before, after: &After) -> Vec<u32> {
    let now: FxHashSet<u32> = after.records.iter().copied().collect();
    before.seen.iter().chain(&before.unseen).copied().filter(|record| !now.contains(record)).collect()
}

/// Places joined with places, path halving.
struct Links(Vec<usize>);

impl Links {
    fn parent(&self, place: usize) -> usize {
        self.0.get(place).copied().unwrap_or(place)
    }

    fn root(&mut self, mut place: usize) -> usize {
        while self.parent(place) != place {
            let above = self.parent(self.parent(place));
            if let Some(parent) = self.0.get_mut(place) {
                *parent = above;
            }
            place = above;
        }
        place
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(parent) = self.0.get_mut(a.max(b)) {
            *parent = a.min(b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cluster(id: &str, seen: &[u32], unseen: &[u32]) -> Before {
        Before { id: id.to_owned(), seen: seen.to_vec(), unseen: unseen.to_vec() }
    }

    fn after(heir: Option<usize>, records: &[u32]) -> After {
        After { heir, records: records.to_vec() }
    }

    #[test]
    fn what_stays_as_it_was_is_no_change() {
        let before = [cluster("a", &[1, 2], &[9]), cluster("b", &[3, 4], &[])];
        assert_eq!(changes(&before, &[vec![4, 3], vec![2, 1]]), []);
        assert_eq!(changes(&[], &[]), []);
    }

    #[test]
    fn new_joined_split_and_ended_clusters_are_told_apart() {
        let before = [cluster("a", &[1, 2], &[]), cluster("b", &[3, 4, 5], &[]), cluster("c", &[6, 7], &[])];
        let found = changes(&before, &[vec![1, 2, 3, 4, 5], vec![8, 9]]);
        assert_eq!(
            found,
            [
                Change { before: vec![0, 1], after: vec![after(Some(1), &[1, 2, 3, 4, 5])] },
                Change { before: vec![2], after: vec![] },
                Change { before: vec![], after: vec![after(None, &[8, 9])] },
            ]
        );
        let found = changes(&[cluster("a", &[1, 2, 3, 4, 5], &[])], &[vec![1, 2], vec![3, 4, 5]]);
        assert_eq!(
            found,
            [Change { before: vec![0], after: vec![after(None, &[1, 2]), after(Some(0), &[3, 4, 5])] }]
        );
        assert_eq!(left(&cluster("a", &[1, 2, 3, 4, 5], &[]), &found[0].after[1]), [1, 2]);
    }

    #[test]
    fn records_the_caller_may_not_see_stay_with_their_cluster() {
        let before = [cluster("a", &[1], &[7, 8]), cluster("b", &[2, 3], &[])];
        let joined = changes(&before, &[vec![1, 2, 3]]);
        assert_eq!(joined, [Change { before: vec![0, 1], after: vec![after(Some(1), &[1, 2, 3, 7, 8])] }]);
        // The record that was seen is alone now: the two others remain together.
        let alone = changes(&before[..1], &[]);
        assert_eq!(alone, [Change { before: vec![0], after: vec![after(Some(0), &[7, 8])] }]);
        let ended = changes(&[cluster("a", &[1], &[7])], &[]);
        assert_eq!(ended, [Change { before: vec![0], after: vec![] }]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_twice(
            old in prop::collection::vec(0..6_usize, 16),
            new in prop::collection::vec(0..6_usize, 16),
            hidden in prop::collection::vec(any::<bool>(), 16),
        ) {
            let members = |of: &[usize], group: usize| -> Vec<u32> {
                of.iter().enumerate().filter(|(_, g)| **g == group).map(|(record, _)| record as u32).collect()
            };
            let before: Vec<Before> = (0..6).map(|group| {
                let (unseen, seen) = members(&old, group).into_iter().partition(|record| hidden[*record as usize]);
                Before { id: group.to_string(), seen, unseen }
            }).filter(|cluster| cluster.seen.len() + cluster.unseen.len() > 1).collect();
            let groups: Vec<Vec<u32>> = (0..6)
                .map(|group| members(&new, group).into_iter().filter(|record| !hidden[*record as usize]).collect::<Vec<u32>>())
                .filter(|group| group.len() > 1)
                .collect();
            let mut now: Vec<Vec<u32>> = Vec::new();
            let (mut heirs, mut touched) = (BTreeSet::new(), BTreeSet::new());
            for change in changes(&before, &groups) {
                for one in change.after {
                    prop_assert!(one.records.len() > 1);
                    if let Some(heir) = one.heir {
                        prop_assert!(heirs.insert(heir) && change.before.contains(&heir));
                    }
                    now.push(one.records);
                }
                touched.extend(change.before);
            }
            for (place, cluster) in before.iter().enumerate().filter(|(place, _)| !touched.contains(place)) {
                let mut records = [cluster.seen.clone(), cluster.unseen.clone()].concat();
                records.sort_unstable();
                prop_assert!(!heirs.contains(&place));
                now.push(records);
            }
            let all: Vec<u32> = now.iter().flatten().copied().collect();
            prop_assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
            for group in &groups {
                prop_assert!(now.iter().any(|records| group.iter().all(|record| records.contains(record))));
            }
            // Seen records are together only as the groups say.
            for records in &now {
                let seen: Vec<u32> = records.iter().copied().filter(|record| !hidden[*record as usize]).collect();
                prop_assert!(seen.len() < 2 || groups.iter().any(|group| seen.iter().all(|record| group.contains(record))));
            }
            // Unseen ones of a cluster stay together.
            for cluster in before.iter().filter(|cluster| cluster.unseen.len() > 1) {
                prop_assert!(now.iter().any(|records| cluster.unseen.iter().all(|record| records.contains(record))));
            }
        }
    }
}
