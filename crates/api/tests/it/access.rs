//! Who may call what: a table people can read, held against the document and against the node.

use crate::sample;
use brain_kernel::party::Role;
use brain_testkit::{Client, Node};
use serde_json::Value;
use std::collections::BTreeMap;

/// One line per operation: its id and, for nobody signed in and each role, `yes` or `no`.
const MATRIX: &str = include_str!("access_matrix.csv");

fn matrix() -> BTreeMap<String, BTreeMap<String, bool>> {
    let mut lines = MATRIX.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').skip(1).collect();
    let row = |line: &str| {
        let mut cells = line.split(',');
        let id = cells.next().unwrap().to_owned();
        let cells: Vec<bool> = cells
            .map(|cell| match cell {
                "yes" => true,
                "no" => false,
                other => panic!("{id}: {other:?} is neither yes nor no"),
            })
            .collect();
        assert_eq!(cells.len(), header.len(), "{id}");
        (id, header.iter().map(|&who| who.to_owned()).zip(cells).collect())
    };
    lines.map(row).collect()
}

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &Value)| {
        let path = path.clone();
        let item = item.as_object().unwrap().clone();
        item.into_iter().map(move |(method, operation)| (path.clone(), method, operation)).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

#[tokio::test]
async fn the_document_says_what_the_table_says() {
    let node = Node::with_components(sample::components()).await;
    let document = node.anonymous().get("/api/v1/openapi.json").await.expect(200);
    let mut expected = matrix();
    let mut lines = Vec::new();
    for (_, _, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap().to_owned();
        let audience: Vec<&str> =
            operation["x-audience"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let public = audience.contains(&"public");
        let nobody = [("nobody".to_owned(), public)];
        let roles = Role::ALL.map(|role| (role.name().to_owned(), public || audience.contains(&role.name())));
        let row: BTreeMap<String, bool> = nobody.into_iter().chain(roles).collect();
        let say = |who: &str| if row[who] { "yes" } else { "no" };
        let cells: Vec<&str> = std::iter::once("nobody").chain(Role::ALL.map(Role::name)).map(say).collect();
        lines.push(format!("{id},{}", cells.join(",")));
        if expected.remove(&id) != Some(row) {
            lines.last_mut().unwrap().push_str("   <- differs");
        }
    }
    lines.sort();
    let differs = lines.iter().any(|line| line.ends_with("differs"));
    assert!(
        !differs && expected.is_empty(),
        "the document says:\n{}\nleft over: {expected:?}",
        lines.join("\n")
    );
}

#[tokio::test]
async fn the_node_does_what_the_table_says() {
    let node = Node::with_components(sample::components()).await;
    let document = node.anonymous().get("/api/v1/openapi.json").await.expect(200);
    let table = matrix();
    let mut clients: Vec<(&str, Client)> = vec![("nobody", node.anonymous())];
    for role in Role::ALL {
        clients.push((role.name(), node.signed_in(role.name()).await));
    }
    for (path, method, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        // Signing out would end the session the rest of the test needs; its own test covers it. The waiting component
        // waits, and metrics are open to this machine.
        if ["session_close", "test_wait", "metrics"].contains(&id) {
            continue;
        }
        let path = path
            .replace("{seq}", "0")
            .replace("{name}", "raw.x")
            .replace("{id}", "x")
            .replace("{uscc}", brain_testkit::ORGANISATION)
            .replace("{query_id}", "x");
        for (who, client) in &clients {
            let request = client.request(method.to_uppercase().parse().unwrap(), &path);
            let reply = client.send(request).await;
            let refused = ["api/not-signed-in", "api/audience"].contains(&reply.code().as_str());
            assert_eq!(refused, !table[id][*who], "{who} at {id}: {}", reply.text());
            assert!(!refused || [401, 403].contains(&reply.status.as_u16()), "{who} at {id}");
        }
    }
}

/// Acts everybody does to himself: they are no administrator's work.
const OWN: [&str; 25] = [
    "passkey_begin",
    "passkey_confirm",
    "passkey_rename",
    "passkey_remove",
    "passkey_step_up",
    "session_passkey",
    "federation_depart",
    "federation_arrive",
    "links_begin",
    "links_end",
    "consents_withdraw",
    "session_open",
    "session_second_factor",
    "session_close",
    "session_password",
    "totp_begin",
    "totp_confirm",
    "totp_remove",
    "recovery_codes_renew",
    "session_step_up",
    "sessions_end",
    "sessions_end_others",
    "api_keys_create",
    "api_keys_rotate",
    "api_keys_revoke",
];
/// Open to everybody, because what is sent is let in by the signature of a log that the configuration names.
const SIGNED: [&str; 1] = ["witness_add"];
/// Open to everybody, because a client shows itself in the body: its secret or its signature.
const PROVEN: [&str; 2] = ["oauth_token", "oauth_revoke"];
/// Sent with POST, but changes nothing.
const READS_BY_POST: [&str; 3] = ["evidence_verify", "audit_verify", "passkey_request"];

#[tokio::test]
async fn no_administrator_can_do_the_work_of_another_and_the_auditor_changes_nothing() {
    let node = Node::with_components(sample::components()).await;
    let document = node.anonymous().get("/api/v1/openapi.json").await.expect(200);
    let mut acts = 0;
    for (_, method, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        // A person tells another node who he is: an act of whoever signs in there, whatever his role.
        let own = OWN.contains(&id) || id == "authorization_decide";
        if method == "get" || own || READS_BY_POST.contains(&id) {
            continue;
        }
        acts += 1;
        let audience: Vec<&str> =
            operation["x-audience"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let who: Vec<&str> =
            Role::ADMINISTRATORS.map(Role::name).into_iter().filter(|role| audience.contains(role)).collect();
        assert!(who.len() <= 1 && !who.contains(&"auditor"), "{id} is open to {who:?}");
        let open = audience.contains(&"public") && !SIGNED.contains(&id) && !PROVEN.contains(&id);
        assert!(!open, "{id} changes something and is open to everybody");
    }
    assert!(acts > 10, "the document was read");
}
