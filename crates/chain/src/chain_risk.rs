//! Whose failure would hurt a chain most, on links estimated from its products: the rank behind 固链.

use crate::decay::Decay;
use crate::error::Result;
use crate::esri::{EsriOptions, every_single_failure};
use crate::estimate::{EstimateOptions, estimate_links};
use crate::graph::{Chain, ChainGraph, FirmId, ProductId};
use crate::region::Region;
use crate::supply::{Basis, Supplies};
use brain_kernel::progress::{Cancel, Progress};
use rustc_hash::FxHashMap;

/// Most firms whose contagion is computed for a gap assessment; beyond it 固链 rests on single sources alone.
const FIRMS_MAX: usize = 3_000;

/// Estimated contagion index of the chain's firms, used as a rank only; empty where no link can be estimated and
/// where there are more than [`FIRMS_MAX`] firms. One unit of progress per firm.
///
/// # Errors
/// A bad decay or cancellation.
pub fn chain_risk(
    graph: &ChainGraph,
    chain: &Chain,
    decay: Decay,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<FxHashMap<FirmId, f64>> {
    let products: Vec<ProductId> = chain.members.iter().map(|member| member.product).collect();
    let options = EstimateOptions::new(Region::NATION, decay);
    let links = estimate_links(graph, &products, &options, cancel)?;
    let default_capital_cny = options.default_capital_cny;
    let basis = Basis { graph: Some(graph), industries: &FxHashMap::default(), decay, default_capital_cny };
    let supplies = Supplies::new(&basis, &[], &links);
    if supplies.links.is_empty() || supplies.firms.len() > FIRMS_MAX {
        return Ok(FxHashMap::default());
    }
    let options = EsriOptions { epsilon: 1e-4, ..EsriOptions::default() };
    let mut found = FxHashMap::default();
    // Without any observed link there is one part.
    for part in supplies.parts(&basis)? {
        let risks = every_single_failure(&part.network, &options, progress, cancel)?;
        for (&member, risk) in part.members.iter().zip(risks) {
            if let Some(node) = supplies.firms.get(member as usize).and_then(|firm| firm.node) {
                found.insert(node, risk.esri);
            }
        }
    }
    Ok(found)
}
