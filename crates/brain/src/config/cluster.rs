//! `[cluster]`: other machines that queries run on.

use super::Config;
use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;

/// What answers SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryEngine {
    /// This process.
    Embedded,
    /// The cluster of `[cluster]`, by Ballista; what cannot go there is answered by this process.
    Ballista,
}

/// `[cluster]`: the same section for the node, the scheduler and the executors.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterConfig {
    /// Address of the scheduler, `host:port`, as the node and the executors reach it.
    pub scheduler: String,
    /// Partitions that data is distributed over.
    pub partitions: u32,
    /// Address `brain scheduler` listens on; port 0 takes a free one.
    pub scheduler_listen: SocketAddr,
    /// Silence after which an executor counts as gone, seconds.
    pub executor_timeout_s: u64,
    /// Address `brain executor` listens on; port 0 takes a free one.
    pub executor_listen: SocketAddr,
    /// Name by which others reach an executor; empty for the address it listens on.
    pub executor_host: String,
    /// Folder of an executor, one for each; empty for `executor` in the data folder.
    pub executor_folder: PathBuf,
    /// Partitions an executor works on at the same time; 0 for one a processor.
    pub cores: u32,
    /// Memory of all tasks of an executor, MiB.
    pub memory_mib: u64,
    /// Certificate of this member with its chain, as PEM.
    pub certificate: String,
    /// Its private key as PEM.
    pub key: String,
    /// Authorities that issue the members' certificates, as PEM.
    pub authorities: String,
    /// Their lists of revocations as PEM.
    pub revocations: String,
    /// Names of the nodes, in their certificates, that are members.
    pub members: Vec<String>,
}

impl ClusterConfig {
    /// Whether members show each other certificates.
    pub fn is_secured(&self) -> bool {
        !self.certificate.is_empty()
    }

    /// How many partitions an executor works on at the same time.
    pub fn cores(&self) -> usize {
        match self.cores {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            cores => cores as usize,
        }
    }
}

/// Addresses, and certificates that belong together.
pub(super) fn check(config: &Config) -> Result<()> {
    let cluster = &config.cluster;
    let port = cluster.scheduler.rsplit_once(':').and_then(|(host, port)| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']' | ':');
        (!host.is_empty() && host.chars().all(plain)).then(|| port.parse::<u16>().ok())?
    });
    if port.is_none_or(|port| port == 0) {
        bail!(
            "cluster.scheduler = {0:?} 应写成 主机:端口，如 \"10.0.0.5:7610\"。\n\
             cluster.scheduler = {0:?}: write host:port, as in \"10.0.0.5:7610\".",
            cluster.scheduler
        );
    }
    let parts = [&cluster.certificate, &cluster.key, &cluster.authorities];
    let set = parts.iter().filter(|part| !part.is_empty()).count();
    if set != 0 && (set != parts.len() || cluster.members.is_empty()) {
        bail!(
            "cluster.certificate、cluster.key、cluster.authorities 与 cluster.members 须同时设置。\n\
             cluster.certificate, cluster.key, cluster.authorities and cluster.members go together."
        );
    }
    if set == 0 && !(cluster.members.is_empty() && cluster.revocations.is_empty()) {
        bail!(
            "cluster.members 与 cluster.revocations 需要 cluster.certificate、cluster.key、cluster.authorities。\n\
             cluster.members and cluster.revocations take cluster.certificate, cluster.key and cluster.authorities."
        );
    }
    for (key, address) in [
        ("cluster.scheduler_listen", cluster.scheduler_listen),
        ("cluster.executor_listen", cluster.executor_listen),
    ] {
        if !address.ip().is_loopback() && !cluster.is_secured() {
            bail!(
                "{key} = {address} 不是本机地址，须设置 cluster.certificate、cluster.key、cluster.authorities 与 cluster.members。\n\
                 {key} = {address} is not this machine: set cluster.certificate, cluster.key, cluster.authorities and cluster.members."
            );
        }
        if address.ip().is_unspecified()
            && cluster.executor_host.is_empty()
            && key.ends_with("executor_listen")
        {
            bail!(
                "{key} = {address} 时须以 cluster.executor_host 写明他人所用的主机名或地址。\n\
                 With {key} = {address}, say in cluster.executor_host how others reach this machine."
            );
        }
    }
    Ok(())
}
