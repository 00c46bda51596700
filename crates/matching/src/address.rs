//! Addresses (地址), Chinese and Latin, taken apart as far as comparing needs: region, road or village, number, rest.

use crate::company::region;
use crate::text::fold::{fold, has_han};
use brain_kernel::region::RegionCode;

/// The parts of an address. Texts are folded; empty where missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// Region in front.
    pub region: Option<RegionCode>,
    /// Everything behind the region, letters and digits only: equal for two spellings of one address.
    pub rest: String,
    /// Town, township or sub-district (镇、乡、街道).
    pub town: String,
    /// Road, lane, village or estate (路、街、巷、村、小区 …); of a Latin address the words of the street.
    pub road: String,
    /// House number with its letter (`16`, `205-3`).
    pub number: String,
}

/// Endings of what a Chinese address calls its road or place, longest first.
const ROADS: [&str; 24] = [
    "工业园区",
    "开发区",
    "工业园",
    "工业区",
    "科技园",
    "产业园",
    "大道",
    "公路",
    "大街",
    "弄堂",
    "胡同",
    "社区",
    "小区",
    "花园",
    "广场",
    "新村",
    "行政村",
    "路",
    "街",
    "巷",
    "弄",
    "里",
    "村",
    "园",
];
const TOWNS: [&str; 5] = ["街道办事处", "街道", "镇", "乡", "苏木"];
/// Latin words and their short forms, so that `St` is `street`.
const LATIN: [(&str, &str); 26] = [
    ("st", "street"),
    ("str", "street"),
    ("rd", "road"),
    ("ave", "avenue"),
    ("av", "avenue"),
    ("blvd", "boulevard"),
    ("dr", "drive"),
    ("ln", "lane"),
    ("ct", "court"),
    ("crt", "court"),
    ("pl", "place"),
    ("sq", "square"),
    ("cres", "crescent"),
    ("cct", "circuit"),
    ("cr", "crescent"),
    ("tce", "terrace"),
    ("hwy", "highway"),
    ("pde", "parade"),
    ("cl", "close"),
    ("gr", "grove"),
    ("bldg", "building"),
    ("fl", "floor"),
    ("apt", "apartment"),
    ("n", "north"),
    ("s", "south"),
    ("no", ""),
];

/// Take an address apart. Never fails.
#[must_use]
pub fn parse(text: &str) -> Address {
    let folded = fold(text);
    if has_han(&folded) { chinese(&folded) } else { latin(&folded) }
}

fn chinese(text: &str) -> Address {
    let found = region::prefix(text);
    let mut at = found.map_or(0, |f| f.bytes);
    // `浙江省杭州市浙江省杭州市…`: forms that join three boxes repeat themselves.
    while let Some(again) = text.get(at..).and_then(region::prefix) {
        if again.bare || again.code.is_none() {
            break;
        }
        at += again.bytes;
    }
    let rest = text.get(at..).unwrap_or_default();
    let (town, behind) = cut(rest, &TOWNS, 6).unwrap_or(("", rest));
    let (road, behind) = cut(behind, &ROADS, 10).unwrap_or(("", behind));
    Address {
        region: found.and_then(|f| f.code),
        rest: letters(rest),
        town: letters(town),
        road: letters(road),
        number: number(behind),
    }
}

/// The text up to and with the first of `endings` that ends at least two and at most `most` characters.
fn cut<'a>(text: &'a str, endings: &[&str], most: usize) -> Option<(&'a str, &'a str)> {
    let mut best: Option<(usize, usize)> = None;
    for ending in endings {
        let Some(at) = text.match_indices(ending).map(|(at, _)| at).find(|at| *at > 0) else {
            continue;
        };
        let end = at + ending.len();
        let long = text.get(..at).unwrap_or_default().chars().count();
        let earlier = best.is_none_or(|(start, stop)| at < start || (at == start && end > stop));
        if long < most && earlier {
            best = Some((at, end));
        }
    }
    best.map(|(_, end)| text.split_at(end))
}

/// The first number: digits, then `-` and letters as in `205-3` or `13a`.
fn number(text: &str) -> String {
    let start = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let found: String = text
        .get(start..)
        .unwrap_or_default()
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    found.trim_matches('-').to_owned()
}

fn latin(text: &str) -> Address {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|w| !w.is_empty()).collect();
    let long: Vec<&str> = words
        .iter()
        .map(|word| LATIN.iter().find(|(short, _)| short == word).map_or(*word, |(_, long)| *long))
        .collect();
    let is_number = |word: &&&str| word.starts_with(|c: char| c.is_ascii_digit());
    let street: Vec<&str> = long.iter().filter(|word| !is_number(word)).copied().collect();
    Address {
        region: None,
        rest: letters(&long.concat()),
        town: String::new(),
        road: street.join(" ").trim().to_owned(),
        number: long.iter().find(is_number).map(|word| (*word).to_owned()).unwrap_or_default(),
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_are_told_apart() {
        let a = parse("浙江省杭州市西湖区文三路252号伟星大厦13A");
        assert_eq!(
            (a.region.map(|r| r.to_string()).as_deref(), a.road.as_str(), a.number.as_str()),
            (Some("330106"), "文三路", "252")
        );
        let b = parse("瑞安市锦湖街道沿江西路163号");
        assert_eq!((b.town.as_str(), b.road.as_str(), b.number.as_str()), ("锦湖街道", "沿江西路", "163"));
        let c = parse("嘉善县惠民街道之江路105号1号车间");
        assert_eq!((c.road.as_str(), c.number.as_str()), ("之江路", "105"));
        let d = parse("44 Forbes St, Apt 2");
        assert_eq!(
            (d.road.as_str(), d.number.as_str(), d.rest.as_str()),
            ("forbes street apartment", "44", "44forbesstreetapartment2")
        );
        assert_eq!(parse(""), Address::default());
    }

    #[test]
    fn two_spellings_of_one_address_share_the_rest() {
        let a = parse("浙江省杭州市西湖区文三路 ２５２ 号");
        let b = parse("杭州西湖区文三路252号");
        assert_eq!(a.rest, b.rest);
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }
    }
}
