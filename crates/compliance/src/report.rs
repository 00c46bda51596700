//! The matrix for people: as a document of the repository, and as a report of one node with its live facts.

use std::fmt::Write as _;

use brain_kernel::language::{Language, Text};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Control, State};

/// Something true of a node now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ComplianceFact")]
pub struct Fact {
    /// Key that rows name.
    pub key: String,
    /// What it is.
    pub title: Text,
    /// Its value.
    pub value: String,
    /// Whether it is as level 3 wants it; `None` where it only informs.
    pub ok: Option<bool>,
}

/// How many rows are in which state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ComplianceCounts")]
pub struct Counts {
    /// Rows that are met.
    pub met: u16,
    /// Rows that are met in part.
    pub partly: u16,
    /// Rows that whoever runs the node meets.
    pub deployment: u16,
    /// Rows that are not met.
    pub open: u16,
}

/// The matrix with the live facts of one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ComplianceReport")]
pub struct Report {
    /// Name of the node.
    pub node: String,
    /// Version of the program.
    pub version: String,
    /// When it was made, UTC.
    pub made_at: DateTime<Utc>,
    /// Rows by state.
    pub counts: Counts,
    /// Live facts.
    pub facts: Vec<Fact>,
    /// The rows.
    pub controls: Vec<Control>,
}

impl Report {
    /// A report of these rows and facts.
    #[must_use]
    pub fn new(
        node: String,
        version: String,
        made_at: DateTime<Utc>,
        facts: Vec<Fact>,
        controls: Vec<Control>,
    ) -> Self {
        Self { node, version, made_at, counts: counts(&controls), facts, controls }
    }
}

fn counts(controls: &[Control]) -> Counts {
    let of = |state| controls.iter().filter(|control| control.state == state).count() as u16;
    Counts {
        met: of(State::Met),
        partly: of(State::Partly),
        deployment: of(State::Deployment),
        open: of(State::Open),
    }
}

/// `docs/security/level-3.md`: the matrix without a node, Chinese and English side by side.
#[must_use]
pub fn document(controls: &[Control]) -> String {
    let mut text = String::from(
        "# 等保三级控制矩阵 · Control matrix of protection level 3\n\n\
         <!-- Made of crates/compliance/src/controls.toml by its test; edit that file, then run \
         `BRAIN_WRITE_REPORTS=1 cargo test -p brain-compliance`. -->\n\n\
         各行以自己的话概述 GB/T 22239-2019 第三级的要求，不引用标准原文；以标准文本为准。\n\
         The rows say in our own words what level 3 of GB/T 22239-2019 asks; the text of the standard counts.\n\
         软件满足不等于通过测评：测评由有资质的机构对部署后的系统进行。\n\
         What the software does is no assessment: that is made by an accredited body on the system as deployed.\n\
         一个节点的现状用 `brain compliance report` 打印。\n\
         `brain compliance report` prints how one node stands.\n\n",
    );
    text.push_str(&summary(&counts(controls)));
    for control in controls {
        let joined =
            |list: &[String]| list.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
        let state = control.state.title();
        let _ = write!(
            text,
            "\n## {} · {} · {}\n\n{} · **{} · {}**\n\n{}\n{}\n",
            control.row,
            control.title.zh,
            control.title.en,
            control.clauses.join(", "),
            state.zh,
            state.en,
            control.asks.zh,
            control.asks.en
        );
        if !control.places.is_empty() {
            let _ = write!(text, "\n- 实现 · where: {}\n", joined(&control.places));
        }
        if !control.tests.is_empty() {
            let _ = writeln!(text, "- 测试 · tests: {}", joined(&control.tests));
        }
        if let Some(duty) = &control.organisation {
            let _ = writeln!(text, "- 运行单位 · whoever runs it: {} {}", duty.zh, duty.en);
        }
        if let Some(missing) = &control.missing {
            let _ = writeln!(text, "- 尚缺 · missing: {} {}", missing.zh, missing.en);
        }
    }
    text
}

fn summary(counts: &Counts) -> String {
    format!(
        "| 已满足 met | 部分满足 partly | 部署环节 deployment | 未实现 open |\n|---|---|---|---|\n| {} | {} | {} | {} |\n",
        counts.met, counts.partly, counts.deployment, counts.open
    )
}

/// The report as Markdown in one language.
#[must_use]
pub fn markdown(report: &Report, language: Language) -> String {
    let say = |zh: &'static str, en: &'static str| if language == Language::Zh { zh } else { en };
    let mut text = format!(
        "# {} · {}\n\n{} {} · {}\n\n",
        say("等保三级自查报告", "Self-check of protection level 3"),
        line(&report.node),
        say("版本", "version"),
        line(&report.version),
        report.made_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    );
    text.push_str(&summary(&report.counts));
    let _ = write!(text, "\n## {}\n\n", say("现状", "Live facts"));
    for fact in &report.facts {
        let _ = writeln!(text, "- {} {}: {}", mark(fact.ok), fact.title.get(language), line(&fact.value));
    }
    for control in &report.controls {
        let _ = write!(
            text,
            "\n## {} · {} · {}\n\n{}: {}\n",
            control.row,
            control.title.get(language),
            control.state.title().get(language),
            control.clauses.join(", "),
            control.asks.get(language)
        );
        for (label, list) in [(say("实现", "Where"), &control.places), (say("测试", "Tests"), &control.tests)]
        {
            if !list.is_empty() {
                let _ = write!(text, "\n{label}: {}\n", list.join(", "));
            }
        }
        let duties = [
            (say("运行单位", "Whoever runs it"), &control.organisation),
            (say("尚缺", "Missing"), &control.missing),
        ];
        for (label, words) in duties {
            if let Some(words) = words {
                let _ = write!(text, "\n{label}: {}\n", words.get(language));
            }
        }
        for fact in report.facts.iter().filter(|fact| control.facts.contains(&fact.key)) {
            let _ =
                write!(text, "\n- {} {}: {}\n", mark(fact.ok), fact.title.get(language), line(&fact.value));
        }
    }
    text
}

fn mark(ok: Option<bool>) -> &'static str {
    match ok {
        Some(true) => "[x]",
        Some(false) => "[ ]",
        None => "[-]",
    }
}

/// One line of text whatever a value holds.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The report as one HTML page without scripts.
#[must_use]
pub fn html(report: &Report, language: Language) -> String {
    let say = |zh: &'static str, en: &'static str| if language == Language::Zh { zh } else { en };
    let lang = if language == Language::Zh { "zh-CN" } else { "en" };
    let title = escaped(&format!(
        "{} · {}",
        say("等保三级自查报告", "Self-check of protection level 3"),
        report.node
    ));
    let mut text = format!(
        "<!doctype html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title}</title>\n\
         <style>body{{font-family:sans-serif;max-width:72rem;margin:auto;padding:1rem}}table{{border-collapse:collapse;\
         width:100%}}td,th{{border:1px solid #999;padding:.3rem;text-align:left;vertical-align:top}}</style></head>\n\
         <body><h1>{title}</h1><p>{} · {}</p>\n<table><caption>{}</caption><tbody>\n",
        escaped(&report.version),
        report.made_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        say("现状", "Live facts"),
    );
    for fact in &report.facts {
        let _ = writeln!(
            text,
            "<tr><td>{}</td><th scope=\"row\">{}</th><td>{}</td></tr>",
            mark(fact.ok),
            escaped(fact.title.get(language)),
            escaped(&fact.value)
        );
    }
    let heads = [
        say("行", "Row"),
        say("条款", "Clauses"),
        say("要求", "Asks"),
        say("状态", "State"),
        say("实现与测试", "Where and tests"),
        say("运行单位与尚缺", "Whoever runs it, missing"),
    ];
    let heads = heads.map(|head| format!("<th scope=\"col\">{head}</th>")).concat();
    let _ = write!(text, "</tbody></table>\n<table><thead><tr>{heads}</tr></thead><tbody>\n");
    for control in &report.controls {
        let shown = [control.places.as_slice(), control.tests.as_slice()].concat().join("\n");
        let words = [&control.organisation, &control.missing];
        let duties: Vec<&str> = words.into_iter().flatten().map(|text| text.get(language)).collect();
        let cells = [
            control.row.to_string(),
            control.clauses.join(", "),
            format!("{}: {}", control.title.get(language), control.asks.get(language)),
            control.state.title().get(language).to_owned(),
            shown,
            duties.join("\n"),
        ];
        let cells = cells.map(|cell| format!("<td>{}</td>", escaped(&cell).replace('\n', "<br>"))).concat();
        let _ = writeln!(text, "<tr>{cells}</tr>");
    }
    text.push_str("</tbody></table></body></html>\n");
    text
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_is_called_stays_text_in_the_page() {
        let fact = Fact {
            key: "x".to_owned(),
            title: Text::new("值", "value"),
            value: "a\n<b>\"".to_owned(),
            ok: Some(false),
        };
        let at = "2026-11-30T00:00:00Z".parse().unwrap();
        let report = Report::new("<script>".to_owned(), "1".to_owned(), at, vec![fact], Vec::new());
        let page = html(&report, Language::En);
        assert!(!page.contains("<script>") && !page.contains("<b>"), "{page}");
        assert!(page.contains("&lt;script&gt;"));
        assert!(markdown(&report, Language::En).contains("[ ] value: a <b>\""));
    }
}
