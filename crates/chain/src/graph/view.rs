//! Edges as they are read.

#![expect(clippy::indexing_slicing, reason = "edge numbers come from the graph's own rows")]

use super::{ChainGraph, FirmId, MakeRole, ProductId, Relation};
use crate::decay::{Day, Decay};

/// One link between products.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link<'g> {
    /// Edge number; stable within one graph.
    pub edge: u32,
    /// Used in the making of `to`, or the general product.
    pub from: ProductId,
    /// Made from `from`, or a kind of it.
    pub to: ProductId,
    /// Which of the two.
    pub relation: Relation,
    /// Whether production stops without it.
    pub essential: bool,
    /// 0 … 1.
    pub confidence: f32,
    /// Last seen.
    pub observed: Day,
    /// Where the fact comes from.
    pub source: &'g str,
}

impl Link<'_> {
    /// Confidence × freshness.
    #[must_use]
    pub fn weight(&self, decay: &Decay) -> f64 {
        decay.weight(self.confidence, self.observed)
    }
}

/// One firm–product edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Make<'g> {
    /// Edge number; stable within one graph.
    pub edge: u32,
    /// The firm.
    pub firm: FirmId,
    /// The product.
    pub product: ProductId,
    /// Makes, trades or serves.
    pub role: MakeRole,
    /// Share of the firm's revenue, 0 … 1.
    pub share: Option<f32>,
    /// 0 … 1.
    pub confidence: f32,
    /// Last seen.
    pub observed: Day,
    /// Where the fact comes from.
    pub source: &'g str,
}

impl Make<'_> {
    /// Confidence × freshness.
    #[must_use]
    pub fn weight(&self, decay: &Decay) -> f64 {
        decay.weight(self.confidence, self.observed)
    }
}

impl ChainGraph {
    /// A link by edge number; the number must come from this graph.
    fn link(&self, edge: u32) -> Link<'_> {
        let (links, at) = (&self.links, edge as usize);
        Link {
            edge,
            from: ProductId(links.csr.source(edge)),
            to: ProductId(links.csr.target(edge)),
            relation: links.relation[at],
            essential: links.essential[at],
            confidence: links.confidence[at],
            observed: links.observed[at],
            source: self.sources.get(links.source[at]),
        }
    }

    fn make(&self, edge: u32) -> Make<'_> {
        let (makes, at) = (&self.makes, edge as usize);
        Make {
            edge,
            firm: FirmId(makes.csr.source(edge)),
            product: ProductId(makes.csr.target(edge)),
            role: makes.role[at],
            share: Some(makes.share[at]).filter(|share| !share.is_nan()),
            confidence: makes.confidence[at],
            observed: makes.observed[at],
            source: self.sources.get(makes.source[at]),
        }
    }

    /// Every link, by (from, to).
    pub fn links(&self) -> impl Iterator<Item = Link<'_>> {
        (0..self.links.len() as u32).map(|edge| self.link(edge))
    }

    /// Links that start at a product, by target.
    pub fn links_from(&self, product: ProductId) -> impl Iterator<Item = Link<'_>> {
        self.links.csr.forward(product.0).map(|edge| self.link(edge))
    }

    /// Links that end at a product, by origin.
    pub fn links_into(&self, product: ProductId) -> impl Iterator<Item = Link<'_>> {
        self.links.csr.backward(product.0).iter().map(|&edge| self.link(edge))
    }

    /// What a product is made from.
    pub fn inputs_of(&self, product: ProductId) -> impl Iterator<Item = Link<'_>> {
        self.links_into(product).filter(|link| link.relation == Relation::Input)
    }

    /// What is made from a product.
    pub fn uses_of(&self, product: ProductId) -> impl Iterator<Item = Link<'_>> {
        self.links_from(product).filter(|link| link.relation == Relation::Input)
    }

    /// More specific products.
    pub fn kinds_of(&self, product: ProductId) -> impl Iterator<Item = Link<'_>> {
        self.links_from(product).filter(|link| link.relation == Relation::KindOf)
    }

    /// More general products.
    pub fn generals_of(&self, product: ProductId) -> impl Iterator<Item = Link<'_>> {
        self.links_into(product).filter(|link| link.relation == Relation::KindOf)
    }

    /// Firms of a product, by firm number; in every role.
    pub fn makers_of(&self, product: ProductId) -> impl Iterator<Item = Make<'_>> {
        self.makes.csr.backward(product.0).iter().map(|&edge| self.make(edge))
    }

    /// Products of a firm, by product number.
    pub fn products_of(&self, firm: FirmId) -> impl Iterator<Item = Make<'_>> {
        self.makes.csr.forward(firm.0).map(|edge| self.make(edge))
    }

    /// Source of a product's record.
    #[must_use]
    pub fn product_source(&self, product: ProductId) -> &str {
        self.sources.get(self.products.source(product))
    }

    /// Source of a firm's record.
    #[must_use]
    pub fn firm_source(&self, firm: FirmId) -> &str {
        self.sources.get(self.firms.source(firm))
    }
}
