//! Names of nodes, each text stored once.

use crate::error::{LineageError, Result};
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The longest name of a dataset, column, job, component or page, in bytes.
pub const NAME_BYTES_MAX: usize = 1024;

/// The most nodes one graph takes.
const NODES_MAX: usize = 64 << 20;

/// No parent.
pub(super) const NONE: u32 = u32::MAX;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum NodeKind {
    /// A table, file or topic (数据集).
    Dataset = 0,
    /// A column of a dataset (字段).
    Column = 1,
    /// What reads datasets and writes datasets: a model, an ingest, a foreign job (作业).
    Job = 2,
    /// A capability component (能力组件).
    Component = 3,
    /// A page of the portal (页面).
    Page = 4,
    /// A number on a page (指标).
    Number = 5,
}

impl NodeKind {
    /// All of them, in order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::Dataset, Self::Column, Self::Job, Self::Component, Self::Page, Self::Number];

    pub(super) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Whether nodes of this kind belong to a node of another.
    pub(super) const fn owner(self) -> Option<Self> {
        match self {
            Self::Column => Some(Self::Dataset),
            Self::Number => Some(Self::Page),
            _ => None,
        }
    }
}

/// The name of a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NodeName {
    /// A dataset; one of another system carries its namespace before a `#`.
    Dataset {
        /// Its name, such as `subject.enterprise`.
        name: String,
    },
    /// A column.
    Column {
        /// Its dataset.
        dataset: String,
        /// Its name; `*` stands for columns nobody listed.
        name: String,
    },
    /// A job.
    Job {
        /// Its name, such as `model:subject.enterprise`.
        name: String,
    },
    /// A component.
    Component {
        /// Its id, such as `chain.gap`.
        name: String,
    },
    /// A page.
    Page {
        /// Its path, such as `/panorama`.
        name: String,
    },
    /// A number on a page.
    Number {
        /// The page.
        page: String,
        /// What the number says.
        name: String,
    },
}

impl NodeName {
    /// A dataset.
    pub fn dataset(name: impl Into<String>) -> Self {
        Self::Dataset { name: name.into() }
    }

    /// A column of a dataset.
    pub fn column(dataset: impl Into<String>, name: impl Into<String>) -> Self {
        Self::Column { dataset: dataset.into(), name: name.into() }
    }

    /// A job.
    pub fn job(name: impl Into<String>) -> Self {
        Self::Job { name: name.into() }
    }

    /// A component.
    pub fn component(name: impl Into<String>) -> Self {
        Self::Component { name: name.into() }
    }

    /// A page.
    pub fn page(name: impl Into<String>) -> Self {
        Self::Page { name: name.into() }
    }

    /// A number on a page.
    pub fn number(page: impl Into<String>, name: impl Into<String>) -> Self {
        Self::Number { page: page.into(), name: name.into() }
    }

    /// What it names.
    pub const fn kind(&self) -> NodeKind {
        match self {
            Self::Dataset { .. } => NodeKind::Dataset,
            Self::Column { .. } => NodeKind::Column,
            Self::Job { .. } => NodeKind::Job,
            Self::Component { .. } => NodeKind::Component,
            Self::Page { .. } => NodeKind::Page,
            Self::Number { .. } => NodeKind::Number,
        }
    }

    /// The name without its owner's.
    pub fn own(&self) -> &str {
        match self {
            Self::Dataset { name }
            | Self::Column { name, .. }
            | Self::Job { name }
            | Self::Component { name }
            | Self::Page { name }
            | Self::Number { name, .. } => name,
        }
    }

    /// The dataset of a column, or the page of a number.
    pub fn owner(&self) -> Option<&str> {
        match self {
            Self::Column { dataset, .. } => Some(dataset),
            Self::Number { page, .. } => Some(page),
            _ => None,
        }
    }
}

impl std::fmt::Display for NodeName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Column { dataset, name } => write!(f, "{dataset}.{name}"),
            Self::Number { page, name } => write!(f, "{page}: {name}"),
            other => f.write_str(other.own()),
        }
    }
}

/// Texts, each once.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    list: Vec<Arc<str>>,
    index: FxHashMap<Arc<str>, u32>,
}

impl Names {
    pub(super) fn intern(&mut self, text: &str) -> Result<u32> {
        if let Some(at) = self.index.get(text) {
            return Ok(*at);
        }
        if text.is_empty() || text.len() > NAME_BYTES_MAX {
            return Err(LineageError::Name { bytes: text.len(), max: NAME_BYTES_MAX });
        }
        let at = self.list.len() as u32;
        let text: Arc<str> = text.into();
        self.index.insert(text.clone(), at);
        self.list.push(text);
        Ok(at)
    }

    pub(super) fn get(&self, at: u32) -> Option<&str> {
        self.list.get(at as usize).map(|text| &**text)
    }

    pub(super) fn lookup(&self, name: &NodeName, nodes: &Nodes) -> Option<u32> {
        let kind = name.kind();
        let parent = match (kind.owner(), name.owner()) {
            (Some(kind), Some(owner)) => {
                nodes.find(&Node { kind, name: *self.index.get(owner)?, parent: NONE })?
            }
            _ => NONE,
        };
        nodes.find(&Node { kind, name: *self.index.get(name.own())?, parent })
    }
}

/// A node: its kind, its own name and the node it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub(super) kind: NodeKind,
    pub(super) name: u32,
    pub(super) parent: u32,
}

/// All nodes, with how many parts name each.
#[derive(Debug, Clone, Default)]
pub(super) struct Nodes {
    list: Vec<Node>,
    index: FxHashMap<Node, u32>,
    /// How often parts name the node, or a node that belongs to it.
    held: Vec<u32>,
    /// Nodes that belong to a node.
    members: FxHashMap<u32, Vec<u32>>,
    alive: usize,
}

impl Nodes {
    pub(super) fn intern(&mut self, node: Node) -> Result<u32> {
        if let Some(at) = self.index.get(&node) {
            return Ok(*at);
        }
        if self.list.len() >= NODES_MAX {
            return Err(LineageError::TooMany { what: "nodes", max: NODES_MAX });
        }
        let at = self.list.len() as u32;
        self.list.push(node);
        self.held.push(0);
        self.index.insert(node, at);
        if node.parent != NONE {
            self.members.entry(node.parent).or_default().push(at);
        }
        Ok(at)
    }

    pub(super) fn find(&self, node: &Node) -> Option<u32> {
        self.index.get(node).copied()
    }

    pub(super) fn get(&self, at: u32) -> Option<Node> {
        self.list.get(at as usize).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn alive(&self) -> usize {
        self.alive
    }

    pub(super) fn is_alive(&self, at: u32) -> bool {
        self.held.get(at as usize).is_some_and(|held| *held > 0)
    }

    /// The nodes that belong to a node and that a part names.
    pub(super) fn members(&self, at: u32) -> impl Iterator<Item = u32> + '_ {
        self.members.get(&at).into_iter().flatten().copied().filter(|member| self.is_alive(*member))
    }

    pub(super) fn of_kind(&self, kind: NodeKind) -> impl Iterator<Item = u32> + '_ {
        let nodes = (0..).zip(&self.list);
        nodes.filter(move |(at, node)| node.kind == kind && self.is_alive(*at)).map(|(at, _)| at)
    }

    pub(super) fn name(&self, at: u32, names: &Names) -> Option<NodeName> {
        let node = self.get(at)?;
        let own = names.get(node.name)?.to_owned();
        let owner = || self.get(node.parent).and_then(|parent| names.get(parent.name)).map(str::to_owned);
        Some(match node.kind {
            NodeKind::Dataset => NodeName::Dataset { name: own },
            NodeKind::Column => NodeName::Column { dataset: owner()?, name: own },
            NodeKind::Job => NodeName::Job { name: own },
            NodeKind::Component => NodeName::Component { name: own },
            NodeKind::Page => NodeName::Page { name: own },
            NodeKind::Number => NodeName::Number { page: owner()?, name: own },
        })
    }

    /// A part names these; their owners are named with them.
    pub(super) fn hold(&mut self, nodes: &[u32]) {
        self.count(nodes, |held| {
            *held += 1;
            isize::from(*held == 1)
        });
    }

    /// A part names these no longer.
    pub(super) fn release(&mut self, nodes: &[u32]) {
        self.count(nodes, |held| {
            *held = held.saturating_sub(1);
            -isize::from(*held == 0)
        });
    }

    fn count(&mut self, nodes: &[u32], mut change: impl FnMut(&mut u32) -> isize) {
        for at in nodes {
            let parent = self.get(*at).map_or(NONE, |node| node.parent);
            for at in [*at, parent] {
                if let Some(held) = self.held.get_mut(at as usize) {
                    self.alive = self.alive.saturating_add_signed(change(held));
                }
            }
        }
    }
}
