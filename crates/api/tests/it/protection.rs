//! Second factor, rotating cookies and key scopes, as a browser and a program meet them.

use brain_kernel::party::Role;
use brain_testkit::{Client, Node, PASSWORD, Setup};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use totp_rs::{Algorithm, Builder};

use crate::sample;
use brain_kernel::clock::Clock as _;

fn code(node: &Node, secret: &Value) -> String {
    let totp = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(30)
        .with_secret(totp_rs::Secret::try_from_base32(secret.as_str().unwrap()).unwrap());
    totp.build().unwrap().generate(node.clock.now().timestamp().unsigned_abs()).to_string()
}

async fn strict() -> Node {
    let second_factor_required_roles = Role::ADMINISTRATORS.to_vec();
    Node::with(Setup { second_factor_required_roles, components: sample::components(), ..Setup::default() })
        .await
}

async fn enrolled(node: &Node, username: &str) -> (Client, Value) {
    let client = node.signed_in(username).await;
    let secret = client.post("/api/v1/session/totp", &json!({})).await.expect(201);
    let body = json!({ "code": code(node, &secret["secret"]) });
    let codes = client.post("/api/v1/session/totp/confirmation", &body).await.expect(200);
    assert_eq!(codes["recovery_codes"].as_array().unwrap().len(), 10);
    (client, secret["secret"].clone())
}

#[tokio::test]
async fn an_administrator_sets_a_second_factor_up_before_anything_else_and_shows_it_next_time() {
    let node = strict().await;
    assert_eq!(node.anonymous().get("/api/v1/portal").await.expect(200)["second_factor_enforced"], true);
    let fresh = node.signed_in("security_administrator").await;
    let state = fresh.get("/api/v1/session").await.expect(200);
    assert_eq!(state["must_show_second_factor"], true);
    let refused = fresh.get("/api/v1/grants").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "trust/second-factor-required"));
    let (client, secret) = enrolled(&node, "security_administrator").await;
    let _ = client.get("/api/v1/grants").await.expect(200);
    assert_eq!(fresh.get("/api/v1/grants").await.status, 403, "the other session has not shown it");

    node.clock.advance(TimeDelta::minutes(1));
    let credentials = json!({ "username": "security_administrator", "password": PASSWORD });
    let asked = node.anonymous().post("/api/v1/session", &credentials).await;
    assert_eq!(asked.header("set-cookie"), "", "a password alone opens nothing");
    let challenge = asked.expect(200)["challenge"].clone();
    let answer = |factor: Value| json!({ "challenge": challenge, "factor": factor });
    let path = "/api/v1/session/second-factor";
    let wrong = node.anonymous().post(path, &answer(json!({ "totp": "000000" }))).await;
    assert_eq!((wrong.status.as_u16(), wrong.code().as_str()), (401, "trust/second-factor-wrong"));
    assert_eq!(node.anonymous().post(path, &answer(json!({}))).await.code(), "api/malformed");
    let good = node.anonymous().post(path, &answer(json!({ "totp": code(&node, &secret) }))).await;
    assert_eq!(good.status, 200, "{}", good.text());
    let again = node.anonymous().with_cookie_of(&good);
    let _ = again.get("/api/v1/grants").await.expect(200);
    let security = again.get("/api/v1/session/security").await.expect(200);
    assert_eq!(
        security["sessions"].as_array().unwrap().iter().filter(|one| one["current"] == true).count(),
        1
    );
    assert!(!security.to_string().contains(secret.as_str().unwrap()));
}

#[tokio::test]
async fn a_sensitive_act_asks_for_the_second_factor_again() {
    let node = strict().await;
    let (system, _) = enrolled(&node, "system_administrator").await;
    let (security, secret) = enrolled(&node, "security_administrator").await;
    let account = json!({
        "username": "auditor2", "display_name": "二号", "role": "auditor", "password": "First-Door-Key-9"
    });
    let made = system.post("/api/v1/accounts", &account).await.expect(201);
    let path = format!("/api/v1/accounts/{}/approval", made["id"].as_str().unwrap());
    node.clock.advance(TimeDelta::minutes(11));
    assert_eq!(security.post(&path, &json!({})).await.code(), "trust/step-up-required");
    let factor = json!({ "factor": { "totp": code(&node, &secret) } });
    assert_eq!(security.post("/api/v1/session/step-up", &factor).await.status, 204);
    assert_eq!(security.post(&path, &json!({})).await.status, 204);
    assert_eq!(security.post("/api/v1/session/step-up", &factor).await.status, 401, "each code once");
}

#[tokio::test]
async fn a_browser_gets_a_fresh_cookie_and_the_old_one_used_late_ends_the_session() {
    let node = Node::start().await;
    let first = node.signed_in("enterprise").await;
    node.clock.advance(TimeDelta::minutes(16));
    let renewing = first.get("/api/v1/session").await;
    let second = first.with_cookie_of(&renewing);
    assert_ne!(first.cookie(), second.cookie());
    let cookie = renewing.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert_eq!(first.get("/api/v1/session").await.status, 200, "a request under way");
    node.clock.advance(TimeDelta::minutes(2));
    assert_eq!(second.get("/api/v1/session").await.status, 200);
    assert_eq!(first.get("/api/v1/session").await.status, 401);
    assert_eq!(second.get("/api/v1/session").await.status, 401);
}

#[tokio::test]
async fn a_cookie_read_somewhere_is_no_token_and_another_program_cannot_use_it() {
    let node = Node::start().await;
    let client = node.signed_in("enterprise").await;
    let token = client.cookie().unwrap().split_once('=').unwrap().1.to_owned();
    assert_eq!(node.anonymous().with_token(&token).get("/api/v1/session").await.status, 401);
    assert_eq!(client.get("/api/v1/session").await.status, 401, "the session of a stolen cookie ends");
    let client = node.signed_in("enterprise").await;
    let other = client.request(Method::GET, "/api/v1/session").header("user-agent", "another");
    assert_eq!(client.send(other).await.status, 401);
    assert_eq!(client.get("/api/v1/session").await.status, 401);
}

#[tokio::test]
async fn a_session_ended_by_its_owner_or_the_security_administrator_is_refused_at_the_next_request() {
    let node = Node::start().await;
    let (own, stolen) = (node.signed_in("enterprise").await, node.signed_in("enterprise").await);
    let listed = own.get("/api/v1/session/security").await.expect(200);
    let other = listed["sessions"].as_array().unwrap().iter().find(|one| one["current"] == false).unwrap();
    let path = format!("/api/v1/session/list/{}", other["id"].as_str().unwrap());
    let stranger = node.signed_in("government").await;
    assert_eq!(stranger.delete(&path).await.status, 404);
    assert_eq!(own.delete(&path).await.status, 204);
    assert_eq!(stolen.get("/api/v1/session").await.status, 401);
    let account = own.get("/api/v1/session").await.expect(200)["party"]["account"].clone();
    let security = node.signed_in("security_administrator").await;
    let path = format!("/api/v1/accounts/{}/sessions", account.as_str().unwrap());
    assert_eq!(security.delete(&path).await.expect(200)["ended"], 1);
    assert_eq!(own.get("/api/v1/session").await.status, 401);
}

/// One request for each scope, and whether a key with it alone may make it.
#[tokio::test]
async fn a_key_does_what_its_scopes_name_and_never_more_than_its_role() {
    let node = Node::with_components(sample::components()).await;
    let until = node.clock.now() + TimeDelta::days(1);
    let echo = json!({ "params": { "text": "x", "times": 1 } });
    let account = json!({
        "username": "newcomer", "display_name": "新人", "role": "government", "password": "First-Door-Key-9"
    });
    for role in ["system_administrator", "government", "component_author"] {
        let owner = node.signed_in(role).await;
        for (scope, read, run, one, ingest, admin) in [
            ("read", true, false, false, false, false),
            ("run", false, true, true, false, false),
            ("run:test.echo", false, false, true, false, false),
            ("ingest", false, false, false, true, false),
            ("admin", false, false, false, false, true),
        ] {
            let request = json!({ "name": scope, "scopes": [scope], "expires_at": until });
            let made = owner.post("/api/v1/api-keys", &request).await.expect(201);
            let program = node.anonymous().with_token(made["secret"].as_str().unwrap());
            let mapped = role != "component_author";
            let requests = [
                (program.sql("SELECT 1").await, read, true),
                (program.get("/api/v1/datasets").await, read, true),
                (
                    program.post("/api/v1/components/test.orders/run", &json!({ "params": {} })).await,
                    run,
                    true,
                ),
                (program.post("/api/v1/components/test.echo/run", &echo).await, one, true),
                (program.upload("firms", "o.csv", b"x").await, ingest, mapped),
                (program.post("/api/v1/accounts", &account).await, admin, role == "system_administrator"),
                (program.post("/api/v1/grants", &json!({})).await, admin, false),
            ];
            for (at, (reply, in_scope, in_role)) in requests.into_iter().enumerate() {
                let code = reply.code();
                let expected = if !in_role {
                    "api/audience"
                } else if !in_scope {
                    "api/key-scope"
                } else {
                    ""
                };
                let refused =
                    if ["api/audience", "api/key-scope"].contains(&code.as_str()) { &code } else { "" };
                assert_eq!(refused, expected, "{role} {scope} request {at}: {}", reply.text());
            }
        }
        let nonsense = json!({ "name": "x", "scopes": ["everything"], "expires_at": until });
        assert_eq!(owner.post("/api/v1/api-keys", &nonsense).await.status, 400);
    }
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_the_next_request() {
    let node = Node::start().await;
    let owner = node.signed_in("government").await;
    let request = json!({ "name": "n", "expires_at": node.clock.now() + TimeDelta::days(1) });
    let made = owner.post("/api/v1/api-keys", &request).await.expect(201);
    let program = node.anonymous().with_token(made["secret"].as_str().unwrap());
    assert_eq!(program.sql("SELECT 1").await.status, 200, "reading is the default scope");
    let security = node.signed_in("security_administrator").await;
    let path = format!("/api/v1/api-keys/{}", made["id"].as_str().unwrap());
    assert_eq!(security.delete(&path).await.status, 204);
    assert_eq!(program.sql("SELECT 1").await.status, 401);
}
