//! FROM: tables, joins, subqueries, functions.

use super::expression::{expressions, idents_of};
use super::issue::{IssueKind, Position};
use super::origin::Origins;
use super::query::named;
use super::resolver::Resolver;
use super::scope::{Column, Ctes, Env, Relation, Sources};
use super::tables;
use crate::kind::EdgeKind;
use sqlparser::ast::{
    Expr, Ident, Join, JoinConstraint, JoinOperator, JsonTableColumn, ObjectName, Query, TableAlias,
    TableFactor, TableWithJoins, XmlTableColumn,
};
use std::rc::Rc;

/// Which side's columns a join keeps, and whose value a merged column takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Both,
}

/// What a FROM clause is read into.
struct Reading<'a, 'b> {
    sources: Sources,
    indirect: Origins,
    ctes: &'a Ctes,
    outer: Option<&'a Env<'b>>,
}

impl Resolver<'_> {
    /// The relations of a FROM clause, and the columns that decide which rows meet.
    pub(super) fn from(
        &mut self,
        tables: &[TableWithJoins],
        ctes: &Ctes,
        outer: Option<&Env<'_>>,
    ) -> (Sources, Origins) {
        let mut reading = Reading { sources: Sources::default(), indirect: Origins::default(), ctes, outer };
        for table in tables {
            self.table_with_joins(table, &mut reading);
        }
        (reading.sources, reading.indirect.settled())
    }

    fn table_with_joins(&mut self, table: &TableWithJoins, reading: &mut Reading<'_, '_>) {
        let new = self.factor(&table.relation, false, reading);
        reading.sources.relations.extend(new.relations);
        reading.sources.merged.extend(new.merged);
        for join in &table.joins {
            self.join(join, reading);
        }
    }

    fn join(&mut self, join: &Join, reading: &mut Reading<'_, '_>) {
        let (constraint, keeps, value) = parts_of(&join.join_operator);
        let lateral = matches!(join.join_operator, JoinOperator::CrossApply | JoinOperator::OuterApply);
        let mut new = self.factor(&join.relation, lateral, reading);
        if keeps == Side::Left {
            new.relations.iter_mut().for_each(|relation| relation.hidden = true);
        }
        if keeps == Side::Right {
            reading.sources.relations.iter_mut().for_each(|relation| relation.hidden = true);
        }
        if let Some(merge) = self.merge(constraint, &new, reading) {
            for (name, left, right) in merge {
                reading.indirect.extend_through(&left, EdgeKind::Join);
                reading.indirect.extend_through(&right, EdgeKind::Join);
                let origins = match value {
                    Side::Left => left,
                    Side::Right => right,
                    Side::Both => {
                        let mut both = left;
                        both.extend(&right);
                        both.settled()
                    }
                };
                let column = Column::new(name, origins);
                reading.sources.merged.retain(|one| one.key != column.key);
                reading.sources.merged.push(column);
            }
        }
        reading.sources.relations.extend(new.relations);
        reading.sources.merged.extend(new.merged);
        let mut conditions = Vec::new();
        if let JoinConstraint::On(condition) = constraint {
            conditions.push(condition);
        }
        if let JoinOperator::AsOf { match_condition, .. } = &join.join_operator {
            conditions.push(match_condition);
        }
        let env = Env::new(&reading.sources, reading.ctes, reading.outer);
        let mut found = Origins::default();
        self.values_as(conditions, EdgeKind::Join, &env, &mut found);
        reading.indirect.extend(&found);
        reading.indirect.settle();
    }

    /// The columns that USING or NATURAL makes one: name, left origins, right origins.
    fn merge(
        &mut self,
        constraint: &JoinConstraint,
        new: &Sources,
        reading: &Reading<'_, '_>,
    ) -> Option<Vec<(String, Origins, Origins)>> {
        let names: Vec<Ident> = match constraint {
            JoinConstraint::Using(names) => {
                names.iter().filter_map(|name| tables::last(name).cloned()).collect()
            }
            JoinConstraint::Natural => {
                let (left, right) = (reading.sources.all(), new.all());
                if left.iter().chain(&right).any(|column| column.star.is_some()) {
                    self.issue(Position::default(), IssueKind::UnresolvedNatural);
                }
                let common = left.iter().filter(|one| one.star.is_none());
                let common = common.filter(|one| right.iter().any(|other| other.key == one.key));
                common.map(|column| Ident::with_quote('`', column.name.clone())).collect()
            }
            _ => return None,
        };
        let merged = names.into_iter().map(|name| {
            let left = self.bare(&name, &Env::new(&reading.sources, reading.ctes, None));
            let right = self.bare(&name, &Env::new(new, reading.ctes, None));
            (self.dialect.fold(&name), left, right)
        });
        Some(merged.collect())
    }

    /// One item of FROM. A lateral one sees the items before it.
    fn factor(&mut self, factor: &TableFactor, lateral: bool, reading: &mut Reading<'_, '_>) -> Sources {
        self.deeper(|deep| deep.factor_inner(factor, lateral, reading)).unwrap_or_default()
    }

    fn factor_inner(
        &mut self,
        factor: &TableFactor,
        lateral: bool,
        reading: &mut Reading<'_, '_>,
    ) -> Sources {
        match factor {
            TableFactor::Table { name, alias, args, .. } => match args {
                None => Sources::of(self.named_table(name, alias.as_ref(), reading)),
                Some(args) => self.table_function(name, expressions(&args.args), alias.as_ref(), reading),
            },
            TableFactor::Derived { lateral: written, subquery, alias, .. } => {
                Sources::of(self.derived(subquery, alias.as_ref(), lateral || *written, reading))
            }
            TableFactor::TableFunction { expr, alias } => {
                let name = ObjectName(Vec::new());
                self.table_function(&name, [expr], alias.as_ref(), reading)
            }
            TableFactor::Function { name, args, alias, .. } => {
                self.table_function(name, expressions(args), alias.as_ref(), reading)
            }
            TableFactor::UNNEST { alias, array_exprs, with_offset_alias, .. } => {
                self.unnest(array_exprs, alias.as_ref(), with_offset_alias.as_ref(), reading)
            }
            TableFactor::JsonTable { json_expr, columns, alias, .. } => {
                let mut names = Vec::new();
                json_columns(columns, &mut names);
                self.columns_of([json_expr], &names, alias.as_ref(), reading)
            }
            TableFactor::OpenJsonTable { json_expr, columns, alias, .. } => {
                let names: Vec<&Ident> = columns.iter().map(|column| &column.name).collect();
                if names.is_empty() {
                    let names = ["key", "value", "type"].map(Ident::new);
                    return self.columns_of([json_expr], &names.each_ref(), alias.as_ref(), reading);
                }
                self.columns_of([json_expr], &names, alias.as_ref(), reading)
            }
            TableFactor::XmlTable { row_expression, passing, columns, alias, .. } => {
                let names: Vec<&Ident> = columns.iter().map(|column: &XmlTableColumn| &column.name).collect();
                let exprs = passing.arguments.iter().map(|argument| &argument.expr);
                let exprs: Vec<&Expr> = exprs.chain([row_expression]).collect();
                self.columns_of(exprs, &names, alias.as_ref(), reading)
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                self.nested(table_with_joins, alias.as_ref(), reading)
            }
            TableFactor::Pivot { table, aggregate_functions, value_column, value_source, alias, .. } => {
                let base = self.factor(table, false, reading);
                let env = Env::new(&base, reading.ctes, reading.outer);
                let columns = self.pivot(aggregate_functions, value_column, value_source, &env);
                Sources::of(self.aliased(columns, alias.as_ref()))
            }
            TableFactor::Unpivot { table, value, name, columns, alias, .. } => {
                let base = self.factor(table, false, reading);
                let env = Env::new(&base, reading.ctes, reading.outer);
                let columns = self.unpivot(value, name, columns, &env);
                Sources::of(self.aliased(columns, alias.as_ref()))
            }
            TableFactor::MatchRecognize { table, alias, .. } => {
                let base = self.factor(table, false, reading);
                self.whole("MATCH_RECOGNIZE", &base, alias.as_ref())
            }
            TableFactor::SemanticView { name, alias, .. } => {
                let relation = self.named_table(name, None, reading);
                self.whole("SEMANTIC_VIEW", &Sources::of(relation), alias.as_ref())
            }
        }
    }

    /// Something that is not followed column by column: any column comes from all below it.
    fn whole(&mut self, what: &str, base: &Sources, alias: Option<&TableAlias>) -> Sources {
        self.issue(Position::default(), IssueKind::NotFollowed { what: what.to_owned() });
        let mut origins = Origins::default();
        base.all()
            .iter()
            .for_each(|column| origins.extend_through(&column.origins, EdgeKind::Transformation));
        let any = Column::any(origins.uncertain().settled());
        Sources::of(self.aliased(vec![any], alias))
    }

    fn named_table(
        &mut self,
        name: &ObjectName,
        alias: Option<&TableAlias>,
        reading: &mut Reading<'_, '_>,
    ) -> Relation {
        let own = idents_of(name).last().map(|ident| ident.value.to_lowercase()).unwrap_or_default();
        if name.0.len() == 1 {
            if let Some(body) = reading.ctes.find(&own) {
                self.recursion_used |= body.placeholder;
                reading.indirect.extend(&body.indirect);
                let relation = self.aliased(body.columns.to_vec(), alias);
                return Relation { alias: relation.alias.or(Some(own)), ..relation };
            }
            // Oracle's table of one row has no column anyone follows.
            if own == "dual" {
                return Relation { alias: Some(own), ..Relation::default() };
            }
        }
        let table = self.table(name);
        self.inputs.insert(table);
        self.relation_of(table, alias)
    }

    /// A table as a relation, under its alias or its name.
    pub(super) fn relation_of(&mut self, table: tables::TableId, alias: Option<&TableAlias>) -> Relation {
        let columns = self.table_columns(table);
        let path = self.tables.get(table).map(|found| found.path.clone()).unwrap_or_default();
        let relation = self.aliased(columns, alias);
        match relation.alias {
            Some(_) => Relation { table: Some(table), ..relation },
            None => Relation { alias: path.last().cloned(), path, table: Some(table), ..relation },
        }
    }

    fn derived(
        &mut self,
        subquery: &Query,
        alias: Option<&TableAlias>,
        lateral: bool,
        reading: &mut Reading<'_, '_>,
    ) -> Relation {
        let around = Env::new(&reading.sources, reading.ctes, reading.outer);
        let outer = if lateral { Some(&around) } else { reading.outer };
        let body = self.query(subquery, reading.ctes, outer);
        reading.indirect.extend(&body.indirect);
        self.aliased(body.columns.to_vec(), alias)
    }

    fn nested(
        &mut self,
        inner: &TableWithJoins,
        alias: Option<&TableAlias>,
        reading: &mut Reading<'_, '_>,
    ) -> Sources {
        let mut below = Reading {
            sources: Sources::default(),
            indirect: Origins::default(),
            ctes: reading.ctes,
            outer: reading.outer,
        };
        self.table_with_joins(inner, &mut below);
        reading.indirect.extend(&below.indirect);
        match alias {
            None => below.sources,
            Some(_) => {
                let columns = below.sources.all();
                Sources::of(self.aliased(columns, alias))
            }
        }
    }

    /// A function in FROM: it sees the items before it, and its columns come from its arguments.
    fn table_function<'e>(
        &mut self,
        name: &ObjectName,
        arguments: impl IntoIterator<Item = &'e Expr>,
        alias: Option<&TableAlias>,
        reading: &mut Reading<'_, '_>,
    ) -> Sources {
        let origins = self.arguments_of(arguments, reading);
        let known = alias.is_some_and(|alias| !alias.columns.is_empty());
        let columns = if known {
            let count = alias.map_or(0, |alias| alias.columns.len());
            vec![Column::new("column", origins); count]
        } else {
            // `generate_series(1, 9) AS n`: a function of one column has it under its alias.
            let own = alias.map(|alias| Column::new(self.dialect.fold(&alias.name), origins.clone()));
            own.into_iter().chain([Column::any(origins)]).collect()
        };
        let mut relation = self.aliased(columns, alias);
        if relation.alias.is_none() {
            relation.alias = tables::last(name).map(|ident| ident.value.to_lowercase());
        }
        Sources::of(relation)
    }

    fn arguments_of<'e>(
        &mut self,
        exprs: impl IntoIterator<Item = &'e Expr>,
        reading: &mut Reading<'_, '_>,
    ) -> Origins {
        let env = Env::new(&reading.sources, reading.ctes, reading.outer);
        let mut origins = Origins::default();
        self.values_as(exprs, EdgeKind::Transformation, &env, &mut origins);
        origins
    }

    fn unnest(
        &mut self,
        exprs: &[Expr],
        alias: Option<&TableAlias>,
        offset: Option<&Ident>,
        reading: &mut Reading<'_, '_>,
    ) -> Sources {
        let mut columns: Vec<Column> = Vec::new();
        for expr in exprs {
            let origins = self.arguments_of([expr], reading);
            columns.push(Column::new("unnest", origins));
        }
        let mut relation = self.aliased(columns, alias);
        if let (Some(alias), [only]) = (alias, relation.columns.as_slice())
            && alias.columns.is_empty()
        {
            // `UNNEST(a) AS x`: x names the column as well as the relation.
            let column = only.renamed(&self.dialect.fold(&alias.name));
            relation.columns = Rc::new(vec![column]);
        }
        if let Some(offset) = offset {
            let mut columns = relation.columns.to_vec();
            columns.push(Column::new(self.dialect.fold(offset), Origins::default()));
            relation.columns = Rc::new(columns);
        }
        Sources::of(relation)
    }

    fn columns_of<'e>(
        &mut self,
        exprs: impl IntoIterator<Item = &'e Expr>,
        names: &[&Ident],
        alias: Option<&TableAlias>,
        reading: &mut Reading<'_, '_>,
    ) -> Sources {
        let origins = self.arguments_of(exprs, reading);
        let columns =
            names.iter().map(|name| Column::new(self.dialect.fold(name), origins.clone())).collect();
        Sources::of(self.aliased(columns, alias))
    }

    /// Columns under an alias, renamed where it lists names.
    pub(super) fn aliased(&mut self, columns: Vec<Column>, alias: Option<&TableAlias>) -> Relation {
        let Some(alias) = alias else { return Relation { columns: Rc::new(columns), ..Relation::default() } };
        let names: Vec<String> = alias.columns.iter().map(|column| self.dialect.fold(&column.name)).collect();
        Relation {
            alias: Some(alias.name.value.to_lowercase()),
            columns: Rc::new(if names.is_empty() { columns } else { named(&columns, &names) }),
            ..Relation::default()
        }
    }
}

fn json_columns<'e>(columns: &'e [JsonTableColumn], into: &mut Vec<&'e Ident>) {
    for column in columns {
        match column {
            JsonTableColumn::Named(named) => into.push(&named.name),
            JsonTableColumn::ForOrdinality(name) => into.push(name),
            // As deep as the text nests, which the parser bounds.
            JsonTableColumn::Nested(nested) => json_columns(&nested.columns, into),
        }
    }
}

/// The condition of a join, whose rows' columns it keeps, and whose value a merged column takes.
fn parts_of(operator: &JoinOperator) -> (&JoinConstraint, Side, Side) {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::CrossJoin(constraint)
        | JoinOperator::StraightJoin(constraint)
        | JoinOperator::AsOf { constraint, .. } => (constraint, Side::Both, Side::Left),
        JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => {
            (constraint, Side::Both, Side::Right)
        }
        JoinOperator::FullOuter(constraint) => (constraint, Side::Both, Side::Both),
        JoinOperator::Semi(constraint)
        | JoinOperator::LeftSemi(constraint)
        | JoinOperator::Anti(constraint)
        | JoinOperator::LeftAnti(constraint) => (constraint, Side::Left, Side::Left),
        JoinOperator::RightSemi(constraint) | JoinOperator::RightAnti(constraint) => {
            (constraint, Side::Right, Side::Right)
        }
        JoinOperator::CrossApply
        | JoinOperator::OuterApply
        | JoinOperator::ArrayJoin
        | JoinOperator::LeftArrayJoin
        | JoinOperator::InnerArrayJoin => (&JoinConstraint::None, Side::Both, Side::Left),
    }
}
