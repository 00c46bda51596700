//! What a round to the second site costs, for a database of some size: `cargo run --example mirror_cost -- 1024`
//! (MiB of database).
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints and stops where it cannot measure"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use brain_backup::{Follower, LeaseFolder, Mirror, Source};
use brain_kernel::clock::SystemClock;
use brain_store::{Store, setting};
use brain_trust::{CryptoOptions, Keyring, Options, Settings, Trust};

/// Bytes of one row.
const ROW: usize = 64 << 10;

async fn write(store: &Store, from: usize, rows: usize, byte: u8) {
    for number in from..from + rows {
        let transaction = store.transaction().await.unwrap();
        let text: String = std::iter::repeat_n(char::from(byte), ROW).collect();
        setting::set(&transaction, &format!("row.{number:08}"), &text, store.now()).await.unwrap();
        transaction.commit().await.unwrap();
    }
}

async fn round(what: &str, mirror: &mut Mirror) {
    let began = Instant::now();
    let shipped = mirror.ship().await.unwrap();
    println!(
        "{what}: {:.2} s, {} objects new, {:.1} MiB sent, {:.1} MiB of the database read",
        began.elapsed().as_secs_f64(),
        shipped.objects_new,
        shipped.bytes_new as f64 / 1_048_576.0,
        shipped.database_bytes_read as f64 / 1_048_576.0
    );
}

fn options(folder: &Path) -> CryptoOptions {
    CryptoOptions {
        kek: format!("file:{}", folder.join("safe").join("kek").display()),
        ..CryptoOptions::default()
    }
}

#[tokio::main]
async fn main() {
    let mib: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(256);
    let folder = tempfile::tempdir().unwrap();
    let (root, target) = (folder.path().join("data"), folder.path().join("mirror"));
    std::fs::create_dir_all(root.join("store")).unwrap();
    std::fs::create_dir_all(&target).unwrap();
    let clock = Arc::new(SystemClock);
    let url = format!("sqlite:{}", root.join("store/brain.db").display());
    let store = Store::open(&url, clock.clone()).await.unwrap();
    let ring = Keyring::open(&options(folder.path()), &root.join("keys"), &|_| None).unwrap();
    let settings = Settings { keyring: Some(ring.clone()), ..Options::default().into() };
    let trust = Trust::open(store.clone(), &root.join("keys"), clock, settings).await.unwrap();
    let rows = mib * 1_048_576 / ROW;
    write(&store, 0, rows, b'a').await;
    let source = Source {
        root: root.clone(),
        store: store.clone(),
        vault: trust.vault(),
        evidence: trust.evidence(),
        version: "measured".to_owned(),
        lake: None,
    };
    LeaseFolder::establish(&target).unwrap();
    let mut mirror = Mirror::open(source.clone(), &target).unwrap();
    round("first round", &mut mirror).await;
    round("nothing changed", &mut mirror).await;
    write(&store, rows, 1, b'b').await;
    round("64 KiB written", &mut mirror).await;
    write(&store, rows / 2, 160, b'c').await;
    round("10 MiB written", &mut mirror).await;
    let mut mirror = Mirror::open(source, &target).unwrap();
    round("first round of another process", &mut mirror).await;
    let mut follower = Follower::open(&target, &folder.path().join("place")).unwrap();
    let began = Instant::now();
    follower.advance(&ring).unwrap();
    println!("first copy at the standby: {:.2} s", began.elapsed().as_secs_f64());
    write(&store, 0, 16, b'd').await;
    round("1 MiB written", &mut mirror).await;
    let began = Instant::now();
    follower.advance(&ring).unwrap();
    println!("that, followed: {:.2} s", began.elapsed().as_secs_f64());
}
