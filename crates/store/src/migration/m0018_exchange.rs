//! Exchange between nodes: subscriptions, deliveries, and the batches of a delivery that are being taken in.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, json, json_null, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0018_exchange"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [subscription(), delivery(), batch()] {
            manager.create_table(table).await?;
        }
        let deliveries = Index::create()
            .name("exchange_delivery_subscription")
            .table("exchange_delivery")
            .col("subscription")
            .col("id")
            .take();
        manager.create_index(deliveries).await
    }
}

fn subscription() -> TableCreateStatement {
    Table::create()
        .table("exchange_subscription")
        .col(text("id").primary_key())
        .col(text("side"))
        .col(text("peer"))
        .col(text("dataset"))
        .col(text("target"))
        .col(text("direction"))
        .col(json("terms"))
        .col(text("state"))
        .col(text_null("reason"))
        .col(text_null("request"))
        .col(big_integer_null("delivered_version"))
        .col(big_integer_null("delivered_rows"))
        .col(timestamp_with_time_zone_null("delivered_at"))
        .col(big_integer_null("source_version"))
        .col(big_integer_null("source_rows"))
        .col(timestamp_with_time_zone_null("source_at"))
        .col(timestamp_with_time_zone_null("behind_since"))
        .col(timestamp_with_time_zone_null("asked_at"))
        .col(timestamp_with_time_zone_null("late_since"))
        .col(timestamp_with_time_zone_null("began_at"))
        .col(json_null("failure"))
        .col(text("created_by"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .take()
}

fn delivery() -> TableCreateStatement {
    Table::create()
        .table("exchange_delivery")
        .col(text("id").primary_key())
        .col(text("subscription"))
        .col(text("state"))
        .col(text("mode"))
        .col(big_integer_null("from_version"))
        .col(big_integer("to_version"))
        .col(big_integer("batches"))
        .col(big_integer("batches_done"))
        .col(big_integer("rows"))
        .col(big_integer("rows_done"))
        .col(big_integer("bytes"))
        .col(big_integer("bytes_done"))
        .col(text("content_hash"))
        .col(json("manifest"))
        .col(json_null("receipt"))
        .col(text_null("view"))
        .col(big_integer_null("version"))
        .col(json_null("failure"))
        .col(big_integer("attempts"))
        .col(timestamp_with_time_zone("started_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .take()
}

fn batch() -> TableCreateStatement {
    Table::create()
        .table("exchange_batch")
        .col(text("delivery"))
        .col(big_integer("sequence"))
        .col(json("file"))
        .primary_key(Index::create().col("delivery").col("sequence"))
        .take()
}
