//! What each enterprise truly is: for measuring classification, sizes and regions.

use super::{Scratch, Table};
use crate::capital::capital;
use crate::rows::Rows;
use crate::world::World;

pub(super) const ENTERPRISE: Table = Table {
    name: "enterprise",
    truth: true,
    title: ("企业真值", "Enterprises as they are"),
    columns: &[
        "uscc",
        "name",
        "region_code",
        "industry_code",
        "product",
        "activity",
        "founded_on",
        "closed_on",
        "capital_cny",
        "yearly_sales_cny",
    ],
    rows: enterprise,
};

fn enterprise(world: &World, index: u32, _: &mut Scratch, rows: &mut Rows) {
    let blueprint = &world.blueprint;
    let trade = world.trade(index);
    let form = blueprint.form(index, trade);
    rows.text(&blueprint.code(index))
        .text(&world.name(index, trade, form).full())
        .text(blueprint.place(index).code.as_str())
        .text(blueprint.industries.code(trade))
        .text(blueprint.industries.term(trade.product))
        .text(trade.activity.word())
        .day(blueprint.founded(index))
        .day_before(world.fate(index).closed(), blueprint.window.end);
    match capital(blueprint, index, trade, form) {
        Some(stated) => rows.hundredths(stated.ten_thousand_cny * 1e4),
        None => rows.text(""),
    };
    rows.hundredths(blueprint.sales(index)).end();
}
