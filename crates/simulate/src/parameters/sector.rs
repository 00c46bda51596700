//! Twenty-one sectors and what each buys from which.

use crate::dice::Dice;
use crate::error::{Error, Result};

const SECTOR_TABLE: &str = include_str!("../../parameters/sectors.tsv");
const FLOW_TABLE: &str = include_str!("../../parameters/flows.tsv");

/// Number of sectors.
pub(crate) const SECTORS: usize = 21;

/// A sector.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sector {
    divisions: &'static str,
    /// Inputs bought for one unit of output.
    pub(crate) inputs: f64,
    /// Kilowatt-hours for one yuan of output.
    pub(crate) kwh_per_cny: f64,
    /// Mean of ln(capital) minus that of all enterprises.
    pub(crate) capital_ln: f64,
}

/// Sectors and the flows between them.
#[derive(Debug)]
pub(crate) struct Sectors {
    sectors: Vec<Sector>,
    /// For each buying sector, sums of the shares of supplying sectors, from the first.
    bought: Vec<[f64; SECTORS]>,
}

impl Sectors {
    /// Read the tables.
    pub(crate) fn new() -> Result<Self> {
        let sectors = rows(SECTOR_TABLE).map(sector).collect::<Option<Vec<_>>>();
        let flows: Option<Vec<Vec<f64>>> =
            rows(FLOW_TABLE).map(|line| line.split('\t').map(|cell| cell.parse().ok()).collect()).collect();
        let whole =
            |flows: &Vec<Vec<f64>>| flows.len() == SECTORS && flows.iter().all(|row| row.len() == SECTORS);
        match (sectors, flows) {
            (Some(sectors), Some(flows)) if sectors.len() == SECTORS && whole(&flows) => {
                let column = |buyer: usize| {
                    let mut sums = [0.0; SECTORS];
                    let mut sum = 0.0;
                    for (slot, row) in sums.iter_mut().zip(&flows) {
                        sum += row.get(buyer).copied().unwrap_or(0.0);
                        *slot = sum;
                    }
                    sums
                };
                Ok(Self { sectors, bought: (0..SECTORS).map(column).collect() })
            }
            _ => Err(Error::Internal("sectors.tsv or flows.tsv is damaged".to_owned())),
        }
    }

    /// Without what sectors that nobody is in would sell.
    pub(crate) fn without_empty(mut self, firms: &[u64; SECTORS]) -> Self {
        for sums in &mut self.bought {
            let (mut before, mut sum) = (0.0, 0.0);
            for (slot, count) in sums.iter_mut().zip(firms) {
                let share = *slot - before;
                before = *slot;
                if *count > 0 {
                    sum += share;
                }
                *slot = sum;
            }
        }
        self
    }

    /// The sector.
    pub(crate) fn get(&self, at: u8) -> Sector {
        let none = Sector { divisions: "", inputs: 0.5, kwh_per_cny: 0.0, capital_ln: 0.0 };
        self.sectors.get(usize::from(at)).copied().unwrap_or(none)
    }

    /// The sector a class of GB/T 4754 belongs to.
    pub(crate) fn of_class(&self, code: &str) -> Option<u8> {
        let division: u32 = code.get(..2)?.parse().ok()?;
        self.sectors.iter().position(|sector| holds(sector.divisions, division)).map(|at| at as u8)
    }

    /// Where a buyer of this sector looks for a supplier.
    pub(crate) fn supplier(&self, buyer: u8, dice: &mut Dice) -> u8 {
        let Some(sums) = self.bought.get(usize::from(buyer)) else { return buyer };
        let target = dice.unit() * sums.last().copied().unwrap_or(0.0);
        sums.partition_point(|sum| *sum <= target).min(SECTORS - 1) as u8
    }

    /// Share of each supplying sector in what a sector buys.
    #[cfg(test)]
    pub(crate) fn shares(&self, buyer: u8) -> Vec<f64> {
        let sums = &self.bought[usize::from(buyer)];
        let mut before = 0.0;
        sums.iter()
            .map(|sum| {
                let share = (sum - before) / sums[SECTORS - 1];
                before = *sum;
                share
            })
            .collect()
    }
}

fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#'))
}

fn sector(line: &'static str) -> Option<Sector> {
    let mut cells = line.split('\t').skip(2);
    let divisions = cells.next()?;
    let mut per_thousand = || Some(cells.next()?.parse::<f64>().ok()? / 1000.0);
    Some(Sector {
        divisions,
        inputs: per_thousand()?,
        kwh_per_cny: per_thousand()?,
        capital_ln: per_thousand()?,
    })
}

/// Whether `13-16 41` holds a division.
fn holds(divisions: &str, division: u32) -> bool {
    divisions.split(' ').any(|range| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let parse = |text: &str| text.parse::<u32>().ok();
        parse(from).zip(parse(to)).is_some_and(|(from, to)| (from..=to).contains(&division))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_find_their_sector_and_shares_are_whole() {
        let sectors = Sectors::new().unwrap();
        assert_eq!(sectors.of_class("3670"), Some(11));
        assert_eq!(sectors.of_class("5174"), Some(14));
        assert_eq!(sectors.of_class("6621"), None);
        for buyer in 0..SECTORS as u8 {
            let sum: f64 = sectors.shares(buyer).iter().sum();
            assert!((sum - 1.0).abs() < 1e-9);
        }
        // Vehicles are made of vehicle parts and metal; food is made of what farms sell.
        assert!(sectors.shares(11)[11] > 0.3 && sectors.shares(2)[0] > 0.4);
    }

    #[test]
    fn nobody_buys_from_a_sector_without_firms() {
        let mut firms = [1; SECTORS];
        firms[12] = 0;
        let sectors = Sectors::new().unwrap().without_empty(&firms);
        for buyer in 0..SECTORS as u8 {
            assert!(sectors.shares(buyer)[12].abs() < 1e-12);
        }
    }
}
