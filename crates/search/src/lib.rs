//! Search over everything the catalogue names (全文检索): datasets, columns, code lists, components, terms and firms,
//! by Chinese words, pinyin (whole or initials) and Latin words, in simplified or traditional characters.
//!
//! Invariant: the index is derived; whatever is wrong with it on disk, opening it ends in a usable index, and what a
//! reader sees is always one whole commit. A query is answered whatever was typed.
//! An entry is found only by a caller who carries one of its viewers' labels; an entry without labels is found by
//! nobody.
//! Deliberately absent: grants and rows (who asks for firms confirms each hit at the door), the clock (the day is a
//! parameter), network, and query operators beyond `-word` and `key:value`.
//! Start reading at [`Index::refresh`], then [`Index::search`].

mod entry;
mod error;
mod facet;
mod fold;
mod highlight;
mod index;
mod parse;
mod query;
mod rank;
mod schema;
mod segment;
mod sound;

pub use entry::{Entry, Kind, stamp_of};
pub use error::{Result, SearchError};
pub use facet::{Counted, Dimension, Facets};
pub use highlight::Piece;
pub use index::{Index, Opened, Refreshed};
pub use parse::{Filters, TERMS_MAX, TEXT_CHARACTERS_MAX};
pub use query::{Answer, Hit, LIMIT_MAX, Marked, OFFSET_MAX, Question, kinds_asked};
