//! What a caller can get wrong, in words he can act on.

use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;

/// Every way this crate refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StandardsError {
    /// The text is no TOML, or a key is unknown or of the wrong type.
    #[error("line {line}: {message}")]
    Toml {
        /// Line, counted from 1.
        line: usize,
        /// The parser's words.
        message: String,
    },
    /// A line of a table is wrong.
    #[error("line {line}: {}", problem.en)]
    Line {
        /// Line of the file, counted from 1, the header included; 0 where it is about the whole file.
        line: u64,
        /// What is wrong.
        problem: Text,
    },
    /// A value is wrong; `pointer` says where it stands in what was given.
    #[error("{pointer}: {}", problem.en)]
    Value {
        /// JSON pointer.
        pointer: String,
        /// What is wrong.
        problem: Text,
    },
    /// A unit nobody defined.
    #[error("there is no unit {0:?}")]
    UnknownUnit(String),
    /// Two units that do not measure the same.
    #[error("{from} and {to} do not measure the same")]
    Incommensurable {
        /// Unit converted from.
        from: String,
        /// Unit converted to.
        to: String,
    },
    /// A product code whose form or check digits are wrong.
    #[error("{code:?} is no product code: {}", problem.en)]
    ProductCode {
        /// What was given.
        code: String,
        /// What is wrong.
        problem: Text,
    },
    /// A product code that was never given.
    #[error("there is no product {0}")]
    UnknownProduct(String),
    /// An event the history does not allow.
    #[error("{}", .0.en)]
    History(Text),
}

/// Shorthand.
pub type Result<T> = std::result::Result<T, StandardsError>;

impl StandardsError {
    pub(crate) fn line(line: u64, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Line { line, problem: Text::new(zh, en) }
    }

    pub(crate) fn value(pointer: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Value { pointer: pointer.into(), problem: Text::new(zh, en) }
    }

    pub(crate) fn history(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::History(Text::new(zh, en))
    }

    pub(crate) fn toml(text: &str, error: &toml::de::Error) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        Self::Toml { line: before.matches('\n').count() + 1, message: error.message().to_owned() }
    }
}

impl From<StandardsError> for Failure {
    fn from(error: StandardsError) -> Self {
        use ErrorKind::{InvalidArgument, NotFound, Precondition};
        match error {
            StandardsError::Toml { line, message } => Failure::new(
                InvalidArgument,
                "standards/toml",
                format!("说明文件第 {line} 行：{message}。"),
                format!("Description, line {line}: {message}."),
            ),
            StandardsError::Line { line: 0, problem } => {
                Failure::new(InvalidArgument, "standards/table", problem.zh, problem.en)
            }
            StandardsError::Line { line, problem } => Failure::new(
                InvalidArgument,
                "standards/table",
                format!("第 {line} 行：{}", problem.zh),
                format!("Line {line}: {}", problem.en),
            ),
            StandardsError::Value { pointer, problem } => {
                Failure::new(InvalidArgument, "standards/value", problem.zh, problem.en).with_pointer(pointer)
            }
            StandardsError::UnknownUnit(unit) => Failure::new(
                NotFound,
                "standards/unknown-unit",
                format!("没有计量单位“{unit}”。"),
                format!("There is no unit {unit:?}."),
            )
            .with_hint("可用的单位见代码表 units。", "The code list `units` names those there are."),
            StandardsError::Incommensurable { from, to } => Failure::new(
                InvalidArgument,
                "standards/incommensurable",
                format!("{from} 与 {to} 不是同一种量，不能换算。"),
                format!("{from} and {to} do not measure the same and cannot be converted."),
            ),
            StandardsError::ProductCode { code, problem } => Failure::new(
                InvalidArgument,
                "standards/product-code",
                format!("“{code}”不是产品编码：{}", problem.zh),
                format!("{code:?} is no product code: {}", problem.en),
            ),
            StandardsError::UnknownProduct(code) => Failure::new(
                NotFound,
                "standards/unknown-product",
                format!("没有产品 {code}。"),
                format!("There is no product {code}."),
            ),
            StandardsError::History(problem) => {
                Failure::new(Precondition, "standards/product-history", problem.zh, problem.en)
            }
        }
    }
}
