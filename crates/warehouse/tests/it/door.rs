//! The door shows a party what a grant allows, and nothing else by any way.

use crate::node::{Node, OTHER, OWN, administrator, party};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_kernel::predicate::{Mask, Predicate};
use brain_kernel::progress::Cancel;
use brain_trust::{NewGrant, Reach, Subject};
use brain_warehouse::catalogue::CatalogueQuery;
use brain_warehouse::query::QueryLimits;
use std::collections::BTreeMap;

pub fn grant(to: Role, dataset: &str, rows: Predicate, masks: &[(&str, Mask)]) -> NewGrant {
    NewGrant {
        subject: Subject::Role(to),
        dataset: dataset.to_owned(),
        reach: Reach::default(),
        rows,
        masks: masks
            .iter()
            .map(|(name, mask)| ((*name).to_owned(), mask.clone()))
            .collect::<BTreeMap<_, _>>(),
        grade_max: None,
        mask_from: None,
        purpose: "*".to_owned(),
        until: None,
        basis: Text::new("测试", "test"),
        columns: None,
        actions: None,
        agreement: None,
    }
}

fn everything() -> Predicate {
    Predicate::All(Vec::new())
}

#[tokio::test]
async fn an_enterprise_sees_its_own_rows_only_by_whatever_query() {
    let node = Node::loaded().await;
    let own = party(Role::Enterprise, Some(OWN));
    let all = node.rows(&administrator(), "SELECT count(*) FROM raw.sale").await.unwrap();
    assert_eq!(all, ["3"]);
    for sql in [
        "SELECT firm FROM raw.sale",
        "SELECT DISTINCT firm FROM raw.sale",
        "SELECT a.firm FROM raw.sale a JOIN raw.sale b ON a.units <= b.units",
        "SELECT firm FROM raw.sale WHERE true OR firm IS NOT NULL",
        "SELECT firm FROM (SELECT * FROM raw.sale ORDER BY amount DESC)",
        "WITH s AS (SELECT * FROM raw.sale) SELECT firm FROM s UNION ALL SELECT firm FROM s",
        "SELECT firm FROM raw.place LEFT JOIN raw.sale ON true WHERE firm IS NOT NULL",
        "SELECT max(firm) FROM raw.sale",
        "SELECT (SELECT max(firm) FROM raw.sale) AS m FROM raw.place",
        "SELECT firm FROM raw.\"sale@0\"",
        "SELECT firm FROM brain.raw.\"sale@1\"",
    ] {
        let rows = node.rows(&own, sql).await.unwrap();
        assert!(!rows.is_empty() && rows.iter().all(|row| row == OWN), "{sql}: {rows:?}");
    }
    let sums = node.rows(&own, "SELECT count(*), sum(units), max(amount) FROM raw.sale").await.unwrap();
    assert_eq!(sums, ["2|3|123456.0"]);
    let exists =
        node.rows(&own, "SELECT name FROM raw.place WHERE EXISTS (SELECT 1 FROM raw.sale WHERE units = 42)");
    assert!(exists.await.unwrap().is_empty());
}

#[tokio::test]
async fn an_enterprise_without_organisation_sees_no_restricted_row() {
    let node = Node::loaded().await;
    let nobody = party(Role::Enterprise, None);
    let seen = node.rows(&nobody, "SELECT * FROM raw.sale").await;
    // Nothing to see or nothing granted; never a row.
    assert!(seen.is_err() || seen.unwrap().is_empty());
}

#[tokio::test]
async fn a_condition_that_can_fail_never_runs_on_hidden_rows() {
    let node = Node::loaded().await;
    let own = party(Role::Enterprise, Some(OWN));
    // Fails on every row with 42 units, and the only such row is another firm's.
    for sql in [
        "SELECT firm FROM raw.sale WHERE 1 / (units - 42) < 5",
        "SELECT 1 / (units - 42) FROM raw.sale",
        "SELECT firm FROM raw.sale ORDER BY 1 / (units - 42)",
        "SELECT count(*) FROM raw.sale GROUP BY 1 / (units - 42)",
        "SELECT a.firm FROM raw.sale a JOIN raw.place p ON 1 / (a.units - 42) < 5",
        "SELECT firm FROM raw.sale WHERE CAST(replace(buyer, '秘密客户', 'x') AS VARCHAR) <> 'y'",
        "SELECT firm FROM raw.sale WHERE CASE WHEN buyer = '秘密客户' THEN CAST(buyer AS BIGINT) ELSE 1 END = 1",
    ] {
        node.rows(&own, sql).await.unwrap_or_else(|failure| panic!("{sql}: {failure:?}"));
    }
    let honest = node.rows(&administrator(), "SELECT firm FROM raw.sale WHERE 1 / (units - 42) < 5").await;
    Node::refused(honest, ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn a_revoked_grant_refuses_the_next_read_on_every_way() {
    let node = Node::loaded().await;
    let admin = administrator();
    let session = node.warehouse.session(&admin, "sql");
    session.sql("SELECT * FROM raw.sale", QueryLimits::default(), Cancel::new()).await.unwrap();
    node.revoke_everything().await;
    let names: Vec<String> = node
        .warehouse
        .catalogue()
        .list(&CatalogueQuery::default())
        .items
        .into_iter()
        .map(|card| card.name)
        .collect();
    assert!(names.len() >= 2);
    for role in Role::ALL {
        let party = party(role, Some(OWN));
        let session_after = node.warehouse.session(&party, "sql");
        for name in &names {
            let (zone, table) = name.split_once('.').unwrap();
            for sql in [
                format!("SELECT * FROM {name}"),
                format!("SELECT count(*) FROM {name}"),
                format!("SELECT 1 WHERE EXISTS (SELECT 1 FROM {name})"),
                format!("SELECT * FROM {zone}.\"{table}@0\""),
                format!("EXPLAIN SELECT * FROM {name}"),
                format!("DESCRIBE {name}"),
            ] {
                Node::refused(node.rows(&party, &sql).await, ErrorKind::Forbidden);
            }
            let scan = session_after.table(name, QueryLimits::default(), Cancel::new()).await;
            let failure = Node::refused(scan.map_err(Failure::from), ErrorKind::Forbidden);
            assert!(failure.hint.is_some(), "the refusal says whom to ask");
            let confined = session_after.only(std::slice::from_ref(name));
            let sql = format!("SELECT * FROM {name}");
            let bound = confined.query(&sql, Vec::new(), QueryLimits::default(), Cancel::new());
            Node::refused(bound.await.map_err(Failure::from), ErrorKind::Forbidden);
            Node::refused(session_after.reach(name).map_err(Failure::from), ErrorKind::Forbidden);
        }
        let shown = node.rows(
            &party,
            "SELECT table_name FROM information_schema.tables WHERE table_schema <> 'information_schema'",
        );
        assert!(shown.await.unwrap().is_empty());
        let columns = node.rows(
            &party,
            "SELECT column_name FROM information_schema.columns WHERE table_schema <> 'information_schema'",
        );
        assert!(columns.await.unwrap().is_empty());
    }
    let again = session.sql("SELECT * FROM raw.sale", QueryLimits::default(), Cancel::new()).await;
    Node::refused(again.map_err(Failure::from), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_masked_column_cannot_be_recovered() {
    let node = Node::loaded().await;
    node.revoke_everything().await;
    let masks = [
        ("buyer", Mask::Redact),
        ("firm", Mask::KeepPrefix { characters: 4 }),
        ("amount", Mask::SignificantDigits { digits: 2 }),
    ];
    node.grant(grant(Role::IndustryBody, "raw.sale", everything(), &masks)).await;
    let body = party(Role::IndustryBody, None);
    let rows = node.rows(&body, "SELECT firm, buyer, amount FROM raw.sale ORDER BY amount").await.unwrap();
    assert_eq!(rows, ["9133*||10.0", "9133*||770.0", "9133*||120000.0"]);
    let none: Vec<String> = Vec::new();
    for sql in [
        "SELECT units FROM raw.sale WHERE buyer = '秘密客户'",
        "SELECT units FROM raw.sale WHERE buyer LIKE '秘%'",
        "SELECT units FROM raw.sale WHERE buyer IS NOT NULL",
        &format!("SELECT units FROM raw.sale WHERE firm = '{OTHER}'"),
        "SELECT units FROM raw.sale WHERE amount = 777",
        "SELECT units FROM raw.\"sale@0\" WHERE amount = 777",
        "SELECT a.units FROM raw.sale a JOIN (SELECT '秘密客户' AS b) k ON a.buyer = k.b",
    ] {
        assert_eq!(node.rows(&body, sql).await.unwrap(), none, "{sql}");
    }
    let groups = node.rows(&body, "SELECT buyer, count(*) FROM raw.sale GROUP BY buyer").await.unwrap();
    assert_eq!(groups, ["|3"]);
    let order = node
        .rows(&body, "SELECT first_value(units) OVER (ORDER BY buyer) IS NULL, buyer FROM raw.sale LIMIT 1");
    assert_eq!(order.await.unwrap(), ["false|"]);
    let distinct = node.rows(&body, "SELECT count(DISTINCT buyer), max(firm) FROM raw.sale").await.unwrap();
    assert_eq!(distinct, ["0|9133*"]);
}

#[tokio::test]
async fn a_row_filter_runs_on_true_values_under_the_masks() {
    let node = Node::loaded().await;
    node.revoke_everything().await;
    let rows = Predicate::Any(vec![
        Predicate::Equals { column: "firm".into(), value: OTHER.into() },
        Predicate::All(vec![
            Predicate::StartsWith { column: "buyer".into(), prefix: "乙".into() },
            Predicate::Equals { column: "units".into(), value: "2".into() },
        ]),
    ]);
    node.grant(grant(Role::IndustryBody, "raw.sale", rows, &[("firm", Mask::Redact)])).await;
    let body = party(Role::IndustryBody, None);
    let seen = node.rows(&body, "SELECT firm, units FROM raw.sale ORDER BY units").await.unwrap();
    assert_eq!(seen, ["|2", "|42"]);
    let probed =
        node.rows(&body, &format!("SELECT units FROM raw.sale WHERE firm = '{OTHER}'")).await.unwrap();
    assert!(probed.is_empty());
}

#[tokio::test]
async fn a_filter_on_a_column_that_is_gone_refuses() {
    let node = Node::loaded().await;
    node.revoke_everything().await;
    let rows = Predicate::OwnOrganisation { column: "no_such_column".into() };
    node.grant(grant(Role::Enterprise, "raw.sale", rows, &[])).await;
    assert!(node.rows(&party(Role::Enterprise, Some(OWN)), "SELECT * FROM raw.sale").await.is_err());
}

#[tokio::test]
async fn only_reads_pass() {
    let node = Node::loaded().await;
    let admin = administrator();
    let out = node.path().join("out.parquet").display().to_string();
    for sql in [
        "DELETE FROM raw.sale".to_owned(),
        "UPDATE raw.sale SET units = 1".to_owned(),
        "INSERT INTO raw.sale VALUES ('x', 'y', 1, 1)".to_owned(),
        "DROP TABLE raw.sale".to_owned(),
        "CREATE TABLE t AS SELECT * FROM raw.sale".to_owned(),
        "CREATE VIEW v AS SELECT 1".to_owned(),
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'".to_owned(),
        format!("COPY (SELECT * FROM raw.sale) TO '{out}'"),
        "SET datafusion.execution.batch_size = 1".to_owned(),
        "RESET datafusion.execution.batch_size".to_owned(),
        "SHOW ALL".to_owned(),
        "PREPARE p AS SELECT 1".to_owned(),
        "SELECT * INTO t FROM raw.sale".to_owned(),
        "BEGIN".to_owned(),
        "EXPLAIN ANALYZE SELECT * FROM raw.sale".to_owned(),
        "EXPLAIN DELETE FROM raw.sale".to_owned(),
        "SELECT 1; SELECT 2".to_owned(),
        // Without a limit the parser would take years over it.
        format!("SELECT {}", "CASE WHEN ".repeat(60)),
    ] {
        let refused = node.rows(&admin, &sql).await;
        let failure = Node::refused(refused, ErrorKind::InvalidArgument);
        assert!(matches!(failure.code, "warehouse/not-a-read" | "warehouse/sql"), "{sql}: {failure:?}");
    }
    for sql in [
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM other.raw.sale",
    ] {
        assert!(node.rows(&admin, sql).await.is_err(), "{sql}");
    }
    assert!(!std::path::Path::new(&out).exists());
    assert_eq!(node.rows(&admin, "SELECT count(*) FROM raw.sale").await.unwrap(), ["3"]);
}

#[tokio::test]
async fn what_is_shown_of_a_plan_names_no_file_and_no_statistic() {
    let node = Node::loaded().await;
    let own = party(Role::Enterprise, Some(OWN));
    for sql in [
        "EXPLAIN SELECT * FROM raw.sale WHERE units > 1",
        "EXPLAIN VERBOSE SELECT * FROM raw.sale",
        "EXPLAIN FORMAT TREE SELECT * FROM raw.sale",
    ] {
        let plan = node.rows(&own, sql).await.unwrap().join("\n");
        assert!(plan.contains("raw.sale"), "{plan}");
        for leak in [".parquet", "statistics", "Rows=", OTHER] {
            assert!(!plan.contains(leak), "{sql} shows {leak}: {plan}");
        }
    }
}

#[tokio::test]
async fn lists_show_what_the_party_may_see() {
    let node = Node::loaded().await;
    let author = party(Role::ComponentAuthor, None);
    let shown = node.rows(&author, "SHOW TABLES").await.unwrap().join("\n");
    assert!(shown.contains("place") && !shown.contains("sale"), "{shown}");
    let columns =
        node.rows(&author, "SELECT table_name FROM information_schema.columns").await.unwrap().join("\n");
    assert!(columns.contains("place") && !columns.contains("sale"));
    let described = node.rows(&author, "DESCRIBE raw.place").await.unwrap().join("\n");
    assert!(described.contains("code") && described.contains("name"));
    Node::refused(node.rows(&author, "SELECT * FROM raw.sale").await, ErrorKind::Forbidden);
}

#[tokio::test]
async fn an_unknown_name_suggests_only_what_the_party_may_see() {
    let node = Node::loaded().await;
    let failure =
        Node::refused(node.rows(&administrator(), "SELECT * FROM raw.sales").await, ErrorKind::NotFound);
    assert!(failure.hint.unwrap().en.contains("raw.sale"));
    let author: Party = party(Role::ComponentAuthor, None);
    let failure = Node::refused(node.rows(&author, "SELECT * FROM raw.sales").await, ErrorKind::NotFound);
    assert!(!failure.hint.unwrap().en.contains("raw.sale"));
    let version = node.rows(&administrator(), "SELECT * FROM raw.\"sale@9\"").await;
    assert_eq!(Node::refused(version, ErrorKind::NotFound).code, "warehouse/unknown-version");
}

#[tokio::test]
async fn every_version_stays_readable_and_inputs_say_which_was_read() {
    let node = Node::loaded().await;
    let admin = administrator();
    assert_eq!(node.rows(&admin, "SELECT count(*) FROM raw.\"sale@0\"").await.unwrap(), ["2"]);
    assert_eq!(node.rows(&admin, "SELECT count(*) FROM raw.\"sale@1\"").await.unwrap(), ["3"]);
    let session = node.warehouse.session(&admin, "sql");
    let sql = "SELECT count(*) FROM raw.sale s JOIN raw.\"sale@0\" o ON s.firm = o.firm, raw.place";
    let stream = session.sql(sql, QueryLimits::default(), Cancel::new()).await.unwrap();
    let read: Vec<_> =
        stream.inputs().iter().map(|input| format!("{}@{}", input.dataset, input.version)).collect();
    assert_eq!(read, ["raw.place@0", "raw.sale@0", "raw.sale@1"]);
    assert!(stream.inputs().iter().all(|input| input.grant == "role-system-administrator"));
    assert_eq!(session.inputs(), stream.inputs());
}
