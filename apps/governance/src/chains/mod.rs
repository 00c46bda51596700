//! Which chains this brain holds (`chain.list`).

use brain_component::{Component, Context, Definition, Effect, Kind, always_attached, native};
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
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct ChainCard {
    /// Stable id, for example `nev`.
    chain_id: String,
    /// Chinese name.
    name: String,
    /// English name.
    name_en: Option<String>,
    /// Products that belong to it.
    products: u64,
    /// Firms that make at least one of them.
    firms: u64,
}

pub(crate) fn list() -> Arc<dyn Component> {
    native(
        Definition {
            id: "chain.list",
            version: "1.0.0",
            title: ("产业链清单", "Chains"),
            summary: (
                "本大脑有哪些产业链，各有多少产品和企业。",
                "Which chains this brain holds, with counts of products and firms.",
            ),
            kind: Kind::Knowledge,
            side: Side::Government,
            effect: Effect::Read,
            audience: &[],
            reads: &["subject.chain", "subject.chain_product", "subject.enterprise_product"],
            formula: None,
            table: Some("/chains"),
            detached: always_attached,
        },
        run,
    )
}

async fn run(cx: Context, _: Parameters) -> Result<Chains, Failure> {
    const SQL: &str = "
        SELECT c.chain_id, c.name, c.name_en,
               count(DISTINCT p.product_id) AS products, count(DISTINCT m.enterprise_id) AS firms
        FROM subject.chain c
        LEFT JOIN subject.chain_product p ON p.chain_id = c.chain_id
        LEFT JOIN subject.enterprise_product m ON m.product_id = p.product_id AND m.role = 'make'
        GROUP BY c.chain_id, c.name, c.name_en ORDER BY c.chain_id";
    Ok(Chains { chains: cx.records(SQL, vec![]).await? })
}
