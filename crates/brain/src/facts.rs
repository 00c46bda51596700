//! What the configuration says about protection, for the compliance report.

use crate::config::Config;
use brain_api::fact;
use brain_compliance::Fact;
use brain_trust::{Trust, Vault};

/// Facts that only the program knows. `certificate` is the serial number of the one callers are shown.
pub fn of(config: &Config, trust: &Trust, certificate: Option<&str>) -> Vec<Fact> {
    let (tls, listen) = (&config.tls, config.http.listen);
    let here = listen.ip().is_loopback();
    let gateway = &config.http.gateway;
    let safe = tls.is_on() || here || !gateway.is_empty();
    let spoken = match (tls.is_on(), gateway.is_empty()) {
        (true, _) => "TLS 1.3".to_owned(),
        (false, true) => "plain HTTP on this machine only".to_owned(),
        (false, false) => format!("ended by the gateway {gateway}"),
    };
    let peers = &config.peers;
    let mut facts = vec![
        fact("tls", ("传输", "Transport"), spoken, Some(safe)),
        fact("listener", ("监听地址", "Listener"), listen.to_string(), None),
        fact("gateway", ("前置网关", "Gateway in front"), or_none(gateway), None),
        fact(
            "tls_certificate",
            ("服务器证书序列号", "Serial number of the certificate"),
            certificate.unwrap_or("none"),
            None,
        ),
        fact(
            "peer_certificates",
            ("节点间双向证书", "Certificates between nodes"),
            if peers.certificates_required { "required" } else { "not required" },
            None,
        ),
        fact(
            "demo_accounts",
            ("演示账号", "Demonstration accounts"),
            config.demo.accounts.len().to_string(),
            Some(config.demo.accounts.is_empty()),
        ),
        fact(
            "store_engine",
            ("状态库", "Operational store"),
            if config.store.url.is_empty() { "SQLite" } else { "PostgreSQL" },
            None,
        ),
    ];
    facts.extend(keys(config, &trust.vault()));
    facts.extend(sign_in(config));
    facts.push(schedule(config));
    facts
}

fn or_none(text: &str) -> String {
    if text.is_empty() { "none".to_owned() } else { text.to_owned() }
}

fn keys(config: &Config, vault: &Vault) -> [Fact; 2] {
    let profile = config.crypto.profile;
    let (digest, aead, signature) =
        (profile.digest().name(), profile.aead().name(), profile.signature().name());
    let apart = !vault.keyring().lies_in_folder();
    let place = if apart { "outside the data folder" } else { "in the data folder, beside what it protects" };
    [
        fact(
            "crypto_profile",
            ("密码算法", "Algorithms"),
            format!("{}: {digest}, {aead}, {signature}; software module, not certified", profile.name()),
            None,
        ),
        fact("kek_place", ("密钥加密密钥位置", "Place of the key-encryption key"), place, Some(apart)),
    ]
}

/// Limits of GB/T 22239-2019 8.1.4.1 as this project reads them: see docs/security/level-3.md rows 21 to 24.
fn sign_in(config: &Config) -> [Fact; 3] {
    let trust = &config.trust;
    [
        fact(
            "lockout",
            ("登录失败锁定", "Lock after failures"),
            format!("{} failures, {} min, doubling", trust.sign_in_failures_max, trust.lock_minutes),
            Some(trust.sign_in_failures_max <= 10 && trust.lock_minutes >= 5),
        ),
        fact(
            "sessions",
            ("会话", "Sessions"),
            format!(
                "idle {} min, administrators {} min, at most {} h, {} at a time",
                trust.session_idle_minutes,
                trust.administrator_idle_minutes,
                trust.session_hours_max,
                trust.sessions_max
            ),
            Some(trust.session_idle_minutes <= 30 && trust.administrator_idle_minutes <= 30),
        ),
        fact(
            "password_rules",
            ("口令", "Passwords"),
            format!(
                "10 characters of two kinds, {} former ones refused, administrators change within {} days",
                trust.password_history, trust.administrator_password_days_max
            ),
            Some(trust.password_history >= 1 && trust.administrator_password_days_max <= 90),
        ),
    ]
}

fn schedule(config: &Config) -> Fact {
    let backup = &config.backup;
    let value = if backup.is_on() {
        format!(
            "every {} h into {}, kept {} days",
            backup.every_hours,
            backup.folder.display(),
            backup.keep_days
        )
    } else {
        "none".to_owned()
    };
    fact("backup_schedule", ("备份计划", "Schedule of backups"), value, Some(backup.is_on()))
}
