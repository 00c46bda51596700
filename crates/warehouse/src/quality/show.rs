//! Quality shown: what holds no value to everybody who sees the catalogue, profiles and proposals to who reads the rows.

use super::card::{Baseline, ProfileCard, ProposalCard, QualityCard, RuleCard};
use super::check::{check, fails, point};
use super::rules::passed;
use super::sight::{Sight, without_values};
use super::work::card;
use super::{PURPOSE, QualityControl, corrupt, refuse, words};
use crate::query::Session;
use crate::{Error, Result};
use brain_kernel::error::ErrorKind;
use brain_kernel::party::Party;
use brain_kernel::progress::Cancel;
use brain_quality::profile::ColumnProfile;
use brain_quality::propose::propose;
use brain_quality::rule::Check as RuleCheck;
use brain_quality::{Inputs, Rules, score, trend};
use brain_store::quality::{self as rows, ProfileRow};
use brain_trust::EvidenceEntry;
use serde_json::json;

/// Checks of the history that are shown.
const HISTORY_MAX: u64 = 100;

impl QualityControl {
    /// Rules, outcomes, score, trend and tickets of a dataset.
    pub async fn show(&self, party: &Party, dataset: &str) -> Result<QualityCard> {
        let inner = &self.inner;
        self.owner_of(dataset)?;
        let db = inner.store.db();
        let in_force = inner.quality_rules(dataset).await?;
        let mut history = rows::runs(db, dataset, HISTORY_MAX).await?;
        let last = history.first().cloned().map(check).transpose()?;
        history.reverse();
        let tickets = rows::tickets_of(db, dataset).await?;
        let mut tickets = tickets.into_iter().map(card).collect::<Result<Vec<_>>>()?;
        let mut cards = Vec::new();
        for rule in &in_force.rules.rules {
            let ticket = tickets.iter().position(|ticket| ticket.rule == rule.id);
            let outcomes = last.iter().flat_map(|last| &last.outcomes);
            let outcome = outcomes.into_iter().find(|outcome| outcome.rule == rule.id).cloned();
            cards.push(RuleCard {
                says: rule.describe(),
                dimension: rule.check.dimension(),
                owner: inner.answers_for(dataset, &in_force.rules, rule),
                has_examples: rule.check.is_about_rows(),
                outcome,
                ticket: ticket.map(|place| tickets.remove(place)),
                rule: rule.clone(),
            });
        }
        let points: Vec<_> = history.iter().filter_map(|run| Some((run.at, run.score?))).collect();
        let baseline = rows::profile(db, dataset, "baseline").await?;
        Ok(QualityCard {
            dataset: dataset.to_owned(),
            may_change: self.require_owner(party, dataset).is_ok(),
            rules_version: in_force.version,
            toml: in_force.row.as_ref().map(|row| row.body.clone()).unwrap_or_default(),
            rules_reason: in_force.row.as_ref().map(|row| row.reason.clone()),
            rules_changed_at: in_force.row.as_ref().map(|row| row.changed_at),
            rules: cards,
            last,
            formula: score::formula(),
            trend: trend::trend(&points),
            history: history.iter().map(point).collect(),
            other_tickets: tickets,
            baseline: baseline.map(|row| Baseline {
                dataset_version: u64::try_from(row.dataset_version).unwrap_or_default(),
                at: row.at,
            }),
        })
    }

    /// The last profile. Values of columns the session may not read as they are, are left out; where some are shown,
    /// the session records that it opened the dataset.
    pub async fn profile(&self, session: &Session, dataset: &str) -> Result<ProfileCard> {
        self.owner_of(dataset)?;
        let found = self.inner.stored_profile(dataset, "latest").await?;
        let (row, profile) = found.ok_or_else(|| {
            refuse(
                ErrorKind::NotFound,
                "warehouse/quality-no-profile",
                "这个数据集还没有检查过，没有画像。请先检查一次。",
                "The dataset was not checked yet and has no profile. Check it first.",
            )
        })?;
        let sight = self.opened(session, dataset)?;
        let hidden: Vec<String> = profile
            .columns
            .iter()
            .filter(|column| !sight.sees(&column.name))
            .map(|column| column.name.clone())
            .collect();
        let shown =
            |column: ColumnProfile| if sight.sees(&column.name) { column } else { without_values(column) };
        Ok(ProfileCard {
            dataset_version: u64::try_from(row.dataset_version).unwrap_or_default(),
            at: row.at,
            rows: profile.rows,
            columns: profile.columns.into_iter().map(shown).collect(),
            hidden,
        })
    }

    /// Rules the present version seems to follow, each run on it. Rules about columns whose values the session may not
    /// read as they are, are not proposed.
    pub async fn propose(
        &self,
        session: &Session,
        dataset: &str,
        cancel: Cancel,
    ) -> Result<Vec<ProposalCard>> {
        self.require_owner(session.party(), dataset)?;
        let sight = self.opened(session, dataset)?;
        let inner = &self.inner;
        let _turn = std::sync::Arc::clone(&inner.turns).acquire_owned().await.ok();
        let table = inner.latest_table(dataset).await?;
        let existing = inner.quality_rules(dataset).await?.rules;
        let plan = inner.quality_plan(&Rules::default(), &table, true, 0).await?;
        let state = inner.pass(&plan, &table, &cancel).await?;
        let seen = state.finish(&plan, Inputs::default()).map_err(passed)?;
        let mut proposals = propose(&seen.profile, &existing, inner.clock.now());
        // Columns the ingest adds describe the file, not the data.
        proposals.retain(|proposal| {
            let columns = proposal.rule.columns();
            // Rules are read by everybody who sees the catalogue: no list of sensitive values among them.
            let tells = matches!(proposal.rule.check, RuleCheck::OneOf { .. })
                && columns.iter().any(|column| inner.is_sensitive(dataset, column));
            !tells && columns.iter().all(|column| sight.sees(column) && !column.starts_with('_'))
        });
        let rules =
            Rules { rules: proposals.iter().map(|one| one.rule.clone()).collect(), ..Rules::default() };
        let plan = inner.quality_plan(&rules, &table, false, 0).await?;
        let state = inner.pass(&plan, &table, &cancel).await?;
        let inputs =
            Inputs { baseline: Some(&seen.profile), rows_before: Some(seen.rows), ..Inputs::default() };
        let report = state.finish(&plan, inputs).map_err(passed)?;
        let held = proposals.into_iter().zip(report.outcomes).filter(|(_, outcome)| !fails(outcome));
        held.map(|(proposal, outcome)| {
            let alone = Rules { rules: vec![proposal.rule.clone()], ..Rules::default() };
            Ok(ProposalCard {
                says: proposal.rule.describe(),
                toml: alone.to_toml().map_err(passed)?,
                rule: proposal.rule,
                evidence: proposal.evidence,
                outcome,
            })
        })
        .collect()
    }

    /// Make the profile of the last check what drift is measured against, for the owner.
    pub async fn set_baseline(&self, actor: &Party, dataset: &str, reason: &str) -> Result<Baseline> {
        words(reason)?;
        self.require_owner(actor, dataset)?;
        let inner = &self.inner;
        let latest = rows::profile(inner.store.db(), dataset, "latest").await?;
        let latest = latest.ok_or_else(|| {
            refuse(
                ErrorKind::Precondition,
                "warehouse/quality-no-profile",
                "这个数据集还没有检查过，没有画像。请先检查一次。",
                "The dataset was not checked yet and has no profile. Check it first.",
            )
        })?;
        let row = ProfileRow { kind: "baseline".to_owned(), ..latest };
        let version =
            u64::try_from(row.dataset_version).map_err(|_| corrupt("quality_profile.version", dataset))?;
        let baseline = Baseline { dataset_version: version, at: row.at };
        let transaction = inner.store.transaction().await?;
        rows::keep_profile(&transaction, row).await?;
        let entry = EvidenceEntry {
            kind: "quality.baseline".to_owned(),
            actor: actor.account.clone(),
            subject: dataset.to_owned(),
            body: json!({ "version": version, "reason": reason }),
        };
        inner.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(baseline)
    }

    /// What the session's party sees; where it sees anything, the session notes that it opened the dataset.
    fn opened(&self, session: &Session, dataset: &str) -> Result<Sight> {
        let sight = self.sight(session.party(), dataset);
        if sight.is_open() {
            debug_assert_eq!(session.purpose(), PURPOSE);
            session.reach(dataset)?;
        }
        Ok(sight)
    }
}

impl QualityControl {
    /// Rules with failing rows to show: those about rows.
    pub(super) fn about_rows(check: &RuleCheck, rule: &str) -> Result<(), Error> {
        if check.is_about_rows() {
            return Ok(());
        }
        Err(refuse(
            ErrorKind::InvalidArgument,
            "warehouse/quality-no-examples",
            format!("规则“{rule}”针对整张表，没有不合格的行。"),
            format!("Rule {rule:?} is about the whole table and has no failing rows."),
        ))
    }
}
