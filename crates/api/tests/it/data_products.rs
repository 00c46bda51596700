//! Data products over HTTP: published by one firm, asked for and read by another, metered, withdrawn.

use brain_kernel::clock::Clock as _;
use brain_testkit::{Client, Node, OTHER_ORGANISATION, Reply};
use brain_warehouse::product::tally::{Change, tally};
use chrono::TimeDelta;
use reqwest::Method;
use reqwest::header::{ETAG, IF_NONE_MATCH};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const PRODUCTS: &str = "/api/v1/products";
/// Every form, by the code with which a stranger is refused.
const FORMS: [&str; 4] = ["api", "download", "subscription", "component"];

fn product(id: &str, source: Value) -> Value {
    json!({
        "id": id, "title": { "zh": "订单行情", "en": "Orders" },
        "description": { "zh": "本企业的订单。", "en": "Orders of the firm." },
        "definition": {
            "source": source,
            "forms": FORMS,
            "contract": {
                "purposes": ["view", "analysis"], "permitted": ["read", "aggregate"], "forbidden": ["sell"],
                "period_days": 30, "redistribution": "none", "retention_days": 90,
            },
            "sla": { "freshness_hours": 24, "availability_percent": 99.0, "support": "数据处 0571" },
        },
    })
}

fn orders() -> Value {
    json!({ "kind": "dataset", "dataset": "raw.firm_order", "columns": ["product", "amount_cny"] })
}

fn published(id: &str, source: Value) -> Value {
    json!({ "product": product(id, source), "publish": { "note": "首版" } })
}

/// What each form answers a caller, by form.
async fn in_every_form(client: &Client, id: &str) -> Vec<(&'static str, Reply)> {
    let path = format!("{PRODUCTS}/{id}");
    vec![
        ("api", client.get(&format!("{path}/rows")).await),
        ("api", client.get(&format!("{path}/rows?format=csv")).await),
        ("download", client.get(&format!("{path}/file")).await),
        ("subscription", client.post(&format!("{path}/subscriptions"), &Value::Null).await),
        ("component", client.post(&format!("/api/v1/components/product.{id}/run"), &json!({})).await),
    ]
}

async fn grant(node: &Node, asker: &Client, decider: &Client, id: &str, days: i64) -> String {
    let wish = json!({
        "dataset": format!("product.{id}"), "purpose": "analysis", "reason": "采购分析",
        "until": (node.clock.now() + TimeDelta::days(days)).to_rfc3339(),
    });
    let asked = asker.post("/api/v1/requests", &wish).await.expect(201);
    let request = asked["id"].as_str().unwrap().to_owned();
    let inbox = decider.get("/api/v1/requests/inbox?state=pending").await.expect(200);
    assert_eq!(inbox["items"][0]["id"], request.as_str(), "the owner finds it: {inbox}");
    let path = format!("/api/v1/requests/{request}/approve");
    let granted = decider.post(&path, &json!({ "revision": 1 })).await.expect(200);
    assert_eq!(granted["agreement"], format!("product.{id}@1.0.0"));
    request
}

#[tokio::test]
async fn another_firm_reads_after_the_owner_approved_in_every_form_and_no_more_after_the_withdrawal() {
    let node = Node::start().await;
    node.load_firms().await;
    let (owner, other) = (node.signed_in("enterprise").await, node.signed_in("other_enterprise").await);
    let made = owner.post(PRODUCTS, &published("orders", orders())).await.expect(201);
    assert_eq!(
        (made["card"]["version"].as_str(), made["card"]["own"].as_bool()),
        (Some("1.0.0"), Some(true))
    );
    assert_eq!(made["card"]["grade"], "general2", "the label of what it reads");

    // On the shelf, and closed to everybody: also to a role that reads every dataset.
    for name in ["other_enterprise", "government", "component_author", "system_administrator"] {
        let stranger = node.signed_in(name).await;
        let shelf = stranger.get(PRODUCTS).await.expect(200);
        assert_eq!(
            (shelf["total"].as_u64(), shelf["items"][0]["open"].as_bool()),
            (Some(1), Some(false)),
            "{name}"
        );
        for (form, reply) in in_every_form(&stranger, "orders").await {
            // Authors are refused by a policy besides: they take nothing of firms along.
            let code = reply.code();
            let refused =
                code == "warehouse/no-grant" || (name == "component_author" && code == "trust/denied");
            assert!(refused && reply.status == 403, "{name} {form}: {}", reply.text());
            assert!(!reply.text().contains("1200.5"), "{name} {form}");
        }
    }

    grant(&node, &other, &owner, "orders", 20).await;
    let page = other.get(&format!("{PRODUCTS}/orders/rows")).await;
    let tag = page.headers[ETAG].clone();
    let page = page.expect(200);
    // Own rows of the owner only, of a dataset in which both have some.
    assert_eq!(page["rows"], json!([["=减速器", 80.0], ["轴承", 1200.5]]));
    assert_eq!(page["inputs"][0]["dataset"], "product.orders");
    let again = other.request(Method::GET, &format!("{PRODUCTS}/orders/rows")).header(IF_NONE_MATCH, &tag);
    assert_eq!(other.send(again).await.status, 304);
    let second = other.get(&format!("{PRODUCTS}/orders/rows?page=2&page_size=1")).await.expect(200);
    assert_eq!(
        (second["rows"].clone(), second["has_more"].as_bool()),
        (json!([["轴承", 1200.5]]), Some(false))
    );

    let file = other.get(&format!("{PRODUCTS}/orders/file")).await;
    assert_eq!(file.text(), "product,amount_cny\r\n'=减速器,80.0\r\n轴承,1200.5\r\n");
    let sum: String = Sha256::digest(&file.body).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(file.headers["x-content-sha256"], sum);
    let parquet = other.get(&format!("{PRODUCTS}/orders/file?format=parquet")).await;
    assert!(parquet.body.starts_with(b"PAR1") && parquet.body.ends_with(b"PAR1"));

    let run = other.post("/api/v1/components/product.orders/run", &json!({})).await.expect(200);
    assert_eq!(run["result"]["rows"][1], json!({ "product": "轴承", "amount_cny": 1200.5 }));
    assert_eq!(run["provenance"]["component_version"], "1.0.0");
    let catalogue = other.get("/api/v1/components").await.expect(200);
    assert!(catalogue.as_array().unwrap().iter().any(|card| card["id"] == "product.orders"));
    let document = other.get(&format!("{PRODUCTS}/orders/openapi")).await.expect(200);
    assert!(document["paths"]["/api/v1/products/orders/file"].is_object(), "{document}");

    let shown = owner.get(&format!("{PRODUCTS}/orders")).await.expect(200);
    let end = json!({ "revision": shown["revision"], "note": "停止提供" });
    let withdrawn = owner.post(&format!("{PRODUCTS}/orders/withdraw"), &end).await.expect(200);
    assert_eq!(withdrawn["card"]["state"], "withdrawn");
    for (form, reply) in in_every_form(&other, "orders").await {
        let code = if form == "component" { "component/unknown" } else { "warehouse/product-withdrawn" };
        assert_eq!(reply.code(), code, "{form}: {}", reply.text());
    }
    assert_eq!(
        owner.post(&format!("{PRODUCTS}/orders/withdraw"), &end).await.code(),
        "warehouse/product-state"
    );
}

#[tokio::test]
async fn a_grant_that_runs_out_refuses_the_next_read_and_a_contract_bounds_what_is_asked_for() {
    let node = Node::start().await;
    node.load_firms().await;
    let (owner, other) = (node.signed_in("enterprise").await, node.signed_in("other_enterprise").await);
    let _ = owner.post(PRODUCTS, &published("orders", orders())).await.expect(201);
    let wish = |purpose: &str, days: i64| {
        json!({
            "dataset": "product.orders", "purpose": purpose, "reason": "核对", "agreement": "协议 1",
            "until": (node.clock.now() + TimeDelta::days(days)).to_rfc3339(),
        })
    };
    for (purpose, days) in [("automated_decision", 10), ("analysis", 40)] {
        let refused = other.post("/api/v1/requests", &wish(purpose, days)).await;
        assert_eq!(refused.code(), "warehouse/product", "{purpose} {days}: {}", refused.text());
    }
    grant(&node, &other, &owner, "orders", 20).await;
    assert_eq!(other.get(&format!("{PRODUCTS}/orders/rows")).await.status, 200);
    // A grant for looking takes nothing out; this one is for analysis, and ends.
    node.clock.advance(TimeDelta::days(21));
    let other = node.signed_in("other_enterprise").await;
    for (form, reply) in in_every_form(&other, "orders").await {
        assert_eq!(reply.code(), "warehouse/no-grant", "{form}");
    }
    let owner = node.signed_in("enterprise").await;
    let shown = owner.get(&format!("{PRODUCTS}/orders")).await.expect(200);
    let end = json!({ "revision": shown["revision"], "note": "将停用" });
    let _ = owner.post(&format!("{PRODUCTS}/orders/deprecate"), &end).await.expect(200);
    assert_eq!(other.post("/api/v1/requests", &wish("analysis", 10)).await.code(), "warehouse/product-state");
}

#[tokio::test]
async fn nobody_passes_on_what_is_not_his() {
    let node = Node::start().await;
    node.load_firms().await;
    let (owner, other) = (node.signed_in("enterprise").await, node.signed_in("other_enterprise").await);
    let system = node.signed_in("system_administrator").await;
    // What firms handed in is not the node's to pass on, though its administrator reads it.
    let refused = system.post(PRODUCTS, &published("taken", orders())).await;
    assert_eq!(refused.code(), "warehouse/product-rights", "{}", refused.text());
    let author = node.signed_in("component_author").await.post(PRODUCTS, &published("mine", orders())).await;
    assert_eq!(author.status, 403);
    let _ = owner.post(PRODUCTS, &published("orders", orders())).await.expect(201);
    // Everybody's rows by a query are one's own rows.
    let sum = json!({ "kind": "query", "sql": "SELECT count(*) AS orders FROM raw.firm_order" });
    let _ = other.post(PRODUCTS, &published("counted", sum)).await.expect(201);
    let counted = other.get(&format!("{PRODUCTS}/counted/rows")).await.expect(200);
    assert_eq!(counted["rows"], json!([[2]]));
    // A stranger changes nothing, and a taken name is taken.
    let body = json!({ "revision": 2, "product": product("orders", orders()) });
    let revised = other.put(&format!("{PRODUCTS}/orders"), &body).await;
    assert_eq!(revised.code(), "warehouse/product-owner");
    assert_eq!(other.post(PRODUCTS, &published("orders", orders())).await.code(), "warehouse/product-exists");
    for sql in [
        "SELECT table_name FROM information_schema.tables",
        "SELECT * FROM raw.\"firm_order@0\"",
        "EXPLAIN SELECT * FROM raw.firm_order",
        "DELETE FROM raw.firm_order",
        "SELECT product FROM raw.firm_order; SELECT 1",
        "SELECT 1 AS one",
        "SELECT product, product FROM raw.firm_order",
        "SELECT product FROM raw.firm_order WHERE product = $undeclared",
    ] {
        let reply = owner.post(PRODUCTS, &published("query", json!({ "kind": "query", "sql": sql }))).await;
        assert!(reply.status.is_client_error(), "{sql}: {}", reply.text());
    }
    assert_eq!(
        owner.get(&format!("{PRODUCTS}/query")).await.code(),
        "warehouse/unknown-product",
        "nothing half made"
    );
}

#[tokio::test]
async fn parameters_are_values_whatever_they_say() {
    let node = Node::start().await;
    node.load_firms().await;
    let owner = node.signed_in("enterprise").await;
    let parameter = |name: &str, kind: &str, most: f64| json!({ "name": name, "title": { "zh": name, "en": name }, "kind": kind, "least": 0, "most": most });
    let source = json!({
        "kind": "query",
        "sql": "SELECT product, amount_cny FROM raw.firm_order WHERE ($name IS NULL OR product = $name) AND \
                amount_cny >= coalesce($least_amount, 0)",
        "parameters": [parameter("name", "text", 40.0), parameter("least_amount", "number", 10_000.0)],
    });
    let _ = owner.post(PRODUCTS, &published("orders", source)).await.expect(201);
    let read = async |parameters: Value| {
        let mut url = reqwest::Url::parse("http://x/").unwrap();
        url.query_pairs_mut().append_pair("parameters", &parameters.to_string());
        owner.get(&format!("{PRODUCTS}/orders/rows?{}", url.query().unwrap())).await
    };
    let rows = async |parameters: Value| read(parameters).await.expect(200)["rows"].as_array().unwrap().len();
    assert_eq!(rows(json!({})).await, 2);
    assert_eq!(rows(json!({ "name": "轴承" })).await, 1);
    assert_eq!(rows(json!({ "least_amount": 100 })).await, 1);
    for attack in
        ["' OR '1'='1", "轴承' --", "x'; DROP TABLE raw.firm_order; --", "$least_amount", "\" OR 1=1", "%"]
    {
        assert_eq!(rows(json!({ "name": attack })).await, 0, "{attack}");
    }
    for bad in [
        json!({ "least_amount": "1 OR 1=1" }),
        json!({ "least_amount": 10_001 }),
        json!({ "name": ["轴承"] }),
        json!({ "name": "x".repeat(41) }),
        json!({ "owner": "91330000142939553E" }),
        json!({ "name": { "$ne": 1 } }),
    ] {
        let refused = read(bad.clone()).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, "warehouse/product"), "{bad}");
    }
    assert_eq!(owner.get(&format!("{PRODUCTS}/orders/rows?parameters=%5B1%5D")).await.status, 400);
    // The same parameters, bounds and all, are the component's form.
    let manifest = owner.get("/api/v1/components/product.orders").await.expect(200);
    assert_eq!(manifest["parameters"]["properties"]["least_amount"]["maximum"], 10_000.0);
    let run = json!({ "params": { "name": "' OR '1'='1" } });
    let run = owner.post("/api/v1/components/product.orders/run", &run).await.expect(200);
    assert_eq!(run["result"]["rows"], json!([]));
}

#[tokio::test]
async fn a_version_says_what_changed_and_whether_it_breaks() {
    let node = Node::start().await;
    node.load_firms().await;
    let owner = node.signed_in("enterprise").await;
    let _ = owner.post(PRODUCTS, &published("orders", orders())).await.expect(201);
    let path = format!("{PRODUCTS}/orders");
    let next = async |columns: Value| {
        let seen = owner.get(&path).await.expect(200)["revision"].clone();
        let source = json!({ "kind": "dataset", "dataset": "raw.firm_order", "columns": columns });
        let body = json!({ "revision": seen, "product": product("orders", source) });
        let revised = owner.put(&path, &body).await.expect(200);
        assert_eq!(
            revised["card"]["version"],
            owner.get(&path).await.expect(200)["card"]["version"],
            "a draft"
        );
        let body = json!({ "revision": revised["revision"], "publish": { "note": "调整字段" } });
        owner.post(&format!("{path}/publish"), &body).await.expect(200)
    };
    let wider = next(json!(["product", "amount_cny", "ordered_on"])).await;
    assert_eq!(
        (wider["card"]["version"].as_str(), wider["versions"][0]["breaking"].as_bool()),
        (Some("1.1.0"), Some(false))
    );
    assert_eq!(wider["versions"][0]["differences"][0]["kind"], "column_added");
    let narrower = next(json!(["product"])).await;
    assert_eq!(
        (narrower["card"]["version"].as_str(), narrower["versions"][0]["breaking"].as_bool()),
        (Some("2.0.0"), Some(true))
    );
    let removed = narrower["versions"][0]["differences"].as_array().unwrap();
    assert!(removed.iter().any(|one| one["kind"] == "column_removed" && one["name"] == "amount_cny"));
    assert_eq!(narrower["versions"].as_array().unwrap().len(), 3, "what was published stays");
    let check = json!({ "id": "orders", "definition": product("orders", orders())["definition"] });
    let checked = owner.post(&format!("{PRODUCTS}/check"), &check).await.expect(200);
    assert_eq!((checked["version"].as_str(), checked["breaking"].as_bool()), (Some("2.1.0"), Some(false)));
    let stale = json!({ "revision": 1, "publish": { "note": "x" } });
    assert_eq!(owner.post(&format!("{path}/publish"), &stale).await.code(), "store/stale");
    let auditor = node.signed_in("auditor").await;
    let kept =
        auditor.get("/api/v1/evidence?kind=data_product.publish&subject=product.orders").await.expect(200);
    assert_eq!(kept["total"], 3, "each publication is evidence: {kept}");
}

#[tokio::test]
async fn metering_equals_the_number_of_reads() {
    let node = Node::start().await;
    node.load_firms().await;
    let (owner, other) = (node.signed_in("enterprise").await, node.signed_in("other_enterprise").await);
    let _ = owner.post(PRODUCTS, &published("orders", orders())).await.expect(201);
    let rows = format!("{PRODUCTS}/orders/rows");
    assert_eq!(other.get(&rows).await.status, 403);
    grant(&node, &other, &owner, "orders", 20).await;
    for _ in 0..5 {
        let _ = other.get(&rows).await.expect(200);
    }
    let _ = other.get(&format!("{rows}?page_size=1")).await.expect(200);
    assert_eq!(other.get(&format!("{rows}?parameters=%7B%22a%22:1%7D")).await.status, 400);
    assert_eq!(other.get(&format!("{PRODUCTS}/orders/file")).await.status, 200);
    let _ = other.get(&format!("{rows}?format=arrow")).await;
    let _ = other.post("/api/v1/components/product.orders/run", &json!({})).await.expect(200);
    let used = owner.get(&format!("{PRODUCTS}/usage?product=orders")).await.expect(200);
    let line = |form: &str| {
        let lines = used["lines"].as_array().unwrap();
        lines.iter().find(|line| line["form"] == form).cloned().unwrap_or_else(|| panic!("{form}: {used}"))
    };
    let counts = |form: &str| {
        let line = line(form);
        ["calls", "denied", "failed", "rows"].map(|part| line[part].as_i64().unwrap())
    };
    // Five pages of two rows, one of one, a stream of two, a refusal and a wrong parameter.
    assert_eq!(counts("api"), [9, 2, 0, 13]);
    assert_eq!(counts("download"), [1, 0, 0, 2]);
    assert_eq!(counts("component"), [1, 0, 0, 2]);
    assert_eq!(line("api")["organisation"], OTHER_ORGANISATION);
    assert!(line("download")["bytes"].as_i64() > Some(20));
    let counter = |id: &str| {
        let counters = used["counters"].as_array().unwrap();
        let found = counters.iter().find(|counter| counter["id"] == id).unwrap();
        assert!(found["definition"]["zh"].as_str().unwrap().len() > 10);
        found["value"].as_u64().unwrap()
    };
    assert_eq!((counter("calls"), counter("active_users"), counter("consumers")), (9, 1, 1));
    // Asked again nothing is counted twice.
    let again = owner.get(&format!("{PRODUCTS}/usage?product=orders")).await.expect(200);
    assert_eq!(again["lines"], used["lines"]);
    let csv = owner.get(&format!("{PRODUCTS}/usage?product=orders&format=csv")).await;
    assert!(csv.text().starts_with("day,product,form,") && csv.text().lines().count() == 4, "{}", csv.text());
    assert_eq!(
        other.get(&format!("{PRODUCTS}/usage?product=orders")).await.code(),
        "warehouse/product-owner"
    );
    let all = node.signed_in("auditor").await.get(&format!("{PRODUCTS}/usage")).await.expect(200);
    assert_eq!(all["lines"], used["lines"]);
    let measured = owner.get(&format!("{PRODUCTS}/orders")).await.expect(200)["measured"].clone();
    assert_eq!((measured["calls"].as_u64(), measured["failed"].as_u64()), (Some(9), Some(0)));
    assert_eq!((measured["fresh"].as_bool(), measured["available"].as_bool()), (Some(true), Some(true)));
}

fn changes_of(page: &Value) -> Vec<Change> {
    page["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| serde_json::from_value(one.clone()).unwrap())
        .collect()
}

#[tokio::test]
async fn a_subscriber_gets_what_changed_once_with_number_and_digest() {
    let node = Node::start().await;
    node.load_firms().await;
    let (owner, other) = (node.signed_in("enterprise").await, node.signed_in("other_enterprise").await);
    let _ = owner.post(PRODUCTS, &published("orders", orders())).await.expect(201);
    grant(&node, &other, &owner, "orders", 20).await;
    let path = format!("{PRODUCTS}/orders");
    let pull = format!("{path}/changes");
    assert_eq!(other.get(&pull).await.code(), "warehouse/unknown-subscription");
    let _ = other.post(&format!("{path}/subscriptions"), &Value::Null).await.expect(201);
    let first = other.get(&pull).await.expect(200);
    assert_eq!(first["delivery"]["tally"]["added"], 2);
    assert_eq!(json!(tally(&changes_of(&first))), first["delivery"]["tally"], "both ends count the same");

    let receipt = |delivery: &Value, digest: Option<&str>| {
        let mut tally = delivery["tally"].clone();
        if let Some(digest) = digest {
            tally["digest"] = json!(digest);
        }
        json!({ "delivery": delivery["id"], "tally": tally })
    };
    let receipts = format!("{path}/receipts");
    let wrong = other.post(&receipts, &receipt(&first["delivery"], Some("00"))).await;
    assert_eq!(wrong.code(), "warehouse/product-receipt");
    assert_eq!(
        owner.post(&receipts, &receipt(&first["delivery"], None)).await.code(),
        "warehouse/unknown-delivery"
    );
    for _ in 0..2 {
        let taken = other.post(&receipts, &receipt(&first["delivery"], None)).await.expect(200);
        assert!(taken["acknowledged_at"].is_string(), "a second time changes nothing");
    }
    let nothing = other.get(&pull).await.expect(200);
    assert_eq!(
        (nothing["delivery"]["tally"]["added"].as_u64(), nothing["changes"].clone()),
        (Some(0), json!([]))
    );

    // One row goes, one changes, one comes twice; the other firm's rows are nothing to this product.
    let content = "owner,product,amount_cny,ordered_on\n\
        91330681716195421C,轴承,1300,2026-01-05\n91330681716195421C,齿轮,5,2026-03-01\n\
        91330681716195421C,齿轮,5,2026-03-02\n91330000142939553E,伺服电机,1,2026-01-20\n";
    node.load("firms", "more.csv", content).await;
    let behind = other.get(&format!("{path}/subscriptions")).await.expect(200);
    assert!(behind["items"][0]["behind_since"].is_string(), "{behind}");
    let page = async |number: u64| other.get(&format!("{pull}?page={number}&page_size=1")).await.expect(200);
    let (one, again) = (page(1).await, page(1).await);
    assert_eq!(
        (&one["changes"], &one["delivery"]["id"]),
        (&again["changes"], &again["delivery"]["id"]),
        "the same again"
    );
    let mut all = Vec::new();
    for number in 1..=5 {
        let page = page(number).await;
        all.extend(changes_of(&page));
        if page["has_more"] == false {
            break;
        }
    }
    let seen: Vec<(i64, String)> = all.iter().map(|change| (change.times, change.row.to_string())).collect();
    let expected = [
        (-1, "[\"=减速器\",80.0]"),
        (-1, "[\"轴承\",1200.5]"),
        (1, "[\"轴承\",1300.0]"),
        (2, "[\"齿轮\",5.0]"),
    ];
    assert_eq!(seen, expected.map(|(times, row)| (times, row.to_owned())));
    assert_eq!(json!(tally(&all)), one["delivery"]["tally"]);
    let _ = other.post(&receipts, &receipt(&one["delivery"], None)).await.expect(200);
    let mine = other.get(&format!("{path}/subscriptions")).await.expect(200);
    assert_eq!(
        (mine["items"][0]["position"].as_i64(), mine["items"][0]["newest"].as_i64()),
        (Some(2), Some(2))
    );
    let id = mine["items"][0]["id"].as_str().unwrap();
    let deliveries = owner.get(&format!("{path}/subscriptions/{id}/deliveries")).await.expect(200);
    assert_eq!(deliveries["total"], 3, "the owner sees every delivery with its receipt");
    let behind = other.get(&format!("{pull}?since=9")).await;
    assert_eq!(behind.code(), "warehouse/product", "{}", behind.text());
    assert_eq!(other.delete(&format!("{path}/subscriptions/{id}")).await.status, 204);
    assert_eq!(other.get(&pull).await.code(), "warehouse/unknown-subscription");
}

#[tokio::test]
async fn neither_a_file_nor_a_delivery_is_silently_cut() {
    let setup = brain_testkit::Setup { query_rows_max: 1, ..brain_testkit::Setup::default() };
    let node = Node::with(setup).await;
    node.load_firms().await;
    let owner = node.signed_in("enterprise").await;
    let _ = owner.post(PRODUCTS, &published("orders", orders())).await.expect(201);
    let path = format!("{PRODUCTS}/orders");
    assert_eq!(owner.get(&format!("{path}/file")).await.code(), "api/file-too-large");
    let _ = owner.post(&format!("{path}/subscriptions"), &Value::Null).await.expect(201);
    assert_eq!(owner.get(&format!("{path}/changes")).await.code(), "api/file-too-large");
}
