//! What lies in the database file is what was written: a page that is not is told before anything is read.

use std::path::{Path, PathBuf};

use brain_store::{ConnectionTrait as _, Store, files_of, setting};

use crate::database::TestDatabase;

async fn write(store: &Store, key: &str, text: &str) {
    let transaction = store.transaction().await.unwrap();
    setting::set(&transaction, key, &text, store.now()).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn read(store: &Store, key: &str) -> Option<String> {
    setting::get(store.db(), key).await.unwrap()
}

/// A database that was closed, with texts in it.
async fn closed() -> (TestDatabase, PathBuf) {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    for number in 0..40 {
        write(&store, &format!("text.{number}"), &"新能源汽车".repeat(200)).await;
    }
    store.close().await.unwrap();
    let file = database.file().unwrap();
    (database, file)
}

/// The database as another place has it: its files as they lie there now.
fn copy(file: &Path, into: &Path) -> PathBuf {
    let there = into.join("state.db");
    for (from, to) in files_of(file).iter().zip(files_of(&there)) {
        if from.exists() {
            std::fs::copy(from, to).unwrap();
        }
    }
    there
}

async fn open(database: &TestDatabase, file: &Path) -> brain_store::Result<Store> {
    Store::open(&format!("sqlite:{}", file.display()), database.clock.clone()).await
}

#[tokio::test]
async fn a_flipped_bit_or_a_lost_end_refuses_the_database_and_names_the_page() {
    let (database, file) = closed().await;
    let [_, log, _, sums] = files_of(&file);
    assert_eq!(std::fs::metadata(&log).unwrap().len(), 0, "closed with an empty log");
    assert!(sums.exists());
    let whole = std::fs::read(&file).unwrap();
    for at in (0..whole.len()).step_by(whole.len() / 15) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        std::fs::write(&file, flipped).unwrap();
        assert_eq!(database.try_open().await.unwrap_err().code(), "store/damaged", "byte {at}");
        std::fs::write(&file, &whole[..at]).unwrap();
        assert_eq!(database.try_open().await.unwrap_err().code(), "store/damaged", "cut at {at}");
    }
    std::fs::write(&file, &whole).unwrap();
    let mut bytes = std::fs::read(&sums).unwrap();
    bytes[30] ^= 4;
    std::fs::write(&sums, bytes).unwrap();
    assert_eq!(database.try_open().await.unwrap_err().code(), "store/damaged-sums");
    // As the message says: without the file it opens as it is, and has sums again.
    std::fs::remove_file(&sums).unwrap();
    let store = database.open().await;
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    assert!(sums.exists());
}

#[tokio::test]
async fn a_page_that_changes_under_a_node_is_told_by_its_check() {
    let (database, file) = closed().await;
    let store = database.open().await;
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes.len() - 100;
    bytes[at] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let told = store.check().await.unwrap();
    assert!(told.len() == 1 && told[0].contains("is not what was written"), "{told:?}");
}

#[tokio::test]
async fn whenever_the_program_ends_what_is_there_opens_and_nothing_committed_is_missing() {
    let (database, file) = closed().await;
    let store = database.open().await;
    let elsewhere = tempfile::tempdir().unwrap();
    for round in 0..12 {
        // More than the log holds before it is folded, every third time, and sometimes with a reader in the way.
        let frozen = (round % 4 == 1).then(|| store.freeze());
        let frozen = match frozen {
            Some(freezing) => freezing.await.unwrap(),
            None => None,
        };
        for number in 0..10 {
            write(&store, &format!("round.{number}"), &format!("{round}").repeat(9_000)).await;
        }
        if round % 3 == 0 {
            store.fold().await.unwrap();
        }
        let place = elsewhere.path().join(round.to_string());
        std::fs::create_dir(&place).unwrap();
        let there = copy(&file, &place);
        let after = open(&database, &there).await.unwrap();
        assert_eq!(read(&after, "round.9").await, Some(format!("{round}").repeat(9_000)), "round {round}");
        assert_eq!(after.check().await.unwrap(), Vec::<String>::new(), "round {round}");
        // Not closed: the next start finds what the end of a program leaves.
        drop(after);
        let again = open(&database, &there).await.unwrap();
        again.close().await.unwrap();
        open(&database, &there).await.unwrap().close().await.unwrap();
        if let Some(frozen) = frozen {
            frozen.thaw().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_database_of_an_older_version_gets_its_sums_at_the_first_start() {
    let (database, file) = closed().await;
    let [_, _, _, sums] = files_of(&file);
    let before = std::fs::read(&sums).unwrap();
    std::fs::remove_file(&sums).unwrap();
    database.open().await.close().await.unwrap();
    assert_eq!(std::fs::read(&sums).unwrap(), before);
}

/// Writes until the database is closed.
fn keep_writing(store: &Store) -> tokio::task::JoinHandle<u32> {
    let store = store.clone();
    tokio::spawn(async move {
        for number in 0.. {
            let Ok(transaction) = store.transaction().await else { return number };
            let text = format!("{number}").repeat(3_000);
            let key = format!("writing.{}", number % 7);
            if setting::set(&transaction, &key, &text, store.now()).await.is_err()
                || transaction.commit().await.is_err()
            {
                return number;
            }
        }
        unreachable!("a database is closed before")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_closed_while_others_write_opens_again() {
    let database = TestDatabase::sqlite();
    for round in 0..8 {
        let store = database.open().await;
        let writers = [keep_writing(&store), keep_writing(&store)];
        tokio::time::sleep(std::time::Duration::from_millis(20 * round)).await;
        store.close().await.unwrap();
        for writer in writers {
            writer.await.unwrap();
        }
    }
    let store = database.open().await;
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_opened_beside_a_handle_that_still_writes_is_whole_whoever_folds() {
    let database = TestDatabase::sqlite();
    let first = database.open().await;
    let writer = keep_writing(&first);
    for _ in 0..6 {
        let second = database.open().await;
        write(&second, "second", &"二".repeat(2_000)).await;
        first.fold().await.unwrap();
        second.scrub().await.unwrap();
        second.close().await.unwrap();
    }
    first.close().await.unwrap();
    writer.await.unwrap();
    let store = database.open().await;
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folding_whose_caller_goes_away_is_settled_all_the_same() {
    let (database, file) = closed().await;
    let store = database.open().await;
    for round in 0..40 {
        write(&store, &format!("round.{}", round % 5), &format!("{round}").repeat(5_000)).await;
        let folding = {
            let store = store.clone();
            tokio::spawn(async move { if round % 2 == 0 { store.fold().await } else { store.scrub().await } })
        };
        tokio::time::sleep(std::time::Duration::from_micros(150 * round)).await;
        folding.abort();
        let _ = folding.await;
    }
    // As a program that ends now leaves it.
    let elsewhere = tempfile::tempdir().unwrap();
    let there = open(&database, &copy(&file, elsewhere.path())).await.unwrap();
    assert_eq!(there.check().await.unwrap(), Vec::<String>::new());
    store.close().await.unwrap();
    assert_eq!(database.open().await.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_another_program_folded_when_it_closed_the_database_is_taken_as_it_is() {
    let (database, file) = closed().await;
    let store = database.open().await;
    write(&store, "text.1", &"绝缘栅双极型晶体管".repeat(300)).await;
    let [_, _, _, sums] = files_of(&file);
    let before = std::fs::read(&sums).unwrap();
    // What a crash leaves, in the hands of somebody with the command line of SQLite.
    let elsewhere = tempfile::tempdir().unwrap();
    let there = copy(&file, elsewhere.path());
    let bare = sea_orm::Database::connect(format!("sqlite://{}", there.display())).await.unwrap();
    bare.execute_unprepared("SELECT count(*) FROM setting").await.unwrap();
    bare.close().await.unwrap();
    let [_, log, _, sums] = files_of(&there);
    assert!(!log.exists(), "folded");
    assert_eq!(std::fs::read(&sums).unwrap(), before, "nobody has summed it");
    let after = open(&database, &there).await.unwrap();
    assert_eq!(read(&after, "text.1").await, Some("绝缘栅双极型晶体管".repeat(300)));
    assert_eq!(after.check().await.unwrap(), Vec::<String>::new());
}
