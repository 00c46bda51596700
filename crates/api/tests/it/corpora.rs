//! Corpora over HTTP: defined, given files, built, looked at and taken along, with the record of who took it.

use brain_testkit::{Client, Node, Reply};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const TEXT: &str = "The industry brain gathers the data of a chain and answers to the firms in it. Each set of data is \
    graded before it is used, and the act of using it leaves a record that can be checked by everybody. Firms publish what \
    they need and find partners on the platform. The rules are kept with the data, so that a number can be followed back.";

fn policies() -> Value {
    json!({
        "name": "policies", "reason": "首次",
        "definition": {
            "title": "政策", "purpose": "检索", "licence": "CC-BY-4.0",
            "parameters": { "splits": { "validation": 0.0, "test": 0.0 } },
        },
    })
}

async fn bring(client: &Client, corpus: &str, name: &str, content: &str) -> Reply {
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{content}\r\n--b--\r\n"
    );
    let request = client.request(Method::POST, &format!("{corpus}/files"));
    client.send(request.header("content-type", "multipart/form-data; boundary=b").body(body)).await
}

async fn ended(client: &Client, run: &str) -> Value {
    for _ in 0..3_000 {
        let run = client.get(&format!("/api/v1/corpus-runs/{run}")).await.expect(200);
        if !run["ended_at"].is_null() {
            return run;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the run {run} does not end");
}

#[tokio::test]
async fn a_corpus_is_defined_built_looked_at_and_exported() {
    let node = Node::start().await;
    let client = node.signed_in("government").await;
    let made = client.post("/api/v1/corpora", &policies()).await.expect(201);
    assert_eq!(client.post("/api/v1/corpora", &policies()).await.code(), "warehouse/corpus-exists");
    let corpus = format!("/api/v1/corpora/{}", made["card"]["id"].as_str().unwrap());
    let file = bring(&client, &corpus, "a.txt", TEXT).await.expect(201);
    assert_eq!(bring(&client, &corpus, "b.txt", "This is the one and it is short.").await.status, 201);
    assert_eq!(bring(&client, &corpus, "c.pdf", "no PDF").await.code(), "api/upload-kind");
    assert_eq!(bring(&client, &corpus, "c.csv", "a,b\n").await.code(), "warehouse/corpus-file");
    let left = std::fs::read_dir(node.folder().join("uploads")).unwrap().count();
    assert_eq!(left, 0, "nothing stays where uploads arrive");

    let run = client.post(&format!("{corpus}/runs"), &json!({})).await.expect(202);
    let run = ended(&client, run["id"].as_str().unwrap()).await;
    assert_eq!(run["state"], "succeeded", "{run}");
    let version = client.get(&format!("{corpus}/versions/1")).await.expect(200);
    assert_eq!(
        (&version["card"]["documents"], &version["reasons"][0]["rule"]),
        (&json!(1), &json!("words_min"))
    );
    let documents = client.get(&format!("{corpus}/versions/1/documents?split=train")).await.expect(200);
    assert_eq!((&documents["total"], &documents["items"][0]["source"]), (&json!(1), &json!("files/a.txt")));
    let rejected = client.get(&format!("{corpus}/versions/1/rejected?rule=words_min")).await.expect(200);
    assert_eq!(rejected["items"][0]["source"], "files/b.txt");
    assert_eq!(client.get(&format!("{corpus}/versions/2")).await.code(), "warehouse/unknown-corpus-version");
    assert_eq!(client.get(&format!("{corpus}/versions/x")).await.code(), "warehouse/unknown-corpus-version");

    let exported = client.get(&format!("{corpus}/versions/1/export?format=jsonl")).await;
    assert_eq!((exported.status.as_u16(), exported.header("x-content-sha256").len()), (200, 64));
    assert!(exported.header("content-disposition").contains("policies-v1.jsonl"));
    let line: Value = serde_json::from_str(exported.text().trim()).unwrap();
    assert_eq!(line["source"], "files/a.txt");
    let packed = client.get(&format!("{corpus}/versions/1/export?format=huggingface")).await;
    assert_eq!((packed.status.as_u16(), packed.header("content-type")), (200, "application/zip"));
    let evidence = client.get("/api/v1/evidence?kind=corpus.export").await.expect(200);
    assert_eq!(evidence["total"], 2);

    let gone = format!("{corpus}/files/{}", file["id"].as_str().unwrap());
    assert_eq!(client.delete(&gone).await.status, 204);
    assert_eq!(client.delete(&gone).await.code(), "warehouse/unknown-corpus-file");
    let stale = client.get(&format!("{corpus}/versions/1")).await.expect(200);
    assert_eq!(stale["card"]["stale"][0]["kind"], "removed");
    let list = client.get("/api/v1/corpora?text=检索").await.expect(200);
    assert_eq!((&list[0]["name"], &list[0]["stale"]), (&json!("policies"), &json!(true)));
}

#[tokio::test]
async fn a_definition_out_of_bounds_is_pointed_at_and_one_that_was_changed_meanwhile_is_refused() {
    let node = Node::start().await;
    let client = node.signed_in("government").await;
    let mut wrong = policies();
    wrong["name"] = json!("Policies");
    let refused = client.post("/api/v1/corpora", &wrong).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, "warehouse/corpus-definition"));
    assert_eq!(refused.json()["pointer"], "/name");
    let mut program = policies();
    program["definition"]["parameters"]["ocr"] = json!({ "tesseract": "/bin/sh" });
    assert_eq!(client.post("/api/v1/corpora", &program).await.code(), "api/malformed");
    let made = client.post("/api/v1/corpora", &policies()).await.expect(201);
    let corpus = format!("/api/v1/corpora/{}", made["card"]["id"].as_str().unwrap());
    let change = json!({ "revision": 1, "definition": policies()["definition"], "reason": "改" });
    assert_eq!(client.put(&corpus, &change).await.expect(200)["card"]["revision"], 2);
    assert_eq!(client.put(&corpus, &change).await.code(), "store/stale");
    let nothing = client.post(&format!("{corpus}/runs"), &json!({})).await.expect(202);
    let ended = ended(&client, nothing["id"].as_str().unwrap()).await;
    assert_eq!(
        (&ended["state"], &ended["failure"]["code"]),
        (&json!("failed"), &json!("warehouse/corpus-empty"))
    );
    let auditor = node.signed_in("auditor").await;
    assert_eq!(auditor.get("/api/v1/corpora").await.status, 403);
}
