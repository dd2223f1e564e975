//! Ids, numbered in the order in which they first came.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::error::Error;

/// Distinct ids by number, from 0. Their bytes stand one behind the other, so that an id costs no allocation.
#[derive(Clone, Default)]
pub(crate) struct IdSet {
    text: String,
    /// Where each id ends in the text.
    ends: Vec<usize>,
    table: HashTable<Slot>,
    hasher: RandomState,
}

/// In place of a number: the id was not found.
const NO_NUMBER: u32 = u32::MAX;

/// A part of an id's hash, by which most different ids are told apart without reading them, and the id's number.
#[derive(Clone, Copy)]
struct Slot {
    hash: u32,
    number: u32,
}

impl IdSet {
    /// The number of an id, the next one for an id that is new.
    pub(crate) fn insert(&mut self, id: &str) -> Result<u32, Error> {
        let hash = self.hash(id);
        if let Some(slot) = self.table.find(spread(hash), self.is(id, hash)) {
            return Ok(slot.number);
        }
        let number = u32::try_from(self.ends.len()).map_err(|_| Error::TooManyItems)?;
        self.text.push_str(id);
        self.ends.push(self.text.len());
        self.table.insert_unique(spread(hash), Slot { hash, number }, |slot| spread(slot.hash));
        Ok(number)
    }

    /// The numbers of some ids, as [`IdSet::insert`] gives them one after the other, into `numbers`; those before an error.
    ///
    /// A large table lies in memory that is slow to reach. Step by step for all of them, the processor waits for many at once.
    pub(crate) fn insert_all<'a>(
        &mut self,
        ids: impl Iterator<Item = &'a str> + Clone,
        numbers: &mut Vec<u32>,
    ) -> Result<(), Error> {
        numbers.clear();
        for id in ids.clone() {
            let hash = self.hash(id);
            let slot = self.table.find(spread(hash), |slot| slot.hash == hash);
            numbers.push(slot.map_or(NO_NUMBER, |slot| slot.number));
        }
        for (id, number) in ids.clone().zip(&mut *numbers) {
            // Another id may have the same part of its hash.
            if *number != NO_NUMBER && self.id(*number) != id {
                *number = NO_NUMBER;
            }
        }
        for (at, id) in ids.enumerate() {
            if numbers[at] == NO_NUMBER {
                match self.insert(id) {
                    Ok(number) => numbers[at] = number,
                    Err(error) => {
                        numbers.truncate(at);
                        return Err(error);
                    }
                }
            }
        }
        Ok(())
    }

    /// The number of an id that is there.
    pub(crate) fn get(&self, id: &str) -> Option<u32> {
        let hash = self.hash(id);
        self.table.find(spread(hash), self.is(id, hash)).map(|slot| slot.number)
    }

    /// The id of a number that was given.
    pub(crate) fn id(&self, number: u32) -> &str {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[number]]
    }

    fn hash(&self, id: &str) -> u32 {
        self.hasher.hash_one(id.as_bytes()) as u32
    }

    fn is<'a>(&'a self, id: &'a str, hash: u32) -> impl Fn(&Slot) -> bool + 'a {
        move |slot| slot.hash == hash && self.id(slot.number) == id
    }
}

/// As many bits as the table asks for, of those that are kept; it looks at the highest and the lowest.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
