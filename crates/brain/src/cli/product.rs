//! `brain product …`

use super::Format;
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `brain product`
#[derive(Debug, Args)]
pub struct Product {
    /// What to do.
    #[command(subcommand)]
    pub action: DataProductAction,
}

/// What to do with data products.
#[derive(Debug, Subcommand)]
pub enum DataProductAction {
    /// 货架 · the shelf
    List {
        /// 查找 · words to look for
        text: Option<String>,
        /// 输出 JSON · print JSON
        #[arg(long)]
        json: bool,
    },
    /// 一个产品：字段、合约、服务水平、版本 · fields, contract, service level, versions
    Show {
        /// 标识 · name
        id: String,
    },
    /// 发布：TOML 文件描述产品；已有则发布新版本 · publish from a TOML file; the next version where there is one
    Publish {
        /// TOML 文件 · TOML file
        file: PathBuf,
        /// 变更说明 · what changed, for consumers
        #[arg(long)]
        note: String,
        /// 不兼容 · callers may break, by something the shape does not show
        #[arg(long)]
        breaking: bool,
        /// 新产品的所有者；缺省为本节点 · owner of a new product (USCC); the node when left out
        #[arg(long)]
        owner: Option<String>,
    },
    /// 标为即将停用 · announce the end: no new requests
    Deprecate {
        /// 标识 · name
        id: String,
        /// 原因 · why
        #[arg(long)]
        note: String,
    },
    /// 下架；下一次读取即被拒绝 · withdraw; the next read is refused
    Withdraw {
        /// 标识 · name
        id: String,
        /// 原因 · why
        #[arg(long)]
        note: String,
    },
    /// 以所有者身份读取 · read as its owner
    Read {
        /// 标识 · name
        id: String,
        /// 参数 name=值，文本以外写作 JSON · parameter name=value, other than text as JSON
        #[arg(long = "param", value_name = "NAME=VALUE")]
        parameters: Vec<String>,
        /// 格式 · format
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
        /// 行数 · rows
        #[arg(long, default_value_t = 100)]
        limit: u64,
    },
    /// 用量与运营计数 · use, and the counters of operation
    Meter {
        /// 标识；缺省为全部 · name; all when left out
        id: Option<String>,
        /// 起始日；缺省为 30 天前 · first day; 30 days ago when left out
        #[arg(long)]
        from: Option<NaiveDate>,
        /// 截止日，含；缺省为今天 · last day, included; today when left out
        #[arg(long)]
        to: Option<NaiveDate>,
        /// 输出 CSV · print CSV
        #[arg(long)]
        csv: bool,
    },
}
