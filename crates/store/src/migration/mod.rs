//! The schema, as a list of steps that run on both engines.
//!
//! A step that was part of a release never changes; a new need is a new step at the end.

mod m0001_spine;
mod m0002_evidence;
mod m0003_identity;
mod m0004_policy;
mod m0005_grading;
mod m0006_crypto;
mod m0007_audit;
mod m0008_federation;
mod m0009_status;
mod m0010_terms;
mod m0011_quality;
mod m0012_lineage;
mod m0013_connector;
mod m0014_registers;
mod m0015_model_attempt;
mod m0016_matching;
mod m0017_data_product;
mod m0018_exchange;
mod m0019_corpus;
mod m0020_connector_notices;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait};

use crate::{Error, Result};

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_spine::Migration),
            Box::new(m0002_evidence::Migration),
            Box::new(m0003_identity::Migration),
            Box::new(m0004_policy::Migration),
            Box::new(m0005_grading::Migration),
            Box::new(m0006_crypto::Migration),
            Box::new(m0007_audit::Migration),
            Box::new(m0008_federation::Migration),
            Box::new(m0009_status::Migration),
            Box::new(m0010_terms::Migration),
            Box::new(m0011_quality::Migration),
            Box::new(m0012_lineage::Migration),
            Box::new(m0013_connector::Migration),
            Box::new(m0014_registers::Migration),
            Box::new(m0015_model_attempt::Migration),
            Box::new(m0016_matching::Migration),
            Box::new(m0017_data_product::Migration),
            Box::new(m0018_exchange::Migration),
            Box::new(m0019_corpus::Migration),
            Box::new(m0020_connector_notices::Migration),
        ]
    }
}

/// Key of the PostgreSQL advisory lock that makes two starting nodes migrate one after the other ("brain" in ASCII).
const MIGRATION_LOCK: i64 = 0x62_72_61_69_6e;

/// Refuse a newer database, then bring an older one forward; all steps in one transaction, so that a failed upgrade
/// leaves the database as it was and two programs starting together upgrade once.
pub(crate) async fn run(db: &DatabaseConnection) -> Result<()> {
    let sqlite = db.get_database_backend() == DbBackend::Sqlite;
    let transaction = db
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: sqlite.then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await
        .map_err(Error::connect)?;
    if !sqlite {
        let lock = format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})");
        transaction.execute_unprepared(&lock).await.map_err(Error::migration)?;
    }
    let known: Vec<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    let applied = Migrator::get_migration_models(&transaction).await.map_err(Error::migration)?;
    if let Some(newer) = applied.iter().find(|row| !known.contains(&row.version)) {
        let name = newer.version.clone();
        transaction.rollback().await.map_err(Error::migration)?;
        return Err(Error::NewerSchema(name));
    }
    if applied.len() < known.len() {
        tracing::info!(applied = applied.len(), known = known.len(), "migrating the operational store");
        Migrator::up(&transaction, None).await.map_err(Error::migration)?;
    }
    transaction.commit().await.map_err(Error::migration)
}
