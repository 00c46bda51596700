//! What may stand in a term.

use crate::catalogue::Snapshot;
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest name, other name or owner, characters.
const NAME_CHARACTERS_MAX: usize = 100;
/// Longest definition, characters.
const DEFINITION_CHARACTERS_MAX: usize = 2_000;
/// Most other names.
const SYNONYMS_MAX: usize = 20;
/// Most datasets and columns.
const LINKS_MAX: usize = 100;

/// A term as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTerm {
    /// 名称；中文必填 · What it is called; Chinese is needed.
    pub name: Text,
    /// 定义；中文必填 · What is meant; Chinese is needed.
    pub definition: Text,
    /// 别名，至多 20 个 · Other names, at most 20.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub synonyms: Vec<String>,
    /// 数据集 zone.table 或字段 zone.table#column，至多 100 个 · Datasets or columns that hold it, at most 100.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub links: Vec<String>,
    /// 负责定义的单位或人 · Who answers for the definition.
    #[schemars(length(min = 1, max = 100))]
    pub owner: String,
}

impl NewTerm {
    /// The same term with its texts trimmed, or what is wrong with it.
    pub(super) fn checked(self, catalogue: &Snapshot) -> Result<Self> {
        let name = Text::new(
            text("/name/zh", &self.name.zh, 1, NAME_CHARACTERS_MAX)?,
            text("/name/en", &self.name.en, 0, NAME_CHARACTERS_MAX)?,
        );
        let definition = Text::new(
            text("/definition/zh", &self.definition.zh, 1, DEFINITION_CHARACTERS_MAX)?,
            text("/definition/en", &self.definition.en, 0, DEFINITION_CHARACTERS_MAX)?,
        );
        let synonyms = list("/synonyms", &self.synonyms, SYNONYMS_MAX, NAME_CHARACTERS_MAX)?;
        let links = list("/links", &self.links, LINKS_MAX, 2 * NAME_CHARACTERS_MAX)?;
        for (at, link) in links.iter().enumerate() {
            if !exists(catalogue, link) {
                return Err(refused(
                    &format!("/links/{at}"),
                    format!("没有数据集或字段 {link}。"),
                    format!("There is no dataset or column {link}."),
                ));
            }
        }
        let owner = text("/owner", &self.owner, 1, NAME_CHARACTERS_MAX)?;
        Ok(Self { name, definition, synonyms, links, owner })
    }
}

fn exists(catalogue: &Snapshot, link: &str) -> bool {
    let (dataset, column) =
        link.split_once('#').map_or((link, None), |(dataset, column)| (dataset, Some(column)));
    catalogue.get(dataset).is_some_and(|entry| {
        column.is_none_or(|column| entry.columns.iter().any(|known| known.name == column))
    })
}

fn list(place: &str, values: &[String], count_max: usize, characters_max: usize) -> Result<Vec<String>> {
    if values.len() > count_max {
        return Err(refused(
            place,
            format!("至多 {count_max} 项，现有 {} 项。", values.len()),
            format!("There may be {count_max}, and there are {}.", values.len()),
        ));
    }
    let mut kept: Vec<String> = Vec::new();
    for (at, value) in values.iter().enumerate() {
        let value = text(&format!("{place}/{at}"), value, 1, characters_max)?;
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    Ok(kept)
}

pub(super) fn text(place: &str, value: &str, least: usize, most: usize) -> Result<String> {
    let value = value.trim();
    let odd = value.chars().any(|c| c.is_control() && c != '\n');
    if odd || !(least..=most).contains(&value.chars().count()) {
        return Err(refused(
            place,
            format!("须为 {least} 至 {most} 个字符，不含控制字符。"),
            format!("It has {least} to {most} characters and no control characters."),
        ));
    }
    Ok(value.to_owned())
}

fn refused(pointer: &str, zh: String, en: String) -> Error {
    Error::Failure(Failure::new(ErrorKind::InvalidArgument, "warehouse/term", zh, en).with_pointer(pointer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(name: &str) -> NewTerm {
        NewTerm {
            name: Text::new(name, ""),
            definition: Text::new("一年内缴税的企业。", ""),
            synonyms: vec![" 在营企业 ".to_owned(), "在营企业".to_owned()],
            links: Vec::new(),
            owner: "市场监管局".to_owned(),
        }
    }

    fn pointer(new: NewTerm) -> Option<String> {
        Failure::from(new.checked(&Snapshot::new()).unwrap_err()).pointer
    }

    #[test]
    fn texts_are_trimmed_and_said_once() {
        let checked = term(" 活跃企业 ").checked(&Snapshot::new()).unwrap();
        assert_eq!((checked.name.zh.as_str(), checked.synonyms.len()), ("活跃企业", 1));
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        assert_eq!(pointer(term("  ")).as_deref(), Some("/name/zh"));
        assert_eq!(pointer(term("a\u{7}")).as_deref(), Some("/name/zh"));
        assert_eq!(pointer(NewTerm { owner: "字".repeat(101), ..term("甲") }).as_deref(), Some("/owner"));
        assert_eq!(
            pointer(NewTerm { links: vec!["raw.none".to_owned()], ..term("甲") }).as_deref(),
            Some("/links/0")
        );
        assert_eq!(
            pointer(NewTerm { synonyms: vec!["x".to_owned(); 21], ..term("甲") }).as_deref(),
            Some("/synonyms")
        );
    }
}
