//! How much memory several parts take together.

use ess_core::MemoryUse;

/// What the parts take, each kind of memory by itself.
pub(crate) fn total(parts: impl IntoIterator<Item = MemoryUse>) -> MemoryUse {
    parts.into_iter().fold(MemoryUse::default(), |sum, part| MemoryUse {
        owned: sum.owned + part.owned,
        mapped: sum.mapped + part.mapped,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_both_kinds_is_added_up() {
        let parts = [(2, 30), (5, 0), (0, 400)].map(|(owned, mapped)| MemoryUse { owned, mapped });
        assert_eq!(total(parts), MemoryUse { owned: 7, mapped: 430 });
        assert_eq!(total([]), MemoryUse::default());
    }
}
