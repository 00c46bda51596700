//! A real PostgreSQL.

use brain_connect::Settings;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::node::Node;

pub(crate) struct Server {
    pub(crate) connection: PgConnection,
    pub(crate) schema: String,
    pub(crate) port: u16,
}

impl Server {
    /// `None`, with a line that says so, where no PostgreSQL is offered.
    #[expect(clippy::disallowed_methods, reason = "tests learn about services from the environment")]
    pub(crate) async fn of_the_environment(schema: &str) -> Option<Self> {
        let Ok(url) = std::env::var("BRAIN_TEST_POSTGRES") else {
            println!("skipped: BRAIN_TEST_POSTGRES is not set");
            return None;
        };
        let schema = format!("connect_{schema}");
        let port = url.rsplit_once(':').unwrap().1.split('/').next().unwrap().parse().unwrap();
        let mut server = Self { connection: PgConnection::connect(&url).await.unwrap(), schema, port };
        server.run(&format!("DROP SCHEMA IF EXISTS {0} CASCADE; CREATE SCHEMA {0}", server.schema)).await;
        server.run(&format!("SET search_path = {}", server.schema)).await;
        Some(server)
    }

    pub(crate) async fn run(&mut self, sql: &str) {
        self.connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.unwrap();
    }

    pub(crate) fn node(&self) -> Node {
        Node::new(&[format!("tcp://127.0.0.1:{}", self.port)])
    }

    fn settings(&self, table: &str, more: Value) -> Settings {
        let mut all = json!({
            "kind": "postgres", "host": "127.0.0.1", "port": self.port, "database": "postgres",
            "user": "postgres", "tls": "off", "schema": self.schema, "table": table,
        });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }
}

pub(crate) fn rows(texts: &[String]) -> Vec<Value> {
    texts.iter().flat_map(|text| text.lines()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn ids(texts: &[String]) -> Vec<String> {
    rows(texts).iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_whole_table_comes_with_every_value_as_it_is() {
    let Some(mut server) = Server::of_the_environment("whole").await else { return };
    server
        .run(
            "CREATE TABLE \"Odd \"\"Name\" (id bigint PRIMARY KEY, \"金额\" numeric(30,10), note text, at timestamptz, raw bytea, tags text[]); \
             INSERT INTO \"Odd \"\"Name\" VALUES (9007199254740993, 12345678901234567890.0123456789, E'a\\n\"b\"\\\\', '2026-11-30 10:00:00.123456+08', '\\xdead', '{甲,乙}'), (2, NULL, NULL, NULL, NULL, NULL)",
        )
        .await;
    let node = server.node();
    let settings = server.settings("Odd \"Name", json!({}));
    let (texts, _) = node.drain(&settings, None).await;
    let rows = rows(&texts);
    assert_eq!(rows[0]["id"], "9007199254740993");
    assert_eq!(rows[0]["金额"], "12345678901234567890.0123456789");
    assert_eq!(rows[0]["note"], "a\n\"b\"\\");
    assert_eq!(rows[0]["at"], "2026-11-30T02:00:00.123456+00:00");
    assert_eq!(rows[0]["raw"], "\\xdead");
    assert_eq!(rows[0]["tags"], json!(["甲", "乙"]));
    assert_eq!(rows[1]["金额"], Value::Null);
    assert_eq!(rows.len(), 2);
}

#[tokio::test]
async fn what_is_new_comes_in_bounded_batches_though_many_rows_share_a_value() {
    let Some(mut server) = Server::of_the_environment("new").await else { return };
    server
        .run(
            "CREATE TABLE sale (id bigint PRIMARY KEY, at timestamptz NOT NULL); \
             INSERT INTO sale SELECT n, '2026-01-01'::timestamptz + (n / 7) * interval '1 second' FROM generate_series(1, 100) n",
        )
        .await;
    let mut node = server.node();
    node.limits.batch_rows_max = 9;
    let settings = server.settings("sale", json!({ "cursor": "at" }));
    let (texts, position) = node.drain(&settings, None).await;
    assert_eq!(texts.len(), 12);
    assert_eq!(ids(&texts), (1..=100).map(|id| id.to_string()).collect::<Vec<_>>());
    let (texts, position) = node.drain(&settings, position).await;
    assert!(texts.is_empty());
    server.run("INSERT INTO sale VALUES (101, '2026-01-01 00:00:14+00'), (102, '2026-02-01'), (103, '2026-02-01')").await;
    let (texts, _) = node.drain(&settings, position).await;
    assert_eq!(ids(&texts), ["101", "102", "103"], "101 has the last value, and a higher key");
    node.limits.batch_rows_max = 1_000;
    node.limits.batch_bytes_max = 400;
    let (texts, _) = node.drain(&settings, None).await;
    assert!(texts.len() > 10 && texts.iter().all(|text| text.len() < 500), "bounded by bytes, too");
    assert_eq!(ids(&texts).len(), 103);
}

#[tokio::test]
async fn what_would_lose_rows_is_refused_in_words() {
    let Some(mut server) = Server::of_the_environment("refused").await else { return };
    server
        .run(
            "CREATE TABLE keyless (id bigint, at timestamptz); INSERT INTO keyless VALUES (1, NULL); \
             CREATE VIEW seen AS SELECT id, coalesce(at, '2026-01-01') AS at FROM keyless",
        )
        .await;
    let node = server.node();
    for (settings, says) in [
        (server.settings("keyless", json!({ "cursor": "at" })), "no primary key"),
        (server.settings("keyless", json!({ "cursor": "at", "key": ["id"] })), "is empty in some rows"),
        (server.settings("keyless", json!({ "cursor": "when", "key": ["id"] })), "no column when"),
        (server.settings("none", json!({})), "no table or view"),
    ] {
        let (outcome, attempts) = node.batch(&settings, None, None).await;
        let error = outcome.unwrap_err();
        assert_eq!((error.code(), attempts), ("connect/setting", 1));
        assert!(error.to_string().contains(says), "{error}");
    }
    let (texts, _) =
        node.drain(&server.settings("seen", json!({ "cursor": "at", "key": ["id"] })), None).await;
    assert_eq!(ids(&texts), ["1"], "a view with a key of its own");
    let later = server.settings("seen", json!({ "cursor": "at", "key": ["id"], "settle_s": 86_400 }));
    assert_eq!(node.drain(&later, None).await.0.len(), 1, "old enough");
}

#[tokio::test]
async fn a_connection_is_checked_reads_only_and_says_who_failed() {
    let Some(mut server) = Server::of_the_environment("checked").await else { return };
    server.run("CREATE TABLE a (id bigint PRIMARY KEY); CREATE SEQUENCE counted; CREATE VIEW writes AS SELECT nextval('counted') AS id").await;
    let settings = server.settings("a", json!({}));
    let error = Node::new(&[]).batch(&settings, None, None).await.0.unwrap_err();
    assert_eq!(error.code(), "egress/address");
    let (outcome, attempts) = server.node().batch(&server.settings("writes", json!({})), None, None).await;
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("read-only transaction"), "{error}");
    assert_eq!((error.code(), attempts), ("connect/database", 1));
    let wrong = server.settings("a", json!({ "database": "nowhere" }));
    let (outcome, attempts) = server.node().batch(&wrong, None, None).await;
    assert!(outcome.unwrap_err().to_string().contains("3D000"));
    assert_eq!(attempts, 1);
    let finding = server.settings("a", json!({})).open(None, server.node().surroundings).unwrap();
    let finding = finding.test(&brain_connect::Control::default()).await.unwrap();
    assert_eq!(finding.fields, ["id"]);
}

/// Let the server encrypt with a certificate for this name; the certificate, its own authority.
async fn encrypt(server: &mut Server, name: &str) -> String {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let (key, certificate) = (made.signing_key.serialize_pem(), made.cert.pem());
    let (folder,): (String,) =
        sqlx::query_as("SHOW data_directory").fetch_one(&mut server.connection).await.unwrap();
    for (file, pem) in [("key", &key), ("crt", &certificate)] {
        server
            .run(&format!(
                "COPY (SELECT unnest(string_to_array('{}', E'\n'))) TO PROGRAM 'umask 077; cat > {folder}/connect_{name}.{file}'",
                pem.trim()
            ))
            .await;
    }
    for setting in [
        format!("ssl_key_file = 'connect_{name}.key'"),
        format!("ssl_cert_file = 'connect_{name}.crt'"),
        "ssl = on".to_owned(),
    ] {
        server.run(&format!("ALTER SYSTEM SET {setting}")).await;
    }
    server.run("SELECT pg_reload_conf()").await;
    certificate
}

/// Fetch until the server has taken up another certificate: a new connection may still find the old one.
async fn settled(node: &Node, settings: &Settings, wanted: &str) -> String {
    let mut said = String::new();
    for _ in 0..200 {
        said = match node.batch(settings, None, None).await.0 {
            Ok(_) => "fetched".to_owned(),
            Err(error) => error.to_string(),
        };
        if said.contains(wanted) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(said.contains(wanted), "the server never came to {wanted}: {said}");
    said
}

#[tokio::test]
async fn a_certificate_is_held_against_the_name_though_the_address_was_checked() {
    let Some(mut server) = Server::of_the_environment("verified").await else { return };
    server.run("CREATE TABLE a (id bigint PRIMARY KEY); INSERT INTO a VALUES (1)").await;
    let allow = [format!("tcp://localhost:{}", server.port), format!("tcp://127.0.0.1:{}", server.port)];
    let node = Node::into_networks(&allow, &["127.0.0.0/8", "::1/128"]);
    let authority = encrypt(&mut server, "localhost").await;
    let by = |host: &str, authority: &str| {
        server.settings("a", json!({ "host": host, "tls": "verify", "authority": authority }))
    };
    settled(&node, &by("localhost", &authority), "fetched").await;
    let refused = settled(&node, &by("127.0.0.1", &authority), "certificate").await;
    assert!(refused.contains("(tls)"), "the address is no name of the certificate: {refused}");
    let stranger = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem();
    let (outcome, attempts) = node.batch(&by("localhost", &stranger), None, None).await;
    assert!(outcome.unwrap_err().to_string().contains("(tls)"));
    assert_eq!(attempts, 1, "nobody is tried again who is not who he should be");
    let unverified = server.settings("a", json!({ "host": "127.0.0.1", "tls": "on" }));
    assert_eq!(node.drain(&unverified, None).await.0.len(), 1);
    let other = encrypt(&mut server, "other.example").await;
    let settings = server.settings("a", json!({ "host": "localhost", "tls": "verify", "authority": other }));
    settled(&node, &settings, "certificate").await;
    let settings = server.settings("a", json!({ "tls": "on", "authority": other }));
    assert_eq!(settings.check().unwrap_err().code(), "connect/setting", "an authority without a check");
}

#[tokio::test]
async fn a_server_that_goes_away_in_the_middle_is_tried_again_and_nothing_comes_twice() {
    let Some(mut server) = Server::of_the_environment("dies").await else { return };
    // The first attempt waits at a row in the middle until the server is told, from outside, to drop the connection.
    server
        .run(
            "CREATE TABLE big (id bigint PRIMARY KEY, filling text); \
             INSERT INTO big SELECT n, repeat('x', 1000) FROM generate_series(1, 60000) n; \
             CREATE TABLE pause (lasts boolean); INSERT INTO pause VALUES (true); \
             CREATE VIEW stops AS SELECT id, filling || CASE WHEN id = 40000 AND (SELECT lasts FROM pause) \
             THEN pg_sleep(600)::text ELSE '' END AS filling FROM big",
        )
        .await;
    let node = server.node();
    let settings = server.settings("stops", json!({}));
    let schema = server.schema.clone();
    let killer = tokio::spawn(async move {
        loop {
            let waiting: Option<(i32,)> = sqlx::query_as(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'brain-connector' \
                 AND wait_event = 'PgSleep' AND query LIKE $1",
            )
            .bind(format!("%{schema}%"))
            .fetch_optional(&mut server.connection)
            .await
            .unwrap();
            if let Some((pid,)) = waiting {
                server
                    .run(&format!("UPDATE pause SET lasts = false; SELECT pg_terminate_backend({pid})"))
                    .await;
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    });
    let (outcome, attempts) = node.batch(&settings, None, None).await;
    let (text, _) = outcome.unwrap().unwrap();
    assert_eq!(text.lines().count(), 60_000);
    assert_eq!(attempts, 2);
    killer.await.unwrap();
}
