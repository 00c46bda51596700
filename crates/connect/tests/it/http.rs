//! A JSON interface that listens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use brain_connect::Settings;
use serde_json::{Value, json};

use crate::node::Node;

/// Records with a number that grows; every call is remembered, and the next ones fail as told.
#[derive(Default)]
struct Interface {
    records: Vec<Value>,
    calls: Vec<(HashMap<String, String>, HeaderMap)>,
    fail_with: Vec<StatusCode>,
    stuck: bool,
}

type Shared = Arc<Mutex<Interface>>;

const SIZE: usize = 3;

async fn answer(
    State(shared): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mut interface = shared.lock().unwrap();
    interface.calls.push((query.clone(), headers));
    if !interface.fail_with.is_empty() {
        return (interface.fail_with.remove(0), [("retry-after", "0")]).into_response();
    }
    let since: i64 = query.get("since").map_or(i64::MIN, |text| text.parse().unwrap());
    let found: Vec<&Value> =
        interface.records.iter().filter(|record| record["n"].as_i64().unwrap() >= since).collect();
    let number = |name: &str| query.get(name).map(|text| text.parse::<usize>().unwrap());
    let skip = match (number("page"), number("offset"), query.get("token")) {
        _ if interface.stuck => 0,
        (Some(page), ..) => (page - 1) * SIZE,
        (_, Some(offset), _) => offset,
        (.., Some(token)) => token.strip_prefix("t").unwrap().parse().unwrap(),
        _ => 0,
    };
    let page: Vec<&&Value> = found.iter().skip(skip).take(SIZE).collect();
    let next = (skip + SIZE < found.len()).then(|| format!("t{}", skip + SIZE));
    let link = next.as_ref().map_or(String::new(), |next| format!("</list?token={next}>; rel=\"next\""));
    let body = json!({ "data": { "list": page }, "next": next });
    ([("link", link)], serde_json::to_string_pretty(&body).unwrap()).into_response()
}

async fn listen(records: impl IntoIterator<Item = i64>) -> (String, Shared) {
    let records = records.into_iter().enumerate().map(|(id, n)| json!({ "id": id, "n": n, "名称": "甲" }));
    let shared = Shared::new(Mutex::new(Interface { records: records.collect(), ..Interface::default() }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/list", get(answer)).with_state(shared.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (origin, shared)
}

fn settings(origin: &str, more: Value) -> Settings {
    let mut all = json!({ "kind": "http", "url": format!("{origin}/list"), "records": "/data/list" });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

fn ids(texts: &[String]) -> Vec<i64> {
    let lines = texts.iter().flat_map(|text| text.lines());
    lines.map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn every_way_of_paging_brings_every_record_once() {
    for (paging, calls) in [
        (json!({ "by": "page", "parameter": "page" }), 4),
        (json!({ "by": "offset", "parameter": "offset" }), 4),
        (json!({ "by": "cursor", "parameter": "token", "next": "/next" }), 3),
        (json!({ "by": "link" }), 3),
    ] {
        let (origin, shared) = listen(0..7).await;
        let node = Node::new(&[origin.clone()]);
        let settings = settings(&origin, json!({ "paging": paging, "query": { "kind": "企 业" } }));
        let (texts, _) = node.drain(&settings, None).await;
        assert_eq!(ids(&texts), [0, 1, 2, 3, 4, 5, 6], "{paging}");
        let shared = shared.lock().unwrap();
        assert_eq!(shared.calls.len(), calls, "{paging}");
        assert_eq!(shared.calls[0].0["kind"], "企 业");
    }
}

#[tokio::test]
async fn what_is_new_is_fetched_by_the_growing_field_whatever_shares_its_value() {
    for parameter in [json!("since"), Value::Null] {
        let (origin, shared) = listen([5, 5, 6, 7, 7]).await;
        let mut node = Node::new(&[origin.clone()]);
        node.limits.batch_rows_max = 2;
        let settings = settings(
            &origin,
            json!({
                "paging": { "by": "page", "parameter": "page" },
                "incremental": { "field": "/n", "parameter": parameter },
            }),
        );
        let (texts, position) = node.drain(&settings, None).await;
        assert!(texts.len() > 1, "batches are bounded");
        assert_eq!(ids(&texts), [0, 1, 2, 3, 4]);
        let (texts, position) = node.drain(&settings, position).await;
        assert!(texts.is_empty(), "nothing is new: {texts:?}");
        shared.lock().unwrap().records.extend([json!({ "id": 5, "n": 7 }), json!({ "id": 6, "n": 9 })]);
        let (texts, _) = node.drain(&settings, position).await;
        assert_eq!(ids(&texts), [5, 6], "a record at the last value that was not there before is new");
    }
}

#[tokio::test]
async fn a_secret_goes_where_it_was_meant_to_and_nowhere_else() {
    for (authentication, name, expected) in [
        (json!({ "by": "bearer" }), "authorization", "Bearer s3"),
        (json!({ "by": "basic", "user": "u" }), "authorization", "Basic dTpzMw=="),
        (json!({ "by": "header", "name": "X-Api-Key" }), "x-api-key", "s3"),
    ] {
        let (origin, shared) = listen(0..2).await;
        let node = Node::new(&[origin.clone()]);
        let settings = settings(&origin, json!({ "authentication": authentication }));
        node.batch(&settings, Some("s3"), None).await.0.unwrap().unwrap();
        assert_eq!(shared.lock().unwrap().calls[0].1[name], expected);
        let error = node.batch(&settings, None, None).await.0.unwrap_err();
        assert_eq!(error.code(), "connect/setting", "without a secret nothing is called");
        assert!(!serde_json::to_string(&settings).unwrap().contains("s3"));
    }
    let (origin, _) = listen(0..2).await;
    let error = Node::new(&[]).batch(&settings(&origin, json!({})), None, None).await.0.unwrap_err();
    assert_eq!(error.code(), "egress/address");
}

#[tokio::test]
async fn what_passes_is_tried_again_and_what_does_not_is_told_at_once() {
    let (origin, shared) = listen(0..7).await;
    let node = Node::new(&[origin.clone()]);
    let settings = settings(&origin, json!({ "paging": { "by": "page", "parameter": "page" } }));
    shared.lock().unwrap().fail_with = vec![StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS];
    let (outcome, attempts) = node.batch(&settings, None, None).await;
    assert_eq!((ids(&[outcome.unwrap().unwrap().0]).len(), attempts), (7, 3));

    for (status, tried) in
        [(StatusCode::UNAUTHORIZED, 1), (StatusCode::NOT_FOUND, 1), (StatusCode::BAD_GATEWAY, 3)]
    {
        shared.lock().unwrap().fail_with = vec![status; 3];
        let (outcome, attempts) = node.batch(&settings, None, None).await;
        assert_eq!((outcome.unwrap_err().code(), attempts), ("connect/status", tried), "{status}");
        shared.lock().unwrap().fail_with.clear();
    }
    let gone = Node::new(&["http://127.0.0.1:9".to_owned()]);
    let (outcome, attempts) = gone
        .batch(
            &serde_json::from_value(json!({ "kind": "http", "url": "http://127.0.0.1:9/x" })).unwrap(),
            None,
            None,
        )
        .await;
    assert_eq!((outcome.unwrap_err().code(), attempts), ("egress/failed", 3));
}

#[tokio::test]
async fn an_interface_that_does_not_turn_the_page_or_answers_otherwise_is_said() {
    let (origin, shared) = listen(0..7).await;
    let node = Node::new(&[origin.clone()]);
    shared.lock().unwrap().stuck = true;
    for (more, place) in [
        (json!({ "paging": { "by": "page", "parameter": "seite" } }), "the same"),
        (json!({ "records": "/data" }), "An array of records"),
        (json!({ "records": "/rows" }), "nothing called"),
        (json!({ "incremental": { "field": "/when" } }), "no value of the field"),
    ] {
        let error = node.batch(&settings(&origin, more), None, None).await.0.unwrap_err();
        assert_eq!(error.code(), "connect/answer");
        assert!(error.to_string().contains(place), "{error}");
    }
}
