//! The node's own authority.

use brain_store::PageRequest;
use brain_tls::{Request, ServerTls, Usage};
use chrono::TimeDelta;

use crate::node::Node;

const ACTOR: &str = "system-admin";

fn request(subject: &str, usage: Usage) -> Request {
    Request { subject: subject.to_owned(), names: vec!["localhost".to_owned()], usage, days: 30 }
}

#[tokio::test]
async fn an_authority_is_made_once_and_issues_lists_and_revokes_with_evidence() {
    let node = Node::start().await;
    let certificates = node.trust.certificates();
    let missing = certificates.issue(ACTOR, &request("brain-b", Usage::Node)).await.err().unwrap();
    assert_eq!(missing.code(), "trust/not-found");
    let root = certificates.init(ACTOR, "brain-a").await.unwrap();
    assert_eq!(root.usage, "authority");
    assert_eq!(certificates.init(ACTOR, "brain-a").await.unwrap_err().code(), "trust/invalid-argument");
    let issued = certificates.issue(ACTOR, &request("brain-b", Usage::Node)).await.unwrap();
    let listed = certificates.list(PageRequest::default()).await.unwrap();
    assert_eq!(listed.total, 2);
    assert_eq!(
        certificates.revoke(ACTOR, &issued.serial, " ").await.unwrap_err().code(),
        "trust/invalid-argument"
    );
    certificates.revoke(ACTOR, &issued.serial, "设备丢失").await.unwrap();
    let again = certificates.revoke(ACTOR, &issued.serial, "设备丢失").await.unwrap_err();
    assert_eq!(again.code(), "store/not-found");
    assert!(certificates.revocations().await.unwrap().contains("X509 CRL"));
    let kinds = node.kinds().await;
    for kind in ["certificate.authority", "certificate.issue", "certificate.revoke"] {
        assert!(kinds.contains(&kind.to_owned()), "{kind}");
    }
}

#[tokio::test]
async fn the_authority_signs_on_after_a_restart_and_its_key_lies_sealed() {
    let node = Node::start().await;
    node.trust.certificates().init(ACTOR, "brain-a").await.unwrap();
    let node = node.restart().await;
    let issued = node.trust.certificates().issue(ACTOR, &request("brain-b", Usage::Node)).await.unwrap();
    assert!(issued.certificate.starts_with("-----BEGIN CERTIFICATE"));
    let path = node.url.strip_prefix("sqlite:").unwrap();
    for file in [path.to_owned(), format!("{path}-wal")] {
        let bytes = std::fs::read(file).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains("PRIVATE KEY"));
    }
}

#[tokio::test]
async fn the_servers_certificate_is_kept_until_a_third_of_its_life_is_left() {
    let node = Node::start().await;
    let certificates = node.trust.certificates();
    certificates.init(ACTOR, "brain-a").await.unwrap();
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let first = certificates.server_material("brain-a", &names).await.unwrap();
    ServerTls::new(first.clone()).unwrap();
    node.clock.advance(TimeDelta::days(59));
    let same = certificates.server_material("brain-a", &names).await.unwrap();
    assert_eq!(same.chain, first.chain);
    let again = certificates.server_material("brain-a", &names).await.unwrap();
    assert!(again == same, "nothing changed, so nothing is signed anew");
    node.clock.advance(TimeDelta::days(2));
    let renewed = certificates.server_material("brain-a", &names).await.unwrap();
    assert_ne!(renewed.chain, first.chain);
    assert_ne!(*renewed.key, *first.key);
    ServerTls::new(renewed).unwrap();
}
