//! Whether a linear function of the vectors separates labels.

mod regression;

use ess_core::Embeddings;
use ess_linalg::minimise;
use ndarray::{ArrayView1, Axis};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use regression::{Regression, Scale};

/// A linear probe: logistic regression on frozen vectors, judged on rows that it was not fitted to (Alain and Bengio,
/// "Understanding intermediate layers using linear classifier probes", 2016).
///
/// What it finds, a linear searching module could use; what it does not find may still be there for one that is not linear.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_diagnostics::LinearProbe;
///
/// let rows: Vec<[f32; 2]> = (0..60_u8).map(|i| [f32::from(i), f32::from(i % 7)]).collect();
/// let labels: Vec<usize> = (0..60).map(|i| usize::from(i >= 30)).collect();
/// let report = LinearProbe::default().judge(&Embeddings::from_rows(&rows)?, &labels)?;
/// assert!(report.accuracy > 0.9 && report.majority == 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinearProbe {
    /// The number of folds, at least 2. Each has about the same share of every label. Default: 5.
    pub folds: usize,
    /// The penalty of the squared weights, times ½ / n, on components of variance 1. Default: 1.
    pub penalty: f64,
    /// The maximum number of steps of L-BFGS. Default: 200.
    pub steps: usize,
    /// The seed of the folds. Default: 0.
    pub seed: u64,
}

impl Default for LinearProbe {
    fn default() -> Self {
        Self { folds: 5, penalty: 1.0, steps: 200, seed: 0 }
    }
}

/// How often a probe is right, on rows that it was not fitted to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeReport {
    /// The share of rows whose label it names.
    pub accuracy: f64,
    /// The mean of that share over the labels, each counting the same.
    pub balanced_accuracy: f64,
    /// The share of the most frequent label: what naming it always gives.
    pub majority: f64,
    /// Whether it is right, row by row: for paired comparisons of two encodings.
    pub right: Vec<bool>,
}

impl LinearProbe {
    /// Judges embeddings (`n × d`) by a label for each row, numbered from 0.
    ///
    /// # Errors
    /// [`Error::Parameter`] for fewer than 2 folds, no step, or a penalty that is not above 0, [`Error::Rows`] unless there is a label a
    /// row, [`Error::TooFew`] for fewer than 2 labels or fewer rows of one than folds.
    pub fn judge(&self, embeddings: &Embeddings, labels: &[usize]) -> Result<ProbeReport, Error> {
        self.check(embeddings, labels)?;
        let folds = self.folds_of(labels);
        let named: Vec<Vec<(usize, usize)>> = (0..self.folds)
            .into_par_iter()
            .map(|fold| self.name_fold(embeddings, labels, &folds, fold))
            .collect();
        let mut right = vec![false; labels.len()];
        for (row, name) in named.into_iter().flatten() {
            right[row] = labels[row] == name;
        }
        let classes = classes(labels);
        let sizes: Vec<usize> =
            (0..classes).map(|class| labels.iter().filter(|&&l| l == class).count()).collect();
        let share = |class: usize| {
            let hits = labels.iter().zip(&right).filter(|&(&label, &right)| label == class && right).count();
            hits as f64 / sizes[class] as f64
        };
        Ok(ProbeReport {
            accuracy: right.iter().filter(|&&right| right).count() as f64 / labels.len() as f64,
            balanced_accuracy: (0..classes).map(share).sum::<f64>() / classes as f64,
            majority: sizes.iter().copied().max().unwrap_or(0) as f64 / labels.len() as f64,
            right,
        })
    }

    fn check(&self, embeddings: &Embeddings, labels: &[usize]) -> Result<(), Error> {
        if self.folds < 2 {
            let (name, found) = ("the number of folds", self.folds.to_string());
            return Err(Error::Parameter { name, expected: "at least 2", found });
        }
        if self.steps == 0 {
            let (name, found) = ("the number of steps", self.steps.to_string());
            return Err(Error::Parameter { name, expected: "at least 1", found });
        }
        if !(self.penalty > 0.0 && self.penalty.is_finite()) {
            let (name, expected, found) = ("the penalty", "above 0 and finite", self.penalty.to_string());
            return Err(Error::Parameter { name, expected, found });
        }
        if labels.len() != embeddings.len() {
            return Err(Error::Rows { what: "labels", expected: embeddings.len(), found: labels.len() });
        }
        let mut sorted = labels.to_vec();
        sorted.sort_unstable();
        let different = sorted.chunk_by(|a, b| a == b);
        Error::check_count("labels that differ", 2, different.clone().count())?;
        // A number that no row has would be a label without rows.
        let fewest = different.clone().map(<[usize]>::len).min().unwrap_or(0);
        Error::check_count("rows of a label", self.folds, fewest)?;
        Error::check_count("labels that occur, of those numbered", classes(labels), different.count())
    }

    /// The fold of each row: the rows of each label are dealt out in turn.
    fn folds_of(&self, labels: &[usize]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(self.seed));
        order.sort_by_key(|&row| labels[row]);
        let mut folds = vec![0; labels.len()];
        for (turn, row) in order.into_iter().enumerate() {
            folds[row] = turn % self.folds;
        }
        folds
    }

    /// The rows of a fold, with the labels that a probe of the other rows gives them.
    fn name_fold(
        &self,
        all: &Embeddings,
        labels: &[usize],
        folds: &[usize],
        fold: usize,
    ) -> Vec<(usize, usize)> {
        let (held, others): (Vec<usize>, Vec<usize>) = (0..folds.len()).partition(|&row| folds[row] == fold);
        let rows = all.view().select(Axis(0), &others).mapv(f64::from);
        let scale = Scale::of(&rows);
        let labels: Vec<usize> = others.iter().map(|&row| labels[row]).collect();
        let classes = classes(&labels);
        let regression = Regression { rows: scale.apply(rows), labels, classes, penalty: self.penalty };
        let start = vec![0.0; classes * (all.dim() + 1)];
        let weights = minimise(&regression, start, self.steps);
        let held_rows = scale.apply(all.view().select(Axis(0), &held).mapv(f64::from));
        let logits = regression.logits(&held_rows, &weights);
        held.into_iter().zip(logits.outer_iter().map(largest)).collect()
    }
}

fn classes(labels: &[usize]) -> usize {
    labels.iter().max().map_or(0, |&largest| largest.saturating_add(1))
}

fn largest(logits: ArrayView1<'_, f64>) -> usize {
    (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b]).then(b.cmp(&a))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    fn random(count: usize, dim: usize, seed: u64) -> Embeddings {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Embeddings::from_vec((0..count * dim).map(|_| rng.random::<f32>() - 0.5).collect(), dim).unwrap()
    }

    #[test]
    fn labels_that_are_linear_are_found_and_labels_by_chance_are_not() {
        let vectors = random(400, 8, 2);
        let linear: Vec<usize> = vectors
            .rows()
            .map(|row| match row[0] + 2.0 * row[3] {
                ..-0.4 => 0,
                -0.4..0.4 => 1,
                _ => 2,
            })
            .collect();
        let found = LinearProbe::default().judge(&vectors, &linear).unwrap();
        assert!(found.accuracy > 0.9 && found.balanced_accuracy > 0.85, "{}", found.accuracy);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let chance: Vec<usize> = (0..400).map(|_| rng.random_range(0..2)).collect();
        let found = LinearProbe::default().judge(&vectors, &chance).unwrap();
        assert!((found.accuracy - 0.5).abs() < 0.1, "{}", found.accuracy);
    }

    #[test]
    fn folds_have_the_same_share_of_every_label() {
        let labels: Vec<usize> = (0..50).map(|row| usize::from(row % 5 == 0)).collect();
        let folds = LinearProbe::default().folds_of(&labels);
        for fold in 0..5 {
            let rows: Vec<usize> = (0..50).filter(|&row| folds[row] == fold).collect();
            assert_eq!((rows.len(), rows.iter().filter(|&&row| labels[row] == 1).count()), (10, 2));
        }
    }

    #[test]
    fn what_cannot_be_judged_is_refused() {
        let vectors = random(10, 2, 4);
        let probe = LinearProbe::default();
        assert!(matches!(probe.judge(&vectors, &[0; 10]), Err(Error::TooFew { found: 1, .. })));
        assert!(matches!(probe.judge(&vectors, &[0, 1]), Err(Error::Rows { expected: 10, found: 2, .. })));
        let rare = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        assert!(matches!(probe.judge(&vectors, &rare), Err(Error::TooFew { what: "rows of a label", .. })));
        let gap = [0, 0, 0, 0, 0, 2, 2, 2, 2, 2];
        assert!(matches!(probe.judge(&vectors, &gap), Err(Error::TooFew { expected: 3, found: 2, .. })));
        let huge = [0, 0, 0, 0, 0, usize::MAX, usize::MAX, usize::MAX, usize::MAX, usize::MAX];
        assert!(matches!(probe.judge(&vectors, &huge), Err(Error::TooFew { found: 2, .. })));
        let one = LinearProbe { folds: 1, ..probe };
        assert!(matches!(one.judge(&vectors, &gap), Err(Error::Parameter { .. })));
        for text in [r#"{"folds": 3, "fold": 2}"#, r#"{"folds": -1}"#] {
            assert!(serde_json::from_str::<LinearProbe>(text).is_err());
        }
    }
}
