//! What has run out goes after the owner's word, with a certificate; without a rule nothing goes.

use crate::node::{Node, OTHER, OWN, administrator, party};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::{Party, Role};
use brain_store::{ConnectionTrait as _, PageRequest};
use brain_warehouse::retention::DeletionProposal;

const PAST: &str = r#"
[[rule]]
name = "past-30"
datasets = "raw.*"
what = "past_versions"
keep_days = 30
basis = "网络数据安全管理条例第十二条"
"#;
const EVERYTHING: &str = r#"
[[rule]]
name = "contract-1"
datasets = "raw.sale"
what = "everything"
keep_days = 365
basis = "合同到期"
"#;

fn owner() -> Party {
    party(Role::Government, None)
}

/// Everything there was happened long ago.
async fn aged(node: Node) -> Node {
    for table in ["dataset_version SET committed_at", "dataset SET updated_at"] {
        let sql = format!("UPDATE {table} = '2020-01-01 00:00:00+00:00'");
        node.store.db().execute_unprepared(&sql).await.unwrap();
    }
    node.reopened().await
}

fn files(node: &Node, table: &str) -> Vec<String> {
    let folder = std::fs::read_dir(node.path().join("lake/raw").join(table)).unwrap();
    let names = folder.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".parquet")).collect()
}

async fn proposals(node: &Node) -> Vec<DeletionProposal> {
    node.warehouse.retention().proposals(&owner(), PageRequest::default()).await.unwrap().items
}

async fn kinds(node: &Node) -> Vec<String> {
    let filter = brain_trust::evidence::EntryFilter::default();
    let found = node.trust.evidence().entries(&filter, PageRequest::new(1, 1_000)).await.unwrap();
    found.items.into_iter().map(|entry| entry.kind).collect()
}

#[tokio::test]
async fn without_a_rule_every_version_stays() {
    let node = aged(Node::loaded().await).await;
    assert_eq!(node.warehouse.retention().sweep().await.unwrap(), 0);
    assert_eq!(proposals(&node).await, []);
    let rows = node.rows(&administrator(), "SELECT count(*) FROM raw.\"sale@0\"").await.unwrap();
    assert_eq!(rows, ["2"]);
}

#[tokio::test]
async fn past_versions_go_after_the_owners_approval_with_a_certificate() {
    let node = Node::loaded().await;
    node.file("retention.toml", PAST);
    let retention = node.warehouse.retention();
    assert_eq!(retention.sweep().await.unwrap(), 0, "nothing is 30 days old");
    let node = aged(node).await;
    let retention = node.warehouse.retention();
    assert_eq!(retention.sweep().await.unwrap(), 1, "raw.place has one version only");
    assert_eq!(retention.sweep().await.unwrap(), 0, "one open proposal at a time");
    let proposal = proposals(&node).await.remove(0);
    assert_eq!((proposal.dataset.as_str(), proposal.versions, proposal.first_kept), ("raw.sale", 1, 1));
    assert!(proposal.bytes > 0 && !proposal.whole && proposal.state == "proposed");
    let before = files(&node, "sale");
    assert_eq!(before.len(), 2, "nothing went by the proposal");

    // Neither who runs the node nor a firm that owns nothing of it decides.
    for stranger in
        [administrator(), party(Role::SecurityAdministrator, None), party(Role::Enterprise, Some(OTHER))]
    {
        let refused = retention.approve(&stranger, &proposal.id, "到期").await.map_err(Failure::from);
        assert_eq!(Node::refused(refused, ErrorKind::Forbidden).code, "warehouse/retention-not-owner");
    }
    let silent = retention.approve(&owner(), &proposal.id, "  ").await.map_err(Failure::from);
    Node::refused(silent, ErrorKind::InvalidArgument);

    let done = retention.approve(&owner(), &proposal.id, "保存期满").await.unwrap();
    let certificate = done.certificate.unwrap();
    assert_eq!(done.state, "done");
    assert_eq!((certificate.first_version, certificate.last_version), (0, 0));
    assert_eq!(certificate.basis, "网络数据安全管理条例第十二条");
    let after = files(&node, "sale");
    assert_eq!(after.len(), 1);
    assert!(certificate.files.iter().all(|file| before.contains(&file.name) && !after.contains(&file.name)));
    let proof = certificate.proof.unwrap();
    let entry = node.trust.evidence().entry(proof.seq).await.unwrap();
    assert_eq!((entry.kind.as_str(), entry.body["rule"].as_str()), ("data.delete", Some("past-30")));

    // The present goes on; the past says why it is gone, also after a restart, and is listed no more.
    for node in [node.reopened().await] {
        let present = node.rows(&administrator(), "SELECT count(*) FROM raw.sale").await.unwrap();
        assert_eq!(present, ["3"]);
        let gone = node.rows(&administrator(), "SELECT * FROM raw.\"sale@0\"").await;
        assert_eq!(Node::refused(gone, ErrorKind::NotFound).code, "warehouse/version-deleted");
        let detail = node.warehouse.catalogue().get("raw.sale").await.unwrap();
        assert_eq!(detail.versions.iter().map(|card| card.version).collect::<Vec<_>>(), [1]);
        let again =
            node.warehouse.retention().approve(&owner(), &proposal.id, "再次").await.map_err(Failure::from);
        assert_eq!(Node::refused(again, ErrorKind::Precondition).code, "warehouse/retention-state");
        assert_eq!(node.warehouse.retention().sweep().await.unwrap(), 0);
        assert!(node.trust.evidence().verify().await.unwrap().ok);
    }
}

#[tokio::test]
async fn everything_goes_when_the_contract_has_ended_and_the_keys_with_it() {
    let node = Node::loaded().await;
    node.file("retention.toml", EVERYTHING);
    node.trust.vault().data_key("dataset:raw.sale").await.unwrap();
    let node = aged(node).await;
    let retention = node.warehouse.retention();
    assert_eq!(retention.sweep().await.unwrap(), 1);
    let proposal = proposals(&node).await.remove(0);
    assert!(proposal.whole && proposal.versions == 2, "{proposal:?}");
    let done = retention.approve(&owner(), &proposal.id, "合同到期").await.unwrap();
    let certificate = done.certificate.unwrap();
    assert_eq!((certificate.files.len(), certificate.keys.len()), (2, 1));
    assert_eq!(files(&node, "sale"), Vec::<String>::new());
    assert_eq!(node.rows(&administrator(), "SELECT count(*) FROM raw.sale").await.unwrap(), ["0"]);
    let detail = node.warehouse.catalogue().get("raw.sale").await.unwrap();
    assert_eq!((detail.card.rows, detail.versions.len()), (0, 1));
    let quality = serde_json::to_string(&detail.quality).unwrap();
    assert!(
        !quality.contains("秘密客户") && !quality.contains(OWN),
        "what was measured is gone too: {quality}"
    );
    assert!(kinds(&node).await.contains(&"data.erase".to_owned()));
    assert_eq!(node.warehouse.retention().sweep().await.unwrap(), 0, "what is empty is not deleted again");
    // New data begins anew.
    node.ingest("in/sale2.csv", "sales").await;
    assert_eq!(node.rows(&administrator(), "SELECT count(*) FROM raw.sale").await.unwrap(), ["3"]);
}

#[tokio::test]
async fn a_rejected_proposal_and_one_whose_rule_is_gone_delete_nothing() {
    let node = Node::loaded().await;
    node.file("retention.toml", PAST);
    let node = aged(node).await;
    let retention = node.warehouse.retention();
    retention.sweep().await.unwrap();
    let first = proposals(&node).await.remove(0);
    let rejected = retention.reject(&owner(), &first.id, "仍在诉讼中").await.unwrap();
    assert_eq!((rejected.state.as_str(), rejected.reason.as_deref()), ("rejected", Some("仍在诉讼中")));
    retention.sweep().await.unwrap();
    let second = proposals(&node).await.remove(0);
    assert_ne!(first.id, second.id, "while the rule stands it is proposed again");
    node.file("retention.toml", "");
    let refused = retention.approve(&owner(), &second.id, "到期").await.map_err(Failure::from);
    assert_eq!(Node::refused(refused, ErrorKind::Precondition).code, "warehouse/retention-state");
    assert_eq!(files(&node, "sale").len(), 2);
    node.file("retention.toml", "[[rule]]\nname = \"x\"");
    let wrong = retention.sweep().await.map_err(Failure::from);
    assert_eq!(Node::refused(wrong, ErrorKind::InvalidArgument).code, "warehouse/retention-rules");
}

#[tokio::test]
async fn a_deletion_cut_short_is_finished_at_the_next_start() {
    let node = Node::loaded().await;
    node.file("retention.toml", PAST);
    let node = aged(node).await;
    node.warehouse.retention().sweep().await.unwrap();
    let proposal = proposals(&node).await.remove(0);
    node.warehouse.retention().approve(&owner(), &proposal.id, "到期").await.unwrap();
    // As if the process had ended after it was decided and before a file was removed.
    let gone = proposals(&node).await.remove(0).certificate.unwrap().files.remove(0);
    std::fs::write(node.path().join("lake/raw/sale").join(&gone.name), b"back").unwrap();
    node.store.db().execute_unprepared("UPDATE deletion_proposal SET state = 'deleting'").await.unwrap();
    let node = node.reopened().await;
    let finished = proposals(&node).await.remove(0);
    assert_eq!(finished.state, "done");
    assert!(finished.certificate.unwrap().files.iter().any(|file| file.name == gone.name));
    assert!(!files(&node, "sale").contains(&gone.name));
}
