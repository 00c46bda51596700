//! Columns of nodes and edges.

use super::csr::Csr;
use super::strings::{Names, Strings};
use super::{FirmId, MakeRole, ProductId, Relation};
use crate::decay::Day;

/// Products, one column per fact.
#[derive(Debug, Clone, Default)]
pub struct Products {
    pub(super) ids: Names,
    pub(super) names: Strings,
    pub(super) names_en: Strings,
    /// Aliases joined by `|`.
    pub(super) aliases: Strings,
    pub(super) pinyin: Strings,
    pub(super) initials: Strings,
    pub(super) industries: Names,
    pub(super) industry: Vec<u32>,
    pub(super) food: Vec<bool>,
    pub(super) source: Vec<u32>,
    pub(super) observed: Vec<Day>,
}

impl Products {
    pub(super) fn find(&self, id: &str) -> Option<ProductId> {
        self.ids.find(id).map(ProductId)
    }

    /// Number of products.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Id.
    #[must_use]
    pub fn id(&self, product: ProductId) -> &str {
        self.ids.get(product.0)
    }

    /// Chinese name.
    #[must_use]
    pub fn name(&self, product: ProductId) -> &str {
        self.names.get(product.0)
    }

    /// English name; empty when unknown.
    #[must_use]
    pub fn name_en(&self, product: ProductId) -> &str {
        self.names_en.get(product.0)
    }

    /// Other names.
    pub fn aliases(&self, product: ProductId) -> impl Iterator<Item = &str> {
        self.aliases.get(product.0).split('|').filter(|alias| !alias.is_empty())
    }

    /// Full pinyin without tones; empty when unknown.
    #[must_use]
    pub fn pinyin(&self, product: ProductId) -> &str {
        self.pinyin.get(product.0)
    }

    /// Pinyin initials.
    #[must_use]
    pub fn initials(&self, product: ProductId) -> &str {
        self.initials.get(product.0)
    }

    /// GB/T 4754 code; empty when unknown.
    #[must_use]
    pub fn industry(&self, product: ProductId) -> &str {
        self.industry.get(product.0 as usize).map_or("", |&code| self.industries.get(code))
    }

    /// Whether it is food or medicine rather than an industrial good.
    #[must_use]
    pub fn is_food(&self, product: ProductId) -> bool {
        self.food.get(product.0 as usize).copied().unwrap_or(false)
    }

    /// When the product was last seen at its source.
    #[must_use]
    pub fn observed(&self, product: ProductId) -> Day {
        self.observed.get(product.0 as usize).copied().unwrap_or(Day::UNKNOWN)
    }

    pub(crate) fn names(&self) -> &Strings {
        &self.names
    }

    pub(crate) fn pinyin_texts(&self) -> &Strings {
        &self.pinyin
    }

    pub(crate) fn initials_texts(&self) -> &Strings {
        &self.initials
    }

    pub(super) fn source(&self, product: ProductId) -> u32 {
        self.source.get(product.0 as usize).copied().unwrap_or(u32::MAX)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let strings = [&self.names, &self.names_en, &self.aliases, &self.pinyin, &self.initials];
        self.ids.memory_bytes()
            + self.industries.memory_bytes()
            + strings.iter().map(|column| column.memory_bytes()).sum::<usize>()
            + self.industry.capacity() * 4
            + self.food.capacity()
            + self.source.capacity() * 4
            + self.observed.capacity() * 4
    }
}

/// Firms, one column per fact.
#[derive(Debug, Clone, Default)]
pub struct Firms {
    pub(super) ids: Names,
    pub(super) names: Strings,
    /// Short names and other names joined by `|`.
    pub(super) aliases: Strings,
    pub(super) initials: Strings,
    pub(super) region: Vec<u32>,
    pub(super) industries: Names,
    pub(super) industry: Vec<u32>,
    pub(super) capital_cny: Vec<f64>,
    pub(super) source: Vec<u32>,
    pub(super) observed: Vec<Day>,
}

impl Firms {
    pub(super) fn find(&self, id: &str) -> Option<FirmId> {
        self.ids.find(id).map(FirmId)
    }

    /// Number of firms.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Id (credit code or the warehouse's substitute).
    #[must_use]
    pub fn id(&self, firm: FirmId) -> &str {
        self.ids.get(firm.0)
    }

    /// Name.
    #[must_use]
    pub fn name(&self, firm: FirmId) -> &str {
        self.names.get(firm.0)
    }

    /// Short name, stock code and other names.
    pub fn aliases(&self, firm: FirmId) -> impl Iterator<Item = &str> {
        self.aliases.get(firm.0).split('|').filter(|alias| !alias.is_empty())
    }

    /// Pinyin initials of the name.
    #[must_use]
    pub fn initials(&self, firm: FirmId) -> &str {
        self.initials.get(firm.0)
    }

    /// Six-digit region code as a number; 0 when unknown.
    #[must_use]
    pub fn region(&self, firm: FirmId) -> u32 {
        self.region.get(firm.0 as usize).copied().unwrap_or(0)
    }

    /// GB/T 4754 code; empty when unknown.
    #[must_use]
    pub fn industry(&self, firm: FirmId) -> &str {
        self.industry.get(firm.0 as usize).map_or("", |&code| self.industries.get(code))
    }

    /// Registered capital in CNY.
    #[must_use]
    pub fn capital_cny(&self, firm: FirmId) -> Option<f64> {
        self.capital_cny.get(firm.0 as usize).copied().filter(|capital| capital.is_finite())
    }

    /// When the firm was last seen at its source.
    #[must_use]
    pub fn observed(&self, firm: FirmId) -> Day {
        self.observed.get(firm.0 as usize).copied().unwrap_or(Day::UNKNOWN)
    }

    pub(crate) fn names(&self) -> &Strings {
        &self.names
    }

    pub(crate) fn initials_texts(&self) -> &Strings {
        &self.initials
    }

    pub(super) fn source(&self, firm: FirmId) -> u32 {
        self.source.get(firm.0 as usize).copied().unwrap_or(u32::MAX)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.ids.memory_bytes()
            + self.names.memory_bytes()
            + self.aliases.memory_bytes()
            + self.initials.memory_bytes()
            + self.industries.memory_bytes()
            + (self.region.capacity() + self.industry.capacity() + self.source.capacity()) * 4
            + self.observed.capacity() * 4
            + self.capital_cny.capacity() * 8
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
