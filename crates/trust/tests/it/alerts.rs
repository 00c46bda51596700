//! Each alert rule fires at its threshold and not just below it, counts once, and raises an incident.

use brain_kernel::party::Role;
use brain_store::PageRequest;
use brain_trust::audit::Channel;
use brain_trust::incidents::{Filter, IncidentCard};
use brain_trust::status::{HealthPart, MIRROR_AGE_MAX_S, MirrorRecord};
use brain_trust::{AccessOrigin, EvidenceEntry};
use chrono::TimeDelta;
use serde_json::json;

use crate::audit::grant;
use crate::node::{Node, party, security};

/// A node on a Friday at ten in Beijing, with everything its opening recorded already counted.
async fn node_at_work() -> Node {
    let node = Node::start().await;
    // The clock of tests begins on Saturday 2026-11-21 at 09:02 Beijing time.
    node.clock.advance(TimeDelta::days(-1) + TimeDelta::hours(1));
    node.trust.alerts().advance().await.unwrap();
    node
}

async fn incidents(node: &Node) -> Vec<IncidentCard> {
    node.trust.alerts().advance().await.unwrap();
    let page = PageRequest::new(1, 1_000);
    node.trust.incidents().list(&security(), &Filter::default(), page).await.unwrap().items
}

async fn rules_hit(node: &Node) -> Vec<String> {
    let mut rules: Vec<String> = incidents(node).await.into_iter().filter_map(|one| one.rule).collect();
    rules.sort();
    rules
}

/// One access by the enterprise account.
async fn access(node: &Node, action: &str, dataset: &str, rows: u64, bytes: u64) {
    let origin =
        AccessOrigin { channel: Channel::Portal, operation: "sql".to_owned(), ..AccessOrigin::default() };
    let access = node.trust.audit().begin(&party(Role::Enterprise), "analysis", action, origin);
    access.opened(dataset, 1, &grant(dataset, None)).unwrap();
    access.handed_out(rows);
    if bytes > 0 {
        access.sent(bytes);
    }
    access.finish(None).await.unwrap();
}

fn deny(node: &Node) {
    let access = node.trust.audit().begin(&party(Role::Enterprise), "x", "read", AccessOrigin::default());
    access.refused("raw.secret", "warehouse/no-grant");
}

async fn act(node: &Node, kind: &str, actor: &str, subject: &str, ip: Option<&str>) {
    let body = ip.map_or_else(|| json!({}), |ip| json!({ "ip": ip }));
    let entry =
        EvidenceEntry { kind: kind.to_owned(), actor: actor.to_owned(), subject: subject.to_owned(), body };
    node.trust.evidence().record(entry).await.unwrap();
}

#[tokio::test]
async fn bulk_export_counts_rows_and_bytes_within_the_window() {
    let node = node_at_work().await;
    access(&node, "export", "raw.a", 60_000, 0).await;
    access(&node, "export", "raw.a", 39_999, 0).await;
    assert_eq!(rules_hit(&node).await, Vec::<String>::new(), "one row below");
    access(&node, "read", "raw.a", 50, 0).await;
    assert_eq!(rules_hit(&node).await, Vec::<String>::new(), "reading is not exporting");
    access(&node, "export", "raw.a", 1, 0).await;
    let found = incidents(&node).await;
    assert_eq!(found[0].rule.as_deref(), Some("bulk-export"));
    assert_eq!((found[0].subject.as_str(), found[0].hits), ("the-enterprise", 1));
    let detail = node.trust.incidents().show(&security(), &found[0].id).await.unwrap();
    let records: Vec<i64> = detail.references.iter().map(|reference| reference.seq).collect();
    assert_eq!(records, [0, 1, 3], "the records it rests on");
    assert!(detail.timeline[0].detail["measure"].as_str().unwrap().contains("100000"));
    assert!(detail.duties.iter().any(|duty| duty.duty == "report-incident"));

    let node = node_at_work().await;
    access(&node, "export", "raw.a", 1, 104_857_599).await;
    assert_eq!(rules_hit(&node).await, Vec::<String>::new(), "one byte below");
    access(&node, "export", "raw.a", 0, 1).await;
    assert_eq!(rules_hit(&node).await, ["bulk-export"]);
}

#[tokio::test]
async fn what_lies_before_the_window_no_longer_counts() {
    let node = node_at_work().await;
    access(&node, "export", "raw.a", 99_999, 0).await;
    node.clock.advance(TimeDelta::minutes(60));
    access(&node, "export", "raw.a", 1, 0).await;
    assert_eq!(rules_hit(&node).await, Vec::<String>::new());
    node.clock.advance(TimeDelta::minutes(59));
    access(&node, "export", "raw.a", 99_999, 0).await;
    assert_eq!(rules_hit(&node).await, ["bulk-export"]);
}

#[tokio::test]
async fn off_hours_begin_to_the_minute_and_on_weekends() {
    let node = node_at_work().await;
    // Friday 10:02 → 19:59.
    node.clock.advance(TimeDelta::hours(9) + TimeDelta::minutes(57));
    access(&node, "export", "raw.a", 1, 0).await;
    assert_eq!(rules_hit(&node).await, Vec::<String>::new());
    node.clock.advance(TimeDelta::minutes(1));
    access(&node, "read", "raw.a", 1, 0).await;
    assert_eq!(rules_hit(&node).await, Vec::<String>::new(), "reading a little is no alarm");
    access(&node, "export", "raw.a", 1, 0).await;
    assert_eq!(rules_hit(&node).await, ["off-hours-export"]);
    for _ in 0..198 {
        access(&node, "read", "raw.a", 1, 0).await;
    }
    assert_eq!(rules_hit(&node).await, ["off-hours-export"], "199 accesses");
    access(&node, "run", "raw.a", 1, 0).await;
    assert_eq!(rules_hit(&node).await, ["off-hours-export", "off-hours-reading"]);
}

#[tokio::test]
async fn repeated_denial_takes_ten_in_ten_minutes_of_one_account() {
    let node = node_at_work().await;
    (0..9).for_each(|_| deny(&node));
    assert_eq!(rules_hit(&node).await, Vec::<String>::new());
    let other = node.trust.audit().begin(&party(Role::Government), "x", "read", AccessOrigin::default());
    other.refused("raw.secret", "trust/denied");
    drop(other);
    assert_eq!(rules_hit(&node).await, Vec::<String>::new(), "the tenth is somebody else's");
    deny(&node);
    assert_eq!(rules_hit(&node).await, ["repeated-denial"]);
}

#[tokio::test]
async fn a_change_of_privileges_is_an_incident_and_the_nodes_own_is_not() {
    let node = node_at_work().await;
    act(&node, "grant.issue", "system", "g1", None).await;
    act(&node, "session.open", "somebody", "somebody", None).await;
    assert_eq!(rules_hit(&node).await, Vec::<String>::new());
    for kind in ["grant.issue", "policy.change", "account.create", "api_key.create"] {
        act(&node, kind, kind, "thing", None).await;
    }
    let found = incidents(&node).await;
    assert_eq!(found.len(), 4, "one of each actor");
    assert!(found.iter().all(|one| one.rule.as_deref() == Some("privilege-change")));
}

#[tokio::test]
async fn what_the_node_noticed_by_itself_is_an_incident() {
    for (kind, times, rule) in [
        ("session.guessing", 1, "guessing"),
        ("session.storm", 1, "guessing"),
        ("limit.exceeded", 3, "flood"),
        ("upload.infected", 1, "infected-upload"),
        ("upload.unscanned", 1, "scanner-silent"),
        ("egress.refused", 5, "refused-call"),
        ("node.changed", 1, "node-changed"),
    ] {
        let node = node_at_work().await;
        for _ in 1..times {
            act(&node, kind, "somebody", "thing", None).await;
        }
        assert_eq!(rules_hit(&node).await, Vec::<String>::new(), "{kind}: one below");
        act(&node, kind, "somebody", "thing", None).await;
        assert_eq!(rules_hit(&node).await, [rule], "{kind}");
    }
}

#[tokio::test]
async fn failed_sign_ins_are_counted_by_account_and_by_address() {
    let node = node_at_work().await;
    for _ in 0..9 {
        act(&node, "session.refused", "anonymous", "a1", Some("10.0.0.1")).await;
    }
    assert_eq!(rules_hit(&node).await, Vec::<String>::new());
    act(&node, "session.refused", "anonymous", "a1", Some("10.0.0.2")).await;
    assert_eq!(rules_hit(&node).await, ["sign-in-failures"]);
    // Ten other names from the first address: nineteen of it in all, then twenty.
    for number in 0..10 {
        act(&node, "session.refused", "anonymous", &format!("b{number}"), Some("10.0.0.1")).await;
    }
    assert_eq!(rules_hit(&node).await, ["sign-in-failures"]);
    act(&node, "session.refused", "anonymous", "unknown", Some("10.0.0.1")).await;
    assert_eq!(rules_hit(&node).await, ["sign-in-failures", "sign-in-spraying"]);
}

#[tokio::test]
async fn a_wrong_password_typed_ten_times_is_seen_through_the_whole_way() {
    let node = node_at_work().await;
    let id = node.account("victim", Role::Government).await;
    for _ in 0..10 {
        assert!(node.sign_in("victim", "wrong").await.is_err());
    }
    let found = incidents(&node).await;
    let failures = found.iter().find(|one| one.rule.as_deref() == Some("sign-in-failures")).unwrap();
    assert_eq!(failures.subject, id);
}

#[tokio::test]
async fn many_datasets_are_measured_against_the_accounts_own_habit() {
    let node = node_at_work().await;
    // Without a habit the least is fifteen.
    for number in 0..14 {
        access(&node, "read", &format!("raw.t{number}"), 1, 0).await;
    }
    access(&node, "read", "raw.t3", 1, 0).await;
    assert_eq!(rules_hit(&node).await, Vec::<String>::new(), "fourteen, one of them twice");
    access(&node, "read", "raw.t14", 1, 0).await;
    assert_eq!(rules_hit(&node).await, ["many-datasets"]);
    access(&node, "read", "raw.t15", 1, 0).await;
    assert_eq!(incidents(&node).await[0].hits, 1, "once a day");
    // The next Monday the habit is sixteen a day: three times that, also after a restart.
    node.clock.advance(TimeDelta::days(3));
    let node = node.restart().await;
    for number in 0..47 {
        access(&node, "read", &format!("raw.m{number}"), 1, 0).await;
    }
    assert_eq!(incidents(&node).await[0].hits, 1, "forty-seven");
    access(&node, "read", "raw.m47", 1, 0).await;
    assert_eq!(incidents(&node).await[0].hits, 2);
    // Denied ones are no touch.
    for number in 0..40 {
        let access = node.trust.audit().begin(&party(Role::Government), "x", "read", AccessOrigin::default());
        access.refused(&format!("raw.d{number}"), "warehouse/no-grant");
    }
    let found = rules_hit(&node).await;
    assert_eq!(found, ["many-datasets", "repeated-denial"]);
}

#[tokio::test]
async fn hits_join_the_incident_that_is_open_and_begin_a_new_one_when_it_is_closed() {
    let node = node_at_work().await;
    access(&node, "export", "raw.a", 100_000, 0).await;
    access(&node, "export", "raw.a", 100_000, 0).await;
    let found = incidents(&node).await;
    assert_eq!((found.len(), found[0].hits), (1, 2));
    let closure = brain_trust::incidents::Closure {
        cause: "例行报送".to_owned(),
        measures: String::new(),
        false_alarm: true,
    };
    node.trust.incidents().close(&security(), &found[0].id, found[0].revision, closure).await.unwrap();
    access(&node, "export", "raw.a", 100_000, 0).await;
    assert_eq!(incidents(&node).await.len(), 2);
}

#[tokio::test]
async fn a_restart_counts_nothing_twice_and_forgets_nothing() {
    let node = node_at_work().await;
    access(&node, "export", "raw.a", 100_000, 0).await;
    access(&node, "export", "raw.a", 70_000, 0).await;
    (0..6).for_each(|_| deny(&node));
    assert_eq!(rules_hit(&node).await, ["bulk-export"]);
    let node = node.restart().await;
    assert_eq!(incidents(&node).await[0].hits, 1, "not again");
    (0..4).for_each(|_| deny(&node));
    assert_eq!(rules_hit(&node).await, ["bulk-export", "repeated-denial"], "six before, four after");
}

#[tokio::test]
async fn the_nodes_own_file_corrects_the_rules_and_a_wrong_one_keeps_it_from_opening() {
    let node = Node::start().await;
    let file = node.keys_dir().parent().unwrap().join("alerts.toml");
    std::fs::write(
        &file,
        "[[rule]]\nid=\"bulk-export\"\ntitle={zh=\"导出\",en=\"Export\"}\nseverity=\"major\"\nwindow_minutes=5\n\
         condition={volume={actions=[\"export\"],rows=10}}\n",
    )
    .unwrap();
    let node = node.restart().await;
    node.clock.advance(TimeDelta::days(-1) + TimeDelta::hours(1));
    access(&node, "export", "raw.a", 10, 0).await;
    let found = incidents(&node).await;
    assert_eq!(found[0].title.zh, "导出");
    let book = node.trust.alerts().rulebook(&party(Role::Auditor)).unwrap();
    assert_eq!(book.file.as_deref(), Some(file.as_path()));
    assert!(node.trust.alerts().rulebook(&party(Role::Government)).is_err());
    std::fs::write(&file, "[[rule]]\nid=\"x\"\n").unwrap();
    let (store, keys, clock) = (node.store.clone(), node.keys_dir(), node.clock.clone());
    let refused = brain_trust::Trust::open(store, &keys, clock, crate::node::options()).await.err().unwrap();
    assert_eq!(refused.code(), "trust/alert-rules");
    assert!(refused.to_string().contains("alerts.toml"), "{refused}");
}

#[tokio::test]
async fn a_copy_at_the_other_site_that_falls_behind_becomes_an_incident() {
    let node = node_at_work().await;
    let status = node.trust.status();
    assert_eq!(status.mirror_age_s(), None, "nothing is mirrored");
    status.note_mirror(true).await.unwrap();
    assert_eq!(rules_hit(&node).await, Vec::<String>::new(), "and nothing is late");
    let record = MirrorRecord {
        epoch: 1,
        every_s: 30,
        as_of: node.store.now(),
        snapshot: "s1".to_owned(),
        bytes_new: 0,
        error: "the line is down".to_owned(),
        standbys: vec!["brain-b".to_owned()],
        running: true,
    };
    status.set_mirror(record.clone());
    let part = |parts: Vec<HealthPart>| parts.into_iter().find(|part| part.name == "mirror").unwrap();
    node.clock.advance(TimeDelta::seconds(MIRROR_AGE_MAX_S));
    assert!(part(status.health().await.unwrap()).ok);
    node.clock.advance(TimeDelta::seconds(1));
    let late = part(status.health().await.unwrap());
    assert!(!late.ok && !late.essential, "it shows, and stops nothing: {late:?}");
    assert!(late.detail.contains("the line is down") && late.detail.contains("brain-b"), "{late:?}");
    status.note_mirror(true).await.unwrap();
    assert_eq!(rules_hit(&node).await, ["mirror-late"]);
    // A node that is stopped is not late: nothing is written that could be.
    status.set_mirror(MirrorRecord { running: false, ..record });
    assert!(part(status.health().await.unwrap()).ok);
}
