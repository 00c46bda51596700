//! How an ingest that landed nothing is remembered: the run's state and its evidence, in one transaction.

use crate::Result;
use crate::handle::Inner;
use brain_kernel::error::Failure;
use brain_store::ingest_run;
use brain_trust::EvidenceEntry;
use serde_json::{Value, json};

/// What is known of a run of which nothing landed.
pub(super) struct Unlanded<'a> {
    pub(super) run: &'a str,
    pub(super) actor: &'a str,
    pub(super) mapping: &'a str,
    pub(super) file: &'a str,
}

/// Why nothing landed.
pub(super) enum Ending {
    /// Somebody asked to stop.
    Cancelled,
    /// `code`, `detail` and `hint` of what went wrong.
    Failed(Value),
}

impl Ending {
    pub(super) fn of(failure: &Failure) -> Self {
        Self::Failed(json!({ "code": failure.code, "detail": failure.detail, "hint": failure.hint }))
    }
}

impl Inner {
    /// End the run badly. A refused file is an act somebody tried: it is kept as evidence like one that landed.
    pub(super) async fn record_unlanded(&self, of: &Unlanded<'_>, ending: Ending) -> Result<()> {
        let now = self.clock.now();
        let transaction = self.store.transaction().await?;
        let (kind, code) = match ending {
            Ending::Cancelled => {
                ingest_run::cancel(&transaction, of.run, now).await?;
                ("ingest.cancel", Value::Null)
            }
            Ending::Failed(failure) => {
                let code = failure.get("code").cloned().unwrap_or_default();
                ingest_run::fail(&transaction, of.run, failure, now).await?;
                ("ingest.fail", code)
            }
        };
        let entry = EvidenceEntry {
            kind: kind.to_owned(),
            actor: of.actor.to_owned(),
            subject: of.run.to_owned(),
            body: json!({ "mapping": of.mapping, "file": of.file, "failure": code }),
        };
        self.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(())
    }
}
