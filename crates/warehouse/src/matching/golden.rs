//! Golden records (金记录) of clusters: what survives of what their records say, each value with source, day and rule.
//!
//! Values of columns graded general 3 and above are not kept: of them the store has where they are and a digest, and they
//! are read through the caller's session when they are shown.

use super::keys::joined;
use super::plan::{GoldenRules, Plan};
use super::read;
use super::weigh::Digest;
use super::{blocking, corrupt};
use crate::handle::Inner;
use crate::query::Session;
use crate::{Error, Result};
use brain_kernel::date;
use brain_kernel::progress::{Cancel, Progress};
use brain_standards::enterprise::{ChosenBy, Given, GoldenRecord, Record};
use brain_store::matching::{self as rows, GoldenRow, MemberRow, RunRow};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Records of clusters worked on at a time: what they say is in memory.
const RECORDS_AT_ONCE: usize = 200_000;
/// Members read at once.
const MEMBERS_AT_ONCE: u64 = 10_000;
/// Clusters written in one transaction.
const CLUSTERS_AT_ONCE: usize = 500;
/// Longest value that is kept, bytes; an index holds it as it is looked for.
const VALUE_BYTES_MAX: usize = 2_000;
const FOLDED_CHARACTERS_MAX: usize = 200;

/// A member of a cluster and where it stands.
struct Member {
    cluster: String,
    dataset: String,
    key: String,
}

/// Golden records of a set being made.
struct Making<'a> {
    inner: &'a Inner,
    run: &'a RunRow,
    rules: &'a GoldenRules,
    digest: &'a Digest,
    /// Columns whose values the store may not hold.
    sealed: BTreeSet<(String, String)>,
    new: u64,
    ended: u64,
}

impl Inner {
    /// Make the golden records of a set's clusters; how many values are new, and how many hold no longer.
    pub(super) async fn make_golden(
        &self,
        (session, run): (&Session, &RunRow),
        (plan, rules): (&Plan, &GoldenRules),
        digest: &Digest,
        (progress, cancel): (&Progress, &Cancel),
    ) -> Result<(u64, u64)> {
        let columns = rules.attributes.values().flatten();
        let sealed = columns
            .filter(|(dataset, column)| self.is_sensitive(dataset, column))
            .map(|(dataset, column)| (dataset.clone(), column.clone()))
            .collect();
        let mut making = Making { inner: self, run, rules, digest, sealed, new: 0, ended: 0 };
        let members = self.members_by_cluster(&run.set_id).await?;
        progress.set_total(members.len() as u64);
        let mut rest = members.as_slice();
        while !rest.is_empty() {
            // A slice ends where a cluster ends.
            let mut end = rest.len().min(RECORDS_AT_ONCE);
            while end < rest.len()
                && rest.get(end).map(|m| &m.cluster) == rest.get(end - 1).map(|m| &m.cluster)
            {
                end += 1;
            }
            let (some, others) = rest.split_at(end);
            let (records, hidden) = making.records(session, plan, some, cancel).await?;
            let survivorship = rules.survivorship.clone();
            let golden = blocking(move || Ok(survivorship.golden(&records))).await?;
            making.write(some, golden, &hidden, cancel).await?;
            progress.add(end as u64);
            rest = others;
        }
        Ok((making.new, making.ended))
    }

    async fn members_by_cluster(&self, set: &str) -> Result<Vec<Member>> {
        let (mut all, mut after) = (Vec::new(), (String::new(), String::new()));
        loop {
            let some =
                rows::members_after(self.store.db(), set, (&after.0, &after.1), MEMBERS_AT_ONCE).await?;
            let Some(last) = some.last() else { break };
            after = (last.dataset.clone(), last.record_key.clone());
            all.extend(some.into_iter().map(|member| {
                let MemberRow { cluster_id, dataset, record_key, .. } = member;
                Member { cluster: cluster_id, dataset, key: record_key }
            }));
        }
        all.sort_by(|a, b| (&a.cluster, &a.dataset, &a.key).cmp(&(&b.cluster, &b.dataset, &b.key)));
        Ok(all)
    }
}

impl Making<'_> {
    /// What the members say, read through the session, and the clusters of which it does not show every record: what they
    /// are made of is not known to this run, so it leaves their golden records as they are.
    async fn records(
        &self,
        session: &Session,
        plan: &Plan,
        members: &[Member],
        cancel: &Cancel,
    ) -> Result<(Vec<Record>, BTreeSet<String>)> {
        let (mut records, mut hidden) = (Vec::new(), BTreeSet::new());
        for dataset in plan.datasets() {
            let Some(key) = plan.key_of(&dataset) else { continue };
            let attributes: Vec<(&String, &String)> = (self.rules.attributes.iter())
                .filter_map(|(attribute, columns)| Some((attribute, columns.get(&dataset)?)))
                .collect();
            if attributes.is_empty() {
                continue;
            }
            let places: FxHashMap<&str, usize> = (members.iter().enumerate())
                .filter(|(_, member)| member.dataset == dataset)
                .map(|(place, member)| (member.key.as_str(), place))
                .collect();
            let day = self.rules.dates.get(&dataset);
            let columns = key.iter().chain(attributes.iter().map(|(_, column)| *column)).chain(day);
            let columns: Vec<String> = columns.cloned().collect();
            read::admitted(session, &dataset, &columns)?;
            let mut stream = read::open(session, &dataset, &columns, cancel).await?;
            let mut taken: BTreeSet<usize> = BTreeSet::new();
            while let Some(batch) = stream.next().await {
                let batch = batch?;
                let texts = read::texts(&batch)?;
                for row in 0..batch.num_rows() {
                    let cell = |at: usize| texts.get(at).map_or("", |column| read::cell(column, row));
                    let found = joined((0..key.len()).map(cell));
                    let place = found.and_then(|found| places.get(found.as_str()).copied());
                    // Of rows with one key the first counts, as it did when they were matched.
                    let Some(place) = place.filter(|place| taken.insert(*place)) else { continue };
                    let Some(member) = members.get(place) else { continue };
                    let values = attributes
                        .iter()
                        .enumerate()
                        .map(|(at, (attribute, _))| ((*attribute).clone(), cell(key.len() + at).trim()));
                    let values = values.filter(|(_, value)| {
                        !date::is_none(value) && value.len() <= VALUE_BYTES_MAX && !value.contains('\0')
                    });
                    records.push(Record {
                        place: place as u64,
                        enterprise: member.cluster.clone(),
                        source: dataset.clone(),
                        // A day that is none is like one that is not there; the quality rules of the table are for that.
                        on: day.and_then(|_| date::parse(cell(key.len() + attributes.len())).ok().flatten()),
                        values: values.map(|(attribute, value)| (attribute, value.to_owned())).collect(),
                    });
                }
            }
            read::all_of(&stream, &dataset)?;
            let unread = places.values().filter(|place| !taken.contains(place));
            hidden
                .extend(unread.filter_map(|place| members.get(*place)).map(|member| member.cluster.clone()));
        }
        Ok((records, hidden))
    }

    async fn write(
        &mut self,
        members: &[Member],
        golden: Vec<GoldenRecord>,
        hidden: &BTreeSet<String>,
        cancel: &Cancel,
    ) -> Result<()> {
        let mut by_cluster: BTreeMap<String, GoldenRecord> =
            golden.into_iter().map(|record| (record.enterprise.clone(), record)).collect();
        let clusters: BTreeSet<&String> = members
            .iter()
            .map(|member| &member.cluster)
            .filter(|cluster| !hidden.contains(*cluster))
            .collect();
        let clusters: Vec<String> = clusters.into_iter().cloned().collect();
        for some in clusters.chunks(CLUSTERS_AT_ONCE) {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let now = self.inner.store.now();
            let mut stored = rows::golden_now(self.inner.store.db(), some).await?;
            let mut fresh = Vec::new();
            for cluster in some {
                if let Some(record) = by_cluster.remove(cluster) {
                    self.values(members, cluster, record, &mut fresh)?;
                }
            }
            // What is stored and made again stays; what is left of either is the difference.
            let mut known: FxHashMap<Said, Vec<String>> = FxHashMap::default();
            for row in stored.drain(..) {
                known.entry(said(&row)).or_default().push(row.id);
            }
            fresh.retain(|row| known.get_mut(&said(row)).and_then(Vec::pop).is_none());
            let mut ended: Vec<String> = known.into_values().flatten().collect();
            ended.sort_unstable();
            self.new += fresh.len() as u64;
            self.ended += ended.len() as u64;
            if fresh.is_empty() && ended.is_empty() {
                continue;
            }
            let transaction = self.inner.store.transaction().await?;
            rows::end_golden(&transaction, &ended, now).await?;
            rows::insert_golden(&transaction, fresh).await?;
            transaction.commit().await?;
        }
        Ok(())
    }

    fn values(
        &self,
        members: &[Member],
        cluster: &str,
        record: GoldenRecord,
        out: &mut Vec<GoldenRow>,
    ) -> Result<()> {
        for (attribute, golden) in record.values {
            out.push(self.row(members, (cluster, &attribute), &golden.chosen, Some(golden.by))?);
            for other in &golden.others {
                out.push(self.row(members, (cluster, &attribute), other, None)?);
            }
        }
        Ok(())
    }

    fn row(
        &self,
        members: &[Member],
        (cluster, attribute): (&str, &str),
        given: &Given,
        by: Option<ChosenBy>,
    ) -> Result<GoldenRow> {
        let member = usize::try_from(given.place).ok().and_then(|place| members.get(place));
        let member = member.ok_or_else(|| corrupt("golden_value", cluster))?;
        let column = self.rules.attributes.get(attribute).and_then(|columns| columns.get(&member.dataset));
        let column = column.ok_or_else(|| corrupt("golden_value", attribute))?;
        let sealed = self.sealed.contains(&(member.dataset.clone(), column.clone()));
        let by = by.map(serde_json::to_value).transpose()?;
        Ok(GoldenRow {
            id: self.inner.store.new_id(),
            set_id: self.run.set_id.clone(),
            cluster_id: cluster.to_owned(),
            attribute: attribute.to_owned(),
            value: (!sealed).then(|| given.value.clone()),
            folded: (!sealed).then(|| folded(&given.value)),
            print: self.digest.of(&given.value).to_string(),
            dataset: member.dataset.clone(),
            record_key: member.key.clone(),
            source_column: column.clone(),
            as_of: given.on.map(|day| day.to_string()),
            chosen: by.is_some(),
            chosen_by: by.as_ref().and_then(|by| by.as_str()).map(str::to_owned),
            run_id: self.run.id.clone(),
            from_at: self.inner.store.now(),
            until_at: None,
        })
    }
}

/// What a row says; equal ones are one value.
type Said = (String, String, String, String, String, String, Option<String>, Option<String>, bool);

fn said(row: &GoldenRow) -> Said {
    (
        row.cluster_id.clone(),
        row.attribute.clone(),
        row.print.clone(),
        row.dataset.clone(),
        row.record_key.clone(),
        row.source_column.clone(),
        row.as_of.clone(),
        row.chosen_by.clone(),
        row.value.is_some(),
    )
}

/// A value as it is looked for.
pub(super) fn folded(text: &str) -> String {
    let folded: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    folded.to_lowercase().chars().take(FOLDED_CHARACTERS_MAX).collect()
}
