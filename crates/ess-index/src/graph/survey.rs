//! Properties of the items of a graph, measured by trial queries, and the defaults that follow from them.

use serde::{Deserialize, Serialize};

/// The maximum number of hits that trial queries ask for.
pub(super) const MAX_HITS: usize = 100;

/// The minimum number of candidates of a walk for up to ten hits, and for a hundred.
pub(super) const MIN_CANDIDATES: [usize; 2] = [64, 100];

/// The smallest step between numbers of candidates is a quarter of this many.
const MIN_STEP: usize = 4;

/// The candidates that are compared again for `k` hits by default.
pub(super) fn refined(k: usize) -> usize {
    k.saturating_add(k / 2 + 8)
}

/// Properties of the items of a graph, as last measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Survey {
    /// The number of rows at that time.
    pub(super) rows: usize,
    /// Whether norms differ.
    pub(super) norms_differ: bool,
    /// Whether walks compare the items' own components, since int8 codes cannot tell neighbours apart.
    pub(super) exactly: bool,
    /// The candidates of a walk for up to ten hits, and for a hundred.
    pub(super) candidates: [usize; 2],
    /// The squared distance within which every item has a start.
    pub(super) cover: f32,
}

impl Survey {
    /// Whether a survey can have chosen these numbers of candidates.
    pub(super) fn is_possible(&self) -> bool {
        self.candidates.iter().all(|candidates| (MIN_STEP..=u32::MAX as usize).contains(candidates))
    }

    /// Nothing is measured yet.
    pub(super) fn none(norms_differ: bool) -> Self {
        Self { rows: 0, norms_differ, exactly: false, candidates: MIN_CANDIDATES, cover: f32::MAX }
    }

    /// The candidates of a walk for `k` hits.
    pub(super) fn candidates_for(&self, k: usize) -> usize {
        let [ten, hundred] = self.candidates;
        if k >= MAX_HITS {
            return k.saturating_mul(hundred).div_ceil(MAX_HITS).max(ten);
        }
        // By linear interpolation between ten hits and a hundred.
        ten.saturating_add((hundred.max(ten) - ten).saturating_mul(k.saturating_sub(10)) / (MAX_HITS - 10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_lie_between_what_is_enough_for_ten_and_for_a_hundred() {
        let survey = Survey { candidates: [60, 240], ..Survey::none(false) };
        let candidates = [1, 10, 40, 55, 100, 200].map(|k| survey.candidates_for(k));
        assert_eq!(candidates, [60, 60, 120, 150, 240, 480]);
        let survey = Survey { candidates: [90, 80], ..survey };
        assert_eq!([10, 50, 99].map(|k| survey.candidates_for(k)), [90, 90, 90]);
        assert_eq!(survey.candidates_for(usize::MAX), usize::MAX.div_ceil(MAX_HITS));
        assert!(survey.is_possible());
        // As a forged file may say.
        for candidates in [[3, 100], [64, 0], [64, usize::MAX]] {
            let survey = Survey { candidates, ..survey };
            assert!(!survey.is_possible(), "{candidates:?}");
            assert!(survey.candidates_for(50) >= candidates[0]);
        }
    }
}
