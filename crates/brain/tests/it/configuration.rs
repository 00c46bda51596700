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

/// Every key, and values of every kind.
const WHOLE: &str = r#"
[node]
name = "测试"
role = "edge"
[http]
listen = "127.0.0.1:0"
upload_limit_mib = 1
[tls]
names = ["localhost", "127.0.0.1"]
[crypto]
profile = "commercial"
kek_older = ["env:OLD"]
[trust]
second_factor_required_roles = ["auditor"]
session_idle_minutes = 5
[telemetry]
log = "warn,brain=debug"
log_format = "json"
[evidence]
hash = "sm3"
[[evidence.witnesses]]
name = "w"
url = "http://127.0.0.1:1"
keys = ["w+ab12cd34+AWFrZXktb2YtdGhpcnR5LXR3by1ieXRlcy1sb25nISE="]
[[demo.accounts]]
username = "gov"
password = "Offenes-Geheimnis-1"
display_name = "G"
role = "government"
organisation = "91330681716195421C"
"#;
/// Damaged files tried; each is a start of the program.
const DAMAGED: u64 = 80;

#[test]
fn a_damaged_configuration_is_taken_or_refused_in_words_and_starts_nothing() {
    let node = TestNode::new();
    let mut state = 20_261_130_u64;
    let mut next = |sides: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % sides
    };
    let (mut taken, mut refused) = (0, 0);
    for case in 0..DAMAGED {
        let mut bytes = WHOLE.as_bytes().to_vec();
        for _ in 0..=next(3) {
            let at = next(bytes.len());
            match next(5) {
                0 => bytes[at] ^= 1 << next(8),
                1 => bytes.truncate(at),
                2 => drop(bytes.drain(at..bytes.len().min(at + 1 + next(20)))),
                3 => bytes.insert(at, b"\"[]{}=\n\\9"[next(9)]),
                _ => {
                    let copy = bytes[at..bytes.len().min(at + 40)].to_vec();
                    bytes.splice(at..at, copy);
                }
            }
            if bytes.is_empty() {
                bytes.push(b'\n');
            }
        }
        let file = node.write("damaged.toml", &bytes);
        let shown = node.run(&["config", "--config", file.to_str().unwrap()]);
        let said = format!("case {case}: {}\n{shown:?}", String::from_utf8_lossy(&bytes));
        assert!(!shown.err.contains("panicked"), "{said}");
        match shown.code {
            Some(0) => taken += 1,
            Some(1) => {
                assert!(!shown.err.trim().is_empty(), "{said}");
                refused += 1;
            }
            other => panic!("ended with {other:?}: {said}"),
        }
    }
    assert!(taken > 0 && refused > 0, "{taken} taken, {refused} refused");
    assert!(!node.data().exists(), "looking at the configuration creates nothing");
}
