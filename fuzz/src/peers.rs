//! What other nodes and other places hand over: statements of status, and folders with backups.

use crate::node::{NODE, RUNTIME};
use brain_backup::{
    Beat, Claim, Duty, Follower, LeaseFolder, LeaseTimes, OnLoss, Point, Repository, Tenure, Verdict, Vigil,
    restore,
};
use brain_kernel::clock::{Clock, SystemClock};
use brain_trust::status::{NodePublicKeys, Policy, SignedStatement, judge};
use brain_trust::{CryptoOptions, Keyring};
use chrono::DateTime;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
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
/// restored or followed, and no half node is left.
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
    let mut follower = Follower::open(&root, &PLACE.path().join("standby")).expect("a place for a copy");
    assert!(follower.advance(&ring).is_err(), "a mirror that was never made");
    assert!(follower.snapshot().is_none(), "nothing of it is in the copy");
    let into = PLACE.path().join("restored");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let outcome = RUNTIME.block_on(restore(&repository, &Point::Newest, &into, &ring, None, clock));
    assert!(outcome.is_err(), "a backup that was never made");
    assert!(!into.exists(), "half a node is left");
}

/// Files of a lease laid out, at most.
const FILES_MAX: usize = 16;

/// The files of a lease at the other site, each after a line `=== <name>`: whatever stands there, an epoch is claimed by
/// one alone, its holder's signs of life are told from each other, and nobody writes over what another wrote.
pub fn lease(data: &[u8]) {
    let mirror = tempfile::tempdir().expect("a temporary folder");
    let folder = LeaseFolder::establish(mirror.path()).expect("a mirror");
    lay_out(&String::from_utf8_lossy(data), &mirror.path().join("lease"));
    folder.standbys().expect("the folder is read");
    let highest = folder.highest().expect("the folder is read");
    let sign = folder.sign().expect("the folder is read");
    let epoch = highest.as_ref().map(|claim| claim.epoch);
    assert_eq!(sign.map(|sign| sign.epoch), epoch);

    let times = LeaseTimes::of(20);
    let mut vigil = Vigil::new(times.lease);
    vigil.saw(Duration::ZERO, sign);
    assert_eq!(vigil.duty(Duration::ZERO), Duty::Follow, "silence is measured here");
    if let (Some(sign), duty) = (sign, vigil.duty(times.lease)) {
        let takes_over = sign.stops || sign.ended;
        assert_eq!(duty, if takes_over { Duty::Claim(sign.epoch) } else { Duty::Silent });
    }
    if let Some(claim) = &highest {
        let beat = folder.beat(claim.epoch).expect("the folder is read");
        assert!(beat.is_none_or(|beat| beat.safety() <= Duration::from_secs(600)), "nobody waits for ever");
        let mut tenure = Tenure::new(claim.epoch, times.safety, OnLoss::Stop, Duration::ZERO);
        tenure.looked(Duration::ZERO, claim.epoch);
        assert_eq!(tenure.verdict(Duration::ZERO), Verdict::Serve);
        let mut post = folder.resume(claim.clone()).expect("the folder is read");
        let mut before = sign;
        for _ in 0..2 {
            assert_eq!(post.renew(own_beat()).expect("a sign of life").epoch, claim.epoch);
            let shown = folder.sign().expect("the folder is read");
            assert_ne!(shown, before, "a sign of life is told from the one before");
            before = shown;
        }
    }
    take_the_next(&folder, highest, &mirror.path().join("lease"));
}

/// The next epoch is claimed once, and the holder of the one before finds that.
fn take_the_next(folder: &LeaseFolder, highest: Option<Claim>, place: &Path) {
    let before = contents(place);
    let next = highest.as_ref().map_or(1, |claim| claim.epoch + 1);
    let claim = |holder: &str| Claim {
        epoch: next,
        holder: holder.to_owned(),
        name: holder.to_owned(),
        at: DateTime::UNIX_EPOCH,
    };
    if folder.claim(&claim("a")).is_ok_and(|post| post.is_some()) {
        assert_eq!(folder.highest().expect("the folder is read"), Some(claim("a")));
        assert!(folder.claim(&claim("b")).expect("the folder is read").is_none(), "somebody was first");
        if let Some(highest) = highest {
            let mut post = folder.resume(highest).expect("the folder is read");
            assert_eq!(post.renew(own_beat()).expect("the folder is read"), claim("a"));
        }
    } else {
        assert!(next > 99_999_999, "an epoch that nobody held was not to be had");
    }
    let after = contents(place);
    assert!(before.iter().all(|(name, text)| after.get(name) == Some(text)), "what stood there was changed");
}

fn own_beat() -> Beat {
    let (on_loss, at) = (OnLoss::Stop, DateTime::UNIX_EPOCH);
    Beat { beat: 0, on_loss, safety_ms: 12_000, ended: false, copied: None, at }
}

fn lay_out(text: &str, place: &Path) {
    for part in text.split("=== ").skip(1).take(FILES_MAX) {
        let (name, content) = part.split_once('\n').unwrap_or((part, ""));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-+_ .()".contains(&byte);
        if (1..=60).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with('.') {
            std::fs::write(place.join(name), content).expect("a file of the lease is written");
        }
    }
}

fn contents(place: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(place).expect("the folder is read").flatten();
    entries
        .map(|entry| {
            let content = std::fs::read(entry.path()).expect("a file of the lease is read");
            (entry.file_name().to_string_lossy().into_owned(), content)
        })
        .collect()
}
