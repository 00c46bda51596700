//! What a caller can get wrong, in words he can act on.

use brain_kernel::error::{ErrorKind, Failure};

/// Every way lineage refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineageError {
    /// A name longer than [`crate::graph::NAME_BYTES_MAX`], or empty.
    #[error("a name of {bytes} bytes; names have 1 to {max}")]
    Name {
        /// Its length.
        bytes: usize,
        /// The most that is taken.
        max: usize,
    },
    /// More edges or nodes than fit.
    #[error("more than {max} {what}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// The most that is taken.
        max: usize,
    },
    /// A stored graph that is not one, or was damaged.
    #[error("the stored graph cannot be read: {0}")]
    Stored(&'static str),
    /// A text longer than is taken.
    #[error("{bytes} bytes, more than {max}")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The most that is taken.
        max: usize,
    },
    /// An event that breaks the specification.
    #[error("{pointer}: {problem}")]
    Event {
        /// JSON pointer of the offending value.
        pointer: String,
        /// What is wrong, English.
        problem: String,
        /// What is wrong, Chinese.
        problem_zh: String,
    },
}

/// Shorthand.
pub type Result<T> = std::result::Result<T, LineageError>;

impl LineageError {
    /// An event error at a place.
    pub(crate) fn event(pointer: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        let pointer = if pointer.is_empty() { "/".to_owned() } else { pointer.to_owned() };
        Self::Event { pointer, problem: en.into(), problem_zh: zh.into() }
    }
}

impl From<LineageError> for Failure {
    fn from(error: LineageError) -> Self {
        let english = format!("{error}.");
        let invalid = |code, zh: String| Failure::new(ErrorKind::InvalidArgument, code, zh, english.clone());
        match error {
            LineageError::Name { bytes, max } => {
                invalid("lineage/name", format!("名称有 {bytes} 字节，应为 1 至 {max} 字节。"))
            }
            LineageError::TooMany { max, .. } => invalid("lineage/too-many", format!("血缘超过上限 {max}。"))
                .with_hint("请分批提交。", "Send it in parts."),
            LineageError::Stored(_) => Failure::new(
                ErrorKind::Internal,
                "lineage/stored",
                "已存的血缘图无法读取，将重新生成。",
                english,
            ),
            LineageError::TooLong { bytes, max } => {
                invalid("lineage/too-long", format!("文本有 {bytes} 字节，上限 {max}。"))
                    .with_hint("请拆成几个文件。", "Split it into several files.")
            }
            LineageError::Event { pointer, problem_zh, .. } => {
                invalid("lineage/event", format!("血缘事件 {pointer}：{problem_zh}。"))
                    .with_pointer(pointer)
                    .with_hint(
                        "格式见 OpenLineage 2-0-2 规范。",
                        "The format is the OpenLineage specification, 2-0-2.",
                    )
            }
        }
    }
}
