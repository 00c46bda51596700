//! What the chain's mathematics can refuse, and how it reads to a caller.

use brain_kernel::error::{ErrorKind, Failure};

/// Why a graph, a query or a simulation could not be answered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ChainError {
    /// No product with this id is in the graph.
    #[error("unknown product {0:?}")]
    UnknownProduct(String),
    /// No firm with this id is in the graph or network.
    #[error("unknown firm {0:?}")]
    UnknownFirm(String),
    /// No chain with this id is in the graph.
    #[error("unknown chain {0:?}")]
    UnknownChain(String),
    /// A parameter is outside its range.
    #[error("parameter {name} = {value}: must be {must_be}")]
    Parameter {
        /// Parameter name as callers write it.
        name: &'static str,
        /// The value received.
        value: String,
        /// The range, readable in both languages, for example `0 … 1`.
        must_be: &'static str,
    },
    /// A limit was reached; nothing was computed.
    #[error("{what}: {actual} exceeds the limit {limit}")]
    TooLarge {
        /// What was counted.
        what: &'static str,
        /// How much there was (at least).
        actual: u64,
        /// How much is allowed.
        limit: u64,
    },
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// A fixed point did not settle within its iteration limit.
    #[error("no fixed point after {iterations} iterations")]
    NotConverged {
        /// Iterations done.
        iterations: u32,
    },
    /// The network carries no trade at all, so shares are undefined.
    #[error("the network has no links with an amount")]
    EmptyNetwork,
    /// A plain file could not be read.
    #[error("{}, line {}, column {}: {:?}: {}", .0.file, .0.line, .0.column, .0.value, .0.problem_en)]
    File(Box<FileFault>),
}

/// What is wrong in a plain file, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault {
    /// Which of the files: `edges`, `firms`, `essentiality`.
    pub file: &'static str,
    /// Line, starting at 1.
    pub line: u64,
    /// Column name or number.
    pub column: String,
    /// The offending value, shortened to 80 characters.
    pub value: String,
    /// What is wrong, Chinese.
    pub problem_zh: String,
    /// What is wrong, English.
    pub problem_en: String,
    /// How to mend it, Chinese.
    pub fix_zh: String,
    /// How to mend it, English.
    pub fix_en: String,
}

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, ChainError>;

impl From<ChainError> for Failure {
    fn from(error: ChainError) -> Self {
        match error {
            ChainError::UnknownProduct(id) => Failure::new(
                ErrorKind::NotFound,
                "chain/unknown-product",
                format!("产业链图谱中没有产品“{id}”。"),
                format!("The chain graph has no product \"{id}\"."),
            )
            .with_hint("请先用 chain.search 查找产品名称。", "Look the product up with chain.search first."),
            ChainError::UnknownFirm(id) => Failure::new(
                ErrorKind::NotFound,
                "chain/unknown-firm",
                format!("没有企业“{id}”。"),
                format!("There is no firm \"{id}\"."),
            )
            .with_hint(
                "请核对企业标识（统一社会信用代码或文件中的企业列）。",
                "Check the firm id (credit code, or the firm column of the file).",
            ),
            ChainError::UnknownChain(id) => Failure::new(
                ErrorKind::NotFound,
                "chain/unknown-chain",
                format!("没有产业链“{id}”。"),
                format!("There is no chain \"{id}\"."),
            )
            .with_hint("chain.list 列出全部产业链。", "chain.list lists every chain."),
            ChainError::Parameter { name, value, must_be } => Failure::new(
                ErrorKind::InvalidArgument,
                "chain/parameter",
                format!("参数 {name} = {value} 超出范围。"),
                format!("Parameter {name} = {value} is out of range."),
            )
            .with_hint(format!("允许范围：{must_be}。"), format!("Allowed: {must_be}.")),
            ChainError::TooLarge { what, actual, limit } => Failure::new(
                ErrorKind::Exhausted,
                "chain/too-large",
                format!("{what} 为 {actual}，超过上限 {limit}。"),
                format!("{what} is {actual}, above the limit {limit}."),
            )
            .with_hint("请缩小范围后重试。", "Narrow the request and try again."),
            ChainError::Cancelled => Failure::new(
                ErrorKind::Cancelled,
                "chain/cancelled",
                "计算已取消。",
                "The computation was cancelled.",
            ),
            ChainError::NotConverged { iterations } => Failure::new(
                ErrorKind::Precondition,
                "chain/not-converged",
                format!("迭代 {iterations} 次后仍未收敛。"),
                format!("No fixed point after {iterations} iterations."),
            )
            .with_hint("请检查链接数据。", "Check the link data."),
            ChainError::EmptyNetwork => Failure::new(
                ErrorKind::Precondition,
                "chain/empty-network",
                "供应网络没有任何带金额的交易链接。",
                "The supply network has no link with an amount.",
            )
            .with_hint("请提供至少一条金额大于 0 的链接。", "Give at least one link with an amount above 0."),
            ChainError::File(fault) => {
                let FileFault { file, line, column, value, problem_zh, problem_en, fix_zh, fix_en } = *fault;
                Failure::new(
                    ErrorKind::InvalidArgument,
                    "chain/file",
                    format!("{file} 文件第 {line} 行 {column} 列：“{value}”：{problem_zh}"),
                    format!("{file} file, line {line}, column {column}: \"{value}\": {problem_en}"),
                )
                .with_hint(fix_zh, fix_en)
            }
        }
    }
}
