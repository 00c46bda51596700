//! What can go wrong with identity, grants and evidence.

use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_kernel::party::Role;

use crate::incidents::{IncidentState, IncidentStep};
use crate::password::Weakness;
use crate::policy::Reason;
use crate::requests::form::FormName;
use crate::requests::state::{State, Step};
use crate::status::Refusal;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of trust.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Unknown name, wrong password, locked or disabled: the caller cannot tell which.
    #[error("sign-in refused")]
    SignInRefused,
    /// The token is unknown, expired or revoked.
    #[error("not signed in, or the session has ended")]
    SessionEnded,
    /// Nothing but a change of password is allowed now.
    #[error("the password must be changed first")]
    PasswordChangeRequired,
    /// Nothing but setting up or showing a second factor is allowed now.
    #[error("a second factor is due")]
    SecondFactorRequired,
    /// The code, recovery code or passkey is wrong or used up.
    #[error("the second factor is wrong")]
    SecondFactorWrong,
    /// The question for the second factor was answered, took too long or too many attempts.
    #[error("the challenge has ended")]
    ChallengeEnded,
    /// What the browser made of a new passkey does not hold.
    #[error("the passkey was refused: {reason}")]
    PasskeyRefused {
        /// What was wrong with it, for the operator's log.
        reason: &'static str,
    },
    /// A role that must show a second factor keeps its last one.
    #[error("the last second factor stays")]
    LastFactor,
    /// A sign-in at a provider that was not begun here by this browser, or took too long.
    #[error("the sign-in at the provider has ended")]
    VouchingEnded,
    /// What a provider says does not hold, or it says no.
    #[error("the provider {provider} is not believed: {reason}")]
    VouchingRefused {
        /// The provider.
        provider: String,
        /// Why, for the log and the evidence.
        reason: String,
    },
    /// A provider does not answer, or answers nonsense.
    #[error("the provider {provider} cannot be used")]
    ProviderUnreachable {
        /// The provider.
        provider: String,
    },
    /// Nobody here is linked to who signed in there.
    #[error("nobody is linked to {subject:?} at {provider}")]
    NotLinked {
        /// The provider.
        provider: String,
        /// Who it is there.
        subject: String,
    },
    /// Who signed in there is linked to another account.
    #[error("already linked at {provider}")]
    LinkTaken {
        /// The provider.
        provider: String,
    },
    /// The answer to a client would go where none was registered to go.
    #[error("client {client} asks for an address that is not registered")]
    RedirectRefused {
        /// The client.
        client: String,
    },
    /// The act needs a second factor shown lately, in a session.
    #[error("a fresh second factor is needed")]
    StepUpRequired,
    /// The act is for others, never for oneself.
    #[error("not on one's own account")]
    OwnAccount,
    /// The old password given for a change is wrong.
    #[error("the old password is wrong")]
    WrongPassword,
    /// The new password breaks a rule.
    #[error("password too weak: {0:?}")]
    WeakPassword(Weakness),
    /// Only another role may do this.
    #[error("{account} is not a {}", needed.name())]
    WrongRole {
        /// Who tried.
        account: String,
        /// The role whose act it is.
        needed: Role,
    },
    /// The account of an administrator or auditor is opened by the security administrator alone.
    #[error("opening {account} needs an approval")]
    ApprovalNeeded {
        /// Id of the account.
        account: String,
    },
    /// No valid grant opens this dataset to the caller.
    #[error("no grant on {dataset}")]
    NoGrant {
        /// The dataset.
        dataset: String,
    },
    /// A label or a policy denies it, whatever is granted.
    #[error("{dataset}: {}", reason.text().en)]
    Denied {
        /// The dataset.
        dataset: String,
        /// What decided.
        reason: Box<Reason>,
    },
    /// Only the owner, or whom it asked to stand in, decides.
    #[error("only {owner} decides")]
    NotOwner {
        /// The owner.
        owner: String,
    },
    /// The request stands where this step is not possible.
    #[error("request {id} is {state:?}: no {step:?}")]
    RequestState {
        /// The request.
        id: String,
        /// Where it stands.
        state: State,
        /// What was tried.
        step: Step,
    },
    /// A form the law wants is not filled in.
    #[error("{form:?} is missing")]
    FormMissing {
        /// Which one.
        form: FormName,
    },
    /// A change of this weight needs another person's confirmation.
    #[error("the proposer cannot confirm")]
    SecondPerson,
    /// A node's status does not hold; nothing is exchanged with it.
    #[error("node {node:?} is refused: {}", reason.text().en)]
    PeerRefused {
        /// Name of the node.
        node: String,
        /// Why.
        reason: Box<Refusal>,
    },
    /// The user name is taken.
    #[error("user name {0:?} is taken")]
    UsernameTaken(String),
    /// A field of a request is out of bounds.
    #[error("invalid {field}: {en}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// Why, in Chinese.
        zh: String,
        /// Why, in English.
        en: String,
    },
    /// The object does not exist, or not for this caller.
    #[error("no {what} {id:?}")]
    NotFound {
        /// What kind of object.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// The last open account of each kind of administrator must stay.
    #[error("the last {} cannot be disabled", .0.name())]
    LastAdministrator(Role),
    /// A stored value is not one this program writes.
    #[error("stored value of {field} is not understood")]
    Corrupt {
        /// Table and column.
        field: &'static str,
    },
    /// The log does not continue what was signed before; nothing more is signed.
    #[error("the evidence log does not continue what was signed, from entry {seq} on")]
    EvidenceContradicted {
        /// First entry that cannot be trusted.
        seq: u64,
    },
    /// Stored hashes do not lead to the signed root.
    #[error("stored hashes of the evidence log are damaged at {what}")]
    EvidenceDamaged {
        /// Entry or sizes that cannot be proved.
        what: String,
    },
    /// A tile of the log is missing or unreadable.
    #[error(transparent)]
    EvidenceTile(#[from] crate::evidence::tiles::TileError),
    /// A file of the log cannot be written.
    #[error("evidence file {path}: {cause}")]
    EvidenceFile {
        /// The file.
        path: String,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A log keeps the digest it was made with.
    #[error("the evidence log is one of {recorded}, not {wanted}")]
    EvidenceHashFixed {
        /// Digest of the log.
        recorded: String,
        /// Digest of the configuration.
        wanted: &'static str,
    },
    /// A record of the access could not be written, so there is none.
    #[error("the audit record could not be written: {0}")]
    AuditUnavailable(String),
    /// The incident stands where this step is not possible.
    #[error("incident {id} is {state:?}: no {step:?}")]
    IncidentState {
        /// The incident.
        id: String,
        /// Where it stands.
        state: IncidentState,
        /// What was tried.
        step: IncidentStep,
    },
    /// What the configuration says is not allowed.
    #[error(transparent)]
    Configuration(Failure),
    /// The password hash function or the random source failed.
    #[error("cryptography failed: {0}")]
    Cryptography(String),
    /// A key, a seal or a signature failed.
    #[error(transparent)]
    Crypto(#[from] brain_crypto::Error),
    /// A certificate could not be made or used.
    #[error(transparent)]
    Tls(#[from] brain_tls::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] brain_store::Error),
}

impl Error {
    pub(crate) fn invalid(field: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Invalid { field, zh: zh.into(), en: en.into() }
    }

    pub(crate) fn audit_unavailable(why: &str) -> Self {
        Self::AuditUnavailable(why.to_owned())
    }

    pub(crate) fn not_found(what: &'static str, id: &str) -> Self {
        Self::NotFound { what, id: id.to_owned() }
    }

    /// Stable code of this failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SignInRefused => "trust/sign-in-refused",
            Self::SessionEnded => "trust/session-ended",
            Self::PasswordChangeRequired => "trust/password-change-required",
            Self::SecondFactorRequired => "trust/second-factor-required",
            Self::SecondFactorWrong => "trust/second-factor-wrong",
            Self::ChallengeEnded => "trust/challenge-ended",
            Self::PasskeyRefused { .. } => "trust/passkey-refused",
            Self::LastFactor => "trust/last-factor",
            Self::VouchingEnded => "trust/vouching-ended",
            Self::VouchingRefused { .. } => "trust/vouching-refused",
            Self::ProviderUnreachable { .. } => "trust/provider-unreachable",
            Self::NotLinked { .. } => "trust/not-linked",
            Self::LinkTaken { .. } => "trust/link-taken",
            Self::RedirectRefused { .. } => "trust/redirect-refused",
            Self::StepUpRequired => "trust/step-up-required",
            Self::OwnAccount => "trust/own-account",
            Self::WrongPassword => "trust/wrong-password",
            Self::WeakPassword(_) => "trust/weak-password",
            Self::WrongRole { .. } => "trust/wrong-role",
            Self::ApprovalNeeded { .. } => "trust/approval-needed",
            Self::NoGrant { .. } => "trust/no-grant",
            Self::Denied { .. } => "trust/denied",
            Self::NotOwner { .. } => "trust/not-owner",
            Self::RequestState { .. } => "trust/request-state",
            Self::FormMissing { .. } => "trust/form-missing",
            Self::SecondPerson => "trust/second-person",
            Self::PeerRefused { .. } => "trust/peer-refused",
            Self::UsernameTaken(_) => "trust/username-taken",
            Self::Invalid { .. } => "trust/invalid-argument",
            Self::NotFound { .. } => "trust/not-found",
            Self::LastAdministrator(_) => "trust/last-administrator",
            Self::EvidenceContradicted { .. } => "trust/evidence-contradicted",
            Self::EvidenceDamaged { .. } | Self::EvidenceTile(_) => "trust/evidence-damaged",
            Self::EvidenceFile { .. } => "trust/evidence-file",
            Self::EvidenceHashFixed { .. } => "trust/evidence-hash-fixed",
            Self::AuditUnavailable(_) => "trust/audit-unavailable",
            Self::IncidentState { .. } => "trust/incident-state",
            Self::Configuration(failure) => failure.code,
            Self::Corrupt { .. } | Self::Cryptography(_) => "trust/internal",
            Self::Crypto(error) => error.code(),
            Self::Tls(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = error.code();
        match error {
            Error::Store(error) => error.into(),
            Error::Tls(error) => error.into(),
            Error::Configuration(failure) => failure,
            Error::AuditUnavailable(_) => Self::new(
                ErrorKind::Unavailable,
                code,
                "审计记录无法写入，本次访问已拒绝。",
                "The audit record could not be written, so the access is refused.",
            )
            .with_hint(
                "请运维人员检查磁盘空间与数据库；恢复后即可继续，无须重启。",
                "Ask the operator to look at disk space and database; once they are well it goes on without a restart.",
            ),
            Error::Crypto(error) => {
                if matches!(error, brain_crypto::Error::Module(_)) {
                    tracing::error!(%error, "a cryptographic module failed");
                }
                error.into()
            }
            Error::Corrupt { .. } | Error::Cryptography(_) => {
                tracing::error!(%error, "trust failed");
                Self::internal(code)
            }
            Error::EvidenceContradicted { .. }
            | Error::EvidenceDamaged { .. }
            | Error::EvidenceTile(_)
            | Error::EvidenceFile { .. }
            | Error::EvidenceHashFixed { .. } => evidence_failure(code, &error),
            Error::WeakPassword(weakness) => {
                let rule = weakness.text();
                Self::new(ErrorKind::InvalidArgument, code, rule.zh, rule.en).with_hint(
                    "口令至少 10 个字符，含字母、数字、符号中的两类，且不含用户名。",
                    "Use at least 10 characters, two of letters, digits and symbols, and leave out the user name.",
                )
            }
            other => caller_failure(code, other),
        }
    }
}

fn caller_failure(code: &'static str, error: Error) -> Failure {
    use ErrorKind::{AlreadyExists, Forbidden, InvalidArgument, NotFound, Precondition, Unauthenticated};
    match error {
        Error::SignInRefused => Failure::new(Unauthenticated, code, "用户名或口令不正确。", "User name or password is wrong.")
            .with_hint(
                "连续多次失败后账号会锁定一段时间；忘记口令请联系系统管理员重置。",
                "After several failures the account is locked for a while; ask the system administrator to reset a forgotten password.",
            ),
        Error::SessionEnded => {
            Failure::new(Unauthenticated, code, "尚未登录，或会话已结束。", "Not signed in, or the session has ended.")
                .with_hint("请重新登录。", "Sign in again.")
        }
        Error::PasswordChangeRequired => {
            Failure::new(Forbidden, code, "首次登录须先修改口令。", "The password must be changed before anything else.")
                .with_hint("请在“修改口令”中设置新口令。", "Set a new password with POST /api/v1/session/password.")
        }
        Error::SecondFactorRequired => Failure::new(
            Forbidden,
            code,
            "您的角色须使用双因素认证：请先设置或出示第二因素。",
            "Your role needs a second factor: set one up, or show it, before anything else.",
        )
        .with_hint("请打开“我的安全”。", "Open \"My security\", or POST /api/v1/session/totp."),
        Error::SecondFactorWrong => Failure::new(
            Unauthenticated,
            code,
            "第二因素不正确，或已用过。",
            "The second factor is wrong, or was used before.",
        )
        .with_hint(
            "验证码每 30 秒更换且只能用一次；请等下一个。连续多次失败会锁定账号。",
            "A code changes every 30 seconds and works once; wait for the next. Several failures lock the account.",
        ),
        Error::ChallengeEnded => Failure::new(
            Unauthenticated,
            code,
            "验证已超时或已用过。",
            "The question for the second factor has ended.",
        )
        .with_hint("请重新输入用户名与口令。", "Start again with user name and password."),
        Error::StepUpRequired => Failure::new(
            Forbidden,
            code,
            "此操作须在登录会话中，并重新出示第二因素。",
            "This needs a signed-in session in which the second factor was shown lately.",
        )
        .with_hint("请重新出示第二因素。", "Show it again with POST /api/v1/session/step-up."),
        Error::PasskeyRefused { reason } => {
            tracing::info!(reason, "a new passkey was refused");
            Failure::new(
                InvalidArgument,
                code,
                "浏览器返回的通行密钥未通过核验。",
                "The passkey that the browser made did not pass the checks.",
            )
            .with_hint(
                "请用本节点的对外地址打开门户，换一个验证器（须支持 PIN 或指纹）后重试。",
                "Open the portal at the node's public address and try again with an authenticator that has a PIN or fingerprint.",
            )
        }
        Error::LastFactor => Failure::new(
            Precondition,
            code,
            "您的角色须使用双因素认证，不能移除最后一个第二因素。",
            "Your role needs a second factor: the last one cannot be removed.",
        )
        .with_hint("请先添加另一个通行密钥或身份验证器。", "Add another passkey or an authenticator first."),
        Error::OwnAccount => Failure::new(
            Forbidden,
            code,
            "不能对本人账号进行此操作。",
            "This cannot be done to one's own account.",
        )
        .with_hint("请另一位管理员处理。", "Ask another administrator."),
        Error::WrongPassword => Failure::new(InvalidArgument, code, "原口令不正确。", "The old password is wrong."),
        Error::WrongRole { needed, .. } => {
            let Text { zh, en } = needed.title();
            Failure::new(Forbidden, code, format!("此操作只能由{zh}进行。"), format!("Only the {en} may do this."))
                .with_hint(format!("请联系本节点的{zh}。"), format!("Ask the {en} of this node."))
        }
        Error::ApprovalNeeded { .. } => Failure::new(
            Precondition,
            code,
            "管理员与审计员账号须由安全管理员批准启用。",
            "The account of an administrator or auditor is opened by the security administrator's approval.",
        )
        .with_hint(
            "请安全管理员在账号页批准。",
            "Ask the security administrator to approve it: POST /api/v1/accounts/{id}/approval.",
        ),
        Error::PeerRefused { node, reason } => {
            let Text { zh, en } = reason.text();
            Failure::new(
                Forbidden,
                code,
                format!("节点 {node} 的可信状态未通过：{zh}。"),
                format!("Nothing is exchanged with node {node}: {en}."),
            )
            .with_hint(
                "原因见节点状态页；更换程序或配置后须由安全管理员登记可信基准值。",
                "See the page of node status; a new program or configuration is listed as known good by the security administrator.",
            )
        }
        Error::NoGrant { dataset } => Failure::new(
            Forbidden,
            code,
            format!("没有数据集 {dataset} 的有效授权。"),
            format!("No valid grant on dataset {dataset}."),
        )
        .with_hint(
            "请向数据所有者或安全管理员申请授权，并写明用途。",
            "Ask the owner or the security administrator for a grant, naming the purpose.",
        ),
        Error::Denied { .. }
        | Error::NotOwner { .. }
        | Error::RequestState { .. }
        | Error::FormMissing { .. }
        | Error::IncidentState { .. }
        | Error::SecondPerson => access_failure(code, error),
        Error::VouchingEnded
        | Error::VouchingRefused { .. }
        | Error::ProviderUnreachable { .. }
        | Error::NotLinked { .. }
        | Error::LinkTaken { .. }
        | Error::RedirectRefused { .. } => federation_failure(code, error),
        Error::UsernameTaken(name) => Failure::new(
            AlreadyExists,
            code,
            format!("用户名 {name} 已被使用。"),
            format!("User name {name} is taken."),
        )
        .with_hint("请换一个用户名。", "Choose another one."),
        Error::Invalid { zh, en, .. } => Failure::new(InvalidArgument, code, zh, en),
        Error::NotFound { what, id } => {
            Failure::new(NotFound, code, format!("不存在：{what} {id}"), format!("Not found: {what} {id}"))
        }
        Error::LastAdministrator(role) => {
            let Text { zh, en } = role.title();
            Failure::new(Precondition, code, format!("不能停用最后一个{zh}。"), format!("The last {en} cannot be disabled."))
                .with_hint(format!("请先新建另一个{zh}账号。"), format!("Create another {en} first."))
        }
        _ => Failure::internal(code),
    }
}

fn access_failure(code: &'static str, error: Error) -> Failure {
    use ErrorKind::{Forbidden, Precondition};
    match error {
        Error::Denied { dataset, reason } => {
            let why = reason.text();
            Failure::new(
                Forbidden,
                code,
                format!("数据集 {dataset}：{}", why.zh),
                format!("Dataset {dataset}: {}", why.en),
            )
            .with_hint(
                "完整的理由见“权限查询”页；安全标记与策略由安全管理员设定。",
                "The access page shows the whole chain of reasons; labels and policies are the security administrator's.",
            )
        }
        Error::IncidentState { state, step, .. } => {
            let (stands, wanted) = (state.title(), step.title());
            Failure::new(
                Precondition,
                code,
                format!("事件{}，不能{}。", stands.zh, wanted.zh),
                format!("The incident is {}; it cannot be {} now.", stands.en, wanted.en),
            )
            .with_hint("请刷新后查看当前状态。", "Read it again to see where it stands.")
        }
        Error::NotOwner { owner } => Failure::new(
            Forbidden,
            code,
            format!("须由数据所有者 {owner} 或其委托人审批，本人的申请不能自批。"),
            format!(
                "Only the owner {owner}, or whom it delegated to, decides; nobody decides its own request."
            ),
        ),
        Error::RequestState { id, state, .. } => Failure::new(
            Precondition,
            code,
            format!("申请 {id} 的状态为 {}，不能进行此操作。", state.name()),
            format!("Request {id} is {}; this step is not possible.", state.name()),
        )
        .with_hint("请刷新后查看最新状态。", "Reload to see where it stands."),
        Error::FormMissing { form } => {
            let title = form.title();
            Failure::new(
                Precondition,
                code,
                format!("缺少“{}”，不能批准。", title.zh),
                format!("The {} is missing; it cannot be approved.", title.en),
            )
            .with_hint("请申请人先填写此表。", "The requester must fill it in first.")
        }
        _ => Failure::new(
            Precondition,
            code,
            "涉及重要数据的变更须由另一名安全管理员确认。",
            "A change that reaches important data is confirmed by another security administrator.",
        ),
    }
}

fn federation_failure(code: &'static str, error: Error) -> Failure {
    use ErrorKind::{AlreadyExists, Forbidden, InvalidArgument, Unauthenticated, Unavailable};
    match error {
        Error::VouchingEnded => Failure::new(
            Unauthenticated,
            code,
            "外部登录已超时，或不是由此浏览器发起。",
            "The sign-in at the provider took too long, or this browser did not begin it.",
        )
        .with_hint("请回到登录页重新开始。", "Start again from the sign-in page."),
        Error::VouchingRefused { provider, .. } => Failure::new(
            Unauthenticated,
            code,
            format!("{provider} 的登录结果未通过核验，未予登录。"),
            format!("What {provider} answered was not accepted; nobody is signed in."),
        )
        .with_hint("原因已写入存证，请联系系统管理员。", "The reason is in the evidence log; ask the system administrator."),
        Error::ProviderUnreachable { provider } => Failure::new(
            Unavailable,
            code,
            format!("暂时无法使用 {provider} 登录。"),
            format!("Signing in through {provider} is not possible now."),
        )
        .with_hint(
            "请用本节点的口令登录，或稍后再试；系统管理员可在日志中看到原因。",
            "Sign in with your password here, or try again later; the log tells the system administrator why.",
        ),
        Error::NotLinked { provider, subject } => Failure::new(
            Forbidden,
            code,
            format!("您在 {provider} 的身份尚未关联本节点的账号，或关联待批准。外部身份编号：{subject}"),
            format!("Who you are at {provider} is linked to no account here, or the link awaits approval. Subject: {subject}"),
        )
        .with_hint(
            "请先用口令登录，在“我的安全”中关联；或把编号交给系统管理员。",
            "Sign in with your password and link it under My security, or give the subject to the system administrator.",
        ),
        Error::LinkTaken { provider } => Failure::new(
            AlreadyExists,
            code,
            format!("此 {provider} 身份已关联其他账号。"),
            format!("This identity at {provider} is linked to another account already."),
        )
        .with_hint("请联系系统管理员。", "Ask the system administrator."),
        _ => Failure::new(
            InvalidArgument,
            code,
            "登录请求中的回调地址未登记，已拒绝。",
            "The redirect URI of the request is not registered; the request is refused.",
        )
        .with_hint(
            "请联系对方节点的管理员核对登记的回调地址（须逐字一致）。",
            "Ask the other node's administrator to compare it with what was registered, letter by letter.",
        ),
    }
}

fn evidence_failure(code: &'static str, error: &Error) -> Failure {
    tracing::error!(%error, "evidence failed");
    match error {
        Error::EvidenceContradicted { seq } => Failure::new(
            ErrorKind::Precondition,
            code,
            format!("存证日志自第 {seq} 条起与已签名的检查点不符，不再签署新的检查点。"),
            format!("From entry {seq} on the evidence log does not continue what was signed; no head is signed any more."),
        )
        .with_hint(
            "请运行 brain evidence verify；如系恢复备份所致，用 brain evidence accept-break --reason 说明原因后继续。",
            "Run `brain evidence verify`; after restoring a backup go on with `brain evidence accept-break --reason`.",
        ),
        Error::EvidenceDamaged { .. } | Error::EvidenceTile(_) => Failure::new(
            ErrorKind::Unavailable,
            code,
            format!("存证瓦片损坏：{error}"),
            format!("Tiles of the evidence log are damaged: {error}"),
        )
        .with_hint(
            "请运行 brain evidence verify --repair-tiles 由存证重建瓦片。",
            "Run `brain evidence verify --repair-tiles`, which makes them anew from the entries.",
        ),
        Error::EvidenceHashFixed { recorded, wanted } => Failure::new(
            ErrorKind::Precondition,
            code,
            format!("存证日志建立时选定的摘要算法为 {recorded}，不能改为 {wanted}。"),
            format!("The evidence log was made with {recorded} and cannot change to {wanted}."),
        )
        .with_hint(
            "请删除配置项 evidence.hash，或用新的数据文件夹。",
            "Remove evidence.hash from the configuration, or use a new data folder.",
        ),
        Error::EvidenceFile { cause, .. } if brain_durable::is_full(cause) => Failure::new(
            ErrorKind::Exhausted,
            "trust/disk-full",
            "存证所在磁盘已满，操作未执行。",
            "The disk of the evidence log is full; the act was not carried out.",
        )
        .with_hint("请管理员腾出空间后重试。", "Ask the administrator to make room, then try again."),
        other => Failure::new(
            ErrorKind::Unavailable,
            code,
            format!("无法写入存证文件：{other}"),
            format!("Cannot write a file of the evidence log: {other}"),
        )
        .with_hint("请检查目录权限与磁盘空间。", "Check the folder's permissions and the disk's room."),
    }
}
