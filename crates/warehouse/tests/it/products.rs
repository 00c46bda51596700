//! Data products at the warehouse: whose rights a read has, what label it carries, and a subscriber that is killed.

use crate::node::{Node, OTHER, OWN, party};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_kernel::predicate::Predicate;
use brain_kernel::progress::Cancel;
use brain_trust::{Action, NewGrant, Reach, Subject};
use brain_warehouse::Session;
use brain_warehouse::product::tally::{Change, Tally, tally};
use brain_warehouse::product::{
    Contract, Definition, Form, NewProduct, Offer, ProductAsk, PublishNote, Redistribution, Sla, Source, Use,
};
use brain_warehouse::query::QueryLimits;
use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::arrow::util::display::array_value_to_string;
use serde_json::{Map, json};

fn new(id: &str, source: Source) -> NewProduct {
    NewProduct {
        id: id.to_owned(),
        title: Text::new("销售", "Sales"),
        description: Text::new("销售。", "Sales."),
        definition: Definition {
            source,
            forms: Form::ALL.into(),
            contract: Contract {
                purposes: ["analysis".to_owned()].into(),
                permitted: [Use::Read].into(),
                forbidden: [].into(),
                period_days: 30,
                redistribution: Redistribution::None,
                retention_days: 30,
                fee: None,
                terms: None,
            },
            sla: Sla { freshness_hours: 1, availability_percent: None, support: "x".to_owned() },
        },
    }
}

fn dataset(name: &str) -> Source {
    Source::Dataset { dataset: name.to_owned(), columns: Vec::new() }
}

fn query(sql: &str) -> Source {
    Source::Query { sql: sql.to_owned(), parameters: Vec::new() }
}

fn note() -> PublishNote {
    PublishNote { note: "首版".to_owned(), breaking: false }
}

/// Whoever opens the folder, speaking for a firm.
fn owner(organisation: &str) -> Party {
    Party { account: "local-operator".to_owned(), ..party(Role::Enterprise, Some(organisation)) }
}

async fn publish(node: &Node, actor: &Party, id: &str, source: Source) -> Result<(), Failure> {
    node.warehouse
        .products()
        .create(actor, new(id, source), Some(note()))
        .await
        .map(drop)
        .map_err(Failure::from)
}

fn session(node: &Node, party: &Party) -> Session {
    node.warehouse.session(party, "product").acting(Action::Export).held()
}

fn ask(id: &str, form: Form) -> ProductAsk {
    ProductAsk { product: id.to_owned(), form, parameters: Map::new() }
}

async fn rows(node: &Node, party: &Party, id: &str) -> Result<Vec<String>, Failure> {
    let open = session(node, party).product(&ask(id, Form::Api)).await.map_err(Failure::from)?;
    let stream = open.rows(QueryLimits::default(), Cancel::new()).await.map_err(Failure::from)?;
    let (batches, _) = stream.collect().await.map_err(Failure::from)?;
    let mut rows = Vec::new();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|column| array_value_to_string(column, row).unwrap());
            rows.push(cells.collect::<Vec<_>>().join("|"));
        }
    }
    Ok(rows)
}

/// A grant that opens products to firms, or a dataset for publishing.
fn grant(dataset: &str, action: Option<Action>) -> NewGrant {
    NewGrant {
        subject: Subject::Role(Role::Enterprise),
        dataset: dataset.to_owned(),
        reach: Reach::All,
        rows: Predicate::All(Vec::new()),
        masks: [].into(),
        grade_max: None,
        mask_from: None,
        purpose: "*".to_owned(),
        until: None,
        basis: Text::new("测试", "Test"),
        columns: None,
        actions: action.map(|action| [action].into()),
        agreement: Some("协议 1".to_owned()),
    }
}

#[tokio::test]
async fn a_product_shows_its_owners_rows_to_whoever_holds_a_grant_for_it_and_to_nobody_else() {
    let node = Node::loaded().await;
    let (own, other) = (owner(OWN), party(Role::Enterprise, Some(OTHER)));
    publish(&node, &own, "sales", dataset("raw.sale")).await.unwrap();
    let total = "SELECT firm, sum(amount) AS amount FROM raw.sale GROUP BY firm";
    publish(&node, &own, "totals", query(total)).await.unwrap();
    Node::refused(rows(&node, &other, "sales").await, ErrorKind::Forbidden);
    let government = party(Role::Government, None);
    Node::refused(rows(&node, &government, "sales").await, ErrorKind::Forbidden);
    let id = node.grant(grant("product.*", None)).await;
    // What is the consumer's own in the dataset is not in the product: it is another's product.
    let seen = rows(&node, &other, "sales").await.unwrap();
    assert_eq!(seen, [format!("{OWN}|乙|123456.0|2"), format!("{OWN}|甲|10.5|1")]);
    assert_eq!(rows(&node, &other, "totals").await.unwrap(), [format!("{OWN}|123466.5")]);
    let facts = node.warehouse.catalogue().facts("product.totals").unwrap();
    assert_eq!((facts.grade, facts.owner.as_str()), (Grade::General3, OWN));
    assert!(facts.columns.iter().all(|column| column.grade == Grade::General3), "{facts:?}");
    let security = party(Role::SecurityAdministrator, None);
    node.trust.grants().revoke(&security, &id).await.unwrap();
    Node::refused(rows(&node, &other, "sales").await, ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_dataset_of_others_becomes_a_product_under_a_grant_for_publishing_and_stops_with_it() {
    let node = Node::loaded().await;
    let own = owner(OWN);
    let refused =
        Node::refused(publish(&node, &own, "places", dataset("raw.place")).await, ErrorKind::Forbidden);
    assert_eq!(refused.code, "warehouse/product-rights");
    // Reading it is not passing it on.
    assert_eq!(node.rows(&own, "SELECT count(*) FROM raw.place").await.unwrap(), ["2"]);
    let id = node.grant(grant("raw.place", Some(Action::Publish))).await;
    publish(&node, &own, "places", dataset("raw.place")).await.unwrap();
    assert_eq!(rows(&node, &own, "places").await.unwrap().len(), 2);
    node.trust.grants().revoke(&party(Role::SecurityAdministrator, None), &id).await.unwrap();
    let gone = Node::refused(rows(&node, &own, "places").await, ErrorKind::Forbidden);
    assert_eq!(gone.code, "warehouse/product-rights");
}

#[tokio::test]
async fn a_published_shape_holds_or_nothing_is_handed_out() {
    let node = Node::loaded().await;
    let operator = Party { account: "local-operator".to_owned(), ..party(Role::SystemAdministrator, None) };
    publish(&node, &operator, "places", query("SELECT * FROM raw.place")).await.unwrap();
    assert_eq!(rows(&node, &operator, "places").await.unwrap().len(), 2);
    let mapping = std::fs::read_to_string(node.path().join("mappings/places.toml")).unwrap();
    node.file(
        "mappings/places.toml",
        &format!("{mapping}\n[[table.column]]\nname = \"level\"\ntype = \"text\"\n"),
    );
    node.file("in/place9.csv", "code,name,level\n330100,杭州市,市\n");
    node.ingest("in/place9.csv", "places").await;
    let changed = Node::refused(rows(&node, &operator, "places").await, ErrorKind::Precondition);
    assert_eq!(changed.code, "warehouse/product-changed");
}

async fn pulled(offer: &Offer) -> Vec<Change> {
    let stream = offer.changes(QueryLimits::default(), Cancel::new()).await.unwrap();
    let (batches, _) = stream.collect().await.unwrap();
    let mut changes = Vec::new();
    for batch in &batches {
        let (times, cells) = batch.columns().split_last().unwrap();
        for row in 0..batch.num_rows() {
            let times = times.as_primitive::<Int64Type>().value(row);
            let cells = cells.iter().map(|column| json!(array_value_to_string(column, row).unwrap()));
            changes.push(Change { times, row: cells.collect() });
        }
    }
    changes
}

async fn offered(node: &Node, party: &Party) -> (Offer, Tally) {
    let open = session(node, party).product(&ask("sales", Form::Subscription)).await.unwrap();
    let offer = open.offer(None, None).await.unwrap();
    let tally = tally(&pulled(&offer).await);
    (offer, tally)
}

#[tokio::test]
async fn a_subscriber_killed_before_it_acknowledged_is_offered_the_same_again() {
    let node = Node::loaded().await;
    let (own, other) = (owner(OWN), party(Role::Enterprise, Some(OTHER)));
    publish(&node, &own, "sales", dataset("raw.sale")).await.unwrap();
    node.grant(grant("product.*", None)).await;
    let open = session(&node, &other).product(&ask("sales", Form::Subscription)).await.unwrap();
    let subscription = open.subscribe().await.unwrap();
    let (offer, whole) = offered(&node, &other).await;
    assert_eq!((offer.since, whole.added, whole.removed), (0, 2, 0));
    let delivery = offer.settle(whole.clone()).await.unwrap();
    drop(offer);

    let node = node.reopened().await;
    let (offer, again) = offered(&node, &other).await;
    assert_eq!(again, whole);
    assert_eq!(offer.settle(again.clone()).await.unwrap().id, delivery.id);
    let receipt = brain_warehouse::product::NewReceipt { delivery: delivery.id.clone(), tally: again };
    node.warehouse.products().acknowledge(&other, "sales", &receipt).await.unwrap();
    drop(offer);

    // Data changes, the node is killed before anybody pulled: only the difference is offered, once.
    node.file(
        "in/sale3.csv",
        &format!("firm,buyer,amount,units\n{OWN},甲,10.5,1\n{OWN},丙,1,1\n{OTHER},秘密客户,777,42\n"),
    );
    node.ingest("in/sale3.csv", "sales").await;
    let node = node.reopened().await;
    let (offer, difference) = offered(&node, &other).await;
    assert_eq!((offer.since, offer.until(), offer.reset), (1, 2, false));
    assert_eq!((difference.added, difference.removed), (1, 1));
    let delivery = offer.settle(difference.clone()).await.unwrap();
    let receipt = brain_warehouse::product::NewReceipt { delivery: delivery.id, tally: difference };
    node.warehouse.products().acknowledge(&other, "sales", &receipt).await.unwrap();
    let page = brain_store::PageRequest::new(1, 10);
    let found = node.warehouse.products().subscriptions(&other, "sales", page).await.unwrap();
    assert_eq!((found.items[0].id.as_str(), found.items[0].position), (subscription.id.as_str(), 2));
    assert!(found.items[0].behind_since.is_none());

    // A version of another shape makes what the subscriber has void.
    let products = node.warehouse.products();
    let revision = products.revision(&own, "sales").unwrap();
    let source = Source::Dataset { dataset: "raw.sale".to_owned(), columns: vec!["buyer".to_owned()] };
    let revised = products.revise(&own, "sales", revision, new("sales", source)).await.unwrap();
    let next = products.publish(&own, "sales", revised.revision, note()).await.unwrap();
    assert_eq!(next.card.version.as_deref(), Some("2.0.0"));
    let (offer, whole) = offered(&node, &other).await;
    assert_eq!((offer.since, offer.reset, whole.added, whole.removed), (2, true, 2, 0));
}

#[tokio::test]
async fn a_withdrawn_product_and_a_draft_hand_out_nothing() {
    let node = Node::loaded().await;
    let (own, other) = (owner(OWN), party(Role::Enterprise, Some(OTHER)));
    let products = node.warehouse.products();
    products.create(&own, new("sales", dataset("raw.sale")), None).await.unwrap();
    node.grant(grant("product.*", None)).await;
    Node::refused(rows(&node, &other, "sales").await, ErrorKind::NotFound);
    assert_eq!(
        Node::refused(rows(&node, &own, "sales").await, ErrorKind::Precondition).code,
        "warehouse/product-draft"
    );
    let published = products.publish(&own, "sales", 1, note()).await.unwrap();
    assert_eq!(rows(&node, &other, "sales").await.unwrap().len(), 2);
    products.withdraw(&own, "sales", published.revision, "停止".to_owned()).await.unwrap();
    let gone = Node::refused(rows(&node, &other, "sales").await, ErrorKind::Precondition);
    assert_eq!(gone.code, "warehouse/product-withdrawn");
    let node = node.reopened().await;
    assert_eq!(
        Node::refused(rows(&node, &other, "sales").await, ErrorKind::Precondition).code,
        "warehouse/product-withdrawn"
    );
}
