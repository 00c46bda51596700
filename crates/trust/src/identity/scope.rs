//! What an API key may be used for (密钥范围). A scope narrows what the account's role allows and never widens it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Scopes in one key at most.
const SCOPES_MAX: usize = 50;
/// Longest id of a component in a scope, in characters.
const COMPONENT_CHARACTERS_MAX: usize = 100;

/// One thing a key may be used for: `read`, `run`, `run:<component>`, `ingest` or `admin`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Scope {
    /// Read: the catalogue, rows, SQL, evidence.
    Read,
    /// Run any component.
    Run,
    /// Run this component only.
    RunOf(String),
    /// Load data.
    Ingest,
    /// Acts of administrators: accounts, grants.
    Admin,
}

impl Scope {
    /// Every scope that names no component: what a key may do that is not narrowed.
    #[must_use]
    pub fn every() -> Vec<Self> {
        vec![Self::Read, Self::Run, Self::Ingest, Self::Admin]
    }

    /// Whether a key with this scope may do what needs `needed`.
    #[must_use]
    pub fn covers(&self, needed: &Self) -> bool {
        self == needed || matches!((self, needed), (Self::Run, Self::RunOf(_)))
    }
}

impl JsonSchema for Scope {
    fn schema_name() -> Cow<'static, str> {
        "Scope".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "read, run, run:<component>, ingest, admin",
            "pattern": "^(read|run|ingest|admin|run:[A-Za-z0-9._-]{1,100})$",
        })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read => f.write_str("read"),
            Self::Run => f.write_str("run"),
            Self::RunOf(component) => write!(f, "run:{component}"),
            Self::Ingest => f.write_str("ingest"),
            Self::Admin => f.write_str("admin"),
        }
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

impl TryFrom<String> for Scope {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        match text {
            "read" => Ok(Self::Read),
            "run" => Ok(Self::Run),
            "ingest" => Ok(Self::Ingest),
            "admin" => Ok(Self::Admin),
            other => match other.strip_prefix("run:") {
                Some(id)
                    if !id.is_empty() && id.len() <= COMPONENT_CHARACTERS_MAX && id.chars().all(plain) =>
                {
                    Ok(Self::RunOf(id.to_owned()))
                }
                _ => Err(format!("{other:?} is none of read, run, run:<component>, ingest, admin")),
            },
        }
    }
}

/// Scopes as one stored text.
pub(super) fn join(scopes: &[Scope]) -> String {
    scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Scopes of a stored text.
pub(super) fn split(text: &str) -> Result<Vec<Scope>, Error> {
    let parsed = text.split_whitespace().map(str::parse).collect::<Result<_, String>>();
    parsed.map_err(|_| Error::Corrupt { field: "api_key.scopes" })
}

/// Sorted, without repetition, at least one.
pub(super) fn checked(mut scopes: Vec<Scope>) -> Result<Vec<Scope>, Error> {
    scopes.sort();
    scopes.dedup();
    if (1..=SCOPES_MAX).contains(&scopes.len()) {
        return Ok(scopes);
    }
    Err(Error::invalid(
        "scopes",
        format!("密钥须有 1 至 {SCOPES_MAX} 个范围：read、run、run:<组件>、ingest、admin。"),
        format!("A key has 1 to {SCOPES_MAX} scopes: read, run, run:<component>, ingest, admin."),
    ))
}

#[cfg(test)]
mod tests {
    use super::{Scope, checked, join, split};
    use proptest::prelude::*;

    #[test]
    fn a_scope_covers_itself_and_running_covers_every_component() {
        let one = Scope::RunOf("chain.risk".to_owned());
        assert!(Scope::Run.covers(&one) && one.covers(&one) && Scope::Run.covers(&Scope::Run));
        assert!(!one.covers(&Scope::Run), "one component is not all of them");
        assert!(!one.covers(&Scope::RunOf("chain.gap".to_owned())));
        for (at, scope) in Scope::every().iter().enumerate() {
            for (other, needed) in Scope::every().iter().enumerate() {
                assert_eq!(scope.covers(needed), at == other, "{scope} {needed}");
            }
        }
    }

    #[test]
    fn a_key_has_at_least_one_scope_and_each_once() {
        assert!(checked(Vec::new()).is_err());
        assert_eq!(checked(vec![Scope::Run, Scope::Read, Scope::Run]).unwrap(), [Scope::Read, Scope::Run]);
    }

    proptest! {
        #[test]
        fn scopes_read_back_as_stored_and_nothing_else_is_a_scope(text in "[a-z:. -]{0,20}") {
            match text.parse::<Scope>() {
                Ok(scope) => prop_assert_eq!(scope.to_string(), text),
                Err(reason) => prop_assert!(reason.contains("run:<component>")),
            }
            let scopes = vec![Scope::Read, Scope::RunOf("a.b".to_owned())];
            prop_assert_eq!(split(&join(&scopes)).unwrap(), scopes);
        }
    }
}
