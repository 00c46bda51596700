//! What can go wrong, in words that do not depend on a transport.
//!
//! Each crate keeps its own error enum; at its boundary it turns into a [`Failure`], and only `api` maps a
//! [`ErrorKind`] to an HTTP status and only `brain` to an exit code.

use crate::language::{Language, Text};
use serde::{Deserialize, Serialize};

/// The ten kinds of failure a caller can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The caller sent something malformed or out of bounds; repeating it cannot help.
    InvalidArgument,
    /// Nobody is signed in, or the credential is wrong or expired.
    Unauthenticated,
    /// The caller is known but holds no grant for this.
    Forbidden,
    /// The object does not exist, or the caller may not know that it does.
    NotFound,
    /// The object exists already.
    AlreadyExists,
    /// The state of the object does not allow the action now.
    Precondition,
    /// A quota, a limit or the memory budget was reached.
    Exhausted,
    /// The caller cancelled, or the deadline passed.
    Cancelled,
    /// A dependency is not reachable; trying again later may help.
    Unavailable,
    /// A defect in this program. Details go to the log, never to the caller.
    Internal,
}

/// A failure as a caller sees it: stable code, kind, what happened, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {}", detail.en)]
pub struct Failure {
    /// Transport-independent kind.
    pub kind: ErrorKind,
    /// Stable code `"<crate>/<slug>"`, for example `warehouse/unknown-dataset`.
    pub code: &'static str,
    /// What happened, with the names and numbers the caller needs.
    pub detail: Text,
    /// How to mend it; `None` where the detail says all there is.
    pub hint: Option<Box<Text>>,
    /// JSON pointer (RFC 6901) of the offending value in what the caller sent, where one value is to blame.
    pub pointer: Option<String>,
}

impl Failure {
    /// A failure without a hint.
    #[must_use]
    pub fn new(kind: ErrorKind, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { kind, code, detail: Text::new(zh, en), hint: None, pointer: None }
    }

    /// The same failure with advice on how to mend it.
    #[must_use]
    pub fn with_hint(mut self, zh: impl Into<String>, en: impl Into<String>) -> Self {
        self.hint = Some(Box::new(Text::new(zh, en)));
        self
    }

    /// The same failure, pointing at the value to blame.
    #[must_use]
    pub fn with_pointer(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// An internal failure: `cause` is logged by whoever catches it, the caller sees a neutral sentence.
    #[must_use]
    pub fn internal(code: &'static str) -> Self {
        Self::new(
            ErrorKind::Internal,
            code,
            "程序内部错误，已记录；请把追踪编号交给运维人员。",
            "Internal error, recorded; give the trace id to your operator.",
        )
    }

    /// Detail and hint joined, in the caller's language.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        match &self.hint {
            Some(hint) => format!("{} {}", self.detail.get(language), hint.get(language)),
            None => self.detail.get(language).to_owned(),
        }
    }
}
