//! How far a growing field has been read: its highest value, and which records had exactly that one.

use std::cmp::Ordering;

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A value of the growing field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Mark {
    Integer(i64),
    Float(f64),
    Text(String),
}

impl Mark {
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => {
                number.as_i64().map(Self::Integer).or_else(|| number.as_f64().map(Self::Float))
            }
            Value::String(text) if !text.is_empty() => Some(Self::Text(text.clone())),
            _ => None,
        }
    }

    /// Which is higher; `None` for a number against a text. Times of RFC 3339 are compared as times, whatever their zone.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(one), Self::Integer(other)) => Some(one.cmp(other)),
            (Self::Text(one), Self::Text(other)) => {
                match (DateTime::parse_from_rfc3339(one), DateTime::parse_from_rfc3339(other)) {
                    (Ok(one), Ok(other)) => Some(one.cmp(&other)),
                    _ => Some(one.cmp(other)),
                }
            }
            (Self::Text(_), _) | (_, Self::Text(_)) => None,
            (one, other) => Some(one.as_float().total_cmp(&other.as_float())),
        }
    }

    fn as_float(&self) -> f64 {
        match self {
            Self::Integer(value) => *value as f64,
            Self::Float(value) => *value,
            Self::Text(_) => f64::NAN,
        }
    }
}

/// Everything below the mark has been read, and of the records at the mark those with these digests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Since {
    pub(super) mark: Mark,
    pub(super) at_mark: Vec<String>,
}

impl Since {
    /// As a parameter of an address.
    pub(super) fn value(&self) -> String {
        match &self.mark {
            Mark::Integer(value) => value.to_string(),
            Mark::Float(value) => value.to_string(),
            Mark::Text(value) => value.clone(),
        }
    }
}
