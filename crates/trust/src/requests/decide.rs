//! Deciding: approve with a grant, reject, take back.

use std::collections::BTreeMap;

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::party::Party;
use brain_kernel::predicate::{Mask, Predicate};
use brain_store::access_request::{self as rows, AccessRequestRow};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::card::parsed;
use super::form::{Form, FormName};
use super::state::Step;
use super::{RequestCard, Requests, purpose, stepped};
use crate::identity::is_security_administrator;
use crate::{DatasetFacts, Error, NewGrant, Reach, Result, Subject};

/// Longest note, in characters.
const NOTE_CHARACTERS_MAX: usize = 500;

/// What the owner approves: the request as it stands, or less.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Approval {
    /// Why, for the requester.
    pub note: String,
    /// An earlier end than asked for.
    pub until: Option<DateTime<Utc>>,
    /// Rows to which the request is confined further.
    pub rows: Option<Predicate>,
    /// How columns are hidden.
    pub masks: BTreeMap<String, Mask>,
    /// Columns of this grade or higher are hidden.
    pub mask_from: Option<Grade>,
}

impl Requests {
    /// Approve: the grant is there with the same commit and acts at the next read.
    ///
    /// `dataset` is the dataset as it is now: forms its present grade demands are demanded.
    pub async fn approve(
        &self,
        actor: &Party,
        id: &str,
        revision: i64,
        dataset: &DatasetFacts,
        approval: Approval,
    ) -> Result<RequestCard> {
        let row = self.row(id).await?;
        self.require_authority(actor, &row).await?;
        check_note(&approval.note)?;
        self.check_gates(&row, dataset)?;
        let now = self.0.store.now();
        if now > row.decide_by {
            return Err(Error::invalid(
                "id",
                "申请已过审批期限，请申请人重新提交。",
                "The deadline for deciding has passed; the requester must ask again.",
            ));
        }
        let new = grant(&row, &approval)?;
        let transaction = self.0.store.transaction().await?;
        let (card, issued) = self.0.grants.issue_in(&transaction, &actor.account, new, Some(id)).await?;
        let detail = json!({ "grant": card.id, "note": approval.note, "until": card.grant.until });
        let (row, entry) = stepped(&self.0.store, row, Step::Approve, &actor.account, detail)?;
        let row = AccessRequestRow {
            grant_id: Some(card.id),
            valid_until: card.grant.until.unwrap_or(row.valid_until),
            decided_by: Some(actor.account.clone()),
            decided_at: Some(now),
            note: Some(approval.note),
            ..row
        };
        rows::update(&transaction, row.clone(), revision).await?;
        self.0.evidence.record_all_in(&transaction, vec![entry, issued]).await?;
        transaction.commit().await?;
        self.0.grants.reload().await?;
        self.card(actor, row).await
    }

    /// Say no, and why.
    pub async fn reject(&self, actor: &Party, id: &str, revision: i64, note: String) -> Result<RequestCard> {
        let row = self.row(id).await?;
        self.require_authority(actor, &row).await?;
        check_note(&note)?;
        if note.trim().is_empty() {
            return Err(Error::invalid("note", "驳回须说明理由。", "A rejection needs a reason."));
        }
        let row = AccessRequestRow {
            decided_by: Some(actor.account.clone()),
            decided_at: Some(self.0.store.now()),
            note: Some(note.clone()),
            ..row
        };
        self.advance(actor, row, revision, Step::Reject, json!({ "note": note })).await
    }

    /// Take the grant back, or give one's own back; the next read is refused.
    pub async fn revoke(&self, actor: &Party, id: &str, revision: i64) -> Result<RequestCard> {
        let row = self.row(id).await?;
        if row.requester != actor.account && !is_security_administrator(actor) {
            self.require_authority(actor, &row).await?;
        }
        let (next, entry) = stepped(&self.0.store, row, Step::Revoke, &actor.account, json!({}))?;
        let grant = next.grant_id.clone().ok_or(Error::Corrupt { field: "access_request.grant_id" })?;
        let transaction = self.0.store.transaction().await?;
        rows::update(&transaction, next.clone(), revision).await?;
        let revoked = self.0.grants.revoke_in(&transaction, &actor.account, &grant).await?;
        self.0.evidence.record_all_in(&transaction, vec![entry, revoked]).await?;
        transaction.commit().await?;
        self.0.grants.reload().await?;
        self.card(actor, next).await
    }

    /// The forms of the request, and those the dataset's grade of today adds, must be there and complete.
    fn check_gates(&self, row: &AccessRequestRow, dataset: &DatasetFacts) -> Result<()> {
        let forms: BTreeMap<FormName, Form> = parsed("access_request.forms", row.forms.clone())?;
        let mut required: Vec<FormName> =
            parsed("access_request.required_forms", row.required_forms.clone())?;
        let purpose = purpose::of(&row.purpose).ok_or(Error::Corrupt { field: "access_request.purpose" })?;
        required.extend(purpose::required_forms(&purpose, dataset.grade, false));
        for name in required {
            let form = forms.get(&name).ok_or(Error::FormMissing { form: name })?;
            name.check(form)?;
        }
        Ok(())
    }
}

fn check_note(note: &str) -> Result<()> {
    if note.chars().count() <= NOTE_CHARACTERS_MAX {
        return Ok(());
    }
    Err(Error::invalid(
        "note",
        format!("意见不超过 {NOTE_CHARACTERS_MAX} 个字符。"),
        format!("A note has up to {NOTE_CHARACTERS_MAX} characters."),
    ))
}

/// The grant of a request: never more than was asked for.
fn grant(row: &AccessRequestRow, approval: &Approval) -> Result<NewGrant> {
    let purpose = purpose::of(&row.purpose).ok_or(Error::Corrupt { field: "access_request.purpose" })?;
    let asked: Predicate = parsed("access_request.rows", row.rows.clone())?;
    let columns: std::collections::BTreeSet<String> = parsed("access_request.columns", row.columns.clone())?;
    Ok(NewGrant {
        subject: Subject::Account(row.requester.clone()),
        dataset: row.dataset.clone(),
        reach: Reach::All,
        rows: match &approval.rows {
            Some(less) => Predicate::All(vec![asked, less.clone()]),
            None => asked,
        },
        masks: approval.masks.clone(),
        grade_max: None,
        mask_from: approval.mask_from,
        purpose: purpose.code,
        until: Some(approval.until.map_or(row.valid_until, |until| until.min(row.valid_until))),
        basis: Text::new(format!("数据申请 {}", row.id), format!("Request {}", row.id)),
        columns: (!columns.is_empty()).then_some(columns),
        actions: Some(purpose.actions),
        agreement: row.agreement.clone(),
    })
}
