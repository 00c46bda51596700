//! Rules of a column, prepared for many values.

use super::reason::Reason;
use crate::mapping::{Bound, ColumnType, Rules};
use brain_kernel::{capital, date, region::RegionCode, uscc};
use regex::Regex;

/// A column's rules with patterns compiled and bounds as numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Checks {
    pub(crate) uscc: bool,
    region: bool,
    min: Option<(f64, String)>,
    max: Option<(f64, String)>,
    min_length: Option<usize>,
    max_length: Option<usize>,
    pattern: Option<Regex>,
    one_of: Vec<String>,
    pub(crate) no_mojibake: bool,
}

/// A text that passed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    AsIs,
    /// The normal form to store instead.
    Normal(String),
}

impl Checks {
    /// Prepare rules that the mapping's own check accepted.
    pub(crate) fn of(rules: &Rules) -> Self {
        let bound = |b: &Option<Bound>| b.as_ref().and_then(|b| Some((b.value()?, b.to_string())));
        Self {
            uscc: rules.uscc,
            region: rules.region,
            min: bound(&rules.min),
            max: bound(&rules.max),
            min_length: rules.min_length,
            max_length: rules.max_length,
            pattern: rules.pattern.as_deref().and_then(|p| Regex::new(p).ok()),
            one_of: rules.one_of.clone(),
            no_mojibake: rules.no_mojibake,
        }
    }

    /// Check a text value.
    pub(crate) fn text(&self, text: &str) -> Result<Passed, Reason> {
        if self.no_mojibake && is_mojibake(text) {
            return Err(Reason::mojibake());
        }
        if self.uscc {
            return match uscc::check(text) {
                Ok(()) => Ok(Passed::AsIs),
                Err(_) => {
                    uscc::Uscc::parse(text).map(|code| Passed::Normal(code.into())).map_err(Reason::of_uscc)
                }
            };
        }
        if self.region && RegionCode::parse(text).is_err() {
            return Err(Reason::new("region", "不是行政区划代码", "Not a region code"));
        }
        self.length(text)?;
        if self.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(text)) {
            let pattern = self.pattern.as_ref().map(Regex::as_str).unwrap_or_default();
            return Err(Reason::new(
                "pattern",
                format!("不符合格式 {pattern}"),
                format!("Does not match {pattern}"),
            ));
        }
        if !self.one_of.is_empty() && !self.one_of.iter().any(|allowed| allowed == text) {
            let allowed = self.one_of.join("/");
            return Err(Reason::new(
                "one_of",
                format!("只允许 {allowed}"),
                format!("Only {allowed} are allowed"),
            ));
        }
        Ok(Passed::AsIs)
    }

    fn length(&self, text: &str) -> Result<(), Reason> {
        // Bytes bound characters from both sides: counting is needed only in between.
        if let Some(most) = self.max_length
            && text.len() > most
        {
            let count = text.chars().count();
            if count > most {
                return Err(Reason::new(
                    "max_length",
                    format!("最多 {most} 个字符，实有 {count} 个"),
                    format!("At most {most} characters, this has {count}"),
                ));
            }
        }
        if let Some(least) = self.min_length
            && text.len() < least * 4
        {
            let count = text.chars().count();
            if count < least {
                return Err(Reason::new(
                    "min_length",
                    format!("至少 {least} 个字符，实有 {count} 个"),
                    format!("At least {least} characters, this has {count}"),
                ));
            }
        }
        Ok(())
    }

    /// Check a number, or a day as days since 1970-01-01.
    pub(crate) fn number(&self, value: f64) -> Result<(), Reason> {
        if let Some((min, written)) = &self.min
            && value < *min
        {
            return Err(Reason::new("min", format!("小于 {written}"), format!("Less than {written}")));
        }
        if let Some((max, written)) = &self.max
            && value > *max
        {
            return Err(Reason::new("max", format!("大于 {written}"), format!("More than {written}")));
        }
        Ok(())
    }

    /// Whether a value of `kind` is so particular that finding it in another column means the columns are shifted.
    pub(crate) fn is_particular(&self, kind: ColumnType) -> bool {
        self.uscc || kind == ColumnType::Date
    }

    /// Whether `text` would be a right value of `kind`.
    pub(crate) fn accepts(&self, kind: ColumnType, text: &str) -> bool {
        match kind {
            ColumnType::Text => self.text(text).is_ok(),
            ColumnType::Date => matches!(day(text), Some(Some(days)) if self.number(f64::from(days)).is_ok()),
            ColumnType::Integer => integer(text).is_some(),
            ColumnType::Float => float(text).is_some(),
            ColumnType::Boolean => boolean(text).is_some(),
            ColumnType::Money => money(text).is_some(),
        }
    }
}

/// U+FFFD is what a decoder leaves of bytes it cannot read; characters from U+40000 on are unassigned or private and
/// come from reading GB bytes as UTF-8. The private area U+E000–U+F8FF stays allowed: GB encodings keep rare
/// characters of place names there.
pub(crate) fn is_mojibake(text: &str) -> bool {
    may_be_mojibake(text.as_bytes()) && text.chars().any(|c| c == '\u{FFFD}' || c >= '\u{40000}')
}

/// Whether some text may be [`is_mojibake`]; looks at bytes only.
pub(crate) fn may_be_mojibake(bytes: &[u8]) -> bool {
    // In UTF-8 the bytes F1..F4 only start characters from U+40000 on.
    memchr::memchr3(0xF1, 0xF2, 0xF3, bytes).is_some()
        || memchr::memchr(0xF4, bytes).is_some()
        || memchr::memmem::find(bytes, "\u{FFFD}".as_bytes()).is_some()
}

/// A whole number; `1,234` and `12.0` count, `1.5` does not.
pub(crate) fn integer(text: &str) -> Option<i64> {
    if let Ok(whole) = text.parse() {
        return Some(whole);
    }
    let number = float(text)?;
    // Beyond 2^53 a float no longer tells neighbouring integers apart.
    (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).then_some(number as i64)
}

/// A finite number, with thousands separators or a per cent sign allowed.
pub(crate) fn float(text: &str) -> Option<f64> {
    let finite = |number: f64| number.is_finite().then_some(number);
    if let Ok(number) = text.parse::<f64>() {
        return finite(number);
    }
    let (digits, scale) = match text.strip_suffix(['%', '％']) {
        Some(rest) => (rest, 0.01),
        None => (text, 1.0),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return None;
    }
    let plain: String = digits.chars().filter(|c| !matches!(c, ',' | '，' | ' ')).collect();
    plain.parse::<f64>().ok().and_then(|number| finite(number * scale))
}

/// 是/否 in the spellings tables use.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" | "1" | "是" | "Y" | "y" | "yes" | "Yes" | "YES" | "t" | "T" => Some(true),
        "false" | "False" | "FALSE" | "0" | "否" | "N" | "n" | "no" | "No" | "NO" | "f" | "F" => Some(false),
        _ => None,
    }
}

/// Days since 1970-01-01; `Some(None)` where the text says "no date".
#[expect(clippy::option_option, reason = "wrong, absent and present are three outcomes")]
pub(crate) fn day(text: &str) -> Option<Option<i32>> {
    date::parse(text).ok().map(|day| day.map(crate::mapping::days))
}

/// Yuan; `Some(None)` where the text says "no amount".
#[expect(clippy::option_option, reason = "wrong, absent and present are three outcomes")]
pub(crate) fn money(text: &str) -> Option<Option<f64>> {
    if let Some(plain) = float(text) {
        return Some(Some(plain));
    }
    match capital::parse(text) {
        Ok(None) => Some(None),
        Ok(Some(capital)) => Some(Some(capital.cny())),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_in_the_spellings_tables_use() {
        assert_eq!(integer("1,234"), Some(1234));
        assert_eq!(integer("12.0"), Some(12));
        assert_eq!(integer("12.5"), None);
        assert_eq!(integer("十二"), None);
        assert_eq!(float("-943.4"), Some(-943.4));
        assert_eq!(float("12.5%"), Some(0.125));
        assert_eq!(float("nan"), None);
        assert_eq!(float("inf"), None);
        assert_eq!(money("1,500(万元人民币)"), Some(Some(15_000_000.0)));
        assert_eq!(money("很多"), None);
    }

    #[test]
    fn a_credit_code_is_stored_in_its_normal_form() {
        let checks = Checks { uscc: true, ..Checks::default() };
        assert_eq!(checks.text("91330681716195421C"), Ok(Passed::AsIs));
        assert_eq!(checks.text("91330681716195421c"), Ok(Passed::Normal("91330681716195421C".to_owned())));
        assert_eq!(checks.text("330302101238912").unwrap_err().code, "uscc_old_number");
        assert_eq!(checks.text("91330681716195421D").unwrap_err().code, "uscc_check_digit");
    }

    #[test]
    fn mojibake_is_what_decoders_leave_and_not_a_rare_character() {
        assert!(is_mojibake("\u{FFFD}㽭ʡ"));
        assert!(is_mojibake("ҵ\u{63a3e}徭Ӫ"));
        assert!(!is_mojibake("浙江省长兴县倪家埭\u{e014}"));
        assert!(!is_mojibake("𠮷野家")); // U+20BB7
    }
}
