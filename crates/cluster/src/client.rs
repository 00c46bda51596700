//! The node's way to a cluster.

use crate::codec::outgoing;
use crate::compact::compacting;
use crate::deadline::Deadline;
use crate::job::{ToExecutor, rows, scheduler};
use crate::machine::{functions, with_ways};
use crate::membership::{Membership, endpoint};
use crate::sendable::obstacle;
use crate::trouble::{of_status, unavailable};
use crate::{ENGINE, MESSAGE_BYTES_MAX};
use ballista_core::extension::SessionConfigExt as _;
use ballista_core::optimizer::with_ballista_optimizer_rules;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::serde::protobuf::execute_query_params::Query;
use ballista_core::serde::protobuf::{ExecuteQueryParams, GetJobStatusParams, KeyValuePair};
use brain_kernel::error::Failure;
use brain_warehouse::distributed::{DistributedEngine, Placed};
use datafusion::common::Result;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::prelude::SessionConfig;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tonic::transport::Channel;

/// Longest time to be told that a scheduler is there.
const PROBE: Duration = Duration::from_secs(5);
/// Settings that Ballista changes for its own sake and that change types of results.
const TYPES: [&str; 2] = [
    "datafusion.execution.parquet.schema_force_view_types",
    "datafusion.sql_parser.map_string_types_to_utf8view",
];

/// A cluster for the queries of one node.
pub struct Cluster {
    address: String,
    channel: Channel,
    membership: Option<Membership>,
    partitions: usize,
    functions: Arc<BallistaFunctionRegistry>,
    /// Executors keep what they know of the lake's files under this name.
    session: String,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Cluster {
    /// The cluster whose scheduler listens at `address`, as `host:port`; nobody is asked yet. Data is distributed over
    /// this many partitions. Must be called inside a runtime.
    pub fn new(address: &str, partitions: usize, membership: Option<Membership>) -> Result<Self, Failure> {
        Ok(Self {
            address: address.to_owned(),
            channel: endpoint(address, membership.as_ref())?.connect_lazy(),
            membership,
            partitions: partitions.max(1),
            functions: functions(),
            session: uuid::Uuid::now_v7().to_string(),
        })
    }

    /// Whether the scheduler answers; its address.
    pub async fn probe(&self) -> Result<String, Failure> {
        let look = GetJobStatusParams { job_id: "none".to_owned() };
        let mut scheduler = scheduler(self.channel.clone());
        match tokio::time::timeout(PROBE, scheduler.get_job_status(look)).await {
            Ok(Ok(_)) => Ok(self.address.clone()),
            Ok(Err(status)) => Err(of_status(&status)),
            Err(_) => Err(unavailable()),
        }
    }

    fn query(&self, plan: Vec<u8>, config: &SessionConfig) -> ExecuteQueryParams {
        let settings = config.options().entries().into_iter();
        ExecuteQueryParams {
            query: Some(Query::PhysicalPlan(plan)),
            settings: settings.map(|entry| KeyValuePair { key: entry.key, value: entry.value }).collect(),
            session_id: self.session.clone(),
            operation_id: uuid::Uuid::now_v7().to_string(),
        }
    }

    fn executors(&self) -> ToExecutor {
        let membership = self.membership.clone();
        Arc::new(move |host, port| endpoint(&format!("{host}:{port}"), membership.as_ref()))
    }
}

impl DistributedEngine for Cluster {
    fn name(&self) -> &'static str {
        ENGINE
    }

    fn planning(&self, state: SessionState) -> SessionState {
        let rules = with_ballista_optimizer_rules(state.optimizers());
        let own = state.config().options().entries();
        let mut config =
            state.config().clone().upgrade_for_ballista().with_target_partitions(self.partitions);
        config = with_ways(config, self.membership.as_ref())
            // As the embedded engine joins; the smaller side is then sent to everybody, where it is small.
            .set_bool("datafusion.optimizer.prefer_hash_join", true)
            .set_bool("datafusion.optimizer.prefer_existing_union", true);
        for entry in own.iter().filter(|entry| TYPES.contains(&entry.key.as_str())) {
            if let Some(value) = &entry.value {
                config = config.set_str(&entry.key, value);
            }
        }
        SessionStateBuilder::new_from_existing(state).with_config(config).with_optimizer_rules(rules).build()
    }

    fn place(&self, plan: &Arc<dyn ExecutionPlan>, state: &SessionState, until: Instant) -> Result<Placed> {
        if let Some(why) = obstacle(plan) {
            return Ok(Placed::Here(why));
        }
        let bytes = match compacting(Arc::clone(plan)).and_then(|plan| outgoing(&plan, &self.functions)) {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Placed::Here(error.to_string())),
        };
        if bytes.len() > MESSAGE_BYTES_MAX / 2 {
            return Ok(Placed::Here(format!("a plan of {} bytes", bytes.len())));
        }
        let config = state.config().clone().with_option_extension(Deadline::at(until));
        let query = self.query(bytes, &config);
        let rows = rows(scheduler(self.channel.clone()), query, self.executors());
        Ok(Placed::There(Box::pin(RecordBatchStreamAdapter::new(plan.schema(), rows))))
    }
}
