//! What one enterprise cannot know alone: who is in which sector and city, whose name is taken, who fails.
//!
//! About 40 bytes for each enterprise stay in memory; rows never do.

use crate::calendar::DAYS_PER_MONTH;
use crate::dice::{Dice, Stream};
use crate::error::{Error, Result};
use crate::firm::{Blueprint, Form};
use crate::name::{Name, name};
use crate::options::Options;
use crate::parameters::{Activity, SECTORS, Sectors, Trade};
use brain_kernel::progress::{Cancel, Progress};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::hash::Hasher as _;

/// Enterprises handled between two looks at the cancel token.
pub(crate) const BATCH: usize = 4_096;
/// Suppliers a failure is drawn among, for each failure.
const LARGE_PER_FAILURE: usize = 8;
/// Least and most makers of a scarce product.
const MAKERS: (usize, usize) = (2, 6);

/// A part an enterprise plays in an event of the province.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A large supplier that fails on a day.
    Failing { event: u32, day: i32 },
    /// One of the last makers of a scarce product, gone from a day on.
    LastMaker { gap: u32, day: i32 },
}

/// A product whose last makers leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) product: u16,
    pub(crate) class: u16,
    pub(crate) makers: Vec<u32>,
    /// Day from which nobody in the province makes it.
    pub(crate) since: i32,
}

/// A reaction to a supplier's failure, see [`crate::contagion`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shock {
    pub(crate) hit: u32,
    pub(crate) event: u32,
    pub(crate) depth: u8,
    pub(crate) via: u32,
    pub(crate) begins: i32,
    pub(crate) ends: i32,
    /// Share of business lost.
    pub(crate) loss: f64,
}

/// A province ready to be written.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) blueprint: Blueprint,
    /// Enterprises by sector and city.
    order: Vec<u32>,
    /// Sums of pull in that order, one more than enterprises.
    pull: Vec<f64>,
    /// Where each sector and city begins in it, one more than there are.
    starts: Vec<u32>,
    /// Enterprises whose first choice of a name was taken, in order.
    apart: Vec<u32>,
    pub(crate) roles: FxHashMap<u32, Role>,
    pub(crate) gaps: Vec<Gap>,
    scarce: FxHashSet<u16>,
    /// Sorted by who is hit.
    pub(crate) shocks: Vec<Shock>,
}

/// What is kept of each enterprise while the world is made.
#[derive(Debug, Clone, Copy, Default)]
struct Draft {
    pull: f32,
    class: u16,
    sector: u8,
    city: u8,
    makes: bool,
}

impl World {
    /// Everything but the shocks, which need the links.
    pub(crate) fn new(options: Options, progress: &Progress, cancel: &Cancel) -> Result<Self> {
        let mut blueprint = Blueprint::new(options)?;
        let count = blueprint.options.enterprises;
        progress.begin("布置企业", "Placing enterprises", u64::from(count));
        let mut drafts = vec![Draft::default(); count as usize];
        drafts.par_chunks_mut(BATCH).enumerate().try_for_each(|(at, chunk)| {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            for (index, slot) in ((at * BATCH) as u32..).zip(chunk.iter_mut()) {
                *slot = draft(&blueprint, index);
            }
            progress.add(chunk.len() as u64);
            Ok(())
        })?;
        let mut firms = [0u64; SECTORS];
        for draft in &drafts {
            if let Some(sector) = firms.get_mut(usize::from(draft.sector)) {
                *sector += 1;
            }
        }
        let sectors = std::mem::replace(&mut blueprint.sectors, Sectors::new()?).without_empty(&firms);
        blueprint.sectors = sectors;
        let (order, starts) = sorted(&drafts, usize::from(blueprint.places.cities));
        let mut pull = Vec::with_capacity(order.len() + 1);
        let mut sum = 0.0;
        pull.push(sum);
        for index in &order {
            sum += drafts.get(*index as usize).map_or(0.0, |draft| f64::from(draft.pull));
            pull.push(sum);
        }
        let gaps = gaps(&blueprint, &drafts);
        let scarce: FxHashSet<u16> = gaps.iter().map(|gap| gap.product).collect();
        let mut roles = FxHashMap::default();
        for (gap, number) in gaps.iter().zip(0..) {
            for (maker, day) in gap.makers.iter().zip(leaving(gap)) {
                roles.insert(*maker, Role::LastMaker { gap: number, day });
            }
        }
        failures(&blueprint, &drafts, &mut roles);
        drop(drafts);
        let (apart, shocks) = (Vec::new(), Vec::new());
        let mut world = Self { blueprint, order, pull, starts, apart, roles, gaps, scarce, shocks };
        world.apart = world.taken(progress, cancel)?;
        Ok(world)
    }

    /// Enterprises whose name somebody before them has, in order of index.
    fn taken(&self, progress: &Progress, cancel: &Cancel) -> Result<Vec<u32>> {
        let count = self.blueprint.options.enterprises;
        progress.begin("核名", "Checking names", u64::from(count));
        let mut names = vec![(0u64, 0u32); count as usize];
        names.par_chunks_mut(BATCH).enumerate().try_for_each(|(at, chunk)| {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            for (index, slot) in ((at * BATCH) as u32..).zip(chunk.iter_mut()) {
                let trade = self.trade(index);
                let mut hasher = FxHasher::default();
                hasher.write(self.name(index, trade, self.blueprint.form(index, trade)).full().as_bytes());
                *slot = (hasher.finish(), index);
            }
            progress.add(chunk.len() as u64);
            Ok(())
        })?;
        names.par_sort_unstable();
        let mut apart: Vec<u32> = names
            .windows(2)
            .filter_map(|pair| match pair {
                [first, second] if first.0 == second.0 => Some(second.1),
                _ => None,
            })
            .collect();
        apart.sort_unstable();
        Ok(apart)
    }

    /// What an enterprise does; the last makers of a scarce product make it.
    pub(crate) fn trade(&self, index: u32) -> Trade {
        let mut trade = drawn_trade(&self.blueprint, index, |term| self.scarce.contains(&term));
        if let Some(Role::LastMaker { gap, .. }) = self.roles.get(&index)
            && let Some(gap) = self.gaps.get(*gap as usize)
        {
            trade.product = gap.product;
        }
        trade
    }

    /// Whether a product has few makers, all of whom are known.
    pub(crate) fn is_scarce(&self, product: u16) -> bool {
        self.scarce.contains(&product)
    }

    /// The name it is registered under.
    pub(crate) fn name(&self, index: u32, trade: Trade, form: Form) -> Name {
        name(&self.blueprint, index, trade, form, self.apart.binary_search(&index).is_ok())
    }

    /// A supplier of a sector by pull, in one city or in the whole province. `None` where there is none.
    pub(crate) fn supplier(&self, sector: u8, city: Option<u8>, dice: &mut Dice) -> Option<u32> {
        let cities = usize::from(self.blueprint.places.cities);
        let first = usize::from(sector) * cities;
        let (from, to) = match city {
            Some(city) => (first + usize::from(city), first + usize::from(city) + 1),
            None => (first, first + cities),
        };
        let (from, to) = (*self.starts.get(from)? as usize, *self.starts.get(to)? as usize);
        let sums = self.pull.get(from..=to)?;
        let (low, high) = (*sums.first()?, *sums.last()?);
        if high <= low {
            return None;
        }
        let target = low + dice.unit() * (high - low);
        let at = sums.partition_point(|sum| *sum <= target).saturating_sub(1).min(to - from - 1);
        self.order.get(from + at).copied()
    }

    /// Reactions of an enterprise to failures of suppliers.
    pub(crate) fn shocks_of(&self, index: u32) -> &[Shock] {
        let from = self.shocks.partition_point(|shock| shock.hit < index);
        let to = self.shocks.partition_point(|shock| shock.hit <= index);
        self.shocks.get(from..to).unwrap_or_default()
    }

    /// Share of business left on a day by what happened to suppliers.
    pub(crate) fn unshocked(&self, index: u32, day: i32) -> f64 {
        self.shocks_of(index)
            .iter()
            .filter(|shock| (shock.begins..shock.ends).contains(&day))
            .fold(1.0, |left, shock| left * (1.0 - shock.loss))
    }
}

/// What an enterprise does by chance.
fn drawn_trade(blueprint: &Blueprint, index: u32, scarce: impl Fn(u16) -> bool) -> Trade {
    blueprint.industries.draw(&mut blueprint.dice(Stream::Trade, index), scarce)
}

fn draft(blueprint: &Blueprint, index: u32) -> Draft {
    let trade = drawn_trade(blueprint, index, |_| false);
    let form = blueprint.form(index, trade);
    Draft {
        pull: blueprint.pull(index) as f32,
        class: trade.class,
        sector: trade.sector,
        city: blueprint.place(index).city_at,
        makes: trade.activity == Activity::Make && form != Form::Branch,
    }
}

/// Enterprises by sector and city, each group in order of index, and where each group begins.
fn sorted(drafts: &[Draft], cities: usize) -> (Vec<u32>, Vec<u32>) {
    let group = |draft: &Draft| usize::from(draft.sector) * cities + usize::from(draft.city);
    let mut starts = vec![0u32; SECTORS * cities + 1];
    for draft in drafts {
        if let Some(slot) = starts.get_mut(group(draft) + 1) {
            *slot += 1;
        }
    }
    let mut sum = 0;
    for slot in &mut starts {
        sum += *slot;
        *slot = sum;
    }
    let mut next = starts.clone();
    let mut order = vec![0u32; drafts.len()];
    for (draft, index) in drafts.iter().zip(0u32..) {
        if let Some(at) = next.get_mut(group(draft)) {
            if let Some(slot) = order.get_mut(*at as usize) {
                *slot = index;
            }
            *at += 1;
        }
    }
    (order, starts)
}

/// Products that only a few make, all of whom leave within the window.
fn gaps(blueprint: &Blueprint, drafts: &[Draft]) -> Vec<Gap> {
    let mut makers: FxHashMap<u16, Vec<u32>> = FxHashMap::default();
    let old = |index: u32| blueprint.founded(index) + 365 < blueprint.window.start;
    for (draft, index) in drafts.iter().zip(0u32..) {
        if draft.makes {
            let found = makers.entry(draft.class).or_default();
            // The first of a class are as good as any: indices say nothing about an enterprise.
            if found.len() < MAKERS.1 && old(index) {
                found.push(index);
            }
        }
    }
    let mut dice = Dice::of(blueprint.options.seed, Stream::Role, 0);
    let mut classes: Vec<(u64, u16)> = (0u16..)
        .zip(&blueprint.industries.classes)
        .filter(|(at, class)| {
            class.terms.len() >= 4 && makers.get(at).is_some_and(|found| found.len() >= MAKERS.0)
        })
        .map(|(at, _)| (dice.bits(), at))
        .collect();
    classes.sort_unstable();
    let window = &blueprint.window;
    classes
        .into_iter()
        .filter_map(|(_, class)| {
            let terms = blueprint.industries.class(class)?.terms.clone();
            // Never the first term, which the lexicon lists as the most usual, and none as vague as a word of two.
            let telling: Vec<u16> =
                terms.skip(1).filter(|term| blueprint.industries.term(*term).chars().count() >= 3).collect();
            let product = *telling.get(dice.below(telling.len() as u32) as usize)?;
            let makers = makers.remove(&class)?;
            let span = (window.end - window.start) as u32;
            let since = window.start + (span / 2 + dice.below(span / 3)) as i32;
            Some(Gap { product, class, makers, since })
        })
        .take(blueprint.options.gap_count() as usize)
        .collect()
}

/// Days on which the makers of a scarce product leave, the last on the day the gap begins.
fn leaving(gap: &Gap) -> impl Iterator<Item = i32> + '_ {
    let last = gap.makers.len() as i32 - 1;
    (0..=last).map(move |at| gap.since - (last - at) * 30)
}

/// Large suppliers that fail, drawn among those with the most pull.
fn failures(blueprint: &Blueprint, drafts: &[Draft], roles: &mut FxHashMap<u32, Role>) {
    let wanted = blueprint.options.failure_count() as usize;
    let window = &blueprint.window;
    let old = |index: u32| blueprint.founded(index) + 365 < window.start;
    let mut large: Vec<(u32, u32)> = drafts
        .iter()
        .zip(0u32..)
        .filter(|(draft, index)| draft.pull > 50.0 && old(*index) && !roles.contains_key(index))
        // Bits of positive floats are in the order of the floats.
        .map(|(draft, index)| (draft.pull.to_bits(), index))
        .collect();
    large.sort_unstable_by(|a, b| b.cmp(a));
    large.truncate(wanted * LARGE_PER_FAILURE);
    let mut dice = Dice::of(blueprint.options.seed, Stream::Role, 1);
    let mut drawn: Vec<(u64, u32)> = large.into_iter().map(|(_, index)| (dice.bits(), index)).collect();
    drawn.sort_unstable();
    let span = f64::from(window.end - window.start) - 2.0 * DAYS_PER_MONTH;
    for ((_, index), event) in drawn.into_iter().take(wanted).zip(0u32..) {
        let day = window.start + (DAYS_PER_MONTH + dice.unit() * span.max(1.0)) as i32;
        roles.insert(index, Role::Failing { event, day });
    }
}
