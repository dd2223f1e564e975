//! Judged queries as texts.

use ess_train::{Judgement, TeacherScore};

use crate::error::Error;

/// Queries as texts and, for each, its judgements: at least one relevant item each, by the item's row.
///
/// ```
/// use ess_encoders::JudgedTexts;
/// use ess_train::Judgement;
///
/// let relevant = |item| vec![Judgement { item, grade: 1 }];
/// let queries = JudgedTexts::new(vec!["a cat", "a dog"], vec![relevant(0), relevant(2)])?;
/// assert_eq!(queries.texts().len(), 2);
/// assert!(JudgedTexts::new(vec![" "], vec![relevant(0)]).is_err());
/// // Negatives that were chosen elsewhere; the second query has none.
/// let queries = queries.with_negatives(vec![vec![1, 2], vec![]])?;
/// assert!(queries.with_negatives(vec![vec![1]]).is_err());
/// # Ok::<(), ess_encoders::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct JudgedTexts<'t> {
    texts: Vec<&'t str>,
    judgements: Vec<Vec<Judgement>>,
    negatives: Option<Vec<Vec<usize>>>,
    teacher: Vec<Vec<TeacherScore>>,
}

impl<'t> JudgedTexts<'t> {
    /// Takes texts and judgements of the same queries in the same order.
    ///
    /// # Errors
    /// [`Error::Core`] where their numbers differ, [`Error::EmptyText`] for a text without letters. Judgements are checked
    /// when an encoder is trained on them, as those of [`ess_train::QuerySet`].
    pub fn new(texts: Vec<&'t str>, judgements: Vec<Vec<Judgement>>) -> Result<Self, Error> {
        let (what, expected, found) = ("judgements of queries", texts.len(), judgements.len());
        if expected != found {
            return Err(ess_core::Error::LengthMismatch { what, expected, found }.into());
        }
        refuse_empty("query", &texts)?;
        Ok(Self { texts, judgements, negatives: None, teacher: Vec::new() })
    }

    /// Gives each query its negatives, by the item's row, in the place of those that an
    /// [`EncoderTrainer`](crate::EncoderTrainer) would mine; a query may have none. Dev queries need none, and a cross-encoder
    /// takes candidates instead ([`PairTexts`](crate::PairTexts)).
    ///
    /// # Errors
    /// [`Error::Core`] for negatives of more or fewer queries. Rows are checked when an encoder is trained on them.
    pub fn with_negatives(self, negatives: Vec<Vec<usize>>) -> Result<Self, Error> {
        self.check_length("negatives of queries", negatives.len())?;
        Ok(Self { negatives: Some(negatives), ..self })
    }

    /// Gives each query a teacher's scores of some items, for the losses of an [`EncoderTrainer`](crate::EncoderTrainer) that learn
    /// them. A cross-encoder takes them from [`PairTexts`](crate::PairTexts).
    ///
    /// # Errors
    /// [`Error::Core`] for scores of more or fewer queries. Rows and scores are checked when an encoder is trained on them.
    pub fn with_teacher(self, teacher: Vec<Vec<TeacherScore>>) -> Result<Self, Error> {
        self.check_length("a teacher's scores of queries", teacher.len())?;
        Ok(Self { teacher, ..self })
    }

    fn check_length(&self, what: &'static str, found: usize) -> Result<(), Error> {
        let expected = self.texts.len();
        match expected == found {
            true => Ok(()),
            false => Err(ess_core::Error::LengthMismatch { what, expected, found }.into()),
        }
    }

    /// The texts.
    pub fn texts(&self) -> &[&'t str] {
        &self.texts
    }

    /// The judgements of each.
    pub fn judgements(&self) -> &[Vec<Judgement>] {
        &self.judgements
    }

    /// The negatives that were given.
    pub(crate) fn negatives(&self) -> Option<&[Vec<usize>]> {
        self.negatives.as_deref()
    }

    /// The teacher's scores; none at all without a teacher.
    pub(crate) fn teacher(&self) -> &[Vec<TeacherScore>] {
        &self.teacher
    }
}

/// Refuses no texts and texts of white space alone.
pub(crate) fn refuse_empty(side: &'static str, texts: &[&str]) -> Result<(), Error> {
    if texts.is_empty() {
        return Err(ess_core::Error::Empty { what: "texts to train on" }.into());
    }
    match texts.iter().position(|text| text.trim().is_empty()) {
        Some(at) => Err(Error::EmptyText { side, at }),
        None => Ok(()),
    }
}
