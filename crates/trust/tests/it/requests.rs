//! A request goes from asking to the end of its grant, one step at a time, and every step is in the log.

use std::collections::{BTreeMap, BTreeSet};

use brain_kernel::grade::Grade;
use brain_kernel::party::{Party, Role};
use brain_kernel::predicate::{Mask, Predicate};
use brain_kernel::side::DataSide;
use brain_kernel::uscc::Uscc;
use brain_policy::Action;
use brain_store::PageRequest;
use brain_trust::requests::form::{Form, FormName};
use brain_trust::requests::state::{State, Step};
use brain_trust::requests::{NewDelegation, purpose};
use brain_trust::{Approval, Ask, ColumnFacts, DatasetFacts, NewRequest, RequestCard};
use chrono::TimeDelta;
use proptest::prelude::*;

use crate::node::{Node, OWN, party, security};

const OTHER: &str = "91330681716195421C";

/// A dataset of the enterprise `OWN`.
fn owned() -> DatasetFacts {
    let column = |name: &str| ColumnFacts { name: name.to_owned(), grade: Grade::General2 };
    DatasetFacts {
        name: "raw.sale".to_owned(),
        grade: Grade::General3,
        side: DataSide::Enterprise,
        owner: OWN.to_owned(),
        restricted_by: None,
        zone: "raw".to_owned(),
        columns: vec![column("firm"), column("amount")],
    }
}

fn wish(node: &Node, purpose: &str) -> NewRequest {
    NewRequest {
        dataset: "raw.sale".to_owned(),
        purpose: purpose.to_owned(),
        reason: "核对供货".to_owned(),
        columns: BTreeSet::from(["amount".to_owned()]),
        rows: Predicate::StartsWith { column: "firm".to_owned(), prefix: "9133".to_owned() },
        until: node.store.now() + TimeDelta::days(30),
        agreement: None,
        sensitive_personal: false,
        forms: BTreeMap::new(),
    }
}

fn filled(name: FormName) -> Form {
    let specs = purpose::forms();
    let spec = specs.iter().find(|spec| spec.name == name).unwrap();
    spec.fields.iter().map(|field| (field.key.clone(), "已评估".to_owned())).collect()
}

/// An owner, a colleague of the owner, and a firm that wants something.
async fn people(node: &Node) -> (Party, Party, Party) {
    let mut parties = Vec::new();
    for (name, code) in [("owner", OWN), ("colleague", OWN), ("asker", OTHER)] {
        let account = node.account(name, Role::Enterprise).await;
        let organisation = Some(Uscc::parse(code).unwrap());
        parties.push(Party { account, organisation, ..party(Role::Enterprise) });
    }
    let [owner, colleague, asker] = <[Party; 3]>::try_from(parties).unwrap();
    (owner, colleague, asker)
}

async fn submitted(node: &Node, asker: &Party, purpose: &str) -> RequestCard {
    node.trust.requests().submit(asker, &owned(), wish(node, purpose)).await.unwrap()
}

#[tokio::test]
async fn what_the_owner_approves_opens_at_the_next_read_and_closes_at_the_next_read() {
    let node = Node::start().await;
    let (owner, _, asker) = people(&node).await;
    let (requests, policy) = (node.trust.requests(), node.trust.policy());
    let read = || policy.admit(&asker, &owned(), &Ask::read("browse"));
    assert_eq!(read().unwrap_err().code(), "trust/no-grant");
    let card = submitted(&node, &asker, "analysis").await;
    assert_eq!((card.state, card.revision, card.may_decide), (State::Pending, 1, false));
    let inbox = requests.inbox(&owner, Some(State::Pending), PageRequest::default()).await.unwrap();
    assert!(inbox.items.iter().all(|found| found.id == card.id && found.may_decide) && inbox.total == 1);
    let less = Approval {
        note: "同意".to_owned(),
        until: Some(node.store.now() + TimeDelta::days(3)),
        masks: BTreeMap::from([("amount".to_owned(), Mask::Band { width: 100 })]),
        ..Approval::default()
    };
    let granted = requests.approve(&owner, &card.id, 1, &owned(), less).await.unwrap();
    assert_eq!((granted.state, granted.revision), (State::Granted, 2));
    let grant = read().unwrap();
    assert_eq!(Some(&grant.id), granted.grant.as_ref());
    let masks = [("amount", Mask::Band { width: 100 }), ("firm", Mask::Redact)];
    assert_eq!(grant.masks, masks.map(|(name, mask)| (name.to_owned(), mask)).into());
    assert_eq!(grant.rows, card.rows);
    assert_eq!(grant.until, Some(node.store.now() + TimeDelta::days(3)));
    assert!(policy.admit(&asker, &owned(), &Ask { action: Action::Move, ..Ask::read("browse") }).is_err());
    let revoked = requests.revoke(&owner, &card.id, 2).await.unwrap();
    assert_eq!(revoked.state, State::Revoked);
    assert_eq!(read().unwrap_err().code(), "trust/no-grant");
    let kinds = node.kinds().await;
    assert_eq!(
        kinds[kinds.len() - 5..],
        ["request.submit", "request.approve", "grant.issue", "request.revoke", "grant.revoke"]
    );
    let verification = node.trust.evidence().verify().await.unwrap();
    assert!(verification.ok);
}

#[tokio::test]
async fn only_the_owner_and_whom_it_asked_to_stand_in_decide() {
    let node = Node::start().await;
    let (owner, colleague, asker) = people(&node).await;
    let requests = node.trust.requests();
    let card = submitted(&node, &asker, "analysis").await;
    let approve = async |who: &Party, revision: i64| {
        requests.approve(who, &card.id, revision, &owned(), Approval::default()).await
    };
    assert_eq!(approve(&asker, 1).await.unwrap_err().code(), "trust/not-owner");
    assert_eq!(
        approve(&security(), 1).await.unwrap_err().code(),
        "trust/not-owner",
        "a firm's data is the firm's"
    );
    let stranger =
        Party { account: node.account("stranger", Role::Government).await, ..party(Role::Government) };
    assert_eq!(approve(&stranger, 1).await.unwrap_err().code(), "trust/not-found");
    assert_eq!(requests.get(&stranger, &card.id).await.unwrap_err().code(), "trust/not-found");
    let until = node.store.now() + TimeDelta::days(2);
    let given = NewDelegation { delegate: "stranger".to_owned(), until };
    let delegation = requests.delegate(&owner, given).await.unwrap();
    assert!(requests.get(&stranger, &card.id).await.unwrap().may_decide);
    requests.end_delegation(&colleague, &delegation.id).await.unwrap();
    assert_eq!(approve(&stranger, 1).await.unwrap_err().code(), "trust/not-found");
    let again = NewDelegation { delegate: "stranger".to_owned(), until };
    requests.delegate(&owner, again).await.unwrap();
    node.clock.advance(TimeDelta::days(2) + TimeDelta::seconds(1));
    assert_eq!(approve(&stranger, 1).await.unwrap_err().code(), "trust/not-found", "its time is over");
    assert_eq!(approve(&colleague, 2).await.unwrap_err().code(), "store/stale", "another revision was seen");
    assert_eq!(approve(&colleague, 1).await.unwrap().state, State::Granted);
    assert_eq!(approve(&colleague, 2).await.unwrap_err().code(), "trust/request-state");
}

#[tokio::test]
async fn of_data_no_firm_owns_the_security_administrator_decides() {
    let node = Node::start().await;
    let (_, _, asker) = people(&node).await;
    let requests = node.trust.requests();
    let public = DatasetFacts { owner: "民政部门".to_owned(), grade: Grade::General4, ..owned() };
    let card = requests.submit(&asker, &public, wish(&node, "view")).await.unwrap();
    assert_eq!(card.owner, "node");
    assert!(requests.get(&security(), &card.id).await.unwrap().may_decide);
    let no_reason = requests.reject(&security(), &card.id, 1, " ".to_owned()).await;
    assert_eq!(no_reason.unwrap_err().code(), "trust/invalid-argument");
    let rejected = requests.reject(&security(), &card.id, 1, "范围过大".to_owned()).await.unwrap();
    assert_eq!((rejected.state, rejected.note.as_deref()), (State::Rejected, Some("范围过大")));
    assert_eq!(requests.mine(&asker, Some(State::Rejected), PageRequest::default()).await.unwrap().total, 1);
}

#[tokio::test]
async fn what_the_law_wants_written_down_stands_before_the_approval() {
    let node = Node::start().await;
    let (owner, _, asker) = people(&node).await;
    let requests = node.trust.requests();
    let no_agreement = requests.submit(&asker, &owned(), wish(&node, "share")).await;
    assert_eq!(no_agreement.unwrap_err().code(), "trust/invalid-argument");
    let new = NewRequest { agreement: Some("2026-7".to_owned()), ..wish(&node, "share") };
    let mut card = requests.submit(&asker, &owned(), new).await.unwrap();
    assert_eq!(card.missing_forms, [FormName::ImpactAssessment, FormName::SeparateConsent]);
    for name in [FormName::ImpactAssessment, FormName::SeparateConsent] {
        let early = requests.approve(&owner, &card.id, card.revision, &owned(), Approval::default()).await;
        assert_eq!(early.unwrap_err().code(), "trust/form-missing");
        let mut half = filled(name);
        half.insert("assessor".to_owned(), " ".to_owned());
        half.insert("obtained".to_owned(), String::new());
        let refused = requests.fill(&asker, &card.id, card.revision, name, half).await;
        assert_eq!(refused.unwrap_err().code(), "trust/invalid-argument");
        card = requests.fill(&asker, &card.id, card.revision, name, filled(name)).await.unwrap();
    }
    // Graded up meanwhile: what provides important data needs its risk assessment too.
    let important = DatasetFacts { grade: Grade::Important, ..owned() };
    let late = requests.approve(&owner, &card.id, card.revision, &important, Approval::default()).await;
    assert_eq!(late.unwrap_err().code(), "trust/form-missing");
    let granted =
        requests.approve(&owner, &card.id, card.revision, &owned(), Approval::default()).await.unwrap();
    assert_eq!(granted.state, State::Granted);
    let policy = node.trust.policy();
    let moved = Ask { action: Action::Move, ..Ask::read("chain.share") };
    assert!(policy.admit(&asker, &owned(), &moved).is_ok(), "it rests on an agreement");
    let sensitive = NewRequest { sensitive_personal: true, ..wish(&node, "view") };
    let card = requests.submit(&asker, &owned(), sensitive).await.unwrap();
    assert_eq!(card.required_forms, [FormName::ImpactAssessment, FormName::SeparateConsent]);
    let said = node
        .trust
        .evidence()
        .entries(&brain_store::evidence::LeafFilter::default(), PageRequest::new(1, 100))
        .await
        .unwrap();
    assert!(
        said.items.iter().all(|entry| !entry.body.to_string().contains("已评估")),
        "answers stay out of the log"
    );
}

#[tokio::test]
async fn undecided_requests_and_ended_grants_close_themselves() {
    let node = Node::start().await;
    let (owner, _, asker) = people(&node).await;
    let (requests, policy) = (node.trust.requests(), node.trust.policy());
    let (left, taken) = (submitted(&node, &asker, "view").await, submitted(&node, &asker, "view").await);
    requests.approve(&owner, &taken.id, 1, &owned(), Approval::default()).await.unwrap();
    assert_eq!(requests.close_overdue().await.unwrap(), 0);
    node.clock.advance(TimeDelta::days(7) + TimeDelta::seconds(1));
    let late = requests.approve(&owner, &left.id, 1, &owned(), Approval::default()).await;
    assert_eq!(late.unwrap_err().code(), "trust/invalid-argument", "also before the sweep comes by");
    assert_eq!(requests.close_overdue().await.unwrap(), 1);
    assert_eq!(requests.get(&asker, &left.id).await.unwrap().state, State::Expired);
    assert!(policy.admit(&asker, &owned(), &Ask::read("browse")).is_ok());
    node.clock.advance(TimeDelta::days(23));
    assert!(policy.admit(&asker, &owned(), &Ask::read("browse")).is_err(), "no sweep is needed to refuse");
    assert_eq!(requests.close_overdue().await.unwrap(), 1);
    assert_eq!(requests.get(&asker, &taken.id).await.unwrap().state, State::Ended);
    assert_eq!(requests.close_overdue().await.unwrap(), 0);
    let kinds = node.kinds().await;
    assert_eq!(kinds[kinds.len() - 2..], ["request.expire", "request.end"]);
}

#[tokio::test]
async fn a_grant_taken_back_by_the_security_administrator_takes_its_request_along() {
    let node = Node::start().await;
    let (owner, _, asker) = people(&node).await;
    let requests = node.trust.requests();
    let card = submitted(&node, &asker, "view").await;
    let granted = requests.approve(&owner, &card.id, 1, &owned(), Approval::default()).await.unwrap();
    node.trust.grants().revoke(&security(), granted.grant.as_deref().unwrap()).await.unwrap();
    assert_eq!(requests.get(&asker, &card.id).await.unwrap().state, State::Revoked);
    let returned = submitted(&node, &asker, "view").await;
    requests.approve(&owner, &returned.id, 1, &owned(), Approval::default()).await.unwrap();
    assert_eq!(requests.revoke(&asker, &returned.id, 2).await.unwrap().state, State::Revoked, "given back");
    assert!(node.trust.policy().admit(&asker, &owned(), &Ask::read("browse")).is_err());
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_and_leaves_nothing() {
    let node = Node::start().await;
    let (_, _, asker) = people(&node).await;
    let requests = node.trust.requests();
    let before = node.kinds().await.len();
    let new = || wish(&node, "view");
    for bad in [
        NewRequest { purpose: "curiosity".to_owned(), ..new() },
        NewRequest { reason: " ".to_owned(), ..new() },
        NewRequest { reason: "x".repeat(501), ..new() },
        NewRequest { columns: BTreeSet::from(["salary".to_owned()]), ..new() },
        NewRequest { until: node.store.now(), ..new() },
        NewRequest { until: node.store.now() + TimeDelta::days(400), ..new() },
        NewRequest { rows: (0..9).fold(Predicate::All(vec![]), |p, _| Predicate::All(vec![p])), ..new() },
        NewRequest { forms: BTreeMap::from([(FormName::RiskAssessment, Form::new())]), ..new() },
    ] {
        let shown = format!("{bad:?}");
        let refused = requests.submit(&asker, &owned(), bad).await.unwrap_err();
        assert_eq!(refused.code(), "trust/invalid-argument", "{shown}");
    }
    assert_eq!(node.kinds().await.len(), before);
    assert_eq!(requests.mine(&asker, None, PageRequest::default()).await.unwrap().total, 0);
}

/// The life of a request as a reader of the handbook would draw it.
fn drawn(state: State, step: Step) -> Option<State> {
    let arrows = [
        (State::Pending, Step::Fill, State::Pending),
        (State::Pending, Step::Approve, State::Granted),
        (State::Pending, Step::Reject, State::Rejected),
        (State::Pending, Step::Withdraw, State::Withdrawn),
        (State::Pending, Step::Expire, State::Expired),
        (State::Granted, Step::Revoke, State::Revoked),
        (State::Granted, Step::End, State::Ended),
    ];
    arrows.into_iter().find(|(from, by, _)| *from == state && *by == step).map(|(.., to)| to)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is tried in whatever order, with fresh or stale revisions: the store stands where the drawing stands,
    /// the grant is there exactly while the state is `granted`, and every step taken is one entry.
    #[test]
    fn any_course_of_events_follows_the_drawing(
        steps in prop::collection::vec((0..Step::ALL.len(), any::<bool>()), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let node = Node::start().await;
            let (owner, _, asker) = people(&node).await;
            let (requests, policy) = (node.trust.requests(), node.trust.policy());
            let card = submitted(&node, &asker, "view").await;
            let (id, mut state, mut revision) = (card.id, State::Pending, 1_i64);
            let before = node.kinds().await.len();
            let mut taken = 0;
            for (step, fresh) in steps {
                let step = Step::ALL[step];
                let seen = if fresh { revision } else { revision - 1 };
                let tried = match step {
                    Step::Fill => {
                        requests.fill(&asker, &id, seen, FormName::RiskAssessment, filled(FormName::RiskAssessment)).await
                    }
                    Step::Approve => requests.approve(&owner, &id, seen, &owned(), Approval::default()).await,
                    Step::Reject => requests.reject(&owner, &id, seen, "否".to_owned()).await,
                    Step::Withdraw => requests.withdraw(&asker, &id, seen).await,
                    Step::Revoke => requests.revoke(&owner, &id, seen).await,
                    // Time takes these two; neither is anybody's to ask for.
                    Step::Expire | Step::End => continue,
                };
                match drawn(state, step) {
                    Some(next) if fresh => {
                        prop_assert_eq!(tried.unwrap().state, next);
                        (state, revision, taken) = (next, revision + 1, taken + 1);
                    }
                    Some(_) => prop_assert_eq!(tried.unwrap_err().code(), "store/stale"),
                    None => prop_assert_eq!(tried.unwrap_err().code(), "trust/request-state"),
                }
                let stands = requests.get(&asker, &id).await.unwrap();
                prop_assert_eq!((stands.state, stands.revision), (state, revision));
                let open = policy.admit(&asker, &owned(), &Ask::read("browse")).is_ok();
                prop_assert_eq!(open, state == State::Granted);
            }
            node.clock.advance(TimeDelta::days(40));
            let closed = requests.close_overdue().await.unwrap();
            let ends = drawn(state, Step::Expire).or(drawn(state, Step::End));
            prop_assert_eq!(closed, u64::from(ends.is_some()));
            prop_assert_eq!(requests.get(&asker, &id).await.unwrap().state, ends.unwrap_or(state));
            let kinds = node.kinds().await;
            let steps = kinds[before..].iter().filter(|kind| kind.starts_with("request.")).count() as u64;
            prop_assert_eq!(steps, taken + closed);
            Ok(())
        })?;
    }

    #[test]
    fn the_table_of_steps_is_the_drawing(state in 0..State::ALL.len(), step in 0..Step::ALL.len()) {
        let (state, step) = (State::ALL[state], Step::ALL[step]);
        prop_assert_eq!(state.after(step), drawn(state, step));
        prop_assert_eq!(State::from_name(state.name()), Some(state));
    }
}
