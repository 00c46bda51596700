//! Search tells nothing that a read would not, keeps up with the catalogue, and survives its own files.

use crate::door::grant;
use crate::models::{refresh, small};
use crate::node::{Node, administrator, party};
use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_kernel::predicate::{Mask, Predicate};
use brain_kernel::progress::Cancel;
use brain_warehouse::search::{EVERYBODY, Entry, Filters, Found, Kind, SearchAnswer, SearchRequest};

async fn ask(node: &Node, party: &Party, text: &str, kind: Option<Kind>) -> SearchAnswer {
    let session = node.warehouse.session(party, "browse").held();
    let filters = Filters { kind: kind.into_iter().collect(), ..Filters::default() };
    let request =
        SearchRequest { text: text.to_owned(), filters, offset: 0, limit: 20, without_firms: false };
    let answer = node.warehouse.search().ask(&session, request, Cancel::new()).await.unwrap();
    session.finish().await.unwrap();
    answer
}

fn ids(hits: &[Found]) -> Vec<&str> {
    hits.iter().map(|found| found.hit.id.as_str()).collect()
}

async fn firms(node: &Node, party: &Party, text: &str) -> Option<Vec<String>> {
    let firms = ask(node, party, text, Some(Kind::Firm)).await.firms?;
    Some(ids(&firms.hits).into_iter().map(str::to_owned).collect())
}

const LISTED: &str = "code:688017.SH";
const REGISTERED: &str = "91331021148340431N";

/// Two firms: one listed in Jiangsu, one registered in Zhejiang.
async fn with_firms() -> Node {
    let node = Node::empty().await;
    small(&node);
    node.ingest("cur", "curated").await;
    node.ingest("reg.csv", "registry").await;
    refresh(&node).await;
    node.warehouse.search().refresh().await.unwrap();
    node
}

#[tokio::test(flavor = "multi_thread")]
async fn datasets_columns_lists_and_firms_are_found_in_one_search() {
    let node = with_firms().await;
    let answer = ask(&node, &administrator(), "qiye", None).await;
    assert_eq!(ids(&answer.hits)[0], "subject.enterprise", "{:?}", ids(&answer.hits));
    assert_eq!(answer.hits[0].readable, Some(true));
    assert!(!answer.stale);
    assert_eq!(ids(&ask(&node, &administrator(), "工业机器人制造", None).await.hits)[0], "gbt4754#3491");
    for typed in ["绿的谐波", "lvdexiebo", "綠的諧波", "688017", "绿的谐波 kind:firm"] {
        let answer = ask(&node, &administrator(), typed, None).await;
        let found = answer.firms.unwrap();
        assert_eq!((ids(&found.hits), found.total), (vec![LISTED], Some(1)), "{typed}");
    }
    assert_eq!(firms(&node, &administrator(), REGISTERED).await.unwrap(), [REGISTERED]);
    // What others ask for is not mixed with firms.
    assert!(ask(&node, &administrator(), "绿的谐波", Some(Kind::Dataset)).await.firms.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firm_is_shown_only_as_far_as_its_row_may_be_read() {
    let node = with_firms().await;
    node.revoke_everything().await;
    let reader = party(Role::IndustryBody, None);
    let answer = ask(&node, &reader, "qiye", None).await;
    assert_eq!(ids(&answer.hits)[0], "subject.enterprise", "the catalogue is for everybody signed in");
    assert_eq!(answer.hits[0].readable, Some(false));
    assert_eq!(firms(&node, &reader, "绿的谐波").await, None, "no grant, no firms, and no number of them");

    let jiangsu = Predicate::StartsWith { column: "region_code".to_owned(), prefix: "32".to_owned() };
    let id = node.grant(grant(Role::IndustryBody, "subject.enterprise", jiangsu, &[])).await;
    assert_eq!(firms(&node, &reader, "绿的谐波").await.unwrap(), [LISTED]);
    for typed in ["玉环县东海石化", REGISTERED, "yuhuan", ""] {
        let answer = ask(&node, &reader, typed, Some(Kind::Firm)).await;
        let firms = answer.firms.unwrap();
        assert!(!ids(&firms.hits).contains(&REGISTERED), "{typed}");
        assert_eq!(
            firms.total.unwrap_or_default(),
            0,
            "{typed}: who sees some firms is not told how many there are"
        );
        assert!(answer.facets.kind.iter().all(|counted| counted.value != "firm"), "{typed}");
    }
    node.trust.grants().revoke(&party(Role::SecurityAdministrator, None), &id).await.unwrap();

    // Whoever does not see the codes cannot find out whose code it is.
    let everything = Predicate::All(Vec::new());
    node.grant(grant(Role::IndustryBody, "subject.enterprise", everything, &[("uscc", Mask::Redact)])).await;
    assert_eq!(firms(&node, &reader, REGISTERED).await.unwrap(), Vec::<String>::new());
    assert_eq!(
        firms(&node, &reader, "绿的谐波").await.unwrap(),
        [LISTED],
        "a firm without a code has none to hide"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_keeps_up_with_catalogue_firms_and_what_others_offer() {
    let node = with_firms().await;
    let search = node.warehouse.search();
    let mut component =
        Entry::new(Kind::Component, "test.component", Text::new("火星探测分析", "Mars analysis"));
    component.viewers = vec![EVERYBODY.to_owned()];
    search.offer("components", vec![component]);
    assert_eq!(ids(&ask(&node, &administrator(), "火星探测", None).await.hits), ["test.component"]);
    search.offer("components", Vec::new());
    assert!(ask(&node, &administrator(), "火星探测", None).await.hits.is_empty());

    node.file(
        "more.csv",
        "file_year,file_prov,name,uscc,reg_date,type,capital,scope,province,city,address\n\
         1990,浙江,杭州钱塘齿轮有限公司,91330681716195421C,1990-01-01,有限责任公司,80万人民币,齿轮制造。,浙江,杭州,杭州市\n",
    );
    node.ingest("more.csv", "registry").await;
    refresh(&node).await;
    search.refresh().await.unwrap();
    assert_eq!(firms(&node, &administrator(), "qiantangchilun").await.unwrap(), ["91330681716195421C"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_index_is_built_again() {
    let node = with_firms().await;
    let folder = node.path().join("search");
    let node = node.reopened().await;
    for file in std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "store") {
            std::fs::write(file, b"not an index").unwrap();
        }
    }
    assert_eq!(ids(&ask(&node, &administrator(), "qiye", None).await.hits)[0], "subject.enterprise");
    node.warehouse.search().refresh().await.unwrap();
    assert_eq!(firms(&node, &administrator(), "绿的谐波").await.unwrap(), [LISTED]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_and_a_lineage_are_told_in_shared_vocabularies() {
    let node = with_firms().await;
    let catalogue = node.warehouse.catalogue();
    let dcat = catalogue.dcat("https://brain.example", &Text::new("测试大脑", "Test")).await.unwrap();
    assert_eq!(
        (dcat["@type"].as_str(), dcat["@id"].as_str()),
        (Some("dcat:Catalog"), Some("https://brain.example/data"))
    );
    let listed = catalogue.list(&brain_warehouse::catalogue::CatalogueQuery::default()).total;
    let datasets = dcat["dcat:dataset"].as_array().unwrap();
    assert_eq!(datasets.len() as u64, listed);
    let firms = datasets.iter().find(|one| one["dct:identifier"] == "subject.enterprise").unwrap();
    assert_eq!(firms["@id"], "https://brain.example/data/subject.enterprise");
    assert_eq!(firms["dct:title"][0]["@language"], "zh");
    let derived = firms["prov:wasDerivedFrom"].to_string();
    assert!(derived.contains("/data/raw.registry"), "{derived}");
    let columns = firms["csvw:tableSchema"]["csvw:column"]["@list"].as_array().unwrap();
    assert!(columns.iter().any(|column| column["csvw:name"] == "uscc"));

    let prov = catalogue.prov("https://brain.example", "subject.enterprise").await.unwrap();
    let graph = prov["@graph"].as_array().unwrap();
    let of = |kind: &str| graph.iter().filter(|one| one["@type"] == kind).count();
    assert!(of("prov:Entity") >= 3 && of("prov:Activity") >= 2 && of("prov:Agent") >= 1, "{prov}");
    // Every version that was used is told about.
    for used in graph.iter().filter_map(|one| one["prov:wasDerivedFrom"].as_array()).flatten() {
        assert!(graph.iter().any(|one| one["@id"] == used["@id"]), "{used}");
    }
    let unknown = catalogue.prov("", "raw.nothing").await.unwrap_err();
    assert_eq!(unknown.code(), "warehouse/unknown-dataset");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_term_leads_to_the_data_it_names() {
    use brain_warehouse::terms::{NewTerm, TermQuery};
    let node = Node::loaded().await;
    let terms = node.warehouse.terms();
    let new = |links: &[&str]| NewTerm {
        name: Text::new("营收", "revenue"),
        definition: Text::new("企业上报的销售额合计。", ""),
        synonyms: vec!["营业收入".to_owned()],
        links: links.iter().map(|link| (*link).to_owned()).collect(),
        owner: "统计局".to_owned(),
    };
    let refused = terms.create(&administrator(), new(&["raw.sale#profit"])).await.unwrap_err();
    assert_eq!(brain_kernel::error::Failure::from(refused).pointer.as_deref(), Some("/links/0"));
    let author = party(Role::ComponentAuthor, None);
    assert_eq!(terms.create(&author, new(&[])).await.unwrap_err().code(), "warehouse/terms-not-allowed");

    let made = terms.create(&administrator(), new(&["raw.sale#amount"])).await.unwrap();
    // An answer waits for the index only for so long; a busy machine takes longer to make it the first time.
    node.warehouse.search().refresh().await.unwrap();
    for typed in ["营业收入", "yingshou", "revenue", "raw.sale#amount kind:term"] {
        assert_eq!(ids(&ask(&node, &author, typed, None).await.hits)[0], made.id, "{typed}");
    }
    let query = TermQuery { dataset: Some("raw.sale".to_owned()), ..TermQuery::default() };
    assert_eq!(terms.list(&query).await.unwrap().total, 1);
    assert_eq!(terms.create(&administrator(), new(&[])).await.unwrap_err().code(), "warehouse/term-exists");

    let changed = terms.change(&administrator(), &made.id, made.revision, new(&[])).await.unwrap();
    assert_eq!(changed.revision, made.revision + 1);
    let late = terms.change(&administrator(), &made.id, made.revision, new(&[])).await.unwrap_err();
    assert_eq!(late.code(), "store/stale", "whoever read an older revision does not overwrite the newer one");
    terms.remove(&administrator(), &made.id, changed.revision).await.unwrap();
    node.warehouse.search().refresh().await.unwrap();
    assert!(ask(&node, &author, "营业收入", Some(Kind::Term)).await.hits.is_empty());
    assert_eq!(terms.get(&made.id).await.unwrap_err().code(), "warehouse/unknown-term");
}
