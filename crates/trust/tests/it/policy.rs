//! Labels stand above everything, policies above grants, and changing either takes who and how many it should.

use std::collections::{BTreeMap, BTreeSet};

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_kernel::predicate::{Mask, Predicate};
use brain_kernel::side::DataSide;
use brain_policy::Action;
use brain_store::PageRequest;
use brain_trust::policy::{ChangeState, Label};
use brain_trust::{Ask, Change, ColumnFacts, DatasetFacts, NewGrant, Reach, Reason, Subject};

use crate::node::{Node, party, security};

fn dataset(grade: Grade) -> DatasetFacts {
    let column = |name: &str, grade| ColumnFacts { name: name.to_owned(), grade };
    DatasetFacts {
        name: "subject.enterprise".to_owned(),
        grade,
        side: DataSide::Public,
        owner: "node".to_owned(),
        restricted_by: None,
        zone: "subject".to_owned(),
        columns: vec![column("name", Grade::General1), column("secret", grade)],
    }
}

fn asked(action: Action) -> Ask<'static> {
    Ask { action, purpose: "view", channel: None }
}

fn label(account: &str, clearance: Grade) -> Change {
    Change::Label { account: account.to_owned(), label: Some(Label { clearance, industry: None }) }
}

/// A second security administrator.
fn another() -> Party {
    Party { account: "the-other".to_owned(), ..security() }
}

#[tokio::test]
async fn nobody_reads_above_the_clearance_whatever_is_granted() {
    let node = Node::start().await;
    let policy = node.trust.policy();
    let government = party(Role::Government);
    assert!(policy.admit(&government, &dataset(Grade::Important), &Ask::read("view")).is_ok());
    let refused = policy.admit(&government, &dataset(Grade::Core), &Ask::read("view")).unwrap_err();
    assert_eq!(refused.code(), "trust/denied");
    let decision = policy.decide(&government, &dataset(Grade::Core), &Ask::read("view"));
    let expected = Reason::AboveClearance { clearance: Grade::Important, grade: Grade::Core };
    assert_eq!((decision.allow, decision.reasons), (false, vec![expected]));
}

#[tokio::test]
async fn a_column_above_the_clearance_is_hidden() {
    let node = Node::start().await;
    let columns = vec![
        ColumnFacts { name: "name".to_owned(), grade: Grade::General1 },
        ColumnFacts { name: "secret".to_owned(), grade: Grade::Core },
    ];
    let data = DatasetFacts { columns, ..dataset(Grade::General2) };
    let grant = node.trust.policy().admit(&party(Role::Government), &data, &Ask::read("view")).unwrap();
    assert_eq!(grant.masks, BTreeMap::from([("secret".to_owned(), Mask::Redact)]));
}

#[tokio::test]
async fn labelled_data_does_not_leave_by_a_lower_way_out() {
    let node = Node::start().await;
    let policy = node.trust.policy();
    let government = party(Role::Government);
    assert!(policy.admit(&government, &dataset(Grade::General4), &asked(Action::Export)).is_ok());
    let decision = policy.decide(&government, &dataset(Grade::Important), &asked(Action::Export));
    assert_eq!(
        decision.reasons,
        [Reason::AboveChannel { channel: Grade::General4, grade: Grade::Important }],
        "important data does not leave as a file"
    );
    let low = Ask { channel: Some(Grade::General2), ..asked(Action::Export) };
    assert!(policy.admit(&government, &dataset(Grade::General3), &low).is_err());
    // Two people may raise the way out; then the policy still wants an agreement.
    let change = Change::Download { most: Grade::Important };
    let proposed = policy.propose(&security(), change).await.unwrap();
    policy.decide_change(&another(), &proposed.id, true).await.unwrap();
    let decision = policy.decide(&government, &dataset(Grade::Important), &asked(Action::Export));
    let policies = vec!["important-export-agreed".to_owned()];
    assert_eq!(decision.reasons.last(), Some(&Reason::Forbidden { policies }));
}

#[tokio::test]
async fn a_label_up_to_general_data_acts_at_once_and_above_it_takes_two_people() {
    let node = Node::start().await;
    let policy = node.trust.policy();
    let id = node.account("clerk", Role::Government).await;
    let clerk = Party { account: id.clone(), ..party(Role::Government) };
    let reads = |grade| policy.decide(&clerk, &dataset(grade), &Ask::read("view")).allow;
    assert!(reads(Grade::Important));
    let low = policy.propose(&security(), label(&id, Grade::General2)).await.unwrap();
    assert_eq!(low.state, ChangeState::Active);
    assert!(reads(Grade::General2) && !reads(Grade::General3), "a label lowers what the role may");
    let high = policy.propose(&security(), label(&id, Grade::Core)).await.unwrap();
    assert_eq!((high.state, high.version), (ChangeState::Proposed, 2));
    assert!(!reads(Grade::General3));
    let alone = policy.decide_change(&security(), &high.id, true).await.unwrap_err();
    assert_eq!(alone.code(), "trust/second-person");
    policy.decide_change(&another(), &high.id, true).await.unwrap();
    assert!(reads(Grade::Core));
    let again = policy.decide_change(&another(), &high.id, false).await.unwrap_err();
    assert_eq!(again.code(), "store/stale");
    let back = policy.propose(&security(), Change::Label { account: id.clone(), label: None }).await.unwrap();
    assert_eq!(back.state, ChangeState::Proposed, "taking important data away takes two as well");
    let refused = policy.decide_change(&another(), &back.id, false).await.unwrap();
    assert_eq!(refused.state, ChangeState::Refused);
    assert!(reads(Grade::Core));
    let kinds = node.kinds().await;
    let of_policy: Vec<&str> =
        kinds.iter().map(String::as_str).filter(|kind| kind.starts_with("policy.")).collect();
    assert_eq!(
        of_policy,
        ["policy.change", "policy.propose", "policy.change", "policy.propose", "policy.refuse"]
    );
    let node = node.restart().await;
    assert!(node.trust.policy().decide(&clerk, &dataset(Grade::Core), &Ask::read("view")).allow);
}

fn rule(id: &str, text: Option<&str>, level: Grade) -> Change {
    Change::Policy {
        id: id.to_owned(),
        title: Text::new("测试", "test"),
        text: text.map(str::to_owned),
        level,
    }
}

#[tokio::test]
async fn a_policy_is_checked_versioned_and_stands_above_grants() {
    let node = Node::start().await;
    let policy = node.trust.policy();
    let government = party(Role::Government);
    let forbid =
        "forbid(principal in Role::\"government\", action, resource) when { resource.zone == \"subject\" };";
    let first = policy.propose(&security(), rule("quiet", Some(forbid), Grade::General4)).await.unwrap();
    assert_eq!(first.state, ChangeState::Active);
    let decision = policy.decide(&government, &dataset(Grade::General2), &Ask::read("view"));
    assert_eq!((decision.allow, decision.policies), (false, vec!["quiet".to_owned()]));
    assert!(
        policy.decide(&government, &dataset(Grade::Important), &Ask::read("view")).allow,
        "above its level"
    );
    for (text, level) in [
        ("permit(principal == Account::\"a\", action, resource);", Grade::General1),
        ("permit(principal, action, resource) when { resource.colour == \"red\" };", Grade::General1),
        ("anything", Grade::General1),
    ] {
        let refused = policy.propose(&security(), rule("bad", Some(text), level)).await.unwrap_err();
        assert_eq!(refused.code(), "trust/invalid-argument", "{text}");
    }
    let gone = policy.propose(&security(), rule("quiet", None, Grade::General4)).await.unwrap();
    assert_eq!((gone.state, gone.version), (ChangeState::Active, 2));
    assert!(policy.decide(&government, &dataset(Grade::General2), &Ask::read("view")).allow);
    assert_eq!(
        policy.propose(&security(), rule("quiet", None, Grade::General4)).await.unwrap_err().code(),
        "trust/not-found"
    );
    let retire = policy.propose(&security(), rule("core-stays", None, Grade::General1)).await.unwrap();
    assert_eq!(retire.state, ChangeState::Proposed, "what stands above core data does not go by one hand");
    assert!(policy.policies().iter().any(|rule| rule.id == "core-stays"));
    let listed = policy.changes(&security(), "policy", None, PageRequest::default()).await.unwrap();
    let states: Vec<ChangeState> = listed.items.iter().map(|card| card.state).collect();
    assert_eq!(states, [ChangeState::Proposed, ChangeState::Active, ChangeState::Superseded]);
}

#[tokio::test]
async fn only_security_administrators_change_the_rules() {
    let node = Node::start().await;
    let policy = node.trust.policy();
    for role in Role::ALL.into_iter().filter(|role| *role != Role::SecurityAdministrator) {
        let refused = policy.propose(&party(role), Change::Download { most: Grade::General1 }).await;
        assert!(refused.is_err(), "{role:?}");
        let looks = role == Role::Auditor;
        assert_eq!(policy.usage(&party(role)).await.is_ok(), looks, "{role:?}");
        let listed = policy.changes(&party(role), "label", None, PageRequest::default()).await;
        assert_eq!(listed.is_ok(), looks, "{role:?}");
    }
    assert_eq!(policy.download_label(), Grade::General4);
}

#[tokio::test]
async fn without_policies_everything_is_denied() {
    let node = Node::start().await;
    let policy = node.trust.policy();
    for rule_in_force in policy.policies() {
        let change = rule(&rule_in_force.id, None, Grade::General1);
        let proposed = policy.propose(&security(), change).await.unwrap();
        policy.decide_change(&another(), &proposed.id, true).await.unwrap();
    }
    for role in Role::ALL {
        for action in Action::ALL {
            let decision = policy.decide(&party(role), &dataset(Grade::General1), &asked(action));
            assert!(!decision.allow, "{role:?} {action:?}");
        }
    }
}

#[tokio::test]
async fn a_grant_by_columns_hides_every_other_column_also_one_that_comes_later() {
    let node = Node::start().await;
    let id = node.account("author", Role::ComponentAuthor).await;
    let author = Party { account: id.clone(), ..party(Role::ComponentAuthor) };
    let data = dataset(Grade::General3);
    let new = NewGrant {
        subject: Subject::Account(id),
        dataset: data.name.clone(),
        reach: Reach::All,
        rows: Predicate::All(Vec::new()),
        masks: BTreeMap::from([("secret".to_owned(), Mask::Hash)]),
        grade_max: None,
        mask_from: None,
        purpose: "view".to_owned(),
        until: None,
        basis: Text::new("测试", "test"),
        columns: Some(BTreeSet::from(["name".to_owned()])),
        actions: Some(BTreeSet::from([Action::Read])),
        agreement: None,
    };
    node.trust.grants().issue(&security(), new).await.unwrap();
    let policy = node.trust.policy();
    let mut columns = data.columns.clone();
    columns.push(ColumnFacts { name: "later".to_owned(), grade: Grade::General1 });
    let grant =
        policy.admit(&author, &DatasetFacts { columns, ..data.clone() }, &Ask::read("browse")).unwrap();
    let hidden: Vec<&str> = grant.masks.keys().map(String::as_str).collect();
    assert_eq!(hidden, ["later", "secret"]);
    assert!(
        grant.masks.values().all(|mask| *mask == Mask::Redact),
        "not asked for is not shown hashed either"
    );
    assert!(policy.admit(&author, &data, &Ask { purpose: "browse", ..asked(Action::Export) }).is_err());
}

#[tokio::test]
async fn an_explanation_says_what_decided_and_what_would_be_needed() {
    let node = Node::start().await;
    let policy = node.trust.policy();
    let restricted = DatasetFacts { grade: Grade::General3, ..dataset(Grade::General3) };
    let author = party(Role::ComponentAuthor);
    let denied = policy.explain(&author, &restricted, &Ask::read("view"));
    assert!(!denied.allow && denied.needed.is_some() && denied.grant.is_none());
    let candidate = denied.candidates.first().unwrap();
    assert_eq!((candidate.grant.as_str(), candidate.opens), ("role-component-author", false));
    assert!(candidate.why_not.as_ref().unwrap().zh.contains("级别"));
    let allowed = policy.explain(&party(Role::Government), &restricted, &Ask::read("view"));
    assert!(allowed.allow && allowed.needed.is_none());
    assert_eq!(allowed.grant.as_deref(), Some("role-government"));
    let id = node.account("clerk", Role::Government).await;
    assert_eq!(policy.party(&security(), "clerk").await.unwrap().account, id);
    assert_eq!(policy.party(&author, "clerk").await.unwrap_err().code(), "trust/not-found");
    assert_eq!(policy.parties(&author).await.unwrap(), [author]);
}

#[tokio::test]
async fn uses_are_counted_and_what_is_never_used_or_shadowed_is_named() {
    let node = Node::start().await;
    let policy = node.trust.policy();
    let narrow = NewGrant {
        subject: Subject::Role(Role::Government),
        dataset: "subject.enterprise".to_owned(),
        reach: Reach::All,
        rows: Predicate::All(Vec::new()),
        masks: BTreeMap::new(),
        grade_max: None,
        mask_from: None,
        purpose: "view".to_owned(),
        until: None,
        basis: Text::new("测试", "test"),
        columns: None,
        actions: None,
        agreement: None,
    };
    let narrow = node.trust.grants().issue(&security(), narrow).await.unwrap();
    for _ in 0..3 {
        policy.admit(&party(Role::IndustryBody), &dataset(Grade::General2), &Ask::read("view")).unwrap();
    }
    policy.flush_usage().await.unwrap();
    policy.admit(&party(Role::IndustryBody), &dataset(Grade::General2), &Ask::read("view")).unwrap();
    let cards = policy.usage(&security()).await.unwrap();
    let of = |id: &str| cards.iter().find(|card| card.id == id).unwrap();
    assert_eq!((of("role-industry-body").hits, of("granted-use").hits), (4, 4));
    assert_eq!(of("role-industry-body").last_at, Some(node.store.now()));
    assert_eq!((of("role-component-author").hits, of("core-stays").hits), (0, 0));
    assert_eq!(of(&narrow.id).shadowed_by.as_deref(), Some("role-government"));
    assert_eq!(of("role-government").shadowed_by, None);
}

#[tokio::test]
async fn pseudonyms_belong_to_a_tenant_and_survive_a_restart() {
    let node = Node::start().await;
    let firm = party(Role::Enterprise);
    let colleague = Party { account: "colleague".to_owned(), ..firm.clone() };
    let of = |node: &Node, party: &Party| node.trust.policy().salt(party).pseudonym("13812345678");
    let before = of(&node, &firm);
    assert_eq!(before, of(&node, &colleague));
    assert_ne!(before, of(&node, &party(Role::Government)));
    let node = node.restart().await;
    assert_eq!(before, of(&node, &firm));
}
