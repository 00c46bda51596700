//! A chain of the graph as a region sees it: gathers what [`crate::gap`] and [`crate::candidates`] read as plain
//! numbers, and gives their answers back with graph ids.

use crate::candidates::{
    Candidate, CandidateInput, Capability, Evidence, Neighbour, Posting, Statement, rank, size_percentiles,
};
use crate::decay::Decay;
use crate::error::{ChainError, Result};
use crate::gap::complexity::{Cell, Complexity, ComplexityParameters};
use crate::gap::{
    GapAssessment, GapFirm, GapInput, GapLink, GapMaker, GapParameters, GapProduct, GapRelation, assess,
};
use crate::graph::{Chain, ChainGraph, FirmId, Link, MakeRole, ProductId, Relation, Stage};
use crate::query::{LIFT_DEPTH, lifted_makers, positions};
use crate::region::Region;
use brain_kernel::progress::{Cancel, Progress};
use brain_kernel::region::RegionCode;
use rustc_hash::{FxHashMap, FxHashSet};

/// Provinces with fewer firm–product edges stay out of the product space: tiny places distort it (methods 3.3).
const PLACE_EDGES_MIN: u32 = 5;
/// Provinces below which a product space says nothing.
const PLACES_MIN: usize = 3;
/// Kin products looked at for candidates.
const KIN_MAX: usize = 400;

/// What is asked of a chain in a region.
#[derive(Debug, Clone)]
pub struct ChainGapQuery<'a> {
    /// Region looked at.
    pub region: Region,
    /// Its name, used in reasons.
    pub region_name: &'a str,
    /// Region compared with.
    pub compare: Region,
    /// Ageing of facts.
    pub decay: Decay,
    /// Thresholds.
    pub parameters: GapParameters,
    /// Contagion index (or rank) of firms where computed; drives 固链.
    pub risk: &'a FxHashMap<FirmId, f64>,
}

/// The assessment with what its product numbers mean.
#[derive(Debug, Clone)]
pub struct ChainGap {
    /// The assessment; node `i` is about `products[i]`, list entries likewise.
    pub assessment: GapAssessment,
    /// Products in node order.
    pub products: Vec<ProductId>,
    /// Stage of each product: the chain author's, else by position.
    pub stages: Vec<Option<Stage>>,
    /// Upstreamness of each product.
    pub positions: Vec<f64>,
    /// Whether the chain's author marked it essential.
    pub essential: Vec<bool>,
    /// Share of firm–product facts older than one half-life or undated.
    pub stale_share: f64,
}

/// Assess a chain in a region.
///
/// # Errors
/// Parameters out of range, too many products, cancellation.
pub fn chain_gap(
    graph: &ChainGraph,
    chain: &Chain,
    query: &ChainGapQuery<'_>,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<ChainGap> {
    query.decay.check()?;
    let products: Vec<ProductId> = chain.members.iter().map(|member| member.product).collect();
    let supply = Supply::of(graph, &products, query, cancel)?;
    let space = supply.space(graph, &products, query.region)?;
    let input_products: Vec<GapProduct> = chain
        .members
        .iter()
        .enumerate()
        .map(|(at, member)| GapProduct {
            name: graph.products().name(member.product).to_owned(),
            essential: member.essential,
            is_final: chain.final_products.contains(&member.product),
            density: space.as_ref().and_then(|space| space.density(at as u32)),
            pci: space.as_ref().and_then(|space| space.complexity.pci(at as u32)),
            ..GapProduct::default()
        })
        .collect();
    let links = links_among(graph, &products, &query.decay);
    let assessment = assess(
        &GapInput {
            products: &input_products,
            links: &links,
            firms: &supply.firms,
            makers: &supply.makers,
            region_name: query.region_name,
        },
        &query.parameters,
        progress,
        cancel,
    )?;
    let places = positions(graph, &products, &query.decay)?;
    Ok(ChainGap {
        assessment,
        stages: chain.members.iter().map(|m| m.stage.or_else(|| places.stage(m.product))).collect(),
        positions: products.iter().map(|&product| places.get(product).unwrap_or(1.0)).collect(),
        essential: chain.members.iter().map(|member| member.essential).collect(),
        stale_share: supply.stale_share,
        products,
    })
}

fn links_among(graph: &ChainGraph, products: &[ProductId], decay: &Decay) -> Vec<GapLink> {
    let number: FxHashMap<ProductId, u32> =
        products.iter().enumerate().map(|(at, &product)| (product, at as u32)).collect();
    let mut links = Vec::new();
    for (from, &product) in products.iter().enumerate() {
        for link in graph.links_from(product) {
            if let Some(&to) = number.get(&link.to) {
                links.push(GapLink {
                    from: from as u32,
                    to,
                    relation: match link.relation {
                        Relation::Input => GapRelation::Input,
                        Relation::KindOf => GapRelation::KindOf,
                    },
                    essential: link.essential,
                    weight: link.weight(decay),
                });
            }
        }
    }
    links
}

/// Who makes the chain's products, numbered as the assessment wants it.
struct Supply {
    firms: Vec<GapFirm>,
    ids: Vec<FirmId>,
    makers: Vec<GapMaker>,
    stale_share: f64,
}

impl Supply {
    fn of(
        graph: &ChainGraph,
        products: &[ProductId],
        query: &ChainGapQuery<'_>,
        cancel: &Cancel,
    ) -> Result<Self> {
        let mut number: FxHashMap<FirmId, u32> = FxHashMap::default();
        let mut supply = Self { firms: Vec::new(), ids: Vec::new(), makers: Vec::new(), stale_share: 0.0 };
        let mut stale = 0u64;
        for (at, &product) in products.iter().enumerate() {
            if cancel.is_cancelled() {
                return Err(ChainError::Cancelled);
            }
            for inherited in lifted_makers(graph, product, LIFT_DEPTH, &query.decay) {
                let make = inherited.make;
                stale += u64::from(query.decay.freshness(make.observed) <= 0.5);
                let firm = *number.entry(make.firm).or_insert_with(|| {
                    let place = graph.firms().region(make.firm);
                    let local = query.region.contains(place);
                    supply.ids.push(make.firm);
                    supply.firms.push(GapFirm {
                        local,
                        compared: local || query.compare.contains(place),
                        capital_cny: graph.firms().capital_cny(make.firm),
                        risk: query.risk.get(&make.firm).copied(),
                    });
                    supply.ids.len() as u32 - 1
                });
                let confidence = inherited.weight.clamp(0.0, 1.0);
                supply.makers.push(GapMaker { product: at as u32, firm, confidence, capacity: None });
            }
        }
        supply.stale_share = stale as f64 / supply.makers.len().max(1) as f64;
        Ok(supply)
    }

    /// Product space of provinces, with the region as one more row when it is smaller than a province; `None` for
    /// the whole country or with too few provinces.
    fn space(&self, graph: &ChainGraph, products: &[ProductId], region: Region) -> Result<Option<Space>> {
        if region == Region::NATION {
            return Ok(None);
        }
        let province = |firm: u32| {
            let place = self.ids.get(firm as usize).map_or(0, |&id| graph.firms().region(id));
            place / 10_000
        };
        let mut edges: FxHashMap<u32, u32> = FxHashMap::default();
        for maker in &self.makers {
            *edges.entry(province(maker.firm)).or_default() += 1;
        }
        let mut places: Vec<u32> = edges
            .into_iter()
            .filter(|&(place, count)| place != 0 && count >= PLACE_EDGES_MIN)
            .map(|(place, _)| place)
            .collect();
        places.sort_unstable();
        if places.len() < PLACES_MIN {
            return Ok(None);
        }
        let whole_province = region.0.is_multiple_of(10_000);
        let own =
            if whole_province { places.binary_search(&(region.0 / 10_000)).ok() } else { Some(places.len()) };
        let Some(own) = own else { return Ok(None) };
        let mut cells = Vec::with_capacity(self.makers.len());
        for maker in &self.makers {
            let (product, value) = (maker.product, maker.confidence);
            if let Ok(row) = places.binary_search(&province(maker.firm)) {
                cells.push(Cell { region: row as u32, product, value });
            }
            if !whole_province && self.firms.get(maker.firm as usize).is_some_and(|firm| firm.local) {
                cells.push(Cell { region: own as u32, product, value });
            }
        }
        let rows = places.len() + usize::from(!whole_province);
        let parameters = ComplexityParameters::default();
        let complexity = Complexity::of_values(rows as u32, products.len() as u32, &cells, &parameters)?;
        Ok(Some(Space { complexity, own: own as u32 }))
    }
}

struct Space {
    complexity: Complexity,
    own: u32,
}

impl Space {
    fn density(&self, product: u32) -> Option<f64> {
        self.complexity.density(self.own, product)
    }
}

/// What ranking needs of every firm; computed once per graph.
#[derive(Debug, Clone)]
pub struct FirmBasis {
    region_of: Vec<Option<RegionCode>>,
    size_percentile: Vec<f32>,
    /// Firms of each GB/T 4754 class.
    classes: FxHashMap<String, Vec<Posting>>,
}

impl FirmBasis {
    /// One pass over the firms and a sort of their capital.
    #[must_use]
    pub fn new(graph: &ChainGraph) -> Self {
        let mut known: FxHashMap<u32, Option<RegionCode>> = FxHashMap::default();
        let region_of = graph
            .firm_ids()
            .map(|firm| {
                let place = graph.firms().region(firm);
                *known.entry(place).or_insert_with(|| RegionCode::parse(&format!("{place:06}")).ok())
            })
            .collect();
        let capital: Vec<Option<f64>> =
            graph.firm_ids().map(|firm| graph.firms().capital_cny(firm)).collect();
        let mut classes: FxHashMap<String, Vec<Posting>> = FxHashMap::default();
        for firm in graph.firm_ids() {
            let class = graph.firms().industry(firm);
            if is_class(class) {
                let posting = Posting { firm: firm.0, confidence: 1.0 };
                match classes.get_mut(class) {
                    Some(postings) => postings.push(posting),
                    None => _ = classes.insert(class.to_owned(), vec![posting]),
                }
            }
        }
        Self { region_of, size_percentile: size_percentiles(&capital), classes }
    }
}

/// Firms that could fill a gap at `product`, best first; firms that make it in the region already are left out.
/// [`Candidate::firm`] is a [`FirmId`] number. Only the chain's graph is read: capability through the product, its
/// kinds, generals, siblings, products of similar inputs and its industry class; neighbours through its inputs and
/// uses.
///
/// # Errors
/// A limit outside 1 … 10,000, a bad decay, or cancellation.
#[expect(
    clippy::too_many_arguments,
    reason = "a question in full; a struct would name the same eight things"
)]
pub fn chain_candidates(
    graph: &ChainGraph,
    basis: &FirmBasis,
    product: ProductId,
    region: Option<RegionCode>,
    limit: usize,
    decay: &Decay,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Vec<Candidate>> {
    decay.check()?;
    let mut statements = vec![(Statement::Capability(Capability::Same), product)];
    statements.extend(kin(graph, product).into_iter().map(|(p, c)| (Statement::Capability(c), p)));
    let near = |way, link: &Link<'_>| Statement::Neighbour(way, link.weight(decay).clamp(0.0, 1.0));
    let inputs = graph.inputs_of(product).take(KIN_MAX);
    statements.extend(inputs.map(|link| (near(Neighbour::Upstream, &link), link.from)));
    let uses = graph.uses_of(product).take(KIN_MAX);
    statements.extend(uses.map(|link| (near(Neighbour::Downstream, &link), link.to)));
    // One step per statement and one for the ranking.
    progress.set_total(statements.len() as u64 + 1);
    let mut lists: Vec<(Statement, ProductId, Vec<Posting>)> = Vec::new();
    for (statement, about) in statements {
        if cancel.is_cancelled() {
            return Err(ChainError::Cancelled);
        }
        let postings: Vec<Posting> = graph
            .makers_of(about)
            .filter(|make| make.role != MakeRole::Trade)
            .map(|make| Posting { firm: make.firm.0, confidence: make.weight(decay).clamp(0.0, 1.0) as f32 })
            .collect();
        if !postings.is_empty() {
            lists.push((statement, about, postings));
        }
        progress.add(1);
    }
    let mut evidence: Vec<Evidence<'_>> = lists
        .iter()
        .map(|(statement, about, postings)| Evidence {
            statement: *statement,
            about: graph.products().name(*about),
            postings,
        })
        .collect();
    let class = graph.products().industry(product);
    let same_class = basis.classes.get(class).map_or(&[][..], Vec::as_slice);
    if !same_class.is_empty() {
        evidence.push(Evidence {
            statement: Statement::Capability(Capability::Industry),
            about: class,
            postings: same_class,
        });
    }
    let exclude: Vec<u32> = region.map_or_else(Vec::new, |region| {
        lifted_makers(graph, product, LIFT_DEPTH, decay)
            .iter()
            .map(|inherited| inherited.make.firm.0)
            .filter(|&firm| {
                basis
                    .region_of
                    .get(firm as usize)
                    .copied()
                    .flatten()
                    .is_some_and(|place| region.contains(&place))
            })
            .collect()
    });
    let ranked = rank(&CandidateInput {
        firms: graph.firm_count() as u32,
        region_of: &basis.region_of,
        size_percentile: &basis.size_percentile,
        evidence: &evidence,
        region,
        exclude: &exclude,
        limit,
    })?;
    progress.add(1);
    Ok(ranked)
}

/// Three digits or more; a division alone says too little.
fn is_class(code: &str) -> bool {
    code.chars().filter(char::is_ascii_digit).count() >= 3
}

/// Kinds, generals, siblings and products of overlapping inputs, each product once with its strongest statement.
fn kin(graph: &ChainGraph, product: ProductId) -> Vec<(ProductId, Capability)> {
    let mut seen: FxHashSet<ProductId> = FxHashSet::default();
    seen.insert(product);
    let mut all = Vec::new();
    let generals: Vec<ProductId> = graph.generals_of(product).map(|link| link.from).collect();
    let kinds = graph.kinds_of(product).map(|link| (link.to, Capability::Kind));
    let above = generals.iter().map(|&general| (general, Capability::General));
    let siblings = generals
        .iter()
        .flat_map(|&general| graph.kinds_of(general).map(|link| (link.to, Capability::Sibling)));
    for (other, capability) in kinds.chain(above).chain(siblings).take(KIN_MAX * 4) {
        if all.len() < KIN_MAX && seen.insert(other) {
            all.push((other, capability));
        }
    }
    let mut inputs: Vec<ProductId> = graph.inputs_of(product).map(|link| link.from).collect();
    inputs.dedup();
    let mut shared: FxHashMap<ProductId, u32> = FxHashMap::default();
    for &input in &inputs {
        for link in graph.uses_of(input).take(KIN_MAX) {
            *shared.entry(link.to).or_default() += 1;
        }
    }
    let mut similar: Vec<(ProductId, f64)> = shared
        .into_iter()
        .filter(|(other, count)| *count >= 2 && !seen.contains(other))
        .map(|(other, count)| {
            let union = inputs.len() + graph.inputs_of(other).count() - count as usize;
            (other, (f64::from(count) / union.max(1) as f64).min(1.0))
        })
        .collect();
    similar.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    similar.truncate(KIN_MAX);
    all.extend(similar.into_iter().map(|(other, overlap)| (other, Capability::SharedInputs { overlap })));
    all
}
