//! What changes in a PostgreSQL table (变更捕获): first the rows that are there, then every change in the order of its
//! commit, from a logical replication slot.
//!
//! The slot is peeked at, never consumed: it learns what has landed when the next batch is fetched. The position alone
//! decides what is handed over, so a node that dies between landing and telling the slot brings nothing twice.
//! Start reading at [`Changes`], then `follow.rs`; decision 0169 says why it is so.

mod follow;
pub mod pgoutput;
mod position;
mod row;
mod settings;
mod slot;
mod snapshot;

use brain_kernel::language::Text;
use sqlx::postgres::PgConnection;

pub use self::settings::PostgresChangesSettings;

use self::follow::{Follower, Step};
use self::position::{Lsn, Read};
use self::slot::Published;
use super::server::{connect, quoted, told};
use crate::database::Server;
use crate::source::FIELDS_MAX;
use crate::{Control, Fetched, Finding, Landing, Position, Result, Secret, Source, Surroundings};

/// What connections are accounted for as.
const PURPOSE: &str = "connector.postgres_changes";
/// Longest silence while the server reads its log before the first change, seconds.
const DECODING_S: u64 = 3_600;
/// Log that is read at once, bytes: the server answers only when it has read all of it.
const WINDOW_BYTES: u64 = 1 << 30;

/// The changes of one table.
pub(crate) struct Changes {
    settings: PostgresChangesSettings,
    server: Server,
}

impl Changes {
    pub(crate) fn new(
        settings: PostgresChangesSettings,
        secret: Option<Secret>,
        surroundings: Surroundings,
    ) -> Self {
        let server = Server::new(settings.place(), secret, surroundings.egress, PURPOSE, told);
        Self { settings, server }
    }

    /// Schema and table, quoted.
    fn table(&self) -> String {
        format!("{}.{}", quoted(&self.settings.schema), quoted(&self.settings.table))
    }

    async fn begin(&self, landing: &mut Landing) -> Result<()> {
        let name: String = self.settings.table.chars().take(60).collect();
        landing.begin(&format!("{name}.jsonl")).await
    }

    /// Hand over what was committed after a position, up to a place in the log.
    async fn changes(
        &self,
        connection: &mut PgConnection,
        read: &Read,
        end: Lsn,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<Option<Fetched>> {
        let upto = Lsn(end.0.min(read.upto.0.saturating_add(WINDOW_BYTES)));
        let most = i32::try_from(landing.rows_max()).unwrap_or(i32::MAX);
        let query = sqlx::query_as::<_, (Vec<u8>,)>(
            "SELECT data FROM pg_logical_slot_peek_binary_changes($1, $2::pg_lsn, $3, \
             'proto_version', '1', 'publication_names', $4)",
        )
        .bind(&self.settings.slot)
        .bind(upto.to_string())
        .bind(most)
        .bind(quoted(&self.settings.publication));
        let mut messages = query.fetch(connection);
        let mut follower = Follower::new(&self.settings.schema, &self.settings.table, read.clone());
        self.begin(landing).await?;
        let mut taken = 0;
        let full = loop {
            let Some((message,)) = self.server.next(&mut messages, DECODING_S, control).await? else {
                break false;
            };
            taken += 1;
            match follower.take(&message)? {
                Step::Altered => break true,
                Step::Lines(lines) => {
                    for line in lines {
                        landing.line(&line).await?;
                        control.progress.add(line.len() as u64);
                    }
                }
            }
            if landing.is_full() {
                break true;
            }
        };
        drop(messages);
        // The server stops at the place asked for, or at the end of a transaction once there are enough messages.
        let stopped_early = full || taken >= most;
        if !stopped_early {
            follower.reach(upto);
        }
        let reached = follower.reached();
        if landing.is_empty() && reached == *read {
            return Ok(None);
        }
        Ok(Some(Fetched { position: Position::of(&reached)?, more: stopped_early || upto < end }))
    }
}

#[async_trait::async_trait]
impl Source for Changes {
    async fn test(&self, _control: &Control) -> Result<Finding> {
        let mut link = connect(&self.server).await?;
        let Some(ready) = self.look(&mut link.connection, None).await? else {
            let columns = self.columns(&mut link.connection, &Published::default()).await?;
            return Ok(Finding {
                found: Text::new(
                    "可以捕获变更；首次运行时创建发布和复制槽",
                    "Changes can be captured; the first run makes publication and slot",
                ),
                fields: columns.names().map(str::to_owned).take(FIELDS_MAX).collect(),
            });
        };
        let columns = self.columns(&mut link.connection, &ready.published).await?;
        let held = ready.held_bytes >> 20;
        Ok(Finding {
            found: Text::new(
                format!(
                    "可以捕获变更：只取 {} 的，发布中其他表的不取；复制槽占用服务器日志 {held} MiB",
                    self.table()
                ),
                format!(
                    "Changes can be captured: those of {} alone, whatever else is published; the slot holds back {held} MiB of the server's log",
                    self.table()
                ),
            ),
            fields: columns.names().map(str::to_owned).take(FIELDS_MAX).collect(),
        })
    }

    async fn fetch(
        &self,
        after: Option<&Position>,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<Option<Fetched>> {
        let read: Option<Read> = after.map(Position::read).transpose()?;
        let mut link = connect(&self.server).await?;
        let connection = &mut link.connection;
        let ready = self.ready(connection, read.as_ref(), control).await?;
        let Some(read) = read else {
            if self.settings.snapshot {
                return self.snapshot(connection, &ready, landing, control).await.map(Some);
            }
            let read = Read { upto: ready.confirmed, inside: None, seen: None };
            return self.changes(connection, &read, ready.end, landing, control).await;
        };
        if read.upto > ready.confirmed {
            self.advance(connection, read.upto, control).await?;
        }
        self.changes(connection, &read, ready.end, landing, control).await
    }

    async fn forget(&self, _control: &Control) -> Result<()> {
        if !self.settings.create {
            return Ok(());
        }
        let mut link = connect(&self.server).await?;
        self.drop_all(&mut link.connection).await
    }
}
