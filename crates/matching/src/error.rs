//! What a caller can get wrong, in words he can act on.

use brain_kernel::error::{ErrorKind, Failure};

/// Every way matching refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatchError {
    /// A cell longer than [`crate::records::CELL_BYTES_MAX`].
    #[error("record {row}, column {column}: {bytes} bytes, more than {max}")]
    CellTooLong {
        /// Record, counted from 1.
        row: usize,
        /// Column name.
        column: String,
        /// Its length.
        bytes: usize,
        /// The most that is taken.
        max: usize,
    },
    /// More records than fit.
    #[error("more than {max} records")]
    TooManyRecords {
        /// The most that is taken.
        max: usize,
    },
    /// A record with more or fewer cells than there are columns.
    #[error("record {row} has {found} cells, there are {expected} columns")]
    Width {
        /// Record, counted from 1.
        row: usize,
        /// Cells found.
        found: usize,
        /// Columns.
        expected: usize,
    },
    /// Two columns of one name.
    #[error("two columns are called {0:?}")]
    DuplicateColumn(String),
    /// The specification does not say what it must; `place` is a path such as `comparison[2].method`.
    #[error("{place}: {problem}")]
    Specification {
        /// Where in the specification.
        place: String,
        /// What is wrong, English.
        problem: String,
        /// What is wrong, Chinese.
        problem_zh: String,
    },
    /// None of the fields the specification compares is in both files.
    #[error("no field of the specification is in both files; looked for {looked_for}")]
    NothingToCompare {
        /// The columns that would have served.
        looked_for: String,
    },
    /// Somebody asked to stop.
    #[error("cancelled")]
    Cancelled,
}

/// Shorthand.
pub type Result<T> = std::result::Result<T, MatchError>;

impl From<MatchError> for Failure {
    fn from(error: MatchError) -> Self {
        let english = format!("{error}.");
        let invalid = |code, zh: String| Failure::new(ErrorKind::InvalidArgument, code, zh, english.clone());
        match error {
            MatchError::CellTooLong { row, column, bytes, max } => invalid(
                "matching/cell-too-long",
                format!("第 {row} 条记录的“{column}”有 {bytes} 字节，上限 {max}。"),
            )
            .with_hint(
                "请只保留名称、地址等短文本列。",
                "Keep only short columns such as names and addresses.",
            ),
            MatchError::TooManyRecords { max } => {
                invalid("matching/too-many-records", format!("记录超过 {max} 条。"))
                    .with_hint("请按地区分批匹配。", "Match in parts, for example by region.")
            }
            MatchError::Width { row, found, expected } => invalid(
                "matching/record-width",
                format!("第 {row} 条记录有 {found} 个单元格，而列有 {expected} 个。"),
            ),
            MatchError::DuplicateColumn(name) => {
                invalid("matching/duplicate-column", format!("有两列都叫“{name}”。"))
                    .with_hint("请改名其中一列。", "Rename one of them.")
            }
            MatchError::Specification { place, problem_zh, .. } => {
                invalid("matching/specification", format!("匹配方案 {place}：{problem_zh}"))
            }
            MatchError::NothingToCompare { looked_for } => invalid(
                "matching/nothing-to-compare",
                format!("方案中的字段没有一个同时出现在两个文件里；找过的列名：{looked_for}。"),
            )
            .with_hint(
                "请改列名，或在方案的 columns 中写上文件里的列名。",
                "Rename the columns, or name them in `columns` of the specification.",
            ),
            MatchError::Cancelled => Failure::new(
                ErrorKind::Cancelled,
                "matching/cancelled",
                "匹配已取消。",
                "Matching was cancelled.",
            ),
        }
    }
}
