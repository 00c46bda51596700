//! `brain search WORDS`.

use crate::cli::{self, Search};
use crate::config::Loaded;
use crate::node::{Node, operator, terminal_origin};
use crate::terminal;
use anyhow::Result;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Language;
use brain_kernel::party::Role;
use brain_kernel::progress::Cancel;
use brain_warehouse::search::{Filters, Found, Kind, SearchRequest};
use std::process::ExitCode;

/// Why the folder's owner looks at firms.
const PURPOSE: &str = "command-line";

/// Search as the folder's owner. The index is brought in line with catalogue and firms first.
pub async fn search(loaded: Loaded, given: Search) -> Result<ExitCode> {
    let kind = given.kind.as_deref().map(kind_of).transpose()?;
    Node::during(loaded, async |node| find_and_print(node, &given, kind).await).await?;
    Ok(ExitCode::SUCCESS)
}

async fn find_and_print(node: &Node, given: &Search, kind: Option<Kind>) -> Result<()> {
    let language = cli::language();
    let session = node.warehouse.session(&operator(Role::SystemAdministrator), PURPOSE);
    let session = session.coming_from(terminal_origin("search")).held();
    let request = SearchRequest {
        text: given.words.join(" "),
        filters: Filters { kind: kind.into_iter().collect(), ..Filters::default() },
        offset: 0,
        limit: given.limit.into(),
        without_firms: false,
    };
    let search = node.warehouse.search();
    search.refresh().await.map_err(Failure::from)?;
    let answer = search.ask(&session, request, Cancel::new()).await.map_err(Failure::from)?;
    if answer.firms.as_ref().is_some_and(|firms| !firms.hits.is_empty()) {
        session.finish().await.map_err(Failure::from)?;
    }
    if given.json {
        terminal::line(&serde_json::to_string_pretty(&answer)?);
        return Ok(());
    }
    let firms = answer.firms.iter().flat_map(|firms| &firms.hits);
    for found in answer.hits.iter().chain(firms) {
        terminal::line(&line(found, language));
    }
    let none = answer.hits.is_empty() && answer.firms.is_none_or(|firms| firms.hits.is_empty());
    if none {
        eprintln!(
            "没有找到。换个词、用拼音，或少写几个词。 Nothing was found. Try another word, pinyin, or fewer words."
        );
    } else if answer.relaxed {
        eprintln!(
            "没有同时含全部词语的，以下含其中一半。 Nothing has all the words; these have half of them."
        );
    }
    Ok(())
}

fn line(found: &Found, language: Language) -> String {
    let hit = &found.hit;
    let title = Some(hit.title.get(language)).filter(|title| !title.is_empty()).unwrap_or(&hit.title.zh);
    format!("{:<10} {:<40} {title}", hit.kind.as_str(), hit.id)
}

fn kind_of(word: &str) -> Result<Kind, Failure> {
    Kind::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| {
        let known = Kind::ALL.map(Kind::as_str).join(", ");
        let word: String = word.chars().take(40).collect();
        Failure::new(
            ErrorKind::InvalidArgument,
            "search/kind",
            format!("没有类型 {word}。"),
            format!("There is no kind {word}."),
        )
        .with_hint(format!("可用：{known}。"), format!("There are: {known}."))
    })
}
