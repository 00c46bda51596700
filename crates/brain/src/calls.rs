//! Which machines this node called, and what it refused to call, in the evidence log.

use brain_egress::Error;
use brain_trust::{Evidence, EvidenceEntry};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// Entries that wait to be recorded; what does not fit is in the log of the program alone.
const WAITING_MAX: usize = 256;

/// Records destinations beside the calls, so that no call waits for the log.
pub struct Ledger(mpsc::Sender<EvidenceEntry>);

impl Ledger {
    /// A ledger that writes to this log for as long as it is kept.
    pub fn new(evidence: Evidence) -> Self {
        let (sender, mut waiting) = mpsc::channel::<EvidenceEntry>(WAITING_MAX);
        tokio::spawn(async move {
            while let Some(entry) = waiting.recv().await {
                if let Err(error) = evidence.record(entry).await {
                    tracing::error!(%error, "an outgoing call could not be recorded");
                }
            }
        });
        Self(sender)
    }

    fn put(&self, kind: &str, subject: &str, body: Value) {
        let entry = EvidenceEntry {
            kind: kind.to_owned(),
            actor: "system".to_owned(),
            subject: subject.to_owned(),
            body,
        };
        if self.0.try_send(entry).is_err() {
            tracing::warn!(kind, subject, "an outgoing call was not recorded: too many are waiting");
        }
    }
}

impl brain_egress::Ledger for Ledger {
    fn opened(&self, purpose: &'static str, origin: &str) {
        self.put("egress.open", origin, json!({ "purpose": purpose }));
    }

    fn refused(&self, purpose: &'static str, target: &str, why: &Error) {
        self.put("egress.refused", target, json!({ "purpose": purpose, "code": why.code() }));
    }
}
