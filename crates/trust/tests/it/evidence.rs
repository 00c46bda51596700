//! What is recorded can be proved.

use brain_store::evidence::LeafFilter;
use brain_store::{PageRequest, setting};
use brain_trust::evidence::merkle::{verify_consistency, verify_inclusion};
use brain_trust::{EvidenceEntry, Options, Trust};
use serde_json::json;

use crate::node::{Node, options};

pub(crate) fn entry(number: u64) -> EvidenceEntry {
    EvidenceEntry {
        kind: "test.note".to_owned(),
        actor: "a1".to_owned(),
        subject: format!("s{}", number % 3),
        body: json!({ "number": number, "文字": "证据" }),
    }
}

pub(crate) async fn record(node: &Node, count: u64) {
    for number in 0..count {
        node.trust.evidence().record(entry(number)).await.unwrap();
    }
}

#[tokio::test]
async fn every_entry_is_proved_against_a_head_the_node_signed() {
    let node = Node::start().await;
    record(&node, 6).await;
    let evidence = node.trust.evidence();
    let head = evidence.head().await.unwrap();
    assert!(head.is_signed_by(&evidence.public_keys().await.unwrap()[&head.key_id]));
    for seq in 0..head.size {
        let proof = evidence.prove(seq).await.unwrap();
        assert_eq!(proof.head, head);
        assert!(verify_inclusion(&proof.leaf, seq, head.size, &proof.path, &head.root));
    }
    assert_eq!(evidence.prove(head.size).await.unwrap_err().code(), "trust/not-found");
    let forged = brain_trust::SignedHead { size: head.size + 1, ..head.clone() };
    assert!(!forged.is_signed_by(&evidence.public_keys().await.unwrap()[&head.key_id]));
}

#[tokio::test]
async fn an_older_head_is_proved_to_be_the_beginning_of_a_newer_one() {
    let node = Node::start().await;
    let evidence = node.trust.evidence();
    let old = evidence.head().await.unwrap();
    record(&node, 9).await;
    let new = evidence.head().await.unwrap();
    let proof = evidence.consistency(old.size, new.size).await.unwrap();
    assert!(verify_consistency(old.size, new.size, &proof.path, &old.root, &new.root));
    assert_eq!((proof.old_root, proof.new_root), (old.root, new.root));
    assert_eq!(evidence.consistency(3, new.size + 1).await.unwrap_err().code(), "trust/invalid-argument");
}

#[tokio::test]
async fn an_entry_and_its_act_happen_together_or_not_at_all() {
    let node = Node::start().await;
    let before = node.trust.evidence().head().await.unwrap();
    let transaction = node.store.transaction().await.unwrap();
    setting::set(&transaction, "act", &true, node.store.now()).await.unwrap();
    node.trust.evidence().record_in(&transaction, entry(1)).await.unwrap();
    drop(transaction);
    assert_eq!(node.trust.evidence().head().await.unwrap(), before);
    assert_eq!(setting::get::<bool>(node.store.db(), "act").await.unwrap(), None);
    let seq = node.trust.evidence().record(entry(2)).await.unwrap();
    assert_eq!(seq, before.size, "the undone entry left no gap");
    assert!(node.trust.evidence().verify().await.unwrap().ok);
}

async fn many_at_once(node: &Node) {
    let before = node.trust.evidence().head().await.unwrap().size;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8_u64 {
        let evidence = node.trust.evidence();
        writers.spawn(async move {
            let mut positions = Vec::new();
            for number in 0..10 {
                positions.push(evidence.record(entry(writer * 10 + number)).await.unwrap());
            }
            positions
        });
    }
    let mut positions: Vec<u64> = writers.join_all().await.into_iter().flatten().collect();
    positions.sort_unstable();
    assert_eq!(positions, (before..before + 80).collect::<Vec<_>>());
    let found = node.trust.evidence().verify().await.unwrap();
    assert!(found.ok, "{found:?}");
    assert_eq!(found.entries, before + 80);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_at_the_same_time_leave_one_unbroken_log() {
    many_at_once(&Node::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_at_the_same_time_leave_one_unbroken_log_on_postgres() {
    if let Some((node, drop_database)) = Node::start_on_postgres().await {
        many_at_once(&node).await;
        assert_eq!(node.kinds().await.len(), 80);
        let Node { trust, store, .. } = node;
        drop(trust);
        store.close().await.unwrap();
        drop_database().await;
    }
}

#[tokio::test]
async fn the_log_goes_on_after_a_restart_with_the_same_key() {
    let node = Node::start().await;
    record(&node, 3).await;
    let before = node.trust.evidence().head().await.unwrap();
    let node = node.restart().await;
    assert_eq!(node.trust.evidence().head().await.unwrap(), before);
    record(&node, 2).await;
    node.trust.close().await.unwrap();
    let found = node.trust.evidence().verify().await.unwrap();
    assert!(found.ok, "{found:?}");
    assert_eq!((found.entries, found.heads), (before.size + 2, 2));
}

#[tokio::test]
async fn a_grown_log_is_signed_without_being_asked() {
    let node = Node::start().await;
    let options = Options { head_interval_ms: 5, ..options() };
    let trust =
        Trust::open_with(node.store.clone(), &node.keys_dir(), node.clock.clone(), options).await.unwrap();
    let size = trust.evidence().record(entry(1)).await.unwrap() + 1;
    loop {
        let newest = brain_store::evidence::latest_head(node.store.db()).await.unwrap();
        if newest.is_some_and(|head| head.size as u64 == size) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn entries_are_found_by_kind_family_actor_and_subject() {
    let node = Node::start().await;
    record(&node, 7).await;
    let total = async |filter: LeafFilter| {
        node.trust.evidence().entries(&filter, PageRequest::default()).await.unwrap().total
    };
    assert_eq!(total(LeafFilter { kind: Some("test.".to_owned()), ..LeafFilter::default() }).await, 7);
    assert_eq!(total(LeafFilter { subject: Some("s0".to_owned()), ..LeafFilter::default() }).await, 3);
    assert_eq!(total(LeafFilter { actor: Some("nobody".to_owned()), ..LeafFilter::default() }).await, 0);
    let seq = node.trust.evidence().record(entry(5)).await.unwrap();
    let read = node.trust.evidence().entry(seq).await.unwrap();
    assert_eq!((read.body, read.subject.as_str()), (json!({ "number": 5, "文字": "证据" }), "s2"));
}
