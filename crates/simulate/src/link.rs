//! Supply links: who supplies whom, from when to when, for how much.
//!
//! Each buyer has a number of places for suppliers, drawn from a power law. A place is held by one supplier after
//! another: a tenure is exponential with the half-life of links. The sector of a supplier follows what the buyer's
//! sector buys, the supplier follows its pull, its own city first. All links of a buyer are a function of its index, so
//! they are drawn where they are needed and never kept.

use crate::calendar::{DAYS_PER_MONTH, NEVER};
use crate::dice::{Dice, Stream};
use crate::fate::Fate;
use crate::parameters;
use crate::world::World;
use rustc_hash::FxHashSet;

/// Draws before a place stays empty because every supplier found is one already.
const TRIES: u32 = 6;
/// Mean months a place stays empty between two suppliers. Assumed.
const PAUSE_MONTHS: f64 = 1.0;
/// Shortest tenure written down, in days.
const TENURE_DAYS_MIN: i32 = 7;

/// A supply link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Link {
    pub(crate) supplier: u32,
    pub(crate) buyer: u32,
    /// First day, perhaps before the window.
    pub(crate) start: i32,
    /// First day after it; [`NEVER`] while it goes on at the window's end.
    pub(crate) end: i32,
    /// CNY a year.
    pub(crate) yearly: f64,
    /// Key of its own draws.
    pub(crate) key: u64,
}

impl Link {
    /// Whether it exists on a day.
    pub(crate) fn alive(&self, day: i32) -> bool {
        (self.start..self.end).contains(&day)
    }
}

/// What a thread keeps between two buyers.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// Links of the present buyer.
    pub(crate) found: Vec<Link>,
    known: FxHashSet<u32>,
}

/// When an enterprise deals with others at all.
fn life(world: &World, index: u32) -> (i32, i32) {
    let fate: Fate = world.fate(index);
    (world.blueprint.founded(index), fate.gone())
}

impl Links {
    /// Draw the links of a buyer, and the few by which it supplies one of its suppliers.
    pub(crate) fn of(&mut self, world: &World, buyer: u32) {
        self.found.clear();
        self.known.clear();
        let blueprint = &world.blueprint;
        let slots = (blueprint.suppliers(buyer) + blueprint.dice(Stream::Slots, buyer).unit()) as u32;
        if slots == 0 {
            return;
        }
        let (born, gone) = life(world, buyer);
        let sector = world.trade(buyer).sector;
        let inputs = blueprint.sales(buyer) * blueprint.sectors.get(sector).inputs;
        let buying = Buyer {
            index: buyer,
            sector,
            city: blueprint.place(buyer).city_at,
            born,
            gone: gone.min(blueprint.window.end),
            share: inputs / f64::from(slots),
            reverse: !world.roles.contains_key(&buyer),
        };
        for slot in 0..slots {
            self.slot(world, &buying, slot);
        }
    }

    fn slot(&mut self, world: &World, buyer: &Buyer, slot: u32) {
        let window = &world.blueprint.window;
        let lane = (u64::from(buyer.index) << 32) | u64::from(slot);
        let mut dice = Dice::of(world.blueprint.options.seed, Stream::Link, lane);
        let tenure = parameters::LINK_HALF_LIFE_MONTHS / std::f64::consts::LN_2 * DAYS_PER_MONTH;
        let draw = |dice: &mut Dice, mean: f64| dice.exponential(mean).min(100_000.0) as i32;
        // In a steady state the tenure met at the window's start has an exponential past and an exponential future.
        let (mut start, mut end) = if buyer.born <= window.start {
            (window.start - draw(&mut dice, tenure), window.start + draw(&mut dice, tenure))
        } else {
            let start = buyer.born + draw(&mut dice, 2.0 * DAYS_PER_MONTH);
            (start, start + draw(&mut dice, tenure))
        };
        while start < buyer.gone {
            let key = dice.bits();
            if let Some(link) = self.link(world, buyer, (start, end), key) {
                self.found.push(link);
                self.answered(world, buyer, &link);
            }
            start = end + draw(&mut dice, PAUSE_MONTHS * DAYS_PER_MONTH);
            end = start + draw(&mut dice, tenure);
        }
    }

    /// One tenure, if a supplier is found for it.
    fn link(&mut self, world: &World, buyer: &Buyer, span: (i32, i32), key: u64) -> Option<Link> {
        let window = &world.blueprint.window;
        let mut dice = Dice::of(key, Stream::Link, 1);
        for _ in 0..TRIES {
            let sector = world.blueprint.sectors.supplier(buyer.sector, &mut dice);
            let near = dice.chance(parameters::LOCAL_SHARE).then_some(buyer.city);
            let found = match near {
                Some(_) => world.supplier(sector, near, &mut dice),
                None => None,
            };
            let Some(supplier) = found.or_else(|| world.supplier(sector, None, &mut dice)) else { continue };
            if supplier == buyer.index || self.known.contains(&supplier) {
                continue;
            }
            let (born, gone) = life(world, supplier);
            let start = span.0.max(born).max(buyer.born);
            let end = span.1.min(gone).min(buyer.gone);
            // What ended before the window left no trace, and a few days are no relation.
            if end - start < TENURE_DAYS_MIN || end <= window.start {
                continue;
            }
            self.known.insert(supplier);
            let end = if end >= window.end { NEVER } else { end };
            let yearly = amount(world, buyer, supplier, key);
            return Some(Link { supplier, buyer: buyer.index, start, end, yearly, key });
        }
        None
    }

    /// Some suppliers are customers too.
    fn answered(&mut self, world: &World, buyer: &Buyer, link: &Link) {
        let mut dice = Dice::of(link.key, Stream::Link, 2);
        if !dice.chance(parameters::RECIPROCITY / 2.0)
            || !buyer.reverse
            || world.roles.contains_key(&link.supplier)
        {
            return;
        }
        self.found.push(Link {
            supplier: link.buyer,
            buyer: link.supplier,
            yearly: link.yearly * (0.2 + 0.6 * dice.unit()),
            key: dice.bits(),
            ..*link
        });
    }
}

struct Buyer {
    index: u32,
    sector: u8,
    city: u8,
    born: i32,
    gone: i32,
    /// Inputs for each place.
    share: f64,
    /// Whether it may supply its suppliers; not where the truth of an event would become unclear.
    reverse: bool,
}

/// A log-normal share of the buyer's inputs, at most half of what the supplier sells.
fn amount(world: &World, buyer: &Buyer, supplier: u32, key: u64) -> f64 {
    let mut dice = Dice::of(key, Stream::Amount, 0);
    let spread = parameters::LINK_AMOUNT_LN_SD;
    // The mean of the factor is one.
    let factor = libm::exp(spread * dice.normal() - spread * spread / 2.0);
    (buyer.share * factor).min(world.blueprint.sales(supplier) / 2.0).max(500.0)
}
