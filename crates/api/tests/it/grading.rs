//! A column that is upgraded is masked at the next read, through every surface.

use crate::sample;
use brain_testkit::{Client, Node};
use reqwest::Method;
use serde_json::{Value, json};

/// What a reader sees of the column `product` through each surface.
async fn seen(client: &Client) -> Vec<(&'static str, String)> {
    let sql = "SELECT product FROM raw.firm_order ORDER BY amount_cny";
    let page = client.post("/api/v1/sql", &json!({ "sql": sql })).await.expect(200);
    let csv = client.post("/api/v1/sql", &json!({ "sql": sql, "format": "csv" })).await;
    assert_eq!(csv.status, 200, "{}", csv.text());
    let browsed = client.get("/api/v1/datasets/raw.firm_order/rows").await.expect(200);
    let ran = client.post("/api/v1/components/test.products/run", &json!({ "params": {} })).await.expect(200);
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
                          "params": { "name": "test_products", "arguments": {} } });
    let request = client
        .request(Method::POST, "/api/v1/mcp")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-06-18")
        .json(&message);
    let tool = client.send(request).await.expect(200);
    vec![
        ("sql", page["rows"].to_string()),
        ("export", csv.text()),
        ("browse", browsed["rows"].to_string()),
        ("component", ran["result"].to_string()),
        ("mcp", tool["result"]["structuredContent"]["result"].to_string()),
    ]
}

#[tokio::test]
async fn an_upgraded_column_is_masked_at_the_next_read_on_every_surface() {
    let node = Node::with_components(sample::components()).await;
    node.load_firms().await;
    let reader = node.signed_in("industry_body").await;
    for (surface, text) in seen(&reader).await {
        assert!(text.contains("轴承"), "{surface}: {text}");
    }
    let label = json!({
        "dataset": "raw.firm_order", "column": "product", "reason": "订单内容属企业敏感信息",
        "label": { "industry_class": "工业", "business_class": "管理数据域", "grade": "general4" },
    });
    let (government, security) =
        (node.signed_in("government").await, node.signed_in("security_administrator").await);
    let proposed = government.post("/api/v1/grading", &label).await.expect(201);
    let step = |what: &str| format!("/api/v1/grading/{}/{what}", proposed["id"].as_str().unwrap());
    let reason = json!({ "reason": "属实" });
    let early = security.post(&step("approve"), &reason).await;
    assert_eq!((early.status.as_u16(), early.code().as_str()), (409, "warehouse/grading-state"));
    let confirmed = government.post(&step("confirm"), &reason).await.expect(200);
    assert_eq!(confirmed["state"], "confirmed");
    for (surface, text) in seen(&reader).await {
        assert!(text.contains("轴承"), "{surface} before approval: {text}");
    }
    let approved = security.post(&step("approve"), &reason).await.expect(200);
    assert_eq!(approved["state"], "approved");
    for (surface, text) in seen(&reader).await {
        assert!(!text.contains("轴承") && !text.contains("减速器"), "{surface}: {text}");
    }
    // Who may see the grade still sees the values.
    for (surface, text) in seen(&government).await {
        assert!(text.contains("轴承"), "{surface}: {text}");
    }
    let report = government.get("/api/v1/grading/report").await.expect(200);
    let dataset = report["datasets"].as_array().unwrap().iter().find(|d| d["dataset"] == "raw.firm_order");
    assert_eq!(dataset.unwrap()["highest_column"], "general4");
    let listed: Value = government.get("/api/v1/grading?state=approved").await.expect(200);
    assert_eq!(listed["items"][0]["reason"], "属实");
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_its_reason() {
    let node = Node::start().await;
    node.load_firms().await;
    let government = node.signed_in("government").await;
    let label = |dataset: &str, column: &str, grade: &str| {
        json!({ "dataset": dataset, "column": column, "reason": "x",
                "label": { "industry_class": "工业", "business_class": "管理数据域", "grade": grade } })
    };
    for (body, code) in [
        (label("raw.nothing", "product", "general4"), "warehouse/unknown-dataset"),
        (label("raw.firm_order", "nothing", "general4"), "warehouse/unknown-column"),
        (label("raw.firm_order", "product", "secret"), "api/malformed"),
    ] {
        let reply = government.post("/api/v1/grading", &body).await;
        assert!(reply.status.is_client_error());
        assert_eq!(reply.code(), code, "{}", reply.text());
    }
    let enterprise = node.signed_in("enterprise").await;
    let foreign = enterprise.post("/api/v1/grading", &label("raw.firm_order", "product", "general4")).await;
    assert_eq!((foreign.status.as_u16(), foreign.code().as_str()), (403, "warehouse/grading-not-owner"));
    let wish = json!({ "dataset": "raw.firm_order", "grade": "general1", "reason": "x",
                       "method": { "aggregation": { "k": 10 } } });
    let underived = government.post("/api/v1/grading/degradings", &wish).await;
    assert_eq!(underived.code(), "warehouse/grading-not-derived");
}
