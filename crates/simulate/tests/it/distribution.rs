//! What is drawn has the distributions it is fitted to. Seeds are fixed: these tests do not flicker.

use crate::load::{PROVINCE, moments};
use brain_simulate::fitted;
use std::collections::{HashMap, HashSet};

/// Day number of `2024-02-29`, good for differences of months.
fn day(text: &str) -> f64 {
    let part = |range: std::ops::Range<usize>| text[range].parse::<f64>().unwrap();
    part(0..4) * 365.25 + (part(5..7) - 1.0) * 30.44 + part(8..10)
}

fn counts<'a>(codes: impl Iterator<Item = &'a str>) -> Vec<f64> {
    let mut counts: HashMap<&str, f64> = HashMap::new();
    for code in codes {
        *counts.entry(code).or_default() += 1.0;
    }
    let mut counts: Vec<f64> = counts.into_values().collect();
    counts.sort_by(|a, b| b.total_cmp(a));
    counts
}

/// Exponent of the upper tail by Hill's estimator.
fn hill(sorted: &[f64], share: f64) -> f64 {
    let top = (sorted.len() as f64 * share) as usize;
    let bound = sorted[top];
    top as f64 / sorted[..top].iter().map(|value| (value / bound).ln()).sum::<f64>()
}

#[test]
fn capitals_and_sales_are_log_normal() {
    let enterprises = PROVINCE.table("enterprise");
    let sales = enterprises.numbers("yearly_sales_cny").map(f64::ln);
    let (mean, sd) = moments(sales);
    assert!((mean - fitted::SALES_LN_MEAN).abs() < 0.05, "{mean}");
    assert!((sd - fitted::SALES_LN_SD).abs() < 0.05, "{sd}");
    let limited = enterprises.rows.iter().filter(|row| enterprises.cell(row, "name").ends_with("有限公司"));
    let capitals = limited.filter_map(|row| enterprises.cell(row, "capital_cny").parse::<f64>().ok());
    let (mean, sd) = moments(capitals.map(|capital| (capital / 1e4).ln()));
    // Sectors differ in their means, which shifts the whole and widens it a little.
    assert!((mean - fitted::CAPITAL_LN_MEAN).abs() < 0.25, "{mean}");
    assert!((fitted::CAPITAL_LN_SD - 0.05..fitted::CAPITAL_LN_SD + 0.25).contains(&sd), "{sd}");
}

#[test]
fn activities_have_their_shares() {
    let enterprises = PROVINCE.table("enterprise");
    let all = enterprises.rows.len() as f64;
    let share = |prefix: &str| {
        enterprises.column("industry_code").filter(|code| code.starts_with(prefix)).count() as f64 / all
    };
    assert!((share("51") - fitted::WHOLESALE_SHARE).abs() < 0.015, "{}", share("51"));
    assert!((share("52") - fitted::RETAIL_SHARE).abs() < 0.01, "{}", share("52"));
    // Register: 60 to 75 of 1,000 in general machinery, electrical machinery, plastics.
    for division in ["34", "38", "29"] {
        assert!((0.04..0.11).contains(&share(division)), "{division} {}", share(division));
    }
}

#[test]
fn degrees_have_heavy_tails_and_few_links_are_mutual() {
    let links = PROVINCE.table("link");
    let suppliers = counts(links.column("buyer_uscc"));
    let customers = counts(links.column("supplier_uscc"));
    // Over two years each place has two holders, which leaves the tail as it is.
    let (bought, sold) = (hill(&suppliers, 0.02), hill(&customers, 0.02));
    assert!((bought - fitted::SUPPLIERS_EXPONENT).abs() < 0.35, "{bought}");
    assert!((sold - fitted::CUSTOMERS_EXPONENT).abs() < 0.45, "{sold}");
    let pairs: HashSet<(&str, &str)> = links
        .rows
        .iter()
        .map(|row| (links.cell(row, "supplier_uscc"), links.cell(row, "buyer_uscc")))
        .collect();
    let mutual = pairs.iter().filter(|(a, b)| pairs.contains(&(*b, *a))).count() as f64 / pairs.len() as f64;
    assert!((mutual - fitted::RECIPROCITY).abs() < 0.012, "{mutual}");
    assert!(pairs.iter().all(|(a, b)| a != b), "nobody supplies itself");
}

#[test]
fn large_enterprises_have_more_links() {
    let (enterprises, links) = (PROVINCE.table("enterprise"), PROVINCE.table("link"));
    let mut degree: HashMap<&str, f64> = HashMap::new();
    for buyer in links.column("buyer_uscc") {
        *degree.entry(buyer).or_default() += 1.0;
    }
    let points: Vec<(f64, f64)> = enterprises
        .rows
        .iter()
        .filter_map(|row| {
            let suppliers = degree.get(enterprises.cell(row, "uscc"))?;
            let sales: f64 = enterprises.cell(row, "yearly_sales_cny").parse().unwrap();
            Some((sales.ln(), suppliers.ln()))
        })
        .collect();
    let (x, y) = (moments(points.iter().map(|p| p.0)), moments(points.iter().map(|p| p.1)));
    let covariance = moments(points.iter().map(|p| (p.0 - x.0) * (p.1 - y.0))).0;
    let correlation = covariance / (x.1 * y.1);
    assert!((0.4..0.9).contains(&correlation), "{correlation}");
}

#[test]
fn links_live_as_long_as_they_should() {
    let links = PROVINCE.table("link");
    let alive_at = |row: &[String], at: f64| {
        let ended = links.cell(row, "ended_on");
        day(links.cell(row, "started_on")) <= at && (ended.is_empty() || day(ended) > at)
    };
    let (first, later) = (day("2024-03-01"), day("2025-04-01"));
    let alive: Vec<_> = links.rows.iter().filter(|row| alive_at(row, first)).collect();
    let left = alive.iter().filter(|row| alive_at(row, later)).count() as f64 / alive.len() as f64;
    // Half after 13 months, less the links of enterprises that closed.
    assert!((0.42..0.52).contains(&left), "{left}");
    let per_enterprise = alive.len() as f64 / 20_000.0;
    assert!((1.3..2.2).contains(&per_enterprise), "{per_enterprise}");
}

#[test]
fn sectors_buy_what_the_input_output_table_says() {
    let (enterprises, links) = (PROVINCE.table("enterprise"), PROVINCE.table("link"));
    let division: HashMap<&str, &str> = enterprises
        .rows
        .iter()
        .map(|row| (enterprises.cell(row, "uscc"), &enterprises.cell(row, "industry_code")[..2]))
        .collect();
    let share = |buyers: &[&str], sellers: &[&str]| {
        let of_buyers =
            links.rows.iter().filter(|row| buyers.contains(&division[links.cell(row, "buyer_uscc")]));
        let all: Vec<_> = of_buyers.map(|row| division[links.cell(row, "supplier_uscc")]).collect();
        all.iter().filter(|seller| sellers.contains(seller)).count() as f64 / all.len() as f64
    };
    // WIOD 2011: textiles buy 597 of 1,000 from textiles; vehicles 401 from vehicles and 152 from metals.
    let textiles = share(&["17", "18", "19"], &["17", "18", "19"]);
    assert!((textiles - 0.597).abs() < 0.08, "{textiles}");
    let metals = share(&["36", "37"], &["31", "32", "33"]);
    assert!((metals - 0.152).abs() < 0.05, "{metals}");
    let vehicles_for_textiles = share(&["17", "18", "19"], &["36", "37"]);
    assert!(vehicles_for_textiles < 0.03, "{vehicles_for_textiles}");
}

#[test]
fn invoices_add_up_follow_the_season_and_are_sometimes_void() {
    let invoices = PROVINCE.table("invoice");
    let (mut void, mut season) = (0.0, [0.0; 12]);
    let mut numbers = HashSet::new();
    for row in &invoices.rows {
        let number = |column: &str| invoices.cell(row, column).parse::<f64>().unwrap();
        assert!((number("amount_cny") + number("tax_cny") - number("total_cny")).abs() < 0.011);
        assert!((number("amount_cny") * number("tax_rate") - number("tax_cny")).abs() < 0.011);
        assert!(number("total_cny") <= 1_130_000.01);
        assert!(numbers.insert(invoices.cell(row, "invoice_no")), "an invoice number occurs twice");
        void += f64::from(u8::from(invoices.cell(row, "state") == "作废发票"));
        let month: usize = invoices.cell(row, "invoiced_on")[5..7].parse().unwrap();
        season[month - 1] += number("amount_cny");
    }
    let void = void / invoices.rows.len() as f64;
    assert!((void - fitted::VOID_SHARE).abs() < 0.01, "{void}");
    // The Spring Festival month is the weakest, by far.
    let mean = season.iter().sum::<f64>() / 12.0;
    let weakest = season.iter().zip(1..).min_by(|a, b| a.0.total_cmp(b.0)).unwrap();
    assert!(weakest.1 == 2 && weakest.0 / mean < 0.8, "{weakest:?} {mean}");
}
