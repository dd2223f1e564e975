//! What a measure sees of one query.

use crate::Cutoff;

/// A judged item in a ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JudgedHit {
    /// The item's place, from 1.
    pub rank: usize,
    /// Its grade: above 0 is relevant, anything else judged and not relevant.
    pub grade: i32,
}

impl JudgedHit {
    /// Whether the item is relevant: a grade above 0.
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
    ideal: Vec<i32>,
}

impl JudgedRanking {
    /// A ranking given as the grade at each rank (`None` where the item is unjudged), and the grades of the
    /// judged items that it lacks.
    pub fn new(ranking: &[Option<i32>], missed: &[i32]) -> Self {
        let judged = ranking.iter().zip(1..);
        let judged = judged.filter_map(|(grade, rank)| grade.map(|grade| JudgedHit { rank, grade }));
        let grades = ranking.iter().flatten().chain(missed);
        Self::from_parts(judged.collect(), ranking.len(), ideal_grades(grades.copied()))
    }

    /// `judged` in rank order, `ideal` as [`ideal_grades`] gives it.
    pub(crate) fn from_parts(judged: Vec<JudgedHit>, retrieved: usize, ideal: Vec<i32>) -> Self {
        Self { judged, retrieved, ideal }
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

    /// The relevant items down to the cutoff, in rank order.
    pub fn relevant_within(&self, cutoff: Cutoff) -> impl Iterator<Item = &JudgedHit> {
        self.judged_within(cutoff).iter().filter(|hit| hit.is_relevant())
    }

    /// The number of items in the ranking, judged or not.
    pub fn retrieved(&self) -> usize {
        self.retrieved
    }

    /// The number of relevant items that the qrels have for the query, retrieved or not.
    pub fn relevant(&self) -> usize {
        self.ideal.len()
    }

    /// The grades of all relevant items, retrieved or not, highest first: what the perfect ranking starts
    /// with.
    pub fn ideal(&self) -> &[i32] {
        &self.ideal
    }

    /// The ideal grades down to the cutoff.
    pub fn ideal_within(&self, cutoff: Cutoff) -> &[i32] {
        &self.ideal[..self.ideal.len().min(cutoff.depth())]
    }
}

/// The grades above 0, highest first.
pub(crate) fn ideal_grades(grades: impl Iterator<Item = i32>) -> Vec<i32> {
    let mut ideal: Vec<_> = grades.filter(|&grade| grade > 0).collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    ideal
}
