//! Audit records (审计记录), the batches that anchor them, their expiry; alerts, incidents (安全事件) and duties.
//!
//! The rules that nobody may talk the database out of are triggers: nothing is updated, nothing is deleted but what the
//! retention job marked, nothing that is younger than the legal floor can be marked, and nothing is inserted into what
//! is anchored.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, boolean, integer, json, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0007_audit"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in audit().into_iter().chain(incidents()) {
            manager.create_table(table).await?;
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
        let guards = match manager.get_database_backend() {
            DbBackend::Sqlite => sqlite_guards(),
            _ => postgres_guards(),
        };
        for guard in guards {
            manager.get_connection().execute_unprepared(&guard).await?;
        }
        Ok(())
    }
}

/// Index name, table, columns, whether unique.
const INDEXES: &[(&str, &str, &[&str], bool)] = &[
    // An access is opened once and closed once.
    ("audit_record_access", "audit_record", &["access", "phase"], true),
    ("audit_record_account", "audit_record", &["account", "seq"], false),
    ("audit_record_time", "audit_record", &["recorded_at"], false),
    ("audit_dataset_seq", "audit_dataset", &["seq"], false),
    // What the guards look up for each row.
    ("audit_batch_last", "audit_batch", &["last_seq"], false),
    ("audit_expiry_first", "audit_expiry", &["first_seq"], false),
    ("incident_state", "incident", &["state"], false),
    ("incident_rule", "incident", &["rule", "subject"], false),
];

/// Tables whose rows stay as they were written.
const APPEND_ONLY: [&str; 5] =
    ["audit_record", "audit_dataset", "audit_batch", "audit_expiry", "incident_event"];

/// Youngest age, days, at which anything expires: six months as 180 days (网络安全法 Art 21).
const FLOOR_DAYS: u32 = 180;
/// The same for records of providing data to others (网络数据安全管理条例 Art 12): three years.
const EXCHANGE_FLOOR_DAYS: u32 = 1_095;

fn audit() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("audit_record")
            .col(big_integer("seq").primary_key())
            .col(text("access"))
            .col(text("phase"))
            .col(timestamp_with_time_zone("recorded_at"))
            .col(text("account"))
            .col(text("role"))
            .col(text_null("organisation"))
            .col(text_null("credential"))
            .col(text_null("address"))
            .col(text("channel"))
            .col(text("action"))
            .col(text("operation"))
            .col(text("purpose"))
            .col(text_null("statement"))
            .col(text("inputs"))
            .col(big_integer_null("rows"))
            .col(big_integer_null("bytes"))
            .col(text("outcome"))
            .col(text_null("reason"))
            .col(text_null("trace_id"))
            .col(boolean("exchange"))
            .col(blob("digest"))
            .take(),
        // Which records name a dataset: an index that `verify` holds against the records.
        Table::create()
            .table("audit_dataset")
            .col(text("dataset"))
            .col(big_integer("seq"))
            .primary_key(Index::create().col("dataset").col("seq"))
            .take(),
        Table::create()
            .table("audit_batch")
            .col(big_integer("number").primary_key())
            .col(big_integer("first_seq"))
            .col(big_integer("last_seq"))
            .col(timestamp_with_time_zone("first_at"))
            .col(timestamp_with_time_zone("last_at"))
            .col(boolean("exchange"))
            .col(text("root"))
            .col(big_integer("evidence_seq"))
            .take(),
        Table::create()
            .table("audit_expiry")
            .col(big_integer("number").primary_key())
            .col(big_integer("first_seq"))
            .col(big_integer("last_seq"))
            .col(timestamp_with_time_zone("expired_at"))
            .take(),
        // Datasets an account touched on a day: the baseline of its own behaviour.
        Table::create()
            .table("audit_profile")
            .col(text("account"))
            .col(text("day"))
            .col(text("dataset"))
            .primary_key(Index::create().col("account").col("day").col("dataset"))
            .take(),
    ]
}

fn incidents() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("incident")
            .col(text("id").primary_key())
            .col(text_null("rule"))
            .col(text("subject"))
            .col(text("title_zh"))
            .col(text("title_en"))
            .col(text("severity"))
            .col(boolean("drill"))
            .col(text("state"))
            .col(text_null("owner"))
            .col(big_integer("revision"))
            .col(big_integer("hits"))
            .col(timestamp_with_time_zone("opened_at"))
            .col(timestamp_with_time_zone("last_hit_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .col(timestamp_with_time_zone_null("closed_at"))
            .col(boolean("false_alarm"))
            .col(text_null("cause"))
            .col(text_null("measures"))
            .take(),
        Table::create()
            .table("incident_event")
            .col(text("incident"))
            .col(integer("number"))
            .col(timestamp_with_time_zone("at"))
            .col(text("actor"))
            .col(text("step"))
            .col(text("note"))
            .col(json("detail"))
            .primary_key(Index::create().col("incident").col("number"))
            .take(),
        Table::create()
            .table("incident_reference")
            .col(text("incident"))
            .col(text("log"))
            .col(big_integer("seq"))
            .primary_key(Index::create().col("incident").col("log").col("seq"))
            .take(),
        Table::create()
            .table("incident_duty")
            .col(text("incident"))
            .col(text("duty"))
            .col(text("title_zh"))
            .col(text("title_en"))
            .col(text("law"))
            .col(timestamp_with_time_zone("due_at"))
            .col(timestamp_with_time_zone_null("done_at"))
            .col(text_null("done_by"))
            .primary_key(Index::create().col("incident").col("duty"))
            .take(),
    ]
}

/// Rows that the retention job has marked may go; of two tables only.
const EXPIRED: &str = "EXISTS (SELECT 1 FROM (SELECT last_seq FROM audit_expiry WHERE first_seq <= OLD.seq \
                       ORDER BY first_seq DESC LIMIT 1) AS covering WHERE covering.last_seq >= OLD.seq)";

fn expires(table: &str) -> bool {
    matches!(table, "audit_record" | "audit_dataset")
}

fn sqlite_guards() -> Vec<String> {
    let mut guards = Vec::new();
    for table in APPEND_ONLY {
        let unless = if expires(table) { format!("WHEN NOT {EXPIRED}") } else { String::new() };
        guards.push(format!(
            "CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} \
             BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        ));
        guards.push(format!(
            "CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {unless} \
             BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        ));
    }
    // INSERT OR REPLACE deletes without asking the trigger above.
    guards.push(
        "CREATE TRIGGER audit_record_no_insert BEFORE INSERT ON audit_record \
         WHEN EXISTS (SELECT 1 FROM audit_record WHERE seq = NEW.seq OR (access = NEW.access AND phase = NEW.phase)) \
         OR NEW.seq <= (SELECT MAX(last_seq) FROM audit_batch) \
         BEGIN SELECT RAISE(ABORT, 'audit_record is append-only'); END"
            .to_owned(),
    );
    for (table, key) in [
        ("audit_batch", "number = NEW.number"),
        ("audit_expiry", "number = NEW.number"),
        ("incident_event", "incident = NEW.incident AND number = NEW.number"),
    ] {
        guards.push(format!(
            "CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} \
             WHEN EXISTS (SELECT 1 FROM {table} WHERE {key}) \
             BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        ));
    }
    guards.push(format!(
        "CREATE TRIGGER audit_expiry_floor BEFORE INSERT ON audit_expiry WHEN NOT EXISTS (\
         SELECT 1 FROM audit_batch WHERE number = NEW.number AND first_seq = NEW.first_seq \
         AND last_seq = NEW.last_seq AND julianday(NEW.expired_at) - julianday(last_at) >= \
         CASE WHEN exchange THEN {EXCHANGE_FLOOR_DAYS} ELSE {FLOOR_DAYS} END) \
         BEGIN SELECT RAISE(ABORT, 'audit records are kept as long as the law says'); END"
    ));
    guards
}

fn postgres_guards() -> Vec<String> {
    let refuse = |function: &str, condition: &str, returns: &str| {
        format!(
            "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF {condition} THEN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END IF; RETURN {returns}; END $$"
        )
    };
    let mut guards = vec![
        refuse("audit_refuse", "TRUE", "NULL"),
        refuse("audit_refuse_unexpired", &format!("NOT {EXPIRED}"), "OLD"),
        refuse("audit_refuse_anchored", "NEW.seq <= (SELECT MAX(last_seq) FROM audit_batch)", "NEW"),
        format!(
            "CREATE FUNCTION audit_floor() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF NOT EXISTS (SELECT 1 FROM audit_batch WHERE number = NEW.number AND first_seq = NEW.first_seq \
             AND last_seq = NEW.last_seq AND NEW.expired_at - last_at >= make_interval(days => \
             CASE WHEN exchange THEN {EXCHANGE_FLOOR_DAYS} ELSE {FLOOR_DAYS} END)) \
             THEN RAISE EXCEPTION 'audit records are kept as long as the law says'; END IF; RETURN NEW; END $$"
        ),
    ];
    for table in APPEND_ONLY {
        let delete = if expires(table) { "audit_refuse_unexpired" } else { "audit_refuse" };
        guards.push(format!(
            "CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
        ));
        guards.push(format!(
            "CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {delete}()"
        ));
        guards.push(format!(
            "CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} \
             FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        ));
    }
    guards.push(
        "CREATE TRIGGER audit_record_no_insert BEFORE INSERT ON audit_record \
         FOR EACH ROW EXECUTE FUNCTION audit_refuse_anchored()"
            .to_owned(),
    );
    guards.push(
        "CREATE TRIGGER audit_expiry_floor BEFORE INSERT ON audit_expiry \
         FOR EACH ROW EXECUTE FUNCTION audit_floor()"
            .to_owned(),
    );
    guards
}
