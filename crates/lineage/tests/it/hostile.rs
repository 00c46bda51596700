//! Texts that mean nothing, are too deep or too long: a report, never a fall.

use brain_lineage::LineageError;
use brain_lineage::sql::{
    Catalogue, Dialect, Followed, IssueKind, StatementLineage, TEXT_BYTES_MAX, analyse,
};
use proptest::prelude::*;

fn read(text: &str, dialect: Dialect) -> usize {
    let mut catalogue = Catalogue::new();
    catalogue.add("t", ["a", "b", "c"]);
    analyse(text, dialect, &catalogue).unwrap().issues()
}

const WORDS: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "(",
    ")",
    ",",
    "*",
    ".",
    "t",
    "a",
    "b",
    "u",
    "AS",
    "x",
    "JOIN",
    "ON",
    "USING",
    "NATURAL",
    "GROUP BY",
    "ORDER BY",
    "HAVING",
    "UNION",
    "ALL",
    "EXCEPT",
    "WITH",
    "RECURSIVE",
    "INSERT INTO",
    "VALUES",
    "UPDATE",
    "SET",
    "=",
    "DELETE",
    "MERGE",
    "WHEN",
    "MATCHED",
    "THEN",
    "NOT",
    "CASE",
    "END",
    "ELSE",
    "CREATE",
    "TABLE",
    "VIEW",
    "PROCEDURE",
    "BEGIN",
    ";",
    "IF",
    "LOOP",
    "1",
    "'s'",
    "\"q\"",
    "[k]",
    "`k`",
    "LATERAL",
    "UNNEST",
    "PIVOT",
    "FOR",
    "IN",
    "OVER",
    "PARTITION",
    "BY",
    "WINDOW",
    "w",
    "EXISTS",
    "LIMIT",
    "RETURNING",
    "OUTPUT",
    "INTO",
    "CONNECT BY",
    "PRIOR",
    "INTERVAL",
    "CAST",
    "::",
    "->",
    "@v",
    "#t",
    "$1",
    "$$",
    "/",
    "\n/\n",
    "GO",
    "--",
    "/*",
    "*/",
    "DECLARE",
    "EXCLUDE",
    "QUALIFY",
    "MINUS",
    "APPLY",
    "CROSS",
    "VALUE",
    "ARRAY",
    "STRUCT",
    "MAP",
    "[",
    "]",
    "{",
    "}",
    "|",
    "|>",
    ":",
    "?",
];

fn soup() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(WORDS), 0..60).prop_map(|words| words.join(" "))
}

/// A statement of the corpus with a piece cut out or doubled.
fn bent() -> impl Strategy<Value = String> {
    let corpus = [
        include_str!("corpus/generic.sql"),
        include_str!("corpus/postgresql.sql"),
        include_str!("corpus/mysql.sql"),
        include_str!("corpus/hive.sql"),
        include_str!("corpus/oracle.sql"),
        include_str!("corpus/mssql.sql"),
    ];
    let lines: Vec<&str> =
        corpus.iter().flat_map(|text| text.lines()).filter(|line| line.len() > 20).collect();
    (proptest::sample::select(lines), any::<prop::sample::Index>(), 0_usize..20, any::<bool>()).prop_map(
        |(line, at, length, double)| {
            let chars: Vec<char> = line.chars().collect();
            let at = at.index(chars.len());
            let end = (at + length).min(chars.len());
            let piece: String = chars[at..end].iter().collect();
            let middle = if double { piece.repeat(3) } else { String::new() };
            chars[..at].iter().chain(middle.chars().collect::<Vec<_>>().iter()).chain(&chars[end..]).collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 300 } else { 20_000 }))]

    #[test]
    fn any_text_is_read(text in any::<String>(), dialect in 0_usize..6) {
        read(&text, Dialect::ALL[dialect]);
    }

    #[test]
    fn any_words_are_read(text in soup(), dialect in 0_usize..6) {
        read(&text, Dialect::ALL[dialect]);
    }

    #[test]
    fn any_bent_statement_is_read(text in bent(), dialect in 0_usize..6) {
        read(&text, Dialect::ALL[dialect]);
    }
}

#[test]
fn a_chain_of_operators_is_as_long_as_it_likes() {
    let sum = format!("SELECT {} AS x FROM t", vec!["a"; 40_000].join(" + "));
    assert_eq!(read(&sum, Dialect::Generic), 0);
    let ors = format!("SELECT a FROM t WHERE {}", vec!["b = 1"; 20_000].join(" OR "));
    assert_eq!(read(&ors, Dialect::Oracle), 0);
    let united = vec!["SELECT a FROM t"; 5_000].join(" UNION ALL ");
    assert_eq!(read(&united, Dialect::Mysql), 0);
}

#[test]
fn nesting_too_deep_is_an_issue() {
    for dialect in Dialect::ALL {
        let deep = format!("SELECT {}a{} FROM t", "(".repeat(3_000), ")".repeat(3_000));
        assert_eq!(read(&deep, dialect), 1, "{dialect:?}");
        let queries = format!("{}SELECT a FROM t{}", "SELECT * FROM (".repeat(500), ") x".repeat(500));
        assert!(read(&queries, dialect) >= 1, "{dialect:?}");
    }
    let cases = format!("SELECT {} FROM t", "CASE WHEN a THEN ".repeat(2_000));
    assert!(read(&cases, Dialect::Generic) >= 1);
    // Each NOT is a name where nothing else fits.
    let nots = format!("SELECT {} a FROM t", "NOT ".repeat(100_000));
    assert!(read(&nots, Dialect::Generic) >= 1);
    let types = format!("SELECT CAST(a AS {}INT{}) FROM t", "ARRAY<".repeat(5_000), ">".repeat(5_000));
    // The parser reads a type as deep as it likes; it has no column.
    assert_eq!(read(&types, Dialect::Generic), 0);
}

#[test]
fn a_broken_text_in_many_nested_words_is_given_up_at_once() {
    // The parser tries every broken CASE twice: thirty of them would take it days.
    let broken = format!("SELECT {} FROM t;", "CASE WHEN a THEN ".repeat(30));
    assert_eq!(read(&broken, Dialect::Generic), 1);
    let trims = format!("SELECT {}a b c{} FROM t;", "TRIM(".repeat(30), ")".repeat(30));
    assert_eq!(read(&trims, Dialect::Mysql), 1);
    // Ten are tried, but not again and again.
    let many = format!("SELECT {} FROM t;\n", "CASE WHEN a THEN ".repeat(10)).repeat(3_000);
    let script = analyse(&many, Dialect::Oracle, &Catalogue::new()).unwrap();
    assert_eq!(script.statements.len(), 3_000);
    assert!(script.statements.iter().all(|statement| !statement.issues.is_empty()));
    let given_up = |statement: &&StatementLineage| {
        statement.issues.iter().any(|issue| matches!(issue.kind, IssueKind::TooLarge { .. }))
    };
    assert!(script.statements.iter().filter(given_up).count() > 2_800);
    let fine = format!("SELECT {}1{} FROM t", "CASE WHEN a = 1 THEN ".repeat(11), " END".repeat(11));
    assert_eq!(read(&fine, Dialect::Postgresql), 0);
}

#[test]
fn what_grows_without_end_is_given_up_with_a_word() {
    // Every level doubles what the one before comes from.
    let mut script = "WITH c0 AS (SELECT a, b, c FROM t)".to_owned();
    for level in 1..400 {
        let all = (0..200).map(|n| format!("a + b + c AS x{n}")).collect::<Vec<_>>().join(", ");
        script += &format!(", c{level} AS (SELECT a, b, c, {all} FROM c{})", level - 1);
    }
    script += " SELECT * FROM c399";
    let start = read(&script, Dialect::Generic);
    assert!(start <= 2, "{start}");
    let long = "x".repeat(TEXT_BYTES_MAX + 1);
    assert!(matches!(analyse(&long, Dialect::Generic, &Catalogue::new()), Err(LineageError::TooLong { .. })));
}

#[test]
fn every_statement_is_there_with_its_place() {
    let text = "SELECT a FROM t;\n\n  BROKEN here;\nCALL something(1);\n-- nothing\n;;\nTRUNCATE TABLE t";
    let script = analyse(text, Dialect::Postgresql, &Catalogue::new()).unwrap();
    let found: Vec<(u64, u64, Followed)> =
        script.statements.iter().map(|s| (s.position.line, s.position.column, s.followed)).collect();
    assert_eq!(
        found,
        [(1, 1, Followed::Yes), (3, 3, Followed::No), (4, 1, Followed::No), (7, 1, Followed::NoData)]
    );
    let [_, broken, call, _] = script.statements.as_slice() else { panic!("four statements") };
    assert!(matches!(broken.issues[0].kind, IssueKind::Syntax { .. }));
    assert!(matches!(&call.issues[0].kind, IssueKind::NotFollowed { what } if what.starts_with("CALL")));
    let words = call.issues[0].text();
    assert!(words.zh.contains("不跟踪") && words.en.contains("not followed"));
}
