//! Health, metrics, portal, and what every response carries.

use brain_api::DemoAccount;
use brain_kernel::party::Role;
use brain_testkit::{Node, Setup};
use reqwest::Method;

#[tokio::test]
async fn the_node_says_that_it_lives_and_is_ready() {
    let node = Node::start().await;
    let client = node.anonymous();
    assert_eq!(client.get("/livez").await.text(), "ok\n");
    let ready = client.get("/readyz").await.text();
    assert!(ready.starts_with("ok\ndata: ok\nevidence: ok\n") && ready.contains("backup: ok"), "{ready}");
}

#[tokio::test]
async fn metrics_are_for_this_machine_or_an_administrator_and_not_for_whom_a_proxy_speaks() {
    let node = Node::start().await;
    let client = node.anonymous();
    client.get("/livez").await;
    let local = client.get("/metrics").await;
    assert!(local.text().contains("brain_http_requests_total"), "{}", local.text());
    let proxied = |client: &brain_testkit::Client| {
        client.request(Method::GET, "/metrics").header("x-forwarded-for", "203.0.113.7")
    };
    assert_eq!(client.send(proxied(&client)).await.status, 401);
    let government = node.signed_in("government").await;
    assert_eq!(government.send(proxied(&government)).await.status, 403);
    let administrator = node.signed_in("system_administrator").await;
    assert_eq!(administrator.send(proxied(&administrator)).await.status, 200);
}

#[tokio::test]
async fn page_paths_give_the_portal_and_missing_assets_do_not() {
    let node = Node::start().await;
    let client = node.anonymous();
    let index = client.get("/").await;
    assert!(index.header("content-type").starts_with("text/html"));
    assert_eq!(index.header("cache-control"), "no-cache");
    let nonce = |reply: &brain_testkit::Reply| {
        let policy = reply.header("content-security-policy").to_owned();
        policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned()
    };
    let other = client.get("/chain/nev").await;
    assert_ne!(nonce(&index), nonce(&other), "each page has a number of its own");
    assert_eq!(index.text().replace(&nonce(&index), ""), other.text().replace(&nonce(&other), ""));
    assert!(!index.text().contains("brain-csp-nonce"), "the place is filled");
    assert_eq!(index.header("etag"), "", "a kept page would hold another number than a fresh policy");
    assert_eq!(client.get("/assets/none-123.js").await.code(), "api/unknown-path");
    let posted = client.send(client.request(Method::POST, "/chain/nev")).await;
    assert_eq!(posted.status, 404);
}

#[tokio::test]
async fn hashed_files_are_cached_for_ever() {
    let node = Node::start().await;
    let Some(name) = brain_portal_names().into_iter().find(|name| name.starts_with("assets/")) else {
        println!("skipped: the portal was not built");
        return;
    };
    let file = node.anonymous().get(&format!("/{name}")).await;
    assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
}

fn brain_portal_names() -> Vec<String> {
    brain_portal::names().map(std::borrow::Cow::into_owned).collect()
}

#[tokio::test]
async fn every_response_is_protected_and_answers_of_the_interface_are_not_stored() {
    let node = Node::start().await;
    for path in ["/", "/api/v1/portal", "/api/v1/datasets", "/assets/none", "/livez"] {
        let reply = node.anonymous().get(path).await;
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("script-src 'self' '"), "no script is inline: {path}: {policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(reply.header(name), value, "{path}");
        }
        assert!(reply.header("permissions-policy").contains("geolocation=()"), "{path}");
        assert_eq!(reply.header("server"), "", "{path}");
        assert_eq!(reply.header("strict-transport-security"), "", "{path}: no TLS here");
        assert_eq!(reply.header("cache-control") == "no-store", path.starts_with("/api/"), "{path}");
    }
}

#[tokio::test]
async fn demonstration_accounts_are_listed_only_where_there_are_some() {
    let plain = Node::start().await.anonymous_settings().await;
    assert!(plain.get("demo_accounts").is_none());
    let account = DemoAccount {
        username: "demo".into(),
        password: "public".into(),
        role: Role::Government,
        display_name: "演示".into(),
    };
    let node = Node::with(Setup { demo_accounts: vec![account], ..Setup::default() }).await;
    let settings = node.anonymous_settings().await;
    assert_eq!(settings["demo_accounts"][0]["username"], "demo");
    assert_eq!(settings["languages"][0], "zh-CN");
}

trait Settings {
    async fn anonymous_settings(&self) -> serde_json::Value;
}

impl Settings for Node {
    async fn anonymous_settings(&self) -> serde_json::Value {
        self.anonymous().get("/api/v1/portal").await.expect(200)
    }
}

#[tokio::test]
async fn long_json_travels_compressed() {
    let node = Node::start().await;
    let client = node.anonymous();
    let request = client.request(Method::GET, "/api/v1/openapi.json").header("accept-encoding", "gzip");
    assert_eq!(client.send(request).await.header("content-encoding"), "gzip");
}
