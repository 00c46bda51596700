//! Limits of a query: rows, time, memory, cancel — and errors a person can act on.

use crate::door::grant;
use crate::node::{Node, OTHER, administrator, party};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::Role;
use brain_kernel::predicate::Predicate;
use brain_kernel::progress::Cancel;
use brain_lineage::sql::{Nesting, nesting};
use brain_warehouse::query::{QueryLimits, QueryStream};

const HEAVY: &str = "SELECT count(*) FROM generate_series(1, 100000000) a JOIN generate_series(1, 100000000) b \
    ON a.value % 7 = b.value % 11";

async fn run(node: &Node, sql: &str, limits: QueryLimits, cancel: Cancel) -> Result<QueryStream, Failure> {
    node.warehouse.session(&administrator(), "sql").sql(sql, limits, cancel).await.map_err(Failure::from)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_limit_cuts_and_says_that_there_is_more() {
    let node = Node::empty().await;
    let limits = QueryLimits { rows: Some(10), ..QueryLimits::default() };
    let sql = "SELECT value FROM generate_series(1, 100000)";
    let (batches, more) = run(&node, sql, limits, Cancel::new()).await.unwrap().collect().await.unwrap();
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 10);
    assert!(more);
    let limits = QueryLimits { rows: Some(100_000), ..QueryLimits::default() };
    let (batches, more) = run(&node, sql, limits, Cancel::new()).await.unwrap().collect().await.unwrap();
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 100_000);
    assert!(!more, "exactly as many rows as allowed is all of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_past_its_time_stops() {
    let node = Node::empty().await;
    let limits = QueryLimits { seconds: Some(1), ..QueryLimits::default() };
    let stream = run(&node, HEAVY, limits, Cancel::new()).await.unwrap();
    let failure = Node::refused(stream.collect().await.map_err(Failure::from), ErrorKind::Cancelled);
    assert_eq!(failure.code, "warehouse/query-timeout");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_query_stops() {
    let node = Node::empty().await;
    let cancel = Cancel::new();
    let stream = run(&node, HEAVY, QueryLimits::default(), cancel.clone()).await.unwrap();
    let waiting = tokio::spawn(stream.collect());
    cancel.cancel();
    let failure = Node::refused(waiting.await.unwrap().map_err(Failure::from), ErrorKind::Cancelled);
    assert_eq!(failure.code, "warehouse/cancelled");
    let dead = run(&node, "SELECT 1", QueryLimits::default(), cancel).await;
    Node::refused(dead, ErrorKind::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_past_its_memory_fails_and_gives_it_back() {
    let node = Node::empty().await;
    let limits = QueryLimits { memory_mib: Some(1), ..QueryLimits::default() };
    let sql = "SELECT array_agg(value) FROM generate_series(1, 10000000)";
    let stream = run(&node, sql, limits, Cancel::new()).await.unwrap();
    let failure = Node::refused(stream.collect().await.map_err(Failure::from), ErrorKind::Exhausted);
    assert_eq!(failure.code, "warehouse/query-memory");
    assert!(failure.detail.en.contains("1 MiB"));
    // The stopped query's tasks end when they next look up.
    for _ in 0..200 {
        if node.warehouse.memory_bytes() == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert_eq!(node.warehouse.memory_bytes(), 0);
    let small = run(&node, "SELECT 1", QueryLimits::default(), Cancel::new()).await.unwrap();
    assert_eq!(small.collect().await.unwrap().0[0].num_rows(), 1);
}

#[tokio::test]
async fn a_parse_error_points_at_its_place() {
    let node = Node::empty().await;
    let failure = Node::refused(
        run(&node, "SELECT 1\n  FROMM raw.sale", QueryLimits::default(), Cancel::new()).await,
        ErrorKind::InvalidArgument,
    );
    assert_eq!(failure.code, "warehouse/sql");
    assert!(failure.detail.zh.contains("第 2 行"), "{failure:?}");
    let unknown =
        run(&node, "SELECT nope FROM (SELECT 1 AS yes)", QueryLimits::default(), Cancel::new()).await;
    assert!(Node::refused(unknown, ErrorKind::InvalidArgument).detail.en.contains("nope"));
}

/// Common table expressions, each from the one before.
fn common(levels: usize, select: &str) -> String {
    let next = |n: usize| format!(", c{n} AS ({})", select.replace("BEFORE", &format!("c{}", n - 1)));
    (1..levels).map(next).fold("WITH c0 AS (SELECT 1 AS a)".to_owned(), |all, one| all + &one)
}

/// A name, the longest that is let in, and the statement of a length.
type Shape = (&'static str, usize, fn(usize) -> String);

#[tokio::test]
async fn the_deepest_statements_that_are_let_in_are_answered_and_deeper_ones_refused() {
    let node = Node::empty().await;
    let shapes: [Shape; 6] = [
        ("OR", 390, |n| {
            let terms: Vec<String> = (0..n).map(|at| format!("value % 1000 = {at}")).collect();
            format!("SELECT count(*) FROM generate_series(1, 10) WHERE {}", terms.join(" OR "))
        }),
        ("sum", 390, |n| format!("SELECT value{} FROM generate_series(1, 1)", " + value".repeat(n))),
        ("CASE", 390, |n| {
            let cases: Vec<String> = (0..n).map(|at| format!("value = {at}")).collect();
            format!("SELECT CASE WHEN {} THEN 1 END FROM generate_series(1, 1)", cases.join(" AND "))
        }),
        ("union", 49, |n| vec!["SELECT 1"; n].join(" UNION ALL ")),
        ("join", 90, |n| {
            let joins: Vec<String> = (0..n).map(|at| format!("CROSS JOIN (VALUES (1)) t{at}")).collect();
            format!("SELECT count(*) FROM (VALUES (1)) t {}", joins.join(" "))
        }),
        ("common", 98, |n| {
            format!("{} SELECT * FROM c{}", common(n, "SELECT a FROM BEFORE WHERE a < 7"), n - 1)
        }),
    ];
    for (shape, most, sql) in shapes {
        println!("{shape}");
        let answered = node.rows(&administrator(), &sql(most)).await;
        assert!(answered.is_ok(), "{shape}: {answered:?}");
        let failure =
            Node::refused(node.rows(&administrator(), &sql(most + 20)).await, ErrorKind::InvalidArgument);
        assert_eq!(failure.code, "warehouse/sql", "{shape}");
    }
}

/// Statements of the deepest shapes that are planned on the thread's own stack, and grants with the longest filter there
/// is: a thread of tests has 2 MiB, as those of a node have.
#[tokio::test]
async fn what_is_planned_on_the_threads_own_stack_has_room_there() {
    let node = Node::loaded().await;
    let calls = format!("{}units{}", "abs(".repeat(8), ")".repeat(8));
    let sums = format!("units{}", " + units".repeat(18));
    let or = (0..9).map(|at| format!("units % 1000 = {at}")).collect::<Vec<_>>().join(" OR ");
    let joins = " CROSS JOIN (SELECT 1) j CROSS JOIN raw.place p CROSS JOIN raw.place q";
    let shapes = [
        format!("SELECT {calls}, {sums} FROM raw.sale WHERE {or} OR units > 0"),
        format!("SELECT sum({sums}) FROM raw.sale{joins}"),
        format!("{} SELECT * FROM c2, raw.sale", common(3, "SELECT a FROM BEFORE WHERE a < 7")),
        "SELECT 1 FROM raw.sale UNION ALL SELECT 2 FROM raw.sale UNION SELECT 3".to_owned(),
    ];
    for sql in &shapes {
        assert_eq!(nesting(sql), Nesting::Shallow, "{sql}");
        assert!(!node.rows(&administrator(), sql).await.unwrap().is_empty(), "{sql}");
    }
    node.revoke_everything().await;
    let column = || "firm".to_owned();
    let equal = (0..700).map(|at| Predicate::Equals { column: column(), value: format!("公司{at}") });
    let begun = (0..290).map(|at| Predicate::StartsWith { column: column(), prefix: format!("公司{at}") });
    let mut parts: Vec<Predicate> = equal.chain(begun).collect();
    parts.push(Predicate::Equals { column: column(), value: OTHER.to_owned() });
    node.grant(grant(Role::IndustryBody, "raw.sale", Predicate::Any(parts), &[])).await;
    let body = party(Role::IndustryBody, None);
    assert_eq!(node.rows(&body, "SELECT count(*) FROM raw.sale WHERE units > 0").await.unwrap(), ["1"]);
    let session = node.warehouse.session(&body, "test");
    let table = session.table("raw.sale", QueryLimits::default(), Cancel::new()).await.unwrap();
    let rows: usize = table.collect().await.unwrap().0.iter().map(|batch| batch.num_rows()).sum();
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn what_doubles_with_every_name_is_refused_before_it_is_planned() {
    let node = Node::empty().await;
    let doubling =
        format!("{} SELECT * FROM c39", common(40, "SELECT x.a FROM BEFORE x CROSS JOIN BEFORE y"));
    let failure = Node::refused(node.rows(&administrator(), &doubling).await, ErrorKind::InvalidArgument);
    assert_eq!(failure.code, "warehouse/sql");
    // Each level is twice the one before when the filter is moved to where the rows come from.
    let rows = "SELECT a + a AS a FROM BEFORE";
    let sql = |levels| format!("{} SELECT * FROM c{} WHERE a > 1", common(levels, rows), levels - 1);
    let failure = Node::refused(node.rows(&administrator(), &sql(40)).await, ErrorKind::InvalidArgument);
    assert_eq!(failure.code, "warehouse/sql");
    assert_eq!(node.rows(&administrator(), &sql(11)).await.unwrap(), ["1024"]);
    let inner = format!("SELECT 1 WHERE 3 IN (SELECT b.a FROM ({}) b)", sql(40));
    let failure = Node::refused(node.rows(&administrator(), &inner).await, ErrorKind::InvalidArgument);
    assert_eq!(failure.code, "warehouse/sql");
}
