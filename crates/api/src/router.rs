//! From rows to a router.

use crate::ambient;
use crate::assets;
use crate::endpoint::Endpoint;
use crate::network;
use crate::openapi;
use crate::routes;
use crate::runs::Runs;
use crate::serve::{Interface, Rules};
use crate::services::{App, Services};
use crate::upload;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use brain_component::Registry;
use serde_json::Value;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};

/// The interface of a node: everything under `/api/v1`, health and metrics, and the portal for every other path; with
/// the handle that waits for background runs at shutdown.
pub fn router_and_runs(services: Services) -> (Interface, Runs) {
    let endpoints = routes::all(&services.registry);
    let document = openapi::document(&endpoints, &services.options.version);
    let document: Arc<[u8]> = document.to_string().into_bytes().into();
    let runs = Runs::new(services.clock.clone(), services.options.limits.caller_ingests as usize);
    upload::sweep(&services.options.uploads);
    let rules = Rules { limits: services.options.limits.clone(), network: services.options.network.clone() };
    let app = App::new(services, runs.clone(), document);
    (Interface { router: assemble(endpoints, app), rules }, runs)
}

/// The OpenAPI 3.1 document of a node with these components.
#[must_use]
pub fn document(registry: &Registry) -> Value {
    openapi::document(&routes::all(registry), env!("CARGO_PKG_VERSION"))
}

fn assemble(endpoints: Vec<Endpoint>, app: App) -> Router {
    let mut router = Router::new();
    for endpoint in endpoints {
        let (path, route) = endpoint.into_route();
        router = router.route(&path, route);
    }
    let worthwhile = DefaultPredicate::new()
        .and(NotForContentType::const_new("application/vnd.apache.arrow.stream"))
        .and(NotForContentType::const_new("font/"));
    router = router
        .fallback(assets::fallback)
        .method_not_allowed_fallback(assets::method_not_allowed)
        // Bodies are bounded where they are read, each by its own limit.
        .layer(DefaultBodyLimit::disable())
        .layer(CompressionLayer::new().compress_when(worthwhile));
    if let Some(cors) = network::cors(&app.options.network) {
        router = router.layer(cors);
    }
    router
        .layer(middleware::from_fn_with_state(app.clone(), network::threshold))
        .layer(middleware::from_fn_with_state(app.clone(), ambient::surround))
        .with_state(app)
}
