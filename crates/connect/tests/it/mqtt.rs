//! A real broker of MQTT 5.0: the shared one, and some that a test has for itself.

use std::net::SocketAddr;
use std::time::Duration;

use brain_connect::{Control, Position, Settings};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use serde_json::{Value, json};

use crate::node::Node;
use crate::server::{Break, Own, breaking, free_port, of_the_environment};

/// First byte of an acknowledgement (MQTT 5.0 §2.1.2).
const PUBACK: u8 = 0x40;

/// Most periods of listening until everything has come.
const ROUNDS: usize = 60;

fn shared() -> Option<SocketAddr> {
    of_the_environment("BRAIN_TEST_MQTT")
}

fn node(port: u16) -> Node {
    Node::new(&[format!("tcp://127.0.0.1:{port}")])
}

fn settings(port: u16, topic: &str, more: Value) -> Settings {
    let mut all = json!({
        "kind": "mqtt", "host": "127.0.0.1", "port": port, "tls": "off", "topic": topic, "listen_s": 1,
    });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

/// Publish messages; when this returns the broker has them all.
async fn publish(port: u16, messages: Vec<(String, Vec<u8>)>) {
    let mut options = MqttOptions::new(format!("publisher{}", free_port()), "127.0.0.1", port);
    options.set_keep_alive(Duration::from_secs(60));
    let count = messages.len();
    let (client, mut events) = AsyncClient::new(options, 10);
    let sender = tokio::spawn(async move {
        for (topic, payload) in messages {
            client.publish(topic, QoS::AtLeastOnce, false, payload).await.unwrap();
        }
        client
    });
    let mut acknowledged = 0;
    while acknowledged < count {
        if let Event::Incoming(Packet::PubAck(_)) = events.poll().await.unwrap() {
            acknowledged += 1;
        }
    }
    drop(sender.await.unwrap());
}

fn numbered(topic: &str, numbers: std::ops::Range<usize>) -> Vec<(String, Vec<u8>)> {
    numbers.map(|n| (topic.to_owned(), json!({ "n": n }).to_string().into_bytes())).collect()
}

fn rows(texts: &[String]) -> Vec<Value> {
    texts.iter().flat_map(|text| text.lines()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn numbers(texts: &[String]) -> Vec<usize> {
    rows(texts).iter().map(|row| row["n"].as_u64().unwrap() as usize).collect()
}

/// Subscribe: the first fetch makes the session, and brings nothing.
async fn subscribed(node: &Node, settings: &Settings) -> Option<Position> {
    let (texts, position) = node.drain(settings, None).await;
    assert_eq!(texts.concat(), "");
    position
}

/// Fetch until so many rows have come: a slow machine may listen more than once.
async fn until(
    node: &Node,
    settings: &Settings,
    mut position: Option<Position>,
    count: usize,
) -> (Vec<String>, Option<Position>) {
    let mut all = Vec::new();
    for _ in 0..ROUNDS {
        let (texts, reached) = node.drain(settings, position).await;
        all.extend(texts);
        position = reached;
        if rows(&all).len() >= count {
            break;
        }
    }
    assert!(rows(&all).len() >= count, "{} of {count} messages after {ROUNDS} rounds", rows(&all).len());
    (all, position)
}

#[tokio::test]
async fn what_is_published_between_two_fetches_lands_once_whatever_it_is() {
    let Some(broker) = shared() else { return };
    let (node, settings) = (node(broker.port()), settings(broker.port(), "lands/#", json!({})));
    let position = subscribed(&node, &settings).await;
    let messages = [
        ("a", &b"{\"t\": 21.50}"[..]),
        ("b", b"21.50"),
        ("c", "温度".as_bytes()),
        ("c/d", &[0xff]),
        ("e", b""),
    ];
    publish(
        broker.port(),
        messages.map(|(topic, payload)| (format!("lands/{topic}"), payload.to_vec())).into(),
    )
    .await;
    publish(broker.port(), numbered("elsewhere", 0..3)).await;
    let (texts, position) = until(&node, &settings, position, 5).await;
    assert!(texts.concat().contains("\"t\": 21.50"), "byte for byte");
    let rows = rows(&texts);
    assert_eq!(rows.len(), 5);
    assert_eq!(
        rows.iter().map(|row| row["_sequence"].as_u64().unwrap()).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5]
    );
    assert_eq!((&rows[0]["_topic"], &rows[3]["_topic"]), (&json!("lands/a"), &json!("lands/c/d")));
    assert_eq!((&rows[1]["payload"], &rows[2]["payload"]), (&json!(21.5), &json!("温度")));
    assert_eq!((&rows[3]["payload_base64"], &rows[4]["payload"]), (&json!("/w=="), &json!("")));
    let (texts, position) = node.drain(&settings, position).await;
    assert_eq!(texts.concat(), "");
    publish(broker.port(), numbered("lands/a", 0..1)).await;
    let (texts, _) = until(&node, &settings, position, 1).await;
    assert_eq!(self::rows(&texts)[0]["_sequence"], 6);
}

#[tokio::test]
async fn a_landing_that_was_dropped_is_handed_out_again_and_batches_are_bounded() {
    let Some(broker) = shared() else { return };
    let (mut node, settings) = (node(broker.port()), settings(broker.port(), "again", json!({})));
    let position = subscribed(&node, &settings).await;
    publish(broker.port(), numbered("again", 0..40)).await;
    // Whatever was fetched, nobody has moved the position.
    let (first, _) = until(&node, &settings, position.clone(), 40).await;
    assert_eq!(numbers(&first), (0..40).collect::<Vec<_>>());
    node.limits.batch_rows_max = 7;
    publish(broker.port(), numbered("again", 40..50)).await;
    let (texts, position) = until(&node, &settings, position, 50).await;
    assert_eq!(numbers(&texts), (0..50).collect::<Vec<_>>());
    assert!(texts.iter().all(|text| text.lines().count() <= 7));
    node.limits.batch_rows_max = 1_000;
    node.limits.batch_bytes_max = 300;
    publish(broker.port(), numbered("again", 50..60)).await;
    let (texts, _) = until(&node, &settings, position, 10).await;
    assert_eq!(numbers(&texts), (50..60).collect::<Vec<_>>());
    assert!(texts.iter().all(|text| text.len() < 500));
}

#[tokio::test]
async fn acknowledgements_that_are_lost_with_the_connection_bring_nothing_twice() {
    let Some(broker) = shared() else { return };
    // The way breaks at the first acknowledgement of the second connection: the broker sends it all again.
    let way = breaking(broker, 2, Break::ClientSays(PUBACK), false).await;
    let node = node(way.port);
    let settings = settings(way.port, "unconfirmed", json!({}));
    let position = subscribed(&node, &settings).await;
    publish(broker.port(), numbered("unconfirmed", 0..60)).await;
    let (texts, position) = until(&node, &settings, position, 60).await;
    way.broke.notified().await;
    assert_eq!(numbers(&texts), (0..60).collect::<Vec<_>>());
    let (texts, _) = node.drain(&settings, position).await;
    assert_eq!(texts.concat(), "");
}

#[tokio::test]
async fn a_node_that_dies_between_keeping_and_acknowledging_lands_each_message_once() {
    let Some(broker) = shared() else { return };
    let way = breaking(broker, 2, Break::ClientSays(PUBACK), true).await;
    let node = node(way.port);
    let settings = settings(way.port, "dies", json!({ "listen_s": 600 }));
    let quick = self::settings(way.port, "dies", json!({}));
    let position = subscribed(&node, &quick).await;
    publish(broker.port(), numbered("dies", 0..30)).await;
    // The acknowledgement has left the node and stays on the way; the node ends, whatever it was about to do.
    let dying = node.batch(&settings, None, position.as_ref());
    tokio::select! {
        _ = dying => panic!("it listens for ten minutes"),
        () = way.broke.notified() => {}
    }
    let (texts, position) = until(&node, &quick, position, 30).await;
    assert_eq!(numbers(&texts), (0..30).collect::<Vec<_>>());
    publish(broker.port(), numbered("dies", 30..33)).await;
    let (texts, _) = until(&node, &quick, position, 3).await;
    assert_eq!(numbers(&texts), [30, 31, 32]);
}

#[tokio::test]
async fn equal_messages_are_told_apart() {
    let Some(broker) = shared() else { return };
    let (node, settings) = (node(broker.port()), settings(broker.port(), "equal", json!({})));
    let position = subscribed(&node, &settings).await;
    publish(broker.port(), (0..20).map(|_| ("equal".to_owned(), b"{\"n\":1}".to_vec())).collect()).await;
    let (texts, position) = until(&node, &settings, position, 20).await;
    assert_eq!(numbers(&texts), [1; 20]);
    publish(broker.port(), numbered("equal", 1..2)).await;
    let (texts, _) = until(&node, &settings, position, 1).await;
    assert_eq!(numbers(&texts), [1]);
}

#[tokio::test]
async fn a_message_that_is_too_large_lands_without_its_payload_and_is_told() {
    let Some(broker) = shared() else { return };
    let (node, settings) = (node(broker.port()), settings(broker.port(), "large", json!({})));
    let position = subscribed(&node, &settings).await;
    let large = ("large".to_owned(), vec![b'x'; 3 << 20]);
    publish(broker.port(), [vec![large], numbered("large", 7..8)].concat()).await;
    let (texts, _) = until(&node, &settings, position, 2).await;
    let rows = rows(&texts);
    assert_eq!(rows[0]["_topic"], "large");
    assert!(rows[0]["_too_large_bytes"].as_u64().unwrap() >= 3 << 20);
    assert_eq!(rows[1]["n"], 7);
    assert!(node.told().concat().contains("1 messages are too large"), "{:?}", node.told());
}

#[tokio::test]
async fn a_full_spool_leaves_messages_at_the_broker_until_it_has_landed() {
    let Some(broker) = shared() else { return };
    let (node, settings) = (node(broker.port()), settings(broker.port(), "full", json!({ "spool_mib": 1 })));
    let position = subscribed(&node, &settings).await;
    let filling = "x".repeat(20_000);
    let message = |n| ("full".to_owned(), json!({ "n": n, "filling": filling }).to_string().into_bytes());
    publish(broker.port(), (0..250).map(message).collect()).await;
    let (texts, _) = until(&node, &settings, position, 250).await;
    assert_eq!(numbers(&texts), (0..250).collect::<Vec<_>>());
    assert!(texts.len() > 1, "it was full more than once");
    assert!(node.told().concat().contains("spool is full"), "{:?}", node.told());
}

#[tokio::test]
async fn another_topic_takes_the_place_of_the_old_one() {
    let Some(broker) = shared() else { return };
    let node = node(broker.port());
    let of = |topic| settings(broker.port(), topic, json!({}));
    let position = subscribed(&node, &of("old/#")).await;
    let (texts, position) = node.drain(&of("new/#"), position).await;
    assert_eq!(texts.concat(), "");
    publish(broker.port(), numbered("old/a", 0..3)).await;
    publish(broker.port(), numbered("new/a", 7..9)).await;
    let (texts, _) = until(&node, &of("new/#"), position, 2).await;
    assert_eq!(numbers(&texts), [7, 8]);
}

#[tokio::test]
async fn two_connectors_of_a_group_share_its_messages() {
    let Some(broker) = shared() else { return };
    // A group of this run's own: the broker still shares with the sessions of an earlier one.
    let group = format!("$share/brain{}/shared/#", free_port());
    let settings = settings(broker.port(), &group, json!({}));
    let (one, other) = (node(broker.port()), node(broker.port()));
    let (position, others) = (subscribed(&one, &settings).await, subscribed(&other, &settings).await);
    publish(broker.port(), numbered("shared/a", 0..30)).await;
    let (mut all, mut one_at, mut other_at) = (Vec::new(), position, others);
    for _ in 0..ROUNDS {
        let ((texts, position), (more, others)) =
            tokio::join!(one.drain(&settings, one_at), other.drain(&settings, other_at));
        all.extend(numbers(&texts));
        all.extend(numbers(&more));
        (one_at, other_at) = (position, others);
        if all.len() >= 30 {
            break;
        }
    }
    all.sort_unstable();
    assert_eq!(all, (0..30).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_source_is_tried_out_and_refused_in_words() {
    let Some(broker) = shared() else { return };
    let settings = settings(broker.port(), "$share/brain/tried/#", json!({}));
    let node = node(broker.port());
    let source = settings.open(None, node.surroundings.clone()).unwrap();
    let finding = source.test(&Control::default()).await.unwrap();
    assert!(finding.found.en.contains("tried/#"), "{finding:?}");
    let error = Node::new(&[]).batch(&settings, None, None).await.0.unwrap_err();
    assert_eq!(error.code(), "egress/address");
    let mut homeless = Node::new(&[format!("tcp://127.0.0.1:{}", broker.port())]);
    homeless.surroundings.own = None;
    assert_eq!(homeless.batch(&settings, None, None).await.0.unwrap_err().code(), "connect/spool");
    let (error, _) = node.batch(&settings, Some("secret of nobody"), None).await;
    assert_eq!(error.unwrap_err().code(), "connect/setting");
    node.control.cancel.cancel();
    assert_eq!(node.batch(&settings, None, None).await.0.unwrap_err().code(), "connect/cancelled");
}

/// A broker of the test's own, with these lines of configuration.
fn own(folder: &std::path::Path, port: u16, lines: &str) -> Own {
    let file = folder.join("mosquitto.conf");
    std::fs::write(&file, format!("user root\nlistener {port} 127.0.0.1\npersistence false\n{lines}\n"))
        .unwrap();
    Own::start("mosquitto", &["-c", file.to_str().unwrap()], port)
}

#[tokio::test]
async fn a_wrong_password_is_told_at_once_and_shown_nowhere() {
    let Some(_) = shared() else { return };
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let passwords = folder.path().join("passwords");
    let made = std::process::Command::new("mosquitto_passwd")
        .args(["-b", "-c", passwords.to_str().unwrap(), "brain", "right one"])
        .status();
    assert!(made.unwrap().success());
    let _own =
        own(folder.path(), port, &format!("allow_anonymous false\npassword_file {}", passwords.display()));
    let node = node(port);
    let settings = settings(port, "a", json!({ "user": "brain" }));
    let (outcome, attempts) = node.batch(&settings, Some("wrong one"), None).await;
    let error = outcome.unwrap_err();
    assert_eq!((error.code(), attempts), ("connect/broker", 1));
    let shown = format!("{error} {error:?}") + &brain_kernel::error::Failure::from(error).to_string();
    assert!(shown.contains("does not take the user") && !shown.contains("wrong one"), "{shown}");
    assert!(node.batch(&settings, Some("right one"), None).await.0.unwrap().is_some());
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
    let lines =
        format!("allow_anonymous true\ncertfile {}\nkeyfile {}", certificate.display(), key.display());
    let _own = own(folder.path(), port, &lines);
    let node = node(port);
    let (outcome, attempts) = node.batch(&settings(port, "a", json!({ "tls": "checked" })), None, None).await;
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("no encrypted connection"), "{error}");
    assert_eq!((error.code(), attempts), ("connect/broker", 1));
    let unchecked = settings(port, "a", json!({ "tls": "unchecked" }));
    let position = subscribed(&node, &unchecked).await;
    assert!(position.is_some());
}

#[tokio::test]
async fn a_broker_that_goes_away_loses_nothing_that_was_kept_and_a_lost_session_is_told() {
    let Some(_) = shared() else { return };
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let mut broker = own(folder.path(), port, "allow_anonymous true");
    // The connection is silent from the first acknowledgement on; then the broker is killed under it.
    let server = SocketAddr::from(([127, 0, 0, 1], port));
    let way = breaking(server, 2, Break::ClientSays(PUBACK), true).await;
    let node = node(way.port);
    let settings = settings(way.port, "goes", json!({}));
    let position = subscribed(&node, &settings).await;
    publish(port, numbered("goes", 0..10)).await;
    let (fetched, ()) = tokio::join!(node.batch(&settings, None, position.as_ref()), async {
        way.broke.notified().await;
        broker.kill();
    });
    let (text, fetched) = fetched.0.unwrap().unwrap();
    let kept = numbers(&[text]);
    assert_eq!(kept, (0..kept.len()).collect::<Vec<_>>());
    assert!(!kept.is_empty());
    let (outcome, attempts) = node.batch(&settings, None, Some(&fetched.position)).await;
    let error = outcome.unwrap_err();
    assert!(error.is_transient() && attempts == 3, "{error}");
    let _again = own(folder.path(), port, "allow_anonymous true");
    let (texts, position) = node.drain(&settings, Some(fetched.position)).await;
    assert_eq!(texts.concat(), "");
    assert!(node.told().concat().contains("has not kept this connector's session"), "{:?}", node.told());
    publish(port, numbered("goes", 70..72)).await;
    assert_eq!(numbers(&until(&node, &settings, position, 2).await.0), [70, 71]);
}
