//! Wrapped data keys, sealed secrets, and the certificates of the node's own authority.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    blob, blob_null, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0006_crypto"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        for (name, table, columns) in INDEXES {
            let mut index = Index::create();
            index.name(*name).table(*table);
            for column in *columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// Index name, table, columns.
const INDEXES: &[(&str, &str, &[&str])] = &[
    ("data_key_purpose", "data_key", &["purpose", "created_at"]),
    ("data_key_kek", "data_key", &["kek_id"]),
    ("secret_key", "secret", &["key_id"]),
    ("certificate_subject", "certificate", &["subject"]),
];

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("data_key")
            .col(text("id").primary_key())
            .col(text("purpose"))
            .col(text("algorithm"))
            .col(text("kek_id"))
            .col(blob_null("wrapped"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("retired_at"))
            .col(timestamp_with_time_zone_null("destroyed_at"))
            .take(),
        Table::create()
            .table("secret")
            .col(text("name").primary_key())
            .col(text("key_id"))
            .col(blob("sealed"))
            .col(timestamp_with_time_zone("updated_at"))
            .take(),
        Table::create()
            .table("certificate")
            .col(text("serial").primary_key())
            .col(text("subject"))
            .col(text("usage"))
            .col(text("pem"))
            .col(timestamp_with_time_zone("not_before"))
            .col(timestamp_with_time_zone("not_after"))
            .col(timestamp_with_time_zone_null("revoked_at"))
            .col(text_null("revoked_reason"))
            .take(),
    ]
}
