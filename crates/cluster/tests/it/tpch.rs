//! The 22 queries of TPC-H, as `cargo xtask bench tpch` asks them, over tables small enough for a test.

use crate::node::Node;
use crate::same::{alike, alone};
use crate::tpch_data;

const QUERIES: &str = include_str!("../../../../xtask/src/bench/tpch.sql");

#[tokio::test]
async fn tpc_h_answers_alike_on_the_cluster_and_in_the_process() {
    let node = Node::empty_in(alone()).await;
    node.file("mappings/tpch.toml", &tpch_data::mapping());
    for (name, content) in tpch_data::files() {
        node.file(&format!("in/{name}"), &content);
        node.ingest(format!("in/{name}"), "tpch").await;
    }
    let queries = QUERIES.split("\n-- ").skip(1).map(|part| part.split_once('\n').unwrap().1);
    let answered = alike(&node, &alone(), queries).await;
    assert_eq!(answered.len(), 22);
    for (sql, engine, rows) in answered {
        assert_eq!(engine, "ballista", "{sql}");
        assert!(rows > 0, "a query that finds nothing says nothing: {sql}");
    }
}
