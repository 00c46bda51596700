//! Which plans leave the node: those whose every operator is known to give the same rows on several machines.
//!
//! A list of what may go, not of what may not. Ballista cuts a plan into stages and gives each task some partitions of the
//! leaves; an operator or a leaf it does not know would be run whole by every task, and rows would come several times.

use datafusion::common::JoinType;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec};
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::placeholder_row::PlaceholderRowExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use std::any::Any;
use std::sync::Arc;

/// Operators above each other at most: plans are read by recursion on the other side.
const OPERATORS_DEEP_MAX: usize = 150;
/// Expressions within each other at most.
const EXPRESSIONS_DEEP_MAX: usize = 60;

/// Numbers of rows travel in 32 bits; a larger one would arrive as a small one.
const ROWS_MAX: usize = u32::MAX as usize;

/// Why the plan stays on this machine; `None` where it may leave.
pub(crate) fn obstacle(plan: &Arc<dyn ExecutionPlan>) -> Option<String> {
    let mut files = 0_usize;
    let mut left = vec![(plan, 1_usize)];
    while let Some((node, depth)) = left.pop() {
        if depth > OPERATORS_DEEP_MAX {
            return Some("the plan is too deep".to_owned());
        }
        match leaf_or_operator(node) {
            Ok(leaf) => files += leaf,
            Err(why) => return Some(why),
        }
        let skipped = node.downcast_ref::<GlobalLimitExec>().map(GlobalLimitExec::skip);
        if node.fetch().into_iter().chain(skipped).any(|rows| rows > ROWS_MAX) {
            return Some("a number of rows beyond 32 bits".to_owned());
        }
        if !expressions_fit(node) {
            return Some("an expression is too deep".to_owned());
        }
        left.extend(node.children().into_iter().map(|child| (child, depth + 1)));
    }
    (files == 0).then(|| "it reads no file".to_owned())
}

/// How many scans of files the node is, or why it may not go.
fn leaf_or_operator(node: &Arc<dyn ExecutionPlan>) -> Result<usize, String> {
    if let Some(scan) = node.downcast_ref::<DataSourceExec>() {
        let source: &dyn Any = scan.data_source().as_ref();
        return if source.is::<FileScanConfig>() { Ok(1) } else { Err("it reads memory".to_owned()) };
    }
    if let Some(join) = node.downcast_ref::<HashJoinExec>() {
        // Such a join remembers in one process what it has seen of a null.
        return if join.null_aware { Err("NOT IN over nulls".to_owned()) } else { Ok(0) };
    }
    if let Some(join) = node.downcast_ref::<NestedLoopJoinExec>() {
        // Rows of the left side that found no partner are known only to who has seen the whole right side.
        let by_probing = matches!(
            join.join_type(),
            JoinType::Inner
                | JoinType::Right
                | JoinType::RightSemi
                | JoinType::RightAnti
                | JoinType::RightMark
        );
        return if by_probing { Ok(0) } else { Err(format!("a {} join by loops", join.join_type())) };
    }
    if let Some(repartition) = node.downcast_ref::<RepartitionExec>() {
        return if repartition.preserve_order() { Err("an order across machines".to_owned()) } else { Ok(0) };
    }
    if is_known(node.as_ref()) { Ok(0) } else { Err(format!("the operator {}", node.name())) }
}

fn is_known(node: &dyn ExecutionPlan) -> bool {
    node.is::<AggregateExec>()
        || node.is::<BoundedWindowAggExec>()
        || node.is::<CoalescePartitionsExec>()
        || node.is::<CooperativeExec>()
        || node.is::<CrossJoinExec>()
        || node.is::<EmptyExec>()
        || node.is::<FilterExec>()
        || node.is::<GlobalLimitExec>()
        || node.is::<LocalLimitExec>()
        || node.is::<PlaceholderRowExec>()
        || node.is::<ProjectionExec>()
        || node.is::<SortExec>()
        || node.is::<SortMergeJoinExec>()
        || node.is::<SortPreservingMergeExec>()
        || node.is::<UnionExec>()
        || node.is::<UnnestExec>()
        || node.is::<WindowAggExec>()
        || brain_warehouse::distributed::encode_node(node).is_some()
}

fn expressions_fit(node: &Arc<dyn ExecutionPlan>) -> bool {
    let mut fit = true;
    let looked = node.apply_expressions(&mut |expression| {
        fit = fit && depth_within(expression);
        Ok(if fit { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    looked.is_ok() && fit
}

fn depth_within(expression: &Arc<dyn PhysicalExpr>) -> bool {
    let mut left = vec![(expression, 1_usize)];
    while let Some((inner, depth)) = left.pop() {
        if depth > EXPRESSIONS_DEEP_MAX {
            return false;
        }
        left.extend(inner.children().into_iter().map(|child| (child, depth + 1)));
    }
    true
}
