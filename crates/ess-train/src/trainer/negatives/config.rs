//! How negatives are mined, as data.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Which of the candidates become negatives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// The most similar.
    #[default]
    Top,
    /// Drawn at random.
    Random,
}

/// How negatives are mined. Candidates are the items near the mapped query that are not judged relevant.
///
/// Judgements are incomplete, so the nearest of these items are often relevant. Margins drop items whose similarity is too
/// close to that of the query's most similar relevant item (as `mine_hard_negatives` of sentence-transformers, and Moreira et
/// al. 2024, "NV-Retriever"), or that a teacher scores too high.
///
/// ```
/// use ess_train::NegativesConfig;
///
/// let config: NegativesConfig = serde_json::from_str(r#"{"per_query": 8, "relative_margin": 0.05}"#).unwrap();
/// config.check()?;
/// assert!(NegativesConfig { skip: 100, depth: 100, ..config }.check().is_err());
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NegativesConfig {
    /// The number of negatives of a query; fewer where the filters leave fewer. At least 1. Default: 16.
    pub per_query: usize,
    /// How many of the most similar items are skipped. Default: 0.
    pub skip: usize,
    /// The depth of the ranking that candidates come from; more than `skip`. Default: 100.
    pub depth: usize,
    /// Which of the candidates that pass the filters are taken. Default: the most similar.
    pub sampling: Sampling,
    /// Drops items whose similarity is above that of the most similar relevant item less this. Default: none.
    pub absolute_margin: Option<f32>,
    /// Drops items whose similarity `s` is above `r − margin · |r|`, with `r` that of the most similar relevant item;
    /// between 0 and 1. Default: none.
    pub relative_margin: Option<f32>,
    /// Drops items that a teacher scored above its best score of a relevant item less this. Items that it did not score
    /// stay. Default: none.
    pub teacher_margin: Option<f32>,
    /// Steps between two minings, with the module as it then is; 0 to mine once, with the untrained module. Items do not
    /// move while queries are trained, so mining costs a search of the training queries. Default: 10.
    pub refresh_every: usize,
}

impl Default for NegativesConfig {
    fn default() -> Self {
        Self {
            per_query: 16,
            skip: 0,
            depth: 100,
            sampling: Sampling::default(),
            absolute_margin: None,
            relative_margin: None,
            teacher_margin: None,
            refresh_every: 10,
        }
    }
}

impl NegativesConfig {
    /// Refuses settings outside their range.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |name, expected, found: String| Err(Error::Config { name, expected, found });
        if self.per_query == 0 {
            return refuse("per_query of negatives", "at least 1", "0".to_owned());
        }
        if self.depth <= self.skip {
            return refuse("depth of negatives", "more than skip", self.depth.to_string());
        }
        let finite = |margin: Option<f32>| margin.is_none_or(f32::is_finite);
        for (name, margin) in
            [("absolute_margin", self.absolute_margin), ("teacher_margin", self.teacher_margin)]
        {
            if !finite(margin) {
                return refuse(name, "a finite number, or null", format!("{margin:?}"));
            }
        }
        match self.relative_margin {
            Some(margin) if !(0.0..=1.0).contains(&margin) => {
                refuse("relative_margin", "between 0 and 1, or null", margin.to_string())
            }
            _ => Ok(()),
        }
    }

    /// Whether the negatives are mined anew before this step, from 1.
    pub(crate) fn is_due(&self, step: usize) -> bool {
        step == 1 || (self.refresh_every > 0 && (step - 1).is_multiple_of(self.refresh_every))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_outside_their_range_are_refused() {
        let default = NegativesConfig::default;
        let bad = [
            NegativesConfig { per_query: 0, ..default() },
            NegativesConfig { depth: 0, ..default() },
            NegativesConfig { depth: 5, skip: 5, ..default() },
            NegativesConfig { relative_margin: Some(1.5), ..default() },
            NegativesConfig { absolute_margin: Some(f32::NAN), ..default() },
            NegativesConfig { teacher_margin: Some(f32::INFINITY), ..default() },
        ];
        assert!(bad.iter().all(|config| matches!(config.check(), Err(Error::Config { .. }))));
        assert!(serde_json::from_str::<NegativesConfig>(r#"{"margin": 1}"#).is_err());
    }

    #[test]
    fn mining_is_due_at_the_first_step_and_every_so_many() {
        let due = |refresh_every| {
            let config = NegativesConfig { refresh_every, ..NegativesConfig::default() };
            (1..8).filter(|&step| config.is_due(step)).collect::<Vec<_>>()
        };
        assert_eq!((due(3), due(0)), (vec![1, 4, 7], vec![1]));
    }
}
