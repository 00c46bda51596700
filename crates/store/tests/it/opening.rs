//! Opening, migrating and refusing.

use brain_store::{Engine, Store, setting};
use sea_orm::{ConnectionTrait, Database, TransactionTrait};

use crate::database::{TestClock, TestDatabase, on_both_engines};

on_both_engines!(
    a_database_opened_twice_keeps_what_was_stored,
    a_database_of_a_newer_program_is_refused_and_left_alone,
    programs_starting_together_migrate_once,
    ids_sort_in_the_order_they_were_made,
);

async fn a_database_opened_twice_keeps_what_was_stored(database: &TestDatabase) {
    let store = database.open().await;
    setting::set(store.db(), "node.name", &"大脑", store.now()).await.unwrap();
    store.close().await.unwrap();
    let store = database.open().await;
    store.ping().await.unwrap();
    assert_eq!(setting::get::<String>(store.db(), "node.name").await.unwrap().as_deref(), Some("大脑"));
    assert_eq!(setting::get::<u8>(store.db(), "node.name").await.unwrap_err().code(), "store/corrupt");
    assert_eq!(setting::get::<u8>(store.db(), "no such").await.unwrap(), None);
    store.close().await.unwrap();
}

async fn a_database_of_a_newer_program_is_refused_and_left_alone(database: &TestDatabase) {
    let store = database.open().await;
    let future = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)";
    store.db().execute_unprepared(future).await.unwrap();
    store.close().await.unwrap();
    for _ in 0..2 {
        let error = Store::open(&database.url, database.clock.clone()).await.unwrap_err();
        assert_eq!(error.code(), "store/newer-schema");
        assert!(error.to_string().contains("m9999_future"));
    }
}

async fn programs_starting_together_migrate_once(database: &TestDatabase) {
    let opening: Vec<_> = (0..6)
        .map(|_| {
            let (url, clock) = (database.url.clone(), database.clock.clone());
            tokio::spawn(async move { Store::open(&url, clock).await })
        })
        .collect();
    for store in opening {
        let store = store.await.unwrap().unwrap();
        store.ping().await.unwrap();
        store.close().await.unwrap();
    }
}

async fn ids_sort_in_the_order_they_were_made(database: &TestDatabase) {
    let store = database.open().await;
    let ids: Vec<String> = (0..200).map(|_| store.new_id()).collect();
    assert!(ids.is_sorted());
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_new_file_that_another_program_is_just_opening_is_waited_for() {
    let database = TestDatabase::sqlite();
    let path = database.url.trim_start_matches("sqlite:");
    // What another program does while it makes the file: it holds the lock, write-ahead logging not yet on.
    let other = Database::connect(format!("sqlite://{path}?mode=rwc")).await.unwrap();
    let transaction = other.begin().await.unwrap();
    transaction.execute_unprepared("CREATE TABLE held (id INTEGER)").await.unwrap();
    let (url, clock) = (database.url.clone(), database.clock.clone());
    let opening = tokio::spawn(async move { Store::open(&url, clock).await });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(!opening.is_finished(), "it waits while the lock is held");
    transaction.commit().await.unwrap();
    other.close().await.unwrap();
    opening.await.unwrap().unwrap().close().await.unwrap();
}

#[tokio::test]
async fn the_database_file_is_readable_by_its_owner_only_and_survives_a_power_cut() {
    use std::os::unix::fs::PermissionsExt;
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    assert_eq!(store.engine(), Engine::Sqlite);
    setting::set(store.db(), "k", &1, store.now()).await.unwrap();
    let file = database.file().unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let path = format!("{}{suffix}", file.display());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path}");
    }
    for (pragma, value) in [("synchronous", "2"), ("foreign_keys", "1"), ("journal_mode", "wal")] {
        let sql = format!("SELECT CAST((SELECT * FROM pragma_{pragma}) AS TEXT) AS value");
        let row =
            store.db().query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, sql)).await;
        assert_eq!(row.unwrap().unwrap().try_get::<String>("", "value").unwrap(), value, "{pragma}");
    }
}

#[tokio::test]
async fn an_address_of_another_kind_is_refused() {
    for url in ["mysql://root@localhost/x", "sqlite::memory:", "state.db", ""] {
        let error = Store::open(url, TestClock::new()).await.unwrap_err();
        assert_eq!(error.code(), "store/unsupported-url", "{url}");
    }
}

#[tokio::test]
async fn an_unreachable_server_and_an_unusable_folder_say_so() {
    let error = Store::open("postgres://nobody@127.0.0.1:1/none", TestClock::new()).await.unwrap_err();
    assert_eq!(error.code(), "store/unreachable");
    let error = Store::open("sqlite:/proc/no/such/state.db", TestClock::new()).await.unwrap_err();
    assert_eq!(error.code(), "store/file");
}
