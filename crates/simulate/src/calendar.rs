//! Days as numbers since 1970-01-01, and the window in which the province is observed.

use std::io::Write as _;

/// A day that never comes.
pub(crate) const NEVER: i32 = i32::MAX;
/// Mean days of a month.
pub(crate) const DAYS_PER_MONTH: f64 = 30.44;

/// The day of a date of the Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms").
pub(crate) fn day(year: u32, month: u32, day_of_month: u32) -> i32 {
    let y = year as i32 - i32::from(month <= 2);
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let shifted = (month as i32 + 9) % 12;
    let of_year = (153 * shifted + 2) / 5 + day_of_month as i32 - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of the month.
pub(crate) fn date(day: i32) -> (u32, u32, u32) {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i32::from(month <= 2);
    (year as u32, month as u32, (of_year - (153 * shifted + 2) / 5 + 1) as u32)
}

/// Monday is 0.
pub(crate) fn weekday(day: i32) -> usize {
    (day + 3).rem_euclid(7) as usize
}

/// Append `2024-02-29`.
pub(crate) fn write(out: &mut Vec<u8>, day: i32) {
    let (year, month, of_month) = date(day);
    // Writing to memory cannot fail.
    let _ = write!(out, "{year:04}-{month:02}-{of_month:02}");
}

/// The months in which the province is observed.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    /// First day.
    pub(crate) start: i32,
    /// First day after it.
    pub(crate) end: i32,
    /// First day of each month, and of the one after the last.
    months: Vec<i32>,
}

impl Window {
    /// So many months from January of a year on.
    pub(crate) fn new(first_year: u32, months: u32) -> Self {
        let firsts: Vec<i32> = (0..=months).map(|m| day(first_year + m / 12, m % 12 + 1, 1)).collect();
        let end = firsts.last().copied().unwrap_or_default();
        Self { start: firsts.first().copied().unwrap_or_default(), end, months: firsts }
    }

    /// Number of months.
    pub(crate) fn len(&self) -> usize {
        self.months.len().saturating_sub(1)
    }

    /// First day of a month and of the one after it.
    pub(crate) fn month(&self, at: usize) -> (i32, i32) {
        let first = |at: usize| self.months.get(at).copied().unwrap_or(self.end);
        (first(at), first(at + 1))
    }

    /// The month a day lies in; the first or the last for days outside.
    pub(crate) fn month_of(&self, day: i32) -> usize {
        self.months.partition_point(|first| *first <= day).saturating_sub(1).min(self.len().saturating_sub(1))
    }

    /// Length in years.
    pub(crate) fn years(&self) -> f64 {
        self.len() as f64 / 12.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree_over_three_centuries() {
        assert_eq!(day(1970, 1, 1), 0);
        assert_eq!(day(2024, 2, 29), 19_782);
        for number in day(1900, 1, 1)..day(2200, 1, 1) {
            let (y, m, d) = date(number);
            assert_eq!(day(y, m, d), number);
        }
        // 2024-01-01 was a Monday.
        assert_eq!(weekday(day(2024, 1, 1)), 0);
    }

    #[test]
    fn a_window_knows_its_months() {
        let window = Window::new(2024, 14);
        assert_eq!(window.len(), 14);
        assert_eq!(window.month(1), (day(2024, 2, 1), day(2024, 3, 1)));
        assert_eq!(window.month_of(day(2025, 2, 28)), 13);
        assert_eq!(window.month_of(day(2030, 1, 1)), 13);
        assert_eq!(window.end, day(2025, 3, 1));
    }
}
