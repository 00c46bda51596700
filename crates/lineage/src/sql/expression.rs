//! What an expression comes from.
//!
//! The tree is walked with a list of what is still to see, so that a chain of ten thousand operators needs no stack;
//! only a query inside an expression is a step deeper.

use super::issue::Position;
use super::origin::Origins;
use super::resolver::Resolver;
use super::scope::Env;
use crate::kind::EdgeKind;
use sqlparser::ast::{
    AccessExpr, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments,
    Ident, JsonPathElem, ListAggOnOverflow, NamedWindowExpr, ObjectName, ObjectNamePart, OneOrManyWithParens,
    OrderByExpr, Query, Subscript, WindowSpec, WindowType,
};

/// Functions that make one value of several rows, in the dialects read.
const AGGREGATES: &[&str] = &[
    "any_value",
    "approx_count_distinct",
    "approx_distinct",
    "approx_median",
    "approx_percentile",
    "approx_percentile_cont",
    "array_agg",
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "checksum_agg",
    "collect_list",
    "collect_set",
    "corr",
    "count",
    "count_big",
    "count_if",
    "covar_pop",
    "covar_samp",
    "every",
    "first",
    "group_concat",
    "grouping",
    "histogram_numeric",
    "json_agg",
    "json_arrayagg",
    "json_object_agg",
    "json_objectagg",
    "jsonb_agg",
    "jsonb_object_agg",
    "last",
    "listagg",
    "max",
    "max_by",
    "median",
    "min",
    "min_by",
    "mode",
    "ntile_agg",
    "percentile",
    "percentile_approx",
    "percentile_cont",
    "percentile_disc",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "std",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "stdev",
    "stdevp",
    "string_agg",
    "sum",
    "sum_distinct",
    "var",
    "var_pop",
    "var_samp",
    "variance",
    "varp",
    "wm_concat",
    "xmlagg",
];

/// Aggregates whose value is in `WITHIN GROUP (ORDER BY …)`.
const ORDERED_SETS: &[&str] =
    &["percentile_cont", "percentile_disc", "mode", "approx_percentile_cont", "median"];

/// Functions whose first argument chooses between the others.
const CHOOSERS: &[&str] = &["if", "iif", "nvl2", "decode", "choose"];

/// An expression to see, and how the whole comes from it.
type Todo<'e> = (&'e Expr, EdgeKind);

/// The state of one walk.
struct Walk<'e> {
    todo: Vec<Todo<'e>>,
    found: Origins,
    /// Parameters of lambdas, which are no columns.
    parameters: Vec<&'e str>,
}

impl<'e> Walk<'e> {
    /// A part of the expression that is computed with.
    fn part(&mut self, expr: &'e Expr, outer: EdgeKind) {
        self.todo.push((expr, outer.after(EdgeKind::Transformation)));
    }

    fn parts(&mut self, exprs: impl IntoIterator<Item = &'e Expr>, outer: EdgeKind) {
        exprs.into_iter().for_each(|expr| self.part(expr, outer));
    }

    /// A part that decides.
    fn deciding(&mut self, expr: &'e Expr, outer: EdgeKind, how: EdgeKind) {
        self.todo.push((expr, outer.after(how)));
    }

    fn order(&mut self, exprs: &'e [OrderByExpr], outer: EdgeKind, how: EdgeKind) {
        exprs.iter().for_each(|order| self.deciding(&order.expr, outer, how));
    }
}

impl Resolver<'_> {
    /// What the value of an expression comes from.
    pub(super) fn value(&mut self, expr: &Expr, env: &Env<'_>) -> Origins {
        self.value_as(expr, EdgeKind::Identity, env)
    }

    /// What an expression comes from, where it is used as `outer`: a filter, a key of a join …
    pub(super) fn value_as(&mut self, expr: &Expr, outer: EdgeKind, env: &Env<'_>) -> Origins {
        let mut walk = Walk { todo: vec![(expr, outer)], found: Origins::default(), parameters: Vec::new() };
        while let Some((expr, outer)) = walk.todo.pop() {
            if !self.spend(1) {
                break;
            }
            self.one(expr, outer, &mut walk, env);
        }
        let found = walk.found.settled();
        self.spend(found.len());
        found
    }

    /// Adds origins of several expressions.
    pub(super) fn values_as<'e>(
        &mut self,
        exprs: impl IntoIterator<Item = &'e Expr>,
        outer: EdgeKind,
        env: &Env<'_>,
        into: &mut Origins,
    ) {
        for expr in exprs {
            let found = self.value_as(expr, outer, env);
            into.extend(&found);
        }
        into.settle();
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one arm for each expression there is, checked by the compiler"
    )]
    fn one<'e>(&mut self, expr: &'e Expr, outer: EdgeKind, walk: &mut Walk<'e>, env: &Env<'_>) {
        match expr {
            Expr::Identifier(ident) => {
                if !walk.parameters.contains(&ident.value.as_str()) {
                    let found = self.bare(ident, env);
                    walk.found.extend_through(&found, outer);
                }
            }
            Expr::CompoundIdentifier(idents) => {
                let is_parameter =
                    idents.first().is_some_and(|i| walk.parameters.contains(&i.value.as_str()));
                if !is_parameter {
                    let found = self.qualified(idents, env);
                    walk.found.extend_through(&found, outer);
                }
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                walk.part(root, outer);
                for access in access_chain {
                    match access {
                        // The name of a field, not a column; a call on it has arguments.
                        AccessExpr::Dot(Expr::Identifier(_)) => {}
                        AccessExpr::Dot(expr) => walk.part(expr, outer),
                        AccessExpr::Subscript(Subscript::Index { index }) => walk.part(index, outer),
                        AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride }) => {
                            walk.parts([lower_bound, upper_bound, stride].into_iter().flatten(), outer);
                        }
                    }
                }
            }
            Expr::JsonAccess { value, path } => {
                walk.part(value, outer);
                for element in &path.path {
                    if let JsonPathElem::Bracket { key } | JsonPathElem::ColonBracket { key } = element {
                        walk.part(key, outer);
                    }
                }
            }
            // The value as it is.
            Expr::Nested(inner)
            | Expr::OuterJoin(inner)
            | Expr::Prior(inner)
            | Expr::Collate { expr: inner, collation: _ }
            | Expr::Named { expr: inner, name: _ } => walk.todo.push((inner, outer)),
            Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner)
            | Expr::IsUnknown(inner)
            | Expr::IsNotUnknown(inner)
            | Expr::IsNormalized { expr: inner, .. }
            | Expr::UnaryOp { expr: inner, .. }
            | Expr::Cast { expr: inner, .. }
            | Expr::Extract { expr: inner, .. }
            | Expr::Ceil { expr: inner, .. }
            | Expr::Floor { expr: inner, .. }
            | Expr::Prefixed { value: inner, .. } => walk.part(inner, outer),
            Expr::IsDistinctFrom(left, right)
            | Expr::IsNotDistinctFrom(left, right)
            | Expr::BinaryOp { left, right, .. }
            | Expr::AnyOp { left, right, .. }
            | Expr::AllOp { left, right, .. }
            | Expr::InUnnest { expr: left, array_expr: right, .. }
            | Expr::Like { expr: left, pattern: right, .. }
            | Expr::ILike { expr: left, pattern: right, .. }
            | Expr::SimilarTo { expr: left, pattern: right, .. }
            | Expr::RLike { expr: left, pattern: right, .. }
            | Expr::AtTimeZone { timestamp: left, time_zone: right }
            | Expr::Position { expr: left, r#in: right } => {
                walk.part(left, outer);
                walk.part(right, outer);
            }
            Expr::MemberOf(member) => {
                walk.part(&member.value, outer);
                walk.part(&member.array, outer);
            }
            Expr::InList { expr, list, .. } => {
                walk.part(expr, outer);
                walk.parts(list, outer);
            }
            Expr::Between { expr, low, high, .. } => walk.parts([&**expr, low, high], outer),
            Expr::Convert { expr, styles, .. } => {
                walk.part(expr, outer);
                walk.parts(styles, outer);
            }
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                walk.part(expr, outer);
                walk.parts([substring_from, substring_for].into_iter().flatten().map(|one| &**one), outer);
            }
            Expr::Trim { trim_what, expr, trim_characters, .. } => {
                walk.part(expr, outer);
                walk.parts(trim_what.as_deref(), outer);
                walk.parts(trim_characters.iter().flatten(), outer);
            }
            Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                walk.parts([&**expr, overlay_what, overlay_from], outer);
                walk.parts(overlay_for.as_deref(), outer);
            }
            Expr::Function(function) => self.function(function, outer, walk, env),
            Expr::Case { operand, conditions, else_result, .. } => {
                if let Some(operand) = operand {
                    walk.deciding(operand, outer, EdgeKind::Conditional);
                }
                for when in conditions {
                    walk.deciding(&when.condition, outer, EdgeKind::Conditional);
                    walk.part(&when.result, outer);
                }
                walk.parts(else_result.as_deref(), outer);
            }
            Expr::Exists { subquery, .. } => {
                self.subquery(subquery, outer.after(EdgeKind::Transformation), walk, env)
            }
            Expr::Subquery(subquery) => self.subquery(subquery, outer, walk, env),
            Expr::InSubquery { expr, subquery, .. } => {
                walk.part(expr, outer);
                self.subquery(subquery, outer.after(EdgeKind::Transformation), walk, env);
            }
            Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                sets.iter().flatten().for_each(|expr| walk.todo.push((expr, outer)));
            }
            Expr::Tuple(exprs) => exprs.iter().for_each(|expr| walk.todo.push((expr, outer))),
            Expr::Struct { values, .. } => walk.parts(values, outer),
            Expr::Dictionary(fields) => walk.parts(fields.iter().map(|field| &*field.value), outer),
            Expr::Map(map) => {
                map.entries.iter().for_each(|entry| walk.parts([&*entry.key, &*entry.value], outer));
            }
            Expr::Array(array) => walk.parts(&array.elem, outer),
            Expr::Interval(interval) => walk.part(&interval.value, outer),
            Expr::MatchAgainst { columns, .. } => {
                for name in columns {
                    let found = self.qualified(&idents_of(name), env);
                    walk.found.extend_through(&found, outer.after(EdgeKind::Transformation));
                }
            }
            Expr::Lambda(lambda) => {
                match &lambda.params {
                    OneOrManyWithParens::One(parameter) => walk.parameters.push(&parameter.name.value),
                    OneOrManyWithParens::Many(several) => {
                        walk.parameters.extend(several.iter().map(|parameter| parameter.name.value.as_str()));
                    }
                }
                walk.part(&lambda.body, outer);
            }
            Expr::QualifiedWildcard(name, _) => self.whole_relation(name, outer, walk, env),
            Expr::Value(_) | Expr::TypedString(_) | Expr::Wildcard(_) => {}
        }
    }

    fn function<'e>(&mut self, function: &'e Function, outer: EdgeKind, walk: &mut Walk<'e>, env: &Env<'_>) {
        let name = function_name(&function.name);
        if name == "values" && self.offered_value(function, outer, walk, env) {
            return;
        }
        let aggregate = AGGREGATES.contains(&name.as_str());
        let how = outer.after(if aggregate { EdgeKind::Aggregation } else { EdgeKind::Transformation });
        let mut arguments = Vec::new();
        for list in [&function.parameters, &function.args] {
            match list {
                FunctionArguments::None => {}
                FunctionArguments::Subquery(query) => self.subquery(query, how, walk, env),
                FunctionArguments::List(list) => {
                    for argument in &list.args {
                        match value_of(argument) {
                            FunctionArgExpr::Expr(expr) => arguments.push(expr),
                            FunctionArgExpr::QualifiedWildcard(relation) if name != "count" => {
                                self.whole_relation(relation, how, walk, env);
                            }
                            // `count(*)` counts rows, it reads no column.
                            FunctionArgExpr::QualifiedWildcard(_)
                            | FunctionArgExpr::Wildcard
                            | FunctionArgExpr::WildcardWithOptions(_) => {}
                        }
                    }
                    list.clauses.iter().for_each(|clause| clause_of(clause, outer, walk));
                }
            }
        }
        self.arguments(&name, &arguments, how, walk);
        if let Some(filter) = &function.filter {
            walk.deciding(filter, outer, EdgeKind::Filter);
        }
        let is_value = ORDERED_SETS.contains(&name.as_str());
        let order = if is_value { EdgeKind::Aggregation } else { EdgeKind::Sort };
        walk.order(&function.within_group, outer, order);
        match &function.over {
            None => {}
            Some(WindowType::WindowSpec(window)) => self.window(window, outer, walk, env),
            Some(WindowType::NamedWindow(name)) => self.named_window(name, outer, walk, env),
        }
    }

    /// MySQL's `VALUES(column)` in ON DUPLICATE KEY UPDATE: the value that was to be inserted.
    fn offered_value<'e>(
        &mut self,
        function: &'e Function,
        outer: EdgeKind,
        walk: &mut Walk<'e>,
        env: &Env<'_>,
    ) -> bool {
        let FunctionArguments::List(list) = &function.args else { return false };
        let [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(ident)))] = list.args.as_slice()
        else {
            return false;
        };
        let offered = ["excluded".to_owned()];
        let Some(row) = env.sources.relations.iter().find(|one| one.answers_to(&offered)) else {
            return false;
        };
        if let Some(found) = self.in_relation(ident, row) {
            walk.found.extend_through(&found, outer);
        }
        true
    }

    fn arguments<'e>(&mut self, name: &str, arguments: &[&'e Expr], how: EdgeKind, walk: &mut Walk<'e>) {
        let chooses = CHOOSERS.contains(&name);
        for (at, argument) in arguments.iter().enumerate() {
            // decode(x, search, result, search, result, …, default)
            let searched = name == "decode" && at % 2 == 1 && at + 1 < arguments.len();
            let decides = chooses && (at == 0 || searched);
            walk.todo.push((argument, if decides { how.after(EdgeKind::Conditional) } else { how }));
        }
    }

    /// A window named in `WINDOW w AS (…)`; definitions may name each other, so the way is bounded.
    fn named_window(&mut self, name: &Ident, outer: EdgeKind, walk: &mut Walk<'_>, env: &Env<'_>) {
        let mut wanted = name.value.to_lowercase();
        for _ in 0..env.windows.len() {
            let found = env.windows.iter().find(|window| window.0.value.to_lowercase() == wanted);
            match found.map(|window| &window.1) {
                Some(NamedWindowExpr::NamedWindow(other)) => wanted = other.value.to_lowercase(),
                Some(NamedWindowExpr::WindowSpec(spec)) => {
                    // Of another lifetime than the walk: resolved at once.
                    let how = outer.after(EdgeKind::Window);
                    let mut found = Origins::default();
                    self.values_as(&spec.partition_by, how, env, &mut found);
                    self.values_as(spec.order_by.iter().map(|order| &order.expr), how, env, &mut found);
                    walk.found.extend(&found);
                    match &spec.window_name {
                        Some(base) => wanted = base.value.to_lowercase(),
                        None => return,
                    }
                }
                None => return,
            }
        }
    }

    fn window<'e>(&mut self, window: &'e WindowSpec, outer: EdgeKind, walk: &mut Walk<'e>, env: &Env<'_>) {
        window.partition_by.iter().for_each(|expr| walk.deciding(expr, outer, EdgeKind::Window));
        walk.order(&window.order_by, outer, EdgeKind::Window);
        if let Some(base) = &window.window_name {
            self.named_window(base, outer, walk, env);
        }
    }

    /// A query as a value: its columns, and what decides about its rows.
    fn subquery(&mut self, query: &Query, outer: EdgeKind, walk: &mut Walk<'_>, env: &Env<'_>) {
        let body = self.query(query, env.ctes, Some(env));
        for column in body.columns.iter() {
            self.spend(column.origins.len());
            walk.found.extend_through(&column.origins, outer);
        }
        walk.found.extend_through(&body.indirect, outer);
    }

    /// `t.*` as a value.
    fn whole_relation(&mut self, name: &ObjectName, outer: EdgeKind, walk: &mut Walk<'_>, env: &Env<'_>) {
        let key: Vec<String> = idents_of(name).iter().map(|ident| ident.value.to_lowercase()).collect();
        match env.sources.relations.iter().find(|relation| relation.answers_to(&key)) {
            Some(relation) => {
                for column in relation.columns.iter() {
                    walk.found.extend_through(&column.origins, outer.after(EdgeKind::Transformation));
                }
            }
            None => {
                let kind = super::issue::IssueKind::UnknownColumn { column: format!("{name}.*") };
                self.issue(Position::default(), kind);
            }
        }
    }
}

fn clause_of<'e>(clause: &'e FunctionArgumentClause, outer: EdgeKind, walk: &mut Walk<'e>) {
    match clause {
        FunctionArgumentClause::OrderBy(order) => walk.order(order, outer, EdgeKind::Sort),
        FunctionArgumentClause::Limit(expr) => walk.deciding(expr, outer, EdgeKind::Filter),
        FunctionArgumentClause::Having(bound) => walk.deciding(&bound.1, outer, EdgeKind::Filter),
        FunctionArgumentClause::OnOverflow(ListAggOnOverflow::Truncate { filler: Some(filler), .. }) => {
            walk.part(filler, outer);
        }
        _ => {}
    }
}

fn value_of(argument: &FunctionArg) -> &FunctionArgExpr {
    match argument {
        FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg) => {
            arg
        }
    }
}

/// The expressions among the arguments of a table function.
pub(super) fn expressions(arguments: &[FunctionArg]) -> impl Iterator<Item = &Expr> {
    arguments.iter().filter_map(|argument| match value_of(argument) {
        FunctionArgExpr::Expr(expr) => Some(expr),
        _ => None,
    })
}

/// The last part of a function's name, lower case.
pub(super) fn function_name(name: &ObjectName) -> String {
    super::tables::last(name).map(|ident| ident.value.to_lowercase()).unwrap_or_default()
}

/// The identifiers of a name.
pub(super) fn idents_of(name: &ObjectName) -> Vec<Ident> {
    let idents = name.0.iter().filter_map(|part| match part {
        ObjectNamePart::Identifier(ident) => Some(ident.clone()),
        ObjectNamePart::Function(_) => None,
    });
    idents.collect()
}
