//! Ids, numbered in the order in which they first came.

mod buckets;
mod key;

use foldhash::fast::RandomState;

use crate::error::Error;
use buckets::{Buckets, Free};
use key::IdKey;

/// Distinct ids by number, from 0. Their bytes stand one behind the other, so that an id costs no allocation.
#[derive(Clone, Default)]
pub(crate) struct IdSet {
    text: String,
    /// Where each id ends in the text.
    ends: Vec<usize>,
    buckets: Buckets,
    hasher: RandomState,
}

impl IdSet {
    /// The number of an id, the next one for an id that is new.
    pub(crate) fn insert(&mut self, id: &str) -> Result<u32, Error> {
        self.buckets.reserve(1, &self.hasher);
        self.find_or_insert(IdKey::of(id, &self.hasher), id)
    }

    /// The numbers of some ids, as [`IdSet::insert`] gives them one after the other, into `numbers`; those before an error.
    ///
    /// A large set lies in memory that is slow to reach. Step by step for all of the ids, the processor waits for many at once.
    pub(crate) fn insert_all<'a>(
        &mut self,
        ids: impl ExactSizeIterator<Item = &'a str> + Clone,
        numbers: &mut Vec<u32>,
    ) -> Result<(), Error> {
        self.buckets.reserve(ids.len(), &self.hasher);
        let keys: Vec<IdKey> = ids.clone().map(|id| IdKey::of(id, &self.hasher)).collect();
        let firsts: Vec<usize> = keys.iter().map(|key| self.buckets.first(*key, &self.hasher)).collect();
        self.buckets.touch(&firsts);
        numbers.clear();
        for (id, (key, first)) in ids.zip(keys.into_iter().zip(firsts)) {
            let known = self.buckets.find_in(first, key).filter(|_| key.is_of_one_id());
            numbers.push(known.map_or_else(|| self.find_or_insert(key, id), Ok)?);
        }
        Ok(())
    }

    /// The number of an id that is there.
    pub(crate) fn get(&self, id: &str) -> Option<u32> {
        if self.buckets.is_empty() {
            return None;
        }
        self.find(IdKey::of(id, &self.hasher), id).ok()
    }

    /// The id of a number that was given.
    pub(crate) fn id(&self, number: u32) -> &str {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[number]]
    }

    #[inline]
    fn find(&self, key: IdKey, id: &str) -> Result<u32, Free> {
        self.buckets.find(key, &self.hasher, |number| key.is_of_one_id() || self.id(number) == id)
    }

    /// There must be room for the id.
    fn find_or_insert(&mut self, key: IdKey, id: &str) -> Result<u32, Error> {
        self.find(key, id).or_else(|free| {
            let number = u32::try_from(self.ends.len()).map_err(|_| Error::TooManyItems)?;
            self.text.push_str(id);
            self.ends.push(self.text.len());
            self.buckets.insert(free, key, number);
            Ok(number)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ids_have_the_numbers_of_a_map(ids in prop::collection::vec("[ab]{0,4}|item-[0-9]{1,5}|[0-9]{4,9}|a\0{0,9}", 0..400)) {
            let (mut set, mut map) = (IdSet::default(), HashMap::new());
            prop_assert_eq!(set.get("a"), None);
            for id in &ids {
                let next = map.len() as u32;
                let number = *map.entry(id).or_insert(next);
                prop_assert_eq!(set.insert(id), Ok(number));
            }
            for (id, number) in map {
                prop_assert_eq!((set.get(id), set.id(number)), (Some(number), id.as_str()));
            }
            prop_assert_eq!(set.get("another"), None);
        }
    }
}
