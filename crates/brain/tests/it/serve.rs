//! `brain serve` from start to a clean end.
#![cfg(unix)]

use crate::node::TestNode;
use serde_json::Value;

#[test]
fn it_answers_when_ready_and_a_termination_leaves_a_log_that_verifies() {
    let node = TestNode::new();
    let serving = node.serve();
    assert!(!serving.address.ends_with(":0"), "port 0 takes a free port: {}", serving.address);
    assert_eq!(serving.status("/livez"), 200);
    assert_eq!(serving.status("/readyz"), 200);
    assert_eq!(serving.status("/metrics"), 200);
    assert_eq!(serving.status("/api/v1/datasets"), 401, "nothing is open to a stranger");
    assert_eq!(serving.terminate(), Some(0));

    let verification: Value = serde_json::from_str(&node.ok(&["evidence", "verify"])).unwrap();
    assert_eq!(verification["ok"], true, "{verification}");
    assert!(verification["heads"].as_u64().unwrap() > 0, "the head is signed: {verification}");
}

#[test]
fn a_second_process_on_the_folder_is_refused_until_the_first_has_ended() {
    let node = TestNode::new();
    let serving = node.serve();
    let refused = node.run(&["doctor"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains(&format!("in use by process {}", serving.pid())), "{}", refused.err);
    assert!(refused.err.contains("--data"), "it says what to do: {}", refused.err);
    assert_eq!(serving.status("/readyz"), 200, "the first process goes on");
    assert_eq!(serving.terminate(), Some(0));
    node.ok(&["doctor"]);
}
