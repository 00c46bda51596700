//! One file per command; each opens what it needs and nothing more.

mod audit;
mod backup;
mod ca;
mod catalog;
mod compliance;
mod doctor;
mod drill;
mod entity_match;
mod evidence;
mod explain_access;
mod grade;
mod identity;
mod incident;
mod ingest;
mod keys;
mod lineage;
mod map;
mod quality;
mod restore;
mod retention;
mod run;
mod search;
mod serve;
mod simulate;
mod sql;
mod status;
mod term;

use crate::cli::{Cli, Command};
use crate::{config, telemetry, terminal};
use anyhow::{Context as _, Result};
use clap::CommandFactory as _;
use std::future::Future;
use std::process::ExitCode;

/// Load the configuration and carry out the command.
pub fn run(cli: Cli) -> Result<ExitCode> {
    if let Command::Completions { shell } = cli.command {
        clap_complete::generate(shell, &mut Cli::command(), "brain", &mut std::io::stdout());
        return Ok(ExitCode::SUCCESS);
    }
    let loaded = config::load(cli.place.config.as_deref(), std::env::vars(), cli.overrides())?;
    match cli.command {
        Command::Config => {
            terminal::print(&config::shown(&loaded)?);
            Ok(ExitCode::SUCCESS)
        }
        Command::Openapi => {
            terminal::line(&serde_json::to_string_pretty(&serve::document()?)?);
            Ok(ExitCode::SUCCESS)
        }
        Command::Serve(_) => telemetered(loaded, serve::serve),
        // Commands for the terminal say what matters themselves; the log is for warnings.
        Command::Doctor(arguments) => quiet(loaded, |loaded| doctor::doctor(loaded, arguments)),
        Command::Run(arguments) => quiet(loaded, |loaded| run::run(loaded, arguments)),
        Command::Ingest(arguments) => quiet(loaded, |loaded| ingest::ingest(loaded, arguments)),
        Command::Simulate(arguments) => quiet(loaded, |_| simulate::simulate(arguments)),
        Command::Sql(arguments) => quiet(loaded, |loaded| sql::sql(loaded, arguments)),
        Command::Catalog(arguments) => quiet(loaded, |loaded| catalog::catalog(loaded, arguments)),
        Command::Search(arguments) => quiet(loaded, |loaded| search::search(loaded, arguments)),
        Command::Term(arguments) => quiet(loaded, |loaded| term::term(loaded, arguments)),
        Command::Match(arguments) => quiet(loaded, |loaded| entity_match::entity_match(loaded, arguments)),
        Command::Lineage(arguments) => quiet(loaded, |loaded| lineage::lineage(loaded, arguments)),
        Command::Map(arguments) => quiet(loaded, |loaded| map::map(loaded, arguments)),
        Command::Grade(arguments) => quiet(loaded, |loaded| grade::grade(loaded, arguments)),
        Command::Quality(arguments) => quiet(loaded, |loaded| quality::quality(loaded, arguments)),
        Command::Evidence(arguments) => quiet(loaded, |loaded| evidence::evidence(loaded, arguments)),
        Command::Audit(arguments) => quiet(loaded, |loaded| audit::audit(loaded, arguments)),
        Command::Incident(arguments) => quiet(loaded, |loaded| incident::incident(loaded, arguments)),
        Command::ExplainAccess(arguments) => {
            quiet(loaded, |loaded| explain_access::explain_access(loaded, arguments))
        }
        Command::Backup(arguments) => quiet(loaded, |loaded| backup::backup(loaded, arguments)),
        Command::Restore(arguments) => quiet(loaded, |loaded| restore::restore(loaded, arguments)),
        Command::Ca(arguments) => quiet(loaded, |loaded| ca::ca(loaded, arguments)),
        Command::Keys(arguments) => quiet(loaded, |loaded| keys::keys(loaded, arguments)),
        Command::Status(arguments) => quiet(loaded, |loaded| status::status(loaded, arguments)),
        Command::Compliance(arguments) => quiet(loaded, |loaded| compliance::compliance(loaded, arguments)),
        Command::Retention(arguments) => quiet(loaded, |loaded| retention::retention(loaded, arguments)),
        Command::Identity(arguments) => quiet(loaded, |loaded| identity::identity(loaded, arguments)),
        Command::Completions { .. } => Ok(ExitCode::SUCCESS),
    }
}

fn quiet<F, Fut>(mut loaded: config::Loaded, work: F) -> Result<ExitCode>
where
    F: FnOnce(config::Loaded) -> Fut,
    Fut: Future<Output = Result<ExitCode>>,
{
    if !loaded.sources.contains_key("telemetry.log") {
        "warn".clone_into(&mut loaded.config.telemetry.log);
    }
    telemetered(loaded, work)
}

fn telemetered<F, Fut>(loaded: config::Loaded, work: F) -> Result<ExitCode>
where
    F: FnOnce(config::Loaded) -> Fut,
    Fut: Future<Output = Result<ExitCode>>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads")?;
    // The exporter's client needs the runtime, so telemetry starts inside it.
    runtime.block_on(async {
        let guard =
            telemetry::start(&loaded.config.telemetry, &loaded.config.egress, &loaded.config.node.name)?;
        let outcome = work(loaded).await;
        guard.shutdown();
        outcome
    })
}
