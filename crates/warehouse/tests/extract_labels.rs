//! Scope → products and scope → class, measured on hand-made labels (`tests/labels/README.md`).
//!
//! The scopes are read from the shared registry file; without it the tests print one line and pass. With
//! `BRAIN_WRITE_REPORTS=1` they write `docs/quality/scope_products.md` and `scope_industry.md`; otherwise they hold
//! the figures to the recorded floor.

// Helpers of a test are test code too; the lints only exempt functions marked #[test].
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use brain_warehouse::extract::{Extractor, LexiconEntry, ProductHit};

/// How often the labels were evaluated while the extractor was written, and what for; see the reports.
const EVALUATIONS: &str = include_str!("labels/EVALUATIONS.md");

/// Floors: the figures of the report less a margin for harmless changes of the lexicon.
const FLOOR_PRODUCTS_F1: f64 = 0.79;
const FLOOR_PRODUCTS_HEAD_F1: f64 = 0.84;
const FLOOR_CLASS: f64 = 0.72;
const FLOOR_DIVISION: f64 = 0.74;
/// Done-when 2 of the issue.
const FLOOR_COVERAGE: f64 = 0.85;

struct Row {
    name: String,
    scope: String,
}

fn labels(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/labels").join(file)
}

fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("BRAIN_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    if folder.join("registry/浙江.csv.gz").exists() {
        return Some(folder);
    }
    println!("skipped: no registry in {} (set BRAIN_SHARED_DATA)", folder.display());
    None
}

fn text(path: &Path) -> String {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

fn registry(shared: &Path) -> Vec<(String, Row)> {
    let raw = text(&shared.join("registry/浙江.csv.gz"));
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(raw.as_bytes());
    let rows = reader.records().filter_map(Result::ok).filter(|row| row.len() == 11);
    rows.map(|row| (row[3].to_owned(), Row { name: row[2].to_owned(), scope: row[7].to_owned() })).collect()
}

fn classes(shared: &Path) -> Vec<(String, String, String)> {
    let mut reader = csv::Reader::from_path(shared.join("gbt4754_2017/gbt4754_2017.csv")).unwrap();
    reader
        .records()
        .map(|row| row.unwrap())
        .map(|row| (row[2].to_owned(), row[4].to_owned(), row[5].to_owned()))
        .collect()
}

fn extractor(shared: &Path) -> Extractor {
    let products = text(&shared.join("chain_kg/product.jsonl.gz"));
    let entries = products.lines().map(|line| {
        let name =
            serde_json::from_str::<serde_json::Value>(line).unwrap()["name"].as_str().unwrap().to_owned();
        LexiconEntry { product_id: name.clone(), name, weight: 0.9, ..LexiconEntry::default() }
    });
    Extractor::new(entries, classes(shared)).unwrap()
}

/// Half width, upper case, no spaces: spelling that no reader would call a difference.
fn fold(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_whitespace())
        .map(|character| match character {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(character as u32 - 0xfee0).unwrap(),
            other => other,
        })
        .collect::<String>()
        .to_uppercase()
}

/// Counts of one row.
#[derive(Clone, Copy, Default)]
struct Counts {
    predicted: f64,
    labelled: f64,
    /// Predictions that are right, and labels that are found: equal in strict counting, apart in head counting.
    right: f64,
    found: f64,
}

fn rates(rows: &[Counts]) -> [f64; 3] {
    let sum = |pick: fn(&Counts) -> f64| rows.iter().map(pick).sum::<f64>();
    let precision = sum(|row| row.right) / sum(|row| row.predicted).max(1.0);
    let recall = sum(|row| row.found) / sum(|row| row.labelled).max(1.0);
    [precision, recall, 2.0 * precision * recall / (precision + recall).max(1e-12)]
}

/// 95 % percentile interval over rows, 2,000 resamples from a fixed seed.
fn bootstrap(rows: &[Counts]) -> [(f64, f64); 3] {
    let mut state = 20_261_121_u64;
    let mut samples: [Vec<f64>; 3] = Default::default();
    for _ in 0..2000 {
        let resample: Vec<Counts> = rows
            .iter()
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                rows[((state >> 33) % rows.len() as u64) as usize]
            })
            .collect();
        for (sample, rate) in samples.iter_mut().zip(rates(&resample)) {
            sample.push(rate);
        }
    }
    samples.map(|mut sample| {
        sample.sort_by(f64::total_cmp);
        (sample[50], sample[1949])
    })
}

/// Wilson score interval, 95 %.
fn wilson(right: usize, total: usize) -> (f64, f64) {
    let (n, p, z) = (total as f64, right as f64 / total as f64, 1.96_f64);
    let centre = p + z * z / (2.0 * n);
    let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    ((centre - spread) / (1.0 + z * z / n), (centre + spread) / (1.0 + z * z / n))
}

fn measure(
    extractor: &Extractor,
    labelled: &[(String, Vec<String>)],
    rows: &HashMap<String, Row>,
) -> [Vec<Counts>; 2] {
    let mut strict = Vec::new();
    let mut head = Vec::new();
    let mut hits: Vec<ProductHit> = Vec::new();
    for (uscc, labels) in labelled {
        extractor.products(&rows[uscc].scope, &mut hits);
        let names: HashSet<String> =
            hits.iter().map(|hit| fold(extractor.product(hit.product).unwrap().name)).collect();
        let labels: HashSet<String> = labels.iter().map(|label| fold(label)).collect();
        let equal = names.intersection(&labels).count() as f64;
        let (predicted, count) = (names.len() as f64, labels.len() as f64);
        strict.push(Counts { predicted, labelled: count, right: equal, found: equal });
        let agrees = |name: &String, label: &String| {
            label.ends_with(name.as_str())
                || extractor
                    .find(label)
                    .is_some_and(|found| fold(extractor.product(found).unwrap().name) == *name)
        };
        head.push(Counts {
            predicted,
            labelled: count,
            right: names.iter().filter(|name| labels.iter().any(|label| agrees(name, label))).count() as f64,
            found: labels.iter().filter(|label| names.iter().any(|name| agrees(name, label))).count() as f64,
        });
        if std::env::var_os("BRAIN_SHOW_ERRORS").is_some() {
            let extra: Vec<_> = names.difference(&labels).collect();
            let missing: Vec<_> = labels.difference(&names).collect();
            println!("{uscc} + {extra:?} - {missing:?}");
        }
    }
    [strict, head]
}

fn coverage(extractor: &Extractor, rows: &[(String, Row)]) -> (usize, usize) {
    let mut hits = Vec::new();
    let (mut products, mut class) = (0, 0);
    for (_, row) in rows {
        class += usize::from(extractor.read(&row.scope, &row.name, &mut hits).is_some());
        products += usize::from(!hits.is_empty());
    }
    (products, class)
}

fn percent(rate: f64) -> String {
    format!("{:.1} %", rate * 100.0)
}

fn row_of(title: &str, rows: &[Counts]) -> String {
    let (values, intervals) = (rates(rows), bootstrap(rows));
    let cells: Vec<String> = values
        .iter()
        .zip(intervals)
        .map(|(value, (low, high))| format!("{} ({}–{})", percent(*value), percent(low), percent(high)))
        .collect();
    format!("| {title} | {} |\n", cells.join(" | "))
}

fn publish(file: &str, report: &str) -> bool {
    println!("{report}");
    if std::env::var_os("BRAIN_WRITE_REPORTS").is_none_or(|value| value != "1") {
        return false;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/quality");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(file), report).unwrap();
    true
}

const HONESTY: &str = "标签日期 2026-11-21。标签由一个人工智能标注者在看到任何模型输出之前一次完成，没有人工复核，没有一致性数字。\n\n\
    Labels of 2026-11-21, made by one AI annotator in one pass before any model output was seen; no human second reading, \
    so there is no agreement figure. Errors of the annotator count against the extractor and the other way round.\n\n";

#[test]
fn products_of_the_labelled_scopes_are_found_as_well_as_recorded() {
    let Some(shared) = shared() else { return };
    let all = registry(&shared);
    let full = extractor(&shared);
    let own = Extractor::built_in().unwrap();
    let (covered, _) = coverage(&full, &all);
    let (covered_own, _) = coverage(&own, &all);
    let total = all.len();
    let rows: HashMap<String, Row> = all.into_iter().collect();
    let mut reader = csv::Reader::from_path(labels("scope_products.csv")).unwrap();
    let labelled: Vec<(String, Vec<String>)> = reader
        .records()
        .map(|row| row.unwrap())
        .map(|row| {
            (
                row[0].to_owned(),
                row[1].split('|').filter(|label| !label.is_empty()).map(str::to_owned).collect(),
            )
        })
        .collect();
    assert!(labelled.iter().all(|(uscc, _)| rows.contains_key(uscc)), "every label has its registry row");

    let [strict, head] = measure(&full, &labelled, &rows);
    let [strict_own, head_own] = measure(&own, &labelled, &rows);
    let count: usize = labelled.iter().map(|row| row.1.len()).sum();
    let mut report = String::from(
        "# 经营范围 → 产品：查准率与查全率 / Business scope → products: precision and recall\n\n",
    );
    report.push_str(HONESTY);
    write!(report, "{} 行，{count} 个标签 / {} rows, {count} labels. 95 % bootstrap intervals over rows (2,000 resamples).\n\n", labelled.len(), labelled.len()).unwrap();
    report.push_str("| 词库与口径 / lexicon and counting | precision | recall | F1 |\n|---|---|---|---|\n");
    report.push_str(&row_of("chain_kg + 自有词表, strict", &strict));
    report.push_str(&row_of("chain_kg + 自有词表, head", &head));
    report.push_str(&row_of("仅自有词表 / own terms only, strict", &strict_own));
    report.push_str(&row_of("仅自有词表 / own terms only, head", &head_own));
    report.push_str(
        "\n- strict: the product's name equals the label after folding width, case and spaces.\n\
         - head: equal, or the product is the right-hand head of the label (`机械配件` for `石油机械配件`), or the label is one of its aliases.\n",
    );
    write!(
        report,
        "\n浙江登记文件中有至少一个产品的企业 / firms of the Zhejiang file with at least one product: {covered} of {total} ({}); \
         own terms only {covered_own} ({}). Bank branches, services whose scope only cites a licence and rows without a scope have none.\n",
        percent(covered as f64 / total as f64),
        percent(covered_own as f64 / total as f64)
    )
    .unwrap();
    write!(report, "\n## 评测次数 / How often these labels were used\n\n{EVALUATIONS}").unwrap();
    if !publish("scope_products.md", &report) {
        assert!(rates(&strict)[2] >= FLOOR_PRODUCTS_F1, "strict F1 {:?}", rates(&strict));
        assert!(rates(&head)[2] >= FLOOR_PRODUCTS_HEAD_F1, "head F1 {:?}", rates(&head));
    }
    assert!(covered as f64 / total as f64 >= FLOOR_COVERAGE, "{covered} of {total} firms carry a product");
}

#[test]
fn classes_of_the_labelled_scopes_are_found_as_well_as_recorded() {
    let Some(shared) = shared() else { return };
    let all = registry(&shared);
    let full = extractor(&shared);
    let (_, classed) = coverage(&full, &all);
    let total = all.len();
    let rows: HashMap<String, Row> = all.into_iter().collect();
    let mut reader = csv::Reader::from_path(labels("scope_industry.csv")).unwrap();
    let labelled: Vec<(String, String, Vec<String>)> = reader
        .records()
        .map(|row| row.unwrap())
        .map(|row| {
            (
                row[0].to_owned(),
                row[1].to_owned(),
                row[2].split('|').filter(|code| !code.is_empty()).map(str::to_owned).collect(),
            )
        })
        .collect();
    let sections: HashMap<String, String> = sections(&shared);
    let mut right: BTreeMap<&str, usize> = BTreeMap::new();
    let mut sure = (0, 0);
    for (uscc, code, also) in &labelled {
        let row = &rows[uscc];
        let hit = full.industry(&row.scope, &row.name);
        let answer = hit.map_or(String::new(), |hit| hit.code_text());
        let part = |text: &str, length: usize| text.get(..length).unwrap_or("").to_owned();
        let mut count = |key, is: bool| *right.entry(key).or_default() += usize::from(is);
        count("1 class 小类", answer == *code);
        count("2 class, also accepted 小类（含可接受）", answer == *code || also.contains(&answer));
        count("3 group 中类", part(&answer, 3) == part(code, 3));
        count("4 division 大类", part(&answer, 2) == part(code, 2));
        let accepted = std::iter::once(code).chain(also).any(|other| part(other, 2) == part(&answer, 2));
        count("5 division, also accepted 大类（含可接受）", accepted && !answer.is_empty());
        count(
            "6 section 门类",
            !answer.is_empty() && sections.get(&part(&answer, 2)) == sections.get(&part(code, 2)),
        );
        if hit.is_some_and(|hit| hit.confidence >= 0.5) {
            sure.1 += 1;
            sure.0 += usize::from(answer == *code || also.contains(&answer));
        }
        if std::env::var_os("BRAIN_SHOW_ERRORS").is_some() && answer != *code && !also.contains(&answer) {
            println!("{uscc} {} answer {answer} label {code} also {also:?}", row.name);
        }
    }
    let mut report = String::from(
        "# 经营范围与名称 → GB/T 4754-2017 小类：准确率 / Scope and name → GB/T 4754-2017 class: accuracy\n\n",
    );
    report.push_str(HONESTY);
    write!(report, "{} 行 / {} rows. 95 % Wilson intervals. One class is answered per firm, so precision and recall are equal wherever an answer is given.\n\n", labelled.len(), labelled.len()).unwrap();
    report.push_str("| 层级 / level | right | accuracy |\n|---|---|---|\n");
    for (level, count) in &right {
        let (low, high) = wilson(*count, labelled.len());
        let rate = *count as f64 / labelled.len() as f64;
        writeln!(
            report,
            "| {} | {count} | {} ({}–{}) |",
            &level[2..],
            percent(rate),
            percent(low),
            percent(high)
        )
        .unwrap();
    }
    write!(
        report,
        "\n- `also accepted`: the label file names up to two further classes a reasonable official would equally accept.\n\
         - Confidence ≥ 0.5: {} of {} answers right (also accepted).\n\
         - Firms of the Zhejiang file with a class: {classed} of {total} ({}).\n",
        sure.0,
        sure.1,
        percent(classed as f64 / total as f64)
    )
    .unwrap();
    write!(report, "\n## 评测次数 / How often these labels were used\n\n{EVALUATIONS}").unwrap();
    let rate = |key: &str| right[key] as f64 / labelled.len() as f64;
    if !publish("scope_industry.md", &report) {
        assert!(rate("2 class, also accepted 小类（含可接受）") >= FLOOR_CLASS, "{right:?}");
        assert!(rate("4 division 大类") >= FLOOR_DIVISION, "{right:?}");
    }
}

/// Division (2 digits) → section letter.
fn sections(shared: &Path) -> HashMap<String, String> {
    let mut reader = csv::Reader::from_path(shared.join("gbt4754_2017/gbt4754_2017.csv")).unwrap();
    reader
        .records()
        .map(|row| row.unwrap())
        .filter(|row| &row[1] == "2")
        .map(|row| (row[2].to_owned(), row[0].to_owned()))
        .collect()
}
