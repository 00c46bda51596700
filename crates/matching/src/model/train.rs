//! EM over all pairs of two files (Winkler 1988, after Dempster, Laird and Rubin 1977), without a label.
//!
//! Pairs no blocking key proposed count as false; how they agree is estimated from random pairs. Proposed pairs carry
//! the rest. So the chance of a level is that of all pairs, not of proposed ones, and needs no correction for
//! blocking. At levels that go by rarity the chance is the frequency of the shared value and is not estimated.
#![expect(clippy::indexing_slicing, reason = "comparisons and levels are numbered by the comparators")]

use crate::compare::{Comparator, Level, NOT_COMPARED, Outcome};
use rustc_hash::FxHashMap;

/// Bins of rarity in one bit.
const BINS: f32 = 4.0;
/// Pseudo-counts: true pairs that agree as the defaults say, and chance pairs that do.
const TRUE_PAIRS: f64 = 10.0;
const CHANCE_PAIRS: f64 = 100.0;
/// EM ends when no parameter of a true pair moved by more.
const STILL: f64 = 1e-5;

/// A pair as EM sees it: four bits a comparison, and the sum of rarities in bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Observation {
    pattern: u64,
    rarity: i32,
}

impl Observation {
    pub(crate) fn new(outcomes: &[Outcome]) -> Self {
        let pattern = outcomes.iter().rev().fold(0, |bits, outcome| bits << 4 | u64::from(outcome.level));
        let rarity: f32 = outcomes.iter().map(|outcome| outcome.rarity).sum();
        Self { pattern, rarity: (rarity * BINS).round() as i32 }
    }

    fn level(self, comparison: usize) -> u8 {
        (self.pattern >> (4 * comparison) & 15) as u8
    }

    fn rarity(self) -> f64 {
        f64::from(self.rarity) / f64::from(BINS)
    }
}

/// How often each observation was made among proposed pairs, and levels among random ones.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    pub(crate) proposed: FxHashMap<Observation, u32>,
    /// By comparison and level: share of random pairs.
    pub(crate) random: Vec<Vec<f64>>,
    /// How many proposed pairs each observed one stands for.
    pub(crate) weight: f64,
    /// All pairs of the two files.
    pub(crate) all_pairs: f64,
    /// Pairs thought true before looking.
    pub(crate) expected: f64,
}

/// Shares by comparison and level.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parameters {
    pub(crate) prior: f64,
    m: Vec<Vec<f64>>,
    u: Vec<Vec<f64>>,
}

impl Parameters {
    pub(crate) fn m(&self, comparison: usize, level: usize) -> f64 {
        self.m[comparison][level]
    }

    pub(crate) fn u(&self, comparison: usize, level: usize) -> f64 {
        self.u[comparison][level]
    }
}

/// What EM left behind.
pub(crate) struct Trained {
    pub(crate) parameters: Parameters,
    pub(crate) rounds: u32,
    pub(crate) log_likelihood: Vec<f64>,
}

/// What is fixed while EM runs.
struct Fixed<'a> {
    levels: Vec<&'a [Level]>,
    /// Chance of levels that go by rarity.
    chance: Vec<Vec<f64>>,
    /// Sorted, so that sums do not depend on the order of a hash table.
    proposed: Vec<(Observation, f64)>,
    random: &'a [Vec<f64>],
    not_proposed: f64,
    all_pairs: f64,
    expected: f64,
}

/// Sums of one pass over the proposed pairs.
struct Expected {
    true_pairs: f64,
    m: Vec<Vec<f64>>,
    u: Vec<Vec<f64>>,
    log_likelihood: f64,
}

/// Find the parameters, at most `rounds` times round; none gives the starting values.
pub(crate) fn train(comparators: &[Comparator<'_>], histogram: &Histogram, rounds: u32) -> Trained {
    let fixed = Fixed::new(comparators, histogram);
    let mut parameters = fixed.start();
    let mut log_likelihood = Vec::new();
    let mut done = 0;
    while done < rounds {
        let sums = fixed.expect(&parameters);
        log_likelihood.push(sums.log_likelihood);
        let next = fixed.maximise(&sums);
        done += 1;
        let moved = parameters.m.iter().flatten().zip(next.m.iter().flatten());
        let still = moved.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) < STILL;
        parameters = next;
        if still {
            break;
        }
    }
    Trained { parameters, rounds: done, log_likelihood }
}

impl<'a> Fixed<'a> {
    fn new(comparators: &'a [Comparator<'_>], histogram: &'a Histogram) -> Self {
        let chance = comparators.iter().map(|comparator| {
            let chances: Vec<f64> = (0..comparator.levels.len())
                .map(|at| if comparator.levels[at].by_rarity { comparator.chance(at) } else { 0.0 })
                .collect();
            let sum: f64 = chances.iter().sum();
            // Two levels of a tiny file may both be certain; something must be left for the others.
            chances.into_iter().map(|c| if sum > 0.99 { c * 0.99 / sum } else { c }).collect()
        });
        let mut proposed: Vec<(Observation, f64)> = histogram
            .proposed
            .iter()
            .map(|(observation, count)| (*observation, f64::from(*count) * histogram.weight))
            .collect();
        proposed.sort_unstable_by_key(|(observation, _)| *observation);
        let proposed_pairs: f64 = proposed.iter().map(|(_, count)| count).sum();
        Self {
            levels: comparators.iter().map(|c| c.levels.as_slice()).collect(),
            chance: chance.collect(),
            not_proposed: (histogram.all_pairs - proposed_pairs).max(0.0),
            proposed,
            random: &histogram.random,
            all_pairs: histogram.all_pairs.max(1.0),
            expected: histogram.expected.max(0.5),
        }
    }

    /// True pairs as the defaults say; chance pairs as if every proposed pair were one, which errs on the safe side.
    fn start(&self) -> Parameters {
        let mut sums = self.nothing();
        for (observation, count) in &self.proposed {
            for comparison in 0..self.levels.len() {
                let level = observation.level(comparison);
                if level != NOT_COMPARED {
                    sums.u[comparison][usize::from(level)] += count;
                }
            }
        }
        let prior = (self.expected / self.all_pairs).clamp(1e-12, 0.5);
        let m = self.levels.iter().map(|levels| levels.iter().map(|level| level.m).collect()).collect();
        Parameters { prior, m, ..self.maximise(&sums) }
    }

    fn nothing(&self) -> Expected {
        let zeros = || self.levels.iter().map(|levels| vec![0.0; levels.len()]).collect();
        Expected { true_pairs: 0.0, m: zeros(), u: zeros(), log_likelihood: 0.0 }
    }

    /// Natural logarithm of how likely a true and a chance pair are to look so.
    fn likelihoods(&self, logs: &Logs, observation: Observation) -> (f64, f64) {
        let mut of = (0.0, -observation.rarity() * std::f64::consts::LN_2);
        for comparison in 0..self.levels.len() {
            let level = observation.level(comparison);
            if level == NOT_COMPARED {
                continue;
            }
            of.0 += logs.m[comparison][usize::from(level)];
            of.1 += logs.u[comparison][usize::from(level)];
        }
        of
    }

    fn expect(&self, parameters: &Parameters) -> Expected {
        let logs = self.logs(parameters);
        let (yes, no) = (parameters.prior.ln(), (1.0 - parameters.prior).ln());
        let mut sums = self.nothing();
        sums.log_likelihood = self.outside(parameters, &logs);
        for (observation, count) in &self.proposed {
            let (as_true, as_chance) = self.likelihoods(&logs, *observation);
            let (a, b) = (yes + as_true, no + as_chance);
            let greater = a.max(b);
            let total = greater + ((a - greater).exp() + (b - greater).exp()).ln();
            sums.log_likelihood += count * total;
            let share = (a - total).exp() * count;
            sums.true_pairs += share;
            for comparison in 0..self.levels.len() {
                let level = observation.level(comparison);
                if level != NOT_COMPARED {
                    sums.m[comparison][usize::from(level)] += share;
                    sums.u[comparison][usize::from(level)] += count - share;
                }
            }
        }
        sums
    }

    /// Log-likelihood of the pairs nobody proposed, and of the pseudo-counts.
    fn outside(&self, parameters: &Parameters, logs: &Logs) -> f64 {
        let (yes, no) = (parameters.prior.ln(), (1.0 - parameters.prior).ln());
        let mut sum = self.not_proposed * no + yes + self.all_pairs / self.expected * no;
        for (comparison, levels) in self.levels.iter().enumerate() {
            for (at, level) in levels.iter().enumerate() {
                sum += TRUE_PAIRS * level.m * logs.m[comparison][at];
                if !level.by_rarity {
                    let count = self.not_proposed * self.random[comparison][at] + CHANCE_PAIRS * level.u;
                    sum += count * logs.u[comparison][at];
                }
            }
        }
        sum
    }

    fn maximise(&self, sums: &Expected) -> Parameters {
        let prior = (sums.true_pairs + 1.0) / (self.all_pairs + 1.0 + self.all_pairs / self.expected);
        let (mut all_m, mut all_u) = (Vec::new(), Vec::new());
        for (comparison, levels) in self.levels.iter().enumerate() {
            let chance = &self.chance[comparison];
            let m: Vec<f64> =
                levels.iter().enumerate().map(|(at, level)| sums.m[comparison][at] + TRUE_PAIRS * level.m).collect();
            let u: Vec<f64> = levels
                .iter()
                .enumerate()
                .map(|(at, level)| {
                    if level.by_rarity {
                        return 0.0;
                    }
                    let outside = self.not_proposed * self.random[comparison][at];
                    sums.u[comparison][at] + outside + CHANCE_PAIRS * level.u
                })
                .collect();
            let (sum_m, sum_u) = (m.iter().sum::<f64>(), u.iter().sum::<f64>());
            let left = 1.0 - chance.iter().sum::<f64>();
            all_m.push(m.iter().map(|count| count / sum_m).collect());
            all_u.push(u.iter().zip(chance).map(|(count, chance)| chance + left * count / sum_u).collect());
        }
        Parameters { prior: prior.clamp(1e-15, 0.999), m: all_m, u: all_u }
    }

    fn logs(&self, parameters: &Parameters) -> Logs {
        let table = |shares: &[Vec<f64>], rarity_says_it: bool| {
            let of = |(shares, levels): (&Vec<f64>, &&[Level])| {
                let log = |(share, level): (&f64, &Level)| {
                    if rarity_says_it && level.by_rarity { 0.0 } else { share.ln() }
                };
                shares.iter().zip(levels.iter()).map(log).collect()
            };
            shares.iter().zip(&self.levels).map(of).collect()
        };
        Logs { m: table(&parameters.m, false), u: table(&parameters.u, true) }
    }
}

struct Logs {
    m: Vec<Vec<f64>>,
    /// 0 at levels whose chance is in the rarity.
    u: Vec<Vec<f64>>,
}
