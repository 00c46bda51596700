//! The dialects that are read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlparser::ast::Ident;
use sqlparser::dialect as parser;

/// A dialect of SQL (SQL 方言).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// DataFusion, and anything close to the standard.
    #[default]
    Generic,
    /// PostgreSQL, KingbaseES, openGauss, GaussDB.
    Postgresql,
    /// MySQL, MariaDB, TiDB, OceanBase (MySQL mode), Doris, StarRocks.
    Mysql,
    /// Hive and Spark SQL.
    Hive,
    /// Oracle, Dameng (达梦), OceanBase (Oracle mode).
    Oracle,
    /// Microsoft SQL Server.
    Mssql,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Generic, Self::Postgresql, Self::Mysql, Self::Hive, Self::Oracle, Self::Mssql];

    /// The dialect called so; the products that share one may be named too.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "generic" | "ansi" | "datafusion" => Self::Generic,
            "postgresql" | "postgres" | "kingbase" | "opengauss" | "gaussdb" => Self::Postgresql,
            "mysql" | "mariadb" | "tidb" | "doris" | "starrocks" => Self::Mysql,
            "hive" | "spark" => Self::Hive,
            "oracle" | "dameng" | "dm" => Self::Oracle,
            "mssql" | "sqlserver" | "tsql" => Self::Mssql,
            _ => return None,
        })
    }

    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Postgresql => "postgresql",
            Self::Mysql => "mysql",
            Self::Hive => "hive",
            Self::Oracle => "oracle",
            Self::Mssql => "mssql",
        }
    }

    pub(super) fn parser(self) -> &'static dyn parser::Dialect {
        match self {
            Self::Generic => &parser::GenericDialect {},
            Self::Postgresql => &parser::PostgreSqlDialect {},
            Self::Mysql => &parser::MySqlDialect {},
            Self::Hive => &parser::HiveDialect {},
            Self::Oracle => &parser::OracleDialect {},
            Self::Mssql => &parser::MsSqlDialect {},
        }
    }

    /// An identifier as the database stores it.
    pub(super) fn fold(self, ident: &Ident) -> String {
        match (ident.quote_style, self) {
            (Some(_), _) | (None, Self::Mysql | Self::Mssql) => ident.value.clone(),
            (None, Self::Oracle) => ident.value.to_uppercase(),
            (None, _) => ident.value.to_lowercase(),
        }
    }

    /// Whether `"text"` is a string and no name.
    pub(super) const fn double_quotes_are_strings(self) -> bool {
        matches!(self, Self::Hive | Self::Mysql)
    }

    /// Whether a common table expression may name itself without `RECURSIVE`.
    pub(super) const fn recursion_is_silent(self) -> bool {
        matches!(self, Self::Oracle | Self::Mssql)
    }

    /// Names that look like columns and are none.
    pub(super) fn is_pseudo_column(self, key: &str) -> bool {
        match self {
            Self::Oracle => matches!(
                key,
                "sysdate"
                    | "systimestamp"
                    | "rownum"
                    | "rowid"
                    | "level"
                    | "user"
                    | "uid"
                    | "current_date"
                    | "current_timestamp"
                    | "sessiontimezone"
                    | "connect_by_isleaf"
                    | "connect_by_iscycle"
                    | "ora_rowscn"
            ),
            Self::Mssql => key.starts_with('@') || key == "$action",
            Self::Mysql => key.starts_with('@'),
            _ => matches!(key, "current_date" | "current_timestamp" | "current_user" | "session_user"),
        }
    }
}
