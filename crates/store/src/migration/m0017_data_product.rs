//! Data products: what is offered, its versions, what was delivered of them, and how much they are used.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, json, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0017_data_product"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [product(), version(), moment(), subscription(), delivery(), used()] {
            manager.create_table(table).await?;
        }
        let of_product = Index::create()
            .name("data_product_subscription_product")
            .table("data_product_subscription")
            .col("product")
            .col("account")
            .take();
        manager.create_index(of_product).await?;
        let of_subscription = Index::create()
            .name("data_product_delivery_subscription")
            .table("data_product_delivery")
            .col("subscription")
            .col("id")
            .take();
        manager.create_index(of_subscription).await
    }
}

fn product() -> TableCreateStatement {
    Table::create()
        .table("data_product")
        .col(text("id").primary_key())
        .col(text("owner"))
        .col(text("title_zh"))
        .col(text("title_en"))
        .col(text("description_zh"))
        .col(text("description_en"))
        .col(text("state"))
        .col(big_integer("revision"))
        .col(json("draft"))
        .col(big_integer_null("current"))
        .col(text("created_by"))
        .col(timestamp_with_time_zone("created_at"))
        .col(text("updated_by"))
        .col(timestamp_with_time_zone("updated_at"))
        .take()
}

fn version() -> TableCreateStatement {
    Table::create()
        .table("data_product_version")
        .col(text("product"))
        .col(big_integer("number"))
        .col(text("semver"))
        .col(json("definition"))
        .col(json("columns"))
        .col(json("inputs"))
        .col(text("note"))
        .col(boolean("breaking"))
        .col(json("differences"))
        .col(text("published_by"))
        .col(timestamp_with_time_zone("published_at"))
        .primary_key(Index::create().col("product").col("number"))
        .take()
}

/// The versions of the inputs at one moment: what a subscriber has read up to.
fn moment() -> TableCreateStatement {
    Table::create()
        .table("data_product_moment")
        .col(text("product"))
        .col(big_integer("number"))
        .col(big_integer("version"))
        .col(json("inputs"))
        .col(timestamp_with_time_zone("as_of"))
        .col(timestamp_with_time_zone("seen_at"))
        .primary_key(Index::create().col("product").col("number"))
        .take()
}

fn subscription() -> TableCreateStatement {
    Table::create()
        .table("data_product_subscription")
        .col(text("id").primary_key())
        .col(text("product"))
        .col(text("account"))
        .col(text_null("organisation"))
        .col(big_integer("position"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("acknowledged_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .take()
}

fn delivery() -> TableCreateStatement {
    Table::create()
        .table("data_product_delivery")
        .col(text("id").primary_key())
        .col(text("subscription"))
        .col(big_integer("since"))
        .col(big_integer("until"))
        .col(big_integer("added"))
        .col(big_integer("removed"))
        .col(text("digest"))
        .col(timestamp_with_time_zone("offered_at"))
        .col(timestamp_with_time_zone_null("acknowledged_at"))
        .take()
}

fn used() -> TableCreateStatement {
    Table::create()
        .table("data_product_use")
        .col(text("product"))
        .col(text("day"))
        .col(text("account"))
        .col(text("form"))
        .col(text_null("organisation"))
        .col(big_integer("calls"))
        .col(big_integer("denied"))
        .col(big_integer("failed"))
        .col(big_integer("rows"))
        .col(big_integer("bytes"))
        .primary_key(Index::create().col("product").col("day").col("account").col("form"))
        .take()
}
