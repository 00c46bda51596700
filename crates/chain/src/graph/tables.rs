//! Columns of products, of firms and of edges.

use super::csr::Csr;
use super::nodes::Nodes;
use super::strings::Strings;
use super::{FirmId, MakeRole, ProductId, Relation};
use crate::decay::Day;

/// Products.
pub type Products = Nodes<ProductId, ProductColumns>;

/// Firms.
pub type Firms = Nodes<FirmId, FirmColumns>;

/// What only products have.
#[derive(Debug, Clone, Default)]
pub struct ProductColumns {
    pub(super) names_en: Strings,
    pub(super) pinyin: Strings,
    pub(super) food: Vec<bool>,
}

/// What only firms have.
#[derive(Debug, Clone, Default)]
pub struct FirmColumns {
    pub(super) region: Vec<u32>,
    pub(super) capital_cny: Vec<f64>,
}

impl Products {
    /// English name; empty when unknown.
    #[must_use]
    pub fn name_en(&self, product: ProductId) -> &str {
        self.own.names_en.get(product.0)
    }

    /// Full pinyin without tones; empty when unknown.
    #[must_use]
    pub fn pinyin(&self, product: ProductId) -> &str {
        self.own.pinyin.get(product.0)
    }

    /// Whether it is food or medicine rather than an industrial good.
    #[must_use]
    pub fn is_food(&self, product: ProductId) -> bool {
        self.own.food.get(product.0 as usize).copied().unwrap_or(false)
    }

    pub(crate) fn pinyin_texts(&self) -> &Strings {
        &self.own.pinyin
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let own =
            self.own.names_en.memory_bytes() + self.own.pinyin.memory_bytes() + self.own.food.capacity();
        self.shared_bytes() + own
    }
}

impl Firms {
    /// Six-digit region code as a number; 0 when unknown.
    #[must_use]
    pub fn region(&self, firm: FirmId) -> u32 {
        self.own.region.get(firm.0 as usize).copied().unwrap_or(0)
    }

    /// Registered capital in CNY.
    #[must_use]
    pub fn capital_cny(&self, firm: FirmId) -> Option<f64> {
        self.own.capital_cny.get(firm.0 as usize).copied().filter(|capital| capital.is_finite())
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.shared_bytes() + self.own.region.capacity() * 4 + self.own.capital_cny.capacity() * 8
    }
}

/// Product → product.
#[derive(Debug, Clone, Default)]
pub(super) struct Links {
    pub(super) csr: Csr,
    pub(super) relation: Vec<Relation>,
    pub(super) essential: Vec<bool>,
    pub(super) confidence: Vec<f32>,
    pub(super) observed: Vec<Day>,
    pub(super) source: Vec<u32>,
}

impl Links {
    pub(super) fn len(&self) -> usize {
        self.csr.len()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.csr.memory_bytes()
            + self.relation.capacity()
            + self.essential.capacity()
            + self.confidence.capacity() * 4
            + self.observed.capacity() * 4
            + self.source.capacity() * 4
    }
}

/// Firm → product.
#[derive(Debug, Clone, Default)]
pub(super) struct Makes {
    pub(super) csr: Csr,
    pub(super) role: Vec<MakeRole>,
    /// Share of the firm's revenue, NaN = unknown.
    pub(super) share: Vec<f32>,
    pub(super) confidence: Vec<f32>,
    pub(super) observed: Vec<Day>,
    pub(super) source: Vec<u32>,
}

impl Makes {
    pub(super) fn len(&self) -> usize {
        self.csr.len()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.csr.memory_bytes()
            + self.role.capacity()
            + self.share.capacity() * 4
            + self.confidence.capacity() * 4
            + self.observed.capacity() * 4
            + self.source.capacity() * 4
    }
}
