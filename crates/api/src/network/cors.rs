//! Pages of other sites (跨源): none may ask, unless the operator lists them; a cookie never counts for them.

use super::Network;
use axum::http::{HeaderName, HeaderValue, Method, header};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may remember the answer.
const REMEMBERED: Duration = Duration::from_mins(10);

/// What answers a browser that asks on behalf of another site's page; `None` where no other site may.
pub(crate) fn layer(network: &Network) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> =
        network.cors_origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    if origins.is_empty() {
        return None;
    }
    // No credentials: a page of another site calls with a token of its own, never with the reader's session.
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT_LANGUAGE,
            HeaderName::from_static("prefer"),
            HeaderName::from_static("x-query-id"),
            HeaderName::from_static("traceparent"),
        ])
        .expose_headers([
            HeaderName::from_static("x-trace-id"),
            HeaderName::from_static("x-query-id"),
            header::RETRY_AFTER,
            header::CONTENT_DISPOSITION,
        ])
        .max_age(REMEMBERED);
    Some(layer)
}
