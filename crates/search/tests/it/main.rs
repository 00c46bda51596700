//! Search through its public interface.

mod corpus;
mod folder;
mod odd;
mod relevance;
mod rights;
