//! `bench search`: a million real firm names indexed and asked for, against SQLite's FTS5 with its trigram tokenizer.
//!
//! The peer finds what holds the typed characters side by side, from three on; it knows neither words nor pinyin, so
//! speed is compared on questions both can answer, and on those we must find at least what it finds.

use super::example::example;
use super::ingest::unpack;
use super::measure::{Run, run};
use super::table::{Row, print};
use crate::shell::{command, root, shared_data};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// Typed by people: parts of names, trades, codes, pinyin, one letter wrong.
const QUESTIONS: [&str; 16] = [
    "减速器",
    "谐波传动",
    "新能源汽车",
    "海石化",
    "机械制造",
    "电子科技有限公司",
    "有限公司",
    "杭州",
    "齿轮",
    "集成电路",
    "91330",
    "jiansuqi",
    "jsq",
    "xinnengyuan",
    "xinnengyuna",
    "减速器 机械",
];
/// Hits that both count, of one question.
struct Answer {
    typed: String,
    total: u64,
    ms: f64,
}

/// Index and ask, ours and the peer's, in one run.
pub(crate) fn run_all() -> Result<()> {
    let shared = shared_data().context("real data beside the project, or in BRAIN_SHARED_DATA")?;
    let work = root().join("target").join("bench-search");
    std::fs::create_dir_all(&work)?;
    let register = unpack(&shared.join("registry_national").join("registry.csv.zst"), &work)?;
    let questions = work.join("questions.txt");
    std::fs::write(&questions, QUESTIONS.join("\n"))?;
    let (ours, our_answers) = {
        let folder = work.join("index");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        let mut program = example("brain-search", "search_speed")?;
        program.arg(&register).arg(&questions).arg(&folder);
        measured(run(&program)?)?
    };
    let (peer, their_answers) = {
        let database = work.join("peer.db");
        if database.exists() {
            std::fs::remove_file(&database)?;
        }
        let mut program = command("python3");
        program.arg(root().join("xtask/src/bench/search.py")).arg(&register).arg(&questions).arg(&database);
        measured(run(&program)?)?
    };
    let both: Vec<(&Answer, &Answer)> = our_answers
        .iter()
        .filter_map(|our| Some((our, their_answers.iter().find(|their| their.typed == our.typed)?)))
        .collect();
    ensure!(!both.is_empty(), "the peer answered no question");
    let less: Vec<&str> = both
        .iter()
        .filter(|(our, their)| our.total < their.total)
        .map(|(our, _)| our.typed.as_str())
        .collect();
    let (our_ms, their_ms) =
        (median(both.iter().map(|(our, _)| our.ms)), median(both.iter().map(|(_, their)| their.ms)));
    let all_ms = median(our_answers.iter().map(|answer| answer.ms));
    let rows = [row("brain", &ours, our_ms), row("SQLite FTS5 trigram", &peer, their_ms)];
    let ratios = [
        ("questions_both_answer", both.len() as f64, "–"),
        ("our_median_ms_of_those", our_ms, "–"),
        ("their_median_ms_of_those", their_ms, "–"),
        ("their_ms_over_ours", their_ms / our_ms.max(0.001), "–"),
        ("our_median_ms_of_all", all_ms, "–"),
        ("questions_where_we_find_less", less.len() as f64, "= 0"),
    ];
    print("search", &rows, &ratios);
    ensure!(less.is_empty(), "fewer hits than the peer for {}", less.join(", "));
    Ok(())
}

/// A whole process and the JSON it printed.
struct Measured {
    run: Run,
    firms: u64,
    seconds: f64,
    bytes: f64,
}

fn measured(run: Run) -> Result<(Measured, Vec<Answer>)> {
    let told: Value = serde_json::from_str(run.output.trim()).context("the JSON of a measurement")?;
    let answers = told["answers"].as_array().context("answers")?.iter().map(|answer| {
        Ok(Answer {
            typed: answer["typed"].as_str().context("what was typed")?.to_owned(),
            total: answer["total"].as_u64().context("hits")?,
            ms: answer["ms"].as_f64().context("milliseconds")?,
        })
    });
    let answers = answers.collect::<Result<Vec<Answer>>>()?;
    let (firms, seconds) =
        (told["firms"].as_u64().context("firms")?, told["seconds"].as_f64().context("seconds")?);
    let bytes = told["bytes"].as_f64().context("bytes")?;
    Ok((Measured { run, firms, seconds, bytes }, answers))
}

fn row(who: &str, measured: &Measured, ms: f64) -> Row {
    let note = format!(
        "indexing {:.1} s, {:.0} MiB on disk, median answer {ms:.2} ms",
        measured.seconds,
        measured.bytes / f64::from(1 << 20)
    );
    Row::of(who, format!("{} firm names, indexed and asked for", measured.firms), &measured.run, note)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
