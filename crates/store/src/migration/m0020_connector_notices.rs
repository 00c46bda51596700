//! What the source of a connector told people in a run.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::json_null;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0020_connector_notices"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let notices = json_null("notices");
        manager.alter_table(Table::alter().table("connector_run").add_column(notices).take()).await
    }
}
