//! A column bound to an element becomes rules of `brain-quality`: there is one checker.

use super::{DataElement, Kind};
use brain_kernel::language::Text;
use brain_quality::profile::ValueKind;
use brain_quality::rule::{Check, Rule, Severity};
use xxhash_rust::xxh3::xxh3_64;

/// What the ids of these rules begin with.
pub const RULE_PREFIX: &str = "element.";
/// Longest column name that stands in an id as it is, characters.
const PLAIN_CHARACTERS_MAX: usize = 70;

/// Id of the rule about one aspect of a column; the same for every version of the element, so that history follows it.
#[must_use]
pub fn rule_id(column: &str, aspect: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if column.len() <= PLAIN_CHARACTERS_MAX && !column.is_empty() && column.chars().all(plain) {
        return format!("{RULE_PREFIX}{column}.{aspect}");
    }
    // Ids of rules are ASCII; columns need not be.
    format!("{RULE_PREFIX}x{:016x}.{aspect}", xxh3_64(column.as_bytes()))
}

/// The rules a column of this kind has to pass where it is bound to an element; with `required`, every row has a value.
///
/// Numbers, days and truths that came as text are held to how such a value is written.
#[must_use]
pub fn column_rules(element: &DataElement, column: &str, kind: ValueKind, required: bool) -> Vec<Rule> {
    let mut found = Vec::new();
    let mut add = |aspect: &str, zh: &str, en: &str, check: Check| {
        let title = Text::new(
            format!("数据元“{}”：列“{column}”{zh}", element.name.zh),
            format!("Element {}: column {column} {en}", element.id),
        );
        found.push(Rule {
            id: rule_id(column, aspect),
            title: Some(title),
            severity: Severity::Error,
            owner: Some(element.owner.clone()),
            at_least: 1.0,
            when: Vec::new(),
            check,
        });
    };
    let column = column.to_owned();
    let asked = &element.representation;
    if required {
        let check = Check::Complete { column: column.clone(), blank_counts: false };
        add("required", "必填", "has a value in every row", check);
    }
    if let Some(written) = written(asked.kind, kind) {
        let check = match written {
            Written::Day => Check::Date { column: column.clone() },
            Written::As(regex) => Check::Pattern { column: column.clone(), regex: regex.to_owned() },
        };
        add("kind", "的数据类型", "is of its kind", check);
    }
    if asked.length_min.is_some() || asked.length_max.is_some() {
        let check = Check::Length { column: column.clone(), min: asked.length_min, max: asked.length_max };
        add("length", "的长度", "has its length", check);
    }
    if let Some(regex) = &asked.pattern {
        let check = Check::Pattern { column: column.clone(), regex: regex.clone() };
        add("pattern", "的格式", "has its form", check);
    }
    if asked.min.is_some() || asked.max.is_some() {
        let (min, max) = (asked.bound(asked.min), asked.bound(asked.max));
        add("range", "的取值范围", "is within its range", Check::Range { column: column.clone(), min, max });
    }
    if let Some(scheme) = asked.check_digit {
        add(
            "check_digit",
            "的校验位",
            "has its check digit",
            Check::CheckDigit { column: column.clone(), scheme },
        );
    }
    if let Some(list) = &asked.code_list {
        let check = Check::CodeList { column: column.clone(), list: list.clone() };
        add("code_list", "取自代码表", "is of its code list", check);
    }
    found
}

/// How a value of some kind is written in a text.
enum Written {
    Day,
    As(&'static str),
}

/// What a column must be held to for the kind alone; nothing where its type says it already.
fn written(asked: Kind, column: ValueKind) -> Option<Written> {
    match (asked, column) {
        (Kind::Date, ValueKind::Text) => Some(Written::Day),
        (Kind::Integer, ValueKind::Text) => Some(Written::As(r"[+-]?\d{1,18}")),
        (Kind::Decimal, ValueKind::Text) => Some(Written::As(r"[+-]?\d{1,18}(\.\d{1,18})?")),
        (Kind::Truth, ValueKind::Text) => Some(Written::As(r"(?i:true|false|0|1|y|n|是|否)")),
        // A column of another kind altogether: the pattern cannot be measured on it, which is reported and fails.
        (Kind::Date, ValueKind::Day | ValueKind::Instant)
        | (Kind::Integer, ValueKind::Whole)
        | (Kind::Decimal, ValueKind::Whole | ValueKind::Real)
        | (Kind::Truth, ValueKind::Truth)
        | (Kind::Text, _) => None,
        (Kind::Date, _) => Some(Written::Day),
        (Kind::Integer | Kind::Decimal | Kind::Truth, _) => Some(Written::As(r".*")),
    }
}
