//! What can be wrong with boundaries.

use brain_kernel::error::{ErrorKind, Failure};

/// Why boundaries were not taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BoundaryError {
    /// Only a system administrator answers for what the map shows.
    #[error("not a system administrator")]
    NotAllowed,
    /// The approval number is missing or has no known form.
    #[error("approval number {given:?}")]
    Approval {
        /// What was given, shortened.
        given: String,
    },
    /// The text about the source is too long or holds control characters.
    #[error("source text")]
    Source {
        /// Most characters.
        characters_max: usize,
    },
    /// The file is larger than allowed.
    #[error("more than {limit} {what}")]
    TooLarge {
        /// Chinese and English name of what there is too much of.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// Something in the file is not as it should be.
    #[error("{pointer}: {en}")]
    Malformed {
        /// JSON pointer of the place in the file.
        pointer: String,
        /// What is wrong, in Chinese.
        zh: String,
        /// What is wrong, in English.
        en: String,
    },
}

impl From<BoundaryError> for Failure {
    fn from(error: BoundaryError) -> Self {
        match error {
            BoundaryError::NotAllowed => Self::new(
                ErrorKind::Forbidden,
                "warehouse/boundary-role",
                "只有系统管理员可以导入或删除地图边界。",
                "Only a system administrator may import or remove map boundaries.",
            ),
            BoundaryError::Approval { given } => Self::new(
                ErrorKind::InvalidArgument,
                "warehouse/boundary-approval",
                format!("“{given}”不是审图号。"),
                format!("{given:?} is not an approval number."),
            )
            .with_hint(
                "形如 GS(2024)0650号、GS京(2022)1061号 或 浙S(2023)12号，见地图文件的说明。",
                "It looks like GS(2024)0650号, GS京(2022)1061号 or 浙S(2023)12号 and stands with the map you were given.",
            ),
            BoundaryError::Source { characters_max } => Self::new(
                ErrorKind::InvalidArgument,
                "warehouse/boundary-source",
                format!("来源说明至多 {characters_max} 个字符，且不含控制字符。"),
                format!("The source takes at most {characters_max} characters and no control characters."),
            ),
            BoundaryError::TooLarge { what, limit } => Self::new(
                ErrorKind::Exhausted,
                "warehouse/boundary-size",
                format!("边界文件的 {what} 超过上限 {limit}。"),
                format!("The file has more {what} than the {limit} allowed."),
            )
            .with_hint("请先简化边界或减少区划层级。", "Simplify the lines, or leave out the lowest level."),
            BoundaryError::Malformed { pointer, zh, en } => Self::new(
                ErrorKind::InvalidArgument,
                "warehouse/boundary-file",
                format!("边界文件 {pointer} 处：{zh}。"),
                format!("The boundary file at {pointer}: {en}."),
            )
            .with_hint(
                "须为 GeoJSON FeatureCollection，WGS84 经纬度，只含 Polygon 或 MultiPolygon，属性 adcode 为六位区划代码。",
                "It must be a GeoJSON FeatureCollection in WGS 84 with Polygon or MultiPolygon only and a property adcode of six digits.",
            ),
        }
    }
}

impl From<BoundaryError> for crate::Error {
    fn from(error: BoundaryError) -> Self {
        Self::passed(error)
    }
}
