//! `brain match`: two files, one file, the formats, and what it refuses.

use crate::node::TestNode;
use serde_json::Value;

const LEFT: &str = "编号,企业名称,城市,统一社会信用代码\n\
                    a1,浙江蛟龙纺织机械有限公司,杭州,91330681716195421C\n\
                    a2,慈溪天锋塑料制品厂,宁波,\n\
                    a3,=上海彰华膜净化有限公司,上海,\n";
const RIGHT: &str = "id,name,city,uscc\n\
                     b1,天锋塑料制品,宁波市,\n\
                     b2,蛟龙纺织机械（浙江）有限责任公司,杭州市,91330681716195421C\n\
                     b3,北京科瑞明软件有限公司,北京,\n";

fn rows(csv: &str) -> Vec<Vec<String>> {
    csv.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn pairs_of_two_files_are_printed_with_their_probability() {
    let node = TestNode::new();
    let (left, right) = (node.write("left.csv", LEFT), node.write("right.csv", RIGHT));
    let words =
        ["match", "--left", left.to_str().unwrap(), "--right", right.to_str().unwrap(), "--on", "firm"];
    let found = rows(&node.ok(&words));
    assert_eq!(found[0], ["left_row", "left_编号", "right_row", "right_id", "probability", "weight"]);
    let pairs: Vec<[&str; 2]> = found[1..].iter().map(|row| [row[1].as_str(), row[3].as_str()]).collect();
    assert_eq!(pairs, [["a1", "b2"], ["a2", "b1"]]);
    for row in &found[1..] {
        assert!((0.5..=1.0).contains(&row[4].parse::<f64>().unwrap()), "{row:?}");
    }
    let explained = node.ok(&[words.as_slice(), &["--explain"]].concat());
    assert!(rows(&explained)[0].contains(&"name_brand".to_owned()), "{explained}");
    let none = node.ok(&[words.as_slice(), &["--threshold", "1"]].concat());
    assert_eq!(none.lines().count(), 1, "{none}");
    assert!(!node.data().exists(), "matching two files needs no data folder");
}

#[test]
fn lines_of_json_say_why_in_words() {
    let node = TestNode::new();
    let (left, right) = (node.write("left.csv", LEFT), node.write("right.csv", RIGHT));
    let words = [
        "match",
        "--left",
        left.to_str().unwrap(),
        "--right",
        right.to_str().unwrap(),
        "--on",
        "firm",
        "--format",
        "jsonl",
    ];
    let out = node.ok(&words);
    for line in out.lines() {
        let pair: Value = serde_json::from_str(line).unwrap();
        let evidence = pair["evidence"].as_array().unwrap();
        assert!(evidence.iter().any(|e| e["method"] == "brand" && e["level"].is_string()), "{pair}");
        assert!(pair["left"]["企业名称"].is_string() && pair["right"]["name"].is_string(), "{pair}");
    }
    assert_eq!(out.lines().count(), 2);
}

#[test]
fn one_file_is_searched_for_duplicates_whatever_its_encoding() {
    let node = TestNode::new();
    let text = "id,企业名称,城市\n1,杭州蛟龙纺织机械有限公司,杭州\n2,蛟龙纺织机械有限责任公司（已注销）,杭州\n3,宁波天锋塑料厂,宁波\n";
    let (gbk, _, _) = encoding_rs::GB18030.encode(text);
    let file = node.write("firms.csv", &gbk);
    let words = ["match", "--left", file.to_str().unwrap(), "--on", "firm"];
    let pairs = rows(&node.ok(&words));
    assert_eq!((pairs.len(), pairs[1][1].as_str(), pairs[1][3].as_str()), (2, "1", "2"));
    let clusters = rows(&node.ok(&[words.as_slice(), &["--clusters"]].concat()));
    assert_eq!(clusters[1..], [["1", "1", "1"], ["2", "2", "1"], ["3", "3", "2"]]);
}

#[test]
fn a_specification_of_ones_own_is_checked_before_anything_is_read() {
    let node = TestNode::new();
    let left = node.write("left.csv", LEFT);
    let bad = node.write("bad.toml", "name = 'x'\n[[field]]\nname = 'n'\nkind = 'company'\n[[comparison]]\nfield = 'm'\nmethod = 'brand'\n[[block]]\non = [{ field = 'n', take = 'brand' }]\n");
    let good = "name = 'x'\n[[field]]\nname = 'n'\ncolumns = ['企业名称']\nkind = 'company'\n[[comparison]]\nfield = 'n'\nmethod = 'brand'\n[[block]]\non = [{ field = 'n', take = 'brand' }]\n";
    let good = node.write("good.toml", good);
    let on =
        |specification: &str| node.run(&["match", "--left", left.to_str().unwrap(), "--on", specification]);
    let refused = on(bad.to_str().unwrap());
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.err.contains("comparison[0].field") && refused.err.contains("matching/specification"),
        "{refused:?}"
    );
    assert_eq!(on(good.to_str().unwrap()).code, Some(0));
    let unknown = on("ship");
    assert!(unknown.code == Some(1) && unknown.err.contains("brain/unknown-specification"), "{unknown:?}");
}

#[test]
fn what_cannot_be_read_or_compared_says_where() {
    let node = TestNode::new();
    let left = node.write("left.csv", LEFT);
    let short = node.write("short.csv", "id,name\n1,a\n2\n");
    let colours = node.write("colours.csv", "id,colour\n1,red\n");
    let against = |right: &str| {
        node.run(&["match", "--left", left.to_str().unwrap(), "--right", right, "--on", "firm"])
    };
    let cases = [
        ("nowhere.csv", "nowhere.csv"),
        (short.to_str().unwrap(), "line 3"),
        (colours.to_str().unwrap(), "matching/nothing-to-compare"),
    ];
    for (right, said) in cases {
        let refused = against(right);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.err.contains(said), "{said}: {refused:?}");
    }
}
