//! From cascades to what a reader sees.

use super::Parameters;
use super::network::{Loaded, Network};
use brain_chain::esri::{FirmRisk, ScenarioOutcome};
use brain_chain::supply::{Evidence, EvidenceShare, Part, SupplyLink};
use brain_kernel::language::Text;
use rustc_hash::FxHashSet;
use schemars::JsonSchema;
use serde::Serialize;

/// Risk of every listed firm.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Report {
    /// `observed`: only links on record, with or without amounts; `estimated`: completed by estimated links.
    #[schemars(extend("enum" = ["observed", "estimated"]))]
    label: String,
    /// How many links, and how much of the volume, are observed, observed without amount, and estimated.
    evidence: Vec<EvidenceRow>,
    /// How the network came about and what the numbers mean.
    method: Text,
    /// Firms, riskiest first; in file order when computed from files.
    firms: Vec<FirmRow>,
    /// How many firms with a value fall into each band of ESRI.
    distribution: Vec<Band>,
    /// Size of the network.
    network: Size,
    /// Largest links of the firms listed, each labelled by what is known of it; empty when computed from files.
    links: Vec<LinkRow>,
    /// Outcome of the scenario, if one was asked for.
    scenario: Option<ScenarioReport>,
    /// What the numbers leave open.
    uncertainty: Text,
}

/// Links of one kind.
#[derive(Debug, Serialize, JsonSchema)]
struct EvidenceRow {
    /// `observed`, `observed_unpriced` or `estimated`.
    evidence: String,
    /// Links.
    links: u64,
    /// Share of the volume of all links, 0 to 1; the volumes of the last two kinds are estimates.
    share: f64,
}

/// One link.
#[derive(Debug, Serialize, JsonSchema)]
struct LinkRow {
    /// Id of the seller.
    supplier: String,
    /// Its name.
    supplier_name: String,
    /// Id of the buyer.
    customer: String,
    /// Its name.
    customer_name: String,
    /// What is sold, where known or inferred from what both ends make.
    product: Option<String>,
    /// `observed`, `observed_unpriced` (the link is on record, its volume estimated) or `estimated`.
    evidence: String,
    /// Yearly amount, yuan; only where observed.
    amount_cny: Option<f64>,
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
    /// Share of all sales with observed amounts lost when this firm fails; absent where any volume it can reach is
    /// estimated.
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
    /// Share of all sales lost; absent where volumes are estimated.
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
    /// Production lost, 0 to 1; absent where volumes are estimated.
    loss: Option<f64>,
}

pub(super) fn make(
    loaded: &Loaded,
    risks: &[Vec<FirmRisk>],
    scenario: Option<&Vec<(usize, ScenarioOutcome)>>,
    p: &Parameters,
    from_files: bool,
) -> Report {
    let listed = if from_files { Vec::new() } else { listed(loaded, risks, p) };
    let firms = if from_files {
        loaded.parts.iter().zip(risks).flat_map(|(part, risks)| in_file_order(loaded, part, risks)).collect()
    } else {
        listed.iter().map(|entry| firm_row(loaded, entry)).collect()
    };
    let switch = if p.replaceability {
        ("可替代", "replaceable")
    } else {
        ("不可替代（最坏情形）", "irreplaceable (worst case)")
    };
    let Text { zh, en } = &loaded.method;
    let numbers: Vec<u32> = listed.iter().map(|entry| entry.number).collect();
    Report {
        label: loaded.source.as_str().to_owned(),
        evidence: loaded.evidence.iter().map(evidence_row).collect(),
        method: Text::new(
            format!("{zh}；供应商{}；阈值 {:e}。", switch.0, p.epsilon),
            format!("{en}; suppliers are {}; threshold {:e}.", switch.1, p.epsilon),
        ),
        firms,
        distribution: distribution(&loaded.parts, risks),
        network: Size {
            firms: loaded.parts.iter().map(|part| part.network.firm_count() as u64).sum(),
            links: loaded.parts.iter().map(|part| part.network.link_count() as u64).sum(),
        },
        links: links(loaded, &numbers),
        scenario: scenario.map(|outcomes| scenario_report(loaded, outcomes)),
        uncertainty: uncertainty(loaded),
    }
}

fn evidence_row(share: &EvidenceShare) -> EvidenceRow {
    EvidenceRow { evidence: share.evidence.as_str().to_owned(), links: share.links, share: share.share }
}

fn in_file_order<'a>(
    loaded: &'a Loaded,
    part: &'a Part,
    risks: &'a [FirmRisk],
) -> impl Iterator<Item = FirmRow> + use<'a> {
    part.members.iter().zip(risks).map(|(&number, risk)| FirmRow {
        rank: None,
        firm: id(loaded, number),
        name: None,
        region_code: None,
        esri: Some(risk.esri),
        esri_down: Some(risk.esri_down),
        esri_up: Some(risk.esri_up),
        iterations: Some(risk.iterations),
    })
}

/// A firm of the list.
struct Listed<'a> {
    rank: u32,
    /// Place in [`Loaded::ids`].
    number: u32,
    risk: &'a FirmRisk,
    measured: bool,
}

/// Firms by the sales lost with them, across both parts; in the part that is not measured these are estimates, which
/// is why they show as a rank and nothing else.
fn listed<'a>(loaded: &'a Loaded, risks: &'a [Vec<FirmRisk>], p: &Parameters) -> Vec<Listed<'a>> {
    let mut order: Vec<(f64, u32, &FirmRisk, bool)> = loaded
        .parts
        .iter()
        .zip(risks)
        .flat_map(|(part, risks)| {
            part.members
                .iter()
                .zip(risks)
                .map(|(&number, risk)| (risk.esri * part.volume, number, risk, part.measured))
        })
        .collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let inside = |firm: u32| match &p.region {
        None => true,
        Some(region) => region_of(loaded, firm).is_some_and(|code| code.starts_with(region.prefix())),
    };
    order
        .into_iter()
        .zip(1u32..)
        .filter(|((_, number, ..), _)| inside(*number))
        .take(p.limit as usize)
        .map(|((_, number, risk, measured), rank)| Listed { rank, number, risk, measured })
        .collect()
}

fn firm_row(loaded: &Loaded, entry: &Listed<'_>) -> FirmRow {
    let (risk, measured) = (entry.risk, entry.measured);
    FirmRow {
        rank: Some(entry.rank),
        firm: id(loaded, entry.number),
        name: loaded.names.get(entry.number as usize).cloned(),
        region_code: region_of(loaded, entry.number).map(str::to_owned),
        esri: measured.then_some(risk.esri),
        esri_down: measured.then_some(risk.esri_down),
        esri_up: measured.then_some(risk.esri_up),
        iterations: measured.then_some(risk.iterations),
    }
}

/// Most links a report lists.
const LINKS_MAX: usize = 200;

/// The largest links that touch a listed firm.
fn links(loaded: &Loaded, listed: &[u32]) -> Vec<LinkRow> {
    let listed: FxHashSet<u32> = listed.iter().copied().collect();
    let touches = |link: &&SupplyLink| listed.contains(&link.supplier) || listed.contains(&link.buyer);
    let mut links: Vec<&SupplyLink> = loaded.links.iter().filter(touches).collect();
    links.sort_by(|a, b| {
        let key = |link: &SupplyLink| (link.supplier, link.buyer, link.product);
        b.amount.total_cmp(&a.amount).then_with(|| key(a).cmp(&key(b)))
    });
    links.truncate(LINKS_MAX);
    let name = |number: u32| loaded.names.get(number as usize).cloned().unwrap_or_default();
    links
        .into_iter()
        .map(|link| LinkRow {
            supplier: id(loaded, link.supplier),
            supplier_name: name(link.supplier),
            customer: id(loaded, link.buyer),
            customer_name: name(link.buyer),
            product: link.product.and_then(|product| loaded.products.get(&product).cloned()),
            evidence: link.evidence.as_str().to_owned(),
            amount_cny: (link.evidence == Evidence::Observed).then_some(link.amount),
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
fn distribution(parts: &[Part], risks: &[Vec<FirmRisk>]) -> Vec<Band> {
    let measured = || parts.iter().zip(risks).filter(|(part, _)| part.measured);
    if measured().next().is_none() {
        return Vec::new();
    }
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
    for risk in measured().flat_map(|(_, risks)| risks) {
        let at = BOUNDS.iter().position(|(bound, _)| risk.esri < *bound).unwrap_or(BOUNDS.len() - 1);
        if let Some(band) = bands.get_mut(at) {
            band.count += 1;
        }
    }
    bands
}

/// Most firms a scenario lists.
const LOSSES_MAX: usize = 100;

fn scenario_report(loaded: &Loaded, outcomes: &[(usize, ScenarioOutcome)]) -> ScenarioReport {
    let parts: Vec<(&Part, &ScenarioOutcome)> =
        outcomes.iter().filter_map(|(at, outcome)| Some((loaded.parts.get(*at)?, outcome))).collect();
    // Values only where the scenario stays among observed amounts.
    let valued = parts.iter().all(|(part, _)| part.measured);
    let volume: f64 = parts.iter().map(|(part, _)| part.volume).sum();
    let share = |of: fn(&ScenarioOutcome) -> f64| {
        let lost: f64 = parts.iter().map(|(part, outcome)| part.volume * of(outcome)).sum();
        (valued && volume > 0.0).then(|| lost / volume)
    };
    let mut losses: Vec<(f64, u32, f64)> = parts
        .iter()
        .flat_map(|(part, outcome)| {
            outcome.losses.iter().filter_map(|loss| {
                let number = *part.members.get(loss.firm as usize)?;
                Some((loss.contribution * part.volume, number, loss.down.max(loss.up)))
            })
        })
        .collect();
    losses.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let row = |((_, number, loss), rank): ((f64, u32, f64), u32)| LossRow {
        rank,
        firm: id(loaded, number),
        name: loaded.names.get(number as usize).cloned().unwrap_or_default(),
        loss: valued.then_some(loss),
    };
    ScenarioReport {
        esri: share(|outcome| outcome.esri),
        direct: share(|outcome| outcome.direct),
        iterations: parts.iter().map(|(_, outcome)| outcome.iterations).max().unwrap_or(0),
        losses: losses.into_iter().take(LOSSES_MAX).zip(1u32..).map(row).collect(),
    }
}

fn uncertainty(loaded: &Loaded) -> Text {
    if loaded.source == Network::Estimated {
        return Text::new(
            "供货关系部分或全部为估计：由产品、上下游关系和企业规模重建，只宜看排名（与真实网络的秩相关约 0.74–0.84，高于只按规模排序的 0.5），不给出百分比。",
            "Some or all links are estimated from products, upstream links and size: read the ranks only (rank correlation with true networks about 0.74–0.84, against 0.5 for size alone), no percentages are given.",
        );
    }
    let unpriced = loaded.count(Evidence::ObservedUnpriced);
    let (zh, en) = if unpriced > 0 {
        (
            format!("其中 {unpriced} 条关系没有金额，数量为估计：凡能传到这些关系的企业只给排名，不给数值。"),
            format!(
                "{unpriced} links have no amount and an estimated volume: firms whose loss can reach one have a rank and no value. "
            ),
        )
    } else {
        (String::new(), String::new())
    };
    Text::new(
        format!(
            "{zh}只包含已装入的供货关系；未装入的客户与供应商不计，真实影响可能更大。供货关系平均每年更替一半以上，请注意观测日期。"
        ),
        format!(
            "{en}Only links that were loaded count; customers and suppliers outside are missing, so the true effect may be larger. More than half of all links change within a year: mind the dates."
        ),
    )
}
