//! How deep the tree of a text will be, read from its tokens.
//!
//! Parsers and engines walk such a tree by calling themselves, and a parser that gives up tries again: what a stranger
//! sends is measured before either of them sees it, in one pass that needs no stack.

use sqlparser::dialect::GenericDialect;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

/// Prefixes that the parser, when what follows does not parse, tries again as a plain name or function: a broken
/// text in `n` of them costs it 2ⁿ times the work.
const RETRIED: &[&str] = &[
    "array",
    "cast",
    "ceil",
    "convert",
    "exists",
    "extract",
    "floor",
    "interval",
    "map",
    "match",
    "not",
    "overlay",
    "position",
    "prior",
    "safe_cast",
    "struct",
    "substr",
    "substring",
    "trim",
    "try_cast",
    "try_convert",
];

/// The deepest nesting of such prefixes.
pub(super) const RETRIED_DEPTH_MAX: u32 = 12;

/// The longest chain of operators an engine is given: `a OR b OR c` is a tree as deep as it is long. Nine hundred end a
/// thread of 2 MiB in a development build of DataFusion.
const EXPRESSION_DEPTH_MAX: u32 = 400;

/// The most joins, unions and queries within or behind one another.
const PLAN_DEPTH_MAX: u32 = 100;

/// The share of what is let in that any thread has room for is one in this many.
const SHALLOW_SHARE: u32 = 20;

/// Parentheses and prefixes within one another that any thread has room for. The parser itself stops at fifty.
const SHALLOW_PARENTHESES: u32 = 10;

/// Words that begin another expression of the same query.
const SEPARATORS: &[&str] = &[
    "by", "else", "from", "group", "having", "limit", "offset", "on", "order", "qualify", "select", "set",
    "then", "using", "values", "when", "where", "window",
];

/// Words that put one more relation on those before.
const JOINING: &[&str] =
    &["except", "intersect", "join", "lateral", "minus", "pivot", "tablesample", "union", "unpivot"];

/// Words behind which the list of tables is over.
const BEHIND_TABLES: &[&str] = &[
    "except",
    "group",
    "having",
    "intersect",
    "limit",
    "minus",
    "order",
    "qualify",
    "select",
    "union",
    "where",
    "window",
];

/// Words that are operators; signs are.
const OPERATORS: &[&str] = &[
    "at", "between", "collate", "div", "ilike", "in", "is", "like", "not", "overlaps", "regexp", "rlike",
    "similar",
];

/// What a text's tree asks of the stack it is planned on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nesting {
    /// Any thread has room for it.
    Shallow,
    /// It needs a stack of its own.
    Deep,
    /// An engine could run out of stack, or a parser take exponentially long.
    TooDeep,
}

/// How deeply a text is nested or chained. Ask before parsing what a stranger sends.
#[must_use]
pub fn nesting(text: &str) -> Nesting {
    let mut tokens = Vec::new();
    // What lies before an unclosed quote counts; the quote itself ends the parser's work too.
    let _ = Tokenizer::new(&GenericDialect {}, text).tokenize_with_location_into_buf(&mut tokens);
    let statements = tokens.split(|token| token.token == Token::SemiColon);
    statements.map(nesting_of).max().unwrap_or(Nesting::Shallow)
}

/// Whether a text is nested or chained too deeply for an engine or a parser.
#[must_use]
pub fn is_too_nested(text: &str) -> bool {
    nesting(text) == Nesting::TooDeep
}

fn nesting_of(statement: &[TokenWithSpan]) -> Nesting {
    let (depth, retried) = (tree_depth(statement), retried_depth(statement));
    let within =
        |share: u32| depth.expression <= EXPRESSION_DEPTH_MAX / share && depth.plan <= PLAN_DEPTH_MAX / share;
    if retried > RETRIED_DEPTH_MAX || !within(1) {
        Nesting::TooDeep
    } else if within(SHALLOW_SHARE) && retried + depth.parentheses <= SHALLOW_PARENTHESES {
        Nesting::Shallow
    } else {
        Nesting::Deep
    }
}

/// How deep prefixes that are tried again are nested, at most, up to the end of the statement.
pub(super) fn retried_depth(tokens: &[TokenWithSpan]) -> u32 {
    let (mut depth, mut deepest) = (0_u32, 0);
    let mut open: Vec<bool> = Vec::new();
    let mut last_is_retried = false;
    for token in tokens.iter().filter(|token| !is_space(token)) {
        let retried = match &token.token {
            Token::SemiColon => break,
            Token::LParen | Token::LBracket => {
                open.push(last_is_retried);
                depth += u32::from(last_is_retried);
                false
            }
            Token::RParen | Token::RBracket => {
                depth = depth.saturating_sub(u32::from(open.pop() == Some(true)));
                false
            }
            Token::Word(word) if word.quote_style.is_none() => {
                if word.value.eq_ignore_ascii_case("case") {
                    depth += 1;
                } else if word.value.eq_ignore_ascii_case("end") {
                    depth = depth.saturating_sub(1);
                }
                is_one_of(&word.value, RETRIED)
            }
            _ => false,
        };
        deepest = deepest.max(depth);
        last_is_retried = retried;
    }
    deepest
}

/// Depth of a tree: never less than it will be, and not much more.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Depth {
    /// Of its expressions.
    expression: u32,
    /// Of its relations.
    plan: u32,
    /// Of its parentheses, around functions and queries too.
    parentheses: u32,
}

/// What stands between two parentheses, as far as it was read.
#[derive(Debug, Default)]
struct Level {
    /// `AND` and `OR` of the expression that is read, and the longest chain of other operators between two of them.
    logic: u32,
    chain: u32,
    longest_chain: u32,
    /// The deepest expression before.
    expression: u32,
    /// Relations put on one another here, and those of the common table expressions.
    relations: u32,
    /// Whether a comma separates tables.
    in_tables: bool,
    /// The deepest of what is in parentheses here.
    inner: Depth,
    /// Whether this is the body of a common table expression: what comes later may stand on it.
    is_common: bool,
}

impl Level {
    fn end_expression(&mut self) {
        self.end_chain();
        self.expression = self.expression.max(self.logic + self.longest_chain);
        (self.logic, self.longest_chain) = (0, 0);
    }

    fn end_chain(&mut self) {
        self.longest_chain = self.longest_chain.max(self.chain);
        self.chain = 0;
    }

    fn word(&mut self, word: &str) {
        if is_one_of(word, &["and", "or", "xor"]) {
            self.end_chain();
            self.logic += 1;
        } else if is_one_of(word, OPERATORS) {
            self.chain += 1;
        }
        if is_one_of(word, SEPARATORS) || is_one_of(word, JOINING) {
            self.end_expression();
        }
        self.relations += u32::from(is_one_of(word, JOINING) || word.eq_ignore_ascii_case("select"));
        if word.eq_ignore_ascii_case("from") {
            self.in_tables = true;
        } else if is_one_of(word, BEHIND_TABLES) {
            self.in_tables = false;
        }
    }

    fn depth(mut self) -> Depth {
        self.end_expression();
        Depth {
            expression: self.expression + self.inner.expression,
            plan: self.relations + self.inner.plan,
            parentheses: self.inner.parentheses,
        }
    }

    /// The level outside, with what this one holds.
    fn closed_into(self, mut outer: Self) -> Self {
        let is_common = self.is_common;
        let depth = self.depth();
        outer.inner.expression = outer.inner.expression.max(depth.expression);
        outer.inner.parentheses = outer.inner.parentheses.max(depth.parentheses + 1);
        if is_common {
            outer.relations += depth.plan;
        } else {
            outer.inner.plan = outer.inner.plan.max(depth.plan);
        }
        outer
    }
}

fn tree_depth(tokens: &[TokenWithSpan]) -> Depth {
    let mut above: Vec<Level> = Vec::new();
    let mut level = Level::default();
    let mut last_is_as = false;
    for token in tokens.iter().filter(|token| !is_space(token)) {
        let is_common = std::mem::take(&mut last_is_as);
        match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => {
                above.push(std::mem::replace(&mut level, Level { is_common, ..Level::default() }));
            }
            Token::RParen | Token::RBracket | Token::RBrace => {
                let Some(outer) = above.pop() else { continue };
                level = level.closed_into(outer);
            }
            Token::Comma => {
                level.end_expression();
                level.relations += u32::from(level.in_tables);
            }
            Token::Word(word) if word.quote_style.is_none() => {
                last_is_as = is_one_of(&word.value, &["as", "materialized"]);
                level.word(&word.value);
            }
            Token::VerticalBarRightAngleBracket => level.relations += 1,
            Token::Word(_) | Token::Number(..) | Token::Period => {}
            other => level.chain += u32::from(!is_text(other)),
        }
    }
    while let Some(outer) = above.pop() {
        level = level.closed_into(outer);
    }
    level.depth()
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|one| word.eq_ignore_ascii_case(one))
}

/// Whether a token says nothing.
pub(super) fn is_space(token: &TokenWithSpan) -> bool {
    matches!(token.token, Token::Whitespace(_) | Token::EOF)
}

fn is_text(token: &Token) -> bool {
    matches!(
        token,
        Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::NationalStringLiteral(_)
            | Token::EscapedStringLiteral(_)
            | Token::HexStringLiteral(_)
            | Token::UnicodeStringLiteral(_)
            | Token::DollarQuotedString(_)
            | Token::Placeholder(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(text: &str) -> Depth {
        let mut tokens = Vec::new();
        Tokenizer::new(&GenericDialect {}, text).tokenize_with_location_into_buf(&mut tokens).unwrap();
        tree_depth(&tokens)
    }

    #[test]
    fn the_depth_of_a_tree_is_read_from_its_tokens() {
        for (text, expression, plan) in [
            ("SELECT 1", 0, 1),
            ("SELECT a, b + c * 2, 'x' FROM t", 2, 1),
            ("SELECT a FROM t WHERE a = 1 OR b = 'x' OR c IS NULL", 3, 1),
            ("SELECT a FROM t WHERE a = 1 AND (b = 2 OR (c = 3 AND d = 4))", 6, 1),
            ("SELECT CASE WHEN a = 1 THEN b - 1 ELSE c END FROM t", 1, 1),
            ("SELECT a FROM t, u, v WHERE a IN (1, 2, 3)", 1, 3),
            ("SELECT a FROM t JOIN u ON t.a = u.a JOIN v ON u.a = v.a", 1, 3),
            ("SELECT a FROM t UNION ALL SELECT a FROM u UNION ALL SELECT a FROM v", 0, 5),
            ("SELECT a FROM (SELECT a FROM (SELECT a FROM t) x) y", 0, 3),
            ("WITH a AS (SELECT 1), b AS (SELECT * FROM a) SELECT * FROM b", 2, 3),
            ("SELECT \"or\" FROM t WHERE ((a = 1", 1, 1),
            (")) SELECT a + b", 1, 1),
        ] {
            let found = depth(text);
            assert_eq!((found.expression, found.plan), (expression, plan), "{text}");
        }
    }

    #[test]
    fn what_people_write_is_shallow_and_what_is_nested_or_chained_is_not() {
        for text in [
            "",
            "SELECT 1",
            "SELECT region, count(*), sum(amount) FROM t WHERE day > '2026-01-01' AND a IN (1, 2) GROUP BY region",
            "SELECT a.x, round(sum(b.y * (1 - b.z)), 2) FROM a JOIN b ON a.k = b.k JOIN c ON b.c = c.c GROUP BY 1",
            "WITH a AS (SELECT 1) SELECT * FROM a ORDER BY 1 LIMIT 3",
        ] {
            assert_eq!(nesting(text), Nesting::Shallow, "{text}");
        }
        let calls = |times| format!("SELECT {}a{}", "abs(".repeat(times), ")".repeat(times));
        assert_eq!([10, 11].map(|times| nesting(&calls(times))), [Nesting::Shallow, Nesting::Deep]);
        let chain = |times| format!("SELECT a{}", " + a".repeat(times));
        assert_eq!(
            [20, 21, 400, 401].map(|times| nesting(&chain(times))),
            [Nesting::Shallow, Nesting::Deep, Nesting::Deep, Nesting::TooDeep]
        );
        let joins = |times| format!("SELECT 1 FROM t{}", " CROSS JOIN t".repeat(times));
        assert_eq!([4, 5].map(|times| nesting(&joins(times))), [Nesting::Shallow, Nesting::Deep]);
        assert_eq!(nesting(&format!("SELECT 1; {}", chain(401))), Nesting::TooDeep);
    }

    #[test]
    fn long_lists_are_flat_and_long_chains_are_not() {
        let list = (0..20_000).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
        assert!(!is_too_nested(&format!("SELECT {list} FROM t WHERE a IN ({list})")));
        for (sign, begin) in [
            (" OR ", "SELECT a FROM t WHERE a"),
            (" + ", "SELECT a"),
            (" IS NULL AND ", "SELECT a FROM t WHERE a"),
            ("::int", "SELECT a"),
            (" AT TIME ZONE 'UTC'", "SELECT a"),
            (", t x", "SELECT a FROM t"),
            (" UNION SELECT a ", "SELECT a"),
            (" CROSS JOIN t", "SELECT a FROM t"),
            (" |> WHERE a", "FROM t"),
        ] {
            let operand = if sign.ends_with(' ') && !sign.contains("UNION") { "a" } else { "" };
            let text = |times| format!("{begin}{}", format!("{sign}{operand}").repeat(times));
            assert!(!is_too_nested(&text(40)), "{sign}");
            assert!(is_too_nested(&text(500)), "{sign}");
        }
        let common =
            (1..200).map(|n| format!("c{n} AS (SELECT * FROM c{})", n - 1)).collect::<Vec<_>>().join(", ");
        assert!(is_too_nested(&format!("WITH c0 AS (SELECT 1), {common} SELECT * FROM c199")));
    }
}
