//! Sectors, needs, and the cut between what was measured and what was not.

#![expect(clippy::indexing_slicing, reason = "firm numbers are places in the list they index")]

use super::{Basis, Evidence, Supplies, SupplyFirm, SupplyLink};
use crate::error::{ChainError, Result};
use crate::esri::network::Sale;
use crate::esri::{Essentiality, Need, SupplyNetwork};
use crate::graph::{ChainGraph, FirmId, ProductId, Relation};
use rustc_hash::FxHashMap;

/// A network that cascades run on.
#[derive(Debug, Clone)]
pub struct Part {
    /// The network; firm `i` is [`Supplies::firms`]`[members[i]]`.
    pub network: SupplyNetwork,
    /// Places in [`Supplies::firms`].
    pub members: Vec<u32>,
    /// Whether every link has an observed amount, so that levels may be shown.
    pub measured: bool,
    /// Sum of the volumes of its links.
    pub volume: f64,
}

impl Supplies {
    /// The network in at most two parts that no link joins: firms that only observed amounts can reach, and the rest.
    ///
    /// # Errors
    /// [`ChainError::EmptyNetwork`] without any link.
    pub fn parts(&self, basis: &Basis<'_>) -> Result<Vec<Part>> {
        let measured = self.measured();
        let essential = basis.graph.map(essential_pairs).unwrap_or_default();
        let mut parts = Vec::new();
        for wanted in [true, false] {
            let links = || self.links.iter().filter(|link| measured[link.supplier as usize] == wanted);
            if links().next().is_some() {
                parts.push(self.part(links().copied().collect(), wanted, &essential)?);
            }
        }
        if parts.is_empty() { Err(ChainError::EmptyNetwork) } else { Ok(parts) }
    }

    /// Whether no chain of links leads from a firm, in any direction, to one without an observed amount.
    fn measured(&self) -> Vec<bool> {
        let mut root: Vec<u32> = (0..self.firms.len() as u32).collect();
        for link in &self.links {
            let (a, b) = (find(&mut root, link.supplier), find(&mut root, link.buyer));
            // The smaller number becomes the root, so that the outcome does not depend on the order of links.
            root[a.max(b) as usize] = a.min(b);
        }
        let mut guessed = vec![false; self.firms.len()];
        for link in self.links.iter().filter(|link| link.evidence != Evidence::Observed) {
            let at = find(&mut root, link.supplier);
            guessed[at as usize] = true;
        }
        (0..self.firms.len() as u32).map(|firm| !guessed[find(&mut root, firm) as usize]).collect()
    }

    fn part(
        &self,
        links: Vec<SupplyLink>,
        measured: bool,
        essential: &FxHashMap<(String, String), bool>,
    ) -> Result<Part> {
        let mut members: Vec<u32> = links.iter().flat_map(|link| [link.supplier, link.buyer]).collect();
        members.sort_unstable();
        members.dedup();
        let mut labels: Vec<&str> = members.iter().map(|&m| self.sectors[m as usize].as_str()).collect();
        let of_firm = labels.clone();
        labels.sort_unstable();
        labels.dedup();
        let number = |label: &str| labels.partition_point(|known| *known < label) as u32;
        let mut need = Essentiality::uniform(labels.len().max(1), Need::Ordinary);
        for ((from, to), _) in essential.iter().filter(|(_, essential)| **essential) {
            if let (Ok(from), Ok(to)) =
                (labels.binary_search(&from.as_str()), labels.binary_search(&to.as_str()))
            {
                need.set(from as u32, to as u32, Need::Essential);
            }
        }
        let place = |firm: u32| members.partition_point(|&known| known < firm) as u32;
        let sales: Vec<Sale> = links
            .iter()
            .map(|l| Sale { supplier: place(l.supplier), buyer: place(l.buyer), amount: l.amount })
            .collect();
        let names = members.iter().map(|&m| self.firms[m as usize].id.clone()).collect();
        let sector = of_firm.into_iter().map(number).collect();
        let network = SupplyNetwork::new(names, sector, &sales, &need)?;
        let volume = sales.iter().map(|sale| sale.amount).sum();
        Ok(Part { network, members, measured, volume })
    }
}

/// The root of a firm's set, halving the path on the way.
fn find(root: &mut [u32], mut at: u32) -> u32 {
    while root[at as usize] != at {
        root[at as usize] = root[root[at as usize] as usize];
        at = root[at as usize];
    }
    at
}

/// Sector of each firm: of the product it sells most, else as registered, else of what it makes, else empty.
pub(super) fn sectors(basis: &Basis<'_>, firms: &[SupplyFirm], links: &[SupplyLink]) -> Vec<String> {
    let mut sold: FxHashMap<u32, FxHashMap<ProductId, f64>> = FxHashMap::default();
    for link in links {
        if let Some(product) = link.product {
            *sold.entry(link.supplier).or_default().entry(product).or_default() += link.amount;
        }
    }
    let most = |products: &FxHashMap<ProductId, f64>| {
        products.iter().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0))).map(|(product, _)| *product)
    };
    firms
        .iter()
        .enumerate()
        .map(|(at, firm)| {
            let registered = || basis.industries.get(&firm.id).and_then(|code| division(code));
            let Some(graph) = basis.graph else { return registered().unwrap_or_default() };
            let main = sold.get(&(at as u32)).and_then(most).or_else(|| main_product(graph, firm.node?));
            main.and_then(|product| division(graph.products().industry(product)))
                .or_else(registered)
                .or_else(|| firm.node.and_then(|node| division(graph.firms().industry(node))))
                .or_else(|| main.map(|product| product_sector(graph, product)))
                .unwrap_or_default()
        })
        .collect()
}

/// What a firm makes most of, by share and confidence.
fn main_product(graph: &ChainGraph, firm: FirmId) -> Option<ProductId> {
    let rank = |make: &crate::graph::Make<'_>| make.share.unwrap_or(0.0) + make.confidence / 1e3;
    graph
        .products_of(firm)
        .max_by(|a, b| rank(a).total_cmp(&rank(b)).then(b.product.cmp(&a.product)))
        .map(|make| make.product)
}

/// Sector pairs that some product link joins, and whether the buyer's sector cannot do without: by half or more of
/// the confidence in those links, they are marked essential (E = 2 of the method, else 1).
fn essential_pairs(graph: &ChainGraph) -> FxHashMap<(String, String), bool> {
    let sector = |product| {
        division(graph.products().industry(product)).unwrap_or_else(|| product_sector(graph, product))
    };
    let mut sums: FxHashMap<(String, String), (f64, f64)> = FxHashMap::default();
    // Only pairs with an essential link can come out essential, so the mined graph of 164,000 links costs little.
    for link in graph.links().filter(|link| link.relation == Relation::Input && link.essential) {
        sums.entry((sector(link.from), sector(link.to))).or_default().0 += f64::from(link.confidence);
    }
    if sums.is_empty() {
        return FxHashMap::default();
    }
    for link in graph.links().filter(|link| link.relation == Relation::Input && !link.essential) {
        if let Some(sum) = sums.get_mut(&(sector(link.from), sector(link.to))) {
            sum.1 += f64::from(link.confidence);
        }
    }
    sums.into_iter().map(|(pair, (marked, others))| (pair, marked >= others)).collect()
}

/// The first two digits of a GB/T 4754 code.
fn division(code: &str) -> Option<String> {
    let digits: String = code.chars().filter(char::is_ascii_digit).take(2).collect();
    (digits.len() == 2).then_some(digits)
}

fn product_sector(graph: &ChainGraph, product: ProductId) -> String {
    format!("p:{}", graph.products().id(product))
}
