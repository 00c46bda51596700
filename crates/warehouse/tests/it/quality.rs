//! Rules of an owner are checked after each commit; a failure becomes a ticket that ends only with a reason; failing rows
//! and values are seen by who may read them.

use crate::node::{Node, OWN, administrator, party};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::{Cancel, Progress};
use brain_quality::Standing;
use brain_warehouse::ingest::{IngestOptions, IngestReport, IngestRequest};
use brain_warehouse::quality::{NewRules, PURPOSE, QualityCard, TicketQuery, TicketState};
use datafusion::arrow::util::display::array_value_to_string;

const PLACE: &str = "raw.place";
const SALE: &str = "raw.sale";

fn owner() -> Party {
    party(Role::Government, None)
}

async fn put(node: &Node, dataset: &str, toml: &str, seen: u64) -> Result<u64, Failure> {
    let new = NewRules { toml: toml.to_owned(), reason: "核实口径".to_owned(), seen };
    node.warehouse.quality().change_rules(&owner(), dataset, new).await.map_err(Failure::from)
}

async fn show(node: &Node, dataset: &str) -> QualityCard {
    node.warehouse.quality().show(&owner(), dataset).await.unwrap()
}

async fn load(node: &Node, name: &str, text: &str, mapping: &str) -> IngestReport {
    let path = node.file(name, text);
    let options = IngestOptions { skip_models: true, ..IngestOptions::default() };
    let request = IngestRequest { path, mapping: mapping.to_owned(), options };
    node.warehouse.ingest(&administrator(), request, Progress::new(), Cancel::new()).await.unwrap()
}

async fn examples(node: &Node, party: &Party, dataset: &str, rule: &str) -> Result<Vec<String>, Failure> {
    let session = node.warehouse.session(party, PURPOSE);
    let quality = node.warehouse.quality();
    let stream = quality.examples(&session, dataset, rule, Cancel::new()).await.map_err(Failure::from)?;
    let (batches, _) = stream.collect().await.map_err(Failure::from)?;
    let mut rows = Vec::new();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().take(3);
            let cells = cells.map(|column| array_value_to_string(column, row).unwrap());
            rows.push(cells.collect::<Vec<_>>().join("|"));
        }
    }
    Ok(rows)
}

const PLACES_ARE: &str = r#"
[[rule]]
id = "code-shape"
check = { kind = "pattern", column = "code", regex = "[0-9]{6}" }
[[rule]]
id = "code-known"
severity = "warning"
check = { kind = "code_list", column = "code", list = "gb_t_2260" }
[[rule]]
id = "name"
check = { kind = "complete", column = "name" }
[[rule]]
id = "own-code"
check = { kind = "reference", columns = ["code"], dataset = "raw.place", target = ["code"] }
[[rule]]
id = "others-code"
severity = "info"
check = { kind = "reference", columns = ["name"], dataset = "raw.sale", target = ["buyer"] }
[[rule]]
id = "names-drift"
severity = "info"
check = { kind = "drift", column = "name", measure = "psi", at_most = 0.2 }
"#;

const GOOD: &str = "code,name\n330100,杭州市\n330200,宁波市\n";
const BAD: &str = "code,name\n330100,杭州市\n33020,宁波市\n";

#[tokio::test]
async fn a_failure_opens_a_ticket_that_ends_with_a_reason_and_comes_back_with_the_failure() {
    let node = Node::loaded().await;
    let quality = node.warehouse.quality();
    assert_eq!(put(&node, PLACE, PLACES_ARE, 0).await.unwrap(), 1);
    let check = quality.check(&owner(), PLACE, Cancel::new()).await.unwrap();
    let standing = |rule: &str| check.outcomes.iter().find(|outcome| outcome.rule == rule).unwrap().standing;
    for rule in ["code-shape", "code-known", "name", "own-code"] {
        assert_eq!(standing(rule), Standing::Passed, "{rule}");
    }
    assert_eq!(standing("names-drift"), Standing::Waiting);
    // The author has no account here, so nothing vouches for looking into another owner's table.
    assert_eq!(standing("others-code"), Standing::Unmeasured);
    assert_eq!(show(&node, PLACE).await.other_tickets, []);

    let report = load(&node, "in/place2.csv", BAD, "places").await;
    assert_eq!((report.quality[PLACE].tickets, report.quality_failure), (1, None));
    let card = show(&node, PLACE).await;
    let ticket = card.rules[0].ticket.clone().unwrap();
    assert_eq!((ticket.state, ticket.failing, ticket.owner.as_str()), (TicketState::Open, true, "民政部门"));
    assert!(card.rules[1].ticket.is_none(), "a warning opens nothing");
    assert!(card.trend.unwrap().change < 0.0);
    let detail = node.warehouse.catalogue().get(PLACE).await.unwrap();
    assert_eq!(detail.check.unwrap().tickets, 1);

    let refused =
        |result: brain_warehouse::Result<_>| Failure::from(result.expect_err("must be refused")).code;
    let id = ticket.id.as_str();
    assert_eq!(refused(quality.resolve(&owner(), id, 1, "好了").await), "warehouse/quality-ticket-state");
    assert_eq!(refused(quality.acknowledge(&owner(), id, 7, "").await), "store/stale");
    let stranger = party(Role::Enterprise, Some(OWN));
    assert_eq!(refused(quality.acknowledge(&stranger, id, 1, "").await), "warehouse/unknown-ticket");
    let taken = quality.acknowledge(&owner(), id, 1, "").await.unwrap();
    assert_eq!(taken.card.assignee.as_deref(), Some("test-government"));
    assert_eq!(refused(quality.resolve(&owner(), id, 2, "好了").await), "warehouse/quality-still-failing");

    load(&node, "in/place3.csv", &format!("{GOOD}330300,温州市\n"), "places").await;
    let passed = quality.ticket(&owner(), id).await.unwrap().card;
    assert_eq!((passed.state, passed.failing, passed.revision), (TicketState::Acknowledged, false, 3));
    assert_eq!(refused(quality.resolve(&owner(), id, 3, " ").await), "warehouse/quality-reason");
    let done = quality.resolve(&owner(), id, 3, "供数单位补报").await.unwrap();
    assert_eq!(done.card.state, TicketState::Resolved);

    load(&node, "in/place4.csv", &format!("{BAD}330300,温州市\n"), "places").await;
    let node = node.reopened().await;
    let again = node.warehouse.quality().ticket(&owner(), id).await.unwrap();
    assert_eq!((again.card.state, again.card.failures, again.card.assignee), (TicketState::Open, 2, None));
    let steps: Vec<&str> = again.timeline.iter().map(|line| line.step.as_str()).collect();
    assert_eq!(steps, ["open", "acknowledge", "pass", "resolve", "reopen"]);
    assert_eq!(again.timeline[3].note, "供数单位补报");
    let query = TicketQuery { unresolved: Some(true), ..TicketQuery::default() };
    assert_eq!(node.warehouse.quality().tickets(&owner(), &query).await.unwrap().total, 1);
    assert_eq!(node.warehouse.quality().tickets(&stranger, &query).await.unwrap().total, 0);
    let filter =
        brain_trust::evidence::EntryFilter { kind: Some("quality.".to_owned()), actor: None, subject: None };
    let entries = node.trust.evidence().entries(&filter, brain_store::PageRequest::new(1, 50)).await.unwrap();
    let steps = entries.items.iter().filter(|entry| entry.kind.starts_with("quality.ticket_")).count();
    assert_eq!(steps, 5, "{:?}", entries.items);
}

#[tokio::test]
async fn rules_are_versions_of_the_owner_and_wrong_ones_are_refused_with_their_place() {
    let node = Node::loaded().await;
    put(&node, PLACE, PLACES_ARE, 0).await.unwrap();
    let changed = Node::refused(put(&node, PLACE, "", 0).await, ErrorKind::Precondition);
    assert_eq!(changed.code, "warehouse/quality-rules-changed");
    assert_eq!(put(&node, PLACE, "", 1).await.unwrap(), 2);
    let wrong = "[[rule]]\nid = \"a\"\ncheck = { kind = \"pattern\", column = \"code\", regex = \"(\" }\n";
    let wrong = Node::refused(put(&node, PLACE, wrong, 2).await, ErrorKind::InvalidArgument);
    assert_eq!(wrong.code, "quality/rule");
    assert!(wrong.detail.zh.contains("rule \"a\".check.regex"), "{}", wrong.detail.zh);
    let typing = Node::refused(put(&node, PLACE, "[[rules]]\n", 2).await, ErrorKind::InvalidArgument);
    assert_eq!(typing.code, "quality/toml");
    let new = NewRules { toml: String::new(), reason: "x".to_owned(), seen: 2 };
    let stranger = party(Role::Enterprise, Some(OWN));
    let quality = node.warehouse.quality();
    let refused = quality.change_rules(&stranger, PLACE, new).await.map_err(Failure::from);
    assert_eq!(Node::refused(refused, ErrorKind::Forbidden).code, "warehouse/quality-not-owner");
    let check = quality.check(&stranger, PLACE, Cancel::new()).await.map_err(Failure::from);
    assert_eq!(Node::refused(check, ErrorKind::Forbidden).code, "warehouse/quality-not-owner");
}

#[tokio::test]
async fn failing_rows_come_through_the_door_and_rules_judge_what_is_true() {
    let node = Node::loaded().await;
    let rules = r#"
        [[rule]]
        id = "amount"
        check = { kind = "range", column = "amount", max = 1000 }
        [[rule]]
        id = "units"
        check = { kind = "range", column = "units", max = 10 }
        [[rule]]
        id = "firm-once"
        check = { kind = "unique", columns = ["firm"] }
        [[rule]]
        id = "rows"
        check = { kind = "row_count", min = 100 }
    "#;
    put(&node, SALE, rules, 0).await.unwrap();
    let check = node.warehouse.quality().check(&owner(), SALE, Cancel::new()).await.unwrap();
    let failed: Vec<u64> = check.outcomes.iter().map(|outcome| outcome.failed).collect();
    assert_eq!(failed, [1, 1, 2, 0]);
    assert!(check.outcomes.iter().all(|outcome| outcome.rows.is_empty()), "numbers of rows are not kept");
    let firm = party(Role::Enterprise, Some(OWN));
    let own = examples(&node, &firm, SALE, "amount").await.unwrap();
    assert_eq!(own, [format!("{OWN}|乙|123456.0")]);
    // The row that fails here is another firm's.
    assert_eq!(examples(&node, &firm, SALE, "units").await.unwrap(), Vec::<String>::new());
    assert_eq!(examples(&node, &firm, SALE, "firm-once").await.unwrap().len(), 2);
    let whole = Node::refused(examples(&node, &firm, SALE, "rows").await, ErrorKind::InvalidArgument);
    assert_eq!(whole.code, "warehouse/quality-no-examples");
    let unknown = Node::refused(examples(&node, &firm, SALE, "gone").await, ErrorKind::NotFound);
    assert_eq!(unknown.code, "warehouse/unknown-quality-rule");
    node.revoke_everything().await;
    Node::refused(examples(&node, &firm, SALE, "amount").await, ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_profile_shows_values_to_who_reads_them_and_proposals_hold_on_the_table() {
    let node = Node::loaded().await;
    let quality = node.warehouse.quality();
    let mut text = String::from("code,name\n");
    for row in 0..120 {
        text.push_str(&format!("{},地点{row}\n", 330_100 + row));
    }
    load(&node, "in/place5.csv", &text, "places").await;
    put(&node, PLACE, "", 0).await.unwrap();
    quality.check(&owner(), PLACE, Cancel::new()).await.unwrap();
    let session = node.warehouse.session(&owner(), PURPOSE);
    let seen = quality.profile(&session, PLACE).await.unwrap();
    assert_eq!((seen.rows, seen.hidden.len()), (120, 0));
    let code = seen.columns.iter().find(|column| column.name == "code").unwrap();
    assert_eq!((code.present, code.shapes[0].value.as_str(), code.top.len()), (120, "9{6}", 100));

    // Sales are sensitive: even to who reads all of them, no value of them lies in the store.
    // A firm reads only its own rows of the sales, so no value of the table as a whole is its to see.
    put(&node, SALE, "", 0).await.unwrap();
    quality.check(&owner(), SALE, Cancel::new()).await.unwrap();
    let firm = node.warehouse.session(&party(Role::Enterprise, Some(OWN)), PURPOSE);
    let hidden = quality.profile(&firm, SALE).await.unwrap();
    assert_eq!(hidden.hidden.len(), hidden.columns.len());
    let said = serde_json::to_string(&hidden).unwrap();
    assert!(!said.contains("秘密客户") && !said.contains("123456"), "{said}");
    let stored = brain_store::quality::profile(node.store.db(), SALE, "latest").await.unwrap().unwrap();
    let stored = stored.profile.to_string();
    assert!(!stored.contains("秘密客户") && !stored.contains("123456"), "{stored}");

    let proposals = quality.propose(&session, PLACE, Cancel::new()).await.unwrap();
    let ids: Vec<&str> = proposals.iter().map(|proposal| proposal.rule.id.as_str()).collect();
    assert!(ids.contains(&"code.unique") && ids.contains(&"code.pattern"), "{ids:?}");
    assert!(proposals.iter().all(|proposal| proposal.outcome.standing == Standing::Passed));
    let toml: String = proposals.iter().map(|proposal| proposal.toml.clone()).collect();
    put(&node, PLACE, &toml, 1).await.unwrap();
    let check = quality.check(&owner(), PLACE, Cancel::new()).await.unwrap();
    assert_eq!(check.score.value, Some(100.0));
    // Another profile becomes the baseline by an act that says why.
    let baseline = quality.set_baseline(&owner(), PLACE, "口径调整").await.unwrap();
    assert_eq!(baseline.dataset_version, check.dataset_version);
}

const IN_SQL: &str = r#"
[[rule]]
id = "north-or-named"
check = { kind = "expression", sql = "code < '330200' OR char_length(name) > 2" }
[[rule]]
id = "not-of-tomorrow"
check = { kind = "expression", sql = "now() > timestamp '2020-01-01T00:00:00Z' AND code IS NOT NULL" }
[[rule]]
id = "divides"
severity = "warning"
check = { kind = "expression", sql = "1 / (char_length(name) - 3) < 5" }
[[rule]]
id = "number"
severity = "warning"
check = { kind = "expression", sql = "CAST(name AS bigint) > 0" }
[[rule]]
id = "name"
check = { kind = "complete", column = "name" }
"#;

#[tokio::test]
async fn a_condition_in_sql_judges_each_row_and_one_that_cannot_be_worked_out_stops_no_other() {
    let node = Node::loaded().await;
    let text = format!("{GOOD}330300,温州\n330400,\n");
    load(&node, "in/place2.csv", &text, "places").await;
    put(&node, PLACE, IN_SQL, 0).await.unwrap();
    let check = node.warehouse.quality().check(&owner(), PLACE, Cancel::new()).await.unwrap();
    let outcome = |rule: &str| check.outcomes.iter().find(|outcome| outcome.rule == rule).unwrap();
    let judged = outcome("north-or-named");
    // 温州 has two characters; a missing name says nothing.
    assert_eq!((judged.standing, judged.checked, judged.failed), (Standing::Failed, 3, 1));
    assert_eq!(outcome("not-of-tomorrow").checked, 4);
    let divides = outcome("divides");
    assert_eq!(
        (divides.standing, divides.says.en.contains("division by zero")),
        (Standing::Unmeasured, true)
    );
    let number = outcome("number");
    assert_eq!(number.standing, Standing::Unmeasured);
    assert!(!number.says.zh.contains('州') && number.says.en.contains("try_cast"), "{:?}", number.says);
    assert_eq!((outcome("name").standing, outcome("name").failed), (Standing::Failed, 1));
    let failing = examples(&node, &owner(), PLACE, "north-or-named").await.unwrap();
    assert_eq!(failing.len(), 1);
    assert!(failing[0].starts_with("330300|温州"), "{failing:?}");

    for (sql, said) in [
        ("nonsense > 1", "nonsense"),
        ("code", "Utf8"),
        ("count(*) > 1", "no aggregates"),
        ("code IN (SELECT buyer FROM raw.sale)", "cannot be used"),
        ("random() > 0.5", "differently each time"),
        ("code = '1'; DROP TABLE x", "cannot be used"),
        ("code = $1", "takes no parameters"),
    ] {
        let toml = format!("[[rule]]\nid = \"own\"\ncheck = {{ kind = \"expression\", sql = \"{sql}\" }}\n");
        let refused = put(&node, PLACE, &toml, 1).await.unwrap_err();
        let message = refused.message(brain_kernel::language::Language::En);
        assert!(message.contains("rule \"own\".check.sql") && message.contains(said), "{sql}: {message}");
    }
}
