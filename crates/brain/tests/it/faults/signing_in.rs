//! T2, third scenario: every operation of a sign-in fails once while the node serves. Nobody is signed in off the record,
//! whoever was told that he is signed in stays so, and the next one signs in again.

use super::disk::{ALL, Disk, Mode};
use super::office::{Office, configure, credentials};
use crate::node::TestNode;
use reqwest::Method;
use serde_json::Value;
use std::time::Duration;

/// Exit code of a program whose disk failed (`EX_IOERR`).
const DISK_FAILED: i32 = 74;
/// A sign-in has fewer operations.
const OPERATIONS_MAX: u64 = 200;
const WAYS: [Mode; 3] = [Mode::Eio, Mode::Enospc, Mode::Short];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "written, not yet seen to pass: see docs/quality/faults.md"]
async fn whatever_operation_of_a_sign_in_fails_nobody_is_signed_in_off_the_record() {
    let node = TestNode::new();
    configure(&node);
    node.ok(&["doctor"]);
    let disk = Disk::new();
    let mut office = Office::open(&node, |command| disk.under(command, &node.data()));
    let (mut failed, mut stopped, mut tokens) = (0, 0, Vec::new());
    for at in 1..=OPERATIONS_MAX {
        disk.fail(ALL, WAYS[at as usize % WAYS.len()], at, false);
        let request = office.stranger().request(Method::POST, "/api/v1/session?token=1");
        let reply = request.json(&credentials("audit")).send().await;
        let told: Option<(u16, Value)> = match reply {
            Ok(reply) => Some((reply.status().as_u16(), reply.json().await.unwrap_or_default())),
            Err(_) => None,
        };
        let injected = disk.injected() > 0;
        disk.mend();
        assert_eq!(disk.synced_again(), 0, "at {at}: {}", disk.log());
        match &told {
            Some((200, body)) => tokens.push(body["token"].as_str().unwrap().to_owned()),
            Some((status, body)) => {
                failed += 1;
                assert!(
                    matches!(status, 500 | 503 | 507) && injected,
                    "at {at}: {status} {body}: {}",
                    disk.log()
                );
                assert!(body["detail"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
            }
            None => failed += 1,
        }
        if let Some(code) = office.ended(Duration::from_millis(50)) {
            assert_eq!(code, DISK_FAILED, "at {at}: {}", disk.log());
            stopped += 1;
            office = Office::open(&node, |command| disk.under(command, &node.data()));
        }
        let stays = office.signed_in("secadmin").await;
        assert_eq!(stays.get("/api/v1/session").await.status, 200, "at {at}: the node works again");
        if !injected {
            // One more than there are.
            println!("{at} operations, {failed} failures told, {stopped} stops");
            break;
        }
    }
    assert!(failed > 3 && stopped > 0, "{failed} failures, {stopped} stops");
    for token in tokens {
        let reply = office.stranger().with_token(&token).get("/api/v1/session").await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    drop(office);
    let verification: Value = serde_json::from_str(&node.ok(&["evidence", "verify"])).unwrap();
    assert_eq!(verification["ok"], true, "{verification}");
}
