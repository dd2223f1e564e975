//! The memory layout of the codes of neighbouring items.

use super::sizes::GROUP;

/// The items in a block.
pub(crate) const BLOCK_ITEMS: usize = 16;

/// Bytes that a group of codes of one block takes: four for each item.
pub(super) const GROUP_BYTES: usize = BLOCK_ITEMS * GROUP / 2;

/// The bytes of a block of items with this many codes each.
pub(crate) fn block_bytes(codes: usize) -> usize {
    codes / GROUP * GROUP_BYTES
}

/// The number of blocks that this many items fill; the last may be partly full.
pub(crate) fn blocks_of(items: usize) -> usize {
    items.div_ceil(BLOCK_ITEMS)
}

/// Packs up to [`BLOCK_ITEMS`] items' codes (`items × codes`, one in a byte, below 16) into one block; what no item
/// fills stays zero.
///
/// Group `g` of a block has 4 bytes for each item: byte `b` holds code `8 g + b` in its lower half and code
/// `8 g + 4 + b` in its upper half.
pub(crate) fn pack_block(items: &[u8], codes: usize, block: &mut [u8]) {
    block.fill(0);
    for (item, row) in items.chunks_exact(codes).enumerate() {
        for (group, codes) in row.chunks_exact(GROUP).enumerate() {
            let packed = &mut block[group * GROUP_BYTES + item * GROUP / 2..][..GROUP / 2];
            for (b, byte) in packed.iter_mut().enumerate() {
                *byte = codes[b] | codes[GROUP / 2 + b] << 4;
            }
        }
    }
}

/// The codes of one item of a block, one in a byte.
pub(crate) fn unpack_block(block: &[u8], item: usize) -> impl Iterator<Item = u8> + '_ {
    block.chunks_exact(GROUP_BYTES).flat_map(move |group| {
        let packed = &group[item * GROUP / 2..][..GROUP / 2];
        let lower = packed.iter().map(|byte| byte & 15);
        lower.chain(packed.iter().map(|byte| byte >> 4))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(
            items in 1..=BLOCK_ITEMS,
            groups in 1_usize..6,
            codes in prop::collection::vec(0_u8..16, BLOCK_ITEMS * 6 * GROUP),
        ) {
            let count = groups * GROUP;
            let mut block = vec![0xff; block_bytes(count)];
            pack_block(&codes[..items * count], count, &mut block);
            for (item, row) in codes[..items * count].chunks(count).enumerate() {
                prop_assert_eq!(unpack_block(&block, item).collect::<Vec<_>>(), row);
            }
            for item in items..BLOCK_ITEMS {
                prop_assert!(unpack_block(&block, item).all(|code| code == 0));
            }
        }
    }
}
