//! Codes become tokens, tokens are renewed, asked about and given back (令牌): RFC 6749 §5 and §6, RFC 7009, RFC 9700
//! §4.14, OpenID Connect Core 1.0 §3.1.3 and §5.3.

use brain_kernel::party::Party;
use brain_store::Transaction;
use brain_store::account;
use brain_store::oidc_client::OidcClient;
use brain_store::oidc_consent;
use brain_store::oidc_token::{self, OidcToken};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::claims::{Claims, SignedInHow};
use super::client_proof::{ASSERTION_TYPE, ClientProof};
use super::sign_in::code_challenge;
use super::{Federation, entry};
use crate::identity::party_of;
use crate::identity::token::{self, Kind};
use crate::site::Site;
use crate::{Error, Result, Secret};

/// Minutes an access token works.
const ACCESS_MINUTES: i64 = 10;
/// Minutes an identity token holds.
const ID_MINUTES: i64 = 5;
/// Hours a refresh token waits for its use.
const REFRESH_HOURS: i64 = 24;
/// Days after which a family of refresh tokens ends however often it is renewed.
const FAMILY_DAYS: i64 = 30;
/// PKCE verifiers (RFC 7636 §4.1), characters.
const VERIFIER_LENGTHS: std::ops::RangeInclusive<usize> = 43..=128;
/// Longest field of a request, bytes.
const FIELD_BYTES_MAX: usize = 20_000;

/// A refusal as OAuth words it (RFC 6749 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OauthFault {
    /// Code of the standard.
    pub error: &'static str,
    /// What is wrong, for the client's developer.
    pub description: &'static str,
    /// Whether it is the client's own proof that is wrong (401).
    pub unauthorized: bool,
}

impl OauthFault {
    pub(super) const fn invalid_client() -> Self {
        let description = "unknown or revoked client, or a wrong proof";
        Self { error: "invalid_client", description, unauthorized: true }
    }

    const fn invalid_grant(description: &'static str) -> Self {
        Self { error: "invalid_grant", description, unauthorized: false }
    }

    const fn invalid_request(description: &'static str) -> Self {
        Self { error: "invalid_request", description, unauthorized: false }
    }
}

/// A form at the token or revocation endpoint.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TokenRequest {
    /// `authorization_code` or `refresh_token`.
    pub grant_type: Option<String>,
    /// Authorisation code.
    pub code: Option<String>,
    /// As in the authorisation request.
    pub redirect_uri: Option<String>,
    /// PKCE verifier.
    pub code_verifier: Option<String>,
    /// Refresh token.
    pub refresh_token: Option<String>,
    /// Token to give back.
    pub token: Option<String>,
    /// Client id, with `client_secret`.
    pub client_id: Option<String>,
    /// Client secret.
    #[schemars(with = "Option<String>")]
    pub client_secret: Option<Secret>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    pub client_assertion_type: Option<String>,
    /// Assertion.
    pub client_assertion: Option<String>,
}

/// What a client shows and what for.
#[derive(Debug, Clone)]
pub struct TokenGrant {
    /// Who it is.
    pub client: ClientProof,
    /// The form.
    pub request: TokenRequest,
}

/// What a client gets.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Tokens {
    /// Opens the userinfo endpoint.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// Seconds the access token works.
    pub expires_in: i64,
    /// Renews the tokens, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Who signed in.
    pub id_token: String,
    /// Scopes given.
    pub scope: String,
}

/// What tokens are issued on the strength of.
struct Basis {
    family: String,
    account_id: String,
    scope: String,
    nonce: Option<String>,
    sign_in: Value,
    family_ends_at: DateTime<Utc>,
}

type Outcome<T> = Result<std::result::Result<T, OauthFault>>;

impl TokenRequest {
    /// How the client shows who it is: in the header, or in the form; exactly one of them (RFC 6749 §2.3).
    pub fn proof(&self, basic: Option<(String, Secret)>) -> std::result::Result<ClientProof, OauthFault> {
        let fields =
            [&self.code, &self.code_verifier, &self.refresh_token, &self.token, &self.client_assertion];
        if fields.into_iter().flatten().any(|field| field.len() > FIELD_BYTES_MAX) {
            return Err(OauthFault::invalid_request("a field is too long"));
        }
        let several = Err(OauthFault::invalid_request("more than one kind of client authentication"));
        match (basic, &self.client_secret, &self.client_assertion) {
            (Some((id, secret)), None, None) => {
                if self.client_id.as_ref().is_some_and(|named| *named != id) {
                    return Err(OauthFault::invalid_client());
                }
                Ok(ClientProof::Secret { id, secret })
            }
            (None, Some(secret), None) => {
                let id = self.client_id.clone().ok_or(OauthFault::invalid_client())?;
                Ok(ClientProof::Secret { id, secret: secret.clone() })
            }
            (None, None, Some(assertion)) => {
                if self.client_assertion_type.as_deref() != Some(ASSERTION_TYPE) {
                    return Err(OauthFault::invalid_client());
                }
                Ok(ClientProof::Assertion(assertion.clone()))
            }
            (None, None, None) => Err(OauthFault::invalid_client()),
            _ => several,
        }
    }
}

impl Federation {
    /// The token endpoint.
    pub async fn grant(&self, site: &Site, grant: &TokenGrant) -> Outcome<Tokens> {
        let client = match self.proven_client(site, &grant.client).await? {
            Ok(client) => client,
            Err(fault) => return Ok(Err(fault)),
        };
        match grant.request.grant_type.as_deref() {
            Some("authorization_code") => self.exchange_code(site, &client, &grant.request).await,
            Some("refresh_token") => self.renew(site, &client, &grant.request).await,
            Some(_) => Ok(Err(OauthFault {
                error: "unsupported_grant_type",
                description: "authorization_code and refresh_token are taken",
                unauthorized: false,
            })),
            None => Ok(Err(OauthFault::invalid_request("grant_type is missing"))),
        }
    }

    async fn exchange_code(
        &self,
        site: &Site,
        client: &OidcClient,
        request: &TokenRequest,
    ) -> Outcome<Tokens> {
        let (Some(code), Some(verifier)) = (&request.code, &request.code_verifier) else {
            return Ok(Err(OauthFault::invalid_request("code and code_verifier are needed")));
        };
        let now = self.0.store.now();
        let transaction = self.0.store.transaction().await?;
        let hash = token::hash(code);
        let Some(row) = oidc_token::code(&transaction, &hash).await? else {
            transaction.rollback().await?;
            return Ok(Err(OauthFault::invalid_grant("unknown code")));
        };
        // Whatever comes of it, the code is spent: a guess at its verifier is the only one.
        if !oidc_token::use_code(&transaction, &hash, now).await? {
            return self.stolen(transaction, client, &row.account_id, &row.family, "code_replayed").await;
        }
        if row.client_id != client.id {
            return self.stolen(transaction, client, &row.account_id, &row.family, "code_of_another").await;
        }
        let wrong = if row.expires_at <= now {
            Some("the code has ended")
        } else if request.redirect_uri.as_ref() != Some(&row.redirect_uri) {
            Some("redirect_uri is not that of the request")
        } else if !is_verifier(verifier) || code_challenge(verifier) != row.code_challenge {
            Some("code_verifier does not fit")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            return self.turned_down(transaction, client, &row.account_id, wrong).await;
        }
        let basis = Basis {
            family: row.family,
            account_id: row.account_id,
            scope: row.scope,
            nonce: row.nonce,
            sign_in: row.sign_in,
            family_ends_at: now + TimeDelta::days(FAMILY_DAYS),
        };
        self.issue(site, transaction, client, basis, "federation.sign_in").await
    }

    async fn renew(&self, site: &Site, client: &OidcClient, request: &TokenRequest) -> Outcome<Tokens> {
        let Some(refresh) = &request.refresh_token else {
            return Ok(Err(OauthFault::invalid_request("refresh_token is needed")));
        };
        let now = self.0.store.now();
        let transaction = self.0.store.transaction().await?;
        let hash = token::hash(refresh);
        let found = oidc_token::find(&transaction, &hash).await?;
        let Some(row) = found.filter(|row| row.kind == "refresh") else {
            transaction.rollback().await?;
            return Ok(Err(OauthFault::invalid_grant("unknown refresh token")));
        };
        if row.client_id != client.id {
            return self
                .stolen(transaction, client, &row.account_id, &row.family, "refresh_of_another")
                .await;
        }
        // Two parties hold it; nobody can tell which is the thief, so it ends for both (RFC 9700 §4.14.2).
        if !oidc_token::use_refresh(&transaction, &hash, now).await? {
            return self.stolen(transaction, client, &row.account_id, &row.family, "refresh_replayed").await;
        }
        if row.expires_at <= now || row.family_ends_at <= now {
            return self
                .turned_down(transaction, client, &row.account_id, "the refresh token has ended")
                .await;
        }
        let basis = Basis {
            family: row.family,
            account_id: row.account_id,
            scope: row.scope,
            nonce: None,
            sign_in: row.sign_in,
            family_ends_at: row.family_ends_at,
        };
        self.issue(site, transaction, client, basis, "federation.refresh").await
    }

    /// Issue tokens, if the person still may and still agrees.
    async fn issue(
        &self,
        site: &Site,
        transaction: Transaction,
        client: &OidcClient,
        basis: Basis,
        kind: &str,
    ) -> Outcome<Tokens> {
        let Some(party) = self.still_agrees(&transaction, client, &basis.account_id).await? else {
            let why = "the account is closed or the consent was taken back";
            return self.turned_down(transaction, client, &basis.account_id, why).await;
        };
        let now = self.0.store.now();
        let how: SignedInHow = serde_json::from_value(basis.sign_in.clone())
            .map_err(|_| Error::Corrupt { field: "oidc_token.sign_in" })?;
        let claims = self.claims(&transaction, client, &party, &basis.scope).await?;
        let id_token = self.id_token(site, &transaction, client, &basis, &how, &claims).await?;
        let access_ends = now + TimeDelta::minutes(ACCESS_MINUTES);
        let access = self.issue_one(&transaction, client, &basis, Kind::Access, access_ends).await?;
        let offline = basis.scope.split(' ').any(|scope| scope == "offline_access");
        let refresh = if offline {
            let ends = (now + TimeDelta::hours(REFRESH_HOURS)).min(basis.family_ends_at);
            Some(self.issue_one(&transaction, client, &basis, Kind::Refresh, ends).await?)
        } else {
            None
        };
        oidc_consent::touch(&transaction, &basis.account_id, &client.id, now).await?;
        let body = json!({ "client": client.id, "scope": basis.scope, "acr": how.acr });
        let entry = entry(kind, &format!("client:{}", client.id), &basis.account_id, body);
        self.0.evidence.record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(Ok(Tokens {
            access_token: access.expose().to_owned(),
            token_type: "Bearer",
            expires_in: ACCESS_MINUTES * 60,
            refresh_token: refresh.map(|token| token.expose().to_owned()),
            id_token,
            scope: basis.scope,
        }))
    }

    async fn id_token(
        &self,
        site: &Site,
        transaction: &Transaction,
        client: &OidcClient,
        basis: &Basis,
        how: &SignedInHow,
        claims: &Claims,
    ) -> Result<String> {
        let now = self.0.store.now().timestamp();
        let mut body = json!(claims);
        let protocol = json!({
            "iss": site.origin(),
            "aud": client.id,
            "iat": now,
            "exp": now + ID_MINUTES * 60,
            "auth_time": how.auth_time,
            "acr": how.acr,
            "amr": how.amr,
        });
        if let (Some(body), Value::Object(protocol)) = (body.as_object_mut(), protocol) {
            body.extend(protocol);
            if let Some(nonce) = &basis.nonce {
                body.insert("nonce".to_owned(), nonce.as_str().into());
            }
        }
        self.sign(transaction, &body).await
    }

    async fn issue_one(
        &self,
        transaction: &Transaction,
        client: &OidcClient,
        basis: &Basis,
        kind: Kind,
        expires_at: DateTime<Utc>,
    ) -> Result<Secret> {
        let (secret, token_hash) = token::fresh(kind)?;
        let row = OidcToken {
            token_hash,
            kind: if kind == Kind::Refresh { "refresh" } else { "access" }.to_owned(),
            family: basis.family.clone(),
            client_id: client.id.clone(),
            account_id: basis.account_id.clone(),
            scope: basis.scope.clone(),
            sign_in: basis.sign_in.clone(),
            created_at: self.0.store.now(),
            expires_at,
            family_ends_at: basis.family_ends_at,
            used_at: None,
        };
        oidc_token::insert(transaction, row).await?;
        Ok(secret)
    }

    /// The person behind an account that is open and agrees to tell this client.
    async fn still_agrees(
        &self,
        transaction: &Transaction,
        client: &OidcClient,
        account_id: &str,
    ) -> Result<Option<Party>> {
        let account = account::find(transaction, account_id).await?.filter(|account| !account.disabled);
        let consent = oidc_consent::find(transaction, account_id, &client.id).await?;
        match (account, consent) {
            (Some(account), Some(_)) => party_of(&account).map(Some),
            _ => Ok(None),
        }
    }

    /// What was shown is in the wrong hands: everything that goes back to the same code ends.
    async fn stolen<T>(
        &self,
        transaction: Transaction,
        client: &OidcClient,
        account_id: &str,
        family: &str,
        reason: &'static str,
    ) -> Outcome<T> {
        tracing::warn!(client = %client.id, reason, "a code or token is in the wrong hands; its family ends");
        let ended = oidc_token::end_family(&transaction, family).await?;
        let body = json!({ "client": client.id, "reason": reason, "tokens": ended });
        self.0
            .evidence
            .record_in(&transaction, entry("federation.stolen", "system", account_id, body))
            .await?;
        transaction.commit().await?;
        Ok(Err(OauthFault::invalid_grant("it was used before, or is another client's")))
    }

    async fn turned_down<T>(
        &self,
        transaction: Transaction,
        client: &OidcClient,
        account_id: &str,
        reason: &'static str,
    ) -> Outcome<T> {
        let body = json!({ "client": client.id, "reason": reason });
        self.0
            .evidence
            .record_in(&transaction, entry("federation.refused", "system", account_id, body))
            .await?;
        transaction.commit().await?;
        Ok(Err(OauthFault::invalid_grant(reason)))
    }

    /// The userinfo endpoint: what the scopes of an access token tell now; `None` for a token that opens nothing.
    pub async fn userinfo(&self, access_token: &str) -> Result<Option<Claims>> {
        if Kind::of(access_token) != Some(Kind::Access) {
            return Ok(None);
        }
        let now = self.0.store.now();
        let transaction = self.0.store.transaction().await?;
        let found = oidc_token::find(&transaction, &token::hash(access_token)).await?;
        let Some(row) = found.filter(|row| row.kind == "access" && row.expires_at > now) else {
            return Ok(None);
        };
        let Some(client) = self.active_client(&row.client_id).await? else { return Ok(None) };
        let Some(party) = self.still_agrees(&transaction, &client, &row.account_id).await? else {
            return Ok(None);
        };
        let claims = self.claims(&transaction, &client, &party, &row.scope).await?;
        transaction.commit().await?;
        Ok(Some(claims))
    }

    /// The revocation endpoint: a token given back ends with its whole family; one that is unknown is given back
    /// already (RFC 7009 §2.2).
    pub async fn revoke(&self, site: &Site, grant: &TokenGrant) -> Outcome<()> {
        let client = match self.proven_client(site, &grant.client).await? {
            Ok(client) => client,
            Err(fault) => return Ok(Err(fault)),
        };
        let Some(given) = &grant.request.token else {
            return Ok(Err(OauthFault::invalid_request("token is needed")));
        };
        let transaction = self.0.store.transaction().await?;
        let found = oidc_token::find(&transaction, &token::hash(given)).await?;
        let Some(row) = found.filter(|row| row.client_id == client.id) else {
            transaction.rollback().await?;
            return Ok(Ok(()));
        };
        let ended = oidc_token::end_family(&transaction, &row.family).await?;
        let actor = format!("client:{}", client.id);
        let entry = entry("federation.revoke", &actor, &row.account_id, json!({ "tokens": ended }));
        self.0.evidence.record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(Ok(()))
    }
}

fn is_verifier(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    VERIFIER_LENGTHS.contains(&text.len()) && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::{ASSERTION_TYPE, ClientProof, TokenRequest, is_verifier};
    use crate::Secret;

    #[test]
    fn a_client_shows_itself_in_exactly_one_way() {
        let text = |text: &str| Some(text.to_owned());
        let basic = || Some(("c".to_owned(), Secret::new("s")));
        let by_form = TokenRequest {
            client_id: text("c"),
            client_secret: Some(Secret::new("s")),
            ..Default::default()
        };
        let by_assertion = TokenRequest {
            client_assertion: text("a"),
            client_assertion_type: text(ASSERTION_TYPE),
            ..Default::default()
        };
        assert!(
            matches!(TokenRequest::default().proof(basic()), Ok(ClientProof::Secret { id, .. }) if id == "c")
        );
        assert!(matches!(by_form.proof(None), Ok(ClientProof::Secret { .. })));
        assert!(matches!(by_assertion.proof(None), Ok(ClientProof::Assertion(_))));
        assert_eq!(by_form.proof(basic()).unwrap_err().error, "invalid_request");
        assert_eq!(by_assertion.proof(basic()).unwrap_err().error, "invalid_request");
        assert_eq!(TokenRequest::default().proof(None).unwrap_err().error, "invalid_client");
        let another = TokenRequest { client_id: text("d"), ..Default::default() };
        assert_eq!(another.proof(basic()).unwrap_err().error, "invalid_client");
        let untyped = TokenRequest { client_assertion_type: None, ..by_assertion };
        assert_eq!(untyped.proof(None).unwrap_err().error, "invalid_client");
    }

    #[test]
    fn a_verifier_has_the_letters_and_the_length_of_the_standard() {
        assert!(is_verifier(&"a".repeat(43)) && is_verifier(&"~".repeat(128)));
        for wrong in ["a".repeat(42), "a".repeat(129), format!("{}+", "a".repeat(43)), String::new()] {
            assert!(!is_verifier(&wrong), "{wrong}");
        }
    }
}
