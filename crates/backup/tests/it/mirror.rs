//! A node copied to another site round by round, and a copy of it that follows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brain_backup::{Follower, LeaseFolder, Mirror, Point, Repository};
use brain_kernel::clock::SystemClock;
use brain_trust::Keyring;
use chrono::TimeDelta;

use crate::node::{Node, lake_of, outside, restore};

/// A node, its mirror, and where a copy of it is kept.
struct Sites {
    folder: tempfile::TempDir,
    node: Node,
    mirror: Mirror,
}

impl Sites {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let node = Node::open(folder.path().join("data"), outside(folder.path())).await;
        let target = folder.path().join("mirror");
        std::fs::create_dir(&target).unwrap();
        LeaseFolder::establish(&target).unwrap();
        let mirror = Mirror::open(node.source(), &target).unwrap();
        Self { folder, node, mirror }
    }

    fn target(&self) -> PathBuf {
        self.folder.path().join("mirror")
    }

    fn follower(&self) -> Follower {
        Follower::open(&self.target(), &self.folder.path().join("place")).unwrap()
    }

    fn ring(&self) -> Keyring {
        Keyring::open(&self.node.options, &self.folder.path().join("place.keys"), &|_| None).unwrap()
    }

    fn snapshots(&self) -> usize {
        Repository::open(&self.target()).unwrap().snapshots().unwrap().len()
    }

    /// The copy as a node, which must be what the node was.
    async fn become_node(self, follower: &mut Follower, lake: &BTreeMap<String, Vec<u8>>, secret: &[u8]) {
        let into = self.folder.path().join("after");
        let options = self.node.options.clone();
        self.node.destroy().await;
        let seen = std::cell::Cell::new(false);
        let before = |copy: &Path| {
            seen.set(copy.join("store/brain.db").exists());
            Ok(())
        };
        let snapshot = follower.take_over(&into, Arc::new(SystemClock), before).await.unwrap();
        assert!(seen.get(), "it was asked before anything was at its place");
        assert_eq!(lake_of(&into), *lake);
        let back = Node::open(into, options).await;
        assert!(back.store.check().await.unwrap().is_empty(), "the database is whole");
        let verification = back.trust.evidence().verify().await.unwrap();
        assert!(verification.ok && verification.entries >= snapshot.evidence_size, "{verification:?}");
        assert_eq!(*back.trust.vault().open("oidc/center").await.unwrap().unwrap(), *secret);
        back.destroy().await;
    }
}

#[tokio::test]
async fn a_round_costs_what_changed_and_a_round_without_a_change_nothing() {
    let mut sites = Sites::new().await;
    // A database of several parts.
    for number in 0..40 {
        let name = format!("many/{number}");
        sites.node.trust.vault().seal("admin", &name, &vec![b'x'; 30_000]).await.unwrap();
    }
    sites.node.commit("raw.firms", 0, &vec![7; 100_000]).await;
    let first = sites.mirror.ship().await.unwrap();
    assert!(first.new && first.bytes_new > 1_200_000, "{first:?}");
    assert!(first.database_bytes_read > 1_000_000, "{first:?}");
    let idle = sites.mirror.ship().await.unwrap();
    assert!(!idle.new, "{idle:?}");
    assert_eq!((idle.objects_new, idle.bytes_new, idle.database_bytes_read), (0, 0, 0));
    assert_eq!(idle.snapshot, first.snapshot);
    sites.node.trust.vault().seal("admin", "oidc/center", b"geheim").await.unwrap();
    let second = sites.mirror.ship().await.unwrap();
    assert!(second.new && second.database_bytes_read > 0, "{second:?}");
    assert!(second.database_bytes_read < first.database_bytes_read, "{second:?} against {first:?}");
    assert!(second.bytes_new < first.bytes_new, "{second:?}");

    // After a start everything is compared once, and nothing goes there twice.
    sites.mirror = Mirror::open(sites.node.source(), &sites.target()).unwrap();
    let again = sites.mirror.ship().await.unwrap();
    assert!(!again.new || again.bytes_new < 200_000, "{again:?}");

    // It is a backup like any other.
    let (target, options) = (sites.target(), sites.node.options.clone());
    let lake = lake_of(&sites.node.root);
    sites.node.destroy().await;
    let into = sites.folder.path().join("restored");
    restore(&target, &Point::Newest, &into, &options).await.unwrap();
    assert_eq!(lake_of(&into), lake);
    let back = Node::open(into, options).await;
    assert!(back.trust.evidence().verify().await.unwrap().ok);
    assert_eq!(*back.trust.vault().open("oidc/center").await.unwrap().unwrap(), *b"geheim");
    back.destroy().await;
}

#[tokio::test]
async fn a_snapshot_from_the_end_of_time_at_the_other_site_stops_no_round() {
    let mut sites = Sites::new().await;
    sites.node.commit("raw.firms", 0, b"one").await;
    let first = sites.mirror.ship().await.unwrap().snapshot;
    let path = sites.target().join(format!("snapshots/{}.json", first.id));
    let mut said: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    said["created_at"] = serde_json::json!(chrono::DateTime::<chrono::Utc>::MAX_UTC);
    std::fs::write(&path, said.to_string()).unwrap();
    sites.mirror = Mirror::open(sites.node.source(), &sites.target()).unwrap();
    sites.node.commit("raw.firms", 1, b"two").await;
    let second = sites.mirror.ship().await.unwrap();
    assert!(second.new && second.snapshot.id != first.id, "{second:?}");
    let newest = Repository::open(&sites.target()).unwrap().snapshots().unwrap().pop().unwrap();
    assert_eq!(newest.id, second.snapshot.id, "the newest is the one that was made last");
    sites.node.destroy().await;
}

#[tokio::test]
async fn a_copy_follows_every_change_and_becomes_the_node() {
    let mut sites = Sites::new().await;
    let (mut follower, ring) = (sites.follower(), sites.ring());
    assert_eq!(follower.advance(&ring).unwrap(), None, "there is nothing yet");
    for round in 0_i64..6 {
        sites.node.commit("raw.firms", round, format!("content {round}").as_bytes()).await;
        sites.node.trust.vault().seal("admin", "oidc/center", format!("{round}").as_bytes()).await.unwrap();
        if round == 3 {
            std::fs::remove_file(sites.node.lake("raw.firms").join("part-0.parquet")).unwrap();
        }
        std::fs::write(sites.node.root.join("brain.toml"), format!("# {round}\n")).unwrap();
        sites.node.advance(TimeDelta::seconds(30));
        let shipped = sites.mirror.ship().await.unwrap();
        // Some snapshots are passed over.
        if round % 2 == 0 {
            let followed = follower.advance(&ring).unwrap().unwrap();
            assert!(followed.new && followed.snapshot == shipped.snapshot);
            let again = follower.advance(&ring).unwrap().unwrap();
            assert!(!again.new && again.objects == 0);
        }
    }
    follower.advance(&ring).unwrap().unwrap();
    // A start in between changes nothing.
    drop(follower);
    let mut follower = sites.follower();
    let lake = lake_of(&sites.node.root);
    sites.become_node(&mut follower, &lake, b"5").await;
}

#[tokio::test]
async fn a_copy_stopped_half_way_goes_on_where_it_was() {
    let mut sites = Sites::new().await;
    let (mut follower, ring) = (sites.follower(), sites.ring());
    sites.node.commit("raw.firms", 0, b"first").await;
    sites.node.trust.vault().seal("admin", "oidc/center", b"geheim").await.unwrap();
    sites.mirror.ship().await.unwrap();
    let first = follower.advance(&ring).unwrap().unwrap();

    // While fetching: an object is not there.
    sites.node.commit("raw.firms", 1, &vec![9; 70_000]).await;
    sites.mirror.ship().await.unwrap();
    let largest = objects(&sites.target()).into_iter().filter(|(_, size)| *size < 72_000).max_by_key(|o| o.1);
    let (missing, _) = largest.unwrap();
    let aside = sites.folder.path().join("aside");
    std::fs::rename(&missing, &aside).unwrap();
    assert_eq!(follower.advance(&ring).unwrap_err().code(), "backup/damaged");
    assert_eq!(follower.snapshot(), Some(&first.snapshot), "the copy is what it was");
    std::fs::rename(&aside, &missing).unwrap();
    let rest = follower.advance(&ring).unwrap().unwrap();
    assert!(rest.new, "{rest:?}");

    // While putting in place: something stands in the way, and the process ends there.
    sites.node.commit("raw.links", 0, b"links").await;
    sites.mirror.ship().await.unwrap();
    let obstacle = sites.folder.path().join("place/copy/lake/raw/links/part-0.parquet");
    std::fs::create_dir_all(obstacle.join("in the way")).unwrap();
    assert!(follower.advance(&ring).is_err());
    drop(follower);
    assert!(Follower::open(&sites.target(), &sites.folder.path().join("place")).is_err());
    std::fs::remove_dir_all(&obstacle).unwrap();
    // Everything was fetched: the other site may be away.
    let away = sites.folder.path().join("away");
    std::fs::rename(sites.target(), &away).unwrap();
    let mut follower = sites.follower();
    let lake = lake_of(&sites.node.root);
    sites.become_node(&mut follower, &lake, b"geheim").await;
}

#[tokio::test]
async fn a_flipped_bit_at_the_other_site_does_not_reach_the_copy() {
    let mut sites = Sites::new().await;
    let (mut follower, ring) = (sites.follower(), sites.ring());
    sites.node.commit("raw.firms", 0, b"first").await;
    sites.mirror.ship().await.unwrap();
    let first = follower.advance(&ring).unwrap().unwrap();
    let before = objects(&sites.target());
    sites.node.commit("raw.firms", 1, b"second").await;
    sites.mirror.ship().await.unwrap();
    for (path, _) in objects(&sites.target()) {
        if !before.contains_key(&path) {
            let mut bytes = std::fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(&path, bytes).unwrap();
        }
    }
    assert_eq!(follower.advance(&ring).unwrap_err().code(), "backup/damaged");
    assert_eq!(follower.snapshot(), Some(&first.snapshot));
}

#[tokio::test]
async fn old_snapshots_go_by_themselves_and_every_one_that_stays_is_whole() {
    let mut sites = Sites::new().await;
    for round in 0_i64..14 {
        sites.node.commit("raw.firms", round, format!("content {round}").as_bytes()).await;
        sites.node.advance(TimeDelta::seconds(30));
        sites.mirror.ship().await.unwrap();
    }
    assert_eq!(sites.snapshots(), 10);
    let oldest = Repository::open(&sites.target()).unwrap().snapshots().unwrap().remove(0);
    let into = sites.folder.path().join("oldest");
    let restored = restore(&sites.target(), &Point::Snapshot(oldest.id), &into, &sites.node.options).await;
    assert_eq!(restored.unwrap().snapshot.evidence_size, oldest.evidence_size);
    // What a killed round left goes when the next process begins.
    let left = sites.target().join("objects/ab");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(left.join("ab00.new"), b"half").unwrap();
    sites.mirror = Mirror::open(sites.node.source(), &sites.target()).unwrap();
    sites.mirror.ship().await.unwrap();
    assert!(!left.join("ab00.new").exists());
}

#[tokio::test]
async fn the_newest_snapshot_is_the_one_made_last_though_the_clock_went_back() {
    let mut sites = Sites::new().await;
    let (mut follower, ring) = (sites.follower(), sites.ring());
    sites.node.commit("raw.firms", 0, b"first").await;
    sites.mirror.ship().await.unwrap();
    // Another machine took over, an hour behind.
    sites.node.advance(TimeDelta::hours(-1));
    sites.mirror = Mirror::open(sites.node.source(), &sites.target()).unwrap();
    sites.node.commit("raw.firms", 1, b"second").await;
    let second = sites.mirror.ship().await.unwrap();
    assert_eq!(follower.advance(&ring).unwrap().unwrap().snapshot, second.snapshot);
    // Thinned out by hand meanwhile, it goes on.
    let removed = sites.target().join("snapshots");
    let one = std::fs::read_dir(removed).unwrap().flatten().next().unwrap().path();
    std::fs::remove_file(one).unwrap();
    for round in 2_i64..14 {
        sites.node.commit("raw.firms", round, format!("{round}").as_bytes()).await;
        sites.mirror.ship().await.unwrap();
    }
    assert!(sites.snapshots() <= 10);
}

#[tokio::test]
async fn a_destroyed_key_takes_every_older_snapshot_with_it() {
    let mut sites = Sites::new().await;
    sites.node.trust.vault().data_key("dataset:raw.firms").await.unwrap();
    for round in 0..4 {
        sites.node.trust.vault().seal("admin", "oidc/center", format!("{round}").as_bytes()).await.unwrap();
        sites.node.advance(TimeDelta::seconds(30));
        sites.mirror.ship().await.unwrap();
    }
    assert!(sites.snapshots() > 1);
    sites.node.trust.vault().erase("admin", "dataset:raw.firms", "test").await.unwrap();
    sites.node.advance(TimeDelta::seconds(30));
    sites.mirror.ship().await.unwrap();
    assert_eq!(sites.snapshots(), 1, "the wrapped key was in the pages of the older ones");
}

#[tokio::test]
async fn a_site_that_is_not_mounted_gets_nothing_and_is_caught_up_when_it_is_back() {
    let mut sites = Sites::new().await;
    sites.node.commit("raw.firms", 0, b"first").await;
    sites.mirror.ship().await.unwrap();
    let away = sites.folder.path().join("away");
    std::fs::rename(sites.target(), &away).unwrap();
    // The empty folder that a mount leaves behind.
    std::fs::create_dir(sites.target()).unwrap();
    sites.node.commit("raw.firms", 1, b"second").await;
    assert!(sites.mirror.ship().await.is_err());
    assert_eq!(std::fs::read_dir(sites.target()).unwrap().count(), 0);
    std::fs::remove_dir_all(sites.target()).unwrap();
    std::fs::rename(&away, sites.target()).unwrap();
    assert!(sites.mirror.ship().await.unwrap().new);
    let (mut follower, ring) = (sites.follower(), sites.ring());
    sites.node.trust.vault().seal("admin", "oidc/center", b"geheim").await.unwrap();
    sites.mirror.ship().await.unwrap();
    follower.advance(&ring).unwrap().unwrap();
    let lake = lake_of(&sites.node.root);
    sites.become_node(&mut follower, &lake, b"geheim").await;
}

/// Objects at the other site with their lengths.
fn objects(target: &Path) -> BTreeMap<PathBuf, u64> {
    let folders = std::fs::read_dir(target.join("objects")).unwrap().flatten();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).unwrap().flatten());
    files.map(|file| (file.path(), file.metadata().unwrap().len())).collect()
}
