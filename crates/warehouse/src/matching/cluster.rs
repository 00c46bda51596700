//! Clusters in the store: every change with its events, its cause and its evidence in one transaction.

use super::keys::Keys;
use super::partition::{self, After, Before, Change};
use super::queue::{AUTOMATIC, DECIDED_BITS, DIFFERENT, OPEN, SAME, Seen, Settled};
use super::{corrupt, refuse};
use crate::handle::Inner;
use crate::{Error, Result};
use brain_kernel::error::ErrorKind;
use brain_kernel::party::Party;
use brain_kernel::progress::Cancel;
use brain_matching::{Clustering, Pair, clusters_apart};
use brain_store::Transaction;
use brain_store::matching::{self as rows, ClusterRow, EventRow, MemberRow, PairRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Changes written in one transaction.
const CHANGES_AT_ONCE: usize = 200;
/// Members read at once.
const MEMBERS_AT_ONCE: u64 = 10_000;
/// Most records of clusters that one decision may touch.
const TOUCHED_MAX: u64 = 5_000;
/// Keys named in an event; more are counted.
const KEYS_NAMED: usize = 100;

/// Which clusters to list. Everything given must hold.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchClusterQuery")]
#[serde(default, deny_unknown_fields)]
pub struct ClusterQuery {
    /// 键的开头，或金记录的值 · What a record's key begins with, or text of a golden value.
    #[schemars(length(max = 200))]
    pub text: Option<String>,
    /// 至少几条记录 · Of at least so many records.
    #[schemars(range(min = 1))]
    pub at_least: Option<u32>,
    /// 也列出已结束的 · Ended ones too.
    pub ended: bool,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    pub page: Option<u64>,
    /// 每页条数，至多 1000 · Clusters per page, at most 1000.
    #[schemars(range(min = 1, max = 1000))]
    pub page_size: Option<u64>,
}

/// Because of what clusters change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cause<'a> {
    pub(super) kind: &'a str,
    pub(super) id: &'a str,
    pub(super) actor: &'a Party,
    pub(super) set: &'a str,
}

/// Groups of two records and more, from pairs that join and pairs that keep apart.
pub(super) fn groups(joined: &[(u32, u32, f32)], apart: &[(u32, u32)], count: usize) -> Vec<Vec<u32>> {
    let pairs: Vec<Pair> = joined
        .iter()
        .map(|(left, right, weight)| Pair { left: *left, right: *right, probability: 1.0, weight: *weight })
        .collect();
    let found = clusters_apart(&pairs, apart, count, Clustering::default());
    let mut groups: Vec<Vec<u32>> = vec![Vec::new(); found.count];
    for (record, group) in found.of.iter().enumerate() {
        if let Some(group) = groups.get_mut(*group as usize) {
            group.push(record as u32);
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}

impl Inner {
    /// The clusters of a set as they are stored, by number of record.
    async fn clusters_before(
        &self,
        set: &str,
        keys: &mut Keys,
        seen: &Seen,
        settled: &Settled,
    ) -> Result<Vec<Before>> {
        let mut clusters: BTreeMap<String, Before> = BTreeMap::new();
        let mut after = (String::new(), String::new());
        loop {
            let some =
                rows::members_after(self.store.db(), set, (&after.0, &after.1), MEMBERS_AT_ONCE).await?;
            let Some(last) = some.last() else { break };
            after = (last.dataset.clone(), last.record_key.clone());
            for member in some {
                let known = keys.find(&member.dataset, &member.record_key);
                let carried = known.is_some_and(|number| settled.carried.contains(&number));
                let looked_at = carried || seen.knows(known, &member.dataset);
                let dataset = keys.dataset(&member.dataset);
                let number = keys.number(dataset, &member.record_key);
                let empty = || Before { id: member.cluster_id.clone(), seen: Vec::new(), unseen: Vec::new() };
                let cluster = clusters.entry(member.cluster_id.clone()).or_insert_with(empty);
                if looked_at { cluster.seen.push(number) } else { cluster.unseen.push(number) }
            }
        }
        Ok(clusters.into_values().collect())
    }

    /// Bring stored clusters in line with what a run settled; how many clusters changed.
    pub(super) async fn recluster(
        &self,
        keys: &mut Keys,
        seen: &Seen,
        settled: &Settled,
        cause: Cause<'_>,
        cancel: &Cancel,
    ) -> Result<u64> {
        let before = self.clusters_before(cause.set, keys, seen, settled).await?;
        let groups = groups(&settled.joined, &settled.apart, keys.len());
        let changes = partition::changes(&before, &groups);
        let mut changed = 0;
        for some in changes.chunks(CHANGES_AT_ONCE) {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let transaction = self.store.transaction().await?;
            changed += self.write_changes(&transaction, keys, &before, some, cause).await?;
            transaction.commit().await?;
        }
        Ok(changed)
    }

    /// After a decision about a pair: the clusters of its two records, worked out anew from the pairs among them.
    pub(super) async fn recluster_around(
        &self,
        transaction: &Transaction,
        pair: &PairRow,
        cause: Cause<'_>,
    ) -> Result<u64> {
        let ends = [(&pair.left_dataset, &pair.left_key), (&pair.right_dataset, &pair.right_key)];
        let mut ids: BTreeSet<String> = BTreeSet::new();
        for (dataset, key) in ends {
            ids.extend(
                rows::member(transaction, cause.set, dataset, key).await?.map(|member| member.cluster_id),
            );
        }
        let ids: Vec<String> = ids.into_iter().collect();
        let members = rows::members_of(transaction, &ids, TOUCHED_MAX + 1).await?;
        if members.len() as u64 > TOUCHED_MAX {
            return Err(refuse(
                ErrorKind::Exhausted,
                "warehouse/match-cluster-too-large",
                format!("所在的簇超过 {TOUCHED_MAX} 条记录，请先提高阈值重新匹配。"),
                format!(
                    "The cluster has more than {TOUCHED_MAX} records; raise the thresholds and run again first."
                ),
            ));
        }
        let mut keys = Keys::default();
        let mut before: BTreeMap<&str, Before> = BTreeMap::new();
        for member in &members {
            let dataset = keys.dataset(&member.dataset);
            let number = keys.number(dataset, &member.record_key);
            let empty = || Before { id: member.cluster_id.clone(), seen: Vec::new(), unseen: Vec::new() };
            before.entry(&member.cluster_id).or_insert_with(empty).seen.push(number);
        }
        for (dataset, key) in ends {
            let dataset = keys.dataset(dataset);
            keys.number(dataset, key);
        }
        let records: Vec<(String, String)> = (0..keys.len() as u32)
            .map(|number| keys.name(number))
            .map(|(dataset, key)| (dataset.to_owned(), key.to_owned()))
            .collect();
        let among = rows::pairs_among(transaction, cause.set, &records, TOUCHED_MAX * 20).await?;
        let (mut joined, mut apart) = (Vec::new(), Vec::new());
        for pair in &among {
            let left = keys.find(&pair.left_dataset, &pair.left_key);
            let Some((left, right)) = left.zip(keys.find(&pair.right_dataset, &pair.right_key)) else {
                continue;
            };
            match pair.state.as_str() {
                SAME => joined.push((left, right, (pair.weight as f32).max(DECIDED_BITS))),
                DIFFERENT => apart.push((left, right)),
                AUTOMATIC => joined.push((left, right, pair.weight as f32)),
                OPEN if pair.sample && !pair.changed => joined.push((left, right, pair.weight as f32)),
                _ => {}
            }
        }
        let before: Vec<Before> = before.into_values().collect();
        let groups = groups(&joined, &apart, keys.len());
        let changes = partition::changes(&before, &groups);
        self.write_changes(transaction, &keys, &before, &changes, cause).await
    }

    async fn write_changes(
        &self,
        transaction: &Transaction,
        keys: &Keys,
        before: &[Before],
        changes: &[Change],
        cause: Cause<'_>,
    ) -> Result<u64> {
        let mut written = Written { inner: self, keys, before, cause, out: Rows::default() };
        for change in changes {
            written.change(change)?;
        }
        let Rows { formed, sizes, members, removed, events } = written.out;
        let (now, count) = (self.store.now(), events.len());
        if events.is_empty() {
            return Ok(0);
        }
        let ids: BTreeSet<String> = events.iter().map(|event| event.cluster_id.clone()).collect();
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        for event in &events {
            *kinds.entry(event.kind.clone()).or_default() += 1;
        }
        let said = serde_json::to_vec(&events)?;
        let digest = self.trust.evidence().algorithm().digest(&[&said]).to_string();
        rows::insert_clusters(transaction, formed).await?;
        for (id, size) in sizes {
            rows::resize_cluster(transaction, &id, size, now).await?;
        }
        rows::remove_members(transaction, cause.set, &removed).await?;
        rows::put_members(transaction, members).await?;
        rows::insert_events(transaction, events).await?;
        let body = json!({ "cause": cause.kind, "id": cause.id, "clusters": ids.len(), "events": count,
                           "kinds": kinds, "digest": digest,
                           "named": ids.iter().take(KEYS_NAMED).collect::<Vec<_>>() });
        self.record_act(transaction, cause.actor, ("match.clusters", cause.set), body).await?;
        Ok(ids.len() as u64)
    }
}

#[derive(Default)]
struct Rows {
    formed: Vec<ClusterRow>,
    sizes: Vec<(String, i64)>,
    members: Vec<MemberRow>,
    removed: Vec<(String, String)>,
    events: Vec<EventRow>,
}

/// Turns changes into rows.
struct Written<'a> {
    inner: &'a Inner,
    keys: &'a Keys,
    before: &'a [Before],
    cause: Cause<'a>,
    out: Rows,
}

impl Written<'_> {
    fn change(&mut self, change: &Change) -> Result<()> {
        let mut was: BTreeMap<u32, usize> = BTreeMap::new();
        for place in &change.before {
            let cluster = self.cluster(*place)?;
            was.extend(cluster.seen.iter().chain(&cluster.unseen).map(|record| (*record, *place)));
        }
        let mut now: BTreeMap<u32, String> = BTreeMap::new();
        let mut ids: Vec<String> = Vec::new();
        for after in &change.after {
            let id = match after.heir {
                Some(place) => self.cluster(place)?.id.clone(),
                None => self.inner.store.new_id(),
            };
            now.extend(after.records.iter().map(|record| (*record, id.clone())));
            ids.push(id);
        }
        for (after, id) in change.after.iter().zip(&ids) {
            self.after(after, id, (&was, &now))?;
        }
        for place in &change.before {
            if !change.after.iter().any(|after| after.heir == Some(*place)) {
                let ended = self.cluster(*place)?.clone();
                let all: Vec<u32> = ended.seen.iter().chain(&ended.unseen).copied().collect();
                let to = self.others(&all, &now, &ended.id);
                self.out.sizes.push((ended.id.clone(), 0));
                self.event(
                    &ended.id,
                    "end",
                    json!({ "records": self.named(&all), "count": all.len(), "to": to }),
                );
            }
        }
        let gone: Vec<u32> = was.keys().filter(|record| !now.contains_key(record)).copied().collect();
        for record in gone {
            let (dataset, key) = self.keys.name(record);
            self.out.removed.push((dataset.to_owned(), key.to_owned()));
        }
        Ok(())
    }

    fn after(
        &mut self,
        after: &After,
        id: &str,
        (was, now): (&BTreeMap<u32, usize>, &BTreeMap<u32, String>),
    ) -> Result<()> {
        let set = self.cause.set.to_owned();
        let at = self.inner.store.now();
        let size = after.records.len() as i64;
        let arrived: Vec<u32> = after
            .records
            .iter()
            .filter(|record| was.get(record).copied() != after.heir || after.heir.is_none())
            .copied()
            .collect();
        let from: BTreeSet<String> = arrived
            .iter()
            .filter_map(|record| was.get(record))
            .filter_map(|place| self.before.get(*place))
            .map(|cluster| cluster.id.clone())
            .collect();
        for record in &arrived {
            let (dataset, key) = self.keys.name(*record);
            let (dataset, record_key) = (dataset.to_owned(), key.to_owned());
            let row =
                MemberRow { set_id: set.clone(), dataset, record_key, cluster_id: id.to_owned(), since: at };
            self.out.members.push(row);
        }
        let detail = json!({ "records": self.named(&arrived), "count": arrived.len(), "from": from });
        let Some(place) = after.heir else {
            let row = ClusterRow {
                id: id.to_owned(),
                set_id: set,
                size,
                ended: false,
                created_at: at,
                updated_at: at,
            };
            self.out.formed.push(row);
            self.event(id, "form", detail);
            return Ok(());
        };
        self.out.sizes.push((id.to_owned(), size));
        if !arrived.is_empty() {
            self.event(id, if from.is_empty() { "add" } else { "join" }, detail);
        }
        let left = partition::left(self.cluster(place)?, after);
        if !left.is_empty() {
            let to = self.others(&left, now, id);
            self.event(id, "split", json!({ "records": self.named(&left), "count": left.len(), "to": to }));
        }
        Ok(())
    }

    fn cluster(&self, place: usize) -> Result<&Before> {
        self.before.get(place).ok_or_else(|| corrupt("match cluster", &place.to_string()))
    }

    /// The clusters these records are in now, but for this one.
    fn others(&self, records: &[u32], now: &BTreeMap<u32, String>, but: &str) -> BTreeSet<String> {
        records.iter().filter_map(|record| now.get(record)).filter(|id| *id != but).cloned().collect()
    }

    /// Dataset and key of the first hundred records.
    fn named(&self, records: &[u32]) -> Vec<Value> {
        let name = |record: &u32| {
            let (dataset, key) = self.keys.name(*record);
            json!([dataset, key])
        };
        records.iter().take(KEYS_NAMED).map(name).collect()
    }

    fn event(&mut self, cluster: &str, kind: &str, detail: Value) {
        let event = EventRow {
            id: self.inner.store.new_id(),
            set_id: self.cause.set.to_owned(),
            cluster_id: cluster.to_owned(),
            kind: kind.to_owned(),
            detail,
            cause: self.cause.kind.to_owned(),
            cause_id: self.cause.id.to_owned(),
            actor: self.cause.actor.account.clone(),
            at: self.inner.store.now(),
        };
        self.out.events.push(event);
    }
}
