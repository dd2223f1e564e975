//! Items by list: their codes, factors, rows and components.

use std::ops::Range;

use ess_core::MemoryUse;
use ess_files::Values;

use crate::file::in_memory::InMemory;
use crate::ivf_pq::pq::packed_codes::{BLOCK_ITEMS, block_bytes, blocks_of, pack_block, unpack_block};
use crate::ivf_pq::rows::Rows;
use crate::memory_use::total;

/// Items in the order of their lists. The position of an item counts in this order; its codes are in blocks
/// that each list begins anew.
#[derive(Clone, Debug)]
pub(crate) struct Lists {
    pub(super) codes_an_item: usize,
    // For each list the position of its first item, and one more: the number of items.
    pub(super) starts: Vec<u64>,
    // The same in blocks.
    pub(super) blocks: Vec<usize>,
    pub(super) codes: Values<u8>,
    pub(super) factors: Values<f32>,
    pub(super) names: Values<u32>,
    pub(super) rows: Rows,
}

/// What is known of items before they are put into lists.
pub(crate) struct CodedItems {
    /// The list of each item.
    pub(crate) lists: Vec<u32>,
    /// The codes of each item, one in a byte.
    pub(crate) codes: Vec<u8>,
    /// What an item's approximate inner products are multiplied by.
    pub(crate) factors: Vec<f32>,
}

/// A part of one list.
pub(crate) struct Part<'a> {
    /// The position of its first item.
    pub(crate) first: usize,
    /// Whole blocks of codes.
    pub(crate) codes: &'a [u8],
    /// The factor of each item.
    pub(crate) factors: &'a [f32],
}

impl Lists {
    /// Puts items into `lists` lists, in each in the order in which they came; `rows` takes them in the order it is
    /// given, and the item at row `i` is named `first_name + i`.
    pub(crate) fn new(
        items: CodedItems,
        lists: usize,
        codes_an_item: usize,
        first_name: u32,
        rows: impl FnOnce(&[u32]) -> Rows,
    ) -> Self {
        let starts = starts(&items.lists, lists);
        let order = by_list(&items.lists, &starts);
        let codes = |position: usize, codes: &mut Vec<u8>| {
            let row = order[position] as usize;
            codes.extend_from_slice(&items.codes[row * codes_an_item..][..codes_an_item]);
        };
        let codes = packed(&starts, codes_an_item, codes).into();
        let factors = order.iter().map(|&row| items.factors[row as usize]).collect::<Vec<_>>().into();
        // Arranging rows may need their memory.
        drop(items);
        let rows = rows(&order);
        let names = order.into_iter().map(|row| first_name + row).collect::<Vec<_>>().into();
        Self { codes_an_item, blocks: first_blocks(&starts), starts, codes, factors, names, rows }
    }

    /// The items of several, without those that `keep` does not name.
    pub(crate) fn merged(parts: &[&Self], dim: usize, keep: impl Fn(u32) -> bool) -> Self {
        let (lists, codes_an_item) = parts.first().map_or((0, 0), |part| (part.lists(), part.codes_an_item));
        let mut starts = vec![0];
        let mut order = Vec::new();
        for list in 0..lists {
            for (index, part) in parts.iter().enumerate() {
                order.extend(
                    part.positions(list)
                        .filter(|&position| keep(part.names[position]))
                        .map(|position| (index, position)),
                );
            }
            starts.push(order.len() as u64);
        }
        let codes = |position: usize, codes: &mut Vec<u8>| {
            let (part, position) = order[position];
            codes.extend(parts[part].item_codes(position));
        };
        let rows: Vec<&Rows> = parts.iter().map(|part| &part.rows).collect();
        Self {
            codes_an_item,
            codes: packed(&starts, codes_an_item, codes).into(),
            blocks: first_blocks(&starts),
            factors: order
                .iter()
                .map(|&(part, position)| parts[part].factors[position])
                .collect::<Vec<_>>()
                .into(),
            names: order
                .iter()
                .map(|&(part, position)| parts[part].names[position])
                .collect::<Vec<_>>()
                .into(),
            rows: Rows::merged(&rows, dim, &order),
            starts,
        }
    }

    /// Gives every item another name.
    pub(crate) fn rename(&mut self, name: impl Fn(u32) -> u32) {
        self.names.to_mut().iter_mut().for_each(|old| *old = name(*old));
    }

    /// The number of lists.
    pub(crate) fn lists(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of items.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The positions of a list's items.
    pub(crate) fn positions(&self, list: usize) -> Range<usize> {
        self.starts[list] as usize..self.starts[list + 1] as usize
    }

    /// The name of the item at each position.
    pub(crate) fn names(&self) -> &[u32] {
        &self.names
    }

    /// The items' own components, by position.
    pub(crate) fn rows(&self) -> &Rows {
        &self.rows
    }

    /// A list in parts of at most this many blocks.
    pub(crate) fn parts(&self, list: usize, blocks: usize) -> impl Iterator<Item = Part<'_>> {
        let size = block_bytes(self.codes_an_item);
        let codes = &self.codes[self.blocks[list] * size..self.blocks[list + 1] * size];
        let positions = self.positions(list);
        let factors = self.factors[positions.clone()].chunks(blocks * BLOCK_ITEMS);
        codes.chunks(blocks * size).zip(factors).enumerate().map(move |(part, (codes, factors))| Part {
            first: positions.start + part * blocks * BLOCK_ITEMS,
            codes,
            factors,
        })
    }

    /// How much memory all of it takes.
    pub(crate) fn memory_use(&self) -> MemoryUse {
        let starts = size_of_val(&*self.starts) + size_of_val(&*self.blocks);
        let starts = MemoryUse { owned: starts, mapped: 0 };
        let columns = [self.codes.memory_use(), self.factors.memory_use(), self.names.memory_use()];
        total(columns.into_iter().chain([self.rows.memory_use(), starts]))
    }

    fn item_codes(&self, position: usize) -> impl Iterator<Item = u8> + '_ {
        let list = self.starts.partition_point(|&start| start <= position as u64) - 1;
        let within = position - self.starts[list] as usize;
        let size = block_bytes(self.codes_an_item);
        let block = &self.codes[(self.blocks[list] + within / BLOCK_ITEMS) * size..][..size];
        unpack_block(block, within % BLOCK_ITEMS)
    }
}

/// For each list the position of its first item, and at the end the number of items.
fn starts(lists: &[u32], count: usize) -> Vec<u64> {
    let mut starts = vec![0; count + 1];
    for &list in lists {
        starts[list as usize + 1] += 1;
    }
    for list in 0..count {
        starts[list + 1] += starts[list];
    }
    starts
}

/// The rows in the order of their lists.
fn by_list(lists: &[u32], starts: &[u64]) -> Vec<u32> {
    let mut next = starts.to_vec();
    let mut order = vec![0; lists.len()];
    for (row, &list) in lists.iter().enumerate() {
        order[next[list as usize] as usize] = row as u32;
        next[list as usize] += 1;
    }
    order
}

pub(super) fn first_blocks(starts: &[u64]) -> Vec<usize> {
    let mut blocks = vec![0];
    let mut sum = 0;
    for list in starts.windows(2) {
        sum += blocks_of((list[1] - list[0]) as usize);
        blocks.push(sum);
    }
    blocks
}

/// The codes of every position in blocks; `codes` appends those of one position.
fn packed(starts: &[u64], codes_an_item: usize, codes: impl Fn(usize, &mut Vec<u8>)) -> Vec<u8> {
    let size = block_bytes(codes_an_item);
    let mut packed = Vec::with_capacity(first_blocks(starts).last().map_or(0, |blocks| blocks * size));
    let mut items = Vec::new();
    for list in starts.windows(2) {
        for first in (list[0]..list[1]).map(|position| position as usize).step_by(BLOCK_ITEMS) {
            items.clear();
            (first..(list[1] as usize).min(first + BLOCK_ITEMS))
                .for_each(|position| codes(position, &mut items));
            let start = packed.len();
            packed.resize(start + size, 0);
            pack_block(&items, codes_an_item, &mut packed[start..]);
        }
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_follow_one_another_and_each_begins_a_block() {
        // List 1 is empty.
        let lists = [2, 0, 2, 0, 3, 0];
        let starts = starts(&lists, 4);
        assert_eq!(starts, [0, 3, 3, 5, 6]);
        assert_eq!(by_list(&lists, &starts), [1, 3, 5, 0, 2, 4]);
        let block = BLOCK_ITEMS as u64;
        assert_eq!(first_blocks(&[0, 1, 1, block + 1, 2 * block + 2]), [0, 1, 1, 2, 4]);
    }

    #[test]
    fn codes_of_every_position_are_in_the_blocks_of_its_list() {
        let codes_an_item = 8;
        let of = |position: usize| (0..codes_an_item).map(move |i| ((position + i) % 16) as u8);
        let starts = [0, 3, BLOCK_ITEMS as u64 + 5];
        let packed = packed(&starts, codes_an_item, |position, codes| codes.extend(of(position)));
        let blocks: Vec<&[u8]> = packed.chunks(block_bytes(codes_an_item)).collect();
        assert_eq!(blocks.len(), 3);
        let found = |block: usize, item: usize| unpack_block(blocks[block], item).collect::<Vec<_>>();
        for (position, block, item) in
            [(0, 0, 0), (2, 0, 2), (3, 1, 0), (BLOCK_ITEMS + 2, 1, BLOCK_ITEMS - 1)]
        {
            assert_eq!(found(block, item), Vec::from_iter(of(position)), "{position}");
        }
        assert_eq!(found(2, 1), Vec::from_iter(of(BLOCK_ITEMS + 4)));
    }
}
