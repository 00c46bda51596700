//! One file per command; each opens what it needs and nothing more.

mod audit;
mod backup;
mod ca;
mod catalog;
mod cluster;
mod compliance;
mod connector;
mod corpora;
mod corpus;
mod doctor;
mod drill;
mod entity_match;
mod evidence;
mod exchange;
mod explain_access;
mod grade;
mod identity;
mod incident;
mod ingest;
mod keys;
mod lineage;
mod map;
mod master;
mod matching;
mod model;
mod product;
mod quality;
mod restore;
mod retention;
mod run;
mod search;
mod serve;
mod simulate;
mod sql;
mod standard;
mod standby;
mod status;
mod term;

use crate::cli::{Cli, Command, Corpus, CorpusAction, Exchange, ExchangeAction, MasterOf, Match};
use crate::measure::Measured;
use crate::node::Node;
use crate::{config, telemetry, terminal};
use anyhow::{Context as _, Result};
use brain_kernel::clock::SystemClock;
use clap::CommandFactory as _;
use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;

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
        Command::Scheduler(_) => telemetered(loaded, cluster::scheduler),
        Command::Executor(_) => telemetered(loaded, cluster::executor),
        // Commands for the terminal say what matters themselves; the log is for warnings.
        Command::Doctor(arguments) => on_node(loaded, async |node| doctor::doctor(node, arguments).await),
        Command::Run(arguments) => quiet(loaded, |loaded| run::run(loaded, arguments)),
        Command::Ingest(arguments) => on_node(loaded, async |node| ingest::ingest(node, arguments).await),
        Command::Connector(arguments) => {
            on_node(loaded, async |node| connector::connector(node, arguments).await)
        }
        Command::Exchange(Exchange { action: ExchangeAction::Verify { file, ed25519, sm2 } }) => {
            exchange::verify(&file, ed25519, sm2)
        }
        Command::Exchange(arguments) => quiet(loaded, async |loaded| {
            let measured = Measured::of(&loaded, Arc::new(SystemClock))?;
            Node::during(loaded, async |node| exchange::exchange(node, measured, arguments).await).await
        }),
        Command::Simulate(arguments) => quiet(loaded, |_| simulate::simulate(arguments)),
        Command::Corpus(Corpus { action: CorpusAction::Files(action) }) => {
            quiet(loaded, |_| corpus::corpus(action))
        }
        Command::Corpus(Corpus { action: CorpusAction::Node(action) }) => {
            on_node(loaded, async |node| corpora::corpora(node, action).await)
        }
        Command::Sql(arguments) => on_node(loaded, async |node| sql::sql(node, arguments).await),
        Command::Catalog(arguments) => on_node(loaded, async |node| catalog::catalog(node, arguments).await),
        Command::Search(arguments) => quiet(loaded, |loaded| search::search(loaded, arguments)),
        Command::Term(arguments) => on_node(loaded, async |node| term::term(node, arguments).await),
        Command::Standard(arguments) => {
            on_node(loaded, async |node| standard::standard(node, arguments).await)
        }
        Command::Master(arguments) => match arguments.of {
            MasterOf::Product(action) => on_node(loaded, async |node| master::product(node, action).await),
            MasterOf::Enterprise { records, rules } => {
                quiet(loaded, |_| async move { master::enterprise(&records, &rules) })
            }
        },
        Command::Match(Match { action: Some(action), .. }) => {
            on_node(loaded, async |node| matching::matching(node, action).await)
        }
        Command::Match(Match { files: Some(files), .. }) => {
            quiet(loaded, |loaded| entity_match::entity_match(loaded, files))
        }
        // Without an action the files are required: what is left is not reached, and says what there is.
        Command::Match(_) => Err(clap::Error::new(clap::error::ErrorKind::MissingRequiredArgument).into()),
        Command::Lineage(arguments) => quiet(loaded, |loaded| lineage::lineage(loaded, arguments)),
        Command::Map(arguments) => on_node(loaded, async |node| map::map(node, arguments).await),
        Command::Grade(arguments) => on_node(loaded, async |node| grade::grade(node, arguments).await),
        Command::Model(arguments) => on_node(loaded, async |node| model::model(node, arguments).await),
        Command::Product(arguments) => on_node(loaded, async |node| product::product(node, arguments).await),
        Command::Quality(arguments) => on_node(loaded, async |node| quality::quality(node, arguments).await),
        Command::Evidence(arguments) => {
            on_node(loaded, async |node| evidence::evidence(node, arguments).await)
        }
        Command::Audit(arguments) => on_node(loaded, async |node| audit::audit(node, arguments).await),
        Command::Incident(arguments) => {
            on_node(loaded, async |node| incident::incident(node, arguments).await)
        }
        Command::ExplainAccess(arguments) => {
            quiet(loaded, |loaded| explain_access::explain_access(loaded, arguments))
        }
        Command::Backup(arguments) => quiet(loaded, |loaded| backup::backup(loaded, arguments)),
        Command::Restore(arguments) => quiet(loaded, |loaded| restore::restore(loaded, arguments)),
        Command::Ca(arguments) => on_node(loaded, async |node| ca::ca(node, arguments).await),
        Command::Standby(arguments) => telemetered(loaded, |loaded| standby::standby(loaded, arguments)),
        Command::Keys(arguments) => quiet(loaded, |loaded| keys::keys(loaded, arguments)),
        Command::Status(arguments) => on_node(loaded, async |node| status::status(node, arguments).await),
        Command::Compliance(arguments) => {
            on_node(loaded, async |node| compliance::compliance(node, arguments).await)
        }
        Command::Retention(arguments) => {
            on_node(loaded, async |node| retention::retention(node, arguments).await)
        }
        Command::Identity(arguments) => {
            on_node(loaded, async |node| identity::identity(node, arguments).await)
        }
        Command::Completions { .. } => Ok(ExitCode::SUCCESS),
    }
}

/// A command that works on the node and on nothing else.
fn on_node(loaded: config::Loaded, work: impl AsyncFnOnce(&Node) -> Result<ExitCode>) -> Result<ExitCode> {
    quiet(loaded, |loaded| Node::during(loaded, work))
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
