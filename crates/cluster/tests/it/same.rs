//! The same SQL gives the same rows on the cluster and in the process.

use crate::engine::TestCluster;
use crate::node::{Node, Place, administrator};
use brain_kernel::error::Failure;
use brain_kernel::party::Party;
use brain_kernel::progress::Cancel;
use brain_warehouse::Warehouse;
use brain_warehouse::query::QueryLimits;
use datafusion::arrow::array::{Array as _, AsArray as _, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::arrow::util::display::array_value_to_string;
use std::fmt::Write as _;

const READINGS: &str = r#"
name = "readings"
title = { zh = "读数", en = "Readings" }
description = { zh = "读数。", en = "Readings." }
owner = "test"
side = "public"
grade = "general1"
source = "test"
licence = "test"

[[table]]
dataset = "raw.reading"
files = ["reading*.csv"]
mode = "append"

[[table.column]]
name = "device"
type = "text"

[[table.column]]
name = "day"
type = "date"

[[table.column]]
name = "value"
type = "float"

[[table.column]]
name = "units"
type = "integer"

[[table.column]]
name = "note"
type = "text"

[[table]]
dataset = "raw.device"
files = ["device*.csv"]
mode = "replace"

[[table.column]]
name = "device"
type = "text"

[[table.column]]
name = "firm"
type = "text"
"#;

/// Rows as text, sorted, numbers to nine digits, and the engine they come from.
pub async fn rows(
    warehouse: &Warehouse,
    party: &Party,
    sql: &str,
) -> Result<(Vec<String>, &'static str), Failure> {
    let session = warehouse.session(party, "sql");
    let stream = session.sql(sql, QueryLimits::default(), Cancel::new()).await.map_err(Failure::from)?;
    let engine = stream.engine();
    let (batches, _) = stream.collect().await.map_err(Failure::from)?;
    let mut rows: Vec<String> =
        batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| shown(batch, row))).collect();
    rows.sort();
    Ok((rows, engine))
}

fn shown(batch: &RecordBatch, row: usize) -> String {
    let mut text = String::new();
    for column in batch.columns() {
        let cell = match column.data_type() {
            DataType::Float64 if column.is_valid(row) => {
                format!("{:.8e}", column.as_primitive::<Float64Type>().value(row))
            }
            _ => array_value_to_string(column, row).unwrap(),
        };
        write!(text, "{cell}|").unwrap();
    }
    text
}

/// Each query answered by the process and then by a cluster, which must be alike; which engine answered it there, and how
/// many rows it has.
pub async fn alike<'a>(
    node: &Node,
    place: &Place,
    queries: impl IntoIterator<Item = &'a str>,
) -> Vec<(&'a str, &'static str, usize)> {
    let party = administrator();
    let mut expected = Vec::new();
    for sql in queries {
        let (here, engine) =
            rows(&node.warehouse, &party, sql).await.unwrap_or_else(|f| panic!("{sql}: {f:?}"));
        assert_eq!(engine, "embedded");
        expected.push((sql, here));
    }
    let cluster = TestCluster::start(node.path(), place.lake());
    cluster.serve(&node.warehouse);
    let mut answered = Vec::new();
    for (sql, here) in expected {
        let (there, engine) =
            rows(&node.warehouse, &party, sql).await.unwrap_or_else(|f| panic!("{sql}: {f:?}"));
        assert_eq!(there, here, "{sql} ({engine})");
        answered.push((sql, engine, there.len()));
    }
    answered
}

/// A node that answers by itself until it is told of a cluster.
pub fn alone() -> Place {
    Place { alone: true, ..Place::default() }
}

/// Three files of readings, with nulls, repetitions and long texts.
async fn readings(place: Place) -> Node {
    let node = Node::loaded_in(place).await;
    node.file("mappings/readings.toml", READINGS);
    let mut number = 7_u64;
    for file in 0..3 {
        let mut text = "device,day,value,units,note\n".to_owned();
        for row in 0..400_u64 {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let pick = number >> 33;
            let device = if pick.is_multiple_of(11) { String::new() } else { format!("d{}", pick % 17) };
            let value = if pick.is_multiple_of(7) {
                String::new()
            } else {
                format!("{}", (pick % 1000) as f64 / 8.0)
            };
            let day = format!("2026-0{}-1{}", pick % 9 + 1, pick % 10);
            writeln!(
                text,
                "{device},{day},{value},{},a note that is longer than a view {}",
                row % 40,
                pick % 90
            )
            .unwrap();
        }
        node.file(&format!("in/reading{file}.csv"), &text);
        node.ingest(format!("in/reading{file}.csv"), "readings").await;
    }
    let devices: String = (0..20).map(|at| format!("d{at},firm {}\n", at % 5)).collect();
    node.file("in/device.csv", &format!("device,firm\n{devices}nobody,\n"));
    node.ingest("in/device.csv", "readings").await;
    node
}

#[tokio::test]
async fn queries_of_every_kind_answer_alike() {
    let node = readings(alone()).await;
    let queries = [
        "SELECT * FROM raw.reading",
        "SELECT note, device FROM raw.reading WHERE units = 3 AND note LIKE '%view 8%'",
        "SELECT count(*), count(device), count(value), sum(units), avg(value), min(day), max(note) FROM raw.reading",
        "SELECT device, count(*), sum(value), stddev(value), approx_distinct(note) FROM raw.reading GROUP BY device",
        "SELECT day, device, min(note) FROM raw.reading GROUP BY GROUPING SETS ((day), (device), ())",
        "SELECT count(DISTINCT device), count(DISTINCT note) FROM raw.reading",
        "SELECT DISTINCT note FROM raw.reading ORDER BY note",
        "SELECT device, day, value FROM raw.reading ORDER BY value DESC NULLS LAST, day, device, units, note LIMIT 25",
        "SELECT device, units, note FROM raw.reading ORDER BY device, units, note LIMIT 50 OFFSET 100",
        "SELECT r.device, firm, sum(value) FROM raw.reading r JOIN raw.device d ON r.device = d.device GROUP BY 1, 2",
        "SELECT r.device, firm FROM raw.reading r LEFT JOIN raw.device d ON r.device = d.device AND d.firm <> 'firm 1'",
        "SELECT d.device, r.units FROM raw.reading r RIGHT JOIN raw.device d ON r.device = d.device AND r.units > 38",
        "SELECT d.device, r.units FROM raw.reading r FULL JOIN raw.device d ON r.device = d.device AND r.units > 38",
        "SELECT count(*) FROM raw.reading a JOIN raw.reading b ON a.device = b.device AND a.units < b.units",
        "SELECT a.device, b.device FROM raw.device a JOIN raw.device b ON a.firm < b.firm",
        "SELECT count(*) FROM raw.device a, raw.device b, raw.place c WHERE length(a.device) < length(c.name)",
        "SELECT firm FROM raw.device d WHERE EXISTS (SELECT 1 FROM raw.reading r WHERE r.device = d.device AND value > 100)",
        "SELECT device FROM raw.device d WHERE NOT EXISTS (SELECT 1 FROM raw.reading r WHERE r.device = d.device)",
        "SELECT device FROM raw.device WHERE device IN (SELECT device FROM raw.reading WHERE value > 120)",
        "SELECT device FROM raw.device WHERE device NOT IN (SELECT device FROM raw.reading WHERE value > 120)",
        "SELECT device FROM raw.device WHERE device NOT IN (SELECT device FROM raw.reading WHERE device IS NOT NULL)",
        "SELECT device, value FROM raw.reading r WHERE value > (SELECT avg(value) FROM raw.reading s WHERE s.device = r.device)",
        "SELECT device, (SELECT max(firm) FROM raw.device) AS last FROM raw.device",
        "SELECT device FROM raw.reading UNION SELECT device FROM raw.device",
        "SELECT device FROM raw.reading UNION ALL SELECT firm FROM raw.device UNION ALL SELECT name FROM raw.place",
        "SELECT device, count(*) FROM raw.reading GROUP BY device UNION ALL SELECT firm, count(*) FROM raw.device GROUP BY firm",
        "SELECT device FROM raw.reading INTERSECT SELECT device FROM raw.device",
        "SELECT device FROM raw.device EXCEPT SELECT device FROM raw.reading",
        "SELECT device, units, row_number() OVER (PARTITION BY device ORDER BY units, note, day, value) FROM raw.reading",
        "SELECT device, sum(value) OVER (PARTITION BY device ORDER BY day, units, note, value ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) FROM raw.reading",
        "SELECT device, rank() OVER (ORDER BY sum(value)) FROM raw.reading GROUP BY device",
        "SELECT note, lag(note) OVER (ORDER BY note, device, units, day, value) FROM raw.reading",
        "WITH t AS (SELECT device, avg(value) AS v FROM raw.reading GROUP BY device) SELECT a.device FROM t a JOIN t b ON a.v > b.v",
        "SELECT upper(device), length(note), substr(note, 3, 5), replace(note, 'a', 'b'), day + INTERVAL '1 day' FROM raw.reading",
        "SELECT device, array_agg(units ORDER BY units) FROM raw.reading GROUP BY device",
        "SELECT device, unnest([units, units + 1]) AS u FROM raw.reading WHERE units < 4",
        "SELECT CASE WHEN value IS NULL THEN 'none' WHEN value > 50 THEN 'high' ELSE 'low' END AS c, count(*) FROM raw.reading GROUP BY 1",
        "SELECT firm, uscc_valid(firm), uscc_clean(firm), company_name_key(buyer), pinyin_initials(buyer), capital_cny('100万元') FROM raw.sale",
        "SELECT date_parse('2026年3月'), date_trunc('month', day), extract(year FROM day) FROM raw.reading WHERE units = 1",
        "SELECT device FROM raw.reading WHERE units IN (1, 2, 3) OR device IN ('d1', 'd2') ORDER BY device LIMIT 7",
        "SELECT device, firm, 'x' AS k FROM raw.device WHERE firm IS NULL",
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY value), median(value) FROM raw.reading",
        "SELECT bool_and(units < 50), bit_or(units), string_agg(DISTINCT device, ',' ORDER BY device) FROM raw.reading",
        "SELECT * FROM raw.\"sale@0\" UNION ALL SELECT * FROM raw.sale",
    ];
    for (sql, engine, _) in alike(&node, &alone(), queries).await {
        assert_eq!(engine, "ballista", "{sql}");
    }
}

#[tokio::test]
async fn what_the_others_cannot_know_is_answered_here() {
    let node = Node::loaded_in(alone()).await;
    let many: Vec<String> = (0..100).map(|at| format!("length(name) = {at} * length(code)")).collect();
    let deep = format!("SELECT name FROM raw.place WHERE {}", many.join(" OR "));
    let queries = [
        &deep,
        "SELECT 1 + 1",
        "SELECT count(*) FROM generate_series(1, 9)",
        "SELECT name FROM raw.place JOIN generate_series(1, 2) ON true",
        // Files need not be read for these: their statistics say how many rows there are, and the condition that there is none.
        "SELECT count(*) FROM raw.place a, raw.place b, raw.sale c",
        "SELECT 1 AS one FROM raw.place WHERE false",
        "SHOW TABLES",
        "DESCRIBE raw.place",
        "EXPLAIN SELECT * FROM raw.place",
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'raw'",
        "SELECT * FROM (VALUES (1, 'x'), (2, 'y')) AS v(a, b)",
        "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 4) SELECT n, name FROM t, raw.place",
        // Looks into the node's own dictionaries.
        "SELECT region_code(name, '', '') FROM raw.place",
        // Rows of either side without a partner are known to nobody who sees a part.
        "SELECT p.code FROM raw.place p FULL JOIN raw.sale s ON p.name < s.buyer",
    ];
    for (sql, engine, _) in alike(&node, &alone(), queries).await {
        assert_eq!(engine, "embedded", "{sql}");
    }
}

#[tokio::test]
async fn types_and_limits_are_those_of_the_process() {
    let node = readings(alone()).await;
    let sql = "SELECT device, day, value, units, upper(note) AS n, CAST(units AS VARCHAR) AS t, 'x' AS c \
               FROM raw.reading ORDER BY note";
    let limits = QueryLimits { skip: Some(10), rows: Some(100), ..QueryLimits::default() };
    let mut seen = Vec::new();
    let mut cluster = None;
    for engine in ["embedded", "ballista"] {
        let session = node.warehouse.session(&administrator(), "sql");
        let stream = session.sql(sql, limits, Cancel::new()).await.unwrap();
        assert_eq!(stream.engine(), engine);
        let (schema, inputs) = (stream.schema().clone(), stream.inputs().to_vec());
        let (batches, more) = stream.collect().await.unwrap();
        assert!(batches.iter().all(|batch| batch.schema().fields() == schema.fields()), "{schema:?}");
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        seen.push((schema, inputs, rows, more));
        let there = cluster.get_or_insert_with(|| TestCluster::start(node.path(), None));
        there.serve(&node.warehouse);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!((seen[0].2, seen[0].3), (100, true));
}
