//! Corpora (语料库): from a folder of files to a version that a model can be trained or a search be built on.
//!
//! Invariant: equal input and parameters give equal bytes on any number of threads, every document that was read is
//! either in the version or in its `rejected.jsonl` with the rule and the value, and near duplicates that were found
//! are never in two splits.
//! Deliberately absent: clock, network, the warehouse, models (no scoring by a language model, no BPE), any judgement
//! about who may use the text; a licence is what the caller says it is.
//! Start reading at [`Options`] and [`build`], then `extract` (files to text), `quality` (which texts stay),
//! `duplicates` (which are the same) and `version` (what is written).

mod build;
pub mod duplicates;
mod error;
pub mod extract;
mod language;
mod normal;
mod options;
mod passage;
mod personal;
mod process;
mod quality;
mod source;
mod split;
mod tally;
mod tokens;
mod version;
mod words;

pub use build::build;
pub use error::{Error, Result};
pub use language::{Shares, Tongue};
pub use options::{
    LanguageRules, Licence, NearDuplicates, OPTIONS_BYTES_MAX, Options, Output, Passages, PersonalData,
    Quality, Splits, Thresholds,
};
pub use passage::{Passage, passages};
pub use quality::{Rule, Verdict, judge};
pub use split::{Split, split_of};
pub use tally::{Size, Tally};
pub use tokens::Tokens;
pub use version::{
    Built, DocumentRow, Inputs, MANIFEST, Manifest, RejectedRow, WrittenFile, read_card, read_documents,
    read_rejected, read_report, verify,
};
