//! Nodes that prove themselves to each other over real TLS, and what happens to one that does not hold.

use brain_kernel::party::{Party, Role};
use brain_testkit::{Node, Setup};
use brain_tls::{Authority, Issued, Material, Request, ServerTls, Usage};
use brain_trust::evidence::{PeerState, WitnessPeer};
use brain_trust::status::{Good, NewKnownGood, PeerStanding};
use brain_trust::{EvidenceOptions, NewNode, NodeState, PeerTls, StatusOptions};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// TLS judges by the machine's clock, which the testkit's clock follows.
fn now() -> DateTime<Utc> {
    use brain_kernel::clock::{Clock as _, SystemClock};
    SystemClock.now()
}

fn party(role: Role) -> Party {
    Party {
        account: format!("test-{}", role.name()),
        display_name: role.name().to_owned(),
        role,
        organisation: None,
        region: None,
    }
}

struct Pki {
    root: Issued,
    authority: Authority,
}

impl Pki {
    fn new(name: &str) -> Self {
        let root = Authority::create(name, now()).unwrap();
        let authority = Authority::open(&root.certificate, &root.key).unwrap();
        Self { root, authority }
    }

    fn issue(&self, subject: &str, usage: Usage) -> Issued {
        self.issue_at(subject, usage, now())
    }

    fn issue_at(&self, subject: &str, usage: Usage, at: DateTime<Utc>) -> Issued {
        let names = vec!["127.0.0.1".to_owned()];
        self.authority.issue(&Request { subject: subject.to_owned(), names, usage, days: 30 }, at).unwrap()
    }

    fn material(&self, server: &Issued) -> Material {
        Material {
            chain: server.certificate.clone(),
            key: server.key.clone(),
            client_authorities: self.root.certificate.clone(),
            revocations: String::new(),
        }
    }

    fn peer(&self, own: Option<&Issued>) -> PeerTls {
        PeerTls {
            chain: own.map(|issued| issued.certificate.clone()).unwrap_or_default(),
            key: own.map(|issued| issued.key.clone()).unwrap_or_default(),
            authorities: self.root.certificate.clone(),
            revocations: String::new(),
        }
    }
}

/// A centre that takes peers by their certificates, and a brain that knows it.
struct Pair {
    pki: Pki,
    server: Issued,
    tls: Arc<ServerTls>,
    center: Node,
    brain: Node,
    /// The centre's account at the brain.
    id: String,
}

async fn register(at: &Node, other: &Node, name: &str, base_url: Option<String>) -> String {
    let keys = other.trust.status().public_keys();
    let identity = at.trust.identity();
    let new = NewNode {
        name: name.to_owned(),
        node_role: "center".to_owned(),
        public_key: keys.ed25519,
        sm2_public_key: keys.sm2,
        base_url,
        organisation: None,
    };
    let made = identity.register_node(&party(Role::SystemAdministrator), new).await.unwrap();
    identity.set_node_state(&party(Role::SecurityAdministrator), &made.id, NodeState::Active).await.unwrap();
    made.id
}

fn named(name: &str) -> StatusOptions {
    StatusOptions { name: name.to_owned(), ..StatusOptions::default() }
}

impl Pair {
    async fn new() -> Self {
        let pki = Pki::new("root-a");
        let server = pki.issue("center-a", Usage::Server);
        let tls = Arc::new(ServerTls::new(pki.material(&server)).unwrap());
        let center = Node::with(Setup {
            status: named("center-a"),
            peer_certificates_required: true,
            tls: Some(tls.clone()),
            ..Setup::default()
        })
        .await;
        center.trust.status().set_certificate(Some(server.serial.clone()));
        let witness = WitnessPeer {
            url: format!("https://{}/api/v1/witness", center.address),
            node: Some("center-a".to_owned()),
            keys: center.trust.evidence().witness_keys(),
        };
        let evidence = EvidenceOptions { witnesses: vec![witness], ..EvidenceOptions::default() };
        let brain = Node::with(Setup { status: named("brain-b"), evidence, ..Setup::default() }).await;
        register(&center, &brain, "brain-b", None).await;
        let url = format!("https://{}", center.address);
        let id = register(&brain, &center, "center-a", Some(url)).await;
        Self { pki, server, tls, center, brain, id }
    }

    fn dress(&self, tls: PeerTls) {
        self.brain.trust.peers().replace(Some(tls)).unwrap();
    }

    async fn check(&self) -> PeerStanding {
        let status = self.brain.trust.status();
        status.check_peer(&party(Role::SecurityAdministrator), &self.id).await.unwrap()
    }

    #[track_caller]
    fn refused(standing: &PeerStanding, words: &str) {
        assert_eq!(standing.accepted, Some(false), "{standing:?}");
        let reason = standing.reason.clone().unwrap_or_default();
        assert!(reason.to_lowercase().contains(&words.to_lowercase()), "{words}: {reason}");
    }
}

#[tokio::test]
async fn two_nodes_speak_over_mutual_tls_and_a_certificate_that_does_not_hold_is_refused() {
    let pair = Pair::new().await;
    let good = pair.pki.issue("brain-b", Usage::Node);
    pair.dress(pair.pki.peer(Some(&good)));
    let accepted = pair.check().await;
    assert_eq!(accepted.accepted, Some(true), "{accepted:?}");
    let statement = accepted.statement.unwrap();
    assert_eq!(
        statement.certificate.as_deref(),
        Some(pair.server.serial.as_str()),
        "bound to the connection"
    );

    // Nobody, or somebody who is no node here.
    pair.dress(pair.pki.peer(None));
    Pair::refused(&pair.check().await, "401");
    let stranger = pair.pki.issue("brain-x", Usage::Node);
    pair.dress(pair.pki.peer(Some(&stranger)));
    Pair::refused(&pair.check().await, "403");
    // A certificate of another authority, one that has run out, and one that was revoked.
    let foreign = Pki::new("root-b");
    let theirs = foreign.issue("brain-b", Usage::Node);
    pair.dress(PeerTls { authorities: pair.pki.root.certificate.clone(), ..foreign.peer(Some(&theirs)) });
    Pair::refused(&pair.check().await, "it cannot be reached");
    let stale = pair.pki.issue_at("brain-b", Usage::Node, now() - TimeDelta::days(60));
    pair.dress(pair.pki.peer(Some(&stale)));
    Pair::refused(&pair.check().await, "it cannot be reached");
    let revocations = pair.pki.authority.revocations(&[(good.serial.clone(), now())], 1, now()).unwrap();
    pair.tls.replace(Material { revocations, ..pair.pki.material(&pair.server) }).unwrap();
    pair.dress(pair.pki.peer(Some(&good)));
    Pair::refused(&pair.check().await, "it cannot be reached");
    pair.tls.replace(pair.pki.material(&pair.server)).unwrap();
    assert_eq!(pair.check().await.accepted, Some(true));

    // The other side: an authority that is not believed, a revoked server, a name that is not in its certificate.
    pair.dress(PeerTls { authorities: foreign.root.certificate.clone(), ..pair.pki.peer(Some(&good)) });
    Pair::refused(&pair.check().await, "UnknownIssuer");
    let revocations =
        pair.pki.authority.revocations(&[(pair.server.serial.clone(), now())], 1, now()).unwrap();
    pair.dress(PeerTls { revocations, ..pair.pki.peer(Some(&good)) });
    Pair::refused(&pair.check().await, "Revoked");
    pair.dress(pair.pki.peer(Some(&good)));
    let identity = pair.brain.trust.identity();
    let url = format!("https://localhost:{}", pair.center.address.port());
    identity.set_node_address(&party(Role::SystemAdministrator), &pair.id, &url).await.unwrap();
    Pair::refused(&pair.check().await, "not valid for name");
}

#[tokio::test]
async fn plain_text_to_a_peer_is_for_this_machine_only() {
    let pair = Pair::new().await;
    let identity = pair.brain.trust.identity();
    let system = party(Role::SystemAdministrator);
    for bad in [
        "http://center.example:7600",
        "ftp://127.0.0.1",
        "https://user:pw@center",
        "center",
        "https://c/?x=1",
    ] {
        let refused = identity.set_node_address(&system, &pair.id, bad).await.unwrap_err();
        assert_eq!(refused.code(), "trust/invalid-argument", "{bad}");
    }
    identity.set_node_address(&system, &pair.id, "http://127.0.0.1:7600").await.unwrap();
}

#[tokio::test]
async fn certificates_change_under_load_and_no_request_is_lost() {
    let pair = Pair::new().await;
    pair.dress(pair.pki.peer(Some(&pair.pki.issue("brain-b", Usage::Node))));
    let stop = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicUsize::new(0));
    let mut callers = Vec::new();
    for kept in [true, true, false] {
        let config = || brain_tls::client_config(&pair.pki.root.certificate, None).unwrap();
        let client = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(config());
        // One kind goes on over one connection, the other agrees on TLS for each request.
        let client = if kept { client } else { client.pool_max_idle_per_host(0) }.build().unwrap();
        let url = format!("https://{}/livez", pair.center.address);
        let (stop, answered) = (stop.clone(), answered.clone());
        callers.push(tokio::spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                let reply = client.get(&url).send().await.expect("no connection is dropped");
                assert_eq!(reply.text().await.expect("an answer"), "ok\n");
                answered.fetch_add(1, Ordering::SeqCst);
            }
        }));
    }
    for _ in 0..10 {
        let before = answered.load(Ordering::SeqCst);
        let server = pair.pki.issue("center-a", Usage::Server);
        assert!(pair.tls.replace(pair.pki.material(&server)).unwrap());
        pair.center.trust.status().set_certificate(Some(server.serial));
        pair.dress(pair.pki.peer(Some(&pair.pki.issue("brain-b", Usage::Node))));
        let standing = pair.check().await;
        assert_eq!(standing.accepted, Some(true), "{standing:?}");
        while answered.load(Ordering::SeqCst) < before + 3
            && callers.iter().all(|caller| !caller.is_finished())
        {
            tokio::task::yield_now().await;
        }
    }
    stop.store(true, Ordering::SeqCst);
    for caller in callers {
        caller.await.expect("every request was answered");
    }
}

#[tokio::test]
async fn a_peer_whose_status_fails_gets_nothing_and_leaves_evidence() {
    let pair = Pair::new().await;
    pair.dress(pair.pki.peer(Some(&pair.pki.issue("brain-b", Usage::Node))));
    let evidence = pair.brain.trust.evidence();
    let state = async || evidence.peers().await.unwrap()[0].state.clone();
    evidence.ask_witnesses().await.unwrap();
    // The centre is no witness of this log, and says so: it was spoken to.
    assert_eq!(state().await, PeerState::Failed("404 Not Found".to_owned()));

    // Its program is not the one it was started with.
    let center = pair.center.trust.status();
    center.remeasured("program", "sha-256:testkit", "sha-256:evil").await.unwrap();
    Pair::refused(&pair.check().await, "integrity");
    evidence.ask_witnesses().await.unwrap();
    assert!(matches!(state().await, PeerState::Refused(reason) if reason.contains("integrity")));
    center.remeasured("program", "sha-256:testkit", "sha-256:testkit").await.unwrap();
    assert_eq!(pair.check().await.accepted, Some(true));

    // Another version than the security administrator holds for good.
    let security = pair.brain.signed_in("security_administrator").await;
    let new = NewKnownGood {
        kind: Good::Version,
        value: "9.9.9".to_owned(),
        node: None,
        note: "下一版".to_owned(),
    };
    let listed = security.post("/api/v1/status/known-good", &json!(new)).await.expect(201);
    let checked =
        security.post(&format!("/api/v1/status/peers/{}/check", pair.id), &json!({})).await.expect(200);
    assert_eq!(checked["accepted"], false, "{checked}");
    evidence.ask_witnesses().await.unwrap();
    assert!(matches!(state().await, PeerState::Refused(reason) if reason.contains("version")));
    let path = format!("/api/v1/status/known-good/{}", listed["id"].as_str().unwrap());
    assert_eq!(security.delete(&path).await.status, 204);
    assert_eq!(pair.check().await.accepted, Some(true));

    let auditor = pair.brain.signed_in("auditor").await;
    let refusals = auditor.get("/api/v1/evidence?kind=peer.refused").await.expect(200);
    assert_eq!(refusals["total"], 2, "{refusals}");
    let accepted = auditor.get("/api/v1/evidence?kind=peer.accepted").await.expect(200);
    assert_eq!(accepted["total"], 3, "once, and after each refusal: {accepted}");
    let standings = auditor.get("/api/v1/status/peers").await.expect(200);
    assert_eq!(standings["items"][0]["statement"]["node"], "center-a");
    // A node that is revoked is not even asked.
    let identity = pair.brain.trust.identity();
    let who = party(Role::SecurityAdministrator);
    identity.set_node_state(&who, &pair.id, NodeState::Revoked).await.unwrap();
    let refused = pair.brain.trust.status().verify_peer("center-a").await.unwrap_err();
    assert_eq!(refused.code(), "trust/peer-refused");
}

#[tokio::test]
async fn what_nodes_say_to_each_other_takes_a_certificate_where_the_operator_asks_for_one() {
    let pair = Pair::new().await;
    let url = format!("https://{}/api/v1/witness/add-checkpoint", pair.center.address);
    let bare = brain_tls::client_config(&pair.pki.root.certificate, None).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(bare).build().unwrap();
    let reply = client.post(&url).header("content-type", "text/plain").body("x").send().await.unwrap();
    assert_eq!(reply.status(), 403);
    assert!(reply.text().await.unwrap().contains("api/peer-certificate"));
    let own = pair.pki.issue("brain-b", Usage::Node);
    let shown =
        brain_tls::client_config(&pair.pki.root.certificate, Some((&own.certificate, &own.key))).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(shown).build().unwrap();
    let reply = client.post(&url).header("content-type", "text/plain").body("x").send().await.unwrap();
    assert_eq!(reply.status(), 400, "it is read, and is no checkpoint");
}
