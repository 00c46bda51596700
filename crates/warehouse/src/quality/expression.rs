//! Conditions of rules in SQL (表达式规则), planned once for a table and worked out batch by batch.

use crate::handle::Inner;
use crate::query::classify;
use brain_kernel::language::Text;
use brain_lineage::sql::is_too_nested;
use brain_quality::rule::Check;
use brain_quality::{Expression, Expressions, Rules};
use datafusion::arrow::array::{ArrayRef, AsArray as _, BooleanArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_expr::PhysicalExpr;
use std::sync::Arc;

impl Inner {
    /// The expressions of these rules for a table of this schema.
    pub(super) fn expressions(&self, rules: &Rules, schema: &Schema) -> Expressions {
        let written = rules.rules.iter().filter_map(|rule| match &rule.check {
            Check::Expression { sql } => Some((rule.id.clone(), sql)),
            _ => None,
        });
        written.map(|(rule, sql)| (rule, self.expression(sql, schema))).collect()
    }

    fn expression(&self, sql: &str, schema: &Schema) -> Result<Arc<dyn Expression>, Text> {
        if is_too_nested(sql) {
            return Err(Text::new("表达式嵌套过深", "the expression is nested too deeply"));
        }
        let state = self.engine.parser();
        let columns = DFSchema::try_from(schema.clone()).map_err(understood)?;
        let planned = state.create_logical_expr(sql, &columns).map_err(understood)?;
        of_one_row(&planned)?;
        // `now()` becomes the moment of the check.
        let moment = SimplifyContext::builder()
            .with_schema(Arc::new(columns.clone()))
            .with_config_options(Arc::clone(state.config_options()))
            .with_query_execution_start_time(Some(self.clock.now()))
            .build();
        let simplifier = ExprSimplifier::new(moment);
        let planned = simplifier.coerce(planned, &columns).map_err(understood)?;
        let planned = simplifier.simplify(planned).map_err(understood)?;
        let used = used(&planned, schema);
        let only = DFSchema::try_from(used.as_ref().clone()).map_err(understood)?;
        let physical = state.create_physical_expr(planned, &only).map_err(understood)?;
        match physical.data_type(&used).map_err(understood)? {
            DataType::Boolean => {}
            other => {
                return Err(Text::new(
                    format!("表达式须为真或假，而其类型为 {other}"),
                    format!("the expression is of type {other}, where true or false is wanted"),
                ));
            }
        }
        let names = used.fields().iter().map(|field| field.name().clone()).collect();
        Ok(Arc::new(Planned { physical, schema: used, names }))
    }
}

/// Only what one row says: no other rows, no other tables, nothing that differs each time.
fn of_one_row(planned: &Expr) -> Result<(), Text> {
    let mut refused = None;
    let looked = planned.apply(|part| {
        refused = match part {
            Expr::AggregateFunction(_) | Expr::WindowFunction(_) => {
                Some(Text::new("表达式只能看一行，不能聚合", "an expression is about one row: no aggregates"))
            }
            Expr::Exists(_) | Expr::InSubquery(_) | Expr::ScalarSubquery(_) | Expr::SetComparison(_) => {
                Some(Text::new(
                    "表达式不能读取其他表；请用 reference 规则",
                    "an expression reads no other table: use a reference rule",
                ))
            }
            Expr::Placeholder(_) => Some(Text::new("表达式不能有参数", "an expression takes no parameters")),
            part if part.is_volatile_node() => Some(Text::new(
                "表达式不能用每次结果不同的函数",
                "an expression takes no function that answers differently each time",
            )),
            _ => None,
        };
        Ok(if refused.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    looked.map_err(understood)?;
    refused.map_or(Ok(()), Err)
}

/// The columns it reads, in the order of the table.
fn used(planned: &Expr, schema: &Schema) -> SchemaRef {
    let named = planned.column_refs();
    let fields =
        schema.fields().iter().filter(|field| named.iter().any(|column| column.name == *field.name()));
    Arc::new(Schema::new(fields.cloned().collect::<Vec<_>>()))
}

/// What the engine says of an expression, which holds no value of the table.
fn understood(error: DataFusionError) -> Text {
    let said = classify(error).to_string();
    Text::new(format!("表达式有误：{said}"), format!("the expression cannot be used: {said}"))
}

#[derive(Debug)]
struct Planned {
    physical: Arc<dyn PhysicalExpr>,
    schema: SchemaRef,
    names: Vec<String>,
}

impl Expression for Planned {
    fn columns(&self) -> &[String] {
        &self.names
    }

    fn holds(&self, batch: &RecordBatch) -> Result<BooleanArray, Text> {
        self.answers(batch).map_err(|error| reason(&error))
    }
}

impl Planned {
    fn answers(&self, batch: &RecordBatch) -> Result<BooleanArray, DataFusionError> {
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.names.len());
        for field in self.schema.fields() {
            let Some(array) = batch.column_by_name(field.name()) else {
                return Err(DataFusionError::Execution(format!("no column {}", field.name())));
            };
            // A file may hold texts as views or not.
            arrays.push(cast(array, field.data_type())?);
        }
        let rows =
            datafusion::arrow::record_batch::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let own = RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &rows)?;
        let answers = self.physical.evaluate(&own)?.into_array(own.num_rows())?;
        Ok(answers.as_boolean().clone())
    }
}

/// Why rows could not be worked out, without a value of theirs: what the engine says may hold one.
fn reason(error: &DataFusionError) -> Text {
    match error.find_root() {
        DataFusionError::ArrowError(cause, _) => match cause.as_ref() {
            ArrowError::DivideByZero => Text::new("除以零；可用 nullif", "division by zero; nullif helps"),
            ArrowError::ArithmeticOverflow(_) => Text::new("数值溢出", "a number grows too large"),
            ArrowError::CastError(_) | ArrowError::ParseError(_) => Text::new(
                "有的值不能转换为所需类型；可用 try_cast",
                "a value cannot be turned into the type wanted; try_cast helps",
            ),
            _ => Text::new("运算失败", "an operation failed"),
        },
        _ => Text::new("运算失败", "an operation failed"),
    }
}
