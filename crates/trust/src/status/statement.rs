//! A node's statement about itself (可信状态报告): what it says, and the bytes that are signed.

use brain_kernel::hexadecimal;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Result};

/// Names the shape, inside the statement and before the signed bytes.
pub(super) const FORMAT: &str = "brain/status/v1";
/// Nonces have at least 16 bytes of chance and at most 64, in hexadecimal.
const NONCE_DIGITS: std::ops::RangeInclusive<usize> = 32..=128;

/// What a node says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "NodeStatement")]
pub struct Statement {
    /// `brain/status/v1`.
    pub format: String,
    /// Name by which other nodes know it.
    pub node: String,
    /// Name shown to people.
    pub title: String,
    /// `center`, `brain` or `edge`.
    pub role: String,
    /// Version of the program.
    pub version: String,
    /// Digest of the program file, `sha-256:…` or `sm3:…`.
    pub program: String,
    /// Digest of the list of everything the program was built from.
    pub dependencies: String,
    /// Digest of the effective configuration without secrets.
    pub configuration: String,
    /// When these digests were taken, UTC.
    pub measured_at: DateTime<Utc>,
    /// `international` or `commercial`.
    pub profile: String,
    /// The evidence log as it is now.
    pub evidence: EvidenceHeadFact,
    /// Parts of the node and whether they work.
    pub health: Vec<HealthPart>,
    /// Serial number of the certificate it shows to callers.
    pub certificate: Option<String>,
    /// When it was made, UTC.
    pub made_at: DateTime<Utc>,
    /// The number that whoever asked sent along.
    pub nonce: String,
}

/// Size and root of the evidence log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceHeadFact {
    /// Identity of the log.
    pub origin: String,
    /// Its digest.
    pub hash: String,
    /// Entries.
    pub size: u64,
    /// Root over them.
    pub root: String,
}

/// One part of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthPart {
    /// `store`, `lake`, `evidence`, `backup`, `integrity` …
    pub name: String,
    /// Whether it works.
    pub ok: bool,
    /// Whether a node without it must not exchange data.
    pub essential: bool,
    /// More about it, English.
    pub detail: String,
}

/// A statement with its signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedStatement {
    /// The [`Statement`]; kept as it came, so that a field this version does not know is signed over all the same.
    pub statement: Value,
    /// One for each algorithm.
    pub signatures: Vec<StatementSignature>,
}

/// A signature over a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatementSignature {
    /// `ed25519` or `sm2-sm3`.
    pub algorithm: String,
    /// Public key, hexadecimal.
    pub public_key: String,
    /// The signature, hexadecimal.
    pub signature: String,
}

/// The bytes that are signed of a statement.
pub(super) fn message(statement: &Value) -> Result<Vec<u8>> {
    spelled(FORMAT, statement)
}

/// The bytes that are signed: the format, then what is said in the one spelling of RFC 8785.
pub(super) fn spelled(format: &str, said: &Value) -> Result<Vec<u8>> {
    let text = serde_json_canonicalizer::to_vec(said)
        .map_err(|cause| Error::Cryptography(format!("{format}: {cause}")))?;
    Ok([format.as_bytes(), b"\n", text.as_slice()].concat())
}

/// A nonce that cannot be guessed and is no burden.
pub(super) fn check_nonce(nonce: &str) -> Result<()> {
    if NONCE_DIGITS.contains(&nonce.len()) && nonce.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(Error::invalid(
        "nonce",
        "nonce 须为 32 至 128 位十六进制字符的随机数。",
        "The nonce is a random number of 32 to 128 hexadecimal digits.",
    ))
}

/// A fresh nonce.
pub(super) fn new_nonce() -> Result<String> {
    Ok(hexadecimal::encode(&crate::keys::random::<32>()?))
}
