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
                let scale = crate::kernels::codes::quantise::quantise(row, &mut codes);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_even_and_their_codes_lie_group_by_group() {
        // The largest component of each is 127, so that every code is its number.
        let rows =
            [[127.0, 1.0, 2.0, 3.0, 4.0], [-127.0, 5.0, -6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 127.0, -12.0]];
        let packed = PackedBytes::new(rows.as_flattened(), 5, 2);
        let group = i32::from_le_bytes;
        let codes = |codes: [i8; 4]| group(codes.map(i8::cast_unsigned));
        let blocks: Vec<ByteBlock> = packed.blocks().collect();
        assert_eq!(
            blocks.iter().map(|block| (block.first, block.width)).collect::<Vec<_>>(),
            [(0, 1), (1, 2)]
        );
        assert_eq!(blocks[0].signed, [codes([127, 1, 2, 3]), codes([4, 0, 0, 0])]);
        assert_eq!(blocks[0].offset, [group([255, 129, 130, 131]), group([132, 128, 128, 128])]);
        let first_group = [codes([-127, 5, -6, 7]), codes([9, 10, 11, 127])];
        assert_eq!(
            blocks[1].signed,
            [&first_group[..], &[codes([8, 0, 0, 0]), codes([-12, 0, 0, 0])]].concat()
        );
        let second_group = [group([136, 128, 128, 128]), group([116, 128, 128, 128])];
        assert_eq!(blocks[1].offset[..2], [group([1, 133, 122, 135]), group([137, 138, 139, 255])]);
        assert_eq!(blocks[1].offset[2..], second_group);
        assert_eq!(packed.bound(2).scale, 1.0);
    }
}
