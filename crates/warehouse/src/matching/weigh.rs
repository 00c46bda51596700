//! From the records of a step to weighed pairs: what the linkage finds, by number of record.

use super::keys::Keys;
use super::read::SideRecords;
use super::{blocking, refuse};
use crate::{Error, Result};
use brain_kernel::error::ErrorKind;
use brain_kernel::progress::{Cancel, Progress};
use brain_matching::{Linkage, Model, Records, Specification, dedupe, link};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Most pairs of a run.
const PAIRS_MAX: usize = 2_000_000;
/// Level of a comparison that was not made.
const NO_LEVEL: u8 = u8::MAX;
/// Characters of a digest that are kept: 128 bits.
const PRINT_CHARACTERS: usize = 32;

/// One pair of a run.
#[derive(Debug, Clone)]
pub(super) struct Weighed {
    /// The record that comes first by dataset and key.
    pub(super) left: u32,
    pub(super) right: u32,
    pub(super) step: u8,
    pub(super) probability: f64,
    pub(super) weight: f32,
    /// By comparison, level and bits.
    levels: Box<[(u8, f32)]>,
    /// Bits taken off for relatives.
    kin: f32,
    /// Digest of what was compared.
    pub(super) print: Box<str>,
}

impl Weighed {
    /// As stored: levels and bits, no values.
    pub(super) fn evidence(&self) -> serde_json::Value {
        let level = |(level, bits): &(u8, f32)| {
            let level = (*level != NO_LEVEL).then_some(*level);
            serde_json::json!([level, rounded(*bits)])
        };
        serde_json::json!({ "levels": self.levels.iter().map(level).collect::<Vec<_>>(), "kin": rounded(self.kin) })
    }
}

fn rounded(bits: f32) -> f64 {
    (f64::from(bits) * 100.0).round() / 100.0
}

/// Pairs of all steps, each once.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) pairs: Vec<Weighed>,
    places: FxHashMap<(u32, u32), usize>,
}

/// What a step found beside its pairs.
pub(super) struct Stepped {
    pub(super) model: Model,
    pub(super) compared: u64,
    pub(super) skipped: u64,
    pub(super) absent: Vec<String>,
}

impl Found {
    /// The pair of these two records.
    pub(super) fn of(&self, left: u32, right: u32) -> Option<&Weighed> {
        let place = self.places.get(&(left, right)).or_else(|| self.places.get(&(right, left)))?;
        self.pairs.get(*place)
    }

    /// Add a pair; of two steps that find it, the one that is surer says why.
    fn add(&mut self, pair: Weighed) -> Result<()> {
        let next = self.pairs.len();
        let place = *self.places.entry((pair.left, pair.right)).or_insert(next);
        if place < next {
            if let Some(known) =
                self.pairs.get_mut(place).filter(|known| known.probability < pair.probability)
            {
                *known = pair;
            }
            return Ok(());
        }
        if next >= PAIRS_MAX {
            return Err(refuse(
                ErrorKind::Exhausted,
                "warehouse/match-pairs",
                format!("配对超过 {PAIRS_MAX} 个；请提高 lower，或补充能区分记录的列。"),
                format!(
                    "There are more than {PAIRS_MAX} pairs; raise `lower`, or compare by further columns."
                ),
            ));
        }
        self.pairs.push(pair);
        Ok(())
    }

    /// Weigh one step. The records of both sides are let go when it is done.
    pub(super) async fn weigh(
        mut self,
        (step, left, right): (usize, SideRecords, Option<SideRecords>),
        keys: Keys,
        specification: Specification,
        digest: Digest,
        (progress, cancel): (Progress, Cancel),
    ) -> Result<(Self, Keys, Stepped)> {
        blocking(move || {
            let linkage = match &right {
                Some(right) => link(&left.records, &right.records, &specification, &progress, &cancel),
                None => dedupe(&left.records, &specification, &progress, &cancel),
            };
            let linkage = linkage.map_err(Error::passed)?;
            let print = |left: (&Records, usize), right: (&Records, usize)| print(&digest, left, right);
            let partner = right.as_ref().unwrap_or(&left);
            for (place, pair) in linkage.pairs.iter().enumerate() {
                let rows = (pair.left as usize, pair.right as usize);
                let (Some(a), Some(b)) = (left.numbers.get(rows.0), partner.numbers.get(rows.1)) else {
                    continue;
                };
                // The same pair has the same order in every run, whichever row came first in the file.
                let turned = keys.name(*a) > keys.name(*b);
                let records = ((&left.records, rows.0), (&partner.records, rows.1));
                let (ends, print) = if turned {
                    ((*b, *a), print(records.1, records.0))
                } else {
                    ((*a, *b), print(records.0, records.1))
                };
                self.add(weighed(&linkage, place, ends, (step, print)))?;
            }
            let Linkage { model, compared, skipped, absent, .. } = linkage;
            Ok((self, keys, Stepped { model, compared, skipped, absent }))
        })
        .await
    }
}

fn weighed(
    linkage: &Linkage,
    place: usize,
    (left, right): (u32, u32),
    (step, print): (usize, Box<str>),
) -> Weighed {
    let (probability, weight) =
        linkage.pairs.get(place).map_or((0.0, 0.0), |pair| (pair.probability, pair.weight));
    let levels = linkage.levels(place).map(|(level, bits)| (level.unwrap_or(NO_LEVEL), bits)).collect();
    let kin = linkage.kin_bits(place);
    Weighed {
        left,
        right,
        step: u8::try_from(step).unwrap_or(u8::MAX),
        probability,
        weight,
        levels,
        kin,
        print,
    }
}

/// The node's hash of some bytes, as text.
type Hash = dyn Fn(&[u8]) -> String + Send + Sync;

/// Digests of a set: with its salt, so that they are of use in this set only.
#[derive(Clone)]
pub(super) struct Digest {
    salt: String,
    of: Arc<Hash>,
}

impl Digest {
    pub(super) fn new(salt: &str, of: impl Fn(&[u8]) -> String + Send + Sync + 'static) -> Self {
        Self { salt: salt.to_owned(), of: Arc::new(of) }
    }

    /// The part of a text's digest that is kept.
    pub(super) fn of(&self, text: &str) -> Box<str> {
        let digest = (self.of)(format!("{}{text}", self.salt).as_bytes());
        let from = digest.len().saturating_sub(PRINT_CHARACTERS);
        digest.get(from..).unwrap_or(&digest).into()
    }

    /// A number that is as good as drawn at random, and the same in every run.
    pub(super) fn place(&self, text: &str) -> i64 {
        let digest = self.of(text);
        let number = u64::from_str_radix(digest.get(..16).unwrap_or_default(), 16).unwrap_or_default();
        (number >> 1) as i64
    }
}

/// Digest of what was compared: another one says that a record has changed.
fn print(digest: &Digest, (left, a): (&Records, usize), (right, b): (&Records, usize)) -> Box<str> {
    let mut text = String::new();
    for (records, row) in [(left, a), (right, b)] {
        for (column, name) in records.names().iter().enumerate() {
            text.push('\u{1e}');
            text.push_str(name);
            text.push('\u{1f}');
            text.push_str(records.cell(row, column));
        }
    }
    digest.of(&text)
}
