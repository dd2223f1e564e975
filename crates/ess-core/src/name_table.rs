//! What a program adds to the kinds that are called by name.

use std::{
    any::TypeId,
    sync::{PoisonError, RwLock},
};

/// Kinds by their names, for a whole process: modules, losses, features. A crate of this workspace has one for each thing that
/// settings call by name, and lets programs add to it.
///
/// ```
/// use ess_core::{NameError, NameTable};
///
/// static FRUITS: NameTable<&str> = NameTable::new();
///
/// struct Apple;
/// struct Pear;
/// assert_eq!(FRUITS.add::<Apple>("apple", "round"), Ok(true));
/// assert_eq!(FRUITS.add::<Apple>("apple", "round"), Ok(false)); // there already
/// assert_eq!(FRUITS.add::<Pear>("apple", "long"), Err(NameError::Taken));
/// assert_eq!(FRUITS.add::<Pear>("Pear!", "long"), Err(NameError::Malformed));
/// assert_eq!((FRUITS.find("apple"), FRUITS.names()), (Some("round"), vec!["apple"]));
/// ```
pub struct NameTable<T> {
    entries: RwLock<Vec<Entry<T>>>,
}

#[derive(Clone)]
struct Entry<T> {
    name: &'static str,
    of: TypeId,
    kind: T,
}

/// Why a name cannot be added to a [`NameTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Another type has it.
    Taken,
    /// It is empty, or has other characters than [`NameError::FITTING`].
    Malformed,
}

impl NameError {
    /// The characters of a name.
    pub const FITTING: &'static str = "lower-case letters, digits and _";
}

impl<T: Clone> NameTable<T> {
    /// A table without entries.
    pub const fn new() -> Self {
        Self { entries: RwLock::new(Vec::new()) }
    }

    /// Adds the kind that is the type `K`. False where that type has the name already: the first entry stays.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn add<K: 'static>(&self, name: &'static str, kind: T) -> Result<bool, NameError> {
        self.add_with::<K, _>(name, kind, || Ok(()))
    }

    /// As [`NameTable::add`], with something else that happens as well (`also`), or neither of the two.
    ///
    /// # Errors
    /// [`NameError`], and that of `also`.
    pub fn add_with<K: 'static, E: From<NameError>>(
        &self,
        name: &'static str,
        kind: T,
        also: impl FnOnce() -> Result<(), E>,
    ) -> Result<bool, E> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty() || !name.bytes().all(fits) {
            return Err(NameError::Malformed.into());
        }
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let there = entries.iter().find(|entry| entry.name == name).map(|entry| entry.of);
        let of = TypeId::of::<K>();
        if there.is_some_and(|other| other != of) {
            return Err(NameError::Taken.into());
        }
        also()?;
        if there.is_none() {
            entries.push(Entry { name, of, kind });
        }
        Ok(there.is_none())
    }

    /// The kind of a name.
    pub fn find(&self, name: &str) -> Option<T> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.iter().find(|entry| entry.name == name).map(|entry| entry.kind.clone())
    }

    /// The names, in the order in which they were added.
    pub fn names(&self) -> Vec<&'static str> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.iter().map(|entry| entry.name).collect()
    }

    /// The kinds, in the order in which they were added.
    pub fn all(&self) -> Vec<T> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.iter().map(|entry| entry.kind.clone()).collect()
    }
}

impl<T: Clone> Default for NameTable<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_beside_it_leaves_the_table_as_it_was() {
        let table = NameTable::new();
        let failed = table.add_with::<u8, _>("first", 1, || Err(NameError::Taken));
        assert_eq!((failed, table.names()), (Err(NameError::Taken), vec![]));
        assert_eq!(table.add::<u8>("first", 1), Ok(true));
        assert_eq!(table.add::<u16>("second", 2), Ok(true));
        assert_eq!((table.all(), table.find("third")), (vec![1, 2], None));
        for name in ["", "Low", "low-rank", "naïve", "a b"] {
            assert_eq!(table.add::<u32>(name, 3), Err(NameError::Malformed), "{name}");
        }
    }
}
