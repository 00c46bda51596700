//! The bill of materials (软件物料清单, SBOM) inside the binary: what the program and its portal are made of.
//!
//! A leaf crate: `cargo xtask sbom` writes the document from both lock files, `cargo xtask verify` fails when it is not
//! the one they give. It is written rather than computed at build, so that building needs no network and the same source
//! gives the same bytes.

/// The document: CycloneDX 1.6 (ECMA-424) as JSON.
pub const DOCUMENT: &str = include_str!("../sbom.cdx.json");

/// Its media type (IANA).
pub const MEDIA_TYPE: &str = "application/vnd.cyclonedx+json; version=1.6";

#[cfg(test)]
mod tests {
    use super::DOCUMENT;
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn text<'a>(value: &'a Value, key: &str) -> &'a str {
        value[key].as_str().unwrap_or_else(|| panic!("{key} of {value}"))
    }

    #[test]
    fn the_document_has_what_cyclonedx_asks_for() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        assert_eq!((text(&document, "bomFormat"), text(&document, "specVersion")), ("CycloneDX", "1.6"));
        assert_eq!(document["version"], 1);
        let own = &document["metadata"]["component"];
        assert_eq!((text(own, "type"), text(own, "name")), ("application", "brain"));
        let components = document["components"].as_array().unwrap();
        assert!(components.len() > 100, "{} components", components.len());
        let mut references = BTreeSet::from([text(own, "bom-ref")]);
        for component in components {
            assert_eq!(text(component, "type"), "library");
            let (name, version, purl) =
                (text(component, "name"), text(component, "version"), text(component, "purl"));
            assert!(!name.is_empty() && !version.is_empty());
            assert!(purl.starts_with("pkg:cargo/") || purl.starts_with("pkg:npm/"), "{purl}");
            assert!(purl.ends_with(&format!("@{}", version.replace('+', "%2B"))), "{purl} {version}");
            assert!(["required", "optional", "excluded"].contains(&text(component, "scope")));
            assert!(references.insert(text(component, "bom-ref")), "{purl} twice");
            let licences = component["licenses"].as_array().unwrap();
            assert!(!licences.is_empty(), "{purl} without licence");
            for hash in component["hashes"].as_array().into_iter().flatten() {
                let digits = match text(hash, "alg") {
                    "SHA-256" => 64,
                    "SHA-512" => 128,
                    other => panic!("{other}"),
                };
                let content = text(hash, "content");
                assert!(content.len() == digits && content.bytes().all(|b| b.is_ascii_hexdigit()), "{purl}");
            }
        }
        for dependency in document["dependencies"].as_array().unwrap() {
            assert!(references.contains(text(dependency, "ref")));
            for on in dependency["dependsOn"].as_array().unwrap() {
                assert!(references.contains(on.as_str().unwrap()), "{on}");
            }
        }
    }

    #[test]
    fn what_the_program_stands_on_is_in_it_with_its_digest() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let find = |prefix: &str| {
            let list = document["components"].as_array().unwrap();
            list.iter()
                .find(|one| text(one, "purl").starts_with(prefix))
                .unwrap_or_else(|| panic!("{prefix}"))
                .clone()
        };
        for prefix in
            ["pkg:cargo/tokio@", "pkg:cargo/datafusion@", "pkg:npm/react@", "pkg:npm/%40ant-design/icons@"]
        {
            let component = find(prefix);
            assert_eq!(text(&component, "scope"), "required", "{prefix}");
            assert_eq!(component["hashes"].as_array().map_or(0, Vec::len), 1, "{prefix}");
        }
        assert_eq!(text(&find("pkg:cargo/proptest@"), "scope"), "excluded", "tests are not shipped");
    }
}
