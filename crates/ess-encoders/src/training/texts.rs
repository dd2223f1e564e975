//! Judged queries as texts.

use ess_train::Judgement;

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
/// # Ok::<(), ess_encoders::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct JudgedTexts<'t> {
    texts: Vec<&'t str>,
    judgements: Vec<Vec<Judgement>>,
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
        Ok(Self { texts, judgements })
    }

    /// The texts.
    pub fn texts(&self) -> &[&'t str] {
        &self.texts
    }

    /// The judgements of each.
    pub fn judgements(&self) -> &[Vec<Judgement>] {
        &self.judgements
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
