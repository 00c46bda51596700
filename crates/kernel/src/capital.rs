//! Registered capital (注册资本) in the dozen spellings registers use.

use crate::date::is_none;
use serde::Serialize;

/// Currencies found in Chinese registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "ISO 4217 codes say it all")]
pub enum Currency {
    Cny,
    Usd,
    Hkd,
    Jpy,
    Eur,
    Gbp,
    Aud,
    Cad,
    Chf,
    Sgd,
    Krw,
    Twd,
    Mop,
    Dem,
    Frf,
}

/// Day of the reference rates below.
pub const RATE_DATE: &str = "2024-12-31";

impl Currency {
    /// ISO 4217 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Cny => "CNY",
            Self::Usd => "USD",
            Self::Hkd => "HKD",
            Self::Jpy => "JPY",
            Self::Eur => "EUR",
            Self::Gbp => "GBP",
            Self::Aud => "AUD",
            Self::Cad => "CAD",
            Self::Chf => "CHF",
            Self::Sgd => "SGD",
            Self::Krw => "KRW",
            Self::Twd => "TWD",
            Self::Mop => "MOP",
            Self::Dem => "DEM",
            Self::Frf => "FRF",
        }
    }

    /// Yuan for one unit: rounded reference rates near [`RATE_DATE`], good for comparing sizes, not for accounting.
    ///
    /// One fixed table, because a register does not say on which day a foreign capital was paid in; every value
    /// converted with it is labelled estimated. Marks and francs go through their fixed euro parities
    /// (1.95583 and 6.55957, Council Regulation (EC) No 2866/98).
    #[must_use]
    pub const fn yuan(self) -> f64 {
        match self {
            Self::Cny => 1.0,
            Self::Usd => 7.19,
            Self::Hkd => 0.926,
            Self::Jpy => 0.0462,
            Self::Eur => 7.53,
            Self::Gbp => 9.08,
            Self::Aud => 4.51,
            Self::Cad => 5.05,
            Self::Chf => 8.00,
            Self::Sgd => 5.32,
            Self::Krw => 0.0049,
            Self::Twd => 0.222,
            Self::Mop => 0.9,
            Self::Dem => 7.53 / 1.955_83,
            Self::Frf => 7.53 / 6.559_57,
        }
    }
}

/// A parsed capital.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Capital {
    /// Amount in units of the currency (yuan, dollars), not in 万.
    pub amount: f64,
    /// Currency; 万 alone means yuan, as the register's forms do.
    pub currency: Currency,
}

impl Capital {
    /// Amount in yuan by [`Currency::yuan`].
    #[must_use]
    pub fn cny(&self) -> f64 {
        self.amount * self.currency.yuan()
    }
}

/// Why a text is no capital.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CapitalError {
    /// No number in front.
    #[error("no number in front")]
    Number,
    /// A number without 万, 亿 or a currency: it may be yuan or ten thousand yuan, so nobody can say.
    #[error("no unit: is it yuan or ten thousand yuan?")]
    UnitMissing,
    /// A unit or currency this program does not know.
    #[error("unknown unit or currency")]
    Unit,
}

/// Parse spellings such as `1,500(万元人民币)`, `800万人民币`, `416(万)`, `3.1000(万元)`, `365(万美元)`,
/// `6,000(万元(人民币))`, `14,400.5400(万元（美元）)`, `0.5000( 万人民币元)`, `2000人民币元`, `1.2亿元`.
/// Empty, `N/A` and the like are `Ok(None)`.
pub fn parse(text: &str) -> Result<Option<Capital>, CapitalError> {
    let text = text.trim();
    if is_none(text) {
        return Ok(None);
    }
    let (number, unit) = split_number(text)?;
    let (scale, currency) = parse_unit(unit)?;
    Ok(Some(Capital { amount: number * scale, currency }))
}

fn split_number(text: &str) -> Result<(f64, &str), CapitalError> {
    let end = text.bytes().take_while(|b| matches!(b, b'0'..=b'9' | b',' | b'.')).count();
    let (head, unit) = text.split_at(end);
    let plain: String;
    let digits = if head.contains(',') {
        plain = head.replace(',', "");
        &plain
    } else {
        head
    };
    let number: f64 = digits.parse().map_err(|_| CapitalError::Number)?;
    Ok((number, unit))
}

/// Scale and currency of what follows the number. Brackets and spaces carry nothing.
fn parse_unit(unit: &str) -> Result<(f64, Currency), CapitalError> {
    let mut rest = unit.trim_start_matches(is_filler);
    let mut scale = 1.0;
    let mut scaled = false;
    for (word, factor) in [("亿", 1e8), ("万", 1e4), ("千", 1e3)] {
        if let Some(after) = rest.strip_prefix(word) {
            rest = after;
            scale *= factor;
            scaled = true;
        }
    }
    let rest = rest.trim_matches(is_filler);
    if rest.is_empty() {
        return if scaled { Ok((scale, Currency::Cny)) } else { Err(CapitalError::UnitMissing) };
    }
    currency(rest).map(|found| (scale, found)).ok_or(CapitalError::Unit)
}

fn is_filler(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '（' | '）' | '*')
}

/// Currency by what is left of a unit once scale and brackets are gone: `元人民币`, `人民币元`, `元(港币`, `美元`.
fn currency(word: &str) -> Option<Currency> {
    const NAMES: [(&str, Currency); 25] = [
        ("人民币", Currency::Cny),
        ("RMB", Currency::Cny),
        ("CNY", Currency::Cny),
        ("美元", Currency::Usd),
        ("美金", Currency::Usd),
        ("USD", Currency::Usd),
        ("香港元", Currency::Hkd),
        ("港元", Currency::Hkd),
        ("港币", Currency::Hkd),
        ("日元", Currency::Jpy),
        ("日圆", Currency::Jpy),
        ("欧元", Currency::Eur),
        ("欧洲货币", Currency::Eur),
        ("英镑", Currency::Gbp),
        ("澳大利亚元", Currency::Aud),
        ("澳元", Currency::Aud),
        ("加拿大元", Currency::Cad),
        ("加元", Currency::Cad),
        ("瑞士法郎", Currency::Chf),
        ("新加坡元", Currency::Sgd),
        ("韩元", Currency::Krw),
        ("台湾元", Currency::Twd),
        ("澳门元", Currency::Mop),
        ("德国马克", Currency::Dem),
        ("法国法郎", Currency::Frf),
    ];
    let bare = word.strip_prefix('元').unwrap_or(word).trim_matches(is_filler);
    if bare.is_empty() {
        return Some(Currency::Cny);
    }
    NAMES.iter().find_map(|(name, found)| {
        let after = bare.strip_prefix(name)?;
        matches!(after.trim_matches(is_filler), "" | "元").then_some(*found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, amount: f64, currency: Currency) {
        let parsed = parse(text).unwrap().unwrap();
        assert!((parsed.amount - amount).abs() <= amount * 1e-12, "{text}: {}", parsed.amount);
        assert_eq!(parsed.currency, currency, "{text}");
    }

    #[test]
    fn every_spelling_in_the_registers_is_read() {
        check("1,500(万元人民币)", 15e6, Currency::Cny);
        check("800万人民币", 8e6, Currency::Cny);
        check("416(万)", 4.16e6, Currency::Cny);
        check("3.1000(万元)", 31_000.0, Currency::Cny);
        check("0.5000( 万人民币元)", 5_000.0, Currency::Cny);
        check("318.3730(万人民币 )", 3_183_730.0, Currency::Cny);
        check("6,000(万元(人民币))", 60e6, Currency::Cny);
        check("50（万元）", 500_000.0, Currency::Cny);
        check("223234.940000万", 2_232_349_400.0, Currency::Cny);
        check("2000人民币元", 2000.0, Currency::Cny);
        check("20元人民币", 20.0, Currency::Cny);
        check("1.2亿元", 1.2e8, Currency::Cny);
        check("365(万美元)", 3.65e6, Currency::Usd);
        check("6(万元美元)", 6e4, Currency::Usd);
        check("14,400.5400(万元（美元）)", 144_005_400.0, Currency::Usd);
        check("200((万美元))", 2e6, Currency::Usd);
        check("4,000(万香港元)", 4e7, Currency::Hkd);
        check("10万港币", 1e5, Currency::Hkd);
        check("16,500(万日元)", 1.65e8, Currency::Jpy);
        check("13(万德国马克)", 1.3e5, Currency::Dem);
        check("50(万法国法郎)", 5e5, Currency::Frf);
        check("20,000(万澳大利亚元)", 2e8, Currency::Aud);
    }

    #[test]
    fn absent_is_none_and_a_bare_number_is_not_guessed() {
        assert_eq!(parse("N/A"), Ok(None));
        assert_eq!(parse(""), Ok(None));
        assert_eq!(parse("1,500()"), Err(CapitalError::UnitMissing));
        assert_eq!(parse("3"), Err(CapitalError::UnitMissing));
        assert_eq!(parse("万人民币"), Err(CapitalError::Number));
        assert_eq!(parse("梁祝贵"), Err(CapitalError::Number));
        assert_eq!(parse("5(万贝壳)"), Err(CapitalError::Unit));
        assert_eq!(parse("1.2.3万"), Err(CapitalError::Number));
    }

    #[test]
    fn foreign_capital_converts_at_the_reference_rate() {
        let capital = parse("100(万美元)").unwrap().unwrap();
        assert!((capital.cny() - 7.19e6).abs() < 1.0);
    }
}
