//! A database of every released version opens in this program and keeps its rows.
//!
//! `tests/released/<version>/{sqlite,postgres}.sql` are dumps written by that version. When a version is released, run
//! `BRAIN_TEST_POSTGRES=… cargo test -p brain-store --test it -- --ignored write_the_fixture` (needs `pg_dump`)
//! once and commit the folder; a released fixture never changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use brain_store::account::{self};
use brain_store::evidence::{self, FrontierRow, LeafRow};
use brain_store::{Store, dataset, setting};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::database::TestDatabase;

fn released() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/released");
    let mut versions: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    versions.sort();
    versions
}

/// Rows every fixture holds.
async fn fill(store: &Store) {
    let person = crate::people::an_account(store, "fixture");
    account::insert(store.db(), person).await.unwrap();
    let name = "raw.registry";
    dataset::upsert(store.db(), &crate::catalogue::a_dataset(name), store.now()).await.unwrap();
    dataset::add_version(store.db(), &crate::catalogue::a_version(name, 1, store.now())).await.unwrap();
    setting::set(store.db(), "node.name", &"大脑", store.now()).await.unwrap();
    let transaction = store.transaction().await.unwrap();
    evidence::lock_frontier(&transaction).await.unwrap();
    let leaf = LeafRow {
        seq: 0,
        recorded_at: store.now(),
        kind: "key.create".to_owned(),
        actor: "system".to_owned(),
        subject: "k".to_owned(),
        body: "{\"a\":\"'中文'\"}".to_owned(),
        leaf_hash: (0..32).collect(),
    };
    evidence::append(&transaction, vec![leaf], FrontierRow { size: 1, peaks: (0..32).collect() })
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

async fn check(store: &Store) {
    let person = account::find_by_username(store.db(), "fixture").await.unwrap().unwrap();
    assert_eq!((person.display_name.as_str(), person.created_at), ("张三", store.now()));
    let found = dataset::find(store.db(), "raw.registry").await.unwrap().unwrap();
    assert_eq!((found.version, found.title_zh.as_str()), (Some(1), "企业"));
    assert!(dataset::version_with_content(store.db(), "raw.registry", "hash1").await.unwrap().is_some());
    assert_eq!(setting::get::<String>(store.db(), "node.name").await.unwrap().as_deref(), Some("大脑"));
    let leaf = evidence::leaf(store.db(), 0).await.unwrap().unwrap();
    assert_eq!((leaf.body.as_str(), leaf.leaf_hash), ("{\"a\":\"'中文'\"}", (0..32).collect()));
    assert_eq!(evidence::frontier(store.db()).await.unwrap().size, 1);
}

async fn opens(database: &TestDatabase, dump: &Path) {
    let bare = database.connect_bare().await;
    bare.execute_unprepared(&fs::read_to_string(dump).unwrap()).await.unwrap();
    // What v0.1 called its one administrator.
    bare.execute_unprepared("UPDATE account SET role = 'administrator'").await.unwrap();
    bare.close().await.unwrap();
    let store = database.open().await;
    check(&store).await;
    let person = account::find_by_username(store.db(), "fixture").await.unwrap().unwrap();
    assert_eq!(person.role, "system_administrator");
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_sqlite_database_of_every_released_version_opens_and_keeps_its_rows() {
    assert!(!released().is_empty());
    for version in released() {
        opens(&TestDatabase::sqlite(), &version.join("sqlite.sql")).await;
    }
}

#[tokio::test]
async fn a_postgres_database_of_every_released_version_opens_and_keeps_its_rows() {
    for version in released() {
        let Some(database) = TestDatabase::postgres().await else { return };
        opens(&database, &version.join("postgres.sql")).await;
        database.drop_database().await;
    }
}

#[tokio::test]
async fn the_first_migration_is_still_the_one_that_was_released() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    let now = schema(&dump_sqlite(&store).await);
    let dump = fs::read_to_string(released()[0].join("sqlite.sql")).unwrap();
    for statement in schema(&dump) {
        // A later step may add columns, which SQLite writes after the last column and before what follows the columns.
        let columns = statement.split(", FOREIGN KEY").next().unwrap_or_default();
        let body = columns.trim_end_matches([';', ')', ' ']);
        let made = now.iter().any(|one| one.starts_with(body));
        assert!(made, "no longer made as released: {statement}");
    }
}

/// Tables of the first version only: later migrations may alter them.
fn schema(dump: &str) -> Vec<String> {
    dump.lines().filter(|line| line.starts_with("CREATE ")).map(str::to_owned).collect()
}

#[tokio::test]
#[ignore = "writes the fixture of the version under development"]
async fn write_the_fixture() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/released").join("v0.1");
    fs::create_dir_all(&folder).unwrap();
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    fill(&store).await;
    fs::write(folder.join("sqlite.sql"), dump_sqlite(&store).await).unwrap();
    let database =
        TestDatabase::postgres().await.expect("BRAIN_TEST_POSTGRES is needed to write the fixture");
    let store = database.open().await;
    fill(&store).await;
    store.close().await.unwrap();
    let dump =
        Command::new("pg_dump").args(["--inserts", "--no-owner", "--no-privileges", &database.url]).output();
    let dump = String::from_utf8(dump.unwrap().stdout).unwrap();
    // Lines with a backslash are for psql, not for the server; the rest of the header differs from run to run.
    let kept: Vec<&str> =
        dump.lines().filter(|line| !line.starts_with(['\\', '-']) && !line.is_empty()).collect();
    fs::write(folder.join("postgres.sql"), kept.join("\n") + "\n").unwrap();
    database.drop_database().await;
}

pub(crate) async fn dump_sqlite(store: &Store) -> String {
    let texts = async |sql: String| {
        let rows = store.db().query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index::<String>(0).unwrap()).collect::<Vec<_>>()
    };
    let mut dump = Vec::new();
    let master = "FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'";
    dump.extend(texts(format!("SELECT sql {master} AND type = 'table' ORDER BY rowid")).await);
    for table in texts(format!("SELECT name {master} AND type = 'table' ORDER BY rowid")).await {
        let columns =
            texts(format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('{table}')")).await;
        let values = columns.join(" || ', ' || ");
        let insert = format!("SELECT 'INSERT INTO \"{table}\" VALUES (' || {values} || ')' FROM \"{table}\"");
        dump.extend(texts(insert).await);
    }
    dump.extend(texts(format!("SELECT sql {master} AND type = 'index' ORDER BY rowid")).await);
    dump.join(";\n") + ";\n"
}
