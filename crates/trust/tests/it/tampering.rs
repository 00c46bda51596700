//! Whatever is done to the log behind its back is found, and the place is named.

use brain_trust::evidence::{Problem, merkle};

use crate::evidence::record;
use crate::node::Node;

/// A log of eight entries from opening and ten of ours, with signed heads at 8 and 18.
async fn a_log() -> Node {
    let node = Node::start().await;
    assert_eq!(node.trust.evidence().head().await.unwrap().size, 8);
    record(&node, 10).await;
    node.trust.evidence().head().await.unwrap();
    let found = node.trust.evidence().verify().await.unwrap();
    assert!(found.ok, "{found:?}");
    node
}

async fn found_after(sql: &[&str]) -> (u64, Problem) {
    let node = a_log().await;
    for statement in sql {
        node.sql(statement).await;
    }
    let found = node.trust.evidence().verify().await.unwrap();
    assert!(!found.ok);
    let bad = found.first_bad.unwrap();
    assert!(!bad.detail.zh.is_empty() && bad.detail.en.contains(&bad.seq.to_string()));
    (bad.seq, bad.problem)
}

#[tokio::test]
async fn every_edited_field_is_found_at_its_entry() {
    let edits = [
        "body = '{\"number\":99,\"文字\":\"证据\"}'",
        "body = replace(body, ',', ', ')",
        "actor = 'somebody else'",
        "subject = 'something else'",
        "kind = 'test.other'",
        "recorded_at = '2026-11-21T01:02:03.456790+00:00'",
        "leaf_hash = zeroblob(32)",
    ];
    for edit in edits {
        let sql = format!("UPDATE evidence_leaf SET {edit} WHERE seq = 12");
        assert_eq!(found_after(&[&sql]).await, (12, Problem::Altered), "{edit}");
    }
}

#[tokio::test]
async fn a_deleted_entry_is_missed() {
    assert_eq!(found_after(&["DELETE FROM evidence_leaf WHERE seq = 11"]).await, (11, Problem::Missing));
    assert_eq!(found_after(&["DELETE FROM evidence_leaf WHERE seq = 0"]).await, (0, Problem::Missing));
}

#[tokio::test]
async fn a_deleted_entry_with_the_gap_closed_is_found_all_the_same() {
    let sql =
        ["DELETE FROM evidence_leaf WHERE seq = 11", "UPDATE evidence_leaf SET seq = seq - 1 WHERE seq > 11"];
    assert_eq!(found_after(&sql).await, (11, Problem::Altered));
}

#[tokio::test]
async fn two_entries_exchanged_are_found_at_the_first() {
    let sql = [
        "UPDATE evidence_leaf SET seq = -1 WHERE seq = 10",
        "UPDATE evidence_leaf SET seq = 10 WHERE seq = 13",
        "UPDATE evidence_leaf SET seq = 13 WHERE seq = -1",
    ];
    assert_eq!(found_after(&sql).await, (10, Problem::Altered));
}

#[tokio::test]
async fn a_log_cut_short_is_found_however_carefully_it_was_cut() {
    let leaves = "DELETE FROM evidence_leaf WHERE seq >= 15";
    let edge = "UPDATE evidence_frontier SET size = 15";
    let heads = "DELETE FROM evidence_head WHERE size > 15";
    for sql in [vec![leaves], vec![leaves, edge], vec![leaves, edge, heads]] {
        assert_eq!(found_after(&sql).await, (15, Problem::Missing), "{sql:?}");
    }
}

#[tokio::test]
async fn an_entry_inserted_behind_the_logs_back_is_found() {
    let insert = "INSERT INTO evidence_leaf SELECT 18, recorded_at, kind, actor, subject, body, leaf_hash \
                  FROM evidence_leaf WHERE seq = 17";
    assert_eq!(found_after(&[insert]).await, (18, Problem::Inserted));
}

#[tokio::test]
async fn a_rewritten_entry_with_its_hash_made_good_contradicts_the_signed_head() {
    let node = a_log().await;
    // What somebody with the program's source would write: body and hash agree again.
    let other = Node::start().await;
    record(&other, 2).await;
    let mut forged = crate::evidence::entry(99);
    forged.subject = "s0".to_owned();
    other.trust.evidence().record(forged).await.unwrap();
    let row = brain_store::evidence::leaf(other.store.db(), 10).await.unwrap().unwrap();
    let hash = merkle::Hash::from_slice(&row.leaf_hash).unwrap();
    node.sql(&format!(
        "UPDATE evidence_leaf SET body = '{}', subject = '{}', leaf_hash = x'{hash}' WHERE seq = 10",
        row.body, row.subject
    ))
    .await;
    let found = node.trust.evidence().verify().await.unwrap();
    let bad = found.first_bad.unwrap();
    assert_eq!((bad.seq, bad.problem), (8, Problem::Rewritten), "from the last good head on");
    assert_eq!(found.heads, 1);
}

#[tokio::test]
async fn a_head_with_a_forged_root_or_a_foreign_key_is_found() {
    let root =
        "UPDATE evidence_head SET root = (SELECT root FROM evidence_head WHERE size = 8) WHERE size = 18";
    assert_eq!(found_after(&[root]).await, (8, Problem::BadSignature));
    let key = "UPDATE evidence_head SET key_id = 'ffff' WHERE size = 8";
    assert_eq!(found_after(&[key]).await, (0, Problem::BadSignature));
}

#[tokio::test]
async fn a_database_put_back_to_an_older_state_is_found_even_after_it_grew_again() {
    let node = Node::start().await;
    node.trust.evidence().head().await.unwrap();
    let folder = node.keys_dir().parent().unwrap().to_owned();
    node.sql("PRAGMA wal_checkpoint(TRUNCATE)").await;
    let backup = std::fs::read(folder.join("state.db")).unwrap();
    record(&node, 5).await;
    node.trust.close().await.unwrap();
    node.store.close().await.unwrap();
    std::fs::write(folder.join("state.db"), backup).unwrap();
    let node = node.restart().await;
    // Without this the very same entries would be recorded again, and nothing would be lost.
    node.clock.advance(chrono::TimeDelta::hours(1));
    record(&node, 9).await;
    node.trust.close().await.unwrap();
    let found = node.trust.evidence().verify().await.unwrap();
    let bad = found.first_bad.unwrap();
    assert_eq!((bad.seq, bad.problem), (8, Problem::Rewritten));
}
