//! The models as Markdown: graph, columns, tests and where each column comes from.

use super::Model;
use super::select;
use crate::lineage::{LineageDirection, LineageQuery};
use crate::{Result, Warehouse};
use brain_kernel::language::{Language, Text};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// One Markdown file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// File name, such as `subject.enterprise.md`.
    pub name: String,
    /// Its text.
    pub markdown: String,
}

/// Where each column of a model comes from, as `dataset.column`.
type Origins = BTreeMap<String, BTreeSet<String>>;

impl Warehouse {
    /// An index with the graph, and one document per selected model.
    pub async fn model_documents(
        &self,
        select: &str,
        exclude: &str,
        language: Language,
    ) -> Result<Vec<Document>> {
        let set = self.inner.reload_models()?;
        let chosen = select::chosen(&set.models, select, exclude)?;
        let models: Vec<&Model> = set.models.iter().filter(|model| chosen.contains(&model.name)).collect();
        let mut documents =
            vec![Document { name: "index.md".to_owned(), markdown: index(&models, language) }];
        for model in models {
            let origins = self.origins_of(model).await?;
            let markdown = page(model, &origins, language);
            documents.push(Document { name: format!("{}.md", model.name), markdown });
        }
        Ok(documents)
    }

    async fn origins_of(&self, model: &Model) -> Result<Origins> {
        let mut origins = Origins::new();
        for column in &model.columns {
            let query = LineageQuery {
                dataset: model.name.clone(),
                column: Some(column.name.clone()),
                direction: Some(LineageDirection::Up),
                depth: Some(1),
                values_only: true,
            };
            let graph = self.lineage().ask(&query).await?;
            let asked = format!("column:{}.{}", model.name, column.name);
            let from: BTreeSet<&str> =
                graph.edges.iter().filter(|edge| edge.to == asked).map(|edge| edge.from.as_str()).collect();
            let named = graph.nodes.iter().filter(|node| from.contains(node.id.as_str())).map(|node| {
                match &node.owner {
                    Some(owner) => format!("{owner}.{}", node.name),
                    None => node.name.clone(),
                }
            });
            origins.insert(column.name.clone(), named.collect());
        }
        Ok(origins)
    }
}

fn say(language: Language, zh: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

/// Text of a table's cell or a heading: bars and line ends would end it, and markup is shown as it is.
fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' => safe.push(' '),
            '|' | '<' | '>' | '`' | '[' | ']' | '*' | '_' | '\\' => {
                safe.push('\\');
                safe.push(character);
            }
            other => safe.push(other),
        }
    }
    safe
}

fn title(text: &Text, language: Language) -> String {
    cell(text.get(language))
}

fn index(models: &[&Model], language: Language) -> String {
    let mut out = String::new();
    let say = |zh, en| say(language, zh, en);
    let _ = writeln!(out, "# {}\n", say("数据模型", "Data models"));
    let _ = writeln!(out, "```mermaid\n{}```\n", graph(models));
    let _ = writeln!(
        out,
        "| {} | {} | {} | {} | {} |\n|---|---|---|---|---|",
        say("模型", "Model"),
        say("名称", "Title"),
        say("分区", "Zone"),
        say("所有者", "Owner"),
        say("标签", "Tags")
    );
    for model in models {
        let (name, titled) = (&model.name, title(&model.title, language));
        let (owner, tags) = (cell(&model.owner), cell(&model.tags.join(", ")));
        let _ = writeln!(out, "| [{name}]({name}.md) | {titled} | {} | {owner} | {tags} |", model.place);
    }
    out
}

/// Who reads whom, left to right. Tables that are no model have square corners.
fn graph(models: &[&Model]) -> String {
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    for name in models.iter().flat_map(|model| model.reads().chain([model.name.as_str()])) {
        let next = ids.len();
        ids.entry(name).or_insert(next);
    }
    let made: BTreeSet<&str> = models.iter().map(|model| model.name.as_str()).collect();
    let mut out = String::from("flowchart LR\n");
    for (name, id) in &ids {
        let (open, close) = if made.contains(name) { ("(", ")") } else { ("[", "]") };
        let _ = writeln!(out, "  n{id}{open}\"{name}\"{close}");
    }
    for model in models {
        for input in model.reads() {
            if let (Some(from), Some(to)) = (ids.get(input), ids.get(model.name.as_str())) {
                let _ = writeln!(out, "  n{from} --> n{to}");
            }
        }
    }
    out
}

fn page(model: &Model, origins: &Origins, language: Language) -> String {
    let mut out = String::new();
    let say = |zh, en| say(language, zh, en);
    let _ = writeln!(out, "# {} — {}\n", cell(&model.name), title(&model.title, language));
    let _ = writeln!(out, "{}\n", title(&model.description, language));
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(out, "- {name}: {}", cell(value));
        }
    };
    fact(say("所有者", "Owner"), &model.owner);
    fact(say("分区", "Zone"), &model.place);
    fact(say("键", "Keys"), &model.keys.join(", "));
    fact(say("来源", "Source"), &model.source);
    fact(say("许可", "Licence"), &model.licence);
    fact(say("读取", "Reads"), &model.reads().collect::<Vec<_>>().join(", "));
    fact(say("标签", "Tags"), &model.tags.join(", "));
    fact(say("文件", "File"), model.file.as_deref().unwrap_or_default());
    let _ = writeln!(out, "\n```mermaid\n{}```\n", graph(&[model]));
    let _ = writeln!(
        out,
        "## {}\n\n| {} | {} | {} |\n|---|---|---|",
        say("字段", "Columns"),
        say("字段", "Column"),
        say("含义", "Meaning"),
        say("来自", "Comes from")
    );
    for column in &model.columns {
        let from = origins.get(&column.name).into_iter().flatten().map(|origin| cell(origin));
        let from = from.collect::<Vec<_>>().join("<br>");
        let _ = writeln!(out, "| {} | {} | {from} |", cell(&column.name), title(&column.title, language));
    }
    if !model.tests.is_empty() {
        let _ = writeln!(out, "\n## {}\n", say("测试", "Tests"));
        for test in &model.tests {
            let _ = writeln!(out, "- {}", cell(&test.text));
        }
    }
    let fence = if model.sql.contains("```") { "~~~~" } else { "```" };
    let _ = writeln!(out, "\n## SQL\n\n{fence}sql\n{}\n{fence}", model.sql.trim_end());
    out
}
