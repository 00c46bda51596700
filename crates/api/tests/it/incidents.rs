//! Incidents over HTTP: raised by what callers do, worked on by the security administrator, seen by the auditor.

use brain_testkit::Node;
use serde_json::json;

#[tokio::test]
async fn repeated_denial_becomes_an_incident_that_is_worked_to_its_end() {
    let node = Node::start().await;
    node.load_firms().await;
    let author = node.signed_in("component_author").await;
    node.trust.alerts().advance().await.unwrap();
    for _ in 0..10 {
        assert_eq!(author.sql("SELECT * FROM raw.firm_order").await.code(), "warehouse/no-grant");
    }
    node.trust.alerts().advance().await.unwrap();
    let security = node.signed_in("security_administrator").await;
    let found = security.get("/api/v1/incidents?unclosed=true&severity=serious").await.expect(200);
    let incident = &found["items"][0];
    assert_eq!(
        (&incident["rule"], &incident["state"]),
        (&json!("repeated-denial"), &json!("open")),
        "{found}"
    );
    let id = incident["id"].as_str().unwrap();
    let path = |step: &str| format!("/api/v1/incidents/{id}/{step}");
    let shown = node.signed_in("auditor").await.get(&format!("/api/v1/incidents/{id}")).await.expect(200);
    assert_eq!(shown["references"].as_array().unwrap().len(), 10);
    let owner = security.get("/api/v1/session").await.expect(200)["party"]["account"].clone();
    let assigned = security.post(&path("assign"), &json!({ "revision": 1 })).await.expect(200);
    assert_eq!((&assigned["card"]["state"], &assigned["card"]["owner"]), (&json!("assigned"), &owner));
    let stale = security.post(&path("contain"), &json!({ "revision": 1, "note": "x" })).await;
    assert_eq!((stale.status.as_u16(), stale.code().as_str()), (409, "store/stale"));
    let _ =
        security.post(&path("contain"), &json!({ "revision": 2, "note": "已联系本人" })).await.expect(200);
    let closure = json!({ "cause": "误以为有权限", "measures": "培训" });
    let closed =
        security.post(&path("close"), &json!({ "revision": 3, "closure": closure })).await.expect(200);
    assert_eq!(closed["card"]["state"], "closed");
    let again = security.post(&path("contain"), &json!({ "revision": 4, "note": "x" })).await;
    assert_eq!((again.status.as_u16(), again.code().as_str()), (409, "trust/incident-state"));
    let _ = security.post(&path("reopen"), &json!({ "revision": 4, "note": "再次发生" })).await.expect(200);
}

#[tokio::test]
async fn a_drill_and_the_rules_are_seen_and_a_wrong_field_is_named() {
    let node = Node::start().await;
    let security = node.signed_in("security_administrator").await;
    let drill = json!({ "title": "泄露演练", "subject": "drill", "severity": "major", "drill": true });
    let begun = security.post("/api/v1/incidents", &drill).await.expect(201);
    assert_eq!(begun["card"]["drill"], true);
    assert_eq!(security.get("/api/v1/incidents?drill=false").await.expect(200)["total"], 0);
    let id = begun["card"]["id"].as_str().unwrap();
    let duty = json!({ "revision": 1, "duty": "notify-persons" });
    let with = security.post(&format!("/api/v1/incidents/{id}/duties"), &duty).await.expect(200);
    assert!(with["duties"].as_array().unwrap().iter().any(|duty| duty["duty"] == "notify-persons"));
    let report = json!({ "revision": 2, "duty": "notify-persons", "note": "演练：已通知" });
    let _ = security.post(&format!("/api/v1/incidents/{id}/reports"), &report).await.expect(200);
    let _ = security
        .post(&format!("/api/v1/incidents/{id}/notes"), &json!({ "revision": 3, "note": "桌面推演" }))
        .await
        .expect(200);
    let wrong = json!({ "title": "x", "subject": "y", "severity": "huge" });
    let refused = security.post("/api/v1/incidents", &wrong).await;
    assert_eq!(
        (refused.code().as_str(), refused.json()["pointer"].as_str()),
        ("api/malformed", Some("/severity"))
    );
    let rules = security.get("/api/v1/alerts/rules").await.expect(200);
    assert!(rules["rules"].as_array().unwrap().len() >= 8);
    assert_eq!(security.get("/api/v1/incidents/nothing").await.code(), "trust/not-found");
}
