//! What a node says of itself, on the command line and across starts.
#![cfg(unix)]

use crate::node::TestNode;
use serde_json::Value;

fn kinds(node: &TestNode) -> Vec<String> {
    let trace = node.ok(&["evidence", "trace", "node:brain-a", "--page-size", "1000"]);
    let found: Value = serde_json::from_str(&trace).unwrap();
    found["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["kind"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_changed_configuration_leaves_evidence_at_the_next_start() {
    let node = TestNode::new();
    let measured = |environment: &[(&str, &str)]| {
        let serving = node.serve_with(environment);
        // The first measurement is made beside the first answers.
        serving.measured();
        assert_eq!(serving.terminate(), Some(0));
        let shown: Value = serde_json::from_str(&node.ok(&["status", "show"])).unwrap();
        shown["measured"].clone()
    };
    let name = ("BRAIN_PEERS_NAME", "brain-a");
    let first = measured(&[name]);
    assert!(first["program"].as_str().unwrap().starts_with("sha-256:"), "{first}");
    let second = measured(&[name]);
    assert_eq!(first["configuration"], second["configuration"]);
    let third = measured(&[name, ("BRAIN_HTTP_UPLOAD_LIMIT_MIB", "17")]);
    assert_ne!(second["configuration"], third["configuration"]);
    assert_eq!(second["program"], third["program"]);
    let kinds = kinds(&node);
    let count = |kind: &str| kinds.iter().filter(|one| *one == kind).count();
    assert_eq!((count("node.measured"), count("node.changed")), (1, 1), "{kinds:?}");
}

#[test]
fn keys_are_printed_for_peers_and_a_forged_statement_is_refused() {
    let node = TestNode::new();
    let printed: Value = serde_json::from_str(&node.ok(&["status", "keys"])).unwrap();
    assert_eq!(printed["keys"]["ed25519"].as_str().unwrap().len(), 64);
    assert_eq!(printed["keys"]["sm2"].as_str().unwrap().len(), 130);
    let name = printed["name"].as_str().unwrap();
    let forged = format!(
        "{{\"statement\":{{\"node\":\"{name}\"}},\"signatures\":[{{\"algorithm\":\"ed25519\",\"public_key\":\"{}\",\
         \"signature\":\"{}\"}}]}}",
        printed["keys"]["ed25519"].as_str().unwrap(),
        "00".repeat(64)
    );
    let file = node.write("forged.json", forged);
    let refused = node.run(&["status", "verify", file.to_str().unwrap()]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("trust/peer-refused"), "{}", refused.err);
    let unknown = node.run(&["status", "check", "center-a"]);
    assert!(unknown.code == Some(1) && unknown.err.contains("not registered"), "{unknown:?}");
}

#[test]
fn the_compliance_report_is_printed_in_three_shapes() {
    let node = TestNode::new();
    let json: Value = serde_json::from_str(&node.ok(&["compliance", "report", "--format", "json"])).unwrap();
    assert_eq!(json["controls"].as_array().unwrap().len(), 62);
    let fact =
        |key: &str| json["facts"].as_array().unwrap().iter().find(|fact| fact["key"] == key).unwrap().clone();
    assert_eq!(fact("kek_place")["ok"], false, "the key lies beside what it protects");
    assert_eq!(fact("tls")["value"], "plain HTTP on this machine only");
    assert!(node.ok(&["compliance", "report"]).starts_with("# Self-check of protection level 3"));
    let out = node.place().join("report.html");
    node.ok(&["compliance", "report", "--format", "html", "--out", out.to_str().unwrap()]);
    assert!(std::fs::read_to_string(out).unwrap().contains("</table>"));
}
