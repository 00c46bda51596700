//! A client asks for a person (授权请求): who asks, what it will be told, and the code it gets once the person agrees
//! (RFC 6749 §4.1, RFC 7636, OpenID Connect Core 1.0 §3.1.2).

use brain_kernel::party::Party;
use brain_store::oidc_client::OidcClient;
use brain_store::oidc_consent::{self, OidcConsent};
use brain_store::oidc_token::{self, OidcCode};
use brain_store::session;
use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::claims::{Claims, SignedInHow, signed_in_at};
use super::clients::texts;
use super::fetch::with_query;
use super::{Federation, entry};
use crate::identity::token::{self, Kind};
use crate::site::Site;
use crate::{Error, Result};

/// Seconds a code works.
const CODE_S: i64 = 60;
/// Longest field of a request, bytes.
const FIELD_BYTES_MAX: usize = 2_000;
/// Seconds that count as having signed in just now, for `prompt=login`.
const JUST_NOW_S: i64 = 300;
/// Page of the portal that asks the person.
const CONSENT_PATH: &str = "/authorize";

/// A request as a client sends it through the browser. What is not known here is passed over (RFC 6749 §3.1).
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct AuthorizationRequest {
    /// `code`.
    pub response_type: Option<String>,
    /// Client id.
    pub client_id: Option<String>,
    /// Where the answer goes; exactly as registered.
    pub redirect_uri: Option<String>,
    /// Scopes, `openid` among them.
    pub scope: Option<String>,
    /// Comes back unchanged.
    pub state: Option<String>,
    /// Comes back in the identity token.
    pub nonce: Option<String>,
    /// PKCE challenge.
    pub code_challenge: Option<String>,
    /// `S256`.
    pub code_challenge_method: Option<String>,
    /// `query`.
    pub response_mode: Option<String>,
    /// `login`, `consent`; `none` is always answered that somebody must be asked.
    pub prompt: Option<String>,
    /// Seconds since the person signed in at most.
    pub max_age: Option<String>,
    /// Not taken (OpenID Connect Core 1.0 §6).
    pub request: Option<String>,
    /// Not taken.
    pub request_uri: Option<String>,
}

/// Where a request leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// To the page that asks the person.
    Ask(String),
    /// Back to the client, with what is wrong.
    Back(String),
}

/// One thing a client is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Told {
    /// Claim: `sub`, `name`, `role`, `organisation`, `region`.
    pub claim: &'static str,
    /// What it says; `None` for the opaque name that only this client knows.
    pub value: Option<String>,
}

/// What the page that asks the person shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Considered {
    /// Client id.
    pub client_id: String,
    /// Name of the client.
    pub client_name: String,
    /// Host that the answer goes to.
    pub client_host: String,
    /// What it is told.
    pub told: Vec<Told>,
    /// Whether it may ask again without the person being there.
    pub offline: bool,
    /// Whether the person agreed to this before.
    pub agreed_before: bool,
    /// Whether the person must sign in again first.
    pub sign_in_again: bool,
}

/// What is wrong with a request, as the client is told (RFC 6749 §4.1.2.1).
type Wrong = (&'static str, &'static str);

/// A request whose client and address are known to be good.
struct Asked<'a> {
    client: OidcClient,
    redirect_uri: &'a str,
}

/// The rest of a good request.
struct Checked<'a> {
    scope: String,
    nonce: Option<&'a str>,
    code_challenge: &'a str,
    max_age_s: Option<i64>,
    consent: bool,
}

impl Federation {
    /// A browser arrives with a request. One of an unknown client or with an address that is not exactly a registered
    /// one is refused here: nothing is ever sent there.
    pub async fn enter(&self, request: &AuthorizationRequest, site: &Site) -> Result<Way> {
        let asked = self.asked(request).await?;
        match checked(request, &asked.client) {
            Err(wrong) => back(&asked, request, site, Err(wrong)).map(Way::Back),
            Ok(_) => {
                let query = serde_json::to_value(request).unwrap_or_default();
                let fields = query.as_object().into_iter().flatten();
                let fields = fields.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
                let fields: Vec<(&str, &str)> = fields.collect();
                let page = with_query(&site.at(CONSENT_PATH), &fields).ok_or_else(unknown_client)?;
                Ok(Way::Ask(page.into()))
            }
        }
    }

    /// What the page that asks shows to the person behind a session.
    pub async fn consider(
        &self,
        party: &Party,
        session_id: &str,
        request: &AuthorizationRequest,
    ) -> Result<Considered> {
        let asked = self.asked(request).await?;
        let checked = checked(request, &asked.client).map_err(|(_, what)| malformed(what))?;
        let transaction = self.0.store.transaction().await?;
        let opened = session::find(&transaction, session_id).await?.ok_or(Error::SessionEnded)?;
        let claims = self.claims(&transaction, &asked.client, party, &checked.scope).await?;
        let consent = oidc_consent::find(&transaction, &party.account, &asked.client.id).await?;
        // The salt that names are made with may just have been made.
        transaction.commit().await?;
        let agreed = consent.is_some_and(|consent| covers(&consent.scope, &checked.scope));
        let age_s = (self.0.store.now() - signed_in_at(&opened)).num_seconds();
        Ok(Considered {
            client_host: with_query(asked.redirect_uri, &[])
                .and_then(|url| url.host_str().map(str::to_owned))
                .unwrap_or_default(),
            client_id: asked.client.id,
            client_name: asked.client.name,
            told: told(claims),
            offline: checked.scope.split(' ').any(|scope| scope == "offline_access"),
            agreed_before: agreed && !checked.consent,
            sign_in_again: checked.max_age_s.is_some_and(|most| age_s > most),
        })
    }

    /// The person agrees, or not; the address to send the browser to.
    pub async fn decide(
        &self,
        party: &Party,
        session_id: &str,
        request: &AuthorizationRequest,
        agrees: bool,
        site: &Site,
    ) -> Result<String> {
        let asked = self.asked(request).await?;
        let checked = match checked(request, &asked.client) {
            Ok(checked) => checked,
            Err(wrong) => return back(&asked, request, site, Err(wrong)),
        };
        if !agrees {
            let wrong = ("access_denied", "the person did not agree");
            return back(&asked, request, site, Err(wrong));
        }
        let now = self.0.store.now();
        let transaction = self.0.store.transaction().await?;
        let opened = session::find(&transaction, session_id).await?.ok_or(Error::SessionEnded)?;
        if checked.max_age_s.is_some_and(|most| (now - signed_in_at(&opened)).num_seconds() > most) {
            let wrong = ("login_required", "the person must sign in again");
            return back(&asked, request, site, Err(wrong));
        }
        let (code, code_hash) = token::fresh(Kind::Code)?;
        let consent = OidcConsent {
            id: self.0.store.new_id(),
            account_id: party.account.clone(),
            client_id: asked.client.id.clone(),
            scope: checked.scope.clone(),
            given_at: now,
            last_used_at: None,
            uses: 0,
        };
        oidc_consent::put(&transaction, consent).await?;
        let row = OidcCode {
            code_hash,
            family: self.0.store.new_id(),
            client_id: asked.client.id.clone(),
            account_id: party.account.clone(),
            redirect_uri: asked.redirect_uri.to_owned(),
            scope: checked.scope.clone(),
            nonce: checked.nonce.map(str::to_owned),
            code_challenge: checked.code_challenge.to_owned(),
            sign_in: json!(SignedInHow::of(&opened)),
            expires_at: now + TimeDelta::seconds(CODE_S),
            used_at: None,
        };
        oidc_token::insert_code(&transaction, row).await?;
        let body = json!({ "client": asked.client.id, "scope": checked.scope });
        let entry = entry("federation.agree", &party.account, &party.account, body);
        self.0.evidence.record_in(&transaction, entry).await?;
        transaction.commit().await?;
        back(&asked, request, site, Ok(code.expose()))
    }

    async fn asked<'a>(&self, request: &'a AuthorizationRequest) -> Result<Asked<'a>> {
        let id = request.client_id.as_deref().filter(|id| id.len() <= FIELD_BYTES_MAX);
        let client = match id {
            Some(id) => self.active_client(id).await?,
            None => None,
        };
        let client = client.ok_or_else(unknown_client)?;
        let wanted = request.redirect_uri.as_deref().unwrap_or_default();
        // Letter by letter: what looks almost like a registered address is somebody else's (RFC 9700 §2.1).
        if !texts(&client.redirect_uris).iter().any(|registered| registered == wanted) {
            return Err(Error::RedirectRefused { client: client.id });
        }
        Ok(Asked { client, redirect_uri: wanted })
    }
}

fn checked<'a>(
    request: &'a AuthorizationRequest,
    client: &OidcClient,
) -> std::result::Result<Checked<'a>, Wrong> {
    let fields = [&request.scope, &request.state, &request.nonce, &request.code_challenge, &request.prompt];
    if fields
        .into_iter()
        .flatten()
        .any(|text| text.len() > FIELD_BYTES_MAX || text.contains(char::is_control))
    {
        return Err(("invalid_request", "a field is too long or not plain"));
    }
    if request.request.is_some() {
        return Err(("request_not_supported", "request objects are not taken"));
    }
    if request.request_uri.is_some() {
        return Err(("request_uri_not_supported", "request objects are not taken"));
    }
    if request.response_type.as_deref() != Some("code") {
        return Err(("unsupported_response_type", "response_type must be code"));
    }
    if request.response_mode.as_deref().is_some_and(|mode| mode != "query") {
        return Err(("invalid_request", "response_mode must be query"));
    }
    let scope = scopes(request.scope.as_deref().unwrap_or_default(), client)?;
    if request.code_challenge_method.as_deref() != Some("S256") {
        return Err(("invalid_request", "PKCE with code_challenge_method S256 is required"));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let code_challenge = request.code_challenge.as_deref().unwrap_or_default();
    if code_challenge.len() != 43 || !code_challenge.bytes().all(plain) {
        return Err(("invalid_request", "code_challenge must be the base64url of a SHA-256"));
    }
    let prompts: Vec<&str> = request.prompt.as_deref().unwrap_or_default().split_whitespace().collect();
    if prompts.contains(&"none") {
        // Whether anybody is signed in is not known here: the session's cookie does not travel from other sites.
        return Err(("interaction_required", "somebody must be asked"));
    }
    if prompts.iter().any(|prompt| !matches!(*prompt, "login" | "consent" | "select_account")) {
        return Err(("invalid_request", "prompt is not known"));
    }
    let max_age_s = match request.max_age.as_deref().map(str::parse::<u32>) {
        None => prompts.contains(&"login").then_some(JUST_NOW_S),
        Some(Ok(seconds)) => Some(i64::from(seconds)),
        Some(Err(_)) => return Err(("invalid_request", "max_age must be a number of seconds")),
    };
    Ok(Checked {
        scope,
        nonce: request.nonce.as_deref(),
        code_challenge,
        max_age_s,
        consent: prompts.contains(&"consent"),
    })
}

/// Scopes asked for, each once, as far as the client was given them; `openid` must be among them.
fn scopes(asked: &str, client: &OidcClient) -> std::result::Result<String, Wrong> {
    let given = texts(&client.scopes);
    let mut wanted: Vec<&str> = asked.split_whitespace().collect();
    wanted.sort_unstable();
    wanted.dedup();
    if !wanted.contains(&"openid") {
        return Err(("invalid_scope", "scope must contain openid"));
    }
    if wanted.iter().any(|scope| !given.iter().any(|known| known == scope)) {
        return Err(("invalid_scope", "a scope that this client was not given"));
    }
    Ok(wanted.join(" "))
}

/// Whether an earlier agreement covers what is asked now.
fn covers(agreed: &str, asked: &str) -> bool {
    asked.split(' ').all(|scope| agreed.split(' ').any(|known| known == scope))
}

fn told(claims: Claims) -> Vec<Told> {
    let Claims { sub: _, name, role, organisation, region } = claims;
    let mut told = vec![Told { claim: "sub", value: None }];
    let rest = [
        ("name", name),
        ("role", role.map(|role| role.name().to_owned())),
        ("organisation", organisation),
        ("region", region),
    ];
    told.extend(rest.into_iter().filter_map(|(claim, value)| Some(Told { claim, value: Some(value?) })));
    told
}

/// The address of the client with a code, or with what is wrong; `state` comes back, and who answers (RFC 9207).
fn back(
    asked: &Asked<'_>,
    request: &AuthorizationRequest,
    site: &Site,
    outcome: std::result::Result<&str, Wrong>,
) -> Result<String> {
    let mut fields = match outcome {
        Ok(code) => vec![("code", code)],
        Err((error, description)) => vec![("error", error), ("error_description", description)],
    };
    if let Some(state) = request.state.as_deref().filter(|state| state.len() <= FIELD_BYTES_MAX) {
        fields.push(("state", state));
    }
    fields.push(("iss", site.origin()));
    let address = with_query(asked.redirect_uri, &fields);
    let address = address.ok_or(Error::Corrupt { field: "oidc_client.redirect_uris" })?;
    Ok(address.into())
}

fn unknown_client() -> Error {
    Error::not_found("client", "-")
}

fn malformed(what: &'static str) -> Error {
    Error::invalid(
        "authorization",
        format!("登录请求有误：{what}。"),
        format!("The request is not good: {what}."),
    )
}

#[cfg(test)]
mod tests {
    use super::{AuthorizationRequest, checked, covers};
    use brain_store::oidc_client::OidcClient;
    use chrono::DateTime;
    use serde_json::json;

    fn client() -> OidcClient {
        OidcClient {
            id: "c".to_owned(),
            name: "c".to_owned(),
            redirect_uris: json!(["https://brain.example/sign-in/return"]),
            logout_uris: json!([]),
            scopes: json!(["openid", "profile", "brain"]),
            secret_hash: None,
            keys: None,
            state: "active".to_owned(),
            created_at: DateTime::from_timestamp(0, 0).unwrap(),
        }
    }

    fn good() -> AuthorizationRequest {
        let text = |text: &str| Some(text.to_owned());
        AuthorizationRequest {
            response_type: text("code"),
            client_id: text("c"),
            redirect_uri: text("https://brain.example/sign-in/return"),
            scope: text("openid brain openid"),
            state: text("s"),
            nonce: text("n"),
            code_challenge: text("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            code_challenge_method: text("S256"),
            ..AuthorizationRequest::default()
        }
    }

    #[test]
    fn a_good_request_asks_for_scopes_it_was_given_and_brings_a_challenge() {
        let request = good();
        let checked = checked(&request, &client()).ok().unwrap();
        assert_eq!(
            (checked.scope.as_str(), checked.max_age_s, checked.consent),
            ("brain openid", None, false)
        );
    }

    #[test]
    fn whatever_is_wrong_has_its_code_of_the_standard() {
        let wrong = |change: fn(&mut AuthorizationRequest)| {
            let mut request = good();
            change(&mut request);
            checked(&request, &client()).err().unwrap().0
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(wrong(|one| one.response_type = Some("token".to_owned())), "unsupported_response_type");
        assert_eq!(wrong(|one| one.response_type = None), "unsupported_response_type");
        assert_eq!(wrong(|one| one.response_mode = Some("fragment".to_owned())), "invalid_request");
        assert_eq!(wrong(|one| one.scope = Some("brain".to_owned())), "invalid_scope");
        assert_eq!(wrong(|one| one.scope = Some("openid offline_access".to_owned())), "invalid_scope");
        assert_eq!(wrong(|one| one.code_challenge_method = Some("plain".to_owned())), "invalid_request");
        assert_eq!(wrong(|one| one.code_challenge_method = None), "invalid_request");
        assert_eq!(wrong(|one| one.code_challenge = Some("short".to_owned())), "invalid_request");
        assert_eq!(wrong(|one| one.code_challenge = None), "invalid_request");
        assert_eq!(wrong(|one| one.prompt = Some("none".to_owned())), "interaction_required");
        assert_eq!(wrong(|one| one.prompt = Some("dance".to_owned())), "invalid_request");
        assert_eq!(wrong(|one| one.max_age = Some("-1".to_owned())), "invalid_request");
        assert_eq!(wrong(|one| one.state = Some("x".repeat(2_001))), "invalid_request");
        assert_eq!(wrong(|one| one.nonce = Some("a\nb".to_owned())), "invalid_request");
        assert_eq!(wrong(|one| one.request = Some("x".to_owned())), "request_not_supported");
        assert_eq!(wrong(|one| one.request_uri = Some("x".to_owned())), "request_uri_not_supported");
        let mut again = good();
        (again.prompt, again.max_age) = (text("login consent"), None);
        let again = checked(&again, &client()).ok().unwrap();
        assert_eq!((again.max_age_s, again.consent), (Some(300), true));
    }

    #[test]
    fn an_agreement_covers_what_it_named_and_no_more() {
        assert!(covers("brain openid", "openid") && covers("openid", "openid"));
        assert!(!covers("openid", "brain openid") && !covers("", "openid"));
    }
}
