//! The command line is audited like every other way, and checks, exports and drills from there.

use crate::node::TestNode;
use crate::register;
use serde_json::Value;

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn accesses(node: &TestNode, words: &[&str]) -> Vec<Value> {
    let found = parsed(&node.ok(&[&["audit", "list"], words].concat()));
    found["items"].as_array().unwrap().clone()
}

#[test]
fn what_is_read_or_refused_at_the_terminal_is_on_record_with_the_user_of_the_system() {
    let node = TestNode::new();
    let file = node.write("firms.csv", register::file(1, 3));
    node.ingest(&file, "registry");
    let query = "SELECT uscc FROM raw.registry";
    node.ok(&["sql", query, "--format", "csv", "--limit", "2"]);
    let record = accesses(&node, &["--dataset", "raw.registry"]).remove(0);
    assert_eq!(
        (&record["channel"], &record["action"]),
        (&"command_line".into(), &"export".into()),
        "{record}"
    );
    assert_eq!((&record["rows"], &record["outcome"]), (&2.into(), &"completed".into()), "{record}");
    assert_eq!(record["statement"], query);
    assert!(record["credential"].as_str().unwrap().starts_with("local:uid="), "{record}");
    assert_eq!(node.run(&["sql", "SELECT * FROM raw.nothing"]).code, Some(1));
    let failed = accesses(&node, &["--outcome", "failed"]).remove(0);
    assert_eq!(failed["reason"], "warehouse/unknown-dataset", "{failed}");
    let shown = parsed(&node.ok(&["audit", "show", &record["seq"].to_string()]));
    assert!(shown["anchor"]["evidence"].is_u64(), "anchored before the process ended: {shown}");
}

#[test]
fn records_are_checked_exported_once_and_an_incident_is_drilled() {
    let node = TestNode::new();
    node.ok(&["sql", "SELECT 1", "--format", "table"]);
    let verified = parsed(&node.ok(&["audit", "verify"]));
    assert_eq!(verified["ok"], true, "{verified}");
    let out = node.place().join("records.csv");
    let path = out.display().to_string();
    node.ok(&["audit", "export", &path]);
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(text.starts_with("seq,time,account") && text.contains("SELECT 1"), "{text}");
    let again = node.run(&["audit", "export", &path]);
    assert_eq!(again.code, Some(1), "a file that is there is not overwritten");
    let status = parsed(&node.ok(&["audit", "status"]));
    assert_eq!(status["days"], 1095);

    let begun = parsed(&node.ok(&["incident", "drill", "泄露演练", "--severity", "major"]));
    let id = begun["card"]["id"].as_str().unwrap().to_owned();
    assert_eq!(begun["card"]["drill"], true);
    assert_eq!(node.run(&["incident", "contain", &id, "--note", "x"]).code, Some(1), "nobody owns it");
    node.ok(&["incident", "note", &id, "桌面推演"]);
    node.ok(&["incident", "close", &id, "--cause", "演练结束", "--false-alarm"]);
    let open = parsed(&node.ok(&["incident", "list"]));
    assert!(open["items"].as_array().unwrap().iter().all(|one| one["id"] != id.as_str()), "{open}");
    assert!(node.ok(&["incident", "rules"]).contains("bulk-export"));
    assert_eq!(node.run(&["incident", "drill", "x", "--severity", "huge"]).code, Some(1));
}

#[test]
fn a_floor_of_the_law_is_not_lowered_by_configuration() {
    let node = TestNode::new();
    let config = node.write("short.toml", "[audit]\ndays = 30\n");
    let refused = node.run(&["--config", &config.display().to_string(), "doctor"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("audit.days") && refused.err.contains("网络安全法"), "{refused:?}");
}
