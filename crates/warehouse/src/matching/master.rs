//! Clusters and golden records as the caller may see them, and the way from any name of a thing to all of them.

use super::card::{
    ClusterCard, ClusterDetail, ClusterEvent, ClusterLink, ClusterMember, GoldenCard, LookupHit,
};
use super::cluster::ClusterQuery;
use super::golden::folded;
use super::plan::Plan;
use super::review::PairState;
use super::sight::{Sight, Wanted};
use super::{Matching, keys, looked_for, refuse};
use crate::query::Session;
use crate::{Error, Result};
use brain_kernel::error::ErrorKind;
use brain_store::matching::{self as rows, ClusterFilter, ClusterRow, EventRow, GoldenRow, MemberRow};
use brain_store::{Page, PageRequest};
use serde_json::Value;
use std::collections::BTreeMap;

/// Records of a cluster that are shown.
const MEMBERS_SHOWN: u64 = 200;
/// Pairs among them that are shown.
const LINKS_SHOWN: usize = 400;
/// Events that are shown, the newest.
const EVENTS_SHOWN: u64 = 200;
/// Golden values that are shown, current and past.
const VALUES_SHOWN: u64 = 500;
/// Things found at once.
const HITS_MAX: u64 = 20;

impl Matching {
    /// Clusters of a set, the last changed first.
    pub async fn clusters(
        &self,
        session: &Session,
        set: &str,
        query: &ClusterQuery,
    ) -> Result<Page<ClusterCard>> {
        let (_, plan) = self.seen_set(session, set).await?;
        let filter = ClusterFilter {
            set: set.to_owned(),
            at_least: query.at_least.map(i64::from),
            ended: query.ended,
            text: looked_for(query.text.as_ref())?,
        };
        let request = PageRequest::new(query.page.unwrap_or(1), query.page_size.unwrap_or(20).min(100));
        let Page { items, total, page, page_size } =
            rows::clusters(self.inner.store.db(), &filter, request).await?;
        let items = self.cluster_cards(session, &plan, items).await?;
        Ok(Page { items, total, page, page_size })
    }

    /// One cluster: its records, why they are together, what happened to it, its golden record.
    pub async fn cluster(&self, session: &Session, id: &str) -> Result<ClusterDetail> {
        let db = self.inner.store.db();
        let row = rows::cluster(db, id).await?.ok_or_else(|| unknown_cluster(id))?;
        let (_, plan) = self.seen_set(session, &row.set_id).await.map_err(|_| unknown_cluster(id))?;
        let members = rows::members_of(db, &[id.to_owned()], MEMBERS_SHOWN).await?;
        let golden = rows::golden(db, id, VALUES_SHOWN).await?;
        let mut wanted = Wanted::default();
        for member in &members {
            wanted.record(&member.dataset, &member.record_key);
            for column in compared(&plan, &member.dataset) {
                wanted.column(&member.dataset, &column);
            }
        }
        want(&mut wanted, &golden);
        let sight = Sight::of(session, &plan, &wanted).await?;
        let names: Vec<(String, String)> =
            members.iter().map(|member| (member.dataset.clone(), member.record_key.clone())).collect();
        let links = rows::pairs_among(db, &row.set_id, &names, LINKS_SHOWN as u64).await?;
        let place = |dataset: &str, key: &str| {
            names.iter().position(|(known, of)| known == dataset && of == key).map(|place| place as u32)
        };
        let links = links.into_iter().take(LINKS_SHOWN).filter_map(|pair| {
            Some(ClusterLink {
                left: place(&pair.left_dataset, &pair.left_key)?,
                right: place(&pair.right_dataset, &pair.right_key)?,
                state: PairState::from_name(&pair.state)?,
                probability: pair.probability,
                pair: pair.id,
            })
        });
        let links = links.collect();
        let events = rows::events(db, id, EVENTS_SHOWN).await?;
        let events = events.into_iter().map(|event| told(event, &sight)).collect();
        let members = members.into_iter().map(|member| shown(member, &plan, &sight)).collect();
        let (current, past): (Vec<GoldenRow>, Vec<GoldenRow>) =
            golden.into_iter().partition(|value| value.until_at.is_none());
        let made = current.iter().map(|value| value.from_at).max();
        Ok(ClusterDetail {
            golden_behind: made.is_some_and(|made| made < row.updated_at),
            golden: values(current, &sight),
            golden_past: values(past, &sight),
            set: row.set_id,
            id: row.id,
            size: row.size.max(0) as u64,
            ended: row.ended,
            created_at: row.created_at,
            updated_at: row.updated_at,
            members,
            links,
            events,
        })
    }

    /// From a brand, a short name, a legal name or a credit code to the things that have it, with all their names.
    pub async fn lookup(&self, session: &Session, set: &str, text: &str) -> Result<Vec<LookupHit>> {
        let (_, plan) = self.seen_set(session, set).await?;
        let Some(text) = looked_for(Some(&text.to_owned()))? else { return Ok(Vec::new()) };
        let db = self.inner.store.db();
        let text = folded(&text);
        let clusters = rows::lookup(db, set, &text, HITS_MAX).await?;
        let values = rows::golden_now(db, &clusters).await?;
        let mut wanted = Wanted::default();
        want(&mut wanted, &values);
        let sight = Sight::of(session, &plan, &wanted).await?;
        let mut by_cluster: BTreeMap<String, Vec<GoldenCard>> = BTreeMap::new();
        for value in values {
            by_cluster.entry(value.cluster_id.clone()).or_default().push(value_card(value, &sight));
        }
        let hits = clusters.into_iter().filter_map(|cluster| {
            let values = by_cluster.remove(&cluster)?;
            // What it was found by must be something the caller sees: a hit alone would tell him of it.
            let known = |value: &GoldenCard| {
                value.value.as_deref().is_some_and(|value| folded(value).contains(&text))
            };
            values.iter().any(known).then_some(LookupHit { cluster, values })
        });
        Ok(hits.collect())
    }

    async fn cluster_cards(
        &self,
        session: &Session,
        plan: &Plan,
        clusters: Vec<ClusterRow>,
    ) -> Result<Vec<ClusterCard>> {
        let ids: Vec<String> = clusters.iter().map(|cluster| cluster.id.clone()).collect();
        let golden = rows::golden_now(self.inner.store.db(), &ids).await?;
        let golden: Vec<GoldenRow> = golden.into_iter().filter(|value| value.chosen).collect();
        let mut wanted = Wanted::default();
        want(&mut wanted, &golden);
        let sight = Sight::of(session, plan, &wanted).await?;
        let mut by_cluster: BTreeMap<String, Vec<GoldenCard>> = BTreeMap::new();
        for value in golden {
            by_cluster.entry(value.cluster_id.clone()).or_default().push(value_card(value, &sight));
        }
        let card = |row: ClusterRow| ClusterCard {
            golden: by_cluster.remove(&row.id).unwrap_or_default(),
            id: row.id,
            size: row.size.max(0) as u64,
            ended: row.ended,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Ok(clusters.into_iter().map(card).collect())
    }
}

/// Columns that are compared of a dataset, in any step.
fn compared(plan: &Plan, dataset: &str) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for (_, side) in plan.sides().filter(|(_, side)| side.dataset == dataset) {
        for column in side.columns.values() {
            if !columns.contains(column) {
                columns.push(column.clone());
            }
        }
    }
    columns
}

fn want(wanted: &mut Wanted, values: &[GoldenRow]) {
    for value in values {
        wanted.record(&value.dataset, &value.record_key);
        wanted.column(&value.dataset, &value.source_column);
    }
}

fn shown(member: MemberRow, plan: &Plan, sight: &Sight) -> ClusterMember {
    let visible = sight.sees(&member.dataset, &member.record_key);
    let values = compared(plan, &member.dataset).into_iter().filter_map(|column| {
        let value = sight.value(&member.dataset, &member.record_key, &column)?.to_owned();
        Some((column, value))
    });
    ClusterMember {
        values: values.collect(),
        key: visible.then(|| keys::shown(&member.record_key)),
        dataset: member.dataset,
        visible,
        since: member.since,
    }
}

/// An event; of its records only those the caller sees.
fn told(event: EventRow, sight: &Sight) -> ClusterEvent {
    let named = event.detail.get("records").and_then(Value::as_array);
    let name = |record: &Value| {
        let (dataset, key) = (record.get(0)?.as_str()?, record.get(1)?.as_str()?);
        sight.sees(dataset, key).then(|| format!("{dataset} {}", keys::shown(key)))
    };
    let others = ["from", "to"]
        .into_iter()
        .filter_map(|way| event.detail.get(way).and_then(Value::as_array))
        .flatten();
    ClusterEvent {
        records: named.into_iter().flatten().filter_map(name).collect(),
        count: event.detail.get("count").and_then(Value::as_u64).unwrap_or_default(),
        others: others.filter_map(Value::as_str).map(str::to_owned).collect(),
        kind: event.kind,
        cause: event.cause,
        cause_id: event.cause_id,
        actor: event.actor,
        at: event.at,
    }
}

fn values(rows: Vec<GoldenRow>, sight: &Sight) -> Vec<GoldenCard> {
    let mut cards: Vec<GoldenCard> = rows.into_iter().map(|value| value_card(value, sight)).collect();
    cards.sort_by(|a, b| (&a.attribute, !a.chosen, &a.from_at).cmp(&(&b.attribute, !b.chosen, &b.from_at)));
    cards
}

/// A golden value: stored ones where the caller sees the record and the column unmasked; others as the session reads them.
fn value_card(row: GoldenRow, sight: &Sight) -> GoldenCard {
    let visible = sight.sees(&row.dataset, &row.record_key);
    let read = sight.value(&row.dataset, &row.record_key, &row.source_column).map(str::to_owned);
    let masked = sight.masks(&row.dataset, &row.source_column);
    let value = if masked || row.value.is_none() { read } else { row.value.filter(|_| visible) };
    GoldenCard {
        value,
        hidden: !visible,
        masked,
        key: visible.then(|| keys::shown(&row.record_key)),
        attribute: row.attribute,
        dataset: row.dataset,
        column: row.source_column,
        as_of: row.as_of,
        chosen: row.chosen,
        chosen_by: row.chosen_by,
        run: row.run_id,
        from_at: row.from_at,
        until_at: row.until_at,
    }
}

fn unknown_cluster(id: &str) -> Error {
    let id: String = id.chars().take(80).collect();
    refuse(
        ErrorKind::NotFound,
        "warehouse/unknown-match-cluster",
        format!("没有实体簇 {id}，或您无权读取其数据集。"),
        format!("There is no cluster {id}, or you may not read its datasets."),
    )
}
