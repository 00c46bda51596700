//! Models over the interface: listed with their health, planned without writing, run, and told of afterwards.

use brain_testkit::Node;
use serde_json::{Value, json};

const PROVINCES: &str = "-- model: topic.province\n-- title: 省 | Provinces\n-- description: 省级。 | Of provincial level.\n\
    -- owner: 某局\n-- side: public\n-- grade: general1\n-- source: GB/T 2260\n-- licence: free\n-- keys: region_code\n\
    -- inputs: subject.region\n-- tags: place\n-- test: unique(region_code)\n-- column: region_code | 代码 | Code\n\
    -- column: name | 名称 | Name\nSELECT region_code, name FROM subject.region WHERE level = 'province'\n";

fn put(node: &Node, text: &str) {
    let folder = node.folder().join("models/topic/industry");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("province.sql"), text).unwrap();
}

fn names<'v>(list: &'v Value, of: &str) -> Vec<&'v str> {
    list.as_array().unwrap().iter().map(|item| item[of].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_planned_run_and_shown() {
    let node = Node::start().await;
    put(&node, PROVINCES);
    let government = node.signed_in("government").await;
    let wish = json!({ "select": "+tag:place" });
    let plan = government.post("/api/v1/models/plan", &wish).await.expect(200);
    assert_eq!(names(&plan["steps"], "model"), ["subject.region", "topic.province"]);
    assert_eq!(names(&plan["steps"], "standing"), ["stale", "stale"]);
    let runs = government.post("/api/v1/models/run", &wish).await.expect(200);
    assert_eq!(names(&runs["runs"], "state"), ["ran", "ran"]);
    let list = government.get("/api/v1/models?select=tag:place").await.expect(200);
    assert_eq!(list["models"][0]["health"], "fresh");
    assert_eq!(list["models"][0]["place"], "topic/industry");
    let one = government.get("/api/v1/models/topic.province").await.expect(200);
    assert!(one["sql"].as_str().unwrap().starts_with("SELECT region_code"));
    assert_eq!(one["attempts"][0]["state"], "ran");

    put(&node, &PROVINCES.replace("unique(region_code)", "accepted_values(name, '浙江省')"));
    let runs = government.post("/api/v1/models/run", &wish).await.expect(200);
    assert_eq!(names(&runs["runs"], "state"), ["unchanged", "tests_failed"]);
    let examples = &runs["runs"][1]["tests"][0]["examples"];
    assert_eq!(examples["columns"], json!(["region_code", "name"]));
    assert!(!examples["rows"].as_array().unwrap().is_empty());
    let history = government.get("/api/v1/models/runs?model=topic.province").await.expect(200);
    assert_eq!(names(&history["items"], "state"), ["tests_failed", "ran"]);
    assert!(history["items"][0]["tests"][0]["examples"].is_null(), "no row is kept");

    put(&node, &PROVINCES.replace("FROM subject.region", "FROM subject.industry"));
    let list = government.get("/api/v1/models").await.expect(200);
    assert_eq!(list["broken"][0]["file"], "models/topic/industry/province.sql");
    assert_eq!(list["broken"][0]["line"], 15);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_that_means_nothing_is_refused_in_words() {
    let node = Node::start().await;
    let government = node.signed_in("government").await;
    let refused = government.get("/api/v1/models?select=subject.regoin").await.expect(404);
    assert_eq!(refused["code"], "warehouse/unknown-model");
    assert!(refused.to_string().contains("subject.region"));
    for endpoint in ["/api/v1/models/plan", "/api/v1/models/run"] {
        let refused = government.post(endpoint, &json!({ "select": "tag:none" })).await.expect(404);
        assert_eq!(refused["code"], "warehouse/unknown-model");
        let refused = government.post(endpoint, &json!({ "select": "tag:" })).await.expect(400);
        assert_eq!(refused["code"], "warehouse/model-selection");
    }
    let document = node.anonymous().get("/api/v1/openapi.json").await.expect(200);
    for (path, method) in
        [("/api/v1/models", "get"), ("/api/v1/models/plan", "post"), ("/api/v1/models/run", "post")]
    {
        let answers = &document["paths"][path][method]["responses"];
        assert!(answers["400"].is_object() && answers["404"].is_object(), "{path}: {answers}");
    }
    let refused = government.post("/api/v1/models/plan", &json!({ "from": "2026-01-01" })).await.expect(400);
    assert_eq!(refused["code"], "warehouse/model-no-cursor");
    assert_eq!(
        government.get("/api/v1/models/subject.nothing").await.expect(404)["code"],
        "warehouse/unknown-dataset"
    );
    let refused = node.signed_in("enterprise").await.get("/api/v1/models").await.expect(403);
    assert_eq!(refused["status"], 403);
    let refused = node.signed_in("auditor").await.post("/api/v1/models/run", &json!({})).await.expect(403);
    assert_eq!(refused["status"], 403);
}
