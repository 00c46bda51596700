//! The control matrix with what is true of this node now.

use brain_compliance::{Fact, Report, controls};
use brain_kernel::error::Failure;
use brain_kernel::language::Text;
use brain_store::PageRequest;
use brain_trust::Trust;
use brain_trust::evidence::PeerState;
use brain_trust::status::{MIRROR_AGE_MAX_S, Status};
use brain_warehouse::Warehouse;
use chrono::{DateTime, Utc};

use crate::services::Options;

/// The report of a node. `settings` are facts of its configuration, which only the program knows.
pub async fn compliance_report(
    trust: &Trust,
    warehouse: &Warehouse,
    node: &str,
    version: &str,
    settings: &[Fact],
    now: DateTime<Utc>,
) -> Result<Report, Failure> {
    let controls = controls().map_err(|error| crate::Error::Internal(error.to_string()))?;
    let mut facts = settings.to_vec();
    evidence(trust, &mut facts).await?;
    accounts(trust, &mut facts).await?;
    recovery(trust, &mut facts).await?;
    status(trust, &mut facts).await?;
    let rules = warehouse.retention().rules().map(|rules| rules.len());
    let (value, ok) = match rules {
        Ok(count) => (count.to_string(), Some(count > 0)),
        Err(error) => (Failure::from(error).message(brain_kernel::language::Language::En), Some(false)),
    };
    facts.push(fact("retention_rules", ("数据留存规则", "Rules of retention"), value, ok));
    Ok(Report::new(node.to_owned(), version.to_owned(), now, facts, controls))
}

/// Facts that settings of the interface give.
pub(crate) fn limits(options: &Options) -> Fact {
    let (upload, time) = (options.upload_limit_bytes >> 20, options.request_timeout.as_secs());
    fact(
        "request_limits",
        ("请求限制", "Limits of requests"),
        format!("{upload} MiB, {time} s, 256 at once"),
        None,
    )
}

/// One fact.
pub fn fact(key: &str, title: (&str, &str), value: impl Into<String>, ok: Option<bool>) -> Fact {
    Fact { key: key.to_owned(), title: Text::new(title.0, title.1), value: value.into(), ok }
}

async fn evidence(trust: &Trust, facts: &mut Vec<Fact>) -> Result<(), Failure> {
    let log = trust.evidence();
    let head = log.latest_head().await?;
    let signed = head.map_or_else(
        || "nothing signed yet".to_owned(),
        |head| {
            format!(
                "{} entries, {} root {}, signed {}",
                head.size,
                head.hash.name(),
                head.root,
                instant(head.signed_at)
            )
        },
    );
    facts.push(fact("evidence_head", ("存证日志", "Evidence log"), signed, None));
    facts.push(fact(
        "evidence_retention",
        ("审计留存", "Retention of audit"),
        "append only; nothing is ever deleted (the law asks for 6 months, exchanges 3 years)",
        Some(true),
    ));
    let checked = trust.status().last_verification().await?;
    let ok = checked.as_ref().map(|record| record.ok);
    let value = checked.map_or_else(
        || "never".to_owned(),
        |record| format!("{} entries, {}", record.entries, instant(record.at)),
    );
    facts.push(fact(
        "evidence_verified",
        ("最近一次全量校验", "Last check of the whole log"),
        value,
        Some(ok == Some(true)),
    ));
    let peers = log.peers().await?;
    let signed = peers.iter().filter(|peer| peer.state == PeerState::Signed).count();
    let value = format!("{} configured, {signed} signed since start", peers.len());
    facts.push(fact("witnesses", ("见证节点", "Witnesses"), value, Some(!peers.is_empty())));
    Ok(())
}

async fn accounts(trust: &Trust, facts: &mut Vec<Fact>) -> Result<(), Failure> {
    let counts = trust.identity().protection().await?;
    facts.push(fact(
        "accounts",
        ("账号", "Accounts"),
        format!("{} open, {} closed", counts.open, counts.closed),
        None,
    ));
    facts.push(fact(
        "second_factor",
        ("第二因素", "Second factor"),
        format!(
            "{} of {} open accounts; of {} that must, {} have none and can do nothing before",
            counts.with_second_factor, counts.open, counts.required, counts.required_without
        ),
        Some(counts.required > 0 && counts.required_without == 0),
    ));
    Ok(())
}

async fn recovery(trust: &Trust, facts: &mut Vec<Fact>) -> Result<(), Failure> {
    let status = trust.status();
    let last = status.last_backup().await?;
    let ok = Some(last.as_ref().is_some_and(|record| record.ok));
    let value = match last {
        None => "never".to_owned(),
        Some(record) if record.ok => format!("whole, {}", instant(record.at)),
        Some(record) => format!("failed, {}: {}", instant(record.at), record.error),
    };
    facts.push(fact("backup", ("最近一次备份", "Last backup"), value, ok));
    let drill = status.last_drill().await?;
    let ok = Some(drill.as_ref().is_some_and(|record| record.ok));
    let value = drill.map_or_else(
        || "never".to_owned(),
        |record| {
            format!(
                "{} tables, {} rows in {} s, {} {}",
                record.tables,
                record.rows,
                record.seconds,
                instant(record.at),
                record.error
            )
        },
    );
    facts.push(fact("drill", ("最近一次恢复演练", "Last restore drill"), value, ok));
    mirror(&status, facts);
    Ok(())
}

/// The second site: how far behind it is now, and who stands by.
fn mirror(status: &Status, facts: &mut Vec<Fact>) {
    let record = status.mirror();
    let age_s = status.mirror_age_s().unwrap_or_default();
    let value = record.as_ref().map_or_else(
        || "none".to_owned(),
        |record| {
            if record.running {
                format!("{age_s} s behind now, a round every {} s", record.every_s)
            } else {
                format!("up to {}, the node is stopped", instant(record.as_of))
            }
        },
    );
    let ok = record.as_ref().is_some_and(|record| !record.running || age_s <= MIRROR_AGE_MAX_S);
    facts.push(fact("mirror", ("异地实时副本", "Copy at another site"), value, Some(ok)));
    let standbys = record.map(|record| record.standbys).unwrap_or_default();
    let (value, ok) =
        if standbys.is_empty() { ("none".to_owned(), false) } else { (standbys.join(", "), true) };
    facts.push(fact("standby", ("备用节点", "Nodes that stand by"), value, Some(ok)));
}

async fn status(trust: &Trust, facts: &mut Vec<Fact>) -> Result<(), Failure> {
    let status = trust.status();
    let measured = status.measurement();
    let ok = Some(measured.is_some());
    let value = measured.map_or_else(
        || "not measured yet".to_owned(),
        |found| {
            format!(
                "program {}, dependencies {}, configuration {}, {}",
                found.program,
                found.dependencies,
                found.configuration,
                instant(found.measured_at)
            )
        },
    );
    facts.push(fact(
        "measurement",
        ("程序与配置度量", "Measurement of program and configuration"),
        value,
        ok,
    ));
    let standings = status.peer_standings(PageRequest::new(1, brain_store::page::PAGE_SIZE_MAX)).await?;
    let accepted = standings.items.iter().filter(|peer| peer.accepted == Some(true)).count();
    let refused: Vec<&str> = standings
        .items
        .iter()
        .filter(|peer| peer.accepted == Some(false))
        .map(|peer| peer.name.as_str())
        .collect();
    let value =
        format!("{} registered, {accepted} accepted, refused: {}", standings.total, refused.join(", "));
    facts.push(fact("peers", ("其他节点", "Other nodes"), value, Some(refused.is_empty())));
    Ok(())
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
