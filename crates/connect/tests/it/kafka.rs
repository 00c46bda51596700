//! A real broker of Kafka's protocol, and messages of another client than ours.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;

use brain_connect::{Control, Settings};
use chrono::{DateTime, Utc};
use rskafka::BackoffConfig;
use rskafka::client::partition::{Compression, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder};
use rskafka::record::Record;
use serde_json::{Value, json};
use sqlx::Connection as _;

use crate::node::Node;
use crate::server::{Break, Own, breaking, free_port, of_the_environment};

fn shared() -> Option<SocketAddr> {
    of_the_environment("BRAIN_TEST_KAFKA")
}

/// The program of the broker.
#[expect(clippy::disallowed_methods, reason = "tests learn about services from the environment")]
fn program() -> String {
    std::env::var("BRAIN_TEST_KAFKA_PROGRAM").unwrap()
}

/// A broker with a folder of its own, which names this port to its clients.
struct Broker {
    server: Own,
    folder: tempfile::TempDir,
}

fn own(port: u16, advertised: u16) -> Broker {
    let folder = tempfile::tempdir().unwrap();
    Broker { server: own_in(folder.path(), port, advertised, &[]), folder }
}

/// A broker that keeps its topics and users in a database in this folder, which it may share with another one.
fn own_in(folder: &Path, port: u16, advertised: u16, more: &[&str]) -> Own {
    let url = |port| format!("tcp://127.0.0.1:{port}");
    let (program, listen, told) = (program(), url(port), url(advertised));
    let here = ["-C", folder.to_str().unwrap(), program.as_str(), "broker", "--silent"];
    let storage = ["--storage-engine", "sqlite://kafka.db"];
    let addresses = ["--listener-url", listen.as_str(), "--advertised-listener-url", told.as_str()];
    Own::start("env", &[here.as_slice(), &storage, &addresses, more].concat(), port)
}

fn node(ports: &[u16]) -> Node {
    Node::new(&ports.iter().map(|port| format!("tcp://127.0.0.1:{port}")).collect::<Vec<_>>())
}

fn settings(port: u16, topic: &str, more: Value) -> Settings {
    let brokers = [format!("127.0.0.1:{port}")];
    let mut all = json!({ "kind": "kafka", "brokers": brokers, "tls": "off", "topic": topic });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

async fn client(server: SocketAddr) -> Client {
    let backoff =
        BackoffConfig { deadline: Some(std::time::Duration::from_secs(20)), ..BackoffConfig::default() };
    ClientBuilder::new(vec![server.to_string()]).backoff_config(backoff).build().await.unwrap()
}

/// A new topic.
async fn topic(client: &Client, name: &str, partitions: i32) {
    let controller = client.controller_client().unwrap();
    controller.delete_topic(name, 5_000).await.ok();
    controller.create_topic(name, partitions, 1, 5_000).await.unwrap();
}

fn at(n: usize) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_700_000_000_000 + n as i64).unwrap()
}

fn record(n: usize, key: Option<&[u8]>, value: Option<&[u8]>) -> Record {
    let (key, value) = (key.map(<[u8]>::to_vec), value.map(<[u8]>::to_vec));
    Record { key, value, headers: BTreeMap::new(), timestamp: at(n) }
}

fn numbered(numbers: std::ops::Range<usize>) -> Vec<Record> {
    numbers.map(|n| record(n, None, Some(json!({ "n": n }).to_string().as_bytes()))).collect()
}

/// Publish; when this returns the broker has them all.
async fn publish(client: &Client, topic: &str, partition: i32, records: Vec<Record>, packed: Compression) {
    let to = client.partition_client(topic, partition, UnknownTopicHandling::Retry).await.unwrap();
    to.produce(records, packed).await.unwrap();
}

fn rows(texts: &[String]) -> Vec<Value> {
    texts.iter().flat_map(|text| text.lines()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn numbers(texts: &[String]) -> Vec<usize> {
    rows(texts).iter().map(|row| row["n"].as_u64().unwrap() as usize).collect()
}

const PLAIN: Compression = Compression::NoCompression;

#[tokio::test]
async fn what_a_topic_holds_and_what_is_added_lands_once() {
    let Some(server) = shared() else { return };
    let client = client(server).await;
    topic(&client, "lands", 3).await;
    let (node, settings) = (node(&[server.port()]), settings(server.port(), "lands", json!({})));
    let (texts, empty) = node.drain(&settings, None).await;
    assert_eq!(texts.concat(), "", "nothing is there");
    // This broker does not give back what is packed by Snappy.
    let packings = [PLAIN, Compression::Gzip, Compression::Lz4, Compression::Zstd];
    for (nth, packing) in packings.into_iter().enumerate() {
        publish(&client, "lands", 0, numbered(nth * 10..nth * 10 + 10), packing).await;
    }
    publish(&client, "lands", 2, numbered(40..55), PLAIN).await;
    let (texts, position) = node.drain(&settings, empty).await;
    assert_eq!(numbers(&texts), (0..55).collect::<Vec<_>>());
    let first = &rows(&texts)[0];
    assert_eq!(
        (&first["_topic"], &first["_partition"], &first["_sequence"]),
        (&json!("lands"), &json!(0), &json!(0))
    );
    assert_eq!(first["_stored_at"], "2023-11-14T22:13:20.000000Z");
    let (texts, position) = node.drain(&settings, position).await;
    assert!(texts.is_empty(), "nothing is new");
    publish(&client, "lands", 1, numbered(55..58), PLAIN).await;
    publish(&client, "lands", 0, numbered(58..60), PLAIN).await;
    let (texts, again) = node.drain(&settings, position.clone()).await;
    assert_eq!(numbers(&texts), [58, 59, 55, 56, 57], "one partition after the other");
    let (same, at) = node.drain(&settings, position).await;
    assert_eq!((same, at), (texts, again), "a landing that was dropped is fetched again as it was");
    assert!(node.told().is_empty(), "{:?}", node.told());
}

#[tokio::test]
async fn keys_and_payloads_of_any_kind_land() {
    let Some(server) = shared() else { return };
    let client = client(server).await;
    topic(&client, "kinds", 1).await;
    let records = vec![
        record(0, Some("设备-1".as_bytes()), Some(b"21.50")),
        record(1, Some(&[0xff]), Some("温度".as_bytes())),
        record(2, None, Some(&[0xff])),
        record(3, Some(b"k"), None),
    ];
    publish(&client, "kinds", 0, records, PLAIN).await;
    let (node, settings) = (node(&[server.port()]), settings(server.port(), "kinds", json!({})));
    let rows = rows(&node.drain(&settings, None).await.0);
    assert_eq!((&rows[0]["_key"], &rows[0]["payload"]), (&json!("设备-1"), &json!(21.5)));
    assert_eq!((&rows[1]["_key_base64"], &rows[1]["payload"]), (&json!("/w=="), &json!("温度")));
    assert_eq!((rows[2].get("_key"), &rows[2]["payload_base64"]), (None, &json!("/w==")));
    assert_eq!(
        (&rows[3]["_key"], rows[3].get("payload")),
        (&json!("k"), Some(&Value::Null)),
        "a mark of deletion"
    );
}

#[tokio::test]
async fn batches_are_bounded_by_rows_and_bytes() {
    let Some(server) = shared() else { return };
    let client = client(server).await;
    topic(&client, "bounded", 2).await;
    publish(&client, "bounded", 0, numbered(0..100), Compression::Zstd).await;
    publish(&client, "bounded", 1, numbered(100..200), PLAIN).await;
    let (mut node, settings) = (node(&[server.port()]), settings(server.port(), "bounded", json!({})));
    node.limits.batch_rows_max = 9;
    let (texts, _) = node.drain(&settings, None).await;
    assert_eq!(
        numbers(&texts),
        (0..200).collect::<Vec<_>>(),
        "a batch of records is cut where the landing is full"
    );
    assert!(texts.iter().all(|text| text.lines().count() <= 9));
    node.limits.batch_rows_max = 1_000;
    node.limits.batch_bytes_max = 2_000;
    let (texts, _) = node.drain(&settings, None).await;
    assert_eq!(numbers(&texts).into_iter().collect::<BTreeSet<_>>().len(), 200);
    assert!(texts.len() > 5 && texts.iter().all(|text| text.len() < 2_400));
}

#[tokio::test]
async fn reading_may_begin_with_what_is_to_come() {
    let Some(server) = shared() else { return };
    let client = client(server).await;
    topic(&client, "later", 2).await;
    publish(&client, "later", 0, numbered(0..5), PLAIN).await;
    let (node, settings) =
        (node(&[server.port()]), settings(server.port(), "later", json!({ "start": "latest" })));
    let (texts, position) = node.drain(&settings, None).await;
    assert_eq!(texts.concat(), "");
    publish(&client, "later", 0, numbered(5..7), PLAIN).await;
    publish(&client, "later", 1, numbered(7..8), PLAIN).await;
    assert_eq!(numbers(&node.drain(&settings, position).await.0), [5, 6, 7]);
}

#[tokio::test]
async fn a_topic_that_was_made_anew_or_is_not_there_is_refused() {
    let Some(server) = shared() else { return };
    let client = client(server).await;
    topic(&client, "anew", 1).await;
    publish(&client, "anew", 0, numbered(0..3), PLAIN).await;
    let (node, settings) = (node(&[server.port()]), settings(server.port(), "anew", json!({})));
    let (_, position) = node.drain(&settings, None).await;
    topic(&client, "anew", 1).await;
    publish(&client, "anew", 0, numbered(3..20), PLAIN).await;
    let (outcome, attempts) = node.batch(&settings, None, position.as_ref()).await;
    assert_eq!((outcome.unwrap_err().code(), attempts), ("connect/replaced", 1));
    assert_eq!(
        numbers(&node.drain(&settings, None).await.0),
        (3..20).collect::<Vec<_>>(),
        "from the beginning"
    );
    let absent = self::settings(server.port(), "never-made", json!({}));
    let (outcome, attempts) = node.batch(&absent, None, None).await;
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("no topic never-made"), "{error}");
    assert_eq!((error.code(), attempts), ("connect/setting", 1));
}

#[tokio::test]
async fn messages_that_were_gone_before_they_were_read_are_told() {
    if shared().is_none() {
        return;
    }
    let port = free_port();
    let (own, server) = (own(port, port), SocketAddr::from(([127, 0, 0, 1], port)));
    let client = client(server).await;
    topic(&client, "gone", 1).await;
    publish(&client, "gone", 0, numbered(0..5), PLAIN).await;
    let (node, settings) = (node(&[server.port()]), settings(server.port(), "gone", json!({})));
    let (_, position) = node.drain(&settings, None).await;
    for n in 5..12 {
        publish(&client, "gone", 0, numbered(n..n + 1), PLAIN).await;
    }
    // This broker does not do what a client asks it to here, and sweeps only now and then.
    let kept = own.folder.path().join("kafka.db");
    let mut kept = sqlx::SqliteConnection::connect(&format!("sqlite://{}", kept.display())).await.unwrap();
    let gone = sqlx::query("DELETE FROM record WHERE offset_id < 9").execute(&mut kept).await.unwrap();
    assert_eq!(gone.rows_affected(), 9);
    assert_eq!(numbers(&node.drain(&settings, position).await.0), [9, 10, 11]);
    let told = node.told().concat();
    assert!(told.contains("up to 4 messages at offsets 5 to 8"), "{told}");
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_is_tried_again_and_nothing_comes_twice() {
    if shared().is_none() {
        return;
    }
    let port = free_port();
    let server = SocketAddr::from(([127, 0, 0, 1], port));
    // The one connection of the fetch, to a broker that names the way to it as its own address, breaks half way.
    let way = breaking(server, 1, Break::ServerSent(200_000), false).await;
    let own = own(port, way.port);
    let other = free_port();
    let _other = own_in(own.folder.path(), other, other, &[]);
    let client = client(SocketAddr::from(([127, 0, 0, 1], other))).await;
    topic(&client, "breaks", 1).await;
    let filling = "x".repeat(10_000);
    for n in 0..100 {
        let payload = json!({ "n": n, "filling": filling }).to_string();
        publish(&client, "breaks", 0, vec![record(n, None, Some(payload.as_bytes()))], PLAIN).await;
    }
    let (node, settings) = (node(&[way.port]), settings(way.port, "breaks", json!({})));
    let (outcome, attempts) = node.batch(&settings, None, None).await;
    let (text, fetched) = outcome.unwrap().unwrap();
    way.broke.notified().await;
    assert_eq!(numbers(&[text]), (0..100).collect::<Vec<_>>());
    assert_eq!((attempts, fetched.more), (2, false));
}

#[tokio::test]
async fn a_broker_that_goes_away_is_transient_and_its_neighbour_is_asked() {
    if shared().is_none() {
        return;
    }
    let (port, dead) = (free_port(), free_port());
    let mut own = own(port, port);
    let client = client(SocketAddr::from(([127, 0, 0, 1], port))).await;
    topic(&client, "away", 1).await;
    publish(&client, "away", 0, numbered(0..5), PLAIN).await;
    let node = node(&[port, dead]);
    let both = [format!("127.0.0.1:{dead}"), format!("127.0.0.1:{port}")];
    let settings = settings(port, "away", json!({ "brokers": both }));
    let (texts, position) = node.drain(&settings, None).await;
    assert_eq!(numbers(&texts), [0, 1, 2, 3, 4]);
    own.server.kill();
    let (outcome, attempts) = node.batch(&settings, None, position.as_ref()).await;
    let error = outcome.unwrap_err();
    assert!(error.is_transient() && attempts == 3, "{error}");
}

#[tokio::test]
async fn a_broker_that_another_one_names_has_to_be_allowed_too() {
    if shared().is_none() {
        return;
    }
    let (port, elsewhere) = (free_port(), free_port());
    let own = own(port, elsewhere);
    let _named = own_in(own.folder.path(), elsewhere, elsewhere, &[]);
    let client = client(SocketAddr::from(([127, 0, 0, 1], port))).await;
    topic(&client, "named", 1).await;
    let settings = settings(port, "named", json!({}));
    let (outcome, attempts) = node(&[port]).batch(&settings, None, None).await;
    let error = outcome.unwrap_err();
    assert_eq!((error.code(), attempts), ("egress/address", 1));
    node(&[port, elsewhere]).batch(&settings, None, None).await.0.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_are_taken_or_refused_at_once_and_shown_nowhere() {
    if shared().is_none() {
        return;
    }
    let (folder, open, port) = (tempfile::tempdir().unwrap(), free_port(), free_port());
    // A broker that lets everybody in takes the users of the one that does not.
    let first = own_in(folder.path(), open, open, &[]);
    for (user, mechanism) in [("of-256", "scram256"), ("of-512", "scram512")] {
        let mut making = std::process::Command::new(program());
        making.args(["user", "create", "--broker", &format!("tcp://127.0.0.1:{open}")]);
        making.args(["--mechanism", mechanism, user, "right-one"]);
        assert!(making.status().unwrap().success(), "{user}");
    }
    drop(first);
    let _second = own_in(folder.path(), port, port, &["--authentication"]);
    let node = node(&[port]);
    for (user, mechanism) in [("of-256", "scram_sha_256"), ("of-512", "scram_sha_512")] {
        let settings = settings(port, "none", json!({ "user": user, "mechanism": mechanism }));
        let (outcome, attempts) = node.batch(&settings, Some("wrong-one"), None).await;
        let error = outcome.unwrap_err();
        let shown = format!("{error} {error:?}") + &brain_kernel::error::Failure::from(error).to_string();
        assert!(shown.contains("does not take the user") && !shown.contains("wrong-one"), "{shown}");
        assert_eq!(attempts, 1, "{shown}");
        let let_in = node.batch(&settings, Some("right-one"), None).await.0.unwrap_err();
        assert!(let_in.to_string().contains("no topic none"), "{let_in}");
    }
    let nobody = settings(port, "none", json!({}));
    let (outcome, attempts) = node.batch(&nobody, Some("right-one"), None).await;
    assert_eq!((outcome.unwrap_err().code(), attempts), ("connect/setting", 1), "a password of nobody");
}

/// The port of a way to a server that is encrypted with a certificate nobody gave. This broker takes no certificate.
#[expect(clippy::disallowed_methods, reason = "a test's own way to a server of the test")]
async fn encrypting(server: SocketAddr) -> u16 {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let provider = std::sync::Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let settings = tokio_rustls::rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key.into())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(settings));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((outside, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut outside) = acceptor.accept(outside).await else { return };
                let mut inside = tokio::net::TcpStream::connect(server).await.unwrap();
                tokio::io::copy_bidirectional(&mut outside, &mut inside).await.ok();
            });
        }
    });
    port
}

#[tokio::test]
async fn a_certificate_of_nobody_is_refused_unless_it_is_not_to_be_checked() {
    if shared().is_none() {
        return;
    }
    let port = free_port();
    let front = encrypting(SocketAddr::from(([127, 0, 0, 1], port))).await;
    let _own = own(port, front);
    let node = node(&[front]);
    let (outcome, attempts) =
        node.batch(&settings(front, "none", json!({ "tls": "checked" })), None, None).await;
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("no encrypted connection"), "{error}");
    assert_eq!((error.code(), attempts), ("connect/broker", 1));
    let let_in = node.batch(&settings(front, "none", json!({ "tls": "unchecked" })), None, None).await;
    assert!(let_in.0.unwrap_err().to_string().contains("no topic none"));
}

#[tokio::test]
async fn a_source_is_tried_out_and_a_large_message_is_told() {
    let Some(server) = shared() else { return };
    let client = client(server).await;
    topic(&client, "tried", 2).await;
    publish(&client, "tried", 0, vec![record(0, None, Some(&vec![b'x'; 3 << 20]))], Compression::Gzip).await;
    publish(&client, "tried", 1, numbered(7..8), PLAIN).await;
    let (node, settings) = (node(&[server.port()]), settings(server.port(), "tried", json!({})));
    let source = settings.open(None, node.surroundings.clone()).unwrap();
    let finding = source.test(&Control::default()).await.unwrap();
    assert!(finding.found.en.contains("2 partitions, up to 2 messages"), "{finding:?}");
    let (texts, _) = node.drain(&settings, None).await;
    let rows = rows(&texts);
    assert_eq!((&rows[0]["_too_large_bytes"], &rows[0]["_topic"]), (&json!(3 << 20), &json!("tried")));
    assert_eq!(rows[1]["n"], 7);
    assert!(node.told().concat().contains("1 messages are too large"), "{:?}", node.told());
    let error = Node::new(&[]).batch(&settings, None, None).await.0.unwrap_err();
    assert_eq!(error.code(), "egress/address");
    node.control.cancel.cancel();
    assert_eq!(node.batch(&settings, None, None).await.0.unwrap_err().code(), "connect/cancelled");
}
