//! The catalogue as callers see it.

use super::entry::{ColumnCard, Entry};
use super::quality::Quality;
use crate::handle::Inner;
use crate::{Error, Result, Warehouse};
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::side::DataSide;
use brain_store::{Page, PageRequest, dataset};
use brain_trust::DatasetFacts;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Versions shown on a dataset's page, newest first.
const VERSIONS_SHOWN: u64 = 100;
/// Steps of lineage followed up and down.
const LINEAGE_DEPTH_MAX: u32 = 8;

/// Which datasets to list. Everything given must hold.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CatalogueQuery {
    /// Words looked for in name, titles, descriptions, source, and column names and titles; all must occur.
    pub text: Option<String>,
    /// Only this zone.
    pub zone: Option<String>,
    /// Only this side.
    pub side: Option<DataSide>,
    /// Page, from 1; absent is the first.
    pub page: Option<u64>,
    /// Datasets per page; absent is 50.
    pub page_size: Option<u64>,
}

/// A dataset in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DatasetCard {
    /// Name `<zone>.<table>`, as in SQL.
    pub name: String,
    /// Title.
    pub title: Text,
    /// What it holds.
    pub description: Text,
    /// Who owns it and may grant it.
    pub owner: String,
    /// Where it comes from: public, industry or enterprise data.
    pub side: DataSide,
    /// `raw`, `standard`, `subject` or `topic`.
    pub zone: String,
    /// Grade of the whole dataset.
    pub grade: Grade,
    /// Column with the owner of each row, where rows belong to different owners.
    pub restricted_by: Option<String>,
    /// Rows of the latest version.
    pub rows: u64,
    /// Bytes of the latest version's files.
    pub bytes: u64,
    /// Latest version; `None` before the first commit.
    pub version: Option<u64>,
    /// When data or description last changed.
    pub updated_at: DateTime<Utc>,
    /// Source in words.
    pub source: String,
    /// Under which terms.
    pub licence: String,
}

/// A committed version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VersionCard {
    /// Version, as in `zone."table@version"`.
    pub version: u64,
    /// Rows.
    pub rows: u64,
    /// Bytes of its files.
    pub bytes: u64,
    /// When it was committed.
    pub committed_at: DateTime<Utc>,
    /// The ingest or model run that wrote it.
    pub run_id: Option<String>,
}

/// One step of lineage (血缘).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct LineageStep {
    /// Steps away from the dataset asked for, from 1.
    pub depth: u32,
    /// Dataset computed from.
    pub from: String,
    /// Dataset computed.
    pub to: String,
}

/// Everything the catalogue knows about one dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DatasetDetail {
    /// The dataset in one line.
    pub card: DatasetCard,
    /// Its columns in order.
    pub columns: Vec<ColumnCard>,
    /// Its versions, newest first, at most 100.
    pub versions: Vec<VersionCard>,
    /// Quality of the latest version; `None` where it was never measured.
    pub quality: Option<Quality>,
    /// The last check against the owner's rules; `None` where there was none.
    #[serde(default)]
    pub check: Option<crate::quality::Glance>,
    /// What it is computed from, nearest first.
    pub lineage_up: Vec<LineageStep>,
    /// What is computed from it, nearest first.
    pub lineage_down: Vec<LineageStep>,
    /// Accesses in the last 90 days, refused ones included.
    pub uses: u64,
}

/// The catalogue of a node; cheap to clone.
#[derive(Clone)]
pub struct Catalogue {
    pub(super) inner: Arc<Inner>,
}

impl Warehouse {
    /// The catalogue.
    pub fn catalogue(&self) -> Catalogue {
        Catalogue { inner: Arc::clone(&self.inner) }
    }
}

impl Catalogue {
    /// Datasets by name.
    pub fn list(&self, query: &CatalogueQuery) -> Page<DatasetCard> {
        let words: Vec<String> =
            query.text.iter().flat_map(|text| text.split_whitespace()).map(str::to_lowercase).collect();
        let snapshot = self.inner.catalogue.snapshot();
        let found: Vec<&Arc<Entry>> = snapshot
            .values()
            .filter(|entry| query.zone.as_ref().is_none_or(|zone| entry.zone == *zone))
            .filter(|entry| query.side.is_none_or(|side| entry.side == side))
            .filter(|entry| words.is_empty() || mentions(entry, &words))
            .collect();
        let request = PageRequest::new(
            query.page.unwrap_or(1),
            query.page_size.unwrap_or(brain_store::page::PAGE_SIZE_DEFAULT),
        );
        let skip = usize::try_from(request.offset()).unwrap_or(usize::MAX);
        let take = usize::try_from(request.page_size).unwrap_or(usize::MAX);
        Page {
            total: found.len() as u64,
            items: found.into_iter().skip(skip).take(take).map(|entry| card(entry)).collect(),
            page: request.page,
            page_size: request.page_size,
        }
    }

    /// One dataset with columns, versions, quality and lineage.
    pub async fn get(&self, name: &str) -> Result<DatasetDetail> {
        let snapshot = self.inner.catalogue.snapshot();
        let Some(entry) = snapshot.get(name) else {
            let names: Vec<String> = snapshot.keys().cloned().collect();
            let nearest = crate::query::nearest::nearest(name, &names);
            return Err(Error::UnknownDataset { name: name.to_owned(), nearest });
        };
        let db = self.inner.store.db();
        let versions = dataset::versions(db, name, PageRequest::new(1, VERSIONS_SHOWN)).await?;
        Ok(DatasetDetail {
            card: card(entry),
            columns: entry.columns.clone(),
            versions: versions
                .items
                .into_iter()
                .map(version)
                .filter(|card| card.version >= self.inner.catalogue.first_kept(name))
                .collect(),
            quality: entry.quality.clone().and_then(|value| serde_json::from_value(value).ok()),
            check: self.inner.quality_glance(name).await?,
            lineage_up: self.lineage_up(entry).await?,
            lineage_down: self.lineage_down(name).await?,
            uses: self.inner.uses_of(name).await?,
        })
    }

    /// What is decided on for a dataset or a data product: grade, owner, columns.
    pub fn facts(&self, name: &str) -> Result<DatasetFacts> {
        if let Some(product) = self.inner.facts_of_product(name) {
            return Ok(product);
        }
        let snapshot = self.inner.catalogue.snapshot();
        let found = snapshot.get(name).map(|entry| entry.facts());
        found.ok_or_else(|| Error::UnknownDataset { name: name.to_owned(), nearest: Vec::new() })
    }

    /// The same for every dataset and every product that was published, by name.
    pub fn all_facts(&self) -> Vec<DatasetFacts> {
        let datasets = self.inner.catalogue.snapshot();
        let products = self.inner.facts_of_products();
        datasets.values().map(|entry| entry.facts()).chain(products).collect()
    }

    async fn lineage_up(&self, entry: &Entry) -> Result<Vec<LineageStep>> {
        let db = self.inner.store.db();
        let mut steps = Vec::new();
        let mut seen = BTreeSet::from([entry.name.clone()]);
        let mut front: Vec<(String, i64)> =
            entry.version.iter().map(|version| (entry.name.clone(), *version as i64)).collect();
        for depth in 1..=LINEAGE_DEPTH_MAX {
            let mut next = Vec::new();
            for (to, at) in &front {
                for input in dataset::inputs_of(db, to, *at).await? {
                    steps.push(LineageStep { depth, from: input.input.clone(), to: to.clone() });
                    if seen.insert(input.input.clone()) {
                        next.push((input.input, input.input_version));
                    }
                }
            }
            front = next;
        }
        Ok(steps)
    }

    async fn lineage_down(&self, name: &str) -> Result<Vec<LineageStep>> {
        let db = self.inner.store.db();
        let mut steps = Vec::new();
        let mut seen = BTreeSet::from([name.to_owned()]);
        let mut front = vec![name.to_owned()];
        for depth in 1..=LINEAGE_DEPTH_MAX {
            let mut next = Vec::new();
            for from in &front {
                for to in dataset::derived_from(db, from).await? {
                    steps.push(LineageStep { depth, from: from.clone(), to: to.clone() });
                    if seen.insert(to.clone()) {
                        next.push(to);
                    }
                }
            }
            front = next;
        }
        Ok(steps)
    }
}

fn mentions(entry: &Entry, words: &[String]) -> bool {
    let mut text = [
        &entry.name,
        &entry.title.zh,
        &entry.title.en,
        &entry.description.zh,
        &entry.description.en,
        &entry.source,
        &entry.owner,
    ]
    .map(|part| part.to_lowercase())
    .join("\n");
    for column in &entry.columns {
        for part in [&column.name, &column.title.zh, &column.title.en] {
            text.push('\n');
            text.push_str(&part.to_lowercase());
        }
    }
    words.iter().all(|word| text.contains(word.as_str()))
}

fn card(entry: &Entry) -> DatasetCard {
    DatasetCard {
        name: entry.name.clone(),
        title: entry.title.clone(),
        description: entry.description.clone(),
        owner: entry.owner.clone(),
        side: entry.side,
        zone: entry.zone.clone(),
        grade: entry.grade,
        restricted_by: entry.restricted_by.clone(),
        rows: entry.rows,
        bytes: entry.bytes,
        version: entry.version,
        updated_at: entry.updated_at,
        source: entry.source.clone(),
        licence: entry.licence.clone(),
    }
}

fn version(row: dataset::DatasetVersion) -> VersionCard {
    VersionCard {
        version: u64::try_from(row.version).unwrap_or_default(),
        rows: u64::try_from(row.rows).unwrap_or_default(),
        bytes: u64::try_from(row.bytes).unwrap_or_default(),
        committed_at: row.committed_at,
        run_id: row.run_id,
    }
}
