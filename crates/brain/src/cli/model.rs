//! `brain model …`

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `brain model`
#[derive(Debug, Args)]
pub struct Model {
    /// What to do.
    #[command(subcommand)]
    pub action: ModelAction,
}

/// Which models are meant.
#[derive(Debug, Args)]
pub struct Which {
    /// 选择，如 +subject.enterprise、tag:master,zone:subject；逗号为交，空格为并 · which models; all when left out
    #[arg(value_name = "SELECTION")]
    pub select: Vec<String>,
    /// 排除 · which not
    #[arg(long, value_name = "SELECTION")]
    pub exclude: Vec<String>,
}

/// How models are made.
#[derive(Debug, Args)]
pub struct How {
    /// 只计划，不写入 · say what would run and why; nothing is written
    #[arg(long)]
    pub dry_run: bool,
    /// 全量重算，即使没有变化 · make them anew although nothing changed
    #[arg(long, conflicts_with_all = ["from", "to"])]
    pub full_refresh: bool,
    /// 回补起点（含），游标列的值 · backfill from this value of the cursor column on
    #[arg(long, value_name = "VALUE")]
    pub from: Option<String>,
    /// 回补终点（不含） · backfill below this value
    #[arg(long, value_name = "VALUE")]
    pub to: Option<String>,
    /// 输出 JSON · print JSON
    #[arg(long)]
    pub json: bool,
}

/// What to do with models.
#[derive(Debug, Subcommand)]
pub enum ModelAction {
    /// 列出模型及其状态 · list models in order, with their health
    List {
        /// Which.
        #[command(flatten)]
        which: Which,
        /// 输出 JSON · print JSON
        #[arg(long)]
        json: bool,
    },
    /// 查看一个模型：查询、字段、历史 · one model with its query, columns and history
    Show {
        /// 模型 · model such as subject.enterprise
        model: String,
    },
    /// 检查所有模型文件和查询，不运行 · read every file and plan every query; exit code 1 where one is wrong
    Check,
    /// 运行过期的模型；测试通过才发布 · run the stale ones; a version is published when its tests pass
    Run {
        /// Which.
        #[command(flatten)]
        which: Which,
        /// How.
        #[command(flatten)]
        how: How,
    },
    /// 测试现有版本 · test the versions there are
    Test {
        /// Which.
        #[command(flatten)]
        which: Which,
        /// 输出 JSON · print JSON
        #[arg(long)]
        json: bool,
    },
    /// 运行过期的并测试其余 · run the stale ones and test the others
    Build {
        /// Which.
        #[command(flatten)]
        which: Which,
        /// How.
        #[command(flatten)]
        how: How,
    },
    /// 生成文档：关系图、字段、测试、血缘 · Markdown with graph, columns, tests and lineage
    Docs {
        /// Which.
        #[command(flatten)]
        which: Which,
        /// 输出文件夹；缺省输出到终端 · folder to write to; the terminal when left out
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// 为新行业生成主题库模型和映射 · write models and mappings of the standard libraries for a new industry
    Init {
        /// 行业名，如 textile；成为表名前缀 · name of the industry; tables begin with it
        #[arg(long, value_name = "NAME")]
        industry: String,
        /// 行业中文名 · what the industry is called; its name when left out
        #[arg(long, value_name = "TEXT")]
        title: Option<String>,
        /// 模板，缺省为全部 · which libraries: enterprise, product, chain, policy, talent, patent, capacity, order,
        /// device, energy; all when left out
        #[arg(long, value_delimiter = ',', value_name = "LIST")]
        template: Vec<String>,
    },
}
