//! What is recorded can be proved.

use brain_store::evidence::LeafFilter;
use brain_store::{PageRequest, setting};
use brain_trust::evidence::merkle::{verify_consistency, verify_inclusion};
use brain_trust::evidence::verifier::{HashAlgorithm, KeyKind, SignedCheckpoint};
use brain_trust::{EvidenceEntry, EvidenceOptions, Options, Settings, Trust};
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
async fn every_entry_is_proved_against_a_head_the_node_signed_with_both_algorithms() {
    let node = Node::start().await;
    record(&node, 6).await;
    let evidence = node.trust.evidence();
    let head = evidence.head().await.unwrap();
    let note = SignedCheckpoint::parse(&head.note).unwrap();
    let keys = evidence.log_keys();
    let kinds: Vec<KeyKind> = note.good(&keys).iter().map(|key| key.kind()).collect();
    assert_eq!(kinds, [KeyKind::Ed25519, KeyKind::Sm2]);
    for seq in 0..head.size {
        let proof = evidence.prove(seq).await.unwrap();
        assert_eq!(proof.head, head);
        assert!(verify_inclusion(head.hash, &proof.leaf, seq, head.size, &proof.path, &head.root));
    }
    assert_eq!(evidence.prove(head.size).await.unwrap_err().code(), "trust/not-found");
    assert_eq!(evidence.prove(u64::MAX).await.unwrap_err().code(), "trust/not-found");
    let forged = head.note.replacen(&format!("\n{}\n", head.size), &format!("\n{}\n", head.size + 1), 1);
    assert!(!SignedCheckpoint::parse(&forged).unwrap().is_signed_by(&keys));
}

#[tokio::test]
async fn a_log_made_with_sm3_is_one_of_sm3_for_good() {
    let node = Node::start_witnessed(EvidenceOptions {
        hash: Some(HashAlgorithm::Sm3),
        ..EvidenceOptions::default()
    })
    .await;
    record(&node, 300).await;
    let evidence = node.trust.evidence();
    let head = evidence.head().await.unwrap();
    assert_eq!(head.hash, HashAlgorithm::Sm3);
    assert!(head.note.contains("\nhash sm3\n"), "{}", head.note);
    let proof = evidence.prove(5).await.unwrap();
    assert!(verify_inclusion(HashAlgorithm::Sm3, &proof.leaf, 5, head.size, &proof.path, &head.root));
    assert!(!verify_inclusion(HashAlgorithm::Sha256, &proof.leaf, 5, head.size, &proof.path, &head.root));
    assert!(evidence.verify().await.unwrap().ok);
    let other = EvidenceOptions { hash: Some(HashAlgorithm::Sha256), ..EvidenceOptions::default() };
    let opened = Trust::open(
        node.store.clone(),
        &node.keys_dir(),
        node.clock.clone(),
        Settings { evidence: other, ..options().into() },
    )
    .await;
    assert_eq!(opened.err().unwrap().code(), "trust/evidence-hash-fixed");
}

#[tokio::test]
async fn one_thing_is_followed_through_every_act_page_by_page() {
    let node = Node::start().await;
    let evidence = node.trust.evidence();
    for number in 0..7_u64 {
        let act = |kind: &str, subject: &str, body| EvidenceEntry {
            kind: kind.to_owned(),
            actor: "a9".to_owned(),
            subject: subject.to_owned(),
            body,
        };
        let run =
            act("component.run", "chain.gap", json!({ "inputs": [{ "dataset": "subject.enterprise" }] }));
        evidence.record(run.about(format!("contract:c{}", number % 2))).await.unwrap();
        evidence.record(act("model.run", "subject.enterprise", json!({ "run": "r1" }))).await.unwrap();
    }
    let trace =
        async |about: &str, page, size| evidence.trace(about, PageRequest::new(page, size)).await.unwrap();
    assert_eq!(trace("dataset:subject.enterprise", 1, 50).await.total, 14);
    assert_eq!(trace("contract:c0", 1, 50).await.total, 4);
    assert_eq!(trace("account:a9", 1, 50).await.total, 14);
    assert_eq!(trace("run:r1", 1, 50).await.total, 7);
    assert_eq!(trace("organisation:91330100799655058B", 1, 50).await.total, 0);
    let (first, second) = (trace("account:a9", 1, 10).await, trace("account:a9", 2, 10).await);
    let seqs: Vec<u64> = first.items.iter().chain(&second.items).map(|entry| entry.seq).collect();
    assert!(seqs.len() == 14 && seqs.is_sorted(), "{seqs:?}");
    assert!(evidence.verify().await.unwrap().ok);
}

#[tokio::test]
async fn erasing_a_person_leaves_every_proof_and_takes_what_was_said() {
    let node = Node::start().await;
    let evidence = node.trust.evidence();
    let opened =
        |person: &str, ip: &str| entry(1).personal(person, "ip", ip).personal(person, "device", "phone");
    let seq = evidence.record(opened("account:p1", "10.1.2.3")).await.unwrap();
    let again = evidence.record(opened("account:p1", "10.1.2.3")).await.unwrap();
    let other = evidence.record(opened("account:p2", "10.1.2.3")).await.unwrap();
    let read = evidence.entry(seq).await.unwrap();
    assert_eq!(
        read.personal.iter().map(|value| value.value.as_str()).collect::<Vec<_>>(),
        ["phone", "10.1.2.3"]
    );
    assert!(!read.body.to_string().contains("10.1.2.3"), "the log holds digests: {}", read.body);
    let digest = async |seq| evidence.entry(seq).await.unwrap().body["personal"]["ip"]["hash"].clone();
    assert_ne!(digest(seq).await, digest(other).await, "equal values of two people look different");
    assert_ne!(digest(seq).await, digest(again).await, "and so do those of one person");
    assert_eq!(evidence.trace("account:p1", PageRequest::default()).await.unwrap().total, 2);
    assert!(evidence.verify().await.unwrap().ok);

    assert_eq!(evidence.erase("dpo", "account:p1", "PIPL 47").await.unwrap(), 4);
    assert!(evidence.entry(seq).await.unwrap().personal.is_empty());
    assert_eq!(evidence.entry(other).await.unwrap().personal.len(), 2);
    let head = evidence.head().await.unwrap();
    let proof = evidence.prove(seq).await.unwrap();
    assert!(verify_inclusion(head.hash, &proof.leaf, seq, head.size, &proof.path, &head.root));
    assert!(evidence.verify().await.unwrap().ok);
    assert_eq!(node.kinds().await.last().map(String::as_str), Some("evidence.erase"));
    assert_eq!(evidence.erase("dpo", "account:p1", "again").await.unwrap_err().code(), "trust/not-found");

    node.sql("UPDATE evidence_personal SET value = '10.9.9.9' WHERE field = 'ip'").await;
    let bad = evidence.verify().await.unwrap().first_bad.unwrap();
    assert_eq!((bad.seq, bad.problem), (other, brain_trust::evidence::Problem::BadPersonal));
}

#[tokio::test]
async fn entries_recorded_at_the_same_time_share_commits_and_a_bad_one_spoils_only_itself() {
    let node = Node::start().await;
    let evidence = node.trust.evidence();
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..50 {
        let evidence = evidence.clone();
        writers.spawn(async move {
            let mut entry = entry(number);
            if number == 25 {
                entry.actor.clear();
            }
            evidence.record(entry).await
        });
    }
    let (good, bad): (Vec<_>, Vec<_>) = writers.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!((good.len(), bad.len()), (49, 1));
    assert!(evidence.verify().await.unwrap().ok);
}

#[tokio::test]
async fn an_older_head_is_proved_to_be_the_beginning_of_a_newer_one() {
    let node = Node::start().await;
    let evidence = node.trust.evidence();
    let old = evidence.head().await.unwrap();
    record(&node, 9).await;
    let new = evidence.head().await.unwrap();
    let proof = evidence.consistency(old.size, new.size).await.unwrap();
    assert!(verify_consistency(new.hash, old.size, new.size, &proof.path, &old.root, &new.root));
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
    let trust = Trust::open(node.store.clone(), &node.keys_dir(), node.clock.clone(), options).await.unwrap();
    let size = trust.evidence().record(entry(1)).await.unwrap() + 1;
    loop {
        if trust.evidence().latest_head().await.unwrap().is_some_and(|head| head.size == size) {
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

#[tokio::test]
async fn a_busy_log_is_signed_before_the_next_tick() {
    let node = Node::start().await;
    let options = Options { head_interval_ms: 3_600_000, ..options() };
    let every = EvidenceOptions { sign_every: 20, ..EvidenceOptions::default() };
    let trust = Trust::open(
        node.store.clone(),
        &node.keys_dir(),
        node.clock.clone(),
        Settings { options, evidence: every, ..Settings::default() },
    )
    .await
    .unwrap();
    let evidence = trust.evidence();
    let newest = async || evidence.latest_head().await.unwrap().map_or(0, |head| head.size);
    let before = newest().await;
    let mut number = 0;
    while newest().await < before + 20 {
        assert!(number < 1_000, "nothing was signed but by the tick");
        evidence.record(entry(number)).await.unwrap();
        number += 1;
    }
}

#[tokio::test]
async fn entries_of_an_older_version_are_followed_too_and_its_heads_still_count() {
    let node = Node::start().await;
    record(&node, 3).await;
    node.sql("DELETE FROM evidence_reference").await;
    node.sql("DELETE FROM setting WHERE key = 'evidence.referenced'").await;
    let node = node.restart().await;
    assert_eq!(node.trust.evidence().trace("account:a1", PageRequest::default()).await.unwrap().total, 3);
    assert!(node.trust.evidence().verify().await.unwrap().ok);
    // A head as version 0.1 wrote it, but signed by nobody we know.
    node.sql("INSERT INTO evidence_head VALUES (2, '00', '2026-01-01T00:00:00+00:00', 'k', '00')").await;
    assert!(
        node.trust.evidence().verify().await.is_err() || !node.trust.evidence().verify().await.unwrap().ok
    );
}
