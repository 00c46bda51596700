//! What components need beyond plain SQL: bound parameters, confinement to declared datasets, and cache keys.

use super::session::{QueryLimits, Session};
use super::stream::QueryStream;
use crate::{Error, Result};
use brain_kernel::predicate::{Mask, Predicate};
use brain_kernel::progress::Cancel;
use brain_kernel::provenance::Input;
use brain_trust::Grant;
use datafusion::common::ScalarValue;
use serde_json::json;

/// What a party may see of one dataset now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Dataset, current version and grant.
    pub input: Input,
    /// The view the grant opens, as text: two parties with equal views of equal versions see equal rows.
    pub view: String,
    /// Whether it is every row with every column as it is.
    pub whole: bool,
}

impl Session {
    /// The same session confined to these datasets; any other is refused even where a grant exists.
    #[must_use]
    pub fn only(&self, datasets: &[String]) -> Self {
        self.with_visit(self.visit().confined(datasets))
    }

    /// [`Session::sql`] with values bound to `$1`, `$2` …; a value never becomes SQL text.
    pub async fn query(
        &self,
        sql: &str,
        values: Vec<ScalarValue>,
        limits: QueryLimits,
        cancel: Cancel,
    ) -> Result<QueryStream> {
        self.sql_with(sql, values, limits, cancel).await
    }

    /// Whether the party could read a dataset now. Asking leaves no record; reading does.
    pub(crate) fn may_read(&self, dataset: &str) -> bool {
        let visit = self.visit();
        let snapshot = visit.inner.catalogue.snapshot();
        snapshot.get(dataset).is_some_and(|entry| entry.version.is_some() && visit.may_see(entry))
    }

    /// Names of the columns of a dataset, as the catalogue has them.
    pub(crate) fn columns(&self, dataset: &str) -> Vec<String> {
        let snapshot = self.visit().inner.catalogue.snapshot();
        let columns = snapshot.get(dataset).map(|entry| entry.columns.iter());
        columns.into_iter().flatten().map(|column| column.name.clone()).collect()
    }

    /// The grant the party reads a dataset under now, and the version; why not, where it may not.
    pub(crate) fn grant_of(&self, dataset: &str) -> Result<(Input, Grant)> {
        let unknown = || Error::UnknownDataset { name: dataset.to_owned(), nearest: Vec::new() };
        self.visit().reach(dataset)?.ok_or_else(unknown)
    }

    /// What the party may see of a dataset now, without reading it.
    pub fn reach(&self, dataset: &str) -> Result<Reach> {
        let visit = self.visit();
        let Some((input, grant)) = visit.reach(dataset)? else {
            return Err(Error::UnknownDataset { name: dataset.to_owned(), nearest: Vec::new() });
        };
        let party = &visit.party;
        let own = mentions_own(&grant.rows).then_some((&party.organisation, &party.region));
        // Pseudonyms belong to a tenant, so a view that shows some is nobody else's.
        let hashed = grant.masks.values().any(|mask| *mask == Mask::Hash);
        let tenant = hashed.then_some((&party.organisation, &party.account));
        let view =
            json!({ "rows": grant.rows, "masks": grant.masks, "own": own, "tenant": tenant }).to_string();
        let whole = grant.masks.is_empty() && matches!(&grant.rows, Predicate::All(all) if all.is_empty());
        Ok(Reach { input, view, whole })
    }
}

/// Whether what a filter lets through depends on who asks.
fn mentions_own(rows: &Predicate) -> bool {
    match rows {
        Predicate::OwnOrganisation { .. } | Predicate::OwnRegion { .. } => true,
        Predicate::Any(all) | Predicate::All(all) => all.iter().any(mentions_own),
        Predicate::Equals { .. } | Predicate::StartsWith { .. } => false,
    }
}
