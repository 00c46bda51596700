//! A check: one pass over the latest version, its outcome kept with history, tickets moved, evidence.

use super::card::{Check, CheckPoint, Glance};
use super::rules::{InForce, passed};
use super::sight::without_values;
use super::{QualityControl, SYSTEM, corrupt};
use crate::handle::Inner;
use crate::lake::read::TableAt;
use crate::{Error, Result};
use brain_kernel::grade::Grade;
use brain_kernel::party::Party;
use brain_kernel::progress::Cancel;
use brain_quality::profile::ColumnProfile;
use brain_quality::{Inputs, Keys, Options, Outcome, Plan, Profile, Report, Rules, Score, Standing};
use brain_store::quality::{self as rows, ProfileRow, RunRow};
use brain_trust::EvidenceEntry;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// Bytes of keys in memory of one check, over all its partitions.
const KEYS_BYTES: usize = 128 << 20;

/// Ranges kept of the numbers of a sensitive column.
const BUCKETS_OF_SENSITIVE: usize = 32;

/// What a run's row keeps beside its columns.
#[derive(Serialize, Deserialize)]
struct Stored {
    score: Score,
    outcomes: Vec<Outcome>,
}

impl QualityControl {
    /// Check the latest version of a dataset now, for the owner.
    pub async fn check(&self, actor: &Party, dataset: &str, cancel: Cancel) -> Result<Check> {
        self.require_owner(actor, dataset)?;
        self.inner.check_quality(dataset, "person", &actor.account, &cancel).await
    }
}

impl Inner {
    /// Check what was just committed, where the dataset has rules; nothing otherwise.
    pub(crate) async fn check_landed(
        &self,
        dataset: &str,
        occasion: &str,
        cancel: &Cancel,
    ) -> Result<Option<Glance>> {
        if !self.has_quality_rules(dataset).await? {
            return Ok(None);
        }
        self.check_quality(dataset, occasion, SYSTEM, cancel).await?;
        self.quality_glance(dataset).await
    }

    /// The last check in one line, and how many tickets are open.
    pub(crate) async fn quality_glance(&self, dataset: &str) -> Result<Option<Glance>> {
        let Some(last) = rows::runs(self.store.db(), dataset, 1).await?.pop() else { return Ok(None) };
        let tickets = rows::unresolved(self.store.db(), dataset).await?;
        Ok(Some(Glance { check: point(&last), tickets }))
    }

    pub(super) async fn check_quality(
        &self,
        dataset: &str,
        occasion: &str,
        actor: &str,
        cancel: &Cancel,
    ) -> Result<Check> {
        // A check reads a whole table: it takes its turn among the queries.
        let _turn = Arc::clone(&self.turns).acquire_owned().await.ok();
        let started = Instant::now();
        let table = self.latest_table(dataset).await?;
        let in_force = self.quality_rules(dataset).await?;
        let baseline = self.stored_profile(dataset, "baseline").await?;
        let rows_before =
            rows::runs(self.store.db(), dataset, 1).await?.first().map(|run| run.rows.max(0) as u64);
        let plan = self.quality_plan(&in_force.rules, &table, true, 0).await?;
        let mut references = BTreeMap::new();
        for (rule, other, columns) in plan.references() {
            if let Some(keys) = self.reference(&in_force, dataset, other, columns, cancel).await? {
                references.insert(rule.to_owned(), keys);
            }
        }
        let state = self.pass(&plan, &table, cancel).await?;
        let report = tokio::task::spawn_blocking(move || {
            let baseline = baseline.as_ref().map(|(_, profile)| profile);
            state.finish(&plan, Inputs { baseline, rows_before, references })
        });
        let report = report.await.map_err(|error| Error::Io(std::io::Error::other(error.to_string())))?;
        let report = report.map_err(passed)?;
        self.keep(&table, &in_force, report, (occasion, actor), started.elapsed().as_secs_f64()).await
    }

    /// The latest version of a dataset, open.
    pub(super) async fn latest_table(&self, dataset: &str) -> Result<Arc<TableAt>> {
        let unknown = || Error::UnknownDataset { name: dataset.to_owned(), nearest: Vec::new() };
        let version = self.catalogue.snapshot().get(dataset).and_then(|entry| entry.version);
        self.lake.open(dataset, version.ok_or_else(unknown)?).await
    }

    /// The pass of these rules over this table.
    pub(crate) async fn quality_plan(
        &self,
        rules: &Rules,
        table: &TableAt,
        profile: bool,
        examples: usize,
    ) -> Result<Arc<Plan>> {
        let lists = self.named_lists(rules).await?;
        let parallel = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let options = Options {
            profile,
            examples,
            keys_bytes: KEYS_BYTES / parallel,
            expressions: self.expressions(rules, &table.schema),
            ..Options::new(self.clock.now(), self.options.root.join("tmp"))
        };
        Ok(Arc::new(Plan::compile(rules, &table.schema, &lists, options).map_err(passed)?))
    }

    /// Keys of a table a rule refers to; none where it is not there, lacks a column, or may not be asked.
    pub(super) async fn reference(
        &self,
        in_force: &InForce,
        dataset: &str,
        other: &str,
        columns: &[String],
        cancel: &Cancel,
    ) -> Result<Option<Keys>> {
        let snapshot = self.catalogue.snapshot();
        let owner = snapshot.get(dataset).map(|entry| entry.owner.clone()).unwrap_or_default();
        let author = match &in_force.row {
            Some(row) => self.trust.policy().party_behind(&row.changed_by).await?,
            None => None,
        };
        if !snapshot.contains_key(other) || !self.may_refer(author.as_ref(), &owner, other, columns) {
            return Ok(None);
        }
        let table = self.latest_table(other).await?;
        if columns.iter().any(|column| table.schema.index_of(column).is_err()) {
            return Ok(None);
        }
        Ok(Some(self.keys(&table, columns, cancel).await?))
    }

    /// A stored profile and the version it is of.
    pub(super) async fn stored_profile(
        &self,
        dataset: &str,
        kind: &str,
    ) -> Result<Option<(ProfileRow, Profile)>> {
        let Some(row) = rows::profile(self.store.db(), dataset, kind).await? else { return Ok(None) };
        let profile = serde_json::from_value(row.profile.clone())
            .map_err(|_| corrupt("quality_profile.profile", dataset))?;
        Ok(Some((row, profile)))
    }

    /// Whether a column is graded general 3 or above; one the catalogue does not know counts as such.
    pub(crate) fn is_sensitive(&self, dataset: &str, column: &str) -> bool {
        let snapshot = self.catalogue.snapshot();
        let card =
            snapshot.get(dataset).and_then(|entry| entry.columns.iter().find(|card| card.name == column));
        card.is_none_or(|card| card.grade >= Grade::General3)
    }

    /// A profile as it may lie in the store: of sensitive columns (general 3 and above) no value stays, and of their
    /// numbers only how many lie in a few wide ranges, which is enough to see them drift.
    fn storable(&self, dataset: &str, profile: Profile) -> Profile {
        let sensitive = |name: &str| self.is_sensitive(dataset, name);
        let kept = profile.columns.into_iter().map(|column| {
            if !sensitive(&column.name) {
                return column;
            }
            let buckets = column.buckets.as_ref().map(|buckets| buckets.coarsened(BUCKETS_OF_SENSITIVE));
            ColumnProfile { buckets, ..without_values(column) }
        });
        Profile { rows: profile.rows, columns: kept.collect() }
    }

    /// Run, profile, tickets and evidence in one transaction.
    async fn keep(
        &self,
        table: &TableAt,
        in_force: &InForce,
        report: Report,
        (occasion, actor): (&str, &str),
        seconds: f64,
    ) -> Result<Check> {
        let now = self.store.now();
        let dataset = table.dataset.as_str();
        let failed = report.outcomes.iter().filter(|outcome| fails(outcome)).count();
        let stored = Stored { score: report.score.clone(), outcomes: report.outcomes.clone() };
        let run = RunRow {
            id: self.store.new_id(),
            dataset: dataset.to_owned(),
            dataset_version: table.version as i64,
            rules_version: in_force.version as i64,
            at: now,
            seconds,
            occasion: occasion.to_owned(),
            actor: actor.to_owned(),
            rows: report.rows as i64,
            score: report.score.value,
            rules: report.outcomes.len() as i64,
            failed: failed as i64,
            report: serde_json::to_value(&stored).unwrap_or_default(),
        };
        let kept = self.storable(dataset, report.profile);
        let profile = |kind: &str| ProfileRow {
            dataset: dataset.to_owned(),
            kind: kind.to_owned(),
            dataset_version: table.version as i64,
            at: now,
            profile: serde_json::to_value(&kept).unwrap_or_default(),
        };
        let first = rows::profile(self.store.db(), dataset, "baseline").await?.is_none();
        let transaction = self.store.transaction().await?;
        rows::insert_run(&transaction, run.clone()).await?;
        rows::keep_profile(&transaction, profile("latest")).await?;
        if first {
            rows::keep_profile(&transaction, profile("baseline")).await?;
        }
        self.move_tickets(&transaction, &run, &in_force.rules, &report.outcomes).await?;
        let names: Vec<&str> = report
            .outcomes
            .iter()
            .filter(|outcome| fails(outcome))
            .map(|outcome| outcome.rule.as_str())
            .collect();
        let entry = EvidenceEntry {
            kind: "quality.check".to_owned(),
            actor: actor.to_owned(),
            subject: dataset.to_owned(),
            body: json!({ "check": run.id, "version": table.version, "rules": in_force.version,
                          "rows": report.rows, "score": report.score.value, "failed": names }),
        };
        self.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        check(run)
    }
}

/// Whether the rule did not pass: it failed, or could not be measured.
pub(super) fn fails(outcome: &Outcome) -> bool {
    matches!(outcome.standing, Standing::Failed | Standing::Unmeasured)
}

pub(super) fn point(run: &RunRow) -> CheckPoint {
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    CheckPoint {
        at: run.at,
        dataset_version: count(run.dataset_version),
        rows: count(run.rows),
        score: run.score,
        rules: count(run.rules),
        failed: count(run.failed),
    }
}

pub(super) fn check(run: RunRow) -> Result<Check> {
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    let stored: Stored =
        serde_json::from_value(run.report).map_err(|_| corrupt("quality_run.report", &run.id))?;
    Ok(Check {
        dataset_version: count(run.dataset_version),
        rules_version: count(run.rules_version),
        rows: count(run.rows),
        id: run.id,
        dataset: run.dataset,
        at: run.at,
        seconds: run.seconds,
        occasion: run.occasion,
        actor: run.actor,
        score: stored.score,
        outcomes: stored.outcomes,
    })
}
