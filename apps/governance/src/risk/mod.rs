//! Whose failure hurts the chain (`chain.risk`): ESRI of every firm of a supply network.
//!
//! Links are known to three degrees: with an amount (plain files handed in, invoices), without one (disclosures and
//! news), or not at all (estimated from products and size). Wherever a volume is estimated there are ranks only
//! (methods 3.2: the mean is off by a third and more, the order holds).

mod network;
mod report;

use brain_chain::ChainError;
use brain_chain::esri::{
    EsriOptions, Scenario, ScenarioOutcome, Shock as Shocked, every_single_failure, simulate,
};
use brain_component::{Component, Context, Definition, Effect, GRAPH_READS, Kind, graph_reads_and, native};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::progress::Cancel;
use brain_kernel::region::RegionCode;
use brain_kernel::side::Side;
use network::{Loaded, Network};
use report::Report;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// Which network to look at, and how.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    /// 网络来源：observed 仅观测、estimated 观测加估计；缺省：给了产业链或没有金额时用估计，否则用观测 · observed links alone, or completed by estimates; by default estimated for a chain and without any amount, else observed
    network: Option<Network>,
    /// 产业链 · chain whose firms are looked at (estimated network)
    #[schemars(length(max = 64))]
    chain: Option<String>,
    /// 地区 · only firms in this region are listed; the network stays whole
    region: Option<RegionCode>,
    /// 替代性：客户可转向同行业其他供应商（on）或不可（off，最坏情形） · whether customers can turn to competitors
    #[serde(default = "on")]
    replaceability: bool,
    /// 停止阈值 · the cascade stops when nothing moves by more than this
    #[serde(default = "epsilon")]
    #[schemars(range(min = 1e-12, max = 1.0))]
    epsilon: f64,
    /// 情景冲击 · several firms failing together, each by a share of its production
    #[schemars(length(max = 1000))]
    shock: Option<Vec<Shock>>,
    /// 列出企业数 · how many firms to list
    #[serde(default = "limit")]
    #[schemars(range(min = 1, max = 5000))]
    limit: u32,
    /// 供货文件（supplier,buyer,amount） · sales between firms, CSV text
    #[schemars(extend("format" = "file"), length(max = 2_000_000_000))]
    edges: Option<String>,
    /// 企业文件（firm,sector） · firms and sectors, CSV text
    #[schemars(extend("format" = "file"), length(max = 500_000_000))]
    firms: Option<String>,
    /// 投入重要性矩阵 · essentiality of inputs, CSV matrix without header
    #[schemars(extend("format" = "file"), length(max = 50_000_000))]
    essentiality: Option<String>,
}

/// One firm of a scenario.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shock {
    /// Firm id.
    #[schemars(length(min = 1, max = 200))]
    firm: String,
    /// Share of its production lost, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    loss: f64,
}

const fn on() -> bool {
    true
}

const fn epsilon() -> f64 {
    1e-6
}

const fn limit() -> u32 {
    100
}

/// Datasets: those of the graph for products, sizes and needs, and the links on record.
const READS: [&str; GRAPH_READS.len() + 1] = graph_reads_and(&["subject.enterprise_link"]);

pub(crate) fn risk() -> Arc<dyn Component> {
    native(
        Definition {
            id: "chain.risk",
            version: "1.1.0",
            title: ("产业链风险传导", "Contagion risk of a chain"),
            summary: (
                "逐一假设企业停产，看损失沿供应网络传到多大（ESRI）；可叠加情景冲击。只有金额全部可观测之处给出数值，其余只给排名。",
                "Fails each firm in turn and follows the loss through the supply network (ESRI); scenarios combine several shocks. Values are given only where every amount is observed, ranks elsewhere.",
            ),
            kind: Kind::Tool,
            side: Side::Government,
            effect: Effect::Read,
            audience: &[],
            reads: &READS,
            formula: Some((
                "ESRI_i = Σ_j w_j·(1 − min(hd_j, hu_j))，w_j 为企业 j 的销售占比；hd、hu 为企业 i 停产后上游缺料与下游缺单传导至稳态的产能水平（Diem 等，Scientific Reports 12:7719，2022）。",
                "ESRI_i = Σ_j w_j·(1 − min(hd_j, hu_j)), w_j the share of sales of firm j; hd and hu are the production levels left once missing inputs and missing orders have spread from the failure of i (Diem et al., Scientific Reports 12:7719, 2022).",
            )),
            table: Some("/firms"),
            detached: |parameters| parameters.get("edges").is_some(),
        },
        run,
    )
}

async fn run(cx: Context, p: Parameters) -> Result<Report, Failure> {
    let options =
        EsriOptions { replaceability: p.replaceability, epsilon: p.epsilon, ..EsriOptions::default() };
    let from_files = p.edges.is_some();
    let loaded = if from_files { network::from_files(&p)? } else { network::from_node(&cx, &p).await? };
    let shocks: Option<Vec<(String, f64)>> =
        p.shock.as_ref().map(|list| list.iter().map(|shock| (shock.firm.clone(), shock.loss)).collect());
    // The mathematics keeps every core busy for seconds; it must not hold a thread that serves requests.
    cx.compute(move |progress, cancel| {
        progress.begin("逐一假设企业停产", "Failing each firm in turn", 0);
        let mut risks = Vec::with_capacity(loaded.parts.len());
        for part in &loaded.parts {
            risks.push(every_single_failure(&part.network, &options, progress, cancel)?);
        }
        let scenario = shocks.map(|shocks| scenario(&loaded, &shocks, &options, cancel)).transpose()?;
        Ok(report::make(&loaded, &risks, scenario.as_ref(), &p, from_files))
    })
    .await
}

/// The outcome in each part that a shock strikes, with the place of the part.
fn scenario(
    loaded: &Loaded,
    shocks: &[(String, f64)],
    options: &EsriOptions,
    cancel: &Cancel,
) -> Result<Vec<(usize, ScenarioOutcome)>, Failure> {
    if shocks.is_empty() {
        let must_be = "≥ 1 firm / 至少一家企业";
        return Err(ChainError::Parameter { name: "shock", value: "[]".to_owned(), must_be }.into());
    }
    let mut of_part: Vec<Vec<Shocked>> = vec![Vec::new(); loaded.parts.len()];
    for (id, loss) in shocks {
        let unknown = || Failure::from(ChainError::UnknownFirm(id.clone()));
        let number = loaded.ids.iter().position(|known| known == id).ok_or_else(unknown)? as u32;
        let struck = of_part.iter_mut().zip(&loaded.parts).find_map(|(shocks, part)| {
            part.members.binary_search(&number).ok().map(|firm| (shocks, firm as u32))
        });
        let (shocks, firm) = struck.ok_or_else(unknown)?;
        shocks.push(Shocked { firm, loss: *loss });
    }
    let mut outcomes = Vec::new();
    for (at, (shocks, part)) in of_part.into_iter().zip(&loaded.parts).enumerate() {
        if !shocks.is_empty() {
            outcomes.push((at, simulate(&part.network, &Scenario { shocks }, options, cancel)?));
        }
    }
    Ok(outcomes)
}

/// Whether the caller gave files, and all three of them.
fn files(p: &Parameters) -> Result<(&str, &str, &str), Failure> {
    match (&p.edges, &p.firms, &p.essentiality) {
        (Some(edges), Some(firms), Some(essentiality)) => Ok((edges, firms, essentiality)),
        _ => Err(Failure::new(
            ErrorKind::InvalidArgument,
            "governance/risk-files",
            "用文件计算需要同时给出 edges、firms、essentiality 三个文件。",
            "Running on files needs all three of edges, firms and essentiality.",
        )),
    }
}
