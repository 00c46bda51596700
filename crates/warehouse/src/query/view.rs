//! A grant as a plan: scan, keep the rows, mask the columns — plain expressions the optimiser understands.

use super::barrier::FilteredTable;
use super::mask::masked;
use super::stack::with_room_now;
use crate::lake::read::TableAt;
use brain_kernel::party::Party;
use brain_kernel::predicate::{Mask, Predicate};
use brain_lineage::sql::Nesting;
use brain_trust::policy::Salt;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::catalog::view::ViewTable;
use datafusion::common::{Column, Result, TableReference, plan_err};
use datafusion::datasource::provider_as_source;
use datafusion::functions::expr_fn::starts_with;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, cast, lit};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Parts of a row filter that any thread has room for, whatever the planner makes of them.
const SHALLOW_PARTS: usize = 20;

/// The table as `party` may see it.
///
/// The row filter runs under the masks, on the true values; whatever the caller writes sees the masked ones only.
pub(crate) fn provider(
    table: &TableAt,
    rows: &Predicate,
    masks: &BTreeMap<String, Mask>,
    party: &Party,
    salt: &Salt,
) -> Result<Arc<dyn TableProvider>> {
    let nesting = if parts(rows) > SHALLOW_PARTS { Nesting::Deep } else { Nesting::Shallow };
    with_room_now(nesting, || view(table, (rows, nesting), masks, party, salt))
}

fn parts(rows: &Predicate) -> usize {
    match rows {
        Predicate::Any(inner) | Predicate::All(inner) => inner.iter().map(parts).sum(),
        _ => 1,
    }
}

fn view(
    table: &TableAt,
    (rows, nesting): (&Predicate, Nesting),
    masks: &BTreeMap<String, Mask>,
    party: &Party,
    salt: &Salt,
) -> Result<Arc<dyn TableProvider>> {
    let name = TableReference::bare(format!("{}@{}", table.dataset, table.version));
    let mut plan = LogicalPlanBuilder::scan(name, provider_as_source(Arc::clone(&table.provider)), None)?;
    let everything = matches!(rows, Predicate::All(parts) if parts.is_empty());
    if !everything {
        plan = plan.filter(condition(rows, &table.schema, party)?)?;
    }
    if masks.keys().any(|column| table.schema.field_with_name(column).is_ok()) {
        plan = plan.project(masked_columns(&table.schema, masks, salt)?)?;
    }
    let plan = plan.build()?;
    Ok(if everything {
        Arc::new(ViewTable::new(plan, None))
    } else {
        Arc::new(FilteredTable::new(plan, nesting))
    })
}

fn masked_columns(schema: &SchemaRef, masks: &BTreeMap<String, Mask>, salt: &Salt) -> Result<Vec<Expr>> {
    schema
        .fields()
        .iter()
        .map(|field| {
            let column = column(field.name());
            match masks.get(field.name()) {
                None => Ok(column),
                Some(mask) => Ok(masked(column, field.data_type(), mask, salt)?.alias(field.name())),
            }
        })
        .collect()
}

fn column(name: &str) -> Expr {
    Expr::Column(Column::from_name(name))
}

/// A row filter as an expression over true values, bound to the party.
fn condition(rows: &Predicate, schema: &SchemaRef, party: &Party) -> Result<Expr> {
    Ok(match rows {
        Predicate::Equals { column, value } => text_of(column, schema)?.eq(lit(value.clone())),
        Predicate::StartsWith { column, prefix } => {
            starts_with(text_of(column, schema)?, lit(prefix.clone()))
        }
        Predicate::OwnOrganisation { column } => match &party.organisation {
            Some(own) => text_of(column, schema)?.eq(lit(own.as_str())),
            None => lit(false),
        },
        // A government account without a region answers for the whole province, so nothing is cut away.
        Predicate::OwnRegion { column } => match &party.region {
            Some(own) => starts_with(text_of(column, schema)?, lit(own.prefix())),
            None => lit(true),
        },
        Predicate::Any(parts) => any(parts, schema, party)?,
        Predicate::All(parts) => {
            let parts = parts.iter().map(|part| condition(part, schema, party)).collect::<Result<_>>()?;
            joined(parts, Expr::and).unwrap_or_else(|| lit(true))
        }
    })
}

/// One of the parts holds. Values of one column, of which there may be hundreds, are a list and not a tree.
fn any(parts: &[Predicate], schema: &SchemaRef, party: &Party) -> Result<Expr> {
    let mut values: BTreeMap<&str, Vec<Expr>> = BTreeMap::new();
    let mut alternatives = Vec::new();
    for part in parts {
        match part {
            Predicate::Equals { column, value } => {
                values.entry(column).or_default().push(lit(value.clone()));
            }
            other => alternatives.push(condition(other, schema, party)?),
        }
    }
    for (column, values) in values {
        alternatives.push(text_of(column, schema)?.in_list(values, false));
    }
    Ok(joined(alternatives, Expr::or).unwrap_or_else(|| lit(false)))
}

/// Conditions as a tree that is as shallow as it can be: planner and engine walk it by calling themselves.
fn joined(mut conditions: Vec<Expr>, with: fn(Expr, Expr) -> Expr) -> Option<Expr> {
    while conditions.len() > 1 {
        let mut rest = conditions.into_iter();
        let mut pairs = Vec::new();
        while let Some(one) = rest.next() {
            pairs.push(match rest.next() {
                Some(other) => with(one, other),
                None => one,
            });
        }
        conditions = pairs;
    }
    conditions.pop()
}

/// A column as text. A filter on a column that is gone must refuse, never let everything through.
fn text_of(name: &str, schema: &SchemaRef) -> Result<Expr> {
    let Ok(field) = schema.field_with_name(name) else {
        return plan_err!("the grant filters on column {name}, which this version does not have");
    };
    Ok(match field.data_type() {
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => column(name),
        _ => cast(column(name), DataType::Utf8View),
    })
}
