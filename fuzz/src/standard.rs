//! Values and texts of registers: codes, dates, amounts, names, scopes, and personal data in them.

use brain_kernel::industry::IndustryCode;
use brain_kernel::region::RegionCode;
use brain_kernel::uscc::{self, Uscc};
use brain_kernel::{capital, company_name, csv, date, language, pinyin};
use brain_privacy::recognise::{ColumnScan, Finding, Scanner, masked};
use brain_warehouse::extract::Extractor;
use brain_warehouse::standard::Regions;
use std::sync::LazyLock;

static REGIONS: LazyLock<Regions> = LazyLock::new(Regions::built_in);
static EXTRACTOR: LazyLock<Extractor> =
    LazyLock::new(|| Extractor::built_in().expect("the built-in lexicon"));
static SCANNER: LazyLock<Scanner> = LazyLock::new(Scanner::new);

/// Credit codes, region and industry codes, dates, capital, company names, addresses.
pub fn values(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let clean = uscc::clean(&text);
    assert_eq!(uscc::clean(&clean), clean, "cleaning once is enough");
    if let Ok(code) = Uscc::parse(&text) {
        assert!(uscc::check(code.as_str()).is_ok() && code.as_str().len() == 18);
        let _ = code.region();
    }
    if let Ok(code) = RegionCode::parse(&text) {
        assert!(code.province().contains(&code));
    }
    if let Ok(code) = IndustryCode::parse(&text) {
        let _ = (code.level(), code.parent());
    }
    if let Ok(Some(amount)) = capital::parse(&text) {
        assert!(amount.cny().is_finite());
    }
    let _ = date::parse(&text);
    let _ = company_name::normalise(&text);
    let key = company_name::key(&text);
    assert_eq!(key, company_name::key(&text));
    let _ = pinyin::initials(&text);
    let mut parts = text.splitn(3, '\n');
    let mut part = || parts.next().unwrap_or_default();
    let (address, province, city) = (part(), part(), part());
    let _ = REGIONS.find(address, province, city);
    let _ = language::Language::negotiate(&text);
    let defused = csv::defused(&text);
    assert!(!defused.starts_with(['=', '+', '-', '@']), "no cell begins a formula: {defused:?}");
}

/// Business scopes.
pub fn scope(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (name, scope) = text.split_once('\n').unwrap_or(("", &text));
    let mut hits = Vec::new();
    let industry = EXTRACTOR.read(scope, name, &mut hits);
    for hit in &hits {
        let (start, end) = (hit.start as usize, hit.end as usize);
        assert!(scope.get(start..end).is_some(), "{start}..{end} are characters of the scope");
        assert!((0.0..=1.0).contains(&hit.confidence));
        assert!(EXTRACTOR.product(hit.product).is_some());
    }
    if let Some(industry) = industry {
        assert_eq!(industry.code_text().len(), 4);
    }
}

/// Personal and business identifiers in free text and in columns.
pub fn personal(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut found: Vec<Finding> = Vec::new();
    SCANNER.scan(&text, &mut found);
    for finding in &found {
        let value = text.get(finding.start..finding.end);
        let value = value.expect("a finding is characters of the text");
        assert!(!value.is_empty());
        if value.chars().count() > 4 {
            assert_ne!(masked(finding.kind, value), value, "an example is masked");
        }
    }
    let mut column = ColumnScan::new(&SCANNER, &["手机", "phone"]);
    text.lines().for_each(|line| column.observe(line));
    drop(column.finish());
}
