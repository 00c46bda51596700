//! Which engine a statement runs on: the cluster where there is one and the plan can go there, else this process.

use super::session::{Session, execute_here, limited};
use super::stream::Bounds;
use crate::Result;
use crate::distributed::{EMBEDDED, Placed};
use datafusion::execution::{SendableRecordBatchStream, SessionState};
use datafusion::logical_expr::LogicalPlan;

impl Session {
    /// Rows of a planned statement, and the name of the engine they come from; on a stack with room for the plan.
    pub(super) async fn answer(
        &self,
        state: &SessionState,
        plan: LogicalPlan,
        bounds: &Bounds,
    ) -> Result<(SendableRecordBatchStream, &'static str)> {
        if let Some(engine) = self.inner().distributed.get() {
            let planning = engine.planning(state.clone());
            let physical = planning.create_physical_plan(&limited(plan.clone(), bounds)?).await?;
            match engine.place(&physical, &planning, bounds.deadline)? {
                Placed::There(rows) => return Ok((rows, engine.name())),
                Placed::Here(why) => tracing::debug!(why, "a query is answered by this process"),
            }
        }
        Ok((execute_here(state, plan, bounds).await?, EMBEDDED))
    }
}
