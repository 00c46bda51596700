//! The self-check of protection level 3: what the matrix names is gathered.

use brain_testkit::Node;
use std::collections::BTreeSet;

/// Facts that only the program knows of its configuration; `crates/brain/src/facts.rs` gathers them.
const OF_THE_PROGRAM: [&str; 13] = [
    "tls",
    "tls_certificate",
    "listener",
    "gateway",
    "peer_certificates",
    "demo_accounts",
    "store_engine",
    "crypto_profile",
    "kek_place",
    "lockout",
    "sessions",
    "password_rules",
    "backup_schedule",
];

#[tokio::test]
async fn the_report_gathers_every_fact_that_a_row_names() {
    let node = Node::start().await;
    let auditor = node.signed_in("auditor").await;
    let report = auditor.get("/api/v1/compliance").await.expect(200);
    let keys = |list: &serde_json::Value| -> BTreeSet<String> {
        list.as_array().unwrap().iter().map(|key| key.as_str().unwrap().to_owned()).collect()
    };
    let gathered: BTreeSet<String> = report["facts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fact| fact["key"].as_str().unwrap().to_owned())
        .collect();
    assert!(gathered.iter().all(|key| !OF_THE_PROGRAM.contains(&key.as_str())));
    let controls = report["controls"].as_array().unwrap();
    assert_eq!(controls.len(), 62);
    for control in controls {
        for key in keys(&control["facts"]) {
            let known = gathered.contains(&key) || OF_THE_PROGRAM.contains(&key.as_str());
            assert!(known, "row {} names {key}, which nobody gathers", control["row"]);
        }
    }
    let counts = &report["counts"];
    let total: u64 =
        ["met", "partly", "deployment", "open"].iter().map(|state| counts[state].as_u64().unwrap()).sum();
    assert_eq!(total, 62);
}

#[tokio::test]
async fn facts_follow_what_happens_to_the_node() {
    let node = Node::start().await;
    let auditor = node.signed_in("auditor").await;
    let fact = async |key: &str| {
        let report = auditor.get("/api/v1/compliance").await.expect(200);
        report["facts"].as_array().unwrap().iter().find(|fact| fact["key"] == key).unwrap().clone()
    };
    assert_eq!(fact("evidence_verified").await["value"], "never");
    assert_eq!(fact("backup").await["ok"], false);
    node.trust.evidence().verify().await.unwrap();
    assert_eq!(fact("evidence_verified").await["ok"], true);
    node.trust.status().remember_backup(Ok(("snapshot-1".to_owned(), 10))).await.unwrap();
    assert_eq!(fact("backup").await["ok"], true);
    node.trust.status().remember_backup(Err("disk full".to_owned())).await.unwrap();
    let failed = fact("backup").await;
    assert!(failed["ok"] == false && failed["value"].as_str().unwrap().contains("disk full"), "{failed}");
    let ready = node.anonymous().get("/readyz").await;
    assert!(ready.status == 200 && ready.text().contains("backup: not ok"), "{}", ready.text());
}
