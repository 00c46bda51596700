//! Messages that wait in the spools of connectors are in every copy of a node, whatever happens to them meanwhile.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use brain_backup::{Follower, LeaseFolder, Mirror, Point};
use brain_store::{Store, setting};
use brain_trust::Keyring;
use tokio::task::JoinHandle;

use crate::node::{Node, outside, restore};

/// Messages that wait in the spool at once: more than can land while a copy reads the folder.
const WAITING: u64 = 300;

fn spool(root: &Path) -> PathBuf {
    root.join("spool").join("connector")
}

/// A connector under way: messages come into its spool, land, are known as landed, and leave the spool.
struct Connector {
    stop: Arc<AtomicBool>,
    /// The newest message.
    newest: Arc<AtomicU64>,
    work: JoinHandle<()>,
}

impl Connector {
    fn of(node: &Node) -> Self {
        let (store, folder) = (node.store.clone(), spool(&node.root));
        std::fs::create_dir_all(&folder).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let newest = Arc::new(AtomicU64::new(0));
        let (ends, told) = (stop.clone(), newest.clone());
        let file = move |number: u64| folder.join(format!("s-{number:020}.spool"));
        let work = tokio::spawn(async move {
            let mut number = 0;
            while !ends.load(Ordering::Acquire) {
                number += 1;
                std::fs::write(file(number), number.to_string()).unwrap();
                told.store(number, Ordering::Release);
                if number > WAITING {
                    let landed = number - WAITING;
                    setting::set(store.db(), "landed", &landed, store.now()).await.unwrap();
                    std::fs::remove_file(file(landed)).unwrap();
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        });
        Self { stop, newest, work }
    }

    /// The newest message there is, once more than enough are there.
    async fn newest(&self) -> u64 {
        while self.newest.load(Ordering::Acquire) <= WAITING {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.newest.load(Ordering::Acquire)
    }

    async fn end(self) {
        self.stop.store(true, Ordering::Release);
        self.work.await.unwrap();
    }
}

/// Which message a copy knows as landed, and which wait in its spool.
async fn copied(root: &Path, node: &Node) -> (u64, Vec<u64>) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("brain.db");
    std::fs::copy(root.join("store/brain.db"), &path).unwrap();
    let store = Store::open(&format!("sqlite:{}", path.display()), node.clock.clone()).await.unwrap();
    let landed = setting::get::<u64>(store.db(), "landed").await.unwrap().unwrap_or(0);
    store.close().await.unwrap();
    let mut waiting: Vec<u64> = std::fs::read_dir(spool(root))
        .unwrap()
        .map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.trim_start_matches("s-").trim_end_matches(".spool").parse().unwrap()
        })
        .collect();
    waiting.sort_unstable();
    (landed, waiting)
}

/// What was there before the copy began has landed in it or waits in it. What came meanwhile may be in or not.
fn assert_none_is_missing(newest: u64, (landed, waiting): (u64, Vec<u64>)) {
    let missing: Vec<u64> = (landed + 1..=newest).filter(|number| !waiting.contains(number)).collect();
    assert!(missing.is_empty(), "{landed} has landed, {newest} was there, {missing:?} are nowhere");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_lands_while_a_backup_is_made_is_in_its_spool_or_in_its_database() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::open(folder.path().join("data"), outside(folder.path())).await;
    let connector = Connector::of(&node);
    for round in 0..3 {
        let newest = connector.newest().await;
        let target = folder.path().join(format!("backup-{round}"));
        node.back_up(&target).await;
        let into = folder.path().join(format!("restored-{round}"));
        restore(&target, &Point::Newest, &into, &node.options).await.unwrap();
        assert_none_is_missing(newest, copied(&into, &node).await);
    }
    connector.end().await;
    node.destroy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_lands_while_a_node_is_mirrored_is_in_the_copy_that_follows() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::open(folder.path().join("data"), outside(folder.path())).await;
    let target = folder.path().join("mirror");
    std::fs::create_dir(&target).unwrap();
    LeaseFolder::establish(&target).unwrap();
    let mut mirror = Mirror::open(node.source(), &target).unwrap();
    let ring = Keyring::open(&node.options, &folder.path().join("ring"), &|_| None).unwrap();
    let place = folder.path().join("place");
    let mut follower = Follower::open(&target, &place).unwrap();
    let connector = Connector::of(&node);
    for _ in 0..3 {
        let newest = connector.newest().await;
        mirror.ship().await.unwrap();
        follower.advance(&ring).unwrap().unwrap();
        assert_none_is_missing(newest, copied(&place.join("copy"), &node).await);
    }
    connector.end().await;
    node.destroy().await;
}

#[tokio::test]
async fn a_spool_that_grows_while_it_is_copied_is_copied_as_far_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::open(folder.path().join("data"), outside(folder.path())).await;
    std::fs::create_dir_all(spool(&node.root)).unwrap();
    let path = spool(&node.root).join("s-00000000000000000001.spool");
    // Larger than what is read at once.
    let block: Vec<u8> = (0..=u8::MAX).cycle().take(1 << 16).collect();
    std::fs::write(&path, block.repeat(32)).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let (ends, written, piece) = (stop.clone(), path.clone(), block.clone());
    let writing = std::thread::spawn(move || {
        let mut file = std::fs::OpenOptions::new().append(true).open(&written).unwrap();
        while !ends.load(Ordering::Acquire) && file.metadata().unwrap().len() < 8 << 20 {
            file.write_all(&piece).unwrap();
            std::thread::sleep(Duration::from_millis(2));
        }
    });
    let target = folder.path().join("backup");
    for _ in 0..3 {
        node.back_up(&target).await;
    }
    stop.store(true, Ordering::Release);
    writing.join().unwrap();
    let into = folder.path().join("restored");
    restore(&target, &Point::Newest, &into, &node.options).await.unwrap();
    let copy = std::fs::read(spool(&into).join(path.file_name().unwrap())).unwrap();
    let whole = std::fs::read(&path).unwrap();
    assert!(copy.len() >= block.len() * 32 && whole.starts_with(&copy), "{} of {}", copy.len(), whole.len());
    node.destroy().await;
}
