//! The graph and its questions, on a hand-made chain.

use brain_chain::decay::{Day, Decay};
use brain_chain::error::ChainError;
use brain_chain::estimate::{EstimateOptions, estimate_links};
use brain_chain::gap::{GapParameters, GapState};
use brain_chain::graph::{
    BuildReport, ChainGraph, ChainGraphBuilder, ChainMemberRow, ChainRow, FirmId, FirmRow, LinkRow, MakeRole,
    MakeRow, ProductId, ProductRow, Relation, Stage,
};
use brain_chain::query::{
    Direction, PathLimits, cone, firms_of, layered_layout, lifted_inputs, lifted_makers, neighbourhood,
    paths, positions, upstreamness,
};
use brain_chain::region::Region;
use brain_chain::region_view::{ChainGapQuery, FirmBasis, chain_candidates, chain_gap};
use brain_chain::search::{Found, SearchIndex};
use brain_chain::supply::{Basis, Supplies};
use brain_kernel::progress::{Cancel, Progress};
use proptest::prelude::*;
use std::sync::Arc;

/// Lithium ore → lithium carbonate → cathode → cell → pack → car, with a six-axis robot as a kind of robot aside.
fn chain() -> (ChainGraph, BuildReport) {
    let mut builder = ChainGraphBuilder::new([("subject.product".to_owned(), 3)]);
    for (id, pinyin, initials, alias) in [
        ("锂矿", "likuang", "lk", ""),
        ("碳酸锂", "tansuanli", "tsl", ""),
        ("正极材料", "zhengjicailiao", "zjcl", "正极"),
        ("电芯", "dianxin", "dx", "锂电芯|电池单体"),
        ("电池包", "dianchibao", "dcb", ""),
        ("电动汽车", "diandongqiche", "ddqc", "新能源车"),
        ("机器人", "jiqiren", "jqr", ""),
        ("六轴机器人", "liuzhoujiqiren", "lzjqr", ""),
    ] {
        builder.product(&ProductRow {
            id,
            pinyin,
            initials,
            aliases: alias,
            source: "own",
            ..ProductRow::default()
        });
    }
    for (id, name, region, capital) in [
        ("A", "甲矿业有限公司", "360900", 1e8),
        ("B", "乙电池股份有限公司", "350900", 2e9),
        ("C", "丙汽车有限公司", "330100", 5e9),
        ("D", "丁机器人有限公司", "330100", 3e7),
    ] {
        builder.firm(&FirmRow {
            id,
            name,
            region_code: region,
            capital_cny: Some(capital),
            source: "own",
            ..FirmRow::default()
        });
    }
    let mut link = |from, to, relation, confidence| {
        builder.link(&LinkRow {
            from,
            to,
            relation,
            essential: true,
            confidence,
            source: "own",
            observed_on: Some(20_000),
        });
    };
    link("锂矿", "碳酸锂", Relation::Input, 0.9);
    link("碳酸锂", "正极材料", Relation::Input, 0.9);
    link("正极材料", "电芯", Relation::Input, 0.8);
    link("碳酸锂", "电芯", Relation::Input, 0.5);
    link("电芯", "电池包", Relation::Input, 1.0);
    link("电池包", "电动汽车", Relation::Input, 1.0);
    link("机器人", "六轴机器人", Relation::KindOf, 1.0);
    link("电池包", "电动汽车", Relation::Input, 0.3);
    link("电芯", "电芯", Relation::Input, 1.0);
    link("电芯", "没有的产品", Relation::Input, 1.0);
    for (firm, product) in
        [("A", "锂矿"), ("B", "电芯"), ("B", "电池包"), ("C", "电动汽车"), ("D", "六轴机器人"), ("Z", "锂矿")]
    {
        builder.make(&MakeRow {
            firm,
            product,
            role: MakeRole::Make,
            share: Some(0.5),
            confidence: 1.0,
            source: "own",
            observed_on: Some(20_000),
        });
    }
    builder.chain(&ChainRow {
        id: "nev",
        name: "新能源汽车",
        name_en: "New-energy vehicles",
        final_products: "电动汽车",
    });
    builder.chain_member(&ChainMemberRow {
        chain: "nev",
        product: "电芯",
        stage: Some(Stage::Midstream),
        essential: true,
    });
    builder.build()
}

fn id(graph: &ChainGraph, name: &str) -> ProductId {
    graph.product(name).unwrap()
}

fn names(graph: &ChainGraph, products: impl IntoIterator<Item = ProductId>) -> Vec<String> {
    products.into_iter().map(|p| graph.products().name(p).to_owned()).collect()
}

#[test]
fn what_does_not_fit_is_left_out_and_counted_and_edges_keep_their_facts() {
    let (graph, report) = chain();
    assert_eq!(
        report,
        BuildReport {
            self_links: 1,
            repeated_links: 1,
            links_without_product: 1,
            makes_without_end: 1,
            ..BuildReport::default()
        }
    );
    assert_eq!((graph.link_count(), graph.make_count()), (7, 5));
    let link = graph.inputs_of(id(&graph, "电动汽车")).next().unwrap();
    assert_eq!((link.confidence, link.source, link.observed.date32()), (1.0, "own", Some(20_000)));
    assert_eq!(graph.version().to_string(), "subject.product@3");
    let chain = graph.chain("nev").unwrap();
    assert_eq!(names(&graph, chain.members.iter().map(|m| m.product)), ["电芯", "电动汽车"]);
    assert!(graph.product("没有").is_err() && graph.memory_bytes() > 0);
}

#[test]
fn a_cone_holds_everything_upstream_with_its_distance() {
    let (graph, _) = chain();
    let cone = cone(&graph, id(&graph, "电池包"), Direction::Upstream, 10, 100);
    let found: Vec<(String, u32)> =
        cone.nodes.iter().map(|n| (graph.products().name(n.product).to_owned(), n.distance)).collect();
    let wanted = [("电池包", 0), ("电芯", 1), ("碳酸锂", 2), ("正极材料", 2), ("锂矿", 3)];
    assert_eq!(found, wanted.map(|(name, d)| (name.to_owned(), d)));
    assert_eq!(cone.links.len(), 5);
    assert!(brain_chain::query::cone(&graph, id(&graph, "电池包"), Direction::Upstream, 10, 2).truncated);
}

#[test]
fn the_most_confident_path_comes_first_and_no_path_is_too_long() {
    let (graph, _) = chain();
    let (from, to) = (id(&graph, "锂矿"), id(&graph, "电池包"));
    let found = paths(&graph, from, to, &PathLimits::default(), &Decay::none());
    assert_eq!(names(&graph, found[0].products.clone()), ["锂矿", "碳酸锂", "正极材料", "电芯", "电池包"]);
    assert!((found[0].confidence - 0.648).abs() < 1e-6 && (found[1].confidence - 0.45).abs() < 1e-6);
    assert_eq!(found.len(), 2);
    let short = PathLimits { length_max: 3, ..PathLimits::default() };
    assert_eq!(paths(&graph, from, to, &short, &Decay::none()).len(), 1);
    assert!(paths(&graph, to, from, &PathLimits::default(), &Decay::none()).is_empty());
}

#[test]
fn old_links_weigh_less() {
    let (graph, _) = chain();
    let (from, to) = (id(&graph, "电芯"), id(&graph, "电池包"));
    let decay = Decay { half_life_days: 395.0, as_of: Day::from_date32(Some(20_395)) };
    let found = paths(&graph, from, to, &PathLimits::default(), &decay);
    assert!((found[0].confidence - 0.5).abs() < 1e-9);
}

#[test]
fn a_neighbourhood_grows_ring_by_ring_and_stops_at_its_limit() {
    let (graph, _) = chain();
    let near = neighbourhood(&graph, id(&graph, "电芯"), 1, 100, &Decay::none());
    assert_eq!(names(&graph, near.products.iter().map(|p| p.0)), ["电芯", "电池包", "正极材料", "碳酸锂"]);
    assert_eq!(near.links.len(), 4);
    let cut = neighbourhood(&graph, id(&graph, "电芯"), 3, 3, &Decay::none());
    assert!(cut.truncated && cut.products.len() == 3);
}

#[test]
fn a_general_product_inherits_the_firms_of_its_kinds() {
    let (graph, _) = chain();
    let robot = id(&graph, "机器人");
    assert_eq!(graph.makers_of(robot).count(), 0);
    let firms = lifted_makers(&graph, robot, 2, &Decay::none());
    assert_eq!(firms.iter().map(|f| graph.firms().id(f.make.firm)).collect::<Vec<_>>(), ["D"]);
    assert_eq!(firms[0].distance, 1);
    assert!(lifted_inputs(&graph, robot).is_empty());
}

#[test]
fn the_final_product_has_position_one_and_ore_the_largest() {
    let (graph, _) = chain();
    let products: Vec<ProductId> = graph.product_ids().collect();
    let places = positions(&graph, &products, &Decay::none()).unwrap();
    assert_eq!(places.get(id(&graph, "电动汽车")), Some(1.0));
    assert_eq!(places.get(id(&graph, "电芯")), Some(3.0));
    // Carbonate: 0.9/1.4 through the cathode (4), 0.5/1.4 straight to the cell (3).
    let carbonate = 1.0 + (0.9 * 4.0 + 0.5 * 3.0) / 1.4;
    assert!((places.get(id(&graph, "碳酸锂")).unwrap() - carbonate).abs() < 1e-6);
    assert_eq!(places.stage(id(&graph, "锂矿")), Some(Stage::Upstream));
    assert_eq!(places.stage(id(&graph, "电动汽车")), Some(Stage::Downstream));
    let links: Vec<_> = graph.links().collect();
    let placed = layered_layout(&products, &links, &places);
    let x = |name: &str| placed.iter().find(|p| p.product == id(&graph, name)).unwrap().x;
    assert!(x("锂矿") < x("碳酸锂") && x("碳酸锂") < x("电芯") && x("电芯") < x("电动汽车"));
    assert_eq!(placed, layered_layout(&products, &links, &places));
}

#[test]
fn search_puts_exact_before_prefix_before_substring_and_reads_pinyin() {
    let (graph, _) = chain();
    let graph = Arc::new(graph);
    let index = SearchIndex::new(graph.clone());
    let product = |name: &str| Found::Product(id(&graph, name));
    let hits = |query: &str| index.search(query, 10).into_iter().map(|hit| hit.found).collect::<Vec<_>>();
    assert_eq!(hits("机器人")[..2], [product("机器人"), product("六轴机器人")]);
    assert!(hits("机器人").contains(&Found::Firm(FirmId(3))));
    assert_eq!(hits("正极")[0], product("正极材料"));
    assert_eq!(hits("新能源车")[0], product("电动汽车"));
    assert_eq!(hits("新能源汽车")[0], Found::Chain(0));
    assert_eq!(hits("tansuanli"), [product("碳酸锂")]);
    assert_eq!(hits("TSL"), [product("碳酸锂")]);
    assert_eq!(hits("dian chi"), [product("电池包")]);
    assert!(hits("").is_empty() && hits("没有这种东西").is_empty());
    assert_eq!(index.search("电", 2).len(), 2);
}

#[test]
fn estimated_links_run_from_makers_of_an_input_to_makers_of_the_product() {
    let (graph, _) = chain();
    let products: Vec<ProductId> = graph.product_ids().collect();
    let options = EstimateOptions::new(Region::NATION, Decay::none());
    let links = estimate_links(&graph, &products, &options, &Cancel::new()).unwrap();
    let pairs: Vec<(&str, &str)> =
        links.iter().map(|l| (graph.firms().id(l.supplier), graph.firms().id(l.buyer))).collect();
    assert_eq!(pairs, [("B", "C")]);
    assert!(links.iter().all(|l| l.probability > 0.0 && l.probability < 1.0 && l.amount > 0.0));
    let (industries, decay) = (rustc_hash::FxHashMap::default(), Decay::none());
    let basis = Basis { graph: Some(&graph), industries: &industries, decay, default_capital_cny: 1e6 };
    let parts = Supplies::new(&basis, &[], &links).parts(&basis).unwrap();
    assert_eq!((parts.len(), parts[0].measured), (1, false));
    assert_eq!((parts[0].network.firm_count(), parts[0].network.link_count()), (2, 1));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Output-weighted identity: with output x = (I − Δᵀ)⁻¹ f, Σ f·… — every unit of output ends in final use, so
    /// U equals 1 plus the expected position of its users; and the mean of U weighted by final use of inputs holds.
    #[test]
    fn position_solves_its_own_equation_with_loops_too(
        raw in prop::collection::vec(prop::collection::vec((0u32..12, 0.01f64..1.0), 0..5), 12),
        kept in 0.05f64..0.9,
    ) {
        let rows: Vec<Vec<(u32, f64)>> = raw
            .into_iter()
            .map(|row| {
                let sum: f64 = row.iter().map(|x| x.1).sum();
                row.into_iter().map(|(user, w)| (user, w / sum * (1.0 - kept))).collect()
            })
            .collect();
        let value = upstreamness(&rows).unwrap();
        for (at, row) in rows.iter().enumerate() {
            let right = 1.0 + row.iter().map(|(user, share)| share * value[*user as usize]).sum::<f64>();
            prop_assert!((value[at] - right).abs() < 1e-8);
            prop_assert!(value[at] >= 1.0 && value[at] <= 1.0 / kept + 1e-8);
        }
    }
}

#[test]
fn a_chains_firms_are_its_producers_kinds_included_and_traders_not() {
    let mut builder = ChainGraphBuilder::new([]);
    for id in ["机器人", "六轴机器人", "电机"] {
        builder.product(&ProductRow { id, source: "own", ..ProductRow::default() });
    }
    for id in ["A", "B", "C", "D"] {
        builder.firm(&FirmRow { id, source: "own", ..FirmRow::default() });
    }
    builder.link(&LinkRow {
        from: "机器人",
        to: "六轴机器人",
        relation: Relation::KindOf,
        essential: false,
        confidence: 0.5,
        source: "own",
        observed_on: None,
    });
    let mut make = |firm, product, role, confidence| {
        let source = "own";
        builder.make(&MakeRow { firm, product, role, share: None, confidence, source, observed_on: None });
    };
    make("A", "机器人", MakeRole::Make, 0.9);
    make("B", "六轴机器人", MakeRole::Service, 0.9);
    make("C", "六轴机器人", MakeRole::Trade, 0.9);
    make("D", "电机", MakeRole::Make, 0.9);
    // Trades the general product for certain and makes the kind perhaps: a producer all the same.
    make("C", "机器人", MakeRole::Trade, 0.9);
    make("D", "六轴机器人", MakeRole::Make, 0.2);
    make("D", "机器人", MakeRole::Trade, 1.0);
    let (graph, _) = builder.build();
    let mut firms: Vec<&str> =
        firms_of(&graph, [id(&graph, "机器人")]).into_iter().map(|firm| graph.firms().id(firm)).collect();
    firms.sort_unstable();
    assert_eq!(firms, ["A", "B", "D"]);
}

#[test]
fn a_region_sees_what_its_chain_lacks_and_who_could_make_it() {
    let (graph, _) = chain();
    let query = ChainGapQuery {
        region: Region::parse("330000").unwrap(),
        region_name: "浙江",
        compare: Region::NATION,
        decay: Decay::none(),
        parameters: GapParameters::default(),
        risk: &rustc_hash::FxHashMap::default(),
    };
    let gap =
        chain_gap(&graph, graph.chain("nev").unwrap(), &query, &Progress::new(), &Cancel::new()).unwrap();
    assert_eq!(names(&graph, gap.products.clone()), ["电芯", "电动汽车"]);
    let states: Vec<GapState> = gap.assessment.nodes.iter().map(|node| node.state).collect();
    assert_eq!(states[0], GapState::Break, "nobody in Zhejiang makes cells");
    assert_eq!((gap.assessment.nodes[0].firms, gap.assessment.nodes[0].firms_elsewhere), (0, 1));
    assert_eq!(gap.assessment.nodes[1].firms, 1);

    let basis = FirmBasis::new(&graph);
    let zhejiang = Some(brain_kernel::region::RegionCode::parse("330000").unwrap());
    let ask = |product: &str, progress: &Progress, cancel: &Cancel| {
        chain_candidates(&graph, &basis, id(&graph, product), zhejiang, 10, &Decay::none(), progress, cancel)
    };
    let progress = Progress::new();
    let found = ask("电芯", &progress, &Cancel::new()).unwrap();
    let (done, total) = progress.read();
    assert!(done == total && total > 1, "{done} of {total}");
    let stop = Cancel::new();
    stop.cancel();
    assert_eq!(ask("电芯", &Progress::new(), &stop).unwrap_err(), ChainError::Cancelled);
    assert_eq!(graph.firms().id(FirmId(found[0].firm)), "B", "the only maker stands first");
    assert!((found[0].reasons.iter().map(|r| r.weight).sum::<f64>() - found[0].score).abs() < 1e-9);
    let at_home = ask("电动汽车", &Progress::new(), &Cancel::new()).unwrap();
    assert!(
        at_home.iter().all(|c| graph.firms().id(FirmId(c.firm)) != "C"),
        "who makes it there is no candidate"
    );
}
