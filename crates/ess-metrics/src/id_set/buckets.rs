//! A hash table of ids that touches little memory.

use std::{hash::BuildHasher, hint::black_box};

use super::key::IdKey;

const WIDTH: usize = 5;

/// Some ids. It is a line of the processor's cache, and all that is read to find a short id.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Bucket {
    keys: [IdKey; WIDTH],
    numbers: [u32; WIDTH],
}

const EMPTY: Bucket = Bucket { keys: [IdKey::NONE; WIDTH], numbers: [0; WIDTH] };

/// Numbers of ids by key. A key stands in the bucket that its hash names, or where that is full in the next that has room.
///
/// There are as many buckets as a power of two, and some have room, unless there is no bucket at all.
#[derive(Clone, Default)]
pub(super) struct Buckets {
    buckets: Vec<Bucket>,
    len: usize,
}

/// A place that has no key.
pub(super) struct Free {
    bucket: usize,
    at: usize,
}

impl Buckets {
    /// Makes room for more keys, with one place in five left free.
    #[inline]
    pub(super) fn reserve(&mut self, more: usize, hasher: &impl BuildHasher) {
        if self.len + more > self.buckets.len() * (WIDTH - 1) {
            self.grow(self.len + more, hasher);
        }
    }

    #[cold]
    fn grow(&mut self, keys: usize, hasher: &impl BuildHasher) {
        let buckets = keys.div_ceil(WIDTH - 1).next_power_of_two();
        let before = std::mem::replace(&mut self.buckets, vec![EMPTY; buckets]);
        self.len = 0;
        for Bucket { keys, numbers } in before {
            for (key, number) in keys.into_iter().zip(numbers).take_while(|(key, _)| *key != IdKey::NONE) {
                let mut bucket = self.first(key, hasher);
                let free = loop {
                    match self.free_in(bucket) {
                        Some(free) => break free,
                        None => bucket = self.next(bucket),
                    }
                };
                self.insert(free, key, number);
            }
        }
    }

    /// The number of a key, if it is right, or where it can be inserted, for which there must be room.
    #[inline]
    pub(super) fn find(
        &self,
        key: IdKey,
        hasher: &impl BuildHasher,
        is: impl Fn(u32) -> bool,
    ) -> Result<u32, Free> {
        let mut bucket = self.first(key, hasher);
        loop {
            let Bucket { keys, numbers } = &self.buckets[bucket];
            let mut found = places(keys, key);
            while found != 0 {
                let number = numbers[found.trailing_zeros() as usize];
                if is(number) {
                    return Ok(number);
                }
                found &= found - 1;
            }
            if let Some(free) = self.free_in(bucket) {
                return Err(free);
            }
            bucket = self.next(bucket);
        }
    }

    #[inline]
    fn free_in(&self, bucket: usize) -> Option<Free> {
        let free = places(&self.buckets[bucket].keys, IdKey::NONE);
        (free != 0).then(|| Free { bucket, at: free.trailing_zeros() as usize })
    }

    /// Inserts a key that is not there.
    #[inline]
    pub(super) fn insert(&mut self, Free { bucket, at }: Free, key: IdKey, number: u32) {
        let bucket = &mut self.buckets[bucket];
        (bucket.keys[at], bucket.numbers[at]) = (key, number);
        self.len += 1;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of a key in one bucket.
    #[inline]
    pub(super) fn find_in(&self, bucket: usize, key: IdKey) -> Option<u32> {
        let Bucket { keys, numbers } = &self.buckets[bucket];
        let found = places(keys, key);
        (found != 0).then(|| numbers[found.trailing_zeros() as usize])
    }

    /// The bucket that a key is looked for in first.
    #[inline]
    pub(super) fn first(&self, key: IdKey, hasher: &impl BuildHasher) -> usize {
        key.hash(hasher) as usize & (self.buckets.len() - 1)
    }

    fn next(&self, bucket: usize) -> usize {
        (bucket + 1) & (self.buckets.len() - 1)
    }

    /// Has some buckets at hand: for many at once the processor waits no longer than for one.
    pub(super) fn touch(&self, buckets: &[usize]) {
        for bucket in buckets {
            black_box(self.buckets[*bucket].numbers[0]);
        }
    }
}

/// Where a key stands, as bits, the first lowest: without a branch, which would be taken at random.
#[inline]
fn places(keys: &[IdKey; WIDTH], key: IdKey) -> u32 {
    (0..WIDTH).fold(0, |found, at| found | (u32::from(keys[at] == key) << at))
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, hash::Hasher};

    use proptest::prelude::*;

    use super::*;

    /// Hashes keys to few buckets, so that these are full and followed by others that are.
    #[derive(Clone, Default)]
    struct Few(u64);

    impl Hasher for Few {
        fn write(&mut self, bytes: &[u8]) {
            self.0 = bytes.iter().map(|byte| u64::from(*byte)).sum();
        }

        fn finish(&self) -> u64 {
            self.0 % 3 + 6
        }
    }

    impl BuildHasher for Few {
        type Hasher = Self;

        fn build_hasher(&self) -> Self {
            self.clone()
        }
    }

    proptest! {
        #[test]
        fn numbers_are_those_of_a_map(ids in prop::collection::vec("[a-z]{1,2}", 0..300), asked in prop::collection::vec("[a-z]{1,2}", 50)) {
            let (mut buckets, mut map) = (Buckets::default(), HashMap::new());
            for (number, id) in (0..).zip(&ids) {
                let key = IdKey::of(id, &Few::default());
                buckets.reserve(1, &Few::default());
                if let Err(free) = buckets.find(key, &Few::default(), |_| true) {
                    buckets.insert(free, key, number);
                    map.insert(id, number);
                }
            }
            buckets.reserve(1, &Few::default());
            for id in asked.iter().chain(&ids) {
                let key = IdKey::of(id, &Few::default());
                prop_assert_eq!(buckets.find(key, &Few::default(), |_| true).ok(), map.get(id).copied());
            }
        }

        #[test]
        fn ids_with_the_same_key_are_told_apart(count in 1_u32..40) {
            let (mut buckets, key) = (Buckets::default(), IdKey::of("the same for each", &Few::default()));
            buckets.reserve(count as usize, &Few::default());
            let find = |buckets: &Buckets, number| buckets.find(key, &Few::default(), |other| other == number);
            for number in 0..count {
                let free = find(&buckets, number).expect_err("a new number");
                buckets.insert(free, key, number);
            }
            for number in 0..count {
                prop_assert_eq!(find(&buckets, number).ok(), Some(number));
            }
        }
    }
}
