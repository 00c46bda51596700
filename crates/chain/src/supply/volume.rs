//! Volumes of links on record; the formula stands at [`super`].

use super::{Basis, Evidence, KnownLink, SupplyFirm, SupplyLink};
use crate::graph::{ChainGraph, FirmId, Link, MakeRole, ProductId};
use rustc_hash::{FxHashMap, FxHashSet};

/// Largest part of an input that one supplier is taken to deliver: a buyer expects two.
const PART_MAX: f64 = 0.5;

/// Links on record with their volumes, and the scale of the formula: the amount where there is one, else the scaled
/// formula; the scale is the median of observed amount ÷ formula, 1 where no amount is on record.
pub(super) fn known_links(
    basis: &Basis<'_>,
    firms: &[SupplyFirm],
    known: &[&KnownLink],
) -> (Vec<SupplyLink>, f64) {
    let modelled = modelled(basis, firms, known);
    let scale = median_ratio(&modelled, known);
    let links = modelled.into_iter().zip(known).map(|(link, record)| match amount(record) {
        Some(amount) => SupplyLink { evidence: Evidence::Observed, amount, ..link },
        // A link can be so old that nothing is left of it; the network wants amounts above zero.
        None => SupplyLink { amount: (scale * link.amount).max(f64::MIN_POSITIVE), ..link },
    });
    (links.collect(), scale)
}

fn median_ratio(modelled: &[SupplyLink], known: &[&KnownLink]) -> f64 {
    let mut ratios: Vec<f64> = modelled
        .iter()
        .zip(known)
        .filter_map(|(link, record)| amount(record).map(|amount| amount / link.amount))
        .filter(|ratio| ratio.is_finite())
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or(1.0)
}

fn amount(record: &KnownLink) -> Option<f64> {
    record.amount_cny.filter(|amount| *amount > 0.0 && amount.is_finite())
}

/// Unscaled volumes of all records. For one with an amount, confidence and age are left out: the amount happened.
fn modelled(basis: &Basis<'_>, firms: &[SupplyFirm], known: &[&KnownLink]) -> Vec<SupplyLink> {
    let place = |id: &str| firms.binary_search_by(|firm| firm.id.as_str().cmp(id)).ok();
    let size = |at: usize| {
        let capital =
            firms.get(at).and_then(|f| f.node).zip(basis.graph).and_then(|(n, g)| g.firms().capital_cny(n));
        capital.filter(|capital| *capital > 0.0).unwrap_or(basis.default_capital_cny)
    };
    let uses: Vec<(u32, u32, Option<Use>)> = known
        .iter()
        .filter_map(|record| {
            let (supplier, buyer) = (place(&record.supplier)?, place(&record.buyer)?);
            let ends = firms.get(supplier).and_then(|f| f.node).zip(firms.get(buyer).and_then(|f| f.node));
            let found = basis.graph.and_then(|graph| use_of(basis, graph, ends, record.product.as_deref()));
            Some((supplier as u32, buyer as u32, found))
        })
        .collect();
    let product = |found: &Option<Use>| found.as_ref().map(|found| found.product);
    let mut same_input: FxHashMap<(u32, Option<ProductId>), f64> = FxHashMap::default();
    let mut suppliers: FxHashMap<u32, usize> = FxHashMap::default();
    for (supplier, buyer, found) in &uses {
        *same_input.entry((*buyer, product(found))).or_default() += size(*supplier as usize);
        *suppliers.entry(*buyer).or_default() += 1;
    }
    let mut inputs: FxHashMap<u32, usize> = FxHashMap::default();
    uses.iter()
        .zip(known)
        .map(|((supplier, buyer, found), record)| {
            let share = found.as_ref().and_then(|found| found.share).unwrap_or_else(|| {
                let own = *inputs.entry(*buyer).or_insert_with(|| {
                    let node = firms.get(*buyer as usize).and_then(|f| f.node);
                    node.zip(basis.graph).map_or(0, |(node, graph)| inputs_of(graph, node))
                });
                let least = suppliers.get(buyer).copied().unwrap_or(1);
                1.0 / own.max(least).max(1) as f64
            });
            let together = same_input.get(&(*buyer, product(found))).copied().unwrap_or(0.0);
            let part = (size(*supplier as usize) / together).min(PART_MAX);
            let sure = match amount(record) {
                Some(_) => 1.0,
                None => basis.decay.weight(record.confidence, record.observed),
            };
            let amount = sure * size(*buyer as usize) * share * part;
            let (supplier, buyer, product) = (*supplier, *buyer, product(found));
            SupplyLink { supplier, buyer, product, evidence: Evidence::ObservedUnpriced, amount }
        })
        .collect()
}

/// What a link carries and how much it weighs among the buyer's inputs.
struct Use {
    product: ProductId,
    /// Share of the buyer's purchases; `None` where the graph does not say what the buyer makes of it.
    share: Option<f64>,
}

/// The product of a record and its use; where the record names none, the heaviest input link from something the
/// supplier makes to something the buyer makes.
fn use_of(
    basis: &Basis<'_>,
    graph: &ChainGraph,
    ends: Option<(FirmId, FirmId)>,
    named: Option<&str>,
) -> Option<Use> {
    let named = named.and_then(|name| graph.product(name).ok());
    let Some((supplier, buyer)) = ends else {
        return named.map(|product| Use { product, share: None });
    };
    let sold: Vec<ProductId> = match named {
        Some(product) => vec![product],
        None => produced(graph, supplier).collect(),
    };
    let made: FxHashSet<ProductId> = produced(graph, buyer).collect();
    let weight = |link: &Link<'_>| link.weight(&basis.decay);
    let best = sold
        .iter()
        .flat_map(|&product| graph.uses_of(product).filter(|link| made.contains(&link.to)))
        .max_by(|a, b| weight(a).total_cmp(&weight(b)).then(b.edge.cmp(&a.edge)));
    let Some(link) = best else { return named.map(|product| Use { product, share: None }) };
    let all: f64 = graph.inputs_of(link.to).map(|input| weight(&input)).sum();
    let of_buyer = graph.products_of(buyer).find(|make| make.product == link.to).and_then(|make| make.share);
    let of_buyer = of_buyer.map_or(1.0 / made.len().max(1) as f64, |share| f64::from(share.clamp(0.0, 1.0)));
    let share = (all > 0.0 && of_buyer > 0.0).then(|| weight(&link) / all * of_buyer);
    Some(Use { product: link.from, share })
}

fn produced(graph: &ChainGraph, firm: FirmId) -> impl Iterator<Item = ProductId> {
    graph.products_of(firm).filter(|make| make.role != MakeRole::Trade).map(|make| make.product)
}

/// Different inputs of everything a firm makes.
fn inputs_of(graph: &ChainGraph, firm: FirmId) -> usize {
    let inputs: FxHashSet<ProductId> =
        produced(graph, firm).flat_map(|product| graph.inputs_of(product).map(|link| link.from)).collect();
    inputs.len()
}
