//! The judged items of one query.

use std::collections::HashMap;

use foldhash::fast::RandomState;

/// Bits for each judged item, so that few other items share one with it.
const BITS: usize = 64;

/// Grades of items by number. Most of the items that are asked for are not judged, and are told so by one bit.
pub(super) struct JudgedItems {
    /// By the lowest bits of the number, whether an item with these is judged; as many as a power of two.
    some: Vec<u64>,
    grades: HashMap<u32, i32, RandomState>,
}

impl JudgedItems {
    /// Of different items, at most so many.
    pub(super) fn new(grades: impl Iterator<Item = (u32, i32)>, most: usize) -> Self {
        let mut items = Self {
            some: vec![0; (most * BITS / 64).next_power_of_two()],
            grades: HashMap::with_capacity_and_hasher(most, RandomState::default()),
        };
        for (number, grade) in grades {
            let (word, bit) = place(number, &items.some);
            items.some[word] |= bit;
            items.grades.insert(number, grade);
        }
        items
    }

    /// The places and grades of those among some items that are judged.
    pub(super) fn among(&self, numbers: &[u32]) -> Vec<(usize, i32)> {
        let mut found = Vec::new();
        for (at, number) in numbers.iter().enumerate() {
            let (word, bit) = place(*number, &self.some);
            if self.some[word] & bit != 0 {
                found.extend(self.grades.get(number).map(|grade| (at, *grade)));
            }
        }
        found
    }
}

#[inline]
fn place(number: u32, some: &[u64]) -> (usize, u64) {
    ((number as usize / 64) & (some.len() - 1), 1 << (number % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn grades_are_those_of_a_map(
            grades in prop::collection::btree_map(prop_oneof![0_u32..300, any::<u32>()], any::<i32>(), 0..100),
            asked in prop::collection::vec(prop_oneof![0_u32..300, any::<u32>()], 0..100),
        ) {
            let items = JudgedItems::new(grades.clone().into_iter(), grades.len());
            let known: BTreeMap<u32, i32> = grades;
            let asked: Vec<u32> = asked.into_iter().chain(known.keys().copied()).collect();
            let found = asked.iter().enumerate().filter_map(|(at, number)| Some((at, *known.get(number)?)));
            prop_assert_eq!(items.among(&asked), found.collect::<Vec<_>>());
        }
    }
}
