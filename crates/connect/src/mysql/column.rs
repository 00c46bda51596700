//! A column: how its values are asked for so that none is rounded, how they are written, and how they are compared with
//! one that was read before.

use brain_kernel::hexadecimal;
use sqlx::Row as _;
use sqlx::mysql::MySqlRow;

use super::server::quoted;
use crate::database::Line;

/// A column as `information_schema.columns` tells it.
pub(super) struct Column {
    pub(super) name: String,
    /// Type without its length: `bigint`, `varchar`.
    pub(super) kind: String,
    /// Type with everything: `bigint(20) unsigned`.
    pub(super) declared: String,
    /// Character set and collation of a text.
    pub(super) text: Option<(String, String)>,
    /// Digits in all and behind the point.
    pub(super) digits: Option<(String, String)>,
    pub(super) nullable: bool,
}

/// How values arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Bytes,
    Float,
    Double,
    /// A time without zone.
    Moment,
    /// A time in UTC.
    Instant,
}

impl Column {
    fn form(&self) -> Form {
        match self.kind.as_str() {
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Form::Bytes,
            "float" => Form::Float,
            "double" => Form::Double,
            "datetime" => Form::Moment,
            "timestamp" => Form::Instant,
            _ => Form::Text,
        }
    }

    /// The column, in a query.
    pub(super) fn at(&self) -> String {
        format!("t.{}", quoted(&self.name))
    }

    /// What is selected. The server makes texts of numbers and times: a date of zeros is none to the library, and a
    /// floating number it would round itself is taken as it is stored.
    pub(super) fn shown(&self) -> String {
        let at = self.at();
        match self.kind.as_str() {
            "bit" => format!("CAST({at} + 0 AS CHAR)"),
            "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
            | "multipolygon" | "geometrycollection" | "geomcollection" => format!("ST_AsText({at})"),
            _ if self.text.is_some() || matches!(self.form(), Form::Bytes | Form::Float | Form::Double) => at,
            _ => format!("CAST({at} AS CHAR)"),
        }
    }

    /// A value read before, as one of this column; `None` where the order of values is not that of comparisons, or a
    /// value's text is not all of it.
    pub(super) fn bound(&self) -> Option<String> {
        Some(match self.kind.as_str() {
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" if self.declared.contains("unsigned") => {
                "CAST(? AS UNSIGNED)".to_owned()
            }
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => "CAST(? AS SIGNED)".to_owned(),
            "year" | "bit" => "CAST(? AS UNSIGNED)".to_owned(),
            "decimal" => {
                let (digits, scale) = self.digits.as_ref()?;
                let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                if !plain(digits) || !plain(scale) {
                    return None;
                }
                format!("CAST(? AS DECIMAL({digits}, {scale}))")
            }
            "date" => "CAST(? AS DATE)".to_owned(),
            "datetime" | "timestamp" => "CAST(? AS DATETIME(6))".to_owned(),
            "time" => "CAST(? AS TIME(6))".to_owned(),
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => {
                let (set, collation) = self.text.as_ref()?;
                let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                if !plain(set) || !plain(collation) {
                    return None;
                }
                format!("CONVERT(? USING {set}) COLLATE {collation}")
            }
            "uuid" | "inet4" | "inet6" => "?".to_owned(),
            _ if self.form() == Form::Bytes => "UNHEX(?)".to_owned(),
            _ => return None,
        })
    }

    /// The moment before which rows are settled, where the column is a time: now in UTC, or by the server's own clock
    /// for a time without zone, which programs mostly write by it.
    pub(super) fn now(&self) -> Option<&'static str> {
        match self.kind.as_str() {
            "timestamp" => Some("UTC_TIMESTAMP()"),
            "date" | "datetime" => Some("CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', @@global.time_zone)"),
            _ => None,
        }
    }

    /// Write a value of a row; its text for the position.
    pub(super) fn take(&self, row: &MySqlRow, index: usize, line: &mut Line) -> sqlx::Result<Option<String>> {
        let form = self.form();
        let number = match form {
            Form::Float => {
                Some(row.try_get_unchecked::<Option<f32>, _>(index)?.map(|number| number.to_string()))
            }
            Form::Double => {
                Some(row.try_get_unchecked::<Option<f64>, _>(index)?.map(|number| number.to_string()))
            }
            _ => None,
        };
        if let Some(number) = number {
            line.text(&self.name, number.as_deref());
            return Ok(number);
        }
        if form == Form::Bytes {
            let bytes = row.try_get_unchecked::<Option<&[u8]>, _>(index)?;
            let hex = bytes.map(hexadecimal::encode);
            line.text(&self.name, hex.as_ref().map(|hex| format!("\\x{hex}")).as_deref());
            return Ok(hex);
        }
        let text = row.try_get_unchecked::<Option<&str>, _>(index)?;
        let shown = text.map(|text| written(form, text));
        line.text(&self.name, shown.as_deref());
        Ok(text.map(str::to_owned))
    }
}

/// A text as PostgreSQL's rows write it: times as in RFC 3339.
fn written(form: Form, text: &str) -> String {
    match form {
        Form::Moment => text.replacen(' ', "T", 1),
        Form::Instant => format!("{}+00:00", text.replacen(' ', "T", 1)),
        _ => text.to_owned(),
    }
}

/// What stands before all that has been read, and which values it takes in turn. The first column stands alone in front:
/// an index is used for it, which for a comparison of rows it is not.
pub(super) fn beyond(order: &[(&Column, String)]) -> (String, Vec<usize>) {
    let (mut sql, mut values) = (String::new(), Vec::new());
    if let [(first, bound), _, ..] = order {
        sql.push_str(&format!("{} >= {bound} AND ", first.at()));
        values.push(0);
    }
    for (index, (column, bound)) in order.iter().enumerate() {
        let at = column.at();
        values.push(index);
        if index + 1 == order.len() {
            sql.push_str(&format!("{at} > {bound}"));
        } else {
            sql.push_str(&format!("({at} > {bound} OR ({at} = {bound} AND "));
            values.push(index);
        }
    }
    sql.push_str(&"))".repeat(order.len().saturating_sub(1)));
    (sql, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: &str, declared: &str) -> Column {
        let text = kind.contains("char").then(|| ("gbk".to_owned(), "gbk_chinese_ci".to_owned()));
        let digits = Some(("20".to_owned(), "4".to_owned()));
        Column {
            name: name.to_owned(),
            kind: kind.to_owned(),
            declared: declared.to_owned(),
            text,
            digits,
            nullable: false,
        }
    }

    #[test]
    fn values_are_compared_as_what_the_column_holds() {
        for (kind, declared, bound) in [
            ("bigint", "bigint(20) unsigned", Some("CAST(? AS UNSIGNED)")),
            ("int", "int", Some("CAST(? AS SIGNED)")),
            ("decimal", "decimal(20,4)", Some("CAST(? AS DECIMAL(20, 4))")),
            ("varchar", "varchar(20)", Some("CONVERT(? USING gbk) COLLATE gbk_chinese_ci")),
            ("varbinary", "varbinary(16)", Some("UNHEX(?)")),
            ("enum", "enum('b','a')", None),
            ("double", "double", None),
            ("json", "json", None),
        ] {
            assert_eq!(column("a", kind, declared).bound().as_deref(), bound, "{kind}");
        }
        let forged =
            Column { digits: Some(("1) OR (1".to_owned(), "0".to_owned())), ..column("a", "decimal", "") };
        assert_eq!(forged.bound(), None);
    }

    #[test]
    fn what_is_beyond_a_row_is_told_column_by_column() {
        let (a, b, c) = (column("a", "int", "int"), column("b`", "int", "int"), column("c", "int", "int"));
        let bound = |column: &Column| column.bound().unwrap();
        let (sql, values) = beyond(&[(&a, bound(&a))]);
        assert_eq!((sql.as_str(), values), ("t.`a` > CAST(? AS SIGNED)", vec![0]));
        let (sql, values) = beyond(&[(&a, "?".to_owned()), (&b, "?".to_owned()), (&c, "?".to_owned())]);
        assert_eq!(
            sql,
            "t.`a` >= ? AND (t.`a` > ? OR (t.`a` = ? AND (t.`b``` > ? OR (t.`b``` = ? AND t.`c` > ?))))"
        );
        assert_eq!(values, [0, 0, 0, 1, 1, 2]);
    }

    #[test]
    fn times_are_written_as_those_of_postgresql() {
        assert_eq!(written(Form::Instant, "2026-11-30 02:00:00.5"), "2026-11-30T02:00:00.5+00:00");
        assert_eq!(written(Form::Moment, "0000-00-00 00:00:00"), "0000-00-00T00:00:00");
        assert_eq!(written(Form::Text, "0000-00-00"), "0000-00-00");
    }
}
