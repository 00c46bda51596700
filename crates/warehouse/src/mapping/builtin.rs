//! The mappings that come with the program.

use super::{Mapping, MappingError, parse};

const FILES: [(&str, &str); 11] = [
    ("registry.toml", include_str!("../../mappings/registry.toml")),
    ("chain_kg.toml", include_str!("../../mappings/chain_kg.toml")),
    ("listed_companies.toml", include_str!("../../mappings/listed_companies.toml")),
    ("gbt4754.toml", include_str!("../../mappings/gbt4754.toml")),
    ("regions.toml", include_str!("../../mappings/regions.toml")),
    ("ickg25.toml", include_str!("../../mappings/ickg25.toml")),
    ("sme_invoices.toml", include_str!("../../mappings/sme_invoices.toml")),
    ("curated.toml", include_str!("../../mappings/curated.toml")),
    ("simulated.toml", include_str!("../../mappings/simulated.toml")),
    ("simulated_enterprise.toml", include_str!("../../mappings/simulated_enterprise.toml")),
    ("simulated_truth.toml", include_str!("../../mappings/simulated_truth.toml")),
];

/// All of them, in a fixed order.
pub(super) fn all() -> Result<Vec<Mapping>, MappingError> {
    FILES.iter().map(|(file, text)| parse(file, text)).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_built_in_mapping_is_valid_and_named_after_its_file() {
        let mappings = super::all().unwrap();
        for (mapping, (file, _)) in mappings.iter().zip(super::FILES) {
            assert_eq!(format!("{}.toml", mapping.name), file);
        }
        let mut datasets: Vec<_> =
            mappings.iter().flat_map(|m| m.tables.iter().map(|t| t.dataset.clone())).collect();
        let count = datasets.len();
        datasets.sort();
        datasets.dedup();
        assert_eq!(datasets.len(), count, "no dataset belongs to two mappings");
    }
}
