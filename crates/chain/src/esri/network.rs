//! The supply network a cascade runs on: who sells to whom, in which sector, and how much each input matters.
//!
//! All shares are computed once here; the cascade only reads them. The inputs of a buyer fall into groups, one per
//! essential supplier sector and one for all ordinary inputs: its production is what the worst group allows, so a
//! cascade only adds losses to groups.

#![expect(clippy::indexing_slicing, reason = "numbers are checked before shares are computed")]

use crate::error::{ChainError, Result};
use rustc_hash::FxHashMap;

/// How much a buyer's sector needs the goods of a supplier's sector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Need {
    /// 0: losing it does not reduce production.
    Irrelevant = 0,
    /// 1: production falls in proportion to the share of this input among all inputs.
    Ordinary = 1,
    /// 2: production falls in proportion to the share of this input among inputs of its sector (Leontief).
    Essential = 2,
}

/// Sector-by-sector need; row = sector of the input, column = sector of the buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Essentiality {
    sectors: usize,
    cells: Vec<Need>,
}

impl Essentiality {
    /// A matrix from its rows; `None` unless it is square and not empty.
    #[must_use]
    pub fn from_rows(rows: &[Vec<Need>]) -> Option<Self> {
        let sectors = rows.len();
        if sectors == 0 || rows.iter().any(|row| row.len() != sectors) {
            return None;
        }
        Some(Self { sectors, cells: rows.concat() })
    }

    /// The same need between all sectors.
    #[must_use]
    pub fn uniform(sectors: usize, need: Need) -> Self {
        Self { sectors, cells: vec![need; sectors * sectors] }
    }

    /// Number of sectors.
    #[must_use]
    pub fn sectors(&self) -> usize {
        self.sectors
    }

    /// The need of `buyer` sector for goods of `input` sector; sectors beyond the matrix need nothing.
    #[must_use]
    pub fn need(&self, input: u32, buyer: u32) -> Need {
        let (input, buyer) = (input as usize, buyer as usize);
        if buyer >= self.sectors {
            return Need::Irrelevant;
        }
        self.cells.get(input * self.sectors + buyer).copied().unwrap_or(Need::Irrelevant)
    }

    /// Set one cell; outside the matrix nothing happens.
    pub fn set(&mut self, input: u32, buyer: u32, need: Need) {
        let (input, buyer) = (input as usize, buyer as usize);
        if buyer < self.sectors
            && let Some(cell) = self.cells.get_mut(input * self.sectors + buyer)
        {
            *cell = need;
        }
    }
}

/// Firms, sectors and yearly sales, with every share the cascade needs.
#[derive(Debug, Clone)]
pub struct SupplyNetwork {
    firms: Vec<String>,
    pub(super) sector: Vec<u32>,
    /// Σ_j W_ij: sales of the firm to other firms of the network.
    pub(super) sales: Vec<f64>,
    total_sales: f64,
    /// Σ of sales per sector.
    pub(super) sector_sales: Vec<f64>,
    /// Firms of each sector, row per sector.
    pub(super) members: Rows,
    /// Suppliers of each buyer.
    pub(super) suppliers: Rows,
    /// Λu of each entry of `suppliers`: the buyer's share in that supplier's sales.
    pub(super) sales_share: Vec<f64>,
    /// Customers of each supplier whose production depends on it (need above 0).
    pub(super) dependants: Rows,
    /// Λd of each entry of `dependants`.
    pub(super) input_share: Vec<f64>,
    /// The input group each entry of `dependants` belongs to.
    pub(super) input_group: Vec<u32>,
    /// Input groups per buyer: one per essential supplier sector, one for all ordinary inputs together.
    pub(super) group_starts: Vec<u32>,
    /// All customers of each supplier.
    customers: Rows,
    links: usize,
}

/// Lists of u32 per row, end to end.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Rows {
    /// Rows from pairs `(row, item)` that are already sorted by row.
    fn from_sorted(rows: usize, pairs: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut starts = vec![0u32; rows + 1];
        let mut items = Vec::new();
        for (row, item) in pairs {
            starts[row as usize + 1] += 1;
            items.push(item);
        }
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        Self { starts, items }
    }

    pub(super) fn range(&self, row: u32) -> std::ops::Range<usize> {
        self.starts[row as usize] as usize..self.starts[row as usize + 1] as usize
    }

    pub(super) fn row(&self, row: u32) -> &[u32] {
        &self.items[self.range(row)]
    }

    pub(super) fn items(&self) -> &[u32] {
        &self.items
    }
}

/// One sale relation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sale {
    /// Index of the supplier in the firm list.
    pub supplier: u32,
    /// Index of the buyer.
    pub buyer: u32,
    /// Yearly sales supplier → buyer, any one currency; above zero.
    pub amount: f64,
}

impl SupplyNetwork {
    /// A network from firms (name, sector index), sales and the need between sectors.
    ///
    /// Several sales between the same two firms are added up.
    ///
    /// # Errors
    /// A firm or sector index out of range, an amount that is not a positive finite number, or no sale at all.
    pub fn new(firms: Vec<String>, sector: Vec<u32>, sales: &[Sale], need: &Essentiality) -> Result<Self> {
        check(&firms, &sector, sales, need)?;
        let merged = merge(sales);
        let count = firms.len();
        let mut out = vec![0.0; count];
        let mut bought = vec![0.0; count];
        let mut bought_of_sector: FxHashMap<(u32, u32), f64> = FxHashMap::default();
        for sale in &merged {
            out[sale.supplier as usize] += sale.amount;
            bought[sale.buyer as usize] += sale.amount;
            *bought_of_sector.entry((sector[sale.supplier as usize], sale.buyer)).or_default() += sale.amount;
        }
        let mut sector_sales = vec![0.0; need.sectors()];
        for (firm, &sold) in out.iter().enumerate() {
            sector_sales[sector[firm] as usize] += sold;
        }
        let mut by_sector: Vec<u32> = (0..count as u32).collect();
        by_sector.sort_by_key(|&firm| sector[firm as usize]);
        let members = Rows::from_sorted(
            need.sectors(),
            by_sector.into_iter().map(|firm| (sector[firm as usize], firm)),
        );

        let customers = Rows::from_sorted(count, merged.iter().map(|s| (s.supplier, s.buyer)));
        let mut by_buyer = merged.clone();
        by_buyer.sort_by_key(|s| (s.buyer, s.supplier));
        let suppliers = Rows::from_sorted(count, by_buyer.iter().map(|s| (s.buyer, s.supplier)));
        let sales_share = by_buyer.iter().map(|s| s.amount / out[s.supplier as usize]).collect();
        let Dependence { rows, share, group, group_starts } =
            dependence(&merged, &sector, need, |s, sale| match s {
                Need::Essential => bought_of_sector
                    .get(&(sector[sale.supplier as usize], sale.buyer))
                    .copied()
                    .unwrap_or(sale.amount),
                _ => bought[sale.buyer as usize],
            });
        Ok(Self {
            total_sales: out.iter().sum(),
            sector_sales,
            members,
            suppliers,
            sales_share,
            dependants: rows,
            input_share: share,
            input_group: group,
            group_starts,
            customers,
            links: merged.len(),
            firms,
            sector,
            sales: out,
        })
    }

    /// Number of firms.
    #[must_use]
    pub fn firm_count(&self) -> usize {
        self.firms.len()
    }

    /// Number of distinct supplier–buyer pairs.
    #[must_use]
    pub fn link_count(&self) -> usize {
        self.links
    }

    /// Firm names in index order.
    #[must_use]
    pub fn firms(&self) -> &[String] {
        &self.firms
    }

    /// Index of a firm by name; linear, for the few firms of a scenario.
    #[must_use]
    pub fn firm(&self, name: &str) -> Option<u32> {
        self.firms.iter().position(|firm| firm == name).map(|index| index as u32)
    }

    /// Sector index of a firm.
    #[must_use]
    pub fn sector_of(&self, firm: u32) -> Option<u32> {
        self.sector.get(firm as usize).copied()
    }

    /// Share of the firm's sales in all sales of the network (w of the paper).
    #[must_use]
    pub fn weight(&self, firm: u32) -> f64 {
        self.sales.get(firm as usize).map_or(0.0, |sold| sold / self.total_sales)
    }

    /// Suppliers of a firm.
    #[must_use]
    pub fn suppliers_of(&self, firm: u32) -> &[u32] {
        if (firm as usize) < self.firms.len() { self.suppliers.row(firm) } else { &[] }
    }

    /// Customers of a firm.
    #[must_use]
    pub fn customers_of(&self, firm: u32) -> &[u32] {
        if (firm as usize) < self.firms.len() { self.customers.row(firm) } else { &[] }
    }
}

/// Who depends on whom, sorted by supplier.
struct Dependence {
    rows: Rows,
    share: Vec<f64>,
    group: Vec<u32>,
    group_starts: Vec<u32>,
}

fn dependence(
    sales: &[Sale],
    sector: &[u32],
    need: &Essentiality,
    whole: impl Fn(Need, &Sale) -> f64,
) -> Dependence {
    let firms = sector.len();
    let needs = |s: &Sale| need.need(sector[s.supplier as usize], sector[s.buyer as usize]);
    // The group's key within a buyer: the supplier's sector, or MAX for all ordinary inputs together.
    let key = |s: &Sale| match needs(s) {
        Need::Essential => sector[s.supplier as usize],
        _ => u32::MAX,
    };
    let relevant: Vec<&Sale> = sales.iter().filter(|s| needs(s) != Need::Irrelevant).collect();
    let mut keys: Vec<(u32, u32)> = relevant.iter().map(|s| (s.buyer, key(s))).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut group_starts = vec![0u32; firms + 1];
    for &(buyer, _) in &keys {
        group_starts[buyer as usize + 1] += 1;
    }
    for buyer in 0..firms {
        group_starts[buyer + 1] += group_starts[buyer];
    }
    let numbers: FxHashMap<(u32, u32), u32> =
        keys.iter().enumerate().map(|(at, &group)| (group, at as u32)).collect();
    Dependence {
        rows: Rows::from_sorted(firms, relevant.iter().map(|s| (s.supplier, s.buyer))),
        share: relevant.iter().map(|s| s.amount / whole(needs(s), s)).collect(),
        group: relevant.iter().filter_map(|s| numbers.get(&(s.buyer, key(s))).copied()).collect(),
        group_starts,
    }
}

fn check(firms: &[String], sector: &[u32], sales: &[Sale], need: &Essentiality) -> Result<()> {
    if firms.len() != sector.len() {
        return Err(ChainError::Parameter {
            name: "sector",
            value: sector.len().to_string(),
            must_be: "one sector per firm / 每家企业一个行业",
        });
    }
    for count in [firms.len(), sales.len()] {
        if count >= u32::MAX as usize {
            return Err(ChainError::TooLarge {
                what: "firms or links / 企业或链接数",
                actual: count as u64,
                limit: u64::from(u32::MAX),
            });
        }
    }
    if let Some(&bad) = sector.iter().find(|&&s| s as usize >= need.sectors()) {
        return Err(ChainError::Parameter {
            name: "sector",
            value: bad.to_string(),
            must_be: "below the size of the essentiality matrix / 小于必要性矩阵的阶数",
        });
    }
    for sale in sales {
        if sale.supplier as usize >= firms.len() || sale.buyer as usize >= firms.len() {
            return Err(ChainError::UnknownFirm(sale.supplier.max(sale.buyer).to_string()));
        }
        if !(sale.amount.is_finite() && sale.amount > 0.0) {
            return Err(ChainError::Parameter {
                name: "amount",
                value: sale.amount.to_string(),
                must_be: "a finite number above 0 / 大于 0 的有限数",
            });
        }
    }
    if sales.is_empty() {
        return Err(ChainError::EmptyNetwork);
    }
    Ok(())
}

/// Sales sorted by supplier and buyer, repeated pairs added in the order given.
fn merge(sales: &[Sale]) -> Vec<Sale> {
    let mut sorted = sales.to_vec();
    sorted.sort_by_key(|s| (s.supplier, s.buyer));
    let mut merged: Vec<Sale> = Vec::with_capacity(sorted.len());
    for sale in sorted {
        match merged.last_mut() {
            Some(last) if (last.supplier, last.buyer) == (sale.supplier, sale.buyer) => {
                last.amount += sale.amount;
            }
            _ => merged.push(sale),
        }
    }
    merged
}
