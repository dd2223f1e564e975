//! Ids as numbers that are fast to compare.

use std::hash::BuildHasher;

/// What is not below it is the key of a long id.
const LONG: u64 = 1 << 63;

/// The number by which an id is looked for. A short id has one of its own; two long ids may have the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct IdKey(u64);

impl IdKey {
    /// The key of no id.
    pub(super) const NONE: Self = Self(0);

    /// Of a long id a part of its hash.
    #[inline]
    pub(super) fn of(id: &str, hasher: &impl BuildHasher) -> Self {
        Self(short(id.as_bytes()).unwrap_or_else(|| LONG | hasher.hash_one(id.as_bytes())))
    }

    /// Whether no other id has this key.
    pub(super) fn is_of_one_id(self) -> bool {
        self.0 < LONG
    }

    #[inline]
    pub(super) fn hash(self, hasher: &impl BuildHasher) -> u64 {
        hasher.hash_one(self.0)
    }
}

/// The bytes of an id of up to eight as one number, lowest first, unless it would be that of another id or not below [`LONG`].
#[inline]
fn short(id: &[u8]) -> Option<u64> {
    let length = id.len();
    let bytes = match id {
        // Zeros behind the last byte are not told apart from those of a shorter id.
        [] | [.., 0] => return None,
        [first, .., last] if length < 4 => {
            let middle = u64::from(id[length / 2]) << (length / 2 * 8);
            u64::from(*first) | middle | (u64::from(*last) << ((length - 1) * 8))
        }
        [only] => u64::from(*only),
        _ if length < 8 => {
            let (first, last) =
                (u32::from_le_bytes(*id.first_chunk()?), u32::from_le_bytes(*id.last_chunk()?));
            u64::from(first) | (u64::from(last) << ((length - 4) * 8))
        }
        _ => u64::from_le_bytes(*id.first_chunk()?),
    };
    (length <= 8 && bytes < LONG).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use foldhash::fast::FixedState;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn short_ids_are_their_bytes() {
        let ids = ["a", "ab", "abc", "abcd", "abcdefg", "abcdefgh", "\0a", "é", "1234567é"];
        let keys = ids.map(|id| short(id.as_bytes()));
        let padded = |id: &str| {
            let mut bytes = [0; 8];
            bytes[..id.len()].copy_from_slice(id.as_bytes());
            Some(u64::from_le_bytes(bytes))
        };
        assert_eq!(keys[..8], [0, 1, 2, 3, 4, 5, 6, 7].map(|at| padded(ids[at])));
        assert_eq!(keys[8], None);
        // Nine bytes, a zero at the end, a highest bit, nothing.
        assert_eq!(["123456789", "a\0", "123456é", ""].map(|id| short(id.as_bytes())), [None; 4]);
    }

    proptest! {
        #[test]
        fn different_short_ids_have_different_keys(ids in prop::collection::vec("[ab\0é]{0,9}", 2..200)) {
            let hasher = FixedState::with_seed(0);
            let mut known: HashMap<u64, &str> = HashMap::new();
            for id in &ids {
                let key = IdKey::of(id, &hasher);
                if key.is_of_one_id() {
                    prop_assert_eq!(*known.entry(key.0).or_insert(id), id);
                } else {
                    prop_assert!(short(id.as_bytes()).is_none());
                }
            }
        }
    }
}
