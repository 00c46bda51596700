//! Thinning out: what goes, what stays, and what must never come back.

use brain_backup::{Point, Repository};
use chrono::TimeDelta;

use crate::node::{Node, lake_of, outside, restore};

fn objects(target: &std::path::Path) -> usize {
    std::fs::read_dir(target.join("objects"))
        .unwrap()
        .flatten()
        .map(|folder| std::fs::read_dir(folder.path()).unwrap().count())
        .sum()
}

#[tokio::test]
async fn old_snapshots_go_and_what_newer_ones_need_stays() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backup");
    let node = Node::open(folder.path().join("data"), outside(folder.path())).await;
    let options = node.options.clone();
    node.commit("raw.firms", 0, b"shared by every snapshot").await;
    let first = node.back_up(&target).await.snapshot;
    node.advance(TimeDelta::days(20));
    node.commit("raw.firms", 1, b"second").await;
    let second = node.back_up(&target).await.snapshot;
    node.advance(TimeDelta::days(20));
    node.commit("raw.links", 0, b"third").await;
    node.back_up(&target).await;
    let lake = lake_of(&node.root);
    let before = objects(&target);

    let nothing = brain_backup::prune(&node.source(), &target, 60, "operator").await.unwrap();
    assert_eq!((nothing.snapshots_old, nothing.snapshots_kept, nothing.objects), (0, 3, 0));
    let pruned = brain_backup::prune(&node.source(), &target, 30, "operator").await.unwrap();
    assert_eq!((pruned.snapshots_old, pruned.snapshots_kept), (1, 2), "{pruned:?}");
    assert!(pruned.objects > 0 && objects(&target) == before - pruned.objects as usize);
    // However short the time, the newest stays.
    node.advance(TimeDelta::days(400));
    let pruned = brain_backup::prune(&node.source(), &target, 1, "operator").await.unwrap();
    assert_eq!((pruned.snapshots_old, pruned.snapshots_kept), (1, 1));
    node.destroy().await;

    let into = folder.path().join("restored");
    for gone in [first.id, second.id] {
        let error = restore(&target, &Point::Snapshot(gone), &into, &options).await.unwrap_err();
        assert_eq!(error.code(), "backup/no-snapshot");
    }
    restore(&target, &Point::Newest, &into, &options).await.unwrap();
    assert_eq!(lake_of(&into), lake, "the file that the oldest snapshot stored first is still there");
}

#[tokio::test]
async fn snapshots_of_a_destroyed_key_go_with_all_they_hold() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backup");
    let node = Node::open(folder.path().join("data"), outside(folder.path())).await;
    node.commit("raw.firms", 0, b"to be forgotten").await;
    node.back_up(&target).await;
    node.trust.vault().erase("admin", "backup", "合同到期").await.unwrap();
    node.advance(TimeDelta::hours(1));
    node.back_up(&target).await;
    let pruned = brain_backup::prune(&node.source(), &target, 3_650, "operator").await.unwrap();
    assert_eq!((pruned.snapshots_erased, pruned.snapshots_old, pruned.snapshots_kept), (1, 0, 1));
    assert!(pruned.objects > 0);
    assert_eq!(Repository::open(&target).unwrap().snapshots().unwrap().len(), 1);
}

#[tokio::test]
async fn a_kept_snapshot_that_cannot_be_read_stops_everything() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backup");
    let node = Node::open(folder.path().join("data"), outside(folder.path())).await;
    node.commit("raw.firms", 0, b"first").await;
    node.back_up(&target).await;
    node.advance(TimeDelta::days(2));
    node.back_up(&target).await;
    let before = objects(&target);
    // The list of files of a snapshot is the object its manifest names.
    let snapshots = std::fs::read_dir(target.join("snapshots")).unwrap().flatten();
    for entry in snapshots {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let name = value["manifest"].as_str().unwrap();
        std::fs::write(target.join("objects").join(&name[..2]).join(name), b"x").unwrap();
    }
    let error = brain_backup::prune(&node.source(), &target, 1, "operator").await.unwrap_err();
    assert_eq!(error.code(), "backup/damaged");
    assert_eq!(objects(&target), before, "nothing was removed");
    assert_eq!(Repository::open(&target).unwrap().snapshots().unwrap().len(), 2);
}
