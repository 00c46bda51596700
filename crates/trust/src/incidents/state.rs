//! Where an incident stands, and which step leads where.

use brain_kernel::language::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// 待处置: raised, nobody works on it.
    Open,
    /// 处置中: somebody works on it.
    Assigned,
    /// 已控制: it goes no further.
    Contained,
    /// 已关闭: cause and measures are known, or it was none.
    Closed,
}

/// What can happen to an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncidentStep {
    /// The rule was hit again.
    Hit,
    /// Somebody is given it, or somebody else.
    Assign,
    /// It goes no further.
    Contain,
    /// Cause and measures are known.
    Close,
    /// It was none (误报).
    Dismiss,
    /// It was closed too early.
    Reopen,
    /// A line of the timeline.
    Note,
    /// A duty by law begins to run.
    BeginDuty,
    /// A duty by law was done.
    FinishDuty,
}

impl IncidentState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Open, Self::Assigned, Self::Contained, Self::Closed];

    /// Stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Assigned => "assigned",
            Self::Contained => "contained",
            Self::Closed => "closed",
        }
    }

    /// The state with this stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// What people call it.
    #[must_use]
    pub fn title(self) -> Text {
        let (zh, en) = match self {
            Self::Open => ("待处置", "open"),
            Self::Assigned => ("处置中", "assigned"),
            Self::Contained => ("已控制", "contained"),
            Self::Closed => ("已关闭", "closed"),
        };
        Text::new(zh, en)
    }

    /// Where a step leads; `None` where it is not possible.
    #[must_use]
    pub const fn after(self, step: IncidentStep) -> Option<Self> {
        use IncidentStep::{Assign, BeginDuty, Close, Contain, Dismiss, FinishDuty, Hit, Note, Reopen};
        match (self, step) {
            // What happens beside the way to the end. Duties may outlast the incident; its rule raises a new one.
            (state, Note | BeginDuty | FinishDuty) => Some(state),
            (Self::Closed, Hit) => None,
            (state, Hit) => Some(state),
            (Self::Open | Self::Assigned, Assign) => Some(Self::Assigned),
            (Self::Contained, Assign) => Some(Self::Contained),
            (Self::Assigned, Contain) => Some(Self::Contained),
            (Self::Contained, Close) => Some(Self::Closed),
            (Self::Open | Self::Assigned, Dismiss) => Some(Self::Closed),
            (Self::Closed, Reopen) => Some(Self::Open),
            _ => None,
        }
    }
}

impl IncidentStep {
    /// Every step.
    pub const ALL: [Self; 9] = [
        Self::Hit,
        Self::Assign,
        Self::Contain,
        Self::Close,
        Self::Dismiss,
        Self::Reopen,
        Self::Note,
        Self::BeginDuty,
        Self::FinishDuty,
    ];

    /// Stable name, as stored in the timeline.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Assign => "assign",
            Self::Contain => "contain",
            Self::Close => "close",
            Self::Dismiss => "dismiss",
            Self::Reopen => "reopen",
            Self::Note => "note",
            Self::BeginDuty => "begin_duty",
            Self::FinishDuty => "finish_duty",
        }
    }

    /// Kind of its evidence entry.
    #[must_use]
    pub const fn evidence(self) -> &'static str {
        match self {
            Self::Hit => "incident.hit",
            Self::Assign => "incident.assign",
            Self::Contain => "incident.contain",
            Self::Close => "incident.close",
            Self::Dismiss => "incident.dismiss",
            Self::Reopen => "incident.reopen",
            Self::Note => "incident.note",
            Self::BeginDuty => "incident.duty",
            Self::FinishDuty => "incident.report",
        }
    }

    /// What people call it, as what the incident cannot be now.
    #[must_use]
    pub fn title(self) -> Text {
        let (zh, en) = match self {
            Self::Hit => ("再次命中", "hit again"),
            Self::Assign => ("指派", "assigned"),
            Self::Contain => ("标为已控制", "contained"),
            Self::Close => ("关闭", "closed"),
            Self::Dismiss => ("按误报关闭", "dismissed"),
            Self::Reopen => ("重新打开", "reopened"),
            Self::Note => ("记录", "noted"),
            Self::BeginDuty => ("增加报告义务", "given a duty"),
            Self::FinishDuty => ("登记已报告", "reported"),
        };
        Text::new(zh, en)
    }
}
