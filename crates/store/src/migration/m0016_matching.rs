//! Entity resolution: match sets and runs, pairs with what people decided, clusters with their history, golden values.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, double, integer, json, json_null, text, text_null, text_uniq,
    timestamp_with_time_zone, timestamp_with_time_zone_null,
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0016_matching"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in runs_and_pairs().into_iter().chain(clusters()) {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn runs_and_pairs() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("match_set")
            .col(text("id").primary_key())
            .col(text_uniq("name"))
            .col(json("plan"))
            .col(text("salt"))
            .col(big_integer("revision"))
            .col(text("changed_by"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .take(),
        Table::create()
            .table("match_run")
            .col(text("id").primary_key())
            .col(text("set_id"))
            .col(big_integer("set_revision"))
            .col(text("actor"))
            .col(text("state"))
            .col(timestamp_with_time_zone("started_at"))
            .col(timestamp_with_time_zone_null("ended_at"))
            .col(big_integer("records"))
            .col(big_integer("compared"))
            .col(big_integer("automatic"))
            .col(big_integer("review"))
            .col(big_integer("kept"))
            .col(big_integer("asked_again"))
            .col(big_integer("clusters"))
            .col(json_null("report"))
            .col(json_null("failure"))
            .take(),
        Table::create()
            .table("match_pair")
            .col(text("id").primary_key())
            .col(text("set_id"))
            .col(text("run_id"))
            .col(integer("step"))
            .col(text("left_dataset"))
            .col(text("left_key"))
            .col(text("right_dataset"))
            .col(text("right_key"))
            .col(double("probability"))
            .col(double("weight"))
            .col(json("evidence"))
            .col(text("print"))
            .col(text("state"))
            .col(boolean("sample"))
            .col(boolean("changed"))
            .col(big_integer("place"))
            .col(text_null("reviewer"))
            .col(timestamp_with_time_zone_null("lease_until"))
            .col(big_integer("revision"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .take(),
        Table::create()
            .table("match_decision")
            .col(text("pair"))
            .col(integer("number"))
            .col(text("verdict"))
            .col(text("reason"))
            .col(text("actor"))
            .col(timestamp_with_time_zone("at"))
            .col(text("run_id"))
            .col(double("probability"))
            .col(boolean("sample"))
            .col(text("print"))
            .primary_key(Index::create().col("pair").col("number"))
            .take(),
    ]
}

fn clusters() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("match_cluster")
            .col(text("id").primary_key())
            .col(text("set_id"))
            .col(big_integer("size"))
            .col(boolean("ended"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .take(),
        Table::create()
            .table("match_member")
            .col(text("set_id"))
            .col(text("dataset"))
            .col(text("record_key"))
            .col(text("cluster_id"))
            .col(timestamp_with_time_zone("since"))
            .primary_key(Index::create().col("set_id").col("dataset").col("record_key"))
            .take(),
        Table::create()
            .table("match_event")
            .col(text("id").primary_key())
            .col(text("set_id"))
            .col(text("cluster_id"))
            .col(text("kind"))
            .col(json("detail"))
            .col(text("cause"))
            .col(text("cause_id"))
            .col(text("actor"))
            .col(timestamp_with_time_zone("at"))
            .take(),
        Table::create()
            .table("golden_value")
            .col(text("id").primary_key())
            .col(text("set_id"))
            .col(text("cluster_id"))
            .col(text("attribute"))
            .col(text_null("value"))
            .col(text_null("folded"))
            .col(text("print"))
            .col(text("dataset"))
            .col(text("record_key"))
            .col(text("source_column"))
            .col(text_null("as_of"))
            .col(boolean("chosen"))
            .col(text_null("chosen_by"))
            .col(text("run_id"))
            .col(timestamp_with_time_zone("from_at"))
            .col(timestamp_with_time_zone_null("until_at"))
            .take(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let on = |name: &'static str, table: &'static str, columns: &[&'static str]| {
        let mut index = Index::create().name(name).table(table).take();
        for column in columns {
            index.col(*column);
        }
        index
    };
    let mut records = on(
        "match_pair_records",
        "match_pair",
        &["set_id", "left_dataset", "left_key", "right_dataset", "right_key"],
    );
    records.unique();
    vec![
        on("match_run_set", "match_run", &["set_id", "id"]),
        records,
        on("match_pair_right", "match_pair", &["set_id", "right_dataset", "right_key"]),
        on("match_pair_queue", "match_pair", &["set_id", "state", "place"]),
        on("match_member_cluster", "match_member", &["cluster_id"]),
        on("match_cluster_set", "match_cluster", &["set_id", "ended", "size"]),
        on("match_event_cluster", "match_event", &["cluster_id", "id"]),
        on("golden_value_cluster", "golden_value", &["cluster_id"]),
        on("golden_value_folded", "golden_value", &["set_id", "folded"]),
    ]
}
