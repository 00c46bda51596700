//! Publication and slot: what the server must have before changes can be read, and words for what is missing.

use serde::Deserialize;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use super::super::server::quoted;
use super::Changes;
use super::position::{Lsn, Read};
use crate::database::{SILENCE_S, no_table};
use crate::{Control, Error, Result};

/// Oldest server whose snapshots and publications are understood (PostgreSQL 13).
const VERSION_MIN: i32 = 130_000;

/// A slot, as `pg_replication_slots` shows it; columns that a server does not have yet are absent.
#[derive(Debug, Deserialize)]
pub(super) struct Slot {
    plugin: Option<String>,
    database: Option<String>,
    wal_status: Option<String>,
    invalidation_reason: Option<String>,
    restart_lsn: Option<Lsn>,
    confirmed_flush_lsn: Option<Lsn>,
}

/// A table of a publication, as `pg_publication_tables` shows it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Published {
    /// Columns that are told; all where absent.
    pub(super) attnames: Option<Vec<String>>,
    /// Condition of the rows that are told.
    pub(super) rowfilter: Option<String>,
}

/// A slot that can be read.
pub(super) struct Ready {
    pub(super) published: Published,
    /// What the slot has been told is landed.
    pub(super) confirmed: Lsn,
    /// Bytes of log it holds back.
    pub(super) held_bytes: u64,
    /// The end of the log that is on the server's disk.
    pub(super) end: Lsn,
}

impl Changes {
    /// Everything that reading needs; what is missing is made, where the settings say so.
    pub(super) async fn ready(
        &self,
        connection: &mut PgConnection,
        read: Option<&Read>,
        control: &Control,
    ) -> Result<Ready> {
        if let Some(ready) = self.look(connection, read).await? {
            return Ok(ready);
        }
        self.make(connection, control).await?;
        self.look(connection, read).await?.ok_or_else(|| self.missing("复制槽", "slot", &self.sql_of_slot()))
    }

    /// What is there; `None` where something is missing that may be made.
    pub(super) async fn look(
        &self,
        connection: &mut PgConnection,
        read: Option<&Read>,
    ) -> Result<Option<Ready>> {
        self.check_server(connection).await?;
        let partitioned = self.check_table(connection).await?;
        let published = self.published(connection, partitioned).await?;
        let slot = self.slot(connection).await?;
        match (published, slot) {
            (Some(published), Some(slot)) => {
                let end = self.end(connection).await?;
                self.usable(slot, published, read, end).map(Some)
            }
            (published, slot) if read.is_some() => Err(self.gone(published.is_none(), slot.is_none())),
            (None, Some(_)) if self.settings.create => Err(self.older_slot()),
            _ if self.settings.create => Ok(None),
            (None, _) => Err(self.missing("发布", "publication", &self.sql_of_publication())),
            (_, None) => Err(self.missing("复制槽", "slot", &self.sql_of_slot())),
        }
    }

    /// The publication, then the slot: a slot cannot tell of what was not published yet. Making it waits for the
    /// transactions that are under way.
    async fn make(&self, connection: &mut PgConnection, control: &Control) -> Result<()> {
        let (published,): (bool,) =
            sqlx::query_as("SELECT EXISTS (SELECT 1 FROM pg_publication WHERE pubname = $1)")
                .bind(&self.settings.publication)
                .fetch_one(&mut *connection)
                .await
                .map_err(|error| self.server.failed(error))?;
        if !published {
            let sql = format!("BEGIN READ WRITE; {}; COMMIT", self.sql_of_publication());
            self.run(connection, sql).await?;
        }
        let query = sqlx::query_as::<_, (String,)>(
            "SELECT slot_name::text FROM pg_create_logical_replication_slot($1, 'pgoutput')",
        )
        .bind(&self.settings.slot);
        let mut made = query.fetch(connection);
        while self.server.next(&mut made, SILENCE_S, control).await?.is_some() {}
        Ok(())
    }

    async fn check_server(&self, connection: &mut PgConnection) -> Result<()> {
        let (version, standby, level): (i32, bool, String) = sqlx::query_as(
            "SELECT current_setting('server_version_num')::int4, pg_is_in_recovery(), current_setting('wal_level')",
        )
        .fetch_one(connection)
        .await
        .map_err(|error| self.server.failed(error))?;
        if version < VERSION_MIN {
            return Err(Error::changes(
                "变更捕获需要 PostgreSQL 13 或更新的版本；请改用递增列取数。",
                "Change capture needs PostgreSQL 13 or newer; fetch by a growing column instead.",
            ));
        }
        if standby {
            return Err(Error::changes(
                "该服务器是备库；变更捕获须连接主库。",
                "This server is a standby; change capture has to connect to the primary.",
            ));
        }
        if level == "logical" {
            return Ok(());
        }
        Err(Error::changes(
            format!(
                "服务器的 wal_level 为 {level}；请执行 ALTER SYSTEM SET wal_level = logical，并重启数据库。"
            ),
            format!(
                "The server's wal_level is {level}; run ALTER SYSTEM SET wal_level = logical and restart the database."
            ),
        ))
    }

    /// Whether the table is partitioned. A table without identity must not be published by us: its owner could no longer
    /// change or delete rows.
    async fn check_table(&self, connection: &mut PgConnection) -> Result<bool> {
        let table: Option<(String, bool)> = sqlx::query_as(
            "SELECT c.relkind::text, c.relreplident IN ('f', 'i') OR (c.relreplident = 'd' AND EXISTS \
             (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)) \
             FROM pg_class c WHERE c.oid = to_regclass($1)",
        )
        .bind(self.table())
        .fetch_optional(connection)
        .await
        .map_err(|error| self.server.failed(error))?;
        let Some((kind, identity)) = table else {
            return Err(no_table(&self.settings.database, &self.table()));
        };
        if !matches!(kind.as_str(), "r" | "p") {
            return Err(Error::setting(
                "table",
                format!("{} 不是表；只有表才有变更。", self.table()),
                format!("{} is no table; only tables have changes.", self.table()),
            ));
        }
        if self.settings.create && !identity {
            return Err(Error::changes(
                format!(
                    "{0} 没有主键：一旦发布，对方将无法更新和删除它的行。请先加主键，或执行 ALTER TABLE {0} REPLICA IDENTITY FULL。",
                    self.table()
                ),
                format!(
                    "{0} has no primary key: once published, its rows could be neither updated nor deleted. Add a primary key first, or run ALTER TABLE {0} REPLICA IDENTITY FULL.",
                    self.table()
                ),
            ));
        }
        Ok(kind == "p")
    }

    /// What the publication tells of the table; `None` where there is no publication.
    async fn published(&self, connection: &mut PgConnection, partitioned: bool) -> Result<Option<Published>> {
        let found: Option<(bool,)> =
            sqlx::query_as("SELECT pubviaroot FROM pg_publication WHERE pubname = $1")
                .bind(&self.settings.publication)
                .fetch_optional(&mut *connection)
                .await
                .map_err(|error| self.server.failed(error))?;
        let Some((via_root,)) = found else { return Ok(None) };
        if partitioned && !via_root {
            let sql = format!(
                "ALTER PUBLICATION {} SET (publish_via_partition_root = true)",
                quoted(&self.settings.publication)
            );
            return Err(Error::changes(
                format!("{} 是分区表，发布却按分区发送；请执行：{sql}", self.table()),
                format!(
                    "{} is partitioned, and the publication tells of its partitions; run: {sql}",
                    self.table()
                ),
            ));
        }
        let row: Option<(String,)> = sqlx::query_as(
            "SELECT to_jsonb(t)::text FROM pg_publication_tables t \
             WHERE t.pubname = $1 AND t.schemaname = $2 AND t.tablename = $3",
        )
        .bind(&self.settings.publication)
        .bind(&self.settings.schema)
        .bind(&self.settings.table)
        .fetch_optional(connection)
        .await
        .map_err(|error| self.server.failed(error))?;
        let Some((row,)) = row else {
            let sql = format!(
                "ALTER PUBLICATION {} ADD TABLE {}",
                quoted(&self.settings.publication),
                self.table()
            );
            return Err(Error::changes(
                format!("发布 {} 不含 {}；请执行：{sql}", self.settings.publication, self.table()),
                format!(
                    "The publication {} is without {}; run: {sql}",
                    self.settings.publication,
                    self.table()
                ),
            ));
        };
        let published = serde_json::from_str(&row);
        published.map(Some).map_err(|error| self.strange("pg_publication_tables", &error))
    }

    async fn slot(&self, connection: &mut PgConnection) -> Result<Option<Slot>> {
        let row: Option<(String,)> =
            sqlx::query_as("SELECT to_jsonb(s)::text FROM pg_replication_slots s WHERE s.slot_name = $1")
                .bind(&self.settings.slot)
                .fetch_optional(connection)
                .await
                .map_err(|error| self.server.failed(error))?;
        let read = |(row,): (String,)| {
            serde_json::from_str(&row).map_err(|error| self.strange("pg_replication_slots", &error))
        };
        row.map(read).transpose()
    }

    /// The end of the log that is on the server's disk: changes are read up to there.
    async fn end(&self, connection: &mut PgConnection) -> Result<Lsn> {
        let (end,): (String,) = sqlx::query_as("SELECT pg_current_wal_flush_lsn()::text")
            .fetch_one(connection)
            .await
            .map_err(|error| self.server.failed(error))?;
        end.parse().map_err(|error: String| self.strange("pg_current_wal_flush_lsn", &error))
    }

    fn usable(&self, slot: Slot, published: Published, read: Option<&Read>, end: Lsn) -> Result<Ready> {
        let name = &self.settings.slot;
        let ours = slot.plugin.as_deref() == Some("pgoutput")
            && slot.database.as_deref() == Some(self.settings.database.as_str());
        if !ours {
            return Err(Error::setting(
                "slot",
                format!(
                    "{name} 不是数据库 {} 中以 pgoutput 输出的逻辑复制槽；请换一个名称。",
                    self.settings.database
                ),
                format!(
                    "{name} is no logical slot of the database {} with the plug-in pgoutput; take another name.",
                    self.settings.database
                ),
            ));
        }
        let lost = slot.wal_status.as_deref() == Some("lost") || slot.invalidation_reason.is_some();
        let (Some(confirmed), Some(restart), false) = (slot.confirmed_flush_lsn, slot.restart_lsn, lost)
        else {
            let why = slot.invalidation_reason.unwrap_or_else(|| "wal_removed".to_owned());
            return Err(Error::changes(
                format!(
                    "复制槽 {name} 已失效（{why}），其中的变更已丢失。请执行 SELECT pg_drop_replication_slot('{name}')，视情况调大 max_slot_wal_keep_size，再把该数据连接器改为从头读取。"
                ),
                format!(
                    "The slot {name} is invalid ({why}), and the changes in it are lost. Run SELECT pg_drop_replication_slot('{name}'), raise max_slot_wal_keep_size where it is too small, and let the connector read from the beginning."
                ),
            ));
        };
        if let Some(read) = read {
            self.check_place(read.upto, confirmed, end)?;
        }
        Ok(Ready { published, confirmed, held_bytes: end.0.saturating_sub(restart.0), end })
    }

    /// A slot that somebody else has moved, or another server's log: changes would be left out without a word.
    fn check_place(&self, upto: Lsn, confirmed: Lsn, end: Lsn) -> Result<()> {
        if confirmed <= upto && upto <= end {
            return Ok(());
        }
        let name = &self.settings.slot;
        Err(Error::changes(
            format!(
                "复制槽 {name} 在 {confirmed}，服务器日志到 {end}，本节点读到 {upto}：复制槽被他人读过，或服务器、本节点曾从备份恢复。请把该数据连接器改为从头读取。"
            ),
            format!(
                "The slot {name} stands at {confirmed}, the server's log ends at {end}, and this node has read to {upto}: somebody else reads the slot, or the server or this node came back from a backup. Let the connector read from the beginning."
            ),
        ))
    }

    /// Tell the slot what has landed, so that the server may let go of its log.
    pub(super) async fn advance(
        &self,
        connection: &mut PgConnection,
        upto: Lsn,
        control: &Control,
    ) -> Result<()> {
        let query = sqlx::query_as::<_, (String,)>(
            "SELECT end_lsn::text FROM pg_replication_slot_advance($1, $2::pg_lsn)",
        )
        .bind(&self.settings.slot)
        .bind(upto.to_string());
        let mut moved = query.fetch(connection);
        while self.server.next(&mut moved, super::DECODING_S, control).await?.is_some() {}
        Ok(())
    }

    /// Drop what was made: the slot, which holds back the server's log, and the publication.
    pub(super) async fn drop_all(&self, connection: &mut PgConnection) -> Result<()> {
        if self.slot(connection).await?.is_some() {
            sqlx::query("SELECT pg_drop_replication_slot($1)")
                .bind(&self.settings.slot)
                .execute(&mut *connection)
                .await
                .map_err(|error| self.server.failed(error))?;
        }
        let sql = format!(
            "BEGIN READ WRITE; DROP PUBLICATION IF EXISTS {}; COMMIT",
            quoted(&self.settings.publication)
        );
        self.run(connection, sql).await
    }

    pub(super) async fn run(&self, connection: &mut PgConnection, sql: String) -> Result<()> {
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await;
        done.map(drop).map_err(|error| self.server.failed(error))
    }

    fn sql_of_publication(&self) -> String {
        format!(
            "CREATE PUBLICATION {} FOR TABLE {} WITH (publish_via_partition_root = true)",
            quoted(&self.settings.publication),
            self.table()
        )
    }

    fn sql_of_slot(&self) -> String {
        format!("SELECT pg_create_logical_replication_slot('{}', 'pgoutput')", self.settings.slot)
    }

    fn missing(&self, zh: &str, en: &str, sql: &str) -> Error {
        Error::changes(
            format!(
                "没有{zh}；请在数据库 {} 中执行：{sql}；或在设置中允许创建（create）。",
                self.settings.database
            ),
            format!(
                "There is no {en}; run in the database {}: {sql}; or let it be made (create).",
                self.settings.database
            ),
        )
    }

    /// What was read from before is no longer there.
    fn gone(&self, publication: bool, slot: bool) -> Error {
        let (zh, en) = match (publication, slot) {
            (true, false) => ("发布", "The publication"),
            (false, true) => ("复制槽", "The slot"),
            _ => ("发布和复制槽", "Publication and slot"),
        };
        let name = &self.settings.slot;
        Error::changes(
            format!(
                "{zh}已不存在，此后的变更无从取得。若复制槽 {name} 仍在，请先执行 SELECT pg_drop_replication_slot('{name}')；再把该数据连接器改为从头读取。"
            ),
            format!(
                "{en} is gone, and with it the changes since. Where the slot {name} is still there, run SELECT pg_drop_replication_slot('{name}') first; then let the connector read from the beginning."
            ),
        )
    }

    /// Changes from before a publication was made cannot be read through it.
    fn older_slot(&self) -> Error {
        let name = &self.settings.slot;
        Error::changes(
            format!("复制槽 {name} 早于发布，无法使用；请先执行 SELECT pg_drop_replication_slot('{name}')。"),
            format!(
                "The slot {name} is older than the publication and cannot be used; run SELECT pg_drop_replication_slot('{name}') first."
            ),
        )
    }

    pub(super) fn strange(&self, what: &str, error: &dyn std::fmt::Display) -> Error {
        Error::changes(
            format!("{} 的 {what} 无法识别：{error}。请报告此错误。", self.server.name()),
            format!("{what} of {} is not understood: {error}. Please report this.", self.server.name()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::PostgresChangesSettings;
    use super::*;
    use crate::Surroundings;
    use brain_kernel::clock::SystemClock;
    use serde_json::json;

    fn outcome(slot: &serde_json::Value, upto: Option<u64>) -> Result<Ready> {
        let settings: PostgresChangesSettings = serde_json::from_value(json!({
            "host": "db", "database": "d", "user": "u", "table": "t", "slot": "s", "publication": "p",
        }))
        .unwrap();
        let egress = brain_egress::Egress::new(&brain_egress::Options::default()).unwrap();
        let clock = std::sync::Arc::new(SystemClock);
        let changes =
            Changes::new(settings, None, Surroundings { egress, clock, folders: Vec::new(), own: None });
        let slot = Slot::deserialize(slot).unwrap();
        let read = upto.map(|upto| Read { upto: Lsn(upto), inside: None, seen: None });
        changes.usable(slot, Published::default(), read.as_ref(), Lsn(0x300))
    }

    /// A slot as PostgreSQL 17 shows it.
    fn slot(more: &serde_json::Value) -> serde_json::Value {
        let mut slot = json!({
            "slot_name": "s", "plugin": "pgoutput", "database": "d", "active": false, "wal_status": "reserved",
            "restart_lsn": "0/100", "confirmed_flush_lsn": "0/200", "invalidation_reason": null,
        });
        slot.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        slot
    }

    #[test]
    fn a_slot_that_can_be_read_says_where_it_stands_and_what_it_holds() {
        let ready = outcome(&slot(&json!({})), Some(0x280)).unwrap();
        assert_eq!((ready.confirmed, ready.end, ready.held_bytes), (Lsn(0x200), Lsn(0x300), 0x200));
    }

    #[test]
    fn a_slot_that_would_leave_changes_out_is_refused_with_the_way_on() {
        for (more, upto, says) in [
            (json!({ "wal_status": "lost", "restart_lsn": null }), None, "pg_drop_replication_slot('s')"),
            (json!({ "invalidation_reason": "idle_timeout" }), None, "(idle_timeout)"),
            (json!({ "plugin": "wal2json" }), None, "take another name"),
            (json!({ "database": "other" }), None, "take another name"),
            (json!({}), Some(0x1ff), "somebody else reads the slot"),
            (json!({}), Some(0x301), "came back from a backup"),
        ] {
            let Err(error) = outcome(&slot(&more), upto) else { panic!("{more} is refused") };
            assert!(error.to_string().contains(says), "{more}: {error}");
        }
    }
}
