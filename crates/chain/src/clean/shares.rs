//! Shares of a firm's revenue by product.
//!
//! Annual reports list revenue by product line and again by segment, so one firm's weights sum to 1 … 4. Rule:
//! 1. negative and non-finite weights (corrections, returns) are dropped and counted; weights above 1 become 1;
//! 2. a product named twice keeps its larger weight;
//! 3. in falling order (ties by name), products are taken into the first table while its sum stays ≤ 1.02;
//!    the others are marked as overlapping: they are parts of what is already counted;
//! 4. every share is its weight divided by max(1, sum of all weights), so that a firm's shares never exceed 1.

use serde::Serialize;

/// Room for rounding in a table that sums to 1.
const TABLE_MAX: f64 = 1.02;

/// A product with its share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shared {
    /// Product name.
    pub product: String,
    /// Share of revenue after the rule above, 0 … 1.
    pub share: f64,
    /// Weight as reported.
    pub reported: f64,
    /// Part of what other products of the firm already cover.
    pub overlapping: bool,
}

/// What the rule did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ShareReport {
    /// Firms seen.
    pub firms: u64,
    /// Weights below 0 or not finite, dropped.
    pub negative: u64,
    /// Weights above 1, cut to 1.
    pub above_one: u64,
    /// Repeated products, merged.
    pub repeated: u64,
    /// Firms whose weights summed beyond 1.02.
    pub firms_beyond_one: u64,
    /// Products marked as overlapping.
    pub overlapping: u64,
}

/// Apply the rule to one firm's rows; the largest share first.
#[must_use]
pub fn revenue_shares(rows: &[(&str, f64)], report: &mut ShareReport) -> Vec<Shared> {
    report.firms += 1;
    let mut kept: Vec<(&str, f64)> = Vec::with_capacity(rows.len());
    for &(product, weight) in rows {
        if !(weight >= 0.0 && weight.is_finite()) {
            report.negative += 1;
            continue;
        }
        report.above_one += u64::from(weight > 1.0);
        kept.push((product, weight.min(1.0)));
    }
    kept.sort_by(|a, b| a.0.cmp(b.0).then(b.1.total_cmp(&a.1)));
    let before = kept.len();
    kept.dedup_by_key(|row| row.0);
    report.repeated += (before - kept.len()) as u64;
    kept.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let sum: f64 = kept.iter().map(|(_, weight)| weight).sum();
    report.firms_beyond_one += u64::from(sum > TABLE_MAX);
    let mut table = 0.0;
    kept.into_iter()
        .map(|(product, weight)| {
            let overlapping = table + weight > TABLE_MAX;
            if overlapping {
                report.overlapping += 1;
            } else {
                table += weight;
            }
            Shared {
                product: product.to_owned(),
                share: weight / sum.max(1.0),
                reported: weight,
                overlapping,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{ShareReport, revenue_shares};

    #[test]
    fn two_tables_of_one_firm_are_told_apart_and_shares_stay_within_one() {
        let mut report = ShareReport::default();
        let rows = [
            ("特种气体", 0.51),
            ("工业气体", 0.29),
            ("设备", 0.18),
            ("气瓶", 0.16),
            ("氟碳", 0.13),
            ("退货", -0.02),
        ];
        let shares = revenue_shares(&rows, &mut report);
        let first: Vec<&str> = shares.iter().filter(|s| !s.overlapping).map(|s| s.product.as_str()).collect();
        assert_eq!(first, ["特种气体", "工业气体", "设备"]);
        assert!((shares.iter().map(|s| s.share).sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!((report.negative, report.overlapping, report.firms_beyond_one), (1, 2, 1));
    }

    #[test]
    fn a_single_table_is_left_as_it_is() {
        let mut report = ShareReport::default();
        let shares = revenue_shares(&[("甲", 0.6), ("乙", 0.4), ("乙", 0.3)], &mut report);
        assert_eq!(shares.iter().map(|s| s.share).collect::<Vec<_>>(), [0.6, 0.4]);
        assert_eq!((report.repeated, report.overlapping), (1, 0));
    }
}
