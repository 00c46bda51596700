//! Spans on their way to a collector, and the number that ties them to what the caller was told.

use crate::node::TestNode;
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use std::sync::mpsc;
use std::time::Duration;

/// A collector on a free port that hands on what is posted to `/v1/traces`; its address.
fn collector() -> (String, mpsc::Receiver<Bytes>) {
    let (sender, received) = mpsc::channel();
    let (told, address) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let take = move |body: Bytes| {
                let sender = sender.clone();
                async move {
                    // The test may be over.
                    let _ = sender.send(body);
                }
            };
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            told.send(listener.local_addr().unwrap().to_string()).unwrap();
            axum::serve(listener, Router::new().route("/v1/traces", post(take))).await.unwrap();
        });
    });
    (address.recv().unwrap(), received)
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

fn holds(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

/// A field of bytes as protobuf writes it: key, length, content (opentelemetry/proto/trace/v1/trace.proto, `Span`).
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, content.len() as u8], content].concat()
}

#[test]
fn a_collector_receives_the_spans_of_a_request_under_the_trace_id_its_caller_was_told() {
    let (address, received) = collector();
    let node = TestNode::new();
    let endpoint = format!("http://{address}/v1/traces");
    let serving = node.serve_with(&[("BRAIN_TELEMETRY_OTLP_ENDPOINT", &endpoint)]);
    let own = serving.header("/livez", &[], "x-trace-id");
    let (trace, parent) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let given = format!("traceparent: 00-{trace}-{parent}-01");
    assert_eq!(serving.header("/readyz", &[&given], "x-trace-id"), trace, "the caller's number is kept");
    #[cfg(unix)]
    assert_eq!(serving.terminate(), Some(0), "what is queued is sent at shutdown");

    let mut all = Vec::new();
    while let Ok(body) = received.recv_timeout(Duration::from_secs(1)) {
        all.extend_from_slice(&body);
    }
    assert!(holds(&all, &field(5, b"request")), "a span called request, in {} bytes", all.len());
    assert!(holds(&all, &field(1, &bytes(&own))), "{own} as told to the caller");
    assert!(
        holds(&all, &field(1, &bytes(trace))) && holds(&all, &field(4, &bytes(parent))),
        "and the caller's own"
    );
}
