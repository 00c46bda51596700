//! What a region's chain lacks, why, and what to do first (强链、补链、延链、固链).
//!
//! Invariant: pure functions of plain numbers; the caller brings products, links, firms and makers by number.
//! [`assess`] is the way in; [`complexity`] supplies density and PCI, [`dominators`] the single points every way
//! to a final product needs, [`backtest`] the honesty figure that belongs beside every density.

mod assess;
mod backtest;
mod capacity;
mod check;
pub mod complexity;
pub mod dominators;
mod draw;
mod input;
mod interval;
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
     关键度 = (必需 2，否则 1) × (1 + ln(1 + 依赖它的下游产品数))。90 % 区间 = (C + z²/2n ± z·√(C(1−C)/n + z²/4n²)) ÷ \
     (1 + z²/n)，z = 1.645，n = C(1−C) ÷ s²（不少于 1，不多于已知企业的置信度之和），s² 为对企业重抽样所得 C 的方差；\
     区间必含 C。断点：存在度接近 0；堵点：外部占比超过阈值，或供应商集中度 HHI 超过阈值（已知企业不少于 5 家且多于 \
     1 ÷ 阈值才判断），或绕不开的单一本地来源；弱点：区位商 LQ 或生产率低于阈值；数据不足：HHI 超过阈值但已知企业太少。\
     补链：断点且关联密度高；强链：LQ > 1 而生产率低（既无生产率又无资本数据时，以产品复杂度低于本链分位代替）；\
     延链：缺失、上游本地有、产品复杂度高；固链：企业风险前 10 % 且供应集中或为绕不开的单一来源。";
/// The formula, as shown to users, English.
pub const FORMULA_EN: &str = "Completeness C = Σ w·presence ÷ Σ w; presence = min(1, local capacity ÷ need); \
     capacity = Σ confidence × (1 + log₁₀(1 + registered capital ÷ 10 million CNY)), or measured capacity where \
     known; need = capacity of the comparison region × local share of its downstream (without local downstream: \
     the local share of the whole chain); w = value share (without values: ln(1 + capacity of the comparison \
     region)) × criticality; criticality = (2 if essential, else 1) × (1 + ln(1 + downstream products that depend \
     on it)). 90 % interval = (C + z²/2n ± z·√(C(1−C)/n + z²/4n²)) ÷ (1 + z²/n), z = 1.645, n = C(1−C) ÷ s² (at \
     least 1, at most the sum of the known firms' confidence), s² the variance of C over resamples of firms; it \
     always holds C. Break: presence near 0; choke: external share above its threshold, or supplier concentration \
     HHI above its threshold (judged from 5 known firms on and only where they are more than 1 ÷ threshold), or an \
     unavoidable single local source; weak: location quotient LQ or productivity below its threshold; insufficient \
     data: HHI above its threshold with too few known firms. Complete (补链): a break with high density; strengthen \
     (强链): LQ > 1 but low productivity (without productivity and capital: complexity below the chain's quantile); \
     extend (延链): absent, upstream present, complex; stabilise (固链): a firm in the top decile of risk, and supply \
     concentrated or a single unavoidable source.";
