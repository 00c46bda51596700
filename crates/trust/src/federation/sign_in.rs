//! Signing in through an outside provider (外部登录): there with a code and PKCE, back with an identity token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use brain_kernel::hexadecimal;
use brain_kernel::party::Party;
use brain_store::account::{self, Account};
use brain_store::federated_link::{self, FederatedLink};
use brain_store::{Transaction, session};
use chrono::{DateTime, Utc};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::Arc;

use super::fetch::with_query;
use super::id_token::IdToken;
use super::links::{self, LinkCard};
use super::mapping::{self, Described};
use super::options::secret_name;
use super::pending::{self, Aim, Waiting};
use super::provider::{Exchange, Provider};
use super::{Federation, entry};
use crate::identity::{Carrier, NewAccount, Origin, SignIn, party_of, token};
use crate::site::Site;
use crate::{AccountKind, Error, Result, Secret, keys};

/// Page of the portal that providers send people back to.
pub const RETURN_PATH: &str = "/sign-in/return";

/// A sign-in begun: where to send the browser, and what it keeps meanwhile.
#[derive(Debug, Clone)]
pub struct Departure {
    /// Address at the provider.
    pub redirect: String,
    /// What only this browser knows; it must come back with the answer.
    pub keepsake: Secret,
    /// When it is given up.
    pub expires_at: DateTime<Utc>,
}

/// What a browser brought back from a provider.
#[derive(Debug, Clone, Default)]
pub struct Return {
    /// `state` of the answer.
    pub state: String,
    /// `code`, where there is one.
    pub code: Option<String>,
    /// `error`, where there is one.
    pub error: Option<String>,
    /// `iss` (RFC 9207), where there is one.
    pub issuer: Option<String>,
}

/// Where a good return leads.
#[derive(Debug, Clone)]
pub enum Arrival {
    /// To a session, or to the question for the second factor.
    SignIn(SignIn),
    /// To a link of the account of the open session.
    Linked(LinkCard),
}

impl Federation {
    /// Send somebody to a provider to sign in.
    pub async fn depart(&self, provider: &str, site: &Site) -> Result<Departure> {
        self.send_away(provider, Aim::SignIn, site).await
    }

    /// Send the owner of an open session to a provider, to link the account.
    pub async fn depart_to_link(
        &self,
        party: &Party,
        session: &str,
        provider: &str,
        site: &Site,
    ) -> Result<Departure> {
        let provider_there = self.provider(provider)?;
        links::allowed(&provider_there.options, party.role)?;
        let aim = Aim::Link { account: party.account.clone(), session: session.to_owned() };
        self.send_away(provider, aim, site).await
    }

    async fn send_away(&self, provider: &str, aim: Aim, site: &Site) -> Result<Departure> {
        let provider = self.provider(provider)?;
        let metadata = provider.metadata(&self.0.store).await?;
        let now = self.0.store.now();
        let (state, nonce, verifier, keepsake) = (secret()?, secret()?, secret()?, secret()?);
        let redirect_uri = site.at(RETURN_PATH);
        let challenge = code_challenge(verifier.expose());
        let scope = provider.options.scopes.join(" ");
        let query = [
            ("response_type", "code"),
            ("client_id", provider.options.client_id.as_str()),
            ("redirect_uri", redirect_uri.as_str()),
            ("scope", scope.as_str()),
            ("state", state.expose()),
            ("nonce", nonce.expose()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        let redirect = with_query(&metadata.authorization_endpoint, &query)
            .ok_or_else(|| provider.refused("its authorisation address is none"))?;
        let expires_at = pending::ends_at(now);
        let waiting = Waiting {
            provider: provider.options.id.clone(),
            nonce: nonce.expose().to_owned(),
            verifier,
            browser_hash: token::hash(keepsake.expose()),
            redirect_uri,
            aim,
            expires_at,
        };
        self.0.pending.put(token::hash(state.expose()), waiting, now);
        Ok(Departure { redirect: redirect.into(), keepsake, expires_at })
    }

    /// Take somebody in who comes back from a provider. `keepsake` is what the browser kept, `open` the session that
    /// asks, where there is one.
    pub async fn arrive(
        &self,
        back: &Return,
        keepsake: Option<&str>,
        open: Option<(&Party, &str)>,
        origin: &Origin,
        carrier: Carrier,
    ) -> Result<Arrival> {
        let now = self.0.store.now();
        let waiting = self.0.pending.take(&token::hash(&back.state), now).ok_or(Error::VouchingEnded)?;
        // A state that another browser began is a trick to sign somebody in as somebody else.
        if keepsake.map(token::hash).as_ref() != Some(&waiting.browser_hash) {
            return Err(Error::VouchingEnded);
        }
        let provider = self.provider(&waiting.provider)?;
        let outcome = match self.vouched(&provider, &waiting, back).await {
            Ok(token) => self.take_in(&provider, &waiting, token, open, origin, carrier).await,
            Err(error) => Err(error),
        };
        if let Err(Error::VouchingRefused { reason, .. }) = &outcome {
            tracing::warn!(provider = %provider.options.id, reason, "a sign-in through a provider was refused");
            let body = json!({ "reason": reason, "provider": provider.options.id, "ip": origin.ip });
            self.0.evidence.record(entry("session.refused", "anonymous", "unknown", body)).await?;
        }
        outcome
    }

    async fn vouched(&self, provider: &Provider, waiting: &Waiting, back: &Return) -> Result<IdToken> {
        let metadata = provider.metadata(&self.0.store).await?;
        let said = back.issuer.as_deref();
        let silent = said.is_none() && !metadata.authorization_response_iss_parameter_supported;
        if !silent && said != Some(provider.options.issuer.as_str()) {
            return Err(provider.refused("the answer comes from another issuer"));
        }
        if let Some(error) = &back.error {
            let error: String = error.chars().filter(char::is_ascii_graphic).take(64).collect();
            return Err(provider.refused(&format!("the provider answered {error}")));
        }
        let code = back.code.as_deref().filter(|code| !code.is_empty());
        let code = code.ok_or_else(|| provider.refused("no code"))?;
        let secret = self.client_secret(provider).await?;
        let exchange = Exchange {
            code,
            verifier: &waiting.verifier,
            redirect_uri: &waiting.redirect_uri,
            nonce: &waiting.nonce,
            secret: &secret,
        };
        provider.exchange(&self.0.store, &exchange).await
    }

    async fn client_secret(&self, provider: &Provider) -> Result<Secret> {
        if let Some(secret) = &provider.named_secret {
            return Ok(secret.clone());
        }
        let id = &provider.options.id;
        let sealed = self.0.vault.open(&secret_name(id)).await?;
        let text = sealed.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        text.map(Secret::new).ok_or_else(|| {
            tracing::error!(provider = %id, "no client secret: run brain identity providers secret {id}");
            Error::ProviderUnreachable { provider: id.clone() }
        })
    }

    async fn take_in(
        &self,
        provider: &Arc<Provider>,
        waiting: &Waiting,
        token: IdToken,
        open: Option<(&Party, &str)>,
        origin: &Origin,
        carrier: Carrier,
    ) -> Result<Arrival> {
        match &waiting.aim {
            Aim::Link { account, session } => {
                let (party, _) = open
                    .filter(|(party, id)| party.account == *account && id == session)
                    .ok_or(Error::VouchingEnded)?;
                self.link_own(party, provider, &token.subject).await.map(Arrival::Linked)
            }
            Aim::SignIn => self.open_for(provider, token, origin, carrier).await.map(Arrival::SignIn),
        }
    }

    async fn open_for(
        &self,
        provider: &Provider,
        token: IdToken,
        origin: &Origin,
        carrier: Carrier,
    ) -> Result<SignIn> {
        let (options, store) = (&provider.options, &self.0.store);
        let found = federated_link::find(store.db(), &options.issuer, &token.subject).await?;
        let link = match found {
            Some(link) => link,
            None if options.create_accounts => self.make_account(provider, &token).await?,
            None => return Err(not_linked(provider, &token)),
        };
        if link.approved_at.is_none() {
            return Err(not_linked(provider, &token));
        }
        let transaction = store.transaction().await?;
        let account = account::find_for_update(&transaction, &link.account_id).await?;
        let account = account.ok_or(Error::Corrupt { field: "federated_link.account_id" })?;
        let account = if link.made_by == links::BY_PROVIDER {
            let described = mapping::described(options, &token).map_err(|reason| provider.refused(reason))?;
            self.follow(&transaction, provider, account, &described).await?
        } else {
            account
        };
        links::allowed(options, party_of(&account)?.role)?;
        federated_link::touch(&transaction, &link.id, store.now()).await?;
        let second = mapping::shows_second_factor(options, &token);
        self.0.identity.sign_in_vouched(transaction, account, &options.id, second, origin, carrier).await
    }

    /// An account for somebody who comes the first time, with what the provider says and no password.
    async fn make_account(&self, provider: &Provider, token: &IdToken) -> Result<FederatedLink> {
        let options = &provider.options;
        let described = mapping::described(options, token).map_err(|reason| provider.refused(reason))?;
        // A name that nobody else has: people choose names at the provider, also those of others here.
        let digest = hexadecimal::encode(&Sha256::digest(format!("{}\n{}", options.issuer, token.subject)));
        let short = digest.get(..12).unwrap_or_default();
        let new = NewAccount {
            kind: AccountKind::Person,
            username: format!("{}.{short}", options.id),
            display_name: described.display_name,
            role: described.role,
            organisation: described.organisation,
            region: described.region,
            password: Secret::new(""),
            must_change_password: false,
        };
        let actor = format!("provider:{}", options.id);
        let (transaction, account) = self.0.identity.prepare_vouched(&actor, new).await?;
        let now = self.0.store.now();
        let link = FederatedLink {
            id: self.0.store.new_id(),
            account_id: account.id.clone(),
            provider: options.id.clone(),
            issuer: options.issuer.clone(),
            subject: token.subject.clone(),
            made_by: links::BY_PROVIDER.to_owned(),
            created_at: now,
            approved_at: Some(now),
            last_used_at: None,
        };
        let link = federated_link::insert(&transaction, link).await?;
        let body = json!({ "provider": options.id, "link": link.id });
        self.0.evidence.record_in(&transaction, entry("federation.link", &actor, &account.id, body)).await?;
        transaction.commit().await?;
        Ok(link)
    }

    /// Bring an account that the provider made in step with what it says now; when that changes what the account may
    /// do, its open sessions end.
    async fn follow(
        &self,
        transaction: &Transaction,
        provider: &Provider,
        account: Account,
        described: &Described,
    ) -> Result<Account> {
        let organisation = described.organisation.as_ref().map(ToString::to_string);
        let region = described.region.as_ref().map(ToString::to_string);
        let role = described.role.name();
        let rights = account.role != role || account.organisation != organisation || account.region != region;
        if !rights && account.display_name == described.display_name {
            return Ok(account);
        }
        let before = party_of(&account)?.role;
        if before != described.role && (before.is_administrator() || described.role.is_administrator()) {
            // No account ever holds two of these roles, not even one after the other.
            return Err(provider.refused("it changes the role of an administrator"));
        }
        let name = &described.display_name;
        account::set_described(
            transaction,
            &account.id,
            name,
            role,
            organisation.as_deref(),
            region.as_deref(),
        )
        .await?;
        if rights {
            session::delete_of_account(transaction, &account.id, None).await?;
            let body = json!({
                "from": { "role": account.role, "organisation": account.organisation, "region": account.region },
                "to": { "role": role, "organisation": organisation, "region": region },
            });
            let entry = entry("account.described", "provider", &account.id, body);
            self.0.evidence.record_in(transaction, entry).await?;
        }
        account::find(transaction, &account.id).await?.ok_or(Error::Corrupt { field: "account.id" })
    }
}

fn not_linked(provider: &Provider, token: &IdToken) -> Error {
    Error::NotLinked { provider: provider.options.id.clone(), subject: token.subject.clone() }
}

/// 256 random bits as base64url: 43 characters, as long as PKCE asks (RFC 7636 §4.1).
pub(super) fn secret() -> Result<Secret> {
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(keys::random::<32>()?)))
}

/// PKCE challenge of a verifier, S256 (RFC 7636 §4.2).
pub(super) fn code_challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{code_challenge, secret};

    /// RFC 7636 appendix B.
    #[test]
    fn a_challenge_is_that_of_the_standard() {
        let challenge = code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(secret().unwrap().expose().len(), 43);
    }
}
