//! `brain backup`: by this process, or by the running node on request.
//!
//! A running node holds its folder, so the command leaves a request in the folder's `tmp`, which only the folder's
//! owner can write, and waits for the answer beside it.

use crate::cli::Backup;
use crate::config::Loaded;
use crate::folder::Folder;
use crate::node::{Node, operator};
use crate::terminal;
use anyhow::{Context as _, Result, bail};
use brain_backup::{Report, Repository, Source};
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// How often the running node looks for a request, and the command for the answer.
const LOOK: Duration = Duration::from_millis(500);
/// Longest time the command waits before it says that the node does not answer.
const ANSWER_IN: Duration = Duration::from_hours(12);
/// Longest time until the node has taken the request.
const TAKEN_IN: Duration = Duration::from_secs(30);

/// What the command asks of the running node.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    target: PathBuf,
}

/// What the node answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    Done(Box<Report>),
    Failed(String),
}

/// Make a snapshot, or list those there are.
pub async fn backup(loaded: Loaded, given: Backup) -> Result<ExitCode> {
    if given.list {
        for snapshot in Repository::open(&given.folder).and_then(|r| r.snapshots()).map_err(Failure::from)? {
            terminal::line(&format!(
                "{}  {}  {} files  {} bytes  evidence {}",
                snapshot.id,
                snapshot.created_at.to_rfc3339(),
                snapshot.files,
                snapshot.bytes,
                snapshot.evidence_size
            ));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let target = std::path::absolute(&given.folder)?;
    let root = loaded.config.node.data.clone();
    let report = if Folder::is_held(&root) {
        ask(&root, target).await?
    } else {
        let node = Node::open(loaded).await?;
        if node.trust.vault().keyring().lies_in_folder() {
            eprintln!(
                "密钥加密密钥在数据文件夹 keys/ 中且不进入备份：请另行妥善保存 keys/kek-*.key，否则无法恢复。\n\
                 The key-encryption key lies in the data folder and never goes into a backup: keep keys/kek-*.key \
                 elsewhere, or nothing can be restored."
            );
        }
        brain_backup::create(&source(&node), &target, &operator(Role::SystemAdministrator).account)
            .await
            .map_err(Failure::from)?
    };
    terminal::line(&serde_json::to_string_pretty(&report)?);
    Ok(ExitCode::SUCCESS)
}

/// What is backed up of a node.
pub fn source(node: &Node) -> Source {
    Source {
        root: node.folder.root().to_owned(),
        store: node.store.clone(),
        vault: node.trust.vault(),
        evidence: node.trust.evidence(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

async fn ask(root: &Path, target: PathBuf) -> Result<Report> {
    let (request, answer) = (request_file(root), answer_file(root));
    let text = serde_json::to_vec(&Request { target })?;
    if request.exists() {
        bail!("另一个备份正在进行。\nAnother backup is under way.");
    }
    remove(&answer)?;
    brain_crypto::replace_private_file(&request, &text)
        .context("cannot leave a request in the data folder")?;
    let mut waited = Duration::ZERO;
    loop {
        tokio::time::sleep(LOOK).await;
        waited += LOOK;
        if let Ok(text) = std::fs::read(&answer) {
            remove(&answer)?;
            return match serde_json::from_slice(&text)? {
                Reply::Done(report) => Ok(*report),
                Reply::Failed(why) => bail!("{why}"),
            };
        }
        if waited > ANSWER_IN || (waited > TAKEN_IN && request.exists()) {
            remove(&request)?;
            bail!(
                "运行中的节点没有响应备份请求。\nThe running node does not answer the request for a backup."
            );
        }
    }
}

/// Answer requests for as long as the node runs.
pub async fn answer_requests(source: Source, root: PathBuf) {
    let (request, answer) = (request_file(&root), answer_file(&root));
    loop {
        tokio::time::sleep(LOOK).await;
        let Ok(text) = std::fs::read(&request) else { continue };
        // Taken: from now on the command waits for the answer.
        if let Err(error) = remove(&request) {
            tracing::error!(%error, "a request for a backup cannot be taken");
            continue;
        }
        let reply = match serde_json::from_slice::<Request>(&text) {
            Err(error) => Reply::Failed(error.to_string()),
            Ok(request) => match brain_backup::create(
                &source,
                &request.target,
                &operator(Role::SystemAdministrator).account,
            )
            .await
            {
                Ok(report) => Reply::Done(Box::new(report)),
                Err(error) => {
                    tracing::error!(%error, "a backup failed");
                    Reply::Failed(Failure::from(error).message(crate::cli::language()))
                }
            },
        };
        let written = serde_json::to_vec(&reply)
            .map_err(std::io::Error::other)
            .and_then(|text| brain_crypto::replace_private_file(&answer, &text));
        if let Err(error) = written {
            tracing::error!(%error, "the answer about a backup could not be written");
        }
    }
}

fn request_file(root: &Path) -> PathBuf {
    root.join("tmp").join("backup-request.json")
}

fn answer_file(root: &Path) -> PathBuf {
    root.join("tmp").join("backup-answer.json")
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
