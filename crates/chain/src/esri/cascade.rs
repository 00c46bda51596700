//! One cascade: from a shock to the fixed point, touching only firms whose surroundings changed.
//!
//! The update is synchronous (Jacobi), started at `hd = hu = ψ`, and the step in which the largest fall is at most
//! ε still counts: with that, iteration counts equal those of the reference implementation. Losses are pushed: a
//! firm that fell adds `share × further loss` to the input groups of its customers and to the demand of its
//! suppliers, and only firms that received something are evaluated in the next step.

#![expect(clippy::indexing_slicing, reason = "firm numbers were checked when the network was built")]

use super::network::SupplyNetwork;
use super::{EsriOptions, Shock};
use crate::error::{ChainError, Result};
use brain_kernel::progress::Cancel;

/// Below this share of the sector's sales the remaining sales are summed afresh: subtracting what was lost from
/// the whole would cancel the digits the market share needs.
const REMAINDER_RESUM_SHARE: f64 = 1e-2;

/// A firm pushes when what it has not yet pushed exceeds this; below lies rounding. Shares of one group sum to at
/// most 1, so no level is ever off by more than this much per step.
const PUSH_FLOOR: f64 = 1e-15;

/// What a cascade left behind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outcome {
    pub(super) esri: f64,
    pub(super) down: f64,
    pub(super) up: f64,
    pub(super) iterations: u32,
    pub(super) settled: bool,
}

/// Levels and work lists of one thread; cleared by undoing what a cascade touched, never by sweeping everything.
pub(super) struct Scratch {
    /// Production level limited by inputs (hd).
    down: Side,
    /// Production level limited by demand (hu).
    up: Side,
    /// ψ: the level the shock itself leaves.
    ceiling: Vec<f64>,
    shocked: Vec<u32>,
    /// Loss of each input group.
    group_loss: Vec<f64>,
    sectors: Vec<SectorState>,
    sectors_touched: Vec<u32>,
    stamp: u32,
}

/// One of the two levels of every firm.
struct Side {
    /// 1 = undisturbed.
    level: Vec<f64>,
    inbox: Vec<Inbox>,
    /// Loss already pushed on.
    pushed: Vec<f64>,
    /// Firms that received or lost anything since the last clearing.
    touched: Vec<u32>,
    /// Firms to evaluate in this step, those of the next, and those that fell in this one.
    now: Vec<u32>,
    next: Vec<u32>,
    fell: Vec<u32>,
}

/// What a push writes; in one place, because pushes hit firms at random and memory decides the speed.
#[derive(Clone, Copy, Default)]
struct Inbox {
    /// Loss received from the firm's surroundings; for inputs, of the worst group.
    received: f64,
    /// The step the firm was last put on `next`; 0 = not touched.
    marked: u32,
}

#[derive(Clone, Default)]
struct SectorState {
    /// Firms of the sector below full level.
    lost: Vec<u32>,
    dirty: bool,
}

impl Side {
    fn new(firms: usize) -> Self {
        Self {
            level: vec![1.0; firms],
            inbox: vec![Inbox::default(); firms],
            pushed: vec![0.0; firms],
            touched: Vec::new(),
            now: Vec::new(),
            next: Vec::new(),
            fell: Vec::new(),
        }
    }

    /// Have the firm evaluated in the next step.
    fn mark(&mut self, firm: u32, stamp: u32) {
        let seen = &mut self.inbox[firm as usize].marked;
        if *seen != stamp {
            if *seen == 0 {
                self.touched.push(firm);
            }
            *seen = stamp;
            self.next.push(firm);
        }
    }

    /// Evaluate the firms marked in the last step; the largest fall.
    fn evaluate(&mut self, ceiling: &[f64]) -> f64 {
        std::mem::swap(&mut self.now, &mut self.next);
        self.next.clear();
        self.fell.clear();
        let mut fall: f64 = 0.0;
        for &firm in &self.now {
            let at = firm as usize;
            let level = ceiling[at].min(1.0 - self.inbox[at].received).max(0.0);
            // Levels never rise; a last-digit rise would be rounding.
            if level < self.level[at] {
                fall = fall.max(self.level[at] - level);
                self.level[at] = level;
                self.fell.push(firm);
            }
        }
        fall
    }

    /// What a firm whose loss is now `loss` still has to push.
    fn unpushed(&mut self, firm: u32, loss: f64) -> Option<f64> {
        let pushed = &mut self.pushed[firm as usize];
        let delta = loss - *pushed;
        if delta <= PUSH_FLOOR {
            return None;
        }
        *pushed = loss;
        Some(delta)
    }

    fn clear(&mut self) {
        for &firm in &self.touched {
            let at = firm as usize;
            self.level[at] = 1.0;
            self.inbox[at] = Inbox::default();
            self.pushed[at] = 0.0;
        }
        self.touched.clear();
        self.now.clear();
        self.next.clear();
        self.fell.clear();
    }
}

impl Scratch {
    pub(super) fn new(network: &SupplyNetwork) -> Self {
        let firms = network.firm_count();
        Self {
            down: Side::new(firms),
            up: Side::new(firms),
            ceiling: vec![1.0; firms],
            shocked: Vec::new(),
            group_loss: vec![0.0; network.group_starts.last().map_or(0, |&groups| groups as usize)],
            sectors: vec![SectorState::default(); network.sector_sales.len()],
            sectors_touched: Vec::new(),
            stamp: 0,
        }
    }

    /// Run one cascade. Levels stay readable until the next run.
    pub(super) fn run(
        &mut self,
        network: &SupplyNetwork,
        shocks: &[Shock],
        options: &EsriOptions,
        cancel: &Cancel,
    ) -> Result<Outcome> {
        self.clear(network);
        self.strike(network, shocks, options);
        let mut iterations = 0;
        let mut settled = false;
        while !settled && iterations < options.iterations_max {
            if cancel.is_cancelled() {
                return Err(ChainError::Cancelled);
            }
            iterations += 1;
            let fall = self.down.evaluate(&self.ceiling).max(self.up.evaluate(&self.ceiling));
            settled = fall <= options.epsilon;
            if !settled {
                self.push(network, options);
            }
        }
        Ok(self.outcome(network, iterations, settled))
    }

    /// `(firm, loss by inputs, loss by demand)` of every firm below full level after the last run, by firm index.
    pub(super) fn losses(&self) -> Vec<(u32, f64, f64)> {
        let mut firms: Vec<u32> = self.down.touched.iter().chain(&self.up.touched).copied().collect();
        firms.sort_unstable();
        firms.dedup();
        firms
            .into_iter()
            .map(|firm| (firm, 1.0 - self.down.level[firm as usize], 1.0 - self.up.level[firm as usize]))
            .filter(|&(_, down, up)| down > 0.0 || up > 0.0)
            .collect()
    }

    fn clear(&mut self, network: &SupplyNetwork) {
        for &firm in &self.down.touched {
            let at = firm as usize;
            self.group_loss[network.group_starts[at] as usize..network.group_starts[at + 1] as usize]
                .fill(0.0);
        }
        self.down.clear();
        self.up.clear();
        for firm in self.shocked.drain(..) {
            self.ceiling[firm as usize] = 1.0;
        }
        for sector in self.sectors_touched.drain(..) {
            let state = &mut self.sectors[sector as usize];
            state.lost.clear();
            state.dirty = false;
        }
        self.stamp = 0;
    }

    /// Put the shock in place: both levels start at ψ, and the shocked firms push their loss.
    fn strike(&mut self, network: &SupplyNetwork, shocks: &[Shock], options: &EsriOptions) {
        self.stamp = 1;
        for shock in shocks {
            let psi = 1.0 - shock.loss;
            let slot = &mut self.ceiling[shock.firm as usize];
            if psi < *slot {
                if *slot >= 1.0 {
                    self.shocked.push(shock.firm);
                }
                *slot = psi;
            }
        }
        for &firm in &self.shocked {
            self.down.mark(firm, self.stamp);
            self.up.mark(firm, self.stamp);
        }
        self.down.evaluate(&self.ceiling);
        self.up.evaluate(&self.ceiling);
        self.push(network, options);
    }

    /// Pass on what fell in this step.
    fn push(&mut self, network: &SupplyNetwork, options: &EsriOptions) {
        self.stamp += 1;
        let fell = std::mem::take(&mut self.down.fell);
        if options.replaceability {
            self.push_through_markets(network, &fell);
        } else {
            for &firm in &fell {
                self.push_down(network, firm, 1.0 - self.down.level[firm as usize]);
            }
        }
        self.down.fell = fell;
        let fell = std::mem::take(&mut self.up.fell);
        for &firm in &fell {
            let loss = 1.0 - self.up.level[firm as usize];
            if let Some(delta) = self.up.unpushed(firm, loss) {
                // hu_j = max(0, min(ψ_j, 1 − Σ_l Λu_jl (1 − hu_l)))
                let row = network.suppliers.range(firm);
                let suppliers = &network.suppliers.items()[row.clone()];
                for (&supplier, share) in suppliers.iter().zip(&network.sales_share[row]) {
                    self.up.inbox[supplier as usize].received += share * delta;
                    self.up.mark(supplier, self.stamp);
                }
            }
        }
        self.up.fell = fell;
    }

    /// With replaceability a fall changes the market share σ of every firm of the sector, so all its weakened firms
    /// push again. σ_i = min(1, sales_i / Σ hd·sales of the sector); 1 when the whole sector stands still.
    fn push_through_markets(&mut self, network: &SupplyNetwork, fell: &[u32]) {
        for &firm in fell {
            let sector = network.sector[firm as usize];
            let state = &mut self.sectors[sector as usize];
            if state.lost.is_empty() {
                self.sectors_touched.push(sector);
            }
            // A firm falls below full level once; `pushed` cannot tell, σ may round its first loss to nothing.
            state.dirty = true;
            state.lost.push(firm);
        }
        for index in 0..self.sectors_touched.len() {
            let sector = self.sectors_touched[index];
            let state = &mut self.sectors[sector as usize];
            if !std::mem::take(&mut state.dirty) {
                continue;
            }
            state.lost.sort_unstable();
            state.lost.dedup();
            let lost = std::mem::take(&mut state.lost);
            let remaining = self.remaining_sales(network, sector, &lost);
            for &firm in &lost {
                let sales = network.sales[firm as usize];
                let share = if remaining > 0.0 { (sales / remaining).min(1.0) } else { 1.0 };
                self.push_down(network, firm, share * (1.0 - self.down.level[firm as usize]));
            }
            self.sectors[sector as usize].lost = lost;
        }
    }

    /// Σ hd·sales of a sector.
    fn remaining_sales(&self, network: &SupplyNetwork, sector: u32, lost: &[u32]) -> f64 {
        let whole = network.sector_sales[sector as usize];
        let gone = |firm: &u32| (1.0 - self.down.level[*firm as usize]) * network.sales[*firm as usize];
        let remaining = whole - lost.iter().map(gone).sum::<f64>();
        if remaining >= REMAINDER_RESUM_SHARE * whole {
            return remaining;
        }
        let members = network.members.row(sector).iter();
        members.map(|&firm| self.down.level[firm as usize] * network.sales[firm as usize]).sum()
    }

    /// hd_j = max(0, min(ψ_j, min over essential sectors (1 − L_jk), 1 − Σ L_jk over ordinary sectors)): only the
    /// worst group counts, and losses only grow.
    fn push_down(&mut self, network: &SupplyNetwork, firm: u32, loss: f64) {
        let Some(delta) = self.down.unpushed(firm, loss) else { return };
        let row = network.dependants.range(firm);
        let customers = &network.dependants.items()[row.clone()];
        let shares = network.input_share[row.clone()].iter().zip(&network.input_group[row]);
        for (&customer, (share, &group)) in customers.iter().zip(shares) {
            let slot = &mut self.group_loss[group as usize];
            *slot += share * delta;
            let worst = &mut self.down.inbox[customer as usize].received;
            if *slot > *worst {
                *worst = *slot;
                self.down.mark(customer, self.stamp);
            }
        }
    }

    fn outcome(&self, network: &SupplyNetwork, iterations: u32, settled: bool) -> Outcome {
        let (mut esri, mut down, mut up) = (0.0, 0.0, 0.0);
        for &firm in &self.down.touched {
            let level = self.down.level[firm as usize];
            down += network.weight(firm) * (1.0 - level);
            esri += network.weight(firm) * (1.0 - level.min(self.up.level[firm as usize]));
        }
        for &firm in &self.up.touched {
            let level = self.up.level[firm as usize];
            up += network.weight(firm) * (1.0 - level);
            if self.down.inbox[firm as usize].marked == 0 {
                esri += network.weight(firm) * (1.0 - level);
            }
        }
        Outcome { esri, down, up, iterations, settled }
    }
}
