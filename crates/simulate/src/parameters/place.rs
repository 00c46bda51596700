//! Counties of a province and how many enterprises register in each.

use crate::dice::{Dice, cumulative};
use crate::error::{Error, Result};
use brain_kernel::region::{RegionCode, RegionLevel};

const TABLE: &str = include_str!("../../parameters/places.tsv");

/// Divisions of the code book that are no places.
const SHELVES: [&str; 4] = ["市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"];

/// A county with the city above it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) code: RegionCode,
    pub(crate) county: &'static str,
    /// Name of the city; that of the province where the county stands under it directly.
    pub(crate) city: &'static str,
    /// Position of the city among the cities of the province.
    pub(crate) city_at: u8,
}

/// The counties of one province.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) province: &'static str,
    pub(crate) places: Vec<Place>,
    pub(crate) cities: u8,
    weights: Vec<u32>,
    /// Provinces enterprises move to.
    pub(crate) elsewhere: Vec<(RegionCode, &'static str)>,
}

impl Places {
    /// The counties of a province.
    pub(crate) fn of(province: RegionCode) -> Result<Self> {
        let (mut name, mut weights) = ("", Vec::new());
        let mut cities: Vec<(RegionCode, &'static str)> = Vec::new();
        let mut places: Vec<Place> = Vec::new();
        let mut elsewhere = Vec::new();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let (code, called, weight) = row(line)?;
            match code.level() {
                RegionLevel::Province if code == province => name = called,
                RegionLevel::Province => elsewhere.push((code, called)),
                _ if !province.contains(&code) => {}
                RegionLevel::City => {
                    let shelf = SHELVES.contains(&called);
                    cities.push((code, if shelf { name } else { called }));
                }
                RegionLevel::County => {
                    let at = cities.iter().position(|(city, _)| city.contains(&code));
                    let (at, city) = at.map_or((0, name), |at| (at, cities.get(at).map_or(name, |c| c.1)));
                    if !SHELVES.contains(&called) {
                        places.push(Place { code, county: called, city, city_at: at as u8 });
                        weights.push(weight);
                    }
                }
            }
        }
        if places.is_empty() {
            return Err(Error::option(
                "province",
                format!("没有 {province} 的县级区划；台湾、香港、澳门不能模拟"),
                format!(
                    "no counties of {province} are known; Taiwan, Hong Kong and Macau cannot be simulated"
                ),
            ));
        }
        let cities = cities.len().max(1) as u8;
        Ok(Self { province: name, places, cities, weights: cumulative(weights), elsewhere })
    }

    /// A county by the register's weights.
    pub(crate) fn draw(&self, dice: &mut Dice) -> usize {
        dice.weighted(&self.weights)
    }

    /// Share of enterprises in each city by the weights.
    #[cfg(test)]
    pub(crate) fn city_shares(&self) -> Vec<f64> {
        let mut shares = vec![0.0; usize::from(self.cities)];
        let total = f64::from(self.weights.last().copied().unwrap_or(1));
        let mut before = 0;
        for (place, sum) in self.places.iter().zip(&self.weights) {
            shares[usize::from(place.city_at)] += f64::from(sum - before) / total;
            before = *sum;
        }
        shares
    }
}

fn row(line: &'static str) -> Result<(RegionCode, &'static str, u32)> {
    let damaged = || Error::Internal(format!("places.tsv: {line}"));
    let mut cells = line.split('\t');
    let (Some(code), Some(name), Some(weight)) = (cells.next(), cells.next(), cells.next()) else {
        return Err(damaged());
    };
    let code = RegionCode::parse(code).map_err(|_| damaged())?;
    Ok((code, name, weight.parse().map_err(|_| damaged())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str) -> Result<Places> {
        Places::of(RegionCode::parse(code).unwrap())
    }

    #[test]
    fn a_province_has_its_counties_and_cities() {
        let zhejiang = of("330000").unwrap();
        assert_eq!((zhejiang.province, zhejiang.places.len(), zhejiang.cities), ("浙江省", 90, 11));
        let west_lake = zhejiang.places.iter().find(|place| place.code.as_str() == "330106").unwrap();
        assert_eq!((west_lake.county, west_lake.city), ("西湖区", "杭州市"));
        assert_eq!(zhejiang.elsewhere.len(), 30);
    }

    #[test]
    fn a_municipality_is_its_own_city_and_what_is_unknown_is_refused() {
        let shanghai = of("310000").unwrap();
        assert!(shanghai.places.iter().all(|place| place.city == "上海市"));
        assert!(matches!(of("710000"), Err(Error::Option { option: "province", .. })));
    }

    #[test]
    fn every_province_of_the_table_can_be_simulated() {
        for line in TABLE.lines().filter(|line| line.get(2..6) == Some("0000")) {
            assert!(!of(&line[..6]).unwrap().places.is_empty(), "{line}");
        }
    }
}
