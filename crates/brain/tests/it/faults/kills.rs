//! T1: the serving program killed under load, again and again.
//!
//! People upload files, give grants and sign in while the process is killed at random moments. What was acknowledged is
//! there after the next start, nothing is there twice, and the evidence log verifies. `BRAIN_KILL_CYCLES` makes it more.

use super::office::{Office, configure, credentials, grant, with_mapping};
use super::{Dice, cases};
use crate::node::TestNode;
use crate::register;
use brain_testkit::Client;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;

const CYCLES: usize = 30;
/// Rows of each uploaded file.
const ROWS: u32 = 20;
const SEED: u64 = 20_261_130;
/// Most milliseconds of load before a kill.
const LOAD_MS_MAX: u64 = 1_000;
/// A start that takes longer hangs; how long one takes is printed.
const START_MAX: Duration = Duration::from_secs(60);

/// What the node said is done.
#[derive(Default)]
struct Acknowledged {
    /// Grant id by the number in its agreement.
    grants: BTreeMap<u64, String>,
    /// Files whose run was reported as succeeded.
    files: BTreeSet<u32>,
    /// Tokens of sessions.
    sessions: Vec<String>,
}

/// Numbers given out and what came of them, over all cycles.
#[derive(Clone, Default)]
struct Ledger {
    acknowledged: Arc<Mutex<Acknowledged>>,
    grants_tried: Arc<AtomicU64>,
    files_tried: Arc<AtomicU64>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_kills_under_load_lose_nothing_acknowledged_and_do_nothing_twice() {
    let node = TestNode::new();
    configure(&node);
    with_mapping(&node);
    let ledger = Ledger::default();
    let mut dice = Dice(SEED);
    let mut slowest = Duration::ZERO;
    let cycles = cases("BRAIN_KILL_CYCLES", CYCLES);
    for cycle in 0..cycles {
        let office = Office::open(&node, |_| {});
        slowest = slowest.max(office.ready_after);
        assert!(office.ready_after < START_MAX, "start {cycle} took {:?}", office.ready_after);
        check_grants(&office, &ledger).await;
        let mut load = work(&office, &ledger).await;
        tokio::time::sleep(Duration::from_millis(10 + dice.below(LOAD_MS_MAX))).await;
        office.kill();
        // Their requests fail now; each ends by itself.
        while load.join_next().await.is_some() {}
    }
    let office = Office::open(&node, |_| {});
    check_grants(&office, &ledger).await;
    check_sessions(&office, &ledger).await;
    let repeated = repeat_files(&office, &ledger).await;
    drop(office);
    check_folder(&node, &ledger);
    let done = ledger.acknowledged.lock().unwrap();
    println!(
        "{cycles} kills: {} grants of {} tried, {} files of {} ({repeated} sent again), {} sessions; slowest start {slowest:?}",
        done.grants.len(),
        ledger.grants_tried.load(Ordering::Relaxed),
        done.files.len(),
        ledger.files_tried.load(Ordering::Relaxed),
        done.sessions.len(),
    );
    // Whether a file is through between two kills depends on the machine; each is sent again and must succeed above.
    assert!(done.grants.len() > cycles && !done.sessions.is_empty(), "there was load");
}

/// Two who give grants, one who uploads, one who signs in, until the node is gone.
async fn work(office: &Office, ledger: &Ledger) -> JoinSet<()> {
    let mut load = JoinSet::new();
    let (security, industry) = (office.signed_in("secadmin").await, office.signed_in("industry").await);
    for _ in 0..2 {
        load.spawn(give_grants(security.clone(), ledger.clone()));
    }
    load.spawn(send_files(industry, ledger.clone()));
    load.spawn(sign_in(office.stranger(), ledger.clone()));
    load
}

/// A reply, or nothing when the node was killed meanwhile.
async fn sent(request: reqwest::RequestBuilder) -> Option<(u16, Value)> {
    let reply = request.send().await.ok()?;
    let status = reply.status().as_u16();
    Some((status, reply.json().await.ok()?))
}

async fn give_grants(client: Client, ledger: Ledger) {
    loop {
        let number = ledger.grants_tried.fetch_add(1, Ordering::Relaxed);
        let request = client.request(reqwest::Method::POST, "/api/v1/grants").json(&grant(number));
        let Some((status, card)) = sent(request).await else { return };
        assert_eq!(status, 201, "{card}");
        let id = card["id"].as_str().unwrap().to_owned();
        ledger.acknowledged.lock().unwrap().grants.insert(number, id);
    }
}

fn multipart(number: u32) -> String {
    let content = register::file(number * ROWS, ROWS);
    format!(
        "--bound\r\nContent-Disposition: form-data; name=\"file\"; filename=\"part_{number}.csv\"\r\n\r\n{content}\r\n--bound--\r\n"
    )
}

/// Upload one file and wait for its run; what the node said, or nothing when it is gone.
async fn send_file(client: &Client, number: u32) -> Option<Value> {
    let request = client
        .request(reqwest::Method::POST, "/api/v1/ingest?mapping=small")
        .header("content-type", "multipart/form-data; boundary=bound")
        .body(multipart(number));
    let (status, run) = sent(request).await?;
    assert_eq!(status, 202, "{run}");
    let path = format!("/api/v1/ingest/runs/{}", run["run_id"].as_str().unwrap());
    loop {
        let (status, run) = sent(client.request(reqwest::Method::GET, &path)).await?;
        assert_eq!(status, 200, "{run}");
        if ["succeeded", "failed", "cancelled"].iter().any(|state| run["state"] == *state) {
            return Some(run);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn send_files(client: Client, ledger: Ledger) {
    loop {
        let number = ledger.files_tried.fetch_add(1, Ordering::Relaxed) as u32;
        let Some(run) = send_file(&client, number).await else { return };
        assert_eq!(run["state"], "succeeded", "{run}");
        ledger.acknowledged.lock().unwrap().files.insert(number);
    }
}

async fn sign_in(client: Client, ledger: Ledger) {
    loop {
        let request = client.request(reqwest::Method::POST, "/api/v1/session?token=1");
        let Some((status, reply)) = sent(request.json(&credentials("audit"))).await else { return };
        assert_eq!(status, 200, "{reply}");
        ledger.acknowledged.lock().unwrap().sessions.push(reply["token"].as_str().unwrap().to_owned());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Every acknowledged grant is there under its id, and no agreement has two.
async fn check_grants(office: &Office, ledger: &Ledger) {
    let security = office.signed_in("secadmin").await;
    let mut found: BTreeMap<u64, String> = BTreeMap::new();
    for page in 1.. {
        let list = security.get(&format!("/api/v1/grants?page={page}&page_size=1000")).await.expect(200);
        let items = list["items"].as_array().unwrap();
        for card in items {
            let Some(agreement) = card["agreement"].as_str() else { continue };
            let number = agreement.strip_prefix("agreement-").unwrap().parse().unwrap();
            let id = card["id"].as_str().unwrap().to_owned();
            assert_eq!(found.insert(number, id), None, "{agreement} was given twice");
        }
        if items.len() < 1000 {
            break;
        }
    }
    let done = ledger.acknowledged.lock().unwrap();
    for (number, id) in &done.grants {
        assert_eq!(found.get(number), Some(id), "grant {number} was acknowledged");
    }
}

/// Every session that was opened still is.
async fn check_sessions(office: &Office, ledger: &Ledger) {
    let tokens = ledger.acknowledged.lock().unwrap().sessions.clone();
    for token in tokens {
        let reply = office.stranger().with_token(&token).get("/api/v1/session").await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
}

/// Send every file again, as a sender does who got no answer: a file that is there already is not taken in twice.
async fn repeat_files(office: &Office, ledger: &Ledger) -> u32 {
    let industry = office.signed_in("industry").await;
    let tried = ledger.files_tried.load(Ordering::Relaxed) as u32;
    for number in 0..tried {
        let run = send_file(&industry, number).await.unwrap();
        assert_eq!(run["state"], "succeeded", "{run}");
    }
    tried
}

/// Each file is there once, the log verifies, and the catalogue says what the tables hold.
fn check_folder(node: &TestNode, ledger: &Ledger) {
    let verification: Value = serde_json::from_str(&node.ok(&["evidence", "verify"])).unwrap();
    assert_eq!(verification["ok"], true, "{verification}");
    node.ok(&["doctor"]);
    let rows = node.sql(
        "SELECT _file AS file, count(*) AS n, count(DISTINCT uscc) AS firms FROM raw.small GROUP BY _file",
    );
    assert_eq!(rows.len() as u64, ledger.files_tried.load(Ordering::Relaxed), "every file is there");
    for row in rows {
        assert_eq!(
            (row["n"].as_u64(), row["firms"].as_u64()),
            (Some(ROWS.into()), Some(ROWS.into())),
            "{row}"
        );
    }
}
