//! Which field of a file feeds which column of a table.

use super::IngestError;
use super::rules::Checks;
use crate::decode::Header;
use crate::lake::commit::LINE_COLUMN;
use crate::mapping::{ColumnType, Mapping, TableMapping};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::sync::Arc;

/// Column of every ingested table: name of the source file.
pub(crate) const FILE_COLUMN: &str = "_file";
/// Column of every ingested table: id of the run that brought the row.
pub(crate) const RUN_COLUMN: &str = "_run";

/// One column with its checks, and the field it is read from.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: ColumnType,
    pub(crate) required: bool,
    pub(crate) checks: Checks,
    /// Texts that mean "no value".
    pub(crate) null_values: Vec<String>,
    /// Position in the file; `None` where the file lacks the column.
    pub(crate) field: Option<usize>,
}

/// How one file becomes rows of one table.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) file: Arc<str>,
    /// Names given to the decoder; one span per name and row.
    pub(crate) names: Vec<String>,
    pub(crate) columns: Vec<Column>,
    pub(crate) no_mojibake: bool,
    /// Columns of the file no column is read from.
    pub(crate) ignored: Vec<String>,
}

impl Layout {
    /// Resolve a file's header against the mapping. A required column the file lacks refuses the file; so does a file
    /// that has none of the columns.
    pub(crate) fn resolve(
        mapping: &Mapping,
        table: &TableMapping,
        file: &str,
        header: Header,
    ) -> Result<Self, IngestError> {
        let found = header.names.clone();
        let mut names = header.names;
        let folded: Vec<String> = names.iter().map(|name| fold(name)).collect();
        let mut missing = Vec::new();
        let mut columns = Vec::new();
        for (position, column) in table.columns.iter().enumerate() {
            let own = std::slice::from_ref(&column.name);
            let aliases = if column.source.is_empty() { own } else { column.source.as_slice() };
            let mut field = if header.positional {
                (position < names.len()).then_some(position)
            } else {
                aliases.iter().find_map(|alias| folded.iter().position(|name| *name == fold(alias)))
            };
            if field.is_none() && column.required {
                missing.push(format!("{} ({})", column.name, aliases.join("/")));
            }
            if field.is_none() && header.open_ended {
                // Objects further on may have it.
                field = Some(names.len());
                names.push(aliases.first().cloned().unwrap_or_default());
            }
            columns.push(Column {
                name: column.name.clone(),
                kind: column.kind,
                required: column.required,
                checks: Checks::of(&column.rules),
                null_values: table.null_values.iter().chain(&column.null_values).cloned().collect(),
                field,
            });
        }
        let nothing = columns.iter().all(|column| column.field.is_none_or(|field| field >= found.len()));
        if !missing.is_empty() || nothing {
            if missing.is_empty() {
                missing = table.columns.iter().map(|column| column.name.clone()).collect();
            }
            return Err(IngestError::MissingColumns {
                file: file.to_owned(),
                mapping: mapping.name.clone(),
                missing,
                found,
            });
        }
        let ignored = found
            .iter()
            .enumerate()
            .filter(|(index, _)| columns.iter().all(|column| column.field != Some(*index)))
            .map(|(_, name)| name.clone())
            .collect();
        Ok(Self { file: file.into(), names, columns, no_mojibake: table.no_mojibake, ignored })
    }
}

/// Header names are compared without case, outer blanks and the blanks and underscores inside.
fn fold(name: &str) -> String {
    name.trim()
        .chars()
        .filter(|c| !matches!(c, ' ' | '_' | '-' | '\u{3000}'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Arrow schema of a table: the mapping's columns, then file, line and run.
pub(crate) fn schema(table: &TableMapping) -> SchemaRef {
    let mut fields: Vec<Field> =
        table.columns.iter().map(|column| Field::new(&column.name, arrow_type(column.kind), true)).collect();
    fields.push(Field::new(FILE_COLUMN, DataType::Utf8, true));
    fields.push(Field::new(LINE_COLUMN, DataType::Int64, true));
    fields.push(Field::new(RUN_COLUMN, DataType::Utf8, true));
    Arc::new(Schema::new(fields))
}

/// Storage type of a column type.
pub(crate) fn arrow_type(kind: ColumnType) -> DataType {
    match kind {
        ColumnType::Text => DataType::Utf8,
        ColumnType::Integer => DataType::Int64,
        ColumnType::Float | ColumnType::Money => DataType::Float64,
        ColumnType::Date => DataType::Date32,
        ColumnType::Boolean => DataType::Boolean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> Header {
        Header {
            names: names.iter().map(|n| (*n).to_owned()).collect(),
            open_ended: false,
            positional: false,
        }
    }

    fn resolve(names: &[&str]) -> Result<Layout, IngestError> {
        let mappings = crate::mapping::all(std::path::Path::new("/nonexistent")).unwrap();
        let mapping = mappings.iter().find(|m| m.name == "registry").unwrap();
        Layout::resolve(mapping, &mapping.tables[0], "a.csv", header(names))
    }

    #[test]
    fn aliases_case_and_order_do_not_matter() {
        let layout = resolve(&["统一社会信用代码", "企业名称", "Reg_Date", "备注"]).unwrap();
        let field = |name: &str| layout.columns.iter().find(|c| c.name == name).unwrap().field;
        assert_eq!(
            (field("name"), field("uscc"), field("reg_date"), field("city")),
            (Some(1), Some(0), Some(2), None)
        );
        assert_eq!(layout.ignored, ["备注"]);
    }

    #[test]
    fn a_missing_required_column_is_named_with_its_aliases_and_the_columns_found() {
        let failure: brain_kernel::error::Failure = resolve(&["name", "地址"]).unwrap_err().into();
        assert_eq!(failure.code, "warehouse/ingest-missing-columns");
        assert!(
            failure.detail.en.contains("uscc (uscc/统一社会信用代码/社会信用代码/credit_code)"),
            "{failure:?}"
        );
        assert!(failure.detail.zh.contains("文件中的列：name、地址"), "{failure:?}");
    }
}
