//! Telling a lineage service of other makes what models ran, as OpenLineage events.
//!
//! One round every half minute, in order, from a mark in the store: a service that is away is told later, and no run
//! waits for it. What ran before the address was configured is not told.

use crate::config::LineageConfig;
use crate::node::{operator, variable};
use anyhow::{Context as _, Result, bail};
use brain_egress::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use brain_egress::{Call, Egress, Method};
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_store::{PageRequest, Store, model_run, setting};
use brain_warehouse::lineage::Lineage;
use std::time::Duration;

/// How often it is looked for runs to tell.
const EVERY: Duration = Duration::from_secs(30);
/// Runs told in one round.
const RUNS_MAX: u64 = 200;
/// Longest answer read, bytes; it is not looked at.
const ANSWER_BYTES_MAX: u64 = 64 << 10;
/// Where the last run told is remembered.
const MARK: &str = "lineage.told";

/// Tells for as long as the node runs; without an address it ends at once.
pub async fn keep_telling(store: Store, lineage: Lineage, egress: Egress, options: LineageConfig) {
    if options.openlineage_url.is_empty() {
        return;
    }
    if let Err(error) = egress.permit(&options.openlineage_url) {
        tracing::error!(%error, "lineage.openlineage_url cannot be called");
        return;
    }
    loop {
        if let Err(error) = round(&store, &lineage, &egress, &options).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "runs could not be told to openlineage_url; it is tried again"
            );
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn round(store: &Store, lineage: &Lineage, egress: &Egress, options: &LineageConfig) -> Result<()> {
    let db = store.db();
    let newest = model_run::list(db, None, PageRequest::new(1, RUNS_MAX)).await?.items;
    let told: Option<String> = setting::get(db, MARK).await?;
    let Some(told) = told else {
        let mark = newest.first().map(|run| run.id.clone()).unwrap_or_default();
        return Ok(setting::set(db, MARK, &mark, store.now()).await?);
    };
    // Ids sort by time (UUID v7).
    for run in newest.iter().rev().filter(|run| run.id > told) {
        let event = lineage
            .event_of_run(&operator(Role::SystemAdministrator), &run.id)
            .await
            .map_err(Failure::from)?;
        post(egress, options, serde_json::to_vec(&event)?).await?;
        setting::set(db, MARK, &run.id, store.now()).await?;
    }
    Ok(())
}

async fn post(egress: &Egress, options: &LineageConfig, body: Vec<u8>) -> Result<()> {
    let mut call = Call::new("lineage.openlineage", Method::POST, &options.openlineage_url)
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .at_most(ANSWER_BYTES_MAX)
        .body(body);
    if let Some(name) = options.openlineage_token.strip_prefix("env:") {
        let token = variable(name).with_context(|| format!("the variable {name} is not set"))?;
        let mut value =
            HeaderValue::from_str(&format!("Bearer {token}")).context("the token is no header value")?;
        value.set_sensitive(true);
        call = call.header(AUTHORIZATION, value);
    }
    let answer = egress.fetch(call).await.map_err(Failure::from)?;
    if !answer.status.is_success() {
        bail!("answered {}", answer.status);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::post;
    use brain_kernel::progress::{Cancel, Progress};
    use serde_json::Value;
    use std::sync::{Arc, Mutex};

    type Heard = Arc<Mutex<Vec<(Option<String>, Value)>>>;

    /// A service that takes events while `open` says so.
    async fn service(heard: Heard, open: Arc<Mutex<bool>>) -> String {
        let take = move |headers: HeaderMap, axum::Json(event): axum::Json<Value>| async move {
            if !*open.lock().unwrap() {
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            let token = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
            heard.lock().unwrap().push((token, event));
            StatusCode::CREATED
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/v1/lineage", listener.local_addr().unwrap());
        let router = Router::new().route("/api/v1/lineage", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        url
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_run_is_told_once_in_order_and_a_service_that_is_away_is_told_later() {
        let node = brain_testkit::Node::start().await;
        let (heard, open) = (Heard::default(), Arc::new(Mutex::new(false)));
        let url = service(heard.clone(), open.clone()).await;
        let egress = Egress::new(&brain_egress::Options::default()).unwrap();
        egress.permit(&url).unwrap();
        // Any variable that is set will do for a token.
        let options = LineageConfig { openlineage_url: url, openlineage_token: "env:PATH".to_owned() };
        let lineage = node.warehouse.lineage();
        let tell = || round(&node.store, &lineage, &egress, &options);
        tell().await.unwrap();
        let party = operator(Role::SystemAdministrator);
        node.warehouse.refresh_models(&party, Progress::new(), Cancel::new()).await.unwrap();
        assert!(tell().await.is_err(), "the service is away");
        assert!(heard.lock().unwrap().is_empty());

        *open.lock().unwrap() = true;
        tell().await.unwrap();
        tell().await.unwrap();
        let runs = model_run::list(node.store.db(), None, PageRequest::new(1, RUNS_MAX)).await.unwrap().items;
        assert!(runs.len() >= 2, "regions and industries are made of what is built in");
        let heard = heard.lock().unwrap();
        let told: Vec<&str> =
            heard.iter().map(|(_, event)| event["run"]["runId"].as_str().unwrap()).collect();
        let ran: Vec<&str> = runs.iter().rev().map(|run| run.id.as_str()).collect();
        assert_eq!(told, ran);
        let (token, event) = &heard[0];
        assert!(token.as_ref().unwrap().starts_with("Bearer "), "{token:?}");
        brain_lineage::openlineage::parse(event.to_string().as_bytes()).unwrap();
    }
}
