//! Tickets (质量工单): opened and reopened by checks, worked on by people; each step one transaction with its line of the
//! timeline and its evidence, so that none is closed or reopened silently.

use super::card::{TicketCard, TicketDetail, TicketLine, TicketQuery};
use super::check::fails;
use super::ticket::{TicketState, TicketStep};
use super::{QualityControl, SYSTEM, corrupt, refuse, words};
use crate::handle::Inner;
use crate::{Error, Result};
use brain_kernel::error::ErrorKind;
use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_quality::{Outcome, Rule, Rules, Severity};
use brain_store::quality::{self as rows, RunRow, TicketEventRow, TicketFilter, TicketRow};
use brain_store::{Page, PageRequest, Transaction};
use brain_trust::EvidenceEntry;
use serde_json::{Value, json};

/// Lines of a timeline that are shown.
const LINES_MAX: u64 = 500;

impl Inner {
    /// Open, reopen and note what a check says about the rules; a failure below `error` is told, but opens nothing.
    pub(super) async fn move_tickets(
        &self,
        transaction: &Transaction,
        run: &RunRow,
        rules: &Rules,
        outcomes: &[Outcome],
    ) -> Result<()> {
        let tickets = rows::tickets_of(transaction, &run.dataset).await?;
        for (rule, outcome) in rules.rules.iter().zip(outcomes) {
            let known = tickets.iter().find(|ticket| ticket.rule == rule.id);
            match (fails(outcome), known) {
                (true, None) if super::Check::is_failure(outcome) => {
                    self.open_ticket(transaction, run, rules, rule, outcome).await?;
                }
                (true, Some(ticket)) => self.failed_again(transaction, run, ticket.clone(), outcome).await?,
                (false, Some(ticket)) if ticket.failing => {
                    let row = TicketRow { failing: false, ..ticket.clone() };
                    let detail = json!({ "check": run.id, "version": run.dataset_version });
                    let step = if ticket.state == TicketState::Resolved.name() {
                        TicketStep::Note
                    } else {
                        TicketStep::Pass
                    };
                    self.step_in(transaction, row, ticket.revision, step, SYSTEM, "", detail).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    async fn open_ticket(
        &self,
        transaction: &Transaction,
        run: &RunRow,
        rules: &Rules,
        rule: &Rule,
        outcome: &Outcome,
    ) -> Result<()> {
        let title = rule.describe();
        let owner = self.answers_for(&run.dataset, rules, rule);
        let row = TicketRow {
            id: self.store.new_id(),
            dataset: run.dataset.clone(),
            rule: rule.id.clone(),
            title_zh: title.zh,
            title_en: title.en,
            says_zh: outcome.says.zh.clone(),
            says_en: outcome.says.en.clone(),
            severity: outcome.severity.name().to_owned(),
            state: TicketState::Open.name().to_owned(),
            failing: true,
            owner,
            assignee: None,
            failures: 1,
            revision: 1,
            run_id: run.id.clone(),
            opened_at: run.at,
            updated_at: run.at,
            last_failed_at: run.at,
            resolved_at: None,
        };
        let detail = found(run, outcome);
        rows::insert_ticket(transaction, row.clone()).await?;
        self.write_line(transaction, &row, "open", "quality.ticket_open", SYSTEM, "", detail).await
    }

    async fn failed_again(
        &self,
        transaction: &Transaction,
        run: &RunRow,
        ticket: TicketRow,
        outcome: &Outcome,
    ) -> Result<()> {
        let seen = ticket.revision;
        let resolved = ticket.state == TicketState::Resolved.name();
        let step = if resolved { TicketStep::Reopen } else { TicketStep::FailAgain };
        let row = TicketRow {
            says_zh: outcome.says.zh.clone(),
            says_en: outcome.says.en.clone(),
            severity: outcome.severity.name().to_owned(),
            failing: true,
            failures: ticket.failures + 1,
            run_id: run.id.clone(),
            last_failed_at: run.at,
            resolved_at: None,
            assignee: ticket.assignee.clone().filter(|_| !resolved),
            ..ticket
        };
        self.step_in(transaction, row, seen, step, SYSTEM, "", found(run, outcome)).await
    }

    /// Who answers for a rule: it says so, or its file does, or it is the owner of the data.
    pub(super) fn answers_for(&self, dataset: &str, rules: &Rules, rule: &Rule) -> String {
        let said = rule.owner.clone().or_else(|| rules.owner.clone());
        said.unwrap_or_else(|| {
            let snapshot = self.catalogue.snapshot();
            snapshot.get(dataset).map(|entry| entry.owner.clone()).unwrap_or_default()
        })
    }

    /// The ticket at its next revision, a line of the timeline and evidence.
    #[expect(clippy::too_many_arguments, reason = "who, what, which revision, and what is told")]
    async fn step_in(
        &self,
        transaction: &Transaction,
        row: TicketRow,
        seen: i64,
        step: TicketStep,
        actor: &str,
        note: &str,
        detail: Value,
    ) -> Result<()> {
        let state = state_of(&row)?;
        let next = state.after(step).ok_or_else(|| impossible(state))?;
        let row = TicketRow {
            state: next.name().to_owned(),
            revision: seen + 1,
            updated_at: self.store.now(),
            ..row
        };
        rows::update_ticket(transaction, row.clone(), seen).await?;
        self.write_line(transaction, &row, step.name(), step.evidence(), actor, note, detail).await
    }

    #[expect(clippy::too_many_arguments, reason = "who, what, and what is told")]
    async fn write_line(
        &self,
        transaction: &Transaction,
        row: &TicketRow,
        step: &str,
        evidence: &str,
        actor: &str,
        note: &str,
        detail: Value,
    ) -> Result<()> {
        let event = TicketEventRow {
            ticket: row.id.clone(),
            number: 0,
            at: row.updated_at,
            actor: actor.to_owned(),
            step: step.to_owned(),
            note: note.to_owned(),
            detail: detail.clone(),
        };
        rows::add_ticket_event(transaction, event).await?;
        let digest = self.trust.evidence().algorithm().digest(&[note.as_bytes()]);
        let entry = EvidenceEntry {
            kind: evidence.to_owned(),
            actor: actor.to_owned(),
            subject: row.id.clone(),
            body: json!({ "dataset": row.dataset, "rule": row.rule, "state": row.state,
                          "revision": row.revision, "note": digest, "detail": detail }),
        };
        self.trust.evidence().record_in(transaction, entry).await?;
        Ok(())
    }
}

impl QualityControl {
    /// Tickets, the last changed first; an enterprise sees those of its own datasets.
    pub async fn tickets(&self, party: &Party, query: &TicketQuery) -> Result<Page<TicketCard>> {
        let own = || {
            let snapshot = self.inner.catalogue.snapshot();
            let mine = |owner: &str| crate::grading::decide::may_confirm(party, owner);
            let owned = snapshot.values().filter(|entry| mine(&entry.owner));
            owned.map(|entry| entry.name.clone()).collect()
        };
        let filter = TicketFilter {
            state: query.state.map(|state| state.name().to_owned()),
            unresolved: query.unresolved.unwrap_or_default(),
            dataset: query.dataset.clone(),
            datasets: (party.role == Role::Enterprise).then(own),
        };
        let request = PageRequest::new(query.page.unwrap_or(1), query.page_size.unwrap_or(50));
        let found = rows::tickets(self.inner.store.db(), &filter, request).await?;
        let Page { items, total, page, page_size } = found;
        let items = items.into_iter().map(card).collect::<Result<_>>()?;
        Ok(Page { items, total, page, page_size })
    }

    /// One ticket with its timeline.
    pub async fn ticket(&self, party: &Party, id: &str) -> Result<TicketDetail> {
        let row = self.ticket_row(party, id).await?;
        self.detail(party, row).await
    }

    /// Take it.
    pub async fn acknowledge(&self, actor: &Party, id: &str, seen: i64, note: &str) -> Result<TicketDetail> {
        if !note.is_empty() {
            words(note)?;
        }
        let me = actor.account.clone();
        let change = |row: TicketRow| TicketRow { assignee: Some(me), ..row };
        self.step(actor, id, seen, TicketStep::Acknowledge, note, change).await
    }

    /// Say why it is over. While the rule fails it is not: whoever accepts the state changes the rule, on record.
    pub async fn resolve(&self, actor: &Party, id: &str, seen: i64, reason: &str) -> Result<TicketDetail> {
        words(reason)?;
        let row = self.ticket_row(actor, id).await?;
        let rules = self.inner.quality_rules(&row.dataset).await?.rules;
        let is_rule = rules.rules.iter().any(|rule| rule.id == row.rule);
        if row.failing && is_rule && state_of(&row)? == TicketState::Acknowledged {
            return Err(refuse(
                ErrorKind::Precondition,
                "warehouse/quality-still-failing",
                "最近一次检查规则仍未通过，工单不能关闭。请先修复数据并重新检查；接受现状则修改规则。",
                "The rule failed at the last check, so the ticket stays open. Mend the data and check again, \
                 or change the rule if this is acceptable.",
            ));
        }
        let now = self.inner.store.now();
        let change = |row: TicketRow| TicketRow { resolved_at: Some(now), ..row };
        self.step(actor, id, seen, TicketStep::Resolve, reason, change).await
    }

    /// It was not over.
    pub async fn reopen(&self, actor: &Party, id: &str, seen: i64, reason: &str) -> Result<TicketDetail> {
        words(reason)?;
        let change = |row: TicketRow| TicketRow { resolved_at: None, assignee: None, ..row };
        self.step(actor, id, seen, TicketStep::Reopen, reason, change).await
    }

    /// Add a line to the timeline.
    pub async fn note(&self, actor: &Party, id: &str, seen: i64, note: &str) -> Result<TicketDetail> {
        words(note)?;
        self.step(actor, id, seen, TicketStep::Note, note, |row| row).await
    }

    async fn step(
        &self,
        actor: &Party,
        id: &str,
        seen: i64,
        step: TicketStep,
        note: &str,
        change: impl FnOnce(TicketRow) -> TicketRow,
    ) -> Result<TicketDetail> {
        let row = self.ticket_row(actor, id).await?;
        self.require_owner(actor, &row.dataset)?;
        // Before the change, so that the refusal is about the state and not about the revision.
        let state = state_of(&row)?;
        state.after(step).ok_or_else(|| impossible(state))?;
        let row = change(row);
        let transaction = self.inner.store.transaction().await?;
        let detail = json!({ "assignee": row.assignee });
        self.inner.step_in(&transaction, row, seen, step, &actor.account, note, detail).await?;
        transaction.commit().await?;
        let row = self.ticket_row(actor, id).await?;
        self.detail(actor, row).await
    }

    /// The ticket; to an enterprise only of a dataset it speaks for.
    async fn ticket_row(&self, party: &Party, id: &str) -> Result<TicketRow> {
        let unknown = || {
            refuse(
                ErrorKind::NotFound,
                "warehouse/unknown-ticket",
                "没有这张工单。",
                "There is no such ticket.",
            )
        };
        let row = rows::ticket(self.inner.store.db(), id).await?.ok_or_else(unknown)?;
        if party.role == Role::Enterprise && self.require_owner(party, &row.dataset).is_err() {
            return Err(unknown());
        }
        Ok(row)
    }

    async fn detail(&self, party: &Party, row: TicketRow) -> Result<TicketDetail> {
        let lines = rows::ticket_events(self.inner.store.db(), &row.id, LINES_MAX).await?;
        let may_work = self.require_owner(party, &row.dataset).is_ok();
        let line = |row: TicketEventRow| {
            let TicketEventRow { number, at, actor, step, note, detail, .. } = row;
            TicketLine { number, at, actor, step, note, detail }
        };
        Ok(TicketDetail { may_work, timeline: lines.into_iter().map(line).collect(), card: card(row)? })
    }
}

fn found(run: &RunRow, outcome: &Outcome) -> Value {
    json!({ "check": run.id, "version": run.dataset_version, "checked": outcome.checked, "failed": outcome.failed,
            "measured": outcome.measured, "standing": outcome.standing.name() })
}

fn state_of(row: &TicketRow) -> Result<TicketState> {
    TicketState::from_name(&row.state).ok_or_else(|| corrupt("quality_ticket.state", &row.state))
}

fn impossible(state: TicketState) -> Error {
    let title = state.title();
    refuse(
        ErrorKind::Precondition,
        "warehouse/quality-ticket-state",
        format!("工单{}，现在不能这样做。", title.zh),
        format!("The ticket is {}; this is not possible now.", title.en),
    )
}

pub(super) fn card(row: TicketRow) -> Result<TicketCard> {
    let severity = [Severity::Info, Severity::Warning, Severity::Error, Severity::Critical];
    let severity = severity.into_iter().find(|severity| severity.name() == row.severity);
    Ok(TicketCard {
        state: state_of(&row)?,
        severity: severity.ok_or_else(|| corrupt("quality_ticket.severity", &row.severity))?,
        title: Text::new(row.title_zh, row.title_en),
        says: Text::new(row.says_zh, row.says_en),
        failures: u64::try_from(row.failures).unwrap_or_default(),
        id: row.id,
        dataset: row.dataset,
        rule: row.rule,
        failing: row.failing,
        owner: row.owner,
        assignee: row.assignee,
        revision: row.revision,
        opened_at: row.opened_at,
        updated_at: row.updated_at,
        last_failed_at: row.last_failed_at,
        resolved_at: row.resolved_at,
    })
}
