//! `brain corpus build|report|parameters`: needs no data folder and touches none.

use crate::cli::{self, CorpusBuild, CorpusOfFiles};
use crate::terminal;
use crate::watch::Watch;
use anyhow::{Context as _, Result};
use brain_corpus::{Built, Licence, OPTIONS_BYTES_MAX, Options};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Language;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

/// Build a version, or look at one.
pub async fn corpus(action: CorpusOfFiles) -> Result<ExitCode> {
    match action {
        CorpusOfFiles::Build(given) => build(given).await,
        CorpusOfFiles::Report { folder, json } => report(&folder, json),
        CorpusOfFiles::Parameters => {
            terminal::print(&toml::to_string(&Options::default())?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Ctrl-C cancels and leaves nothing behind.
async fn build(given: CorpusBuild) -> Result<ExitCode> {
    let options = options(&given)?;
    let watch = Watch::start(cli::language());
    let (progress, cancel) = (watch.progress.clone(), watch.cancel.clone());
    let CorpusBuild { from, to, json, .. } = given;
    let outcome =
        tokio::task::spawn_blocking(move || brain_corpus::build(&from, &to, &options, &progress, &cancel))
            .await;
    watch.end();
    let built = outcome.context("the build ended without an answer")?.map_err(Failure::from)?;
    if json {
        let Built { folder, existed, manifest } = &built;
        let line = json!({
            "folder": folder, "version": folder.file_name().map(|name| name.to_string_lossy()), "existed": existed,
            "tally": manifest.tally,
        });
        terminal::line(&serde_json::to_string(&line)?);
    } else {
        terminal::print(&told(&built));
    }
    Ok(ExitCode::SUCCESS)
}

fn report(folder: &Path, json: bool) -> Result<ExitCode> {
    let (manifest, text) = brain_corpus::read_report(folder, cli::language()).map_err(Failure::from)?;
    if json {
        terminal::line(&serde_json::to_string(&manifest)?);
    } else {
        terminal::print(&text);
    }
    Ok(ExitCode::SUCCESS)
}

/// The file of parameters, and what the command line says over it.
fn options(given: &CorpusBuild) -> Result<Options> {
    let mut options = match &given.parameters {
        Some(path) => written(path)?,
        None => Options::default(),
    };
    if let Some(title) = &given.title {
        options.title.clone_from(title);
    }
    if let Some(licence) = &given.licence {
        options.licence = Some(Licence::parse(licence).map_err(Failure::from)?);
    }
    options.check().map_err(Failure::from)?;
    Ok(options)
}

fn written(path: &Path) -> Result<Options> {
    let shown = path.display();
    let unread = || format!("无法读取 {shown}。\nCannot read {shown}.");
    if std::fs::metadata(path).with_context(unread)?.len() > OPTIONS_BYTES_MAX {
        return Err(Failure::new(
            ErrorKind::InvalidArgument,
            "brain/parameters-too-large",
            format!("参数文件 {shown} 超过 {OPTIONS_BYTES_MAX} 字节。"),
            format!("The file of parameters {shown} has more than {OPTIONS_BYTES_MAX} bytes."),
        )
        .into());
    }
    let text = std::fs::read_to_string(path).with_context(unread)?;
    Ok(Options::from_toml(&text).map_err(Failure::from)?)
}

fn told(built: &Built) -> String {
    let tally = &built.manifest.tally;
    let (whole, folder) = (tally.whole(), built.folder.display());
    let (refused, rejected): (u64, u64) = (tally.refused.values().sum(), tally.rejected.values().sum());
    let duplicates = tally.exact_duplicates + tally.near_duplicates;
    let personal: u64 = tally.personal.values().sum();
    match cli::language() {
        Language::Zh => format!(
            "文档 {}：保留 {}，未能抽取 {refused}，未通过规则 {rejected}，重复 {duplicates}\n已替换个人信息 {personal} 处；段落 {}，字 {}，词 {}\n{}：{folder}\n报告：brain corpus report {folder}\n",
            tally.documents,
            whole.documents,
            whole.passages,
            whole.characters,
            whole.words,
            if built.existed { "相同版本已存在" } else { "版本" },
        ),
        Language::En => format!(
            "{} documents: {} stay, {refused} gave no text, {rejected} broke a rule, {duplicates} are duplicates\n{personal} personal identifiers replaced; {} passages, {} characters, {} words\n{}: {folder}\nReport: brain corpus report {folder}\n",
            tally.documents,
            whole.documents,
            whole.passages,
            whole.characters,
            whole.words,
            if built.existed { "The same version was there already" } else { "Version" },
        ),
    }
}
