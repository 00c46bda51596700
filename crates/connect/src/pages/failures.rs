//! Pages that a site did not give in a run: put off, told with their reasons, asked for again in the next.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use brain_egress::Url;
use brain_kernel::language::Text;

use super::place::Walk;
use super::visit::shown;
use crate::{Control, Error};

/// How long a site is left alone that does not say for how long.
const REST: Duration = Duration::from_secs(30);
/// Longest time a run waits for a site at once; nobody makes a node wait for days.
const REST_MAX: Duration = Duration::from_mins(2);
/// Pages of a run that are told one by one; all are counted.
const TOLD_MAX: usize = 10;

/// How long to leave the site alone that gave this answer.
pub(super) fn rest_of(error: &Error) -> Duration {
    error.retry_after_s().map_or(REST, Duration::from_secs).min(REST_MAX)
}

/// Whether the page may be there by then.
pub(super) fn is_worth_waiting(error: &Error) -> bool {
    error.retry_after_s().is_none_or(|seconds| Duration::from_secs(seconds) <= REST_MAX)
}

/// Pages that failed in this run, and why. What is counted stands in the walk; this is gone with the run.
#[derive(Default)]
pub(super) struct Failures(Mutex<BTreeMap<String, Text>>);

impl Failures {
    /// Whether a page failed in this run.
    pub(super) fn has(&self, path: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(path)
    }

    /// Remember why a page was not had.
    pub(super) fn note(&self, path: &str, url: &Url, error: &Error) {
        let (page, reason) = (shown(url), reason(error));
        let words = Text::new(
            format!("网页 {page} 未能取得（{}），下次运行再试。", reason.zh),
            format!("The page {page} was not had ({}); the next run asks for it again.", reason.en),
        );
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), words);
    }

    /// Tell people how many pages were not had, and of the first ones why.
    pub(super) fn tell(&self, walk: &Walk, control: &Control) {
        let count = walk.failed.len();
        if count == 0 {
            return;
        }
        let (pages, them) = if count == 1 { ("page was", "it") } else { ("pages were", "them") };
        control.tell(Text::new(
            format!("有 {count} 个网页未能取得，下次运行再试。"),
            format!("{count} {pages} not had; the next run asks for {them} again."),
        ));
        let words = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for ahead in walk.failed.iter().take(TOLD_MAX) {
            words.get(&ahead.path).into_iter().for_each(|words| control.tell(words.clone()));
        }
    }
}

/// Why, in words.
fn reason(error: &Error) -> Text {
    match error {
        Error::Status { status: status @ 429, .. } => Text::new(
            format!("一再答复 {status}，要求稍后再来"),
            format!("it answered {status} again and again: later"),
        ),
        Error::Status { status, .. } => Text::new(format!("答复 {status}"), format!("it answered {status}")),
        other => Text::new(other.to_string(), other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_waited_for_longer_than_a_run_waits() {
        let busy = |retry_after_s| Error::Status { origin: String::new(), status: 429, retry_after_s };
        for (asked, waits, worth) in
            [(None, 30, true), (Some(0), 0, true), (Some(120), 120, true), (Some(121), 120, false)]
        {
            let error = busy(asked);
            let found = (rest_of(&error).as_secs(), is_worth_waiting(&error));
            assert_eq!(found, (waits, worth), "{asked:?}");
        }
        assert_eq!(rest_of(&busy(Some(u64::MAX))).as_secs(), 120);
    }
}
