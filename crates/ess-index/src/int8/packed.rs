//! Int8 codes of queries, interleaved for the kernels.

use super::bounds::QueryBound;
use super::panels::GROUP;

/// Queries in blocks: in a block of `w` queries, the [`GROUP`] codes of query `j` from dimension `GROUP g` on are one
/// `i32` at `w g + j`.
pub(super) struct PackedBytes {
    groups: usize,
    widths: Vec<usize>,
    signed: Vec<i32>,
    offset: Vec<i32>,
    bounds: Vec<QueryBound>,
}

/// Consecutive queries that a kernel takes in one pass.
pub(super) struct ByteBlock<'a> {
    /// The row of the first query.
    pub(super) first: usize,
    /// The number of queries.
    pub(super) width: usize,
    /// The codes.
    pub(super) signed: &'a [i32],
    /// The codes and 128, which are not negative.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "a kernel for x86-64 reads them"))]
    pub(super) offset: &'a [i32],
}

impl PackedBytes {
    /// Quantises row-major queries (`n × dim`); a block has at most `widest` of them.
    pub(super) fn new(rows: &[f32], dim: usize, widest: usize) -> Self {
        let queries = rows.len() / dim;
        let blocks = queries.div_ceil(widest);
        // As even as can be: a narrow block leaves arithmetic units idle.
        let widths: Vec<usize> = (0..blocks).map(|block| (queries + block) / blocks).collect();
        let groups = dim.div_ceil(GROUP);
        let mut packed = Self {
            groups,
            widths,
            signed: vec![0; groups * queries],
            offset: Vec::new(),
            bounds: Vec::new(),
        };
        let mut codes = vec![0_i8; groups * GROUP];
        let mut first = 0;
        for &width in &packed.widths {
            for j in 0..width {
                let row = &rows[(first + j) * dim..(first + j + 1) * dim];
                let scale = crate::kernels::codes::quantise(row, &mut codes);
                packed.bounds.push(QueryBound::new(row, &codes, scale));
                for (group, codes) in codes.as_chunks::<GROUP>().0.iter().enumerate() {
                    let bytes = codes.map(i8::cast_unsigned);
                    packed.signed[first * groups + group * width + j] = i32::from_le_bytes(bytes);
                }
            }
            first += width;
        }
        packed.offset = packed.signed.iter().map(|codes| codes ^ 0x8080_8080_u32.cast_signed()).collect();
        packed
    }

    /// The blocks, in the order of the queries.
    pub(super) fn blocks(&self) -> impl Iterator<Item = ByteBlock<'_>> {
        let mut first = 0;
        self.widths.iter().map(move |&width| {
            let range = first * self.groups..(first + width) * self.groups;
            first += width;
            ByteBlock {
                first: first - width,
                width,
                signed: &self.signed[range.clone()],
                offset: &self.offset[range],
            }
        })
    }

    /// What bounds need of a query.
    pub(super) fn bound(&self, query: usize) -> &QueryBound {
        &self.bounds[query]
    }
}
