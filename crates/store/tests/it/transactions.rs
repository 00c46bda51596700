//! All or nothing, and many writers at once.

use brain_store::evidence::checkpoint::{self, CheckpointRow, CosignatureRow};
use brain_store::evidence::personal::{self, PersonalRow, SaltRow};
use brain_store::evidence::reference::{self, ReferenceRow};
use brain_store::evidence::{self, FrontierRow, LeafFilter, LeafRow};
use brain_store::{PageRequest, Store, setting};

use crate::database::{TestDatabase, on_both_engines};

on_both_engines!(
    a_dropped_transaction_leaves_nothing,
    writers_at_the_same_time_all_get_through_in_one_order,
    leaves_and_heads_read_back_in_order,
);

fn a_leaf(store: &Store, seq: i64, kind: &str) -> LeafRow {
    LeafRow {
        seq,
        recorded_at: store.now(),
        kind: kind.to_owned(),
        actor: "a1".to_owned(),
        subject: "s1".to_owned(),
        body: "{}".to_owned(),
        leaf_hash: vec![7; 32],
    }
}

async fn a_dropped_transaction_leaves_nothing(database: &TestDatabase) {
    let store = database.open().await;
    let transaction = store.transaction().await.unwrap();
    setting::set(&transaction, "k", &1, store.now()).await.unwrap();
    assert_eq!(setting::get::<i32>(&transaction, "k").await.unwrap(), Some(1));
    drop(transaction);
    let transaction = store.transaction().await.unwrap();
    assert_eq!(setting::get::<i32>(&transaction, "k").await.unwrap(), None);
    transaction.commit().await.unwrap();
    store.close().await.unwrap();
}

async fn writers_at_the_same_time_all_get_through_in_one_order(database: &TestDatabase) {
    let store = database.open().await;
    let append = async || {
        let transaction = store.transaction().await.unwrap();
        let edge = evidence::lock_frontier(&transaction).await.unwrap();
        let leaf = a_leaf(&store, edge.size, "k.x");
        let moved = FrontierRow { size: edge.size + 1, peaks: edge.peaks };
        evidence::append(&transaction, vec![leaf], moved).await.unwrap();
        transaction.commit().await.unwrap();
        edge.size
    };
    let mut positions = Vec::new();
    for _ in 0..4 {
        let five: [i64; 5] = tokio::join!(append(), append(), append(), append(), append()).into();
        positions.extend(five);
    }
    positions.sort_unstable();
    assert_eq!(positions, (0..20).collect::<Vec<_>>());
    assert_eq!(evidence::frontier(store.db()).await.unwrap().size, 20);
    store.close().await.unwrap();
}

async fn leaves_and_heads_read_back_in_order(database: &TestDatabase) {
    let store = database.open().await;
    let transaction = store.transaction().await.unwrap();
    evidence::lock_frontier(&transaction).await.unwrap();
    let leaves = ["session.open", "session.close", "grant.issue"];
    let leaves = leaves.iter().zip(0..).map(|(kind, seq)| a_leaf(&store, seq, kind)).collect();
    evidence::append(&transaction, leaves, FrontierRow { size: 3, peaks: vec![1; 64] }).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(evidence::frontier(store.db()).await.unwrap(), FrontierRow { size: 3, peaks: vec![1; 64] });
    assert_eq!(evidence::leaf(store.db(), 2).await.unwrap(), Some(a_leaf(&store, 2, "grant.issue")));
    assert_eq!(evidence::leaves_from(store.db(), 1, 1).await.unwrap(), [a_leaf(&store, 1, "session.close")]);
    let family = LeafFilter { kind: Some("session.".to_owned()), ..LeafFilter::default() };
    assert_eq!(evidence::list(store.db(), &family, PageRequest::default()).await.unwrap().total, 2);
    let nobody = LeafFilter { actor: Some("a2".to_owned()), ..LeafFilter::default() };
    assert_eq!(evidence::list(store.db(), &nobody, PageRequest::default()).await.unwrap().total, 0);
    let head = |size, root: &str| CheckpointRow {
        size,
        root: root.to_owned(),
        note: "n".to_owned(),
        signed_at: store.now(),
    };
    for one in [head(1, "r1"), head(3, "r3"), head(3, "changed")] {
        checkpoint::insert_checkpoint(store.db(), one).await.unwrap();
    }
    assert_eq!(checkpoint::latest_checkpoint(store.db()).await.unwrap(), Some(head(3, "r3")));
    assert_eq!(checkpoint::checkpoints_from(store.db(), 2, 10).await.unwrap(), [head(3, "r3")]);
    let cosigned = |size, lines: &str| CosignatureRow {
        size,
        witness: "centre".to_owned(),
        lines: lines.to_owned(),
        received_at: store.now(),
    };
    for one in [cosigned(1, "a"), cosigned(3, "b"), cosigned(3, "c")] {
        checkpoint::put_cosignature(store.db(), one).await.unwrap();
    }
    let latest = checkpoint::latest_cosignature(store.db(), "centre").await.unwrap();
    assert_eq!(latest, Some(cosigned(3, "c")), "a later answer replaces the earlier one");
    what_entries_are_about(&store).await;
    store.close().await.unwrap();
}

async fn what_entries_are_about(store: &Store) {
    let transaction = store.transaction().await.unwrap();
    let about = |reference: &str, seq| ReferenceRow { reference: reference.to_owned(), seq };
    let rows =
        vec![about("account:a1", 0), about("account:a1", 2), about("dataset:x", 2), about("account:a1", 2)];
    reference::add(&transaction, rows).await.unwrap();
    let salt = SaltRow { subject: "account:a1".to_owned(), salt: vec![1; 32], created_at: store.now() };
    assert_eq!(personal::salt(&transaction, salt.clone()).await.unwrap(), salt);
    let other = SaltRow { salt: vec![2; 32], ..salt.clone() };
    assert_eq!(personal::salt(&transaction, other).await.unwrap(), salt, "the first salt stays");
    let value = PersonalRow {
        seq: 2,
        field: "ip".to_owned(),
        subject: "account:a1".to_owned(),
        value: "10.0.0.1".to_owned(),
    };
    personal::add(&transaction, vec![value.clone()]).await.unwrap();
    transaction.commit().await.unwrap();
    let found = reference::entries(store.db(), "account:a1", PageRequest::new(1, 1)).await.unwrap();
    assert_eq!((found.total, found.items.first().map(|leaf| leaf.seq)), (2, Some(0)));
    assert_eq!(reference::between(store.db(), 1, 3).await.unwrap().len(), 2);
    assert_eq!(personal::of_entries(store.db(), vec![0, 2]).await.unwrap(), [value]);
    let transaction = store.transaction().await.unwrap();
    assert_eq!(personal::erase(&transaction, "account:a1").await.unwrap(), Some(1));
    assert_eq!(personal::erase(&transaction, "account:a1").await.unwrap(), None);
    transaction.commit().await.unwrap();
    assert!(personal::salts(store.db(), vec!["account:a1".to_owned()]).await.unwrap().is_empty());
}
