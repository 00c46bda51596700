//! The handle everybody holds.

use crate::catalogue::Memory;
use crate::connect::UnderWay;
use crate::corpus;
use crate::distributed::DistributedEngine;
use crate::engine::Engine;
use crate::lake::Lake;
use crate::lake::check::FileCheck;
use crate::lake::objects::{ObjectLake, open_lake};
use crate::lineage;
use crate::matching;
use crate::model::ModelSet;
use crate::search::SearchState;
use crate::standard::context::Standards;
use crate::{Options, Result};
use brain_kernel::clock::Clock;
use brain_kernel::party::Party;
use brain_store::{Store, Transaction};
use brain_trust::{EvidenceEntry, Trust};
use serde_json::Value;
use std::sync::{Arc, OnceLock};
use tokio::sync::{Mutex, Semaphore};

/// A node's warehouse; cheap to clone.
#[derive(Clone)]
pub struct Warehouse {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) options: Options,
    pub(crate) store: Store,
    pub(crate) trust: Trust,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) lake: Lake,
    pub(crate) catalogue: Memory,
    pub(crate) lineage: lineage::Memory,
    pub(crate) engine: Engine,
    /// The engine on other machines, where there is one.
    pub(crate) distributed: OnceLock<Arc<dyn DistributedEngine>>,
    /// Dictionaries behind the SQL functions.
    pub(crate) standards: Arc<Standards>,
    /// The models as they were last read.
    pub(crate) model_set: arc_swap::ArcSwap<ModelSet>,
    /// One refresh of models at a time.
    pub(crate) models: Mutex<()>,
    /// Queries at work at the same time.
    pub(crate) turns: Arc<Semaphore>,
    /// One ingest at a time.
    pub(crate) ingest_turn: tokio::sync::Mutex<()>,
    /// One commit that others must not come between at a time: deliveries, rearrangements, deletions.
    pub(crate) committing: Mutex<()>,
    /// One look after the lake at a time.
    pub(crate) maintaining: Mutex<()>,
    /// Runs of connectors under way, by connector.
    pub(crate) connecting: UnderWay,
    /// Runs of match sets under way, by run.
    pub(crate) matching: matching::UnderWay,
    /// Runs of corpora under way, by run.
    pub(crate) corpora: corpus::UnderWay,
    /// The search index and what goes into it.
    pub(crate) search: SearchState,
    /// Data products as they were last changed.
    pub(crate) products: crate::product::Memory,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Warehouse").field("root", &self.options.root).finish_non_exhaustive()
    }
}

impl Inner {
    /// Leave evidence of what somebody did to a thing, in the transaction that does it.
    pub(crate) async fn record_act(
        &self,
        transaction: &Transaction,
        actor: &Party,
        (kind, subject): (&str, &str),
        body: Value,
    ) -> Result<()> {
        let entry = EvidenceEntry {
            kind: kind.to_owned(),
            actor: actor.account.clone(),
            subject: subject.to_owned(),
            body,
        };
        self.trust.evidence().record_in(transaction, entry).await?;
        Ok(())
    }
}

impl Warehouse {
    /// Open the warehouse of a data folder, finishing or undoing what a crash left half done.
    pub async fn open(options: Options, store: Store, trust: Trust, clock: Arc<dyn Clock>) -> Result<Self> {
        let lake = open_lake(&options.root, None, &store.new_id()).await?;
        Self::open_with(options, lake, store, trust, clock).await
    }

    /// Like [`open`](Self::open), with the tables on an object store. What is no lake of this node is refused.
    pub async fn open_on(
        options: Options,
        objects: &ObjectLake,
        store: Store,
        trust: Trust,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let lake = open_lake(&options.root, Some(objects), &store.new_id()).await?;
        Self::open_with(options, lake, store, trust, clock).await
    }

    async fn open_with(
        options: Options,
        lake: Lake,
        store: Store,
        trust: Trust,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let standards = Standards::built_in()?;
        let engine = Engine::new(&options, &lake, crate::standard::functions(&standards))?;
        let turns = Arc::new(Semaphore::new(options.concurrency.max(1)));
        let catalogue = Memory::default();
        let (models, ingest_turn) = (Mutex::new(()), Mutex::new(()));
        let inner = Arc::new(Inner {
            options,
            store,
            trust,
            clock,
            lake,
            catalogue,
            lineage: lineage::Memory::default(),
            engine,
            distributed: OnceLock::new(),
            standards,
            model_set: arc_swap::ArcSwap::default(),
            models,
            turns,
            ingest_turn,
            committing: Mutex::new(()),
            maintaining: Mutex::new(()),
            connecting: UnderWay::default(),
            matching: matching::UnderWay::default(),
            corpora: corpus::UnderWay::default(),
            search: SearchState::default(),
            products: crate::product::Memory::default(),
        });
        inner.reload_catalogue().await?;
        inner.reload_models()?;
        inner.recover_ingests().await?;
        inner.recover_models().await?;
        let warehouse = Self { inner };
        // A version that a run decided is recorded with its run before the lake is looked at for versions without one.
        warehouse.corpora().recover().await?;
        let inner = &warehouse.inner;
        inner.reconcile().await?;
        inner.reload_standards().await?;
        inner.reload_products().await?;
        warehouse.retention().recover().await?;
        warehouse.matching().recover().await?;
        Ok(warehouse)
    }

    /// Whether store and lake answer; for readiness checks.
    pub async fn ready(&self) -> Result<()> {
        self.inner.store.ping().await?;
        tokio::fs::metadata(&self.inner.options.root).await?;
        match self.inner.lake.objects() {
            Some(objects) => objects.is_there().await,
            None => Ok(()),
        }
    }

    /// Hold every file of the lake against its sums, or against its length where an object store keeps the sums.
    pub async fn check_files(&self) -> Result<FileCheck> {
        self.inner.lake.check_files().await
    }

    /// Where the tables lie, in words; tried anew where it is an object store.
    pub async fn try_lake(&self) -> Result<String> {
        match self.inner.lake.objects() {
            Some(objects) => {
                let folder = self.inner.options.root.join("lake");
                objects.prove(&folder, &self.inner.store.new_id()).await?;
                Ok(objects.to_string())
            }
            None => Ok(self.inner.options.root.join("lake").display().to_string()),
        }
    }

    /// Bytes queries, models and ingests hold now.
    pub fn memory_bytes(&self) -> usize {
        self.inner.engine.memory_bytes()
    }
}
