//! Queries on other machines: what the warehouse asks of a cluster, and what a machine of a cluster needs of it.
//!
//! Invariant: a plan is made here, under the caller's grants, before anybody else sees it: filters, masks and the barrier
//! are in it, with the exact files of each version. No secret is: a function that needs one, or that looks into the
//! node's own dictionaries, stays here with its query.
//! Deliberately absent: the cluster itself (`brain-cluster`), and any opinion on which plans it can run.

mod lake_only;
mod parts;

pub use parts::{LakeFiles, decode_node, encode_node, portable_functions, with_cause};

use crate::Warehouse;
use datafusion::error::Result as PlanResult;
use datafusion::execution::{SendableRecordBatchStream, SessionState};
use datafusion::physical_plan::ExecutionPlan;
use std::fmt;
use std::sync::Arc;
use tokio::time::Instant;

/// The engine inside this process.
pub const EMBEDDED: &str = "embedded";

/// Where a plan went.
pub enum Placed {
    /// Its rows come from the cluster. Nothing is asked of it before the stream is polled, and dropping the stream ends
    /// the work.
    There(SendableRecordBatchStream),
    /// It cannot leave this machine; why, for the log.
    Here(String),
}

/// An engine on other machines.
pub trait DistributedEngine: fmt::Debug + Send + Sync {
    /// Name that a result gives as the engine that answered.
    fn name(&self) -> &'static str;

    /// The same session, as it plans for that engine. Types of results are the same.
    fn planning(&self, state: SessionState) -> SessionState;

    /// Hand over a plan made in such a session, whose rows nobody waits for after `until`.
    fn place(
        &self,
        plan: &Arc<dyn ExecutionPlan>,
        state: &SessionState,
        until: Instant,
    ) -> PlanResult<Placed>;
}

impl Warehouse {
    /// Run the SQL of sessions on this engine from now on, wherever its plans can go there; the first one counts.
    ///
    /// Models, ingests, quality checks and whole tables are read in this process as before.
    pub fn distribute(&self, engine: Arc<dyn DistributedEngine>) {
        if self.inner.distributed.set(engine).is_err() {
            tracing::warn!("queries are distributed already");
        }
    }
}
