//! Seconds to load a simulated graph of 1 M firms and 10 M edges, and milliseconds per question. Run with `--release`.
//! Firm–product rows come firm by firm, as tables hold them; with the argument `shuffled`, in random order.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing, reason = "a measuring program")]

use brain_chain::decay::Decay;
use brain_chain::graph::{
    ChainGraphBuilder, FirmRow, LinkRow, MakeRole, MakeRow, ProductId, ProductRow, Relation,
};
use brain_chain::query::{layered_layout, neighbourhood, positions};
use brain_chain::search::SearchIndex;
use brain_chain::synthetic::Dice;
use std::sync::Arc;
use std::time::Instant;

const PRODUCTS: u32 = 100_000;
const FIRMS: u32 = 1_000_000;
const LINKS: u32 = 500_000;
const MAKES: u32 = 9_500_000;

/// Processor seconds of this process so far: what counts on a machine others use as well.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat.split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect();
    fields.get(13).copied().unwrap_or(0.0) / 100.0 + fields.get(14).copied().unwrap_or(0.0) / 100.0
}

/// Fewest milliseconds of three runs, so that a moment taken by others does not count.
fn best(mut work: impl FnMut() -> usize) -> (f64, usize) {
    let mut result = 0;
    let runs = (0..3).map(|_| {
        let start = Instant::now();
        result = std::hint::black_box(work());
        start.elapsed().as_secs_f64() * 1e3
    });
    let least = runs.fold(f64::INFINITY, f64::min);
    (least, result)
}

fn main() {
    let mut dice = Dice::new(1);
    // Names are made before the clock starts: reading rows is the caller's work.
    let parts =
        ["电", "机", "轴", "承", "锂", "池", "钢", "板", "材", "料", "阀", "泵", "控", "制", "器", "膜"];
    let mut name = |n: u32, length: u32| {
        (0..length).map(|_| parts[dice.below(16) as usize]).collect::<String>() + &n.to_string()
    };
    let products: Vec<String> = (0..PRODUCTS).map(|n| name(n, 4)).collect();
    let firms: Vec<String> = (0..FIRMS).map(|n| format!("模拟{}有限公司", name(n, 4))).collect();
    let ids: Vec<String> = (0..FIRMS).map(|n| format!("91330100{n:010}")).collect();
    let skew = |dice: &mut Dice, below: u32| (dice.unit().powi(3) * f64::from(below)) as u32;
    let links: Vec<(u32, u32)> =
        (0..LINKS).map(|_| (skew(&mut dice, PRODUCTS), dice.below(PRODUCTS))).collect();
    let mut makes: Vec<(u32, u32)> =
        (0..MAKES).map(|_| (dice.below(FIRMS), skew(&mut dice, PRODUCTS))).collect();
    if std::env::args().all(|argument| argument != "shuffled") {
        makes.sort_unstable();
    }

    let (start, cpu_start) = (Instant::now(), cpu());
    let mut builder = ChainGraphBuilder::new([]);
    for id in &products {
        builder.product(&ProductRow {
            id,
            pinyin: "dianji",
            initials: "dj",
            source: "s",
            ..ProductRow::default()
        });
    }
    for (id, name) in ids.iter().zip(&firms) {
        builder.firm(&FirmRow {
            id,
            name,
            initials: "mndj",
            region_code: "330100",
            industry_code: "3812",
            capital_cny: Some(1e6),
            source: "s",
            ..FirmRow::default()
        });
    }
    for &(from, to) in &links {
        let (from, to) = (&products[from as usize], &products[to as usize]);
        let relation = Relation::Input;
        builder.link(&LinkRow {
            from,
            to,
            relation,
            essential: false,
            confidence: 0.8,
            source: "s",
            observed_on: Some(20_000),
        });
    }
    for &(firm, product) in &makes {
        let (firm, product) = (&ids[firm as usize], &products[product as usize]);
        let role = MakeRole::Make;
        builder.make(&MakeRow {
            firm,
            product,
            role,
            share: None,
            confidence: 0.7,
            source: "s",
            observed_on: Some(20_000),
        });
    }
    println!("rows in: {:.2} s, processor {:.2} s", start.elapsed().as_secs_f64(), cpu() - cpu_start);
    let (graph, report) = builder.build();
    println!(
        "built: {:.2} s, processor {:.2} s, {} MB, {} makes, {report:?}",
        start.elapsed().as_secs_f64(),
        cpu() - cpu_start,
        graph.memory_bytes() >> 20,
        graph.make_count()
    );
    let decay = Decay::none();
    let mut times: Vec<f64> = (0..2_000)
        .map(|_| {
            let product = ProductId(dice.below(PRODUCTS));
            let ask = || {
                let near = neighbourhood(&graph, product, 2, 200, &decay);
                near.products.iter().take(20).map(|p| graph.makers_of(p.0).take(50).count()).sum()
            };
            best(ask).0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("neighbourhood: p50 {:.3} ms, p99 {:.3} ms", times[1_000], times[1_980]);
    let graph = Arc::new(graph);
    let start = Instant::now();
    let index = SearchIndex::new(graph.clone());
    println!("search index: {:.2} s, {} MB", start.elapsed().as_secs_f64(), index.memory_bytes() >> 20);
    for query in ["锂池", "模拟电", "有限公司", "dj", "电机12345", "没有此物"] {
        let (milliseconds, hits) = best(|| index.search(query, 20).len());
        println!("search {query}: {milliseconds:.2} ms, {hits} hits");
    }
    let chosen: Vec<ProductId> = (0..50_000).map(ProductId).collect();
    let start = Instant::now();
    let places = positions(&graph, &chosen, &decay).unwrap();
    println!(
        "position of 50,000 products: {:.2} s, largest {:.2}, {} in loops",
        start.elapsed().as_secs_f64(),
        places.largest,
        places.in_loops
    );
    let links: Vec<_> = graph.links().collect();
    let start = Instant::now();
    let placed = layered_layout(&chosen, &links, &places);
    println!("layout of {} products: {:.2} s", placed.len(), start.elapsed().as_secs_f64());
}
