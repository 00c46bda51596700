//! Bounds and relations that types cannot say.

use super::{Config, EvidenceConfig, cluster, lake};
use anyhow::{Result, bail};
use brain_api::{Networks, ScanOptions};
use brain_egress::Egress;
use brain_kernel::error::Failure;
use brain_kernel::language::Language;
use brain_kernel::party::Role;
use brain_trust::Site;
use brain_trust::evidence::verifier::HashAlgorithm;
use std::path::Path;

/// Bounds that types cannot say. Every message names the key and the mend, Chinese first.
pub(super) fn all(config: &Config) -> Result<()> {
    let bounds = [
        ("warehouse.memory_limit_mib", config.warehouse.memory_limit_mib, 64, 1 << 24),
        ("warehouse.query_memory_mib", config.warehouse.query_memory_mib, 16, 1 << 24),
        ("warehouse.query_timeout_s", config.warehouse.query_timeout_s, 1, 86_400),
        ("warehouse.query_rows_max", config.warehouse.query_rows_max, 1, 1_000_000_000),
        ("http.upload_limit_mib", config.http.upload_limit_mib, 1, 1 << 20),
        ("http.request_timeout_s", config.http.request_timeout_s, 1, 86_400),
        ("warehouse.unpack_ratio_max", config.warehouse.unpack_ratio_max, 10, 1_000_000),
        ("warehouse.unpack_limit_mib", config.warehouse.unpack_limit_mib, 64, 1 << 24),
        ("cluster.partitions", config.cluster.partitions.into(), 1, 4_096),
        ("cluster.executor_timeout_s", config.cluster.executor_timeout_s, 6, 600),
        ("cluster.cores", config.cluster.cores.into(), 0, 4_096),
        ("cluster.memory_mib", config.cluster.memory_mib, 64, 1 << 24),
        ("upload.scan_timeout_s", config.upload.scan_timeout_s, 1, 86_400),
        ("egress.timeout_s", config.egress.timeout_s, 1, 600),
        ("egress.answer_limit_kib", config.egress.answer_limit_kib, 1, 1 << 20),
        ("evidence.sign_every", u64::from(config.evidence.sign_every), 1, 1_000_000),
        ("status.freshness_seconds", config.status.freshness_seconds.into(), 10, 86_400),
        ("status.measure_every_minutes", config.status.measure_every_minutes.into(), 0, 10_080),
        ("maintenance.every_minutes", config.maintenance.every_minutes.into(), 0, 10_080),
        ("maintenance.small_file_mib", config.maintenance.small_file_mib, 1, 1 << 14),
        ("maintenance.small_files_min", config.maintenance.small_files_min.into(), 2, 10_000),
        ("maintenance.target_file_mib", config.maintenance.target_file_mib, 8, 1 << 14),
        ("maintenance.cluster_above_mib", config.maintenance.cluster_above_mib, 1, 1 << 24),
        ("maintenance.orphan_hours", config.maintenance.orphan_hours.into(), 24, 87_600),
        ("backup.every_hours", config.backup.every_hours.into(), 1, 8_760),
        ("backup.keep_days", config.backup.keep_days.into(), 0, 36_500),
        ("mirror.every_s", config.mirror.every_s.into(), 5, 3_600),
        ("mirror.lease_s", config.mirror.lease_s.into(), 5, brain_backup::LEASE_S_MAX.into()),
    ];
    for (key, value, low, high) in bounds {
        within(key, value, low, high)?;
    }
    for (key, value, range) in config.limits.bounds() {
        within(&format!("limits.{key}"), value.into(), (*range.start()).into(), (*range.end()).into())?;
    }
    if config.warehouse.query_memory_mib > config.warehouse.memory_limit_mib {
        bail!(
            "warehouse.query_memory_mib 大于 warehouse.memory_limit_mib，请调小前者。\n\
             warehouse.query_memory_mib exceeds warehouse.memory_limit_mib; lower the former."
        );
    }
    super::mirror::check(&config.mirror)?;
    if config.maintenance.target_file_mib < config.maintenance.small_file_mib {
        bail!(
            "maintenance.target_file_mib 小于 maintenance.small_file_mib，合并后的文件仍会是小文件；请调大前者。\n\
             maintenance.target_file_mib is below maintenance.small_file_mib: what was merged would be small again; raise the former."
        );
    }
    lake::check(config)?;
    cluster::check(config)?;
    transport(config)?;
    network(config)?;
    scanning(&config.upload)?;
    connecting(config)?;
    recognising(config)?;
    Egress::new(&config.egress).map_err(|error| told(error.into()))?;
    telling(config)?;
    if !config.http.public_url.is_empty() {
        Site::parse(&config.http.public_url).map_err(|error| told(error.into()))?;
    }
    let url = &config.store.url;
    if !(url.is_empty() || url.starts_with("postgres://") || url.starts_with("postgresql://")) {
        bail!(
            "store.url 只能为空（SQLite）或 postgres:// 开头。\n\
             store.url must be empty (SQLite in the data folder) or start with postgres://."
        );
    }
    validate_evidence(&config.evidence)?;
    config.audit.check().map_err(told)?;
    peers(config)?;
    for account in &config.demo.accounts {
        if account.role == Role::Enterprise && account.organisation.is_none() {
            bail!(
                "demo.accounts 中企业账户 {0} 缺少 organisation（统一社会信用代码）。\n\
                 demo.accounts: the enterprise account {0} needs organisation, a USCC.",
                account.username
            );
        }
    }
    Ok(())
}

/// Speaking with other nodes.
fn peers(config: &Config) -> Result<()> {
    let peers = &config.peers;
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
    if peers.name.len() > 64 || !peers.name.chars().all(word) {
        bail!(
            "peers.name = {0:?}：只能含小写字母、数字、“-”“.”“_”，至多 64 个。\n\
             peers.name = {0:?}: lower-case letters, digits, '-', '.' and '_', at most 64.",
            peers.name
        );
    }
    if peers.certificate.is_empty() != peers.key.is_empty() {
        bail!("peers.certificate 与 peers.key 须同时设置。\npeers.certificate and peers.key go together.");
    }
    if !peers.certificate.is_empty() && peers.authorities.is_empty() {
        bail!(
            "设置 peers.certificate 时须以 peers.authorities 写明信任哪些机构。\n\
             With peers.certificate set, say in peers.authorities whom to believe."
        );
    }
    let knows_nodes = config.tls.own_authority || !config.tls.client_authorities.is_empty();
    if peers.certificates_required && !knows_nodes {
        bail!(
            "peers.certificates_required 需要 tls.own_authority 或 tls.client_authorities，否则任何节点都无法出示证书。\n\
             peers.certificates_required takes tls.own_authority or tls.client_authorities: without them no node can show a certificate."
        );
    }
    Ok(())
}

fn within(key: &str, value: u64, low: u64, high: u64) -> Result<()> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    bail!(
        "{key} = {value} 超出范围，请设为 {low} 到 {high}。\n{key} = {value}: set it between {low} and {high}."
    )
}

/// A failure of another crate as these messages are: Chinese first, then English.
pub(super) fn told(failure: Failure) -> anyhow::Error {
    anyhow::anyhow!("{}\n{}", failure.message(Language::Zh), failure.message(Language::En))
}

/// Listeners, networks, names and origins.
fn network(config: &Config) -> Result<()> {
    let http = &config.http;
    for (key, texts) in
        [("allow", &http.allow), ("admin_allow", &http.admin_allow), ("forwarded_from", &http.forwarded_from)]
    {
        if let Err(text) = Networks::parse(texts) {
            bail!(
                "http.{key} 中的 {text:?} 不是网段，请写成 10.0.0.0/8 或 10.1.2.3。\n\
                 http.{key}: {text:?} is no network; write 10.0.0.0/8 or 10.1.2.3."
            );
        }
    }
    if http.admin_listen.is_empty() && !http.admin_allow.is_empty() {
        bail!(
            "设置了 http.admin_allow 却没有 http.admin_listen，请一并设置管理监听地址。\n\
             http.admin_allow is for http.admin_listen, which is not set."
        );
    }
    if !http.admin_listen.is_empty() {
        let Some(address) = http.administration() else {
            bail!(
                "http.admin_listen = {0:?} 不是地址与端口，例如 10.0.0.5:7601。\n\
                 http.admin_listen = {0:?} is no address and port such as 10.0.0.5:7601.",
                http.admin_listen
            );
        };
        if address == http.listen && address.port() != 0 {
            bail!(
                "http.admin_listen 与 http.listen 相同，请换一个端口。\nhttp.admin_listen equals http.listen; choose another port."
            );
        }
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if let Some(name) = http.hosts.iter().find(|name| name.is_empty() || !name.chars().all(plain)) {
        bail!(
            "http.hosts 中的 {name:?} 不是主机名，请只写 brain.example 或地址。\n\
             http.hosts: {name:?} is no host name; write brain.example or an address, nothing else."
        );
    }
    let is_origin = |text: &str| {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(plain))
    };
    if let Some(origin) = http.cors_origins.iter().find(|origin| !is_origin(origin)) {
        bail!(
            "http.cors_origins 中的 {origin:?} 不是来源，请写成 https://app.example，不支持通配符。\n\
             http.cors_origins: {origin:?} is no origin; write https://app.example, without wildcards."
        );
    }
    Ok(())
}

fn telling(config: &Config) -> Result<()> {
    let lineage = &config.lineage;
    if !lineage.openlineage_token.is_empty() && !lineage.openlineage_token.starts_with("env:") {
        bail!(
            "lineage.openlineage_token 应写成 env:变量名，令牌本身不写入配置文件。\n\
             lineage.openlineage_token: write env:NAME; the token itself does not belong in the file."
        );
    }
    if lineage.openlineage_url.is_empty() {
        return Ok(());
    }
    Egress::new(&config.egress)
        .and_then(|egress| egress.permit(&lineage.openlineage_url))
        .map_err(|error| told(error.into()))
}

fn connecting(config: &Config) -> Result<()> {
    match config.connect.folders.iter().find(|folder| !folder.is_absolute()) {
        None => Ok(()),
        Some(folder) => bail!(
            "connect.folders 中的 {0:?} 须为绝对路径，如 \"/data/in\"。\n\
             connect.folders: {0:?}: write an absolute path, as in \"/data/in\".",
            folder.display().to_string()
        ),
    }
}

fn recognising(config: &Config) -> Result<()> {
    let ocr = config.corpus.ocr.as_str();
    if matches!(ocr, "auto" | "off") || Path::new(ocr).is_absolute() {
        return Ok(());
    }
    bail!(
        "corpus.ocr 中的 {ocr:?} 须为 auto、off 或 tesseract 的绝对路径。\n\
         corpus.ocr: {ocr:?}: write auto, off, or the absolute path of tesseract."
    )
}

fn scanning(upload: &ScanOptions) -> Result<()> {
    let command = &upload.scan_command;
    if !command.is_empty() && !upload.clamd.is_empty() {
        bail!(
            "upload.scan_command 与 upload.clamd 只能设置其一。\nSet upload.scan_command or upload.clamd, not both."
        );
    }
    if command.first().is_some_and(|program| program.trim().is_empty()) {
        bail!(
            "upload.scan_command 的第一项应为程序，例如 [\"clamdscan\", \"--no-summary\", \"{{file}}\"]。\n\
             upload.scan_command begins with a program: [\"clamdscan\", \"--no-summary\", \"{{file}}\"]."
        );
    }
    let clamd = &upload.clamd;
    if !(clamd.is_empty() || clamd.starts_with("tcp://") || clamd.starts_with("unix:/")) {
        bail!(
            "upload.clamd = {clamd:?} 应写成 tcp://主机:端口 或 unix:/套接字路径。\n\
             upload.clamd = {clamd:?}: write tcp://host:port or unix:/path/of/socket."
        );
    }
    Ok(())
}

fn validate_evidence(evidence: &EvidenceConfig) -> Result<()> {
    let hash = &evidence.hash;
    if !hash.is_empty() && HashAlgorithm::parse(hash).is_none() {
        bail!(
            "evidence.hash = {hash:?} 无效，请设为 sha256、sm3 或空。\n\
             evidence.hash = {hash:?}: set it to sha256, sm3 or nothing."
        );
    }
    let unsuitable = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    if evidence.origin.contains(unsuitable) || evidence.origin.len() > 200 {
        bail!(
            "evidence.origin 不能含空白或加号，至多 200 字节。\n\
             evidence.origin must not contain spaces or plus signs, nor more than 200 bytes."
        );
    }
    for witness in &evidence.witnesses {
        if !witness.keys.iter().any(|key| key.kind().is_cosignature()) {
            bail!(
                "evidence.witnesses：{0} 缺少见证公钥（在该节点执行 brain evidence keys，取 witness）。\n\
                 evidence.witnesses: {0} has no witness key; run `brain evidence keys` there and take `witness`.",
                witness.url
            );
        }
    }
    for log in &evidence.logs {
        if !log.keys.iter().any(|key| key.name() == log.origin && !key.kind().is_cosignature()) {
            bail!(
                "evidence.logs：{0} 缺少日志公钥（在该节点执行 brain evidence keys，取 log）。\n\
                 evidence.logs: {0} has no key of the log; run `brain evidence keys` there and take `log`.",
                log.origin
            );
        }
    }
    Ok(())
}

/// Nothing in plain text off this machine (GB/T 22239-2019 8.1.2.2): it takes TLS here, or a gateway by name.
fn transport(config: &Config) -> Result<()> {
    let (tls, listen) = (&config.tls, config.http.listen);
    if tls.own_authority && !tls.certificate.is_empty() {
        bail!(
            "tls.certificate 与 tls.own_authority 只能设置其一。\n\
             Set tls.certificate or tls.own_authority, not both."
        );
    }
    if tls.certificate.is_empty() != tls.key.is_empty() {
        bail!("tls.certificate 与 tls.key 须同时设置。\ntls.certificate and tls.key go together.");
    }
    let administration = config.http.administration().map(|address| ("http.admin_listen", address));
    for (key, listen) in [("http.listen", listen)].into_iter().chain(administration) {
        if listen.ip().is_loopback() || tls.is_on() || !config.http.gateway.is_empty() {
            continue;
        }
        bail!(
            "{key} = {listen} 不是本机地址，明文传输被拒绝。请设置 tls.certificate 与 tls.key，或 \
             tls.own_authority = true；若 TLS（或国密 TLCP）由前置网关终结，请写明 http.gateway = \"网关名称\"。\n\
             {key} = {listen} is not this machine: plain text is refused. Set tls.certificate and tls.key, or \
             tls.own_authority = true; where a gateway in front ends TLS or TLCP, name it in http.gateway."
        );
    }
    Ok(())
}
