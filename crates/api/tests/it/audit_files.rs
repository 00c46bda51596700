//! Audit records as files: safe for spreadsheets, complete, filtered, and audited themselves.

use brain_testkit::Node;
use reqwest::Method;

#[tokio::test]
async fn an_export_is_csv_without_formulas_or_json_lines_and_leaves_its_own_record() {
    let node = Node::start().await;
    node.load_firms().await;
    let client = node.signed_in("government").await;
    let body = serde_json::json!({ "sql": "SELECT 1", "purpose": "=cmd()" });
    let _ = client.post("/api/v1/sql", &body).await.expect(200);
    let _ = client.sql("SELECT count(*) FROM raw.firm_order").await.expect(200);
    let auditor = node.signed_in("auditor").await;
    let csv = auditor.get("/api/v1/audit/export").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let text = csv.text();
    let mut lines = text.lines();
    assert!(lines.next().unwrap().starts_with("seq,time,account,role,"));
    assert_eq!(lines.count(), 2, "{text}");
    assert!(text.contains("'=cmd()") && !text.contains(",=cmd()"), "{text}");
    assert!(text.contains("raw.firm_order@"), "{text}");

    let lines = auditor.get("/api/v1/audit/export?format=jsonl&dataset=raw.firm_order").await;
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    let records: Vec<serde_json::Value> =
        lines.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["inputs"][0]["dataset"], "raw.firm_order");

    let own = auditor.get("/api/v1/audit/records?action=audit.export").await.expect(200);
    assert_eq!(own["total"], 2, "{own}");
    let newest = &own["items"][0];
    assert_eq!((&newest["outcome"], &newest["rows"]), (&"completed".into(), &1.into()));
    assert_eq!(newest["bytes"].as_u64(), Some(lines.body.len() as u64));
    assert_eq!(client.get("/api/v1/audit/export").await.code(), "api/audience");
}

#[tokio::test]
async fn a_file_that_travels_compressed_arrives_whole() {
    let node = Node::start().await;
    let client = node.signed_in("government").await;
    let sql = serde_json::json!({ "sql": "SELECT unnest(range(0, 5000)) AS n", "format": "csv" });
    let auditor = node.signed_in("auditor").await;
    let requests = [
        client.request(Method::POST, "/api/v1/sql").json(&sql),
        auditor.request(Method::GET, "/api/v1/audit/export"),
    ];
    for request in requests {
        let response = request.header("accept-encoding", "gzip").send().await.unwrap();
        assert_eq!(response.headers()["content-encoding"], "gzip");
        assert!(response.bytes().await.is_ok(), "the transfer breaks off");
    }
}
