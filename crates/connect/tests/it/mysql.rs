//! A real MariaDB.

use brain_connect::{Control, Settings};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection};

use crate::node::Node;
use crate::postgres::rows;

struct Server {
    connection: MySqlConnection,
    database: String,
    port: u16,
}

impl Server {
    /// `None`, with a line that says so, where no server is offered.
    #[expect(clippy::disallowed_methods, reason = "tests learn about services from the environment")]
    async fn of_the_environment(database: &str) -> Option<Self> {
        let Ok(url) = std::env::var("BRAIN_TEST_MYSQL") else {
            println!("skipped: BRAIN_TEST_MYSQL is not set");
            return None;
        };
        let database = format!("connect_{database}");
        let port = url.rsplit_once(':').unwrap().1.split('/').next().unwrap().parse().unwrap();
        let connection = MySqlConnection::connect(&url).await.unwrap();
        let mut server = Self { connection, database, port };
        for sql in ["DROP DATABASE IF EXISTS {}", "CREATE DATABASE {} CHARACTER SET utf8mb4", "USE {}"] {
            server.run(&sql.replace("{}", &server.database)).await;
        }
        server.run("SET SESSION sql_mode = '', time_zone = '+00:00'").await;
        Some(server)
    }

    async fn run(&mut self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.connection).await.unwrap();
    }

    fn node(&self) -> Node {
        let allow = [format!("tcp://127.0.0.1:{}", self.port), format!("tcp://localhost:{}", self.port)];
        Node::into_networks(&allow, &["127.0.0.0/8", "::1/128"])
    }

    fn settings(&self, table: &str, more: Value) -> Settings {
        let mut all = json!({
            "kind": "mysql", "host": "127.0.0.1", "port": self.port, "database": self.database,
            "user": "root", "tls": "off", "table": table,
        });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }
}

fn ids(texts: &[String]) -> Vec<String> {
    rows(texts).iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_whole_table_comes_with_every_value_as_it_is() {
    let Some(mut server) = Server::of_the_environment("whole").await else { return };
    server
        .run(
            "CREATE TABLE `Odd ``Name` (id bigint unsigned PRIMARY KEY, `金额` decimal(40,10), note text, \
             name varchar(20) CHARACTER SET gbk, day date, at timestamp(6) NULL, wall datetime(3), span time, \
             f float, d double, flags bit(5), raw varbinary(9), doc json, kind enum('甲','乙'), place point)",
        )
        .await;
    server
        .run(
            "INSERT INTO `Odd ``Name` VALUES (18446744073709551615, 123456789012345678901234567890.0123456789, \
             'a\\n\"b\"\\\\😀', '杭州市', '2026-11-30', '2026-11-30 02:00:00.123456', '2026-11-30 10:00:00.5', \
             '-838:59:59', 16777217, 0.1, b'10101', x'00dead', '{\"n\": 12345678901234567890.5}', '乙', \
             ST_GeomFromText('POINT(120 30)')), \
             (2, NULL, '', NULL, '0000-00-00', NULL, '0000-00-00', NULL, 0.1, 1e300, NULL, '', NULL, NULL, NULL)",
        )
        .await;
    let node = server.node();
    let (texts, _) = node.drain(&server.settings("Odd `Name", json!({})), None).await;
    let mut rows = rows(&texts);
    rows.sort_by_key(|row| row["id"].as_str().unwrap().len());
    assert_eq!(
        rows[1],
        json!({
            "id": "18446744073709551615", "金额": "123456789012345678901234567890.0123456789",
            "note": "a\n\"b\"\\😀", "name": "杭州市", "day": "2026-11-30",
            "at": "2026-11-30T02:00:00.123456+00:00", "wall": "2026-11-30T10:00:00.500",
            "span": "-838:59:59", "f": "16777216", "d": "0.1", "flags": "21", "raw": "\\x00dead",
            "doc": "{\"n\": 12345678901234567890.5}", "kind": "乙", "place": "POINT(120 30)",
        })
    );
    assert_eq!(rows[0]["day"], "0000-00-00", "a day that is none is told, not made null");
    assert_eq!(rows[0]["wall"], "0000-00-00T00:00:00.000");
    assert_eq!(
        (&rows[0]["f"], &rows[0]["note"], &rows[0]["raw"]),
        (&json!("0.1"), &json!(""), &json!("\\x"))
    );
    assert_eq!(rows[0]["金额"], Value::Null);
    assert_eq!(rows.len(), 2);
}

#[tokio::test]
async fn what_is_new_comes_in_bounded_batches_though_many_rows_share_a_value() {
    let Some(mut server) = Server::of_the_environment("new").await else { return };
    server.run("CREATE TABLE sale (id bigint PRIMARY KEY, at datetime(6) NOT NULL)").await;
    server
        .run("INSERT INTO sale SELECT seq, '2026-01-01' + INTERVAL (seq DIV 7) SECOND FROM seq_1_to_100")
        .await;
    let mut node = server.node();
    node.limits.batch_rows_max = 9;
    let settings = server.settings("sale", json!({ "cursor": "at" }));
    let (texts, position) = node.drain(&settings, None).await;
    assert_eq!(texts.len(), 12);
    assert_eq!(ids(&texts), (1..=100).map(|id| id.to_string()).collect::<Vec<_>>());
    let again = node.batch(&settings, None, position.as_ref()).await.0.unwrap();
    assert_eq!(again, None, "nothing is new");
    server
        .run("INSERT INTO sale VALUES (101, '2026-01-01 00:00:14'), (102, '2026-02-01'), (103, '2026-02-01')")
        .await;
    let (texts, _) = node.drain(&settings, position.clone()).await;
    assert_eq!(ids(&texts), ["101", "102", "103"], "101 has the last value, and a higher key");
    let (texts, _) = node.drain(&settings, position).await;
    assert_eq!(ids(&texts), ["101", "102", "103"], "the same position brings the same rows");
    node.limits.batch_rows_max = 1_000;
    node.limits.batch_bytes_max = 400;
    let (texts, _) = node.drain(&settings, None).await;
    assert!(texts.len() > 10 && texts.iter().all(|text| text.len() < 500), "bounded by bytes, too");
    assert_eq!(ids(&texts).len(), 103);
}

#[tokio::test]
async fn values_of_every_kind_are_put_in_order_as_the_server_puts_them() {
    let Some(mut server) = Server::of_the_environment("ordered").await else { return };
    server
        .run(
            "CREATE TABLE a (id bigint unsigned, price decimal(40,10) NOT NULL, code varchar(20) CHARACTER SET gbk \
             COLLATE gbk_chinese_ci NOT NULL, uid binary(4) NOT NULL, day date NOT NULL, span time(3) NOT NULL, \
             flags bit(6) NOT NULL, PRIMARY KEY (id))",
        )
        .await;
    server
        .run(
            "INSERT INTO a SELECT 18446744073709551000 + seq, 100000000000000000000000000000.0000000001 + seq DIV 5, \
             CONCAT(ELT(1 + seq % 4, '杭', 'a', 'B', 'é'), seq DIV 4), UNHEX(LPAD(HEX(seq * 1000003 % 4294967296), 8, '0')), \
             IF(seq < 4, '0000-00-00', '2026-01-01' + INTERVAL (seq DIV 6) DAY), \
             SEC_TO_TIME(CAST(seq AS SIGNED) DIV 3 - 20), seq % 60 FROM seq_1_to_60",
        )
        .await;
    let mut node = server.node();
    node.limits.batch_rows_max = 4;
    for cursor in ["id", "price", "code", "uid", "day", "span", "flags"] {
        let settings = server.settings("a", json!({ "cursor": cursor }));
        let (texts, _) = node.drain(&settings, None).await;
        let mut found = ids(&texts);
        assert_eq!(texts.len(), 15, "{cursor}");
        found.sort();
        found.dedup();
        assert_eq!(found.len(), 60, "{cursor}: every row once");
    }
}

#[tokio::test]
async fn what_would_lose_rows_is_refused_in_words() {
    let Some(mut server) = Server::of_the_environment("refused").await else { return };
    server.run("CREATE TABLE keyless (id bigint, at datetime, kind enum('b', 'a') NOT NULL)").await;
    server.run("INSERT INTO keyless VALUES (1, NULL, 'a')").await;
    server.run("CREATE VIEW seen AS SELECT id, COALESCE(at, '2026-01-01') AS at FROM keyless").await;
    let node = server.node();
    for (settings, says) in [
        (server.settings("keyless", json!({ "cursor": "at" })), "no primary key"),
        (server.settings("keyless", json!({ "cursor": "at", "key": ["id"] })), "is empty in some rows"),
        (server.settings("keyless", json!({ "cursor": "when", "key": ["id"] })), "no column when"),
        (server.settings("keyless", json!({ "cursor": "kind", "key": ["id"] })), "put in order reliably"),
        (server.settings("keyless", json!({ "cursor": "id", "key": ["id"], "settle_s": 9 })), "is no time"),
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
    server
        .run("CREATE TABLE fresh (id bigint PRIMARY KEY, at timestamp NOT NULL, wall datetime NOT NULL)")
        .await;
    server.run("INSERT INTO fresh VALUES (1, NOW() - INTERVAL 2 DAY, NOW() - INTERVAL 2 DAY)").await;
    server.run("INSERT INTO fresh VALUES (2, NOW(), NOW())").await;
    for cursor in ["at", "wall"] {
        let settled = server.settings("fresh", json!({ "cursor": cursor, "settle_s": 86_400 }));
        assert_eq!(ids(&node.drain(&settled, None).await.0), ["1"], "{cursor}: the other is not old enough");
    }
}

#[tokio::test]
async fn a_connection_is_checked_reads_only_and_says_who_failed() {
    let Some(mut server) = Server::of_the_environment("checked").await else { return };
    server.run("CREATE TABLE a (id bigint PRIMARY KEY)").await;
    // A view that writes is not even told of in a transaction that reads; one may ask what the transaction does.
    server.run("CREATE FUNCTION reads_only() RETURNS INT NOT DETERMINISTIC RETURN @@tx_read_only").await;
    server.run("CREATE VIEW asks AS SELECT reads_only() AS id").await;
    server.run("CREATE OR REPLACE USER connect_reader@'%' IDENTIFIED BY 'right-9f2'").await;
    server.run("GRANT SELECT ON connect_checked.* TO connect_reader@'%'").await;
    let error = Node::new(&[]).batch(&server.settings("a", json!({})), None, None).await.0.unwrap_err();
    assert_eq!(error.code(), "egress/address");
    assert_eq!(ids(&server.node().drain(&server.settings("asks", json!({})), None).await.0), ["1"]);
    let reader = server.settings("a", json!({ "user": "connect_reader" }));
    assert!(server.node().batch(&reader, Some("right-9f2"), None).await.0.unwrap().is_none(), "empty");
    let (outcome, attempts) = server.node().batch(&reader, Some("wrong-7c1"), None).await;
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("28000/1045") && !error.contains("wrong-7c1"), "{error}");
    assert_eq!(attempts, 1);
    let finding = server.settings("a", json!({})).open(None, server.node().surroundings).unwrap();
    let finding = finding.test(&Control::default()).await.unwrap();
    assert_eq!(finding.fields, ["id"]);
    assert!(finding.found.en.contains("without rows"));
}

#[tokio::test]
async fn a_certificate_is_held_against_the_name_though_the_address_was_checked() {
    let Some(mut server) = Server::of_the_environment("verified").await else { return };
    server.run("CREATE TABLE a (id bigint PRIMARY KEY)").await;
    server.run("INSERT INTO a VALUES (1)").await;
    let (authority,): (Vec<u8>,) =
        sqlx::query_as("SELECT LOAD_FILE(@@ssl_cert)").fetch_one(&mut server.connection).await.unwrap();
    let authority = String::from_utf8(authority).unwrap();
    let node = server.node();
    let by = |host: &str, authority: &str| {
        server.settings("a", json!({ "host": host, "tls": "verify", "authority": authority }))
    };
    assert_eq!(ids(&node.drain(&by("localhost", &authority), None).await.0), ["1"]);
    let stranger = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem();
    for settings in [by("127.0.0.1", &authority), by("localhost", &stranger)] {
        let (outcome, attempts) = node.batch(&settings, None, None).await;
        let error = outcome.unwrap_err();
        assert!(error.to_string().contains("(tls)"), "{error}");
        assert_eq!(attempts, 1);
    }
    assert_eq!(ids(&node.drain(&server.settings("a", json!({ "tls": "on" })), None).await.0), ["1"]);
}

#[tokio::test]
async fn a_server_that_goes_away_in_the_middle_is_tried_again_and_nothing_comes_twice() {
    let Some(mut server) = Server::of_the_environment("dies").await else { return };
    // The first attempt waits at a row in the middle until the server is told, from outside, to drop the connection.
    server.run("CREATE TABLE big (id bigint PRIMARY KEY, filling text)").await;
    server.run("INSERT INTO big SELECT seq, REPEAT('x', 1000) FROM seq_1_to_60000").await;
    server.run("CREATE TABLE pause (lasts int)").await;
    server.run("INSERT INTO pause VALUES (1)").await;
    server
        .run(
            "CREATE VIEW stops AS SELECT id, CONCAT(filling, IF(id = 40000 AND (SELECT lasts FROM pause) = 1, \
             SLEEP(600), '')) AS filling FROM big",
        )
        .await;
    let node = server.node();
    let settings = server.settings("stops", json!({}));
    let killer = tokio::spawn(async move {
        loop {
            let waiting: Option<(i64,)> = sqlx::query_as(
                "SELECT CAST(id AS SIGNED) FROM information_schema.processlist WHERE db = ? AND state = 'User sleep'",
            )
            .bind(&server.database)
            .fetch_optional(&mut server.connection)
            .await
            .unwrap();
            if let Some((id,)) = waiting {
                server.run("UPDATE pause SET lasts = 0").await;
                server.run(&format!("KILL {id}")).await;
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
