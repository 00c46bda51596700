//! Asking: a new request, its forms, taking it back, and reading what became of it.

use brain_kernel::hexadecimal;
use std::collections::BTreeMap;

use brain_kernel::party::Party;
use brain_store::access_request::{self as rows, AccessRequestFilter, AccessRequestRow};
use brain_store::{Page, PageRequest, account};
use chrono::{SubsecRound as _, TimeDelta};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::card::{parsed, stored};
use super::form::{Form, FormName};
use super::state::{State, Step};
use super::{NewRequest, RequestCard, Requests, purpose, stepped};
use crate::identity::{oversees_rights, require_working};
use crate::{DatasetFacts, Error, EvidenceEntry, Result};

/// Days the owner has to decide.
const DECIDE_DAYS: i64 = 7;
/// Longest period one request can ask for, days.
const PERIOD_DAYS_MAX: i64 = 366;
/// Open requests one account may have.
const OPEN_MAX: u64 = 100;
/// Longest text, in characters.
const TEXT_CHARACTERS_MAX: usize = 500;

impl Requests {
    /// Ask for access; whoever may decide for the dataset's owner finds it in the inbox.
    pub async fn submit(
        &self,
        actor: &Party,
        dataset: &DatasetFacts,
        new: NewRequest,
    ) -> Result<RequestCard> {
        require_working(actor)?;
        let now = self.0.store.now();
        let until = new.until.trunc_subsecs(6);
        let purpose = self.checked(&new, dataset)?;
        let required = purpose::required_forms(&purpose, dataset.grade, new.sensitive_personal);
        let row = AccessRequestRow {
            id: self.0.store.new_id(),
            requester: actor.account.clone(),
            dataset: dataset.name.clone(),
            owner: super::authority::deciding(&dataset.owner).to_owned(),
            purpose: purpose.code,
            reason: new.reason.trim().to_owned(),
            columns: stored("access_request.columns", &new.columns)?,
            rows: stored("access_request.rows", &new.rows)?,
            valid_until: until,
            agreement: new.agreement.clone(),
            required_forms: stored("access_request.required_forms", &required)?,
            forms: stored("access_request.forms", &new.forms)?,
            state: State::Pending.name().to_owned(),
            revision: 1,
            decide_by: (now + TimeDelta::days(DECIDE_DAYS)).min(until),
            created_at: now,
            updated_at: now,
            decided_by: None,
            decided_at: None,
            note: None,
            grant_id: None,
        };
        let entry = EvidenceEntry {
            kind: "request.submit".to_owned(),
            actor: actor.account.clone(),
            subject: row.id.clone(),
            body: json!({
                "dataset": row.dataset, "purpose": row.purpose, "columns": row.columns, "rows": row.rows,
                "until": until, "agreement": row.agreement, "required_forms": row.required_forms,
                "forms": digests(&new.forms)?,
            }),
        };
        let transaction = self.0.store.transaction().await?;
        let open = AccessRequestFilter {
            requester: Some(actor.account.clone()),
            state: Some(State::Pending.name().to_owned()),
            ..AccessRequestFilter::default()
        };
        if rows::list(&transaction, &open, PageRequest::new(1, 1)).await?.total >= OPEN_MAX {
            return Err(Error::invalid(
                "dataset",
                format!("待审批的申请已达 {OPEN_MAX} 个，请等待处理或撤回一些。"),
                format!("There are {OPEN_MAX} undecided requests; wait, or withdraw some."),
            ));
        }
        rows::insert(&transaction, row.clone()).await?;
        self.0.evidence.record_in(&transaction, entry).await?;
        transaction.commit().await?;
        self.card(actor, row).await
    }

    /// Fill in a form of one's own request.
    pub async fn fill(
        &self,
        actor: &Party,
        id: &str,
        revision: i64,
        name: FormName,
        form: Form,
    ) -> Result<RequestCard> {
        name.check(&form)?;
        let row = self.own(actor, id).await?;
        let mut forms: BTreeMap<FormName, Form> = parsed("access_request.forms", row.forms.clone())?;
        forms.insert(name, form);
        let row = AccessRequestRow { forms: stored("access_request.forms", &forms)?, ..row };
        let detail = json!({ "form": name, "digest": digests(&forms)?.get(&name) });
        self.advance(actor, row, revision, Step::Fill, detail).await
    }

    /// Take back one's own undecided request.
    pub async fn withdraw(&self, actor: &Party, id: &str, revision: i64) -> Result<RequestCard> {
        let row = self.own(actor, id).await?;
        self.advance(actor, row, revision, Step::Withdraw, json!({})).await
    }

    /// One request: for the one who asked, those who may decide it, and those who look after everybody's rights.
    pub async fn get(&self, actor: &Party, id: &str) -> Result<RequestCard> {
        let row = self.row(id).await?;
        let may_see =
            row.requester == actor.account || oversees_rights(actor) || self.may_decide(actor, &row).await?;
        if may_see { self.card(actor, row).await } else { Err(Error::not_found("request", id)) }
    }

    /// One's own requests, newest first.
    pub async fn mine(
        &self,
        actor: &Party,
        state: Option<State>,
        page: PageRequest,
    ) -> Result<Page<RequestCard>> {
        let filter = AccessRequestFilter {
            requester: Some(actor.account.clone()),
            state: state.map(|state| state.name().to_owned()),
            ..AccessRequestFilter::default()
        };
        self.listed(actor, &filter, page).await
    }

    pub(super) async fn listed(
        &self,
        actor: &Party,
        filter: &AccessRequestFilter,
        page: PageRequest,
    ) -> Result<Page<RequestCard>> {
        let Page { items, total, page, page_size } = rows::list(self.0.store.db(), filter, page).await?;
        let mut cards = Vec::with_capacity(items.len());
        for row in items {
            cards.push(self.card(actor, row).await?);
        }
        Ok(Page { items: cards, total, page, page_size })
    }

    pub(super) async fn card(&self, actor: &Party, row: AccessRequestRow) -> Result<RequestCard> {
        let may_decide = row.requester != actor.account && self.may_decide(actor, &row).await?;
        let requester = account::find(self.0.store.db(), &row.requester).await?;
        let name = requester.map_or_else(|| row.requester.clone(), |account| account.display_name);
        RequestCard::of(row, name, may_decide)
    }

    pub(super) async fn row(&self, id: &str) -> Result<AccessRequestRow> {
        rows::find(self.0.store.db(), id).await?.ok_or_else(|| Error::not_found("request", id))
    }

    async fn own(&self, actor: &Party, id: &str) -> Result<AccessRequestRow> {
        let row = self.row(id).await?;
        if row.requester == actor.account { Ok(row) } else { Err(Error::not_found("request", id)) }
    }

    /// Take a step that touches nothing but the request.
    pub(super) async fn advance(
        &self,
        actor: &Party,
        row: AccessRequestRow,
        revision: i64,
        step: Step,
        detail: serde_json::Value,
    ) -> Result<RequestCard> {
        let (row, entry) = stepped(&self.0.store, row, step, &actor.account, detail)?;
        let transaction = self.0.store.transaction().await?;
        rows::update(&transaction, row.clone(), revision).await?;
        self.0.evidence.record_in(&transaction, entry).await?;
        transaction.commit().await?;
        self.card(actor, row).await
    }

    fn checked(&self, new: &NewRequest, dataset: &DatasetFacts) -> Result<purpose::PurposeCard> {
        let now = self.0.store.now();
        let purpose = purpose::of(&new.purpose).ok_or_else(|| {
            Error::invalid(
                "purpose",
                "没有这种用途，请从用途表中选择。",
                "There is no such purpose; choose one of the list.",
            )
        })?;
        let filled = |text: &str| !text.trim().is_empty() && text.chars().count() <= TEXT_CHARACTERS_MAX;
        if !filled(&new.reason) || new.agreement.as_ref().is_some_and(|text| !filled(text)) {
            return Err(Error::invalid(
                "reason",
                format!("申请理由须填写；理由与协议编号不超过 {TEXT_CHARACTERS_MAX} 个字符。"),
                format!(
                    "A reason is required; reason and agreement have up to {TEXT_CHARACTERS_MAX} characters."
                ),
            ));
        }
        if purpose.agreement && new.agreement.is_none() {
            return Err(Error::invalid(
                "agreement",
                "此用途须先有协议，请填写协议编号（《网络数据安全管理条例》第十二条）。",
                "This purpose needs an agreement first; give its number.",
            ));
        }
        if new.until <= now || new.until > now + TimeDelta::days(PERIOD_DAYS_MAX) {
            return Err(Error::invalid(
                "until",
                format!("期限须在今后 {PERIOD_DAYS_MAX} 天以内。"),
                format!("The period must end within {PERIOD_DAYS_MAX} days from now."),
            ));
        }
        let unknown =
            new.columns.iter().find(|name| !dataset.columns.iter().any(|column| column.name == **name));
        if let Some(name) = unknown {
            return Err(Error::invalid(
                "columns",
                format!("数据集 {} 没有字段 {name}。", dataset.name),
                format!("Dataset {} has no column {name}.", dataset.name),
            ));
        }
        crate::grants::check_rows(&new.rows)?;
        for (name, form) in &new.forms {
            name.check(form)?;
        }
        Ok(purpose)
    }
}

/// Forms may name persons, so evidence holds their digest, not their words.
fn digests(forms: &BTreeMap<FormName, Form>) -> Result<BTreeMap<FormName, String>> {
    let digest = |(name, form): (&FormName, &Form)| {
        let text = serde_json::to_vec(form).map_err(|_| Error::Corrupt { field: "access_request.forms" })?;
        Ok((*name, hexadecimal::encode(&Sha256::digest(text))))
    };
    forms.iter().map(digest).collect()
}
