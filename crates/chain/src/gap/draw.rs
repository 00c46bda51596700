//! Repeatable draws: the same seed gives the same numbers on every machine.

/// SplitMix64 (Steele, Lea & Flood, OOPSLA 2014): small, fast, good enough for resampling, not for secrets.
#[derive(Debug, Clone)]
pub(super) struct Draw(u64);

impl Draw {
    pub(super) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in `0 ≤ u < 1`, 53 bits.
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Poisson with mean 1: how often a bootstrap resample holds one record (at most 12, P(more) < 1e-10).
    pub(super) fn poisson_one(&mut self) -> u32 {
        let target = self.unit();
        let mut probability = (-1.0_f64).exp();
        let mut sum = probability;
        let mut count = 0;
        while target >= sum && count < 12 {
            count += 1;
            probability /= f64::from(count);
            sum += probability;
        }
        count
    }
}
