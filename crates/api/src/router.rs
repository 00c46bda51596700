//! From rows to a router.

use crate::ambient;
use crate::assets;
use crate::endpoint::Endpoint;
use crate::openapi;
use crate::routes;
use crate::runs::Runs;
use crate::services::{App, Services};
use crate::upload;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::middleware;
use brain_component::Registry;
use brain_tls::{TlsListener, TlsService};
use serde_json::Value;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};

/// The interface of a node: everything under `/api/v1`, health and metrics, and the portal for every other path.
pub fn router(services: Services) -> Router {
    router_and_runs(services).0
}

/// Like [`router`], with the handle that waits for background runs at shutdown.
pub fn router_and_runs(services: Services) -> (Router, Runs) {
    let endpoints = routes::all(&services.registry);
    let document = openapi::document(&endpoints, &services.options.version);
    let document: Arc<[u8]> = document.to_string().into_bytes().into();
    let runs = Runs::new(services.clock.clone());
    upload::sweep(&services.options.uploads);
    let app = App::new(services, runs.clone(), document);
    (assemble(endpoints, app), runs)
}

/// The OpenAPI 3.1 document of a node with these components.
#[must_use]
pub fn document(registry: &Registry) -> Value {
    openapi::document(&routes::all(registry), env!("CARGO_PKG_VERSION"))
}

/// A router that knows its callers' addresses; made by `router.into_make_service_with_connect_info::<SocketAddr>()`.
pub type MakeService = IntoMakeServiceWithConnectInfo<Router, SocketAddr>;

/// Serve until `shutdown` resolves; requests under way are finished. Without addresses `/metrics` would take nobody
/// for local and the brake on sign-ins would not work; hence the type.
pub async fn serve(
    listener: TcpListener,
    service: MakeService,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, service).with_graceful_shutdown(shutdown).await
}

/// Like [`serve`], over TLS 1.3.
pub async fn serve_tls(
    listener: TlsListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, TlsService::new(router)).with_graceful_shutdown(shutdown).await
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
    router
        .fallback(assets::fallback)
        .method_not_allowed_fallback(assets::method_not_allowed)
        // Bodies are bounded where they are read, each by its own limit.
        .layer(DefaultBodyLimit::disable())
        .layer(CompressionLayer::new().compress_when(worthwhile))
        .layer(middleware::from_fn(ambient::surround))
        .with_state(app)
}
