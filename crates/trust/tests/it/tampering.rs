//! Whatever is done to the log behind its back is found, and the place is named.

use brain_trust::evidence::verifier::tile::TileAddress;
use brain_trust::evidence::{Problem, VerifyOptions, merkle};

use crate::evidence::record;
use crate::node::Node;

/// Entries of opening the node; ours follow.
async fn opening(node: &Node) -> u64 {
    node.trust.evidence().head().await.unwrap().size
}

/// A log with ten entries of ours, with signed heads before and after them; the position of the first.
async fn a_log() -> (Node, u64) {
    let node = Node::start().await;
    let first = opening(&node).await;
    record(&node, 10).await;
    node.trust.evidence().head().await.unwrap();
    let found = node.trust.evidence().verify().await.unwrap();
    assert!(found.ok, "{found:?}");
    assert_eq!((found.heads, found.unsigned), (2, 0));
    (node, first)
}

/// What is found after these statements; `{n}` in them is the position of our n-th entry, `{H}` of the end.
async fn found_after(sql: &[&str]) -> (u64, Problem) {
    let (node, first) = a_log().await;
    for statement in sql {
        let mut statement = (*statement).to_owned();
        for n in 0..=11 {
            statement = statement.replace(&format!("{{{n}}}"), &(first + n).to_string());
        }
        node.sql(&statement).await;
    }
    let found = node.trust.evidence().verify().await.unwrap();
    assert!(!found.ok, "{sql:?} goes unnoticed");
    let bad = found.first_bad.unwrap();
    assert!(!bad.detail.zh.is_empty() && bad.detail.en.contains(&bad.seq.to_string()));
    // Counted from our first entry, so that the tests do not know what opening a node records.
    (bad.seq.saturating_sub(first), bad.problem)
}

#[tokio::test]
async fn signatures_that_were_good_are_not_checked_again_and_those_of_new_heads_are() {
    let (node, _) = a_log().await;
    let evidence = node.trust.evidence();
    let again = evidence.verify().await.unwrap();
    assert_eq!((again.ok, again.heads, again.heads_known), (true, 2, 2));
    let full = evidence.verify_with(VerifyOptions { full: true, ..VerifyOptions::default() }).await.unwrap();
    assert_eq!((full.ok, full.heads, full.heads_known), (true, 2, 0));
    record(&node, 3).await;
    evidence.head().await.unwrap();
    // The same text under a signature of its own that is none.
    let newest = "(SELECT max(size) FROM evidence_checkpoint)";
    let forge = format!(
        "UPDATE evidence_checkpoint SET note = substr(note, 1, length(note) - 9) || 'AAAAAAAA' || char(10) \
         WHERE size = {newest}"
    );
    let kept = brain_store::evidence::checkpoint::latest_checkpoint(node.store.db()).await.unwrap().unwrap();
    node.sql(&forge).await;
    assert_eq!(evidence.verify().await.unwrap().first_bad.unwrap().problem, Problem::BadSignature);
    node.sql(&format!("UPDATE evidence_checkpoint SET note = '{}' WHERE size = {newest}", kept.note)).await;
    let new = evidence.verify().await.unwrap();
    assert_eq!((new.ok, new.heads, new.heads_known), (true, 3, 2));
    assert_eq!(evidence.verify().await.unwrap().heads_known, 3);
}

#[tokio::test]
async fn what_is_remembered_of_good_heads_is_believed_only_as_this_log_signed_it() {
    let (node, _) = a_log().await;
    let evidence = node.trust.evidence();
    let path = node.keys_dir().join("evidence-verified.txt");
    let genuine = std::fs::read_to_string(&path).unwrap();
    let (other, _) = a_log().await;
    let of_another = std::fs::read_to_string(other.keys_dir().join("evidence-verified.txt")).unwrap();
    let size = genuine.lines().nth(2).unwrap();
    for forged in [
        genuine.replace(size, "size 1"),
        genuine.replacen("digest ", "digest 0", 1),
        genuine.lines().take(4).collect::<Vec<_>>().join("\n"),
        format!("{genuine}more\n"),
        of_another,
        String::new(),
        "x".repeat(10_000),
    ] {
        std::fs::write(&path, &forged).unwrap();
        let found = evidence.verify().await.unwrap();
        assert_eq!((found.ok, found.heads, found.heads_known), (true, 2, 0), "{forged}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), genuine, "and it is written anew");
    }
    // A head that goes, and one put in its place, are not those that were good: everything is checked.
    let oldest = "(SELECT min(size) FROM evidence_checkpoint)";
    node.sql(&format!("DELETE FROM evidence_checkpoint WHERE size = {oldest}")).await;
    let found = evidence.verify().await.unwrap();
    assert_eq!((found.ok, found.heads, found.heads_known), (true, 1, 0));
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
        let sql = format!("UPDATE evidence_leaf SET {edit} WHERE seq = {{4}}");
        assert_eq!(found_after(&[&sql]).await, (4, Problem::Altered), "{edit}");
    }
}

#[tokio::test]
async fn a_deleted_entry_is_missed() {
    assert_eq!(found_after(&["DELETE FROM evidence_leaf WHERE seq = {3}"]).await, (3, Problem::Missing));
    assert_eq!(found_after(&["DELETE FROM evidence_leaf WHERE seq = 0"]).await, (0, Problem::Missing));
}

#[tokio::test]
async fn a_deleted_entry_with_the_gap_closed_is_found_all_the_same() {
    let sql = [
        "DELETE FROM evidence_leaf WHERE seq = {3}",
        "UPDATE evidence_leaf SET seq = seq - 1 WHERE seq > {3}",
    ];
    assert_eq!(found_after(&sql).await, (3, Problem::Altered));
}

#[tokio::test]
async fn two_entries_exchanged_are_found_at_the_first() {
    let sql = [
        "UPDATE evidence_leaf SET seq = -1 WHERE seq = {2}",
        "UPDATE evidence_leaf SET seq = {2} WHERE seq = {5}",
        "UPDATE evidence_leaf SET seq = {5} WHERE seq = -1",
    ];
    assert_eq!(found_after(&sql).await, (2, Problem::Altered));
}

#[tokio::test]
async fn a_log_cut_short_is_found_however_carefully_it_was_cut() {
    let leaves = "DELETE FROM evidence_leaf WHERE seq >= {7}";
    let edge = "UPDATE evidence_frontier SET size = {7}";
    let heads = "DELETE FROM evidence_checkpoint WHERE size > {7}";
    for sql in [vec![leaves], vec![leaves, edge], vec![leaves, edge, heads]] {
        assert_eq!(found_after(&sql).await, (7, Problem::Missing), "{sql:?}");
    }
}

#[tokio::test]
async fn an_entry_inserted_behind_the_logs_back_is_found() {
    let insert = "INSERT INTO evidence_leaf SELECT {10}, recorded_at, kind, actor, subject, body, leaf_hash \
                  FROM evidence_leaf WHERE seq = {9}";
    assert_eq!(found_after(&[insert]).await, (10, Problem::Inserted));
}

#[tokio::test]
async fn a_rewritten_entry_with_its_hash_made_good_contradicts_the_signed_head() {
    let (node, first) = a_log().await;
    // What somebody with the program's source would write: body and hash agree again.
    let row = brain_store::evidence::leaf(node.store.db(), first as i64 + 2).await.unwrap().unwrap();
    let text = format!(
        "{{\"actor\":\"a1\",\"body\":{},\"kind\":\"test.note\",\"seq\":{},\"subject\":\"forged\",\"time\":\"{}\"}}",
        row.body,
        row.seq,
        row.recorded_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
    );
    let hash = merkle::leaf_hash(node.trust.evidence().algorithm(), text.as_bytes());
    let forge =
        format!("UPDATE evidence_leaf SET subject = 'forged', leaf_hash = x'{hash}' WHERE seq = {}", row.seq);
    node.sql(&forge).await;
    let found = node.trust.evidence().verify().await.unwrap();
    let bad = found.first_bad.unwrap();
    assert_eq!((bad.seq, bad.problem), (first, Problem::Rewritten), "from the last good head on");
    assert_eq!(found.heads, 1);
}

#[tokio::test]
async fn a_head_with_a_forged_root_or_a_foreign_key_or_anothers_signature_is_found() {
    let newest = "(SELECT max(size) FROM evidence_checkpoint)";
    let oldest = "(SELECT min(size) FROM evidence_checkpoint)";
    let root = format!(
        "UPDATE evidence_checkpoint SET root = (SELECT root FROM evidence_checkpoint WHERE size = {oldest}) \
         WHERE size = {newest}"
    );
    // The checkpoint kept beside the keys still vouches for the entries; only what follows is in doubt.
    assert_eq!(found_after(&[&root]).await, (10, Problem::BadSignature));
    let key = format!(
        "UPDATE evidence_checkpoint SET note = replace(note, '— brain/', '— other/') WHERE size = {oldest}"
    );
    assert_eq!(found_after(&[&key]).await, (0, Problem::BadSignature));
    // The signature lines of one head under the text of the other.
    let swapped = format!(
        "UPDATE evidence_checkpoint SET note = substr(note, 1, instr(note, '— ') - 1) || \
         (SELECT substr(o.note, instr(o.note, '— ')) FROM evidence_checkpoint o WHERE o.size = {newest}) \
         WHERE size = {oldest}"
    );
    assert_eq!(found_after(&[&swapped]).await, (0, Problem::BadSignature));
}

#[tokio::test]
async fn one_false_signature_of_the_two_is_enough_to_disbelieve_a_head() {
    let (node, _) = a_log().await;
    let head = node.trust.evidence().head().await.unwrap();
    let lines: Vec<&str> = head.note.lines().filter(|line| line.starts_with('—')).collect();
    assert_eq!(lines.len(), 2, "Ed25519 and SM2");
    for line in lines {
        let at = line.len() - 8;
        let other = if line.as_bytes()[at] == b'A' { "B" } else { "A" };
        let forged = format!("{}{other}{}", &line[..at], &line[at + 1..]);
        node.sql(&format!("UPDATE evidence_checkpoint SET note = replace(note, '{line}', '{forged}')")).await;
        let bad = node.trust.evidence().verify().await.unwrap().first_bad.unwrap();
        assert_eq!(bad.problem, Problem::BadSignature);
        node.sql(&format!("UPDATE evidence_checkpoint SET note = replace(note, '{forged}', '{line}')")).await;
    }
    assert!(node.trust.evidence().verify().await.unwrap().ok);
}

#[tokio::test]
async fn a_database_put_back_to_an_older_state_is_found_even_after_it_grew_again() {
    let node = Node::start().await;
    let first = opening(&node).await;
    let folder = node.keys_dir().parent().unwrap().to_owned();
    node.store.scrub().await.unwrap();
    let backup = std::fs::read(folder.join("state.db")).unwrap();
    record(&node, 5).await;
    node.trust.close().await.unwrap();
    node.store.close().await.unwrap();
    node.put_back(&backup);
    let node = node.restart().await;
    // Without this the very same entries would be recorded again, and nothing would be lost.
    node.clock.advance(chrono::TimeDelta::hours(1));
    record(&node, 9).await;
    let refused = node.trust.evidence().head().await.unwrap_err();
    assert_eq!(refused.code(), "trust/evidence-contradicted", "it is not signed as if nothing had happened");
    let found = node.trust.evidence().verify().await.unwrap();
    let bad = found.first_bad.unwrap();
    assert_eq!((bad.seq, bad.problem), (first, Problem::Rewritten));

    // A restore that the operator owns up to is on the record, and the log goes on.
    node.trust.evidence().accept_break("local-operator", "restored the backup of yesterday").await.unwrap();
    node.trust.evidence().head().await.unwrap();
    assert!(node.trust.evidence().verify().await.unwrap().ok);
    assert_eq!(node.kinds().await.last().map(String::as_str), Some("evidence.accept_break"));
}

#[tokio::test]
async fn a_rewritten_past_is_not_signed_by_a_running_node_either() {
    let (node, first) = a_log().await;
    record(&node, 3).await;
    node.sql(&format!("UPDATE evidence_leaf SET subject = 'x' WHERE seq = {}", first + 11)).await;
    assert_eq!(node.trust.evidence().head().await.unwrap_err().code(), "trust/evidence-contradicted");
    node.sql(&format!("UPDATE evidence_leaf SET subject = 's1' WHERE seq = {}", first + 11)).await;
    let node = node.restart().await;
    assert!(node.trust.evidence().head().await.is_ok(), "put right, it goes on");
}

#[tokio::test]
async fn a_damaged_kept_checkpoint_stops_signing_and_is_found() {
    let (node, _) = a_log().await;
    let kept = node.keys_dir().join("evidence-checkpoint.txt");
    let text = std::fs::read_to_string(&kept).unwrap();
    let node = node.restart().await;
    std::fs::write(&kept, text.replacen("brain/", "other/", 1)).unwrap();
    assert_eq!(node.trust.evidence().head().await.unwrap_err().code(), "trust/evidence-contradicted");
    assert_eq!(
        node.trust.evidence().verify().await.unwrap().first_bad.unwrap().problem,
        Problem::BadSignature
    );
}

#[tokio::test]
async fn a_corrupted_tile_proves_nothing_is_named_and_is_made_anew() {
    let node = Node::start().await;
    record(&node, 400).await;
    let size = opening(&node).await;
    let full = TileAddress { level: 0, index: 0, width: 256 };
    let partial = *TileAddress::edge(size).first().unwrap();
    for address in [full, partial] {
        let file = node.keys_dir().parent().unwrap().join("evidence/tile").join(address.path());
        let mut bytes = std::fs::read(&file).unwrap();
        bytes[40] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        let evidence = node.trust.evidence();
        let seq = address.index * 256 + 9;
        assert_eq!(evidence.prove(seq).await.unwrap_err().code(), "trust/evidence-damaged");
        let found = evidence.verify().await.unwrap();
        assert_eq!(found.first_bad.unwrap().problem, Problem::BadTile);
        assert_eq!(found.bad_tiles, [address.path()]);
        let options = VerifyOptions { repair_tiles: true, ..VerifyOptions::default() };
        let repaired = evidence.verify_with(options).await.unwrap();
        assert!(repaired.ok && repaired.repaired_tiles == 1, "{repaired:?}");
        assert!(evidence.prove(seq).await.is_ok());
        assert!(evidence.verify().await.unwrap().ok);
    }
}

#[tokio::test]
async fn an_entry_taken_out_of_the_index_or_put_into_it_is_found() {
    let gone = "DELETE FROM evidence_reference WHERE seq = {4} AND reference LIKE 'test:%'";
    assert_eq!(found_after(&[gone]).await, (4, Problem::BadReference));
    let added = "INSERT INTO evidence_reference (reference, seq) VALUES ('dataset:x', {6})";
    assert_eq!(found_after(&[added]).await, (6, Problem::BadReference));
}

#[tokio::test]
async fn a_log_keeps_the_digest_it_was_made_with() {
    let (node, _) = a_log().await;
    node.sql("UPDATE evidence_log SET hash = 'sm3'").await;
    let node = node.restart().await;
    let found = node.trust.evidence().verify().await.unwrap();
    assert_eq!(found.first_bad.unwrap().problem, Problem::Altered);
}
