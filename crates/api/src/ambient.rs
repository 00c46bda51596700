//! What surrounds every request: trace id, language, log line, metrics, protective headers, and a net for panics.

use crate::network::METHODS;
use crate::problem::{self, Code};
use crate::protection;
use crate::services::App;
use crate::trace;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, Uri, header};
use axum::middleware::Next;
use brain_kernel::error::Failure;
use brain_kernel::language::Language;
use futures::FutureExt as _;
use std::panic::AssertUnwindSafe;
use std::time::Instant;
use tracing::{Instrument as _, field};

/// Trace id and language of one request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ambient {
    /// 32 hexadecimal digits (W3C Trace Context).
    pub(crate) trace_id: String,
    /// Language of refusals.
    pub(crate) language: Language,
}

const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// `?lang=` wins over `Accept-Language`; Chinese when neither says anything.
fn language(uri: &Uri, headers: &HeaderMap) -> Language {
    let asked = uri.query().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("lang="));
    match asked {
        Some(text) if !text.is_empty() => Language::negotiate(text),
        _ => {
            let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
            Language::negotiate(header.unwrap_or_default())
        }
    }
}

/// The outermost layer.
pub(crate) async fn surround(State(app): State<App>, mut request: Request, next: Next) -> Response<Body> {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let span = tracing::info_span!("request", trace_id = field::Empty, %method, %path);
    let ambient = Ambient {
        trace_id: trace::begin(&span, request.headers()),
        language: language(request.uri(), request.headers()),
    };
    span.record("trace_id", &ambient.trace_id);
    request.extensions_mut().insert(ambient.clone());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "other".to_owned(), |m| m.as_str().to_owned());
    let started = Instant::now();
    let outcome = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone()).await;
    let mut response = outcome.unwrap_or_else(|panic| {
        span.in_scope(|| tracing::error!(panic = %words(&*panic), "a request panicked"));
        problem::response(&Failure::internal("api/internal"), &ambient)
    });
    let api = path.starts_with("/api/") || path.starts_with("/oauth2/");
    protection::protect(response.headers_mut(), api, app.options.secure_cookies);
    if let Ok(value) = HeaderValue::from_str(&ambient.trace_id) {
        response.headers_mut().insert(TRACE_ID, value);
    }
    let seconds = started.elapsed().as_secs_f64();
    let status = response.status().as_u16();
    let code = response.extensions().get::<Code>().map_or("", |code| code.0);
    span.in_scope(|| tracing::info!(status, code, milliseconds = (seconds * 1e3).round(), "answered"));
    // An unknown method is one series, however many a caller thinks up.
    let method = if METHODS.contains(&method) { method.to_string() } else { "other".to_owned() };
    let labels = [("method", method), ("route", route), ("status", status.to_string())];
    metrics::counter!("brain_http_requests_total", &labels).increment(1);
    metrics::histogram!("brain_http_request_seconds", &labels).record(seconds);
    response
}

fn words(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_decides_the_language_before_the_header() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("en"));
        let at = |uri: &str| language(&uri.parse().unwrap(), &headers);
        assert_eq!(at("/x"), Language::En);
        assert_eq!(at("/x?lang=zh"), Language::Zh);
        assert_eq!(language(&"/x".parse().unwrap(), &HeaderMap::new()), Language::Zh);
    }
}
