//! A PostgreSQL table or view: all of it at one moment, or what is new by a column that grows.
//!
//! Rows are made into JSON by the server and streamed; numbers travel as text, so that none is rounded. What changes in
//! a table is another source: `changes/`.

mod changes;
mod server;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

pub(crate) use self::changes::Changes;
pub use self::changes::{PostgresChangesSettings, pgoutput};
use self::server::{connect, quoted, told};
use crate::database::{
    Place, Read, Reading, Server, Tls, check_growing, empty_in, land, no_key, no_table, order,
};
use crate::settings::text;
use crate::{Control, Fetched, Finding, Landing, Position, Result, Secret, Source, Surroundings};

/// What connections are accounted for as.
const PURPOSE: &str = "connector.postgres";

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
    /// 颁发者证书（PEM），在公共颁发者之外可信；只用于 verify · Certificates of authorities (PEM), believed beside the
    /// public ones; for `verify` only.
    #[serde(default)]
    #[schemars(length(max = 65_536))]
    pub authority: Option<String>,
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

const fn port() -> u16 {
    5432
}

fn public() -> String {
    "public".to_owned()
}

impl PostgresSettings {
    pub(crate) fn place(&self) -> Place {
        Place {
            host: self.host.clone(),
            port: self.port,
            database: self.database.clone(),
            user: self.user.clone(),
            tls: self.tls,
            authority: self.authority.clone(),
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        self.place().check()?;
        text("schema", &self.schema)?;
        text("table", &self.table)?;
        check_growing(self.cursor.as_deref(), &self.key, self.settle_s)
    }
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
    server: Server,
}

impl Postgres {
    pub(crate) fn new(
        settings: PostgresSettings,
        secret: Option<Secret>,
        surroundings: Surroundings,
    ) -> Self {
        let server = Server::new(settings.place(), secret, surroundings.egress, PURPOSE, told);
        Self { settings, server }
    }

    async fn plan(&self, connection: &mut PgConnection) -> Result<Plan> {
        let columns = self.columns(connection).await?;
        let Some(cursor) = &self.settings.cursor else { return Ok(Plan { columns, order: Vec::new() }) };
        let key = if self.settings.key.is_empty() {
            self.primary_key(connection).await?
        } else {
            self.settings.key.clone()
        };
        let names = columns.iter().map(|column| column.name.as_str());
        let order = order(&self.table(), names, cursor, &key)?;
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
        .map_err(|error| self.server.failed(error))?;
        if rows.is_empty() {
            return Err(no_table(&self.settings.database, &self.table()));
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
        .map_err(|error| self.server.failed(error))?;
        if key.is_empty() { Err(no_key(&self.table())) } else { Ok(key) }
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
                .map_err(|error| self.server.failed(error))?;
            if missing {
                return Err(empty_in(&column.name));
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
}

#[async_trait::async_trait]
impl Source for Postgres {
    async fn test(&self, _control: &Control) -> Result<Finding> {
        let mut link = connect(&self.server).await?;
        let plan = self.plan(&mut link.connection).await?;
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", self.table());
        let filled: bool = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut link.connection)
            .await
            .map_err(|error| self.server.failed(error))?;
        Ok(Finding::of_columns(plan.columns.into_iter().map(|column| column.name).collect(), filled))
    }

    async fn fetch(
        &self,
        after: Option<&Position>,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<Option<Fetched>> {
        let mut link = connect(&self.server).await?;
        let plan = self.plan(&mut link.connection).await?;
        let before = Read::of(after, plan.order.len())?;
        let sql = self.query(&plan, before.is_some(), landing.rows_max());
        let mut query = sqlx::query_as::<_, (String, Vec<String>)>(AssertSqlSafe(sql));
        if let Some(before) = before {
            query = query.bind(before.row);
        }
        let reading = Reading {
            server: &self.server,
            table: &self.settings.table,
            incremental: !plan.order.is_empty(),
            control,
        };
        land(reading, &mut query.fetch(&mut link.connection), Ok, landing).await
    }
}
