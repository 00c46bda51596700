//! `brain lineage …`

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `brain lineage`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Lineage {
    /// Read a script instead of asking the node.
    #[command(subcommand)]
    pub action: Option<LineageAction>,
    /// 数据集，或数据集.字段 · dataset, or dataset.column
    #[arg(value_name = "DATASET[.COLUMN]", required = true)]
    pub target: Option<String>,
    /// 只看上游 · only what it comes from
    #[arg(long, conflicts_with = "down")]
    pub up: bool,
    /// 只看下游 · only what depends on it
    #[arg(long)]
    pub down: bool,
    /// 至多几步 · at most so many steps
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub depth: u32,
    /// 只看取值来源，不含筛选和连接 · only where values come from, without filters and joins
    #[arg(long)]
    pub values: bool,
    /// 输出格式 · output format
    #[arg(long, value_enum, default_value_t = LineageFormat::Table)]
    pub format: LineageFormat,
}

/// What else there is to do.
#[derive(Debug, Subcommand)]
pub enum LineageAction {
    /// 解析 SQL 文件的字段级血缘，不需要数据文件夹 · column lineage of a SQL file; needs no data folder
    Parse {
        /// SQL 文件，UTF-8 · SQL file, UTF-8
        file: PathBuf,
        /// generic, postgresql, mysql, hive, oracle (also dameng), mssql
        #[arg(long, default_value = "generic")]
        dialect: String,
        /// JSON 文件：{"库.表": ["字段", …]}，用于展开 * · JSON file of tables and their columns, so that * is written out
        #[arg(long, value_name = "FILE")]
        catalogue: Option<PathBuf>,
        /// 输出格式 · output format
        #[arg(long, value_enum, default_value_t = LineageFormat::Table)]
        format: LineageFormat,
    },
}

/// How lineage is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LineageFormat {
    /// Lines for people.
    Table,
    /// JSON.
    Json,
    /// OpenLineage events.
    Openlineage,
}
