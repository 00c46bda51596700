//! A table or view of MySQL 8 or MariaDB: all of it at one moment, or what is new by a column that grows.
//!
//! Rows are streamed; what is new is told as it is for PostgreSQL (decision 0161).

mod column;
mod server;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use sqlx::mysql::{MySqlConnection, MySqlRow};

use self::column::{Column, beyond};
use self::server::{connect, quoted, told};
use crate::database::{
    Line, Place, Read, Reading, Server, Tls, check_growing, empty_in, land, no_key, no_table, order,
};
use crate::settings::text;
use crate::{Control, Error, Fetched, Finding, Landing, Position, Result, Secret, Source, Surroundings};

/// What connections are accounted for as.
const PURPOSE: &str = "connector.mysql";

/// Settings of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MysqlSettings {
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
    3306
}

impl MysqlSettings {
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
        text("table", &self.table)?;
        check_growing(self.cursor.as_deref(), &self.key, self.settle_s)
    }
}

/// The query of a batch.
struct Plan {
    columns: Vec<Column>,
    /// Cursor, then key; empty for a whole table.
    order: Vec<usize>,
}

impl Plan {
    /// Columns of the order, each with a value to compare it with.
    fn ordered(&self) -> Result<Vec<(&Column, String)>> {
        let columns = self.order.iter().filter_map(|index| self.columns.get(*index));
        columns.map(|column| Ok((column, column.bound().ok_or_else(|| unordered(column))?))).collect()
    }
}

pub(crate) struct Mysql {
    settings: MysqlSettings,
    server: Server,
}

impl Mysql {
    pub(crate) fn new(settings: MysqlSettings, secret: Option<Secret>, surroundings: Surroundings) -> Self {
        let server = Server::new(settings.place(), secret, surroundings.egress, PURPOSE, told);
        Self { settings, server }
    }

    async fn plan(&self, connection: &mut MySqlConnection) -> Result<Plan> {
        let columns = self.columns(connection).await?;
        let Some(cursor) = &self.settings.cursor else { return Ok(Plan { columns, order: Vec::new() }) };
        let key = if self.settings.key.is_empty() {
            self.primary_key(connection).await?
        } else {
            self.settings.key.clone()
        };
        let names = columns.iter().map(|column| column.name.as_str());
        let order = order(&self.settings.table, names, cursor, &key)?;
        let plan = Plan { columns, order };
        self.check_complete(connection, &plan).await?;
        Ok(plan)
    }

    async fn columns(&self, connection: &mut MySqlConnection) -> Result<Vec<Column>> {
        type Told =
            (String, String, String, Option<String>, Option<String>, Option<String>, Option<String>, String);
        let rows: Vec<Told> = sqlx::query_as(
            "SELECT CAST(column_name AS CHAR), CAST(data_type AS CHAR), CAST(column_type AS CHAR), \
             CAST(character_set_name AS CHAR), CAST(collation_name AS CHAR), \
             CAST(numeric_precision AS CHAR), CAST(numeric_scale AS CHAR), CAST(is_nullable AS CHAR) \
             FROM information_schema.columns \
             WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position",
        )
        .bind(&self.settings.table)
        .fetch_all(connection)
        .await
        .map_err(|error| self.server.failed(error))?;
        if rows.is_empty() {
            return Err(no_table(&self.settings.database, &self.settings.table));
        }
        let column = |(name, kind, declared, set, collation, digits, scale, nullable): Told| Column {
            name,
            kind: kind.to_ascii_lowercase(),
            declared: declared.to_ascii_lowercase(),
            text: set.zip(collation),
            digits: digits.zip(scale),
            nullable: nullable == "YES",
        };
        Ok(rows.into_iter().map(column).collect())
    }

    async fn primary_key(&self, connection: &mut MySqlConnection) -> Result<Vec<String>> {
        let key: Vec<String> = sqlx::query_scalar(
            "SELECT CAST(column_name AS CHAR) FROM information_schema.key_column_usage \
             WHERE table_schema = DATABASE() AND table_name = ? AND constraint_name = 'PRIMARY' \
             ORDER BY ordinal_position",
        )
        .bind(&self.settings.table)
        .fetch_all(connection)
        .await
        .map_err(|error| self.server.failed(error))?;
        if key.is_empty() { Err(no_key(&self.settings.table)) } else { Ok(key) }
    }

    /// A row that the order cannot reach would never be read: it is said before any is left out.
    async fn check_complete(&self, connection: &mut MySqlConnection, plan: &Plan) -> Result<()> {
        let ordered = plan.ordered()?;
        if let Some((first, _)) = ordered.first()
            && self.settings.settle_s > 0
            && first.now().is_none()
        {
            return Err(Error::setting(
                "settle_s",
                format!("列 {} 不是时间，settle_s 不适用；请去掉它。", first.name),
                format!("Column {} is no time, so settle_s does not apply; leave it out.", first.name),
            ));
        }
        for (column, _) in ordered.iter().filter(|(column, _)| column.nullable) {
            let sql =
                format!("SELECT EXISTS (SELECT 1 FROM {} AS t WHERE {} IS NULL)", self.table(), column.at());
            let missing: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
                .fetch_one(&mut *connection)
                .await
                .map_err(|error| self.server.failed(error))?;
            if missing != 0 {
                return Err(empty_in(&column.name));
            }
        }
        Ok(())
    }

    /// The query, and which values of the position it takes in turn.
    fn query(&self, plan: &Plan, after: bool, rows: u64) -> Result<(String, Vec<usize>)> {
        let shown: Vec<String> = plan.columns.iter().map(Column::shown).collect();
        let mut sql = format!("SELECT {} FROM {} AS t", shown.join(", "), self.table());
        let ordered = plan.ordered()?;
        let (mut conditions, mut values) = (Vec::new(), Vec::new());
        if after {
            let (condition, taken) = beyond(&ordered);
            conditions.push(condition);
            values = taken;
        }
        if let (Some((first, _)), seconds @ 1..) = (ordered.first(), self.settings.settle_s)
            && let Some(now) = first.now()
        {
            conditions.push(format!("{} <= {now} - INTERVAL {seconds} SECOND", first.at()));
        }
        if !conditions.is_empty() {
            sql.push_str(&format!(" WHERE {}", conditions.join(" AND ")));
        }
        if !ordered.is_empty() {
            let names: Vec<String> = ordered.iter().map(|(column, _)| column.at()).collect();
            sql.push_str(&format!(" ORDER BY {} LIMIT {rows}", names.join(", ")));
        }
        Ok((sql, values))
    }

    /// The line of a row, and its values of cursor and key.
    fn line(&self, plan: &Plan, row: &MySqlRow) -> Result<(String, Vec<String>)> {
        let mut line = Line::default();
        let mut key = vec![String::new(); plan.order.len()];
        for (index, column) in plan.columns.iter().enumerate() {
            let text = column.take(row, index, &mut line).map_err(|error| self.server.failed(error))?;
            if let Some(place) = plan.order.iter().position(|ordered| *ordered == index)
                && let Some(value) = key.get_mut(place)
            {
                // A value that is empty after all was added since it was looked for: the next look finds it.
                *value = text.ok_or_else(|| empty_in(&column.name))?;
            }
        }
        Ok((line.finish(), key))
    }

    fn table(&self) -> String {
        quoted(&self.settings.table)
    }
}

#[async_trait::async_trait]
impl Source for Mysql {
    async fn test(&self, _control: &Control) -> Result<Finding> {
        let mut link = connect(&self.server).await?;
        let plan = self.plan(&mut link.connection).await?;
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", self.table());
        let filled: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut link.connection)
            .await
            .map_err(|error| self.server.failed(error))?;
        Ok(Finding::of_columns(plan.columns.into_iter().map(|column| column.name).collect(), filled != 0))
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
        let (sql, values) = self.query(&plan, before.is_some(), landing.rows_max())?;
        let mut query = sqlx::query(AssertSqlSafe(sql));
        if let Some(before) = before {
            for value in values.into_iter().filter_map(|index| before.row.get(index).cloned()) {
                query = query.bind(value);
            }
        }
        let reading = Reading {
            server: &self.server,
            table: &self.settings.table,
            incremental: !plan.order.is_empty(),
            control,
        };
        let line = |row: MySqlRow| self.line(&plan, &row);
        land(reading, &mut query.fetch(&mut link.connection), line, landing).await
    }
}

fn unordered(column: &Column) -> Error {
    Error::setting(
        "cursor",
        format!("列 {}（{}）的取值不能可靠地排序；请换一列，或取全部。", column.name, column.declared),
        format!(
            "Values of column {} ({}) cannot be put in order reliably; choose another or read all.",
            column.name, column.declared
        ),
    )
}
