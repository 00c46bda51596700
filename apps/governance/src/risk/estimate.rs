//! A supply network estimated from the chain graph, where no amounts were observed.

use super::Parameters;
use super::network::{Loaded, Network};
use brain_chain::decay::Decay;
use brain_chain::estimate::{EstimateOptions, estimate_links, estimated_network, method};
use brain_chain::graph::{ChainGraph, ProductId};
use brain_chain::region::Region;
use brain_component::Context;
use brain_kernel::error::Failure;

/// Estimate the links between the makers of the chain's products (of every linked product without a chain).
pub(super) async fn estimated(cx: &Context, p: &Parameters) -> Result<Loaded, Failure> {
    let graph = cx.graph().await?;
    let decay = Decay::as_of(cx.now().date_naive());
    let cancel = cx.cancel().clone();
    let chain = p.chain.clone();
    let work = move || -> Result<Loaded, Failure> {
        let products = products(&graph, chain.as_deref())?;
        // The whole country: a shock does not stop at a border, and the region only narrows the list shown.
        let options = EstimateOptions::new(Region::NATION, decay);
        let links = estimate_links(&graph, &products, &options, &cancel)?;
        let (network, firms) = estimated_network(&graph, &links)?;
        let ids = firms.iter().map(|&firm| graph.firms().id(firm).to_owned()).collect();
        let names = firms.iter().map(|&firm| graph.firms().name(firm).to_owned()).collect();
        let regions = firms
            .iter()
            .map(|&firm| {
                Some(graph.firms().region(firm)).filter(|code| *code > 0).map(|code| format!("{code:06}"))
            })
            .collect();
        let method = method();
        Ok(Loaded {
            network,
            source: Network::Estimated,
            ids,
            names,
            regions,
            method: (method.zh, method.en),
        })
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| Failure::internal("governance/estimate"))?
}

fn products(graph: &ChainGraph, chain: Option<&str>) -> Result<Vec<ProductId>, Failure> {
    match chain {
        Some(id) => Ok(graph.chain(id)?.members.iter().map(|member| member.product).collect()),
        None => Ok(graph
            .product_ids()
            .filter(|&product| {
                !graph.products().is_food(product) && graph.inputs_of(product).next().is_some()
            })
            .collect()),
    }
}
