//! A write transaction.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use crate::Result;
use crate::turn::{Turn, Writers, heard};

/// One write transaction; dropping it without [`commit`](Self::commit) rolls back.
///
/// On SQLite it owns the database's single write lock from the start (`BEGIN IMMEDIATE`), so that two transactions
/// never fail on upgrading a read lock, and writers of this process queue fairly. Keep it short, and never open a
/// second one while holding the first.
#[derive(Debug)]
pub struct Transaction {
    inner: DatabaseTransaction,
    // Declared after `inner`: the rollback of a dropped transaction is queued before the next writer starts.
    turn: Turn,
    writers: Writers,
}

impl Transaction {
    pub(crate) fn new(inner: DatabaseTransaction, turn: Turn, writers: Writers) -> Self {
        Self { inner, turn, writers }
    }

    /// Make everything written durable and visible. It goes on when the caller goes away: what the disk says to a commit
    /// that was begun is heard before the next writer begins.
    pub async fn commit(self) -> Result<()> {
        let Self { inner, turn, writers } = self;
        writers.ask_fence();
        Ok(heard(turn, inner.commit()).await?)
    }

    /// Forget everything written.
    pub async fn rollback(self) -> Result<()> {
        Ok(self.inner.rollback().await?)
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> std::result::Result<ExecResult, DbErr> {
        self.inner.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> std::result::Result<ExecResult, DbErr> {
        self.inner.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> std::result::Result<Option<QueryResult>, DbErr> {
        self.inner.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> std::result::Result<Vec<QueryResult>, DbErr> {
        self.inner.query_all_raw(statement).await
    }
}
