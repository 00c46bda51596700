//! Corpora in the warehouse: of datasets and files, with grade, grant, mask, lineage, staleness and erasure; a version is
//! whole or absent.

use crate::door::grant;
use crate::node::{Node, OWN, administrator, party};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::grade::Grade;
use brain_kernel::party::{Party, Role};
use brain_kernel::predicate::{Mask, Predicate};
use brain_kernel::progress::{Cancel, Progress};
use brain_store::PageRequest;
use brain_store::corpus as rows;
use brain_trust::evidence::EntryFilter;
use brain_warehouse::Session;
use brain_warehouse::corpus::{
    Corpora, CorpusDetail, DocumentQuery, ExportFormat, InputUsed, NewCorpus, PURPOSE, RejectedQuery,
    VersionDetail,
};
use brain_warehouse::ingest::{IngestOptions, IngestRequest};
use serde_json::{Value, json};
use std::io::Read as _;

const MAPPING: &str = r#"
name = "notices"
title = { zh = "公告", en = "Notices" }
description = { zh = "公告。", en = "Notices." }
owner = "省经信厅"
side = "industry"
grade = "general2"
source = "test"
licence = "test"

[[table]]
dataset = "raw.notice"
files = ["notice*.csv"]
mode = "replace"

[[table.column]]
name = "name"
type = "text"

[[table.column]]
name = "body"
type = "text"

[[table.column]]
name = "pages"
type = "integer"
"#;

const ENGLISH: &str = "The industry brain gathers the data of a chain and answers to the firms in it. Each set of data is \
    graded before it is used, and the act of using it leaves a record that can be checked by everybody. Firms publish what \
    they need and find partners on the platform. The rules are kept with the data, so that a number can be followed back.";

/// Texts that are no duplicates of each other: each begins and ends in its own way.
fn text(of: &str) -> String {
    let between = ["of", "and", "the", "in", "for", "with", "by", "from"];
    let words = (0..60).zip(between.iter().cycle()).map(|(at, between)| format!("{of}{at} {between}"));
    format!("{ENGLISH} The firm of {of} says that {} all of it ends.", words.collect::<Vec<_>>().join(" "))
}

async fn load(node: &Node, file: &str, lines: &[(&str, String)]) {
    let mut csv = "name,body,pages\n".to_owned();
    for (name, body) in lines {
        csv.push_str(&format!("{name},\"{body}\",3\n"));
    }
    let path = node.file(&format!("in/{file}"), &csv);
    let options = IngestOptions { skip_models: true, ..IngestOptions::default() };
    let request = IngestRequest { path, mapping: "notices".to_owned(), options };
    node.warehouse.ingest(&administrator(), request, Progress::new(), Cancel::new()).await.unwrap();
}

async fn loaded() -> Node {
    let node = Node::empty().await;
    node.file("mappings/notices.toml", MAPPING);
    let body = |of: &str| format!("{} Call 13812345678 now.", text(of));
    load(
        &node,
        "notice1.csv",
        &[("甲", body("alpha")), ("乙", body("beta")), ("丙", "This is the one and it is short.".to_owned())],
    )
    .await;
    node
}

fn maker(name: &str) -> Party {
    Party { account: name.to_owned(), ..party(Role::Government, None) }
}

fn session(node: &Node, party: &Party) -> Session {
    node.warehouse.session(party, PURPOSE)
}

fn new(change: impl FnOnce(&mut Value)) -> NewCorpus {
    let mut new = json!({
        "name": "notices", "reason": "首次",
        "definition": {
            "title": "公告语料", "purpose": "检索", "licence": "CC-BY-4.0",
            "sources": [{ "dataset": "raw.notice", "text": "body", "title": "name" }],
            "parameters": { "splits": { "validation": 0.0, "test": 0.0 } },
        },
    });
    change(&mut new);
    serde_json::from_value(new).unwrap()
}

async fn defined(node: &Node, who: &Party) -> (Corpora, String) {
    let corpora = node.warehouse.corpora();
    let made = corpora.define(&session(node, who), new(|_| {})).await.map_err(Failure::from).unwrap();
    (corpora, made.card.id)
}

async fn run(node: &Node, corpora: &Corpora, who: &Party, id: &str) -> VersionDetail {
    let run = corpora.run(session(node, who), id, Progress::new(), Cancel::new()).await;
    let run = run.map_err(Failure::from).unwrap();
    assert_eq!(run.state, "succeeded", "{run:?}");
    let detail: CorpusDetail = corpora.get(&session(node, who), id).await.unwrap();
    let number = detail.card.version.unwrap();
    corpora.version(&session(node, who), id, number).await.map_err(Failure::from).unwrap()
}

#[tokio::test]
async fn a_dataset_and_a_file_become_a_version_with_lineage_grade_and_reasons() {
    let node = loaded().await;
    let who = maker("ann");
    let (corpora, id) = defined(&node, &who).await;
    let path = node.file("brought.txt", &text("gamma"));
    corpora.bring(&session(&node, &who), &id, &path, "说明.txt").await.map_err(Failure::from).unwrap();
    let detail = run(&node, &corpora, &who, &id).await;
    let steps: Vec<(&str, u64)> = detail.steps.iter().map(|step| (step.name.as_str(), step.count)).collect();
    assert_eq!(
        steps,
        [("files", 2), ("documents", 4), ("extracted", 4), ("accepted", 3), ("unique", 3), ("kept", 3)]
    );
    assert_eq!(
        detail.reasons.iter().map(|r| (r.rule.as_str(), r.count)).collect::<Vec<_>>(),
        [("words_min", 1)]
    );
    assert!(detail.tokens.tokens > 300 && detail.tokens.distinct > 50, "{:?}", detail.tokens);
    assert_eq!(detail.licence.as_deref(), Some("CC-BY-4.0"));
    assert!(
        detail.readme.contains("license: cc-by-4.0") && detail.readme.contains("raw.notice@"),
        "{}",
        detail.readme
    );
    assert!(detail.report.zh.contains("质量报告") && detail.card.stale.is_empty() && !detail.card.deleted);
    assert!(
        matches!(&detail.inputs[0], InputUsed::Dataset { dataset, version: 0, rows: 3, .. } if dataset == "raw.notice")
    );
    assert!(matches!(&detail.inputs[1], InputUsed::File { name, .. } if name == "说明.txt"));
    assert_eq!(detail.grade, Some(Grade::General2), "at least that of the dataset");
    let documents = corpora
        .documents(&session(&node, &who), &id, 1, &DocumentQuery::default())
        .await
        .map_err(Failure::from)
        .unwrap();
    assert_eq!(documents.total, 3);
    let sources: Vec<&str> = documents.items.iter().filter_map(|d| d.source.as_deref()).collect();
    assert_eq!(sources, ["datasets/raw.notice.jsonl", "datasets/raw.notice.jsonl", "files/说明.txt"]);
    let shown = documents.items[0].text.as_deref().unwrap();
    assert!(!shown.contains("13812345678") && documents.items[0].title.as_deref() == Some("甲"), "{shown}");
    let query = DocumentQuery { text: Some("GAMMA".to_owned()), ..DocumentQuery::default() };
    assert_eq!(corpora.documents(&session(&node, &who), &id, 1, &query).await.unwrap().total, 1);
    let query = RejectedQuery { rule: Some("words_min".to_owned()), ..RejectedQuery::default() };
    let rejected = corpora.rejected(&session(&node, &who), &id, 1, &query).await.unwrap();
    assert_eq!((rejected.total, rejected.items[0].line, rejected.items[0].limit), (1, Some(3), Some(50.0)));
    // The same texts by the same rules are the same version.
    let again = run(&node, &corpora, &who, &id).await;
    assert_eq!((again.card.number, &again.card.digest), (1, &detail.card.digest));
    // SQL reads the same rows through the same door.
    let counted = node.rows(&who, "SELECT count(*) FROM topic.corpus_notices").await.unwrap();
    assert_eq!(counted, ["3"]);
    let facts = node.warehouse.catalogue().facts("topic.corpus_notices").map_err(Failure::from).unwrap();
    assert_eq!((facts.owner.as_str(), facts.grade), ("node", Grade::General2));
}

#[tokio::test]
async fn a_changed_source_a_deleted_file_and_another_definition_are_told() {
    let node = loaded().await;
    let who = maker("ann");
    let (corpora, id) = defined(&node, &who).await;
    let path = node.file("brought.txt", &text("gamma"));
    let file = corpora.bring(&session(&node, &who), &id, &path, "a.txt").await.unwrap();
    let twice = corpora.bring(&session(&node, &who), &id, &path, "a.txt").await.map_err(Failure::from);
    Node::refused(twice, ErrorKind::AlreadyExists);
    let odd = corpora.bring(&session(&node, &who), &id, &path, "../a.exe").await.map_err(Failure::from);
    Node::refused(odd, ErrorKind::InvalidArgument);
    run(&node, &corpora, &who, &id).await;
    let kept = node.path().join("corpora").join(&id).join(&file.id);
    assert!(kept.is_file());
    corpora.remove_file(&session(&node, &who), &id, &file.id).await.map_err(Failure::from).unwrap();
    assert!(!kept.exists(), "the file is gone from disk");
    load(&node, "notice2.csv", &[("丁", text("delta"))]).await;
    let stale = corpora.version(&session(&node, &who), &id, 1).await.unwrap().card.stale;
    let told: Vec<(&str, &str)> = stale.iter().map(|s| (s.input.as_str(), s.kind.as_str())).collect();
    assert_eq!(told, [("raw.notice", "changed"), ("a.txt", "removed")]);
    assert!(corpora.list(&session(&node, &who), Some("公告")).await.unwrap()[0].stale);
    let second = run(&node, &corpora, &who, &id).await;
    assert_eq!((second.card.number, second.card.stale.len()), (2, 0));
    assert!(corpora.list(&session(&node, &who), Some("nothing")).await.unwrap().is_empty());
    let changed = new(|new| new["definition"]["title"] = json!("公告语料二"));
    let seen = corpora.get(&session(&node, &who), &id).await.unwrap().card.revision;
    let change = |revision| {
        let definition = changed.definition.clone();
        let (session, corpora, id) = (session(&node, &who), corpora.clone(), id.clone());
        async move { corpora.change(&session, &id, revision, definition, "改名").await.map_err(Failure::from) }
    };
    assert_eq!(change(seen).await.unwrap().card.title, "公告语料二");
    assert_eq!(change(seen).await.unwrap_err().code, "store/stale");
    assert_eq!(run(&node, &corpora, &who, &id).await.card.number, 3);
}

#[tokio::test]
async fn what_a_grant_hides_makes_no_corpus_and_a_stranger_sees_none() {
    let node = loaded().await;
    let (corpora, id) = defined(&node, &maker("ann")).await;
    run(&node, &corpora, &maker("ann"), &id).await;
    let enterprise = party(Role::Enterprise, Some(OWN));
    Node::refused(
        corpora.list(&session(&node, &enterprise), None).await.map_err(Failure::from),
        ErrorKind::Forbidden,
    );
    node.revoke_everything().await;
    // Without a grant the corpus does not exist for a colleague, and its documents are closed even to who made it.
    let stranger = corpora.get(&session(&node, &maker("bob")), &id).await.map_err(Failure::from);
    Node::refused(stranger, ErrorKind::NotFound);
    let query = DocumentQuery::default();
    let closed =
        corpora.documents(&session(&node, &maker("ann")), &id, 1, &query).await.map_err(Failure::from);
    assert_eq!(Node::refused(closed, ErrorKind::Forbidden).code, "warehouse/no-grant");
    let export =
        corpora.export(&session(&node, &maker("ann")), &id, 1, ExportFormat::Jsonl, Cancel::new()).await;
    Node::refused(export.map(drop).map_err(Failure::from), ErrorKind::Forbidden);
    // Masked here, a text is no text to build from.
    let masks = [("body", Mask::Redact)];
    node.grant(grant(Role::Government, "raw.notice", Predicate::All(Vec::new()), &masks)).await;
    let again = corpora.run(session(&node, &maker("ann")), &id, Progress::new(), Cancel::new()).await;
    let refused = Node::refused(again.map_err(Failure::from), ErrorKind::Forbidden);
    assert_eq!(refused.code, "warehouse/corpus-masked");
    // A mask on the documents reaches page and file alike.
    let masks = [("text", Mask::Redact)];
    node.grant(grant(Role::Government, "topic.*", Predicate::All(Vec::new()), &masks)).await;
    let page = corpora
        .documents(&session(&node, &maker("bob")), &id, 1, &query)
        .await
        .map_err(Failure::from)
        .unwrap();
    assert!(
        page.total == 2 && page.items.iter().all(|d| !d.text.as_deref().unwrap_or_default().contains("firm"))
    );
    let file = export_text(&node, &corpora, &maker("bob"), &id, ExportFormat::Jsonl).await;
    assert!(file.lines().count() == 2 && !file.contains("industry brain"), "{file}");
}

async fn export_text(node: &Node, corpora: &Corpora, who: &Party, id: &str, format: ExportFormat) -> String {
    let exported = corpora.export(&session(node, who), id, 1, format, Cancel::new()).await;
    let mut exported = exported.map_err(Failure::from).unwrap();
    let mut text = String::new();
    exported.file.read_to_string(&mut text).unwrap();
    assert_eq!(exported.bytes, text.len() as u64);
    text
}

#[tokio::test]
async fn an_export_has_every_document_and_leaves_evidence() {
    let node = loaded().await;
    let who = maker("ann");
    let (corpora, id) = defined(&node, &who).await;
    let detail = run(&node, &corpora, &who, &id).await;
    let text = export_text(&node, &corpora, &who, &id, ExportFormat::Jsonl).await;
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len() as i64, detail.card.documents);
    assert!(lines.iter().all(|line| line["split"] == "train" && line["text"].as_str().unwrap().contains("industry brain")));
    let form = ExportFormat::Huggingface;
    let exported = corpora
        .export(&session(&node, &who), &id, 1, form, Cancel::new())
        .await
        .map_err(Failure::from)
        .unwrap();
    assert_eq!((exported.name.as_str(), exported.rows, exported.sha256.len()), ("notices-v1.zip", 2, 64));
    let mut archive = zip::ZipArchive::new(exported.file).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    for name in [
        "README.md",
        "data/train-00000-of-00001.parquet",
        "passages/train-00000-of-00001.parquet",
        "rejected.jsonl",
        "lineage.json",
        "manifest.json",
    ] {
        assert!(names.iter().any(|known| known == name), "{name} in {names:?}");
    }
    let mut read = |name: &str| {
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let lineage: Value = serde_json::from_str(&read("lineage.json")).unwrap();
    assert_eq!(lineage["sources"][0]["dataset"], "raw.notice");
    assert!(
        read("README.md").contains("data/train-*.parquet") && read("rejected.jsonl").contains("words_min")
    );
    let parquet =
        corpora.export(&session(&node, &who), &id, 1, ExportFormat::Parquet, Cancel::new()).await.unwrap();
    assert_eq!((parquet.rows, parquet.name.as_str()), (2, "notices-v1.parquet"));
    let filter = EntryFilter { kind: Some("corpus.export".to_owned()), ..EntryFilter::default() };
    let entries = node.trust.evidence().entries(&filter, PageRequest::new(1, 10)).await.unwrap();
    assert_eq!(entries.total, 3, "one for each file");
    assert_eq!(entries.items[0].subject, id);
}

#[tokio::test]
async fn a_run_is_alone_can_be_cancelled_and_one_that_was_cut_off_leaves_nothing() {
    let node = loaded().await;
    let who = maker("ann");
    let (corpora, id) = defined(&node, &who).await;
    let cancel = Cancel::new();
    cancel.cancel();
    let run =
        corpora.run(session(&node, &who), &id, Progress::new(), cancel).await.map_err(Failure::from).unwrap();
    assert_eq!(
        (run.state.as_str(), run.failure.unwrap().code.as_str()),
        ("cancelled", "warehouse/cancelled")
    );
    assert_eq!(corpora.get(&session(&node, &who), &id).await.unwrap().card.version, None);
    let begun = corpora.start(session(&node, &who), &id).await.map_err(Failure::from).unwrap();
    let second = corpora.start(session(&node, &who), &id).await.map_err(Failure::from);
    assert_eq!(Node::refused(second, ErrorKind::Precondition).code, "warehouse/corpus-running");
    let ended = loop {
        let run = corpora.show_run(&session(&node, &who), &begun.id).await.unwrap();
        if run.ended_at.is_some() {
            break run;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(ended.state, "succeeded", "{ended:?}");
    // What a kill leaves: a run that works, a folder of its own, a file that no row names.
    let mut cut = rows::run(node.store.db(), &ended.id).await.unwrap().unwrap();
    cut = rows::RunRow {
        id: node.store.new_id(),
        state: rows::RUNNING.to_owned(),
        ended_at: None,
        version: None,
        ..cut
    };
    let transaction = node.store.transaction().await.unwrap();
    rows::insert_run(&transaction, cut.clone()).await.unwrap();
    transaction.commit().await.unwrap();
    let stray = node.file(&format!("corpora/{id}/stray"), "x");
    let scratch = node.file(&format!("tmp/corpus/{}/in/a.txt", cut.id), "x");
    let node = node.reopened().await;
    let corpora = node.warehouse.corpora();
    let run = corpora.show_run(&session(&node, &who), &cut.id).await.unwrap();
    assert_eq!(
        (run.state.as_str(), run.failure.unwrap().code.as_str()),
        ("interrupted", "warehouse/corpus-interrupted")
    );
    assert!(!stray.exists() && !scratch.exists());
    let versions = corpora.versions(&session(&node, &who), &id, PageRequest::default()).await.unwrap();
    assert_eq!(versions.total, 1);
    let counted = node.rows(&who, "SELECT count(*) FROM topic.corpus_notices").await.unwrap();
    assert_eq!(counted, ["2"]);
}
