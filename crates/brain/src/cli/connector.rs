//! `brain connector …`

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `brain connector`
#[derive(Debug, Args)]
pub struct Connector {
    /// What to do.
    #[command(subcommand)]
    pub action: ConnectorAction,
}

/// What to do with connectors.
#[derive(Debug, Subcommand)]
pub enum ConnectorAction {
    /// 列出数据连接器 · list connectors with last and next run
    List {
        /// 输出 JSON · print JSON
        #[arg(long)]
        json: bool,
    },
    /// 新建：TOML 文件描述数据源、映射与计划 · make one from a TOML file with source, mapping and schedule
    Add {
        /// TOML 文件 · TOML file
        file: PathBuf,
        /// 自标准输入读取口令或密钥 · read the password or key from standard input
        #[arg(long)]
        secret: bool,
    },
    /// 试连数据源 · reach the source and say what is there
    Test {
        /// 名称 · name
        name: String,
    },
    /// 立即运行 · run now; exit code 1 where it does not succeed
    Run {
        /// 名称 · name
        name: String,
        /// 输出 JSON · print JSON
        #[arg(long)]
        json: bool,
    },
    /// 运行记录 · runs, newest first
    Runs {
        /// 名称 · name
        name: String,
    },
    /// 启用 · let it run
    Enable {
        /// 名称 · name
        name: String,
    },
    /// 停用 · let it run no more
    Disable {
        /// 名称 · name
        name: String,
    },
    /// 删除；已入仓的数据保留 · remove; what landed stays
    Remove {
        /// 名称 · name
        name: String,
    },
}
