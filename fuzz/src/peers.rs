//! What other nodes and other places hand over: statements of status, and folders with backups.

use crate::node::{NODE, RUNTIME};
use brain_backup::{Point, Repository, restore};
use brain_kernel::clock::{Clock, SystemClock};
use brain_trust::status::{NodePublicKeys, Policy, SignedStatement, judge};
use brain_trust::{CryptoOptions, Keyring};
use serde_json::Value;
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;

/// A statement that this node really made, and the keys it is known by.
static GENUINE: LazyLock<(SignedStatement, NodePublicKeys)> = LazyLock::new(|| {
    let status = NODE.trust.status();
    let signed = RUNTIME.block_on(status.statement(&"0".repeat(32), Vec::new())).expect("a statement");
    (signed, status.public_keys())
});

/// Statements: as they came, and laid over a genuine one. What nobody signed does not count.
pub fn statement(data: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
    let (genuine, _) = &*GENUINE;
    if let Ok(signed) = serde_json::from_value::<SignedStatement>(value.clone()) {
        assert!(!accepted(&signed), "nobody guesses a signature");
    }
    let mut changed = genuine.clone();
    if let (Some(fields), Some(into)) = (value.as_object(), changed.statement.as_object_mut()) {
        into.extend(fields.clone());
    }
    assert_eq!(accepted(&changed), changed == *genuine, "what was changed after signing does not count");
}

fn accepted(signed: &SignedStatement) -> bool {
    let (_, keys) = &*GENUINE;
    let status = NODE.trust.status();
    let policy = Policy {
        node: status.name(),
        keys,
        sm2: false,
        nonce: None,
        now: SystemClock.now(),
        freshness_seconds: 300,
        known_good: &[],
        known_good_required: false,
        before: None,
        certificate: None,
    };
    match judge(signed, &policy) {
        Ok(_) => true,
        Err(refusal) => {
            assert!(!refusal.text().zh.is_empty() && !refusal.text().en.is_empty());
            false
        }
    }
}

static PLACE: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a temporary folder"));

/// The list of a backup and its wrapped keys, told apart by a line `====`: nothing that this node did not seal is
/// restored, and no half node is left.
pub fn backup(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (snapshot, keys) = text.split_once("====\n").unwrap_or((&text, "[]"));
    let root = PLACE.path().join("backup");
    let repository = Repository::create(&root).expect("a folder for backups");
    std::fs::write(root.join("snapshots").join("one.json"), snapshot).expect("the list is written");
    std::fs::write(root.join("keys.json"), keys).expect("the keys are written");
    if let Ok(found) = repository.snapshots() {
        assert!(found.iter().all(|snapshot| snapshot.id == "one"), "a snapshot is called as its file is");
    }
    let options = CryptoOptions::default();
    let ring = Keyring::open(&options, &PLACE.path().join("keys"), &|_| None).expect("keys");
    let into = PLACE.path().join("restored");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let outcome = RUNTIME.block_on(restore(&repository, &Point::Newest, &into, &ring, None, clock));
    assert!(outcome.is_err(), "a backup that was never made");
    assert!(!into.exists(), "half a node is left");
}
