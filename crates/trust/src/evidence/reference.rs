//! What an entry is about, so that one dataset, contract, account or firm can be followed through every act.
//!
//! References are read off the entry itself by fixed rules; whoever has the entry can tell whether the index is right.

use std::collections::BTreeSet;

use serde_json::Value;

/// Most references of one entry; an act on more things than this points at the thing that lists them.
const REFERENCES_MAX: usize = 64;
/// Longest reference, in characters.
const CHARACTERS_MAX: usize = 256;
/// How deep a body is looked into.
const DEPTH_MAX: u8 = 5;

/// Families of acts whose subject is a thing of another kind than the family's name.
const SUBJECTS: &[(&str, &str)] = &[
    ("session", "account"),
    ("model", "dataset"),
    ("ingest", "run"),
    ("sql", "query"),
    ("agreement", "contract"),
    ("firm", "organisation"),
    ("enterprise", "organisation"),
];

/// Fields of a body that name a thing, and the kind of thing.
const FIELDS: &[(&str, &str)] = &[
    ("dataset", "dataset"),
    ("datasets", "dataset"),
    ("dataset_pattern", "dataset"),
    ("table", "dataset"),
    ("account", "account"),
    ("account_id", "account"),
    ("organisation", "organisation"),
    ("uscc", "organisation"),
    ("enterprise", "organisation"),
    ("firm", "organisation"),
    ("grant", "grant"),
    ("grant_id", "grant"),
    ("contract", "contract"),
    ("agreement", "contract"),
    ("run", "run"),
    ("run_id", "run"),
];

/// Actors that are nobody in particular.
const NOBODY: [&str; 2] = ["system", "anonymous"];

/// References of an entry, sorted, each once. At least one: what the act was done to.
pub(crate) fn of(kind: &str, actor: &str, subject: &str, body: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if !NOBODY.contains(&actor) {
        insert(&mut found, "account", actor);
    }
    let family = kind.split_once('.').map_or(kind, |(family, _)| family);
    if subject.contains(':') {
        insert_whole(&mut found, subject);
    } else {
        let thing = SUBJECTS.iter().find(|(from, _)| *from == family).map_or(family, |(_, to)| to);
        insert(&mut found, thing, subject);
    }
    for about in body.get("about").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        insert_whole(&mut found, about);
    }
    look(&mut found, body, DEPTH_MAX);
    found
}

fn look(found: &mut BTreeSet<String>, value: &Value, depth: u8) {
    if depth == 0 {
        return;
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if let Some((_, thing)) = FIELDS.iter().find(|(field, _)| field == name) {
                    named(found, thing, value);
                }
                look(found, value, depth - 1);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| look(found, item, depth - 1)),
        _ => {}
    }
}

fn named(found: &mut BTreeSet<String>, thing: &str, value: &Value) {
    match value {
        Value::String(id) => insert(found, thing, id),
        Value::Array(items) => items.iter().filter_map(Value::as_str).for_each(|id| insert(found, thing, id)),
        _ => {}
    }
}

fn insert(found: &mut BTreeSet<String>, thing: &str, id: &str) {
    insert_whole(found, &format!("{thing}:{id}"));
}

fn insert_whole(found: &mut BTreeSet<String>, reference: &str) {
    if found.len() < REFERENCES_MAX && reference.chars().count() <= CHARACTERS_MAX {
        found.insert(reference.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::{REFERENCES_MAX, of};
    use serde_json::json;

    #[test]
    fn actor_subject_and_everything_the_body_names_are_found() {
        let body = json!({ "inputs": [{ "dataset": "raw.a", "version": 3 }], "grant": { "dataset_pattern": "raw.*" },
            "about": ["contract:c1"], "params": { "uscc": "91330100799655058B" } });
        let found: Vec<String> = of("component.run", "a1", "chain.gap", &body).into_iter().collect();
        let expected = [
            "account:a1",
            "component:chain.gap",
            "contract:c1",
            "dataset:raw.*",
            "dataset:raw.a",
            "organisation:91330100799655058B",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_session_is_about_its_account_and_nobody_is_not_followed() {
        let found: Vec<String> = of("session.refused", "anonymous", "a7", &json!({})).into_iter().collect();
        assert_eq!(found, ["account:a7"]);
    }

    #[test]
    fn a_huge_body_gives_no_more_than_the_limit_and_a_deep_one_no_overflow() {
        let many: Vec<String> = (0..500).map(|n| format!("raw.t{n}")).collect();
        assert_eq!(of("x.y", "a", "s", &json!({ "datasets": many })).len(), REFERENCES_MAX);
        let mut deep = json!({ "dataset": "raw.deep" });
        for _ in 0..50 {
            deep = json!({ "inner": deep });
        }
        assert!(!of("x.y", "a", "s", &deep).contains("dataset:raw.deep"));
    }
}
