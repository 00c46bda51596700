//! Parameters as command-line arguments: derived from the same schema as every other surface.

use crate::error::Error;
use crate::manifest::Manifest;
use serde_json::{Map, Value};

/// How the text after a flag becomes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentKind {
    /// Taken as it is.
    Text,
    /// The flag names a file whose text is the value (schema `format: "file"`).
    File,
    /// Whole number.
    Integer,
    /// Number.
    Number,
    /// `on|off`, `true|false`, `yes|no`, `1|0`.
    Boolean,
    /// Anything else, written as JSON.
    Json,
}

/// One parameter as a flag.
#[derive(Debug, Clone)]
pub struct Argument {
    /// Parameter name as in JSON (`max_length`); the flag is written with hyphens (`--max-length`).
    pub name: String,
    /// How to read its text.
    pub kind: ArgumentKind,
    /// Whether it must be given.
    pub required: bool,
    /// Description from the schema, for help.
    pub description: String,
}

/// The flags of a component, in the order of its parameters.
#[must_use]
pub fn arguments(manifest: &Manifest) -> Vec<Argument> {
    let required: Vec<&str> = manifest
        .parameters
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let Some(properties) = manifest.parameters.get("properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    properties
        .iter()
        .map(|(name, schema)| Argument {
            name: name.clone(),
            kind: kind_of(schema),
            required: required.contains(&name.as_str()),
            description: schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        })
        .collect()
}

/// Build the JSON parameters from `(name, text)` pairs; files are already read.
pub fn from_arguments(manifest: &Manifest, given: &[(String, String)]) -> Result<Value, Error> {
    let known = arguments(manifest);
    let mut object = Map::new();
    for (name, text) in given {
        let Some(argument) = known.iter().find(|argument| &argument.name == name) else {
            return Err(Error::Parameter {
                pointer: format!("/{name}"),
                zh: "没有这个参数".to_owned(),
                en: "there is no such parameter".to_owned(),
            });
        };
        let value = parse(argument.kind, text).ok_or_else(|| Error::Parameter {
            pointer: format!("/{name}"),
            zh: format!("无法把 {text:?} 读作{}", kind_name(argument.kind).0),
            en: format!("{text:?} is not {}", kind_name(argument.kind).1),
        })?;
        object.insert(name.clone(), value);
    }
    Ok(Value::Object(object))
}

fn parse(kind: ArgumentKind, text: &str) -> Option<Value> {
    match kind {
        ArgumentKind::Text | ArgumentKind::File => Some(Value::from(text)),
        ArgumentKind::Integer => text.parse::<i64>().ok().map(Value::from),
        ArgumentKind::Number => {
            text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Value::Number)
        }
        ArgumentKind::Boolean => match text {
            "on" | "true" | "yes" | "1" => Some(Value::Bool(true)),
            "off" | "false" | "no" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        ArgumentKind::Json => serde_json::from_str(text).ok(),
    }
}

fn kind_name(kind: ArgumentKind) -> (&'static str, &'static str) {
    match kind {
        ArgumentKind::Text | ArgumentKind::File => ("文本", "text"),
        ArgumentKind::Integer => ("整数", "a whole number"),
        ArgumentKind::Number => ("数字", "a number"),
        ArgumentKind::Boolean => ("开关（on 或 off）", "a switch (on or off)"),
        ArgumentKind::Json => ("JSON", "JSON"),
    }
}

fn kind_of(schema: &Value) -> ArgumentKind {
    if schema.get("format").and_then(Value::as_str) == Some("file") {
        return ArgumentKind::File;
    }
    // `Option<T>` is written `type: [T, "null"]` or `anyOf: [T, null]`.
    let alternatives = schema.get("anyOf").and_then(Value::as_array);
    if let Some(first) = alternatives.and_then(|list| list.first()) {
        return kind_of(first);
    }
    let name = match schema.get("type") {
        Some(Value::String(name)) => name.as_str(),
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).find(|n| *n != "null").unwrap_or("")
        }
        _ if schema.get("enum").is_some() || schema.get("oneOf").is_some() => "string",
        _ => "",
    };
    match name {
        "string" => ArgumentKind::Text,
        "integer" => ArgumentKind::Integer,
        "number" => ArgumentKind::Number,
        "boolean" => ArgumentKind::Boolean,
        _ => ArgumentKind::Json,
    }
}
