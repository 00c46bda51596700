//! One query on the cluster: submitted, waited for, read, and cleared away whatever comes of it.

use crate::MESSAGE_BYTES_MAX;
use crate::trouble::{lost, of_job, of_status, version, wrapped};
use arrow_flight::Action as FlightAction;
use arrow_flight::flight_service_client::FlightServiceClient;
use ballista_core::BALLISTA_VERSION;
use ballista_core::serde::protobuf::execute_query_result::Result as Submitted;
use ballista_core::serde::protobuf::job_status::Status as Stage;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::{
    self, CancelJobParams, CleanJobDataParams, ExecuteQueryParams, GetJobStatusParams, PartitionLocation,
};
use ballista_core::serde::scheduler::{Action, ShuffleFileKind};
use ballista_core::version::{check_compatibility, insert_version_header, version_from_metadata};
use brain_kernel::error::Failure;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::buffer::Buffer;
use datafusion::arrow::ipc::reader::StreamDecoder;
use datafusion::common::{DataFusionError, Result, internal_datafusion_err};
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use prost::Message as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

/// Tells the scheduler that a request is a new query, which takes an executor that is there.
pub(crate) const SUBMITS: &str = "brain-submits";
/// Shortest pause between two looks at a job.
const LOOK_MIN: Duration = Duration::from_millis(5);
/// Longest pause between two looks.
const LOOK_MAX: Duration = Duration::from_millis(100);
/// A pause is this part of the time that the job has taken so far: an end is noticed late by no more.
const LOOK_PART: u32 = 10;
/// How long the scheduler may not know the job: it is put down a moment after it was taken.
const UNKNOWN_MAX: Duration = Duration::from_secs(3);
/// How long a job is asked to end; after that its deadline ends it.
const CANCEL_MAX: Duration = Duration::from_secs(30);
/// What Ballista calls handing out a file as it is.
const BLOCKS: &str = "IO_BLOCK_TRANSPORT";

/// The scheduler, as the node and the executors ask it.
pub(crate) type Scheduler = SchedulerGrpcClient<Channel>;

/// The scheduler at the end of this channel.
pub(crate) fn scheduler(channel: Channel) -> Scheduler {
    SchedulerGrpcClient::new(channel)
        .max_encoding_message_size(MESSAGE_BYTES_MAX)
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
}

/// The way to an executor of this host and port.
pub(crate) type ToExecutor = Arc<dyn Fn(&str, u32) -> std::result::Result<Endpoint, Failure> + Send + Sync>;

/// What is still to be done for a job.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    /// It runs.
    Cancel,
    /// Its result lies on the executors.
    Clear,
    /// The scheduler has seen to it.
    Nothing,
}

/// A job; whoever drops it ends it, and has its files removed.
pub(crate) struct Job {
    id: String,
    scheduler: Scheduler,
    left: Left,
}

impl Drop for Job {
    fn drop(&mut self) {
        let (Ok(runtime), left) = (tokio::runtime::Handle::try_current(), self.left) else { return };
        let (job, mut scheduler) = (std::mem::take(&mut self.id), self.scheduler.clone());
        runtime.spawn(async move {
            let asked = match left {
                Left::Nothing => return,
                Left::Cancel => cancel(&mut scheduler, &job).await,
                Left::Clear => clear(&mut scheduler, job).await,
            };
            if let Err(status) = asked {
                tracing::warn!(%status, "a job was not cleared away; the cluster does it later");
            }
        });
    }
}

/// End a job.
///
/// Ballista says yes to the end of a job that it has taken and not planned yet, and runs it nevertheless; so it is asked
/// until the job has ended.
async fn cancel(scheduler: &mut Scheduler, job: &str) -> std::result::Result<(), Status> {
    let started = Instant::now();
    while started.elapsed() < CANCEL_MAX {
        scheduler.cancel_job(CancelJobParams { job_id: job.to_owned() }).await?;
        tokio::time::sleep(pause(started)).await;
        match look(scheduler, job).await? {
            Some(Stage::Failed(_)) => return Ok(()),
            Some(Stage::Successful(_)) => return clear(scheduler, job.to_owned()).await,
            None if started.elapsed() > UNKNOWN_MAX => return Ok(()),
            _ => {}
        }
    }
    Err(Status::deadline_exceeded("the job runs on"))
}

/// Have the files of a job removed.
async fn clear(scheduler: &mut Scheduler, job_id: String) -> std::result::Result<(), Status> {
    let all = CleanJobDataParams { job_id, remove_stage_ids: Vec::new() };
    scheduler.clean_job_data(all).await.map(drop)
}

/// How far a job is; `None` where the scheduler does not know it.
pub(crate) async fn look(scheduler: &mut Scheduler, job: &str) -> std::result::Result<Option<Stage>, Status> {
    let answer = scheduler.get_job_status(GetJobStatusParams { job_id: job.to_owned() }).await?;
    Ok(answer.into_inner().status.and_then(|job| job.status))
}

/// Time to let pass before the next look at a job.
fn pause(since: Instant) -> Duration {
    (since.elapsed() / LOOK_PART).clamp(LOOK_MIN, LOOK_MAX)
}

/// The rows of a plan. Dropping the stream at any moment ends the job.
pub(crate) fn rows(
    scheduler: Scheduler,
    query: ExecuteQueryParams,
    executors: ToExecutor,
) -> impl Stream<Item = Result<RecordBatch>> + Send {
    let opened = async move {
        // On a task of its own: a caller that goes away meanwhile leaves a job that ends when the task does.
        let submitting = tokio::spawn(submit(scheduler, query));
        let mut job = submitting.await.map_err(|error| internal_datafusion_err!("{error}"))??;
        let places = job.finished().await?;
        let rows = stream::iter(places).then(move |place| fetch(place, Arc::clone(&executors))).try_flatten();
        Ok::<_, DataFusionError>(Reading { rows: rows.boxed(), _job: job })
    };
    stream::once(opened).try_flatten()
}

/// Rows, and the job they come from.
struct Reading {
    rows: BoxStream<'static, Result<RecordBatch>>,
    _job: Job,
}

impl Stream for Reading {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.rows.poll_next_unpin(context)
    }
}

async fn submit(mut scheduler: Scheduler, query: ExecuteQueryParams) -> Result<Job> {
    let mut request = tonic::Request::new(query);
    insert_version_header(request.metadata_mut());
    request.metadata_mut().insert(SUBMITS, tonic::metadata::MetadataValue::from_static("1"));
    let answer = scheduler.execute_query(request).await.map_err(|status| wrapped(of_status(&status)))?;
    let theirs = version_from_metadata(answer.metadata()).map(str::to_owned);
    match answer.into_inner().result {
        Some(Submitted::Success(taken)) => {
            let job = Job { id: taken.job_id, scheduler, left: Left::Cancel };
            check_compatibility(Some(BALLISTA_VERSION), theirs.as_deref()).map_err(|_| wrapped(version()))?;
            Ok(job)
        }
        refused => Err(wrapped(of_job(&format!("{refused:?}")))),
    }
}

impl Job {
    /// Wait for the end; where the result lies.
    async fn finished(&mut self) -> Result<Vec<PartitionLocation>> {
        let (started, mut known) = (Instant::now(), Instant::now());
        loop {
            match look(&mut self.scheduler, &self.id).await.map_err(|status| wrapped(of_status(&status)))? {
                Some(Stage::Successful(done)) => {
                    self.left = Left::Clear;
                    return Ok(done.partition_location);
                }
                Some(Stage::Failed(failed)) => {
                    self.left = Left::Nothing;
                    return Err(wrapped(of_job(&failed.error)));
                }
                Some(_) => known = Instant::now(),
                None if known.elapsed() > UNKNOWN_MAX => {
                    self.left = Left::Nothing;
                    return Err(wrapped(lost()));
                }
                None => {}
            }
            tokio::time::sleep(pause(started)).await;
        }
    }
}

/// One file of a result, read batch by batch and checked as what comes from elsewhere is.
async fn fetch(
    place: PartitionLocation,
    executors: ToExecutor,
) -> Result<impl Stream<Item = Result<RecordBatch>> + Send> {
    let gone = |why: &dyn std::fmt::Display| {
        tracing::warn!(%why, "a result cannot be fetched");
        wrapped(lost())
    };
    let layout = place.layout();
    let (Some(executor), Some(partition)) = (place.executor_meta, place.partition_id) else {
        return Err(gone(&"the scheduler did not say where it is"));
    };
    let action = Action::FetchPartition {
        job_id: partition.job_id.into(),
        stage_id: partition.stage_id as usize,
        partition_id: partition.partition_id as usize,
        host: executor.host.clone(),
        port: executor.port as u16,
        file_id: place.file_id,
        layout,
        file_kind: ShuffleFileKind::Data,
        byte_ranges: Vec::new(),
    };
    let action: protobuf::Action = action.try_into().map_err(|error| gone(&error))?;
    let asked = FlightAction { r#type: BLOCKS.to_owned(), body: action.encode_to_vec().into() };
    let channel = executors(&executor.host, executor.port).map_err(wrapped)?;
    let channel = channel.connect().await.map_err(|error| gone(&error))?;
    let mut flight = FlightServiceClient::new(channel)
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX);
    let blocks = flight.do_action(asked).await.map_err(|status| gone(&status))?.into_inner();
    let blocks = blocks.map_ok(|block| Buffer::from(block.body)).map_err(move |status| {
        tracing::warn!(%status, "a result broke off");
        wrapped(lost())
    });
    Ok(decoded(blocks.boxed()))
}

/// Record batches of a stream of Arrow IPC that comes in blocks of any size.
fn decoded(blocks: BoxStream<'static, Result<Buffer>>) -> impl Stream<Item = Result<RecordBatch>> + Send {
    let state = (blocks, StreamDecoder::new(), Buffer::from(Vec::<u8>::new()));
    stream::try_unfold(state, |(mut blocks, mut decoder, mut rest)| async move {
        loop {
            if rest.is_empty() {
                match blocks.try_next().await? {
                    Some(block) => rest = block,
                    None => {
                        decoder
                            .finish()
                            .map_err(|error| DataFusionError::ArrowError(Box::new(error), None))?;
                        return Ok(None);
                    }
                }
            }
            let batch = decoder.decode(&mut rest);
            let batch = batch.map_err(|error| DataFusionError::ArrowError(Box::new(error), None))?;
            if let Some(batch) = batch {
                return Ok(Some((batch, (blocks, decoder, rest))));
            }
        }
    })
}
