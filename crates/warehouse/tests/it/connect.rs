//! Connectors: what is fetched lands once, whatever stops in between.

use crate::node::{Node, administrator, party};
use brain_egress::Egress;
use brain_kernel::clock::SystemClock;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::Role;
use brain_kernel::progress::{Cancel, Progress};
use brain_store::PageRequest;
use brain_store::connector::{self, ConnectorRunRow};
use brain_store::ingest_run::{self, IngestRunFilter};
use brain_trust::evidence::EntryFilter;
use brain_warehouse::connect::{ConnectorRun, Connectors, NewConnector, Surroundings};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

async fn connectors(node: &Node) -> Connectors {
    connectors_that_may_call(node, Vec::new()).await
}

async fn connectors_that_may_call(node: &Node, allow: Vec<String>) -> Connectors {
    let surroundings = Surroundings {
        egress: Egress::new(&brain_egress::Options { allow, ..brain_egress::Options::default() }).unwrap(),
        clock: Arc::new(SystemClock),
        folders: vec![node.path().join("inbox")],
        own: None,
    };
    Connectors::open(node.warehouse.clone(), surroundings).await.unwrap()
}

fn folder(node: &Node) -> NewConnector {
    std::fs::create_dir_all(node.path().join("inbox")).unwrap();
    serde_json::from_value(json!({
        "name": "订单文件夹",
        "settings": { "kind": "folder", "path": node.path().join("inbox"), "pattern": "*.csv", "settle_s": 0 },
        "mapping": "auto",
        "dataset": "raw.orders",
    }))
    .unwrap()
}

async fn run(connectors: &Connectors, id: &str) -> ConnectorRun {
    connectors.run(&administrator(), id, Progress::new(), Cancel::new()).await.unwrap()
}

async fn rows(node: &Node) -> Vec<String> {
    node.rows(&administrator(), "SELECT id FROM raw.orders ORDER BY id").await.unwrap()
}

async fn evidence(node: &Node, kind: &str) -> Vec<String> {
    let filter = EntryFilter { kind: Some(kind.to_owned()), ..EntryFilter::default() };
    let page = node.trust.evidence().entries(&filter, PageRequest::new(1, 100)).await.unwrap();
    page.items.iter().map(|entry| format!("{entry:?}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_lands_once_and_leaves_evidence() {
    let node = Node::empty().await;
    let connectors = connectors(&node).await;
    let made = connectors.create(&administrator(), folder(&node)).await.unwrap();
    node.file("inbox/a.csv", "id,amount\n1,10\n2,20\n");
    node.file("inbox/b.csv", "id,amount,note\n3,x,甲\n");
    let first = run(&connectors, &made.id).await;
    assert_eq!((first.state.as_str(), first.batches, first.rows), ("succeeded", 2, 3), "{first:?}");
    assert_eq!(rows(&node).await, ["1", "2", "3"]);
    let again = run(&connectors, &made.id).await;
    assert_eq!((again.state.as_str(), again.batches, again.rows), ("succeeded", 0, 0));
    assert!(again.notices.is_empty());
    node.file("inbox/c.csv", "id,amount\n4,1\n");
    run(&connectors, &made.id).await;
    assert_eq!(rows(&node).await, ["1", "2", "3", "4"]);
    assert!(!node.path().join("connect").join(&again.id).exists(), "no landing is left");
    assert_eq!(
        (evidence(&node, "connector.create").await.len(), evidence(&node, "connector.run").await.len()),
        (1, 3)
    );
    let listed = connectors.list(&administrator()).await.unwrap();
    assert_eq!(listed[0].last_run.as_ref().unwrap().rows, 1);
    assert_eq!(listed[0].next_run_at, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_system_administrators_manage_and_what_is_wrong_is_said() {
    let node = Node::empty().await;
    let connectors = connectors(&node).await;
    for role in Role::ALL.iter().filter(|role| **role != Role::SystemAdministrator) {
        let refused = connectors.create(&party(*role, None), folder(&node)).await.map_err(Failure::from);
        Node::refused(refused, ErrorKind::Forbidden);
    }
    let with = |change: Value| {
        let mut new = json!({ "name": "a", "settings": folder(&node).settings, "mapping": "auto", "dataset": "raw.orders" });
        new.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        serde_json::from_value::<NewConnector>(new).unwrap()
    };
    for (change, code) in [
        (json!({ "name": " a" }), "warehouse/connector"),
        (json!({ "mapping": "none", "dataset": null }), "warehouse/connector"),
        (json!({ "dataset": "subject.enterprise" }), "warehouse/connector"),
        (json!({ "dataset": "raw.A;x" }), "warehouse/connector"),
        (json!({ "schedule": { "every": "day", "at": "25:00" } }), "connect/setting"),
        (
            json!({ "settings": { "kind": "http", "url": "https://a.example", "authentication": { "by": "bearer" } } }),
            "warehouse/connector",
        ),
    ] {
        let refused = connectors.create(&administrator(), with(change.clone())).await.map_err(Failure::from);
        assert_eq!(refused.expect_err("must be refused").code, code, "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_fails_leaves_the_position_and_says_why() {
    let node = Node::empty().await;
    let connectors = connectors(&node).await;
    let made = connectors.create(&administrator(), folder(&node)).await.unwrap();
    std::fs::remove_dir(node.path().join("inbox")).unwrap();
    let failed = run(&connectors, &made.id).await;
    assert_eq!(failed.state, "failed");
    assert_eq!(failed.failure.unwrap().code, "connect/folder");
    assert_eq!(connector::position(node.store.db(), &made.id).await.unwrap(), None);
    node.file("inbox/a.csv", "id\n1\n");
    assert_eq!(run(&connectors, &made.id).await.rows, 1);
}

/// A site of one page that leads to another, which is always busy; its origin.
async fn busy_site() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 4_096];
            let read = stream.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(request.get(..read).unwrap()).into_owned();
            let page = "<title>t</title><a href=/busy>b</a>";
            let (status, body) = match request.split(' ').nth(1) {
                Some("/") => ("200 OK\r\ncontent-type: text/html", page),
                Some("/busy") => ("429 Too Many Requests\r\nretry-after: 0", ""),
                _ => ("404 Not Found", ""),
            };
            let length = body.len();
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    origin
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_source_tells_is_kept_with_the_run() {
    let node = Node::empty().await;
    let origin = busy_site().await;
    let connectors = connectors_that_may_call(&node, vec![origin.clone()]).await;
    let new = serde_json::from_value(json!({
        "name": "网页",
        "settings": {
            "kind": "pages", "start": [format!("{origin}/")], "delay_ms": 0, "agent": "IndustryBrain",
            "contact": "data@brain.example", "licence": "test",
        },
        "mapping": "auto",
        "dataset": "raw.pages",
    }));
    let made = connectors.create(&administrator(), new.unwrap()).await.unwrap();
    let ended = run(&connectors, &made.id).await;
    assert_eq!((ended.state.as_str(), ended.rows, ended.notices.len()), ("succeeded", 1, 2), "{ended:?}");
    assert!(ended.notices[1].zh.contains("/busy") && ended.notices[1].en.contains("429"), "{ended:?}");
    let listed = connectors.runs(&administrator(), &made.id, PageRequest::default()).await.unwrap();
    assert_eq!(listed.items[0].notices, ended.notices);
    let shown = connectors.get(&administrator(), &made.id).await.unwrap();
    assert_eq!(shown.last_run.unwrap().notices.len(), 2, "in the list of connectors too");
    let told = evidence(&node, "connector.run").await;
    assert!(told[0].contains("/busy"), "{told:?}");
}

/// A run as it stands when the node dies while this batch is taken in.
async fn died(node: &Node, connector: &str, ingest: &str, position: Value) -> ConnectorRunRow {
    let run = ConnectorRunRow {
        id: node.store.new_id(),
        connector: connector.to_owned(),
        occasion: "schedule".to_owned(),
        actor: "system".to_owned(),
        state: connector::RUNNING.to_owned(),
        started_at: node.store.now(),
        ended_at: None,
        batches: 0,
        rows: 0,
        refused: 0,
        bytes: 0,
        attempts: 1,
        failure: None,
        notices: None,
        position_before: None,
        position_after: None,
        landing: Some(ingest.to_owned()),
        landing_position: Some(position),
    };
    connector::insert_run(node.store.db(), run.clone()).await.unwrap();
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_died_knows_whether_its_batch_has_landed() {
    let node = Node::empty().await;
    let first = connectors(&node).await;
    let made = first.create(&administrator(), folder(&node)).await.unwrap();
    node.file("inbox/a.csv", "id\n1\n");
    run(&first, &made.id).await;
    let reached = connector::position(node.store.db(), &made.id).await.unwrap().unwrap();
    let ingests = node.warehouse.runs(&IngestRunFilter::default(), PageRequest::default()).await.unwrap();
    let landed = ingests.items[0].id.clone();
    // Died after the ingest, before the position: the position moves at the next start, and nothing lands twice.
    connector::forget_position(node.store.db(), &made.id).await.unwrap();
    let cut = died(&node, &made.id, &landed, reached.clone()).await;
    let node = node.reopened().await;
    let second = connectors(&node).await;
    assert_eq!(connector::position(node.store.db(), &made.id).await.unwrap(), Some(reached.clone()));
    let cut = connector::find_run(node.store.db(), &cut.id).await.unwrap().unwrap();
    assert_eq!((cut.state.as_str(), cut.rows), ("interrupted", 1));
    assert_eq!(run(&second, &made.id).await.rows, 0);
    // Died before its ingest ended: nothing landed, the position stays, and the batch is fetched again.
    node.file("inbox/b.csv", "id\n2\n");
    let ingest = node.store.new_id();
    let new = ingest_run::NewIngestRun {
        id: ingest.clone(),
        actor: "system".to_owned(),
        mapping: "auto".to_owned(),
        file: "b.csv".to_owned(),
        options: json!({}),
    };
    ingest_run::create(node.store.db(), new, node.store.now()).await.unwrap();
    died(&node, &made.id, &ingest, json!({ "files": {} })).await;
    node.file("connect/left/b.csv", "id\n2\n");
    let node = node.reopened().await;
    let third = connectors(&node).await;
    assert_eq!(connector::position(node.store.db(), &made.id).await.unwrap(), Some(reached));
    assert!(!node.path().join("connect").exists(), "what lay there is swept");
    assert_eq!(run(&third, &made.id).await.rows, 1);
    assert_eq!(rows(&node).await, ["1", "2"]);
    assert_eq!(
        evidence(&node, "connector.run").await.iter().filter(|entry| entry.contains("interrupted")).count(),
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_runs_by_itself_and_one_run_at_a_time() {
    let node = Node::empty().await;
    let connectors = connectors(&node).await;
    let new = NewConnector {
        schedule: serde_json::from_value(json!({ "every": "minutes", "minutes": 1 })).unwrap(),
        ..folder(&node)
    };
    let made = connectors.create(&administrator(), new).await.unwrap();
    assert!(made.next_run_at.is_some());
    assert_eq!(connectors.run_due().await.unwrap(), 0, "not yet");
    // Made an hour ago.
    let mut row = connector::find(node.store.db(), &made.id).await.unwrap().unwrap();
    row.updated_at -= chrono::TimeDelta::hours(1);
    connector::update(node.store.db(), row, 1).await.unwrap();
    node.file("inbox/a.csv", "id\n1\n");
    assert_eq!(connectors.run_due().await.unwrap(), 1);
    assert_eq!(connectors.run_due().await.unwrap(), 0, "it is under way, or has just run");
    while connector::newest_run(node.store.db(), &made.id).await.unwrap().unwrap().state == connector::RUNNING
    {
        tokio::task::yield_now().await;
    }
    assert_eq!(rows(&node).await, ["1"]);
    connectors.enable(&administrator(), &made.id, false).await.unwrap();
    let refused = connectors.run(&administrator(), &made.id, Progress::new(), Cancel::new()).await;
    assert_eq!(Failure::from(refused.unwrap_err()).code, "warehouse/connector-disabled");
}
