//! A node killed with SIGKILL in the middle of a delivery: the run goes on after the last batch that was acknowledged.

use super::{Pair, Pki, TARGET, csv, deliveries, load, node, now, party, rows, shown};
use brain_exchange::{Direction, Terms};
use brain_kernel::party::Role;
use brain_testkit::Node;
use brain_tls::{Authority, Issued};
use brain_trust::Approval;
use brain_trust::status::SignedDocument;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where the child works; absent in an ordinary run.
const PLACE: &str = "BRAIN_TEST_EXCHANGE_PLACE";

/// The child: a node in a folder that others prepared, serving until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the tests below"]
async fn child_serves_until_it_is_killed() {
    let Some(place) = std::env::var_os(PLACE) else { return };
    let place = Path::new(&place);
    let read = |name: &str| std::fs::read_to_string(place.join(name)).unwrap();
    let root = Issued {
        certificate: read("root.pem"),
        key: read("root.key").into(),
        ..Authority::create("unused", now()).unwrap()
    };
    let authority = Authority::open(&root.certificate, &root.key).unwrap();
    let pki = Pki { root, authority };
    let address = read("address").trim().parse().unwrap();
    let served = node(&pki, read("name").trim(), Some(place.join("data")), Some(address)).await;
    println!("serving {}", served.address);
    std::future::pending::<()>().await;
}

struct Killed {
    place: tempfile::TempDir,
    address: SocketAddr,
}

impl Killed {
    fn new() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("data")).unwrap();
        Self { place, address }
    }

    fn home(&self) -> (PathBuf, SocketAddr) {
        (self.place.path().join("data"), self.address)
    }

    /// The node that lived here so far is over; its folder belongs to children now.
    async fn hand_over(&self, node: Node, pki: &Pki, name: &str) {
        let write = |file: &str, text: &str| std::fs::write(self.place.path().join(file), text).unwrap();
        write("root.pem", &pki.root.certificate);
        write("root.key", &pki.root.key);
        write("address", &self.address.to_string());
        write("name", name);
        let (trust, store) = (node.trust.clone(), node.store.clone());
        node.stop().await;
        trust.close().await.unwrap();
        drop(trust);
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), store.close()).await;
    }

    fn child(&self) -> Child {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "exchange::kills::child_serves_until_it_is_killed", "--ignored", "--nocapture"])
            .env(PLACE, self.place.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while !lines.next().unwrap().unwrap().contains("serving ") {}
        // It says nothing more; the pipe stays open until it is killed.
        std::thread::spawn(move || lines.for_each(drop));
        child
    }
}

/// Run until so many batches are acknowledged, kill the other node in the middle, and see the run fail.
async fn killed_in_the_middle(driver: &Node, child: &mut Child, id: &str) -> i64 {
    let run = driver.exchange.start(&party(Role::SystemAdministrator), id).await.unwrap();
    assert_eq!(run.id, id);
    loop {
        let done = deliveries(driver, id).await.first().map_or(0, |delivery| delivery.batches_done);
        if done >= 2 {
            break;
        }
        let failed = shown(driver, id).await.failure;
        assert_eq!(failed, None, "before anything was killed");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // SIGKILL: nothing is finished, flushed or said.
    child.kill().unwrap();
    child.wait().unwrap();
    let failure = loop {
        if let Some(failure) = shown(driver, id).await.failure {
            break failure;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert_eq!(failure.code, "exchange/unreachable");
    let delivery = deliveries(driver, id).await.remove(0);
    assert_eq!(delivery.state, "open");
    assert!((2..6).contains(&delivery.batches_done), "{delivery:?}");
    delivery.batches_done
}

fn slowly(terms: &mut Terms) {
    // A batch of 200 rows has some 5 kB: each takes a good part of a second, and the kill falls between two.
    terms.bytes_per_second = Some(12_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pull_goes_on_after_the_provider_was_killed_in_the_middle() {
    let home = Killed::new();
    let pair = Pair::within(Some(home.home()), None).await;
    load(&pair.provider, "append", "", "a.csv", &csv(0, 1_050)).await;
    let made = pair.subscribe(Direction::Pull, slowly).await;
    pair.approve(&made.id, Approval::default()).await;
    let Pair { pki, provider, consumer } = pair;
    home.hand_over(provider, &pki, "brain-p").await;
    let mut child = home.child();
    let done = killed_in_the_middle(&consumer, &mut child, &made.id).await;
    let mut child = home.child();
    let after = Box::pin(consumer.exchange.run(&party(Role::SystemAdministrator), &made.id)).await.unwrap();
    assert_eq!(after.failure, None);
    let all = deliveries(&consumer, &made.id).await;
    assert_eq!((all.len(), all[0].state.as_str()), (1, "published"), "it went on after batch {done}");
    assert_eq!((all[0].attempts, all[0].rows_done), (2, 1_050));
    assert_eq!(rows(&consumer, &format!("SELECT count(DISTINCT number) FROM {TARGET}")).await, ["1050"]);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_goes_on_after_the_consumer_was_killed_in_the_middle() {
    let home = Killed::new();
    let pair = Pair::within(None, Some(home.home())).await;
    load(&pair.provider, "append", "", "a.csv", &csv(0, 1_050)).await;
    let made = pair.subscribe(Direction::Push, slowly).await;
    pair.approve(&made.id, Approval::default()).await;
    let Pair { pki, provider, consumer } = pair;
    home.hand_over(consumer, &pki, "brain-c").await;
    let mut child = home.child();
    killed_in_the_middle(&provider, &mut child, &made.id).await;
    let mut child = home.child();
    let after = Box::pin(provider.exchange.run(&party(Role::SystemAdministrator), &made.id)).await.unwrap();
    assert_eq!(after.failure, None);
    assert_eq!((after.delivered_rows, after.completeness), (Some(1_050), Some(1.0)));
    let auditor = party(Role::Auditor);
    let delivery = deliveries(&provider, &made.id).await.remove(0);
    let (_, receipt) = provider.exchange.documents(&auditor, &delivery.id).await.unwrap();
    let receipt: SignedDocument = receipt.unwrap();
    assert_eq!(receipt.document["rows"], 1_050);
    child.kill().unwrap();
    child.wait().unwrap();
    // Opened again by itself, the folder holds the version once, and the log verifies.
    let reopened = node(&pki, "brain-c", Some(home.home().0), None).await;
    assert_eq!(
        rows(&reopened, &format!("SELECT count(*), count(DISTINCT number) FROM {TARGET}")).await,
        ["1050|1050"]
    );
    let found = reopened.trust.evidence().verify().await.unwrap();
    assert!(found.ok, "{found:?}");
}
