//! From which grade on an item is relevant.

use crate::error::Error;

/// The lowest grade that counts as relevant for measures that know relevant and not relevant alone; 1 by default.
/// trec_eval's `-l`.
///
/// Measures that know more grades, such as nDCG and ERR, take every grade above 0 for what it is.
///
/// ```
/// use ess_metrics::RelevanceLevel;
///
/// assert_eq!(RelevanceLevel::at_least(2)?.grade(), 2);
/// assert_eq!(RelevanceLevel::default().grade(), 1);
/// assert!(RelevanceLevel::at_least(0).is_err());
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelevanceLevel(i32);

impl RelevanceLevel {
    /// Items of this grade and of higher ones are relevant.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a grade below 1.
    pub fn at_least(grade: i32) -> Result<Self, Error> {
        if grade >= 1 {
            return Ok(Self(grade));
        }
        Err(Error::InvalidParameter {
            name: "relevance level",
            expected: "a grade of at least 1",
            found: grade.to_string(),
        })
    }

    /// The lowest grade that is relevant.
    pub fn grade(self) -> i32 {
        self.0
    }
}

impl Default for RelevanceLevel {
    fn default() -> Self {
        Self(1)
    }
}
