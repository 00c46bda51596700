//! The select list.

use super::expression::{function_name, idents_of};
use super::issue::{IssueKind, Position};
use super::resolver::Resolver;
use super::scope::{Aliases, Column, Env, Star};
use sqlparser::ast::{
    ExcludeSelectItem, Expr, RenameSelectItem, Select, SelectItem, SelectItemQualifiedWildcardKind,
    WildcardAdditionalOptions,
};
use std::rc::Rc;

impl Resolver<'_> {
    /// The columns of a SELECT; an item may name those before it where no table has the name.
    pub(super) fn projection(&mut self, select: &Select, env: &Env<'_>) -> Vec<Column> {
        let mut columns = self.items(&select.projection, env);
        if let Some(exclude) = &select.exclude {
            let without = excluded(exclude);
            columns.retain(|column| !without.contains(&column.key));
        }
        columns
    }

    /// The columns of a list such as that of SELECT or RETURNING.
    pub(super) fn items(&mut self, items: &[SelectItem], env: &Env<'_>) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        for item in items {
            let env = Env { aliases: Aliases::Last(&columns), ..*env };
            let more = match item {
                SelectItem::UnnamedExpr(expr) => {
                    vec![Column::new(self.name_of(expr, columns.len()), self.value(expr, &env))]
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    vec![Column::new(self.dialect.fold(alias), self.value(expr, &env))]
                }
                SelectItem::ExprWithAliases { expr, aliases } => {
                    let origins = self.value(expr, &env);
                    let named = aliases.iter();
                    named.map(|alias| Column::new(self.dialect.fold(alias), origins.clone())).collect()
                }
                SelectItem::Wildcard(options) => {
                    let all = env.sources.all();
                    self.star(all, options, &env)
                }
                SelectItem::QualifiedWildcard(kind, options) => self.qualified_star(kind, options, &env),
            };
            columns.extend(more);
        }
        columns
    }

    fn qualified_star(
        &mut self,
        kind: &SelectItemQualifiedWildcardKind,
        options: &WildcardAdditionalOptions,
        env: &Env<'_>,
    ) -> Vec<Column> {
        let name = match kind {
            SelectItemQualifiedWildcardKind::ObjectName(name) => name,
            SelectItemQualifiedWildcardKind::Expr(expr) => {
                let origins = self.value(expr, env);
                return vec![Column::any(origins)];
            }
        };
        let qualifier: Vec<String> = idents_of(name).iter().map(|ident| ident.value.to_lowercase()).collect();
        let mut level = Some(env);
        while let Some(at) = level {
            if let Some(relation) = at.sources.relations.iter().find(|one| one.answers_to(&qualifier)) {
                let all = relation.columns.to_vec();
                return self.star(all, options, env);
            }
            level = at.outer;
        }
        // A structured column spread out: `column.*`.
        let origins = self.qualified(&idents_of(name), env);
        vec![Column::any(origins)]
    }

    /// `*` with what is taken out, replaced and renamed.
    fn star(&mut self, all: Vec<Column>, options: &WildcardAdditionalOptions, env: &Env<'_>) -> Vec<Column> {
        let mut without: Vec<String> = options.opt_exclude.as_ref().map(excluded).unwrap_or_default();
        if let Some(except) = &options.opt_except {
            let names = std::iter::once(&except.first_element).chain(&except.additional_elements);
            without.extend(names.map(|ident| ident.value.to_lowercase()));
        }
        let mut columns = Vec::with_capacity(all.len());
        for column in all {
            match &column.star {
                Some(star) => {
                    self.unresolved_star(star, options);
                    let all = star.without.iter().chain(&without).cloned().collect();
                    let star = Star { without: Rc::new(all), ..star.clone() };
                    columns.push(Column { star: Some(star), ..column });
                }
                None if without.contains(&column.key) => {}
                None => columns.push(column),
            }
        }
        for item in options.opt_replace.iter().flat_map(|replace| &replace.items) {
            let origins = self.value(&item.expr, env);
            let replaced = Column::new(self.dialect.fold(&item.column_name), origins);
            match columns.iter_mut().find(|column| column.key == replaced.key) {
                Some(column) => *column = replaced,
                None => columns.push(replaced),
            }
        }
        let renames = match &options.opt_rename {
            None => Vec::new(),
            Some(RenameSelectItem::Single(one)) => vec![one],
            Some(RenameSelectItem::Multiple(several)) => several.iter().collect(),
        };
        for rename in renames {
            let old = rename.ident.value.to_lowercase();
            if let Some(column) = columns.iter_mut().find(|column| column.key == old) {
                *column = column.renamed(&self.dialect.fold(&rename.alias));
            }
        }
        columns
    }

    fn unresolved_star(&mut self, star: &Star, options: &WildcardAdditionalOptions) {
        let place: Position = options.wildcard_token.0.span.start.into();
        let table = match star.table {
            Some(table) => self.tables.name(table),
            None => "?".to_owned(),
        };
        self.issue(place, IssueKind::UnresolvedStar { table });
    }

    /// The name a database gives an expression without one, near enough.
    fn name_of(&self, expr: &Expr, at: usize) -> String {
        let mut expr = expr;
        loop {
            match expr {
                Expr::Identifier(ident) => return self.dialect.fold(ident),
                Expr::CompoundIdentifier(idents) => {
                    return idents.last().map(|ident| self.dialect.fold(ident)).unwrap_or_default();
                }
                Expr::Function(function) => return function_name(&function.name),
                Expr::Cast { expr: inner, .. }
                | Expr::Nested(inner)
                | Expr::OuterJoin(inner)
                | Expr::Prior(inner)
                | Expr::Collate { expr: inner, .. } => expr = inner,
                _ => return format!("_c{at}"),
            }
        }
    }
}

fn excluded(exclude: &ExcludeSelectItem) -> Vec<String> {
    let names = match exclude {
        ExcludeSelectItem::Single(name) => std::slice::from_ref(name),
        ExcludeSelectItem::Multiple(names) => names,
    };
    names.iter().filter_map(super::tables::last).map(|ident| ident.value.to_lowercase()).collect()
}
