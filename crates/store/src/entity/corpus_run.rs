//! One run of a corpus (语料构建任务).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One run of a corpus (语料构建任务).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "corpus_run")]
pub struct Model {
    /// Id (UUID v7, so ids sort by time).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The corpus.
    pub corpus: String,
    /// Revision of the corpus it runs with.
    pub corpus_revision: i64,
    /// Account id.
    pub actor: String,
    /// `queued`, `running`, `succeeded`, `failed`, `cancelled` or `interrupted`.
    pub state: String,
    /// When it was asked for.
    pub started_at: DateTimeUtc,
    /// When it ended.
    pub ended_at: Option<DateTimeUtc>,
    /// The version that came of it.
    pub version: Option<String>,
    /// What is decided and not yet done: a start after a crash goes on from here.
    pub journal: Option<Json>,
    /// Why it did not succeed.
    pub failure: Option<Json>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
