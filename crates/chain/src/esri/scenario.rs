//! Several firms hit at once, each wholly or in part: a flood, a sector ban, a supplier at half speed.

use super::EsriOptions;
use super::cascade::Scratch;
use super::network::SupplyNetwork;
use crate::error::{ChainError, Result};
use brain_kernel::progress::Cancel;
use rustc_hash::FxHashMap;
use serde::Serialize;

/// One firm's own loss before anything spreads.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Shock {
    /// Firm index in the network.
    pub firm: u32,
    /// Lost share of its production, 0 … 1.
    pub loss: f64,
}

/// A named set of shocks. When a firm is named twice the larger loss holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Scenario {
    /// The firms hit.
    pub shocks: Vec<Shock>,
}

impl Scenario {
    /// Shocks by firm name.
    ///
    /// # Errors
    /// [`ChainError::UnknownFirm`] names the first firm not in the network.
    pub fn by_name<'a>(
        network: &SupplyNetwork,
        shocks: impl IntoIterator<Item = (&'a str, f64)>,
    ) -> Result<Self> {
        let index: FxHashMap<&str, u32> =
            network.firms().iter().enumerate().map(|(at, firm)| (firm.as_str(), at as u32)).collect();
        let shocks = shocks
            .into_iter()
            .map(|(name, loss)| match index.get(name) {
                Some(&firm) => Ok(Shock { firm, loss }),
                None => Err(ChainError::UnknownFirm(name.to_owned())),
            })
            .collect::<Result<_>>()?;
        Ok(Self { shocks })
    }
}

/// What a scenario costs, as a whole and firm by firm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScenarioOutcome {
    /// Share of all sales lost, 0 … 1.
    pub esri: f64,
    /// Through missing inputs.
    pub esri_down: f64,
    /// Through missing orders.
    pub esri_up: f64,
    /// The part lost by the shocked firms themselves, without any spreading.
    pub direct: f64,
    /// Steps of the cascade.
    pub iterations: u32,
    /// `false` when given up at the iteration limit; the numbers are then lower bounds.
    pub settled: bool,
    /// Every firm that lost something, largest contribution to the total first.
    pub losses: Vec<FirmLoss>,
}

/// One firm's part in a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FirmLoss {
    /// Firm index.
    pub firm: u32,
    /// Its production loss through inputs, 0 … 1.
    pub down: f64,
    /// Its production loss through demand, 0 … 1.
    pub up: f64,
    /// Its contribution to the network's loss: weight × larger of both.
    pub contribution: f64,
}

/// Run a scenario.
///
/// # Errors
/// Bad options, an empty scenario, a loss outside 0 … 1, an unknown firm, cancellation.
pub fn simulate(
    network: &SupplyNetwork,
    scenario: &Scenario,
    options: &EsriOptions,
    cancel: &Cancel,
) -> Result<ScenarioOutcome> {
    options.check()?;
    if scenario.shocks.is_empty() {
        return Err(ChainError::Parameter {
            name: "shock",
            value: "[]".to_owned(),
            must_be: "≥ 1 firm / 至少一家企业",
        });
    }
    for shock in &scenario.shocks {
        if shock.firm as usize >= network.firm_count() {
            return Err(ChainError::UnknownFirm(shock.firm.to_string()));
        }
        if !(0.0..=1.0).contains(&shock.loss) {
            return Err(ChainError::Parameter {
                name: "loss",
                value: shock.loss.to_string(),
                must_be: "0 … 1",
            });
        }
    }
    let mut scratch = Scratch::new(network);
    let outcome = scratch.run(network, &scenario.shocks, options, cancel)?;
    let mut losses: Vec<FirmLoss> = scratch
        .losses()
        .into_iter()
        .map(|(firm, down, up)| FirmLoss {
            firm,
            down,
            up,
            contribution: network.weight(firm) * down.max(up),
        })
        .collect();
    losses.sort_by(|a, b| b.contribution.total_cmp(&a.contribution).then(a.firm.cmp(&b.firm)));
    let mut own: FxHashMap<u32, f64> = FxHashMap::default();
    for shock in &scenario.shocks {
        let loss = own.entry(shock.firm).or_default();
        *loss = loss.max(shock.loss);
    }
    let mut own: Vec<(u32, f64)> = own.into_iter().collect();
    own.sort_unstable_by_key(|&(firm, _)| firm);
    Ok(ScenarioOutcome {
        esri: outcome.esri,
        esri_down: outcome.down,
        esri_up: outcome.up,
        direct: own.iter().map(|&(firm, loss)| network.weight(firm) * loss).sum(),
        iterations: outcome.iterations,
        settled: outcome.settled,
        losses,
    })
}
