//! Whatever breaks, and wherever: with the position committed only when a batch has landed, every record lands once.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use brain_connect::{Backoff, Position, Settings};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

use crate::node::Node;

/// What happens on the way.
#[derive(Debug, Clone)]
enum Event {
    /// So many records appear, the last value growing by this.
    Grow(u8, u8),
    /// A batch is fetched and landed.
    Land,
    /// A batch is fetched, and the node dies before it lands.
    Die,
    /// The source fails this many calls from now on, and a batch is tried.
    Fail(u8),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => (1u8..12, 0u8..3).prop_map(|(count, step)| Event::Grow(count, step)),
        3 => Just(Event::Land),
        1 => Just(Event::Die),
        1 => (1u8..4).prop_map(Event::Fail),
    ]
}

/// Batches after which nothing can be left: 14 events of at most 11 records, at least one in each.
const LANDINGS_MAX: usize = 200;

#[derive(Default)]
struct Records {
    rows: Vec<(i64, usize)>,
    fail: u8,
    /// Records that appear, one by one, after each page that was read.
    arriving: Vec<(i64, usize)>,
}

async fn page(
    State(shared): State<Arc<Mutex<Records>>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let mut records = shared.lock().unwrap();
    if records.fail > 0 {
        records.fail -= 1;
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let since: i64 = query.get("since").map_or(0, |text| text.parse().unwrap());
    let skip = match query.get("page") {
        Some(page) => page.parse::<usize>().unwrap() * 4,
        None => query["offset"].parse().unwrap(),
    };
    let page: Vec<Value> = records
        .rows
        .iter()
        .filter(|(mark, _)| *mark >= since)
        .skip(skip)
        .take(4)
        .map(|(mark, id)| json!({ "id": id, "n": mark }))
        .collect();
    if !records.arriving.is_empty() {
        let arrived = records.arriving.remove(0);
        records.rows.push(arrived);
    }
    axum::Json(page).into_response()
}

async fn play(events: Vec<Event>, paging: Value) {
    let shared = Arc::new(Mutex::new(Records::default()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/", get(page)).with_state(shared.clone());
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let mut node = Node::new(&[origin.clone()]);
    node.limits.batch_rows_max = 5;
    node.backoff = Backoff { attempts_max: 1, first: Duration::ZERO, longest: Duration::ZERO };
    let settings: Settings = serde_json::from_value(json!({
        "kind": "http", "url": origin,
        "paging": paging,
        "incremental": { "field": "/n", "parameter": "since" },
    }))
    .unwrap();
    let (mut position, mut landed, mut mark): (Option<Position>, Vec<usize>, i64) = (None, Vec::new(), 0);
    let ids = |text: &str| -> Vec<usize> {
        let id = |line| serde_json::from_str::<Value>(line).unwrap()["id"].as_u64().unwrap() as usize;
        text.lines().map(id).collect()
    };
    for event in events {
        match event {
            Event::Grow(count, step) => {
                mark += i64::from(step);
                let mut records = shared.lock().unwrap();
                for nth in 0..count {
                    let id = records.rows.len() + records.arriving.len();
                    // Half of them come while pages are read.
                    if nth % 2 == 0 && records.arriving.is_empty() {
                        records.rows.push((mark, id));
                    } else {
                        records.arriving.push((mark, id));
                    }
                }
            }
            Event::Land => {
                if let Some((text, fetched)) = node.batch(&settings, None, position.as_ref()).await.0.unwrap()
                {
                    landed.extend(ids(&text));
                    position = Some(fetched.position);
                }
            }
            Event::Die => drop(node.batch(&settings, None, position.as_ref()).await),
            Event::Fail(calls) => {
                shared.lock().unwrap().fail = calls;
                assert!(node.batch(&settings, None, position.as_ref()).await.0.is_err());
                shared.lock().unwrap().fail = 0;
            }
        }
    }
    // The last landings bring everything that is left, and then nothing.
    for _ in 0..LANDINGS_MAX {
        let arriving = !shared.lock().unwrap().arriving.is_empty();
        let batch = node.batch(&settings, None, position.as_ref()).await.0.unwrap();
        let Some((text, fetched)) = batch else {
            if !arriving {
                break;
            }
            continue;
        };
        landed.extend(ids(&text));
        position = Some(fetched.position);
    }
    server.abort();
    let all: Vec<usize> = (0..shared.lock().unwrap().rows.len()).collect();
    landed.sort_unstable();
    assert_eq!(landed, all);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_twice_and_nothing_lost(events in prop::collection::vec(event(), 1..14), by_page: bool) {
        let paging = if by_page {
            json!({ "by": "page", "parameter": "page", "first": 0 })
        } else {
            json!({ "by": "offset", "parameter": "offset" })
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(events, paging));
    }
}
