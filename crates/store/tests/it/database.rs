//! A fresh database per test, on either engine.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use brain_kernel::clock::Clock;
use brain_store::Store;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

/// A clock that moves only when told.
pub(crate) struct TestClock(Mutex<DateTime<Utc>>);

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new("2026-11-21T01:02:03.456789Z".parse().unwrap())))
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// A database that exists while this lives; on PostgreSQL call [`drop_database`](Self::drop_database) at the end.
pub(crate) struct TestDatabase {
    pub(crate) url: String,
    pub(crate) clock: Arc<TestClock>,
    folder: Option<tempfile::TempDir>,
    admin: Option<(DatabaseConnection, String)>,
}

impl TestDatabase {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("state.db").display());
        Self { url, clock: TestClock::new(), folder: Some(folder), admin: None }
    }

    /// `None`, with a line that says so, where no PostgreSQL is offered.
    #[expect(clippy::disallowed_methods, reason = "tests learn about services from the environment")]
    pub(crate) async fn postgres() -> Option<Self> {
        let Ok(admin_url) = std::env::var("BRAIN_TEST_POSTGRES") else {
            println!("skipped: BRAIN_TEST_POSTGRES is not set");
            return None;
        };
        let admin = Database::connect(&admin_url).await.unwrap();
        let name = format!("brain_test_{}", uuid::Uuid::now_v7().simple());
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        let (server, _) = admin_url.rsplit_once('/').unwrap();
        let url = format!("{server}/{name}");
        Some(Self { url, clock: TestClock::new(), folder: None, admin: Some((admin, name)) })
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.url, self.clock.clone()).await.unwrap()
    }

    pub(crate) async fn try_open(&self) -> brain_store::Result<Store> {
        Store::open(&self.url, self.clock.clone()).await
    }

    /// What another program does, on purpose: the sums of the pages as they were go.
    pub(crate) async fn connect_bare(&self) -> DatabaseConnection {
        if let Some(file) = self.file() {
            let [_, _, _, sums] = brain_store::files_of(&file);
            std::fs::remove_file(sums).ok();
        }
        let url = self.url.replacen("sqlite:", "sqlite://", 1);
        let url = if self.folder.is_some() { format!("{url}?mode=rwc") } else { url };
        Database::connect(url).await.unwrap()
    }

    pub(crate) fn file(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.path().join("state.db"))
    }

    pub(crate) async fn drop_database(self) {
        if let Some((admin, name)) = self.admin {
            admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
        }
    }
}

/// Make one test per engine out of each `async fn(&TestDatabase)`.
macro_rules! on_both_engines {
    ($($claim:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $claim() {
                let database = crate::database::TestDatabase::sqlite();
                super::$claim(&database).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $claim() {
                if let Some(database) = crate::database::TestDatabase::postgres().await {
                    super::$claim(&database).await;
                    database.drop_database().await;
                }
            })+
        }
    };
}
pub(crate) use on_both_engines;
