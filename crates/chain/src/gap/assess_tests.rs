//! Claims about the assessment of gaps, on a battery chain small enough for pencil and paper.
//!
//! 0 ore → 1 salt → 2 cathode → 5 cell → 6 pack (final); 3 separator → 5; 4 electrolyte → 5; 5 → 7 storage.
//! Region A (local): firms 0–4; B: 5–8; C: 9–11; comparison: all three. Size is 1 but for firm 0 (90 million CNY:
//! 1 + log₁₀ 10 = 2). Capacity local / compared, share s:
//! salt 2/4 .5 · cathode 1/4 .25 · separator 0/2 0 · electrolyte .5/2 .25 · cell 2/4 .5 · pack 1/2 .5 · storage 0/2 0.
//! Share of the whole chain, weighted by ln(1+compared): S = (1.25 ln5 + .75 ln3) / (3 ln5 + 4 ln3) = .3075.
//! Need: salt 4·.25 = 1; cathode, separator, electrolyte follow the cell's .5: 2, 1, 1; cell follows pack and
//! storage (equal weight): 4·.25 = 1; pack and storage have no downstream: 2S.
//! Presence: salt 1, cathode .5, separator 0, electrolyte .5, cell 1, pack 1, storage 0.
//! Dependents: ore 5, salt 4, cathode, separator, electrolyte 3, cell 2, pack and storage 0; essential: 1, 2, 5.

use super::super::{GapFirm, GapLink, GapMaker, GapProduct};
use super::*;
use crate::error::ChainError;
use GapState::{Break, Choke, Insufficient, Weak};
use proptest::prelude::*;

#[derive(Debug)]
struct Chain {
    products: Vec<GapProduct>,
    links: Vec<GapLink>,
    firms: Vec<GapFirm>,
    makers: Vec<GapMaker>,
}

impl Chain {
    fn input(&self) -> GapInput<'_> {
        GapInput {
            products: &self.products,
            links: &self.links,
            firms: &self.firms,
            makers: &self.makers,
            region_name: "甲市",
        }
    }

    fn assess(&self) -> GapAssessment {
        assess_with(&self.input(), &GapParameters::default()).unwrap()
    }
}

fn assess_with(input: &GapInput<'_>, parameters: &GapParameters) -> Result<GapAssessment> {
    assess(input, parameters, &Progress::new(), &Cancel::new())
}

fn input_link(from: u32, to: u32, essential: bool) -> GapLink {
    GapLink { from, to, relation: GapRelation::Input, essential, weight: 1.0 }
}

fn maker(product: u32, firm: u32, confidence: f64) -> GapMaker {
    GapMaker { product, firm, confidence, capacity: None }
}

fn battery() -> Chain {
    let names = ["锂矿", "锂盐", "正极材料", "隔膜", "电解液", "电芯", "电池包", "储能系统"];
    let products = names
        .iter()
        .enumerate()
        .map(|(at, name)| GapProduct {
            name: (*name).to_owned(),
            essential: [1, 2, 5].contains(&at),
            is_final: at == 6,
            ..GapProduct::default()
        })
        .collect();
    let links =
        [(0, 1, true), (1, 2, true), (2, 5, true), (3, 5, false), (4, 5, false), (5, 6, true), (5, 7, true)]
            .map(|(from, to, essential)| input_link(from, to, essential));
    let mut firms: Vec<GapFirm> =
        (0..12).map(|f| GapFirm { local: f < 5, compared: true, ..GapFirm::default() }).collect();
    firms[0].capital_cny = Some(9e7);
    let makers = [
        (1, 0, 1.0),
        (1, 5, 1.0),
        (1, 9, 1.0),
        (2, 1, 1.0),
        (2, 6, 1.0),
        (2, 7, 1.0),
        (2, 10, 1.0),
        (3, 8, 1.0),
        (3, 11, 1.0),
        (4, 2, 0.5),
        (4, 5, 1.0),
        (4, 9, 0.5),
        (5, 3, 1.0),
        (5, 4, 1.0),
        (5, 6, 1.0),
        (5, 11, 1.0),
        (6, 4, 1.0),
        (6, 7, 1.0),
        (7, 8, 1.0),
        (7, 10, 1.0),
    ]
    .map(|(product, firm, confidence)| maker(product, firm, confidence));
    Chain { products, links: links.to_vec(), firms, makers: makers.to_vec() }
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-9, "{a} is not {b}");
}

#[test]
fn the_battery_chain_gives_the_numbers_found_by_hand() {
    let found = battery().assess();
    let (l3, l4, l5) = (3_f64.ln(), 4_f64.ln(), 5_f64.ln());
    let chain_share = (1.25 * l5 + 0.75 * l3) / (3.0 * l5 + 4.0 * l3);
    let need = [0.0, 1.0, 2.0, 1.0, 1.0, 1.0, 2.0 * chain_share, 2.0 * chain_share];
    let presence = [0.0, 1.0, 0.5, 0.0, 0.5, 1.0, 1.0, 0.0];
    let share = [0.0, 0.5, 0.25, 0.0, 0.25, 0.5, 0.5, 0.0];
    // ln(1+compared) × essential × (1 + ln(1+dependents)); the ore has no known maker and no weight.
    let raw = [
        0.0,
        l5 * 2.0 * (1.0 + l5),
        l5 * 2.0 * (1.0 + l4),
        l3 * (1.0 + l4),
        l3 * (1.0 + l4),
        l5 * 2.0 * (1.0 + l3),
        l3,
        l3,
    ];
    let sum: f64 = raw.iter().sum();
    for (at, node) in found.nodes.iter().enumerate() {
        close(node.need_proxy, need[at]);
        close(node.presence, presence[at]);
        close(node.weight, raw[at] / sum);
        if at > 0 {
            close(node.lq.unwrap(), share[at] / chain_share);
        }
    }
    close(found.completeness.unwrap(), raw.iter().zip(presence).map(|(w, p)| w * p).sum::<f64>() / sum);
    assert!((found.completeness.unwrap() - 0.706_98).abs() < 1e-4);
    assert_eq!((found.nodes[0].known, found.nodes[0].lq, found.unknown), (false, None, 1));
    let hhi: Vec<Option<f64>> = found.nodes.iter().map(|n| n.hhi).collect();
    assert_eq!(hhi, [None, Some(1.0), Some(1.0), None, Some(1.0), Some(0.5), Some(1.0), None]);
    let (low, high) = found.interval.unwrap();
    // Evidence is 11 firms (the ore has none, one has .5 and another .5): an interval of some width on both sides.
    assert!(0.2 < low && low < 0.65 && 0.75 < high && high < 0.95, "{low} … {high}");
}

#[test]
fn each_state_has_its_reason() {
    let chain = battery();
    let found = chain.assess();
    let states: Vec<GapState> = found.nodes.iter().map(|n| n.state).collect();
    // Cell and pack have two and one known firm: their HHI is above 1/4 by arithmetic and not held against them.
    assert_eq!(states, [Break, Choke, Choke, Break, Weak, Insufficient, Insufficient, Break]);
    assert!(found.nodes[5].reasons[0].zh.contains("数据不足：本地仅 2 家"), "{:?}", found.nodes[5].reasons);
    assert!(found.nodes[6].reasons[0].en.starts_with("Insufficient data"));
    // Salt: one local firm, and pack ← cell ← cathode ← salt is all essential.
    assert!(found.nodes[1].reasons.iter().any(|r| r.zh.contains("电池包") && r.zh.contains("每条路径")));
    assert!(!found.nodes[4].unavoidable);

    // With concentration tolerated: salt and cathode stay single sources, electrolyte is weak (LQ .81), rest is fine.
    let tolerant = GapParameters { hhi_threshold: 1.0, ..GapParameters::default() };
    let found = assess_with(&chain.input(), &tolerant).unwrap();
    let states: Vec<GapState> = found.nodes.iter().map(|n| n.state).collect();
    assert_eq!(states, [Break, Choke, Choke, Break, Weak, GapState::Ok, GapState::Ok, Break]);
    assert!(found.nodes[4].reasons[0].zh.contains("LQ 0.81"), "{:?}", found.nodes[4].reasons);
}

#[test]
fn the_four_lists_hold_what_they_promise() {
    let mut chain = battery();
    chain.products[5].productivity_ratio = Some(0.5);
    for (at, firm) in chain.firms.iter_mut().enumerate() {
        firm.risk = Some(if at == 0 { 1.0 } else { 0.1 });
    }
    let found = chain.assess();
    let numbers = |list: &[GapListed]| list.iter().map(|l| l.product).collect::<Vec<_>>();
    // Separator: its only neighbour, the cell, is here. Storage: next downstream of the cell, nothing after it.
    assert_eq!(numbers(&found.lists.complete), [3, 7]);
    assert_eq!(numbers(&found.lists.extend), [7]);
    assert_eq!(numbers(&found.lists.strengthen), [5]);
    assert_eq!(numbers(&found.lists.stabilise), [1]);
    assert_eq!(found.nodes[7].action, Some(GapAction::Extend));
    assert_eq!(found.nodes[3].action, Some(GapAction::Complete));
    // Storage with a low PCI is no extension; separator with a density below the median is not completed.
    for (product, pci) in chain.products.iter_mut().zip([0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -2.0]) {
        product.pci = Some(pci);
        product.density = Some(if product.name == "隔膜" { 0.1 } else { 0.6 });
    }
    let found = chain.assess();
    assert_eq!((numbers(&found.lists.complete), numbers(&found.lists.extend)), (vec![7], vec![]));
}

#[test]
fn makers_of_a_kind_count_for_the_general_product_once() {
    let mut chain = battery();
    chain.products.push(GapProduct { name: "湿法隔膜".into(), ..GapProduct::default() });
    chain.links.push(GapLink {
        from: 3,
        to: 8,
        relation: GapRelation::KindOf,
        essential: false,
        weight: 1.0,
    });
    chain.makers.extend([maker(8, 1, 0.6), maker(8, 8, 1.0)]);
    let node = &chain.assess().nodes[3];
    assert_eq!((node.firms, node.firms_elsewhere), (1, 2));
    close(node.capacity_proxy, 0.6);
}

#[test]
fn measured_capacity_replaces_the_proxy_only_when_every_maker_has_it() {
    let mut chain = battery();
    for maker in chain.makers.iter_mut().filter(|m| m.product == 6) {
        maker.capacity = Some(if maker.firm == 4 { 30.0 } else { 70.0 });
    }
    let node = &chain.assess().nodes[6];
    assert!(node.capacity_measured);
    close(node.capacity_proxy, 30.0);
    chain.makers.iter_mut().find(|m| m.product == 6 && m.firm == 7).unwrap().capacity = None;
    assert!(!chain.assess().nodes[6].capacity_measured);
}

#[test]
fn concentration_is_judged_only_where_enough_firms_are_known() {
    let states = |firms: u32, first_capital: f64| {
        let mut chain = battery();
        chain.makers.retain(|m| m.product != 6);
        chain.firms.truncate(12);
        for number in 0..firms {
            let capital_cny = Some(if number == 0 { first_capital } else { 1e5 });
            chain.firms.push(GapFirm { local: true, compared: true, capital_cny, risk: None });
            chain.makers.push(maker(6, 12 + number, 1.0));
        }
        let node = chain.assess().nodes[6].clone();
        (node.state, node.hhi.unwrap() > 0.25)
    };
    assert_eq!(states(4, 1e10), (Insufficient, true), "four firms are not enough, however uneven");
    assert_eq!(
        states(5, 1e10),
        (Choke, true),
        "one firm four times the size of four others is concentration"
    );
    assert_eq!(states(5, 1e5), (GapState::Ok, false), "five equal firms are not");
    // A lower threshold needs more firms: below 1 ÷ threshold nobody could be judged otherwise.
    let parameters = GapParameters { hhi_threshold: 0.1, ..GapParameters::default() };
    assert!(!parameters.judges_concentration(10) && parameters.judges_concentration(11));
}

#[test]
fn without_productivity_and_capital_low_complexity_says_what_to_strengthen() {
    let mut chain = battery();
    for firm in &mut chain.firms {
        firm.capital_cny = None;
    }
    assert!(chain.assess().lists.strengthen.is_empty(), "nothing to compare with");
    for (product, pci) in chain.products.iter_mut().zip([0.5, -1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]) {
        product.pci = Some(pci);
    }
    let found = chain.assess();
    let numbers: Vec<u32> = found.lists.strengthen.iter().map(|l| l.product).collect();
    // Salt: LQ 1.6 and the simplest product of all; cathode is simple for nobody, ore is made nowhere.
    assert_eq!(numbers, [1]);
    assert!(found.lists.strengthen[0].reason.zh.contains("以复杂度代替"));
    // A known productivity decides instead.
    chain.products[1].productivity_ratio = Some(1.2);
    assert!(chain.assess().lists.strengthen.is_empty());
}

#[test]
fn resampling_counts_its_steps_and_stops_when_told() {
    let chain = battery();
    let (progress, cancel) = (Progress::new(), Cancel::new());
    assess(&chain.input(), &GapParameters::default(), &progress, &cancel).unwrap();
    assert_eq!(progress.read(), (200, 200));
    cancel.cancel();
    let stopped = assess(&chain.input(), &GapParameters::default(), &progress, &cancel);
    assert_eq!(stopped.unwrap_err(), ChainError::Cancelled);
}

#[test]
fn nothing_in_gives_nothing_out_and_bad_numbers_are_refused() {
    let empty = Chain { products: vec![], links: vec![], firms: vec![], makers: vec![] }.assess();
    assert_eq!((empty.completeness, empty.interval), (None, None));
    let mut chain = battery();
    chain.makers[0].confidence = 1.5;
    assert!(assess_with(&chain.input(), &GapParameters::default()).is_err());
    let mut chain = battery();
    chain.links.push(input_link(0, 99, false));
    assert!(assess_with(&chain.input(), &GapParameters::default()).is_err());
    let wrong = GapParameters { hhi_threshold: f64::NAN, ..GapParameters::default() };
    assert!(assess_with(&battery().input(), &wrong).is_err());
}

fn any_chain() -> impl Strategy<Value = Chain> {
    let link = (0_u32..6, 0_u32..6, any::<bool>(), any::<bool>(), 0.0_f64..=1.0);
    let firm = (any::<bool>(), prop::option::of(1e4_f64..1e10));
    (
        prop::collection::vec(link, 0..12),
        prop::collection::vec(firm, 8),
        prop::collection::vec((0_u32..6, 0_u32..8, 0.0_f64..=1.0), 0..25),
    )
        .prop_map(|(links, firms, makers)| Chain {
            products: (0..6).map(|p| GapProduct { is_final: p == 5, ..GapProduct::default() }).collect(),
            links: links
                .into_iter()
                .map(|(from, to, essential, kind, weight)| {
                    let relation = if kind { GapRelation::KindOf } else { GapRelation::Input };
                    GapLink { from, to, relation, essential, weight }
                })
                .collect(),
            firms: firms
                .into_iter()
                .map(|(local, capital_cny)| GapFirm { local, compared: true, capital_cny, risk: None })
                .collect(),
            makers: makers.into_iter().map(|(p, f, c)| maker(p, f, c)).collect(),
        })
}

proptest! {
    #[test]
    fn every_figure_stays_in_its_range(chain in any_chain()) {
        let found = assess_with(&chain.input(), &GapParameters { resamples: 20, ..GapParameters::default() }).unwrap();
        let unit = 0.0..=1.0 + 1e-9;
        prop_assert!(found.completeness.is_none_or(|c| unit.contains(&c)));
        if let Some(((low, high), point)) = found.interval.zip(found.completeness) {
            prop_assert!(low <= point && point <= high && unit.contains(&low) && unit.contains(&high));
            prop_assert!(low < point || point < 1e-9, "a side below: {low} {point}");
            prop_assert!(high > point || point > 1.0 - 1e-9, "a side above: {point} {high}");
        }
        for node in &found.nodes {
            prop_assert!(unit.contains(&node.presence) && unit.contains(&node.weight));
            prop_assert!(node.hhi.is_none_or(|h| unit.contains(&h)));
            prop_assert!(!node.reasons.is_empty());
        }
        let lists = &found.lists;
        for listed in [&lists.strengthen, &lists.complete, &lists.extend, &lists.stabilise].into_iter().flatten() {
            prop_assert!(unit.contains(&listed.score), "{listed:?}");
        }
    }

    #[test]
    fn a_new_local_firm_never_lowers_presence_and_a_new_outside_firm_never_raises_it(
        chain in any_chain(), product in 0_u32..6, local in any::<bool>(),
    ) {
        // Kinds would let one firm count for several products; the claim is about one product.
        let mut chain = chain;
        chain.links.retain(|l| l.relation == GapRelation::Input);
        let parameters = GapParameters { resamples: 0, ..GapParameters::default() };
        let before = assess_with(&chain.input(), &parameters).unwrap().nodes[product as usize].presence;
        chain.firms.push(GapFirm { local, compared: true, capital_cny: Some(1e8), risk: None });
        chain.makers.push(maker(product, 8, 1.0));
        let after = assess_with(&chain.input(), &parameters).unwrap().nodes[product as usize].presence;
        if local {
            prop_assert!(after >= before - 1e-9, "{before} → {after}");
        } else {
            prop_assert!(after <= before + 1e-9, "{before} → {after}");
        }
    }
}
