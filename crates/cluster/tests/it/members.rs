//! Beyond one machine a member proves itself by a certificate, and nobody else is let in.

use crate::node::{Node, administrator};
use crate::same::{alone, rows};
use brain_cluster::executor::{Executor, ExecutorOptions};
use brain_cluster::scheduler::{Scheduler, SchedulerOptions};
use brain_cluster::{Cluster, Membership};
use brain_kernel::clock::{Clock as _, SystemClock};
use brain_tls::{Authority, Material, Request, Usage};
use std::sync::Arc;
use std::time::Duration;

const MEMBERS: [&str; 3] = ["brain", "scheduler", "executor-1"];

fn authority() -> Authority {
    let made = Authority::create("cluster", SystemClock.now()).unwrap();
    Authority::open(&made.certificate, &made.key).unwrap()
}

fn member(authority: &Authority, name: &str) -> Membership {
    let request = Request {
        subject: name.to_owned(),
        names: vec!["127.0.0.1".to_owned(), "localhost".to_owned()],
        usage: Usage::Node,
        days: 1,
    };
    let issued = authority.issue(&request, SystemClock.now()).unwrap();
    let material = Material {
        chain: issued.certificate,
        key: issued.key,
        client_authorities: authority.certificate().to_owned(),
        revocations: String::new(),
    };
    Membership::new(material, MEMBERS.map(str::to_owned).to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn members_work_together_and_strangers_are_not_let_in() {
    let node = Node::loaded_in(alone()).await;
    let own = authority();
    let options = SchedulerOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        executor_timeout_s: 6,
        membership: Some(member(&own, "scheduler")),
    };
    let scheduler = Scheduler::start(options).await.unwrap();
    let address = scheduler.address().to_string();
    let folder = tempfile::tempdir().unwrap();
    let options = ExecutorOptions {
        scheduler: address.clone(),
        listen: "127.0.0.1:0".parse().unwrap(),
        host: Some("localhost".to_owned()),
        folder: folder.path().join("executor"),
        data: node.path().to_owned(),
        objects: None,
        cores: 2,
        memory_mib: 256,
        membership: Some(member(&own, "executor-1")),
    };
    let executor = Executor::start(options).await.unwrap();
    while !executor.has_joined() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    node.warehouse.distribute(Arc::new(Cluster::new(&address, 4, Some(member(&own, "brain"))).unwrap()));
    let sql = "SELECT firm, count(*) FROM raw.sale GROUP BY firm";
    let (found, engine) = rows(&node.warehouse, &administrator(), sql).await.unwrap();
    assert_eq!((found.len(), engine), (2, "ballista"));

    let elsewhere = authority();
    for (who, membership) in [
        ("nobody", None),
        ("a node that is no member", Some(member(&own, "somebody"))),
        ("a member of another cluster", Some(member(&elsewhere, "brain"))),
    ] {
        let failure = Cluster::new(&address, 4, membership).unwrap().probe().await.unwrap_err();
        assert_eq!(failure.code, "cluster/unavailable", "{who}");
    }
    executor.stop().await;
}
