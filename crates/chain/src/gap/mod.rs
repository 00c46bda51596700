//! What a region's chain lacks, why, and what to do first (强链、补链、延链、固链).
//!
//! Invariant: pure functions of plain numbers; the caller brings products, links, firms and makers by number.
//! [`assess`] is the way in; [`complexity`] supplies density and PCI, [`dominators`] the single points every way
//! to a final product needs, [`backtest`] the honesty figure that belongs beside every density.

mod assess;
mod backtest;
mod capacity;
pub mod complexity;
pub mod dominators;
mod draw;
mod input;
mod reasons;
mod result;

pub use assess::assess;
pub use backtest::{Backtest, backtest};
pub use input::{GapFirm, GapInput, GapLink, GapMaker, GapParameters, GapProduct, GapRelation};
pub use result::{GapAction, GapAssessment, GapListed, GapLists, GapNode, GapState};

/// The formula, as shown to users, Chinese.
pub const FORMULA_ZH: &str = "完整度 C = Σ w·存在度 ÷ Σ w；存在度 = min(1, 本地能力 ÷ 需求)；能力 = Σ 置信度 × \
     (1 + log₁₀(1 + 注册资本 ÷ 1000万元))，有实测产能时用产能；需求 = 对照地区能力 × 本地下游占对照下游的份额\
     （无本地下游时用本地占对照全链能力的份额）；w = 价值份额（无产值时为 ln(1 + 对照地区能力)）× 关键度；\
     关键度 = (必需 2，否则 1) × (1 + ln(1 + 依赖它的下游产品数))。断点：存在度接近 0；堵点：外部占比、供应商集中度 \
     HHI 超过阈值，或绕不开的单一本地来源；弱点：区位商 LQ 或生产率低于阈值。";
/// The formula, as shown to users, English.
pub const FORMULA_EN: &str = "Completeness C = Σ w·presence ÷ Σ w; presence = min(1, local capacity ÷ need); \
     capacity = Σ confidence × (1 + log₁₀(1 + registered capital ÷ 10 million CNY)), or measured capacity where \
     known; need = capacity of the comparison region × local share of its downstream (without local downstream: \
     the local share of the whole chain); w = value share (without values: ln(1 + capacity of the comparison \
     region)) × criticality; criticality = (2 if essential, else 1) × (1 + ln(1 + downstream products that depend \
     on it)). Break: presence near 0; choke: external share or supplier concentration HHI above its threshold, or \
     an unavoidable single local source; weak: location quotient LQ or productivity below its threshold.";
