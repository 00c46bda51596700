//! Data in, grants, evidence, and components over data.

use crate::sample;
use brain_testkit::{FIRMS_CSV, Node, Setup};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_file_goes_from_upload_to_report_to_quarantine() {
    let node = Node::start().await;
    let client = node.signed_in("industry_body").await;
    let started = client.upload("firms", "../../orders.csv", FIRMS_CSV.as_bytes()).await.expect(202);
    let run = client.finished(started["run_id"].as_str().unwrap()).await;
    assert_eq!(run["state"], "succeeded", "{run}");
    assert_eq!(
        (run["report"]["rows_landed"].as_u64(), run["report"]["rows_quarantined"].as_u64()),
        (Some(4), Some(1))
    );
    assert_eq!(run["file"], "orders.csv");

    let administrator = node.signed_in("system_administrator").await;
    let refused =
        administrator.sql("SELECT line, \"column\", value, reason_zh FROM raw.firm_order_quarantine").await;
    let rows = refused.expect(200)["rows"].clone();
    assert_eq!(rows[0][0], 6, "{rows}");
    assert_eq!((rows[0][1].as_str(), rows[0][2].as_str()), (Some("owner"), Some("NOT-A-CODE")));

    let again = client.upload("firms", "orders.csv", FIRMS_CSV.as_bytes()).await.expect(202);
    let run = client.finished(again["run_id"].as_str().unwrap()).await;
    assert_eq!(run["report"]["unchanged"], true, "the same file twice changes nothing");
    let left = std::fs::read_dir(node.folder().join("uploads")).unwrap().count();
    assert_eq!(left, 0, "uploads go with their runs");
    assert_eq!(client.get("/api/v1/ingest/runs").await.expect(200)["total"], 2);
}

#[tokio::test]
async fn runs_are_seen_and_cancelled_by_their_owner_or_an_administrator() {
    let node = Node::start().await;
    let owner = node.signed_in("industry_body").await;
    let id = owner.upload("firms", "o.csv", FIRMS_CSV.as_bytes()).await.expect(202)["run_id"].clone();
    let id = id.as_str().unwrap();
    owner.finished(id).await;
    let path = format!("/api/v1/ingest/runs/{id}");
    assert_eq!(node.signed_in("government").await.get(&path).await.code(), "api/not-found");
    let administrator = node.signed_in("system_administrator").await;
    assert_eq!(administrator.get(&path).await.status, 200);
    let cancel = administrator.post(&format!("{path}/cancel"), &json!({})).await;
    assert_eq!(cancel.status, 204, "cancelling what has ended is no mistake");
}

#[tokio::test]
async fn a_file_that_is_refused_leaves_evidence_like_one_that_lands() {
    let node = Node::start().await;
    let client = node.signed_in("system_administrator").await;
    let id =
        client.upload("firms", "foreign.csv", b"colour,weight\nred,3\n").await.expect(202)["run_id"].clone();
    let run = client.finished(id.as_str().unwrap()).await;
    assert_eq!(run["state"], "failed", "{run}");
    let auditor = node.signed_in("auditor").await;
    let kept = auditor
        .get(&format!("/api/v1/evidence?kind=ingest.&subject={}", id.as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(kept["total"], 1, "{kept}");
    let entry = &kept["items"][0];
    assert_eq!((&entry["kind"], &entry["body"]["failure"]), (&json!("ingest.fail"), &run["failure"]["code"]));
    assert_eq!((&entry["body"]["mapping"], &entry["body"]["file"]), (&json!("firms"), &json!("foreign.csv")));
}

#[tokio::test]
async fn an_upload_that_is_too_large_or_for_no_mapping_is_refused_and_leaves_nothing() {
    let node = Node::with(Setup { upload_limit_bytes: 1000, ..Setup::default() }).await;
    let client = node.signed_in("system_administrator").await;
    let large = client.upload("firms", "a.csv", &vec![b'x'; 5000]).await;
    assert_eq!((large.status.as_u16(), large.code().as_str()), (413, "api/too-large"));
    assert_eq!(client.upload("nothing", "a.csv", b"x").await.code(), "api/not-found");
    assert_eq!(std::fs::read_dir(node.folder().join("uploads")).unwrap().count(), 0);
    assert_eq!(client.get("/api/v1/ingest/runs").await.expect(200)["total"], 0);
}

#[tokio::test]
async fn draining_waits_for_runs_and_refuses_new_ones() {
    let node = Node::start().await;
    let client = node.signed_in("system_administrator").await;
    let started = client.upload("firms", "o.csv", FIRMS_CSV.as_bytes()).await.expect(202);
    assert_eq!(node.runs.drain(Duration::from_mins(1)).await, 0);
    let run = client.finished(started["run_id"].as_str().unwrap()).await;
    assert_eq!(run["state"], "succeeded");
    assert_eq!(client.upload("firms", "o.csv", b"x").await.code(), "api/stopping");
}

#[tokio::test]
async fn a_grant_opens_the_next_read_and_its_revocation_closes_the_one_after() {
    let node = Node::with_components(sample::components()).await;
    node.load_firms().await;
    let administrator = node.signed_in("security_administrator").await;
    let author = node.signed_in("component_author").await;
    let count = "SELECT count(*) FROM raw.firm_order";
    assert_eq!(author.sql(count).await.code(), "warehouse/no-grant");
    let grant = json!({
        "subject": { "role": "component_author" },
        "dataset": "raw.firm_order",
        "rows": { "equals": { "column": "product", "value": "轴承" } },
        "purpose": "*",
        "basis": { "zh": "试验", "en": "trial" }
    });
    let issued = administrator.post("/api/v1/grants", &grant).await.expect(201);
    assert_eq!(author.sql(count).await.expect(200)["rows"], json!([[1]]));
    let run = author.post("/api/v1/components/test.orders/run", &json!({ "params": {} })).await.expect(200);
    assert_eq!(run["result"]["rows"], 1);
    assert_eq!(run["provenance"]["inputs"][0]["grant"], issued["id"]);
    let path = format!("/api/v1/grants/{}", issued["id"].as_str().unwrap());
    assert_eq!(administrator.delete(&path).await.status, 204);
    assert_eq!(author.sql(count).await.code(), "warehouse/no-grant");
    let refused = author.post("/api/v1/components/test.orders/run", &json!({ "params": {} })).await;
    assert_eq!(refused.code(), "warehouse/no-grant");
}

#[tokio::test]
async fn a_component_answers_as_json_with_provenance_or_as_csv_and_checks_its_parameters() {
    let node = Node::with_components(sample::components()).await;
    let client = node.signed_in("government").await;
    let path = "/api/v1/components/test.echo/run";
    let body = json!({ "params": { "text": "=1", "times": 2 } });
    let outcome = client.post(path, &body).await.expect(200);
    assert_eq!(outcome["result"]["lines"][1], json!({ "number": 2, "text": "=1" }));
    assert_eq!(outcome["provenance"]["component_version"], "1.0.0");
    let request = client.request(reqwest::Method::POST, path).header("accept", "text/csv");
    let table = client.send(request.json(&body)).await;
    assert_eq!(table.text(), "number,text\r\n1,'=1\r\n2,'=1\r\n");
    assert!(table.header("x-provenance").contains("test.echo"));
    let wrong = client.post(path, &json!({ "params": { "text": "x", "times": 11 } })).await;
    assert_eq!(
        (wrong.code().as_str(), wrong.json()["pointer"].as_str()),
        ("component/parameter", Some("/times"))
    );
    assert_eq!(client.post("/api/v1/components/test.secret/run", &body).await.status, 403);
    assert_eq!(client.post("/api/v1/components/test.none/run", &body).await.code(), "component/unknown");
    let cards = client.get("/api/v1/components").await.expect(200);
    let secret = cards.as_array().unwrap().iter().find(|card| card["id"] == "test.secret").unwrap();
    assert_eq!(secret["offered"], false);
    let manifest = client.get("/api/v1/components/test.echo").await.expect(200);
    assert_eq!(manifest["parameters"]["required"], json!(["text", "times"]));
}

#[tokio::test]
async fn supervisors_read_prove_and_verify_the_evidence_log() {
    let node = Node::start().await;
    node.load_firms().await;
    let client = node.signed_in("government").await;
    let entries = client.get("/api/v1/evidence?kind=session.").await.expect(200);
    assert!(entries["items"].as_array().is_some_and(|items| !items.is_empty()), "{entries}");
    let seq = entries["items"][0]["seq"].as_u64().unwrap();
    let proof = client.get(&format!("/api/v1/evidence/{seq}/proof")).await.expect(200);
    assert_eq!(proof["leaf"], entries["items"][0]["hash"]);
    let head = client.get("/api/v1/evidence/head").await.expect(200);
    assert!(head["size"].as_u64().unwrap() > seq);
    let verified = client.post("/api/v1/evidence/verify", &json!({})).await.expect(200);
    assert_eq!(verified["ok"], true);
    assert_eq!(client.get("/api/v1/evidence/99999/proof").await.status, 404);
    assert_eq!(client.get("/api/v1/evidence/first/proof").await.status, 404);
}

#[tokio::test]
async fn the_catalogue_lists_what_was_loaded_with_its_columns_and_versions() {
    let node = Node::start().await;
    node.load_firms().await;
    let client = node.signed_in("enterprise").await;
    let found = client.get("/api/v1/datasets?text=订单&zone=raw&side=").await.expect(200);
    assert!(
        found["items"].as_array().unwrap().iter().any(|card| card["name"] == "raw.firm_order"),
        "{found}"
    );
    let detail = client.get("/api/v1/datasets/raw.firm_order").await.expect(200);
    assert_eq!(detail["card"]["restricted_by"], "owner");
    assert!(detail["columns"].as_array().unwrap().iter().any(|column| column["name"] == "amount_cny"));
    assert!(!detail["versions"].as_array().unwrap().is_empty());
}
