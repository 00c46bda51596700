use super::*;
use proptest::prelude::*;

fn parts(name: &str) -> (String, String, String, LegalForm) {
    let parsed = parse(name);
    let region = parsed.region.map(|r| r.to_string()).unwrap_or_default();
    (region, parsed.brand().to_owned(), parsed.trade().to_owned(), parsed.form)
}

#[test]
fn region_brand_trade_and_form_are_told_apart() {
    use LegalForm::{Company, Cooperative, Factory, JointStock, Limited, None, Partnership};
    for (name, region, brand, trade, form) in [
        ("浙江省永康市永立机械有限公司", "330784", "永立", "机械", Limited),
        ("杭州蛟龙纺织机械厂", "330100", "蛟龙", "纺织机械", Factory),
        ("ＡＢＢ工程（上海）有限公司", "310000", "abb", "工程", Limited),
        ("宝允【天津】美容美发有限责任公司", "120000", "宝允", "美容美发", Limited),
        ("山东晨鸣纸业集团股份有限公司", "370000", "晨鸣", "纸业", JointStock),
        ("精工(集团)机械股份有限公司", "", "精工", "机械", JointStock),
        ("平安银行股份有限公司", "", "平安", "银行", JointStock),
        ("杭州市自来水公司", "330100", "杭州", "自来水", Company),
        ("杭州自来水公司", "", "杭州", "自来水", Company),
        ("嘉善金昌塑料阀门厂（普通合伙）", "330421", "金昌", "塑料阀门", Partnership),
        ("金昌塑料阀门厂", "", "金昌", "塑料阀门", Factory),
        ("中国石油天然气股份有限公司", "", "中国", "石油天然气", JointStock),
        ("晨鸣集团", "", "晨鸣", "", None),
        ("*ST荣控", "", "荣控", "", None),
        ("株式会社东芝", "", "东芝", "", JointStock),
        ("扶风县富民种植专业合作社", "610324", "富民", "种植", Cooperative),
        ("上海", "", "上海", "", None),
    ] {
        let expected = (region.to_owned(), brand.to_owned(), trade.to_owned(), form);
        assert_eq!(parts(name), expected, "{name}");
    }
}

#[test]
fn branches_and_states_are_kept_apart() {
    let bank = parse("中国农业银行股份有限公司云和县支行");
    assert_eq!((bank.branch.as_str(), bank.trade()), ("云和县支行", "农业银行"));
    let pump = parse("贵州省遵义三力石油化工有限公司中桥加油站");
    assert_eq!((pump.branch.as_str(), pump.brand()), ("中桥加油站", "三力"));
    let factory = parse("台州市椒江星明实业总公司化工公司");
    assert_eq!(factory.branch, "");
    let gone = parse("扬州宝昌物资有限公司（已注销）");
    assert_eq!((gone.state.as_str(), gone.brand()), ("已注销", "宝昌"));
    assert_eq!(parse("扬州宝昌物资有限公司-吊销，未注销").state, "吊销,未注销");
    assert_eq!(parse("正常(杭州)科技有限公司").state, "");
    assert!(parse("中策橡胶集团股份有限公司").is_group);
}

#[test]
fn latin_names_lose_their_forms_at_either_end() {
    for (name, core, form) in [
        ("RongFeng Holding Group Co., Ltd.", "rongfeng", LegalForm::Limited),
        ("Everbright Securities Company Limited", "everbright securities", LegalForm::Limited),
        ("PT Telkom Indonesia", "telkom indonesia", LegalForm::Limited),
        ("Müller & Söhne GmbH", "müller and söhne", LegalForm::Limited),
        ("Apple Inc.", "apple", LegalForm::JointStock),
        ("Limited", "limited", LegalForm::None),
    ] {
        let parsed = parse(name);
        assert_eq!((parsed.core.as_str(), parsed.form), (core, form), "{name}");
    }
}

#[test]
fn nothing_leaves_nothing() {
    for name in
        ["", "  ", "（）", "公司", "（已注销）", "集团", "有限公司", "浙江省公司", "()()", "))((", "厂"]
    {
        let parsed = parse(name);
        assert_eq!(parsed.core.is_empty(), parsed.full.is_empty(), "{name:?}: {parsed:?}");
    }
}

/// A registered name out of parts that a reader would take for one.
fn registered() -> impl Strategy<Value = String> {
    let region = prop::sample::select(vec!["", "浙江", "浙江省", "杭州市", "浙江省永康市", "上海", "慈溪"]);
    (region, without_region()).prop_map(|(region, rest)| format!("{region}{rest}"))
}

fn without_region() -> impl Strategy<Value = String> {
    let brand = prop::sample::select(vec!["恒达", "蛟龙", "鑫源泰", "金昌", "ABB", "天天向上", "大东南"]);
    let trade =
        prop::sample::select(vec!["", "机械", "科技", "纺织机械", "五金塑料", "国际贸易", "生物医药科技"]);
    let form =
        prop::sample::select(vec!["有限公司", "股份有限公司", "集团有限公司", "厂", "（集团）股份有限公司"]);
    (brand, trade, form).prop_map(|(b, t, f)| format!("{b}{t}{f}"))
}

fn wide(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '!'..='~' => char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c),
            c => c,
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_name_equals_itself_under_every_decoration(name in registered(), which in 0..9_usize) {
        let decorated = match which {
            0 => format!("{name}（已注销）"),
            1 => format!("{name}-吊销，未注销"),
            2 => format!(" {name}\u{3000}"),
            3 => wide(&name),
            4 => name.replace('（', "[").replace('）', "]"),
            5 => name.chars().flat_map(|c| [c, ' ']).collect(),
            6 => name.to_lowercase(),
            7 => format!("{name}【存续】"),
            _ => name.replace("有限公司", "有限责任公司"),
        };
        let (a, b) = (parse(&name), parse(&decorated));
        prop_assert_eq!((&a.full, &a.core, a.region, a.brand_bytes), (&b.full, &b.core, b.region, b.brand_bytes));
    }

    #[test]
    fn brand_and_trade_survive_the_loss_of_a_full_region(name in without_region()) {
        let (with, without) = (parse(&format!("浙江省永康市{name}")), parse(&name));
        prop_assert_eq!((with.core, with.brand_bytes), (without.core, without.brand_bytes));
    }

    #[test]
    fn the_parts_of_a_part_are_itself(name in registered()) {
        let core = parse(&name).core;
        prop_assert_eq!(parse(&core).full, core);
    }

    #[test]
    fn any_text_is_taken_apart(name in "\\PC{0,30}") {
        let parsed = parse(&name);
        prop_assert!(parsed.core.is_char_boundary(parsed.brand_bytes));
        prop_assert_eq!(parsed.core.is_empty(), parsed.full.is_empty());
        let again = parse(&name);
        prop_assert_eq!(parsed, again);
    }
}
