//! Limits, listeners, names, origins and uploads, as an attacker and an operator meet them.

use brain_api::{Limits, Network, Networks, ScanOptions};
use brain_kernel::party::Role;
use brain_testkit::{Client, Node, PASSWORD, Reply, Setup, generous};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::sample;
use brain_kernel::clock::Clock as _;

async fn limited(limits: Limits) -> Node {
    Node::with(Setup { limits, components: sample::components(), ..Setup::default() }).await
}

async fn networked(network: Network) -> Node {
    Node::with(Setup { network, components: sample::components(), ..Setup::default() }).await
}

fn networks(text: &str) -> Networks {
    Networks::parse(&[text.to_owned()]).unwrap()
}

/// Evidence entries of a kind, waiting for those that are written beside the request.
async fn evidence(node: &Node, kind: &str) -> Vec<Value> {
    let auditor = node.signed_in("auditor").await;
    for _ in 0..100 {
        let page = auditor.get(&format!("/api/v1/evidence?kind={kind}")).await.expect(200);
        let items = page["items"].as_array().unwrap().clone();
        if !items.is_empty() {
            return items;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Vec::new()
}

fn is_rate_refusal(reply: &Reply) -> bool {
    let told = reply.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1);
    reply.status == 429 && reply.code() == "api/rate-exceeded" && told
}

#[tokio::test]
async fn a_caller_who_has_used_its_points_up_waits_and_others_do_not() {
    // A query costs a thousand points and one grows back in a second: however slow the machine, none grows back in time.
    let limits = Limits { caller_points_per_s: 1, caller_points_max: 5_500, cost_sql: 1_000, ..generous() };
    let node = limited(limits).await;
    let (one, other) = (node.signed_in("government").await, node.signed_in("industry_body").await);
    let mut answered = 0;
    let refused = loop {
        let reply = one.sql("SELECT 1").await;
        if reply.status == 200 {
            answered += 1;
            assert!(answered < 50, "never refused");
            continue;
        }
        break reply;
    };
    assert!(is_rate_refusal(&refused), "{}", refused.text());
    assert_eq!(answered, 5);
    assert_eq!(one.get("/api/v1/session").await.status, 200, "cheap requests still have enough");
    assert_eq!(other.sql("SELECT 1").await.status, 200);
    let chinese = one.in_language("zh-CN").sql("SELECT 1").await;
    assert!(chinese.json()["detail"].as_str().unwrap().contains("秒后再试"), "{}", chinese.text());
    let told = evidence(&node, "limit.exceeded").await;
    assert_eq!(told.len(), 1, "once, however often it is refused");
    assert_eq!(told[0]["body"]["path"], "/api/v1/sql");
}

#[tokio::test]
async fn a_file_costs_more_than_a_page_and_a_key_pays_for_itself() {
    let costs = Limits { cost_sql: 1_000, cost_export: 2_000, ..generous() };
    let limits = Limits { caller_points_per_s: 1, caller_points_max: 10_000, ..costs };
    let node = limited(limits).await;
    let owner = node.signed_in("government").await;
    let until = node.clock.now() + TimeDelta::days(1);
    let made = owner.post("/api/v1/api-keys", &json!({ "name": "n", "expires_at": until })).await.expect(201);
    let program = node.anonymous().with_token(made["secret"].as_str().unwrap());
    let mut files = 0;
    while program.post("/api/v1/sql", &json!({ "sql": "SELECT 1", "format": "csv" })).await.status == 200 {
        files += 1;
        assert!(files < 20, "never refused");
    }
    assert_eq!(files, 3, "one for the query and two for the file, of ten");
    assert_eq!(owner.sql("SELECT 1").await.status, 200, "its owner's own session goes on");
}

#[tokio::test]
async fn whoever_is_unknown_pays_with_the_address_and_wrong_tokens_cost_most() {
    let limits =
        Limits { address_points_per_s: 1, address_points_max: 5_500, cost_sign_in: 1_000, ..generous() };
    let node = limited(limits).await;
    let known = node.signed_in("government").await;
    let guesser = node.anonymous().with_token("bk_0000000000000000000000000000000000000000000");
    let mut tried = 0;
    while guesser.get("/api/v1/datasets").await.status == 401 {
        tried += 1;
        assert!(tried < 30, "never refused");
    }
    assert!(is_rate_refusal(&guesser.get("/api/v1/datasets").await));
    assert_eq!(tried, 4, "a thousand points each, after a sign-in");
    assert!(is_rate_refusal(
        &node.anonymous().post("/api/v1/session", &json!({ "username": "a", "password": "b" })).await
    ));
    assert_eq!(
        known.get("/api/v1/datasets").await.status,
        200,
        "who is known does not suffer for neighbours"
    );
    assert_eq!(node.anonymous().get("/livez").await.status, 200, "health is always answered");
}

#[tokio::test]
async fn one_caller_has_only_so_much_going_at_once() {
    let limits = Limits { caller_work_at_once: 2, ..generous() };
    let node = limited(limits).await;
    let client = node.signed_in("government").await;
    let wait = json!({ "params": {} });
    // A query of ours may hold a place for a moment; a run that finds none ends at once, so others follow it.
    let mut begun = Vec::new();
    let mut refused = client.sql("SELECT 1").await;
    for _ in 0..100 {
        if refused.status == 429 {
            break;
        }
        begun.push(tokio::spawn(run(client.clone(), wait.clone())));
        tokio::time::sleep(Duration::from_millis(50)).await;
        refused = client.sql("SELECT 1").await;
    }
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (429, "api/too-many-at-once"));
    assert_eq!(client.get("/api/v1/datasets").await.status, 200, "looking is no work");
    assert_eq!(node.signed_in("industry_body").await.sql("SELECT 1").await.status, 200);
    for task in begun {
        task.abort();
    }
}

async fn run(client: Client, body: Value) -> Reply {
    client.post("/api/v1/components/test.wait/run", &body).await
}

#[tokio::test]
async fn a_head_that_is_too_large_or_never_ends_is_not_waited_for() {
    let limits = Limits { head_kib: 8, head_fields: 32, head_time_s: 1, ..generous() };
    let node = limited(limits).await;
    let client = node.anonymous();
    let large = client.request(Method::GET, "/livez").header("x-large", "x".repeat(16 * 1024));
    assert_eq!(client.send(large).await.status, 431);
    let long = format!("/api/v1/models?select={}", "x".repeat(16 * 1024));
    let refused = client.request(Method::GET, &long).send().await.unwrap();
    assert_eq!(refused.status(), 431, "an address is part of the head");
    assert!(!refused.headers().contains_key("content-type"), "a bare status, as the document says");
    let mut many = client.request(Method::GET, "/livez");
    for at in 0..40 {
        many = many.header(format!("x-{at}"), "x");
    }
    assert_eq!(client.send(many).await.status, 431);
    let mut slow = TcpStream::connect(node.address).await.unwrap();
    slow.write_all(b"GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ").await.unwrap();
    let mut heard = Vec::new();
    // The node ends it; the test would hang if it did not.
    let _ = slow.read_to_end(&mut heard).await;
    assert!(!heard.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&heard));
}

#[tokio::test]
async fn one_address_holds_only_so_many_connections() {
    let limits = Limits { address_connections: 8, head_time_s: 60, ..generous() };
    let node = limited(limits).await;
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(TcpStream::connect(node.address).await.unwrap());
    }
    // Connections are counted when they are accepted, which is after they are made.
    let mut refused = false;
    for _ in 0..100 {
        let mut more = TcpStream::connect(node.address).await.unwrap();
        let asked =
            more.write_all(b"GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n").await;
        let mut heard = Vec::new();
        let read = more.read_to_end(&mut heard).await;
        if asked.is_err() || read.is_err() || heard.is_empty() {
            refused = true;
            break;
        }
    }
    assert!(refused, "the ninth connection was served");
    drop(held);
    for _ in 0..100 {
        if let Ok(reply) = node.anonymous().request(Method::GET, "/livez").send().await {
            assert_eq!(reply.status(), 200);
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("places of ended connections are not given back");
}

#[tokio::test]
async fn one_password_tried_on_many_accounts_shuts_the_address_out_and_is_told() {
    let limits = Limits { guessed_accounts: 5, failed_sign_ins_per_minute: 1_000, ..generous() };
    let node = limited(limits).await;
    let attempt = async |name: &str| {
        node.anonymous()
            .post("/api/v1/session", &json!({ "username": name, "password": "Winter-2026" }))
            .await
    };
    for at in 0..5 {
        assert_eq!(attempt(&format!("person{at}")).await.status, 401);
    }
    let shut = attempt("government").await;
    assert_eq!((shut.status.as_u16(), shut.code().as_str()), (429, "api/sign-in-rate"));
    assert!(shut.header("retry-after").parse::<u32>().unwrap() > 600);
    let good = json!({ "username": "auditor", "password": PASSWORD });
    assert_eq!(node.anonymous().post("/api/v1/session", &good).await.status, 429, "not even a good one");
    node.clock.advance(TimeDelta::minutes(16));
    let told = evidence(&node, "session.guessing").await;
    assert_eq!((told.len(), told[0]["body"]["accounts"].as_u64()), (1, Some(5)));
    assert_eq!(told[0]["subject"], "127.0.0.1");
}

#[tokio::test]
async fn a_gateway_that_is_believed_speaks_for_its_callers_and_nobody_else_does() {
    let network = Network { forwarded_from: networks("127.0.0.1"), ..Network::default() };
    let limits = Limits { guessed_accounts: 3, ..generous() };
    let node = Node::with(Setup { network, limits, ..Setup::default() }).await;
    let attempt = async |from: &str, name: &str, password: &str| {
        let client = node.anonymous();
        let request = client.request(Method::POST, "/api/v1/session").header("x-forwarded-for", from);
        client.send(request.json(&json!({ "username": name, "password": password }))).await.status.as_u16()
    };
    for at in 0..3 {
        assert_eq!(attempt("203.0.113.7", &format!("p{at}"), "x").await, 401);
    }
    assert_eq!(attempt("203.0.113.7", "government", PASSWORD).await, 429);
    assert_eq!(
        attempt("198.51.100.1, 203.0.113.7", "government", PASSWORD).await,
        429,
        "what stands left was made up"
    );
    assert_eq!(attempt("203.0.113.8", "government", PASSWORD).await, 200);
    let strict =
        Node::with(Setup { limits: Limits { guessed_accounts: 3, ..generous() }, ..Setup::default() }).await;
    for at in 0..3 {
        let client = strict.anonymous();
        let request = client
            .request(Method::POST, "/api/v1/session")
            .header("x-forwarded-for", format!("203.0.113.{at}"));
        let _ = client.send(request.json(&json!({ "username": format!("p{at}"), "password": "x" }))).await;
    }
    let shut = strict
        .anonymous()
        .post("/api/v1/session", &json!({ "username": "government", "password": PASSWORD }))
        .await;
    assert_eq!(shut.status, 429, "without a gateway the header hides nobody");
}

#[tokio::test]
async fn administration_has_a_door_of_its_own() {
    let network = Network { administration_apart: true, ..Network::default() };
    let node = Node::with(Setup {
        network,
        administration: true,
        components: sample::components(),
        ..Setup::default()
    })
    .await;
    let public = node.signed_in("security_administrator").await;
    let refused = public.get("/api/v1/grants").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "api/administration-apart"));
    assert_eq!(public.get("/api/v1/datasets").await.status, 200, "what others may do too stays open");
    let inside = Client::new(&format!("http://{}", node.administration.unwrap()));
    let inside = inside.sign_in("security_administrator", PASSWORD).await;
    let _ = inside.get("/api/v1/grants").await.expect(200);
    assert_eq!(inside.get("/api/v1/sbom").await.status, 200);
    let document = node.anonymous().get("/api/v1/openapi.json").await.expect(200);
    let separated: Vec<&str> = Role::ADMINISTRATORS.map(Role::name).to_vec();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let audience: Vec<&str> =
                operation["x-audience"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            let alone = !audience.is_empty() && audience.iter().all(|who| separated.contains(who));
            let path = path.replace(['{', '}'], "x");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let reply = public.send(public.request(method.clone(), &path).json(&json!({}))).await;
            assert_eq!(
                reply.code() == "api/administration-apart",
                alone,
                "{method} {path}: {}",
                reply.text()
            );
        }
    }
}

#[tokio::test]
async fn a_listener_takes_only_the_networks_it_is_told_to() {
    let network = Network {
        allow: networks("10.0.0.0/8"),
        forwarded_from: networks("127.0.0.1"),
        ..Network::default()
    };
    let node = networked(network).await;
    let client = node.anonymous();
    let from = async |address: &str| {
        client.send(client.request(Method::GET, "/livez").header("x-forwarded-for", address)).await
    };
    assert_eq!(from("10.1.2.3").await.status, 200);
    let refused = from("203.0.113.7").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "api/address-not-allowed"));
    let closed = networked(Network { allow: networks("10.0.0.0/8"), ..Network::default() }).await;
    let unheard = closed.anonymous().request(Method::GET, "/livez").send().await;
    assert!(unheard.is_err(), "the connection is closed before anything is read");
}

#[tokio::test]
async fn a_name_that_was_made_to_lead_here_is_not_answered() {
    let network = Network { hosts: vec!["localhost".into(), "127.0.0.1".into()], ..Network::default() };
    let node = networked(network).await;
    let client = node.anonymous();
    assert_eq!(client.get("/api/v1/portal").await.status, 200);
    for path in ["/", "/api/v1/portal", "/metrics", "/assets/x.js"] {
        let rebound =
            client.send(client.request(Method::GET, path).header("host", "rebound.evil.example")).await;
        assert_eq!((rebound.status.as_u16(), rebound.code().as_str()), (421, "api/unknown-host"), "{path}");
    }
    let named = client.send(client.request(Method::GET, "/livez").header("host", "localhost:1234")).await;
    assert_eq!(named.status, 200);
}

#[tokio::test]
async fn methods_that_nobody_speaks_are_refused_everywhere() {
    let node = Node::start().await;
    let client = node.anonymous();
    for method in ["TRACE", "TRACK", "DEBUG", "PROPFIND", "CONNECTX"] {
        for path in ["/", "/api/v1/portal", "/livez", "/nowhere"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let reply = client.send(client.request(method.clone(), path)).await;
            assert_eq!(
                (reply.status.as_u16(), reply.code().as_str()),
                (405, "api/method-not-allowed"),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn pages_of_other_sites_may_ask_only_where_they_are_listed_and_never_with_a_cookie() {
    let preflight = async |node: &Node, origin: &str| {
        let client = node.anonymous();
        let request = client.request(Method::OPTIONS, "/api/v1/sql").header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        client.send(request.header("access-control-request-headers", "authorization,content-type")).await
    };
    let closed = Node::start().await;
    let refused = preflight(&closed, "https://app.example").await;
    assert_eq!(refused.header("access-control-allow-origin"), "");
    let listed = Network { cors_origins: vec!["https://app.example".into()], ..Network::default() };
    let node = networked(listed).await;
    let allowed = preflight(&node, "https://app.example").await;
    assert_eq!(allowed.header("access-control-allow-origin"), "https://app.example");
    assert_eq!(allowed.header("access-control-allow-credentials"), "");
    assert_eq!(preflight(&node, "https://evil.example").await.header("access-control-allow-origin"), "");
    let client = node.signed_in("government").await;
    let by_cookie = client.request(Method::POST, "/api/v1/sql").header("origin", "https://app.example");
    let by_cookie = client.send(by_cookie.json(&json!({ "sql": "SELECT 1" }))).await;
    assert_eq!(by_cookie.code(), "api/foreign-origin", "a cookie never counts for another site");
    let credentials = json!({ "username": "government", "password": PASSWORD });
    let told = node.anonymous().post("/api/v1/session?token=1", &credentials).await.expect(200);
    let program = node.anonymous().with_token(told["token"].as_str().unwrap());
    let by_token = program.request(Method::POST, "/api/v1/sql").header("origin", "https://app.example");
    let by_token = program.send(by_token.json(&json!({ "sql": "SELECT 1" }))).await;
    assert_eq!(by_token.header("access-control-allow-origin"), "https://app.example");
    assert_eq!(by_token.status, 200);
}

#[tokio::test]
async fn behind_tls_cookies_are_bound_to_the_host_and_transport_security_is_asked_for() {
    let node = Node::with(Setup { secure_cookies: true, ..Setup::default() }).await;
    let credentials = json!({ "username": "government", "password": PASSWORD });
    let reply = node.anonymous().post("/api/v1/session", &credentials).await;
    let cookie = reply.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-brain_session="), "{cookie}");
    for part in ["; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/;"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(reply.header("strict-transport-security"), "max-age=31536000");
    let client = node.anonymous().with_cookie_of(&reply);
    assert_eq!(client.get("/api/v1/session").await.status, 200);
    let planted = cookie.replace("__Host-", "");
    let request = node.anonymous().request(Method::GET, "/api/v1/session");
    let request = request.header("cookie", planted.split(';').next().unwrap());
    assert_eq!(
        client.send(request).await.status,
        401,
        "a cookie without the prefix could be planted by a neighbour"
    );
}

#[tokio::test]
async fn an_upload_is_what_its_name_says_or_is_not_taken() {
    let node = Node::start().await;
    let client = node.signed_in("system_administrator").await;
    for (name, content) in [
        ("a.csv", &b"\x7fELF\x02\x01"[..]),
        ("a.csv", b"PK\x03\x04"),
        ("a.xlsx", b"a,b\n1,2\n"),
        ("a.csv", b"MZ\0"),
    ] {
        let reply = client.upload("firms", name, content).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "api/upload-kind"), "{name}");
    }
    let left = std::fs::read_dir(node.folder().join("uploads")).unwrap().count();
    assert_eq!(left, 0, "nothing of them stays");
}

/// A scanner as an operator would write one.
#[cfg(unix)]
fn scanner(folder: &std::path::Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let script = folder.join("scan.sh");
    let text = "#!/bin/sh\ngrep -q EICAR-STANDARD-ANTIVIRUS-TEST-FILE \"$1\" && { echo \"$1: Eicar-Test-Signature FOUND\"; exit 1; }\n\
                grep -q BROKEN \"$1\" && exit 2\nexit 0\n";
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
    vec![script.display().to_string(), "{file}".to_owned()]
}

#[cfg(unix)]
#[tokio::test]
async fn what_the_scanner_finds_is_refused_recorded_and_kept_where_nothing_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let scan = ScanOptions {
        scan_command: scanner(folder.path()),
        infected: brain_api::Infected::Keep,
        ..ScanOptions::default()
    };
    let node = Node::with(Setup { scan, ..Setup::default() }).await;
    let client = node.signed_in("system_administrator").await;
    // Written apart, so that a scanner on a developer's machine lets this source file be.
    let eicar = format!("X5O!P%@AP[4\\PZX54(P^)7CC)7}}$EICAR-STANDARD-{}-TEST-FILE!$H+H*", "ANTIVIRUS");
    let infected = client.upload("firms", "orders.csv", eicar.as_bytes()).await;
    assert_eq!((infected.status.as_u16(), infected.code().as_str()), (400, "api/upload-infected"));
    assert!(infected.text().contains("Eicar-Test-Signature"));
    let told = evidence(&node, "upload.infected").await;
    assert_eq!(told[0]["body"]["signature"], "Eicar-Test-Signature");
    assert_eq!(
        (told[0]["body"]["name"].as_str(), told[0]["body"]["kept"].as_bool()),
        (Some("orders.csv"), Some(true))
    );
    let kept = node.folder().join("quarantine").join(told[0]["subject"].as_str().unwrap());
    assert_eq!(std::fs::read_to_string(kept).unwrap(), eicar);
    let failed = client.upload("firms", "orders.csv", b"BROKEN").await;
    assert_eq!(
        (failed.status.as_u16(), failed.code().as_str()),
        (503, "api/scan-failed"),
        "closed, not open"
    );
    assert_eq!(evidence(&node, "upload.unscanned").await.len(), 1);
    let clean = client.upload("firms", "orders.csv", brain_testkit::FIRMS_CSV.as_bytes()).await;
    assert_eq!(clean.status, 202, "{}", clean.text());
    let run = client.finished(clean.json()["run_id"].as_str().unwrap()).await;
    assert_eq!(run["state"], "succeeded");
    assert_eq!(std::fs::read_dir(node.folder().join("uploads")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_scanner_that_cannot_be_reached_takes_nothing_in() {
    let scan = ScanOptions { clamd: "tcp://127.0.0.1:1".to_owned(), ..ScanOptions::default() };
    let node = Node::with(Setup { scan, ..Setup::default() }).await;
    let client = node.signed_in("system_administrator").await;
    let refused = client.upload("firms", "orders.csv", b"a,b\n").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (503, "api/scan-failed"));
}

#[tokio::test]
async fn the_bill_of_materials_is_for_those_who_run_and_check_the_node() {
    let node = Node::start().await;
    let document = node.signed_in("auditor").await.get("/api/v1/sbom").await.expect(200);
    assert_eq!(
        (document["bomFormat"].as_str(), document["specVersion"].as_str()),
        (Some("CycloneDX"), Some("1.6"))
    );
    assert!(document["components"].as_array().unwrap().len() > 100);
    assert_eq!(node.signed_in("government").await.get("/api/v1/sbom").await.code(), "api/audience");
}
