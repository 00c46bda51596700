//! The way of a label: proposed → confirmed for the owner → approved or rejected.

use super::card::{Label, owns, refuse};
use super::{Classification, DEGRADING, Grading};
use crate::{Error, Result};
use brain_kernel::error::ErrorKind;
use brain_kernel::grade::Grade;
use brain_kernel::party::{Party, Role};
use brain_store::grading::{self, ClassificationRow, Step};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Longest words of a decision, in characters.
const REASON_CHARACTERS_MAX: usize = 1_000;
/// Least number of records behind each published value of an aggregation.
const K_MIN: u32 = 3;

/// A label proposed by a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelRequest {
    /// Dataset.
    pub dataset: String,
    /// Column; the dataset as a whole when left out.
    #[serde(default)]
    pub column: Option<String>,
    /// What is said.
    pub label: Label,
    /// Why.
    pub reason: String,
}

/// By which operation derived data became less telling than its inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// 汇总: each value stands for at least `k` records.
    Aggregation {
        /// Least records behind a value, at least 3.
        #[schemars(range(min = 3))]
        k: u32,
    },
    /// 脱敏: identifying parts were removed or replaced.
    Masking {
        /// What was done, in words.
        how: String,
    },
}

/// A wish that a derived dataset or column inherits no more than a grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DegradingRequest {
    /// Derived dataset.
    pub dataset: String,
    /// Column; every column and the dataset as a whole when left out.
    #[serde(default)]
    pub column: Option<String>,
    /// Most that is inherited.
    pub grade: Grade,
    /// By which operation.
    pub method: Method,
    /// Why this is enough.
    pub reason: String,
    /// Last instant it holds; until superseded when left out.
    #[serde(default)]
    pub valid_to: Option<DateTime<Utc>>,
}

/// Whether the party may speak for the owner: a member of the owning organisation, or, where the owner is no
/// organisation of this node (public and bought data), a government user.
pub(crate) fn may_confirm(party: &Party, owner: &str) -> bool {
    let organisation = brain_kernel::uscc::Uscc::parse(owner).is_ok();
    owns(party, owner) || (!organisation && matches!(party.role, Role::Government | Role::IndustryBody))
}

impl Grading {
    /// Propose a label. Whoever may confirm it may propose it.
    pub async fn propose(&self, actor: &Party, request: LabelRequest) -> Result<Classification> {
        words(&request.reason)?;
        self.place(actor, &request.dataset, request.column.as_deref())?;
        let column = request.column.clone().unwrap_or_default();
        let mut row =
            self.inner.row(&request.dataset, &column, &request.label, json!({ "reason": request.reason }))?;
        row.proposed_by.clone_from(&actor.account);
        self.insert(actor, "grading.propose", row).await
    }

    /// Ask that a derived dataset inherits less.
    pub async fn degrade(&self, actor: &Party, request: DegradingRequest) -> Result<Classification> {
        words(&request.reason)?;
        self.place(actor, &request.dataset, request.column.as_deref())?;
        match &request.method {
            Method::Aggregation { k } if *k < K_MIN => {
                return Err(refuse(
                    ErrorKind::InvalidArgument,
                    "warehouse/grading-k",
                    "汇总后每个值至少代表 3 条记录。",
                    "Each value of an aggregation must stand for at least 3 records.",
                ));
            }
            Method::Masking { how } => words(how)?,
            Method::Aggregation { .. } => {}
        }
        if request.valid_to.is_some_and(|end| end <= self.inner.store.now()) {
            return Err(refuse(
                ErrorKind::InvalidArgument,
                "warehouse/grading-expired",
                "有效期已过。",
                "It would have run out already.",
            ));
        }
        let inputs = grading::latest_inputs(self.inner.store.db()).await?;
        let derived_from: Vec<String> =
            inputs.into_iter().filter(|(name, _)| *name == request.dataset).map(|(_, input)| input).collect();
        if derived_from.is_empty() {
            return Err(refuse(
                ErrorKind::Precondition,
                "warehouse/grading-not-derived",
                "该数据集没有上游，不继承等级，无需降级。",
                "The dataset is derived from nothing, inherits no grade and needs no de-grading.",
            ));
        }
        let label = Label {
            industry_class: String::new(),
            business_class: String::new(),
            grade: request.grade,
            personal: false,
            sensitive_personal: false,
            scale: None,
            precision: None,
            coverage: None,
            derived_from,
        };
        let evidence = json!({ "method": request.method, "reason": request.reason });
        let column = request.column.clone().unwrap_or_default();
        let mut row = self.inner.row(&request.dataset, &column, &label, evidence)?;
        DEGRADING.clone_into(&mut row.kind);
        row.proposed_by.clone_from(&actor.account);
        row.valid_to = request.valid_to;
        self.insert(actor, "grading.degrade", row).await
    }

    /// Confirm a proposal for the owner.
    pub async fn confirm(&self, actor: &Party, id: &str, reason: &str) -> Result<Classification> {
        words(reason)?;
        let row = self.found(id).await?;
        self.place(actor, &row.dataset, None)?;
        self.step(actor, &row, ("proposed", "confirmed"), "grading.confirm", reason).await
    }

    /// Approve a confirmed label; it counts at the next read. Not by who confirmed or proposed it (分权).
    pub async fn approve(&self, actor: &Party, id: &str, reason: &str) -> Result<Classification> {
        words(reason)?;
        approver(actor)?;
        let row = self.found(id).await?;
        let own = row.confirmed_by.as_deref() == Some(&actor.account) || row.proposed_by == actor.account;
        if own {
            return Err(refuse(
                ErrorKind::Forbidden,
                "warehouse/grading-same-person",
                "提出或确认的人不能批准，须由另一人批准。",
                "Whoever proposed or confirmed it cannot approve it; another person must.",
            ));
        }
        self.step(actor, &row, ("confirmed", "approved"), "grading.approve", reason).await
    }

    /// Reject a label that is not decided on: by an approver, or while it is proposed by whoever may confirm it.
    pub async fn reject(&self, actor: &Party, id: &str, reason: &str) -> Result<Classification> {
        words(reason)?;
        let row = self.found(id).await?;
        let from = match row.state.as_str() {
            "confirmed" => {
                approver(actor)?;
                "confirmed"
            }
            _ => {
                if approver(actor).is_err() {
                    self.place(actor, &row.dataset, None)?;
                }
                "proposed"
            }
        };
        self.step(actor, &row, (from, "rejected"), "grading.reject", reason).await
    }

    async fn found(&self, id: &str) -> Result<ClassificationRow> {
        let row = grading::find(self.inner.store.db(), id).await?;
        row.ok_or_else(|| {
            refuse(
                ErrorKind::NotFound,
                "warehouse/unknown-classification",
                "没有这个标签。",
                "There is no such label.",
            )
        })
    }

    /// The dataset (and column) exists and the party may speak for its owner.
    fn place(&self, actor: &Party, dataset: &str, column: Option<&str>) -> Result<()> {
        let snapshot = self.inner.catalogue.snapshot();
        let unknown = || Error::UnknownDataset { name: dataset.to_owned(), nearest: Vec::new() };
        let entry = snapshot.get(dataset).ok_or_else(unknown)?;
        if !may_confirm(actor, &entry.owner) {
            return Err(refuse(
                ErrorKind::Forbidden,
                "warehouse/grading-not-owner",
                "只有数据所有者可以为其数据定级。",
                "Only the owner of the data may say what it is.",
            ));
        }
        let known = column.is_none_or(|column| entry.columns.iter().any(|card| card.name == column));
        if !known {
            return Err(refuse(
                ErrorKind::NotFound,
                "warehouse/unknown-column",
                "数据集没有这一列。",
                "The dataset has no such column.",
            ));
        }
        Ok(())
    }

    async fn insert(&self, actor: &Party, kind: &str, row: ClassificationRow) -> Result<Classification> {
        let transaction = self.inner.store.transaction().await?;
        let row = grading::insert(&transaction, row).await?;
        let body = json!({ "dataset": row.dataset, "column": row.column_name, "label": row.label,
                           "evidence": row.evidence });
        self.inner.record_act(&transaction, actor, (kind, &row.id), body).await?;
        transaction.commit().await?;
        Classification::new(row)
    }

    async fn step(
        &self,
        actor: &Party,
        row: &ClassificationRow,
        (from, to): (&str, &str),
        kind: &str,
        reason: &str,
    ) -> Result<Classification> {
        if row.state != from {
            return Err(refuse(
                ErrorKind::Precondition,
                "warehouse/grading-state",
                format!("该标签处于 {}，须先处于 {from}。", row.state),
                format!("The label is {}, it must be {from}.", row.state),
            ));
        }
        let at = self.inner.store.now();
        let transaction = self.inner.store.transaction().await?;
        let step = Step { from, to, by: &actor.account, at, reason: Some(reason) };
        grading::step(&transaction, &row.id, &step).await?;
        let superseded = if to == "approved" { grading::supersede(&transaction, row).await? } else { 0 };
        let body = json!({ "dataset": row.dataset, "column": row.column_name, "grade": row.grade,
                           "label": row.kind, "version": row.version, "from": from, "to": to,
                           "reason": reason, "superseded": superseded });
        self.inner.record_act(&transaction, actor, (kind, &row.id), body).await?;
        transaction.commit().await?;
        if to == "approved" {
            self.inner.reload_catalogue().await?;
        }
        Classification::new(self.found(&row.id).await?)
    }
}

/// Labels are approved by whoever answers for security (安全管理员).
fn approver(actor: &Party) -> Result<()> {
    if actor.role == Role::SecurityAdministrator {
        return Ok(());
    }
    Err(refuse(
        ErrorKind::Forbidden,
        "warehouse/grading-not-approver",
        "只有安全管理员可以批准或驳回已确认的标签。",
        "Only a security administrator may approve or reject a confirmed label.",
    ))
}

fn words(text: &str) -> Result<()> {
    if text.trim().is_empty() || text.chars().count() > REASON_CHARACTERS_MAX {
        return Err(refuse(
            ErrorKind::InvalidArgument,
            "warehouse/grading-reason",
            "须写明理由，且不超过 1000 个字符。",
            "A reason is required, up to 1000 characters.",
        ));
    }
    Ok(())
}
