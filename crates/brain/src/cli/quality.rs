//! `brain quality …`

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `brain quality`
#[derive(Debug, Args)]
pub struct Quality {
    /// What to do.
    #[command(subcommand)]
    pub action: QualityAction,
}

/// What to do with the quality of a dataset.
#[derive(Debug, Subcommand)]
pub enum QualityAction {
    /// 立即检查；有规则未通过时退出码为 1 · check now; exit code 1 where a rule of `error` or worse fails
    Run {
        /// 数据集 · dataset such as raw.registry
        dataset: String,
        /// 输出 JSON · print JSON
        #[arg(long)]
        json: bool,
    },
    /// 规则、评分、趋势、工单 · rules, score, trend, tickets
    Show {
        /// 数据集 · dataset
        dataset: String,
    },
    /// 提出规则建议，TOML · propose rules, as TOML
    Propose {
        /// 数据集 · dataset
        dataset: String,
    },
    /// 换用文件中的规则 · put the rules of a file in force
    Rules {
        /// 数据集 · dataset
        dataset: String,
        /// 规则文件 · TOML file
        file: PathBuf,
        /// 理由 · why
        #[arg(long)]
        reason: String,
    },
    /// 工单 · tickets
    Tickets {
        /// 数据集 · only of this dataset
        dataset: Option<String>,
    },
}
