//! Where the supply network comes from.

use super::{Parameters, files};
use brain_chain::esri::network::Sale;
use brain_chain::esri::{Essentiality, Need, SupplyNetwork};
use brain_chain::network_files::{FileLimits, read_network};
use brain_component::Context;
use brain_kernel::error::{ErrorKind, Failure};
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether links were seen or guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Network {
    /// Links with amounts, from invoices or files.
    Observed,
    /// Links made from products, upstream links and size.
    Estimated,
}

/// A network with what the report needs to name its firms.
pub(super) struct Loaded {
    pub(super) network: SupplyNetwork,
    pub(super) source: Network,
    /// Ids by firm index.
    pub(super) ids: Vec<String>,
    /// By firm index; the id again where no name is known.
    pub(super) names: Vec<String>,
    /// By firm index, where known.
    pub(super) regions: Vec<Option<String>>,
    /// How the network came about, for the reader.
    pub(super) method: (String, String),
}

pub(super) fn from_files(p: &Parameters) -> Result<Loaded, Failure> {
    let (edges, firms, essentiality) = files(p)?;
    let limits = FileLimits::default();
    let network = read_network(edges.as_bytes(), firms.as_bytes(), essentiality.as_bytes(), &limits)?;
    let names = network.firms().to_vec();
    let regions = vec![None; names.len()];
    let method = ("按给定文件计算".to_owned(), "computed from the given files".to_owned());
    Ok(Loaded { network, source: Network::Observed, ids: names.clone(), names, regions, method })
}

pub(super) async fn from_node(cx: &Context, p: &Parameters) -> Result<Loaded, Failure> {
    match p.network {
        Some(Network::Observed) => observed(cx).await?.ok_or_else(no_observed_links),
        Some(Network::Estimated) => super::estimate::estimated(cx, p).await,
        None => match observed(cx).await? {
            // Naming a chain asks about that chain's firms; observed invoices may belong to others.
            Some(loaded) if p.chain.is_none() => Ok(loaded),
            _ => super::estimate::estimated(cx, p).await,
        },
    }
}

fn no_observed_links() -> Failure {
    Failure::new(
        ErrorKind::Precondition,
        "governance/no-observed-links",
        "没有带金额的观测供货关系。",
        "There are no observed links with amounts.",
    )
    .with_hint(
        "装入发票等供货数据（例如映射 sme_invoices），或改用 network=estimated。",
        "Load invoices or other sales (for example with the mapping sme_invoices), or use network=estimated.",
    )
}

#[derive(Deserialize)]
struct Link {
    supplier_id: String,
    customer_id: String,
    amount_cny: f64,
}

#[derive(Deserialize)]
struct Firm {
    enterprise_id: String,
    name: String,
    industry_code: Option<String>,
    region_code: Option<String>,
}

/// Observed links with positive yearly amounts; `None` when there are none the caller may see.
async fn observed(cx: &Context) -> Result<Option<Loaded>, Failure> {
    let read = cx
        .records::<Link>(
            "SELECT supplier_id, customer_id, sum(amount_cny) AS amount_cny FROM subject.enterprise_link
             WHERE amount_cny > 0 AND NOT coalesce(estimated, false) AND supplier_id <> customer_id
             GROUP BY supplier_id, customer_id ORDER BY supplier_id, customer_id",
            vec![],
        )
        .await;
    let links = match read {
        Ok(links) => links,
        // Nobody's links are visible to this caller: the same as none observed.
        Err(failure) if matches!(failure.kind, ErrorKind::Forbidden | ErrorKind::NotFound) => Vec::new(),
        Err(failure) => return Err(failure),
    };
    if links.is_empty() {
        return Ok(None);
    }
    let known: Vec<Firm> = cx
        .records(
            "SELECT enterprise_id, name, industry_code, region_code FROM subject.enterprise
             WHERE enterprise_id IN (SELECT supplier_id FROM subject.enterprise_link WHERE amount_cny > 0
                                     UNION SELECT customer_id FROM subject.enterprise_link WHERE amount_cny > 0)",
            vec![],
        )
        .await?;
    let known: FxHashMap<String, Firm> = known.into_iter().map(|f| (f.enterprise_id.clone(), f)).collect();
    let mut index: FxHashMap<String, u32> = FxHashMap::default();
    let mut ids: Vec<String> = Vec::new();
    let mut sales = Vec::with_capacity(links.len());
    for link in &links {
        let mut place = |id: &'_ String| -> u32 {
            index.get(id).copied().unwrap_or_else(|| {
                let at = ids.len() as u32;
                index.insert(id.clone(), at);
                ids.push(id.clone());
                at
            })
        };
        let (supplier, buyer) = (place(&link.supplier_id), place(&link.customer_id));
        sales.push(Sale { supplier, buyer, amount: link.amount_cny });
    }
    let (sector, need, sectors) = sectors(&ids, &known);
    let names = ids.iter().map(|id| known.get(id).map_or_else(|| id.clone(), |f| f.name.clone())).collect();
    let regions = ids.iter().map(|id| known.get(id).and_then(|f| f.region_code.clone())).collect();
    let network = SupplyNetwork::new(ids.clone(), sector, &sales, &need)?;
    let method = (
        format!(
            "观测供货金额；行业取企业名称与登记的 GB/T 4754 大类（{sectors} 类，未知者归一类）；各类投入按一般投入处理"
        ),
        format!(
            "observed amounts; sectors are GB/T 4754 divisions of the firms ({sectors}, unknown ones together); every input counts as non-essential"
        ),
    );
    Ok(Some(Loaded { network, source: Network::Observed, ids, names, regions, method }))
}

/// Sector of each firm: its GB/T 4754 division, unknown firms together. No essentiality of inputs is observed, so
/// every input counts as non-essential (E = 1), the mildest reading.
fn sectors(ids: &[String], known: &FxHashMap<String, Firm>) -> (Vec<u32>, Essentiality, usize) {
    let mut divisions: Vec<&str> =
        ids.iter().filter_map(|id| known.get(id)?.industry_code.as_deref()?.get(..2)).collect();
    divisions.sort_unstable();
    divisions.dedup();
    let unknown = divisions.len() as u32;
    let sector = ids
        .iter()
        .map(|id| {
            let division = known.get(id).and_then(|f| f.industry_code.as_deref()).and_then(|c| c.get(..2));
            division.and_then(|d| divisions.binary_search(&d).ok()).map_or(unknown, |at| at as u32)
        })
        .collect();
    let count = divisions.len() + 1;
    (sector, Essentiality::uniform(count, Need::Ordinary), count)
}
