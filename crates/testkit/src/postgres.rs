//! A PostgreSQL database of one test, on the server that `BRAIN_TEST_POSTGRES` offers.

use sea_orm::{ConnectionTrait as _, Database};

/// An empty database; [`drop_it`](Self::drop_it) removes it.
pub struct PostgresDatabase {
    server: String,
    name: String,
    /// Address of the database.
    pub url: String,
}

impl PostgresDatabase {
    /// Make one; `None`, and a line that says so, where no server is offered.
    #[expect(clippy::disallowed_methods, reason = "tests learn about services from the environment")]
    #[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
    pub async fn offered() -> Option<Self> {
        let Ok(server) = std::env::var("BRAIN_TEST_POSTGRES") else {
            println!("without PostgreSQL: BRAIN_TEST_POSTGRES is not set");
            return None;
        };
        let name = format!("brain_testkit_{}_{}", std::process::id(), count());
        execute(&server, &format!("CREATE DATABASE {name}")).await;
        let url = format!("{}/{name}", server.rsplit_once('/').expect("an address of a database").0);
        Some(Self { server, name, url })
    }

    /// Remove it with whatever is connected to it.
    pub async fn drop_it(self) {
        execute(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}

async fn execute(server: &str, statement: &str) {
    let connection = Database::connect(server).await.expect("the server that is offered");
    connection.execute_unprepared(statement).await.expect("an administrator's statement");
    connection.close().await.expect("the connection to end");
}

/// A number no other database of this process has.
fn count() -> u32 {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}
