//! Arguments of the commands that guard: access, evidence, audit, incidents, grades, keys, backups, nodes, identity.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

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
        /// 重新核验每个检查点的签名，包括上次已核验过的 · check every signature, also those that were good last time
        #[arg(long)]
        full: bool,
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

/// `brain standby`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Standby {
    /// What to do instead of standing by.
    #[command(subcommand)]
    pub action: Option<StandbyAction>,
    /// 监听地址 · address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<std::net::SocketAddr>,
    /// 密钥加密密钥 · key-encryption key of the active node, as file:<path> or env:<variable>
    #[arg(long, value_name = "SOURCE")]
    pub kek: Option<String>,
}

/// What to do with a standby besides running one.
#[derive(Debug, Subcommand)]
pub enum StandbyAction {
    /// 接管 · have the standby that runs on this data folder take over now
    Promote,
    /// 退出备用 · stand by no longer; the active node no longer counts on this one after its next start
    Leave,
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
