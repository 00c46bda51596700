//! One run: batch after batch is fetched, taken in, and remembered as landed, until nothing is new.

use super::{Connectors, Trouble, may, refuse, unknown};
use crate::ingest::{IngestOptions, IngestReport, IngestRequest};
use crate::{Error, Result};
use brain_connect::{Backoff, Control, Fetched, Landing, Limits, Position, Settings, Source, fetch};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_kernel::party::Party;
use brain_kernel::progress::{Cancel, Progress};
use brain_store::connector::{self, ConnectorRow, ConnectorRunRow, RUNNING};
use brain_trust::EvidenceEntry;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, PoisonError};

/// Batches of one run; the next run goes on.
const BATCHES_MAX: u32 = 10_000;

/// Why a connector runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// Its time has come.
    Schedule,
    /// Somebody asked.
    Person,
}

impl Occasion {
    const fn name(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Person => "person",
        }
    }
}

/// The turn of one connector; nobody else runs it meanwhile.
struct Turn {
    connectors: Connectors,
    id: String,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut under_way = self.connectors.inner().connecting.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.remove(&self.id);
    }
}

/// A run that has begun.
pub(super) struct Begun {
    turn: Turn,
    connector: ConnectorRow,
    run: ConnectorRunRow,
    actor: Party,
    control: Control,
}

impl Connectors {
    /// Run a connector until nothing is new, and say what came of it.
    pub async fn run(
        &self,
        actor: &Party,
        id: &str,
        progress: Progress,
        cancel: Cancel,
    ) -> Result<super::ConnectorRun> {
        let begun = self
            .begin(actor, id, Occasion::Person, Control { progress, cancel, ..Control::default() })
            .await?;
        Ok(Box::pin(begun.finish()).await?.into())
    }

    /// Begin a run and let it go on by itself; the run as it begins.
    pub async fn start(&self, actor: &Party, id: &str) -> Result<super::ConnectorRun> {
        let begun = self.begin(actor, id, Occasion::Person, Control::default()).await?;
        let run = begun.run.clone();
        tokio::spawn(begun.finish_alone());
        Ok(run.into())
    }

    /// Take the connector's turn and write down that it runs.
    pub(super) async fn begin(
        &self,
        actor: &Party,
        id: &str,
        occasion: Occasion,
        control: Control,
    ) -> Result<Begun> {
        may(actor)?;
        let connector = self.row(id).await?;
        if !connector.enabled {
            return Err(refuse(
                ErrorKind::Precondition,
                "warehouse/connector-disabled",
                "该数据连接器已停用，请先启用。",
                "The connector is disabled; enable it first.",
            ));
        }
        let turn = self.turn(id, &control.cancel)?;
        let inner = self.inner();
        let run = ConnectorRunRow {
            id: inner.store.new_id(),
            connector: connector.id.clone(),
            occasion: occasion.name().to_owned(),
            actor: actor.account.clone(),
            state: RUNNING.to_owned(),
            started_at: inner.store.now(),
            ended_at: None,
            batches: 0,
            rows: 0,
            refused: 0,
            bytes: 0,
            attempts: 0,
            failure: None,
            notices: None,
            position_before: connector::position(inner.store.db(), id).await?,
            position_after: None,
            landing: None,
            landing_position: None,
        };
        connector::insert_run(inner.store.db(), run.clone()).await?;
        Ok(Begun { turn, connector, run, actor: actor.clone(), control })
    }

    fn turn(&self, id: &str, cancel: &Cancel) -> Result<Turn> {
        let mut under_way = self.inner().connecting.lock().unwrap_or_else(PoisonError::into_inner);
        if under_way.contains_key(id) {
            return Err(refuse(
                ErrorKind::Precondition,
                "warehouse/connector-running",
                "该数据连接器正在运行，请等它结束。",
                "The connector is running; wait until it ends.",
            ));
        }
        under_way.insert(id.to_owned(), cancel.clone());
        drop(under_way);
        Ok(Turn { connectors: self.clone(), id: id.to_owned() })
    }

    /// Cancel a run, if there is one.
    pub(super) fn stop_quietly(&self, id: &str) {
        let under_way = self.inner().connecting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cancel) = under_way.get(id) {
            cancel.cancel();
        }
    }

    /// Write down how a run ended, with its evidence and what the source had to tell.
    pub(super) async fn end(
        &self,
        name: &str,
        mut run: ConnectorRunRow,
        state: &str,
        failure: Option<&Failure>,
        notices: &[Text],
    ) -> Result<ConnectorRunRow> {
        state.clone_into(&mut run.state);
        run.ended_at = Some(self.inner().store.now());
        run.failure = failure.map(|failure| serde_json::to_value(Trouble::from(failure))).transpose()?;
        let notices = if notices.is_empty() { None } else { Some(serde_json::to_value(notices)?) };
        run.notices.clone_from(&notices);
        (run.landing, run.landing_position) = (None, None);
        let mut body = json!({
            "run": run.id, "connector": run.connector, "state": state, "occasion": run.occasion,
            "batches": run.batches, "rows": run.rows, "refused": run.refused,
            "failure": failure.map(|failure| failure.code),
        });
        if let (Some(fields), Some(notices)) = (body.as_object_mut(), notices) {
            fields.insert("notices".to_owned(), notices);
        }
        let entry = EvidenceEntry {
            kind: "connector.run".to_owned(),
            actor: run.actor.clone(),
            subject: name.to_owned(),
            body,
        };
        let transaction = self.inner().store.transaction().await?;
        connector::update_run(&transaction, run.clone()).await?;
        self.inner().trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(run)
    }
}

impl Begun {
    /// Fetch and land until nothing is new; a failure is in the run that is returned.
    pub(super) async fn finish(mut self) -> Result<ConnectorRunRow> {
        let connectors = self.turn.connectors.clone();
        let folder = connectors.landing().join(&self.run.id);
        let outcome = self.work(&folder).await;
        if let Err(error) = tokio::fs::remove_dir_all(&folder).await
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(run = self.run.id, %error, "a landing folder is left for the next start to sweep");
        }
        if self.run.batches > 0 {
            self.refresh(&connectors).await;
        }
        let (state, failure) = match outcome {
            Ok(()) => ("succeeded", None),
            Err(error) => {
                let failure = Failure::from(error);
                let cancelled = failure.kind == ErrorKind::Cancelled;
                (if cancelled { "cancelled" } else { "failed" }, Some(failure))
            }
        };
        // A connector that was removed meanwhile has no run to write into any more.
        let notices = self.control.notices.list();
        match connectors.end(&self.connector.name, self.run, state, failure.as_ref(), &notices).await {
            Err(Error::Failure(stale)) if stale.code == "store/stale" => Err(unknown(&self.connector.id)),
            ended => ended,
        }
    }

    /// Like [`finish`](Self::finish), where nobody waits for the answer.
    pub(super) async fn finish_alone(self) {
        let name = self.connector.name.clone();
        match Box::pin(self.finish()).await {
            Ok(run) => match &run.failure {
                Some(failure) => {
                    tracing::warn!(connector = name, run = run.id, %failure, "a connector did not succeed")
                }
                None => tracing::info!(connector = name, run = run.id, rows = run.rows, "a connector ran"),
            },
            Err(error) => {
                tracing::error!(connector = name, %error, "a run of a connector could not be written down")
            }
        }
    }

    async fn work(&mut self, folder: &Path) -> Result<()> {
        let connectors = self.turn.connectors.clone();
        let settings: Settings = serde_json::from_value(self.connector.settings.clone())?;
        let secret = connectors.secret(&self.connector).await?;
        let around = connectors.surroundings_of(&self.connector);
        let source = settings.open(secret, around).map_err(Error::passed)?;
        let mut landing = Landing::new(folder.to_owned(), Limits::default()).await.map_err(Error::passed)?;
        for _ in 0..BATCHES_MAX {
            let Some(fetched) = self.fetch(&connectors, &source, &mut landing).await? else { return Ok(()) };
            let more = fetched.more;
            self.land(&connectors, &settings, &landing, fetched).await?;
            if !more {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn fetch(
        &mut self,
        connectors: &Connectors,
        source: &Arc<dyn Source>,
        landing: &mut Landing,
    ) -> Result<Option<Fetched>> {
        self.control.progress.begin("读取数据源", "Reading the source", 0);
        let position = connector::position(connectors.inner().store.db(), &self.connector.id).await?;
        let position = position.map(Position::stored);
        let (fetched, attempts) =
            fetch(source.as_ref(), position.as_ref(), landing, &self.control, &Backoff::default()).await;
        self.run.attempts += i64::from(attempts);
        fetched.map_err(Error::passed)
    }

    /// Take the batch in, then let the position and the run say so together. What is to be said is written down before:
    /// a node that dies in between knows at its next start whether the batch has landed.
    async fn land(
        &mut self,
        connectors: &Connectors,
        settings: &Settings,
        landing: &Landing,
        fetched: Fetched,
    ) -> Result<()> {
        let inner = connectors.inner();
        let position = fetched.position.into_value();
        let report = match landing.file().filter(|_| !landing.is_empty()) {
            None => None,
            Some(file) => {
                let ingest = inner.store.new_id();
                self.run.landing = Some(ingest.clone());
                self.run.landing_position = Some(position.clone());
                connector::update_run(inner.store.db(), self.run.clone()).await?;
                Some(self.ingest(connectors, settings, file, ingest).await?)
            }
        };
        if let Some(report) = report {
            self.run.batches += 1;
            self.run.bytes += landing.bytes() as i64;
            self.run.rows += report.rows_landed as i64;
            self.run.refused += report.rows_quarantined as i64;
        }
        (self.run.landing, self.run.landing_position) = (None, None);
        self.run.position_after = Some(position.clone());
        connectors.reach(&self.run, position).await
    }

    async fn ingest(
        &self,
        connectors: &Connectors,
        settings: &Settings,
        file: &Path,
        ingest: String,
    ) -> Result<IngestReport> {
        let shown = file.file_name().and_then(|name| name.to_str()).unwrap_or("batch");
        let request = IngestRequest {
            path: file.to_owned(),
            mapping: self.connector.mapping.clone(),
            options: IngestOptions {
                run_id: Some(ingest),
                file_name: Some(format!("{}/{shown}", self.connector.name)),
                dataset: self.connector.dataset.clone(),
                skip_models: true,
                append: settings.appends(),
            },
        };
        let (progress, cancel) = (self.control.progress.clone(), self.control.cancel.clone());
        connectors.warehouse.ingest(&self.actor, request, progress, cancel).await
    }

    /// Models once for all batches. One that fails stays stale, and the next refresh tries again.
    async fn refresh(&self, connectors: &Connectors) {
        let refreshed = connectors
            .warehouse
            .refresh_models(&self.actor, Progress::new(), self.control.cancel.clone())
            .await;
        if let Err(error) = refreshed {
            tracing::warn!(run = self.run.id, %error, "models not refreshed after a connector ran");
        }
    }
}

impl Connectors {
    /// The run and the position it has reached, together.
    pub(super) async fn reach(&self, run: &ConnectorRunRow, position: Value) -> Result<()> {
        let inner = self.inner();
        let transaction = inner.store.transaction().await?;
        connector::update_run(&transaction, run.clone()).await?;
        connector::reach(&transaction, &run.connector, position, inner.store.now()).await?;
        transaction.commit().await?;
        Ok(())
    }
}
