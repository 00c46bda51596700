//! Parameters (参数) and how they are found.

mod train;

pub(crate) use train::{Histogram, Observation, train};

use crate::compare::{Comparator, NOT_COMPARED};
use brain_kernel::language::Text;
use serde::{Deserialize, Serialize};

/// What EM found, for reading and for the record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Probability that two random records are one thing.
    pub prior: f64,
    /// The comparisons that took part.
    pub comparisons: Vec<ComparisonModel>,
    /// Rounds of EM until nothing moved, or the most that were allowed.
    pub rounds: u32,
    /// Log-likelihood after each round (natural logarithm, with the prior's pseudo-counts), never falling.
    pub log_likelihood: Vec<f64>,
}

/// The parameters of one comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparisonModel {
    /// The field.
    pub field: String,
    /// How it is compared, as in the specification.
    pub method: String,
    /// Its levels, the best agreement first.
    pub levels: Vec<LevelModel>,
}

/// The parameters of one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelModel {
    /// What the level means.
    pub name: Text,
    /// Share of true pairs at this level.
    pub m: f64,
    /// Share of chance pairs at this level.
    pub u: f64,
    /// Whether the weight also goes by the rarity of the shared value.
    pub by_rarity: bool,
}

impl LevelModel {
    /// Evidence of the level in bits, log₂(m/u), before rarity.
    #[must_use]
    pub fn bits(&self) -> f64 {
        (self.m / self.u).log2()
    }
}

/// The model as tables for scoring.
pub(crate) struct Weights {
    /// log₂ odds of a random pair.
    pub(crate) prior: f64,
    /// By comparison and level: bits, and what is added to the rarity where it counts.
    tables: Vec<[Option<f32>; 16]>,
    rarity: Vec<[bool; 16]>,
}

impl Weights {
    pub(crate) fn new(model: &Model) -> Self {
        let (mut tables, mut rarity) = (Vec::new(), Vec::new());
        for comparison in &model.comparisons {
            let (mut bits, mut rare) = ([None; 16], [false; 16]);
            for ((slot, by), level) in bits.iter_mut().zip(&mut rare).zip(&comparison.levels) {
                // With rarity the chance is the value's own frequency, so only m counts here.
                *slot = Some(if level.by_rarity { level.m.log2() } else { level.bits() } as f32);
                *by = level.by_rarity;
            }
            tables.push(bits);
            rarity.push(rare);
        }
        Self { prior: (model.prior / (1.0 - model.prior)).log2(), tables, rarity }
    }

    /// Bits of one comparison's outcome.
    pub(crate) fn bits(&self, comparison: usize, outcome: crate::compare::Outcome) -> f32 {
        if outcome.level == NOT_COMPARED {
            return 0.0;
        }
        let place = usize::from(outcome.level);
        let found = self.tables.get(comparison).and_then(|table| table.get(place)).copied().flatten();
        let by = self.rarity.get(comparison).and_then(|table| table.get(place)).copied().unwrap_or(false);
        found.unwrap_or(0.0) + if by { outcome.rarity } else { 0.0 }
    }
}

/// Probability of log₂ odds.
pub(crate) fn probability(bits: f64) -> f64 {
    1.0 / (1.0 + (-bits).exp2())
}

/// The model before EM, for reading.
pub(crate) fn describe(
    comparators: &[Comparator<'_>],
    specification: &crate::Specification,
    parameters: &train::Parameters,
) -> Vec<ComparisonModel> {
    let of = |(place, comparator): (usize, &Comparator<'_>)| {
        let comparison = specification.comparisons.get(comparator.place);
        let levels = comparator.levels.iter().enumerate().map(|(at, level)| LevelModel {
            name: level.name.clone(),
            m: parameters.m(place, at),
            u: parameters.u(place, at),
            by_rarity: level.by_rarity,
        });
        let method = comparison
            .and_then(|c| toml::Value::try_from(c.method).ok())
            .and_then(|v| v.as_str().map(str::to_owned));
        ComparisonModel {
            field: comparison.map(|c| c.field.clone()).unwrap_or_default(),
            method: method.unwrap_or_default(),
            levels: levels.collect(),
        }
    };
    comparators.iter().enumerate().map(of).collect()
}
