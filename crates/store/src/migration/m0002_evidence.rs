//! Evidence: identity of the log, checkpoints as signed notes, cosignatures, references, personal values, witnessed logs.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, blob, integer, text, timestamp_with_time_zone};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0002_evidence"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in log().into_iter().chain(personal()).chain(witnessing()) {
            manager.create_table(table).await?;
        }
        let mut by_person = Index::create();
        by_person.name("evidence_personal_subject").table("evidence_personal").col("subject");
        manager.create_index(by_person).await
    }
}

fn log() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("evidence_log")
            .col(integer("id").primary_key())
            .col(text("origin"))
            .col(text("hash"))
            .col(timestamp_with_time_zone("created_at"))
            .take(),
        Table::create()
            .table("evidence_checkpoint")
            .col(big_integer("size").primary_key())
            .col(text("root"))
            .col(text("note"))
            .col(timestamp_with_time_zone("signed_at"))
            .take(),
        Table::create()
            .table("evidence_cosignature")
            .col(big_integer("size"))
            .col(text("witness"))
            .col(text("lines"))
            .col(timestamp_with_time_zone("received_at"))
            .primary_key(Index::create().col("size").col("witness"))
            .take(),
        Table::create()
            .table("evidence_reference")
            .col(text("reference"))
            .col(big_integer("seq"))
            .primary_key(Index::create().col("reference").col("seq"))
            .take(),
    ]
}

fn personal() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("evidence_salt")
            .col(text("subject").primary_key())
            .col(blob("salt"))
            .col(timestamp_with_time_zone("created_at"))
            .take(),
        Table::create()
            .table("evidence_personal")
            .col(big_integer("seq"))
            .col(text("field"))
            .col(text("subject"))
            .col(text("value"))
            .primary_key(Index::create().col("seq").col("field"))
            .take(),
    ]
}

fn witnessing() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("evidence_witnessed")
            .col(text("origin").primary_key())
            .col(big_integer("size"))
            .col(text("root"))
            .col(text("note"))
            .col(timestamp_with_time_zone("updated_at"))
            .take(),
        Table::create()
            .table("evidence_alarm")
            .col(text("id").primary_key())
            .col(text("origin"))
            .col(text("problem"))
            .col(big_integer("size"))
            .col(text("root"))
            .col(text("note"))
            .col(timestamp_with_time_zone("found_at"))
            .take(),
    ]
}
