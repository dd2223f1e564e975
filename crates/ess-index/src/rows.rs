//! Items row by row, in `f32`, for exact comparison.

use ess_core::MemoryUse;
use ess_files::Values;

use crate::cpu::{InstructionSet, Level};
use crate::file::in_memory::InMemory;

/// Rows whose sums are taken side by side: as many chains of additions as keep a processor busy.
const TOGETHER: usize = 8;

/// `n` items of `dim` components, row-major, in `f32`.
///
/// A similarity is one sum over the dimensions in their order, to the bit what the exact index in `f32` gives.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    dim: usize,
    numbers: Values<f32>,
    instructions: InstructionSet,
}

impl Rows {
    /// Rows of `dim ≥ 1` components, whole ones.
    pub(crate) fn new(numbers: Values<f32>, dim: usize) -> Self {
        Self { dim, numbers, instructions: InstructionSet::detect() }
    }

    /// The dimension of each row.
    pub(crate) fn dim(&self) -> usize {
        self.dim
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len() / self.dim
    }

    /// All components, row after row.
    pub(crate) fn numbers(&self) -> &[f32] {
        &self.numbers
    }

    /// Adds rows behind the others.
    pub(crate) fn push(&mut self, numbers: &[f32]) {
        self.numbers.to_mut().extend_from_slice(numbers);
    }

    /// The components of these rows, which exist, one after the other.
    pub(crate) fn selected(&self, rows: &[usize]) -> Vec<f32> {
        rows.iter().flat_map(|&row| self.row(row).iter().copied()).collect()
    }

    /// How much memory the rows take.
    pub(crate) fn memory_use(&self) -> MemoryUse {
        self.numbers.memory_use()
    }

    /// Calls `each` with every row named, all of which exist, and its similarity with the query.
    pub(crate) fn similarities(&self, query: &[f32], rows: &[usize], mut each: impl FnMut(usize, f32)) {
        for rows in rows.chunks(TOGETHER) {
            // The first row fills the entries that are left over.
            let vectors = std::array::from_fn(|i| self.row(rows.get(i).copied().unwrap_or(rows[0])));
            let sums = self.sums(query, vectors);
            for (&row, sum) in rows.iter().zip(sums) {
                each(row, sum);
            }
        }
    }

    /// The components of a row.
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.numbers[row * self.dim..(row + 1) * self.dim]
    }

    /// Multiplies and adds in one step where the kernels of the exact index do.
    fn sums(&self, query: &[f32], rows: [&[f32]; TOGETHER]) -> [f32; TOGETHER] {
        match self.instructions.level() {
            Level::Portable => sums_by(query, rows, |a, b, sum| a * b + sum),
            // SAFETY: an `InstructionSet` of these levels exists only where FMA was detected.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 | Level::Avx512 | Level::Vnni | Level::Vbmi => unsafe { sums_fused(query, rows) },
            #[cfg(target_arch = "aarch64")]
            Level::Neon | Level::Sdot => sums_by(query, rows, f32::mul_add),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "fma")]
fn sums_fused(query: &[f32], rows: [&[f32]; TOGETHER]) -> [f32; TOGETHER] {
    sums_by(query, rows, f32::mul_add)
}

#[inline(always)]
fn sums_by(
    query: &[f32],
    rows: [&[f32]; TOGETHER],
    multiply_add: impl Fn(f32, f32, f32) -> f32,
) -> [f32; TOGETHER] {
    let rows = rows.map(|row| &row[..query.len()]);
    let mut sums = [0.0; TOGETHER];
    for (i, &q) in query.iter().enumerate() {
        for (sum, row) in sums.iter_mut().zip(&rows) {
            *sum = multiply_add(q, row[i], *sum);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use ess_core::{Embeddings, Index};

    use super::*;
    use crate::exact::index::FlatIndex;

    #[test]
    fn similarities_are_those_of_the_exact_index() {
        let numbers: Vec<f32> = (0..21 * 37).map(|i| (i as f32 * 0.7).sin()).collect();
        let query: Vec<f32> = (0..37).map(|i| (i as f32 * 1.3).cos()).collect();
        let rows = Rows::new(numbers.clone().into(), 37);
        let index = FlatIndex::new(Embeddings::from_vec(numbers, 37).unwrap()).unwrap();
        let mut hits = index.search(&Embeddings::from_rows(&[&query]).unwrap(), 21).unwrap().remove(0);
        hits.sort_by_key(|hit| hit.item);
        let mut found = Vec::new();
        rows.similarities(&query, &(0..21).collect::<Vec<_>>(), |row, similarity| {
            found.push((row, similarity))
        });
        assert_eq!(found, hits.iter().map(|hit| (hit.item, hit.similarity)).collect::<Vec<_>>());
    }
}
