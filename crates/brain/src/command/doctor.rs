//! `brain doctor`: opens everything a node needs and says what it found.

use crate::cli::{self, Doctor};
use crate::config::{Config, Tls};
use crate::node::{Node, operator};
use crate::{process, terminal, transport, weakness};
use anyhow::Result;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::{Language, Text};
use brain_kernel::party::Role;
use brain_warehouse::FileCheck;
use brain_warehouse::catalogue::CatalogueQuery;
use std::process::ExitCode;

/// Check the folder, the store, the lake and the evidence log. Ends with code 1 when something is wrong.
pub async fn doctor(node: &Node, arguments: Doctor) -> Result<ExitCode> {
    let language = cli::language();
    let mut healthy = true;
    let mut say = |name: Text, found: Result<String, Failure>| match found {
        Ok(detail) => terminal::line(&format!("ok    {:<12} {detail}", name.get(language))),
        Err(failure) => {
            healthy = false;
            terminal::line(&format!("FAIL  {:<12} {}", name.get(language), failure.message(language)));
        }
    };
    say(Text::new("配置", "configuration"), Ok(node.config.node.name.clone()));
    say(Text::new("数据文件夹", "folder"), Ok(node.folder.root().display().to_string()));
    let ready = node.warehouse.ready().await.map_err(Failure::from);
    let datasets = node.warehouse.catalogue().list(&CatalogueQuery::default()).total;
    say(Text::new("数据仓", "warehouse"), ready.map(|()| format!("{datasets} datasets")));
    say(Text::new("数据湖", "lake"), lake(node, language).await);
    if let Some(cluster) = &node.cluster {
        say(Text::new("查询集群", "cluster"), cluster.probe().await);
    }
    let mappings = node.warehouse.mappings().map_err(Failure::from);
    say(Text::new("映射", "mappings"), mappings.map(|list| list.len().to_string()));
    say(Text::new("组件", "components"), Ok(node.registry.manifests().count().to_string()));
    for part in node.trust.status().health().await.map_err(Failure::from)? {
        // The log is verified below, now and as a whole.
        let (name, code) = match part.name.as_str() {
            "backup" => (Text::new("备份", "backup"), "backup/failed"),
            "mirror" => (Text::new("异地副本", "mirror"), "mirror/late"),
            _ => continue,
        };
        let failed = Failure::new(ErrorKind::Internal, code, &part.detail, &part.detail);
        say(name, if part.ok { Ok(part.detail.clone()) } else { Err(failed) });
    }
    if arguments.deep {
        let check = node.warehouse.check_files().await.map_err(Failure::from);
        say(Text::new("数据文件", "files"), check.and_then(files));
        let found = node.store.check().await.map_err(Failure::from);
        say(Text::new("数据库", "database"), found.and_then(database));
    }
    let records = node.trust.audit().verify(&operator(Role::Auditor)).await.map_err(Failure::from)?;
    let verification = &records.evidence;
    let evidence = serde_json::to_string(verification)?;
    let failure = Failure::new(ErrorKind::Internal, "trust/evidence", &evidence, &evidence);
    say(Text::new("存证", "evidence"), if verification.ok { Ok(evidence.clone()) } else { Err(failure) });
    let words = serde_json::json!({
        "anchored": records.anchored, "unanchored": records.unanchored, "first_bad": records.first_bad,
    });
    let words = words.to_string();
    let failure = Failure::new(ErrorKind::Internal, "trust/audit", &words, &words);
    say(
        Text::new("审计", "audit"),
        if records.first_bad.is_none() { Ok(words.clone()) } else { Err(failure) },
    );
    let tls = transport::open(node).await;
    let tls = tls.map(|tls| tls_state(&node.config.tls, tls.is_some()).get(language).to_owned());
    say(Text::new("传输加密", "tls"), tls.map_err(|error| said(&error)));
    for line in exposure(&node.config) {
        terminal::line(&format!("      {}", line.get(language)));
    }
    // Weak is not broken: it is for the operator to judge, and does not fail the check.
    for weakness in weakness::all(&node.config, &process::confinement()) {
        let (what, fix) = (weakness.what.get(language), weakness.fix.get(language));
        terminal::line(&format!("weak  {:<12} {what} → {fix}", weakness.key));
    }
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Where the tables lie; an object store is tried, of a folder it is told how much room is left.
async fn lake(node: &Node, language: Language) -> Result<String, Failure> {
    let place = node.warehouse.try_lake().await.map_err(Failure::from)?;
    if !node.config.lake.url.is_empty() {
        let words = Text::new("可写，条件写入有效", "can be written, conditional writes are kept");
        return Ok(format!("{place} · {}", words.get(language)));
    }
    #[cfg(unix)]
    if let Ok(disk) = rustix::fs::statvfs(node.folder.root()) {
        let free = disk.f_bavail.saturating_mul(disk.f_frsize) >> 30;
        return Ok(format!("{place} · {free} GiB {}", Text::new("可用", "free").get(language)));
    }
    Ok(place)
}

fn tls_state(tls: &Tls, on: bool) -> Text {
    if !on {
        return Text::new("未启用（明文 HTTP）", "off: plain HTTP");
    }
    let clients = !tls.client_authorities.is_empty() || tls.own_authority;
    let (zh, en) =
        if clients { ("，核验节点证书", ", node certificates are checked") } else { ("", "") };
    if tls.own_authority {
        let names = tls.names.join(", ");
        return Text::new(
            format!("TLS 1.3，本节点签发（{names}）{zh}"),
            format!("TLS 1.3, issued by this node for {names}{en}"),
        );
    }
    let file = &tls.certificate;
    Text::new(format!("TLS 1.3，证书 {file}{zh}"), format!("TLS 1.3, certificate {file}{en}"))
}

/// Listeners, who may reach them, and the limits that hold there.
fn exposure(config: &Config) -> Vec<Text> {
    let (http, limits, scheme) =
        (&config.http, &config.limits, if config.tls.is_on() { "https" } else { "http" });
    let from = |networks: &[String]| match networks {
        [] => Text::new("任何网络", "any network"),
        some => Text::new(some.join("、"), some.join(", ")),
    };
    let (all, names) = (from(&http.allow), config.hosts());
    let mut lines = vec![Text::new(
        format!("监听 http.listen = {scheme}://{}，来自{}", http.listen, all.zh),
        format!("listener http.listen = {scheme}://{}, from {}", http.listen, all.en),
    )];
    if let Some(address) = http.administration() {
        let from = from(&http.admin_allow);
        lines.push(Text::new(
            format!("监听 http.admin_listen = {scheme}://{address}，来自{}", from.zh),
            format!("listener http.admin_listen = {scheme}://{address}, from {}", from.en),
        ));
    }
    let names = if names.is_empty() { "*".to_owned() } else { names.join(", ") };
    lines.push(Text::new(format!("主机名 {names}"), format!("host names {names}")));
    lines.push(Text::new(
        format!(
            "限额：账户每秒 {}（至多积 {}），地址每秒 {}（至多积 {}），同时请求 {}、连接 {}",
            limits.caller_points_per_s,
            limits.caller_points_max,
            limits.address_points_per_s,
            limits.address_points_max,
            limits.requests_at_once,
            limits.connections
        ),
        format!(
            "limits: {} points a second of an account ({} saved), {} of an address ({} saved), {} requests and {} connections at once",
            limits.caller_points_per_s,
            limits.caller_points_max,
            limits.address_points_per_s,
            limits.address_points_max,
            limits.requests_at_once,
            limits.connections
        ),
    ));
    lines
}

/// An error of opening as a finding; both languages are in its words already.
fn said(error: &anyhow::Error) -> Failure {
    match error.downcast_ref::<Failure>() {
        Some(failure) => failure.clone(),
        None => {
            let words = error.to_string();
            let (zh, en) = words.split_once('\n').unwrap_or((&words, &words));
            Failure::new(ErrorKind::Precondition, "brain/tls", zh, en)
        }
    }
}

fn files(check: FileCheck) -> Result<String, Failure> {
    let FileCheck { whole, unchecked, damaged } = check;
    if damaged.is_empty() {
        return Ok(format!("{whole} whole, {unchecked} without sums"));
    }
    let list = damaged.join("\n      ");
    Err(Failure::new(
        ErrorKind::Unavailable,
        "warehouse/damaged",
        format!("{} 个文件已损坏：\n      {list}", damaged.len()),
        format!("{} files are damaged:\n      {list}", damaged.len()),
    )
    .with_hint("请从备份恢复这些文件。", "Restore them from a backup."))
}

fn database(found: Vec<String>) -> Result<String, Failure> {
    if found.is_empty() {
        return Ok("whole".to_owned());
    }
    let list = found.join("\n      ");
    Err(Failure::new(
        ErrorKind::Unavailable,
        "store/damaged",
        format!("数据库已损坏：\n      {list}"),
        format!("The database is damaged:\n      {list}"),
    )
    .with_hint("请从备份恢复。", "Restore it from a backup."))
}
