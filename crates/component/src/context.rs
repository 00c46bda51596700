//! What a running component holds: the caller, the clock, and doors to data — nothing else.

use crate::error::Error;
use crate::graph::{GRAPH_READS, Graphs};
use crate::manifest::Manifest;
use crate::records::decode;
use crate::snapshot::{Snapshot, unless_cancelled};
use brain_chain::graph::ChainGraph;
use brain_chain::search::Hit;
use brain_kernel::clock::Clock;
use brain_kernel::error::Failure;
use brain_kernel::party::Party;
use brain_kernel::progress::{Cancel, Progress};
use brain_kernel::provenance::Input;
use brain_warehouse::product::ProductAsk;
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
        let cancel = &self.inner.cancel;
        // Boxed: planning holds kilobytes, and every component's own future would carry them.
        let read = Box::pin(async {
            let stream = session.query(sql, parameters, QueryLimits::default(), cancel.clone()).await?;
            let (batches, _) = stream.collect().await?;
            Ok(batches)
        });
        unless_cancelled(cancel, read).await
    }

    /// Rows of a data product, under the caller's grant to it, and whether there are more than `rows`; the product is
    /// the one thing such a component reads.
    pub(crate) async fn product(
        &self,
        ask: &ProductAsk,
        rows: u64,
    ) -> Result<(Vec<RecordBatch>, bool, String), Failure> {
        let session = &self.node()?.session;
        let cancel = &self.inner.cancel;
        let read = Box::pin(async {
            let open = session.product(ask).await?;
            let limits = QueryLimits { rows: Some(rows), ..QueryLimits::default() };
            let (batches, more) = open.rows(limits, cancel.clone()).await?.collect().await?;
            Ok((batches, more, open.semver()))
        });
        unless_cancelled(cancel, read).await
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
        let hits = self.compute(move |_, _| Ok(snapshot.index().search(&text, limit))).await?;
        Ok((graph, hits))
    }

    /// What `compute` makes of [`Context::graph`], computed once per graph and key and shared by everybody who may
    /// see the same graph. The key must name everything else the value depends on, such as a day.
    pub async fn derived<T, F>(&self, key: &str, compute: F) -> Result<Arc<T>, Failure>
    where
        T: Send + Sync + 'static,
        F: FnOnce(&ChainGraph, &Progress, &Cancel) -> Result<T, Failure> + Send + 'static,
    {
        self.snapshot().await?.derived(key, &self.inner.progress, &self.inner.cancel, compute).await
    }

    /// Run mathematics off the threads that serve requests. `work` looks at the token now and then; its answer is
    /// refused when the run was cancelled meanwhile.
    pub async fn compute<T, F>(&self, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(&Progress, &Cancel) -> Result<T, Failure> + Send + 'static,
    {
        let (progress, cancel) = (self.inner.progress.clone(), self.inner.cancel.clone());
        // Reading the tables has ended; a component that knows better names its own stage.
        progress.begin("计算", "Computing", 0);
        let task = async {
            tokio::task::spawn_blocking(move || work(&progress, &cancel))
                .await
                .map_err(|_| Failure::internal("component/compute"))?
        };
        unless_cancelled(&self.inner.cancel, task).await
    }

    async fn snapshot(&self) -> Result<Snapshot, Failure> {
        let manifest = &self.inner.manifest;
        if let Some(missing) = GRAPH_READS.iter().find(|name| !manifest.reads.iter().any(|r| r == *name)) {
            let (component, dataset) = (manifest.id.clone(), (*missing).to_owned());
            return Err(Error::UndeclaredRead { component, dataset }.into());
        }
        let node = self.node()?;
        let (snapshot, inputs) =
            node.graphs.current(&node.session, &self.inner.progress, &self.inner.cancel).await?;
        if let Ok(mut all) = self.inner.graph_inputs.lock() {
            all.extend(inputs);
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

    /// The audit record of the run is on disk when this returns; a run that cannot be recorded is not answered.
    pub(crate) async fn finish(&self, failure: Option<&'static str>) -> Result<(), Failure> {
        let Some(node) = &self.inner.node else { return Ok(()) };
        // A run without data is an access all the same: somebody used the component.
        Ok(node.session.finish_with(failure).await?)
    }

    fn node(&self) -> Result<&Node, Failure> {
        let none = || Error::NoNode { component: self.inner.manifest.id.clone() };
        Ok(self.inner.node.as_ref().ok_or_else(none)?)
    }
}
