//! v0.2: three separated administrators instead of one.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0003_identity"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for statement in ROLES {
            db.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

/// The one administrator of v0.1 becomes the system administrator, with its accounts and its grants.
const ROLES: [&str; 2] = [
    "UPDATE account SET role = 'system_administrator' WHERE role = 'administrator'",
    "UPDATE grant_entry SET subject = 'system_administrator' WHERE subject_kind = 'role' AND subject = 'administrator'",
];
