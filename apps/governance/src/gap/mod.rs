//! Where a chain is broken, choked or weak in a region (`chain.gap`), and the lists 强链／补链／延链／固链.

use crate::panorama::stage_name;
use brain_chain::chain_risk::chain_risk;
use brain_chain::decay::Decay;
use brain_chain::gap::{FORMULA_EN, FORMULA_ZH, GapAction, GapListed, GapNode, GapParameters, GapState};
use brain_chain::graph::{ChainGraph, FirmId};
use brain_chain::region::Region;
use brain_chain::region_view::{ChainGap, ChainGapQuery, chain_gap};
use brain_component::{
    Component, Context, Definition, Effect, GRAPH_READS, Kind, always_attached, graph_reads_and, native,
};
use brain_kernel::error::Failure;
use brain_kernel::language::Text;
use brain_kernel::region::RegionCode;
use brain_kernel::side::Side;
use datafusion::common::ScalarValue;
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// 产业链 · chain id, see chain.list
    #[schemars(length(min = 1, max = 64))]
    chain: String,
    /// 地区 · region that is looked at; without one, the whole country
    region: Option<RegionCode>,
    /// 对比地区 · region it is compared with; without one, the whole country
    compare: Option<RegionCode>,
    /// 外部占比阈值 · share of capacity elsewhere above which a step counts as choked
    #[schemars(range(min = 0.0, max = 1.0))]
    external_share_threshold: Option<f64>,
    /// 集中度阈值（HHI） · concentration above which a step counts as choked
    #[schemars(range(min = 0.0, max = 1.0))]
    hhi_threshold: Option<f64>,
}

/// The analysis.
#[derive(Debug, Serialize, JsonSchema)]
struct Gaps {
    /// Chain looked at.
    chain: String,
    /// Its name.
    chain_name: String,
    /// Region looked at, `null` for the whole country.
    region: Option<RegionCode>,
    /// Name of the region.
    region_name: String,
    /// Weighted presence of all steps, 0 to 1; `null` where no step is known.
    completeness: Option<f64>,
    /// 90 % interval of the completeness, which always holds it; see the formula.
    interval: Option<(f64, f64)>,
    /// How everything is computed.
    formula: Text,
    /// Every step, most upstream first.
    nodes: Vec<NodeRow>,
    /// The four lists.
    lists: Lists,
    /// Share of facts older than one half-life or without a date.
    stale_share: f64,
    /// What the numbers cannot say.
    uncertainty: Text,
}

/// One step of the chain.
#[derive(Debug, Serialize, JsonSchema)]
struct NodeRow {
    /// Product.
    product: String,
    /// `upstream`, `midstream` or `downstream`.
    #[schemars(extend("enum" = ["upstream", "midstream", "downstream", null]))]
    stage: Option<String>,
    /// `ok`, `break` 断点, `choke` 堵点, `weak` 弱点 or `insufficient` 数据不足.
    #[schemars(extend("enum" = ["ok", "break", "choke", "weak", "insufficient"]))]
    state: String,
    /// `strengthen` 强, `complete` 补, `extend` 延, `stabilise` 固, or `null`.
    #[schemars(extend("enum" = ["strengthen", "complete", "extend", "stabilise", null]))]
    action: Option<String>,
    /// Local capacity proxy over need, 0 to 1.
    presence: f64,
    /// Firms here.
    firms: u32,
    /// Firms elsewhere.
    firms_elsewhere: u32,
    /// Whether any firm anywhere is on record for it; unknown steps stay out of the completeness.
    known: bool,
    /// Share of supply outside the region, 0 to 1.
    external_share: f64,
    /// Upstreamness, 1 is final.
    position: f64,
    /// Capacity proxy here; see the formula.
    capacity_proxy: f64,
    /// Need proxy, same unit.
    need_proxy: f64,
    /// Location quotient against the comparison region.
    lq: Option<f64>,
    /// Concentration of local suppliers (Herfindahl–Hirschman), 0 to 1.
    hhi: Option<f64>,
    /// How close the region is to making it, 0 to 1.
    density: Option<f64>,
    /// Product complexity index, standardised.
    pci: Option<f64>,
    /// Weight in the completeness; all weights sum to 1.
    weight: f64,
    /// Whether the final product cannot be made without it.
    essential: bool,
    /// Why, with numbers.
    reasons: Vec<Text>,
}

/// 强链、补链、延链、固链.
#[derive(Debug, Serialize, JsonSchema)]
struct Lists {
    /// 强链
    strengthen: Vec<ListRow>,
    /// 补链
    complete: Vec<ListRow>,
    /// 延链
    extend: Vec<ListRow>,
    /// 固链
    stabilise: Vec<ListRow>,
}

/// One entry of a list.
#[derive(Debug, Serialize, JsonSchema)]
struct ListRow {
    /// Product.
    product: String,
    /// Order within the list.
    score: f64,
    /// Why.
    reason: Text,
}

const READS: [&str; GRAPH_READS.len() + 1] = graph_reads_and(&["subject.region"]);

pub(crate) fn gap() -> Arc<dyn Component> {
    native(
        Definition {
            id: "chain.gap",
            version: "1.1.0",
            title: ("补链强链分析", "Gaps of a chain"),
            summary: (
                "产业链在一个地区哪里断、哪里堵、哪里弱，完整度多少，强链、补链、延链、固链各做哪些产品。",
                "Where a chain is broken, choked or weak in a region, how complete it is, and what to strengthen, complete, extend and stabilise.",
            ),
            kind: Kind::Tool,
            side: Side::Government,
            effect: Effect::Read,
            audience: &[],
            reads: &READS,
            formula: Some((FORMULA_ZH, FORMULA_EN)),
            table: Some("/nodes"),
            detached: always_attached,
        },
        run,
    )
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// Name of a region, its code where the table of regions lacks it.
async fn region_name(cx: &Context, region: Option<RegionCode>) -> Result<String, Failure> {
    let Some(region) = region else { return Ok("全国".to_owned()) };
    let code = vec![ScalarValue::Utf8(Some(region.as_str().to_owned()))];
    let rows: Vec<Named> = cx.records("SELECT name FROM subject.region WHERE region_code = $1", code).await?;
    Ok(rows.into_iter().next().map_or_else(|| region.to_string(), |row| row.name))
}

async fn run(cx: Context, p: Parameters) -> Result<Gaps, Failure> {
    let graph = cx.graph().await?;
    let region_name = region_name(&cx, p.region).await?;
    let decay = Decay::as_of(cx.now().date_naive());
    let risk = risk(&cx, &graph, &p.chain, decay).await?;
    cx.compute(move |progress, cancel| {
        let chain = graph.chain(&p.chain)?;
        let place =
            |code: Option<RegionCode>| code.and_then(|c| Region::parse(c.as_str())).unwrap_or(Region::NATION);
        let mut parameters = GapParameters::default();
        if let Some(threshold) = p.external_share_threshold {
            parameters.external_share_threshold = threshold;
        }
        if let Some(threshold) = p.hhi_threshold {
            parameters.hhi_threshold = threshold;
        }
        let query = ChainGapQuery {
            region: place(p.region),
            region_name: &region_name,
            compare: place(p.compare),
            decay,
            parameters,
            risk: &risk,
        };
        let gap = chain_gap(&graph, chain, &query, progress, cancel)?;
        Ok(rows(&graph, &p, chain.name.clone(), region_name, gap))
    })
    .await
}

/// Contagion of the chain's firms: the same for every region, so it is computed once per graph and day.
async fn risk(
    cx: &Context,
    graph: &ChainGraph,
    chain: &str,
    decay: Decay,
) -> Result<Arc<FxHashMap<FirmId, f64>>, Failure> {
    // An unknown chain is refused before anything is computed or kept under its name.
    let id = graph.chain(chain)?.id.clone();
    let key = format!("chain risk of {id} on {}", cx.now().date_naive());
    cx.derived(&key, move |graph, progress, cancel| {
        Ok(chain_risk(graph, graph.chain(&id)?, decay, progress, cancel)?)
    })
    .await
}

fn rows(graph: &ChainGraph, p: &Parameters, chain_name: String, region_name: String, gap: ChainGap) -> Gaps {
    let name = |at: u32| {
        gap.products
            .get(at as usize)
            .map_or_else(String::new, |&product| graph.products().name(product).to_owned())
    };
    let list = |entries: &[GapListed]| -> Vec<ListRow> {
        let row = |entry: &GapListed| ListRow {
            product: name(entry.product),
            score: entry.score,
            reason: entry.reason.clone(),
        };
        entries.iter().map(row).collect()
    };
    let assessment = &gap.assessment;
    let mut nodes: Vec<NodeRow> =
        assessment.nodes.iter().map(|node| node_row(&gap, name(node.product), node)).collect();
    nodes.sort_by(|a, b| b.position.total_cmp(&a.position).then_with(|| a.product.cmp(&b.product)));
    Gaps {
        chain: p.chain.clone(),
        chain_name,
        region: p.region,
        region_name,
        completeness: assessment.completeness,
        interval: assessment.interval,
        formula: assessment.formula.clone(),
        nodes,
        lists: Lists {
            strengthen: list(&assessment.lists.strengthen),
            complete: list(&assessment.lists.complete),
            extend: list(&assessment.lists.extend),
            stabilise: list(&assessment.lists.stabilise),
        },
        stale_share: gap.stale_share,
        uncertainty: assessment.uncertainty.clone(),
    }
}

fn node_row(gap: &ChainGap, product: String, node: &GapNode) -> NodeRow {
    let at = node.product as usize;
    let state = match node.state {
        GapState::Ok => "ok",
        GapState::Break => "break",
        GapState::Choke => "choke",
        GapState::Weak => "weak",
        GapState::Insufficient => "insufficient",
    };
    let action = node.action.map(|action| match action {
        GapAction::Strengthen => "strengthen",
        GapAction::Complete => "complete",
        GapAction::Extend => "extend",
        GapAction::Stabilise => "stabilise",
    });
    NodeRow {
        product,
        stage: gap.stages.get(at).copied().flatten().map(|stage| stage_name(stage).to_owned()),
        state: state.to_owned(),
        action: action.map(str::to_owned),
        presence: node.presence,
        firms: node.firms,
        firms_elsewhere: node.firms_elsewhere,
        known: node.known,
        external_share: node.external_share,
        position: gap.positions.get(at).copied().unwrap_or(1.0),
        capacity_proxy: node.capacity_proxy,
        need_proxy: node.need_proxy,
        lq: node.lq,
        hhi: node.hhi,
        density: node.density,
        pci: node.pci,
        weight: node.weight,
        essential: gap.essential.get(at).copied().unwrap_or(false),
        reasons: node.reasons.clone(),
    }
}
