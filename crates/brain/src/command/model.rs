//! `brain model …`: models at the terminal.

use crate::cli::{self, How, Model, ModelAction, Which};
use crate::node::{Node, operator, terminal_origin};
use crate::terminal;
use crate::watch::Watch;
use anyhow::{Context as _, Result};
use brain_kernel::error::Failure;
use brain_kernel::language::{Language, Text};
use brain_kernel::party::Role;
use brain_kernel::progress::Cancel;
use brain_warehouse::model::{
    Age, Document, Examples, MakeMode, ModelCard, ModelCheck, ModelError, ModelHealth, ModelRequest,
    ModelRun, ModelState, ModelStep, Standing, TestOutcome, any_failure, template,
};
use std::path::Path;
use std::process::ExitCode;

/// Carry out one action; who may open the folder may do everything in it.
pub async fn model(node: &Node, given: Model) -> Result<ExitCode> {
    let language = cli::language();
    match given.action {
        ModelAction::List { which, json } => list(node, &which, json, language).await,
        ModelAction::Show { model } => {
            let detail = node.warehouse.model_show(&model).await.map_err(Failure::from)?;
            terminal::line(&serde_json::to_string_pretty(&detail)?);
            Ok(ExitCode::SUCCESS)
        }
        ModelAction::Check => check(node, language).await,
        ModelAction::Run { which, how } => run(node, request(&which, &how, false), &how, language).await,
        ModelAction::Build { which, how } => run(node, request(&which, &how, true), &how, language).await,
        ModelAction::Test { which, json } => {
            let (party, origin) = (operator(Role::SystemAdministrator), terminal_origin("model test"));
            let request = ModelRequest {
                select: which.select.join(" "),
                exclude: which.exclude.join(" "),
                ..ModelRequest::default()
            };
            let runs = node.warehouse.test_models(&party, &request, origin, Cancel::new()).await;
            ended(&runs.map_err(Failure::from)?, json, language)
        }
        ModelAction::Docs { which, out } => {
            let (select, exclude) = (which.select.join(" "), which.exclude.join(" "));
            let documents = node.warehouse.model_documents(&select, &exclude, language).await;
            write(&documents.map_err(Failure::from)?, out.as_deref())
        }
        ModelAction::Init { industry, title, template } => {
            init(node, &industry, title.as_deref(), &template, language)
        }
    }
}

fn request(which: &Which, how: &How, build: bool) -> ModelRequest {
    ModelRequest {
        select: which.select.join(" "),
        exclude: which.exclude.join(" "),
        full_refresh: how.full_refresh,
        from: how.from.clone(),
        to: how.to.clone(),
        build,
    }
}

async fn list(node: &Node, which: &Which, json: bool, language: Language) -> Result<ExitCode> {
    let found = node.warehouse.model_list(&which.select.join(" "), &which.exclude.join(" ")).await;
    let found = found.map_err(Failure::from)?;
    if json {
        terminal::line(&serde_json::to_string_pretty(&found)?);
        return Ok(ExitCode::SUCCESS);
    }
    for card in &found.models {
        terminal::line(&listed(card, language));
    }
    for error in &found.broken {
        broken(error, language);
    }
    Ok(ExitCode::SUCCESS)
}

fn listed(card: &ModelCard, language: Language) -> String {
    let health = match card.health {
        ModelHealth::Fresh => Text::new("最新", "fresh"),
        ModelHealth::Stale => Text::new("过期", "stale"),
        ModelHealth::Waiting => Text::new("等待", "waiting"),
        ModelHealth::Blocked => Text::new("受阻", "blocked"),
        ModelHealth::Failing => Text::new("失败", "failing"),
    };
    let age = match card.age {
        Some(Age::Warn) => say(language, "（数据偏旧）", " (ageing)"),
        Some(Age::Fail) => say(language, "（数据过旧）", " (too old)"),
        Some(Age::Fresh) | None => "",
    };
    let rows = card.rows.map_or_else(|| "—".to_owned(), |rows| rows.to_string());
    let reasons: Vec<&str> = card.reasons.iter().map(|reason| reason.get(language)).collect();
    let name = &card.name;
    format!("{name:<32} {:<8} {rows:>10}  {}{age}", health.get(language), reasons.join("; "))
}

async fn check(node: &Node, language: Language) -> Result<ExitCode> {
    let found: ModelCheck = node.warehouse.check_models().await.map_err(Failure::from)?;
    for error in &found.errors {
        broken(error, language);
    }
    for (model, table) in &found.unchecked {
        terminal::line(&match language {
            Language::Zh => format!("… {model}：{table} 尚未入仓，也没有映射，查询未核对"),
            Language::En => {
                format!("… {model}: {table} is not loaded and no mapping describes it; query not checked")
            }
        });
    }
    let (right, wrong) = (found.checked.len(), found.errors.len());
    terminal::line(&match language {
        Language::Zh => format!("{right} 个模型正确，{wrong} 处有误。"),
        Language::En => format!("{right} models are right, {wrong} things are wrong."),
    });
    Ok(if found.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn broken(error: &ModelError, language: Language) {
    let (file, line) = (&error.file, error.line);
    let (problem, fix) = (error.problem.get(language), error.fix.get(language));
    terminal::line(&format!("✗ {file}:{line}: {problem}"));
    terminal::line(&format!("  {fix}"));
}

async fn run(node: &Node, request: ModelRequest, how: &How, language: Language) -> Result<ExitCode> {
    let party = operator(Role::SystemAdministrator);
    if how.dry_run {
        let steps = node.warehouse.plan_models(&party, &request).await.map_err(Failure::from)?;
        if how.json {
            terminal::line(&serde_json::to_string_pretty(&steps)?);
        } else {
            steps.iter().for_each(|step| planned(step, language));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let watch = Watch::start(language);
    let (progress, cancel) = (watch.progress.clone(), watch.cancel.clone());
    let origin = terminal_origin("model run");
    let runs = node.warehouse.run_models(&party, &request, Some(origin), progress, cancel).await;
    watch.end();
    ended(&runs.map_err(Failure::from)?, how.json, language)
}

fn planned(step: &ModelStep, language: Language) {
    let standing = match step.standing {
        Standing::Stale => say(language, "将运行", "would run"),
        Standing::Fresh => say(language, "不变", "unchanged"),
        Standing::Waiting => say(language, "等待", "waiting"),
        Standing::Blocked => say(language, "受阻", "blocked"),
    };
    let mode = match (step.standing, step.mode) {
        (Standing::Stale, MakeMode::Full) => say(language, "全量", "full"),
        (Standing::Stale, MakeMode::Incremental) => say(language, "增量", "incremental"),
        (Standing::Stale, MakeMode::Backfill) => say(language, "回补", "backfill"),
        _ => "",
    };
    let estimate = step.rows_estimate.map_or_else(|| "?".to_owned(), |rows| format!("≈{rows}"));
    let reasons: Vec<&str> = step.reasons.iter().map(|reason| reason.get(language)).collect();
    let model = &step.model;
    terminal::line(&format!("{model:<32} {standing:<10} {mode:<12} {estimate:>10}  {}", reasons.join("; ")));
}

fn ended(runs: &[ModelRun], json: bool, language: Language) -> Result<ExitCode> {
    if json {
        terminal::line(&serde_json::to_string_pretty(runs)?);
    } else {
        runs.iter().for_each(|run| told(run, language));
    }
    Ok(if any_failure(runs) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn told(run: &ModelRun, language: Language) {
    let state = match run.state {
        ModelState::Ran => say(language, "✓ 已运行", "✓ ran"),
        ModelState::Unchanged => say(language, "  不变", "  unchanged"),
        ModelState::Waiting => say(language, "… 等待", "… waiting"),
        ModelState::Failed => say(language, "✗ 失败", "✗ failed"),
        ModelState::TestsFailed => say(language, "✗ 测试未通过", "✗ tests failed"),
        ModelState::Skipped => say(language, "- 跳过", "- skipped"),
    };
    let rows = run.rows.map_or_else(|| "—".to_owned(), |rows| rows.to_string());
    let version = run.version.map_or_else(|| "—".to_owned(), |version| version.to_string());
    let (model, seconds) = (&run.model, run.seconds);
    let reason = run.reason.as_ref().map(|reason| reason.get(language)).unwrap_or_default();
    terminal::line(&format!("{state:<16} {model:<32} v{version:<4} {rows:>10} {seconds:>8.2}s  {reason}"));
    run.tests.iter().for_each(|test| tested(test, language));
}

fn tested(test: &TestOutcome, language: Language) {
    let mark = match (test.holds_back(), test.is_failure()) {
        (true, _) => "✗",
        (false, true) => "!",
        (false, false) => "✓",
    };
    terminal::line(&format!("    {mark} {}  {}", test.test, test.says.get(language)));
    if let Some(Examples { columns, rows }) = &test.examples {
        terminal::line(&format!("        {}", columns.join(" | ")));
        for row in rows {
            let cells: Vec<&str> = row.iter().map(|cell| cell.as_deref().unwrap_or("∅")).collect();
            terminal::line(&format!("        {}", cells.join(" | ")));
        }
    }
}

fn write(documents: &[Document], out: Option<&Path>) -> Result<ExitCode> {
    let Some(folder) = out else {
        for document in documents {
            terminal::line(&document.markdown);
        }
        return Ok(ExitCode::SUCCESS);
    };
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for document in documents {
        let path = folder.join(&document.name);
        std::fs::write(&path, &document.markdown).with_context(|| path.display().to_string())?;
    }
    terminal::line(&folder.join("index.md").display().to_string());
    Ok(ExitCode::SUCCESS)
}

fn init(
    node: &Node,
    industry: &str,
    title: Option<&str>,
    templates: &[String],
    language: Language,
) -> Result<ExitCode> {
    let written = template::write(node.folder.root(), industry, title.unwrap_or(industry), templates);
    for path in written.map_err(Failure::from)? {
        terminal::line(&path);
    }
    terminal::line(say(
        language,
        "接着：按映射准备文件，brain ingest <文件夹> --as <行业>_<模板>，再 brain model build。",
        "Next: prepare files as the mappings say, `brain ingest <folder> --as <industry>_<template>`, then `brain model build`.",
    ));
    Ok(ExitCode::SUCCESS)
}

fn say(language: Language, zh: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}
