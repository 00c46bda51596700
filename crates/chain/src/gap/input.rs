//! What a gap assessment reads, and the knobs it has.

/// One product of the chain; its number is its place in [`GapInput::products`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GapProduct {
    /// Name, used in reasons.
    pub name: String,
    /// Marked essential to the chain.
    pub essential: bool,
    /// Whether this is a final product of the chain.
    pub is_final: bool,
    /// Yearly output in the comparison region, CNY, where statistics exist (all products or none is used).
    pub value: Option<f64>,
    /// Share of the region's use that is bought from outside, 0..1, where known; replaces the proxy.
    pub external_share: Option<f64>,
    /// Density of the product for the region (see [`super::complexity`]), 0..1.
    pub density: Option<f64>,
    /// Product complexity index, standard deviations.
    pub pci: Option<f64>,
    /// Output per employee (or another productivity), region ÷ comparison, where known; replaces the proxy.
    pub productivity_ratio: Option<f64>,
}

/// How the first product of a link serves the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapRelation {
    /// The first is used to make the second.
    Input,
    /// The second is a kind of the first.
    KindOf,
}

/// A link between two products of the chain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GapLink {
    /// Upstream or general product.
    pub from: u32,
    /// Downstream or specific product.
    pub to: u32,
    /// What the link says.
    pub relation: GapRelation,
    /// Whether the second cannot be made without the first.
    pub essential: bool,
    /// Confidence × decay, 0..1.
    pub weight: f64,
}

/// One firm; its number is its place in [`GapInput::firms`].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct GapFirm {
    /// In the region under assessment. A local firm counts as compared too.
    pub local: bool,
    /// In the comparison region (the nation by default).
    pub compared: bool,
    /// Registered capital, CNY.
    pub capital_cny: Option<f64>,
    /// Systemic risk of the firm (ESRI or any score that rises with risk).
    pub risk: Option<f64>,
}

/// One firm makes one product.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GapMaker {
    /// Product number.
    pub product: u32,
    /// Firm number.
    pub firm: u32,
    /// How sure we are that it makes it, 0..1.
    pub confidence: f64,
    /// Yearly capacity in the product's own unit, where known (used when every maker of the product has one).
    pub capacity: Option<f64>,
}

/// Everything an assessment reads.
#[derive(Debug, Clone, Copy)]
pub struct GapInput<'a> {
    /// The chain's products.
    pub products: &'a [GapProduct],
    /// Links among them.
    pub links: &'a [GapLink],
    /// Firms, local and compared.
    pub firms: &'a [GapFirm],
    /// Who makes what.
    pub makers: &'a [GapMaker],
    /// Name of the region, used in reasons.
    pub region_name: &'a str,
}

/// Thresholds; the defaults are the published ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GapParameters {
    /// Presence below which a product is a break, 0..1.
    pub break_presence: f64,
    /// External share above which a product is a choke, 0..1.
    pub external_share_threshold: f64,
    /// Supplier concentration (HHI, 0..1) above which a product is a choke.
    pub hhi_threshold: f64,
    /// Local firms on record from which a concentration is judged at all. HHI is at least 1/n: with four firms or
    /// fewer it passes 1/4 by arithmetic, not because supply is concentrated.
    pub concentration_firms_min: u32,
    /// LQ below which a product is weak.
    pub lq_threshold: f64,
    /// Productivity (or capital per firm) ratio below which a product is weak.
    pub productivity_threshold: f64,
    /// Quantile of density and PCI among the chain's products from which a value counts as high, 0..1.
    pub high_quantile: f64,
    /// Resamples behind the interval of completeness, 0 (no interval) … 2,000.
    pub resamples: u32,
    /// Seed of the resamples.
    pub seed: u64,
}

impl GapParameters {
    /// Whether so many known firms are enough to call their supply concentrated: at least the minimum, and so many
    /// that equal firms would stay below the threshold.
    #[must_use]
    pub fn judges_concentration(&self, firms: u32) -> bool {
        firms >= self.concentration_firms_min && f64::from(firms) * self.hhi_threshold > 1.0
    }
}

impl Default for GapParameters {
    fn default() -> Self {
        Self {
            break_presence: 0.05,
            external_share_threshold: 0.5,
            hhi_threshold: 0.25,
            concentration_firms_min: 5,
            lq_threshold: 1.0,
            productivity_threshold: 0.8,
            high_quantile: 0.5,
            resamples: 200,
            seed: 20_260_101,
        }
    }
}
