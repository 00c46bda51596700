//! How much products are used (计量): counted from the audit records, which every access leaves, each exactly once.

use super::{Form, Products, is_own, wrong};
use crate::Result;
use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_store::product_use::{self as rows, RecordRow, UseRow};
use brain_store::{account, setting};
use brain_trust::PRODUCT_ZONE;
use chrono::{NaiveDate, TimeDelta};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Setting that holds the position of the last record that was counted.
const COUNTED: &str = "data_product.counted";
/// Records counted in one transaction.
const BATCH: u64 = 1_000;
/// Operation by which one subscribes.
const SUBSCRIBING: &str = "data_products_subscribe";
/// Longest period of a report, days.
const PERIOD_DAYS_MAX: i64 = 366;

/// One line of a report: a product, a day, an account, a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DataProductUsageLine")]
pub struct UsageLine {
    /// The product.
    pub product: String,
    /// Day, UTC.
    pub day: String,
    /// Account.
    pub account: String,
    /// Its name.
    pub account_name: String,
    /// Its organisation.
    pub organisation: Option<String>,
    /// Form: `api`, `download`, `subscription` or `component`.
    pub form: String,
    /// Accesses, refused and failed ones included.
    pub calls: i64,
    /// Refused, those included whose parameters were wrong.
    pub denied: i64,
    /// Failed without the caller's fault.
    pub failed: i64,
    /// Rows handed out.
    pub rows: i64,
    /// Bytes sent, where known.
    pub bytes: i64,
}

/// A counter of sustained operation (持续运营), with its definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DataProductCounter")]
pub struct Counter {
    /// Stable id.
    pub id: String,
    /// What it is called.
    pub title: Text,
    /// What is counted, and how.
    pub definition: Text,
    /// The number.
    pub value: u64,
}

/// A report of use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DataProductUsage")]
pub struct Usage {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// The counters.
    pub counters: Vec<Counter>,
    /// The lines, newest day first.
    pub lines: Vec<UsageLine>,
}

impl Usage {
    /// Names of the columns of a file, in the order of [`UsageLine::cells`].
    pub const COLUMNS: [&'static str; 11] = [
        "day",
        "product",
        "form",
        "organisation",
        "account",
        "account_name",
        "calls",
        "denied",
        "failed",
        "rows",
        "bytes",
    ];
}

impl UsageLine {
    /// The line as cells of a file; values, not yet made safe for spreadsheets.
    #[must_use]
    pub fn cells(&self) -> [serde_json::Value; 11] {
        [
            self.day.clone().into(),
            self.product.clone().into(),
            self.form.clone().into(),
            self.organisation.clone().into(),
            self.account.clone().into(),
            self.account_name.clone().into(),
            self.calls.into(),
            self.denied.into(),
            self.failed.into(),
            self.rows.into(),
            self.bytes.into(),
        ]
    }
}

impl Products {
    /// Count the audit records that came since the last time; how many. Called before each report, and now and then by
    /// the node, so that nothing expires uncounted.
    pub async fn count_uses(&self) -> Result<u64> {
        let _turn = self.inner.products.counting.lock().await;
        let mut counted = 0;
        loop {
            let transaction = self.inner.store.transaction().await?;
            let after: i64 = setting::get(&transaction, COUNTED).await?.unwrap_or(-1);
            let records =
                rows::records_after(&transaction, &format!("{PRODUCT_ZONE}."), after, BATCH).await?;
            let (Some(last), many) = (records.last().map(|record| record.seq), records.len() as u64) else {
                transaction.rollback().await?;
                return Ok(counted);
            };
            for (_, row) in summed(&records) {
                rows::add(&transaction, row).await?;
            }
            setting::set(&transaction, COUNTED, &last, self.inner.store.now()).await?;
            transaction.commit().await?;
            counted += many;
            if many < BATCH {
                return Ok(counted);
            }
        }
    }

    /// Use from one day to another, both included: of one product for its owner, of all one's own, or of everything for
    /// who runs or audits the node.
    pub async fn usage(
        &self,
        party: &Party,
        product: Option<&str>,
        (from, to): (NaiveDate, NaiveDate),
    ) -> Result<Usage> {
        if from > to || to - from > TimeDelta::days(PERIOD_DAYS_MAX) {
            return Err(wrong(
                "/from",
                format!("起止日期须有先后，且不超过 {PERIOD_DAYS_MAX} 天。"),
                format!("The period begins before it ends and has at most {PERIOD_DAYS_MAX} days."),
            ));
        }
        let oversees = matches!(party.role, Role::SystemAdministrator | Role::Auditor);
        if let Some(id) = product
            && !oversees
        {
            self.own(party, id)?;
        } else if let Some(id) = product {
            self.inner.product(id)?;
        }
        self.count_uses().await?;
        let days = (from.to_string(), to.to_string());
        let found = rows::between(self.inner.store.db(), product, (&days.0, &days.1)).await?;
        let owners: BTreeMap<String, String> = {
            let products = self.inner.products.products.load();
            products.values().map(|product| (product.row.id.clone(), product.row.owner.clone())).collect()
        };
        let seen =
            |row: &UseRow| oversees || owners.get(&row.product).is_some_and(|owner| is_own(party, owner));
        let found: Vec<UseRow> = found.into_iter().filter(seen).collect();
        let counters = counters(&found, &owners);
        let lines = self.lines(found).await?;
        Ok(Usage { from, to, counters, lines })
    }

    async fn lines(&self, found: Vec<UseRow>) -> Result<Vec<UsageLine>> {
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        let mut lines = Vec::with_capacity(found.len());
        for row in found {
            if !names.contains_key(&row.account) {
                let known = account::find(self.inner.store.db(), &row.account).await?;
                let name = known.map_or_else(|| row.account.clone(), |account| account.display_name);
                names.insert(row.account.clone(), name);
            }
            lines.push(UsageLine {
                account_name: names.get(&row.account).cloned().unwrap_or_default(),
                product: row.product,
                day: row.day,
                account: row.account,
                organisation: row.organisation,
                form: row.form,
                calls: row.calls,
                denied: row.denied,
                failed: row.failed,
                rows: row.rows,
                bytes: row.bytes,
            });
        }
        Ok(lines)
    }
}

type Key = (String, String, String, String);

/// Sums of these records by product, day, account and form.
///
/// An access counts once: with its beginning where it had one of its own, with its only record otherwise; rows and
/// bytes with its end. So an access whose end was never written is counted all the same.
fn summed(records: &[RecordRow]) -> BTreeMap<Key, UseRow> {
    let mut sums: BTreeMap<Key, UseRow> = BTreeMap::new();
    for record in records {
        // Subscribing hands out no rows.
        let Some(product) = product_of(record).filter(|_| record.operation != SUBSCRIBING) else { continue };
        let day = record.recorded_at.format("%Y-%m-%d").to_string();
        let form = form_of(record).name().to_owned();
        let key = (product.clone(), day.clone(), record.account.clone(), form.clone());
        let sum = sums.entry(key).or_insert_with(|| UseRow {
            product,
            day,
            account: record.account.clone(),
            form,
            organisation: record.organisation.clone(),
            calls: 0,
            denied: 0,
            failed: 0,
            rows: 0,
            bytes: 0,
        });
        sum.calls += i64::from(record.phase != "close");
        let refused = is_callers_fault(record) || record.outcome == "denied";
        sum.denied += i64::from(refused);
        sum.failed += i64::from(record.outcome == "failed" && !refused);
        sum.rows += record.rows.unwrap_or_default();
        sum.bytes += record.bytes.unwrap_or_default();
    }
    sums
}

/// Whether it was not answered because of what was asked: no fault of who offers the product.
fn is_callers_fault(record: &RecordRow) -> bool {
    const CODES: [&str; 5] = [
        "warehouse/product",
        "warehouse/product-form",
        "warehouse/product-moment",
        "warehouse/unknown-subscription",
        "warehouse/cancelled",
    ];
    record.outcome == "failed" && record.reason.as_deref().is_some_and(|reason| CODES.contains(&reason))
}

/// The product an access was to.
fn product_of(record: &RecordRow) -> Option<String> {
    let inputs: Vec<brain_trust::audit::AuditInput> = serde_json::from_str(&record.inputs).ok()?;
    let prefix = format!("{PRODUCT_ZONE}.");
    inputs.iter().find_map(|input| input.dataset.strip_prefix(&prefix).map(str::to_owned))
}

/// In which form, by what was called.
fn form_of(record: &RecordRow) -> Form {
    match record.operation.as_str() {
        "data_products_file" => Form::Download,
        "data_products_changes" => Form::Subscription,
        operation if operation.starts_with("product.") => Form::Component,
        _ => Form::Api,
    }
}

/// The counters of sustained operation over these lines. An answered call is one neither refused nor failed.
fn counters(lines: &[UseRow], owners: &BTreeMap<String, String>) -> Vec<Counter> {
    let answered = |row: &&UseRow| row.calls > row.denied + row.failed;
    let users: BTreeSet<&String> = lines.iter().filter(answered).map(|row| &row.account).collect();
    let outside =
        |row: &&UseRow| row.organisation.is_none() || owners.get(&row.product) != row.organisation.as_ref();
    let consumers: BTreeSet<&String> = lines
        .iter()
        .filter(answered)
        .filter(outside)
        .map(|row| row.organisation.as_ref().unwrap_or(&row.account))
        .collect();
    let sum =
        |part: fn(&UseRow) -> i64| u64::try_from(lines.iter().map(part).sum::<i64>()).unwrap_or_default();
    let counter = |id: &str, title: (&str, &str), definition: (&str, &str), value: u64| Counter {
        id: id.to_owned(),
        title: Text::new(title.0, title.1),
        definition: Text::new(definition.0, definition.1),
        value,
    };
    vec![
        counter(
            "active_users",
            ("活跃用户", "Active users"),
            (
                "期内至少有一次成功调用的不同账号数。",
                "Different accounts with at least one answered call in the period.",
            ),
            users.len() as u64,
        ),
        counter(
            "consumers",
            ("使用单位", "Consumers"),
            (
                "期内至少有一次成功调用的、所有者以外的单位数；不属于单位的账号各计一个。",
                "Organisations other than the owner with at least one answered call; an account without one counts as one.",
            ),
            consumers.len() as u64,
        ),
        counter(
            "calls",
            ("成功调用次数", "Answered calls"),
            (
                "期内产品被访问的次数，不含被拒绝与失败的；一次分页、一次下载、一次增量拉取各计一次。",
                "Accesses in the period that were neither refused nor failed; a page, a file and a pull count once each.",
            ),
            sum(|row| row.calls - row.denied - row.failed),
        ),
        counter(
            "rows",
            ("交付行数", "Rows delivered"),
            ("期内交给使用者的行数。", "Rows handed to consumers in the period."),
            sum(|row| row.rows),
        ),
        counter(
            "bytes",
            ("交付字节", "Bytes delivered"),
            ("期内发送的字节数，压缩前。", "Bytes sent in the period, before compression."),
            sum(|row| row.bytes),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn record(phase: &str, outcome: &str, rows: Option<i64>) -> RecordRow {
        RecordRow {
            seq: 1,
            access: "a".into(),
            phase: phase.into(),
            recorded_at: DateTime::UNIX_EPOCH,
            account: "who".into(),
            role: "enterprise".into(),
            organisation: Some("them".into()),
            credential: None,
            address: None,
            channel: "rest".into(),
            action: "read".into(),
            operation: "data_products_rows".into(),
            purpose: "product".into(),
            statement: None,
            inputs: r#"[{"dataset":"product.orders","version":1},{"dataset":"raw.order"}]"#.into(),
            rows,
            bytes: rows.map(|rows| rows * 10),
            outcome: outcome.into(),
            reason: None,
            trace_id: None,
            exchange: false,
            digest: Vec::new(),
        }
    }

    #[test]
    fn an_access_counts_once_however_many_records_it_left() {
        let records = [
            record("whole", "completed", Some(5)),
            record("open", "opened", None),
            record("close", "completed", Some(7)),
            record("open", "opened", None),
            record("whole", "denied", Some(0)),
            record("close", "failed", Some(1)),
        ];
        let sums = summed(&records);
        let sum = sums.values().next().unwrap();
        assert_eq!((sums.len(), sum.calls, sum.denied, sum.failed), (1, 4, 1, 1));
        assert_eq!((sum.rows, sum.bytes), (13, 130));
    }

    #[test]
    fn counters_tell_consumers_from_the_owner() {
        let line = |account: &str, organisation: Option<&str>, calls, denied| UseRow {
            product: "orders".into(),
            day: "2026-01-01".into(),
            account: account.into(),
            form: "api".into(),
            organisation: organisation.map(str::to_owned),
            calls,
            denied,
            failed: 0,
            rows: 1,
            bytes: 1,
        };
        let owners = BTreeMap::from([("orders".to_owned(), "us".to_owned())]);
        let lines = [
            line("a", Some("us"), 3, 0),
            line("b", Some("them"), 2, 1),
            line("c", Some("them"), 1, 0),
            line("d", Some("stranger"), 4, 4),
            line("e", None, 1, 0),
        ];
        let value = |id: &str| counters(&lines, &owners).into_iter().find(|c| c.id == id).unwrap().value;
        assert_eq!((value("active_users"), value("consumers"), value("calls")), (4, 2, 6));
    }
}
