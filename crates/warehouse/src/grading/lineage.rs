//! Column lineage (字段级血缘) of a query: which columns of which tables each output column is computed from.
//!
//! Values only: a column that merely decides which rows appear (in a filter or a join's condition) is no origin.
//! Where a plan node is not understood every output column comes from every input column, so that a label is
//! inherited too often rather than too seldom.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema};
use datafusion::logical_expr::{Distinct, Expr, LogicalPlan};
use std::collections::BTreeSet;

/// `(table, column)` pairs, the table as `zone.name`.
pub(crate) type Sources = BTreeSet<(String, String)>;

/// Sources of each output column of a plan, in the order of its schema.
pub(crate) fn sources(plan: &LogicalPlan) -> Vec<Sources> {
    let width = plan.schema().fields().len();
    let mut found = of(plan);
    if found.len() != width {
        // Never fewer labels than columns: a plan we misread inherits everything it reads.
        let all: Sources = plan.inputs().into_iter().flat_map(sources).flatten().collect();
        found = vec![all; width];
    }
    found
}

fn of(plan: &LogicalPlan) -> Vec<Sources> {
    match plan {
        LogicalPlan::TableScan(scan) => {
            let table = match scan.table_name.schema() {
                Some(zone) => format!("{zone}.{}", scan.table_name.table()),
                None => format!("{}.{}", crate::engine::DEFAULT_ZONE, scan.table_name.table()),
            };
            let fields = scan.projected_schema.fields().iter();
            fields.map(|field| Sources::from([(table.clone(), field.name().clone())])).collect()
        }
        LogicalPlan::Projection(node) => of_exprs(&node.expr, &node.input),
        LogicalPlan::Aggregate(node) => {
            let mut found = of_exprs(&node.group_expr, &node.input);
            found.extend(of_exprs(&node.aggr_expr, &node.input));
            found
        }
        LogicalPlan::Window(node) => {
            let mut found = sources(&node.input);
            found.extend(of_exprs(&node.window_expr, &node.input));
            found
        }
        LogicalPlan::Distinct(Distinct::On(node)) => of_exprs(&node.select_expr, &node.input),
        LogicalPlan::Join(node) => {
            let (mut left, mut right) = (sources(&node.left), sources(&node.right));
            let width = node.schema.fields().len();
            if width == left.len() + right.len() {
                left.extend(right);
                return left;
            }
            // Semi and anti joins keep one side; a mark join adds a column to it that is no value.
            let kept = if node.join_type.to_string().starts_with("Right") { &mut right } else { &mut left };
            kept.resize(width, Sources::new());
            std::mem::take(kept)
        }
        LogicalPlan::Union(node) => {
            let mut inputs = node.inputs.iter().map(|input| sources(input));
            let first = inputs.next().unwrap_or_default();
            inputs.fold(first, |mut all, input| {
                for (column, more) in all.iter_mut().zip(input) {
                    column.extend(more);
                }
                all
            })
        }
        LogicalPlan::Unnest(node) => {
            let input = sources(&node.input);
            let place = |at: &usize| input.get(*at).cloned().unwrap_or_default();
            node.dependency_indices.iter().map(place).collect()
        }
        LogicalPlan::RecursiveQuery(node) => {
            let mut all = sources(&node.static_term);
            for (column, more) in all.iter_mut().zip(sources(&node.recursive_term)) {
                column.extend(more);
            }
            all
        }
        LogicalPlan::Values(_) | LogicalPlan::EmptyRelation(_) => {
            vec![Sources::new(); plan.schema().fields().len()]
        }
        LogicalPlan::Filter(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Repartition(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Subquery(_)
        | LogicalPlan::Distinct(Distinct::All(_)) => {
            plan.inputs().first().map(|p| sources(p)).unwrap_or_default()
        }
        // Not understood: `sources` sees that the width is wrong.
        _ => Vec::new(),
    }
}

fn of_exprs(exprs: &[Expr], input: &LogicalPlan) -> Vec<Sources> {
    let below = sources(input);
    exprs.iter().map(|expr| of_expr(expr, input.schema(), &below)).collect()
}

fn of_expr(expr: &Expr, schema: &DFSchema, below: &[Sources]) -> Sources {
    let everything = || below.iter().flatten().cloned().collect::<Sources>();
    let mut found = Sources::new();
    let walk = expr.apply(|part| {
        match part {
            Expr::Column(column) => found.extend(of_column(column, schema, below).unwrap_or_else(everything)),
            Expr::ScalarSubquery(inner) => {
                found.extend(sources(&inner.subquery).into_iter().flatten());
                for outer in &inner.outer_ref_columns {
                    found.extend(of_expr(outer, schema, below));
                }
            }
            Expr::OuterReferenceColumn(_, column) => {
                found.extend(of_column(column, schema, below).unwrap_or_default());
            }
            _ => {}
        }
        Ok(TreeNodeRecursion::Continue)
    });
    if walk.is_err() { everything() } else { found }
}

fn of_column(column: &Column, schema: &DFSchema, below: &[Sources]) -> Option<Sources> {
    below.get(schema.maybe_index_of_column(column)?).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::datatypes::{DataType, Field, Schema};
    use datafusion::datasource::empty::EmptyTable;
    use datafusion::prelude::SessionContext;
    use std::sync::Arc;

    async fn lineage(sql: &str) -> Vec<String> {
        let context = SessionContext::new();
        for (table, columns) in [("people", ["id", "name", "phone"]), ("firm", ["id", "title", "city"])] {
            let fields: Vec<Field> =
                columns.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
            let provider = Arc::new(EmptyTable::new(Arc::new(Schema::new(fields))));
            context.register_table(format!("public.{table}"), provider).unwrap();
        }
        let plan = context.state().create_logical_plan(sql).await.unwrap();
        let shown = |sources: &Sources| {
            sources
                .iter()
                .map(|(table, column)| format!("{}.{column}", table.rsplit('.').next().unwrap()))
                .collect::<Vec<_>>()
                .join("+")
        };
        sources(&plan).iter().map(shown).collect()
    }

    #[tokio::test]
    async fn values_are_followed_through_every_kind_of_node() {
        for (sql, expected) in [
            ("SELECT phone AS p, 1 AS one FROM people", vec!["people.phone", ""]),
            ("SELECT name || phone AS x FROM people WHERE id = '1'", vec!["people.name+people.phone"]),
            (
                "WITH a AS (SELECT id, phone AS p FROM people) SELECT f.title, a.p FROM firm f JOIN a ON a.id = f.id",
                vec!["firm.title", "people.phone"],
            ),
            ("SELECT city, count(id) AS n FROM firm GROUP BY city", vec!["firm.city", "firm.id"]),
            ("SELECT id FROM people UNION ALL SELECT city FROM firm", vec!["firm.city+people.id"]),
            ("SELECT name FROM people WHERE id IN (SELECT id FROM firm)", vec!["people.name"]),
            ("SELECT (SELECT max(title) FROM firm) AS t FROM people", vec!["firm.title"]),
            ("SELECT DISTINCT upper(name) AS n FROM people ORDER BY n LIMIT 3", vec!["people.name"]),
            (
                "SELECT row_number() OVER (PARTITION BY city ORDER BY title) AS r, city FROM firm",
                vec!["firm.city+firm.title", "firm.city"],
            ),
            (
                "SELECT coalesce(f.title, p.name) AS x FROM people p LEFT JOIN firm f ON p.id = f.id",
                vec!["firm.title+people.name"],
            ),
            ("VALUES ('a')", vec![""]),
        ] {
            assert_eq!(lineage(sql).await, expected, "{sql}");
        }
    }
}
