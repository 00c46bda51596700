//! Which grant opens which dataset to whom.

use std::collections::BTreeMap;

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_kernel::predicate::{Mask, Predicate};
use brain_kernel::side::DataSide;
use brain_store::PageRequest;
use brain_trust::{Ask, ColumnFacts, DatasetFacts, NewGrant, Reach, Subject};
use chrono::TimeDelta;

use crate::node::{Node, OWN, party};

fn open_data() -> DatasetFacts {
    let column = |name: &str, grade| ColumnFacts { name: name.to_owned(), grade };
    DatasetFacts {
        name: "subject.enterprise".to_owned(),
        grade: Grade::General2,
        side: DataSide::Public,
        owner: "node".to_owned(),
        restricted_by: None,
        zone: "subject".to_owned(),
        columns: vec![column("name", Grade::General1), column("phone", Grade::General3)],
    }
}

fn invoices() -> DatasetFacts {
    DatasetFacts {
        name: "raw.sme_invoice".to_owned(),
        grade: Grade::General3,
        side: DataSide::Enterprise,
        restricted_by: Some("seller".to_owned()),
        ..open_data()
    }
}

fn every_row() -> Predicate {
    Predicate::All(Vec::new())
}

pub(crate) fn new_grant(subject: Subject) -> NewGrant {
    NewGrant {
        subject,
        dataset: "raw.sme_invoice".to_owned(),
        reach: Reach::All,
        rows: every_row(),
        masks: BTreeMap::new(),
        grade_max: None,
        mask_from: None,
        purpose: "risk".to_owned(),
        until: None,
        basis: Text::new("协议 2026-7", "agreement 2026-7"),
        columns: None,
        actions: None,
        agreement: None,
    }
}

#[tokio::test]
async fn each_role_sees_what_its_seeded_grant_says() {
    let node = Node::start().await;
    for role in [Role::SystemAdministrator, Role::Government] {
        for dataset in [open_data(), invoices()] {
            let grant = node.trust.policy().admit(&party(role), &dataset, &Ask::read("view")).unwrap();
            assert_eq!(
                (grant.rows, grant.masks.len(), grant.basis.zh.as_str()),
                (every_row(), 0, "角色授权")
            );
        }
    }
    let body =
        node.trust.policy().admit(&party(Role::IndustryBody), &invoices(), &Ask::read("view")).unwrap();
    assert_eq!(body.masks, BTreeMap::from([("phone".to_owned(), Mask::Redact)]));
    let author = party(Role::ComponentAuthor);
    assert!(node.trust.policy().admit(&author, &open_data(), &Ask::read("view")).is_ok());
    assert_eq!(
        node.trust.policy().admit(&author, &invoices(), &Ask::read("view")).unwrap_err().code(),
        "trust/no-grant"
    );
    let sensitive = DatasetFacts { grade: Grade::General3, ..open_data() };
    assert!(node.trust.policy().admit(&author, &sensitive, &Ask::read("view")).is_err());
}

#[tokio::test]
async fn an_enterprise_sees_open_data_fully_and_of_restricted_data_only_its_own_rows() {
    let node = Node::start().await;
    let firm = party(Role::Enterprise);
    let open = node.trust.policy().admit(&firm, &open_data(), &Ask::read("view")).unwrap();
    assert_eq!((open.rows, open.masks.len()), (every_row(), 0));
    let own = node.trust.policy().admit(&firm, &invoices(), &Ask::read("view")).unwrap();
    assert_eq!(own.rows, Predicate::OwnOrganisation { column: "seller".to_owned() });
    let nobody = Party { organisation: None, ..firm.clone() };
    assert!(node.trust.policy().admit(&nobody, &invoices(), &Ask::read("view")).is_err());
    let anothers = DatasetFacts { restricted_by: None, ..invoices() };
    assert!(
        node.trust.policy().admit(&firm, &anothers, &Ask::read("view")).is_err(),
        "an enterprise's table without owner column is its own"
    );
    let its = DatasetFacts { owner: OWN.to_owned(), ..anothers };
    assert_eq!(
        node.trust.policy().admit(&firm, &its, &Ask::read("view")).unwrap().id,
        "role-enterprise-owned"
    );
}

#[tokio::test]
async fn an_issued_grant_acts_at_the_next_resolve_for_its_purpose_only_until_it_expires() {
    let node = Node::start().await;
    let id = node.account("author", Role::ComponentAuthor).await;
    let author = Party { account: id.clone(), ..party(Role::ComponentAuthor) };
    let grants = node.trust.grants();
    let masks = BTreeMap::from([("amount".to_owned(), Mask::SignificantDigits { digits: 2 })]);
    let until = Some(node.store.now() + TimeDelta::days(7));
    let new = NewGrant { masks: masks.clone(), until, ..new_grant(Subject::Account(id)) };
    let issued = grants.issue(&party(Role::SecurityAdministrator), new).await.unwrap();
    let resolved = node.trust.policy().admit(&author, &invoices(), &Ask::read("risk")).unwrap();
    assert_eq!((&resolved.id, resolved.masks, resolved.until), (&issued.id, masks, until));
    assert!(node.trust.policy().admit(&author, &invoices(), &Ask::read("marketing")).is_err());
    assert!(
        node.trust.policy().admit(&party(Role::ComponentAuthor), &invoices(), &Ask::read("risk")).is_err()
    );
    node.clock.advance(TimeDelta::days(7));
    assert!(node.trust.policy().admit(&author, &invoices(), &Ask::read("risk")).is_ok());
    node.clock.advance(TimeDelta::microseconds(1));
    assert!(node.trust.policy().admit(&author, &invoices(), &Ask::read("risk")).is_err());
}

#[tokio::test]
async fn a_revoked_grant_refuses_the_next_resolve_and_stays_revoked_over_a_restart() {
    let node = Node::start().await;
    let grants = node.trust.grants();
    let actor = party(Role::SecurityAdministrator);
    grants.revoke(&actor, "role-government").await.unwrap();
    assert!(node.trust.policy().admit(&party(Role::Government), &open_data(), &Ask::read("view")).is_err());
    assert_eq!(grants.revoke(&actor, "role-government").await.unwrap_err().code(), "store/not-found");
    let node = node.restart().await;
    assert!(node.trust.policy().admit(&party(Role::Government), &open_data(), &Ask::read("view")).is_err());
    assert_eq!(node.kinds().await, ["grant.revoke"]);
    let all = node.trust.grants().list(&actor, true, PageRequest::default()).await.unwrap();
    assert_eq!(all.total, 7);
    assert_eq!(all.items.iter().filter(|card| card.revoked_at.is_some()).count(), 1);
}

#[tokio::test]
async fn of_several_grants_the_most_permitting_applies() {
    let node = Node::start().await;
    let grants = node.trust.grants();
    let actor = party(Role::SecurityAdministrator);
    let enterprise = Subject::Role(Role::Enterprise);
    let region = Predicate::StartsWith { column: "region".to_owned(), prefix: "33".to_owned() };
    grants.issue(&actor, NewGrant { rows: region, ..new_grant(enterprise.clone()) }).await.unwrap();
    let until = Some(node.store.now() + TimeDelta::days(1));
    let whole = grants.issue(&actor, NewGrant { until, ..new_grant(enterprise.clone()) }).await.unwrap();
    let masks = BTreeMap::from([("amount".to_owned(), Mask::Redact)]);
    grants.issue(&actor, NewGrant { masks, ..new_grant(enterprise) }).await.unwrap();
    let firm = party(Role::Enterprise);
    assert_eq!(node.trust.policy().admit(&firm, &invoices(), &Ask::read("risk")).unwrap().id, whole.id);
    assert_eq!(
        node.trust.policy().admit(&firm, &invoices(), &Ask::read("view")).unwrap().id,
        "role-enterprise-own-rows"
    );
}

#[tokio::test]
async fn only_security_administrators_issue_and_others_list_their_own() {
    let node = Node::start().await;
    let grants = node.trust.grants();
    let government = party(Role::Government);
    let new = new_grant(Subject::Role(Role::Government));
    assert_eq!(grants.issue(&government, new).await.unwrap_err().code(), "trust/wrong-role");
    assert_eq!(grants.revoke(&government, "role-enterprise").await.unwrap_err().code(), "trust/wrong-role");
    let listed = grants.list(&government, false, PageRequest::default()).await.unwrap();
    assert_eq!(listed.items.iter().map(|card| card.id.as_str()).collect::<Vec<_>>(), ["role-government"]);
}

#[tokio::test]
async fn nobody_who_gives_or_audits_permissions_gets_one() {
    let node = Node::start().await;
    let grants = node.trust.grants();
    let auditor = node.account("auditor", Role::Auditor).await;
    let security = Party { account: auditor.clone(), ..party(Role::SecurityAdministrator) };
    for subject in [
        Subject::Role(Role::SecurityAdministrator),
        Subject::Role(Role::Auditor),
        Subject::Account(auditor.clone()),
        Subject::Account(security.account.clone()),
    ] {
        let refused = grants.issue(&security, new_grant(subject)).await.unwrap_err();
        assert_eq!(refused.code(), "trust/invalid-argument");
    }
}

#[tokio::test]
async fn a_grant_that_makes_no_sense_is_refused() {
    let node = Node::start().await;
    let grants = node.trust.grants();
    let new = || new_grant(Subject::Role(Role::Government));
    let deep = (0..9).fold(every_row(), |inner, _| Predicate::Any(vec![inner]));
    let bad = [
        NewGrant { dataset: "a*b".to_owned(), ..new() },
        NewGrant { dataset: String::new(), ..new() },
        NewGrant { purpose: " ".to_owned(), ..new() },
        NewGrant { basis: Text::new("依据", ""), ..new() },
        NewGrant { until: Some(node.store.now()), ..new() },
        NewGrant {
            masks: BTreeMap::from([("a".to_owned(), Mask::SignificantDigits { digits: 0 })]),
            ..new()
        },
        NewGrant { rows: deep, ..new() },
    ];
    for new in bad {
        let shown = format!("{new:?}");
        assert_eq!(
            grants.issue(&party(Role::SecurityAdministrator), new).await.unwrap_err().code(),
            "trust/invalid-argument",
            "{shown}"
        );
    }
    let unknown = new_grant(Subject::Account("nobody".to_owned()));
    assert_eq!(
        grants.issue(&party(Role::SecurityAdministrator), unknown).await.unwrap_err().code(),
        "trust/not-found"
    );
    assert!(node.kinds().await.is_empty(), "a refused grant leaves neither row nor evidence");
}

#[tokio::test]
async fn a_product_is_opened_by_a_grant_for_products_only_and_to_its_own_organisation() {
    let node = Node::start().await;
    let product = DatasetFacts {
        name: "product.orders".to_owned(),
        grade: Grade::General1,
        owner: OWN.to_owned(),
        zone: brain_trust::PRODUCT_ZONE.to_owned(),
        ..open_data()
    };
    let admits = |who: &Party| node.trust.policy().admit(who, &product, &Ask::read("product")).is_ok();
    let firm = party(Role::Enterprise);
    let stranger = Party { organisation: None, ..firm.clone() };
    assert!(admits(&firm) && !admits(&stranger));
    for role in [Role::Government, Role::SystemAdministrator, Role::IndustryBody, Role::ComponentAuthor] {
        assert!(
            !admits(&Party { organisation: None, ..party(role) }),
            "{role:?} reads every dataset, and no product"
        );
    }
    let nodes = DatasetFacts { owner: brain_trust::NODE_OWNER.to_owned(), ..product.clone() };
    let operator = Party { organisation: None, ..party(Role::SystemAdministrator) };
    assert!(node.trust.policy().admit(&operator, &nodes, &Ask::read("product")).is_ok());
}
