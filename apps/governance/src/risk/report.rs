//! From cascades to what a reader sees.

use super::network::{Loaded, Network};
use super::{Parameters, label};
use brain_chain::esri::{FirmRisk, ScenarioOutcome};
use brain_kernel::language::Text;
use schemars::JsonSchema;
use serde::Serialize;

/// Risk of every listed firm.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Report {
    /// `observed` or `estimated`.
    label: String,
    /// How the network came about and what the numbers mean.
    method: Text,
    /// Firms, riskiest first; in file order when computed from files.
    firms: Vec<FirmRow>,
    /// How many firms fall into each band of ESRI.
    distribution: Vec<Band>,
    /// Size of the network.
    network: Size,
    /// Outcome of the scenario, if one was asked for.
    scenario: Option<ScenarioReport>,
    /// What the numbers leave open.
    uncertainty: Text,
}

/// One firm.
#[derive(Debug, Serialize, JsonSchema)]
struct FirmRow {
    /// Rank, 1 is the riskiest.
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<u32>,
    /// Firm id.
    firm: String,
    /// Name, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Region, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    region_code: Option<String>,
    /// Share of all sales lost when this firm fails; absent for estimated networks.
    #[serde(skip_serializing_if = "Option::is_none")]
    esri: Option<f64>,
    /// The same through missing inputs only.
    #[serde(skip_serializing_if = "Option::is_none")]
    esri_down: Option<f64>,
    /// The same through missing orders only.
    #[serde(skip_serializing_if = "Option::is_none")]
    esri_up: Option<f64>,
    /// Steps until the cascade settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    iterations: Option<u32>,
}

/// One band of the distribution.
#[derive(Debug, Serialize, JsonSchema)]
struct Band {
    /// For example `1e-3…1e-2`.
    bucket: String,
    /// Firms in it.
    count: u64,
}

/// Size of a network.
#[derive(Debug, Serialize, JsonSchema)]
struct Size {
    /// Firms.
    firms: u64,
    /// Links.
    links: u64,
}

/// What a scenario costs.
#[derive(Debug, Serialize, JsonSchema)]
struct ScenarioReport {
    /// Share of all sales lost; absent for estimated networks.
    esri: Option<f64>,
    /// The part lost by the shocked firms themselves.
    direct: Option<f64>,
    /// Steps of the cascade.
    iterations: u32,
    /// Firms hit hardest, largest contribution first.
    losses: Vec<LossRow>,
}

/// One firm hit by a scenario.
#[derive(Debug, Serialize, JsonSchema)]
struct LossRow {
    /// Rank among the firms hit.
    rank: u32,
    /// Firm id.
    firm: String,
    /// Name.
    name: String,
    /// Production lost, 0 to 1; absent for estimated networks.
    loss: Option<f64>,
}

pub(super) fn make(
    loaded: &Loaded,
    risks: &[FirmRisk],
    scenario: Option<&ScenarioOutcome>,
    p: &Parameters,
    from_files: bool,
) -> Report {
    let valued = loaded.source == Network::Observed;
    let firms = if from_files { in_file_order(loaded, risks) } else { ranked(loaded, risks, p, valued) };
    let switch = if p.replaceability {
        ("可替代", "replaceable")
    } else {
        ("不可替代（最坏情形）", "irreplaceable (worst case)")
    };
    let (zh, en) = &loaded.method;
    Report {
        label: label(loaded).to_owned(),
        method: Text::new(
            format!("{zh}；供应商{}；阈值 {:e}。", switch.0, p.epsilon),
            format!("{en}; suppliers are {}; threshold {:e}.", switch.1, p.epsilon),
        ),
        firms,
        distribution: if valued { distribution(risks) } else { Vec::new() },
        network: Size {
            firms: loaded.network.firm_count() as u64,
            links: loaded.network.link_count() as u64,
        },
        scenario: scenario.map(|outcome| scenario_report(loaded, outcome, valued)),
        uncertainty: uncertainty(valued),
    }
}

fn in_file_order(loaded: &Loaded, risks: &[FirmRisk]) -> Vec<FirmRow> {
    risks
        .iter()
        .map(|risk| FirmRow {
            rank: None,
            firm: id(loaded, risk.firm),
            name: None,
            region_code: None,
            esri: Some(risk.esri),
            esri_down: Some(risk.esri_down),
            esri_up: Some(risk.esri_up),
            iterations: Some(risk.iterations),
        })
        .collect()
}

fn ranked(loaded: &Loaded, risks: &[FirmRisk], p: &Parameters, valued: bool) -> Vec<FirmRow> {
    let mut order: Vec<&FirmRisk> = risks.iter().collect();
    order.sort_by(|a, b| b.esri.total_cmp(&a.esri).then(a.firm.cmp(&b.firm)));
    let inside = |firm: u32| match &p.region {
        None => true,
        Some(region) => region_of(loaded, firm).is_some_and(|code| code.starts_with(region.prefix())),
    };
    order
        .into_iter()
        .zip(1u32..)
        .filter(|(risk, _)| inside(risk.firm))
        .take(p.limit as usize)
        .map(|(risk, rank)| FirmRow {
            rank: Some(rank),
            firm: id(loaded, risk.firm),
            name: loaded.names.get(risk.firm as usize).cloned(),
            region_code: region_of(loaded, risk.firm).map(str::to_owned),
            esri: valued.then_some(risk.esri),
            esri_down: valued.then_some(risk.esri_down),
            esri_up: valued.then_some(risk.esri_up),
            iterations: valued.then_some(risk.iterations),
        })
        .collect()
}

fn id(loaded: &Loaded, firm: u32) -> String {
    loaded.ids.get(firm as usize).cloned().unwrap_or_default()
}

fn region_of(loaded: &Loaded, firm: u32) -> Option<&str> {
    loaded.regions.get(firm as usize)?.as_deref()
}

/// Decades of ESRI, because most failures touch almost nobody and a few touch everything.
fn distribution(risks: &[FirmRisk]) -> Vec<Band> {
    const BOUNDS: [(f64, &str); 6] = [
        (1e-5, "<1e-5"),
        (1e-4, "1e-5…1e-4"),
        (1e-3, "1e-4…1e-3"),
        (1e-2, "1e-3…1e-2"),
        (1e-1, "1e-2…1e-1"),
        (f64::INFINITY, "≥1e-1"),
    ];
    let mut bands: Vec<Band> =
        BOUNDS.iter().map(|(_, name)| Band { bucket: (*name).to_owned(), count: 0 }).collect();
    for risk in risks {
        let at = BOUNDS.iter().position(|(bound, _)| risk.esri < *bound).unwrap_or(BOUNDS.len() - 1);
        if let Some(band) = bands.get_mut(at) {
            band.count += 1;
        }
    }
    bands
}

/// Most firms a scenario lists.
const LOSSES_MAX: usize = 100;

fn scenario_report(loaded: &Loaded, outcome: &ScenarioOutcome, valued: bool) -> ScenarioReport {
    let losses = outcome.losses.iter().take(LOSSES_MAX).zip(1u32..).map(|(loss, rank)| LossRow {
        rank,
        firm: id(loaded, loss.firm),
        name: loaded.names.get(loss.firm as usize).cloned().unwrap_or_default(),
        loss: valued.then_some(loss.down.max(loss.up)),
    });
    ScenarioReport {
        esri: valued.then_some(outcome.esri),
        direct: valued.then_some(outcome.direct),
        iterations: outcome.iterations,
        losses: losses.collect(),
    }
}

fn uncertainty(valued: bool) -> Text {
    if valued {
        Text::new(
            "只包含已装入的供货关系；未装入的客户与供应商不计，真实影响可能更大。供货关系平均每年更替一半以上，请注意观测日期。",
            "Only links that were loaded count; customers and suppliers outside are missing, so the true effect may be larger. More than half of all links change within a year: mind the dates.",
        )
    } else {
        Text::new(
            "供货关系为估计：由产品、上下游关系和企业规模重建，只宜看排名（与真实网络的秩相关约 0.74–0.84，高于只按规模排序的 0.5），不给出百分比。",
            "Links are estimated from products, upstream links and size: read the ranks only (rank correlation with true networks about 0.74–0.84, against 0.5 for size alone), no percentages are given.",
        )
    }
}
