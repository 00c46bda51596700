//! `brain lineage DATASET[.COLUMN]` and `brain lineage parse FILE.sql`.

use crate::cli::{self, Lineage, LineageAction, LineageFormat};
use crate::config::Loaded;
use crate::node::Node;
use crate::terminal;
use anyhow::{Context as _, Result};
use brain_kernel::clock::{Clock as _, SystemClock};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Language;
use brain_lineage::openlineage::{Dataset, Event, Job, SqlFacet, columns_of_statement, with_base};
use brain_lineage::sql::{
    Catalogue, Dialect, Followed, Origin, Script, StatementLineage, TEXT_BYTES_MAX, analyse,
};
use brain_lineage::{EdgeKind, graph::NodeKind};
use brain_warehouse::lineage::{LineageDirection, LineageGraph, LineageNode, LineageQuery};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

/// Who makes the events printed.
const PRODUCER: &str = concat!("urn:industry-brain:", env!("CARGO_PKG_VERSION"));

/// Ask the node, or read a script.
pub async fn lineage(loaded: Loaded, given: Lineage) -> Result<ExitCode> {
    match given.action {
        Some(LineageAction::Parse { file, dialect, catalogue, format }) => {
            parse(&file, &dialect, catalogue.as_deref(), format)
        }
        None => Node::during(loaded, async |node| ask(node, given).await).await,
    }
}

async fn ask(node: &Node, given: Lineage) -> Result<ExitCode> {
    let language = cli::language();
    let target = given.target.unwrap_or_default();
    let direction = match (given.up, given.down) {
        (true, _) => LineageDirection::Up,
        (_, true) => LineageDirection::Down,
        _ => LineageDirection::Both,
    };
    let (dataset, column) = split(node, &target);
    let query = LineageQuery {
        dataset,
        column,
        direction: Some(direction),
        depth: Some(given.depth),
        values_only: given.values,
    };
    let graph = node.warehouse.lineage().ask(&query).await.map_err(Failure::from)?;
    match given.format {
        LineageFormat::Table => print_graph(&graph, language),
        LineageFormat::Json => terminal::line(&serde_json::to_string_pretty(&graph)?),
        LineageFormat::Openlineage => {
            for event in events_of(&graph, &now())? {
                terminal::line(&serde_json::to_string(&event)?);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The longest dataset the words begin with; what is left is a column.
fn split(node: &Node, target: &str) -> (String, Option<String>) {
    let catalogue = node.warehouse.catalogue();
    if catalogue.facts(target).is_ok() {
        return (target.to_owned(), None);
    }
    match target.rsplit_once('.') {
        // `raw.firm` is a dataset, known or not; a column has its dataset's zone before it.
        Some((dataset, column)) if dataset.contains('.') => (dataset.to_owned(), Some(column.to_owned())),
        _ => (target.to_owned(), None),
    }
}

fn now() -> String {
    SystemClock.now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

fn print_graph(graph: &LineageGraph, language: Language) {
    let zh = language == Language::Zh;
    let mut nodes: Vec<&LineageNode> = graph.nodes.iter().collect();
    nodes.sort_by_key(|node| node.hops);
    for node in nodes {
        let kind = kind_word(node.kind, zh);
        let name = match &node.owner {
            Some(owner) => format!("{owner}.{}", node.name),
            None => node.name.clone(),
        };
        let title = node.title.as_ref().map(|title| title.get(language)).unwrap_or_default();
        let how: Vec<&str> =
            graph.edges.iter().filter(|edge| edge.to == node.id).map(|edge| edge.kind.word()).collect();
        let how: std::collections::BTreeSet<&str> = how.into_iter().collect();
        let how = how.into_iter().collect::<Vec<_>>().join("+");
        let mark = match (node.direct, zh) {
            (true, _) => "",
            (false, true) => "（只影响行）",
            (false, false) => " (rows only)",
        };
        terminal::line(&format!("{:>3} {kind:<10} {name:<48} {how:<24} {title}{mark}", node.hops));
    }
    if graph.truncated {
        terminal::line(if zh {
            "结果过多，只列出最近的。"
        } else {
            "There is more; only the nearest are listed."
        });
    }
    for issue in &graph.issues {
        let (line, column) = (issue.position.line, issue.position.column);
        terminal::line(&format!("! {line}:{column} {}", issue.text().get(language)));
    }
}

const fn kind_word(kind: NodeKind, zh: bool) -> &'static str {
    match (kind, zh) {
        (NodeKind::Dataset, true) => "数据集",
        (NodeKind::Column, true) => "字段",
        (NodeKind::Job, true) => "作业",
        (NodeKind::Component, true) => "组件",
        (NodeKind::Page, true) => "页面",
        (NodeKind::Number, true) => "指标",
        (NodeKind::Dataset, false) => "dataset",
        (NodeKind::Column, false) => "column",
        (NodeKind::Job, false) => "job",
        (NodeKind::Component, false) => "component",
        (NodeKind::Page, false) => "page",
        (NodeKind::Number, false) => "number",
    }
}

/// Name of a column → dataset and column it comes from → how.
type OriginsByColumn<'g> = BTreeMap<&'g str, BTreeMap<(String, String), Vec<EdgeKind>>>;

/// One event for each dataset of the graph that is made of others there.
fn events_of(graph: &LineageGraph, time: &str) -> Result<Vec<Event>> {
    let by_id: BTreeMap<&str, &LineageNode> =
        graph.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let mut columns: BTreeMap<&str, OriginsByColumn<'_>> = BTreeMap::new();
    for edge in &graph.edges {
        let (Some(from), Some(to)) = (by_id.get(edge.from.as_str()), by_id.get(edge.to.as_str())) else {
            continue;
        };
        if let (NodeKind::Column, Some(source), NodeKind::Column, Some(target)) =
            (from.kind, &from.owner, to.kind, &to.owner)
        {
            let origins = columns.entry(target).or_default().entry(&to.name).or_default();
            origins.entry((source.clone(), from.name.clone())).or_default().push(edge.kind);
        }
    }
    let split = |name: &str| ("brain".to_owned(), name.to_owned());
    columns
        .into_iter()
        .map(|(dataset, columns)| {
            let statement = StatementLineage {
                position: brain_lineage::sql::Position::default(),
                verb: brain_lineage::sql::Verb::CreateTable,
                followed: Followed::Yes,
                target: Some(dataset.to_owned()),
                inputs: Vec::new(),
                columns: columns
                    .into_iter()
                    .map(|(name, origins)| brain_lineage::sql::ColumnLineage {
                        name: name.to_owned(),
                        origins: origins
                            .into_iter()
                            .map(|((dataset, column), kinds)| Origin {
                                dataset,
                                column,
                                kinds,
                                certain: true,
                            })
                            .collect(),
                    })
                    .collect(),
                indirect: Vec::new(),
                issues: Vec::new(),
            };
            let mut output = Dataset::new("brain", dataset);
            let facet = columns_of_statement(&statement, &split);
            let value = with_base(&facet, "columnLineage", PRODUCER).map_err(Failure::from)?;
            output.facets.insert("columnLineage".to_owned(), value);
            Ok(Event::dataset(time.to_owned(), PRODUCER, output))
        })
        .collect()
}

fn parse(file: &Path, dialect: &str, catalogue: Option<&Path>, format: LineageFormat) -> Result<ExitCode> {
    let language = cli::language();
    let Some(dialect) = Dialect::named(dialect) else {
        let known = Dialect::ALL.map(Dialect::word).join(", ");
        return Err(Failure::new(
            ErrorKind::InvalidArgument,
            "cli/dialect",
            format!("没有方言“{dialect}”。可用：{known}。"),
            format!("There is no dialect {dialect:?}. There are {known}."),
        )
        .into());
    };
    let text = read(file)?;
    let mut known = Catalogue::new();
    if let Some(path) = catalogue {
        let tables: BTreeMap<String, Vec<String>> = serde_json::from_str(&read(path)?)
            .with_context(|| format!("{}: {{\"table\": [\"column\", …]}}", path.display()))?;
        for (table, columns) in tables {
            known.add(&table, columns);
        }
    }
    let script = analyse(&text, dialect, &known).map_err(Failure::from)?;
    match format {
        LineageFormat::Table => print_script(&script, language),
        LineageFormat::Json => terminal::line(&serde_json::to_string_pretty(&script)?),
        LineageFormat::Openlineage => {
            for statement in &script.statements {
                if let Some(event) = event_of(statement, file, &text, dialect)? {
                    terminal::line(&serde_json::to_string(&event)?);
                }
            }
        }
    }
    // What could not be followed is no failure of the command, but a script should be able to tell.
    let unread = script.statements.iter().any(|statement| statement.followed == Followed::No);
    Ok(if unread { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

fn read(path: &Path) -> Result<String> {
    let size = std::fs::metadata(path).with_context(|| path.display().to_string())?.len();
    if size > TEXT_BYTES_MAX as u64 {
        let error = brain_lineage::LineageError::TooLong { bytes: size as usize, max: TEXT_BYTES_MAX };
        return Err(Failure::from(error).into());
    }
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}

fn print_script(script: &Script, language: Language) {
    for statement in &script.statements {
        let target = statement.target.as_deref().unwrap_or_default();
        let (line, column) = (statement.position.line, statement.position.column);
        let inputs = statement.inputs.join(", ");
        terminal::line(&format!("{line}:{column} {} {target} <- {inputs}", statement.verb.word()));
        for column in &statement.columns {
            terminal::line(&format!("  {:<32} <- {}", column.name, origins(&column.origins)));
        }
        if !statement.indirect.is_empty() {
            terminal::line(&format!("  {:<32} <- {}", "*", origins(&statement.indirect)));
        }
        for issue in &statement.issues {
            let (line, column) = (issue.position.line, issue.position.column);
            terminal::line(&format!("  ! {line}:{column} {}", issue.text().get(language)));
        }
    }
}

fn origins(origins: &[Origin]) -> String {
    let one = |origin: &Origin| {
        let kinds: Vec<&str> = origin.kinds.iter().map(|kind| kind.word()).collect();
        let mark = if origin.certain { "" } else { "?" };
        format!("{}.{}{mark} ({})", origin.dataset, origin.column, kinds.join("+"))
    };
    origins.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A statement that writes as the description of a job.
fn event_of(
    statement: &StatementLineage,
    file: &Path,
    text: &str,
    dialect: Dialect,
) -> Result<Option<Event>> {
    let Some(target) = &statement.target else { return Ok(None) };
    let namespace = dialect.word();
    let split = |name: &str| (namespace.to_owned(), name.to_owned());
    let name = format!("{}:{}", file.display(), statement.position.line);
    let mut job = Job::new("file", name);
    let sql = SqlFacet { query: text.to_owned(), dialect: Some(namespace.to_owned()) };
    job.facets.insert("sql".to_owned(), with_base(&sql, "sql", PRODUCER).map_err(Failure::from)?);
    let mut output = Dataset::new(namespace, target);
    let facet = columns_of_statement(statement, &split);
    let value = with_base(&facet, "columnLineage", PRODUCER).map_err(Failure::from)?;
    output.facets.insert("columnLineage".to_owned(), value);
    let mut event = Event::job(now(), PRODUCER, job);
    event.inputs = statement.inputs.iter().map(|input| Dataset::new(namespace, input)).collect();
    event.outputs.push(output);
    Ok(Some(event))
}
