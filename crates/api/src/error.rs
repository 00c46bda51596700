//! Failures that arise in the HTTP layer itself, before or around the crates it serves.

use brain_kernel::error::{ErrorKind, Failure};

/// What the interface itself refuses.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// No endpoint has this path.
    #[error("no endpoint {path}")]
    UnknownPath {
        /// The path asked for.
        path: String,
    },
    /// The path exists, but not with this method.
    #[error("{method} is not offered here")]
    MethodNotAllowed {
        /// The method used.
        method: String,
    },
    /// No credential came with the request.
    #[error("not signed in")]
    NotSignedIn,
    /// The caller's role is not in the endpoint's audience.
    #[error("not offered to this role")]
    Audience,
    /// Nodes speak here, and this caller showed no certificate of one.
    #[error("a node certificate is needed")]
    PeerCertificate,
    /// The act is for a person in a session.
    #[error("a session is needed")]
    SessionNeeded,
    /// The key is not good for this.
    #[error("the key lacks the scope {needed}")]
    Scope {
        /// The scope that would do.
        needed: String,
    },
    /// A cookie-borne request that changes state lacks the header a foreign page cannot set.
    #[error("missing x-brain-request header")]
    ForgeryGuard,
    /// The request comes from another origin's page.
    #[error("foreign origin")]
    ForeignOrigin,
    /// Body or query does not parse.
    #[error("{place}: {reason}")]
    Malformed {
        /// `body` or `query`.
        place: &'static str,
        /// JSON pointer of the offending value, empty for the whole.
        pointer: String,
        /// What the parser says.
        reason: String,
    },
    /// The body's content type is not the one expected.
    #[error("expected {expected}")]
    ContentType {
        /// The content type expected.
        expected: &'static str,
    },
    /// None of the formats the caller accepts can be produced.
    #[error("body exceeds {limit_bytes} bytes")]
    TooLarge {
        /// The limit, bytes.
        limit_bytes: u64,
    },
    /// The caller stopped sending.
    #[error("the body stopped coming")]
    BodyBroken,
    /// The request took longer than it may.
    #[error("took longer than {seconds} s")]
    Timeout {
        /// The limit, seconds.
        seconds: u64,
    },
    /// The node answers as many requests as it may.
    #[error("too many requests at once")]
    Busy,
    /// One address tried to sign in too often.
    #[error("too many sign-ins from one address")]
    SignInRate {
        /// Seconds until the next try makes sense.
        retry_s: u32,
    },
    /// A caller has used its points up.
    #[error("too many requests")]
    RateExceeded {
        /// Seconds until there are enough again.
        retry_s: u32,
    },
    /// A caller has as much going as it may.
    #[error("{limit} requests of this caller at once")]
    TooManyAtOnce {
        /// The limit.
        limit: u32,
    },
    /// The request means another host.
    #[error("this node is not {host}")]
    UnknownHost {
        /// The name it was called by.
        host: String,
    },
    /// The caller's network is not on the list of this listener.
    #[error("not from this network")]
    AddressNotAllowed,
    /// The act belongs to the listener for administration.
    #[error("only on the administration's listener")]
    AdministrationApart,
    /// An upload's content is not what its name says, or nothing that is taken.
    #[error("{name}: {found} is not {expected}")]
    UploadKind {
        /// Name of the file.
        name: String,
        /// What its first bytes say.
        found: &'static str,
        /// What would do.
        expected: &'static str,
    },
    /// The scanner found something in an upload.
    #[error("malicious content: {signature}")]
    UploadInfected {
        /// What the scanner calls it.
        signature: String,
    },
    /// A configured scanner gave no verdict.
    #[error("the upload could not be scanned")]
    ScanFailed,
    /// An object of this interface does not exist, or not for this caller.
    #[error("no {} {id}", what.1)]
    NotFound {
        /// Chinese and English name of the kind of object.
        what: (&'static str, &'static str),
        /// Its id.
        id: String,
    },
    /// Passkeys and federated sign-in are bound to an address that nobody configured.
    #[error("no public address")]
    NoPublicUrl,
    /// A query id is in use.
    #[error("query id in use")]
    QueryIdTaken,
    /// As many background runs as allowed are alive.
    #[error("too many runs")]
    TooManyRuns {
        /// The limit.
        limit: usize,
    },
    /// An account has as many ingests queued or running as it may.
    #[error("too many runs of one account")]
    TooManyOwnRuns {
        /// The limit.
        limit: usize,
    },
    /// An account has as many component runs at work as it may.
    #[error("too many component runs")]
    TooManyComponentRuns {
        /// The limit.
        limit: usize,
    },
    /// The node is stopping.
    #[error("stopping")]
    Stopping,
    /// A defect.
    #[error("internal: {0}")]
    Internal(String),
}

impl Error {
    /// Stable code of this failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownPath { .. } => "api/unknown-path",
            Self::MethodNotAllowed { .. } => "api/method-not-allowed",
            Self::NotSignedIn => "api/not-signed-in",
            Self::Audience => "api/audience",
            Self::PeerCertificate => "api/peer-certificate",
            Self::SessionNeeded => "api/session-needed",
            Self::Scope { .. } => "api/key-scope",
            Self::ForgeryGuard => "api/forgery-guard",
            Self::ForeignOrigin => "api/foreign-origin",
            Self::Malformed { .. } => "api/malformed",
            Self::ContentType { .. } => "api/content-type",
            Self::TooLarge { .. } => "api/too-large",
            Self::BodyBroken => "api/body-broken",
            Self::Timeout { .. } => "api/timeout",
            Self::Busy => "api/busy",
            Self::SignInRate { .. } => "api/sign-in-rate",
            Self::RateExceeded { .. } => "api/rate-exceeded",
            Self::TooManyAtOnce { .. } => "api/too-many-at-once",
            Self::UnknownHost { .. } => "api/unknown-host",
            Self::AddressNotAllowed => "api/address-not-allowed",
            Self::AdministrationApart => "api/administration-apart",
            Self::UploadKind { .. } => "api/upload-kind",
            Self::UploadInfected { .. } => "api/upload-infected",
            Self::ScanFailed => "api/scan-failed",
            Self::NotFound { .. } => "api/not-found",
            Self::NoPublicUrl => "api/no-public-url",
            Self::QueryIdTaken => "api/query-id-taken",
            Self::TooManyRuns { .. } => "api/too-many-runs",
            Self::TooManyOwnRuns { .. } => "api/too-many-own-runs",
            Self::TooManyComponentRuns { .. } => "api/too-many-component-runs",
            Self::Stopping => "api/stopping",
            Self::Internal(_) => "api/internal",
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = error.code();
        match error {
            Error::NotSignedIn
            | Error::Audience
            | Error::SessionNeeded
            | Error::PeerCertificate
            | Error::Scope { .. }
            | Error::ForgeryGuard
            | Error::ForeignOrigin => access(code, &error),
            Error::UnknownHost { .. } | Error::AddressNotAllowed | Error::AdministrationApart => {
                place(code, &error)
            }
            Error::UploadKind { .. } | Error::UploadInfected { .. } | Error::ScanFailed => {
                upload(code, &error)
            }
            Error::UnknownPath { .. } | Error::MethodNotAllowed { .. } | Error::NotFound { .. } => {
                missing(code, error)
            }
            Error::Malformed { .. }
            | Error::ContentType { .. }
            | Error::TooLarge { .. }
            | Error::BodyBroken => body(code, error),
            Error::Internal(cause) => {
                tracing::error!(%cause, "interface failed internally");
                Self::internal(code)
            }
            other => load(code, &other),
        }
    }
}

fn access(code: &'static str, error: &Error) -> Failure {
    match error {
        Error::NotSignedIn => {
            Failure::new(ErrorKind::Unauthenticated, code, "尚未登录。", "Nobody is signed in.").with_hint(
                "请先登录，或在 Authorization 头中携带令牌或接口密钥。",
                "Sign in first, or send a token or API key in the Authorization header.",
            )
        }
        Error::Audience => Failure::new(
            ErrorKind::Forbidden,
            code,
            "您的角色不能使用此接口。",
            "This is not offered to your role.",
        )
        .with_hint(
            "系统管理员、安全管理员与审计员各司其职；请联系负责此事的人。",
            "System administrator, security administrator and auditor have separate duties; ask whose it is.",
        ),
        Error::SessionNeeded => Failure::new(
            ErrorKind::Forbidden,
            code,
            "此操作须登录后进行，不能使用接口密钥。",
            "This needs a signed-in session; an API key will not do.",
        ),
        Error::PeerCertificate => Failure::new(
            ErrorKind::Forbidden,
            code,
            "此接口仅供持有节点证书的对端调用。",
            "This is for peers that show a node certificate.",
        )
        .with_hint(
            "请以节点证书建立双向 TLS 连接，且节点已登记并启用。",
            "Connect with a node certificate over mutual TLS; the node must be registered and active.",
        ),
        Error::Scope { needed } => Failure::new(
            ErrorKind::Forbidden,
            code,
            format!("此密钥的范围不含 {needed}。"),
            format!("This key's scopes do not cover {needed}."),
        )
        .with_hint(format!("请另建含 {needed} 范围的密钥。"), format!("Make a key with the scope {needed}.")),
        Error::ForgeryGuard => Failure::new(
            ErrorKind::Forbidden,
            code,
            "用浏览器会话修改数据须带请求头 x-brain-request: 1。",
            "A change made with a browser session needs the header x-brain-request: 1.",
        )
        .with_hint(
            "程序调用请改用 Authorization: Bearer 令牌或接口密钥。",
            "Programs should use Authorization: Bearer with a token or API key.",
        ),
        _ => Failure::new(
            ErrorKind::Forbidden,
            code,
            "请求来自其他网站的页面，已拒绝。",
            "The request comes from another site's page and was refused.",
        ),
    }
}

/// The request came to the wrong place, or from one.
fn place(code: &'static str, error: &Error) -> Failure {
    match error {
        Error::UnknownHost { host } => Failure::new(
            ErrorKind::InvalidArgument,
            code,
            format!("本节点不以 {host} 这个名字提供服务。"),
            format!("This node is not called {host}."),
        )
        .with_hint(
            "如确是本节点的名字，请由运维人员写入 http.hosts。",
            "If it is one of its names, the operator lists it in http.hosts.",
        ),
        Error::AddressNotAllowed => Failure::new(
            ErrorKind::Forbidden,
            code,
            "您的网络地址不在此监听口的允许范围内。",
            "This listener does not take requests from your network.",
        )
        .with_hint(
            "允许的网段由 http.allow 与 http.admin_allow 配置。",
            "http.allow and http.admin_allow list the networks.",
        ),
        _ => Failure::new(
            ErrorKind::Forbidden,
            code,
            "管理操作只能从管理监听口进行。",
            "Administration is done through its own listener.",
        )
        .with_hint("请使用 http.admin_listen 所设的地址。", "Use the address that http.admin_listen names."),
    }
}

fn upload(code: &'static str, error: &Error) -> Failure {
    match error {
        Error::UploadKind { name, found, expected } => Failure::new(
            ErrorKind::InvalidArgument,
            code,
            format!("文件 {name} 的内容是 {found}，应为 {expected}。"),
            format!("The content of {name} is {found}; it should be {expected}."),
        )
        .with_hint(
            "请检查文件是否选错，或按内容改正扩展名。",
            "Check that it is the right file, or give it the ending its content has.",
        ),
        Error::UploadInfected { signature } => Failure::new(
            ErrorKind::InvalidArgument,
            code,
            format!("文件未通过恶意代码检查：{signature}。"),
            format!("The file did not pass the check for malicious code: {signature}."),
        )
        .with_hint(
            "文件没有入库；请在来源处查杀后重新上传。",
            "Nothing of it was taken in; clean it where it comes from and send it again.",
        ),
        _ => Failure::new(
            ErrorKind::Unavailable,
            code,
            "恶意代码检查没有完成，文件未被接收。",
            "The check for malicious code did not finish, so the file was not taken.",
        )
        .with_hint(
            "请稍后重试，或联系运维人员检查扫描服务。",
            "Try again later, or ask the operator to look at the scanner.",
        ),
    }
}

fn missing(code: &'static str, error: Error) -> Failure {
    match error {
        Error::UnknownPath { path } => Failure::new(
            ErrorKind::NotFound,
            code,
            format!("没有接口 {path}。"),
            format!("There is no endpoint {path}."),
        )
        .with_hint("全部接口见 /api/v1/openapi.json。", "/api/v1/openapi.json lists every endpoint."),
        Error::NotFound { what, id } => Failure::new(
            ErrorKind::NotFound,
            code,
            format!("没有{} {id}。", what.0),
            format!("There is no {} {id}.", what.1),
        ),
        Error::MethodNotAllowed { method } => Failure::new(
            ErrorKind::InvalidArgument,
            code,
            format!("此路径不支持 {method} 方法。"),
            format!("This path does not take {method}."),
        )
        .with_hint("可用的方法见响应头 Allow。", "The Allow header names the methods it takes."),
        other => Failure::internal(other.code()),
    }
}

fn body(code: &'static str, error: Error) -> Failure {
    match error {
        Error::Malformed { place, pointer, reason } => {
            let zh = if place == "query" { "查询参数" } else { "请求内容" };
            let what = if place == "query" { "query" } else { "body" };
            let failure = Failure::new(
                ErrorKind::InvalidArgument,
                code,
                format!("{zh}无法识别：{reason}"),
                format!("The {what} is not understood: {reason}"),
            );
            if pointer.is_empty() { failure } else { failure.with_pointer(pointer) }
        }
        Error::ContentType { expected } => Failure::new(
            ErrorKind::InvalidArgument,
            code,
            format!("请求内容类型应为 {expected}。"),
            format!("The content type should be {expected}."),
        ),
        Error::TooLarge { limit_bytes } => Failure::new(
            ErrorKind::Exhausted,
            code,
            format!("请求内容超过 {} KiB。", limit_bytes / 1024),
            format!("The body exceeds {} KiB.", limit_bytes / 1024),
        )
        .with_hint("请拆分后再发送。", "Split it and send the parts."),
        _ => Failure::new(
            ErrorKind::InvalidArgument,
            code,
            "请求内容没有发送完整。",
            "The body was not sent completely.",
        ),
    }
}

fn load(code: &'static str, error: &Error) -> Failure {
    match error {
        Error::Timeout { seconds } => Failure::new(
            ErrorKind::Cancelled,
            code,
            format!("请求超过 {seconds} 秒，已停止。"),
            format!("The request was stopped after {seconds} s."),
        )
        .with_hint("请缩小范围后重试。", "Ask for less and try again."),
        Error::Busy => Failure::new(
            ErrorKind::Unavailable,
            code,
            "节点正忙，请稍后重试。",
            "The node is busy; try again in a moment.",
        ),
        Error::SignInRate { retry_s } => Failure::new(
            ErrorKind::Exhausted,
            code,
            format!("此地址登录尝试过多，请 {retry_s} 秒后再试。"),
            format!("Too many sign-ins from this address; try again in {retry_s} s."),
        )
        .with_retry_after(*retry_s),
        Error::RateExceeded { retry_s } => Failure::new(
            ErrorKind::Exhausted,
            code,
            format!("请求过于频繁，请 {retry_s} 秒后再试。"),
            format!("Too many requests; try again in {retry_s} s."),
        )
        .with_hint(
            "查询、导出、入库与组件运行比普通请求消耗更多额度；上限见 limits 配置。",
            "Queries, exports, ingests and runs use up more than other requests; the limits section sets how much.",
        )
        .with_retry_after(*retry_s),
        Error::TooManyAtOnce { limit } => Failure::new(
            ErrorKind::Exhausted,
            code,
            format!("您已有 {limit} 个请求正在处理。"),
            format!("{limit} requests of yours are being answered."),
        )
        .with_hint("请等待其中一个完成。", "Wait until one of them ends.")
        .with_retry_after(1),
        Error::NoPublicUrl => Failure::new(
            ErrorKind::Precondition,
            code,
            "本节点未设置对外地址，不能使用通行密钥与联合登录。",
            "This node has no public address, so passkeys and federated sign-in are off.",
        )
        .with_hint("请系统管理员设置 http.public_url。", "The system administrator sets http.public_url."),
        Error::QueryIdTaken => Failure::new(
            ErrorKind::AlreadyExists,
            code,
            "同编号的查询正在运行。",
            "A query with this id is running.",
        )
        .with_hint("请换一个 x-query-id。", "Choose another x-query-id."),
        Error::TooManyRuns { limit } => Failure::new(
            ErrorKind::Exhausted,
            code,
            format!("已有 {limit} 个入库任务在排队或运行。"),
            format!("{limit} ingest runs are queued or running."),
        )
        .with_hint("请等待其中一个完成。", "Wait until one of them ends."),
        Error::TooManyOwnRuns { limit } => Failure::new(
            ErrorKind::Exhausted,
            code,
            format!("您已有 {limit} 个入库任务在排队或运行。"),
            format!("{limit} ingest runs of yours are queued or running."),
        )
        .with_hint("请等待其中一个完成，或取消它。", "Wait until one of them ends, or cancel it."),
        Error::TooManyComponentRuns { limit } => Failure::new(
            ErrorKind::Exhausted,
            code,
            format!("您已有 {limit} 个组件在后台运行。"),
            format!("You have {limit} components running in the background."),
        )
        .with_hint("请等待其中一个完成，或取消它。", "Wait until one of them ends, or stop it."),
        Error::Stopping => {
            Failure::new(ErrorKind::Unavailable, code, "节点正在停止。", "The node is stopping.")
        }
        other => Failure::internal(other.code()),
    }
}
