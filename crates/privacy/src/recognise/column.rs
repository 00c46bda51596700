//! A column: what its values are, with evidence, in bounded memory.

use super::mask::masked;
use super::scanner::{Announced, Finding, Strength};
use super::{Kind, Scanner, address, hint};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Masked examples kept for each kind.
const EXAMPLES_MAX: usize = 3;
/// Bytes of one value that are looked at; longer texts are cut, which the report says.
const VALUE_BYTES_MAX: usize = 64 * 1024;
/// Least number of matching values where the column's name says nothing.
const MATCHES_MIN: u64 = 3;

/// Where in the values a kind was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// The whole value is one.
    Whole,
    /// The value is a text with one inside.
    Within,
}

/// What was counted for one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KindReport {
    /// What was found.
    pub kind: Kind,
    /// Whole values, or inside texts.
    pub placement: Placement,
    /// Values in which it was found.
    pub matching: u64,
    /// `matching` over the values that are not empty, 0 to 1.
    pub share: f64,
    /// Of `matching`, those whose check digit was computed and is right.
    pub checked: u64,
    /// Whether the column's name or title announces it.
    pub announced: bool,
    /// Whether this is enough to say that the column holds it.
    pub recognised: bool,
    /// Up to three examples, masked.
    pub examples: Vec<String>,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnReport {
    /// Values that were not empty.
    pub values: u64,
    /// Values cut before they were looked at.
    pub cut: u64,
    /// Kinds seen at least once, recognised ones first, then by how often.
    pub kinds: Vec<KindReport>,
}

impl ColumnReport {
    /// The kinds the column is said to hold.
    pub fn recognised(&self) -> impl Iterator<Item = &KindReport> {
        self.kinds.iter().filter(|kind| kind.recognised)
    }
}

#[derive(Debug, Clone, Default)]
struct Tally {
    whole: u64,
    within: u64,
    checked: u64,
    sure: u64,
    examples: Vec<String>,
}

/// Takes the values of a column one after the other.
#[derive(Debug)]
pub struct ColumnScan<'a> {
    scanner: &'a Scanner,
    announced: Announced,
    values: u64,
    cut: u64,
    tallies: [Tally; Kind::ALL.len()],
    found: Vec<Finding>,
}

impl<'a> ColumnScan<'a> {
    /// A scan of a column known by these texts: its name and its titles.
    #[must_use]
    pub fn new(scanner: &'a Scanner, texts: &[&str]) -> Self {
        Self {
            scanner,
            announced: hint::announced(texts),
            values: 0,
            cut: 0,
            tallies: Default::default(),
            found: Vec::new(),
        }
    }

    /// Look at one value.
    pub fn observe(&mut self, value: &str) {
        let value = narrow(value.trim());
        if value.is_empty() {
            return;
        }
        self.values += 1;
        let value = self.bounded(&value);
        let mut found = std::mem::take(&mut self.found);
        found.clear();
        self.scanner.scan_announced(value, self.announced, &mut found);
        if found.is_empty() {
            self.whole_only(value, &mut found);
        }
        let mut seen = Announced::default();
        for finding in &found {
            if !seen.has(finding.kind) {
                seen = seen.with(finding.kind);
                self.count(value, finding);
            }
        }
        self.found = found;
    }

    /// What the column holds.
    #[must_use]
    pub fn finish(self) -> ColumnReport {
        let mut kinds: Vec<KindReport> = Kind::ALL
            .into_iter()
            .zip(&self.tallies)
            .filter(|(_, tally)| tally.whole + tally.within > 0)
            .map(|(kind, tally)| self.judged(kind, tally))
            .collect();
        kinds.sort_by_key(|kind| std::cmp::Reverse((kind.recognised, kind.matching)));
        ColumnReport { values: self.values, cut: self.cut, kinds }
    }

    fn bounded<'v>(&mut self, value: &'v str) -> &'v str {
        if value.len() <= VALUE_BYTES_MAX {
            return value;
        }
        self.cut += 1;
        let mut end = VALUE_BYTES_MAX;
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        value.get(..end).unwrap_or_default()
    }

    /// Forms too weak for free text, which a whole column of them makes sure.
    fn whole_only(&self, value: &str, found: &mut Vec<Finding>) {
        let kind = if self.scanner.names.whole(value) {
            Kind::PersonName
        } else if address::whole(value) {
            Kind::Address
        } else if self.announced.has(Kind::Landline) && is_short_phone(value) {
            Kind::Landline
        } else {
            return;
        };
        found.push(Finding::new(kind, 0, value.len(), Strength::Shape));
    }

    fn count(&mut self, value: &str, finding: &Finding) {
        let Some(tally) = self.tallies.get_mut(finding.kind.place()) else { return };
        let text = value.get(finding.start..finding.end).unwrap_or_default();
        // A prefix such as +86 or a unit beside the number does not make a text of it.
        if text.len() * 10 >= value.len() * 7 {
            tally.whole += 1;
        } else {
            tally.within += 1;
        }
        tally.checked += u64::from(finding.strength == Strength::Checked);
        tally.sure += u64::from(finding.strength != Strength::Shape);
        if tally.examples.len() < EXAMPLES_MAX {
            let example = masked(finding.kind, text);
            if !tally.examples.contains(&example) {
                tally.examples.push(example);
            }
        }
    }

    fn judged(&self, kind: Kind, tally: &Tally) -> KindReport {
        let announced = self.announced.has(kind);
        let matching = tally.whole + tally.within;
        let share = matching as f64 / self.values.max(1) as f64;
        let placement = if tally.whole >= tally.within { Placement::Whole } else { Placement::Within };
        // Cards pass Luhn by chance once in ten, names begin with a surname by chance once in three.
        let least = match (announced, tally.checked * 2 >= matching, placement) {
            (true, _, Placement::Whole) => 0.2,
            (_, true, Placement::Whole) => 0.4,
            (_, _, Placement::Whole) if kind == Kind::PersonName => 0.85,
            (_, _, Placement::Whole) => 0.7,
            (true, _, Placement::Within) => 0.005,
            _ if tally.sure * 2 >= matching => 0.001,
            _ => 0.02,
        };
        // One checked number of a person in a text is enough to look at the column.
        let enough = matching >= if announced { 1 } else { MATCHES_MIN }
            || (kind == Kind::ResidentId && tally.checked > 0 && placement == Placement::Within);
        KindReport {
            kind,
            placement,
            matching,
            share,
            checked: tally.checked,
            announced,
            recognised: enough && share >= least,
            examples: tally.examples.clone(),
        }
    }
}

/// Seven or eight digits: a landline without its area code, where the column says it holds telephones.
fn is_short_phone(value: &str) -> bool {
    matches!(value.len(), 7 | 8)
        && value.bytes().all(|b| b.is_ascii_digit())
        && !value.starts_with(['0', '1', '9'])
}

/// Full-width letters, digits and signs as narrow ones.
fn narrow(value: &str) -> Cow<'_, str> {
    if !value.chars().any(wide_word) {
        return Cow::Borrowed(value);
    }
    let narrowed = value.chars().map(|c| match c {
        c if wide_word(c) => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        c => c,
    });
    Cow::Owned(narrowed.collect())
}

fn wide_word(c: char) -> bool {
    matches!(c, '\u{FF10}'..='\u{FF19}' | '\u{FF21}'..='\u{FF3A}' | '\u{FF41}'..='\u{FF5A}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(name: &str, values: &[&str]) -> ColumnReport {
        let scanner = Scanner::new();
        let mut scan = ColumnScan::new(&scanner, &[name]);
        for value in values {
            scan.observe(value);
        }
        scan.finish()
    }

    fn recognised(name: &str, values: &[&str]) -> Vec<Kind> {
        report(name, values).recognised().map(|kind| kind.kind).collect()
    }

    #[test]
    fn a_column_is_known_by_its_values() {
        let ids =
            ["11010519491231002X", "440524188001010014", "", "１１０１０５１９４９１２３１００２Ｘ", "不详"];
        assert_eq!(recognised("c1", &ids), [Kind::ResidentId]);
        let report = report("c1", &ids);
        assert_eq!((report.values, report.kinds[0].matching, report.kinds[0].checked), (4, 3, 3));
        assert!(report.kinds[0].examples.iter().all(|example| !example.contains("1949")));
    }

    #[test]
    fn a_name_needs_its_column_or_almost_every_value() {
        assert_eq!(recognised("法定代表人", &["张三", "李小四", "某公司"]), [Kind::PersonName]);
        assert_eq!(recognised("word", &["张三", "钢材", "木材", "水泥", "玻璃"]), []);
        assert_eq!(recognised("city", &["金华市", "温州市", "余杭区", "宁波市"]), []);
    }

    #[test]
    fn numbers_inside_texts_are_found_and_a_wrong_check_digit_is_not() {
        let texts = ["请联系张三，身份证11010519491231002X", "无", "无", "无"];
        assert!(recognised("note", &texts).contains(&Kind::ResidentId));
        assert_eq!(
            recognised("note", &["编号110105194912310021", "110105194912310022", "110105194912310023"]),
            []
        );
        let cards =
            ["6212345678900000001", "6212345678900000002", "6212345678900000003", "6212345678900000004"];
        assert_eq!(recognised("order_no", &cards), []);
    }
}
