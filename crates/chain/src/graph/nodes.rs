//! Columns every kind of node has; [`super::tables`] adds those of products and of firms.

use super::strings::{Names, Strings};
use super::{FirmId, ProductId};
use crate::decay::Day;
use std::marker::PhantomData;

/// A node number as one kind of node wears it.
pub trait NodeId: Copy {
    /// The id with this number.
    fn of(number: u32) -> Self;
    /// Its number, the place in every column.
    fn number(self) -> u32;
}

impl NodeId for ProductId {
    fn of(number: u32) -> Self {
        Self(number)
    }
    fn number(self) -> u32 {
        self.0
    }
}

impl NodeId for FirmId {
    fn of(number: u32) -> Self {
        Self(number)
    }
    fn number(self) -> u32 {
        self.0
    }
}

/// What a new node brings to the shared columns.
pub(super) struct NodeRow<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) aliases: &'a str,
    pub(super) initials: &'a str,
    pub(super) industry_code: &'a str,
    /// Number of the interned source.
    pub(super) source: u32,
    pub(super) observed: Day,
}

/// Nodes, one column per fact: those all nodes have, and `own` of this kind.
#[derive(Debug, Clone, Default)]
pub struct Nodes<Id, Own> {
    ids: Names,
    names: Strings,
    /// Other names joined by `|`.
    aliases: Strings,
    initials: Strings,
    industries: Names,
    industry: Vec<u32>,
    source: Vec<u32>,
    observed: Vec<Day>,
    pub(super) own: Own,
    kind: PhantomData<Id>,
}

impl<Id: NodeId, Own> Nodes<Id, Own> {
    /// Add a node; `None` beside its number when the id was there before, and then nothing is added.
    pub(super) fn add(&mut self, row: &NodeRow<'_>) -> (Id, Option<&mut Own>) {
        let known = self.ids.len();
        let number = self.ids.intern(row.id);
        if (number as usize) < known {
            return (Id::of(number), None);
        }
        self.names.push(if row.name.is_empty() { row.id } else { row.name });
        self.aliases.push(row.aliases);
        self.initials.push(row.initials);
        let industry = self.industries.intern(row.industry_code);
        self.industry.push(industry);
        self.source.push(row.source);
        self.observed.push(row.observed);
        (Id::of(number), Some(&mut self.own))
    }

    pub(super) fn find(&self, id: &str) -> Option<Id> {
        self.ids.find(id).map(Id::of)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Id: the canonical name of a product; the credit code of a firm or the warehouse's substitute.
    #[must_use]
    pub fn id(&self, node: Id) -> &str {
        self.ids.get(node.number())
    }

    /// Chinese name.
    #[must_use]
    pub fn name(&self, node: Id) -> &str {
        self.names.get(node.number())
    }

    /// Other names; of a firm its short name and stock code.
    pub fn aliases(&self, node: Id) -> impl Iterator<Item = &str> {
        self.aliases.get(node.number()).split('|').filter(|alias| !alias.is_empty())
    }

    /// Pinyin initials of the name.
    #[must_use]
    pub fn initials(&self, node: Id) -> &str {
        self.initials.get(node.number())
    }

    /// GB/T 4754 code; empty when unknown.
    #[must_use]
    pub fn industry(&self, node: Id) -> &str {
        self.industry.get(node.number() as usize).map_or("", |&code| self.industries.get(code))
    }

    /// When the node was last seen at its source.
    #[must_use]
    pub fn observed(&self, node: Id) -> Day {
        self.observed.get(node.number() as usize).copied().unwrap_or(Day::UNKNOWN)
    }

    pub(crate) fn names(&self) -> &Strings {
        &self.names
    }

    pub(crate) fn initials_texts(&self) -> &Strings {
        &self.initials
    }

    pub(super) fn source(&self, node: Id) -> u32 {
        self.source.get(node.number() as usize).copied().unwrap_or(u32::MAX)
    }

    pub(super) fn shrink(&mut self) {
        self.ids.shrink();
        self.names.shrink();
        self.initials.shrink();
    }

    pub(super) fn shared_bytes(&self) -> usize {
        self.ids.memory_bytes()
            + self.names.memory_bytes()
            + self.aliases.memory_bytes()
            + self.initials.memory_bytes()
            + self.industries.memory_bytes()
            + (self.industry.capacity() + self.source.capacity()) * 4
            + self.observed.capacity() * size_of::<Day>()
    }
}
