//! One request for access to a dataset (数据申请), through all its states.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One request for access to a dataset (数据申请), through all its states.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "access_request")]
pub struct Model {
    /// Stable id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Account that asks.
    pub requester: String,
    /// Dataset name.
    pub dataset: String,
    /// Owner of the dataset when it was asked for: the one who decides.
    pub owner: String,
    /// Purpose code.
    pub purpose: String,
    /// Why, in the requester's words.
    pub reason: String,
    /// Columns asked for; empty is all.
    pub columns: Json,
    /// Row filter asked for, a `brain_kernel::predicate::Predicate`.
    pub rows: Json,
    /// Last instant the access is wanted for.
    pub valid_until: DateTimeUtc,
    /// Number or name of the agreement it rests on.
    pub agreement: Option<String>,
    /// Names of the forms without which it cannot be approved.
    pub required_forms: Json,
    /// Filled forms by name.
    pub forms: Json,
    /// Where it stands.
    pub state: String,
    /// Grows with every change; a change names the revision it saw.
    pub revision: i64,
    /// Not decided by then, it closes itself.
    pub decide_by: DateTimeUtc,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
    /// Account that approved or rejected it.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
    /// What they said.
    pub note: Option<String>,
    /// The grant that came of it.
    pub grant_id: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
