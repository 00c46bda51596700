//! One task of an executor, watched while it runs: it ends when its job has ended, or its time is up.

use crate::deadline::Deadline;
use crate::job::{Scheduler, look};
use crate::leftovers::Leftovers;
use crate::pace::Pace;
use crate::pool::Pool;
use crate::stoppable::stoppable;
use async_trait::async_trait;
use ballista_core::JobId;
use ballista_core::error::BallistaError;
use ballista_core::serde::protobuf::job_status::Status;
use ballista_core::serde::protobuf::{
    RuntimeStatsReport, ShuffleWritePartition, TaskColumnStats, WindowStateReport,
};
use ballista_executor::execution_engine::{DefaultExecutionEngine, ExecutionEngine, QueryStageExecutor};
use datafusion::common::{DataFusionError, Result, exec_datafusion_err};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::prelude::SessionConfig;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// How often it is asked whether the job still runs.
const LOOK: Duration = Duration::from_secs(1);

/// Runs tasks as Ballista does, under watch.
pub(crate) struct Watched {
    engine: DefaultExecutionEngine,
    scheduler: Scheduler,
    leftovers: Leftovers,
    pace: Pace,
    runtime: Handle,
}

impl Watched {
    /// Must be called inside the runtime that watches. Not the one in which Ballista runs tasks: where each of its threads
    /// is at work for long, no clock goes off and no answer arrives.
    pub(crate) fn new(scheduler: Scheduler, leftovers: Leftovers, pace: Pace) -> Self {
        let engine = DefaultExecutionEngine::with_client_pool(Arc::new(Pool::default()));
        Self { engine, scheduler, leftovers, pace, runtime: Handle::current() }
    }
}

impl ExecutionEngine for Watched {
    fn create_query_stage_exec(
        &self,
        job_id: JobId,
        stage_id: usize,
        task_id: usize,
        partitions: Vec<usize>,
        plan: Arc<dyn ExecutionPlan>,
        work_dir: &str,
        config: &SessionConfig,
    ) -> Result<Arc<dyn QueryStageExecutor>> {
        self.pace.hurry();
        let stop = CancellationToken::new();
        let plan = stoppable(plan, &stop)?;
        let job = job_id.to_string();
        self.leftovers.see_to(&job, &self.runtime);
        let stage = self
            .engine
            .create_query_stage_exec(job_id, stage_id, task_id, partitions, plan, work_dir, config)?;
        let watch = Watch { job, scheduler: self.scheduler.clone(), left: Deadline::left(config) };
        let (pace, runtime) = (self.pace.clone(), self.runtime.clone());
        Ok(Arc::new(WatchedStage { stage, watch, stop, pace, runtime }))
    }
}

/// What is known of the job of a task.
#[derive(Debug, Clone)]
struct Watch {
    job: String,
    scheduler: Scheduler,
    left: Option<Duration>,
}

impl Watch {
    /// Resolves when nobody waits for the job any more, and says so.
    async fn over(self) -> DataFusionError {
        let timed = async {
            match self.left {
                Some(left) => tokio::time::sleep(left).await,
                None => std::future::pending().await,
            }
        };
        let ended = async {
            let mut scheduler = self.scheduler.clone();
            loop {
                tokio::time::sleep(LOOK).await;
                // A scheduler that does not answer may be back in a moment.
                let Ok(status) = look(&mut scheduler, &self.job).await else { continue };
                if matches!(status, None | Some(Status::Failed(_) | Status::Successful(_))) {
                    return;
                }
            }
        };
        tokio::select! {
            // Told as a failure of the job, or it would be tried again for ever.
            () = timed => exec_datafusion_err!("the time of the query is over"),
            () = ended => BallistaError::Cancelled.into_datafusion(),
        }
    }
}

#[derive(Debug)]
struct WatchedStage {
    stage: Arc<dyn QueryStageExecutor>,
    watch: Watch,
    stop: CancellationToken,
    pace: Pace,
    runtime: Handle,
}

impl fmt::Display for WatchedStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stage.fmt(f)
    }
}

#[async_trait]
impl QueryStageExecutor for WatchedStage {
    async fn execute_query_stage(
        &self,
        task_id: usize,
        context: Arc<TaskContext>,
    ) -> Result<Vec<ShuffleWritePartition>> {
        // However this ends, nothing of the task runs on.
        let _stopping = self.stop.clone().drop_guard();
        let (watch, stop) = (self.watch.clone(), self.stop.clone());
        let mut watching = AbortOnDropHandle::new(self.runtime.spawn(async move {
            let over = watch.over().await;
            // Here and not by whoever hears of it: the threads of the task may be at work.
            stop.cancel();
            over
        }));
        let done = tokio::select! {
            biased;
            over = &mut watching => Err(over.unwrap_or_else(|_| BallistaError::Cancelled.into_datafusion())),
            done = self.stage.execute_query_stage(task_id, context) => done,
        };
        self.pace.hurry();
        done
    }

    fn collect_plan_metrics(&self) -> Vec<MetricsSet> {
        self.stage.collect_plan_metrics()
    }

    fn collect_runtime_stats_reports(&self) -> Vec<RuntimeStatsReport> {
        self.stage.collect_runtime_stats_reports()
    }

    fn collect_window_state_reports(&self) -> Result<Vec<WindowStateReport>> {
        self.stage.collect_window_state_reports()
    }

    fn collect_column_stats(&self) -> Vec<TaskColumnStats> {
        self.stage.collect_column_stats()
    }
}
