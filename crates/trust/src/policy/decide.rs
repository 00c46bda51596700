//! The decision: labels first, then grants, then attribute policies; whatever none of them allows is denied.

use std::borrow::Cow;

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_kernel::predicate::Mask;
use brain_kernel::side::DataSide;
use brain_policy::label::{self, Breach};
use brain_policy::{Action, Kind, Resource, Situation, Subject};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Policy, Rules};
use crate::grants::{PRODUCT_ZONE, every_row};
use crate::{DatasetFacts, Error, Grant, Result};

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// What is to be done.
    pub action: Action,
    /// For what.
    pub purpose: &'a str,
    /// Highest grade the way out may carry; `None` is the node's label for files.
    pub channel: Option<Grade>,
}

impl<'a> Ask<'a> {
    /// Reading inside the node.
    #[must_use]
    pub const fn read(purpose: &'a str) -> Self {
        Self { action: Action::Read, purpose, channel: None }
    }
}

/// The answer, and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed.
    pub allow: bool,
    /// Under what, with the obligations: row filter and masks. Only where it is allowed.
    pub grant: Option<Grant>,
    /// Policies that decided, by id.
    pub policies: Vec<String>,
    /// The chain of reasons, in the order they were looked at; the last one decided.
    pub reasons: Vec<Reason>,
}

/// One link in the chain of reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "reason")]
#[schemars(rename = "AccessReason")]
pub enum Reason {
    /// The clearance reaches the grade.
    Cleared {
        /// Of the caller.
        clearance: Grade,
        /// Of the dataset.
        grade: Grade,
    },
    /// 不上读: the grade is above the clearance.
    AboveClearance {
        /// Of the caller.
        clearance: Grade,
        /// Of the dataset.
        grade: Grade,
    },
    /// 不下写: the way out may not carry the grade.
    AboveChannel {
        /// Of the way out.
        channel: Grade,
        /// Of the dataset.
        grade: Grade,
    },
    /// A grant opens it.
    Granted {
        /// Its id.
        grant: String,
    },
    /// No valid grant opens it.
    NoGrant,
    /// Policies permit it.
    Permitted {
        /// Their ids.
        policies: Vec<String>,
    },
    /// No policy permits it.
    NotPermitted,
    /// Policies forbid it.
    Forbidden {
        /// Their ids.
        policies: Vec<String>,
    },
    /// A policy could not be evaluated, so the answer is no.
    PolicyFailed,
    /// Rows of different owners, or an enterprise's data: no policy opens them without a grant.
    OwnersGrantNeeded,
    /// Columns above the clearance are hidden.
    ColumnsHidden {
        /// How many.
        columns: usize,
    },
}

impl Policy {
    /// Decide. In memory, no waiting; nothing is counted or recorded.
    #[must_use]
    pub fn decide(&self, party: &Party, dataset: &DatasetFacts, ask: &Ask<'_>) -> Decision {
        let rules = self.0.rules.load();
        self.decided(&rules, party, dataset, ask, self.0.clock.now())
    }

    /// The grant under which `party` may do `ask` with `dataset` now, counted as a use; or why not.
    pub fn admit(&self, party: &Party, dataset: &DatasetFacts, ask: &Ask<'_>) -> Result<Grant> {
        let now = self.0.clock.now();
        let decision = {
            let rules = self.0.rules.load();
            self.decided(&rules, party, dataset, ask, now)
        };
        self.counted(dataset, decision, now)
    }

    /// The same under one grant alone, whatever else the party holds: what was agreed on for an exchange is neither
    /// more nor less than what was approved for it.
    pub fn admit_under(
        &self,
        grant: &str,
        party: &Party,
        dataset: &DatasetFacts,
        ask: &Ask<'_>,
    ) -> Result<Grant> {
        let now = self.0.clock.now();
        let decision = {
            let rules = self.0.rules.load();
            let the = self.0.grants.the(grant, party, dataset, ask.action, ask.purpose, now);
            self.decided_with(&rules, party, dataset, ask, now, the)
        };
        if decision.grant.as_ref().is_some_and(|found| found.id != grant) {
            return Err(Error::NoGrant { dataset: dataset.name.clone() });
        }
        self.counted(dataset, decision, now)
    }

    fn counted(&self, dataset: &DatasetFacts, decision: Decision, now: DateTime<Utc>) -> Result<Grant> {
        self.0.usage.count(&decision, now);
        match decision.grant {
            Some(grant) if decision.allow => Ok(grant),
            _ => Err(refusal(dataset, decision.reasons)),
        }
    }

    pub(super) fn decided(
        &self,
        rules: &Rules,
        party: &Party,
        dataset: &DatasetFacts,
        ask: &Ask<'_>,
        now: DateTime<Utc>,
    ) -> Decision {
        let grant = self.0.grants.best(party, dataset, ask.action, ask.purpose, now);
        self.decided_with(rules, party, dataset, ask, now, grant)
    }

    fn decided_with(
        &self,
        rules: &Rules,
        party: &Party,
        dataset: &DatasetFacts,
        ask: &Ask<'_>,
        now: DateTime<Utc>,
        grant: Option<Grant>,
    ) -> Decision {
        let (label, grade) = (rules.label(party), dataset.grade);
        let clearance = label.clearance;
        let channel = if ask.action.leaves() { ask.channel.unwrap_or(rules.download) } else { Grade::Core };
        let mut reasons = Vec::with_capacity(4);
        match label::check(ask.action, clearance, grade, channel) {
            Ok(()) => reasons.push(Reason::Cleared { clearance, grade }),
            Err(Breach::ReadUp) => {
                reasons.push(Reason::AboveClearance { clearance, grade });
                return denied(reasons, Vec::new());
            }
            Err(Breach::WriteDown) => {
                reasons.push(Reason::AboveChannel { channel, grade });
                return denied(reasons, Vec::new());
            }
        }
        reasons.push(match &grant {
            Some(grant) => Reason::Granted { grant: grant.id.clone() },
            None => Reason::NoGrant,
        });
        let situation = Situation {
            action: ask.action,
            purpose: ask.purpose,
            granted: grant.is_some(),
            agreement: grant.as_ref().is_some_and(|grant| grant.agreement.is_some()),
            channel,
            at: now,
        };
        let industry = label.industry.as_deref().unwrap_or_default();
        let verdict = rules.book.decide(&subject(party, clearance, industry), &resource(dataset), &situation);
        let policies = verdict.policies.clone();
        if !verdict.allow {
            reasons.push(match (verdict.failed, policies.is_empty()) {
                (true, _) => Reason::PolicyFailed,
                (false, true) => Reason::NotPermitted,
                (false, false) => Reason::Forbidden { policies: policies.clone() },
            });
            return denied(reasons, policies);
        }
        reasons.push(Reason::Permitted { policies: policies.clone() });
        let Some(mut grant) = grant.or_else(|| opened_by_policy(dataset, &policies, ask.purpose)) else {
            reasons.push(Reason::OwnersGrantNeeded);
            return denied(reasons, policies);
        };
        let hidden = hide_above(clearance.min(channel), dataset, &mut grant);
        if hidden > 0 {
            reasons.push(Reason::ColumnsHidden { columns: hidden });
        }
        Decision { allow: true, grant: Some(grant), policies, reasons }
    }
}

fn denied(reasons: Vec<Reason>, policies: Vec<String>) -> Decision {
    Decision { allow: false, grant: None, policies, reasons }
}

/// Columns above what the caller or the way out may carry are hidden altogether (不上读 by column).
fn hide_above(most: Grade, dataset: &DatasetFacts, grant: &mut Grant) -> usize {
    let above = dataset.columns.iter().filter(|column| column.grade > most);
    above.map(|column| grant.masks.insert(column.name.clone(), Mask::Redact)).count()
}

/// What a policy opens without a grant: all rows of what belongs to nobody in particular.
fn opened_by_policy(dataset: &DatasetFacts, policies: &[String], purpose: &str) -> Option<Grant> {
    let owned = dataset.restricted_by.is_some() || dataset.side == DataSide::Enterprise;
    if owned || dataset.zone == PRODUCT_ZONE {
        return None;
    }
    Some(Grant {
        id: format!("policy:{}", policies.first()?),
        dataset: dataset.name.clone(),
        rows: every_row(),
        masks: std::collections::BTreeMap::new(),
        purpose: purpose.to_owned(),
        until: None,
        basis: Text::new("属性策略", "Attribute policy"),
        agreement: None,
    })
}

fn refusal(dataset: &DatasetFacts, reasons: Vec<Reason>) -> Error {
    let name = dataset.name.clone();
    let only_a_grant_is_missing = reasons.contains(&Reason::NoGrant)
        && !reasons.iter().any(|reason| matches!(reason, Reason::Forbidden { .. } | Reason::PolicyFailed));
    match reasons.into_iter().next_back() {
        Some(reason) if !only_a_grant_is_missing => Error::Denied { dataset: name, reason: Box::new(reason) },
        _ => Error::NoGrant { dataset: name },
    }
}

fn subject<'a>(party: &'a Party, clearance: Grade, industry: &'a str) -> Subject<'a> {
    Subject {
        role: party.role,
        organisation: party.organisation.as_ref().map_or("", |code| code.as_str()),
        side: side_of(party.role),
        region: party.region.as_ref().map_or("", |code| code.as_str()),
        industry,
        clearance,
    }
}

/// The side an account acts on.
pub(super) const fn side_of(role: Role) -> &'static str {
    match role {
        Role::Government => "government",
        Role::IndustryBody => "industry",
        Role::Enterprise => "enterprise",
        _ => "operation",
    }
}

fn resource(dataset: &DatasetFacts) -> Resource<'_> {
    Resource {
        kind: Kind::Dataset,
        name: &dataset.name,
        zone: &dataset.zone,
        side: match dataset.side {
            DataSide::Public => "public",
            DataSide::Industry => "industry",
            DataSide::Enterprise => "enterprise",
        },
        grade: dataset.grade,
        owner: &dataset.owner,
        restricted: dataset.restricted_by.is_some(),
    }
}

impl Reason {
    /// The reason in words.
    #[must_use]
    pub fn text(&self) -> Text {
        let joined = |policies: &[String]| policies.join("、");
        match self {
            Self::Cleared { clearance, grade } => Text::new(
                format!("账号可看至{}，数据为{}。", grade_zh(*clearance), grade_zh(*grade)),
                format!("The account may see up to {clearance:?}, the data is {grade:?}."),
            ),
            Self::AboveClearance { clearance, grade } => Text::new(
                format!("数据为{}，高于账号可看的{}。", grade_zh(*grade), grade_zh(*clearance)),
                format!("The data is {grade:?}, above the account's clearance {clearance:?}."),
            ),
            Self::AboveChannel { channel, grade } => Text::new(
                format!("数据为{}，此出口至多{}。", grade_zh(*grade), grade_zh(*channel)),
                format!("The data is {grade:?}, this way out carries up to {channel:?}."),
            ),
            Self::Granted { grant } => {
                Text::new(format!("授权 {grant} 有效。"), format!("Grant {grant} is valid."))
            }
            Self::NoGrant => Text::new("没有有效授权。", "No valid grant."),
            Self::Permitted { policies } => Text::new(
                format!("策略允许：{}。", joined(policies)),
                format!("Permitted by {}.", joined(policies)),
            ),
            Self::NotPermitted => Text::new("没有策略允许。", "No policy permits it."),
            Self::Forbidden { policies } => Text::new(
                format!("策略禁止：{}。", joined(policies)),
                format!("Forbidden by {}.", joined(policies)),
            ),
            Self::PolicyFailed => Text::new(
                "有策略无法计算，按拒绝处理。",
                "A policy could not be evaluated, so the answer is no.",
            ),
            Self::OwnersGrantNeeded => Text::new(
                "数据属于具体企业，策略不能代替其授权。",
                "The data belongs to particular firms; no policy replaces their grant.",
            ),
            Self::ColumnsHidden { columns } => Text::new(
                format!("{columns} 个字段级别过高，已隐藏。"),
                format!("{columns} columns of higher grade are hidden."),
            ),
        }
    }
}

fn grade_zh(grade: Grade) -> Cow<'static, str> {
    match grade {
        Grade::Important => "重要数据".into(),
        Grade::Core => "核心数据".into(),
        general => format!("一般数据 {} 级", general.rank()).into(),
    }
}
