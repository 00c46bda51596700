use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// `a.x -> b.y` and so on: columns of datasets.
fn part(key: &str, edges: &[(&str, &str, EdgeKind)]) -> Part {
    let mut part = Part::new(key);
    for (source, target, kind) in edges {
        part.edge(node(source), node(target), *kind).unwrap();
    }
    part
}

fn node(text: &str) -> NodeName {
    match (text.split_once(':'), text.split_once('.')) {
        (Some(("job", name)), _) => NodeName::job(name),
        (Some(("component", name)), _) => NodeName::component(name),
        (Some((page, name)), _) => NodeName::number(page, name),
        (None, Some((dataset, column))) => NodeName::column(dataset, column),
        (None, None) => NodeName::dataset(text),
    }
}

fn shown(graph: &Graph, start: &str, walk: &Walk) -> Vec<String> {
    let start = graph.find(&node(start)).unwrap();
    let show = |reach: &Reach| {
        let mark = if reach.direct { "" } else { "?" };
        format!("{}{}{mark}", reach.hops, graph.name(reach.node).unwrap())
    };
    graph.walk(start, walk).nodes.iter().map(show).collect()
}

fn chain() -> Graph {
    use EdgeKind::{Aggregation, Filter, Identity, Input, Output, Transformation};
    let mut graph = Graph::default();
    graph
        .replace(&part(
            "model:firm",
            &[
                ("raw.name", "firm.name", Transformation),
                ("raw.code", "firm.code", Identity),
                ("raw.status", "firm", Filter),
                ("raw", "job:model:firm", Input),
                ("job:model:firm", "firm", Output),
            ],
        ))
        .unwrap();
    graph
        .replace(&part(
            "component:count",
            &[
                ("firm.code", "component:count", Input),
                ("component:count", "/panorama:firms", Output),
                ("firm.code", "/panorama:firms", Aggregation),
            ],
        ))
        .unwrap();
    graph
}

#[test]
fn a_raw_column_is_followed_down_to_the_number_on_a_page_and_back() {
    let graph = chain();
    let down = shown(&graph, "raw.code", &Walk::new(Direction::Down, 9));
    assert_eq!(down, ["1firm.code", "2count", "2/panorama: firms"]);
    let up = shown(&graph, "/panorama:firms", &Walk::new(Direction::Up, 9));
    // The filter decides about every column of the firm table; the jobs and datasets lie on the way too.
    assert_eq!(
        up,
        ["1firm", "1firm.code", "1count", "2raw", "2raw.code", "2raw.status?", "2model:firm"]
            .map(|line| line.to_owned())
            .into_iter()
            .collect::<Vec<_>>()
    );
}

#[test]
fn a_column_that_only_filters_reaches_every_column_of_the_table_and_is_marked_as_no_value() {
    let graph = chain();
    let down = shown(&graph, "raw.status", &Walk::new(Direction::Down, 1));
    assert_eq!(down, ["1firm?", "1firm.code?", "1firm.name?"]);
    let direct = Walk { kinds: KindSet::DIRECT, ..Walk::new(Direction::Down, 9) };
    assert!(shown(&graph, "raw.status", &direct).is_empty());
}

#[test]
fn where_a_dataset_comes_from_is_asked_of_its_columns() {
    let up = shown(&chain(), "firm", &Walk::new(Direction::Up, 1));
    assert_eq!(
        up,
        ["0firm.code", "0firm.name", "1raw", "1raw.code", "1raw.name", "1raw.status?", "1model:firm"]
    );
}

#[test]
fn hops_and_nodes_are_limited_and_a_cut_answer_says_so() {
    let graph = chain();
    let start = graph.find(&node("raw")).unwrap();
    let two = graph.walk(start, &Walk { nodes_max: 2, ..Walk::new(Direction::Down, 9) });
    assert_eq!((two.nodes.len(), two.truncated), (2, true));
    let none = graph.walk(start, &Walk::new(Direction::Down, 0));
    // Its own columns cost no hop.
    assert_eq!((none.nodes.len(), none.truncated), (3, false));
}

#[test]
fn a_replaced_part_leaves_nothing_of_the_old_edges() {
    let mut graph = chain();
    graph.compact();
    graph.replace(&part("model:firm", &[("raw.title", "firm.name", EdgeKind::Identity)])).unwrap();
    let up = shown(&graph, "firm.name", &Walk::new(Direction::Up, 9));
    assert_eq!(up, ["0firm", "1raw", "1raw.title"]);
    assert!(graph.find(&node("raw.status")).is_none(), "nothing names the column any more");
    assert!(graph.remove("model:firm") && graph.remove("component:count"));
    assert_eq!((graph.edges(), graph.nodes()), (0, 0));
    assert!(!graph.remove("never"));
}

#[test]
fn paths_are_the_ways_between_two_nodes_the_shortest_first() {
    let graph = chain();
    let find = |text| graph.find(&node(text)).unwrap();
    let (paths, more) = graph.paths(find("raw.code"), find("/panorama:firms"), KindSet::ALL, 9, 10);
    let shown: Vec<Vec<String>> = paths
        .iter()
        .map(|path| {
            path.iter()
                .map(|step| format!("{} {}", step.kind.word(), graph.name(step.node).unwrap()))
                .collect()
        })
        .collect();
    assert!(!more);
    assert_eq!(
        shown,
        [
            vec!["identity firm.code", "aggregation /panorama: firms"],
            vec!["identity firm.code", "input count", "output /panorama: firms"],
        ]
    );
    assert!(graph.paths(find("/panorama:firms"), find("raw.code"), KindSet::ALL, 9, 10).0.is_empty());
}

#[test]
fn a_graph_is_the_same_after_a_trip_through_bytes_and_damage_is_seen() {
    let mut graph = chain();
    graph.remove("component:count");
    let bytes = graph.to_bytes();
    let back = Graph::from_bytes(&bytes).unwrap();
    assert_eq!(back.to_bytes(), bytes);
    assert_eq!((back.edges(), back.nodes(), back.parts()), (graph.edges(), graph.nodes(), graph.parts()));
    let walk = Walk::new(Direction::Up, 9);
    assert_eq!(shown(&back, "firm.name", &walk), shown(&graph, "firm.name", &walk));
    for at in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 0x40;
        assert!(Graph::from_bytes(&bad).is_err(), "byte {at}");
    }
}

#[test]
fn names_are_bounded() {
    let mut graph = Graph::default();
    let long = "长".repeat(NAME_BYTES_MAX);
    for name in [String::new(), long] {
        let part = part_of_one(&name);
        assert!(matches!(graph.replace(&part), Err(LineageError::Name { .. })));
    }
}

fn part_of_one(name: &str) -> Part {
    let mut part = Part::new("p");
    part.declare(NodeName::dataset(name));
    part
}

/// Edges as source, target and kind.
type Edges = Vec<(u8, u8, u8)>;

/// Changes to a graph: (part, edges) replaces, no edges removes.
fn changes() -> impl Strategy<Value = Vec<(u8, Edges)>> {
    let edge = (0_u8..12, 0_u8..12, 0_u8..9);
    proptest::collection::vec((0_u8..5, proptest::collection::vec(edge, 0..12)), 1..20)
}

proptest! {
    /// Whatever was replaced, removed, rebuilt and stored, a walk finds what a plain search over the living edges
    /// finds.
    #[test]
    fn walks_agree_with_a_plain_search(changes in changes(), rebuild in 0_usize..20, start in 0_u8..12, hops in 0_u32..5) {
        let mut graph = Graph::default();
        let mut living: BTreeMap<u8, Vec<(u8, u8, u8)>> = BTreeMap::new();
        for (at, (key, edges)) in changes.into_iter().enumerate() {
            if edges.is_empty() {
                graph.remove(&key.to_string());
                living.remove(&key);
                continue;
            }
            let mut part = Part::new(key.to_string());
            for (source, target, kind) in &edges {
                let kind = EdgeKind::from_number(*kind).unwrap();
                part.edge(NodeName::job(source.to_string()), NodeName::job(target.to_string()), kind).unwrap();
            }
            graph.replace(&part).unwrap();
            living.insert(key, edges);
            if at == rebuild {
                graph.compact();
            }
        }
        let stored = Graph::from_bytes(&graph.to_bytes()).unwrap();
        let edges: Vec<(u8, u8)> = living.values().flatten().map(|(s, t, _)| (*s, *t)).collect();
        let mut expected = BTreeSet::from([start]);
        for _ in 0..hops {
            let next: Vec<u8> = edges.iter().filter(|(s, _)| expected.contains(s)).map(|(_, t)| *t).collect();
            expected.extend(next);
        }
        let named = edges.iter().any(|(s, t)| *s == start || *t == start);
        for graph in [&graph, &stored] {
            prop_assert_eq!(graph.edges(), edges.len());
            let Some(node) = graph.find(&NodeName::job(start.to_string())) else {
                prop_assert!(!named);
                continue;
            };
            let mut found: BTreeSet<u8> = graph.walk(node, &Walk::new(Direction::Down, hops)).nodes.iter()
                .map(|reach| graph.name(reach.node).unwrap().own().parse().unwrap()).collect();
            found.insert(start);
            prop_assert_eq!(&found, &expected);
        }
    }

    /// No bytes make the reader fall over.
    #[test]
    fn any_bytes_are_read_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), marked in any::<bool>()) {
        if marked {
            bytes.splice(0..0, *b"BLIN\x01\x00");
            let sum = crc32fast::hash(&bytes);
            bytes.extend_from_slice(&sum.to_le_bytes());
        }
        let _ = Graph::from_bytes(&bytes);
    }
}
