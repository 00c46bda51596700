//! A cluster on threads of its own: a scheduler and two executors on free ports.

use crate::node::Place;
use brain_cluster::Cluster;
use brain_cluster::executor::{Executor, ExecutorOptions};
use brain_cluster::scheduler::{Scheduler, SchedulerOptions};
use brain_warehouse::{ObjectLake, Warehouse};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;

/// A serving cluster; stopped when dropped.
pub struct TestCluster {
    address: String,
    folder: tempfile::TempDir,
    executors: Arc<Mutex<Vec<Executor>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// What a node of the warehouse's tests runs its SQL on.
pub type Engine = Option<TestCluster>;

/// A cluster for a node, which uses it from now on; none for a node that is to answer by itself.
pub fn attach(warehouse: &Warehouse, data: &Path, place: &Place) -> Engine {
    if place.alone {
        return None;
    }
    let cluster = TestCluster::start(data, place.lake());
    cluster.serve(warehouse);
    Some(cluster)
}

impl TestCluster {
    /// A scheduler and two executors that read this lake.
    pub fn start(data: &Path, objects: Option<ObjectLake>) -> Self {
        Self::with(data, objects, 512)
    }

    pub fn with(data: &Path, objects: Option<ObjectLake>, memory_mib: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let executors = Arc::new(Mutex::new(Vec::new()));
        let (data, own, all) = (data.to_owned(), folder.path().to_owned(), Arc::clone(&executors));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.unwrap().block_on(async move {
                let options = SchedulerOptions {
                    listen: "127.0.0.1:0".parse().unwrap(),
                    executor_timeout_s: 6,
                    membership: None,
                };
                let scheduler = Scheduler::start(options).await.unwrap();
                let address = scheduler.address().to_string();
                for number in 0..2 {
                    let folder = own.join(format!("executor-{number}"));
                    let options = executor(&address, folder, &data, objects.clone(), memory_mib);
                    let started = Executor::start(options).await.unwrap();
                    while !started.has_joined() {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    all.lock().unwrap().push(started);
                }
                tell.send(address).unwrap();
                let _ = stopped.await;
                let left = std::mem::take(&mut *all.lock().unwrap());
                for executor in left {
                    executor.stop().await;
                }
            });
        });
        let address = told.recv().unwrap();
        Self { address, folder, executors, stop: Some(stop), thread: Some(thread) }
    }

    /// Let the SQL of a warehouse run here.
    pub fn serve(&self, warehouse: &Warehouse) {
        warehouse.distribute(self.client());
    }

    /// A node's way to it.
    pub fn client(&self) -> Arc<Cluster> {
        Arc::new(Cluster::new(&self.address, 4, None).unwrap())
    }

    /// One executor goes away at once, with all it holds.
    pub fn lose_executor(&self) {
        drop(self.executors.lock().unwrap().pop().unwrap());
    }

    /// Tasks at work.
    pub fn running(&self) -> usize {
        self.executors.lock().unwrap().iter().map(Executor::running).sum()
    }

    /// Files that tasks have written and nobody has removed.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for number in 0..2 {
            walk(&self.folder.path().join(format!("executor-{number}/shuffle")), &mut found);
        }
        found
    }
}

impl Drop for TestCluster {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A cluster that panicked has failed its test already.
            drop(thread.join());
        }
    }
}

fn executor(
    scheduler: &str,
    folder: PathBuf,
    data: &Path,
    objects: Option<ObjectLake>,
    memory_mib: u64,
) -> ExecutorOptions {
    ExecutorOptions {
        scheduler: scheduler.to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        host: None,
        folder,
        data: data.to_owned(),
        objects,
        cores: 2,
        memory_mib,
        membership: None,
    }
}

fn walk(at: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
        if entry.path().is_dir() { walk(&entry.path(), found) } else { found.push(entry.path()) }
    }
}
