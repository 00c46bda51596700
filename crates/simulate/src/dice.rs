//! Random numbers by counter: every draw is a function of seed, stream and index alone.
//!
//! A firm's traits do not depend on who asked for them first, so any number of threads, any size of files and any
//! order of tables give the same province. Elementary functions come from `libm`, whose results do not depend on the
//! platform's mathematics library.

/// What is drawn. Each has its own sequence, so that a new draw in one place changes nothing elsewhere.
#[derive(Debug, Clone, Copy)]
#[repr(u64)]
pub(crate) enum Stream {
    Code = 1,
    Place,
    Trade,
    Form,
    Name,
    Size,
    Buying,
    Selling,
    Capital,
    Spelling,
    Age,
    Scope,
    Address,
    Fate,
    Slots,
    Link,
    Amount,
    Reporter,
    Invoice,
    Meter,
    Reading,
    Change,
    Directory,
    Variant,
    Defect,
    Role,
    Shock,
}

/// SplitMix64 (Steele et al., OOPSLA 2014), started from a mix of seed, stream and index.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Dice {
    /// The sequence of one thing.
    pub(crate) fn of(seed: u64, stream: Stream, index: u64) -> Self {
        let lane = mix(seed.wrapping_add((stream as u64).wrapping_mul(STEP)));
        Self(mix(lane ^ mix(index.wrapping_add(STEP))))
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in 0 … below−1; 0 where `below` is 0.
    pub(crate) fn below(&mut self, below: u32) -> u32 {
        ((u128::from(self.bits()) * u128::from(below)) >> 64) as u32
    }

    /// Uniform in `from..=to`.
    pub(crate) fn between(&mut self, from: u32, to: u32) -> u32 {
        from + self.below(to.saturating_sub(from) + 1)
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Standard normal (Box and Muller, 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// Exponential with this mean.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * libm::log(1.0 - self.unit())
    }

    /// One of several; the first where there is nothing else to give.
    pub(crate) fn of_words<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let place = self.below(words.len() as u32) as usize;
        words.get(place).copied().unwrap_or_default()
    }

    /// Place of the first cumulative weight above the draw.
    pub(crate) fn weighted(&mut self, cumulative: &[u32]) -> usize {
        let total = cumulative.last().copied().unwrap_or(0);
        let target = self.below(total);
        cumulative.partition_point(|&sum| sum <= target).min(cumulative.len().saturating_sub(1))
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Sums of weights from the front, for [`Dice::weighted`].
pub(crate) fn cumulative(weights: impl IntoIterator<Item = u32>) -> Vec<u32> {
    weights
        .into_iter()
        .scan(0u32, |sum, weight| {
            *sum = sum.saturating_add(weight);
            Some(*sum)
        })
        .collect()
}

/// A Pareto quantile at the rank of a standard normal: the marginal is a power law P(X > x) = (minimum ÷ x)^exponent,
/// and correlations are those of the normals (Gaussian copula).
pub(crate) fn pareto(z: f64, minimum: f64, exponent: f64) -> f64 {
    let above = (0.5 * libm::erfc(z / std::f64::consts::SQRT_2)).max(1e-12);
    minimum * libm::pow(above, -1.0 / exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_seed_stream_and_index_only() {
        let draw = |seed, stream, index| Dice::of(seed, stream, index).bits();
        assert_eq!(draw(1, Stream::Place, 7), draw(1, Stream::Place, 7));
        assert_ne!(draw(1, Stream::Place, 7), draw(2, Stream::Place, 7));
        assert_ne!(draw(1, Stream::Place, 7), draw(1, Stream::Trade, 7));
        assert_ne!(draw(1, Stream::Place, 7), draw(1, Stream::Place, 8));
    }

    #[test]
    fn the_same_bits_on_every_platform() {
        // Written down once; a change here changes every province ever simulated.
        let mut dice = Dice::of(42, Stream::Size, 1_000_000);
        assert_eq!(dice.bits(), PINNED_BITS);
        assert_eq!(dice.normal().to_bits(), PINNED_NORMAL);
    }
    const PINNED_BITS: u64 = 1_481_778_976_639_334_856;
    const PINNED_NORMAL: u64 = 13_819_583_570_393_236_397;

    #[test]
    fn moments_are_those_of_the_distributions() {
        let mut normal = (0.0, 0.0);
        let mut exponential = 0.0;
        let count = 200_000;
        for index in 0..count {
            let mut dice = Dice::of(3, Stream::Size, index);
            let z = dice.normal();
            normal.0 += z;
            normal.1 += z * z;
            exponential += dice.exponential(13.0);
        }
        let n = count as f64;
        assert!((normal.0 / n).abs() < 0.01, "{}", normal.0 / n);
        assert!((normal.1 / n - 1.0).abs() < 0.02, "{}", normal.1 / n);
        assert!((exponential / n - 13.0).abs() < 0.15, "{}", exponential / n);
    }

    #[test]
    fn a_pareto_quantile_has_its_tail() {
        let median = pareto(0.0, 2.0, 1.5);
        assert!((median - 2.0 * libm::pow(2.0, 1.0 / 1.5)).abs() < 1e-9);
        assert!(pareto(-9.0, 2.0, 1.5) >= 2.0);
    }
}
