//! Batches that hold no more than their rows.
//!
//! Text is read as views into buffers that many batches share. A batch that is written for another machine carries all
//! buffers that it points into, so that a sorted table would be written once for each of its batches. Ballista compacts
//! what it distributes by hash; everything else is compacted here, before it is written.

use datafusion::arrow::array::{ArrayRef, AsArray as _, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::common::tree_node::{Transformed, TransformedResult as _, TreeNode as _, TreeNodeRecursion};
use datafusion::common::{Result, Statistics, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::joins::{HashJoinExec, PartitionMode};
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{
    ChildStats, ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties,
    ReplaceChildrenOptions, StatisticsArgs, replace_children_if_necessary,
};
use futures::StreamExt as _;
use std::fmt;
use std::sync::Arc;

/// A column is written anew when its buffers are this many times what it uses, and larger than a page.
const WASTE: usize = 2;
/// Buffers up to this are left as they are, bytes.
const SMALL_BYTES: usize = 16 * 1024;

/// The same plan, compacting whatever Ballista writes as it comes: below each place where partitions are brought
/// together, and at the end.
pub(crate) fn compacting(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let plan = plan.transform_up(|node| Ok(Transformed::yes(below(node)?))).data()?;
    Ok(compacted(&plan))
}

fn below(node: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let children = node.children();
    if node.is::<CoalescePartitionsExec>() || node.is::<SortPreservingMergeExec>() || node.is::<UnionExec>() {
        let children = children.into_iter().map(compacted).collect();
        return replace_children_if_necessary(node, children);
    }
    // The smaller side of a join is written for everybody; one that is brought together has been seen to above.
    let collects = node
        .downcast_ref::<HashJoinExec>()
        .is_some_and(|join| *join.partition_mode() == PartitionMode::CollectLeft);
    match children.as_slice() {
        [left, right] if collects && !left.is::<CoalescePartitionsExec>() => {
            let children = vec![compacted(left), Arc::clone(right)];
            replace_children_if_necessary(node, children)
        }
        _ => Ok(node),
    }
}

fn compacted(plan: &Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
    if !has_views(&plan.schema()) || plan.is::<Compact>() {
        return Arc::clone(plan);
    }
    Arc::new(Compact::new(Arc::clone(plan)))
}

fn has_views(schema: &Schema) -> bool {
    schema.fields().iter().any(|field| matches!(field.data_type(), DataType::Utf8View | DataType::BinaryView))
}

fn compact(batch: RecordBatch) -> Result<RecordBatch> {
    let columns = batch.columns().iter().map(compact_column).collect();
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}

fn compact_column(column: &ArrayRef) -> ArrayRef {
    let held = |buffers: &[datafusion::arrow::buffer::Buffer]| buffers.iter().map(|b| b.len()).sum::<usize>();
    let wasteful = |held: usize, used: usize| held > SMALL_BYTES && held > used.saturating_mul(WASTE);
    if let Some(texts) = column.as_string_view_opt() {
        if wasteful(held(texts.data_buffers()), texts.total_buffer_bytes_used()) {
            return Arc::new(texts.gc());
        }
    } else if let Some(bytes) = column.as_binary_view_opt()
        && wasteful(held(bytes.data_buffers()), bytes.total_buffer_bytes_used())
    {
        return Arc::new(bytes.gc());
    }
    Arc::clone(column)
}

/// Passes rows through in batches that hold nothing else.
#[derive(Debug)]
pub(crate) struct Compact {
    input: Arc<dyn ExecutionPlan>,
}

impl Compact {
    pub(crate) fn new(input: Arc<dyn ExecutionPlan>) -> Self {
        Self { input }
    }
}

impl DisplayAs for Compact {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Compact")
    }
}

impl ExecutionPlan for Compact {
    fn name(&self) -> &'static str {
        "Compact"
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
            Some(input) => Ok(Arc::new(Self { input })),
            None => internal_err!("compacting has one input"),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let rows = self.input.execute(partition, context)?;
        let schema = rows.schema();
        let rows = rows.map(|batch| batch.and_then(compact));
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
            _ => internal_err!("compacting has one input"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::StringViewArray;

    #[test]
    fn a_batch_cut_out_of_a_large_one_keeps_its_own_text_only() {
        let texts: StringViewArray =
            (0..10_000).map(|at| Some(format!("a text that is long enough {at}"))).collect();
        let whole = RecordBatch::try_from_iter([("text", Arc::new(texts) as ArrayRef)]).unwrap();
        let cut = whole.slice(5_000, 10);
        let held = |batch: &RecordBatch| -> usize {
            batch.column(0).as_string_view().data_buffers().iter().map(|buffer| buffer.len()).sum()
        };
        let compacted = compact(cut.clone()).unwrap();
        assert_eq!(compacted, cut);
        assert!(held(&cut) > 200_000 && held(&compacted) < 1_000, "{} {}", held(&cut), held(&compacted));
        // What is in use anyway is not copied.
        let same = compact(whole.clone()).unwrap();
        assert_eq!(held(&same), held(&whole));
    }
}
