//! Who acts (主体).

use crate::{region::RegionCode, uscc::Uscc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a person or service may be in a node. One account holds one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 管理员: runs the node.
    Administrator,
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
    pub const ALL: [Self; 5] =
        [Self::Administrator, Self::Government, Self::IndustryBody, Self::Enterprise, Self::ComponentAuthor];

    /// The role's stable name, as stored and sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
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
