//! The columns a value comes from, small and sorted.

use crate::kind::{EdgeKind, KindSet};

/// A source column of the script, by its number in the resolver.
pub(super) type SourceId = u32;

/// One source: how, and whether it is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct From {
    pub(super) source: SourceId,
    pub(super) kinds: KindSet,
    pub(super) certain: bool,
}

/// Sources, each once after [`Origins::settle`], in order of their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Origins {
    list: Vec<From>,
}

impl Origins {
    pub(super) fn one(source: SourceId, kind: EdgeKind, certain: bool) -> Self {
        Self { list: vec![From { source, kinds: KindSet::of(kind), certain }] }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &From> {
        self.list.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Adds what another value comes from, seen through a step of this kind.
    pub(super) fn extend_through(&mut self, other: &Self, outer: EdgeKind) {
        self.list.extend(other.list.iter().map(|from| From { kinds: from.kinds.through(outer), ..*from }));
    }

    pub(super) fn extend(&mut self, other: &Self) {
        self.extend_through(other, EdgeKind::Identity);
    }

    /// Sorted, each source once; certain when one way is.
    pub(super) fn settle(&mut self) {
        self.list.sort_by_key(|from| from.source);
        self.list.dedup_by(|later, kept| {
            let same = later.source == kept.source;
            if same {
                kept.kinds = kept.kinds.union(later.kinds);
                kept.certain |= later.certain;
            }
            same
        });
    }

    pub(super) fn settled(mut self) -> Self {
        self.settle();
        self
    }

    pub(super) fn uncertain(mut self) -> Self {
        for from in &mut self.list {
            from.certain = false;
        }
        self
    }

    /// Whether a value is taken together from several rows.
    pub(super) fn is_aggregate(&self) -> bool {
        self.list.iter().any(|from| from.kinds.contains(EdgeKind::Aggregation))
    }
}
