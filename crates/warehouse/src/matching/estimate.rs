//! How right the automatic pairs are, estimated from what people decided; always with its interval, and labelled.

use brain_kernel::language::Text;
use brain_store::matching::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The 97.5 % point of the normal distribution: intervals of 95 %.
const Z: f64 = 1.959_964;
/// Bands between the lower and the upper threshold.
const BANDS: u32 = 5;

/// How many of the pairs that were looked at are one thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchShare")]
pub struct Share {
    /// Decided to be one thing.
    pub same: u64,
    /// Decided to be two.
    pub different: u64,
    /// Looked at without an answer.
    pub unsure: u64,
    /// Estimate: `same / (same + different)`; nothing where nobody has decided.
    pub value: Option<f64>,
    /// Lower end of the 95 % interval (Wilson 1927), unanswered pairs counted as two things.
    pub low: Option<f64>,
    /// Upper end, unanswered pairs counted as one.
    pub high: Option<f64>,
}

/// The share of one band of probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchBand")]
pub struct Band {
    /// From this probability.
    pub from: f64,
    /// Below this one.
    pub to: f64,
    /// What was decided.
    pub share: Share,
}

/// Precision at the thresholds of a set, as far as decisions tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchEstimate")]
pub struct Estimate {
    /// What it is: an estimate, and from what.
    pub label: Text,
    /// The upper threshold.
    pub upper: f64,
    /// Of the automatic pairs drawn at random and looked at.
    pub automatic: Share,
    /// Of the pairs for review that are decided, by probability.
    pub bands: Vec<Band>,
    /// What the model itself thinks of the automatic pairs of the last run: their mean probability.
    pub model: Option<f64>,
}

impl Share {
    fn of<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> Self {
        let (mut same, mut different, mut unsure) = (0, 0, 0);
        for verdict in verdicts {
            match verdict.state.as_str() {
                "same" => same += 1,
                "different" => different += 1,
                _ => unsure += 1,
            }
        }
        let all = same + different + unsure;
        let answered = same + different;
        Self {
            same,
            different,
            unsure,
            value: (answered > 0).then(|| same as f64 / answered as f64),
            low: (all > 0).then(|| wilson(same, all).0),
            high: (all > 0).then(|| wilson(same + unsure, all).1),
        }
    }
}

/// The interval of Wilson (1927) for `hits` of `all`.
fn wilson(hits: u64, all: u64) -> (f64, f64) {
    let (n, p) = (all as f64, hits as f64 / all as f64);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let (middle, scale) = (p + Z * Z / (2.0 * n), 1.0 + Z * Z / n);
    (((middle - spread) / scale).clamp(0.0, 1.0), ((middle + spread) / scale).clamp(0.0, 1.0))
}

/// What decisions tell about the thresholds.
pub(super) fn estimate(verdicts: &[Verdict], (lower, upper): (f64, f64), model: Option<f64>) -> Estimate {
    let width = (upper - lower) / f64::from(BANDS);
    let band = |at: u32| {
        let (from, to) = (
            lower + width * f64::from(at),
            if at + 1 == BANDS { upper } else { lower + width * f64::from(at + 1) },
        );
        let within = |verdict: &&Verdict| verdict.probability >= from && verdict.probability < to;
        Band { from, to, share: Share::of(verdicts.iter().filter(within)) }
    };
    let sampled = verdicts.iter().filter(|verdict| verdict.sample && verdict.probability >= upper);
    Estimate {
        label: Text::new(
            "估计值：自动通过部分来自随机抽查，区间为 95% 威尔逊区间；复核部分只含已判定的配对。",
            "Estimate: the automatic part is from a random sample, with its 95 % Wilson interval; the part for review holds decided pairs only.",
        ),
        upper,
        automatic: Share::of(sampled),
        bands: if width > 0.0 { (0..BANDS).map(band).collect() } else { Vec::new() },
        model,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn verdict(state: &str, probability: f64, sample: bool) -> Verdict {
        Verdict { state: state.to_owned(), probability, sample }
    }

    #[test]
    fn the_interval_is_wilsons() {
        // Worked by hand: 48 of 50 gives 0.8654 … 0.9890; 0 of 10 gives 0 … 0.2775.
        let (low, high) = wilson(48, 50);
        assert!((low - 0.8654).abs() < 1e-3 && (high - 0.9890).abs() < 1e-3, "{low} {high}");
        let (low, high) = wilson(0, 10);
        assert!(low.abs() < 1e-12 && (high - 0.2775).abs() < 1e-3, "{low} {high}");
    }

    #[test]
    fn only_the_random_sample_speaks_for_the_automatic_pairs() {
        let verdicts = [
            verdict("same", 0.99, true),
            verdict("different", 0.97, true),
            verdict("unsure", 0.96, true),
            // Decided because somebody went looking for it: it says nothing about the rest.
            verdict("different", 0.99, false),
            verdict("same", 0.55, false),
            verdict("different", 0.93, false),
        ];
        let found = estimate(&verdicts, (0.5, 0.95), Some(0.98));
        let share = &found.automatic;
        assert_eq!((share.same, share.different, share.unsure, share.value), (1, 1, 1, Some(0.5)));
        assert!(share.low.unwrap() < 0.5 && share.high.unwrap() > 0.5);
        let decided: Vec<u64> =
            found.bands.iter().map(|band| band.share.same + band.share.different).collect();
        assert_eq!(decided, [1, 0, 0, 0, 1]);
        let nobody = estimate(&[], (0.95, 0.95), None);
        assert_eq!((nobody.automatic.value, nobody.automatic.low, nobody.bands.len()), (None, None, 0));
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_share(hits in 0..500_u64, more in 0..500_u64) {
            prop_assume!(hits + more > 0);
            let (low, high) = wilson(hits, hits + more);
            let share = hits as f64 / (hits + more) as f64;
            prop_assert!(0.0 <= low && low <= share + 1e-12 && share <= high + 1e-12 && high <= 1.0);
        }
    }
}
