//! Precision and recall on the synthetic sample, held to a floor; `BRAIN_WRITE_REPORTS=1` writes the report.

use brain_privacy::recognise::{ColumnScan, Kind, Scanner};
use brain_privacy::synthetic;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const SENTENCES: usize = 20_000;
const SEED: u64 = 20_261_121;

#[derive(Default, Clone, Copy)]
struct Count {
    right: u64,
    wrong: u64,
    missed: u64,
}

impl Count {
    fn precision(self) -> f64 {
        self.right as f64 / (self.right + self.wrong).max(1) as f64
    }

    fn recall(self) -> f64 {
        self.right as f64 / (self.right + self.missed).max(1) as f64
    }
}

/// A finding is right when kind and both ends equal a label.
fn in_text() -> BTreeMap<Kind, Count> {
    let scanner = Scanner::new();
    let mut counts: BTreeMap<Kind, Count> =
        Kind::ALL.into_iter().map(|kind| (kind, Count::default())).collect();
    let mut found = Vec::new();
    for sentence in synthetic::sentences(SEED, SENTENCES) {
        found.clear();
        scanner.scan(&sentence.text, &mut found);
        for (kind, span) in &sentence.labels {
            let hit = found.iter().any(|f| f.kind == *kind && (f.start..f.end) == *span);
            let count = counts.get_mut(kind).unwrap();
            if hit {
                count.right += 1
            } else {
                count.missed += 1
            }
            if !hit && std::env::var_os("BRAIN_SHOW_ERRORS").is_some() {
                println!("missed {kind:?} {} in {}", &sentence.text[span.clone()], sentence.text);
            }
        }
        for f in &found {
            if !sentence.labels.iter().any(|(kind, span)| f.kind == *kind && (f.start..f.end) == *span) {
                counts.get_mut(&f.kind).unwrap().wrong += 1;
                if std::env::var_os("BRAIN_SHOW_ERRORS").is_some() {
                    println!("wrong {:?} {} in {}", f.kind, &sentence.text[f.start..f.end], sentence.text);
                }
            }
        }
    }
    counts
}

fn in_columns() -> (BTreeMap<Kind, Count>, usize) {
    let scanner = Scanner::new();
    let mut counts: BTreeMap<Kind, Count> = BTreeMap::new();
    let columns = synthetic::columns(SEED, 400);
    for column in &columns {
        let mut scan = ColumnScan::new(&scanner, &[&column.name]);
        for value in &column.values {
            scan.observe(value);
        }
        let said: Vec<Kind> = scan.finish().recognised().map(|kind| kind.kind).collect();
        for kind in Kind::ALL {
            let count = counts.entry(kind).or_default();
            match (column.kinds.contains(&kind), said.contains(&kind)) {
                (true, true) => count.right += 1,
                (true, false) => count.missed += 1,
                (false, true) => count.wrong += 1,
                (false, false) => {}
            }
        }
    }
    (counts, columns.len())
}

#[test]
fn identifiers_in_text_are_found_and_wrong_check_digits_are_not() {
    let counts = in_text();
    if std::env::var_os("BRAIN_WRITE_REPORTS").is_some() {
        write_report(&counts);
    }
    for (kind, count) in counts {
        assert!(count.precision() >= 0.97, "{kind:?} precision {:.4}", count.precision());
        assert!(count.recall() >= 0.95, "{kind:?} recall {:.4}", count.recall());
    }
}

#[test]
fn columns_are_told_apart_with_and_without_a_telling_name() {
    let (counts, _) = in_columns();
    for (kind, count) in counts {
        assert_eq!(count.wrong, 0, "{kind:?} said of a column that holds none");
        // Passports and unhyphenated organisation codes have too little form to be known without a name.
        let silent = matches!(kind, Kind::Passport | Kind::OrganisationCode | Kind::Licence);
        assert!(count.missed <= u64::from(silent), "{kind:?} missed in {} columns", count.missed);
    }
}

fn table(report: &mut String, counts: &BTreeMap<Kind, Count>, unit: &str) {
    let _ = writeln!(report, "| 类型 kind | 标签 {unit} | precision | recall |\n|---|---|---|---|");
    for (kind, count) in counts {
        let (precision, recall) = (count.precision() * 100.0, count.recall() * 100.0);
        let _ = writeln!(
            report,
            "| {} | {} | {precision:.2} % | {recall:.2} % |",
            kind.name(),
            count.right + count.missed
        );
    }
}

fn write_report(text: &BTreeMap<Kind, Count>) {
    let (columns, number) = in_columns();
    let mut report = String::from(include_str!("report_head.md"));
    let _ = writeln!(report, "\n## 自由文本 / Free text\n\n{SENTENCES} 句合成句子 / synthetic sentences.\n");
    table(&mut report, text, "labels");
    let _ = writeln!(
        report,
        "\n## 合成列 / Synthetic columns\n\n{number} 列，每列 400 值 / columns of 400 values.\n"
    );
    table(&mut report, &columns, "columns");
    report.push_str(&crate::real::section());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/quality");
    std::fs::write(folder.join("identifiers.md"), report).unwrap();
}
