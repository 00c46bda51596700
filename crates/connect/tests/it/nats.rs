//! A real NATS server with JetStream: the shared one, and some that a test has for itself.

use std::net::SocketAddr;

use async_nats::jetstream::stream::{Config, Stream};
use async_nats::jetstream::{self, Context};
use brain_connect::{Control, Settings};
use serde_json::{Value, json};

use crate::node::Node;
use crate::server::{Break, Own, breaking, free_port, of_the_environment};

fn shared() -> Option<SocketAddr> {
    of_the_environment("BRAIN_TEST_NATS")
}

fn node(port: u16) -> Node {
    Node::new(&[format!("tcp://127.0.0.1:{port}")])
}

fn settings(port: u16, stream: &str, more: Value) -> Settings {
    let mut all =
        json!({ "kind": "nats", "host": "127.0.0.1", "port": port, "tls": "off", "stream": stream });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

async fn context(server: SocketAddr) -> Context {
    jetstream::new(async_nats::connect(format!("nats://{server}")).await.unwrap())
}

/// A new stream of the subjects `<name>.>`.
async fn stream(context: &Context, name: &str, config: Config) -> Stream {
    context.delete_stream(name).await.ok();
    let subjects = vec![format!("{name}.>")];
    context.create_stream(Config { name: name.to_owned(), subjects, ..config }).await.unwrap()
}

/// Publish numbered messages; when this returns the stream has them all.
async fn publish(context: &Context, subject: &str, numbers: std::ops::Range<usize>) {
    for n in numbers {
        let payload = json!({ "n": n }).to_string();
        context.publish(subject.to_owned(), payload.into()).await.unwrap().await.unwrap();
    }
}

fn rows(texts: &[String]) -> Vec<Value> {
    texts.iter().flat_map(|text| text.lines()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn numbers(texts: &[String]) -> Vec<usize> {
    rows(texts).iter().map(|row| row["n"].as_u64().unwrap() as usize).collect()
}

#[tokio::test]
async fn what_a_stream_holds_and_what_is_added_lands_once() {
    let Some(server) = shared() else { return };
    let context = context(server).await;
    stream(&context, "LANDS", Config::default()).await;
    let (node, settings) = (node(server.port()), settings(server.port(), "LANDS", json!({})));
    let (texts, _) = node.drain(&settings, None).await;
    assert!(texts.is_empty(), "nothing is there");
    publish(&context, "LANDS.a", 0..5).await;
    for payload in [&b"21.50"[..], "温度".as_bytes(), &[0xff], b""] {
        context.publish("LANDS.b.c", payload.to_vec().into()).await.unwrap().await.unwrap();
    }
    let (texts, position) = node.drain(&settings, None).await;
    let rows = rows(&texts);
    assert_eq!(
        rows.iter().map(|row| row["_sequence"].as_u64().unwrap()).collect::<Vec<_>>(),
        (1..=9).collect::<Vec<_>>()
    );
    assert_eq!((&rows[0]["n"], &rows[0]["_subject"]), (&json!(0), &json!("LANDS.a")));
    assert!(rows[0]["_stored_at"].as_str().unwrap().starts_with("20"));
    assert_eq!((&rows[5]["payload"], &rows[6]["payload"]), (&json!(21.5), &json!("温度")));
    assert_eq!((&rows[7]["payload_base64"], &rows[8]["payload"]), (&json!("/w=="), &json!("")));
    let (texts, position) = node.drain(&settings, position).await;
    assert!(texts.is_empty(), "nothing is new");
    publish(&context, "LANDS.a", 5..8).await;
    let (texts, again) = node.drain(&settings, position.clone()).await;
    assert_eq!(numbers(&texts), [5, 6, 7]);
    let (same, at) = node.drain(&settings, position).await;
    assert_eq!((same, at), (texts, again), "a landing that was dropped is fetched again as it was");
    assert!(node.told().is_empty(), "{:?}", node.told());
}

#[tokio::test]
async fn batches_are_bounded_by_rows_and_bytes() {
    let Some(server) = shared() else { return };
    let context = context(server).await;
    stream(&context, "BOUNDED", Config::default()).await;
    publish(&context, "BOUNDED.a", 0..200).await;
    let (mut node, settings) = (node(server.port()), settings(server.port(), "BOUNDED", json!({})));
    node.limits.batch_rows_max = 9;
    let (texts, _) = node.drain(&settings, None).await;
    assert_eq!(numbers(&texts), (0..200).collect::<Vec<_>>());
    assert_eq!(texts.len(), 23);
    node.limits.batch_rows_max = 1_000;
    node.limits.batch_bytes_max = 2_000;
    let (texts, _) = node.drain(&settings, None).await;
    assert_eq!(numbers(&texts), (0..200).collect::<Vec<_>>());
    assert!(texts.len() > 5 && texts.iter().all(|text| text.len() < 2_200));
}

#[tokio::test]
async fn only_messages_of_the_subjects_asked_for_are_fetched() {
    let Some(server) = shared() else { return };
    let context = context(server).await;
    stream(&context, "FILTERED", Config::default()).await;
    let (node, settings) =
        (node(server.port()), settings(server.port(), "FILTERED", json!({ "subject": "FILTERED.*.mine" })));
    publish(&context, "FILTERED.a.mine", 0..2).await;
    publish(&context, "FILTERED.a.theirs", 2..9).await;
    let (texts, position) = node.drain(&settings, None).await;
    assert_eq!(numbers(&texts), [0, 1]);
    publish(&context, "FILTERED.a.theirs", 9..12).await;
    publish(&context, "FILTERED.b.mine", 12..13).await;
    let (texts, position) = node.drain(&settings, position).await;
    assert_eq!(numbers(&texts), [12]);
    assert!(node.drain(&settings, position).await.0.concat().is_empty());
    assert!(node.told().is_empty(), "{:?}", node.told());
}

#[tokio::test]
async fn messages_that_were_gone_before_they_were_read_are_told() {
    let Some(server) = shared() else { return };
    let context = context(server).await;
    let config = Config { max_messages: 5, ..Config::default() };
    let stream = stream(&context, "GONE", config).await;
    let settings = settings(server.port(), "GONE", json!({}));
    publish(&context, "GONE.a", 0..20).await;
    let first = node(server.port());
    let (texts, position) = first.drain(&settings, None).await;
    assert_eq!(numbers(&texts), (15..20).collect::<Vec<_>>());
    assert!(first.told().is_empty(), "nobody was to read what was gone before: {:?}", first.told());
    publish(&context, "GONE.a", 20..32).await;
    let second = node(server.port());
    let (texts, position) = second.drain(&settings, position).await;
    assert_eq!(numbers(&texts), (27..32).collect::<Vec<_>>());
    let told = second.told().concat();
    assert!(told.contains("7 messages between number 21 and 27"), "{told}");
    publish(&context, "GONE.a", 32..36).await;
    stream.delete_message(34).await.unwrap();
    stream.delete_message(36).await.unwrap();
    let third = node(server.port());
    let (texts, position) = third.drain(&settings, position).await;
    assert_eq!(numbers(&texts), [32, 34]);
    let told = third.told().concat();
    assert!(told.contains("2 messages between number 34 and 36"), "{told}");
    publish(&context, "GONE.a", 36..38).await;
    stream.purge().await.unwrap();
    let fourth = node(server.port());
    let (texts, position) = fourth.drain(&settings, position).await;
    assert_eq!(texts.concat(), "");
    let told = fourth.told().concat();
    assert!(told.contains("2 messages between number 37 and 38"), "{told}");
    let fifth = node(server.port());
    assert!(fifth.drain(&settings, position).await.0.is_empty() && fifth.told().is_empty());
}

#[tokio::test]
async fn a_stream_that_was_made_anew_or_is_not_there_is_refused() {
    let Some(server) = shared() else { return };
    let context = context(server).await;
    stream(&context, "ANEW", Config::default()).await;
    publish(&context, "ANEW.a", 0..3).await;
    let (node, settings) = (node(server.port()), settings(server.port(), "ANEW", json!({})));
    let (_, position) = node.drain(&settings, None).await;
    stream(&context, "ANEW", Config::default()).await;
    publish(&context, "ANEW.a", 3..20).await;
    let (outcome, attempts) = node.batch(&settings, None, position.as_ref()).await;
    let error = outcome.unwrap_err();
    assert_eq!((error.code(), attempts), ("connect/replaced", 1));
    let (texts, _) = node.drain(&settings, None).await;
    assert_eq!(numbers(&texts), (3..20).collect::<Vec<_>>(), "from the beginning");
    context.delete_stream("ANEW").await.unwrap();
    let (outcome, attempts) = node.batch(&settings, None, None).await;
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("no stream ANEW"), "{error}");
    assert_eq!((error.code(), attempts), ("connect/setting", 1));
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_is_tried_again_and_nothing_comes_twice() {
    let Some(server) = shared() else { return };
    let context = context(server).await;
    stream(&context, "BREAKS", Config::default()).await;
    let filling = "x".repeat(10_000);
    for n in 0..200 {
        let payload = json!({ "n": n, "filling": filling }).to_string();
        context.publish("BREAKS.a", payload.into()).await.unwrap().await.unwrap();
    }
    // The first connection is the check of the address; the second breaks half way.
    let way = breaking(server, 2, Break::ServerSent(1_000_000), false).await;
    let (node, settings) = (node(way.port), settings(way.port, "BREAKS", json!({})));
    let (outcome, attempts) = node.batch(&settings, None, None).await;
    let (text, fetched) = outcome.unwrap().unwrap();
    way.broke.notified().await;
    assert_eq!(numbers(&[text]), (0..200).collect::<Vec<_>>());
    assert_eq!((attempts, fetched.more), (2, false));
    assert!(node.told().is_empty(), "what was lost on the way is not told as deleted: {:?}", node.told());
}

#[tokio::test]
async fn a_server_that_goes_away_is_transient() {
    let Some(_) = shared() else { return };
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let mut server = own(folder.path(), port, &[]);
    let node = node(port);
    let settings = settings(port, "KEPT", json!({}));
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let made = context(address).await;
    stream(&made, "KEPT", Config::default()).await;
    publish(&made, "KEPT.a", 0..5).await;
    let (texts, position) = node.drain(&settings, None).await;
    assert_eq!(numbers(&texts), [0, 1, 2, 3, 4]);
    server.kill();
    let (outcome, attempts) = node.batch(&settings, None, position.as_ref()).await;
    let error = outcome.unwrap_err();
    assert!(error.is_transient() && attempts == 3, "{error}");
    let _again = own(folder.path(), port, &[]);
    let made = context(address).await;
    publish(&made, "KEPT.a", 5..7).await;
    let (texts, _) = node.drain(&settings, position).await;
    assert_eq!(numbers(&texts), [5, 6], "the stream is the same after its server came back");
}

/// A server of the test's own.
fn own(folder: &std::path::Path, port: u16, more: &[&str]) -> Own {
    let (port_text, store) = (port.to_string(), folder.join("store"));
    let mut arguments = vec!["-a", "127.0.0.1", "-p", &port_text, "-js", "-sd", store.to_str().unwrap()];
    arguments.extend(more);
    Own::start("nats-server", &arguments, port)
}

#[tokio::test]
async fn passwords_and_tokens_are_taken_or_refused_at_once_and_shown_nowhere() {
    let Some(_) = shared() else { return };
    for (user, arguments) in [
        (json!({ "user": "brain" }), &["--user", "brain", "--pass", "right-one"][..]),
        (json!({}), &["--auth", "right-one"]),
    ] {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let _own = own(folder.path(), port, arguments);
        let (node, settings) = (node(port), settings(port, "NONE", user));
        let (outcome, attempts) = node.batch(&settings, Some("wrong-one"), None).await;
        let error = outcome.unwrap_err();
        assert_eq!((error.code(), attempts), ("connect/broker", 1));
        let shown = format!("{error} {error:?}") + &brain_kernel::error::Failure::from(error).to_string();
        assert!(shown.contains("does not take the user") && !shown.contains("wrong-one"), "{shown}");
        let let_in = node.batch(&settings, Some("right-one"), None).await.0.unwrap_err();
        assert!(let_in.to_string().contains("no stream NONE"), "{let_in}");
    }
}

#[tokio::test]
async fn a_certificate_of_nobody_is_refused_unless_it_is_not_to_be_checked() {
    let Some(_) = shared() else { return };
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    std::fs::write(&certificate, cert.pem()).unwrap();
    std::fs::write(&key, signing_key.serialize_pem()).unwrap();
    let files = [certificate.to_str().unwrap(), key.to_str().unwrap()];
    let _own = own(folder.path(), port, &["--tls", "--tlscert", files[0], "--tlskey", files[1]]);
    let node = node(port);
    // A server that insists on encryption is checked although none was asked for.
    for tls in ["checked", "off"] {
        let (outcome, attempts) =
            node.batch(&settings(port, "NONE", json!({ "tls": tls })), None, None).await;
        let error = outcome.unwrap_err();
        assert!(error.to_string().contains("no encrypted connection"), "{tls}: {error}");
        assert_eq!((error.code(), attempts), ("connect/broker", 1));
    }
    let let_in = node.batch(&settings(port, "NONE", json!({ "tls": "unchecked" })), None, None).await;
    assert!(let_in.0.unwrap_err().to_string().contains("no stream NONE"));
}

#[tokio::test]
async fn a_server_without_jetstream_says_so() {
    let Some(_) = shared() else { return };
    let port = free_port();
    let _own = Own::start("nats-server", &["-a", "127.0.0.1", "-p", &port.to_string()], port);
    let (outcome, attempts) = node(port).batch(&settings(port, "NONE", json!({})), None, None).await;
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("JetStream is not enabled"), "{error}");
    assert_eq!((error.code(), attempts), ("connect/broker", 1));
}

#[tokio::test]
async fn a_source_is_tried_out_and_a_large_message_is_told() {
    let Some(_) = shared() else { return };
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let file = folder.path().join("nats.conf");
    std::fs::write(&file, "max_payload: 4MB\n").unwrap();
    let _own = own(folder.path(), port, &["-c", file.to_str().unwrap()]);
    let context = context(SocketAddr::from(([127, 0, 0, 1], port))).await;
    stream(&context, "TRIED", Config::default()).await;
    context.publish("TRIED.a", vec![b'x'; 3 << 20].into()).await.unwrap().await.unwrap();
    publish(&context, "TRIED.a", 7..8).await;
    let (node, settings) = (node(port), settings(port, "TRIED", json!({})));
    let source = settings.open(None, node.surroundings.clone()).unwrap();
    let finding = source.test(&Control::default()).await.unwrap();
    assert!(finding.found.en.contains("2 messages to fetch, numbers 1 to 2"), "{finding:?}");
    assert_eq!(finding.fields, ["TRIED.>"]);
    let (texts, _) = node.drain(&settings, None).await;
    let rows = rows(&texts);
    assert_eq!((&rows[0]["_too_large_bytes"], &rows[0]["_subject"]), (&json!(3 << 20), &json!("TRIED.a")));
    assert_eq!(rows[1]["n"], 7);
    assert!(node.told().concat().contains("1 messages are too large"), "{:?}", node.told());
    let error = Node::new(&[]).batch(&settings, None, None).await.0.unwrap_err();
    assert_eq!(error.code(), "egress/address");
    node.control.cancel.cancel();
    assert_eq!(node.batch(&settings, None, None).await.0.unwrap_err().code(), "connect/cancelled");
}
