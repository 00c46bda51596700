//! Product codes, their history, and pairs with a partner's list.

use brain_kernel::progress::{Cancel, Progress};
use brain_standards::product::{Act, Candidate, Event, Part, Products, Standing, pairs};
use brain_standards::{ProductCode, StandardsError};
use chrono::NaiveDate;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn code(serial: u32) -> ProductCode {
    ProductCode::of(serial).unwrap()
}

fn on(day: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Days::new(day)
}

fn registered(serial: u32, name: &str) -> Act {
    Act::Register { code: code(serial), name: name.to_owned(), attributes: BTreeMap::new() }
}

fn history(acts: Vec<Act>) -> Vec<Event> {
    acts.into_iter().zip(1..).map(|(act, number)| Event { number, on: on(number), act }).collect()
}

fn part(serial: u32) -> Part {
    Part { code: code(serial), name: None, attributes: BTreeMap::new() }
}

#[test]
fn a_code_carries_two_check_digits_of_iso_7064() {
    let one = code(1);
    assert_eq!(one.as_str().len(), 13);
    let digits: u64 = one.as_str().strip_prefix("CP").unwrap().parse().unwrap();
    assert_eq!(digits % 97, 1);
    assert_eq!(ProductCode::parse(" cp00000000195 ").is_ok(), one.as_str() == "CP00000000195");
    assert_eq!((ProductCode::of(0), ProductCode::of(1_000_000_000)), (None, None));
    for wrong in ["", "CP", "CP1", "XX00000000195", "CP0000000019五", "CP000000001950", "CP00000000000"] {
        assert!(matches!(ProductCode::parse(wrong), Err(StandardsError::ProductCode { .. })), "{wrong}");
    }
}

proptest! {
    #[test]
    fn every_wrong_digit_and_every_exchange_is_found(serial in 1_u32..1_000_000_000, place in 2_usize..13, digit in 0_u8..10) {
        let right = code(serial).as_str().to_owned();
        let mut wrong = right.clone().into_bytes();
        wrong[place] = b'0' + digit;
        let wrong = String::from_utf8(wrong).unwrap();
        prop_assert_eq!(ProductCode::parse(&wrong).is_ok(), wrong == right);
        if place < 12 {
            let mut exchanged = right.clone().into_bytes();
            exchanged.swap(place, place + 1);
            let exchanged = String::from_utf8(exchanged).unwrap();
            prop_assert_eq!(ProductCode::parse(&exchanged).is_ok(), exchanged == right);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,30}") {
        if let Ok(code) = ProductCode::parse(&text) {
            prop_assert_eq!(ProductCode::parse(code.as_str()).unwrap(), code);
        }
    }
}

#[test]
fn a_merge_is_seen_from_its_day_and_undone_by_a_split() {
    let before = vec![registered(1, "深沟球轴承 6204"), registered(2, "轴承 6204-2RS")];
    let mut acts = before.clone();
    acts.push(Act::Merge { from: vec![code(2)], into: code(1) });
    acts.push(Act::Split { from: code(1), into: vec![part(1), part(2)] });
    let events = history(acts);
    let at = |day: u64| Products::after(&events, Some(on(day))).unwrap();
    assert_eq!(at(2).resolve(&code(2)).unwrap(), [code(2)]);
    assert_eq!(at(3).resolve(&code(2)).unwrap(), [code(1)]);
    let products = |state: &Products| state.all().cloned().collect::<Vec<_>>();
    assert_eq!(products(&at(4)), products(&at(2)));
}

#[test]
fn a_split_leads_to_its_parts_and_a_code_is_never_given_again() {
    let named = |serial: u32, name: &str| Part { name: Some(name.to_owned()), ..part(serial) };
    let events = history(vec![
        registered(1, "减速机"),
        Act::Split { from: code(1), into: vec![named(2, "谐波减速机"), named(3, "RV 减速机")] },
    ]);
    let mut state = Products::after(&events, None).unwrap();
    assert_eq!(state.resolve(&code(1)).unwrap(), [code(2), code(3)]);
    assert_eq!(state.get(&code(1)).unwrap().standing, Standing::Replaced { by: vec![code(2), code(3)] });
    assert_eq!(state.fresh(2).unwrap(), [code(4), code(5)]);
    let seen = state.clone();
    for act in [
        registered(1, "又一个"),
        Act::Merge { from: vec![code(1)], into: code(2) },
        Act::Merge { from: vec![code(2)], into: code(2) },
        Act::Merge { from: vec![], into: code(2) },
        Act::Merge { from: vec![code(3), code(3)], into: code(2) },
        Act::Split { from: code(2), into: vec![part(2), part(3)] },
        Act::Split { from: code(2), into: vec![part(2)] },
        Act::Split { from: code(2), into: vec![part(2), part(9)] },
        Act::Split { from: code(2), into: vec![part(2), named(1, "旧编码")] },
        registered(6, " "),
    ] {
        let event = Event { number: 3, on: on(9), act };
        state.add(&event).unwrap_err();
        assert_eq!(state, seen, "a refused event changes nothing: {event:?}");
    }
    let early = Event { number: 3, on: on(1), act: registered(6, "早") };
    assert!(matches!(state.add(&early), Err(StandardsError::History(_))));
    assert!(matches!(state.resolve(&code(9)), Err(StandardsError::UnknownProduct(_))));
}

/// What somebody tries, right or not.
#[derive(Debug, Clone)]
enum Try {
    Register,
    Merge(Vec<u32>, u32),
    Split(u32, bool, u32),
    Undo(u32, u32),
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let serial = 1_u32..15;
    let one = prop_oneof![
        2 => Just(Try::Register),
        2 => (prop::collection::vec(serial.clone(), 1..4), serial.clone()).prop_map(|(from, into)| Try::Merge(from, into)),
        1 => (serial.clone(), any::<bool>(), 2_u32..4).prop_map(|(from, stays, parts)| Try::Split(from, stays, parts)),
        2 => (serial.clone(), serial).prop_map(|(from, back)| Try::Undo(from, back)),
    ];
    prop::collection::vec(one, 1..60)
}

proptest! {
    #[test]
    fn every_code_leads_to_current_ones_and_none_is_given_twice(tries in tries()) {
        let (mut state, mut events, mut given) = (Products::default(), Vec::new(), BTreeSet::new());
        for one in tries {
            let number = state.events() + 1;
            let mut new = Vec::new();
            let act = match one {
                Try::Register => {
                    new = state.fresh(1).unwrap();
                    Act::Register { code: new[0].clone(), name: "品".to_owned(), attributes: BTreeMap::new() }
                }
                Try::Merge(from, into) => Act::Merge { from: from.into_iter().map(code).collect(), into: code(into) },
                Try::Split(from, stays, parts) => {
                    new = state.fresh(parts).unwrap();
                    let fresh = new.iter().map(|code| Part { code: code.clone(), name: Some("件".to_owned()), attributes: BTreeMap::new() });
                    let kept = stays.then(|| part(from));
                    Act::Split { from: code(from), into: kept.into_iter().chain(fresh).collect() }
                }
                Try::Undo(from, back) => Act::Split { from: code(from), into: vec![part(from), part(back)] },
            };
            let event = Event { number, on: on(number), act };
            let before = state.clone();
            if state.add(&event).is_err() {
                prop_assert_eq!(&state, &before);
                continue;
            }
            for code in new {
                prop_assert!(given.insert(code), "given twice");
            }
            if let Act::Merge { from, into } = &event.act {
                // What was merged comes back as it was.
                let mut undone = state.clone();
                let mut parts = vec![Part { code: into.clone(), name: None, attributes: BTreeMap::new() }];
                parts.extend(from.iter().map(|code| Part { code: code.clone(), name: None, attributes: BTreeMap::new() }));
                undone.add(&Event { number: number + 1, on: on(number + 1), act: Act::Split { from: into.clone(), into: parts } }).unwrap();
                prop_assert!(undone.all().eq(before.all()));
            }
            events.push(event);
            for product in state.all() {
                let current = state.resolve(&product.code).unwrap();
                prop_assert!(!current.is_empty());
                for code in current {
                    prop_assert_eq!(&state.get(&code).unwrap().standing, &Standing::Current);
                }
            }
        }
        prop_assert_eq!(Products::after(&events, None).unwrap(), state);
    }
}

#[test]
fn a_partners_products_find_ours_by_model_and_words() {
    let name = |serial: u32, name: &str, maker: &str| Act::Register {
        code: code(serial),
        name: name.to_owned(),
        attributes: [("maker".to_owned(), maker.to_owned())].into(),
    };
    let mut acts = Vec::new();
    let models = ["6204", "6205", "6306", "7208", "51105", "30205", "NU206", "22210", "6008", "6310"];
    for (serial, model) in (1_u32..).zip(models) {
        acts.push(name(serial, &format!("深沟球轴承 {model}"), "精工轴承有限公司"));
    }
    acts.push(Act::Merge { from: vec![code(2)], into: code(1) });
    let state = Products::after(&history(acts), None).unwrap();
    let candidate = |code: &str, name: &str| Candidate {
        code: code.to_owned(),
        name: name.to_owned(),
        maker: "精工轴承有限公司".to_owned(),
        ..Candidate::default()
    };
    let theirs =
        [candidate("A-1", "6306 深沟球轴承"), candidate("A-2", "深沟球轴承6204"), candidate("A-3", "圆珠笔")];
    let found = pairs(&state, &theirs, &Progress::new(), &Cancel::new()).unwrap();
    let best: BTreeMap<_, _> =
        found.iter().rev().map(|one| (one.theirs.as_str(), one.ours.as_str())).collect();
    assert_eq!(best.get("A-1"), Some(&code(3).as_str()), "{found:?}");
    assert_eq!(best.get("A-2"), Some(&code(1).as_str()), "{found:?}");
    assert!(found.iter().all(|one| one.ours != code(2).as_str()), "a replaced code is not proposed");
}
