//! Who can see what, and why: the same decision, with everything that was looked at.

use std::collections::BTreeMap;

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_kernel::predicate::{Mask, Predicate};
use brain_policy::Action;
use brain_store::{PageRequest, account};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Ask, Policy, Reason};
use crate::grants::Miss;
use crate::identity::{oversees_rights, party_of};
use crate::{DatasetFacts, Error, GrantCard, Result};

/// Accounts looked at for one dataset at most.
const ACCOUNTS_MAX: u64 = 500;

/// The answer for one account and one dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Explanation {
    /// Account id.
    pub account: String,
    /// Its name.
    pub account_name: String,
    /// What it may be.
    pub role: Role,
    /// Highest grade it may see.
    pub clearance: Grade,
    /// Dataset name.
    pub dataset: String,
    /// Its grade.
    pub grade: Grade,
    /// What was asked.
    pub action: Action,
    /// For what.
    pub purpose: String,
    /// The answer.
    pub allow: bool,
    /// The chain of reasons; the last one decided.
    pub reasons: Vec<ReasonCard>,
    /// The grant it rests on.
    pub grant: Option<String>,
    /// Why that was given.
    pub basis: Option<Text>,
    /// Rows it is confined to.
    pub rows: Option<Predicate>,
    /// Columns hidden, and how.
    pub masks: BTreeMap<String, Mask>,
    /// Until when; `None` until revoked.
    pub until: Option<DateTime<Utc>>,
    /// Every grant that names the dataset for this account.
    pub candidates: Vec<Candidate>,
    /// What would be needed.
    pub needed: Option<Text>,
}

/// A reason with its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReasonCard {
    /// The reason.
    #[serde(flatten)]
    pub reason: Reason,
    /// In words.
    pub text: Text,
}

/// A grant that names the dataset, and whether it opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Candidate {
    /// Its id.
    pub grant: String,
    /// Whether it opens the dataset for this.
    pub opens: bool,
    /// Why not.
    pub why_not: Option<Text>,
}

impl Policy {
    /// The party behind an account, by id or user name; any for a security administrator or auditor, otherwise one's own.
    pub async fn party(&self, actor: &Party, account: &str) -> Result<Party> {
        let db = self.0.store.db();
        let found = match account::find(db, account).await? {
            Some(found) => Some(found),
            None => account::find_by_username(db, &account.to_lowercase()).await?,
        };
        let found = found.filter(|found| found.id == actor.account || oversees_rights(actor));
        party_of(&found.ok_or_else(|| Error::not_found("account", account))?)
    }

    /// The party behind an account id, for what it set up earlier and what is done by itself now; none where there is no
    /// such account or it is closed, so that what it set up stops with it.
    pub async fn party_behind(&self, account: &str) -> Result<Option<Party>> {
        let found = account::find(self.0.store.db(), account).await?;
        found.filter(|found| !found.disabled).map(|found| party_of(&found)).transpose()
    }

    /// Every account that could be asked about, at most 500: all for a security administrator, otherwise one's own.
    pub async fn parties(&self, actor: &Party) -> Result<Vec<Party>> {
        if !oversees_rights(actor) {
            return Ok(vec![actor.clone()]);
        }
        let page = account::list(self.0.store.db(), PageRequest::new(1, ACCOUNTS_MAX)).await?;
        page.items.iter().filter(|found| !found.disabled).map(party_of).collect()
    }

    /// Explain the decision for one account and one dataset.
    #[must_use]
    pub fn explain(&self, party: &Party, dataset: &DatasetFacts, ask: &Ask<'_>) -> Explanation {
        let now = self.0.clock.now();
        let rules = self.0.rules.load();
        let decision = self.decided(&rules, party, dataset, ask, now);
        let candidates = self.0.grants.candidates(party, dataset, ask.action, ask.purpose, now);
        let needed = (!decision.allow).then(|| needed(&decision.reasons, dataset));
        let grant = decision.grant;
        Explanation {
            account: party.account.clone(),
            account_name: party.display_name.clone(),
            role: party.role,
            clearance: rules.label(party).clearance,
            dataset: dataset.name.clone(),
            grade: dataset.grade,
            action: ask.action,
            purpose: ask.purpose.to_owned(),
            allow: decision.allow,
            reasons: decision
                .reasons
                .into_iter()
                .map(|reason| ReasonCard { text: reason.text(), reason })
                .collect(),
            basis: grant.as_ref().map(|grant| grant.basis.clone()),
            rows: grant.as_ref().map(|grant| grant.rows.clone()),
            until: grant.as_ref().and_then(|grant| grant.until),
            masks: grant.as_ref().map(|grant| grant.masks.clone()).unwrap_or_default(),
            grant: grant.map(|grant| grant.id),
            candidates: candidates.into_iter().map(|(card, miss)| candidate(&card, miss)).collect(),
            needed,
        }
    }
}

fn candidate(card: &GrantCard, miss: Option<Miss>) -> Candidate {
    Candidate { grant: card.id.clone(), opens: miss.is_none(), why_not: miss.map(|miss| why_not(card, miss)) }
}

fn why_not(card: &GrantCard, miss: Miss) -> Text {
    let given = &card.grant;
    match miss {
        Miss::Expired => {
            let until = given.until.map(|until| until.to_rfc3339()).unwrap_or_default();
            Text::new(format!("已于 {until} 到期。"), format!("It ended on {until}."))
        }
        Miss::Purpose => {
            Text::new(format!("只用于“{}”。", given.purpose), format!("It is for “{}” only.", given.purpose))
        }
        Miss::Action => Text::new("不含此操作。", "It does not open this action."),
        Miss::Grade => Text::new("数据级别高于授权上限。", "The dataset's grade is above the grant's limit."),
        Miss::Reach => Text::new(
            "不在授权范围内（本企业的行或数据）。",
            "Outside its reach: the organisation's own rows or data.",
        ),
    }
}

/// What would turn the answer around.
fn needed(reasons: &[Reason], dataset: &DatasetFacts) -> Text {
    match reasons.last() {
        Some(Reason::AboveClearance { grade, .. }) => Text::new(
            format!("由安全管理员（重要数据以上须两人）把账号的安全标记提高到 {grade:?}。"),
            format!(
                "A security administrator (two, from important data on) raises the account's label to {grade:?}."
            ),
        ),
        Some(Reason::AboveChannel { .. }) => Text::new(
            "在节点内使用；或由两名安全管理员提高出口的级别。",
            "Use it inside the node; or two security administrators raise the label of the way out.",
        ),
        Some(Reason::Forbidden { policies }) if !reasons.contains(&Reason::NoGrant) => Text::new(
            format!("满足策略 {} 的条件，例如先签协议。", policies.join("、")),
            format!("Meet the conditions of {}, for example with an agreement.", policies.join(", ")),
        ),
        Some(Reason::PolicyFailed) => {
            Text::new("请安全管理员改正策略。", "A security administrator must mend the policy.")
        }
        _ => Text::new(
            format!("向 {} 申请授权并写明用途。", dataset.owner),
            format!("Ask {} for a grant, naming the purpose.", dataset.owner),
        ),
    }
}
