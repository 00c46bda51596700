//! An incident begins: a rule was hit, a person reports one, a drill.

use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_store::Transaction;
use brain_store::incident::{self as rows, EventRow, IncidentRow, ReferenceRow};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::card::Severity;
use super::state::{IncidentState, IncidentStep};
use super::{IncidentDetail, Incidents};
use crate::identity::require_role;
use crate::{Error, EvidenceEntry, Result};

/// Records kept of one incident; the rule may be hit more often.
const REFERENCES_MAX: u64 = 500;
/// Longest title and subject, in characters.
const TITLE_CHARACTERS_MAX: usize = 200;

/// An entry of a log that an incident rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// An audit record.
    Audit(i64),
    /// An entry of the evidence log.
    Evidence(i64),
}

/// A rule that was hit.
#[derive(Debug, Clone)]
pub(crate) struct Raised {
    pub(crate) rule: String,
    pub(crate) title: Text,
    pub(crate) severity: Severity,
    /// Whom it is about.
    pub(crate) subject: String,
    /// What was counted, for example `rows 120000 >= 100000`.
    pub(crate) measure: String,
    pub(crate) references: Vec<Reference>,
}

/// An incident that a person raises, or a drill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIncident {
    /// What it is, one line in either language.
    pub title: String,
    /// Whom or what it is about.
    pub subject: String,
    /// How bad.
    pub severity: Severity,
    /// What was seen, or what the drill rehearses.
    #[serde(default)]
    pub note: String,
    /// 演练: whether it is a drill.
    #[serde(default)]
    pub drill: bool,
}

impl Incidents {
    /// Report an incident, or begin a drill. Security administrators only.
    pub async fn raise(&self, actor: &Party, new: NewIncident) -> Result<IncidentDetail> {
        require_role(actor, Role::SecurityAdministrator)?;
        let title = line("title", &new.title)?;
        let subject = line("subject", &new.subject)?;
        super::work::check_words(&new.note)?;
        let row = self.fresh(None, Text::new(title, title), subject, new.severity, new.drill, 0);
        let transaction = self.0.store.transaction().await?;
        rows::insert(&transaction, row.clone()).await?;
        let detail = json!({ "severity": row.severity, "drill": row.drill });
        self.begin(&transaction, &row, &actor.account, &new.note, detail).await?;
        transaction.commit().await?;
        self.detail(row).await
    }

    /// Take up hits in the caller's transaction: into the incident that is still open, or as a new one.
    pub(crate) async fn hit_in(&self, transaction: &Transaction, raised: &[Raised]) -> Result<()> {
        for hit in raised {
            let row = match rows::unclosed_of(transaction, &hit.rule, &hit.subject).await? {
                Some(row) => self.hit_again(transaction, row, hit).await?,
                None => {
                    let rule = Some(hit.rule.clone());
                    let row = self.fresh(rule, hit.title.clone(), &hit.subject, hit.severity, false, 1);
                    rows::insert(transaction, row.clone()).await?;
                    let detail =
                        json!({ "severity": row.severity, "rule": row.rule, "measure": hit.measure });
                    self.begin(transaction, &row, "system", "", detail).await?;
                    row
                }
            };
            let there = rows::reference_count(transaction, &row.id).await?;
            let room = usize::try_from(REFERENCES_MAX.saturating_sub(there)).unwrap_or_default();
            let references = hit.references.iter().take(room).map(|reference| {
                let (log, seq) = match reference {
                    Reference::Audit(seq) => ("audit", *seq),
                    Reference::Evidence(seq) => ("evidence", *seq),
                };
                ReferenceRow { incident: row.id.clone(), log: log.to_owned(), seq }
            });
            rows::add_references(transaction, references.collect()).await?;
        }
        Ok(())
    }

    async fn hit_again(
        &self,
        transaction: &Transaction,
        row: IncidentRow,
        hit: &Raised,
    ) -> Result<IncidentRow> {
        let now = self.0.store.now();
        let seen = row.revision;
        let row =
            IncidentRow { hits: row.hits + 1, last_hit_at: now, updated_at: now, revision: seen + 1, ..row };
        rows::update(transaction, row.clone(), seen).await?;
        let detail = json!({ "measure": hit.measure, "hits": row.hits });
        self.write_step(transaction, &row, IncidentStep::Hit, "system", "", detail).await?;
        Ok(row)
    }

    fn fresh(
        &self,
        rule: Option<String>,
        title: Text,
        subject: &str,
        severity: Severity,
        drill: bool,
        hits: i64,
    ) -> IncidentRow {
        let now = self.0.store.now();
        IncidentRow {
            id: self.0.store.new_id(),
            rule,
            subject: subject.to_owned(),
            title_zh: title.zh,
            title_en: title.en,
            severity: severity.name().to_owned(),
            drill,
            state: IncidentState::Open.name().to_owned(),
            owner: None,
            revision: 1,
            hits,
            opened_at: now,
            last_hit_at: now,
            updated_at: now,
            closed_at: None,
            false_alarm: false,
            cause: None,
            measures: None,
        }
    }

    /// First line of the timeline, clocks of the duties its severity brings, evidence.
    async fn begin(
        &self,
        transaction: &Transaction,
        row: &IncidentRow,
        actor: &str,
        note: &str,
        detail: serde_json::Value,
    ) -> Result<()> {
        let severity =
            Severity::from_name(&row.severity).ok_or(Error::Corrupt { field: "incident.severity" })?;
        let event = EventRow {
            incident: row.id.clone(),
            number: 0,
            at: row.opened_at,
            actor: actor.to_owned(),
            step: "open".to_owned(),
            note: note.to_owned(),
            detail: detail.clone(),
        };
        rows::add_event(transaction, event).await?;
        let duties = self.0.rulebook.duties_of(severity);
        let duties: Vec<_> = duties.map(|duty| duty.row(&row.id, row.opened_at)).collect();
        let begun: Vec<String> = duties.iter().map(|duty| duty.duty.clone()).collect();
        rows::add_duties(transaction, duties).await?;
        let entry = EvidenceEntry {
            kind: if row.drill { "incident.drill" } else { "incident.open" }.to_owned(),
            actor: actor.to_owned(),
            subject: row.id.clone(),
            body: json!({
                "detail": detail, "account": row.subject, "duties": begun,
                "note": self.0.evidence.algorithm().digest(&[note.as_bytes()]),
            }),
        };
        self.0.evidence.record_in(transaction, entry).await?;
        Ok(())
    }

    /// A line of the timeline and its evidence; the row was updated before.
    pub(super) async fn write_step(
        &self,
        transaction: &Transaction,
        row: &IncidentRow,
        step: IncidentStep,
        actor: &str,
        note: &str,
        detail: serde_json::Value,
    ) -> Result<()> {
        let at: DateTime<Utc> = row.updated_at;
        let event = EventRow {
            incident: row.id.clone(),
            number: 0,
            at,
            actor: actor.to_owned(),
            step: step.name().to_owned(),
            note: note.to_owned(),
            detail: detail.clone(),
        };
        rows::add_event(transaction, event).await?;
        let entry = EvidenceEntry {
            kind: step.evidence().to_owned(),
            actor: actor.to_owned(),
            subject: row.id.clone(),
            body: json!({
                "state": row.state, "revision": row.revision, "drill": row.drill, "detail": detail,
                "note": self.0.evidence.algorithm().digest(&[note.as_bytes()]),
            }),
        };
        self.0.evidence.record_in(transaction, entry).await?;
        Ok(())
    }
}

/// One line of text that is not empty.
fn line<'a>(field: &'static str, text: &'a str) -> Result<&'a str> {
    let text = text.trim();
    let fine = !text.is_empty()
        && text.chars().count() <= TITLE_CHARACTERS_MAX
        && !text.chars().any(char::is_control);
    if fine {
        return Ok(text);
    }
    Err(Error::invalid(
        field,
        format!("{field} 须为一行 1 至 {TITLE_CHARACTERS_MAX} 个字符。"),
        format!("{field} needs one line of 1 to {TITLE_CHARACTERS_MAX} characters."),
    ))
}
