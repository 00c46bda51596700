//! What a running component holds: the caller, the clock, and doors to data — nothing else.

use crate::error::Error;
use crate::graph::{GRAPH_READS, Graphs, Snapshot};
use crate::manifest::Manifest;
use crate::records::decode;
use brain_chain::graph::ChainGraph;
use brain_chain::search::Hit;
use brain_kernel::clock::Clock;
use brain_kernel::error::Failure;
use brain_kernel::party::Party;
use brain_kernel::progress::{Cancel, Progress};
use brain_kernel::provenance::Input;
use brain_warehouse::{QueryLimits, Session};
use chrono::{DateTime, Utc};
use datafusion::arrow::array::RecordBatch;
use datafusion::common::ScalarValue;
use serde::de::DeserializeOwned;
use std::sync::{Arc, Mutex};

/// Cheap to clone; lives for one run.
#[derive(Clone)]
pub struct Context {
    inner: Arc<Inner>,
}

struct Inner {
    manifest: Arc<Manifest>,
    party: Party,
    node: Option<Node>,
    clock: Arc<dyn Clock>,
    progress: Progress,
    cancel: Cancel,
    /// Inputs of graph snapshots that were handed out; a session records its own.
    graph_inputs: Mutex<Vec<Input>>,
}

struct Node {
    session: Session,
    graphs: Graphs,
}

impl Context {
    pub(crate) fn attached(
        manifest: Arc<Manifest>,
        party: Party,
        session: Session,
        graphs: Graphs,
        clock: Arc<dyn Clock>,
        progress: Progress,
        cancel: Cancel,
    ) -> Self {
        Self::new(manifest, party, Some(Node { session, graphs }), clock, progress, cancel)
    }

    pub(crate) fn detached(
        manifest: Arc<Manifest>,
        party: Party,
        clock: Arc<dyn Clock>,
        progress: Progress,
        cancel: Cancel,
    ) -> Self {
        Self::new(manifest, party, None, clock, progress, cancel)
    }

    fn new(
        manifest: Arc<Manifest>,
        party: Party,
        node: Option<Node>,
        clock: Arc<dyn Clock>,
        progress: Progress,
        cancel: Cancel,
    ) -> Self {
        let graph_inputs = Mutex::new(Vec::new());
        Self { inner: Arc::new(Inner { manifest, party, node, clock, progress, cancel, graph_inputs }) }
    }

    /// Who runs the component.
    pub fn party(&self) -> &Party {
        &self.inner.party
    }

    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        self.inner.clock.now()
    }

    /// Counters a screen shows while the component works.
    pub fn progress(&self) -> &Progress {
        &self.inner.progress
    }

    /// Whether the caller asked to stop; long work passes this on.
    pub fn cancel(&self) -> &Cancel {
        &self.inner.cancel
    }

    /// Run one SELECT over the datasets the manifest lists, under the caller's grants, and collect it.
    ///
    /// `parameters` are bound to `$1`, `$2` … and never become SQL text.
    pub async fn query(&self, sql: &str, parameters: Vec<ScalarValue>) -> Result<Vec<RecordBatch>, Failure> {
        let session = &self.node()?.session;
        let stream =
            session.query(sql, parameters, QueryLimits::default(), self.inner.cancel.clone()).await?;
        let (batches, _) = stream.collect().await?;
        Ok(batches)
    }

    /// [`Context::query`], each row decoded into a `T` whose fields are named like the columns.
    pub async fn records<T: DeserializeOwned>(
        &self,
        sql: &str,
        parameters: Vec<ScalarValue>,
    ) -> Result<Vec<T>, Failure> {
        Ok(decode(&self.query(sql, parameters).await?)?)
    }

    /// The chain graph as this caller may see it, current with the subject tables.
    ///
    /// The manifest must list every dataset of [`GRAPH_READS`].
    pub async fn graph(&self) -> Result<Arc<ChainGraph>, Failure> {
        Ok(self.snapshot().await?.graph)
    }

    /// Search names, aliases and pinyin in [`Context::graph`]; best hits first.
    pub async fn search(&self, text: &str, limit: usize) -> Result<(Arc<ChainGraph>, Vec<Hit>), Failure> {
        let snapshot = self.snapshot().await?;
        let (text, graph) = (text.to_owned(), snapshot.graph.clone());
        let hits = tokio::task::spawn_blocking(move || snapshot.index().search(&text, limit)).await;
        Ok((graph, hits.map_err(|_| Failure::internal("component/search"))?))
    }

    async fn snapshot(&self) -> Result<Snapshot, Failure> {
        let manifest = &self.inner.manifest;
        if let Some(missing) = GRAPH_READS.iter().find(|name| !manifest.reads.iter().any(|r| r == *name)) {
            let (component, dataset) = (manifest.id.clone(), (*missing).to_owned());
            return Err(Error::UndeclaredRead { component, dataset }.into());
        }
        let node = self.node()?;
        let snapshot = node.graphs.current(&node.session, &self.inner.cancel).await?;
        if let Ok(mut inputs) = self.inner.graph_inputs.lock() {
            inputs.extend(snapshot.inputs.iter().cloned());
        }
        Ok(snapshot)
    }

    /// Everything read so far, sorted and without repetition.
    pub(crate) fn inputs(&self) -> Vec<Input> {
        let mut inputs = self.inner.node.as_ref().map(|node| node.session.inputs()).unwrap_or_default();
        if let Ok(graph) = self.inner.graph_inputs.lock() {
            inputs.extend(graph.iter().cloned());
        }
        inputs.sort();
        inputs.dedup();
        inputs
    }

    fn node(&self) -> Result<&Node, Failure> {
        let none = || Error::NoNode { component: self.inner.manifest.id.clone() };
        Ok(self.inner.node.as_ref().ok_or_else(none)?)
    }
}
