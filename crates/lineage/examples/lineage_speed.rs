//! Two hops over a million edges, and statements read per second; `cargo xtask bench lineage` runs it beside peers.
//!
//! `make EDGES` writes a warehouse of 20,000 tables of ten columns in six layers, each column made of six of the
//! layers before, drawn from a fixed seed, one edge a line, and the columns to ask about behind `?`.
//! `hops EDGES` and `parse SQL` measure; both print numbers for a program in their first line.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing)]

use brain_lineage::graph::Direction;
use brain_lineage::sql::{Catalogue, Dialect, analyse};
use brain_lineage::{EdgeKind, Graph, NodeName, Part, Walk};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

const TABLES: u64 = 20_000;
const COLUMNS: u64 = 10;
const LAYERS: u64 = 6;
const ORIGINS: u64 = 6;
const QUESTIONS: usize = 1_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", file] => std::fs::write(file, edges()).unwrap(),
        ["hops", file] => hops(&std::fs::read_to_string(file).unwrap()),
        ["parse", file] => parse(&std::fs::read_to_string(file).unwrap()),
        _ => println!("make EDGES | hops EDGES | parse SQL"),
    }
}

fn edges() -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut dice = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut out = String::new();
    for table in TABLES.div_ceil(LAYERS)..TABLES {
        let before = table * LAYERS / TABLES * TABLES / LAYERS;
        for column in 0..COLUMNS {
            for _ in 0..ORIGINS {
                writeln!(out, "t{}.c{} t{table}.c{column}", dice(before), dice(COLUMNS)).unwrap();
            }
        }
    }
    for _ in 0..QUESTIONS {
        writeln!(out, "? t{}.c{}", dice(TABLES), dice(COLUMNS)).unwrap();
    }
    out
}

fn node(text: &str) -> NodeName {
    let (table, column) = text.split_once('.').unwrap();
    NodeName::column(table, column)
}

fn hops(text: &str) {
    let mut parts: BTreeMap<&str, Part> = BTreeMap::new();
    let mut questions = Vec::new();
    for line in text.lines() {
        let (source, target) = line.split_once(' ').unwrap();
        if source == "?" {
            questions.push(node(target));
            continue;
        }
        let table = target.split_once('.').unwrap().0;
        let part = parts.entry(table).or_insert_with(|| Part::new(table));
        part.edge(node(source), node(target), EdgeKind::Transformation).unwrap();
    }
    let begin = Instant::now();
    let mut graph = Graph::default();
    for part in parts.values() {
        graph.replace(part).unwrap();
    }
    graph.compact();
    let build = begin.elapsed();
    let mut times = Vec::new();
    let mut reached = 0;
    for direction in [Direction::Up, Direction::Down] {
        for question in &questions {
            let begin = Instant::now();
            if let Some(node) = graph.find(question) {
                reached += graph.walk(node, &Walk::new(direction, 2)).nodes.len();
            }
            times.push(begin.elapsed());
        }
    }
    times.sort();
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    println!(
        "{:.2} {:.2} {} {}",
        micros(times[times.len() / 2]),
        micros(times[times.len() * 99 / 100]),
        graph.edges(),
        reached / times.len()
    );
    println!("built in {build:?}, {} nodes, worst question {:?}", graph.nodes(), times[times.len() - 1]);
    let begin = Instant::now();
    let bytes = graph.to_bytes();
    let back = Graph::from_bytes(&bytes).unwrap();
    println!("{} MiB written and read in {:?}, {} edges", bytes.len() >> 20, begin.elapsed(), back.edges());
}

fn parse(text: &str) {
    let known = Catalogue::new();
    let begin = Instant::now();
    let (mut statements, mut columns, mut issues) = (0, 0, 0);
    while begin.elapsed() < Duration::from_secs(5) {
        let script = analyse(text, Dialect::Generic, &known).unwrap();
        statements += script.statements.len();
        columns = script.statements.iter().map(|statement| statement.columns.len()).sum::<usize>();
        issues = script.issues();
    }
    println!("{:.6} {statements} {columns} {issues}", begin.elapsed().as_secs_f64());
}
