//! Components for tests: one that counts, one that reads restricted rows, one for administrators, and two that misbehave.

use brain_component::{Component, Context, Definition, Effect, Kind, always_attached, native};
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_kernel::side::Side;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EchoParams {
    /// What to repeat.
    text: String,
    /// How often.
    #[schemars(range(min = 1, max = 10))]
    times: u32,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Echo {
    lines: Vec<Line>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Line {
    number: u32,
    text: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Count {
    rows: i64,
}

fn definition(id: &'static str) -> Definition {
    Definition {
        id,
        version: "1.0.0",
        title: ("测试", "Test"),
        summary: ("测试组件", "A component for tests"),
        kind: Kind::Tool,
        side: Side::Operation,
        effect: Effect::Read,
        audience: &[],
        reads: &[],
        formula: None,
        table: None,
        detached: always_attached,
    }
}

async fn echo(_: Context, params: EchoParams) -> Result<Echo, Failure> {
    let line = |number| Line { number, text: params.text.clone() };
    Ok(Echo { lines: (1..=params.times).map(line).collect() })
}

async fn orders(cx: Context, _: Nothing) -> Result<Count, Failure> {
    let batches = cx.query("SELECT count(*) AS n FROM raw.firm_order", Vec::new()).await?;
    Ok(Count { rows: batches[0].column(0).as_primitive::<Int64Type>().value(0) })
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Products {
    products: Vec<Option<String>>,
}

async fn products(cx: Context, _: Nothing) -> Result<Products, Failure> {
    let batches =
        cx.query("SELECT CAST(product AS VARCHAR) AS product FROM raw.firm_order", Vec::new()).await?;
    let mut products = Vec::new();
    for batch in &batches {
        let column =
            datafusion::arrow::compute::cast(batch.column(0), &datafusion::arrow::datatypes::DataType::Utf8);
        let column = column.unwrap();
        products.extend(column.as_string::<i32>().iter().map(|value| value.map(str::to_owned)));
    }
    Ok(Products { products })
}

async fn wait(cx: Context, _: Nothing) -> Result<Count, Failure> {
    cx.progress().begin("等待", "Waiting", 4);
    cx.progress().add(1);
    while !cx.cancel().is_cancelled() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(Count { rows: 0 })
}

async fn fall(_: Context, _: Nothing) -> Result<Count, Failure> {
    panic!("secret words of a defect")
}

pub(crate) fn components() -> Vec<Arc<dyn Component>> {
    vec![
        native(Definition { table: Some("/lines"), ..definition("test.echo") }, echo),
        native(Definition { reads: &["raw.firm_order"], ..definition("test.orders") }, orders),
        native(Definition { reads: &["raw.firm_order"], ..definition("test.products") }, products),
        native(Definition { audience: &[Role::SystemAdministrator], ..definition("test.secret") }, echo),
        native(definition("test.wait"), wait),
        native(definition("test.fall"), fall),
    ]
}
