//! Judged queries with the items that they are read with.

use std::collections::HashSet;

use ess_train::TeacherScore;

use crate::{error::Error, training::texts::JudgedTexts};

/// Judged queries as texts and, for each, its candidates: the items of a first pass, by the item's row, the best first.
///
/// In training negatives are drawn from the candidates; on dev they are what is reordered. A teacher's scores are for
/// [`PairLoss::Teacher`](crate::PairLoss::Teacher).
///
/// ```
/// use ess_encoders::{JudgedTexts, PairTexts};
/// use ess_train::Judgement;
///
/// let relevant = |item| vec![Judgement { item, grade: 1 }];
/// let queries = JudgedTexts::new(vec!["a cat", "a dog"], vec![relevant(0), relevant(2)])?;
/// let pairs = PairTexts::new(queries).with_candidates(vec![vec![1, 0, 3], vec![2, 1]])?;
/// assert!(pairs.with_candidates(vec![vec![1]]).is_err());
/// # Ok::<(), ess_encoders::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PairTexts<'t> {
    pub(super) queries: JudgedTexts<'t>,
    pub(super) candidates: Vec<Vec<usize>>,
    pub(super) teacher: Vec<Vec<TeacherScore>>,
}

impl<'t> PairTexts<'t> {
    /// Judged queries without candidates: items are drawn at random by the seed of the training.
    pub fn new(queries: JudgedTexts<'t>) -> Self {
        let of_none = queries.texts().len();
        Self { queries, candidates: vec![Vec::new(); of_none], teacher: vec![Vec::new(); of_none] }
    }

    /// Gives each query candidates, the best first; a query may have none.
    ///
    /// # Errors
    /// [`Error::Core`] for candidates of more or fewer queries. Rows are checked when a cross-encoder is trained.
    pub fn with_candidates(self, candidates: Vec<Vec<usize>>) -> Result<Self, Error> {
        self.check_length("candidates of queries", candidates.len())?;
        Ok(Self { candidates, ..self })
    }

    /// Gives each query a teacher's scores of some items.
    ///
    /// # Errors
    /// [`Error::Core`] for scores of more or fewer queries. Rows and scores are checked when a cross-encoder is trained.
    pub fn with_teacher(self, teacher: Vec<Vec<TeacherScore>>) -> Result<Self, Error> {
        self.check_length("a teacher's scores of queries", teacher.len())?;
        Ok(Self { teacher, ..self })
    }

    fn check_length(&self, what: &'static str, found: usize) -> Result<(), Error> {
        let expected = self.queries.texts().len();
        match expected == found {
            true => Ok(()),
            false => Err(ess_core::Error::LengthMismatch { what, expected, found }.into()),
        }
    }

    /// Refuses what names no item, or one twice, and a query without a relevant item.
    pub(super) fn check(&self, items: usize) -> Result<(), Error> {
        for (query, judged) in self.queries.judgements().iter().enumerate() {
            if judged.iter().all(|known| known.grade <= 0) {
                return Err(ess_train::Error::NoPositive { query }.into());
            }
            let mut seen = HashSet::new();
            for known in judged {
                let item = known.item;
                if item >= items {
                    return Err(ess_train::Error::UnknownItem { query, item, items }.into());
                }
                if !seen.insert(item) {
                    return Err(ess_train::Error::DuplicateJudgement { query, item }.into());
                }
            }
        }
        if let Some(&row) = self.candidates.iter().flatten().find(|&&row| row >= items) {
            let what = "candidates of the queries";
            return Err(ess_core::Error::RowOutOfRange { what, row, len: items }.into());
        }
        self.check_teacher(items)
    }

    fn check_teacher(&self, items: usize) -> Result<(), Error> {
        for (query, scored) in self.teacher.iter().enumerate() {
            let mut seen = HashSet::new();
            for &TeacherScore { item, score } in scored {
                let reason = match (score.is_finite(), item < items, seen.insert(item)) {
                    (false, ..) => "it is no finite number",
                    (_, false, _) => "there is no such item",
                    (.., false) => "the item has a score already",
                    _ => continue,
                };
                return Err(ess_train::Error::TeacherScore { query, item, score, reason }.into());
            }
        }
        Ok(())
    }
}
