//! `brain corpus …`

use clap::{Args, Subcommand, ValueEnum};
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
    /// With files, without a node.
    #[command(flatten)]
    Files(CorpusOfFiles),
    /// On the node.
    #[command(flatten)]
    Node(CorpusOnNode),
}

/// Corpora of the node. A corpus is named by its name or its id.
#[derive(Debug, Subcommand)]
pub enum CorpusOnNode {
    /// 节点上的语料库 · corpora of the node
    List {
        /// 名称、标题或用途中的文字 · text of the name, title or purpose
        #[arg(long)]
        text: Option<String>,
        /// 每行一个 JSON · one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// 按 TOML 定义语料库，或修改同名的 · define a corpus by a TOML file, or change the one of this name
    Define {
        /// 名称 · name
        name: String,
        /// 定义文件：title、purpose、licence、grade、side、sources、parameters · file with these keys
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// 理由 · why
        #[arg(long)]
        reason: String,
    },
    /// 为语料库添加文件 · bring files for a corpus
    Add {
        /// 语料库 · corpus
        corpus: String,
        /// 文件 · files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// 移除一个文件 · remove a file
    Remove {
        /// 语料库 · corpus
        corpus: String,
        /// 文件名或编号 · name or id of the file
        file: String,
    },
    /// 构建一个版本并等待 · build a version and wait for it
    Run {
        /// 语料库 · corpus
        corpus: String,
        /// 输出 JSON · print JSON
        #[arg(long)]
        json: bool,
    },
    /// 版本，最新的在前 · versions, newest first
    Versions {
        /// 语料库 · corpus
        corpus: String,
    },
    /// 一个版本：质量报告，或卡片 · one version: its quality report, or its card
    Show {
        /// 语料库 · corpus
        corpus: String,
        /// 版本号，缺省为最新 · number, the newest where it is left out
        #[arg(long)]
        version: Option<i64>,
        /// 显示卡片 · show the card
        #[arg(long, conflicts_with = "json")]
        card: bool,
        /// 输出 JSON · print JSON
        #[arg(long)]
        json: bool,
    },
    /// 版本中的文档，每行一个 JSON · documents of a version, one JSON object a line
    Documents {
        /// 语料库 · corpus
        corpus: String,
        /// 版本号，缺省为最新 · number, the newest where it is left out
        #[arg(long)]
        version: Option<i64>,
        /// 文中的文字 · text in it
        #[arg(long)]
        text: Option<String>,
        /// 至多几篇 · most documents
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=100))]
        limit: u64,
    },
    /// 未保留的文档及原因，每行一个 JSON · documents that did not stay, one JSON object a line
    Rejected {
        /// 语料库 · corpus
        corpus: String,
        /// 版本号，缺省为最新 · number, the newest where it is left out
        #[arg(long)]
        version: Option<i64>,
        /// 原因代码 · reason
        #[arg(long)]
        rule: Option<String>,
        /// 至多几篇 · most documents
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=100))]
        limit: u64,
    },
    /// 导出一个版本 · write a version out
    Export {
        /// 语料库 · corpus
        corpus: String,
        /// 版本号，缺省为最新 · number, the newest where it is left out
        #[arg(long)]
        version: Option<i64>,
        /// 格式 · form
        #[arg(long, value_enum, default_value = "huggingface")]
        format: CorpusForm,
        /// 写到此文件，须尚不存在 · file to write, not there yet
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
}

/// Corpora from files, which need no data folder and touch none.
#[derive(Debug, Subcommand)]
pub enum CorpusOfFiles {
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

/// A form in which a version leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CorpusForm {
    /// Apache Parquet
    Parquet,
    /// JSON Lines
    Jsonl,
    /// Hugging Face 形式的文件夹，ZIP · a folder as the Hugging Face hub shapes it, as ZIP
    Huggingface,
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
