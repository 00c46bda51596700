//! One cascade per firm: which single failure costs the network most.

use super::cascade::Scratch;
use super::network::SupplyNetwork;
use super::{EsriOptions, Shock};
use crate::error::{ChainError, Result};
use brain_kernel::progress::{Cancel, Progress};
use rayon::prelude::*;
use serde::Serialize;

/// Risk of one firm's complete failure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FirmRisk {
    /// Firm index in the network.
    pub firm: u32,
    /// Share of all sales lost, 0 … 1.
    pub esri: f64,
    /// The part that reaches customers through missing inputs.
    pub esri_down: f64,
    /// The part that reaches suppliers through missing orders.
    pub esri_up: f64,
    /// Steps until nothing fell by more than ε, the quiet last step included.
    pub iterations: u32,
    /// `false` when the cascade was given up at the iteration limit; the numbers are then lower bounds.
    pub settled: bool,
}

/// The failure of each firm alone, in firm order; parallel, one unit of progress per firm.
///
/// # Errors
/// Bad options or cancellation.
pub fn every_single_failure(
    network: &SupplyNetwork,
    options: &EsriOptions,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Vec<FirmRisk>> {
    let firms: Vec<u32> = (0..network.firm_count() as u32).collect();
    selected_failures(network, &firms, options, progress, cancel)
}

/// The failure of each of the given firms alone, in the order given.
///
/// # Errors
/// As [`every_single_failure`], and a firm index out of range.
pub fn selected_failures(
    network: &SupplyNetwork,
    firms: &[u32],
    options: &EsriOptions,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Vec<FirmRisk>> {
    options.check()?;
    if let Some(&bad) = firms.iter().find(|&&firm| firm as usize >= network.firm_count()) {
        return Err(ChainError::UnknownFirm(bad.to_string()));
    }
    // Another network may have been swept before under the same counters.
    progress.set_total(progress.read().0 + firms.len() as u64);
    firms
        .par_iter()
        .map_init(
            || Scratch::new(network),
            |scratch, &firm| {
                let outcome = scratch.run(network, &[Shock { firm, loss: 1.0 }], options, cancel)?;
                progress.add(1);
                Ok(FirmRisk {
                    firm,
                    esri: outcome.esri,
                    esri_down: outcome.down,
                    esri_up: outcome.up,
                    iterations: outcome.iterations,
                    settled: outcome.settled,
                })
            },
        )
        .collect()
}
