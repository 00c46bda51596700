//! The report by grade (分类分级清单).

use super::Grading;
use crate::Result;
use brain_kernel::grade::Grade;
use brain_kernel::party::{Party, Role};
use brain_store::grading;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How much there is of one grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GradeCount {
    /// Grade.
    pub grade: Grade,
    /// Datasets of it as a whole.
    pub datasets: u64,
    /// Columns of it.
    pub columns: u64,
}

/// The grades of one dataset that count now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DatasetGrades {
    /// Dataset.
    pub dataset: String,
    /// Who owns it.
    pub owner: String,
    /// Its grade as a whole.
    pub grade: Grade,
    /// The highest grade of its columns.
    pub highest_column: Option<Grade>,
    /// Columns that an approved label calls personal.
    pub personal_columns: Vec<String>,
    /// Labels that wait for a decision.
    pub open: u64,
}

/// What is of which grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GradingReport {
    /// Lowest grade first; grades nothing has are there with zero.
    pub grades: Vec<GradeCount>,
    /// Datasets, the highest grade first.
    pub datasets: Vec<DatasetGrades>,
    /// Labels waiting for the owner.
    pub proposed: u64,
    /// Labels waiting for approval.
    pub confirmed: u64,
}

const GRADES: [Grade; 6] =
    [Grade::General1, Grade::General2, Grade::General3, Grade::General4, Grade::Important, Grade::Core];

impl Grading {
    /// What is of which grade now; an enterprise is told of its own datasets.
    pub async fn report(&self, party: &Party) -> Result<GradingReport> {
        let rows = grading::all(self.inner.store.db()).await?;
        let mut personal: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut open: BTreeMap<&str, u64> = BTreeMap::new();
        for row in &rows {
            match row.state.as_str() {
                "approved"
                    if row.label.get("personal") == Some(&serde_json::Value::Bool(true))
                        && !row.column_name.is_empty() =>
                {
                    personal.entry(&row.dataset).or_default().push(row.column_name.clone());
                }
                "proposed" | "confirmed" => *open.entry(&row.dataset).or_default() += 1,
                _ => {}
            }
        }
        let snapshot = self.inner.catalogue.snapshot();
        let shown = snapshot
            .values()
            .filter(|entry| party.role != Role::Enterprise || super::card::owns(party, &entry.owner));
        let mut counts = GRADES.map(|grade| GradeCount { grade, datasets: 0, columns: 0 });
        let mut datasets = Vec::new();
        for entry in shown {
            for count in &mut counts {
                count.datasets += u64::from(entry.grade == count.grade);
                count.columns +=
                    entry.columns.iter().filter(|column| column.grade == count.grade).count() as u64;
            }
            datasets.push(DatasetGrades {
                dataset: entry.name.clone(),
                owner: entry.owner.clone(),
                grade: entry.grade,
                highest_column: entry.columns.iter().map(|column| column.grade).max(),
                personal_columns: personal.remove(entry.name.as_str()).unwrap_or_default(),
                open: open.get(entry.name.as_str()).copied().unwrap_or_default(),
            });
        }
        datasets.sort_by(|a, b| {
            let key = |d: &DatasetGrades| d.highest_column.map_or(d.grade, |highest| highest.max(d.grade));
            key(b).cmp(&key(a)).then_with(|| a.dataset.cmp(&b.dataset))
        });
        let of = |state: &str| rows.iter().filter(|row| row.state == state).count() as u64;
        Ok(GradingReport {
            grades: counts.to_vec(),
            datasets,
            proposed: of("proposed"),
            confirmed: of("confirmed"),
        })
    }
}
