//! Parameters (参数) and how they are found.
//!
//! Three kinds of pairs: one thing, relatives, chance. The middle kind is that of Larsen and Rubin (2001): without it
//! two firms of a group, or two people of a household, look like one with a few disagreements.
#![expect(clippy::indexing_slicing, reason = "levels are at most sixteen, comparisons numbered by the model")]

mod train;

pub(crate) use train::{Histogram, Observation, train};

use crate::compare::{Comparator, NOT_COMPARED, Outcome};
use brain_kernel::language::Text;
use serde::{Deserialize, Serialize};

/// What EM found, for reading and for the record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Probability that two random records are one thing.
    pub prior: f64,
    /// Probability that they are relatives: related, and two; 0 where no comparison would tell.
    pub kin_prior: f64,
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
    /// Share of pairs of relatives at this level; `None` where they agree by chance only.
    pub kin: Option<f64>,
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
#[derive(Debug)]
pub(crate) struct Weights {
    /// log₂ odds of a random pair.
    prior: f32,
    /// log₂ of relatives over chance pairs; `None` where there are no relatives.
    kin_prior: Option<f32>,
    tables: Vec<Table>,
}

/// One comparison: bits by level.
#[derive(Debug)]
struct Table {
    bits: [f32; 16],
    /// Bits of relatives over chance.
    kin: [f32; 16],
    by_rarity: [bool; 16],
    shared_by_kin: bool,
}

impl Weights {
    pub(crate) fn new(model: &Model) -> Self {
        let table = |comparison: &ComparisonModel| {
            let mut table =
                Table { bits: [0.0; 16], kin: [0.0; 16], by_rarity: [false; 16], shared_by_kin: false };
            for (at, level) in comparison.levels.iter().enumerate().take(16) {
                // With rarity the chance is the value's own frequency, so only the share counts here.
                let over =
                    |share: f64| if level.by_rarity { share.log2() } else { (share / level.u).log2() } as f32;
                table.bits[at] = over(level.m);
                table.by_rarity[at] = level.by_rarity;
                if let Some(kin) = level.kin {
                    (table.kin[at], table.shared_by_kin) = (over(kin), true);
                }
            }
            table
        };
        let chance = 1.0 - model.prior - model.kin_prior;
        Self {
            prior: (model.prior / chance).log2() as f32,
            kin_prior: (model.kin_prior > 0.0).then(|| (model.kin_prior / chance).log2() as f32),
            tables: model.comparisons.iter().map(table).collect(),
        }
    }

    /// Bits of one comparison's outcome, true over chance.
    pub(crate) fn bits(&self, comparison: usize, outcome: Outcome) -> f32 {
        if outcome.level == NOT_COMPARED {
            return 0.0;
        }
        let (table, at) = (&self.tables[comparison], usize::from(outcome.level));
        table.bits[at] + if table.by_rarity[at] { outcome.rarity } else { 0.0 }
    }

    /// Bits taken from a pair because relatives would look like this too: −log₂(1 + relatives over chance).
    pub(crate) fn kin_bits(&self, outcomes: &[Outcome]) -> f32 {
        let Some(mut bits) = self.kin_prior else { return 0.0 };
        for (outcome, table) in outcomes.iter().zip(&self.tables) {
            if outcome.level != NOT_COMPARED && table.shared_by_kin {
                let at = usize::from(outcome.level);
                bits += table.kin[at] + if table.by_rarity[at] { outcome.rarity } else { 0.0 };
            }
        }
        // log₂(1 + 2^x) without overflow.
        -(bits.max(0.0) + (-bits.abs()).exp2().ln_1p() / std::f32::consts::LN_2)
    }

    /// log₂ odds of a pair.
    pub(crate) fn weight(&self, outcomes: &[Outcome]) -> f32 {
        let sum: f32 = outcomes.iter().enumerate().map(|(at, outcome)| self.bits(at, *outcome)).sum();
        self.prior + sum + self.kin_bits(outcomes)
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
            kin: parameters.kin(place, at),
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
