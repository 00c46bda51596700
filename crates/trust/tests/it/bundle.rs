//! A proof bundle is checked by somebody who has nothing but the bundle and the keys.

use brain_trust::evidence::BundleRequest;
use brain_trust::evidence::verifier::{Bundle, Problem, SignedCheckpoint, Trusted};
use serde_json::json;

use crate::evidence::{entry, record};
use crate::node::Node;

async fn a_bundle() -> (Node, Bundle, Trusted) {
    let node = Node::start().await;
    let evidence = node.trust.evidence();
    evidence.head().await.unwrap();
    record(&node, 7).await;
    evidence.record(entry(0).personal("account:p1", "ip", "10.0.0.9")).await.unwrap();
    let request = BundleRequest { about: Some("test:s0".to_owned()), ..BundleRequest::default() };
    let bundle = evidence.bundle(&request).await.unwrap();
    let trusted = Trusted { keys: evidence.log_keys(), ..Trusted::default() };
    let report = bundle.check(&trusted);
    assert!(report.ok, "{report:?}");
    assert_eq!(report.entries, 4);
    assert!(report.earlier.is_some() && !report.keys_unverified && report.log_keys.len() == 2);
    (node, bundle, trusted)
}

fn problems(bundle: &Bundle, trusted: &Trusted) -> Vec<Problem> {
    bundle.check(trusted).findings.into_iter().map(|finding| finding.problem).collect()
}

#[tokio::test]
async fn a_bundle_survives_the_journey_as_json_and_says_whose_word_its_keys_are() {
    let (_node, bundle, trusted) = a_bundle().await;
    let again: Bundle = serde_json::from_str(&serde_json::to_string(&bundle).unwrap()).unwrap();
    assert_eq!(again, bundle);
    assert!(again.check(&trusted).ok);
    let unaware = again.check(&Trusted::default());
    assert!(unaware.ok && unaware.keys_unverified);
}

#[tokio::test]
async fn whatever_is_changed_in_a_bundle_is_found() {
    let (_node, bundle, trusted) = a_bundle().await;
    let mut altered = bundle.clone();
    altered.entries[1].leaf = altered.entries[1].leaf.replace("a1", "a2");
    assert_eq!(problems(&altered, &trusted), [Problem::NotIncluded]);

    let mut moved = bundle.clone();
    moved.entries[0].seq += 1;
    assert_eq!(problems(&moved, &trusted), [Problem::NotIncluded]);

    let mut opening = bundle.clone();
    opening.entries.last_mut().unwrap().openings[0].value = "10.0.0.8".to_owned();
    assert_eq!(problems(&opening, &trusted), [Problem::Opening]);

    let mut head = bundle.clone();
    head.checkpoint = bundle.earlier.clone().unwrap().checkpoint;
    assert!(problems(&head, &trusted).contains(&Problem::NotIncluded));

    let mut earlier = bundle.clone();
    earlier.earlier.as_mut().unwrap().path.pop();
    assert_eq!(problems(&earlier, &trusted), [Problem::Rewritten]);

    let mut origin = bundle.clone();
    origin.log.origin = "brain/other".to_owned();
    assert_eq!(problems(&origin, &trusted), [Problem::OtherLog]);

    let quorum = Trusted { quorum: 1, ..trusted.clone() };
    assert_eq!(problems(&bundle, &quorum), [Problem::Quorum]);
}

#[tokio::test]
async fn a_bundle_of_another_node_with_keys_of_its_own_is_not_taken_for_ours() {
    let (_ours, _, trusted) = a_bundle().await;
    let (_theirs, bundle, _) = a_bundle().await;
    assert!(problems(&bundle, &trusted).contains(&Problem::Signature));
}

#[tokio::test]
async fn a_checkpoint_from_elsewhere_shows_a_fork_and_a_log_that_was_put_back() {
    let node = Node::start().await;
    let evidence = node.trust.evidence();
    evidence.head().await.unwrap();
    let folder = node.keys_dir().parent().unwrap().to_owned();
    node.store.scrub().await.unwrap();
    let state = std::fs::read(folder.join("state.db")).unwrap();
    record(&node, 4).await;
    let first = evidence.head().await.unwrap();
    node.trust.close().await.unwrap();
    node.store.close().await.unwrap();
    // The operator puts the database back, removes what was kept, and lets another history grow to the same size.
    node.put_back(&state);
    std::fs::remove_file(node.keys_dir().join("evidence-checkpoint.txt")).unwrap();
    let node = node.restart().await;
    for number in 0..4 {
        let mut other = entry(number);
        other.body = json!({ "another": "history" });
        node.trust.evidence().record(other).await.unwrap();
    }
    let evidence = node.trust.evidence();
    assert_eq!(evidence.head().await.unwrap().size, first.size);
    let request = BundleRequest { seq: Some(first.size - 1), ..BundleRequest::default() };
    let bundle = evidence.bundle(&request).await.unwrap();
    let trusted = Trusted { keys: evidence.log_keys(), ..Trusted::default() };
    assert!(bundle.check(&trusted).ok, "on its own it is sound: only a second view shows the fork");
    let shown = Trusted { checkpoints: vec![first.note.clone()], ..trusted.clone() };
    assert_eq!(problems(&bundle, &shown), [Problem::Fork]);

    // The same checkpoint beside a shorter log.
    let short = Bundle {
        checkpoint: bundle.earlier.clone().unwrap().checkpoint,
        earlier: None,
        entries: vec![],
        ..bundle
    };
    assert!(SignedCheckpoint::parse(&short.checkpoint).unwrap().checkpoint.size < first.size);
    assert_eq!(problems(&short, &shown), [Problem::Behind]);
}
