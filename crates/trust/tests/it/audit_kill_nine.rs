//! A process that is killed loses no access that was acknowledged.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use brain_kernel::clock::SystemClock;
use brain_kernel::party::Role;
use brain_store::Store;
use brain_trust::{AccessOrigin, AuditOptions, Options, Trust};

use crate::audit::grant;
use crate::node::{options, party};

/// Where the child works; absent in an ordinary run.
const FOLDER: &str = "BRAIN_TEST_AUDIT_FOLDER";
/// Kills; each at another moment.
const CYCLES: u64 = 10;

async fn open(folder: &std::path::Path) -> (Trust, Store) {
    let clock = Arc::new(SystemClock);
    let url = format!("sqlite:{}", folder.join("state.db").display());
    let store = Store::open(&url, clock.clone()).await.unwrap();
    let audit = AuditOptions { batch_records: 20, batch_seconds: 1, ..AuditOptions::default() };
    let options = Options { head_interval_ms: 5, audit, ..options() };
    let trust = Trust::open(store.clone(), &folder.join("keys"), clock, options).await.unwrap();
    (trust, store)
}

/// The child: four callers read without end, and say each access that was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the test below"]
async fn child_reads_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let (trust, _) = open(std::path::Path::new(&folder)).await;
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..4_u64 {
        let audit = trust.audit();
        callers.spawn(async move {
            for number in 0_u64.. {
                let origin = AccessOrigin::default();
                let access = audit.begin(&party(Role::Government), "analysis", "read", origin);
                access.opened("raw.a", 1, &grant("raw.a", None)).unwrap();
                let mark = format!("{}-{caller}-{number}", std::process::id());
                access.state(&mark);
                if number % 2 == 0 {
                    access.admit().await.unwrap();
                } else {
                    access.finish(None).await.unwrap();
                }
                // One write, so that lines of several callers do not mix; a closed pipe means that we are over.
                let mut out = std::io::stdout().lock();
                writeln!(out, "told {mark}").and_then(|()| out.flush()).unwrap();
            }
        });
    }
    callers.join_next().await;
}

#[tokio::test]
async fn an_acknowledged_access_has_its_record_however_the_process_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = std::collections::BTreeSet::new();
    for cycle in 0..CYCLES {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "audit_kill_nine::child_reads_until_it_is_killed", "--ignored", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mark = |line: &str| Some(line.split("told ").nth(1)?.trim().to_owned());
        let mut seen: Vec<String> = Vec::new();
        while seen.is_empty() {
            seen.extend(mark(&lines.next().expect("the child is at work").unwrap()));
        }
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(3 + cycle * cycle * 4));
            child.kill().unwrap();
            child.wait().unwrap();
        });
        seen.extend(lines.map_while(Result::ok).filter_map(|line| mark(&line)));
        killer.join().unwrap();
        told.extend(seen);
        let (trust, store) = open(folder.path()).await;
        let rows = brain_store::audit::records_from(store.db(), i64::MIN, 1_000_000).await.unwrap();
        let kept: std::collections::BTreeSet<&str> =
            rows.iter().filter_map(|row| row.statement.as_deref()).collect();
        for mark in &told {
            assert!(kept.contains(mark.as_str()), "{mark} was told and is not on record");
        }
        trust.close().await.unwrap();
        let found = trust.audit().verify(&party(Role::Auditor)).await.unwrap();
        assert!(found.ok, "{found:?}");
        assert_eq!(found.anchored, rows.len() as u64);
    }
    assert!(told.len() as u64 > CYCLES, "the child did more than one access at a time");
}
