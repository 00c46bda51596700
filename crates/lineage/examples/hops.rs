//! Two hops over a million edges, and statements read per second. Run with `--release`.
//!
//! The graph is a warehouse of 20,000 tables of ten columns in six layers, each column made of five of the layer
//! before, drawn by a fixed seed.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing)]

use brain_lineage::graph::Direction;
use brain_lineage::sql::{Catalogue, Dialect, analyse};
use brain_lineage::{EdgeKind, Graph, NodeName, Part, Walk};
use std::time::Instant;

const TABLES: u64 = 20_000;
const COLUMNS: u64 = 10;
const LAYERS: u64 = 6;

fn main() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut dice = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let begin = Instant::now();
    let mut graph = Graph::default();
    for table in 0..TABLES {
        let mut part = Part::new(format!("model:t{table}"));
        let layer = table * LAYERS / TABLES;
        let before = TABLES * (layer + 1) / LAYERS - TABLES / LAYERS;
        for column in 0..COLUMNS {
            let target = NodeName::column(format!("t{table}"), format!("c{column}"));
            for _ in 0..if layer == 0 { 0 } else { 6 } {
                let source = dice(before.max(1));
                let source = NodeName::column(format!("t{source}"), format!("c{}", dice(COLUMNS)));
                part.edge(source, target.clone(), EdgeKind::Transformation).unwrap();
            }
            part.declare(target);
        }
        graph.replace(&part).unwrap();
    }
    graph.compact();
    println!("{} edges, {} nodes, built in {:?}", graph.edges(), graph.nodes(), begin.elapsed());
    for direction in [Direction::Down, Direction::Up] {
        let mut times = Vec::new();
        let mut reached = 0;
        for _ in 0..10_000 {
            let name = NodeName::column(format!("t{}", dice(TABLES)), format!("c{}", dice(COLUMNS)));
            let begin = Instant::now();
            let node = graph.find(&name).unwrap();
            reached += graph.walk(node, &Walk::new(direction, 2)).nodes.len();
            times.push(begin.elapsed());
        }
        times.sort();
        println!(
            "two hops {direction:?}: p50 {:?}, p99 {:?}, worst {:?}, {} nodes each",
            times[times.len() / 2],
            times[times.len() * 99 / 100],
            times[times.len() - 1],
            reached / times.len()
        );
    }
    let begin = Instant::now();
    let bytes = graph.to_bytes();
    let read = Graph::from_bytes(&bytes).unwrap();
    println!("{} MB written and read in {:?}, {} edges", bytes.len() >> 20, begin.elapsed(), read.edges());
    let sql = include_str!("../tests/it/corpus/generic.sql");
    let statements: Vec<&str> = sql.lines().filter(|line| line.starts_with("SELECT")).collect();
    let begin = Instant::now();
    let mut count = 0;
    while begin.elapsed().as_secs() < 2 {
        for statement in &statements {
            count += analyse(statement, Dialect::Generic, &Catalogue::new()).unwrap().statements.len();
        }
    }
    println!("{:.0} statements per second", count as f64 / begin.elapsed().as_secs_f64());
}
