//! Two records that may be one thing (候选配对): keys, probability and levels of agreement, never values.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// Two records that may be one thing (候选配对): keys, probability and levels of agreement, never values.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "match_pair")]
pub struct Model {
    /// Id (UUID v7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The set.
    pub set_id: String,
    /// The run that weighed it last.
    pub run_id: String,
    /// Step of the plan that proposed it, from 0.
    pub step: i32,
    /// Dataset of the first record.
    pub left_dataset: String,
    /// Key of the first record.
    pub left_key: String,
    /// Dataset of the second record.
    pub right_dataset: String,
    /// Key of the second record.
    pub right_key: String,
    /// Probability that they are one thing.
    pub probability: f64,
    /// log₂ odds.
    pub weight: f64,
    /// By comparison of the run's model, level and bits; the bits of relatives.
    pub evidence: Json,
    /// Digest of what was compared: another one says that the records have changed.
    pub print: String,
    /// `automatic`, `open`, `same`, `different`, `unsure` or `closed`.
    pub state: String,
    /// Whether it was drawn at random from the automatic ones to be looked at.
    pub sample: bool,
    /// Whether a person had decided it before its records changed.
    pub changed: bool,
    /// Place in the queue, drawn at random.
    pub place: i64,
    /// Account id of who has taken it.
    pub reviewer: Option<String>,
    /// Until when it is taken.
    pub lease_until: Option<DateTimeUtc>,
    /// Grows with every change.
    pub revision: i64,
    /// When it was proposed first.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
