//! The query engine, set up once: functions, limits, caches.

use crate::lake::Lake;
use crate::lake::checked::CheckedFiles;
use crate::query::memory::{Budget, QueryPool};
use crate::{Options, Result};
use datafusion::catalog::CatalogProviderList;
use datafusion::execution::context::SessionConfig;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::ScalarUDF;
use std::sync::Arc;

/// The one catalog; its schemas are the zones.
pub(crate) const CATALOG: &str = "brain";
/// Zone of a table named without one.
pub(crate) const DEFAULT_ZONE: &str = "subject";

/// Memory of a query below which it gets one part fewer, MiB.
const MIB_OF_A_PART: usize = 32;
/// Rows in a batch for each MiB of a query's memory; rows of a KiB then take a thirtieth of it.
const ROWS_OF_A_MIB: usize = 32;
/// Fewest rows in a batch.
const BATCH_ROWS_MIN: usize = 256;
/// The share of a part's memory that is set aside for merging is one in this many.
const SET_ASIDE: usize = 8;

/// What every session starts from.
pub(crate) struct Engine {
    base: SessionState,
    runtime: Arc<RuntimeEnv>,
    budget: Arc<Budget>,
    spill_bytes_max: u64,
    spill_folder: std::path::PathBuf,
}

impl Engine {
    pub(crate) fn new(options: &Options, lake: &Lake, functions: Vec<Arc<ScalarUDF>>) -> Result<Self> {
        let spill_folder = options.root.join("tmp");
        std::fs::create_dir_all(&spill_folder)?;
        let runtime = RuntimeEnvBuilder::new().build_arc()?;
        let files = ObjectStoreUrl::local_filesystem();
        runtime.register_object_store(files.as_ref(), Arc::new(CheckedFiles::new()));
        if let Some(objects) = lake.objects() {
            let (bucket, store) = objects.for_engine();
            runtime.register_object_store(&bucket, store);
        }
        let mut config = SessionConfig::new()
            .with_default_catalog_and_schema(CATALOG, DEFAULT_ZONE)
            .with_create_default_catalog_and_schema(false)
            .with_information_schema(true);
        // Plans shown to callers carry no file names and no statistics.
        config.options_mut().explain.logical_plan_only = true;
        config.options_mut().sql_parser.collect_spans = true;
        let mut base = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(Arc::clone(&runtime))
            .with_default_features()
            .build();
        for function in functions {
            datafusion::execution::FunctionRegistry::register_udf(&mut base, function)?;
        }
        let spill_bytes_max = options.spill_limit_mib.saturating_mul(1 << 20);
        Ok(Self {
            base,
            runtime,
            budget: Budget::new(options.memory_limit_mib),
            spill_bytes_max,
            spill_folder,
        })
    }

    /// Engine state of one query: its own catalog, memory and spill space; functions and caches are shared.
    pub(crate) fn state(
        &self,
        tables: Arc<dyn CatalogProviderList>,
        memory_mib: u64,
    ) -> Result<SessionState> {
        let pool = QueryPool::new(memory_mib, Arc::clone(&self.budget));
        let runtime = |spill: DiskManagerBuilder| {
            RuntimeEnvBuilder::from_runtime_env(&self.runtime)
                .with_memory_pool(pool.clone())
                .with_disk_manager_builder(spill)
                .build_arc()
        };
        let spill = DiskManagerBuilder::default()
            .with_mode(DiskManagerMode::Directories(vec![self.spill_folder.clone()]))
            .with_max_temp_directory_size(self.spill_bytes_max);
        let runtime = match runtime(spill) {
            // Nothing can spill to a full disk; what fits in memory is answered all the same.
            Err(error) if brain_durable::is_full(&error) => {
                runtime(DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled))?
            }
            runtime => runtime?,
        };
        Ok(SessionStateBuilder::new_from_existing(self.base.clone())
            .with_session_id(String::new())
            .with_config(sized(self.base.config(), memory_mib))
            .with_runtime_env(runtime)
            .with_catalog_list(tables)
            .build())
    }

    /// For parsing only: knows functions and dialect, no tables.
    pub(crate) fn parser(&self) -> &SessionState {
        &self.base
    }

    /// Bytes queries, models and ingests hold now.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.budget.used_bytes()
    }
}

/// The settings of a query with this much memory. What cannot be spilled — a batch under way, what merging sorted parts
/// sets aside, each once for every part that works at the same time — must leave room for what can, or a query with
/// little memory fails where it should write to disk. With a quarter of a GiB, on up to eight cores, nothing changes.
fn sized(base: &SessionConfig, memory_mib: u64) -> SessionConfig {
    let memory_mib = usize::try_from(memory_mib).unwrap_or(usize::MAX);
    let rows = base.batch_size().min(memory_mib.saturating_mul(ROWS_OF_A_MIB)).max(BATCH_ROWS_MIN);
    let mut config = base.clone().with_batch_size(rows);
    let execution = &mut config.options_mut().execution;
    execution.target_partitions = execution.target_partitions.min(memory_mib / MIB_OF_A_PART).max(1);
    let share = memory_mib.saturating_mul(1 << 20) / execution.target_partitions / SET_ASIDE;
    execution.sort_spill_reservation_bytes = execution.sort_spill_reservation_bytes.min(share);
    config
}
