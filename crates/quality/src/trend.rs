//! Which way a score goes (趋势).

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Points a slope rests on, the last ones.
const POINTS: usize = 10;
/// A change below this many points of 100 is none.
const STEADY: f64 = 0.1;

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityDirection")]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// 上升.
    Up,
    /// 平稳.
    Steady,
    /// 下降.
    Down,
}

/// How the score moved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityTrend")]
pub struct Trend {
    /// Last score minus the one before.
    pub change: f64,
    /// Points per week: the median of the slopes of all pairs of the last ten checks (Theil 1950, Sen 1968), which one
    /// bad load does not tip; none where all checks are of one moment.
    pub weekly: Option<f64>,
    /// Which way the last change went.
    pub direction: Direction,
}

/// The trend of checks in the order of their time; none where there are not two.
#[must_use]
pub fn trend(points: &[(DateTime<Utc>, f64)]) -> Option<Trend> {
    let [.., before, last] = points else { return None };
    let change = last.1 - before.1;
    let recent = points.get(points.len().saturating_sub(POINTS)..).unwrap_or(points);
    let mut slopes = Vec::new();
    for (place, later) in recent.iter().enumerate() {
        for earlier in recent.iter().take(place) {
            let weeks = (later.0 - earlier.0).num_milliseconds() as f64 / (7.0 * 86_400_000.0);
            if weeks > 0.0 {
                slopes.push((later.1 - earlier.1) / weeks);
            }
        }
    }
    slopes.sort_by(f64::total_cmp);
    let middle = slopes.len() / 2;
    let weekly = match slopes.len() % 2 {
        1 => slopes.get(middle).copied(),
        _ => middle.checked_sub(1).and_then(|low| Some((slopes.get(low)? + slopes.get(middle)?) / 2.0)),
    };
    let direction = if change.abs() < STEADY {
        Direction::Steady
    } else if change > 0.0 {
        Direction::Up
    } else {
        Direction::Down
    };
    Some(Trend { change, weekly, direction })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn points(scores: &[f64]) -> Vec<(DateTime<Utc>, f64)> {
        let first: DateTime<Utc> = "2026-11-01T00:00:00Z".parse().unwrap();
        scores.iter().zip(0..).map(|(score, week)| (first + TimeDelta::weeks(week), *score)).collect()
    }

    #[test]
    fn one_bad_load_moves_the_change_and_not_the_slope() {
        assert_eq!(trend(&points(&[90.0])), None);
        let rising = trend(&points(&[90.0, 91.0, 92.0, 93.0])).unwrap();
        assert_eq!((rising.change, rising.weekly, rising.direction), (1.0, Some(1.0), Direction::Up));
        // Slopes of pairs: 1 1 1 1 1 1 1 1 1 1 and, to the bad fifth week, −50 … : the median stays 1.
        let fallen = trend(&points(&[90.0, 91.0, 92.0, 93.0, 94.0, 40.0])).unwrap();
        assert_eq!((fallen.weekly, fallen.direction), (Some(1.0), Direction::Down));
        let steady = trend(&points(&[90.0, 90.05])).unwrap();
        assert_eq!(steady.direction, Direction::Steady);
        let at = points(&[90.0])[0];
        assert_eq!(trend(&[at, at]).unwrap().weekly, None);
    }
}
