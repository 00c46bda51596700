//! Why a call was not made, or did not come back.

use brain_kernel::error::{ErrorKind, Failure};

use crate::Special;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A call that was refused or failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The address is no address.
    #[error("{url:?} is no address: {reason}")]
    Malformed {
        /// As given, shortened.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// The address is longer than any that is called.
    #[error("{url:?} is longer than {limit_bytes} bytes")]
    TooLong {
        /// As given, shortened.
        url: String,
        /// The limit, bytes.
        limit_bytes: usize,
    },
    /// A scheme that is never spoken.
    #[error("scheme {scheme:?} is not spoken")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// The address carries a user name or a password.
    #[error("an address with a user name or password")]
    Credentials,
    /// No setting names this origin.
    #[error("{origin} is not on the list of what may be called")]
    NotListed {
        /// Scheme, host and port.
        origin: String,
    },
    /// The name leads to an address of no outside machine.
    #[error("{host} leads to {address}, which is {special}")]
    Address {
        /// Host as asked for.
        host: String,
        /// Where it leads.
        address: String,
        /// What that is.
        special: Special,
    },
    /// The name leads nowhere.
    #[error("{host} has no address: {cause}")]
    Unresolved {
        /// Host as asked for.
        host: String,
        /// What the resolver said.
        cause: String,
    },
    /// The other side took too long.
    #[error("{origin} took longer than {seconds} s")]
    TimedOut {
        /// Scheme, host and port.
        origin: String,
        /// The limit, seconds.
        seconds: u64,
    },
    /// The answer is too long.
    #[error("{origin} answered more than {limit_bytes} bytes")]
    TooLarge {
        /// Scheme, host and port.
        origin: String,
        /// The limit, bytes.
        limit_bytes: u64,
    },
    /// No connection, or it broke off.
    #[error("{origin}: {cause}")]
    Failed {
        /// Scheme, host and port.
        origin: String,
        /// What happened.
        cause: String,
    },
    /// A setting that cannot be meant so.
    #[error("egress.{key}: {value:?}: {reason}")]
    Setting {
        /// Key under `egress`.
        key: &'static str,
        /// The value.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    /// Stable code of this failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "egress/malformed",
            Self::TooLong { .. } => "egress/too-long",
            Self::Scheme { .. } => "egress/scheme",
            Self::Credentials => "egress/credentials",
            Self::NotListed { .. } => "egress/not-listed",
            Self::Address { .. } => "egress/address",
            Self::Unresolved { .. } => "egress/unresolved",
            Self::TimedOut { .. } => "egress/timed-out",
            Self::TooLarge { .. } => "egress/too-large",
            Self::Failed { .. } => "egress/failed",
            Self::Setting { .. } => "egress/setting",
        }
    }

    /// Whether the guard refused the call, rather than the other side failing it.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Malformed { .. }
                | Self::TooLong { .. }
                | Self::Scheme { .. }
                | Self::Credentials
                | Self::NotListed { .. }
                | Self::Address { .. }
        )
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        use ErrorKind::{Exhausted, Forbidden, InvalidArgument, Unavailable};
        let code = error.code();
        let listed = |failure: Self| {
            failure.with_hint(
                "如确需访问，请由运维人员写入 egress.allow；解析到内网地址的，还须写入 egress.networks。",
                "If it is meant, the operator lists it in egress.allow, and an inner network it leads to in egress.networks.",
            )
        };
        match error {
            Error::Malformed { url, reason } => Self::new(
                InvalidArgument,
                code,
                format!("地址 {url:?} 无法识别：{reason}"),
                format!("The address {url:?} is not understood: {reason}"),
            ),
            Error::TooLong { url, limit_bytes } => Self::new(
                InvalidArgument,
                code,
                format!("地址 {url:?} 超过 {limit_bytes} 字节，不予访问；请缩短路径、参数或对象名。"),
                format!("The address {url:?} is longer than {limit_bytes} bytes and is not called; shorten its path, its parameters or the object's key."),
            ),
            Error::Scheme { scheme } => Self::new(
                InvalidArgument,
                code,
                format!("不支持 {scheme:?} 协议的地址，请用 https。"),
                format!("Addresses of scheme {scheme:?} are not called; use https."),
            ),
            Error::Credentials => Self::new(
                InvalidArgument,
                code,
                "地址中不能带用户名或口令。",
                "An address must carry no user name or password.",
            ),
            Error::NotListed { origin } => listed(Self::new(
                Forbidden,
                code,
                format!("{origin} 不在允许访问的名单中。"),
                format!("{origin} is not on the list of what this node may call."),
            )),
            Error::Address { host, address, special } => listed(Self::new(
                Forbidden,
                code,
                format!("{host} 指向 {address}（{special}），不是外部地址，已拒绝。"),
                format!("{host} leads to {address} ({special}), which is no outside address; refused."),
            )),
            Error::Unresolved { host, cause } => Self::new(
                Unavailable,
                code,
                format!("无法解析 {host}：{cause}"),
                format!("{host} cannot be resolved: {cause}"),
            ),
            Error::TimedOut { origin, seconds } => Self::new(
                Unavailable,
                code,
                format!("{origin} 在 {seconds} 秒内没有答完。"),
                format!("{origin} did not answer within {seconds} s."),
            ),
            Error::TooLarge { origin, limit_bytes } => Self::new(
                Exhausted,
                code,
                format!("{origin} 的应答超过 {} KiB。", limit_bytes / 1024),
                format!("The answer of {origin} exceeds {} KiB.", limit_bytes / 1024),
            ),
            Error::Failed { origin, cause } => Self::new(
                Unavailable,
                code,
                format!("无法与 {origin} 通信：{cause}"),
                format!("{origin} cannot be talked to: {cause}"),
            ),
            Error::Setting { key, value, reason } => Self::new(
                InvalidArgument,
                code,
                format!("egress.{key} 中的 {value:?} 无效：{reason}"),
                format!("egress.{key}: {value:?} will not do: {reason}"),
            )
            .with_hint(
                "写法如 https://peer.example、https://*.gov.example:8443、tcp://10.0.0.9:3310；网络如 10.0.0.0/8。",
                "Write https://peer.example, https://*.gov.example:8443 or tcp://10.0.0.9:3310; a network is 10.0.0.0/8.",
            ),
        }
    }
}
