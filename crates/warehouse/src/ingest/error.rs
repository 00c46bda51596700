//! What can go wrong with an ingest as a whole; a wrong row goes to quarantine instead.

use crate::source::TooMuch;
use brain_kernel::error::{ErrorKind, Failure};
use std::path::Path;

/// Why an ingest did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IngestError {
    /// A file or folder cannot be read.
    #[error("cannot read {path}: {reason}")]
    Read {
        /// Path as given.
        path: String,
        /// What the operating system or the decompressor says.
        reason: String,
    },
    /// No mapping of that name.
    #[error("no mapping {name:?}")]
    UnknownMapping {
        /// Name asked for.
        name: String,
        /// Names there are.
        known: Vec<String>,
    },
    /// No file of the path fits the mapping.
    #[error("no file in {path} for {mapping}")]
    NoFile {
        /// Path as given.
        path: String,
        /// Mapping.
        mapping: String,
        /// Tables left without a file, with their patterns.
        missing: Vec<String>,
    },
    /// A folder with too many files.
    #[error("more than {limit} files in {path}")]
    TooManyFiles {
        /// Path as given.
        path: String,
        /// The limit.
        limit: usize,
    },
    /// A file with nothing in it.
    #[error("{file} is empty")]
    Empty {
        /// File.
        file: String,
    },
    /// The first record is no header.
    #[error("{file} has no header")]
    NoHeader {
        /// File.
        file: String,
    },
    /// A file of another kind than the mapping says.
    #[error("{file} is not {expected}")]
    WrongKind {
        /// File.
        file: String,
        /// Kind expected.
        expected: &'static str,
    },
    /// A damaged workbook or Parquet file.
    #[error("{file}: {reason}")]
    Broken {
        /// File.
        file: String,
        /// What its reader says.
        reason: String,
    },
    /// A workbook too large for memory.
    #[error("{file} is larger than {limit_mib} MiB")]
    TooLarge {
        /// File.
        file: String,
        /// The limit, MiB.
        limit_mib: u64,
    },
    /// A link, a pipe or a device where a file should be.
    #[error("{path} is no plain file")]
    NotAFile {
        /// The path.
        path: String,
    },
    /// A packed file that becomes far more than it is.
    #[error("{file} unpacks to more than {limit_mib} MiB or {ratio} times its size")]
    Unpacked {
        /// File.
        file: String,
        /// Most it may become, MiB.
        limit_mib: u64,
        /// Most bytes one packed byte may become.
        ratio: u64,
    },
    /// A workbook with too many parts.
    #[error("{file} has more than {limit} parts")]
    TooManyParts {
        /// File.
        file: String,
        /// The limit.
        limit: usize,
    },
    /// A workbook with a part whose name leads out of it.
    #[error("{file} has a part named {name:?}")]
    UnsafePart {
        /// File.
        file: String,
        /// Name of the part, shortened.
        name: String,
    },
    /// A sheet whose cells span more than can be laid out.
    #[error("{file} spans more than {limit} cells")]
    SheetTooLarge {
        /// File.
        file: String,
        /// The limit.
        limit: u64,
    },
    /// Columns the mapping requires and the file lacks.
    #[error("{file} lacks {missing:?}")]
    MissingColumns {
        /// File.
        file: String,
        /// Mapping.
        mapping: String,
        /// Required columns with the names they may have.
        missing: Vec<String>,
        /// Columns the file has.
        found: Vec<String>,
    },
    /// The party may not ingest.
    #[error("{role} may not ingest")]
    NotAllowed {
        /// Role of the party.
        role: &'static str,
    },
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl IngestError {
    /// A failure to read, or the cancellation that shows as one.
    pub(crate) fn read(path: &Path, error: &std::io::Error) -> Self {
        if error.to_string() == "cancelled" {
            return Self::Cancelled;
        }
        if let Some(TooMuch(unpack)) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
            return unpack.refuse(&path.display().to_string(), unpack.bytes_max);
        }
        Self::Read { path: path.display().to_string(), reason: error.to_string() }
    }
}

impl From<IngestError> for crate::Error {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Cancelled => Self::Cancelled,
            other => Self::Failure(other.into()),
        }
    }
}

impl From<IngestError> for Failure {
    fn from(error: IngestError) -> Self {
        use ErrorKind::{Cancelled, Exhausted, Forbidden, InvalidArgument, NotFound};
        match error {
            IngestError::Read { path, reason } => Self::new(
                NotFound,
                "warehouse/ingest-read",
                format!("无法读取 {path}：{reason}"),
                format!("Cannot read {path}: {reason}"),
            )
            .with_hint("检查路径、权限和文件是否完整。", "Check the path, its permissions, and that the file is whole."),
            IngestError::UnknownMapping { name, known } => Self::new(
                NotFound,
                "warehouse/unknown-mapping",
                format!("没有名为 {name} 的映射。"),
                format!("There is no mapping {name:?}."),
            )
            .with_hint(
                format!("可用：{}；或用 auto 自动推断列类型。", known.join("、")),
                format!("There are {}; or use auto to infer the column types.", known.join(", ")),
            ),
            IngestError::NoFile { path, mapping, missing } => Self::new(
                NotFound,
                "warehouse/ingest-no-file",
                format!("{path} 中缺少映射 {mapping} 需要的文件：{}。", missing.join("；")),
                format!("{path} lacks files mapping {mapping} needs: {}.", missing.join("; ")),
            )
            .with_hint("按括号中的模式命名文件，或选另一个映射。", "Name the files after the patterns in brackets, or choose another mapping."),
            IngestError::TooManyFiles { path, limit } => Self::new(
                Exhausted,
                "warehouse/ingest-too-many-files",
                format!("{path} 中的文件超过 {limit} 个。"),
                format!("There are more than {limit} files in {path}."),
            )
            .with_hint("分批导入子文件夹。", "Ingest its subfolders one by one."),
            IngestError::Empty { file } => {
                Self::new(InvalidArgument, "warehouse/ingest-empty", format!("{file} 是空的。"), format!("{file} is empty."))
                    .with_hint("检查文件是否传输完整。", "Check that the file was transferred whole.")
            }
            IngestError::NoHeader { file } => Self::new(
                InvalidArgument,
                "warehouse/ingest-no-header",
                format!("{file} 的第一行不是表头（引号未闭合或过长）。"),
                format!("The first line of {file} is no header (unclosed quote, or too long)."),
            )
            .with_hint("修正第一行，或在映射中写 format = {{ header = false }}。", "Mend the first line, or write format = {{ header = false }} in the mapping."),
            IngestError::WrongKind { file, expected } => Self::new(
                InvalidArgument,
                "warehouse/ingest-wrong-kind",
                format!("{file} 不是 {expected} 文件。"),
                format!("{file} is not {expected}."),
            )
            .with_hint("检查文件，或修改映射的 format.kind。", "Check the file, or change the mapping's format.kind."),
            IngestError::Broken { file, reason } => Self::new(
                InvalidArgument,
                "warehouse/ingest-broken",
                format!("{file} 已损坏或不受支持：{reason}"),
                format!("{file} is damaged or not supported: {reason}"),
            )
            .with_hint("重新导出该文件，或改存为 CSV。", "Export it again, or save it as CSV."),
            IngestError::TooLarge { file, limit_mib } => Self::new(
                Exhausted,
                "warehouse/ingest-too-large",
                format!("工作簿 {file} 大于 {limit_mib} MiB。"),
                format!("Workbook {file} is larger than {limit_mib} MiB."),
            )
            .with_hint("请另存为 CSV，CSV 没有大小限制。", "Save it as CSV, which has no size limit."),
            IngestError::NotAFile { path } => Self::new(
                InvalidArgument,
                "warehouse/ingest-not-a-file",
                format!("{path} 不是普通文件（链接、管道或设备）。"),
                format!("{path} is no plain file but a link, a pipe or a device."),
            )
            .with_hint("链接不会被跟随；请放入文件本身。", "Links are not followed; put the file itself there."),
            IngestError::Unpacked { file, limit_mib, ratio } => Self::new(
                Exhausted,
                "warehouse/ingest-unpacked",
                format!("{file} 解压后超过 {limit_mib} MiB 或其自身的 {ratio} 倍，已停止。"),
                format!("{file} unpacks to more than {limit_mib} MiB or {ratio} times its size; stopped."),
            )
            .with_hint(
                "如确是数据，请先解压或拆分，或由运维人员调整 warehouse.unpack_ratio_max 与 warehouse.unpack_limit_mib。",
                "If it is data, unpack or split it first, or let the operator raise warehouse.unpack_ratio_max or warehouse.unpack_limit_mib.",
            ),
            IngestError::TooManyParts { file, limit } => Self::new(
                Exhausted,
                "warehouse/ingest-archive-parts",
                format!("工作簿 {file} 的部件超过 {limit} 个。"),
                format!("Workbook {file} has more than {limit} parts."),
            )
            .with_hint("请另存为 CSV。", "Save it as CSV."),
            IngestError::UnsafePart { file, name } => Self::new(
                InvalidArgument,
                "warehouse/ingest-archive-name",
                format!("工作簿 {file} 含有越出自身目录的部件名 {name:?}，已拒绝。"),
                format!("Workbook {file} has a part whose name leads out of it ({name:?}); refused."),
            )
            .with_hint("正常的工作簿没有这样的部件；请核实文件来源。", "No honest workbook has one; ask where the file comes from."),
            IngestError::SheetTooLarge { file, limit } => Self::new(
                Exhausted,
                "warehouse/ingest-sheet",
                format!("工作簿 {file} 的单元格范围超过 {limit} 格。"),
                format!("The cells of workbook {file} span more than {limit}."),
            )
            .with_hint(
                "请删除远处的零散单元格，或另存为 CSV。",
                "Remove stray cells far away, or save it as CSV.",
            ),
            IngestError::MissingColumns { file, mapping, missing, found } => Self::new(
                InvalidArgument,
                "warehouse/ingest-missing-columns",
                format!("{file} 缺少映射 {mapping} 需要的列：{}；文件中的列：{}。", missing.join("；"), found.join("、")),
                format!("{file} lacks columns mapping {mapping} needs: {}; it has {}.", missing.join("; "), found.join(", ")),
            )
            .with_hint(
                "改正表头，在映射的 source 中加入文件里的列名，或选另一个映射。",
                "Mend the header, add the file's names to `source` in the mapping, or choose another mapping.",
            ),
            IngestError::NotAllowed { role } => Self::new(
                Forbidden,
                "warehouse/ingest-not-allowed",
                format!("角色 {role} 不能导入数据。"),
                format!("Role {role} may not ingest data."),
            )
            .with_hint("请系统管理员、政府或行业组织账号导入。", "Ask a system-administrator, government or industry-body account."),
            IngestError::Cancelled => Self::new(Cancelled, "warehouse/cancelled", "已取消。", "Cancelled."),
        }
    }
}
