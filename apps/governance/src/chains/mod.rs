//! Which chains this brain holds (`chain.list`).

use brain_chain::ChainError;
use brain_chain::query::firms_of;
use brain_component::{Component, Context, Definition, Effect, GRAPH_READS, Kind, always_attached, native};
use brain_kernel::{error::Failure, side::Side};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Parameters {}

/// Every chain, with how much is known of it.
#[derive(Debug, Serialize, JsonSchema)]
struct Chains {
    /// One entry per chain, by id.
    chains: Vec<ChainCard>,
}

/// One chain in a list.
#[derive(Debug, Serialize, JsonSchema)]
struct ChainCard {
    /// Stable id, for example `nev`.
    chain_id: String,
    /// Chinese name.
    name: String,
    /// English name.
    name_en: Option<String>,
    /// Products that belong to it.
    products: u64,
    /// Firms that make at least one of them or a kind of one; the same count as in chain.panorama.
    firms: u64,
}

pub(crate) fn list() -> Arc<dyn Component> {
    native(
        Definition {
            id: "chain.list",
            version: "1.1.0",
            title: ("产业链清单", "Chains"),
            summary: (
                "本大脑有哪些产业链，各有多少产品和企业。",
                "Which chains this brain holds, with counts of products and firms.",
            ),
            kind: Kind::Knowledge,
            side: Side::Government,
            effect: Effect::Read,
            audience: &[],
            reads: &GRAPH_READS,
            formula: None,
            table: Some("/chains"),
            detached: always_attached,
        },
        run,
    )
}

async fn run(cx: Context, _: Parameters) -> Result<Chains, Failure> {
    let graph = cx.graph().await?;
    cx.compute(move |progress, cancel| {
        progress.set_total(graph.chains().len() as u64);
        let mut chains = Vec::with_capacity(graph.chains().len());
        for chain in graph.chains() {
            if cancel.is_cancelled() {
                return Err(ChainError::Cancelled.into());
            }
            chains.push(ChainCard {
                chain_id: chain.id.clone(),
                name: chain.name.clone(),
                name_en: Some(chain.name_en.clone()).filter(|name| !name.is_empty()),
                products: chain.members.len() as u64,
                firms: firms_of(&graph, chain.members.iter().map(|m| m.product)).len() as u64,
            });
            progress.add(1);
        }
        Ok(Chains { chains })
    })
    .await
}
