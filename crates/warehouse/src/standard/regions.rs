//! Region codes from addresses (GB/T 2260 codes).
//!
//! Matching is by name, outside in: province, then city within it, then county within that. What the text does not
//! decide stays undecided — an address that names only a province gets the province's code, never a guess.

use brain_kernel::region::NATIONALITIES;
use rustc_hash::FxHashMap;

/// Built-in provinces and prefecture-level divisions, so that addresses resolve before any region table is loaded.
const BUILT_IN: &str = include_str!("data/regions.tsv");

/// Endings of official names, longest first; `杭州` and `杭州市` mean one place.
const ENDINGS: [&str; 12] = [
    "特别行政区",
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "自治区",
    "自治州",
    "自治县",
    "地区",
    "新区",
    "省",
    "市",
    "盟",
];
/// Endings only counties have.
const COUNTY_ENDINGS: [&str; 3] = ["区", "县", "旗"];

#[derive(Debug, Clone)]
struct Place {
    code: String,
    name: String,
    /// Name without its ending, at least two characters; equal to the name where nothing can be cut.
    stem: String,
}

/// The built-in table: `(six-digit code, official name)`.
pub(crate) fn built_in_rows() -> impl Iterator<Item = (String, String)> {
    let rows = BUILT_IN.lines().skip(1).filter_map(|line| line.split_once('\t'));
    rows.map(|(code, name)| (code.to_owned(), name.to_owned()))
}

/// Regions by name.
#[derive(Debug, Clone, Default)]
pub struct Regions {
    provinces: Vec<Place>,
    /// Prefecture-level divisions by province prefix (two digits).
    cities: FxHashMap<String, Vec<Place>>,
    /// Counties by province prefix.
    counties: FxHashMap<String, Vec<Place>>,
}

impl Regions {
    /// Provinces and prefecture-level divisions only.
    #[must_use]
    pub fn built_in() -> Self {
        Self::new(built_in_rows())
    }

    /// From `(six-digit code, official name)` of every level; rows of another form are passed over.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut regions = Self::default();
        for (code, name) in rows {
            if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
                continue;
            }
            let county = !code.ends_with("00");
            // `市辖区` and its like are shelves of the code book, not places.
            if name.contains("市辖区") || name == "县" || name.contains("直辖县级") {
                continue;
            }
            let place = Place { stem: stem(&name, county), name, code };
            let province = place.code.get(..2).unwrap_or_default().to_owned();
            if place.code.ends_with("0000") {
                regions.provinces.push(place);
            } else if county {
                regions.counties.entry(province).or_default().push(place);
            } else {
                regions.cities.entry(province).or_default().push(place);
            }
        }
        regions
    }

    /// How many places are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.provinces.len()
            + self.cities.values().map(Vec::len).sum::<usize>()
            + self.counties.values().map(Vec::len).sum::<usize>()
    }

    /// Whether no place is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The deepest region that address, province and city columns name together; `None` where they name none.
    #[must_use]
    pub fn find(&self, address: &str, province: &str, city: &str) -> Option<&str> {
        let address = address.trim();
        let (city, province) = (city.trim(), province.trim());
        let found_province = named(&self.provinces, province).or_else(|| leading(&self.provinces, address));
        let Some(top) = found_province else { return self.city_without_province(address, city) };
        let prefix = top.code.get(..2).unwrap_or_default();
        let cities = self.cities.get(prefix).map_or(&[][..], Vec::as_slice);
        let rest = after(address, top);
        let found_city = named(cities, city).or_else(|| leading(cities, rest));
        self.within(prefix, found_city, rest)
            .or(found_city.map(|place| place.code.as_str()))
            .or(Some(&top.code))
    }

    fn city_without_province(&self, address: &str, city: &str) -> Option<&str> {
        let mut found = None;
        for (prefix, cities) in &self.cities {
            if let Some(place) = named(cities, city).or_else(|| leading(cities, address)) {
                if found.is_some() {
                    return None;
                }
                found = Some((prefix, place));
            }
        }
        let (prefix, place) = found?;
        self.within(prefix, Some(place), address).or(Some(&place.code))
    }

    /// The county the address names, within the city where one is known.
    fn within(&self, province: &str, city: Option<&Place>, address: &str) -> Option<&str> {
        let counties = self.counties.get(province)?;
        let rest = city.map_or(address, |city| after(address, city));
        let in_city = |place: &&Place| city.is_none_or(|city| place.code.get(..4) == city.code.get(..4));
        let first = |with_city: bool| {
            counties
                .iter()
                .filter(|place| !with_city || in_city(place))
                .filter_map(|place| {
                    rest.find(&place.name).map(|at| (at, usize::MAX - place.name.len(), place))
                })
                .min_by_key(|(at, length, _)| (*at, *length))
                .map(|(_, _, place)| place.code.as_str())
        };
        let by_stem = || {
            counties
                .iter()
                .filter(in_city)
                .filter(|place| place.stem.chars().count() >= 2 && rest.starts_with(&place.stem))
                .max_by_key(|place| place.stem.len())
                .map(|place| place.code.as_str())
        };
        first(true).or_else(by_stem).or_else(|| if city.is_none() { first(false) } else { None })
    }
}

/// The place a column names, in full or short.
fn named<'a>(places: &'a [Place], text: &str) -> Option<&'a Place> {
    if text.is_empty() {
        return None;
    }
    places.iter().find(|place| place.name == text || place.stem == text)
}

/// The place a text begins with or, for full names, contains.
fn leading<'a>(places: &'a [Place], text: &str) -> Option<&'a Place> {
    let begins = |place: &&Place| text.starts_with(&place.name) || text.starts_with(&place.stem);
    places.iter().find(begins).or_else(|| {
        let contained = |place: &Place| text.find(&place.name);
        places
            .iter()
            .filter_map(|place| contained(place).map(|at| (at, place)))
            .min_by_key(|(at, _)| *at)
            .map(|(_, p)| p)
    })
}

/// The text behind a place's name, where the text begins with it.
fn after<'a>(text: &'a str, place: &Place) -> &'a str {
    let text = text.strip_prefix("中国").unwrap_or(text);
    match text.find(&place.name) {
        Some(at) => text.get(at + place.name.len()..).unwrap_or_default(),
        None => text.strip_prefix(place.stem.as_str()).unwrap_or(text),
    }
}

fn stem(name: &str, county: bool) -> String {
    let mut short = name;
    for ending in ENDINGS.iter().chain(if county { COUNTY_ENDINGS.as_slice() } else { &[] }) {
        if let Some(rest) = short.strip_suffix(ending) {
            short = rest;
            break;
        }
    }
    while let Some(rest) = NATIONALITIES.iter().find_map(|people| short.strip_suffix(people)) {
        if rest.chars().count() < 2 {
            break;
        }
        short = rest;
    }
    if short.chars().count() < 2 { name.to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regions() -> Regions {
        let built_in = BUILT_IN.lines().skip(1).filter_map(|line| line.split_once('\t'));
        let counties = [
            ("330106", "西湖区"),
            ("330102", "上城区"),
            ("331083", "玉环市"),
            ("331121", "青田县"),
            ("331125", "云和县"),
            ("360103", "西湖区"),
            ("110108", "海淀区"),
            ("222401", "延吉市"),
        ];
        Regions::new(built_in.chain(counties).map(|(code, name)| (code.to_owned(), name.to_owned())))
    }

    #[track_caller]
    fn check(address: &str, province: &str, city: &str, code: Option<&str>) {
        assert_eq!(regions().find(address, province, city), code, "{address}|{province}|{city}");
    }

    #[test]
    fn an_address_resolves_as_deep_as_it_says() {
        check("浙江省丽水市云和县凤凰山街道中山路162号", "浙江", "丽水", Some("331125"));
        check("玉环市玉城街道下陡门", "浙江", "台州", Some("331083"));
        check("杭州市西湖区文三路", "", "", Some("330106"));
        check("浙江杭州西湖区", "", "", Some("330106"));
        check("北京市海淀区中关村", "北京", "北京", Some("110108"));
        check("延吉市新兴街", "吉林", "延边", Some("222401"));
        check("某镇某村", "浙江", "丽水", Some("331100"));
        check("某镇某村", "浙江", "", Some("330000"));
        check("", "深圳", "", None);
        check("", "", "深圳", Some("440300"));
        check("某镇某村", "", "", None);
    }

    #[test]
    fn the_built_in_table_knows_every_province_and_city() {
        let built_in = Regions::built_in();
        assert_eq!(built_in.provinces.len(), 34);
        assert!(built_in.cities.values().map(Vec::len).sum::<usize>() >= 330);
    }
}
