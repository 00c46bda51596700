//! Audit records are append-only for everyone, by the database itself, on both engines.

use brain_store::audit::{self, BatchRow, DatasetRow, ExpiryRow, RecordFilter, RecordRow};
use brain_store::{PageRequest, Store};
use chrono::TimeDelta;
use sea_orm::ConnectionTrait;

use crate::database::{TestDatabase, on_both_engines};

on_both_engines!(
    records_are_listed_one_line_an_access_and_found_by_dataset,
    nobody_changes_or_removes_a_record_by_any_statement,
    what_is_anchored_takes_no_more_records,
    only_a_whole_batch_past_the_laws_time_can_go,
);

fn a_record(store: &Store, seq: i64, access: &str, phase: &str) -> RecordRow {
    RecordRow {
        seq,
        access: access.to_owned(),
        phase: phase.to_owned(),
        recorded_at: store.now(),
        account: "a1".to_owned(),
        role: "government".to_owned(),
        organisation: None,
        credential: None,
        address: Some("10.0.0.1".to_owned()),
        channel: "portal".to_owned(),
        action: "read".to_owned(),
        operation: "sql".to_owned(),
        purpose: "sql".to_owned(),
        statement: Some("SELECT '查询'".to_owned()),
        inputs: "[]".to_owned(),
        rows: (phase != "open").then_some(5),
        bytes: None,
        outcome: if phase == "open" { "opened" } else { "completed" }.to_owned(),
        reason: None,
        trace_id: None,
        exchange: false,
        digest: vec![7; 32],
    }
}

/// Four records of three accesses; the last has not ended. A batch anchors the first three.
async fn filled(database: &TestDatabase, exchange: bool) -> Store {
    let store = database.open().await;
    let transaction = store.transaction().await.unwrap();
    let records = vec![
        a_record(&store, 0, "x", "open"),
        a_record(&store, 1, "x", "close"),
        a_record(&store, 2, "y", "whole"),
        a_record(&store, 3, "z", "open"),
    ];
    let named = |seq: i64| DatasetRow { dataset: "raw.a".to_owned(), seq };
    audit::append(&transaction, records, vec![named(0), named(1), named(3)]).await.unwrap();
    let batch = BatchRow {
        number: 0,
        first_seq: 0,
        last_seq: 2,
        first_at: store.now(),
        last_at: store.now(),
        exchange,
        root: "00".to_owned(),
        evidence_seq: 0,
    };
    audit::insert_batch(&transaction, batch).await.unwrap();
    transaction.commit().await.unwrap();
    store
}

async fn records_are_listed_one_line_an_access_and_found_by_dataset(database: &TestDatabase) {
    let store = filled(database, false).await;
    let listed = async |filter: RecordFilter| {
        let found = audit::list(store.db(), &filter, PageRequest::default()).await.unwrap();
        assert_eq!(found.total, found.items.len() as u64);
        found.items.iter().map(|row| row.seq).collect::<Vec<_>>()
    };
    assert_eq!(listed(RecordFilter::default()).await, [3, 2, 1]);
    let of = |dataset: &str| RecordFilter { dataset: Some(dataset.to_owned()), ..RecordFilter::default() };
    assert_eq!(listed(of("raw.a")).await, [3, 1]);
    assert_eq!(listed(of("raw.b")).await, Vec::<i64>::new());
    let opened = RecordFilter { outcome: Some("opened".to_owned()), ..RecordFilter::default() };
    assert_eq!(listed(opened).await, [3]);
    let later = RecordFilter { from: Some(store.now() + TimeDelta::seconds(1)), ..RecordFilter::default() };
    assert_eq!(listed(later).await, Vec::<i64>::new());
    let after = audit::list_after(store.db(), &RecordFilter::default(), 1, 10).await.unwrap();
    assert_eq!(after.iter().map(|row| row.seq).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(audit::next_seq(store.db()).await.unwrap(), 4);
    assert_eq!(audit::of_access(store.db(), "x").await.unwrap().len(), 2);
    store.close().await.unwrap();
}

async fn nobody_changes_or_removes_a_record_by_any_statement(database: &TestDatabase) {
    let store = filled(database, false).await;
    let mut statements = vec![
        "UPDATE audit_record SET rows = 0 WHERE seq = 1".to_owned(),
        "UPDATE audit_record SET digest = digest".to_owned(),
        "UPDATE audit_dataset SET dataset = 'raw.b'".to_owned(),
        "UPDATE audit_batch SET root = 'ff'".to_owned(),
        "DELETE FROM audit_record".to_owned(),
        "DELETE FROM audit_record WHERE seq = 3".to_owned(),
        "DELETE FROM audit_dataset WHERE seq = 1".to_owned(),
        "DELETE FROM audit_batch".to_owned(),
    ];
    statements.extend(match store.engine() {
        brain_store::Engine::Sqlite => vec![
            "INSERT OR REPLACE INTO audit_record SELECT * FROM audit_record WHERE seq = 3".to_owned(),
            "REPLACE INTO audit_batch SELECT * FROM audit_batch".to_owned(),
        ],
        brain_store::Engine::Postgres => vec![
            "TRUNCATE audit_record".to_owned(),
            "TRUNCATE audit_batch CASCADE".to_owned(),
            "INSERT INTO audit_record SELECT * FROM audit_record WHERE seq = 3 \
             ON CONFLICT (seq) DO UPDATE SET rows = 0"
                .to_owned(),
        ],
    });
    for statement in statements {
        let refused = store.db().execute_unprepared(&statement).await;
        let said = refused.expect_err(&statement).to_string();
        assert!(said.contains("append-only"), "{statement}: {said}");
    }
    assert_eq!(audit::count(store.db()).await.unwrap(), 4);
    store.close().await.unwrap();
}

async fn what_is_anchored_takes_no_more_records(database: &TestDatabase) {
    let store = filled(database, false).await;
    for seq in [-1, 2] {
        let transaction = store.transaction().await.unwrap();
        let smuggled = audit::append(&transaction, vec![a_record(&store, seq, "new", "whole")], vec![]).await;
        let said = smuggled.unwrap_err().to_string();
        assert!(said.contains("append-only") || said.contains("already exists"), "{said}");
        transaction.rollback().await.unwrap();
    }
    store.close().await.unwrap();
}

async fn only_a_whole_batch_past_the_laws_time_can_go(database: &TestDatabase) {
    for (exchange, days) in [(false, 180), (true, 1_095)] {
        let other = match database.file() {
            Some(_) => TestDatabase::sqlite(),
            None => TestDatabase::postgres().await.unwrap(),
        };
        let store = filled(&other, exchange).await;
        let expiry = |last_seq: i64| ExpiryRow { number: 0, first_seq: 0, last_seq, expired_at: store.now() };
        let attempt = async |row: ExpiryRow| {
            let transaction = store.transaction().await.unwrap();
            let gone = audit::expire(&transaction, row).await;
            match gone {
                Ok(gone) => transaction.commit().await.map(|()| gone),
                Err(error) => Err(error),
            }
        };
        other.clock.advance(TimeDelta::days(days) - TimeDelta::seconds(1));
        let early = attempt(expiry(2)).await.unwrap_err().to_string();
        assert!(early.contains("as long as the law says"), "{early}");
        other.clock.advance(TimeDelta::seconds(1));
        assert!(attempt(expiry(1)).await.is_err(), "a part of a batch does not go");
        assert_eq!(attempt(expiry(2)).await.unwrap(), 3);
        let left = audit::records_from(store.db(), i64::MIN, 10).await.unwrap();
        assert_eq!(left.iter().map(|row| row.seq).collect::<Vec<_>>(), [3]);
        assert_eq!(audit::expiries(store.db()).await.unwrap().len(), 1);
        assert_eq!(audit::batches_before(store.db(), store.now(), 10).await.unwrap(), []);
        let kept = store.db().execute_unprepared("DELETE FROM audit_record WHERE seq = 3").await;
        assert!(kept.is_err(), "what has not expired stays");
        store.close().await.unwrap();
        other.drop_database().await;
    }
}
