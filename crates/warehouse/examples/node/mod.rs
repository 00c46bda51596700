//! What the measuring programs share: a node in a folder of its own, a table of two million rows, a median.

use brain_kernel::clock::{Clock, SystemClock};
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::{Cancel, Progress};
use brain_store::Store;
use brain_trust::Trust;
use brain_warehouse::ingest::{IngestOptions, IngestRequest};
use brain_warehouse::{ObjectLake, Options, Warehouse};
use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch};
use datafusion::arrow::compute::{cast, sum};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

const ROWS: u32 = 2_000_000;

/// Who reads.
pub(crate) fn party(account: &str, role: Role) -> Party {
    let (account, display_name) = (account.to_owned(), account.to_owned());
    Party { account, display_name, role, organisation: None, region: None }
}

/// A node on SQLite in this folder, with the default grants of every role.
#[allow(dead_code, reason = "one of the programs measures in other places too")]
pub(crate) async fn open(root: &Path) -> Outcome<(Warehouse, Trust, Store)> {
    open_in(root, &format!("sqlite://{}?mode=rwc", root.join("brain.db").display()), None).await
}

/// A node with its state at this address and its tables on this object store, else in its folder.
pub(crate) async fn open_in(
    root: &Path,
    state: &str,
    objects: Option<&ObjectLake>,
) -> Outcome<(Warehouse, Trust, Store)> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    for part in ["lake", "tmp", "mappings"] {
        std::fs::create_dir_all(root.join(part))?;
    }
    let store = Store::open(state, clock.clone()).await?;
    let settings = brain_trust::Settings::default();
    let trust = Trust::open(store.clone(), &root.join("keys"), clock.clone(), settings).await?;
    trust.first_start().await?;
    let options = Options { root: root.to_owned(), ..Options::default() };
    let (state, trusted) = (store.clone(), trust.clone());
    let warehouse = match objects {
        Some(lake) => Warehouse::open_on(options, lake, state, trusted, clock).await?,
        None => Warehouse::open(options, state, trusted, clock).await?,
    };
    Ok((warehouse, trust, store))
}

/// Bring a file into `raw` under this name.
pub(crate) async fn ingest(warehouse: &Warehouse, party: &Party, file: &Path, name: &str) -> Outcome<()> {
    let options = IngestOptions { dataset: Some(format!("raw.{name}")), ..IngestOptions::default() };
    let request = IngestRequest { path: file.to_owned(), mapping: "auto".to_owned(), options };
    warehouse.ingest(party, request, Progress::new(), Cancel::new()).await?;
    Ok(())
}

/// Bring every `*.parquet` of a folder into `raw` under its own name.
#[allow(dead_code, reason = "one of the programs measures tables of its own")]
pub(crate) async fn ingest_all(warehouse: &Warehouse, party: &Party, tables: &Path) -> Outcome<()> {
    for file in std::fs::read_dir(tables)? {
        let file = file?.path();
        if file.extension().is_some_and(|ending| ending == "parquet") {
            let name = file.file_stem().and_then(|name| name.to_str()).ok_or("a name of a table")?;
            ingest(warehouse, party, &file, name).await?;
        }
    }
    Ok(())
}

/// Firms, regions, amounts and days, the same every time, as `raw.bench`.
#[allow(dead_code, reason = "one of the programs measures tables of its own")]
pub(crate) async fn load(warehouse: &Warehouse, party: &Party, root: &Path) -> Outcome<()> {
    let file = root.join("bench.csv");
    let mut text = String::from("firm,region,amount,day\n");
    let mut state = 1u64;
    for row in 0..ROWS {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (firm, region, amount) =
            ((state >> 33) % 200_000, 330_100 + (state >> 20) % 11 * 100, (state >> 40) % 10_000);
        let (cents, month, day) = (row % 100, row % 12 + 1, row % 28 + 1);
        writeln!(text, "F{firm:06},{region},{amount}.{cents:02},2026-{month:02}-{day:02}")?;
    }
    std::fs::write(&file, text)?;
    ingest(warehouse, party, &file, "bench").await
}

/// The middle of them.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Rows, and the sum of all numbers, days since 1970 and lengths of texts.
#[allow(dead_code, reason = "for the programs that compare answers")]
pub(crate) fn digest(batches: &[RecordBatch]) -> Outcome<(usize, f64)> {
    let (mut rows, mut total) = (0, 0.0);
    for batch in batches {
        rows += batch.num_rows();
        for column in batch.columns() {
            total += match column.data_type() {
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                    let texts = cast(column, &DataType::LargeUtf8)?;
                    texts
                        .as_string::<i64>()
                        .iter()
                        .flatten()
                        .map(|text| text.chars().count() as f64)
                        .sum::<f64>()
                }
                DataType::Date32 => numbers(&cast(column, &DataType::Int32)?)?,
                _ => numbers(column)?,
            };
        }
    }
    Ok((rows, total))
}

#[allow(dead_code, reason = "for the programs that compare answers")]
fn numbers(column: &ArrayRef) -> Outcome<f64> {
    let column = cast(column, &DataType::Float64)?;
    Ok(if column.is_empty() { 0.0 } else { sum(column.as_primitive::<Float64Type>()).unwrap_or(0.0) })
}
