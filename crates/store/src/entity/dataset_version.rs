//! A committed version of a dataset (版本).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A committed version of a dataset (版本).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "dataset_version")]
pub struct Model {
    /// Dataset name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub dataset: String,
    /// Version in the lake.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// Rows.
    pub rows: i64,
    /// Bytes of the live files.
    pub bytes: i64,
    /// When it was committed.
    pub committed_at: DateTimeUtc,
    /// The ingest or model run that wrote it.
    pub run_id: Option<String>,
    /// Hash of the source content.
    pub content_hash: Option<String>,
    /// Datasets and versions it was computed from.
    pub inputs: Json,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
