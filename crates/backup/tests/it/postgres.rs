//! A node whose operational state is on a server.

use brain_backup::Point;
use brain_store::{PageRequest, dataset};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection};

use crate::node::{Node, outside, restore, restore_on};

/// Databases of one test on the server that is offered; dropped at its end.
struct Server {
    admin: DatabaseConnection,
    address: String,
    made: Vec<String>,
}

impl Server {
    #[expect(clippy::disallowed_methods, reason = "tests learn about services from the environment")]
    async fn offered() -> Option<Self> {
        let Ok(url) = std::env::var("BRAIN_TEST_POSTGRES") else {
            println!("skipped: BRAIN_TEST_POSTGRES is not set");
            return None;
        };
        let (address, _) = url.rsplit_once('/').unwrap();
        Some(Self {
            admin: Database::connect(&url).await.unwrap(),
            address: address.to_owned(),
            made: vec![],
        })
    }

    async fn database(&mut self) -> String {
        let name = format!("brain_backup_{}", uuid::Uuid::now_v7().simple());
        self.admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        self.made.push(name.clone());
        format!("{}/{name}", self.address)
    }

    async fn end(self) {
        for name in self.made {
            self.admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
        }
    }
}

async fn state_of(node: &Node) -> (bool, u64, Option<Vec<u8>>, u64) {
    let verification = node.trust.evidence().verify().await.unwrap();
    let secret = node.trust.vault().open("oidc/center").await.unwrap().map(|secret| secret.to_vec());
    let filter = dataset::DatasetFilter::default();
    let known = dataset::list(node.store.db(), &filter, PageRequest::default()).await.unwrap().total;
    (verification.ok, verification.entries, secret, known)
}

#[tokio::test]
async fn a_node_on_postgres_comes_back_on_another_server_or_in_its_folder() {
    let Some(mut server) = Server::offered().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backup");
    let url = server.database().await;
    let node = Node::open_on(folder.path().join("data"), outside(folder.path()), &url).await;
    let options = node.options.clone();
    node.commit("raw.firms", 0, b"first").await;
    node.trust.vault().seal("admin", "oidc/center", b"geheim").await.unwrap();
    node.trust.audit().anchor().await.unwrap();
    let snapshot = node.back_up(&target).await.snapshot;
    node.advance(TimeDelta::hours(1));
    node.commit("raw.firms", 1, b"second").await;
    node.destroy().await;

    let other = server.database().await;
    for database in [Some(other.as_str()), None] {
        let into = folder.path().join("restored");
        let restored = match database {
            Some(url) => restore_on(&target, &Point::Newest, &into, &options, Some(url)).await,
            None => restore(&target, &Point::Newest, &into, &options).await,
        };
        assert_eq!(restored.unwrap().snapshot, snapshot);
        assert_eq!(into.join("store/brain.db").exists(), database.is_none());
        let back = match database {
            Some(url) => Node::open_on(into.clone(), options.clone(), url).await,
            None => Node::open(into.clone(), options.clone()).await,
        };
        let (verified, entries, secret, datasets) = state_of(&back).await;
        assert!(verified && entries >= snapshot.evidence_size);
        assert_eq!((secret.as_deref(), datasets), (Some(b"geheim".as_slice()), 1));
        back.destroy().await;
    }

    // A server that holds a node already is left as it is, and so is the folder.
    let into = folder.path().join("restored");
    let refused = restore_on(&target, &Point::Newest, &into, &options, Some(&other)).await.unwrap_err();
    assert_eq!(refused.code(), "store/not-empty");
    assert!(!into.exists());
    server.end().await;
}
