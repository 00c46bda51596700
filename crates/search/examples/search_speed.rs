//! Seconds to index the firms of a register, and milliseconds per question. Run with `--release`.
//!
//! Usage: `search_speed REGISTER.csv[.zst] QUESTIONS.txt FOLDER`. The register has columns `name` and `uscc`; questions
//! stand one a line. Prints JSON: what indexing cost, then for each question the hits and the median milliseconds of
//! eleven answers. `xtask/src/bench/search.py` prints the same of a peer.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing, reason = "a measuring program")]

use brain_kernel::error::Failure;
use brain_kernel::language::Text;
use brain_search::{Entry, Filters, Index, Kind, Question};
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

const VIEWER: &str = "everybody";
const ANSWERS: usize = 11;

/// Processor seconds of this process so far.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat.split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect();
    fields.get(13).copied().unwrap_or(0.0) / 100.0 + fields.get(14).copied().unwrap_or(0.0) / 100.0
}

fn firms(path: &Path) -> Vec<Entry> {
    let file = File::open(path).unwrap();
    let bytes: Box<dyn Read> = if path.extension().is_some_and(|e| e == "zst") {
        Box::new(zstd::stream::read::Decoder::new(file).unwrap())
    } else {
        Box::new(file)
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let headers = reader.headers().unwrap().clone();
    let at =
        |name: &str| headers.iter().position(|header| header.trim_start_matches('\u{feff}') == name).unwrap();
    let (name, uscc) = (at("name"), at("uscc"));
    let rows = reader.byte_records().map(|row| row.unwrap()).enumerate();
    rows.filter_map(|(at, row)| {
        let cell =
            |column: usize| String::from_utf8_lossy(row.get(column).unwrap_or_default()).trim().to_owned();
        let mut firm = Entry::new(Kind::Firm, at.to_string(), Text::new(cell(name), ""));
        firm.other_names = vec![cell(uscc)];
        firm.viewers = vec![VIEWER.to_owned()];
        (!firm.title.zh.is_empty()).then_some(firm)
    })
    .collect()
}

fn answer(index: &Index, text: &str) -> Value {
    let question = Question {
        text: text.to_owned(),
        filters: Filters::default(),
        viewer: vec![VIEWER.to_owned()],
        today: NaiveDate::from_ymd_opt(2026, 1, 1).unwrap(),
        offset: 0,
        limit: 20,
    };
    let mut milliseconds = Vec::new();
    let mut answer = index.search(&question).unwrap();
    for _ in 0..ANSWERS {
        let started = Instant::now();
        answer = index.search(&question).unwrap();
        milliseconds.push(started.elapsed().as_secs_f64() * 1e3);
    }
    milliseconds.sort_by(f64::total_cmp);
    let first = answer.hits.first().map(|hit| hit.title.zh.clone());
    json!({ "typed": text, "total": answer.total, "ms": milliseconds[ANSWERS / 2], "first": first })
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let (register, questions, folder) = (&arguments[1], &arguments[2], Path::new(&arguments[3]));
    let entries = firms(Path::new(register));
    let count = entries.len();
    let (index, _) = Index::open(folder).unwrap();
    let (started, before) = (Instant::now(), cpu());
    index.refresh("firms", "1", entries.into_iter().map(Ok::<_, Failure>)).unwrap();
    let (seconds, processor) = (started.elapsed().as_secs_f64(), cpu() - before);
    let bytes: u64 =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    let questions = std::fs::read_to_string(questions).unwrap();
    let answers: Vec<Value> = questions.lines().map(|text| answer(&index, text)).collect();
    println!(
        "{}",
        json!({ "firms": count, "seconds": seconds, "cpu": processor, "bytes": bytes, "answers": answers })
    );
}
