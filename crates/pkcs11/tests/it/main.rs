//! The module behind PKCS#11, with SoftHSM2 in the place of hardware. Without its library (Debian: `softhsm2`) the tests
//! say that they were skipped.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "in tests a panic is the report"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use brain_crypto::{AeadAlgorithm, CryptoProvider as _, DataKey, KeyWrapper};
use brain_kernel::clock::{Clock, SystemClock};
use brain_pkcs11::Module;
use brain_store::Store;
use brain_trust::{CryptoOptions, Keyring, Options, Settings, Trust};
use zeroize::Zeroizing;

const LIBRARIES: [&str; 2] =
    ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"];

/// The library keeps one state for the whole process.
static ONE: Mutex<()> = Mutex::new(());

fn library() -> Option<PathBuf> {
    let found = LIBRARIES.iter().map(PathBuf::from).find(|path| path.is_file());
    if found.is_none() {
        println!("skipped: no SoftHSM2 (apt-get install softhsm2)");
    }
    found
}

fn pin() -> Zeroizing<String> {
    Zeroizing::new("2468-1357".to_owned())
}

/// The tokens of this process, in a folder that its configuration names before the library is loaded.
fn configuration() -> &'static Path {
    static PLACE: std::sync::OnceLock<tempfile::TempDir> = std::sync::OnceLock::new();
    PLACE.get_or_init(|| tempfile::tempdir().unwrap()).path()
}

fn softhsm_conf() -> PathBuf {
    let conf = configuration().join("softhsm2.conf");
    let tokens = configuration().join("tokens");
    std::fs::create_dir_all(&tokens).unwrap();
    std::fs::write(
        &conf,
        format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display()),
    )
    .unwrap();
    conf
}

/// The library reads its configuration from the environment when it is loaded, so each test runs in a child of its own.
fn in_child(test: &str) -> bool {
    if std::env::var_os("SOFTHSM2_CONF").is_some() {
        return true;
    }
    if library().is_none() {
        return false;
    }
    let conf = softhsm_conf();
    let status = Command::new(std::env::current_exe().unwrap())
        .env("SOFTHSM2_CONF", conf)
        .args([test, "--exact", "--nocapture"])
        .status()
        .unwrap();
    assert!(status.success(), "{test}");
    false
}

/// A fresh token with this label.
fn child_token(label: &str) -> (PathBuf, MutexGuard<'static, ()>) {
    let library = library().unwrap();
    let turn = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", label, "--pin", &pin(), "--so-pin", "11112222"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    (library, turn)
}

#[test]
fn keys_are_made_once_in_the_token_and_sign_and_wrap_without_leaving_it() {
    if !in_child("keys_are_made_once_in_the_token_and_sign_and_wrap_without_leaving_it") {
        return;
    }
    let (library, _turn) = child_token("brain-a");
    let module = Module::open(&library, "brain-a", &pin()).unwrap();
    let signer = module.signer("evidence").unwrap();
    let signature = signer.sign(b"message").unwrap();
    assert!(signer.public().verify(b"message", &signature), "software checks what the token signed");
    assert!(!signer.public().verify(b"massage", &signature));
    assert_eq!(module.signer("evidence").unwrap().public(), signer.public(), "the same key the next time");
    assert_ne!(module.signer("witness").unwrap().public(), signer.public());

    let wrapper = module.wrapper("kek-1").unwrap();
    for algorithm in [AeadAlgorithm::Aes256Gcm, AeadAlgorithm::Sm4Gcm] {
        let key = DataKey::generate(algorithm).unwrap();
        let wrapped = wrapper.wrap(&key, b"secret").unwrap();
        let opened = module.wrapper("kek-1").unwrap().unwrap(algorithm, &wrapped, b"secret").unwrap();
        let sealed = key.seal(b"place", b"geheim").unwrap();
        assert_eq!(*opened.open(b"place", &sealed).unwrap(), b"geheim");
        assert!(wrapper.unwrap(algorithm, &wrapped, b"backup").is_err(), "for its purpose only");
        let mut changed = wrapped.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(
            wrapper.unwrap(algorithm, &changed, b"secret").unwrap_err().code(),
            "crypto/not-authentic"
        );
        assert!(wrapper.unwrap(algorithm, &wrapped[..20], b"secret").is_err());
        assert!(module.wrapper("kek-2").unwrap().unwrap(algorithm, &wrapped, b"secret").is_err());
    }
    assert!(module.wrapper("../kek").is_err() && module.signer("").is_err());
    assert!(Module::open(&library, "nothing", &pin()).is_err());
    let mut bytes = [0; 32];
    module.random(&mut bytes).unwrap();
    assert_ne!(bytes, [0; 32]);
}

#[test]
fn secrets_of_a_node_open_with_the_token_and_not_without() {
    if !in_child("secrets_of_a_node_open_with_the_token_and_not_without") {
        return;
    }
    let (library, _turn) = child_token("brain-b");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let options = CryptoOptions { kek: "pkcs11:kek-1".to_owned(), ..CryptoOptions::default() };
        let open = async |options: &CryptoOptions| {
            let keys = folder.path().join("keys");
            let module = Module::open(&library, "brain-b", &pin()).unwrap();
            let from_token =
                |name: &str| -> brain_trust::Result<Arc<dyn KeyWrapper>> { Ok(module.wrapper(name)?) };
            let ring = Keyring::open_with(options, &keys, &|_| None, &from_token).unwrap();
            let clock: Arc<dyn Clock> = Arc::new(SystemClock);
            let url = format!("sqlite:{}", folder.path().join("brain.db").display());
            let store = Store::open(&url, clock.clone()).await.unwrap();
            let quick = Options {
                argon2_memory_kib: 64,
                argon2_passes: 1,
                head_interval_ms: 0,
                ..Options::default()
            };
            (
                store.clone(),
                Trust::open(store, &keys, clock, Settings { keyring: Some(ring), ..quick.into() }).await,
            )
        };
        let (store, trust) = open(&options).await;
        let trust = trust.unwrap();
        trust.vault().seal("admin", "oidc/center", b"geheim").await.unwrap();
        assert!(!trust.vault().keyring().lies_in_folder());
        assert!(
            std::fs::read_dir(folder.path().join("keys"))
                .unwrap()
                .flatten()
                .all(|file| { !file.file_name().to_string_lossy().starts_with("kek-") })
        );
        drop(trust);
        store.close().await.unwrap();
        let (store, trust) = open(&options).await;
        let trust = trust.unwrap();
        assert_eq!(*trust.vault().open("oidc/center").await.unwrap().unwrap(), b"geheim");
        drop(trust);
        store.close().await.unwrap();
        let (_, refused) = open(&CryptoOptions::default()).await;
        assert_eq!(
            refused.err().unwrap().code(),
            "crypto/no-key",
            "the node keeps secrets from its first start"
        );
    });
    // Without a module the source is refused by name.
    let options = CryptoOptions { kek: "pkcs11:kek-1".to_owned(), ..CryptoOptions::default() };
    let refused = Keyring::open(&options, Path::new("/nonexistent"), &|_| None).unwrap_err();
    assert_eq!(refused.code(), "trust/invalid-argument");
}
