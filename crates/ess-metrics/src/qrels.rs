//! Relevance judgements.

use crate::entries::{Entries, EntryTable};
use crate::error::Error;

/// Relevance judgements: a grade for some pairs of query and item.
///
/// A grade above 0 says relevant, and how much; 0 and below say judged and not relevant. An item without a
/// grade is unjudged. Entries keep the order in which they came.
///
/// ```
/// use ess_metrics::{Error, Qrels};
///
/// let mut qrels = Qrels::new();
/// qrels.insert("q1", "d1", 2)?;
/// qrels.insert("q2", "d1", 0)?;
/// assert_eq!(qrels.grade("q1", "d1"), Some(2));
/// assert_eq!(qrels.grade("q1", "d2"), None);
/// assert!(matches!(qrels.insert("q1", "d1", 1), Err(Error::DuplicateEntry { .. })));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Qrels {
    table: EntryTable<i32>,
}

impl Qrels {
    /// Qrels without a judgement.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a judgement.
    ///
    /// # Errors
    /// [`Error::DuplicateEntry`] when query and item are already judged together; the first judgement stays.
    pub fn insert(&mut self, query: &str, item: &str, grade: i32) -> Result<(), Error> {
        self.table.insert("qrels", query, item, grade)
    }

    /// The number of judgements.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there is no judgement.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ids of the judged queries, in the order in which they first came.
    pub fn queries(&self) -> impl ExactSizeIterator<Item = &str> {
        self.table.queries()
    }

    /// The judgements of one query, or `None` when it has none.
    pub fn get(&self, query: &str) -> Option<Entries<'_, i32>> {
        self.table.get(query)
    }

    /// The grade of an item for a query, or `None` when it is unjudged.
    pub fn grade(&self, query: &str, item: &str) -> Option<i32> {
        self.get(query)?.get(item)
    }

    /// All judgements as query, item and grade: query by query, each in the order of insertion.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, i32)> {
        self.table.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judgements_come_back_query_by_query_in_the_order_in_which_they_came() {
        let judged = [("q2", "d1", 1), ("q1", "d1", -1), ("q2", "d0", 0)];
        let mut qrels = Qrels::new();
        for (query, item, grade) in judged {
            qrels.insert(query, item, grade).unwrap();
        }
        assert_eq!(qrels.iter().collect::<Vec<_>>(), [judged[0], judged[2], judged[1]]);
        assert_eq!((qrels.len(), qrels.queries().collect::<Vec<_>>()), (3, vec!["q2", "q1"]));
        assert_eq!((qrels.grade("q1", "d1"), qrels.grade("q1", "d0")), (Some(-1), None));
    }

    #[test]
    fn qrels_are_equal_where_all_judgements_are() {
        let of = |judged: &[(&str, &str, i32)]| {
            let mut qrels = Qrels::new();
            for (query, item, grade) in judged {
                qrels.insert(query, item, *grade).unwrap();
            }
            qrels
        };
        let some = [("q1", "d1", 1), ("q1", "d2", 0), ("q2", "d1", 1)];
        assert_eq!(of(&some), of(&some));
        assert_ne!(of(&some), of(&some[..2]));
        assert_ne!(of(&some), of(&[some[0], ("q1", "d2", 1), some[2]]));
        assert_ne!(of(&some), of(&[some[0], ("q1", "d3", 0), some[2]]));
    }

    #[test]
    fn qrels_are_empty_until_the_first_judgement() {
        let mut qrels = Qrels::new();
        assert!(qrels.is_empty());
        qrels.insert("q", "d", 0).unwrap();
        assert!(!qrels.is_empty());
    }
}
