//! What the document says of a query holds: numbers lie within their range, texts within their length. Of a body, the
//! handler says which texts are held to theirs.

use crate::error::Error;
use axum::extract::Query;
use axum::http::Uri;
use serde_json::Value;

/// Bounds of the parameters of one endpoint.
#[derive(Debug, Default)]
pub(crate) struct QueryBounds(Vec<Bound>);

#[derive(Debug)]
struct Bound {
    name: String,
    least: Option<f64>,
    most: Option<f64>,
    characters_least: Option<u64>,
    characters_most: Option<u64>,
}

impl QueryBounds {
    /// The bounds that a query's schema states.
    pub(crate) fn of(schema: &Value) -> Self {
        let properties = schema.get("properties").and_then(Value::as_object);
        let bound = |(name, schema): (&String, &Value)| {
            let number = |key: &str| schema.get(key).and_then(Value::as_f64);
            let count = |key: &str| schema.get(key).and_then(Value::as_u64);
            let bound = Bound {
                name: name.clone(),
                least: number("minimum"),
                most: number("maximum"),
                characters_least: count("minLength"),
                characters_most: count("maxLength"),
            };
            bound.says_something().then_some(bound)
        };
        Self(properties.into_iter().flatten().filter_map(bound).collect())
    }

    /// Refuse a query, already read, that does not keep to them.
    pub(crate) fn check(&self, uri: &Uri) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let malformed = |pointer: String, reason| Error::Malformed { place: "query", pointer, reason };
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri);
        let pairs = pairs.map_err(|rejection| malformed(String::new(), rejection.body_text()))?.0;
        for (name, text) in &pairs {
            let bound = self.0.iter().find(|bound| bound.name == *name);
            if let Some(reason) = bound.and_then(|bound| bound.broken_by(text)) {
                return Err(malformed(format!("/{name}"), reason));
            }
        }
        Ok(())
    }
}

/// Refuse a text at `pointer` of a body that is longer than the document says, in characters.
pub(crate) fn within_length(pointer: &str, text: &str, most: usize) -> Result<(), Error> {
    if text.chars().count() <= most {
        return Ok(());
    }
    let reason = format!("{}: {}", pointer.trim_start_matches('/'), too_long(most));
    Err(Error::Malformed { place: "body", pointer: pointer.to_owned(), reason })
}

fn too_long(most: impl std::fmt::Display) -> String {
    format!("长度 length ≤ {most}")
}

impl Bound {
    fn says_something(&self) -> bool {
        self.least.is_some()
            || self.most.is_some()
            || self.characters_least.is_some()
            || self.characters_most.is_some()
    }

    /// What is wrong with a value, if anything.
    fn broken_by(&self, text: &str) -> Option<String> {
        let name = &self.name;
        // What is no number was refused where a number is wanted.
        if let Ok(number) = text.parse::<f64>() {
            if let Some(least) = self.least.filter(|least| number < *least) {
                return Some(format!("{name} ≥ {least}"));
            }
            if let Some(most) = self.most.filter(|most| number > *most) {
                return Some(format!("{name} ≤ {most}"));
            }
        }
        let characters = text.chars().count() as u64;
        if let Some(least) = self.characters_least.filter(|least| characters < *least) {
            return Some(format!("{name}: 长度 length ≥ {least}"));
        }
        let most = self.characters_most.filter(|most| characters > *most)?;
        Some(format!("{name}: {}", too_long(most)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_and_lengths_are_held_to_the_schema() {
        let bounds = QueryBounds::of(&json!({ "properties": {
            "page": { "type": ["integer", "null"], "minimum": 1, "maximum": 1000 },
            "purpose": { "type": "string", "minLength": 2, "maxLength": 3 },
            "free": { "type": "string" },
        } }));
        let check = |query: &str| bounds.check(&format!("/?{query}").parse().unwrap());
        let words = "purpose=%E7%94%A8%E9%80%94%E4%B8%80";
        for good in ["", "page=1", "page=1000", words, "free=xxxxxxxx", "other=0"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for (bad, says) in [
            ("page=0", "page ≥ 1"),
            ("page=1001", "page ≤ 1000"),
            ("page=1&page=-5", "page ≥ 1"),
            ("purpose=abcd", "≤ 3"),
            ("purpose=a", "≥ 2"),
        ] {
            let error = check(bad).unwrap_err();
            let Error::Malformed { place: "query", pointer, reason } = error else { panic!("{bad}") };
            assert!(reason.contains(says) && pointer.len() > 1, "{bad}: {reason}");
        }
    }

    #[test]
    fn a_text_of_a_body_is_as_long_as_its_characters() {
        assert!(within_length("/sql", "产业链", 3).is_ok());
        let Error::Malformed { place: "body", pointer, reason } =
            within_length("/sql", "产业链图", 3).unwrap_err()
        else {
            panic!("refused as a part of the body")
        };
        assert_eq!((pointer.as_str(), reason.contains("sql")), ("/sql", true));
    }
}
