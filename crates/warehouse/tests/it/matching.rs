//! Matching inside the warehouse: what a person decided stays decided, clusters change with a cause, two reviewers at once,
//! what a grant does not show is not shown, golden records lead from any name to all of them.

use crate::door::grant;
use crate::node::{Node, administrator, party};
use brain_kernel::error::Failure;
use brain_kernel::party::{Party, Role};
use brain_kernel::predicate::{Mask, Predicate};
use brain_kernel::progress::{Cancel, Progress};
use brain_warehouse::Session;
use brain_warehouse::ingest::{IngestOptions, IngestRequest};
use brain_warehouse::matching::{
    ClusterCard, ClusterQuery, Matching, NewDecision, NewSet, PURPOSE, PairCard, PairQuery, PairState, Plan,
    RunDetail, TakeBatch, Verdict,
};
use serde_json::{Value, json};

const FIRMS: &str = r#"
name = "NAME"
title = { zh = "企业", en = "Firms" }
description = { zh = "企业名单。", en = "A list of firms." }
owner = "市场监管局"
side = "public"
grade = "general1"
source = "test"
licence = "test"

[[table]]
dataset = "raw.NAME"
files = ["NAME*.csv"]
mode = "replace"

[[table.column]]
name = "id"
type = "text"
required = true

[[table.column]]
name = "name"
type = "text"

[[table.column]]
name = "uscc"
type = "text"

[[table.column]]
name = "city"
type = "text"

[[table.column]]
name = "as_of"
type = "date"
"#;

const REGISTER: &str = "id,name,uscc,city,as_of\n\
r1,杭州精工轴承有限公司,91330108MA27XR2L5G,杭州市,2024-01-01\n\
r2,宁波恒达机械股份有限公司,91330200744973411W,宁波市,2024-01-01\n\
r3,温州永固阀门有限公司,91330300712588420C,温州市,2024-01-01\n\
r4,绍兴华纺印染有限公司,,绍兴市,2024-01-01\n\
r5,嘉兴嘉禾食品有限公司,,嘉兴市,2024-01-01\n\
r6,湖州天能电池有限公司,,湖州市,2024-01-01\n";
const LISTED: &str = "id,name,uscc,city,as_of\n\
l1,杭州精工轴承有限公司,91330108MA27XR2L5G,杭州市,2026-01-01\n\
l2,宁波恒达机械股份有限公司,91330200744973411W,宁波市,2026-01-01\n\
l3,永固阀门,,温州市,2026-01-01\n\
l4,华纺印染集团,,绍兴市,2026-01-01\n";

async fn load(node: &Node, mapping: &str, text: &str) {
    let path = node.file(&format!("in/{mapping}-{}.csv", text.len()), text);
    let options = IngestOptions { skip_models: true, ..IngestOptions::default() };
    let request = IngestRequest { path, mapping: mapping.to_owned(), options };
    node.warehouse.ingest(&administrator(), request, Progress::new(), Cancel::new()).await.unwrap();
}

async fn loaded() -> Node {
    let node = Node::empty().await;
    for name in ["register", "listed"] {
        node.file(&format!("mappings/{name}.toml"), &FIRMS.replace("NAME", name));
    }
    load(&node, "register", REGISTER).await;
    load(&node, "listed", LISTED).await;
    node
}

fn plan(change: impl FnOnce(&mut Value)) -> Plan {
    let mut plan = json!({
        "preset": "firm",
        "steps": [{
            "left": { "dataset": "raw.listed", "key": ["id"] },
            "right": { "dataset": "raw.register", "key": ["id"] },
        }],
        "upper": 0.99999, "lower": 0.01, "sample": 0,
        "golden": {
            "attributes": {
                "number": { "raw.register": "id" },
                "legal_name": { "raw.register": "name" },
                "short_name": { "raw.listed": "name" },
                "uscc": { "raw.register": "uscc", "raw.listed": "uscc" },
            },
            "dates": { "raw.register": "as_of", "raw.listed": "as_of" },
            "survivorship": { "sources": ["raw.register", "raw.listed"], "default": ["source_priority", "most_recent"] },
        },
    });
    change(&mut plan);
    serde_json::from_value(plan).unwrap()
}

fn reviewer(name: &str) -> Party {
    Party { account: name.to_owned(), ..party(Role::Government, None) }
}

fn session(node: &Node, name: &str) -> Session {
    node.warehouse.session(&reviewer(name), PURPOSE)
}

async fn a_set(node: &Node, change: impl FnOnce(&mut Value)) -> String {
    let new = NewSet { name: "企业".to_owned(), plan: plan(change), reason: "首次".to_owned() };
    let made = node.warehouse.matching().create_set(&session(node, "ann"), new).await;
    made.map_err(Failure::from).unwrap().card.id
}

async fn run(node: &Node, set: &str) -> RunDetail {
    let done = node.warehouse.matching().run(session(node, "ann"), set, Progress::new(), Cancel::new()).await;
    let done = done.map_err(Failure::from).unwrap();
    assert_eq!(done.card.state, "succeeded", "{:?}", done.card.failure);
    done
}

async fn pairs(matching: &Matching, session: &Session, set: &str, state: Option<PairState>) -> Vec<PairCard> {
    let query = PairQuery { state, page_size: Some(100), ..PairQuery::default() };
    matching.pairs(session, set, &query).await.map_err(Failure::from).unwrap().items
}

fn between(pairs: &[PairCard], a: &str, b: &str) -> PairCard {
    let key = |pair: &PairCard| {
        [pair.left.key.clone().unwrap_or_default(), pair.right.key.clone().unwrap_or_default()]
    };
    let found = pairs.iter().find(|pair| key(pair).iter().all(|key| key == a || key == b));
    found
        .unwrap_or_else(|| panic!("no pair {a} {b} in {:?}", pairs.iter().map(key).collect::<Vec<_>>()))
        .clone()
}

async fn clusters(node: &Node, set: &str) -> Vec<ClusterCard> {
    let found =
        node.warehouse.matching().clusters(&session(node, "ann"), set, &ClusterQuery::default()).await;
    found.map_err(Failure::from).unwrap().items
}

fn says(verdict: Verdict, pair: &PairCard) -> NewDecision {
    NewDecision { verdict, reason: "核对登记信息".to_owned(), revision: pair.revision }
}

fn code<T: std::fmt::Debug>(result: brain_warehouse::Result<T>) -> &'static str {
    Failure::from(result.expect_err("must be refused")).code
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_writes_pairs_with_their_evidence_and_nothing_into_its_tables() {
    let node = loaded().await;
    let matching = node.warehouse.matching();
    let set = a_set(&node, |_| {}).await;
    let ann = session(&node, "ann");
    let before = node.rows(&administrator(), "SELECT count(*), max(name) FROM raw.register").await.unwrap();
    let done = run(&node, &set).await;
    assert_eq!(done.card.records, 10);
    let report = done.report.unwrap();
    assert_eq!((report.steps[0].left.rows, report.steps[0].right.as_ref().unwrap().rows), (4, 6));
    assert_eq!(
        node.rows(&administrator(), "SELECT count(*), max(name) FROM raw.register").await.unwrap(),
        before
    );

    let all = pairs(&matching, &ann, &set, None).await;
    let sure = between(&all, "l1", "r1");
    assert_eq!(sure.state, PairState::Automatic, "{sure:?}");
    let doubtful = between(&all, "l3", "r3");
    assert_eq!(doubtful.state, PairState::Open, "{doubtful:?}");
    let name = doubtful.fields.iter().find(|field| field.field == "name").unwrap();
    assert_eq!(
        (name.left.as_deref(), name.right.as_deref()),
        (Some("永固阀门"), Some("温州永固阀门有限公司"))
    );
    assert!(name.differs && !name.evidence.is_empty());
    let told = name.evidence.iter().find(|evidence| evidence.bits > 1.0).unwrap();
    assert!(told.level.is_some() && told.says.zh.contains("支持同一"), "{told:?}");

    let joined = clusters(&node, &set).await;
    assert!(joined.len() >= 2 && joined.iter().all(|cluster| cluster.size == 2), "{joined:?}");
    let detail = matching.cluster(&ann, &joined[0].id).await.unwrap();
    assert_eq!((detail.events[0].kind.as_str(), detail.events[0].cause.as_str()), ("form", "run"));
    assert_eq!((detail.events[0].cause_id.as_str(), detail.members.len()), (done.card.id.as_str(), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_stands_until_its_records_change_and_then_it_is_asked_again() {
    let node = loaded().await;
    let matching = node.warehouse.matching();
    let set = a_set(&node, |_| {}).await;
    run(&node, &set).await;
    let ann = session(&node, "ann");
    let open = between(&pairs(&matching, &ann, &set, Some(PairState::Open)).await, "l3", "r3");
    let before = clusters(&node, &set).await.len();
    let decided =
        matching.decide(&ann, &open.id, says(Verdict::Same, &open)).await.map_err(Failure::from).unwrap();
    assert_eq!((decided.card.state, decided.decisions.len()), (PairState::Same, 1));
    let after = clusters(&node, &set).await;
    assert_eq!(after.len(), before + 1, "what a person says joins at once");
    let detail = matching.cluster(&ann, &after[0].id).await.unwrap();
    assert_eq!(
        (detail.events[0].cause.as_str(), detail.events[0].cause_id.as_str()),
        ("decision", open.id.as_str())
    );

    let again = run(&node, &set).await;
    assert_eq!(
        (again.card.kept, again.card.asked_again, again.card.clusters),
        (1, 0, 0),
        "nothing has changed"
    );
    assert_eq!(matching.pair(&ann, &open.id).await.unwrap().card.state, PairState::Same);

    load(&node, "listed", &LISTED.replace("永固阀门", "永固阀门控股")).await;
    let changed = run(&node, &set).await;
    assert_eq!(changed.card.asked_again, 1);
    let asked = matching.pair(&ann, &open.id).await.unwrap();
    assert!(asked.card.state == PairState::Open && asked.card.changed);
    assert!(
        asked.decisions[0].records_changed,
        "the decision stays to be read, and says it is about other records"
    );
    // Nobody answers for it now: the two are apart again, and the cluster says why.
    let events = matching.cluster(&ann, &after[0].id).await.unwrap().events;
    assert_eq!((events[0].kind.as_str(), events[0].cause.as_str()), ("end", "run"));
    let third = run(&node, &set).await;
    assert_eq!(third.card.asked_again, 0, "it is asked once, not at every run");
    assert!(matching.pair(&ann, &open.id).await.unwrap().card.changed);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_reviewers_at_once_the_second_learns_what_the_first_said() {
    let node = loaded().await;
    let matching = node.warehouse.matching();
    let set = a_set(&node, |_| {}).await;
    run(&node, &set).await;
    let (ann, bob) = (session(&node, "ann"), session(&node, "bob"));
    let open = between(&pairs(&matching, &ann, &set, Some(PairState::Open)).await, "l3", "r3");

    let batch = TakeBatch { count: 50, minutes: 10 };
    let taken = matching.take(&ann, &set, &batch).await.unwrap();
    assert!(taken.iter().any(|pair| pair.id == open.id && pair.taken_by.as_deref() == Some("ann")));
    assert_eq!(matching.take(&bob, &set, &batch).await.unwrap(), [], "everything is taken");
    assert_eq!(
        code(matching.decide(&bob, &open.id, says(Verdict::Different, &open)).await),
        "warehouse/match-taken"
    );
    assert!(matching.release(&ann, &set).await.unwrap() > 0);

    matching.decide(&ann, &open.id, says(Verdict::Same, &open)).await.unwrap();
    let late = matching.decide(&bob, &open.id, says(Verdict::Different, &open)).await;
    let failure = Failure::from(late.expect_err("bob saw an older revision"));
    assert_eq!(failure.code, "warehouse/match-decided-meanwhile");
    assert!(failure.detail.zh.contains("ann") && failure.detail.zh.contains("同一"), "{:?}", failure.detail);

    // He opens it again and changes it, which needs a reason; taking back is a decision too.
    let seen = matching.pair(&bob, &open.id).await.unwrap().card;
    let silent = NewDecision { verdict: Verdict::Different, reason: " ".to_owned(), revision: seen.revision };
    assert_eq!(code(matching.decide(&bob, &open.id, silent).await), "warehouse/match-reason");
    let with = clusters(&node, &set).await.len();
    let other = matching.decide(&bob, &open.id, says(Verdict::Different, &seen)).await.unwrap();
    assert_eq!(clusters(&node, &set).await.len(), with - 1, "the cluster ends with what made it");
    let back = matching.decide(&bob, &open.id, says(Verdict::Withdrawn, &other.card)).await.unwrap();
    assert_eq!((back.card.state, back.decisions.len()), (PairState::Open, 3));
    assert_eq!(
        code(matching.decide(&bob, &open.id, says(Verdict::Withdrawn, &back.card)).await),
        "warehouse/match-state"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn told_apart_splits_a_cluster_and_no_run_joins_it_again() {
    let node = loaded().await;
    let matching = node.warehouse.matching();
    let set = a_set(&node, |_| {}).await;
    run(&node, &set).await;
    let ann = session(&node, "ann");
    let sure = between(&pairs(&matching, &ann, &set, Some(PairState::Automatic)).await, "l1", "r1");
    let before = clusters(&node, &set).await.len();
    matching.decide(&ann, &sure.id, says(Verdict::Different, &sure)).await.unwrap();
    assert_eq!(clusters(&node, &set).await.len(), before - 1);
    let again = run(&node, &set).await;
    assert_eq!((again.card.kept, clusters(&node, &set).await.len()), (1, before - 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_of_automatic_pairs_gives_an_estimate_with_its_interval() {
    let node = loaded().await;
    let matching = node.warehouse.matching();
    let set = a_set(&node, |plan| plan["sample"] = 5.into()).await;
    let first = run(&node, &set).await;
    let ann = session(&node, "ann");
    let nothing = first.estimate.unwrap().automatic;
    assert_eq!((nothing.value, nothing.low), (None, None));
    let joined = clusters(&node, &set).await.len();
    let sampled: Vec<PairCard> = pairs(&matching, &ann, &set, Some(PairState::Open))
        .await
        .into_iter()
        .filter(|pair| pair.sample)
        .collect();
    assert!(sampled.len() >= 2 && joined >= 2, "sampled pairs are looked at, not held back");
    for (pair, verdict) in sampled.iter().zip([Verdict::Same, Verdict::Different]) {
        matching.decide(&ann, &pair.id, says(verdict, pair)).await.unwrap();
    }
    let share = run(&node, &set).await.estimate.unwrap().automatic;
    assert_eq!((share.same, share.different, share.value), (1, 1, Some(0.5)));
    assert!(share.low.unwrap() < 0.5 && share.high.unwrap() > 0.5);
}

#[tokio::test(flavor = "multi_thread")]
async fn golden_records_lead_from_any_name_to_all_of_them_and_keep_what_was() {
    let node = loaded().await;
    let matching = node.warehouse.matching();
    let set = a_set(&node, |_| {}).await;
    run(&node, &set).await;
    let ann = session(&node, "ann");
    let open = between(&pairs(&matching, &ann, &set, Some(PairState::Open)).await, "l3", "r3");
    matching.decide(&ann, &open.id, says(Verdict::Same, &open)).await.unwrap();
    assert_eq!(
        matching.lookup(&ann, &set, "温州永固阀门有限公司").await.unwrap(),
        [],
        "golden records are made by runs"
    );
    run(&node, &set).await;
    for name in ["永固阀门", "温州永固阀门有限公司", "91330300712588420C"] {
        let hits = matching.lookup(&ann, &set, name).await.unwrap();
        assert_eq!(hits.len(), 1, "{name}");
        let value = |attribute: &str| {
            let found = hits[0].values.iter().find(|value| value.attribute == attribute && value.chosen);
            found.and_then(|value| value.value.clone())
        };
        assert_eq!(value("legal_name").as_deref(), Some("温州永固阀门有限公司"), "{name}");
        assert_eq!(value("short_name").as_deref(), Some("永固阀门"));
        assert_eq!(value("uscc").as_deref(), Some("91330300712588420C"));
    }
    // The source says it as of another day: the old value ends and stays to be read.
    let later = REGISTER.replace("91330108MA27XR2L5G,杭州市,2024", "91330108MA27XR2L5G,杭州市,2025");
    load(&node, "register", &format!("{later}r7,衢州新生纸业有限公司,,衢州市,2024-01-01\n")).await;
    run(&node, &set).await;
    let hits = matching.lookup(&ann, &set, "91330108MA27XR2L5G").await.unwrap();
    let detail = matching.cluster(&ann, &hits[0].cluster).await.unwrap();
    let chosen = |values: &[brain_warehouse::matching::GoldenCard]| {
        let found = values.iter().find(|value| value.attribute == "legal_name" && value.chosen);
        found.map(|value| (value.value.clone().unwrap_or_default(), value.as_of.clone().unwrap_or_default()))
    };
    assert_eq!(chosen(&detail.golden), Some(("杭州精工轴承有限公司".to_owned(), "2025-01-01".to_owned())));
    assert_eq!(
        chosen(&detail.golden_past),
        Some(("杭州精工轴承有限公司".to_owned(), "2024-01-01".to_owned()))
    );
    assert!(detail.golden_past.iter().all(|value| value.until_at.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_read_a_table_has_no_set_over_it_and_other_roles_match_nothing() {
    let node = loaded().await;
    let matching = node.warehouse.matching();
    let set = a_set(&node, |_| {}).await;
    run(&node, &set).await;
    let author = node.warehouse.session(&party(Role::ComponentAuthor, None), PURPOSE);
    assert_eq!(code(matching.sets(&author).await), "warehouse/matching-not-allowed");
    let ann = session(&node, "ann");
    let open = between(&pairs(&matching, &ann, &set, Some(PairState::Open)).await, "l3", "r3");
    node.revoke_everything().await;
    let ann = session(&node, "ann");
    assert_eq!(matching.sets(&ann).await.unwrap(), []);
    assert_eq!(code(matching.set(&ann, &set).await), "warehouse/unknown-match-set");
    assert_eq!(code(matching.pair(&ann, &open.id).await), "warehouse/unknown-match-pair");
    assert_eq!(
        code(matching.decide(&ann, &open.id, says(Verdict::Same, &open)).await),
        "warehouse/unknown-match-pair"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_held_against_the_tables_and_a_cancelled_run_says_so() {
    let node = loaded().await;
    let matching = node.warehouse.matching();
    let ann = session(&node, "ann");
    let create = |plan: Plan| NewSet { name: "又一个".to_owned(), plan, reason: "试".to_owned() };
    let wrong = matching
        .create_set(&ann, create(plan(|plan| plan["steps"][0]["left"]["key"] = json!(["nothing"]))))
        .await;
    assert_eq!(code(wrong), "warehouse/match-plan");
    let foreign = matching
        .create_set(&ann, create(plan(|plan| plan["steps"][0]["left"]["dataset"] = "raw.none".into())))
        .await;
    assert!(Failure::from(foreign.unwrap_err()).code.starts_with("warehouse/"));
    let set = a_set(&node, |_| {}).await;
    assert_eq!(
        code(
            matching
                .create_set(
                    &ann,
                    NewSet { name: "企业".to_owned(), plan: plan(|_| {}), reason: "试".to_owned() }
                )
                .await
        ),
        "warehouse/match-set-exists"
    );
    let cancel = Cancel::new();
    cancel.cancel();
    let done = matching.run(session(&node, "ann"), &set, Progress::new(), cancel).await.unwrap();
    assert_eq!((done.card.state.as_str(), done.report), ("cancelled", None));
    let seen = matching.set(&ann, &set).await.unwrap();
    let new = NewSet { name: "企业".to_owned(), plan: seen.plan.clone(), reason: "改".to_owned() };
    matching.change_set(&ann, &set, seen.card.revision, new.clone()).await.unwrap();
    assert_eq!(code(matching.change_set(&ann, &set, seen.card.revision, new).await), "store/stale");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_does_not_see_every_row_leaves_the_rest_as_it_was_and_a_mask_stops_it() {
    let node = loaded().await;
    let matching = node.warehouse.matching();
    let set = a_set(&node, |_| {}).await;
    run(&node, &set).await;
    let ann = session(&node, "ann");
    let all = pairs(&matching, &ann, &set, None).await;
    let (hangzhou, ningbo) = (between(&all, "l1", "r1"), between(&all, "l2", "r2"));
    // With so few rows left the model is another one; what a person said is not.
    matching.decide(&ann, &hangzhou.id, says(Verdict::Same, &hangzhou)).await.unwrap();
    let mut before: Vec<(String, u64)> =
        clusters(&node, &set).await.into_iter().map(|cluster| (cluster.id, cluster.size)).collect();
    before.sort();
    node.revoke_everything().await;
    let everything = Predicate::All(Vec::new());
    let rows = Predicate::Equals { column: "city".to_owned(), value: "杭州市".to_owned() };
    node.grant(grant(Role::Government, "raw.listed", everything.clone(), &[])).await;
    let id = node.grant(grant(Role::Government, "raw.register", rows, &[])).await;

    let done = run(&node, &set).await;
    assert!(!done.report.as_ref().unwrap().steps[0].right.as_ref().unwrap().whole);
    assert_eq!((done.card.records, done.card.clusters), (5, 0));
    let mut after: Vec<(String, u64)> =
        clusters(&node, &set).await.into_iter().map(|cluster| (cluster.id, cluster.size)).collect();
    after.sort();
    assert_eq!(after, before);

    // What the grant does not show is not shown, not taken, and not decided about.
    let ann = session(&node, "ann");
    let seen = matching.pair(&ann, &ningbo.id).await.unwrap().card;
    let right = &seen.right;
    assert_eq!((right.visible, right.key.as_deref(), seen.left.visible), (false, None, true));
    assert!(seen.fields.iter().all(|field| field.right.is_none()), "{:?}", seen.fields);
    let failure = code(matching.decide(&ann, &ningbo.id, says(Verdict::Different, &ningbo)).await);
    assert_eq!(failure, "warehouse/match-not-visible");
    let batch = matching.take(&ann, &set, &TakeBatch { count: 50, minutes: 10 }).await.unwrap();
    assert!(batch.iter().all(|pair| pair.left.visible && pair.right.visible));
    let hits = matching.lookup(&ann, &set, "91330200744973411W").await.unwrap();
    assert!(
        hits.iter()
            .flat_map(|hit| &hit.values)
            .all(|value| value.dataset == "raw.listed" || value.value.is_none())
    );

    node.trust.grants().revoke(&party(Role::SecurityAdministrator, None), &id).await.unwrap();
    node.grant(grant(Role::Government, "raw.register", everything, &[("name", Mask::Redact)])).await;
    let masked = matching.run(session(&node, "ann"), &set, Progress::new(), Cancel::new()).await;
    assert_eq!(code(masked), "warehouse/match-masked");
    let ann = session(&node, "ann");
    let seen = matching.pair(&ann, &ningbo.id).await.unwrap().card;
    let name = seen.fields.iter().find(|field| field.field == "name").unwrap();
    assert_eq!((name.right.as_deref(), name.right_masked, name.left_masked), (None, true, false));
}
