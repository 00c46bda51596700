//! An outside provider at work: its metadata and keys, fetched when needed and kept a while.

use brain_store::Store;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::fetch::{Call, Outgoing, Reply};
use super::id_token::{self, Expected, Fault, IdToken};
use super::options::ProviderOptions;
use crate::site::bounded_url;
use crate::{Error, Result, Secret};

/// Minutes metadata and keys are believed without asking again.
const FRESH_MINUTES: i64 = 60;
/// Seconds between two fetches of keys because of one that is unknown: whoever invents key ids does not make us call.
const KEYS_AGAIN_S: i64 = 60;
/// Keys of one provider looked at.
const KEYS_MAX: usize = 100;
/// Longest address in metadata, bytes.
const URL_BYTES_MAX: usize = 500;

/// What a provider says of itself (OpenID Connect Discovery 1.0 §3), as far as it is used.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    pub(super) authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    /// Whether answers name their issuer (RFC 9207).
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// A provider.
pub(super) struct Provider {
    pub(super) options: ProviderOptions,
    algorithms: Vec<Algorithm>,
    /// The secret the configuration named, unless it is in the vault.
    pub(super) named_secret: Option<Secret>,
    outgoing: Outgoing,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    metadata: Option<(Metadata, DateTime<Utc>)>,
    keys: Option<(Vec<Jwk>, DateTime<Utc>)>,
}

/// A code to be exchanged.
pub(super) struct Exchange<'a> {
    pub(super) code: &'a str,
    pub(super) verifier: &'a Secret,
    pub(super) redirect_uri: &'a str,
    pub(super) nonce: &'a str,
    pub(super) secret: &'a Secret,
}

impl Provider {
    pub(super) fn new(
        options: ProviderOptions,
        named_secret: Option<Secret>,
        outgoing: Outgoing,
    ) -> Result<Self> {
        let algorithms = options.allowed_algorithms()?;
        Ok(Self { options, algorithms, named_secret, outgoing, known: Mutex::default() })
    }

    /// What the provider says of itself.
    pub(super) async fn metadata(&self, store: &Store) -> Result<Metadata> {
        let mut known = self.known.lock().await;
        if let Some((metadata, at)) = &known.metadata
            && store.now() - *at < TimeDelta::minutes(FRESH_MINUTES)
        {
            return Ok(metadata.clone());
        }
        let issuer = self.options.issuer.trim_end_matches('/');
        let url = format!("{issuer}/.well-known/openid-configuration");
        let body = self.get(&url).await?;
        let metadata: Metadata =
            serde_json::from_value(body).map_err(|cause| self.unreachable(&format!("metadata: {cause}")))?;
        // Otherwise one provider could speak for another (OpenID Connect Discovery 1.0 §4.3).
        if metadata.issuer != self.options.issuer {
            return Err(self.unreachable("its metadata name another issuer"));
        }
        let addresses = [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri];
        if addresses.iter().any(|url| bounded_url(url, URL_BYTES_MAX).is_none()) {
            return Err(self.unreachable("its metadata name an address that is not https"));
        }
        known.metadata = Some((metadata.clone(), store.now()));
        Ok(metadata)
    }

    /// Exchange a code and check the identity token that comes back.
    pub(super) async fn exchange(&self, store: &Store, exchange: &Exchange<'_>) -> Result<IdToken> {
        let metadata = self.metadata(store).await?;
        let id = self.options.client_id.as_str();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", exchange.code),
            ("redirect_uri", exchange.redirect_uri),
            ("code_verifier", exchange.verifier.expose()),
        ];
        // Basic is what every provider must offer; one that names its methods and leaves it out wants the form.
        let methods = &metadata.token_endpoint_auth_methods_supported;
        let basic = methods.is_empty() || methods.iter().any(|method| method == "client_secret_basic");
        if !basic {
            form.extend([("client_id", id), ("client_secret", exchange.secret.expose())]);
        }
        let call = Call {
            url: &metadata.token_endpoint,
            form: Some(&form),
            basic: basic.then_some((id, exchange.secret)),
        };
        let Reply { status, body } =
            self.outgoing.send(call).await.map_err(|reason| self.unreachable(&reason))?;
        if status != 200 {
            let code = body.get("error").and_then(|error| error.as_str()).unwrap_or("?");
            let code: String = code.chars().filter(char::is_ascii_graphic).take(64).collect();
            return Err(self.refused(&format!("token endpoint: {status} {code}")));
        }
        let token = body.get("id_token").and_then(|token| token.as_str());
        let token = token.ok_or_else(|| self.refused("no identity token"))?;
        self.check(store, token, exchange.nonce, &metadata).await
    }

    async fn check(&self, store: &Store, token: &str, nonce: &str, metadata: &Metadata) -> Result<IdToken> {
        let expected = Expected {
            issuer: &self.options.issuer,
            client_id: &self.options.client_id,
            nonce,
            algorithms: &self.algorithms,
            now: store.now(),
        };
        let keys = self.keys(store, metadata, false).await?;
        let checked = match id_token::check(token, &keys, &expected) {
            // Once more with fresh keys: providers change them (OpenID Connect Core 1.0 §10.1.1).
            Err(Fault::UnknownKey) => {
                id_token::check(token, &self.keys(store, metadata, true).await?, &expected)
            }
            other => other,
        };
        checked.map_err(|fault| match fault {
            Fault::UnknownKey => self.refused("identity token: unknown key"),
            Fault::Refused(reason) => self.refused(&format!("identity token: {reason}")),
        })
    }

    async fn keys(&self, store: &Store, metadata: &Metadata, unknown: bool) -> Result<Vec<Jwk>> {
        let mut known = self.known.lock().await;
        if let Some((keys, at)) = &known.keys {
            let age = store.now() - *at;
            let wait =
                if unknown { TimeDelta::seconds(KEYS_AGAIN_S) } else { TimeDelta::minutes(FRESH_MINUTES) };
            if age < wait {
                return Ok(keys.clone());
            }
        }
        let body = self.get(&metadata.jwks_uri).await?;
        let found = body.get("keys").and_then(|keys| keys.as_array());
        let found = found.ok_or_else(|| self.unreachable("its key set has no keys"))?;
        // A key of a kind that is not known here is passed over, as RFC 7517 §5 asks.
        let parsed = found.iter().take(KEYS_MAX).filter_map(|key| serde_json::from_value(key.clone()).ok());
        let keys: Vec<Jwk> = parsed.collect();
        known.keys = Some((keys.clone(), store.now()));
        Ok(keys)
    }

    async fn get(&self, url: &str) -> Result<serde_json::Value> {
        let reply = self.outgoing.send(Call { url, form: None, basic: None }).await;
        match reply {
            Ok(Reply { status: 200, body }) => Ok(body),
            Ok(Reply { status, .. }) => Err(self.unreachable(&status.to_string())),
            Err(reason) => Err(self.unreachable(&reason)),
        }
    }

    fn unreachable(&self, reason: &str) -> Error {
        tracing::warn!(provider = %self.options.id, reason, "an outside provider cannot be used");
        Error::ProviderUnreachable { provider: self.options.id.clone() }
    }

    pub(super) fn refused(&self, reason: &str) -> Error {
        Error::VouchingRefused { provider: self.options.id.clone(), reason: reason.to_owned() }
    }
}
