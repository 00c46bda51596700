//! Rows that fail a rule, as the caller may see them: found in the lake by number, then led through the door.

use super::rules::passed;
use super::{QualityControl, refuse};
use crate::Result;
use crate::lake::read::TableAt;
use crate::query::{QueryStream, Session};
use brain_kernel::error::ErrorKind;
use brain_kernel::progress::Cancel;
use brain_quality::rule::Check;
use brain_quality::{Inputs, Rules};
use datafusion::datasource::MemTable;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Failing rows shown at most.
const EXAMPLES_MAX: usize = 20;

impl QualityControl {
    /// The first rows of the latest version that fail a rule. The rule judges the true values; what the session then
    /// gets are these rows under its row filter and its masks, recorded like any other read.
    pub async fn examples(
        &self,
        session: &Session,
        dataset: &str,
        rule: &str,
        cancel: Cancel,
    ) -> Result<QueryStream> {
        // Who may not read the table learns it before anything is computed.
        session.reach(dataset)?;
        let inner = &self.inner;
        let in_force = inner.quality_rules(dataset).await?;
        let known = in_force.rules.rules.iter().find(|known| known.id == rule).cloned();
        let known = known.ok_or_else(|| {
            refuse(
                ErrorKind::NotFound,
                "warehouse/unknown-quality-rule",
                "没有这条质量规则。",
                "There is no such quality rule.",
            )
        })?;
        Self::about_rows(&known.check, rule)?;
        let table = inner.latest_table(dataset).await?;
        let rules = Rules { rules: vec![known.clone()], ..Rules::default() };
        let plan = inner.quality_plan(&rules, &table, false, EXAMPLES_MAX).await?;
        let mut references = BTreeMap::new();
        if let Check::Reference { dataset: other, target, .. } = &known.check
            && let Some(keys) = inner.reference(&in_force, dataset, other, target, &cancel).await?
        {
            references.insert(known.id.clone(), keys);
        }
        let state = inner.pass_in_order(&plan, &table, &cancel).await?;
        let report = state.finish(&plan, Inputs { references, ..Inputs::default() }).map_err(passed)?;
        let numbers = report.outcomes.first().map(|outcome| outcome.rows.clone()).unwrap_or_default();
        let rows = inner.rows_numbered(&table, &numbers, &cancel).await?;
        let count = rows.len() as u64;
        let provider = Arc::new(MemTable::try_new(Arc::clone(&table.schema), vec![rows])?);
        let few = TableAt {
            dataset: table.dataset.clone(),
            version: table.version,
            schema: Arc::clone(&table.schema),
            rows: count,
            bytes: 0,
            provider,
        };
        session.rows_of(&few, cancel).await
    }
}
