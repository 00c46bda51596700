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
    /// Seconds after which the same may work, where that is known.
    pub retry_after_s: Option<u32>,
}

impl Failure {
    /// A failure without a hint.
    #[must_use]
    pub fn new(kind: ErrorKind, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { kind, code, detail: Text::new(zh, en), hint: None, pointer: None, retry_after_s: None }
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

    /// The same failure, saying when trying again makes sense.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
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

    /// Detail and hint as sentences of one paragraph, in the caller's language.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        let detail = self.detail.get(language);
        let Some(hint) = &self.hint else { return detail.to_owned() };
        let (stop, space) = match language {
            Language::Zh => ("。", ""),
            Language::En => (".", " "),
        };
        let stop = if ends_sentence(detail) { "" } else { stop };
        format!("{}{stop}{space}{}", detail.trim_end(), hint.get(language))
    }
}

/// Whether a text needs no full stop before the next sentence; a closing quote or bracket may follow the sign.
fn ends_sentence(text: &str) -> bool {
    let text = text.trim_end().trim_end_matches(['"', '”', '’', '」', '）', ')']);
    text.is_empty() || text.ends_with(['。', '！', '？', '；', '：', '…', '.', '!', '?', ';', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(zh: &str, en: &str) -> (String, String) {
        let failure = Failure::new(ErrorKind::InvalidArgument, "test/one", zh, en)
            .with_hint("请改小。", "Make it smaller.");
        (failure.message(Language::Zh), failure.message(Language::En))
    }

    #[test]
    fn detail_and_hint_are_two_sentences_in_either_language() {
        let cases = [
            ("太大", "It is too large", "太大。请改小。", "It is too large. Make it smaller."),
            ("太大。", "It is too large.", "太大。请改小。", "It is too large. Make it smaller."),
            ("是不是？", "Is it?", "是不是？请改小。", "Is it? Make it smaller."),
            ("（太大。）", "(Too large.)", "（太大。）请改小。", "(Too large.) Make it smaller."),
            (
                "大于 2（个）",
                "More than 2 (firms)",
                "大于 2（个）。请改小。",
                "More than 2 (firms). Make it smaller.",
            ),
        ];
        for (zh, en, expected_zh, expected_en) in cases {
            assert_eq!(told(zh, en), (expected_zh.to_owned(), expected_en.to_owned()));
        }
    }

    #[test]
    fn a_detail_without_a_hint_is_left_as_it_is() {
        let failure = Failure::new(ErrorKind::NotFound, "test/one", "没有", "none");
        assert_eq!(
            (failure.message(Language::Zh).as_str(), failure.message(Language::En).as_str()),
            ("没有", "none")
        );
    }
}
