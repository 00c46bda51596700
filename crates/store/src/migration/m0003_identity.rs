//! v0.2: three separated administrators instead of one; second factors, rotating sessions, scoped keys, nodes.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, integer, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

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
        // Everybody signs in again: a session of v0.1 is bound to nothing and has no id of its own.
        db.execute_unprepared("DELETE FROM session").await?;
        for (table, column) in columns() {
            // One column per statement: SQLite knows no other way.
            let mut alter = Table::alter();
            manager.alter_table(alter.table(table).add_column(column).take()).await?;
        }
        for table in tables() {
            manager.create_table(table).await?;
        }
        for (name, table, column) in INDEXES {
            manager.create_index(Index::create().name(*name).table(*table).col(*column).take()).await?;
        }
        Ok(())
    }
}

/// The one administrator of v0.1 becomes the system administrator, with its accounts and its grants.
const ROLES: [&str; 2] = [
    "UPDATE account SET role = 'system_administrator' WHERE role = 'administrator'",
    "UPDATE grant_entry SET subject = 'system_administrator' WHERE subject_kind = 'role' AND subject = 'administrator'",
];

/// Index name, table, column.
const INDEXES: &[(&str, &str, &str)] = &[
    ("session_id", "session", "id"),
    ("session_token_session", "session_token", "session_id"),
    ("password_history_account", "password_history", "account_id"),
    ("recovery_code_account", "recovery_code", "account_id"),
    ("passkey_account", "passkey", "account_id"),
    ("account_organisation", "account", "organisation"),
];

fn columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("account", text("kind").default("person").take()),
        ("account", integer("lockouts").default(0).take()),
        ("session", text("id").default("").take()),
        ("session", text("carrier").default("cookie").take()),
        ("session", text_null("user_agent_hash").take()),
        ("session", timestamp_with_time_zone_null("rotated_at").take()),
        ("session", text_null("second_factor").take()),
        ("session", timestamp_with_time_zone_null("second_factor_at").take()),
        // A key of v0.1 may do what its account may, as before.
        ("api_key", text("scopes").default("read run ingest admin").take()),
    ]
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("session_token")
            .col(text("token_hash").primary_key())
            .col(text("session_id"))
            .col(timestamp_with_time_zone("replaced_at"))
            .take(),
        Table::create()
            .table("password_history")
            .col(text("id").primary_key())
            .col(text("account_id"))
            .col(text("password_hash"))
            .col(timestamp_with_time_zone("replaced_at"))
            .foreign_key(&mut of_account("password_history"))
            .take(),
        Table::create()
            .table("totp")
            .col(text("account_id").primary_key())
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("confirmed_at"))
            .col(big_integer_null("last_step"))
            .foreign_key(&mut of_account("totp"))
            .take(),
        Table::create()
            .table("recovery_code")
            .col(text("code_hash").primary_key())
            .col(text("account_id"))
            .col(timestamp_with_time_zone_null("used_at"))
            .foreign_key(&mut of_account("recovery_code"))
            .take(),
        Table::create()
            .table("passkey")
            .col(text("id").primary_key())
            .col(text("account_id"))
            .col(text("name"))
            .col(text("credential_id").unique_key())
            .col(text("public_key"))
            .col(big_integer("sign_count"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("last_used_at"))
            .foreign_key(&mut of_account("passkey"))
            .take(),
        Table::create()
            .table("node_identity")
            .col(text("account_id").primary_key())
            .col(text("node_role"))
            .col(text("public_key").unique_key())
            .col(text("state"))
            .foreign_key(&mut of_account("node_identity"))
            .take(),
    ]
}

fn of_account(table: &str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from(table.to_owned(), "account_id")
        .to("account", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}
