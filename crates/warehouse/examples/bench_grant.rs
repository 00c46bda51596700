//! What the grant door costs with ten thousand grants: decisions, plans, and scans against bare DataFusion on the same
//! files in one process. Run with `--release`, or as `cargo xtask bench grant`.
//!
//! Times of decisions are processor time of the deciding thread, so that other programs do not count.
#![allow(clippy::print_stdout, reason = "a measuring program")]

mod node;

use brain_kernel::grade::Grade;
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::Cancel;
use brain_kernel::side::DataSide;
use brain_store::Store;
use brain_store::grant::{self, GrantRow};
use brain_trust::{Ask, ColumnFacts, DatasetFacts, Trust};
use brain_warehouse::{QueryLimits, Warehouse};
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use node::{Outcome, median};
use serde_json::json;
use std::path::Path;
use std::time::Instant;

const GRANTS: u32 = 10_000;
const ACCOUNTS: u32 = 1_000;
const DATASETS: u32 = 2_000;
const DECISIONS: u32 = 400_000;
const PLANS: u32 = 400;
const ROUNDS: usize = 15;
const QUERIES: [(&str, &str); 4] = [
    ("count", "SELECT count(*) FROM {t}"),
    ("filter", "SELECT count(*) FROM {t} WHERE amount > 9000 AND region = '330100'"),
    ("group", "SELECT region, count(*), sum(amount) FROM {t} GROUP BY region ORDER BY region"),
    ("top", "SELECT firm, sum(amount) AS s FROM {t} GROUP BY firm ORDER BY s DESC LIMIT 20"),
];

#[tokio::main]
async fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let (warehouse, trust, store) = node::open(folder.path()).await?;
    seed(&store).await?;
    trust.grants().reload().await?;
    let parties: Vec<Party> =
        (0..ACCOUNTS).map(|at| node::party(&format!("a{at}"), Role::IndustryBody)).collect();
    let datasets: Vec<DatasetFacts> = (0..DATASETS).map(facts).collect();
    let (fresh, repeated, allowed) = decisions(&trust, &parties, &datasets);
    println!("{GRANTS} grants, {ACCOUNTS} accounts, {DATASETS} datasets; {allowed} of {DECISIONS} allowed");
    println!("decision, attributes met for the first time   {:>9.2} µs   {:>9.0} / s", fresh, 1e6 / fresh);
    println!(
        "decision, attributes met before               {:>9.2} µs   {:>9.0} / s   (budget: ≤ 10 µs)",
        repeated,
        1e6 / repeated
    );
    let reader = node::party("a0", Role::IndustryBody);
    node::load(&warehouse, &reader, folder.path()).await?;
    let plans = plans(&warehouse, &reader).await?;
    println!("plans through the door, one statement each    {plans:>9.0} / s");
    let ratio = scans(&warehouse, &reader, folder.path()).await?;
    println!("door over bare, median of the scans: {ratio:.3}   (budget: ≤ 1.1)");
    println!(
        "{{\"bench\":\"grant\",\"us\":{{\"decision_first\":{fresh:.2},\"decision\":{repeated:.2}}},\
         \"per_second\":{{\"plans\":{plans:.0}}},\"ratios\":{{\"door_over_bare\":{ratio:.3}}}}}"
    );
    Ok(())
}

fn facts(at: u32) -> DatasetFacts {
    let column = |name: &str, grade| ColumnFacts { name: name.to_owned(), grade };
    DatasetFacts {
        name: format!("raw.d{at}"),
        grade: if at.is_multiple_of(2) { Grade::General2 } else { Grade::General3 },
        side: if at.is_multiple_of(3) { DataSide::Enterprise } else { DataSide::Public },
        owner: "node".to_owned(),
        restricted_by: None,
        zone: "raw".to_owned(),
        columns: vec![
            column("firm", Grade::General1),
            column("amount", Grade::General3),
            column("phone", Grade::General4),
        ],
    }
}

/// Ten grants for each account, two of them prefixes; the role's own grant is taken back so that only these decide.
async fn seed(store: &Store) -> Outcome<()> {
    let transaction = store.transaction().await?;
    grant::revoke(&transaction, "role-industry-body", store.now(), "bench").await?;
    let rows: Vec<GrantRow> = (0..GRANTS).map(|at| row(store, at)).collect();
    for chunk in rows.chunks(500) {
        grant::insert_many(&transaction, chunk.to_vec()).await?;
    }
    transaction.commit().await?;
    Ok(())
}

fn row(store: &Store, at: u32) -> GrantRow {
    let (account, turn) = (at % ACCOUNTS, at / ACCOUNTS);
    let dataset = match (account, turn) {
        (0, 0) => "raw.bench".to_owned(),
        (_, 8) => format!("raw.d{}*", account % 10),
        (_, 9) => "topic.*".to_owned(),
        _ => format!("raw.d{}", (account * 7 + turn * 211) % DATASETS),
    };
    GrantRow {
        id: format!("bench-{at:05}"),
        subject_kind: "account".to_owned(),
        subject: format!("a{account}"),
        dataset_pattern: dataset,
        reach: "all".to_owned(),
        grade_max: None,
        mask_from: (turn % 2 == 1).then(|| "general3".to_owned()),
        rows: json!({ "all": [] }),
        masks: json!({}),
        purpose: if turn % 3 == 0 { "*".to_owned() } else { "analysis".to_owned() },
        valid_until: None,
        basis_zh: "测量".to_owned(),
        basis_en: "bench".to_owned(),
        issued_by: "bench".to_owned(),
        issued_at: store.now(),
        revoked_at: None,
        revoked_by: None,
        columns: None,
        actions: None,
        agreement: None,
        request_id: None,
    }
}

/// Microseconds of a decision whose attributes the policies meet for the first time, and of one met before.
fn decisions(trust: &Trust, parties: &[Party], datasets: &[DatasetFacts]) -> (f64, f64, u32) {
    let policy = trust.policy();
    let pick = |at: u32| {
        let at = at.wrapping_mul(2_654_435_761);
        Some((
            parties.get((at >> 7) as usize % parties.len())?,
            datasets.get((at >> 13) as usize % datasets.len())?,
        ))
    };
    // A dataset is new to the policies once; a purpose makes it new again.
    let started = processor_ns();
    let mut asked = 0_u32;
    for round in 0..3 {
        let purpose = format!("analysis-{round}");
        for dataset in datasets {
            if let Some(party) = parties.get(asked as usize % parties.len()) {
                let _ = policy.decide(party, dataset, &Ask::read(&purpose));
            }
            asked += 1;
        }
    }
    let first = (processor_ns() - started) / 1e3 / f64::from(asked);
    for at in 0..DECISIONS {
        if let Some((party, dataset)) = pick(at) {
            let _ = policy.decide(party, dataset, &Ask::read("analysis"));
        }
    }
    let started = processor_ns();
    let mut allowed = 0;
    for at in 0..DECISIONS {
        if let Some((party, dataset)) = pick(at) {
            allowed += u32::from(policy.decide(party, dataset, &Ask::read("analysis")).allow);
        }
    }
    (first, (processor_ns() - started) / 1e3 / f64::from(DECISIONS), allowed)
}

/// Nanoseconds this thread was on a processor; wall time where the kernel does not say.
fn processor_ns() -> f64 {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent = said.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    spent.unwrap_or_else(|| START.with(|start| start.elapsed().as_nanos() as f64))
}

thread_local! {
    static START: Instant = Instant::now();
}

async fn plans(warehouse: &Warehouse, party: &Party) -> Outcome<f64> {
    let one = async || -> Outcome<()> {
        let session = warehouse.session(party, "analysis");
        let sql = "EXPLAIN SELECT firm, sum(amount) FROM raw.bench WHERE region = '330100' GROUP BY firm";
        session.sql(sql, QueryLimits::default(), Cancel::new()).await?.collect().await?;
        Ok(())
    };
    one().await?;
    let started = Instant::now();
    for _ in 0..PLANS {
        one().await?;
    }
    Ok(f64::from(PLANS) / started.elapsed().as_secs_f64())
}

async fn scans(warehouse: &Warehouse, party: &Party, root: &Path) -> Outcome<f64> {
    let bare = SessionContext::new();
    let table = root.join("lake").join("raw").join("bench");
    bare.register_parquet("bench", &table.display().to_string(), ParquetReadOptions::default()).await?;
    println!("{:<10} {:>12} {:>12} {:>7}", "query", "door ms", "bare ms", "ratio");
    let mut ratios = Vec::new();
    for (name, sql) in QUERIES {
        let (mut door, mut plain, mut ratio) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let session = warehouse.session(party, "analysis");
            let text = sql.replace("{t}", "raw.bench");
            session.sql(&text, QueryLimits::default(), Cancel::new()).await?.collect().await?;
            let a = started.elapsed().as_secs_f64() * 1e3;
            let started = Instant::now();
            bare.sql(&sql.replace("{t}", "bench")).await?.collect().await?;
            let b = started.elapsed().as_secs_f64() * 1e3;
            door.push(a);
            plain.push(b);
            ratio.push(a / b);
        }
        let (door, plain, ratio) = (median(door), median(plain), median(ratio));
        println!("{name:<10} {door:>12.2} {plain:>12.2} {ratio:>7.3}");
        // Counting a whole table scans nothing: what it costs is the door alone.
        if name != "count" {
            ratios.push(ratio);
        }
    }
    Ok(median(ratios))
}
