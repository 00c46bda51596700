//! The table and the JSON line every bench ends with.

use super::measure::Run;
use serde_json::{Value, json};

/// One row: who, on what, seconds of wall time, and what else was measured.
pub(crate) struct Row {
    /// `brain` or the peer with its version.
    pub(crate) who: String,
    /// What was done.
    pub(crate) what: String,
    /// Wall seconds.
    pub(crate) seconds: f64,
    /// Processor seconds, user and system, where known.
    pub(crate) cpu: Option<f64>,
    /// Peak memory of the process, MiB, where known.
    pub(crate) memory_mib: Option<f64>,
    /// Anything worth a word.
    pub(crate) note: String,
}

impl Row {
    /// Of a whole process that was measured.
    pub(crate) fn of(
        who: impl Into<String>,
        what: impl Into<String>,
        run: &Run,
        note: impl Into<String>,
    ) -> Self {
        Self {
            who: who.into(),
            what: what.into(),
            seconds: run.seconds,
            cpu: Some(run.cpu),
            memory_mib: Some(run.memory_mib),
            note: note.into(),
        }
    }
}

/// Print the rows and one JSON line. `ratios` are named `(name, value, budget)`; the budget is text.
pub(crate) fn print(bench: &str, rows: &[Row], ratios: &[(&str, f64, &str)]) {
    println!("\n{:<26} {:<38} {:>9} {:>8} {:>9}  note", "who", "what", "wall s", "cpu s", "peak MiB");
    for row in rows {
        let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| format!("{v:.1}"));
        println!(
            "{:<26} {:<38} {:>9.3} {:>8} {:>9}  {}",
            row.who,
            row.what,
            row.seconds,
            number(row.cpu),
            number(row.memory_mib),
            row.note
        );
    }
    for (name, value, budget) in ratios {
        println!("{name}: {value:.3}   (budget: {budget})");
    }
    let rows: Vec<Value> = rows
        .iter()
        .map(|r| {
            json!({ "who": r.who, "what": r.what, "seconds": r.seconds, "cpu": r.cpu,
                    "memory_mib": r.memory_mib, "note": r.note })
        })
        .collect();
    let ratios: serde_json::Map<String, Value> =
        ratios.iter().map(|(name, value, _)| ((*name).to_owned(), json!(value))).collect();
    println!("{}", json!({ "bench": bench, "ratios": ratios, "rows": rows }));
}
