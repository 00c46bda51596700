//! A request as people see it, and between that and its row.

use std::collections::{BTreeMap, BTreeSet};

use brain_kernel::predicate::Predicate;
use brain_store::access_request::AccessRequestRow;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::form::{Form, FormName};
use super::state::State;
use crate::{Error, Result};

/// A request for access (数据申请) to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRequest {
    /// Dataset name.
    pub dataset: String,
    /// Purpose code, see the list of purposes.
    pub purpose: String,
    /// Why, for whoever decides.
    pub reason: String,
    /// Columns wanted; all when left out.
    #[serde(default)]
    pub columns: BTreeSet<String>,
    /// Rows wanted; all when left out.
    #[serde(default = "crate::grants::every_row")]
    pub rows: Predicate,
    /// Last instant the access is wanted for.
    pub until: DateTime<Utc>,
    /// Number or name of the agreement it rests on.
    #[serde(default)]
    pub agreement: Option<String>,
    /// Whether sensitive personal information is meant (敏感个人信息).
    #[serde(default)]
    pub sensitive_personal: bool,
    /// Forms already filled.
    #[serde(default)]
    pub forms: BTreeMap<FormName, Form>,
}

/// A request as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RequestCard {
    /// Stable id.
    pub id: String,
    /// Account that asks.
    pub requester: String,
    /// Its name.
    pub requester_name: String,
    /// Dataset name.
    pub dataset: String,
    /// Owner of the dataset.
    pub owner: String,
    /// Purpose code.
    pub purpose: String,
    /// Why.
    pub reason: String,
    /// Columns wanted; empty is all.
    pub columns: BTreeSet<String>,
    /// Rows wanted.
    pub rows: Predicate,
    /// Last instant the access is wanted for.
    pub until: DateTime<Utc>,
    /// Agreement it rests on.
    pub agreement: Option<String>,
    /// Forms without which it cannot be approved.
    pub required_forms: Vec<FormName>,
    /// Forms still missing.
    pub missing_forms: Vec<FormName>,
    /// Filled forms.
    pub forms: BTreeMap<FormName, Form>,
    /// Where it stands.
    pub state: State,
    /// Revision; name it when changing the request.
    pub revision: i64,
    /// Not decided by then, it closes itself.
    pub decide_by: DateTime<Utc>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Account that decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// What they said.
    pub note: Option<String>,
    /// The grant that came of it.
    pub grant: Option<String>,
    /// Whether the one who asks may decide it.
    pub may_decide: bool,
}

impl RequestCard {
    /// The card of a row, as `may_decide` sees it.
    pub(super) fn of(row: AccessRequestRow, requester_name: String, may_decide: bool) -> Result<Self> {
        let required_forms: Vec<FormName> = parsed("access_request.required_forms", row.required_forms)?;
        let forms: BTreeMap<FormName, Form> = parsed("access_request.forms", row.forms)?;
        let missing_forms = required_forms.iter().filter(|name| !forms.contains_key(name)).copied().collect();
        Ok(Self {
            state: State::from_name(&row.state).ok_or(Error::Corrupt { field: "access_request.state" })?,
            columns: parsed("access_request.columns", row.columns)?,
            rows: parsed("access_request.rows", row.rows)?,
            id: row.id,
            requester: row.requester,
            requester_name,
            dataset: row.dataset,
            owner: row.owner,
            purpose: row.purpose,
            reason: row.reason,
            until: row.valid_until,
            agreement: row.agreement,
            required_forms,
            missing_forms,
            forms,
            revision: row.revision,
            decide_by: row.decide_by,
            created_at: row.created_at,
            updated_at: row.updated_at,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            note: row.note,
            grant: row.grant_id,
            may_decide,
        })
    }
}

pub(super) fn parsed<T: DeserializeOwned>(field: &'static str, value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|_| Error::Corrupt { field })
}

pub(super) fn stored<T: Serialize>(field: &'static str, value: &T) -> Result<Value> {
    serde_json::to_value(value).map_err(|_| Error::Corrupt { field })
}
