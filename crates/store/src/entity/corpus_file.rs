//! A file brought for a corpus.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A file brought for a corpus; the row stays when the file is removed.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "corpus_file")]
pub struct Model {
    /// Id (UUID v7), and the name under which it lies in the data folder.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The corpus.
    pub corpus: String,
    /// Name its sender gave it.
    pub name: String,
    /// Size.
    pub bytes: i64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// Account that brought it.
    pub brought_by: String,
    /// When.
    pub brought_at: DateTimeUtc,
    /// When it was removed.
    pub removed_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
