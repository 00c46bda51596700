//! A script as statements: where each begins and ends, and what to do where the parser gives up.
//!
//! Statements are parsed one by one, so that one that is not understood costs only itself. A block of procedural
//! code that the parser does not know (PL/SQL) is searched for the statements in it.

use super::dialect::Dialect;
use super::issue::{IssueKind, Position};
use super::nesting::{RETRIED_DEPTH_MAX, is_space, retried_depth};
use super::resolver::Resolver;
use super::script::Followed;
use sqlparser::ast::Statement;
use sqlparser::parser::{Parser, ParserError, ParserOptions};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

/// Words after which a statement may begin inside a block.
const OPENERS: &[&str] = &["begin", "then", "else", "loop", "do", "as", "is", "query"];

/// Words a statement that moves data begins with.
const MOVERS: &[&str] = &["insert", "update", "delete", "merge", "with", "select", "replace"];

/// How often in one script the parser may try again before statements with nested prefixes are left unread.
const RETRIES_MAX: u64 = 1 << 17;

impl Resolver<'_> {
    /// Reads a whole script.
    pub(super) fn script(&mut self, text: &str) {
        let mut tokens = Vec::new();
        let outcome =
            Tokenizer::new(self.dialect.parser(), text).tokenize_with_location_into_buf(&mut tokens);
        let mut pieces = pieces(&tokens, self.dialect);
        // What was read before an unclosed quote belongs to the same statement as the quote.
        let cut = outcome.is_err().then(|| pieces.pop()).flatten();
        for piece in pieces {
            self.piece(piece);
        }
        if let Err(error) = outcome {
            let begin = cut.and_then(|piece| piece.tokens.iter().find(|one| !is_space(one)));
            self.at = begin.map_or(error.location.into(), |token| token.span.start.into());
            self.issue(error.location, IssueKind::Syntax { message: error.message });
            self.end_statement(Followed::No);
        }
    }

    fn piece(&mut self, piece: Piece<'_>) {
        let Some(first) = piece.tokens.iter().find(|token| !is_space(token)) else { return };
        self.at = first.span.start.into();
        if piece.tokens.len() > super::STATEMENT_TOKENS_MAX {
            self.too_large("a statement");
            self.end_statement(Followed::No);
            return;
        }
        if piece.is_block {
            self.block_piece(piece.tokens);
        } else if !self.quoted_body(piece.tokens) {
            self.plain_piece(piece.tokens);
        }
    }

    /// Statements with `;` between them, or without where the dialect allows it.
    fn plain_piece(&mut self, tokens: &[TokenWithSpan]) {
        let mut rest = tokens;
        while let Some(first) =
            rest.iter().position(|token| !is_space(token) && token.token != Token::SemiColon)
        {
            rest = rest.get(first..).unwrap_or_default();
            let Some(begin) = rest.first() else { return };
            self.at = begin.span.start.into();
            let Some(outcome) = self.parse(rest) else {
                self.end_statement(Followed::No);
                rest = from_semicolon(rest);
                continue;
            };
            match outcome {
                Ok((statement, read)) => {
                    rest = rest.get(read..).unwrap_or_default();
                    let followed = self.statement(&statement);
                    rest = self.after_statement(rest);
                    self.end_statement(followed);
                }
                Err(error) => {
                    self.syntax(&error);
                    self.end_statement(Followed::No);
                    rest = from_semicolon(rest);
                }
            }
        }
    }

    /// What stands behind a statement: its end, the next statement, or something that was not understood.
    fn after_statement<'t>(&mut self, rest: &'t [TokenWithSpan]) -> &'t [TokenWithSpan] {
        let next = rest.iter().find(|token| !is_space(token));
        let Some(next) = next.filter(|next| next.token != Token::SemiColon) else { return rest };
        if self.dialect == Dialect::Mssql && matches!(&next.token, Token::Word(_)) {
            return rest;
        }
        let message = format!("not understood from {} on", next.token);
        self.issue(next.span.start, IssueKind::Syntax { message });
        from_semicolon(rest)
    }

    /// Parses one statement, and says how many tokens it has; nothing when it is nested so that trying could take
    /// for ever.
    fn parse(&mut self, tokens: &[TokenWithSpan]) -> Option<Result<(Statement, usize), ParserError>> {
        let depth = retried_depth(tokens);
        let cost = 1_u64 << depth.min(40);
        if depth > RETRIED_DEPTH_MAX || (depth > 4 && self.retries + cost > RETRIES_MAX) {
            self.too_large("nested expressions");
            return None;
        }
        let options = ParserOptions {
            require_semicolon_stmt_delimiter: self.dialect != Dialect::Mssql,
            ..ParserOptions::default()
        };
        let mut parser = Parser::new(self.parser_dialect(tokens))
            .with_options(options)
            .with_tokens_with_locations(tokens.to_vec());
        let outcome = parser.parse_statement().map(|statement| (statement, parser.index()));
        let whole =
            outcome.as_ref().is_ok_and(|(_, read)| ends_there(tokens.get(*read..).unwrap_or_default()));
        if !whole {
            self.retries += cost;
        }
        Some(outcome)
    }

    fn block_piece(&mut self, tokens: &[TokenWithSpan]) {
        if let Some(Ok((statement, _))) = self.parse(tokens) {
            let followed = self.statement(&statement);
            self.end_statement(followed);
            return;
        }
        self.issue(self.at, IssueKind::Procedural);
        self.end_statement(Followed::No);
        self.statements_inside(tokens);
    }

    /// The statements that move data in code the parser does not know.
    fn statements_inside(&mut self, tokens: &[TokenWithSpan]) {
        self.procedural = true;
        for piece in tokens.split(|token| token.token == Token::SemiColon) {
            if let Some(statement) = self.statement_inside(piece) {
                let followed = self.statement(&statement);
                self.end_statement(followed);
            }
        }
        self.procedural = false;
    }

    /// PostgreSQL writes the body of a function, procedure or `DO` as one string in dollars: read as text of its own,
    /// at its place. Says whether this is one.
    fn quoted_body(&mut self, tokens: &[TokenWithSpan]) -> bool {
        let mut solid = tokens.iter().filter(|token| !is_space(token));
        let Some(first) = solid.next().map(word_of) else { return false };
        let names_code = |token: &TokenWithSpan| word_is(token, "function") || word_is(token, "procedure");
        if first != "do" && !(first == "create" && solid.take(4).any(names_code)) {
            return false;
        }
        let quoted = tokens.iter().find_map(|token| match &token.token {
            Token::DollarQuotedString(body) => Some((body, token.span.start)),
            _ => None,
        });
        let Some((body, place)) = quoted else { return false };
        let language =
            tokens.iter().skip_while(|token| !word_is(token, "language")).filter(|token| !is_space(token));
        let language = language.skip(1).map(word_of).next().unwrap_or_default();
        if !["", "sql", "plpgsql", "plsql", "pltsql"].contains(&language.as_str()) {
            return false;
        }
        self.issue(self.at, IssueKind::Procedural);
        let mut inner = Vec::new();
        let mut tokenizer = Tokenizer::new(self.dialect.parser(), &body.value);
        if let Err(error) = tokenizer.tokenize_with_location_into_buf(&mut inner) {
            self.issue(place, IssueKind::Syntax { message: error.message });
        }
        self.end_statement(Followed::No);
        // The body begins behind `$tag$`.
        let tag = body.tag.as_deref().unwrap_or_default().chars().count() as u64 + 2;
        for token in &mut inner {
            for end in [&mut token.span.start, &mut token.span.end] {
                if end.line == 1 {
                    end.column += place.column.saturating_sub(1) + tag;
                }
                end.line += place.line.saturating_sub(1);
            }
        }
        self.statements_inside(&inner);
        true
    }

    /// The statement that moves data at the end of a piece of a block, with its issue when it does not parse.
    fn statement_inside(&mut self, piece: &[TokenWithSpan]) -> Option<Statement> {
        let places = piece.iter().enumerate().filter(|(_, token)| !is_space(token));
        let mut before: Option<String> = None;
        let mut begin = None;
        for (at, token) in places {
            let opens = before.is_none_or(|word| OPENERS.contains(&word.as_str()));
            let word = word_of(token);
            if opens && MOVERS.contains(&word.as_str()) {
                begin = Some(at);
            }
            before = Some(word);
        }
        let tokens = piece.get(begin?..)?;
        self.at = tokens.first()?.span.start.into();
        match self.parse(tokens) {
            Some(Ok((statement, _))) => Some(statement),
            None => {
                self.end_statement(Followed::No);
                None
            }
            Some(Err(error)) => {
                self.syntax(&error);
                self.end_statement(Followed::No);
                None
            }
        }
    }

    /// The dialect to parse in: the parser knows Oracle's INSERT ALL only as Snowflake's, which is the same.
    fn parser_dialect(&self, tokens: &[TokenWithSpan]) -> &'static dyn sqlparser::dialect::Dialect {
        let mut words = tokens.iter().filter(|token| !is_space(token)).map(word_of);
        let several = words.next().as_deref() == Some("insert")
            && words.next().is_some_and(|word| ["all", "first"].contains(&word.as_str()));
        if several && self.dialect == Dialect::Oracle {
            return &sqlparser::dialect::SnowflakeDialect;
        }
        self.dialect.parser()
    }

    fn syntax(&mut self, error: &ParserError) {
        let (message, place) = match error {
            ParserError::TokenizerError(message) | ParserError::ParserError(message) => located(message),
            ParserError::RecursionLimitExceeded => {
                self.too_large("nested expressions");
                return;
            }
        };
        self.issue(place.unwrap_or(self.at), IssueKind::Syntax { message });
    }
}

/// The tokens from the next `;` on.
fn from_semicolon(tokens: &[TokenWithSpan]) -> &[TokenWithSpan] {
    let end = tokens.iter().position(|token| token.token == Token::SemiColon);
    end.and_then(|end| tokens.get(end..)).unwrap_or_default()
}

/// Whether nothing but the end of a statement follows.
fn ends_there(tokens: &[TokenWithSpan]) -> bool {
    tokens.iter().find(|token| !is_space(token)).is_none_or(|token| token.token == Token::SemiColon)
}

/// The parser writes the place behind its message.
fn located(message: &str) -> (String, Option<Position>) {
    let Some((words, place)) = message.rsplit_once(" at Line: ") else { return (message.to_owned(), None) };
    let numbers = place.split_once(", Column: ").and_then(|(line, column)| {
        Some(Position { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? })
    });
    (words.to_owned(), numbers)
}

/// Tokens between two ends of statements.
struct Piece<'t> {
    tokens: &'t [TokenWithSpan],
    is_block: bool,
}

/// A word as it is compared; nothing for what is no bare word.
fn word_of(token: &TokenWithSpan) -> String {
    match &token.token {
        Token::Word(word) if word.quote_style.is_none() => word.value.to_ascii_lowercase(),
        _ => String::new(),
    }
}

fn word_is(token: &TokenWithSpan, word: &str) -> bool {
    matches!(&token.token, Token::Word(found) if found.quote_style.is_none() && found.value.eq_ignore_ascii_case(word))
}

/// Cuts a script at its `;`, at the lines that end a batch, and around blocks of procedural code.
fn pieces(tokens: &[TokenWithSpan], dialect: Dialect) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut block: Option<Block> = None;
    let mut fresh = true;
    let mut client_line = None;
    for at in 0..tokens.len() {
        let Some(token) = tokens.get(at).filter(|token| !is_space(token)) else { continue };
        // A line for the mysql client alone: `DELIMITER //`.
        if fresh && dialect == Dialect::Mysql && word_is(token, "delimiter") {
            client_line = Some(token.span.start.line);
        }
        if client_line == Some(token.span.start.line) {
            start = at + 1;
            continue;
        }
        let ends_batch = ends_batch(tokens, at, dialect);
        if fresh && !ends_batch {
            block = Block::begins(tokens.get(at..).unwrap_or_default(), dialect);
            fresh = false;
        }
        let ends = match &mut block {
            Some(block) => block.ends_with(token),
            None => token.token == Token::SemiColon && dialect != Dialect::Mssql,
        };
        if ends || ends_batch {
            let end = if ends_batch { at } else { at + 1 };
            let tokens = tokens.get(start..end).unwrap_or_default();
            pieces.push(Piece { tokens, is_block: block.take().is_some() });
            start = at + 1;
            fresh = true;
        }
    }
    let rest = tokens.get(start..).unwrap_or_default();
    pieces.push(Piece { tokens: rest, is_block: block.is_some() });
    pieces
}

/// A line of its own that ends a batch: `/` of SQL*Plus, `GO` of sqlcmd, `//` of the mysql client.
fn ends_batch(tokens: &[TokenWithSpan], at: usize, dialect: Dialect) -> bool {
    let Some(token) = tokens.get(at) else { return false };
    let fits = match dialect {
        Dialect::Oracle | Dialect::Mysql => token.token == Token::Div,
        Dialect::Mssql => word_is(token, "go"),
        _ => false,
    };
    if !fits {
        return false;
    }
    let line = token.span.start.line;
    let solid = |token: &&TokenWithSpan| !is_space(token);
    let (before, after) = (tokens.get(..at).unwrap_or_default(), tokens.get(at + 1..).unwrap_or_default());
    let doubled = |other: Option<&TokenWithSpan>| other.is_some_and(|other| other.token == Token::Div);
    if dialect == Dialect::Mysql && (doubled(before.last()) || doubled(after.first())) {
        return true;
    }
    let alone = |other: Option<&TokenWithSpan>| {
        other.is_none_or(|other| other.span.start.line != line || other.token == Token::Div)
    };
    alone(before.iter().rev().find(solid)) && alone(after.iter().find(solid))
}

/// A block of procedural code, and how deep in it the reading is.
struct Block {
    depth: usize,
    begun: bool,
    last: String,
}

impl Block {
    /// Whether a statement beginning here is a block whose `;` do not end it.
    fn begins(tokens: &[TokenWithSpan], dialect: Dialect) -> Option<Self> {
        let block = Self { depth: 0, begun: false, last: String::new() };
        let mut words = tokens.iter().filter(|token| !is_space(token)).take(16);
        let first = words.next().map(word_of)?;
        let is_block = match (first.as_str(), dialect) {
            (_, Dialect::Mssql | Dialect::Hive) => false,
            ("declare", Dialect::Oracle) => true,
            ("begin", _) => words.next().is_some_and(|next| {
                next.token != Token::SemiColon
                    && !["transaction", "work", "isolation", "read", "deferrable", "not"]
                        .iter()
                        .any(|word| word_is(next, word))
            }),
            // PostgreSQL writes the body as one string.
            ("create", Dialect::Oracle | Dialect::Mysql) => {
                let mut words = words.take_while(|token| token.token != Token::LParen);
                words.any(|token| {
                    ["procedure", "function", "trigger", "package"].iter().any(|word| word_is(token, word))
                })
            }
            _ => false,
        };
        is_block.then_some(block)
    }

    /// Whether this token, a `;` outside of everything, ends the block.
    fn ends_with(&mut self, token: &TokenWithSpan) -> bool {
        let word = word_of(token);
        match word.as_str() {
            "end" => self.depth = self.depth.saturating_sub(1),
            // `END IF`, `END LOOP`: the word belongs to the END.
            "if" | "loop" | "case" | "while" | "repeat" if self.last == "end" => {}
            "begin" | "case" | "loop" => {
                self.depth += 1;
                self.begun |= word == "begin";
            }
            "if" if self.begins_statement() => self.depth += 1,
            _ => {}
        }
        self.last = word;
        token.token == Token::SemiColon && self.begun && self.depth == 0
    }

    /// Whether an IF here opens a statement, and is not the function or `IF EXISTS`.
    fn begins_statement(&self) -> bool {
        self.last.is_empty() || ["begin", "then", "else", "loop", "do"].contains(&self.last.as_str())
    }
}
