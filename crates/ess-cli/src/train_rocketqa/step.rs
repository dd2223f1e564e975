//! The steps of the recipe.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A step of the recipe, in their order. Each has a folder of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Step {
    /// An encoder, trained on the items of large batches
    TwoTowers,
    /// The first items of every query by that encoder
    Mined,
    /// A cross-encoder, trained with negatives among them
    CrossEncoder,
    /// An encoder, trained with those of them that the cross-encoder is sure are not relevant
    Denoised,
    /// An encoder, trained on queries without judgements too, by what the cross-encoder is sure of
    Augmented,
    /// An encoder, trained after the cross-encoder's scores
    Distilled,
}

impl Step {
    /// All steps in their order.
    pub(super) const ALL: [Self; 6] =
        [Self::TwoTowers, Self::Mined, Self::CrossEncoder, Self::Denoised, Self::Augmented, Self::Distilled];

    /// The name on the command line, in reports and of the folder.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TwoTowers => "two-towers",
            Self::Mined => "mined",
            Self::CrossEncoder => "cross-encoder",
            Self::Denoised => "denoised",
            Self::Augmented => "augmented",
            Self::Distilled => "distilled",
        }
    }

    /// The steps whose outputs it reads.
    pub(super) fn needs(self) -> &'static [Self] {
        match self {
            Self::TwoTowers => &[],
            Self::Mined => &[Self::TwoTowers],
            Self::CrossEncoder => &[Self::Mined],
            Self::Denoised => &[Self::Mined, Self::CrossEncoder],
            Self::Augmented => &[Self::Mined, Self::CrossEncoder, Self::Denoised],
            Self::Distilled => &[Self::Denoised],
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_has_one_name_everywhere_and_needs_those_before_it() {
        for (at, step) in Step::ALL.into_iter().enumerate() {
            assert_eq!(step.to_possible_value().unwrap().get_name(), step.name());
            assert_eq!(serde_json::to_value(step).unwrap(), step.name());
            assert!(step.needs().iter().all(|need| Step::ALL[..at].contains(need)), "{step}");
        }
    }
}
