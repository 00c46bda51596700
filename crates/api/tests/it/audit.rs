//! Every kind of access leaves exactly the right record, and where none can be written there is no access.

use crate::sample;
use brain_kernel::party::Role;
use brain_store::{ConnectionTrait, PageRequest};
use brain_testkit::{Client, Node, ORGANISATION};
use brain_trust::audit::{AuditRecord, Channel, Outcome, RecordFilter};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// The auditor as a party, without a request that would leave a record of its own.
fn auditor() -> brain_kernel::party::Party {
    brain_kernel::party::Party {
        account: "the-test".to_owned(),
        display_name: "test".to_owned(),
        role: Role::Auditor,
        organisation: None,
        region: None,
    }
}

async fn records(node: &Node) -> Vec<AuditRecord> {
    let page = PageRequest::new(1, 1_000);
    node.trust.audit().list(&auditor(), &RecordFilter::default(), page).await.unwrap().items
}

/// The one record that `act` leaves.
async fn left_by<T>(node: &Node, act: impl Future<Output = T>) -> AuditRecord {
    let before: Vec<u64> = records(node).await.iter().map(|record| record.seq).collect();
    act.await;
    // A caller who went away is noticed a moment later.
    for _ in 0..100 {
        let fresh: Vec<AuditRecord> =
            records(node).await.into_iter().filter(|record| !before.contains(&record.seq)).collect();
        if fresh.iter().any(|record| record.outcome != Outcome::Opened) {
            assert_eq!(fresh.len(), 1, "{fresh:#?}");
            return fresh.into_iter().next().unwrap();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no record was left");
}

fn named(record: &AuditRecord) -> Vec<(&str, Option<u64>, bool)> {
    let input = |input: &brain_trust::audit::AuditInput| input.grant.is_some();
    record.inputs.iter().map(|one| (one.dataset.as_str(), one.version, input(one))).collect()
}

async fn account_id(client: &Client) -> String {
    client.get("/api/v1/session").await.expect(200)["party"]["account"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_page_of_sql_leaves_who_what_grant_rows_and_where_from() {
    let node = Node::start().await;
    node.load_firms().await;
    let client = node.signed_in("enterprise").await;
    let id = account_id(&client).await;
    let sql = "SELECT product FROM raw.firm_order ORDER BY product";
    let request = client
        .request(Method::POST, "/api/v1/sql")
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .json(&json!({ "sql": sql, "purpose": "核对订单", "page": 2, "page_size": 1 }));
    let mut answer = Value::Null;
    let record = left_by(&node, async { answer = client.send(request).await.expect(200) }).await;
    assert_eq!(answer["rows"].as_array().unwrap().len(), 1);
    assert_eq!((record.account.as_str(), record.role), (id.as_str(), Role::Enterprise));
    assert_eq!(record.organisation.as_deref(), Some(ORGANISATION));
    assert!(record.credential.as_deref().unwrap().starts_with("session:"));
    assert_eq!((record.address.as_deref(), record.channel), (Some("127.0.0.1"), Channel::Portal));
    assert_eq!((record.action.as_str(), record.operation.as_str()), ("read", "sql"));
    assert_eq!((record.purpose.as_str(), record.statement.as_deref()), ("核对订单", Some(sql)));
    let version = answer["inputs"][0]["version"].as_u64();
    assert_eq!(named(&record), [("raw.firm_order", version, true)]);
    assert_eq!(record.inputs[0].grant.as_deref(), answer["inputs"][0]["grant"].as_str());
    assert_eq!((record.rows, record.outcome, record.reason), (Some(1), Outcome::Completed, None), "the page");
    assert_eq!(record.trace_id.as_deref(), Some("0af7651916cd43dd8448eb211c80319c"));
}

#[tokio::test]
async fn an_export_by_key_is_an_export_with_its_bytes() {
    let node = Node::start().await;
    node.load_firms().await;
    let client = node.signed_in("government").await;
    let wish = json!({ "name": "report", "scopes": ["read"], "expires_at": in_days(&node, 30) });
    let key = client.post("/api/v1/api-keys", &wish).await.expect(201);
    let program = node.anonymous().with_token(key["secret"].as_str().unwrap());
    for format in ["csv", "arrow"] {
        let body = json!({ "sql": "SELECT * FROM raw.firm_order", "format": format });
        let mut length = 0;
        let record = left_by(&node, async {
            let reply = program.post("/api/v1/sql", &body).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            length = reply.body.len() as u64;
        })
        .await;
        assert_eq!((record.action.as_str(), record.channel), ("export", Channel::Rest));
        assert!(record.credential.as_deref().unwrap().starts_with("api_key:"), "{record:?}");
        assert_eq!((record.rows, record.bytes, record.outcome), (Some(4), Some(length), Outcome::Completed));
        let detail = node.trust.audit().show(&auditor(), record.seq).await.unwrap();
        let outcomes: Vec<Outcome> = detail.records.iter().map(|record| record.outcome).collect();
        assert_eq!(outcomes, [Outcome::Opened, Outcome::Completed], "on record before the first row");
    }
}

/// So many days from the node's present.
fn in_days(node: &Node, days: i64) -> String {
    use brain_kernel::clock::Clock as _;
    (node.clock.now() + chrono::TimeDelta::days(days)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

#[tokio::test]
async fn rows_of_a_dataset_and_of_its_quarantine_leave_one_record_each() {
    let node = Node::start().await;
    node.load_firms().await;
    let client = node.signed_in("system_administrator").await;
    let path = "/api/v1/datasets/raw.firm_order/rows?page=2&page_size=3";
    let record = left_by(&node, client.get(path)).await;
    assert_eq!((record.operation.as_str(), record.purpose.as_str()), ("datasets_rows", "browse"));
    assert_eq!((record.rows, record.outcome), (Some(1), Outcome::Completed), "the rows of the page alone");
    assert_eq!(named(&record)[0].0, "raw.firm_order");
    let search = "/api/v1/datasets/raw.firm_order/rows?text=伺服";
    assert_eq!(left_by(&node, client.get(search)).await.rows, Some(1));
    let refused = "/api/v1/datasets/raw.firm_order_quarantine/rows";
    let record = left_by(&node, client.get(refused)).await;
    assert_eq!((named(&record)[0].0, record.rows), ("raw.firm_order_quarantine", Some(1)));
    let unknown = left_by(&node, client.get("/api/v1/datasets/raw.nothing/rows")).await;
    assert_eq!(
        (unknown.outcome, unknown.reason.as_deref()),
        (Outcome::Failed, Some("warehouse/unknown-dataset"))
    );
}

#[tokio::test]
async fn a_component_leaves_every_dataset_it_read_whichever_way_it_was_called() {
    let node = Node::with_components(sample::components()).await;
    node.load_firms().await;
    let client = node.signed_in("government").await;
    let path = "/api/v1/components/test.orders/run";
    let body = json!({ "params": {}, "purpose": "月报" });
    let record = left_by(&node, client.post(path, &body)).await;
    assert_eq!((record.action.as_str(), record.operation.as_str()), ("run", "test.orders"));
    assert_eq!((record.purpose.as_str(), record.outcome, record.rows), ("月报", Outcome::Completed, Some(1)));
    let inputs = named(&record);
    assert_eq!((inputs.len(), inputs[0].0, inputs[0].2), (1, "raw.firm_order", true));

    let later = client.request(Method::POST, path).header("prefer", "respond-async").json(&body);
    let record = left_by(&node, client.send(later)).await;
    assert_eq!((record.operation.as_str(), record.outcome), ("test.orders", Outcome::Completed));

    let message = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "test_orders", "arguments": {} }
    });
    let call = client
        .request(Method::POST, "/api/v1/mcp")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-06-18")
        .json(&message);
    let record = left_by(&node, client.send(call)).await;
    assert_eq!(
        (record.channel, record.purpose.as_str(), named(&record)[0].0),
        (Channel::Mcp, "mcp", "raw.firm_order")
    );

    let without_data = json!({ "params": { "text": "x", "times": 1 } });
    let record = left_by(&node, client.post("/api/v1/components/test.echo/run", &without_data)).await;
    assert_eq!((record.operation.as_str(), record.inputs.len()), ("test.echo", 0));
}

#[tokio::test]
async fn whoever_is_refused_is_on_record_with_what_was_wanted() {
    let node = Node::with_components(sample::components()).await;
    node.load_firms().await;
    let author = node.signed_in("component_author").await;
    let denied = |record: &AuditRecord, reason: &str| {
        assert_eq!((record.outcome, record.reason.as_deref()), (Outcome::Denied, Some(reason)), "{record:?}");
    };
    let record = left_by(&node, author.sql("SELECT * FROM raw.firm_order")).await;
    denied(&record, "warehouse/no-grant");
    assert_eq!((named(&record), record.rows), (vec![("raw.firm_order", None, false)], Some(0)));
    let record = left_by(&node, author.get("/api/v1/datasets/raw.firm_order/rows")).await;
    denied(&record, "warehouse/no-grant");
    let nothing = json!({ "params": {} });
    let record = left_by(&node, author.post("/api/v1/components/test.orders/run", &nothing)).await;
    denied(&record, "warehouse/no-grant");
    assert_eq!((record.operation.as_str(), record.action.as_str()), ("test.orders", "run"));
    // What the role alone refuses never comes to the door.
    let auditor = node.signed_in("auditor").await;
    let record = left_by(&node, auditor.sql("SELECT 1")).await;
    denied(&record, "api/audience");
    assert_eq!((record.operation.as_str(), record.action.as_str()), ("sql_run", "call"));
    let wrong = left_by(&node, node.signed_in("government").await.sql("SELEC 1")).await;
    assert_eq!((wrong.outcome, wrong.reason.as_deref()), (Outcome::Failed, Some("warehouse/sql")));
    let strangers = records(&node).await.len();
    assert_eq!(node.anonymous().sql("SELECT 1").await.status, 401);
    assert_eq!(records(&node).await.len(), strangers, "nobody is nobody; sign-ins have their evidence");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_goes_away_leaves_an_access_that_broke_off() {
    let node = Node::start().await;
    let client = node.signed_in("government").await;
    let endless = "SELECT unnest(range(0, 900000)) AS n";
    let record = left_by(&node, async {
        let request =
            client.request(Method::POST, "/api/v1/sql").json(&json!({ "sql": endless, "format": "csv" }));
        let mut response = request.send().await.unwrap();
        response.chunk().await.unwrap();
        drop(response);
    })
    .await;
    assert_eq!((record.outcome, record.action.as_str()), (Outcome::BrokenOff, "export"));
    assert!(record.rows.unwrap() < 900_000, "{record:?}");
}

/// Make the store refuse records, as a full disk does, and let it take them again.
async fn disk(node: &Node, full: bool) {
    let sql = if full {
        "CREATE TRIGGER full BEFORE INSERT ON audit_record \
         BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    } else {
        "DROP TRIGGER full"
    };
    node.store.db().execute_unprepared(sql).await.unwrap();
}

#[tokio::test]
async fn where_no_record_can_be_written_nothing_is_read_by_any_way() {
    let node = Node::with_components(sample::components()).await;
    node.load_firms().await;
    let client = node.signed_in("government").await;
    let supervisor = node.signed_in("auditor").await;
    disk(&node, true).await;
    let sql = |format: &str| json!({ "sql": "SELECT * FROM raw.firm_order", "format": format });
    let replies = [
        client.post("/api/v1/sql", &sql("json")).await,
        client.post("/api/v1/sql", &sql("csv")).await,
        client.post("/api/v1/sql", &sql("arrow")).await,
        client.get("/api/v1/datasets/raw.firm_order/rows").await,
        client.post("/api/v1/components/test.orders/run", &json!({ "params": {} })).await,
        supervisor.get("/api/v1/audit/records").await,
        supervisor.get("/api/v1/audit/export").await,
        supervisor.get("/api/v1/evidence").await,
    ];
    for reply in replies {
        assert_eq!(
            (reply.status.as_u16(), reply.code().as_str()),
            (503, "trust/audit-unavailable"),
            "{}",
            reply.text()
        );
        assert!(!reply.text().contains("轴承"), "no row leaves");
    }
    disk(&node, false).await;
    assert_eq!(
        client.post("/api/v1/sql", &sql("json")).await.status,
        200,
        "and it goes on without a restart"
    );
}

#[tokio::test]
async fn the_auditor_reads_filters_opens_and_checks_and_that_is_on_record_too() {
    let node = Node::start().await;
    node.load_firms().await;
    let client = node.signed_in("government").await;
    let _ = client.sql("SELECT * FROM raw.firm_order").await.expect(200);
    node.signed_in("component_author").await.sql("SELECT * FROM raw.firm_order").await;
    let auditor = node.signed_in("auditor").await;
    let all = auditor.get("/api/v1/audit/records").await.expect(200);
    assert_eq!(all["total"], 2, "{all}");
    let denied = auditor.get("/api/v1/audit/records?outcome=denied").await.expect(200);
    assert_eq!(denied["items"][0]["reason"], "warehouse/no-grant");
    let of = auditor.get("/api/v1/audit/records?dataset=raw.firm_order&action=read").await.expect(200);
    assert_eq!(of["total"], 2);
    let none = auditor.get("/api/v1/audit/records?to=2020-01-01T00:00:00Z").await.expect(200);
    assert_eq!(none["total"], 0);
    assert_eq!(auditor.get("/api/v1/audit/records?outcome=lost").await.code(), "api/malformed");
    let seq = of["items"][1]["seq"].as_u64().unwrap();
    let detail = auditor.get(&format!("/api/v1/audit/records/{seq}")).await.expect(200);
    assert_eq!(detail["records"][0]["statement"], "SELECT * FROM raw.firm_order");
    assert_eq!(auditor.get("/api/v1/audit/records/99999").await.code(), "trust/not-found");
    let status = auditor.get("/api/v1/audit/status").await.expect(200);
    assert!(status["days"].as_u64().unwrap() >= 180);
    let verified = auditor.post("/api/v1/audit/verify", &json!({})).await.expect(200);
    assert_eq!(verified["ok"], true, "{verified}");
    let own = auditor.get("/api/v1/audit/records?action=audit.read").await.expect(200);
    assert!(own["total"].as_u64().unwrap() >= 5, "{own}");
}
