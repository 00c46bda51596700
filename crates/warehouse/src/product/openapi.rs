//! The interface of one product as an OpenAPI document of its own, with its parameters and fields.

use super::parameter::schema;
use super::{Form, Products, Published, refuse};
use crate::Result;
use brain_kernel::error::ErrorKind;
use brain_kernel::party::Party;
use serde_json::{Map, Value, json};

impl Products {
    /// The document of a product that is offered.
    pub fn openapi(&self, party: &Party, id: &str) -> Result<Value> {
        let product = self.visible(party, id)?;
        let version = product.current().ok_or_else(|| {
            refuse(
                ErrorKind::Precondition,
                "warehouse/product-draft",
                format!("数据产品 {id} 尚未发布。"),
                format!("Data product {id} is not published yet."),
            )
        })?;
        let (row, forms) = (&product.row, &version.definition.forms);
        let mut paths = Map::new();
        for form in forms {
            let (path, method, item) = operation(id, *form, version);
            paths.insert(path, json!({ method: item }));
        }
        Ok(json!({
            "openapi": "3.1.0",
            "info": {
                "title": format!("{} · {}", row.title_zh, row.title_en),
                "description": format!("{}\n\n{}", row.description_zh, row.description_en),
                "version": version.semver.to_string(),
            },
            "servers": [{ "url": "/" }],
            "paths": paths,
            "components": { "schemas": { "Row": fields(version), "Parameters": parameters(version) } },
        }))
    }
}

fn parameters(version: &Published) -> Value {
    schema(version.definition.source.parameters())
}

/// Cells in the order of the columns, as a row of a page has them.
fn fields(version: &Published) -> Value {
    let cells = version.columns.iter().map(|column| {
        let described =
            format!("{}（{}）{} · {}", column.name, column.data_type, column.title.zh, column.title.en);
        json!({ "title": column.name, "description": described })
    });
    json!({ "type": "array", "prefixItems": cells.collect::<Vec<_>>(), "items": false })
}

fn operation(id: &str, form: Form, version: &Published) -> (String, &'static str, Value) {
    let base = format!("/api/v1/products/{id}");
    let query = |name: &str, schema: Value, words: &str| json!({ "name": name, "in": "query", "required": false, "schema": schema, "description": words });
    let values = json!({
        "name": "parameters", "in": "query", "required": false,
        "description": "参数，JSON 对象 · Parameters, a JSON object",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Parameters" } } },
    });
    let number = json!({ "type": "integer", "minimum": 1 });
    let mut given: Vec<Value> =
        if version.definition.source.parameters().is_empty() { vec![] } else { vec![values] };
    let row = json!({ "$ref": "#/components/schemas/Row" });
    let page = json!({ "type": "object", "properties": {
        "rows": { "type": "array", "items": row }, "has_more": { "type": "boolean" }, "version": { "type": "string" },
    } });
    let answer = |schema: Value| json!({ "200": { "description": "成功 · Done", "content": { "application/json": { "schema": schema } } } });
    match form {
        Form::Api => {
            given.push(query("page", number.clone(), "页码 · Page"));
            given.push(query("page_size", number, "每页行数 · Rows per page"));
            given.push(query("format", json!({ "enum": ["json", "csv", "arrow"] }), "格式 · Format"));
            (
                format!("{base}/rows"),
                "get",
                json!({ "summary": "分页读取 · Rows by page", "parameters": given, "responses": answer(page) }),
            )
        }
        Form::Download => {
            given.push(query("format", json!({ "enum": ["csv", "parquet"] }), "格式 · Format"));
            let file = json!({ "200": { "description": "文件 · File", "content": {
                "text/csv": { "schema": { "type": "string" } }, "application/vnd.apache.parquet": {},
            } } });
            (
                format!("{base}/file"),
                "get",
                json!({ "summary": "下载 · Download", "parameters": given, "responses": file }),
            )
        }
        Form::Subscription => {
            let position = json!({ "type": "integer", "minimum": 0 });
            let given = [
                query("since", position, "从此时点起 · Since this moment"),
                query("page", number, "页码 · Page"),
            ];
            let change =
                json!({ "type": "object", "properties": { "times": { "type": "integer" }, "row": row } });
            let page = json!({ "type": "object", "properties": { "changes": { "type": "array", "items": change } } });
            (
                format!("{base}/changes"),
                "get",
                json!({ "summary": "增量 · Changes", "parameters": given, "responses": answer(page) }),
            )
        }
        Form::Component => {
            let body = json!({ "content": { "application/json": { "schema": { "type": "object", "properties": {
                "params": { "$ref": "#/components/schemas/Parameters" },
            } } } } });
            let path = format!("/api/v1/components/product.{id}/run");
            let item = json!({ "summary": "运行组件 · Run the component", "requestBody": body, "responses": answer(json!({})) });
            (path, "post", item)
        }
    }
}
