//! The commands a person types.

use crate::node::{TestNode, answer};
use crate::register;
use serde_json::Value;
use std::path::Path;

#[test]
fn completions_are_printed_for_every_shell_without_a_data_folder() {
    let node = TestNode::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = node.ok(&["completions", shell]);
        for command in ["brain", "ingest", "evidence"] {
            assert!(script.contains(command), "{shell} does not know {command}");
        }
    }
    assert!(!node.data().exists());
}

#[test]
fn run_lists_the_components_and_describes_the_parameters_of_one() {
    let node = TestNode::new();
    let list = node.ok(&["run"]);
    let ids: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    for id in ["chain.panorama", "chain.gap", "chain.risk", "chain.candidates", "enterprise.profile"] {
        assert!(ids.contains(&id), "{id} is not listed:\n{list}");
    }
    assert!(list.lines().all(|line| line.split_whitespace().count() > 1), "each has a title:\n{list}");
    let help = node.ok(&["run", "chain.gap", "--help"]);
    for flag in ["--chain *", "--region", "--compare", "--hhi-threshold", "--format"] {
        assert!(help.contains(flag), "no {flag} in\n{help}");
    }
    assert!(!node.data().exists(), "help needs no data folder");
}

#[test]
fn a_wrong_parameter_is_named_in_the_language_of_the_terminal() {
    let node = TestNode::new();
    let words = ["run", "chain.gap", "--chain", "nev", "--hhi-threshold", "much"];
    let english = node.run(&words);
    assert_eq!(english.code, Some(1), "{english:?}");
    assert!(english.err.contains("Parameter /hhi_threshold") && english.err.contains("much"), "{english:?}");
    let chinese = answer(node.command(&words).env("LANG", "zh_CN.UTF-8"));
    assert_eq!(chinese.code, Some(1), "{chinese:?}");
    assert!(chinese.err.contains("参数 /hhi_threshold"), "{chinese:?}");
    for answer in [&english, &chinese] {
        assert!(answer.err.contains("[component/parameter]"), "the code is the same: {answer:?}");
    }
    let unknown = node.run(&["run", "chain.gap", "--chian", "nev"]);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.err.contains("/chian"), "{unknown:?}");
    let nothing = node.run(&["run", "chain.nothing"]);
    assert_eq!(nothing.code, Some(1));
    assert!(nothing.err.contains("chain.nothing"), "{nothing:?}");
    assert!(!node.data().exists(), "a refused parameter opens no data folder");
}

#[test]
fn sql_prints_csv_and_json_reads_only_and_says_when_rows_are_cut() {
    let node = TestNode::new();
    let file = node.write("firms.csv", register::file(1, 3));
    node.ingest(&file, "registry");
    let query = "SELECT _line, uscc, capital FROM raw.registry ORDER BY _line";
    let csv = node.ok(&["sql", query, "--format", "csv"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "_line,uscc,capital");
    assert_eq!(lines[1], format!("2,{},\"1,001(万元人民币)\"", register::credit_code(1)));
    assert_eq!(lines.len(), 4);
    let json = node.sql(query);
    assert_eq!(json.len(), 3);
    assert_eq!(json[2]["uscc"], register::credit_code(3));
    assert_eq!(json[2]["_line"], 4);
    assert!(node.sql("SELECT uscc FROM raw.registry WHERE _line > 99").is_empty());

    let cut = node.run(&["sql", query, "--format", "csv", "--limit", "2"]);
    assert_eq!((cut.code, cut.out.lines().count()), (Some(0), 3), "{cut:?}");
    assert!(cut.err.contains("first 2 rows"), "{cut:?}");

    for statement in ["DROP TABLE raw.registry", "CREATE TABLE t AS SELECT 1", "DELETE FROM raw.registry"] {
        let refused = node.run(&["sql", statement]);
        assert_eq!(refused.code, Some(1), "{statement}: {refused:?}");
        assert!(refused.err.contains("[warehouse/"), "{statement}: {refused:?}");
    }
    let unknown = node.run(&["sql", "SELECT * FROM raw.nothing"]);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.err.contains("raw.nothing"), "{unknown:?}");
    assert_eq!(node.sql("SELECT count(*) AS n FROM raw.registry")[0]["n"], 3);
}

#[test]
fn csv_on_the_command_line_runs_nothing_in_a_spreadsheet_and_leaves_evidence() {
    let node = TestNode::new();
    let query = "SELECT '=1+cmd()' AS \"=evil\", '+86' AS plus, 'a,\"b\"' AS quoted, -1.5 AS amount, \
                 CAST('-2.50' AS DECIMAL(9,2)) AS exact, NULL AS nothing";
    let csv = node.ok(&["sql", query, "--format", "csv"]);
    assert_eq!(csv, "'=evil,plus,quoted,amount,exact,nothing\n'=1+cmd(),'+86,\"a,\"\"b\"\"\",-1.5,-2.50,\n");
    assert_eq!(
        node.ok(&["sql", "SELECT 1 AS n WHERE false", "--format", "csv"]),
        "n\n",
        "no rows, still a header"
    );
    let exports = || {
        let trace = node.ok(&["evidence", "trace", "query:command-line"]);
        serde_json::from_str::<Value>(&trace).unwrap()["total"].as_u64().unwrap()
    };
    let before = exports();
    node.ok(&["sql", "SELECT 1", "--format", "table"]);
    assert_eq!(exports(), before, "what is only shown is no export");
    for format in ["csv", "json"] {
        node.ok(&["sql", "SELECT 1", "--format", format]);
    }
    assert_eq!(exports(), before + 2, "each export is kept");
}

#[cfg(unix)]
#[test]
fn a_new_data_folder_is_closed_to_everyone_but_its_owner() {
    let node = TestNode::new();
    node.ok(&["doctor"]);
    for folder in ["", "keys", "store", "lake", "mappings", "tmp", "uploads"] {
        assert_eq!(mode(&node.data().join(folder)), 0o700, "{folder:?}");
    }
    for folder in ["keys", "store"] {
        let files: Vec<_> = std::fs::read_dir(node.data().join(folder)).unwrap().flatten().collect();
        assert!(!files.is_empty(), "{folder} holds something");
        for file in files {
            assert_eq!(mode(&file.path()), 0o600, "{}", file.path().display());
        }
    }
    assert_eq!(mode(&node.data().join("lock")), 0o600);
}

#[cfg(unix)]
#[test]
fn a_folder_that_was_open_to_others_is_closed() {
    use std::os::unix::fs::PermissionsExt as _;
    let node = TestNode::new();
    std::fs::create_dir(node.data()).unwrap();
    std::fs::set_permissions(node.data(), std::fs::Permissions::from_mode(0o755)).unwrap();
    node.ok(&["doctor"]);
    assert_eq!(mode(&node.data()), 0o700);
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_first_start_prints_three_one_time_passwords_once_and_keeps_it_nowhere() {
    let node = TestNode::new();
    let first = node.run(&["doctor"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    assert_eq!(first.err.matches("one-time password").count(), 3, "{first:?}");
    for (at, role) in ["system administrator admin", "security administrator security", "auditor auditor"]
        .into_iter()
        .enumerate()
    {
        assert!(first.err.contains(role), "{first:?}");
        let password = first.err.split("one-time password ").nth(at + 1).unwrap().split(' ').next().unwrap();
        assert!(password.len() >= 16, "{password:?}");
        assert_eq!(first.err.matches(password).count(), 1);
        assert!(!first.out.contains(password), "standard output may be kept in a file");
        for folder in ["", "keys", "store", "tmp"] {
            for file in std::fs::read_dir(node.data().join(folder)).unwrap().flatten() {
                if file.path().is_file() {
                    let bytes = std::fs::read(file.path()).unwrap();
                    let found = bytes.windows(password.len()).any(|window| window == password.as_bytes());
                    assert!(!found, "the password stands in {}", file.path().display());
                }
            }
        }
    }
    for words in [&["doctor"][..], &["evidence", "head"], &["catalog", "list"]] {
        let later = node.run(words);
        assert_eq!(later.code, Some(0), "{later:?}");
        assert!(!later.err.contains("password") && !later.out.contains("password"), "{later:?}");
    }
}

#[test]
fn boundaries_are_imported_under_an_approval_number_or_not_at_all() {
    let node = TestNode::new();
    // A made-up triangle; no boundary of any real region.
    let triangle = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"adcode":"330000"},
        "geometry":{"type":"Polygon","coordinates":[[[120,30],[121,30],[121,31],[120,30]]]}}]}"#;
    let file = node.write("triangle.geojson", triangle);
    let path = file.to_str().unwrap();
    assert_eq!(node.ok(&["map", "show"]).trim(), "null");
    let unnumbered = node.run(&["map", "import", path]);
    assert_eq!(unnumbered.code, Some(2), "{unnumbered:?}");
    let wrong = node.run(&["map", "import", path, "--approval", "none"]);
    assert!(wrong.code == Some(1) && wrong.err.contains("[warehouse/boundary-approval]"), "{wrong:?}");
    assert_eq!(node.ok(&["map", "show"]).trim(), "null");

    let report = node.ok(&["map", "import", path, "--approval", "GS（2024）0650号"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!((&report["approval"], &report["regions"]), (&Value::from("GS(2024)0650号"), &Value::from(1)));
    let shown: Value = serde_json::from_str(&node.ok(&["map", "show"])).unwrap();
    assert_eq!((&shown["source"], &shown["positions"]), (&Value::from("triangle.geojson"), &Value::from(4)));
    node.ok(&["map", "remove"]);
    assert_eq!(node.ok(&["map", "show"]).trim(), "null");
}

#[test]
fn the_catalogue_lists_mappings_and_refuses_what_it_does_not_know() {
    let node = TestNode::new();
    let mappings = node.ok(&["catalog", "mappings"]);
    for mapping in ["registry", "chain_kg", "listed_companies", "curated"] {
        assert!(mappings.lines().any(|line| line.split_whitespace().next() == Some(mapping)), "{mappings}");
    }
    let unknown = node.run(&["catalog", "show", "raw.nothing"]);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(unknown.err.contains("raw.nothing"), "{unknown:?}");
}

#[test]
fn who_can_see_what_is_answered_with_reasons_and_an_exit_code() {
    let node = TestNode::new();
    let file = node.write("firms.csv", register::file(1, 3));
    node.ingest(&file, "registry");
    let answer = node.ok(&["explain-access", "--account", "admin", "--dataset", "raw.registry", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer[0]["dataset"], "raw.registry");
    assert!(answer[0]["reasons"].as_array().is_some_and(|reasons| !reasons.is_empty()));
    let unknown = node.run(&["explain-access", "--account", "nobody", "--dataset", "raw.registry"]);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.err.contains("[trust/not-found]"), "{unknown:?}");
    let action = node.run(&["explain-access", "--dataset", "raw.registry", "--action", "eat"]);
    assert!(action.err.contains("publish"), "{action:?}");
}

#[test]
fn a_client_of_the_centre_is_registered_let_in_and_revoked_and_a_provider_gets_its_secret() {
    let node = TestNode::new();
    let made = node.ok(&[
        "identity",
        "clients",
        "register",
        "测试大脑",
        "--redirect",
        "https://b.example/sign-in/return",
    ]);
    let made: Value = serde_json::from_str(&made).unwrap();
    let id = made["client_id"].as_str().unwrap();
    assert!(made["secret"].as_str().unwrap().starts_with("brx_"));
    let listed = |state: &str| {
        let list = node.ok(&["identity", "clients", "list"]);
        assert!(list.contains(id) && list.contains(state) && list.contains("https://b.example/"), "{list}");
    };
    listed("waiting");
    node.ok(&["identity", "clients", "activate", id]);
    listed("active");
    let renewed = node.ok(&["identity", "clients", "secret", id]);
    assert_ne!(renewed.trim(), made["secret"].as_str().unwrap());
    node.ok(&["identity", "clients", "revoke", id]);
    listed("revoked");
    let again = node.run(&["identity", "clients", "activate", id]);
    assert!(again.code == Some(1) && again.err.contains("registered anew"), "{again:?}");
    let plain = node.run(&["identity", "clients", "register", "x", "--redirect", "http://b.example/"]);
    assert!(plain.code == Some(1) && plain.err.contains("https"), "{plain:?}");
    let unknown = node.run(&["identity", "providers", "secret", "centre"]);
    assert!(unknown.code == Some(1) && unknown.err.contains("centre"), "{unknown:?}");
    assert!(node.ok(&["identity", "providers", "list"]).is_empty());
}
