//! Change capture from a real PostgreSQL.

use std::collections::BTreeSet;

use brain_connect::{Control, Fetched, Landing, Position, Settings};
use serde_json::{Value, json};

use crate::node::Node;
use crate::postgres::{Server, rows};

/// A server without slot and publication of this name.
async fn server(name: &str) -> Option<Server> {
    let mut server = Server::of_the_environment(&format!("changes_{name}")).await?;
    server
        .run(&format!(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '{0}'; \
             DROP PUBLICATION IF EXISTS {0}",
            server.schema
        ))
        .await;
    Some(server)
}

fn settings(server: &Server, table: &str, more: Value) -> Settings {
    let mut all = json!({
        "kind": "postgres_changes", "host": "127.0.0.1", "port": server.port, "database": "postgres",
        "user": "postgres", "tls": "off", "schema": server.schema, "table": table,
        "slot": server.schema, "publication": server.schema, "create": true,
    });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

/// Make publication and slot before anything is read.
async fn prepare(server: &mut Server, tables: &str) {
    let name = server.schema.clone();
    server
        .run(&format!(
            "CREATE PUBLICATION {name} FOR TABLE {tables} WITH (publish_via_partition_root = true)"
        ))
        .await;
    server.run(&format!("SELECT pg_create_logical_replication_slot('{name}', 'pgoutput')")).await;
}

/// Slots are few, and hold back the log of the server.
async fn forget(node: &Node, settings: &Settings) {
    let source = settings.open(None, node.surroundings.clone()).unwrap();
    brain_connect::forget(source.as_ref(), &Control::default(), &node.backoff).await.unwrap();
}

/// What was done, and to which row.
fn acts(texts: &[String]) -> Vec<(String, String)> {
    let of = |value: &Value| value.as_str().unwrap_or("null").to_owned();
    rows(texts).iter().map(|row| (of(&row["_op"]), of(&row["id"]))).collect()
}

fn act(op: &str, id: &str) -> (String, String) {
    (op.to_owned(), id.to_owned())
}

#[tokio::test]
async fn rows_that_are_there_come_first_and_then_every_change_in_order() {
    let Some(mut server) = server("order").await else { return };
    server
        .run(
            "CREATE TABLE a (id int PRIMARY KEY, ok bool, price numeric(20,4), at timestamptz, wall timestamp, raw bytea, \
             doc jsonb, tags text[], code char(4), twice int GENERATED ALWAYS AS (id * 2) STORED); \
             CREATE TABLE b (id int PRIMARY KEY); \
             INSERT INTO a VALUES (1, true, 1.5000, '2026-11-30 10:00:00.25+08', '2026-11-30 10:00', '\\xdead', '{\"n\": 1.50}', '{甲,NULL}', 'ab')",
        )
        .await;
    let (node, settings) = (server.node(), settings(&server, "a", json!({})));
    let looked =
        settings.open(None, node.surroundings.clone()).unwrap().test(&Control::default()).await.unwrap();
    assert!(looked.found.en.contains("the first run makes"), "{looked:?}");
    let (texts, position) = node.drain(&settings, None).await;
    assert_eq!(acts(&texts), [act("snapshot", "1")]);
    server
        .run(
            "INSERT INTO a SELECT 2, ok, price, at, wall, raw, doc, tags, code FROM a; \
             UPDATE a SET ok = false, price = NULL WHERE id = 2; UPDATE a SET id = 3 WHERE id = 2",
        )
        .await;
    server.run("BEGIN; INSERT INTO a (id) VALUES (4); ROLLBACK").await;
    server.run("DELETE FROM a WHERE id = 1; INSERT INTO b VALUES (9)").await;
    server.run("TRUNCATE a").await;
    let (changed, position) = node.drain(&settings, position).await;
    let wanted = [
        act("insert", "2"),
        act("update", "2"),
        act("delete", "2"),
        act("update", "3"),
        act("delete", "1"),
        act("truncate", "null"),
    ];
    assert_eq!(acts(&changed), wanted);
    let (first, added) = (rows(&texts)[0].clone(), rows(&changed)[0].clone());
    for column in ["ok", "price", "at", "wall", "raw", "doc", "tags", "code"] {
        assert_eq!(first[column], added[column], "{column} is written alike");
    }
    assert_eq!(
        (&first["ok"], &first["price"], &first["at"]),
        (&json!(true), &json!("1.5000"), &json!("2026-11-30T02:00:00.25+00:00"))
    );
    assert_eq!((&first["code"], &first["wall"]), (&json!("ab  "), &json!("2026-11-30T10:00:00")));
    assert!(first.get("twice").is_none(), "changes do not tell what is computed");
    let marks: Vec<(String, u64)> = rows(&changed)
        .iter()
        .map(|row| (row["_lsn"].as_str().unwrap().to_owned(), row["_change"].as_u64().unwrap()))
        .collect();
    assert!(marks.is_sorted() && marks.iter().collect::<BTreeSet<_>>().len() == marks.len(), "{marks:?}");
    assert_eq!(added["_table"], format!("{}.a", server.schema));
    assert!(added["_committed_at"].as_str().unwrap().ends_with('Z'));
    let (nothing, _) = node.drain(&settings, position).await;
    assert!(acts(&nothing).is_empty());
    forget(&node, &settings).await;
    let left: (i64,) = sqlx::query_as("SELECT count(*) FROM pg_replication_slots WHERE slot_name = $1")
        .bind(&server.schema)
        .fetch_one(&mut server.connection)
        .await
        .unwrap();
    assert_eq!(left.0, 0, "nothing holds back the server's log");
}

#[tokio::test]
async fn what_is_committed_around_the_first_reading_comes_once() {
    let Some(mut server) = server("around").await else { return };
    server.run("CREATE TABLE a (id int PRIMARY KEY)").await;
    prepare(&mut server, "a").await;
    let Some(mut other) = Server::of_the_environment("changes_around_other").await else { return };
    // Committed after the slot was made, before the first reading; and under way while it lasts.
    server.run("INSERT INTO a VALUES (1); INSERT INTO a VALUES (2)").await;
    other.run(&format!("SET search_path = {}; BEGIN; INSERT INTO a VALUES (3)", server.schema)).await;
    let (node, settings) = (server.node(), settings(&server, "a", json!({ "create": false })));
    let (text, fetched) = node.batch(&settings, None, None).await.0.unwrap().unwrap();
    assert_eq!(acts(&[text]), [act("snapshot", "1"), act("snapshot", "2")]);
    other.run("COMMIT").await;
    server.run("INSERT INTO a VALUES (4)").await;
    let (texts, _) = node.drain(&settings, Some(fetched.position)).await;
    assert_eq!(acts(&texts), [act("insert", "3"), act("insert", "4")]);
    let only = self::settings(&server, "a", json!({ "create": false, "snapshot": false }));
    let (texts, _) = node.drain(&only, None).await;
    let all: Vec<_> = ["1", "2", "3", "4"].map(|id| act("insert", id)).into();
    assert_eq!(acts(&texts), all, "without a first reading, everything since the slot was made");
    forget(&node, &self::settings(&server, "a", json!({}))).await;
}

#[tokio::test]
async fn a_transaction_of_any_size_is_handed_over_in_bounded_batches() {
    let Some(mut server) = server("large").await else { return };
    server.run("CREATE TABLE a (id int PRIMARY KEY)").await;
    prepare(&mut server, "a").await;
    for rows in ["VALUES (0)", "SELECT generate_series(1, 100)", "VALUES (101)"] {
        server.run(&format!("INSERT INTO a {rows}")).await;
    }
    let mut node = server.node();
    node.limits.batch_rows_max = 7;
    let settings = settings(&server, "a", json!({ "snapshot": false }));
    let (texts, position) = node.drain(&settings, None).await;
    assert!(texts.len() >= 15 && texts.iter().all(|text| text.lines().count() <= 7));
    let ids: Vec<_> = (0..=101).map(|id| act("insert", &id.to_string())).collect();
    assert_eq!(acts(&texts), ids);
    server.run("DELETE FROM a").await;
    let (texts, _) = node.drain(&settings, position).await;
    assert_eq!(acts(&texts).len(), 102);
    forget(&node, &settings).await;
}

#[tokio::test]
async fn a_batch_is_brought_again_until_it_has_landed_and_then_let_go() {
    let Some(mut server) = server("again").await else { return };
    server.run("CREATE TABLE a (id int PRIMARY KEY)").await;
    let (node, settings) = (server.node(), settings(&server, "a", json!({})));
    let (_, first) = node.drain(&settings, None).await;
    server.run("INSERT INTO a VALUES (1)").await;
    let fetch = async |position: &Option<Position>| -> (Vec<(String, String)>, Fetched) {
        let (text, fetched) = node.batch(&settings, None, position.as_ref()).await.0.unwrap().unwrap();
        (acts(&[text]), fetched)
    };
    let (acts, _) = fetch(&first).await;
    assert_eq!(acts, [act("insert", "1")]);
    // The node died before the batch was remembered as landed.
    let (again, landed) = fetch(&first).await;
    assert_eq!(again, acts);
    server.run("INSERT INTO a VALUES (2)").await;
    let (acts, _) = fetch(&Some(landed.position)).await;
    assert_eq!(acts, [act("insert", "2")], "and once it has, only what follows");
    let error = node.batch(&settings, None, first.as_ref()).await.0.unwrap_err();
    assert_eq!(error.code(), "connect/changes");
    assert!(error.to_string().contains("read from the beginning"), "what was let go is not made up: {error}");
    let (text, _) = node.batch(&settings, None, None).await.0.unwrap().unwrap();
    assert_eq!(self::acts(&[text]), [act("snapshot", "1"), act("snapshot", "2")], "from the beginning");
    let name = server.schema.clone();
    server.run(&format!("SELECT pg_drop_replication_slot('{name}')")).await;
    let error = node.batch(&settings, None, first.as_ref()).await.0.unwrap_err();
    assert!(error.to_string().contains("The slot is gone"), "no new slot is made over a gap: {error}");
    forget(&node, &settings).await;
}

#[tokio::test]
async fn long_values_that_did_not_change_are_told_and_columns_may_come_and_go() {
    let Some(mut server) = server("columns").await else { return };
    server
        .run(
            "CREATE TABLE a (id int PRIMARY KEY, n int, long text); ALTER TABLE a ALTER long SET STORAGE EXTERNAL; \
             INSERT INTO a VALUES (1, 1, repeat('x', 9000))",
        )
        .await;
    let (node, settings) = (server.node(), settings(&server, "a", json!({})));
    let (_, position) = node.drain(&settings, None).await;
    server
        .run(
            "UPDATE a SET n = 2; ALTER TABLE a REPLICA IDENTITY FULL; UPDATE a SET n = 3; \
             ALTER TABLE a ADD more int DEFAULT 7; UPDATE a SET n = 4; ALTER TABLE a DROP n; DELETE FROM a",
        )
        .await;
    let (texts, _) = node.drain(&settings, position).await;
    let rows = rows(&texts);
    assert_eq!((&rows[0]["_unchanged"], &rows[0]["long"]), (&json!(["long"]), &Value::Null));
    let long = json!("x".repeat(9_000));
    let told: Vec<(&str, &Value, &Value)> = rows[1..]
        .iter()
        .map(|row| (row["_op"].as_str().unwrap(), &row["long"], &row["_unchanged"]))
        .collect();
    // With the whole row as its identity, each update is the end of one row and another.
    let null = &Value::Null;
    let pair = [("delete", &long, null), ("update", &long, null)];
    assert_eq!(told, [pair[0], pair[1], pair[0], pair[1], ("delete", &long, null)]);
    for text in texts.iter().filter(|text| !text.is_empty()) {
        let names: BTreeSet<Vec<String>> = self::rows(&[text.clone()])
            .iter()
            .map(|row| row.as_object().unwrap().keys().cloned().collect())
            .collect();
        assert_eq!(names.len(), 1, "a batch has one set of columns");
    }
    assert_eq!((rows[4]["more"].as_str(), rows.last().unwrap().get("n")), (Some("7"), None));
    forget(&node, &settings).await;
}

#[tokio::test]
async fn what_is_missing_is_told_with_what_to_run() {
    let Some(mut server) = server("missing").await else { return };
    server
        .run(
            "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE keyless (id int); \
             CREATE VIEW seen AS SELECT * FROM a; CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id); \
             CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (9)",
        )
        .await;
    let node = server.node();
    let told = async |server: &Server, table: &str, create: bool, says: &str| {
        let settings = settings(server, table, json!({ "create": create }));
        let (outcome, attempts) = node.batch(&settings, None, None).await;
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
        assert_eq!(attempts, 1);
    };
    told(&server, "a", false, "CREATE PUBLICATION \"connect_changes_missing\" FOR TABLE").await;
    told(&server, "none", true, "no table or view").await;
    told(&server, "seen", true, "only tables have changes").await;
    told(&server, "keyless", true, "no primary key").await;
    let name = server.schema.clone();
    server.run(&format!("CREATE PUBLICATION {name} FOR TABLE b")).await;
    told(
        &server,
        "b",
        false,
        "SELECT pg_create_logical_replication_slot('connect_changes_missing', 'pgoutput')",
    )
    .await;
    told(&server, "a", true, "ADD TABLE \"connect_changes_missing\".\"a\"").await;
    server.run(&format!("ALTER PUBLICATION {name} ADD TABLE a, parts")).await;
    told(&server, "parts", true, "publish_via_partition_root = true").await;
    let settings = settings(&server, "a", json!({}));
    let (_, position) = node.drain(&settings, None).await;
    server.run("INSERT INTO b VALUES (1); INSERT INTO a VALUES (2); TRUNCATE b").await;
    let (texts, _) = node.drain(&settings, position).await;
    assert_eq!(acts(&texts), [act("insert", "2")], "other tables of the publication are not ours");
    let looked =
        settings.open(None, node.surroundings.clone()).unwrap().test(&Control::default()).await.unwrap();
    assert!(looked.found.en.contains("holds back"), "{looked:?}");
    assert_eq!(looked.fields, ["id"]);
    let wrong = self::settings(&server, "a", json!({ "slot": "No; DROP" }));
    assert_eq!(wrong.check().unwrap_err().code(), "connect/setting");
    forget(&node, &settings).await;
}

#[tokio::test]
async fn a_server_that_goes_away_in_the_middle_is_tried_again_and_nothing_comes_twice() {
    let Some(mut server) = server("dies").await else { return };
    server.run("CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a SELECT generate_series(1, 1000)").await;
    prepare(&mut server, "a").await;
    let Some(mut other) = Server::of_the_environment("changes_dies_other").await else { return };
    // The first reading waits for this lock, until the server is told, from outside, to drop the connection.
    other.run(&format!("BEGIN; LOCK TABLE {}.a IN ACCESS EXCLUSIVE MODE", server.schema)).await;
    let (node, settings) = (server.node(), settings(&server, "a", json!({})));
    let schema = server.schema.clone();
    let killer = tokio::spawn(async move {
        loop {
            let waiting: Option<(i32,)> =
                sqlx::query_as("SELECT pid FROM pg_locks WHERE NOT granted AND relation = to_regclass($1)")
                    .bind(format!("{schema}.a"))
                    .fetch_optional(&mut server.connection)
                    .await
                    .unwrap();
            if let Some((pid,)) = waiting {
                server.run(&format!("SELECT pg_terminate_backend({pid})")).await;
                other.run("ROLLBACK").await;
                return server;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    });
    let (outcome, attempts) = node.batch(&settings, None, None).await;
    let (text, fetched) = outcome.unwrap().unwrap();
    assert_eq!((text.lines().count(), attempts), (1_000, 2));
    let mut server = killer.await.unwrap();
    server.run("INSERT INTO a VALUES (2000)").await;
    let (texts, _) = node.drain(&settings, Some(fetched.position)).await;
    assert_eq!(acts(&texts), [act("insert", "2000")]);
    forget(&node, &settings).await;
}

#[tokio::test]
async fn the_log_is_let_go_of_though_the_table_itself_is_still() {
    let Some(mut server) = server("still").await else { return };
    server.run("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE busy (id int)").await;
    let (node, settings) = (server.node(), settings(&server, "a", json!({})));
    let (_, position) = node.drain(&settings, None).await;
    let confirmed = async |server: &mut Server| -> String {
        let row: (String,) = sqlx::query_as(
            "SELECT lpad(to_hex((confirmed_flush_lsn - '0/0')::int8), 16, '0') FROM pg_replication_slots WHERE slot_name = $1",
        )
        .bind(&server.schema)
        .fetch_one(&mut server.connection)
        .await
        .unwrap();
        row.0
    };
    let before = confirmed(&mut server).await;
    server.run("INSERT INTO busy SELECT generate_series(1, 1000)").await;
    let (texts, position) = node.drain(&settings, position).await;
    assert!(acts(&texts).is_empty(), "nothing of this table");
    node.drain(&settings, position).await;
    assert!(confirmed(&mut server).await > before, "the slot was told how far it was read all the same");
    forget(&node, &settings).await;
}

#[tokio::test]
async fn somebody_who_waits_for_the_server_can_be_stopped() {
    let Some(mut server) = server("stopped").await else { return };
    server.run("CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)").await;
    prepare(&mut server, "a").await;
    let Some(mut other) = Server::of_the_environment("changes_stopped_other").await else { return };
    other.run(&format!("BEGIN; LOCK TABLE {}.a IN ACCESS EXCLUSIVE MODE", server.schema)).await;
    let (node, settings) = (server.node(), settings(&server, "a", json!({})));
    let source = settings.open(None, node.surroundings.clone()).unwrap();
    let mut landing = Landing::new(node.folder.path().join("landing"), node.limits).await.unwrap();
    let control = Control::default();
    let stopping = async {
        loop {
            let (waiting,): (bool,) = sqlx::query_as(
                "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = to_regclass($1))",
            )
            .bind(format!("{}.a", server.schema))
            .fetch_one(&mut server.connection)
            .await
            .unwrap();
            if waiting {
                return control.cancel.cancel();
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let fetching = brain_connect::fetch(source.as_ref(), None, &mut landing, &control, &node.backoff);
    let ((outcome, attempts), ()) = tokio::join!(fetching, stopping);
    assert_eq!((outcome.unwrap_err().code(), attempts), ("connect/cancelled", 1));
    other.run("ROLLBACK").await;
    forget(&node, &settings).await;
}
