//! The industry-chain graph: products, how they are made from each other, who makes them.
//!
//! A snapshot: built once from rows ([`ChainGraphBuilder`]), then never changed; the next version is a new graph.
//! Nodes are numbers ([`ProductId`], [`FirmId`]), strings are interned, edges are compressed sparse rows in both
//! directions with one plain array per attribute. Every edge keeps source, day of observation and confidence.

mod builder;
mod csr;
mod nodes;
mod strings;
mod tables;
mod view;

pub use builder::{
    BuildReport, ChainGraphBuilder, ChainMemberRow, ChainRow, FirmRow, LinkRow, MakeRow, ProductRow,
};
pub use nodes::{NodeId, Nodes};
pub use strings::{Names, Strings};
pub use tables::{FirmColumns, Firms, ProductColumns, Products};
pub use view::{Link, Make};

use crate::error::{ChainError, Result};
use serde::{Deserialize, Serialize};
use tables::{Links, Makes};

/// A product's number in one graph.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductId(pub u32);

/// A firm's number in one graph.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FirmId(pub u32);

/// How two products are related; the link points from the first to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Relation {
    /// The first is used to make the second (上游材料).
    Input = 0,
    /// The second is a kind of the first (产品小类).
    KindOf = 1,
}

impl Relation {
    /// `input` or `kind_of`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "input" => Some(Self::Input),
            "kind_of" => Some(Self::KindOf),
            _ => None,
        }
    }
}

/// What a firm does with a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum MakeRole {
    /// Makes it.
    Make = 0,
    /// Trades it.
    Trade = 1,
    /// Provides it as a service.
    Service = 2,
}

impl MakeRole {
    /// `make`, `trade` or `service`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "make" => Some(Self::Make),
            "trade" => Some(Self::Trade),
            "service" => Some(Self::Service),
            _ => None,
        }
    }
}

/// Where along a chain a product stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 上游
    Upstream,
    /// 中游
    Midstream,
    /// 下游
    Downstream,
}

impl Stage {
    /// `upstream`, `midstream` or `downstream`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "upstream" => Some(Self::Upstream),
            "midstream" => Some(Self::Midstream),
            "downstream" => Some(Self::Downstream),
            _ => None,
        }
    }
}

/// The datasets and versions a graph was built from, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct GraphVersion(pub Vec<(String, u64)>);

impl std::fmt::Display for GraphVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (dataset, version)) in self.0.iter().enumerate() {
            write!(f, "{}{dataset}@{version}", if at == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// A named chain: the final products and every product counted to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chain {
    /// Stable id.
    pub id: String,
    /// Chinese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// What the chain makes in the end.
    #[serde(skip)]
    pub final_products: Vec<ProductId>,
    /// Every product of the chain, by product number.
    #[serde(skip)]
    pub members: Vec<ChainMember>,
}

/// One product of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainMember {
    /// The product.
    pub product: ProductId,
    /// The stage the chain's author gave it.
    pub stage: Option<Stage>,
    /// Whether the chain stops without it.
    pub essential: bool,
}

impl Chain {
    /// The membership of a product.
    #[must_use]
    pub fn member(&self, product: ProductId) -> Option<&ChainMember> {
        self.members
            .binary_search_by_key(&product, |member| member.product)
            .ok()
            .and_then(|at| self.members.get(at))
    }
}

/// The graph. Cheap to share behind an `Arc`; all reads are `&self`.
#[derive(Debug, Clone, Default)]
pub struct ChainGraph {
    pub(crate) products: Products,
    pub(crate) firms: Firms,
    links: Links,
    makes: Makes,
    chains: Vec<Chain>,
    sources: Names,
    version: GraphVersion,
}

impl ChainGraph {
    /// What the graph was built from.
    #[must_use]
    pub fn version(&self) -> &GraphVersion {
        &self.version
    }

    /// Product columns.
    #[must_use]
    pub fn products(&self) -> &Products {
        &self.products
    }

    /// Firm columns.
    #[must_use]
    pub fn firms(&self) -> &Firms {
        &self.firms
    }

    /// Chains by id.
    #[must_use]
    pub fn chains(&self) -> &[Chain] {
        &self.chains
    }

    /// A chain by id.
    ///
    /// # Errors
    /// [`ChainError::UnknownChain`].
    pub fn chain(&self, id: &str) -> Result<&Chain> {
        self.chains.iter().find(|chain| chain.id == id).ok_or_else(|| ChainError::UnknownChain(id.to_owned()))
    }

    /// A product by id (its canonical name).
    ///
    /// # Errors
    /// [`ChainError::UnknownProduct`].
    pub fn product(&self, id: &str) -> Result<ProductId> {
        self.products.find(id).ok_or_else(|| ChainError::UnknownProduct(id.to_owned()))
    }

    /// A firm by id.
    ///
    /// # Errors
    /// [`ChainError::UnknownFirm`].
    pub fn firm(&self, id: &str) -> Result<FirmId> {
        self.firms.find(id).ok_or_else(|| ChainError::UnknownFirm(id.to_owned()))
    }

    /// Number of products.
    #[must_use]
    pub fn product_count(&self) -> usize {
        self.products.len()
    }

    /// Number of firms.
    #[must_use]
    pub fn firm_count(&self) -> usize {
        self.firms.len()
    }

    /// Number of links between products.
    #[must_use]
    pub fn link_count(&self) -> usize {
        self.links.len()
    }

    /// Number of firm–product edges.
    #[must_use]
    pub fn make_count(&self) -> usize {
        self.makes.len()
    }

    /// All product numbers.
    pub fn product_ids(&self) -> impl Iterator<Item = ProductId> + use<> {
        (0..self.products.len() as u32).map(ProductId)
    }

    /// All firm numbers.
    pub fn firm_ids(&self) -> impl Iterator<Item = FirmId> + use<> {
        (0..self.firms.len() as u32).map(FirmId)
    }

    /// Bytes the graph holds, by capacity of its arrays.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let chains: usize =
            self.chains.iter().map(|chain| chain.members.capacity() * size_of::<ChainMember>()).sum();
        self.products.memory_bytes()
            + self.firms.memory_bytes()
            + self.links.memory_bytes()
            + self.makes.memory_bytes()
            + self.sources.memory_bytes()
            + chains
    }
}
