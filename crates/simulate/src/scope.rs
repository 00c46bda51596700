//! Business scopes (经营范围) and addresses, in the wording of their time.

use crate::calendar::date;
use crate::dice::{Dice, Stream};
use crate::firm::Blueprint;
use crate::parameters::{Activity, Trade};
use std::fmt::Write as _;

/// Verbs behind products, by what the enterprise does, before scopes were standardised.
const MAKE: [&str; 5] = ["制造、加工、销售", "生产、销售", "制造、加工", "制造、销售", "加工、销售"];
const WHOLESALE: [&str; 4] = ["批发、零售", "销售", "批发", "批发、零售、代购代销"];
const RETAIL: [&str; 3] = ["零售", "销售", "零售、批发"];
/// Share of scopes that speak of imports and exports (register: 0.050).
const FOREIGN_TRADE_SHARE: f64 = 0.08;
/// First year of standardised scopes (经营范围规范化登记).
const STANDARD_SINCE: u32 = 2020;
/// Roads found in every city.
const ROADS: [&str; 24] = [
    "人民路",
    "解放路",
    "建设路",
    "中山路",
    "文化路",
    "工业路",
    "创业路",
    "科技路",
    "兴业路",
    "振兴路",
    "新华路",
    "和平路",
    "环城北路",
    "环城南路",
    "滨江路",
    "园区大道",
    "开发大道",
    "长江路",
    "黄河路",
    "东方路",
    "朝阳路",
    "永安路",
    "富强路",
    "光明路",
];

/// Write the scope of an enterprise. `product` gives the positions of its products, the main one first.
pub(crate) fn scope(
    out: &mut String,
    blueprint: &Blueprint,
    index: u32,
    trade: Trade,
    scarce: impl Fn(u16) -> bool,
) {
    let mut dice = blueprint.dice(Stream::Scope, index);
    let mut products = vec![trade.product];
    for _ in 0..trade.further {
        let next = blueprint.industries.term_of(trade.class, &mut dice, &scarce);
        if !products.contains(&next) {
            products.push(next);
        }
    }
    let names: Vec<&str> = products.iter().map(|product| blueprint.industries.term(*product)).collect();
    let year = date(blueprint.founded(index)).0;
    if year >= STANDARD_SINCE {
        standard(out, &names, trade, &mut dice)
    } else {
        plain(out, &names, trade, year, &mut dice)
    }
}

/// `轴承、齿轮制造、销售；货物进出口。`
fn plain(out: &mut String, names: &[&str], trade: Trade, year: u32, dice: &mut Dice) {
    let verb = match trade.activity {
        Activity::Make => dice.of_words(&MAKE),
        Activity::Wholesale => dice.of_words(&WHOLESALE),
        Activity::Retail => dice.of_words(&RETAIL),
        Activity::Serve => "",
    };
    if dice.chance(0.06) {
        out.push_str(dice.of_words(&["一般经营项目：", "主营：", "许可经营项目：无；一般经营项目："]));
    }
    let joint = if dice.chance(0.8) { "、" } else { "，" };
    for (at, name) in names.iter().enumerate() {
        if at > 0 {
            out.push_str(joint);
        }
        out.push_str(name);
    }
    out.push_str(verb);
    if trade.activity == Activity::Make && dice.chance(0.05) {
        out.push_str("；技术服务、技术开发");
    }
    if dice.chance(FOREIGN_TRADE_SHARE) {
        out.push_str(dice.of_words(&["；货物进出口、技术进出口", "；货物和技术进出口", "；自营进出口业务"]));
    }
    if dice.chance(0.7) {
        out.push('。');
    }
    if (2014..STANDARD_SINCE).contains(&year) && dice.chance(0.6) {
        out.push_str("（依法须经批准的项目，经相关部门批准后方可开展经营活动）");
    }
}

/// `一般项目：轴承制造；轴承销售；货物进出口（除依法须经批准的项目外，…）。`
fn standard(out: &mut String, names: &[&str], trade: Trade, dice: &mut Dice) {
    out.push_str("一般项目：");
    for (at, name) in names.iter().enumerate() {
        if at > 0 {
            out.push('；');
        }
        // Writing to a string cannot fail.
        let _ = match trade.activity {
            Activity::Make if at < 2 => write!(out, "{name}制造；{name}销售"),
            Activity::Make => write!(out, "{name}制造"),
            Activity::Wholesale => write!(out, "{name}批发；{name}销售"),
            Activity::Retail => write!(out, "{name}零售"),
            Activity::Serve => write!(out, "{name}"),
        };
    }
    if dice.chance(0.25) {
        out.push_str("；技术服务、技术开发、技术咨询、技术交流、技术转让、技术推广");
    }
    if dice.chance(FOREIGN_TRADE_SHARE * 2.0) {
        out.push_str("；货物进出口；技术进出口");
    }
    out.push_str("（除依法须经批准的项目外，凭营业执照依法自主开展经营活动）。");
}

/// Write the address of an enterprise, more or less complete, as registers have it.
pub(crate) fn address(out: &mut String, blueprint: &Blueprint, index: u32) {
    let mut dice = blueprint.dice(Stream::Address, index);
    address_at(out, blueprint, blueprint.place_at(index), &mut dice);
}

/// The same for a county given by its position.
pub(crate) fn address_at(out: &mut String, blueprint: &Blueprint, place: usize, dice: &mut Dice) {
    let Some(place) = blueprint.places.places.get(place) else { return };
    if dice.chance(0.4) {
        out.push_str(blueprint.places.province);
    }
    // A municipality is province and city in one.
    if !out.ends_with(place.city) && dice.chance(0.85) {
        out.push_str(place.city);
    }
    out.push_str(place.county);
    out.push_str(dice.of_words(&ROADS));
    // Writing to a string cannot fail.
    let _ = write!(out, "{}号", dice.between(1, 1_999));
    if dice.chance(0.4) {
        let _ = write!(out, "{}幢", dice.between(1, 30));
        if dice.chance(0.7) {
            let _ = write!(out, "{}室", dice.between(101, 2_999));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use brain_kernel::region::RegionCode;

    #[test]
    fn a_scope_names_the_main_product_and_an_address_the_county() {
        let options = Options::new(1_000, 3, RegionCode::parse("330000").unwrap());
        let blueprint = Blueprint::new(options).unwrap();
        let (mut standardised, mut lengths) = (0, Vec::new());
        for index in 0..1_000 {
            let trade = blueprint.industries.draw(&mut blueprint.dice(Stream::Trade, index), |_| false);
            let (mut text, mut place) = (String::new(), String::new());
            scope(&mut text, &blueprint, index, trade, |_| false);
            address(&mut place, &blueprint, index);
            assert!(text.contains(blueprint.industries.term(trade.product)), "{text}");
            assert!(place.contains(blueprint.place(index).county), "{place}");
            standardised += u32::from(text.starts_with("一般项目："));
            lengths.push(text.chars().count());
        }
        lengths.sort_unstable();
        assert!((200..700).contains(&standardised), "{standardised}");
        assert!((15..90).contains(&lengths[500]), "{}", lengths[500]);
    }
}
