//! Code lists, mappings, data elements and product events.

use brain_store::code_list::{self, CodeListRow, CodeRow, MappedRow, MappingRow};
use brain_store::data_element::{self, BindingRow, ElementRow};
use brain_store::product_event::{self, ProductEventRow};
use brain_store::{Error, Store};
use serde_json::json;

use crate::database::{TestDatabase, on_both_engines};

on_both_engines!(
    a_list_is_replaced_whole_by_who_saw_it_last,
    a_mapping_is_asked_by_its_code,
    versions_of_an_element_are_kept_and_a_column_has_one,
    two_events_at_once_collide,
);

fn list(store: &Store, revision: i64) -> CodeListRow {
    CodeListRow {
        id: "hs".to_owned(),
        title_zh: "编码".to_owned(),
        title_en: String::new(),
        standard: "HS".to_owned(),
        edition: "2022".to_owned(),
        source: "海关".to_owned(),
        codes: 0,
        revision,
        updated_by: "a".to_owned(),
        updated_at: store.now(),
    }
}

fn code(place: i32) -> CodeRow {
    CodeRow {
        list: "hs".to_owned(),
        code: format!("{place:06}"),
        place,
        parent: None,
        name_zh: "货".to_owned(),
        name_en: String::new(),
        valid_from: None,
        valid_until: Some("2026-01-01".to_owned()),
        successors: "[]".to_owned(),
    }
}

async fn a_list_is_replaced_whole_by_who_saw_it_last(database: &TestDatabase) {
    let store = database.open().await;
    let put = async |row: CodeListRow, codes: i32, seen: Option<i64>| {
        let transaction = store.transaction().await.unwrap();
        let codes = (0..codes).map(code).collect();
        code_list::put_list(&transaction, row, codes, seen).await?;
        transaction.commit().await
    };
    put(list(&store, 1), 1_201, None).await.unwrap();
    assert!(matches!(put(list(&store, 1), 1, None).await, Err(Error::AlreadyExists(_))));
    put(list(&store, 2), 3, Some(1)).await.unwrap();
    assert!(matches!(put(list(&store, 2), 9, Some(1)).await, Err(Error::Stale { .. })));
    let codes = code_list::codes(store.db(), "hs").await.unwrap();
    assert_eq!(codes.iter().map(|code| code.place).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(code_list::list(store.db(), "hs").await.unwrap().unwrap().revision, 2);
    assert_eq!(code_list::lists(store.db(), 9).await.unwrap().len(), 1);
    store.close().await.unwrap();
}

async fn a_mapping_is_asked_by_its_code(database: &TestDatabase) {
    let store = database.open().await;
    let heading = MappingRow {
        id: "old".to_owned(),
        title_zh: "对照".to_owned(),
        title_en: String::new(),
        from_list: "partner.a".to_owned(),
        to_list: "hs".to_owned(),
        source: "某企业".to_owned(),
        rows: 3,
        revision: 1,
        updated_by: "a".to_owned(),
        updated_at: store.now(),
    };
    let row = |from: &str, to: &str, share| MappedRow {
        mapping: "old".to_owned(),
        from_code: from.to_owned(),
        to_code: to.to_owned(),
        share,
    };
    let rows = vec![row("x", "2", Some(0.25)), row("x", "1", Some(0.75)), row("y", "1", None)];
    let transaction = store.transaction().await.unwrap();
    code_list::put_mapping(&transaction, heading, rows, None).await.unwrap();
    transaction.commit().await.unwrap();
    let found = code_list::mapped(store.db(), "old", Some("x")).await.unwrap();
    let found: Vec<_> = found.iter().map(|row| (row.to_code.as_str(), row.share)).collect();
    assert_eq!(found, [("1", Some(0.75)), ("2", Some(0.25))]);
    assert_eq!(code_list::mapped(store.db(), "old", None).await.unwrap().len(), 3);
    let to_one = code_list::mapped_to(store.db(), "1", 9).await.unwrap();
    assert_eq!(to_one.iter().map(|row| row.from_code.as_str()).collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!(code_list::mappings(store.db(), 9).await.unwrap().len(), 1);
    store.close().await.unwrap();
}

async fn versions_of_an_element_are_kept_and_a_column_has_one(database: &TestDatabase) {
    let store = database.open().await;
    let element = |version: i32, status: &str, revision: i64| ElementRow {
        id: "region".to_owned(),
        version,
        body: json!({ "id": "region", "version": version }),
        status: status.to_owned(),
        revision,
        updated_by: "a".to_owned(),
        updated_at: store.now(),
    };
    let binding = |element: &str| BindingRow {
        dataset: "raw.firm".to_owned(),
        column_name: "注册地".to_owned(),
        element: element.to_owned(),
        required: true,
        updated_by: "a".to_owned(),
        updated_at: store.now(),
    };
    let transaction = store.transaction().await.unwrap();
    data_element::insert(&transaction, element(1, "draft", 1)).await.unwrap();
    data_element::insert(&transaction, element(2, "draft", 1)).await.unwrap();
    data_element::update(&transaction, element(1, "current", 2), 1).await.unwrap();
    let late = data_element::update(&transaction, element(1, "retired", 2), 1).await;
    assert!(matches!(late, Err(Error::Stale { .. })), "{late:?}");
    data_element::bind(&transaction, binding("other")).await.unwrap();
    data_element::bind(&transaction, binding("region")).await.unwrap();
    transaction.commit().await.unwrap();
    let versions = data_element::versions(store.db(), "region").await.unwrap();
    let versions: Vec<_> = versions.iter().map(|row| (row.version, row.status.as_str())).collect();
    assert_eq!(versions, [(2, "draft"), (1, "current")]);
    assert_eq!(data_element::count(store.db()).await.unwrap(), 2);
    let found = data_element::bindings(store.db(), Some("raw.firm"), Some("region"), 9).await.unwrap();
    assert_eq!(found.len(), 1);
    assert!(data_element::bindings(store.db(), None, Some("other"), 9).await.unwrap().is_empty());
    for expected in [true, false] {
        let transaction = store.transaction().await.unwrap();
        assert_eq!(data_element::unbind(&transaction, "raw.firm", "注册地").await.unwrap(), expected);
        transaction.commit().await.unwrap();
    }
    store.close().await.unwrap();
}

async fn two_events_at_once_collide(database: &TestDatabase) {
    let store = database.open().await;
    let event = |number: i64| ProductEventRow {
        number,
        effective_on: "2026-11-30".to_owned(),
        act: json!({ "kind": "merge" }),
        reason: "同一产品".to_owned(),
        actor: "a".to_owned(),
        at: store.now(),
    };
    for number in [1, 2] {
        let transaction = store.transaction().await.unwrap();
        product_event::insert(&transaction, event(number)).await.unwrap();
        transaction.commit().await.unwrap();
    }
    let transaction = store.transaction().await.unwrap();
    let again = product_event::insert(&transaction, event(2)).await;
    assert!(matches!(again, Err(Error::AlreadyExists(_))), "{again:?}");
    drop(transaction);
    let all = product_event::all(store.db(), 9).await.unwrap();
    assert_eq!(all.iter().map(|event| event.number).collect::<Vec<_>>(), [1, 2]);
    store.close().await.unwrap();
}
