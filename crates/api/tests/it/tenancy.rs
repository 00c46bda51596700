//! Own and other: for every operation that names something, whether the one it belongs to and a stranger of another
//! organisation may; a table people can read, held against the document and against the node.

use crate::{federation, sample};
use brain_kernel::clock::Clock as _;
use brain_store::ConnectionTrait as _;
use brain_testkit::{Authenticator, Client, FIRMS_MAPPING, Node, ORGANISATION, Setup};
use brain_trust::ProviderOptions;
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Operation, what it names, to whom that belongs, and the status its owner, a stranger and nobody get. A status of
/// 409 for the owner means that it was let in and what it wants was judged.
const MATRIX: &str = include_str!("tenancy_matrix.csv");
/// Dataset that belongs to [`ORGANISATION`] as a whole.
const DATASET: &str = "raw.own_order";
/// Where columns are bound to data elements.
const BINDINGS: &str = "/api/v1/standards/bindings";
/// Runs until it is cancelled.
const ENDLESS_SQL: &str = "SELECT count(*) FROM generate_series(1, 100000000000)";
/// Past versions of the organisation's dataset run out after a day.
const RETENTION: &str = r#"
[[rule]]
name = "past-1"
datasets = "raw.own_order"
what = "past_versions"
keep_days = 1
basis = "合同到期"
"#;
/// Where people of this node may sign in too; nobody is asked.
const PROVIDER: &str = "centre";

/// Operations open to enterprises that name something but need no tenant, each with the reason.
const SHARED: [(&str, &str); 23] = [
    ("datasets_prov", "the catalogue is for everybody signed in"),
    ("lineage_show", "the catalogue is for everybody signed in"),
    ("lineage_impact", "the catalogue is for everybody signed in"),
    ("lineage_parse", "reads the text it is sent and no table"),
    ("terms_list", "terms are for everybody signed in"),
    ("terms_show", "terms are for everybody signed in"),
    ("standards_codes", "standards are for everybody signed in"),
    ("standards_judge", "standards are for everybody signed in"),
    ("standards_map", "standards are for everybody signed in"),
    ("standards_element_show", "standards are for everybody signed in"),
    ("standards_bindings", "standards are for everybody signed in"),
    ("products_show", "master data of products is for everybody signed in"),
    ("grading_list", "a list of one's own, see below"),
    ("quality_tickets", "a list of one's own, see below"),
    ("log_tile", "hashes are public"),
    ("witness_checkpoint", "checkpoints are public"),
    ("organisations_put", "not open to enterprises"),
    ("test_echo", "a component by its own path"),
    ("test_orders", "a component by its own path; rows are the caller's, see data.rs"),
    ("test_products", "a component by its own path"),
    ("test_wait", "a component by its own path"),
    ("test_fall", "a component by its own path"),
    ("mcp", "tools are components"),
];

struct Line {
    operation: String,
    statuses: BTreeMap<&'static str, u16>,
}

fn matrix() -> Vec<Line> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let [operation, _, _, own, other, nobody] = cells[..] else { panic!("{line}: six cells") };
        let statuses = [("own", own), ("other", other), ("nobody", nobody)];
        let statuses = statuses.map(|(who, status)| (who, status.parse().unwrap())).into();
        Line { operation: operation.to_owned(), statuses }
    };
    MATRIX.lines().skip(1).map(row).collect()
}

#[tokio::test]
async fn every_operation_that_names_something_is_in_the_table() {
    let node = Node::with_components(sample::components()).await;
    let document = node.anonymous().get("/api/v1/openapi.json").await.expect(200);
    let listed: BTreeSet<String> = matrix().into_iter().map(|line| line.operation).collect();
    let (mut missing, mut known) = (Vec::new(), BTreeSet::new());
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            let audience = operation["x-audience"].to_string();
            let open = audience.contains("enterprise") || audience.contains("public");
            let body =
                operation["requestBody"]["content"]["application/json"]["schema"]["properties"].clone();
            let query = operation["parameters"].to_string();
            let names = path.contains('{')
                || !body["dataset"].is_null()
                || !body["sql"].is_null()
                || query.contains("\"name\":\"dataset\"");
            let shared = SHARED.iter().any(|(shared, _)| *shared == id);
            known.insert(id.to_owned());
            if open && names && !listed.contains(id) && !shared {
                missing.push(id.to_owned());
            }
        }
    }
    assert!(missing.is_empty(), "in no line of tenancy_matrix.csv: {missing:?}");
    let gone: Vec<&String> = listed.difference(&known).collect();
    assert!(gone.is_empty(), "in tenancy_matrix.csv, but no operation: {gone:?}");
}

/// A node with a dataset of one organisation, and something of everything that belongs to its account.
struct Case {
    node: Node,
    own: Client,
}

impl Case {
    async fn new() -> Self {
        let node = Node::with(Setup { components: sample::components(), ..Setup::default() }).await;
        let mapping = FIRMS_MAPPING
            .replace("name = \"firms\"", "name = \"own\"")
            .replace("owner = \"node\"", &format!("owner = \"{ORGANISATION}\""))
            .replace("raw.firm_order", DATASET)
            .replace("restricted_by = \"owner\"\n", "");
        std::fs::write(node.folder().join("mappings/own.toml"), mapping).unwrap();
        std::fs::write(node.folder().join("retention.toml"), RETENTION).unwrap();
        let mut provider = ProviderOptions::new(PROVIDER, "https://centre.example", "own");
        "env:SECRET".clone_into(&mut provider.client_secret);
        node.trust.federation().configure(vec![provider], &|_| Some("a-secret".to_owned())).unwrap();
        let own = node.signed_in("enterprise").await;
        let case = Self { node, own };
        case.load(1).await;
        case
    }

    /// Make this the content of the dataset.
    async fn load(&self, amount: u32) {
        let rows = format!("owner,product,amount_cny,ordered_on\n{ORGANISATION},轴承,{amount},2026-01-01\n");
        self.node.load("own", &format!("own-{amount}.csv"), &rows).await;
    }

    fn until(&self) -> String {
        (self.node.clock.now() + TimeDelta::days(20)).to_rfc3339()
    }

    async fn key(&self) -> String {
        let wish = json!({ "name": "k", "expires_at": self.until() });
        id_of(&self.own.post("/api/v1/api-keys", &wish).await.expect(201))
    }

    fn wish(&self) -> Value {
        json!({ "dataset": DATASET, "purpose": "view", "reason": "核对", "until": self.until() })
    }

    /// A request of the enterprise's own account for the node's data, or one of a third party for its dataset.
    async fn request(&self, asker: &Client, dataset: &str) -> String {
        let mut wish = self.wish();
        wish["dataset"] = json!(dataset);
        id_of(&asker.post("/api/v1/requests", &wish).await.expect(201))
    }

    async fn asked_by_author(&self) -> String {
        self.request(&self.node.signed_in("component_author").await, DATASET).await
    }

    async fn label(&self) -> String {
        id_of(&self.own.post("/api/v1/grading", &label()).await.expect(201))
    }

    /// A past version of the dataset that has run out, proposed for deletion.
    async fn proposal(&self) -> String {
        let detail = self.own.get(&format!("/api/v1/datasets/{DATASET}")).await.expect(200);
        self.load(2 + detail["versions"].as_array().unwrap().len() as u32).await;
        let aged = "UPDATE dataset_version SET committed_at = '2020-01-01 00:00:00+00:00'";
        self.node.store.db().execute_unprepared(aged).await.unwrap();
        let _ = self.node.warehouse.retention().sweep().await.unwrap();
        let shown = self.own.get("/api/v1/retention/proposals").await.expect(200);
        let open = shown["items"].as_array().unwrap().iter().find(|one| one["state"] == "proposed");
        id_of(open.unwrap_or_else(|| panic!("nothing is proposed: {shown}")))
    }

    async fn account(&self) -> String {
        let shown = self.own.get("/api/v1/session").await.expect(200);
        shown["party"]["account"].as_str().unwrap().to_owned()
    }

    /// A link of the enterprise's account to somebody at the provider.
    async fn link(&self) -> String {
        let wish = json!({ "provider": PROVIDER, "subject": uuid::Uuid::now_v7().to_string() });
        let system = self.node.signed_in("system_administrator").await;
        let path = format!("/api/v1/accounts/{}/links", self.account().await);
        id_of(&system.post(&path, &wish).await.expect(201))
    }

    /// What the enterprise agreed to tell a client.
    async fn consent(&self) -> String {
        let redirect = "https://client.example/back";
        let (client, _) = federation::register(&self.node, redirect, &["openid"], None).await;
        federation::agree(&self.own, &federation::authorization(&client, redirect, "openid")).await;
        let shown = self.own.get("/api/v1/session/consents").await.expect(200);
        let given = shown.as_array().unwrap().iter().find(|one| one["client_id"] == client.as_str());
        id_of(given.unwrap())
    }

    /// The enterprise's passkey. From the first one on its sessions open with two factors, so lines that need another
    /// session of it come before.
    async fn passkey(&self) -> String {
        let shown = self.own.get("/api/v1/session/security").await.expect(200);
        if let Some(passkey) = shown["passkeys"].as_array().unwrap().first() {
            return id_of(passkey);
        }
        let site = &self.node.site;
        let authenticator = Authenticator::es256(site.origin(), site.relying_party().unwrap());
        let asked = self.own.post("/api/v1/session/passkeys", &json!({})).await.expect(201);
        let body = authenticator.registration(asked["challenge"].as_str().unwrap(), "办公电脑");
        id_of(&self.own.post("/api/v1/session/passkeys/confirmation", &body).await.expect(200)["passkey"])
    }

    /// A ticket about the dataset: a rule that its one row breaks was put in force and checked.
    async fn ticket(&self) -> String {
        let put = self.own.request(Method::PUT, &quality("rules")).json(&rules(0));
        let _ = self.own.send(put).await;
        let _ = self.own.post(&quality("check"), &json!({})).await.expect(200);
        let tickets = self.own.get("/api/v1/quality/tickets").await.expect(200);
        id_of(&tickets["items"][0])
    }

    /// A column of the dataset and an element in force.
    async fn binding(&self) -> Value {
        let toml = "[[element]]\nid = \"product.name\"\nname = { zh = \"产品名称\", en = \"\" }\n\
                    definition = { zh = \"产品的名称。\", en = \"\" }\n\
                    representation = { kind = \"text\" }\nowner = \"标准委\"\n";
        let government = self.node.signed_in("government").await;
        let body = json!({ "toml": toml, "publish": true });
        let _ = government.post("/api/v1/standards/elements", &body).await.expect(200);
        json!({ "dataset": DATASET, "column": "product", "element": "product.name" })
    }

    /// A product made of the dataset, published, with every form.
    async fn product(&self) -> String {
        let id = format!("p{}", &uuid::Uuid::now_v7().simple().to_string()[20..]);
        let body = json!({ "product": product(&id), "publish": { "note": "首版" } });
        let _ = self.own.post("/api/v1/products", &body).await.expect(201);
        id
    }

    /// The same, with a subscription of its owner's account, and the delivery it is offered.
    async fn delivery(&self) -> (String, String, Value) {
        let id = self.product().await;
        let path = format!("/api/v1/products/{id}");
        let subscription = self.own.post(&format!("{path}/subscriptions"), &Value::Null).await.expect(201);
        let changes = self.own.get(&format!("{path}/changes")).await.expect(200);
        (path, id_of(&subscription), changes["delivery"].clone())
    }

    async fn on_product(&self, operation: &str) -> (Method, String, Value) {
        let ended = json!({ "revision": 2, "note": "停用" });
        match operation {
            "data_products_unsubscribe" => {
                let (path, id, _) = self.delivery().await;
                return (Method::DELETE, format!("{path}/subscriptions/{id}"), Value::Null);
            }
            "data_products_deliveries" => {
                let (path, id, _) = self.delivery().await;
                return (Method::GET, format!("{path}/subscriptions/{id}/deliveries"), Value::Null);
            }
            "data_products_changes" => {
                let (path, ..) = self.delivery().await;
                return (Method::GET, format!("{path}/changes"), Value::Null);
            }
            "data_products_receipt" => {
                let (path, _, delivery) = self.delivery().await;
                let body = json!({ "delivery": delivery["id"], "tally": delivery["tally"] });
                return (Method::POST, format!("{path}/receipts"), body);
            }
            _ => {}
        }
        let id = self.product().await;
        let path = format!("/api/v1/products/{id}");
        match operation {
            "data_products_show" => (Method::GET, path, Value::Null),
            "data_products_openapi" => (Method::GET, format!("{path}/openapi"), Value::Null),
            "data_products_rows" => (Method::GET, format!("{path}/rows"), Value::Null),
            "data_products_file" => (Method::GET, format!("{path}/file"), Value::Null),
            "data_products_subscribe" => (Method::POST, format!("{path}/subscriptions"), Value::Null),
            "data_products_subscriptions" => (Method::GET, format!("{path}/subscriptions"), Value::Null),
            "data_products_revise" => (Method::PUT, path, json!({ "revision": 2, "product": product(&id) })),
            "data_products_publish" => {
                let body = json!({ "revision": 2, "publish": { "note": "再版" } });
                (Method::POST, format!("{path}/publish"), body)
            }
            "data_products_deprecate" => (Method::POST, format!("{path}/deprecate"), ended),
            "data_products_withdraw" => (Method::POST, format!("{path}/withdraw"), ended),
            other => panic!("{other} has no request here"),
        }
    }

    async fn component_run(&self) -> String {
        let request = self.own.request(Method::POST, "/api/v1/components/test.wait/run");
        let request = request.header("prefer", "respond-async").json(&json!({ "params": {} }));
        let reply = self.own.send(request).await.expect(202);
        reply["run_id"].as_str().unwrap().to_owned()
    }

    /// The request that an operation is, on something fresh that belongs to the enterprise.
    async fn asking(&self, operation: &str) -> (Method, String, Value) {
        let post = |path: String, body: Value| (Method::POST, path, body);
        let get = |path: &str| (Method::GET, path.to_owned(), Value::Null);
        let delete = |path: String| (Method::DELETE, path, Value::Null);
        let at = |id: &str, step: &str| format!("/api/v1/requests/{id}/{step}");
        let revision = json!({ "revision": 1 });
        match operation {
            "api_keys_rotate" => post(format!("/api/v1/api-keys/{}/rotation", self.key().await), json!({})),
            "api_keys_revoke" => delete(format!("/api/v1/api-keys/{}", self.key().await)),
            "sessions_end" => {
                let second = self.node.signed_in("enterprise").await;
                let shown = second.get("/api/v1/session/security").await.expect(200);
                let sessions = shown["sessions"].as_array().unwrap();
                let current = sessions.iter().find(|session| session["current"] == true).unwrap();
                delete(format!("/api/v1/session/list/{}", id_of(current)))
            }
            "requests_show" => get(&format!("/api/v1/requests/{}", self.request(&self.own, DATASET).await)),
            "requests_fill" => {
                let id = self.request(&self.own, DATASET).await;
                let asked = ["lawfulness", "impact", "measures", "assessor", "assessed_on"];
                let answers: Value = asked.map(|field| (field, "核对")).into_iter().collect();
                post(
                    at(&id, "forms"),
                    json!({ "revision": 1, "form": "impact_assessment", "answers": answers }),
                )
            }
            "requests_withdraw" => post(at(&self.request(&self.own, DATASET).await, "withdraw"), revision),
            "requests_approve" => post(at(&self.asked_by_author().await, "approve"), revision),
            "requests_reject" => {
                post(at(&self.asked_by_author().await, "reject"), json!({ "revision": 1, "note": "否" }))
            }
            "requests_revoke" => {
                let id = self.asked_by_author().await;
                let _ = self.own.post(&at(&id, "approve"), &revision).await.expect(200);
                post(at(&id, "revoke"), json!({ "revision": 2 }))
            }
            "delegations_end" => {
                let wish = json!({ "delegate": "industry_body", "until": self.until() });
                let given = self.own.post("/api/v1/delegations", &wish).await.expect(201);
                delete(format!("/api/v1/delegations/{}", id_of(&given)))
            }
            "links_end" => delete(format!("/api/v1/session/links/{}", self.link().await)),
            "consents_withdraw" => delete(format!("/api/v1/session/consents/{}", self.consent().await)),
            "passkey_rename" => {
                let path = format!("/api/v1/session/passkeys/{}", self.passkey().await);
                (Method::PATCH, path, json!({ "name": "手机" }))
            }
            "passkey_remove" => delete(format!("/api/v1/session/passkeys/{}", self.passkey().await)),
            "retention_approve" => post(
                format!("/api/v1/retention/proposals/{}/approval", self.proposal().await),
                json!({ "reason": "到期" }),
            ),
            "retention_reject" => post(
                format!("/api/v1/retention/proposals/{}/rejection", self.proposal().await),
                json!({ "reason": "还要用" }),
            ),
            "runs_show" => get(&format!("/api/v1/runs/{}", self.component_run().await)),
            "runs_stop" => delete(format!("/api/v1/runs/{}", self.component_run().await)),
            "sql_cancel" => delete(format!("/api/v1/sql/{}", self.running_query().await)),
            "datasets_show" => get(&format!("/api/v1/datasets/{DATASET}")),
            "datasets_rows" => get(&format!("/api/v1/datasets/{DATASET}/rows")),
            "sql_run" => post("/api/v1/sql".to_owned(), json!({ "sql": format!("SELECT * FROM {DATASET}") })),
            "access_explain" => get(&format!("/api/v1/access?dataset={DATASET}")),
            "requests_submit" => post("/api/v1/requests".to_owned(), self.wish()),
            "grading_propose" => post("/api/v1/grading".to_owned(), label()),
            "grading_degrade" => post(
                "/api/v1/grading/degradings".to_owned(),
                json!({ "dataset": DATASET, "grade": "general1", "reason": "x", "method": { "aggregation": { "k": 10 } } }),
            ),
            "grading_scan" => post("/api/v1/grading/scan".to_owned(), json!({ "dataset": DATASET })),
            "grading_confirm" => {
                post(format!("/api/v1/grading/{}/confirm", self.label().await), json!({ "reason": "是" }))
            }
            "grading_reject" => {
                post(format!("/api/v1/grading/{}/reject", self.label().await), json!({ "reason": "否" }))
            }
            "standards_bind" => (Method::PUT, BINDINGS.to_owned(), self.binding().await),
            "standards_unbind" => {
                let put = self.own.request(Method::PUT, BINDINGS).json(&self.binding().await);
                let _ = self.own.send(put).await.expect(200);
                delete(format!("{BINDINGS}?dataset={DATASET}&column=product"))
            }
            "quality_show" => get(&format!("/api/v1/datasets/{DATASET}/quality")),
            "quality_check" => post(quality("check"), Value::Null),
            "quality_rules_change" => {
                let shown = self.own.get(&format!("/api/v1/datasets/{DATASET}/quality")).await.expect(200);
                (Method::PUT, quality("rules"), rules(shown["rules_version"].as_u64().unwrap()))
            }
            "quality_propose" => post(quality("proposals"), Value::Null),
            "quality_baseline" => {
                let _ = self.ticket().await;
                post(quality("baseline"), json!({ "reason": "是" }))
            }
            "quality_profile" => {
                let _ = self.ticket().await;
                get(&quality("profile"))
            }
            "quality_examples" => {
                let _ = self.ticket().await;
                get(&quality("examples?rule=other"))
            }
            "quality_ticket_show" => get(&format!("/api/v1/quality/tickets/{}", self.ticket().await)),
            "quality_ticket_note" => self.step("note").await,
            "quality_ticket_acknowledge" => self.step("acknowledge").await,
            "quality_ticket_resolve" => self.step("resolve").await,
            "quality_ticket_reopen" => self.step("reopen").await,
            "components_show" => get("/api/v1/components/test.echo"),
            "components_run" => {
                let body = json!({ "params": { "text": "a", "times": 1 } });
                post("/api/v1/components/test.echo/run".to_owned(), body)
            }
            product if product.starts_with("data_products_") => self.on_product(product).await,
            other => panic!("{other} has no request here"),
        }
    }

    /// A step of the ticket at its present revision; one that its state does not allow is refused to its owner too.
    async fn step(&self, step: &str) -> (Method, String, Value) {
        let path = format!("/api/v1/quality/tickets/{}", self.ticket().await);
        let shown = self.own.get(&path).await.expect(200);
        let body = json!({ "revision": shown["card"]["revision"], "note": "看过" });
        (Method::POST, format!("{path}/{step}"), body)
    }

    /// A query of the enterprise's that runs until it is cancelled; it runs when this returns.
    async fn running_query(&self) -> String {
        let id = uuid::Uuid::now_v7().to_string();
        let asking = |sql: &str| {
            let request = self.own.request(Method::POST, "/api/v1/sql").header("x-query-id", &id);
            let (client, request) = (self.own.clone(), request.json(&json!({ "sql": sql })));
            async move { client.send(request).await }
        };
        let mut running = tokio::spawn(asking(ENDLESS_SQL));
        // Its name is taken as soon as it runs. Asked too early, this short one may have taken it first.
        for _ in 0..1_000 {
            if asking("SELECT 1").await.code() == "api/query-id-taken" {
                return id;
            }
            if running.is_finished() {
                running = tokio::spawn(asking(ENDLESS_SQL));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the query does not begin");
    }
}

fn quality(what: &str) -> String {
    format!("/api/v1/datasets/{DATASET}/quality/{what}")
}

fn rules(seen: u64) -> Value {
    let toml =
        "[[rule]]\nid = \"other\"\ncheck = { kind = \"one_of\", column = \"product\", values = [\"钢\"] }\n";
    json!({ "toml": toml, "reason": "核实", "seen": seen })
}

fn product(id: &str) -> Value {
    json!({
        "id": id, "title": { "zh": "订单", "en": "Orders" }, "description": { "zh": "订单。", "en": "Orders." },
        "definition": {
            "source": { "kind": "dataset", "dataset": DATASET },
            "forms": ["api", "download", "subscription", "component"],
            "contract": {
                "purposes": ["view", "analysis"], "permitted": ["read"], "period_days": 30, "redistribution": "none",
                "retention_days": 30,
            },
            "sla": { "freshness_hours": 24, "support": "数据处" },
        },
    })
}

fn label() -> Value {
    json!({ "dataset": DATASET, "column": "product", "reason": "x",
            "label": { "industry_class": "工业", "business_class": "管理数据域", "grade": "general3" } })
}

#[track_caller]
fn id_of(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("no id in {value}")).to_owned()
}

async fn ask(client: &Client, (method, path, body): &(Method, String, Value)) -> brain_testkit::Reply {
    let request = client.request(method.clone(), path);
    client.send(if body.is_null() { request } else { request.json(body) }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_of_another_organisation_neither_sees_nor_changes_what_is_not_his() {
    let case = Case::new().await;
    let stranger = case.node.signed_in("other_enterprise").await;
    let nobody = case.node.anonymous();
    let mut wrong = Vec::new();
    for line in matrix() {
        let asking = case.asking(&line.operation).await;
        // The stranger first: had he changed it, the owner's own request would fail.
        for (who, client) in [("nobody", &nobody), ("other", &stranger), ("own", &case.own)] {
            let reply = ask(client, &asking).await;
            if reply.status.as_u16() != line.statuses[who] {
                wrong.push(format!("{who} at {}: {} {}", line.operation, reply.status, reply.text()));
            }
            let leaks = who != "own" && (reply.text().contains("轴承") || reply.text().contains("核对"));
            let submitted = line.operation == "requests_submit" && who == "other";
            if leaks && !submitted {
                wrong.push(format!("{who} at {} was shown {}", line.operation, reply.text()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn lists_hold_nothing_of_another_account_or_organisation() {
    let case = Case::new().await;
    let key = case.key().await;
    let request = case.request(&case.own, DATASET).await;
    let delegation = case.asking("delegations_end").await.1;
    let delegation = delegation.rsplit('/').next().unwrap().to_owned();
    let label = case.label().await;
    let (proposal, link, consent) = (case.proposal().await, case.link().await, case.consent().await);
    let session = case.own.get("/api/v1/session/security").await.expect(200)["sessions"][0].clone();
    let passkey = case.passkey().await;
    let ticket = case.ticket().await;
    let stranger = case.node.signed_in("other_enterprise").await;
    for (path, id) in [
        ("/api/v1/api-keys", &key),
        ("/api/v1/requests", &request),
        ("/api/v1/delegations", &delegation),
        ("/api/v1/grading", &label),
        ("/api/v1/retention/proposals", &proposal),
        ("/api/v1/session/links", &link),
        ("/api/v1/session/consents", &consent),
        ("/api/v1/session/security", &id_of(&session)),
        ("/api/v1/session/security", &passkey),
        ("/api/v1/quality/tickets", &ticket),
    ] {
        let own = case.own.get(path).await;
        assert!(own.text().contains(id.as_str()), "{path}: {}", own.text());
        let foreign = stranger.get(path).await;
        assert!(!foreign.text().contains(id.as_str()), "{path}: {}", foreign.text());
    }
    let inbox = stranger.get("/api/v1/requests/inbox").await;
    assert!(!inbox.text().contains(&request), "{}", inbox.text());
}

/// Credentials that must do nothing any more, and what each is told.
#[tokio::test]
async fn a_closed_account_an_ended_session_a_narrow_key_and_a_revoked_key_are_refused_within_one_request() {
    let case = Case::new().await;
    let node = &case.node;
    let rows = format!("/api/v1/datasets/{DATASET}/rows");
    assert_eq!(case.own.get(&rows).await.status, 200);

    // A key for running components reads no rows; a revoked one does nothing.
    let made = case
        .own
        .post("/api/v1/api-keys", &json!({ "name": "run", "scopes": ["run"], "expires_at": case.until() }))
        .await
        .expect(201);
    let key = node.anonymous().with_token(made["secret"].as_str().unwrap());
    let run = json!({ "params": { "text": "a", "times": 1 } });
    assert_eq!(key.post("/api/v1/components/test.echo/run", &run).await.status, 200);
    let narrow = key.get(&rows).await;
    assert_eq!((narrow.status.as_u16(), narrow.code().as_str()), (403, "api/key-scope"));
    assert_eq!(case.own.delete(&format!("/api/v1/api-keys/{}", id_of(&made))).await.status, 204);
    let revoked = key.post("/api/v1/components/test.echo/run", &run).await;
    assert_eq!(revoked.status, 401, "{}", revoked.text());

    // A session ended elsewhere, one that was idle too long.
    let second = node.signed_in("enterprise").await;
    assert_eq!(second.get(&rows).await.status, 200);
    assert!(case.own.delete("/api/v1/session/others").await.status.is_success());
    let ended = second.get(&rows).await;
    assert_eq!((ended.status.as_u16(), ended.code().as_str()), (401, "trust/session-ended"));

    // A grant that runs out, at its last instant.
    let author = node.signed_in("component_author").await;
    let asked = case.asked_by_author().await;
    let _ = case
        .own
        .post(&format!("/api/v1/requests/{asked}/approve"), &json!({ "revision": 1 }))
        .await
        .expect(200);
    assert_eq!(author.get(&rows).await.status, 200);

    // An account that is closed while its session lives.
    let administrator = node.signed_in("system_administrator").await;
    let accounts = administrator.get("/api/v1/accounts?page_size=100").await.expect(200);
    let accounts = accounts["items"].as_array().unwrap();
    let id = id_of(accounts.iter().find(|account| account["username"] == "enterprise").unwrap());
    let closing = administrator.patch(&format!("/api/v1/accounts/{id}"), &json!({ "disabled": true })).await;
    assert!(closing.status.is_success(), "{}", closing.text());
    let closed = case.own.get(&rows).await;
    assert_eq!(closed.status, 401, "{}", closed.text());

    node.clock.advance(TimeDelta::days(21));
    let author = node.signed_in("component_author").await;
    assert_eq!(author.get(&rows).await.code(), "warehouse/no-grant");
    let idle = node.signed_in("government").await;
    node.clock.advance(TimeDelta::minutes(31));
    assert_eq!(idle.get("/api/v1/datasets").await.code(), "trust/session-ended");
}

#[tokio::test]
async fn a_stolen_session_that_is_used_beside_its_owner_ends_for_both_at_that_request() {
    let case = Case::new().await;
    let thief = case.own.clone();
    // The browser's token is replaced; the thief's copy of the old one shows that there are two.
    case.node.clock.advance(TimeDelta::minutes(16));
    let renewed = case.own.get("/api/v1/datasets").await;
    assert_eq!(renewed.status, 200);
    let owner = case.own.with_cookie_of(&renewed);
    assert_eq!(owner.get("/api/v1/datasets").await.status, 200);
    case.node.clock.advance(TimeDelta::minutes(2));
    let stolen = thief.get("/api/v1/datasets").await;
    assert_eq!(stolen.status, 401, "{}", stolen.text());
    assert_eq!(owner.get("/api/v1/datasets").await.status, 401, "the owner signs in again");
}
