//! Which of the three sides (政府侧／产业侧／企业侧) something belongs to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The side a component or page serves (服务对象).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// 政府侧: see the chain, find gaps, warn, attract, deliver policy.
    Government,
    /// 产业侧: buy, sell, finance, make, move and share together.
    Industry,
    /// 企业侧: schedule, maintain, diagnose, improve.
    Enterprise,
    /// 运营: those who run the brain.
    Operation,
}

/// Where a dataset comes from (公共数据／行业数据／企业数据).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataSide {
    /// 公共数据: government and public records.
    Public,
    /// 行业数据: collected or derived by the industry.
    Industry,
    /// 企业数据: handed in by an enterprise, restricted to it by default.
    Enterprise,
}
