//! v0.1: the first schema.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, boolean, double, integer, json, json_null, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null,
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_spine"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in people().into_iter().chain(catalogue()).chain(runs()).chain(evidence()) {
            manager.create_table(table).await?;
        }
        for (name, table, columns) in INDEXES {
            let mut index = Index::create();
            index.name(*name).table(*table);
            for column in *columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// Index name, table, columns.
const INDEXES: &[(&str, &str, &[&str])] = &[
    ("session_account", "session", &["account_id"]),
    ("session_expiry", "session", &["expires_at"]),
    ("api_key_account", "api_key", &["account_id"]),
    ("dataset_version_content", "dataset_version", &["dataset", "content_hash"]),
    ("dataset_input_by_input", "dataset_input", &["input"]),
    ("ingest_run_state", "ingest_run", &["state"]),
    ("model_run_model", "model_run", &["model", "finished_at"]),
    ("evidence_leaf_kind", "evidence_leaf", &["kind"]),
    ("evidence_leaf_subject", "evidence_leaf", &["subject"]),
    ("evidence_leaf_actor", "evidence_leaf", &["actor"]),
];

fn people() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("account")
            .col(text("id").primary_key())
            .col(text("username").unique_key())
            .col(text("display_name"))
            .col(text("role"))
            .col(text_null("organisation"))
            .col(text_null("region"))
            .col(text("password_hash"))
            .col(boolean("must_change_password"))
            .col(boolean("disabled"))
            .col(integer("failed_sign_ins"))
            .col(timestamp_with_time_zone_null("locked_until"))
            .col(timestamp_with_time_zone("password_changed_at"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("last_sign_in_at"))
            .take(),
        Table::create()
            .table("session")
            .col(text("token_hash").primary_key())
            .col(text("account_id"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("last_seen_at"))
            .col(timestamp_with_time_zone("expires_at"))
            .col(text_null("ip"))
            .col(text_null("user_agent"))
            .foreign_key(
                ForeignKey::create()
                    .from("session", "account_id")
                    .to("account", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take(),
        Table::create()
            .table("api_key")
            .col(text("id").primary_key())
            .col(text("account_id"))
            .col(text("name"))
            .col(text("secret_hash").unique_key())
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("expires_at"))
            .col(timestamp_with_time_zone_null("last_used_at"))
            .col(timestamp_with_time_zone_null("revoked_at"))
            .foreign_key(
                ForeignKey::create()
                    .from("api_key", "account_id")
                    .to("account", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take(),
        Table::create()
            .table("organisation")
            .col(text("uscc").primary_key())
            .col(text("name"))
            .col(text_null("region"))
            .col(timestamp_with_time_zone("created_at"))
            .take(),
        Table::create()
            .table("grant_entry")
            .col(text("id").primary_key())
            .col(text("subject_kind"))
            .col(text("subject"))
            .col(text("dataset_pattern"))
            .col(text("reach"))
            .col(text_null("grade_max"))
            .col(text_null("mask_from"))
            .col(json("rows"))
            .col(json("masks"))
            .col(text("purpose"))
            .col(timestamp_with_time_zone_null("valid_until"))
            .col(text("basis_zh"))
            .col(text("basis_en"))
            .col(text("issued_by"))
            .col(timestamp_with_time_zone("issued_at"))
            .col(timestamp_with_time_zone_null("revoked_at"))
            .col(text_null("revoked_by"))
            .take(),
        Table::create()
            .table("setting")
            .col(text("key").primary_key())
            .col(json("value"))
            .col(timestamp_with_time_zone("updated_at"))
            .take(),
    ]
}

fn catalogue() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("dataset")
            .col(text("name").primary_key())
            .col(text("title_zh"))
            .col(text("title_en"))
            .col(text("description_zh"))
            .col(text("description_en"))
            .col(text("owner"))
            .col(text("side"))
            .col(text("zone"))
            .col(text("grade"))
            .col(text_null("restricted_by"))
            .col(text("source"))
            .col(text("licence"))
            .col(json_null("quality"))
            .col(big_integer("rows"))
            .col(big_integer("bytes"))
            .col(big_integer_null("version"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .col(text("search_text"))
            .take(),
        Table::create()
            .table("dataset_column")
            .col(text("dataset"))
            .col(text("name"))
            .col(integer("position"))
            .col(text("data_type"))
            .col(boolean("nullable"))
            .col(text("title_zh"))
            .col(text("title_en"))
            .col(text_null("unit"))
            .col(text("grade"))
            .primary_key(Index::create().col("dataset").col("name"))
            .foreign_key(
                ForeignKey::create()
                    .from("dataset_column", "dataset")
                    .to("dataset", "name")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take(),
        Table::create()
            .table("dataset_version")
            .col(text("dataset"))
            .col(big_integer("version"))
            .col(big_integer("rows"))
            .col(big_integer("bytes"))
            .col(timestamp_with_time_zone("committed_at"))
            .col(text_null("run_id"))
            .col(text_null("content_hash"))
            .col(json("inputs"))
            .primary_key(Index::create().col("dataset").col("version"))
            .foreign_key(
                ForeignKey::create()
                    .from("dataset_version", "dataset")
                    .to("dataset", "name")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take(),
        Table::create()
            .table("dataset_input")
            .col(text("dataset"))
            .col(big_integer("version"))
            .col(text("input"))
            .col(big_integer("input_version"))
            .primary_key(Index::create().col("dataset").col("version").col("input"))
            .take(),
    ]
}

fn runs() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("ingest_run")
            .col(text("id").primary_key())
            .col(text("state"))
            .col(text("actor"))
            .col(text("mapping"))
            .col(text("file"))
            .col(text_null("content_hash"))
            .col(text_null("dataset"))
            .col(json("options"))
            .col(big_integer("rows_read"))
            .col(big_integer("rows_landed"))
            .col(big_integer("rows_quarantined"))
            .col(big_integer_null("version"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("started_at"))
            .col(timestamp_with_time_zone_null("finished_at"))
            .col(json_null("report"))
            .col(json_null("failure"))
            .take(),
        Table::create()
            .table("model_run")
            .col(text("id").primary_key())
            .col(text("model"))
            .col(text("definition_hash"))
            .col(json("inputs"))
            .col(text("output"))
            .col(big_integer("output_version"))
            .col(big_integer("rows"))
            .col(double("seconds"))
            .col(timestamp_with_time_zone("finished_at"))
            .take(),
    ]
}

fn evidence() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("evidence_leaf")
            .col(big_integer("seq").primary_key())
            .col(timestamp_with_time_zone("recorded_at"))
            .col(text("kind"))
            .col(text("actor"))
            .col(text("subject"))
            .col(text("body"))
            .col(blob("leaf_hash"))
            .take(),
        Table::create()
            .table("evidence_frontier")
            .col(integer("id").primary_key())
            .col(big_integer("size"))
            .col(blob("peaks"))
            .take(),
        Table::create()
            .table("evidence_head")
            .col(big_integer("size").primary_key())
            .col(text("root"))
            .col(timestamp_with_time_zone("signed_at"))
            .col(text("key_id"))
            .col(text("signature"))
            .take(),
    ]
}
