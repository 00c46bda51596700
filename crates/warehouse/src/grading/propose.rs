//! From findings to proposals. A proposal is made once for each finding: what was decided on is not asked again.

use super::card::Label;
use super::observe::{ColumnEvidence, kinds};
use super::rules::Rules;
use super::{Classification, Grading, LABEL, SYSTEM};
use crate::handle::Inner;
use crate::{Error, Result};
use brain_kernel::grade::Grade;
use brain_kernel::party::{Party, Role};
use brain_privacy::recognise::Kind;
use brain_store::grading::{self, ClassificationRow};
use brain_trust::EvidenceEntry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a scan of one dataset came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GradingRun {
    /// Dataset looked at.
    pub dataset: String,
    /// Version looked at.
    pub version: u64,
    /// What was found in each column that holds an identifier.
    pub findings: Vec<ColumnEvidence>,
    /// Proposals made by this scan.
    pub proposed: Vec<Classification>,
    /// Distinct persons in the dataset, approximately: the most that one of its columns identifies.
    pub persons: Option<u64>,
    /// Whether the persons of all datasets together reach the number that raises the alarm (an upper bound: a person
    /// in two datasets counts twice).
    pub alarm: bool,
}

impl Grading {
    /// Look at the latest version of a dataset and propose labels.
    pub async fn scan(&self, actor: &Party, dataset: &str) -> Result<GradingRun> {
        let snapshot = self.inner.catalogue.snapshot();
        let security = actor.role == Role::SecurityAdministrator;
        let known =
            snapshot.get(dataset).filter(|entry| security || super::decide::may_confirm(actor, &entry.owner));
        let version = known.and_then(|entry| entry.version);
        let Some(version) = version else {
            return Err(Error::UnknownDataset { name: dataset.to_owned(), nearest: Vec::new() });
        };
        self.inner.grade(dataset, version, &actor.account).await
    }
}

impl Inner {
    /// Look at a version and propose labels for what it holds.
    pub(crate) async fn grade(&self, dataset: &str, version: u64, actor: &str) -> Result<GradingRun> {
        let rules = Rules::load(&self.options.root)?;
        let observed = self.observe(dataset, version).await?;
        let findings: Vec<ColumnEvidence> =
            observed.into_iter().filter(|column| column.report.recognised().next().is_some()).collect();
        let persons = findings.iter().filter_map(|column| column.persons).max();
        let all = grading::all(self.store.db()).await?;
        let known: Vec<&ClassificationRow> = all.iter().filter(|row| row.dataset == dataset).collect();
        let mut rows = Vec::new();
        for column in &findings {
            rows.extend(self.proposal(&rules, dataset, column, persons, &known).transpose()?);
        }
        rows.extend(self.proposal_of_scale(&rules, dataset, version, persons, &known).transpose()?);
        let transaction = self.store.transaction().await?;
        let mut proposed = Vec::new();
        for row in rows {
            let row = grading::insert(&transaction, row).await?;
            let entry = EvidenceEntry {
                kind: "grading.propose".to_owned(),
                actor: actor.to_owned(),
                subject: row.id.clone(),
                body: json!({ "dataset": row.dataset, "column": row.column_name, "label": row.label,
                              "evidence": row.evidence }),
            };
            self.trust.evidence().record_in(&transaction, entry).await?;
            proposed.push(Classification::new(row)?);
        }
        let everybody = persons_of_node(&all, dataset, persons);
        let alarm = everybody >= rules.alarm_persons;
        if alarm {
            tracing::warn!(
                dataset,
                persons = everybody,
                "personal information near or above the legal threshold"
            );
            let entry = EvidenceEntry {
                kind: "grading.alarm".to_owned(),
                actor: SYSTEM.to_owned(),
                subject: dataset.to_owned(),
                body: json!({ "persons": everybody, "alarm": rules.alarm_persons,
                              "important": rules.important_persons }),
            };
            self.trust.evidence().record_in(&transaction, entry).await?;
        }
        transaction.commit().await?;
        Ok(GradingRun { dataset: dataset.to_owned(), version, findings, proposed, persons, alarm })
    }

    /// What is proposed for a column, unless the same finding was proposed before or a grade as high already counts.
    fn proposal(
        &self,
        rules: &Rules,
        dataset: &str,
        found: &ColumnEvidence,
        persons: Option<u64>,
        known: &[&ClassificationRow],
    ) -> Option<Result<ClassificationRow>> {
        let kinds = kinds(found);
        let said: Vec<_> = kinds.iter().filter_map(|kind| rules.kind.get(kind)).collect();
        let grade = said.iter().map(|rule| rule.grade).max()?;
        let (personal, sensitive) =
            (said.iter().any(|rule| rule.personal), said.iter().any(|rule| rule.sensitive));
        let names: Vec<&str> = kinds.iter().copied().map(Kind::name).collect();
        let asked = known.iter().any(|row| {
            row.column_name == found.column
                && row.kind == LABEL
                && row.evidence.get("kinds") == Some(&json!(names))
        });
        if asked || (!personal && self.counts(dataset, &found.column) >= Some(grade)) {
            return None;
        }
        let label = Label {
            industry_class: rules.industry_class.clone(),
            business_class: if personal { &rules.personal_business_class } else { &rules.business_class }
                .clone(),
            grade,
            personal,
            sensitive_personal: sensitive,
            scale: Some(match found.persons.or(persons) {
                Some(persons) => format!("{} 值 · 约 {persons} 人", found.report.values),
                None => format!("{} 值", found.report.values),
            }),
            precision: None,
            coverage: None,
            derived_from: Vec::new(),
        };
        let clauses: Vec<&str> = said.iter().map(|rule| rule.clause.as_str()).collect();
        let evidence = json!({ "kinds": names, "clauses": clauses, "column": found });
        Some(self.row(dataset, &found.column, &label, evidence))
    }

    /// Important data by the number of persons.
    fn proposal_of_scale(
        &self,
        rules: &Rules,
        dataset: &str,
        version: u64,
        persons: Option<u64>,
        known: &[&ClassificationRow],
    ) -> Option<Result<ClassificationRow>> {
        let persons = persons.filter(|persons| *persons >= rules.important_persons)?;
        let asked = known.iter().any(|row| {
            row.column_name.is_empty()
                && row.kind == LABEL
                && row.evidence.get("rule") == Some(&json!("persons"))
        });
        if asked || self.counts(dataset, "") >= Some(Grade::Important) {
            return None;
        }
        let label = Label {
            industry_class: rules.industry_class.clone(),
            business_class: rules.personal_business_class.clone(),
            grade: Grade::Important,
            personal: true,
            sensitive_personal: false,
            scale: Some(format!("约 {persons} 人")),
            precision: None,
            coverage: None,
            derived_from: Vec::new(),
        };
        let evidence = json!({ "rule": "persons", "persons": persons, "threshold": rules.important_persons,
                               "dataset_version": version, "clause": "网络数据安全管理条例 第 28 条" });
        Some(self.row(dataset, "", &label, evidence))
    }

    /// The grade that counts now for a column, or for the dataset where the column is empty.
    pub(super) fn counts(&self, dataset: &str, column: &str) -> Option<Grade> {
        let snapshot = self.catalogue.snapshot();
        let entry = snapshot.get(dataset)?;
        if column.is_empty() {
            return Some(entry.grade);
        }
        entry.columns.iter().find(|known| known.name == column).map(|known| known.grade)
    }

    pub(super) fn row(
        &self,
        dataset: &str,
        column: &str,
        label: &Label,
        evidence: Value,
    ) -> Result<ClassificationRow> {
        Ok(ClassificationRow {
            id: self.store.new_id(),
            dataset: dataset.to_owned(),
            column_name: column.to_owned(),
            kind: LABEL.to_owned(),
            version: 0,
            state: "proposed".to_owned(),
            grade: serde_json::to_value(label.grade)
                .ok()
                .and_then(|name| name.as_str().map(str::to_owned))
                .unwrap_or_default(),
            label: serde_json::to_value(label)?,
            evidence,
            proposed_by: SYSTEM.to_owned(),
            proposed_at: self.store.now(),
            confirmed_by: None,
            confirmed_at: None,
            decided_by: None,
            decided_at: None,
            valid_to: None,
            reason: None,
        })
    }
}

/// Persons over all datasets: the highest count of each other one, and `persons` for `dataset`.
fn persons_of_node(all: &[ClassificationRow], dataset: &str, persons: Option<u64>) -> u64 {
    let mut most: BTreeMap<&str, u64> = BTreeMap::new();
    for row in all.iter().filter(|row| row.dataset != dataset) {
        let counted = row.evidence.pointer("/column/persons").and_then(Value::as_u64).unwrap_or_default();
        let slot = most.entry(&row.dataset).or_default();
        *slot = counted.max(*slot);
    }
    most.values().fold(persons.unwrap_or_default(), |sum, more| sum.saturating_add(*more))
}
