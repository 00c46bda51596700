//! Incidents as people see them.

use brain_kernel::language::Text;
use brain_store::incident::{DutyRow, EventRow, IncidentRow, ReferenceRow};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::state::IncidentState;
use crate::{Error, Result};

/// How bad (分级), after the four levels of network security incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// 一般.
    General,
    /// 较大.
    Serious,
    /// 重大.
    Major,
    /// 特别重大.
    Critical,
}

impl Severity {
    /// Stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Serious => "serious",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::General, Self::Serious, Self::Major, Self::Critical].into_iter().find(|one| one.name() == name)
    }
}

/// One incident or drill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IncidentCard {
    /// Stable id.
    pub id: String,
    /// What it is.
    pub title: Text,
    /// Alert rule that raised it; none where a person did.
    pub rule: Option<String>,
    /// Whom or what it is about, usually an account id.
    pub subject: String,
    /// How bad.
    pub severity: Severity,
    /// 演练: whether it is a drill.
    pub drill: bool,
    /// Where it stands.
    pub state: IncidentState,
    /// Account id of who works on it.
    pub owner: Option<String>,
    /// Grows with every change; a change names the revision it saw.
    pub revision: i64,
    /// How often the rule was hit.
    pub hits: i64,
    /// When it was raised.
    pub opened_at: DateTime<Utc>,
    /// When the rule was last hit.
    pub last_hit_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Whether it turned out to be none.
    pub false_alarm: bool,
    /// Why it happened.
    pub cause: Option<String>,
    /// What was done so that it does not happen again.
    pub measures: Option<String>,
}

/// One line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineEntry {
    /// Number, from 1.
    pub number: i32,
    /// When.
    pub at: DateTime<Utc>,
    /// Account id of who did it, or `system`.
    pub actor: String,
    /// `open`, or a step.
    pub step: String,
    /// Words; may be empty.
    pub note: String,
    /// What changed.
    pub detail: Value,
}

/// A record the incident rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IncidentReference {
    /// `audit` or `evidence`.
    pub log: String,
    /// Position in that log.
    pub seq: i64,
}

/// A duty by law and its clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IncidentDuty {
    /// Id of the duty.
    pub duty: String,
    /// What is to be done.
    pub title: Text,
    /// Clause it comes from.
    pub law: String,
    /// By when.
    pub due_at: DateTime<Utc>,
    /// When it was done.
    pub done_at: Option<DateTime<Utc>>,
    /// By whom.
    pub done_by: Option<String>,
    /// Whether its time is over and it is not done.
    pub overdue: bool,
}

/// One incident with everything about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IncidentDetail {
    /// The incident.
    pub card: IncidentCard,
    /// Everything that happened, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// Records it rests on.
    pub references: Vec<IncidentReference>,
    /// Duties by law, by when they are due.
    pub duties: Vec<IncidentDuty>,
}

pub(super) fn card(row: IncidentRow) -> Result<IncidentCard> {
    Ok(IncidentCard {
        title: Text::new(row.title_zh, row.title_en),
        severity: Severity::from_name(&row.severity).ok_or(Error::Corrupt { field: "incident.severity" })?,
        state: IncidentState::from_name(&row.state).ok_or(Error::Corrupt { field: "incident.state" })?,
        id: row.id,
        rule: row.rule,
        subject: row.subject,
        drill: row.drill,
        owner: row.owner,
        revision: row.revision,
        hits: row.hits,
        opened_at: row.opened_at,
        last_hit_at: row.last_hit_at,
        closed_at: row.closed_at,
        false_alarm: row.false_alarm,
        cause: row.cause,
        measures: row.measures,
    })
}

pub(super) fn line(row: EventRow) -> TimelineEntry {
    let EventRow { number, at, actor, step, note, detail, .. } = row;
    TimelineEntry { number, at, actor, step, note, detail }
}

pub(super) fn reference(row: ReferenceRow) -> IncidentReference {
    IncidentReference { log: row.log, seq: row.seq }
}

pub(super) fn duty(row: DutyRow, now: DateTime<Utc>) -> IncidentDuty {
    IncidentDuty {
        overdue: row.done_at.is_none() && row.due_at < now,
        duty: row.duty,
        title: Text::new(row.title_zh, row.title_en),
        law: row.law,
        due_at: row.due_at,
        done_at: row.done_at,
        done_by: row.done_by,
    }
}
