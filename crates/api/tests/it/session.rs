//! Signing in, staying in, getting out.

use brain_kernel::clock::Clock as _;
use brain_testkit::{Node, PASSWORD};
use chrono::TimeDelta;
use serde_json::json;

#[tokio::test]
async fn a_session_opens_with_a_password_and_closes_for_good() {
    let node = Node::start().await;
    let client = node.signed_in("government").await;
    let state = client.get("/api/v1/session").await.expect(200);
    assert_eq!(state["party"]["role"], "government");
    assert_eq!(state["must_change_password"], false);
    let closed = client.delete("/api/v1/session").await;
    assert_eq!(closed.status, 204);
    assert!(closed.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(client.get("/api/v1/session").await.status, 401);
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_the_token_is_told_only_on_request() {
    let node = Node::start().await;
    let credentials = json!({ "username": "government", "password": PASSWORD });
    let quiet = node.anonymous().post("/api/v1/session", &credentials).await;
    assert!(quiet.expect(200).get("token").is_none());
    let cookie = quiet.header("set-cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Path=/"),
        "{cookie}"
    );
    let told = node.anonymous().post("/api/v1/session?token=1", &credentials).await;
    assert_eq!(told.header("set-cookie"), "", "a program's session never sits in a browser");
    let told = told.expect(200);
    let program = node.anonymous().with_token(told["token"].as_str().unwrap());
    assert_eq!(program.get("/api/v1/session").await.status, 200);
}

#[tokio::test]
async fn an_idle_session_ends() {
    let node = Node::start().await;
    let client = node.signed_in("government").await;
    assert_eq!(client.get("/api/v1/session").await.status, 200);
    node.clock.advance(TimeDelta::minutes(31));
    let ended = client.get("/api/v1/session").await;
    assert_eq!((ended.status.as_u16(), ended.code().as_str()), (401, "trust/session-ended"));
    // The stale cookie does not keep its owner from signing in again.
    let again =
        client.post("/api/v1/session", &json!({ "username": "government", "password": PASSWORD })).await;
    assert_eq!(again.status, 200);
}

#[tokio::test]
async fn a_change_by_cookie_without_the_guard_header_is_refused_and_by_token_it_is_not() {
    let node = Node::start().await;
    let client = node.signed_in("government").await;
    let forged = client.without_guard().sql("SELECT 1").await;
    assert_eq!((forged.status.as_u16(), forged.code().as_str()), (403, "api/forgery-guard"));
    assert_eq!(client.sql("SELECT 1").await.status, 200);
    let foreign =
        client.request(reqwest::Method::POST, "/api/v1/sql").header("origin", "https://evil.example");
    let foreign = client.send(foreign.json(&json!({ "sql": "SELECT 1" }))).await;
    assert_eq!(foreign.code(), "api/foreign-origin");
    let credentials = json!({ "username": "government", "password": PASSWORD });
    let told = node.anonymous().post("/api/v1/session?token=1", &credentials).await.expect(200);
    let token = told["token"].as_str().unwrap();
    assert_eq!(node.anonymous().with_token(token).without_guard().sql("SELECT 1").await.status, 200);
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_keeps_this_one() {
    let node = Node::start().await;
    let (here, there) = (node.signed_in("government").await, node.signed_in("government").await);
    let weak = here.post("/api/v1/session/password", &json!({ "old": PASSWORD, "new": "short" })).await;
    assert_eq!(weak.code(), "trust/weak-password");
    let wrong = here
        .post("/api/v1/session/password", &json!({ "old": "wrong-Password-1", "new": "Brand-New-Gear-7" }))
        .await;
    assert_eq!(wrong.code(), "trust/wrong-password");
    let changed =
        here.post("/api/v1/session/password", &json!({ "old": PASSWORD, "new": "Brand-New-Gear-7" })).await;
    assert_eq!(changed.status, 204, "{}", changed.text());
    assert_eq!(here.get("/api/v1/session").await.status, 200);
    assert_eq!(there.get("/api/v1/session").await.status, 401);
}

#[tokio::test]
async fn whoever_must_change_the_password_can_do_nothing_else() {
    let node = Node::start().await;
    let administrator = node.signed_in("system_administrator").await;
    let account = json!({
        "username": "newcomer", "display_name": "新人", "role": "government", "password": "First-Door-Key-9"
    });
    let made = administrator.post("/api/v1/accounts", &account).await.expect(201);
    let newcomer = node.anonymous().sign_in("newcomer", "First-Door-Key-9").await;
    assert_eq!(newcomer.get("/api/v1/session").await.expect(200)["must_change_password"], true);
    assert_eq!(newcomer.get("/api/v1/datasets").await.code(), "trust/password-change-required");
    let change = json!({ "old": "First-Door-Key-9", "new": "Second-Door-Key-9" });
    assert_eq!(newcomer.post("/api/v1/session/password", &change).await.status, 204);
    assert_eq!(newcomer.get("/api/v1/datasets").await.status, 200);
    let path = format!("/api/v1/accounts/{}", made["id"].as_str().unwrap());
    assert_eq!(administrator.patch(&path, &json!({ "disabled": true })).await.status, 204);
    assert_eq!(newcomer.get("/api/v1/datasets").await.status, 401);
}

#[tokio::test]
async fn an_api_key_works_without_the_guard_header_until_revoked_and_cannot_renew_itself() {
    let node = Node::start().await;
    let client = node.signed_in("government").await;
    let until = node.clock.now() + TimeDelta::days(30);
    let request = json!({ "name": "nightly", "expires_at": until });
    let key = client.post("/api/v1/api-keys", &request).await.expect(201);
    let program = node.anonymous().with_token(key["secret"].as_str().unwrap()).without_guard();
    assert_eq!(program.sql("SELECT 1").await.status, 200);
    assert_eq!(program.post("/api/v1/api-keys", &request).await.code(), "api/session-needed");
    let listed = client.get("/api/v1/api-keys").await.expect(200);
    assert_eq!(listed["items"][0]["name"], "nightly");
    assert!(!listed.to_string().contains(key["secret"].as_str().unwrap()));
    let path = format!("/api/v1/api-keys/{}", key["id"].as_str().unwrap());
    assert_eq!(client.delete(&path).await.status, 204);
    assert_eq!(program.sql("SELECT 1").await.status, 401);
}

#[tokio::test]
async fn guessing_passwords_from_one_address_is_slowed_down() {
    let node = Node::start().await;
    let client = node.anonymous();
    let mut last = client.get("/livez").await;
    for at in 0..31 {
        let guess = json!({ "username": "nobody", "password": "wrong" });
        last = client.post("/api/v1/session", &guess).await;
        if at < 30 {
            assert_eq!(last.code(), "trust/sign-in-refused", "{at}");
        }
    }
    assert_eq!((last.status.as_u16(), last.code().as_str()), (429, "api/sign-in-rate"));
}
