//! Queries, interleaved for the kernels.

/// Queries in blocks of the widths that a kernel has: in a block of `w` queries, the number of query `j` in
/// dimension `i` is at `w i + j`.
pub(crate) struct PackedQueries {
    dim: usize,
    widths: Vec<usize>,
    values: Vec<f32>,
}

/// Consecutive queries that a kernel takes in one pass.
pub(crate) struct QueryBlock<'a> {
    /// The row of the first query.
    pub(crate) first: usize,
    /// The number of queries.
    pub(crate) width: usize,
    /// The queries' components.
    pub(crate) values: &'a [f32],
}

impl PackedQueries {
    /// Packs row-major queries (`n × dim`); a block has at most `widest` of them.
    pub(crate) fn new(rows: &[f32], dim: usize, widest: usize) -> Self {
        let queries = rows.len() / dim;
        let blocks = queries.div_ceil(widest);
        // As even as can be: a narrow block leaves arithmetic units idle.
        let widths: Vec<usize> = (0..blocks).map(|block| (queries + block) / blocks).collect();
        let mut values = vec![0.0; rows.len()];
        let mut start = 0;
        for &width in &widths {
            let range = start..start + width * dim;
            pack(&rows[range.clone()], dim, width, &mut values[range]);
            start += width * dim;
        }
        Self { dim, widths, values }
    }

    /// The number of queries.
    pub(crate) fn len(&self) -> usize {
        self.values.len() / self.dim
    }

    /// Their dimension.
    pub(crate) fn dim(&self) -> usize {
        self.dim
    }

    /// The blocks, in the order of the queries.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = QueryBlock<'_>> {
        let mut first = 0;
        self.widths.iter().map(move |&width| {
            let values = &self.values[first * self.dim..(first + width) * self.dim];
            first += width;
            QueryBlock { first: first - width, width, values }
        })
    }
}

fn pack(rows: &[f32], dim: usize, width: usize, packed: &mut [f32]) {
    for (j, row) in rows.chunks_exact(dim).enumerate() {
        for (i, &value) in row.iter().enumerate() {
            packed[i * width + j] = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_query_is_in_one_block(n in 1_usize..40, dim in 1_usize..4) {
            let rows: Vec<f32> = (0..n * dim).map(|x| x as f32).collect();
            let packed = PackedQueries::new(&rows, dim, 5);
            let mut found = vec![f32::NAN; n * dim];
            for block in packed.blocks() {
                for j in 0..block.width {
                    for i in 0..dim {
                        found[(block.first + j) * dim + i] = block.values[i * block.width + j];
                    }
                }
            }
            prop_assert_eq!(found, rows);
        }
    }
}
