//! What an operator says about the changes of a table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::database::{Place, Tls};
use crate::settings::text;
use crate::{Error, Result};

/// Longest name of a replication slot, bytes (`NAMEDATALEN`).
const SLOT_BYTES_MAX: usize = 63;

/// Settings of change capture (变更捕获).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostgresChangesSettings {
    /// 主机；tcp://主机:端口 须列入 egress.allow · Host; tcp://host:port stands in egress.allow.
    #[schemars(length(min = 1, max = 1_000))]
    pub host: String,
    /// 端口 · Port.
    #[serde(default = "super::super::port")]
    pub port: u16,
    /// 数据库 · Database.
    #[schemars(length(min = 1, max = 1_000))]
    pub database: String,
    /// 用户，须有 REPLICATION 权限；口令另存 · User, with the right REPLICATION; the password is kept elsewhere.
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
    #[serde(default = "super::super::public")]
    #[schemars(length(min = 1, max = 1_000))]
    pub schema: String,
    /// 表 · Table.
    #[schemars(length(min = 1, max = 1_000))]
    pub table: String,
    /// 复制槽，只供这一个数据连接器使用 · Replication slot, of this connector alone.
    #[schemars(length(min = 1, max = 63))]
    pub slot: String,
    /// 发布 · Publication.
    #[schemars(length(min = 1, max = 63))]
    pub publication: String,
    /// 没有发布或复制槽时由本节点创建，删除数据连接器时一并删除 · Make publication and slot where there are none, and
    /// drop them with the connector.
    #[serde(default)]
    pub create: bool,
    /// 先取已有的行，再取变更 · First the rows that are there, then what changes.
    #[serde(default = "yes")]
    pub snapshot: bool,
}

const fn yes() -> bool {
    true
}

impl PostgresChangesSettings {
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
        // PostgreSQL's own rule for slots, told before the server is asked.
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !(1..=SLOT_BYTES_MAX).contains(&self.slot.len()) || !self.slot.bytes().all(plain) {
            return Err(Error::setting(
                "slot",
                format!("须为 1 到 {SLOT_BYTES_MAX} 个小写字母、数字或下划线。"),
                format!("It is 1 to {SLOT_BYTES_MAX} lower-case letters, digits and underscores."),
            ));
        }
        text("publication", &self.publication)?;
        if self.publication.len() <= SLOT_BYTES_MAX {
            return Ok(());
        }
        Err(Error::setting(
            "publication",
            format!("不超过 {SLOT_BYTES_MAX} 字节。"),
            format!("It has at most {SLOT_BYTES_MAX} bytes."),
        ))
    }
}
