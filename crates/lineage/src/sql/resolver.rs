//! The state of one analysis, and what a name means.

use super::catalogue::Catalogue;
use super::dialect::Dialect;
use super::issue::{Issue, IssueKind, Position};
use super::origin::Origins;
use super::scope::{Aliases, Column, Env, Relation};
use super::script::{ColumnLineage, Followed, Origin, Script, StatementLineage, Verb};
use super::tables::{TableId, Tables};
use crate::kind::EdgeKind;
use sqlparser::ast::{Ident, ObjectName};
use std::collections::BTreeSet;
use std::rc::Rc;

/// The most issues of one statement; the rest would say the same.
const ISSUES_MAX: usize = 100;

/// Origins looked at in one script before it is given up.
const WORK_MAX: usize = 20_000_000;

/// What a statement does to one table.
pub(super) struct Flow {
    pub(super) verb: Verb,
    pub(super) target: Option<TableId>,
    pub(super) columns: Vec<(String, Rc<Origins>)>,
    pub(super) indirect: Origins,
}

pub(super) struct Resolver<'c> {
    pub(super) dialect: Dialect,
    pub(super) catalogue: &'c Catalogue,
    pub(super) tables: Tables,
    script: Script,
    /// Of the statement being read.
    pub(super) at: Position,
    issues: Vec<Issue>,
    pub(super) inputs: BTreeSet<TableId>,
    pub(super) flows: Vec<Flow>,
    /// Inside code of a procedure, where a bare name may be a variable.
    pub(super) procedural: bool,
    /// Whether the common table expression being read named itself.
    pub(super) recursion_used: bool,
    /// Statements of a block were written down one by one; the block itself is there already.
    pub(super) in_parts: bool,
    /// How often the parser may have tried again so far.
    pub(super) retries: u64,
    work: usize,
    depth: usize,
}

impl<'c> Resolver<'c> {
    pub(super) fn new(dialect: Dialect, catalogue: &'c Catalogue) -> Self {
        Self {
            dialect,
            catalogue,
            tables: Tables::default(),
            script: Script::default(),
            at: Position::default(),
            issues: Vec::new(),
            inputs: BTreeSet::new(),
            flows: Vec::new(),
            procedural: false,
            recursion_used: false,
            in_parts: false,
            retries: 0,
            work: 0,
            depth: 0,
        }
    }

    pub(super) fn finish(self) -> Script {
        self.script
    }

    /// Writes down what was found of the statement; `nothing` says what it is when it wrote nothing.
    pub(super) fn end_statement(&mut self, nothing: Followed) {
        let mut issues = std::mem::take(&mut self.issues);
        issues.sort_by(|a, b| (a.position, &a.kind).cmp(&(b.position, &b.kind)));
        issues.dedup();
        let read = std::mem::take(&mut self.inputs);
        let mut inputs: Vec<String> = read.into_iter().map(|table| self.tables.name(table)).collect();
        inputs.sort();
        let flows = std::mem::take(&mut self.flows);
        let in_parts = std::mem::replace(&mut self.in_parts, false);
        if flows.is_empty() && in_parts && issues.is_empty() {
            return;
        }
        if flows.is_empty() {
            let flow =
                Flow { verb: Verb::Other, target: None, columns: Vec::new(), indirect: Origins::default() };
            let entry = self.lineage(flow, nothing, &inputs, issues);
            self.script.statements.push(entry);
            return;
        }
        for flow in flows {
            let entry = self.lineage(flow, Followed::Yes, &inputs, std::mem::take(&mut issues));
            self.script.statements.push(entry);
        }
    }

    fn lineage(
        &self,
        flow: Flow,
        followed: Followed,
        inputs: &[String],
        issues: Vec<Issue>,
    ) -> StatementLineage {
        let columns = flow.columns.iter();
        StatementLineage {
            position: self.at,
            verb: flow.verb,
            followed,
            target: flow.target.map(|table| self.tables.name(table)),
            inputs: inputs.to_vec(),
            columns: columns
                .map(|(name, origins)| ColumnLineage { name: name.clone(), origins: self.shown(origins) })
                .collect(),
            indirect: self.shown(&flow.indirect.settled()),
            issues,
        }
    }

    fn shown(&self, origins: &Origins) -> Vec<Origin> {
        let mut shown: Vec<Origin> = origins
            .iter()
            .filter_map(|from| {
                let (table, column) = self.tables.of_source(from.source)?;
                Some(Origin {
                    dataset: self.tables.name(table),
                    column: column.to_owned(),
                    kinds: from.kinds.iter().collect(),
                    certain: from.certain,
                })
            })
            .collect();
        shown.sort();
        shown
    }

    pub(super) fn issue(&mut self, position: impl Into<Position>, kind: IssueKind) {
        let position: Position = position.into();
        let position = if position.line == 0 { self.at } else { position };
        if self.issues.len() < ISSUES_MAX {
            self.issues.push(Issue { position, kind });
        }
    }

    /// How many issues there are now, for [`Self::forget_issues_after`].
    pub(super) fn issue_mark(&self) -> usize {
        self.issues.len()
    }

    pub(super) fn forget_issues_after(&mut self, mark: usize) {
        self.issues.truncate(mark);
    }

    pub(super) fn too_large(&mut self, what: &str) {
        self.issue(Position::default(), IssueKind::TooLarge { what: what.to_owned() });
    }

    /// Counts work; says whether there is some left.
    pub(super) fn spend(&mut self, work: usize) -> bool {
        let had = self.work <= WORK_MAX;
        self.work = self.work.saturating_add(work);
        if self.work > WORK_MAX && had {
            self.too_large("the origins of its columns, all together");
        }
        self.work <= WORK_MAX
    }

    /// Runs a step one level deeper, unless it is too deep.
    pub(super) fn deeper<T>(&mut self, step: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= super::DEPTH_MAX {
            self.too_large("nested queries");
            return None;
        }
        self.depth += 1;
        let value = step(self);
        self.depth -= 1;
        Some(value)
    }

    /// A table that is named, read or written.
    pub(super) fn table(&mut self, name: &ObjectName) -> TableId {
        self.tables.intern(name, self.dialect, self.catalogue)
    }

    /// The columns of a table: those known, or one that stands for all.
    pub(super) fn table_columns(&mut self, table: TableId) -> Vec<Column> {
        let known = self.tables.get(table).and_then(|found| found.columns.clone());
        match known {
            Some(names) => names
                .into_iter()
                .map(|name| {
                    let source = self.tables.source(table, &name);
                    Column::new(name, Origins::one(source, EdgeKind::Identity, true))
                })
                .collect(),
            None => {
                let source = self.tables.source(table, "*");
                let mut star = Column::any(Origins::one(source, EdgeKind::Identity, true));
                if let Some(star) = &mut star.star {
                    star.table = Some(table);
                }
                vec![star]
            }
        }
    }

    /// What a bare name comes from; an issue when nothing has it.
    pub(super) fn bare(&mut self, ident: &Ident, env: &Env<'_>) -> Origins {
        if ident.quote_style == Some('"') && self.dialect.double_quotes_are_strings() {
            return Origins::default();
        }
        let key = ident.value.to_lowercase();
        if ident.quote_style.is_none() && self.dialect.is_pseudo_column(&key) {
            return Origins::default();
        }
        match self.find_bare(ident, &key, env) {
            Some(origins) => origins,
            None => {
                if !self.procedural {
                    self.issue(ident.span.start, IssueKind::UnknownColumn { column: ident.value.clone() });
                }
                Origins::default()
            }
        }
    }

    fn find_bare(&mut self, ident: &Ident, key: &str, env: &Env<'_>) -> Option<Origins> {
        let mut level = Some(env);
        while let Some(env) = level {
            if let Some(found) = self.find_at_level(ident, key, env) {
                return Some(found);
            }
            level = env.outer;
        }
        None
    }

    fn find_at_level(&mut self, ident: &Ident, key: &str, env: &Env<'_>) -> Option<Origins> {
        let named = |columns: &[Column]| {
            columns
                .iter()
                .find(|column| column.key == key && column.star.is_none())
                .map(|c| (*c.origins).clone())
        };
        if let Aliases::First(aliases) = env.aliases
            && let Some(found) = named(aliases)
        {
            return Some(found);
        }
        if let Some(found) = named(&env.sources.merged) {
            return Some(found);
        }
        let visible = || env.sources.relations.iter().filter(|relation| !relation.hidden);
        if let Some(found) = visible().find_map(|relation| named(&relation.columns)) {
            return Some(found);
        }
        if let Aliases::BeforeOpen(aliases) = env.aliases
            && let Some(found) = named(aliases)
        {
            return Some(found);
        }
        let open: Vec<&Relation> = visible().filter(|relation| relation.is_open()).collect();
        let found = self.find_in_stars(ident, key, &open);
        match (found, env.aliases) {
            (Some(found), _) => Some(found),
            (None, Aliases::Last(aliases)) => named(aliases),
            (None, _) => None,
        }
    }

    /// A bare name among columns that could not be listed: certain when only one table can have it.
    fn find_in_stars(&mut self, ident: &Ident, key: &str, open: &[&Relation]) -> Option<Origins> {
        let mut found = Origins::default();
        let mut tables = Vec::new();
        for relation in open {
            if let Some(origins) = self.through_star(ident, key, relation) {
                found.extend(&origins);
                tables.push(relation.alias.clone().unwrap_or_default());
            }
        }
        match tables.len() {
            0 => None,
            1 if self.procedural => Some(found.uncertain()),
            1 => Some(found.settled()),
            _ => {
                self.issue(ident.span.start, IssueKind::Ambiguous { column: ident.value.clone(), tables });
                Some(found.uncertain().settled())
            }
        }
    }

    /// A name among the columns of a relation that could not be listed.
    fn through_star(&mut self, ident: &Ident, key: &str, relation: &Relation) -> Option<Origins> {
        let mut found: Option<Origins> = None;
        for column in relation.columns.iter() {
            let Some(star) = &column.star else { continue };
            if star.without.iter().any(|name| name == key) {
                continue;
            }
            let origins = match star.table {
                Some(table) => {
                    let source = self.tables.source(table, &self.dialect.fold(ident));
                    Origins::one(source, EdgeKind::Identity, true)
                }
                None => (*column.origins).clone(),
            };
            found = Some(match found {
                None => origins,
                // `SELECT a.*, b.*` of unknown tables: either may have it.
                Some(mut several) => {
                    several.extend(&origins);
                    several.uncertain().settled()
                }
            });
        }
        found
    }

    /// What a name in one relation comes from.
    pub(super) fn in_relation(&mut self, ident: &Ident, relation: &Relation) -> Option<Origins> {
        let key = ident.value.to_lowercase();
        let known = relation.columns.iter().find(|column| column.key == key && column.star.is_none());
        match known {
            Some(column) => Some((*column.origins).clone()),
            None => self.through_star(ident, &key, relation),
        }
    }

    /// What `table.column`, `schema.table.column` or `column.field` comes from.
    pub(super) fn qualified(&mut self, idents: &[Ident], env: &Env<'_>) -> Origins {
        let [first, .., last] = idents else {
            return idents.first().map(|ident| self.bare(ident, env)).unwrap_or_default();
        };
        let keys: Vec<String> = idents.iter().map(|ident| ident.value.to_lowercase()).collect();
        let mut level = Some(env);
        while let Some(env) = level {
            for split in (1..idents.len()).rev() {
                let (Some(qualifier), Some(ident)) = (keys.get(..split), idents.get(split)) else { continue };
                let Some(relation) = env.sources.relations.iter().find(|one| one.answers_to(qualifier))
                else {
                    continue;
                };
                let Some(found) = self.in_relation(ident, relation) else {
                    self.unknown(idents);
                    return Origins::default();
                };
                return if split + 1 == idents.len() { found } else { field_of(&found) };
            }
            level = env.outer;
        }
        if matches!(last.value.to_lowercase().as_str(), "nextval" | "currval") {
            return Origins::default();
        }
        let key = first.value.to_lowercase();
        match self.find_bare(first, &key, env) {
            Some(found) => field_of(&found),
            None => {
                self.unknown(idents);
                Origins::default()
            }
        }
    }

    fn unknown(&mut self, idents: &[Ident]) {
        let Some(first) = idents.first() else { return };
        let column = idents.iter().map(|ident| ident.value.as_str()).collect::<Vec<_>>().join(".");
        self.issue(first.span.start, IssueKind::UnknownColumn { column });
    }
}

/// A field of a structured column.
fn field_of(column: &Origins) -> Origins {
    let mut field = Origins::default();
    field.extend_through(column, EdgeKind::Transformation);
    field
}
