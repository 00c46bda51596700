//! Compressed sparse rows in both directions.
//!
//! Forward edges lie sorted by (source, target), so attributes sit in plain arrays beside the targets. The reverse
//! direction stores, per target, the numbers of the forward edges.

#![expect(clippy::indexing_slicing, reason = "rows and edges are numbered by the builder")]

/// Adjacency of `rows` sources over `columns` targets.
#[derive(Debug, Clone, Default)]
pub(super) struct Csr {
    starts: Vec<u32>,
    /// Source of each edge, for the reverse direction.
    sources: Vec<u32>,
    targets: Vec<u32>,
    reverse_starts: Vec<u32>,
    reverse_edges: Vec<u32>,
}

/// Stable counting sort: the order that puts `keys` ascending, over keys below `count`.
pub(super) fn order_by(keys: impl Fn(u32) -> u32, count: usize, items: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0u32; count + 1];
    for &item in items {
        starts[keys(item) as usize + 1] += 1;
    }
    for row in 0..count {
        starts[row + 1] += starts[row];
    }
    let mut next = starts.clone();
    let mut order = vec![0u32; items.len()];
    for &item in items {
        let slot = &mut next[keys(item) as usize];
        order[*slot as usize] = item;
        *slot += 1;
    }
    (starts, order)
}

impl Csr {
    /// Edges that are already sorted by (source, target).
    pub(super) fn from_sorted(rows: usize, columns: usize, sources: Vec<u32>, targets: Vec<u32>) -> Self {
        let all: Vec<u32> = (0..targets.len() as u32).collect();
        let mut starts = vec![0u32; rows + 1];
        for &source in &sources {
            starts[source as usize + 1] += 1;
        }
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        let (reverse_starts, reverse_edges) = order_by(|edge| targets[edge as usize], columns, &all);
        Self { starts, sources, targets, reverse_starts, reverse_edges }
    }

    pub(super) fn len(&self) -> usize {
        self.targets.len()
    }

    /// Edge numbers leaving a row.
    pub(super) fn forward(&self, row: u32) -> std::ops::Range<u32> {
        match (self.starts.get(row as usize), self.starts.get(row as usize + 1)) {
            (Some(&start), Some(&end)) => start..end,
            _ => 0..0,
        }
    }

    /// Edge numbers entering a column.
    pub(super) fn backward(&self, column: u32) -> &[u32] {
        match (self.reverse_starts.get(column as usize), self.reverse_starts.get(column as usize + 1)) {
            (Some(&start), Some(&end)) => self.reverse_edges.get(start as usize..end as usize).unwrap_or(&[]),
            _ => &[],
        }
    }

    pub(super) fn source(&self, edge: u32) -> u32 {
        self.sources[edge as usize]
    }

    pub(super) fn target(&self, edge: u32) -> u32 {
        self.targets[edge as usize]
    }

    pub(super) fn memory_bytes(&self) -> usize {
        (self.starts.capacity()
            + self.sources.capacity()
            + self.targets.capacity()
            + self.reverse_starts.capacity()
            + self.reverse_edges.capacity())
            * size_of::<u32>()
    }
}
