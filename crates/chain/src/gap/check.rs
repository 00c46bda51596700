//! What an assessment refuses to start from.

use super::complexity::refuse;
use super::input::{GapInput, GapParameters};
use crate::error::{ChainError, Result};

const PRODUCTS_MAX: u64 = 20_000;
const RESAMPLES_MAX: u32 = 2_000;

pub(super) fn check(input: &GapInput<'_>, parameters: &GapParameters) -> Result<()> {
    let nodes = input.products.len();
    if nodes as u64 > PRODUCTS_MAX {
        return Err(ChainError::TooLarge { what: "products", actual: nodes as u64, limit: PRODUCTS_MAX });
    }
    for (name, value) in [
        ("break_presence", parameters.break_presence),
        ("external_share_threshold", parameters.external_share_threshold),
        ("hhi_threshold", parameters.hhi_threshold),
        ("high_quantile", parameters.high_quantile),
    ] {
        if !(0.0..=1.0).contains(&value) {
            return Err(refuse(name, &value, "0 … 1"));
        }
    }
    for (name, value) in [
        ("lq_threshold", parameters.lq_threshold),
        ("productivity_threshold", parameters.productivity_threshold),
    ] {
        if !(value.is_finite() && value >= 0.0) {
            return Err(refuse(name, &value, "≥ 0"));
        }
    }
    if parameters.resamples > RESAMPLES_MAX {
        return Err(refuse("resamples", &parameters.resamples, "0 … 2000"));
    }
    for link in input.links {
        if link.from as usize >= nodes || link.to as usize >= nodes {
            return Err(refuse("link", &format!("{} → {}", link.from, link.to), "product numbers"));
        }
        if !(0.0..=1.0).contains(&link.weight) {
            return Err(refuse("link.weight", &link.weight, "0 … 1"));
        }
    }
    for maker in input.makers {
        if maker.product as usize >= nodes || maker.firm as usize >= input.firms.len() {
            return Err(refuse("maker", &format!("{} by {}", maker.product, maker.firm), "known numbers"));
        }
        if !(0.0..=1.0).contains(&maker.confidence) {
            return Err(refuse("maker.confidence", &maker.confidence, "0 … 1"));
        }
        if maker.capacity.is_some_and(|c| !(c.is_finite() && c >= 0.0)) {
            return Err(refuse("maker.capacity", &format!("{:?}", maker.capacity), "≥ 0"));
        }
    }
    for product in input.products {
        let shares = [product.external_share, product.density];
        if shares.into_iter().flatten().any(|s| !(0.0..=1.0).contains(&s)) {
            return Err(refuse("product.share", &product.name, "external_share, density: 0 … 1"));
        }
        let rest = [product.value, product.productivity_ratio];
        if rest.into_iter().flatten().any(|x| !(x.is_finite() && x >= 0.0)) {
            return Err(refuse("product.value", &product.name, "value, productivity_ratio: ≥ 0"));
        }
    }
    Ok(())
}
