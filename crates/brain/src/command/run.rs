//! `brain run <component> --name value …`: flags made from the component's own parameter schema.

use crate::cli::{self, Run};
use crate::config::Loaded;
use crate::node::{Node, operator, terminal_origin};
use crate::terminal;
use crate::watch::Watch;
use anyhow::{Context as _, Result, bail};
use brain_component::{
    ArgumentKind, Manifest, Outcome, Registry, RunOptions, arguments, from_arguments, to_csv,
};
use brain_kernel::clock::SystemClock;
use brain_kernel::csv;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use std::process::ExitCode;
use std::sync::Arc;

/// Run one component, or list them. A terminal sees how far it is; Ctrl-C stops the run.
pub async fn run(loaded: Loaded, given: Run) -> Result<ExitCode> {
    let detached =
        Registry::detached(Arc::new(SystemClock), brain_governance::components()).map_err(Failure::from)?;
    let Some(id) = given.component.filter(|id| id != "--help" && id != "-h") else {
        list(&detached);
        return Ok(ExitCode::SUCCESS);
    };
    if id.starts_with("product.") {
        let arguments = given.arguments;
        return Node::during(loaded, async |node: &Node| product(node, &id, &arguments).await).await;
    }
    let manifest = detached.manifest(&id).map_err(Failure::from)?;
    if given.arguments.iter().any(|word| word == "--help" || word == "-h") {
        help(&manifest);
        return Ok(ExitCode::SUCCESS);
    }
    let (pairs, as_csv) = split(&manifest, &given.arguments)?;
    let parameters = from_arguments(&manifest, &pairs).map_err(Failure::from)?;
    let watch = Watch::start(cli::language());
    let (progress, cancel) = (watch.progress.clone(), watch.cancel.clone());
    let origin = terminal_origin(&id);
    let options = RunOptions { purpose: "command-line".to_owned(), progress, cancel, origin };
    let outcome = if detached.runs_detached(&id, &parameters).map_err(Failure::from)? {
        detached.run(&id, &operator(Role::SystemAdministrator), parameters, options).await
    } else {
        let party = operator(Role::SystemAdministrator);
        let run = async |node: &Node| Ok(node.registry.run(&id, &party, parameters, options).await);
        Node::during(loaded, run).await?
    };
    watch.end();
    let outcome = outcome?;
    shown(&manifest, &outcome, as_csv)?;
    Ok(ExitCode::SUCCESS)
}

/// Run a data product that is offered as a component: only its node knows it.
async fn product(node: &Node, id: &str, words: &[String]) -> Result<ExitCode> {
    let manifest = node.registry.manifest(id).map_err(Failure::from)?;
    if words.iter().any(|word| word == "--help" || word == "-h") {
        help(&manifest);
        return Ok(ExitCode::SUCCESS);
    }
    let (pairs, as_csv) = split(&manifest, words)?;
    let parameters = from_arguments(&manifest, &pairs).map_err(Failure::from)?;
    let party = super::product::speaker(node, id.trim_start_matches("product."));
    let options = RunOptions {
        purpose: "command-line".to_owned(),
        origin: terminal_origin(id),
        ..RunOptions::default()
    };
    let outcome = node.registry.run(id, &party, parameters, options).await?;
    shown(&manifest, &outcome, as_csv)?;
    Ok(ExitCode::SUCCESS)
}

fn shown(manifest: &Manifest, outcome: &Outcome, as_csv: bool) -> Result<()> {
    if as_csv {
        terminal::print(&to_csv(manifest, &outcome.result, csv::TERMINAL_LINE_END).map_err(Failure::from)?);
    } else {
        terminal::line(&serde_json::to_string_pretty(outcome)?);
    }
    Ok(())
}

/// `--max-length 8` or `--max-length=8`; a flag alone is `on`. Returns the pairs and whether CSV was asked for.
fn split(manifest: &Manifest, words: &[String]) -> Result<(Vec<(String, String)>, bool)> {
    let known = arguments(manifest);
    let mut pairs = Vec::new();
    let mut csv = false;
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix("--") else {
            bail!(
                "{word} 前应有参数名，例如 --product {word}。\n{word} needs a name in front, such as --product {word}."
            );
        };
        let (name, inline) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (flag, None),
        };
        let name = name.replace('-', "_");
        let next = || words.next_if(|word| !word.starts_with("--")).cloned();
        let value = inline.or_else(next);
        if name == "format" && !known.iter().any(|argument| argument.name == "format") {
            match value.as_deref() {
                Some("csv") => csv = true,
                Some("json") => csv = false,
                _ => bail!("--format 只能是 json 或 csv。\n--format is json or csv."),
            }
            continue;
        }
        let kind = known.iter().find(|argument| argument.name == name).map(|argument| argument.kind);
        let value = match (kind, value) {
            (Some(ArgumentKind::Boolean), None) => "on".to_owned(),
            (_, None) => bail!("--{flag} 缺少取值。\n--{flag} needs a value."),
            (Some(ArgumentKind::File), Some(path)) => std::fs::read_to_string(&path)
                .with_context(|| format!("无法读取文件 {path}。\nCannot read the file {path}."))?,
            (_, Some(value)) => value,
        };
        pairs.push((name, value));
    }
    Ok((pairs, csv))
}

fn list(registry: &Registry) {
    let language = cli::language();
    for manifest in registry.manifests() {
        terminal::line(&format!("{:<22} {}", manifest.id, manifest.title.get(language)));
    }
}

fn help(manifest: &Manifest) {
    let language = cli::language();
    terminal::line(&format!("{} {}\n{}\n", manifest.id, manifest.version, manifest.summary.get(language)));
    for argument in arguments(manifest) {
        let needed = if argument.required { " *" } else { "" };
        let flag = format!("--{}{needed}", argument.name.replace('_', "-"));
        terminal::line(&format!("  {flag:<28} {}", argument.description.replace('\n', " ")));
    }
    terminal::line(&format!("  {:<28} json | csv", "--format"));
}
