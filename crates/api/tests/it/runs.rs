//! Component runs in the background: answered later, watched, stopped, and nobody else's business.

use crate::sample;
use brain_testkit::{Client, Node, Reply};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

async fn ask(client: &Client, component: &str, params: Value, prefer: &str) -> Reply {
    let request = client.request(Method::POST, &format!("/api/v1/components/{component}/run"));
    client.send(request.header("prefer", prefer).json(&json!({ "params": params }))).await
}

async fn ended(client: &Client, path: &str) -> Value {
    for _ in 0..600 {
        let run = client.get(path).await.expect(200);
        if run["state"] != "running" {
            return run;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{path} does not end");
}

#[tokio::test]
async fn a_run_that_takes_long_is_answered_later_shows_how_far_it_is_and_can_be_stopped() {
    let node = Node::with_components(sample::components()).await;
    let client = node.signed_in("government").await;
    let begun = ask(&client, "test.wait", json!({}), "respond-async").await;
    let run = begun.expect(202);
    let path = begun.header("location").to_owned();
    assert_eq!(path, format!("/api/v1/runs/{}", run["run_id"].as_str().unwrap()));
    assert_eq!(begun.header("preference-applied"), "respond-async");
    assert_eq!((&run["component"], &run["state"]), (&json!("test.wait"), &json!("running")));

    for _ in 0..600 {
        let progress = client.get(&path).await.expect(200)["progress"].clone();
        if progress["fraction"] == 0.25 {
            assert_eq!((&progress["done"], &progress["total"]), (&json!(1), &json!(4)));
            assert_eq!(progress["stage"], json!({ "zh": "等待", "en": "Waiting" }));
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(client.get(&path).await.expect(200)["progress"]["fraction"], 0.25);

    assert_eq!(client.delete(&path).await.status, 204);
    let stopped = ended(&client, &path).await;
    assert_eq!(
        (&stopped["state"], &stopped["failure"]["code"]),
        (&json!("cancelled"), &json!("component/cancelled"))
    );
    assert!(stopped["outcome"].is_null() && stopped["kept_until"].is_string(), "{stopped}");
    let auditor = node.signed_in("auditor").await;
    let kept = auditor.get("/api/v1/evidence?kind=component.run&subject=test.wait").await.expect(200);
    assert_eq!(kept["items"][0]["body"]["failure"], "component/cancelled", "{kept}");
    assert_eq!(client.delete(&path).await.status, 204, "an ended run is forgotten");
    assert_eq!(client.get(&path).await.code(), "api/not-found");
}

#[tokio::test]
async fn what_ends_within_the_wait_is_answered_at_once_like_any_run() {
    let node = Node::with_components(sample::components()).await;
    let client = node.signed_in("government").await;
    let params = json!({ "text": "轴承", "times": 2 });
    let quick = ask(&client, "test.echo", params.clone(), "respond-async, wait=30").await.expect(200);
    assert_eq!(quick["result"]["lines"][1]["text"], "轴承");
    assert!(quick["provenance"]["evidence"].is_u64());

    let later = ask(&client, "test.echo", params, "respond-async").await;
    if later.status == 202 {
        let run = ended(&client, later.header("location")).await;
        assert_eq!(run["state"], "succeeded");
        assert_eq!(run["outcome"]["result"], quick["result"]);
    }
}

#[tokio::test]
async fn what_cannot_run_is_refused_at_once_and_a_defect_ends_the_run() {
    let node = Node::with_components(sample::components()).await;
    let client = node.signed_in("government").await;
    let wrong = ask(&client, "test.echo", json!({ "text": "x", "times": 99 }), "respond-async").await;
    assert_eq!((wrong.status.as_u16(), wrong.code().as_str()), (400, "component/parameter"));
    let secret = ask(&client, "test.secret", json!({ "text": "x", "times": 1 }), "respond-async").await;
    assert_eq!(secret.code(), "api/audience");
    let begun = ask(&client, "test.fall", json!({}), "respond-async").await;
    let failed = match begun.status.as_u16() {
        202 => ended(&client, begun.header("location")).await["failure"].clone(),
        _ => begun.json(),
    };
    assert_eq!(failed["status"], 500, "{failed}");
    assert!(!failed.to_string().contains("secret words"), "{failed}");
}

#[tokio::test]
async fn a_run_is_its_owners_alone_even_from_an_administrator() {
    let node = Node::with_components(sample::components()).await;
    let owner = node.signed_in("government").await;
    let path = ask(&owner, "test.wait", json!({}), "respond-async").await.header("location").to_owned();
    for other in ["system_administrator", "enterprise"] {
        let other = node.signed_in(other).await;
        assert_eq!(other.get(&path).await.code(), "api/not-found");
        assert_eq!(other.delete(&path).await.code(), "api/not-found");
    }
    assert_eq!(owner.get(&path).await.expect(200)["state"], "running");
    assert_eq!(owner.delete(&path).await.status, 204);
}

#[tokio::test]
async fn one_account_has_eight_runs_at_a_time_and_a_stopping_node_ends_them() {
    let node = Node::with_components(sample::components()).await;
    let client = node.signed_in("government").await;
    let mut paths = Vec::new();
    for _ in 0..8 {
        paths.push(ask(&client, "test.wait", json!({}), "respond-async").await.header("location").to_owned());
    }
    let ninth = ask(&client, "test.wait", json!({}), "respond-async").await;
    assert_eq!((ninth.status.as_u16(), ninth.code().as_str()), (429, "api/too-many-component-runs"));
    node.runs.drain(Duration::from_secs(1)).await;
    for path in &paths {
        assert_eq!(ended(&client, path).await["state"], "cancelled");
    }
    assert_eq!(ask(&client, "test.wait", json!({}), "respond-async").await.code(), "api/stopping");
}
