//! Electricity use, with the faults meters have, and the truth about the faults.

use super::{Scratch, Table};
use crate::calendar::weekday;
use crate::dice::{Dice, Stream};
use crate::fate::Fate;
use crate::options::PowerPeriod;
use crate::parameters;
use crate::rows::Rows;
use crate::world::World;

pub(super) const POWER: Table = Table {
    name: "power",
    truth: false,
    title: ("企业用电", "Electricity use"),
    columns: &["uscc", "period_start", "kwh"],
    rows: power,
};

pub(super) const FAULT: Table = Table {
    name: "fault",
    truth: true,
    title: ("用电读数中的故障", "Faults in electricity readings"),
    columns: &["uscc", "period_start", "kind"],
    rows: faults,
};

/// Spread of ln(use) between months of unchanged business. Assumed.
const MONTH_LN_SD: f64 = 0.10;
/// The same between days. Assumed.
const DAY_LN_SD: f64 = 0.18;
/// How much of the use goes with business; the rest runs anyway. Assumed.
const GOES_WITH_BUSINESS: f64 = 0.85;
/// Spread of ln(intensity) between enterprises of a sector. Assumed.
const INTENSITY_LN_SD: f64 = 0.5;

/// What is wrong with a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// No row.
    Missing,
    /// Zero though business went on.
    Zero,
    /// A digit too many.
    Spike,
    /// Below zero.
    Negative,
    /// The same number as before.
    Stuck,
}

/// Faults, how often among 100,000 readings, and their word. Assumed.
const FAULTS: [(Fault, u32, &str); 5] = [
    (Fault::Missing, 400, "missing"),
    (Fault::Zero, 150, "zero"),
    (Fault::Spike, 80, "spike"),
    (Fault::Negative, 20, "negative"),
    (Fault::Stuck, 100, "stuck"),
];

/// A reading as it should be and what went wrong with it.
struct Reading {
    start: i32,
    kwh: f64,
    fault: Option<(Fault, &'static str)>,
}

fn power(world: &World, index: u32, _: &mut Scratch, rows: &mut Rows) {
    let code = world.blueprint.code(index);
    let mut before = 0.0;
    readings(world, index, |reading| {
        let shown = match reading.fault.map(|fault| fault.0) {
            Some(Fault::Missing) => return,
            Some(Fault::Zero) => 0.0,
            Some(Fault::Spike) => reading.kwh * 10.0,
            Some(Fault::Negative) => -reading.kwh,
            Some(Fault::Stuck) => before,
            None => reading.kwh,
        };
        before = shown;
        rows.text(&code).day(reading.start).hundredths(shown).end();
    });
}

fn faults(world: &World, index: u32, _: &mut Scratch, rows: &mut Rows) {
    readings(world, index, |reading| {
        if let Some((_, word)) = reading.fault {
            rows.text(&world.blueprint.code(index)).day(reading.start).text(word).end();
        }
    });
}

/// The readings of an enterprise whose meter is known, from its founding to its closing.
fn readings(world: &World, index: u32, mut take: impl FnMut(Reading)) {
    let blueprint = &world.blueprint;
    let mut meter = blueprint.dice(Stream::Meter, index);
    if !meter.chance(blueprint.options.metered_share) {
        return;
    }
    let trade = world.trade(index);
    let fate = world.fate(index);
    let intensity =
        blueprint.sectors.get(trade.sector).kwh_per_cny * libm::exp(INTENSITY_LN_SD * meter.normal());
    let growth = 0.03 + 0.12 * meter.normal();
    let daily = blueprint.sales(index) * intensity / 365.0;
    let founded = blueprint.founded(index);
    let mut one = |start: i32, next: i32, spread: f64, week: f64| {
        if next <= founded || start >= fate.closed() {
            return;
        }
        let mut dice = Dice::of(blueprint.options.seed, Stream::Reading, reading_lane(index, start));
        let days = f64::from(next.min(fate.closed()) - start.max(founded));
        let middle = i32::midpoint(start.max(founded), next.min(fate.closed()));
        let business = business(world, index, &fate, middle) * week;
        let passed = f64::from(middle - blueprint.window.start) / 365.0;
        let level = libm::exp(growth * passed + spread * dice.normal());
        let running = 1.0 - GOES_WITH_BUSINESS + GOES_WITH_BUSINESS * business;
        let kwh = (daily * days * level * running).max(0.01);
        let drawn = dice.below(100_000);
        let mut sum = 0;
        let fault = FAULTS.iter().find(|(_, share, _)| {
            sum += share;
            drawn < sum
        });
        take(Reading { start, kwh, fault: fault.map(|(fault, _, word)| (*fault, *word)) });
    };
    match blueprint.options.power {
        PowerPeriod::Monthly => {
            for month in 0..blueprint.window.len() {
                let (start, next) = blueprint.window.month(month);
                one(start, next, MONTH_LN_SD, 1.0);
            }
        }
        PowerPeriod::Daily => {
            for day in blueprint.window.start..blueprint.window.end {
                // Industry rests less than invoicing does.
                let week = if weekday(day) >= 5 { 0.75 } else { 1.1 };
                one(day, day + 1, DAY_LN_SD, week);
            }
        }
    }
}

/// Business relative to an average day of the enterprise.
fn business(world: &World, index: u32, fate: &Fate, day: i32) -> f64 {
    let month = world.blueprint.window.month_of(day) % 12;
    let season = parameters::SEASON.get(month).copied().unwrap_or(1.0);
    fate.activity(day) * world.unshocked(index, day) * season
}

fn reading_lane(index: u32, start: i32) -> u64 {
    (u64::from(index) << 32) | u64::from(start as u32)
}
