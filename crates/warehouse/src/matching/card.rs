//! What people see: sets, runs, pairs, clusters, golden values.

use super::estimate::Estimate;
use super::plan::{Plan, Preset};
use super::report::Report;
use super::review::PairState;
use super::run::Far;
use crate::connect::Trouble;
use brain_kernel::language::Text;
use brain_store::Page;
use brain_store::matching::{DecisionRow, RunRow};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A page of pairs.
pub type PairsPage = Page<PairCard>;

/// A match set (匹配方案).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchSet")]
pub struct SetCard {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// What is matched.
    pub preset: Preset,
    /// Datasets of its steps.
    pub datasets: Vec<String>,
    /// Upper threshold.
    pub upper: f64,
    /// Lower threshold.
    pub lower: f64,
    /// Pairs that wait for a person.
    pub open: u64,
    /// Clusters of two records and more.
    pub clusters: u64,
    /// The newest run.
    pub last_run: Option<RunCard>,
    /// Revision, needed to change it.
    pub revision: i64,
    /// Account id of who changed it last.
    pub changed_by: String,
    /// When.
    pub updated_at: DateTime<Utc>,
}

/// A match set with all there is to know of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchSetDetail")]
pub struct SetDetail {
    /// What it is.
    pub card: SetCard,
    /// Its plan.
    pub plan: Plan,
    /// Precision at its thresholds, estimated from decisions.
    pub estimate: Estimate,
}

/// One run (匹配任务).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchRun")]
pub struct RunCard {
    /// Id.
    pub id: String,
    /// The set.
    pub set: String,
    /// Revision of the set it ran with.
    pub set_revision: i64,
    /// Account id.
    pub actor: String,
    /// `running`, `succeeded`, `failed`, `cancelled` or `interrupted`.
    pub state: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The stage it is at, while it runs.
    pub stage: Option<Text>,
    /// The share of the stage that is done, where it is known.
    pub fraction: Option<f64>,
    /// Records read.
    pub records: u64,
    /// Pairs compared.
    pub compared: u64,
    /// Pairs at or above the upper threshold.
    pub automatic: u64,
    /// Pairs that waited for a person when it ended.
    pub review: u64,
    /// Pairs a person had decided and that were not asked again.
    pub kept: u64,
    /// Pairs a person had decided whose records have changed: asked again.
    pub asked_again: u64,
    /// Clusters it changed.
    pub clusters: u64,
    /// Why it did not succeed.
    pub failure: Option<Trouble>,
}

impl RunCard {
    pub(super) fn of(row: RunRow, far: Option<Far>) -> Self {
        let count = |number: i64| u64::try_from(number).unwrap_or_default();
        let (stage, fraction) = far.unwrap_or_default();
        Self {
            id: row.id,
            set: row.set_id,
            set_revision: row.set_revision,
            actor: row.actor,
            state: row.state,
            started_at: row.started_at,
            ended_at: row.ended_at,
            stage,
            fraction,
            records: count(row.records),
            compared: count(row.compared),
            automatic: count(row.automatic),
            review: count(row.review),
            kept: count(row.kept),
            asked_again: count(row.asked_again),
            clusters: count(row.clusters),
            failure: row.failure.and_then(|failure| serde_json::from_value(failure).ok()),
        }
    }
}

/// One run with its report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchRunDetail")]
pub struct RunDetail {
    /// What it is.
    pub card: RunCard,
    /// What it read and found; once it has ended well.
    pub report: Option<Report>,
    /// Precision as decisions tell by now; of the newest run.
    pub estimate: Option<Estimate>,
}

/// A record of a pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchRecord")]
pub struct RecordCard {
    /// Dataset.
    pub dataset: String,
    /// Whether the caller's grant shows it.
    pub visible: bool,
    /// Its key, where it is shown.
    pub key: Option<String>,
}

/// What one comparison says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchEvidence")]
pub struct FieldEvidence {
    /// How it was compared.
    pub method: String,
    /// The level of agreement; nothing where it was not compared.
    pub level: Option<Text>,
    /// Evidence in bits: positive for one thing, negative against.
    pub bits: f64,
    /// What that means.
    pub says: Text,
}

/// One field of a pair, side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchField")]
pub struct FieldCard {
    /// Field of the plan.
    pub field: String,
    /// Column of the left record.
    pub left_column: Option<String>,
    /// Column of the right record.
    pub right_column: Option<String>,
    /// Value of the left record as the caller sees it.
    pub left: Option<String>,
    /// Value of the right record as the caller sees it.
    pub right: Option<String>,
    /// Whether the caller's grant masks the left column.
    pub left_masked: bool,
    /// Whether the caller's grant masks the right column.
    pub right_masked: bool,
    /// Whether what is shown differs.
    pub differs: bool,
    /// What the comparisons of the field say.
    pub evidence: Vec<FieldEvidence>,
}

/// Two records that may be one thing (候选配对).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchPair")]
pub struct PairCard {
    /// Id.
    pub id: String,
    /// The set.
    pub set: String,
    /// The run whose evidence this is.
    pub run: String,
    /// Where it stands.
    pub state: PairState,
    /// Probability that they are one thing.
    pub probability: f64,
    /// log₂ odds.
    pub weight: f64,
    /// Whether it is one of the random sample of automatic pairs.
    pub sample: bool,
    /// Whether its records changed after a person decided.
    pub changed: bool,
    /// Revision, needed to decide.
    pub revision: i64,
    /// Account id of who has taken it.
    pub taken_by: Option<String>,
    /// Until when it is taken.
    pub taken_until: Option<DateTime<Utc>>,
    /// First record.
    pub left: RecordCard,
    /// Second record.
    pub right: RecordCard,
    /// Field by field.
    pub fields: Vec<FieldCard>,
    /// What relatives that look alike take off.
    pub relatives: Option<FieldEvidence>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// What a person decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchDecision")]
pub struct DecisionCard {
    /// Number within the pair, from 1.
    pub number: u32,
    /// `same`, `different`, `unsure` or `withdrawn`.
    pub verdict: String,
    /// Why.
    pub reason: String,
    /// Account id.
    pub actor: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Probability that was shown.
    pub probability: f64,
    /// Whether the records have changed since.
    pub records_changed: bool,
}

impl DecisionCard {
    pub(super) fn of(row: DecisionRow, print: &str) -> Self {
        Self {
            number: u32::try_from(row.number).unwrap_or_default(),
            records_changed: row.print != print,
            verdict: row.verdict,
            reason: row.reason,
            actor: row.actor,
            at: row.at,
            probability: row.probability,
        }
    }
}

/// One pair with every decision about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchPairDetail")]
pub struct PairDetail {
    /// The pair.
    pub card: PairCard,
    /// Decisions, oldest first.
    pub decisions: Vec<DecisionCard>,
}

/// A cluster in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchCluster")]
pub struct ClusterCard {
    /// Id.
    pub id: String,
    /// Records in it.
    pub size: u64,
    /// Whether nothing is in it any more.
    pub ended: bool,
    /// When it was formed.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Its golden values, as the caller may see them.
    pub golden: Vec<GoldenCard>,
}

/// A record of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchMember")]
pub struct ClusterMember {
    /// Dataset.
    pub dataset: String,
    /// Whether the caller's grant shows it.
    pub visible: bool,
    /// Its key, where it is shown.
    pub key: Option<String>,
    /// Compared columns as the caller sees them.
    pub values: BTreeMap<String, String>,
    /// Since when it is in the cluster.
    pub since: DateTime<Utc>,
}

/// A pair within a cluster; records by their place in the list of members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchLink")]
pub struct ClusterLink {
    /// The pair.
    pub pair: String,
    /// Place of the first record.
    pub left: u32,
    /// Place of the second record.
    pub right: u32,
    /// Where the pair stands.
    pub state: PairState,
    /// Probability.
    pub probability: f64,
}

/// What happened to a cluster (变更).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchClusterEvent")]
pub struct ClusterEvent {
    /// `form`, `add`, `join`, `split` or `end`.
    pub kind: String,
    /// Records that came or went, as far as the caller sees them.
    pub records: Vec<String>,
    /// How many came or went.
    pub count: u64,
    /// Other clusters concerned.
    pub others: Vec<String>,
    /// `run` or `decision`.
    pub cause: String,
    /// The run, or the pair that was decided.
    pub cause_id: String,
    /// Account id.
    pub actor: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// One value of a golden record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchGoldenValue")]
pub struct GoldenCard {
    /// Attribute.
    pub attribute: String,
    /// The value as the caller may see it.
    pub value: Option<String>,
    /// Whether the caller's grant does not show the record it is from.
    pub hidden: bool,
    /// Whether the caller's grant masks its column.
    pub masked: bool,
    /// Dataset it is from.
    pub dataset: String,
    /// Key of the record, where it is shown.
    pub key: Option<String>,
    /// Column it is from.
    pub column: String,
    /// As of when, ISO 8601.
    pub as_of: Option<String>,
    /// Whether it survived; others are what else is said.
    pub chosen: bool,
    /// The criterion that chose it.
    pub chosen_by: Option<String>,
    /// The run that made it.
    pub run: String,
    /// Since when it holds.
    pub from_at: DateTime<Utc>,
    /// Until when it held.
    pub until_at: Option<DateTime<Utc>>,
}

/// A cluster with all there is to know of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchClusterDetail")]
pub struct ClusterDetail {
    /// Id.
    pub id: String,
    /// The set.
    pub set: String,
    /// Records in it; at most 200 are listed.
    pub size: u64,
    /// Whether nothing is in it any more.
    pub ended: bool,
    /// When it was formed.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Its records.
    pub members: Vec<ClusterMember>,
    /// Pairs among them.
    pub links: Vec<ClusterLink>,
    /// What happened to it, newest first.
    pub events: Vec<ClusterEvent>,
    /// Its golden record.
    pub golden: Vec<GoldenCard>,
    /// Values that held before.
    pub golden_past: Vec<GoldenCard>,
    /// Whether it changed after its golden record was made; the next run makes it anew.
    pub golden_behind: bool,
}

/// Something found by one of its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchLookupHit")]
pub struct LookupHit {
    /// The cluster.
    pub cluster: String,
    /// All its values, the golden ones and what else is said.
    pub values: Vec<GoldenCard>,
}
