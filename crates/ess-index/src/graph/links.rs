//! The neighbours of every row.

use ess_core::MemoryUse;
use ess_files::Values;

use crate::file::in_memory::InMemory;

/// The entry of a neighbour that is absent.
const NONE: u32 = u32::MAX;

/// For each row at most `degree` neighbours, in one block of memory.
#[derive(Clone, Debug)]
pub(super) struct Links {
    degree: usize,
    neighbours: Values<u32>,
}

impl Links {
    /// No rows yet.
    pub(super) fn new(degree: usize) -> Self {
        Self { degree, neighbours: Vec::new().into() }
    }

    /// What [`Links::numbers`] gave.
    pub(super) fn from_numbers(degree: usize, neighbours: Values<u32>) -> Self {
        Self { degree, neighbours }
    }

    /// The largest number of neighbours of a row.
    pub(super) fn degree(&self) -> usize {
        self.degree
    }

    /// The number of rows.
    pub(super) fn len(&self) -> usize {
        self.neighbours.len() / self.degree
    }

    /// Makes room for rows without neighbours, `rows` in all.
    pub(super) fn grow(&mut self, rows: usize) {
        self.neighbours.to_mut().resize(rows * self.degree, NONE);
    }

    /// The same neighbours, with room for others; the first of them where there is less room.
    pub(super) fn with_degree(&self, degree: usize) -> Self {
        let mut links = Self::new(degree);
        links.grow(self.len());
        let rows =
            self.neighbours.chunks_exact(self.degree).zip(links.neighbours.to_mut().chunks_exact_mut(degree));
        for (from, to) in rows {
            let kept = self.degree.min(degree);
            to[..kept].copy_from_slice(&from[..kept]);
        }
        links
    }

    /// The neighbours of a row. In a damaged file there may be others than were written, but none beyond the rows.
    #[inline]
    pub(super) fn of(&self, row: u32) -> impl Iterator<Item = u32> + '_ {
        let rows = self.len();
        let start = row as usize * self.degree;
        let slots = &self.neighbours[start..start + self.degree];
        slots.iter().copied().take_while(|&row| row != NONE).filter(move |&row| (row as usize) < rows)
    }

    /// Replaces the neighbours of a row; those beyond the degree are left out.
    pub(super) fn set(&mut self, row: u32, neighbours: &[u32]) {
        let start = row as usize * self.degree;
        let slots = &mut self.neighbours.to_mut()[start..start + self.degree];
        slots.fill(NONE);
        for (slot, &neighbour) in slots.iter_mut().zip(neighbours) {
            *slot = neighbour;
        }
    }

    /// All neighbours, `degree` row indices for each row.
    pub(super) fn numbers(&self) -> &[u32] {
        &self.neighbours
    }

    /// How much memory the links take.
    pub(super) fn memory_use(&self) -> MemoryUse {
        self.neighbours.memory_use()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(links: &Links, row: u32) -> Vec<u32> {
        links.of(row).collect()
    }

    #[test]
    fn a_row_has_the_neighbours_last_set_as_far_as_there_is_room() {
        let mut links = Links::new(2);
        links.grow(6);
        assert_eq!((links.len(), of(&links, 1)), (6, vec![]));
        links.set(1, &[0, 2, 5]);
        links.set(2, &[4]);
        assert_eq!((of(&links, 0), of(&links, 1), of(&links, 2)), (vec![], vec![0, 2], vec![4]));
        assert_eq!([1, 3].map(|degree| of(&links.with_degree(degree), 1)), [vec![0], vec![0, 2]]);
        links.set(1, &[5]);
        assert_eq!(of(&links, 1), [5]);
    }

    #[test]
    fn neighbours_beyond_the_rows_are_passed_by() {
        let links = Links::from_numbers(2, vec![7, 0, NONE, 1, 1, 3].into());
        assert_eq!([0, 1, 2].map(|row| of(&links, row)), [vec![0], vec![], vec![1]]);
    }
}
