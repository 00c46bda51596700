//! EM over all pairs of two files (Winkler 1988, after Dempster, Laird and Rubin 1977), without a label.
//!
//! Pairs no blocking key proposed count as false; how they agree is estimated from random pairs. Proposed pairs carry
//! the rest. So the chance of a level is that of all pairs, not of proposed ones, and needs no correction for
//! blocking. At levels that go by rarity the chance is the frequency of the shared value and is not estimated.
#![expect(clippy::indexing_slicing, reason = "comparisons and levels are numbered by the comparators")]

use crate::compare::{Comparator, Level, NOT_COMPARED, Outcome};
use rustc_hash::FxHashMap;
use std::f64::consts::LN_2;

/// Bins of rarity in one bit.
const BINS: f32 = 4.0;
/// Pseudo-counts: true pairs that agree as the defaults say, and chance pairs that do.
const TRUE_PAIRS: f64 = 50.0;
/// How much the expected number of true pairs counts against what is seen: where names alone are compared, chance and
/// truth explain the pairs about as well, and nothing else holds the prior.
const EXPECTED_SHARE: f64 = 0.1;
/// Pairs of relatives likewise, and the share of all pairs that stands for chance as the defaults say: a level nobody
/// reaches by chance in these files could still be.
const KIN_PAIRS: f64 = 50.0;
const CHANCE_SHARE: f64 = 0.005;
/// The least of these pairs: a list of ten says nothing about chance.
const CHANCE_LEAST: f64 = 1000.0;
/// Pairs of relatives thought to be for each true one before looking.
const KIN_EXPECTED: f64 = 0.2;
/// EM ends when no parameter of a true pair moved by more.
const STILL: f64 = 1e-5;

/// A pair as EM sees it: four bits a comparison, and the sums of rarities in bins, of the fields relatives share and
/// of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Observation {
    pattern: u64,
    rarity: [i16; 2],
}

impl Observation {
    pub(crate) fn new(outcomes: &[Outcome], comparators: &[Comparator<'_>]) -> Self {
        let pattern = outcomes.iter().rev().fold(0, |bits, outcome| bits << 4 | u64::from(outcome.level));
        let (mut kin, mut all) = (0.0, 0.0);
        for (outcome, comparator) in outcomes.iter().zip(comparators) {
            all += outcome.rarity;
            kin += if comparator.kin { outcome.rarity } else { 0.0 };
        }
        Self { pattern, rarity: [kin, all].map(|bits| (bits * BINS).round() as i16) }
    }

    fn level(self, comparison: usize) -> u8 {
        (self.pattern >> (4 * comparison) & 15) as u8
    }

    fn rarity(self) -> [f64; 2] {
        self.rarity.map(|bins| f64::from(bins) / f64::from(BINS))
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
    /// Share of pairs of relatives; 0 where no comparison tells relatives from one thing.
    pub(crate) kin_prior: f64,
    m: Vec<Vec<f64>>,
    u: Vec<Vec<f64>>,
    /// By comparison; empty where relatives agree by chance only.
    kin: Vec<Vec<f64>>,
}

impl Parameters {
    pub(crate) fn m(&self, comparison: usize, level: usize) -> f64 {
        self.m[comparison][level]
    }

    pub(crate) fn u(&self, comparison: usize, level: usize) -> f64 {
        self.u[comparison][level]
    }

    pub(crate) fn kin(&self, comparison: usize, level: usize) -> Option<f64> {
        self.kin[comparison].get(level).copied()
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
    /// Whether relatives share the field, by comparison; all false where that would tell nothing.
    kin: Vec<bool>,
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
    kin_pairs: f64,
    m: Vec<Vec<f64>>,
    u: Vec<Vec<f64>>,
    kin: Vec<Vec<f64>>,
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
        let moved = moved.chain([(&parameters.prior, &next.prior)]);
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
        let mut kin: Vec<bool> = comparators.iter().map(|c| c.kin).collect();
        if kin.iter().all(|k| *k) {
            // Nothing tells relatives from one thing: then there is one kind of agreement only.
            kin.fill(false);
        }
        let proposed_pairs: f64 = proposed.iter().map(|(_, count)| count).sum();
        Self {
            levels: comparators.iter().map(|c| c.levels.as_slice()).collect(),
            kin,
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
        let kin_prior = if self.has_kin() { prior * KIN_EXPECTED } else { 0.0 };
        let of = |share: fn(&Level) -> f64| {
            self.levels.iter().map(|levels| shares(levels.iter().map(share).collect())).collect()
        };
        Parameters { prior, kin_prior, m: of(|level| level.m), ..self.maximise(&sums) }
    }

    fn has_kin(&self) -> bool {
        self.kin.contains(&true)
    }

    fn nothing(&self) -> Expected {
        let zeros = || self.levels.iter().map(|levels| vec![0.0; levels.len()]).collect();
        Expected {
            true_pairs: 0.0,
            kin_pairs: 0.0,
            m: zeros(),
            u: zeros(),
            kin: zeros(),
            log_likelihood: 0.0,
        }
    }

    /// Natural logarithms of how likely a true pair, relatives and a chance pair are to look so.
    fn likelihoods(&self, logs: &Logs, observation: Observation) -> [f64; 3] {
        let [mut as_true, mut as_kin, mut as_chance] = [0.0, 0.0, 0.0];
        for comparison in 0..self.levels.len() {
            let level = observation.level(comparison);
            if level == NOT_COMPARED {
                continue;
            }
            let chance = logs.u[comparison][usize::from(level)];
            as_true += logs.m[comparison][usize::from(level)];
            as_chance += chance;
            as_kin += logs.kin[comparison].get(usize::from(level)).copied().unwrap_or(chance);
        }
        let [kin, all] = observation.rarity();
        // Relatives share the fields relatives share for a reason, and the others by chance.
        let kin = if self.has_kin() { kin } else { 0.0 };
        [as_true, as_kin - (all - kin) * LN_2, as_chance - all * LN_2]
    }

    fn expect(&self, parameters: &Parameters) -> Expected {
        let logs = self.logs(parameters);
        let priors = priors(parameters);
        let mut sums = self.nothing();
        sums.log_likelihood = self.outside(parameters, &logs);
        for (observation, count) in &self.proposed {
            let [yes, kin, no] = self.likelihoods(&logs, *observation);
            let terms = [priors[0] + yes, priors[1] + kin, priors[2] + no];
            let greatest = terms.into_iter().fold(f64::MIN, f64::max);
            let total = greatest + terms.iter().map(|term| (term - greatest).exp()).sum::<f64>().ln();
            sums.log_likelihood += count * total;
            let [yes, kin, no] = terms.map(|term| (term - total).exp() * count);
            sums.true_pairs += yes;
            sums.kin_pairs += kin;
            for comparison in 0..self.levels.len() {
                let level = usize::from(observation.level(comparison));
                if level == usize::from(NOT_COMPARED) {
                    continue;
                }
                sums.m[comparison][level] += yes;
                if self.kin[comparison] {
                    sums.kin[comparison][level] += kin;
                    sums.u[comparison][level] += no;
                } else {
                    sums.u[comparison][level] += no + kin;
                }
            }
        }
        sums
    }

    /// Log-likelihood of the pairs nobody proposed, and of the pseudo-counts.
    fn outside(&self, parameters: &Parameters, logs: &Logs) -> f64 {
        let [yes, kin, no] = priors(parameters);
        let [seen, others] = self.imagined();
        let mut sum = self.not_proposed * no + seen * yes + others * no;
        if self.has_kin() {
            sum += KIN_EXPECTED * kin;
        }
        for (comparison, levels) in self.levels.iter().enumerate() {
            for (at, level) in levels.iter().enumerate() {
                sum += TRUE_PAIRS * level.m * logs.m[comparison][at];
                if self.kin[comparison] {
                    sum += KIN_PAIRS * level.kin * logs.kin[comparison][at];
                }
                if !level.by_rarity {
                    sum += self.chance_count(comparison, at, level) * logs.u[comparison][at];
                }
            }
        }
        sum
    }

    fn imagined_chance(&self) -> f64 {
        (CHANCE_SHARE * self.all_pairs).max(CHANCE_LEAST)
    }

    /// Pseudo-counts of the prior: true pairs and others.
    fn imagined(&self) -> [f64; 2] {
        [EXPECTED_SHARE * self.expected, EXPECTED_SHARE * self.all_pairs]
    }

    /// Chance pairs at a level that were not proposed, with the pseudo-counts.
    fn chance_count(&self, comparison: usize, at: usize, level: &Level) -> f64 {
        self.not_proposed * self.random[comparison][at] + self.imagined_chance() * level.u
    }

    fn maximise(&self, sums: &Expected) -> Parameters {
        let [seen, others] = self.imagined();
        let all = self.all_pairs + seen + others;
        let all = if self.has_kin() { all + KIN_EXPECTED } else { all };
        let prior = ((sums.true_pairs + seen) / all).clamp(1e-15, 0.49);
        let kin_prior =
            if self.has_kin() { ((sums.kin_pairs + KIN_EXPECTED) / all).clamp(1e-15, 0.49) } else { 0.0 };
        let mut found = Parameters { prior, kin_prior, m: Vec::new(), u: Vec::new(), kin: Vec::new() };
        for (comparison, levels) in self.levels.iter().enumerate() {
            let counts = |of: &dyn Fn(usize, &Level) -> f64| {
                levels.iter().enumerate().map(|(at, l)| of(at, l)).collect()
            };
            found.m.push(shares(counts(&|at, level| sums.m[comparison][at] + TRUE_PAIRS * level.m)));
            found.kin.push(if self.kin[comparison] {
                shares(counts(&|at, level| sums.kin[comparison][at] + KIN_PAIRS * level.kin))
            } else {
                Vec::new()
            });
            let chance = &self.chance[comparison];
            let left = 1.0 - chance.iter().sum::<f64>();
            let by_count = shares(counts(&|at, level| {
                if level.by_rarity {
                    0.0
                } else {
                    sums.u[comparison][at] + self.chance_count(comparison, at, level)
                }
            }));
            found.u.push(by_count.iter().zip(chance).map(|(share, chance)| chance + left * share).collect());
        }
        found
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
        Logs {
            m: table(&parameters.m, false),
            kin: table(&parameters.kin, false),
            u: table(&parameters.u, true),
        }
    }
}

/// Natural logarithms of the shares of true pairs, relatives and chance pairs.
fn priors(parameters: &Parameters) -> [f64; 3] {
    let chance = 1.0 - parameters.prior - parameters.kin_prior;
    [parameters.prior.ln(), parameters.kin_prior.ln(), chance.ln()]
}

/// Counts over their sum.
fn shares(counts: Vec<f64>) -> Vec<f64> {
    let sum: f64 = counts.iter().sum();
    counts.into_iter().map(|count| count / sum).collect()
}

struct Logs {
    m: Vec<Vec<f64>>,
    /// Empty for comparisons relatives agree on by chance only.
    kin: Vec<Vec<f64>>,
    /// 0 at levels whose chance is in the rarity.
    u: Vec<Vec<f64>>,
}
