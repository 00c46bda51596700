//! Names in sight at a place of a query.

use super::origin::Origins;
use super::tables::TableId;
use sqlparser::ast::NamedWindowDefinition;
use std::rc::Rc;

/// A column of a relation or of a query's result.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Its name as written out.
    pub(super) name: String,
    /// Its name for comparison.
    pub(super) key: String,
    pub(super) origins: Rc<Origins>,
    /// It stands for columns that could not be listed.
    pub(super) star: Option<Star>,
}

/// Columns that could not be listed.
#[derive(Debug, Clone)]
pub(super) struct Star {
    /// The table whose columns they are; else any of them comes from the origins of the column that stands for them.
    pub(super) table: Option<TableId>,
    /// Columns that are not among them.
    pub(super) without: Rc<Vec<String>>,
}

impl Column {
    pub(super) fn new(name: impl Into<String>, origins: Origins) -> Self {
        let name = name.into();
        Self { key: name.to_lowercase(), name, origins: Rc::new(origins), star: None }
    }

    pub(super) fn renamed(&self, name: &str) -> Self {
        Self { name: name.to_owned(), key: name.to_lowercase(), origins: self.origins.clone(), star: None }
    }

    /// Any column, from the same origins.
    pub(super) fn any(origins: Origins) -> Self {
        Self { star: Some(Star { table: None, without: Rc::default() }), ..Self::new("*", origins) }
    }
}

/// A table, subquery or function in FROM.
#[derive(Debug, Clone, Default)]
pub(super) struct Relation {
    /// Its alias, or the last part of its name, for comparison.
    pub(super) alias: Option<String>,
    /// The parts of its name for comparison, when it has no alias.
    pub(super) path: Vec<String>,
    /// The table it is, when it is one.
    pub(super) table: Option<TableId>,
    pub(super) columns: Rc<Vec<Column>>,
    /// Its columns are seen only when qualified: the right side of a semi join.
    pub(super) hidden: bool,
}

impl Relation {
    /// Whether `qualifier` (lower-case parts) names it.
    pub(super) fn answers_to(&self, qualifier: &[String]) -> bool {
        match qualifier {
            [] => false,
            [one] if self.alias.as_ref() == Some(one) => true,
            several => !self.path.is_empty() && self.path.ends_with(several),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.columns.iter().any(|column| column.star.is_some())
    }
}

/// What FROM brings.
#[derive(Debug, Clone, Default)]
pub(super) struct Sources {
    pub(super) relations: Vec<Relation>,
    /// Columns of USING and NATURAL, seen once.
    pub(super) merged: Vec<Column>,
}

impl Sources {
    pub(super) fn of(relation: Relation) -> Self {
        Self { relations: vec![relation], merged: Vec::new() }
    }

    /// All columns in the order of `*`.
    pub(super) fn all(&self) -> Vec<Column> {
        let merged = |column: &Column| self.merged.iter().any(|one| one.key == column.key);
        let mut columns = self.merged.clone();
        for relation in self.relations.iter().filter(|relation| !relation.hidden) {
            columns.extend(relation.columns.iter().filter(|column| !merged(column)).cloned());
        }
        columns
    }
}

/// The common table expressions in sight, the innermost first.
#[derive(Debug, Clone, Default)]
pub(super) struct Ctes(Option<Rc<CteLink>>);

#[derive(Debug)]
struct CteLink {
    name: String,
    body: Rc<Body>,
    rest: Ctes,
}

impl Ctes {
    pub(super) fn with(&self, name: String, body: Rc<Body>) -> Self {
        Self(Some(Rc::new(CteLink { name, body, rest: self.clone() })))
    }

    pub(super) fn find(&self, name: &str) -> Option<Rc<Body>> {
        let mut at = self;
        while let Some(link) = &at.0 {
            if link.name == name {
                return Some(link.body.clone());
            }
            at = &link.rest;
        }
        None
    }
}

/// A query's result.
#[derive(Debug, Clone, Default)]
pub(super) struct Body {
    pub(super) columns: Rc<Vec<Column>>,
    /// Columns that decide about whole rows.
    pub(super) indirect: Origins,
    /// It stands for a recursive expression that is still being read.
    pub(super) placeholder: bool,
}

/// Everything a name may mean at a place.
#[derive(Clone, Copy)]
pub(super) struct Env<'a> {
    pub(super) sources: &'a Sources,
    /// Columns of the select list that may be named there.
    pub(super) aliases: Aliases<'a>,
    pub(super) windows: &'a [NamedWindowDefinition],
    pub(super) ctes: &'a Ctes,
    /// The query around this one.
    pub(super) outer: Option<&'a Env<'a>>,
}

/// How the columns of the select list are in sight.
#[derive(Clone, Copy)]
pub(super) enum Aliases<'a> {
    /// Only where no table has the name.
    Last(&'a [Column]),
    /// Before columns of tables that could not be listed.
    BeforeOpen(&'a [Column]),
    /// Before any column of a table.
    First(&'a [Column]),
}

impl<'a> Env<'a> {
    pub(super) fn new(sources: &'a Sources, ctes: &'a Ctes, outer: Option<&'a Env<'a>>) -> Self {
        Self { sources, aliases: Aliases::Last(&[]), windows: &[], ctes, outer }
    }
}
