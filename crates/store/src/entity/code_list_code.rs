//! A code of a list.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A code of a list.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "code_list_code")]
pub struct Model {
    /// The list.
    #[sea_orm(primary_key, auto_increment = false)]
    pub list: String,
    /// The code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    /// Place in the list, from 0.
    pub place: i32,
    /// Code one level up.
    pub parent: Option<String>,
    /// Chinese name, or nothing.
    pub name_zh: String,
    /// English name, or nothing.
    pub name_en: String,
    /// First day it holds, `YYYY-MM-DD`.
    pub valid_from: Option<String>,
    /// Last day it holds.
    pub valid_until: Option<String>,
    /// Codes that take its place, a JSON array of texts.
    pub successors: String,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
