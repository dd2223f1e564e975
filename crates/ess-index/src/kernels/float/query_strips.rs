//! Queries, interleaved so that SIMD runs across them.

use super::lanes::STRIP_LANES;

/// Queries in strips of [`STRIP_LANES`]: the component of query `STRIP_LANES s + l` in dimension `i` is at
/// `STRIP_LANES (s dim + i) + l`. The last strip is filled up with zeros.
///
/// For few queries against rows that lie one after another and are seen once: only the queries are interleaved.
pub(crate) struct QueryStrips {
    dim: usize,
    len: usize,
    values: Vec<f32>,
}

/// Strips that a kernel takes in one pass at most: 32 queries, as many tokens as a query of ColBERT has.
const TOGETHER: usize = 2;

impl QueryStrips {
    /// Interleaves row-major queries (`n × dim`, whole rows).
    pub(crate) fn new(rows: &[f32], dim: usize) -> Self {
        let len = rows.len() / dim;
        let mut values = vec![0.0; len.next_multiple_of(STRIP_LANES) * dim];
        for (query, row) in rows.chunks_exact(dim).enumerate() {
            let first = query / STRIP_LANES * STRIP_LANES * dim + query % STRIP_LANES;
            for (slot, &value) in values[first..].iter_mut().step_by(STRIP_LANES).zip(row) {
                *slot = value;
            }
        }
        Self { dim, len, values }
    }

    /// The number of queries.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Their dimension.
    pub(crate) fn dim(&self) -> usize {
        self.dim
    }

    /// The number of queries with the zeros at the end.
    pub(crate) fn lanes(&self) -> usize {
        self.values.len() / self.dim
    }

    /// Strips that go together, one or two, each with its part of `of_lanes`, which has a value for each of
    /// [`QueryStrips::lanes`].
    pub(crate) fn with<'s>(
        &'s self,
        of_lanes: &'s mut [f32],
    ) -> impl Iterator<Item = (&'s [f32], &'s mut [f32])> {
        let lanes = TOGETHER * STRIP_LANES;
        self.values.chunks(lanes * self.dim).zip(of_lanes.chunks_mut(lanes))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_query_has_its_lane(n in 0_usize..70, dim in 1_usize..4) {
            let rows: Vec<f32> = (1..=n * dim).map(|x| x as f32).collect();
            let strips = QueryStrips::new(&rows, dim);
            prop_assert_eq!((strips.len(), strips.dim(), strips.lanes()), (n, dim, n.div_ceil(16) * 16));
            let mut numbers: Vec<f32> = (0..strips.lanes()).map(|lane| lane as f32).collect();
            let mut found = vec![0.0; strips.lanes() * dim];
            for (strips, lanes) in strips.with(&mut numbers) {
                prop_assert_eq!(strips.len(), lanes.len() * dim);
                for (strip, lanes) in strips.chunks(STRIP_LANES * dim).zip(lanes.chunks(STRIP_LANES)) {
                    for (at, value) in strip.iter().enumerate() {
                        found[lanes[at % STRIP_LANES] as usize * dim + at / STRIP_LANES] = *value;
                    }
                }
            }
            prop_assert_eq!(&found[..n * dim], &rows[..]);
            prop_assert!(found[n * dim..].iter().all(|&x| x == 0.0));
        }
    }
}
