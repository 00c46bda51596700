//! Registers of data standards and master data: code lists, mappings, data elements and the columns bound to them, and
//! what became of products.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, double_null, integer, json, text, text_null, timestamp_with_time_zone,
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0014_registers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        let element =
            Index::create().name("element_binding_element").table("element_binding").col("element").take();
        manager.create_index(element).await?;
        let to = Index::create().name("code_mapping_row_to").table("code_mapping_row").col("to_code").take();
        manager.create_index(to).await
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("code_list")
            .col(text("id").primary_key())
            .col(text("title_zh"))
            .col(text("title_en"))
            .col(text("standard"))
            .col(text("edition"))
            .col(text("source"))
            .col(big_integer("codes"))
            .col(big_integer("revision"))
            .col(text("updated_by"))
            .col(timestamp_with_time_zone("updated_at"))
            .take(),
        Table::create()
            .table("code_list_code")
            .col(text("list"))
            .col(text("code"))
            .col(integer("place"))
            .col(text_null("parent"))
            .col(text("name_zh"))
            .col(text("name_en"))
            .col(text_null("valid_from"))
            .col(text_null("valid_until"))
            .col(text("successors"))
            .primary_key(Index::create().col("list").col("code"))
            .take(),
        Table::create()
            .table("code_mapping")
            .col(text("id").primary_key())
            .col(text("title_zh"))
            .col(text("title_en"))
            .col(text("from_list"))
            .col(text("to_list"))
            .col(text("source"))
            .col(big_integer("rows"))
            .col(big_integer("revision"))
            .col(text("updated_by"))
            .col(timestamp_with_time_zone("updated_at"))
            .take(),
        Table::create()
            .table("code_mapping_row")
            .col(text("mapping"))
            .col(text("from_code"))
            .col(text("to_code"))
            .col(double_null("share"))
            .primary_key(Index::create().col("mapping").col("from_code").col("to_code"))
            .take(),
        Table::create()
            .table("data_element")
            .col(text("id"))
            .col(integer("version"))
            .col(json("body"))
            .col(text("status"))
            .col(big_integer("revision"))
            .col(text("updated_by"))
            .col(timestamp_with_time_zone("updated_at"))
            .primary_key(Index::create().col("id").col("version"))
            .take(),
        Table::create()
            .table("element_binding")
            .col(text("dataset"))
            .col(text("column_name"))
            .col(text("element"))
            .col(boolean("required"))
            .col(text("updated_by"))
            .col(timestamp_with_time_zone("updated_at"))
            .primary_key(Index::create().col("dataset").col("column_name"))
            .take(),
        Table::create()
            .table("product_event")
            .col(big_integer("number").primary_key())
            .col(text("effective_on"))
            .col(json("act"))
            .col(text("reason"))
            .col(text("actor"))
            .col(timestamp_with_time_zone("at"))
            .take(),
    ]
}
