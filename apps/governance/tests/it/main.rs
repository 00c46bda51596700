//! Government-side components on a whole node that holds the demonstration's own data.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop where it is"
)]

mod demo;
mod risk;

use brain_component::{Outcome, RunOptions};
use brain_kernel::error::Failure;
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::{Cancel, Progress};
use brain_testkit::Node;
use brain_warehouse::ingest::{IngestOptions, IngestRequest};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn party(role: Role) -> Party {
    Party {
        account: "test".to_owned(),
        display_name: "test".to_owned(),
        role,
        organisation: None,
        region: None,
    }
}

async fn ingest(node: &Node, path: PathBuf, mapping: &str) {
    let request = IngestRequest { path, mapping: mapping.to_owned(), options: IngestOptions::default() };
    let operator = party(Role::SystemAdministrator);
    node.warehouse.ingest(&operator, request, Progress::new(), Cancel::new()).await.unwrap();
}

async fn refresh(node: &Node) {
    let operator = party(Role::SystemAdministrator);
    node.warehouse.refresh_models(&operator, Progress::new(), Cancel::new()).await.unwrap();
}

/// A node with the curated set of `demo/data` and its subject tables.
async fn demonstration() -> Node {
    let node = Node::with_components(brain_governance::components()).await;
    ingest(&node, Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/data"), "curated").await;
    refresh(&node).await;
    node
}

async fn run_with(
    node: &Node,
    id: &str,
    parameters: Value,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Outcome, Failure> {
    let options = RunOptions {
        purpose: "test".to_owned(),
        progress: progress.clone(),
        cancel: cancel.clone(),
        ..RunOptions::default()
    };
    node.registry.run(id, &party(Role::Government), parameters, options).await
}

async fn run(node: &Node, id: &str, parameters: Value) -> Value {
    let done = run_with(node, id, parameters.clone(), &Progress::new(), &Cancel::new()).await;
    done.unwrap_or_else(|failure| panic!("{id} {parameters}: {failure:?}")).result
}
