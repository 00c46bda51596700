//! `brain standard` and `brain master`: lists in and out, a value judged, units, products, golden records.

use crate::node::TestNode;
use serde_json::Value;

const COLOUR: &str =
    "id = \"colour\"\ntitle = { zh = \"颜色\", en = \"\" }\nstandard = \"\"\nsource = \"本市\"\n";

#[test]
fn a_list_comes_in_is_judged_by_and_goes_out_again() {
    let node = TestNode::new();
    let (description, table) =
        (node.write("c.toml", COLOUR), node.write("c.csv", "code,name_zh\n01,红\n02,绿\n"));
    let (description, table) = (description.to_str().unwrap(), table.to_str().unwrap());
    node.ok(&["standard", "import", "list", description, "--table", table]);
    node.ok(&["standard", "import", "list", description, "--table", table]);
    assert!(node.ok(&["standard", "lists"]).contains("colour"));
    let out = node.ok(&["standard", "export", "list", "colour"]);
    assert!(out.starts_with("code,parent,name_zh") && out.contains("02,,绿"), "{out}");
    let judged: Value = serde_json::from_str(&node.ok(&["standard", "judge", "colour", "01"])).unwrap();
    assert_eq!(judged["standing"], "valid");
    assert!(node.ok(&["standard", "convert", "1", "万千瓦时", "GJ"]).contains("= 36 GJ"));
}

#[test]
fn products_are_merged_and_golden_records_say_why() {
    let node = TestNode::new();
    let code = |out: &str| -> String {
        let detail: Value = serde_json::from_str(out).unwrap();
        detail["product"]["code"].as_str().unwrap().to_owned()
    };
    let register = |name: &str| code(&node.ok(&["master", "product", "register", name, "--reason", "登记"]));
    let (one, two) = (register("深沟球轴承 6204"), register("轴承 6204"));
    node.ok(&["master", "product", "merge", &two, "--into", &one, "--reason", "同一产品"]);
    assert!(node.ok(&["master", "product", "resolve", &two]).starts_with(&one));
    let rules = node.write("r.toml", "sources = [\"registry\"]\ndefault = [\"source_priority\"]\n");
    let records = node.write("r.csv", "enterprise,source,name\n甲,web,甲厂\n甲,registry,甲有限公司\n");
    let out =
        node.ok(&["master", "enterprise", records.to_str().unwrap(), "--rules", rules.to_str().unwrap()]);
    let golden: Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!(golden["values"]["name"]["value"], "甲有限公司");
    assert_eq!(golden["values"]["name"]["by"], "source_priority");
}
