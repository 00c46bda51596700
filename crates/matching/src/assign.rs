//! One partner each (一对一): when both files name each thing once, pairs of one record are rivals.
#![expect(clippy::indexing_slicing, reason = "records are numbered below the rows given")]

use crate::link::Pair;
use crate::model::probability;

/// Weigh rivals against each other, then give each record its best partner; what lost has probability 0.
///
/// If at most one pair of a record is true, the probability of a pair is its odds over one plus the odds of all pairs
/// of that record; of the two records of a pair the more contested one counts.
pub(crate) fn one_to_one(pairs: &mut [Pair], rows: [usize; 2], same: bool) {
    let mut odds: [Vec<f64>; 2] = [vec![0.0; rows[0]], vec![0.0; if same { 0 } else { rows[1] }]];
    let right = usize::from(!same);
    for pair in pairs.iter() {
        odds[0][pair.left as usize] += own(pair);
        odds[right][pair.right as usize] += own(pair);
    }
    for pair in pairs.iter_mut() {
        let rivals = odds[0][pair.left as usize].max(odds[right][pair.right as usize]);
        pair.probability = (own(pair) / (1.0 + rivals)).min(pair.probability);
    }
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    // By weight, then by place: equal inputs give equal partners.
    order.sort_unstable_by(|a, b| {
        pairs[*b]
            .weight
            .total_cmp(&pairs[*a].weight)
            .then((pairs[*a].left, pairs[*a].right).cmp(&(pairs[*b].left, pairs[*b].right)))
    });
    let mut taken: [Vec<bool>; 2] = [vec![false; rows[0]], vec![false; if same { 0 } else { rows[1] }]];
    for place in order {
        let pair = &mut pairs[place];
        if taken[0][pair.left as usize] || taken[right][pair.right as usize] {
            pair.probability = 0.0;
            continue;
        }
        taken[0][pair.left as usize] = true;
        taken[right][pair.right as usize] = true;
    }
}

/// Odds of a pair by itself; bounded so that sums stay finite.
fn own(pair: &Pair) -> f64 {
    let alone = probability(f64::from(pair.weight)).min(1.0 - 1e-15);
    alone / (1.0 - alone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(left: u32, right: u32, weight: f32) -> Pair {
        Pair { left, right, probability: probability(f64::from(weight)), weight }
    }

    #[test]
    fn rivals_share_their_probability_and_the_better_one_stays() {
        let mut pairs =
            [pair(0, 0, 10.0), pair(0, 1, 2.0), pair(1, 1, 5.0), pair(2, 2, 4.0), pair(2, 3, 4.0)];
        one_to_one(&mut pairs, [3, 4], false);
        assert!(pairs[0].probability > 0.99);
        assert!(pairs[1].probability.abs() < f64::EPSILON);
        assert!(pairs[2].probability > 0.85 && pairs[2].probability < 0.97);
        // Two partners that look the same: neither is likelier than not.
        assert!(pairs[3].probability < 0.5 && pairs[4].probability == 0.0);
    }
}
