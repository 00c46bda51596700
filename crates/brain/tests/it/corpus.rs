//! `brain corpus`: a folder becomes a version, and a version is checked; on a node a corpus is defined, run, looked at and exported.

use crate::node::TestNode;
use serde_json::Value;
use std::fs;

/// Prose that every rule lets pass, with a telephone number in it.
const ZH: &str = "产业大脑汇集产业链上下游企业的数据，为政府和企业提供分析。平台对每一项数据进行分类分级，并记录谁在何时使用了它。\
    企业可以在平台上发布需求，也可以查找合作伙伴。联系电话：13812345678。\n\n数据进入平台以前须经过质量检查，不合格的记录被隔离，\
    等待人工处理。检查的结果与规则一起保存，任何人都可以核对。";
const EN: &str = "The industry brain gathers the data of a chain and answers to the firms in it. Each set of data is graded \
    before it is used, and the act of using it leaves a record that can be checked by everybody. Firms publish what they \
    need and find partners on the platform. Rows that fail are set aside for a person to look at, with the reason.";

fn place() -> TestNode {
    let node = TestNode::new();
    fs::create_dir(node.place().join("in")).unwrap();
    node.write("in/a.txt", ZH);
    node.write(
        "in/b.html",
        format!("<html><body><nav>首页</nav><article><p>{EN}</p></article></body></html>"),
    );
    node.write("in/c.txt", ZH.replace('，', ", "));
    node.write("in/d.txt", "太短。");
    node
}

#[test]
fn a_folder_becomes_a_version_that_is_checked_and_told() {
    let node = place();
    let build = ["corpus", "build", "--from", "in", "--to", "out", "--licence", "CC-BY-4.0", "--json"];
    let told: Value = serde_json::from_str(&node.ok(&build)).unwrap();
    assert_eq!((told["tally"]["documents"].as_u64(), told["existed"].as_bool()), (Some(4), Some(false)));
    assert_eq!(told["tally"]["rejected"]["words_min"], 1);
    assert_eq!(told["tally"]["exact_duplicates"], 1);
    assert_eq!(told["tally"]["personal"]["mobile_phone"], 2);
    let folder = node.place().join(told["folder"].as_str().unwrap());
    assert!(!node.data().exists(), "no data folder is needed or made");
    let card = fs::read_to_string(folder.join("README.md")).unwrap();
    assert!(card.starts_with("---\nlicense: cc-by-4.0\n"), "{card}");
    let shown = folder.to_str().unwrap();
    let report = node.ok(&["corpus", "report", shown]);
    assert!(report.contains("| stay | 2 |") && report.contains("`words_min` (Gopher) | 1 |"), "{report}");
    let manifest: Value = serde_json::from_str(&node.ok(&["corpus", "report", shown, "--json"])).unwrap();
    assert_eq!(manifest["options"]["licence"], "CC-BY-4.0");
    let again: Value = serde_json::from_str(&node.ok(&build)).unwrap();
    assert_eq!((&again["version"], again["existed"].as_bool()), (&told["version"], Some(true)));
    fs::write(folder.join("rejected.jsonl"), "").unwrap();
    let damaged = node.run(&["corpus", "report", shown]);
    assert_eq!(damaged.code, Some(1));
    assert!(
        damaged.err.contains("corpus/damaged") && damaged.err.contains("rejected.jsonl"),
        "{}",
        damaged.err
    );
}

#[test]
fn parameters_are_printed_read_again_and_refused_where_they_are_wrong() {
    let node = place();
    let parameters = node.ok(&["corpus", "parameters"]);
    assert!(parameters.contains("jaccard_min = 0.8"), "{parameters}");
    node.write("corpus.toml", parameters.replace("words_min = 50", "words_min = 1"));
    let build = ["corpus", "build", "--from", "in", "--to", "out", "--parameters", "corpus.toml"];
    let told = node.ok(&build);
    assert!(
        told.starts_with("4 documents: 2 stay, 0 gave no text, 1 broke a rule, 1 are duplicates\n"),
        "{told}"
    );
    node.write("corpus.toml", "[duplicates]\njaccard_min = 7");
    let wrong = node.run(&build);
    assert!(
        wrong.err.contains("corpus/option") && wrong.err.contains("duplicates.jaccard_min"),
        "{}",
        wrong.err
    );
    let nowhere = node.run(&["corpus", "build", "--from", "none", "--to", "out"]);
    assert!(nowhere.err.contains("corpus/read") && nowhere.err.contains("none"), "{}", nowhere.err);
}

#[test]
fn a_corpus_of_the_node_is_defined_run_looked_at_and_exported() {
    let node = place();
    node.write(
        "policies.toml",
        "title = \"政策\"\npurpose = \"检索\"\nlicence = \"CC-BY-4.0\"\n[parameters.splits]\nvalidation = 0.0\ntest = 0.0\n",
    );
    node.ok(&["corpus", "define", "policies", "--file", "policies.toml", "--reason", "first"]);
    let empty = node.run(&["corpus", "run", "policies"]);
    assert_eq!(empty.code, Some(1));
    assert!(empty.err.contains("warehouse/corpus-empty"), "{}", empty.err);
    node.ok(&["corpus", "add", "policies", "in/a.txt", "in/b.html", "in/d.txt"]);
    let run: Value = serde_json::from_str(&node.ok(&["corpus", "run", "policies", "--json"])).unwrap();
    assert_eq!(run["state"], "succeeded");
    let version: Value = serde_json::from_str(&node.ok(&["corpus", "show", "policies", "--json"])).unwrap();
    assert_eq!((&version["card"]["number"], &version["card"]["documents"]), (&1.into(), &2.into()));
    assert_eq!(version["reasons"][0]["rule"], "words_min");
    let card = node.ok(&["corpus", "show", "policies", "--card"]);
    assert!(card.contains("license: cc-by-4.0") && card.contains("a.txt"), "{card}");
    let documents = node.ok(&["corpus", "documents", "policies", "--text", "产业大脑"]);
    let document: Value = serde_json::from_str(documents.trim()).unwrap();
    assert_eq!(document["source"], "files/a.txt");
    let rejected: Value = serde_json::from_str(node.ok(&["corpus", "rejected", "policies"]).trim()).unwrap();
    assert_eq!((&rejected["source"], &rejected["limit"]), (&"files/d.txt".into(), &50.0.into()));
    let told = node.ok(&["corpus", "export", "policies", "--format", "jsonl", "--to", "out.jsonl"]);
    let exported = fs::read_to_string(node.place().join("out.jsonl")).unwrap();
    assert!(told.starts_with("2  ") && exported.lines().count() == 2, "{told}");
    let again = node.run(&["corpus", "export", "policies", "--to", "out.jsonl"]);
    assert_eq!(again.code, Some(1), "a file that is there is not written over");
    node.ok(&["corpus", "export", "policies", "--to", "out.zip"]);
    assert_eq!(fs::read(node.place().join("out.zip")).unwrap()[..2], *b"PK");
    node.ok(&["corpus", "remove", "policies", "a.txt"]);
    let versions = node.ok(&["corpus", "versions", "policies"]);
    assert!(versions.contains("a.txt") && versions.contains("removed"), "{versions}");
    let list = node.ok(&["corpus", "list"]);
    assert!(list.contains("policies") && list.contains("v1"), "{list}");
    assert!(node.run(&["corpus", "show", "nothing"]).err.contains("brain/unknown-corpus"));
}
