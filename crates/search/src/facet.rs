//! Filters and counts by kind, zone, side, grade and owner (分面).

use crate::entry::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::StrColumn;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

/// Values of one dimension that are told, most frequent first.
const VALUES_MAX: usize = 50;

/// What hits are filtered and counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// Kind of thing.
    Kind,
    /// Zone of the lake.
    Zone,
    /// Side.
    Side,
    /// Grade.
    Grade,
    /// Owner.
    Owner,
}

impl Dimension {
    /// Every dimension.
    pub const ALL: [Self; 5] = [Self::Kind, Self::Zone, Self::Side, Self::Grade, Self::Owner];

    /// The word in filters and in the index.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Zone => "zone",
            Self::Side => "side",
            Self::Grade => "grade",
            Self::Owner => "owner",
        }
    }

    /// The value an entry has.
    pub(crate) fn value(self, entry: &Entry) -> Option<String> {
        match self {
            Self::Kind => Some(entry.kind.as_str().to_owned()),
            Self::Zone => entry.zone.clone(),
            Self::Side => entry.side.clone(),
            Self::Grade => entry.grade.map(grade_word),
            Self::Owner => entry.owner.clone(),
        }
        .filter(|value| !value.is_empty())
    }
}

/// A grade as the interfaces write it.
fn grade_word(grade: brain_kernel::grade::Grade) -> String {
    serde_json::to_value(grade).ok().and_then(|value| Some(value.as_str()?.to_owned())).unwrap_or_default()
}

/// How many hits have a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counted {
    /// The value.
    pub value: String,
    /// Hits that have it.
    pub count: u64,
}

/// Counts by dimension. A dimension that is filtered by counts as if it were not, so that the other values stay
/// within reach.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Facets {
    /// By kind of thing.
    pub kind: Vec<Counted>,
    /// By zone.
    pub zone: Vec<Counted>,
    /// By side.
    pub side: Vec<Counted>,
    /// By grade.
    pub grade: Vec<Counted>,
    /// By owner.
    pub owner: Vec<Counted>,
}

impl Facets {
    pub(crate) fn set(&mut self, dimension: Dimension, counts: Counts) {
        let mut values: Vec<Counted> =
            counts.into_iter().map(|(value, count)| Counted { value, count }).collect();
        values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        values.truncate(VALUES_MAX);
        match dimension {
            Dimension::Kind => self.kind = values,
            Dimension::Zone => self.zone = values,
            Dimension::Side => self.side = values,
            Dimension::Grade => self.grade = values,
            Dimension::Owner => self.owner = values,
        }
    }
}

/// Hits by value.
pub(crate) type Counts = BTreeMap<String, u64>;

/// Counts hits by the values of some dimensions.
pub(crate) struct Counter {
    pub(crate) dimensions: Vec<Dimension>,
}

/// The same within one segment.
pub(crate) struct SegmentCounter {
    /// Column, and hits by its ordinal; no column where no entry of the segment has a value.
    columns: Vec<Option<(StrColumn, Vec<u64>)>>,
}

impl Collector for Counter {
    type Fruit = Vec<Counts>;
    type Child = SegmentCounter;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentCounter> {
        let columns = self.dimensions.iter().map(|dimension| {
            let column = segment.fast_fields().str(dimension.as_str())?;
            Ok(column.map(|column| {
                let counts = vec![0; column.num_terms()];
                (column, counts)
            }))
        });
        Ok(SegmentCounter { columns: columns.collect::<tantivy::Result<_>>()? })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, fruits: Vec<tantivy::Result<Vec<Counts>>>) -> tantivy::Result<Vec<Counts>> {
        let mut all: Vec<Counts> = vec![Counts::new(); self.dimensions.len()];
        for fruit in fruits {
            for (sum, counts) in all.iter_mut().zip(fruit?) {
                for (value, count) in counts {
                    *sum.entry(value).or_default() += count;
                }
            }
        }
        Ok(all)
    }
}

impl SegmentCollector for SegmentCounter {
    type Fruit = tantivy::Result<Vec<Counts>>;

    fn collect(&mut self, document: DocId, _: Score) {
        for (column, counts) in self.columns.iter_mut().flatten() {
            for ordinal in column.term_ords(document) {
                if let Some(count) = counts.get_mut(ordinal as usize) {
                    *count += 1;
                }
            }
        }
    }

    fn harvest(self) -> Self::Fruit {
        self.columns.into_iter().map(counted).collect()
    }
}

fn counted(column: Option<(StrColumn, Vec<u64>)>) -> tantivy::Result<Counts> {
    let mut counts = Counts::new();
    let Some((column, by_ordinal)) = column else { return Ok(counts) };
    for (ordinal, count) in by_ordinal.into_iter().enumerate().filter(|(_, count)| *count > 0) {
        let mut value = String::new();
        column.ord_to_str(ordinal as u64, &mut value)?;
        counts.insert(value, count);
    }
    Ok(counts)
}
