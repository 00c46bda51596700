//! The OpenAPI document: complete, sound, and saying for every operation who may call it.

use crate::sample;
use brain_testkit::Node;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

async fn document() -> Value {
    let node = Node::with_components(sample::components()).await;
    node.anonymous().get("/api/v1/openapi.json").await.expect(200)
}

/// `(path, method, operation)` of every operation.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let operation = |path: &String, item: &Value| {
        let item = item.as_object().unwrap().clone();
        let path = path.clone();
        item.into_iter().map(move |(method, operation)| (path.clone(), method, operation)).collect::<Vec<_>>()
    };
    paths.iter().flat_map(|(path, item)| operation(path, item)).collect()
}

/// Open to everybody, and refusing a credential that comes along.
const SIGN_INS: [&str; 8] = [
    "session_open",
    "session_second_factor",
    "session_passkey",
    "passkey_request",
    "federation_arrive",
    "oauth_userinfo",
    "oauth_token",
    "oauth_revoke",
];

fn says_missing(code: &str) -> bool {
    code.ends_with("/not-found") || code.contains("/unknown-")
}

#[tokio::test]
async fn every_operation_states_audience_summary_security_and_answers() {
    let document = document().await;
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let at = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{at}: the id is taken");
        let audience = operation["x-audience"].as_array().unwrap();
        assert!(!audience.is_empty(), "{at} says nobody may call it");
        let public = audience.iter().any(|who| who == "public");
        assert_eq!(operation["security"].as_array().unwrap().is_empty(), public, "{at}");
        assert!(operation["summary"].as_str().unwrap().contains(" · "), "{at}: both languages");
        let responses = operation["responses"].as_object().unwrap();
        let good = |status: &String| status.starts_with('2') || status == "303";
        assert!(responses.keys().any(good), "{at}");
        assert!(responses.contains_key("500") && responses.contains_key("431"), "{at}");
        assert_eq!(
            responses.contains_key("401"),
            !public || SIGN_INS.iter().any(|id| operation["operationId"] == *id),
            "{at}"
        );
        let codes = operation["x-error-codes"].as_array().cloned().unwrap_or_default();
        if codes.iter().any(|code| code.as_str().is_some_and(says_missing)) {
            assert!(responses.contains_key("404"), "{at}");
        }
        let declared: Vec<&str> = operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let named: Vec<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        assert_eq!(declared, named, "{at}");
    }
}

#[tokio::test]
async fn each_component_is_an_operation_with_its_own_schemas() {
    let document = document().await;
    let operation = &document["paths"]["/api/v1/components/test.echo/run"]["post"];
    assert_eq!(operation["operationId"], "test_echo");
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(body["properties"]["params"]["properties"]["times"]["maximum"], 10);
    let answer = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    assert!(answer["properties"]["result"]["properties"]["lines"].is_object(), "{answer}");
    let secret = &document["paths"]["/api/v1/components/test.secret/run"]["post"];
    assert_eq!(secret["x-audience"], serde_json::json!(["system_administrator"]));
}

#[tokio::test]
async fn every_operation_of_the_document_has_a_route() {
    let node = Node::with_components(sample::components()).await;
    let document = node.anonymous().get("/api/v1/openapi.json").await.expect(200);
    for (path, method, operation) in operations(&document) {
        let method = method.to_uppercase().parse().unwrap();
        let filled = path
            .replace("{seq}", "0")
            .replace("{name}", "raw.x")
            .replace("{id}", "x")
            .replace("{uscc}", brain_testkit::ORGANISATION)
            .replace("{query_id}", "x");
        let client = node.anonymous();
        let reply = client.send(client.request(method, &filled)).await;
        assert_ne!(reply.status, 405, "{path}");
        assert_ne!(reply.code(), "api/unknown-path", "{path}");
        let public =
            operation["x-audience"].as_array().unwrap().iter().any(|who| who == "public" || who == "local");
        if !public {
            assert_eq!(reply.status, 401, "{path}");
        }
    }
}

#[tokio::test]
async fn a_method_that_the_document_does_not_name_is_not_served() {
    let node = Node::with_components(sample::components()).await;
    let document = node.anonymous().get("/api/v1/openapi.json").await.expect(200);
    let client = node.signed_in("system_administrator").await;
    for (path, item) in document["paths"].as_object().unwrap() {
        let filled = path
            .replace("{seq}", "0")
            .replace("{name}", "raw.x")
            .replace("{id}", "x")
            .replace("{uscc}", brain_testkit::ORGANISATION)
            .replace("{query_id}", "x");
        for method in ["get", "post", "put", "patch", "delete"] {
            if item.get(method).is_none() {
                let method = method.to_uppercase().parse().unwrap();
                let reply = client.send(client.request(method, &filled)).await;
                // `/evidence/head` also matches no other template; an unnamed method is refused as such.
                assert_eq!(reply.code(), "api/method-not-allowed", "{path}");
            }
        }
    }
}

#[tokio::test]
async fn the_document_is_sound_openapi_3_1() {
    let document = document().await;
    assert_eq!(document["openapi"], "3.1.0");
    for field in ["title", "version"] {
        assert!(document["info"][field].is_string());
    }
    let tags: BTreeSet<&str> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    for (path, method, operation) in operations(&document) {
        assert!(path.starts_with('/'), "{path}");
        assert!(["get", "post", "put", "patch", "delete"].contains(&method.as_str()), "{method}");
        assert!(tags.contains(operation["tags"][0].as_str().unwrap()), "{path}");
        let mut seen = BTreeSet::new();
        for parameter in operation["parameters"].as_array().unwrap() {
            let place = (parameter["in"].to_string(), parameter["name"].to_string());
            assert!(seen.insert(place), "{path}: {parameter} twice");
            assert!(parameter["in"] != "path" || parameter["required"] == true, "{path}");
        }
    }
    let mut schemas = 0;
    walk(&document, &mut |map, place| {
        if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
            let pointer =
                reference.strip_prefix('#').unwrap_or_else(|| panic!("{place}: {reference} leads outside"));
            assert!(document.pointer(pointer).is_some(), "{place}: {reference} leads nowhere");
        }
        if let Some(schema) = map.get("schema") {
            assert!(jsonschema::meta::is_valid(&self_contained(schema)), "{place}: {schema}");
            schemas += 1;
        }
    });
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::meta::is_valid(&self_contained(schema)), "{name}");
    }
    assert!(schemas > 100, "{schemas}");
}

/// A schema that names its dialect, so that it is checked against the right meta-schema.
fn self_contained(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    }
    schema
}

fn walk(value: &Value, visit: &mut impl FnMut(&Map<String, Value>, &str)) {
    fn step(value: &Value, place: &str, visit: &mut impl FnMut(&Map<String, Value>, &str)) {
        match value {
            Value::Object(map) => {
                visit(map, place);
                for (key, inner) in map {
                    step(inner, &format!("{place}/{key}"), visit);
                }
            }
            Value::Array(items) => {
                for (at, inner) in items.iter().enumerate() {
                    step(inner, &format!("{place}/{at}"), visit);
                }
            }
            _ => {}
        }
    }
    step(value, "", visit);
}
