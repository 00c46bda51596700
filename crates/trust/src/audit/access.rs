//! One access (一次访问): what is known of it while it lasts, and the records it leaves.

use std::collections::BTreeSet;
use std::sync::{Arc, MutexGuard, PoisonError};

use brain_kernel::party::Party;
use brain_store::audit::RecordRow;
use tokio::sync::oneshot;

use super::Audit;
use super::record::{AuditInput, Channel, Outcome, Phase, inputs_text};
use super::writer::Written;
use crate::{Error, Grant, Result};

/// Characters of a statement that are kept.
const STATEMENT_CHARACTERS_MAX: usize = 2_000;
/// Characters of any other text that are kept.
const TEXT_CHARACTERS_MAX: usize = 256;
/// Datasets of one access that are kept; beyond it the access is refused.
const INPUTS_MAX: usize = 256;

/// Where an access comes from (来处).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessOrigin {
    /// By which way.
    pub channel: Channel,
    /// What was called: `sql`, a component's id, an operation of the interface.
    pub operation: String,
    /// With what: `session:<id>`, `api_key:<id>`, `local:<user>`.
    pub credential: Option<String>,
    /// From which address.
    pub address: Option<String>,
    /// Number of the request.
    pub trace_id: Option<String>,
}

/// Who, for what, from where: what stays the same through an access.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    account: String,
    role: &'static str,
    organisation: Option<String>,
    purpose: String,
    action: String,
    origin: AccessOrigin,
}

/// What has happened in it so far.
#[derive(Debug, Default)]
struct Course {
    statement: Option<String>,
    inputs: BTreeSet<AuditInput>,
    rows: u64,
    bytes: Option<u64>,
    /// Something worth a record has happened.
    touched: bool,
    denied: bool,
    /// Nothing was handed on before `finish`, so that without it nothing was.
    held: bool,
    /// There is nothing to count.
    countless: bool,
    broken_off: bool,
    reason: Option<&'static str>,
    ended: bool,
}

/// How far the record of the beginning is.
enum Opening {
    No,
    Waiting(oneshot::Receiver<Written>),
    Yes,
}

/// One access; cheap to clone. The record of its end is written when the last clone goes, whatever came of it; who
/// hands rows on must have [`admit`](Self::admit) or [`finish`](Self::finish) return first.
#[derive(Clone)]
pub struct Access(Arc<Inner>);

struct Inner {
    audit: Audit,
    id: String,
    who: Who,
    course: std::sync::Mutex<Course>,
    opening: tokio::sync::Mutex<Opening>,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("id", &self.0.id).field("who", &self.0.who).finish_non_exhaustive()
    }
}

impl Audit {
    /// Begin an access. Nothing is recorded before something happens in it.
    #[must_use]
    pub fn begin(&self, party: &Party, purpose: &str, action: &str, origin: AccessOrigin) -> Access {
        let who = Who {
            account: party.account.clone(),
            role: party.role.name(),
            organisation: party.organisation.as_ref().map(|code| code.as_str().to_owned()),
            purpose: shortened(purpose, TEXT_CHARACTERS_MAX),
            action: action.to_owned(),
            origin,
        };
        Access::new(self.clone(), who)
    }

    /// Record that something was done which opens no dataset: a list of the catalogue, a bundle of evidence.
    pub async fn note(
        &self,
        party: &Party,
        action: &str,
        origin: AccessOrigin,
        rows: Option<u64>,
    ) -> Result<()> {
        let access = self.begin(party, action, action, origin);
        {
            let mut course = access.course();
            (course.touched, course.countless) = (true, rows.is_none());
            course.rows = rows.unwrap_or_default();
        }
        access.finish(None).await
    }

    /// Record that a call was refused before it came to any dataset: a role or a scope said no.
    pub fn note_refusal(&self, party: &Party, origin: AccessOrigin, code: &'static str) {
        let access = self.begin(party, "", "call", origin);
        let mut course = access.course();
        (course.touched, course.denied, course.reason) = (true, true, Some(code));
    }
}

impl Access {
    fn new(audit: Audit, who: Who) -> Self {
        let id = audit.0.store.new_id();
        let (course, opening) = (std::sync::Mutex::default(), tokio::sync::Mutex::new(Opening::No));
        Self(Arc::new(Inner { audit, id, who, course, opening }))
    }

    /// A fresh access of the same caller for another action.
    #[must_use]
    pub fn acting(&self, action: &str) -> Self {
        Self::new(self.0.audit.clone(), Who { action: action.to_owned(), ..self.0.who.clone() })
    }

    /// A fresh access of the same caller from elsewhere.
    #[must_use]
    pub fn from(&self, origin: AccessOrigin) -> Self {
        Self::new(self.0.audit.clone(), Who { origin, ..self.0.who.clone() })
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        self.0.course.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something happens that is worth a record even where no dataset is named.
    pub fn touch(&self) {
        self.course().touched = true;
    }

    /// Nothing is handed on before [`finish`](Self::finish): without it the access broke off.
    pub fn hold(&self) {
        self.course().held = true;
    }

    /// Keep the statement, shortened.
    pub fn state(&self, statement: &str) {
        let mut course = self.course();
        course.touched = true;
        course.statement = Some(shortened(statement, STATEMENT_CHARACTERS_MAX));
    }

    /// A dataset was opened under a grant.
    pub fn opened(&self, dataset: &str, version: u64, grant: &Grant) -> Result<()> {
        self.name(AuditInput {
            dataset: dataset.to_owned(),
            version: Some(version),
            grant: Some(grant.id.clone()),
            agreement: grant.agreement.clone(),
        })
    }

    /// A dataset was refused.
    pub fn refused(&self, dataset: &str, code: &'static str) {
        {
            let mut course = self.course();
            (course.denied, course.reason) = (true, Some(code));
        }
        let input = AuditInput { dataset: dataset.to_owned(), version: None, grant: None, agreement: None };
        // The one more than can be kept was refused already.
        drop(self.name(input));
    }

    fn name(&self, input: AuditInput) -> Result<()> {
        let mut course = self.course();
        course.touched = true;
        if course.inputs.len() >= INPUTS_MAX && !course.inputs.contains(&input) {
            return Err(Error::invalid(
                "sql",
                format!("一次访问至多涉及 {INPUTS_MAX} 个数据集。"),
                format!("One access names {INPUTS_MAX} datasets at most."),
            ));
        }
        course.inputs.insert(input);
        Ok(())
    }

    /// Rows were handed out.
    pub fn handed_out(&self, rows: u64) {
        let mut course = self.course();
        course.rows = course.rows.saturating_add(rows);
    }

    /// Bytes were sent.
    pub fn sent(&self, bytes: u64) {
        let mut course = self.course();
        course.bytes = Some(course.bytes.unwrap_or_default().saturating_add(bytes));
    }

    /// It failed, for this reason; a refusal noted before stays.
    pub fn failed(&self, code: &'static str) {
        let mut course = self.course();
        course.touched = true;
        course.reason.get_or_insert(code);
    }

    /// Rows were asked for and not all taken.
    pub fn broke_off(&self) {
        self.course().broken_off = true;
    }

    /// Start writing the record of the beginning without waiting for it; [`admit`](Self::admit) waits.
    pub fn announce(&self) {
        if let Ok(mut opening) = self.0.opening.try_lock()
            && matches!(*opening, Opening::No)
            && let Ok(waiting) = self.submit_opening()
        {
            *opening = Opening::Waiting(waiting);
        }
    }

    /// The record of the beginning is on disk when this returns; a failure means that nothing may be handed out.
    pub async fn admit(&self) -> Result<()> {
        let mut opening = self.0.opening.lock().await;
        if matches!(*opening, Opening::No) {
            *opening = Opening::Waiting(self.submit_opening()?);
        }
        if let Opening::Waiting(waiting) = &mut *opening {
            let written = waiting.await.unwrap_or_else(|_| Err(Error::audit_unavailable("writer gone")));
            *opening = if written.is_ok() { Opening::Yes } else { Opening::No };
            written?;
        }
        Ok(())
    }

    fn submit_opening(&self) -> Result<oneshot::Receiver<Written>> {
        self.course().touched = true;
        let row = self.0.row(Phase::Open, Outcome::Opened)?;
        self.0.audit.submit(row)
    }

    /// The record of the end is on disk when this returns; a failure means that nothing may be handed out. `failure`
    /// is the code of what went wrong, where something did. A second call changes nothing.
    pub async fn finish(&self, failure: Option<&'static str>) -> Result<()> {
        let outcome = {
            let mut course = self.course();
            if std::mem::replace(&mut course.ended, true) {
                return Ok(());
            }
            match failure {
                None => {
                    course.reason = None;
                    Outcome::Completed
                }
                Some(code) if course.denied && course.reason == Some(code) => Outcome::Denied,
                Some(code) => {
                    course.reason = Some(code);
                    Outcome::Failed
                }
            }
        };
        let opened = !matches!(*self.0.opening.lock().await, Opening::No);
        let phase = if opened { Phase::Close } else { Phase::Whole };
        let written = async {
            let waiting = self.0.audit.submit(self.0.row(phase, outcome)?)?;
            waiting.await.unwrap_or_else(|_| Err(Error::audit_unavailable("writer gone")))
        };
        let written = written.await;
        if written.is_err() && opened {
            // Rows have left: that it broke off is written as soon as anything can be.
            let mut course = self.course();
            (course.ended, course.broken_off) = (false, true);
        }
        written
    }
}

impl Inner {
    fn row(&self, phase: Phase, outcome: Outcome) -> Result<RecordRow> {
        let course = self.course.lock().unwrap_or_else(PoisonError::into_inner);
        let inputs: Vec<AuditInput> = course.inputs.iter().cloned().collect();
        let handed_out = i64::try_from(course.rows).unwrap_or(i64::MAX);
        let over = phase != Phase::Open;
        let exchange = inputs.iter().any(|input| input.agreement.is_some())
            || matches!(self.who.action.as_str(), "move" | "publish");
        let origin = &self.who.origin;
        Ok(RecordRow {
            seq: 0,
            access: self.id.clone(),
            phase: phase.name().to_owned(),
            recorded_at: self.audit.0.store.now(),
            account: self.who.account.clone(),
            role: self.who.role.to_owned(),
            organisation: self.who.organisation.clone(),
            credential: origin.credential.clone(),
            address: origin.address.clone(),
            channel: origin.channel.name().to_owned(),
            action: self.who.action.clone(),
            operation: shortened(&origin.operation, TEXT_CHARACTERS_MAX),
            purpose: self.who.purpose.clone(),
            statement: course.statement.clone(),
            inputs: inputs_text(&inputs)?,
            rows: (over && !course.countless).then_some(handed_out),
            bytes: course.bytes.filter(|_| over).and_then(|bytes| i64::try_from(bytes).ok()),
            outcome: outcome.name().to_owned(),
            reason: course.reason.filter(|_| over).map(str::to_owned),
            trace_id: origin.trace_id.clone(),
            exchange,
            digest: Vec::new(),
        })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let outcome = {
            let course = self.course.get_mut().unwrap_or_else(PoisonError::into_inner);
            if course.ended || !course.touched {
                return;
            }
            match (course.denied, course.reason, course.broken_off || course.held) {
                (true, ..) => Outcome::Denied,
                (false, Some(_), _) => Outcome::Failed,
                (false, None, true) => Outcome::BrokenOff,
                (false, None, false) => Outcome::Completed,
            }
        };
        let opened = !matches!(self.opening.get_mut(), Opening::No);
        let phase = if opened { Phase::Close } else { Phase::Whole };
        match self.row(phase, outcome) {
            Ok(row) => self.audit.submit_later(row),
            Err(error) => tracing::error!(%error, "the end of an access could not be put into words"),
        }
    }
}

fn shortened(text: &str, characters: usize) -> String {
    text.chars().filter(|c| *c != '\0').take(characters).collect()
}
