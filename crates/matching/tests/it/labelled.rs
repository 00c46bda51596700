//! Real names labelled by hand (`tests/labels/README.md`), and real names whose truth the files carry.
//! `BRAIN_WRITE_REPORTS=1` writes the report.

use crate::data::{Score, column, records, shared, table, text};
use crate::{febrl, firms};
use brain_kernel::progress::{Cancel, Progress};
use brain_matching::specification::{Assignment, preset};
use brain_matching::{Linkage, Records, Specification, link};
use std::collections::HashSet;
use std::path::Path;

type Table = (Vec<String>, Vec<csv::StringRecord>);

fn one_to_one() -> Specification {
    Specification { assignment: Assignment::OneToOne, ..preset("firm").unwrap() }
}

fn run(left: &Records, right: &Records) -> Linkage {
    link(left, right, &one_to_one(), &Progress::new(), &Cancel::new()).unwrap()
}

fn listed(folder: &Path) -> Table {
    table(&text(&folder.join("listed_companies/stock_basic_2026-02.csv")))
}

fn code(listed: &str) -> String {
    listed.chars().take(6).collect()
}

/// Pairs of keys, those of the left side limited to `only`.
fn keys(
    found: &Linkage,
    left: &[String],
    right: &[String],
    only: &HashSet<String>,
) -> HashSet<(String, String)> {
    let pairs = found.pairs.iter().map(|p| (left[p.left as usize].clone(), right[p.right as usize].clone()));
    pairs.filter(|(left, _)| only.contains(left)).collect()
}

fn show(found: &HashSet<(String, String)>, truth: &HashSet<(String, String)>) {
    if std::env::var_os("BRAIN_SHOW_ERRORS").is_some() {
        found.difference(truth).for_each(|pair| println!("wrong {pair:?}"));
        truth.difference(found).for_each(|pair| println!("missed {pair:?}"));
    }
}

/// Listed firms of Zhejiang by `column` of the stock list against the register with its credit codes.
fn listed_in_register(folder: &Path, name_column: &str) -> Score {
    let stocks = listed(folder);
    let labels: Vec<(String, String)> = include_str!("../labels/short_registry.csv")
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap())
        .collect();
    let here: Vec<csv::StringRecord> =
        stocks.1.iter().filter(|row| row.get(2) == Some("浙江")).cloned().collect();
    let stocks = (stocks.0, here);
    let register = table(&text(&folder.join("registry/浙江.csv.gz")));
    let left = records(&stocks, &[(name_column, "name"), ("地区", "region")]);
    let right = records(&register, &[("name", "name"), ("city", "region"), ("uscc", "uscc")]);
    let found = run(&left, &right);
    let codes: Vec<String> = column(&stocks, "股票代码").iter().map(|c| code(c)).collect();
    let only = labels.iter().map(|(stock, _)| stock.clone()).collect();
    let found = keys(&found, &codes, &column(&register, "uscc"), &only);
    let truth = labels.into_iter().filter(|(_, uscc)| !uscc.is_empty()).collect();
    show(&found, &truth);
    Score::of(&found, &truth)
}

/// Brands and short names from the corpus against the legal names of listed firms. One line in ten is the background
/// that says which names are frequent.
fn brands_of_listed(folder: &Path) -> Score {
    let stocks = listed(folder);
    let names = text(&folder.join("company_short_names/short_names_28w.txt.gz"));
    let labels: Vec<(usize, String)> = include_str!("../labels/short_listed.csv")
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').map(|(a, b)| (a.parse().unwrap(), b.to_owned())).unwrap())
        .collect();
    let wanted: HashSet<usize> = labels.iter().map(|(line, _)| *line).collect();
    let (mut left, mut lines) = (Records::new(["name"]).unwrap(), Vec::new());
    for (at, name) in names.lines().enumerate() {
        if wanted.contains(&(at + 1)) || at % 10 == 0 {
            left.push([name]).unwrap();
            lines.push((at + 1).to_string());
        }
    }
    let found = run(&left, &records(&stocks, &[("公司全称", "name")]));
    let codes: Vec<String> = column(&stocks, "股票代码").iter().map(|c| code(c)).collect();
    let decided =
        labels.into_iter().filter(|(_, stock)| stock != "?").map(|(line, stock)| (line.to_string(), stock));
    let decided: Vec<(String, String)> = decided.collect();
    let only = decided.iter().map(|(line, _)| line.clone()).collect();
    let found = keys(&found, &lines, &codes, &only);
    let truth = decided.into_iter().filter(|(_, stock)| !stock.is_empty()).collect();
    show(&found, &truth);
    Score::of(&found, &truth)
}

/// Every listed firm's short name against every listed firm's legal name; the stock code is the truth.
fn short_names(folder: &Path) -> Score {
    let stocks = listed(folder);
    let found = run(&records(&stocks, &[("股票名称", "name")]), &records(&stocks, &[("公司全称", "name")]));
    let codes = column(&stocks, "股票代码");
    let only = codes.iter().cloned().collect();
    let found = keys(&found, &codes, &codes, &only);
    let truth = codes.iter().map(|code| (code.clone(), code.clone())).collect();
    show(&found, &truth);
    Score::of(&found, &truth)
}

/// Legal names of 2016 with their seats against legal names of 2026 with their provinces; the stock code is the truth.
fn ten_years_later(folder: &Path) -> Score {
    let stocks = listed(folder);
    let before = table(&text(&folder.join("listed_companies/company_address_2016.csv")));
    let left = records(&before, &[("name", "name"), ("addrReg", "address")]);
    let right = records(&stocks, &[("公司全称", "name"), ("地区", "region")]);
    let found = run(&left, &right);
    let old: Vec<String> = column(&before, "stockCode").iter().map(|c| format!("{c:0>6}")).collect();
    let new: Vec<String> = column(&stocks, "股票代码").iter().map(|c| code(c)).collect();
    let found = keys(&found, &old, &new, &old.iter().cloned().collect());
    let alive: HashSet<&String> = new.iter().collect();
    let truth =
        old.iter().filter(|code| alive.contains(code)).map(|code| (code.clone(), code.clone())).collect();
    show(&found, &truth);
    Score::of(&found, &truth)
}

#[test]
fn real_names_are_matched() {
    let Some(folder) = shared("listed_companies/stock_basic_2026-02.csv") else { return };
    let rows = [
        (
            "简称 → 登记（标注 120）/ short name → register, 120 labelled",
            listed_in_register(&folder, "股票名称"),
            0.5,
            0.4,
        ),
        (
            "全称 → 登记（标注 120）/ legal name → register, 120 labelled",
            listed_in_register(&folder, "公司全称"),
            0.85,
            0.8,
        ),
        (
            "品牌 → 上市公司全称（标注 118）/ brand → listed firm, 118 labelled",
            brands_of_listed(&folder),
            0.7,
            0.6,
        ),
        (
            "证券简称 → 公司全称（代码为准）/ stock name → legal name, truth by code",
            short_names(&folder),
            0.99,
            0.75,
        ),
        (
            "2016 全称与地址 → 2026 全称（代码为准）/ legal names ten years apart, truth by code",
            ten_years_later(&folder),
            0.99,
            0.78,
        ),
    ];
    let mut report = include_str!("report_head.md").to_owned();
    for (what, score, precision, recall) in &rows {
        println!("{what}: {score:?} P {:.4} R {:.4} F1 {:.4}", score.precision(), score.recall(), score.f1());
        report.push_str(&score.row(what));
        assert!(score.precision() >= *precision && score.recall() >= *recall, "{what}: {score:?}");
    }
    if std::env::var_os("BRAIN_WRITE_REPORTS").is_none() {
        return;
    }
    report.push_str("\n## 公开与生成的数据 / Public and generated sets\n\n生成的名单与匹配器同一作者，数字偏乐观：usual 是两个登记之间的差异，hard 是手写名单并含外地子公司（`crates/matching/src/synthetic.rs`）。\n\nThe generated lists have the author of the matcher, which makes the figures too good: `usual` is what two registers differ by, `hard` a hand-written list with subsidiaries in other cities.\n\n| 数据 set | 真 true | 找到 found | 正确 right | P | R | F1 |\n|---|---|---|---|---|---|---|\n");
    report.push_str(&febrl::linked(&folder).row("FEBRL 4, 5,000 × 5,000"));
    for name in ["dataset1", "dataset2", "dataset3"] {
        let [pairs, joined] = febrl::deduped(&folder, name);
        report.push_str(&pairs.row(&format!("FEBRL {name}, pairs")));
        report.push_str(&joined.row(&format!("FEBRL {name}, clusters")));
    }
    for (name, score) in firms::scores(&folder) {
        report.push_str(&score.row(&format!("generated firms 16,000 × 14,000, {name}")));
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/quality/matching.md");
    std::fs::write(file, report).unwrap();
}
