//! `brain standard …` and `brain master …`

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `brain standard`
#[derive(Debug, Args)]
pub struct Standard {
    /// What to do.
    #[command(subcommand)]
    pub action: StandardAction,
}

/// What to do with data standards.
#[derive(Debug, Subcommand)]
pub enum StandardAction {
    /// 列出代码表和对照表 · list code lists and mappings
    Lists,
    /// 列出代码 · list the codes of a list
    Codes {
        /// 代码表 · code list
        list: String,
        /// 代码开头或名称中的文字 · what the code begins with, or text in its name
        text: Option<String>,
        /// 上级代码 · code one level up
        #[arg(long)]
        parent: Option<String>,
        /// 该日有效 · only codes that hold on this day
        #[arg(long)]
        on: Option<NaiveDate>,
    },
    /// 核对一个值；不合格时退出码为 1 · hold a value against a list; exit code 1 where it is no valid code
    Judge {
        /// 代码表 · code list
        list: String,
        /// 值 · value
        value: String,
        /// 日期；默认今天 · day; today where left out
        #[arg(long)]
        on: Option<NaiveDate>,
    },
    /// 导入 · import a code list, a mapping, or data elements
    Import {
        /// 导入什么 · what it is
        #[arg(value_enum)]
        kind: StandardKind,
        /// 说明文件（TOML）；数据元的全部内容 · description in TOML; of elements, all there is
        description: PathBuf,
        /// 表格（CSV，UTF-8 或 GB 18030） · table as CSV, in UTF-8 or GB 18030
        #[arg(long, required_if_eq_any([("kind", "list"), ("kind", "mapping")]))]
        table: Option<PathBuf>,
        /// 允许去掉原有代码 · codes that are there may be gone
        #[arg(long)]
        may_drop: bool,
        /// 数据元同时发布为现行 · elements are current at once
        #[arg(long)]
        publish: bool,
    },
    /// 导出为 CSV，数据元为 TOML · write a list or mapping out as CSV, elements as TOML
    Export {
        /// 导出什么 · what it is
        #[arg(value_enum)]
        kind: StandardKind,
        /// 标识；数据元不写则为全部 · id; of elements all where left out
        #[arg(required_if_eq_any([("kind", "list"), ("kind", "mapping")]))]
        id: Option<String>,
    },
    /// 按对照表转换代码 · what a code becomes in a mapping
    Map {
        /// 对照表 · mapping
        mapping: String,
        /// 代码 · code
        code: String,
    },
    /// 换算计量单位 · convert an amount: `brain standard convert 3 万千瓦时 tce`
    Convert {
        /// 数量 · amount
        amount: f64,
        /// 原单位 · unit it is in
        from: String,
        /// 目标单位 · unit wanted
        to: String,
    },
    /// 列出数据元 · list data elements
    Elements {
        /// 标识符、名称或定义中的文字 · text in id, name or definition
        text: Option<String>,
    },
    /// 发布数据元的最新版本 · put the newest version of an element in force
    Publish {
        /// 数据元 · element
        element: String,
    },
    /// 废止数据元 · take an element out of force
    Retire {
        /// 数据元 · element
        element: String,
    },
    /// 把字段绑定到数据元 · bind a column to an element
    Bind {
        /// 数据集 · dataset
        dataset: String,
        /// 字段 · column
        column: String,
        /// 数据元 · element
        element: String,
        /// 每行必填 · every row has a value
        #[arg(long)]
        required: bool,
    },
    /// 解除绑定 · loosen a column
    Unbind {
        /// 数据集 · dataset
        dataset: String,
        /// 字段 · column
        column: String,
    },
    /// 列出绑定 · list bound columns
    Bindings {
        /// 数据集 · dataset
        dataset: Option<String>,
    },
    /// 按数据元检查数据集；不合格时退出码为 1 · check a dataset against its elements; exit code 1 where one fails
    Check {
        /// 数据集 · dataset
        dataset: String,
    },
}

/// What is imported or exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StandardKind {
    /// 代码表 · code list
    List,
    /// 对照表 · mapping
    Mapping,
    /// 数据元 · data elements
    Elements,
}

/// `brain master`
#[derive(Debug, Args)]
pub struct Master {
    /// Of what.
    #[command(subcommand)]
    pub of: MasterOf,
}

/// Master data of what.
#[derive(Debug, Subcommand)]
pub enum MasterOf {
    /// 产品 · products
    #[command(subcommand)]
    Product(ProductAction),
    /// 企业：由多个来源的记录得出金记录，每行一个 JSON · enterprises: golden records out of several sources, a line of JSON each
    Enterprise {
        /// 记录（CSV：enterprise、source、on 和各属性） · records as CSV: enterprise, source, on, and an attribute a column
        records: PathBuf,
        /// 存活规则（TOML） · survivorship rules
        #[arg(long)]
        rules: PathBuf,
    },
}

/// What to do with products.
#[derive(Debug, Subcommand)]
pub enum ProductAction {
    /// 列出产品 · list products
    List {
        /// 编码开头、名称或属性中的文字 · what the code begins with, or text in name or attributes
        text: Option<String>,
        /// 该日的状态 · as of this day
        #[arg(long)]
        on: Option<NaiveDate>,
        /// 也列出已被替代的 · replaced ones too
        #[arg(long)]
        replaced: bool,
    },
    /// 一个产品及其历史 · one product with its history
    Show {
        /// 编码 · code
        code: String,
        /// 该日的状态 · as of this day
        #[arg(long)]
        on: Option<NaiveDate>,
    },
    /// 旧编码现在是什么 · which current codes stand for a code
    Resolve {
        /// 编码 · code
        code: String,
        /// 该日的状态 · as of this day
        #[arg(long)]
        on: Option<NaiveDate>,
    },
    /// 登记产品 · register a product
    Register {
        /// 名称 · name
        name: String,
        /// 属性，如 maker=精工轴承，可多次 · attribute as `maker=…`; may be repeated
        #[arg(long, value_parser = pair)]
        attribute: Vec<(String, String)>,
        /// 何时、为何 · when and why
        #[command(flatten)]
        when: When,
    },
    /// 合并产品 · merge products into one
    Merge {
        /// 被合并的编码 · codes that end
        #[arg(required = true)]
        from: Vec<String>,
        /// 保留的编码 · code that stands for them
        #[arg(long)]
        into: String,
        /// 何时、为何 · when and why
        #[command(flatten)]
        when: When,
    },
    /// 拆分产品；保留原编码或恢复已并入的用 --keep，新产品用 --new · split a product
    Split {
        /// 被拆分的编码 · code
        from: String,
        /// 保留或恢复的编码，可多次 · code that stays or comes back; may be repeated
        #[arg(long)]
        keep: Vec<String>,
        /// 新产品的名称，可多次 · name of a new product; may be repeated
        #[arg(long)]
        new: Vec<String>,
        /// 何时、为何 · when and why
        #[command(flatten)]
        when: When,
    },
    /// 为对方的产品清单找出可能相同的产品 · likely pairs with a partner's list, as rows of a mapping
    Pairs {
        /// 对方清单（CSV：code、name，可有 model、barcode、maker） · partner's list as CSV
        list: PathBuf,
    },
}

/// Day and reason of an event.
#[derive(Debug, Args)]
pub struct When {
    /// 生效日；默认今天 · day from which it holds; today where left out
    #[arg(long)]
    pub on: Option<NaiveDate>,
    /// 理由 · why
    #[arg(long)]
    pub reason: String,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("名称=值 · name=value")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}
