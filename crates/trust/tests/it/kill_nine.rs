//! A process that is killed loses no entry whose position it was told.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use brain_kernel::clock::SystemClock;
use brain_store::Store;
use brain_trust::{Options, Trust};

use crate::evidence::entry;
use crate::node::options;

/// Where the child works; absent in an ordinary run.
const FOLDER: &str = "BRAIN_TEST_EVIDENCE_FOLDER";
/// Kills; each at another moment.
const CYCLES: u64 = 12;

async fn open(folder: &std::path::Path, options: Options) -> Trust {
    let clock = Arc::new(SystemClock);
    let url = format!("sqlite:{}", folder.join("state.db").display());
    let store = Store::open(&url, clock.clone()).await.unwrap();
    Trust::open(store, &folder.join("keys"), clock, options).await.unwrap()
}

/// The child: four writers record without end, and say each position they were told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the test below"]
async fn child_records_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let trust = open(std::path::Path::new(&folder), Options { head_interval_ms: 5, ..options() }).await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let evidence = trust.evidence();
        writers.spawn(async move {
            for number in 0_u64.. {
                let seq = evidence.record(entry(number)).await.unwrap();
                // One write, so that lines of several writers do not mix; a closed pipe means that we are over.
                let mut out = std::io::stdout().lock();
                writeln!(out, "told {seq} {writer}").and_then(|()| out.flush()).unwrap();
            }
        });
    }
    writers.join_next().await;
}

#[tokio::test]
async fn no_entry_that_was_acknowledged_is_lost_however_the_process_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = std::collections::BTreeSet::new();
    for cycle in 0..CYCLES {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill_nine::child_records_until_it_is_killed", "--ignored", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Wait until it is at work, then let it be killed at another moment each time.
        let mut seen = Vec::new();
        let position = |line: &str| line.split("told ").nth(1)?.split(' ').next()?.parse::<u64>().ok();
        while seen.is_empty() {
            seen.extend(position(&lines.next().expect("the child is at work").unwrap()));
        }
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(3 + cycle * cycle * 4));
            child.kill().unwrap();
            child.wait().unwrap();
        });
        seen.extend(lines.map_while(Result::ok).filter_map(|line| position(&line)));
        killer.join().unwrap();
        for seq in seen {
            assert!(told.insert(seq), "position {seq} was given twice");
        }
        let trust = open(folder.path(), options()).await;
        let evidence = trust.evidence();
        let head = evidence.head().await.unwrap();
        let last = told.last().copied().unwrap();
        assert!(last < head.size, "{last} was told, but the log ends at {}", head.size);
        let found = evidence.verify().await.unwrap();
        assert!(found.ok, "{found:?}");
        assert_eq!(found.entries, head.size, "no gap, so every position that was told is there");
    }
    assert!(told.len() as u64 > CYCLES, "the child recorded more than one entry at a time");
}
