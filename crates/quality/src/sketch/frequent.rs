//! The most frequent values: exact while there are few, then with a stated bound (Misra and Gries 1982, merged after
//! Agarwal et al. 2012).

use rustc_hash::FxHashMap;

/// Values kept when there are too many.
const KEPT: usize = 2048;
/// Values held before some are let go.
const HELD_MAX: usize = 2 * KEPT;
/// Characters kept of a text.
const TEXT_CHARACTERS_MAX: usize = 200;

/// Counts by value; the key is the value's hash, or its bits where it is a number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Frequent {
    counts: FxHashMap<u64, (u64, Option<Box<str>>)>,
    /// What a count may lack.
    lost: u64,
}

impl Frequent {
    /// Take a value.
    pub(crate) fn push(&mut self, key: u64, text: Option<&str>) {
        if let Some((count, _)) = self.counts.get_mut(&key) {
            *count += 1;
            return;
        }
        self.counts.insert(key, (1, text.map(cut)));
        self.fit();
    }

    /// Add another part.
    #[expect(clippy::iter_over_hash_type, reason = "sums do not depend on the order")]
    pub(crate) fn merge(&mut self, other: &Self) {
        for (key, (count, text)) in &other.counts {
            self.counts.entry(*key).or_insert_with(|| (0, text.clone())).0 += count;
        }
        self.lost += other.lost;
        self.fit();
    }

    fn fit(&mut self) {
        if self.counts.len() <= HELD_MAX {
            return;
        }
        let mut counts: Vec<u64> = self.counts.values().map(|(count, _)| *count).collect();
        let place = counts.len() - KEPT - 1;
        let (_, less, _) = counts.select_nth_unstable(place);
        let less = *less;
        self.counts.retain(|_, (count, _)| {
            *count = count.saturating_sub(less);
            *count > 0
        });
        self.lost += less;
    }

    /// What a count may lack; 0 where every value was counted.
    pub(crate) const fn lost(&self) -> u64 {
        self.lost
    }

    /// Different values, where every one was counted.
    pub(crate) fn distinct(&self) -> Option<u64> {
        (self.lost == 0).then_some(self.counts.len() as u64)
    }

    /// Key, text and count, most frequent first; ties in the order of text and key.
    pub(crate) fn top(&self, most: usize) -> Vec<(u64, Option<&str>, u64)> {
        let mut all: Vec<_> =
            self.counts.iter().map(|(key, (count, text))| (*key, text.as_deref(), *count)).collect();
        all.sort_unstable_by(|a, b| b.2.cmp(&a.2).then(a.1.cmp(&b.1)).then(a.0.cmp(&b.0)));
        all.truncate(most);
        all
    }
}

fn cut(text: &str) -> Box<str> {
    let end = text.char_indices().nth(TEXT_CHARACTERS_MAX).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or(text).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_values_survive_many_rare_ones_within_the_stated_bound() {
        let mut parts = [Frequent::default(), Frequent::default()];
        for row in 0..200_000u64 {
            let part = &mut parts[usize::from(row % 3 == 0)];
            if row % 10 == 0 {
                part.push(7, Some("seven"));
            } else {
                part.push(1_000 + row, Some("rare"));
            }
        }
        let [mut all, other] = parts;
        all.merge(&other);
        let top = all.top(1);
        assert_eq!((top[0].0, top[0].1), (7, Some("seven")));
        assert!(top[0].2 <= 20_000 && top[0].2 + all.lost() >= 20_000, "{top:?} {}", all.lost());
        assert!(all.lost() <= 200_000 / KEPT as u64 + 1);
        assert_eq!(all.distinct(), None);
    }

    #[test]
    fn few_values_are_counted_exactly() {
        let mut few = Frequent::default();
        for row in 0..1_000u64 {
            few.push(row % 3, None);
        }
        assert_eq!(few.top(9), [(0, None, 334), (1, None, 333), (2, None, 333)]);
        assert_eq!((few.distinct(), few.lost()), (Some(3), 0));
    }
}
