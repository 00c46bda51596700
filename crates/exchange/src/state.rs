//! Where a subscription and a delivery stand, and which step leads where. Pure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionState {
    /// 待送达: the provider has not heard of it.
    Proposed,
    /// 待批准: the provider's owner has not decided.
    Requested,
    /// 已生效: data may move.
    Active,
    /// 已驳回: the owner said no, or nobody decided in time.
    Refused,
    /// 已收回: taken or given back.
    Revoked,
    /// 已到期: its period is over.
    Ended,
}

impl SubscriptionState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Proposed, Self::Requested, Self::Active, Self::Refused, Self::Revoked, Self::Ended];

    /// Stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Requested => "requested",
            Self::Active => "active",
            Self::Refused => "refused",
            Self::Revoked => "revoked",
            Self::Ended => "ended",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether nothing happens any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Refused | Self::Revoked | Self::Ended)
    }

    /// Whether the other node may say that it is now `next`. What is over stays over, whatever a peer says.
    #[must_use]
    pub const fn leads_to(self, next: Self) -> bool {
        match self {
            Self::Proposed => !matches!(next, Self::Proposed),
            Self::Requested => !matches!(next, Self::Proposed | Self::Requested),
            Self::Active => matches!(next, Self::Revoked | Self::Ended),
            Self::Refused | Self::Revoked | Self::Ended => false,
        }
    }
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// 传输中: batches move, or wait to.
    Open,
    /// 已核验: everything arrived, was read again, and the receipt is signed.
    Verified,
    /// 已发布: it is a version at the consumer.
    Published,
    /// 已作废: nothing was published.
    Refused,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Open, Self::Verified, Self::Published, Self::Refused];

    /// Stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Verified => "verified",
            Self::Published => "published",
            Self::Refused => "refused",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether nothing happens any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Published | Self::Refused)
    }

    /// Whether it may become `next`: only what was verified is published.
    #[must_use]
    pub const fn leads_to(self, next: Self) -> bool {
        match self {
            Self::Open => matches!(next, Self::Verified | Self::Refused),
            Self::Verified => matches!(next, Self::Published | Self::Refused),
            Self::Published | Self::Refused => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_a_peer_says_nothing_becomes_active_twice_and_what_is_over_stays_over(
            said in proptest::collection::vec(proptest::sample::select(&SubscriptionState::ALL[..]), 0..20),
        ) {
            let (mut state, mut activations, mut over) = (SubscriptionState::Proposed, 0, None);
            for next in said {
                if state.leads_to(next) {
                    prop_assert!(!state.is_final());
                    activations += usize::from(next == SubscriptionState::Active);
                    state = next;
                }
                if state.is_final() {
                    prop_assert_eq!(*over.get_or_insert(state), state);
                }
            }
            prop_assert!(activations <= 1);
        }

        #[test]
        fn nothing_is_published_that_was_not_verified(
            steps in proptest::collection::vec(proptest::sample::select(&DeliveryState::ALL[..]), 0..20),
        ) {
            let (mut state, mut verified) = (DeliveryState::Open, false);
            for next in steps {
                if state.leads_to(next) {
                    state = next;
                    verified |= state == DeliveryState::Verified;
                }
                prop_assert!(state != DeliveryState::Published || verified);
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for state in SubscriptionState::ALL {
            assert_eq!(SubscriptionState::from_name(state.name()), Some(state));
        }
        for state in DeliveryState::ALL {
            assert_eq!(DeliveryState::from_name(state.name()), Some(state));
        }
        assert_eq!(DeliveryState::from_name("done"), None);
    }
}
