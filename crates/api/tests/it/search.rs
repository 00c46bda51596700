//! Search over HTTP: who finds what, and what is on record.

use brain_testkit::Node;

fn names(answer: &serde_json::Value) -> Vec<String> {
    answer["items"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_the_catalogue_lists_is_found_and_narrowed_down() {
    let node = Node::start().await;
    node.load_firms().await;
    // An answer waits for the index only for so long; a busy machine takes longer to make it the first time.
    node.warehouse.search().refresh().await.unwrap();
    let client = node.signed_in("government").await;
    let answer = client.get("/api/v1/search?q=ceshidingdan").await.expect(200);
    assert_eq!(names(&answer)[0], "raw.firm_order", "{answer}");
    let hit = &answer["items"][0];
    assert_eq!(hit["title_marked"]["zh"][0]["hit"], true, "{hit}");
    assert_eq!(
        (hit["kind"].as_str(), hit["zone"].as_str(), hit["grade"].as_str()),
        (Some("dataset"), Some("raw"), Some("general2"))
    );
    let kinds = answer["facets"]["kind"].as_array().unwrap();
    assert_eq!(kinds.len(), 1, "only datasets bear the name: {kinds:?}");
    assert_eq!(kinds[0]["value"], "dataset");

    let columns = client.get("/api/v1/search?q=order&kind=column&zone=raw&page_size=2").await.expect(200);
    assert!(columns["items"].as_array().unwrap().iter().all(|hit| hit["kind"] == "column"), "{columns}");
    assert!(columns["items"].as_array().unwrap().len() <= 2);
    assert_eq!(columns["items"][0]["parent"], "raw.firm_order");
    assert!(columns["facets"]["kind"].as_array().unwrap().iter().any(|kind| kind["value"] == "dataset"));
}

#[tokio::test]
async fn odd_questions_are_answered_and_wrong_parameters_refused() {
    let node = Node::start().await;
    let client = node.signed_in("auditor").await;
    for q in ["", "%00", "%22", "-", "kind%3Anothing", "%F0%9F%98%80", "*:*"] {
        assert_eq!(client.get(&format!("/api/v1/search?q={q}")).await.status, 200, "{q}");
    }
    assert_eq!(client.get("/api/v1/search?kind=nothing").await.status, 400);
    assert_eq!(client.get("/api/v1/search?unknown=1").await.status, 400);
    assert_eq!(client.get(&format!("/api/v1/search?q={}", "a".repeat(1001))).await.status, 400);
    assert_eq!(node.anonymous().get("/api/v1/search?q=a").await.status, 401);
}

#[tokio::test]
async fn linked_data_says_what_it_is() {
    let node = Node::start().await;
    node.load_firms().await;
    let client = node.signed_in("component_author").await;
    let catalogue = client.get("/api/v1/catalogue.jsonld").await.expect(200);
    assert_eq!(catalogue["@type"], "dcat:Catalog");
    let site = node.site.origin();
    assert_eq!(catalogue["@id"], format!("{site}/data"));
    let lineage = client.get("/api/v1/datasets/raw.firm_order/lineage.jsonld").await.expect(200);
    assert_eq!(lineage["@graph"][0]["@id"], format!("{site}/data/raw.firm_order?version=0"));
    assert_eq!(
        client.get("/api/v1/datasets/raw.nothing/lineage.jsonld").await.code(),
        "warehouse/unknown-dataset"
    );
}
