//! Sets that grow together (并查集); the representative of each is its earliest member.

/// Disjoint sets of documents.
#[derive(Debug)]
pub(super) struct Sets(Vec<u32>);

impl Sets {
    pub(super) fn new(count: u32) -> Self {
        Self((0..count).collect())
    }

    pub(super) fn root(&mut self, mut at: u32) -> u32 {
        loop {
            let parent = self.parent(at);
            if parent == at {
                return at;
            }
            let above = self.parent(parent);
            if let Some(place) = self.0.get_mut(at as usize) {
                *place = above;
            }
            at = above;
        }
    }

    fn parent(&self, at: u32) -> u32 {
        self.0.get(at as usize).copied().unwrap_or(at)
    }

    pub(super) fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.root(one), self.root(other));
        let (earliest, later) = (one.min(other), one.max(other));
        if let Some(place) = self.0.get_mut(later as usize) {
            *place = earliest;
        }
    }

    /// The earliest member of the set of each.
    pub(super) fn into_roots(mut self) -> Vec<u32> {
        (0..self.0.len() as u32).map(|at| self.root(at)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Sets;

    #[test]
    fn the_earliest_member_stands_for_the_set() {
        let mut sets = Sets::new(6);
        sets.join(5, 3);
        sets.join(3, 4);
        sets.join(4, 1);
        assert_eq!(sets.into_roots(), [0, 1, 2, 1, 1, 1]);
    }
}
