//! Rules of a dataset: versions that are added and never changed, each with who, when, why and evidence.

use super::{QualityControl, refuse, words};
use crate::handle::Inner;
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_kernel::party::Party;
use brain_quality::rule::{Check, RULES_MAX};
use brain_quality::{QualityError, Rules};
use brain_standards::element::RULE_PREFIX;
use brain_store::quality::{self as rows, RulesRow};
use brain_trust::EvidenceEntry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Rules that take the place of the present ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityNewRules")]
#[serde(deny_unknown_fields)]
pub struct NewRules {
    /// 规则，TOML · The rules as TOML.
    pub toml: String,
    /// 理由 · Why they change.
    #[schemars(length(min = 1, max = 1000))]
    pub reason: String,
    /// 所见的规则版本；没有规则时为 0 · Version of the rules that was seen; 0 where there are none.
    pub seen: u64,
}

/// The rules in force.
pub(super) struct InForce {
    pub(super) version: u64,
    pub(super) rules: Rules,
    pub(super) row: Option<RulesRow>,
}

impl Inner {
    /// The rules in force: the owner's, of which none are version 0, and those of the data elements columns are bound to.
    pub(super) async fn quality_rules(&self, dataset: &str) -> Result<InForce> {
        let row = rows::rules(self.store.db(), dataset).await?;
        let mut rules = match &row {
            Some(row) => Rules::parse(&row.body).map_err(passed)?,
            None => Rules::default(),
        };
        rules.rules.extend(self.element_rules(dataset).await?);
        let version = row.as_ref().and_then(|row| u64::try_from(row.version).ok()).unwrap_or_default();
        Ok(InForce { version, rules, row })
    }

    /// Whether anything is checked of a dataset.
    pub(super) async fn has_quality_rules(&self, dataset: &str) -> Result<bool> {
        Ok(rows::rules(self.store.db(), dataset).await?.is_some() || self.has_bindings(dataset).await?)
    }
}

impl QualityControl {
    /// Put new rules in force, for the owner. They count from the next check on.
    pub async fn change_rules(&self, actor: &Party, dataset: &str, new: NewRules) -> Result<u64> {
        words(&new.reason)?;
        let owner = self.require_owner(actor, dataset)?;
        let rules = Rules::parse(&new.toml).map_err(passed)?;
        for rule in &rules.rules {
            if rule.id.starts_with(RULE_PREFIX) {
                return Err(passed(QualityError::Rule {
                    place: format!("rule {:?}.id", rule.id),
                    problem: Text::new(
                        format!("以“{RULE_PREFIX}”开头的编号留给数据元的规则。"),
                        format!("Ids that begin with {RULE_PREFIX:?} are those of data elements."),
                    ),
                }));
            }
            if let Check::Reference { dataset: other, target, .. } = &rule.check
                && !self.inner.may_refer(Some(actor), &owner, other, target)
            {
                return Err(refuse(
                    ErrorKind::Forbidden,
                    "warehouse/quality-reference",
                    format!("规则“{}”引用 {other}，而您不能完整读取被引用的列。", rule.id),
                    format!(
                        "Rule {:?} refers to {other}, whose columns you may not read as they are.",
                        rule.id
                    ),
                ));
            }
        }
        self.check_expressions(dataset, &rules).await?;
        let room = RULES_MAX.saturating_sub(self.inner.element_rules(dataset).await?.len());
        if rules.rules.len() > room {
            return Err(passed(QualityError::Rule {
                place: "rule".to_owned(),
                problem: Text::new(
                    format!("加上数据元的规则，超过 {RULES_MAX} 条；本文件至多 {room} 条。"),
                    format!(
                        "With those of data elements there are more than {RULES_MAX}; this file may have {room}."
                    ),
                ),
            }));
        }
        let before = self.inner.quality_rules(dataset).await?;
        if before.version != new.seen {
            return Err(refuse(
                ErrorKind::Precondition,
                "warehouse/quality-rules-changed",
                format!("规则已是第 {} 版，您修改的是第 {} 版。请重新打开后再改。", before.version, new.seen),
                format!(
                    "The rules are at version {}, you changed version {}. Open them again.",
                    before.version, new.seen
                ),
            ));
        }
        let version = before.version + 1;
        let inner = &self.inner;
        let transaction = inner.store.transaction().await?;
        let row = RulesRow {
            dataset: dataset.to_owned(),
            version: version as i64,
            body: new.toml.clone(),
            reason: new.reason.clone(),
            changed_by: actor.account.clone(),
            changed_at: inner.store.now(),
        };
        rows::insert_rules(&transaction, row).await?;
        let digest = |text: &str| inner.trust.evidence().algorithm().digest(&[text.as_bytes()]);
        let entry = EvidenceEntry {
            kind: "quality.rules".to_owned(),
            actor: actor.account.clone(),
            subject: dataset.to_owned(),
            body: json!({ "version": version, "rules": rules.rules.len(), "digest": digest(&new.toml),
                          "reason": new.reason }),
        };
        inner.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(version)
    }
}

impl QualityControl {
    /// An expression that does not fit the present version is a mistake in writing; of a dataset without one, the
    /// first check says so.
    async fn check_expressions(&self, dataset: &str, rules: &Rules) -> Result<()> {
        let Ok(table) = self.inner.latest_table(dataset).await else { return Ok(()) };
        for (rule, ready) in self.inner.expressions(rules, &table.schema) {
            if let Err(problem) = ready {
                return Err(passed(QualityError::Rule {
                    place: format!("rule {rule:?}.check.sql"),
                    problem,
                }));
            }
        }
        Ok(())
    }
}

impl Inner {
    /// Whether a rule may look values up in another table: one of the same owner, or one whose columns the author of
    /// the rule may read as they are. Otherwise a rule would tell which values another's table holds.
    pub(super) fn may_refer(
        &self,
        author: Option<&Party>,
        owner: &str,
        other: &str,
        columns: &[String],
    ) -> bool {
        let snapshot = self.catalogue.snapshot();
        let Some(entry) = snapshot.get(other) else { return author.is_some() };
        if entry.owner == owner {
            return true;
        }
        let Some(author) = author else { return false };
        let ask =
            brain_trust::Ask { action: brain_trust::Action::Read, purpose: super::PURPOSE, channel: None };
        let decision = self.trust.policy().decide(author, &entry.facts(), &ask);
        let whole = |grant: &brain_trust::Grant| {
            let all = brain_kernel::predicate::Predicate::All(Vec::new());
            grant.rows == all && columns.iter().all(|column| !grant.masks.contains_key(column))
        };
        decision.allow && decision.grant.as_ref().is_some_and(whole)
    }
}

/// An error of the rules as one of the warehouse; what the disk said goes to the log.
pub(crate) fn passed(error: QualityError) -> Error {
    if let QualityError::Spill(cause) = &error {
        tracing::error!(%cause, "keys of a quality check could not be written aside");
    }
    match error {
        QualityError::Cancelled => Error::Cancelled,
        other => Error::Failure(Failure::from(other)),
    }
}
