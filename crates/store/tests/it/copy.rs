//! All rows of one engine come out of the other as they went in.

use brain_store::Store;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::database::TestDatabase;
use crate::released::dump_sqlite;

/// A value of a column's declared type; `which` tells rows apart. Texts are equal in all tables, so that each row finds
/// the row it belongs to.
fn value(declared: &str, nullable: bool, which: u8) -> String {
    let declared = declared.to_lowercase();
    if nullable && which == 1 {
        return "NULL".to_owned();
    }
    match declared.as_str() {
        kind if kind.contains("json") => format!("'{{\"n\":[1,2.5,null],\"名\":\"{which}\"}}'"),
        kind if kind.contains("timestamp") => format!("'2026-11-2{which}T01:02:03.456789+00:00'"),
        kind if kind.contains("blob") || kind.contains("binary") => format!("x'00ff0{which}'"),
        kind if kind.contains("bool") => which.to_string(),
        kind if kind.contains("int") => format!("214748364{which}"),
        kind if kind.contains("double") || kind.contains("real") || kind.contains("float") => {
            format!("0.1{which}")
        }
        _ => format!("'文 ''{which}'''"),
    }
}

/// Two rows in every table, one of them with everything empty that may be. Returns the names of the tables.
async fn fill_every_table(store: &Store) -> Vec<String> {
    let rows = async |sql: String| {
        store.db().query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap()
    };
    let tables = rows(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
         AND name <> 'seaql_migrations' ORDER BY name"
            .to_owned(),
    )
    .await;
    let mut tables: Vec<String> = tables.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    // A batch closes over the records before it.
    tables.sort_by_key(|table| table != "audit_record");
    // Each row's owner may come later in the alphabet.
    store.db().execute_unprepared("PRAGMA foreign_keys = OFF").await.unwrap();
    for table in &tables {
        let columns =
            rows(format!("SELECT type, \"notnull\" = 0 AND pk = 0, name FROM pragma_table_info('{table}')"))
                .await;
        for which in [0, 1] {
            let values: Vec<String> = columns
                .iter()
                .map(|row| {
                    let declared: String = row.try_get_by_index(0).unwrap();
                    let name: String = row.try_get_by_index(2).unwrap();
                    if name == "expired_at" {
                        // Past the floor of every kind of record.
                        return format!("'203{which}-11-21T01:02:03.456789+00:00'");
                    }
                    if (table.as_str(), name.as_str()) == ("ingest_run", "state") {
                        return "'queued'".to_owned();
                    }
                    value(&declared, row.try_get_by_index::<i64>(1).unwrap() == 1, which)
                })
                .collect();
            let insert = format!("INSERT OR IGNORE INTO \"{table}\" VALUES ({})", values.join(", "));
            store.db().execute_unprepared(&insert).await.unwrap();
        }
    }
    tables
}

#[tokio::test]
async fn every_row_of_every_table_goes_to_postgres_and_comes_back_the_same() {
    let Some(postgres) = TestDatabase::postgres().await else { return };
    let sqlite = TestDatabase::sqlite();
    let store = sqlite.open().await;
    let tables = fill_every_table(&store).await;
    let before = dump_sqlite(&store).await;
    assert!(before.matches("INSERT INTO").count() > tables.len(), "rows to compare");

    let server = postgres.open().await;
    let moved = store.pour_into(&server).await.unwrap();
    let migrations = before.matches("INSERT INTO \"seaql_migrations\"").count();
    assert_eq!(moved as usize, before.matches("INSERT INTO").count() - migrations, "every table is copied");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.db");
    server.copy_into(&file).await.unwrap();
    let copy = Store::open(&format!("sqlite:{}", file.display()), sqlite.clock.clone()).await.unwrap();
    let after = dump_sqlite(&copy).await;
    let rows = |dump: &str| -> Vec<String> {
        let kept = |line: &&str| line.starts_with("INSERT") && !line.contains("seaql_migrations");
        let mut rows: Vec<String> = dump.lines().filter(kept).map(str::to_owned).collect();
        rows.sort();
        rows
    };
    assert_eq!(rows(&after), rows(&before));

    let again = store.pour_into(&server).await.unwrap_err();
    assert_eq!(again.code(), "store/not-empty");
    for store in [store, server, copy] {
        store.close().await.unwrap();
    }
    postgres.drop_database().await;
}

#[tokio::test]
async fn a_copy_of_postgres_holds_one_moment_while_others_write() {
    let Some(postgres) = TestDatabase::postgres().await else { return };
    let store = postgres.open().await;
    let pair = async |n: usize| {
        let transaction = store.transaction().await.unwrap();
        for key in ["left", "right"] {
            brain_store::setting::set(&transaction, &format!("{key}.{n}"), &n, store.now()).await.unwrap();
        }
        transaction.commit().await.unwrap();
    };
    pair(0).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.db");
    let writing = async {
        for n in 1..200 {
            pair(n).await;
        }
    };
    let (copied, ()) = tokio::join!(store.copy_into(&file), writing);
    copied.unwrap();
    let copy = Store::open(&format!("sqlite:{}", file.display()), postgres.clock.clone()).await.unwrap();
    for n in 0..200_usize {
        let of = async |key: &str| {
            brain_store::setting::get::<usize>(copy.db(), &format!("{key}.{n}")).await.unwrap()
        };
        assert_eq!(of("left").await, of("right").await, "pair {n} is whole or absent");
    }
    assert_eq!(brain_store::setting::get::<usize>(copy.db(), "left.0").await.unwrap(), Some(0));
    copy.close().await.unwrap();
    store.close().await.unwrap();
    postgres.drop_database().await;
}
