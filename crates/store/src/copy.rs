//! All rows of one database into another, whichever engines they have: backups of PostgreSQL, and moving onto it.

use std::path::Path;

use futures::TryStreamExt as _;
use sea_orm::{
    AccessMode, DatabaseTransaction, EntityTrait, FromQueryResult, IntoActiveModel, IsolationLevel, Iterable,
    ModelTrait, PaginatorTrait as _, TransactionTrait as _,
};

use crate::entity;
use crate::{Engine, Error, Result, Store, Transaction};

/// Values one statement may carry on both engines, with room to spare (SQLite: 32,766).
const VALUES_MAX: usize = 30_000;
/// Rows one statement inserts at most.
const ROWS_MAX: usize = 500;

macro_rules! copy_tables {
    ($from:expr, $into:expr; $($table:ident),+ $(,)?) => {
        0 $(+ copy_table::<entity::$table::Entity>($from, $into).await?)+
    };
}

impl Store {
    /// Write a consistent copy of the whole database into a new SQLite file while others read and write.
    ///
    /// SQLite copies its pages; of PostgreSQL all rows are read in one snapshot (`REPEATABLE READ`).
    pub async fn copy_into(&self, path: &Path) -> Result<()> {
        let shown = path.display().to_string();
        match self.engine() {
            Engine::Sqlite => self.vacuum_into(&shown).await,
            Engine::Postgres => {
                let copy = Self::open(&format!("sqlite:{shown}"), self.clock().clone()).await?;
                self.pour_into(&copy).await?;
                copy.close().await
            }
        }
    }

    /// Insert every row there is at this moment into `other`, whose tables must be empty, in one transaction there.
    /// Returns how many. Rows are streamed: neither database need fit into memory.
    pub async fn pour_into(&self, other: &Self) -> Result<u64> {
        let isolation = (self.engine() == Engine::Postgres).then_some(IsolationLevel::RepeatableRead);
        let access = (self.engine() == Engine::Postgres).then_some(AccessMode::ReadOnly);
        let from = self.pool().begin_with_config(isolation, access).await?;
        let into = other.transaction().await?;
        // In an order in which a row's owner comes before the row, and audit records before the batch that closes over
        // them: the guards of append-only tables hold while a database is filled, too. A test holds the list against
        // the migrations.
        let rows = copy_tables!(&from, &into;
            account, dataset, oidc_client, session, audit_record, audit_batch, audit_expiry, access_request,
            api_key, audit_dataset, audit_profile, certificate, classification, code_list, code_list_code,
            code_mapping, code_mapping_row, column_origin, connector, connector_position, connector_run,
            corpus, corpus_file, corpus_run, corpus_version, data_element, data_key, data_product, data_product_delivery, data_product_moment,
            data_product_subscription, data_product_use, data_product_version, dataset_column,
            dataset_input, dataset_version, delegation, deletion_proposal, element_binding, evidence_alarm,
            evidence_checkpoint, evidence_cosignature, evidence_frontier, evidence_head, evidence_leaf,
            evidence_log, evidence_personal, evidence_reference, evidence_salt, evidence_witnessed,
            exchange_batch, exchange_delivery, exchange_subscription,
            federated_link, golden_value, grant_entry, important_filing, incident, incident_duty, incident_event,
            incident_reference, ingest_run, known_good, lineage_event, match_cluster, match_decision,
            match_event, match_member, match_pair, match_run, match_set, model_attempt, model_run, node_identity,
            node_statement, oidc_code, oidc_consent, oidc_key, oidc_token, organisation, passkey,
            password_history, product_event, quality_profile, quality_rules, quality_run, quality_ticket,
            quality_ticket_event, recovery_code, removed_version, rule_version, secret, session_token,
            setting, term, totp, use_counter,
        );
        into.commit().await?;
        from.rollback().await?;
        Ok(rows)
    }
}

async fn copy_table<E>(from: &DatabaseTransaction, into: &Transaction) -> Result<u64>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel> + FromQueryResult + ModelTrait + Send + Sync,
    E::ActiveModel: Send,
{
    if E::find().count(into).await? > 0 {
        return Err(Error::NotEmpty(E::default().table_name().to_owned()));
    }
    let at_once = (VALUES_MAX / E::Column::iter().count().max(1)).clamp(1, ROWS_MAX);
    let mut rows = E::find().stream(from).await?;
    let mut batch = Vec::with_capacity(at_once);
    let mut copied = 0;
    loop {
        let row = rows.try_next().await?;
        let ended = row.is_none();
        batch.extend(row.map(IntoActiveModel::into_active_model));
        if (ended || batch.len() == at_once) && !batch.is_empty() {
            copied += batch.len() as u64;
            E::insert_many(std::mem::take(&mut batch)).exec_without_returning(into).await?;
        }
        if ended {
            return Ok(copied);
        }
    }
}
