//! A result's main table as CSV, safe to open in a spreadsheet.

use crate::error::Error;
use crate::manifest::Manifest;
use serde_json::Value;

/// The table at [`Manifest::table`] as CSV with a header: columns in the order of first appearance, nested
/// values as compact JSON. Texts that a spreadsheet would run as a formula get a leading apostrophe.
pub fn to_csv(manifest: &Manifest, result: &Value) -> Result<String, Error> {
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
    let mut writer = csv::Writer::from_writer(Vec::new());
    let internal = |error: csv::Error| Error::Internal(error.to_string());
    writer.write_record(&columns).map_err(internal)?;
    for row in rows {
        let cells = columns.iter().map(|name| cell(row.get(*name)));
        writer.write_record(cells).map_err(internal)?;
    }
    let bytes = writer.into_inner().map_err(|error| Error::Internal(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Error::Internal(error.to_string()))
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => defuse(text),
        Some(other) => other.to_string(),
    }
}

/// Excel and LibreOffice run a cell that starts with one of these (OWASP, CSV injection).
fn defuse(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::defuse;

    #[test]
    fn formulas_are_defused_and_plain_text_is_not() {
        assert_eq!(defuse("=cmd()"), "'=cmd()");
        assert_eq!(defuse("轴承"), "轴承");
    }
}
