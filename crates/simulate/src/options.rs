//! What is simulated, checked before anything is written.

use crate::error::{Error, Result};
use brain_kernel::region::{RegionCode, RegionLevel};
use serde::Serialize;

/// Fewest enterprises that make a province.
pub const ENTERPRISES_MIN: u32 = 100;
/// Most enterprises.
pub const ENTERPRISES_MAX: u32 = 50_000_000;
/// Longest observation window in months.
pub const MONTHS_MAX: u32 = 60;
/// Most links alive per enterprise on average.
pub const LINKS_MAX: f64 = 20.0;
/// Most supplier failures.
pub const FAILURES_MAX: u32 = 1_000;
/// Most chain gaps.
pub const GAPS_MAX: u32 = 100;
/// Fewest enterprises of a file.
pub const SHARD_MIN: u32 = 100;

/// How often meters are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PowerPeriod {
    /// One reading a month.
    #[default]
    Monthly,
    /// One reading a day: thirty times the rows.
    Daily,
}

/// How files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    /// CSV compressed by Zstandard.
    #[default]
    CsvZst,
    /// Plain CSV.
    Csv,
}

impl FileFormat {
    /// Ending of file names.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::CsvZst => "csv.zst",
            Self::Csv => "csv",
        }
    }
}

/// What to simulate. Equal options give equal rows; `format`, `shard_enterprises` and `threads` change files only.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Options {
    /// Number of enterprises.
    pub enterprises: u32,
    /// Seed of every draw.
    pub seed: u64,
    /// Province of all of them.
    pub province: RegionCode,
    /// Year in whose January the observation window begins.
    pub first_year: u32,
    /// Months of the window.
    pub months: u32,
    /// Supply links alive at any time, per enterprise.
    pub links_per_enterprise: f64,
    /// Share of enterprises whose sales invoices are disclosed.
    pub invoiced_share: f64,
    /// Share of enterprises whose electricity meters are known.
    pub metered_share: f64,
    /// How often meters are read.
    pub power: PowerPeriod,
    /// Share of enterprises that stand in a second list under other spellings.
    pub directory_share: f64,
    /// Share of register rows with a defect.
    pub dirty_share: f64,
    /// Share of enterprises that get into distress within a year.
    pub distress_per_year: f64,
    /// Share of enterprises that close without warning within a year.
    pub closure_per_year: f64,
    /// Share of enterprises that move away within a year.
    pub migration_per_year: f64,
    /// Large suppliers that fail; `None`: one per 50,000 enterprises, 3 to 60.
    pub failures: Option<u32>,
    /// Products whose last makers leave; `None`: one per 200,000 enterprises, 2 to 12.
    pub gaps: Option<u32>,
    /// Kind of file.
    pub format: FileFormat,
    /// Enterprises whose rows share a file.
    pub shard_enterprises: u32,
    /// Threads; `None`: one per processor.
    #[serde(skip)]
    pub threads: Option<usize>,
}

impl Options {
    /// Usual options for so many enterprises.
    #[must_use]
    pub fn new(enterprises: u32, seed: u64, province: RegionCode) -> Self {
        Self {
            enterprises,
            seed,
            province,
            first_year: 2024,
            months: 24,
            links_per_enterprise: 2.0,
            invoiced_share: 0.02,
            metered_share: 0.1,
            power: PowerPeriod::Monthly,
            directory_share: 0.02,
            dirty_share: 0.005,
            distress_per_year: 0.02,
            closure_per_year: 0.03,
            migration_per_year: 0.002,
            failures: None,
            gaps: None,
            format: FileFormat::CsvZst,
            shard_enterprises: 250_000,
            threads: None,
        }
    }

    /// Number of supplier failures.
    #[must_use]
    pub fn failure_count(&self) -> u32 {
        self.failures.unwrap_or_else(|| (self.enterprises / 50_000).clamp(3, 60))
    }

    /// Number of chain gaps.
    #[must_use]
    pub fn gap_count(&self) -> u32 {
        self.gaps.unwrap_or_else(|| (self.enterprises / 200_000).clamp(2, 12))
    }

    /// Check every option against its bounds.
    ///
    /// # Errors
    /// [`Error::Option`] naming the first option out of bounds.
    pub fn validate(&self) -> Result<()> {
        whole("enterprises", self.enterprises, ENTERPRISES_MIN, ENTERPRISES_MAX)?;
        whole("first_year", self.first_year, 2000, 2100)?;
        whole("months", self.months, 1, MONTHS_MAX)?;
        whole("shard_enterprises", self.shard_enterprises, SHARD_MIN, ENTERPRISES_MAX)?;
        whole("failures", self.failures.unwrap_or(0), 0, FAILURES_MAX)?;
        whole("gaps", self.gaps.unwrap_or(0), 0, GAPS_MAX)?;
        whole("threads", self.threads.unwrap_or(1).try_into().unwrap_or(u32::MAX), 1, 1_024)?;
        number("links_per_enterprise", self.links_per_enterprise, 0.0, LINKS_MAX)?;
        for (name, share, most) in [
            ("invoiced_share", self.invoiced_share, 1.0),
            ("metered_share", self.metered_share, 1.0),
            ("directory_share", self.directory_share, 1.0),
            ("dirty_share", self.dirty_share, 0.5),
            ("distress_per_year", self.distress_per_year, 0.5),
            ("closure_per_year", self.closure_per_year, 0.5),
            ("migration_per_year", self.migration_per_year, 0.5),
        ] {
            number(name, share, 0.0, most)?;
        }
        if self.province.level() == RegionLevel::Province {
            return Ok(());
        }
        Err(Error::option(
            "province",
            format!("{} 不是省级代码；例如 330000", self.province),
            format!("{} is no province; an example is 330000", self.province),
        ))
    }
}

fn whole(name: &'static str, value: u32, least: u32, most: u32) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::option(
        name,
        format!("{value} 应在 {least} 到 {most} 之间"),
        format!("{value} should be {least} to {most}"),
    ))
}

fn number(name: &'static str, value: f64, least: f64, most: f64) -> Result<()> {
    if value.is_finite() && (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::option(
        name,
        format!("{value} 应在 {least} 到 {most} 之间"),
        format!("{value} should be {least} to {most}"),
    ))
}
