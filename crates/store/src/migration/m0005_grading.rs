//! Classification and grading: labels with their way to approval, where derived columns come from, filings.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, json, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0005_grading"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        for (name, table, columns, unique) in INDEXES {
            let mut index = Index::create();
            index.name(*name).table(*table);
            for column in *columns {
                index.col(*column);
            }
            if *unique {
                index.unique();
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// Index name, table, columns, whether unique.
const INDEXES: &[(&str, &str, &[&str], bool)] = &[
    ("classification_version", "classification", &["dataset", "column_name", "kind", "version"], true),
    ("classification_state", "classification", &["state", "proposed_at"], false),
    ("column_origin_input", "column_origin", &["input"], false),
    ("important_filing_dataset", "important_filing", &["dataset", "filed_at"], false),
];

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("classification")
            .col(text("id").primary_key())
            .col(text("dataset"))
            // Empty for the dataset as a whole.
            .col(text("column_name"))
            .col(text("kind"))
            .col(big_integer("version"))
            .col(text("state"))
            .col(text("grade"))
            .col(json("label"))
            .col(json("evidence"))
            .col(text("proposed_by"))
            .col(timestamp_with_time_zone("proposed_at"))
            .col(text_null("confirmed_by"))
            .col(timestamp_with_time_zone_null("confirmed_at"))
            .col(text_null("decided_by"))
            .col(timestamp_with_time_zone_null("decided_at"))
            .col(timestamp_with_time_zone_null("valid_to"))
            .col(text_null("reason"))
            .take(),
        Table::create()
            .table("column_origin")
            .col(text("dataset"))
            .col(text("column_name"))
            .col(text("input"))
            .col(text("input_column"))
            .primary_key(Index::create().col("dataset").col("column_name").col("input").col("input_column"))
            .take(),
        Table::create()
            .table("important_filing")
            .col(text("id").primary_key())
            .col(text("dataset"))
            .col(timestamp_with_time_zone("filed_at"))
            .col(text("filed_by"))
            .col(json("content"))
            .take(),
    ]
}
