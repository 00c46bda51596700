//! The columns of tables, as the caller knows them.

use std::collections::HashMap;

/// Tables and their columns in order.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    tables: HashMap<String, (String, Vec<String>)>,
    default_schema: Option<String>,
}

impl Catalogue {
    /// One without a table.
    pub fn new() -> Self {
        Self::default()
    }

    /// The schema of tables that are named without one.
    #[must_use]
    pub fn with_default_schema(mut self, schema: &str) -> Self {
        self.default_schema = Some(schema.to_owned());
        self
    }

    /// Adds a table by its full name, such as `subject.enterprise`.
    pub fn add<S: Into<String>>(&mut self, table: &str, columns: impl IntoIterator<Item = S>) {
        let columns = columns.into_iter().map(Into::into).collect();
        self.tables.insert(table.to_lowercase(), (table.to_owned(), columns));
    }

    /// Name and columns of the table called so (lower case).
    pub(super) fn find(&self, key: &str) -> Option<(&str, &[String])> {
        let found = self.tables.get(key).or_else(|| {
            let schema = self.default_schema.as_ref()?;
            if key.contains('.') {
                return None;
            }
            self.tables.get(&format!("{}.{key}", schema.to_lowercase()))
        });
        found.map(|(name, columns)| (name.as_str(), columns.as_slice()))
    }

    /// The full name of a table that has none in the catalogue.
    pub(super) fn complete(&self, name: &str) -> String {
        match &self.default_schema {
            Some(schema) if !name.contains('.') => format!("{schema}.{name}"),
            _ => name.to_owned(),
        }
    }
}
