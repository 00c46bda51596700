//! How long records are kept and how often they are anchored.

use std::path::PathBuf;

use brain_kernel::error::{ErrorKind, Failure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Least days any record is kept: six months (网络安全法 第二十一条第三项).
pub const DAYS_MIN: u32 = 180;
/// Least days records of providing data to others are kept: three years (网络数据安全管理条例 第十二条).
pub const EXCHANGE_DAYS_MIN: u32 = 1_095;
/// Most days: a hundred years is a mistake.
const DAYS_MAX: u32 = 36_500;
/// Most records of one batch: their marks must fit one evidence entry.
const BATCH_RECORDS_MAX: u32 = 2_000;

/// `[audit]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "AuditOptions")]
pub struct AuditOptions {
    /// Days records are kept; at least 180. Default three years.
    pub days: u32,
    /// Days batches with exchange records are kept; at least 1095. Default five years.
    pub exchange_days: u32,
    /// Records after which a batch is anchored in the evidence log at once. Default 1000.
    pub batch_records: u32,
    /// Seconds after which it is anchored in any case. Default 5.
    pub batch_seconds: u32,
    /// Alert rules of this node; `alerts.toml` in the data folder when left out. Not part of the configuration file.
    #[serde(skip)]
    pub alerts: Option<PathBuf>,
}

impl Default for AuditOptions {
    fn default() -> Self {
        Self { days: 1_095, exchange_days: 1_825, batch_records: 1_000, batch_seconds: 5, alerts: None }
    }
}

impl AuditOptions {
    /// Refuse what the law or the program does not allow, by the name of the key.
    pub fn check(&self) -> Result<(), Failure> {
        let bounds = [
            ("audit.days", self.days, DAYS_MIN, DAYS_MAX, "网络安全法第二十一条", "Cybersecurity Law Art 21"),
            (
                "audit.exchange_days",
                self.exchange_days,
                EXCHANGE_DAYS_MIN,
                DAYS_MAX,
                "网络数据安全管理条例第十二条",
                "Network Data Security Regulations Art 12",
            ),
            (
                "audit.batch_records",
                self.batch_records,
                1,
                BATCH_RECORDS_MAX,
                "程序上限",
                "limit of the program",
            ),
            ("audit.batch_seconds", self.batch_seconds, 1, 60, "程序上限", "limit of the program"),
        ];
        for (key, value, low, high, zh, en) in bounds {
            if !(low..=high).contains(&value) {
                return Err(Failure::new(
                    ErrorKind::InvalidArgument,
                    "trust/audit-retention",
                    format!("{key} = {value} 不被允许（{zh}）。"),
                    format!("{key} = {value} is not allowed ({en})."),
                )
                .with_hint(
                    format!("请在 brain.toml 的 [audit] 中设为 {low} 至 {high}。"),
                    format!("Set it between {low} and {high} under [audit] in brain.toml."),
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::AuditOptions;
    use brain_kernel::language::Language;

    #[test]
    fn the_floors_cannot_be_lowered_and_the_refusal_names_key_and_law() {
        assert!(AuditOptions::default().check().is_ok());
        assert!(AuditOptions { days: 180, exchange_days: 1_095, ..AuditOptions::default() }.check().is_ok());
        let short = AuditOptions { days: 179, ..AuditOptions::default() }.check().unwrap_err();
        assert_eq!(short.code, "trust/audit-retention");
        let said = short.message(Language::Zh);
        assert!(said.contains("audit.days") && said.contains("网络安全法") && said.contains("180"), "{said}");
        let short = AuditOptions { exchange_days: 1_094, ..AuditOptions::default() }.check().unwrap_err();
        assert!(short.message(Language::En).contains("Art 12"));
        assert!(AuditOptions { batch_records: 0, ..AuditOptions::default() }.check().is_err());
    }
}
