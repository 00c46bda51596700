//! Asking, deciding and explaining over HTTP, from the first refusal to the last.

use brain_testkit::{Client, Node};
use chrono::TimeDelta;
use serde_json::{Value, json};

const ROWS: &str = "/api/v1/datasets/raw.firm_order/rows";

async fn owners(client: &Client) -> Vec<String> {
    let answer = client.get(ROWS).await.expect(200);
    let column = answer["columns"].as_array().unwrap().iter().position(|c| c["name"] == "owner").unwrap();
    let rows = answer["rows"].as_array().unwrap();
    rows.iter().map(|row| row[column].as_str().unwrap_or("hidden").to_owned()).collect()
}

fn wish(node: &Node) -> Value {
    use brain_kernel::clock::Clock as _;
    json!({
        "dataset": "raw.firm_order", "purpose": "view", "reason": "核对供货", "columns": ["product", "amount_cny"],
        "until": (node.clock.now() + TimeDelta::days(10)).to_rfc3339(),
    })
}

#[tokio::test]
async fn rows_appear_with_the_approval_and_are_refused_at_the_next_read_after_it_is_taken_back() {
    let node = Node::start().await;
    node.load_firms().await;
    // Component authors see nothing of restricted data, so everything they get comes of the request.
    let asker = node.signed_in("component_author").await;
    let decider = node.signed_in("security_administrator").await;
    assert_eq!(asker.get(ROWS).await.code(), "warehouse/no-grant");
    let asked = asker.post("/api/v1/requests", &wish(&node)).await.expect(201);
    assert_eq!((asked["state"].as_str(), asked["may_decide"].as_bool()), (Some("pending"), Some(false)));
    let path = |step: &str| format!("/api/v1/requests/{}/{step}", asked["id"].as_str().unwrap());
    let own = asker.post(&path("approve"), &json!({ "revision": 1 })).await;
    assert_eq!((own.status.as_u16(), own.code().as_str()), (403, "trust/not-owner"));
    assert_eq!(
        node.signed_in("enterprise").await.post(&path("approve"), &json!({ "revision": 1 })).await.code(),
        "trust/not-found"
    );
    let inbox = decider.get("/api/v1/requests/inbox?state=pending").await.expect(200);
    assert_eq!((inbox["total"].as_u64(), &inbox["items"][0]["id"]), (Some(1), &asked["id"]));
    let approval =
        json!({ "revision": 1, "approval": { "masks": { "amount_cny": { "band": { "width": 100 } } } } });
    let granted = decider.post(&path("approve"), &approval).await.expect(200);
    assert_eq!(granted["state"], "granted");
    assert_eq!(owners(&asker).await, ["hidden"; 4], "a column not asked for stays hidden");
    let amounts = asker.sql("SELECT max(amount_cny), min(amount_cny) FROM raw.firm_order").await.expect(200);
    assert_eq!(amounts["rows"], json!([[1200.0, 0.0]]));
    let export =
        asker.post("/api/v1/sql", &json!({ "sql": "SELECT * FROM raw.firm_order", "format": "csv" })).await;
    assert_eq!(export.status, 403, "viewing does not take out: {}", export.text());
    let stale = decider.post(&path("revoke"), &json!({ "revision": 1 })).await;
    assert_eq!(stale.code(), "store/stale");
    let revoked = decider.post(&path("revoke"), &json!({ "revision": 2 })).await.expect(200);
    assert_eq!(revoked["state"], "revoked");
    assert_eq!(asker.get(ROWS).await.code(), "warehouse/no-grant");
    let mine = asker.get("/api/v1/requests").await.expect(200);
    assert_eq!(mine["items"][0]["state"], "revoked");
}

#[tokio::test]
async fn a_grant_refuses_from_its_last_instant_on() {
    let node = Node::start().await;
    node.load_firms().await;
    let asker = node.signed_in("component_author").await;
    let decider = node.signed_in("security_administrator").await;
    let asked = asker.post("/api/v1/requests", &wish(&node)).await.expect(201);
    let path = format!("/api/v1/requests/{}/approve", asked["id"].as_str().unwrap());
    let granted = decider.post(&path, &json!({ "revision": 1 })).await.expect(200);
    assert_eq!(granted["state"], "granted");
    assert_eq!(owners(&asker).await.len(), 4);
    node.clock.advance(TimeDelta::days(11));
    let asker = node.signed_in("component_author").await;
    assert_eq!(asker.get(ROWS).await.code(), "warehouse/no-grant");
}

#[tokio::test]
async fn everybody_is_told_about_themselves_and_the_security_administrator_about_all() {
    let node = Node::start().await;
    node.load_firms().await;
    let author = node.signed_in("component_author").await;
    let own = author.get("/api/v1/access?dataset=raw.firm_order").await.expect(200);
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        (own["items"][0]["allow"].as_bool(), own["items"][0]["needed"].is_null()),
        (Some(false), false)
    );
    assert_eq!(author.get("/api/v1/access?account=enterprise").await.code(), "trust/not-found");
    let all = author.get("/api/v1/access").await.expect(200);
    let names: Vec<&str> =
        all["items"].as_array().unwrap().iter().filter_map(|item| item["dataset"].as_str()).collect();
    assert!(names.contains(&"raw.firm_order") && names.contains(&"raw.firm_order_quarantine"), "{names:?}");
    let decider = node.signed_in("security_administrator").await;
    let pair = decider.get("/api/v1/access?account=enterprise&dataset=raw.firm_order").await.expect(200);
    let answer = &pair["items"][0];
    assert_eq!(
        (answer["allow"].as_bool(), answer["grant"].as_str()),
        (Some(true), Some("role-enterprise-own-rows"))
    );
    assert_eq!(answer["rows"]["own_organisation"]["column"], "owner");
    assert!(answer["reasons"].as_array().unwrap().iter().all(|reason| reason["text"]["zh"].is_string()));
    let everybody = decider.get("/api/v1/access?dataset=raw.firm_order").await.expect(200);
    assert!(everybody["items"].as_array().unwrap().len() > 3);
    assert_eq!(decider.get("/api/v1/access?dataset=raw.nothing").await.code(), "warehouse/unknown-dataset");
}

#[tokio::test]
async fn a_policy_changes_what_is_answered_at_the_next_read() {
    let node = Node::start().await;
    node.load_firms().await;
    let (decider, firm) =
        (node.signed_in("security_administrator").await, node.signed_in("enterprise").await);
    assert_eq!(owners(&firm).await.len(), 2);
    let text =
        "forbid(principal in Role::\"enterprise\", action, resource) when { resource.zone == \"raw\" };";
    let change = json!({ "policy": {
        "id": "quiet-raw", "title": { "zh": "原始区不开放", "en": "raw is closed" }, "text": text, "level": "general4",
    } });
    let made = decider.post("/api/v1/policy-changes", &change).await.expect(201);
    assert_eq!(made["state"], "active");
    let refused = firm.get(ROWS).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (403, "trust/denied"),
        "{}",
        refused.text()
    );
    let bad = json!({ "policy": {
        "id": "bad", "title": { "zh": "坏", "en": "bad" }, "text": "permit(", "level": "general1",
    } });
    assert_eq!(decider.post("/api/v1/policy-changes", &bad).await.status, 400);
    let raise = json!({ "download": { "most": "core" } });
    let proposed = decider.post("/api/v1/policy-changes", &raise).await.expect(201);
    assert_eq!(proposed["state"], "proposed");
    let path = format!("/api/v1/policy-changes/{}/decision", proposed["id"].as_str().unwrap());
    assert_eq!(decider.post(&path, &json!({ "confirm": true })).await.code(), "trust/second-person");
    let listed = decider.get("/api/v1/policies").await.expect(200);
    assert!(listed["items"].as_array().unwrap().iter().any(|rule| rule["id"] == "quiet-raw"));
    let uses = decider.get("/api/v1/access/usage").await.expect(200);
    let of =
        |id: &str| uses["items"].as_array().unwrap().iter().find(|item| item["id"] == id).cloned().unwrap();
    assert!(of("quiet-raw")["hits"].as_i64() >= Some(1));
    assert_eq!(of("role-industry-body")["hits"], 0);
}
