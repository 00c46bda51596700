//! Specifications that come with the program; each is a file to copy and change.

use super::Specification;

/// Names of the presets and their text.
pub const PRESETS: [(&str, &str); 4] = [
    ("firm", include_str!("preset/firm.toml")),
    ("product", include_str!("preset/product.toml")),
    ("address", include_str!("preset/address.toml")),
    ("person", include_str!("preset/person.toml")),
];

/// A preset by name.
#[must_use]
pub fn preset(name: &str) -> Option<Specification> {
    let (_, text) = PRESETS.iter().find(|(known, _)| *known == name)?;
    Specification::from_toml(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_valid_and_says_its_name() {
        for (name, text) in PRESETS {
            let read = Specification::from_toml(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(read.name, name);
            assert_eq!(preset(name), Some(read));
        }
        assert_eq!(preset("ship"), None);
    }
}
