//! A grant as a plan: scan, keep the rows, mask the columns — plain expressions the optimiser understands.

use super::barrier::FilteredTable;
use super::mask::masked;
use crate::lake::read::TableAt;
use brain_kernel::party::Party;
use brain_kernel::predicate::{Mask, Predicate};
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
    Ok(if everything { Arc::new(ViewTable::new(plan, None)) } else { Arc::new(FilteredTable::new(plan)) })
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
        Predicate::Any(parts) => join(parts, schema, party, Expr::or)?.unwrap_or_else(|| lit(false)),
        Predicate::All(parts) => join(parts, schema, party, Expr::and)?.unwrap_or_else(|| lit(true)),
    })
}

fn join(
    parts: &[Predicate],
    schema: &SchemaRef,
    party: &Party,
    with: fn(Expr, Expr) -> Expr,
) -> Result<Option<Expr>> {
    let parts = parts.iter().map(|part| condition(part, schema, party)).collect::<Result<Vec<_>>>()?;
    Ok(parts.into_iter().reduce(with))
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
