//! Data quality: rules with their versions, runs with their outcomes, profiles, tickets with their timeline.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, double, double_null, integer, json, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0011_quality"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        let runs =
            Index::create().name("quality_run_dataset").table("quality_run").col("dataset").col("at").take();
        manager.create_index(runs).await?;
        let tickets = Index::create()
            .name("quality_ticket_rule")
            .table("quality_ticket")
            .col("dataset")
            .col("rule")
            .unique()
            .take();
        manager.create_index(tickets).await
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("quality_rules")
            .col(text("dataset"))
            .col(big_integer("version"))
            .col(text("body"))
            .col(text("reason"))
            .col(text("changed_by"))
            .col(timestamp_with_time_zone("changed_at"))
            .primary_key(Index::create().col("dataset").col("version"))
            .take(),
        Table::create()
            .table("quality_run")
            .col(text("id").primary_key())
            .col(text("dataset"))
            .col(big_integer("dataset_version"))
            .col(big_integer("rules_version"))
            .col(timestamp_with_time_zone("at"))
            .col(double("seconds"))
            .col(text("occasion"))
            .col(text("actor"))
            .col(big_integer("rows"))
            .col(double_null("score"))
            .col(big_integer("rules"))
            .col(big_integer("failed"))
            .col(json("report"))
            .take(),
        Table::create()
            .table("quality_profile")
            .col(text("dataset"))
            .col(text("kind"))
            .col(big_integer("dataset_version"))
            .col(timestamp_with_time_zone("at"))
            .col(json("profile"))
            .primary_key(Index::create().col("dataset").col("kind"))
            .take(),
        Table::create()
            .table("quality_ticket")
            .col(text("id").primary_key())
            .col(text("dataset"))
            .col(text("rule"))
            .col(text("title_zh"))
            .col(text("title_en"))
            .col(text("says_zh"))
            .col(text("says_en"))
            .col(text("severity"))
            .col(text("state"))
            .col(boolean("failing"))
            .col(text("owner"))
            .col(text_null("assignee"))
            .col(big_integer("failures"))
            .col(big_integer("revision"))
            .col(text("run_id"))
            .col(timestamp_with_time_zone("opened_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .col(timestamp_with_time_zone("last_failed_at"))
            .col(timestamp_with_time_zone_null("resolved_at"))
            .take(),
        Table::create()
            .table("quality_ticket_event")
            .col(text("ticket"))
            .col(integer("number"))
            .col(timestamp_with_time_zone("at"))
            .col(text("actor"))
            .col(text("step"))
            .col(text("note"))
            .col(json("detail"))
            .primary_key(Index::create().col("ticket").col("number"))
            .take(),
    ]
}
