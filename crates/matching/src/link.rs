//! Matching two files, or one with itself, from records to pairs.

use crate::assign;
use crate::block::Candidates;
use crate::compare::{Comparator, NOT_COMPARED, Outcome, comparators};
use crate::error::{MatchError, Result};
use crate::model::{self, Histogram, Model, Observation, Weights, probability, train};
use crate::prepare::{LEFT, Prepared};
use crate::records::Records;
use crate::specification::{Assignment, Specification};
use brain_kernel::language::Text;
use brain_kernel::progress::{Cancel, Progress};
use rand::rngs::SmallRng;
use rand::seq::index;
use rand::{RngExt as _, SeedableRng as _};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::Serialize;

/// Left records compared between two looks at the token.
const CHUNK: usize = 512;
/// What rivals are weighed with is kept down to this probability.
const RIVAL: f64 = 0.01;

/// Two records that are thought one thing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pair {
    /// Place in the left file (of one file: the earlier record), from 0.
    pub left: u32,
    /// Place in the right file (of one file: the later record), from 0.
    pub right: u32,
    /// Probability that they are one thing.
    pub probability: f64,
    /// log₂ odds: the prior, the evidence of every field, and what relatives take off; before rivals are weighed.
    pub weight: f32,
}

/// What one field says about a pair.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence<'a> {
    /// The field.
    pub field: &'a str,
    /// How it was compared.
    pub method: &'a str,
    /// The level of agreement; `None` where a value is missing or another comparison says it already.
    pub level: Option<&'a Text>,
    /// Evidence in bits: positive for, negative against.
    pub bits: f32,
}

/// The result.
#[derive(Debug)]
pub struct Linkage {
    /// Pairs at or above the threshold, by left record, then right.
    pub pairs: Vec<Pair>,
    /// What EM found.
    pub model: Model,
    /// Pairs that were compared.
    pub compared: u64,
    /// Records under keys too frequent to propose anything; large numbers mean the keys need narrowing.
    pub skipped: u64,
    /// Comparisons left out because a file has no such column: their fields.
    pub absent: Vec<String>,
    /// By pair, one outcome a comparison.
    outcomes: Vec<Outcome>,
    weights: Weights,
}

impl Linkage {
    /// What each field says about a pair of [`Linkage::pairs`], in the order of the specification.
    #[must_use]
    pub fn evidence(&self, pair: usize) -> Vec<Evidence<'_>> {
        let count = self.model.comparisons.len();
        let range = pair * count..(pair + 1) * count;
        let outcomes = self.outcomes.get(range).unwrap_or_default();
        let comparisons = self.model.comparisons.iter().zip(outcomes).enumerate();
        comparisons
            .map(|(at, (comparison, outcome))| Evidence {
                field: &comparison.field,
                method: &comparison.method,
                level: comparison.levels.get(usize::from(outcome.level)).map(|level| &level.name),
                bits: self.weights.bits(at, *outcome),
            })
            .collect()
    }

    /// What each comparison found of a pair of [`Linkage::pairs`], as numbers: the place of the level in
    /// [`Linkage::model`], `None` where it was not compared, and the bits.
    pub fn levels(&self, pair: usize) -> impl Iterator<Item = (Option<u8>, f32)> + '_ {
        let count = self.model.comparisons.len();
        let outcomes = self.outcomes.get(pair * count..(pair + 1) * count).unwrap_or_default();
        outcomes.iter().enumerate().map(|(at, outcome)| {
            let level = (outcome.level != NOT_COMPARED).then_some(outcome.level);
            (level, self.weights.bits(at, *outcome))
        })
    }

    /// Bits taken from a pair of [`Linkage::pairs`] because relatives would look like it too; 0 or less.
    #[must_use]
    pub fn kin_bits(&self, pair: usize) -> f32 {
        let count = self.model.comparisons.len();
        self.weights.kin_bits(self.outcomes.get(pair * count..(pair + 1) * count).unwrap_or_default())
    }
}

/// Find the pairs of two files.
pub fn link(
    left: &Records,
    right: &Records,
    specification: &Specification,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Linkage> {
    run(left, Some(right), specification, progress, cancel)
}

/// Find the pairs within one file.
pub fn dedupe(
    records: &Records,
    specification: &Specification,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Linkage> {
    run(records, None, specification, progress, cancel)
}

fn run(
    left: &Records,
    right: Option<&Records>,
    specification: &Specification,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Linkage> {
    specification.check()?;
    progress.begin("规范化", "Normalising", 0);
    let prepared = Prepared::new(left, right, specification, cancel)?;
    let comparators = comparators(specification, &prepared);
    if comparators.is_empty() {
        return Err(nothing_to_compare(specification));
    }
    let candidates = Candidates::new(&prepared, specification, progress, cancel)?;
    let work = Work {
        specification,
        prepared: &prepared,
        comparators: &comparators,
        candidates: &candidates,
        progress,
        cancel,
    };
    let model = work.train()?;
    let weights = Weights::new(&model);
    let mut found = work.score(&weights)?;
    if specification.assignment == Assignment::OneToOne {
        assign::one_to_one(&mut found.pairs, prepared.rows, prepared.same);
    }
    let compared = found.compared;
    let (pairs, outcomes) = found.above(specification.threshold, comparators.len());
    let bound: Vec<usize> = comparators.iter().map(|c| c.place).collect();
    let absent = specification.comparisons.iter().enumerate().filter(|(place, _)| !bound.contains(place));
    let absent = absent.map(|(_, comparison)| comparison.field.clone()).collect();
    Ok(Linkage { pairs, model, compared, skipped: candidates.skipped, absent, outcomes, weights })
}

fn nothing_to_compare(specification: &Specification) -> MatchError {
    let names: Vec<&str> = specification
        .fields
        .iter()
        .flat_map(|field| [field.name.as_str()].into_iter().chain(field.columns.iter().map(String::as_str)))
        .collect();
    MatchError::NothingToCompare { looked_for: names.join(", ") }
}

/// Scored pairs before the threshold.
#[derive(Default)]
struct Scored {
    pairs: Vec<Pair>,
    outcomes: Vec<Outcome>,
    compared: u64,
}

impl Scored {
    /// Pairs at or above the threshold with their outcomes.
    fn above(self, threshold: f64, comparisons: usize) -> (Vec<Pair>, Vec<Outcome>) {
        let (mut pairs, mut outcomes) = (Vec::new(), Vec::new());
        for (pair, seen) in self.pairs.iter().zip(self.outcomes.chunks(comparisons)) {
            if pair.probability >= threshold {
                pairs.push(*pair);
                outcomes.extend_from_slice(seen);
            }
        }
        (pairs, outcomes)
    }

    fn append(mut self, mut other: Self) -> Self {
        self.pairs.append(&mut other.pairs);
        self.outcomes.append(&mut other.outcomes);
        self.compared += other.compared;
        self
    }
}

struct Work<'a> {
    specification: &'a Specification,
    prepared: &'a Prepared,
    comparators: &'a [Comparator<'a>],
    candidates: &'a Candidates,
    progress: &'a Progress,
    cancel: &'a Cancel,
}

impl Work<'_> {
    fn all_pairs(&self) -> f64 {
        let [left, right] = self.prepared.rows.map(|rows| rows as f64);
        if self.prepared.same { left * (left - 1.0).max(0.0) / 2.0 } else { left * right }
    }

    fn train(&self) -> Result<Model> {
        self.progress.begin("估计参数", "Estimating parameters", 0);
        let rows = self.prepared.rows[LEFT];
        let proposed: usize = (0..rows).map(|row| self.candidates.at_most(row)).sum();
        let training = &self.specification.training;
        let wanted = training.proposed_pairs as usize;
        let sample = if proposed <= wanted { rows } else { (rows * wanted / proposed).clamp(1, rows) };
        let mut random = SmallRng::seed_from_u64(training.seed);
        let chosen: Vec<usize> = if sample == rows {
            (0..rows).collect()
        } else {
            index::sample(&mut random, rows, sample).into_vec()
        };
        let histogram = Histogram {
            proposed: self.observe(&chosen)?,
            random: self.random_levels(&mut random),
            weight: rows as f64 / sample.max(1) as f64,
            all_pairs: self.all_pairs(),
            expected: self.expected(),
        };
        let trained = train(self.comparators, &histogram, training.rounds);
        Ok(Model {
            prior: trained.parameters.prior,
            kin_prior: trained.parameters.kin_prior,
            comparisons: model::describe(self.comparators, self.specification, &trained.parameters),
            rounds: trained.rounds,
            log_likelihood: trained.log_likelihood,
        })
    }

    /// True pairs before looking: half the smaller file, a fifth of one.
    fn expected(&self) -> f64 {
        let [left, right] = self.prepared.rows.map(|rows| rows as f64);
        if self.prepared.same { left * 0.2 } else { left.min(right) * 0.5 }
    }

    fn observe(&self, rows: &[usize]) -> Result<FxHashMap<Observation, u32>> {
        rows.par_chunks(CHUNK)
            .map(|rows| {
                if self.cancel.is_cancelled() {
                    return Err(MatchError::Cancelled);
                }
                let (mut seen, mut rights, mut outcomes) = (FxHashMap::default(), Vec::new(), Vec::new());
                for row in rows {
                    self.candidates.of(*row, &mut rights);
                    for right in &rights {
                        self.compare(*row, *right as usize, &mut outcomes);
                        *seen.entry(Observation::new(&outcomes, self.comparators)).or_insert(0) += 1;
                    }
                }
                Ok(seen)
            })
            .try_reduce(FxHashMap::default, |mut a, mut b| {
                if a.len() < b.len() {
                    std::mem::swap(&mut a, &mut b);
                }
                for (observation, count) in b {
                    *a.entry(observation).or_insert(0) += count;
                }
                Ok(a)
            })
    }

    /// Shares of levels among random pairs, by comparison.
    fn random_levels(&self, random: &mut SmallRng) -> Vec<Vec<f64>> {
        let mut counts: Vec<Vec<f64>> = self.comparators.iter().map(|c| vec![0.0; c.levels.len()]).collect();
        let [left, right] = self.prepared.rows;
        if left == 0 || right == 0 || (self.prepared.same && left < 2) {
            return counts;
        }
        let wanted = self.specification.training.random_pairs as usize;
        let mut drawn = 0.0;
        let mut outcomes = Vec::new();
        for _ in 0..wanted {
            let (a, b) = (random.random_range(0..left), random.random_range(0..right));
            if self.prepared.same && a == b {
                continue;
            }
            drawn += 1.0;
            self.compare(a, b, &mut outcomes);
            for (counts, outcome) in counts.iter_mut().zip(&outcomes) {
                if let Some(count) = counts.get_mut(usize::from(outcome.level)) {
                    *count += 1.0;
                }
            }
        }
        for count in counts.iter_mut().flatten() {
            *count /= f64::max(drawn, 1.0);
        }
        counts
    }

    fn compare(&self, left: usize, right: usize, out: &mut Vec<Outcome>) {
        out.clear();
        out.extend(self.comparators.iter().map(|comparator| comparator.compare(left, right)));
    }

    fn score(&self, weights: &Weights) -> Result<Scored> {
        let rows: Vec<usize> = (0..self.prepared.rows[LEFT]).collect();
        self.progress.begin("比较", "Comparing", rows.len() as u64);
        let keep = match self.specification.assignment {
            Assignment::ManyToMany => self.specification.threshold,
            Assignment::OneToOne => self.specification.threshold.min(RIVAL),
        };
        let parts: Vec<Scored> = rows
            .par_chunks(CHUNK)
            .map(|rows| {
                if self.cancel.is_cancelled() {
                    return Err(MatchError::Cancelled);
                }
                let scored = self.score_rows(rows, weights, keep);
                self.progress.add(rows.len() as u64);
                Ok(scored)
            })
            .collect::<Result<_>>()?;
        Ok(parts.into_iter().fold(Scored::default(), Scored::append))
    }

    fn score_rows(&self, rows: &[usize], weights: &Weights, keep: f64) -> Scored {
        let mut scored = Scored::default();
        let (mut rights, mut outcomes) = (Vec::new(), Vec::new());
        for row in rows {
            self.candidates.of(*row, &mut rights);
            scored.compared += rights.len() as u64;
            for right in &rights {
                self.compare(*row, *right as usize, &mut outcomes);
                let weight = weights.weight(&outcomes);
                let probability = probability(f64::from(weight));
                if probability >= keep && outcomes.iter().any(|outcome| outcome.level != NOT_COMPARED) {
                    scored.pairs.push(Pair { left: *row as u32, right: *right, probability, weight });
                    scored.outcomes.extend_from_slice(&outcomes);
                }
            }
        }
        scored
    }
}
