//! Attempts at SQL models: what ran, failed, was not published or was skipped, and why.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null, double, json, text, timestamp_with_time_zone};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0015_model_attempt"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("model_attempt")
            .col(text("id").primary_key())
            .col(text("model"))
            .col(text("state"))
            .col(text("mode"))
            .col(text("actor"))
            .col(text("definition_hash"))
            .col(big_integer_null("version"))
            .col(big_integer_null("rows"))
            .col(double("seconds"))
            .col(text("reason_zh"))
            .col(text("reason_en"))
            .col(json("tests"))
            .col(timestamp_with_time_zone("at"))
            .take();
        manager.create_table(table).await?;
        let by_model =
            Index::create().name("model_attempt_model").table("model_attempt").col("model").col("at").take();
        manager.create_index(by_model).await
    }
}
