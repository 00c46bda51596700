//! Whatever is done to audit records behind the node's back is found, and the first record is named.

use brain_kernel::party::Role;
use brain_trust::Options;
use brain_trust::audit::{AuditOptions, AuditProblem};

use crate::audit::read;
use crate::node::{Node, options, party};

/// Guards that have to be taken off first; the database refuses otherwise.
const GUARDS: [&str; 6] = [
    "audit_record_no_update",
    "audit_record_no_delete",
    "audit_record_no_insert",
    "audit_dataset_no_update",
    "audit_dataset_no_delete",
    "audit_expiry_floor",
];

/// Thirty records in batches of ten, and three that are not anchored.
async fn recorded() -> Node {
    let audit = AuditOptions { batch_records: 10, batch_seconds: 60, ..AuditOptions::default() };
    let node = Node::start_with(Options { audit, ..options() }).await;
    for number in 0..30 {
        read(&node, if number % 2 == 0 { "raw.a" } else { "raw.b" }, number).await;
    }
    node.trust.audit().anchor().await.unwrap();
    for number in 30..33 {
        read(&node, "raw.a", number).await;
    }
    let found = node.trust.audit().verify(&party(Role::Auditor)).await.unwrap();
    assert!(found.ok, "{found:?}");
    assert_eq!((found.anchored, found.batches, found.unanchored), (30, 3, 3));
    node
}

async fn found_after(sql: &[&str]) -> (i64, AuditProblem) {
    let node = recorded().await;
    for guard in GUARDS {
        node.sql(&format!("DROP TRIGGER {guard}")).await;
    }
    for statement in sql {
        node.sql(statement).await;
    }
    let found = node.trust.audit().verify(&party(Role::Auditor)).await.unwrap();
    assert!(!found.ok, "{sql:?} goes unnoticed");
    let bad = found.first_bad.unwrap();
    assert!(bad.detail.zh.contains(&bad.seq.to_string()) && bad.detail.en.contains(&bad.seq.to_string()));
    (bad.seq, bad.problem)
}

#[tokio::test]
async fn every_edited_field_is_found_at_its_record() {
    for edit in [
        "access = 'x'",
        "recorded_at = '2026-11-21T01:02:03.456790+00:00'",
        "account = 'somebody else'",
        "role = 'auditor'",
        "organisation = NULL",
        "credential = NULL",
        "address = '::1'",
        "channel = 'portal'",
        "action = 'export'",
        "operation = 'x'",
        "purpose = 'x'",
        "statement = 'x'",
        "inputs = '[]'",
        "rows = 0",
        "bytes = 1",
        "outcome = 'denied'",
        "reason = 'x'",
        "trace_id = NULL",
        "exchange = 1",
        "digest = zeroblob(32)",
    ] {
        let sql = format!("UPDATE audit_record SET {edit} WHERE seq = 14");
        assert_eq!(found_after(&[&sql]).await, (14, AuditProblem::Altered), "{edit}");
    }
}

#[tokio::test]
async fn a_record_altered_together_with_its_digest_is_named_all_the_same() {
    // What a careful forger does: take over the digest of a record that says what he wants.
    let sql = "UPDATE audit_record SET rows = (SELECT rows FROM audit_record WHERE seq = 3), \
               digest = (SELECT digest FROM audit_record WHERE seq = 3) WHERE seq = 17";
    assert_eq!(found_after(&[sql]).await, (17, AuditProblem::Altered));
}

#[tokio::test]
async fn a_removed_record_is_missed_also_where_the_gap_is_closed() {
    let gone = "DELETE FROM audit_record WHERE seq = 12";
    assert_eq!(found_after(&[gone]).await, (12, AuditProblem::Missing));
    let closed = "UPDATE audit_record SET seq = seq - 1 WHERE seq > 12";
    assert_eq!(found_after(&[gone, closed]).await, (12, AuditProblem::Altered));
    assert_eq!(found_after(&["DELETE FROM audit_record"]).await, (0, AuditProblem::Missing));
    assert_eq!(found_after(&["DELETE FROM audit_record WHERE seq >= 25"]).await, (25, AuditProblem::Missing));
}

#[tokio::test]
async fn two_records_exchanged_are_found_at_the_first() {
    let sql = [
        "UPDATE audit_record SET seq = -1 WHERE seq = 8",
        "UPDATE audit_record SET seq = 8 WHERE seq = 21",
        "UPDATE audit_record SET seq = 21 WHERE seq = -1",
    ];
    assert_eq!(found_after(&sql).await, (8, AuditProblem::Altered));
}

#[tokio::test]
async fn a_record_put_in_is_found_before_among_and_after_the_others() {
    let columns = "access || 'x', phase, recorded_at, account, role, organisation, credential, address, channel, \
                   action, operation, purpose, statement, inputs, rows, bytes, outcome, reason, trace_id, exchange, digest";
    let insert = |seq: &str| {
        format!("INSERT INTO audit_record SELECT {seq}, {columns} FROM audit_record WHERE seq = 5")
    };
    assert_eq!(found_after(&[&insert("-3")]).await, (-3, AuditProblem::Inserted));
    assert_eq!(found_after(&[&insert("33")]).await, (33, AuditProblem::Inserted));
    let room = "UPDATE audit_record SET seq = seq + 1000 WHERE seq >= 7";
    let back = "UPDATE audit_record SET seq = seq - 999 WHERE seq >= 1007";
    assert_eq!(found_after(&[room, &insert("7"), back]).await, (7, AuditProblem::Altered));
}

#[tokio::test]
async fn the_last_seconds_are_compared_with_what_the_process_remembers() {
    assert_eq!(
        found_after(&["UPDATE audit_record SET rows = 0 WHERE seq = 31"]).await,
        (31, AuditProblem::Altered)
    );
    assert_eq!(found_after(&["DELETE FROM audit_record WHERE seq = 32"]).await, (32, AuditProblem::Missing));
}

#[tokio::test]
async fn the_index_of_datasets_hides_and_invents_nothing() {
    let hidden = "DELETE FROM audit_dataset WHERE seq = 4";
    assert_eq!(found_after(&[hidden]).await.1, AuditProblem::BadIndex);
    let invented = "INSERT INTO audit_dataset VALUES ('raw.secret', 9)";
    assert_eq!(found_after(&[invented]).await, (9, AuditProblem::BadIndex));
}

#[tokio::test]
async fn an_expiry_that_the_node_did_not_record_is_no_excuse() {
    let sql = [
        "INSERT INTO audit_expiry VALUES (1, 10, 19, '2030-01-01T00:00:00+00:00')",
        "DELETE FROM audit_record WHERE seq BETWEEN 10 AND 19",
    ];
    assert_eq!(found_after(&sql).await, (10, AuditProblem::BadExpiry));
}

#[tokio::test]
async fn a_batch_taken_out_of_the_evidence_log_is_found_with_the_log() {
    let node = recorded().await;
    node.sql("DELETE FROM evidence_leaf WHERE kind = 'audit.batch' AND seq = (SELECT MIN(seq) FROM evidence_leaf WHERE kind = 'audit.batch')").await;
    let found = node.trust.audit().verify(&party(Role::Auditor)).await.unwrap();
    assert!(!found.ok && !found.evidence.ok, "{found:?}");
}
