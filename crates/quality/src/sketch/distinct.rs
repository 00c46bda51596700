//! How many different values, approximately (HyperLogLog, Flajolet et al. 2007, with the estimator of Ertl 2017).
//!
//! 4096 registers: a standard error of 1.6 %. It takes the hash the keys have already, and is a plain maximum per
//! register, so the estimate is the same however the rows were split.

/// Bits of the hash that choose a register.
const BITS: u32 = 12;
const REGISTERS: usize = 1 << BITS;
/// Bits that are left for the rank.
const RANK_BITS: u32 = 64 - BITS;
/// Standard error: 1.04 / √4096.
pub(crate) const STANDARD_ERROR: f64 = 0.016_25;

/// Registers of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Distinct {
    registers: Vec<u8>,
}

impl Default for Distinct {
    fn default() -> Self {
        Self { registers: vec![0; REGISTERS] }
    }
}

impl Distinct {
    /// Take the hash of a value.
    pub(crate) fn push(&mut self, hash: u128) {
        let hash = hash as u64;
        let rank = ((hash << BITS).leading_zeros().min(RANK_BITS) + 1) as u8;
        if let Some(register) = self.registers.get_mut((hash >> RANK_BITS) as usize) {
            *register = (*register).max(rank);
        }
    }

    /// Add another part.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (register, theirs) in self.registers.iter_mut().zip(&other.registers) {
            *register = (*register).max(*theirs);
        }
    }

    /// The estimate (Ertl 2017, algorithm 6).
    pub(crate) fn estimate(&self) -> f64 {
        let mut counts = [0u32; RANK_BITS as usize + 2];
        for register in &self.registers {
            if let Some(count) = counts.get_mut(usize::from(*register)) {
                *count += 1;
            }
        }
        let m = REGISTERS as f64;
        let count = |rank: u32| f64::from(counts.get(rank as usize).copied().unwrap_or_default());
        let mut z = m * tau(1.0 - count(RANK_BITS + 1) / m);
        for rank in (1..=RANK_BITS).rev() {
            z = 0.5 * (z + count(rank));
        }
        z += m * sigma(count(0) / m);
        let alpha = 0.5 / std::f64::consts::LN_2;
        alpha * m * m / z
    }
}

#[expect(clippy::float_cmp, reason = "the series ends when a term changes nothing")]
fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

#[expect(clippy::float_cmp, reason = "the series ends when a term changes nothing")]
fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::hash;

    #[test]
    fn estimates_are_within_four_standard_errors_and_exact_for_none() {
        assert!(Distinct::default().estimate().abs() < 1e-9);
        for n in [1u64, 10, 1_000, 30_000, 300_000] {
            let mut sketch = Distinct::default();
            for value in 0..n {
                // Seen twice counts once.
                sketch.push(hash(&value.to_le_bytes()));
                sketch.push(hash(&value.to_le_bytes()));
            }
            let error = (sketch.estimate() - n as f64).abs() / n as f64;
            assert!(error < 4.0 * STANDARD_ERROR, "{n}: {error}");
        }
    }
}
