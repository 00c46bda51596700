//! Incidents (安全事件): raised by alert rules or by a person, owned, contained, closed with cause and measures; drills
//! (演练) go the same way and say what they are.
//!
//! Each step is one transaction: the incident at a new revision, a line of the timeline that nothing changes, and an
//! entry of the evidence log with the digest of the words.

mod card;
mod raise;
mod state;
mod work;

use std::sync::Arc;

use brain_kernel::party::{Party, Role};
use brain_store::incident::{self as rows, IncidentFilter, IncidentRow};
use brain_store::{Page, PageRequest, Store};

use crate::alerts::Rulebook;
use crate::identity::{oversees_rights, require_role};
use crate::{Error, Evidence, Result};

pub use card::{IncidentCard, IncidentDetail, IncidentDuty, IncidentReference, Severity, TimelineEntry};
pub(crate) use raise::Raised;
pub use raise::{NewIncident, Reference};
pub use state::{IncidentState, IncidentStep};
pub use work::{Closure, NewOwner};

/// Lines of a timeline that are shown.
const TIMELINE_MAX: u64 = 2_000;

/// Which incidents to list.
pub use brain_store::incident::IncidentFilter as Filter;

/// A cheap-clone handle to the node's incidents.
#[derive(Clone)]
pub struct Incidents(Arc<Inner>);

struct Inner {
    store: Store,
    evidence: Evidence,
    rulebook: Arc<Rulebook>,
}

impl Incidents {
    pub(crate) fn new(store: Store, evidence: Evidence, rulebook: Arc<Rulebook>) -> Self {
        Self(Arc::new(Inner { store, evidence, rulebook }))
    }

    /// Incidents, newest first. Security administrators and auditors.
    pub async fn list(
        &self,
        actor: &Party,
        filter: &IncidentFilter,
        page: PageRequest,
    ) -> Result<Page<IncidentCard>> {
        require_overseer(actor)?;
        let Page { items, total, page, page_size } = rows::list(self.0.store.db(), filter, page).await?;
        let items = items.into_iter().map(card::card).collect::<Result<_>>()?;
        Ok(Page { items, total, page, page_size })
    }

    /// One incident with its timeline. Security administrators and auditors.
    pub async fn show(&self, actor: &Party, id: &str) -> Result<IncidentDetail> {
        require_overseer(actor)?;
        let row = self.row(id).await?;
        self.detail(row).await
    }

    async fn row(&self, id: &str) -> Result<IncidentRow> {
        let row = rows::find(self.0.store.db(), id).await?;
        row.ok_or_else(|| Error::not_found("incident", &id.chars().take(80).collect::<String>()))
    }

    async fn detail(&self, row: IncidentRow) -> Result<IncidentDetail> {
        let (db, now) = (self.0.store.db(), self.0.store.now());
        let timeline = rows::events(db, &row.id, TIMELINE_MAX).await?;
        let references = rows::references(db, &row.id).await?;
        let duties = rows::duties(db, &row.id).await?;
        Ok(IncidentDetail {
            card: card::card(row)?,
            timeline: timeline.into_iter().map(card::line).collect(),
            references: references.into_iter().map(card::reference).collect(),
            duties: duties.into_iter().map(|row| card::duty(row, now)).collect(),
        })
    }
}

/// Who sets rights, and who audits them.
fn require_overseer(actor: &Party) -> Result<()> {
    if oversees_rights(actor) {
        return Ok(());
    }
    require_role(actor, Role::SecurityAdministrator)
}
