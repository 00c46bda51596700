//! Lineage: questions about columns, the impact of a change, events in and out.

use brain_testkit::{FIRMS_CSV, Node};
use serde_json::{Value, json};

const EVENT: &str = r#"{
  "eventType": "COMPLETE",
  "eventTime": "2026-01-02T03:04:05Z",
  "run": {"runId": "0190d6a4-5d1c-7c3e-8a5b-0123456789ab"},
  "job": {"namespace": "airflow", "name": "orders.load"},
  "inputs": [{"namespace": "oracle://erp:1521", "name": "ERP.ORDERS"}],
  "outputs": [{
    "namespace": "brain", "name": "raw.firm_order",
    "facets": {"columnLineage": {
      "_producer": "https://example.org", "_schemaURL": "https://example.org/schema.json",
      "fields": {"product": {"inputFields": [{
        "namespace": "oracle://erp:1521", "name": "ERP.ORDERS", "field": "ITEM_NAME",
        "transformations": [{"type": "DIRECT", "subtype": "IDENTITY"}]
      }]}},
      "dataset": [{
        "namespace": "oracle://erp:1521", "name": "ERP.ORDERS", "field": "STATE",
        "transformations": [{"type": "INDIRECT", "subtype": "FILTER"}]
      }]
    }}
  }],
  "producer": "https://example.org/airflow",
  "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
}"#;

fn event() -> Value {
    serde_json::from_str(EVENT).unwrap()
}

fn names(graph: &Value, key: &str) -> Vec<String> {
    graph[key].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_a_scheduler_says_joins_the_lineage_of_our_dataset() {
    let node = Node::with_components(crate::sample::components()).await;
    node.load_firms().await;
    let client = node.signed_in("industry_body").await;
    let _ = client.post("/api/v1/lineage", &event()).await.expect(201);
    let graph = client.get("/api/v1/lineage?dataset=raw.firm_order&column=product&depth=2").await.expect(200);
    let found = names(&graph, "nodes");
    assert_eq!(found[0], "column:raw.firm_order.product");
    for id in [
        "column:oracle://erp:1521#ERP.ORDERS.ITEM_NAME",
        "column:oracle://erp:1521#ERP.ORDERS.STATE",
        "job:airflow#orders.load",
        "component:test.orders",
    ] {
        assert!(found.iter().any(|one| one == id), "{id} is not in {found:?}");
    }
    let state = graph["nodes"].as_array().unwrap().iter().find(|one| one["name"] == "STATE").unwrap();
    assert_eq!((&state["direct"], &state["hops"]), (&json!(false), &json!(-1)), "it only filters");
    let edge = json!({
        "from": "column:oracle://erp:1521#ERP.ORDERS.ITEM_NAME", "to": "column:raw.firm_order.product", "kind": "identity",
    });
    assert!(graph["edges"].as_array().unwrap().contains(&edge), "{graph}");

    // Their column is changed: our columns, the component and its page are reached.
    let path = "/api/v1/lineage/impact?dataset=oracle%3A%2F%2Ferp%3A1521%23ERP.ORDERS&column=STATE";
    let impact = client.get(path).await.expect(200);
    let rows = impact["rows"].as_array().unwrap();
    let reached: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    for name in ["raw.firm_order", "owner", "product", "amount_cny", "test.orders", "/components/test.orders"]
    {
        assert!(reached.contains(&name), "{name} is not in {reached:?}");
    }
    assert!(rows.iter().all(|row| row["direct"] == false));
    let values = client.get(&format!("{path}&values_only=true")).await.expect(200);
    assert_eq!(values["rows"], json!([]), "no value of it arrives anywhere");

    let auditor = node.signed_in("auditor").await;
    let kept = auditor.get("/api/v1/evidence?kind=lineage.").await.expect(200);
    assert_eq!(kept["total"], 1, "{kept}");
    assert_eq!(kept["items"][0]["body"]["keys"], json!(["openlineage:job:airflow#orders.load"]));
}

#[tokio::test]
async fn a_batch_keeps_what_is_right_and_names_what_is_not() {
    let node = Node::start().await;
    let client = node.signed_in("system_administrator").await;
    let mut wrong = event();
    wrong["run"]["runId"] = json!("seven");
    let answer = client.post("/api/v1/lineage/batch", &json!([event(), wrong])).await.expect(200);
    assert_eq!(answer["status"], "partial_success");
    assert_eq!(answer["summary"], json!({"received": 2, "successful": 1, "failed": 1}));
    assert_eq!(answer["failed_events"][0]["index"], 1);
    assert!(answer["failed_events"][0]["reason"].as_str().unwrap().contains("/run/runId"), "{answer}");

    let refused = client.post("/api/v1/lineage", &json!({"eventTime": "now"})).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, "lineage/event"));
    let large = json!(vec!["x".repeat(1 << 20); 17]);
    assert_eq!(client.post("/api/v1/lineage/batch", &large).await.status.as_u16(), 413);
    let reader = node.signed_in("enterprise").await;
    assert_eq!(reader.post("/api/v1/lineage", &event()).await.status.as_u16(), 403);
}

#[tokio::test]
async fn a_later_event_of_the_same_run_adds_and_a_new_run_replaces() {
    let node = Node::start().await;
    let client = node.signed_in("industry_body").await;
    let mut start = event();
    start["eventType"] = json!("START");
    start["outputs"] = json!([]);
    let _ = client.post("/api/v1/lineage", &start).await.expect(201);
    let mut end = event();
    end["inputs"] = json!([]);
    let _ = client.post("/api/v1/lineage", &end).await.expect(201);
    let path = "/api/v1/lineage?dataset=raw.firm_order&depth=2";
    let graph = client.get(path).await.expect(200);
    assert!(names(&graph, "nodes").contains(&"dataset:oracle://erp:1521#ERP.ORDERS".to_owned()), "{graph}");

    let mut next = event();
    next["run"]["runId"] = json!("0190d6a4-5d1c-7c3e-8a5b-0123456789ac");
    next["inputs"] = json!([{"namespace": "s3://lake", "name": "orders.parquet"}]);
    next["outputs"][0]["facets"] = json!({});
    let _ = client.post("/api/v1/lineage", &next).await.expect(201);
    let graph = client.get(path).await.expect(200);
    let found = names(&graph, "nodes");
    assert!(found.contains(&"dataset:s3://lake#orders.parquet".to_owned()), "{found:?}");
    assert!(!found.iter().any(|id| id.contains("erp")), "{found:?}");
}

#[tokio::test]
async fn an_ingest_is_told_as_an_openlineage_event() {
    let node = Node::start().await;
    let client = node.signed_in("industry_body").await;
    let started = client.upload("firms", "orders.csv", FIRMS_CSV.as_bytes()).await.expect(202);
    let id = started["run_id"].as_str().unwrap();
    client.finished(id).await;
    let told = client.get(&format!("/api/v1/lineage/runs/{id}")).await.expect(200);
    assert_eq!((&told["eventType"], &told["run"]["runId"]), (&json!("COMPLETE"), &json!(id)));
    let namespace = told["job"]["namespace"].as_str().unwrap();
    assert!(namespace.starts_with("brain://"), "{namespace}");
    assert_eq!(told["job"]["name"], "ingest:firms");
    let output = &told["outputs"][0];
    assert_eq!(output["name"], "raw.firm_order");
    assert_eq!(output["outputFacets"]["outputStatistics"]["rowCount"], 4);
    let fields = output["facets"]["schema"]["fields"].as_array().unwrap();
    assert_eq!(fields[0]["name"], "owner");
    // What we give we also take.
    brain_lineage::openlineage::parse(told.to_string().as_bytes()).unwrap();
    let other = node.signed_in("government").await;
    assert_eq!(other.get(&format!("/api/v1/lineage/runs/{id}")).await.code(), "warehouse/unknown-run");
}

#[tokio::test]
async fn what_another_node_tells_of_its_datasets_is_not_taken_for_ones_own() {
    let (here, there) = (Node::start().await, Node::start().await);
    let teller = there.signed_in("industry_body").await;
    let started = teller.upload("firms", "orders.csv", FIRMS_CSV.as_bytes()).await.expect(202);
    let id = started["run_id"].as_str().unwrap();
    teller.finished(id).await;
    let told = teller.get(&format!("/api/v1/lineage/runs/{id}")).await.expect(200);

    here.load_firms().await;
    let client = here.signed_in("industry_body").await;
    let _ = client.post("/api/v1/lineage", &told).await.expect(201);
    let theirs = format!("{}#raw.firm_order", told["job"]["namespace"].as_str().unwrap());
    let graph = client.get("/api/v1/lineage?dataset=raw.firm_order").await.expect(200);
    assert!(!names(&graph, "nodes").iter().any(|id| id.contains("ingest:firms")), "{graph}");
    let path = format!("/api/v1/lineage?dataset={}", theirs.replace('#', "%23"));
    let graph = client.get(&path).await.expect(200);
    assert!(names(&graph, "nodes").iter().any(|id| id.ends_with("#ingest:firms")), "{graph}");
}

#[tokio::test]
async fn a_dataset_nobody_knows_is_answered_with_one_that_looks_alike() {
    let node = Node::start().await;
    node.load_firms().await;
    let client = node.signed_in("enterprise").await;
    let refused = client.get("/api/v1/lineage?dataset=raw.firm_orders").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (404, "warehouse/unknown-dataset"));
    assert!(refused.text().contains("raw.firm_order"), "{}", refused.text());
    let refused = client.get("/api/v1/lineage?dataset=raw.firm_order&column=produkt").await;
    assert_eq!(refused.status.as_u16(), 404);
}

#[tokio::test]
async fn a_script_is_read_without_a_table_of_ours() {
    let node = Node::start().await;
    let client = node.signed_in("component_author").await;
    let body = json!({
        "sql": "INSERT INTO dw.t (a) SELECT NVL(x, y) FROM ods.s; SELECT * FROM u; BOGUS",
        "dialect": "oracle", "tables": {"U": ["P", "Q"]},
    });
    let script = client.post("/api/v1/lineage/parse", &body).await.expect(200);
    let statements = script["statements"].as_array().unwrap();
    assert_eq!(statements[0]["target"], "DW.T");
    assert_eq!(statements[0]["columns"][0]["origins"][0]["kinds"], json!(["transformation"]));
    assert_eq!(statements[1]["columns"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&statements[2]["followed"], &statements[2]["issues"][0]["kind"]),
        (&json!("no"), &json!("syntax"))
    );
}
