//! Incidents go their way step by step, and every step is on the record.

use brain_kernel::party::Role;
use brain_store::PageRequest;
use brain_trust::incidents::{
    Closure, Filter, IncidentDetail, IncidentState, IncidentStep, NewIncident, NewOwner, Severity,
};
use chrono::TimeDelta;
use proptest::prelude::*;

use crate::node::{Node, party, security};

fn new(drill: bool) -> NewIncident {
    NewIncident {
        title: "可疑导出".to_owned(),
        subject: "a1".to_owned(),
        severity: Severity::Serious,
        note: "夜间大量导出".to_owned(),
        drill,
    }
}

fn closure(false_alarm: bool) -> Closure {
    let measures = if false_alarm { String::new() } else { "收回授权并培训".to_owned() };
    Closure { cause: "授权过宽".to_owned(), measures, false_alarm }
}

async fn raised(node: &Node) -> IncidentDetail {
    node.trust.incidents().raise(&security(), new(false)).await.unwrap()
}

#[tokio::test]
async fn from_open_to_closed_with_owner_timeline_cause_measures_and_evidence() {
    let node = Node::start().await;
    let (incidents, security) = (node.trust.incidents(), security());
    let owner = node.account("sec2", Role::SecurityAdministrator).await;
    let begun = raised(&node).await;
    let id = begun.card.id.clone();
    assert_eq!((begun.card.state, begun.card.drill, begun.timeline.len()), (IncidentState::Open, false, 1));
    let to = NewOwner { owner: Some("sec2".to_owned()), note: "请处理".to_owned() };
    let assigned = incidents.assign(&security, &id, 1, to).await.unwrap();
    assert_eq!(assigned.card.owner.as_deref(), Some(owner.as_str()));
    incidents.note(&security, &id, 2, "已联系本人").await.unwrap();
    let contained = incidents.contain(&security, &id, 3, "已停用密钥").await.unwrap();
    assert_eq!(contained.card.state, IncidentState::Contained);
    let closed = incidents.close(&security, &id, 4, closure(false)).await.unwrap();
    assert_eq!((closed.card.state, closed.card.cause.as_deref()), (IncidentState::Closed, Some("授权过宽")));
    assert!(closed.card.closed_at.is_some() && closed.card.measures.is_some());
    let steps: Vec<&str> = closed.timeline.iter().map(|line| line.step.as_str()).collect();
    assert_eq!(steps, ["open", "assign", "note", "contain", "close"]);
    assert_eq!(incidents.reopen(&security, &id, 5, "  ").await.unwrap_err().code(), "trust/invalid-argument");
    let again = incidents.reopen(&security, &id, 5, "又发生一次").await.unwrap();
    assert_eq!((again.card.state, again.card.owner, again.card.closed_at), (IncidentState::Open, None, None));
    assert!(again.timeline[4].note.contains("收回授权并培训"), "the former closure stays in the timeline");
    let kinds = node.kinds().await;
    for kind in [
        "incident.open",
        "incident.assign",
        "incident.note",
        "incident.contain",
        "incident.close",
        "incident.reopen",
    ] {
        assert!(kinds.contains(&kind.to_owned()), "{kind}");
    }
    let filter = brain_store::evidence::LeafFilter { subject: Some(id), ..Default::default() };
    let entries = node.trust.evidence().entries(&filter, PageRequest::new(1, 100)).await.unwrap();
    let words = format!("{:?}", entries.items);
    assert!(!words.contains("授权过宽") && !words.contains("已联系本人"), "evidence holds digests of words");
    assert!(node.trust.evidence().verify().await.unwrap().ok);
}

#[tokio::test]
async fn two_who_act_at_once_do_not_overwrite_each_other() {
    let node = Node::start().await;
    let (incidents, security, id) = (node.trust.incidents(), security(), raised(&node).await.card.id);
    incidents.assign(&security, &id, 1, NewOwner::default()).await.unwrap();
    for seen in [1, 3, 0, -1, i64::MAX, i64::MIN] {
        let late = incidents.contain(&security, &id, seen, "已控制").await.unwrap_err();
        assert_eq!(late.code(), "store/stale", "{seen}");
    }
    let seen = incidents.show(&security, &id).await.unwrap();
    assert_eq!((seen.card.state, seen.card.revision, seen.timeline.len()), (IncidentState::Assigned, 2, 2));
}

#[tokio::test]
async fn only_security_administrators_work_and_only_they_and_auditors_see() {
    let node = Node::start().await;
    let incidents = node.trust.incidents();
    let id = raised(&node).await.card.id;
    for role in Role::ALL {
        let (actor, sees) = (party(role), matches!(role, Role::SecurityAdministrator | Role::Auditor));
        assert_eq!(incidents.show(&actor, &id).await.is_ok(), sees, "{role:?}");
        assert_eq!(incidents.list(&actor, &Filter::default(), PageRequest::default()).await.is_ok(), sees);
        if role == Role::SecurityAdministrator {
            continue;
        }
        let codes = [
            incidents.raise(&actor, new(true)).await.unwrap_err().code(),
            incidents.assign(&actor, &id, 1, NewOwner::default()).await.unwrap_err().code(),
            incidents.contain(&actor, &id, 1, "x").await.unwrap_err().code(),
            incidents.close(&actor, &id, 1, closure(true)).await.unwrap_err().code(),
            incidents.reopen(&actor, &id, 1, "x").await.unwrap_err().code(),
            incidents.note(&actor, &id, 1, "x").await.unwrap_err().code(),
        ];
        assert_eq!(codes, ["trust/wrong-role"; 6], "{role:?}");
    }
    node.account("clerk", Role::Government).await;
    let clerk = NewOwner { owner: Some("clerk".to_owned()), note: String::new() };
    let refused = incidents.assign(&security(), &id, 1, clerk).await.unwrap_err();
    assert_eq!(refused.code(), "trust/invalid-argument", "the owner must be able to work on it");
}

#[tokio::test]
async fn a_drill_goes_the_same_way_and_says_what_it_is() {
    let node = Node::start().await;
    let incidents = node.trust.incidents();
    let drill = incidents.raise(&security(), new(true)).await.unwrap();
    assert!(drill.card.drill);
    assert!(node.kinds().await.contains(&"incident.drill".to_owned()));
    raised(&node).await;
    let only = |drill: bool| Filter { drill: Some(drill), ..Filter::default() };
    for (filter, total) in [(only(true), 1), (only(false), 1), (Filter::default(), 2)] {
        let found = incidents.list(&security(), &filter, PageRequest::default()).await.unwrap();
        assert_eq!(found.total, total);
    }
    let id = drill.card.id;
    incidents.assign(&security(), &id, 1, NewOwner::default()).await.unwrap();
    incidents.contain(&security(), &id, 2, "演练：已隔离").await.unwrap();
    let closed = incidents.close(&security(), &id, 3, closure(false)).await.unwrap();
    assert!(closed.card.drill && closed.card.state == IncidentState::Closed);
}

#[tokio::test]
async fn duties_by_law_run_from_the_beginning_or_from_when_somebody_says_so() {
    let node = Node::start().await;
    let (incidents, security) = (node.trust.incidents(), security());
    let begun = raised(&node).await;
    let id = begun.card.id.clone();
    let due = begun.duties.iter().find(|duty| duty.duty == "report-incident").unwrap();
    assert_eq!(due.due_at, begun.card.opened_at + TimeDelta::hours(4));
    assert!(!due.overdue);
    let added = incidents.begin_duty(&security, &id, 1, "notify-persons").await.unwrap();
    assert_eq!(added.duties.len(), begun.duties.len() + 1);
    assert_eq!(
        incidents.begin_duty(&security, &id, 2, "nothing").await.unwrap_err().code(),
        "trust/not-found"
    );
    node.clock.advance(TimeDelta::hours(5));
    let late = incidents.show(&security, &id).await.unwrap();
    let overdue: Vec<&str> =
        late.duties.iter().filter(|duty| duty.overdue).map(|duty| duty.duty.as_str()).collect();
    assert_eq!(overdue, ["report-incident"]);
    let done =
        incidents.finish_duty(&security, &id, 2, "report-incident", "已电话报告市网信办").await.unwrap();
    let duty = done.duties.iter().find(|duty| duty.duty == "report-incident").unwrap();
    assert!(!duty.overdue && duty.done_by.as_deref() == Some("the-security_administrator"));
    let twice = incidents.finish_duty(&security, &id, 3, "report-incident", "又一次").await.unwrap_err();
    assert_eq!(twice.code(), "store/not-found");
}

#[tokio::test]
async fn the_timeline_is_append_only_in_the_database_too() {
    use sea_orm::ConnectionTrait as _;
    let node = Node::start().await;
    raised(&node).await;
    for statement in ["UPDATE incident_event SET note = ''", "DELETE FROM incident_event"] {
        assert!(node.store.db().execute_unprepared(statement).await.is_err(), "{statement}");
    }
}

#[tokio::test]
async fn words_are_bounded_and_needed() {
    let node = Node::start().await;
    let (incidents, security, id) = (node.trust.incidents(), security(), raised(&node).await.card.id);
    let long = "长".repeat(4_001);
    for (title, note) in [("", ""), ("两\n行", ""), ("题", long.as_str())] {
        let bad = NewIncident { title: title.to_owned(), note: note.to_owned(), ..new(false) };
        assert_eq!(incidents.raise(&security, bad).await.unwrap_err().code(), "trust/invalid-argument");
    }
    assert_eq!(incidents.note(&security, &id, 1, "").await.unwrap_err().code(), "trust/invalid-argument");
    assert_eq!(incidents.note(&security, &id, 1, &long).await.unwrap_err().code(), "trust/invalid-argument");
    let causeless = Closure { cause: " ".to_owned(), measures: "x".to_owned(), false_alarm: true };
    assert_eq!(
        incidents.close(&security, &id, 1, causeless).await.unwrap_err().code(),
        "trust/invalid-argument"
    );
}

proptest! {
    /// Whatever steps are taken in whatever order: closed is reached only from contained or as a false alarm, left only
    /// by reopening, and no step leads from a state that does not list it.
    #[test]
    fn no_order_of_steps_breaks_the_way(steps in proptest::collection::vec(0..IncidentStep::ALL.len(), 0..60)) {
        let mut state = IncidentState::Open;
        for step in steps.into_iter().map(|at| IncidentStep::ALL[at]) {
            let Some(next) = state.after(step) else { continue };
            match (state, next) {
                (from, to) if from == to => {}
                (IncidentState::Open, IncidentState::Assigned) => prop_assert_eq!(step, IncidentStep::Assign),
                (IncidentState::Assigned, IncidentState::Contained) => prop_assert_eq!(step, IncidentStep::Contain),
                (IncidentState::Contained, IncidentState::Closed) => prop_assert_eq!(step, IncidentStep::Close),
                (IncidentState::Open | IncidentState::Assigned, IncidentState::Closed) => {
                    prop_assert_eq!(step, IncidentStep::Dismiss);
                }
                (IncidentState::Closed, IncidentState::Open) => prop_assert_eq!(step, IncidentStep::Reopen),
                (from, to) => prop_assert!(false, "{:?} leads from {:?} to {:?}", step, from, to),
            }
            if state == IncidentState::Closed {
                prop_assert!(!matches!(step, IncidentStep::Hit | IncidentStep::Assign | IncidentStep::Contain));
            }
            state = next;
        }
    }
}
