//! Changes in the register: the traces of what happens, among many that mean nothing.

use super::{Scratch, Table};
use crate::calendar::DAYS_PER_MONTH;
use crate::capital::capital;
use crate::dice::{Dice, Stream};
use crate::fate::{Fate, Kind, Target};
use crate::rows::Rows;
use crate::scope::{address, address_at};
use crate::world::World;

pub(super) const CHANGE: Table = Table {
    name: "change",
    truth: false,
    title: ("登记变更", "Changes in the register"),
    columns: &["uscc", "changed_on", "item", "before", "after"],
    rows: changes,
};

/// Shares of enterprises with a change of no further meaning, in a year. Assumed.
const MOVES_NEXT_DOOR: f64 = 0.02;
const CAPITAL_GROWS: f64 = 0.02;
const SCOPE_CHANGES: f64 = 0.03;
const BRANCH_OPENS: f64 = 0.01;

fn changes(world: &World, index: u32, scratch: &mut Scratch, rows: &mut Rows) {
    let blueprint = &world.blueprint;
    let fate = world.fate(index);
    let code = blueprint.code(index);
    let mut dice = blueprint.dice(Stream::Change, index);
    let last = fate.closed().min(blueprint.window.end);
    let first = blueprint.founded(index).max(blueprint.window.start);
    let years = blueprint.window.years();
    for (item, share) in [
        ("住所", MOVES_NEXT_DOOR),
        ("注册资本", CAPITAL_GROWS),
        ("经营范围", SCOPE_CHANGES),
        ("分支机构", BRANCH_OPENS),
    ] {
        let drawn = dice.chance(share * years);
        let day = first + dice.below((last - first).max(1) as u32) as i32;
        if drawn && first < last {
            usual(world, index, item, day, &mut dice, scratch, rows, &code);
        }
    }
    told(world, index, &fate, &mut dice, scratch, rows, &code);
}

/// A change that means nothing.
#[expect(clippy::too_many_arguments, reason = "what a row is made of")]
fn usual(
    world: &World,
    index: u32,
    item: &str,
    day: i32,
    dice: &mut Dice,
    scratch: &mut Scratch,
    rows: &mut Rows,
    code: &str,
) {
    let blueprint = &world.blueprint;
    let Scratch { text: before, more: after, .. } = scratch;
    before.clear();
    after.clear();
    match item {
        "住所" => {
            address(before, blueprint, index);
            address_at(after, blueprint, blueprint.place_at(index), dice);
        }
        "注册资本" => {
            let trade = world.trade(index);
            let Some(stated) = capital(blueprint, index, trade, blueprint.form(index, trade)) else { return };
            let grown = libm::round(stated.ten_thousand_cny * (1.5 + 1.5 * dice.unit())).max(1.0);
            before.push_str(&stated.text);
            after.push_str(&format!("{grown:.0}万人民币"));
        }
        "分支机构" => {
            after.push_str("设立：");
            address_at(after, blueprint, blueprint.places.draw(dice), dice);
        }
        _ => {
            let trade = world.trade(index);
            let scarce = |term| world.is_scarce(term);
            let added = blueprint.industries.term_of(trade.class, dice, &scarce);
            if added == trade.product {
                return;
            }
            before.push_str(blueprint.industries.term(trade.product));
            after.push_str(before);
            after.push('、');
            after.push_str(blueprint.industries.term(added));
        }
    }
    rows.text(code).day(day).text(item).text(before).text(after).end();
}

/// What the register shows of what happened.
fn told(
    world: &World,
    index: u32,
    fate: &Fate,
    dice: &mut Dice,
    scratch: &mut Scratch,
    rows: &mut Rows,
    code: &str,
) {
    let blueprint = &world.blueprint;
    let end = blueprint.window.end;
    if fate.closed() < end && fate.closed() >= blueprint.window.start {
        rows.text(code).day(fate.closed()).text("登记状态").text("存续").text("注销").end();
    }
    if fate.kind != Kind::Migration {
        return;
    }
    let target = |text: &mut String, dice: &mut Dice| match fate.target {
        Some(Target::Within(place)) => address_at(text, blueprint, place, dice),
        Some(Target::Beyond(other)) => {
            text.push_str(blueprint.places.elsewhere.get(other).map_or("", |(_, name)| name));
        }
        None => {}
    };
    let Scratch { text: before, more: after, .. } = scratch;
    // Most open a branch at the new place some weeks after they have begun to move.
    let branch = fate.begins + (2.0 * DAYS_PER_MONTH * dice.unit()) as i32;
    if branch < end && dice.chance(0.7) {
        after.clear();
        after.push_str("设立：");
        target(after, dice);
        rows.text(code).day(branch).text("分支机构").text("").text(after).end();
    }
    if fate.ends < end {
        before.clear();
        after.clear();
        address(before, blueprint, index);
        target(after, dice);
        rows.text(code).day(fate.ends).text("住所").text(before).text(after).end();
    }
}
