//! Requests for access (数据申请): asked, decided by the owner, granted for a time, ended — each step one transaction
//! with its evidence.

mod ask;
mod authority;
mod card;
mod close;
mod decide;
pub mod form;
pub mod purpose;
pub mod state;

use std::sync::Arc;

use brain_store::access_request::{self as rows, AccessRequestRow};
use brain_store::{Store, Transaction};
use serde_json::{Value, json};

use crate::{Error, Evidence, EvidenceEntry, Grants, Result};
use state::{State, Step};

pub use authority::{DelegationCard, NewDelegation};
pub use card::{NewRequest, RequestCard};
pub use decide::Approval;

/// A cheap-clone handle to the node's requests.
#[derive(Clone)]
pub struct Requests(Arc<Inner>);

struct Inner {
    store: Store,
    evidence: Evidence,
    grants: Grants,
}

impl Requests {
    pub(crate) fn new(store: Store, evidence: Evidence, grants: Grants) -> Self {
        Self(Arc::new(Inner { store, evidence, grants }))
    }
}

/// The row after a step, its revision one higher, and the entry that says so.
fn stepped(
    store: &Store,
    row: AccessRequestRow,
    step: Step,
    actor: &str,
    body: Value,
) -> Result<(AccessRequestRow, EvidenceEntry)> {
    let state = State::from_name(&row.state).ok_or(Error::Corrupt { field: "access_request.state" })?;
    let next = state.after(step).ok_or_else(|| Error::RequestState { id: row.id.clone(), state, step })?;
    let entry = EvidenceEntry {
        kind: step.evidence().to_owned(),
        actor: actor.to_owned(),
        subject: row.id.clone(),
        body: json!({ "dataset": row.dataset, "from": state, "to": next, "detail": body }),
    };
    let revision = row.revision + 1;
    Ok((AccessRequestRow { state: next.name().to_owned(), revision, updated_at: store.now(), ..row }, entry))
}

/// The request of a grant that is being taken back goes with it; nothing where the grant was given without one.
pub(crate) async fn grant_revoked(
    store: &Store,
    transaction: &Transaction,
    actor: &str,
    grant: &str,
) -> Result<Option<EvidenceEntry>> {
    let Some(row) = rows::of_grant(transaction, grant).await? else { return Ok(None) };
    if row.state != State::Granted.name() {
        return Ok(None);
    }
    let seen = row.revision;
    let (row, entry) = stepped(store, row, Step::Revoke, actor, json!({ "grant": grant }))?;
    rows::update(transaction, row, seen).await?;
    Ok(Some(entry))
}
