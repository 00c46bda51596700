//! What a caller would rather have (RFC 7240): an answer later, after waiting a little.

use axum::http::HeaderMap;
use std::time::Duration;

/// Longest wait a caller may ask for before the answer becomes "later".
const WAIT_MAX: Duration = Duration::from_secs(30);

/// How long to wait before answering 202, when the caller sent `Prefer: respond-async`; `wait=` gives the seconds
/// (RFC 7240, sections 4.1 and 4.3), none when left out. A preference nobody understands is ignored, as the RFC asks.
pub(crate) fn respond_async(headers: &HeaderMap) -> Option<Duration> {
    let mut later = false;
    let mut wait = Duration::ZERO;
    for value in headers.get_all("prefer") {
        for preference in value.to_str().unwrap_or_default().split(',') {
            let preference = preference.split(';').next().unwrap_or_default();
            let (name, given) = preference.split_once('=').unwrap_or((preference, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "respond-async" => later = true,
                "wait" => {
                    let seconds = given.trim().trim_matches('"').parse().unwrap_or_default();
                    wait = Duration::from_secs(seconds).min(WAIT_MAX);
                }
                _ => {}
            }
        }
    }
    later.then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn asked(values: &[&'static str]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("prefer", HeaderValue::from_static(value));
        }
        respond_async(&headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn only_respond_async_defers_and_the_wait_is_bounded() {
        assert_eq!(asked(&[]), None);
        assert_eq!(asked(&["wait=5", "return=minimal"]), None);
        assert_eq!(asked(&["respond-async"]), Some(0));
        assert_eq!(asked(&["respond-async, wait=1"]), Some(1));
        assert_eq!(asked(&["Wait=\"2\"; x=y", "Respond-Async"]), Some(2));
        assert_eq!(asked(&["respond-async, wait=86400"]), Some(30));
        assert_eq!(asked(&["respond-async, wait=soon"]), Some(0));
    }
}
