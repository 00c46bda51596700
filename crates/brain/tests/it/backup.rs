//! `brain backup` and `brain restore` on real tables, and the keys they need.
#![cfg(unix)]

use crate::node::{TestNode, answer};
use crate::register;
use serde_json::Value;

/// What somebody asks of the tables: not only how many rows, but which.
const ROWS: &str = "SELECT count(*) AS n, max(uscc) AS last FROM subject.enterprise";

fn restored(node: &TestNode, extra: &[&str]) -> TestNode {
    let other = TestNode::new();
    let target = node.place().join("backup");
    // The key-encryption key was kept elsewhere, as the command said.
    let kek = format!("file:{}", node.place().join("kek").display());
    let mut words = vec!["restore", target.to_str().unwrap(), "--kek", &kek];
    words.extend(extra);
    let report: Value = serde_json::from_str(&other.ok(&words)).unwrap();
    assert!(report["tables_read"].as_u64().unwrap() > 1, "{report}");
    other
}

#[test]
fn a_node_that_serves_is_backed_up_and_comes_back_as_it_was_at_each_moment() {
    let node = TestNode::new();
    let target = node.place().join("backup");
    let target = target.to_str().unwrap();
    let first = node.write("first.csv", register::file(1, 20));
    node.ingest(&first, "registry");
    let then = node.sql(ROWS);
    let serving = node.serve();
    let report: Value = serde_json::from_str(&node.ok(&["backup", target])).unwrap();
    let snapshot = report["snapshot"]["id"].as_str().unwrap().to_owned();
    assert_eq!(serving.status("/readyz"), 200, "the node went on");
    assert_eq!(serving.terminate(), Some(0));

    let second = node.write("second.csv", register::file(21, 60));
    node.ingest(&second, "registry");
    let now = node.sql(ROWS);
    assert_ne!(then, now);
    let offline = node.run(&["backup", target]);
    assert_eq!(offline.code, Some(0), "{offline:?}");
    assert!(offline.err.contains("kek-*.key"), "it says what to keep: {}", offline.err);
    assert_eq!(node.ok(&["backup", target, "--list"]).lines().count(), 2);
    std::fs::rename(node.data().join("keys/kek-1-aes-256-gcm.key"), node.place().join("kek")).unwrap();
    std::fs::remove_dir_all(node.data()).unwrap();

    let newest = restored(&node, &[]);
    assert_eq!(newest.sql(ROWS), now);
    let older = restored(&node, &["--snapshot", &snapshot]);
    assert_eq!(older.sql(ROWS), then);
    for back in [newest, older] {
        let verification: Value = serde_json::from_str(&back.ok(&["evidence", "verify"])).unwrap();
        assert_eq!(verification["ok"], true, "{verification}");
        // The old key was needed once: now the new node's own wraps everything.
        assert_eq!(back.run(&["doctor"]).code, Some(0));
        assert!(back.ok(&["keys", "list"]).contains("backup"));
    }
}

#[test]
fn without_the_key_nothing_is_restored_and_nothing_is_left() {
    let node = TestNode::new();
    let target = node.place().join("backup");
    node.ok(&["backup", target.to_str().unwrap()]);
    let other = TestNode::new();
    let refused = other.run(&["restore", target.to_str().unwrap()]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("crypto/no-key"), "{}", refused.err);
    assert!(!other.data().exists());
}

#[test]
fn plain_text_beyond_this_machine_is_refused_and_a_named_gateway_or_tls_is_not() {
    let node = TestNode::new();
    let mut open = node.command(&["serve", "--listen", "0.0.0.0:0"]);
    let refused = answer(&mut open);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("http.gateway"), "{}", refused.err);
    assert!(!node.data().exists(), "nothing was opened");
}

#[test]
fn certificates_are_issued_listed_and_revoked_and_keys_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let node = TestNode::new();
    node.ok(&["ca", "init", "root-a"]);
    let out = node.place().join("issued");
    node.ok(&["ca", "issue", "brain-b", "--name", "localhost", "--out", out.to_str().unwrap()]);
    let mode = std::fs::metadata(out.join("brain-b.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let listed = node.ok(&["ca", "list"]);
    let serial = listed.lines().find(|line| line.ends_with("brain-b")).unwrap().split(' ').next().unwrap();
    node.ok(&["ca", "revoke", serial, "--reason", "lost"]);
    assert!(node.ok(&["ca", "list"]).contains("revoked"));
    assert_eq!(node.run(&["ca", "revoke", serial, "--reason", "lost"]).code, Some(1));
}

#[test]
fn a_rotated_key_encryption_key_leaves_the_node_whole() {
    let node = TestNode::new();
    node.ok(&["ca", "init", "root-a"]);
    let rotated: Value = serde_json::from_str(&node.ok(&["keys", "rotate", "--secrets"])).unwrap();
    // The authority's key, and the root of pseudonyms that every node keeps.
    assert_eq!((rotated["data_keys"].as_u64(), rotated["secrets"].as_u64()), (Some(1), Some(2)), "{rotated}");
    let out = node.place().join("issued");
    node.ok(&["ca", "issue", "brain-b", "--out", out.to_str().unwrap()]);
    let missing = node.run(&["keys", "erase", "dataset:raw.none", "--reason", "test"]);
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert_eq!(node.ok(&["keys", "generate"]).trim().len(), 64);
}

#[test]
fn a_scheduled_backup_is_made_and_shown_and_a_drill_is_recorded() {
    let node = TestNode::new();
    let first = node.write("first.csv", register::file(1, 20));
    node.ingest(&first, "registry");
    let target = node.place().join("backup");
    let target = target.to_str().unwrap();
    let plan =
        [("BRAIN_BACKUP_FOLDER", target), ("BRAIN_BACKUP_EVERY_HOURS", "1"), ("BRAIN_BACKUP_KEEP_DAYS", "7")];
    let serving = node.serve_with(&plan);
    // Due at once, for there was none.
    for _ in 0..600 {
        let listed = node.run(&["backup", target, "--list"]);
        if listed.code == Some(0) && listed.out.lines().count() == 1 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(node.ok(&["backup", target, "--list"]).lines().count(), 1);
    // The running node thins out and notes a drill on request; the newest snapshot stays.
    let pruned: Value =
        serde_json::from_str(&node.ok(&["backup", "prune", target, "--keep-days", "1"])).unwrap();
    assert_eq!(pruned["snapshots_kept"], 1, "{pruned}");
    let drilled: Value = serde_json::from_str(&node.ok(&["backup", "drill", target])).unwrap();
    assert!(drilled["ok"] == true && drilled["tables"].as_u64().unwrap() > 1, "{drilled}");
    assert!(!node.place().join("data.drill").exists(), "the copy is gone");
    assert_eq!(serving.terminate(), Some(0));
    let shown: Value = serde_json::from_str(&node.ok(&["status", "show"])).unwrap();
    assert_eq!((&shown["backup"]["ok"], &shown["drill"]["ok"]), (&true.into(), &true.into()), "{shown}");
    let doctor = node.ok(&["doctor"]);
    assert!(doctor.lines().any(|line| line.starts_with("ok") && line.contains("backup")), "{doctor}");
    // A drill on a backup that is damaged fails, says so and is recorded.
    let objects = std::fs::read_dir(node.place().join("backup/objects")).unwrap();
    for file in objects.flatten().flat_map(|folder| std::fs::read_dir(folder.path()).unwrap().flatten()) {
        std::fs::write(file.path(), b"damaged").unwrap();
    }
    let failed = node.run(&["backup", "drill", target]);
    assert_eq!(failed.code, Some(1), "{failed:?}");
    let shown: Value = serde_json::from_str(&node.ok(&["status", "show"])).unwrap();
    assert!(shown["drill"]["ok"] == false, "{shown}");
}
