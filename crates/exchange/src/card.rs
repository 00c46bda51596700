//! What is shown of subscriptions and deliveries.

use brain_kernel::error::Failure;
use brain_kernel::language::Text;
use brain_store::exchange::{DeliveryRow, SubscriptionRow};
use chrono::{DateTime, Local, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::exchange::{drives, state_of, terms_of};
use crate::state::SubscriptionState;
use crate::terms::Terms;

/// An exchange subscription (交换订阅) as one of its two nodes shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ExchangeSubscription")]
pub struct Subscription {
    /// Id, a UUID, the same at both nodes.
    pub id: String,
    /// `consumer` where data comes in, `provider` where it goes out.
    pub side: String,
    /// The other node.
    pub peer: String,
    /// Dataset of the provider.
    pub dataset: String,
    /// Dataset of the consumer.
    pub target: String,
    /// `pull` or `push`.
    pub direction: String,
    /// What was agreed on.
    pub terms: Terms,
    /// Where it stands.
    pub state: SubscriptionState,
    /// Why, where it is not active.
    pub reason: Option<String>,
    /// The request for access at the provider.
    pub request: Option<String>,
    /// Whether this node sets deliveries going.
    pub drives: bool,
    /// Source version that arrived last.
    pub delivered_version: Option<i64>,
    /// Rows the consumer has since.
    pub delivered_rows: Option<i64>,
    /// When it arrived.
    pub delivered_at: Option<DateTime<Utc>>,
    /// Newest version at the source, as far as known.
    pub source_version: Option<i64>,
    /// Rows at the source in the newest version whose manifest was seen.
    pub source_rows: Option<i64>,
    /// When the source was asked last.
    pub asked_at: Option<DateTime<Utc>>,
    /// 完整度: rows received by rows at the source, 0 to 1.
    pub completeness: Option<f64>,
    /// 落后版本数: versions at the source that have not arrived.
    pub versions_behind: Option<i64>,
    /// 滞后: seconds since the oldest version that has not arrived was committed; 0 where nothing is missing.
    pub lag_seconds: Option<i64>,
    /// Since when it has been later than agreed on.
    pub late_since: Option<DateTime<Utc>>,
    /// When the next delivery begins by itself, where this node sets it going.
    pub next_run_at: Option<DateTime<Utc>>,
    /// Why the last run failed.
    pub failure: Option<Trouble>,
    /// Its newest delivery.
    pub last_delivery: Option<Delivery>,
    /// Account that asked.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// One delivery (交付).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ExchangeDelivery")]
pub struct Delivery {
    /// Id, a UUID, the same at both nodes.
    pub id: String,
    /// Its subscription.
    pub subscription: String,
    /// `open`, `verified`, `published` or `refused`.
    pub state: String,
    /// `full` or `changes`.
    pub mode: String,
    /// Source version the consumer had.
    pub from_version: Option<i64>,
    /// Source version it brings.
    pub to_version: i64,
    /// Batches in all.
    pub batches: i64,
    /// Batches that were acknowledged.
    pub batches_done: i64,
    /// Rows in all.
    pub rows: i64,
    /// Rows that were acknowledged.
    pub rows_done: i64,
    /// Bytes in all.
    pub bytes: i64,
    /// Bytes that were acknowledged.
    pub bytes_done: i64,
    /// Hash over its rows, whatever their order.
    pub content_hash: String,
    /// Why it is whole where increments were agreed on.
    pub why_full: Option<Text>,
    /// Columns that were wanted and stay at the provider.
    pub withheld: Vec<String>,
    /// Whether a signed receipt is there.
    pub has_receipt: bool,
    /// Version it became at the consumer; known there.
    pub version: Option<i64>,
    /// Why it failed last.
    pub failure: Option<Trouble>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it was published or refused.
    pub ended_at: Option<DateTime<Utc>>,
}

/// What went wrong, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ExchangeTrouble")]
pub struct Trouble {
    /// Stable code.
    pub code: String,
    /// What happened.
    pub detail: Text,
    /// How to mend it.
    pub hint: Option<Text>,
    /// When.
    pub at: DateTime<Utc>,
}

impl Trouble {
    pub(crate) fn new(failure: &Failure, at: DateTime<Utc>) -> Self {
        Self {
            code: failure.code.to_owned(),
            detail: failure.detail.clone(),
            hint: failure.hint.as_deref().cloned(),
            at,
        }
    }
}

/// Seconds behind: since the oldest version that has not arrived, 0 where nothing is missing, `None` where the source
/// never was asked.
pub(crate) fn lag_seconds(row: &SubscriptionRow, now: DateTime<Utc>) -> Option<i64> {
    row.asked_at?;
    Some(row.behind_since.map_or(0, |since| (now - since).num_seconds().max(0)))
}

/// Rows received by rows at the source.
pub(crate) fn completeness(row: &SubscriptionRow) -> Option<f64> {
    let (have, there) = (row.delivered_rows?, row.source_rows?);
    Some(if there <= 0 { 1.0 } else { (have as f64 / there as f64).clamp(0.0, 1.0) })
}

impl Subscription {
    pub(crate) fn of(row: SubscriptionRow, last: Option<DeliveryRow>, now: DateTime<Utc>) -> Result<Self> {
        let (state, terms) = (state_of(&row)?, terms_of(&row)?);
        let drives = drives(&row);
        let next_run_at = (drives && state == SubscriptionState::Active)
            .then(|| match row.began_at {
                Some(began) => terms.schedule.next(began, &Local),
                // The first one comes as soon as it may.
                None => terms.schedule.next(row.created_at, &Local).map(|_| row.updated_at),
            })
            .flatten();
        let versions_behind = row
            .source_version
            .map(|newest| (newest - row.delivered_version.map_or(-1, |version| version)).max(0));
        Ok(Self {
            completeness: completeness(&row),
            lag_seconds: lag_seconds(&row, now),
            versions_behind,
            next_run_at,
            drives,
            state,
            terms,
            id: row.id,
            side: row.side,
            peer: row.peer,
            dataset: row.dataset,
            target: row.target,
            direction: row.direction,
            reason: row.reason,
            request: row.request,
            delivered_version: row.delivered_version,
            delivered_rows: row.delivered_rows,
            delivered_at: row.delivered_at,
            source_version: row.source_version,
            source_rows: row.source_rows,
            asked_at: row.asked_at,
            late_since: row.late_since,
            failure: row.failure.map(serde_json::from_value).transpose()?,
            last_delivery: last.map(Delivery::of),
            created_by: row.created_by,
            created_at: row.created_at,
        })
    }
}

impl Delivery {
    pub(crate) fn of(row: DeliveryRow) -> Self {
        let said = |name: &str| row.manifest.get("document").and_then(|document| document.get(name));
        let why_full = said("why_full").and_then(|text| serde_json::from_value(text.clone()).ok());
        let withheld = said("withheld").and_then(|names| serde_json::from_value(names.clone()).ok());
        Self {
            why_full,
            withheld: withheld.unwrap_or_default(),
            has_receipt: row.receipt.is_some(),
            failure: row.failure.and_then(|failure| serde_json::from_value(failure).ok()),
            id: row.id,
            subscription: row.subscription,
            state: row.state,
            mode: row.mode,
            from_version: row.from_version,
            to_version: row.to_version,
            batches: row.batches,
            batches_done: row.batches_done,
            rows: row.rows,
            rows_done: row.rows_done,
            bytes: row.bytes,
            bytes_done: row.bytes_done,
            content_hash: row.content_hash,
            version: row.version,
            attempts: row.attempts,
            started_at: row.started_at,
            ended_at: row.ended_at,
        }
    }
}
