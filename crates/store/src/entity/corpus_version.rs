//! A version of a corpus (语料版本).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A version of a corpus (语料版本); never changed.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "corpus_version")]
pub struct Model {
    /// Id (UUID v7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The corpus.
    pub corpus: String,
    /// Number, from 1.
    pub number: i64,
    /// Beginning of the SHA-256 of its manifest.
    pub digest: String,
    /// Run that made it.
    pub run: String,
    /// Revision of the corpus it was made with.
    pub corpus_revision: i64,
    /// Documents in it.
    pub documents: i64,
    /// Version of the dataset of its documents.
    pub dataset_version: Option<i64>,
    /// Version of the dataset of those that did not stay.
    pub rejected_version: Option<i64>,
    /// Datasets with versions, and files with hashes, that it was made of.
    pub inputs: Json,
    /// Manifest, card and reports.
    pub facts: Json,
    /// Account that made it.
    pub made_by: String,
    /// When.
    pub made_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
