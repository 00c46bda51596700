//! Supply-chain contagion: the Economic Systemic Risk Index (Diem et al., Scientific Reports 12:7719, 2022).
//!
//! A firm fails; its customers lose inputs (downstream shock, `hd`), its suppliers lose orders (upstream shock,
//! `hu`). Both spread until nothing moves by more than ε. The index of the firm is the share of the whole
//! network's sales that is lost. Read [`network`] for what enters, [`cascade`] for the fixed point, [`sweep`] for
//! one failure per firm, [`scenario`] for several firms at once.
//!
//! Invariant: a cascade is a pure function of the network, the shock and the options. Threads share nothing but
//! the network, therefore results do not depend on their number, to the last bit.

pub mod cascade;
pub mod network;
pub mod scenario;
pub mod sweep;

use crate::error::{ChainError, Result};
use serde::Serialize;

pub use network::{Essentiality, Need, SupplyNetwork};
pub use scenario::{Scenario, ScenarioOutcome, Shock, simulate};
pub use sweep::{FirmRisk, every_single_failure, selected_failures};

/// How a cascade is computed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EsriOptions {
    /// Whether customers turn to the failed firm's competitors of the same sector (σ of the paper, its market
    /// share). Off is the worst case: every supplier is irreplaceable. Changes results strongly, so it is shown.
    pub replaceability: bool,
    /// The cascade stops when no firm's level fell by more than this in one step. The paper used 1e-2; chains of
    /// many small losses need 1e-6.
    pub epsilon: f64,
    /// Steps after which a cascade is given up and marked as not settled: two firms that sell only to each other
    /// pass a loss on almost undiminished.
    pub iterations_max: u32,
}

impl Default for EsriOptions {
    fn default() -> Self {
        Self { replaceability: true, epsilon: 1e-6, iterations_max: 10_000 }
    }
}

impl EsriOptions {
    /// Refuses an epsilon outside (0, 1] and an iteration limit of zero.
    ///
    /// # Errors
    /// [`ChainError::Parameter`].
    pub fn check(&self) -> Result<()> {
        if !(self.epsilon > 0.0 && self.epsilon <= 1.0) {
            return Err(ChainError::Parameter {
                name: "epsilon",
                value: self.epsilon.to_string(),
                must_be: "0 < epsilon ≤ 1",
            });
        }
        if self.iterations_max == 0 {
            return Err(ChainError::Parameter {
                name: "iterations_max",
                value: "0".to_owned(),
                must_be: "≥ 1",
            });
        }
        Ok(())
    }
}
