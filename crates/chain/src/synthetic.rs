//! Simulated networks for benches and tests. **Never real data**: firm names say 模拟 and so must every screen.

#![expect(clippy::indexing_slicing, reason = "indices are drawn below the length")]

use crate::error::Result;
use crate::esri::network::Sale;
use crate::esri::{Essentiality, Need, SupplyNetwork};
use rustc_hash::FxHashSet;

/// Sectors of the simulated economy.
const SECTORS: u32 = 40;

/// Firms that sell to final demand only: they buy, nobody in the network buys from them.
const FINAL_SHARE: f64 = 0.3;

/// Links that run against the order of the tiers and so close loops.
const BACKWARD_SHARE: f64 = 0.15;

/// A small deterministic generator (SplitMix64, Steele et al., OOPSLA 2014): equal seeds give equal networks on
/// every platform, which a general library does not promise across versions.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// A generator for this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in 0 … below−1; `below` must be above 0.
    pub fn below(&mut self, below: u32) -> u32 {
        ((u128::from(self.bits()) * u128::from(below)) >> 64) as u32
    }
}

/// A simulated supply network with heavy-tailed degrees and amounts: firm size is Pareto (tail exponent 1.2), ends
/// of links are drawn in proportion to the square root of size, amounts follow size and a log-uniform factor. Each
/// firm has a tier between raw material and consumer; most links run downstream, three in ten firms sell to final
/// demand only, as goods must leave a real network somewhere (without that, losses circle almost undiminished).
///
/// # Errors
/// When `firms` or `links` is zero.
pub fn synthetic_network(firms: u32, links: u32, seed: u64) -> Result<SupplyNetwork> {
    let simulated = Simulated::new(firms, links, seed);
    let need =
        Essentiality::from_rows(&simulated.need).unwrap_or_else(|| Essentiality::uniform(1, Need::Ordinary));
    let names = (1..=firms).map(|n| format!("模拟企业{n:05}")).collect();
    SupplyNetwork::new(names, simulated.sector, &simulated.sales, &need)
}

/// The parts of a simulated network, for writing it to files; see [`synthetic_network`].
#[derive(Debug, Clone)]
pub struct Simulated {
    /// Sector of each firm, from 0.
    pub sector: Vec<u32>,
    /// Yearly sales.
    pub sales: Vec<Sale>,
    /// Need of each buying sector (column) for each supplying sector (row).
    pub need: Vec<Vec<Need>>,
}

impl Simulated {
    /// Draw a network; the same arguments draw the same one.
    #[must_use]
    pub fn new(firms: u32, links: u32, seed: u64) -> Self {
        draw(firms, links, seed)
    }
}

fn draw(firms: u32, links: u32, seed: u64) -> Simulated {
    let mut dice = Dice::new(seed);
    let size: Vec<f64> = (0..firms).map(|_| (1.0 - dice.unit()).powf(-1.0 / 1.2).min(1e5)).collect();
    let tier: Vec<f64> = (0..firms).map(|_| dice.unit()).collect();
    let sector: Vec<u32> = (0..firms).map(|_| dice.below(SECTORS)).collect();
    let mut cumulative = Vec::with_capacity(size.len());
    let mut sum = 0.0;
    for s in &size {
        sum += s.sqrt();
        cumulative.push(sum);
    }
    let draw = |dice: &mut Dice| {
        let target = dice.unit() * sum;
        (cumulative.partition_point(|&c| c <= target) as u32).min(firms.saturating_sub(1))
    };
    let possible = u64::from(firms) * u64::from(firms.saturating_sub(1));
    let wanted = u64::from(links).min(possible / 2) as usize;
    let mut seen: FxHashSet<(u32, u32)> = FxHashSet::default();
    let mut sales = Vec::with_capacity(wanted);
    // A tiny or almost complete network may run out of pairs: then it stays smaller than asked.
    let (mut tries, tries_max) = (0u64, 1_000 + 100 * wanted as u64);
    while sales.len() < wanted {
        let (mut supplier, mut buyer) = (draw(&mut dice), draw(&mut dice));
        let downstream = tier[supplier as usize] < tier[buyer as usize];
        if downstream == (dice.unit() < BACKWARD_SHARE) {
            std::mem::swap(&mut supplier, &mut buyer);
        }
        tries += 1;
        let final_only = tier[supplier as usize] > 1.0 - FINAL_SHARE;
        if tries > tries_max {
            break;
        }
        if supplier == buyer || final_only || !seen.insert((supplier, buyer)) {
            continue;
        }
        let scale = (size[supplier as usize] * size[buyer as usize]).sqrt();
        sales.push(Sale { supplier, buyer, amount: scale * 10f64.powf(2.0 * dice.unit()) });
    }
    let need = (0..SECTORS)
        .map(|_| {
            (0..SECTORS)
                .map(|_| match dice.below(10) {
                    0..3 => Need::Essential,
                    3..8 => Need::Ordinary,
                    _ => Need::Irrelevant,
                })
                .collect()
        })
        .collect();
    Simulated { sector, sales, need }
}
