//! Supply links, and the sales invoices of those who disclose them.

use super::{Scratch, Table};
use crate::calendar::weekday;
use crate::dice::{Dice, Stream};
use crate::link::Link;
use crate::parameters::{self as parameters, Activity};
use crate::rows::Rows;
use crate::world::World;

pub(super) const LINK: Table = Table {
    name: "link",
    truth: false,
    title: ("企业供需关系", "Supply links"),
    columns: &[
        "supplier_uscc",
        "buyer_uscc",
        "product",
        "started_on",
        "ended_on",
        "observed_on",
        "yearly_amount_cny",
    ],
    rows: links,
};

pub(super) const INVOICE: Table = Table {
    name: "invoice",
    truth: false,
    title: ("增值税发票", "VAT invoices"),
    columns: &[
        "invoice_no",
        "invoiced_on",
        "seller_uscc",
        "buyer_uscc",
        "product",
        "amount_cny",
        "tax_rate",
        "tax_cny",
        "total_cny",
        "state",
    ],
    rows: invoices,
};

/// Most invoices of a link in a month.
const INVOICES_MAX: u32 = 60;
/// Largest total of a small and of a large invoice, by the editions of the form (万元版、十万元版、百万元版).
const SMALL_TOTAL_MAX: f64 = 100_000.0;
const LARGE_TOTAL_MAX: f64 = 1_130_000.0;

fn links(world: &World, index: u32, scratch: &mut Scratch, rows: &mut Rows) {
    scratch.links.of(world, index);
    let blueprint = &world.blueprint;
    for link in &scratch.links.found {
        let product = world.trade(link.supplier).product;
        rows.text(&blueprint.code(link.supplier))
            .text(&blueprint.code(link.buyer))
            .text(blueprint.industries.term(product))
            .day(link.start)
            .day_before(link.end, blueprint.window.end)
            // What goes on was last seen on the last day.
            .day(link.end.min(blueprint.window.end - 1))
            .hundredths(link.yearly)
            .end();
    }
}

fn invoices(world: &World, index: u32, scratch: &mut Scratch, rows: &mut Rows) {
    let share = world.blueprint.options.invoiced_share;
    if share <= 0.0 {
        return;
    }
    scratch.links.of(world, index);
    for link in &scratch.links.found {
        let mut reporter = world.blueprint.dice(Stream::Reporter, link.supplier);
        if reporter.chance(share) {
            of_link(world, link, &mut reporter, rows);
        }
    }
}

/// What all invoices of a link have in common.
struct Pair<'a> {
    seller: String,
    buyer: String,
    product: &'a str,
    rate: f64,
    total_max: f64,
}

fn of_link(world: &World, link: &Link, reporter: &mut Dice, rows: &mut Rows) {
    let blueprint = &world.blueprint;
    let trade = world.trade(link.supplier);
    let pair = Pair {
        seller: blueprint.code(link.supplier),
        buyer: blueprint.code(link.buyer),
        product: blueprint.industries.term(trade.product),
        rate: rate(trade.sector, trade.activity, reporter),
        total_max: if reporter.chance(parameters::SMALL_INVOICE_SELLERS) {
            SMALL_TOTAL_MAX
        } else {
            LARGE_TOTAL_MAX
        },
    };
    let fate = world.fate(link.supplier);
    for month in 0..blueprint.window.len() {
        let (first, next) = blueprint.window.month(month);
        let (from, to) = (first.max(link.start), next.min(link.end));
        let mut dice = Dice::of(link.key, Stream::Invoice, month as u64);
        if from >= to || !dice.chance(parameters::INVOICED_MONTHS) {
            continue;
        }
        let season = parameters::SEASON.get(month % 12).copied().unwrap_or(1.0);
        let middle = i32::midpoint(from, to);
        let business = fate.activity(middle)
            * world.unshocked(link.supplier, middle)
            * world.unshocked(link.buyer, middle)
            * season
            * f64::from(to - from)
            / f64::from(next - first);
        let spread = parameters::INVOICE_LN_SD;
        let noise = libm::exp(spread * dice.normal() - spread * spread / 2.0);
        let amount = link.yearly / 12.0 / parameters::INVOICED_MONTHS * business * noise;
        if amount >= 1.0 {
            month_of_invoices(&pair, amount, (from, to), &mut dice, rows);
        }
    }
}

/// Split the amount of a month over invoices no form refuses.
fn month_of_invoices(pair: &Pair<'_>, amount: f64, days: (i32, i32), dice: &mut Dice, rows: &mut Rows) {
    // One invoice as often as not, now and then many (invoices: median 1, mean 2.4, 99th of 100 21).
    let wished = 1.0 + libm::floor(libm::exp(1.1 * dice.normal() - 0.6));
    let least = libm::ceil(amount * (1.0 + pair.rate) / pair.total_max);
    let count = wished.max(least).min(f64::from(INVOICES_MAX)) as u32;
    let largest = pair.total_max / (1.0 + pair.rate);
    let mut left = amount;
    for at in 0..count {
        let rest = f64::from(count - at);
        let even = left / rest;
        let part = if at + 1 == count { left } else { even * (0.5 + dice.unit()) };
        // Full forms first, where the amount needs them.
        let part = if least >= wished && left > largest { largest } else { part.min(largest) };
        left = (left - part).max(0.0);
        let part = libm::round(part * 100.0) / 100.0;
        if part < 0.01 {
            break;
        }
        let day = business_day(days, dice);
        let void = dice.chance(parameters::VOID_SHARE);
        invoice(pair, part, day, void, dice, rows);
        if !void && dice.chance(parameters::REVERSAL_SHARE) {
            invoice(pair, -part, (day + 5).min(days.1 - 1), false, dice, rows);
        }
    }
}

fn invoice(pair: &Pair<'_>, amount: f64, day: i32, void: bool, dice: &mut Dice, rows: &mut Rows) {
    let tax = libm::round(amount * pair.rate * 100.0) / 100.0;
    // Twenty digits as those of digital invoices, of a year and region there is none of.
    rows.text(&format!("98{:018}", dice.bits() % 1_000_000_000_000_000_000))
        .day(day)
        .text(&pair.seller)
        .text(&pair.buyer)
        .text(pair.product)
        .hundredths(amount)
        .hundredths(pair.rate)
        .hundredths(tax)
        .hundredths(amount + tax)
        .text(if void { "作废发票" } else { "有效发票" })
        .end();
}

/// A day of the span, by what is done on each day of the week.
fn business_day(days: (i32, i32), dice: &mut Dice) -> i32 {
    let span = (days.1 - days.0).max(1) as u32;
    for _ in 0..8 {
        let day = days.0 + dice.below(span) as i32;
        let usual = parameters::WEEKDAYS.get(weekday(day)).copied().unwrap_or(1.0);
        if dice.chance(usual / 1.4) {
            return day;
        }
    }
    days.0
}

/// Rate of value-added tax: by what is sold; small taxpayers pay 1 or 3 per cent.
fn rate(sector: u8, activity: Activity, dice: &mut Dice) -> f64 {
    match dice.unit() {
        share if share < 0.15 => 0.03,
        share if share < 0.22 => 0.01,
        _ => match (activity, sector) {
            (Activity::Make, 0) => 0.09,
            // Construction, transport and real estate.
            (_, 13 | 15 | 18) => 0.09,
            (Activity::Serve, _) => 0.06,
            _ => 0.13,
        },
    }
}
