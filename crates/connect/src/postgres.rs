//! A PostgreSQL table or view: all of it at one moment, or what is new by a column that grows.
//!
//! Rows are made into JSON by the server and streamed; numbers travel as text, so that none is rounded. The connection
//! can only read, and goes to the address that the way out has checked.

use std::time::Duration;

use brain_egress::Egress;
use brain_kernel::language::Text;
use futures::{Stream, TryStreamExt as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use crate::settings::{number, text};
use crate::{Control, Error, Fetched, Finding, Landing, Position, Result, Secret, Source, Surroundings};

/// What connections are accounted for as.
const PURPOSE: &str = "connector.postgres";
/// Longest silence of the server between two rows.
const SILENCE_S: u64 = 300;
/// Columns of a key.
const KEY_MAX: usize = 16;
/// How long a row is waited for between two looks whether somebody cancelled.
const WAIT: Duration = Duration::from_secs(1);

/// Settings of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostgresSettings {
    /// 主机；tcp://主机:端口 须列入 egress.allow · Host; tcp://host:port stands in egress.allow.
    #[schemars(length(min = 1, max = 1_000))]
    pub host: String,
    /// 端口 · Port.
    #[serde(default = "port")]
    pub port: u16,
    /// 数据库 · Database.
    #[schemars(length(min = 1, max = 1_000))]
    pub database: String,
    /// 用户；口令另存 · User; the password is kept elsewhere.
    #[schemars(length(min = 1, max = 1_000))]
    pub user: String,
    /// 加密 · Encryption of the connection.
    #[serde(default)]
    pub tls: Tls,
    /// 模式 · Schema.
    #[serde(default = "public")]
    #[schemars(length(min = 1, max = 1_000))]
    pub schema: String,
    /// 表或视图 · Table or view.
    #[schemars(length(min = 1, max = 1_000))]
    pub table: String,
    /// 递增列；不填则每次取全部 · The column that grows; all rows every time where absent.
    #[serde(default)]
    pub cursor: Option<String>,
    /// 区分递增列取值相同的行的列；默认主键 · Columns that tell rows of one value apart; the primary key by default.
    #[serde(default)]
    pub key: Vec<String>,
    /// 递增列为时间时，只取早于若干秒之前的行，给未提交的事务留出时间 · Where the column is a time, only rows older than
    /// these seconds: transactions that are still open may add older ones.
    #[serde(default)]
    #[schemars(range(max = 86_400))]
    pub settle_s: u64,
}

/// Encryption of a connection. The name in a certificate is not looked at: the connection goes to a checked address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// 不加密 · None; only for a network of one's own.
    Off,
    /// 加密，不核对证书 · Encrypted, whoever answers.
    #[default]
    On,
}

const fn port() -> u16 {
    5432
}

fn public() -> String {
    "public".to_owned()
}

impl PostgresSettings {
    pub(crate) fn check(&self) -> Result<()> {
        for (place, value) in [
            ("host", &self.host),
            ("database", &self.database),
            ("user", &self.user),
            ("schema", &self.schema),
            ("table", &self.table),
        ] {
            text(place, value)?;
        }
        number("port", u64::from(self.port), 1..=65_535)?;
        number("key", self.key.len() as u64, 0..=KEY_MAX as u64)?;
        for (place, column) in
            self.key.iter().map(|column| ("key", column)).chain(self.cursor.iter().map(|c| ("cursor", c)))
        {
            text(place, column)?;
        }
        if self.cursor.is_none() && !(self.key.is_empty() && self.settle_s == 0) {
            return Err(Error::setting(
                "cursor",
                "填写了 key 或 settle_s，就须填写递增列。",
                "With key or settle_s the column that grows has to be named.",
            ));
        }
        number("settle_s", self.settle_s, 0..=86_400)
    }
}

/// Cursor and key of the last row that was read, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    row: Vec<String>,
}

struct Column {
    name: String,
    kind: String,
    numeric: bool,
    not_null: bool,
}

/// The query of a batch.
struct Plan {
    columns: Vec<Column>,
    /// Cursor, then key; empty for a whole table.
    order: Vec<usize>,
}

pub(crate) struct Postgres {
    settings: PostgresSettings,
    secret: Option<Secret>,
    egress: Egress,
}

impl Postgres {
    pub(crate) fn new(
        settings: PostgresSettings,
        secret: Option<Secret>,
        surroundings: Surroundings,
    ) -> Self {
        Self { settings, secret, egress: surroundings.egress }
    }

    async fn connect(&self) -> Result<PgConnection> {
        let settings = &self.settings;
        let url = format!("tcp://{}:{}", settings.host, settings.port);
        // The address that was checked is the one that is connected to, whatever the name says a moment later.
        let checked = self.egress.connect(PURPOSE, &url).await?.peer_addr().map_err(|error| {
            Error::Egress(brain_egress::Error::Failed { origin: url.clone(), cause: error.to_string() })
        })?;
        let mut options = PgConnectOptions::new_without_pgpass()
            .host(&checked.ip().to_string())
            .port(checked.port())
            .database(&settings.database)
            .username(&settings.user)
            .application_name("brain-connector")
            .ssl_mode(match settings.tls {
                Tls::Off => PgSslMode::Disable,
                Tls::On => PgSslMode::Require,
            })
            .options([
                ("default_transaction_read_only", "on"),
                ("datestyle", "ISO, YMD"),
                ("timezone", "UTC"),
                ("intervalstyle", "iso_8601"),
            ])
            .disable_statement_logging();
        if let Some(secret) = &self.secret {
            options = options.password(secret.expose());
        }
        let connecting = PgConnection::connect_with(&options);
        match tokio::time::timeout(Duration::from_secs(30), connecting).await {
            Ok(connected) => connected.map_err(|error| self.failed(error)),
            Err(_) => Err(self.silent(30)),
        }
    }

    async fn plan(&self, connection: &mut PgConnection) -> Result<Plan> {
        let columns = self.columns(connection).await?;
        let Some(cursor) = &self.settings.cursor else { return Ok(Plan { columns, order: Vec::new() }) };
        let key = if self.settings.key.is_empty() {
            self.primary_key(connection).await?
        } else {
            self.settings.key.clone()
        };
        let mut order = Vec::new();
        for (place, name) in std::iter::once(("cursor", cursor)).chain(key.iter().map(|name| ("key", name))) {
            let index = columns.iter().position(|column| &column.name == name).ok_or_else(|| {
                Error::setting(
                    place,
                    format!("{} 没有列 {name}。", self.table()),
                    format!("{} has no column {name}.", self.table()),
                )
            })?;
            if !order.contains(&index) {
                order.push(index);
            }
        }
        let plan = Plan { columns, order };
        self.check_complete(connection, &plan).await?;
        Ok(plan)
    }

    async fn columns(&self, connection: &mut PgConnection) -> Result<Vec<Column>> {
        let rows: Vec<(String, String, bool, bool)> = sqlx::query_as(
            "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), t.typcategory = 'N', a.attnotnull \
             FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid \
             WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
        )
        .bind(self.table())
        .fetch_all(&mut *connection)
        .await
        .map_err(|error| self.failed(error))?;
        if rows.is_empty() {
            return Err(Error::setting(
                "table",
                format!(
                    "数据库 {} 中没有表或视图 {}，或该用户看不到它。",
                    self.settings.database,
                    self.table()
                ),
                format!(
                    "The database {} has no table or view {}, or this user cannot see it.",
                    self.settings.database,
                    self.table()
                ),
            ));
        }
        let column = |(name, kind, numeric, not_null)| Column { name, kind, numeric, not_null };
        Ok(rows.into_iter().map(column).collect())
    }

    async fn primary_key(&self, connection: &mut PgConnection) -> Result<Vec<String>> {
        let key: Vec<String> = sqlx::query_scalar(
            "SELECT a.attname::text FROM pg_index i JOIN pg_attribute a \
             ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) \
             WHERE i.indrelid = to_regclass($1) AND i.indisprimary ORDER BY a.attnum",
        )
        .bind(self.table())
        .fetch_all(&mut *connection)
        .await
        .map_err(|error| self.failed(error))?;
        if key.is_empty() {
            return Err(Error::setting(
                "key",
                format!("{} 没有主键，请填写能唯一区分各行的列。", self.table()),
                format!("{} has no primary key; name columns that tell its rows apart.", self.table()),
            ));
        }
        Ok(key)
    }

    /// A row without a value of cursor or key would never be read: it is said before any is left out.
    async fn check_complete(&self, connection: &mut PgConnection, plan: &Plan) -> Result<()> {
        for column in plan.order.iter().filter_map(|index| plan.columns.get(*index)) {
            if column.not_null {
                continue;
            }
            let sql = format!(
                "SELECT EXISTS (SELECT 1 FROM {} WHERE {} IS NULL)",
                self.table(),
                quoted(&column.name)
            );
            let missing: bool = sqlx::query_scalar(AssertSqlSafe(sql))
                .fetch_one(&mut *connection)
                .await
                .map_err(|error| self.failed(error))?;
            if missing {
                return Err(Error::setting(
                    "cursor",
                    format!("列 {} 有空值，这些行将永远取不到；请换一列，或取全部。", column.name),
                    format!(
                        "Column {} is empty in some rows, which would never be read; choose another or read all.",
                        column.name
                    ),
                ));
            }
        }
        Ok(())
    }

    fn query(&self, plan: &Plan, after: bool, rows: u64) -> String {
        let of = |column: &Column| format!("t.{}", quoted(&column.name));
        let shown: Vec<String> = plan
            .columns
            .iter()
            .map(|column| {
                let cast = if column.numeric { "::text" } else { "" };
                format!("{}{cast} AS {}", of(column), quoted(&column.name))
            })
            .collect();
        let order: Vec<&Column> = plan.order.iter().filter_map(|index| plan.columns.get(*index)).collect();
        let texts: Vec<String> = order.iter().map(|column| format!("{}::text", of(column))).collect();
        let mut sql = format!(
            "SELECT row_to_json(r)::text, ARRAY[{}]::text[] FROM {} AS t CROSS JOIN LATERAL (SELECT {}) AS r",
            texts.join(", "),
            self.table(),
            shown.join(", ")
        );
        let mut conditions = Vec::new();
        let names = order.iter().map(|column| of(column)).collect::<Vec<_>>().join(", ");
        if after {
            let values: Vec<String> = order
                .iter()
                .enumerate()
                .map(|(index, column)| format!("($1::text[])[{}]::{}", index + 1, column.kind))
                .collect();
            conditions.push(format!("ROW({names}) > ROW({})", values.join(", ")));
        }
        if let (Some(first), true) = (order.first(), self.settings.settle_s > 0) {
            conditions.push(format!(
                "{} <= now() - make_interval(secs => {})",
                of(first),
                self.settings.settle_s
            ));
        }
        if !conditions.is_empty() {
            sql.push_str(&format!(" WHERE {}", conditions.join(" AND ")));
        }
        if !order.is_empty() {
            sql.push_str(&format!(" ORDER BY {names} LIMIT {rows}"));
        }
        sql
    }

    /// Schema and table, quoted.
    fn table(&self) -> String {
        format!("{}.{}", quoted(&self.settings.schema), quoted(&self.settings.table))
    }

    fn server(&self) -> String {
        format!("{}:{}/{}", self.settings.host, self.settings.port, self.settings.database)
    }

    fn silent(&self, seconds: u64) -> Error {
        Error::Database {
            server: self.server(),
            state: "timeout".to_owned(),
            cause: format!("no answer for {seconds} s"),
            transient: true,
        }
    }

    fn failed(&self, error: sqlx::Error) -> Error {
        let (state, cause, transient) = match &error {
            sqlx::Error::Database(said) => {
                let state = said.code().unwrap_or_default().into_owned();
                let transient = is_transient(&state);
                (state, said.message().to_owned(), transient)
            }
            sqlx::Error::Tls(_) => ("tls".to_owned(), error.to_string(), false),
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => {
                ("connection".to_owned(), error.to_string(), true)
            }
            other => ("client".to_owned(), other.to_string(), false),
        };
        Error::Database { server: self.server(), state, cause, transient }
    }

    /// The next row, while nobody cancels and the server speaks.
    async fn row<T: Unpin>(
        &self,
        rows: &mut (impl Stream<Item = sqlx::Result<T>> + Unpin),
        control: &Control,
    ) -> Result<Option<T>> {
        for _ in 0..SILENCE_S {
            control.check()?;
            match tokio::time::timeout(WAIT, rows.try_next()).await {
                Ok(row) => return row.map_err(|error| self.failed(error)),
                Err(_) => {}
            }
        }
        Err(self.silent(SILENCE_S))
    }
}

#[async_trait::async_trait]
impl Source for Postgres {
    async fn test(&self, _control: &Control) -> Result<Finding> {
        let mut connection = self.connect().await?;
        let plan = self.plan(&mut connection).await?;
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", self.table());
        let filled: bool = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut connection)
            .await
            .map_err(|error| self.failed(error))?;
        let columns = plan.columns.len();
        Ok(Finding {
            found: if filled {
                Text::new(format!("{columns} 列，有数据"), format!("{columns} columns, with rows"))
            } else {
                Text::new(format!("{columns} 列，没有数据"), format!("{columns} columns, without rows"))
            },
            fields: plan.columns.into_iter().map(|column| column.name).take(200).collect(),
        })
    }

    async fn fetch(
        &self,
        after: Option<&Position>,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<Option<Fetched>> {
        let before: Read = after.map(Position::read).transpose()?.unwrap_or_default();
        let mut connection = self.connect().await?;
        let plan = self.plan(&mut connection).await?;
        let incremental = !plan.order.is_empty();
        let resumed = incremental && !before.row.is_empty();
        if resumed && before.row.len() != plan.order.len() {
            return Err(Error::Position("it has another key than the table now".to_owned()));
        }
        let limit = landing.rows_max();
        let sql = self.query(&plan, resumed, limit);
        let mut query = sqlx::query_as::<_, (String, Vec<String>)>(AssertSqlSafe(sql));
        if resumed {
            query = query.bind(before.row.clone());
        }
        landing.begin(&format!("{}.jsonl", self.settings.table.chars().take(60).collect::<String>())).await?;
        let (mut last, mut more) = (before, false);
        let mut rows = query.fetch(&mut connection);
        while let Some((line, key)) = self.row(&mut rows, control).await? {
            landing.line(&line).await?;
            control.progress.add(line.len() as u64);
            last.row = key;
            if incremental && landing.is_full() {
                more = true;
                break;
            }
        }
        drop(rows);
        if landing.rows() == 0 {
            return Ok(None);
        }
        Ok(Some(Fetched { position: Position::of(&last)?, more }))
    }
}

/// An identifier, whatever characters it has.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Classes of SQLSTATE (PostgreSQL, appendix A) that pass by themselves: connection, resources, shutdown, conflicts.
fn is_transient(state: &str) -> bool {
    ["08", "53", "57P", "40", "55P03", "58"].iter().any(|class| state.starts_with(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_quotes() {
        assert_eq!(quoted("a\"; DROP TABLE x; --"), "\"a\"\"; DROP TABLE x; --\"");
    }

    #[test]
    fn states_that_pass_are_told_from_those_that_do_not() {
        for state in ["08006", "53300", "57P01", "40001", "55P03"] {
            assert!(is_transient(state), "{state}");
        }
        for state in ["28P01", "42501", "42P01", "3D000", "22P02", ""] {
            assert!(!is_transient(state), "{state}");
        }
    }
}
