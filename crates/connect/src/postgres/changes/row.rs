//! A change as a line: the columns of the row, and what was done to it, where and when.

use chrono::{DateTime, SecondsFormat};

use super::pgoutput::{Relation, Value};
use super::position::Lsn;
use crate::database::Line;
use crate::{Error, Result};

/// Fields that say what was done; a table whose columns have these names cannot be told apart from them.
const OURS: [&str; 6] = ["_op", "_lsn", "_change", "_committed_at", "_table", "_unchanged"];
/// Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL counts from.
const EPOCH_US: i64 = 946_684_800_000_000;
/// Object identifiers of types (`pg_type.dat`) whose text is not what JSON or other sources write.
const BOOLEAN: u32 = 16;
const TIMESTAMP: u32 = 1114;
const TIMESTAMP_WITH_ZONE: u32 = 1184;

/// Columns of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    /// Schema and name, joined by a dot.
    table: String,
    names: Vec<Named>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    name: String,
    kind: u32,
    key: bool,
}

/// What was done to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// It was there when reading began.
    Snapshot,
    Insert,
    Update,
    Delete,
    /// All rows were deleted at once.
    Truncate,
}

impl Act {
    const fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Truncate => "truncate",
        }
    }
}

/// Where a change stands, and when it was committed.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) commit: Lsn,
    /// Number in the transaction, from one; zero for a row that was there.
    pub(super) change: u64,
    /// Microseconds since 2000-01-01.
    pub(super) at: i64,
}

impl Columns {
    /// The columns that changes name by place.
    pub(super) fn of(relation: &Relation<'_>) -> Result<Self> {
        let named = |column: &super::pgoutput::Column<'_>| (column.name.to_owned(), column.kind, column.key);
        Self::new(relation.schema, relation.name, relation.columns.iter().map(named))
    }

    /// Columns with name, type, and whether they are of the key.
    pub(super) fn new(
        schema: &str,
        table: &str,
        columns: impl Iterator<Item = (String, u32, bool)>,
    ) -> Result<Self> {
        let names: Vec<Named> = columns.map(|(name, kind, key)| Named { name, kind, key }).collect();
        if let Some(taken) = names.iter().find(|column| OURS.contains(&column.name.as_str())) {
            return Err(Error::setting(
                "table",
                format!("列名 {} 与变更说明的字段重名；请在发布中不含该列，或改名。", taken.name),
                format!(
                    "A column is called {}, as a field that tells the change is; leave it out of the publication or rename it.",
                    taken.name
                ),
            ));
        }
        Ok(Self { table: format!("{schema}.{table}"), names })
    }

    /// Names of the columns.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|column| column.name.as_str())
    }

    /// A line. All columns are in every line, whatever is known of them: who reads the file learns its columns from its
    /// beginning. A value that is not told is null, and its column is named in `_unchanged`.
    pub(super) fn line(&self, act: Act, row: &[Value<'_>], mark: &Mark) -> String {
        let mut line = Line::default();
        let mut unchanged = Vec::new();
        for (index, column) in self.names.iter().enumerate() {
            match row.get(index).copied().unwrap_or(Value::Null) {
                Value::Null => line.text(&column.name, None),
                Value::Unchanged => {
                    unchanged.push(column.name.as_str());
                    line.text(&column.name, None);
                }
                Value::Text(text) => put(&mut line, column, text),
            }
        }
        let at = mark.at.checked_add(EPOCH_US).and_then(DateTime::from_timestamp_micros);
        line.text("_op", Some(act.name()));
        line.text("_lsn", Some(&mark.commit.to_string()));
        line.raw("_change", &mark.change.to_string());
        line.text("_committed_at", at.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true)).as_deref());
        line.text("_table", Some(&self.table));
        if unchanged.is_empty() {
            line.text("_unchanged", None);
        } else {
            line.raw("_unchanged", &serde_json::Value::from(unchanged).to_string());
        }
        line.finish()
    }

    /// Whether two rows are told apart by the key, as far as both tell it.
    pub(super) fn differ(&self, old: &[Value<'_>], new: &[Value<'_>]) -> bool {
        let key = self.names.iter().enumerate().filter(|(_, column)| column.key);
        key.map(|(index, _)| (old.get(index), new.get(index))).any(|(old, new)| match (old, new) {
            (Some(Value::Unchanged), _) | (_, Some(Value::Unchanged)) => false,
            (old, new) => old != new,
        })
    }

    /// The row after a change, with what was not told taken from before it.
    pub(super) fn filled<'a>(old: &[Value<'a>], mut new: Vec<Value<'a>>) -> Vec<Value<'a>> {
        for (value, before) in new.iter_mut().zip(old) {
            if *value == Value::Unchanged {
                *value = *before;
            }
        }
        new
    }

    /// How many columns there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }
}

/// A value as the other sources write it: times as in RFC 3339, truth as JSON has it, all else as its text.
fn put(line: &mut Line, column: &Named, text: &str) {
    match (column.kind, text) {
        (BOOLEAN, "t") => line.raw(&column.name, "true"),
        (BOOLEAN, "f") => line.raw(&column.name, "false"),
        (TIMESTAMP | TIMESTAMP_WITH_ZONE, time) if time.as_bytes().get(10) == Some(&b' ') => {
            let mut time = time.replacen(' ', "T", 1);
            if column.kind == TIMESTAMP_WITH_ZONE && time.ends_with("+00") {
                time.push_str(":00");
            }
            line.text(&column.name, Some(&time));
        }
        (_, text) => line.text(&column.name, Some(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_written_as_other_sources_write_them() {
        let kinds =
            [("id", 20), ("ok", 16), ("no", 16), ("at", 1184), ("on", 1114), ("never", 1114), ("long", 25)];
        let columns = Columns::new(
            "s",
            "t",
            kinds.iter().map(|(name, kind)| ((*name).to_owned(), *kind, *name == "id")),
        )
        .unwrap();
        let row = [
            Value::Text("9007199254740993"),
            Value::Text("t"),
            Value::Text("f"),
            Value::Text("2026-11-30 02:00:00.5+00"),
            Value::Text("2026-11-30 02:00:00"),
            Value::Text("infinity"),
            Value::Unchanged,
        ];
        let mark = Mark { commit: Lsn(0x1_0000_0002), change: 3, at: 0 };
        let line = columns.line(Act::Update, &row, &mark);
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            read,
            json!({
                "id": "9007199254740993", "ok": true, "no": false, "at": "2026-11-30T02:00:00.5+00:00",
                "on": "2026-11-30T02:00:00", "never": "infinity", "long": null,
                "_op": "update", "_lsn": "00000001/00000002", "_change": 3,
                "_committed_at": "2000-01-01T00:00:00.000000Z", "_table": "s.t", "_unchanged": ["long"],
            })
        );
    }

    #[test]
    fn a_column_that_is_called_like_a_field_of_ours_is_refused() {
        let columns = std::iter::once(("_op".to_owned(), 25, false));
        let error = Columns::new("s", "t", columns).unwrap_err();
        assert!(error.to_string().contains("_op"), "{error}");
    }
}
