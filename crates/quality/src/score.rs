//! The score (质量评分), with its formula.
//!
//! S = 100 · Σ_d W_d·S_d / Σ_d W_d over the dimensions d that have rules, and S_d = Σ_r w_r·s_r / Σ_r w_r over its rules r.
//! s_r is the share of the rows checked that passed; for a check of the whole table 1 where it passed and 0 where not; 0
//! where the rule could not be measured. Rules that checked no row, or wait for a baseline, do not count.
//! w_r is 1, 2, 4, 8 by severity, W_d is 1 unless the rules say otherwise. There is no threshold in it on purpose: a
//! rule that fails narrowly costs little, and whether a rule failed is told beside the score.

use brain_kernel::language::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::outcome::{Outcome, Standing};
use crate::rule::{Dimension, Rules};

/// A score and what it is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityScore")]
pub struct Score {
    /// 0 to 100; none where no rule counts.
    pub value: Option<f64>,
    /// One part per dimension with rules.
    pub parts: Vec<ScorePart>,
    /// The formula in words.
    pub formula: Text,
}

/// What one dimension adds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityScorePart")]
pub struct ScorePart {
    /// Dimension.
    pub dimension: Dimension,
    /// 0 to 100; none where no rule counts.
    pub value: Option<f64>,
    /// W_d.
    pub weight: f64,
    /// Rules of it.
    pub rules: u64,
    /// Of these: passed.
    pub passed: u64,
    /// Of these: failed.
    pub failed: u64,
    /// Of these: not measured.
    pub unmeasured: u64,
}

/// The formula as people read it.
#[must_use]
pub fn formula() -> Text {
    Text::new(
        "评分 = 100 × Σ(维度权重 × 维度得分) ÷ Σ维度权重；维度得分 = Σ(规则权重 × 规则合格率) ÷ Σ规则权重。\
         规则权重按严重程度：提示 1、警告 2、错误 4、严重 8。整表检查通过计 1、未通过计 0；未能检查计 0；\
         没有要检查的行或尚无基线的规则不计入。",
        "Score = 100 × Σ(weight of dimension × its part) ÷ Σ weights; part = Σ(weight of rule × share that passed) ÷ Σ weights. \
         A rule weighs 1, 2, 4, 8 as info, warning, error, critical. A check of the whole table counts 1 or 0, one that could \
         not be measured 0; a rule with no row to check or no baseline yet does not count.",
    )
}

/// The share a rule adds; none where it does not count.
fn share(outcome: &Outcome) -> Option<f64> {
    match outcome.standing {
        Standing::Waiting => None,
        Standing::Unmeasured => Some(0.0),
        Standing::Passed | Standing::Failed => match (outcome.share, outcome.at_least) {
            (Some(share), _) => Some(share),
            // About rows, and there was none.
            (None, Some(_)) => None,
            (None, None) => Some(if outcome.standing == Standing::Passed { 1.0 } else { 0.0 }),
        },
    }
}

pub(crate) fn score(rules: &Rules, outcomes: &[Outcome]) -> Score {
    let part = |dimension: Dimension| {
        let of: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.dimension == dimension).collect();
        if of.is_empty() {
            return None;
        }
        let (sum, weights) = of.iter().fold((0.0, 0.0), |(sum, weights), outcome| match share(outcome) {
            None => (sum, weights),
            Some(share) => {
                let weight = outcome.severity.weight();
                (sum + weight * share, weights + weight)
            }
        });
        let standing = |wanted| of.iter().filter(|outcome| outcome.standing == wanted).count() as u64;
        Some(ScorePart {
            dimension,
            value: (weights > 0.0).then(|| 100.0 * sum / weights),
            weight: rules.weights.get(&dimension).copied().unwrap_or(1.0),
            rules: of.len() as u64,
            passed: standing(Standing::Passed),
            failed: standing(Standing::Failed),
            unmeasured: standing(Standing::Unmeasured),
        })
    };
    let parts: Vec<ScorePart> = Dimension::ALL.into_iter().filter_map(part).collect();
    let (sum, weights) = parts.iter().fold((0.0, 0.0), |(sum, weights), part| match part.value {
        None => (sum, weights),
        Some(value) => (sum + part.weight * value, weights + part.weight),
    });
    Score { value: (weights > 0.0).then(|| sum / weights), parts, formula: formula() }
}
