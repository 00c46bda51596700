//! Giving, listing and taking back.

use std::collections::BTreeSet;

use brain_kernel::party::{Party, Role};
use brain_kernel::predicate::{Mask, Predicate};
use brain_store::grant::{self as rows, GrantFilter};
use brain_store::{Page, PageRequest, Transaction, account};
use chrono::SubsecRound;
use serde_json::json;

use super::rule::{from_row, subject_columns, to_row};
use super::{GrantCard, Grants, NewGrant, Subject};
use crate::identity::require_role;
use crate::{Error, EvidenceEntry, Result};

/// Longest text field of a grant, in characters.
const TEXT_CHARACTERS_MAX: usize = 500;
/// Masks in one grant at most.
const MASKS_MAX: usize = 500;
/// Parts of a row filter at most, counted over all levels.
const PREDICATE_PARTS_MAX: usize = 1_000;
/// Levels of a row filter at most.
const PREDICATE_DEPTH_MAX: usize = 8;

impl Grants {
    /// Give a permission; it acts at the next decision. Security administrators only.
    pub async fn issue(&self, actor: &Party, new: NewGrant) -> Result<GrantCard> {
        require_role(actor, Role::SecurityAdministrator)?;
        let transaction = self.0.store.transaction().await?;
        let (card, entry) = self.issue_in(&transaction, &actor.account, new, None).await?;
        self.0.evidence.record_in(&transaction, entry).await?;
        transaction.commit().await?;
        self.reload().await?;
        Ok(card)
    }

    /// The same within a larger act; the caller records the entry, commits and reloads.
    pub(crate) async fn issue_in(
        &self,
        transaction: &Transaction,
        actor: &str,
        new: NewGrant,
        request: Option<&str>,
    ) -> Result<(GrantCard, EvidenceEntry)> {
        let new = NewGrant { until: new.until.map(|until| until.trunc_subsecs(6)), ..new };
        self.check(&new)?;
        refuse_self_service(actor, &new.subject)?;
        if let Subject::Account(id) = &new.subject {
            let found =
                account::find(transaction, id).await?.ok_or_else(|| Error::not_found("account", id))?;
            let role = Role::from_name(&found.role).ok_or(Error::Corrupt { field: "account.role" })?;
            refuse_self_service(actor, &Subject::Role(role))?;
        }
        let row = to_row(self.0.store.new_id(), &new, actor, request, self.0.store.now())?;
        rows::insert_many(transaction, vec![row.clone()]).await?;
        let entry = EvidenceEntry {
            kind: "grant.issue".to_owned(),
            actor: actor.to_owned(),
            subject: row.id.clone(),
            body: json!({ "grant": new, "request": request }),
        };
        Ok((from_row(row)?, entry))
    }

    /// Take a permission back; it is gone at the next decision, and so is the request it came of. Security
    /// administrators only.
    pub async fn revoke(&self, actor: &Party, id: &str) -> Result<()> {
        require_role(actor, Role::SecurityAdministrator)?;
        let transaction = self.0.store.transaction().await?;
        let mut entries = vec![self.revoke_in(&transaction, &actor.account, id).await?];
        entries
            .extend(crate::requests::grant_revoked(&self.0.store, &transaction, &actor.account, id).await?);
        self.0.evidence.record_all_in(&transaction, entries).await?;
        transaction.commit().await?;
        self.reload().await
    }

    /// The same within a larger act; the caller records the entry, commits and reloads.
    pub(crate) async fn revoke_in(
        &self,
        transaction: &Transaction,
        actor: &str,
        id: &str,
    ) -> Result<EvidenceEntry> {
        rows::revoke(transaction, id, self.0.store.now(), actor).await?;
        Ok(EvidenceEntry {
            kind: "grant.revoke".to_owned(),
            actor: actor.to_owned(),
            subject: id.to_owned(),
            body: json!({}),
        })
    }

    /// Permissions, newest first: those given to the caller or its role, or everybody's for the security
    /// administrator and the auditor.
    pub async fn list(&self, actor: &Party, revoked_too: bool, page: PageRequest) -> Result<Page<GrantCard>> {
        let subjects = match actor.role {
            Role::SecurityAdministrator | Role::Auditor => Vec::new(),
            role => [Subject::Role(role), Subject::Account(actor.account.clone())]
                .iter()
                .map(subject_columns)
                .collect(),
        };
        let filter = GrantFilter { revoked: revoked_too, subjects };
        let Page { items, total, page, page_size } = rows::list(self.0.store.db(), &filter, page).await?;
        let items = items.into_iter().map(from_row).collect::<Result<_>>()?;
        Ok(Page { items, total, page, page_size })
    }

    fn check(&self, new: &NewGrant) -> Result<()> {
        let prefix = new.dataset.strip_suffix('*').unwrap_or(&new.dataset);
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
        if new.dataset.is_empty() || new.dataset.len() > TEXT_CHARACTERS_MAX || !prefix.chars().all(plain) {
            return Err(Error::invalid(
                "dataset",
                "数据集须为名称，或以 * 结尾的前缀，如 subject.*。",
                "The dataset must be a name, or a prefix ending in *, for example subject.*.",
            ));
        }
        for (field, text) in [("purpose", &new.purpose), ("basis", &new.basis.zh), ("basis", &new.basis.en)] {
            if !plain_text(text) {
                return Err(Error::invalid(
                    field,
                    format!("用途与依据（中文、英文）须填写，且不超过 {TEXT_CHARACTERS_MAX} 个字符。"),
                    format!(
                        "Purpose and basis (zh and en) are required, up to {TEXT_CHARACTERS_MAX} characters."
                    ),
                ));
            }
        }
        if new.until.is_some_and(|until| until <= self.0.clock.now()) {
            return Err(Error::invalid("until", "有效期已过。", "The grant would have expired already."));
        }
        if new.masks.len() > MASKS_MAX || !new.masks.values().all(Mask::is_sound) {
            return Err(Error::invalid(
                "masks",
                format!("脱敏列至多 {MASKS_MAX} 个；有效数字至少 1 位，分档宽度与封顶值须为正数。"),
                format!(
                    "At most {MASKS_MAX} masked columns; at least one significant digit; widths and tops are positive."
                ),
            ));
        }
        if new.columns.as_ref().is_some_and(|columns| columns.is_empty() || columns.len() > MASKS_MAX) {
            return Err(Error::invalid(
                "columns",
                format!("字段须为 1 至 {MASKS_MAX} 个；不限字段请省略。"),
                format!("Name 1 to {MASKS_MAX} columns, or leave them out for all."),
            ));
        }
        if new.actions.as_ref().is_some_and(BTreeSet::is_empty) {
            return Err(Error::invalid(
                "actions",
                "授权至少含一种操作。",
                "A grant opens at least one action.",
            ));
        }
        if new.agreement.as_ref().is_some_and(|text| !plain_text(text)) {
            return Err(Error::invalid(
                "agreement",
                format!("协议编号须为 1 至 {TEXT_CHARACTERS_MAX} 个字符。"),
                format!("The agreement needs 1 to {TEXT_CHARACTERS_MAX} characters."),
            ));
        }
        check_rows(&new.rows)
    }
}

/// Whoever gives permissions, or audits them, gets none: to itself, or to a role that does not work with data.
fn refuse_self_service(actor: &str, subject: &Subject) -> Result<()> {
    let refused = match subject {
        Subject::Role(role) => !Role::WORKING.contains(role),
        Subject::Account(id) => id == actor,
    };
    if !refused {
        return Ok(());
    }
    Err(Error::invalid(
        "subject",
        "不能授权给本人、安全管理员或审计员：授权与使用须分开。",
        "No grant goes to oneself, a security administrator or an auditor: giving and using are separate.",
    ))
}

/// Whether a row filter is small enough to plan and to show.
pub(crate) fn check_rows(rows: &Predicate) -> Result<()> {
    if parts(rows, PREDICATE_DEPTH_MAX).is_none_or(|parts| parts > PREDICATE_PARTS_MAX) {
        return Err(Error::invalid(
            "rows",
            format!("行过滤条件至多 {PREDICATE_PARTS_MAX} 个、{PREDICATE_DEPTH_MAX} 层。"),
            format!("A row filter has at most {PREDICATE_PARTS_MAX} parts in {PREDICATE_DEPTH_MAX} levels."),
        ));
    }
    Ok(())
}

fn plain_text(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= TEXT_CHARACTERS_MAX
}

/// Parts of a filter over all levels; `None` when it is deeper than `levels`.
fn parts(predicate: &Predicate, levels: usize) -> Option<usize> {
    match predicate {
        Predicate::Any(inner) | Predicate::All(inner) => {
            let levels = levels.checked_sub(1)?;
            inner.iter().try_fold(1_usize, |sum, part| Some(sum + parts(part, levels)?))
        }
        _ => Some(1),
    }
}
