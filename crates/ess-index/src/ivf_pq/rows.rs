//! The items' own components, row after row.

use ess_core::MemoryUse;
use ess_files::{Section, Values};
use half::f16;

use crate::cpu::InstructionSet;
use crate::error::Error;
use crate::file::{contents::Contents, in_memory::InMemory};
use crate::halves::halves;
use crate::kernels::dot::dot;
use crate::storage::Storage;

/// Row-major items (`n × dim`) in the storage asked for.
#[derive(Clone, Debug)]
pub(crate) enum Rows {
    F32(Values<f32>),
    F16(Values<f16>),
}

impl Rows {
    /// The rows of a row-major matrix in the order given, which names each of them once. It takes no more memory than the
    /// matrix had.
    pub(crate) fn arranged(storage: Storage, mut matrix: Vec<f32>, dim: usize, order: &[u32]) -> Self {
        arrange(&mut matrix, dim, order);
        match storage {
            Storage::F16 => Self::F16(halves(matrix).into()),
            Storage::F32 | Storage::I8 => Self::F32(matrix.into()),
        }
    }

    /// The rows named by segment and position, one after the other; all segments must have one storage.
    pub(crate) fn merged(segments: &[&Self], dim: usize, order: &[(usize, usize)]) -> Self {
        macro_rules! merged {
            ($kind:ident) => {{
                let mut numbers = Vec::with_capacity(order.len() * dim);
                for &(segment, position) in order {
                    if let Self::$kind(rows) = segments[segment] {
                        numbers.extend_from_slice(&rows[position * dim..(position + 1) * dim]);
                    }
                }
                Self::$kind(numbers.into())
            }};
        }
        match segments.first() {
            Some(Self::F16(_)) => merged!(F16),
            _ => merged!(F32),
        }
    }

    /// The storage that was asked for.
    pub(crate) fn storage(&self) -> Storage {
        match self {
            Self::F32(_) => Storage::F32,
            Self::F16(_) => Storage::F16,
        }
    }

    /// The inner product of a query with the row at a position.
    #[inline]
    pub(crate) fn inner_product(&self, set: InstructionSet, query: &[f32], position: usize) -> f32 {
        let range = position * query.len()..(position + 1) * query.len();
        match self {
            Self::F32(rows) => dot(set, query, &rows[range]),
            Self::F16(rows) => dot(set, query, &rows[range]),
        }
    }

    /// Asks for the row at a position, so that it is in the cache when it is needed.
    #[inline]
    pub(crate) fn prefetch(&self, dim: usize, position: usize) {
        match self {
            Self::F32(rows) => prefetch(&rows[position * dim..(position + 1) * dim]),
            Self::F16(rows) => prefetch(&rows[position * dim..(position + 1) * dim]),
        }
    }

    /// How much memory the components take.
    pub(crate) fn memory_use(&self) -> MemoryUse {
        match self {
            Self::F32(rows) => rows.memory_use(),
            Self::F16(rows) => rows.memory_use(),
        }
    }

    /// How a file keeps the components of several segments, all in one storage.
    pub(crate) fn section<'a>(segments: &[&'a Self]) -> Section<'a> {
        let in_f32 =
            segments.iter().filter_map(|rows| if let Self::F32(rows) = rows { Some(&**rows) } else { None });
        let in_f16 =
            segments.iter().filter_map(|rows| if let Self::F16(rows) = rows { Some(&**rows) } else { None });
        match segments.first() {
            Some(Self::F16(_)) => Section::new(SECTION, &in_f16.collect::<Vec<_>>()),
            _ => Section::new(SECTION, &in_f32.collect::<Vec<_>>()),
        }
    }

    /// What [`Rows::section`] kept; the segments have this many components.
    pub(crate) fn from_contents(
        contents: &Contents,
        storage: Storage,
        counts: &[usize],
    ) -> Result<Vec<Self>, Error> {
        let all = Some(counts.iter().sum());
        Ok(match storage {
            Storage::F16 => {
                contents.values(SECTION, all)?.into_parts(counts).into_iter().map(Self::F16).collect()
            }
            Storage::F32 | Storage::I8 => {
                contents.values(SECTION, all)?.into_parts(counts).into_iter().map(Self::F32).collect()
            }
        })
    }
}

const SECTION: &str = "rows";

/// Puts row `order[position]` of a matrix at each position, one cycle of the permutation after the other.
fn arrange(matrix: &mut [f32], dim: usize, order: &[u32]) {
    let mut arranged = vec![false; order.len()];
    let mut first_row = vec![0.0; dim];
    for first in 0..order.len() {
        if arranged[first] {
            continue;
        }
        first_row.copy_from_slice(&matrix[first * dim..(first + 1) * dim]);
        let mut position = first;
        loop {
            arranged[position] = true;
            let row = order[position] as usize;
            if row == first {
                break;
            }
            matrix.copy_within(row * dim..(row + 1) * dim, position * dim);
            position = row;
        }
        matrix[position * dim..(position + 1) * dim].copy_from_slice(&first_row);
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn prefetch<T>(row: &[T]) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    const LINE: usize = 64;
    let start = row.as_ptr().cast::<i8>();
    for offset in (0..size_of_val(row)).step_by(LINE) {
        // SAFETY: the address lies within `row`, and prefetching changes nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(start.add(offset)) };
    }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn prefetch<T>(_: &[T]) {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_come_in_the_order_given(order in Just(Vec::from_iter(0_u32..40)).prop_shuffle(), dim in 1_usize..4) {
            let matrix: Vec<f32> = (0..40 * dim).map(|x| x as f32).collect();
            let expected: Vec<f32> =
                order.iter().flat_map(|&row| matrix[row as usize * dim..][..dim].to_vec()).collect();
            let found = Rows::arranged(Storage::F32, matrix.clone(), dim, &order);
            prop_assert!(matches!(found, Rows::F32(rows) if rows[..] == expected[..]));
            let found = Rows::arranged(Storage::F16, matrix, dim, &order);
            let expected: Vec<f16> = expected.iter().map(|&x| f16::from_f32(x)).collect();
            prop_assert!(matches!(found, Rows::F16(rows) if rows[..] == expected[..]));
        }
    }
}
