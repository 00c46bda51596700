//! What a client is told of a person (告知内容), by the scopes it was given.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use brain_kernel::party::{Party, Role};
use brain_store::Transaction;
use brain_store::oidc_client::OidcClient;
use brain_store::session::Session;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Federation, clients};
use crate::{Result, keys};

/// Authentication classes: one factor, two factors.
pub(super) const ACR: [&str; 2] = ["urn:brain:acr:single", "urn:brain:acr:mfa"];
/// Secret that people's names at clients are made with; without it nobody links them across clients.
const SALT: &str = "oidc/pairwise-salt";

/// Claims of a person for a client. Fields that were not agreed to are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Claims {
    /// Who it is, for this client only.
    pub sub: String,
    /// Name to show (`profile`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Role (`brain`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Credit code of the organisation (`brain`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Region code (`brain`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// How and when a person had signed in here; kept with what is issued on the strength of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SignedInHow {
    /// When, seconds since 1970.
    pub(super) auth_time: i64,
    pub(super) acr: String,
    /// Methods (RFC 8176).
    pub(super) amr: Vec<String>,
}

impl SignedInHow {
    /// From the session in which the person agreed.
    pub(super) fn of(session: &Session) -> Self {
        let mut amr = Vec::new();
        let mut add = |method: &str| {
            if !amr.iter().any(|known| known == method) {
                amr.push(method.to_owned());
            }
        };
        for factor in [Some(session.first_factor.as_str()), session.second_factor.as_deref()] {
            // What was shown at another provider is its own to say: here it only counts.
            match factor {
                Some("password") => add("pwd"),
                Some("passkey") => {
                    add("pop");
                    add("user");
                }
                Some("totp" | "recovery_code") => add("otp"),
                _ => {}
            }
        }
        let [single, two] = ACR;
        let acr = if session.second_factor.is_some() {
            add("mfa");
            two
        } else {
            single
        };
        Self { auth_time: signed_in_at(session).timestamp(), acr: acr.to_owned(), amr }
    }
}

/// When somebody last proved who they are in a session.
pub(super) fn signed_in_at(session: &Session) -> DateTime<Utc> {
    session.second_factor_at.unwrap_or(session.created_at).max(session.created_at)
}

impl Federation {
    /// What a client with these scopes is told of a person.
    pub(super) async fn claims(
        &self,
        transaction: &Transaction,
        client: &OidcClient,
        party: &Party,
        scope: &str,
    ) -> Result<Claims> {
        let has = |wanted: &str| scope.split(' ').any(|scope| scope == wanted);
        let (profile, brain) = (has("profile"), has("brain"));
        Ok(Claims {
            sub: self.subject(transaction, client, &party.account).await?,
            name: profile.then(|| party.display_name.clone()),
            role: brain.then_some(party.role),
            organisation: party.organisation.as_ref().filter(|_| brain).map(ToString::to_string),
            region: party.region.as_ref().filter(|_| brain).map(ToString::to_string),
        })
    }

    /// The name of a person at a client: two clients cannot tell that they mean the same one (OpenID Connect Core 1.0
    /// §8.1).
    async fn subject(&self, transaction: &Transaction, client: &OidcClient, account: &str) -> Result<String> {
        let salt = match self.0.vault.open_in(transaction, SALT).await? {
            Some(salt) => salt.to_vec(),
            None => {
                let salt = keys::random::<32>()?;
                self.0.vault.seal_in(transaction, SALT, &salt).await?;
                salt.to_vec()
            }
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, &salt);
        let place = clients::sector(client)?;
        let tag = hmac::sign(&key, format!("{place}\n{account}").as_bytes());
        Ok(URL_SAFE_NO_PAD.encode(tag))
    }
}

#[cfg(test)]
mod tests {
    use super::SignedInHow;
    use brain_store::session::Session;
    use chrono::{DateTime, TimeDelta};

    #[test]
    fn methods_are_named_as_rfc_8176_does_and_two_factors_are_told() {
        let at = DateTime::from_timestamp(1_000, 0).unwrap();
        let how = |first: &str, second: Option<&str>| {
            SignedInHow::of(&Session {
                token_hash: String::new(),
                id: String::new(),
                account_id: String::new(),
                created_at: at,
                last_seen_at: at,
                expires_at: at,
                ip: None,
                user_agent: None,
                user_agent_hash: None,
                carrier: "cookie".to_owned(),
                rotated_at: None,
                first_factor: first.to_owned(),
                second_factor: second.map(str::to_owned),
                second_factor_at: second.map(|_| at + TimeDelta::seconds(5)),
            })
        };
        let password = how("password", None);
        assert_eq!((password.acr.as_str(), password.auth_time), ("urn:brain:acr:single", 1_000));
        assert_eq!(password.amr, ["pwd"]);
        let two = how("password", Some("totp"));
        assert_eq!((two.acr.as_str(), two.auth_time), ("urn:brain:acr:mfa", 1_005));
        assert_eq!(two.amr, ["pwd", "otp", "mfa"]);
        assert_eq!(how("passkey", Some("passkey")).amr, ["pop", "user", "mfa"]);
        assert_eq!(how("federated:other", None).amr, Vec::<String>::new());
        assert_eq!(how("federated:other", Some("federated:other")).amr, ["mfa"]);
    }
}
