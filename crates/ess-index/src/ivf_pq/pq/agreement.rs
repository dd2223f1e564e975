//! Tests that every kernel gives the same sums.

use proptest::prelude::*;

use super::{
    packed_codes::{BLOCK_ITEMS, block_bytes, pack_block},
    sizes::{CENTRES, GROUP, MAX_CODES},
};
use crate::cpu::InstructionSet;

/// The definition: the sum of the table entries that the codes select.
fn expected(items: &[u8], codes: usize, tables: &[&[u8]]) -> Vec<i32> {
    let sum = |item: &[u8], table: &[u8]| -> i32 {
        let numbers = item.iter().enumerate().map(|(row, &code)| table[row * CENTRES + usize::from(code)]);
        numbers.map(i32::from).sum()
    };
    tables.iter().flat_map(|table| items.chunks(codes).map(|item| sum(item, table))).collect()
}

fn check(items: &[u8], codes: usize, tables: &[&[u8]]) {
    let size = block_bytes(codes);
    let mut packed = vec![0; items.len() / codes / BLOCK_ITEMS * size];
    for (items, block) in items.chunks(BLOCK_ITEMS * codes).zip(packed.chunks_mut(size)) {
        pack_block(items, codes, block);
    }
    let expected = expected(items, codes, tables);
    for instructions in InstructionSet::available() {
        let mut sums = vec![-1; expected.len()];
        instructions.sums(&packed, size, tables, &mut sums);
        assert_eq!(sums, expected, "{instructions:?}, {} queries", tables.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_kernel_adds_the_numbers_up(
        blocks in 0_usize..11, groups in 1_usize..10, queries in 1_usize..5, seed in any::<u64>(),
    ) {
        let codes = groups * GROUP;
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        let items: Vec<u8> = (0..blocks * BLOCK_ITEMS * codes).map(|_| next() & 15).collect();
        let tables: Vec<u8> = (0..queries * codes * CENTRES).map(|_| next()).collect();
        let tables: Vec<&[u8]> = tables.chunks(codes * CENTRES).collect();
        check(&items, codes, &tables);
    }
}

#[test]
fn the_largest_sums_do_not_overflow() {
    let items: Vec<u8> = (0..3 * BLOCK_ITEMS * MAX_CODES).map(|i| (i % 16) as u8).collect();
    let table = vec![u8::MAX; MAX_CODES * CENTRES];
    check(&items, MAX_CODES, &[&table, &table]);
}
