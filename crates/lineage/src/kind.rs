//! How one thing depends on another, in the words of the OpenLineage columnLineage facet (1-2-0).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Kind of an edge (血缘关系).
///
/// The first three say where a value comes from; the next six which columns decide that a row or a value appears;
/// the last three join datasets, the jobs between them, and their columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum EdgeKind {
    /// The value as it is (原样).
    Identity = 0,
    /// Computed from the value, row by row (加工).
    Transformation = 1,
    /// Computed from the values of several rows (聚合).
    Aggregation = 2,
    /// Decides whether the row appears (筛选).
    Filter = 3,
    /// Decides which rows meet (连接).
    Join = 4,
    /// Decides which rows are taken together (分组).
    GroupBy = 5,
    /// Decides the order (排序).
    Sort = 6,
    /// Decides over which rows a window reaches (窗口).
    Window = 7,
    /// Decides which of several values is taken (条件).
    Conditional = 8,
    /// Read by a job or component (读入).
    Input = 9,
    /// Written by a job, or shown by a component (产出).
    Output = 10,
    /// A dataset has this column (包含); costs no hop.
    Contains = 11,
}

impl EdgeKind {
    /// All of them, in order of their numbers.
    pub const ALL: [Self; 12] = [
        Self::Identity,
        Self::Transformation,
        Self::Aggregation,
        Self::Filter,
        Self::Join,
        Self::GroupBy,
        Self::Sort,
        Self::Window,
        Self::Conditional,
        Self::Input,
        Self::Output,
        Self::Contains,
    ];

    /// The kind with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Whether the value itself comes this way.
    pub const fn is_direct(self) -> bool {
        matches!(self, Self::Identity | Self::Transformation | Self::Aggregation)
    }

    /// Whether the source only decides, and no value of it arrives.
    pub const fn is_indirect(self) -> bool {
        matches!(
            self,
            Self::Filter | Self::Join | Self::GroupBy | Self::Sort | Self::Window | Self::Conditional
        )
    }

    /// `DIRECT` or `INDIRECT`, and the subtype, as the facet writes them; nothing for edges between datasets.
    pub const fn facet_words(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Identity => ("DIRECT", "IDENTITY"),
            Self::Transformation => ("DIRECT", "TRANSFORMATION"),
            Self::Aggregation => ("DIRECT", "AGGREGATION"),
            Self::Filter => ("INDIRECT", "FILTER"),
            Self::Join => ("INDIRECT", "JOIN"),
            Self::GroupBy => ("INDIRECT", "GROUP_BY"),
            Self::Sort => ("INDIRECT", "SORT"),
            Self::Window => ("INDIRECT", "WINDOW"),
            Self::Conditional => ("INDIRECT", "CONDITIONAL"),
            Self::Input | Self::Output | Self::Contains => return None,
        })
    }

    /// The kind a facet names; an unknown direct subtype is a transformation, an unknown indirect one a condition.
    pub fn from_facet_words(kind: &str, subtype: Option<&str>) -> Option<Self> {
        let subtype = subtype.unwrap_or_default();
        let known = Self::ALL.into_iter().find(|candidate| candidate.facet_words() == Some((kind, subtype)));
        known.or(match kind {
            "DIRECT" => Some(Self::Transformation),
            "INDIRECT" => Some(Self::Conditional),
            _ => None,
        })
    }

    /// The word used in answers and on the command line, such as `group_by`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Transformation => "transformation",
            Self::Aggregation => "aggregation",
            Self::Filter => "filter",
            Self::Join => "join",
            Self::GroupBy => "group_by",
            Self::Sort => "sort",
            Self::Window => "window",
            Self::Conditional => "conditional",
            Self::Input => "input",
            Self::Output => "output",
            Self::Contains => "contains",
        }
    }

    /// What a column is to the one computed from a column computed from it: of two direct kinds the stronger, and
    /// once a column only decides, it only decides from there on.
    #[must_use]
    pub fn after(self, inner: Self) -> Self {
        match (self, inner) {
            (outer, _) if outer.is_indirect() => outer,
            (_, inner) if inner.is_indirect() => inner,
            (Self::Aggregation, _) | (_, Self::Aggregation) => Self::Aggregation,
            (Self::Transformation, _) | (_, Self::Transformation) => Self::Transformation,
            (outer, _) => outer,
        }
    }
}

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct KindSet(u16);

impl KindSet {
    /// No kind.
    pub const NONE: Self = Self(0);
    /// Every kind.
    pub const ALL: Self = Self(0x0fff);
    /// The kinds that carry a value.
    pub const DIRECT: Self = Self(0b111);
    /// The kinds that only decide.
    pub const INDIRECT: Self = Self(0b1_1111_1000);
    /// The kinds between datasets, jobs, components and columns.
    pub const STRUCTURE: Self = Self(0b1110_0000_0000);

    /// The set of one kind.
    pub const fn of(kind: EdgeKind) -> Self {
        Self(1 << kind as u8)
    }

    /// Both together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether the kind is in it.
    pub const fn contains(self, kind: EdgeKind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    /// Whether none is.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its kinds, in order.
    pub fn iter(self) -> impl Iterator<Item = EdgeKind> {
        EdgeKind::ALL.into_iter().filter(move |kind| self.contains(*kind))
    }

    /// Each kind as seen through one more step of kind `outer`.
    #[must_use]
    pub fn through(self, outer: EdgeKind) -> Self {
        if outer == EdgeKind::Identity {
            return self;
        }
        self.iter().map(|inner| outer.after(inner)).collect()
    }
}

impl FromIterator<EdgeKind> for KindSet {
    fn from_iter<I: IntoIterator<Item = EdgeKind>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::NONE, |set, kind| set.union(Self::of(kind)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_again_by_its_number_and_by_the_words_of_the_facet() {
        for kind in EdgeKind::ALL {
            assert_eq!(EdgeKind::from_number(kind as u8), Some(kind));
            if let Some((class, subtype)) = kind.facet_words() {
                assert_eq!(EdgeKind::from_facet_words(class, Some(subtype)), Some(kind));
                assert_eq!(class == "DIRECT", kind.is_direct());
            }
        }
        assert_eq!(EdgeKind::from_number(12), None);
        assert_eq!(EdgeKind::from_facet_words("DIRECT", None), Some(EdgeKind::Transformation));
        assert_eq!(EdgeKind::from_facet_words("SIDEWAYS", Some("IDENTITY")), None);
    }

    #[test]
    fn a_value_that_once_only_decides_only_decides_from_there_on() {
        use EdgeKind::{Aggregation, Filter, Identity, Join, Transformation};
        assert_eq!(Identity.after(Identity), Identity);
        assert_eq!(Transformation.after(Aggregation), Aggregation);
        assert_eq!(Identity.after(Transformation), Transformation);
        assert_eq!(Aggregation.after(Filter), Filter);
        assert_eq!(Join.after(Aggregation), Join);
        let direct: KindSet = [Identity, Aggregation].into_iter().collect();
        assert_eq!(direct.through(Transformation), [Transformation, Aggregation].into_iter().collect());
        assert_eq!(KindSet::DIRECT.union(KindSet::INDIRECT).union(KindSet::STRUCTURE), KindSet::ALL);
    }
}
