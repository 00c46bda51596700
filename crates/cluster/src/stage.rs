//! One task of an executor, watched while it runs: it ends when its job has ended, or its time is up.

use crate::deadline::Deadline;
use crate::job::Scheduler;
use crate::pool::Pool;
use crate::stoppable::stoppable;
use async_trait::async_trait;
use ballista_core::JobId;
use ballista_core::error::BallistaError;
use ballista_core::serde::protobuf::job_status::Status;
use ballista_core::serde::protobuf::{
    GetJobStatusParams, RuntimeStatsReport, ShuffleWritePartition, TaskColumnStats, WindowStateReport,
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
use tokio_util::sync::CancellationToken;

/// How often it is asked whether the job still runs.
const LOOK: Duration = Duration::from_secs(1);

/// Runs tasks as Ballista does, under watch.
pub(crate) struct Watched {
    engine: DefaultExecutionEngine,
    scheduler: Scheduler,
}

impl Watched {
    pub(crate) fn new(scheduler: Scheduler) -> Self {
        Self { engine: DefaultExecutionEngine::with_client_pool(Arc::new(Pool::default())), scheduler }
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
        let stop = CancellationToken::new();
        let plan = stoppable(plan, &stop)?;
        let job = job_id.to_string();
        let stage = self
            .engine
            .create_query_stage_exec(job_id, stage_id, task_id, partitions, plan, work_dir, config)?;
        let (scheduler, left) = (self.scheduler.clone(), Deadline::left(config));
        Ok(Arc::new(WatchedStage { stage, job, scheduler, left, stop }))
    }
}

#[derive(Debug)]
struct WatchedStage {
    stage: Arc<dyn QueryStageExecutor>,
    job: String,
    scheduler: Scheduler,
    left: Option<Duration>,
    stop: CancellationToken,
}

impl fmt::Display for WatchedStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stage.fmt(f)
    }
}

impl WatchedStage {
    /// Resolves when nobody waits for the job any more, and says so.
    async fn is_over(&self) -> DataFusionError {
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
                let look = GetJobStatusParams { job_id: self.job.clone() };
                // A scheduler that does not answer may be back in a moment.
                let Ok(answer) = scheduler.get_job_status(look).await else { continue };
                let status = answer.into_inner().status.and_then(|job| job.status);
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

#[async_trait]
impl QueryStageExecutor for WatchedStage {
    async fn execute_query_stage(
        &self,
        task_id: usize,
        context: Arc<TaskContext>,
    ) -> Result<Vec<ShuffleWritePartition>> {
        // However this ends, nothing of the task runs on.
        let _stopping = self.stop.clone().drop_guard();
        tokio::select! {
            done = self.stage.execute_query_stage(task_id, context) => done,
            over = self.is_over() => Err(over),
        }
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
