//! Components in the lineage graph: which datasets each reads, and on which pages its numbers stand.

use crate::graph::GRAPH_READS;
use crate::manifest::Manifest;
use brain_warehouse::lineage::{Consumer, Shown};
use serde_json::Value;
use std::collections::BTreeSet;

/// The chain graph, which components share; it is made of [`GRAPH_READS`].
const GRAPH: &str = "chain graph";

/// Pages made for one component; every component has its own page besides, `/components/<id>`.
const PAGES: [(&str, &str); 8] = [
    ("chain.list", "/chain"),
    ("chain.panorama", "/chain/$id"),
    ("chain.gap", "/gap"),
    ("chain.candidates", "/candidates"),
    ("chain.risk", "/risk"),
    ("enterprise.search", "/firms"),
    ("enterprise.profile", "/firms/$id"),
    ("region.summary", "/map"),
];

/// Most numbers of one component.
const NUMBERS_MAX: usize = 100;
/// Deepest place of a number in a result.
const DEPTH_MAX: usize = 8;

/// All components, and the graph between them and the datasets.
pub(crate) fn consumers<'m>(manifests: impl Iterator<Item = &'m Manifest>) -> Vec<Consumer> {
    let mut all = vec![Consumer {
        id: GRAPH.to_owned(),
        reads: GRAPH_READS.map(str::to_owned).to_vec(),
        through: Vec::new(),
        shown: Vec::new(),
    }];
    all.extend(manifests.map(consumer));
    all
}

fn consumer(manifest: &Manifest) -> Consumer {
    let uses_graph = GRAPH_READS.iter().all(|dataset| manifest.reads.iter().any(|read| read == dataset));
    let direct = |read: &&String| !(uses_graph && GRAPH_READS.contains(&read.as_str()));
    let numbers = numbers(&manifest.result);
    let pages = PAGES.iter().filter(|(id, _)| *id == manifest.id).map(|(_, page)| (*page).to_owned());
    let own = format!("/components/{}", manifest.id);
    Consumer {
        id: manifest.id.clone(),
        reads: manifest.reads.iter().filter(direct).cloned().collect(),
        through: if uses_graph { vec![GRAPH.to_owned()] } else { Vec::new() },
        shown: pages.chain([own]).map(|page| Shown { page, numbers: numbers.clone() }).collect(),
    }
}

/// The numbers of a result by their places, such as `nodes[].completeness`.
fn numbers(schema: &Value) -> Vec<String> {
    let mut found = BTreeSet::new();
    collect(schema, schema, "", 0, &mut found);
    found.into_iter().take(NUMBERS_MAX).collect()
}

fn collect(root: &Value, schema: &Value, place: &str, depth: usize, found: &mut BTreeSet<String>) {
    if depth > DEPTH_MAX || found.len() >= NUMBERS_MAX {
        return;
    }
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let definition = target.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        if let Some(definition) = definition {
            collect(root, definition, place, depth + 1, found);
        }
        return;
    }
    let is_number = |kind: &Value| matches!(kind.as_str(), Some("number" | "integer"));
    let number = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(is_number),
        Some(kind) => is_number(kind),
        None => false,
    };
    if number && !place.is_empty() {
        found.insert(place.to_owned());
    }
    for (name, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
        collect(root, inner, &place, depth + 1, found);
    }
    if let Some(items) = schema.get("items") {
        collect(root, items, &format!("{place}[]"), depth + 1, found);
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        for inner in schema.get(choice).and_then(Value::as_array).into_iter().flatten() {
            collect(root, inner, place, depth + 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_found_wherever_a_result_has_them() {
        let schema = json!({
            "type": "object",
            "properties": {
                "total": {"type": "integer"},
                "name": {"type": "string"},
                "rows": {"type": "array", "items": {"$ref": "#/$defs/Row"}},
            },
            "$defs": {"Row": {"properties": {
                "score": {"type": ["number", "null"]},
                "range": {"anyOf": [{"type": "null"}, {"properties": {"low": {"type": "number"}}}]},
                "again": {"$ref": "#/$defs/Row"},
            }}},
        });
        let found = numbers(&schema);
        assert!(found.contains(&"total".to_owned()) && found.contains(&"rows[].score".to_owned()));
        assert!(found.contains(&"rows[].range.low".to_owned()));
        assert!(!found.iter().any(|name| name.contains("name")));
    }

    #[test]
    fn every_page_named_is_a_page_of_the_portal() {
        let router = include_str!("../../../web/src/router.tsx");
        for (component, page) in PAGES {
            assert!(router.contains(&format!("path: \"{page}\"")), "{component}: {page}");
        }
    }
}
