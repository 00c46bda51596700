//! PIVOT and UNPIVOT.

use super::origin::Origins;
use super::resolver::Resolver;
use super::scope::{Column, Env, Star};
use crate::kind::EdgeKind;
use sqlparser::ast::{Expr, ExprWithAlias, Ident, PivotValueSource, Value};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::rc::Rc;

/// The most columns a PIVOT is written out to.
const COLUMNS_MAX: usize = 10_000;

impl Resolver<'_> {
    /// The columns that stay, which the rows are grouped by, and one for each value and aggregate.
    pub(super) fn pivot(
        &mut self,
        aggregates: &[ExprWithAlias],
        keys: &[Expr],
        values: &PivotValueSource,
        env: &Env<'_>,
    ) -> Vec<Column> {
        let mut used = BTreeSet::new();
        aggregates.iter().map(|one| &one.expr).chain(keys).for_each(|expr| names_in(expr, &mut used));
        let mut columns = without(env.sources.all(), &used);
        let mut deciding = Origins::default();
        self.values_as(keys, EdgeKind::Conditional, env, &mut deciding);
        let computed: Vec<(Option<&Ident>, Origins)> = aggregates
            .iter()
            .map(|one| {
                let mut origins = self.value(&one.expr, env);
                origins.extend(&deciding);
                (one.alias.as_ref(), origins.settled())
            })
            .collect();
        let PivotValueSource::List(values) = values else {
            // The values are only known when the query runs.
            let mut any = Origins::default();
            computed.iter().for_each(|(_, origins)| any.extend(origins));
            columns.push(Column::any(any.settled()));
            return columns;
        };
        for value in values {
            let name = match &value.alias {
                Some(alias) => self.dialect.fold(alias),
                None => value_name(&value.expr),
            };
            for (alias, origins) in &computed {
                let name = match alias {
                    Some(alias) if !name.is_empty() => format!("{name}_{}", self.dialect.fold(alias)),
                    _ => name.clone(),
                };
                if columns.len() < COLUMNS_MAX && self.spend(origins.len()) {
                    columns.push(Column::new(name, origins.clone()));
                }
            }
        }
        columns
    }

    /// The columns that stay, the name of the column a value was in, and the value.
    pub(super) fn unpivot(
        &mut self,
        value: &Expr,
        name: &Ident,
        from: &[ExprWithAlias],
        env: &Env<'_>,
    ) -> Vec<Column> {
        let mut used = BTreeSet::new();
        from.iter().for_each(|one| names_in(&one.expr, &mut used));
        let mut columns = without(env.sources.all(), &used);
        let mut origins = Origins::default();
        self.values_as(from.iter().map(|one| &one.expr), EdgeKind::Transformation, env, &mut origins);
        columns.push(Column::new(self.dialect.fold(name), Origins::default()));
        let names = match value {
            Expr::Tuple(several) => several.iter().collect(),
            one => vec![one],
        };
        for name in names {
            if let Expr::Identifier(ident) = name {
                columns.push(Column::new(self.dialect.fold(ident), origins.clone()));
            }
        }
        columns
    }
}

/// Columns but those of these names.
fn without(columns: Vec<Column>, names: &BTreeSet<String>) -> Vec<Column> {
    let kept = columns.into_iter().filter(|column| column.star.is_some() || !names.contains(&column.key));
    kept.map(|column| match &column.star {
        None => column,
        Some(star) => {
            let all = star.without.iter().chain(names).cloned().collect();
            let star = Star { without: Rc::new(all), ..star.clone() };
            Column { star: Some(star), ..column }
        }
    })
    .collect()
}

/// The last parts of all names in an expression, lower case.
fn names_in(expr: &Expr, names: &mut BTreeSet<String>) {
    let _: ControlFlow<()> = sqlparser::ast::visit_expressions(expr, |one| {
        match one {
            Expr::Identifier(ident) => {
                names.insert(ident.value.to_lowercase());
            }
            Expr::CompoundIdentifier(idents) => {
                names.extend(idents.last().map(|ident| ident.value.to_lowercase()));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
}

fn value_name(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(ident) => ident.value.clone(),
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => text.clone(),
            other => other.to_string(),
        },
        _ => String::new(),
    }
}
