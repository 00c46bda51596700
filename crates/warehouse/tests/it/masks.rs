//! Every mask shows what it should, and neither condition, join, grouping nor order brings the value back.

use crate::door::grant;
use crate::node::{Node, OTHER, OWN, party};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::Role;
use brain_kernel::predicate::{DatePart, Mask, Predicate, RegionPart};
use brain_kernel::progress::Cancel;
use brain_trust::Action;
use brain_warehouse::query::QueryLimits;

const VISITS: &str = r#"
name = "visits"
title = { zh = "走访", en = "Visits" }
description = { zh = "走访记录。", en = "Visits." }
owner = "test"
side = "public"
grade = "general3"
source = "test"
licence = "test"

[[table]]
dataset = "raw.visit"
files = ["visit*.csv"]
mode = "replace"

[[table.column]]
name = "firm"
type = "text"

[[table.column]]
name = "phone"
type = "text"

[[table.column]]
name = "area"
type = "text"

[[table.column]]
name = "noted"
type = "text"

[[table.column]]
name = "day"
type = "date"

[[table.column]]
name = "amount"
type = "float"

[[table.column]]
name = "units"
type = "integer"
"#;

async fn visits() -> Node {
    let node = Node::empty().await;
    node.file("mappings/visits.toml", VISITS);
    node.file(
        "in/visit.csv",
        &format!(
            "firm,phone,area,noted,day,amount,units\n\
             {OWN},13812345678,330106,2026-03-05,2026-03-05,10.5,7\n\
             {OTHER},13987654321,330203,2025-11-30,2025-11-30,-4200,43\n\
             {OTHER},13987654321,44,secret note,2024-02-29,98765.4,1900\n"
        ),
    );
    node.ingest("in/visit.csv", "visits").await;
    node.revoke_everything().await;
    node
}

fn everything() -> Predicate {
    Predicate::All(Vec::new())
}

async fn shown(masks: &[(&str, Mask)], sql: &str) -> Vec<String> {
    let node = visits().await;
    node.grant(grant(Role::IndustryBody, "raw.visit", everything(), masks)).await;
    node.rows(&party(Role::IndustryBody, None), sql).await.unwrap()
}

#[tokio::test]
async fn each_mask_shows_what_it_says() {
    let masks = [
        ("area", Mask::RegionTo(RegionPart::City)),
        ("noted", Mask::DateTo(DatePart::Month)),
        ("day", Mask::DateTo(DatePart::Year)),
        ("amount", Mask::TopCode { most: 1_000 }),
        ("units", Mask::Band { width: 10 }),
    ];
    let rows = shown(&masks, "SELECT area, noted, day, amount, units FROM raw.visit ORDER BY units").await;
    assert_eq!(
        rows,
        [
            "330100|2026-03|2026-01-01|10.5|0",
            "330200|2025-11|2025-01-01|-4200.0|40",
            "440000||2024-01-01|1000.0|1900",
        ]
    );
    let masks = [
        ("area", Mask::RegionTo(RegionPart::Province)),
        ("noted", Mask::DateTo(DatePart::Year)),
        ("day", Mask::DateTo(DatePart::Month)),
        ("amount", Mask::Band { width: 1_000 }),
        ("units", Mask::TopCode { most: 40 }),
    ];
    let rows = shown(&masks, "SELECT area, noted, day, amount, units FROM raw.visit ORDER BY day DESC").await;
    assert_eq!(
        rows,
        [
            "330000|2026|2026-03-01|0.0|7",
            "330000|2025|2025-11-01|-5000.0|40",
            "440000||2024-02-01|98000.0|40",
        ]
    );
}

#[tokio::test]
async fn a_mask_that_does_not_fit_hides() {
    let masks = [
        ("firm", Mask::Band { width: 10 }),
        ("amount", Mask::Hash),
        ("units", Mask::DateTo(DatePart::Year)),
        ("day", Mask::RegionTo(RegionPart::City)),
        ("phone", Mask::RegionTo(RegionPart::City)),
        ("noted", Mask::TopCode { most: 1 }),
    ];
    let rows = shown(&masks, "SELECT firm, amount, units, day, phone, noted FROM raw.visit").await;
    assert_eq!(rows, ["|||||", "|||||", "|||||"]);
}

#[tokio::test]
async fn pseudonyms_join_within_a_tenant_and_nothing_else() {
    let node = visits().await;
    for role in [Role::IndustryBody, Role::Government] {
        node.grant(grant(role, "raw.visit", everything(), &[("phone", Mask::Hash), ("firm", Mask::Hash)]))
            .await;
    }
    let (body, government) = (party(Role::IndustryBody, None), party(Role::Government, None));
    let own = node.rows(&body, "SELECT DISTINCT phone FROM raw.visit ORDER BY phone").await.unwrap();
    assert_eq!(own.len(), 2);
    assert!(
        own.iter().all(|text| text.len() == 32 && text.chars().all(|c| c.is_ascii_hexdigit())),
        "{own:?}"
    );
    let others = node.rows(&government, "SELECT DISTINCT phone FROM raw.visit ORDER BY phone").await.unwrap();
    assert!(own.iter().all(|text| !others.contains(text)), "two tenants cannot put their views together");
    let joined = "SELECT count(*) FROM raw.visit a JOIN raw.visit b ON a.phone = b.phone";
    assert_eq!(node.rows(&body, joined).await.unwrap(), ["5"]);
    let none: Vec<String> = Vec::new();
    for sql in [
        "SELECT units FROM raw.visit WHERE phone = '13812345678'",
        "SELECT units FROM raw.visit WHERE phone LIKE '138%'",
        "SELECT a.units FROM raw.visit a JOIN (SELECT '13812345678' AS p) k ON a.phone = k.p",
        &format!("SELECT units FROM raw.visit WHERE firm = '{OWN}'"),
        &format!("SELECT units FROM raw.visit WHERE firm IN ('{OWN}', '{OTHER}')"),
    ] {
        assert_eq!(node.rows(&body, sql).await.unwrap(), none, "{sql}");
    }
    let plan = node.rows(&body, "EXPLAIN SELECT phone FROM raw.visit").await.unwrap().join("\n");
    assert!(plan.contains("pseudonym(") && !plan.contains("Salt"), "{plan}");
    // A dictionary of guesses needs the function; it has no name a caller could write.
    let called = node.rows(&body, "SELECT pseudonym('13812345678')").await;
    Node::refused(called, ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn a_generalised_value_is_not_recovered_by_conditions_joins_or_order() {
    let masks = [
        ("amount", Mask::TopCode { most: 1_000 }),
        ("units", Mask::Band { width: 100 }),
        ("day", Mask::DateTo(DatePart::Year)),
        ("area", Mask::RegionTo(RegionPart::Province)),
    ];
    let node = visits().await;
    node.grant(grant(Role::IndustryBody, "raw.visit", everything(), &masks)).await;
    let body = party(Role::IndustryBody, None);
    let none: Vec<String> = Vec::new();
    for sql in [
        "SELECT firm FROM raw.visit WHERE amount > 1000",
        "SELECT firm FROM raw.visit WHERE units = 43",
        "SELECT firm FROM raw.visit WHERE units BETWEEN 1 AND 99",
        "SELECT firm FROM raw.visit WHERE day = DATE '2026-03-05'",
        "SELECT firm FROM raw.visit WHERE extract(month FROM day) <> 1",
        "SELECT firm FROM raw.visit WHERE area LIKE '3301%'",
        "SELECT a.firm FROM raw.visit a JOIN (SELECT 43 AS u) k ON a.units = k.u",
        "SELECT firm FROM raw.visit GROUP BY firm HAVING max(amount) > 1000",
        "SELECT firm FROM raw.visit WHERE 1 / (units - 43) = 99",
    ] {
        assert_eq!(node.rows(&body, sql).await.unwrap(), none, "{sql}");
    }
    let order = "SELECT units FROM (SELECT units, row_number() OVER (ORDER BY units DESC) AS n FROM raw.visit) \
                 WHERE n = 1";
    assert_eq!(node.rows(&body, order).await.unwrap(), ["1900"], "the band's lower end, not the value");
    let sum = node.rows(&body, "SELECT max(amount), min(units), max(day) FROM raw.visit").await.unwrap();
    assert_eq!(sum, ["1000.0|0|2026-01-01"]);
}

#[tokio::test]
async fn columns_not_asked_for_are_empty_and_taking_out_needs_its_own_grant() {
    let node = visits().await;
    let mut new = grant(Role::IndustryBody, "raw.visit", everything(), &[]);
    new.columns = Some(["firm".to_owned(), "units".to_owned()].into());
    new.actions = Some([Action::Read].into());
    node.grant(new).await;
    let body = party(Role::IndustryBody, None);
    let rows =
        node.rows(&body, "SELECT firm, phone, amount, units FROM raw.visit ORDER BY units LIMIT 1").await;
    assert_eq!(rows.unwrap(), [format!("{OWN}|||7")]);
    let session = node.warehouse.session(&body, "sql");
    let sql = "SELECT firm FROM raw.visit";
    assert!(session.sql(sql, QueryLimits::default(), Cancel::new()).await.is_ok());
    for action in [Action::Run, Action::Export, Action::Move] {
        let acting = session.acting(action).sql(sql, QueryLimits::default(), Cancel::new()).await;
        Node::refused(acting.map(drop).map_err(Failure::from), ErrorKind::Forbidden);
    }
}
