//! The command line.

mod connector;
mod corpus;
mod exchange;
mod lineage;
mod matching;
mod model;
mod product;
mod quality;
mod registers;
mod trust;

use crate::config::{NodeRole, Overrides};
use brain_kernel::error::Failure;
use brain_kernel::language::Language;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use toml::Value;

pub use connector::{Connector, ConnectorAction};
pub use corpus::{Corpus, CorpusAction, CorpusBuild, CorpusForm, CorpusOfFiles, CorpusOnNode};
pub use exchange::{Exchange, ExchangeAction};
pub use lineage::{Lineage, LineageAction, LineageFormat};
pub use matching::{Match, MatchAction, MatchFiles, PairFormat, Verdict};
pub use model::{How, Model, ModelAction, Which};
pub use product::{DataProductAction, Product};
pub use quality::{Quality, QualityAction};
pub use registers::{Master, MasterOf, ProductAction, Standard, StandardAction, StandardKind, When};
pub use trust::{
    Audit, AuditAction, AuditFilter, Backup, BackupAction, Ca, CaAction, ClientsAction, Compliance,
    ComplianceAction, Evidence, EvidenceAction, ExplainAccess, Grade, GradeAction, IdentityCommand,
    IdentityPart, Incident, IncidentAction, Keys, KeysAction, ProvidersAction, ReportFormat, Restore,
    Retention, RetentionAction, Standby, StandbyAction, Status, StatusAction,
};

/// 产业大脑 · the open industry brain.
#[derive(Debug, Parser)]
#[command(name = "brain", version, about, long_about = None)]
pub struct Cli {
    /// Configuration and data folder.
    #[command(flatten)]
    pub place: Place,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Where the node lives.
#[derive(Debug, Args)]
pub struct Place {
    /// 配置文件 · configuration file (default: brain.toml in the data folder, then in the working folder)
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// 数据文件夹 · data folder
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// `brain doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// 逐一核对每个数据文件的校验和 · hold every data file against its sums; reads the whole lake
    #[arg(long)]
    pub deep: bool,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 启动节点 · serve the portal and the interfaces
    Serve(Serve),
    /// 查询调度器 · distribute the queries of nodes over executors
    Scheduler(Scheduler),
    /// 查询执行器 · work on queries for a scheduler
    Executor(Executor),
    /// 体检 · check configuration, folder, store, lake and evidence
    Doctor(Doctor),
    /// 运行能力组件 · run a component: `brain run chain.gap --chain nev --region 330000`
    Run(Run),
    /// 入仓 · load a file or folder with a named mapping
    Ingest(Ingest),
    /// 数据连接器 · connectors: fetch from folders, interfaces and databases, on a schedule
    Connector(Connector),
    /// 数据交换 · exchange with other nodes: subscriptions, deliveries, receipts
    Exchange(Exchange),
    /// 模拟 · write a simulated province with known truth, for tests, drills and load
    Simulate(Simulate),
    /// 语料库 · high-quality corpora: of the node's datasets and files, or of a folder without a node
    Corpus(Corpus),
    /// 查询 · run one SELECT
    Sql(Sql),
    /// 实体归一 · match two CSV files, or tables of the warehouse with review and clusters
    Match(Match),
    /// 目录 · what data there is
    Catalog(Catalog),
    /// 检索 · search datasets, columns, standards, components and firms: `brain search jiansuqi`
    Search(Search),
    /// 术语 · business terms
    Term(Term),
    /// 数据标准 · code lists, mappings, data elements and the columns bound to them
    Standard(Standard),
    /// 主数据 · products with their history, golden records of enterprises
    Master(Master),
    /// 血缘 · where a dataset or column comes from and what depends on it; `parse` reads a SQL file
    Lineage(Lineage),
    /// 地图 · map boundaries under their approval number
    Map(Map),
    /// 存证 · the evidence log
    Evidence(Evidence),
    /// 审计 · who accessed what
    Audit(Audit),
    /// 安全事件 · incidents and drills
    Incident(Incident),
    /// 权限查询 · who can see what, and why
    ExplainAccess(ExplainAccess),
    /// 分类分级 · classification and grading
    Grade(Grade),
    /// 数据模型 · list, check, run, test and document the SQL models; start those of a new industry
    Model(Model),
    /// 数据产品 · data products: publish, withdraw, read, use
    Product(Product),
    /// 数据质量 · rules, checks, score and tickets
    Quality(Quality),
    /// 证书 · the node's own certificate authority
    Ca(Ca),
    /// 备份 · back the node up into a folder elsewhere, while it runs or not
    Backup(Backup),
    /// 恢复 · restore a backup into a new data folder
    Restore(Restore),
    /// 备用节点 · stand by at the second site, and take over
    Standby(Standby),
    /// 密钥 · keys that seal data
    Keys(Keys),
    /// 可信状态 · what this node says of itself, and others of themselves
    Status(Status),
    /// 合规 · the control matrix of protection level 3 with this node's facts
    Compliance(Compliance),
    /// 留存 · how long data is kept, and what is due for deletion
    Retention(Retention),
    /// 联合登录 · sign-ins from and to other nodes
    Identity(IdentityCommand),
    /// 配置 · print the effective configuration, secrets hidden
    Config,
    /// 接口文档 · print the OpenAPI document
    Openapi,
    /// 补全 · print a completion script for a shell
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
}

/// `brain serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// 节点角色 · role of the node
    #[arg(long, value_enum)]
    pub role: Option<NodeRole>,
    /// 监听地址 · address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
}

/// `brain scheduler`
#[derive(Debug, Args)]
pub struct Scheduler {
    /// 监听地址 · address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
}

/// `brain executor`
#[derive(Debug, Args)]
pub struct Executor {
    /// 监听地址 · address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// 专用文件夹，每个执行器一个 · folder of its own, one for each executor
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// `brain run`
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Run {
    /// 组件编号 · component id; without one, lists the components
    pub component: Option<String>,
    /// 组件参数 · `--name value` for each parameter, `--help` to see them, `--format json|csv`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
}

/// `brain ingest`
#[derive(Debug, Args)]
pub struct Ingest {
    /// 文件或文件夹 · file or folder
    pub path: PathBuf,
    /// 映射名称 · mapping, see `brain catalog mappings`
    #[arg(long = "as", value_name = "NAME")]
    pub mapping: String,
    /// 只入仓，不更新数据模型 · load only: models stay stale until the next ingest or `brain model run`
    #[arg(long)]
    pub skip_models: bool,
    /// 以一行 JSON 结束 · end with one JSON line
    #[arg(long)]
    pub json: bool,
}

/// `brain simulate`
#[derive(Debug, Args)]
pub struct Simulate {
    /// 企业数 · number of enterprises, 100 to 50,000,000
    #[arg(long)]
    pub enterprises: u32,
    /// 种子 · seed; the same seed and options give the same province
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// 省级行政区划代码 · code of the province
    #[arg(long, default_value = "330000")]
    pub province: String,
    /// 输出文件夹，须为空或不存在 · folder, empty or not there yet (default: simulated-<province>-<enterprises>-<seed>)
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// 观察期起始年 · year in whose January the observation begins
    #[arg(long, value_name = "YEAR", default_value_t = 2024)]
    pub first_year: u32,
    /// 观察期月数 · months observed, at most 60
    #[arg(long, default_value_t = 24)]
    pub months: u32,
    /// 每企业同时存在的供需关系 · supply links alive per enterprise
    #[arg(long, value_name = "NUMBER", default_value_t = 2.0)]
    pub links: f64,
    /// 披露发票的企业占比 · share of enterprises that disclose sales invoices
    #[arg(long, value_name = "SHARE", default_value_t = 0.02)]
    pub invoiced: f64,
    /// 有用电数据的企业占比 · share of enterprises with electricity data
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    pub metered: f64,
    /// 用电按日 · daily electricity instead of monthly
    #[arg(long)]
    pub daily: bool,
    /// 有缺陷的登记行占比 · share of register rows with a defect
    #[arg(long, value_name = "SHARE", default_value_t = 0.005)]
    pub dirty: f64,
    /// 供应商突发停产数 · large suppliers that fail; by size of the province when left out
    #[arg(long, value_name = "COUNT")]
    pub failures: Option<u32>,
    /// 新断点数 · products whose last makers leave; by size of the province when left out
    #[arg(long, value_name = "COUNT")]
    pub gaps: Option<u32>,
    /// 不压缩 · plain CSV instead of Zstandard
    #[arg(long)]
    pub plain: bool,
    /// 每个文件的企业数 · enterprises of a file
    #[arg(long, value_name = "COUNT", default_value_t = 250_000)]
    pub shard: u32,
    /// 线程数 · threads; one per processor when left out
    #[arg(long)]
    pub threads: Option<usize>,
    /// 以一行 JSON 结束 · end with one JSON line, the manifest
    #[arg(long)]
    pub json: bool,
}

/// `brain sql`
#[derive(Debug, Args)]
pub struct Sql {
    /// 查询语句 · one SELECT
    pub query: String,
    /// 输出格式 · output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// 最多行数 · most rows
    #[arg(long, default_value_t = 1000)]
    pub limit: u64,
}

/// `brain search`
#[derive(Debug, Args)]
pub struct Search {
    /// 词语 · words in Chinese, pinyin or English; also `kind:dataset`, `zone:raw`, `-excluded`
    #[arg(required = true, allow_hyphen_values = true)]
    pub words: Vec<String>,
    /// 类型 · kind: dataset, column, standard, code, component, term or firm
    #[arg(long)]
    pub kind: Option<String>,
    /// 至多条数 · most hits
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=200))]
    pub limit: u16,
    /// 输出 JSON · print JSON
    #[arg(long)]
    pub json: bool,
}

/// `brain term`
#[derive(Debug, Args)]
pub struct Term {
    /// What to do.
    #[command(subcommand)]
    pub action: TermAction,
}

/// What to do with business terms.
#[derive(Debug, Subcommand)]
pub enum TermAction {
    /// 列出术语 · list terms
    List {
        /// 关键词 · text to look for
        text: Option<String>,
        /// 含该数据集或其字段的术语 · terms that this dataset holds
        #[arg(long)]
        dataset: Option<String>,
    },
    /// 新建术语 · write a term
    Add {
        /// 中文名称 · Chinese name
        name: String,
        /// 中文定义 · definition in Chinese
        #[arg(long)]
        definition: String,
        /// 负责者 · who answers for it
        #[arg(long)]
        owner: String,
        /// 英文名称 · English name
        #[arg(long)]
        english: Option<String>,
        /// 别名，可多次 · another name; may be repeated
        #[arg(long)]
        synonym: Vec<String>,
        /// 数据集或字段，可多次 · dataset or `dataset#column` that holds it; may be repeated
        #[arg(long)]
        link: Vec<String>,
    },
    /// 删除术语 · remove a term
    Remove {
        /// 编号 · id
        id: String,
    },
}

/// `brain catalog`
#[derive(Debug, Args)]
pub struct Catalog {
    /// What to show.
    #[command(subcommand)]
    pub action: CatalogAction,
}

/// What of the catalogue to show.
#[derive(Debug, Subcommand)]
pub enum CatalogAction {
    /// 列出数据集 · list datasets
    List {
        /// 关键词 · words to look for
        text: Option<String>,
        /// 格式：表格，或 DCAT 3（JSON-LD） · a table, or DCAT 3 in JSON-LD
        #[arg(long, value_enum, default_value_t = CatalogFormat::Table)]
        format: CatalogFormat,
    },
    /// 查看一个数据集 · columns, versions, quality and lineage of one dataset
    Show {
        /// 数据集 · dataset such as subject.enterprise
        dataset: String,
        /// 输出来历，PROV-O（JSON-LD） · where it comes from, as PROV-O in JSON-LD
        #[arg(long)]
        prov: bool,
    },
    /// 列出映射 · list mappings
    Mappings,
}

/// How the catalogue is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CatalogFormat {
    /// 每行一个数据集 · one dataset a line
    Table,
    /// DCAT 3, JSON-LD
    Dcat,
}

/// `brain map`
#[derive(Debug, Args)]
pub struct Map {
    /// What to do.
    #[command(subcommand)]
    pub action: MapAction,
}

/// What to do with map boundaries.
#[derive(Debug, Subcommand)]
pub enum MapAction {
    /// 导入边界 · import a GeoJSON file of regions
    Import {
        /// GeoJSON 文件 · GeoJSON file, WGS 84
        file: PathBuf,
        /// 审图号 · approval number, such as GS(2024)0650号
        #[arg(long, value_name = "NUMBER")]
        approval: String,
        /// 来源说明 · where the file comes from; its name when left out
        #[arg(long)]
        source: Option<String>,
    },
    /// 查看边界 · what is imported
    Show,
    /// 删除边界 · remove them; maps are tile grids again
    Remove,
}

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns for people.
    Table,
    /// Comma-separated values.
    Csv,
    /// One JSON object.
    Json,
}

impl Cli {
    /// The flags that set configuration keys.
    pub fn overrides(&self) -> Overrides {
        let mut flags = Overrides::new();
        if let Some(data) = &self.place.data {
            flags.push(("node.data", Value::String(data.display().to_string())));
        }
        if let Command::Serve(serve) = &self.command {
            if let Some(role) = serve.role {
                flags.push(("node.role", Value::String(role.to_string())));
            }
            if let Some(listen) = serve.listen {
                flags.push(("http.listen", Value::String(listen.to_string())));
            }
        }
        match &self.command {
            Command::Scheduler(scheduler) => {
                flags.extend(address("cluster.scheduler_listen", scheduler.listen));
            }
            Command::Executor(executor) => {
                flags.extend(address("cluster.executor_listen", executor.listen));
                let folder = executor.folder.as_ref().map(|folder| folder.display().to_string());
                flags.extend(folder.map(|folder| ("cluster.executor_folder", Value::String(folder))));
            }
            _ => {}
        }
        if let Command::Standby(Standby { listen: Some(listen), .. }) = &self.command {
            flags.push(("http.listen", Value::String(listen.to_string())));
        }
        flags
    }
}

fn address(key: &'static str, given: Option<SocketAddr>) -> Option<(&'static str, Value)> {
    given.map(|address| (key, Value::String(address.to_string())))
}

/// Language of messages on the terminal, by the usual variables; Chinese unless they ask for English.
#[expect(
    clippy::disallowed_methods,
    reason = "the terminal's language is an environment variable by convention"
)]
pub fn language() -> Language {
    let named = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_default();
    if named.starts_with("en") { Language::En } else { Language::Zh }
}

/// One message a person can act on: a failure in their language, or the chain of causes.
pub fn explain(error: &anyhow::Error, language: Language) -> String {
    match error.downcast_ref::<Failure>() {
        Some(failure) => format!("{}  [{}]", failure.message(language), failure.code),
        None => error.chain().map(ToString::to_string).collect::<Vec<_>>().join("\n  ← "),
    }
}
