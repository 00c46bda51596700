//! Models of the operator: read from files, tested before they are published, made incrementally, started from
//! templates.

use crate::node::{Node, OTHER, OWN, administrator, party};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Language;
use brain_kernel::party::Role;
use brain_kernel::progress::{Cancel, Progress};
use brain_store::PageRequest;
use brain_trust::AccessOrigin;
use brain_warehouse::model::{
    Age, MakeMode, ModelHealth, ModelRequest, ModelRun, ModelState, Standing, any_failure, template,
};

/// A model of sales by firm, with these lines of front matter and this query.
fn model(name: &str, inputs: &str, lines: &str, columns: &str, sql: &str) -> String {
    let columns: String =
        columns.split(' ').map(|column| format!("-- column: {column} | 列 | Column\n")).collect();
    format!(
        "-- model: {name}\n-- title: 销售 | Sales\n-- description: 按企业。 | By firm.\n-- owner: 某局\n\
         -- side: industry\n-- grade: general2\n-- source: raw.sale\n-- licence: test\n-- inputs: {inputs}\n\
         -- restricted_by: none\n\
         {lines}{columns}{sql}\n"
    )
}

fn by_firm(lines: &str) -> String {
    model(
        "subject.sale_by_firm",
        "raw.sale",
        lines,
        "firm amount",
        "SELECT firm, sum(amount) AS amount FROM raw.sale GROUP BY firm",
    )
}

async fn run(node: &Node, request: ModelRequest) -> Vec<ModelRun> {
    let origin = Some(AccessOrigin::default());
    let party = administrator();
    let runs = node.warehouse.run_models(&party, &request, origin, Progress::new(), Cancel::new());
    runs.await.unwrap()
}

fn select(select: &str) -> ModelRequest {
    ModelRequest { select: select.to_owned(), ..ModelRequest::default() }
}

fn of<'r>(runs: &'r [ModelRun], name: &str) -> &'r ModelRun {
    runs.iter().find(|run| run.model == name).unwrap_or_else(|| panic!("{name}: {runs:?}"))
}

async fn one(node: &Node, sql: &str) -> String {
    node.rows(&administrator(), sql).await.unwrap_or_else(|failure| panic!("{sql}: {failure:?}")).join(";")
}

fn staged(node: &Node, table: &str) -> usize {
    let folder = node.path().join("lake").join(table);
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with("part-")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_the_operator_becomes_a_table_with_lineage_and_grades() {
    let node = Node::loaded().await;
    node.file(
        "models/subject/sale_by_firm.sql",
        &by_firm("-- keys: firm\n-- test: unique(firm)\n-- tags: money\n"),
    );
    let runs = run(&node, select("tag:money")).await;
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].state, runs[0].mode, runs[0].rows), (ModelState::Ran, MakeMode::Full, Some(2)));
    assert_eq!(runs[0].tests.len(), 1);
    assert!(!runs[0].tests[0].is_failure());
    let detail = node.warehouse.catalogue().get("subject.sale_by_firm").await.unwrap();
    assert!(detail.lineage_up.iter().any(|step| step.from == "raw.sale"));
    // The label of what it is made of follows, though the file says general2.
    let firm = detail.columns.iter().find(|column| column.name == "firm").unwrap();
    let origins = brain_store::grading::origins(node.store.db()).await.unwrap();
    assert!(
        origins
            .iter()
            .any(|origin| origin.dataset == "subject.sale_by_firm" && origin.input_column == "amount")
    );
    assert_eq!(firm.title.zh, "列");
    assert_eq!(
        of(&run(&node, ModelRequest::default()).await, "subject.sale_by_firm").state,
        ModelState::Unchanged
    );
    // After a restart it is there, and still unchanged.
    let node = node.reopened().await;
    assert_eq!(
        of(&run(&node, ModelRequest::default()).await, "subject.sale_by_firm").state,
        ModelState::Unchanged
    );
    let refused = node
        .warehouse
        .run_models(&party(Role::Enterprise, Some(OWN)), &select(""), None, Progress::new(), Cancel::new())
        .await;
    Node::refused(refused.map_err(Failure::from), ErrorKind::Forbidden);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_test_publishes_nothing_shows_rows_and_stops_what_reads_the_model() {
    let node = Node::loaded().await;
    node.file("models/subject/sale_by_firm.sql", &by_firm("-- test: expression(amount >= 0)\n"));
    let top = model(
        "topic.top_sale",
        "subject.sale_by_firm",
        "",
        "firm",
        "SELECT firm FROM subject.sale_by_firm WHERE amount > 100",
    );
    node.file("models/topic/business/top_sale.sql", &top);
    run(&node, ModelRequest::default()).await;
    let good = one(&node, "SELECT count(*) FROM topic.top_sale").await;
    let files = staged(&node, "subject/sale_by_firm");

    node.file("in/sale3.csv", &format!("firm,buyer,amount,units\n{OWN},甲,-5,1\n{OTHER},丙,9,1\n"));
    node.ingest("in/sale3.csv", "sales").await;
    let runs = run(&node, select("sale_by_firm+")).await;
    assert!(any_failure(&runs));
    let held = of(&runs, "subject.sale_by_firm");
    assert_eq!((held.state, held.version, held.rows), (ModelState::TestsFailed, Some(0), Some(2)));
    let test = &held.tests[0];
    assert_eq!((test.checked, test.failed), (2, 1));
    let examples = test.examples.as_ref().unwrap();
    assert_eq!(examples.columns, ["firm", "amount"]);
    assert_eq!(examples.rows.len(), 1);
    assert_eq!(examples.rows[0][1].as_deref(), Some("-5.0"));
    let skipped = of(&runs, "topic.top_sale");
    assert_eq!(skipped.state, ModelState::Skipped);
    assert!(skipped.reason.as_ref().unwrap().en.contains("subject.sale_by_firm"));
    assert_eq!(one(&node, "SELECT count(*) FROM topic.top_sale").await, good, "the old version stays");
    assert_eq!(staged(&node, "subject/sale_by_firm"), files, "nothing staged is left");

    let list = node.warehouse.model_list("sale_by_firm", "").await.unwrap();
    assert_eq!(list.models[0].health, ModelHealth::Failing);
    let history =
        node.warehouse.model_runs(Some("subject.sale_by_firm"), PageRequest::new(1, 10)).await.unwrap();
    let states: Vec<&str> = history.items.iter().map(|attempt| attempt.state.as_str()).collect();
    assert_eq!(states, ["tests_failed", "ran"]);
    assert!(history.items[0].tests[0].examples.is_none(), "no value of a row is kept");

    // A warning is told and holds nothing back.
    node.file("models/subject/sale_by_firm.sql", &by_firm("-- test: warn expression(amount >= 0)\n"));
    let runs = run(&node, ModelRequest::default()).await;
    assert_eq!(of(&runs, "subject.sale_by_firm").state, ModelState::Ran);
    assert!(of(&runs, "subject.sale_by_firm").tests[0].is_failure());
    assert_eq!(of(&runs, "topic.top_sale").state, ModelState::Ran);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_very_first_version_is_held_back_too_and_no_dataset_appears() {
    let node = Node::loaded().await;
    node.file("models/subject/sale_by_firm.sql", &by_firm("-- test: expression(amount > 1000)\n"));
    let runs = run(&node, select("sale_by_firm")).await;
    assert_eq!((runs[0].state, runs[0].version), (ModelState::TestsFailed, None));
    assert!(runs[0].tests[0].examples.is_some());
    Node::refused(
        node.rows(&administrator(), "SELECT * FROM subject.sale_by_firm").await,
        ErrorKind::NotFound,
    );
    assert_eq!(staged(&node, "subject/sale_by_firm"), 0);
    // Without an origin nobody looks, so no row is shown.
    let quiet =
        node.warehouse.refresh_models(&administrator(), Progress::new(), Cancel::new()).await.unwrap();
    assert!(of(&quiet, "subject.sale_by_firm").tests[0].examples.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_stops_neither_the_node_nor_other_models() {
    let node = Node::loaded().await;
    node.file("models/subject/sale_by_firm.sql", &by_firm(""));
    let wrong = |name: &str, sql: &str| model(name, "raw.sale", "", "a", sql);
    node.file(
        "models/subject/enterprise.sql",
        &wrong("subject.enterprise", "SELECT firm AS a FROM raw.sale"),
    );
    node.file("models/subject/nosql.sql", &wrong("subject.nosql", "SELEC firm FROM raw.sale"));
    node.file("models/subject/writes.sql", &wrong("subject.writes", "DROP TABLE raw.sale"));
    node.file("models/subject/two.sql", &wrong("subject.two", "SELECT 1 AS a FROM raw.sale; SELECT 2"));
    node.file(
        "models/subject/undeclared.sql",
        &wrong("subject.undeclared", "SELECT 1 AS a FROM raw.sale, raw.place"),
    );
    node.file(
        "models/subject/unread.sql",
        &model("subject.unread", "raw.sale, raw.place", "", "a", "SELECT 1 AS a FROM raw.sale"),
    );
    node.file("models/subject/renamed.sql", &wrong("subject.other", "SELECT 1 AS a FROM raw.sale"));
    node.file("models/gold/x.sql", &wrong("gold.x", "SELECT 1 AS a FROM raw.sale"));
    node.file("models/subject/binary.sql", "-- model: subject.binary\n");
    std::fs::write(node.path().join("models/subject/binary.sql"), [0xff, 0xfe, 0x00]).unwrap();
    let reads = |name: &str, other: &str| model(name, other, "", "a", &format!("SELECT a FROM {other}"));
    node.file("models/standard/round.sql", &reads("standard.round", "standard.again"));
    node.file("models/standard/again.sql", &reads("standard.again", "standard.round"));
    node.file("models/subject/behind.sql", &reads("subject.behind", "subject.nosql"));
    let node = node.reopened().await;

    let check = node.warehouse.check_models().await.unwrap();
    let mut files: Vec<&str> =
        check.errors.iter().map(|error| error.file.rsplit('/').next().unwrap()).collect();
    files.sort_unstable();
    assert_eq!(
        files,
        [
            "again.sql",
            "binary.sql",
            "enterprise.sql",
            "nosql.sql",
            "renamed.sql",
            "round.sql",
            "two.sql",
            "undeclared.sql",
            "unread.sql",
            "writes.sql",
            "x.sql"
        ]
    );
    let error = check.errors.iter().find(|error| error.file.ends_with("nosql.sql")).unwrap();
    assert_eq!(error.line, 12, "{error:?}");
    assert!(check.errors.iter().all(|error| !error.problem.zh.is_empty() && !error.fix.en.is_empty()));

    let runs = run(&node, ModelRequest::default()).await;
    assert_eq!(of(&runs, "subject.sale_by_firm").state, ModelState::Ran);
    assert_eq!(of(&runs, "subject.region").state, ModelState::Ran);
    let behind = of(&runs, "subject.behind");
    assert_eq!(behind.state, ModelState::Skipped);
    assert!(behind.reason.as_ref().unwrap().en.contains("broken"));
    // Who asks for a name of the program gets it not, and what reads that table goes on.
    assert_eq!(of(&runs, "subject.enterprise").state, ModelState::Ran);
    assert_eq!(of(&runs, "subject.enterprise_product").state, ModelState::Ran);
    let list = node.warehouse.model_list("", "").await.unwrap();
    assert_eq!(list.broken.len(), 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_single_firms_lead_to_no_table_that_does_not_say_whose_its_rows_are() {
    let node = Node::loaded().await;
    let file = "models/subject/sale_by_firm.sql";
    let open = by_firm("").replace("-- restricted_by: none\n", "");
    node.file(file, &open);
    let run_open = run(&node, select("subject.sale_by_firm")).await;
    assert_eq!(run_open[0].state, ModelState::Failed);
    assert!(run_open[0].reason.as_ref().unwrap().en.contains("raw.sale"), "{run_open:?}");
    let check = node.warehouse.check_models().await.unwrap();
    assert!(check.errors.iter().any(|error| error.fix.en.contains("restricted_by: none")), "{check:?}");

    node.file(file, &open.replace("-- inputs", "-- restricted_by: firm\n-- inputs"));
    assert_eq!(run(&node, select("subject.sale_by_firm")).await[0].state, ModelState::Ran);
    let above =
        model("topic.sales", "subject.sale_by_firm", "", "firm", "SELECT firm FROM subject.sale_by_firm");
    node.file("models/topic/industry/sales.sql", &above.replace("-- restricted_by: none\n", ""));
    let runs = run(&node, select("topic.sales")).await;
    assert_eq!(runs[0].state, ModelState::Failed, "nor a table made of that one: {runs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_does_not_fit_its_tables_is_found_without_running_it() {
    let node = Node::loaded().await;
    node.file(
        "models/subject/wrong_column.sql",
        &model("subject.wrong_column", "raw.sale", "", "a", "SELECT\n  firm_name AS a\nFROM raw.sale"),
    );
    node.file(
        "models/subject/other_columns.sql",
        &model("subject.other_columns", "raw.sale", "", "a", "SELECT firm FROM raw.sale"),
    );
    node.file(
        "models/subject/of_registry.sql",
        &model(
            "subject.of_registry",
            "raw.registry, subject.enterprise",
            "",
            "a",
            "SELECT r.uscc AS a FROM raw.registry r JOIN subject.enterprise e ON e.uscc = r.uscc",
        ),
    );
    node.file(
        "models/subject/of_nothing.sql",
        &model("subject.of_nothing", "raw.nothing", "", "a", "SELECT 1 AS a FROM raw.nothing"),
    );
    let check = node.warehouse.check_models().await.unwrap();
    let files: Vec<(&str, usize)> =
        check.errors.iter().map(|error| (error.file.as_str(), error.line)).collect();
    assert_eq!(files, [("models/subject/other_columns.sql", 12), ("models/subject/wrong_column.sql", 13)]);
    assert_eq!(check.unchecked, [("subject.of_nothing".to_owned(), "raw.nothing".to_owned())]);
    // Nothing is loaded yet: mappings and other models say what there will be.
    assert!(check.checked.iter().any(|name| name == "subject.of_registry"));
    assert!(check.checked.iter().any(|name| name == "subject.enterprise"));
    let runs = run(&node, select("wrong_column")).await;
    assert_eq!(runs[0].state, ModelState::Failed);
    assert!(runs[0].reason.as_ref().unwrap().en.contains("firm_name"));
}

const READINGS: &str = r#"
name = "readings"
title = { zh = "读数", en = "Readings" }
description = { zh = "读数。", en = "Readings." }
owner = "某局"
side = "industry"
grade = "general1"

[[table]]
dataset = "raw.reading"
files = ["reading*.csv"]
mode = "replace"

[[table.column]]
name = "id"

[[table.column]]
name = "day"
type = "date"

[[table.column]]
name = "n"
type = "integer"
"#;

async fn readings(node: &Node, rows: &str) {
    node.file("in/reading.csv", &format!("id,day,n\n{rows}"));
    node.ingest("in/reading.csv", "readings").await;
}

fn reading(lines: &str) -> String {
    model("standard.reading", "raw.reading", lines, "id day n", "SELECT id, day, n FROM raw.reading")
}

const ALL: &str = "SELECT id, day, n FROM standard.reading ORDER BY id";

#[tokio::test(flavor = "multi_thread")]
async fn by_a_cursor_only_the_end_is_made_anew_and_a_backfill_makes_one_range() {
    let node = Node::empty().await;
    node.file("mappings/readings.toml", READINGS);
    node.file(
        "models/standard/reading.sql",
        &reading("-- keys: id\n-- test: unique(id)\n-- incremental: cursor day\n"),
    );
    readings(&node, "a,2026-01-01,1\nb,2026-02-01,2\nc,,3\n").await;
    let first = run(&node, select("reading")).await;
    assert_eq!((first[0].state, first[0].mode), (ModelState::Ran, MakeMode::Full));
    assert_eq!(one(&node, ALL).await, "a|2026-01-01|1;b|2026-02-01|2;c||3");

    // `a` changed and `z` came before the end: neither is looked at. `b`, on the last day, `c`, without one, and `d`
    // are. The row `b` had at the end is gone where the query no longer gives it.
    readings(&node, "a,2026-01-01,100\nz,2026-01-15,9\nb,2026-02-01,20\nc,,30\nd,2026-03-01,4\n").await;
    let next = run(&node, select("reading")).await;
    assert_eq!((next[0].mode, next[0].rows), (MakeMode::Incremental, Some(4)));
    assert_eq!(one(&node, ALL).await, "a|2026-01-01|1;b|2026-02-01|20;c||30;d|2026-03-01|4");

    let january =
        ModelRequest { from: Some("2026-01-01".into()), to: Some("2026-02-01".into()), ..select("reading") };
    let plan = node.warehouse.plan_models(&administrator(), &january).await.unwrap();
    assert_eq!((plan[0].standing, plan[0].mode), (Standing::Stale, MakeMode::Backfill));
    let filled = run(&node, january).await;
    assert_eq!((filled[0].state, filled[0].mode), (ModelState::Ran, MakeMode::Backfill));
    assert_eq!(one(&node, ALL).await, "a|2026-01-01|100;b|2026-02-01|20;c||30;d|2026-03-01|4;z|2026-01-15|9");

    let nonsense = ModelRequest { from: Some("soon".into()), ..select("reading") };
    let failed = run(&node, nonsense).await;
    assert_eq!(failed[0].state, ModelState::Failed);
    assert!(failed[0].reason.as_ref().unwrap().en.contains("soon"));

    readings(&node, "q,2020-01-01,1\n").await;
    run(&node, select("reading")).await;
    assert_eq!(
        one(&node, "SELECT count(*) FROM standard.reading").await,
        "3",
        "days before the end stay, the end is gone"
    );
    let full = run(&node, ModelRequest { full_refresh: true, ..select("reading") }).await;
    assert_eq!((full[0].state, full[0].mode), (ModelState::Ran, MakeMode::Full));
    assert_eq!(one(&node, ALL).await, "q|2020-01-01|1");
}

#[tokio::test(flavor = "multi_thread")]
async fn by_key_new_rows_take_the_place_of_old_ones_and_others_stay() {
    let node = Node::empty().await;
    node.file("mappings/readings.toml", READINGS);
    node.file(
        "models/standard/reading.sql",
        &reading("-- keys: id\n-- test: unique(id)\n-- incremental: key\n"),
    );
    readings(&node, "a,2026-01-01,1\nb,2026-02-01,2\n").await;
    run(&node, select("reading")).await;
    readings(&node, "b,2026-02-01,20\nc,2026-03-01,3\n").await;
    let next = run(&node, select("reading")).await;
    assert_eq!(next[0].mode, MakeMode::Incremental);
    assert_eq!(one(&node, ALL).await, "a|2026-01-01|1;b|2026-02-01|20;c|2026-03-01|3");
    // A failing test leaves the increment out as a whole.
    readings(&node, "d,2026-02-01,4\nd,2026-02-02,5\n").await;
    assert_eq!(run(&node, select("reading")).await[0].state, ModelState::TestsFailed);
    assert_eq!(one(&node, ALL).await, "a|2026-01-01|1;b|2026-02-01|20;c|2026-03-01|3");
    // A changed text is made from the beginning.
    node.file("models/standard/reading.sql", &reading("-- keys: id\n-- incremental: key\n"));
    assert_eq!(run(&node, select("reading")).await[0].mode, MakeMode::Full);
    let backfill = ModelRequest { from: Some("2026-01-01".into()), ..select("reading") };
    let refused = node.warehouse.plan_models(&administrator(), &backfill).await;
    assert_eq!(
        Node::refused(refused.map_err(Failure::from), ErrorKind::InvalidArgument).code,
        "warehouse/model-no-cursor"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_is_stale_and_why_and_writes_nothing() {
    let node = Node::loaded().await;
    node.file("models/subject/sale_by_firm.sql", &by_firm("-- freshness: warn 1h, fail 2h\n"));
    node.file(
        "models/topic/industry/top_sale.sql",
        &model("topic.top_sale", "subject.sale_by_firm", "", "firm", "SELECT firm FROM subject.sale_by_firm"),
    );
    let plan =
        async |request: &str| node.warehouse.plan_models(&administrator(), &select(request)).await.unwrap();
    let steps = plan("+top_sale").await;
    assert_eq!(steps.len(), 2);
    assert!(steps.iter().all(|step| step.standing == Standing::Stale && step.rows_estimate.is_none()));
    let waits = plan("top_sale").await;
    assert_eq!(waits[0].standing, Standing::Waiting, "alone it has nothing to read");
    assert!(node.rows(&administrator(), "SELECT * FROM subject.sale_by_firm").await.is_err());
    assert!(node.warehouse.model_runs(None, PageRequest::new(1, 10)).await.unwrap().items.is_empty());

    run(&node, select("+top_sale")).await;
    assert!(plan("+top_sale").await.iter().all(|step| step.standing == Standing::Fresh));
    let lines: String = (0..6).map(|n| format!("{OWN},甲,{n},1\n")).collect();
    node.file("in/sale4.csv", &format!("firm,buyer,amount,units\n{lines}"));
    node.ingest("in/sale4.csv", "sales").await;
    let steps = plan("+top_sale").await;
    let reasons: Vec<&str> = steps.iter().map(|step| step.reasons[0].en.as_str()).collect();
    assert_eq!(reasons, ["raw.sale went from version 1 to 2", "subject.sale_by_firm is made before it"]);
    // Twice the rows in, twice the rows expected.
    assert_eq!((steps[0].rows, steps[0].rows_estimate), (Some(2), Some(4)));
    let card = &node.warehouse.model_list("sale_by_firm", "").await.unwrap().models[0];
    assert_eq!((card.health, card.age), (ModelHealth::Stale, Some(Age::Fresh)));
    assert_eq!(card.file.as_deref(), Some("models/subject/sale_by_firm.sql"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_takes_no_name_of_a_dataset_that_came_another_way() {
    let node = Node::empty().await;
    node.file("mappings/readings.toml", &READINGS.replace("raw.reading", "standard.reading"));
    readings(&node, "a,2026-01-01,1\n").await;
    node.file("mappings/other.toml", &READINGS.replace("\"readings\"", "\"other\""));
    node.ingest("in/reading.csv", "other").await;
    node.file("models/standard/reading.sql", &reading(""));
    let runs = run(&node, select("reading")).await;
    assert_eq!(runs[0].state, ModelState::Failed);
    assert!(runs[0].reason.as_ref().unwrap().en.contains("not made by a model"));
    assert_eq!(one(&node, "SELECT count(*) FROM standard.reading").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_hold_graph_columns_tests_and_where_columns_come_from() {
    let node = Node::loaded().await;
    node.file("models/subject/sale_by_firm.sql", &by_firm("-- keys: firm\n-- test: unique(firm)\n"));
    run(&node, select("sale_by_firm")).await;
    let documents = node.warehouse.model_documents("sale_by_firm", "", Language::En).await.unwrap();
    let names: Vec<&str> = documents.iter().map(|document| document.name.as_str()).collect();
    assert_eq!(names, ["index.md", "subject.sale_by_firm.md"]);
    assert!(documents[0].markdown.contains("flowchart LR") && documents[0].markdown.contains("\"raw.sale\""));
    let page = &documents[1].markdown;
    assert!(page.contains("| amount | Column | raw.sale.amount |"), "{page}");
    assert!(page.contains("- unique(firm)") && page.contains("```sql\nSELECT firm"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_industry_starts_from_the_templates_and_every_library_builds() {
    let node = Node::empty().await;
    let written = template::write(node.path(), "textile", "现代纺织", &[]).unwrap();
    assert_eq!(written.len(), 2 * template::names().count());
    let check = node.warehouse.check_models().await.unwrap();
    assert!(check.errors.is_empty() && check.unchecked.is_empty(), "{check:?}");

    let data = [
        ("enterprise", format!("统一社会信用代码,企业名称,行政区划代码,行业代码,成立日期,注册资本,职工人数\n{OWN},绍兴某纺织有限公司,330600,1711,2001-05-06,500万元,120\n{OTHER},义乌某服装有限公司,330782,1811,2003-01-02,1000000,40\n{OWN},绍兴某纺织有限公司,330600,1711,2001-05-06,800万元,150\n")),
        ("product", "产品名称,英文名称,行业代码,环节,是否关键\n棉纱,cotton yarn,1711,上游,是\n衬衫,shirt,1811,下游,否\n".to_owned()),
        ("chain", "上游产品,下游产品,关系,置信度\n棉纱,衬衫,input,0.9\n".to_owned()),
        ("policy", "文号,标题,层级,行政区划代码,发文日期,失效日期\n浙经信〔2026〕1号,关于纺织业的意见,province,330000,2026-01-05,2028-12-31\n".to_owned()),
        ("talent", format!("统一社会信用代码,专业,层次,年份,人数,缺口\n{OWN},染整,高级,2026,6,2\n")),
        ("patent", format!("申请号,名称,申请人,申请人信用代码,类型,IPC分类号,申请日,授权日\nCN202610000001,一种纱线,绍兴某纺织有限公司,{OWN},invention,D02G3/00,2026-01-01,2026-06-01\n")),
        ("capacity", format!("统一社会信用代码,产品名称,年份,年产能,年产量,计量单位\n{OWN},棉纱,2025,1000,800,吨\n")),
        ("order", format!("订单号,卖方信用代码,买方信用代码,产品名称,数量,金额,下单日期,交付期限,交付日期\nA1,{OWN},{OTHER},棉纱,5,10万元,2026-10-01,2026-10-20,2026-10-25\nA2,{OWN},,棉纱,1,2万元,2026-10-02,2026-10-20,\n")),
        ("device", format!("设备编号,统一社会信用代码,设备名称,类别,投用日期,状态,是否联网\nD1,{OWN},喷气织机,织造,2020-01-01,running,是\n")),
        ("energy", format!("统一社会信用代码,月份,能源品种,消费量,费用\n{OWN},2026-09-30,electricity,10000,7000\n{OWN},2026-10-01,electricity,12000,8000\n")),
    ];
    for (name, text) in &data {
        node.file(&format!("in/{name}.csv"), text);
        node.ingest(format!("in/{name}.csv"), &format!("textile_{name}")).await;
    }
    let request = ModelRequest { build: true, ..select("+tag:textile") };
    let runs = run(&node, request).await;
    for (name, _) in &data {
        let made = of(&runs, &format!("subject.textile_{name}"));
        assert_eq!(made.state, ModelState::Ran, "{made:?}");
        assert!(made.tests.iter().all(|test| !test.is_failure()), "{made:?}");
    }
    assert_eq!(
        one(&node, "SELECT name, province, industry_name IS NOT NULL, capital_cny, employees FROM subject.textile_enterprise ORDER BY 5").await,
        "义乌某服装有限公司|浙江省|true|1000000.0|40;绍兴某纺织有限公司|浙江省|true|8000000.0|150"
    );
    assert_eq!(
        one(&node, "SELECT order_id, amount_cny, late FROM subject.textile_order ORDER BY 1").await,
        format!("{OWN}/A1|100000.0|true;{OWN}/A2|20000.0|")
    );
    assert_eq!(
        one(&node, "SELECT month, coal_kg FROM subject.textile_energy ORDER BY 1").await,
        "2026-09-01|1229.0;2026-10-01|1474.8"
    );
    assert_eq!(one(&node, "SELECT utilisation FROM subject.textile_capacity").await, "0.8");
    assert_eq!(
        one(&node, "SELECT ipc_section, applicant_id FROM subject.textile_patent").await,
        format!("D|{OWN}")
    );
    let card = node.warehouse.catalogue().get("subject.textile_order").await.unwrap().card;
    assert_eq!(card.restricted_by.as_deref(), Some("seller_id"));

    // The example of the guide runs on what the templates made.
    let guide = include_str!("../../../../docs/guide.md");
    let example = guide.split("```sql\n-- model: topic.late_supplier").nth(1).unwrap();
    let example = example.split("```").next().unwrap();
    let file = format!("-- model: topic.late_supplier{example}");
    node.file("models/topic/business/late_supplier.sql", &file);
    let runs = run(&node, select("late_supplier")).await;
    assert_eq!(runs[0].state, ModelState::Ran, "{:?}", runs[0]);
    assert!(runs[0].tests.iter().all(|test| !test.is_failure()), "{:?}", runs[0]);
    assert_eq!(
        one(&node, "SELECT seller_id, month, orders, late FROM topic.late_supplier").await,
        format!("{OWN}|2026-10-01|2|1")
    );
    let again = template::write(node.path(), "textile", "现代纺织", &["order".into()]);
    Node::refused(again.map_err(Failure::from), ErrorKind::AlreadyExists);
}
