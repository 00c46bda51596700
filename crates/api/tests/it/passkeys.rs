//! Passkeys as a browser uses them: over HTTP, with the cookie of its session.

use brain_testkit::{Authenticator, Client, Node, base64url};
use serde_json::{Value, json};

const PASSKEYS: &str = "/api/v1/session/passkeys";

fn authenticator(node: &Node) -> Authenticator {
    Authenticator::es256(node.site.origin(), node.site.relying_party().unwrap())
}

async fn add(person: &Client, authenticator: &Authenticator) -> Value {
    let asked = person.post(PASSKEYS, &json!({})).await.expect(201);
    let body = authenticator.registration(asked["challenge"].as_str().unwrap(), "办公电脑");
    person.post("/api/v1/session/passkeys/confirmation", &body).await.expect(200)
}

#[tokio::test]
async fn a_passkey_is_added_asked_for_and_removed() {
    let node = Node::start().await;
    let person = node.signed_in("government").await;
    let mut authenticator = authenticator(&node);
    let added = add(&person, &authenticator).await;
    assert_eq!(
        (&added["passkey"]["name"], added["recovery_codes"].as_array().unwrap().len()),
        (&json!("办公电脑"), 10)
    );

    let anonymous = node.anonymous();
    let body = json!({ "username": "government", "password": brain_testkit::PASSWORD });
    let question = anonymous.post("/api/v1/session", &body).await.expect(200);
    assert_eq!(question["methods"], json!(["passkey", "recovery_code"]));
    let challenge = question["challenge"].as_str().unwrap();
    let asked = anonymous
        .post("/api/v1/session/passkey-request", &json!({ "challenge": challenge }))
        .await
        .expect(200);
    assert_eq!((asked["allow"].as_array().unwrap().len(), &asked["relying_party"]), (1, &json!("localhost")));
    let answer = authenticator.answer(asked["challenge"].as_str().unwrap(), None);
    let body = json!({ "challenge": challenge, "factor": { "passkey": answer } });
    let opened = anonymous.post("/api/v1/session/second-factor", &body).await;
    assert_eq!(opened.expect(200)["must_show_second_factor"], false);
    assert_eq!(anonymous.post("/api/v1/session/second-factor", &body).await.code(), "trust/challenge-ended");

    let inside = anonymous.with_cookie_of(&opened);
    let again = inside.post("/api/v1/session/step-up/passkey", &json!({})).await.expect(200);
    let answer = authenticator.answer(again["challenge"].as_str().unwrap(), None);
    let _ =
        inside.post("/api/v1/session/step-up", &json!({ "factor": { "passkey": answer } })).await.expect(204);
    let path = format!("{PASSKEYS}/{}", added["passkey"]["id"].as_str().unwrap());
    let _ = inside.patch(&path, &json!({ "name": "手机" })).await.expect(204);
    let card = inside.get("/api/v1/session/security").await.expect(200);
    assert_eq!(card["passkeys"][0]["name"], "手机");
    let _ = inside.delete(&path).await.expect(204);
    assert_eq!(inside.delete(&path).await.code(), "trust/not-found");
    let _ = node.signed_in("government").await;
}

#[tokio::test]
async fn a_passkey_alone_signs_in() {
    let node = Node::start().await;
    let person = node.signed_in("enterprise").await;
    let account = person.get("/api/v1/session").await.expect(200)["party"]["account"].clone();
    let mut authenticator = authenticator(&node);
    let _ = add(&person, &authenticator).await;
    let anonymous = node.anonymous();
    let asked = anonymous.post("/api/v1/session/passkey-request", &json!({})).await.expect(200);
    let handle = base64url(account.as_str().unwrap().as_bytes());
    let answer = authenticator.answer(asked["challenge"].as_str().unwrap(), Some(&handle));
    let opened = anonymous.post("/api/v1/session/passkey", &json!({ "passkey": answer })).await;
    assert_eq!(opened.expect(200)["party"]["account"], account);
    assert_eq!(
        anonymous.with_cookie_of(&opened).get("/api/v1/session").await.expect(200)["party"]["account"],
        account
    );
    let replayed = anonymous.post("/api/v1/session/passkey", &json!({ "passkey": answer })).await;
    assert_eq!((replayed.status.as_u16(), replayed.code().as_str()), (401, "trust/challenge-ended"));
}

#[tokio::test]
async fn a_page_of_another_site_or_a_key_for_programs_adds_no_passkey() {
    let node = Node::start().await;
    let person = node.signed_in("government").await;
    assert_eq!(person.without_guard().post(PASSKEYS, &json!({})).await.code(), "api/forgery-guard");
    let lured = Authenticator::es256("http://localhost.evil.example", "localhost");
    let asked = person.post(PASSKEYS, &json!({})).await.expect(201);
    let body = lured.registration(asked["challenge"].as_str().unwrap(), "x");
    let refused = person.post("/api/v1/session/passkeys/confirmation", &body).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, "trust/passkey-refused"));
    let in_a_day = (chrono::Utc::now() + chrono::TimeDelta::days(1)).to_rfc3339();
    let key = json!({ "name": "k", "scopes": ["read", "admin"], "expires_at": in_a_day });
    let key = person.post("/api/v1/api-keys", &key).await.json();
    let program = node.anonymous().with_token(key["secret"].as_str().unwrap());
    assert_eq!(program.post(PASSKEYS, &json!({})).await.code(), "api/session-needed");
    let both = json!({ "factor": { "totp": "000000", "recovery_code": "x" } });
    assert_eq!(person.post("/api/v1/session/step-up", &both).await.code(), "api/malformed");
}

#[tokio::test]
async fn a_node_without_a_name_for_browsers_says_so() {
    let setup =
        brain_testkit::Setup { public_host: "127.0.0.1".to_owned(), ..brain_testkit::Setup::default() };
    let node = Node::with(setup).await;
    let refused = node.signed_in("government").await.post(PASSKEYS, &json!({})).await;
    assert_eq!(refused.code(), "trust/invalid-argument");
    assert!(refused.text().contains("http.public_url"));
}
