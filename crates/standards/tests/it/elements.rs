//! Data elements, and the rules their columns are held to.

use brain_kernel::error::Failure;
use brain_quality::Rules;
use brain_quality::profile::ValueKind;
use brain_quality::rule::Check;
use brain_standards::DataElement;
use brain_standards::element::{Status, column_rules, rule_id};

const ELEMENTS: &str = r#"
[[element]]
id = "enterprise.credit_code"
name = { zh = "统一社会信用代码", en = "Unified social credit code" }
definition = { zh = "法人和其他组织的唯一识别码。", en = "" }
representation = { kind = "text", length_min = 18, length_max = 18, check_digit = "uscc" }
owner = "市场监管局"
standard = "GB 32100-2015"

[[element]]
id = "enterprise.region"
name = { zh = "行政区划代码", en = "Region code" }
definition = { zh = "住所所在县级及以上行政区划。", en = "" }
representation = { kind = "text", code_list = "gb_t_2260", pattern = '\d{6}' }
owner = "民政局"

[[element]]
id = "energy.consumption"
name = { zh = "用电量", en = "Electricity used" }
definition = { zh = "一个月的用电量。", en = "" }
representation = { kind = "decimal", min = 0, unit = "kWh" }
owner = "能源局"
"#;

fn kinds(element: &DataElement, kind: ValueKind, required: bool) -> Vec<&'static str> {
    column_rules(element, "c", kind, required).iter().map(|rule| rule.check.name()).collect()
}

#[test]
fn a_column_is_held_to_what_its_element_says() {
    let elements = DataElement::read(ELEMENTS).unwrap();
    assert_eq!(kinds(&elements[0], ValueKind::Text, true), ["complete", "length", "check_digit"]);
    assert_eq!(kinds(&elements[1], ValueKind::Text, false), ["pattern", "code_list"]);
    assert_eq!(kinds(&elements[2], ValueKind::Real, false), ["range"]);
    assert_eq!(kinds(&elements[2], ValueKind::Text, false), ["pattern", "range"]);
    assert_eq!(kinds(&elements[2], ValueKind::Day, false), ["pattern", "range"]);
    let rules = column_rules(&elements[1], "注册地", ValueKind::Text, true);
    assert!(
        matches!(&rules[2].check, Check::CodeList { column, list } if column == "注册地" && list == "gb_t_2260")
    );
    assert!(rules.iter().all(|rule| rule.owner.as_deref() == Some("民政局")));
}

#[test]
fn the_rules_are_rules_and_their_ids_tell_columns_apart() {
    let elements = DataElement::read(ELEMENTS).unwrap();
    let columns = ["credit_code", "注册地", "经营地", "a.b", "", &"x".repeat(300)];
    let mut rules = Rules::default();
    for column in columns {
        for element in &elements[..1] {
            rules.rules.extend(column_rules(element, column, ValueKind::Text, true));
        }
    }
    rules.check().unwrap();
    assert_eq!(rule_id("credit_code", "length"), "element.credit_code.length");
    assert_ne!(rule_id("注册地", "length"), rule_id("经营地", "length"));
}

#[test]
fn a_wrong_element_is_refused_with_its_place() {
    for (from, to, pointer) in [
        ("enterprise.region", "Region", "/element/1/id"),
        ("行政区划代码", "", "/element/1/name/zh"),
        (r"\d{6}", "(", "/element/1/representation/pattern"),
        ("length_min = 18", "length_min = 19", "/element/0/representation/length_max"),
        ("min = 0", "pattern = '1'", "/element/2/representation/pattern"),
        ("kind = \"text\", code_list", "kind = \"date\", code_list", "/element/1/representation/code_list"),
        ("能源局", " ", "/element/2/owner"),
        ("enterprise.region", "enterprise.credit_code", "/element/1/id"),
    ] {
        let failure = Failure::from(DataElement::read(&ELEMENTS.replace(from, to)).unwrap_err());
        assert_eq!((failure.code, failure.pointer.as_deref()), ("standards/value", Some(pointer)));
    }
    let failure = Failure::from(DataElement::read(&ELEMENTS.replace("kWh", "度电")).unwrap_err());
    assert_eq!(failure.code, "standards/unknown-unit");
    let failure = Failure::from(DataElement::read("[[element]]\nid = \"a\"\nx = 1\n").unwrap_err());
    assert_eq!(failure.code, "standards/toml");
}

#[test]
fn what_is_written_is_read_again() {
    let elements = DataElement::read(ELEMENTS).unwrap();
    let text = DataElement::write(elements.clone()).unwrap();
    assert_eq!(DataElement::read(&text).unwrap(), elements);
}

#[test]
fn a_life_goes_forward_only() {
    use Status::{Current, Draft, Retired};
    let all = [Draft, Current, Retired];
    let possible: Vec<_> =
        all.iter().flat_map(|a| all.map(|b| (*a, b))).filter(|(a, b)| a.may_become(*b)).collect();
    assert_eq!(possible, [(Draft, Current), (Draft, Retired), (Current, Retired)]);
    assert!(all.iter().all(|status| Status::from_name(status.name()) == Some(*status)));
}
