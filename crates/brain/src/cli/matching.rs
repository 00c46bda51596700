//! `brain match …`

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `brain match`: on files with `--left`, on tables of the warehouse with an action.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Match {
    /// What to do on tables of the warehouse.
    #[command(subcommand)]
    pub action: Option<MatchAction>,
    /// Files to match.
    #[command(flatten)]
    pub files: Option<MatchFiles>,
}

/// `brain match --left FILE …`: files of the caller's own, nothing kept.
#[derive(Debug, Args)]
pub struct MatchFiles {
    /// CSV 文件 · CSV file with a header, UTF-8 or GB 18030
    #[arg(long, value_name = "FILE")]
    pub left: PathBuf,
    /// 另一个 CSV 文件；不给则在一个文件内查重 · the other one; without it, duplicates within the first are found
    #[arg(long, value_name = "FILE")]
    pub right: Option<PathBuf>,
    /// 匹配方案 · firm, product, address, person, or a specification in TOML
    #[arg(long, value_name = "PRESET|FILE")]
    pub on: String,
    /// 概率下限，缺省 0.5 · least probability, 0.5 unless the specification says otherwise
    #[arg(long)]
    pub threshold: Option<f64>,
    /// 一对一 · each record has one partner at most
    #[arg(long)]
    pub one_to_one: bool,
    /// 输出格式 · output format
    #[arg(long, value_enum, default_value_t = PairFormat::Csv)]
    pub format: PairFormat,
    /// 在 CSV 中加上各字段的证据（比特） · add each field's evidence in bits to the CSV
    #[arg(long)]
    pub explain: bool,
    /// 输出聚类而不是配对 · print clusters of one file instead of pairs
    #[arg(long, conflicts_with = "right")]
    pub clusters: bool,
    /// 在标准错误输出上打印估计出的参数 · print the estimated parameters on standard error
    #[arg(long)]
    pub model: bool,
}

/// How pairs are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PairFormat {
    /// Comma-separated values.
    Csv,
    /// One JSON object a line, with both records and the evidence in words.
    Jsonl,
}

/// What a person says of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Verdict {
    /// 同一 · one thing
    Same,
    /// 不同 · two things
    Different,
    /// 无法判断 · cannot be told
    Unsure,
    /// 撤回 · take back what was decided
    Withdrawn,
}

/// What to do with match sets over tables of the warehouse. A set is named by its name or its id.
#[derive(Debug, Subcommand)]
pub enum MatchAction {
    /// 新建或修改匹配方案 · make a match set out of a TOML plan, or change the one of this name
    Set {
        /// 名称 · name
        name: String,
        /// 方案文件 · TOML file
        #[arg(long, value_name = "FILE")]
        plan: PathBuf,
        /// 理由 · why
        #[arg(long)]
        reason: String,
    },
    /// 运行 · run a set over its tables and say what came of it
    Run {
        /// 方案 · set
        set: String,
        /// 输出 JSON 报告 · print the report as JSON
        #[arg(long)]
        json: bool,
    },
    /// 方案，或一个方案的任务 · sets, or the runs of one
    List {
        /// 方案 · set
        set: Option<String>,
    },
    /// 复核队列 · pairs of a set, each with its evidence
    Review {
        /// 方案 · set
        set: String,
        /// 状态 · automatic, open, same, different, unsure or closed
        #[arg(long, default_value = "open")]
        state: String,
        /// 至多几对 · most pairs
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=100))]
        limit: u64,
        /// 每行一个 JSON · one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// 判定一对 · decide a pair
    Decide {
        /// 配对编号 · id of the pair
        pair: String,
        /// 判定 · verdict
        #[arg(value_enum)]
        verdict: Verdict,
        /// 理由 · why
        #[arg(long, default_value = "")]
        reason: String,
        /// 所见的修订号，缺省为当前 · revision that was seen, the present one where it is left out
        #[arg(long)]
        revision: Option<i64>,
    },
    /// 实体簇，或其中一个的详情 · clusters of a set, or one of them with its history
    Clusters {
        /// 方案 · set
        set: String,
        /// 簇编号 · id of one
        #[arg(long)]
        cluster: Option<String>,
        /// 键的开头或金记录中的文字 · what a key begins with, or text of a golden value
        #[arg(long)]
        text: Option<String>,
        /// 至多几个 · most clusters
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=100))]
        limit: u64,
    },
    /// 由任一名称查全部名称 · from a brand, short name, legal name or credit code to all of them
    Lookup {
        /// 方案 · set
        set: String,
        /// 名称或代码 · name or code
        text: String,
    },
}
