//! How a subscription stands at one node, as the other one is told.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::state::SubscriptionState;

/// How a subscription stands at the node that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ExchangeStanding")]
pub struct Standing {
    /// Id of the subscription.
    pub id: String,
    /// Where it stands.
    pub state: SubscriptionState,
    /// Why, where it is not active.
    pub reason: Option<String>,
    /// Id of the request for access; the provider's.
    pub request: Option<String>,
    /// Source version that the consumer has; the consumer's.
    pub have: Option<u64>,
    /// How the source stands; the provider's, of an active subscription.
    pub source: Option<SourceStanding>,
}

/// How the source of an active subscription stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ExchangeSource")]
pub struct SourceStanding {
    /// Newest version.
    pub version: Option<u64>,
    /// When it was committed.
    pub committed_at: Option<DateTime<Utc>>,
    /// When the oldest version that has not been delivered was committed.
    pub behind_since: Option<DateTime<Utc>>,
}
