//! INSERT, UPDATE, DELETE, MERGE.

use super::expression::idents_of;
use super::issue::{IssueKind, Position};
use super::origin::Origins;
use super::resolver::{Flow, Resolver};
use super::scope::{Body, Column, Ctes, Env, Relation, Sources};
use super::script::Verb;
use super::tables::{self, TableId};
use crate::kind::EdgeKind;
use sqlparser::ast::{
    Assignment, AssignmentTarget, Delete, Expr, FromTable, Ident, Insert, Merge, MergeAction,
    MergeInsertKind, MultiTableInsertIntoClause, MultiTableInsertValue, ObjectName, OnConflictAction,
    OnInsert, OutputClause, SelectItem, Statement, TableFactor, TableObject, Update, UpdateTableFromKind,
};
use std::rc::Rc;

/// Columns assigned, table by table.
type Assigned = Vec<(TableId, Vec<(String, Rc<Origins>)>)>;

impl Resolver<'_> {
    /// A statement that writes, perhaps inside WITH; gives the rows it returns.
    pub(super) fn writing(&mut self, statement: &Statement, ctes: &Ctes) -> Body {
        match statement {
            Statement::Insert(insert) => self.insert(insert, ctes),
            Statement::Update(update) => self.update(update, ctes),
            Statement::Delete(delete) => self.delete(delete, ctes),
            Statement::Merge(merge) => self.merge_into(merge, ctes),
            Statement::Query(query) => self.query(query, ctes, None),
            other => {
                let words = other.to_string();
                self.not_followed(words.split_whitespace().next().unwrap_or_default());
                Body::default()
            }
        }
    }

    fn insert(&mut self, insert: &Insert, ctes: &Ctes) -> Body {
        let source = insert.source.as_deref().map(|query| self.query(query, ctes, None));
        let several =
            !insert.multi_table_into_clauses.is_empty() || !insert.multi_table_when_clauses.is_empty();
        if several {
            self.insert_several(insert, source.unwrap_or_default(), ctes);
            return Body::default();
        }
        let target = match &insert.table {
            TableObject::TableName(name) => self.table(name),
            TableObject::TableFunction(_) => {
                self.not_followed("INSERT INTO FUNCTION");
                return Body::default();
            }
            TableObject::TableQuery(query) => return self.insert_into_query(query, insert, ctes),
        };
        let body = source.unwrap_or_default();
        let listed: Vec<String> = insert
            .columns
            .iter()
            .filter_map(tables::last)
            .chain(&insert.after_columns)
            .map(|ident| self.dialect.fold(ident))
            .collect();
        let (fixed, moving) = self.partition(insert.partitioned.as_deref().unwrap_or_default());
        let mut columns = if insert.assignments.is_empty() {
            self.fill(target, &listed, &fixed, &moving, &body)
        } else {
            // MySQL: INSERT … SET a = 1.
            self.assigned_values(&insert.assignments, target, &Sources::default(), ctes)
        };
        let mut indirect = body.indirect.clone();
        self.on_conflict(insert, target, &body, ctes, &mut columns, &mut indirect);
        self.flows.push(Flow { verb: Verb::Insert, target: Some(target), columns, indirect });
        self.returned(
            target,
            insert.table_alias.as_ref().map(|alias| &alias.alias),
            insert.returning.as_deref(),
            insert.output.as_ref(),
            ctes,
        )
    }

    /// Oracle: `INSERT INTO (SELECT … FROM t) …` writes t.
    fn insert_into_query(&mut self, query: &sqlparser::ast::Query, insert: &Insert, ctes: &Ctes) -> Body {
        let before = self.inputs.clone();
        let shape = self.query(query, ctes, None);
        let new: Vec<TableId> = self.inputs.difference(&before).copied().collect();
        let [target] = new.as_slice() else {
            self.not_followed("INSERT INTO (SELECT …)");
            return Body::default();
        };
        let target = *target;
        self.inputs.remove(&target);
        let body = insert.source.as_deref().map(|query| self.query(query, ctes, None)).unwrap_or_default();
        let listed: Vec<String> = shape.columns.iter().map(|column| column.name.clone()).collect();
        let columns = self.fill(target, &listed, &[], &[], &body);
        self.flows.push(Flow { verb: Verb::Insert, target: Some(target), columns, indirect: body.indirect });
        Body::default()
    }

    /// Hive's PARTITION: columns set to a constant, and columns filled by the last values.
    fn partition(&self, partition: &[Expr]) -> (Vec<String>, Vec<String>) {
        let (mut fixed, mut moving) = (Vec::new(), Vec::new());
        for expr in partition {
            match expr {
                Expr::Identifier(ident) => moving.push(self.dialect.fold(ident)),
                Expr::BinaryOp { left, .. } => {
                    if let Expr::Identifier(ident) = &**left {
                        fixed.push(self.dialect.fold(ident));
                    }
                }
                _ => {}
            }
        }
        (fixed, moving)
    }

    /// Values into columns by position.
    fn fill(
        &mut self,
        target: TableId,
        listed: &[String],
        fixed: &[String],
        moving: &[String],
        body: &Body,
    ) -> Vec<(String, Rc<Origins>)> {
        if body.columns.is_empty() {
            return Vec::new();
        }
        let is_partition =
            |name: &String| fixed.iter().chain(moving).any(|one| one.eq_ignore_ascii_case(name));
        let known = self.tables.get(target).and_then(|table| table.columns.clone());
        let mut names: Vec<String> = if listed.is_empty() {
            known.clone().unwrap_or_default().into_iter().filter(|name| !is_partition(name)).collect()
        } else {
            listed.to_vec()
        };
        if listed.is_empty() && known.is_none() {
            let table = self.tables.name(target);
            if body.columns.iter().all(|column| column.star.is_none()) {
                self.issue(Position::default(), IssueKind::UnknownTarget { table });
            }
            let own = body.columns.len().saturating_sub(moving.len());
            names = body.columns.iter().take(own).map(|column| column.name.clone()).collect();
        }
        names.extend(moving.iter().cloned());
        let stars = body.columns.iter().any(|column| column.star.is_some());
        if stars {
            return self.fill_from_stars(&names, body);
        }
        if names.len() != body.columns.len() {
            let kind = IssueKind::ColumnCount { expected: names.len(), found: body.columns.len() };
            self.issue(Position::default(), kind);
        }
        names
            .into_iter()
            .zip(body.columns.iter())
            .map(|(name, column)| (name, column.origins.clone()))
            .collect()
    }

    /// Values whose number is unknown: those before the first star have their place, a lone `*` of a table fills
    /// columns of the same names, the rest is one column that stands for many.
    fn fill_from_stars(&mut self, names: &[String], body: &Body) -> Vec<(String, Rc<Origins>)> {
        let placed = body.columns.iter().take_while(|column| column.star.is_none());
        let mut columns: Vec<(String, Rc<Origins>)> =
            names.iter().zip(placed).map(|(name, column)| (name.clone(), column.origins.clone())).collect();
        let mut rest = Origins::default();
        body.columns.iter().skip(columns.len()).for_each(|column| rest.extend(&column.origins));
        columns.push(("*".to_owned(), Rc::new(rest.uncertain().settled())));
        columns
    }

    /// Oracle: INSERT ALL / FIRST.
    fn insert_several(&mut self, insert: &Insert, body: Body, ctes: &Ctes) {
        let relation = Relation { columns: body.columns.clone(), ..Relation::default() };
        let sources = Sources::of(relation);
        let env = Env::new(&sources, ctes, None);
        let mut todo: Vec<(&MultiTableInsertIntoClause, Origins)> = Vec::new();
        let plain = insert.multi_table_into_clauses.iter();
        todo.extend(plain.map(|clause| (clause, Origins::default())));
        let mut conditions = Origins::default();
        for when in &insert.multi_table_when_clauses {
            let condition = self.value_as(&when.condition, EdgeKind::Filter, &env);
            conditions.extend(&condition);
            todo.extend(when.into_clauses.iter().map(|clause| (clause, condition.clone())));
        }
        let others = insert.multi_table_else_clause.iter().flatten();
        todo.extend(others.map(|clause| (clause, conditions.clone())));
        for (clause, condition) in todo {
            let target = self.table(&clause.table_name);
            let listed: Vec<String> = clause.columns.iter().map(|ident| self.dialect.fold(ident)).collect();
            let values = match &clause.values {
                None => body.clone(),
                Some(values) => {
                    let columns = values.values.iter().map(|value| match value {
                        MultiTableInsertValue::Expr(expr) => Column::new("", self.value(expr, &env)),
                        MultiTableInsertValue::Default => Column::new("", Origins::default()),
                    });
                    Body { columns: Rc::new(columns.collect()), ..Body::default() }
                }
            };
            let columns = self.fill(target, &listed, &[], &[], &values);
            let mut indirect = body.indirect.clone();
            indirect.extend(&condition);
            self.flows.push(Flow { verb: Verb::Insert, target: Some(target), columns, indirect });
        }
    }

    fn on_conflict(
        &mut self,
        insert: &Insert,
        target: TableId,
        body: &Body,
        ctes: &Ctes,
        columns: &mut Vec<(String, Rc<Origins>)>,
        indirect: &mut Origins,
    ) {
        let Some(on) = &insert.on else { return };
        let mut own = self.relation_of(target, None);
        if let Some(alias) = &insert.table_alias {
            own.alias = Some(alias.alias.value.to_lowercase());
        }
        // The row that was to be inserted, under the names the dialects give it.
        let offered: Vec<Column> =
            columns.iter().map(|(name, o)| Column::new(name.clone(), (**o).clone())).collect();
        let mut sources = Sources::of(own);
        let row_alias = insert.insert_alias.as_ref().and_then(|alias| tables::last(&alias.row_alias));
        let alias = row_alias.map_or_else(|| "excluded".to_owned(), |ident| ident.value.to_lowercase());
        // Seen only with its name: a bare column is the one of the table.
        let row =
            Relation { alias: Some(alias), columns: Rc::new(offered), hidden: true, ..Relation::default() };
        sources.relations.push(row);
        // MySQL lets the values of the query be named too.
        let from = Relation { columns: body.columns.clone(), hidden: true, ..Relation::default() };
        sources.relations.push(from);
        let (assignments, condition) = match on {
            OnInsert::DuplicateKeyUpdate(assignments) => (assignments, None),
            OnInsert::OnConflict(conflict) => match &conflict.action {
                OnConflictAction::DoNothing => return,
                OnConflictAction::DoUpdate(update) => (&update.assignments, update.selection.as_ref()),
            },
            other => {
                self.not_followed(&format!("INSERT …{other}"));
                return;
            }
        };
        for (name, origins) in self.assigned_values(assignments, target, &sources, ctes) {
            match columns.iter_mut().find(|(one, _)| one.eq_ignore_ascii_case(&name)) {
                Some((_, known)) => {
                    let mut both = (**known).clone();
                    both.extend(&origins);
                    *known = Rc::new(both.settled());
                }
                None => columns.push((name, origins)),
            }
        }
        let env = Env::new(&sources, ctes, None);
        self.values_as(condition, EdgeKind::Filter, &env, indirect);
    }

    fn assigned_values(
        &mut self,
        assignments: &[Assignment],
        target: TableId,
        sources: &Sources,
        ctes: &Ctes,
    ) -> Vec<(String, Rc<Origins>)> {
        let assigned = self.assignments(assignments, target, sources, ctes);
        assigned.into_iter().flat_map(|(_, columns)| columns).collect()
    }

    /// What is assigned to which columns; the target of one that is not qualified is `target`.
    fn assignments(
        &mut self,
        assignments: &[Assignment],
        target: TableId,
        sources: &Sources,
        ctes: &Ctes,
    ) -> Assigned {
        let env = Env::new(sources, ctes, None);
        let mut assigned: Assigned = vec![(target, Vec::new())];
        for assignment in assignments {
            let names = match &assignment.target {
                AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
                AssignmentTarget::Tuple(names) => names,
            };
            let values = self.values_for(&assignment.value, names.len(), &env);
            for (at, name) in names.iter().enumerate() {
                let Some(ident) = tables::last(name) else { continue };
                let owner = owner_of(name, sources).unwrap_or(target);
                let value = (self.dialect.fold(ident), values.get(at).cloned().unwrap_or_default());
                match assigned.iter_mut().find(|(table, _)| *table == owner) {
                    Some((_, columns)) => columns.push(value),
                    None => assigned.push((owner, vec![value])),
                }
            }
        }
        assigned
    }

    /// The values for a tuple of columns: one by one where they can be told apart.
    fn values_for(&mut self, value: &Expr, count: usize, env: &Env<'_>) -> Vec<Rc<Origins>> {
        if count > 1 {
            match value {
                Expr::Tuple(exprs) => {
                    return exprs.iter().map(|expr| Rc::new(self.value(expr, env))).collect();
                }
                Expr::Subquery(query) => {
                    let body = self.query(query, env.ctes, Some(env));
                    let columns = body.columns.iter().map(|column| {
                        let mut origins = (*column.origins).clone();
                        origins.extend(&body.indirect);
                        Rc::new(origins.settled())
                    });
                    return columns.collect();
                }
                _ => {}
            }
        }
        // They cannot be told apart: each comes from the whole.
        let whole = Rc::new(self.value(value, env));
        (0..count).map(|_| whole.clone()).collect()
    }

    fn update(&mut self, update: &Update, ctes: &Ctes) -> Body {
        let from = match &update.from {
            None => &[][..],
            Some(UpdateTableFromKind::BeforeSet(tables) | UpdateTableFromKind::AfterSet(tables)) => tables,
        };
        let inputs = self.inputs.clone();
        let (mut sources, mut indirect) = self.from(from, ctes, None);
        // SQL Server: UPDATE alias … FROM table alias.
        let named = match &update.table.relation {
            TableFactor::Table { name, alias: None, .. } => owner_named(name, &sources),
            _ => None,
        };
        let target = match named {
            Some(table) => table,
            None => {
                let (own, more) = self.from(std::slice::from_ref(&update.table), ctes, None);
                indirect.extend(&more);
                let target = own.relations.first().and_then(|relation| relation.table);
                sources.relations.splice(0..0, own.relations);
                sources.merged.extend(own.merged);
                let Some(target) = target else {
                    self.not_followed("UPDATE of something that is no table");
                    return Body::default();
                };
                target
            }
        };
        let assigned = self.assignments(&update.assignments, target, &sources, ctes);
        let env = Env::new(&sources, ctes, None);
        self.values_as(&update.selection, EdgeKind::Filter, &env, &mut indirect);
        let keys = update.order_by.iter().map(|order| &order.expr);
        self.values_as(keys, EdgeKind::Sort, &env, &mut indirect);
        let mut read_target = inputs.contains(&target);
        for (table, columns) in assigned {
            read_target |= columns.iter().any(|(_, origins)| self.comes_from(origins, table));
            if !columns.is_empty() {
                let indirect = indirect.clone();
                self.flows.push(Flow { verb: Verb::Update, target: Some(table), columns, indirect });
            }
        }
        if !read_target {
            self.inputs.remove(&target);
        }
        self.returned(target, None, update.returning.as_deref(), update.output.as_ref(), ctes)
    }

    fn comes_from(&self, origins: &Origins, table: TableId) -> bool {
        origins.iter().any(|from| self.tables.of_source(from.source).is_some_and(|(of, _)| of == table))
    }

    fn delete(&mut self, delete: &Delete, ctes: &Ctes) -> Body {
        let (FromTable::WithFromKeyword(tables) | FromTable::WithoutKeyword(tables)) = &delete.from;
        let (mut sources, mut indirect) = self.from(tables, ctes, None);
        if let Some(using) = &delete.using {
            let (more, decides) = self.from(using, ctes, None);
            sources.relations.extend(more.relations);
            indirect.extend(&decides);
        }
        let mut targets: Vec<TableId> =
            delete.tables.iter().filter_map(|name| owner_named(name, &sources)).collect();
        if targets.is_empty() {
            targets.extend(sources.relations.first().and_then(|relation| relation.table));
        }
        if targets.is_empty() {
            self.not_followed("DELETE of something that is no table");
            return Body::default();
        }
        let env = Env::new(&sources, ctes, None);
        self.values_as(&delete.selection, EdgeKind::Filter, &env, &mut indirect);
        let keys = delete.order_by.iter().map(|order| &order.expr);
        self.values_as(keys, EdgeKind::Sort, &env, &mut indirect);
        for target in &targets {
            let indirect = indirect.clone();
            self.flows.push(Flow {
                verb: Verb::Delete,
                target: Some(*target),
                columns: Vec::new(),
                indirect,
            });
        }
        match targets.first() {
            Some(target) => {
                self.returned(*target, None, delete.returning.as_deref(), delete.output.as_ref(), ctes)
            }
            None => Body::default(),
        }
    }

    fn merge_into(&mut self, merge: &Merge, ctes: &Ctes) -> Body {
        let both = |relation: &TableFactor| sqlparser::ast::TableWithJoins {
            relation: relation.clone(),
            joins: Vec::new(),
        };
        let (from, mut indirect) = self.from(&[both(&merge.source)], ctes, None);
        let inputs = self.inputs.clone();
        let (own, _) = self.from(&[both(&merge.table)], ctes, None);
        let Some(target) = own.relations.first().and_then(|relation| relation.table) else {
            self.not_followed("MERGE into something that is no table");
            return Body::default();
        };
        if !inputs.contains(&target) {
            self.inputs.remove(&target);
        }
        let mut sources = own;
        sources.relations.extend(from.relations.iter().cloned());
        let env = Env::new(&sources, ctes, None);
        let found = self.value_as(&merge.on, EdgeKind::Join, &env);
        indirect.extend(&found);
        let mut columns: Vec<(String, Rc<Origins>)> = Vec::new();
        for clause in &merge.clauses {
            self.values_as(&clause.predicate, EdgeKind::Filter, &env, &mut indirect);
            let more = match &clause.action {
                MergeAction::Delete { .. } => Vec::new(),
                MergeAction::Update(update) => {
                    let conditions = [&update.update_predicate, &update.delete_predicate];
                    self.values_as(conditions.into_iter().flatten(), EdgeKind::Filter, &env, &mut indirect);
                    self.assigned_values(&update.assignments, target, &sources, ctes)
                }
                MergeAction::Insert(insert) => {
                    self.values_as(&insert.insert_predicate, EdgeKind::Filter, &env, &mut indirect);
                    let listed: Vec<String> = insert
                        .columns
                        .iter()
                        .filter_map(tables::last)
                        .map(|i| self.dialect.fold(i))
                        .collect();
                    let values: Vec<Column> = match &insert.kind {
                        // The values of a MERGE are one row.
                        MergeInsertKind::Values(values) => {
                            let row =
                                values.rows.first().map(|row| row.content.as_slice()).unwrap_or_default();
                            row.iter().map(|expr| Column::new("", self.value(expr, &env))).collect()
                        }
                        MergeInsertKind::Row => from.all(),
                    };
                    let body = Body { columns: Rc::new(values), ..Body::default() };
                    self.fill(target, &listed, &[], &[], &body)
                }
            };
            add_to(&mut columns, more);
        }
        self.flows.push(Flow { verb: Verb::Merge, target: Some(target), columns, indirect });
        self.returned(target, None, None, merge.output.as_ref(), ctes)
    }

    /// RETURNING and OUTPUT: the rows written, as rows of a query or of a further table.
    fn returned(
        &mut self,
        target: TableId,
        alias: Option<&Ident>,
        returning: Option<&[SelectItem]>,
        output: Option<&OutputClause>,
        ctes: &Ctes,
    ) -> Body {
        let (items, into) = match (returning, output) {
            (Some(items), _) => (items, None),
            (None, Some(OutputClause::Returning { select_items, .. })) => (select_items.as_slice(), None),
            (None, Some(OutputClause::Output { select_items, into_table, .. })) => {
                (select_items.as_slice(), into_table.as_ref())
            }
            (None, None) => return Body::default(),
        };
        let mut own = self.relation_of(target, None);
        if let Some(alias) = alias {
            own.alias = Some(alias.value.to_lowercase());
        }
        let mut sources = Sources::of(own.clone());
        for name in ["inserted", "deleted"] {
            sources.relations.push(Relation {
                alias: Some(name.to_owned()),
                hidden: true,
                path: Vec::new(),
                ..own.clone()
            });
        }
        let env = Env::new(&sources, ctes, None);
        let columns = self.items(items, &env);
        if let Some(into) = into {
            let name = self.table(&into.name);
            let columns =
                columns.iter().map(|column| (column.name.clone(), column.origins.clone())).collect();
            let indirect = Origins::default();
            self.flows.push(Flow { verb: Verb::Insert, target: Some(name), columns, indirect });
            self.inputs.insert(target);
            return Body::default();
        }
        Body { columns: Rc::new(columns), ..Body::default() }
    }
}

/// The table of the relation a column name is qualified with.
fn owner_of(name: &ObjectName, sources: &Sources) -> Option<TableId> {
    let idents = idents_of(name);
    let (_, qualifier) = idents.split_last()?;
    let key: Vec<String> = qualifier.iter().map(|ident| ident.value.to_lowercase()).collect();
    sources.relations.iter().find(|relation| relation.answers_to(&key)).and_then(|relation| relation.table)
}

/// The table of the relation of this name.
fn owner_named(name: &ObjectName, sources: &Sources) -> Option<TableId> {
    let key: Vec<String> = idents_of(name).iter().map(|ident| ident.value.to_lowercase()).collect();
    sources.relations.iter().find(|relation| relation.answers_to(&key)).and_then(|relation| relation.table)
}

fn add_to(columns: &mut Vec<(String, Rc<Origins>)>, more: Vec<(String, Rc<Origins>)>) {
    for (name, origins) in more {
        match columns.iter_mut().find(|(one, _)| one.eq_ignore_ascii_case(&name)) {
            Some((_, known)) => {
                let mut both = (**known).clone();
                both.extend(&origins);
                *known = Rc::new(both.settled());
            }
            None => columns.push((name, origins)),
        }
    }
}
