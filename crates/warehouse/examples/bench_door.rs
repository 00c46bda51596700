//! SQL through the grant door against bare DataFusion on the same Parquet files, in one process.
//!
//! A table of two million rows is ingested, then each query runs both ways in turn; the median of the ratios is
//! what the budget speaks of (≤ 1.1). Run with `--release`, or as `cargo xtask bench sql`.
#![allow(clippy::print_stdout, reason = "a measuring program")]

use brain_kernel::clock::{Clock, SystemClock};
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::{Cancel, Progress};
use brain_store::Store;
use brain_trust::Trust;
use brain_warehouse::ingest::{IngestOptions, IngestRequest};
use brain_warehouse::{Options, QueryLimits, Warehouse};
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error>>;

const ROWS: u32 = 2_000_000;
const ROUNDS: usize = 15;
const QUERIES: [(&str, &str); 5] = [
    ("count", "SELECT count(*) FROM {t}"),
    ("filter", "SELECT count(*) FROM {t} WHERE amount > 9000 AND region = '330100'"),
    ("group", "SELECT region, count(*), sum(amount) FROM {t} GROUP BY region ORDER BY region"),
    ("distinct", "SELECT count(DISTINCT firm) FROM {t} WHERE amount > 100"),
    ("top", "SELECT firm, sum(amount) AS s FROM {t} GROUP BY firm ORDER BY s DESC LIMIT 20"),
];

#[tokio::main]
async fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let warehouse = open(folder.path()).await?;
    let party = party();
    load(&warehouse, &party, folder.path()).await?;
    let bare = SessionContext::new();
    let table = folder.path().join("lake").join("raw").join("bench");
    bare.register_parquet("bench", &table.display().to_string(), ParquetReadOptions::default()).await?;
    println!("{:<10} {:>12} {:>12} {:>7}", "query", "door ms", "bare ms", "ratio");
    let mut ratios = Vec::new();
    for (name, sql) in QUERIES {
        let (mut door, mut plain, mut ratio) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let a = through_door(&warehouse, &party, &sql.replace("{t}", "raw.bench")).await?;
            let b = without_door(&bare, &sql.replace("{t}", "bench")).await?;
            door.push(a);
            plain.push(b);
            ratio.push(a / b);
        }
        let (door, plain, ratio) = (median(door), median(plain), median(ratio));
        println!("{name:<10} {door:>12.2} {plain:>12.2} {ratio:>7.3}");
        ratios.push(ratio);
    }
    let middle = median(ratios.clone());
    println!("door over bare, median of queries: {middle:.3}   (budget: ≤ 1.1)");
    println!("{{\"bench\":\"sql\",\"ratios\":{{\"door_over_bare\":{middle}}},\"per_query\":{ratios:?}}}");
    Ok(())
}

fn party() -> Party {
    Party {
        account: "bench".to_owned(),
        display_name: "bench".to_owned(),
        role: Role::SystemAdministrator,
        organisation: None,
        region: None,
    }
}

async fn open(root: &Path) -> Outcome<Warehouse> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    for part in ["lake", "tmp", "mappings"] {
        std::fs::create_dir_all(root.join(part))?;
    }
    let url = format!("sqlite://{}?mode=rwc", root.join("brain.db").display());
    let store = Store::open(&url, clock.clone()).await?;
    let trust =
        Trust::open(store.clone(), &root.join("keys"), clock.clone(), brain_trust::Settings::default())
            .await?;
    trust.first_start().await?;
    let options = Options { root: root.to_owned(), ..Options::default() };
    Ok(Warehouse::open(options, store, trust, clock).await?)
}

async fn load(warehouse: &Warehouse, party: &Party, root: &Path) -> Outcome<()> {
    let file = root.join("bench.csv");
    let mut text = String::from("firm,region,amount,day\n");
    let mut state = 1u64;
    for row in 0..ROWS {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (firm, region, amount) =
            ((state >> 33) % 200_000, 330_100 + (state >> 20) % 11 * 100, (state >> 40) % 10_000);
        writeln!(
            text,
            "F{firm:06},{region},{amount}.{:02},2026-{:02}-{:02}",
            row % 100,
            row % 12 + 1,
            row % 28 + 1
        )?;
    }
    std::fs::write(&file, text)?;
    let options = IngestOptions { dataset: Some("raw.bench".to_owned()), ..IngestOptions::default() };
    let request = IngestRequest { path: file, mapping: "auto".to_owned(), options };
    warehouse.ingest(party, request, Progress::new(), Cancel::new()).await?;
    Ok(())
}

async fn through_door(warehouse: &Warehouse, party: &Party, sql: &str) -> Outcome<f64> {
    let started = Instant::now();
    let session = warehouse.session(party, "bench");
    session.sql(sql, QueryLimits::default(), Cancel::new()).await?.collect().await?;
    Ok(started.elapsed().as_secs_f64() * 1e3)
}

async fn without_door(bare: &SessionContext, sql: &str) -> Outcome<f64> {
    let started = Instant::now();
    bare.sql(sql).await?.collect().await?;
    Ok(started.elapsed().as_secs_f64() * 1e3)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
