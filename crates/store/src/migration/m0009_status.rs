//! What peers say about themselves, what of it is known to be good, and what is to be deleted when.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0009_status"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [text_null("base_url"), text_null("sm2_public_key")] {
            manager.alter_table(Table::alter().table("node_identity").add_column(column).take()).await?;
        }
        for table in tables() {
            manager.create_table(table).await?;
        }
        let state = Index::create()
            .name("deletion_proposal_state")
            .table("deletion_proposal")
            .col("state")
            .col("dataset")
            .take();
        manager.create_index(state).await
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("node_statement")
            .col(text("account_id").primary_key())
            .col(text("statement"))
            .col(boolean("accepted"))
            .col(text_null("reason"))
            .col(timestamp_with_time_zone("received_at"))
            .take(),
        Table::create()
            .table("known_good")
            .col(text("id").primary_key())
            .col(text("kind"))
            .col(text("value"))
            .col(text_null("node"))
            .col(text("note"))
            .col(text("created_by"))
            .col(timestamp_with_time_zone("created_at"))
            .col(text_null("withdrawn_by"))
            .col(timestamp_with_time_zone_null("withdrawn_at"))
            .take(),
        Table::create()
            .table("deletion_proposal")
            .col(text("id").primary_key())
            .col(text("dataset"))
            .col(text("rule"))
            .col(text("basis"))
            .col(boolean("whole"))
            .col(big_integer("first_kept"))
            .col(big_integer("versions"))
            .col(big_integer("bytes"))
            .col(text("state"))
            .col(timestamp_with_time_zone("proposed_at"))
            .col(text_null("decided_by"))
            .col(timestamp_with_time_zone_null("decided_at"))
            .col(text_null("reason"))
            .col(text_null("certificate"))
            .take(),
        Table::create()
            .table("removed_version")
            .col(text("dataset"))
            .col(big_integer("version"))
            .col(text("proposal_id"))
            .col(timestamp_with_time_zone("removed_at"))
            .primary_key(Index::create().col("dataset").col("version"))
            .take(),
    ]
}
