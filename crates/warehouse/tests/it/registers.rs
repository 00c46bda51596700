//! Standards and master data: what a bound column is held to, which codes are given and taken, and where old ones lead.

use crate::node::{Node, OWN, administrator, party};
use brain_kernel::error::Failure;
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::{Cancel, Progress};
use brain_standards::element::Status;
use brain_standards::list::Verdict;
use brain_standards::product::Standing;
use brain_warehouse::ingest::{IngestOptions, IngestRequest};
use brain_warehouse::registers::{
    CodeQuery, ListImport, Merged, NewBinding, NewElements, NewList, NewMapping, NewPart, NewProduct,
    ProductQuery, Split,
};
use std::collections::BTreeMap;

const PLACE: &str = "raw.place";

fn owner() -> Party {
    party(Role::Government, None)
}

fn refused<T: std::fmt::Debug>(result: brain_warehouse::Result<T>) -> &'static str {
    Failure::from(result.expect_err("must be refused")).code
}

async fn load(node: &Node, name: &str, text: &str) {
    let path = node.file(name, text);
    let options = IngestOptions { skip_models: true, ..IngestOptions::default() };
    let request = IngestRequest { path, mapping: "places".to_owned(), options };
    node.warehouse.ingest(&administrator(), request, Progress::new(), Cancel::new()).await.unwrap();
}

fn elements(pattern: &str, publish: bool) -> NewElements {
    let toml = format!(
        "[[element]]\nid = \"region.code\"\nname = {{ zh = \"行政区划代码\", en = \"Region code\" }}\n\
         definition = {{ zh = \"省、地级行政区划。\", en = \"\" }}\nowner = \"民政局\"\n\
         representation = {{ kind = \"text\", code_list = \"gb_t_2260\", pattern = '{pattern}' }}\n"
    );
    NewElements { toml, publish }
}

fn binding() -> NewBinding {
    NewBinding {
        dataset: PLACE.to_owned(),
        column: "code".to_owned(),
        element: "region.code".to_owned(),
        required: true,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_column_is_checked_by_the_quality_check_and_by_nothing_else() {
    let node = Node::loaded().await;
    load(&node, "in/place.csv", "code,name\n330100,杭州市\n33020,宁波市\n339900,某市\n").await;
    let registers = node.warehouse.registers();
    assert_eq!(refused(registers.bind(&owner(), binding()).await), "warehouse/unknown-element");
    let author = party(Role::ComponentAuthor, None);
    assert_eq!(
        refused(registers.import_elements(&author, elements(r"\d{6}", true)).await),
        "warehouse/registers-not-allowed"
    );
    let imported = registers.import_elements(&owner(), elements(r"\d{6}", true)).await.unwrap();
    assert_eq!(imported.created, ["region.code"]);
    let stranger = party(Role::Enterprise, Some(OWN));
    assert_eq!(refused(registers.bind(&stranger, binding()).await), "warehouse/binding-not-owner");
    let wrong = NewBinding { column: "kode".to_owned(), ..binding() };
    assert_eq!(refused(registers.bind(&owner(), wrong).await), "warehouse/unknown-column");
    let bound = registers.bind(&owner(), binding()).await.unwrap();
    assert_eq!(bound.name.unwrap().zh, "行政区划代码");

    let quality = node.warehouse.quality();
    let check = quality.check(&owner(), PLACE, Cancel::new()).await.unwrap();
    let failed: BTreeMap<&str, u64> =
        check.outcomes.iter().map(|outcome| (outcome.rule.as_str(), outcome.failed)).collect();
    let expected = [("element.code.required", 0), ("element.code.pattern", 1), ("element.code.code_list", 2)];
    assert_eq!(failed, expected.into_iter().collect());
    let card = quality.show(&owner(), PLACE).await.unwrap();
    assert_eq!((card.rules.len(), card.rules_version), (3, 0));

    // The next file is checked as it lands, as with rules of the owner's own.
    load(&node, "in/place2.csv", "code,name\n330100,杭州市\n").await;
    let card = quality.show(&owner(), PLACE).await.unwrap();
    assert_eq!(card.last.unwrap().occasion, "ingest");
    registers.unbind(&owner(), PLACE, "code").await.unwrap();
    assert_eq!(refused(registers.unbind(&owner(), PLACE, "code").await), "warehouse/unknown-binding");
    assert!(quality.check(&owner(), PLACE, Cancel::new()).await.unwrap().outcomes.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_element_in_force_changes_by_a_new_version() {
    let node = Node::empty().await;
    let registers = node.warehouse.registers();
    registers.import_elements(&owner(), elements(r"\d{6}", true)).await.unwrap();
    let same = registers.import_elements(&owner(), elements(r"\d{6}", true)).await.unwrap();
    assert_eq!(same.unchanged, ["region.code"]);
    let changed = registers.import_elements(&owner(), elements(r"\d{4}00", false)).await.unwrap();
    assert_eq!(changed.changed, ["region.code"]);
    let current = &registers.elements(None).await.unwrap()[0];
    assert_eq!((current.version, current.status), (1, Status::Current), "a draft does not count yet");
    let published = registers.set_status(&owner(), "region.code", Status::Current, 1).await.unwrap();
    assert_eq!(published.version, 2);
    let detail = registers.element("region.code").await.unwrap();
    let states: Vec<_> = detail.versions.iter().map(|one| (one.version, one.status)).collect();
    assert_eq!(states, [(2, Status::Current), (1, Status::Retired)]);
    let again = registers.set_status(&owner(), "region.code", Status::Current, 2).await;
    assert_eq!(refused(again), "warehouse/element-status");
    assert_eq!(refused(registers.element("nobody").await), "warehouse/unknown-element");
    let mut lost = elements(r"\d{6}", true);
    lost.toml = lost.toml.replace("gb_t_2260", "nowhere");
    assert_eq!(refused(registers.import_elements(&owner(), lost).await), "warehouse/unknown-code-list");
}

const DESCRIPTION: &str =
    "id = \"colour\"\ntitle = { zh = \"颜色\", en = \"Colour\" }\nstandard = \"\"\nsource = \"本市\"\n";

fn list(codes: &str, seen: Option<i64>) -> NewList {
    NewList { description: DESCRIPTION.to_owned(), codes: codes.to_owned(), seen, may_drop: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_replaced_by_who_saw_it_and_loses_no_code_by_chance() {
    let node = Node::empty().await;
    let registers = node.warehouse.registers();
    let first = registers.import_list(&owner(), list("code,name_zh\n1,红\n2,绿\n", None)).await.unwrap();
    assert_eq!((first.codes, first.revision), (2, 1));
    let again = registers.import_list(&owner(), list("code,name_zh\n1,红\n2,绿\n", None)).await;
    assert_eq!(refused(again), "warehouse/code-list-exists");
    let dropped = registers.import_list(&owner(), list("code,name_zh\n1,红\n", Some(1))).await;
    assert_eq!(refused(dropped), "warehouse/code-list-drops");
    let ended = "code,name_zh,valid_until,successors\n1,红,,\n2,绿,2020-01-01,1\n";
    registers.import_list(&owner(), list(ended, Some(1))).await.unwrap();
    let late = registers.import_list(&owner(), list(ended, Some(1))).await;
    assert_eq!(refused(late), "store/stale");
    let judged = registers.judge("colour", "2", None).await.unwrap();
    assert!(
        matches!(&judged.verdict, Verdict::Ended { successors, .. } if successors == &["1"]),
        "{judged:?}"
    );
    let built_in = list("code,name_zh\n1,红\n", None);
    let built_in = NewList { description: DESCRIPTION.replace("colour", "gb_t_2260"), ..built_in };
    assert_eq!(refused(registers.import_list(&owner(), built_in).await), "warehouse/code-list-built-in");
    let import = ListImport { seen: Some(2), may_drop: true };
    let smaller = "code,name_zh\n1,红\n".as_bytes();
    assert_eq!(registers.import_list_table(&owner(), DESCRIPTION, smaller, import).await.unwrap().codes, 1);

    let query = CodeQuery { text: Some("机器人".to_owned()), ..CodeQuery::default() };
    let found = registers.codes("gb_t_4754", &query).await.unwrap();
    assert!(found.items.iter().any(|code| code.code == "3491"), "{found:?}");
    let ids: Vec<_> = registers.lists().await.unwrap().into_iter().map(|list| list.heading.id).collect();
    assert_eq!(ids, ["gb_t_2260", "gb_t_4754", "units", "iso_4217", "colour"]);
    assert_eq!(refused(registers.codes("nowhere", &query).await), "warehouse/unknown-code-list");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_product_code_and_a_partners_code_lead_to_what_stands_for_them_now() {
    let node = Node::empty().await;
    let registers = node.warehouse.registers();
    let register = async |name: &str| {
        let reason = "首次登记".to_owned();
        let new = NewProduct { name: name.to_owned(), attributes: BTreeMap::new(), on: None, reason };
        registers.register_product(&owner(), new).await.unwrap().product.code.to_string()
    };
    let (one, two) = (register("深沟球轴承 6204").await, register("轴承6204").await);
    let description = "id = \"acme\"\ntitle = { zh = \"某企业物料\", en = \"\" }\nfrom = \"partner.acme\"\n\
                       to = \"products\"\nsource = \"某企业\"\n";
    let mapping = |rows: String| NewMapping { description: description.to_owned(), rows, seen: None };
    let typed = mapping(format!("from,to\nM-7,{}0\n", &two[..12]));
    let code = refused(registers.import_mapping(&owner(), typed).await);
    assert!(["standards/product-code", "standards/unknown-product"].contains(&code), "{code}");
    registers.import_mapping(&owner(), mapping(format!("from,to\nM-7,{two}\n"))).await.unwrap();

    let merge = |from: &str| Merged {
        from: vec![from.to_owned()],
        into: one.clone(),
        on: None,
        reason: "同一产品".to_owned(),
    };
    registers.merge_products(&owner(), merge(&two)).await.unwrap();
    assert_eq!(refused(registers.merge_products(&owner(), merge(&two)).await), "standards/product-history");
    let mapped = registers.map("acme", "M-7").await.unwrap();
    assert_eq!((&mapped.targets[0].to, &mapped.targets[0].current), (&two, &vec![one.clone()]));
    let detail = registers.product(&two, None).await.unwrap();
    assert!(matches!(detail.product.standing, Standing::Replaced { .. }));
    assert_eq!(detail.current[0].code.as_str(), one);
    assert_eq!((detail.history.len(), detail.partners[0].code.as_str()), (2, "M-7"));
    assert_eq!(registers.products(&ProductQuery::default()).await.unwrap().total, 1);

    let part = |code: Option<&String>, name: Option<&str>| NewPart {
        code: code.cloned(),
        name: name.map(str::to_owned),
        attributes: BTreeMap::new(),
    };
    let into = vec![part(Some(&one), None), part(Some(&two), None), part(None, Some("轴承套圈"))];
    let split = Split { from: one.clone(), into, on: None, reason: "误并".to_owned() };
    registers.split_product(&owner(), split).await.unwrap();
    let all = registers.products(&ProductQuery { replaced: true, ..ProductQuery::default() }).await.unwrap();
    assert_eq!(all.total, 3);
    assert!(all.items.iter().all(|product| product.standing == Standing::Current));
    let node = node.reopened().await;
    let registers = node.warehouse.registers();
    assert_eq!(registers.map("acme", "M-7").await.unwrap().targets[0].current, [two.clone()]);
    let early = "1999-01-01".parse().unwrap();
    assert_eq!(refused(registers.product(&two, Some(early)).await), "standards/unknown-product");
    let tomorrow = NewProduct {
        name: "明日".to_owned(),
        attributes: BTreeMap::new(),
        on: Some("2999-01-01".parse().unwrap()),
        reason: "x".to_owned(),
    };
    assert_eq!(refused(registers.register_product(&owner(), tomorrow).await), "warehouse/product-day");
}
