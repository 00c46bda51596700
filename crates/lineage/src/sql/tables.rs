//! Tables and source columns of a script, each with a number and one spelling.

use super::catalogue::Catalogue;
use super::dialect::Dialect;
use super::origin::SourceId;
use rustc_hash::FxHashMap;
use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};

/// A table of the script.
pub(super) type TableId = u32;

#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: String,
    /// The parts of its name in lower case.
    pub(super) path: Vec<String>,
    /// Its columns, when they are known.
    pub(super) columns: Option<Vec<String>>,
}

#[derive(Debug, Default)]
pub(super) struct Tables {
    list: Vec<Table>,
    index: FxHashMap<String, TableId>,
    sources: Vec<(TableId, String)>,
    source_index: FxHashMap<(TableId, String), SourceId>,
}

/// The parts of a name as the database stores them; a function in a name has no parts.
pub(super) fn parts(name: &ObjectName, dialect: Dialect) -> Vec<String> {
    let idents = name.0.iter().filter_map(|part| match part {
        ObjectNamePart::Identifier(ident) => Some(ident),
        ObjectNamePart::Function(_) => None,
    });
    idents.map(|ident| dialect.fold(ident)).collect()
}

/// The last identifier of a name.
pub(super) fn last(name: &ObjectName) -> Option<&Ident> {
    match name.0.last() {
        Some(ObjectNamePart::Identifier(ident)) => Some(ident),
        _ => None,
    }
}

impl Tables {
    pub(super) fn intern(&mut self, name: &ObjectName, dialect: Dialect, catalogue: &Catalogue) -> TableId {
        let parts = parts(name, dialect);
        let shown: Vec<String> = parts
            .iter()
            .map(|part| if part.contains('.') { format!("\"{part}\"") } else { part.clone() })
            .collect();
        let shown = shown.join(".");
        let key = shown.to_lowercase();
        if let Some(at) = self.index.get(&key) {
            return *at;
        }
        let (name, columns) = match catalogue.find(&key) {
            Some((name, columns)) => (name.to_owned(), Some(columns.to_vec())),
            None => (catalogue.complete(&shown), None),
        };
        // `orders` and `public.orders` are one table when `public` is the default schema.
        let full = name.to_lowercase();
        let at = self.index.get(&full).copied().unwrap_or(self.list.len() as TableId);
        if at as usize == self.list.len() {
            let path = full.split('.').map(str::to_owned).collect();
            self.list.push(Table { name, path, columns });
            self.index.insert(full, at);
        }
        self.index.insert(key, at);
        at
    }

    pub(super) fn get(&self, table: TableId) -> Option<&Table> {
        self.list.get(table as usize)
    }

    pub(super) fn name(&self, table: TableId) -> String {
        self.get(table).map(|found| found.name.clone()).unwrap_or_default()
    }

    /// Remembers the columns a statement of the script gave a table.
    pub(super) fn define(&mut self, table: TableId, columns: Option<Vec<String>>) {
        if let Some(found) = self.list.get_mut(table as usize) {
            found.columns = columns;
        }
    }

    /// The number of a column of a table.
    pub(super) fn source(&mut self, table: TableId, column: &str) -> SourceId {
        let key = (table, column.to_lowercase());
        if let Some(at) = self.source_index.get(&key) {
            return *at;
        }
        let at = self.sources.len() as SourceId;
        self.sources.push((table, column.to_owned()));
        self.source_index.insert(key, at);
        at
    }

    pub(super) fn of_source(&self, source: SourceId) -> Option<(TableId, &str)> {
        self.sources.get(source as usize).map(|(table, column)| (*table, column.as_str()))
    }
}
