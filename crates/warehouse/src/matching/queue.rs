//! The queue of pairs: what a run proposes, what a person has decided and stays decided, what is asked again because its
//! records have changed, and what is not proposed any more.

use super::keys::Keys;
use super::weigh::{Digest, Found, Weighed};
use super::{Plan, corrupt};
use crate::handle::Inner;
use crate::{Error, Result};
use brain_kernel::progress::Cancel;
use brain_store::matching::{self as rows, Known, PairRow, RunRow};
use rustc_hash::{FxHashMap, FxHashSet};

/// Pairs written in one transaction.
const PAIRS_AT_ONCE: usize = 1_000;
/// Pairs read at once.
const KNOWN_AT_ONCE: u64 = 10_000;
/// Evidence, in bits, of a pair that a person said is one thing.
pub(super) const DECIDED_BITS: f32 = 60.0;

pub(super) const AUTOMATIC: &str = "automatic";
pub(super) const OPEN: &str = "open";
pub(super) const SAME: &str = "same";
pub(super) const DIFFERENT: &str = "different";
pub(super) const UNSURE: &str = "unsure";
pub(super) const CLOSED: &str = "closed";

/// What records a run has looked at.
pub(super) struct Seen {
    /// Records read.
    pub(super) records: FxHashSet<u32>,
    /// Datasets of which every row was read.
    pub(super) whole: FxHashSet<String>,
    /// Datasets of the plan.
    pub(super) planned: FxHashSet<String>,
}

impl Seen {
    /// Whether a record that was not read is gone, and not only hidden from the caller.
    pub(super) fn is_gone(&self, dataset: &str) -> bool {
        self.whole.contains(dataset) || !self.planned.contains(dataset)
    }

    /// Whether the run can say something of a record.
    pub(super) fn knows(&self, number: Option<u32>, dataset: &str) -> bool {
        number.is_some_and(|number| self.records.contains(&number)) || self.is_gone(dataset)
    }
}

/// Pairs as they stand behind a run.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub(super) automatic: u64,
    pub(super) review: u64,
    pub(super) kept: u64,
    pub(super) asked_again: u64,
    pub(super) closed: u64,
    /// Pairs that join their records, with their weight.
    pub(super) joined: Vec<(u32, u32, f32)>,
    /// Pairs that keep them apart.
    pub(super) apart: Vec<(u32, u32)>,
    /// Records this run could not look at, of which stored pairs say where they belong.
    pub(super) carried: FxHashSet<u32>,
    /// Sum of the probabilities of the automatic pairs, by the model.
    pub(super) expected: f64,
}

/// A known pair's row and number in the run, where it has one.
struct Before {
    known: Known,
    ends: Option<(u32, u32)>,
}

pub(super) struct Queue<'a> {
    pub(super) inner: &'a Inner,
    pub(super) run: &'a RunRow,
    pub(super) plan: &'a Plan,
    pub(super) keys: &'a mut Keys,
    pub(super) found: &'a Found,
    pub(super) seen: &'a Seen,
    pub(super) digest: &'a Digest,
    pub(super) cancel: &'a Cancel,
}

impl Queue<'_> {
    /// Bring the stored pairs in line with what was found.
    pub(super) async fn settle(&mut self) -> Result<Settled> {
        let known = self.known().await?;
        let sample = self.sample();
        let mut out = Settled::default();
        let mut old: FxHashMap<(u32, u32), &Known> = FxHashMap::default();
        let mut gone: Vec<String> = Vec::new();
        for before in &known {
            match before.ends.filter(|(left, right)| self.found.of(*left, *right).is_some()) {
                Some(ends) => {
                    old.insert(ends, &before.known);
                }
                None => self.not_found(before, &mut out, &mut gone),
            }
        }
        for some in self.found.pairs.chunks(PAIRS_AT_ONCE) {
            if self.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            self.settle_some(some, &old, &sample, &mut out).await?;
        }
        out.closed = gone.len() as u64;
        for ids in gone.chunks(PAIRS_AT_ONCE) {
            let transaction = self.inner.store.transaction().await?;
            rows::close_pairs(&transaction, ids, self.inner.store.now()).await?;
            transaction.commit().await?;
        }
        Ok(out)
    }

    /// Every stored pair. A record that was not read and is not gone has a number too: what is stored of it holds.
    async fn known(&mut self) -> Result<Vec<Before>> {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let some =
                rows::known_after(self.inner.store.db(), &self.run.set_id, &after, KNOWN_AT_ONCE).await?;
            let Some(last) = some.last() else { return Ok(all) };
            after.clone_from(&last.id);
            for known in some {
                let left = self.number(&known.left_dataset, &known.left_key);
                let right = self.number(&known.right_dataset, &known.right_key);
                all.push(Before { ends: left.zip(right), known });
            }
        }
    }

    fn number(&mut self, dataset: &str, key: &str) -> Option<u32> {
        let known = self.keys.find(dataset, key);
        if known.is_some() || self.seen.is_gone(dataset) {
            return known;
        }
        let dataset = self.keys.dataset(dataset);
        Some(self.keys.number(dataset, key))
    }

    /// A pair that this run does not propose. What a person said of two records that are still there holds.
    fn not_found(&self, before: &Before, out: &mut Settled, gone: &mut Vec<String>) {
        let Before { known, ends } = before;
        let numbers = [ends.map(|ends| ends.0), ends.map(|ends| ends.1)];
        let both_known = self.seen.knows(numbers[0], &known.left_dataset)
            && self.seen.knows(numbers[1], &known.right_dataset);
        match (known.state.as_str(), ends) {
            (SAME, Some(ends)) => self.carry(*ends, DECIDED_BITS, out),
            (DIFFERENT, Some(ends)) => out.apart.push(*ends),
            (OPEN | AUTOMATIC, _) if both_known => gone.push(known.id.clone()),
            // One of the two was not looked at: what an earlier run found is not called into question.
            (AUTOMATIC, Some(ends)) => self.carry(*ends, known.weight as f32, out),
            (OPEN, Some(ends)) if known.sample && !known.changed => {
                self.carry(*ends, known.weight as f32, out)
            }
            _ => {}
        }
    }

    fn carry(&self, ends: (u32, u32), weight: f32, out: &mut Settled) {
        out.joined.push((ends.0, ends.1, weight));
        out.carried.extend([ends.0, ends.1].into_iter().filter(|record| !self.seen.records.contains(record)));
    }

    /// The automatic pairs whose place in the queue, which is as good as random, comes first.
    fn sample(&self) -> FxHashSet<(u32, u32)> {
        let mut places: Vec<(i64, (u32, u32))> = (self.found.pairs.iter())
            .filter(|pair| pair.probability >= self.plan.upper)
            .map(|pair| (self.place(pair), (pair.left, pair.right)))
            .collect();
        places.sort_unstable();
        places.into_iter().take(self.plan.sample as usize).map(|(_, ends)| ends).collect()
    }

    fn place(&self, pair: &Weighed) -> i64 {
        let ((a, b), (c, d)) = (self.keys.name(pair.left), self.keys.name(pair.right));
        self.digest.place(&format!("{a}\u{1e}{b}\u{1e}{c}\u{1e}{d}"))
    }

    async fn settle_some(
        &self,
        pairs: &[Weighed],
        old: &FxHashMap<(u32, u32), &Known>,
        sample: &FxHashSet<(u32, u32)>,
        out: &mut Settled,
    ) -> Result<()> {
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for pair in pairs {
            let ends = (pair.left, pair.right);
            let known = old.get(&ends).copied();
            let is_automatic = pair.probability >= self.plan.upper;
            let sampled = is_automatic && sample.contains(&ends);
            let decided = known.filter(|known| matches!(known.state.as_str(), SAME | DIFFERENT | UNSURE));
            let moved = known.is_some_and(|known| known.print != *pair.print);
            let state = match (decided, known) {
                (Some(decided), _) if !moved => {
                    out.kept += 1;
                    decided.state.as_str()
                }
                (Some(_), _) => {
                    out.asked_again += 1;
                    OPEN
                }
                // Asked again and not answered yet.
                (None, Some(known)) if known.changed && known.state == OPEN => OPEN,
                _ if is_automatic && !sampled => AUTOMATIC,
                _ => OPEN,
            };
            let asked_again =
                state == OPEN && (decided.is_some() || known.is_some_and(|known| known.changed));
            self.count(pair, state, (sampled, asked_again), out);
            match known {
                None => new.push(self.row(pair, state, sampled)),
                Some(known) if self.is_same(known, pair, state, sampled) => {}
                Some(known) => changed.push((known.id.clone(), pair, state, sampled, asked_again)),
            }
        }
        if new.is_empty() && changed.is_empty() {
            return Ok(());
        }
        let transaction = self.inner.store.transaction().await?;
        rows::insert_pairs(&transaction, new).await?;
        for (id, pair, state, sampled, asked_again) in changed {
            let row = rows::pair(&transaction, &id).await?.ok_or_else(|| corrupt("match_pair", &id))?;
            self.replace(&transaction, row, pair, (state, sampled, asked_again)).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Nothing is written of a pair that stands as it stood; of a decided one, whatever it is thought now.
    fn is_same(&self, known: &Known, pair: &Weighed, state: &str, sampled: bool) -> bool {
        let decided = matches!(known.state.as_str(), SAME | DIFFERENT | UNSURE);
        let equal = known.print == *pair.print && known.state == state;
        equal && (decided || (known.sample == sampled && (known.probability - pair.probability).abs() < 1e-9))
    }

    fn count(&self, pair: &Weighed, state: &str, (sampled, asked_again): (bool, bool), out: &mut Settled) {
        let ends = (pair.left, pair.right);
        if pair.probability >= self.plan.upper {
            out.automatic += 1;
            out.expected += pair.probability;
        }
        out.review += u64::from(state == OPEN);
        match state {
            SAME => out.joined.push((ends.0, ends.1, pair.weight.max(DECIDED_BITS))),
            DIFFERENT => out.apart.push(ends),
            AUTOMATIC => out.joined.push((ends.0, ends.1, pair.weight)),
            // The sample is looked at, not held back.
            OPEN if sampled && !asked_again => out.joined.push((ends.0, ends.1, pair.weight)),
            _ => {}
        }
    }

    fn row(&self, pair: &Weighed, state: &str, sampled: bool) -> PairRow {
        let ((left_dataset, left_key), (right_dataset, right_key)) =
            (self.keys.name(pair.left), self.keys.name(pair.right));
        let now = self.inner.store.now();
        PairRow {
            id: self.inner.store.new_id(),
            set_id: self.run.set_id.clone(),
            run_id: self.run.id.clone(),
            step: i32::from(pair.step),
            left_dataset: left_dataset.to_owned(),
            left_key: left_key.to_owned(),
            right_dataset: right_dataset.to_owned(),
            right_key: right_key.to_owned(),
            probability: pair.probability,
            weight: f64::from(pair.weight),
            evidence: pair.evidence(),
            print: pair.print.to_string(),
            state: state.to_owned(),
            sample: sampled,
            changed: false,
            place: self.place(pair),
            reviewer: None,
            lease_until: None,
            revision: 1,
            created_at: now,
            updated_at: now,
        }
    }

    async fn replace(
        &self,
        transaction: &brain_store::Transaction,
        row: PairRow,
        pair: &Weighed,
        (state, sampled, asked_again): (&str, bool, bool),
    ) -> Result<()> {
        let decided = |state: &str| matches!(state, SAME | DIFFERENT | UNSURE);
        // Somebody decided it while the run was at work, on the records as they are.
        if decided(&row.state) && row.print == *pair.print {
            return Ok(());
        }
        let seen = row.revision;
        let next = PairRow {
            run_id: self.run.id.clone(),
            step: i32::from(pair.step),
            probability: pair.probability,
            weight: f64::from(pair.weight),
            evidence: pair.evidence(),
            print: pair.print.to_string(),
            state: state.to_owned(),
            sample: sampled,
            changed: asked_again,
            revision: seen + 1,
            updated_at: self.inner.store.now(),
            ..row
        };
        Ok(rows::replace_pair(transaction, next, seen).await?)
    }
}
