//! Two nodes that exchange data over mutual TLS: what arrives is what was sent, and nothing that was not granted leaves.

mod kills;

use brain_exchange::{
    Delivery, Direction, ExchangeOptions, MANIFEST, Manifest, NewSubscription, RECEIPT, Receipt,
    Subscription, Terms, Verdict,
};
use brain_kernel::grade::Grade;
use brain_kernel::party::{Party, Role};
use brain_kernel::predicate::{Mask, Predicate};
use brain_kernel::progress::{Cancel, Progress};
use brain_store::PageRequest;
use brain_store::evidence::LeafFilter;
use brain_testkit::{Node, Setup};
use brain_tls::{Authority, Issued, Material, Request, ServerTls, Usage};
use brain_trust::requests::form::FormName;
use brain_trust::{Approval, NewNode, NodeState, PeerTls, StatusOptions};
use brain_warehouse::QueryLimits;
use brain_warehouse::connect::Schedule;
use brain_warehouse::delivery::DeliveryMode;
use brain_warehouse::ingest::{IngestOptions, IngestRequest};
use chrono::{DateTime, TimeDelta, Utc};
use datafusion::arrow::array::{Array as _, ArrayRef};
use datafusion::arrow::util::display::array_value_to_string;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// Rows of a batch in these tests; a delivery of 1,050 rows has six.
const BATCH_ROWS: u32 = 200;
const SOURCE: &str = "raw.order_line";
const TARGET: &str = "raw.province_order";

fn now() -> DateTime<Utc> {
    use brain_kernel::clock::{Clock as _, SystemClock};
    SystemClock.now()
}

fn party(role: Role) -> Party {
    Party {
        account: format!("test-{}", role.name()),
        display_name: role.name().to_owned(),
        role,
        organisation: None,
        region: None,
    }
}

/// Orders of an industry, with a column nobody outside may see.
fn mapping(mode: &str, more: &str) -> String {
    format!(
        r#"
name = "orders_{mode}"
title = {{ zh = "订单", en = "Orders" }}
description = {{ zh = "行业订单。", en = "Orders of an industry." }}
owner = "node"
side = "industry"
grade = "general2"
source = "test"
licence = "Apache-2.0"

[[table]]
dataset = "{SOURCE}"
files = ["*.csv"]
mode = "{mode}"

[[table.column]]
name = "number"
type = "integer"
required = true

[[table.column]]
name = "region"
type = "text"

[[table.column]]
name = "product"
type = "text"

[[table.column]]
name = "amount"
type = "float"

[[table.column]]
name = "contact"
type = "text"
{more}
"#
    )
}

fn csv(from: u32, rows: u32) -> String {
    let mut text = "number,region,product,amount,contact\n".to_owned();
    for number in from..from + rows {
        let region = if number % 4 == 0 { "330100" } else { "330200" };
        text.push_str(&format!(
            "{number},{region},减速器{},{}.25,联系人{number}\n",
            number % 7,
            number % 100
        ));
    }
    text
}

async fn load(node: &Node, mode: &str, more: &str, name: &str, content: &str) {
    std::fs::write(node.folder().join(format!("mappings/orders_{mode}.toml")), mapping(mode, more)).unwrap();
    let path = node.folder().join("tmp").join(name);
    std::fs::write(&path, content).unwrap();
    let options = IngestOptions { skip_models: true, ..IngestOptions::default() };
    let request = IngestRequest { path, mapping: format!("orders_{mode}"), options };
    let operator = party(Role::SystemAdministrator);
    node.warehouse.ingest(&operator, request, Progress::new(), Cancel::new()).await.unwrap();
}

/// Rows of one SELECT, a line of text each, as the system administrator sees them.
async fn rows(node: &Node, sql: &str) -> Vec<String> {
    let session = node.warehouse.session(&party(Role::SystemAdministrator), "sql");
    let mut stream = session.sql(sql, QueryLimits::default(), Cancel::new()).await.unwrap();
    let mut found = Vec::new();
    while let Some(batch) = stream.next().await {
        let batch = batch.unwrap();
        let columns: Vec<Vec<String>> = batch.columns().iter().map(texts_of).collect();
        for row in 0..batch.num_rows() {
            found.push(columns.iter().map(|column| column[row].as_str()).collect::<Vec<_>>().join("|"));
        }
    }
    found
}

fn texts_of(column: &ArrayRef) -> Vec<String> {
    (0..column.len()).map(|row| array_value_to_string(column, row).unwrap()).collect()
}

struct Pki {
    root: Issued,
    authority: Authority,
}

impl Pki {
    fn new() -> Self {
        let root = Authority::create("root-x", now()).unwrap();
        let authority = Authority::open(&root.certificate, &root.key).unwrap();
        Self { root, authority }
    }

    fn issue(&self, subject: &str, usage: Usage) -> Issued {
        let names = vec!["127.0.0.1".to_owned()];
        let request = Request { subject: subject.to_owned(), names, usage, days: 30 };
        self.authority.issue(&request, now()).unwrap()
    }

    fn server(&self, name: &str) -> (Arc<ServerTls>, String) {
        let issued = self.issue(name, Usage::Server);
        let material = Material {
            chain: issued.certificate.clone(),
            key: issued.key.clone(),
            client_authorities: self.root.certificate.clone(),
            revocations: String::new(),
        };
        (Arc::new(ServerTls::new(material).unwrap()), issued.serial)
    }

    fn dress(&self, node: &Node, name: &str) {
        let own = self.issue(name, Usage::Node);
        let tls = PeerTls {
            chain: own.certificate.clone(),
            key: own.key.clone(),
            authorities: self.root.certificate.clone(),
            revocations: String::new(),
        };
        node.trust.peers().replace(Some(tls)).unwrap();
    }
}

/// A node that listens with TLS and shows itself to peers.
async fn node(pki: &Pki, name: &str, folder: Option<PathBuf>, listen: Option<SocketAddr>) -> Node {
    let (tls, serial) = pki.server(name);
    let node = Node::with(Setup {
        status: StatusOptions { name: name.to_owned(), ..StatusOptions::default() },
        tls: Some(tls),
        exchange: ExchangeOptions { batch_rows: BATCH_ROWS, ..ExchangeOptions::default() },
        folder,
        listen,
        ..Setup::default()
    })
    .await;
    node.trust.status().set_certificate(Some(serial));
    pki.dress(&node, name);
    node
}

async fn register(at: &Node, other: &Node, name: &str) -> String {
    let keys = other.trust.status().public_keys();
    let identity = at.trust.identity();
    let new = NewNode {
        name: name.to_owned(),
        node_role: "brain".to_owned(),
        public_key: keys.ed25519,
        sm2_public_key: keys.sm2,
        base_url: Some(format!("https://{}", other.address)),
        organisation: None,
    };
    let made = identity.register_node(&party(Role::SystemAdministrator), new).await.unwrap();
    identity.set_node_state(&party(Role::SecurityAdministrator), &made.id, NodeState::Active).await.unwrap();
    made.id
}

struct Pair {
    pki: Pki,
    provider: Node,
    consumer: Node,
}

impl Pair {
    async fn new() -> Self {
        Self::within(None, None).await
    }

    async fn within(
        provider: Option<(PathBuf, SocketAddr)>,
        consumer: Option<(PathBuf, SocketAddr)>,
    ) -> Self {
        let pki = Pki::new();
        let (folder, listen) = provider.unzip();
        let provider = node(&pki, "brain-p", folder, listen).await;
        let (folder, listen) = consumer.unzip();
        let consumer = node(&pki, "brain-c", folder, listen).await;
        register(&provider, &consumer, "brain-c").await;
        register(&consumer, &provider, "brain-p").await;
        Self { pki, provider, consumer }
    }

    async fn subscribe(&self, direction: Direction, change: impl FnOnce(&mut Terms)) -> Subscription {
        let operator = party(Role::SystemAdministrator);
        Box::pin(self.consumer.exchange.subscribe(&operator, wanted(direction, change))).await.unwrap()
    }

    async fn approve(&self, id: &str, approval: Approval) -> Subscription {
        self.provider.exchange.approve(&party(Role::SecurityAdministrator), id, approval).await.unwrap()
    }

    /// The side that sets deliveries going works; how the subscription stands there.
    async fn run(&self, subscription: &Subscription) -> Subscription {
        let driver = if subscription.direction == "pull" { &self.consumer } else { &self.provider };
        let operator = party(Role::SystemAdministrator);
        Box::pin(driver.exchange.run(&operator, &subscription.id)).await.unwrap()
    }
}

async fn shown(node: &Node, id: &str) -> Subscription {
    node.exchange.get(&party(Role::Auditor), id).await.unwrap()
}

async fn deliveries(node: &Node, id: &str) -> Vec<Delivery> {
    let page = PageRequest::new(1, 100);
    node.exchange.deliveries(&party(Role::Auditor), id, page).await.unwrap().items
}

async fn kinds(node: &Node, family: &str) -> Vec<String> {
    let filter = LeafFilter { kind: Some(family.to_owned()), ..LeafFilter::default() };
    let found = node.trust.evidence().entries(&filter, PageRequest::new(1, 1_000)).await.unwrap();
    found.items.into_iter().map(|entry| entry.kind).collect()
}

fn wanted(direction: Direction, change: impl FnOnce(&mut Terms)) -> NewSubscription {
    let mut terms = Terms {
        columns: BTreeSet::new(),
        rows: Predicate::All(Vec::new()),
        purpose: "entrust".to_owned(),
        reason: "汇聚到省级产业数据仓".to_owned(),
        agreement: "省厅数据共享协议 2026-12".to_owned(),
        until: now() + TimeDelta::days(30),
        mode: DeliveryMode::Changes,
        schedule: Schedule::Never,
        lag_minutes: Some(30),
        bytes_per_second: None,
        grade: Some(Grade::General3),
    };
    change(&mut terms);
    let answers = ["lawfulness", "impact", "measures", "assessor", "assessed_on"];
    let form = answers.map(|name| (name.to_owned(), "已评估".to_owned()));
    NewSubscription {
        peer: "brain-p".to_owned(),
        dataset: SOURCE.to_owned(),
        target: TARGET.to_owned(),
        direction,
        terms,
        sensitive_personal: false,
        forms: BTreeMap::from([(FormName::ImpactAssessment, form.into())]),
    }
}

/// What both nodes hold of the newest delivery agrees, is signed by each, and is complete.
async fn agrees(pair: &Pair, id: &str, rows_there: i64) -> Manifest {
    let (there, here) = (shown(&pair.provider, id).await, shown(&pair.consumer, id).await);
    assert_eq!(here.failure, None);
    for side in [&there, &here] {
        assert_eq!(side.delivered_rows, Some(rows_there), "{side:?}");
        assert_eq!(side.completeness, Some(1.0), "{side:?}");
        assert_eq!((side.lag_seconds, side.versions_behind), (Some(0), Some(0)), "{side:?}");
    }
    let (sent, got) = (there.last_delivery.unwrap(), here.last_delivery.unwrap());
    let numbers =
        |d: &Delivery| (d.id.clone(), d.to_version, d.rows_done, d.bytes_done, d.content_hash.clone());
    assert_eq!(numbers(&sent), numbers(&got));
    assert_eq!(got.state, "published");
    let auditor = party(Role::Auditor);
    let (manifest, receipt) = pair.consumer.exchange.documents(&auditor, &got.id).await.unwrap();
    assert_eq!(
        pair.provider.exchange.documents(&auditor, &got.id).await.unwrap(),
        (manifest.clone(), receipt.clone())
    );
    let receipt = receipt.unwrap();
    assert_eq!((manifest.format.as_str(), receipt.format.as_str()), (MANIFEST, RECEIPT));
    assert!(manifest.is_signed_by(&pair.provider.trust.status().public_keys()));
    assert!(receipt.is_signed_by(&pair.consumer.trust.status().public_keys()));
    assert!(!receipt.is_signed_by(&pair.provider.trust.status().public_keys()));
    let mut forged = receipt.clone();
    forged.document["rows"] = 1.into();
    assert!(!forged.is_signed_by(&pair.consumer.trust.status().public_keys()));
    let receipt: Receipt = serde_json::from_value(receipt.document).unwrap();
    let manifest: Manifest = serde_json::from_value(manifest.document).unwrap();
    assert_eq!((receipt.rows, &receipt.content_hash), (manifest.rows, &manifest.content_hash));
    manifest
}

#[tokio::test]
async fn the_first_delivery_is_whole_later_ones_bring_what_was_added_and_a_rewrite_is_whole_again() {
    for direction in [Direction::Pull, Direction::Push] {
        let pair = Pair::new().await;
        load(&pair.provider, "append", "", "a.csv", &csv(0, 1_050)).await;
        let made = pair.subscribe(direction, |_| {}).await;
        assert_eq!(made.state.name(), "requested");
        // Nothing moves before the owner has decided.
        let early = pair.run(&made).await;
        assert_eq!(early.failure.unwrap().code, "exchange/not-active");
        assert_eq!(deliveries(&pair.provider, &made.id).await, Vec::new());
        pair.approve(&made.id, Approval::default()).await;

        assert_eq!(pair.run(&made).await.failure, None);
        let manifest = agrees(&pair, &made.id, 1_050).await;
        assert_eq!((manifest.batches.len(), manifest.mode), (6, DeliveryMode::Full));
        let of = |name: &str| {
            format!("SELECT number, region, product, amount, contact FROM {name} ORDER BY number")
        };
        assert_eq!(rows(&pair.consumer, &of(TARGET)).await, rows(&pair.provider, &of(SOURCE)).await);
        let facts = pair.consumer.warehouse.catalogue().facts(TARGET).unwrap();
        assert_eq!(facts.grade, Grade::General3, "the label is at least what was agreed on");

        // Nothing new, nothing moves.
        assert_eq!(pair.run(&made).await.failure, None);
        assert_eq!(deliveries(&pair.consumer, &made.id).await.len(), 1);

        load(&pair.provider, "append", "", "b.csv", &csv(5_000, 30)).await;
        assert_eq!(pair.run(&made).await.failure, None);
        let manifest = agrees(&pair, &made.id, 1_080).await;
        assert_eq!((manifest.rows, manifest.mode, manifest.why_full), (30, DeliveryMode::Changes, None));
        assert_eq!(rows(&pair.consumer, &of(TARGET)).await, rows(&pair.provider, &of(SOURCE)).await);

        load(&pair.provider, "replace", "", "c.csv", &csv(0, 10)).await;
        assert_eq!(pair.run(&made).await.failure, None);
        let manifest = agrees(&pair, &made.id, 10).await;
        assert_eq!((manifest.rows, manifest.mode), (10, DeliveryMode::Full));
        assert!(manifest.why_full.unwrap().en.contains("rewritten"));
        assert_eq!(rows(&pair.consumer, &of(TARGET)).await, rows(&pair.provider, &of(SOURCE)).await);

        let (there, here) =
            (kinds(&pair.provider, "exchange.").await, kinds(&pair.consumer, "exchange.").await);
        for kind in ["exchange.request", "exchange.state", "exchange.deliver", "exchange.receipt"] {
            assert!(there.iter().any(|one| one == kind), "{kind}: {there:?}");
        }
        for kind in ["exchange.subscribe", "exchange.begin", "exchange.verify", "exchange.publish"] {
            assert!(here.iter().any(|one| one == kind), "{kind}: {here:?}");
        }
        let left = std::fs::read_dir(pair.provider.folder().join("exchange")).map(Iterator::count);
        assert!(left.unwrap_or_default() <= 1, "batches of what arrived are gone");
    }
}

#[tokio::test]
async fn what_the_grant_hides_never_leaves_and_filters_hold() {
    let pair = Pair::new().await;
    load(&pair.provider, "append", "", "a.csv", &csv(0, 400)).await;
    let region = Predicate::Equals { column: "region".to_owned(), value: "330100".to_owned() };
    let made = pair.subscribe(Direction::Pull, |terms| terms.rows = region).await;
    let masks = BTreeMap::from([
        ("contact".to_owned(), Mask::Redact),
        ("product".to_owned(), Mask::KeepPrefix { characters: 1 }),
    ]);
    pair.approve(&made.id, Approval { masks, ..Approval::default() }).await;
    let standing = pair.provider.exchange.prepared("brain-c", &made.id, None).await.unwrap();
    let manifest = standing.manifest.unwrap();
    // Not in the manifest, and not in the bytes that wait to leave.
    let text = serde_json::to_string(&manifest).unwrap();
    assert!(text.contains("\"withheld\":[\"contact\"]"), "{text}");
    let document: Manifest = serde_json::from_value(manifest.document).unwrap();
    assert!(document.fields.iter().all(|field| field.name != "contact"));
    for sequence in 1..=document.batches.len() as u64 {
        let bytes = pair.provider.exchange.batch("brain-c", &document.delivery, sequence).await.unwrap();
        let batches = brain_warehouse::delivery::read_back(&document.fields, bytes).unwrap();
        for batch in batches {
            assert!(batch.column_by_name("contact").is_none());
        }
    }
    assert_eq!(pair.run(&made).await.failure, None);
    agrees(&pair, &made.id, 100).await;
    let found = rows(&pair.consumer, &format!("SELECT DISTINCT region, product FROM {TARGET}")).await;
    assert_eq!(found, ["330100|减*"]);
    let refused = pair.consumer.warehouse.session(&party(Role::SystemAdministrator), "sql");
    let sql = format!("SELECT contact FROM {TARGET}");
    assert!(
        refused.sql(&sql, QueryLimits::default(), Cancel::new()).await.is_err(),
        "there is no such column"
    );
}

#[tokio::test]
async fn a_grant_that_is_taken_back_refuses_the_next_batch_and_publishes_nothing() {
    let pair = Pair::new().await;
    load(&pair.provider, "append", "", "a.csv", &csv(0, 1_050)).await;
    let made = pair.subscribe(Direction::Push, |_| {}).await;
    pair.approve(&made.id, Approval::default()).await;
    let offer = pair.provider.exchange.prepared("brain-c", &made.id, None).await.unwrap();
    let signed = offer.manifest.unwrap();
    let manifest: Manifest = serde_json::from_value(signed.document.clone()).unwrap();
    let delivery = manifest.delivery.clone();
    let first = pair.provider.exchange.batch("brain-c", &delivery, 1).await.unwrap();
    let begun = Box::pin(pair.consumer.exchange.offered("brain-p", &made.id, signed)).await.unwrap();
    assert_eq!((begun.batches, begun.published), (0, false));
    let taken = pair.consumer.exchange.pushed("brain-p", &delivery, 1, first).await.unwrap();
    assert_eq!(taken.batches, 1);

    // The node administrator decides nothing for the owner.
    let own = pair.provider.exchange.revoke(&party(Role::SystemAdministrator), &made.id).await;
    assert_eq!(own.unwrap_err().code(), "exchange/step");
    pair.provider.exchange.revoke(&party(Role::SecurityAdministrator), &made.id).await.unwrap();
    let refused = pair.provider.exchange.batch("brain-c", &delivery, 2).await.unwrap_err();
    assert_eq!(refused.code(), "exchange/not-active");
    let failed = pair.run(&made).await;
    assert_eq!(failed.failure.unwrap().code, "exchange/not-active");
    assert_eq!(shown(&pair.provider, &made.id).await.state.name(), "revoked");
    assert!(pair.consumer.warehouse.catalogue().facts(TARGET).is_err(), "nothing was published");
    // The consumer hears of it when it asks again, after a minute.
    pair.consumer.clock.advance(TimeDelta::minutes(2));
    pair.consumer.exchange.look().await.unwrap();
    assert_eq!(shown(&pair.consumer, &made.id).await.state.name(), "revoked");
}

#[tokio::test]
async fn a_batch_changed_on_its_way_is_refused_and_the_delivery_goes_on_after_the_last_good_one() {
    let pair = Pair::new().await;
    load(&pair.provider, "append", "", "a.csv", &csv(0, 1_050)).await;
    let made = pair.subscribe(Direction::Push, |_| {}).await;
    pair.approve(&made.id, Approval::default()).await;
    let offer = pair.provider.exchange.prepared("brain-c", &made.id, None).await.unwrap();
    let signed = offer.manifest.unwrap();
    let manifest: Manifest = serde_json::from_value(signed.document.clone()).unwrap();
    let delivery = manifest.delivery.clone();
    let (provider, consumer) = (&pair.provider.exchange, &pair.consumer.exchange);

    // A manifest that somebody changed is no manifest.
    let mut forged = signed.clone();
    forged.document["table_rows"] = 9_999.into();
    let refused = Box::pin(consumer.offered("brain-p", &made.id, forged)).await.unwrap_err();
    assert_eq!(refused.code(), "exchange/unsound");

    Box::pin(consumer.offered("brain-p", &made.id, signed.clone())).await.unwrap();
    let good = provider.batch("brain-c", &delivery, 1).await.unwrap();
    let mut bad = good.to_vec();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    for wrong in [bad, good[..good.len() - 1].to_vec(), Vec::new()] {
        let refused = consumer.pushed("brain-p", &delivery, 1, wrong.into()).await.unwrap_err();
        assert_eq!(refused.code(), "warehouse/delivery-batch");
    }
    let second = provider.batch("brain-c", &delivery, 2).await.unwrap();
    let early = consumer.pushed("brain-p", &delivery, 2, second.clone()).await.unwrap_err();
    assert_eq!(early.code(), "exchange/step", "no batch is left out");
    let refused = consumer.pushed("brain-p", &delivery, 1, second).await.unwrap_err();
    assert_eq!(refused.code(), "warehouse/delivery-batch", "nor taken for another");
    for _ in 0..2 {
        // The same batch twice changes nothing.
        let taken = consumer.pushed("brain-p", &delivery, 1, good.clone()).await.unwrap();
        assert_eq!(taken.batches, 1);
    }
    let unfinished = consumer.pushed_all("brain-p", &delivery).await.unwrap_err();
    assert_eq!(unfinished.code(), "exchange/step");
    assert_eq!(pair.run(&made).await.failure, None);
    agrees(&pair, &made.id, 1_050).await;
    assert_eq!(deliveries(&pair.consumer, &made.id).await.len(), 1, "it went on");
    // The same delivery again is the version it is.
    let again = Box::pin(consumer.offered("brain-p", &made.id, signed)).await.unwrap();
    assert!(again.published);
    let verdict = Verdict { accepted: true, reason: None };
    let twice = Box::pin(consumer.judged("brain-p", &delivery, verdict)).await.unwrap();
    assert!(twice.published);
    assert_eq!(rows(&pair.consumer, &format!("SELECT count(*) FROM {TARGET}")).await, ["1050"]);
}

#[tokio::test]
async fn a_staged_file_that_changed_on_disk_is_found_before_anything_is_published() {
    let pair = Pair::new().await;
    load(&pair.provider, "append", "", "a.csv", &csv(0, 300)).await;
    let made = pair.subscribe(Direction::Push, |_| {}).await;
    pair.approve(&made.id, Approval::default()).await;
    let (provider, consumer) = (&pair.provider.exchange, &pair.consumer.exchange);
    let signed = provider.prepared("brain-c", &made.id, None).await.unwrap().manifest.unwrap();
    let manifest: Manifest = serde_json::from_value(signed.document.clone()).unwrap();
    Box::pin(consumer.offered("brain-p", &made.id, signed)).await.unwrap();
    for sequence in 1..=2 {
        let batch = provider.batch("brain-c", &manifest.delivery, sequence).await.unwrap();
        consumer.pushed("brain-p", &manifest.delivery, sequence, batch).await.unwrap();
    }
    // The second file takes the place of the first: the number of rows is wrong, and so is what they say.
    let folder = pair.consumer.folder().join("lake/raw/province_order");
    let place = |sequence: u32| format!("part-{}-{sequence:04}.parquet", manifest.delivery);
    std::fs::copy(folder.join(place(2)), folder.join(place(1))).unwrap();
    let sums = |sequence: u32| folder.join("_sums").join(format!("{}.crc", place(sequence)));
    std::fs::copy(sums(2), sums(1)).unwrap();
    let receipt = consumer.pushed_all("brain-p", &manifest.delivery).await.unwrap();
    let verdict = provider.receipt("brain-c", &manifest.delivery, receipt).await.unwrap();
    assert!(!verdict.accepted);
    assert!(verdict.reason.unwrap().en.contains("rows 300 / 200"));
    for side in [&pair.provider, &pair.consumer] {
        let delivery = deliveries(side, &made.id).await.remove(0);
        assert_eq!(delivery.state, "refused");
        assert_eq!(delivery.failure.unwrap().code, "exchange/mismatch", "both sides say why");
    }
    assert!(pair.consumer.warehouse.catalogue().facts(TARGET).is_err(), "nothing was published");
    // The next run begins anew.
    assert_eq!(pair.run(&made).await.failure, None);
    agrees(&pair, &made.id, 300).await;
}

#[tokio::test]
async fn columns_that_changed_at_the_source_do_not_change_the_target() {
    let pair = Pair::new().await;
    load(&pair.provider, "append", "", "a.csv", &csv(0, 20)).await;
    let made = pair.subscribe(Direction::Pull, |_| {}).await;
    pair.approve(&made.id, Approval::default()).await;
    assert_eq!(pair.run(&made).await.failure, None);
    agrees(&pair, &made.id, 20).await;
    let more = "\n[[table.column]]\nname = \"note\"\ntype = \"text\"\n";
    load(
        &pair.provider,
        "replace",
        more,
        "b.csv",
        "number,region,product,amount,contact,note\n1,330100,a,1,b,c\n",
    )
    .await;
    let failed = pair.run(&made).await;
    assert_eq!(failed.failure.unwrap().code, "warehouse/delivery-columns");
    assert_eq!(rows(&pair.consumer, &format!("SELECT count(*) FROM {TARGET}")).await, ["20"]);
}

#[tokio::test]
async fn a_node_finds_only_what_it_has_a_part_in_and_no_other_dataset_is_overwritten() {
    let pair = Pair::new().await;
    load(&pair.provider, "append", "", "a.csv", &csv(0, 20)).await;
    let made = pair.subscribe(Direction::Pull, |_| {}).await;
    pair.approve(&made.id, Approval::default()).await;
    let stranger = node(&pair.pki, "brain-s", None, None).await;
    register(&pair.provider, &stranger, "brain-s").await;
    let offer = pair.provider.exchange.prepared("brain-c", &made.id, None).await.unwrap();
    let manifest: Manifest = serde_json::from_value(offer.manifest.unwrap().document).unwrap();
    let provider = &pair.provider.exchange;
    let code = |error: brain_exchange::Error| error.code();
    assert_eq!(
        code(provider.standing("brain-s", &made.id).await.unwrap_err()),
        "exchange/unknown-subscription"
    );
    assert_eq!(code(provider.ended("brain-s", &made.id).await.unwrap_err()), "exchange/unknown-subscription");
    assert_eq!(
        code(provider.prepared("brain-s", &made.id, None).await.unwrap_err()),
        "exchange/unknown-subscription"
    );
    let batch = provider.batch("brain-s", &manifest.delivery, 1).await.unwrap_err();
    assert_eq!(code(batch), "exchange/unknown-delivery");
    assert_eq!(
        code(provider.batch("brain-x", &manifest.delivery, 1).await.unwrap_err()),
        "exchange/unknown-delivery"
    );

    let operator = party(Role::SystemAdministrator);
    let ask = async |change: &dyn Fn(&mut NewSubscription)| {
        let mut new = wanted(Direction::Pull, |_| {});
        change(&mut new);
        Box::pin(pair.consumer.exchange.subscribe(&operator, new)).await.unwrap_err().code()
    };
    load(&pair.consumer, "append", "", "own.csv", &csv(0, 2)).await;
    assert_eq!(ask(&|new| new.target = SOURCE.to_owned()).await, "warehouse/delivery-target-taken");
    assert_eq!(ask(&|new| new.target = "subject.enterprise".to_owned()).await, "warehouse/delivery-target");
    assert_eq!(ask(&|_| {}).await, "exchange/invalid", "the target has a subscription");
    assert_eq!(ask(&|new| new.peer = "nobody".to_owned()).await, "trust/peer-refused");
    assert_eq!(ask(&|new| new.terms.purpose = "view".to_owned()).await, "exchange/invalid");
    let other = |new: &mut NewSubscription| new.target = "raw.other".to_owned();
    let elsewhere = |new: &mut NewSubscription| {
        other(new);
        new.dataset = "raw.none_such".to_owned();
    };
    assert_eq!(ask(&elsewhere).await, "exchange/peer-refused");
    let without_form = |new: &mut NewSubscription| {
        other(new);
        new.forms.clear();
    };
    assert_eq!(ask(&without_form).await, "exchange/peer-refused");
    let government = party(Role::Government);
    let refused = Box::pin(pair.consumer.exchange.subscribe(&government, wanted(Direction::Pull, |_| {})));
    assert_eq!(refused.await.unwrap_err().code(), "exchange/not-allowed");
}

#[tokio::test]
async fn lag_beyond_what_was_agreed_on_raises_an_alarm_once_and_catching_up_ends_it() {
    let pair = Pair::new().await;
    load(&pair.provider, "append", "", "a.csv", &csv(0, 20)).await;
    let made = pair.subscribe(Direction::Pull, |_| {}).await;
    pair.approve(&made.id, Approval::default()).await;
    assert_eq!(pair.run(&made).await.failure, None);
    load(&pair.provider, "append", "", "b.csv", &csv(100, 5)).await;
    for node in [&pair.provider, &pair.consumer] {
        node.clock.advance(TimeDelta::hours(2));
    }
    for _ in 0..3 {
        pair.consumer.exchange.look().await.unwrap();
    }
    let late = shown(&pair.consumer, &made.id).await;
    assert!(late.lag_seconds.unwrap() >= 7_000 && late.late_since.is_some(), "{late:?}");
    assert_eq!(late.versions_behind, Some(1));
    assert!(late.completeness.unwrap() <= 1.0);
    assert_eq!(kinds(&pair.consumer, "exchange.late").await.len(), 1, "told once");
    assert_eq!(pair.run(&made).await.failure, None);
    pair.consumer.exchange.look().await.unwrap();
    let back = shown(&pair.consumer, &made.id).await;
    assert_eq!((back.late_since, back.lag_seconds), (None, Some(0)));
    assert_eq!(kinds(&pair.consumer, "exchange.caught_up").await.len(), 1);
}

#[tokio::test]
async fn people_see_exchange_by_their_role_and_a_peer_needs_its_certificate() {
    let node = Node::start().await;
    let operator = node.signed_in("system_administrator").await;
    assert_eq!(operator.get("/api/v1/exchange/subscriptions").await.expect(200), serde_json::json!([]));
    let none = operator.get("/api/v1/exchange/subscriptions/019374a0-0000-7000-8000-000000000001").await;
    assert_eq!((none.status.as_u16(), none.code().as_str()), (404, "exchange/unknown-subscription"));
    let body = serde_json::to_value(wanted(Direction::Pull, |_| {})).unwrap();
    let refused = operator.post("/api/v1/exchange/subscriptions", &body).await;
    assert_eq!(refused.code(), "trust/peer-refused", "{}", refused.text());
    let auditor = node.signed_in("auditor").await;
    assert_eq!(auditor.post("/api/v1/exchange/subscriptions", &body).await.status.as_u16(), 403);
    let peer = node.anonymous().get("/api/v1/exchange/peer/subscriptions/x").await;
    assert_eq!(peer.status.as_u16(), 401);
}
