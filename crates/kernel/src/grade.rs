//! Data grades (数据分级).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Grade of a dataset or column, lowest first.
///
/// GB/T 43697-2024 knows general, important and core data; general data is sub-graded 1–4.
/// Ordering matters: a derived table takes the maximum of its inputs (就高从严).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// 一般数据 1 级: public.
    General1,
    /// 一般数据 2 级: internal to the brain's members.
    General2,
    /// 一般数据 3 级: sensitive to the organisation or person it describes.
    General3,
    /// 一般数据 4 级: serious harm to the organisation or person when leaked.
    General4,
    /// 重要数据.
    Important,
    /// 核心数据.
    Core,
}
