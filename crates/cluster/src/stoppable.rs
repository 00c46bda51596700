//! The work of a task that can be ended from outside.
//!
//! Ballista lets go of a cancelled task and its streams run on to their end. So the last operator before the writer looks
//! whether the task is still wanted, and drops everything below it when not; so does whatever makes many rows of few, for
//! a join may be busy for minutes without ever waiting for its input. There too, before others wrap them, errors
//! are put into words for the caller. It exists on an executor only.

use crate::trouble::told;
use datafusion::common::tree_node::{Transformed, TransformedResult as _, TreeNode as _, TreeNodeRecursion};
use datafusion::common::{Result, Statistics, exec_err, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::physical_plan::{
    ChildStats, ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties,
    ReplaceChildrenOptions, StatisticsArgs, replace_children_if_necessary,
};
use futures::{StreamExt as _, stream};
use std::fmt;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The plan of a stage, which ends in a writer, with what can be stopped below it.
pub(crate) fn stoppable(
    plan: Arc<dyn ExecutionPlan>,
    stop: &CancellationToken,
) -> Result<Arc<dyn ExecutionPlan>> {
    let wrapped = |node: &Arc<dyn ExecutionPlan>| -> Arc<dyn ExecutionPlan> {
        Arc::new(Stoppable::new(Arc::clone(node), stop.clone()))
    };
    let below = |input: &Arc<dyn ExecutionPlan>| -> Result<Arc<dyn ExecutionPlan>> {
        let input = Arc::clone(input).transform_up(|node| {
            Ok(if multiplies(node.as_ref()) {
                Transformed::yes(wrapped(&node))
            } else {
                Transformed::no(node)
            })
        });
        Ok(wrapped(&input.data()?))
    };
    let below = plan.children().into_iter().map(below).collect::<Result<Vec<_>>>()?;
    replace_children_if_necessary(plan, below)
}

/// Whether an operator may make many rows of few.
fn multiplies(node: &dyn ExecutionPlan) -> bool {
    node.is::<CrossJoinExec>()
        || node.is::<HashJoinExec>()
        || node.is::<NestedLoopJoinExec>()
        || node.is::<SortMergeJoinExec>()
        || node.is::<UnnestExec>()
}

/// Passes rows through until it is told to stop.
#[derive(Debug)]
pub(crate) struct Stoppable {
    input: Arc<dyn ExecutionPlan>,
    stop: CancellationToken,
}

impl Stoppable {
    pub(crate) fn new(input: Arc<dyn ExecutionPlan>, stop: CancellationToken) -> Self {
        Self { input, stop }
    }
}

impl DisplayAs for Stoppable {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stoppable")
    }
}

impl ExecutionPlan for Stoppable {
    fn name(&self) -> &'static str {
        "Stoppable"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match children.into_iter().next() {
            Some(input) => Ok(Arc::new(Self { input, stop: self.stop.clone() })),
            None => internal_err!("what can be stopped has one input"),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let rows = self.input.execute(partition, context).map_err(told)?;
        let schema = rows.schema();
        let rows = stream::unfold(Some((rows, self.stop.clone())), |state| async move {
            let (mut rows, stop) = state?;
            tokio::select! {
                biased;
                () = stop.cancelled() => Some((exec_err!("the task is not wanted any more"), None)),
                next = rows.next() => next.map(|batch| (batch.map_err(told), Some((rows, stop)))),
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
    }

    fn child_stats_requests(&self, partition: Option<usize>) -> Vec<ChildStats> {
        vec![ChildStats::At(partition)]
    }

    fn statistics_from_inputs(
        &self,
        inputs: &[Arc<Statistics>],
        _: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        match inputs {
            [input] => Ok(Arc::clone(input)),
            _ => internal_err!("what can be stopped has one input"),
        }
    }
}
