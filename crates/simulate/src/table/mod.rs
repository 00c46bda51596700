//! The tables of a province: what others see under `data/`, and what is true under `truth/`.
//!
//! No column of `data/` tells what happened; no event has a name there.

mod change;
mod directory;
mod enterprise;
mod invoice;
mod power;
mod registration;
mod truth;

use crate::link::Links;
use crate::rows::Rows;
use crate::world::World;

/// What a thread keeps between two enterprises.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) links: Links,
    pub(crate) text: String,
    pub(crate) more: String,
}

/// A table whose rows are made enterprise by enterprise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    /// Name of folder and files.
    pub(crate) name: &'static str,
    /// Whether it belongs to the truth.
    pub(crate) truth: bool,
    /// What it holds, Chinese and English.
    pub(crate) title: (&'static str, &'static str),
    /// Its columns without the last one, `simulated`.
    pub(crate) columns: &'static [&'static str],
    /// Append the rows of one enterprise.
    pub(crate) rows: fn(&World, u32, &mut Scratch, &mut Rows),
}

/// Column every table ends with.
pub(crate) const LABEL_COLUMN: &str = "simulated";

/// All tables in the order they are written.
pub(crate) const TABLES: [Table; 14] = [
    registration::REGISTRATION,
    invoice::LINK,
    invoice::INVOICE,
    power::POWER,
    change::CHANGE,
    directory::DIRECTORY,
    enterprise::ENTERPRISE,
    truth::EVENT,
    truth::GAP,
    truth::CONTAGION,
    directory::IDENTITY,
    directory::PERSONAL,
    power::FAULT,
    registration::DEFECT,
];
