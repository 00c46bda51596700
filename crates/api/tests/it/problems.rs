//! Refusals: one shape, the caller's language, a trace id, and nothing of a defect's insides.

use crate::sample;
use brain_testkit::{Client, Node, Reply, Setup};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

fn is_problem(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (status, code), "{}", reply.text());
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let body = reply.json();
    for field in ["type", "title", "detail", "trace_id"] {
        assert!(body[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {body}");
    }
    assert_eq!(body["status"], status);
    assert_eq!(body["trace_id"], reply.header("x-trace-id"));
}

#[tokio::test]
async fn every_kind_of_bad_request_is_a_problem_document() {
    let node = Node::start().await;
    let client = node.signed_in("government").await;
    is_problem(&node.anonymous().get("/api/v1/datasets").await, 401, "api/not-signed-in");
    is_problem(
        &node.anonymous().with_token("nonsense").get("/api/v1/datasets").await,
        401,
        "trust/session-ended",
    );
    is_problem(&client.get("/api/v1/nothing").await, 404, "api/unknown-path");
    is_problem(&client.get("/api/elsewhere").await, 404, "api/unknown-path");
    is_problem(&client.delete("/api/v1/datasets").await, 405, "api/method-not-allowed");
    is_problem(&client.get("/api/v1/datasets?page=first").await, 400, "api/malformed");
    is_problem(&client.get("/api/v1/datasets?colour=red").await, 400, "api/malformed");
    is_problem(&client.get("/api/v1/accounts").await, 403, "api/audience");
    is_problem(&client.get("/api/v1/datasets/raw.none").await, 404, "warehouse/unknown-dataset");
    let post = |body: &'static str, kind: &'static str| {
        client.request(Method::POST, "/api/v1/sql").header("content-type", kind).body(body)
    };
    is_problem(&client.send(post("{", "application/json")).await, 400, "api/malformed");
    is_problem(
        &client.send(post("sql=1", "application/x-www-form-urlencoded")).await,
        415,
        "api/content-type",
    );
    let wrong = client.send(post(r#"{"sql": 1}"#, "application/json")).await;
    is_problem(&wrong, 400, "api/malformed");
    assert_eq!(wrong.json()["pointer"], "/sql");
    let long = json!({ "sql": "x".repeat(1 << 20) });
    is_problem(&client.post("/api/v1/sql", &long).await, 413, "api/too-large");
}

#[tokio::test]
async fn a_problem_speaks_the_callers_language() {
    let node = Node::start().await;
    let detail = async |client: &Client, path: &str| {
        client.get(path).await.json()["detail"].as_str().unwrap().to_owned()
    };
    let english = node.anonymous();
    let chinese = english.in_language("zh-CN");
    assert_eq!(detail(&english, "/api/v1/datasets").await, "Nobody is signed in.");
    assert_eq!(detail(&chinese, "/api/v1/datasets").await, "尚未登录。");
    assert_eq!(detail(&english, "/api/v1/datasets?lang=zh").await, "尚未登录。");
    assert_eq!(detail(&english.in_language("fr"), "/api/v1/datasets").await, "尚未登录。");
}

#[tokio::test]
async fn a_callers_trace_id_is_kept_and_every_answer_has_one() {
    let node = Node::start().await;
    let client = node.anonymous();
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let request = client
        .request(Method::GET, "/livez")
        .header("traceparent", format!("00-{trace}-b7ad6b7169203331-01"));
    assert_eq!(client.send(request).await.header("x-trace-id"), trace);
    let (one, two) = (client.get("/livez").await, client.get("/").await);
    assert_eq!(one.header("x-trace-id").len(), 32);
    assert_ne!(one.header("x-trace-id"), two.header("x-trace-id"));
}

#[tokio::test]
async fn a_defect_is_an_internal_problem_that_tells_nothing_of_itself() {
    let node = Node::with_components(sample::components()).await;
    let client = node.signed_in("government").await;
    let fallen = client.post("/api/v1/components/test.fall/run", &json!({ "params": {} })).await;
    is_problem(&fallen, 500, "api/internal");
    assert!(!fallen.text().contains("secret words"));
    assert_eq!(client.sql("SELECT 1").await.status, 200, "the node goes on");
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_stopped() {
    let setup = Setup {
        components: sample::components(),
        request_timeout: Duration::from_millis(200),
        ..Setup::default()
    };
    let node = Node::with(setup).await;
    let client = node.signed_in("government").await;
    let late = client.post("/api/v1/components/test.wait/run", &json!({ "params": {} })).await;
    is_problem(&late, 499, "api/timeout");
}
