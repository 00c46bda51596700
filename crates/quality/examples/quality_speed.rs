//! Checks measured: `quality_speed make FILE.csv ROWS` writes orders with a few faults in them, and
//! `quality_speed check FILE.csv [--profile]` runs ten checks over them in batches, on one thread.
//!
//! Prints one line: processor seconds of the checks alone, rows, rules that failed, rows that failed.
#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a measuring program over a file it made itself"
)]

use std::error::Error;
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use brain_quality::{Inputs, Lists, Options, Plan, Rules, Standing, State};

type Done<T> = Result<T, Box<dyn Error>>;

/// Rows of a batch, as the engine hands them out.
const BATCH_ROWS: usize = 8_192;

const RULES: &str = r#"
[[rule]]
id = "rows"
check = { kind = "row_count", min = 1000, max = 100000000 }
[[rule]]
id = "order-id-unique"
check = { kind = "unique", columns = ["order_id"] }
[[rule]]
id = "email"
at_least = 0.99
check = { kind = "pattern", column = "email", regex = '[a-z0-9.]+@[a-z0-9.-]+\.[a-z]{2,}' }
[[rule]]
id = "phone"
at_least = 0.99
check = { kind = "pattern", column = "phone", regex = "1[3-9][0-9]{9}" }
[[rule]]
id = "status"
check = { kind = "one_of", column = "status", values = ["open", "paid", "sent", "done", "void"] }
[[rule]]
id = "amount"
at_least = 0.99
check = { kind = "range", column = "amount", min = 0, max = 100000 }
[[rule]]
id = "amount-mean"
check = { kind = "statistic", column = "amount", measure = "mean", min = 1.0, max = 100000.0 }
[[rule]]
id = "city"
at_least = 0.95
check = { kind = "complete", column = "city" }
[[rule]]
id = "name"
check = { kind = "length", column = "name", min = 2, max = 20 }
[[rule]]
id = "pieces"
check = { kind = "range", column = "pieces", min = 1, max = 99 }
"#;

const COLUMNS: [&str; 8] = ["order_id", "email", "phone", "status", "amount", "city", "name", "pieces"];

fn main() -> Done<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", file, rows] => make(file, rows.parse()?),
        ["check", file] => check(file, false),
        ["check", file, "--profile"] => check(file, true),
        _ => Err("make FILE ROWS, or check FILE [--profile]".into()),
    }
}

/// A plain generator is enough, and the same on every machine.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

fn make(file: &str, rows: u64) -> Done<()> {
    let mut writer = csv::Writer::from_path(file)?;
    writer.write_record(COLUMNS)?;
    let mut state = 42;
    let states = ["open", "paid", "sent", "done", "void"];
    let cities = ["杭州", "宁波", "温州", "嘉兴", "湖州", "绍兴", "金华", "衢州"];
    let names = ["轴承钢管", "M8 螺栓", "铝合金型材", "控制器", "电机 2.2kW"];
    for row in 0..rows {
        let dice = next(&mut state) % 1_000;
        let pick = |list: &[&str], number: u64| list[(number % list.len() as u64) as usize].to_owned();
        let email = format!("user{}@mail{}.example.cn", next(&mut state) % 500_000, row % 50);
        let phone = format!("1{}{:09}", 3 + row % 7, next(&mut state) % 1_000_000_000);
        writer.write_record([
            format!("PO{:010}", if dice == 0 { row.saturating_sub(1) } else { row }),
            if dice == 1 { "not an address".to_owned() } else { email },
            if dice == 2 { "12345".to_owned() } else { phone },
            if dice == 3 { "lost".to_owned() } else { pick(&states, row) },
            format!("{:.2}", if dice == 4 { -1.0 } else { (next(&mut state) % 5_000_000) as f64 / 100.0 }),
            if dice < 20 { String::new() } else { pick(&cities, next(&mut state)) },
            pick(&names, next(&mut state)),
            (1 + next(&mut state) % 99).to_string(),
        ])?;
    }
    writer.flush()?;
    Ok(())
}

/// Processor seconds of this thread so far.
fn processor_seconds() -> Done<f64> {
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanos: f64 = text.split_whitespace().next().ok_or("schedstat is empty")?.parse()?;
    Ok(nanos / 1e9)
}

fn check(file: &str, profile: bool) -> Done<()> {
    let mut reader = csv::Reader::from_path(file)?;
    let mut record = csv::StringRecord::new();
    let mut plan: Option<(Plan, State)> = None;
    let (mut first_row, mut seconds) = (0, 0.0);
    loop {
        let mut texts: [StringBuilder; 6] = std::array::from_fn(|_| StringBuilder::new());
        let (mut amounts, mut pieces) = (Float64Builder::new(), Int64Builder::new());
        let mut rows = 0;
        while rows < BATCH_ROWS && reader.read_record(&mut record)? {
            for (builder, place) in texts.iter_mut().zip([0, 1, 2, 3, 5, 6]) {
                builder.append_option(Some(&record[place]).filter(|text| !text.is_empty()));
            }
            amounts.append_value(record[4].parse()?);
            pieces.append_value(record[7].parse()?);
            rows += 1;
        }
        if rows == 0 {
            break;
        }
        let mut columns: Vec<ArrayRef> =
            texts.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef).collect();
        columns.insert(4, Arc::new(amounts.finish()));
        columns.push(Arc::new(pieces.finish()));
        let batch = RecordBatch::try_from_iter_with_nullable(
            COLUMNS.iter().zip(columns).map(|(name, column)| (*name, column, true)),
        )?;
        let started = processor_seconds()?;
        if plan.is_none() {
            let now = "2026-11-30T00:00:00Z".parse()?;
            let options = Options { profile, ..Options::new(now, std::env::temp_dir()) };
            let made = Plan::compile(&Rules::parse(RULES)?, &batch.schema(), &Lists::new(), options)?;
            let state = State::new(&made);
            plan = Some((made, state));
        }
        if let Some((plan, state)) = &mut plan {
            state.observe(plan, &batch, first_row)?;
        }
        seconds += processor_seconds()? - started;
        first_row += rows as u64;
    }
    let (plan, state) = plan.ok_or("the file has no row")?;
    let started = processor_seconds()?;
    let report = state.finish(&plan, Inputs::default())?;
    seconds += processor_seconds()? - started;
    let failed = report.outcomes.iter().filter(|outcome| outcome.standing != Standing::Passed).count();
    let rows: u64 = report.outcomes.iter().map(|outcome| outcome.failed).sum();
    println!("{seconds:.3} {} {failed} {rows}", report.rows);
    Ok(())
}
