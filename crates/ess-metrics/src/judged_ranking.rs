//! What a measure sees of one query.

use crate::cutoff::Cutoff;
use crate::relevance_level::RelevanceLevel;

/// A judged item in a ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JudgedHit {
    /// The item's rank, from 1.
    pub rank: usize,
    /// Its grade: above 0 is relevant, 0 judged and not relevant, and below 0 not relevant either.
    pub grade: i32,
}

impl JudgedHit {
    /// Whether the item has a grade above 0. [`JudgedRanking::relevant_within`] asks for the relevance level too.
    pub fn is_relevant(&self) -> bool {
        self.grade > 0
    }
}

/// One query's ranking as a measure sees it: which ranks hold judged items, and what a perfect ranking would
/// hold.
///
/// All ranks that are not among the judged hold unjudged items. Ids, scores and texts are gone, so rankings
/// by id and by row number are measured by the same code.
///
/// ```
/// use ess_metrics::{Cutoff, JudgedRanking};
///
/// // Grade 1, unjudged, judged and not relevant; and an item of grade 2 that was not retrieved.
/// let ranking = JudgedRanking::new(&[Some(1), None, Some(0)], &[2]);
/// assert_eq!(ranking.retrieved(), 3);
/// assert_eq!(ranking.ideal(), [2, 1]);
/// assert_eq!(ranking.judged().iter().map(|hit| hit.rank).collect::<Vec<_>>(), [1, 3]);
/// assert_eq!(ranking.relevant_within(Cutoff::NONE).count(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedRanking {
    judged: Vec<JudgedHit>,
    retrieved: usize,
    // Of all judged items, retrieved or not, highest first.
    grades: Vec<i32>,
    level: RelevanceLevel,
}

impl JudgedRanking {
    /// A ranking given as the grade at each rank (`None` where the item is unjudged), and the grades of the
    /// judged items that it lacks.
    pub fn new(ranking: &[Option<i32>], missed: &[i32]) -> Self {
        let judged = ranking.iter().zip(1..);
        let judged = judged.filter_map(|(grade, rank)| grade.map(|grade| JudgedHit { rank, grade }));
        let grades = ranking.iter().flatten().chain(missed);
        Self::from_parts(judged.collect(), ranking.len(), highest_first(grades.copied()))
    }

    /// `judged` in rank order, `grades` as [`highest_first`] gives them.
    pub(crate) fn from_parts(judged: Vec<JudgedHit>, retrieved: usize, grades: Vec<i32>) -> Self {
        Self { judged, retrieved, grades, level: RelevanceLevel::default() }
    }

    /// The same ranking, in which another grade is the lowest that is relevant.
    #[must_use]
    pub fn with_relevance_level(self, level: RelevanceLevel) -> Self {
        Self { level, ..self }
    }

    /// The judged items of the ranking, in rank order.
    pub fn judged(&self) -> &[JudgedHit] {
        &self.judged
    }

    /// The judged items down to the cutoff, in rank order.
    pub fn judged_within(&self, cutoff: Cutoff) -> &[JudgedHit] {
        let end = self.judged.partition_point(|hit| hit.rank <= cutoff.depth());
        &self.judged[..end]
    }

    /// The relevant items down to the cutoff, in rank order: those of the relevance level and above.
    pub fn relevant_within(&self, cutoff: Cutoff) -> impl Iterator<Item = &JudgedHit> {
        self.judged_within(cutoff).iter().filter(|hit| hit.grade >= self.level.grade())
    }

    /// From which grade on items are relevant.
    pub fn relevance_level(&self) -> RelevanceLevel {
        self.level
    }

    /// The number of items in the ranking, judged or not.
    pub fn retrieved(&self) -> usize {
        self.retrieved
    }

    /// The number of relevant items that the qrels have for the query, retrieved or not.
    pub fn relevant(&self) -> usize {
        self.at_or_above(self.level.grade())
    }

    /// The number of items that the qrels say are not relevant to the query, retrieved or not: of a grade from 0
    /// to below the relevance level. (A grade below 0 marks an item as unjudged, as in trec_eval.)
    pub fn not_relevant(&self) -> usize {
        self.at_or_above(0) - self.relevant()
    }

    /// The grades of all judged items, retrieved or not, highest first.
    pub fn grades(&self) -> &[i32] {
        &self.grades
    }

    /// The grades above 0, retrieved or not, highest first, whatever the relevance level: what the perfect
    /// ranking starts with.
    pub fn ideal(&self) -> &[i32] {
        &self.grades[..self.at_or_above(1)]
    }

    /// The ideal grades down to the cutoff.
    pub fn ideal_within(&self, cutoff: Cutoff) -> &[i32] {
        let ideal = self.ideal();
        &ideal[..ideal.len().min(cutoff.depth())]
    }

    fn at_or_above(&self, lowest: i32) -> usize {
        self.grades.partition_point(|&grade| grade >= lowest)
    }
}

/// Grades, highest first.
pub(crate) fn highest_first(grades: impl Iterator<Item = i32>) -> Vec<i32> {
    let mut grades: Vec<_> = grades.collect();
    grades.sort_unstable_by(|a, b| b.cmp(a));
    grades
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_grades_above_zero_are_relevant() {
        let relevant = [-1, 0, 1, 2].map(|grade| JudgedHit { rank: 1, grade }.is_relevant());
        assert_eq!(relevant, [false, false, true, true]);
    }

    #[test]
    fn grades_are_counted_on_the_side_of_the_level_where_they_are() {
        let ranking = JudgedRanking::new(&[Some(2), None, Some(0), Some(1), Some(-1)], &[3, 0, -2]);
        let counts = |ranking: &JudgedRanking| {
            let found = ranking.relevant_within(Cutoff::NONE).count();
            (ranking.relevant(), found, ranking.not_relevant(), ranking.ideal().len())
        };
        assert_eq!(counts(&ranking), (3, 2, 2, 3));
        assert_eq!(ranking.grades(), [3, 2, 1, 0, 0, -1, -2]);
        let ranking = ranking.with_relevance_level(RelevanceLevel::at_least(2).unwrap());
        assert_eq!(counts(&ranking), (2, 1, 3, 3));
        assert_eq!(ranking.ideal_within(Cutoff::at(2).unwrap()), [3, 2]);
        let ranking = ranking.with_relevance_level(RelevanceLevel::at_least(4).unwrap());
        assert_eq!(counts(&ranking), (0, 0, 5, 3));
    }
}
