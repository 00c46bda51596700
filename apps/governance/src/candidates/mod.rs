//! Who could fill a gap (`chain.candidates`): firms ranked by evidence, each with its reasons.

use crate::panorama::product_named;
use brain_chain::candidates::{Candidate, FORMULA_EN, FORMULA_ZH, ReasonKind};
use brain_chain::decay::Decay;
use brain_chain::graph::{ChainGraph, FirmId};
use brain_chain::region_view::{FirmBasis, chain_candidates};
use brain_component::{Component, Context, Definition, Effect, GRAPH_READS, Kind, always_attached, native};
use brain_kernel::error::Failure;
use brain_kernel::language::Text;
use brain_kernel::region::RegionCode;
use brain_kernel::side::Side;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// 缺口产品 · product that is missing
    #[schemars(length(min = 1, max = 100))]
    product: String,
    /// 地区 · region that needs it; firms that make it there already are left out
    region: Option<RegionCode>,
    /// 最多企业数 · most firms
    #[serde(default = "limit")]
    #[schemars(range(min = 1, max = 1000))]
    limit: u32,
}

const fn limit() -> u32 {
    50
}

/// Candidates, best first.
#[derive(Debug, Serialize, JsonSchema)]
struct Candidates {
    /// Product asked for.
    product: String,
    /// How the score is made.
    formula: Text,
    /// Firms.
    candidates: Vec<CandidateRow>,
}

/// One firm.
#[derive(Debug, Serialize, JsonSchema)]
struct CandidateRow {
    /// Id of the firm.
    enterprise_id: String,
    /// Its name.
    name: String,
    /// Where it is registered.
    region_code: Option<String>,
    /// 0 to 1; the weights of the reasons add up to it.
    score: f64,
    /// Registered capital, yuan.
    capital_cny: Option<f64>,
    /// Why.
    reasons: Vec<ReasonRow>,
    /// What it makes now, at most ten.
    products: Vec<String>,
}

/// One reason.
#[derive(Debug, Serialize, JsonSchema)]
struct ReasonRow {
    /// `capability`, `neighbour`, `region` or `size`.
    #[schemars(extend("enum" = ["capability", "neighbour", "region", "size"]))]
    kind: String,
    /// In words, with the fact behind it.
    text: Text,
    /// Its part of the score.
    weight: f64,
}

pub(crate) fn candidates() -> Arc<dyn Component> {
    native(
        Definition {
            id: "chain.candidates",
            version: "1.0.0",
            title: ("补链候选企业", "Candidates for a gap"),
            summary: (
                "谁能补上一个缺口：按能力证据、产业链邻近、地区和规模排序，理由逐条列出。",
                "Who could fill a gap: firms ranked by evidence of capability, neighbours in the chain, region and size, with reasons.",
            ),
            kind: Kind::Tool,
            side: Side::Government,
            effect: Effect::Read,
            audience: &[],
            reads: &GRAPH_READS,
            formula: Some((FORMULA_ZH, FORMULA_EN)),
            table: Some("/candidates"),
            detached: always_attached,
        },
        run,
    )
}

async fn run(cx: Context, p: Parameters) -> Result<Candidates, Failure> {
    let graph = cx.graph().await?;
    let decay = Decay::as_of(cx.now().date_naive());
    // Regions, sizes and classes of all firms: half a second for a million, the same for every question.
    let basis = cx.derived("firm basis", |graph, _, _| Ok(FirmBasis::new(graph))).await?;
    cx.compute(move |progress, cancel| {
        let product = product_named(&graph, &p.product)?;
        let (region, limit) = (p.region, p.limit as usize);
        let ranked = chain_candidates(&graph, &basis, product, region, limit, &decay, progress, cancel)?;
        Ok(Candidates {
            product: graph.products().name(product).to_owned(),
            formula: Text::new(FORMULA_ZH, FORMULA_EN),
            candidates: ranked.into_iter().map(|candidate| row(&graph, candidate)).collect(),
        })
    })
    .await
}

fn row(graph: &ChainGraph, candidate: Candidate) -> CandidateRow {
    let firm = FirmId(candidate.firm);
    let firms = graph.firms();
    let place = firms.region(firm);
    let products =
        graph.products_of(firm).take(10).map(|make| graph.products().name(make.product).to_owned());
    let reasons = candidate.reasons.into_iter().map(|reason| ReasonRow {
        kind: match reason.kind {
            ReasonKind::Capability => "capability",
            ReasonKind::Neighbour => "neighbour",
            ReasonKind::Region => "region",
            ReasonKind::Size => "size",
        }
        .to_owned(),
        text: reason.text,
        weight: reason.weight,
    });
    CandidateRow {
        enterprise_id: firms.id(firm).to_owned(),
        name: firms.name(firm).to_owned(),
        region_code: (place > 0).then(|| format!("{place:06}")),
        score: candidate.score,
        capital_cny: firms.capital_cny(firm),
        reasons: reasons.collect(),
        products: products.collect(),
    }
}
