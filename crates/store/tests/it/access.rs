//! Requests, delegations, rule versions and use counters are remembered as they were told.

use brain_store::access_request::{self, AccessRequestFilter, AccessRequestRow};
use brain_store::delegation::{self, DelegationRow};
use brain_store::rule_version::{self, RuleVersionRow};
use brain_store::{PageRequest, Store, use_counter};
use chrono::TimeDelta;
use serde_json::json;

use crate::database::{TestDatabase, on_both_engines};

on_both_engines!(
    a_request_changes_only_from_the_revision_that_was_read,
    what_is_overdue_is_undecided_or_run_out,
    a_rule_has_one_version_in_force_and_one_decision,
    delegations_hold_for_their_time_and_counters_add_up,
);

fn request(store: &Store, requester: &str, owner: &str) -> AccessRequestRow {
    AccessRequestRow {
        id: store.new_id(),
        requester: requester.to_owned(),
        dataset: "raw.sale".to_owned(),
        owner: owner.to_owned(),
        purpose: "analysis".to_owned(),
        reason: "核对".to_owned(),
        columns: json!(["amount"]),
        rows: json!({ "all": [] }),
        valid_until: store.now() + TimeDelta::days(30),
        agreement: None,
        required_forms: json!([]),
        forms: json!({}),
        state: "pending".to_owned(),
        revision: 1,
        decide_by: store.now() + TimeDelta::days(7),
        created_at: store.now(),
        updated_at: store.now(),
        decided_by: None,
        decided_at: None,
        note: None,
        grant_id: None,
    }
}

async fn a_request_changes_only_from_the_revision_that_was_read(database: &TestDatabase) {
    let store = database.open().await;
    let (one, two) = (request(&store, "a", "913"), request(&store, "b", "node"));
    access_request::insert(store.db(), one.clone()).await.unwrap();
    access_request::insert(store.db(), two.clone()).await.unwrap();
    let changed = AccessRequestRow {
        state: "granted".to_owned(),
        revision: 2,
        grant_id: Some("g1".to_owned()),
        ..one.clone()
    };
    access_request::update(store.db(), changed.clone(), 1).await.unwrap();
    let late = AccessRequestRow { state: "rejected".to_owned(), ..changed.clone() };
    assert_eq!(access_request::update(store.db(), late, 1).await.unwrap_err().code(), "store/stale");
    assert_eq!(access_request::find(store.db(), &one.id).await.unwrap(), Some(changed.clone()));
    assert_eq!(access_request::of_grant(store.db(), "g1").await.unwrap(), Some(changed.clone()));
    let listed = async |filter: AccessRequestFilter| {
        let page = access_request::list(store.db(), &filter, PageRequest::default()).await.unwrap();
        page.items.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(AccessRequestFilter::default()).await, [two.id.clone(), one.id.clone()]);
    let mine = AccessRequestFilter { requester: Some("a".to_owned()), ..AccessRequestFilter::default() };
    assert_eq!(listed(mine).await, std::slice::from_ref(&one.id));
    let inbox = AccessRequestFilter {
        owners: Some(vec!["node".to_owned()]),
        not_requester: Some("a".to_owned()),
        state: Some("pending".to_owned()),
        ..AccessRequestFilter::default()
    };
    assert_eq!(listed(inbox).await, [two.id]);
    let nobody = AccessRequestFilter { owners: Some(Vec::new()), ..AccessRequestFilter::default() };
    assert!(listed(nobody).await.is_empty());
    store.close().await.unwrap();
}

async fn what_is_overdue_is_undecided_or_run_out(database: &TestDatabase) {
    let store = database.open().await;
    let pending = request(&store, "a", "node");
    let granted = AccessRequestRow { state: "granted".to_owned(), ..request(&store, "a", "node") };
    let rejected = AccessRequestRow { state: "rejected".to_owned(), ..request(&store, "a", "node") };
    for row in [&pending, &granted, &rejected] {
        access_request::insert(store.db(), row.clone()).await.unwrap();
    }
    let at = async |days: i64| {
        let now = store.now() + TimeDelta::days(days);
        let rows = access_request::overdue(store.db(), now, 10).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert!(at(7).await.is_empty());
    assert_eq!(at(8).await, std::slice::from_ref(&pending.id));
    assert_eq!(at(31).await, [pending.id, granted.id]);
    store.close().await.unwrap();
}

async fn a_rule_has_one_version_in_force_and_one_decision(database: &TestDatabase) {
    let store = database.open().await;
    let version = |number: i64, state: &str| RuleVersionRow {
        id: store.new_id(),
        kind: "policy".to_owned(),
        subject: "p1".to_owned(),
        version: number,
        body: json!({ "text": "permit(principal, action, resource);" }),
        level: "important".to_owned(),
        state: state.to_owned(),
        proposed_by: "s1".to_owned(),
        proposed_at: store.now(),
        decided_by: None,
        decided_at: None,
    };
    let (first, second) = (version(1, "active"), version(2, "proposed"));
    rule_version::insert(store.db(), first.clone()).await.unwrap();
    rule_version::insert(store.db(), second.clone()).await.unwrap();
    let twice = rule_version::insert(store.db(), version(2, "proposed")).await.unwrap_err();
    assert_eq!(twice.code(), "store/already-exists");
    assert_eq!(rule_version::versions(store.db(), "policy", "p1").await.unwrap(), 2);
    assert_eq!(rule_version::active(store.db()).await.unwrap(), [first]);
    rule_version::supersede(store.db(), "policy", "p1").await.unwrap();
    rule_version::decide(store.db(), &second.id, "active", "s2", store.now()).await.unwrap();
    let again = rule_version::decide(store.db(), &second.id, "refused", "s3", store.now()).await;
    assert_eq!(again.unwrap_err().code(), "store/stale");
    let active = rule_version::active(store.db()).await.unwrap();
    assert_eq!(active.iter().map(|row| row.version).collect::<Vec<_>>(), [2]);
    assert_eq!(rule_version::find(store.db(), &second.id).await.unwrap(), active.first().cloned());
    let proposed = rule_version::list(store.db(), "policy", Some("proposed"), PageRequest::default()).await;
    assert_eq!(proposed.unwrap().total, 0);
    store.close().await.unwrap();
}

async fn delegations_hold_for_their_time_and_counters_add_up(database: &TestDatabase) {
    let store = database.open().await;
    let row = DelegationRow {
        id: store.new_id(),
        owner: "913".to_owned(),
        delegate: "b".to_owned(),
        given_by: "a".to_owned(),
        given_at: store.now(),
        valid_until: store.now() + TimeDelta::days(1),
        revoked_at: None,
    };
    delegation::insert(store.db(), row.clone()).await.unwrap();
    let held = async |days: i64| {
        delegation::held_by(store.db(), "b", store.now() + TimeDelta::days(days)).await.unwrap().len()
    };
    assert_eq!((held(1).await, held(2).await), (1, 0));
    assert_eq!(delegation::list(store.db(), Some("914"), PageRequest::default()).await.unwrap().total, 0);
    delegation::revoke(store.db(), &row.id, store.now()).await.unwrap();
    assert_eq!(held(0).await, 0);
    let again = delegation::revoke(store.db(), &row.id, store.now()).await.unwrap_err();
    assert_eq!(again.code(), "store/not-found");
    assert!(delegation::find(store.db(), &row.id).await.unwrap().unwrap().revoked_at.is_some());
    let later = store.now() + TimeDelta::seconds(5);
    use_counter::add(store.db(), "grant", "g", 2, store.now()).await.unwrap();
    use_counter::add(store.db(), "grant", "g", 3, later).await.unwrap();
    use_counter::add(store.db(), "policy", "g", 1, later).await.unwrap();
    let mut counters = use_counter::all(store.db()).await.unwrap();
    counters.sort_by(|a, b| a.kind.cmp(&b.kind));
    assert_eq!(
        counters.iter().map(|row| (row.hits, row.last_at)).collect::<Vec<_>>(),
        [(5, later), (1, later)]
    );
    store.close().await.unwrap();
}
