//! Which products of a partner's list are which of ours: proposals by `brain-matching`, for a person to accept.

use super::{Products, Standing};
use crate::error::{Result, StandardsError};
use brain_kernel::error::Failure;
use brain_kernel::progress::{Cancel, Progress};
use brain_matching::specification::preset;
use brain_matching::{MatchError, Records, link};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Attributes of master data that the matching of products reads, beside the name.
const ATTRIBUTES: [&str; 3] = ["model", "barcode", "maker"];

/// A product as a partner has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidate {
    /// The partner's code.
    pub code: String,
    /// What he calls it.
    pub name: String,
    /// Model, barcode and maker, where known.
    pub model: String,
    /// Barcode.
    pub barcode: String,
    /// Maker.
    pub maker: String,
}

impl Candidate {
    /// A partner's list: CSV with `code` and `name`, and `model`, `barcode` and `maker` where known.
    pub fn read(csv: &[u8]) -> Result<Vec<Self>> {
        let table = crate::list::table(csv)?;
        let (code, name) = (crate::list::needed(&table, "code")?, crate::list::needed(&table, "name")?);
        let [model, barcode, maker] = ATTRIBUTES.map(|column| table.find([column]));
        let cell = |row: usize, column: Option<usize>| {
            column.map(|column| table.cell(row, column).to_owned()).unwrap_or_default()
        };
        let one = |row: usize| Self {
            code: table.cell(row, code).to_owned(),
            name: table.cell(row, name).to_owned(),
            model: cell(row, model),
            barcode: cell(row, barcode),
            maker: cell(row, maker),
        };
        Ok((0..table.len()).map(one).collect())
    }
}

/// A pair that is likely one product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ProductProposal")]
pub struct Proposal {
    /// The partner's code.
    pub theirs: String,
    /// Our code.
    pub ours: String,
    /// Our name.
    pub name: String,
    /// Probability that they are one product.
    pub probability: f64,
}

/// Likely pairs of a partner's products and our current ones, by the partner's code, the likeliest first.
pub fn pairs(
    products: &Products,
    theirs: &[Candidate],
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Vec<Proposal>> {
    let current: Vec<_> = products.all().filter(|product| product.standing == Standing::Current).collect();
    if current.is_empty() || theirs.is_empty() {
        return Ok(Vec::new());
    }
    let header = ["name", "model_number", "gtin", "manufacturer"];
    let mut left = Records::new(header).map_err(told)?;
    for one in theirs {
        left.push([&one.name, &one.model, &one.barcode, &one.maker]).map_err(told)?;
    }
    let mut right = Records::new(header).map_err(told)?;
    for product in &current {
        let known = |key: &str| product.attributes.get(key).map_or("", String::as_str);
        let [model, barcode, maker] = ATTRIBUTES.map(known);
        right.push([product.name.as_str(), model, barcode, maker]).map_err(told)?;
    }
    let specification = preset("product").ok_or_else(|| {
        StandardsError::history("没有产品匹配方案。", "There is no specification for matching products.")
    })?;
    let found = link(&left, &right, &specification, progress, cancel).map_err(told)?;
    let mut proposals: Vec<Proposal> = found
        .pairs
        .iter()
        .filter_map(|pair| {
            let (theirs, ours) = (theirs.get(pair.left as usize)?, current.get(pair.right as usize)?);
            Some(Proposal {
                theirs: theirs.code.clone(),
                ours: ours.code.to_string(),
                name: ours.name.clone(),
                probability: pair.probability,
            })
        })
        .collect();
    proposals.sort_by(|a, b| {
        a.theirs
            .cmp(&b.theirs)
            .then(b.probability.total_cmp(&a.probability))
            .then_with(|| a.ours.cmp(&b.ours))
    });
    Ok(proposals)
}

fn told(error: MatchError) -> StandardsError {
    let failure = Failure::from(error);
    StandardsError::history(failure.detail.zh, failure.detail.en)
}
