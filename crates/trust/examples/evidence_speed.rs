//! How fast the evidence log takes entries durably, and how long proofs over ten million entries take.
//!
//! Appends go through the whole road: hashing, references, SQLite with a commit that reaches the disk. Proofs are read
//! from tiles on disk, each by a reader that has read nothing before, and are verified as a client would.
//! Run with `--release`, or as `cargo xtask bench evidence`.
#![allow(clippy::print_stdout, reason = "a measuring program")]

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use brain_kernel::clock::{Clock, SystemClock};
use brain_store::Store;
use brain_trust::evidence::merkle::{verify_consistency, verify_inclusion};
use brain_trust::evidence::tiles::{TileEdge, TileFolder};
use brain_trust::evidence::verifier::{Hash, HashAlgorithm};
use brain_trust::{Evidence, EvidenceEntry, Options, Trust};

type Outcome<T> = Result<T, Box<dyn Error>>;

const ENTRIES: u64 = 10_000_000;
const PROOFS: u64 = 2_000;

#[tokio::main]
async fn main() -> Outcome<()> {
    println!("{:<44} {:>12} {:>12} {:>12}", "what", "median", "p99", "unit");
    let alone = appends(1, 500).await?;
    let together = appends(64, 20_000).await?;
    let batch = batches(1_000, 30).await?;
    row("durable appends, one caller", alone, None, "per second");
    row("durable appends, 64 callers", together, None, "per second");
    row("durable appends, batches of 1,000", batch, None, "per second");
    let mut measured = Vec::new();
    for algorithm in [HashAlgorithm::Sha256, HashAlgorithm::Sm3] {
        measured.push(proofs(algorithm)?);
    }
    let [sha256, sm3] = measured.as_slice() else { return Err("two algorithms".into()) };
    println!(
        "proofs at {ENTRIES} entries: {:.3} ms (goal: < 1 ms)",
        sha256.inclusion.0.max(sha256.consistency.0)
    );
    println!(
        "{{\"bench\":\"evidence\",\"entries\":{ENTRIES},\"ratios\":{{\"appends_alone_per_s\":{alone:.0},\
         \"appends_64_callers_per_s\":{together:.0},\"appends_batched_per_s\":{batch:.0},\
         \"inclusion_ms\":{:.4},\"inclusion_p99_ms\":{:.4},\"consistency_ms\":{:.4},\"consistency_p99_ms\":{:.4},\
         \"inclusion_sm3_ms\":{:.4},\"consistency_sm3_ms\":{:.4},\"tiles_per_s\":{:.0}}}}}",
        sha256.inclusion.0,
        sha256.inclusion.1,
        sha256.consistency.0,
        sha256.consistency.1,
        sm3.inclusion.0,
        sm3.consistency.0,
        sha256.leaves_per_second,
    );
    Ok(())
}

async fn open(folder: &std::path::Path) -> Outcome<Evidence> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let url = format!("sqlite:{}", folder.join("brain.db").display());
    let store = Store::open(&url, clock.clone()).await?;
    // Heads are signed as in production; the signer lives as long as the process.
    let trust = Trust::open(store, &folder.join("keys"), clock, Options::default()).await?;
    let evidence = trust.evidence();
    std::mem::forget(trust);
    Ok(evidence)
}

fn entry(number: u64) -> EvidenceEntry {
    EvidenceEntry {
        kind: "component.run".to_owned(),
        actor: format!("account-{}", number % 100),
        subject: "chain.gap".to_owned(),
        body: serde_json::json!({
            "inputs": [{ "dataset": "subject.enterprise", "version": 12 }, { "dataset": "subject.product", "version": 7 }],
            "seconds": 0.031, "number": number,
        }),
    }
}

/// Entries per second when `callers` record one after the other, each waiting for its commit.
async fn appends(callers: u64, count: u64) -> Outcome<f64> {
    let folder = tempfile::tempdir()?;
    let evidence = open(folder.path()).await?;
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for caller in 0..callers {
        let evidence = evidence.clone();
        tasks.spawn(async move {
            for number in 0..count / callers {
                evidence.record(entry(caller * count + number)).await?;
            }
            Ok::<_, brain_trust::Error>(())
        });
    }
    for done in tasks.join_all().await {
        done?;
    }
    Ok((count / callers * callers) as f64 / started.elapsed().as_secs_f64())
}

/// Entries per second when each commit holds `size` of them.
async fn batches(size: u64, count: u64) -> Outcome<f64> {
    let folder = tempfile::tempdir()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let url = format!("sqlite:{}", folder.path().join("brain.db").display());
    let store = Store::open(&url, clock.clone()).await?;
    let trust = Trust::open(store.clone(), &folder.path().join("keys"), clock, Options::default()).await?;
    let evidence = trust.evidence();
    let started = Instant::now();
    for batch in 0..count {
        let transaction = store.transaction().await?;
        let entries: Vec<EvidenceEntry> = (0..size).map(|number| entry(batch * size + number)).collect();
        evidence.record_all_in(&transaction, entries).await?;
        transaction.commit().await?;
    }
    Ok((size * count) as f64 / started.elapsed().as_secs_f64())
}

struct Proofs {
    /// Median and 99th percentile, milliseconds.
    inclusion: (f64, f64),
    consistency: (f64, f64),
    leaves_per_second: f64,
}

fn proofs(algorithm: HashAlgorithm) -> Outcome<Proofs> {
    let place = tempfile::tempdir()?;
    let folder = TileFolder::new(place.path(), algorithm);
    let mut edge = TileEdge::new(algorithm);
    let mut failed = None;
    let started = Instant::now();
    for number in 0..ENTRIES {
        edge.push(leaf(algorithm, number), |address, hashes| {
            failed = folder.write(address, &hashes, false).err().or(failed.take());
        });
    }
    for (address, hashes) in edge.partial() {
        folder.write(address, hashes, false)?;
    }
    if let Some(cause) = failed {
        return Err(cause.into());
    }
    let leaves_per_second = ENTRIES as f64 / started.elapsed().as_secs_f64();
    let root = edge.root();
    let (mut inclusion, mut consistency) = (Vec::new(), Vec::new());
    for n in 0..PROOFS {
        // Spread over the log by a multiplier that shares no factor with its size.
        let at = n.wrapping_mul(7_919_777) % ENTRIES;
        let started = Instant::now();
        let path = folder.at(ENTRIES).inclusion(at, ENTRIES)?;
        inclusion.push(started.elapsed().as_secs_f64() * 1e3);
        if !verify_inclusion(algorithm, &leaf(algorithm, at), at, ENTRIES, &path, &root) {
            return Err(format!("inclusion proof of {at} does not hold").into());
        }
        let old = at + 1;
        let old_root = folder.at(ENTRIES).root(old)?;
        let started = Instant::now();
        let path = folder.at(ENTRIES).consistency(old, ENTRIES)?;
        consistency.push(started.elapsed().as_secs_f64() * 1e3);
        if !verify_consistency(algorithm, old, ENTRIES, &path, &old_root, &root) {
            return Err(format!("consistency proof from {old} does not hold").into());
        }
    }
    let measured =
        Proofs { inclusion: spread(inclusion), consistency: spread(consistency), leaves_per_second };
    let name = algorithm.name();
    row(&format!("leaves into tiles, {name}"), measured.leaves_per_second, None, "per second");
    let (middle, late) = measured.inclusion;
    row(&format!("inclusion proof, {name}"), middle, Some(late), "ms");
    let (middle, late) = measured.consistency;
    row(&format!("consistency proof, {name}"), middle, Some(late), "ms");
    Ok(measured)
}

fn leaf(algorithm: HashAlgorithm, number: u64) -> Hash {
    algorithm.digest(&[&[0], &number.to_be_bytes()])
}

/// Median and 99th percentile.
fn spread(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values.get((values.len() as f64 * share) as usize).copied().unwrap_or_default();
    (at(0.5), at(0.99))
}

fn row(what: &str, middle: f64, late: Option<f64>, unit: &str) {
    let late = late.map_or_else(|| "–".to_owned(), |late| format!("{late:.3}"));
    println!("{what:<44} {middle:>12.3} {late:>12} {unit:>12}");
}
