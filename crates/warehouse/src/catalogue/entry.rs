//! What the catalogue knows of a dataset, in memory, so that the door never waits for the database.

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::side::DataSide;
use brain_store::dataset::{Dataset, DatasetColumn};
use brain_trust::DatasetFacts;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A column as shown to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnCard {
    /// Column name.
    pub name: String,
    /// Arrow type.
    #[serde(rename = "type")]
    pub data_type: String,
    /// Whether values may be missing.
    pub nullable: bool,
    /// Meaning.
    pub title: Text,
    /// Unit of the numbers.
    pub unit: Option<String>,
    /// Grade.
    pub grade: Grade,
}

/// One dataset with its columns at its latest version.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) title: Text,
    pub(crate) description: Text,
    pub(crate) owner: String,
    pub(crate) side: DataSide,
    pub(crate) zone: String,
    pub(crate) grade: Grade,
    pub(crate) restricted_by: Option<String>,
    pub(crate) source: String,
    pub(crate) licence: String,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) version: Option<u64>,
    /// Oldest version with the same rows as the newest: those after it only lie in other files.
    pub(crate) unchanged_since: u64,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) quality: Option<serde_json::Value>,
    pub(crate) columns: Vec<ColumnCard>,
}

impl Entry {
    /// From the store's rows; columns must be this dataset's, in order.
    pub(crate) fn new(row: Dataset, columns: &[DatasetColumn]) -> Result<Self, brain_store::Error> {
        let columns = columns.iter().map(column).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            grade: row.grade()?,
            side: row.side()?,
            title: Text::new(row.title_zh, row.title_en),
            description: Text::new(row.description_zh, row.description_en),
            owner: row.owner,
            zone: row.zone,
            restricted_by: row.restricted_by,
            source: row.source,
            licence: row.licence,
            rows: u64::try_from(row.rows).unwrap_or_default(),
            bytes: u64::try_from(row.bytes).unwrap_or_default(),
            version: row.version.and_then(|version| u64::try_from(version).ok()),
            unchanged_since: row.version.and_then(|version| u64::try_from(version).ok()).unwrap_or_default(),
            updated_at: row.updated_at,
            quality: row.quality,
            columns,
            name: row.name,
        })
    }

    /// Whether `version` holds the same rows as the newest.
    pub(crate) fn is_as_now(&self, version: u64) -> bool {
        self.version.is_some_and(|now| (self.unchanged_since..=now).contains(&version))
    }

    /// What `trust` decides on.
    pub(crate) fn facts(&self) -> DatasetFacts {
        DatasetFacts {
            name: self.name.clone(),
            grade: self.grade,
            side: self.side,
            owner: self.owner.clone(),
            restricted_by: self.restricted_by.clone(),
            zone: self.zone.clone(),
            columns: self.columns.iter().map(column_facts).collect(),
        }
    }
}

fn column(row: &DatasetColumn) -> Result<ColumnCard, brain_store::Error> {
    Ok(ColumnCard {
        name: row.name.clone(),
        data_type: row.data_type.clone(),
        nullable: row.nullable,
        title: Text::new(&row.title_zh, &row.title_en),
        unit: row.unit.clone(),
        grade: row.grade()?,
    })
}

fn column_facts(column: &ColumnCard) -> brain_trust::ColumnFacts {
    brain_trust::ColumnFacts { name: column.name.clone(), grade: column.grade }
}
