//! A result's main table as CSV, safe to open in a spreadsheet.

use crate::error::Error;
use crate::manifest::Manifest;
use brain_kernel::csv;
use serde_json::Value;

/// The table at [`Manifest::table`] as CSV with a header: columns in the order of first appearance, nested
/// values as compact JSON, lines ended by `line_end`.
pub fn to_csv(manifest: &Manifest, result: &Value, line_end: &str) -> Result<String, Error> {
    let rows = manifest
        .table
        .as_deref()
        .and_then(|pointer| result.pointer(pointer))
        .and_then(Value::as_array)
        .ok_or_else(|| Error::Parameter {
            pointer: "/format".to_owned(),
            zh: format!("组件 {} 的结果没有表格，请用 json", manifest.id),
            en: format!("the result of {} has no table; use json", manifest.id),
        })?;
    let mut columns: Vec<&str> = Vec::new();
    for row in rows.iter().filter_map(Value::as_object) {
        for name in row.keys() {
            if !columns.contains(&name.as_str()) {
                columns.push(name);
            }
        }
    }
    let mut out = Vec::new();
    csv::append_line(&mut out, columns.iter().map(|name| csv::defused(name)), line_end);
    for row in rows {
        let cells = columns.iter().map(|name| row.get(*name).map(csv::cell).unwrap_or_default());
        csv::append_line(&mut out, cells, line_end);
    }
    String::from_utf8(out).map_err(|error| Error::Internal(error.to_string()))
}
