//! What a gap assessment says.

use brain_kernel::language::Text;
use serde::Serialize;

/// The state of a product in the region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GapState {
    /// 断点: presence about 0.
    Break,
    /// 堵点: bought from outside, concentrated, or a single source.
    Choke,
    /// 弱点: there, but less or less productive than elsewhere.
    Weak,
    /// 数据不足: there, but too few firms are on record to judge how concentrated supply is.
    Insufficient,
    /// 正常
    Ok,
}

/// What to do about a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GapAction {
    /// 强链: the region is specialised in it, but not strong.
    Strengthen,
    /// 补链: absent, and close to what the region can do.
    Complete,
    /// 延链: absent, next downstream of what the region does well, and complex.
    Extend,
    /// 固链: concentrated on firms that carry systemic risk.
    Stabilise,
}

/// One product assessed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GapNode {
    /// Product number of the input.
    pub product: u32,
    /// min(1, capacity ÷ need), 0..1.
    pub presence: f64,
    /// False when no firm is known to make it anywhere: presence is then unknown, shown as 0, and the product does
    /// not count towards completeness.
    pub known: bool,
    /// Local firms that make it (or a kind of it).
    pub firms: u32,
    /// Other known firms that make it.
    pub firms_elsewhere: u32,
    /// Local capacity; unit: see `capacity_measured`.
    pub capacity_proxy: f64,
    /// Need, same unit.
    pub need_proxy: f64,
    /// True: the product's own unit of capacity; false: the proxy, in firms of 10 million CNY or less.
    pub capacity_measured: bool,
    /// Location quotient against the comparison region, ≥ 0.
    pub lq: Option<f64>,
    /// Concentration of local supply, 1/n … 1; `None` without local supply.
    pub hhi: Option<f64>,
    /// Share bought from outside, 0..1; a proxy unless known.
    pub external_share: f64,
    /// Density as given.
    pub density: Option<f64>,
    /// PCI as given.
    pub pci: Option<f64>,
    /// Productivity, or capital per firm, against the comparison region.
    pub productivity_ratio: Option<f64>,
    /// Weight in completeness; all weights sum to 1.
    pub weight: f64,
    /// Products that need it, directly or not.
    pub dependents: u32,
    /// No way to a final product avoids it.
    pub unavoidable: bool,
    /// State.
    pub state: GapState,
    /// Why, with the numbers.
    pub reasons: Vec<Text>,
    /// The first thing to do.
    pub action: Option<GapAction>,
}

/// An entry of one of the four lists.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GapListed {
    /// Product number of the input.
    pub product: u32,
    /// Urgency, 0..1.
    pub score: f64,
    /// Why it stands on this list.
    pub reason: Text,
}

/// The four lists, most urgent first.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct GapLists {
    /// 强链
    pub strengthen: Vec<GapListed>,
    /// 补链
    pub complete: Vec<GapListed>,
    /// 延链
    pub extend: Vec<GapListed>,
    /// 固链
    pub stabilise: Vec<GapListed>,
}

/// The assessment of a chain in a region.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GapAssessment {
    /// C = Σ w·presence ÷ Σ w over known products, 0..1; `None` when no product is known.
    pub completeness: Option<f64>,
    /// 90 % interval of completeness, which always holds it; `None` without resamples.
    pub interval: Option<(f64, f64)>,
    /// Every product, in input order.
    pub nodes: Vec<GapNode>,
    /// Four lists of actions.
    pub lists: GapLists,
    /// Products with no known maker anywhere.
    pub unknown: u32,
    /// How the numbers were made.
    pub formula: Text,
    /// What is a proxy and what is missing.
    pub uncertainty: Text,
}
