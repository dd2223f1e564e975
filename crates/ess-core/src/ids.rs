//! Names for rows.

use std::collections::HashMap;

use crate::error::Error;

/// A set of distinct ids in a fixed order: the id of row `i` is `ids[i]`.
///
/// ```
/// use ess_core::Ids;
///
/// let ids = Ids::new(vec!["b".into(), "a".into()])?;
/// assert_eq!(ids.row("a")?, 1);
/// assert_eq!(ids.get(0), Some("b"));
/// assert!(ids.row("c").is_err());
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Ids {
    ids: Vec<String>,
    rows: HashMap<String, usize>,
}

impl Ids {
    /// Takes the ids over.
    ///
    /// # Errors
    /// [`Error::DuplicateId`] when one stands twice.
    pub fn new(ids: Vec<String>) -> Result<Self, Error> {
        let mut rows = HashMap::with_capacity(ids.len());
        for (second, id) in ids.iter().enumerate() {
            if let Some(first) = rows.insert(id.clone(), second) {
                return Err(Error::DuplicateId { id: id.clone(), first, second });
            }
        }
        Ok(Self { ids, rows })
    }

    /// The number of ids.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no id.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The id of a row, or `None` beyond the end.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.ids.get(row).map(String::as_str)
    }

    /// The row of an id, from 0.
    ///
    /// # Errors
    /// [`Error::UnknownId`] when the set does not have it.
    pub fn row(&self, id: &str) -> Result<usize, Error> {
        self.rows.get(id).copied().ok_or_else(|| Error::UnknownId { id: id.to_owned(), len: self.ids.len() })
    }

    /// Whether the set has an id.
    pub fn contains(&self, id: &str) -> bool {
        self.rows.contains_key(id)
    }

    /// The ids in row order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.ids.iter().map(String::as_str)
    }

    /// The ids in row order.
    pub fn as_slice(&self) -> &[String] {
        &self.ids
    }
}

impl PartialEq for Ids {
    fn eq(&self, other: &Self) -> bool {
        self.ids == other.ids
    }
}

impl Eq for Ids {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_is_named_with_both_rows() {
        let found = Ids::new(["x", "y", "x"].map(String::from).to_vec());
        assert!(matches!(found, Err(Error::DuplicateId { id, first: 0, second: 2 }) if id == "x"));
    }
}
