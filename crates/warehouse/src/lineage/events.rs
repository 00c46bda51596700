//! OpenLineage events: taken in from other systems, and made of this node's own runs.

use super::Lineage;
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Language;
use brain_kernel::party::{Party, Role};
use brain_lineage::openlineage::{
    Dataset, Event, Field, Job, JobTypeFacet, OutputStatisticsFacet, RunState, SchemaFacet, SqlFacet,
    columns_of_statement, parse, parse_batch, with_base,
};
use brain_store::ingest_run::{self, RunState as IngestState};
use brain_store::lineage_event::{self, LineageEventRow};
use brain_store::{PageRequest, model_run};
use brain_trust::EvidenceEntry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Parts of the graph learned from events begin so.
pub(super) const KEYS: &str = "openlineage:";
/// Jobs and datasets of other systems remembered at most.
const KEPT_MAX: u64 = 100_000;
/// Who makes the events of this node.
const PRODUCER: &str = concat!("urn:industry-brain:", env!("CARGO_PKG_VERSION"));

/// What became of a batch, in the shape OpenLineage clients read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchAnswer {
    /// `success`, `partial_success` or `failure`.
    pub status: String,
    /// Counts.
    pub summary: Summary,
    /// The events that were refused.
    pub failed_events: Vec<FailedEvent>,
}

/// Counts of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Events in the batch.
    pub received: usize,
    /// Events taken.
    pub successful: usize,
    /// Events refused.
    pub failed: usize,
}

/// An event that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailedEvent {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// Why, in Chinese and English.
    pub reason: String,
    /// Whether sending it again may help.
    pub retriable: bool,
}

impl Lineage {
    /// Takes one event in.
    pub async fn receive(&self, party: &Party, json: &[u8]) -> Result<()> {
        let event = parse(json).map_err(Failure::from)?;
        self.take(party, vec![event]).await
    }

    /// Takes a batch in: what breaks the specification is refused by itself, the rest is kept in one transaction.
    pub async fn receive_batch(&self, party: &Party, json: &[u8]) -> Result<BatchAnswer> {
        let events = parse_batch(json).map_err(Failure::from)?;
        let received = events.len();
        let (mut taken, mut failed_events) = (Vec::new(), Vec::new());
        for (index, event) in events.into_iter().enumerate() {
            match event {
                Ok(event) => taken.push(event),
                Err(error) => {
                    let failure = Failure::from(error);
                    let reason =
                        format!("{} {}", failure.message(Language::Zh), failure.message(Language::En));
                    failed_events.push(FailedEvent { index, reason, retriable: false });
                }
            }
        }
        let successful = taken.len();
        if !taken.is_empty() {
            self.take(party, taken).await?;
        }
        let status = match (successful, failed_events.len()) {
            (_, 0) => "success",
            (0, _) => "failure",
            _ => "partial_success",
        };
        let summary = Summary { received, successful, failed: failed_events.len() };
        Ok(BatchAnswer { status: status.to_owned(), summary, failed_events })
    }

    async fn take(&self, party: &Party, events: Vec<Event>) -> Result<()> {
        self.load_events().await?;
        let inner = &self.inner;
        let now = inner.clock.now();
        let transaction = inner.store.transaction().await?;
        let mut parts = Vec::with_capacity(events.len());
        let mut keys = std::collections::BTreeSet::new();
        for event in events {
            let key = self.part_of(&event)?.key().to_owned();
            let before = lineage_event::find(&transaction, &key).await?;
            let told = before.as_ref().map_or(0, |row| row.events);
            let event = joined(before, event)?;
            let part = self.part_of(&event)?;
            let row = LineageEventRow {
                key: key.clone(),
                run_id: event.run.as_ref().map(|run| run.run_id.clone()),
                event: serde_json::to_string(&event)?,
                events: told + 1,
                account: party.account.clone(),
                received_at: now,
            };
            lineage_event::put(&transaction, row).await?;
            parts.push(part);
            keys.insert(key);
        }
        if lineage_event::count(&transaction).await? > KEPT_MAX {
            return Err(Error::Failure(Failure::new(
                ErrorKind::Exhausted,
                "warehouse/lineage-full",
                format!("已登记 {KEPT_MAX} 个外部作业和数据集，不再接收新的。"),
                format!("{KEPT_MAX} jobs and datasets of other systems are on record, no new one is taken."),
            )));
        }
        let entry = EvidenceEntry {
            kind: "lineage.received".to_owned(),
            actor: party.account.clone(),
            subject: keys.iter().next().cloned().unwrap_or_default(),
            body: serde_json::json!({ "events": parts.len(), "keys": keys.iter().take(100).collect::<Vec<_>>() }),
        };
        inner.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        let mut state = inner.lineage.write();
        for part in &parts {
            state.graph.replace(part).map_err(Failure::from)?;
        }
        Ok(())
    }

    /// Puts the stored events into the graph, once.
    pub(super) async fn load_events(&self) -> Result<()> {
        if self.inner.lineage.read().has_events {
            return Ok(());
        }
        let mut page = 1;
        let mut parts = Vec::new();
        loop {
            let request = PageRequest::new(page, brain_store::page::PAGE_SIZE_MAX);
            let found = lineage_event::list(self.inner.store.db(), request).await?;
            for row in &found.items {
                let event: Event = stored(row)?;
                parts.push(self.part_of(&event)?);
            }
            if page * request.page_size >= found.total {
                break;
            }
            page += 1;
        }
        let mut state = self.inner.lineage.write();
        if !state.has_events {
            for part in &parts {
                state.graph.replace(part).map_err(Failure::from)?;
            }
            state.has_events = true;
        }
        Ok(())
    }

    /// The event of a run of this node: a model's, or an ingest's to who asked for it and to system administrators.
    pub async fn event_of_run(&self, party: &Party, id: &str) -> Result<Value> {
        let db = self.inner.store.db();
        let event = if let Some(run) = model_run::find(db, id).await? {
            self.model_event(&run)?
        } else if let Some(run) = ingest_run::find(db, id)
            .await?
            .filter(|run| run.actor == party.account || party.role == Role::SystemAdministrator)
        {
            self.ingest_event(&run)?
        } else {
            return Err(Error::Failure(Failure::new(
                ErrorKind::NotFound,
                "warehouse/unknown-run",
                format!("没有运行 {id}。"),
                format!("There is no run {id}."),
            )));
        };
        Ok(serde_json::to_value(event)?)
    }

    fn model_event(&self, run: &model_run::ModelRun) -> Result<Event> {
        let mut job = Job::new(self.namespace(), format!("model:{}", run.model));
        put(
            &mut job.facets,
            "jobType",
            &JobTypeFacet {
                processing_type: "BATCH".to_owned(),
                integration: "INDUSTRY_BRAIN".to_owned(),
                job_type: Some("MODEL".to_owned()),
            },
        )?;
        let mut output = self.described_dataset(&run.output)?;
        let statistics = OutputStatisticsFacet {
            row_count: u64::try_from(run.rows).ok(),
            ..OutputStatisticsFacet::default()
        };
        put(&mut output.output_facets, "outputStatistics", &statistics)?;
        let set = self.inner.model_set();
        if let Some(model) = set.find(&run.model) {
            let text = SqlFacet { query: model.sql.clone(), dialect: Some("datafusion".to_owned()) };
            // A run of an older text does not carry the present one.
            if model.digest == run.definition_hash {
                put(&mut job.facets, "sql", &text)?;
                let known = super::own::known_columns(&self.inner.catalogue.snapshot(), &set.models);
                if let Some(statement) = super::own::statement_of(model, &super::own::catalogue_of(&known))? {
                    let split = |table: &str| (self.namespace(), table.to_owned());
                    put(&mut output.facets, "columnLineage", &columns_of_statement(&statement, &split))?;
                }
            }
        }
        let time = run.finished_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let mut event = Event::run(RunState::Complete, time, PRODUCER, run.id.clone(), job);
        for name in run.inputs.as_object().into_iter().flat_map(|inputs| inputs.keys()) {
            event.inputs.push(self.described_dataset(name)?);
        }
        event.outputs.push(output);
        Ok(event)
    }

    fn ingest_event(&self, run: &ingest_run::IngestRun) -> Result<Event> {
        let job = Job::new(self.namespace(), format!("ingest:{}", run.mapping));
        let (state, at) = match run.state {
            IngestState::Queued => (RunState::Other, run.created_at),
            IngestState::Running => (RunState::Start, run.started_at.unwrap_or(run.created_at)),
            IngestState::Succeeded => (RunState::Complete, run.finished_at.unwrap_or(run.created_at)),
            IngestState::Failed => (RunState::Fail, run.finished_at.unwrap_or(run.created_at)),
            IngestState::Cancelled => (RunState::Abort, run.finished_at.unwrap_or(run.created_at)),
        };
        let time = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let mut event = Event::run(state, time, PRODUCER, run.id.clone(), job);
        event.inputs.push(Dataset::new("file", run.file.clone()));
        if let Some(dataset) = &run.dataset {
            let mut output = self.described_dataset(dataset)?;
            let statistics = OutputStatisticsFacet {
                row_count: u64::try_from(run.rows_landed).ok(),
                ..OutputStatisticsFacet::default()
            };
            put(&mut output.output_facets, "outputStatistics", &statistics)?;
            event.outputs.push(output);
        }
        Ok(event)
    }

    /// A dataset with its columns, as the catalogue has them.
    fn described_dataset(&self, name: &str) -> Result<Dataset> {
        let mut dataset = Dataset::new(self.namespace(), name);
        if let Some(entry) = self.inner.catalogue.snapshot().get(name) {
            let fields = entry.columns.iter().map(|column| Field {
                name: column.name.clone(),
                data_type: Some(column.data_type.clone()),
                description: Some(column.title.zh.clone()).filter(|title| !title.is_empty()),
            });
            put(&mut dataset.facets, "schema", &SchemaFacet { fields: fields.collect() })?;
        }
        Ok(dataset)
    }
}

/// An event together with what was said before of the same run; of a new run only where it names no dataset yet, so
/// that lineage does not vanish while a job is at work.
fn joined(before: Option<LineageEventRow>, event: Event) -> Result<Event> {
    let Some(row) = before else { return Ok(event) };
    let same_run = row.run_id == event.run.as_ref().map(|run| run.run_id.clone());
    let names_nothing = event.dataset.is_none() && event.inputs.is_empty() && event.outputs.is_empty();
    if !same_run && !names_nothing {
        return Ok(event);
    }
    let mut whole = stored(&row)?;
    whole.absorb(event);
    Ok(whole)
}

fn stored(row: &LineageEventRow) -> Result<Event> {
    let corrupt = |_| brain_store::Error::Corrupt { field: "lineage_event.event", value: row.key.clone() };
    Ok(serde_json::from_str(&row.event).map_err(corrupt)?)
}

fn put<T: Serialize>(facets: &mut serde_json::Map<String, Value>, name: &str, facet: &T) -> Result<()> {
    let value = with_base(facet, name, PRODUCER).map_err(Failure::from)?;
    facets.insert(name.to_owned(), value);
    Ok(())
}
