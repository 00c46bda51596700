//! Which statements are followed, which move no data, and which are only reported.

use super::issue::{IssueKind, Position};
use super::origin::Origins;
use super::resolver::{Flow, Resolver};
use super::scope::{Body, Ctes};
use super::script::{Followed, Verb};
use sqlparser::ast::{
    BeginEndStatements, ConditionalStatementBlock, ConditionalStatements, CopySource, CreateFunctionBody,
    CreateTable, ObjectName, Query, SetExpr, Spanned, Statement, ViewColumnDef,
};

impl Resolver<'_> {
    /// Reads a statement; its flows, inputs and issues wait in the resolver. Says what it is when it has no flow.
    pub(super) fn statement(&mut self, statement: &Statement) -> Followed {
        self.deeper(|deep| deep.statement_inner(statement)).unwrap_or(Followed::No)
    }

    fn statement_inner(&mut self, statement: &Statement) -> Followed {
        let none = Ctes::default();
        match statement {
            Statement::Query(query) => self.bare_query(query),
            Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) | Statement::Merge(_) => {
                self.writing(statement, &none);
                Followed::Yes
            }
            Statement::CreateTable(create) => self.create_table(create),
            Statement::CreateView(create) => {
                let names: Vec<String> = create
                    .columns
                    .iter()
                    .map(|column: &ViewColumnDef| self.dialect.fold(&column.name))
                    .collect();
                self.made_by_query(Verb::CreateView, &create.name, &names, &create.query);
                if let Some(to) = &create.to {
                    self.made_by_query(Verb::Insert, to, &[], &create.query);
                }
                Followed::Yes
            }
            Statement::AlterView { name, columns, query, .. } => {
                let names: Vec<String> = columns.iter().map(|column| self.dialect.fold(column)).collect();
                self.made_by_query(Verb::CreateView, name, &names, query);
                Followed::Yes
            }
            Statement::Cache { table_name, query: Some(query), .. } => {
                self.made_by_query(Verb::CreateTable, table_name, &[], query);
                Followed::Yes
            }
            Statement::Prepare { statement, .. } => self.statement(statement),
            Statement::Directory { source, .. } => self.read_only(source, "INSERT OVERWRITE DIRECTORY"),
            Statement::ExportData(export) => self.read_only(&export.query, "EXPORT DATA"),
            Statement::Unload { query: Some(query), .. } => self.read_only(query, "UNLOAD"),
            Statement::Copy { source: CopySource::Query(query), .. } => self.read_only(query, "COPY"),
            Statement::Copy { source: CopySource::Table { table_name, .. }, .. } => {
                self.whole_table("COPY", table_name)
            }
            Statement::LoadData { table_name, .. } => self.whole_table("LOAD DATA", table_name),
            other => self.block_or_other(other),
        }
    }

    fn block_or_other(&mut self, statement: &Statement) -> Followed {
        match statement {
            Statement::CreateProcedure { body, .. } => self.block([body]),
            Statement::If(found) => {
                let blocks =
                    [&found.if_block].into_iter().chain(&found.elseif_blocks).chain(&found.else_block);
                self.block(blocks.map(|block: &ConditionalStatementBlock| &block.conditional_statements))
            }
            Statement::While(found) => self.block([&found.while_block.conditional_statements]),
            Statement::Case(found) => {
                let blocks = found.when_blocks.iter().chain(&found.else_block);
                self.block(blocks.map(|block| &block.conditional_statements))
            }
            Statement::CreateTrigger(trigger) => match &trigger.statements {
                Some(body) => self.block([body]),
                None => self.not_followed("CREATE TRIGGER"),
            },
            Statement::CreateFunction(function) => match &function.function_body {
                Some(CreateFunctionBody::AsBeginEnd(BeginEndStatements { statements, .. })) => {
                    self.statements(statements)
                }
                _ => self.not_followed("CREATE FUNCTION"),
            },
            Statement::StartTransaction { statements, .. } if !statements.is_empty() => {
                self.statements(statements)
            }
            other if moves_no_data(other) => Followed::NoData,
            other => {
                let words = other.to_string();
                let what = words.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
                self.not_followed(&what)
            }
        }
    }

    fn block<'s>(&mut self, blocks: impl IntoIterator<Item = &'s ConditionalStatements>) -> Followed {
        let mut all = Followed::NoData;
        for block in blocks {
            let followed = match block {
                ConditionalStatements::Sequence { statements } => self.statements(statements),
                ConditionalStatements::BeginEnd(block) => self.statements(&block.statements),
            };
            if all == Followed::NoData {
                all = followed;
            }
        }
        all
    }

    /// Statements inside code, each written down by itself; the code around them is an issue.
    fn statements(&mut self, statements: &[Statement]) -> Followed {
        let around = std::mem::replace(&mut self.procedural, true);
        if !around {
            self.issue(Position::default(), IssueKind::Procedural);
            self.end_statement(Followed::No);
        }
        for statement in statements {
            let place: Position = statement.span().start.into();
            if place.line > 0 {
                self.at = place;
            }
            let followed = self.statement(statement);
            self.end_statement(followed);
        }
        self.procedural = around;
        self.in_parts = true;
        Followed::No
    }

    pub(super) fn not_followed(&mut self, what: &str) -> Followed {
        self.issue(Position::default(), IssueKind::NotFollowed { what: what.to_owned() });
        Followed::No
    }

    fn bare_query(&mut self, query: &Query) -> Followed {
        let writes = matches!(
            *query.body,
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_)
        );
        let before = self.flows.len();
        let body = self.query(query, &Ctes::default(), None);
        let into = self.flows.len() > before && is_select_into(query);
        if !writes && !into {
            self.flows.push(flow_of(Verb::Select, None, &body));
        }
        Followed::Yes
    }

    /// A query whose rows leave for a file: what it reads is known, where they go is not a table.
    fn read_only(&mut self, query: &Query, what: &str) -> Followed {
        let body = self.query(query, &Ctes::default(), None);
        self.flows.push(flow_of(Verb::Select, None, &body));
        self.not_followed(what)
    }

    fn whole_table(&mut self, what: &str, table: &ObjectName) -> Followed {
        let table = self.table(table);
        self.inputs.insert(table);
        self.not_followed(what)
    }

    fn create_table(&mut self, create: &CreateTable) -> Followed {
        let mut names: Vec<String> =
            create.columns.iter().map(|column| self.dialect.fold(&column.name)).collect();
        if let Some(query) = &create.query {
            self.made_by_query(Verb::CreateTable, &create.name, &names, query);
            return Followed::Yes;
        }
        let table = self.table(&create.name);
        if let Some(model) = &create.clone {
            let from = self.table(model);
            self.inputs.insert(from);
            let columns = self.table_columns(from);
            self.define_from(table, &columns);
            let columns =
                columns.iter().map(|column| (column.name.clone(), column.origins.clone())).collect();
            let indirect = Origins::default();
            self.flows.push(Flow { verb: Verb::CreateTable, target: Some(table), columns, indirect });
            return Followed::Yes;
        }
        // Hive: the columns a table is partitioned by come last.
        if let sqlparser::ast::HiveDistributionStyle::PARTITIONED { columns } = &create.hive_distribution {
            names.extend(columns.iter().map(|column| self.dialect.fold(&column.name)));
        }
        if !names.is_empty() {
            self.tables.define(table, Some(names));
        }
        Followed::NoData
    }

    /// A table or view made of a query, its columns named by `names` as far as they go.
    fn made_by_query(&mut self, verb: Verb, name: &ObjectName, names: &[String], query: &Query) {
        let body = self.query(query, &Ctes::default(), None);
        let columns = super::query::named(&body.columns, names);
        let target = self.table(name);
        self.define_from(target, &columns);
        let body = Body { columns: columns.into(), ..body };
        self.flows.push(flow_of(verb, Some(target), &body));
    }
}

/// A result as what is written to a table.
pub(super) fn flow_of(verb: Verb, target: Option<super::tables::TableId>, body: &Body) -> Flow {
    Flow {
        verb,
        target,
        columns: body.columns.iter().map(|column| (column.name.clone(), column.origins.clone())).collect(),
        indirect: body.indirect.clone(),
    }
}

fn is_select_into(query: &Query) -> bool {
    let mut body = &*query.body;
    while let SetExpr::SetOperation { left, .. } = body {
        body = left;
    }
    body.as_select().is_some_and(|select| select.into.is_some())
}

/// Definitions, settings, transactions, rights: nothing flows.
fn moves_no_data(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Analyze(_)
            | Statement::Set(_)
            | Statement::Truncate(_)
            | Statement::Msck(_)
            | Statement::Install { .. }
            | Statement::Load { .. }
            | Statement::Raise(_)
            | Statement::Close { .. }
            | Statement::CreateIndex(_)
            | Statement::CreateRole(_)
            | Statement::CreateSecret { .. }
            | Statement::CreateServer(_)
            | Statement::CreatePolicy(_)
            | Statement::CreateConnector(_)
            | Statement::CreateOperator(_)
            | Statement::CreateOperatorFamily(_)
            | Statement::CreateOperatorClass(_)
            | Statement::AlterSchema(_)
            | Statement::AlterIndex { .. }
            | Statement::AlterFunction(_)
            | Statement::AlterType(_)
            | Statement::AlterCollation(_)
            | Statement::AlterOperator(_)
            | Statement::AlterOperatorFamily(_)
            | Statement::AlterOperatorClass(_)
            | Statement::AlterRole { .. }
            | Statement::AlterPolicy(_)
            | Statement::AlterConnector { .. }
            | Statement::AlterSession { .. }
            | Statement::Drop { .. }
            | Statement::DropFunction(_)
            | Statement::DropDomain(_)
            | Statement::DropProcedure { .. }
            | Statement::DropSecret { .. }
            | Statement::DropPolicy(_)
            | Statement::DropConnector { .. }
            | Statement::DropExtension(_)
            | Statement::DropOperator(_)
            | Statement::DropOperatorFamily(_)
            | Statement::DropOperatorClass(_)
            | Statement::DropTrigger(_)
            | Statement::Declare { .. }
            | Statement::CreateExtension(_)
            | Statement::CreateCollation(_)
            | Statement::Flush { .. }
            | Statement::Discard { .. }
            | Statement::ShowFunctions { .. }
            | Statement::ShowVariable { .. }
            | Statement::ShowStatus { .. }
            | Statement::ShowVariables { .. }
            | Statement::ShowCreate { .. }
            | Statement::ShowColumns { .. }
            | Statement::ShowCatalogs { .. }
            | Statement::ShowDatabases { .. }
            | Statement::ShowProcessList { .. }
            | Statement::ShowSchemas { .. }
            | Statement::ShowCharset(_)
            | Statement::ShowObjects(_)
            | Statement::ShowTables { .. }
            | Statement::ShowViews { .. }
            | Statement::ShowCollation { .. }
            | Statement::Use(_)
            | Statement::StartTransaction { .. }
            | Statement::Comment { .. }
            | Statement::Commit { .. }
            | Statement::Rollback { .. }
            | Statement::CreateSchema { clone: None, .. }
            | Statement::CreateDatabase { clone: None, .. }
            | Statement::CreateStage { .. }
            | Statement::Assert { .. }
            | Statement::Grant(_)
            | Statement::Deny(_)
            | Statement::Revoke(_)
            | Statement::Deallocate { .. }
            | Statement::Kill { .. }
            | Statement::ExplainTable { .. }
            | Statement::Explain { .. }
            | Statement::Savepoint { .. }
            | Statement::ReleaseSavepoint { .. }
            | Statement::UNCache { .. }
            | Statement::CreateSequence { .. }
            | Statement::CreateDomain(_)
            | Statement::CreateType { .. }
            | Statement::Pragma { .. }
            | Statement::Lock(_)
            | Statement::LockTables { .. }
            | Statement::UnlockTables
            | Statement::OptimizeTable { .. }
            | Statement::LISTEN { .. }
            | Statement::UNLISTEN { .. }
            | Statement::NOTIFY { .. }
            | Statement::List(_)
            | Statement::Remove(_)
            | Statement::RaisError { .. }
            | Statement::Throw(_)
            | Statement::Print(_)
            | Statement::WaitFor(_)
            | Statement::Return(_)
            | Statement::CreateUser(_)
            | Statement::AlterUser(_)
            | Statement::Vacuum(_)
            | Statement::Reset(_)
    )
}
