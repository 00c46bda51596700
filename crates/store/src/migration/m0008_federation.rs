//! What passkeys remember of their authenticator; accounts known to outside providers; this node as a provider.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, json, json_null, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0008_federation"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            // One column per statement: SQLite knows no other way.
            let mut alter = Table::alter();
            manager.alter_table(alter.table(table).add_column(column).take()).await?;
        }
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
    ("federated_link_person", "federated_link", &["issuer", "subject"], true),
    ("federated_link_account", "federated_link", &["account_id"], false),
    ("oidc_code_family", "oidc_code", &["family"], false),
    ("oidc_code_end", "oidc_code", &["expires_at"], false),
    ("oidc_token_family", "oidc_token", &["family"], false),
    ("oidc_token_account", "oidc_token", &["account_id", "client_id"], false),
    ("oidc_token_end", "oidc_token", &["expires_at"], false),
    ("oidc_consent_account", "oidc_consent", &["account_id", "client_id"], true),
];

fn columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("passkey", text("transports").default("").take()),
        ("passkey", boolean("backup_eligible").default(false).take()),
        ("passkey", boolean("backed_up").default(false).take()),
        ("passkey", timestamp_with_time_zone_null("suspended_at").take()),
        ("session", text("first_factor").default("password").take()),
    ]
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("federated_link")
            .col(text("id").primary_key())
            .col(text("account_id"))
            .col(text("provider"))
            .col(text("issuer"))
            .col(text("subject"))
            .col(text("made_by"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("approved_at"))
            .col(timestamp_with_time_zone_null("last_used_at"))
            .foreign_key(&mut of_account("federated_link"))
            .take(),
        Table::create()
            .table("oidc_client")
            .col(text("id").primary_key())
            .col(text("name"))
            .col(json("redirect_uris"))
            .col(json("logout_uris"))
            .col(json("scopes"))
            .col(text_null("secret_hash"))
            .col(json_null("keys"))
            .col(text("state"))
            .col(timestamp_with_time_zone("created_at"))
            .take(),
        Table::create()
            .table("oidc_code")
            .col(text("code_hash").primary_key())
            .col(text("family"))
            .col(text("client_id"))
            .col(text("account_id"))
            .col(text("redirect_uri"))
            .col(text("scope"))
            .col(text_null("nonce"))
            .col(text("code_challenge"))
            .col(json("sign_in"))
            .col(timestamp_with_time_zone("expires_at"))
            .col(timestamp_with_time_zone_null("used_at"))
            .foreign_key(&mut of_client("oidc_code"))
            .foreign_key(&mut of_account("oidc_code"))
            .take(),
        Table::create()
            .table("oidc_token")
            .col(text("token_hash").primary_key())
            .col(text("kind"))
            .col(text("family"))
            .col(text("client_id"))
            .col(text("account_id"))
            .col(text("scope"))
            .col(json("sign_in"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("expires_at"))
            .col(timestamp_with_time_zone("family_ends_at"))
            .col(timestamp_with_time_zone_null("used_at"))
            .foreign_key(&mut of_client("oidc_token"))
            .foreign_key(&mut of_account("oidc_token"))
            .take(),
        Table::create()
            .table("oidc_consent")
            .col(text("id").primary_key())
            .col(text("account_id"))
            .col(text("client_id"))
            .col(text("scope"))
            .col(timestamp_with_time_zone("given_at"))
            .col(timestamp_with_time_zone_null("last_used_at"))
            .col(big_integer("uses"))
            .foreign_key(&mut of_client("oidc_consent"))
            .foreign_key(&mut of_account("oidc_consent"))
            .take(),
        Table::create()
            .table("oidc_key")
            .col(text("kid").primary_key())
            .col(json("public_key"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("retired_at"))
            .take(),
    ]
}

fn of_account(table: &str) -> ForeignKeyCreateStatement {
    reference(table, "account_id", "account")
}

fn of_client(table: &str) -> ForeignKeyCreateStatement {
    reference(table, "client_id", "oidc_client")
}

fn reference(table: &str, column: &str, to: &str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from(table.to_owned(), column.to_owned())
        .to(to.to_owned(), "id")
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}
