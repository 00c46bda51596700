//! The command line.

use crate::config::{NodeRole, Overrides};
use brain_kernel::error::Failure;
use brain_kernel::language::Language;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use toml::Value;

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
    /// 体检 · check configuration, folder, store, lake and evidence
    Doctor(Doctor),
    /// 运行能力组件 · run a component: `brain run chain.gap --chain nev --region 330000`
    Run(Run),
    /// 入仓 · load a file or folder with a named mapping
    Ingest(Ingest),
    /// 模拟 · write a simulated province with known truth, for tests, drills and load
    Simulate(Simulate),
    /// 查询 · run one SELECT
    Sql(Sql),
    /// 实体归一 · match the records of two CSV files, or of one with itself
    Match(Match),
    /// 目录 · what data there is
    Catalog(Catalog),
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
    /// 证书 · the node's own certificate authority
    Ca(Ca),
    /// 备份 · back the node up into a folder elsewhere, while it runs or not
    Backup(Backup),
    /// 恢复 · restore a backup into a new data folder
    Restore(Restore),
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

/// `brain match`
#[derive(Debug, Args)]
pub struct Match {
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
    },
    /// 查看一个数据集 · columns, versions, quality and lineage of one dataset
    Show {
        /// 数据集 · dataset such as subject.enterprise
        dataset: String,
    },
    /// 列出映射 · list mappings
    Mappings,
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

/// `brain explain-access`
#[derive(Debug, Args)]
pub struct ExplainAccess {
    /// 账号编号或用户名 · account id or user name; every account when left out
    #[arg(long, required_unless_present = "dataset")]
    pub account: Option<String>,
    /// 数据集 · dataset; every one when left out
    #[arg(long)]
    pub dataset: Option<String>,
    /// 用途 · purpose
    #[arg(long, default_value = "browse")]
    pub purpose: String,
    /// 操作 · read, run, export, publish or move
    #[arg(long, default_value = "read")]
    pub action: String,
    /// 输出 JSON · print JSON
    #[arg(long)]
    pub json: bool,
}

/// `brain evidence`
#[derive(Debug, Args)]
pub struct Evidence {
    /// What to do.
    #[command(subcommand)]
    pub action: EvidenceAction,
}

/// What to do with the evidence log.
#[derive(Debug, Subcommand)]
pub enum EvidenceAction {
    /// 校验全部存证 · recompute the whole log, check every signed head and what witnesses saw
    Verify {
        /// 不询问见证方 · do not ask witnesses
        #[arg(long)]
        offline: bool,
        /// 由存证重建损坏的瓦片 · write damaged tiles anew from the entries
        #[arg(long)]
        repair_tiles: bool,
    },
    /// 打印签名检查点 · print the signed checkpoint
    Head,
    /// 打印公钥，供第三方与见证方配置 · print the public keys for third parties and witnesses
    Keys,
    /// 一条存证的证明包 · proof bundle of one entry
    Prove {
        /// 序号 · position of the entry
        seq: u64,
        /// 写入文件；缺省打印 · write it to a file instead of printing it
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// 追溯一个对象 · follow one thing: `brain evidence trace dataset:subject.enterprise`
    Trace {
        /// 对象 · `dataset:…`, `account:…`, `organisation:…`, `contract:…`
        about: String,
        /// 页码 · page, from 1
        #[arg(long, default_value_t = 1)]
        page: u64,
        /// 每页条数 · entries per page, at most 1000
        #[arg(long, default_value_t = 100)]
        page_size: u64,
        /// 把这一页写成证明包 · write this page as a proof bundle
        #[arg(long, value_name = "FILE")]
        bundle: Option<PathBuf>,
        /// 证明包不含个人信息 · leave personal values out of the bundle
        #[arg(long)]
        without_personal: bool,
    },
    /// 立即请求见证 · ask the witnesses now
    Witness,
    /// 销毁一人的盐 · destroy a person's salt, so that the log says nothing of them
    Erase {
        /// 何人 · whose values: `account:…`
        subject: String,
        /// 原因，写入存证 · why; it is recorded
        #[arg(long)]
        reason: String,
    },
    /// 恢复备份后继续签署 · go on signing after a restore; the break is recorded
    AcceptBreak {
        /// 原因，写入存证 · why; it is recorded
        #[arg(long)]
        reason: String,
    },
}

/// `brain audit`
#[derive(Debug, Args)]
pub struct Audit {
    /// What to do.
    #[command(subcommand)]
    pub action: AuditAction,
}

/// What to do with audit records.
#[derive(Debug, Subcommand)]
pub enum AuditAction {
    /// 列出 · list accesses, newest first
    List {
        /// Which ones.
        #[command(flatten)]
        filter: AuditFilter,
        /// 页码 · page, from 1
        #[arg(long, default_value_t = 1)]
        page: u64,
        /// 每页条数 · records per page, at most 1000
        #[arg(long, default_value_t = 50)]
        page_size: u64,
    },
    /// 查看 · one access with everything recorded of it
    Show {
        /// 序号 · position of a record
        seq: u64,
    },
    /// 导出 · write accesses to a file, oldest first; the export is audited itself
    Export {
        /// Which ones.
        #[command(flatten)]
        filter: AuditFilter,
        /// 文件；以 .jsonl 结尾则每行一个 JSON，否则为 CSV · file; JSON lines when it ends in .jsonl, else CSV
        out: PathBuf,
    },
    /// 校验 · compare every record with what the evidence log says of it
    Verify,
    /// 状况 · retention, number of records, anchors
    Status,
    /// 清理 · remove batches whose time is over now
    Expire,
}

/// Which accesses.
#[derive(Debug, Args)]
pub struct AuditFilter {
    /// 账号 · account id
    #[arg(long)]
    pub account: Option<String>,
    /// 数据集 · dataset
    #[arg(long)]
    pub dataset: Option<String>,
    /// 结果 · completed, denied, failed, broken_off or opened
    #[arg(long)]
    pub outcome: Option<String>,
    /// 起始时间 · not before, as 2026-11-21T08:00:00Z
    #[arg(long, value_name = "TIME")]
    pub from: Option<chrono::DateTime<chrono::Utc>>,
    /// 截止时间 · before
    #[arg(long, value_name = "TIME")]
    pub to: Option<chrono::DateTime<chrono::Utc>>,
}

/// `brain incident`
#[derive(Debug, Args)]
pub struct Incident {
    /// What to do.
    #[command(subcommand)]
    pub action: IncidentAction,
}

/// What to do with incidents.
#[derive(Debug, Subcommand)]
pub enum IncidentAction {
    /// 列出 · list incidents and drills, newest first
    List {
        /// 包括已关闭的 · closed ones too
        #[arg(long)]
        all: bool,
    },
    /// 查看 · one incident with its timeline
    Show {
        /// 事件编号 · id
        id: String,
    },
    /// 指派 · give it to a security administrator
    Assign {
        /// 事件编号 · id
        id: String,
        /// 用户名 · user name
        owner: String,
    },
    /// 已控制 · it goes no further
    Contain {
        /// 事件编号 · id
        id: String,
        /// 做了什么 · what was done
        #[arg(long)]
        note: String,
    },
    /// 关闭 · close it
    Close {
        /// 事件编号 · id
        id: String,
        /// 原因 · why it happened
        #[arg(long)]
        cause: String,
        /// 整改措施 · what was done so that it does not happen again
        #[arg(long, default_value = "")]
        measures: String,
        /// 误报 · it was none
        #[arg(long)]
        false_alarm: bool,
    },
    /// 重新打开 · open it again
    Reopen {
        /// 事件编号 · id
        id: String,
        /// 理由 · why
        #[arg(long)]
        reason: String,
    },
    /// 记录 · add a line to the timeline
    Note {
        /// 事件编号 · id
        id: String,
        /// 内容 · words
        note: String,
    },
    /// 登记已报告 · record that a duty by law was done
    Report {
        /// 事件编号 · id
        id: String,
        /// 义务编号 · id of the duty
        duty: String,
        /// 报告对象与方式 · to whom and how
        #[arg(long)]
        note: String,
    },
    /// 演练 · begin a drill
    Drill {
        /// 标题 · title
        title: String,
        /// 演练对象 · what it is about
        #[arg(long, default_value = "drill")]
        subject: String,
        /// 级别 · general, serious, major or critical
        #[arg(long, default_value = "serious")]
        severity: String,
        /// 内容 · what is rehearsed
        #[arg(long, default_value = "")]
        note: String,
    },
    /// 规则 · alert rules and duties in force
    Rules,
}

/// `brain grade`
#[derive(Debug, Args)]
pub struct Grade {
    /// What to do.
    #[command(subcommand)]
    pub action: GradeAction,
}

/// What to do with labels.
#[derive(Debug, Subcommand)]
pub enum GradeAction {
    /// 各级别清单 · what is of which grade
    Report,
    /// 标签及其依据 · labels with their evidence
    Queue {
        /// 数据集 · only of this dataset
        dataset: Option<String>,
    },
    /// 扫描并提出建议 · look at a dataset and propose labels
    Scan {
        /// 数据集 · dataset such as raw.registry
        dataset: String,
    },
    /// 确认 · confirm for the owner
    Confirm {
        /// 标签编号 · id of the label
        id: String,
        /// 理由 · why
        #[arg(long)]
        reason: String,
    },
    /// 批准 · approve; not by who confirmed
    Approve {
        /// 标签编号 · id of the label
        id: String,
        /// 理由 · why
        #[arg(long)]
        reason: String,
    },
    /// 驳回 · reject
    Reject {
        /// 标签编号 · id of the label
        id: String,
        /// 理由 · why
        #[arg(long)]
        reason: String,
    },
    /// 申请降级 · ask that derived data inherits less
    Degrade {
        /// 数据集 · derived dataset
        dataset: String,
        /// 列 · column; all of them when left out
        #[arg(long)]
        column: Option<String>,
        /// 级别 · most that is inherited, for example general2
        #[arg(long)]
        to: String,
        /// 汇总的最小记录数 · least records behind each value of an aggregation
        #[arg(long, conflicts_with = "how", required_unless_present = "how")]
        k: Option<u32>,
        /// 脱敏方法 · how identifying parts were removed
        #[arg(long)]
        how: Option<String>,
        /// 理由 · why
        #[arg(long)]
        reason: String,
    },
    /// 重要数据备案表 · the form of important data, and what is due
    Filings,
    /// 登记已备案 · record that a dataset was filed
    File {
        /// 数据集 · dataset
        dataset: String,
    },
}

/// `brain ca`
#[derive(Debug, Args)]
pub struct Ca {
    /// What to do.
    #[command(subcommand)]
    pub action: CaAction,
}

/// What to do with certificates.
#[derive(Debug, Subcommand)]
pub enum CaAction {
    /// 建立 · make the authority
    Init {
        /// 名称 · name of the authority, letters and digits
        #[arg(default_value = "brain-root")]
        name: String,
    },
    /// 签发 · issue a certificate and its key for a node or a host
    Issue {
        /// 节点或主机 · name of the node or host
        subject: String,
        /// 主机名或地址 · host name or address, may be repeated
        #[arg(long = "name", value_name = "HOST")]
        names: Vec<String>,
        /// 仅服务器用途 · for a server only, not to identify a node
        #[arg(long)]
        server: bool,
        /// 有效天数 · days it lives
        #[arg(long, default_value_t = 90)]
        days: u32,
        /// 输出文件夹 · folder for `<subject>.pem`, `<subject>.key` and `authority.pem`
        #[arg(long, default_value = ".")]
        out: PathBuf,
    },
    /// 吊销 · revoke a certificate
    Revoke {
        /// 序列号 · serial number
        serial: String,
        /// 原因 · why
        #[arg(long)]
        reason: String,
    },
    /// 列出 · list certificates
    List,
}

/// `brain status`
#[derive(Debug, Args)]
pub struct Status {
    /// What to do.
    #[command(subcommand)]
    pub action: StatusAction,
}

/// What to do with statements.
#[derive(Debug, Subcommand)]
pub enum StatusAction {
    /// 公钥，供对端登记 · name and public keys, for peers to register
    Keys,
    /// 本节点与各节点最近状态 · how this node and the others stand
    Show,
    /// 核验一份状态报告 · check a signed statement from a file
    Verify {
        /// 报告文件 · file with the statement, as GET /api/v1/status/statement answers it
        file: PathBuf,
    },
    /// 立即核验一个已登记节点 · ask a registered node now
    Check {
        /// 节点名称 · name it is registered under
        name: String,
    },
}

/// `brain compliance`
#[derive(Debug, Args)]
pub struct Compliance {
    /// What to do.
    #[command(subcommand)]
    pub action: ComplianceAction,
}

/// What to do with the control matrix.
#[derive(Debug, Subcommand)]
pub enum ComplianceAction {
    /// 打印自查报告 · print the report
    Report {
        /// 格式 · format
        #[arg(long, value_enum, default_value_t = ReportFormat::Md)]
        format: ReportFormat,
        /// 写入文件；缺省打印 · write it to a file instead of printing it
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Markdown.
    Md,
    /// One JSON object.
    Json,
    /// One HTML page.
    Html,
}

/// `brain retention`
#[derive(Debug, Args)]
pub struct Retention {
    /// What to do.
    #[command(subcommand)]
    pub action: RetentionAction,
}

/// What to do with data whose time is up.
#[derive(Debug, Subcommand)]
pub enum RetentionAction {
    /// 留存规则 · the rules in force
    Rules,
    /// 检查到期数据 · propose what is due
    Sweep,
    /// 待删除与已删除 · what is due and what was deleted, newest first
    List {
        /// 页码 · page, from 1
        #[arg(long, default_value_t = 1)]
        page: u64,
    },
    /// 批准删除 · approve as owner; prints the certificate
    Approve {
        /// 编号 · id of the proposal
        id: String,
        /// 理由 · why
        #[arg(long)]
        reason: String,
    },
    /// 驳回 · reject as owner
    Reject {
        /// 编号 · id of the proposal
        id: String,
        /// 理由 · why
        #[arg(long)]
        reason: String,
    },
}

/// What to do with a backup besides making one.
#[derive(Debug, Subcommand)]
pub enum BackupAction {
    /// 清理旧快照 · remove snapshots older than so many days; the newest always stays
    Prune {
        /// 备份文件夹；缺省取 backup.folder · folder the backup lies in
        folder: Option<PathBuf>,
        /// 保留天数 · days that are kept
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
        keep_days: u32,
    },
    /// 恢复演练 · restore the newest snapshot beside the node, check it, remove it again and record how it went
    Drill {
        /// 备份文件夹；缺省取 backup.folder · folder the backup lies in
        folder: Option<PathBuf>,
    },
}

/// `brain backup`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Backup {
    /// What to do instead of making one.
    #[command(subcommand)]
    pub action: Option<BackupAction>,
    /// 备份文件夹；缺省取 backup.folder · folder the backup lies in, best on another machine
    pub folder: Option<PathBuf>,
    /// 列出快照 · list the snapshots
    #[arg(long)]
    pub list: bool,
}

/// `brain restore`
#[derive(Debug, Args)]
pub struct Restore {
    /// 备份文件夹 · folder the backup lies in
    pub folder: PathBuf,
    /// 时间点 · the newest snapshot not younger than this, as 2026-11-21T08:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "snapshot")]
    pub at: Option<chrono::DateTime<chrono::Utc>>,
    /// 快照编号 · this snapshot
    #[arg(long, value_name = "ID")]
    pub snapshot: Option<String>,
    /// 密钥加密密钥 · key-encryption key of the backed-up node, as file:<path> or env:<variable>
    #[arg(long, value_name = "SOURCE")]
    pub kek: Option<String>,
}

/// `brain keys`
#[derive(Debug, Args)]
pub struct Keys {
    /// What to do.
    #[command(subcommand)]
    pub action: KeysAction,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeysAction {
    /// 列出 · list data keys
    List,
    /// 轮换 · take a new key-encryption key into use and wrap every data key with it
    Rotate {
        /// 机密一并换新密钥 · seal every secret with a new data key too
        #[arg(long)]
        secrets: bool,
    },
    /// 销毁 · destroy the keys of a purpose and with them all they sealed; prints the certificate of erasure
    Erase {
        /// 用途 · purpose, see `brain keys list`
        purpose: String,
        /// 依据 · why
        #[arg(long)]
        reason: String,
    },
    /// 生成 · print a fresh key for `crypto.kek`
    Generate,
}

/// `brain identity`
#[derive(Debug, Args)]
pub struct IdentityCommand {
    /// What to look at.
    #[command(subcommand)]
    pub part: IdentityPart,
}

/// Which side of federated sign-in.
#[derive(Debug, Subcommand)]
pub enum IdentityPart {
    /// 外部登录方 · providers that vouch for people here; they are named in `identity.providers`
    Providers {
        /// What to do.
        #[command(subcommand)]
        action: ProvidersAction,
    },
    /// 登录客户端 · nodes and programs whose people sign in here
    Clients {
        /// What to do.
        #[command(subcommand)]
        action: ClientsAction,
    },
}

/// What to do with outside providers.
#[derive(Debug, Subcommand)]
pub enum ProvidersAction {
    /// 列出 · list the providers of the configuration
    List,
    /// 封存客户端密钥，自标准输入读取 · seal this node's client secret at a provider; it is read from standard input
    Secret {
        /// 登录方 · provider
        id: String,
    },
}

/// What to do with clients.
#[derive(Debug, Subcommand)]
pub enum ClientsAction {
    /// 列出 · list
    List,
    /// 登记 · register a client; prints its id and its secret, this once
    Register {
        /// 名称 · name that the consent page shows
        name: String,
        /// 回调地址 · where answers may be sent, may be repeated; of a brain: https://host/sign-in/return
        #[arg(long = "redirect", value_name = "URL", required = true)]
        redirects: Vec<String>,
        /// 退出后地址 · where people may be sent after signing out, may be repeated
        #[arg(long = "logout", value_name = "URL")]
        logouts: Vec<String>,
        /// 范围 · scopes it may ask for
        #[arg(long, value_delimiter = ',', default_value = "openid,profile,brain")]
        scopes: Vec<String>,
        /// 公钥文件（JWK 集合） · public keys as a JWK set, for a client that signs assertions
        #[arg(long, value_name = "FILE")]
        keys: Option<PathBuf>,
    },
    /// 启用 · let a client in
    Activate {
        /// 客户端编号 · client id
        id: String,
    },
    /// 吊销 · revoke a client and end all it holds
    Revoke {
        /// 客户端编号 · client id
        id: String,
    },
    /// 换发密钥 · a fresh secret; the old one ends at once
    Secret {
        /// 客户端编号 · client id
        id: String,
    },
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
        flags
    }
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
