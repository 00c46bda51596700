//! SQL over HTTP: pages, formats, cancelling, and only what the caller may see.

use brain_testkit::{Client, Node, Setup};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::arrow::ipc::reader::StreamReader;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const NUMBERS: &str = "SELECT n FROM (SELECT unnest(range(1, 26)) AS n) ORDER BY n";

async fn run(client: &Client, body: Value) -> brain_testkit::Reply {
    client.post("/api/v1/sql", &body).await
}

#[tokio::test]
async fn pages_follow_each_other_and_the_last_one_says_so() {
    let node = Node::start().await;
    let client = node.signed_in("government").await;
    let mut seen = Vec::new();
    for page in 1..=3 {
        let reply = run(&client, json!({ "sql": NUMBERS, "page": page, "page_size": 10 })).await.expect(200);
        seen.extend(reply["rows"].as_array().unwrap().iter().map(|row| row[0].as_i64().unwrap()));
        assert_eq!(reply["has_more"], page < 3, "page {page}");
        assert_eq!(reply["columns"][0], json!({ "name": "n", "type": "integer" }));
    }
    assert_eq!(seen, (1..=25).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_page_beyond_the_nodes_limit_is_refused_instead_of_empty() {
    let node = Node::with(Setup { query_rows_max: 15, ..Setup::default() }).await;
    let client = node.signed_in("government").await;
    let beyond = run(&client, json!({ "sql": NUMBERS, "page": 2, "page_size": 10 })).await;
    assert_eq!((beyond.status.as_u16(), beyond.code().as_str()), (429, "api/page-too-far"));
    let whole = client.request(Method::POST, "/api/v1/sql").json(&json!({ "sql": NUMBERS, "format": "csv" }));
    // The connection breaks off before or after the head was sent, whichever came first.
    let cut = async { whole.send().await?.bytes().await }.await;
    assert!(cut.is_err(), "a file that lacks rows must not look complete");
}

#[tokio::test]
async fn csv_defuses_formulas_and_arrow_reads_back() {
    let node = Node::start().await;
    node.load_firms().await;
    let client = node.signed_in("system_administrator").await;
    let sql = "SELECT product, amount_cny FROM raw.firm_order ORDER BY product";
    let csv = run(&client, json!({ "sql": sql, "format": "csv" })).await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert!(csv.text().starts_with("product,amount_cny\r\n'=减速器,80"), "{}", csv.text());
    assert_eq!(csv.text().lines().count(), 5);

    let arrow = run(&client, json!({ "sql": NUMBERS, "format": "arrow" })).await;
    assert_eq!(arrow.header("content-type"), "application/vnd.apache.arrow.stream");
    let batches = StreamReader::try_new(arrow.body.as_slice(), None).unwrap();
    let numbers: Vec<i64> = batches
        .flat_map(|batch| batch.unwrap().column(0).as_primitive::<Int64Type>().values().to_vec())
        .collect();
    assert_eq!(numbers, (1..=25).collect::<Vec<_>>());

    let auditor = node.signed_in("auditor").await;
    let evidence = auditor.get("/api/v1/evidence?kind=sql.export").await.expect(200);
    assert_eq!(evidence["total"], 2, "exports leave evidence");
}

#[tokio::test]
async fn mistakes_in_sql_are_problems_that_name_the_place_and_the_dataset_meant() {
    let node = Node::start().await;
    node.load_firms().await;
    let client = node.signed_in("government").await;
    let cases = [
        ("SELEC 1", "warehouse/sql"),
        ("DELETE FROM raw.firm_order", "warehouse/not-a-read"),
        ("SELECT 1; SELECT 2", "warehouse/not-a-read"),
        ("SELECT * FROM raw.firm_ordre", "warehouse/unknown-dataset"),
        ("SELECT * FROM raw.\"firm_order@99\"", "warehouse/unknown-version"),
    ];
    for (sql, code) in cases {
        assert_eq!(client.sql(sql).await.code(), code, "{sql}");
    }
    let hint = client.sql("SELECT * FROM raw.firm_ordre").await.json()["hint"].to_string();
    assert!(hint.contains("raw.firm_order"), "{hint}");
    let wrong = client.sql("SELECT count(*)\nFROM raw.firm_order WHERE products > 'x'").await.json();
    assert_eq!(wrong["detail"], "SQL is wrong at line 2, column 27: there is no column products");
    assert_eq!(wrong["hint"], "Did you mean product?");
    let chinese = client.in_language("zh").sql("SELECT weather FROM raw.firm_order").await.json();
    assert_eq!(chinese["hint"], "可用的列：owner、product、amount_cny、ordered_on、_file、_line、_run。");
}

/// Long enough that only a cancel can end it within the test.
const ENDLESS: &str = "WITH a AS (SELECT unnest(range(0, 20000)) AS x), \
                       b AS (SELECT unnest(range(0, 20000)) AS y), c AS (SELECT unnest(range(0, 20000)) AS z) \
                       SELECT count(*) FROM a, b, c WHERE (x * y + z) % 7 = 3";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_query_is_stopped_by_its_owner_and_by_nobody_else() {
    let node = Node::start().await;
    let client = node.signed_in("government").await;
    let other = node.signed_in("industry_body").await;
    let running = tokio::spawn({
        let client = client.clone();
        async move {
            let request = client.request(Method::POST, "/api/v1/sql").header("x-query-id", "long-one");
            client.send(request.json(&json!({ "sql": ENDLESS }))).await
        }
    });
    let mut stopped = other.delete("/api/v1/sql/long-one").await;
    assert_eq!(stopped.status, 404);
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(other.delete("/api/v1/sql/long-one").await.status, 404);
        stopped = client.delete("/api/v1/sql/long-one").await;
        if stopped.status == 204 {
            break;
        }
    }
    assert_eq!(stopped.status, 204);
    let cancelled = running.await.unwrap();
    assert_eq!((cancelled.status.as_u16(), cancelled.code().as_str()), (499, "warehouse/cancelled"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_goes_away_stops_the_query() {
    let node = Node::start().await;
    let client = node.signed_in("government").await;
    let request = client.request(Method::POST, "/api/v1/sql").header("x-query-id", "left");
    let sent = tokio::spawn(request.json(&json!({ "sql": ENDLESS })).send());
    tokio::time::sleep(Duration::from_millis(500)).await;
    sent.abort();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        // Once the node noticed, the id is free again.
        let request = client.request(Method::POST, "/api/v1/sql").header("x-query-id", "left");
        let again = client.send(request.json(&json!({ "sql": "SELECT 1" }))).await;
        if again.status == 200 {
            return;
        }
        assert_eq!(again.code(), "api/query-id-taken");
    }
    panic!("the query goes on without its caller");
}

#[tokio::test]
async fn an_enterprise_sees_its_own_rows_only_in_sql_in_pages_and_in_counts() {
    let node = Node::start().await;
    node.load_firms().await;
    let own = node.signed_in("enterprise").await;
    let owners = own.sql("SELECT DISTINCT owner FROM raw.firm_order").await.expect(200);
    assert_eq!(owners["rows"], json!([[brain_testkit::ORGANISATION]]));
    let rows = own.get("/api/v1/datasets/raw.firm_order/rows").await.expect(200);
    assert_eq!((rows["total"].as_u64(), rows["rows"].as_array().unwrap().len()), (Some(2), 2));
    let all =
        node.signed_in("government").await.get("/api/v1/datasets/raw.firm_order/rows").await.expect(200);
    assert_eq!(all["total"], 4);
    assert_eq!(all["inputs"][0]["dataset"], "raw.firm_order");
    let none = node.signed_in("component_author").await.sql("SELECT * FROM raw.firm_order").await;
    assert_eq!(none.code(), "warehouse/no-grant");
}

#[tokio::test]
async fn rows_are_paged_and_searched_without_the_text_becoming_sql() {
    let node = Node::start().await;
    node.load_firms().await;
    let client = node.signed_in("system_administrator").await;
    let path = "/api/v1/datasets/raw.firm_order/rows";
    let page = client.get(&format!("{path}?page=2&page_size=3")).await.expect(200);
    assert_eq!((page["rows"].as_array().unwrap().len(), page["has_more"].as_bool()), (1, Some(false)));
    let found = client.get(&format!("{path}?text=伺服")).await.expect(200);
    assert_eq!(found["rows"].as_array().unwrap().len(), 1);
    for harmless in ["%25", "'%20OR%201=1--", "_"] {
        let found = client.get(&format!("{path}?text={harmless}")).await.expect(200);
        let rows = found["rows"].as_array().unwrap().len();
        assert!(rows == 0 || harmless == "_", "{harmless}: {found}");
    }
    assert_eq!(client.get(&format!("{path}?version=77")).await.code(), "warehouse/unknown-version");
}
