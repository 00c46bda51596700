//! SQL through the grant door against bare DataFusion on the same Parquet files, in one process.
//!
//! A table of two million rows is ingested, then each query runs both ways in turn; the median of the ratios is
//! what the budget speaks of (≤ 1.1). Run with `--release`, or as `cargo xtask bench sql`.
#![allow(clippy::print_stdout, reason = "a measuring program")]

mod node;

use brain_kernel::party::{Party, Role};
use brain_kernel::progress::Cancel;
use brain_warehouse::{QueryLimits, Warehouse};
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use node::{Outcome, median};
use std::time::Instant;

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
    let (warehouse, _, _) = node::open(folder.path()).await?;
    let party = node::party("bench", Role::SystemAdministrator);
    node::load(&warehouse, &party, folder.path()).await?;
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
