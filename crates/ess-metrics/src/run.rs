//! What a system found.

use crate::entries::{Entries, EntryTable};
use crate::error::Error;

/// The items that a system found for each query, with their scores; larger is more relevant.
///
/// Entries keep the order in which they came, and that order means nothing: the ranking is made from the
/// scores, as trec_eval makes it. Scores are `f32`, as in trec_eval, so two that differ only beyond that
/// precision tie.
///
/// ```
/// use ess_metrics::Run;
///
/// let mut run = Run::new("frozen");
/// run.insert("q1", "d1", 0.5)?;
/// run.insert("q1", "d2", 0.5)?;
/// run.insert("q1", "d3", 0.9)?;
/// // The best score first; ties by item id, descending.
/// assert_eq!(run.ranking("q1"), [("d3", 0.9), ("d2", 0.5), ("d1", 0.5)]);
/// assert!(run.insert("q1", "d4", f32::NAN).is_err());
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    name: String,
    table: EntryTable<f32>,
}

impl Run {
    /// A run without a hit. The name is the system's: the tag in TREC files, the system in comparisons.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), table: EntryTable::default() }
    }

    /// The system's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Renames the system.
    pub fn set_name(&mut self, name: impl Into<String>) {
        self.name = name.into();
    }

    /// Adds an item found for a query.
    ///
    /// # Errors
    /// [`Error::NonFiniteScore`] for NaN and infinities, [`Error::DuplicateEntry`] when the query already has
    /// the item; the first score stays.
    pub fn insert(&mut self, query: &str, item: &str, score: f32) -> Result<(), Error> {
        if !score.is_finite() {
            return Err(Error::NonFiniteScore { query: query.to_owned(), item: item.to_owned(), score });
        }
        self.table.insert("run", query, item, score)
    }

    /// As [`Run::insert`] of each query, item and score, in a fraction of the time where there are many: a reader of files
    /// gives it a few dozen at a time.
    ///
    /// ```
    /// use ess_metrics::Run;
    ///
    /// let mut run = Run::new("frozen");
    /// run.insert_all(&[("q1", "d1", 0.5), ("q1", "d2", 0.75)])?;
    /// assert_eq!(run.ranking("q1"), [("d2", 0.75), ("d1", 0.5)]);
    /// // What comes before an error is in the run.
    /// assert!(run.insert_all(&[("q2", "d1", 0.5), ("q1", "d1", 0.25), ("q3", "d1", 0.5)]).is_err());
    /// assert_eq!(run.len(), 3);
    /// # Ok::<(), ess_metrics::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Run::insert`], for the first hit that has one; as many hits as stand before it are added.
    pub fn insert_all(&mut self, hits: &[(&str, &str, f32)]) -> Result<(), Error> {
        let finite = hits.iter().position(|(_, _, score)| !score.is_finite()).unwrap_or(hits.len());
        let (hits, rest) = hits.split_at(finite);
        self.table.insert_all("run", hits)?;
        rest.first().map_or(Ok(()), |(query, item, score)| self.insert(query, item, *score))
    }

    /// Leaves out, for each query, the item that has the query's own id; says how many there were.
    ///
    /// For collections in which queries are items too, such as ArguAna and Quora of BEIR, whose own evaluation does the
    /// same (`ignore_identical_ids`): there every query finds itself first. A query without another hit has none.
    ///
    /// ```
    /// use ess_metrics::Run;
    ///
    /// let mut run = Run::new("frozen");
    /// run.insert("a", "a", 1.0)?;
    /// run.insert("a", "b", 0.7)?;
    /// assert_eq!(run.leave_out_identical_ids(), 1);
    /// assert_eq!(run.ranking("a"), [("b", 0.7)]);
    /// # Ok::<(), ess_metrics::Error>(())
    /// ```
    pub fn leave_out_identical_ids(&mut self) -> usize {
        let before = self.len();
        self.table.retain(|query, item| query != item);
        before - self.len()
    }

    /// The number of hits, over all queries.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there is no hit.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ids of the queries with hits, in the order in which they first came.
    pub fn queries(&self) -> impl ExactSizeIterator<Item = &str> {
        self.table.queries()
    }

    /// The hits of one query in the order of insertion, or `None` when it has none.
    pub fn get(&self, query: &str) -> Option<Entries<'_, f32>> {
        self.table.get(query)
    }

    /// The score of an item for a query, or `None` when the system did not find it.
    pub fn score(&self, query: &str, item: &str) -> Option<f32> {
        self.get(query)?.get(item)
    }

    /// All hits as query, item and score: query by query, each in the order of insertion.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, f32)> {
        self.table.iter()
    }

    /// The hits of one query as ranked by trec_eval: score descending, ties by item id descending, byte by
    /// byte.
    ///
    /// Empty for a query without hits.
    pub fn ranking(&self, query: &str) -> Vec<(&str, f32)> {
        let mut ranking: Vec<_> = self.get(query).iter().flat_map(Entries::iter).collect();
        ranking.sort_unstable_by(|a, b| by_trec_order(*a, *b));
        ranking
    }
}

/// trec_eval's order of hits: score descending, then item id descending.
pub(crate) fn by_trec_order(a: (&str, f32), b: (&str, f32)) -> std::cmp::Ordering {
    // Scores are finite; adding zero makes -0.0 and 0.0 tie.
    (b.1 + 0.0).total_cmp(&(a.1 + 0.0)).then_with(|| b.0.cmp(a.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_of_either_sign_tie() {
        let mut run = Run::new("run");
        for (query, first, second) in [("a", 0.0, -0.0), ("b", -0.0, 0.0)] {
            run.insert(query, "d1", first).unwrap();
            run.insert(query, "d2", second).unwrap();
            let ranking: Vec<&str> = run.ranking(query).into_iter().map(|(item, _)| item).collect();
            assert_eq!(ranking, ["d2", "d1"], "{query}");
        }
    }

    #[test]
    fn the_order_of_two_hits_does_not_depend_on_which_is_asked_first() {
        for (first, second) in [(0.0, -0.0), (-0.0, 0.0), (-0.0, -0.0), (0.0, 0.0)] {
            assert!(by_trec_order(("d2", first), ("d1", second)).is_lt(), "{first} {second}");
            assert!(by_trec_order(("d1", first), ("d2", second)).is_gt(), "{first} {second}");
        }
    }

    #[test]
    fn hits_come_back_query_by_query_in_the_order_in_which_they_came() {
        let hits = [("q2", "d1", 0.5), ("q1", "d1", -1.0), ("q2", "d0", 0.75)];
        let mut run = Run::new("run");
        run.set_name("frozen");
        assert!(run.is_empty() && run.name() == "frozen");
        for (query, item, score) in hits {
            run.insert(query, item, score).unwrap();
        }
        assert_eq!(run.iter().collect::<Vec<_>>(), [hits[0], hits[2], hits[1]]);
        assert_eq!(
            (run.len(), run.is_empty(), run.queries().collect::<Vec<_>>()),
            (3, false, vec!["q2", "q1"])
        );
        assert_eq!((run.score("q2", "d0"), run.score("q1", "d0")), (Some(0.75), None));
    }

    #[test]
    fn a_query_that_found_itself_alone_has_no_hit_left() {
        let mut run = Run::new("run");
        for (query, item) in [("a", "a"), ("b", "a"), ("b", "b"), ("c", "d")] {
            run.insert(query, item, 1.0).unwrap();
        }
        assert_eq!(run.leave_out_identical_ids(), 2);
        assert_eq!((run.len(), run.queries().collect::<Vec<_>>()), (2, vec!["b", "c"]));
        assert!(run.get("a").is_none() && run.score("b", "a") == Some(1.0));
        assert_eq!(run.leave_out_identical_ids(), 0);
    }
}
