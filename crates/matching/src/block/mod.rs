//! Blocking (分块): which pairs are worth comparing. Each key of a specification groups the records that share it; a
//! group too large for comparing everybody with everybody is narrowed by further parts, so that frequent values cost
//! no more than rare ones.
#![expect(clippy::indexing_slicing, reason = "groups and records are numbered here")]

mod key;

use crate::error::{MatchError, Result};
use crate::prepare::{LEFT, Prepared, RIGHT};
use crate::specification::{Block, Specification};
use key::Part;
use rayon::prelude::*;

use brain_kernel::progress::{Cancel, Progress};

/// A hashed key and the record that has it.
type Entry = (u64, u32);

/// The proposed pairs, as groups of right records and for each left record its groups.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    group_starts: Vec<usize>,
    members: Vec<u32>,
    left_starts: Vec<usize>,
    left_groups: Vec<u32>,
    /// Whether one file is matched with itself: then a record is compared with those after it.
    same: bool,
    /// Records under keys too frequent to propose anything, keys counted each.
    pub(crate) skipped: u64,
}

impl Candidates {
    pub(crate) fn new(
        prepared: &Prepared,
        specification: &Specification,
        progress: &Progress,
        cancel: &Cancel,
    ) -> Result<Self> {
        progress.begin("分块", "Blocking", specification.blocks.len() as u64);
        let mut found = Self { group_starts: vec![0], same: prepared.same, ..Self::default() };
        let mut memberships: Vec<(u32, u32)> = Vec::new();
        for block in &specification.blocks {
            found.add(prepared, specification, block, &mut memberships, cancel)?;
            progress.add(1);
        }
        found.gather(prepared.rows[LEFT], memberships);
        Ok(found)
    }

    fn add(
        &mut self,
        prepared: &Prepared,
        specification: &Specification,
        block: &Block,
        memberships: &mut Vec<(u32, u32)>,
        cancel: &Cancel,
    ) -> Result<()> {
        let part = |part| Part::new(specification, prepared, part);
        let Some(on) = block.on.iter().map(part).collect::<Option<Vec<_>>>() else { return Ok(()) };
        let narrow: Vec<Part<'_>> = block.narrow.iter().filter_map(part).collect();
        let sides: &[usize] = if prepared.same { &[LEFT] } else { &[LEFT, RIGHT] };
        let mut entries: Vec<Vec<Entry>> =
            sides.iter().map(|side| first_entries(&on, prepared, *side)).collect();
        for round in 0..=narrow.len() {
            if cancel.is_cancelled() {
                return Err(MatchError::Cancelled);
            }
            for side in &mut entries {
                side.par_sort_unstable();
            }
            let too_large = self.join(&entries, block.limit as usize, memberships);
            match narrow.get(round) {
                Some(part) => entries = narrowed(&too_large, sides, part),
                None => self.skipped += too_large.iter().map(Vec::len).sum::<usize>() as u64,
            }
        }
        Ok(())
    }

    /// Make a group of every key both sides have; the entries of those with too many records are returned.
    fn join(
        &mut self,
        entries: &[Vec<Entry>],
        limit: usize,
        memberships: &mut Vec<(u32, u32)>,
    ) -> Vec<Vec<Entry>> {
        let mut too_large: Vec<Vec<Entry>> = entries.iter().map(|_| Vec::new()).collect();
        let left = entries.first().map_or(&[][..], Vec::as_slice);
        let right = entries.last().map_or(&[][..], Vec::as_slice);
        let (mut i, mut j) = (0, 0);
        while i < left.len() && j < right.len() {
            let key = left[i].0;
            if right[j].0 < key {
                j += 1;
                continue;
            }
            let (end_i, end_j) = (end_of(left, i), if right[j].0 == key { end_of(right, j) } else { j });
            let (ours, theirs) = (&left[i..end_i], &right[j..end_j]);
            (i, j) = (end_i, end_j);
            if theirs.is_empty() || (self.same && ours.len() < 2) {
                continue;
            }
            if ours.len().max(theirs.len()) <= limit {
                let group = self.group_starts.len() as u32 - 1;
                self.members.extend(theirs.iter().map(|(_, record)| *record));
                self.group_starts.push(self.members.len());
                memberships.extend(ours.iter().map(|(_, record)| (*record, group)));
                continue;
            }
            too_large[0].extend_from_slice(ours);
            if !self.same {
                too_large[1].extend_from_slice(theirs);
            }
        }
        too_large
    }

    /// Turn (record, group) into a list of groups for each record.
    fn gather(&mut self, rows: usize, memberships: Vec<(u32, u32)>) {
        let mut starts = vec![0_usize; rows + 1];
        for (record, _) in &memberships {
            starts[*record as usize + 1] += 1;
        }
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut groups = vec![0; memberships.len()];
        for (record, group) in memberships {
            let place = &mut next[record as usize];
            groups[*place] = group;
            *place += 1;
        }
        (self.left_starts, self.left_groups) = (starts, groups);
    }

    fn groups(&self, left: usize) -> impl Iterator<Item = &[u32]> {
        let groups = &self.left_groups[self.left_starts[left]..self.left_starts[left + 1]];
        groups.iter().map(|group| {
            &self.members[self.group_starts[*group as usize]..self.group_starts[*group as usize + 1]]
        })
    }

    /// The right records proposed for a left one, each once, in order.
    pub(crate) fn of(&self, left: usize, out: &mut Vec<u32>) {
        out.clear();
        for group in self.groups(left) {
            // Members are in order: those after this record are a tail.
            let from = if self.same { group.partition_point(|record| *record as usize <= left) } else { 0 };
            out.extend_from_slice(&group[from..]);
        }
        out.sort_unstable();
        out.dedup();
    }

    /// At most how many pairs are proposed for a left record.
    pub(crate) fn at_most(&self, left: usize) -> usize {
        self.groups(left).map(<[u32]>::len).sum()
    }
}

fn end_of(entries: &[Entry], from: usize) -> usize {
    let key = entries[from].0;
    from + entries[from..].iter().take_while(|(other, _)| *other == key).count()
}

fn first_entries(parts: &[Part<'_>], prepared: &Prepared, side: usize) -> Vec<Entry> {
    (0..prepared.rows[side])
        .into_par_iter()
        .with_min_len(1024)
        .fold(
            || (Vec::new(), key::Scratch::default()),
            |(mut out, mut scratch), row| {
                let keys = key::keys(parts, side, row, &mut scratch);
                out.extend(keys.iter().map(|key| (*key, row as u32)));
                (out, scratch)
            },
        )
        .map(|(out, _)| out)
        .reduce(Vec::new, |mut a, b| {
            a.extend(b);
            a
        })
}

fn narrowed(entries: &[Vec<Entry>], sides: &[usize], part: &Part<'_>) -> Vec<Vec<Entry>> {
    entries
        .iter()
        .zip(sides)
        .map(|(entries, side)| {
            let mut values = Vec::new();
            let mut out = Vec::with_capacity(entries.len());
            for (key, record) in entries {
                values.clear();
                part.values(*side, *record as usize, &mut values);
                out.extend(values.iter().map(|value| (crate::text::vocabulary::mix(*key, *value), *record)));
            }
            out
        })
        .collect()
}
