//! Filing of important data (重要数据目录备案, 工业和信息化领域数据安全管理办法 Art. 12): the form says what there is, never the
//! data; a change of class or scale by 30 % starts a clock of three months.

use super::Grading;
use super::card::refuse;
use super::rules::Rules;
use crate::Result;
use crate::catalogue::entry::Entry;
use brain_kernel::error::ErrorKind;
use brain_kernel::grade::Grade;
use brain_kernel::party::{Party, Role};
use brain_store::dataset;
use brain_store::grading::{self, ClassificationRow};
use chrono::{DateTime, Months, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// One row of the form (备案表): content of the catalogue, not of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FilingRow {
    /// Dataset (数据名称).
    pub dataset: String,
    /// Title.
    pub title: brain_kernel::language::Text,
    /// Responsible body (责任单位).
    pub owner: String,
    /// Class (类别): industry and business class of the label.
    pub class: String,
    /// Grade (级别): important or core.
    pub grade: Grade,
    /// Scale (规模): rows.
    pub rows: u64,
    /// Scale: bytes.
    pub bytes: u64,
    /// Columns and their number per grade, important and core ones named (范围).
    pub columns: Vec<String>,
    /// Source and terms (来源).
    pub source: String,
    /// Datasets made from it (共享与使用).
    pub derived: Vec<String>,
    /// Protection (保护措施) this program gives it.
    pub protection: String,
}

/// A dataset that must be filed, and how it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Filing {
    /// The row of the form as of now.
    pub row: FilingRow,
    /// When it was last filed.
    pub filed_at: Option<DateTime<Utc>>,
    /// Largest change since then: share of rows or bytes; 1 where class or grade changed.
    pub change: Option<f64>,
    /// When the change was first seen in a version.
    pub changed_at: Option<DateTime<Utc>>,
    /// Until when it must be filed (again); absent where nothing is due.
    pub due: Option<DateTime<Utc>>,
    /// Whether that has passed.
    pub overdue: bool,
}

impl Grading {
    /// Every dataset that must be filed: important or core as a whole or in a column.
    pub async fn filings(&self, party: &Party) -> Result<Vec<Filing>> {
        allowed(party, &[Role::SecurityAdministrator, Role::Auditor, Role::Government])?;
        let rules = Rules::load(&self.inner.options.root)?;
        let db = self.inner.store.db();
        let (labels, filed) = (grading::all(db).await?, grading::filings(db).await?);
        let snapshot = self.inner.catalogue.snapshot();
        let mut filings = Vec::new();
        for entry in snapshot.values() {
            let highest = entry.columns.iter().map(|column| column.grade).max();
            if highest.map_or(entry.grade, |highest| highest.max(entry.grade)) < Grade::Important {
                continue;
            }
            let derived = dataset::derived_from(db, &entry.name).await?;
            let row = form(entry, &labels, derived);
            let last = filed.iter().rev().find(|filing| filing.dataset == entry.name);
            filings.push(self.standing(&rules, row, last, entry, &labels).await?);
        }
        Ok(filings)
    }

    /// Remember that a dataset was filed as it is now.
    pub async fn file(&self, actor: &Party, dataset: &str) -> Result<Filing> {
        allowed(actor, &[Role::SecurityAdministrator, Role::Government])?;
        let filings = self.filings(actor).await?;
        let Some(filing) = filings.into_iter().find(|filing| filing.row.dataset == dataset) else {
            return Err(refuse(
                ErrorKind::Precondition,
                "warehouse/grading-not-important",
                "该数据集不含重要或核心数据，无需备案。",
                "The dataset holds no important or core data and needs no filing.",
            ));
        };
        let now = self.inner.store.now();
        let row = brain_store::grading::FilingRow {
            id: self.inner.store.new_id(),
            dataset: dataset.to_owned(),
            filed_at: now,
            filed_by: actor.account.clone(),
            content: serde_json::to_value(&filing.row)?,
        };
        let transaction = self.inner.store.transaction().await?;
        let row = grading::insert_filing(&transaction, row).await?;
        let body = json!({ "filing": row.id, "row": row.content });
        self.inner.record_act(&transaction, actor, ("grading.file", dataset), body).await?;
        transaction.commit().await?;
        Ok(Filing {
            filed_at: Some(now),
            change: Some(0.0),
            changed_at: None,
            due: None,
            overdue: false,
            ..filing
        })
    }

    async fn standing(
        &self,
        rules: &Rules,
        row: FilingRow,
        last: Option<&brain_store::grading::FilingRow>,
        entry: &Entry,
        labels: &[ClassificationRow],
    ) -> Result<Filing> {
        let now = self.inner.store.now();
        let ends = |from: DateTime<Utc>| from.checked_add_months(Months::new(rules.filing_months));
        let before = last.and_then(|last| serde_json::from_value::<FilingRow>(last.content.clone()).ok());
        let (Some(last), Some(before)) = (last, before) else {
            // Never filed: the clock runs since the label was approved.
            let since =
                labels.iter().filter(|label| label.dataset == row.dataset && label.state == "approved");
            let due = since.filter_map(|label| label.decided_at).min().and_then(ends);
            let overdue = due.is_some_and(|due| due < now);
            return Ok(Filing { row, filed_at: None, change: None, changed_at: None, due, overdue });
        };
        let change = change(&before, &row);
        let changed_at = if change >= rules.filing_change_share {
            Some(self.first_changed(rules, &before, last.filed_at, entry).await?)
        } else {
            None
        };
        let due = changed_at.and_then(ends);
        let overdue = due.is_some_and(|due| due < now);
        Ok(Filing { row, filed_at: Some(last.filed_at), change: Some(change), changed_at, due, overdue })
    }

    /// When the first version after the filing differed by so much; the catalogue's last change where no version did.
    async fn first_changed(
        &self,
        rules: &Rules,
        before: &FilingRow,
        filed_at: DateTime<Utc>,
        entry: &Entry,
    ) -> Result<DateTime<Utc>> {
        let page = brain_store::PageRequest::new(1, brain_store::page::PAGE_SIZE_MAX);
        let versions = dataset::versions(self.inner.store.db(), &entry.name, page).await?;
        let differs = |now: i64, then: u64| {
            share(u64::try_from(now).unwrap_or_default(), then) >= rules.filing_change_share
        };
        let first = versions
            .items
            .iter()
            .filter(|version| version.committed_at > filed_at)
            .filter(|version| differs(version.rows, before.rows) || differs(version.bytes, before.bytes))
            .map(|version| version.committed_at)
            .min();
        Ok(first.unwrap_or(entry.updated_at.max(filed_at)))
    }
}

fn allowed(party: &Party, roles: &[Role]) -> Result<()> {
    if roles.contains(&party.role) {
        return Ok(());
    }
    Err(refuse(
        ErrorKind::Forbidden,
        "warehouse/grading-not-supervisor",
        "只有安全管理员和政府用户可以登记备案，审计员可以查看。",
        "Only security administrators and government users record filings, auditors see them.",
    ))
}

fn form(entry: &Entry, labels: &[ClassificationRow], derived: Vec<String>) -> FilingRow {
    let label = labels
        .iter()
        .rev()
        .find(|label| label.dataset == entry.name && label.state == "approved" && label.kind == super::LABEL);
    let class = label.map_or_else(String::new, |label| {
        let part = |name: &str| {
            label.label.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
        };
        format!("{} / {}", part("industry_class"), part("business_class"))
    });
    let mut counts: BTreeMap<Grade, u64> = BTreeMap::new();
    for column in &entry.columns {
        *counts.entry(column.grade).or_default() += 1;
    }
    let mut columns: Vec<String> = entry
        .columns
        .iter()
        .filter(|column| column.grade >= Grade::Important)
        .map(|column| column.name.clone())
        .collect();
    columns.extend(counts.iter().map(|(grade, count)| format!("{grade:?}: {count}")));
    let highest = entry.columns.iter().map(|column| column.grade).max();
    FilingRow {
        dataset: entry.name.clone(),
        title: entry.title.clone(),
        owner: entry.owner.clone(),
        class,
        grade: highest.map_or(entry.grade, |highest| highest.max(entry.grade)),
        rows: entry.rows,
        bytes: entry.bytes,
        columns,
        source: format!("{} · {}", entry.source, entry.licence),
        derived,
        protection: "授权读取、行过滤与列脱敏、存证留痕 · grants, row filters, column masks, evidence"
            .to_owned(),
    }
}

fn change(before: &FilingRow, now: &FilingRow) -> f64 {
    if before.class != now.class || before.grade != now.grade {
        return 1.0;
    }
    share(now.rows, before.rows).max(share(now.bytes, before.bytes))
}

fn share(now: u64, then: u64) -> f64 {
    now.abs_diff(then) as f64 / then.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(rows: u64, class: &str) -> FilingRow {
        FilingRow {
            dataset: "raw.x".to_owned(),
            title: brain_kernel::language::Text::new("", ""),
            owner: String::new(),
            class: class.to_owned(),
            grade: Grade::Important,
            rows,
            bytes: 1_000,
            columns: Vec::new(),
            source: String::new(),
            derived: Vec::new(),
            protection: String::new(),
        }
    }

    #[test]
    fn scale_is_compared_with_what_was_filed_and_a_new_class_is_a_whole_change() {
        assert!((change(&row(100, "a"), &row(129, "a")) - 0.29).abs() < 1e-9);
        assert!(change(&row(100, "a"), &row(130, "a")) >= 0.30);
        assert!(change(&row(100, "a"), &row(70, "a")) >= 0.30);
        assert!((change(&row(100, "a"), &row(100, "b")) - 1.0).abs() < 1e-9);
        assert!(change(&row(0, "a"), &row(0, "a")) < 1e-9);
    }
}
