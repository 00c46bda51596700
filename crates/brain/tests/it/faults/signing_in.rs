//! T2, third scenario: every operation of a sign-in fails once while the node serves. Nobody is signed in off the record,
//! whoever was told that he is signed in stays so, and the next one signs in again.

use super::disk::{ALL, Disk, Mode, SYNCS};
use super::office::{Office, configure, credentials};
use crate::node::TestNode;
use reqwest::Method;
use serde_json::Value;
use std::time::Duration;

/// Exit code of a program whose disk failed (`EX_IOERR`).
const DISK_FAILED: i32 = 74;
/// A sign-in has fewer operations.
const OPERATIONS_MAX: u64 = 200;
/// A process that does not end by then goes on.
const END_MAX: Duration = Duration::from_secs(60);
const WAYS: [Mode; 3] = [Mode::Eio, Mode::Enospc, Mode::Short];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_operation_of_a_sign_in_fails_nobody_is_signed_in_off_the_record() {
    let node = TestNode::new();
    configure(&node);
    node.ok(&["doctor"]);
    let disk = Disk::new();
    let mut desk =
        Desk { office: Office::open(&node, |command| disk.under(command, &node.data())), node, disk };
    let (mut failed, mut stopped, mut tokens) = (0, 0, Vec::new());
    for at in 1..=OPERATIONS_MAX {
        desk.disk.fail(ALL, WAYS[at as usize % WAYS.len()], at, false);
        let sign_in = desk.sign_in(at).await;
        failed += usize::from(sign_in.token.is_none());
        stopped += usize::from(sign_in.stopped);
        tokens.extend(sign_in.token);
        if !sign_in.injected {
            // One more than there are.
            println!("{at} operations, {failed} failures told, {stopped} stops");
            break;
        }
    }
    assert!(failed > 3, "{failed} failures");
    // Which number a sync has is not the same each time.
    desk.disk.fail(SYNCS, Mode::Eio, 1, false);
    let unsynced = desk.sign_in(0).await;
    assert!(unsynced.stopped, "a sign-in is brought to disk");
    tokens.extend(unsynced.token);
    for token in tokens {
        let reply = desk.office.stranger().with_token(&token).get("/api/v1/session").await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    let Desk { office, node, .. } = desk;
    drop(office);
    let verification: Value = serde_json::from_str(&node.ok(&["evidence", "verify"])).unwrap();
    assert_eq!(verification["ok"], true, "{verification}");
}

/// Where people sign in, on a disk that fails.
struct Desk {
    office: Office,
    node: TestNode,
    disk: Disk,
}

/// What came of a sign-in.
struct SignIn {
    token: Option<String>,
    /// The process ended.
    stopped: bool,
    /// Something was made to fail.
    injected: bool,
}

impl Desk {
    /// Sign in on the disk as it was told to fail, mend it, and see that the node works again.
    async fn sign_in(&mut self, at: u64) -> SignIn {
        let request = self.office.stranger().request(Method::POST, "/api/v1/session?token=1");
        let reply = request.json(&credentials("audit")).send().await;
        let told: Option<(u16, Value)> = match reply {
            Ok(reply) => Some((reply.status().as_u16(), reply.json().await.unwrap_or_default())),
            Err(_) => None,
        };
        let injected = self.disk.injected() > 0;
        self.disk.mend();
        let log = self.disk.log();
        assert_eq!(self.disk.synced_again(), [""; 0], "at {at}: {log}");
        let mut token = None;
        match &told {
            Some((200, body)) => token = body["token"].as_str().map(str::to_owned),
            Some((status, body)) => {
                assert!(matches!(status, 500 | 503 | 507) && injected, "at {at}: {status} {body}: {log}");
                assert!(body["detail"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
            }
            None => {}
        }
        let stopped = told.is_none() || a_sync_failed(&log);
        if stopped {
            assert_eq!(self.office.ended(END_MAX), Some(DISK_FAILED), "at {at}: {log}");
            self.office = Office::open(&self.node, |command| self.disk.under(command, &self.node.data()));
        }
        let next = self.office.signed_in("secadmin").await;
        assert_eq!(next.get("/api/v1/session").await.status, 200, "at {at}: the node works again");
        SignIn { token, stopped, injected }
    }
}

/// Whether a sync failed that guards something; see `Disk::synced_again`. The search index, which a slow machine may be
/// writing just then, is made again from what it was made of.
fn a_sync_failed(log: &str) -> bool {
    let syncs = |line: &&str| line.contains(" fsync ") || line.contains(" fdatasync ");
    let guards = |line: &str| !line.ends_with("/data/store") && !line.contains("/data/search/");
    log.lines().filter(syncs).any(guards)
}
