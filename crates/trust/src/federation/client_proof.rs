//! How a client shows who it is (客户端认证): its secret, or an assertion signed with its key (RFC 7523).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use brain_store::oidc_client::OidcClient;
use chrono::{DateTime, Utc};
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use serde_json::{Map, Value};

use super::Federation;
use super::id_token::{self, LEEWAY_S};
use super::tokens::OauthFault;
use crate::identity::token;
use crate::site::Site;
use crate::{Result, Secret};

/// `client_assertion_type` of RFC 7523 §2.2.
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Longest life of an assertion, seconds.
const ASSERTION_S_MAX: i64 = 300;
/// Longest `jti`, bytes.
const ID_BYTES_MAX: usize = 200;
/// Assertions remembered at once; when full no further one is taken until some have ended.
const SPENT_MAX: usize = 100_000;
/// Algorithms an assertion may be signed with.
const ALGORITHMS: [Algorithm; 2] = [Algorithm::ES256, Algorithm::EdDSA];

/// What a client shows.
#[derive(Debug, Clone)]
pub enum ClientProof {
    /// Its id and secret.
    Secret {
        /// Client id.
        id: String,
        /// Secret.
        secret: Secret,
    },
    /// An assertion signed with its key.
    Assertion(String),
}

/// Assertions that were shown, by hash, until they end by themselves: each works once.
#[derive(Default)]
pub(super) struct SpentAssertions(Mutex<HashMap<String, i64>>);

impl SpentAssertions {
    /// Whether this one is shown the first time.
    fn spend(&self, hash: String, exp: i64, now: i64) -> bool {
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.len() >= SPENT_MAX {
            spent.retain(|_, end| *end > now);
        }
        spent.len() < SPENT_MAX && spent.insert(hash, exp.saturating_add(LEEWAY_S)).is_none()
    }
}

/// Whether a key may be a client's: public, and of an algorithm that is checked.
pub(super) fn is_suitable(key: &Jwk) -> bool {
    let signs = !matches!(&key.common.public_key_use, Some(usage) if *usage != PublicKeyUse::Signature);
    let kind = match &key.algorithm {
        AlgorithmParameters::EllipticCurve(curve) => curve.curve == EllipticCurve::P256,
        AlgorithmParameters::OctetKeyPair(pair) => pair.curve == EllipticCurve::Ed25519,
        _ => false,
    };
    signs && kind
}

impl Federation {
    /// The client behind a proof. Unknown, revoked and wrong answer alike.
    pub(super) async fn proven_client(
        &self,
        site: &Site,
        proof: &ClientProof,
    ) -> Result<std::result::Result<OidcClient, OauthFault>> {
        let found = match proof {
            ClientProof::Secret { id, secret } => {
                let hash = token::hash(secret.expose());
                self.active_client(id).await?.filter(|row| row.secret_hash.as_ref() == Some(&hash))
            }
            ClientProof::Assertion(assertion) => match claimed_client(assertion) {
                Some(id) => {
                    let client = self.active_client(&id).await?;
                    client.filter(|client| self.is_good(site, client, assertion))
                }
                None => None,
            },
        };
        Ok(found.ok_or(OauthFault::invalid_client()))
    }

    fn is_good(&self, site: &Site, client: &OidcClient, assertion: &str) -> bool {
        let listed = client.keys.as_ref().and_then(|keys| keys.get("keys")).and_then(Value::as_array);
        let keys = listed.into_iter().flatten().filter_map(|key| serde_json::from_value(key.clone()).ok());
        let keys: Vec<Jwk> = keys.filter(is_suitable).collect();
        let Ok(claims) = id_token::verified(assertion, &keys, &ALGORITHMS) else { return false };
        let now = self.0.store.now();
        let Some((id, exp)) = checked(&claims, &client.id, site, now) else { return false };
        self.0.spent.spend(token::hash(&format!("{}\n{id}", client.id)), exp, now.timestamp())
    }
}

/// The client an assertion says it is of; believed once the signature is checked with that client's keys.
fn claimed_client(assertion: &str) -> Option<String> {
    use base64::Engine as _;
    let payload = assertion.split('.').nth(1).filter(|part| part.len() <= id_token::TOKEN_BYTES_MAX)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: Map<String, Value> = serde_json::from_slice(&bytes).ok()?;
    claims.get("sub").and_then(Value::as_str).map(str::to_owned)
}

/// `jti` and `exp` of an assertion that is for this node, of this client, and short-lived (RFC 7523 §3).
fn checked(
    claims: &Map<String, Value>,
    client_id: &str,
    site: &Site,
    now: DateTime<Utc>,
) -> Option<(String, i64)> {
    let text = |claim: &str| claims.get(claim).and_then(Value::as_str);
    if text("iss") != Some(client_id) || text("sub") != Some(client_id) {
        return None;
    }
    let token_endpoint = site.at("/oauth2/token");
    let ours = |audience: &str| audience == site.origin() || audience == token_endpoint;
    let meant = match claims.get("aud") {
        Some(Value::String(one)) => ours(one),
        // One audience only: an assertion that is good elsewhere too could be carried from there to here.
        Some(Value::Array(many)) => matches!(many.as_slice(), [Value::String(one)] if ours(one)),
        _ => false,
    };
    let exp = claims.get("exp").and_then(Value::as_i64)?;
    let left = exp - now.timestamp();
    let id = text("jti").filter(|id| (1..=ID_BYTES_MAX).contains(&id.len()))?;
    let timely = left > -LEEWAY_S && left <= ASSERTION_S_MAX + LEEWAY_S;
    (meant && timely).then(|| (id.to_owned(), exp))
}

#[cfg(test)]
mod tests {
    use super::{SpentAssertions, checked};
    use crate::site::Site;
    use chrono::DateTime;
    use serde_json::{Value, json};

    #[test]
    fn an_assertion_is_spent_by_its_first_use() {
        let spent = SpentAssertions::default();
        assert!(spent.spend("a".to_owned(), 100, 0) && !spent.spend("a".to_owned(), 100, 0));
        assert!(spent.spend("b".to_owned(), 100, 0));
    }

    #[test]
    fn an_assertion_is_for_this_node_of_this_client_and_short_lived() {
        let site = Site::parse("https://centre.example").unwrap();
        let now = DateTime::from_timestamp(1_000, 0).unwrap();
        let good =
            json!({ "iss": "c", "sub": "c", "aud": "https://centre.example", "jti": "1", "exp": 1_200 });
        let attempt = |claims: &Value| checked(claims.as_object().unwrap(), "c", &site, now);
        assert_eq!(attempt(&good), Some(("1".to_owned(), 1_200)));
        let with = |claim: &str, value: Value| {
            let mut claims = good.clone();
            claims[claim] = value;
            attempt(&claims)
        };
        assert!(with("aud", json!("https://centre.example/oauth2/token")).is_some());
        assert!(with("aud", json!(["https://centre.example"])).is_some());
        for (claim, value) in [
            ("iss", json!("d")),
            ("sub", json!("d")),
            ("aud", json!("https://other.example")),
            ("aud", json!(["https://centre.example", "https://other.example"])),
            ("aud", Value::Null),
            ("jti", json!("")),
            ("jti", Value::Null),
            ("exp", json!(900)),
            ("exp", json!(2_000)),
            ("exp", Value::Null),
        ] {
            assert!(with(claim, value.clone()).is_none(), "{claim} = {value}");
        }
    }
}
