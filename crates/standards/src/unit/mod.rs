//! Units of measurement (计量单位) with exact factors, energy in standard coal (标准煤), and currencies.
//!
//! Sources: GB 3100-1993 and GB 3101-1993 for units; GB/T 2589-2020, annex A, for what energy carriers are in standard
//! coal; ISO 4217 for currencies.

mod coal;
mod currency;

pub use coal::{CARRIERS, Carrier, standard_coal_kg};
pub use currency::currencies;

use crate::error::{Result, StandardsError};
use crate::list::{Code, CodeList, Heading};
use brain_kernel::language::Text;

/// What a unit measures; units of one quantity convert into each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantity {
    /// 质量
    Mass,
    /// 长度
    Length,
    /// 面积
    Area,
    /// 体积
    Volume,
    /// 能量
    Energy,
    /// 功率
    Power,
    /// 时间
    Time,
    /// 金额（人民币）: amounts in yuan; other currencies need a rate and a day.
    Yuan,
    /// 件数
    Count,
    /// 比率
    Ratio,
}

impl Quantity {
    /// Id of the quantity in the list of units, where it stands above its units; Chinese and English name.
    const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Mass => ("mass", "质量", "Mass"),
            Self::Length => ("length", "长度", "Length"),
            Self::Area => ("area", "面积", "Area"),
            Self::Volume => ("volume", "体积", "Volume"),
            Self::Energy => ("energy", "能量", "Energy"),
            Self::Power => ("power", "功率", "Power"),
            Self::Time => ("time", "时间", "Time"),
            Self::Yuan => ("yuan", "金额（人民币）", "Amount in yuan"),
            Self::Count => ("count", "件数", "Count"),
            Self::Ratio => ("ratio", "比率", "Ratio"),
        }
    }
}

/// A unit: `numerator / denominator` of the base unit of its quantity, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// Symbol, as GB 3100 writes it; its code in the list.
    pub symbol: &'static str,
    /// Chinese name, under which it is found too.
    pub zh: &'static str,
    /// English name.
    pub en: &'static str,
    /// What it measures.
    pub quantity: Quantity,
    /// Numerator of the factor.
    pub numerator: u64,
    /// Denominator of the factor.
    pub denominator: u64,
}

const fn unit(
    symbol: &'static str,
    zh: &'static str,
    en: &'static str,
    quantity: Quantity,
    (numerator, denominator): (u64, u64),
) -> Unit {
    Unit { symbol, zh, en, quantity, numerator, denominator }
}

/// Every unit. Base units: kg, m, m², m³, J, W, s, 元, 件, 1.
pub const UNITS: [Unit; 46] = [
    unit("mg", "毫克", "milligram", Quantity::Mass, (1, 1_000_000)),
    unit("g", "克", "gram", Quantity::Mass, (1, 1_000)),
    unit("kg", "千克", "kilogram", Quantity::Mass, (1, 1)),
    unit("t", "吨", "tonne", Quantity::Mass, (1_000, 1)),
    unit("万t", "万吨", "ten thousand tonnes", Quantity::Mass, (10_000_000, 1)),
    unit("担", "担", "dan", Quantity::Mass, (50, 1)),
    unit("斤", "斤", "jin", Quantity::Mass, (1, 2)),
    unit("mm", "毫米", "millimetre", Quantity::Length, (1, 1_000)),
    unit("cm", "厘米", "centimetre", Quantity::Length, (1, 100)),
    unit("m", "米", "metre", Quantity::Length, (1, 1)),
    unit("km", "千米", "kilometre", Quantity::Length, (1_000, 1)),
    unit("m2", "平方米", "square metre", Quantity::Area, (1, 1)),
    unit("万m2", "万平方米", "ten thousand square metres", Quantity::Area, (10_000, 1)),
    unit("亩", "亩", "mu", Quantity::Area, (2_000, 3)),
    unit("hm2", "公顷", "hectare", Quantity::Area, (10_000, 1)),
    unit("km2", "平方千米", "square kilometre", Quantity::Area, (1_000_000, 1)),
    unit("mL", "毫升", "millilitre", Quantity::Volume, (1, 1_000_000)),
    unit("L", "升", "litre", Quantity::Volume, (1, 1_000)),
    unit("m3", "立方米", "cubic metre", Quantity::Volume, (1, 1)),
    unit("万m3", "万立方米", "ten thousand cubic metres", Quantity::Volume, (10_000, 1)),
    unit("J", "焦耳", "joule", Quantity::Energy, (1, 1)),
    unit("kJ", "千焦", "kilojoule", Quantity::Energy, (1_000, 1)),
    unit("MJ", "兆焦", "megajoule", Quantity::Energy, (1_000_000, 1)),
    unit("GJ", "吉焦", "gigajoule", Quantity::Energy, (1_000_000_000, 1)),
    unit("kWh", "千瓦时", "kilowatt hour", Quantity::Energy, (3_600_000, 1)),
    unit("MWh", "兆瓦时", "megawatt hour", Quantity::Energy, (3_600_000_000, 1)),
    unit("万kWh", "万千瓦时", "ten thousand kilowatt hours", Quantity::Energy, (36_000_000_000, 1)),
    unit("kgce", "千克标准煤", "kilogram of coal equivalent", Quantity::Energy, (coal::KGCE_JOULES, 1)),
    unit("tce", "吨标准煤", "tonne of coal equivalent", Quantity::Energy, (1_000 * coal::KGCE_JOULES, 1)),
    unit("W", "瓦", "watt", Quantity::Power, (1, 1)),
    unit("kW", "千瓦", "kilowatt", Quantity::Power, (1_000, 1)),
    unit("MW", "兆瓦", "megawatt", Quantity::Power, (1_000_000, 1)),
    unit("万kW", "万千瓦", "ten thousand kilowatts", Quantity::Power, (10_000_000, 1)),
    unit("s", "秒", "second", Quantity::Time, (1, 1)),
    unit("min", "分钟", "minute", Quantity::Time, (60, 1)),
    unit("h", "小时", "hour", Quantity::Time, (3_600, 1)),
    unit("d", "日", "day", Quantity::Time, (86_400, 1)),
    unit("元", "元", "yuan", Quantity::Yuan, (1, 1)),
    unit("千元", "千元", "thousand yuan", Quantity::Yuan, (1_000, 1)),
    unit("万元", "万元", "ten thousand yuan", Quantity::Yuan, (10_000, 1)),
    unit("亿元", "亿元", "hundred million yuan", Quantity::Yuan, (100_000_000, 1)),
    unit("件", "件", "piece", Quantity::Count, (1, 1)),
    unit("万件", "万件", "ten thousand pieces", Quantity::Count, (10_000, 1)),
    unit("1", "一", "one", Quantity::Ratio, (1, 1)),
    unit("%", "百分之一", "per cent", Quantity::Ratio, (1, 100)),
    unit("‰", "千分之一", "per mille", Quantity::Ratio, (1, 1_000)),
];

/// A unit by its symbol or its Chinese name.
pub fn find(name: &str) -> Result<&'static Unit> {
    let name = name.trim();
    let found = UNITS.iter().find(|unit| unit.symbol == name || unit.zh == name);
    found.ok_or_else(|| StandardsError::UnknownUnit(name.chars().take(40).collect()))
}

/// An amount in another unit of the same quantity.
pub fn convert(amount: f64, from: &Unit, to: &Unit) -> Result<f64> {
    if from.quantity != to.quantity {
        return Err(StandardsError::Incommensurable {
            from: from.symbol.to_owned(),
            to: to.symbol.to_owned(),
        });
    }
    // The products of the factors stay below 2^128; the quotient is rounded once.
    let up = u128::from(from.numerator) * u128::from(to.denominator);
    let down = u128::from(from.denominator) * u128::from(to.numerator);
    let common = greatest_common_divisor(up, down);
    Ok(amount * ((up / common) as f64) / ((down / common) as f64))
}

fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The units as a code list, each under its quantity.
pub fn units() -> Result<CodeList> {
    let mut quantities: Vec<Quantity> = UNITS.iter().map(|unit| unit.quantity).collect();
    quantities.dedup();
    let above = quantities.into_iter().map(|quantity| {
        let (id, zh, en) = quantity.words();
        plain(id, None, Text::new(zh, en))
    });
    let below = UNITS.iter().map(|unit| {
        plain(unit.symbol, Some(unit.quantity.words().0.to_owned()), Text::new(unit.zh, unit.en))
    });
    let heading = Heading {
        id: "units".to_owned(),
        title: Text::new("计量单位", "Units of measurement"),
        standard: "GB 3100".to_owned(),
        edition: "1993".to_owned(),
        source: "GB 3100-1993, GB 3101-1993; GB/T 2589-2020 (kgce)".to_owned(),
    };
    CodeList::new(heading, above.chain(below).collect())
}

fn plain(code: &str, parent: Option<String>, name: Text) -> Code {
    Code { code: code.to_owned(), parent, name, valid_from: None, valid_until: None, successors: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn industry_units_convert_exactly() {
        for (amount, from, to, expected) in [
            (1.0, "万元", "元", 10_000.0),
            (3.0, "亿元", "万元", 30_000.0),
            (15.0, "亩", "公顷", 1.0),
            (1.0, "万千瓦时", "GJ", 36.0),
            (2.5, "吨", "斤", 5_000.0),
            (1.0, "tce", "kgce", 1_000.0),
            (7.0, "%", "1", 0.07),
        ] {
            let converted = convert(amount, find(from).unwrap(), find(to).unwrap()).unwrap();
            assert!((converted - expected).abs() <= expected * 1e-15, "{amount} {from} = {converted} {to}");
        }
        // GB/T 2589-2020: one kilowatt hour is 0.1229 kgce by its heat.
        let heat = convert(1.0, find("kWh").unwrap(), find("kgce").unwrap()).unwrap();
        assert!((heat - 0.1229).abs() < 0.000_1, "{heat}");
    }

    #[test]
    fn what_is_no_unit_or_another_quantity_is_refused() {
        assert_eq!(find("马力").unwrap_err(), StandardsError::UnknownUnit("马力".to_owned()));
        assert!(matches!(
            convert(1.0, find("t").unwrap(), find("kWh").unwrap()),
            Err(StandardsError::Incommensurable { .. })
        ));
    }

    #[test]
    fn units_and_currencies_are_lists_like_any_other() {
        let units = units().unwrap();
        assert_eq!(units.get("kWh").unwrap().parent.as_deref(), Some("energy"));
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 30).unwrap();
        let currencies = currencies().unwrap();
        assert!(currencies.codes().iter().filter(|code| code.holds_on(day)).count() >= 150);
        let ended = currencies.judge("BGN", day);
        assert!(
            matches!(&ended, crate::list::Verdict::Ended { successors, .. } if successors == &["EUR"]),
            "{ended:?}"
        );
    }
}
