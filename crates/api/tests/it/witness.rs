//! Nodes that witness each other over HTTP: what one of them does to its log, the others find.

use brain_kernel::clock::Clock;
use brain_store::{PageRequest, Store};
use brain_testkit::{Node, Setup};
use brain_trust::evidence::verifier::{Bundle, SignedCheckpoint, Trusted, VerifierKey};
use brain_trust::evidence::{EvidenceEntry, KnownLog, PeerState, Problem, WitnessPeer};
use brain_trust::{EvidenceOptions, Options, Settings, Trust};
use serde_json::json;
use std::path::Path;
use std::sync::{Arc, Mutex};

struct Hand(Mutex<chrono::DateTime<chrono::Utc>>);

impl Clock for Hand {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        // Every look is later than the one before, as on a real machine.
        let mut now = self.0.lock().unwrap();
        *now += chrono::TimeDelta::milliseconds(1);
        *now
    }
}

/// A log whose folder is in our hands: what its operator can do, the tests do.
struct Log {
    folder: tempfile::TempDir,
    trust: Trust,
    store: Store,
    clock: Arc<Hand>,
    options: EvidenceOptions,
}

impl Log {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hand(Mutex::new("2026-11-21T01:00:00Z".parse().unwrap())));
        Self::open(folder, clock, EvidenceOptions::default()).await
    }

    async fn open(folder: tempfile::TempDir, clock: Arc<Hand>, options: EvidenceOptions) -> Self {
        let url = format!("sqlite:{}", folder.path().join("state.db").display());
        let store = Store::open(&url, clock.clone()).await.unwrap();
        let cheap =
            Options { argon2_memory_kib: 64, argon2_passes: 1, head_interval_ms: 0, ..Options::default() };
        let keys = folder.path().join("keys");
        let trust = Trust::open(
            store.clone(),
            &keys,
            clock.clone(),
            Settings { options: cheap, evidence: options.clone(), ..Settings::default() },
        )
        .await
        .unwrap();
        Self { folder, trust, store, clock, options }
    }

    /// Stop, do something to the folder, start again.
    async fn restarted(self, options: Option<EvidenceOptions>, act: impl FnOnce(&Path)) -> Self {
        let Self { folder, trust, store, clock, options: before } = self;
        drop(trust);
        store.close().await.unwrap();
        act(folder.path());
        Self::open(folder, clock, options.unwrap_or(before)).await
    }

    async fn witnessed_by(self, nodes: &[&Node]) -> Self {
        let witnesses = nodes.iter().map(|node| peer(node)).collect();
        self.restarted(Some(EvidenceOptions { witnesses, ..EvidenceOptions::default() }), |_| {}).await
    }

    fn known(&self, witnesses: Vec<String>) -> KnownLog {
        let evidence = self.trust.evidence();
        KnownLog { origin: evidence.origin().to_owned(), keys: evidence.log_keys(), witnesses }
    }

    async fn record(&self, count: u64, subject: &str) {
        for number in 0..count {
            let entry = EvidenceEntry {
                kind: "test.note".to_owned(),
                actor: "a1".to_owned(),
                subject: subject.to_owned(),
                body: json!({ "number": number }),
            };
            self.trust.evidence().record(entry).await.unwrap();
        }
    }

    async fn state(&self) -> Vec<PeerState> {
        self.trust.evidence().peers().await.unwrap().into_iter().map(|peer| peer.state).collect()
    }

    /// The database as it is now.
    async fn backup(&self) -> Vec<u8> {
        // Folds the log into the file and empties it.
        self.store.scrub().await.unwrap();
        std::fs::read(self.folder.path().join("state.db")).unwrap()
    }
}

fn prefix(node: &Node) -> String {
    format!("http://{}/api/v1/witness", node.address)
}

fn peer(node: &Node) -> WitnessPeer {
    WitnessPeer { url: prefix(node), node: None, keys: node.trust.evidence().witness_keys() }
}

async fn witness_of(logs: Vec<KnownLog>) -> Node {
    let evidence = EvidenceOptions { logs, ..EvidenceOptions::default() };
    Node::with(Setup { evidence, ..Setup::default() }).await
}

async fn alarms(node: &Node) -> Vec<String> {
    let found = node.trust.evidence().alarms(PageRequest::default()).await.unwrap();
    let client = node.signed_in("auditor").await;
    let entries = client.get("/api/v1/evidence?kind=evidence.alarm").await.expect(200);
    assert_eq!(
        entries["total"].as_u64(),
        Some(found.total),
        "each alarm is an entry of the witness's own log"
    );
    found.items.into_iter().map(|alarm| alarm.problem).collect()
}

#[tokio::test]
async fn two_nodes_witness_each_other_over_http_and_a_bundle_carries_the_proof() {
    let spare = Log::start().await;
    let log_keys: Vec<VerifierKey> = spare.trust.evidence().log_keys();
    let centre = witness_of(vec![spare.known(Vec::new())]).await;
    let evidence = EvidenceOptions { witnesses: vec![peer(&centre)], ..EvidenceOptions::default() };
    let keys = Some(spare.folder.path().join("keys"));
    let brain = Node::with(Setup { evidence, keys, ..Setup::default() }).await;
    let log = brain.trust.evidence();
    assert_eq!(log.log_keys(), log_keys);
    for _ in 0..3 {
        brain.signed_in("government").await;
        assert_eq!(log.ask_witnesses().await.unwrap(), 1, "{:?}", log.peers().await.unwrap());
    }
    let client = brain.signed_in("government").await;
    let head = brain.anonymous().get("/api/v1/evidence/log/checkpoint").await;
    let note = SignedCheckpoint::parse(&head.text()).unwrap();
    assert_eq!(
        note.good(&centre.trust.evidence().witness_keys()).len(),
        2,
        "Ed25519 and SM2: {}",
        head.text()
    );
    let size = note.checkpoint.size;
    let tile = brain.anonymous().get(&format!("/api/v1/evidence/log/tile/0/000.p/{size}")).await;
    assert_eq!(tile.body.len() as u64, size * 32, "{}", tile.text());
    let entries = client.get(&format!("/api/v1/evidence/log/tile/entries/000.p/{size}")).await;
    assert_eq!(entries.status, 200, "{}", entries.text());
    assert!(entries.text().contains("key.create"));

    let bundle = client.get("/api/v1/evidence/bundle?seq=0").await.expect(200);
    let bundle: Bundle = serde_json::from_value(bundle).unwrap();
    let trusted = Trusted {
        keys: log_keys,
        witnesses: centre.trust.evidence().witness_keys(),
        quorum: 1,
        ..Trusted::default()
    };
    let report = bundle.check(&trusted);
    assert!(report.ok && report.witnesses.len() == 2, "{report:?}");
    let verified = client.post("/api/v1/evidence/verify", &json!({})).await.expect(200);
    assert_eq!(
        (verified["ok"].as_bool(), verified["witnesses"][0]["size"].as_u64()),
        (Some(true), Some(size))
    );
    assert!(alarms(&centre).await.is_empty());
}

#[tokio::test]
async fn a_log_put_back_is_found_by_its_witness_even_without_the_file_beside_the_keys() {
    let log = Log::start().await;
    let centre = witness_of(vec![log.known(Vec::new())]).await;
    let log = log.witnessed_by(&[&centre]).await;
    log.record(3, "before").await;
    assert_eq!(log.trust.evidence().ask_witnesses().await.unwrap(), 1);
    let old = log.backup().await;
    log.record(5, "lost").await;
    assert_eq!(log.trust.evidence().ask_witnesses().await.unwrap(), 1);
    let put_back = |folder: &Path| {
        for extra in ["state.db-wal", "state.db-shm", "state.db-sums"] {
            let _ = std::fs::remove_file(folder.join(extra));
        }
        std::fs::write(folder.join("state.db"), old).unwrap();
        std::fs::remove_file(folder.join("keys/evidence-checkpoint.txt")).unwrap();
        std::fs::remove_dir_all(folder.join("evidence")).unwrap();
    };
    let log = log.restarted(None, put_back).await;
    let evidence = log.trust.evidence();
    assert!(evidence.head().await.is_ok(), "nothing on this machine says that entries are gone");
    let found = evidence.verify().await.unwrap();
    assert_eq!(found.first_bad.unwrap().problem, Problem::Missing, "but the witness does");
    assert_eq!(evidence.ask_witnesses().await.unwrap(), 0);
    assert_eq!(log.state().await, [PeerState::Contradicts]);
    let own = evidence.alarms(PageRequest::default()).await.unwrap();
    assert_eq!(own.items[0].problem, "rolled_back");
    assert_eq!(
        alarms(&centre).await,
        ["rolled_back"],
        "the shorter checkpoint was signed later: proof for the centre"
    );

    // Growing past the old size does not help.
    log.record(20, "after").await;
    assert_eq!(evidence.ask_witnesses().await.unwrap(), 0);
    assert!(alarms(&centre).await.contains(&"rewritten".to_owned()));
    assert!(!evidence.verify().await.unwrap().ok);
}

#[tokio::test]
async fn a_log_that_shows_two_witnesses_two_histories_is_found_when_they_compare() {
    let log = Log::start().await;
    let first = witness_of(vec![log.known(Vec::new())]).await;
    // The second witness asks the first one what it saw.
    let second = witness_of(vec![log.known(vec![prefix(&first)])]).await;
    let base = log.backup().await;
    let log = log.witnessed_by(&[&first]).await;
    log.record(4, "shown to the first").await;
    assert_eq!(log.trust.evidence().ask_witnesses().await.unwrap(), 1);
    let put_back = |folder: &Path| {
        for extra in ["state.db-wal", "state.db-shm", "state.db-sums"] {
            let _ = std::fs::remove_file(folder.join(extra));
        }
        std::fs::write(folder.join("state.db"), base).unwrap();
        let _ = std::fs::remove_file(folder.join("keys/evidence-checkpoint.txt"));
    };
    let options = EvidenceOptions { witnesses: vec![peer(&second)], ..EvidenceOptions::default() };
    let log = log.restarted(Some(options), put_back).await;
    log.record(4, "shown to the second").await;
    assert_eq!(
        log.trust.evidence().ask_witnesses().await.unwrap(),
        1,
        "the second has no reason to refuse yet"
    );
    assert!(log.trust.evidence().verify().await.unwrap().ok, "nor has the log, asked alone");
    assert_eq!(second.trust.evidence().compare_with_siblings().await.unwrap(), 1);
    assert_eq!(second.trust.evidence().compare_with_siblings().await.unwrap(), 1);
    assert_eq!(alarms(&second).await, ["fork"], "found again, recorded once");

    // Shown to one witness, the second history of the same size is refused at once.
    let options = EvidenceOptions { witnesses: vec![peer(&first)], ..EvidenceOptions::default() };
    let log = log.restarted(Some(options), |_| {}).await;
    assert_eq!(log.trust.evidence().ask_witnesses().await.unwrap(), 0);
    assert_eq!(alarms(&first).await, ["fork"]);
    assert_eq!(log.trust.evidence().verify().await.unwrap().first_bad.unwrap().problem, Problem::Rewritten);
}

#[tokio::test]
async fn a_witness_answers_as_the_specification_says() {
    let log = Log::start().await;
    let stranger = Log::start().await;
    let centre = witness_of(vec![log.known(Vec::new())]).await;
    let client = centre.anonymous();
    let add = async |body: String| {
        let request = client.request("POST".parse().unwrap(), "/api/v1/witness/add-checkpoint").body(body);
        client.send(request).await
    };
    let note = log.trust.evidence().head().await.unwrap().note;
    let size = log.trust.evidence().head().await.unwrap().size;
    for wrong in
        ["", "old 0\n", "old 00\n\nx", "old x\n\nx\n1\ny\n\n— a b\n", &format!("old {}\n\n{note}", size + 1)]
    {
        assert_eq!(add(wrong.to_owned()).await.status, 400, "{wrong:?}");
    }
    let foreign = stranger.trust.evidence().head().await.unwrap().note;
    assert_eq!(add(format!("old 0\n\n{foreign}")).await.status, 404);
    let altered = note.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size + 1), 1);
    assert_eq!(add(format!("old 0\n\n{altered}")).await.status, 403);
    let proof = "A".repeat(43) + "=";
    assert_eq!(add(format!("old 0\n{proof}\n\n{note}")).await.status, 422);
    let early = add(format!("old 3\n{proof}\n\n{note}")).await;
    assert_eq!((early.status.as_u16(), early.text().as_str()), (409, "0\n"));
    assert_eq!(early.header("content-type"), "text/x.tlog.size");
    let hash = brain_trust::evidence::verifier::HashAlgorithm::Sha256.digest(&[log
        .trust
        .evidence()
        .origin()
        .as_bytes()]);
    let monitoring = format!("/api/v1/witness/{hash}/checkpoint");
    assert_eq!(client.get(&monitoring).await.status, 404, "nothing signed yet");
    let signed = add(format!("old 0\n\n{note}")).await;
    assert_eq!(signed.status, 200, "{}", signed.text());
    assert_eq!(signed.text().lines().count(), 2);
    let again = add(format!("old {size}\n\n{note}")).await;
    assert_eq!(again.status, 200, "the same checkpoint may be signed again");
    let replayed = add(format!("old 0\n\n{note}")).await;
    assert_eq!((replayed.status.as_u16(), replayed.text()), (409, format!("{size}\n")));
    let kept = SignedCheckpoint::parse(&client.get(&monitoring).await.text()).unwrap();
    assert_eq!(kept.good(&centre.trust.evidence().witness_keys()).len(), 2);
    assert_eq!(kept.good(&log.trust.evidence().log_keys()).len(), 2);
    assert!(alarms(&centre).await.is_empty(), "mistakes of a client are no misbehaviour of the log");
    assert_eq!(add("x".repeat(100_000)).await.status, 413);
    let _ = &log.clock;
}

/// Everything in a folder, as a second site would have it.
fn copy_of(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let from = format!("{}/.", folder.display());
    let done = std::process::Command::new("cp").arg("-a").arg(from).arg(copy.path()).status().unwrap();
    assert!(done.success());
    copy
}

#[tokio::test]
async fn a_log_that_goes_on_from_what_witnesses_were_shown_contradicts_nobody() {
    let log = Log::start().await;
    let witness = witness_of(vec![log.known(Vec::new())]).await;
    let log = log.witnessed_by(&[&witness]).await;
    let evidence = log.trust.evidence();
    evidence.show_up_to(Some(0));
    log.record(3, "copied").await;
    let copied = evidence.head().await.unwrap().size;
    log.backup().await;
    let copy = copy_of(log.folder.path());
    assert_eq!(evidence.ask_witnesses().await.unwrap(), 0, "nothing may be shown yet");
    evidence.show_up_to(Some(copied));
    log.record(4, "lost").await;
    assert_eq!(evidence.ask_witnesses().await.unwrap(), 1);
    assert_eq!(evidence.peers().await.unwrap()[0].size, Some(copied), "and no more than that");
    assert_eq!(evidence.ask_witnesses().await.unwrap(), 1, "it is not asked again");
    drop(evidence);
    // The site is lost; another node goes on from the copy.
    let log = log
        .restarted(None, |folder| {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                let gone =
                    if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
                gone.unwrap();
            }
            let from = format!("{}/.", copy.path().display());
            assert!(
                std::process::Command::new("cp").arg("-a").arg(from).arg(folder).status().unwrap().success()
            );
        })
        .await;
    log.record(2, "after").await;
    assert_eq!(log.trust.evidence().ask_witnesses().await.unwrap(), 1);
    assert_eq!(log.state().await, [PeerState::Signed]);
    let alarms = witness.trust.evidence().alarms(PageRequest::new(1, 10)).await.unwrap();
    assert_eq!(alarms.total, 0, "the witness saw one history");
}
