//! Why a source brought nothing, and whether trying again may help.

use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A source that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting that cannot be meant so.
    #[error("{place}: {}", says.en)]
    Setting {
        /// Where in the settings, for example `url`.
        place: String,
        /// What is wrong.
        says: Text,
    },
    /// The call was refused here, or did not come back.
    #[error(transparent)]
    Egress(#[from] brain_egress::Error),
    /// The interface answered with a status that is no success.
    #[error("{origin} answered {status}")]
    Status {
        /// Address without its query.
        origin: String,
        /// HTTP status.
        status: u16,
        /// Seconds after which it asks to be called again.
        retry_after_s: Option<u64>,
    },
    /// The answer is not what the settings say it is.
    #[error("{origin}, {place}: {}", says.en)]
    Answer {
        /// Address without its query.
        origin: String,
        /// Where in the answer.
        place: String,
        /// What is wrong.
        says: Text,
    },
    /// The database refused or failed.
    #[error("{server} ({state}): {cause}")]
    Database {
        /// Host, port and database.
        server: String,
        /// SQLSTATE, or what stands for it.
        state: String,
        /// What it said.
        cause: String,
        /// Whether the same may work later.
        transient: bool,
    },
    /// Changes cannot be captured until somebody mends what is said.
    #[error("{}", says.en)]
    Changes {
        /// What is wrong, and how to mend it.
        says: Text,
    },
    /// The server of messages refused or failed.
    #[error("{server}: {}", cause.en)]
    Broker {
        /// Host and port.
        server: String,
        /// What happened.
        cause: Text,
        /// Whether the same may work later.
        transient: bool,
    },
    /// The stream of this name is not the one that was read.
    #[error("{server}: the stream {stream} is another one than was read")]
    Replaced {
        /// Host and port.
        server: String,
        /// Its name.
        stream: String,
    },
    /// Received messages cannot be kept.
    #[error("the spool {path}: {cause}")]
    Spool {
        /// The folder or file.
        path: String,
        /// What happened.
        cause: std::io::Error,
    },
    /// The object store refused or failed.
    #[error("{bucket} answered {status} {says}")]
    Store {
        /// Address of the bucket.
        bucket: String,
        /// HTTP status.
        status: u16,
        /// Its code of the refusal, such as `NoSuchBucket`; may be empty.
        says: String,
        /// Seconds after which it asks to be called again.
        retry_after_s: Option<u64>,
    },
    /// The site does not want its pages read.
    #[error("{site}: {}", says.en)]
    Unwanted {
        /// Origin of the site.
        site: String,
        /// What it says.
        says: Text,
        /// Whether that may change by itself.
        transient: bool,
    },
    /// A folder or file that cannot be read.
    #[error("{path}: {cause}")]
    Folder {
        /// The path.
        path: String,
        /// What happened.
        cause: std::io::Error,
    },
    /// The file changed while it was read; it is left for the next run.
    #[error("{path} changed while it was read")]
    Changed {
        /// The path.
        path: String,
    },
    /// More than this program takes at once.
    #[error("{}: more than {limit} {}", what.en, unit.en)]
    TooMuch {
        /// What there is too much of.
        what: Text,
        /// The limit.
        limit: u64,
        /// Its unit.
        unit: Text,
    },
    /// The landing folder cannot be written.
    #[error("the landing folder: {0}")]
    Landing(#[from] std::io::Error),
    /// The stored position is none of this source.
    #[error("the position cannot be read: {0}")]
    Position(String),
    /// Somebody asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    pub(crate) fn setting(place: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Setting { place: place.into(), says: Text::new(zh, en) }
    }

    pub(crate) fn changes(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Changes { says: Text::new(zh, en) }
    }

    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Setting { .. } => "connect/setting",
            Self::Egress(error) => error.code(),
            Self::Status { .. } => "connect/status",
            Self::Answer { .. } => "connect/answer",
            Self::Database { .. } => "connect/database",
            Self::Changes { .. } => "connect/changes",
            Self::Broker { .. } => "connect/broker",
            Self::Replaced { .. } => "connect/replaced",
            Self::Spool { .. } => "connect/spool",
            Self::Store { .. } => "connect/store",
            Self::Unwanted { .. } => "connect/unwanted",
            Self::Folder { .. } => "connect/folder",
            Self::Changed { .. } => "connect/changed",
            Self::TooMuch { .. } => "connect/too-much",
            Self::Landing(_) => "connect/landing",
            Self::Position(_) => "connect/position",
            Self::Cancelled => "connect/cancelled",
        }
    }

    /// Whether the same may work a little later (暂时性错误).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Egress(error) => matches!(
                error,
                brain_egress::Error::Unresolved { .. }
                    | brain_egress::Error::TimedOut { .. }
                    | brain_egress::Error::Failed { .. }
            ),
            // RFC 9110 §15.5.9, §15.6; RFC 6585 §4; RFC 8470 §5.2.
            Self::Status { status, .. } => passes(*status),
            // Some stores answer a connection that stood still with 400.
            Self::Store { status, says, .. } => passes(*status) || says == "RequestTimeout",
            Self::Database { transient, .. }
            | Self::Broker { transient, .. }
            | Self::Unwanted { transient, .. } => *transient,
            Self::Changed { .. } => true,
            _ => false,
        }
    }

    /// Seconds after which the source itself asks to be tried again.
    #[must_use]
    pub const fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::Status { retry_after_s, .. } | Self::Store { retry_after_s, .. } => *retry_after_s,
            _ => None,
        }
    }
}

/// Statuses that may be others a little later: RFC 9110 §15.5.9, §15.6; RFC 6585 §4; RFC 8470 §5.2.
const fn passes(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// How a refusal of an object store is mended.
fn store_advice(status: u16, says: &str) -> Text {
    match says {
        "SignatureDoesNotMatch" | "InvalidAccessKeyId" | "NotSignedUp" => {
            Text::new("请检查访问密钥 ID 与密钥。", "Check the access key id and its secret.")
        }
        "AccessDenied" | "AllAccessDisabled" => Text::new(
            "请向对方申请列出该桶和读取对象的权限。",
            "Ask the other side for the right to list the bucket and to read its objects.",
        ),
        "NoSuchBucket" => Text::new("请检查桶名与地址。", "Check the name of the bucket and the endpoint."),
        "RequestTimeTooSkewed" => Text::new(
            "节点的时钟与对方相差太多，请校时。",
            "The node's clock is too far from theirs; set it.",
        ),
        "PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed" => Text::new(
            "请填写桶所在区域及其地址。",
            "Write the region the bucket is in, and the endpoint of that region.",
        ),
        _ => advice(status),
    }
}

/// How a status of an interface is mended.
fn advice(status: u16) -> Text {
    match status {
        401 => Text::new(
            "请检查密钥是否正确、是否过期。",
            "Check whether the secret is right and has not expired.",
        ),
        403 => {
            Text::new("请向对方申请该接口的访问权限。", "Ask the other side for access to this interface.")
        }
        404 | 410 => Text::new("请检查地址和路径。", "Check the address and its path."),
        300..=399 => Text::new(
            "对方要求转到别处；请填写最终地址。",
            "It sends elsewhere; write the address it leads to.",
        ),
        429 => {
            Text::new("请求过于频繁；请调大请求间隔。", "Too many calls; make the pause between them longer.")
        }
        500..=599 => {
            Text::new("对方服务出错，稍后自动重试。", "The other side failed; it is tried again later.")
        }
        _ => Text::new("请核对接口文档中的参数。", "Hold the parameters against the interface's documents."),
    }
}

/// How a failure of a database is mended.
fn advice_of_database(state: &str, transient: bool) -> Text {
    match (transient, state) {
        (true, _) => Text::new("稍后自动重试。", "It is tried again later."),
        (false, "tls") => Text::new(
            "请检查服务器是否启用加密、证书是否含所填主机名、authority 是否为其颁发者。",
            "Check that the server encrypts, that its certificate names the host as written, and that authority issued it.",
        ),
        _ => Text::new(
            "请检查账户、权限、表名与列名。",
            "Check account, rights, and the names of table and columns.",
        ),
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = error.code();
        let kind = match &error {
            Error::Setting { .. } => ErrorKind::InvalidArgument,
            Error::Cancelled => ErrorKind::Cancelled,
            Error::TooMuch { .. } | Error::Landing(_) | Error::Spool { .. } => ErrorKind::Exhausted,
            other if other.is_transient() => ErrorKind::Unavailable,
            _ => ErrorKind::Precondition,
        };
        match error {
            Error::Setting { place, says } => Self::new(
                kind,
                code,
                format!("设置项 {place}：{}", says.zh),
                format!("Setting {place}: {}", says.en),
            )
            .with_pointer(format!("/settings/{place}")),
            Error::Egress(error) => Self::from(error),
            Error::Status { origin, status, retry_after_s } => {
                let hint = advice(status);
                let failure = Self::new(
                    kind,
                    code,
                    format!("{origin} 答复状态 {status}。"),
                    format!("{origin} answered with status {status}."),
                )
                .with_hint(hint.zh, hint.en);
                match retry_after_s.and_then(|seconds| u32::try_from(seconds).ok()) {
                    Some(seconds) => failure.with_retry_after(seconds),
                    None => failure,
                }
            }
            Error::Answer { origin, place, says } => Self::new(
                kind,
                code,
                format!("{origin} 的应答在 {place} 处不符：{}", says.zh),
                format!("The answer of {origin} is not as set at {place}: {}", says.en),
            ),
            Error::Database { server, state, cause, transient } => {
                let hint = advice_of_database(&state, transient);
                Self::new(
                    kind,
                    code,
                    format!("数据库 {server} 报错（{state}）：{cause}"),
                    format!("The database {server} says ({state}): {cause}"),
                )
                .with_hint(hint.zh, hint.en)
            }
            Error::Changes { says } => Self::new(kind, code, says.zh, says.en),
            Error::Broker { server, cause, transient } => Self::new(
                kind,
                code,
                format!("消息服务器 {server}：{}。", cause.zh),
                format!("The server of messages {server}: {}.", cause.en),
            )
            .with_hint(
                if transient {
                    "稍后自动重试。"
                } else {
                    "请检查用户、密钥、权限、加密方式与名称。"
                },
                if transient {
                    "It is tried again later."
                } else {
                    "Check user, secret, rights, encryption and names."
                },
            ),
            Error::Replaced { server, stream } => Self::new(
                kind,
                code,
                format!("服务器 {server} 上的流 {stream} 已被重建或恢复，不是原先读取的那个；未取任何数据。"),
                format!("The stream {stream} at {server} was made anew or restored: it is not the one that was read. Nothing was fetched."),
            )
            .with_hint(
                "确认后修改该数据连接器并勾选“忘记读取位置，从头读取”。",
                "If that is meant, change the connector and choose “Forget how far it has read and begin at the beginning”.",
            ),
            Error::Spool { path, cause } => Self::new(
                kind,
                code,
                format!("无法保存收到的消息（{path}）：{cause}"),
                format!("Received messages cannot be kept ({path}): {cause}"),
            )
            .with_hint(
                "请检查磁盘空间与权限；未保存的消息没有向对方确认，之后会再送来。",
                "Check space and rights of the disk; what was not kept was not acknowledged and is sent again.",
            ),
            Error::Store { bucket, status, says, retry_after_s } => {
                let hint = store_advice(status, &says);
                let failure = Self::new(
                    kind,
                    code,
                    format!("{bucket} 答复状态 {status} {says}。"),
                    format!("{bucket} answered with status {status} {says}."),
                )
                .with_hint(hint.zh, hint.en);
                match retry_after_s.and_then(|seconds| u32::try_from(seconds).ok()) {
                    Some(seconds) => failure.with_retry_after(seconds),
                    None => failure,
                }
            }
            Error::Unwanted { site, says, transient } => {
                let failure =
                    Self::new(kind, code, format!("{site}：{}", says.zh), format!("{site}: {}", says.en));
                if transient {
                    failure.with_hint("稍后自动重试。", "It is tried again later.")
                } else {
                    failure.with_hint(
                        "请尊重网站的规定；确有需要，请与网站联系取得许可或数据接口。",
                        "Heed what the site says; where the pages are needed, ask the site for leave or for an interface.",
                    )
                }
            }
            Error::Folder { path, cause } => Self::new(
                kind,
                code,
                format!("无法读取 {path}：{cause}"),
                format!("{path} cannot be read: {cause}"),
            )
            .with_hint(
                "请检查路径和权限；可读的文件夹由运维人员写入 connect.folders。",
                "Check path and rights; the operator lists the folders that may be read in connect.folders.",
            ),
            Error::Changed { path } => Self::new(
                kind,
                code,
                format!("{path} 在读取时发生变化，留待下次。"),
                format!("{path} changed while it was read; it is left for the next run."),
            ),
            Error::TooMuch { what, limit, unit } => Self::new(
                kind,
                code,
                format!("{}超过 {limit} {}。", what.zh, unit.zh),
                format!("{} is more than {limit} {}.", what.en, unit.en),
            )
            .with_hint("请缩小范围，或改用增量方式。", "Narrow it down, or fetch by a cursor."),
            Error::Landing(cause) => Self::new(
                kind,
                code,
                format!("无法写入落地文件夹：{cause}"),
                format!("The landing folder cannot be written: {cause}"),
            )
            .with_hint("请检查磁盘空间与权限。", "Check space and rights of the disk."),
            Error::Position(cause) => Self::new(
                kind,
                code,
                format!("存储的读取位置无法识别：{cause}"),
                format!("The stored position is not understood: {cause}"),
            )
            .with_hint("请重置读取位置，从头读取。", "Reset the position to read from the beginning."),
            Error::Cancelled => Self::new(kind, code, "已取消，未入仓。", "Cancelled; nothing landed."),
        }
    }
}
