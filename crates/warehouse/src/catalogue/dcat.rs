//! The catalogue as others' catalogues read it: DCAT 3 (W3C Recommendation, 2024-08-22) in JSON-LD 1.1.
//!
//! A dataset's address is its page. Under an empty base the addresses are relative, and resolve against where the
//! document was fetched from. What the catalogue lists for everybody signed in is listed here, and nothing more.

use super::Catalogue;
use super::entry::{ColumnCard, Entry};
use crate::Result;
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_store::dataset;
use serde_json::{Map, Value, json};

/// Access rights of the Publications Office of the European Union, which DCAT-AP and most harvesters read.
const ACCESS_RIGHTS: &str = "http://publications.europa.eu/resource/authority/access-right";
/// Media types, as DCAT wants them: addresses at IANA.
const MEDIA_TYPES: &str = "https://www.iana.org/assignments/media-types";

impl Catalogue {
    /// The whole catalogue. `base` is the node's public address without a slash at its end, or empty.
    pub async fn dcat(&self, base: &str, title: &Text) -> Result<Value> {
        let snapshot = self.inner.catalogue.snapshot();
        let mut datasets = Vec::with_capacity(snapshot.len());
        for entry in snapshot.values() {
            datasets.push(self.dcat_dataset(base, entry).await?);
        }
        let modified = snapshot.values().map(|entry| entry.updated_at).max();
        Ok(json!({
            "@context": context(),
            "@id": address(base, "/data"),
            "@type": "dcat:Catalog",
            "dct:title": both(title),
            "dct:modified": modified.map(|at| instant(&at.to_rfc3339())),
            "dcat:service": {
                "@id": address(base, "/api/v1"),
                "@type": "dcat:DataService",
                "dct:title": both(&Text::new("数据接口", "Data interface")),
                "dcat:endpointURL": { "@id": address(base, "/api/v1") },
                "dcat:endpointDescription": { "@id": address(base, "/api/v1/openapi.json") },
            },
            "dcat:dataset": datasets,
        }))
    }

    async fn dcat_dataset(&self, base: &str, entry: &Entry) -> Result<Value> {
        let page = dataset_address(base, &entry.name);
        let mut fields = Map::new();
        let mut set = |key: &str, value: Value| drop(fields.insert(key.to_owned(), value));
        set("@id", page.clone().into());
        set("@type", "dcat:Dataset".into());
        set("dct:identifier", entry.name.clone().into());
        set("dct:title", both(&entry.title));
        set("dct:description", both(&entry.description));
        set("dct:publisher", json!({ "@type": "foaf:Agent", "foaf:name": entry.owner }));
        set("dct:modified", instant(&entry.updated_at.to_rfc3339()));
        set("dcat:keyword", json!([entry.zone, entry.side]));
        set("dct:accessRights", json!({ "@id": format!("{ACCESS_RIGHTS}/{}", access_rights(entry)) }));
        set("dct:rights", statement("dct:RightsStatement", &entry.licence));
        set("dct:provenance", statement("dct:ProvenanceStatement", &entry.source));
        set("csvw:tableSchema", table_schema(&entry.columns));
        if let Some(version) = entry.version {
            set("dcat:version", version.to_string().into());
            let inputs = dataset::inputs_of(self.inner.store.db(), &entry.name, version as i64).await?;
            let from: Vec<Value> =
                inputs.iter().map(|input| json!({ "@id": dataset_address(base, &input.input) })).collect();
            set("prov:wasDerivedFrom", from.into());
            set("dcat:distribution", json!([distribution(base, entry, &page)]));
        }
        Ok(Value::Object(fields))
    }
}

/// Prefixes of the terms used.
fn context() -> Value {
    json!({
        "dcat": "http://www.w3.org/ns/dcat#",
        "dct": "http://purl.org/dc/terms/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "prov": "http://www.w3.org/ns/prov#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "csvw": "http://www.w3.org/ns/csvw#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    })
}

/// An address on the node.
pub(super) fn address(base: &str, path: &str) -> String {
    format!("{base}{path}")
}

/// The page of a dataset; names are `zone.table`, and what an address cannot hold is escaped.
pub(super) fn dataset_address(base: &str, name: &str) -> String {
    let mut path = String::from("/data/");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'~') {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    address(base, &path)
}

/// A text in the languages it has.
pub(super) fn both(text: &Text) -> Value {
    let one = |value: &str, language: &str| {
        (!value.is_empty()).then(|| json!({ "@value": value, "@language": language }))
    };
    [one(&text.zh, "zh"), one(&text.en, "en")].into_iter().flatten().collect()
}

/// A point in time.
pub(super) fn instant(text: &str) -> Value {
    json!({ "@value": text, "@type": "xsd:dateTime" })
}

fn statement(kind: &str, text: &str) -> Value {
    json!({ "@type": kind, "rdfs:label": text })
}

/// Public data is for the public, everything else for those who are granted it; what concerns the state is not open to
/// requests from outside.
fn access_rights(entry: &Entry) -> &'static str {
    match entry.grade {
        Grade::General1 if entry.restricted_by.is_none() => "PUBLIC",
        Grade::Important | Grade::Core => "NON_PUBLIC",
        _ => "RESTRICTED",
    }
}

fn distribution(base: &str, entry: &Entry, page: &str) -> Value {
    let rows = format!("/api/v1/datasets/{}/rows", entry.name);
    json!({
        "@type": "dcat:Distribution",
        "dcat:accessURL": { "@id": page },
        "dcat:downloadURL": { "@id": address(base, &rows) },
        "dcat:mediaType": { "@id": format!("{MEDIA_TYPES}/application/json") },
        "dcat:accessService": { "@id": address(base, "/api/v1") },
    })
}

/// The columns, in the vocabulary of CSV on the Web, as DCAT has none for them.
fn table_schema(columns: &[ColumnCard]) -> Value {
    let columns: Vec<Value> = columns
        .iter()
        .map(|column| {
            json!({
                "csvw:name": column.name,
                "csvw:title": both(&column.title),
                "csvw:datatype": column.data_type,
                "csvw:required": !column.nullable,
            })
        })
        .collect();
    json!({ "@type": "csvw:Schema", "csvw:column": { "@list": columns } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hold_only_what_an_address_may() {
        assert_eq!(
            dataset_address("https://brain.example", "subject.enterprise"),
            "https://brain.example/data/subject.enterprise"
        );
        assert_eq!(dataset_address("", "raw.a b/企"), "/data/raw.a%20b%2F%E4%BC%81");
    }

    #[test]
    fn a_text_says_which_language_it_is_in_and_leaves_out_the_one_it_has_not() {
        assert_eq!(both(&Text::new("企业", "")), json!([{ "@value": "企业", "@language": "zh" }]));
    }
}
