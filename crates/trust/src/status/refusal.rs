//! Why nothing is exchanged with a node.

use brain_kernel::language::Text;

/// Why nothing is exchanged with a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No node of this name is registered.
    Unknown,
    /// It is registered and waits, or was revoked.
    NotActive,
    /// Nobody said where it is reached.
    NoAddress,
    /// It does not answer, or TLS refuses it; what happened.
    Unreachable(String),
    /// What it answered is no statement.
    Malformed(String),
    /// No signature of its registered key is good.
    Signature,
    /// This node asks for SM2, and the peer has no such key registered or did not sign with it.
    Sm2Missing,
    /// The statement is another node's.
    OtherNode(String),
    /// It answers another question than was asked: an old statement sent again.
    Replayed,
    /// It was made too long ago, or in the future; seconds.
    Stale(i64),
    /// Its certificate is not the one its statement names.
    Certificate,
    /// Its evidence log is shorter than it was, or has another past.
    Evidence(String),
    /// A part it cannot do without does not work.
    Unhealthy(String),
    /// Nobody holds this value for good.
    NotKnownGood {
        /// `version`, `program`, `dependencies` or `configuration`.
        kind: &'static str,
        /// What it has.
        value: String,
    },
}

impl Refusal {
    /// Stable word of the reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::NotActive => "not-active",
            Self::NoAddress => "no-address",
            Self::Unreachable(_) => "unreachable",
            Self::Malformed(_) => "malformed",
            Self::Signature => "signature",
            Self::Sm2Missing => "sm2-missing",
            Self::OtherNode(_) => "other-node",
            Self::Replayed => "replayed",
            Self::Stale(_) => "stale",
            Self::Certificate => "certificate",
            Self::Evidence(_) => "evidence",
            Self::Unhealthy(_) => "unhealthy",
            Self::NotKnownGood { .. } => "not-known-good",
        }
    }

    /// The reason for people.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Unknown => Text::new("未登记该节点", "the node is not registered"),
            Self::NotActive => Text::new("节点未启用或已吊销", "the node waits, or was revoked"),
            Self::NoAddress => Text::new("未登记节点地址", "nobody said where it is reached"),
            Self::Unreachable(why) => {
                Text::new(format!("无法连接或 TLS 不通过：{why}"), format!("it cannot be reached: {why}"))
            }
            Self::Malformed(why) => {
                Text::new(format!("答复不是状态报告：{why}"), format!("it answers no statement: {why}"))
            }
            Self::Signature => Text::new("签名与登记公钥不符", "no signature of its registered key is good"),
            Self::Sm2Missing => Text::new(
                "本节点采用商用密码，对方没有登记 SM2 公钥或未以其签名",
                "this node asks for SM2, and the peer registered no such key or did not sign with it",
            ),
            Self::OtherNode(name) => Text::new(
                format!("报告属于另一节点 {name}"),
                format!("the statement is that of another node, {name}"),
            ),
            Self::Replayed => Text::new("报告为旧报告重放", "an old statement was sent again"),
            Self::Stale(seconds) => Text::new(
                format!("报告时间相差 {seconds} 秒"),
                format!("the statement is {seconds} s off this node's clock"),
            ),
            Self::Certificate => Text::new(
                "连接证书与报告所述证书不一致",
                "the certificate of the connection is not the one the statement names",
            ),
            Self::Evidence(why) => Text::new(
                format!("存证日志变短或历史不同：{why}"),
                format!("its evidence log is shorter than it was, or has another past: {why}"),
            ),
            Self::Unhealthy(part) => Text::new(
                format!("关键部件异常：{part}"),
                format!("a part it cannot do without fails: {part}"),
            ),
            Self::NotKnownGood { kind, value } => Text::new(
                format!("{kind} 不在可信基准值内：{value}"),
                format!("{kind} is not among the known good ones: {value}"),
            ),
        }
    }
}
