//! `brain corpus list|define|add|remove|run|versions|show|documents|rejected|export`: corpora of the node.

use crate::cli::{self, CorpusForm, CorpusOnNode};
use crate::command::standard::text;
use crate::node::{Node, operator, terminal_origin};
use crate::terminal;
use crate::watch::Watch;
use anyhow::{Context as _, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Language;
use brain_kernel::party::Role;
use brain_kernel::progress::Cancel;
use brain_store::PageRequest;
use brain_warehouse::Session;
use brain_warehouse::corpus::{
    Corpora, CorpusCard, Definition, DocumentQuery, ExportFormat, Exported, NewCorpus, PURPOSE,
    RejectedQuery, RunCard, VersionCard,
};
use serde::Serialize;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Versions shown at once.
const VERSIONS_SHOWN: u64 = 50;

/// Carry out one action as the folder's owner.
pub async fn corpora(node: &Node, action: CorpusOnNode) -> Result<ExitCode> {
    let corpora = node.warehouse.corpora();
    let session = node.warehouse.session(&operator(Role::SystemAdministrator), PURPOSE);
    let desk = Desk { corpora, session: session.coming_from(terminal_origin("corpus")) };
    match action {
        CorpusOnNode::List { text, json } => desk.list(text.as_deref(), json).await?,
        CorpusOnNode::Define { name, file, reason } => desk.define(name, &file, reason).await?,
        CorpusOnNode::Add { corpus, files } => desk.add(&corpus, files).await?,
        CorpusOnNode::Remove { corpus, file } => desk.remove(&corpus, &file).await?,
        CorpusOnNode::Run { corpus, json } => return desk.run(&corpus, json).await,
        CorpusOnNode::Versions { corpus } => {
            let id = desk.find(&corpus).await?.id;
            let page = PageRequest::new(1, VERSIONS_SHOWN);
            let versions = desk.corpora.versions(&desk.session, &id, page).await.map_err(Failure::from)?;
            versions.items.iter().for_each(|version| terminal::line(&version_line(version)));
        }
        CorpusOnNode::Show { corpus, version, card, json } => {
            let (id, number) = desk.version(&corpus, version).await?;
            let detail = desk.corpora.version(&desk.session, &id, number).await.map_err(Failure::from)?;
            if json {
                terminal::line(&serde_json::to_string_pretty(&detail)?);
            } else {
                terminal::line(&version_line(&detail.card));
                terminal::print(if card { &detail.readme } else { detail.report.get(cli::language()) });
            }
        }
        CorpusOnNode::Documents { corpus, version, text, limit } => {
            let (id, number) = desk.version(&corpus, version).await?;
            let query = DocumentQuery { text, page_size: Some(limit), ..DocumentQuery::default() };
            let session = desk.session.held();
            let found = desk.corpora.documents(&session, &id, number, &query).await.map_err(Failure::from)?;
            session.finish().await.map_err(Failure::from)?;
            lines(&found.items)?;
        }
        CorpusOnNode::Rejected { corpus, version, rule, limit } => {
            let (id, number) = desk.version(&corpus, version).await?;
            let query = RejectedQuery { rule, page_size: Some(limit), ..RejectedQuery::default() };
            let session = desk.session.held();
            let found = desk.corpora.rejected(&session, &id, number, &query).await.map_err(Failure::from)?;
            session.finish().await.map_err(Failure::from)?;
            lines(&found.items)?;
        }
        CorpusOnNode::Export { corpus, version, format, to } => {
            let (id, number) = desk.version(&corpus, version).await?;
            desk.export((&id, number), format, &to).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

struct Desk {
    corpora: Corpora,
    session: Session,
}

impl Desk {
    async fn list(&self, text: Option<&str>, json: bool) -> Result<()> {
        let found = self.corpora.list(&self.session, text).await.map_err(Failure::from)?;
        if json {
            return lines(&found);
        }
        for card in &found {
            let state = card.last_run.as_ref().map_or("—", |run| run.state.as_str());
            let version = card.version.map_or("—".to_owned(), |version| format!("v{version}"));
            let documents = card.documents.unwrap_or_default();
            let stale = if card.stale { " *" } else { "" };
            terminal::line(&format!(
                "{:<24} {version:<5}{stale} {documents:>9}  {state:<11}  {}",
                card.name, card.title
            ));
        }
        Ok(())
    }

    async fn define(&self, name: String, file: &Path, reason: String) -> Result<()> {
        let definition = definition_of(&text(file)?)?;
        let known = self.corpora.list(&self.session, None).await.map_err(Failure::from)?;
        let detail = match known.into_iter().find(|card| card.name == name) {
            Some(card) => {
                self.corpora.change(&self.session, &card.id, card.revision, definition, &reason).await
            }
            None => self.corpora.define(&self.session, NewCorpus { name, definition, reason }).await,
        };
        let card = detail.map_err(Failure::from)?.card;
        terminal::line(&format!("{}  {}  r{}", card.name, card.id, card.revision));
        Ok(())
    }

    async fn add(&self, corpus: &str, files: Vec<PathBuf>) -> Result<()> {
        let id = self.find(corpus).await?.id;
        for path in files {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let file = self.corpora.bring(&self.session, &id, &path, &name).await.map_err(Failure::from)?;
            terminal::line(&format!("{}  {}  {}", file.id, file.bytes, file.name));
        }
        Ok(())
    }

    async fn remove(&self, corpus: &str, file: &str) -> Result<()> {
        let id = self.find(corpus).await?.id;
        let detail = self.corpora.get(&self.session, &id).await.map_err(Failure::from)?;
        let found = detail.files.into_iter().find(|known| known.id == file || known.name == file);
        let file = found.map_or_else(|| file.to_owned(), |known| known.id);
        self.corpora.remove_file(&self.session, &id, &file).await.map_err(Failure::from)?;
        Ok(())
    }

    /// Build under the eyes of who asked; the exit code says whether a version came of it.
    async fn run(&self, corpus: &str, json: bool) -> Result<ExitCode> {
        let id = self.find(corpus).await?.id;
        let watch = Watch::start(cli::language());
        let (progress, cancel) = (watch.progress.clone(), watch.cancel.clone());
        let outcome = self.corpora.run(self.session.clone(), &id, progress, cancel).await;
        watch.end();
        let run: RunCard = outcome.map_err(Failure::from)?;
        if json {
            terminal::line(&serde_json::to_string(&run)?);
        } else {
            terminal::line(&format!("{}  {}", run.id, run.state));
            if run.version.is_some() {
                let (id, number) = self.version(corpus, None).await?;
                let detail = self.corpora.version(&self.session, &id, number).await.map_err(Failure::from)?;
                terminal::print(detail.report.get(cli::language()));
            }
        }
        if let Some(failure) = &run.failure {
            eprintln!("{}：{}", failure.code, failure.detail.get(cli::language()));
        }
        Ok(if run.state == "succeeded" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn export(&self, (id, number): (&str, i64), form: CorpusForm, to: &Path) -> Result<()> {
        let format = match form {
            CorpusForm::Parquet => ExportFormat::Parquet,
            CorpusForm::Jsonl => ExportFormat::Jsonl,
            CorpusForm::Huggingface => ExportFormat::Huggingface,
        };
        let shown = to.display().to_string();
        let mut target = File::create_new(to)
            .with_context(|| format!("无法新建文件 {shown}。\nCannot make the file {shown}."))?;
        let exported = self.corpora.export(&self.session, id, number, format, Cancel::new()).await;
        let written = exported.map_err(|error| Failure::from(error).into()).and_then(|exported| {
            let Exported { mut file, rows, sha256, .. } = exported;
            std::io::copy(&mut file, &mut target)?;
            brain_durable::sync_file(&target, to)?;
            Ok::<_, anyhow::Error>((rows, sha256))
        });
        match written {
            Ok((rows, sha256)) => terminal::line(&format!("{rows}  {sha256}  {shown}")),
            Err(error) => {
                drop(target);
                std::fs::remove_file(to).with_context(|| shown.clone())?;
                return Err(error);
            }
        }
        Ok(())
    }

    /// A corpus by its name or its id.
    async fn find(&self, corpus: &str) -> Result<CorpusCard> {
        let found = self.corpora.list(&self.session, None).await.map_err(Failure::from)?;
        let found = found.into_iter().find(|card| card.name == corpus || card.id == corpus);
        Ok(found.ok_or_else(|| {
            Failure::new(
                ErrorKind::NotFound,
                "brain/unknown-corpus",
                format!("没有语料库 {corpus}；用 brain corpus list 查看。"),
                format!("There is no corpus {corpus}; brain corpus list shows what there is."),
            )
        })?)
    }

    /// Id of a corpus, and the version that is meant: the newest where none is named.
    async fn version(&self, corpus: &str, number: Option<i64>) -> Result<(String, i64)> {
        let card = self.find(corpus).await?;
        let number = number.or(card.version).ok_or_else(|| {
            Failure::new(
                ErrorKind::NotFound,
                "brain/corpus-without-version",
                format!("语料库 {corpus} 还没有版本；请先运行 brain corpus run {corpus}。"),
                format!("The corpus {corpus} has no version yet; brain corpus run {corpus} makes one."),
            )
        })?;
        Ok((card.id, number))
    }
}

fn definition_of(text: &str) -> Result<Definition> {
    let definition = toml::from_str(text).map_err(|error| {
        Failure::new(
            ErrorKind::InvalidArgument,
            "brain/corpus-definition",
            format!("定义文件有误：{}", error.message()),
            format!("The definition: {}", error.message()),
        )
    })?;
    Ok(definition)
}

fn version_line(version: &VersionCard) -> String {
    let stale = version.stale.iter().map(|stale| stale.said.get(cli::language()));
    let mark = stale.map(|said| format!("\n  ! {said}")).collect::<String>();
    let at = version.dataset_version.map_or(String::new(), |at| format!("@{at}"));
    let documents = match cli::language() {
        Language::Zh => format!("{} 篇", version.documents),
        Language::En => format!("{} documents", version.documents),
    };
    format!("v{:<4} {}  {documents}  {}{at}{mark}", version.number, version.digest, version.dataset)
}

/// One JSON object a line.
fn lines<T: Serialize>(items: &[T]) -> Result<()> {
    for item in items {
        terminal::line(&serde_json::to_string(item)?);
    }
    Ok(())
}
