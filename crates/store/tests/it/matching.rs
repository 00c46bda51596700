//! Match sets, runs, pairs with leases and decisions, clusters with events, golden values.

use crate::database::{TestDatabase, on_both_engines};
use brain_store::matching::{
    self, ClusterFilter, ClusterRow, DecisionRow, EventRow, GoldenRow, MemberRow, PairFilter, PairRow,
    RUNNING, RunRow, SetRow,
};
use brain_store::{Error, PageRequest, Store};
use chrono::TimeDelta;
use serde_json::json;

on_both_engines!(
    a_set_needs_the_revision_that_was_seen_and_a_run_that_ended_stays_as_it_is,
    a_batch_belongs_to_one_reviewer_until_its_time_is_over,
    two_decisions_on_one_revision_collide_and_a_decided_pair_is_not_closed,
    records_move_between_clusters_and_events_stay,
    golden_values_end_but_stay_and_are_found_by_what_they_hold,
);

const SET: &str = "s";

fn a_set(store: &Store, name: &str) -> SetRow {
    SetRow {
        id: store.new_id(),
        name: name.to_owned(),
        plan: json!({ "preset": "firm" }),
        salt: "salt".to_owned(),
        revision: 1,
        changed_by: "a".to_owned(),
        created_at: store.now(),
        updated_at: store.now(),
    }
}

fn a_run(store: &Store) -> RunRow {
    RunRow {
        id: store.new_id(),
        set_id: SET.to_owned(),
        set_revision: 1,
        actor: "a".to_owned(),
        state: RUNNING.to_owned(),
        started_at: store.now(),
        ended_at: None,
        records: 0,
        compared: 0,
        automatic: 0,
        review: 0,
        kept: 0,
        asked_again: 0,
        clusters: 0,
        report: None,
        failure: None,
    }
}

fn a_pair(store: &Store, left: &str, right: &str, place: i64) -> PairRow {
    PairRow {
        id: store.new_id(),
        set_id: SET.to_owned(),
        run_id: "r".to_owned(),
        step: 0,
        left_dataset: "raw.a".to_owned(),
        left_key: left.to_owned(),
        right_dataset: "raw.b".to_owned(),
        right_key: right.to_owned(),
        probability: 0.7,
        weight: 1.2,
        evidence: json!({ "levels": [[0, 3.0]], "kin": 0.0 }),
        print: "p".to_owned(),
        state: "open".to_owned(),
        sample: false,
        changed: false,
        place,
        reviewer: None,
        lease_until: None,
        revision: 1,
        created_at: store.now(),
        updated_at: store.now(),
    }
}

async fn put_pairs(store: &Store, rows: Vec<PairRow>) {
    let transaction = store.transaction().await.unwrap();
    matching::insert_pairs(&transaction, rows).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn a_set_needs_the_revision_that_was_seen_and_a_run_that_ended_stays_as_it_is(database: &TestDatabase) {
    let store = database.open().await;
    let set = a_set(&store, "企业");
    let transaction = store.transaction().await.unwrap();
    matching::insert_set(&transaction, set.clone()).await.unwrap();
    transaction.commit().await.unwrap();
    let transaction = store.transaction().await.unwrap();
    let twice = matching::insert_set(&transaction, a_set(&store, "企业")).await;
    assert!(matches!(twice, Err(Error::AlreadyExists(_))), "{twice:?}");
    drop(transaction);
    let transaction = store.transaction().await.unwrap();
    let next = SetRow { revision: 2, ..set.clone() };
    matching::replace_set(&transaction, next.clone(), 1).await.unwrap();
    let late = matching::replace_set(&transaction, next.clone(), 1).await;
    assert!(matches!(late, Err(Error::Stale { .. })), "{late:?}");
    let run = a_run(&store);
    matching::insert_run(&transaction, run.clone()).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(matching::set_named(store.db(), "企业").await.unwrap(), Some(next));
    assert_eq!(matching::unfinished_runs(store.db()).await.unwrap(), [run.clone()]);

    let ended = RunRow { state: "succeeded".to_owned(), ended_at: Some(store.now()), ..run };
    let transaction = store.transaction().await.unwrap();
    matching::update_run(&transaction, ended.clone()).await.unwrap();
    let again = matching::update_run(&transaction, RunRow { records: 9, ..ended.clone() }).await;
    assert!(matches!(again, Err(Error::Stale { .. })), "{again:?}");
    transaction.commit().await.unwrap();
    assert_eq!(matching::newest_run(store.db(), SET).await.unwrap(), Some(ended.clone()));
    assert_eq!(matching::runs(store.db(), SET, PageRequest::default()).await.unwrap().items, [ended]);
    store.close().await.unwrap();
}

async fn take(store: &Store, account: &str, count: u64, minutes: i64) -> Vec<String> {
    let now = store.now();
    let free = matching::free_pairs(store.db(), SET, account, now, (0, count)).await.unwrap();
    let ids: Vec<String> = free.into_iter().map(|pair| pair.id).collect();
    let transaction = store.transaction().await.unwrap();
    let until = now + TimeDelta::minutes(minutes);
    matching::take(&transaction, (SET, account), &ids, (now, until)).await.unwrap();
    transaction.commit().await.unwrap();
    let taken = matching::taken(store.db(), SET, account, now, 100).await.unwrap();
    taken.into_iter().map(|pair| pair.left_key).collect()
}

async fn a_batch_belongs_to_one_reviewer_until_its_time_is_over(database: &TestDatabase) {
    let store = database.open().await;
    let places = [(30, "c"), (10, "a"), (20, "b"), (40, "d")];
    put_pairs(&store, places.iter().map(|(place, key)| a_pair(&store, key, "x", *place)).collect()).await;
    assert_eq!(take(&store, "ann", 2, 30).await, ["a", "b"]);
    assert_eq!(take(&store, "bob", 9, 30).await, ["c", "d"]);
    // Whoever was slower takes nothing of what is taken, even where he saw it free.
    let filter = PairFilter { set: SET.to_owned(), ..PairFilter::default() };
    let all = matching::pairs(store.db(), &filter, PageRequest::default()).await.unwrap();
    let ids: Vec<String> = all.items.into_iter().map(|pair| pair.id).collect();
    let transaction = store.transaction().await.unwrap();
    let now = store.now();
    assert_eq!(
        matching::take(&transaction, (SET, "eve"), &ids, (now, now + TimeDelta::hours(1))).await.unwrap(),
        0
    );
    transaction.commit().await.unwrap();

    database.clock.advance(TimeDelta::minutes(31));
    assert_eq!(take(&store, "eve", 9, 30).await, ["a", "b", "c", "d"]);
    let transaction = store.transaction().await.unwrap();
    assert_eq!(matching::release(&transaction, SET, "eve").await.unwrap(), 4);
    transaction.commit().await.unwrap();
    assert_eq!(take(&store, "bob", 1, 30).await, ["a"]);
    let mine = PairFilter {
        set: SET.to_owned(),
        reviewer: Some(("bob".to_owned(), store.now())),
        ..PairFilter::default()
    };
    assert_eq!(matching::count_pairs(store.db(), &mine).await.unwrap(), 1);
    store.close().await.unwrap();
}

fn a_decision(pair: &PairRow, verdict: &str, actor: &str, store: &Store) -> DecisionRow {
    DecisionRow {
        pair: pair.id.clone(),
        number: 0,
        verdict: verdict.to_owned(),
        reason: String::new(),
        actor: actor.to_owned(),
        at: store.now(),
        run_id: pair.run_id.clone(),
        probability: pair.probability,
        sample: false,
        print: pair.print.clone(),
    }
}

async fn two_decisions_on_one_revision_collide_and_a_decided_pair_is_not_closed(database: &TestDatabase) {
    let store = database.open().await;
    let (pair, other) = (a_pair(&store, "a%", "x", 1), a_pair(&store, "b", "y", 2));
    put_pairs(&store, vec![pair.clone(), other.clone()]).await;
    let transaction = store.transaction().await.unwrap();
    let twice = matching::insert_pairs(&transaction, vec![a_pair(&store, "b", "y", 3)]).await;
    assert!(matches!(twice, Err(Error::AlreadyExists(_))), "{twice:?}");
    drop(transaction);

    let transaction = store.transaction().await.unwrap();
    let same = PairRow { state: "same".to_owned(), revision: 2, ..pair.clone() };
    matching::replace_pair(&transaction, same.clone(), 1).await.unwrap();
    matching::add_decision(&transaction, a_decision(&pair, "same", "ann", &store)).await.unwrap();
    transaction.commit().await.unwrap();
    let transaction = store.transaction().await.unwrap();
    let late =
        matching::replace_pair(&transaction, PairRow { state: "different".to_owned(), ..same }, 1).await;
    assert!(matches!(late, Err(Error::Stale { .. })), "{late:?}");
    drop(transaction);
    let transaction = store.transaction().await.unwrap();
    matching::add_decision(&transaction, a_decision(&pair, "withdrawn", "bob", &store)).await.unwrap();
    matching::close_pairs(&transaction, &[pair.id.clone(), other.id.clone()], store.now()).await.unwrap();
    transaction.commit().await.unwrap();

    let decisions = matching::decisions(store.db(), std::slice::from_ref(&pair.id)).await.unwrap();
    let said: Vec<(i32, &str, &str)> =
        decisions.iter().map(|row| (row.number, row.verdict.as_str(), row.actor.as_str())).collect();
    assert_eq!(said, [(1, "same", "ann"), (2, "withdrawn", "bob")]);
    let state = |row: Option<PairRow>| row.map(|row| (row.state, row.revision));
    let stored = matching::pair(store.db(), &pair.id).await.unwrap();
    assert_eq!(state(stored), Some(("same".to_owned(), 2)), "what a person decided is not closed by a run");
    assert_eq!(state(matching::pair(store.db(), &other.id).await.unwrap()), Some(("closed".to_owned(), 2)));
    let verdicts = matching::verdicts(store.db(), SET).await.unwrap();
    assert_eq!(verdicts.len(), 1);

    // A wildcard in what is looked for is a character.
    let filter =
        |key: &str| PairFilter { set: SET.to_owned(), key: Some(key.to_owned()), ..PairFilter::default() };
    assert_eq!(matching::count_pairs(store.db(), &filter("a%")).await.unwrap(), 1);
    assert_eq!(matching::count_pairs(store.db(), &filter("%")).await.unwrap(), 0);
    assert_eq!(matching::count_pairs(store.db(), &filter("y")).await.unwrap(), 1);
    let between =
        PairFilter { set: SET.to_owned(), at_least: Some(0.6), at_most: Some(0.65), ..PairFilter::default() };
    assert_eq!(matching::count_pairs(store.db(), &between).await.unwrap(), 0);
    let known = matching::known_after(store.db(), SET, "", 1).await.unwrap();
    let rest = matching::known_after(store.db(), SET, &known[0].id, 9).await.unwrap();
    assert_eq!((known.len(), rest.len()), (1, 1));
    store.close().await.unwrap();
}

fn a_member(store: &Store, key: &str, cluster: &str) -> MemberRow {
    MemberRow {
        set_id: SET.to_owned(),
        dataset: "raw.a".to_owned(),
        record_key: key.to_owned(),
        cluster_id: cluster.to_owned(),
        since: store.now(),
    }
}

fn an_event(store: &Store, cluster: &str, kind: &str) -> EventRow {
    EventRow {
        id: store.new_id(),
        set_id: SET.to_owned(),
        cluster_id: cluster.to_owned(),
        kind: kind.to_owned(),
        detail: json!({}),
        cause: "run".to_owned(),
        cause_id: "r".to_owned(),
        actor: "a".to_owned(),
        at: store.now(),
    }
}

async fn records_move_between_clusters_and_events_stay(database: &TestDatabase) {
    let store = database.open().await;
    let cluster = |size: i64| ClusterRow {
        id: store.new_id(),
        set_id: SET.to_owned(),
        size,
        ended: false,
        created_at: store.now(),
        updated_at: store.now(),
    };
    let (first, second) = (cluster(2), cluster(2));
    let transaction = store.transaction().await.unwrap();
    matching::insert_clusters(&transaction, vec![first.clone(), second.clone()]).await.unwrap();
    let members = [("1", &first), ("2", &first), ("3", &second), ("4", &second)];
    let members = members.map(|(key, cluster)| a_member(&store, key, &cluster.id)).to_vec();
    matching::put_members(&transaction, members).await.unwrap();
    matching::insert_events(&transaction, vec![an_event(&store, &first.id, "form")]).await.unwrap();
    transaction.commit().await.unwrap();

    // The second is joined to the first.
    let transaction = store.transaction().await.unwrap();
    let moved = ["3", "4"].map(|key| a_member(&store, key, &first.id)).to_vec();
    matching::put_members(&transaction, moved).await.unwrap();
    matching::remove_members(&transaction, SET, &[("raw.a".to_owned(), "1".to_owned())]).await.unwrap();
    matching::resize_cluster(&transaction, &first.id, 3, store.now()).await.unwrap();
    matching::resize_cluster(&transaction, &second.id, 0, store.now()).await.unwrap();
    matching::insert_events(&transaction, vec![an_event(&store, &first.id, "join")]).await.unwrap();
    let unknown = matching::resize_cluster(&transaction, "none", 1, store.now()).await;
    assert!(matches!(unknown, Err(Error::NotFound { .. })), "{unknown:?}");
    transaction.commit().await.unwrap();

    let keys = |rows: Vec<MemberRow>| rows.into_iter().map(|row| row.record_key).collect::<Vec<_>>();
    let ids = [first.id.clone()];
    assert_eq!(keys(matching::members_of(store.db(), &ids, 9).await.unwrap()), ["2", "3", "4"]);
    assert_eq!(keys(matching::members_after(store.db(), SET, ("raw.a", "2"), 1).await.unwrap()), ["3"]);
    assert_eq!(keys(matching::members_after(store.db(), SET, ("", ""), 9).await.unwrap()).len(), 3);
    assert_eq!(matching::member(store.db(), SET, "raw.a", "1").await.unwrap(), None);
    let kinds: Vec<String> = matching::events(store.db(), &first.id, 9)
        .await
        .unwrap()
        .into_iter()
        .map(|event| event.kind)
        .collect();
    assert_eq!(kinds, ["join", "form"]);
    let mut filter = ClusterFilter { set: SET.to_owned(), ..ClusterFilter::default() };
    let page = |filter: ClusterFilter| {
        let db = store.db();
        async move { matching::clusters(db, &filter, PageRequest::default()).await.unwrap().total }
    };
    assert_eq!(page(filter.clone()).await, 1);
    filter.ended = true;
    assert_eq!(page(filter.clone()).await, 2);
    filter.text = Some("4".to_owned());
    assert_eq!(page(filter.clone()).await, 1);
    filter.at_least = Some(4);
    assert_eq!(page(filter).await, 0);
    store.close().await.unwrap();
}

async fn golden_values_end_but_stay_and_are_found_by_what_they_hold(database: &TestDatabase) {
    let store = database.open().await;
    let value = |cluster: &str, text: &str| GoldenRow {
        id: store.new_id(),
        set_id: SET.to_owned(),
        cluster_id: cluster.to_owned(),
        attribute: "name".to_owned(),
        value: Some(text.to_owned()),
        folded: Some(text.to_lowercase()),
        print: "p".to_owned(),
        dataset: "raw.a".to_owned(),
        record_key: "1".to_owned(),
        source_column: "name".to_owned(),
        as_of: None,
        chosen: true,
        chosen_by: Some("agreement".to_owned()),
        run_id: "r".to_owned(),
        from_at: store.now(),
        until_at: None,
    };
    let rows = vec![value("a", "恒达轴承"), value("b", "恒达"), value("c", "新恒达")];
    let first = rows[0].id.clone();
    let transaction = store.transaction().await.unwrap();
    matching::insert_golden(&transaction, rows).await.unwrap();
    transaction.commit().await.unwrap();
    let lookup = |text: &'static str| {
        let db = store.db();
        async move { matching::lookup(db, SET, text, 9).await.unwrap() }
    };
    assert_eq!(lookup("恒达").await, ["b", "a", "c"], "equal first, then what begins so, then what holds it");
    assert_eq!(lookup("%").await, Vec::<String>::new());

    let transaction = store.transaction().await.unwrap();
    matching::end_golden(&transaction, std::slice::from_ref(&first), store.now()).await.unwrap();
    matching::insert_golden(&transaction, vec![value("a", "恒达轴承集团")]).await.unwrap();
    transaction.commit().await.unwrap();
    let all = matching::golden(store.db(), "a", 9).await.unwrap();
    let ended: Vec<bool> = all.iter().map(|row| row.until_at.is_some()).collect();
    assert_eq!(ended, [false, true]);
    let now = matching::golden_now(store.db(), &["a".to_owned(), "b".to_owned()]).await.unwrap();
    assert_eq!(now.len(), 2);
    store.close().await.unwrap();
}
