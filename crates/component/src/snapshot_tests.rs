use super::*;
use brain_chain::ChainError;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;

fn empty() -> Snapshot {
    Snapshot::new(Arc::new(ChainGraph::default()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_at_the_same_time_share_one_computation() {
    let snapshot = empty();
    let runs = Arc::new(AtomicU32::new(0));
    let ask = || {
        let (snapshot, runs) = (snapshot.clone(), runs.clone());
        tokio::spawn(async move {
            let compute = move |_: &ChainGraph, _: &Progress, _: &Cancel| {
                std::thread::sleep(Duration::from_millis(30));
                Ok(runs.fetch_add(1, Ordering::SeqCst))
            };
            snapshot.derived("day 1", &Progress::new(), &Cancel::new(), compute).await.unwrap()
        })
    };
    let (a, b, c) = (ask(), ask(), ask());
    let found = (*a.await.unwrap(), *b.await.unwrap(), *c.await.unwrap());
    assert_eq!((found, runs.load(Ordering::SeqCst)), ((0, 0, 0), 1));
    // Another key is another value, and so is another type under the same key.
    let number = |n: u32| move |_: &ChainGraph, _: &Progress, _: &Cancel| Ok(n);
    let text = |_: &ChainGraph, _: &Progress, _: &Cancel| Ok("one".to_owned());
    let (progress, cancel) = (Progress::new(), Cancel::new());
    assert_eq!(*snapshot.derived("day 2", &progress, &cancel, number(7)).await.unwrap(), 7);
    assert_eq!(*snapshot.derived("day 1", &progress, &cancel, text).await.unwrap(), "one");
    assert_eq!(*snapshot.derived("day 1", &progress, &cancel, number(9)).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_takes_over_when_the_first_is_cancelled() {
    let snapshot = empty();
    let cancel = Cancel::new();
    let (started, seen) = mpsc::channel();
    let first = {
        let (snapshot, cancel) = (snapshot.clone(), cancel.clone());
        let endless = move |_: &ChainGraph, _: &Progress, cancel: &Cancel| -> Result<u32, Failure> {
            started.send(()).unwrap();
            while !cancel.is_cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(ChainError::Cancelled.into())
        };
        tokio::spawn(async move { snapshot.derived("k", &Progress::new(), &cancel, endless).await })
    };
    tokio::task::spawn_blocking(move || seen.recv().unwrap()).await.unwrap();
    let second = {
        let snapshot = snapshot.clone();
        let compute = |_: &ChainGraph, _: &Progress, _: &Cancel| Ok(5_u32);
        tokio::spawn(async move { snapshot.derived("k", &Progress::new(), &Cancel::new(), compute).await })
    };
    cancel.cancel();
    assert_eq!(first.await.unwrap().unwrap_err().kind, ErrorKind::Cancelled);
    assert_eq!(*second.await.unwrap().unwrap(), 5);
}

#[tokio::test]
async fn a_cancelled_caller_does_not_wait_for_another() {
    let cells: Cells<u8, u32> = Cells::new(2);
    let held = cells.cell(1);
    let never = held.get_or_try_init(std::future::pending::<Result<u32, Failure>>);
    let cancel = Cancel::new();
    cancel.cancel();
    assert_eq!(unless_cancelled(&cancel, never).await.unwrap_err().kind, ErrorKind::Cancelled);
}

#[tokio::test]
async fn a_value_under_way_does_not_hold_up_another_key() {
    let cells: Arc<Cells<&str, u32>> = Arc::new(Cells::new(2));
    let slow = cells.cell("slow");
    let waiting = tokio::spawn(async move {
        slow.get_or_try_init(std::future::pending::<Result<u32, Failure>>).await.copied()
    });
    tokio::task::yield_now().await;
    let other = cells.cell("other");
    assert_eq!(*other.get_or_try_init(|| async { Ok::<_, Failure>(3) }).await.unwrap(), 3);
    assert!(!waiting.is_finished());
    waiting.abort();
    // The least recently asked for goes first.
    drop(cells.cell("slow"));
    drop(cells.cell("third"));
    assert!(!cells.cell("other").initialized(), "evicted, so a new empty cell");
}
