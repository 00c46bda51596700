//! `brain corpus …`

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `brain corpus`
#[derive(Debug, Args)]
pub struct Corpus {
    /// What to do.
    #[command(subcommand)]
    pub action: CorpusAction,
}

/// What to do with a corpus.
#[derive(Debug, Subcommand)]
pub enum CorpusAction {
    /// 构建一个版本：抽取、过滤、去重、去个人信息、切分 · build a version: extract, filter, remove duplicates and personal data, split
    Build(CorpusBuild),
    /// 显示全部参数及其缺省值，TOML · print every parameter with its default, as TOML
    Parameters,
    /// 核对一个版本并显示质量报告 · check a version and show its quality report
    Report {
        /// 版本文件夹 · folder of a version
        folder: PathBuf,
        /// 输出 JSON（清单） · print JSON, the manifest
        #[arg(long)]
        json: bool,
    },
}

/// `brain corpus build`
#[derive(Debug, Args)]
pub struct CorpusBuild {
    /// 文件或文件夹：txt、md、html、docx、xlsx、pptx、pdf、jsonl · file or folder of such files
    #[arg(long, value_name = "PATH")]
    pub from: PathBuf,
    /// 存放版本的文件夹 · folder of versions
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// 标题 · title on the card
    #[arg(long)]
    pub title: Option<String>,
    /// 许可证标识，例如 CC-BY-4.0 · identifier of the licence, such as CC-BY-4.0
    #[arg(long, value_name = "ID")]
    pub licence: Option<String>,
    /// 参数文件 · file of parameters, TOML
    #[arg(long, value_name = "FILE")]
    pub parameters: Option<PathBuf>,
    /// 以一行 JSON 结束 · end with one JSON line
    #[arg(long)]
    pub json: bool,
}
