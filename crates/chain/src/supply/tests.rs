//! Battery maker B and separator maker S sell to car maker C; X and Y are two masked firms with an invoice.

use super::*;
use crate::esri::{EsriOptions, every_single_failure};
use crate::graph::{ChainGraphBuilder, FirmRow, LinkRow, MakeRole, MakeRow, ProductRow, Relation};
use brain_kernel::progress::{Cancel, Progress};

fn graph(essential: bool) -> ChainGraph {
    let mut builder = ChainGraphBuilder::new([]);
    for (id, industry_code) in [("电池", "3841"), ("轮胎", "2911"), ("汽车", "3612")] {
        builder.product(&ProductRow { id, industry_code, source: "own", ..ProductRow::default() });
    }
    for (id, capital) in [("B", 3e8), ("C", 8e8), ("T", 1e8), ("T2", 3e8)] {
        builder.firm(&FirmRow { id, capital_cny: Some(capital), source: "own", ..FirmRow::default() });
    }
    for (from, essential, confidence) in [("电池", essential, 0.9), ("轮胎", false, 0.3)] {
        let (relation, source) = (Relation::Input, "own");
        builder.link(&LinkRow {
            from,
            to: "汽车",
            relation,
            essential,
            confidence,
            source,
            observed_on: None,
        });
    }
    for (firm, product) in [("B", "电池"), ("C", "汽车"), ("T", "轮胎"), ("T2", "轮胎")] {
        let (role, source) = (MakeRole::Make, "own");
        builder.make(&MakeRow {
            firm,
            product,
            role,
            share: None,
            confidence: 1.0,
            source,
            observed_on: None,
        });
    }
    builder.build().0
}

fn link(supplier: &str, buyer: &str, amount_cny: Option<f64>) -> KnownLink {
    KnownLink {
        supplier: supplier.to_owned(),
        buyer: buyer.to_owned(),
        product: None,
        amount_cny,
        confidence: 0.5,
        observed: Day::from_date32(Some(20_000)),
    }
}

struct World {
    graph: ChainGraph,
    industries: FxHashMap<String, String>,
}

impl World {
    fn new(essential: bool) -> Self {
        Self { graph: graph(essential), industries: FxHashMap::default() }
    }

    fn basis(&self) -> Basis<'_> {
        let decay = Decay::none();
        Basis { graph: Some(&self.graph), industries: &self.industries, decay, default_capital_cny: 1e6 }
    }
}

fn amounts(supplies: &Supplies) -> Vec<(String, String, &'static str, f64)> {
    let id = |at: u32| supplies.firms[at as usize].id.clone();
    let row = |l: &SupplyLink| (id(l.supplier), id(l.buyer), l.evidence.as_str(), l.amount);
    supplies.links.iter().map(row).collect()
}

fn close(a: f64, b: f64) {
    // Confidences are stored in single precision.
    assert!((a / b - 1.0).abs() < 1e-6, "{a} is not {b}");
}

#[test]
fn a_link_without_amount_gets_its_volume_from_size_and_product() {
    let world = World::new(true);
    // The buyer's 800 million; batteries are .9 of 1.2 of its inputs, tyres .3; both unrecorded as products.
    let known = [link("B", "C", None), link("T", "C", None), link("T2", "C", None)];
    let supplies = Supplies::new(&world.basis(), &known, &[]);
    let found = amounts(&supplies);
    assert!(found.iter().all(|row| row.2 == "observed_unpriced"));
    // One known supplier of batteries: half; tyres: 1 to 3 by size, the larger capped at half. Confidence .5.
    close(found[0].3, 0.5 * 8e8 * 0.75 * 0.5);
    close(found[1].3, 0.5 * 8e8 * 0.25 * 0.25);
    close(found[2].3, 0.5 * 8e8 * 0.25 * 0.5);
    assert_eq!(supplies.links[0].product, world.graph.product("电池").ok(), "the product both ends deal in");
    // Half as fresh, half the volume: two half-lives for the age of a quarter.
    let mut basis = world.basis();
    basis.decay = Decay { half_life_days: 100.0, as_of: Day::from_date32(Some(20_200)) };
    close(amounts(&Supplies::new(&basis, &known, &[]))[0].3, 0.25 * found[0].3);
}

#[test]
fn observed_amounts_stay_and_set_the_scale_of_the_others() {
    let world = World::new(true);
    let known = [link("B", "C", None), link("X", "Y", Some(5e6)), link("X", "Y", None), link("Z", "Z", None)];
    let supplies = Supplies::new(&world.basis(), &known, &[]);
    let found = amounts(&supplies);
    assert_eq!(found.len(), 2, "no amount beside an amount, no firm that supplies itself");
    // The formula gives ½ million for X → Y (unknown size 1 million, one input, one supplier); observed is ten times.
    close(found[0].3, 10.0 * 0.5 * 8e8 * 0.75 * 0.5);
    assert_eq!((found[1].2, found[1].3), ("observed", 5e6));
    let evidence = supplies.evidence();
    assert_eq!(evidence.iter().map(|e| e.links).collect::<Vec<_>>(), [1, 1, 0]);
    close(evidence.iter().map(|e| e.share).sum(), 1.0);
    close(evidence[0].share, 5e6 / (5e6 + found[0].3));
}

#[test]
fn estimates_fill_in_only_pairs_nobody_has_on_record() {
    let world = World::new(true);
    let id = |name: &str| world.graph.firm(name).unwrap();
    let guess = |supplier: &str, product: &str| EstimatedLink {
        supplier: id(supplier),
        buyer: id("C"),
        product: world.graph.product(product).unwrap(),
        used_for: world.graph.product("汽车").unwrap(),
        probability: 0.5,
        amount: 7.0,
        essential: true,
    };
    let known = [link("B", "C", None)];
    let supplies = Supplies::new(&world.basis(), &known, &[guess("B", "电池"), guess("T", "轮胎")]);
    let kinds: Vec<&str> = amounts(&supplies).into_iter().map(|row| row.2).collect();
    assert_eq!(kinds, ["observed_unpriced", "estimated"]);
}

#[test]
fn values_rest_on_observed_amounts_alone() {
    let world = World::new(true);
    let invoices = [link("X", "Y", Some(5e6)), link("Y", "W", Some(1e6)), link("X", "W", Some(2e6))];
    let alone = Supplies::new(&world.basis(), &invoices, &[]).parts(&world.basis()).unwrap();
    assert!(alone.len() == 1 && alone[0].measured);
    // News about other firms changes no value; news about W takes the values of all it touches away.
    let mut known = invoices.to_vec();
    known.push(link("B", "C", None));
    let parts = Supplies::new(&world.basis(), &known, &[]).parts(&world.basis()).unwrap();
    assert_eq!(parts.iter().map(|p| p.measured).collect::<Vec<_>>(), [true, false]);
    let risks = |part: &Part| {
        let options = EsriOptions::default();
        every_single_failure(&part.network, &options, &Progress::new(), &Cancel::new()).unwrap()
    };
    assert_eq!(risks(&parts[0]), risks(&alone[0]));
    known.push(link("W", "C", None));
    let parts = Supplies::new(&world.basis(), &known, &[]).parts(&world.basis()).unwrap();
    assert_eq!(parts.iter().map(|p| p.measured).collect::<Vec<_>>(), [false]);
    let nothing = Supplies::new(&world.basis(), &[], &[]);
    assert_eq!(nothing.parts(&world.basis()).unwrap_err(), crate::ChainError::EmptyNetwork);
}

#[test]
fn an_input_marked_essential_stops_its_buyer_and_an_ordinary_one_does_not() {
    let loss = |essential: bool| {
        let world = World::new(essential);
        let known = [link("B", "C", Some(1e6)), link("T", "C", Some(9e6)), link("C", "Z", Some(5e7))];
        let supplies = Supplies::new(&world.basis(), &known, &[]);
        let part = supplies.parts(&world.basis()).unwrap().remove(0);
        let options = EsriOptions { replaceability: false, ..EsriOptions::default() };
        let risks = every_single_failure(&part.network, &options, &Progress::new(), &Cancel::new()).unwrap();
        risks[0].esri_down
    };
    // B fails. Essential: C stands still, and with it what Z buys of it: all but the tyres' sales, 51 of 60.
    close(loss(true), 51.0 / 60.0);
    // Ordinary: C loses the tenth of its inputs that B delivered: 1 + .1 × 50 of 60.
    close(loss(false), 6.0 / 60.0);
}

#[test]
fn a_registered_industry_gives_a_sector_to_firms_without_products() {
    let mut world = World::new(true);
    world.industries.insert("X".to_owned(), "3841".to_owned());
    let known = [link("X", "Y", None), link("B", "C", None)];
    let supplies = Supplies::new(&world.basis(), &known, &[]);
    assert_eq!(supplies.without_sector(), 1, "only Y");
    let bare = Basis { graph: None, ..world.basis() };
    assert_eq!(Supplies::new(&bare, &known, &[]).without_sector(), 3, "without the graph all but X");
}
