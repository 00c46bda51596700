//! Who acts (主体).

use crate::{language::Text, region::RegionCode, uscc::Uscc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a person or service may be in a node. One account holds one role.
///
/// The first three are the separated administrators (三权分立, GB/T 22239-2019 8.1.4.2 d and 8.1.5): no act of one is open
/// to another, and no account ever moves between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 系统管理员: accounts, configuration, ingest, running the node.
    SystemAdministrator,
    /// 安全管理员: grants, policies, labels, unlocking, revoking.
    SecurityAdministrator,
    /// 审计员: reads and exports evidence and audit; changes nothing.
    Auditor,
    /// 政府用户: analyst or supervisor of a region.
    Government,
    /// 行业组织: association, park, operator staff.
    IndustryBody,
    /// 企业用户: sees its own rows of restricted tables.
    Enterprise,
    /// 组件作者: writes components, sees no restricted data.
    ComponentAuthor,
}

impl Role {
    /// Every role, in the order screens show them.
    pub const ALL: [Self; 7] = [
        Self::SystemAdministrator,
        Self::SecurityAdministrator,
        Self::Auditor,
        Self::Government,
        Self::IndustryBody,
        Self::Enterprise,
        Self::ComponentAuthor,
    ];
    /// The separated administrators (三员).
    pub const ADMINISTRATORS: [Self; 3] =
        [Self::SystemAdministrator, Self::SecurityAdministrator, Self::Auditor];
    /// Roles that work with data: read rows under their grants and run components.
    pub const WORKING: [Self; 5] = [
        Self::SystemAdministrator,
        Self::Government,
        Self::IndustryBody,
        Self::Enterprise,
        Self::ComponentAuthor,
    ];

    /// The role's stable name, as stored and sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SystemAdministrator => "system_administrator",
            Self::SecurityAdministrator => "security_administrator",
            Self::Auditor => "auditor",
            Self::Government => "government",
            Self::IndustryBody => "industry_body",
            Self::Enterprise => "enterprise",
            Self::ComponentAuthor => "component_author",
        }
    }

    /// The role with this stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// What people call it.
    #[must_use]
    pub fn title(self) -> Text {
        let (zh, en) = match self {
            Self::SystemAdministrator => ("系统管理员", "system administrator"),
            Self::SecurityAdministrator => ("安全管理员", "security administrator"),
            Self::Auditor => ("审计员", "auditor"),
            Self::Government => ("政府用户", "government user"),
            Self::IndustryBody => ("行业组织", "industry body"),
            Self::Enterprise => ("企业用户", "enterprise user"),
            Self::ComponentAuthor => ("组件作者", "component author"),
        };
        Text::new(zh, en)
    }

    /// Whether it is one of the separated administrators.
    #[must_use]
    pub fn is_administrator(self) -> bool {
        Self::ADMINISTRATORS.contains(&self)
    }
}

/// The authenticated caller of anything. Made only by `trust` (and by the command line for the folder's owner).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Party {
    /// Stable account id.
    pub account: String,
    /// Name to show.
    pub display_name: String,
    /// What the account may be.
    pub role: Role,
    /// The organisation it acts for; always present for [`Role::Enterprise`].
    pub organisation: Option<Uscc>,
    /// Region a government account answers for (管辖地区); `None` is the whole province.
    pub region: Option<RegionCode>,
}
