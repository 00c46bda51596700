//! What a caller can get wrong, in words he can act on.

use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;

/// Every way this crate refuses.
#[derive(Debug, thiserror::Error)]
pub enum QualityError {
    /// The text is no TOML, or a key is unknown or of the wrong type.
    #[error("line {line}: {message}")]
    Toml {
        /// Line, counted from 1.
        line: usize,
        /// The parser's words.
        message: String,
    },
    /// A rule does not say what it must; `place` is a path such as `rule "credit_code".check.regex`.
    #[error("{place}: {}", problem.en)]
    Rule {
        /// Where.
        place: String,
        /// What is wrong.
        problem: Text,
    },
    /// A batch whose column has another type than the plan was made for.
    #[error("column {column} is of type {found}, the plan was made for {expected}")]
    ColumnChanged {
        /// Column.
        column: String,
        /// Type of the plan.
        expected: String,
        /// Type found.
        found: String,
    },
    /// More rows than can be numbered.
    #[error("row {row} is beyond the {max} that can be numbered")]
    TooManyRows {
        /// Row.
        row: u64,
        /// The most.
        max: u64,
    },
    /// Keys would not fit into memory and could not be written aside.
    #[error("keys could not be written aside: {0}")]
    Spill(#[from] std::io::Error),
    /// Somebody asked to stop.
    #[error("cancelled")]
    Cancelled,
}

/// Shorthand.
pub type Result<T> = std::result::Result<T, QualityError>;

impl QualityError {
    pub(crate) fn rule(place: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Rule { place: place.into(), problem: Text::new(zh, en) }
    }
}

impl From<QualityError> for Failure {
    fn from(error: QualityError) -> Self {
        let english = format!("{error}.");
        match error {
            QualityError::Toml { line, message } => Failure::new(
                ErrorKind::InvalidArgument,
                "quality/toml",
                format!("质量规则第 {line} 行：{message}。"),
                format!("Quality rules, {english}"),
            ),
            QualityError::Rule { place, problem } => Failure::new(
                ErrorKind::InvalidArgument,
                "quality/rule",
                format!("质量规则 {place}：{}", problem.zh),
                format!("Quality rules, {place}: {}", problem.en),
            ),
            QualityError::ColumnChanged { column, expected, found } => Failure::new(
                ErrorKind::Precondition,
                "quality/column-changed",
                format!("列“{column}”的类型是 {found}，检查方案按 {expected} 编制。"),
                english,
            )
            .with_hint("请重新检查。", "Run the check again."),
            QualityError::TooManyRows { row, max } => Failure::new(
                ErrorKind::Exhausted,
                "quality/too-many-rows",
                format!("第 {row} 行超出可编号的 {max} 行。"),
                english,
            ),
            // The words of the disk stay in the log; whoever catches this writes them there.
            QualityError::Spill(_) => Failure::new(
                ErrorKind::Exhausted,
                "quality/spill",
                "唯一性或引用检查的键放不进内存，也不能写到临时文件夹。",
                "The keys of a uniqueness or reference check fit neither into memory nor into the temporary folder.",
            )
            .with_hint("请检查临时文件夹的空间和权限。", "Look at space and rights of the temporary folder."),
            QualityError::Cancelled => {
                Failure::new(ErrorKind::Cancelled, "quality/cancelled", "检查已取消。", "The check was cancelled.")
            }
        }
    }
}
