//! `crypto.profile = "commercial"` (商用密码) from the first start to the restore, and a change of profile on a node that has data.
#![cfg(unix)]

use crate::node::TestNode;
use crate::register;
use serde_json::Value;

const ROWS: &str = "SELECT count(*) AS n, max(uscc) AS last FROM subject.enterprise";

fn profile(node: &TestNode, name: &str) {
    // The folder is made by the first command; a configuration beside it is found from the working folder.
    node.write("brain.toml", format!("[crypto]\nprofile = \"{name}\"\n"));
}

fn json(node: &TestNode, words: &[&str]) -> Value {
    serde_json::from_str(&node.ok(words)).unwrap()
}

#[test]
fn a_commercial_node_writes_sm_algorithms_everywhere() {
    let node = TestNode::new();
    profile(&node, "commercial");
    let first = node.write("first.csv", register::file(1, 20));
    node.ingest(&first, "registry");
    let rows = node.sql(ROWS);
    // Evidence: SM3, signed with SM2 besides Ed25519.
    let keys = json(&node, &["evidence", "keys"]);
    assert_eq!(keys["hash"], "sm3");
    let head = json(&node, &["evidence", "head"]);
    assert_eq!(head["hash"], "sm3");
    assert!(head["keys"].to_string().contains('/'), "{head}");
    assert_eq!(json(&node, &["evidence", "verify"])["ok"], true);
    // Secrets and backups: SM4.
    node.ok(&["ca", "init", "root-a"]);
    let target = node.place().join("backup");
    node.ok(&["backup", target.to_str().unwrap()]);
    let listed = node.ok(&["keys", "list"]);
    assert!(listed.lines().count() >= 2 && listed.lines().all(|line| line.contains("sm4-gcm")), "{listed}");
    let kek = node.data().join("keys/kek-1-sm4-gcm.key");
    assert!(kek.is_file());
    // A statement is signed with SM2, and its measurements are SM3.
    let serving = node.serve();
    serving.measured();
    assert_eq!(serving.terminate(), Some(0));
    let shown = json(&node, &["status", "show"]);
    assert!(shown["measured"]["program"].as_str().unwrap().starts_with("sm3:"), "{shown}");
    assert_eq!(shown["keys"]["sm2"].as_str().unwrap().len(), 130);
    // And back from nothing.
    let safe = node.place().join("kek");
    std::fs::rename(&kek, &safe).unwrap();
    std::fs::remove_dir_all(node.data()).unwrap();
    let other = TestNode::new();
    profile(&other, "commercial");
    let source = format!("file:{}", safe.display());
    let report: Value =
        serde_json::from_str(&other.ok(&["restore", target.to_str().unwrap(), "--kek", &source])).unwrap();
    assert!(report["tables_read"].as_u64().unwrap() > 1, "{report}");
    assert_eq!(other.sql(ROWS), rows);
}

#[test]
fn a_node_that_changes_its_profile_reads_everything_it_wrote_before() {
    let node = TestNode::new();
    profile(&node, "international");
    let first = node.write("first.csv", register::file(1, 20));
    node.ingest(&first, "registry");
    node.ok(&["ca", "init", "root-a"]);
    let target = node.place().join("backup");
    let target = target.to_str().unwrap();
    node.ok(&["backup", target]);

    profile(&node, "commercial");
    let before = node.sql(ROWS);
    // The log keeps the digest it was made with; the authority's key was sealed with AES and opens.
    assert_eq!(json(&node, &["evidence", "keys"])["hash"], "sha256");
    let out = node.place().join("issued");
    node.ok(&["ca", "issue", "brain-b", "--out", out.to_str().unwrap()]);
    let second = node.write("second.csv", register::file(21, 60));
    node.ingest(&second, "registry");
    assert_ne!(node.sql(ROWS), before);
    // What is sealed anew is sealed with SM4, and the old keys move under the new one.
    node.ok(&["keys", "rotate", "--secrets"]);
    assert!(
        node.ok(&["keys", "list"]).lines().any(|line| line.contains("sm4-gcm") && line.ends_with("secret"))
    );
    node.ok(&["backup", target]);
    assert_eq!(node.ok(&["backup", target, "--list"]).lines().count(), 2);
    assert_eq!(node.run(&["doctor"]).code, Some(0));

    profile(&node, "international");
    node.ok(&["ca", "issue", "brain-c", "--out", out.to_str().unwrap()]);
    assert_eq!(json(&node, &["evidence", "verify"])["ok"], true);
}
