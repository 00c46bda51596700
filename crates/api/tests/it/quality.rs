//! Quality over HTTP: the owner's rules, a check, failing rows as each caller may see them, and a ticket's way.

use crate::sample;
use brain_testkit::{Client, Node, ORGANISATION};
use reqwest::Method;
use serde_json::{Value, json};

const DATASET: &str = "raw.firm_order";
const RULES: &str = r#"
[[rule]]
id = "amount"
severity = "critical"
check = { kind = "complete", column = "amount_cny" }
[[rule]]
id = "amount-range"
severity = "warning"
check = { kind = "range", column = "amount_cny", min = 90 }
[[rule]]
id = "owner-known"
check = { kind = "reference", columns = ["owner"], dataset = "raw.firm_order", target = ["owner"] }
"#;

fn at(what: &str) -> String {
    format!("/api/v1/datasets/{DATASET}/quality{what}")
}

async fn change(client: &Client, toml: &str, seen: u64) -> brain_testkit::Reply {
    let body = json!({ "toml": toml, "reason": "首批规则", "seen": seen });
    client.send(client.request(Method::PUT, &at("/rules")).json(&body)).await
}

async fn failing(client: &Client, rule: &str) -> Value {
    client.get(&at(&format!("/examples?rule={rule}"))).await.expect(200)["rows"].clone()
}

#[tokio::test]
async fn rules_are_checked_failing_rows_follow_grants_and_tickets_need_reasons() {
    let node = Node::with_components(sample::components()).await;
    node.load_firms().await;
    let owner = node.signed_in("government").await;
    assert_eq!(change(&owner, RULES, 0).await.expect(200)["version"], 1);
    let late = change(&owner, RULES, 0).await;
    assert_eq!((late.status.as_u16(), late.code().as_str()), (409, "warehouse/quality-rules-changed"));
    let wrong = change(&owner, "[[rule]]\nid = 1\n", 1).await;
    assert_eq!((wrong.status.as_u16(), wrong.code().as_str()), (400, "quality/toml"));

    let check = owner.post(&at("/check"), &json!({})).await.expect(200);
    let failed: Vec<u64> =
        check["outcomes"].as_array().unwrap().iter().map(|one| one["failed"].as_u64().unwrap()).collect();
    assert_eq!(failed, [1, 1, 0]);
    // 3 of 4 complete; validity 2 of 3 in range; every owner is there: (75 + 66.7 + 100) / 3.
    let score = check["score"]["value"].as_f64().unwrap();
    assert!((score - (75.0 + 200.0 / 3.0 + 100.0) / 3.0).abs() < 1e-9, "{score}");
    let catalogued = owner.get(&format!("/api/v1/datasets/{DATASET}")).await.expect(200);
    assert_eq!(
        (catalogued["check"]["failed"].as_u64(), catalogued["check"]["tickets"].as_u64()),
        (Some(2), Some(1))
    );

    // The order of 80 is the firm's own; the one without amount is another's.
    let firm = node.signed_in("enterprise").await;
    let own = failing(&firm, "amount-range").await;
    assert_eq!((own.as_array().unwrap().len(), own[0][0].as_str()), (1, Some(ORGANISATION)));
    assert_eq!(failing(&firm, "amount").await, json!([]));
    assert_eq!(failing(&owner, "amount").await.as_array().unwrap().len(), 1);
    let profile = firm.get(&at("/profile")).await.expect(200);
    assert!(!profile.to_string().contains("伺服电机"), "{profile}");
    let whole = owner.get(&at("/profile")).await.expect(200);
    assert!(whole.to_string().contains("伺服电机"), "{whole}");
    let foreign = firm.post(&at("/check"), &json!({})).await;
    assert_eq!((foreign.status.as_u16(), foreign.code().as_str()), (403, "warehouse/quality-not-owner"));

    let tickets = owner.get("/api/v1/quality/tickets?unresolved=true").await.expect(200);
    assert_eq!(tickets["total"], 1);
    let path = format!("/api/v1/quality/tickets/{}", tickets["items"][0]["id"].as_str().unwrap());
    let step = |what: &str, revision: u64, note: &str| {
        (format!("{path}/{what}"), json!({ "revision": revision, "note": note }))
    };
    let (to, body) = step("acknowledge", 1, "");
    assert_eq!(owner.post(&to, &body).await.expect(200)["card"]["state"], "acknowledged");
    let (to, body) = step("resolve", 2, "已补报");
    let early = owner.post(&to, &body).await;
    assert_eq!((early.status.as_u16(), early.code().as_str()), (409, "warehouse/quality-still-failing"));
    // Accepting the state is a change of the rule, on record; then it passes, and the ticket may end.
    assert_eq!(
        change(&owner, &RULES.replace("severity = \"critical\"", "at_least = 0.7"), 1).await.status,
        200
    );
    let _ = owner.post(&at("/check"), &json!({})).await.expect(200);
    let (to, body) = step("resolve", 3, "缺报属实，按七成验收");
    assert_eq!(owner.post(&to, &body).await.expect(200)["card"]["state"], "resolved");
    assert_eq!(firm.get(&path).await.status, 404);
    let shown = owner.get(&at("")).await.expect(200);
    assert_eq!((shown["history"].as_array().unwrap().len(), shown["rules_version"].as_u64()), (2, Some(2)));
    let proposals = owner.post(&at("/proposals"), &json!({})).await.expect(200);
    assert_eq!(proposals, json!([]), "four rows say nothing about those to come");
    let _ = owner.post(&at("/baseline"), &json!({ "reason": "口径调整" })).await.expect(200);
}
