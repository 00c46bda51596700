//! Quality as people see it.

use super::ticket::TicketState;
use brain_kernel::language::Text;
use brain_quality::profile::ColumnProfile;
use brain_quality::trend::Trend;
use brain_quality::{Dimension, Outcome, Rule, Score, Severity};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One check of a dataset (一次检查).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityCheck")]
pub struct Check {
    /// Id.
    pub id: String,
    /// Dataset.
    pub dataset: String,
    /// Version that was checked.
    pub dataset_version: u64,
    /// Version of the rules.
    pub rules_version: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// How long it took.
    pub seconds: f64,
    /// `ingest`, `model` or `person`.
    pub occasion: String,
    /// Account id, or `system`.
    pub actor: String,
    /// Rows checked.
    pub rows: u64,
    /// The score.
    pub score: Score,
    /// One outcome per rule.
    pub outcomes: Vec<Outcome>,
}

impl Check {
    /// Whether an outcome is a failure that opens a ticket: of severity `error` or worse.
    #[must_use]
    pub fn is_failure(outcome: &Outcome) -> bool {
        super::check::fails(outcome) && outcome.severity >= Severity::Error
    }
}

/// A check in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityCheckPoint")]
pub struct CheckPoint {
    /// When.
    pub at: DateTime<Utc>,
    /// Version that was checked.
    pub dataset_version: u64,
    /// Rows checked.
    pub rows: u64,
    /// Score, 0 to 100.
    pub score: Option<f64>,
    /// Rules.
    pub rules: u64,
    /// Of these: failed or not measured.
    pub failed: u64,
}

/// The last check of a dataset, for the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityGlance")]
pub struct Glance {
    /// The check in one line.
    #[serde(flatten)]
    pub check: CheckPoint,
    /// Tickets that are not resolved.
    pub tickets: u64,
}

/// One rule and how it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityRuleCard")]
pub struct RuleCard {
    /// The rule.
    pub rule: Rule,
    /// What it asks.
    pub says: Text,
    /// What it is about.
    pub dimension: Dimension,
    /// Who answers for it.
    pub owner: String,
    /// Whether its failing rows can be shown.
    pub has_examples: bool,
    /// Its outcome at the last check; absent where that was before the rule.
    pub outcome: Option<Outcome>,
    /// Its ticket, where it ever failed.
    pub ticket: Option<TicketCard>,
}

/// What drift is measured against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityBaseline")]
pub struct Baseline {
    /// Version it shows.
    pub dataset_version: u64,
    /// When it was made.
    pub at: DateTime<Utc>,
}

/// Everything about the quality of a dataset that holds no value of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QualityCard {
    /// Dataset.
    pub dataset: String,
    /// Whether the caller may check it, change its rules and work on its tickets.
    pub may_change: bool,
    /// Version of the rules; 0 where there are none.
    pub rules_version: u64,
    /// The rules as TOML.
    pub toml: String,
    /// Who changed them last and why.
    pub rules_reason: Option<String>,
    /// When they were changed last.
    pub rules_changed_at: Option<DateTime<Utc>>,
    /// The rules with their outcomes.
    pub rules: Vec<RuleCard>,
    /// The last check.
    pub last: Option<Check>,
    /// The formula of the score.
    pub formula: Text,
    /// Which way the score goes.
    pub trend: Option<Trend>,
    /// Checks, oldest first, at most 100.
    pub history: Vec<CheckPoint>,
    /// Tickets of rules that are there no more.
    pub other_tickets: Vec<TicketCard>,
    /// What drift is measured against.
    pub baseline: Option<Baseline>,
}

/// A profile as the caller may see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityProfileCard")]
pub struct ProfileCard {
    /// Version it shows.
    pub dataset_version: u64,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Rows.
    pub rows: u64,
    /// Its columns; values are left out where the caller may not read them.
    pub columns: Vec<ColumnProfile>,
    /// Columns of which values are left out.
    pub hidden: Vec<String>,
}

/// A proposed rule with what it rests on and how it stands on the present version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityProposalCard")]
pub struct ProposalCard {
    /// The rule.
    pub rule: Rule,
    /// What it asks.
    pub says: Text,
    /// What was seen.
    pub evidence: Text,
    /// The rule as it would stand in the file.
    pub toml: String,
    /// Its outcome on the present version.
    pub outcome: Outcome,
}

/// A ticket (质量工单).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityTicketCard")]
pub struct TicketCard {
    /// Id.
    pub id: String,
    /// Dataset.
    pub dataset: String,
    /// Rule.
    pub rule: String,
    /// What the rule asks.
    pub title: Text,
    /// What was found at the last failure.
    pub says: Text,
    /// Severity of the rule.
    pub severity: Severity,
    /// Where it stands.
    pub state: TicketState,
    /// Whether the rule failed at the last check.
    pub failing: bool,
    /// Who answers for it.
    pub owner: String,
    /// Account id of who works on it.
    pub assignee: Option<String>,
    /// Checks at which it failed.
    pub failures: u64,
    /// Grows with every change; a step names the revision it saw.
    pub revision: i64,
    /// When it was opened first.
    pub opened_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When the rule last failed.
    pub last_failed_at: DateTime<Utc>,
    /// When it was resolved.
    pub resolved_at: Option<DateTime<Utc>>,
}

/// One line of a ticket's timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityTicketLine")]
pub struct TicketLine {
    /// Number, from 1.
    pub number: i32,
    /// When.
    pub at: DateTime<Utc>,
    /// Account id, or `system`.
    pub actor: String,
    /// What happened.
    pub step: String,
    /// Words; may be empty.
    pub note: String,
    /// What changed.
    pub detail: Value,
}

/// A ticket with its timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityTicketDetail")]
pub struct TicketDetail {
    /// The ticket.
    pub card: TicketCard,
    /// Whether the caller may work on it.
    pub may_work: bool,
    /// What happened, oldest first, the last 500 lines.
    pub timeline: Vec<TicketLine>,
}

/// Which tickets to list; everything given must hold.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityTicketQuery")]
#[serde(default, deny_unknown_fields)]
pub struct TicketQuery {
    /// 状态；不填为全部 · Only in this state.
    pub state: Option<TicketState>,
    /// 只看未解决的 · Only those that are not resolved.
    pub unresolved: Option<bool>,
    /// 数据集 · Only of this dataset.
    pub dataset: Option<String>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    pub page: Option<u64>,
    /// 每页条数，至多 1000 · Items per page, at most 1000.
    #[schemars(range(min = 1, max = 1000))]
    pub page_size: Option<u64>,
}
