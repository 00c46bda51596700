//! Statements of nodes about themselves: believed only as they were made, for who asked, and by what is known good.

use brain_kernel::clock::Clock as _;
use brain_kernel::party::Role;
use brain_trust::status::{
    Good, HealthPart, KnownGood, Measurement, NewKnownGood, NodePublicKeys, Policy, SignedStatement,
    Statement, judge,
};
use brain_trust::{NodeFacts, Status};
use chrono::{DateTime, TimeDelta, Utc};

use crate::node::{Node, party};

const NONCE: &str = "00112233445566778899aabbccddeeff";

fn facts() -> NodeFacts {
    NodeFacts {
        title: "测试".to_owned(),
        role: "brain".to_owned(),
        version: "0.2.0".to_owned(),
        backup_every_hours: 0,
    }
}

fn measurement(program: &str, configuration: &str, at: DateTime<Utc>) -> Measurement {
    Measurement {
        version: "0.2.0".to_owned(),
        program: program.to_owned(),
        dependencies: "sha-256:d".to_owned(),
        configuration: configuration.to_owned(),
        measured_at: at,
    }
}

async fn speaking() -> (Node, Status) {
    let node = Node::start().await;
    let status = node.trust.status();
    status.describe(facts());
    status.measured(measurement("sha-256:p", "sha-256:c", node.clock.now())).await.unwrap();
    (node, status)
}

fn policy<'a>(
    name: &'a str,
    keys: &'a NodePublicKeys,
    now: DateTime<Utc>,
    known_good: &'a [KnownGood],
) -> Policy<'a> {
    Policy {
        node: name,
        keys,
        sm2: false,
        nonce: Some(NONCE),
        now,
        freshness_seconds: 300,
        known_good,
        known_good_required: false,
        before: None,
        certificate: None,
    }
}

fn code(signed: &SignedStatement, policy: &Policy<'_>) -> &'static str {
    judge(signed, policy).map_or_else(|refusal| refusal.code(), |_| "accepted")
}

#[tokio::test]
async fn a_statement_is_believed_only_as_it_was_made_and_for_who_asked() {
    let (node, status) = speaking().await;
    let signed = status.statement(NONCE, Vec::new()).await.unwrap();
    let (name, keys, now) = (status.name().to_owned(), status.public_keys(), node.clock.now());
    let good = policy(&name, &keys, now, &[]);
    let statement = judge(&signed, &good).unwrap();
    assert_eq!((statement.version.as_str(), statement.program.as_str()), ("0.2.0", "sha-256:p"));
    assert_eq!(signed.signatures.len(), 2, "Ed25519 and SM2");
    assert_eq!(code(&signed, &Policy { sm2: true, ..good.clone() }), "accepted");

    // Every field is under the signatures, one that this version does not know as well.
    for (field, value) in [
        ("version", serde_json::json!("9.9.9")),
        ("evidence", serde_json::json!({ "origin": "x", "hash": "sha256", "size": 1, "root": "00" })),
        ("nonce", serde_json::json!("ff".repeat(16))),
        ("future", serde_json::json!(true)),
    ] {
        let mut forged = signed.clone();
        forged.statement[field] = value;
        assert_eq!(code(&forged, &good), "signature", "{field}");
    }
    // One bad signature of a registered key is enough, whichever family.
    for at in [0, 1] {
        let mut forged = signed.clone();
        let digit = if forged.signatures[at].signature.starts_with('0') { "1" } else { "0" };
        forged.signatures[at].signature.replace_range(0..1, digit);
        assert_eq!(code(&forged, &good), "signature");
        forged.signatures.remove(at);
        assert_eq!(code(&forged, &good), "signature");
    }
    let (stranger, other) = speaking().await;
    let foreign = other.public_keys();
    assert_eq!(code(&signed, &policy(&name, &foreign, now, &[])), "signature");
    drop(stranger);
    let without_sm2 = NodePublicKeys { sm2: None, ..keys.clone() };
    let lenient = policy(&name, &without_sm2, now, &[]);
    assert_eq!(code(&signed, &lenient), "accepted");
    assert_eq!(code(&signed, &Policy { sm2: true, ..lenient }), "sm2-missing");
    assert_eq!(code(&signed, &policy("another", &keys, now, &[])), "other-node");

    // Sent again for another question, or too late, or with a clock that runs ahead.
    assert_eq!(
        code(&signed, &Policy { nonce: Some("ffeeddccbbaa99887766554433221100"), ..good.clone() }),
        "replayed"
    );
    assert_eq!(code(&signed, &Policy { now: now + TimeDelta::seconds(301), ..good.clone() }), "stale");
    assert_eq!(code(&signed, &Policy { now: now - TimeDelta::seconds(301), ..good.clone() }), "stale");
    assert_eq!(
        code(&signed, &Policy { nonce: None, now: now + TimeDelta::days(9), ..good.clone() }),
        "accepted"
    );
}

#[tokio::test]
async fn a_log_that_shrank_a_part_that_fails_and_another_certificate_are_refused() {
    let (node, status) = speaking().await;
    let (name, keys) = (status.name().to_owned(), status.public_keys());
    let first: Statement = judge(
        &status.statement(NONCE, Vec::new()).await.unwrap(),
        &policy(&name, &keys, node.clock.now(), &[]),
    )
    .unwrap();
    node.account("zhangsan", Role::Government).await;
    status.set_certificate(Some("0badcafe".to_owned()));
    let later = status.statement(NONCE, Vec::new()).await.unwrap();
    let good = policy(&name, &keys, node.clock.now(), &[]);
    assert_eq!(code(&later, &Policy { before: Some(&first), ..good.clone() }), "accepted");
    let mut longer = first.clone();
    longer.evidence.size += 1_000;
    assert_eq!(code(&later, &Policy { before: Some(&longer), ..good.clone() }), "evidence");
    let mut rewritten = judge(&later, &good).unwrap();
    rewritten.evidence.root = "00".repeat(32);
    assert_eq!(code(&later, &Policy { before: Some(&rewritten), ..good.clone() }), "evidence");

    assert_eq!(code(&later, &Policy { certificate: Some("0badcafe"), ..good.clone() }), "accepted");
    assert_eq!(code(&later, &Policy { certificate: Some("0badbeef"), ..good.clone() }), "certificate");

    let part =
        |essential| HealthPart { name: "data".to_owned(), ok: false, essential, detail: "gone".to_owned() };
    let limping = status.statement(NONCE, vec![part(false)]).await.unwrap();
    assert_eq!(code(&limping, &good), "accepted");
    let broken = status.statement(NONCE, vec![part(true)]).await.unwrap();
    assert_eq!(code(&broken, &good), "unhealthy");
    for nonce in ["", "short", &"0".repeat(31), &"g".repeat(32), &"0".repeat(129)] {
        let refused = status.statement(nonce, Vec::new()).await.unwrap_err();
        assert_eq!(refused.code(), "trust/invalid-argument", "{nonce:?}");
    }
}

#[tokio::test]
async fn what_the_security_administrator_lists_is_what_counts() {
    let (node, status) = speaking().await;
    let security = party(Role::SecurityAdministrator);
    let new = |kind, value: &str, node: Option<&str>| NewKnownGood {
        kind,
        value: value.to_owned(),
        node: node.map(str::to_owned),
        note: "发布 0.2.0".to_owned(),
    };
    for other in [Role::SystemAdministrator, Role::Auditor, Role::Government] {
        let refused =
            status.add_known_good(&party(other), new(Good::Version, "0.2.0", None)).await.unwrap_err();
        assert_eq!(refused.code(), "trust/wrong-role", "{other:?}");
    }
    assert!(status.add_known_good(&security, new(Good::Version, " ", None)).await.is_err());

    let signed = status.statement(NONCE, Vec::new()).await.unwrap();
    let (name, keys, now) = (status.name().to_owned(), status.public_keys(), node.clock.now());
    let judged = |listed: &[KnownGood], required| {
        let policy = Policy { known_good_required: required, ..policy(&name, &keys, now, listed) };
        code(&signed, &policy)
    };
    assert_eq!(judged(&[], false), "accepted");
    assert_eq!(judged(&[], true), "not-known-good", "silence counts for nothing where the list must speak");
    let other = status.add_known_good(&security, new(Good::Program, "sha-256:other", None)).await.unwrap();
    let listed = status.known_good(&security).await.unwrap();
    assert_eq!(judged(&listed, false), "not-known-good");
    status.add_known_good(&security, new(Good::Program, "sha-256:p", Some(&name))).await.unwrap();
    let listed = status.known_good(&security).await.unwrap();
    assert_eq!(judged(&listed, false), "accepted");
    for (kind, value) in
        [(Good::Version, "0.2.0"), (Good::Dependencies, "sha-256:d"), (Good::Configuration, "sha-256:c")]
    {
        assert_eq!(judged(&status.known_good(&security).await.unwrap(), true), "not-known-good");
        status.add_known_good(&security, new(kind, value, None)).await.unwrap();
    }
    assert_eq!(judged(&status.known_good(&security).await.unwrap(), true), "accepted");
    status.withdraw_known_good(&security, &other.id).await.unwrap();
    assert!(status.withdraw_known_good(&security, &other.id).await.is_err(), "once");
    let kinds = node.kinds().await;
    assert!(
        kinds.contains(&"known_good.add".to_owned()) && kinds.contains(&"known_good.withdraw".to_owned())
    );
}

#[tokio::test]
async fn a_change_of_program_or_configuration_is_recorded_and_said() {
    let (node, status) = speaking().await;
    let count = async |node: &Node, kind: &str| node.kinds().await.iter().filter(|one| *one == kind).count();
    assert_eq!(count(&node, "node.measured").await, 1);
    // The same again is no event; another program and configuration are.
    let same = status.measured(measurement("sha-256:p", "sha-256:c", node.clock.now())).await.unwrap();
    assert_eq!((same.len(), count(&node, "node.changed").await), (0, 0));
    let changed = status.measured(measurement("sha-256:q", "sha-256:e", node.clock.now())).await.unwrap();
    let parts: Vec<&str> = changed.iter().map(|difference| difference.part.as_str()).collect();
    assert_eq!(parts, ["program", "configuration"]);
    assert_eq!(count(&node, "node.changed").await, 1);

    // While it runs: recorded once, and the node says so of itself until the file is what it was.
    let (name, keys) = (status.name().to_owned(), status.public_keys());
    let said = async || {
        let signed = status.statement(NONCE, Vec::new()).await.unwrap();
        code(&signed, &policy(&name, &keys, node.clock.now(), &[]))
    };
    assert_eq!(said().await, "accepted");
    for _ in 0..3 {
        assert!(status.remeasured("program", "sha-256:q", "sha-256:evil").await.unwrap());
    }
    assert_eq!(count(&node, "node.changed").await, 2);
    assert_eq!(said().await, "unhealthy");
    assert!(!status.remeasured("program", "sha-256:q", "sha-256:q").await.unwrap());
    assert_eq!(count(&node, "node.changed_back").await, 1);
    assert_eq!(said().await, "accepted");
}

#[tokio::test]
async fn a_node_that_was_not_measured_says_nothing() {
    let node = Node::start().await;
    let refused = node.trust.status().statement(NONCE, Vec::new()).await.unwrap_err();
    assert_eq!(refused.code(), "trust/invalid-argument");
}
