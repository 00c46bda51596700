//! One ingest of one file (入库任务).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// Where a run stands (任务状态).
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, serde::Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// 排队: asked for, not begun.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// 运行: at work.
    #[sea_orm(string_value = "running")]
    Running,
    /// 成功: committed.
    #[sea_orm(string_value = "succeeded")]
    Succeeded,
    /// 失败: nothing landed.
    #[sea_orm(string_value = "failed")]
    Failed,
    /// 取消: stopped by somebody; nothing landed.
    #[sea_orm(string_value = "cancelled")]
    Cancelled,
}

/// One ingest of one file (入库任务).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "ingest_run")]
pub struct Model {
    /// Stable id (UUID v7, so ids sort by time).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Where it stands.
    pub state: RunState,
    /// Account id of who asked.
    pub actor: String,
    /// Name of the mapping.
    pub mapping: String,
    /// File as named by the caller.
    pub file: String,
    /// Hash of the file once read.
    pub content_hash: Option<String>,
    /// Dataset it lands in.
    pub dataset: Option<String>,
    /// Options of the request.
    pub options: Json,
    /// Rows read so far.
    pub rows_read: i64,
    /// Rows that landed.
    pub rows_landed: i64,
    /// Rows put aside with a reason.
    pub rows_quarantined: i64,
    /// Version committed.
    pub version: Option<i64>,
    /// When it was asked for.
    pub created_at: DateTimeUtc,
    /// When work began.
    pub started_at: Option<DateTimeUtc>,
    /// When it ended, however.
    pub finished_at: Option<DateTimeUtc>,
    /// The full report of a run that succeeded.
    pub report: Option<Json>,
    /// What went wrong in a run that did not.
    pub failure: Option<Json>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
