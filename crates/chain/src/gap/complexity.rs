//! Economic complexity of regions and products (Hidalgo & Hausmann, PNAS 2009; Hausmann et al., Atlas, 2014).
//!
//! From values X of region c and product p:
//! - RCA_cp = (X_cp / X_c) / (X_p / X), dimensionless; M_cp = 1 when RCA ≥ 1. With firm counts RCA is the LQ;
//! - diversity k_c = Σ_p M_cp, ubiquity k_p = Σ_c M_cp;
//! - proximity φ_pq = |M_p ∧ M_q| / max(k_p, k_q), φ_pp = 1 kept;
//! - density d_cp = Σ_q M_cq φ_pq / Σ_q φ_pq, in 0..1;
//! - ECI: second eigenvector of D⁻¹MU⁻¹Mᵀ, found as that of BBᵀ with B = D^-½MU^-½ (symmetric, same spectrum;
//!   the first eigenvector, √k_c, is known and projected out). PCI = U⁻¹Mᵀ·ECI. Each is standardised on its own
//!   with the population deviation; the sign makes ECI rise with diversity;
//! - COI_c = Σ_p (1−M_cp) d_cp PCI_p; COG_cp = Σ_q φ_pq/Σ_q' φ_qq' · (1−M_cq) PCI_q − d_cp PCI_p, absent p only.
//!
//! Trap: a tiny region has few, odd products and enters the top of the list. `region_total_min` drops regions
//! before anything is computed. Trap: density hardly beats diversity × ubiquity; show [`super::backtest`].

#![expect(clippy::indexing_slicing, reason = "cells are checked, slots are numbered here")]

use crate::error::{ChainError, Result};

/// Cells (kept regions × kept products) one matrix may have.
const CELLS_MAX: u64 = 20_000_000;
const ITERATIONS_MAX: u32 = 20_000;
/// Largest change of a component of the unit eigenvector at which the iteration stops.
const TOLERANCE: f64 = 1e-13;

/// One value of the region × product matrix. Cells of the same place add up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Region number, below `regions`.
    pub region: u32,
    /// Product number, below `products`.
    pub product: u32,
    /// Firms, capacity, output or exports: any unit, the same in every cell; ≥ 0 and finite.
    pub value: f64,
}

/// What to leave out and when a product counts as present.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComplexityParameters {
    /// RCA from which a product counts as present; 1 in the literature.
    pub rca_min: f64,
    /// Regions whose values sum to less are left out (unit of the cells).
    pub region_total_min: f64,
    /// Products whose values sum to less are left out (unit of the cells).
    pub product_total_min: f64,
}

impl Default for ComplexityParameters {
    fn default() -> Self {
        Self { rca_min: 1.0, region_total_min: 0.0, product_total_min: 0.0 }
    }
}

/// The answers, addressed by the caller's own region and product numbers; `None` = left out or undefined.
#[derive(Debug, Clone)]
pub struct Complexity {
    region_slot: Vec<Option<u32>>,
    product_slot: Vec<Option<u32>>,
    rca: Option<Vec<f64>>,
    matrix: Presence,
    proximity_sum: Vec<f64>,
    eci: Vec<f64>,
    pci: Vec<f64>,
    /// Second eigenvalue, 0..1; `None` when the matrix is too small or too uniform to rank. A value of 1 says the
    /// matrix falls apart into blocks that share no product, so ECI tells blocks apart and little else.
    pub second_eigenvalue: Option<f64>,
    /// Regions that were used.
    pub regions_used: u32,
    /// Products that were used.
    pub products_used: u32,
}

impl Complexity {
    /// Compute everything from values.
    pub fn of_values(
        regions: u32,
        products: u32,
        cells: &[Cell],
        parameters: &ComplexityParameters,
    ) -> Result<Self> {
        check(regions, products, cells, parameters)?;
        let mut region_total = vec![0.0; regions as usize];
        for cell in cells {
            region_total[cell.region as usize] += cell.value;
        }
        let region_kept: Vec<bool> =
            region_total.iter().map(|&t| t > 0.0 && t >= parameters.region_total_min).collect();
        let mut product_total = vec![0.0; products as usize];
        for cell in cells.iter().filter(|c| region_kept[c.region as usize]) {
            product_total[cell.product as usize] += cell.value;
        }
        let product_kept: Vec<bool> =
            product_total.iter().map(|&t| t > 0.0 && t >= parameters.product_total_min).collect();
        let (region_slot, rows) = number(&region_kept);
        let (product_slot, columns) = number(&product_kept);
        limit(rows, columns)?;

        let mut value = vec![0.0; rows * columns];
        for cell in cells {
            if let (Some(r), Some(p)) =
                (region_slot[cell.region as usize], product_slot[cell.product as usize])
            {
                value[r as usize * columns + p as usize] += cell.value;
            }
        }
        let rca = rca_of(&value, rows, columns);
        // A region that is alone has RCA 1 up to rounding; rounding must not decide.
        let threshold = parameters.rca_min * (1.0 - 1e-12);
        let present: Vec<bool> = rca.iter().map(|&r| r > 0.0 && r >= threshold).collect();
        let matrix = Presence::of(rows, columns, |r, p| present[r * columns + p]);
        Ok(Self::finish(region_slot, product_slot, Some(rca), matrix))
    }

    /// Compute from a presence matrix given as (region, product) pairs; RCA is then unknown.
    pub fn of_presence(regions: u32, products: u32, present: &[(u32, u32)]) -> Result<Self> {
        let cells: Vec<Cell> =
            present.iter().map(|&(region, product)| Cell { region, product, value: 1.0 }).collect();
        check(regions, products, &cells, &ComplexityParameters::default())?;
        let mut region_kept = vec![false; regions as usize];
        let mut product_kept = vec![false; products as usize];
        for &(region, product) in present {
            region_kept[region as usize] = true;
            product_kept[product as usize] = true;
        }
        let (region_slot, rows) = number(&region_kept);
        let (product_slot, columns) = number(&product_kept);
        limit(rows, columns)?;
        let mut filled = vec![false; rows * columns];
        for &(region, product) in present {
            if let (Some(r), Some(p)) = (region_slot[region as usize], product_slot[product as usize]) {
                filled[r as usize * columns + p as usize] = true;
            }
        }
        let matrix = Presence::of(rows, columns, |r, p| filled[r * columns + p]);
        Ok(Self::finish(region_slot, product_slot, None, matrix))
    }

    fn finish(
        region_slot: Vec<Option<u32>>,
        product_slot: Vec<Option<u32>>,
        rca: Option<Vec<f64>>,
        matrix: Presence,
    ) -> Self {
        let (eci, pci, second_eigenvalue) = match indices(&matrix) {
            Some((eci, pci, eigenvalue)) => (eci, pci, Some(eigenvalue)),
            None => (Vec::new(), Vec::new(), None),
        };
        Self {
            regions_used: matrix.rows as u32,
            products_used: matrix.columns as u32,
            proximity_sum: matrix.proximity_sums(),
            region_slot,
            product_slot,
            rca,
            matrix,
            eci,
            pci,
            second_eigenvalue,
        }
    }

    fn region(&self, region: u32) -> Option<usize> {
        self.region_slot.get(region as usize).copied().flatten().map(|r| r as usize)
    }

    fn product(&self, product: u32) -> Option<usize> {
        self.product_slot.get(product as usize).copied().flatten().map(|p| p as usize)
    }

    /// Revealed comparative advantage (location quotient), ≥ 0.
    #[must_use]
    pub fn rca(&self, region: u32, product: u32) -> Option<f64> {
        let at = self.region(region)? * self.matrix.columns + self.product(product)?;
        self.rca.as_ref()?.get(at).copied()
    }

    /// M: whether the region holds the product with RCA at or above the threshold.
    #[must_use]
    pub fn present(&self, region: u32, product: u32) -> Option<bool> {
        Some(self.matrix.get(self.region(region)?, self.product(product)?))
    }

    /// Diversity k_c: number of products present.
    #[must_use]
    pub fn diversity(&self, region: u32) -> Option<u32> {
        Some(self.matrix.rows_of[self.region(region)?].len() as u32)
    }

    /// Ubiquity k_p: number of regions where the product is present.
    #[must_use]
    pub fn ubiquity(&self, product: u32) -> Option<u32> {
        Some(self.matrix.ubiquity[self.product(product)?])
    }

    /// Proximity φ, 0..1.
    #[must_use]
    pub fn proximity(&self, one: u32, other: u32) -> Option<f64> {
        Some(self.matrix.proximity(self.product(one)?, self.product(other)?))
    }

    /// Density d_cp, 0..1: how much of what is close to the product the region already does.
    #[must_use]
    pub fn density(&self, region: u32, product: u32) -> Option<f64> {
        Some(self.density_at(self.region(region)?, self.product(product)?))
    }

    fn density_at(&self, row: usize, column: usize) -> f64 {
        let sum = self.proximity_sum[column];
        if sum <= 0.0 {
            return 0.0;
        }
        let held: f64 =
            self.matrix.rows_of[row].iter().map(|&q| self.matrix.proximity(column, q as usize)).sum();
        (held / sum).min(1.0)
    }

    /// Economic complexity index of a region, in standard deviations.
    #[must_use]
    pub fn eci(&self, region: u32) -> Option<f64> {
        self.eci.get(self.region(region)?).copied()
    }

    /// Product complexity index, in standard deviations.
    #[must_use]
    pub fn pci(&self, product: u32) -> Option<f64> {
        self.pci.get(self.product(product)?).copied()
    }

    /// Opportunity outlook of a region: Σ over absent products of density × PCI.
    #[must_use]
    pub fn opportunity_outlook(&self, region: u32) -> Option<f64> {
        let row = self.region(region)?;
        if self.pci.is_empty() {
            return None;
        }
        let sum = (0..self.matrix.columns)
            .filter(|&p| !self.matrix.get(row, p))
            .map(|p| self.density_at(row, p) * self.pci[p])
            .sum();
        Some(sum)
    }

    /// Opportunity gain of an absent product; `None` for a present one.
    #[must_use]
    pub fn opportunity_gain(&self, region: u32, product: u32) -> Option<f64> {
        let (row, column) = (self.region(region)?, self.product(product)?);
        if self.pci.is_empty() || self.matrix.get(row, column) {
            return None;
        }
        let reach: f64 = (0..self.matrix.columns)
            .filter(|&q| !self.matrix.get(row, q) && self.proximity_sum[q] > 0.0)
            .map(|q| self.matrix.proximity(column, q) / self.proximity_sum[q] * self.pci[q])
            .sum();
        Some(reach - self.density_at(row, column) * self.pci[column])
    }

    /// The used part of the presence matrix.
    pub(super) fn matrix(&self) -> &Presence {
        &self.matrix
    }
}

/// A 0/1 matrix, kept as lists by row and as bit columns.
#[derive(Debug, Clone)]
pub(super) struct Presence {
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Columns present in each row, ascending.
    pub(super) rows_of: Vec<Vec<u32>>,
    pub(super) ubiquity: Vec<u32>,
    words: usize,
    bits: Vec<u64>,
}

impl Presence {
    pub(super) fn of(rows: usize, columns: usize, present: impl Fn(usize, usize) -> bool) -> Self {
        let words = rows.div_ceil(64);
        let mut matrix = Self {
            rows,
            columns,
            rows_of: vec![Vec::new(); rows],
            ubiquity: vec![0; columns],
            words,
            bits: vec![0; words * columns],
        };
        for row in 0..rows {
            for column in (0..columns).filter(|&c| present(row, c)) {
                matrix.rows_of[row].push(column as u32);
                matrix.ubiquity[column] += 1;
                matrix.bits[column * words + row / 64] |= 1 << (row % 64);
            }
        }
        matrix
    }

    pub(super) fn get(&self, row: usize, column: usize) -> bool {
        self.bits[column * self.words + row / 64] >> (row % 64) & 1 == 1
    }

    pub(super) fn proximity(&self, p: usize, q: usize) -> f64 {
        let larger = self.ubiquity[p].max(self.ubiquity[q]);
        if larger == 0 {
            return 0.0;
        }
        let (a, b) = (p * self.words, q * self.words);
        let shared: u32 = self.bits[a..a + self.words]
            .iter()
            .zip(&self.bits[b..b + self.words])
            .map(|(x, y)| (x & y).count_ones())
            .sum();
        f64::from(shared) / f64::from(larger)
    }

    pub(super) fn proximity_sums(&self) -> Vec<f64> {
        (0..self.columns).map(|p| (0..self.columns).map(|q| self.proximity(p, q)).sum()).collect()
    }
}

fn check(regions: u32, products: u32, cells: &[Cell], parameters: &ComplexityParameters) -> Result<()> {
    if !(parameters.rca_min.is_finite() && parameters.rca_min > 0.0) {
        return Err(refuse("rca_min", &parameters.rca_min, "> 0"));
    }
    for cell in cells {
        if cell.region >= regions || cell.product >= products {
            return Err(refuse("cell", &format!("{cell:?}"), "region < regions, product < products"));
        }
        if !(cell.value.is_finite() && cell.value >= 0.0) {
            return Err(refuse("cell.value", &cell.value, "≥ 0"));
        }
    }
    Ok(())
}

pub(super) fn refuse(name: &'static str, value: &impl ToString, must_be: &'static str) -> ChainError {
    ChainError::Parameter { name, value: value.to_string(), must_be }
}

fn limit(rows: usize, columns: usize) -> Result<()> {
    let actual = rows as u64 * columns as u64;
    if actual > CELLS_MAX {
        return Err(ChainError::TooLarge { what: "regions × products", actual, limit: CELLS_MAX });
    }
    Ok(())
}

fn number(kept: &[bool]) -> (Vec<Option<u32>>, usize) {
    let mut next = 0;
    let slots = kept
        .iter()
        .map(|&keep| {
            keep.then(|| {
                next += 1;
                next - 1
            })
        })
        .collect();
    (slots, next as usize)
}

fn rca_of(value: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    let mut by_row = vec![0.0; rows];
    let mut by_column = vec![0.0; columns];
    for (at, v) in value.iter().enumerate() {
        by_row[at / columns] += v;
        by_column[at % columns] += v;
    }
    let total: f64 = by_row.iter().sum();
    let share = |at: usize, v: f64| {
        let expected = by_row[at / columns] * (by_column[at % columns] / total);
        if expected > 0.0 { v / expected } else { 0.0 }
    };
    value.iter().enumerate().map(|(at, &v)| share(at, v)).collect()
}

/// ECI, PCI and the second eigenvalue; `None` when nothing tells the regions apart.
fn indices(matrix: &Presence) -> Option<(Vec<f64>, Vec<f64>, f64)> {
    if matrix.rows < 2 || matrix.columns < 2 || matrix.rows_of.iter().any(Vec::is_empty) {
        return None;
    }
    let diversity: Vec<f64> = matrix.rows_of.iter().map(|r| r.len() as f64).collect();
    let (vector, eigenvalue) = second_eigenvector(matrix, &diversity)?;
    let mut eci: Vec<f64> = vector.iter().zip(&diversity).map(|(v, k)| v / k.sqrt()).collect();
    if covariance(&eci, &diversity) < 0.0 {
        for value in &mut eci {
            *value = -*value;
        }
    }
    let mut pci = vec![0.0; matrix.columns];
    for (row, list) in matrix.rows_of.iter().enumerate() {
        for &p in list {
            pci[p as usize] += eci[row];
        }
    }
    for (value, &k) in pci.iter_mut().zip(&matrix.ubiquity) {
        *value = if k > 0 { *value / f64::from(k) } else { 0.0 };
    }
    standardise(&mut eci).then_some(())?;
    standardise(&mut pci).then_some(())?;
    Some((eci, pci, eigenvalue))
}

/// Power iteration on BBᵀ with the trivial eigenvector √k_c projected out each round.
///
/// BBᵀ is positive semi-definite with largest eigenvalue 1, so the largest that remains is the second.
fn second_eigenvector(matrix: &Presence, diversity: &[f64]) -> Option<(Vec<f64>, f64)> {
    let ones: f64 = diversity.iter().sum();
    let trivial: Vec<f64> = diversity.iter().map(|k| (k / ones).sqrt()).collect();
    let mut draw = super::draw::Draw::seeded(0x0DD5_EED5);
    let mut vector: Vec<f64> = diversity.iter().map(|_| draw.unit() - 0.5).collect();
    project_out(&mut vector, &trivial);
    normalise(&mut vector)?;
    let mut eigenvalue = 0.0;
    for _ in 0..ITERATIONS_MAX {
        let mut next = apply(matrix, diversity, &vector);
        project_out(&mut next, &trivial);
        eigenvalue = normalise(&mut next)?;
        let change = next.iter().zip(&vector).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        vector = next;
        if change <= TOLERANCE {
            break;
        }
    }
    Some((vector, eigenvalue.min(1.0)))
}

/// y = B Bᵀ x for the sparse B = D^-½ M U^-½.
fn apply(matrix: &Presence, diversity: &[f64], x: &[f64]) -> Vec<f64> {
    let mut products = vec![0.0; matrix.columns];
    for (row, list) in matrix.rows_of.iter().enumerate() {
        let share = x[row] / diversity[row].sqrt();
        for &p in list {
            products[p as usize] += share;
        }
    }
    for (value, &k) in products.iter_mut().zip(&matrix.ubiquity) {
        *value /= f64::from(k.max(1));
    }
    let sum = |list: &Vec<u32>| list.iter().map(|&p| products[p as usize]).sum::<f64>();
    matrix.rows_of.iter().zip(diversity).map(|(list, k)| sum(list) / k.sqrt()).collect()
}

fn project_out(vector: &mut [f64], unit: &[f64]) {
    let along: f64 = vector.iter().zip(unit).map(|(a, b)| a * b).sum();
    vector.iter_mut().zip(unit).for_each(|(v, u)| *v -= along * u);
}

/// Scale to length 1 and return the old length; `None` for (numerically) zero.
fn normalise(vector: &mut [f64]) -> Option<f64> {
    let length = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
    (length > 1e-12).then(|| {
        for value in vector.iter_mut() {
            *value /= length;
        }
        length
    })
}

fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let mean_a = a.iter().sum::<f64>() / a.len() as f64;
    let mean_b = b.iter().sum::<f64>() / b.len() as f64;
    a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b)).sum()
}

/// To mean 0 and population deviation 1; false when all values are equal.
fn standardise(values: &mut [f64]) -> bool {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
    if deviation <= 1e-12 {
        return false;
    }
    for value in values.iter_mut() {
        *value = (*value - mean) / deviation;
    }
    true
}

#[cfg(test)]
#[path = "complexity_tests.rs"]
mod tests;
