//! Keys that sign identity tokens (签名密钥): the private half sealed in the vault, the public half published; changed
//! every quarter, the old one published a while longer.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use brain_kernel::party::{Party, Role};
use brain_store::Transaction;
use brain_store::oidc_key::{self, OidcKey};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::clients::SCOPES;
use super::{Federation, entry};
use crate::identity::require_role;
use crate::site::Site;
use crate::{Error, Result};

/// Days a key signs.
const SIGNS_DAYS: i64 = 90;
/// Hours an old key stays published: longer than any token it signed, and than any client keeps keys.
const OVERLAP_HOURS: i64 = 48;

/// The public keys (JWK set).
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SigningKeys {
    /// Keys, newest first.
    pub keys: Vec<serde_json::Value>,
}

/// What this node says of itself as a provider (OpenID Connect Discovery 1.0 §3, RFC 8414, RFC 9207).
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the names are those of the standard")]
pub struct ProviderMetadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub userinfo_endpoint: String,
    pub jwks_uri: String,
    pub revocation_endpoint: String,
    pub end_session_endpoint: String,
    pub scopes_supported: Vec<&'static str>,
    pub response_types_supported: Vec<&'static str>,
    pub response_modes_supported: Vec<&'static str>,
    pub grant_types_supported: Vec<&'static str>,
    pub subject_types_supported: Vec<&'static str>,
    pub id_token_signing_alg_values_supported: Vec<&'static str>,
    pub token_endpoint_auth_methods_supported: Vec<&'static str>,
    pub token_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    pub code_challenge_methods_supported: Vec<&'static str>,
    pub claims_supported: Vec<&'static str>,
    pub acr_values_supported: Vec<&'static str>,
    pub ui_locales_supported: Vec<&'static str>,
    pub authorization_response_iss_parameter_supported: bool,
    pub request_parameter_supported: bool,
    pub request_uri_parameter_supported: bool,
}

impl ProviderMetadata {
    /// The metadata of a node at this address.
    #[must_use]
    pub fn of(site: &Site) -> Self {
        Self {
            issuer: site.origin().to_owned(),
            authorization_endpoint: site.at("/oauth2/authorize"),
            token_endpoint: site.at("/oauth2/token"),
            userinfo_endpoint: site.at("/oauth2/userinfo"),
            jwks_uri: site.at("/oauth2/jwks"),
            revocation_endpoint: site.at("/oauth2/revoke"),
            end_session_endpoint: site.at("/oauth2/logout"),
            scopes_supported: SCOPES.to_vec(),
            response_types_supported: vec!["code"],
            response_modes_supported: vec!["query"],
            grant_types_supported: vec!["authorization_code", "refresh_token"],
            subject_types_supported: vec!["pairwise"],
            id_token_signing_alg_values_supported: vec!["ES256"],
            token_endpoint_auth_methods_supported: vec![
                "client_secret_basic",
                "client_secret_post",
                "private_key_jwt",
            ],
            token_endpoint_auth_signing_alg_values_supported: vec!["ES256", "EdDSA"],
            code_challenge_methods_supported: vec!["S256"],
            claims_supported: vec![
                "sub",
                "iss",
                "aud",
                "exp",
                "iat",
                "auth_time",
                "nonce",
                "acr",
                "amr",
                "name",
                "role",
                "organisation",
                "region",
            ],
            acr_values_supported: super::claims::ACR.to_vec(),
            ui_locales_supported: vec!["zh-CN", "en"],
            authorization_response_iss_parameter_supported: true,
            request_parameter_supported: false,
            request_uri_parameter_supported: false,
        }
    }
}

/// Name in the vault of a key's private half.
fn secret_name(kid: &str) -> String {
    format!("oidc/key/{kid}")
}

impl Federation {
    /// The public keys: the one that signs, and those that signed lately.
    pub async fn signing_keys(&self) -> Result<SigningKeys> {
        let now = self.0.store.now();
        let rows = oidc_key::all(self.0.store.db()).await?;
        let keys = rows.into_iter().filter(|row| is_published(row, now)).map(|row| row.public_key);
        Ok(SigningKeys { keys: keys.collect() })
    }

    /// Sign with a fresh key from now on. Security administrators only.
    pub async fn rotate_signing_key(&self, actor: &Party) -> Result<()> {
        require_role(actor, Role::SecurityAdministrator)?;
        let transaction = self.0.store.transaction().await?;
        self.make_key(&transaction, &actor.account).await?;
        Ok(transaction.commit().await?)
    }

    /// Sign claims with the present key, making one when there is none or it is too old.
    pub(super) async fn sign(&self, transaction: &Transaction, claims: &impl Serialize) -> Result<String> {
        let now = self.0.store.now();
        let newest = oidc_key::all(transaction).await?.into_iter().find(|row| row.retired_at.is_none());
        let young = newest.filter(|row| now - row.created_at < TimeDelta::days(SIGNS_DAYS));
        let row = match young {
            Some(row) => row,
            None => self.make_key(transaction, "system").await?,
        };
        let sealed = self.0.vault.open_in(transaction, &secret_name(&row.kid)).await?;
        let sealed = sealed.ok_or(Error::Corrupt { field: "oidc_key" })?;
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(row.kid);
        let key = EncodingKey::from_ec_der(&sealed);
        jsonwebtoken::encode(&header, claims, &key).map_err(|cause| Error::Cryptography(cause.to_string()))
    }

    async fn make_key(&self, transaction: &Transaction, actor: &str) -> Result<OidcKey> {
        let failed = |cause: String| Error::Cryptography(cause);
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        let private = pair.and_then(|pair| pair.to_pkcs8v1()).map_err(|cause| failed(cause.to_string()))?;
        let key = EncodingKey::from_ec_der(private.as_ref());
        let mut public = Jwk::from_encoding_key(&key, Algorithm::ES256).map_err(|c| failed(c.to_string()))?;
        // Named after itself (RFC 7638), so that no two keys share a name.
        let kid = public.thumbprint(ThumbprintHash::SHA256);
        public.common.key_id = Some(kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let public = serde_json::to_value(&public).map_err(|cause| failed(cause.to_string()))?;
        let now = self.0.store.now();
        oidc_key::retire(transaction, now).await?;
        self.0.vault.seal_in(transaction, &secret_name(&kid), private.as_ref()).await?;
        let row = OidcKey { kid, public_key: public, created_at: now, retired_at: None };
        let row = oidc_key::insert(transaction, row).await?;
        let entry = entry("federation.key", actor, &row.kid, json!({ "algorithm": "ES256" }));
        self.0.evidence.record_in(transaction, entry).await?;
        Ok(row)
    }

    /// Forget keys that nobody needs any more; how many there were.
    pub(super) async fn forget_old_keys(&self, transaction: &Transaction) -> Result<u64> {
        let now = self.0.store.now();
        let mut forgotten = 0;
        for row in oidc_key::all(transaction).await?.into_iter().filter(|row| !is_published(row, now)) {
            oidc_key::delete(transaction, &row.kid).await?;
            self.0.vault.forget_in(transaction, &secret_name(&row.kid)).await?;
            forgotten += 1;
        }
        Ok(forgotten)
    }

    /// Public keys that tokens of this node may be signed with, for checking hints that come back.
    pub(super) async fn own_keys(&self) -> Result<Vec<Jwk>> {
        let keys = self.signing_keys().await?.keys;
        let parsed = keys.into_iter().map(serde_json::from_value).collect::<std::result::Result<_, _>>();
        parsed.map_err(|_| Error::Corrupt { field: "oidc_key.public_key" })
    }
}

fn is_published(row: &OidcKey, now: DateTime<Utc>) -> bool {
    row.retired_at.is_none_or(|at| now - at < TimeDelta::hours(OVERLAP_HOURS))
}
