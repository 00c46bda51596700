//! What an account is, and what makes sense in one.

use brain_kernel::party::Role;
use brain_kernel::region::RegionCode;
use brain_kernel::uscc::Uscc;
use brain_store::account::Account;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::party_of;
use crate::{Error, Result, Secret};

/// Longest user name and display name, in characters.
const NAME_CHARACTERS_MAX: usize = 64;

/// What stands behind an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// 人员: signs in with a password and, where the role needs it, a second factor.
    #[default]
    Person,
    /// 服务账号: a program; has keys and no password.
    Service,
    /// 节点: another node, known by its public key.
    Node,
}

impl AccountKind {
    /// The stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Service => "service",
            Self::Node => "node",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Person, Self::Service, Self::Node].into_iter().find(|kind| kind.name() == name)
    }
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Person or program.
    pub kind: AccountKind,
    /// Name to sign in with: letters, digits, `.`, `_`, `-`, `@`; case does not matter.
    pub username: String,
    /// Name to show.
    pub display_name: String,
    /// What it may be.
    pub role: Role,
    /// Organisation it acts for; required for [`Role::Enterprise`].
    pub organisation: Option<Uscc>,
    /// Region it answers for.
    pub region: Option<RegionCode>,
    /// First password; of a person only.
    pub password: Secret,
    /// Whether the first password must be changed at first sign-in.
    pub must_change_password: bool,
}

/// An account as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountCard {
    /// Stable id.
    pub id: String,
    /// Name to sign in with.
    pub username: String,
    /// Person, service or node.
    pub kind: AccountKind,
    /// Name to show.
    pub display_name: String,
    /// What it may be.
    pub role: Role,
    /// Organisation it acts for.
    pub organisation: Option<Uscc>,
    /// Region it answers for.
    pub region: Option<RegionCode>,
    /// Whether it may sign in.
    pub disabled: bool,
    /// Whether its password must be changed.
    pub must_change_password: bool,
    /// No sign-in before this instant.
    pub locked_until: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Last good sign-in.
    pub last_sign_in_at: Option<DateTime<Utc>>,
}

impl AccountCard {
    pub(super) fn of(account: Account) -> Result<Self> {
        let party = party_of(&account)?;
        Ok(Self {
            id: account.id,
            username: account.username,
            kind: AccountKind::from_name(&account.kind).ok_or(Error::Corrupt { field: "account.kind" })?,
            display_name: account.display_name,
            role: party.role,
            organisation: party.organisation,
            region: party.region,
            disabled: account.disabled,
            must_change_password: account.must_change_password,
            locked_until: account.locked_until,
            created_at: account.created_at,
            last_sign_in_at: account.last_sign_in_at,
        })
    }
}

pub(super) fn require_organisation(role: Role, organisation: Option<&Uscc>) -> Result<()> {
    if role != Role::Enterprise || organisation.is_some() {
        return Ok(());
    }
    Err(Error::invalid(
        "organisation",
        "企业用户须填写所属企业的统一社会信用代码。",
        "An enterprise account needs the credit code (USCC) of its organisation.",
    ))
}

pub(super) fn checked_username(name: &str) -> Result<String> {
    let name = name.trim().to_lowercase();
    let length = name.chars().count();
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    if (2..=NAME_CHARACTERS_MAX).contains(&length) && name.chars().all(allowed) {
        return Ok(name);
    }
    Err(Error::invalid(
        "username",
        format!("用户名须为 2 至 {NAME_CHARACTERS_MAX} 个字符，只含文字、数字和 . _ - @。"),
        format!("A user name has 2 to {NAME_CHARACTERS_MAX} characters: letters, digits and . _ - @."),
    ))
}

pub(super) fn checked_display_name(name: &str) -> Result<String> {
    let name = name.trim();
    if (1..=NAME_CHARACTERS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    Err(Error::invalid(
        "display_name",
        format!("显示名称须为 1 至 {NAME_CHARACTERS_MAX} 个字符。"),
        format!("A display name has 1 to {NAME_CHARACTERS_MAX} characters."),
    ))
}
