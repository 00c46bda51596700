//! The restore drill.

use brain_backup::{Point, Repository};
use brain_store::{PageRequest, dataset};
use brain_trust::CryptoOptions;
use chrono::TimeDelta;

use crate::node::{Node, lake_of, outside, restore};

#[tokio::test]
async fn after_the_loss_of_everything_the_node_is_what_it_was_at_each_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backup");
    let node = Node::open(folder.path().join("data"), outside(folder.path())).await;
    let options = node.options.clone();
    std::fs::write(node.root.join("brain.toml"), "[node]\n").unwrap();
    node.commit("raw.firms", 0, b"first").await;
    node.trust.vault().seal("admin", "oidc/center", b"geheim").await.unwrap();
    let first = node.back_up(&target).await.snapshot;
    let lake_then = lake_of(&node.root);

    node.advance(TimeDelta::hours(1));
    node.commit("raw.firms", 1, b"second").await;
    node.commit("raw.links", 0, b"links").await;
    node.trust.vault().seal("admin", "oidc/center", b"neu").await.unwrap();
    let second = node.back_up(&target).await.snapshot;
    let lake_now = lake_of(&node.root);
    node.destroy().await;

    let moment = first.created_at + TimeDelta::minutes(30);
    for (point, snapshot, lake, secret) in [
        (Point::At(moment), &first, &lake_then, "geheim"),
        (Point::Newest, &second, &lake_now, "neu"),
        (Point::Snapshot(first.id.clone()), &first, &lake_then, "geheim"),
    ] {
        let into = folder.path().join("restored");
        let restored = restore(&target, &point, &into, &options).await.unwrap();
        assert_eq!(restored.snapshot, *snapshot);
        assert_eq!(lake_of(&into), *lake);
        assert_eq!(std::fs::read_to_string(into.join("brain.toml")).unwrap(), "[node]\n");
        let back = Node::open(into.clone(), options.clone()).await;
        let verification = back.trust.evidence().verify().await.unwrap();
        assert!(verification.ok, "{verification:?}");
        assert!(verification.entries >= snapshot.evidence_size);
        assert_eq!(*back.trust.vault().open("oidc/center").await.unwrap().unwrap(), secret.as_bytes());
        let filter = dataset::DatasetFilter::default();
        let catalogue = dataset::list(back.store.db(), &filter, PageRequest::default()).await.unwrap();
        assert_eq!(catalogue.total, if secret == "neu" { 2 } else { 1 });
        back.destroy().await;
    }
}

#[tokio::test]
async fn what_did_not_change_is_not_stored_twice() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backup");
    let node = Node::open(folder.path().join("data"), outside(folder.path())).await;
    node.commit("raw.firms", 0, &vec![7; 300_000]).await;
    let first = node.back_up(&target).await;
    assert!(first.bytes_new > 300_000);
    node.commit("raw.links", 0, b"links").await;
    let second = node.back_up(&target).await;
    // The database, the new table's two files and the kept head are new; the large file is not.
    assert!(second.bytes_new < first.bytes_new - 200_000, "{second:?}");
    assert_eq!(Repository::open(&target).unwrap().snapshots().unwrap().len(), 2);
}

#[tokio::test]
async fn a_version_committed_after_the_catalogue_was_copied_belongs_to_the_next_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backup");
    let node = Node::open(folder.path().join("data"), outside(folder.path())).await;
    let options = node.options.clone();
    node.commit("raw.firms", 0, b"first").await;
    // The lake is ahead of the catalogue, as between a commit and its entry.
    let log = node.lake("raw.firms").join("_delta_log").join(format!("{:020}.json", 1));
    std::fs::write(&log, "{}").unwrap();
    // A table that no catalogue names is no part of the node yet.
    std::fs::create_dir_all(node.root.join("lake/raw/nameless")).unwrap();
    std::fs::write(node.root.join("lake/raw/nameless/part.parquet"), b"x").unwrap();
    node.back_up(&target).await;
    let into = folder.path().join("restored");
    restore(&target, &Point::Newest, &into, &options).await.unwrap();
    let names: Vec<String> = lake_of(&into).into_keys().collect();
    assert_eq!(
        names,
        ["lake/raw/firms/_delta_log/00000000000000000000.json", "lake/raw/firms/part-0.parquet"]
    );
}

#[tokio::test]
async fn nothing_of_the_node_can_be_read_in_the_backup_and_nothing_opens_without_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backup");
    let node = Node::open(folder.path().join("data"), outside(folder.path())).await;
    node.commit("raw.firms", 0, b"PLAIN-FIRM-NAME").await;
    node.trust.vault().seal("admin", "oidc/center", b"PLAIN-SECRET").await.unwrap();
    node.back_up(&target).await;
    let signing = std::fs::read_to_string(node.root.join("keys/evidence-ed25519.key")).unwrap();
    let signing = signing.lines().next().unwrap();
    assert_eq!(signing.len(), 64, "the key itself");
    for needle in ["PLAIN-FIRM-NAME", "PLAIN-SECRET", "SQLite format 3", signing, "raw.firms"] {
        assert!(!appears(&target, needle.as_bytes()), "{needle}");
    }
    let stranger = CryptoOptions {
        kek: format!("file:{}", folder.path().join("other").join("kek").display()),
        ..CryptoOptions::default()
    };
    let into = folder.path().join("restored");
    let error = restore(&target, &Point::Newest, &into, &stranger).await.unwrap_err();
    assert_eq!(error.code(), "crypto/no-key");
    assert!(!into.exists());
}

#[tokio::test]
async fn data_destroyed_after_a_snapshot_stays_destroyed_when_it_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backup");
    let node = Node::open(folder.path().join("data"), outside(folder.path())).await;
    let options = node.options.clone();
    let key = node.trust.vault().data_key("dataset:raw.firms").await.unwrap();
    let before = node.back_up(&target).await.snapshot;
    node.trust.vault().erase("admin", "dataset:raw.firms", "合同到期").await.unwrap();
    node.advance(TimeDelta::hours(1));
    node.back_up(&target).await;
    node.destroy().await;
    let into = folder.path().join("restored");
    let restored = restore(&target, &Point::Snapshot(before.id), &into, &options).await.unwrap();
    assert_eq!(restored.keys_destroyed, 1);
    let back = Node::open(into, options).await;
    let error = back.trust.vault().data_key_by_id(&key.id).await.unwrap_err();
    assert_eq!(error.code(), "crypto/no-key");
}

#[tokio::test]
async fn backups_go_on_after_the_key_encryption_key_was_changed_and_the_old_ones_still_open() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backup");
    let node = Node::open(folder.path().join("data"), outside(folder.path())).await;
    let options = node.options.clone();
    node.commit("raw.firms", 0, b"first").await;
    let first = node.back_up(&target).await.snapshot;
    let successor = brain_crypto::new_key_text(brain_crypto::AeadAlgorithm::Aes256Gcm).unwrap();
    let place = folder.path().join("safe/kek");
    brain_crypto::replace_private_file(&place, successor.as_bytes()).unwrap();
    node.trust.vault().rotate("admin").await.unwrap();
    node.advance(TimeDelta::hours(1));
    node.back_up(&target).await;
    let into = folder.path().join("restored");
    let restored = restore(&target, &Point::Snapshot(first.id), &into, &options).await.unwrap();
    assert!(restored.files > 2);
}

fn appears(folder: &std::path::Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return appears(&path, needle);
        }
        std::fs::read(&path).unwrap().windows(needle.len()).any(|window| window == needle)
    })
}
