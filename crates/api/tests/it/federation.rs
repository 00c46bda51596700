//! Two nodes: a centre that people have accounts at, and a brain that they sign in to through it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use brain_testkit::{Client, Node, Reply};
use brain_trust::ProviderOptions;
use brain_trust::federation::RETURN_PATH;
use chrono::TimeDelta;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

const VERIFIER: &str = "a-verifier-of-forty-three-letters-at-the-least";

/// A centre and a brain that is registered there.
struct Pair {
    centre: Node,
    brain: Node,
    client: String,
    secret: String,
}

/// Fields of an address's query.
fn query(address: &str) -> HashMap<String, String> {
    let url = Url::parse(address).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Path and query of an address.
fn path(address: &str) -> String {
    let url = Url::parse(address).unwrap();
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

pub(crate) async fn register(
    centre: &Node,
    redirect: &str,
    scopes: &[&str],
    keys: Option<Value>,
) -> (String, String) {
    let system = centre.signed_in("system_administrator").await;
    let body = json!({
        "name": "测试大脑", "redirect_uris": [redirect], "logout_uris": [redirect], "scopes": scopes, "keys": keys,
    });
    let made = system.post("/api/v1/federation/clients", &body).await.expect(201);
    let id = made["client"]["id"].as_str().unwrap().to_owned();
    assert_eq!(made["client"]["state"], "waiting");
    let security = centre.signed_in("security_administrator").await;
    set_state(&security, &id, "active").await;
    (id, made["secret"].as_str().unwrap_or_default().to_owned())
}

async fn set_state(security: &Client, id: &str, state: &str) {
    let path = format!("/api/v1/federation/clients/{id}/state");
    let request = security.request(Method::PUT, &path).json(&json!({ "state": state }));
    let _ = security.send(request).await.expect(204);
}

async fn pair(change: impl FnOnce(&mut ProviderOptions)) -> Pair {
    let (centre, brain) = (Node::start().await, Node::start().await);
    let redirect = brain.site.at(RETURN_PATH);
    let (client, secret) = register(&centre, &redirect, &["openid", "profile", "brain"], None).await;
    let mut options = ProviderOptions::new("centre", centre.site.origin(), &client);
    "env:CENTRE_SECRET".clone_into(&mut options.client_secret);
    change(&mut options);
    let environment = |name: &str| (name == "CENTRE_SECRET").then(|| secret.clone());
    brain.trust.federation().configure(vec![options], &environment).unwrap();
    Pair { centre, brain, client, secret }
}

/// A person's browser on the way from the brain to the centre and back; what the brain answers, and the browser.
struct Journey {
    browser: Client,
    back: HashMap<String, String>,
}

impl Pair {
    /// Leave the brain, agree at the centre as this account, and be back with a code.
    async fn there_and_back(&self, browser: &Client, depart: Reply, username: &str) -> Journey {
        let redirect = depart.expect(200)["redirect"].as_str().unwrap().to_owned();
        let keepsake = depart.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let both = match browser.cookie() {
            Some(session) => format!("{session}; {keepsake}"),
            None => keepsake,
        };
        let entered = self.centre.anonymous().get(&path(&redirect)).await;
        assert_eq!(entered.status, 303, "{}", entered.text());
        let page = entered.headers[LOCATION].to_str().unwrap().to_owned();
        assert!(page.starts_with(&self.centre.site.at("/authorize?")), "{page}");
        let person = self.centre.signed_in(username).await;
        let back = agree(&person, &query(&page)).await;
        Journey { browser: browser.with_cookie(&both), back: query(&back) }
    }

    async fn travel(&self, username: &str) -> Journey {
        let browser = self.brain.anonymous();
        let depart = browser.post("/api/v1/federation/departure", &json!({ "provider": "centre" })).await;
        self.there_and_back(&browser, depart, username).await
    }

    async fn sign_in(&self, username: &str) -> Reply {
        self.travel(username).await.arrive().await
    }

    fn redirect(&self) -> String {
        self.brain.site.at(RETURN_PATH)
    }

    /// A code as an application of the brain would get it, without the brain's own sign-in.
    async fn code(&self, username: &str, scope: &str) -> String {
        let request = authorization(&self.client, &self.redirect(), scope);
        let back = agree(&self.centre.signed_in(username).await, &request).await;
        query(&back)["code"].clone()
    }

    async fn token(&self, fields: &[(&str, &str)]) -> Reply {
        token(&self.centre, &self.client, &self.secret, fields).await
    }

    async fn exchange(&self, code: &str) -> Reply {
        let redirect = self.redirect();
        self.token(&code_fields(code, &redirect)).await
    }
}

impl Journey {
    async fn arrive(&self) -> Reply {
        self.arrive_with(json!({})).await
    }

    async fn arrive_with(&self, change: Value) -> Reply {
        let mut body =
            json!({ "state": self.back["state"], "code": self.back["code"], "iss": self.back["iss"] });
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.browser.post("/api/v1/federation/arrival", &body).await
    }
}

fn code_fields<'a>(code: &'a str, redirect: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect),
        ("code_verifier", VERIFIER),
    ]
}

pub(crate) fn authorization(client: &str, redirect: &str, scope: &str) -> HashMap<String, String> {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER.as_bytes()));
    let fields = [
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", redirect),
        ("scope", scope),
        ("state", "s-1"),
        ("nonce", "n-1"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// The person looks at what is asked and agrees; the address to go back to.
pub(crate) async fn agree(person: &Client, request: &HashMap<String, String>) -> String {
    let shown = consider(person, request).await.expect(200);
    assert_eq!(shown["client_name"], "测试大脑");
    let body = json!({ "request": request, "agree": true });
    let decided = person.post("/api/v1/federation/authorization", &body).await.expect(200);
    decided["redirect"].as_str().unwrap().to_owned()
}

async fn consider(person: &Client, request: &HashMap<String, String>) -> Reply {
    let mut url = Url::parse("http://x/api/v1/federation/authorization").unwrap();
    url.query_pairs_mut().extend_pairs(request);
    person.get(&path(url.as_str())).await
}

fn form(fields: &[(&str, &str)]) -> String {
    let mut url = Url::parse("http://x/").unwrap();
    url.query_pairs_mut().extend_pairs(fields);
    url.query().unwrap().to_owned()
}

async fn token(centre: &Node, client: &str, secret: &str, fields: &[(&str, &str)]) -> Reply {
    let anonymous = centre.anonymous();
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{client}:{secret}"));
    let request = anonymous.request(Method::POST, "/oauth2/token");
    let request = request.header(AUTHORIZATION, format!("Basic {basic}"));
    anonymous.send(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form(fields))).await
}

async fn userinfo(centre: &Node, access_token: &Value) -> Reply {
    centre.anonymous().with_token(access_token.as_str().unwrap()).get("/oauth2/userinfo").await
}

fn fault(reply: &Reply) -> String {
    reply.json()["error"].as_str().unwrap_or_default().to_owned()
}

fn creating(options: &mut ProviderOptions) {
    options.create_accounts = true;
}

#[tokio::test]
async fn a_person_of_the_centre_signs_in_at_the_brain_with_exactly_its_role_and_organisation() {
    let pair = pair(creating).await;
    for (username, organisation) in [
        ("enterprise", json!(brain_testkit::ORGANISATION)),
        ("other_enterprise", json!(brain_testkit::OTHER_ORGANISATION)),
        ("government", Value::Null),
        ("industry_body", Value::Null),
    ] {
        let reply = pair.sign_in(username).await;
        let state = reply.expect(200);
        let role = username.strip_prefix("other_").unwrap_or(username);
        assert_eq!((&state["party"]["role"], &state["party"]["organisation"]), (&json!(role), &organisation));
        assert_eq!(state["party"]["display_name"], username);
        // A session like any other, in a cookie.
        let inside = pair.brain.anonymous().with_cookie_of(&reply);
        assert_eq!(inside.get("/api/v1/session").await.expect(200)["party"]["role"], role);
        // The same person is the same account the next time.
        let again = pair.sign_in(username).await.expect(200);
        assert_eq!(again["party"]["account"], state["party"]["account"]);
    }
    let auditor = pair.centre.signed_in("auditor").await;
    let told = auditor.get("/api/v1/evidence?kind=federation.sign_in").await.expect(200);
    assert_eq!(told["total"], 8, "the centre recorded each sign-in through it");
    let auditor = pair.brain.signed_in("auditor").await;
    let opened = auditor.get("/api/v1/evidence?kind=session.open&page_size=200").await.expect(200);
    let through = opened["items"].as_array().unwrap().iter();
    assert_eq!(through.filter(|one| one["body"]["first_factor"] == "federated:centre").count(), 8);
}

#[tokio::test]
async fn an_account_that_the_provider_made_follows_what_the_provider_says() {
    let pair = pair(creating).await;
    let first = pair.sign_in("industry_body").await;
    let before = first.expect(200);
    let security = pair.centre.signed_in("security_administrator").await;
    let person = pair.centre.signed_in("industry_body").await.get("/api/v1/session").await.expect(200);
    let account = person["party"]["account"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/accounts/{account}/role");
    let request = security.request(Method::PUT, &path).json(&json!({ "role": "component_author" }));
    let _ = security.send(request).await.expect(204);
    let after = pair.sign_in("industry_body").await.expect(200);
    assert_eq!(after["party"]["account"], before["party"]["account"]);
    assert_eq!(after["party"]["role"], "component_author");
    let old = pair.brain.anonymous().with_cookie_of(&first).get("/api/v1/session").await;
    assert_eq!(old.status, 401, "what was opened with the old role has ended");
}

#[tokio::test]
async fn nobody_unknown_gets_in_until_the_account_is_linked_and_the_link_approved() {
    let pair = pair(|_| {}).await;
    let refused = pair.sign_in("government").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "trust/not-linked"));
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    let subject = detail.rsplit("Subject: ").next().unwrap().to_owned();
    assert_eq!(subject.len(), 43, "{detail}");

    let own = pair.brain.signed_in("industry_body").await.get("/api/v1/session").await.expect(200);
    let account = own["party"]["account"].as_str().unwrap().to_owned();
    let system = pair.brain.signed_in("system_administrator").await;
    let links = format!("/api/v1/accounts/{account}/links");
    let body = json!({ "provider": "centre", "subject": subject });
    let link = system.post(&links, &body).await.expect(201);
    assert_eq!(link["approved"], false);
    assert_eq!(
        pair.sign_in("government").await.code(),
        "trust/not-linked",
        "one administrator is not enough"
    );
    let taken = system.post(&links, &body).await;
    assert_eq!((taken.status.as_u16(), taken.code().as_str()), (409, "trust/link-taken"));

    let approval = format!("/api/v1/federation/links/{}/approval", link["id"].as_str().unwrap());
    let security = pair.brain.signed_in("security_administrator").await;
    let _ = security.post(&approval, &json!({})).await.expect(204);
    let state = pair.sign_in("government").await.expect(200);
    assert_eq!(state["party"]["account"], account.as_str());
    assert_eq!(
        state["party"]["role"], "industry_body",
        "an account that was here keeps the role it has here"
    );

    let removed = system.delete(&format!("/api/v1/federation/links/{}", link["id"].as_str().unwrap())).await;
    assert_eq!(removed.status, 204);
    assert_eq!(pair.sign_in("government").await.code(), "trust/not-linked");
}

#[tokio::test]
async fn a_person_links_the_own_account_in_the_own_session() {
    let pair = pair(|_| {}).await;
    let person = pair.brain.signed_in("government").await;
    let depart = person.post("/api/v1/session/links", &json!({ "provider": "centre" })).await;
    let journey = pair.there_and_back(&person, depart, "enterprise").await;
    let link = journey.arrive().await.expect(200);
    assert_eq!((&link["provider"], &link["approved"]), (&json!("centre"), &json!(true)));
    let state = pair.sign_in("enterprise").await.expect(200);
    assert_eq!(state["party"]["role"], "government");

    // Without the session that asked, or with another's, nothing is linked.
    let other = pair.brain.signed_in("industry_body").await;
    let depart = other.post("/api/v1/session/links", &json!({ "provider": "centre" })).await;
    let journey = pair.there_and_back(&other, depart, "other_enterprise").await;
    let keepsake = journey.browser.cookie().unwrap().rsplit("; ").next().unwrap().to_owned();
    let lost = Journey { browser: pair.brain.anonymous().with_cookie(&keepsake), back: journey.back };
    assert_eq!(lost.arrive().await.code(), "trust/vouching-ended");
    assert_eq!(pair.sign_in("other_enterprise").await.code(), "trust/not-linked");

    let links = person.get("/api/v1/session/links").await.expect(200);
    let id = links[0]["id"].as_str().unwrap();
    let _ = person.delete(&format!("/api/v1/session/links/{id}")).await.expect(204);
    assert_eq!(pair.sign_in("enterprise").await.code(), "trust/not-linked");
}

#[tokio::test]
async fn a_provider_gives_no_administrators_role_and_a_second_factor_counts_only_where_it_was_said() {
    let strict = pair(creating).await;
    for administrator in ["system_administrator", "security_administrator", "auditor"] {
        let refused = strict.sign_in(administrator).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (401, "trust/vouching-refused"));
    }
    let system = strict.brain.signed_in("system_administrator").await;
    let own = system.get("/api/v1/session").await.expect(200);
    let path = format!("/api/v1/accounts/{}/links", own["party"]["account"].as_str().unwrap());
    let refused = system.post(&path, &json!({ "provider": "centre", "subject": "x" })).await;
    assert_eq!(refused.code(), "trust/vouching-refused", "nor is an administrator's account linked");
    let auditor = strict.brain.signed_in("auditor").await;
    let entries = auditor.get("/api/v1/evidence?kind=session.refused").await.expect(200);
    assert!(entries["items"][0]["body"]["reason"].as_str().unwrap().contains("may not give"));
}

#[tokio::test]
async fn a_journey_belongs_to_the_browser_that_began_it_and_ends_with_its_first_return() {
    let pair = pair(creating).await;
    let journey = pair.travel("government").await;
    let other = Journey { browser: pair.brain.anonymous(), back: journey.back.clone() };
    assert_eq!(other.arrive().await.code(), "trust/vouching-ended", "another browser");
    assert_eq!(journey.arrive().await.code(), "trust/vouching-ended", "and the state is spent");

    let journey = pair.travel("government").await;
    let _ = journey.arrive().await.expect(200);
    assert_eq!(journey.arrive().await.code(), "trust/vouching-ended", "a return twice");

    let journey = pair.travel("government").await;
    let forged = journey.arrive_with(json!({ "state": "x".repeat(43) })).await;
    assert_eq!(forged.code(), "trust/vouching-ended");
    let mixed_up = journey.arrive_with(json!({ "iss": "https://evil.example" })).await;
    assert_eq!(mixed_up.code(), "trust/vouching-refused", "the answer of another provider");

    let journey = pair.travel("government").await;
    let silent = journey.arrive_with(json!({ "iss": null })).await;
    assert_eq!(silent.code(), "trust/vouching-refused", "this provider says who it is");

    let journey = pair.travel("government").await;
    let denied = journey.arrive_with(json!({ "code": null, "error": "access_denied" })).await;
    assert_eq!(denied.code(), "trust/vouching-refused");

    let journey = pair.travel("government").await;
    pair.brain.clock.advance(TimeDelta::minutes(11));
    assert_eq!(journey.arrive().await.code(), "trust/vouching-ended", "ten minutes");
}

#[tokio::test]
async fn a_client_that_is_waiting_unknown_or_revoked_gets_nothing() {
    let pair = pair(creating).await;
    let code = pair.code("government", "openid").await;
    let tokens = pair.exchange(&pair.code("government", "openid").await).await.expect(200);
    assert_eq!(userinfo(&pair.centre, &tokens["access_token"]).await.status, 200);
    let security = pair.centre.signed_in("security_administrator").await;
    set_state(&security, &pair.client, "revoked").await;

    let late = pair.exchange(&code).await;
    assert_eq!((late.status.as_u16(), fault(&late)), (401, "invalid_client".to_owned()));
    assert_eq!(userinfo(&pair.centre, &tokens["access_token"]).await.status, 401, "what it held has ended");
    let request = authorization(&pair.client, &pair.redirect(), "openid");
    let person = pair.centre.signed_in("government").await;
    assert_eq!(consider(&person, &request).await.status, 404);
    let depart =
        pair.brain.anonymous().post("/api/v1/federation/departure", &json!({ "provider": "centre" })).await;
    let redirect = depart.expect(200)["redirect"].as_str().unwrap().to_owned();
    let entered = pair.centre.anonymous().get(&path(&redirect)).await;
    assert_eq!(entered.status, 404, "nobody is sent on behalf of a revoked client");

    let system = pair.centre.signed_in("system_administrator").await;
    let body = json!({ "name": "b", "redirect_uris": [pair.redirect()], "scopes": ["openid"] });
    let made = system.post("/api/v1/federation/clients", &body).await.expect(201);
    let id = made["client"]["id"].as_str().unwrap();
    let waiting = consider(&person, &authorization(id, &pair.redirect(), "openid")).await;
    assert_eq!(waiting.status, 404, "not yet let in");
    let revived = json!({ "state": "active" });
    let path = format!("/api/v1/federation/clients/{}/state", pair.client);
    let again = security.send(security.request(Method::PUT, &path).json(&revived)).await;
    assert_eq!(again.code(), "trust/invalid-argument", "revoked for good");
}

#[tokio::test]
async fn an_address_that_is_not_registered_letter_by_letter_gets_no_answer() {
    let pair = pair(creating).await;
    let person = pair.centre.signed_in("government").await;
    let good = pair.redirect();
    let mut wrong = vec![
        format!("{good}/"),
        format!("{good}?a=1"),
        format!("{good}#a"),
        good.replace("localhost", "LOCALHOST"),
        good.replace("/sign-in/", "/sign-in/../sign-in/"),
        good.replace("http://", "https://"),
        "https://evil.example/sign-in/return".to_owned(),
        String::new(),
    ];
    wrong.push(good.replace("return", "return%00"));
    for address in wrong {
        let request = authorization(&pair.client, &address, "openid");
        assert_eq!(consider(&person, &request).await.code(), "trust/redirect-refused", "{address}");
        let mut url = Url::parse("http://x/oauth2/authorize").unwrap();
        url.query_pairs_mut().extend_pairs(&request);
        let entered = pair.centre.anonymous().get(&path(url.as_str())).await;
        assert_eq!((entered.status.as_u16(), entered.headers.get(LOCATION)), (400, None), "{address}");
    }
    // What is wrong with the rest goes back to the client, and to nobody else.
    let mut request = authorization(&pair.client, &good, "openid");
    request.remove("code_challenge");
    let mut url = Url::parse("http://x/oauth2/authorize").unwrap();
    url.query_pairs_mut().extend_pairs(&request);
    let entered = pair.centre.anonymous().get(&path(url.as_str())).await;
    let back = entered.headers[LOCATION].to_str().unwrap();
    assert!(back.starts_with(&good));
    assert_eq!((query(back)["error"].as_str(), query(back)["state"].as_str()), ("invalid_request", "s-1"));
    // So does a person's no.
    let body = json!({ "request": authorization(&pair.client, &good, "openid"), "agree": false });
    let refused = person.post("/api/v1/federation/authorization", &body).await.expect(200);
    assert_eq!(query(refused["redirect"].as_str().unwrap())["error"], "access_denied");
}

#[tokio::test]
async fn a_code_works_once_for_its_own_client_with_its_own_verifier_and_address() {
    let pair = pair(creating).await;
    let redirect = pair.redirect();
    let code = pair.code("government", "openid profile").await;
    let tokens = pair.exchange(&code).await.expect(200);
    assert_eq!(tokens["token_type"], "Bearer");
    assert!(tokens["refresh_token"].is_null(), "nobody asked for renewal");
    let told = userinfo(&pair.centre, &tokens["access_token"]).await.expect(200);
    assert_eq!((told["name"].as_str(), told.get("role")), (Some("government"), None));
    let replayed = pair.exchange(&code).await;
    assert_eq!((replayed.status.as_u16(), fault(&replayed)), (400, "invalid_grant".to_owned()));
    assert_eq!(userinfo(&pair.centre, &tokens["access_token"]).await.status, 401, "and its tokens end");

    // Stolen on the way: without the verifier it is worth nothing, and the guess spends it.
    let code = pair.code("government", "openid").await;
    let mut guessed = code_fields(&code, &redirect);
    let other = "another-verifier-of-forty-three-letters-at-least";
    guessed[3] = ("code_verifier", other);
    assert_eq!(fault(&pair.token(&guessed).await), "invalid_grant");
    assert_eq!(fault(&pair.exchange(&code).await), "invalid_grant");

    let code = pair.code("government", "openid").await;
    assert_eq!(fault(&pair.token(&code_fields(&code, "https://evil.example/")).await), "invalid_grant");

    // Stolen by another client that is known here.
    let (thief, secret) = register(&pair.centre, &redirect, &["openid"], None).await;
    let code = pair.code("government", "openid").await;
    let stolen = token(&pair.centre, &thief, &secret, &code_fields(&code, &redirect)).await;
    assert_eq!(fault(&stolen), "invalid_grant");
    assert_eq!(fault(&pair.exchange(&code).await), "invalid_grant", "a code in the wrong hands is burnt");
    let wrong = token(&pair.centre, &pair.client, "brx_guess", &code_fields(&code, &redirect)).await;
    assert_eq!((wrong.status.as_u16(), fault(&wrong)), (401, "invalid_client".to_owned()));

    let code = pair.code("government", "openid").await;
    pair.centre.clock.advance(TimeDelta::seconds(61));
    assert_eq!(fault(&pair.exchange(&code).await), "invalid_grant", "a minute");

    let auditor = pair.centre.signed_in("auditor").await;
    let stolen = auditor.get("/api/v1/evidence?kind=federation.stolen").await.expect(200);
    assert_eq!(stolen["total"], 4, "replay, guess shown again, theft, and what was burnt shown again");
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_once_and_shown_again_ends_the_family() {
    let pair = pair(creating).await;
    let redirect = pair.redirect();
    let scopes = ["openid", "offline_access"];
    let (client, secret) = register(&pair.centre, &redirect, &scopes, None).await;
    let person = pair.centre.signed_in("government").await;
    let request = authorization(&client, &redirect, "openid offline_access");
    let back = agree(&person, &request).await;
    let code = query(&back)["code"].clone();
    let first = token(&pair.centre, &client, &secret, &code_fields(&code, &redirect)).await.expect(200);
    let renew = async |refresh: &Value| {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str().unwrap())];
        token(&pair.centre, &client, &secret, &fields).await
    };
    let second = renew(&first["refresh_token"]).await.expect(200);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let third = renew(&second["refresh_token"]).await.expect(200);
    let reused = renew(&second["refresh_token"]).await;
    assert_eq!(fault(&reused), "invalid_grant");
    assert_eq!(
        fault(&renew(&third["refresh_token"]).await),
        "invalid_grant",
        "for the thief and for the owner"
    );
    assert_eq!(userinfo(&pair.centre, &third["access_token"]).await.status, 401);

    // A consent taken back ends them too, and so does a closed account.
    let consents = person.get("/api/v1/session/consents").await.expect(200);
    let mine = consents.as_array().unwrap().iter().find(|one| one["client_id"] == client.as_str()).unwrap();
    assert_eq!(mine["scopes"], json!(["offline_access", "openid"]));
    let code = query(&agree(&person, &request).await)["code"].clone();
    let tokens = token(&pair.centre, &client, &secret, &code_fields(&code, &redirect)).await.expect(200);
    let path = format!("/api/v1/session/consents/{}", mine["id"].as_str().unwrap());
    let _ = person.delete(&path).await.expect(204);
    assert_eq!(userinfo(&pair.centre, &tokens["access_token"]).await.status, 401);
    assert_eq!(fault(&renew(&tokens["refresh_token"]).await), "invalid_grant");
}

#[tokio::test]
async fn names_at_one_client_say_nothing_at_another() {
    let pair = pair(creating).await;
    let subject = async |client: &str, secret: &str, redirect: &str| {
        let request = authorization(client, redirect, "openid");
        let back = agree(&pair.centre.signed_in("government").await, &request).await;
        let code = query(&back)["code"].clone();
        let tokens = token(&pair.centre, client, secret, &code_fields(&code, redirect)).await.expect(200);
        userinfo(&pair.centre, &tokens["access_token"]).await.expect(200)["sub"].clone()
    };
    let own = subject(&pair.client, &pair.secret, &pair.redirect()).await;
    let elsewhere = "https://other.example/callback";
    let (client, secret) = register(&pair.centre, elsewhere, &["openid"], None).await;
    assert_ne!(subject(&client, &secret, elsewhere).await, own);
    let (client, secret) = register(&pair.centre, &pair.redirect(), &["openid"], None).await;
    assert_eq!(subject(&client, &secret, &pair.redirect()).await, own, "the same host registered anew");
    let account = pair.centre.signed_in("government").await.get("/api/v1/session").await.expect(200);
    assert_ne!(own, account["party"]["account"]);
}

#[tokio::test]
async fn keys_change_and_the_old_one_is_published_a_while() {
    let pair = pair(creating).await;
    let keys = async || pair.centre.anonymous().get("/oauth2/jwks").await.expect(200)["keys"].clone();
    let _ = pair.sign_in("government").await.expect(200);
    let before = keys().await;
    assert_eq!((before.as_array().unwrap().len(), &before[0]["alg"]), (1, &json!("ES256")));
    assert!(before[0].get("d").is_none(), "the public half only");
    let security = pair.centre.signed_in("security_administrator").await;
    let _ = security.post("/api/v1/federation/keys", &json!({})).await.expect(204);
    let both = keys().await;
    assert_eq!((both.as_array().unwrap().len(), &both[1]["kid"]), (2, &before[0]["kid"]));
    // The brain has the old key in its memory and asks again when it meets the new one.
    pair.brain.clock.advance(TimeDelta::seconds(61));
    let _ = pair.sign_in("government").await.expect(200);
    pair.centre.clock.advance(TimeDelta::hours(49));
    assert_eq!(keys().await.as_array().unwrap().len(), 1);
    pair.centre.trust.federation().sweep().await.unwrap();
    assert_eq!(keys().await[0]["kid"], both[0]["kid"]);
}

#[tokio::test]
async fn a_client_that_signs_needs_no_secret_and_each_assertion_works_once() {
    let pair = pair(creating).await;
    let redirect = pair.redirect();
    let key = jsonwebtoken::EncodingKey::from_ec_der(
        aws_lc_rs::signature::EcdsaKeyPair::generate(&aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING)
            .and_then(|pair| pair.to_pkcs8v1())
            .unwrap()
            .as_ref(),
    );
    let mut public = jsonwebtoken::jwk::Jwk::from_encoding_key(&key, jsonwebtoken::Algorithm::ES256).unwrap();
    public.common.key_id = Some("k".to_owned());
    let (client, secret) =
        register(&pair.centre, &redirect, &["openid"], Some(json!({ "keys": [public] }))).await;
    assert!(secret.is_empty());
    let now = chrono::Utc::now().timestamp();
    let sign = |audience: &str, id: &str| {
        let claims =
            json!({ "iss": client, "sub": client, "aud": audience, "jti": id, "iat": now, "exp": now + 60 });
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
        header.kid = Some("k".to_owned());
        jsonwebtoken::encode(&header, &claims, &key).unwrap()
    };
    let attempt = async |assertion: &str| {
        let person = pair.centre.signed_in("government").await;
        let code = query(&agree(&person, &authorization(&client, &redirect, "openid")).await)["code"].clone();
        let mut fields = code_fields(&code, &redirect);
        fields.push(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
        fields.push(("client_assertion", assertion));
        let anonymous = pair.centre.anonymous();
        let request = anonymous.request(Method::POST, "/oauth2/token");
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form(&fields));
        anonymous.send(request).await
    };
    let good = sign(pair.centre.site.origin(), "1");
    let _ = attempt(&good).await.expect(200);
    assert_eq!(fault(&attempt(&good).await), "invalid_client", "replayed");
    let elsewhere = sign("https://other.example", "2");
    assert_eq!(fault(&attempt(&elsewhere).await), "invalid_client", "meant for another");
    let mut forged = sign(pair.centre.site.origin(), "3");
    let last = if forged.pop() == Some('A') { 'Q' } else { 'A' };
    forged.push(last);
    assert_eq!(fault(&attempt(&forged).await), "invalid_client");
}

#[tokio::test]
async fn metadata_name_what_the_node_does_and_forms_are_what_oauth_sends() {
    let centre = Node::start().await;
    let anonymous = centre.anonymous();
    let metadata = anonymous.get("/.well-known/openid-configuration").await.expect(200);
    assert_eq!(metadata["issuer"], centre.site.origin());
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(metadata["subject_types_supported"], json!(["pairwise"]));
    for endpoint in ["authorization_endpoint", "jwks_uri", "end_session_endpoint"] {
        let address = metadata[endpoint].as_str().unwrap();
        assert!(address.starts_with(centre.site.origin()), "{endpoint}");
        assert_ne!(anonymous.get(&path(address)).await.code(), "api/unknown-path", "{endpoint}");
    }
    let json = anonymous.post("/oauth2/token", &json!({ "grant_type": "authorization_code" })).await;
    assert_eq!(json.code(), "api/content-type");
    let request = anonymous.request(Method::POST, "/oauth2/token");
    let request =
        request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body("grant_type=password");
    let nobody = anonymous.send(request).await;
    assert_eq!((nobody.status.as_u16(), fault(&nobody)), (401, "invalid_client".to_owned()));
    assert_eq!(nobody.header("cache-control"), "no-store");
    assert!(nobody.header("www-authenticate").starts_with("Basic"));
}

#[tokio::test]
async fn signing_out_on_behalf_of_a_client_leads_only_where_it_registered() {
    let pair = pair(creating).await;
    let good = pair.redirect();
    let farewell = async |client: &str, address: &str| {
        let fields = form(&[("client_id", client), ("post_logout_redirect_uri", address), ("state", "x")]);
        pair.centre.anonymous().get(&format!("/api/v1/federation/farewell?{fields}")).await.expect(200)["redirect"].clone()
    };
    assert_eq!(farewell(&pair.client, &good).await, format!("{good}?state=x"));
    assert_eq!(farewell(&pair.client, "https://evil.example/").await, Value::Null);
    assert_eq!(farewell("unknown", &good).await, Value::Null);
    let fields = form(&[("client_id", &pair.client), ("post_logout_redirect_uri", &good)]);
    let reply = pair.centre.anonymous().get(&format!("/oauth2/logout?{fields}")).await;
    let page = reply.headers[LOCATION].to_str().unwrap();
    assert!(reply.status == 303 && page.starts_with(&pair.centre.site.at("/sign-out?")), "{page}");
}

#[tokio::test]
async fn the_keepsake_is_out_of_reach_of_scripts_and_other_sites() {
    let pair = pair(creating).await;
    let depart =
        pair.brain.anonymous().post("/api/v1/federation/departure", &json!({ "provider": "centre" })).await;
    let cookie = depart.headers["set-cookie"].to_str().unwrap();
    for part in ["brain_departure=", "HttpOnly", "SameSite=Strict", "Max-Age="] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let redirect = depart.expect(200)["redirect"].as_str().unwrap().to_owned();
    let asked = query(&redirect);
    assert_eq!((asked["response_type"].as_str(), asked["code_challenge_method"].as_str()), ("code", "S256"));
    assert!(!redirect.contains(&pair.secret) && asked["state"] != asked["nonce"]);
    let unknown =
        pair.brain.anonymous().post("/api/v1/federation/departure", &json!({ "provider": "x" })).await;
    assert_eq!(unknown.status, 404);
    let listed = pair.brain.anonymous().get("/api/v1/federation/providers").await.expect(200);
    assert_eq!(listed, json!([{ "id": "centre", "title": { "zh": "centre", "en": "centre" } }]));
    // A cookie of the centre opens nothing at the brain and the other way round.
    let person = pair.centre.signed_in("government").await;
    let carried = pair.brain.anonymous();
    let request = carried.request(Method::GET, "/api/v1/session").header(COOKIE, person.cookie().unwrap());
    assert_eq!(carried.send(request).await.status, 401);
}
