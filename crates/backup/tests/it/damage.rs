//! A backup that is not what was written is refused, and leaves nothing behind.

use std::path::{Path, PathBuf};

use brain_backup::{Point, Repository};

use crate::node::{Node, outside, restore};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[tokio::test]
async fn every_flipped_bit_and_every_missing_object_is_noticed_and_no_half_node_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backup");
    let node = Node::open(folder.path().join("data"), outside(folder.path())).await;
    let options = node.options.clone();
    node.commit("raw.firms", 0, &vec![3; 70_000]).await;
    node.back_up(&target).await;
    let mut objects = Vec::new();
    files(&target.join("objects"), &mut objects);
    assert!(objects.len() >= 4);
    let into = folder.path().join("restored");
    for object in objects {
        let good = std::fs::read(&object).unwrap();
        for at in [0, 9, 20, 40, 70, good.len() / 2, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            std::fs::write(&object, &bad).unwrap();
            let outcome = restore(&target, &Point::Newest, &into, &options).await;
            // The key's id in the header (bytes 16 to 31) is under the seal as well.
            assert_eq!(outcome.unwrap_err().code(), "backup/damaged", "{} byte {at}", object.display());
            assert!(!into.exists());
        }
        std::fs::write(&object, &good[..good.len() - 20]).unwrap();
        assert_eq!(
            restore(&target, &Point::Newest, &into, &options).await.unwrap_err().code(),
            "backup/damaged"
        );
        std::fs::remove_file(&object).unwrap();
        assert_eq!(
            restore(&target, &Point::Newest, &into, &options).await.unwrap_err().code(),
            "backup/damaged"
        );
        std::fs::write(&object, &good).unwrap();
    }
    restore(&target, &Point::Newest, &into, &options).await.unwrap();
}

#[tokio::test]
async fn a_folder_in_use_is_not_overwritten_and_a_moment_without_a_snapshot_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backup");
    let node = Node::open(folder.path().join("data"), outside(folder.path())).await;
    let options = node.options.clone();
    node.back_up(&target).await;
    let refused = restore(&target, &Point::Newest, &node.root, &options).await.unwrap_err();
    assert_eq!(refused.code(), "backup/not-empty");
    let into = folder.path().join("restored");
    let long_ago = "2020-01-01T00:00:00Z".parse().unwrap();
    for point in [Point::At(long_ago), Point::Snapshot("nothing".to_owned())] {
        let error = restore(&target, &point, &into, &options).await.unwrap_err();
        assert_eq!(error.code(), "backup/no-snapshot");
    }
    let nowhere = restore(folder.path(), &Point::Newest, &into, &options).await.unwrap_err();
    assert_eq!(nowhere.code(), "backup/no-snapshot");
}

#[tokio::test]
async fn a_snapshot_that_calls_itself_by_another_name_leads_to_no_file_outside() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backup");
    let node = Node::open(folder.path().join("data"), outside(folder.path())).await;
    let options = node.options.clone();
    node.back_up(&target).await;
    let mut found = Vec::new();
    files(&target.join("snapshots"), &mut found);
    let good = std::fs::read_to_string(&found[0]).unwrap();
    let said: serde_json::Value = serde_json::from_str(&good).unwrap();
    let bystander = folder.path().join("bystander.json");
    std::fs::write(&bystander, "{}").unwrap();
    for (key, value) in [("id", "../../bystander"), ("manifest", "../../bystander.json"), ("manifest", "")] {
        let mut changed = said.clone();
        changed[key] = value.into();
        std::fs::write(&found[0], changed.to_string()).unwrap();
        let into = folder.path().join("restored");
        let refused = restore(&target, &Point::Newest, &into, &options).await.unwrap_err();
        assert_eq!(refused.code(), "backup/damaged", "{key}");
        assert!(!into.exists());
        assert!(bystander.exists());
        assert_eq!(Repository::open(&target).unwrap().snapshots().unwrap_err().code(), "backup/damaged");
    }
    std::fs::write(&found[0], good).unwrap();
    restore(&target, &Point::Newest, &folder.path().join("restored"), &options).await.unwrap();
}
