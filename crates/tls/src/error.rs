//! What can go wrong.

use brain_kernel::error::{ErrorKind, Failure};

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of certificates or keys.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A certificate, key, list of authorities or of revocations cannot be used.
    #[error("{what}: {cause}")]
    Material {
        /// Which part.
        what: &'static str,
        /// Why.
        cause: String,
    },
    /// A name or a time asked for is not one a certificate can carry.
    #[error("certificate request: {0}")]
    Request(String),
    /// The primitive failed.
    #[error("certificate could not be made: {0}")]
    Making(String),
}

impl Error {
    /// Stable code of this failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Material { .. } => "tls/material",
            Self::Request(_) => "tls/request",
            Self::Making(_) => "tls/making",
        }
    }
}

impl From<rcgen::Error> for Error {
    fn from(error: rcgen::Error) -> Self {
        Self::Making(error.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = error.code();
        match error {
            Error::Material { what, cause } => Self::new(
                ErrorKind::Precondition,
                code,
                format!("证书材料不可用（{what}）：{cause}"),
                format!("Unusable {what}: {cause}"),
            )
            .with_hint(
                "请检查 [tls] 所指的 PEM 文件是否完整、匹配且未过期。",
                "Check that the PEM files of the tls section are whole, belong together and have not run out.",
            ),
            Error::Request(cause) => Self::new(
                ErrorKind::InvalidArgument,
                code,
                format!("证书请求无效：{cause}"),
                format!("Invalid certificate request: {cause}"),
            ),
            Error::Making(_) => {
                tracing::error!(%error, "a certificate could not be made");
                Self::internal(code)
            }
        }
    }
}
