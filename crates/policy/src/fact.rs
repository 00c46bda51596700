//! What a decision is about: subject, resource, action and situation, as attributes.

use brain_kernel::grade::Grade;
use brain_kernel::party::Role;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What somebody wants to do with a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// 读取: see rows inside the node.
    Read,
    /// 运行: let a component compute on it.
    Run,
    /// 导出: take rows out of the node as a file.
    Export,
    /// 发布: offer it to others in a catalogue or report.
    Publish,
    /// 流转: hand it to another node.
    Move,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 5] = [Self::Read, Self::Run, Self::Export, Self::Publish, Self::Move];

    /// What a grant opens where it names no action: seeing, computing and taking along what one sees.
    pub const OF_READING: [Self; 3] = [Self::Read, Self::Run, Self::Export];

    /// Stable name, as in policies.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Run => "run",
            Self::Export => "export",
            Self::Publish => "publish",
            Self::Move => "move",
        }
    }

    /// Whether data leaves the node's protection, so that the label of the channel counts.
    #[must_use]
    pub const fn leaves(self) -> bool {
        matches!(self, Self::Export | Self::Publish | Self::Move)
    }
}

/// What kind of thing a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 数据集
    Dataset,
    /// 能力组件
    Component,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Dataset => "dataset",
            Self::Component => "component",
        }
    }
}

/// Attributes of who acts. An attribute that is not known is empty text.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// What the account may be.
    pub role: Role,
    /// USCC of the organisation it acts for.
    pub organisation: &'a str,
    /// `government`, `industry`, `enterprise` or `operation`.
    pub side: &'a str,
    /// Region code it answers for.
    pub region: &'a str,
    /// Industry code of its organisation.
    pub industry: &'a str,
    /// Highest grade it may see (安全标记).
    pub clearance: Grade,
}

/// Attributes of what is acted on.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'a> {
    /// Dataset or component.
    pub kind: Kind,
    /// Its name.
    pub name: &'a str,
    /// Zone of a dataset.
    pub zone: &'a str,
    /// `public`, `industry` or `enterprise`.
    pub side: &'a str,
    /// Its grade (安全标记).
    pub grade: Grade,
    /// Who owns it.
    pub owner: &'a str,
    /// Whether its rows belong to different owners.
    pub restricted: bool,
}

/// Attributes of the request itself.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// What is wanted.
    pub action: Action,
    /// For what.
    pub purpose: &'a str,
    /// Whether a valid grant opens the resource for this action.
    pub granted: bool,
    /// Whether that grant rests on an agreement.
    pub agreement: bool,
    /// Highest grade the way out may carry; [`Grade::Core`] inside the node.
    pub channel: Grade,
    /// When.
    pub at: DateTime<Utc>,
}
