//! What administrators and owners write: mappings, models, quality rules, policies.

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::party::Role;
use brain_policy::{Action, Book, Kind, Resource, Rule, Situation, Subject, built_in};
use brain_warehouse::{mapping, model};
use chrono::DateTime;

/// Mappings in TOML.
pub fn mapping(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match mapping::parse("fuzz.toml", text) {
        Ok(mapping) => assert!(!mapping.tables.is_empty()),
        Err(error) => assert!(!error.problem.zh.is_empty() && !error.problem.en.is_empty()),
    }
}

/// Models: front matter with its tests, and SQL; the same text as a selection.
pub fn model(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match model::Model::read(text) {
        Ok(model) => {
            assert!(model.name.contains('.'), "a model makes a table of a zone");
            assert!(model.tests.iter().all(|test| !test.rules.is_empty()), "a test checks something");
            let _ = model.reads().count();
        }
        Err(error) => assert!(error.line >= 1 && !error.problem.zh.is_empty() && !error.fix.en.is_empty()),
    }
    let _ = model::Selection::parse(text);
}

/// Quality rules in TOML. What is taken is written out and read back the same, and says what it asks.
pub fn quality(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(rules) = brain_quality::Rules::parse(text) else { return };
    let written = rules.to_toml().expect("rules that were read can be written");
    let again = brain_quality::Rules::parse(&written).expect("rules that were written are read again");
    assert_eq!(again, rules);
    for rule in &rules.rules {
        let said = rule.describe();
        assert!(!said.zh.is_empty() && !said.en.is_empty() || rule.title.is_some(), "{}", rule.id);
    }
}

/// Policies in Cedar's language. One that is taken must never fail open: what is forbidden stays so beside it.
pub fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let rule = Rule {
        id: "fuzz".to_owned(),
        version: 1,
        title: Text::new("测试", "test"),
        text: text.to_owned(),
        level: Grade::General4,
    };
    let Ok(book) = Book::new(built_in().into_iter().chain([rule]).collect()) else { return };
    let subject = Subject {
        role: Role::Enterprise,
        organisation: "91330681716195421C",
        side: "enterprise",
        region: "330100",
        industry: "C38",
        clearance: Grade::General4,
    };
    let resource = Resource {
        kind: Kind::Dataset,
        name: "raw.x",
        zone: "raw",
        side: "public",
        grade: Grade::Core,
        owner: "node",
        restricted: false,
    };
    let situation = Situation {
        action: Action::Move,
        purpose: "view",
        granted: false,
        agreement: false,
        channel: Grade::Core,
        at: DateTime::UNIX_EPOCH,
    };
    let verdict = book.decide(&subject, &resource, &situation);
    assert!(!verdict.allow, "core data does not move by a policy of general data");
}
