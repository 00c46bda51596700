//! Objects of a bucket, from a store that listens.

use std::net::Ipv4Addr;
use std::sync::Arc;

use brain_connect::{Control, Landing, Settings, Source, fetch};
use brain_egress::{Addresses, Egress, Resolve};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::node::Node;
use crate::store::{KEY, Store};

/// More than two parts of an object.
const LINES: usize = 720_000;

fn settings(store: &Store, more: Value) -> Settings {
    let mut all = json!({
        "kind": "s3", "endpoint": store.origin, "region": "cn-test", "bucket": "data", "access_key": KEY.0,
    });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

/// A node whose clock is right: signatures say when they were made.
fn node(store: &Store) -> Node {
    Node::new(&[store.origin.clone()]).ahead_by(TimeDelta::zero())
}

fn long(letter: char) -> String {
    format!("{letter}0123456789\n").repeat(LINES)
}

fn ranges(store: &Store) -> Vec<String> {
    store.happens.lock().unwrap().read.iter().map(|(_, range)| range.clone()).collect()
}

#[tokio::test]
async fn new_and_changed_objects_are_taken_once_and_oldest_first_over_many_pages() {
    for lists_tags in [false, true] {
        let store = Store::start().await;
        store.happens.lock().unwrap().lists_tags = lists_tags;
        store.put("in/b.csv", "n\n1\n", 1);
        store.put("in/深/a b.csv", "n\n2\n", 2);
        store.put("in/a.csv", "n\n3\n", 3);
        store.put("in/notes.txt", "x", 3);
        store.put("in/empty.csv", "", 4);
        store.put("other/c.csv", "n\n9\n", 5);
        let (node, settings) =
            (node(&store), settings(&store, json!({ "prefix": "in/", "pattern": "*.csv" })));
        let (texts, position) = node.drain_with(&settings, Some(KEY.1), None).await;
        assert_eq!(texts, ["n\n1\n", "n\n2\n", "n\n3\n", ""]);
        assert!(store.happens.lock().unwrap().listed.len() >= 3, "five objects are three pages");
        assert!(store.happens.lock().unwrap().read.iter().all(|(key, _)| key != "in/notes.txt"));

        let (texts, position) = node.drain_with(&settings, Some(KEY.1), position).await;
        assert_eq!(texts, Vec::<String>::new(), "nothing is new");

        store.put("in/b.csv", "n\n1\n7\n", 6);
        store.put("in/new.csv", "n\n8\n", 7);
        store.remove("in/a.csv");
        let (texts, position) = node.drain_with(&settings, Some(KEY.1), position).await;
        assert_eq!(texts, ["n\n1\n7\n", "n\n8\n"]);

        store.put("in/new.csv", "n\n8\n", 8);
        let (texts, _) = node.drain_with(&settings, Some(KEY.1), position).await;
        let again = if lists_tags { Vec::new() } else { vec!["n\n8\n".to_owned()] };
        assert_eq!(texts, again, "the same content is known by its tag where there is one");
    }
}

#[tokio::test]
async fn a_run_lists_the_bucket_once() {
    let store = Store::start().await;
    for number in 0..6 {
        store.put(&format!("{number}.csv"), "n\n1\n", number);
    }
    let node = node(&store);
    let secret = brain_connect::Secret::new(KEY.1.to_owned());
    let source: Arc<dyn Source> =
        settings(&store, json!({})).open(Some(secret), node.surroundings.clone()).unwrap();
    let mut landing = Landing::new(node.folder.path().join("landing"), node.limits).await.unwrap();
    let (mut position, mut batches) = (None, 0);
    loop {
        let control = Control::default();
        let (fetched, _) =
            fetch(source.as_ref(), position.as_ref(), &mut landing, &control, &node.backoff).await;
        let fetched = fetched.unwrap().unwrap();
        batches += 1;
        position = Some(fetched.position);
        if !fetched.more {
            break;
        }
    }
    assert_eq!((batches, store.happens.lock().unwrap().listed.len()), (6, 3));
    store.put("6.csv", "n\n1\n", 6);
    let (fetched, _) =
        fetch(source.as_ref(), position.as_ref(), &mut landing, &Control::default(), &node.backoff).await;
    assert!(!fetched.unwrap().unwrap().more, "a listing with nothing new in it is made anew");
}

#[tokio::test]
async fn a_connection_that_breaks_costs_one_part() {
    let store = Store::start().await;
    store.put("long.csv", &long('a'), 1);
    store.happens.lock().unwrap().breaks = vec![2];
    let (outcome, attempts) = node(&store).batch(&settings(&store, json!({})), Some(KEY.1), None).await;
    assert!(outcome.unwrap().unwrap().0 == long('a'), "the object is whole");
    let (part, bytes) = (4 << 20, long('a').len());
    let range = |from: usize, end: usize| format!("bytes={from}-{}", end - 1);
    let expected = [range(0, part), range(part, 2 * part), range(part, 2 * part), range(2 * part, bytes)];
    assert_eq!((ranges(&store), attempts), (expected.into(), 1));
}

#[tokio::test]
async fn an_object_that_changes_between_two_parts_is_noticed_and_read_anew() {
    // A store that heeds If-Match, one that does not but says the tag, and one that lists tags.
    for (heeds, lists) in [(true, false), (false, false), (true, true)] {
        let store = Store::start().await;
        store.put("long.csv", &long('a'), 1);
        {
            let mut happens = store.happens.lock().unwrap();
            (happens.heeds_tags, happens.lists_tags) = (heeds, lists);
            happens.after.insert(1, ("long.csv".to_owned(), Some(long('b'))));
        }
        let (outcome, attempts) = node(&store).batch(&settings(&store, json!({})), Some(KEY.1), None).await;
        assert!(outcome.unwrap().unwrap().0 == long('b'), "no mixture of two states: {heeds} {lists}");
        assert_eq!(attempts, 2);
    }
}

#[tokio::test]
async fn an_object_that_goes_while_others_wait_holds_nothing_up() {
    let store = Store::start().await;
    store.put("a.csv", &long('a'), 1);
    store.put("b.csv", "n\n1\n", 2);
    store.happens.lock().unwrap().after.insert(1, ("a.csv".to_owned(), None));
    let (texts, _) = node(&store).drain_with(&settings(&store, json!({})), Some(KEY.1), None).await;
    assert_eq!(texts, ["n\n1\n"]);
}

#[tokio::test]
async fn what_a_store_refuses_is_told_with_its_code_and_without_the_secret() {
    let store = Store::start().await;
    store.put("a.csv", "n\n1\n", 1);
    let node = node(&store);
    for (more, secret, says) in [
        (json!({}), Some("wrong-secret"), "SignatureDoesNotMatch"),
        (json!({ "access_key": "NOBODY" }), Some(KEY.1), "NotSignedUp"),
        (json!({ "access_key": null }), None, "AccessDenied"),
        (json!({ "bucket": "nothing" }), Some(KEY.1), "NoSuchBucket"),
    ] {
        let (outcome, attempts) = node.batch(&settings(&store, more.clone()), secret, None).await;
        let error = outcome.unwrap_err();
        assert_eq!((error.code(), attempts), ("connect/store", 1), "{more}: {error}");
        assert!(error.to_string().contains(says), "{more}: {error}");
        let failure = brain_kernel::error::Failure::from(error);
        let told = format!("{failure:?}");
        assert!(!told.contains("wrong-secret") && !told.contains(KEY.1) && !told.contains("X-Amz"), "{told}");
    }
    assert!(store.happens.lock().unwrap().read.is_empty(), "nothing was read");
    let error = node.batch(&settings(&store, json!({})), None, None).await.0.unwrap_err();
    assert_eq!(error.code(), "connect/setting", "without a secret nothing is called");
}

#[tokio::test]
async fn a_signature_of_another_time_is_refused() {
    let store = Store::start().await;
    let late = Node::new(&[store.origin.clone()]).ahead_by(TimeDelta::hours(-1));
    let (outcome, attempts) = late.batch(&settings(&store, json!({})), Some(KEY.1), None).await;
    assert_eq!((outcome.unwrap_err().code(), attempts), ("connect/store", 1));
}

#[tokio::test]
async fn a_busy_store_is_tried_again() {
    let store = Store::start().await;
    store.put("a.csv", "n\n1\n", 1);
    store.happens.lock().unwrap().busy = 2;
    let (outcome, attempts) = node(&store).batch(&settings(&store, json!({})), Some(KEY.1), None).await;
    assert_eq!((outcome.unwrap().unwrap().0.as_str(), attempts), ("n\n1\n", 3));
}

#[tokio::test]
async fn nothing_is_called_that_the_operator_does_not_list() {
    let store = Store::start().await;
    let error = Node::new(&[]).batch(&settings(&store, json!({})), Some(KEY.1), None).await.0.unwrap_err();
    assert_eq!(error.code(), "egress/address");
    assert!(store.happens.lock().unwrap().listed.is_empty());
}

#[tokio::test]
async fn a_public_bucket_needs_no_key_and_a_test_says_what_is_there() {
    let store = Store::open().await;
    store.put("b.csv", "n\n2\n", 2);
    store.put("a.csv", "n\n1\n", 1);
    let (node, settings) = (node(&store), settings(&store, json!({ "access_key": null })));
    let (texts, _) = node.drain(&settings, None).await;
    assert_eq!(texts, ["n\n1\n", "n\n2\n"]);
    store.happens.lock().unwrap().read.clear();
    let source = settings.open(None, node.surroundings.clone()).unwrap();
    let finding = source.test(&Control::default()).await.unwrap();
    assert_eq!(finding.fields, ["a.csv", "b.csv"]);
    assert_eq!(finding.found.en, "2 objects, 8 bytes in all");
    assert_eq!(ranges(&store), ["bytes=0-0"], "a test reads the first byte of the first object");
}

/// Every name is this machine.
struct Here;

impl Resolve for Here {
    fn resolve<'a>(&'a self, _host: &'a str) -> Addresses<'a> {
        Box::pin(async { Ok(vec![Ipv4Addr::LOCALHOST.into()]) })
    }
}

#[tokio::test]
async fn a_bucket_may_stand_in_the_host_which_the_operator_lists() {
    let store = Store::start().await;
    store.put("深/a b.csv", "n\n1\n", 1);
    let settings = settings(&store, json!({ "endpoint": store.named, "addressing": "host" }));
    let mut node = node(&store);
    for (allow, code) in [
        (store.named.clone(), Some("egress/not-listed")),
        (store.named.replace("s3.test", "data.s3.test"), None),
    ] {
        let options = brain_egress::Options {
            allow: vec![allow],
            networks: vec!["127.0.0.0/8".to_owned()],
            ..brain_egress::Options::default()
        };
        node.surroundings.egress = Egress::with_resolver(&options, Arc::new(Here)).unwrap();
        let outcome = node.batch(&settings, Some(KEY.1), None).await.0;
        match code {
            Some(code) => assert_eq!(outcome.unwrap_err().code(), code),
            None => assert_eq!(outcome.unwrap().unwrap().0, "n\n1\n"),
        }
    }
}
