//! Dates in the spellings registers use.

use chrono::NaiveDate;

/// The text is neither a date nor one of the ways to say "none".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a date")]
pub struct DateError(String);

/// Earliest and latest year taken for real; outside, a date is a typing error.
const YEARS: std::ops::RangeInclusive<i32> = 1800..=2200;

/// Parse `2004-02-29`, `2004/2/29`, `2004.2.29`, `20040229`, `2004年2月29日`, `2004-02-29 00:00:00`,
/// `2004-02-29T00:00:00Z` and Excel day numbers (`38046`, five digits). Empty, `N/A`, `-`, `无` mean none.
pub fn parse(text: &str) -> Result<Option<NaiveDate>, DateError> {
    let text = text.trim();
    if is_none(text) {
        return Ok(None);
    }
    let refuse = || DateError(text.chars().take(40).collect());
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return match text.len() {
            8 => compact(text).map(Some).ok_or_else(refuse),
            5 => excel_day(text).map(Some).ok_or_else(refuse),
            _ => Err(refuse()),
        };
    }
    separated(text).map(Some).ok_or_else(refuse)
}

/// Whether a cell says "no value" in one of the registers' ways.
#[must_use]
pub fn is_none(text: &str) -> bool {
    matches!(text, "" | "N/A" | "n/a" | "NA" | "null" | "NULL" | "None" | "-" | "--" | "—" | "无" | "\\N")
}

fn checked(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    YEARS.contains(&year).then(|| NaiveDate::from_ymd_opt(year, month, day)).flatten()
}

fn compact(text: &str) -> Option<NaiveDate> {
    checked(text.get(..4)?.parse().ok()?, text.get(4..6)?.parse().ok()?, text.get(6..)?.parse().ok()?)
}

/// Day 1 is 1900-01-01 and the sheet believes in 1900-02-29, so the epoch is 1899-12-30 for every later day.
fn excel_day(text: &str) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(chrono::Days::new(text.parse().ok()?))
}

fn separated(text: &str) -> Option<NaiveDate> {
    let (year, rest) = number(text)?;
    let rest = rest.trim_start().strip_prefix(['-', '/', '.', '年'])?.trim_start();
    let (month, rest) = number(rest)?;
    let rest = rest.trim_start().strip_prefix(['-', '/', '.', '月'])?.trim_start();
    let (day, rest) = number(rest)?;
    let rest = rest.strip_prefix('日').unwrap_or(rest).trim_start();
    let time_follows = rest.is_empty()
        || rest
            .strip_prefix('T')
            .unwrap_or(rest)
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b':' | b'.' | b'Z' | b'+' | b'-'));
    if !time_follows {
        return None;
    }
    checked(i32::try_from(year).ok()?, month, day)
}

fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    Some((text.get(..end)?.parse().ok()?, text.get(end..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_one_day_is_that_day() {
        let day = NaiveDate::from_ymd_opt(2004, 2, 29);
        for text in [
            "2004-02-29",
            "2004/2/29",
            "2004.2.29",
            "20040229",
            "2004年2月29日",
            "2004-02-29 00:00:00",
            "2004-02-29T08:00:00Z",
            " 2004-2-29 ",
            "38046",
        ] {
            assert_eq!(parse(text), Ok(day), "{text}");
        }
    }

    #[test]
    fn none_is_none_and_nonsense_is_refused() {
        for text in ["", " ", "N/A", "-", "无"] {
            assert_eq!(parse(text), Ok(None), "{text}");
        }
        for text in [
            "2004-02-30",
            "2003-02-29",
            "29.2.2004x",
            "杭州",
            "0204-01-01",
            "123456",
            "2004-01",
            "2004-01-01 杭州",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
