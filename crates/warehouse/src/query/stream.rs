//! Batches on their way out, under a row limit, a deadline and a cancel token.

use crate::distributed::EMBEDDED;
use crate::{Error, Result};
use brain_kernel::progress::Cancel;
use brain_kernel::provenance::Input;
use brain_trust::Access;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// How often a waiting query looks whether somebody cancelled it.
const CANCEL_CHECK: Duration = Duration::from_millis(50);

/// The result of one query, batch by batch. Dropping it stops the query.
pub struct QueryStream {
    schema: SchemaRef,
    inputs: Vec<Input>,
    batches: SendableRecordBatchStream,
    rows_left: u64,
    has_more: bool,
    deadline: Instant,
    seconds: u64,
    memory_mib: u64,
    engine: &'static str,
    cancel: Cancel,
    access: Access,
    /// Whether the rows are part of what is handed out, and not of how it was found.
    counted: bool,
    /// Whether a record of the beginning must be on disk before the first row.
    admits: bool,
    ended: bool,
    _turn: Option<OwnedSemaphorePermit>,
}

impl Drop for QueryStream {
    fn drop(&mut self) {
        if self.counted && !self.ended {
            self.access.broke_off();
        }
    }
}

/// Limits of one stream, already clipped to the node's own.
pub(crate) struct Bounds {
    pub(crate) skip: u64,
    pub(crate) rows: u64,
    pub(crate) seconds: u64,
    pub(crate) memory_mib: u64,
    pub(crate) deadline: Instant,
}

impl std::fmt::Debug for QueryStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueryStream")
            .field("schema", &self.schema)
            .field("inputs", &self.inputs)
            .finish_non_exhaustive()
    }
}

impl QueryStream {
    pub(crate) fn new(
        batches: SendableRecordBatchStream,
        inputs: Vec<Input>,
        bounds: &Bounds,
        cancel: Cancel,
        (access, admits): (Access, bool),
        turn: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self {
            schema: batches.schema(),
            inputs,
            batches,
            rows_left: bounds.rows,
            has_more: false,
            deadline: bounds.deadline,
            seconds: bounds.seconds,
            memory_mib: bounds.memory_mib,
            engine: EMBEDDED,
            cancel,
            access,
            counted: true,
            admits,
            ended: false,
            _turn: turn,
        }
    }

    /// The same rows, which are not what is handed out: a number shown beside the rows, the names of columns.
    #[must_use]
    pub fn uncounted(mut self) -> Self {
        self.counted = false;
        self
    }

    /// So many rows of an [uncounted](Self::uncounted) stream are handed out all the same.
    pub fn handed_out(&self, rows: u64) {
        self.access.handed_out(rows);
    }

    /// The same rows, which come from this engine.
    pub(crate) fn answered_by(mut self, engine: &'static str) -> Self {
        self.engine = engine;
        self
    }

    /// Name of the engine that answers: `embedded`, or that of a cluster.
    pub fn engine(&self) -> &'static str {
        self.engine
    }

    /// Bytes of these rows were sent.
    pub fn sent(&self, bytes: u64) {
        self.access.sent(bytes);
    }

    /// The record of how it ended is on disk when this returns; whoever streams rows calls it before the last byte.
    pub async fn finish(&mut self) -> Result<()> {
        self.ended = true;
        self.access.finish(None).await.map_err(Error::passed)
    }

    /// Columns of the result.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Datasets, versions and grants the result is computed from, sorted.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Whether rows were left behind by the row limit; final once [`Self::next`] returned `None`.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// The next batch, `None` at the end. The first one comes when the record of the access is on disk.
    pub async fn next(&mut self) -> Option<Result<RecordBatch>> {
        let next = if std::mem::take(&mut self.admits) {
            // The first rows are computed while the record is written.
            let access = self.access.clone();
            let (admitted, next) = tokio::join!(access.admit(), self.unrecorded());
            if let Err(error) = admitted {
                self.ended = true;
                return Some(Err(Error::passed(error)));
            }
            next
        } else {
            self.unrecorded().await
        };
        match &next {
            None => self.ended = true,
            Some(Ok(batch)) if self.counted => self.access.handed_out(batch.num_rows() as u64),
            Some(Ok(_)) => {}
            Some(Err(error)) => self.access.failed(error.code()),
        }
        next
    }

    async fn unrecorded(&mut self) -> Option<Result<RecordBatch>> {
        loop {
            if self.has_more {
                return None;
            }
            if self.cancel.is_cancelled() {
                return Some(Err(Error::Cancelled));
            }
            let now = Instant::now();
            if now >= self.deadline {
                return Some(Err(Error::Timeout { seconds: self.seconds }));
            }
            let wait_until = self.deadline.min(now + CANCEL_CHECK);
            let Ok(next) = tokio::time::timeout_at(wait_until, self.batches.next()).await else { continue };
            return match next? {
                Ok(batch) if batch.num_rows() == 0 => continue,
                Ok(batch) => Some(Ok(self.cut(batch))),
                Err(error) => Some(Err(self.explain(error))),
            };
        }
    }

    /// Everything, for results known to be small, and whether the row limit left rows behind.
    pub async fn collect(mut self) -> Result<(Vec<RecordBatch>, bool)> {
        let mut batches = Vec::new();
        while let Some(batch) = self.next().await {
            batches.push(batch?);
        }
        Ok((batches, self.has_more))
    }

    fn cut(&mut self, batch: RecordBatch) -> RecordBatch {
        let rows = batch.num_rows() as u64;
        if rows <= self.rows_left {
            self.rows_left -= rows;
            return batch;
        }
        let kept = std::mem::take(&mut self.rows_left);
        self.has_more = true;
        batch.slice(0, usize::try_from(kept).unwrap_or(usize::MAX))
    }

    fn explain(&self, error: datafusion::error::DataFusionError) -> Error {
        match Error::from(error) {
            Error::Memory { .. } => Error::Memory { limit_mib: self.memory_mib },
            other => other,
        }
    }
}
