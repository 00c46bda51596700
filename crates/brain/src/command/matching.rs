//! `brain match set|run|list|review|decide|clusters|lookup`: entity resolution over tables of the warehouse.

use crate::cli::{self, MatchAction, Verdict as Said};
use crate::command::standard::text;
use crate::node::{Node, operator, terminal_origin};
use crate::terminal;
use crate::watch::Watch;
use anyhow::Result;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Language;
use brain_kernel::party::Role;
use brain_store::PageRequest;
use brain_warehouse::Session;
use brain_warehouse::matching::{
    ClusterQuery, GoldenCard, Matching, NewDecision, NewSet, PURPOSE, PairCard, PairQuery, PairState, Plan,
    RunCard, SetCard, Verdict,
};
use std::path::Path;
use std::process::ExitCode;

/// Runs shown at once.
const RUNS_SHOWN: u64 = 50;

/// Carry out one action as the folder's owner.
pub async fn matching(node: &Node, action: MatchAction) -> Result<ExitCode> {
    let matching = node.warehouse.matching();
    let session = node.warehouse.session(&operator(Role::SystemAdministrator), PURPOSE);
    let session = session.coming_from(terminal_origin("match"));
    match action {
        MatchAction::Run { set, json } => return run(&matching, session, &set, json).await,
        MatchAction::Set { name, plan, reason } => set(&matching, &session, name, &plan, reason).await?,
        MatchAction::List { set: None } => {
            for set in matching.sets(&session).await.map_err(Failure::from)? {
                terminal::line(&set_line(&set));
            }
        }
        MatchAction::List { set: Some(name) } => {
            let set = find(&matching, &session, &name).await?;
            let page = PageRequest::new(1, RUNS_SHOWN);
            for run in matching.runs(&session, &set.id, page).await.map_err(Failure::from)?.items {
                terminal::line(&run_line(&run));
            }
        }
        MatchAction::Review { set, state, limit, json } => {
            review(&matching, session.held(), &set, (&state, limit, json)).await?;
        }
        MatchAction::Decide { pair, verdict, reason, revision } => {
            let session = session.held();
            let seen = matching.pair(&session, &pair).await.map_err(Failure::from)?.card.revision;
            let new = NewDecision { verdict: said(verdict), reason, revision: revision.unwrap_or(seen) };
            let decided = matching.decide(&session, &pair, new).await.map_err(Failure::from)?;
            session.finish().await.map_err(Failure::from)?;
            terminal::line(&format!("{}  {}", decided.card.id, decided.card.state.name()));
        }
        MatchAction::Clusters { set, cluster, text, limit } => {
            clusters(&matching, session.held(), (&set, cluster), text, limit).await?;
        }
        MatchAction::Lookup { set, text } => {
            let session = session.held();
            let set = find(&matching, &session, &set).await?;
            let hits = matching.lookup(&session, &set.id, &text).await.map_err(Failure::from)?;
            session.finish().await.map_err(Failure::from)?;
            for hit in hits {
                terminal::line(&hit.cluster);
                print_values(&hit.values);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Run a set under the eyes of who asked; the exit code says whether it succeeded.
async fn run(matching: &Matching, session: Session, name: &str, json: bool) -> Result<ExitCode> {
    let set = find(matching, &session, name).await?;
    let watch = Watch::start(cli::language());
    let (progress, cancel) = (watch.progress.clone(), watch.cancel.clone());
    let outcome = matching.run(session, &set.id, progress, cancel).await;
    watch.end();
    let detail = outcome.map_err(Failure::from)?;
    if json {
        terminal::line(&serde_json::to_string_pretty(&detail)?);
    } else {
        terminal::line(&run_line(&detail.card));
        if let Some(share) =
            detail.estimate.map(|estimate| estimate.automatic).filter(|share| share.value.is_some())
        {
            let [value, low, high] = [share.value, share.low, share.high].map(Option::unwrap_or_default);
            terminal::line(&match cli::language() {
                Language::Zh => format!("自动通过的查准率（估计）{value:.4}，95% 区间 {low:.4}–{high:.4}"),
                Language::En => format!(
                    "precision of automatic pairs (estimate) {value:.4}, 95 % interval {low:.4}–{high:.4}"
                ),
            });
        }
    }
    if let Some(failure) = &detail.card.failure {
        eprintln!("{}：{}", failure.code, failure.detail.get(cli::language()));
    }
    Ok(if detail.card.state == "succeeded" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn set(
    matching: &Matching,
    session: &Session,
    name: String,
    plan: &Path,
    reason: String,
) -> Result<()> {
    let plan = plan_of(&text(plan)?)?;
    let known = matching.sets(session).await.map_err(Failure::from)?.into_iter().find(|set| set.name == name);
    let new = NewSet { name, plan, reason };
    let detail = match known {
        Some(known) => matching.change_set(session, &known.id, known.revision, new).await,
        None => matching.create_set(session, new).await,
    };
    terminal::line(&set_line(&detail.map_err(Failure::from)?.card));
    Ok(())
}

fn plan_of(text: &str) -> Result<Plan> {
    let plan = toml::from_str(text).map_err(|error| {
        let line = error
            .span()
            .map_or(0, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
        Failure::new(
            ErrorKind::InvalidArgument,
            "brain/match-plan",
            format!("方案第 {line} 行：{}", error.message()),
            format!("The plan, line {line}: {}", error.message()),
        )
    })?;
    Ok(plan)
}

async fn review(
    matching: &Matching,
    session: Session,
    name: &str,
    (state, limit, json): (&str, u64, bool),
) -> Result<()> {
    let set = find(matching, &session, name).await?;
    let state = PairState::from_name(state).ok_or_else(|| {
        Failure::new(
            ErrorKind::InvalidArgument,
            "brain/match-state",
            format!("状态“{state}”应是 automatic、open、same、different、unsure 或 closed。"),
            format!("The state {state:?} is automatic, open, same, different, unsure or closed."),
        )
    })?;
    let query = PairQuery { state: Some(state), page_size: Some(limit), ..PairQuery::default() };
    let page = matching.pairs(&session, &set.id, &query).await.map_err(Failure::from)?;
    session.finish().await.map_err(Failure::from)?;
    for pair in &page.items {
        if json {
            terminal::line(&serde_json::to_string(pair)?);
        } else {
            print_pair(pair);
        }
    }
    eprintln!("{} / {}", page.items.len(), page.total);
    Ok(())
}

async fn clusters(
    matching: &Matching,
    session: Session,
    (name, cluster): (&str, Option<String>),
    text: Option<String>,
    limit: u64,
) -> Result<()> {
    let set = find(matching, &session, name).await?;
    if let Some(cluster) = cluster {
        let detail = matching.cluster(&session, &cluster).await.map_err(Failure::from)?;
        session.finish().await.map_err(Failure::from)?;
        terminal::line(&serde_json::to_string_pretty(&detail)?);
        return Ok(());
    }
    let query = ClusterQuery { text, page_size: Some(limit), ..ClusterQuery::default() };
    let page = matching.clusters(&session, &set.id, &query).await.map_err(Failure::from)?;
    session.finish().await.map_err(Failure::from)?;
    for cluster in &page.items {
        terminal::line(&format!("{}  {}", cluster.id, cluster.size));
        print_values(&cluster.golden);
    }
    eprintln!("{} / {}", page.items.len(), page.total);
    Ok(())
}

/// The set of this name or id.
async fn find(matching: &Matching, session: &Session, name: &str) -> Result<SetCard> {
    let sets = matching.sets(session).await.map_err(Failure::from)?;
    let found = sets.into_iter().find(|set| set.name == name || set.id == name);
    let unknown = || {
        Failure::new(
            ErrorKind::NotFound,
            "brain/unknown-match-set",
            format!("没有匹配方案“{name}”；`brain match list` 列出全部。"),
            format!("There is no match set {name:?}; `brain match list` names them."),
        )
    };
    Ok(found.ok_or_else(unknown)?)
}

const fn said(verdict: Said) -> Verdict {
    match verdict {
        Said::Same => Verdict::Same,
        Said::Different => Verdict::Different,
        Said::Unsure => Verdict::Unsure,
        Said::Withdrawn => Verdict::Withdrawn,
    }
}

fn set_line(set: &SetCard) -> String {
    let (id, name, datasets) = (&set.id, &set.name, set.datasets.join(", "));
    let (open, clusters) = (set.open, set.clusters);
    match cli::language() {
        Language::Zh => format!("{id}  {name}  {datasets}  待复核 {open}  实体簇 {clusters}"),
        Language::En => format!("{id}  {name}  {datasets}  {open} to review  {clusters} clusters"),
    }
}

fn run_line(run: &RunCard) -> String {
    let RunCard { id, state, records, compared, automatic, review, kept, asked_again, clusters, .. } = run;
    match cli::language() {
        Language::Zh => format!(
            "{id}  {state}  记录 {records}  比较 {compared}  自动通过 {automatic}  待复核 {review}  沿用判定 {kept}  \
             记录有变需重判 {asked_again}  簇变更 {clusters}"
        ),
        Language::En => format!(
            "{id}  {state}  {records} records  {compared} compared  {automatic} automatic  {review} to review  \
             {kept} decisions kept  {asked_again} asked again  {clusters} clusters changed"
        ),
    }
}

fn print_pair(pair: &PairCard) {
    let language = cli::language();
    let key = |key: &Option<String>| key.clone().unwrap_or_else(|| "—".to_owned());
    terminal::line(&format!(
        "{}  {:.4}  r{}  {} {} ↔ {} {}",
        pair.id,
        pair.probability,
        pair.revision,
        pair.left.dataset,
        key(&pair.left.key),
        pair.right.dataset,
        key(&pair.right.key)
    ));
    for field in &pair.fields {
        let mark = if field.differs { "≠" } else { "=" };
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "—".to_owned());
        let says: Vec<String> = field
            .evidence
            .iter()
            .filter_map(|evidence| {
                Some(format!("{}：{}", evidence.level.as_ref()?.get(language), evidence.says.get(language)))
            })
            .collect();
        terminal::line(&format!(
            "    {} {mark} {} | {}  {}",
            field.field,
            value(&field.left),
            value(&field.right),
            says.join("；")
        ));
    }
}

fn print_values(values: &[GoldenCard]) {
    for value in values {
        let mark = if value.chosen { "★" } else { " " };
        let shown = value.value.as_deref().unwrap_or("—");
        let on = value.as_of.as_deref().unwrap_or("");
        let by = value.chosen_by.as_deref().unwrap_or("");
        terminal::line(&format!("  {mark} {}  {shown}  {} {on} {by}", value.attribute, value.dataset));
    }
}
