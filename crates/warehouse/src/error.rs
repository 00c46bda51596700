//! What can go wrong in the warehouse, in words that tell how to mend it.

use crate::lake::objects::out_of_reach;
use crate::lake::sums::Damaged;
use crate::query::SqlFault;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use datafusion::error::DataFusionError;

/// Result of anything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A refusal in words of its own.
pub(crate) fn refuse(
    kind: ErrorKind,
    code: &'static str,
    zh: impl Into<String>,
    en: impl Into<String>,
) -> Error {
    Error::Failure(Failure::new(kind, code, zh, en))
}

/// Everything that can go wrong in the warehouse.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No dataset of that name (or none the party may know of).
    #[error("no dataset {name:?}")]
    UnknownDataset {
        /// Name as asked.
        name: String,
        /// Names the party may see that look alike, best first.
        nearest: Vec<String>,
    },
    /// The dataset exists but not in that version.
    #[error("dataset {name} has no version {version}")]
    UnknownVersion {
        /// Dataset.
        name: String,
        /// Version asked for.
        version: u64,
    },
    /// The version was deleted under a retention rule.
    #[error("version {version} of {name} was deleted under a retention rule")]
    DeletedVersion {
        /// Dataset.
        name: String,
        /// Version asked for.
        version: u64,
        /// Oldest version that is still there.
        first_kept: u64,
    },
    /// The party holds no grant for the dataset.
    #[error("no grant for {dataset}")]
    NoGrant {
        /// Dataset.
        dataset: String,
        /// Who can grant it.
        owner: String,
    },
    /// A component asked for a dataset its manifest does not list.
    #[error("{dataset} is not among the datasets this session is confined to")]
    Undeclared {
        /// Dataset.
        dataset: String,
    },
    /// A statement other than a read.
    #[error("not a read: {statement}")]
    NotARead {
        /// Kind of statement refused.
        statement: String,
    },
    /// The SQL text does not parse or plan.
    #[error("SQL: {0}")]
    Sql(Box<SqlFault>),
    /// The query needs more memory or disk than it may have.
    #[error("query needs more than {limit_mib} MiB")]
    Memory {
        /// The limit that was reached, MiB.
        limit_mib: u64,
    },
    /// The query took longer than allowed.
    #[error("query took longer than {seconds} s")]
    Timeout {
        /// The limit that was reached, seconds.
        seconds: u64,
    },
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
    /// A model file is wrong.
    #[error("model {model}: {}", reason.en)]
    Model {
        /// Model name or file.
        model: String,
        /// What is wrong with it.
        reason: Box<Text>,
    },
    /// A refusal or failure of another crate, passed on as it is.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The query engine failed for a reason that is not the caller's.
    #[error("engine: {0}")]
    Engine(#[source] DataFusionError),
    /// A Delta table could not be read or written.
    #[error("table: {0}")]
    Table(#[from] deltalake_core::DeltaTableError),
    /// The file system failed.
    #[error("file system: {0}")]
    Io(#[from] std::io::Error),
    /// A record of our own could not be put into words to keep.
    #[error("record: {0}")]
    Record(#[from] serde_json::Error),
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        crate::query::classify(error)
    }
}

impl From<brain_store::Error> for Error {
    fn from(error: brain_store::Error) -> Self {
        Self::Failure(error.into())
    }
}

impl From<brain_trust::Error> for Error {
    fn from(error: brain_trust::Error) -> Self {
        Self::Failure(error.into())
    }
}

impl Error {
    /// Stable code of this failure.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownDataset { .. } => "warehouse/unknown-dataset",
            Self::UnknownVersion { .. } => "warehouse/unknown-version",
            Self::DeletedVersion { .. } => "warehouse/version-deleted",
            Self::NoGrant { .. } => "warehouse/no-grant",
            Self::Undeclared { .. } => "warehouse/undeclared",
            Self::NotARead { .. } => "warehouse/not-a-read",
            Self::Sql(_) => "warehouse/sql",
            Self::Memory { .. } => "warehouse/query-memory",
            Self::Timeout { .. } => "warehouse/query-timeout",
            Self::Cancelled => "warehouse/cancelled",
            Self::Model { .. } => "warehouse/model",
            Self::Failure(failure) => failure.code,
            Self::Engine(_) => "warehouse/engine",
            Self::Table(_) => "warehouse/table",
            Self::Io(_) => "warehouse/file-system",
            Self::Record(_) => "warehouse/record",
        }
    }

    /// A model that is wrong in this way.
    pub(crate) fn model(name: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Model { model: name.into(), reason: Box::new(Text::new(zh, en)) }
    }

    /// The terms by which products are recognised cannot be made into an automaton.
    pub(crate) fn extractor(cause: &impl std::fmt::Display) -> Self {
        let cause = cause.to_string();
        Self::model("extractor", &cause, &cause)
    }

    /// A failure of another crate, kept as it is.
    pub fn passed(error: impl Into<Failure>) -> Self {
        Self::Failure(error.into())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = error.code();
        match error {
            Error::Failure(failure) => failure,
            Error::UnknownDataset { name, nearest } => unknown_dataset(&name, &nearest),
            Error::UnknownVersion { name, version } => Self::new(
                ErrorKind::NotFound,
                code,
                format!("数据集 {name} 没有版本 {version}。"),
                format!("Dataset {name} has no version {version}."),
            )
            .with_hint("在目录页查看现有版本。", "See the versions on the dataset's catalogue page."),
            Error::DeletedVersion { name, version, first_kept } => Self::new(
                ErrorKind::NotFound,
                code,
                format!("数据集 {name} 的版本 {version} 已按留存规则删除，现存最早版本为 {first_kept}。"),
                format!(
                    "Version {version} of {name} was deleted under a retention rule; the oldest there is is {first_kept}."
                ),
            )
            .with_hint("删除证明见数据留存页。", "Its certificate is on the page of retention."),
            Error::NoGrant { dataset, owner } => Self::new(
                ErrorKind::Forbidden,
                code,
                format!("您没有 {dataset} 的授权。"),
                format!("You hold no grant for {dataset}."),
            )
            .with_hint(
                format!("请向数据所有者 {owner} 或安全管理员申请，说明用途与期限。"),
                format!("Ask its owner {owner} or the security administrator; say for which purpose and until when."),
            ),
            Error::Undeclared { dataset } => Self::new(
                ErrorKind::Forbidden,
                code,
                format!("组件清单未声明读取 {dataset}，已拒绝。"),
                format!("The component's manifest does not list {dataset}; the read is refused."),
            )
            .with_hint("组件作者须在清单的 reads 中声明。", "Its author must list the dataset under reads."),
            Error::NotARead { statement } => Self::new(
                ErrorKind::InvalidArgument,
                code,
                format!("这里只能查询，不能执行 {statement}。"),
                format!("Only reads are possible here, not {statement}."),
            )
            .with_hint(
                "请使用一条 SELECT、WITH、EXPLAIN、SHOW TABLES 或 DESCRIBE 语句。",
                "Use one SELECT, WITH, EXPLAIN, SHOW TABLES or DESCRIBE statement.",
            ),
            Error::Sql(fault) => Self::from(*fault),
            Error::Memory { limit_mib } => Self::new(
                ErrorKind::Exhausted,
                code,
                format!("查询需要的内存或临时空间超过 {limit_mib} MiB。"),
                format!("The query needs more than {limit_mib} MiB of memory or temporary space."),
            )
            .with_hint(
                "请加过滤条件、减少列、先汇总再连接，或把较小的表写在连接的左边；管理员可调大 warehouse.query_memory_mib（模型用 memory_limit_mib）。",
                "Add filters, take fewer columns, aggregate before joining, or write the smaller table on the left of a join; an administrator can raise warehouse.query_memory_mib (for models, memory_limit_mib).",
            ),
            Error::Timeout { seconds } => Self::new(
                ErrorKind::Cancelled,
                code,
                format!("查询超过 {seconds} 秒，已停止。"),
                format!("The query was stopped after {seconds} s."),
            )
            .with_hint("请加过滤条件或 LIMIT。", "Add filters or a LIMIT."),
            Error::Cancelled => {
                Self::new(ErrorKind::Cancelled, code, "已取消。", "Cancelled.")
            }
            Error::Model { model, reason } => Self::new(
                ErrorKind::InvalidArgument,
                code,
                format!("模型 {model} 有误：{}", reason.zh),
                format!("Model {model} is wrong: {}", reason.en),
            ),
            Error::Engine(error) if is_damaged(&error) => damaged(&error),
            Error::Table(error) if is_damaged(&error) => damaged(&error),
            Error::Io(error) if is_damaged(&error) => damaged(&error),
            Error::Engine(error) if brain_durable::is_full(&error) => disk_full(&error),
            Error::Table(error) if brain_durable::is_full(&error) => disk_full(&error),
            Error::Io(error) if brain_durable::is_full(&error) => disk_full(&error),
            Error::Engine(error) => out_of_reach(&error).unwrap_or_else(|| {
                tracing::error!(%error, "query engine failed");
                Self::internal(code)
            }),
            Error::Table(error) => out_of_reach(&error).unwrap_or_else(|| {
                tracing::error!(%error, "Delta table failed");
                Self::internal(code)
            }),
            Error::Io(error) => {
                tracing::error!(%error, "file system failed");
                Self::internal(code)
            }
            Error::Record(error) => {
                tracing::error!(%error, "a record could not be written");
                Self::internal(code)
            }
        }
    }
}

/// Whether an error, or one it comes from, says that a file is not what was written.
fn is_damaged(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if error.is::<Damaged>() || inside.is_some_and(|inside| is_damaged(inside)) {
            return true;
        }
        next = error.source();
    }
    false
}

fn damaged(error: &dyn std::error::Error) -> Failure {
    tracing::error!(%error, "a file of the lake is damaged");
    Failure::new(
        ErrorKind::Unavailable,
        "warehouse/damaged",
        "数据文件已损坏，未返回任何结果。",
        "A data file is damaged; nothing was answered from it.",
    )
    .with_hint(
        "请管理员运行 brain doctor --deep 找出损坏的文件，并从备份恢复。",
        "Ask the administrator to run `brain doctor --deep`, which names the file, and to restore it from a backup.",
    )
}

fn disk_full(error: &dyn std::error::Error) -> Failure {
    tracing::error!(%error, "the disk of the lake is full");
    Failure::new(
        ErrorKind::Exhausted,
        "warehouse/disk-full",
        "数据文件夹所在磁盘已满，未写入任何数据。",
        "The disk of the data folder is full; nothing was written.",
    )
    .with_hint(
        "请管理员腾出空间后重试；读取不受影响。",
        "Ask the administrator to make room, then try again; reading goes on.",
    )
}

fn unknown_dataset(name: &str, nearest: &[String]) -> Failure {
    let failure = Failure::new(
        ErrorKind::NotFound,
        "warehouse/unknown-dataset",
        format!("没有数据集 {name}。"),
        format!("There is no dataset {name}."),
    );
    if nearest.is_empty() {
        return failure.with_hint(
            "用 SHOW TABLES 或目录页查看可用的数据集。",
            "SHOW TABLES or the catalogue page lists what you may read.",
        );
    }
    failure.with_hint(
        format!("是不是 {}？", nearest.join("、")),
        format!("Did you mean {}?", nearest.join(", ")),
    )
}
