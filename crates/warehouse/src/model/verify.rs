//! Testing a version of a model, published or not: all its tests in one pass.

use super::outcome::{Examples, TestOutcome};
use super::{Freshness, Model};
use crate::catalogue::ColumnCard;
use crate::catalogue::entry::Entry;
use crate::handle::Inner;
use crate::lake::read::TableAt;
use crate::quality::passed;
use crate::query::Session;
use crate::{Error, Result};
use brain_kernel::grade::Grade;
use brain_kernel::progress::Cancel;
use brain_quality::rule::AgeOf;
use brain_quality::{Check, Inputs, Rule, Rules, Severity};
use chrono::{DateTime, Duration, Utc};
use datafusion::arrow::array::{Array as _, RecordBatch};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::datasource::MemTable;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows shown of each test that failed.
const EXAMPLES_MAX: usize = 5;
/// Id of the rule that measures the age; no test has it, for theirs have a number.
const AGE_RULE: &str = "freshness";
/// An age no table reaches: the rule measures only.
const AGE_DAYS_MAX: f64 = 100_000.0;

/// What a pass over a version told.
#[derive(Debug, Default)]
pub(super) struct Verified {
    pub(super) tests: Vec<TestOutcome>,
    /// Newest value of the column its freshness is of.
    pub(super) newest: Option<DateTime<Utc>>,
    /// Rules of the tests that failed, by place in `tests`.
    failing: Vec<(usize, Rule)>,
}

impl Verified {
    /// Whether the version must not be published.
    pub(super) fn holds_back(&self) -> bool {
        self.tests.iter().any(TestOutcome::holds_back)
    }
}

impl Inner {
    /// One pass over a table with every test of the model.
    pub(super) async fn verify(&self, model: &Model, table: &TableAt, cancel: &Cancel) -> Result<Verified> {
        let written: Vec<(&str, &Rule)> = model
            .tests
            .iter()
            .flat_map(|test| test.rules.iter().map(|rule| (test.text.as_str(), rule)))
            .collect();
        let age = model.freshness.as_ref().and_then(age_rule);
        if written.is_empty() && age.is_none() {
            return Ok(Verified::default());
        }
        let rules = written.iter().map(|(_, rule)| (*rule).clone()).chain(age).collect();
        let rules = Rules { rules, ..Rules::default() };
        let plan = self.quality_plan(&rules, table, false, 0).await?;
        let references = self.referred(&rules, cancel).await?;
        let state = self.pass(&plan, table, cancel).await?;
        let report = tokio::task::spawn_blocking(move || {
            state.finish(&plan, Inputs { references, ..Inputs::default() })
        });
        let report = report.await.map_err(|error| Error::Io(std::io::Error::other(error.to_string())))?;
        let report = report.map_err(passed)?;
        let mut verified = Verified::default();
        for outcome in &report.outcomes {
            if outcome.rule == AGE_RULE {
                verified.newest = outcome.measured.and_then(|days| self.days_ago(days));
            } else if let Some((text, rule)) = written.iter().find(|(_, rule)| rule.id == outcome.rule) {
                let told = TestOutcome::of(text, outcome);
                if told.is_failure() {
                    verified.failing.push((verified.tests.len(), (*rule).clone()));
                }
                verified.tests.push(told);
            }
        }
        Ok(verified)
    }

    fn days_ago(&self, days: f64) -> Option<DateTime<Utc>> {
        // Beyond the range of milliseconds there is no such moment.
        let age = Duration::try_milliseconds((days * 86_400_000.0) as i64)?;
        self.clock.now().checked_sub_signed(age)
    }

    /// Keys of the tables that tests refer to; a table that is not there leaves its test unmeasured.
    async fn referred(
        &self,
        rules: &Rules,
        cancel: &Cancel,
    ) -> Result<BTreeMap<String, brain_quality::Keys>> {
        let mut references = BTreeMap::new();
        for rule in &rules.rules {
            let Check::Reference { dataset, target, .. } = &rule.check else { continue };
            let version = self.catalogue.snapshot().get(dataset).and_then(|entry| entry.version);
            let Some(version) = version else { continue };
            let table = self.lake.open(dataset, version).await?;
            if target.iter().all(|column| table.schema.index_of(column).is_ok()) {
                references.insert(rule.id.clone(), self.keys(&table, target, cancel).await?);
            }
        }
        Ok(references)
    }

    /// Add the first failing rows of each test, as the session may see them. Who may not see them gets none.
    pub(super) async fn exemplify(
        &self,
        model: &Model,
        table: &TableAt,
        verified: &mut Verified,
        session: &Session,
        cancel: &Cancel,
    ) -> Result<()> {
        let entry = self.entry_of(model);
        for (place, rule) in std::mem::take(&mut verified.failing) {
            if !rule.check.is_about_rows() {
                continue;
            }
            let rules = Rules { rules: vec![rule], ..Rules::default() };
            let plan = self.quality_plan(&rules, table, false, EXAMPLES_MAX).await?;
            let references = self.referred(&rules, cancel).await?;
            let state = self.pass_in_order(&plan, table, cancel).await?;
            let report = state.finish(&plan, Inputs { references, ..Inputs::default() }).map_err(passed)?;
            let numbers = report.outcomes.first().map(|outcome| outcome.rows.clone()).unwrap_or_default();
            let rows = self.rows_numbered(table, &numbers, cancel).await?;
            if rows.is_empty() {
                continue;
            }
            let part = TableAt {
                dataset: model.name.clone(),
                version: table.version,
                schema: Arc::clone(&table.schema),
                rows: rows.len() as u64,
                bytes: 0,
                provider: Arc::new(MemTable::try_new(Arc::clone(&table.schema), vec![rows])?),
            };
            let seen = match session.unpublished_rows(&part, &entry, cancel.clone()).await {
                Ok(stream) => stream.collect().await?.0,
                // The refusal is in the record of the session; the counts are told all the same.
                Err(Error::NoGrant { .. }) => continue,
                Err(error) => return Err(error),
            };
            if let Some(told) = verified.tests.get_mut(place) {
                told.examples = Some(as_text(&seen)?);
            }
        }
        Ok(())
    }

    /// The dataset as the door judges it: as published, and where it is not yet, as sensitive as anything it reads.
    fn entry_of(&self, model: &Model) -> Entry {
        let snapshot = self.catalogue.snapshot();
        let published = snapshot.get(&model.name);
        let read = model.reads().filter_map(|name| snapshot.get(name));
        let most = read
            .flat_map(|entry| entry.columns.iter().map(|column| column.grade).chain([entry.grade]))
            .fold(model.grade, Grade::max);
        let columns = model.columns.iter().map(|column| {
            let known =
                published.and_then(|entry| entry.columns.iter().find(|known| known.name == column.name));
            ColumnCard {
                name: column.name.clone(),
                data_type: String::new(),
                nullable: true,
                title: column.title.clone(),
                unit: column.unit.clone(),
                grade: known.map_or(most, |known| known.grade).max(column.grade),
            }
        });
        Entry {
            name: model.name.clone(),
            title: model.title.clone(),
            description: model.description.clone(),
            owner: model.owner.clone(),
            side: model.side,
            zone: model.name.split('.').next().unwrap_or_default().to_owned(),
            grade: published.map_or(most, |entry| entry.grade).max(model.grade),
            restricted_by: model.restricted_by.clone(),
            source: model.source.clone(),
            licence: model.licence.clone(),
            rows: 0,
            bytes: 0,
            version: None,
            unchanged_since: 0,
            updated_at: self.clock.now(),
            quality: None,
            columns: columns.collect(),
        }
    }
}

/// A rule that measures the age of the newest row and never fails.
fn age_rule(freshness: &Freshness) -> Option<Rule> {
    let column = freshness.column.clone()?;
    Some(Rule {
        id: AGE_RULE.to_owned(),
        title: None,
        severity: Severity::Info,
        owner: None,
        at_least: 1.0,
        when: Vec::new(),
        check: Check::Age { column, max_days: AGE_DAYS_MAX, of: AgeOf::Newest },
    })
}

fn as_text(batches: &[RecordBatch]) -> Result<Examples> {
    let mut examples = Examples::default();
    let options = FormatOptions::default();
    let failed = |error| Error::from(datafusion::error::DataFusionError::from(error));
    for batch in batches {
        if examples.columns.is_empty() {
            let schema = batch.schema();
            examples.columns = schema.fields().iter().map(|field| field.name().clone()).collect();
        }
        let columns = batch.columns().iter();
        let formatters = columns
            .map(|column| Ok((column, ArrayFormatter::try_new(column, &options).map_err(failed)?)))
            .collect::<Result<Vec<_>>>()?;
        for row in 0..batch.num_rows() {
            let cells = formatters
                .iter()
                .map(|(column, formatter)| column.is_valid(row).then(|| formatter.value(row).to_string()));
            examples.rows.push(cells.collect());
        }
    }
    Ok(examples)
}
