//! Quality rules, checks, profiles and tickets.

use brain_store::quality::{self, ProfileRow, RulesRow, RunRow, TicketEventRow, TicketFilter, TicketRow};
use brain_store::{Error, PageRequest, Store};
use serde_json::json;

use crate::database::{TestDatabase, on_both_engines};

on_both_engines!(
    rules_are_added_and_two_changes_at_once_collide,
    checks_are_listed_newest_first_and_a_profile_takes_the_place_of_its_kind,
    a_dataset_has_one_ticket_per_rule_and_a_step_needs_the_revision_it_saw,
);

fn some_rules(store: &Store, version: i64) -> RulesRow {
    RulesRow {
        dataset: "raw.sale".to_owned(),
        version,
        body: format!("# {version}"),
        reason: "x".to_owned(),
        changed_by: "a".to_owned(),
        changed_at: store.now(),
    }
}

async fn rules_are_added_and_two_changes_at_once_collide(database: &TestDatabase) {
    let store = database.open().await;
    for version in 1..=2 {
        let transaction = store.transaction().await.unwrap();
        quality::insert_rules(&transaction, some_rules(&store, version)).await.unwrap();
        transaction.commit().await.unwrap();
    }
    let transaction = store.transaction().await.unwrap();
    let again = quality::insert_rules(&transaction, some_rules(&store, 2)).await;
    assert!(matches!(again, Err(Error::AlreadyExists(_))), "{again:?}");
    drop(transaction);
    assert_eq!(quality::rules(store.db(), "raw.sale").await.unwrap().unwrap().body, "# 2");
    assert_eq!(quality::rules(store.db(), "raw.other").await.unwrap(), None);
    assert_eq!(quality::rules_versions(store.db(), "raw.sale", 9).await.unwrap().len(), 2);
    store.close().await.unwrap();
}

async fn checks_are_listed_newest_first_and_a_profile_takes_the_place_of_its_kind(database: &TestDatabase) {
    let store = database.open().await;
    for version in 1..=3 {
        let transaction = store.transaction().await.unwrap();
        let run = RunRow {
            id: store.new_id(),
            dataset: "raw.sale".to_owned(),
            dataset_version: version,
            rules_version: 1,
            at: store.now(),
            seconds: 0.5,
            occasion: "person".to_owned(),
            actor: "a".to_owned(),
            rows: 10,
            score: (version > 1).then_some(99.5),
            rules: 2,
            failed: 1,
            report: json!({ "outcomes": [] }),
        };
        quality::insert_run(&transaction, run).await.unwrap();
        let profile = ProfileRow {
            dataset: "raw.sale".to_owned(),
            kind: "latest".to_owned(),
            dataset_version: version,
            at: store.now(),
            profile: json!({ "rows": version }),
        };
        quality::keep_profile(&transaction, profile).await.unwrap();
        transaction.commit().await.unwrap();
        database.clock.advance(chrono::TimeDelta::seconds(1));
    }
    let runs = quality::runs(store.db(), "raw.sale", 2).await.unwrap();
    assert_eq!(runs.iter().map(|run| run.dataset_version).collect::<Vec<_>>(), [3, 2]);
    let latest = quality::profile(store.db(), "raw.sale", "latest").await.unwrap().unwrap();
    assert_eq!((latest.dataset_version, latest.profile), (3, json!({ "rows": 3 })));
    assert_eq!(quality::profile(store.db(), "raw.sale", "baseline").await.unwrap(), None);
    for (first_kept, stays) in [(3, true), (4, false)] {
        let transaction = store.transaction().await.unwrap();
        quality::forget_profiles(&transaction, "raw.sale", first_kept).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(quality::profile(store.db(), "raw.sale", "latest").await.unwrap().is_some(), stays);
    }
    store.close().await.unwrap();
}

fn a_ticket(store: &Store, rule: &str) -> TicketRow {
    TicketRow {
        id: store.new_id(),
        dataset: "raw.sale".to_owned(),
        rule: rule.to_owned(),
        title_zh: "有值".to_owned(),
        title_en: "has a value".to_owned(),
        says_zh: String::new(),
        says_en: String::new(),
        severity: "error".to_owned(),
        state: "open".to_owned(),
        failing: true,
        owner: "统计局".to_owned(),
        assignee: None,
        failures: 1,
        revision: 1,
        run_id: "r".to_owned(),
        opened_at: store.now(),
        updated_at: store.now(),
        last_failed_at: store.now(),
        resolved_at: None,
    }
}

async fn a_dataset_has_one_ticket_per_rule_and_a_step_needs_the_revision_it_saw(database: &TestDatabase) {
    let store = database.open().await;
    let ticket = a_ticket(&store, "code");
    let transaction = store.transaction().await.unwrap();
    quality::insert_ticket(&transaction, ticket.clone()).await.unwrap();
    quality::insert_ticket(&transaction, a_ticket(&store, "name")).await.unwrap();
    for step in ["open", "note"] {
        let line = TicketEventRow {
            ticket: ticket.id.clone(),
            number: 0,
            at: store.now(),
            actor: "a".to_owned(),
            step: step.to_owned(),
            note: String::new(),
            detail: json!({}),
        };
        quality::add_ticket_event(&transaction, line).await.unwrap();
    }
    transaction.commit().await.unwrap();
    let transaction = store.transaction().await.unwrap();
    let twice = quality::insert_ticket(&transaction, a_ticket(&store, "code")).await;
    assert!(matches!(twice, Err(Error::AlreadyExists(_))), "{twice:?}");
    drop(transaction);

    let transaction = store.transaction().await.unwrap();
    let next = TicketRow { state: "resolved".to_owned(), revision: 2, ..ticket.clone() };
    quality::update_ticket(&transaction, next.clone(), 1).await.unwrap();
    let late = quality::update_ticket(&transaction, next, 1).await;
    assert!(matches!(late, Err(Error::Stale { .. })), "{late:?}");
    transaction.commit().await.unwrap();
    let lines = quality::ticket_events(store.db(), &ticket.id, 9).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(quality::unresolved(store.db(), "raw.sale").await.unwrap(), 1);
    let unresolved = TicketFilter { unresolved: true, ..TicketFilter::default() };
    let page = quality::tickets(store.db(), &unresolved, PageRequest::default()).await.unwrap();
    assert_eq!(page.items.iter().map(|row| row.rule.as_str()).collect::<Vec<_>>(), ["name"]);
    let nobody = TicketFilter { datasets: Some(Vec::new()), ..TicketFilter::default() };
    assert_eq!(quality::tickets(store.db(), &nobody, PageRequest::default()).await.unwrap().total, 0);
    store.close().await.unwrap();
}
