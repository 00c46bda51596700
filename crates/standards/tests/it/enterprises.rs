//! Golden records.

use brain_kernel::error::Failure;
use brain_standards::enterprise::{ChosenBy, Survivorship, read};
use proptest::prelude::*;

const RULES: &str = r#"
sources = ["registry", "tax"]
default = ["source_priority", "most_recent"]
[attributes]
phone = ["most_recent"]
scope = ["most_frequent", "source_priority"]
staff = ["most_complete"]
"#;

const RECORDS: &str = "enterprise,source,on,name,phone,scope,staff
甲,tax,2026-05-01,甲机械公司,2222,制造,30
甲,registry,2024-01-01,甲机械有限公司,1111,制造,
甲,web,2026-06-01,甲机械,3333,销售,35
乙,web,,乙厂,,,
";

#[test]
fn each_value_says_where_it_is_from_and_why() {
    let records = read(RECORDS.as_bytes()).unwrap();
    let golden = Survivorship::parse(RULES).unwrap().golden(&records);
    assert_eq!(golden.len(), 2);
    let one = golden.iter().find(|record| record.enterprise == "甲").unwrap();
    let told = |attribute: &str| {
        let value = &one.values[attribute];
        (value.chosen.value.as_str(), value.chosen.source.as_str(), value.by, value.others.len())
    };
    assert_eq!(told("name"), ("甲机械有限公司", "registry", ChosenBy::SourcePriority, 2));
    assert_eq!(told("phone"), ("3333", "web", ChosenBy::MostRecent, 2));
    assert_eq!(told("scope"), ("制造", "registry", ChosenBy::MostFrequent, 1));
    assert_eq!(told("staff"), ("30", "tax", ChosenBy::Tie, 1));
    assert_eq!(one.values["name"].chosen.on, Some("2024-01-01".parse().unwrap()));
    let other = golden.iter().find(|record| record.enterprise == "乙").unwrap();
    assert_eq!((other.values.len(), other.values["name"].by), (1, ChosenBy::Agreement));
}

#[test]
fn wrong_records_and_rules_are_refused_with_their_place() {
    for csv in ["source\nx\n", "enterprise,source\n,x\n", "enterprise,source,on\n甲,x,昨天\n"] {
        assert_eq!(Failure::from(read(csv.as_bytes()).unwrap_err()).code, "standards/table", "{csv}");
    }
    for (rules, code) in [
        ("default = [\"best\"]", "standards/toml"),
        ("sources = [\"a\", \"a\"]\ndefault = []", "standards/value"),
    ] {
        assert_eq!(Failure::from(Survivorship::parse(rules).unwrap_err()).code, code);
    }
}

proptest! {
    #[test]
    fn a_golden_value_was_given_and_the_order_of_records_says_nothing(
        rows in prop::collection::vec((0..3_usize, 0..4_usize, 0..4_usize, 0..4_usize), 1..30),
        turn in 0..30_usize,
    ) {
        let mut csv = "enterprise,source,on,name,scope\n".to_owned();
        for (enterprise, source, day, value) in &rows {
            let on = if *day == 0 { String::new() } else { format!("2026-01-0{day}") };
            csv += &format!("e{enterprise},{},{on},v{value},s{day}\n", ["registry", "tax", "web", "x"][*source]);
        }
        let rules = Survivorship::parse(RULES).unwrap();
        let mut records = read(csv.as_bytes()).unwrap();
        let golden = rules.golden(&records);
        for record in &golden {
            for (attribute, value) in &record.values {
                let from = records.iter().find(|given| given.place == value.chosen.place).unwrap();
                prop_assert_eq!(from.values.get(attribute), Some(&value.chosen.value));
                prop_assert_eq!(&from.source, &value.chosen.source);
            }
        }
        let length = records.len();
        records.rotate_left(turn % length);
        prop_assert_eq!(rules.golden(&records), golden);
    }
}
