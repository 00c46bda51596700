//! What a person decided about a pair (人工判定). Rows are only added.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// What a person decided about a pair (人工判定). Rows are only added.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "match_decision")]
pub struct Model {
    /// The pair.
    #[sea_orm(primary_key, auto_increment = false)]
    pub pair: String,
    /// Its number within the pair, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    /// `same`, `different` or `unsure`.
    pub verdict: String,
    /// Why.
    pub reason: String,
    /// Account id.
    pub actor: String,
    /// When.
    pub at: DateTimeUtc,
    /// The run whose evidence was looked at.
    pub run_id: String,
    /// Probability that was shown.
    pub probability: f64,
    /// Whether the pair was one of the random sample of automatic ones.
    pub sample: bool,
    /// Digest of the records that were looked at.
    pub print: String,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
