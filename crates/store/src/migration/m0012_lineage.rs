//! What other systems say about where data comes from.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_null, timestamp_with_time_zone};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0012_lineage"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("lineage_event")
            .col(text("key").primary_key())
            .col(text_null("run_id"))
            .col(text("event"))
            .col(big_integer("events"))
            .col(text("account"))
            .col(timestamp_with_time_zone("received_at"))
            .take();
        manager.create_table(table).await
    }
}
