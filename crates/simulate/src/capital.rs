//! Registered capital and the many ways registers spell it.

use crate::calendar::date;
use crate::dice::{Dice, Stream};
use crate::firm::{Blueprint, Form};
use crate::parameters::{self as parameters, Trade};
use brain_kernel::capital::Currency;
use std::fmt::Write as _;

/// Spelling behind the number and how often, per 10,000 (register; `N/A` apart).
const UNITS: [(&str, u32); 8] = [
    ("(万元人民币)", 7_600),
    ("万人民币", 950),
    ("(万)", 870),
    ("万元人民币", 400),
    ("(万元)", 100),
    ("万人民币元", 30),
    ("(万元(人民币))", 30),
    ("万元", 20),
];
/// Foreign currencies and how often among foreign capitals, per 100 (register).
const FOREIGN: [(&str, Currency, u32); 5] = [
    ("(万美元)", Currency::Usd, 92),
    ("(万香港元)", Currency::Hkd, 4),
    ("(万欧元)", Currency::Eur, 1),
    ("(万日元)", Currency::Jpy, 2),
    ("万美元", Currency::Usd, 1),
];
/// Share of foreign capitals among companies (register: 0.029).
const FOREIGN_SHARE: f64 = 0.029;
/// Share of numbers with four decimals among those that are not round.
const DECIMAL_SHARE: f64 = 0.2;

/// A capital and its text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stated {
    /// Units of 10,000 CNY, after rounding, foreign ones at the kernel's reference rates.
    pub(crate) ten_thousand_cny: f64,
    /// As the register spells it.
    pub(crate) text: String,
}

/// The capital of an enterprise; `None` where the register says none.
pub(crate) fn capital(blueprint: &Blueprint, index: u32, trade: Trade, form: Form) -> Option<Stated> {
    let mut dice = blueprint.dice(Stream::Capital, index);
    // Shares of registrations that state a capital (register: companies 0.99, factories 0.27, shops 0.06).
    let stated = match form {
        Form::Limited | Form::LimitedLiability | Form::JointStock => 0.993,
        Form::Factory | Form::Partnership => 0.27,
        Form::Cooperative => 0.6,
        Form::Shop => 0.06,
        Form::Branch => 0.0,
    };
    if !dice.chance(stated) {
        return None;
    }
    let correlation = parameters::CAPITAL_SALES_CORRELATION;
    let z =
        correlation * blueprint.standing(index) + libm::sqrt(1.0 - correlation * correlation) * dice.normal();
    let shift = match form {
        Form::JointStock => parameters::CAPITAL_LN_JOINT_STOCK,
        Form::Limited | Form::LimitedLiability | Form::Branch => 0.0,
        Form::Factory | Form::Partnership | Form::Cooperative | Form::Shop => parameters::CAPITAL_LN_SMALL,
    };
    let sector = blueprint.sectors.get(trade.sector).capital_ln;
    let ln = parameters::CAPITAL_LN_MEAN + shift + sector + parameters::CAPITAL_LN_SD * z;
    let mut spelling = blueprint.dice(Stream::Spelling, index);
    Some(state(libm::exp(ln).max(0.5), form, &mut spelling))
}

/// Round as people do, choose a currency and spell it.
fn state(ten_thousand_cny: f64, form: Form, dice: &mut Dice) -> Stated {
    let company = matches!(form, Form::Limited | Form::JointStock | Form::LimitedLiability);
    let foreign = company && dice.chance(FOREIGN_SHARE);
    let (unit, rate) = if foreign {
        let drawn = dice.below(100);
        let mut sum = 0;
        let found = FOREIGN.iter().find(|(_, _, share)| {
            sum += share;
            drawn < sum
        });
        found.map_or(("(万美元)", Currency::Usd.yuan()), |(unit, currency, _)| (*unit, currency.yuan()))
    } else {
        let drawn = dice.below(10_000);
        let mut sum = 0;
        let found = UNITS.iter().find(|(_, share)| {
            sum += share;
            drawn < sum
        });
        (found.map_or("(万元人民币)", |(unit, _)| *unit), 1.0)
    };
    let amount = ten_thousand_cny / rate;
    // Whole units unless the amount is drawn with decimals; half units for the smallest.
    let (value, decimals) = if dice.chance(parameters::CAPITAL_ROUND_SHARE) {
        (round_number(amount, dice), 0)
    } else if dice.chance(DECIMAL_SHARE) {
        (libm::round(amount * 1e4) / 1e4, 4)
    } else {
        (libm::round(amount).max(1.0), 0)
    };
    let mut text = String::with_capacity(32);
    write_number(&mut text, value, decimals, unit.starts_with('('));
    text.push_str(unit);
    Stated { ten_thousand_cny: value * rate, text }
}

/// To a number people like: one leading digit, or one and a half.
fn round_number(amount: f64, dice: &mut Dice) -> f64 {
    const LIKED: [f64; 14] = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 5.18, 6.0, 8.0, 8.88, 9.0, 10.0];
    let amount = amount.max(1.0);
    let scale = libm::pow(10.0, libm::floor(libm::log10(amount)));
    let lead = amount / scale;
    // Between two neighbours by chance in proportion, so that rounding does not shift the mean of the logarithm much.
    let above = LIKED.partition_point(|liked| *liked <= lead).clamp(1, LIKED.len() - 1);
    let (low, high) =
        (LIKED.get(above - 1).copied().unwrap_or(1.0), LIKED.get(above).copied().unwrap_or(10.0));
    let up = (libm::log(lead) - libm::log(low)) / (libm::log(high) - libm::log(low));
    let value = scale * if dice.chance(up) { high } else { low };
    if value < 10.0 { libm::round(value).max(1.0) } else { libm::round(value) }
}

/// `1,500` or `1500`, with or without decimals.
fn write_number(text: &mut String, value: f64, decimals: usize, grouped: bool) {
    let whole = libm::floor(value) as u64;
    let digits = whole.to_string();
    for (at, digit) in digits.chars().enumerate() {
        if grouped && at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if decimals > 0 {
        // Writing to a string cannot fail.
        let _ = write!(text, ".{:04}", libm::round((value - whole as f64) * 1e4).min(9_999.0) as u32);
    }
}

/// Text of the register's column of types.
pub(crate) fn type_text(blueprint: &Blueprint, index: u32, form: Form) -> &'static str {
    let mut dice = blueprint.dice(Stream::Form, index);
    let share = {
        dice.unit();
        dice.unit()
    };
    // Older registrations often lack the type (register).
    if date(blueprint.founded(index)).0 < 2005 && share < 0.5 {
        return "N/A";
    }
    match form {
        Form::Limited if share < 0.62 => "有限责任公司(自然人投资或控股)",
        Form::Limited if share < 0.90 => "有限责任公司(自然人独资)",
        Form::Limited if share < 0.96 => "有限责任公司(非自然人投资或控股的法人独资)",
        Form::Limited => "有限责任公司(外商投资、非独资)",
        Form::LimitedLiability => "有限责任公司",
        Form::JointStock => "股份有限公司(非上市)",
        Form::Factory => "个人独资企业",
        Form::Partnership => "有限合伙企业",
        Form::Cooperative => "农民专业合作社",
        Form::Shop => "个人独资企业",
        Form::Branch => "有限责任公司分公司",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brain_kernel::capital::parse;

    #[test]
    fn every_spelling_is_one_the_program_reads_and_means_what_was_drawn() {
        let mut units = rustc_hash::FxHashSet::default();
        for index in 0..20_000 {
            let mut dice = Dice::of(1, Stream::Spelling, index);
            let stated = state(libm::exp(dice.normal() * 2.0 + 5.0).max(0.5), Form::Limited, &mut dice);
            let read = parse(&stated.text).unwrap().unwrap();
            let meant = stated.ten_thousand_cny * 1e4;
            assert!((read.cny() - meant).abs() <= meant * 1e-6 + 1.0, "{} {meant}", stated.text);
            units.insert(
                stated
                    .text
                    .trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ',' | '.'))
                    .to_owned(),
            );
        }
        assert!(units.len() >= 10, "{units:?}");
    }

    #[test]
    fn rounding_keeps_mean_and_spread_of_the_logarithm() {
        let (mut sum, mut square) = (0.0, 0.0);
        let count = 100_000;
        for index in 0..count {
            let mut dice = Dice::of(2, Stream::Spelling, index);
            let drawn = libm::exp(parameters::CAPITAL_LN_MEAN + parameters::CAPITAL_LN_SD * dice.normal());
            let ln = libm::log(state(drawn.max(0.5), Form::Limited, &mut dice).ten_thousand_cny);
            sum += ln;
            square += ln * ln;
        }
        let n = count as f64;
        let (mean, sd) = (sum / n, libm::sqrt(square / n - (sum / n) * (sum / n)));
        assert!((mean - parameters::CAPITAL_LN_MEAN).abs() < 0.03, "{mean}");
        assert!((sd - parameters::CAPITAL_LN_SD).abs() < 0.05, "{sd}");
    }

    #[test]
    fn numbers_are_grouped_where_brackets_follow() {
        let mut text = String::new();
        write_number(&mut text, 1_234_567.25, 4, true);
        assert_eq!(text, "1,234,567.2500");
        text.clear();
        write_number(&mut text, 1_500.0, 0, false);
        assert_eq!(text, "1500");
    }
}
