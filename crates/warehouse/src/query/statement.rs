//! Which SQL passes the door: one read.

use super::expansion;
use super::fault::SqlFault;
use crate::{Error, Result};
use brain_lineage::sql::{Nesting, nesting};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Statement as Sql;

/// Longest SQL text taken, bytes.
const SQL_BYTES_MAX: usize = 256 * 1024;

/// Parse one statement and refuse everything that is not a read.
pub(crate) fn parse(state: &SessionState, sql: &str) -> Result<Statement> {
    measure(sql)?;
    parse_measured(state, sql)
}

/// How deep a statement is, and a refusal of one that is too deep or too long. Before parsing: the parser's time over
/// nested CASE doubles with each level, and a chain of a thousand operators is a tree a thousand levels deep, beyond what
/// the engine's stack holds.
pub(super) fn measure(sql: &str) -> Result<Nesting> {
    if sql.len() > SQL_BYTES_MAX {
        return Err(SqlFault::too_long(SQL_BYTES_MAX).into());
    }
    match nesting(sql) {
        Nesting::TooDeep => Err(SqlFault::too_deep().into()),
        room => Ok(room),
    }
}

/// [`parse`] behind [`measure`].
pub(super) fn parse_measured(state: &SessionState, sql: &str) -> Result<Statement> {
    let dialect = state.config().options().sql_parser.dialect;
    let statement = state.sql_to_statement(sql, &dialect).map_err(|error| match error {
        DataFusionError::NotImplemented(_) => {
            Error::NotARead { statement: "several statements at once".into() }
        }
        other => other.into(),
    })?;
    check(&statement)?;
    Ok(statement)
}

fn check(statement: &Statement) -> Result<()> {
    match statement {
        Statement::Statement(sql) => check_sql(sql),
        Statement::Explain(explain) if explain.options.analyze => {
            // Operator metrics count rows the grant filters away.
            Err(Error::NotARead { statement: "EXPLAIN ANALYZE".into() })
        }
        Statement::Explain(explain) => match explain.statement.as_ref() {
            inner @ Statement::Statement(_) => check(inner),
            other => Err(refused(other)),
        },
        other => Err(refused(other)),
    }
}

fn check_sql(sql: &Sql) -> Result<()> {
    match sql {
        Sql::Query(_) if expansion::reads(sql) > expansion::READS_MAX => {
            Err(SqlFault::too_many_reads(expansion::READS_MAX).into())
        }
        Sql::Query(_) | Sql::ShowTables { .. } | Sql::ShowColumns { .. } | Sql::ExplainTable { .. } => Ok(()),
        Sql::Explain { analyze: false, statement, .. } => check_sql(statement),
        Sql::Explain { .. } => Err(Error::NotARead { statement: "EXPLAIN ANALYZE".into() }),
        other => Err(refused(&Statement::Statement(Box::new(other.clone())))),
    }
}

/// The first two words of a statement name it well enough: `CREATE EXTERNAL`, `INSERT INTO`, `SET x`.
fn refused(statement: &Statement) -> Error {
    let text = statement.to_string();
    Error::NotARead { statement: text.split_whitespace().take(2).collect::<Vec<_>>().join(" ") }
}

/// The second lock: whatever parsed, the plan must read only.
pub(crate) fn check_plan(plan: &LogicalPlan) -> Result<()> {
    if expansion::operators(plan)? > expansion::OPERATORS_MAX {
        return Err(SqlFault::too_large().into());
    }
    SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false)
        .verify_plan(plan)
        .map_err(|_| Error::NotARead { statement: plan.display().to_string() })
}
