//! What can go wrong.

use brain_kernel::error::{ErrorKind, Failure};

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of cryptography. None of them says anything about a key.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Sealed bytes are not what was sealed, or belong to another key or another place.
    #[error("sealed data does not open: it was altered, or sealed with another key or for another place")]
    NotAuthentic,
    /// Bytes are too short, too long or of an unknown shape.
    #[error("malformed {what}")]
    Malformed {
        /// What was expected.
        what: &'static str,
    },
    /// No algorithm of this name.
    #[error("unknown algorithm {0:?}")]
    UnknownAlgorithm(String),
    /// The key that sealed this is not at hand.
    #[error("no key {id}")]
    NoKey {
        /// Id of the key.
        id: String,
    },
    /// A key file or its folder can be reached by others.
    #[error("key file {path} has mode {mode:o}")]
    KeyPermissions {
        /// The file.
        path: String,
        /// Its permission bits.
        mode: u32,
    },
    /// A key file cannot be read or written.
    #[error("key file {path}: {cause}")]
    KeyFile {
        /// The file.
        path: String,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A key file does not hold a key.
    #[error("key file {path} does not hold a key")]
    KeyMalformed {
        /// The file.
        path: String,
    },
    /// The random source, a module or a primitive failed.
    #[error("cryptographic module failed: {0}")]
    Module(String),
}

impl Error {
    /// Stable code of this failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAuthentic => "crypto/not-authentic",
            Self::Malformed { .. } => "crypto/malformed",
            Self::UnknownAlgorithm(_) => "crypto/unknown-algorithm",
            Self::NoKey { .. } => "crypto/no-key",
            Self::KeyPermissions { .. } => "crypto/key-permissions",
            Self::KeyFile { .. } => "crypto/key-file",
            Self::KeyMalformed { .. } => "crypto/key-malformed",
            Self::Module(_) => "crypto/module",
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = error.code();
        match error {
            Error::NotAuthentic => Self::new(
                ErrorKind::Precondition,
                code,
                "密文无法打开：内容被改动，或加密时用的是另一把密钥或另一位置。",
                "Sealed data does not open: it was altered, or sealed with another key or for another place.",
            ),
            Error::Malformed { what } => Self::new(
                ErrorKind::InvalidArgument,
                code,
                format!("格式不对：{what}"),
                format!("Malformed {what}"),
            ),
            Error::UnknownAlgorithm(name) => Self::new(
                ErrorKind::InvalidArgument,
                code,
                format!("未知算法 {name}。"),
                format!("Unknown algorithm {name}."),
            ),
            Error::NoKey { id } => Self::new(
                ErrorKind::Precondition,
                code,
                format!("缺少密钥 {id}。"),
                format!("Key {id} is not at hand."),
            )
            .with_hint(
                "请把该密钥加入 crypto 配置，或从密钥备份恢复；密钥已销毁的数据无法恢复。",
                "Add the key in the crypto section or restore it; data whose key was destroyed cannot be had back.",
            ),
            Error::KeyPermissions { path, mode } => Self::new(
                ErrorKind::Precondition,
                code,
                format!("密钥文件 {path} 的权限为 {mode:o}，其他用户可以访问，拒绝启动。"),
                format!("Key file {path} has mode {mode:o}: others can reach it; refusing to start."),
            )
            .with_hint(
                format!("如未泄露，请执行 chmod go-rwx {path}；如可能已泄露，请更换密钥。"),
                format!("If it did not leak, run chmod go-rwx {path}; if it may have, replace the key."),
            ),
            Error::KeyFile { path, cause } => Self::new(
                ErrorKind::Unavailable,
                code,
                format!("无法读写密钥文件 {path}：{cause}"),
                format!("Cannot read or write key file {path}: {cause}"),
            )
            .with_hint("请检查目录权限与磁盘空间。", "Check the folder's permissions and the disk's room."),
            Error::KeyMalformed { path } => Self::new(
                ErrorKind::Precondition,
                code,
                format!("密钥文件 {path} 内容损坏。"),
                format!("Key file {path} is damaged."),
            )
            .with_hint("请从备份恢复该文件。", "Restore the file from a backup."),
            Error::Module(_) => Self::internal(code),
        }
    }
}
