//! v0.3: requests for access, versioned rules, delegation, and how often each grant and policy was used.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, json, json_null, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0004_policy"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        // One column per statement: SQLite adds no more at a time.
        for column in
            [json_null("columns"), json_null("actions"), text_null("agreement"), text_null("request_id")]
        {
            manager.alter_table(Table::alter().table("grant_entry").add_column(column).take()).await?;
        }
        for (name, table, columns, unique) in INDEXES {
            let mut index = Index::create();
            index.name(*name).table(*table);
            if *unique {
                index.unique();
            }
            for column in *columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// Index name, table, columns, whether unique.
const INDEXES: &[(&str, &str, &[&str], bool)] = &[
    ("access_request_requester", "access_request", &["requester"], false),
    ("access_request_state", "access_request", &["state", "decide_by"], false),
    ("rule_version_subject", "rule_version", &["kind", "subject", "version"], true),
    ("rule_version_state", "rule_version", &["state"], false),
    ("delegation_delegate", "delegation", &["delegate"], false),
];

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("access_request")
            .col(text("id").primary_key())
            .col(text("requester"))
            .col(text("dataset"))
            .col(text("owner"))
            .col(text("purpose"))
            .col(text("reason"))
            .col(json("columns"))
            .col(json("rows"))
            .col(timestamp_with_time_zone("valid_until"))
            .col(text_null("agreement"))
            .col(json("required_forms"))
            .col(json("forms"))
            .col(text("state"))
            .col(big_integer("revision"))
            .col(timestamp_with_time_zone("decide_by"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .col(text_null("decided_by"))
            .col(timestamp_with_time_zone_null("decided_at"))
            .col(text_null("note"))
            .col(text_null("grant_id"))
            .take(),
        Table::create()
            .table("delegation")
            .col(text("id").primary_key())
            .col(text("owner"))
            .col(text("delegate"))
            .col(text("given_by"))
            .col(timestamp_with_time_zone("given_at"))
            .col(timestamp_with_time_zone("valid_until"))
            .col(timestamp_with_time_zone_null("revoked_at"))
            .take(),
        Table::create()
            .table("rule_version")
            .col(text("id").primary_key())
            .col(text("kind"))
            .col(text("subject"))
            .col(big_integer("version"))
            .col(json("body"))
            .col(text("level"))
            .col(text("state"))
            .col(text("proposed_by"))
            .col(timestamp_with_time_zone("proposed_at"))
            .col(text_null("decided_by"))
            .col(timestamp_with_time_zone_null("decided_at"))
            .take(),
        Table::create()
            .table("use_counter")
            .col(text("kind"))
            .col(text("id"))
            .col(big_integer("hits"))
            .col(timestamp_with_time_zone("last_at"))
            .primary_key(Index::create().col("kind").col("id"))
            .take(),
    ]
}
