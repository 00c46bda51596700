//! Queries: common table expressions, set operations, SELECT.

use super::issue::{IssueKind, Position};
use super::origin::Origins;
use super::resolver::{Flow, Resolver};
use super::scope::{Aliases, Body, Column, Ctes, Env, Relation, Sources};
use super::script::Verb;
use super::tables;
use crate::kind::EdgeKind;
use sqlparser::ast::{
    ConnectByKind, Cte, Distinct, Expr, GroupByExpr, GroupByWithModifier, LateralView, OrderBy, OrderByExpr,
    OrderByKind, Query, Select, SetExpr, SetOperator, Value, Values, With,
};
use std::rc::Rc;

/// How often a recursive expression is read again before its origins are taken as they are.
const ROUNDS_MAX: usize = 32;

impl Resolver<'_> {
    /// What a query gives; `outer` is the query around it, whose columns it may name.
    pub(super) fn query(&mut self, query: &Query, ctes: &Ctes, outer: Option<&Env<'_>>) -> Body {
        let body = self.deeper(|deep| {
            if !deep.spend(1) {
                return None;
            }
            let ctes = match &query.with {
                Some(with) => deep.with(with, ctes, outer),
                None => ctes.clone(),
            };
            if let Some(pipe) = query.pipe_operators.first() {
                let what = format!("pipe operator {}", first_word(&pipe.to_string()));
                deep.issue(Position::default(), IssueKind::NotFollowed { what });
            }
            Some(deep.set_expr(&query.body, query.order_by.as_ref(), &ctes, outer))
        });
        body.flatten().unwrap_or_else(unknown_body)
    }

    /// The expressions of WITH, each seeing those before it.
    pub(super) fn with(&mut self, with: &With, ctes: &Ctes, outer: Option<&Env<'_>>) -> Ctes {
        let mut ctes = ctes.clone();
        for cte in &with.cte_tables {
            let name = cte.alias.name.value.to_lowercase();
            let body = if with.recursive || self.dialect.recursion_is_silent() {
                self.recursive(cte, &name, &ctes, outer)
            } else {
                self.cte(cte, &ctes, outer)
            };
            ctes = ctes.with(name, Rc::new(body));
        }
        ctes
    }

    fn cte(&mut self, cte: &Cte, ctes: &Ctes, outer: Option<&Env<'_>>) -> Body {
        let body = self.query(&cte.query, ctes, outer);
        let names: Vec<String> =
            cte.alias.columns.iter().map(|column| self.dialect.fold(&column.name)).collect();
        Body { columns: Rc::new(named(&body.columns, &names)), ..body }
    }

    /// Reads an expression that may name itself, again and again until its origins stay.
    fn recursive(&mut self, cte: &Cte, name: &str, ctes: &Ctes, outer: Option<&Env<'_>>) -> Body {
        let around = std::mem::replace(&mut self.recursion_used, false);
        let mark = self.issue_mark();
        let mut known = Body { placeholder: true, ..unknown_body() };
        let mut rounds = 0;
        loop {
            self.recursion_used = false;
            self.forget_issues_after(mark);
            let mut body = self.cte(cte, &ctes.with(name.to_owned(), Rc::new(known.clone())), outer);
            rounds += 1;
            let settled = same_origins(&known, &body);
            if !self.recursion_used || settled || rounds == ROUNDS_MAX {
                self.recursion_used = around;
                body.placeholder = false;
                return body;
            }
            known = Body { placeholder: true, ..body };
        }
    }

    /// A SELECT, or several with set operations; the left spine is a loop, for thousands may be united.
    fn set_expr(
        &mut self,
        expr: &SetExpr,
        order_by: Option<&OrderBy>,
        ctes: &Ctes,
        outer: Option<&Env<'_>>,
    ) -> Body {
        let mut rest = Vec::new();
        let mut first = expr;
        while let SetExpr::SetOperation { left, op, right, .. } = first {
            rest.push((*op, &**right));
            first = left;
        }
        let single = rest.is_empty();
        let mut body = self.leaf(first, if single { order_by } else { None }, ctes, outer);
        while let Some((op, right)) = rest.pop() {
            let right =
                self.deeper(|deep| deep.set_expr(right, None, ctes, outer)).unwrap_or_else(unknown_body);
            body = combine(op, body, &right);
            self.spend(body.columns.iter().map(|column| column.origins.len()).sum());
        }
        if let (false, Some(order)) = (single, order_by) {
            let nothing = Sources::default();
            let env = Env { aliases: Aliases::First(&body.columns), ..Env::new(&nothing, ctes, outer) };
            let mut found = Origins::default();
            self.order_by(order, &body.columns, &env, &mut found);
            body.indirect.extend(&found);
        }
        body.indirect.settle();
        body
    }

    fn leaf(
        &mut self,
        expr: &SetExpr,
        order_by: Option<&OrderBy>,
        ctes: &Ctes,
        outer: Option<&Env<'_>>,
    ) -> Body {
        match expr {
            SetExpr::Select(select) => self.select(select, order_by, ctes, outer),
            SetExpr::Query(query) => {
                let mut body = self.query(query, ctes, outer);
                if let Some(order) = order_by {
                    let nothing = Sources::default();
                    let env =
                        Env { aliases: Aliases::First(&body.columns), ..Env::new(&nothing, ctes, outer) };
                    let mut found = Origins::default();
                    self.order_by(order, &body.columns, &env, &mut found);
                    body.indirect.extend(&found);
                }
                body
            }
            SetExpr::SetOperation { .. } => self.set_expr(expr, order_by, ctes, outer),
            SetExpr::Values(values) => self.values(values, ctes, outer),
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement)
            | SetExpr::Merge(statement) => self.writing(statement, ctes),
            SetExpr::Table(table) => {
                let name = [&table.schema_name, &table.table_name].into_iter().flatten();
                let idents = name.map(|part| sqlparser::ast::Ident::new(part.clone())).collect::<Vec<_>>();
                let table = self.table(&idents.into());
                self.inputs.insert(table);
                Body { columns: Rc::new(self.table_columns(table)), ..Body::default() }
            }
        }
    }

    fn values(&mut self, values: &Values, ctes: &Ctes, outer: Option<&Env<'_>>) -> Body {
        let nothing = Sources::default();
        let env = Env::new(&nothing, ctes, outer);
        let mut columns: Vec<Origins> = Vec::new();
        for row in &values.rows {
            for (at, expr) in row.content.iter().enumerate() {
                if columns.len() <= at {
                    columns.resize(at + 1, Origins::default());
                }
                // Most are constants; a row of them costs nothing.
                if !matches!(expr, Expr::Value(_)) {
                    let found = self.value(expr, &env);
                    if let Some(column) = columns.get_mut(at) {
                        column.extend(&found);
                        column.settle();
                    }
                }
            }
        }
        let named = columns.into_iter().enumerate();
        let columns = named.map(|(at, origins)| Column::new(format!("column{}", at + 1), origins));
        Body { columns: Rc::new(columns.collect()), ..Body::default() }
    }

    fn select(
        &mut self,
        select: &Select,
        order_by: Option<&OrderBy>,
        ctes: &Ctes,
        outer: Option<&Env<'_>>,
    ) -> Body {
        let (mut sources, mut indirect) = self.from(&select.from, ctes, outer);
        for view in &select.lateral_views {
            self.lateral_view(view, &mut sources, ctes, outer);
        }
        let plain = Env { windows: &select.named_window, ..Env::new(&sources, ctes, outer) };
        let columns = self.projection(select, &plain);
        let after = Env { aliases: Aliases::BeforeOpen(&columns), ..plain };
        let fallback = Env { aliases: Aliases::Last(&columns), ..plain };
        let filters = [&select.prewhere, &select.selection];
        self.values_as(filters.into_iter().flatten(), EdgeKind::Filter, &fallback, &mut indirect);
        for part in &select.connect_by {
            match part {
                ConnectByKind::ConnectBy { relationships, .. } => {
                    self.values_as(relationships, EdgeKind::Join, &plain, &mut indirect);
                }
                ConnectByKind::StartWith { condition, .. } => {
                    self.values_as([&**condition], EdgeKind::Filter, &plain, &mut indirect);
                }
            }
        }
        self.group_by(&select.group_by, &columns, &after, &mut indirect);
        let filters = [&select.having, &select.qualify];
        self.values_as(filters.into_iter().flatten(), EdgeKind::Filter, &after, &mut indirect);
        if let Some(Distinct::On(exprs)) = &select.distinct {
            self.values_as(exprs, EdgeKind::GroupBy, &after, &mut indirect);
        }
        let first = Env { aliases: Aliases::First(&columns), ..plain };
        let sorts = select.cluster_by.iter().chain(&select.distribute_by);
        self.values_as(sorts, EdgeKind::Sort, &first, &mut indirect);
        self.order_exprs(&select.sort_by, &columns, &first, &mut indirect);
        if let Some(order) = order_by {
            self.order_by(order, &columns, &first, &mut indirect);
        }
        indirect.settle();
        let body = Body { columns: Rc::new(columns), indirect, placeholder: false };
        if let Some(into) = &select.into {
            self.select_into(&into.name, &body);
        }
        body
    }

    /// `SELECT … INTO table`; inside a procedure the target is a variable.
    fn select_into(&mut self, name: &sqlparser::ast::ObjectName, body: &Body) {
        if self.procedural && name.0.len() == 1 && !name.to_string().starts_with('#') {
            return;
        }
        let target = self.table(name);
        self.define_from(target, &body.columns);
        self.flows.push(Flow {
            verb: Verb::Insert,
            target: Some(target),
            columns: body
                .columns
                .iter()
                .map(|column| (column.name.clone(), column.origins.clone()))
                .collect(),
            indirect: body.indirect.clone(),
        });
    }

    /// Hive: `LATERAL VIEW explode(x) t AS a, b`.
    fn lateral_view(
        &mut self,
        view: &LateralView,
        sources: &mut Sources,
        ctes: &Ctes,
        outer: Option<&Env<'_>>,
    ) {
        let env = Env::new(sources, ctes, outer);
        let origins = self.value(&view.lateral_view, &env);
        let columns: Vec<Column> = if view.lateral_col_alias.is_empty() {
            ["col", "key", "value", "pos"].iter().map(|name| Column::new(*name, origins.clone())).collect()
        } else {
            let names = view.lateral_col_alias.iter();
            names.map(|name| Column::new(self.dialect.fold(name), origins.clone())).collect()
        };
        let alias = tables::last(&view.lateral_view_name).map(|ident| ident.value.to_lowercase());
        sources.relations.push(Relation { alias, columns: Rc::new(columns), ..Relation::default() });
    }

    fn group_by(&mut self, group: &GroupByExpr, columns: &[Column], env: &Env<'_>, indirect: &mut Origins) {
        let modifiers = match group {
            GroupByExpr::All(modifiers) => {
                for column in columns.iter().filter(|column| !column.origins.is_aggregate()) {
                    indirect.extend_through(&column.origins, EdgeKind::GroupBy);
                }
                modifiers
            }
            GroupByExpr::Expressions(exprs, modifiers) => {
                for expr in exprs {
                    self.key(expr, EdgeKind::GroupBy, columns, env, indirect);
                }
                modifiers
            }
        };
        for modifier in modifiers {
            if let GroupByWithModifier::GroupingSets(expr) = modifier {
                self.key(expr, EdgeKind::GroupBy, columns, env, indirect);
            }
        }
        indirect.settle();
    }

    fn order_by(&mut self, order: &OrderBy, columns: &[Column], env: &Env<'_>, indirect: &mut Origins) {
        match &order.kind {
            OrderByKind::All(_) => {
                columns.iter().for_each(|column| indirect.extend_through(&column.origins, EdgeKind::Sort));
            }
            OrderByKind::Expressions(exprs) => self.order_exprs(exprs, columns, env, indirect),
        }
        indirect.settle();
    }

    fn order_exprs(
        &mut self,
        exprs: &[OrderByExpr],
        columns: &[Column],
        env: &Env<'_>,
        indirect: &mut Origins,
    ) {
        exprs.iter().for_each(|order| self.key(&order.expr, EdgeKind::Sort, columns, env, indirect));
    }

    /// A key of GROUP BY or ORDER BY; a number means a column of the select list.
    fn key(&mut self, expr: &Expr, how: EdgeKind, columns: &[Column], env: &Env<'_>, indirect: &mut Origins) {
        if let Expr::Value(value) = expr
            && let Value::Number(number, _) = &value.value
        {
            let at = number.parse::<usize>().ok().and_then(|at| at.checked_sub(1));
            if let Some(column) = at.and_then(|at| columns.get(at)) {
                indirect.extend_through(&column.origins, how);
            }
            return;
        }
        let found = self.value_as(expr, how, env);
        indirect.extend(&found);
    }

    /// Remembers the columns of a table that a query made.
    pub(super) fn define_from(&mut self, table: tables::TableId, columns: &[Column]) {
        let known = columns.iter().all(|column| column.star.is_none());
        let names = || columns.iter().map(|column| column.name.clone()).collect();
        self.tables.define(table, known.then(names));
    }
}

/// Columns under other names, as far as names are given.
pub(super) fn named(columns: &[Column], names: &[String]) -> Vec<Column> {
    let renamed = |(at, column): (usize, &Column)| match names.get(at) {
        Some(name) => column.renamed(name),
        None => column.clone(),
    };
    if names.len() > columns.len() && columns.iter().any(|column| column.star.is_some()) {
        // More names than columns that could be listed: each may be any of them.
        let mut any = Origins::default();
        columns.iter().for_each(|column| any.extend(&column.origins));
        let any = any.uncertain().settled();
        return names.iter().map(|name| Column::new(name.clone(), any.clone())).collect();
    }
    columns.iter().enumerate().map(renamed).collect()
}

/// A result of which nothing is known.
fn unknown_body() -> Body {
    Body { columns: Rc::new(vec![Column::any(Origins::default())]), ..Body::default() }
}

fn same_origins(a: &Body, b: &Body) -> bool {
    a.columns.len() == b.columns.len()
        && a.columns.iter().zip(b.columns.iter()).all(|(a, b)| a.key == b.key && a.origins == b.origins)
        && a.indirect == b.indirect
}

/// Two results as one: united by position, or the left one cut by the right one.
fn combine(op: SetOperator, left: Body, right: &Body) -> Body {
    let mut indirect = left.indirect;
    indirect.extend(&right.indirect);
    if op != SetOperator::Union {
        for column in right.columns.iter() {
            indirect.extend_through(&column.origins, EdgeKind::Filter);
        }
        return Body { columns: left.columns, indirect: indirect.settled(), placeholder: false };
    }
    let listed = |columns: &[Column]| columns.iter().all(|column| column.star.is_none());
    let columns = if listed(&left.columns) && listed(&right.columns) {
        united(&left.columns, &right.columns)
    } else {
        // Positions are unknown: a name may come from either side.
        left.columns.iter().chain(right.columns.iter()).cloned().collect()
    };
    Body { columns: Rc::new(columns), indirect: indirect.settled(), placeholder: false }
}

fn united(left: &[Column], right: &[Column]) -> Vec<Column> {
    let both = left.iter().enumerate().map(|(at, column)| {
        let mut origins = (*column.origins).clone();
        if let Some(other) = right.get(at) {
            origins.extend(&other.origins);
        }
        Column { origins: Rc::new(origins.settled()), ..column.clone() }
    });
    both.collect()
}

fn first_word(text: &str) -> String {
    text.split_whitespace().next().unwrap_or_default().to_owned()
}
