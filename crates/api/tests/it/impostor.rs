//! A provider that lies: whatever is wrong with its identity token, metadata or keys, nobody is signed in.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use brain_testkit::{Client, Node};
use brain_trust::ProviderOptions;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Url;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// What the provider does differently.
#[derive(Clone, Default)]
struct Lie {
    claims: Value,
    metadata: Value,
    /// Sign with a key that is not published.
    foreign_key: bool,
    /// Write this header instead of a true one, and no signature.
    unsigned: Option<Value>,
    /// Sign with HMAC over the published key.
    confused: bool,
    /// Answer this instead of tokens.
    instead: Option<(u16, String)>,
}

struct Provider {
    issuer: String,
    key: EncodingKey,
    foreign: EncodingKey,
    public: Jwk,
    nonce: Mutex<String>,
    lie: Mutex<Lie>,
}

fn key() -> EncodingKey {
    let pair =
        aws_lc_rs::signature::EcdsaKeyPair::generate(&aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING);
    EncodingKey::from_ec_der(pair.and_then(|pair| pair.to_pkcs8v1()).unwrap().as_ref())
}

fn merged(mut value: Value, change: &Value) -> Value {
    for (name, change) in change.as_object().into_iter().flatten() {
        value[name] = change.clone();
    }
    value
}

async fn metadata(State(provider): State<Arc<Provider>>) -> String {
    let issuer = &provider.issuer;
    let honest = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
    });
    merged(honest, &provider.lie.lock().unwrap().metadata).to_string()
}

async fn keys(State(provider): State<Arc<Provider>>) -> String {
    json!({ "keys": [{ "kty": "martian" }, provider.public] }).to_string()
}

async fn token(State(provider): State<Arc<Provider>>) -> (axum::http::StatusCode, String) {
    let lie = provider.lie.lock().unwrap().clone();
    if let Some((status, body)) = lie.instead {
        return (axum::http::StatusCode::from_u16(status).unwrap(), body);
    }
    let now = chrono::Utc::now().timestamp();
    let honest = json!({
        "iss": provider.issuer, "aud": "brain", "sub": "s-1", "nonce": *provider.nonce.lock().unwrap(),
        "iat": now, "exp": now + 300, "role": "government", "name": "李四", "amr": ["mfa"],
    });
    let claims = merged(honest, &lie.claims);
    let mut header = Header::new(if lie.confused { Algorithm::HS256 } else { Algorithm::ES256 });
    header.kid.clone_from(&provider.public.common.key_id);
    let confused = EncodingKey::from_secret(serde_json::to_string(&provider.public).unwrap().as_bytes());
    let key = match (lie.confused, lie.foreign_key) {
        (true, _) => &confused,
        (false, true) => &provider.foreign,
        (false, false) => &provider.key,
    };
    let mut token = jsonwebtoken::encode(&header, &claims, key).unwrap();
    if let Some(header) = lie.unsigned {
        use base64::Engine as _;
        let part = |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
        token = format!("{}.{}.", part(&header), part(&claims));
    }
    (
        axum::http::StatusCode::OK,
        json!({ "access_token": "x", "token_type": "Bearer", "id_token": token }).to_string(),
    )
}

/// A brain that trusts the provider.
struct Scene {
    node: Node,
    provider: Arc<Provider>,
}

async fn scene(change: impl FnOnce(&mut ProviderOptions)) -> Scene {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let key = key();
    let mut public = Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap();
    public.common.key_id = Some("k1".to_owned());
    let foreign = self::key();
    let provider = Arc::new(Provider {
        issuer: issuer.clone(),
        key,
        foreign,
        public,
        nonce: Mutex::default(),
        lie: Mutex::default(),
    });
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(metadata))
        .route("/keys", get(keys))
        .route("/token", post(token))
        .with_state(provider.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let node = Node::start().await;
    let mut options = ProviderOptions::new("impostor", &issuer, "brain");
    options.create_accounts = true;
    "env:S".clone_into(&mut options.client_secret);
    change(&mut options);
    let secret = |name: &str| (name == "S").then(|| "secret".to_owned());
    node.trust.federation().configure(vec![options], &secret).unwrap();
    Scene { node, provider }
}

impl Scene {
    async fn sign_in(&self, lie: Lie) -> brain_testkit::Reply {
        *self.provider.lie.lock().unwrap() = lie;
        let browser: Client = self.node.anonymous();
        let depart = browser.post("/api/v1/federation/departure", &json!({ "provider": "impostor" })).await;
        if depart.status != 200 {
            return depart;
        }
        let url = Url::parse(depart.json()["redirect"].as_str().unwrap()).unwrap();
        let field = |name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        *self.provider.nonce.lock().unwrap() = field("nonce");
        let browser = browser.with_cookie_of(&depart);
        let body = json!({ "state": field("state"), "code": "c" });
        browser.post("/api/v1/federation/arrival", &body).await
    }

    async fn last_reason(&self) -> String {
        let auditor = self.node.signed_in("auditor").await;
        let entries = auditor.get("/api/v1/evidence?kind=session.refused").await.expect(200);
        entries["items"][0]["body"]["reason"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn an_identity_token_that_does_not_hold_signs_nobody_in_and_the_reason_is_recorded() {
    let scene = scene(|_| {}).await;
    let state = scene.sign_in(Lie::default()).await.expect(200);
    assert_eq!(state["party"]["role"], "government");
    let now = chrono::Utc::now().timestamp();
    let claims = |claims: Value| Lie { claims, ..Lie::default() };
    let unsigned = |header: Value| Lie { unsigned: Some(header), ..Lie::default() };
    for (lie, reason) in [
        (claims(json!({ "nonce": "another" })), "nonce"),
        (claims(json!({ "nonce": null })), "nonce"),
        (claims(json!({ "iss": "https://evil.example" })), "iss"),
        (claims(json!({ "aud": "another" })), "aud"),
        (claims(json!({ "azp": "another" })), "azp"),
        (claims(json!({ "exp": now - 120 })), "exp"),
        (claims(json!({ "iat": now - 3_600 })), "iat"),
        (claims(json!({ "sub": "" })), "sub"),
        (Lie { foreign_key: true, ..Lie::default() }, "signature"),
        (Lie { confused: true, ..Lie::default() }, "algorithm"),
        (unsigned(json!({ "alg": "none" })), "header"),
        (unsigned(json!({ "alg": "ES256", "kid": "k1" })), "signature"),
        (unsigned(json!({ "alg": "ES256", "kid": "k9" })), "unknown key"),
        (claims(json!({ "role": "auditor" })), "may not give"),
        (claims(json!({ "role": "nobody" })), "not mapped"),
        (claims(json!({ "role": "enterprise" })), "without an organisation"),
        (
            Lie { instead: Some((400, r#"{"error":"invalid_grant"}"#.to_owned())), ..Lie::default() },
            "invalid_grant",
        ),
        (Lie { instead: Some((200, "{}".to_owned())), ..Lie::default() }, "no identity token"),
    ] {
        let refused = scene.sign_in(lie).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (401, "trust/vouching-refused"),
            "{reason}"
        );
        let recorded = scene.last_reason().await;
        assert!(recorded.contains(reason), "{reason}: {recorded}");
    }
}

#[tokio::test]
async fn a_provider_that_speaks_for_another_or_too_long_is_not_used() {
    for metadata in [
        json!({ "issuer": "https://evil.example" }),
        json!({ "token_endpoint": "http://evil.example/token" }),
        json!({ "jwks_uri": "file:///etc/passwd" }),
        json!({ "authorization_endpoint": 7 }),
        json!({ "padding": "x".repeat(300 * 1024) }),
    ] {
        let scene = scene(|_| {}).await;
        let refused = scene.sign_in(Lie { metadata, ..Lie::default() }).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (503, "trust/provider-unreachable"));
    }
    let scene = scene(|_| {}).await;
    let long = Lie { instead: Some((200, format!("\"{}\"", "x".repeat(300 * 1024)))), ..Lie::default() };
    assert_eq!(scene.sign_in(long).await.code(), "trust/provider-unreachable");
}

#[tokio::test]
async fn a_second_factor_shown_elsewhere_counts_where_the_operator_says_so() {
    let relaxed = scene(|_| {}).await;
    let reply = relaxed.sign_in(Lie::default()).await;
    let inside = relaxed.node.anonymous().with_cookie_of(&reply);
    let sessions = inside.get("/api/v1/session/security").await.expect(200)["sessions"].clone();
    assert!(sessions[0]["second_factor"].is_null());
    let counting = scene(|options| options.second_factor_amr = ["mfa".to_owned()].into()).await;
    let reply = counting.sign_in(Lie::default()).await;
    let inside = counting.node.anonymous().with_cookie_of(&reply);
    let sessions = inside.get("/api/v1/session/security").await.expect(200)["sessions"].clone();
    assert_eq!(sessions[0]["second_factor"], "federated:impostor");
    let single = Lie { claims: json!({ "amr": ["pwd"], "sub": "s-2" }), ..Lie::default() };
    let reply = counting.sign_in(single).await;
    let inside = counting.node.anonymous().with_cookie_of(&reply);
    let sessions = inside.get("/api/v1/session/security").await.expect(200)["sessions"].clone();
    assert!(sessions[0]["second_factor"].is_null());
}
