//! Clients (登录客户端): other nodes and programs whose people sign in here. The system administrator registers them,
//! the security administrator lets them in.

use brain_kernel::party::{Party, Role};
use brain_store::oidc_client::{self, OidcClient};
use brain_store::{Page, PageRequest, oidc_token};
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::Jwk;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client_proof;
use super::{Federation, entry};
use crate::identity::token::{self, Kind};
use crate::identity::{require_administrator, require_role};
use crate::site::bounded_url;
use crate::{Error, Result, Secret};

/// Scopes a client may be given, with what they tell.
pub(super) const SCOPES: [&str; 4] = ["openid", "profile", "brain", "offline_access"];
/// Longest name of a client, in characters.
const NAME_CHARACTERS_MAX: usize = 64;
/// Addresses of one client, and the longest, bytes.
const URIS_MAX: usize = 10;
const URI_BYTES_MAX: usize = 500;
/// Public keys of one client.
const KEYS_MAX: usize = 10;

/// Whether a client may sign people in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientState {
    /// 待启用: registered by the system administrator.
    Waiting,
    /// 已启用 by the security administrator.
    Active,
    /// 已吊销: never again under this id.
    Revoked,
}

impl ClientState {
    const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Active => "active",
            Self::Revoked => "revoked",
        }
    }

    pub(super) fn of(client: &OidcClient) -> Result<Self> {
        let all = [Self::Waiting, Self::Active, Self::Revoked];
        let found = all.into_iter().find(|state| state.name() == client.state);
        found.ok_or(Error::Corrupt { field: "oidc_client.state" })
    }
}

/// A client to be registered.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// Name that the consent page shows.
    pub name: String,
    /// Where answers may be sent; all on one host.
    pub redirect_uris: Vec<String>,
    /// Where people may be sent after signing out.
    pub logout_uris: Vec<String>,
    /// Scopes it may ask for; `openid` is among them.
    pub scopes: Vec<String>,
    /// Its public keys as a JWK set, when it signs assertions (`private_key_jwt`) instead of having a secret.
    pub keys: Option<serde_json::Value>,
}

/// A client as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientCard {
    /// Client id.
    pub id: String,
    /// Name that the consent page shows.
    pub name: String,
    /// Where answers may be sent.
    pub redirect_uris: Vec<String>,
    /// Where people may be sent after signing out.
    pub logout_uris: Vec<String>,
    /// Scopes it may ask for.
    pub scopes: Vec<String>,
    /// Whether it signs assertions (`private_key_jwt`) instead of showing a secret.
    pub signs: bool,
    /// Whether it may sign people in.
    pub state: ClientState,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
}

/// A client just registered.
#[derive(Debug, Clone)]
pub struct RegisteredClient {
    /// The client.
    pub card: ClientCard,
    /// Its secret, where it has one; shown this once, stored only as a hash.
    pub secret: Option<Secret>,
}

impl Federation {
    /// Register a client; it waits until the security administrator lets it in. System administrators only.
    pub async fn register_client(&self, actor: &Party, new: NewClient) -> Result<RegisteredClient> {
        require_role(actor, Role::SystemAdministrator)?;
        let new = checked(new)?;
        let secret = match new.keys {
            None => Some(token::fresh(Kind::ClientSecret)?),
            Some(_) => None,
        };
        let (secret, secret_hash) = secret.unzip();
        let row = OidcClient {
            id: self.0.store.new_id(),
            name: new.name,
            redirect_uris: json!(new.redirect_uris),
            logout_uris: json!(new.logout_uris),
            scopes: json!(new.scopes),
            secret_hash,
            keys: new.keys,
            state: ClientState::Waiting.name().to_owned(),
            created_at: self.0.store.now(),
        };
        let transaction = self.0.store.transaction().await?;
        let row = oidc_client::insert(&transaction, row).await?;
        let body = json!({
            "name": row.name, "redirect_uris": row.redirect_uris, "logout_uris": row.logout_uris,
            "scopes": row.scopes, "signs": row.keys.is_some(),
        });
        let entry = entry("federation.client.register", &actor.account, &row.id, body);
        self.0.evidence.record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(RegisteredClient { card: card(row)?, secret })
    }

    /// Clients, newest first. The separated administrators only.
    pub async fn clients(&self, actor: &Party, page: PageRequest) -> Result<Page<ClientCard>> {
        require_administrator(actor)?;
        let Page { items, total, page, page_size } = oidc_client::list(self.0.store.db(), page).await?;
        let items = items.into_iter().map(card).collect::<Result<_>>()?;
        Ok(Page { items, total, page, page_size })
    }

    /// Let a client in, or no longer: then everything it holds ends at once. A revoked one stays revoked. Security
    /// administrators only.
    pub async fn set_client_state(&self, actor: &Party, id: &str, state: ClientState) -> Result<()> {
        require_role(actor, Role::SecurityAdministrator)?;
        let transaction = self.0.store.transaction().await?;
        let found =
            oidc_client::find(&transaction, id).await?.ok_or_else(|| Error::not_found("client", id))?;
        if state == ClientState::Waiting || ClientState::of(&found)? == ClientState::Revoked {
            return Err(Error::invalid(
                "state",
                "客户端只能启用或吊销；已吊销的须另行登记。",
                "A client is made active or revoked; a revoked one is registered anew.",
            ));
        }
        oidc_client::set_state(&transaction, &found.id, state.name()).await?;
        let ended = match state {
            ClientState::Revoked => oidc_token::end_of_client(&transaction, &found.id).await?,
            ClientState::Active | ClientState::Waiting => 0,
        };
        let body = json!({ "from": found.state, "to": state, "tokens": ended });
        let entry = entry("federation.client.state", &actor.account, &found.id, body);
        self.0.evidence.record_in(&transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Put a fresh secret in the place of a client's; the old one stops working at once. System administrators only.
    pub async fn renew_client_secret(&self, actor: &Party, id: &str) -> Result<Secret> {
        require_role(actor, Role::SystemAdministrator)?;
        let transaction = self.0.store.transaction().await?;
        let found = oidc_client::find(&transaction, id).await?.filter(|row| row.secret_hash.is_some());
        let found = found.ok_or_else(|| Error::not_found("client with a secret", id))?;
        let (secret, hash) = token::fresh(Kind::ClientSecret)?;
        oidc_client::set_secret(&transaction, &found.id, &hash).await?;
        let entry = entry("federation.client.secret", &actor.account, &found.id, json!({}));
        self.0.evidence.record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(secret)
    }

    /// The client of this id, if it may sign people in.
    pub(super) async fn active_client(&self, id: &str) -> Result<Option<OidcClient>> {
        let found = oidc_client::find(self.0.store.db(), id).await?;
        let Some(found) = found else { return Ok(None) };
        Ok((ClientState::of(&found)? == ClientState::Active).then_some(found))
    }
}

/// Texts of a stored array.
pub(super) fn texts(value: &serde_json::Value) -> Vec<String> {
    let texts = value.as_array().into_iter().flatten().filter_map(|text| text.as_str());
    texts.map(str::to_owned).collect()
}

/// Host that all of a client's answers go to: what its people are known by depends on it (OpenID Connect Core 1.0
/// §8.1), so that registering the same node anew keeps them.
pub(super) fn sector(client: &OidcClient) -> Result<String> {
    let first = texts(&client.redirect_uris).into_iter().next();
    let url = first.and_then(|uri| bounded_url(&uri, URI_BYTES_MAX));
    let host = url.and_then(|url| url.host_str().map(str::to_owned));
    host.ok_or(Error::Corrupt { field: "oidc_client.redirect_uris" })
}

fn checked(new: NewClient) -> Result<NewClient> {
    let name = new.name.trim().to_owned();
    if !(1..=NAME_CHARACTERS_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Error::invalid(
            "name",
            format!("客户端名称须为 1 至 {NAME_CHARACTERS_MAX} 个字符。"),
            format!("The name of a client has 1 to {NAME_CHARACTERS_MAX} characters."),
        ));
    }
    let redirects = &new.redirect_uris;
    let hosts: std::collections::BTreeSet<_> = redirects.iter().map(|uri| host(uri)).collect();
    if redirects.is_empty() || redirects.len() > URIS_MAX || hosts.contains(&None) || hosts.len() != 1 {
        return Err(Error::invalid(
            "redirect_uris",
            format!("回调地址须为 1 至 {URIS_MAX} 个同一主机的 https 地址（仅本机可用 http），不含 # 片段。"),
            format!("Redirect URIs are 1 to {URIS_MAX} https addresses on one host, without a fragment."),
        ));
    }
    if new.logout_uris.len() > URIS_MAX || new.logout_uris.iter().any(|uri| host(uri).is_none()) {
        return Err(Error::invalid(
            "logout_uris",
            format!("退出后地址至多 {URIS_MAX} 个，须为 https 地址（仅本机可用 http）。"),
            format!("Logout URIs are at most {URIS_MAX} https addresses."),
        ));
    }
    let known = |scope: &String| SCOPES.contains(&scope.as_str());
    if !new.scopes.iter().any(|scope| scope == "openid") || !new.scopes.iter().all(known) {
        return Err(Error::invalid(
            "scopes",
            "范围须含 openid，可另含 profile、brain、offline_access。",
            "Scopes contain openid, and may contain profile, brain and offline_access.",
        ));
    }
    if let Some(keys) = &new.keys {
        check_keys(keys)?;
    }
    Ok(NewClient { name, ..new })
}

/// Host of an address that answers may be sent to.
fn host(uri: &str) -> Option<String> {
    let url = bounded_url(uri, URI_BYTES_MAX).filter(|url| url.fragment().is_none())?;
    url.host_str().map(str::to_owned)
}

fn check_keys(keys: &serde_json::Value) -> Result<()> {
    let refused = || {
        Error::invalid(
            "keys",
            format!("公钥须为含 1 至 {KEYS_MAX} 个 ES256 或 EdDSA 公钥的 JWK 集合，不得含私钥。"),
            format!(
                "The keys are a JWK set of 1 to {KEYS_MAX} public keys for ES256 or EdDSA, and no private ones."
            ),
        )
    };
    let list = keys.get("keys").and_then(|keys| keys.as_array()).ok_or_else(refused)?;
    let good = |key: &serde_json::Value| {
        let public = key.get("d").is_none() && key.get("k").is_none();
        let parsed = serde_json::from_value::<Jwk>(key.clone());
        public && parsed.is_ok_and(|key| client_proof::is_suitable(&key))
    };
    if (1..=KEYS_MAX).contains(&list.len()) && list.iter().all(good) { Ok(()) } else { Err(refused()) }
}

fn card(row: OidcClient) -> Result<ClientCard> {
    Ok(ClientCard {
        state: ClientState::of(&row)?,
        redirect_uris: texts(&row.redirect_uris),
        logout_uris: texts(&row.logout_uris),
        scopes: texts(&row.scopes),
        signs: row.keys.is_some(),
        id: row.id,
        name: row.name,
        created_at: row.created_at,
    })
}

#[cfg(test)]
mod tests {
    use super::{NewClient, checked};
    use serde_json::json;

    fn client() -> NewClient {
        NewClient {
            name: "浙江智能制造大脑".to_owned(),
            redirect_uris: vec!["https://brain.example/sign-in/return".to_owned()],
            logout_uris: Vec::new(),
            scopes: vec!["openid".to_owned(), "brain".to_owned()],
            keys: None,
        }
    }

    #[test]
    fn a_client_says_where_answers_go_and_what_it_asks_for() {
        assert!(checked(client()).is_ok());
        let refused = |change: fn(&mut NewClient)| {
            let mut new = client();
            change(&mut new);
            checked(new).unwrap_err().to_string()
        };
        assert!(refused(|one| one.name = " ".to_owned()).contains("name"));
        assert!(refused(|one| one.redirect_uris.clear()).contains("redirect_uris"));
        for uri in
            ["http://brain.example/x", "https://brain.example/x#a", "brain.example", "javascript:alert(1)"]
        {
            let mut new = client();
            new.redirect_uris = vec![uri.to_owned()];
            assert!(checked(new).unwrap_err().to_string().contains("redirect_uris"), "{uri}");
        }
        assert!(
            refused(|one| one.redirect_uris.push("https://other.example/".to_owned()))
                .contains("redirect_uris")
        );
        assert!(
            refused(|one| one.logout_uris.push("http://brain.example/".to_owned())).contains("logout_uris")
        );
        assert!(refused(|one| one.scopes = vec!["brain".to_owned()]).contains("scopes"));
        assert!(refused(|one| one.scopes.push("everything".to_owned())).contains("scopes"));
    }

    #[test]
    fn keys_of_a_client_are_public_and_of_the_kinds_that_are_checked() {
        let with = |keys: serde_json::Value| checked(NewClient { keys: Some(keys), ..client() });
        let good = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "1" });
        assert!(with(json!({ "keys": [good] })).is_ok());
        let mut private = good;
        private["d"] = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".into();
        for wrong in [
            json!({}),
            json!({ "keys": [] }),
            json!({ "keys": [private] }),
            json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] }),
            json!({ "keys": [{ "kty": "RSA", "n": "AQAB", "e": "AQAB" }] }),
        ] {
            assert!(with(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
