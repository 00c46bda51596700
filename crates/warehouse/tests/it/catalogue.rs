//! The catalogue says what there is and agrees with the lake, also after a crash.

use crate::node::{Node, administrator};
use brain_warehouse::catalogue::CatalogueQuery;

#[tokio::test]
async fn a_card_tells_rows_versions_columns_and_completeness() {
    let node = Node::loaded().await;
    let detail = node.warehouse.catalogue().get("raw.sale").await.unwrap();
    assert_eq!(detail.card.rows, 3);
    assert_eq!(detail.card.version, Some(1));
    assert_eq!(detail.card.restricted_by.as_deref(), Some("firm"));
    assert!(detail.card.bytes > 0);
    assert_eq!(
        detail.versions.iter().map(|version| (version.version, version.rows)).collect::<Vec<_>>(),
        [(1, 3), (0, 2)]
    );
    assert_eq!(detail.columns[0].name, "firm");
    let quality = detail.quality.unwrap();
    assert_eq!(quality.version, 1);
    assert_eq!(quality.columns[0].filled, Some(1.0));
    assert_eq!(quality.valid_share, Some(1.0));
}

#[tokio::test]
async fn lists_filter_by_words_zone_and_page() {
    let node = Node::loaded().await;
    let catalogue = node.warehouse.catalogue();
    let find = |text: &str| {
        let query = CatalogueQuery { text: Some(text.to_owned()), ..CatalogueQuery::default() };
        catalogue.list(&query).items.into_iter().map(|card| card.name).collect::<Vec<_>>()
    };
    assert_eq!(find("销售"), ["raw.sale"]);
    assert_eq!(find("public PLACES"), ["raw.place"]);
    assert!(find("weather").is_empty());
    let page =
        catalogue.list(&CatalogueQuery { page: Some(2), page_size: Some(1), ..CatalogueQuery::default() });
    assert_eq!((page.items.len(), page.total), (1, 2));
    let none = catalogue.list(&CatalogueQuery { zone: Some("topic".into()), ..CatalogueQuery::default() });
    assert_eq!(none.total, 0);
}

#[tokio::test]
async fn an_unknown_dataset_suggests_its_neighbour() {
    let node = Node::loaded().await;
    let error = node.warehouse.catalogue().get("raw.sael").await.unwrap_err();
    assert!(brain_kernel::error::Failure::from(error).hint.unwrap().zh.contains("raw.sale"));
}

#[tokio::test]
async fn a_version_the_store_forgot_is_found_again_at_start() {
    let node = Node::loaded().await;
    // As after a crash between the commit to the lake and its record: the store is one version behind.
    let transaction = node.store.transaction().await.unwrap();
    let sql = "DELETE FROM dataset_version WHERE dataset = 'raw.sale' AND version = 1";
    brain_store::ConnectionTrait::execute_unprepared(&transaction, sql).await.unwrap();
    let sql = "UPDATE dataset SET version = 0, rows = 2 WHERE name = 'raw.sale'";
    brain_store::ConnectionTrait::execute_unprepared(&transaction, sql).await.unwrap();
    transaction.commit().await.unwrap();
    let node = node.reopened().await;
    let detail = node.warehouse.catalogue().get("raw.sale").await.unwrap();
    assert_eq!((detail.card.version, detail.card.rows), (Some(1), 3));
    assert_eq!(node.rows(&administrator(), "SELECT count(*) FROM raw.sale").await.unwrap(), ["3"]);
}
