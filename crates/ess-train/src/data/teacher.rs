//! What a teacher says of items.

use serde::{Deserialize, Serialize};

/// A teacher's score of one item for one query: what a distilling loss learns to reproduce.
///
/// A teacher is whatever ranks better and costs more, such as a cross-encoder.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_train::{Error, Judgement, QuerySet, TeacherScore};
///
/// let queries = || {
///     let encodings = Embeddings::from_rows(&[[1.0, 0.0]])?;
///     QuerySet::new(encodings, vec![vec![Judgement { item: 0, grade: 1 }]])
/// };
/// let scored = |score| vec![vec![TeacherScore { item: 0, score }, TeacherScore { item: 3, score: -1.5 }]];
/// assert_eq!(queries()?.with_teacher(scored(7.0))?.teacher()[0].len(), 2);
/// assert!(matches!(queries()?.with_teacher(scored(f32::NAN)), Err(Error::TeacherScore { query: 0, item: 0, .. })));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TeacherScore {
    /// The item's row, from 0.
    pub item: usize,
    /// The score, of any scale; larger is more relevant.
    pub score: f32,
}
