//! What a corpus is made of and how, with bounds.

use super::{REJECTED, corrupt, refuse};
use crate::{Error, Result};
use brain_corpus::extract::Ocr;
use brain_corpus::{
    LanguageRules, Licence, NearDuplicates, Options, Output, Passages, PersonalData, Quality, Splits,
};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::grade::Grade;
use brain_kernel::side::DataSide;
use brain_store::corpus::CorpusRow;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Longest name.
const NAME_BYTES_MAX: usize = 40;
/// Most datasets.
const SOURCES_MAX: usize = 20;
/// Most documents of one version.
const DOCUMENTS_MAX: u32 = 5_000_000;
/// Longest reason and purpose, characters.
const WORDS_MAX: usize = 1_000;

/// A corpus to be defined, or changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCorpus {
    /// 名称：小写字母、数字和下划线；定义后不变 · Name: lower-case letters, digits, underscores; it stays.
    #[schemars(length(min = 1, max = 40))]
    pub name: String,
    /// 内容 · What it is.
    pub definition: Definition,
    /// 理由 · Why.
    #[schemars(length(min = 1, max = 1000))]
    pub reason: String,
}

/// What a corpus is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusDefinition")]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// 标题 · Title.
    #[schemars(length(min = 1, max = 200))]
    pub title: String,
    /// 用途 · What it is for.
    #[schemars(length(min = 1, max = 1000))]
    pub purpose: String,
    /// 许可证标识，例如 CC-BY-4.0 · Identifier of the licence, such as CC-BY-4.0.
    #[schemars(length(min = 1, max = 64))]
    pub licence: String,
    /// 上传文件的分级；语料库不低于此级及各来源的级别 · Grade of the files brought; a corpus has at least this one and its sources'.
    #[serde(default = "lowest")]
    pub grade: Grade,
    /// 上传文件属于哪一侧 · Whose side the files brought are on.
    #[serde(default = "public")]
    pub side: DataSide,
    /// 数据集的文本字段 · Text columns of datasets; files are brought apart.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub sources: Vec<TextSource>,
    /// 参数 · Parameters.
    #[serde(default)]
    pub parameters: Parameters,
}

fn lowest() -> Grade {
    Grade::General1
}

fn public() -> DataSide {
    DataSide::Public
}

/// A text column of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusSource")]
#[serde(deny_unknown_fields)]
pub struct TextSource {
    /// 数据集 · Dataset.
    pub dataset: String,
    /// 文本字段 · Column of the text.
    pub text: String,
    /// 标题字段 · Column of the title.
    #[serde(default)]
    pub title: Option<String>,
}

impl TextSource {
    /// The columns that are read, the text first.
    pub(super) fn columns(&self) -> Vec<String> {
        std::iter::once(self.text.clone()).chain(self.title.clone()).collect()
    }
}

/// How it is built.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusParameters")]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// 语种 · Languages.
    pub language: LanguageRules,
    /// 质量规则 · Rules of quality.
    pub quality: Quality,
    /// 近似重复 · Near duplicates.
    pub duplicates: NearDuplicates,
    /// 是否去除个人信息 · Whether personal identifiers are replaced.
    pub remove_personal: bool,
    /// 段落 · Passages.
    pub passages: Passages,
    /// 划分 · Splits.
    pub splits: Splits,
    /// 文档数上限 · Most documents.
    #[schemars(range(min = 1, max = 5_000_000))]
    pub documents_max: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            language: LanguageRules::default(),
            quality: Quality::default(),
            duplicates: NearDuplicates::default(),
            remove_personal: true,
            passages: Passages::default(),
            splits: Splits::default(),
            documents_max: 1_000_000,
        }
    }
}

impl Definition {
    /// The parameters of a build; `origin` says in words what is read.
    pub(super) fn options(&self, origin: String, ocr: Option<Ocr>) -> Result<Options> {
        let given = &self.parameters;
        let personal =
            if given.remove_personal { PersonalData::default() } else { PersonalData { remove: Vec::new() } };
        let options = Options {
            title: self.title.trim().to_owned(),
            licence: Some(Licence::parse(&self.licence).map_err(Error::passed)?),
            origin,
            documents_max: given.documents_max,
            ocr,
            language: given.language.clone(),
            quality: given.quality.clone(),
            duplicates: given.duplicates.clone(),
            personal,
            passages: given.passages.clone(),
            splits: given.splits.clone(),
            output: Output::default(),
            ..Options::default()
        };
        options.check().map_err(Error::passed)?;
        Ok(options)
    }

    /// Refuse what is out of bounds.
    pub(super) fn check(&self) -> Result<()> {
        within("/definition/title", &self.title, 200)?;
        within("/definition/purpose", &self.purpose, WORDS_MAX)?;
        let mut seen = BTreeSet::new();
        for (at, source) in self.sources.iter().enumerate() {
            within(&format!("/definition/sources/{at}/dataset"), &source.dataset, 200)?;
            within(&format!("/definition/sources/{at}/text"), &source.text, 200)?;
            if !seen.insert(&source.dataset) {
                return Err(wrong(
                    &format!("/definition/sources/{at}/dataset"),
                    format!("数据集 {} 出现两次。", source.dataset),
                    format!("The dataset {} is named twice.", source.dataset),
                ));
            }
        }
        if self.sources.len() > SOURCES_MAX {
            return Err(wrong(
                "/definition/sources",
                format!("数据集至多 {SOURCES_MAX} 个。"),
                format!("A corpus has up to {SOURCES_MAX} datasets."),
            ));
        }
        if !(1..=DOCUMENTS_MAX).contains(&self.parameters.documents_max) {
            return Err(wrong(
                "/definition/parameters/documents_max",
                format!("文档数上限须在 1 与 {DOCUMENTS_MAX} 之间。"),
                format!("The most documents are between 1 and {DOCUMENTS_MAX}."),
            ));
        }
        self.options(String::new(), None).map(drop)
    }
}

impl NewCorpus {
    pub(super) fn check(&self) -> Result<()> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let begins = self.name.starts_with(|c: char| c.is_ascii_lowercase());
        let length = (1..=NAME_BYTES_MAX).contains(&self.name.len());
        if !begins || !length || !self.name.chars().all(plain) || self.name.ends_with(REJECTED) {
            return Err(wrong(
                "/name",
                format!(
                    "名称为 1 至 {NAME_BYTES_MAX} 个小写字母、数字或下划线，以字母开头，不以 {REJECTED} 结尾。"
                ),
                format!(
                    "A name has 1 to {NAME_BYTES_MAX} lower-case letters, digits or underscores, begins with a letter and does not end in {REJECTED}."
                ),
            ));
        }
        reason(&self.reason)?;
        self.definition.check()
    }
}

/// A reason that says something.
pub(super) fn reason(text: &str) -> Result<()> {
    within("/reason", text, WORDS_MAX)
}

/// A text that says something and is not too long.
fn within(pointer: &str, text: &str, most: usize) -> Result<()> {
    let length = text.trim().chars().count();
    if (1..=most).contains(&length) && !text.contains('\0') {
        return Ok(());
    }
    let field = pointer.rsplit('/').next().unwrap_or_default();
    Err(wrong(
        pointer,
        format!("须填写 {field}，且不超过 {most} 个字符。"),
        format!("{field} is required, with up to {most} characters."),
    ))
}

fn wrong(pointer: &str, zh: String, en: String) -> Error {
    let failure = Failure::new(ErrorKind::InvalidArgument, "warehouse/corpus-definition", zh, en);
    Error::Failure(failure.with_pointer(pointer))
}

/// The definition of a stored corpus.
pub(super) fn stored(row: &CorpusRow) -> Result<Definition> {
    serde_json::from_value(row.definition.clone()).map_err(|_| corrupt("corpus.definition", &row.id))
}

/// A file of a corpus that is asked for and is not there.
pub(super) fn unknown_file() -> Error {
    refuse(
        ErrorKind::NotFound,
        "warehouse/unknown-corpus-file",
        "该语料库没有这个文件。",
        "The corpus has no such file.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn new(change: impl FnOnce(&mut serde_json::Value)) -> NewCorpus {
        let mut new = json!({
            "name": "policies", "reason": "首次",
            "definition": {
                "title": "政策", "purpose": "检索", "licence": "CC-BY-4.0",
                "sources": [{ "dataset": "raw.policy", "text": "body", "title": "name" }],
            },
        });
        change(&mut new);
        serde_json::from_value(new).unwrap()
    }

    #[test]
    fn a_definition_is_held_to_its_bounds_and_the_place_is_named() {
        new(|_| {}).check().unwrap();
        let places: [(&str, serde_json::Value, Option<&str>); 7] = [
            ("/name", json!("Policies"), Some("/name")),
            ("/name", json!("a_rejected"), Some("/name")),
            ("/reason", json!(" "), Some("/reason")),
            ("/definition/purpose", json!(""), Some("/definition/purpose")),
            ("/definition/sources/0/text", json!(""), Some("/definition/sources/0/text")),
            ("/definition/licence", json!("free for all"), None),
            ("/definition/title", json!("x".repeat(201)), Some("/definition/title")),
        ];
        for (place, value, pointer) in places {
            let given = new(|new| *new.pointer_mut(place).unwrap() = value.clone());
            let failure = Failure::from(given.check().unwrap_err());
            assert_eq!(failure.pointer.as_deref(), pointer, "{place} {value}: {failure:?}");
        }
        let twice = new(|new| {
            let source = new["definition"]["sources"][0].clone();
            new["definition"]["sources"].as_array_mut().unwrap().push(source);
        });
        assert!(twice.check().is_err());
    }

    #[test]
    fn parameters_become_those_of_the_build_and_no_program_is_named_by_a_caller() {
        let options = new(|_| {}).definition.options("来源".to_owned(), None).unwrap();
        assert!(options.ocr.is_none() && !options.personal.remove.is_empty());
        let kept = new(|new| new["definition"]["parameters"] = json!({ "remove_personal": false }));
        assert!(kept.definition.options(String::new(), None).unwrap().personal.remove.is_empty());
        let sly = json!({ "title": "a", "purpose": "b", "licence": "other", "parameters": { "ocr": { "tesseract": "/bin/sh" } } });
        assert!(serde_json::from_value::<Definition>(sly).is_err());
    }
}
