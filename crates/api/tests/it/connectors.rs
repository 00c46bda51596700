//! Connectors over HTTP.

use brain_testkit::Node;
use serde_json::{Value, json};

fn folder(node: &Node) -> Value {
    json!({
        "name": "订单文件夹",
        "settings": { "kind": "folder", "path": node.folder().join("inbox"), "settle_s": 0 },
        "mapping": "auto",
        "dataset": "raw.orders",
        "schedule": { "every": "day", "at": "02:30" },
    })
}

#[tokio::test]
async fn a_connector_is_made_tried_run_changed_and_removed() {
    let node = Node::start().await;
    std::fs::write(node.folder().join("inbox/a.csv"), "id,amount\n1,10\n2,20\n").unwrap();
    let client = node.signed_in("system_administrator").await;
    let tried = client
        .post("/api/v1/connectors/test", &json!({ "settings": folder(&node)["settings"] }))
        .await
        .expect(200);
    assert_eq!(tried["fields"], json!(["a.csv"]));
    let made = client.post("/api/v1/connectors", &folder(&node)).await.expect(201);
    assert!(made["next_run_at"].is_string(), "{made}");
    assert_eq!(client.post("/api/v1/connectors", &folder(&node)).await.code(), "warehouse/connector-exists");
    let one = format!("/api/v1/connectors/{}", made["id"].as_str().unwrap());
    let run = client.post(&format!("{one}/run"), &json!({})).await.expect(202);
    assert_eq!(run["state"], "running");
    let ended = loop {
        let runs = client.get(&format!("{one}/runs")).await.expect(200);
        if runs["items"][0]["state"] != "running" {
            break runs["items"][0].clone();
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((&ended["state"], &ended["rows"]), (&json!("succeeded"), &json!(2)), "{ended}");
    assert_eq!(ended["notices"], json!([]), "a folder has nothing to tell");
    let list = client.get("/api/v1/connectors").await.expect(200);
    assert_eq!(list[0]["last_run"]["id"], run["id"]);
    assert!(!list.to_string().contains("position"), "where it has read to may hold values of the data");

    let mut changed = folder(&node);
    changed["name"] = json!("订单");
    let body = json!({ "revision": 1, "connector": changed, "from_the_beginning": true });
    assert_eq!(client.put(&one, &body).await.expect(200)["revision"], 2);
    assert_eq!(client.put(&one, &body).await.code(), "store/stale");
    assert_eq!(client.delete(&format!("{one}?revision=1")).await.code(), "store/stale");
    assert_eq!(client.delete(&format!("{one}?revision=2")).await.status, 204);
    assert_eq!(client.get(&format!("{one}/runs")).await.code(), "warehouse/unknown-connector");
}

#[tokio::test]
async fn a_secret_is_kept_and_never_shown_and_does_not_follow_to_another_place() {
    let node = Node::start().await;
    let client = node.signed_in("system_administrator").await;
    let wish = json!({
        "name": "接口",
        "settings": { "kind": "http", "url": "https://source.example/list", "authentication": { "by": "bearer" } },
        "secret": "very-secret-42",
        "mapping": "auto",
        "dataset": "raw.listing",
    });
    let made = client.post("/api/v1/connectors", &wish).await.expect(201);
    assert_eq!(made["has_secret"], true);
    assert!(!made.to_string().contains("very-secret"));
    assert!(!client.get("/api/v1/connectors").await.expect(200).to_string().contains("very-secret"));
    let one = format!("/api/v1/connectors/{}", made["id"].as_str().unwrap());
    let mut elsewhere = wish.clone();
    elsewhere.as_object_mut().unwrap().remove("secret");
    let body = json!({ "revision": 1, "connector": elsewhere });
    assert_eq!(client.put(&one, &body).await.status, 200);
    elsewhere["settings"]["url"] = json!("https://other.example/list");
    let body = json!({ "revision": 2, "connector": elsewhere });
    assert_eq!(client.put(&one, &body).await.code(), "warehouse/connector");
    let tried = json!({ "settings": elsewhere["settings"], "connector": made["id"] });
    assert_eq!(client.post("/api/v1/connectors/test", &tried).await.code(), "connect/setting");
    let tried = json!({ "settings": wish["settings"], "connector": made["id"] });
    assert_eq!(client.post("/api/v1/connectors/test", &tried).await.code(), "egress/not-listed");
}
