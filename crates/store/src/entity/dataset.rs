//! A catalogued dataset (数据集).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A catalogued dataset (数据集).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "dataset")]
pub struct Model {
    /// Name `<zone>.<table>`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Title in Chinese.
    pub title_zh: String,
    /// Title in English.
    pub title_en: String,
    /// Description in Chinese.
    pub description_zh: String,
    /// Description in English.
    pub description_en: String,
    /// Owning organisation (USCC) or `node`.
    pub owner: String,
    /// `public`, `industry` or `enterprise`.
    pub side: String,
    /// `raw`, `standard`, `subject` or `topic`.
    pub zone: String,
    /// Grade of the whole dataset.
    pub grade: String,
    /// Column with the owner of each row, when rows belong to different owners.
    pub restricted_by: Option<String>,
    /// Where the data comes from.
    pub source: String,
    /// Under which terms.
    pub licence: String,
    /// Latest quality summary.
    pub quality: Option<Json>,
    /// Rows of the latest version.
    pub rows: i64,
    /// Bytes of the latest version.
    pub bytes: i64,
    /// Latest version; none until the first commit.
    pub version: Option<i64>,
    /// When it was catalogued.
    pub created_at: DateTimeUtc,
    /// When data or description last changed.
    pub updated_at: DateTimeUtc,
    /// Lower-case words the text filter looks in.
    pub search_text: String,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
