//! One bit per row of a batch.

use arrow_buffer::NullBuffer;

/// Which rows of a batch are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mask {
    words: Vec<u64>,
}

impl Mask {
    /// Every row.
    pub(crate) fn all(rows: usize) -> Self {
        let mut words = vec![u64::MAX; rows.div_ceil(64)];
        if let (Some(last), rest @ 1..) = (words.last_mut(), rows % 64) {
            *last = (1 << rest) - 1;
        }
        Self { words }
    }

    /// The rows with a value.
    pub(crate) fn present(nulls: Option<&NullBuffer>, rows: usize) -> Self {
        match nulls {
            None => Self::all(rows),
            Some(nulls) => {
                Self { words: nulls.inner().bit_chunks().iter_padded().take(rows.div_ceil(64)).collect() }
            }
        }
    }

    /// How many rows.
    pub(crate) fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// The rows of both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self { words: self.words.iter().zip(&other.words).map(|(a, b)| a & b).collect() }
    }

    /// The rows of this that are not of the other.
    pub(crate) fn without(&self, other: &Self) -> Self {
        Self { words: self.words.iter().zip(&other.words).map(|(a, b)| a & !b).collect() }
    }

    /// The rows for which `keep` says so; it is asked about the rows of this mask only, in order.
    pub(crate) fn kept(&self, mut keep: impl FnMut(usize) -> bool) -> Self {
        let words = self.words.iter().enumerate().map(|(place, word)| {
            let (mut left, mut kept) = (*word, 0);
            while left != 0 {
                let bit = left.trailing_zeros();
                kept |= u64::from(keep(place * 64 + bit as usize)) << bit;
                left &= left - 1;
            }
            kept
        });
        Self { words: words.collect() }
    }

    /// Places of the rows, ascending.
    pub(crate) fn places(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(place, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(place * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Mask;

    #[test]
    fn a_mask_counts_and_names_its_rows() {
        let all = Mask::all(130);
        assert_eq!(all.count(), 130);
        let thirds = all.kept(|row| row % 3 == 0);
        assert_eq!(thirds.places().collect::<Vec<_>>(), (0..130).step_by(3).collect::<Vec<_>>());
        assert_eq!(all.without(&thirds).count(), 130 - 44);
        assert_eq!(thirds.without(&all).count(), 0);
        assert_eq!(Mask::all(128).count(), 128);
        assert_eq!(Mask::all(0).count(), 0);
    }
}
