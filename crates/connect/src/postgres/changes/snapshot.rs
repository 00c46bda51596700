//! The rows that are there when reading begins, all at one moment, and which transactions they contain.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use super::super::server::quoted;
use super::Changes;
use super::pgoutput::Value;
use super::position::{Read, Seen};
use super::row::{Act, Columns, Mark};
use super::slot::{Published, Ready};
use crate::database::SILENCE_S;
use crate::{Control, Fetched, Landing, Position, Result};

impl Changes {
    /// Read the table as it is. The slot is there already, so nothing is lost between the two; what was committed between
    /// them is in both, and the position says which transactions those are.
    pub(super) async fn snapshot(
        &self,
        connection: &mut PgConnection,
        ready: &Ready,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<Fetched> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        self.run(connection, begin.to_owned()).await?;
        // The snapshot is taken before the place in the log is: commits that it contains stand before that place.
        let (snapshot, until, at): (String, String, i64) = sqlx::query_as(
            "SELECT pg_current_snapshot()::text, pg_current_wal_insert_lsn()::text, \
             (extract(epoch FROM now() - timestamptz '2000-01-01 00:00:00+00') * 1000000)::int8",
        )
        .fetch_one(&mut *connection)
        .await
        .map_err(|error| self.server.failed(error))?;
        let until =
            until.parse().map_err(|error: String| self.strange("pg_current_wal_insert_lsn", &error))?;
        let seen = Seen::of(&snapshot, until).map_err(|error| self.strange("pg_current_snapshot", &error))?;
        let columns = self.columns(connection, &ready.published).await?;
        let sql = self.sql_of_rows(connection, &columns, ready.published.rowfilter.as_deref()).await?;
        self.begin(landing).await?;
        let mut rows =
            sqlx::query_as::<_, (Vec<Option<String>>,)>(AssertSqlSafe(sql)).fetch(&mut *connection);
        // Before every change that follows: none of those commits before the slot stood there, and they count from one.
        let mark = Mark { commit: ready.confirmed, change: 0, at };
        while let Some((row,)) = self.server.next(&mut rows, SILENCE_S, control).await? {
            let texts = row.iter().map(Option::as_deref);
            let values: Vec<Value<'_>> = texts.map(|text| text.map_or(Value::Null, Value::Text)).collect();
            let line = columns.line(Act::Snapshot, &values, &mark);
            landing.line(&line).await?;
            control.progress.add(line.len() as u64);
        }
        drop(rows);
        self.run(connection, "COMMIT".to_owned()).await?;
        let read = Read { upto: ready.confirmed, inside: None, seen: Some(seen) };
        Ok(Fetched { position: Position::of(&read)?, more: true })
    }

    /// Columns that changes tell: those of the publication, without generated ones.
    pub(super) async fn columns(
        &self,
        connection: &mut PgConnection,
        published: &Published,
    ) -> Result<Columns> {
        let columns: Vec<(String, i64)> = sqlx::query_as(
            "SELECT attname::text, atttypid::int8 FROM pg_attribute \
             WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
        )
        .bind(self.table())
        .fetch_all(connection)
        .await
        .map_err(|error| self.server.failed(error))?;
        let told = |name: &String| published.attnames.as_ref().is_none_or(|names| names.contains(name));
        let columns = columns.into_iter().filter(|(name, _)| told(name));
        let columns = columns.map(|(name, kind)| (name, kind as u32, false));
        Columns::new(&self.settings.schema, &self.settings.table, columns)
    }

    /// The text of each value as replication tells it: what its type writes, which a cast need not be.
    async fn sql_of_rows(
        &self,
        connection: &mut PgConnection,
        columns: &Columns,
        filter: Option<&str>,
    ) -> Result<String> {
        let (partitioned,): (bool,) =
            sqlx::query_as("SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass($1)")
                .bind(self.table())
                .fetch_one(connection)
                .await
                .map_err(|error| self.server.failed(error))?;
        let text = |name: &str| {
            let name = quoted(name);
            format!("CASE WHEN {name} IS NULL THEN NULL ELSE format('%s', {name}) END")
        };
        let texts: Vec<String> = columns.names().map(text).collect();
        let only = if partitioned { "" } else { "ONLY " };
        let filter = filter.map(|filter| format!(" WHERE {filter}")).unwrap_or_default();
        Ok(format!("SELECT ARRAY[{}]::text[] FROM {only}{}{filter}", texts.join(", "), self.table()))
    }
}
