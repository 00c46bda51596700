//! What is wrong with a statement, in the words of whoever wrote it (SQL 错误).

use super::nearest::nearest;
use crate::Error;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use datafusion::common::{Column, SchemaError};
use datafusion::error::DataFusionError;

/// Columns named where none looks like the one that was asked for.
const COLUMNS_SHOWN: usize = 12;

/// What is wrong, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlFault {
    /// What is wrong; no path and nothing of a row that was not asked for.
    pub what: Text,
    /// How to mend it, where that is known.
    pub hint: Option<Text>,
    /// Line and column counted from 1, where known.
    pub position: Option<(u64, u64)>,
}

impl std::fmt::Display for SqlFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what.en)
    }
}

impl SqlFault {
    fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { what: Text::new(zh, en), hint: None, position: None }
    }

    fn with_hint(mut self, zh: impl Into<String>, en: impl Into<String>) -> Self {
        self.hint = Some(Text::new(zh, en));
        self
    }

    /// From the first line of what parser or planner say, the position taken out of the parser's words.
    pub(super) fn of(message: &str) -> Self {
        let first = message.lines().next().unwrap_or_default();
        let first = first.strip_prefix("sql parser error: ").unwrap_or(first);
        let placed = first.rsplit_once(" at Line: ").and_then(|(words, place)| {
            let (line, column) = place.split_once(", Column: ")?;
            Some((words, (line.trim().parse().ok()?, column.trim().parse().ok()?)))
        });
        let (words, position) = placed.map_or((first, None), |(words, position)| (words, Some(position)));
        let expected = words.strip_prefix("Expected: ").and_then(|rest| rest.rsplit_once(", found: "));
        let zh = expected.map_or_else(
            || words.to_owned(),
            |(expected, found)| format!("此处应为 {expected}，却是 {found}"),
        );
        Self { position, ..Self::new(zh, words) }
    }

    /// A name that means no column, or more than one.
    pub(super) fn of_schema(error: &SchemaError) -> Self {
        match error {
            SchemaError::FieldNotFound { field, valid_fields } => no_column(field, valid_fields),
            SchemaError::AmbiguousReference { field } => {
                let name = field.quoted_flat_name();
                Self::new(format!("多个表都有列 {name}"), format!("more than one table has a column {name}"))
                    .with_hint("请写成 表名.列名。", "Write it as table.column.")
            }
            other => Self::of(&other.to_string()),
        }
    }

    /// A text beyond so many bytes.
    pub(super) fn too_long(bytes_max: usize) -> Self {
        Self::new(format!("超过 {bytes_max} 字节"), format!("longer than {bytes_max} bytes"))
    }

    /// A tree too deep for parser or engine.
    pub(super) fn too_deep() -> Self {
        Self::new(
            "嵌套过深，或一串运算、连接、合并过长",
            "nested too deeply, or too many operators, joins or unions in one chain",
        )
        .with_hint(
            "长的取值列表请写成 IN (…)，或作为一张表来连接。",
            "Write a long list of values as IN (...), or as a table to join.",
        )
    }

    /// More reads than a statement may have once its common table expressions are put in.
    pub(super) fn too_many_reads(reads_max: u64) -> Self {
        Self::new(format!("读表超过 {reads_max} 次"), format!("tables are read more than {reads_max} times"))
            .with_hint(Self::INTERMEDIATE.0, Self::INTERMEDIATE.1)
    }

    /// An expression that doubles with each name in it.
    pub(super) fn too_large() -> Self {
        Self::new("代入各名称后，表达式过大", "an expression grows too large when the names in it are put in")
            .with_hint(Self::INTERMEDIATE.0, Self::INTERMEDIATE.1)
    }

    const INTERMEDIATE: (&str, &str) =
        ("请把中间结果存为一个数据模型。", "Keep an intermediate result as a model.");
}

fn no_column(asked: &Column, there: &[Column]) -> SqlFault {
    let name = asked.quoted_flat_name();
    let fault = SqlFault::new(format!("没有列 {name}"), format!("there is no column {name}"));
    let mut names: Vec<String> =
        there.iter().map(|column| Column::new_unqualified(&column.name).quoted_flat_name()).collect();
    names.dedup();
    let near = nearest(&asked.name, &names);
    if !near.is_empty() {
        let (zh, en) = (near.join("、"), near.join(", "));
        return fault.with_hint(format!("是不是 {zh}？"), format!("Did you mean {en}?"));
    }
    if names.is_empty() {
        return fault;
    }
    let more = names.len() > COLUMNS_SHOWN;
    names.truncate(COLUMNS_SHOWN);
    let end = if more { (" 等", ", …") } else { ("", "") };
    fault.with_hint(
        format!("可用的列：{}{}。", names.join("、"), end.0),
        format!("There are: {}{}.", names.join(", "), end.1),
    )
}

/// An error of planning with the place of what it is about, where the planner knows it.
pub(crate) fn placed(error: DataFusionError) -> Error {
    let place = error.diagnostic().and_then(|diagnostic| diagnostic.span);
    match (Error::from(error), place) {
        (Error::Sql(fault), Some(place)) if fault.position.is_none() => Error::Sql(Box::new(SqlFault {
            position: Some((place.start.line, place.start.column)),
            ..*fault
        })),
        (other, _) => other,
    }
}

impl From<SqlFault> for Error {
    fn from(fault: SqlFault) -> Self {
        Self::Sql(Box::new(fault))
    }
}

impl From<SqlFault> for Failure {
    fn from(fault: SqlFault) -> Self {
        let SqlFault { what: Text { zh, en }, hint, position } = fault;
        let (zh, en) = match position {
            Some((line, column)) => (
                format!("SQL 第 {line} 行第 {column} 列有误：{zh}"),
                format!("SQL is wrong at line {line}, column {column}: {en}"),
            ),
            None => (format!("SQL 有误：{zh}"), format!("SQL is wrong: {en}")),
        };
        let failure = Self::new(ErrorKind::InvalidArgument, "warehouse/sql", zh, en);
        match hint {
            Some(Text { zh, en }) => failure.with_hint(zh, en),
            None => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Column {
        Column::new(Some("t"), name)
    }

    #[test]
    fn the_parsers_words_lose_their_position_and_are_told_in_both_languages() {
        let fault =
            SqlFault::of("sql parser error: Expected: an expression, found: FROM at Line: 2, Column: 8");
        assert_eq!(fault.position, Some((2, 8)));
        assert_eq!(
            fault.what,
            Text::new("此处应为 an expression，却是 FROM", "Expected: an expression, found: FROM")
        );
        let fault = SqlFault::of("Invalid function 'summ'.\nDid you mean 'sum'?");
        assert_eq!((fault.what.en.as_str(), fault.position), ("Invalid function 'summ'.", None));
    }

    #[test]
    fn a_column_that_is_not_there_is_told_with_those_that_are() {
        let of = |asked: &str, there: &[&str]| {
            let valid_fields = there.iter().map(|name| column(name)).collect();
            SqlFault::of_schema(&SchemaError::FieldNotFound { field: Box::new(column(asked)), valid_fields })
        };
        let near = of("nam", &["code", "name"]);
        assert_eq!(near.what.zh, "没有列 t.nam");
        assert_eq!(near.hint.unwrap().zh, "是不是 name？");
        assert_eq!(of("weather", &["code", "Name"]).hint.unwrap().en, "There are: code, \"Name\".");
        let many: Vec<String> = (0..40).map(|n| format!("column_{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(of("x", &many).hint.unwrap().en.ends_with("column_11, …."));
        assert_eq!(of("x", &[]).hint, None);
    }
}
