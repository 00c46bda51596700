//! The scheduler: takes plans, cuts them into stages, hands tasks to the executors that ask for some.
//!
//! It opens no file and holds no key of the lake. What it knows is in memory: a query that ran when it stopped is lost,
//! and is asked again by whoever wants it.

use crate::MESSAGE_BYTES_MAX;
use crate::codec::Codec;
use crate::door::{connections, listen};
use crate::job::SUBMITS;
use crate::machine::{functions, settings};
use crate::membership::Membership;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpcServer;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::create_scheduler;
use brain_kernel::error::{ErrorKind, Failure};
use brain_warehouse::distributed::LakeFiles;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;

/// Results that nobody fetched, or cleared away, are kept this long; beyond the longest query.
const RESULTS_S: u64 = 24 * 60 * 60;
/// What is known of a job that ended is kept this long.
const JOBS_S: u64 = 10 * 60;
/// How often executors that fell silent are looked for.
const LOOK_S: u64 = 1;

/// What a scheduler is told.
#[derive(Debug, Clone)]
pub struct SchedulerOptions {
    /// Address it listens on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Silence after which an executor counts as gone and its tasks go to another, seconds.
    pub executor_timeout_s: u64,
    /// Certificates; `None` for this machine alone.
    pub membership: Option<Membership>,
}

/// A scheduler that serves; dropping it stops it.
#[derive(Debug)]
pub struct Scheduler {
    address: SocketAddr,
    stop: CancellationToken,
    served: tokio::task::JoinHandle<()>,
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Scheduler {
    /// Listen and serve.
    pub async fn start(options: SchedulerOptions) -> Result<Self, Failure> {
        let membership = options.membership.as_ref();
        let listener = listen("cluster.scheduler_listen", options.listen, membership).await?;
        let address = listener.local_addr().map_err(|error| broken(&error))?;
        let config = Arc::new(config(&options, address));
        let cluster = BallistaCluster::new_from_config(&config).await.map_err(|error| broken(&error))?;
        let server = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, config)
            .await
            .map_err(|error| broken(&error))?;
        let state = server.clone();
        let service = SchedulerGrpcServer::new(server)
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX);
        let service = InterceptedService::new(service, move |request: tonic::Request<()>| {
            let submits = request.metadata().contains_key(SUBMITS);
            // A query that nobody is there to run is refused now, and does not wait until its time is up.
            if submits && !state.is_ready() { Err(Status::unavailable("no executor")) } else { Ok(request) }
        });
        let incoming = connections(listener, membership)?;
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let served = tokio::spawn(async move {
            let serving =
                Server::builder().add_service(service).serve_with_incoming_shutdown(incoming, stopped);
            if let Err(error) = serving.await {
                tracing::error!(%error, "the scheduler's listener failed");
            }
        });
        Ok(Self { address, stop, served })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serve until somebody asks to stop, or the listener fails.
    pub async fn serve_until(mut self, asked: impl Future<Output = ()>) {
        tokio::select! {
            () = asked => {}
            _ = &mut self.served => {}
        }
    }
}

fn config(options: &SchedulerOptions, address: SocketAddr) -> SchedulerConfig {
    let membership = options.membership.clone();
    SchedulerConfig {
        external_host: address.ip().to_string(),
        bind_host: address.ip().to_string(),
        bind_port: address.port(),
        // Executors ask for work, so that nothing but a scheduler and the files of a stage listens.
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        finished_job_data_clean_up_interval_seconds: RESULTS_S,
        finished_job_state_clean_up_interval_seconds: JOBS_S,
        executor_timeout_seconds: options.executor_timeout_s,
        no_executors_grace_period_seconds: options.executor_timeout_s,
        expire_dead_executor_interval_seconds: LOOK_S,
        override_config_producer: Some(Arc::new(move || settings(membership.as_ref()))),
        override_session_builder: Some(Arc::new(session)),
        override_physical_codec: Some(Arc::new(Codec::default())),
        ..SchedulerConfig::default()
    }
}

/// What a plan is read with.
fn session(config: SessionConfig) -> datafusion::common::Result<SessionState> {
    let functions = functions();
    // Whoever reads a plan looks up the stores it names; a scheduler opens none.
    let nothing = Arc::new(LakeFiles::none());
    let runtime = RuntimeEnvBuilder::new().with_object_store_registry(nothing).build_arc()?;
    Ok(SessionStateBuilder::new()
        .with_default_features()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_scalar_functions(functions.scalar_functions.values().cloned().collect())
        .with_aggregate_functions(functions.aggregate_functions.values().cloned().collect())
        .with_window_functions(functions.window_functions.values().cloned().collect())
        .build())
}

fn broken(error: &dyn std::fmt::Display) -> Failure {
    tracing::error!(%error, "the scheduler did not start");
    Failure::new(
        ErrorKind::Internal,
        "cluster/start",
        format!("调度器无法启动：{error}"),
        format!("The scheduler did not start: {error}"),
    )
}
