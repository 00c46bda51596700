//! A node's trust over a fresh store, with a clock that moves only when told.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use brain_kernel::clock::Clock;
use brain_kernel::party::{Party, Role};
use brain_kernel::uscc::Uscc;
use brain_store::Store;
use brain_trust::{
    AccountKind, Authenticated, Carrier, EvidenceOptions, NewAccount, Options, Origin, Secret, Settings,
    SignIn, Trust,
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, Database};

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const OWN: &str = "91330100799655058B";

pub(crate) struct TestClock(Mutex<DateTime<Utc>>);

impl TestClock {
    pub(crate) fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

pub(crate) struct Node {
    pub(crate) trust: Trust,
    pub(crate) store: Store,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) url: String,
    folder: tempfile::TempDir,
}

/// Where tests sign in from.
pub(crate) fn origin() -> Origin {
    Origin { ip: Some("10.0.0.1".to_owned()), user_agent: Some("test".to_owned()) }
}

/// Cheap hashing, heads on demand, no second factor: what is tested is not how slow Argon2 is.
pub(crate) fn options() -> Options {
    Options {
        argon2_memory_kib: 64,
        argon2_passes: 1,
        head_interval_ms: 0,
        second_factor_required_roles: Vec::new(),
        ..Options::default()
    }
}

impl Node {
    pub(crate) async fn start() -> Self {
        Self::start_with(options()).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("state.db").display());
        Self::start_on(folder, url, options, EvidenceOptions::default()).await
    }

    /// With a say in the evidence log.
    pub(crate) async fn start_witnessed(evidence: EvidenceOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("state.db").display());
        Self::start_on(folder, url, options(), evidence).await
    }

    /// On a PostgreSQL database of its own; `None`, with a line that says so, where none is offered.
    #[expect(clippy::disallowed_methods, reason = "tests learn about services from the environment")]
    pub(crate) async fn start_on_postgres() -> Option<(Self, impl AsyncFnOnce())> {
        let Ok(admin_url) = std::env::var("BRAIN_TEST_POSTGRES") else {
            println!("skipped: BRAIN_TEST_POSTGRES is not set");
            return None;
        };
        let admin = Database::connect(&admin_url).await.unwrap();
        let name = format!("brain_test_{}", uuid::Uuid::now_v7().simple());
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        let (server, _) = admin_url.rsplit_once('/').unwrap();
        let node = Self::start_on(
            tempfile::tempdir().unwrap(),
            format!("{server}/{name}"),
            options(),
            EvidenceOptions::default(),
        )
        .await;
        let drop_database = async move || {
            admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
        };
        Some((node, drop_database))
    }

    async fn start_on(
        folder: tempfile::TempDir,
        url: String,
        options: Options,
        evidence: EvidenceOptions,
    ) -> Self {
        let clock = Arc::new(TestClock(Mutex::new("2026-11-21T01:02:03.456789Z".parse().unwrap())));
        let store = Store::open(&url, clock.clone()).await.unwrap();
        let keys = folder.path().join("keys");
        let trust = Trust::open(
            store.clone(),
            &keys,
            clock.clone(),
            Settings { options, evidence, ..Settings::default() },
        )
        .await
        .unwrap();
        Self { trust, store, clock, url, folder }
    }

    pub(crate) fn keys_dir(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    /// An older database in place of that of a node that was stopped, put there on purpose: what lies beside it goes.
    pub(crate) fn put_back(&self, database: &[u8]) {
        let [file, beside @ ..] = brain_store::files_of(&self.folder.path().join("state.db"));
        std::fs::write(file, database).unwrap();
        for file in beside.iter().filter(|file| file.exists()) {
            std::fs::remove_file(file).unwrap();
        }
    }

    /// The same node after a restart.
    pub(crate) async fn restart(self) -> Self {
        let Self { trust, store, clock, url, folder } = self;
        drop(trust);
        store.close().await.unwrap();
        let store = Store::open(&url, clock.clone()).await.unwrap();
        let trust =
            Trust::open(store.clone(), &folder.path().join("keys"), clock.clone(), options()).await.unwrap();
        Self { trust, store, clock, url, folder }
    }

    pub(crate) async fn account(&self, username: &str, role: Role) -> String {
        let organisation = (role == Role::Enterprise).then(|| Uscc::parse(OWN).unwrap());
        let new = NewAccount {
            kind: AccountKind::Person,
            username: username.to_owned(),
            display_name: "张三".to_owned(),
            role,
            organisation,
            region: None,
            password: Secret::new(PASSWORD),
            must_change_password: false,
        };
        let identity = self.trust.identity();
        let made = identity.create_account(&party(Role::SystemAdministrator), new).await.unwrap();
        if made.disabled {
            identity.approve_account(&party(Role::SecurityAdministrator), &made.id).await.unwrap();
        }
        made.id
    }

    pub(crate) async fn sign_in(
        &self,
        username: &str,
        password: &str,
    ) -> brain_trust::Result<brain_trust::SignedIn> {
        let password = Secret::new(password);
        match self.trust.identity().sign_in(username, &password, &origin(), Carrier::Token).await? {
            SignIn::Open(signed_in) => Ok(signed_in),
            SignIn::SecondFactor(_) => panic!("{username} has a second factor"),
        }
    }

    pub(crate) async fn authenticate(&self, token: &str) -> brain_trust::Result<Party> {
        self.trust.identity().authenticate(token, Carrier::Token, &origin()).await
    }

    pub(crate) async fn inspect(&self, token: &str) -> brain_trust::Result<Authenticated> {
        self.trust.identity().inspect(token, Carrier::Token, &origin()).await
    }

    /// Kinds of the recorded entries, oldest first, without those of opening.
    pub(crate) async fn kinds(&self) -> Vec<String> {
        let page = brain_store::PageRequest::new(1, 1_000);
        let entries =
            self.trust.evidence().entries(&brain_store::evidence::LeafFilter::default(), page).await.unwrap();
        let opening =
            |kind: &str| matches!(kind, "key.create" | "grant.issue" | "key.data.create" | "secret.seal");
        let oldest_first = entries.items.into_iter().rev();
        oldest_first.skip_while(|e| e.actor == "system" && opening(&e.kind)).map(|e| e.kind).collect()
    }

    pub(crate) async fn sql(&self, sql: &str) {
        self.store.db().execute_unprepared(sql).await.unwrap();
    }
}

pub(crate) fn party(role: Role) -> Party {
    Party {
        account: format!("the-{}", role.name()),
        display_name: role.name().to_owned(),
        role,
        organisation: (role == Role::Enterprise).then(|| Uscc::parse(OWN).unwrap()),
        region: None,
    }
}

/// Who looks after grants, labels and policies.
pub(crate) fn security() -> Party {
    party(Role::SecurityAdministrator)
}
