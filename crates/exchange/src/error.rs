//! What can go wrong between two nodes, in words that tell how to mend it.

use brain_kernel::error::{ErrorKind, Failure};

/// Result of anything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong in an exchange.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value of a subscription cannot be meant.
    #[error("{field}: {en}")]
    Invalid {
        /// Field, as in what was sent.
        field: &'static str,
        /// What is wrong, Chinese.
        zh: String,
        /// What is wrong, English.
        en: String,
    },
    /// The actor's role does not manage exchange.
    #[error("the role does not manage exchange")]
    NotAllowed,
    /// No such subscription, or it is another node's.
    #[error("no subscription {0}")]
    UnknownSubscription(String),
    /// No such delivery, or it is another node's.
    #[error("no delivery {0}")]
    UnknownDelivery(String),
    /// There are as many subscriptions as there may be.
    #[error("too many subscriptions")]
    Full,
    /// The subscription is not active, so no batch moves.
    #[error("the subscription is {state}")]
    NotActive {
        /// What it is.
        state: &'static str,
    },
    /// The other side drives this subscription, or another state forbids the step.
    #[error("{step} is not possible now")]
    Step {
        /// What was attempted.
        step: &'static str,
    },
    /// A run or a call for the same subscription is under way.
    #[error("another run is under way")]
    Busy,
    /// The other node cannot be reached.
    #[error("{peer} cannot be reached: {reason}")]
    Unreachable {
        /// Its name.
        peer: String,
        /// Why.
        reason: String,
    },
    /// The other node said no.
    #[error("{peer} refused: {code} {detail}")]
    PeerRefused {
        /// Its name.
        peer: String,
        /// Its status.
        status: u16,
        /// Its code.
        code: String,
        /// Its words.
        detail: String,
    },
    /// What the other node sent is not what was agreed on, or not signed by it.
    #[error("{peer} sent {what}")]
    Unsound {
        /// Its name.
        peer: String,
        /// What is wrong.
        what: String,
    },
    /// The batches that lay ready are gone or damaged; the next run makes them anew.
    #[error("batches of delivery {0} are gone")]
    SpoolLost(String),
    /// Counts or hashes of the two sides differ; nothing was published.
    #[error("the two sides counted differently: {0}")]
    Mismatch(String),
    /// A refusal or failure of another crate, passed on as it is.
    #[error(transparent)]
    Failure(#[from] Failure),
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

impl From<brain_warehouse::Error> for Error {
    fn from(error: brain_warehouse::Error) -> Self {
        Self::Failure(error.into())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Failure(brain_warehouse::Error::from(error).into())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Failure(brain_warehouse::Error::from(error).into())
    }
}

impl Error {
    pub(crate) fn invalid(field: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Invalid { field, zh: zh.into(), en: en.into() }
    }

    pub(crate) fn unsound(peer: &str, what: impl Into<String>) -> Self {
        Self::Unsound { peer: peer.to_owned(), what: what.into() }
    }

    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "exchange/invalid",
            Self::NotAllowed => "exchange/not-allowed",
            Self::UnknownSubscription(_) => "exchange/unknown-subscription",
            Self::UnknownDelivery(_) => "exchange/unknown-delivery",
            Self::Full => "exchange/full",
            Self::NotActive { .. } => "exchange/not-active",
            Self::Step { .. } => "exchange/step",
            Self::Busy => "exchange/busy",
            Self::Unreachable { .. } => "exchange/unreachable",
            Self::PeerRefused { .. } => "exchange/peer-refused",
            Self::Unsound { .. } => "exchange/unsound",
            Self::SpoolLost(_) => "exchange/spool-lost",
            Self::Mismatch(_) => "exchange/mismatch",
            Self::Failure(failure) => failure.code,
        }
    }

    /// Whether the same call may work in a moment.
    pub(crate) const fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Busy => true,
            Self::PeerRefused { status, .. } => *status >= 500 || *status == 429,
            _ => false,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        use ErrorKind as Kind;
        let code = error.code();
        let told = |kind, zh: String, en: String| Self::new(kind, code, zh, en);
        match error {
            Error::Failure(failure) => failure,
            Error::Invalid { field, zh, en } => {
                told(Kind::InvalidArgument, zh, en).with_pointer(format!("/{field}"))
            }
            Error::NotAllowed => told(
                Kind::Forbidden,
                "只有系统管理员可以管理交换订阅。".to_owned(),
                "Only system administrators manage exchange subscriptions.".to_owned(),
            ),
            Error::UnknownSubscription(id) => told(
                Kind::NotFound,
                format!("没有交换订阅 {id}。"),
                format!("There is no subscription {id}."),
            ),
            Error::UnknownDelivery(id) => {
                told(Kind::NotFound, format!("没有交付 {id}。"), format!("There is no delivery {id}."))
            }
            Error::Full => told(
                Kind::Exhausted,
                "交换订阅已达上限。".to_owned(),
                "There is no room for more exchange subscriptions.".to_owned(),
            ),
            Error::NotActive { state } => told(
                Kind::Forbidden,
                format!("交换订阅的状态为 {state}，未授权交付数据。"),
                format!("The subscription is {state}; no data is delivered under it."),
            )
            .with_hint(
                "须由数据所有方批准且在有效期内。",
                "Its owner must have approved it, and its time must not be over.",
            ),
            Error::Step { step } => told(
                Kind::Precondition,
                format!("现在不能进行此步骤：{step}。"),
                format!("This step is not possible now: {step}."),
            ),
            Error::Busy => told(
                Kind::Unavailable,
                "该订阅正在交换，请稍后再试。".to_owned(),
                "The subscription is at work; try again in a moment.".to_owned(),
            )
            .with_retry_after(1),
            Error::Unreachable { peer, reason } => told(
                Kind::Unavailable,
                format!("无法连接节点 {peer}：{reason}。"),
                format!("Node {peer} cannot be reached: {reason}."),
            )
            .with_hint(
                "已接收的批次保留，下次从此处继续。",
                "Batches that arrived stay; the next run goes on from there.",
            ),
            Error::PeerRefused { peer, code: theirs, detail, .. } => told(
                Kind::Precondition,
                format!("节点 {peer} 拒绝：{detail}（{theirs}）"),
                format!("Node {peer} refused: {detail} ({theirs})"),
            ),
            Error::Unsound { peer, what } => told(
                Kind::Precondition,
                format!("节点 {peer} 发来的内容不可信或不符约定：{what}。"),
                format!("What node {peer} sent is not sound: {what}."),
            ),
            Error::SpoolLost(id) => told(
                Kind::Precondition,
                format!("交付 {id} 的暂存批次已丢失或损坏，下次重新开始。"),
                format!("The batches of delivery {id} are gone or damaged; the next run begins anew."),
            ),
            Error::Mismatch(what) => told(
                Kind::Precondition,
                format!("双方的行数或内容哈希不一致，交付作废，未发布：{what}。"),
                format!(
                    "The two sides counted differently; the delivery is void, nothing was published: {what}."
                ),
            ),
        }
    }
}
