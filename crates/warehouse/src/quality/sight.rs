//! What of a dataset's values a party may see beside its rows: in a profile, in a proposal.

use super::{PURPOSE, QualityControl};
use brain_kernel::party::Party;
use brain_kernel::predicate::Predicate;
use brain_quality::profile::ColumnProfile;
use brain_trust::{Action, Ask, Grant};

/// Columns whose values the party may see as they are. A grant with a row filter shows none: a smallest value may be of
/// a row that is filtered away.
pub(super) struct Sight(Option<Grant>);

impl QualityControl {
    /// Looked up without leaving a record; who shows values opens the dataset in a session, which records it.
    pub(super) fn sight(&self, party: &Party, dataset: &str) -> Sight {
        let snapshot = self.inner.catalogue.snapshot();
        let Some(entry) = snapshot.get(dataset) else { return Sight(None) };
        let ask = Ask { action: Action::Read, purpose: PURPOSE, channel: None };
        let decision = self.inner.trust.policy().decide(party, &entry.facts(), &ask);
        Sight(decision.grant.filter(|grant| decision.allow && is_everything(&grant.rows)))
    }
}

impl Sight {
    /// Whether values of some column are seen.
    pub(super) const fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// Whether the values of this column are seen as they are.
    pub(super) fn sees(&self, column: &str) -> bool {
        self.0.as_ref().is_some_and(|grant| !grant.masks.contains_key(column))
    }
}

fn is_everything(rows: &Predicate) -> bool {
    matches!(rows, Predicate::All(parts) if parts.is_empty())
}

/// Counts, lengths and shares stay; whatever is a value goes.
pub(super) fn without_values(column: ColumnProfile) -> ColumnProfile {
    ColumnProfile {
        min: None,
        max: None,
        mean: None,
        deviation: None,
        quantiles: Vec::new(),
        buckets: None,
        top: Vec::new(),
        shapes: Vec::new(),
        lengths: None,
        ..column
    }
}
