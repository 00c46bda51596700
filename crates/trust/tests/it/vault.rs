//! Keys and secrets: sealed at rest, rotated while in use, destroyed for good.

use brain_crypto::{AeadAlgorithm, Profile, new_key_text};
use brain_store::PageRequest;
use brain_store::{data_key, secret};
use brain_trust::evidence::{EntryFilter, merkle};
use brain_trust::{CryptoOptions, Keyring, Settings, Trust};

use crate::node::{Node, options};

const ACTOR: &str = "security-admin";

#[tokio::test]
async fn a_secret_lies_sealed_in_the_database_and_opens_after_a_restart() {
    let node = Node::start().await;
    let vault = node.trust.vault();
    vault.seal(ACTOR, "oidc/center", b"geheim-geheim").await.unwrap();
    let row = secret::find(node.store.db(), "oidc/center").await.unwrap().unwrap();
    assert!(!String::from_utf8_lossy(&row.sealed).contains("geheim"));
    let node = node.restart().await;
    let vault = node.trust.vault();
    assert_eq!(*vault.open("oidc/center").await.unwrap().unwrap(), b"geheim-geheim");
    assert_eq!(vault.open("oidc/other").await.unwrap(), None);
    assert!(node.kinds().await.contains(&"secret.seal".to_owned()));
    let made = EntryFilter { kind: Some("key.data.create".to_owned()), ..EntryFilter::default() };
    assert_eq!(node.trust.evidence().entries(&made, PageRequest::default()).await.unwrap().total, 1);
    assert_eq!(vault.names("oidc/").await.unwrap(), ["oidc/center"]);
}

#[tokio::test]
async fn a_sealed_value_moved_under_another_name_or_changed_does_not_open() {
    let node = Node::start().await;
    let vault = node.trust.vault();
    vault.seal(ACTOR, "totp/alice", b"seed of alice").await.unwrap();
    vault.seal(ACTOR, "totp/bob", b"seed of bob").await.unwrap();
    let mut row = secret::find(node.store.db(), "totp/alice").await.unwrap().unwrap();
    row.name = "totp/bob".to_owned();
    secret::put(node.store.db(), row.clone()).await.unwrap();
    assert_eq!(vault.open("totp/bob").await.unwrap_err().code(), "crypto/not-authentic");
    row.name = "totp/alice".to_owned();
    row.sealed[20] ^= 1;
    secret::put(node.store.db(), row).await.unwrap();
    assert_eq!(vault.open("totp/alice").await.unwrap_err().code(), "crypto/not-authentic");
}

#[tokio::test]
async fn a_secret_of_a_transaction_that_fails_is_not_there() {
    let node = Node::start().await;
    let vault = node.trust.vault();
    let transaction = node.store.transaction().await.unwrap();
    vault.seal_in(&transaction, "totp/alice", b"seed").await.unwrap();
    assert_eq!(*vault.open_in(&transaction, "totp/alice").await.unwrap().unwrap(), b"seed");
    transaction.rollback().await.unwrap();
    assert_eq!(vault.open("totp/alice").await.unwrap(), None);
    vault.seal(ACTOR, "totp/alice", b"seed").await.unwrap();
    assert_eq!(*vault.open("totp/alice").await.unwrap().unwrap(), b"seed");
}

#[tokio::test]
async fn a_new_key_encryption_key_takes_over_while_secrets_are_read_and_written() {
    let node = Node::start().await;
    let vault = node.trust.vault();
    vault.seal(ACTOR, "a", b"one").await.unwrap();
    for purpose in ["dataset:raw.x", "backup"] {
        vault.data_key(purpose).await.unwrap();
    }
    let before = vault.keyring().current().id().to_owned();
    let reader = vault.clone();
    let reading = tokio::spawn(async move {
        for round in 0..50 {
            assert_eq!(*reader.open("a").await.unwrap().unwrap(), b"one");
            reader.seal("reader", "b", format!("{round}").as_bytes()).await.unwrap();
        }
    });
    assert_eq!(vault.rotate(ACTOR).await.unwrap(), 3);
    reading.await.unwrap();
    let after = vault.keyring().current().id().to_owned();
    assert_ne!(before, after);
    assert_eq!(data_key::wrapped_by_others(node.store.db(), &after, 10).await.unwrap(), []);
    let kinds = node.kinds().await;
    assert!(kinds.contains(&"key.kek.rotate".to_owned()) && kinds.contains(&"key.data.rewrap".to_owned()));
    // The old key is not needed any more.
    std::fs::remove_file(node.keys_dir().join("kek-1-aes-256-gcm.key")).unwrap();
    let node = node.restart().await;
    assert_eq!(node.trust.vault().keyring().current().id(), after);
    assert_eq!(*node.trust.vault().open("b").await.unwrap().unwrap(), b"49");
}

#[tokio::test]
async fn a_rotation_cut_short_is_finished_at_the_next_start() {
    let node = Node::start().await;
    node.trust.vault().seal(ACTOR, "a", b"one").await.unwrap();
    // The key was made, the process died before anything moved.
    let ring = Keyring::open(&CryptoOptions::default(), &node.keys_dir(), &|_| None).unwrap();
    let successor = ring.rotated().unwrap().current().id().to_owned();
    let node = node.restart().await;
    let vault = node.trust.vault();
    assert_eq!(vault.keyring().current().id(), successor);
    assert_eq!(*vault.open("a").await.unwrap().unwrap(), b"one");
    assert_eq!(vault.rewrap("system").await.unwrap(), 1);
    assert_eq!(vault.rewrap("system").await.unwrap(), 0);
    assert_eq!(*vault.open("a").await.unwrap().unwrap(), b"one");
}

#[tokio::test]
async fn secrets_move_to_a_new_data_key_and_the_old_one_can_then_be_destroyed() {
    let node = Node::start().await;
    let vault = node.trust.vault();
    for name in ["a", "b", "c"] {
        vault.seal(ACTOR, name, name.as_bytes()).await.unwrap();
    }
    let old = secret::find(node.store.db(), "a").await.unwrap().unwrap().key_id;
    assert_eq!(vault.reseal_secrets(ACTOR).await.unwrap(), 4, "and the root of pseudonyms");
    assert_eq!(secret::sealed_by_others(node.store.db(), &old, 10).await.unwrap().len(), 4);
    data_key::destroy(node.store.db(), &old, node.store.now()).await.unwrap();
    for name in ["a", "b", "c"] {
        assert_eq!(*vault.open(name).await.unwrap().unwrap(), name.as_bytes());
    }
}

#[tokio::test]
async fn the_profile_changes_and_what_was_sealed_before_still_opens() {
    let node = Node::start().await;
    node.trust.vault().seal(ACTOR, "a", b"one").await.unwrap();
    let commercial = CryptoOptions { profile: Profile::Commercial, ..CryptoOptions::default() };
    let ring = Keyring::open(&commercial, &node.keys_dir(), &|_| None).unwrap();
    let trust = Trust::open(
        node.store.clone(),
        &node.keys_dir(),
        node.clock.clone(),
        Settings { keyring: Some(ring), ..options().into() },
    )
    .await
    .unwrap();
    let vault = trust.vault();
    assert_eq!(*vault.open("a").await.unwrap().unwrap(), b"one");
    assert_eq!(vault.rewrap("system").await.unwrap(), 1);
    assert_eq!(vault.reseal_secrets(ACTOR).await.unwrap(), 2, "and the root of pseudonyms");
    let row = secret::find(node.store.db(), "a").await.unwrap().unwrap();
    let key = data_key::find(node.store.db(), &row.key_id).await.unwrap().unwrap();
    assert_eq!(key.algorithm, "sm4-gcm");
    assert_eq!(*vault.open("a").await.unwrap().unwrap(), b"one");
}

#[tokio::test]
async fn without_the_key_encryption_key_the_database_says_nothing() {
    let node = Node::start().await;
    let text = new_key_text(AeadAlgorithm::Aes256Gcm).unwrap();
    let elsewhere = CryptoOptions { kek: "env:KEK".to_owned(), ..CryptoOptions::default() };
    let environment = |name: &str| (name == "KEK").then(|| text.to_string());
    let ring = Keyring::open(&elsewhere, &node.keys_dir(), &environment).unwrap();
    assert!(!ring.lies_in_folder());
    let trust = Trust::open(
        node.store.clone(),
        &node.keys_dir(),
        node.clock.clone(),
        Settings { keyring: Some(ring), ..options().into() },
    )
    .await
    .unwrap();
    trust.vault().seal(ACTOR, "a", b"one").await.unwrap();
    assert_eq!(trust.vault().rotate(ACTOR).await.unwrap_err().code(), "trust/invalid-argument");
    assert_eq!(trust.vault().rewrap("system").await.unwrap(), 1);
    drop(trust);
    // The folder alone, keys included, does not open it; the node says so at its start.
    let alone = Trust::open(node.store.clone(), &node.keys_dir(), node.clock.clone(), options()).await;
    assert_eq!(alone.err().map(|error| error.code()), Some("crypto/no-key"));
    for source in ["env:MISSING", "vault://x", "KEK"] {
        let options = CryptoOptions { kek: source.to_owned(), ..CryptoOptions::default() };
        let error = Keyring::open(&options, &node.keys_dir(), &environment).unwrap_err();
        assert_eq!(error.code(), "trust/invalid-argument", "{source}");
    }
}

#[tokio::test]
async fn a_key_file_that_somebody_else_writes_is_taken_over_when_asked() {
    let node = Node::start().await;
    let path = node.keys_dir().join("from-the-safe");
    let options_of = CryptoOptions { kek: format!("file:{}", path.display()), ..CryptoOptions::default() };
    let ring = Keyring::open(&options_of, &node.keys_dir(), &|_| None).unwrap();
    let trust = Trust::open(
        node.store.clone(),
        &node.keys_dir(),
        node.clock.clone(),
        Settings { keyring: Some(ring), ..options().into() },
    )
    .await
    .unwrap();
    let vault = trust.vault();
    vault.seal(ACTOR, "a", b"one").await.unwrap();
    assert_eq!(vault.rotate(ACTOR).await.unwrap_err().code(), "trust/invalid-argument");
    let successor = new_key_text(AeadAlgorithm::Aes256Gcm).unwrap();
    brain_crypto::replace_private_file(&path, successor.as_bytes()).unwrap();
    assert_eq!(vault.rotate(ACTOR).await.unwrap(), 1);
    assert_eq!(*vault.open("a").await.unwrap().unwrap(), b"one");
}

#[tokio::test]
async fn erased_data_does_not_open_and_the_certificate_proves_when_and_why() {
    let node = Node::start().await;
    let vault = node.trust.vault();
    let key = vault.data_key("dataset:raw.x").await.unwrap();
    let sealed = key.key.seal(b"row 1", b"personal").unwrap();
    assert_eq!(vault.erase(ACTOR, "dataset:raw.x", " ").await.unwrap_err().code(), "trust/invalid-argument");
    let certificate = vault.erase(ACTOR, "dataset:raw.x", "合同到期").await.unwrap();
    assert_eq!(certificate.keys, std::slice::from_ref(&key.id));
    let proof = &certificate.proof;
    let head = &proof.head;
    assert!(merkle::verify_inclusion(head.hash, &proof.leaf, proof.seq, head.size, &proof.path, &head.root));
    let entry = node.trust.evidence().entry(proof.seq).await.unwrap();
    assert_eq!((entry.kind.as_str(), entry.subject.as_str()), ("data.erase", "dataset:raw.x"));
    assert_eq!(vault.data_key_by_id(&key.id).await.unwrap_err().code(), "crypto/no-key");
    let again = vault.erase(ACTOR, "dataset:raw.x", "合同到期").await.unwrap_err();
    assert_eq!(again.code(), "trust/not-found");
    // Neither the database nor its log still holds the wrapped key.
    let wrapped = data_key::find(node.store.db(), &key.id).await.unwrap().unwrap().wrapped;
    assert_eq!(wrapped, None);
    let successor = vault.data_key("dataset:raw.x").await.unwrap();
    assert!(successor.key.open(b"row 1", &sealed).is_err());
}

#[tokio::test]
async fn the_wrapped_key_is_gone_from_the_files_of_the_database() {
    let node = Node::start().await;
    let vault = node.trust.vault();
    let key = vault.data_key("dataset:raw.x").await.unwrap();
    let wrapped = data_key::find(node.store.db(), &key.id).await.unwrap().unwrap().wrapped.unwrap();
    node.store.fold().await.unwrap();
    assert!(on_disk(&node, &wrapped), "the test looks in the right place");
    vault.erase(ACTOR, "dataset:raw.x", "合同到期").await.unwrap();
    assert!(!on_disk(&node, &wrapped));
}

fn on_disk(node: &Node, bytes: &[u8]) -> bool {
    let folder = std::path::Path::new(node.url.strip_prefix("sqlite:").unwrap()).parent().unwrap();
    let files = std::fs::read_dir(folder).unwrap().flatten().filter(|entry| entry.path().is_file());
    files.into_iter().any(|entry| {
        let content = std::fs::read(entry.path()).unwrap();
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}
