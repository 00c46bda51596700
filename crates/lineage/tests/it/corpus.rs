//! Statements with the lineage expected of them; `corpus/<dialect>.sql` tells the format by example.
//!
//! A case is a line `=== title`, perhaps a line `[table(column, …) …]` with the catalogue, the script, a line `--->`
//! and what is expected: for each statement a line with its verb and target, `column <- origins`, `<- origins` for
//! what decides about whole rows, and `! line:column kind` for an issue. `?` marks an uncertain origin.

use brain_lineage::sql::{Catalogue, Dialect, Followed, Origin, StatementLineage, analyse};

struct Case<'a> {
    title: &'a str,
    catalogue: Catalogue,
    script: &'a str,
    expected: &'a str,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let each = text.split("=== ").skip(1).map(|block| {
        let (title, rest) = block.split_once('\n').unwrap();
        let (script, expected) = rest.split_once("--->\n").unwrap_or_else(|| panic!("{title} has no --->"));
        let mut catalogue = Catalogue::new();
        let mut script = script;
        if let Some(tables) = script.strip_prefix('[') {
            let (tables, rest) = tables.split_once("]\n").unwrap();
            script = rest;
            for table in tables.split(") ") {
                let (name, columns) = table.trim_end_matches(')').split_once('(').unwrap();
                catalogue.add(name, columns.split(',').map(|column| column.trim().to_owned()));
            }
        }
        Case { title, catalogue, script, expected: expected.trim_end() }
    });
    each.collect()
}

fn origins(origins: &[Origin]) -> String {
    let one = |origin: &Origin| {
        let kinds: Vec<&str> = origin.kinds.iter().map(|kind| kind.word()).collect();
        let mark = if origin.certain { "" } else { "?" };
        format!("{}.{}{mark} {}", origin.dataset, origin.column, kinds.join("+"))
    };
    origins.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn shown(statement: &StatementLineage) -> String {
    let mut lines = Vec::new();
    let followed = match statement.followed {
        Followed::Yes => "",
        Followed::NoData => " (no data)",
        Followed::No => " (not followed)",
    };
    let target = statement.target.as_deref().unwrap_or_default();
    let inputs = match statement.inputs.as_slice() {
        [] => String::new(),
        inputs => format!(" from {}", inputs.join(", ")),
    };
    lines.push(
        format!("{} {target}{inputs}{followed}", statement.verb.word())
            .replace("  ", " ")
            .trim_end()
            .to_owned(),
    );
    for column in &statement.columns {
        lines.push(format!("  {} <- {}", column.name, origins(&column.origins)).trim_end().to_owned());
    }
    if !statement.indirect.is_empty() {
        lines.push(format!("  <- {}", origins(&statement.indirect)));
    }
    for issue in &statement.issues {
        let kind = serde_json::to_value(&issue.kind).unwrap();
        let kind = kind["kind"].as_str().unwrap().to_owned();
        lines.push(format!("  ! {}:{} {kind}", issue.position.line, issue.position.column));
    }
    lines.join("\n")
}

fn check(dialect: Dialect, text: &str) {
    let mut wrong = Vec::new();
    let cases = cases(text);
    assert!(cases.len() >= 8, "{} cases", cases.len());
    for case in &cases {
        let script = analyse(case.script, dialect, &case.catalogue).unwrap();
        let found = script.statements.iter().map(shown).collect::<Vec<_>>().join("\n");
        if found != case.expected {
            wrong.push(format!("=== {}\n{}--->\n{found}\n", case.title, case.script));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ, found:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn generic() {
    check(Dialect::Generic, include_str!("corpus/generic.sql"));
}

#[test]
fn postgresql() {
    check(Dialect::Postgresql, include_str!("corpus/postgresql.sql"));
}

#[test]
fn mysql() {
    check(Dialect::Mysql, include_str!("corpus/mysql.sql"));
}

#[test]
fn hive() {
    check(Dialect::Hive, include_str!("corpus/hive.sql"));
}

#[test]
fn oracle() {
    check(Dialect::Oracle, include_str!("corpus/oracle.sql"));
}

#[test]
fn mssql() {
    check(Dialect::Mssql, include_str!("corpus/mssql.sql"));
}
