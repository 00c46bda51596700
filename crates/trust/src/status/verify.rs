//! Judging a statement: by registered keys, the question asked, the clock, what was seen before, and what is known to
//! be good. Pure, so that an auditor's offline check and the gate between nodes are one.

use brain_crypto::SignatureAlgorithm;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::is_signed;
use super::known_good::{Good, KnownGood};
use super::refusal::Refusal;
use super::statement::{FORMAT, SignedStatement, Statement, message};

/// The keys a node is registered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodePublicKeys {
    /// Ed25519, hexadecimal.
    pub ed25519: String,
    /// SM2, hexadecimal.
    pub sm2: Option<String>,
}

/// What a statement is held against.
#[derive(Debug, Clone)]
pub struct Policy<'a> {
    /// Name the node is registered under.
    pub node: &'a str,
    /// Its keys.
    pub keys: &'a NodePublicKeys,
    /// Whether an SM2 signature must be among those that are good.
    pub sm2: bool,
    /// The nonce that was sent; `None` for a statement from a file, which is checked for everything but freshness.
    pub nonce: Option<&'a str>,
    /// The moment it is judged.
    pub now: DateTime<Utc>,
    /// Seconds it may be off.
    pub freshness_seconds: i64,
    /// What counts as good.
    pub known_good: &'a [KnownGood],
    /// Whether what the list says nothing about is refused.
    pub known_good_required: bool,
    /// The last statement that was accepted.
    pub before: Option<&'a Statement>,
    /// Serial number of the certificate the connection showed.
    pub certificate: Option<&'a str>,
}

/// Judge a statement; what it says, or why it does not count.
pub fn judge(signed: &SignedStatement, policy: &Policy<'_>) -> Result<Statement, Refusal> {
    signatures(signed, policy)?;
    let statement: Statement = serde_json::from_value(signed.statement.clone())
        .map_err(|cause| Refusal::Malformed(cause.to_string()))?;
    if statement.format != FORMAT {
        return Err(Refusal::Malformed(statement.format));
    }
    if statement.node != policy.node {
        return Err(Refusal::OtherNode(statement.node));
    }
    if let Some(nonce) = policy.nonce {
        if statement.nonce != nonce {
            return Err(Refusal::Replayed);
        }
        let off = (policy.now - statement.made_at).num_seconds();
        if off.abs() > policy.freshness_seconds {
            return Err(Refusal::Stale(off));
        }
    }
    if let (Some(shown), Some(named)) = (policy.certificate, &statement.certificate)
        && shown != named
    {
        return Err(Refusal::Certificate);
    }
    evidence(&statement, policy.before)?;
    if let Some(part) = statement.health.iter().find(|part| part.essential && !part.ok) {
        return Err(Refusal::Unhealthy(format!("{}: {}", part.name, part.detail)));
    }
    known_good(&statement, policy)?;
    Ok(statement)
}

fn signatures(signed: &SignedStatement, policy: &Policy<'_>) -> Result<(), Refusal> {
    let bytes = message(&signed.statement).map_err(|error| Refusal::Malformed(error.to_string()))?;
    let good = |algorithm: SignatureAlgorithm, registered: &str| {
        is_signed(&bytes, &signed.signatures, algorithm, registered)
    };
    if !good(SignatureAlgorithm::Ed25519, &policy.keys.ed25519) {
        return Err(Refusal::Signature);
    }
    match &policy.keys.sm2 {
        // A key that is registered must have signed, whichever family this node prefers.
        Some(sm2) if good(SignatureAlgorithm::Sm2Sm3, sm2) => Ok(()),
        Some(_) => Err(Refusal::Signature),
        None if policy.sm2 => Err(Refusal::Sm2Missing),
        None => Ok(()),
    }
}

/// A log only grows: shorter, or as long with another root, it was put back or rewritten.
fn evidence(statement: &Statement, before: Option<&Statement>) -> Result<(), Refusal> {
    let Some(before) = before.map(|statement| &statement.evidence) else { return Ok(()) };
    let now = &statement.evidence;
    if now.origin != before.origin || now.hash != before.hash {
        return Err(Refusal::Evidence(format!("{} became {}", before.origin, now.origin)));
    }
    if now.size < before.size {
        return Err(Refusal::Evidence(format!("{} entries became {}", before.size, now.size)));
    }
    if now.size == before.size && now.root != before.root {
        return Err(Refusal::Evidence(format!("another root over the same {} entries", now.size)));
    }
    Ok(())
}

fn known_good(statement: &Statement, policy: &Policy<'_>) -> Result<(), Refusal> {
    for (kind, value) in [
        (Good::Version, &statement.version),
        (Good::Program, &statement.program),
        (Good::Dependencies, &statement.dependencies),
        (Good::Configuration, &statement.configuration),
    ] {
        let mut listed = policy
            .known_good
            .iter()
            .filter(|good| good.kind == kind && good.node.as_deref().is_none_or(|node| node == policy.node))
            .peekable();
        let silent = listed.peek().is_none();
        let refused =
            if silent { policy.known_good_required } else { !listed.any(|good| good.value == *value) };
        if refused {
            return Err(Refusal::NotKnownGood { kind: kind.name(), value: value.clone() });
        }
    }
    Ok(())
}
