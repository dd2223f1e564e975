//! Orthogonal Procrustes.

mod starts;

use ndarray::Array2;

use super::{affine_map::AffineMap, backend::linear_algebra, linear_algebra::SymmetricEigen, pairs::Pairs};
use crate::error::Error;
use starts::{nearest, scattered};

/// The rotation (or reflection) that brings queries closest to their targets: `R = argmin Σᵢ ‖qᵢ R − tᵢ‖² + λ s ‖R − I‖²`
/// with `RᵀR = I`, which is `U Vᵀ` of the singular value decomposition of `QᵀT + λ s I` (Schönemann, "A generalized
/// solution of the orthogonal Procrustes problem", Psychometrika 31(1), 1966). `s = Σᵢ ‖qᵢ‖ ‖tᵢ‖ / d` makes `λ` free of
/// scale and number.
///
/// With `λ > 0` directions that no query shows stay as they are. Where `d_query ≠ d_item` there is no identity, and `λ` has
/// to be 0. With `d_query < d_item` the rows of `R` are orthonormal, and `U Vᵀ` is the minimiser as well. With
/// `d_query > d_item` its columns are, and `‖Q R‖` depends on `R`: the unbalanced problem, which has no closed form and
/// local minima (Eldén and Park, "A Procrustes problem on the Stiefel manifold", Numerische Mathematik 82, 1999). It is
/// solved by majorisation, whose steps are balanced problems that never raise the sum of squares (Kiers,
/// "Majorization as a tool for optimizing a class of matrix functions", Psychometrika 55, 1990). Momentum starts again where
/// it overshoots, and there are several fixed starts.
///
/// ```
/// use ess_core::{Embeddings, SearchModule};
/// use ess_linalg::{Pairs, Procrustes};
/// use ndarray::array;
///
/// let queries = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let turned = array![[0.0, 2.0], [-2.0, 0.0]];
/// let module = Procrustes::new(&Pairs::new(&queries, turned)?).fit(0.0)?;
/// assert!((module.apply(&queries)?.row(0)[1] - 1.0).abs() < 1e-6);
/// # Ok::<(), ess_linalg::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Procrustes {
    cross: Array2<f64>,
    /// `QᵀQ`, where the problem is unbalanced.
    gram: Option<Array2<f64>>,
    scale: f64,
}

/// The maximum number of steps of majorisation from one start.
const STEPS: usize = 1000;
/// The relative gain below which a step counts as no progress.
const TOLERANCE: f64 = 1e-12;
/// The number of consecutive steps without progress that end it.
const STILL: usize = 5;
/// The number of starts by seed beside `U Vᵀ`.
const STARTS: usize = 12;
/// The maximum number of entries of matrices that have starts by seed. Local minima occur in few dimensions.
const SMALL: usize = 64 * 64;

impl Procrustes {
    /// Sums the pairs up.
    pub fn new(pairs: &Pairs) -> Self {
        let lengths = |rows: ndarray::ArrayView2<'_, f64>| -> Vec<f64> {
            rows.rows().into_iter().map(|row| row.dot(&row).sqrt()).collect()
        };
        let both = lengths(pairs.queries()).into_iter().zip(lengths(pairs.targets()));
        let scale = both.map(|(query, target)| query * target).sum::<f64>() / pairs.query_dim() as f64;
        let unbalanced = pairs.query_dim() > pairs.item_dim();
        let gram = unbalanced.then(|| pairs.queries().t().dot(&pairs.queries()));
        Self { cross: pairs.cross(), gram, scale }
    }

    /// As [`Procrustes::new`], with a weight for each pair, by which its terms of all sums are multiplied: a pair of weight 2
    /// counts as two, one of weight 0 not at all, and only proportions matter.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of weights, [`Error::Parameter`] for one that is negative or not finite, and where
    /// all are 0.
    pub fn weighted(pairs: &Pairs, weights: &[f64]) -> Result<Self, Error> {
        Ok(Self::new(&pairs.weighted(weights)?))
    }

    /// The rotation of one `λ`, at least 0.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a `λ` that is negative, not finite, or above 0 between spaces of different dimension;
    /// [`Error::NoVariance`] when the pairs say nothing; [`Error::Decomposition`].
    pub fn fit(&self, lambda: f64) -> Result<AffineMap, Error> {
        Error::check_regularisation(lambda)?;
        let square = self.cross.nrows() == self.cross.ncols();
        let name = "regularisation towards the identity";
        Error::check(square || lambda == 0.0, name, "0 where queries and items differ in dimension", lambda)?;
        let mut cross = self.cross.clone();
        if square {
            cross.diag_mut().mapv_inplace(|value| value + lambda * self.scale);
        }
        if cross.iter().all(|&value| value == 0.0) {
            return Err(Error::NoVariance { what: "queries and targets" });
        }
        let balanced = nearest(&cross)?;
        AffineMap::linear(match &self.gram {
            None => balanced,
            Some(gram) => self.unbalanced(gram, balanced)?,
        })
    }

    /// The best of what majorisation reaches from any start.
    fn unbalanced(&self, gram: &Array2<f64>, balanced: Array2<f64>) -> Result<Array2<f64>, Error> {
        let eigen = linear_algebra().symmetric_eigen(gram.view())?;
        let mut best: Option<(f64, Array2<f64>)> = None;
        for start in self.starts(&eigen, balanced)? {
            let (squares, found) = self.descend(gram, eigen.values[0], start)?;
            if best.as_ref().is_none_or(|(least, _)| squares < *least) {
                best = Some((squares, found));
            }
        }
        best.map(|(_, found)| found).ok_or(Error::NoVariance { what: "queries and targets" })
    }

    /// Where majorisation starts: `U Vᵀ`, what is nearest to the least-squares map, and by seed; of the eigenvalues and
    /// eigenvectors of `QᵀQ`.
    fn starts(&self, gram: &SymmetricEigen, balanced: Array2<f64>) -> Result<Vec<Array2<f64>>, Error> {
        let shown = 1e-12 * gram.values[0];
        let inverse = gram.values.mapv(|value| if value > shown { 1.0 / value } else { 0.0 });
        let least_squares = (&gram.vectors * &inverse).dot(&gram.vectors.t().dot(&self.cross));
        let mut starts = vec![balanced];
        if least_squares.iter().any(|&value| value != 0.0) {
            starts.push(nearest(&least_squares)?);
        }
        if self.cross.len() <= SMALL {
            for seed in 1..=STARTS {
                starts.push(nearest(&scattered(self.cross.dim(), seed as u64))?);
            }
        }
        Ok(starts)
    }

    /// `Σᵢ ‖qᵢ R − tᵢ‖² − Σᵢ ‖tᵢ‖²` of what majorisation reaches, and that `R`.
    fn descend(
        &self,
        gram: &Array2<f64>,
        largest: f64,
        start: Array2<f64>,
    ) -> Result<(f64, Array2<f64>), Error> {
        let squares = |map: &Array2<f64>| (map * &(gram.dot(map) - &self.cross * 2.0)).sum();
        let step = |map: &Array2<f64>| nearest(&(map * largest - gram.dot(map) + &self.cross));
        let (mut before, mut map, mut reached) = (start.clone(), start.clone(), squares(&start));
        let (mut run, mut still) = (0, 0);
        for _ in 0..STEPS {
            let ahead = &map + &((&map - &before) * (f64::from(run) / f64::from(run + 3)));
            let mut next = step(&ahead)?;
            let mut after = squares(&next);
            run += 1;
            if after > reached {
                next = step(&map)?;
                after = squares(&next);
                run = 0;
            }
            let gain: f64 = reached - after;
            still = if gain > TOLERANCE * reached.abs() { 0 } else { still + 1 };
            if gain > 0.0 {
                (before, map, reached) = (map, next, after);
            }
            if still == STILL {
                break;
            }
        }
        Ok((reached, map))
    }
}

#[cfg(test)]
mod tests {
    use ess_core::Embeddings;
    use ndarray::array;

    use super::*;

    /// `QᵀQ = diag(4, 1)` and `QᵀT = (3, 1.6)`: with the multiplier −1 of `‖r‖ = 1`, `(QᵀQ + 1) r = QᵀT` has the solution
    /// `(0.6, 0.8)`, which is the least since −1 is below both eigenvalues.
    fn narrow() -> Procrustes {
        let queries = Embeddings::from_rows(&[[2.0, 0.0], [0.0, 1.0]]).unwrap();
        Procrustes::new(&Pairs::new(&queries, array![[1.5], [1.6]]).unwrap())
    }

    #[test]
    fn sums_are_those_of_the_pairs() {
        let procrustes = narrow();
        assert_eq!(procrustes.cross, array![[3.0], [1.6]]);
        assert_eq!(procrustes.gram, Some(array![[4.0, 0.0], [0.0, 1.0]]));
        // (2 · 1.5 + 1 · 1.6) / 2.
        assert!((procrustes.scale - 2.3).abs() < 1e-12);
        let queries = Embeddings::from_rows(&[[2.0, 0.0], [0.0, 1.0]]).unwrap();
        let square = Procrustes::new(&Pairs::new(&queries, array![[1.0, 0.0], [0.0, 1.0]]).unwrap());
        assert!(square.gram.is_none());
    }

    #[test]
    fn majorisation_reaches_the_minimum_from_everywhere() {
        let procrustes = narrow();
        let gram = procrustes.gram.clone().unwrap();
        // rᵀ QᵀQ r − 2 rᵀ QᵀT = 2.08 − 6.16.
        for start in
            [array![[1.0], [0.0]], array![[0.0], [1.0]], array![[-0.8], [0.6]], array![[0.6], [-0.8]]]
        {
            let (squares, map) = procrustes.descend(&gram, 4.0, start.clone()).unwrap();
            assert!((squares + 4.08).abs() < 1e-9, "{start}: {squares}");
            assert!((&map - &array![[0.6], [0.8]]).iter().all(|off| off.abs() < 1e-4), "{start}: {map}");
        }
        let found = procrustes.fit(0.0).unwrap();
        assert!((&found.weight() - &array![[0.6], [0.8]]).iter().all(|off| off.abs() < 1e-4), "{found:?}");
    }

    #[test]
    fn a_direction_without_queries_is_left_out_of_the_least_squares_start() {
        // Queries show nothing of the second dimension: any share of it costs what it takes from the first.
        let gram = array![[4.0, 0.0], [0.0, 0.0]];
        let procrustes = Procrustes { cross: array![[4.0], [0.0]], gram: Some(gram.clone()), scale: 1.0 };
        let found = procrustes.unbalanced(&gram, array![[1.0], [0.0]]).unwrap();
        assert!((&found - &array![[1.0], [0.0]]).iter().all(|off| off.abs() < 1e-4), "{found}");
    }

    #[test]
    fn the_best_of_all_starts_is_taken() {
        // With r = (x, y) on the circle 4 x² + y² − x is 3 x² + 1 − x: least at x = 1/6, 11/12. The balanced start (1, 0) is a
        // saddle, which majorisation does not leave, with 3.
        let gram = array![[4.0, 0.0], [0.0, 1.0]];
        let procrustes = Procrustes { cross: array![[0.5], [0.0]], gram: None, scale: 1.0 };
        let balanced = array![[1.0], [0.0]];
        let (squares, _) = procrustes.descend(&gram, 4.0, balanced.clone()).unwrap();
        assert!((squares - 3.0).abs() < 1e-12, "{squares}");
        let found = procrustes.unbalanced(&gram, balanced).unwrap();
        assert!((found[[0, 0]] - 1.0 / 6.0).abs() < 1e-4, "{found}");
        assert!((found[[1, 0]].abs() - 35.0_f64.sqrt() / 6.0).abs() < 1e-4, "{found}");
    }

    #[test]
    fn starts_are_the_balanced_map_the_least_squares_map_and_twelve_by_seed() {
        let of = |gram: Array2<f64>, cross: Array2<f64>| {
            let procrustes = Procrustes { cross, gram: None, scale: 1.0 };
            let eigen = linear_algebra().symmetric_eigen(gram.view()).unwrap();
            procrustes.starts(&eigen, array![[0.0], [1.0]]).unwrap()
        };
        let near = |found: &Array2<f64>, expected: Array2<f64>| {
            assert!((found - &expected).iter().all(|off| off.abs() < 1e-12), "{found}, not {expected}");
        };
        // (8 / 4, 1.5 / 1) has the length 2.5.
        let starts = of(array![[4.0, 0.0], [0.0, 1.0]], array![[8.0], [1.5]]);
        near(&starts[0], array![[0.0], [1.0]]);
        near(&starts[1], array![[0.8], [0.6]]);
        assert_eq!(starts.len(), 14);
        // What rounding leaves of a direction without queries is no part of it.
        near(&of(array![[4.0, 0.0], [0.0, 1e-14]], array![[-8.0], [1e-12]])[1], array![[-1.0], [0.0]]);
        assert_eq!(of(array![[4.0, 0.0], [0.0, 0.0]], array![[0.0], [1.5]]).len(), 13);
    }
}
