//! `brain evidence …`: verify, prove, follow, and keep the log.

use crate::cli::{Evidence, EvidenceAction};
use crate::node::{Node, operator};
use crate::terminal;
use anyhow::{Context as _, Result, bail};
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_store::PageRequest;
use brain_trust::evidence::{BundleRequest, VerifyOptions};
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;

/// Carry out one action. What does not verify ends with exit code 1.
pub async fn evidence(node: &Node, given: Evidence) -> Result<ExitCode> {
    let log = node.trust.evidence();
    match given.action {
        EvidenceAction::Head => show(&log.head().await.map_err(Failure::from)?)?,
        EvidenceAction::Keys => {
            let (own, witness) = log.published_keys();
            let (origin, hash) = (log.origin(), log.algorithm().name());
            show(&serde_json::json!({ "origin": origin, "hash": hash, "log": own, "witness": witness }))?;
        }
        EvidenceAction::Verify { offline, repair_tiles, full } => {
            let options = VerifyOptions { offline, repair_tiles, full };
            let verification = log.verify_with(options).await.map_err(Failure::from)?;
            show(&verification)?;
            return Ok(if verification.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        EvidenceAction::Prove { seq, out } => {
            let request = BundleRequest { seq: Some(seq), ..BundleRequest::default() };
            let bundle = log.bundle(&request).await.map_err(Failure::from)?;
            match out {
                Some(file) => write(&file, &bundle)?,
                None => show(&bundle)?,
            }
        }
        EvidenceAction::Trace { about, page, page_size, bundle, without_personal } => {
            let page = PageRequest::new(page, page_size);
            match bundle {
                Some(file) => {
                    let about = Some(about);
                    let request = BundleRequest { about, page, without_personal, ..BundleRequest::default() };
                    write(&file, &log.bundle(&request).await.map_err(Failure::from)?)?;
                }
                None => show(&log.trace(&about, page).await.map_err(Failure::from)?)?,
            }
        }
        EvidenceAction::Witness => {
            let signed = log.ask_witnesses().await.map_err(Failure::from)?;
            let peers = log.peers().await.map_err(Failure::from)?;
            show(&peers)?;
            return Ok(if signed == peers.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        EvidenceAction::Erase { subject, reason } => {
            let actor = operator(Role::SecurityAdministrator).account;
            let values = log.erase(&actor, &subject, given_reason(&reason)?).await.map_err(Failure::from)?;
            show(&serde_json::json!({ "subject": subject, "values": values }))?;
        }
        EvidenceAction::AcceptBreak { reason } => {
            let actor = operator(Role::SecurityAdministrator).account;
            log.accept_break(&actor, given_reason(&reason)?).await.map_err(Failure::from)?;
            show(&log.head().await.map_err(Failure::from)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn given_reason(text: &str) -> Result<&str> {
    let reason = text.trim();
    if reason.is_empty() || reason.chars().count() > 500 {
        bail!("--reason 须为 1 至 500 个字符。\n--reason needs 1 to 500 characters.");
    }
    Ok(reason)
}

fn show(value: &impl Serialize) -> Result<()> {
    terminal::line(&serde_json::to_string_pretty(value)?);
    Ok(())
}

fn write(file: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_vec_pretty(value)?;
    std::fs::write(file, text).with_context(|| {
        format!("无法写入 {0}。\nCannot write {0}; check the folder and its permissions.", file.display())
    })?;
    terminal::line(&file.display().to_string());
    Ok(())
}
