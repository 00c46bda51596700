//! Small lists made by hand: what a person would expect of each preset.

use brain_kernel::progress::{Cancel, Progress};
use brain_matching::specification::{Assignment, preset};
use brain_matching::{Clustering, MatchError, Records, Specification, clusters, dedupe, link};

fn records(names: &[&str], rows: &[&[&str]]) -> Records {
    let mut records = Records::new(names).unwrap();
    rows.iter().for_each(|row| records.push(row.iter()).unwrap());
    records
}

fn pairs(left: &Records, right: &Records, specification: &Specification) -> Vec<(u32, u32)> {
    let found = link(left, right, specification, &Progress::new(), &Cancel::new()).unwrap();
    for pair in &found.pairs {
        assert!((0.0..=1.0).contains(&pair.probability), "{pair:?}");
    }
    if std::env::var_os("BRAIN_SHOW_ERRORS").is_some() {
        found.pairs.iter().enumerate().for_each(|(at, pair)| println!("{pair:?} {:?}", found.evidence(at)));
    }
    found.pairs.iter().map(|pair| (pair.left, pair.right)).collect()
}

const LEFT: &[&[&str]] = &[
    &["浙江蛟龙纺织机械有限公司", "杭州", "91330681716195421C"],
    &["慈溪天锋塑料制品厂", "宁波", ""],
    &["瑞安市和泰包装有限公司", "温州", ""],
    &["永康市永立阀门有限公司", "金华", ""],
    &["上海彰华膜净化有限公司", "上海", ""],
    &["北京科瑞明软件有限公司", "北京", ""],
];
const RIGHT: &[&[&str]] = &[
    &["北京科瑞明软件股份有限公司", "北京市", ""],
    &["蛟龙纺织机械（浙江）有限责任公司", "杭州市", "９１３３０６８１７１６１９５４２１Ｃ"],
    &["天锋塑料制品", "宁波市", ""],
    &["瑞安和泰包装有限公司（已注销）", "", ""],
    &["永康市永立阀门有限公司", "金华市", ""],
    &["ABB工程（上海）有限公司", "上海", ""],
    &["彰华膜净化", "上海市", ""],
];

#[test]
fn firms_are_matched_across_forms_regions_states_and_short_names() {
    let columns = ["企业名称", "city", "统一社会信用代码"];
    let (left, right) = (records(&columns, LEFT), records(&columns, RIGHT));
    let found = pairs(&left, &right, &preset("firm").unwrap());
    assert_eq!(found, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 6), (5, 0)]);
}

#[test]
fn the_direction_of_linking_does_not_matter() {
    let columns = ["name", "city", "uscc"];
    let (left, right) = (records(&columns, LEFT), records(&columns, RIGHT));
    let specification = preset("firm").unwrap();
    let mut back: Vec<(u32, u32)> =
        pairs(&right, &left, &specification).into_iter().map(|(a, b)| (b, a)).collect();
    back.sort_unstable();
    assert_eq!(pairs(&left, &right, &specification), back);
}

#[test]
fn a_company_always_matches_itself() {
    let names: Vec<&[&str]> = LEFT.iter().chain(RIGHT).copied().collect();
    let all = records(&["name", "city", "uscc"], &names);
    let found = pairs(&all, &all, &preset("firm").unwrap());
    for row in 0..names.len() as u32 {
        assert!(found.contains(&(row, row)), "{:?}", names[row as usize]);
    }
}

#[test]
fn products_differ_by_model_and_size() {
    let left = records(
        &["产品名称"],
        &[&["深沟球轴承 6204-2RS"], &["六角螺栓 M8×20"], &["东北大米 5kg"], &["谐波减速器"]],
    );
    let right = records(
        &["品名"],
        &[
            &["6204 2RS 深沟球轴承"],
            &["深沟球轴承 6205-2RS"],
            &["螺栓六角 M8*20"],
            &["东北大米（10公斤）"],
            &["东北大米 5公斤"],
        ],
    );
    let found = pairs(&left, &right, &preset("product").unwrap());
    assert!(found.contains(&(0, 0)) && found.contains(&(1, 2)) && found.contains(&(2, 4)), "{found:?}");
    assert!(!found.contains(&(0, 1)) && !found.contains(&(2, 3)), "{found:?}");
}

#[test]
fn addresses_are_matched_by_road_and_number() {
    let left = records(
        &["地址"],
        &[
            &["浙江省杭州市西湖区文三路252号"],
            &["瑞安市锦湖街道沿江西路163号"],
            &["嘉善县惠民街道之江路105号"],
        ],
    );
    let right = records(
        &["住所"],
        &[
            &["杭州西湖区文三路 252 号伟星大厦"],
            &["杭州市西湖区文三路 90 号"],
            &["浙江省瑞安市沿江西路１６３号"],
            &["44 Forbes St"],
        ],
    );
    let found = pairs(&left, &right, &preset("address").unwrap());
    assert!(found.contains(&(0, 0)) && found.contains(&(1, 2)), "{found:?}");
    assert!(!found.contains(&(0, 1)) && !found.iter().any(|(_, right)| *right == 3), "{found:?}");
}

#[test]
fn evidence_names_each_field_and_sums_to_the_weight() {
    let columns = ["name", "city", "uscc"];
    let (left, right) = (records(&columns, LEFT), records(&columns, RIGHT));
    let found = link(&left, &right, &preset("firm").unwrap(), &Progress::new(), &Cancel::new()).unwrap();
    let prior = (found.model.prior / (1.0 - found.model.prior - found.model.kin_prior)).log2();
    for (place, pair) in found.pairs.iter().enumerate() {
        let evidence = found.evidence(place);
        let sum = evidence.iter().map(|e| f64::from(e.bits)).sum::<f64>()
            + prior
            + f64::from(found.kin_bits(place));
        assert!((sum - f64::from(pair.weight)).abs() < 0.01, "{evidence:?}");
        assert!(evidence.iter().any(|e| e.method == "brand" && e.level.is_some()), "{evidence:?}");
    }
    assert_eq!(found.absent, ["address", "phone", "representative", "founded"]);
}

#[test]
fn one_partner_each_when_both_lists_name_each_firm_once() {
    let left = records(&["name", "city"], &[&["恒达机械有限公司", "杭州"], &["蛟龙纺织有限公司", "杭州"]]);
    let right = records(
        &["name", "city"],
        &[&["杭州恒达机械有限公司", "杭州"], &["恒达机械厂", "杭州"], &["蛟龙纺织有限公司", "杭州"]],
    );
    let specification = Specification { assignment: Assignment::OneToOne, ..preset("firm").unwrap() };
    let found = pairs(&left, &right, &specification);
    let mut lefts: Vec<u32> = found.iter().map(|(left, _)| *left).collect();
    lefts.dedup();
    assert_eq!(lefts.len(), found.len(), "{found:?}");
    assert!(found.contains(&(1, 2)), "{found:?}");
}

#[test]
fn duplicates_become_clusters() {
    let rows: Vec<&[&str]> = LEFT.iter().chain(RIGHT).copied().collect();
    let all = records(&["name", "city", "uscc"], &rows);
    let found = dedupe(&all, &preset("firm").unwrap(), &Progress::new(), &Cancel::new()).unwrap();
    let clusters = clusters(&found.pairs, all.len(), Clustering::default());
    let of = |row: usize| clusters.of[row];
    for (a, b) in [(0, 7), (1, 8), (2, 9), (3, 10), (4, 12), (5, 6)] {
        assert_eq!(of(a), of(b), "{:?} {:?}", rows[a], rows[b]);
    }
    assert_eq!(clusters.count, 7);
}

#[test]
fn what_cannot_be_compared_is_told_and_nothing_gives_nothing() {
    let specification = preset("firm").unwrap();
    let (some, other) = (
        records(&["name"], LEFT.iter().map(|row| &row[..1]).collect::<Vec<_>>().as_slice()),
        records(&["colour"], &[&["red"]]),
    );
    let refused = link(&some, &other, &specification, &Progress::new(), &Cancel::new());
    assert!(matches!(refused, Err(MatchError::NothingToCompare { .. })));
    let empty = records(&["name"], &[]);
    assert_eq!(pairs(&some, &empty, &specification), []);
    assert_eq!(pairs(&empty, &empty, &specification), []);
    let cancel = Cancel::new();
    cancel.cancel();
    assert_eq!(
        link(&some, &some, &specification, &Progress::new(), &cancel).unwrap_err(),
        MatchError::Cancelled
    );
}
