//! Business terms.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, timestamp_with_time_zone};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0010_terms"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("term")
            .col(text("id").primary_key())
            .col(text("name_zh"))
            .col(text("name_en"))
            .col(text("definition_zh"))
            .col(text("definition_en"))
            .col(text("synonyms"))
            .col(text("links"))
            .col(text("owner"))
            .col(big_integer("revision"))
            .col(text("updated_by"))
            .col(timestamp_with_time_zone("updated_at"))
            .take();
        manager.create_table(table).await?;
        let name = Index::create().name("term_name_zh").table("term").col("name_zh").unique().take();
        manager.create_index(name).await
    }
}
