//! Every access leaves its record; without it there is no access; records go only when their time is over.

use std::sync::Arc;

use brain_kernel::language::Text;
use brain_kernel::party::Role;
use brain_kernel::predicate::Predicate;
use brain_store::PageRequest;
use brain_trust::audit::{AuditOptions, AuditRecord, Channel, Outcome, RecordFilter};
use brain_trust::{Access, AccessOrigin, Grant, Options, Trust};
use chrono::TimeDelta;

use crate::node::{Node, options, party};

pub(crate) fn grant(dataset: &str, agreement: Option<&str>) -> Grant {
    Grant {
        id: format!("grant-of-{dataset}"),
        dataset: dataset.to_owned(),
        rows: Predicate::All(Vec::new()),
        masks: std::collections::BTreeMap::new(),
        purpose: "analysis".to_owned(),
        until: None,
        basis: Text::new("测试", "test"),
        agreement: agreement.map(str::to_owned),
    }
}

fn origin() -> AccessOrigin {
    AccessOrigin {
        channel: Channel::Rest,
        operation: "sql".to_owned(),
        credential: Some("api_key:k1".to_owned()),
        address: Some("10.1.2.3".to_owned()),
        trace_id: Some("0af7651916cd43dd8448eb211c80319c".to_owned()),
    }
}

pub(crate) fn begin(node: &Node, action: &str) -> Access {
    node.trust.audit().begin(&party(Role::Enterprise), "analysis", action, origin())
}

/// A whole access: one dataset, so many rows.
pub(crate) async fn read(node: &Node, dataset: &str, rows: u64) {
    let access = begin(node, "read");
    access.opened(dataset, 3, &grant(dataset, None)).unwrap();
    access.handed_out(rows);
    access.finish(None).await.unwrap();
}

pub(crate) async fn listed(node: &Node, filter: RecordFilter) -> Vec<AuditRecord> {
    let page = PageRequest::new(1, 1_000);
    node.trust.audit().list(&party(Role::Auditor), &filter, page).await.unwrap().items
}

async fn only(node: &Node) -> AuditRecord {
    let mut found = listed(node, RecordFilter::default()).await;
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[tokio::test]
async fn one_record_says_who_what_under_which_grant_how_many_rows_and_from_where() {
    let node = Node::start().await;
    let access = begin(&node, "export");
    access.state("SELECT * FROM raw.a");
    access.opened("raw.a", 3, &grant("raw.a", Some("contract-7"))).unwrap();
    access.handed_out(40);
    access.handed_out(2);
    access.sent(1_000);
    access.finish(None).await.unwrap();
    drop(access);
    let record = only(&node).await;
    assert_eq!((record.account.as_str(), record.role), ("the-enterprise", Role::Enterprise));
    assert_eq!(record.organisation.as_deref(), Some(crate::node::OWN));
    assert_eq!(
        (record.credential.as_deref(), record.address.as_deref()),
        (Some("api_key:k1"), Some("10.1.2.3"))
    );
    assert_eq!((record.channel, record.action.as_str()), (Channel::Rest, "export"));
    assert_eq!((record.operation.as_str(), record.purpose.as_str()), ("sql", "analysis"));
    assert_eq!(record.statement.as_deref(), Some("SELECT * FROM raw.a"));
    let input = &record.inputs[0];
    assert_eq!((input.dataset.as_str(), input.version), ("raw.a", Some(3)));
    assert_eq!(
        (input.grant.as_deref(), input.agreement.as_deref()),
        (Some("grant-of-raw.a"), Some("contract-7"))
    );
    assert_eq!((record.rows, record.bytes, record.outcome), (Some(42), Some(1_000), Outcome::Completed));
    assert!(record.exchange, "data was provided under an agreement");
    assert_eq!(record.trace_id.as_deref(), origin().trace_id.as_deref());
}

#[tokio::test]
async fn what_streams_is_on_record_before_the_first_row_and_counted_at_the_end() {
    let node = Node::start().await;
    let access = begin(&node, "read");
    access.opened("raw.a", 1, &grant("raw.a", None)).unwrap();
    access.announce();
    access.admit().await.unwrap();
    let begun = only(&node).await;
    assert_eq!((begun.outcome, begun.rows), (Outcome::Opened, None));
    access.admit().await.unwrap();
    access.handed_out(9);
    drop(access);
    let ended = only(&node).await;
    assert_eq!((ended.outcome, ended.rows, ended.access), (Outcome::Completed, Some(9), begun.access));
    let detail = node.trust.audit().show(&party(Role::Auditor), ended.seq).await.unwrap();
    assert_eq!(detail.records.len(), 2, "beginning and end");
    assert!(detail.anchor.is_none());
    node.trust.audit().anchor().await.unwrap();
    let detail = node.trust.audit().show(&party(Role::Auditor), begun.seq).await.unwrap();
    assert_eq!(detail.anchor.unwrap().last, ended.seq);
}

#[tokio::test]
async fn every_way_an_access_ends_has_its_name() {
    let node = Node::start().await;
    let ended = async |course: &dyn Fn(&Access)| {
        let access = begin(&node, "read");
        course(&access);
        drop(access);
        let record = listed(&node, RecordFilter::default()).await.remove(0);
        (record.outcome, record.reason)
    };
    let reason = |code: &str| Some(code.to_owned());
    let denied = ended(&|access| access.refused("raw.secret", "warehouse/no-grant")).await;
    assert_eq!(denied, (Outcome::Denied, reason("warehouse/no-grant")));
    assert_eq!(
        ended(&|access| access.failed("warehouse/sql")).await,
        (Outcome::Failed, reason("warehouse/sql"))
    );
    let both = ended(&|access| {
        access.refused("raw.secret", "trust/denied");
        access.failed("trust/denied");
    });
    assert_eq!(both.await, (Outcome::Denied, reason("trust/denied")));
    assert_eq!(
        ended(&|access| {
            access.touch();
            access.broke_off();
        })
        .await,
        (Outcome::BrokenOff, None)
    );
    assert_eq!(
        ended(&|access| {
            access.touch();
            access.hold();
        })
        .await,
        (Outcome::BrokenOff, None)
    );
    let before = listed(&node, RecordFilter::default()).await.len();
    drop(begin(&node, "read"));
    assert_eq!(listed(&node, RecordFilter::default()).await.len(), before, "nothing happened");
}

#[tokio::test]
async fn records_are_filtered_by_account_dataset_outcome_and_time() {
    let node = Node::start().await;
    read(&node, "raw.a", 1).await;
    node.clock.advance(TimeDelta::minutes(5));
    read(&node, "raw.b", 2).await;
    begin(&node, "read").refused("raw.c", "warehouse/no-grant");
    let count = async |filter: RecordFilter| listed(&node, filter).await.len();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(count(RecordFilter { dataset: some("raw.b"), ..RecordFilter::default() }).await, 1);
    assert_eq!(count(RecordFilter { dataset: some("raw.c"), ..RecordFilter::default() }).await, 1);
    assert_eq!(count(RecordFilter { outcome: some("denied"), ..RecordFilter::default() }).await, 1);
    assert_eq!(count(RecordFilter { account: some("the-enterprise"), ..RecordFilter::default() }).await, 3);
    assert_eq!(count(RecordFilter { account: some("nobody"), ..RecordFilter::default() }).await, 0);
    let from = Some(node.store.now() - TimeDelta::minutes(1));
    assert_eq!(count(RecordFilter { from, ..RecordFilter::default() }).await, 2);
    assert_eq!(count(RecordFilter { to: from, ..RecordFilter::default() }).await, 1);
}

#[tokio::test]
async fn only_the_auditor_reads_and_nobody_else() {
    let node = Node::start().await;
    read(&node, "raw.a", 1).await;
    let audit = node.trust.audit();
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Auditor) {
        let actor = party(role);
        let refused = [
            audit.list(&actor, &RecordFilter::default(), PageRequest::default()).await.err(),
            audit.show(&actor, 0).await.err(),
            audit.verify(&actor).await.err(),
            audit.status(&actor).await.err(),
            audit.export(&actor, RecordFilter::default(), origin()).await.err(),
        ];
        for error in refused {
            assert_eq!(error.unwrap().code(), "trust/wrong-role", "{role:?}");
        }
    }
}

#[tokio::test]
async fn an_export_is_an_access_of_its_own_and_hands_out_what_is_listed() {
    let node = Node::start().await;
    for number in 0..2_345 {
        let access = begin(&node, "read");
        access.handed_out(number);
        access.touch();
    }
    let auditor = party(Role::Auditor);
    let mut export = node.trust.audit().export(&auditor, RecordFilter::default(), origin()).await.unwrap();
    let mut seqs = Vec::new();
    while let Some(records) = export.next().await.unwrap() {
        export.sent(10);
        seqs.extend(records.iter().map(|record| record.seq));
    }
    assert!(export.next().await.unwrap().is_none());
    drop(export);
    assert_eq!(seqs, (0..2_345).collect::<Vec<_>>());
    let own = RecordFilter { action: Some("audit.export".to_owned()), ..RecordFilter::default() };
    let record = listed(&node, own).await.remove(0);
    assert_eq!((record.rows, record.bytes, record.outcome), (Some(2_345), Some(30), Outcome::Completed));
    let own = RecordFilter { action: Some("audit.export".to_owned()), ..RecordFilter::default() };
    let mut broken = node.trust.audit().export(&auditor, RecordFilter::default(), origin()).await.unwrap();
    broken.next().await.unwrap();
    drop(broken);
    assert_eq!(listed(&node, own).await.remove(0).outcome, Outcome::BrokenOff);
}

/// Make the store refuse records, as a full disk does, and let it take them again.
async fn disk(node: &Node, full: bool) {
    node.sql(if full {
        "CREATE TRIGGER full BEFORE INSERT ON audit_record \
         BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    } else {
        "DROP TRIGGER full"
    })
    .await;
}

#[tokio::test]
async fn without_a_record_there_is_no_access_and_afterwards_it_goes_on_without_a_gap() {
    let node = Node::start().await;
    let under_way = begin(&node, "export");
    under_way.opened("raw.a", 1, &grant("raw.a", None)).unwrap();
    under_way.admit().await.unwrap();
    disk(&node, true).await;
    // Nothing new begins, nothing held is handed on, and nothing that streams ends well.
    let fresh = begin(&node, "read");
    assert_eq!(fresh.admit().await.unwrap_err().code(), "trust/audit-unavailable");
    assert_eq!(fresh.admit().await.unwrap_err().code(), "trust/audit-unavailable", "and not by asking again");
    let held = begin(&node, "read");
    held.touch();
    assert_eq!(held.finish(None).await.unwrap_err().code(), "trust/audit-unavailable");
    let denied = node.trust.audit().note(&party(Role::Auditor), "audit.read", origin(), None).await;
    assert_eq!(denied.unwrap_err().code(), "trust/audit-unavailable");
    // An access that is cut off leaves its end waiting, and it is written once it can be.
    under_way.handed_out(7);
    under_way.broke_off();
    drop(under_way);
    drop(fresh);
    let (audit, everything) = (node.trust.audit(), RecordFilter::default());
    let page = audit.list(&party(Role::Auditor), &everything, PageRequest::default()).await;
    assert!(page.is_err(), "a list that lacks records is not given out");
    disk(&node, false).await;
    let records = listed(&node, RecordFilter::default()).await;
    let cut = records.iter().find(|record| record.action == "export").unwrap();
    assert_eq!((cut.outcome, cut.rows), (Outcome::BrokenOff, Some(7)));
    read(&node, "raw.a", 1).await;
    node.trust.audit().anchor().await.unwrap();
    let found = node.trust.audit().verify(&party(Role::Auditor)).await.unwrap();
    assert!(found.ok, "{found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_that_come_together_share_commits_and_none_is_lost_or_written_twice() {
    let node = Arc::new(Node::start().await);
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..16 {
        let node = node.clone();
        tasks.spawn(async move {
            for number in 0..25 {
                let access = begin(&node, "read");
                access.state(&format!("{task}-{number}"));
                if number % 2 == 0 {
                    access.announce();
                    access.admit().await.unwrap();
                }
                access.handed_out(number);
                if number % 3 == 0 {
                    access.finish(None).await.unwrap();
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let records = listed(&node, RecordFilter::default()).await;
    assert_eq!(records.len(), 400);
    let statements: std::collections::BTreeSet<_> = records.iter().map(|r| r.statement.clone()).collect();
    assert_eq!(statements.len(), 400);
    assert!(records.iter().all(|record| record.outcome == Outcome::Completed));
    node.trust.audit().anchor().await.unwrap();
    assert!(node.trust.audit().verify(&party(Role::Auditor)).await.unwrap().ok);
}

#[tokio::test]
async fn batches_are_anchored_when_full_and_across_a_restart() {
    let audit = AuditOptions { batch_records: 10, ..AuditOptions::default() };
    let node = Node::start_with(Options { audit, ..options() }).await;
    for _ in 0..25 {
        read(&node, "raw.a", 1).await;
    }
    node.trust.audit().anchor().await.unwrap();
    let status = node.trust.audit().status(&party(Role::Auditor)).await.unwrap();
    assert_eq!((status.batches, status.records, status.unanchored), (3, 25, 0));
    read(&node, "raw.a", 1).await;
    let node = node.restart().await;
    let status = node.trust.audit().status(&party(Role::Auditor)).await.unwrap();
    assert_eq!((status.records, status.unanchored), (26, 1), "taken up again");
    node.trust.close().await.unwrap();
    let found = node.trust.audit().verify(&party(Role::Auditor)).await.unwrap();
    assert!(found.ok, "{found:?}");
    assert_eq!((found.anchored, found.batches, found.unanchored), (26, 4, 0));
}

#[tokio::test]
async fn a_node_that_keeps_records_too_short_does_not_open() {
    let node = Node::start().await;
    for (audit, key) in [
        (AuditOptions { days: 179, ..AuditOptions::default() }, "audit.days"),
        (AuditOptions { exchange_days: 1_094, ..AuditOptions::default() }, "audit.exchange_days"),
    ] {
        let short = Options { audit, ..options() };
        let refused =
            Trust::open(node.store.clone(), &node.keys_dir(), node.clock.clone(), short).await.err().unwrap();
        assert_eq!(refused.code(), "trust/audit-retention");
        assert!(refused.to_string().contains(key), "{refused}");
    }
}

#[tokio::test]
async fn whole_batches_go_when_their_time_is_over_and_exchange_records_stay_longer() {
    let audit = AuditOptions { days: 180, exchange_days: 1_095, batch_records: 4, ..AuditOptions::default() };
    let node = Node::start_with(Options { audit, ..options() }).await;
    let auditor = party(Role::Auditor);
    for number in 0..8 {
        if number == 5 {
            let access = begin(&node, "read");
            access.opened("raw.a", 1, &grant("raw.a", Some("contract-1"))).unwrap();
            access.finish(None).await.unwrap();
        } else {
            read(&node, "raw.a", 1).await;
        }
    }
    let audit = node.trust.audit();
    audit.anchor().await.unwrap();
    node.clock.advance(TimeDelta::days(180) - TimeDelta::seconds(1));
    assert_eq!(audit.expire().await.unwrap(), 0);
    node.clock.advance(TimeDelta::seconds(1));
    assert_eq!(audit.expire().await.unwrap(), 4, "the batch without exchange records");
    assert_eq!(audit.expire().await.unwrap(), 0);
    let left: Vec<u64> =
        listed(&node, RecordFilter::default()).await.iter().map(|record| record.seq).collect();
    assert_eq!(left, [7, 6, 5, 4]);
    let found = audit.verify(&auditor).await.unwrap();
    assert!(found.ok, "{found:?}");
    assert_eq!((found.anchored, found.batches, found.expired), (4, 2, 1));
    node.clock.advance(TimeDelta::days(1_095 - 180));
    assert_eq!(audit.expire().await.unwrap(), 4);
    read(&node, "raw.a", 1).await;
    assert_eq!(listed(&node, RecordFilter::default()).await[0].seq, 8, "positions are never used twice");
    assert!(node.kinds().await.contains(&"audit.expire".to_owned()), "and it is on record that they went");
    assert!(audit.verify(&auditor).await.unwrap().ok);
}

#[tokio::test]
async fn a_batch_that_was_tampered_with_does_not_expire() {
    let audit = AuditOptions { days: 180, ..AuditOptions::default() };
    let node = Node::start_with(Options { audit, ..options() }).await;
    read(&node, "raw.a", 5).await;
    node.trust.audit().anchor().await.unwrap();
    node.sql("DROP TRIGGER audit_record_no_update").await;
    node.sql("UPDATE audit_record SET rows = 1").await;
    node.clock.advance(TimeDelta::days(200));
    assert_eq!(node.trust.audit().expire().await.unwrap(), 0);
}
