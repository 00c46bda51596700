//! How large a statement becomes when the names in it are replaced by what they stand for.
//!
//! A common table expression is planned once for each time it is named. Thirty of them that name the one before twice are
//! a thousand characters and a thousand million reads, which no limit on time stops: planning does not give way.

use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, JoinType, LogicalPlan, Subquery};
use datafusion::sql::sqlparser::ast::{ObjectName, Query, Statement, Visit as _, Visitor};
use std::collections::HashMap;
use std::convert::Infallible;
use std::ops::ControlFlow;

/// The most tables one statement may read, a table counted each time it is read.
pub(crate) const READS_MAX: u64 = 1_000;

/// How often a statement reads a table, common table expressions put in place of their names.
pub(crate) fn reads(statement: &Statement) -> u64 {
    let mut expansion = Expansion { open: vec![0], ..Expansion::default() };
    let ControlFlow::Continue(()) = statement.visit(&mut expansion);
    expansion.open.first().copied().unwrap_or_default()
}

/// A name in an inner query hides the same name outside; both are counted as the larger of the two.
#[derive(Default)]
struct Expansion {
    /// Names of the common table expressions that are still to be visited, by the address of their query.
    names: HashMap<usize, String>,
    /// Reads of those that were.
    known: HashMap<String, u64>,
    /// Reads of each query that was entered and not left, outermost first.
    open: Vec<u64>,
}

impl Expansion {
    fn count(&mut self, reads: u64) {
        if let Some(query) = self.open.last_mut() {
            *query = query.saturating_add(reads);
        }
    }
}

fn address(query: &Query) -> usize {
    std::ptr::from_ref(query).addr()
}

fn folded(name: &str) -> String {
    name.to_lowercase()
}

impl Visitor for Expansion {
    type Break = Infallible;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Infallible> {
        for common in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.names.insert(address(&common.query), folded(&common.alias.name.value));
        }
        self.open.push(0);
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Infallible> {
        let [part] = relation.0.as_slice() else {
            self.count(1);
            return ControlFlow::Continue(());
        };
        let known = part.as_ident().and_then(|name| self.known.get(&folded(&name.value)).copied());
        self.count(known.unwrap_or(1));
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<Infallible> {
        let reads = self.open.pop().unwrap_or_default();
        match self.names.remove(&address(query)) {
            Some(name) => {
                let known = self.known.entry(name).or_default();
                *known = reads.max(1).max(*known);
            }
            None => self.count(reads),
        }
        ControlFlow::Continue(())
    }
}

/// The most nodes an expression of a plan may have once every column in it is what it was computed from.
pub(crate) const OPERATORS_MAX: u64 = 100_000;

/// Nodes of the largest expression of a plan, each column put in place of its name.
///
/// The optimiser moves a filter below a projection by putting what a column was computed from into it: `a + a` from a
/// column that was `a + a` doubles with each level.
pub(crate) fn operators(plan: &LogicalPlan) -> Result<u64> {
    let mut most = 0;
    columns(plan, &mut most)?;
    Ok(most)
}

/// Nodes behind each column of a plan.
fn columns(plan: &LogicalPlan, most: &mut u64) -> Result<Vec<u64>> {
    let mut inputs = Vec::new();
    for input in plan.inputs() {
        inputs.push(columns(input, most)?);
    }
    let mut computed = Vec::new();
    let within = Within {
        schemas: plan.inputs().iter().map(|input| input.schema().as_ref()).collect(),
        sizes: &inputs,
    };
    plan.apply_expressions(|expression| {
        computed.push(within.nodes(expression, most)?);
        Ok(TreeNodeRecursion::Continue)
    })?;
    *most = computed.iter().copied().fold(*most, u64::max);
    let count = plan.schema().fields().len();
    let mut columns = match plan {
        LogicalPlan::Projection(_) | LogicalPlan::Aggregate(_) => computed,
        LogicalPlan::Window(_) => inputs.concat().into_iter().chain(computed).collect(),
        LogicalPlan::Join(join) => match join.join_type {
            JoinType::RightSemi | JoinType::RightAnti => inputs.pop().unwrap_or_default(),
            _ => inputs.concat(),
        },
        LogicalPlan::Union(_) => {
            let at = |column| inputs.iter().filter_map(|sizes| sizes.get(column)).max().copied();
            (0..count).map(|column| at(column).unwrap_or(1)).collect()
        }
        _ => inputs.concat(),
    };
    // A plan that has other columns than its inputs made them anew.
    columns.resize(count, 1);
    Ok(columns)
}

/// The columns an expression may name.
struct Within<'p> {
    schemas: Vec<&'p DFSchema>,
    sizes: &'p [Vec<u64>],
}

impl Within<'_> {
    fn nodes(&self, expression: &Expr, most: &mut u64) -> Result<u64> {
        let mut nodes = 0_u64;
        expression.apply(|part| {
            let part = match part {
                Expr::Column(column) => {
                    let of = |(schema, sizes): (&&DFSchema, &Vec<u64>)| {
                        schema.maybe_index_of_column(column).and_then(|at| sizes.get(at).copied())
                    };
                    self.schemas.iter().zip(self.sizes).find_map(of).unwrap_or(1)
                }
                Expr::ScalarSubquery(inner) => largest(inner, most)?,
                Expr::InSubquery(inner) => largest(&inner.subquery, most)?,
                Expr::Exists(inner) => largest(&inner.subquery, most)?,
                _ => 1,
            };
            nodes = nodes.saturating_add(part);
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(nodes)
    }
}

/// Nodes behind the largest column of a query within an expression.
fn largest(query: &Subquery, most: &mut u64) -> Result<u64> {
    Ok(columns(&query.subquery, most)?.into_iter().max().unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::sql::sqlparser::dialect::GenericDialect;
    use datafusion::sql::sqlparser::parser::Parser;

    fn reads_of(sql: &str) -> u64 {
        reads(&Parser::parse_sql(&GenericDialect {}, sql).unwrap()[0])
    }

    #[test]
    fn each_name_counts_as_what_it_stands_for() {
        for (sql, expected) in [
            ("SELECT 1", 0),
            ("SELECT * FROM t, u JOIN a.b ON true WHERE x IN (SELECT y FROM v)", 4),
            ("WITH a AS (SELECT * FROM t JOIN u USING (k)) SELECT * FROM a, A AS b", 4),
            ("WITH a AS (WITH b AS (SELECT 1 FROM t, t x) SELECT * FROM b, b c) SELECT * FROM a, z.a", 5),
            ("SELECT * FROM (WITH a AS (SELECT * FROM t) SELECT * FROM a UNION SELECT * FROM a) x", 2),
            ("WITH RECURSIVE a AS (SELECT 1 UNION ALL SELECT * FROM a) SELECT * FROM a", 1),
        ] {
            assert_eq!(reads_of(sql), expected, "{sql}");
        }
    }

    #[test]
    fn what_doubles_with_each_name_is_counted_without_doubling_the_work() {
        let doubling = (1..200).map(|n| format!(", c{n} AS (SELECT * FROM c{0} a, c{0} b)", n - 1));
        let sql = format!("WITH c0 AS (SELECT 1){} SELECT * FROM c199", doubling.collect::<String>());
        assert_eq!(reads_of(&sql), u64::MAX);
    }
}
