//! What the databases share: the way to a server, and tables read whole or in the order of a growing column.
//!
//! Start reading at [`Server`], then `table.rs`.

mod line;
mod relay;
mod server;
mod table;

pub(crate) use line::Line;
pub use server::Tls;
pub(crate) use server::{Link, Place, SILENCE_S, Server};
pub(crate) use table::{Read, Reading, check_growing, empty_in, land, no_key, no_table, order};
