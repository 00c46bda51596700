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

impl Grade {
    /// Every grade, lowest first.
    pub const ALL: [Self; 6] =
        [Self::General1, Self::General2, Self::General3, Self::General4, Self::Important, Self::Core];

    /// 1 for the lowest to 6 for the highest, as policies write it.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::General1 => 1,
            Self::General2 => 2,
            Self::General3 => 3,
            Self::General4 => 4,
            Self::Important => 5,
            Self::Core => 6,
        }
    }

    /// Whether changing who may reach it takes two people (GB/T 22239-2019 8.1.4.2e).
    #[must_use]
    pub fn needs_two_people(self) -> bool {
        self >= Self::Important
    }
}
