//! A set of rows, as bits.

use std::fmt;

use crate::error::Error;

/// A set of some of the rows `0..capacity`, one bit a row.
///
/// ```
/// use ess_core::RowSet;
///
/// let mut rows = RowSet::from_rows(100, [7, 70])?;
/// rows.insert(8)?;
/// assert_eq!(rows.iter().collect::<Vec<_>>(), [7, 8, 70]);
/// assert!(rows.insert(100).is_err());
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RowSet {
    capacity: usize,
    len: usize,
    words: Vec<u64>,
}

const BITS: usize = u64::BITS as usize;

impl RowSet {
    /// The empty set, of rows below `capacity`.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, len: 0, words: vec![0; capacity.div_ceil(BITS)] }
    }

    /// The set of the rows given.
    ///
    /// # Errors
    /// [`Error::RowOutOfRange`] for a row that is not below `capacity`.
    pub fn from_rows(capacity: usize, rows: impl IntoIterator<Item = usize>) -> Result<Self, Error> {
        let mut set = Self::new(capacity);
        for row in rows {
            set.insert(row)?;
        }
        Ok(set)
    }

    /// The set of the rows below `capacity` for which `admits` says `true`; it is asked about each once, in order.
    pub fn from_predicate(capacity: usize, admits: impl Fn(usize) -> bool) -> Self {
        let word = |first: usize| {
            let rows = first..capacity.min(first + BITS);
            rows.fold(0, |word, row| word | u64::from(admits(row)) << (row - first))
        };
        Self::counted(capacity, (0..capacity).step_by(BITS).map(word).collect())
    }

    /// The set whose bits are given: row `64 i + j` is bit `j` of word `i`.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless there are exactly as many words as `capacity` rows need,
    /// [`Error::RowOutOfRange`] for a bit that is not below `capacity`.
    pub fn from_words(capacity: usize, words: Vec<u64>) -> Result<Self, Error> {
        let expected = capacity.div_ceil(BITS);
        if words.len() != expected {
            return Err(Error::LengthMismatch {
                what: "words of a set of rows",
                expected,
                found: words.len(),
            });
        }
        let set = Self::counted(capacity, words);
        match set.iter().last() {
            Some(row) if row >= capacity => {
                Err(Error::RowOutOfRange { what: "rows of a set", row, len: capacity })
            }
            _ => Ok(set),
        }
    }

    fn counted(capacity: usize, words: Vec<u64>) -> Self {
        let len = words.iter().map(|word| word.count_ones() as usize).sum();
        Self { capacity, len, words }
    }

    /// Every row of the set is below it.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The number of rows in the set.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no row is in the set.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether a row is in the set; beyond the capacity, none is.
    #[inline]
    pub fn contains(&self, row: usize) -> bool {
        self.words.get(row / BITS).is_some_and(|word| word >> (row % BITS) & 1 == 1)
    }

    /// Puts a row into the set and says whether it is new.
    ///
    /// # Errors
    /// [`Error::RowOutOfRange`] for a row that is not below the capacity.
    pub fn insert(&mut self, row: usize) -> Result<bool, Error> {
        if row >= self.capacity {
            return Err(Error::RowOutOfRange { what: "rows of a set", row, len: self.capacity });
        }
        let new = !self.contains(row);
        self.words[row / BITS] |= 1 << (row % BITS);
        self.len += usize::from(new);
        Ok(new)
    }

    /// Takes a row out of the set and says whether it was there.
    pub fn remove(&mut self, row: usize) -> bool {
        let there = self.contains(row);
        if there {
            self.words[row / BITS] &= !(1 << (row % BITS));
            self.len -= 1;
        }
        there
    }

    /// Makes room for rows below `capacity`; it never shrinks.
    pub fn grow(&mut self, capacity: usize) {
        self.capacity = self.capacity.max(capacity);
        self.words.resize(self.capacity.div_ceil(BITS), 0);
    }

    /// The rows that are in both sets; the capacity is the smaller one.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let words = self.words.iter().zip(&other.words).map(|(a, b)| a & b).collect();
        Self::counted(self.capacity.min(other.capacity), words)
    }

    /// Whether a row of `rows` is in the set.
    pub fn any_in(&self, rows: std::ops::Range<usize>) -> bool {
        let end = rows.end.min(self.capacity);
        let mut row = rows.start;
        while row < end {
            let word = self.words[row / BITS] >> (row % BITS);
            let within = (end - row).min(BITS - row % BITS);
            if word.trailing_zeros() as usize >= within {
                row += within;
            } else {
                return true;
            }
        }
        false
    }

    /// The rows, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(i, &word)| {
            std::iter::successors(Some(word), |word| Some(word & word.wrapping_sub(1)))
                .take_while(|word| *word != 0)
                .map(move |word| i * BITS + word.trailing_zeros() as usize)
        })
    }

    /// The bits: row `64 i + j` is bit `j` of word `i`.
    pub fn words(&self) -> &[u64] {
        &self.words
    }
}

impl fmt::Debug for RowSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowSet({} of {})", self.len, self.capacity)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_a_set_of_numbers(
            changes in prop::collection::vec((any::<bool>(), 0_usize..200), 0..100), start in 0_usize..200, width in 0_usize..80,
        ) {
            let mut set = RowSet::new(200);
            let mut expected = BTreeSet::new();
            for (insert, row) in changes {
                if insert {
                    prop_assert_eq!(set.insert(row).unwrap(), expected.insert(row));
                } else {
                    prop_assert_eq!(set.remove(row), expected.remove(&row));
                }
            }
            prop_assert_eq!(set.len(), expected.len());
            prop_assert_eq!(set.iter().collect::<BTreeSet<_>>(), expected.clone());
            prop_assert_eq!(set.any_in(start..start + width), expected.range(start..start + width).next().is_some());
            prop_assert_eq!(&RowSet::from_predicate(200, |row| expected.contains(&row)), &set);
            let odd = RowSet::from_predicate(150, |row| row % 2 == 1);
            let both: Vec<usize> = expected.iter().copied().filter(|&row| row < 150 && row % 2 == 1).collect();
            prop_assert_eq!(set.intersection(&odd).iter().collect::<Vec<_>>(), both);
            prop_assert_eq!(&RowSet::from_words(200, set.words().to_vec()).unwrap(), &set);
        }
    }

    #[test]
    fn bits_beyond_the_capacity_are_refused() {
        assert!(matches!(RowSet::from_words(3, vec![8]), Err(Error::RowOutOfRange { row: 3, len: 3, .. })));
        assert!(matches!(RowSet::from_words(3, vec![]), Err(Error::LengthMismatch { expected: 1, .. })));
        assert!(!RowSet::new(3).contains(usize::MAX));
    }
}
