//! Count, sum, sum of squares, smallest and largest of numbers.
//!
//! Sums carry their rounding error along (Knuth's two-sum), so that the mean is the same to the last digits shown
//! however the rows were split.

/// A sum and what rounding left out of it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sum {
    high: f64,
    low: f64,
}

impl Sum {
    fn add(&mut self, value: f64) {
        let sum = self.high + value;
        let back = sum - self.high;
        self.low += (self.high - (sum - back)) + (value - back);
        self.high = sum;
    }

    fn merge(&mut self, other: Self) {
        self.add(other.high);
        self.low += other.low;
    }

    fn value(self) -> f64 {
        self.high + self.low
    }
}

/// Moments of the values that are numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moments {
    pub(crate) count: u64,
    sum: Sum,
    /// Squares of the distance from the first value seen would be steadier, but would depend on the order; the low
    /// part keeps what matters.
    squares: Sum,
    /// Smallest and largest whole value, exact; meaningless for numbers with a fraction.
    pub(crate) whole: (i64, i64),
    pub(crate) real: (f64, f64),
    /// Values that are not a number.
    pub(crate) not_numbers: u64,
}

impl Default for Moments {
    fn default() -> Self {
        Self {
            count: 0,
            sum: Sum::default(),
            squares: Sum::default(),
            whole: (i64::MAX, i64::MIN),
            real: (f64::INFINITY, f64::NEG_INFINITY),
            not_numbers: 0,
        }
    }
}

impl Moments {
    pub(crate) fn push_whole(&mut self, value: i64) {
        self.whole = (self.whole.0.min(value), self.whole.1.max(value));
        self.push_real(value as f64);
    }

    pub(crate) fn push_real(&mut self, value: f64) {
        if value.is_nan() {
            self.not_numbers += 1;
            return;
        }
        self.count += 1;
        self.sum.add(value);
        self.squares.add(value * value);
        self.real = (self.real.0.min(value), self.real.1.max(value));
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.not_numbers += other.not_numbers;
        self.sum.merge(other.sum);
        self.squares.merge(other.squares);
        self.whole = (self.whole.0.min(other.whole.0), self.whole.1.max(other.whole.1));
        self.real = (self.real.0.min(other.real.0), self.real.1.max(other.real.1));
    }

    pub(crate) fn sum(&self) -> f64 {
        self.sum.value()
    }

    pub(crate) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum.value() / self.count as f64)
    }

    /// Standard deviation of the population.
    pub(crate) fn deviation(&self) -> Option<f64> {
        let mean = self.mean()?;
        let variance = self.squares.value() / self.count as f64 - mean * mean;
        Some(variance.max(0.0).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_deviation_of_a_textbook_sample() {
        // 2, 4, 4, 4, 5, 5, 7, 9: mean 5, deviation of the population 2.
        let mut moments = Moments::default();
        [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].into_iter().for_each(|value| moments.push_real(value));
        assert_eq!((moments.mean(), moments.deviation()), (Some(5.0), Some(2.0)));
        moments.push_real(f64::NAN);
        assert_eq!((moments.count, moments.not_numbers), (8, 1));
    }

    #[test]
    fn a_small_value_is_not_lost_beside_a_large_one() {
        let mut moments = Moments::default();
        [1e16, 1.0, -1e16].into_iter().for_each(|value| moments.push_real(value));
        assert_eq!(moments.sum().to_bits(), 1.0f64.to_bits());
    }
}
