//! Each rule of the extractor as a claim on a small scope.

use proptest::prelude::*;

use super::{Activity, Extractor, LexiconEntry, ProductHit};

fn entry(name: &str) -> LexiconEntry {
    LexiconEntry { product_id: name.to_owned(), name: name.to_owned(), ..LexiconEntry::default() }
}

fn extractor() -> Extractor {
    Extractor::new(
        ["伺服电机", "竹篮", "旋压机", "竹席", "汽车大灯", "销售", "牛皮革销售", "电池和电机", "一"]
            .map(entry),
        [],
    )
    .unwrap()
}

fn names(scope: &str) -> Vec<String> {
    let extractor = extractor();
    let mut hits = Vec::new();
    extractor.products(scope, &mut hits);
    hits.iter().map(|hit| extractor.product(hit.product).unwrap().name.to_owned()).collect()
}

fn roles(scope: &str) -> Vec<(String, Activity)> {
    let extractor = extractor();
    let mut hits = Vec::new();
    extractor.products(scope, &mut hits);
    hits.iter().map(|hit| (extractor.product(hit.product).unwrap().name.to_owned(), hit.role)).collect()
}

fn code(scope: &str, name: &str) -> String {
    Extractor::built_in().unwrap().industry(scope, name).map_or(String::new(), |hit| hit.code_text())
}

#[test]
fn a_trailing_verb_reaches_back_to_the_start_of_its_list() {
    assert_eq!(
        roles("塑料制品、五金件的制造、加工；轴承销售"),
        [("塑料制品", Activity::Make), ("五金件", Activity::Make), ("轴承", Activity::Trade)]
            .map(|(n, r)| (n.to_owned(), r))
    );
}

#[test]
fn a_leading_verb_with_a_colon_reaches_forward_to_the_next_heading() {
    assert_eq!(
        roles("制造、加工：服装，领带；批发、零售：纸张，钢材。服务：物业管理"),
        [
            ("服装", Activity::Make),
            ("领带", Activity::Make),
            ("纸张", Activity::Trade),
            ("钢材", Activity::Trade),
            ("物业管理", Activity::Service)
        ]
        .map(|(n, r)| (n.to_owned(), r))
    );
}

#[test]
fn a_leading_verb_without_a_colon_is_taken_off() {
    assert_eq!(
        roles("销售塑料制品、眼镜"),
        [("塑料制品", Activity::Trade), ("眼镜", Activity::Trade)].map(|(n, r)| (n.to_owned(), r))
    );
}

#[test]
fn making_outranks_trading_the_same_thing() {
    assert_eq!(roles("批发：模具；模具制造"), [("模具".to_owned(), Activity::Make)]);
}

#[test]
fn boilerplate_yields_nothing() {
    assert!(names("依法须经批准的项目，经相关部门批准后方可开展经营活动").is_empty());
    assert!(names("自营和代理各类货物和技术的进出口，但国家限定经营或禁止进出口的货物和技术除外").is_empty());
    assert!(names("货物进出口、技术进出口；其他无需报经审批的一切合法项目").is_empty());
    assert_eq!(names("一般经营项目：模具制造；货物进出口"), ["模具"]);
}

#[test]
fn exclusions_yield_nothing() {
    assert_eq!(names("化工产品（除化学危险品、农药）销售"), ["化工产品"]);
    assert_eq!(names("汽车(不含小轿车)的销售"), ["汽车"]);
    assert_eq!(names("日用百货；烟花爆竹除外"), ["日用百货"]);
    assert_eq!(names("不含农药、化肥，钢材"), ["钢材"]);
    assert!(!names("建筑物拆除；除尘设备制造").contains(&"烟花爆竹".to_owned()));
}

#[test]
fn brackets_give_inclusions_but_no_notes() {
    assert_eq!(names("食品（含乳制品）零售（凭许可证经营）"), ["食品", "乳制品"]);
    assert_eq!(names("普通货运（在许可证有效期内经营）"), ["普通货运"]);
    assert_eq!(names("水暖器材（阀门、管件）制造"), ["水暖器材", "阀门", "管件"]);
}

#[test]
fn a_shared_head_is_restored() {
    assert_eq!(names("汽车、摩托车配件制造"), ["汽车配件", "摩托车配件"]);
    assert_eq!(names("竹、木制品加工"), ["竹制品", "木制品"]);
    assert_eq!(names("计算机软、硬件的开发"), ["计算机软件", "计算机硬件"]);
    assert_eq!(names("计算机软硬件销售"), ["计算机软件", "计算机硬件"]);
}

#[test]
fn a_shared_modifier_is_restored() {
    assert_eq!(names("服装及辅料"), ["服装", "服装辅料"]);
    assert_eq!(names("化工原料及产品"), ["化工原料", "化工产品"]);
    assert_eq!(names("摩托车及配件"), ["摩托车", "摩托车配件"]);
}

#[test]
fn ambiguous_coordination_is_left_as_written() {
    assert_eq!(names("五金、电器配件制造"), ["五金", "电器配件"]);
}

#[test]
fn the_head_at_the_end_decides() {
    assert_eq!(names("石油机械配件制造"), ["机械配件"]);
    assert_eq!(names("塑料模具钢材销售"), ["钢材"]);
    let extractor = extractor();
    let mut hits = Vec::new();
    extractor.products("石油机械配件制造", &mut hits);
    assert!(hits[0].confidence < 0.8, "a head match is less sure than a whole match");
    assert_eq!(hits[0].evidence("石油机械配件制造"), "石油机械配件");
}

#[test]
fn a_service_is_named_by_noun_and_verb() {
    assert_eq!(roles("自有房屋租赁"), [("自有房屋租赁".to_owned(), Activity::Service)]);
    assert_eq!(roles("汽车的维修"), [("汽车维修".to_owned(), Activity::Service)]);
    assert_eq!(names("货运：普通货运"), ["普通货运"]);
}

#[test]
fn bank_verbs_come_off() {
    assert_eq!(
        names("吸收公众存款；发放短期、中期和长期贷款；代理发行、代理兑付、承销政府债券"),
        ["存款", "贷款", "政府债券"]
    );
}

#[test]
fn the_callers_products_are_found_and_its_noise_is_refused() {
    assert_eq!(names("伺服电机制造"), ["伺服电机"]);
    let extractor = extractor();
    for noise in ["销售", "牛皮革销售", "电池和电机", "一"] {
        assert_eq!(extractor.find(noise), None, "{noise}");
    }
    assert_eq!(extractor.report().refused, 4);
}

#[test]
fn aliases_lead_to_their_product() {
    let given = LexiconEntry {
        product_id: "P1".into(),
        name: "减速装置".into(),
        aliases: vec!["变速装置".into()],
        ..LexiconEntry::default()
    };
    let extractor = Extractor::new([given], []).unwrap();
    let mut hits = Vec::new();
    extractor.products("变速装置制造", &mut hits);
    assert_eq!(extractor.product(hits[0].product).unwrap().id, "P1");
}

#[test]
fn wide_letters_and_case_do_not_matter() {
    let extractor = Extractor::new([entry("LED灯")], []).unwrap();
    let mut hits = Vec::new();
    extractor.products("ｌｅｄ灯制造", &mut hits);
    assert_eq!(hits.len(), 1);
}

#[test]
fn own_terms_are_well_formed_and_carry_known_codes() {
    let mut count = 0;
    for (term, english, code) in super::lexicon::registry_terms() {
        assert!(!english.is_empty() && code.len() == 4 && code.parse::<u16>().is_ok(), "{term}");
        count += 1;
    }
    assert!(count > 1500);
    assert_eq!(Extractor::built_in().unwrap().report().products, count);
}

#[test]
fn industry_prefers_making_over_trading() {
    assert_eq!(code("塑料薄膜制造；钢材、建筑材料批发", "甲有限公司"), "2921");
    assert_eq!(code("轴承制造、加工", "乙轴承厂"), "3451");
}

#[test]
fn industry_tells_wholesale_from_retail() {
    assert_eq!(code("批发、零售：服装", "丙贸易有限公司"), "5132");
    assert_eq!(code("服装零售", "丁商店"), "5232");
}

#[test]
fn a_list_without_verbs_follows_the_firms_name() {
    assert_eq!(code("塑料制品、五金件", "某某塑料厂"), "2929");
    assert_eq!(code("钢材、建筑材料", "某某物资有限公司"), "5164");
}

#[test]
fn the_name_speaks_when_the_scope_does_not() {
    assert_eq!(code("经营中国银行业监督管理委员会批准的业务", "中国某银行股份有限公司某支行"), "6621");
    assert_eq!(code("汽油、柴油", "中国石化某某加油站"), "5265");
    assert_eq!(code("N/A", "Ω"), "");
}

#[test]
fn services_keep_their_class() {
    assert_eq!(code("房屋租赁", "甲有限公司"), "7040");
    assert_eq!(code("货运：普通货运", "甲有限公司"), "5431");
    assert_eq!(code("机动车维修：二类机动车维修", "甲有限公司"), "8111");
    assert_eq!(code("房屋建筑工程施工总承包壹级", "甲集团"), "4790");
}

fn check(extractor: &Extractor, scope: &str) -> Result<(), TestCaseError> {
    let mut hits: Vec<ProductHit> = Vec::new();
    let industry = extractor.read(scope, scope, &mut hits);
    for hit in &hits {
        prop_assert!(scope.is_char_boundary(hit.start as usize) && scope.is_char_boundary(hit.end as usize));
        prop_assert!(hit.start < hit.end && hit.end as usize <= scope.len());
        prop_assert!((0.0..=1.0).contains(&hit.confidence));
        prop_assert!(extractor.product(hit.product).is_some());
    }
    if let Some(hit) = industry {
        prop_assert!((0.0..=1.0).contains(&hit.confidence));
        if let Some((start, end)) = hit.evidence {
            prop_assert!(scope.get(start as usize..end as usize).is_some());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_read_without_a_panic_and_evidence_lies_inside(scope in "\\PC{0,80}") {
        check(&extractor(), &scope)?;
    }

    #[test]
    fn any_mix_of_scope_words_is_read(words in proptest::collection::vec(
        prop::sample::select(vec!["汽车", "、", "，", "；", "：", "（", "）", "除", "除外", "不含", "外", "及", "和", "配件", "制造", "销售",
            "的", "软", "硬件", "竹", "木制品", "依法须经批准", "一般经营项目：", "Ａ", "1", ".", "[", "]", "《", " ", "*", "维修", "等", "服装"]), 0..40)) {
        check(&extractor(), &words.concat())?;
    }
}
