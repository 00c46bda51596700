//! Where settings come from, and what a mistake in them reads like.

use crate::node::{TestNode, answer};

#[test]
fn defaults_yield_to_the_file_the_file_to_the_environment_and_that_to_flags() {
    let node = TestNode::new();
    node.write(
        "brain.toml",
        "[node]\nname = \"from-file\"\nrole = \"edge\"\ndata = \"file-data\"\n[warehouse]\nquery_timeout_s = 7\n",
    );
    let mut command = node.command(&["config"]);
    let shown = answer(command.env("BRAIN_NODE_NAME", "from-environment").env("BRAIN_NODE_DATA", "env-data"));
    assert_eq!(shown.code, Some(0), "{shown:?}");
    let data = format!("data = \"{}\"", node.data().display());
    for part in ["query_rows_max = 1000000", "query_timeout_s = 7", "name = \"from-environment\"", &data] {
        assert!(shown.out.contains(part), "no {part} in\n{}", shown.out);
    }
    for (key, source) in [
        ("node.role", "brain.toml"),
        ("warehouse.query_timeout_s", "brain.toml"),
        ("node.name", "BRAIN_NODE_NAME"),
        ("node.data", "flag"),
    ] {
        let line = format!("# {key} ← {source}");
        assert!(shown.out.lines().any(|l| l == line), "no {line:?} in\n{}", shown.out);
    }
    assert!(!shown.out.contains("# warehouse.query_rows_max"), "defaults name no source");
    assert!(!node.data().exists(), "looking at the configuration creates nothing");
}

#[test]
fn passwords_are_never_printed() {
    let node = TestNode::new();
    let file = "[[demo.accounts]]\nusername = \"gov\"\npassword = \"Offenes-Geheimnis-1\"\ndisplay_name = \"G\"\nrole = \"government\"\n";
    node.write("brain.toml", file);
    let mut command = node.command(&["config"]);
    let shown = answer(command.env("BRAIN_STORE_URL", "postgres://brain:geheim@db:5432/brain"));
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.out.contains("postgres://brain:******@db:5432/brain"), "{}", shown.out);
    assert!(shown.out.contains("username = \"gov\""), "{}", shown.out);
    for secret in ["geheim", "Offenes-Geheimnis-1"] {
        assert!(!shown.out.contains(secret) && !shown.err.contains(secret), "{secret} is shown");
    }
}

#[test]
fn an_unknown_key_is_refused_by_name_and_source_before_anything_starts() {
    let node = TestNode::new();
    let file = node.write("wrong.toml", "[http]\nlisten_adress = \"127.0.0.1:1\"\n");
    let refused = node.run(&["doctor", "--config", file.to_str().unwrap()]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    for part in ["http.listen_adress", "wrong.toml", "listen"] {
        assert!(refused.err.contains(part), "no {part:?} in {}", refused.err);
    }
    let mut command = node.command(&["doctor"]);
    let refused = answer(command.env("BRAIN_HTTP_LISTENN", "127.0.0.1:1"));
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.err.contains("BRAIN_HTTP_LISTENN") && refused.err.contains("http.listenn"),
        "{refused:?}"
    );
    assert!(!node.data().exists(), "a node with a wrong configuration creates nothing");
}

#[test]
fn a_value_out_of_bounds_names_its_key() {
    let node = TestNode::new();
    node.write("brain.toml", "[warehouse]\nquery_timeout_s = 0\n");
    let refused = node.run(&["config"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("warehouse.query_timeout_s"), "{}", refused.err);
}
