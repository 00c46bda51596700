//! A database stands still while it is copied, and says which of its pages changed since the last time.

use std::collections::BTreeSet;

use brain_store::{ChangedPages, Store, setting};

use crate::database::TestDatabase;

async fn write(store: &Store, key: &str, bytes: usize) {
    let transaction = store.transaction().await.unwrap();
    setting::set(&transaction, key, &"x".repeat(bytes), store.now()).await.unwrap();
    transaction.commit().await.unwrap();
}

/// Pages of the file, counted from 1, that differ between two copies of it.
fn differing(before: &[u8], after: &[u8]) -> BTreeSet<u32> {
    let page = u16::from_be_bytes(after[16..18].try_into().unwrap());
    let page = if page == 1 { 65_536 } else { usize::from(page) };
    (0..after.len() / page)
        .filter(|at| before.get(at * page..(at + 1) * page) != Some(&after[at * page..(at + 1) * page]))
        .map(|at| u32::try_from(at).unwrap() + 1)
        .collect()
}

#[tokio::test]
async fn the_file_is_what_was_committed_while_others_go_on_writing() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    write(&store, "before", 10_000).await;
    let frozen = store.freeze().await.unwrap().unwrap();
    let first = std::fs::read(frozen.path()).unwrap();
    for number in 0..50 {
        write(&store, &format!("later.{number}"), 20_000).await;
    }
    store.fold().await.unwrap();
    assert_eq!(std::fs::read(frozen.path()).unwrap(), first, "nothing was folded into it");
    let missing: Option<String> = setting::get(frozen.db(), "later.0").await.unwrap();
    assert_eq!(missing, None, "its connection sees the same");
    frozen.thaw().await.unwrap();

    // The copy is a database.
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    std::fs::write(&copy, &first).unwrap();
    let copy = Store::open(&format!("sqlite:{}", copy.display()), store.clock().clone()).await.unwrap();
    assert!(copy.check().await.unwrap().is_empty());
    let kept: Option<String> = setting::get(copy.db(), "before").await.unwrap();
    assert_eq!(kept.map(|text| text.len()), Some(10_000));
    copy.close().await.unwrap();
}

#[tokio::test]
async fn the_pages_named_are_all_that_changed_however_often_the_log_began_anew() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    let frozen = store.freeze().await.unwrap().unwrap();
    assert_eq!(frozen.changed(), &ChangedPages::Unknown, "nobody looked before");
    let mut before = std::fs::read(frozen.path()).unwrap();
    frozen.thaw().await.unwrap();
    let mut named = 0;
    for round in 0_usize..12 {
        // Folded now and then in between, so that the log begins anew under its next salt.
        for number in 0..=(round % 4) {
            write(&store, &format!("key.{}", (round * 7 + number) % 9), 3_000 * (round + 1)).await;
            if round % 3 == 1 {
                store.fold().await.unwrap();
            }
        }
        let frozen = store.freeze().await.unwrap().unwrap();
        let after = std::fs::read(frozen.path()).unwrap();
        if let ChangedPages::These(pages) = frozen.changed() {
            let differing = differing(&before, &after);
            assert!(differing.is_subset(pages), "round {round}: {differing:?} are not in {pages:?}");
            assert!(!pages.is_empty(), "round {round} wrote");
            named += 1;
        }
        frozen.thaw().await.unwrap();
        before = after;
    }
    assert!(named >= 10, "only {named} of 12 rounds knew their pages");
    let idle = store.freeze().await.unwrap().unwrap();
    assert_eq!(idle.changed(), &ChangedPages::These(BTreeSet::new()), "nobody wrote");
    idle.thaw().await.unwrap();
}
