//! Reading a table of the lake for a check: all partitions at once, or in one order where rows are numbered.

use super::rules::passed;
use crate::handle::Inner;
use crate::lake::read::TableAt;
use crate::{Error, Result};
use brain_kernel::progress::Cancel;
use brain_quality::{Keys, Plan, State};
use datafusion::arrow::array::RecordBatch;
use datafusion::execution::{SendableRecordBatchStream, SessionState, SessionStateBuilder};
use datafusion::physical_plan::{execute_stream, execute_stream_partitioned};
use futures::StreamExt as _;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Batches between the reader and the checks.
const BATCHES_WAITING: usize = 2;
/// Bytes of keys of a table referred to that stay in memory.
const REFERENCE_KEYS_BYTES: usize = 64 << 20;

impl Inner {
    /// One pass over the whole table, its partitions in parallel. Rows are not numbered: the plan must ask for no
    /// examples.
    pub(crate) async fn pass(&self, plan: &Arc<Plan>, table: &TableAt, cancel: &Cancel) -> Result<State> {
        let state = self.engine.parser();
        let scan = table.provider.scan(state, Some(&places(table, plan.columns())), &[], None).await?;
        let mut parts = Vec::new();
        for stream in execute_stream_partitioned(scan, state.task_ctx())? {
            parts.push(watch(Arc::clone(plan), stream, cancel.clone()));
        }
        let mut whole = State::new(plan);
        for part in futures::future::join_all(parts).await {
            whole = whole.merge(part?).map_err(passed)?;
        }
        Ok(whole)
    }

    /// One pass in a fixed order, so that the numbers of rows mean the same at the next one.
    pub(crate) async fn pass_in_order(
        &self,
        plan: &Arc<Plan>,
        table: &TableAt,
        cancel: &Cancel,
    ) -> Result<State> {
        let columns = places(table, plan.columns());
        let stream = self.in_order(table, Some(&columns)).await?;
        watch(Arc::clone(plan), stream, cancel.clone()).await
    }

    /// Rows by their number in [`Self::pass_in_order`], ascending.
    pub(crate) async fn rows_numbered(
        &self,
        table: &TableAt,
        numbers: &[u64],
        cancel: &Cancel,
    ) -> Result<Vec<RecordBatch>> {
        let mut stream = self.in_order(table, None).await?;
        let (mut first, mut found) = (0u64, Vec::new());
        let mut wanted = numbers.iter().copied().peekable();
        while wanted.peek().is_some() {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let Some(batch) = stream.next().await.transpose()? else { break };
            let end = first + batch.num_rows() as u64;
            while let Some(number) = wanted.next_if(|number| *number < end) {
                found.push(batch.slice(usize::try_from(number - first).unwrap_or_default(), 1));
            }
            first = end;
        }
        Ok(found)
    }

    /// A single partition reads the files one after the other as the version lists them.
    async fn in_order(
        &self,
        table: &TableAt,
        columns: Option<&Vec<usize>>,
    ) -> Result<SendableRecordBatchStream> {
        let base = self.engine.parser();
        let config = base.config().clone().with_target_partitions(1);
        let state: SessionState =
            SessionStateBuilder::new_from_existing(base.clone()).with_config(config).build();
        let scan = table.provider.scan(&state, columns, &[], None).await?;
        Ok(execute_stream(scan, state.task_ctx())?)
    }

    /// Keys of the columns of a table referred to.
    pub(crate) async fn keys(&self, table: &TableAt, columns: &[String], cancel: &Cancel) -> Result<Keys> {
        let names = columns.iter().map(String::as_str);
        let mut stream = self.in_order(table, Some(&places(table, names))).await?;
        let (sender, mut batches) = mpsc::channel::<RecordBatch>(BATCHES_WAITING);
        let (folder, columns, token) = (self.options.root.join("tmp"), columns.to_vec(), cancel.clone());
        let work = tokio::task::spawn_blocking(move || {
            let mut keys = Keys::new(REFERENCE_KEYS_BYTES, folder);
            while let Some(batch) = batches.blocking_recv() {
                if token.is_cancelled() {
                    return Err(Error::Cancelled);
                }
                keys.observe(&batch, &columns).map_err(passed)?;
            }
            Ok(keys)
        });
        while let Some(batch) = stream.next().await.transpose()? {
            if sender.send(batch).await.is_err() {
                break;
            }
        }
        drop(sender);
        joined(work).await
    }
}

/// Look at every batch of a stream, off the threads that read.
async fn watch(plan: Arc<Plan>, mut stream: SendableRecordBatchStream, cancel: Cancel) -> Result<State> {
    let (sender, mut batches) = mpsc::channel::<RecordBatch>(BATCHES_WAITING);
    let work = tokio::task::spawn_blocking(move || {
        let (mut state, mut first_row) = (State::new(&plan), 0);
        while let Some(batch) = batches.blocking_recv() {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            state.observe(&plan, &batch, first_row).map_err(passed)?;
            first_row += batch.num_rows() as u64;
        }
        Ok(state)
    });
    while let Some(batch) = stream.next().await.transpose()? {
        // The checks ended early; why is what they return.
        if sender.send(batch).await.is_err() {
            break;
        }
    }
    drop(sender);
    joined(work).await
}

async fn joined<T>(work: tokio::task::JoinHandle<Result<T>>) -> Result<T> {
    work.await.map_err(|error| Error::Io(std::io::Error::other(error.to_string())))?
}

/// Places of columns in the table, ascending.
fn places<'a>(table: &TableAt, columns: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut places: Vec<usize> = columns.filter_map(|name| table.schema.index_of(name).ok()).collect();
    places.sort_unstable();
    places.dedup();
    places
}
