//! One audit record (审计记录): an access, or its beginning, or its end.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One audit record (审计记录): an access, or its beginning, or its end.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "audit_record")]
pub struct Model {
    /// Position, from 0, without gaps until it expires.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// Access it belongs to: the same for beginning and end.
    pub access: String,
    /// `open`, `close` or `whole`.
    pub phase: String,
    /// When, to the microsecond.
    pub recorded_at: DateTimeUtc,
    /// Who: account id.
    pub account: String,
    /// Role of the account.
    pub role: String,
    /// Organisation it acted for.
    pub organisation: Option<String>,
    /// `session:<id>`, `api_key:<id>` or `local:<user>`.
    pub credential: Option<String>,
    /// Address the request came from.
    pub address: Option<String>,
    /// `portal`, `rest`, `mcp`, `command_line` or `internal`.
    pub channel: String,
    /// What was done with the rows, for example `read` or `export`.
    pub action: String,
    /// What was called: `sql`, a component, an operation of the interface.
    pub operation: String,
    /// Purpose given.
    pub purpose: String,
    /// The statement, shortened.
    pub statement: Option<String>,
    /// Datasets with version, grant and agreement as canonical JSON.
    pub inputs: String,
    /// Rows handed out.
    pub rows: Option<i64>,
    /// Bytes sent, where known.
    pub bytes: Option<i64>,
    /// `opened`, `completed`, `denied`, `failed` or `broken_off`.
    pub outcome: String,
    /// Code of a refusal or failure.
    pub reason: Option<String>,
    /// Number of the request.
    pub trace_id: Option<String>,
    /// Whether data was provided to another under an agreement, and the record is kept longer.
    pub exchange: bool,
    /// Digest of all other fields, 32 bytes.
    pub digest: Vec<u8>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
