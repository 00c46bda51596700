//! Connectors: what they read, how far they have read it, and their runs.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, json, json_null, text, text_null, text_uniq, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0013_connector"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        let runs = Index::create()
            .name("connector_run_connector")
            .table("connector_run")
            .col("connector")
            .col("id")
            .take();
        manager.create_index(runs).await
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("connector")
            .col(text("id").primary_key())
            .col(text_uniq("name"))
            .col(text("kind"))
            .col(json("settings"))
            .col(text_null("secret"))
            .col(text("mapping"))
            .col(text_null("dataset"))
            .col(json("schedule"))
            .col(boolean("enabled"))
            .col(big_integer("revision"))
            .col(text("updated_by"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .take(),
        // Apart from the connector: a run goes on while somebody changes its settings.
        Table::create()
            .table("connector_position")
            .col(text("connector").primary_key())
            .col(json("position"))
            .col(timestamp_with_time_zone("at"))
            .take(),
        Table::create()
            .table("connector_run")
            .col(text("id").primary_key())
            .col(text("connector"))
            .col(text("occasion"))
            .col(text("actor"))
            .col(text("state"))
            .col(timestamp_with_time_zone("started_at"))
            .col(timestamp_with_time_zone_null("ended_at"))
            .col(big_integer("batches"))
            .col(big_integer("rows"))
            .col(big_integer("refused"))
            .col(big_integer("bytes"))
            .col(big_integer("attempts"))
            .col(json_null("failure"))
            .col(json_null("position_before"))
            .col(json_null("position_after"))
            .col(text_null("landing"))
            .col(json_null("landing_position"))
            .take(),
    ]
}
