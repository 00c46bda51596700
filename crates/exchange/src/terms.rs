//! What two nodes agree on.

use std::collections::{BTreeMap, BTreeSet};

use brain_kernel::grade::Grade;
use brain_kernel::predicate::Predicate;
use brain_trust::requests::form::{Form, FormName};
use brain_trust::requests::purpose;
use brain_trust::{Action, NewRequest};
use brain_warehouse::connect::Schedule;
use brain_warehouse::delivery::DeliveryMode;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Longest text, characters.
const TEXT_CHARACTERS_MAX: usize = 500;
/// Most columns named.
const COLUMNS_MAX: usize = 500;
/// Longest time behind that may be agreed on, minutes: a year.
const LAG_MINUTES_MAX: u32 = 366 * 24 * 60;
/// Slowest link that makes sense, bytes per second.
const RATE_MIN: u64 = 1_024;

/// Who sets deliveries going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// 拉取: the consumer fetches.
    Pull,
    /// 推送: the provider sends.
    Push,
}

impl Direction {
    /// Stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Pull, Self::Push].into_iter().find(|direction| direction.name() == name)
    }
}

/// A subscription as somebody at the consumer asks for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSubscription {
    /// 提供方节点 · Name of the node that has the data.
    #[schemars(length(min = 1, max = 100))]
    pub peer: String,
    /// 对方数据集 · Its dataset.
    #[schemars(length(min = 1, max = 200))]
    pub dataset: String,
    /// 本节点目标数据集，如 raw.province_firm · Dataset here that deliveries go into.
    #[schemars(length(min = 5, max = 64))]
    pub target: String,
    /// 方向 · Who sets deliveries going.
    pub direction: Direction,
    /// 约定 · Everything else.
    pub terms: Terms,
    /// 是否涉及敏感个人信息 · Whether sensitive personal information is meant.
    #[serde(default)]
    pub sensitive_personal: bool,
    /// 评估表与同意记录 · Forms that the purpose needs.
    #[serde(default)]
    pub forms: BTreeMap<FormName, Form>,
}

/// What is agreed on beside dataset, target and direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ExchangeTerms")]
pub struct Terms {
    /// 字段；缺省为全部可见字段 · Columns; all that may be seen when left out.
    #[serde(default)]
    pub columns: BTreeSet<String>,
    /// 行过滤；缺省为全部 · Rows; all when left out.
    #[serde(default = "every_row")]
    pub rows: Predicate,
    /// 用途 · Purpose, one that opens moving data.
    #[schemars(length(min = 1, max = 100))]
    pub purpose: String,
    /// 理由 · Why, for whoever decides.
    #[schemars(length(min = 1, max = 500))]
    pub reason: String,
    /// 协议编号 · Agreement it rests on.
    #[schemars(length(min = 1, max = 500))]
    pub agreement: String,
    /// 有效期 · Last instant it holds.
    pub until: DateTime<Utc>,
    /// 全量或增量 · Whole versions, or what changed between versions.
    pub mode: DeliveryMode,
    /// 计划 · When deliveries begin by themselves.
    #[serde(default)]
    pub schedule: Schedule,
    /// 允许滞后（分钟）；超过则告警 · Minutes it may be behind before an alarm is raised.
    #[serde(default)]
    #[schemars(range(min = 1, max = 527_040))]
    pub lag_minutes: Option<u32>,
    /// 限速（字节/秒） · Bytes per second at most.
    #[serde(default)]
    #[schemars(range(min = 1_024))]
    pub bytes_per_second: Option<u64>,
    /// 目标数据集的最低级别 · Lowest grade the target shall have; the provider's counts where it is higher.
    #[serde(default)]
    pub grade: Option<Grade>,
}

fn every_row() -> Predicate {
    Predicate::All(Vec::new())
}

/// What the consumer proposes to the provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// Id of the subscription.
    #[schemars(length(min = 36, max = 36))]
    pub id: String,
    /// Dataset of the provider.
    pub dataset: String,
    /// Dataset of the consumer.
    pub target: String,
    /// Who sets deliveries going.
    pub direction: Direction,
    /// Everything else.
    pub terms: Terms,
    /// Whether sensitive personal information is meant.
    pub sensitive_personal: bool,
    /// Forms that the purpose needs.
    pub forms: BTreeMap<FormName, Form>,
}

impl Terms {
    /// Refuse what cannot be meant; the provider's own checks of a request come on top.
    pub(crate) fn check(&self, now: DateTime<Utc>) -> Result<()> {
        let filled = |text: &str| !text.trim().is_empty() && text.chars().count() <= TEXT_CHARACTERS_MAX;
        for (field, text) in [("reason", &self.reason), ("agreement", &self.agreement)] {
            if !filled(text) {
                return Err(Error::invalid(
                    field,
                    format!("理由与协议编号须填写，且不超过 {TEXT_CHARACTERS_MAX} 个字符。"),
                    format!("Reason and agreement are required, up to {TEXT_CHARACTERS_MAX} characters."),
                ));
            }
        }
        let moves = purpose::of(&self.purpose).is_some_and(|card| card.actions.contains(&Action::Move));
        if !moves {
            return Err(Error::invalid(
                "purpose",
                "此用途不允许数据流转到其他节点；可选 entrust（委托处理）或 share（对外提供）。",
                "This purpose moves no data to another node; choose entrust or share.",
            ));
        }
        if self.until <= now {
            return Err(Error::invalid("until", "有效期已过。", "The period would be over already."));
        }
        if self.columns.len() > COLUMNS_MAX {
            return Err(Error::invalid(
                "columns",
                format!("字段至多 {COLUMNS_MAX} 个。"),
                format!("At most {COLUMNS_MAX} columns."),
            ));
        }
        if self.lag_minutes.is_some_and(|minutes| !(1..=LAG_MINUTES_MAX).contains(&minutes)) {
            return Err(Error::invalid(
                "lag_minutes",
                format!("允许滞后须为 1 至 {LAG_MINUTES_MAX} 分钟。"),
                format!("Minutes behind are 1 to {LAG_MINUTES_MAX}."),
            ));
        }
        if self.bytes_per_second.is_some_and(|rate| rate < RATE_MIN) {
            return Err(Error::invalid(
                "bytes_per_second",
                format!("限速不低于每秒 {RATE_MIN} 字节。"),
                format!("The limit is at least {RATE_MIN} bytes per second."),
            ));
        }
        self.schedule.check().map_err(|error| Error::Failure(error.into()))
    }
}

impl Proposal {
    /// The request for access at the provider.
    pub(crate) fn request(&self) -> NewRequest {
        let Terms { purpose, reason, columns, rows, until, agreement, .. } = self.terms.clone();
        NewRequest {
            dataset: self.dataset.clone(),
            purpose,
            reason,
            columns,
            rows,
            until,
            agreement: Some(agreement),
            sensitive_personal: self.sensitive_personal,
            forms: self.forms.clone(),
        }
    }
}
