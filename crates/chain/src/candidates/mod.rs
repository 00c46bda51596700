//! Which firms could fill a gap (沿链招商), and why each one.
//!
//! score = capability·0.5 + neighbour·0.2 + region·0.2 + size·0.1, each part 0..1, so the score is 0..1 and the
//! weights of the reasons add up to it. Without a region asked for, its weight goes to the others in proportion.
//! - capability: the strongest statement "already does something like it": strength of [`Capability`] × confidence;
//! - neighbour: 1 − Π(1 − weight × confidence) over the products next to it in the chain that the firm makes;
//! - region: same county 1, same city 0.8, same province 0.5;
//! - size: percentile of registered capital among all firms (see [`size_percentiles`]), 0 when unknown.
//!
//! Only firms with some capability or neighbour are candidates. Cost: one pass over the given lists and a heap of
//! `limit` entries; firms that no list names cost nothing.

#![expect(clippy::indexing_slicing, reason = "`check` refuses every posting out of range")]

mod reasons;

use crate::error::{ChainError, Result};
use brain_kernel::language::Text;
use brain_kernel::region::RegionCode;
use serde::Serialize;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

const CAPABILITY_WEIGHT: f64 = 0.5;
const NEIGHBOUR_WEIGHT: f64 = 0.2;
const REGION_WEIGHT: f64 = 0.2;
const SIZE_WEIGHT: f64 = 0.1;
/// Most candidates one call returns.
const LIMIT_MAX: usize = 10_000;

/// The formula, as shown to users, Chinese.
pub const FORMULA_ZH: &str = "得分 = 0.5·能力 + 0.2·链上相邻 + 0.2·同地区 + 0.1·规模。能力取最强证据 × 置信度：生产本产品 1.0，\
     生产其小类 0.9，生产其大类或同类 0.6，投入品相近 0.5 × 重合度，同国民经济行业 0.25；同县 1、同市 0.8、同省 0.5；\
     规模为注册资本分位。未指定地区时其权重按比例分给其余三项。";
/// The formula, as shown to users, English.
pub const FORMULA_EN: &str = "Score = 0.5·capability + 0.2·neighbour in the chain + 0.2·region + 0.1·size. Capability \
     is the strongest evidence × confidence: makes the product 1.0, a kind of it 0.9, its general product or a \
     sibling 0.6, shares inputs 0.5 × overlap, same GB/T 4754 class 0.25; same county 1, city 0.8, province 0.5; size \
     is the percentile of registered capital. Without a region its weight goes to the other three in proportion.";

/// Why a list of firms may be able to make the product.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Capability {
    /// Makes the product itself (elsewhere).
    Same,
    /// Makes a kind of it.
    Kind,
    /// Makes what it is a kind of.
    General,
    /// Makes another kind of the same general product.
    Sibling,
    /// Makes a product whose inputs overlap with its inputs.
    SharedInputs {
        /// Shared inputs ÷ all inputs of both (Jaccard), 0..1.
        overlap: f64,
    },
    /// Registered in the same GB/T 4754 class.
    Industry,
}

impl Capability {
    /// How much the statement says, 0..1, before confidence.
    #[must_use]
    pub fn strength(self) -> f64 {
        match self {
            Self::Same => 1.0,
            Self::Kind => 0.9,
            Self::General | Self::Sibling => 0.6,
            Self::SharedInputs { overlap } => 0.5 * overlap,
            Self::Industry => 0.25,
        }
    }
}

/// Which way a product next to the target lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neighbour {
    /// It goes into the target.
    Upstream,
    /// The target goes into it.
    Downstream,
}

/// What a list of firms is evidence of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statement {
    /// A capability.
    Capability(Capability),
    /// A neighbour in the chain, with the weight of the link, 0..1.
    Neighbour(Neighbour, f64),
}

/// A firm in a list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Posting {
    /// Firm number, below [`CandidateInput::firms`].
    pub firm: u32,
    /// How sure we are, 0..1.
    pub confidence: f32,
}

/// Firms that share a statement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence<'a> {
    /// What holds for them.
    pub statement: Statement,
    /// The product (or industry class) the statement is about, used in reasons.
    pub about: &'a str,
    /// The firms, in any order.
    pub postings: &'a [Posting],
}

/// Everything a ranking reads.
#[derive(Debug, Clone, Copy)]
pub struct CandidateInput<'a> {
    /// Number of firms that exist.
    pub firms: u32,
    /// Region of each firm; may be empty when no region is asked for.
    pub region_of: &'a [Option<RegionCode>],
    /// Size percentile of each firm, from [`size_percentiles`]; may be empty.
    pub size_percentile: &'a [f32],
    /// Inverted lists, one per statement.
    pub evidence: &'a [Evidence<'a>],
    /// Region to settle in.
    pub region: Option<RegionCode>,
    /// Firms to leave out (those that make it there already), in any order.
    pub exclude: &'a [u32],
    /// How many to return.
    pub limit: usize,
}

/// Kind of a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// 能力
    Capability,
    /// 链上相邻
    Neighbour,
    /// 地区
    Region,
    /// 规模
    Size,
}

/// One part of a score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// Which part.
    pub kind: ReasonKind,
    /// In words.
    pub text: Text,
    /// What it adds to the score.
    pub weight: f64,
}

/// A ranked firm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// Firm number.
    pub firm: u32,
    /// 0..1; the weights of the reasons sum to it.
    pub score: f64,
    /// Parts above 0, heaviest first.
    pub reasons: Vec<Reason>,
}

/// Rank firms: highest score first, equal scores by firm number.
pub fn rank(input: &CandidateInput<'_>) -> Result<Vec<Candidate>> {
    check(input)?;
    let weights = Weights::of(input.region.is_some());
    let tally = Tally::of(input);
    let mut best: BinaryHeap<Reverse<Ranked>> = BinaryHeap::with_capacity(input.limit.saturating_add(1));
    for &firm in &tally.touched {
        let score = weights.parts(input, &tally, firm).iter().sum();
        let ranked = Ranked { score, firm };
        if best.len() < input.limit {
            best.push(Reverse(ranked));
        } else if best.peek().is_some_and(|Reverse(last)| ranked > *last) {
            best.pop();
            best.push(Reverse(ranked));
        }
    }
    let chosen = best.into_sorted_vec();
    Ok(chosen.into_iter().map(|Reverse(r)| explain(input, &weights, &tally, r)).collect())
}

/// Percentile (mid-rank, 0..1) of each size among the known ones; 0 for unknown. Computed once per snapshot.
#[must_use]
pub fn size_percentiles(sizes: &[Option<f64>]) -> Vec<f32> {
    let known = |s: &Option<f64>| s.filter(|v| v.is_finite());
    let mut sorted: Vec<f64> = sizes.iter().filter_map(known).collect();
    sorted.sort_by(f64::total_cmp);
    let percentile = |size: f64| {
        let below = sorted.partition_point(|s| *s < size);
        let up_to = sorted.partition_point(|s| *s <= size);
        ((below + up_to) as f64 / 2.0 / sorted.len() as f64) as f32
    };
    sizes.iter().map(|s| known(s).map_or(0.0, percentile)).collect()
}

fn check(input: &CandidateInput<'_>) -> Result<()> {
    let refuse = |name, value: String, must_be| Err(ChainError::Parameter { name, value, must_be });
    if !(1..=LIMIT_MAX).contains(&input.limit) {
        return refuse("limit", input.limit.to_string(), "1 … 10000");
    }
    for evidence in input.evidence {
        let scale = match evidence.statement {
            Statement::Capability(capability) => capability.strength(),
            Statement::Neighbour(_, weight) => weight,
        };
        if !(0.0..=1.0).contains(&scale) {
            return refuse("evidence", format!("{:?}", evidence.statement), "0 … 1");
        }
        let bad = |p: &&Posting| p.firm >= input.firms || !(0.0..=1.0).contains(&p.confidence);
        if let Some(posting) = evidence.postings.iter().find(bad) {
            return refuse("posting", format!("{posting:?}"), "firm < firms, confidence 0 … 1");
        }
    }
    Ok(())
}

/// What the lists say about each firm.
struct Tally {
    capability: Vec<f32>,
    /// Π(1 − weight × confidence).
    alone: Vec<f32>,
    /// Place in `evidence` of the strongest capability; `u32::MAX` = none.
    strongest: Vec<u32>,
    touched: Vec<u32>,
}

impl Tally {
    fn of(input: &CandidateInput<'_>) -> Self {
        let firms = input.firms as usize;
        let mut tally = Self {
            capability: vec![0.0; firms],
            alone: vec![1.0; firms],
            strongest: vec![u32::MAX; firms],
            touched: Vec::new(),
        };
        let mut seen = vec![false; firms];
        for &firm in input.exclude {
            if let Some(slot) = seen.get_mut(firm as usize) {
                *slot = true;
            }
        }
        for (place, evidence) in input.evidence.iter().enumerate() {
            for posting in evidence.postings {
                let firm = posting.firm as usize;
                let gain = match evidence.statement {
                    Statement::Capability(capability) => {
                        let gain = capability.strength() as f32 * posting.confidence;
                        if gain > tally.capability[firm] {
                            tally.capability[firm] = gain;
                            tally.strongest[firm] = place as u32;
                        }
                        gain
                    }
                    Statement::Neighbour(_, weight) => {
                        let gain = weight as f32 * posting.confidence;
                        tally.alone[firm] *= 1.0 - gain;
                        gain
                    }
                };
                if gain > 0.0 && !std::mem::replace(&mut seen[firm], true) {
                    tally.touched.push(posting.firm);
                }
            }
        }
        tally
    }
}

/// The weights in use; they sum to 1.
struct Weights([f64; 4]);

impl Weights {
    fn of(region: bool) -> Self {
        let region_weight = if region { REGION_WEIGHT } else { 0.0 };
        let sum = CAPABILITY_WEIGHT + NEIGHBOUR_WEIGHT + region_weight + SIZE_WEIGHT;
        Self([CAPABILITY_WEIGHT, NEIGHBOUR_WEIGHT, region_weight, SIZE_WEIGHT].map(|w| w / sum))
    }

    /// Capability, neighbour, region and size of a firm, each times its weight.
    fn parts(&self, input: &CandidateInput<'_>, tally: &Tally, firm: u32) -> [f64; 4] {
        let at = firm as usize;
        let region = input.region.zip(input.region_of.get(at).copied().flatten());
        let size = input.size_percentile.get(at).copied().filter(|s| (0.0..=1.0).contains(s));
        let [capability, neighbour, place, by_size] = self.0;
        [
            capability * f64::from(tally.capability[at]),
            neighbour * f64::from(1.0 - tally.alone[at]),
            place * region.map_or(0.0, |(wanted, own)| nearness(wanted, own)),
            by_size * f64::from(size.unwrap_or(0.0)),
        ]
    }
}

/// 1 inside the wanted region or in the same county, 0.8 in the same city, 0.5 in the same province.
fn nearness(wanted: RegionCode, own: RegionCode) -> f64 {
    if wanted.contains(&own) {
        1.0
    } else if wanted.province() != own.province() {
        0.0
    } else if wanted.city() == own.city() {
        0.8
    } else {
        0.5
    }
}

fn explain(input: &CandidateInput<'_>, weights: &Weights, tally: &Tally, ranked: Ranked) -> Candidate {
    let at = ranked.firm as usize;
    let parts = weights.parts(input, tally, ranked.firm);
    let kinds = [ReasonKind::Capability, ReasonKind::Neighbour, ReasonKind::Region, ReasonKind::Size];
    let text = |kind| match kind {
        ReasonKind::Capability => input
            .evidence
            .get(tally.strongest[at] as usize)
            .map(|e| reasons::capability(e.statement, e.about, tally.capability[at])),
        ReasonKind::Neighbour => Some(reasons::neighbours(&neighbours(input, ranked.firm))),
        ReasonKind::Region => input
            .region_of
            .get(at)
            .copied()
            .flatten()
            .map(|own| reasons::region(own, input.region.map_or(0.0, |wanted| nearness(wanted, own)))),
        ReasonKind::Size => input.size_percentile.get(at).map(|p| reasons::size(*p)),
    };
    let mut reasons: Vec<Reason> = kinds
        .into_iter()
        .zip(parts)
        .filter(|(_, weight)| *weight > 0.0)
        .filter_map(|(kind, weight)| Some(Reason { kind, text: text(kind)?, weight }))
        .collect();
    reasons.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    Candidate { firm: ranked.firm, score: ranked.score, reasons }
}

/// The neighbouring products a firm makes. Only asked for the few firms that are returned.
fn neighbours<'a>(input: &CandidateInput<'a>, firm: u32) -> Vec<(Neighbour, &'a str)> {
    let named = |e: &Evidence<'a>| match e.statement {
        Statement::Neighbour(way, _) if e.postings.iter().any(|p| p.firm == firm) => Some((way, e.about)),
        _ => None,
    };
    input.evidence.iter().filter_map(named).collect()
}

/// Greater = better: a higher score, then a lower firm number.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ranked {
    score: f64,
    firm: u32,
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.firm.cmp(&self.firm))
    }
}

#[cfg(test)]
mod tests;
