//! Text as comparisons need it: folded, interned, and how alike two are.

pub mod fold;
pub mod similarity;
pub mod sound;
pub(crate) mod vocabulary;
