//! What an audit record costs: alone, among many, and in a long table. `cargo run --example audit_speed`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints and stops where it cannot measure"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use brain_kernel::clock::SystemClock;
use brain_kernel::party::{Party, Role};
use brain_store::Store;
use brain_trust::{AccessOrigin, Audit, Options, Trust};

const ALONE: usize = 500;
const CALLERS: usize = 32;
const EACH: usize = 200;

fn party(role: Role) -> Party {
    Party { account: "bench".into(), display_name: "bench".into(), role, organisation: None, region: None }
}

async fn access(audit: &Audit, streams: bool) {
    let access = audit.begin(&party(Role::Government), "bench", "read", AccessOrigin::default());
    access.state("SELECT * FROM subject.enterprise WHERE region_code LIKE '33%'");
    if streams {
        access.admit().await.unwrap();
    }
    access.handed_out(100);
    access.finish(None).await.unwrap();
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
    println!("{what}: p50 {:?}, p99 {:?}", at(0.5), at(0.99));
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock);
    let url = format!("sqlite:{}", folder.path().join("state.db").display());
    let store = Store::open(&url, clock.clone()).await.unwrap();
    let trust = Trust::open(store, &folder.path().join("keys"), clock, Options::default()).await.unwrap();
    let audit = trust.audit();
    for (what, streams) in [("one record, durable", false), ("beginning and end, durable", true)] {
        let mut times = Vec::new();
        for _ in 0..ALONE {
            let started = Instant::now();
            access(&audit, streams).await;
            times.push(started.elapsed());
        }
        report(what, times);
    }
    let started = Instant::now();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let audit = audit.clone();
        callers.spawn(async move {
            for _ in 0..EACH {
                access(&audit, false).await;
            }
        });
    }
    callers.join_all().await;
    let seconds = started.elapsed().as_secs_f64();
    println!("{CALLERS} callers: {:.0} records/s", (CALLERS * EACH) as f64 / seconds);
    audit.anchor().await.unwrap();
    let started = Instant::now();
    let found = audit.verify(&party(Role::Auditor)).await.unwrap();
    println!("verify {} records: {:?}, ok {}", found.anchored, started.elapsed(), found.ok);
    trust.close().await.unwrap();
}
