//! A table in pieces: in the order of a column that grows and of a key that tells rows of one value apart.

use futures::Stream;
use serde::{Deserialize, Serialize};

use super::{SILENCE_S, Server};
use crate::settings::{number, text};
use crate::{Control, Error, Fetched, Landing, Position, Result};

/// Columns of a key.
const KEY_MAX: usize = 16;
/// Longest wait for transactions that are still open, seconds.
const SETTLE_S_MAX: u64 = 86_400;
/// Longest name of a batch, characters.
const NAME_CHARACTERS_MAX: usize = 60;

/// Cursor and key of the last row that was read, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Read {
    pub(crate) row: Vec<String>,
}

impl Read {
    /// How far a table was read in this order; `None` when it is read from the beginning or as a whole.
    pub(crate) fn of(position: Option<&Position>, order: usize) -> Result<Option<Self>> {
        let read: Self = position.map(Position::read).transpose()?.unwrap_or_default();
        if order == 0 || read.row.is_empty() {
            return Ok(None);
        }
        if read.row.len() == order {
            return Ok(Some(read));
        }
        Err(Error::Position("it has another key than the table now".to_owned()))
    }
}

/// What settings say of the column that grows.
pub(crate) fn check_growing(cursor: Option<&str>, key: &[String], settle_s: u64) -> Result<()> {
    number("key", key.len() as u64, 0..=KEY_MAX as u64)?;
    for (place, column) in
        key.iter().map(|column| ("key", column.as_str())).chain(cursor.map(|cursor| ("cursor", cursor)))
    {
        text(place, column)?;
    }
    if cursor.is_none() && !(key.is_empty() && settle_s == 0) {
        return Err(Error::setting(
            "cursor",
            "填写了 key 或 settle_s，就须填写递增列。",
            "With key or settle_s the column that grows has to be named.",
        ));
    }
    number("settle_s", settle_s, 0..=SETTLE_S_MAX)
}

/// Places of cursor and key among the columns, each once.
pub(crate) fn order<'a>(
    table: &str,
    columns: impl Iterator<Item = &'a str> + Clone,
    cursor: &str,
    key: &[String],
) -> Result<Vec<usize>> {
    let mut order = Vec::new();
    for (place, name) in
        std::iter::once(("cursor", cursor)).chain(key.iter().map(|name| ("key", name.as_str())))
    {
        let index =
            columns.clone().position(|column| column == name).ok_or_else(|| no_column(place, table, name))?;
        if !order.contains(&index) {
            order.push(index);
        }
    }
    Ok(order)
}

pub(crate) fn no_table(database: &str, table: &str) -> Error {
    Error::setting(
        "table",
        format!("数据库 {database} 中没有表或视图 {table}，或该用户看不到它。"),
        format!("The database {database} has no table or view {table}, or this user cannot see it."),
    )
}

fn no_column(place: &str, table: &str, name: &str) -> Error {
    Error::setting(place, format!("{table} 没有列 {name}。"), format!("{table} has no column {name}."))
}

pub(crate) fn no_key(table: &str) -> Error {
    Error::setting(
        "key",
        format!("{table} 没有主键，请填写能唯一区分各行的列。"),
        format!("{table} has no primary key; name columns that tell its rows apart."),
    )
}

/// A row without a value of cursor or key would never be read: it is said before any is left out.
pub(crate) fn empty_in(column: &str) -> Error {
    Error::setting(
        "cursor",
        format!("列 {column} 有空值，这些行将永远取不到；请换一列，或取全部。"),
        format!(
            "Column {column} is empty in some rows, which would never be read; choose another or read all."
        ),
    )
}

/// Rows of one batch as a server gives them.
pub(crate) struct Reading<'a> {
    pub(crate) server: &'a Server,
    /// Name of the table, for the file.
    pub(crate) table: &'a str,
    /// Whether it is read in pieces.
    pub(crate) incremental: bool,
    pub(crate) control: &'a Control,
}

/// Write rows until the batch is full or there are no more. `line` makes the JSON of a row, and its cursor and key.
pub(crate) async fn land<T>(
    reading: Reading<'_>,
    rows: &mut (impl Stream<Item = sqlx::Result<T>> + Unpin),
    line: impl Fn(T) -> Result<(String, Vec<String>)>,
    landing: &mut Landing,
) -> Result<Option<Fetched>> {
    let Reading { server, table, incremental, control } = reading;
    let name: String = table.chars().take(NAME_CHARACTERS_MAX).collect();
    landing.begin(&format!("{name}.jsonl")).await?;
    let (mut last, mut more) = (Read::default(), false);
    while let Some(row) = server.next(rows, SILENCE_S, control).await? {
        let (line, key) = line(row)?;
        landing.line(&line).await?;
        control.progress.add(line.len() as u64);
        last.row = key;
        if incremental && landing.is_full() {
            more = true;
            break;
        }
    }
    if landing.rows() == 0 {
        return Ok(None);
    }
    Ok(Some(Fetched { position: Position::of(&last)?, more }))
}
