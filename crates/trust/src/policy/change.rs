//! Changing the rules: versions with evidence, and two people wherever important data is within reach.

use std::collections::{BTreeMap, HashMap};

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_policy::{Book, Rule, built_in};
use brain_store::rule_version::{self as rows, RuleVersionRow};
use brain_store::{ConnectionTrait, Page, PageRequest, account};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{DOWNLOAD, Label, Policy, Rules, corrupt};
use crate::identity::{oversees_rights, require_role};
use crate::{Error, EvidenceEntry, Result};

const POLICY: &str = "policy";
const LABEL: &str = "label";
const CHANNEL: &str = "channel";
const DOWNLOAD_CHANNEL: &str = "download";

/// A change of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "RuleChange")]
pub enum Change {
    /// An attribute policy: new, another text, or gone.
    Policy {
        /// Its id: lower-case letters, digits and `-`.
        id: String,
        /// What it says in words.
        title: Text,
        /// Its text in Cedar's language; none retires it.
        text: Option<String>,
        /// Highest grade it is asked about.
        level: Grade,
    },
    /// The label of an account.
    Label {
        /// Account id.
        account: String,
        /// The label; none puts it back to its role's.
        label: Option<Label>,
    },
    /// Highest grade that leaves the node as a file.
    Download {
        /// The grade.
        most: Grade,
    },
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    /// A second person must confirm it.
    Proposed,
    /// In force.
    Active,
    /// A later version replaced it.
    Superseded,
    /// The second person said no.
    Refused,
}

/// A version of a rule as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeCard {
    /// Stable id.
    pub id: String,
    /// Counts per rule, from 1.
    pub version: i64,
    /// What it says.
    pub change: Change,
    /// Highest grade the change touches.
    pub level: Grade,
    /// Where it stands.
    pub state: ChangeState,
    /// Account that proposed it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// Account that confirmed or refused it.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
}

impl Change {
    fn key(&self) -> (&'static str, &str) {
        match self {
            Self::Policy { id, .. } => (POLICY, id),
            Self::Label { account, .. } => (LABEL, account),
            Self::Download { .. } => (CHANNEL, DOWNLOAD_CHANNEL),
        }
    }
}

impl Policy {
    /// Change a rule: at once below important data, otherwise when a second one confirms. Security administrators only.
    pub async fn propose(&self, actor: &Party, change: Change) -> Result<ChangeCard> {
        require_role(actor, Role::SecurityAdministrator)?;
        let transaction = self.0.store.transaction().await?;
        let active = rows::active(&transaction).await?;
        check(&transaction, &active, &change).await?;
        let level = touched(&active, &change)?;
        let now = self.0.store.now();
        let (kind, subject) = change.key();
        let known = rows::versions(&transaction, kind, subject).await?;
        let at_once = !level.needs_two_people();
        let state = if at_once { ChangeState::Active } else { ChangeState::Proposed };
        let row = RuleVersionRow {
            id: self.0.store.new_id(),
            kind: kind.to_owned(),
            subject: subject.to_owned(),
            version: i64::try_from(known).unwrap_or(i64::MAX).saturating_add(1),
            body: serde_json::to_value(&change).map_err(|_| corrupt("rule_version.body"))?,
            level: name_of(&level)?,
            state: name_of(&state)?,
            proposed_by: actor.account.clone(),
            proposed_at: now,
            decided_by: None,
            decided_at: None,
        };
        if at_once {
            rows::supersede(&transaction, kind, subject).await?;
        }
        rows::insert(&transaction, row.clone()).await?;
        let evidence_kind = if at_once { "policy.change" } else { "policy.propose" };
        self.0.evidence.record_in(&transaction, entry(evidence_kind, actor, &row)).await?;
        transaction.commit().await?;
        if at_once {
            self.reload().await?;
        }
        card(row)
    }

    /// Confirm or refuse what another security administrator proposed.
    pub async fn decide_change(&self, actor: &Party, id: &str, confirm: bool) -> Result<ChangeCard> {
        require_role(actor, Role::SecurityAdministrator)?;
        let transaction = self.0.store.transaction().await?;
        let row = rows::find(&transaction, id).await?.ok_or_else(|| Error::not_found("change", id))?;
        if row.proposed_by == actor.account {
            return Err(Error::SecondPerson);
        }
        let state = if confirm { ChangeState::Active } else { ChangeState::Refused };
        if confirm {
            let change: Change =
                serde_json::from_value(row.body.clone()).map_err(|_| corrupt("rule_version.body"))?;
            // Other rules may have changed since it was proposed.
            check(&transaction, &rows::active(&transaction).await?, &change).await?;
            rows::supersede(&transaction, &row.kind, &row.subject).await?;
        }
        let now = self.0.store.now();
        rows::decide(&transaction, id, &name_of(&state)?, &actor.account, now).await?;
        let row = RuleVersionRow {
            state: name_of(&state)?,
            decided_by: Some(actor.account.clone()),
            decided_at: Some(now),
            ..row
        };
        let kind = if confirm { "policy.change" } else { "policy.refuse" };
        self.0.evidence.record_in(&transaction, entry(kind, actor, &row)).await?;
        transaction.commit().await?;
        if confirm {
            self.reload().await?;
        }
        card(row)
    }

    /// Versions of policies, labels or channels, newest first. Security administrators and auditors only.
    pub async fn changes(
        &self,
        actor: &Party,
        kind: &str,
        state: Option<ChangeState>,
        page: PageRequest,
    ) -> Result<Page<ChangeCard>> {
        if !oversees_rights(actor) {
            require_role(actor, Role::SecurityAdministrator)?;
        }
        let state = state.as_ref().map(name_of).transpose()?;
        let Page { items, total, page, page_size } =
            rows::list(self.0.store.db(), kind, state.as_deref(), page).await?;
        let items = items.into_iter().map(card).collect::<Result<_>>()?;
        Ok(Page { items, total, page, page_size })
    }

    /// The attribute policies in force.
    #[must_use]
    pub fn policies(&self) -> Vec<Rule> {
        self.0.rules.load().book.rules().to_vec()
    }
}

/// Everything in force: built-in policies, replaced or retired by stored ones, and labels.
pub(super) fn in_force(active: Vec<RuleVersionRow>) -> Result<Rules> {
    let mut labels = HashMap::new();
    let mut download = DOWNLOAD;
    for row in active.iter().filter(|row| row.kind != POLICY) {
        match parsed(row)? {
            Change::Label { account, label: Some(label) } => {
                labels.insert(account, label);
            }
            Change::Download { most } => download = most,
            _ => {}
        }
    }
    let book = Book::new(policies(&active)?).map_err(unusable)?;
    Ok(Rules { book, labels, download })
}

fn policies(active: &[RuleVersionRow]) -> Result<Vec<Rule>> {
    let mut rules: BTreeMap<String, Rule> =
        built_in().into_iter().map(|rule| (rule.id.clone(), rule)).collect();
    for row in active.iter().filter(|row| row.kind == POLICY) {
        let Change::Policy { id, title, text, level } = parsed(row)? else {
            return Err(corrupt("rule_version.body"));
        };
        match text {
            Some(text) => {
                let version = u64::try_from(row.version).unwrap_or_default();
                rules.insert(id.clone(), Rule { id, version, title, text, level });
            }
            None => {
                rules.remove(&id);
            }
        }
    }
    Ok(rules.into_values().collect())
}

fn parsed(row: &RuleVersionRow) -> Result<Change> {
    serde_json::from_value(row.body.clone()).map_err(|_| corrupt("rule_version.body"))
}

/// Whether the rules would hold together with the change.
async fn check(db: &impl ConnectionTrait, active: &[RuleVersionRow], change: &Change) -> Result<()> {
    match change {
        Change::Label { account: id, .. } => {
            account::find(db, id).await?.ok_or_else(|| Error::not_found("account", id))?;
        }
        Change::Policy { id, title, text, level } => {
            let mut rules = policies(active)?;
            let before = rules.len();
            rules.retain(|rule| rule.id != *id);
            match text {
                Some(text) => rules.push(Rule {
                    id: id.clone(),
                    version: 0,
                    title: title.clone(),
                    text: text.clone(),
                    level: *level,
                }),
                None if rules.len() == before => return Err(Error::not_found("policy", id)),
                None => {}
            }
            if title.zh.trim().is_empty() || title.en.trim().is_empty() {
                return Err(Error::invalid(
                    "title",
                    "策略须有中英文名称。",
                    "A policy needs a title in both languages.",
                ));
            }
            Book::new(rules).map_err(unusable)?;
        }
        Change::Download { .. } => {}
    }
    Ok(())
}

/// Highest grade for which the change makes a difference: of what was and of what shall be.
fn touched(active: &[RuleVersionRow], change: &Change) -> Result<Grade> {
    let (kind, subject) = change.key();
    let before =
        active.iter().find(|row| row.kind == kind && row.subject == subject).map(parsed).transpose()?;
    Ok(match change {
        Change::Policy { id, level, .. } => {
            let was = policies(active)?.into_iter().find(|rule| rule.id == *id).map(|rule| rule.level);
            was.map_or(*level, |was| was.max(*level))
        }
        Change::Label { label, .. } => {
            let of = |label: Option<&Label>| label.map_or(Grade::General1, |label| label.clearance);
            let was = match &before {
                Some(Change::Label { label, .. }) => of(label.as_ref()),
                _ => Grade::General1,
            };
            of(label.as_ref()).max(was)
        }
        Change::Download { most } => match before {
            Some(Change::Download { most: was }) => was.max(*most),
            _ => DOWNLOAD.max(*most),
        },
    })
}

fn unusable(error: brain_policy::RuleError) -> Error {
    Error::invalid("text", format!("策略不能采用：{error}"), format!("The policy cannot be used: {error}"))
}

fn entry(kind: &str, actor: &Party, row: &RuleVersionRow) -> EvidenceEntry {
    EvidenceEntry {
        kind: kind.to_owned(),
        actor: actor.account.clone(),
        subject: row.subject.clone(),
        body: json!({
            "id": row.id, "kind": row.kind, "version": row.version, "level": row.level, "change": row.body,
            "proposed_by": row.proposed_by,
        }),
    }
}

fn card(row: RuleVersionRow) -> Result<ChangeCard> {
    Ok(ChangeCard {
        change: parsed(&row)?,
        level: from_name("rule_version.level", &row.level)?,
        state: from_name("rule_version.state", &row.state)?,
        id: row.id,
        version: row.version,
        proposed_by: row.proposed_by,
        proposed_at: row.proposed_at,
        decided_by: row.decided_by,
        decided_at: row.decided_at,
    })
}

fn name_of<T: Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        _ => Err(corrupt("rule_version")),
    }
}

fn from_name<T: serde::de::DeserializeOwned>(field: &'static str, name: &str) -> Result<T> {
    serde_json::from_value(name.into()).map_err(|_| corrupt(field))
}
