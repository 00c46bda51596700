//! The row filter as a barrier.
//!
//! The optimiser may merge the caller's condition with the grant's row filter and evaluate either first. A condition
//! that can fail (`1 / (amount - 42)`) would then fail on rows the caller may not see, and the error would tell that
//! such a row exists. So a filtered table takes in only conditions that cannot fail; the rest runs behind the barrier.
//! PostgreSQL knows the same two words: security barrier and leakproof.

use super::stack::with_room;
use async_trait::async_trait;
use brain_lineage::sql::Nesting;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Column, Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::expr::{InList, Like};
use datafusion::logical_expr::{
    Expr, LogicalPlan, LogicalPlanBuilder, Operator, TableProviderFilterPushDown, TableType,
};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties,
    ReplaceChildrenOptions,
};
use std::fmt;
use std::sync::Arc;

/// A view with a row filter; opaque to the optimiser except for conditions that cannot fail.
#[derive(Debug)]
pub(crate) struct FilteredTable {
    plan: LogicalPlan,
    schema: SchemaRef,
    /// How deep the row filter is.
    nesting: Nesting,
}

impl FilteredTable {
    pub(crate) fn new(plan: LogicalPlan, nesting: Nesting) -> Self {
        let schema = Arc::clone(plan.schema().inner());
        Self { plan, schema, nesting }
    }
}

#[async_trait]
impl TableProvider for FilteredTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(filters
            .iter()
            .map(|filter| {
                if cannot_fail(filter) {
                    TableProviderFilterPushDown::Exact
                } else {
                    TableProviderFilterPushDown::Unsupported
                }
            })
            .collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut plan = LogicalPlanBuilder::from(self.plan.clone());
        if let Some(filter) = filters.iter().cloned().reduce(Expr::and) {
            plan = plan.filter(filter)?;
        }
        if let Some(projection) = projection {
            let columns = projection
                .iter()
                .map(|at| Expr::Column(Column::from(self.plan.schema().qualified_field(*at))))
                .collect::<Vec<_>>();
            plan = plan.project(columns)?;
        }
        if limit.is_some() {
            plan = plan.limit(0, limit)?;
        }
        let inner = with_room(self.nesting, state.create_physical_plan(&plan.build()?)).await?;
        Ok(Arc::new(Barrier::new(inner)))
    }
}

/// Whether evaluating the condition on any row whatever yields a value and never an error.
fn cannot_fail(condition: &Expr) -> bool {
    match condition {
        Expr::Column(_) | Expr::Literal(..) => true,
        Expr::Alias(alias) => cannot_fail(&alias.expr),
        Expr::Not(inner)
        | Expr::IsNull(inner)
        | Expr::IsNotNull(inner)
        | Expr::IsTrue(inner)
        | Expr::IsFalse(inner)
        | Expr::IsUnknown(inner)
        | Expr::IsNotTrue(inner)
        | Expr::IsNotFalse(inner)
        | Expr::IsNotUnknown(inner) => cannot_fail(inner),
        Expr::BinaryExpr(binary) => {
            let total = matches!(
                binary.op,
                Operator::Eq
                    | Operator::NotEq
                    | Operator::Lt
                    | Operator::LtEq
                    | Operator::Gt
                    | Operator::GtEq
                    | Operator::And
                    | Operator::Or
                    | Operator::IsDistinctFrom
                    | Operator::IsNotDistinctFrom
            );
            total && cannot_fail(&binary.left) && cannot_fail(&binary.right)
        }
        Expr::Between(between) => {
            cannot_fail(&between.expr) && cannot_fail(&between.low) && cannot_fail(&between.high)
        }
        Expr::InList(InList { expr, list, .. }) => cannot_fail(expr) && list.iter().all(cannot_fail),
        Expr::Like(Like { expr, pattern, .. }) => {
            matches!(expr.as_ref(), Expr::Column(_)) && matches!(pattern.as_ref(), Expr::Literal(..))
        }
        _ => false,
    }
}

/// Passes batches through; conditions, limits and statistics do not.
#[derive(Debug)]
pub(crate) struct Barrier {
    input: Arc<dyn ExecutionPlan>,
}

impl Barrier {
    pub(crate) fn new(input: Arc<dyn ExecutionPlan>) -> Self {
        Self { input }
    }
}

impl DisplayAs for Barrier {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Barrier")
    }
}

impl ExecutionPlan for Barrier {
    fn name(&self) -> &'static str {
        "Barrier"
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
            None => internal_err!("a barrier has one input"),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.input.execute(partition, context)
    }
}

#[cfg(test)]
mod tests {
    use super::cannot_fail;
    use datafusion::prelude::{col, lit};

    #[test]
    fn only_conditions_without_arithmetic_casts_or_functions_pass_the_barrier() {
        assert!(cannot_fail(&col("a").eq(lit(1)).and(col("b").like(lit("x%")))));
        assert!(cannot_fail(&col("a").is_null().or(col("a").in_list(vec![lit(1), lit(2)], false))));
        assert!(!cannot_fail(&(lit(1) / (col("a") - lit(42))).gt(lit(0))));
        assert!(!cannot_fail(
            &datafusion::prelude::cast(col("a"), datafusion::arrow::datatypes::DataType::Int64).eq(lit(1))
        ));
    }
}
