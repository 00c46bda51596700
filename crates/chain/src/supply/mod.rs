//! A supply network of links that are known to different degrees, each labelled by what is known of it.
//!
//! - observed: the link and its yearly amount are on record (invoices);
//! - observed without amount: the link is on record (a disclosure, a dated news fact), its volume is estimated;
//! - estimated: neither is on record; link and volume come from [`crate::estimate`].
//!
//! Volume of a link without amount ([`volume`]): confidence × freshness × s_j·a·g, with s_j the buyer's size
//! (registered capital), a the share of this input among the inputs of what the buyer makes of it (1 ÷ number of its
//! inputs where the product is unknown), and g = min(½, s_i ÷ Σ sizes of the buyer's known suppliers of the same
//! input): a buyer is expected to have two suppliers of an input. All volumes are then scaled by the median of
//! observed amount ÷ the same formula, where amounts are on record.
//!
//! Invariant: an observed amount is never changed, and no estimate reaches a number that is shown as observed:
//! [`Supplies::parts`] keeps the firms whose every reachable link has an amount apart from the others.

mod parts;
mod volume;

pub use parts::Part;

use crate::decay::{Day, Decay};
use crate::estimate::EstimatedLink;
use crate::graph::{ChainGraph, FirmId, ProductId};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

/// What is known of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The link and its amount.
    Observed,
    /// The link; its volume is estimated.
    ObservedUnpriced,
    /// Nothing; link and volume are estimated.
    Estimated,
}

impl Evidence {
    /// Every kind, best first.
    pub const ALL: [Self; 3] = [Self::Observed, Self::ObservedUnpriced, Self::Estimated];

    /// `observed`, `observed_unpriced` or `estimated`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::ObservedUnpriced => "observed_unpriced",
            Self::Estimated => "estimated",
        }
    }
}

/// A supply relation on record.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownLink {
    /// Id of the seller.
    pub supplier: String,
    /// Id of the buyer.
    pub buyer: String,
    /// What is sold, where the record says so.
    pub product: Option<String>,
    /// Yearly amount, CNY, where the record has one.
    pub amount_cny: Option<f64>,
    /// How sure the record is, 0 … 1; weighs links without amount.
    pub confidence: f32,
    /// When it was observed; weighs links without amount.
    pub observed: Day,
}

/// What volumes and sectors are made from.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// Products, sizes and needs; without it every input is ordinary and firms are of equal size.
    pub graph: Option<&'a ChainGraph>,
    /// GB/T 4754 code of firms, by id, where known.
    pub industries: &'a FxHashMap<String, String>,
    /// Ageing of facts.
    pub decay: Decay,
    /// Size of a firm without registered capital, CNY.
    pub default_capital_cny: f64,
}

/// A firm of the network.
#[derive(Debug, Clone, PartialEq)]
pub struct SupplyFirm {
    /// Id.
    pub id: String,
    /// Its number in the graph, where it is there.
    pub node: Option<FirmId>,
}

/// A link with its volume.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SupplyLink {
    /// Place of the seller in [`Supplies::firms`].
    pub supplier: u32,
    /// Place of the buyer.
    pub buyer: u32,
    /// What is sold: as recorded, or the likeliest product both ends deal in.
    pub product: Option<ProductId>,
    /// What is known of it.
    pub evidence: Evidence,
    /// Yearly volume: CNY where observed, an estimate of it elsewhere.
    pub amount: f64,
}

/// Firms and links of a network, before it is cut into parts.
#[derive(Debug, Clone)]
pub struct Supplies {
    /// Firms by id.
    pub firms: Vec<SupplyFirm>,
    /// Links by supplier, buyer and product.
    pub links: Vec<SupplyLink>,
    /// Sector of each firm: two digits of GB/T 4754, a product, or empty where nothing is known.
    sectors: Vec<String>,
}

/// How many links are of one kind, and how much of all volume they carry.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EvidenceShare {
    /// The kind.
    pub evidence: Evidence,
    /// Links of the kind.
    pub links: u64,
    /// Their share of the volume of all links, 0 … 1; an estimate as soon as any volume is.
    pub share: f64,
}

impl Supplies {
    /// Records first, estimates for pairs nobody has on record. A pair with an amount needs no record without one.
    #[must_use]
    pub fn new(basis: &Basis<'_>, known: &[KnownLink], estimated: &[EstimatedLink]) -> Self {
        let known = distinct(known);
        let mut ids: Vec<String> = known.iter().flat_map(|k| [k.supplier.clone(), k.buyer.clone()]).collect();
        if let Some(graph) = basis.graph {
            let ends = estimated.iter().flat_map(|link| [link.supplier, link.buyer]);
            ids.extend(ends.map(|firm| graph.firms().id(firm).to_owned()));
        }
        ids.sort_unstable();
        ids.dedup();
        let firms: Vec<SupplyFirm> = ids
            .into_iter()
            .map(|id| SupplyFirm { node: basis.graph.and_then(|graph| graph.firm(&id).ok()), id })
            .collect();
        let (mut links, scale) = volume::known_links(basis, &firms, &known);
        let recorded: FxHashSet<(u32, u32)> = links.iter().map(|link| (link.supplier, link.buyer)).collect();
        let place = |node: FirmId| {
            let id = basis.graph?.firms().id(node);
            firms.binary_search_by(|firm| firm.id.as_str().cmp(id)).ok().map(|at| at as u32)
        };
        for link in estimated.iter().filter(|link| link.amount > 0.0 && link.amount.is_finite()) {
            let (Some(supplier), Some(buyer)) = (place(link.supplier), place(link.buyer)) else { continue };
            if !recorded.contains(&(supplier, buyer)) {
                let (product, evidence) = (Some(link.product), Evidence::Estimated);
                links.push(SupplyLink { supplier, buyer, product, evidence, amount: scale * link.amount });
            }
        }
        links.sort_by_key(|link| (link.supplier, link.buyer, link.product));
        let sectors = parts::sectors(basis, &firms, &links);
        Self { firms, links, sectors }
    }

    /// Links and volume by what is known of them, every kind listed.
    #[must_use]
    pub fn evidence(&self) -> Vec<EvidenceShare> {
        let all: f64 = self.links.iter().map(|link| link.amount).sum();
        let of = |evidence| {
            let kind = || self.links.iter().filter(move |link| link.evidence == evidence);
            // The sum of nothing is -0.0, which no reader should meet.
            let amount = kind().map(|link| link.amount).fold(0.0, |sum, amount| sum + amount);
            let share = if all > 0.0 { amount / all } else { 0.0 };
            EvidenceShare { evidence, links: kind().count() as u64, share }
        };
        Evidence::ALL.into_iter().map(of).collect()
    }

    /// Firms of which no sector is known; they stand in one sector together.
    #[must_use]
    pub fn without_sector(&self) -> usize {
        self.sectors.iter().filter(|sector| sector.is_empty()).count()
    }
}

/// Records in order, without those that say less than another of the same pair: no amount beside an amount, no
/// product beside a product.
fn distinct(known: &[KnownLink]) -> Vec<&KnownLink> {
    let amount = |k: &KnownLink| k.amount_cny.filter(|a| *a > 0.0 && a.is_finite());
    fn pair(k: &KnownLink) -> (&str, &str) {
        (k.supplier.as_str(), k.buyer.as_str())
    }
    let real = || known.iter().filter(|k| k.supplier != k.buyer);
    let priced: FxHashSet<_> = real().filter(|k| amount(k).is_some()).map(pair).collect();
    let named: FxHashSet<_> = real().filter(|k| k.product.is_some()).map(pair).collect();
    let mut kept: Vec<&KnownLink> = real()
        .filter(|k| amount(k).is_some() || !priced.contains(&pair(k)))
        .filter(|k| amount(k).is_some() || k.product.is_some() || !named.contains(&pair(k)))
        .collect();
    kept.sort_by(|a, b| (pair(a), &a.product).cmp(&(pair(b), &b.product)));
    kept
}

#[cfg(test)]
mod tests;
