//! Where a product stands, and which step leads where.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a product stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DataProductState")]
pub enum State {
    /// 草稿: nobody but its owner sees it.
    Draft,
    /// 已发布.
    Published,
    /// 即将停用: whoever has access keeps it, nobody new gets any.
    Deprecated,
    /// 已下架: every read is refused, for good.
    Withdrawn,
}

/// What can happen to a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step {
    Revise,
    Publish,
    Deprecate,
    Withdraw,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Draft, Self::Published, Self::Deprecated, Self::Withdrawn];

    /// Stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Deprecated => "deprecated",
            Self::Withdrawn => "withdrawn",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether rows are handed out.
    #[must_use]
    pub const fn is_offered(self) -> bool {
        matches!(self, Self::Published | Self::Deprecated)
    }

    /// Where a step leads; `None` where it is not allowed.
    pub(super) const fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Withdrawn, _) => None,
            (state, Step::Revise) => Some(state),
            (_, Step::Publish) => Some(Self::Published),
            (Self::Published, Step::Deprecate) => Some(Self::Deprecated),
            (Self::Published | Self::Deprecated | Self::Draft, Step::Withdraw) => Some(Self::Withdrawn),
            (Self::Draft | Self::Deprecated, Step::Deprecate) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{State, Step};

    #[test]
    fn nothing_leads_out_of_withdrawn_and_everything_can_be_withdrawn() {
        for state in State::ALL {
            assert_eq!(State::from_name(state.name()), Some(state));
            let withdrawn = state.after(Step::Withdraw);
            assert_eq!(withdrawn, (state != State::Withdrawn).then_some(State::Withdrawn));
        }
        for step in [Step::Revise, Step::Publish, Step::Deprecate, Step::Withdraw] {
            assert_eq!(State::Withdrawn.after(step), None);
        }
        assert_eq!(State::Draft.after(Step::Deprecate), None);
        assert_eq!(State::Deprecated.after(Step::Publish), Some(State::Published));
    }
}
