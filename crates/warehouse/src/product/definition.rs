//! What a product is made of: its source, the forms it is offered in, its contract and its service level.

use super::contract::Contract;
use super::parameter::Parameter;
use super::sla::Sla;
use super::wrong;
use crate::Result;
use brain_kernel::language::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Longest title, characters.
const TITLE_CHARACTERS_MAX: usize = 100;
/// Longest description, characters.
const DESCRIPTION_CHARACTERS_MAX: usize = 2_000;
/// Longest name, bytes.
const NAME_BYTES_MAX: usize = 60;
/// Names that the interface uses beside products.
const RESERVED: [&str; 2] = ["check", "usage"];
/// Longest query, bytes.
const SQL_BYTES_MAX: usize = 20_000;
/// Columns of a product at most.
pub(super) const COLUMNS_MAX: usize = 500;
/// Parameters of a product at most.
const PARAMETERS_MAX: usize = 20;

/// In which form a product is used (产品形态).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DataProductForm")]
pub enum Form {
    /// 接口: rows by page.
    Api,
    /// 下载: a file of the whole.
    Download,
    /// 订阅: what changed since the last time.
    Subscription,
    /// 组件: a capability component `product.<name>`.
    Component,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Api, Self::Download, Self::Subscription, Self::Component];

    /// Stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Download => "download",
            Self::Subscription => "subscription",
            Self::Component => "component",
        }
    }
}

/// Where the rows come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "DataProductSource")]
pub enum Source {
    /// 数据集: columns of one dataset.
    Dataset {
        /// Name of the dataset.
        dataset: String,
        /// Columns in order; when left out, those the dataset has on the day of publishing, without the file, line and
        /// run of each row (names that begin with `_`).
        #[serde(default)]
        columns: Vec<String>,
    },
    /// 查询: one SELECT with named parameters, written `$name`.
    Query {
        /// The statement.
        sql: String,
        /// Its parameters.
        #[serde(default)]
        parameters: Vec<Parameter>,
    },
}

impl Source {
    /// Parameters of the query; a dataset has none.
    #[must_use]
    pub fn parameters(&self) -> &[Parameter] {
        match self {
            Self::Dataset { .. } => &[],
            Self::Query { parameters, .. } => parameters,
        }
    }
}

/// What is published of a product besides its title; a published one never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DataProductDefinition")]
pub struct Definition {
    /// 来源 · Where the rows come from.
    pub source: Source,
    /// 形态 · In which forms it is offered.
    pub forms: BTreeSet<Form>,
    /// 合约模板 · What a consumer agrees to.
    pub contract: Contract,
    /// 服务水平 · What the owner promises.
    pub sla: Sla,
}

/// A product to be made, or what it shall be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DataProductDraft")]
pub struct NewProduct {
    /// 标识：小写字母、数字、下划线 · Name: lower-case letters, digits, underscores.
    #[schemars(length(min = 2, max = 60))]
    pub id: String,
    /// 名称 · Title.
    pub title: Text,
    /// 说明 · What it holds.
    pub description: Text,
    /// 定义 · Source, forms, contract and service level.
    pub definition: Definition,
}

impl NewProduct {
    /// Whether it may be kept as a draft; whether it can be published is found by planning it.
    pub(super) fn check(&self) -> Result<()> {
        if !is_name(&self.id, NAME_BYTES_MAX) || RESERVED.contains(&self.id.as_str()) {
            return Err(wrong(
                "/id",
                format!(
                    "标识为 2 到 {NAME_BYTES_MAX} 个小写字母、数字或下划线，以字母开头，且不是 check 或 usage。"
                ),
                format!(
                    "A name has 2 to {NAME_BYTES_MAX} lower-case letters, digits or underscores, a letter first, and is neither check nor usage."
                ),
            ));
        }
        check_text("/title", &self.title, 1, TITLE_CHARACTERS_MAX)?;
        check_text("/description", &self.description, 0, DESCRIPTION_CHARACTERS_MAX)?;
        self.definition.check()
    }
}

impl Definition {
    fn check(&self) -> Result<()> {
        if self.forms.is_empty() {
            return Err(wrong("/definition/forms", "至少选一种形态。", "Choose one form at least."));
        }
        self.check_source()?;
        self.contract.check()?;
        self.sla.check()
    }

    fn check_source(&self) -> Result<()> {
        match &self.source {
            Source::Dataset { columns, .. } => {
                let unique: BTreeSet<&String> = columns.iter().collect();
                if columns.len() > COLUMNS_MAX || unique.len() != columns.len() {
                    return Err(wrong(
                        "/definition/source/columns",
                        format!("字段至多 {COLUMNS_MAX} 个，且不重复。"),
                        format!("At most {COLUMNS_MAX} columns, each once."),
                    ));
                }
                Ok(())
            }
            Source::Query { sql, parameters } => {
                if sql.trim().is_empty() || sql.len() > SQL_BYTES_MAX {
                    return Err(wrong(
                        "/definition/source/sql",
                        format!("查询须填写，至多 {SQL_BYTES_MAX} 字节。"),
                        format!("A query is required, up to {SQL_BYTES_MAX} bytes."),
                    ));
                }
                self.check_parameters(parameters)
            }
        }
    }

    fn check_parameters(&self, parameters: &[Parameter]) -> Result<()> {
        let names: BTreeSet<&String> = parameters.iter().map(|parameter| &parameter.name).collect();
        if parameters.len() > PARAMETERS_MAX || names.len() != parameters.len() {
            return Err(wrong(
                "/definition/source/parameters",
                format!("参数至多 {PARAMETERS_MAX} 个，且不重名。"),
                format!("At most {PARAMETERS_MAX} parameters, with different names."),
            ));
        }
        for parameter in parameters {
            parameter.check()?;
        }
        let asks = parameters.iter().find(|parameter| parameter.required && parameter.default.is_none());
        match asks {
            Some(parameter) if self.forms.contains(&Form::Subscription) => Err(wrong(
                "/definition/forms",
                format!("订阅不带参数：请为参数 {} 设缺省值，或去掉订阅。", parameter.name),
                format!(
                    "A subscription has no parameters: give {} a default, or take the subscription out.",
                    parameter.name
                ),
            )),
            _ => Ok(()),
        }
    }
}

/// Whether a text is a plain name.
pub(super) fn is_name(text: &str, bytes_max: usize) -> bool {
    (2..=bytes_max).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Both languages of a text within bounds, without control characters.
pub(super) fn check_text(pointer: &'static str, text: &Text, least: usize, most: usize) -> Result<()> {
    let fits = |text: &str| {
        (least..=most).contains(&text.trim().chars().count())
            && !text.chars().any(|c| c.is_control() && c != '\n')
    };
    if fits(&text.zh) && fits(&text.en) {
        return Ok(());
    }
    Err(wrong(
        pointer,
        format!("中文与英文各 {least} 到 {most} 个字符，不含控制字符。"),
        format!("Chinese and English have {least} to {most} characters each, no control characters."),
    ))
}
