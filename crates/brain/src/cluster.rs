//! The cluster that queries run on, as the configuration says: the node's way to it, and its own programs.

use crate::config::{ClusterConfig, Config, QueryEngine};
use crate::lake;
use anyhow::{Context as _, Result};
use brain_cluster::executor::ExecutorOptions;
use brain_cluster::scheduler::SchedulerOptions;
use brain_cluster::{Cluster, Membership};
use brain_egress::Egress;
use brain_kernel::error::Failure;
use brain_tls::Material;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The node's way to its cluster; `None` where this process answers everything.
pub fn of_node(config: &Config) -> Result<Option<Cluster>> {
    if config.warehouse.engine == QueryEngine::Embedded {
        return Ok(None);
    }
    let cluster = &config.cluster;
    let partitions = cluster.partitions as usize;
    Ok(Some(Cluster::new(&cluster.scheduler, partitions, membership(cluster)?)?))
}

/// What a scheduler is told.
pub fn scheduler(config: &Config) -> Result<SchedulerOptions> {
    let cluster = &config.cluster;
    Ok(SchedulerOptions {
        listen: cluster.scheduler_listen,
        executor_timeout_s: cluster.executor_timeout_s,
        membership: membership(cluster)?,
    })
}

/// What an executor is told. It opens no folder and no store of the node: only the lake, by this machine's own key.
pub fn executor(config: &Config) -> Result<ExecutorOptions> {
    let cluster = &config.cluster;
    let egress = Egress::new(&config.egress).map_err(Failure::from)?;
    let folder = if cluster.executor_folder.as_os_str().is_empty() {
        config.node.data.join("executor")
    } else {
        cluster.executor_folder.clone()
    };
    Ok(ExecutorOptions {
        scheduler: cluster.scheduler.clone(),
        listen: cluster.executor_listen,
        host: Some(cluster.executor_host.clone()).filter(|host| !host.is_empty()),
        folder,
        data: PathBuf::from(&config.node.data),
        objects: lake::objects(&config.lake, &egress)?,
        cores: cluster.cores(),
        memory_mib: cluster.memory_mib,
        membership: membership(cluster)?,
    })
}

fn membership(cluster: &ClusterConfig) -> Result<Option<Membership>> {
    if !cluster.is_secured() {
        return Ok(None);
    }
    let material = Material {
        chain: read("certificate", &cluster.certificate)?,
        key: Zeroizing::new(read("key", &cluster.key)?),
        client_authorities: read("authorities", &cluster.authorities)?,
        revocations: match cluster.revocations.as_str() {
            "" => String::new(),
            path => read("revocations", path)?,
        },
    };
    Ok(Some(Membership::new(material, cluster.members.clone())))
}

fn read(key: &str, path: &str) -> Result<String> {
    std::fs::read_to_string(Path::new(path)).with_context(|| {
        format!("无法读取 cluster.{key} = {path:?}。\ncluster.{key} = {path:?} cannot be read.")
    })
}
