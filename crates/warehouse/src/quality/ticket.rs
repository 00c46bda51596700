//! Where a ticket stands, and which step leads where.

use brain_kernel::language::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityTicketState")]
#[serde(rename_all = "snake_case")]
pub enum TicketState {
    /// 待处理: the rule failed, nobody works on it.
    Open,
    /// 处理中: somebody works on it.
    Acknowledged,
    /// 已解决: somebody said why it is over, after the rule passed.
    Resolved,
}

/// What can happen to a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityTicketStep")]
#[serde(rename_all = "snake_case")]
pub enum TicketStep {
    /// The rule failed again.
    FailAgain,
    /// The rule passed; that alone ends nothing.
    Pass,
    /// Somebody takes it.
    Acknowledge,
    /// A line of the timeline.
    Note,
    /// It is over, and why.
    Resolve,
    /// It is not over after all, or the rule failed again after it was.
    Reopen,
}

impl TicketState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Open, Self::Acknowledged, Self::Resolved];

    /// Stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
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
            Self::Open => ("待处理", "open"),
            Self::Acknowledged => ("处理中", "acknowledged"),
            Self::Resolved => ("已解决", "resolved"),
        };
        Text::new(zh, en)
    }

    /// Where a step leads; `None` where it is not possible.
    #[must_use]
    pub const fn after(self, step: TicketStep) -> Option<Self> {
        use TicketStep::{Acknowledge, FailAgain, Note, Pass, Reopen, Resolve};
        match (self, step) {
            (state, Note) => Some(state),
            (Self::Open | Self::Acknowledged, FailAgain | Pass) => Some(self),
            // A failure behind a resolution reopens; it is never only counted.
            (Self::Resolved, Reopen) => Some(Self::Open),
            (Self::Open, Acknowledge) => Some(Self::Acknowledged),
            // Somebody else takes over.
            (Self::Acknowledged, Acknowledge) => Some(Self::Acknowledged),
            (Self::Acknowledged, Resolve) => Some(Self::Resolved),
            _ => None,
        }
    }
}

impl TicketStep {
    /// Every step.
    pub const ALL: [Self; 6] =
        [Self::FailAgain, Self::Pass, Self::Acknowledge, Self::Note, Self::Resolve, Self::Reopen];

    /// Stable name, as stored in the timeline.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FailAgain => "fail_again",
            Self::Pass => "pass",
            Self::Acknowledge => "acknowledge",
            Self::Note => "note",
            Self::Resolve => "resolve",
            Self::Reopen => "reopen",
        }
    }

    /// Kind of its evidence entry.
    #[must_use]
    pub const fn evidence(self) -> &'static str {
        match self {
            Self::FailAgain => "quality.ticket_fail_again",
            Self::Pass => "quality.ticket_pass",
            Self::Acknowledge => "quality.ticket_acknowledge",
            Self::Note => "quality.ticket_note",
            Self::Resolve => "quality.ticket_resolve",
            Self::Reopen => "quality.ticket_reopen",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_resolved_only_by_who_took_it_and_comes_back_only_by_reopening() {
        for state in TicketState::ALL {
            assert_eq!(TicketState::from_name(state.name()), Some(state));
            for step in TicketStep::ALL {
                let next = state.after(step);
                if next == Some(TicketState::Resolved) && state != TicketState::Resolved {
                    assert_eq!((state, step), (TicketState::Acknowledged, TicketStep::Resolve));
                }
                if state == TicketState::Resolved && next != Some(TicketState::Resolved) {
                    assert!(next.is_none() || step == TicketStep::Reopen, "{step:?}");
                }
            }
        }
        assert_eq!(TicketState::Open.after(TicketStep::Resolve), None);
    }
}
