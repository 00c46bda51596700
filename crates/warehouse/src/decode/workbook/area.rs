//! How much of a sheet may be held in memory: the reader lays a sheet out as a rectangle, so two cells in opposite
//! corners would cost as much as a full sheet.

use crate::ingest::IngestError;

/// Most cells of a rectangle that is laid out, about 1.6 GB.
pub(super) const CELLS_MAX: u64 = 50_000_000;

/// The rectangle around the cells seen so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    first: (u32, u32),
    last: (u32, u32),
    any: bool,
}

impl Area {
    pub(super) const fn new() -> Self {
        Self { first: (u32::MAX, u32::MAX), last: (0, 0), any: false }
    }

    /// Take a cell in; refused when the rectangle grows too large.
    pub(super) fn grow(&mut self, file: &str, (row, column): (u32, u32)) -> Result<(), IngestError> {
        self.any = true;
        self.first = (self.first.0.min(row), self.first.1.min(column));
        self.last = (self.last.0.max(row), self.last.1.max(column));
        if self.cells() > CELLS_MAX {
            return Err(too_large(file));
        }
        Ok(())
    }

    /// Cells of the rectangle.
    pub(super) fn cells(&self) -> u64 {
        if !self.any {
            return 0;
        }
        let side = |first: u32, last: u32| u64::from(last.saturating_sub(first)) + 1;
        side(self.first.0, self.last.0).saturating_mul(side(self.first.1, self.last.1))
    }
}

pub(super) fn too_large(file: &str) -> IngestError {
    IngestError::SheetTooLarge { file: file.to_owned(), limit: CELLS_MAX }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_cells_far_apart_are_a_full_sheet() {
        let mut area = Area::new();
        assert_eq!(area.cells(), 0);
        area.grow("x", (0, 0)).unwrap();
        area.grow("x", (999_999, 9)).unwrap();
        assert_eq!(area.cells(), 10_000_000);
        assert!(matches!(area.grow("x", (0, 16_383)), Err(IngestError::SheetTooLarge { .. })));
    }
}
