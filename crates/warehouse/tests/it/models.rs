//! Models make subject tables from what is loaded, once per change.

use crate::node::{Node, administrator, party};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::Role;
use brain_kernel::progress::{Cancel, Progress};
use brain_warehouse::lineage::{LineageDirection, LineageQuery};
use brain_warehouse::model::{ModelRun, ModelState};
use std::path::PathBuf;

pub(crate) async fn refresh(node: &Node) -> Vec<ModelRun> {
    let progress = Progress::new();
    let runs =
        node.warehouse.refresh_models(&administrator(), progress.clone(), Cancel::new()).await.unwrap();
    let (done, total) = progress.read();
    assert_eq!((done, total), (runs.len() as u64, runs.len() as u64));
    runs
}

fn state(runs: &[ModelRun], name: &str) -> ModelState {
    runs.iter().find(|run| run.model == name).unwrap().state
}

async fn one(node: &Node, sql: &str) -> String {
    node.rows(&administrator(), sql).await.unwrap_or_else(|failure| panic!("{sql}: {failure:?}")).join(";")
}

pub(crate) fn small(node: &Node) {
    node.file("cur/chains.csv", "chain,name_zh,name_en,final_products\nrobot,机器人,Robots,工业机器人\n");
    node.file(
        "cur/products.csv",
        "product,name_en,chain,stage,aliases,essential,gbt4754,note\n\
         减速器,reducer,robot,upstream,减速机|齿轮箱,1,3453,\n工业机器人,industrial robot,robot|nev,downstream,,0,3491,\n",
    );
    node.file(
        "cur/product_links.csv",
        "upstream,downstream,relation,essential,confidence,observed,source\n减速器,工业机器人,input,1,0.95,2026-11-20,工程常识\n",
    );
    node.file(
        "cur/enterprises.csv",
        "code,short_name,full_name,uscc,province,city,region_code,gbt4754,listed_on,registered_address,observed,source\n\
         688017.SH,绿的谐波,苏州绿的谐波传动科技股份有限公司,,江苏省,苏州市,320500,3453,2020-08-28,,2026-02-28,公开信息\n",
    );
    node.file(
        "cur/enterprise_products.csv",
        "code,product,role,share,confidence,observed,source\n688017.SH,减速器,make,,0.9,2026-11-20,公开主营产品\n",
    );
    node.file("cur/enterprise_links.csv", "supplier,customer,product,observed,confidence,source\n688017.SH,300024.SZ,减速器,2020-08-28,0.8,招股书\n");
    node.file(
        "reg.csv",
        "file_year,file_prov,name,uscc,reg_date,type,capital,scope,province,city,address\n\
         1980,浙江,玉环县东海石化设备制造厂,91331021148340431N,1980-01-01,股份合作制,800万人民币,减速机制造；货物进出口。,浙江,台州,玉环市玉城街道\n\
         1981,浙江,玉环县东海石化设备制造厂,91331021148340431N,1980-01-01,股份合作制,900万人民币,减速机制造。,浙江,台州,玉环市玉城街道\n",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn models_run_once_per_change_and_leave_lineage() {
    let node = Node::empty().await;
    small(&node);
    let first = refresh(&node).await;
    // The graph needs a table of chains even where nobody curated one.
    assert_eq!(state(&first, "subject.chain"), ModelState::Ran);
    assert_eq!(state(&first, "subject.region"), ModelState::Ran);
    assert_eq!(state(&first, "subject.industry"), ModelState::Ran);
    let machines = "SELECT code, name, level, parent_code, section FROM subject.industry WHERE code LIKE '349%' AND code < '3492' ORDER BY code";
    assert_eq!(one(&node, machines).await, "349|其他通用设备制造业|3|34|C;3491|工业机器人制造|4|349|C");
    node.ingest("cur", "curated").await;
    node.ingest("reg.csv", "registry").await;
    let second = refresh(&node).await;
    assert_eq!(state(&second, "subject.region"), ModelState::Unchanged);
    for name in [
        "subject.chain",
        "subject.product",
        "subject.product_link",
        "subject.enterprise",
        "subject.enterprise_product",
        "subject.enterprise_link",
    ] {
        assert_eq!(state(&second, name), ModelState::Ran, "{name}");
    }
    assert!(refresh(&node).await.iter().all(|run| run.state != ModelState::Ran), "nothing changed");

    let detail = node.warehouse.catalogue().get("subject.enterprise_product").await.unwrap();
    let up: Vec<_> = detail.lineage_up.iter().map(|step| (step.depth, step.from.as_str())).collect();
    assert!(up.contains(&(1, "subject.enterprise")) && up.contains(&(2, "raw.registry")), "{up:?}");
    let raw = node.warehouse.catalogue().get("raw.registry").await.unwrap();
    assert!(raw.lineage_down.iter().any(|step| step.to == "subject.enterprise"));
    assert!(detail.columns.iter().all(|column| !column.title.zh.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn firms_products_and_links_come_out_standardised() {
    let node = Node::empty().await;
    small(&node);
    node.ingest("cur", "curated").await;
    node.ingest("reg.csv", "registry").await;
    refresh(&node).await;
    assert_eq!(
        one(&node, "SELECT enterprise_id, capital_cny, region_code, province, city, established_on, source_line IS NOT NULL FROM subject.enterprise WHERE uscc IS NOT NULL").await,
        "91331021148340431N|9000000.0|331000|浙江省|台州市|1980-01-01|true"
    );
    assert_eq!(
        one(&node, "SELECT name, city, industry_code, industry_name, pinyin_initials FROM subject.enterprise WHERE enterprise_id = 'code:688017.SH'").await,
        "苏州绿的谐波传动科技股份有限公司|苏州市|3453|齿轮及齿轮减、变速箱制造|ldxb"
    );
    // 减速机 in a business scope is an alias of the curated 减速器.
    assert_eq!(
        one(&node, "SELECT product_id, role, evidence, source FROM subject.enterprise_product WHERE enterprise_id = '91331021148340431N'").await,
        "减速器|make|减速机|经营范围"
    );
    assert_eq!(
        one(&node, "SELECT from_product, to_product, essential FROM subject.product_link").await,
        "减速器|工业机器人|true"
    );
    assert_eq!(
        one(&node, "SELECT chain_id FROM subject.chain_product WHERE product_id = '工业机器人' ORDER BY 1")
            .await,
        "nev;robot"
    );
    assert_eq!(
        one(&node, "SELECT supplier_id, customer_id, product_id, owner_id FROM subject.enterprise_link")
            .await,
        "code:688017.SH|code:300024.SZ|减速器|code:688017.SH"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_ingest_may_not_refresh() {
    let node = Node::empty().await;
    let author = party(Role::ComponentAuthor, None);
    let refused = node.warehouse.refresh_models(&author, Progress::new(), Cancel::new()).await;
    Node::refused(refused.map_err(Failure::from), ErrorKind::Forbidden);
}

#[tokio::test(flavor = "multi_thread")]
async fn invoices_are_summed_net_of_reversals_and_void_ones_left_out() {
    let node = Node::empty().await;
    node.file(
        "inv/a_input_invoice.csv",
        "企业代号,发票号码,开票日期,销方单位代号,金额,税额,价税合计,发票状态\n\
         E1,1,2017/7/18,A1,100,6,106,有效发票\nE1,2,2017/7/19,A1,-40,-2,-42,有效发票\nE1,3,2017/7/20,A1,999,6,1005,作废发票\n\
         E1,4,2017/7/20,A2,-5,0,-5,有效发票\n",
    );
    node.file(
        "inv/a_output_invoice.csv",
        "企业代号,发票号码,开票日期,购方单位代号,金额,税额,价税合计,发票状态\nE1,9,2017/8/4,B1,50,5,55,有效发票\n",
    );
    node.file("inv/enterprise_labelled.csv", "企业代号,企业名称,信誉评级,是否违约\nE1,***公司,A,否\n");
    node.ingest("inv", "sme_invoices").await;
    refresh(&node).await;
    assert_eq!(
        one(&node, "SELECT supplier_id, customer_id, amount_cny, observed_on, owner_id FROM subject.enterprise_link ORDER BY 1").await,
        "sme:A1|sme:E1|60.0|2017-07-19|sme:E1;sme:E1|sme:B1|50.0|2017-08-04|sme:E1"
    );
    let card = node.warehouse.catalogue().get("subject.enterprise_link").await.unwrap().card;
    assert_eq!(card.restricted_by.as_deref(), Some("owner_id"));
}

fn shared() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "tests find the shared data folder by environment")]
    let given = std::env::var("BRAIN_SHARED_DATA").ok().map(PathBuf::from);
    let folder =
        given.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"));
    folder.is_dir().then_some(folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_graph_comes_out_cleaned() {
    let Some(data) = shared() else {
        println!("skipped: no shared data folder");
        return;
    };
    let node = Node::empty().await;
    for (folder, mapping) in [
        ("chain_kg", "chain_kg"),
        ("listed_companies", "listed_companies"),
        ("ickg25", "ickg25"),
        ("gbt4754_2017", "gbt4754"),
        ("geo", "regions"),
    ] {
        node.ingest(data.join(folder), mapping).await;
    }
    refresh(&node).await;
    let count = |sql: &'static str| {
        let node = &node;
        async move { one(node, sql).await.parse::<f64>().unwrap() }
    };
    assert!(count("SELECT count(*) FROM subject.product").await >= 95_000.0);
    let links = count("SELECT count(*) FROM subject.product_link WHERE source LIKE 'Chain%'").await;
    assert!(links >= 105_000.0, "{links}");
    assert_eq!(
        one(&node, "SELECT count(*) FROM subject.product_link WHERE from_product = to_product").await,
        "0"
    );
    // 木糖 is the material of 木糖醇 (下游产品); a dish is made of its ingredients (上游材料).
    assert_eq!(one(&node, "SELECT relation FROM subject.product_link WHERE from_product = '木糖' AND to_product = '木糖醇' ORDER BY 1").await, "input;kind_of");
    assert_eq!(one(&node, "SELECT relation FROM subject.product_link WHERE from_product = '大米' AND to_product = '香菇鸭粥'").await, "input");
    assert_eq!(one(&node, "SELECT relation FROM subject.product_link WHERE from_product = '包装容器' AND to_product = '纸包装容器'").await, "kind_of");
    assert_eq!(
        one(
            &node,
            "SELECT is_food FROM subject.product WHERE product_id IN ('香菇鸭粥', '减速器') ORDER BY 1"
        )
        .await,
        "false;true"
    );
    // Mixed code forms are one firm, and shares of a firm's products never exceed one.
    assert_eq!(one(&node, "SELECT count(*) FROM (SELECT left(stock_code, 6) FROM subject.enterprise WHERE stock_code IS NOT NULL GROUP BY 1 HAVING count(*) > 1)").await, "0");
    assert!(count("SELECT count(*) FROM subject.enterprise WHERE stock_code IS NOT NULL").await >= 5_000.0);
    assert_eq!(
        one(&node, "SELECT count(*) FROM subject.enterprise_product WHERE share < 0 OR share > 1").await,
        "0"
    );
    assert!(count("SELECT count(*) FROM subject.enterprise_product").await >= 50_000.0);
    assert!(count("SELECT count(*) FROM subject.enterprise_link").await >= 900.0);
    assert!(
        count("SELECT count(*) FROM subject.enterprise_link WHERE supplier_id LIKE 'code:%'").await >= 100.0
    );
    assert!(count("SELECT count(*) FROM subject.region").await >= 3_200.0);
    for model in node.warehouse.models().unwrap() {
        let keys = model.keys.join(", ");
        let sql = format!("SELECT {keys} FROM {} GROUP BY {keys} HAVING count(*) > 1 LIMIT 3", model.name);
        match node.rows(&administrator(), &sql).await {
            Ok(twice) => assert!(twice.is_empty(), "{}: {twice:?}", model.name),
            Err(failure) => {
                assert_eq!(failure.code, "warehouse/unknown-dataset", "curated tables are not loaded")
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn column_lineage_holds_every_origin_the_plan_knows_and_says_how() {
    let node = Node::empty().await;
    small(&node);
    node.ingest("cur", "curated").await;
    node.ingest("reg.csv", "registry").await;
    refresh(&node).await;
    // Two readers of one text: the query engine's plan, kept with the grades, and the SQL itself.
    let origins = brain_store::grading::origins(node.store.db()).await.unwrap();
    assert!(origins.len() > 100, "{} origins", origins.len());
    let lineage = node.warehouse.lineage();
    for origin in origins {
        let query = LineageQuery {
            dataset: origin.dataset.clone(),
            column: Some(origin.column_name.clone()),
            direction: Some(LineageDirection::Up),
            depth: Some(1),
            values_only: false,
        };
        let graph = lineage.ask(&query).await.unwrap();
        assert!(graph.issues.is_empty(), "{}: {:?}", origin.dataset, graph.issues);
        let from = format!("column:{}.{}", origin.input, origin.input_column);
        let to = format!("column:{}.{}", origin.dataset, origin.column_name);
        assert!(
            graph.edges.iter().any(|edge| edge.from == from && edge.to == to),
            "{to} comes from {from} by its plan, and by its text from {:?}",
            graph.edges.iter().filter(|edge| edge.to == to).collect::<Vec<_>>()
        );
    }
    let name = LineageQuery {
        dataset: "raw.registry".to_owned(),
        column: Some("capital".to_owned()),
        values_only: true,
        ..LineageQuery::default()
    };
    let (rows, truncated) = lineage.impact(&name).await.unwrap();
    let reached: Vec<String> = rows
        .iter()
        .filter(|row| row.belongs_to.as_deref() == Some("subject.enterprise"))
        .map(|row| format!("{} {}", row.name, row.how.word()))
        .collect();
    assert!(!truncated);
    assert_eq!(
        reached,
        ["capital_cny transformation", "capital_currency transformation", "capital_text identity"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_a_model_is_told_with_its_text_and_its_columns() {
    let node = Node::empty().await;
    small(&node);
    node.ingest("cur", "curated").await;
    refresh(&node).await;
    let runs = brain_store::model_run::latest(node.store.db()).await.unwrap();
    let run = runs.iter().find(|run| run.model == "subject.product").unwrap();
    let told = node.warehouse.lineage().event_of_run(&administrator(), &run.id).await.unwrap();
    let event = brain_lineage::openlineage::parse(told.to_string().as_bytes()).unwrap();
    assert_eq!(event.job.as_ref().unwrap().name, "model:subject.product");
    assert!(told["job"]["facets"]["sql"]["query"].as_str().unwrap().contains("SELECT"));
    let output = &told["outputs"][0];
    assert_eq!(output["outputFacets"]["outputStatistics"]["rowCount"], run.rows);
    let fields = output["facets"]["columnLineage"]["fields"].as_object().unwrap();
    let name = &fields["name"]["inputFields"];
    assert!(name.as_array().unwrap().iter().any(|field| field["name"] == "raw.curated_product"), "{name}");
}
