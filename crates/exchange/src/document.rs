//! What the two nodes say to each other about a delivery; manifest and receipt are signed and can be shown to others.

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::side::DataSide;
use brain_trust::status::{KnownPeer, SignedDocument};
use brain_warehouse::delivery::{BatchFact, DeliveryField, DeliveryMode, DeliveryTarget};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::standing::Standing;
use crate::{Error, Result};

/// Format of a [`Manifest`].
pub const MANIFEST: &str = "brain/exchange-manifest/v1";
/// Format of a [`Receipt`].
pub const RECEIPT: &str = "brain/exchange-receipt/v1";

/// What is in a delivery (交付清单), signed by the provider before its first batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ExchangeManifest")]
pub struct Manifest {
    /// Id of the delivery.
    pub delivery: String,
    /// Id of the subscription.
    pub subscription: String,
    /// Node that has the data.
    pub provider: String,
    /// Node that gets it.
    pub consumer: String,
    /// Dataset of the provider.
    pub dataset: String,
    /// Source version the consumer had.
    pub from: Option<u64>,
    /// Source version it gets.
    pub version: u64,
    /// Whole version, or rows added since.
    pub mode: DeliveryMode,
    /// Why it is whole where increments were agreed on.
    pub why_full: Option<Text>,
    /// Columns.
    pub fields: Vec<DeliveryField>,
    /// Columns that were wanted and stay at the provider.
    pub withheld: Vec<String>,
    /// Batches in order.
    pub batches: Vec<BatchFact>,
    /// Rows of the delivery.
    pub rows: u64,
    /// Hash over these rows, whatever their order.
    pub content_hash: String,
    /// Rows the consumer has in all when it has taken this delivery in.
    pub table_rows: u64,
    /// Title of the dataset.
    pub title: Text,
    /// Description of the dataset.
    pub description: Text,
    /// Its grade.
    pub grade: Grade,
    /// Whose side it is on.
    pub side: DataSide,
    /// Column that says whose a row is.
    pub restricted_by: Option<String>,
    /// Under which terms.
    pub licence: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
}

/// What arrived (交付回执), counted by the consumer from what it landed, and signed by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ExchangeReceipt")]
pub struct Receipt {
    /// Id of the delivery.
    pub delivery: String,
    /// Id of the subscription.
    pub subscription: String,
    /// Node that had the data.
    pub provider: String,
    /// Node that got it.
    pub consumer: String,
    /// Dataset of the provider.
    pub dataset: String,
    /// Dataset of the consumer.
    pub target: String,
    /// Source version.
    pub version: u64,
    /// Whole version, or rows added.
    pub mode: DeliveryMode,
    /// Batches taken in.
    pub batches: u64,
    /// Rows counted.
    pub rows: u64,
    /// Hash over what was read again from disk.
    pub content_hash: String,
    /// Rows the target will have in all.
    pub table_rows: u64,
    /// When it was counted.
    pub counted_at: DateTime<Utc>,
}

/// What the provider has for the consumer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ExchangeOffer")]
pub struct Offer {
    /// Signed [`Manifest`]; nothing where the consumer has everything.
    pub manifest: Option<SignedDocument>,
    /// How the subscription stands.
    pub standing: Standing,
}

/// How far the consumer is with a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ExchangeProgress")]
pub struct Progress {
    /// Batches that were acknowledged; the next one is one more.
    pub batches: u64,
    /// Whether it is a version already.
    pub published: bool,
}

/// What the provider says of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ExchangeVerdict")]
pub struct Verdict {
    /// Whether both sides counted the same.
    pub accepted: bool,
    /// What differs.
    pub reason: Option<Text>,
}

impl Manifest {
    /// Bytes of all batches.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.batches.iter().map(|batch| batch.bytes).sum()
    }

    /// The table it goes into, with its label at least as high as at the provider.
    pub(crate) fn target(&self, dataset: &str, grade: Option<Grade>) -> DeliveryTarget {
        let from = format!("{} {}@{}", self.provider, self.dataset, self.version);
        DeliveryTarget {
            dataset: dataset.to_owned(),
            fields: self.fields.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            grade: grade.map_or(self.grade, |least| least.max(self.grade)),
            side: self.side,
            restricted_by: self.restricted_by.clone(),
            source: from,
            licence: self.licence.clone(),
        }
    }

    /// Whether its own numbers fit together.
    pub(crate) fn check(&self) -> std::result::Result<(), &'static str> {
        let rows = self.batches.iter().try_fold(0_u64, |sum, batch| sum.checked_add(batch.rows));
        let bytes = self.batches.iter().try_fold(0_u64, |sum, batch| sum.checked_add(batch.bytes));
        if rows != Some(self.rows) || bytes.is_none_or(|bytes| i64::try_from(bytes).is_err()) {
            return Err("a manifest whose batches do not make up its rows");
        }
        if self.rows > self.table_rows {
            return Err("a manifest of more rows than the whole version has");
        }
        if self.mode == DeliveryMode::Full && self.rows != self.table_rows {
            return Err("a whole version with other rows than the version has");
        }
        if self.mode == DeliveryMode::Changes && self.from.is_none() {
            return Err("an increment to nothing");
        }
        let owner = self.restricted_by.as_ref();
        if owner.is_some_and(|owner| !self.fields.iter().any(|field| field.name == *owner)) {
            return Err("rows of different owners without the column that says whose they are");
        }
        Ok(())
    }

    /// What a receipt differs in, if it does.
    pub(crate) fn differs(&self, receipt: &Receipt) -> Option<String> {
        let pairs = [
            ("delivery", self.delivery.clone(), receipt.delivery.clone()),
            ("subscription", self.subscription.clone(), receipt.subscription.clone()),
            ("version", self.version.to_string(), receipt.version.to_string()),
            ("batches", self.batches.len().to_string(), receipt.batches.to_string()),
            ("rows", self.rows.to_string(), receipt.rows.to_string()),
            ("content_hash", self.content_hash.clone(), receipt.content_hash.clone()),
            ("table_rows", self.table_rows.to_string(), receipt.table_rows.to_string()),
        ];
        let differing = pairs.into_iter().filter(|(_, ours, theirs)| ours != theirs);
        let told: Vec<String> =
            differing.map(|(what, ours, theirs)| format!("{what} {ours} / {theirs}")).collect();
        (!told.is_empty()).then(|| told.join(", "))
    }
}

/// What a signed document says, where it is of this format and the peer signed it.
pub(crate) fn opened<T: DeserializeOwned>(
    signed: &SignedDocument,
    format: &str,
    peer: &KnownPeer,
) -> Result<T> {
    if signed.format != format {
        return Err(Error::unsound(&peer.name, format!("a document that is no {format}")));
    }
    if !signed.is_signed_by(&peer.keys) {
        return Err(Error::unsound(&peer.name, "a document that its registered keys did not sign"));
    }
    serde_json::from_value(signed.document.clone())
        .map_err(|cause| Error::unsound(&peer.name, format!("a malformed {format}: {cause}")))
}
