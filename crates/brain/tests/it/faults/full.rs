//! T3: the disk fills up at a random byte while the node serves, and later there is room again.
//!
//! What leaves no record goes on: the catalogue, one's own session. Writing is refused with 507 and words. What must be on
//! record does not happen without: nobody signs in, and no row is handed out (GB/T 22239-2019 8.1.4.3). The node works
//! again when there is room, without a restart. `BRAIN_FULL_SEEDS` makes it more.

use super::disk::Disk;
use super::office::{Office, configure, credentials, grant, with_mapping};
use super::{Dice, cases};
use crate::node::TestNode;
use crate::register;
use brain_testkit::{Client, Reply};
use serde_json::{Value, json};
use std::time::Duration;

const SEEDS: usize = 5;
/// Everything is checked after one seed in so many, the log after each.
const DOCTOR_EVERY: u64 = 3;
/// A page of the table.
const ROWS: &str = "/api/v1/datasets/raw.small/rows?page_size=5";
/// Room that is left at most, bytes: enough for several acts, or for none.
const ROOM_MAX: u64 = 400_000;
/// Acts tried until the disk is full.
const ACTS_MAX: u64 = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_with_507_shows_nothing_off_the_record_and_recovers() {
    let template = TestNode::new();
    configure(&template);
    with_mapping(&template);
    let first = template.write("first.csv", register::file(0, 40));
    template.ingest(&first, "small");
    for seed in 0..cases("BRAIN_FULL_SEEDS", SEEDS) {
        once(&template, seed as u64).await;
    }
}

async fn once(template: &TestNode, seed: u64) {
    let node = template.copy();
    let disk = Disk::new();
    let office = Office::open(&node, |command| disk.under(command, &node.data()));
    let security = office.signed_in("secadmin").await;
    let auditor = office.signed_in("audit").await;
    let given = security.post("/api/v1/grants", &industry_grant()).await;
    let _ = given.expect(201);
    let mut reader = Reader::new(office.signed_in("industry").await).await;

    let room = Dice(seed).below(ROOM_MAX);
    disk.fill(room);
    let mut acknowledged = Vec::new();
    let mut refused = None;
    for number in 0..ACTS_MAX {
        let reply = security.post("/api/v1/grants", &grant(number)).await;
        if reply.status.as_u16() != 201 {
            refused = Some(reply);
            break;
        }
        acknowledged.push(reply.json()["id"].as_str().unwrap().to_owned());
        reader.shown(seed).await;
    }
    let refused = refused.unwrap_or_else(|| panic!("seed {seed}: {room} bytes lasted for {ACTS_MAX} acts"));
    told(&refused, "a grant", seed);
    assert!(!reader.shown(seed).await, "seed {seed}: rows without a record");
    assert_eq!(office.stranger().get("/livez").await.status, 200);
    assert_eq!(reader.client.get("/api/v1/session").await.status, 200);
    told(&upload(&reader.client).await, "an upload", seed);
    // An act that must leave evidence does not happen without: nobody is signed in off the record.
    let unrecorded = office.stranger().post("/api/v1/session?token=1", &credentials("operator")).await;
    told(&unrecorded, "a sign-in", seed);

    disk.mend();
    let last = grant(ACTS_MAX);
    let again = retried(|| security.post("/api/v1/grants", &last)).await;
    acknowledged.push(again["id"].as_str().unwrap().to_owned());
    let listed = security.get("/api/v1/grants?page_size=1000").await.expect(200);
    let listed: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|card| &card["id"]).collect();
    assert!(acknowledged.iter().all(|id| listed.contains(&&json!(id))), "what was acknowledged is there");
    let _ = retried(|| reader.client.get(ROWS)).await;
    reader.times += 1;
    assert!(reader.shown(seed).await, "seed {seed}: there is room");
    reader.on_record(&auditor).await;
    let run = upload(&reader.client).await.expect(202);
    let done = reader.client.finished(run["run_id"].as_str().unwrap()).await;
    assert_eq!(done["state"], "succeeded", "{done}");
    println!("seed {seed}: {room} bytes, {} acts before, {}", acknowledged.len() - 1, refused.code());
    drop(office);
    let verification: Value = serde_json::from_str(&node.ok(&["evidence", "verify"])).unwrap();
    assert_eq!(verification["ok"], true, "{verification}");
    if seed.is_multiple_of(DOCTOR_EVERY) {
        node.ok(&["doctor"]);
    }
}

/// The industry body, who looks at the same table again and again.
struct Reader {
    client: Client,
    /// Number of datasets and the rows, as they were on a good disk.
    truth: (Value, Value),
    /// How often rows were handed out.
    times: u64,
}

impl Reader {
    async fn new(client: Client) -> Self {
        let catalogue = client.get("/api/v1/datasets").await.expect(200);
        let rows = client.get(ROWS).await.expect(200);
        Self { client, truth: (catalogue["total"].clone(), rows["rows"].clone()), times: 1 }
    }

    /// Look at the catalogue, which is always shown, and at the rows: they are what they were, or the record of looking
    /// at them could not be written and they are not shown.
    async fn shown(&mut self, seed: u64) -> bool {
        let catalogue = self.client.get("/api/v1/datasets").await.expect(200);
        assert_eq!(catalogue["total"], self.truth.0, "seed {seed}");
        let reply = self.client.get(ROWS).await;
        if reply.status.as_u16() == 200 {
            assert_eq!(reply.json()["rows"], self.truth.1, "seed {seed}");
            self.times += 1;
            return true;
        }
        let refusal = (reply.status.as_u16(), reply.code());
        assert_eq!(refusal, (503, "trust/audit-unavailable".to_owned()), "seed {seed}: {}", reply.text());
        assert!(
            reply.json()["hint"].as_str().is_some_and(|hint| hint.contains("disk space")),
            "{}",
            reply.text()
        );
        false
    }

    /// There is an audit record for each time that rows were handed out.
    async fn on_record(&self, auditor: &Client) {
        let own = self.client.get("/api/v1/session").await.expect(200);
        let account = own["party"]["account"].as_str().unwrap();
        let path = format!("/api/v1/audit/records?account={account}&dataset=raw.small&outcome=completed");
        let records = auditor.get(&path).await.expect(200);
        assert!(records["total"].as_u64() >= Some(self.times), "{} times: {records}", self.times);
    }
}

/// Lets the industry body read the table.
fn industry_grant() -> Value {
    let mut new = grant(0);
    new["subject"] = json!({ "role": "industry_body" });
    new["purpose"] = json!("*");
    new["dataset"] = json!("raw.small");
    new["agreement"] = Value::Null;
    new
}

async fn upload(client: &Client) -> Reply {
    client.upload("small", "second.csv", register::file(40, 400).as_bytes()).await
}

/// The disk is said to be full, in words, as a problem document.
fn told(reply: &Reply, what: &str, seed: u64) {
    assert_eq!(reply.status.as_u16(), 507, "seed {seed}: {what}: {}", reply.text());
    assert!(reply.code().ends_with("/disk-full"), "{what}: {}", reply.text());
    assert!(
        reply.json()["hint"].as_str().is_some_and(|hint| hint.contains("room")),
        "{what}: {}",
        reply.text()
    );
}

/// Within ten seconds of room the node works again.
async fn retried<F, Fut>(act: F) -> Value
where
    F: Fn() -> Fut,
    Fut: Future<Output = Reply>,
{
    let mut last = String::new();
    for _ in 0..100 {
        let reply = act().await;
        if reply.status.is_success() {
            return reply.json();
        }
        last = reply.text();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("there is room, and still: {last}");
}
