//! `brain backup`: by this process, by the running node on request, or by itself on schedule.
//!
//! A running node holds its folder, so the command leaves a request in the folder's `tmp`, which only the folder's
//! owner can write, and waits for the answer beside it.

use crate::cli::{Backup, BackupAction};
use crate::command::drill;
use crate::config::{BackupConfig, Loaded};
use crate::folder::Folder;
use crate::node::{Node, operator};
use crate::terminal;
use anyhow::{Context as _, Result, bail};
use brain_backup::{Pruned, Report, Repository, Source};
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_trust::Status;
use brain_trust::status::DrillRecord;
use chrono::TimeDelta;
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
/// How often the running node looks whether a backup is due.
const DUE: Duration = Duration::from_secs(20);

/// What the command asks of the running node.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Make a snapshot in this folder.
    Make(PathBuf),
    /// Remove old snapshots.
    Prune {
        /// Where.
        target: PathBuf,
        /// Days that are kept.
        keep_days: u32,
    },
    /// Remember how a drill went.
    Drilled(DrillRecord),
}

/// What the node answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// A snapshot was made.
    Made(Box<Report>),
    /// Old snapshots were removed.
    Pruned(Pruned),
    /// It is remembered.
    Noted,
    /// It was not done; why.
    Failed(String),
}

/// Makes backups of one node and remembers how they went.
#[derive(Clone)]
pub struct Maker {
    source: Source,
    status: Status,
}

impl Maker {
    /// Of this node.
    pub fn of(node: &Node) -> Self {
        Self { source: node.source(), status: node.trust.status() }
    }

    async fn make(&self, target: &Path) -> Result<Report, Failure> {
        let made = brain_backup::create(&self.source, target, &actor()).await.map_err(Failure::from);
        // Another one under way says nothing about whether backups work.
        if made.as_ref().is_err_and(|failure| failure.code == "backup/busy") {
            return made;
        }
        let outcome = match &made {
            Ok(report) => Ok((report.snapshot.id.clone(), report.bytes_new)),
            Err(failure) => Err(failure.message(brain_kernel::language::Language::En)),
        };
        self.status.remember_backup(outcome).await.map_err(Failure::from)?;
        made
    }

    async fn answer(&self, request: Request) -> Result<Reply, Failure> {
        Ok(match request {
            Request::Make(target) => Reply::Made(Box::new(self.make(&target).await?)),
            Request::Prune { target, keep_days } => {
                let pruned = brain_backup::prune(&self.source, &target, keep_days, &actor()).await;
                Reply::Pruned(pruned.map_err(Failure::from)?)
            }
            Request::Drilled(record) => {
                self.status.remember_drill(record).await.map_err(Failure::from)?;
                Reply::Noted
            }
        })
    }
}

fn actor() -> String {
    operator(Role::SystemAdministrator).account
}

/// Make a snapshot, list those there are, thin them out, or try one.
pub async fn backup(loaded: Loaded, given: Backup) -> Result<ExitCode> {
    let configured = loaded.config.backup.folder.clone();
    match given.action {
        Some(BackupAction::Prune { folder, keep_days }) => {
            let target = folder_of(folder, &configured)?;
            if let Reply::Pruned(pruned) =
                Box::pin(done(loaded, Request::Prune { target, keep_days })).await?
            {
                terminal::line(&serde_json::to_string_pretty(&pruned)?);
            }
            Ok(ExitCode::SUCCESS)
        }
        Some(BackupAction::Drill { folder }) => {
            let target = folder_of(folder, &configured)?;
            let record = Box::pin(drill::drill(&loaded, &target)).await?;
            let good = record.ok;
            terminal::line(&serde_json::to_string_pretty(&record)?);
            Box::pin(done(loaded, Request::Drilled(record))).await?;
            Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        None if given.list => {
            let target = folder_of(given.folder, &configured)?;
            list(&target)
        }
        None => {
            let target = folder_of(given.folder, &configured)?;
            if let Reply::Made(report) = Box::pin(done(loaded, Request::Make(target))).await? {
                if let Some(lake) = &report.snapshot.lake {
                    tell_of_lake(lake);
                }
                terminal::line(&serde_json::to_string_pretty(&report)?);
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What a snapshot of a node with its lake on an object store does not hold, and what holds it.
fn tell_of_lake(lake: &str) {
    eprintln!(
        "数据表在 {lake}，不进入快照：请为该存储桶启用版本控制并复制到另一处，删除标记与旧版本的保留期不短于快照。\n\
         The tables are at {lake} and not in the snapshot: switch on the versions of that bucket, replicate it to \
         another place, and keep old versions at least as long as snapshots."
    );
}

fn list(target: &Path) -> Result<ExitCode> {
    for snapshot in Repository::open(target).and_then(|r| r.snapshots()).map_err(Failure::from)? {
        terminal::line(&format!(
            "{}  {}  {} files  {} bytes  evidence {}",
            snapshot.id,
            snapshot.created_at.to_rfc3339(),
            snapshot.files,
            snapshot.bytes,
            snapshot.evidence_size
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The folder named, or the one that the configuration names.
fn folder_of(given: Option<PathBuf>, configured: &Path) -> Result<PathBuf> {
    match given {
        Some(folder) => Ok(std::path::absolute(folder)?),
        None if !configured.as_os_str().is_empty() => Ok(std::path::absolute(configured)?),
        None => bail!(
            "请写明备份文件夹，或设置 backup.folder。\nName the folder of the backup, or set backup.folder."
        ),
    }
}

/// Have it done by the running node, or by this process where none runs.
async fn done(loaded: Loaded, request: Request) -> Result<Reply> {
    let root = loaded.config.node.data.clone();
    if Folder::is_held(&root) {
        return ask(&root, &request).await;
    }
    Node::during(loaded, async |node| here(node, request).await).await
}

async fn here(node: &Node, request: Request) -> Result<Reply> {
    if matches!(request, Request::Make(_)) && node.trust.vault().keyring().lies_in_folder() {
        eprintln!(
            "密钥加密密钥在数据文件夹 keys/ 中且不进入备份：请另行妥善保存 keys/kek-*.key，否则无法恢复。\n\
             The key-encryption key lies in the data folder and never goes into a backup: keep keys/kek-*.key \
             elsewhere, or nothing can be restored."
        );
    }
    Ok(Maker::of(node).answer(request).await?)
}

async fn ask(root: &Path, request: &Request) -> Result<Reply> {
    let (file, answer) = (request_file(root), answer_file(root));
    let text = serde_json::to_vec(request)?;
    if file.exists() {
        bail!("另一个备份正在进行。\nAnother backup is under way.");
    }
    remove(&answer)?;
    brain_crypto::replace_private_file(&file, &text).context("cannot leave a request in the data folder")?;
    let mut waited = Duration::ZERO;
    loop {
        tokio::time::sleep(LOOK).await;
        waited += LOOK;
        if let Ok(text) = std::fs::read(&answer) {
            remove(&answer)?;
            return match serde_json::from_slice(&text)? {
                Reply::Failed(why) => bail!("{why}"),
                reply => Ok(reply),
            };
        }
        if waited > ANSWER_IN || (waited > TAKEN_IN && file.exists()) {
            remove(&file)?;
            bail!(
                "运行中的节点没有响应备份请求。\nThe running node does not answer the request for a backup."
            );
        }
    }
}

/// Answer requests for as long as the node runs.
pub async fn answer_requests(maker: Maker, root: PathBuf) {
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
            Ok(request) => maker.answer(request).await.unwrap_or_else(|failure| {
                tracing::error!(code = failure.code, "a request for a backup failed");
                Reply::Failed(failure.message(crate::cli::language()))
            }),
        };
        let written = serde_json::to_vec(&reply)
            .map_err(std::io::Error::other)
            .and_then(|text| brain_crypto::replace_private_file(&answer, &text));
        if let Err(error) = written {
            tracing::error!(%error, "the answer about a backup could not be written");
        }
    }
}

/// Make backups by themselves for as long as the node runs; one that failed is tried again after an hour.
pub async fn keep(maker: Maker, plan: BackupConfig) {
    if !plan.is_on() {
        return;
    }
    loop {
        match is_due(&maker, &plan).await {
            Ok(true) => run_scheduled(&maker, &plan).await,
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "whether a backup is due could not be read"),
        }
        tokio::time::sleep(DUE).await;
    }
}

async fn is_due(maker: &Maker, plan: &BackupConfig) -> brain_trust::Result<bool> {
    let Some(last) = maker.status.last_backup().await? else { return Ok(true) };
    let hours = if last.ok { plan.every_hours } else { 1 };
    Ok(maker.source.store.now() >= last.at + TimeDelta::hours(hours.into()))
}

async fn run_scheduled(maker: &Maker, plan: &BackupConfig) {
    match maker.make(&plan.folder).await {
        Ok(report) => tracing::info!(snapshot = report.snapshot.id, "a scheduled backup is whole"),
        Err(failure) => {
            let message = failure.message(brain_kernel::language::Language::En);
            tracing::error!(code = failure.code, message, "a scheduled backup failed");
            return;
        }
    }
    if plan.keep_days > 0 {
        match brain_backup::prune(&maker.source, &plan.folder, plan.keep_days, "system").await {
            Ok(pruned) => tracing::info!(?pruned, "old snapshots were removed"),
            Err(error) => tracing::error!(%error, "old snapshots could not be removed"),
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
