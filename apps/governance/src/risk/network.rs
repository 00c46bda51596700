//! Where the supply network comes from: plain files, records, or records completed by estimates.

use super::{Parameters, files};
use brain_chain::decay::{Day, Decay};
use brain_chain::estimate::{EstimateOptions, EstimatedLink, estimate_links};
use brain_chain::graph::{ChainGraph, ProductId};
use brain_chain::network_files::{FileLimits, read_network};
use brain_chain::query::firms_of;
use brain_chain::region::Region;
use brain_chain::supply::{Basis, Evidence, EvidenceShare, KnownLink, Part, Supplies, SupplyLink};
use brain_component::Context;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_kernel::progress::Cancel;
use chrono::NaiveDate;
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Which links enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Network {
    /// Links on record: invoices and files with amounts, disclosures and news without.
    Observed,
    /// The links on record among the makers of the products, completed by links made from products and size.
    Estimated,
}

impl Network {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Estimated => "estimated",
        }
    }
}

/// A network with what the report needs to name its firms.
pub(super) struct Loaded {
    pub(super) parts: Vec<Part>,
    pub(super) source: Network,
    /// Ids by firm number.
    pub(super) ids: Vec<String>,
    /// By firm number; the id again where no name is known.
    pub(super) names: Vec<String>,
    /// By firm number, where known.
    pub(super) regions: Vec<Option<String>>,
    /// Links and volume by what is known of them.
    pub(super) evidence: Vec<EvidenceShare>,
    /// Every link with its label; empty when computed from files, which the caller has.
    pub(super) links: Vec<SupplyLink>,
    /// Names of the products of `links`.
    pub(super) products: FxHashMap<ProductId, String>,
    /// How the network came about, for the reader.
    pub(super) method: Text,
}

impl Loaded {
    /// Links of one kind.
    pub(super) fn count(&self, evidence: Evidence) -> u64 {
        self.evidence.iter().filter(|e| e.evidence == evidence).map(|e| e.links).sum()
    }
}

pub(super) fn from_files(p: &Parameters) -> Result<Loaded, Failure> {
    let (edges, firms, essentiality) = files(p)?;
    let limits = FileLimits::default();
    let network = read_network(edges.as_bytes(), firms.as_bytes(), essentiality.as_bytes(), &limits)?;
    let ids = network.firms().to_vec();
    let links = network.link_count() as u64;
    let members = (0..ids.len() as u32).collect();
    Ok(Loaded {
        parts: vec![Part { network, members, measured: true, volume: 1.0 }],
        source: Network::Observed,
        names: ids.clone(),
        regions: vec![None; ids.len()],
        ids,
        evidence: vec![EvidenceShare { evidence: Evidence::Observed, links, share: 1.0 }],
        links: Vec::new(),
        products: FxHashMap::default(),
        method: Text::new("按给定文件计算", "computed from the given files"),
    })
}

pub(super) async fn from_node(cx: &Context, p: &Parameters) -> Result<Loaded, Failure> {
    let known = known_links(cx).await?;
    let source = match p.network {
        Some(source) => source,
        // Naming a chain asks about that chain's firms; invoices may belong to others. Links without any amount are
        // few among the makers of a chain, so that a completed network says more.
        None if p.chain.is_none() && known.iter().any(|link| link.amount_cny.is_some()) => Network::Observed,
        None => Network::Estimated,
    };
    if source == Network::Observed && known.is_empty() {
        return Err(no_observed_links());
    }
    let graph = match cx.graph().await {
        Ok(graph) => Some(graph),
        // Records alone still make a network, with every input ordinary; estimates need the graph.
        Err(failure) if source == Network::Observed && unseen(&failure) => None,
        Err(failure) => return Err(failure),
    };
    let firms = firms(cx).await?;
    let work = Work {
        source,
        chain: p.chain.clone(),
        known,
        graph,
        firms,
        decay: Decay::as_of(cx.now().date_naive()),
    };
    cx.compute(move |_, cancel| work.load(cancel)).await
}

fn no_observed_links() -> Failure {
    Failure::new(
        ErrorKind::Precondition,
        "governance/no-observed-links",
        "没有观测到的供货关系。",
        "There are no observed links.",
    )
    .with_hint(
        "装入发票（映射 sme_invoices）或供货事实（映射 ickg25），或改用 network=estimated。",
        "Load invoices (mapping sme_invoices) or supply facts (mapping ickg25), or use network=estimated.",
    )
}

/// Nobody's rows are visible to this caller, or there is no such table: the same as nothing observed.
fn unseen(failure: &Failure) -> bool {
    matches!(failure.kind, ErrorKind::Forbidden | ErrorKind::NotFound)
}

#[derive(Deserialize)]
struct LinkRecord {
    supplier_id: String,
    customer_id: String,
    product_id: Option<String>,
    amount_cny: Option<f64>,
    confidence: Option<f32>,
    observed_on: Option<NaiveDate>,
}

/// Every link on record the caller may see, with or without an amount.
async fn known_links(cx: &Context) -> Result<Vec<KnownLink>, Failure> {
    let read = cx
        .records::<LinkRecord>(
            "SELECT supplier_id, customer_id, product_id, sum(amount_cny) AS amount_cny,
                    max(confidence) AS confidence, max(observed_on) AS observed_on
             FROM subject.enterprise_link
             WHERE NOT coalesce(estimated, false) AND supplier_id <> customer_id AND coalesce(amount_cny, 1) > 0
             GROUP BY supplier_id, customer_id, product_id ORDER BY supplier_id, customer_id, product_id",
            vec![],
        )
        .await;
    let rows = match read {
        Ok(rows) => rows,
        Err(failure) if unseen(&failure) => Vec::new(),
        Err(failure) => return Err(failure),
    };
    let link = |row: LinkRecord| KnownLink {
        supplier: row.supplier_id,
        buyer: row.customer_id,
        product: row.product_id,
        amount_cny: row.amount_cny,
        confidence: row.confidence.unwrap_or(0.5).clamp(0.0, 1.0),
        observed: row.observed_on.map_or(Day::UNKNOWN, Day::from),
    };
    Ok(rows.into_iter().map(link).collect())
}

#[derive(Deserialize)]
struct FirmRecord {
    enterprise_id: String,
    name: String,
    industry_code: Option<String>,
    region_code: Option<String>,
}

/// Firms at the ends of links on record; those of the graph bring their own names.
async fn firms(cx: &Context) -> Result<FxHashMap<String, FirmRecord>, Failure> {
    let read = cx
        .records::<FirmRecord>(
            "SELECT enterprise_id, name, industry_code, region_code FROM subject.enterprise
             WHERE enterprise_id IN (SELECT supplier_id FROM subject.enterprise_link
                                     UNION SELECT customer_id FROM subject.enterprise_link)",
            vec![],
        )
        .await;
    match read {
        Ok(firms) => Ok(firms.into_iter().map(|firm| (firm.enterprise_id.clone(), firm)).collect()),
        Err(failure) if unseen(&failure) => Ok(FxHashMap::default()),
        Err(failure) => Err(failure),
    }
}

/// Everything a network is made of, gathered.
struct Work {
    source: Network,
    chain: Option<String>,
    known: Vec<KnownLink>,
    graph: Option<Arc<ChainGraph>>,
    firms: FxHashMap<String, FirmRecord>,
    decay: Decay,
}

impl Work {
    fn load(self, cancel: &Cancel) -> Result<Loaded, Failure> {
        let graph = self.graph.as_deref();
        // The whole country: a shock does not stop at a border, and the region only narrows the list shown.
        let options = EstimateOptions::new(Region::NATION, self.decay);
        let (known, estimated) = match (self.source, graph) {
            (Network::Estimated, Some(graph)) => self.completed(graph, &options, cancel)?,
            _ => (self.known, Vec::new()),
        };
        let industries = self.firms.iter().filter_map(|(id, f)| Some((id.clone(), f.industry_code.clone()?)));
        let basis = Basis {
            graph,
            industries: &industries.collect(),
            decay: self.decay,
            default_capital_cny: options.default_capital_cny,
        };
        let supplies = Supplies::new(&basis, &known, &estimated);
        let mut parts = supplies.parts(&basis)?;
        for part in &mut parts {
            part.measured &= self.source == Network::Observed;
        }
        let name = |id: &str, node: Option<_>| {
            let named = node.zip(graph).map(|(node, graph)| graph.firms().name(node).to_owned());
            named.or_else(|| Some(self.firms.get(id)?.name.clone())).unwrap_or_else(|| id.to_owned())
        };
        let region = |id: &str, node: Option<_>| {
            let placed = node.zip(graph).map(|(node, graph)| graph.firms().region(node));
            let placed = placed.filter(|code| *code > 0).map(|code| format!("{code:06}"));
            placed.or_else(|| self.firms.get(id)?.region_code.clone())
        };
        let evidence = supplies.evidence();
        let products = supplies.links.iter().filter_map(|link| link.product);
        Ok(Loaded {
            names: supplies.firms.iter().map(|f| name(&f.id, f.node)).collect(),
            regions: supplies.firms.iter().map(|f| region(&f.id, f.node)).collect(),
            method: method(self.source, &supplies, graph.is_some()),
            products: graph.map_or_else(FxHashMap::default, |graph| {
                products.map(|product| (product, graph.products().name(product).to_owned())).collect()
            }),
            ids: supplies.firms.into_iter().map(|firm| firm.id).collect(),
            links: supplies.links,
            source: self.source,
            evidence,
            parts,
        })
    }

    /// Links on record between makers of the chain's products (of every linked product without a chain), and the
    /// estimated ones among them.
    fn completed(
        &self,
        graph: &ChainGraph,
        options: &EstimateOptions,
        cancel: &Cancel,
    ) -> Result<(Vec<KnownLink>, Vec<EstimatedLink>), Failure> {
        let products: Vec<ProductId> = match &self.chain {
            Some(id) => graph.chain(id)?.members.iter().map(|member| member.product).collect(),
            None => {
                let linked = |&product: &ProductId| graph.inputs_of(product).next().is_some();
                graph.product_ids().filter(|&p| !graph.products().is_food(p)).filter(linked).collect()
            }
        };
        let estimated = estimate_links(graph, &products, options, cancel)?;
        let inputs = products.iter().flat_map(|&product| graph.inputs_of(product).map(|link| link.from));
        let makers = firms_of(graph, products.iter().copied().chain(inputs));
        let inside = |id: &str| graph.firm(id).is_ok_and(|firm| makers.contains(&firm));
        let known = self.known.iter().filter(|link| inside(&link.supplier) && inside(&link.buyer));
        Ok((known.cloned().collect(), estimated))
    }
}

fn method(source: Network, supplies: &Supplies, needs: bool) -> Text {
    let (zh, en) = match source {
        Network::Observed => ("观测供货网络", "observed links"),
        Network::Estimated => (
            "观测供货关系，其余由企业产品、上游关系与注册资本按条带修正引力模型估计",
            "observed links, completed by estimates from firms' products, product links and registered capital \
             (stripe-corrected gravity)",
        ),
    };
    let (needs_zh, needs_en) = if needs {
        (
            "投入是否关键按行业对判断：产品关系中标为关键者的置信度不少于一半即为关键（E = 2），否则为一般（E = 1）",
            "an input is essential (E = 2) where product links marked so carry at least half of the confidence between \
             the two sectors, else ordinary (E = 1)",
        )
    } else {
        ("无产品关系可用，各类投入按一般投入处理", "no product links at hand, so every input is ordinary")
    };
    let unknown = supplies.without_sector();
    Text::new(
        format!(
            "{zh}；无金额的关系以“置信度×新鲜度×买方规模×该投入占比×供应商占比”估计数量（占比不超过 ½），并按有金额关系\
             的中位比值换算；行业取主要产品或登记的 GB/T 4754 大类（{unknown} 家未知，归为一类）；{needs_zh}"
        ),
        format!(
            "{en}; a link without amount gets the volume confidence × freshness × buyer's size × share of the input × \
             share of the supplier (½ at most), scaled by the median ratio of links with amounts; sectors are GB/T \
             4754 divisions of main products or registration ({unknown} unknown firms stand together); {needs_en}"
        ),
    )
}
