//! An executor: asks the scheduler for tasks, runs them over files of the lake, keeps what they wrote until it is fetched.

use crate::MESSAGE_BYTES_MAX;
use crate::codec::Codec;
use crate::door::{connections, listen};
use crate::job::scheduler;
use crate::leftovers::Leftovers;
use crate::machine::{functions, settings};
use crate::membership::{Membership, endpoint};
use crate::pace::Pace;
use crate::stage::Watched;
use arrow_flight::flight_service_server::FlightServiceServer;
use ballista_core::RuntimeProducer;
use ballista_core::serde::protobuf::ExecutorStoppedParams;
use ballista_core::serde::{BallistaCodec, BallistaLogicalExtensionCodec};
use ballista_executor::execution_loop::poll_loop;
use ballista_executor::executor::{Executor as Runner, TasksDrainedFuture};
use ballista_executor::executor_process::{ExecutorProcessConfig, structure_executor_metadata};
use ballista_executor::flight_service::BallistaFlightService;
use ballista_executor::health::ExecutorHealth;
use ballista_executor::metrics::LoggingMetricsCollector;
use ballista_executor::runtime_cache::{DefaultSessionRuntimeCache, MemoryPoolPolicy};
use brain_kernel::error::{ErrorKind, Failure};
use brain_warehouse::ObjectLake;
use brain_warehouse::distributed::LakeFiles;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use std::fs::File;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

/// Longest wait at the end for tasks that still run.
const DRAIN: Duration = Duration::from_secs(20);
/// Longest time to tell the scheduler of the end.
const FAREWELL: Duration = Duration::from_secs(2);
/// Disk that the tasks of one node may spill to, bytes.
const SPILL_BYTES_MAX: u64 = 64 << 30;
/// Sessions whose knowledge of files is kept.
const SESSIONS: usize = 16;
/// What tasks wrote lies here in the executor's folder, and what they spilled beside it.
const SHUFFLE: &str = "shuffle";
const SPILL: &str = "spill";

/// What an executor is told.
#[derive(Debug, Clone)]
pub struct ExecutorOptions {
    /// Address of the scheduler, as `host:port`.
    pub scheduler: String,
    /// Address on which results are fetched; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Name by which others reach it; `None` for the address it listens on.
    pub host: Option<String>,
    /// Folder of its own, for what tasks write; emptied at start and at the end.
    pub folder: PathBuf,
    /// The node's data folder, as this machine sees it: the lake lies in it, where it lies on no object store.
    pub data: PathBuf,
    /// The object store with the lake, opened by this machine's own key.
    pub objects: Option<ObjectLake>,
    /// Partitions worked on at the same time.
    pub cores: usize,
    /// Memory of all tasks together, MiB.
    pub memory_mib: u64,
    /// Certificates; `None` for this machine alone.
    pub membership: Option<Membership>,
}

/// An executor at work. Dropping it ends it at once; [`stop`](Self::stop) lets tasks finish.
pub struct Executor {
    address: SocketAddr,
    runner: Arc<Runner>,
    scheduler: crate::job::Scheduler,
    health: ExecutorHealth,
    stop: CancellationToken,
    polling: JoinHandle<()>,
    serving: JoinHandle<()>,
    folder: Folder,
}

impl std::fmt::Debug for Executor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Executor").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.stop.cancel();
        self.polling.abort();
        self.serving.abort();
    }
}

impl Executor {
    /// Listen, and ask the scheduler for work from now on; it may come later, or come back.
    pub async fn start(options: ExecutorOptions) -> Result<Self, Failure> {
        let membership = options.membership.as_ref();
        let folder = Folder::open(&options.folder)?;
        let files = LakeFiles::open(&options.data, options.objects.as_ref()).map_err(Failure::from)?;
        let listener = listen("cluster.executor_listen", options.listen, membership).await?;
        let address = listener.local_addr().map_err(|error| broken(&error))?;
        let scheduler = scheduler(endpoint(&options.scheduler, membership)?.connect_lazy());
        let pace = Pace::new();
        let leftovers = Leftovers::new(scheduler.clone(), folder.shuffle().into());
        let watched = Watched::new(scheduler.clone(), leftovers, pace.clone());
        let runner = Arc::new(runner(&options, address, &folder, files, watched));
        let incoming = connections(listener, membership)?;
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let service = FlightServiceServer::new(BallistaFlightService::new(folder.shuffle()))
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX);
        let serving = tokio::spawn(async move {
            let serving =
                Server::builder().add_service(service).serve_with_incoming_shutdown(incoming, stopped);
            if let Err(error) = serving.await {
                tracing::error!(%error, "the executor's listener failed");
            }
        });
        let health = ExecutorHealth::new();
        let codec = BallistaCodec::<LogicalPlanNode, PhysicalPlanNode>::new(
            Arc::new(BallistaLogicalExtensionCodec::default()),
            Arc::new(Codec::default()),
        );
        let ask = Some(pace.ask());
        let asking = poll_loop(scheduler.clone(), Arc::clone(&runner), codec, ask, None, health.clone());
        let polling = tokio::spawn(async move {
            tokio::select! {
                ended = asking => if let Err(error) = ended {
                    tracing::error!(%error, "the executor asks for no more work");
                },
                () = pace.keep() => {}
            }
        });
        Ok(Self { address, runner, scheduler, health, stop, polling, serving, folder })
    }

    /// Where results are fetched.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether the scheduler answered when it was last asked for work.
    #[must_use]
    pub fn has_joined(&self) -> bool {
        self.health.is_ready()
    }

    /// Tasks at work.
    #[must_use]
    pub fn running(&self) -> usize {
        self.runner.active_task_count()
    }

    /// Work until somebody asks to stop, or something that must run has ended.
    pub async fn work_until(mut self, asked: impl Future<Output = ()>) {
        tokio::select! {
            () = asked => {}
            _ = &mut self.polling => {}
            _ = &mut self.serving => {}
        }
        self.stop().await;
    }

    /// Take no more work, finish what runs within a while, and leave nothing in the folder.
    pub async fn stop(mut self) {
        self.polling.abort();
        let gone = ExecutorStoppedParams {
            executor_id: self.runner.metadata.id.clone(),
            reason: "asked to stop".to_owned(),
        };
        // One that is not there is told by silence.
        let _ = tokio::time::timeout(FAREWELL, self.scheduler.executor_stopped(gone)).await;
        if tokio::time::timeout(DRAIN, TasksDrainedFuture(Arc::clone(&self.runner))).await.is_err() {
            tracing::warn!("tasks still ran at the end; others run them again");
        }
        self.stop.cancel();
        self.folder.empty();
    }
}

fn runner(
    options: &ExecutorOptions,
    address: SocketAddr,
    folder: &Folder,
    files: LakeFiles,
    watched: Watched,
) -> Runner {
    let cores = options.cores.max(1);
    let own = match address.ip() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let described = ExecutorProcessConfig {
        external_host: Some(options.host.clone().unwrap_or(own)),
        port: address.port(),
        // Nobody connects to it: an executor that asks for work has no second listener.
        grpc_port: 0,
        vcores: cores,
        ..ExecutorProcessConfig::default()
    };
    let metadata =
        structure_executor_metadata(&Arc::new(described), u32::try_from(cores).unwrap_or(u32::MAX));
    let spill = folder.spill();
    let files = Arc::new(files);
    let base: RuntimeProducer = Arc::new(move |_: &SessionConfig| {
        RuntimeEnvBuilder::new()
            .with_temp_file_path(spill.clone())
            .with_max_temp_directory_size(SPILL_BYTES_MAX)
            .with_object_store_registry(files.clone())
            .build_arc()
    });
    let share = usize::try_from(options.memory_mib.saturating_mul(1 << 20)).unwrap_or(usize::MAX) / cores;
    // A task has the memory of the cores it takes.
    let pools: MemoryPoolPolicy = Arc::new(move |base: Arc<RuntimeEnv>, _: &SessionConfig, cores: u32| {
        let bytes = share.saturating_mul(cores.max(1) as usize);
        RuntimeEnvBuilder::from_runtime_env(&base)
            .with_memory_pool(Arc::new(FairSpillPool::new(bytes)))
            .build_arc()
    });
    let alone: RuntimeProducer = {
        let (base, pools) = (Arc::clone(&base), Arc::clone(&pools));
        Arc::new(move |config: &SessionConfig| pools(base(config)?, config, 1))
    };
    let membership = options.membership.clone();
    let sessions = DefaultSessionRuntimeCache::new(base, pools, SESSIONS);
    Runner::new(
        metadata,
        &folder.shuffle(),
        alone,
        Arc::new(move || settings(membership.as_ref())),
        functions(),
        Arc::new(LoggingMetricsCollector::default()),
        cores,
        Arc::new(watched),
    )
    .with_session_runtime_cache(Some(Arc::new(sessions)))
}

/// The folder of an executor, held by a lock: two of them would clear away each other's work.
struct Folder {
    root: PathBuf,
    /// Held, never read: the lock lives as long as the file is open.
    _lock: File,
}

impl Folder {
    fn open(root: &Path) -> Result<Self, Failure> {
        let cannot = |error: std::io::Error| {
            let failure = Failure::new(
                ErrorKind::Precondition,
                "cluster/folder",
                format!("执行器文件夹 {} 无法使用：{error}", root.display()),
                format!("The executor's folder {} cannot be used: {error}", root.display()),
            );
            failure.with_hint(
                "一台机器上的每个执行器须有自己的 cluster.executor_folder（或 --folder），且可写。",
                "Each executor of a machine needs a cluster.executor_folder (or --folder) of its own that it may write to.",
            )
        };
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(root).map_err(cannot)?;
        let lock = File::options().create(true).truncate(false).write(true).open(root.join("lock"));
        let lock = lock.map_err(cannot)?;
        fs4::FileExt::try_lock(&lock).map_err(|_| cannot(std::io::ErrorKind::ResourceBusy.into()))?;
        let folder = Self { root: root.to_owned(), _lock: lock };
        folder.empty();
        for part in [SHUFFLE, SPILL] {
            builder.create(root.join(part)).map_err(cannot)?;
        }
        Ok(folder)
    }

    fn shuffle(&self) -> String {
        self.root.join(SHUFFLE).to_string_lossy().into_owned()
    }

    fn spill(&self) -> PathBuf {
        self.root.join(SPILL)
    }

    /// Remove what tasks wrote. What cannot be removed is removed at the next start.
    fn empty(&self) {
        for part in [SHUFFLE, SPILL] {
            match std::fs::remove_dir_all(self.root.join(part)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    tracing::warn!(%error, part, "files of an executor stay");
                }
                _ => {}
            }
        }
    }
}

fn broken(error: &dyn std::fmt::Display) -> Failure {
    tracing::error!(%error, "the executor did not start");
    Failure::new(
        ErrorKind::Internal,
        "cluster/start",
        format!("执行器无法启动：{error}"),
        format!("The executor did not start: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_executors_and_starts_empty() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("executor");
        let folder = Folder::open(&root).unwrap();
        std::fs::write(root.join(SHUFFLE).join("rows"), "left behind").unwrap();
        let second = Folder::open(&root).err().unwrap();
        assert_eq!(second.code, "cluster/folder");
        drop(folder);
        let again = Folder::open(&root).unwrap();
        assert!(!root.join(SHUFFLE).join("rows").exists() && root.join(SPILL).is_dir());
        again.empty();
        assert!(!root.join(SHUFFLE).exists());
    }
}
