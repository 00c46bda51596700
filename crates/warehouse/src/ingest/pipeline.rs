//! Files of one table to staged Parquet files: one thread reads and cuts, workers parse, check and encode.
//!
//! Memory is bounded by the pieces in flight (a fixed number of a few MiB) and one open row group per worker.

use super::build::build;
use super::layout::Layout;
use super::quarantine;
use crate::decode::{self, Chunk, FileFacts};
use crate::lake::Lake;
use crate::lake::commit::{StagedFile, StagingWriter};
use crate::mapping::{Mapping, TableMapping};
use crate::source::Unpack;
use crate::{Error, Result};
use brain_kernel::progress::{Cancel, Progress};
use datafusion::arrow::datatypes::SchemaRef;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// Pieces waiting per worker.
const PIECES_WAITING: usize = 2;

/// What to load.
pub(crate) struct Job<'a> {
    pub(crate) lake: &'a Lake,
    pub(crate) mapping: &'a Mapping,
    pub(crate) table: &'a TableMapping,
    pub(crate) schema: SchemaRef,
    pub(crate) files: &'a [PathBuf],
    pub(crate) run_id: &'a str,
    pub(crate) now_ms: i64,
    pub(crate) unpack: Unpack,
    pub(crate) progress: &'a Progress,
    pub(crate) cancel: &'a Cancel,
}

/// What came of it; nothing of it is visible before a commit.
#[derive(Debug, Default)]
pub(crate) struct Staged {
    pub(crate) rows: Vec<StagedFile>,
    pub(crate) refused: Vec<StagedFile>,
    pub(crate) rows_read: u64,
    pub(crate) rows_landed: u64,
    pub(crate) rows_quarantined: u64,
    /// Refused rows by reason code.
    pub(crate) reasons: BTreeMap<String, u64>,
    /// SHA-256 of each file read, in order.
    pub(crate) digests: Vec<String>,
    pub(crate) facts: Vec<FileFacts>,
    /// Columns of the files that the mapping does not name.
    pub(crate) ignored: Vec<String>,
}

struct Work {
    chunk: Chunk,
    layout: Arc<Layout>,
}

/// Run the pipeline to its end; blocks. On error or cancellation staged files remain for the caller to sweep.
pub(crate) fn stage(job: &Job<'_>) -> Result<Staged> {
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(1, 16);
    let (sender, receiver) = sync_channel::<Work>(workers * PIECES_WAITING);
    let receiver = Mutex::new(receiver);
    let abort = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers)
            .map(|part| {
                let (receiver, abort) = (&receiver, &abort);
                scope.spawn(move || {
                    let result = Worker::new(job, part).run(receiver);
                    if result.is_err() {
                        abort.store(true, Ordering::Relaxed);
                        drain(receiver);
                    }
                    result
                })
            })
            .collect();
        let mut staged = Staged::default();
        let read = read_all(job, sender, &abort, &mut staged);
        let mut failed = None;
        for handle in handles {
            match handle.join() {
                Ok(Ok(part)) => staged.add(part),
                Ok(Err(error)) => failed = Some(error),
                Err(_) => failed = Some(Error::Io(std::io::Error::other("an ingest worker panicked"))),
            }
        }
        // The worker's error is the cause; the reader then merely found nobody listening.
        match (failed, read) {
            (Some(error), _) | (None, Err(error)) => Err(error),
            (None, Ok(())) => Ok(staged),
        }
    })
}

/// Take waiting pieces off the queue so that the reader is not left waiting for a worker that gave up.
fn drain(receiver: &Mutex<Receiver<Work>>) {
    let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner);
    while receiver.try_recv().is_ok() {}
}

fn read_all(job: &Job<'_>, sender: SyncSender<Work>, abort: &AtomicBool, staged: &mut Staged) -> Result<()> {
    for path in job.files {
        let opened = decode::open(path, &job.table.format, job.unpack, job.progress, job.cancel)?;
        let name = opened.facts.file.clone();
        let layout = Arc::new(Layout::resolve(job.mapping, job.table, &name, opened.header)?);
        for column in &layout.ignored {
            if !staged.ignored.contains(column) {
                staged.ignored.push(column.clone());
            }
        }
        for chunk in opened.chunks {
            if job.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let work = Work { chunk: chunk?, layout: Arc::clone(&layout) };
            if abort.load(Ordering::Relaxed) || sender.send(work).is_err() {
                return Err(Error::Cancelled);
            }
        }
        staged.digests.push(opened.digest.finish().0);
        staged.facts.push(opened.facts);
    }
    // The workers end when nothing more can come.
    drop(sender);
    Ok(())
}

struct Worker<'a> {
    job: &'a Job<'a>,
    part: usize,
    rows: Option<StagingWriter>,
    refused: Option<StagingWriter>,
    done: Staged,
}

impl<'a> Worker<'a> {
    fn new(job: &'a Job<'a>, part: usize) -> Self {
        Self { job, part, rows: None, refused: None, done: Staged::default() }
    }

    fn run(mut self, receiver: &Mutex<Receiver<Work>>) -> Result<Staged> {
        loop {
            let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(work) = next else { break };
            if self.job.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            self.take(work)?;
        }
        let now_ms = self.job.now_ms;
        if let Some(writer) = self.rows {
            self.done.rows.push(writer.finish(now_ms)?);
        }
        if let Some(writer) = self.refused {
            self.done.refused.push(writer.finish(now_ms)?);
        }
        Ok(self.done)
    }

    fn take(&mut self, work: Work) -> Result<()> {
        let job = self.job;
        let records = work.chunk.records(&work.layout.names);
        let built = build(records, &work.layout, &job.schema, job.run_id).map_err(engine)?;
        self.done.rows_read += built.rows_read;
        self.done.rows_landed += built.batch.num_rows() as u64;
        self.done.rows_quarantined += built.refused.len() as u64;
        if job.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        if built.batch.num_rows() > 0 {
            let writer = match &mut self.rows {
                Some(writer) => writer,
                none => {
                    none.insert(job.lake.stage(&job.table.dataset, &job.schema, job.run_id, self.part)?)
                }
            };
            writer.write(&built.batch)?;
        }
        if !built.refused.is_empty() {
            let batch = quarantine::batch(job.run_id, &work.layout.file, &built.refused).map_err(engine)?;
            let writer = match &mut self.refused {
                Some(writer) => writer,
                none => {
                    let schema = quarantine::schema();
                    none.insert(job.lake.stage(&job.table.quarantine(), &schema, job.run_id, self.part)?)
                }
            };
            writer.write(&batch)?;
            for row in &built.refused {
                *self.done.reasons.entry(row.reason.code.to_owned()).or_default() += 1;
            }
        }
        Ok(())
    }
}

impl Staged {
    fn add(&mut self, part: Self) {
        self.rows.extend(part.rows);
        self.refused.extend(part.refused);
        self.rows_read += part.rows_read;
        self.rows_landed += part.rows_landed;
        self.rows_quarantined += part.rows_quarantined;
        for (code, count) in part.reasons {
            *self.reasons.entry(code).or_default() += count;
        }
    }
}

fn engine(error: datafusion::arrow::error::ArrowError) -> Error {
    Error::Engine(error.into())
}
