//! Rows in, graph out. Nodes first, then edges; edges to unknown nodes are dropped and counted, duplicates merged.

#![expect(clippy::indexing_slicing, reason = "rows are numbered by the builder itself")]

use super::csr::{Csr, order_by};
use super::nodes::NodeRow;
use super::strings::Names;
use super::tables::{Links, Makes};
use super::{Chain, ChainGraph, ChainMember, FirmId, GraphVersion, MakeRole, ProductId, Relation, Stage};
use crate::decay::Day;
use serde::Serialize;

/// A product row. Pinyin comes from the caller so that this crate needs no dictionary.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProductRow<'a> {
    /// Canonical name, unique.
    pub id: &'a str,
    /// Name shown.
    pub name: &'a str,
    /// English name, empty when unknown.
    pub name_en: &'a str,
    /// Other names joined by `|`.
    pub aliases: &'a str,
    /// Full pinyin without tones and spaces.
    pub pinyin: &'a str,
    /// Pinyin initials.
    pub initials: &'a str,
    /// GB/T 4754 code, empty when unknown.
    pub industry_code: &'a str,
    /// Food or medicine.
    pub is_food: bool,
    /// Source of the row.
    pub source: &'a str,
    /// Arrow Date32 of the observation.
    pub observed_on: Option<i32>,
}

/// A firm row.
#[derive(Debug, Clone, Copy, Default)]
pub struct FirmRow<'a> {
    /// Credit code or substitute, unique.
    pub id: &'a str,
    /// Name.
    pub name: &'a str,
    /// Short name, stock code, other names, joined by `|`.
    pub aliases: &'a str,
    /// Pinyin initials of the name.
    pub initials: &'a str,
    /// Six-digit region code; anything else counts as unknown.
    pub region_code: &'a str,
    /// GB/T 4754 code, empty when unknown.
    pub industry_code: &'a str,
    /// Registered capital in CNY.
    pub capital_cny: Option<f64>,
    /// Source of the row.
    pub source: &'a str,
    /// Arrow Date32 of the observation.
    pub observed_on: Option<i32>,
}

/// A product link row.
#[derive(Debug, Clone, Copy)]
pub struct LinkRow<'a> {
    /// Upstream or general product id.
    pub from: &'a str,
    /// Downstream or specific product id.
    pub to: &'a str,
    /// Input or kind-of.
    pub relation: Relation,
    /// Whether production of `to` stops without it.
    pub essential: bool,
    /// 0 … 1; clamped.
    pub confidence: f64,
    /// Source of the row.
    pub source: &'a str,
    /// Arrow Date32 of the observation.
    pub observed_on: Option<i32>,
}

/// A firm–product row.
#[derive(Debug, Clone, Copy)]
pub struct MakeRow<'a> {
    /// Firm id.
    pub firm: &'a str,
    /// Product id.
    pub product: &'a str,
    /// What the firm does with it.
    pub role: MakeRole,
    /// Share of revenue.
    pub share: Option<f64>,
    /// 0 … 1; clamped.
    pub confidence: f64,
    /// Source of the row.
    pub source: &'a str,
    /// Arrow Date32 of the observation.
    pub observed_on: Option<i32>,
}

/// A chain.
#[derive(Debug, Clone, Copy)]
pub struct ChainRow<'a> {
    /// Unique id.
    pub id: &'a str,
    /// Chinese name.
    pub name: &'a str,
    /// English name.
    pub name_en: &'a str,
    /// Ids of the final products, joined by `|`.
    pub final_products: &'a str,
}

/// A product of a chain.
#[derive(Debug, Clone, Copy)]
pub struct ChainMemberRow<'a> {
    /// Chain id.
    pub chain: &'a str,
    /// Product id.
    pub product: &'a str,
    /// Stage, when the author gave one.
    pub stage: Option<Stage>,
    /// Whether the chain stops without it.
    pub essential: bool,
}

/// What did not enter the graph, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BuildReport {
    /// Product rows whose id was seen before; the first row holds.
    pub repeated_products: u64,
    /// Firm rows whose id was seen before; the first row holds.
    pub repeated_firms: u64,
    /// Links dropped: an end is not a known product.
    pub links_without_product: u64,
    /// Links dropped: from and to are the same.
    pub self_links: u64,
    /// Links merged into an equal one (the more confident, then the newer, holds).
    pub repeated_links: u64,
    /// Firm–product edges dropped: unknown firm or product.
    pub makes_without_end: u64,
    /// Firm–product edges merged.
    pub repeated_makes: u64,
    /// Chain members or final products dropped: unknown chain or product.
    pub members_without_end: u64,
}

#[derive(Debug)]
struct Edges<A> {
    from: Vec<u32>,
    to: Vec<u32>,
    kind: Vec<A>,
    flag: Vec<bool>,
    share: Vec<f32>,
    confidence: Vec<f32>,
    observed: Vec<Day>,
    source: Vec<u32>,
}

impl<A> Default for Edges<A> {
    fn default() -> Self {
        Self {
            from: Vec::new(),
            to: Vec::new(),
            kind: Vec::new(),
            flag: Vec::new(),
            share: Vec::new(),
            confidence: Vec::new(),
            observed: Vec::new(),
            source: Vec::new(),
        }
    }
}

/// Collects rows; [`ChainGraphBuilder::build`] sorts them into a graph.
#[derive(Debug, Default)]
pub struct ChainGraphBuilder {
    graph: ChainGraph,
    links: Edges<Relation>,
    makes: Edges<MakeRole>,
    chains: Names,
    report: BuildReport,
    /// Last firm and source named by an edge: tables list a firm's products together, so most lookups repeat.
    last_firm: FirmId,
    last_source: u32,
}

impl ChainGraphBuilder {
    /// A builder for a graph of these dataset versions.
    #[must_use]
    pub fn new(versions: impl IntoIterator<Item = (String, u64)>) -> Self {
        let mut versions: Vec<(String, u64)> = versions.into_iter().collect();
        versions.sort();
        versions.dedup();
        Self {
            graph: ChainGraph { version: GraphVersion(versions), ..ChainGraph::default() },
            ..Self::default()
        }
    }

    /// Add a product; a repeated id keeps the first row.
    pub fn product(&mut self, row: &ProductRow<'_>) -> ProductId {
        let source = self.graph.sources.intern(row.source);
        let node = NodeRow {
            id: row.id,
            name: row.name,
            aliases: row.aliases,
            initials: row.initials,
            industry_code: row.industry_code,
            source,
            observed: Day::from_date32(row.observed_on),
        };
        let (product, own) = self.graph.products.add(&node);
        match own {
            Some(own) => {
                own.names_en.push(row.name_en);
                own.pinyin.push(row.pinyin);
                own.food.push(row.is_food);
            }
            None => self.report.repeated_products += 1,
        }
        product
    }

    /// Add a firm; a repeated id keeps the first row.
    pub fn firm(&mut self, row: &FirmRow<'_>) -> FirmId {
        let source = self.graph.sources.intern(row.source);
        let node = NodeRow {
            id: row.id,
            name: row.name,
            aliases: row.aliases,
            initials: row.initials,
            industry_code: row.industry_code,
            source,
            observed: Day::from_date32(row.observed_on),
        };
        let (firm, own) = self.graph.firms.add(&node);
        match own {
            Some(own) => {
                let known = row.region_code.len() == 6;
                own.region.push(if known { row.region_code.parse().unwrap_or(0) } else { 0 });
                own.capital_cny.push(row.capital_cny.filter(|c| *c >= 0.0).unwrap_or(f64::NAN));
            }
            None => self.report.repeated_firms += 1,
        }
        firm
    }

    /// Add a link between products added before.
    pub fn link(&mut self, row: &LinkRow<'_>) {
        let products = &self.graph.products;
        let (Some(from), Some(to)) = (products.find(row.from), products.find(row.to)) else {
            self.report.links_without_product += 1;
            return;
        };
        if from == to {
            self.report.self_links += 1;
            return;
        }
        let edges = &mut self.links;
        edges.from.push(from.0);
        edges.to.push(to.0);
        edges.kind.push(row.relation);
        edges.flag.push(row.essential);
        edges.confidence.push(clamp(row.confidence));
        edges.observed.push(Day::from_date32(row.observed_on));
        edges.source.push(self.graph.sources.intern(row.source));
    }

    /// Add an edge from a firm to a product, both added before.
    pub fn make(&mut self, row: &MakeRow<'_>) {
        let (Some(firm), Some(product)) = (self.find_firm(row.firm), self.graph.products.find(row.product))
        else {
            self.report.makes_without_end += 1;
            return;
        };
        self.make_between(firm, product, row);
    }

    /// As [`Self::make`] with the numbers the builder returned; `row.firm` and `row.product` are not read.
    pub fn make_between(&mut self, firm: FirmId, product: ProductId, row: &MakeRow<'_>) {
        if firm.0 as usize >= self.graph.firms.len() || product.0 as usize >= self.graph.products.len() {
            self.report.makes_without_end += 1;
            return;
        }
        let edges = &mut self.makes;
        edges.from.push(firm.0);
        edges.to.push(product.0);
        edges.kind.push(row.role);
        edges.share.push(row.share.map_or(f32::NAN, |share| share as f32));
        edges.confidence.push(clamp(row.confidence));
        edges.observed.push(Day::from_date32(row.observed_on));
        if row.source.is_empty() || self.graph.sources.get(self.last_source) != row.source {
            self.last_source = self.graph.sources.intern(row.source);
        }
        self.makes.source.push(self.last_source);
    }

    fn find_firm(&mut self, id: &str) -> Option<FirmId> {
        if id.is_empty() || self.graph.firms.id(self.last_firm) != id {
            self.last_firm = self.graph.firms.find(id)?;
        }
        Some(self.last_firm)
    }

    /// Add a chain; a repeated id keeps the first row.
    pub fn chain(&mut self, row: &ChainRow<'_>) {
        let known = self.chains.len();
        if (self.chains.intern(row.id) as usize) < known {
            return;
        }
        let named = row.final_products.split('|').map(str::trim).filter(|id| !id.is_empty());
        let mut final_products = Vec::new();
        for id in named {
            match self.graph.products.find(id) {
                Some(product) => final_products.push(product),
                None => self.report.members_without_end += 1,
            }
        }
        self.graph.chains.push(Chain {
            id: row.id.to_owned(),
            name: row.name.to_owned(),
            name_en: row.name_en.to_owned(),
            final_products,
            members: Vec::new(),
        });
    }

    /// Add a product to a chain, both added before.
    pub fn chain_member(&mut self, row: &ChainMemberRow<'_>) {
        let chain = self.chains.find(row.chain).and_then(|at| self.graph.chains.get_mut(at as usize));
        match (chain, self.graph.products.find(row.product)) {
            (Some(chain), Some(product)) => {
                chain.members.push(ChainMember { product, stage: row.stage, essential: row.essential });
            }
            _ => self.report.members_without_end += 1,
        }
    }

    /// The graph and what was left out of it.
    #[must_use]
    pub fn build(mut self) -> (ChainGraph, BuildReport) {
        let (products, firms) = (self.graph.products.len(), self.graph.firms.len());
        let mut report = self.report;
        let links = self.links;
        let kept = links.sorted_unique(products, products, &mut report.repeated_links);
        self.graph.links = Links {
            relation: pick(&kept, &links.kind),
            essential: pick(&kept, &links.flag),
            confidence: pick(&kept, &links.confidence),
            observed: pick(&kept, &links.observed),
            source: pick(&kept, &links.source),
            csr: Csr::from_sorted(products, products, pick(&kept, &links.from), pick(&kept, &links.to)),
        };
        drop(links);
        let makes = self.makes;
        let kept = makes.sorted_unique(firms, products, &mut report.repeated_makes);
        self.graph.makes = Makes {
            role: pick(&kept, &makes.kind),
            share: pick(&kept, &makes.share),
            confidence: pick(&kept, &makes.confidence),
            observed: pick(&kept, &makes.observed),
            source: pick(&kept, &makes.source),
            csr: Csr::from_sorted(firms, products, pick(&kept, &makes.from), pick(&kept, &makes.to)),
        };
        for chain in &mut self.graph.chains {
            let known: Vec<ProductId> = chain.members.iter().map(|member| member.product).collect();
            let missing = chain.final_products.iter().filter(|product| !known.contains(product));
            let added: Vec<ChainMember> = missing
                .map(|&product| ChainMember { product, stage: Some(Stage::Downstream), essential: true })
                .collect();
            chain.members.extend(added);
            chain.members.sort_by_key(|member| member.product);
            chain.members.dedup_by_key(|member| member.product);
        }
        self.graph.products.shrink();
        self.graph.firms.shrink();
        (self.graph, report)
    }
}

impl<A: Copy + Ord> Edges<A> {
    /// Edge positions by (from, to, kind), one for each: the most confident, then the newest, then the first.
    fn sorted_unique(&self, rows: usize, columns: usize, repeated: &mut u64) -> Vec<u32> {
        let all: Vec<u32> = (0..self.from.len() as u32).collect();
        let (_, by_target) = order_by(|edge| self.to[edge as usize], columns, &all);
        drop(all);
        let (_, order) = order_by(|edge| self.from[edge as usize], rows, &by_target);
        drop(by_target);
        let mut kept: Vec<u32> = Vec::with_capacity(order.len());
        let mut run = 0;
        while run < order.len() {
            let ends = |position: usize| {
                let edge = order[position] as usize;
                (self.from[edge], self.to[edge])
            };
            let mut end = run + 1;
            while end < order.len() && ends(end) == ends(run) {
                end += 1;
            }
            if end - run == 1 {
                kept.push(order[run]);
            } else {
                let mut same = order[run..end].to_vec();
                same.sort_by(|&a, &b| {
                    let (a, b) = (a as usize, b as usize);
                    self.kind[a]
                        .cmp(&self.kind[b])
                        .then(self.confidence[b].total_cmp(&self.confidence[a]))
                        .then(self.observed[b].cmp(&self.observed[a]))
                        .then(a.cmp(&b))
                });
                same.dedup_by_key(|edge| self.kind[*edge as usize]);
                *repeated += (end - run - same.len()) as u64;
                kept.extend(same);
            }
            run = end;
        }
        kept
    }
}

fn pick<T: Copy>(order: &[u32], column: &[T]) -> Vec<T> {
    order.iter().map(|&edge| column[edge as usize]).collect()
}

fn clamp(confidence: f64) -> f32 {
    if confidence.is_nan() { 0.0 } else { confidence.clamp(0.0, 1.0) as f32 }
}
