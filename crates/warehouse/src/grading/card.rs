//! Labels as callers see them.

use super::{DEGRADING, Grading, LABEL};
pub(super) use crate::error::refuse;
use crate::{Error, Result};
use brain_kernel::grade::Grade;
use brain_kernel::party::{Party, Role};
use brain_store::grading::{self, ClassificationFilter, ClassificationRow};
use brain_store::{Page, PageRequest};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a dataset or column is said to be (分类分级标签; GB/T 43697-2024 elements 6.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Industry class (行业领域), for example 工业.
    pub industry_class: String,
    /// Business class (业务属性): 研发、生产、运维、管理、外部数据域 of the industrial guide, or an organisation's own.
    pub business_class: String,
    /// Grade (级别).
    pub grade: Grade,
    /// Personal information (个人信息).
    #[serde(default)]
    pub personal: bool,
    /// Sensitive personal information (敏感个人信息).
    #[serde(default)]
    pub sensitive_personal: bool,
    /// Scale (规模) in words.
    #[serde(default)]
    pub scale: Option<String>,
    /// Precision (精度) in words.
    #[serde(default)]
    pub precision: Option<String>,
    /// Coverage (覆盖度) in words.
    #[serde(default)]
    pub coverage: Option<String>,
    /// Datasets it was derived from.
    #[serde(default)]
    pub derived_from: Vec<String>,
}

/// Where a label is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 待确认: proposed, by a scan or a person.
    Proposed,
    /// 待批准: confirmed for the owner.
    Confirmed,
    /// 已批准: counts.
    Approved,
    /// 已驳回.
    Rejected,
    /// 已被取代: a later version counts.
    Superseded,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Proposed, Self::Confirmed, Self::Approved, Self::Rejected, Self::Superseded];

    /// Stable name, as stored and sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Confirmed => "confirmed",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Superseded => "superseded",
        }
    }
}

/// What a label does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    /// 定级: raises the grade to its own.
    Label,
    /// 降级: limits what is inherited from inputs to its grade.
    Degrading,
}

/// One version of a label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Classification {
    /// Id.
    pub id: String,
    /// Dataset.
    pub dataset: String,
    /// Column; absent for the dataset as a whole.
    pub column: Option<String>,
    /// What it does.
    pub kind: LabelKind,
    /// Counts from 1.
    pub version: u64,
    /// Where it is on its way.
    pub state: State,
    /// What is said.
    pub label: Label,
    /// Why: findings of a scan with masked examples, or a person's words.
    pub evidence: Value,
    /// Account id, or `system`.
    pub proposed_by: String,
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// Who confirmed it for the owner.
    pub confirmed_by: Option<String>,
    /// When.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Who approved or rejected it.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Last instant it is valid; an expired label still counts, an expired de-grading does not.
    pub valid_to: Option<DateTime<Utc>>,
    /// Words of the last decision.
    pub reason: Option<String>,
}

/// Which labels to list; everything given must hold.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClassificationQuery {
    /// 状态；不填为全部 · Only this state.
    pub state: Option<State>,
    /// 数据集 · Only of this dataset.
    pub dataset: Option<String>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    pub page: Option<u64>,
    /// 每页条数，至多 1000 · Items per page, at most 1000.
    #[schemars(range(min = 1, max = 1000))]
    pub page_size: Option<u64>,
}

impl Classification {
    pub(crate) fn new(row: ClassificationRow) -> Result<Self> {
        let corrupt =
            |field, value: &str| Error::from(brain_store::Error::Corrupt { field, value: value.to_owned() });
        let state = State::ALL.into_iter().find(|state| state.name() == row.state);
        let kind = match row.kind.as_str() {
            LABEL => LabelKind::Label,
            DEGRADING => LabelKind::Degrading,
            other => return Err(corrupt("classification.kind", other)),
        };
        Ok(Self {
            kind,
            state: state.ok_or_else(|| corrupt("classification.state", &row.state))?,
            label: serde_json::from_value(row.label).map_err(|_| corrupt("classification.label", &row.id))?,
            column: (!row.column_name.is_empty()).then_some(row.column_name),
            version: u64::try_from(row.version).unwrap_or_default(),
            id: row.id,
            dataset: row.dataset,
            evidence: row.evidence,
            proposed_by: row.proposed_by,
            proposed_at: row.proposed_at,
            confirmed_by: row.confirmed_by,
            confirmed_at: row.confirmed_at,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            valid_to: row.valid_to,
            reason: row.reason,
        })
    }
}

impl Grading {
    /// Labels, newest first; an enterprise sees those of its own datasets.
    pub async fn list(&self, party: &Party, query: &ClassificationQuery) -> Result<Page<Classification>> {
        let filter = ClassificationFilter {
            states: query.state.into_iter().map(|state| state.name().to_owned()).collect(),
            dataset: query.dataset.clone(),
            datasets: (party.role == Role::Enterprise).then(|| self.owned_by(party)),
        };
        let request = PageRequest::new(query.page.unwrap_or(1), query.page_size.unwrap_or(50));
        let found = grading::list(self.inner.store.db(), &filter, request).await?;
        let Page { items, total, page, page_size } = found;
        let items = items.into_iter().map(Classification::new).collect::<Result<_>>()?;
        Ok(Page { items, total, page, page_size })
    }

    fn owned_by(&self, party: &Party) -> Vec<String> {
        let snapshot = self.inner.catalogue.snapshot();
        let owned = snapshot.values().filter(|entry| owns(party, &entry.owner));
        owned.map(|entry| entry.name.clone()).collect()
    }
}

/// Whether the party's organisation is the owner.
pub(super) fn owns(party: &Party, owner: &str) -> bool {
    party.organisation.as_ref().is_some_and(|organisation| organisation.as_str() == owner)
}
