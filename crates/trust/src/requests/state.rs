//! Where a request stands, and which step leads where.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RequestState")]
pub enum State {
    /// 待审批: the owner has not decided.
    Pending,
    /// 已授权: approved, the grant is there.
    Granted,
    /// 已驳回: the owner said no.
    Rejected,
    /// 已撤回: the requester took it back before a decision.
    Withdrawn,
    /// 逾期关闭: nobody decided in time.
    Expired,
    /// 已收回: the grant was taken or given back.
    Revoked,
    /// 到期结束: the period is over.
    Ended,
}

/// What can happen to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The requester fills in a form.
    Fill,
    /// The owner approves.
    Approve,
    /// The owner rejects.
    Reject,
    /// The requester takes it back.
    Withdraw,
    /// The deadline passed without a decision.
    Expire,
    /// The owner takes the grant back, or the requester gives it back.
    Revoke,
    /// The period is over.
    End,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Granted,
        Self::Rejected,
        Self::Withdrawn,
        Self::Expired,
        Self::Revoked,
        Self::Ended,
    ];

    /// Stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Granted => "granted",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Ended => "ended",
        }
    }

    /// The state with this stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Where a step leads; `None` where it is not possible.
    #[must_use]
    pub const fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Pending, Step::Fill) => Some(Self::Pending),
            (Self::Pending, Step::Approve) => Some(Self::Granted),
            (Self::Pending, Step::Reject) => Some(Self::Rejected),
            (Self::Pending, Step::Withdraw) => Some(Self::Withdrawn),
            (Self::Pending, Step::Expire) => Some(Self::Expired),
            (Self::Granted, Step::Revoke) => Some(Self::Revoked),
            (Self::Granted, Step::End) => Some(Self::Ended),
            _ => None,
        }
    }
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 7] =
        [Self::Fill, Self::Approve, Self::Reject, Self::Withdraw, Self::Expire, Self::Revoke, Self::End];

    /// Kind of its evidence entry.
    #[must_use]
    pub const fn evidence(self) -> &'static str {
        match self {
            Self::Fill => "request.fill",
            Self::Approve => "request.approve",
            Self::Reject => "request.reject",
            Self::Withdraw => "request.withdraw",
            Self::Expire => "request.expire",
            Self::Revoke => "request.revoke",
            Self::End => "request.end",
        }
    }
}
