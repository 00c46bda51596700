//! What the failure of a large supplier does to its customers and to theirs: known truth for warnings and ranks.
//!
//! A customer that loses a share of its inputs loses a part of its business for some months, until it has found
//! somebody else; its own customers lose in proportion. Two steps are followed, as the third is lost in noise.

use crate::calendar::DAYS_PER_MONTH;
use crate::dice::{Dice, Stream};
use crate::error::{Error, Result};
use crate::link::Links;
use crate::world::{BATCH, Role, Shock, World};
use brain_kernel::progress::{Cancel, Progress};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Steps followed.
pub(crate) const DEPTH_MAX: u8 = 2;
/// Losses below this are not worth a line.
const LOSS_MIN: f64 = 0.02;
/// Losses below this do not reach customers.
const LOSS_PASSED_ON_MIN: f64 = 0.1;
/// A business that lost every input still sells from stock.
const LOSS_MAX: f64 = 0.9;

/// A supplier that delivers less from a day on.
#[derive(Debug, Clone, Copy)]
struct Source {
    event: u32,
    begins: i32,
    loss: f64,
}

/// Follow every failure.
pub(crate) fn spread(world: &mut World, progress: &Progress, cancel: &Cancel) -> Result<()> {
    let mut sources: FxHashMap<u32, Source> = world
        .roles
        .iter()
        .filter_map(|(index, role)| match role {
            Role::Failing { event, day } => Some((*index, Source { event: *event, begins: *day, loss: 1.0 })),
            Role::LastMaker { .. } => None,
        })
        .collect();
    for depth in 1..=DEPTH_MAX {
        if sources.is_empty() {
            break;
        }
        let hits = step(world, &sources, depth, progress, cancel)?;
        sources = hits
            .iter()
            .filter(|shock| shock.loss >= LOSS_PASSED_ON_MIN)
            .map(|shock| (shock.hit, Source { event: shock.event, begins: shock.begins, loss: shock.loss }))
            .collect();
        world.shocks.extend(hits);
        world.shocks.sort_by_key(|shock| (shock.hit, shock.depth, shock.event, shock.via));
    }
    Ok(())
}

/// Everybody who buys from one of the sources on the day it fails.
fn step(
    world: &World,
    sources: &FxHashMap<u32, Source>,
    depth: u8,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Vec<Shock>> {
    let count = world.blueprint.options.enterprises;
    progress.begin("推演供应中断", "Following supplier failures", u64::from(count));
    let batches: Vec<u32> = (0..count).step_by(BATCH).collect();
    let hits: Vec<Vec<Shock>> = batches
        .par_iter()
        .map_init(Links::default, |links, from| {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let to = from.saturating_add(BATCH as u32).min(count);
            let mut hits = Vec::new();
            for buyer in *from..to {
                if !sources.contains_key(&buyer) && world.shocks_of(buyer).is_empty() {
                    links.of(world, buyer);
                    hits.extend(hit(world, links, buyer, sources, depth));
                }
            }
            progress.add(u64::from(to - from));
            Ok(hits)
        })
        .collect::<Result<_>>()?;
    Ok(hits.into_iter().flatten().collect())
}

/// The worst loss of a buyer, if any of its suppliers is a source.
fn hit(
    world: &World,
    links: &Links,
    buyer: u32,
    sources: &FxHashMap<u32, Source>,
    depth: u8,
) -> Option<Shock> {
    let own = || links.found.iter().filter(|link| link.buyer == buyer);
    let mut worst: Option<Shock> = None;
    for link in own() {
        let Some(source) = sources.get(&link.supplier) else { continue };
        // A link to a failing supplier ends with it, so it is looked at on the day before.
        let before = source.begins - 1;
        if !link.alive(before) {
            continue;
        }
        let all: f64 = own().filter(|other| other.alive(before)).map(|other| other.yearly).sum();
        let mut dice = Dice::of(link.key, Stream::Shock, u64::from(depth));
        // How essential the input is: from a nuisance to a stop. Assumed.
        let essential = 0.3 + 0.7 * dice.unit();
        let loss = (source.loss * essential * link.yearly / all.max(1.0)).min(LOSS_MAX);
        if loss < LOSS_MIN || worst.is_some_and(|shock| shock.loss >= loss) {
            continue;
        }
        let begins = source.begins + (dice.exponential(0.5) * DAYS_PER_MONTH) as i32 + 1;
        let ends = begins + ((2.0 + 6.0 * dice.unit()) * DAYS_PER_MONTH) as i32;
        worst =
            Some(Shock { hit: buyer, event: source.event, depth, via: link.supplier, begins, ends, loss });
    }
    worst.filter(|shock| shock.begins < world.blueprint.window.end && shock.begins < world.fate(buyer).gone())
}
