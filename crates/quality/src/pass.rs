//! The pass: batches in any order, on any thread; states merge.

use arrow_array::RecordBatch;
use brain_kernel::language::Text;
use brain_kernel::progress::Cancel;
use rayon::iter::{IndexedParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _};

use crate::column::Column;
use crate::compile::{Plan, Task};
use crate::error::{QualityError, Result};
use crate::expression;
use crate::gather::Gathered;
use crate::keys::{self, Keys, ROW_MAX, Room, Violations};
use crate::mask::Mask;
use crate::outcome::{Inputs, Report};
use crate::profile::ValueKind;
use crate::test::Judged;

/// What is known of one rule so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) checked: u64,
    pub(crate) violations: Violations,
    pub(crate) keys: Option<Keys>,
    /// Why rows could not be judged.
    pub(crate) broken: Option<Text>,
}

impl Tally {
    fn count(&mut self, judged: &Judged, first_row: u64, examples: usize) {
        let checked = judged.checked.count();
        let failed = checked - judged.passed.count();
        self.checked += checked;
        if failed > 0 {
            self.violations.count += failed;
            let failing = judged.checked.without(&judged.passed);
            failing.places().take(examples).for_each(|at| {
                self.violations.remember(first_row + at as u64, examples);
            });
        }
    }
}

/// Part of a table that was looked at.
#[derive(Debug)]
pub struct State {
    pub(crate) rows: u64,
    pub(crate) tallies: Vec<Tally>,
    /// In the order of the plan's columns; none for those only rules read.
    pub(crate) gathered: Vec<Option<Gathered>>,
    examples: usize,
}

impl State {
    /// Nothing looked at.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let room = plan.room();
        let tally = |task: &Task| match task {
            Task::Keys { columns, .. } => {
                let kind =
                    |place: &usize| plan.columns.get(*place).map_or(ValueKind::Other, |column| column.kind);
                let kinds = columns.iter().map(kind).collect();
                Tally { keys: Some(Keys::in_room(kinds, room.clone())), ..Tally::default() }
            }
            _ => Tally::default(),
        };
        let gathered =
            |column: &crate::compile::Planned| column.wish.map(|wish| Gathered::new(wish, column.kind));
        Self {
            rows: 0,
            tallies: plan.tasks.iter().map(tally).collect(),
            gathered: plan.columns.iter().map(gathered).collect(),
            examples: plan.options.examples,
        }
    }

    /// Look at a batch; `first_row` is the number of its first row within the table, which examples name.
    pub fn observe(&mut self, plan: &Plan, batch: &RecordBatch, first_row: u64) -> Result<()> {
        let rows = batch.num_rows();
        let end = first_row.saturating_add(rows as u64);
        if end > ROW_MAX {
            return Err(QualityError::TooManyRows { row: end, max: ROW_MAX });
        }
        let columns = read(plan, batch)?;
        let all = Mask::all(rows);
        let filter = |conditions: &Vec<crate::test::Ready>| {
            conditions.iter().fold(all.clone(), |rows, condition| condition.met(&columns, &rows))
        };
        let filters: Vec<Mask> = plan.filters.iter().map(filter).collect();
        for (task, tally) in plan.tasks.iter().zip(&mut self.tallies) {
            match task {
                Task::Rows { when, test } => {
                    let among = when.and_then(|when| filters.get(when)).unwrap_or(&all);
                    tally.count(&test.judge(&columns, &filters, among), first_row, self.examples);
                }
                Task::Expression { when, ready } if tally.broken.is_none() => {
                    let among = when.and_then(|when| filters.get(when)).unwrap_or(&all);
                    match expression::judge(ready.as_ref(), batch, among) {
                        Ok(judged) => tally.count(&judged, first_row, self.examples),
                        Err(why) => tally.broken = Some(why),
                    }
                }
                Task::Keys { when, columns: places } => {
                    let among = when.and_then(|when| filters.get(when)).unwrap_or(&all);
                    collect(tally, &columns, places, among, first_row)?;
                }
                Task::Expression { .. } | Task::Table { .. } | Task::Unmeasured { .. } => {}
            }
        }
        for (column, gathered) in columns.iter().zip(&mut self.gathered) {
            if let Some(gathered) = gathered {
                gathered.observe(column, rows);
            }
        }
        self.rows += rows as u64;
        Ok(())
    }

    /// Join with what another state saw of the same table under the same plan.
    pub fn merge(mut self, other: Self) -> Result<Self> {
        self.rows += other.rows;
        for (mine, theirs) in self.tallies.iter_mut().zip(other.tallies) {
            mine.checked += theirs.checked;
            mine.violations.merge(&theirs.violations, self.examples);
            mine.broken = mine.broken.take().or(theirs.broken);
            match (&mut mine.keys, theirs.keys) {
                (Some(mine), Some(theirs)) => mine.merge(theirs)?,
                _ => {}
            }
        }
        for (mine, theirs) in self.gathered.iter_mut().zip(&other.gathered) {
            if let (Some(mine), Some(theirs)) = (mine, theirs) {
                mine.merge(theirs);
            }
        }
        Ok(self)
    }

    /// Judge every rule.
    pub fn finish(self, plan: &Plan, inputs: Inputs<'_>) -> Result<Report> {
        crate::outcome::report(self, plan, inputs)
    }
}

fn read<'a>(plan: &Plan, batch: &'a RecordBatch) -> Result<Vec<Column<'a>>> {
    let column = |planned: &crate::compile::Planned| {
        let changed = |found: String| QualityError::ColumnChanged {
            column: planned.name.clone(),
            expected: planned.data_type.to_string(),
            found,
        };
        let array = batch.column_by_name(&planned.name).ok_or_else(|| changed("-".to_owned()))?;
        // A file may hold texts as views or not; what matters is the kind of the values.
        if ValueKind::of(array.data_type()) != planned.kind {
            return Err(changed(array.data_type().to_string()));
        }
        Ok(Column::read(array))
    };
    plan.columns.iter().map(column).collect()
}

fn collect(
    tally: &mut Tally,
    columns: &[Column<'_>],
    places: &[usize],
    among: &Mask,
    first_row: u64,
) -> Result<()> {
    let Some(keys) = &mut tally.keys else { return Ok(()) };
    let parts: Vec<&Column<'_>> = places.iter().filter_map(|place| columns.get(*place)).collect();
    tally.checked += push_keys(keys, &parts, among, first_row)?;
    Ok(())
}

/// Keys of the rows of `among` that have every part; how many there were.
pub(crate) fn push_keys(keys: &mut Keys, parts: &[&Column<'_>], among: &Mask, first_row: u64) -> Result<u64> {
    let checked = parts.iter().fold(among.clone(), |rows, part| rows.and(&part.present));
    let hashes: Vec<&[u128]> = parts.iter().map(|part| part.hashes()).collect();
    for at in checked.places() {
        let hash = match hashes.as_slice() {
            [only] => only.get(at).copied().unwrap_or_default(),
            several => {
                keys::hash_of_hashes(several.iter().map(|hashes| hashes.get(at).copied().unwrap_or_default()))
            }
        };
        keys.push(hash, first_row + at as u64)?;
    }
    Ok(checked.count())
}

impl Keys {
    /// The keys in `columns` of a table referred to, batch by batch.
    pub fn observe(&mut self, batch: &RecordBatch, columns: &[String]) -> Result<()> {
        let mut parts = Vec::new();
        for name in columns {
            let Some(array) = batch.column_by_name(name) else {
                return Err(QualityError::rule(
                    format!("reference to {name}"),
                    format!("被引用的表没有列“{name}”"),
                    format!("the table referred to has no column {name}"),
                ));
            };
            parts.push((Column::read(array), ValueKind::of(array.data_type())));
        }
        self.kinds = parts.iter().map(|(_, kind)| *kind).collect();
        let columns: Vec<&Column<'_>> = parts.iter().map(|(column, _)| column).collect();
        push_keys(self, &columns, &Mask::all(batch.num_rows()), 0)?;
        Ok(())
    }

    /// None yet; at most `bytes_max` bytes in memory, the rest in files without a name in `folder`.
    #[must_use]
    pub fn new(bytes_max: usize, folder: std::path::PathBuf) -> Self {
        let keys_max = (bytes_max / size_of::<u128>()).max(1024);
        Self::in_room(Vec::new(), Room { keys_max, folder })
    }
}

/// The whole pass over batches in memory, on as many threads as rayon has.
pub fn evaluate(plan: &Plan, batches: &[RecordBatch], inputs: Inputs<'_>, cancel: &Cancel) -> Result<Report> {
    let mut first_row = 0;
    let firsts: Vec<u64> = batches
        .iter()
        .map(|batch| {
            let first = first_row;
            first_row += batch.num_rows() as u64;
            first
        })
        .collect();
    let parts = (batches.len() / rayon::current_num_threads().max(1)).max(1);
    let state = batches
        .par_iter()
        .zip(&firsts)
        .with_min_len(parts)
        .try_fold(
            || State::new(plan),
            |mut state, (batch, first)| {
                if cancel.is_cancelled() {
                    return Err(QualityError::Cancelled);
                }
                state.observe(plan, batch, *first)?;
                Ok(state)
            },
        )
        .try_reduce(|| State::new(plan), State::merge)?;
    state.finish(plan, inputs)
}
